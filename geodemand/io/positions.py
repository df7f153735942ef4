"""Where the rows of a table are: by a postcode column, or by two columns of coordinates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from geodemand.core import postcodes
from geodemand.core.disclosure import BoolArray, FloatArray
from geodemand.core.postcodes import Kind
from geodemand.errors import ContentError, Fault
from geodemand.io import columns, headings
from geodemand.io.crs import WGS84
from geodemand.io.tables import Relation, quoted_name

GRID_COLUMNS, DEGREE_COLUMNS = ("easting", "northing"), ("longitude", "latitude")


PAIRS = ((GRID_COLUMNS, ""), (DEGREE_COLUMNS, WGS84))
NAME_IT = 'Name it in geodemand.toml: postcode = "…".'
# A postcode at the end of an address, as people write them.
_WITHIN = re.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}\b", re.IGNORECASE)


@dataclass(frozen=True)
class Position:
    """How a table says where its rows are.

    ``sql``: the expression for the postcode, or for "x|y". ``reference``: the coordinates' system,
    "" for British National Grid, None for postcodes. ``columns``: the columns that it needs.
    """

    sql: str
    reference: str | None
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def find(table: Relation, said: Mapping[str, str]) -> Position:
    """Return where the rows of a table are; columns that the user names go before usual names.

    Without any such column, the one column that holds postcodes is it. Raises ContentError where a
    named column is not there, none is found, or two could be meant.
    """
    by_coordinates = any(said.get(role) for roles, _ in PAIRS for role in roles)
    if said.get("postcode"):
        return _by_postcode(columns.named(said["postcode"], table.header, table.where))
    if not by_coordinates and (named := columns.fitting("clients", "postcode", table.header)):
        return _one_of(table, named)
    for roles, reference in sorted(PAIRS, key=lambda pair: not any(map(said.get, pair[0]))):
        x, y = (_named_or_found(table, said, role) for role in roles)
        if x is not None and y is not None:
            parts = (f"coalesce({quoted_name(name)}::VARCHAR, '')" for name in (x, y))
            return Position(" || '|' || ".join(parts), reference, (x, y))
    held = _holding_postcodes(table.header, table.sample(), table.header)
    if held and not by_coordinates:
        found = _one_of(table, held)
        (column,) = found.columns
        return replace(found, notes=(f"The column '{column}' is read as it holds postcodes.",))
    fault = columns.missing("a postcode column (or coordinates)", table.header, table.where)
    near = _nearly(table) if not columns.is_data(table.header) else ""
    mend = f"{fault.mend} {near or NAME_IT}"
    raise ContentError(Fault(fault.where, fault.what, mend))


def _nearly(table: Relation) -> str:
    """Return what to do where postcodes stand within longer texts, or in two halves; else ""."""
    cells = [
        [row[at] if at < len(row) else "" for row in table.sample()]
        for at in range(len(table.header))
    ]
    for name, column in zip(table.header, cells, strict=True):
        if _mostly(bool(_WITHIN.search(text)) for text in column if text.strip()):
            return (
                f"'{name}' has postcodes within longer texts: put them into a column of their own."
            )
    for (one, left), (other, right) in pairwise(zip(table.header, cells, strict=True)):
        both = [a + b for a, b in zip(left, right, strict=True) if a.strip() and b.strip()]
        if _mostly(headings.is_postcode(text) for text in both):
            return f"'{one}' and '{other}' are halves of postcodes: join them in one column."
    return ""


def _mostly(answers: Iterable[bool]) -> bool:
    """Return whether at least half of some answers are yes, and there are any."""
    found = list(answers)
    return bool(found) and 2 * sum(found) >= len(found)


def fits(header: Sequence[str], sample: Sequence[Sequence[str]]) -> bool:
    """Return whether a sheet with this header and these rows could be a client list."""
    named = columns.find("clients", "postcode", header) is not None
    pairs = (all(columns.find("clients", role, header) for role in roles) for roles, _ in PAIRS)
    return named or any(pairs) or bool(_holding_postcodes(header, sample, header))


def _named_or_found(table: Relation, said: Mapping[str, str], role: str) -> str | None:
    if said.get(role):
        return columns.named(said[role], table.header, table.where)
    return columns.find("clients", role, table.header)


def _by_postcode(column: str, *notes: str) -> Position:
    return Position(f"{quoted_name(column)}::VARCHAR", None, (column,), notes)


def _one_of(table: Relation, able: Sequence[str]) -> Position:
    """Return the one postcode column of those that are able; raise ContentError to ask for it.

    Of several, those count that hold postcodes; columns that all hold the same ones are one.
    """
    if len(able) == 1:
        return _by_postcode(able[0], *_passed_over(table, able[0]))
    sample = table.sample()
    held = _holding_postcodes(table.header, sample, able) or list(able)
    first, *others = held
    if all(_keys(table, sample, other) == _keys(table, sample, first) for other in others):
        return _by_postcode(first)
    shown = " and ".join(f"'{column}'" for column in held)
    mend = 'Say which in geodemand.toml: postcode = "…".'
    fault = Fault(table.where, f"{shown} could be the postcode.", mend)
    raise ContentError(fault)


def _passed_over(table: Relation, chosen: str) -> list[str]:
    """Return what to say where other columns are named like a postcode too."""
    others = [
        n for n in table.header if n != chosen and columns.fitting("clients", "postcode", [n])
    ]
    if not others:
        return []
    shown = ", ".join(f"'{name}'" for name in others)
    return [f"The postcode is '{chosen}', and not {shown}."]


def _keys(table: Relation, sample: Sequence[Sequence[str]], column: str) -> list[str]:
    place = table.header.index(column)
    return [postcodes.key(row[place]) if place < len(row) else "" for row in sample]


def _holding_postcodes(
    header: Sequence[str], sample: Sequence[Sequence[str]], able: Sequence[str]
) -> list[str]:
    """Return the columns of which at least half of the cells that are not blank are postcodes."""
    found = []
    for place, name in enumerate(header):
        cells = [row[place] for row in sample if place < len(row) and row[place].strip()]
        kinds = [postcodes.read(cell).kind for cell in cells]
        if name in able and cells and 2 * kinds.count(Kind.UNIT) >= len(cells):
            found.append(name)
    return found


def coordinates(texts: Sequence[str], reference: str) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return x and y in metres of each "x|y" text, NaN where it has none, and which have.

    (0, 0) is what systems write for nothing.
    """
    x, y = np.full(len(texts), np.nan), np.full(len(texts), np.nan)
    for i, text in enumerate(texts):
        left, _, right = text.partition("|")
        try:
            x[i], y[i] = float(left), float(right)
        except ValueError:
            continue
    readable = np.isfinite(x) & np.isfinite(y) & ~((x == 0) & (y == 0))
    x[~readable], y[~readable] = np.nan, np.nan
    if reference and readable.any():
        from geodemand.io.crs import to_metres

        x[readable], y[readable] = to_metres(x[readable], y[readable], reference)
    return x, y, readable
