"""Where the rows of a table are: by a postcode column, or by two columns of coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geodemand.core.disclosure import BoolArray, FloatArray
from geodemand.errors import ContentError, Fault
from geodemand.io import columns
from geodemand.io.crs import WGS84
from geodemand.io.tables import Relation, quoted_name

GRID_COLUMNS, DEGREE_COLUMNS = ("easting", "northing"), ("longitude", "latitude")


@dataclass(frozen=True)
class Position:
    """How a table says where its rows are.

    ``sql``: the expression for the postcode, or for "x|y". ``reference``: the coordinates' system,
    "" for British National Grid, None for postcodes.
    """

    sql: str
    reference: str | None


def find(table: Relation, said: Mapping[str, str]) -> Position:
    """Return where the rows of a table are; columns that the user names go before usual names.

    Raises ContentError where a named column is not there, or none is found.
    """

    def column(role: str) -> str | None:
        if said.get(role):
            return columns.named(said[role], table.header, table.where)
        return columns.find("clients", role, table.header)

    postcode = column("postcode")
    if postcode is not None:
        return Position(f"{quoted_name(postcode)}::VARCHAR", None)
    for roles, reference in ((GRID_COLUMNS, ""), (DEGREE_COLUMNS, WGS84)):
        x, y = (column(role) for role in roles)
        if x is not None and y is not None:
            parts = (f"coalesce({quoted_name(name)}::VARCHAR, '')" for name in (x, y))
            return Position(" || '|' || ".join(parts), reference)
    fault = columns.missing("a postcode column (or coordinates)", table.header, table.where)
    mend = f'{fault.mend} Name it with postcode = "…".'
    raise ContentError(Fault(fault.where, fault.what, mend))


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
