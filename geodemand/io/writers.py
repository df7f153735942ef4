"""Files as they leave: whole or not at all, private, never over an existing one unless told.

Only a `Release` becomes a file with figures, and only `Listed` one with rows of clients.
"""

from __future__ import annotations

import csv
import io
import json

from geodemand.core.disclosure import Labels, Listed, Release, Table, Value
from geodemand.version import __version__

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


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
