"""Geographies that are a column of the postcode directory: areas by their codes, no polygons.

For districts, wards and LSOAs the codes are better than polygons: they are what was assigned, and
no drawn line is involved.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np

from geodemand.core.disclosure import IntArray
from geodemand.core.geography import NOWHERE, Geography, from_codes, told_apart
from geodemand.core.matching import Directory
from geodemand.errors import ContentError, Fault
from geodemand.io import columns, directory, spatial, tables
from geodemand.project import AreasEntry

# Names of areas hold the year of their boundaries: WD25CD, lsoa21.
YEAR = re.compile(r"\d{2}")
# How many codes a message names.
NAMED = 5


@dataclass(frozen=True)
class Coded:
    """A geography by codes. ``where``: the area of each postcode of the directory, or NOWHERE."""

    geography: Geography
    where: IntArray

    def of_places(self, nearest: Sequence[int]) -> IntArray:
        """Return the area of each place: of the postcodes, then of points by their nearest one."""
        if not nearest:
            return self.where  # not copied: it may be of a whole country
        return np.concatenate([self.where, self.where[np.array(nearest, dtype=np.int64)]])


def read(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    entry: AreasEntry,
    book: Directory,
    paths: Sequence[Path],
) -> Coded:
    """Return the areas that the directory's column names; it was read with that column.

    ``paths``: the directory's files, for what they call the column. Only postcodes that can hold
    somebody count: those with a location, in the study area. Raises ContentError where there is no
    such column, or no code in it.
    """
    first = directory.first_of(connection, paths)
    held = {name.casefold(): codes for name, codes in book.codes.items()}
    if entry.column.casefold() not in held:
        what = f"the column '{entry.column}', of which the areas '{name}' are codes,"
        raise ContentError(
            columns.missing(what, first.table.header, first.table.where, entry.column)
        )
    said = held[entry.column.casefold()]
    number = np.where(np.isfinite(book.x) & book.inside, said.number, NOWHERE)
    used = np.bincount(number + 1, minlength=len(said.values) + 1)[1:] > 0
    codes = [code if held else None for code, held in zip(said.values, used, strict=True)]
    found, area = from_codes(name, codes)
    where = np.append(area, NOWHERE)[number]
    if not len(found):
        what = f"no postcode of the study area has a code in '{entry.column}'."
        raise ContentError(Fault(first.table.where, what, "Name another column."))
    notes = ["It has no polygons, so it is not looked at for borders, overlaps and gaps."]
    notes += [*_as_called(entry.column, first), *_without(where, book)]
    names: dict[str, str] = {}
    if entry.names:
        names, missing = _names(connection, entry, entry.names, found.codes)
        notes += missing
    labels = tuple(names.get(code, code) for code in found.codes)
    notes += spatial.shared(labels)
    named = told_apart(found.codes, labels)
    return Coded(replace(found, names=named, notes=tuple(notes)), where)


def _as_called(column: str, first: directory.Published) -> list[str]:
    """Say what the directory calls a column of another year than was asked for."""
    called = first.named(column) or column
    asked, found = (set(YEAR.findall(name)) for name in (column, called))
    if not asked - found:
        return []
    return [f"'{column}' is called '{called}' in the directory: is it of the year that you mean?"]


def _without(where: IntArray, book: Directory) -> list[str]:
    """Say how many postcodes of the base have no code, or a pseudo code."""
    count = int((book.live & (where == NOWHERE)).sum())
    if not count:
        return []
    some = f"{count:,} of {int(book.live.sum()):,} postcodes have no code"
    return [f"{some}, or one such as E99999999 that says there is none: they are in no area."]


def _names(
    connection: duckdb.DuckDBPyConnection, entry: AreasEntry, path: Path, codes: Sequence[str]
) -> tuple[dict[str, str], list[str]]:
    """Return names by code from a table, and what to say of codes that it lacks.

    A code may stand in several rows with one name. Raises ContentError where it has several.
    """
    table = tables.relation(connection, path)
    able = columns.fitting("areas", "code", table.header)
    if entry.code:
        able = [columns.named(entry.code, table.header, table.where)]
    if not able:
        fault = columns.missing("a column of area codes", table.header, table.where)
        raise ContentError(Fault(fault.where, fault.what, f'{fault.mend} Say code = "…".'))
    label = columns.named(entry.name, table.header, table.where) if entry.name else ""
    found: dict[str, set[str]] = {}
    for column in able:
        beside = label or columns.name_beside(column, table.header)
        if beside is None:
            fault = columns.missing("a column of area names", table.header, table.where)
            raise ContentError(Fault(fault.where, fault.what, f'{fault.mend} Say name = "…".'))
        rows = _pairs(connection, table, column, beside, codes)
        found = rows if len(rows) > len(found) else found
    several = sorted(code for code, names in found.items() if len(names) > 1)
    if several:
        what = f"codes with several names: {_shown(several)}."
        raise ContentError(Fault(table.where, what, "Name the right columns with code and name."))
    missing = [code for code in codes if code not in found]
    if len(missing) == len(codes):
        what = f"names no code of the column '{entry.column}' of the directory."
        mend = "Is it of the same kind and year? Name the columns with code and name."
        raise ContentError(Fault(table.where, what, mend))
    some = "1 code" if len(missing) == 1 else f"{len(missing)} codes"
    said = [f"{some} without a name in {path.name}: {_shown(missing)}."]
    return {code: min(names) for code, names in found.items()}, said if missing else []


def _pairs(
    connection: duckdb.DuckDBPyConnection,
    table: tables.Relation,
    code: str,
    name: str,
    codes: Sequence[str],
) -> dict[str, set[str]]:
    own, label = (f"trim({tables.quoted_name(c)}::VARCHAR)" for c in (code, name))
    with tables.faults_of(table.where):
        rows = connection.execute(
            f"SELECT DISTINCT {own} AS code, {label} AS name FROM {table.sql} "  # noqa: S608
            "WHERE name <> '' AND code IN (SELECT unnest($1::VARCHAR[]))",
            [list(codes)],
        ).fetchall()
    found: dict[str, set[str]] = {}
    for known, said in rows:
        found.setdefault(known, set()).add(said)
    return found


def _shown(codes: Sequence[str]) -> str:
    return ", ".join(codes[:NAMED]) + (", …" if len(codes) > NAMED else "")
