"""The JSON schema of what --json prints, formed from the words of tables and columns.

``python -m geodemand.report.schema`` prints it; definitions/output.schema.json holds it, and a test
holds the two to each other.
"""

from __future__ import annotations

import json
from typing import Any

from geodemand.core.disclosure import WITHHELD
from geodemand.io import definitions
from geodemand.report import words
from geodemand.report.kinds import KINDS, TEXT, Kind

FILE = definitions.FOLDER / "output.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12) of the JSON of every command."""
    tables = words.known_tables()
    return {
        "$schema": DIALECT,
        "title": "What geodemand prints with --json",
        "description": "One object a run: the policy, sentences, and tables as lists of records. "
        'A withheld figure is "c", one that cannot be formed is null. Shares are 0 to 1, an index '
        "of 100 is as expected. A table is there where the run asks for it; fields may be added.",
        "type": "object",
        "required": ["geodemand", "policy", "sentences", "ledger"],
        "properties": {
            "geodemand": {"type": "string", "description": "Version that made it."},
            "policy": {"$ref": "#/$defs/policy"},
            "sentences": {"type": "array", "items": {"type": "string"}},
            **{name: {"$ref": f"#/$defs/table-{name}"} for name in tables},
        },
        "additionalProperties": {"type": "array", "items": {"type": "object"}},
        "$defs": {
            "policy": _policy(),
            TEXT: {"type": ["string", "null"]},
            **{name: _figure(kind) for name, kind in KINDS.items()},
            **{f"table-{name}": _table(name) for name in tables},
        },
    }


def text() -> str:
    """Return the schema as the file holds it."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


def _policy() -> dict[str, Any]:
    kinds = {"name": "string", "hidden": "string", "reason": ["string", "null"]}
    return {
        "type": "object",
        "required": [*kinds, "marking"],
        "properties": {
            name: {"type": kind} for name, kind in {**kinds, "marking": ["string", "null"]}.items()
        },
    }


def _figure(kind: Kind) -> dict[str, Any]:
    """Return a number within the kind's range, or withheld, or null where there is none."""
    number: dict[str, Any] = {"type": "number"}
    if kind.least is not None:
        number["minimum"] = kind.least
    if kind.most is not None:
        number["maximum"] = kind.most
    return {"anyOf": [number, {"const": WITHHELD}, {"type": "null"}]}


def _table(name: str) -> dict[str, Any]:
    about = words.of_table(name)
    described = dict.fromkeys((*about.fields, *about.shown))
    record: dict[str, Any] = {
        "type": "object",
        "required": list(about.fields),
        "properties": {column: _column(name, column) for column in described},
        # Fields that came later, and columns that are named by a client list and hold its clients.
        "additionalProperties": {"type": ["number", "string", "null"]},
    }
    return {"title": about.title, "description": about.about, "type": "array", "items": record}


def _column(table: str, name: str) -> dict[str, Any]:
    column = words.of_column(table, name)
    return {
        "title": column.title,
        "description": column.about,
        "$ref": f"#/$defs/{column.kind}",
    }


if __name__ == "__main__":
    print(text(), end="")  # noqa: T201 - its result goes to standard output
