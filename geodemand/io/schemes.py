"""Segmentations as data: those that ship with the tool, and the user's own in CSV or TOML."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from geodemand.core.segmentation import Scheme, Segment, level_named
from geodemand.errors import RIGHTS, ContentError, Fault, UnreadableFileError
from geodemand.io import definitions
from geodemand.suggest import did_you_mean

SCHEME_COLUMNS = ("code", "name", "level", "parent_code")
_OPTIONAL = ("doubtful",)
_SCHEME_ENTRIES: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "edition": (str, int),
    "ranks": (int,),
    "segments": (list,),
}
_SCHEME_MEND = "It needs [[segments]] with code, name, level, parent: see docs/segmentations.md."


def scheme(name_or_file: str) -> Scheme:
    """Return a segmentation by its name, or read one from a CSV or TOML file.

    A CSV has a row a segment: code, name, level, parent_code, and doubtful where a parent is. A
    TOML file has them as [[segments]], and may have name, edition, ranks. Raises UsageError for an
    unknown name, ContentError with every fault of the file and its row.
    """
    path = definitions.find(name_or_file, "segmentations", (".csv", ".toml"), "segmentation")
    about: dict[str, Any] = {}
    if path.suffix.lower() == ".toml":
        about = definitions.toml(path)
        entries = _toml_segments(path, about)
    else:
        entries = _csv_segments(path)
    segments = [
        Segment(
            entry.get("code", ""),
            entry.get("name") or None,
            level_named(entry.get("level", "")),
            entry.get("parent_code") or None,
            sure=entry.get("doubtful", "").casefold() in {"", "no", "false"},
        )
        for entry in entries.values()
    ]
    name = str(about.get("name", path.stem))
    year = re.search(r"(19|20)\d\d", path.stem)
    edition = str(about.get("edition", year[0] if year else ""))
    built = Scheme.build(name, segments, str(path), list(entries))
    ranks = about.get("ranks", 0)
    if ranks and not built.is_scale:
        what = "has ranks, but its codes are not one level of 1, 2, 3…"
        raise ContentError(Fault(str(path), what, "Leave ranks out."))
    return replace(built, edition=edition, ranks=ranks)


def _csv_segments(path: Path) -> dict[str, dict[str, str]]:
    """Return the rows of a segmentation's CSV by where they stand."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.reader(lines, strict=True)
            header = [_column(cell) for cell in next(reader, [])]
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except OSError as error:
        raise UnreadableFileError(
            Fault(str(path), f"cannot be read: {error.strerror}.", RIGHTS)
        ) from error
    except UnicodeDecodeError as error:
        raise ContentError(
            Fault(str(path), "is not UTF-8 text.", "Save it as CSV UTF-8.")
        ) from error
    except csv.Error as error:
        raise ContentError(
            Fault(str(path), f"is not a CSV file: {error}.", "Save it as CSV UTF-8.")
        ) from error
    filled = [(line, row) for line, row in rows if any(row)]
    if not filled or not {"code", "level"} <= set(header):
        raise ContentError(
            Fault(
                str(path),
                "is not a segmentation.",
                f"It needs a header with {', '.join(SCHEME_COLUMNS)} and a row a segment.",
            )
        )
    wide = [
        Fault(f"{path}, row {line}", "has more cells than the header.", 'Quote names: "Old, few".')
        for line, row in filled
        if len(row) > len(header)
    ]
    if wide:
        raise ContentError(*wide)
    return {f"row {line}": dict(zip(header, row, strict=False)) for line, row in filled}


def _toml_segments(path: Path, about: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the [[segments]] of a segmentation's TOML by where they stand; check every entry."""
    faults = []
    for key, value in about.items():
        if key not in _SCHEME_ENTRIES:
            hint = did_you_mean(key, _SCHEME_ENTRIES) or _SCHEME_MEND
            faults.append(Fault(str(path), f"unknown entry '{key}'.", hint))
        elif not isinstance(value, _SCHEME_ENTRIES[key]):
            faults.append(Fault(str(path), f"'{key}' is of the wrong kind.", _SCHEME_MEND))
    tables = about.get("segments")
    entries: dict[str, dict[str, str]] = {}
    for number, table in enumerate(tables if isinstance(tables, list) else [], start=1):
        cells = table if isinstance(table, dict) else {}
        entry = {_column(key): str(value).strip() for key, value in cells.items()}
        for key in sorted(entry.keys() - {*SCHEME_COLUMNS, *_OPTIONAL}):
            hint = did_you_mean(key, SCHEME_COLUMNS)
            faults.append(Fault(f"{path}, segment {number}", f"unknown entry '{key}'.", hint))
        entries[f"segment {number}"] = entry
    if not entries and not faults:
        faults = [Fault(str(path), "is not a segmentation.", _SCHEME_MEND)]
    if faults:
        raise ContentError(*faults)
    return entries


def _column(title: str) -> str:
    """Return our name of a column of a segmentation."""
    plain = title.strip().casefold()
    return {"parent": "parent_code", "label": "name"}.get(plain, plain)
