"""Files as they leave: whole or not at all, private, never over an existing one unless told.

Only a `Release` becomes a file with figures, and only `Listed` one with rows of clients.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from geodemand.core.disclosure import Labels, Listed, Release, Table, Value
from geodemand.errors import Fault, UnreadableFileError, UsageError
from geodemand.version import __version__

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
PRIVATE = 0o600


def write_all(files: Mapping[Path, bytes], *, overwrite: bool) -> None:
    """Write files so that all appear or none does.

    Every file is written beside its target under another name first, and renamed when all are
    complete. Raises UsageError where a target exists and ``overwrite`` is not said,
    UnreadableFileError where the folder cannot be written to.
    """
    _refuse_existing(files, overwrite=overwrite)
    staged: dict[Path, Path] = {}
    try:
        for target, content in files.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            staged[target] = _stage(target, content)
        for target, temporary in staged.items():
            temporary.replace(target)
    except OSError as error:
        fault = Fault(str(error.filename or ""), f"cannot be written: {error.strerror}.")
        raise UnreadableFileError(fault) from error
    finally:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)


def json_text(release: Release) -> str:
    """Return a release as one JSON object, its tables as lists of records."""
    policy = release.policy
    run: dict[str, object] = {
        "geodemand": __version__,
        "policy": {
            "name": policy.name,
            "hidden": policy.explanation,
            "reason": policy.reason or None,
            "marking": policy.marking or None,
        },
        "sentences": list(release.sentences),
    }
    run |= {name: list(table.records()) for name, table in release.tables.items()}
    return json.dumps(run, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def csv_text(release: Release, name: str) -> str:
    """Return one table of a release as CSV, the policy in its last column."""
    table = release.tables[name]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*(_safe(each) for each in table.columns), "policy"])
    stamp = release.policy.marking or release.policy.name
    writer.writerows([*(_safe(v) for v in row), stamp] for row in _rows(table))
    return out.getvalue()


def tidy_text(release: Release) -> str:
    """Return all tables of a release as one CSV with a row a figure.

    Columns: table; every column of words that a table has (empty where it has not); measure, value
    and policy. A withheld figure is c, one that cannot be formed is empty.
    """
    keys = dict.fromkeys(
        name
        for table in release.tables.values()
        for name, column in table.columns.items()
        if isinstance(column, Labels)
    )
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["table", *keys, "measure", "value", "policy"])
    stamp = release.policy.marking or release.policy.name
    for name, table in release.tables.items():
        worded = {each for each, column in table.columns.items() if isinstance(column, Labels)}
        for row in table.records():
            words = [_safe(row[key]) if key in worded else None for key in keys]
            figures = [each for each in table.columns if each not in worded]
            writer.writerows(
                [name, *words, _safe(each), _safe(row[each]), stamp] for each in figures
            )
    return out.getvalue()


def clients_text(listed: Listed) -> str:
    """Return rows of clients as CSV, the policy and its reason in the last columns."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    policy = listed.policy
    writer.writerow([*listed.clients.columns, "policy", "why"])
    stamp = (policy.marking or policy.name, _safe(policy.reason))
    writer.writerows([*map(_safe, row), *stamp] for row in listed.clients.rows)
    return out.getvalue()


def _rows(table: Table) -> zip[tuple[Value, ...]]:
    return zip(*(table.cells(column) for column in table.columns), strict=True)


def _safe(value: Value) -> Value:
    """Return a text that a spreadsheet would run as a formula as plain text."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def _refuse_existing(files: Mapping[Path, bytes], *, overwrite: bool) -> None:
    links = [path for path in files if path.is_symlink()]
    if links:
        raise UsageError(*(Fault(str(path), "is a link, which is not followed.") for path in links))
    existing = [path for path in files if path.exists()]
    if existing and not overwrite:
        mend = "Add --overwrite, or name another place with --out."
        raise UsageError(*(Fault(str(path), "exists already.", mend) for path in existing))


def _stage(target: Path, content: bytes) -> Path:
    """Write content to a private file beside its target and return its path."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        temporary.chmod(PRIVATE)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return temporary
