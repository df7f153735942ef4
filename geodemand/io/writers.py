"""Files as they leave: whole or not at all, private, never over an existing one unless told.

Only a `Release` becomes a file with figures, and only `Listed` one with rows of clients.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from itertools import repeat

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
    head = json.dumps(run, ensure_ascii=False, indent=1, allow_nan=False).removesuffix("\n}")
    tables = [f' "{name}": {_records(table)}' for name, table in release.tables.items()]
    return ",\n".join([head, *tables]) + "\n}\n"


def _records(table: Table) -> str:
    """Return the rows of a table as JSON inside an object, indented by one a level."""
    if not len(table):
        return "[]"
    columns = [_encoded(table.cells(name)) for name in table.columns]
    keys = (key.replace("%", "%%") for key in _encoded(table.columns))
    row = "  {\n   " + ",\n   ".join(f"{key}: %s" for key in keys) + "\n  }"
    return "[\n" + ",\n".join(map(row.__mod__, zip(*columns, strict=True))) + "\n ]"


def _encoded(cells: Iterable[Value]) -> list[str]:
    """Return cells as JSON: each value that occurs is encoded once, all of them as one list.

    No cell that is encoded holds a line's end.
    """
    cells = list(cells)
    distinct = list(dict.fromkeys(cells))
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=("\n", ": ")).encode
    known = dict(zip(distinct, encode(distinct)[1:-1].split("\n"), strict=True))
    return [known[cell] for cell in cells]


def csv_text(release: Release, name: str) -> str:
    """Return one table of a release as CSV, the policy in its last column."""
    table = release.tables[name]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*(_safe(each) for each in table.columns), "policy"])
    stamp = release.policy.marking or release.policy.name
    writer.writerows(zip(*_safe_columns(table).values(), repeat(stamp, len(table)), strict=True))
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
        columns = _safe_columns(table)
        worded = {
            each: columns.pop(each)
            for each, column in table.columns.items()
            if isinstance(column, Labels)
        }
        words = (worded.get(key) or [None] * len(table) for key in keys)
        starts = zip(repeat(name, len(table)), *words, strict=True)
        figures = (zip(repeat(_safe(each)), columns[each], repeat(stamp)) for each in columns)
        for start, *ends in zip(starts, *figures, strict=True):
            writer.writerows(start + end for end in ends)
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


def _safe_columns(table: Table) -> dict[str, list[Value]]:
    """Return the cells of a table by column, texts that a spreadsheet would run as plain ones."""
    cells = {name: table.cells(name) for name in table.columns}
    for name, column in table.columns.items():
        if isinstance(column, Labels):
            safe = {word: _safe(word) for word in set(column.values)}
            cells[name] = [safe[word] for word in column.values]
    return cells


def _safe(value: Value) -> Value:
    """Return a text that a spreadsheet would run as a formula as plain text.

    A return within becomes a line's end, which is quoted; alone it would end the row.
    """
    if not isinstance(value, str):
        return value
    plain = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{plain}" if value.startswith(FORMULA_STARTS) else plain
