"""What tables and columns are called and mean, for people: read from definitions/tables.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from geodemand.core.disclosure import Labels, Release, Table
from geodemand.io import definitions
from geodemand.report.kinds import TEXT

FILE = definitions.FOLDER / "tables.toml"


@dataclass(frozen=True)
class Column:
    """A column in words; for the rest see the head of definitions/tables.toml."""

    name: str
    title: str
    about: str = ""
    kind: str = TEXT
    interval: tuple[str, ...] = ()
    empty: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TableWords:
    """A table in words; for the rest see the head of definitions/tables.toml."""

    name: str
    title: str
    about: str = ""
    split: tuple[str, ...] = ()
    group: str = ""
    shown: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    turn: str = ""


@cache
def _defined() -> dict[str, Any]:
    return definitions.toml(FILE)


def known_tables() -> list[str]:
    """Return the names of all tables that are described, in the order in which they are read."""
    return list(_defined()["tables"])


def known_columns() -> list[str]:
    """Return the names of all columns that are described."""
    return list(_defined()["columns"])


def special() -> list[tuple[str, str]]:
    """Return each (table, column) where a column means something else than it does elsewhere."""
    tables: Mapping[str, Any] = _defined()["tables"]
    return [(name, column) for name, entry in tables.items() for column in entry.get("columns", ())]


def of_table(name: str) -> TableWords:
    """Return the words of a table; its bare name where it is not described."""
    entry: Mapping[str, Any] = _defined()["tables"].get(name, {})
    return TableWords(
        name=name,
        title=entry.get("title", name.replace("_", " ").capitalize()),
        about=entry.get("about", ""),
        split=tuple(entry.get("split", ())),
        group=entry.get("group", ""),
        shown=tuple(entry.get("shown", ())),
        fields=tuple(entry.get("fields", ())),
        turn=entry.get("turn", ""),
    )


def of_column(table: str, name: str) -> Column:
    """Return the words of a column of a table.

    A column that is not described is named by a client list: the clients of that list.
    """
    general: Mapping[str, Any] = _defined()["columns"].get(name, {})
    special = _defined()["tables"].get(table, {}).get("columns", {}).get(name, {})
    entry = {**general, **special}
    if not entry:
        return Column(name, name, f"Clients of the list {name}.", "count")
    return Column(
        name=name,
        title=entry["title"],
        about=entry["about"],
        kind=entry["kind"],
        interval=tuple(entry.get("interval", ())),
        empty=entry.get("empty", ""),
        values=entry.get("words", {}),
    )


def columns(table: Table) -> list[Column]:
    """Return the words of all columns of a table, in its order; words stay words."""
    return [
        of_column(table.name, name) if not isinstance(column, Labels) else _worded(table.name, name)
        for name, column in table.columns.items()
    ]


def tables(release: Release) -> list[Table]:
    """Return the tables that have rows, in the order in which people read them."""
    known = known_tables()
    rank = {name: known.index(name) if name in known else len(known) for name in release.tables}
    filled = [name for name in release.tables if len(release.tables[name])]
    return [release.tables[name] for name in sorted(filled, key=rank.__getitem__)]


def _worded(table: str, name: str) -> Column:
    found = of_column(table, name)
    return found if found.kind == TEXT else Column(name, found.title, found.about, TEXT)
