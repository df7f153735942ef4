"""Columns of a protected table as plain values for the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodemand.core.disclosure import Table, Value
    from geodemand.maps.payload import Json

# A figure without a stated number of decimals is a quotient of protected counts: more digits than
# these say nothing more about the area.
_DIGITS = 4


def cells(table: Table, name: str) -> list[Value]:
    """Return a column's values; "c" where withheld, None where there is no figure."""
    return table.cells(name)


def plain(values: Sequence[Value]) -> list[Json]:
    """Return values for the page, long fractions cut to the digits that mean something."""
    return [_short(value) if isinstance(value, float) else value for value in values]


def _short(value: float) -> Json:
    return float(f"{value:.{_DIGITS}g}") if value % 1 else int(value)
