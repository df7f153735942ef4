"""The data that teaches the tool: policies, segmentations and column names that ship with it."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import geodemand.definitions
from geodemand.core.disclosure import Policy
from geodemand.core.segmentation import Scheme, Segment
from geodemand.errors import ContentError, Fault, UnreadableFileError, UsageError
from geodemand.suggest import did_you_mean

FOLDER = Path(geodemand.definitions.__file__).parent
SCHEME_COLUMNS = ("code", "name", "level", "parent_code")


def names(kind: str) -> list[str]:
    """Return the names of the definitions of one kind: policies, segmentations, columns."""
    return sorted(
        path.stem for path in (FOLDER / kind).iterdir() if path.suffix in {".csv", ".toml"}
    )


def policy(name_or_file: str) -> Policy:
    """Return a disclosure policy by its name, or read one from a TOML file.

    Raises UsageError for an unknown name, ContentError where a rule is missing or unknown.
    """
    path = _definition(name_or_file, "policies", ".toml", "policy")
    rules = {"name": path.stem, **toml(path)}
    known = {entry.name for entry in fields(Policy)} - {"reason"}
    optional = {"sources"}
    faults = [
        Fault(str(path), f"unknown rule '{key}'.", did_you_mean(key, known))
        for key in sorted(rules.keys() - known)
    ] + [
        Fault(str(path), f"the rule '{key}' is missing.", "See definitions/policies/public.toml.")
        for key in sorted(known - rules.keys() - optional)
    ]
    if faults:
        raise ContentError(*faults)
    rules["sources"] = tuple(rules.get("sources", ()))
    rules["explanation"] = " ".join(str(rules["explanation"]).split())
    return Policy(**rules)


def scheme(name_or_file: str) -> Scheme:
    """Return a segmentation by its name, or from a CSV file (code, name, level, parent_code).

    Raises UsageError for an unknown name, ContentError for a file of other columns or levels.
    """
    path = _definition(name_or_file, "segmentations", ".csv", "segmentation")
    with path.open(newline="", encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    if not rows or not set(SCHEME_COLUMNS) <= rows[0].keys():
        raise ContentError(
            Fault(
                str(path),
                "is not a segmentation.",
                f"It needs a header with {', '.join(SCHEME_COLUMNS)} and a row a segment.",
            )
        )
    segments = [
        Segment(row["code"], row["name"] or None, row["level"], row["parent_code"] or None)
        for row in rows
    ]
    return Scheme.build(path.stem, segments, str(path))


@cache
def columns(kind: str) -> dict[str, Any]:
    """Return the usual column names of one kind of file: directory, clients, segments, areas."""
    return toml(FOLDER / "columns" / f"{kind}.toml")


def toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; raise UnreadableFileError or ContentError with the line at fault."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UnreadableFileError(Fault(str(path), f"cannot be read: {error.strerror}.")) from error
    except UnicodeDecodeError as error:
        raise ContentError(Fault(str(path), "is not UTF-8 text.", "Save it as UTF-8.")) from error
    except tomllib.TOMLDecodeError as error:
        raise ContentError(Fault(str(path), f"is not valid TOML: {error}.")) from error


def _definition(name_or_file: str, kind: str, suffix: str, word: str) -> Path:
    shipped = FOLDER / kind / f"{name_or_file}{suffix}"
    if name_or_file in names(kind):
        return shipped
    path = Path(name_or_file)
    if path.suffix == suffix:
        if path.is_file():
            return path
        raise UnreadableFileError(Fault(str(path), "there is no such file.", "Check the path."))
    hint = did_you_mean(name_or_file, names(kind))
    known = ", ".join(names(kind))
    raise UsageError(
        Fault("", f"there is no {word} '{name_or_file}'.", f"{hint} Known: {known}.".strip())
    )
