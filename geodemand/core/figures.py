"""Figures that may leave the room, and the tables that hold them.

`Protected` figures are made by `geodemand.core.disclosure.protect` alone; all that is formed from
them here says no more than they do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from geodemand.core.policy import Policy

FloatArray: TypeAlias = npt.NDArray[np.float64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
Value: TypeAlias = str | int | float | bool | None

WITHHELD = "c"


@dataclass(frozen=True, slots=True)
class Protected:
    """Figures about people after protection.

    ``values``: the figure that may be shown, NaN where none can be formed. ``withheld``: True
    where the figure is hidden (``c``). ``decimals``: digits after the point to show, or -1 for all.
    """

    values: FloatArray
    withheld: BoolArray
    decimals: int = 0

    def __len__(self) -> int:
        """Return the number of figures."""
        return len(self.values)

    def __getitem__(self, index: npt.ArrayLike | slice) -> Protected:
        """Return some of the figures, as numpy indexing picks them."""
        picked = np.asarray(index) if not isinstance(index, slice) else index
        return Protected(
            np.atleast_1d(self.values[picked]), np.atleast_1d(self.withheld[picked]), self.decimals
        )


@dataclass(frozen=True, slots=True)
class Labels:
    """A column of words: names, codes, verdicts. None where there is none."""

    values: tuple[str | None, ...]

    def __len__(self) -> int:
        """Return the number of labels."""
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Facts:
    """A column of numbers that are about no person: postcodes, hectares, metres."""

    values: FloatArray
    decimals: int = 0

    def __len__(self) -> int:
        """Return the number of values."""
        return len(self.values)


Column: TypeAlias = Labels | Facts | Protected


@dataclass(frozen=True)
class Table:
    """Named columns of equal length that may leave the room."""

    name: str
    columns: Mapping[str, Column]
    title: str = ""

    def __post_init__(self) -> None:
        """Refuse what is not a column, exact counts of people before all."""
        columns: Mapping[str, object] = self.columns
        for name, column in columns.items():
            if not isinstance(column, Labels | Facts | Protected):
                kind = type(column).__name__
                message = f"column '{name}' of table '{self.name}' is {kind}: protect it first"
                raise TypeError(message)
        if len({len(column) for column in self.columns.values()}) > 1:
            message = f"the columns of table '{self.name}' differ in length"
            raise ValueError(message)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(next(iter(self.columns.values()), ()))

    def cells(self, name: str) -> list[Value]:
        """Return one column as plain values: "c" where withheld, None where there is none."""
        return _cells(self.columns[name])

    def records(self) -> Iterator[dict[str, Value]]:
        """Yield one dictionary a row."""
        names = list(self.columns)
        for row in zip(*(self.cells(name) for name in names), strict=True):
            yield dict(zip(names, row, strict=True))


@dataclass(frozen=True)
class Surface:
    """A heat surface cut into few classes: all that a page may hold of where clients are.

    ``classes``: uint8 [rows, columns], row 0 in the north, 0 = lowest (drawn transparent).
    ``west``, ``north``: corner in metres (EPSG:27700). ``cell_m``: cell size in metres.
    ``breaks``: lower limits of classes 1.., in ``unit``. ``bandwidth_m``: the smallest used.
    ``neighbours``: how many places with clients are within reach of each cell, at least.
    """

    list_name: str
    classes: npt.NDArray[np.uint8]
    west: float
    north: float
    cell_m: float
    breaks: tuple[float, ...]
    bandwidth_m: float
    unit: str = "clients per km²"
    neighbours: int = 0


def withhold(figures: Protected, also: BoolArray) -> Protected:
    """Return the figures with some more of them withheld."""
    return Protected(
        np.where(also, np.nan, figures.values), figures.withheld | also, figures.decimals
    )


def known_figures(values: FloatArray, decimals: int = 0) -> Protected:
    """Return facts as figures, to stand in one column or one ratio with protected ones."""
    return Protected(values, np.zeros(values.shape, dtype=bool), decimals)


def ratio(above: Protected, below: Protected | float) -> Protected:
    """Divide protected figures: withheld where either is, NaN where the denominator is zero."""
    divisor = below.values if isinstance(below, Protected) else np.float64(below)
    hidden = below.withheld if isinstance(below, Protected) else np.False_
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(divisor == 0, np.nan, above.values / divisor)
    withheld = np.broadcast_to(above.withheld | hidden, values.shape)
    return Protected(np.where(withheld, np.nan, values), withheld, -1)


def rounded(figures: Protected, decimals: int) -> Protected:
    """Round to a number of decimals that is also the number shown."""
    return Protected(np.round(figures.values, decimals), figures.withheld, decimals)


def rounded_share(share: Protected, base: Protected, policy: Policy) -> Protected:
    """Round a share (0-1) to the per cents, or tenths on a large base, that a policy allows."""
    if policy.share_decimals < 0:
        return Protected(np.round(share.values, 6), share.withheld, 6)
    large = np.nan_to_num(base.values) >= policy.large_base
    coarse = _half_up(share.values, policy.share_decimals + 2)
    fine = _half_up(share.values, policy.large_base_decimals + 2)
    decimals = max(policy.share_decimals, policy.large_base_decimals) + 2
    return Protected(np.where(large, fine, coarse), share.withheld, decimals)


def stack(parts: Sequence[Protected]) -> Protected:
    """Put protected figures under each other."""
    if not parts:
        return Protected(np.empty(0), np.empty(0, dtype=bool))
    return Protected(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.withheld for part in parts]),
        max((part.decimals for part in parts), key=lambda d: (d < 0, d)),
    )


def _half_up(values: FloatArray, decimals: int) -> FloatArray:
    """Round halves upward, as counts are; what is a half but for the last bit counts as one."""
    scale = 10.0**decimals
    up: FloatArray = np.floor(values * scale + 0.5 + 1e-9) / scale
    return up


def concatenate(name: str, tables: Sequence[Table], title: str = "") -> Table:
    """Put tables of the same columns under each other; without tables, an empty one."""
    if not tables:
        return Table(name, {}, title)
    columns: dict[str, Column] = {}
    for column in tables[0].columns:
        parts = [table.columns[column] for table in tables]
        words = [part for part in parts if isinstance(part, Labels)]
        facts = [part for part in parts if isinstance(part, Facts)]
        figures = [part for part in parts if isinstance(part, Protected)]
        if words:
            columns[column] = Labels(tuple(chain.from_iterable(part.values for part in words)))
        elif facts:
            values = np.concatenate([part.values for part in facts])
            columns[column] = Facts(values, facts[0].decimals)
        else:
            columns[column] = stack(figures)
    return Table(name, columns, title)


def _cells(column: Column) -> list[Value]:
    if isinstance(column, Labels):
        return list(column.values)
    values = column.values if column.decimals < 0 else _rounded(column.values, column.decimals)
    finite = np.isfinite(values)
    cells = values.astype(object)
    # A whole number is written without a point, whatever its neighbours in the column are.
    whole = finite & (values == np.rint(values))
    cells[whole] = [int(value) for value in values[whole].tolist()]
    cells[~finite] = None
    if isinstance(column, Protected):
        cells[column.withheld] = WITHHELD
    plain: list[Value] = cells.tolist()
    return plain


def _rounded(values: FloatArray, decimals: int) -> FloatArray:
    """Round as Python does, to the nearest decimal; most figures are rounded already."""
    found = np.array(values, dtype=float)
    for i in np.flatnonzero(np.isfinite(found) & (np.round(found, decimals) != found)):
        found[i] = round(float(found[i]), decimals)
    return found
