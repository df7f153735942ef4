"""The wall between exact counts of people and everything that is written.

Exact counts travel as `People`. Only `protect` turns them into `Protected` figures, by the
rules of a `Policy`, and every share, index or interval is formed from protected figures, so a
derived figure cannot say more than the counts do. A `Table` takes labels, facts (figures that
are about no person, such as hectares or postcodes of the directory) and protected figures, and
refuses `People`. Writers and maps take a `Release`, which only `release` hands out.

Source of the default rules: the small-number rule of the Office for National Statistics and
NHS guidance for publishing health data on few people (1-7 hidden, other counts to nearest 5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from geodemand.errors import DisclosureError, Fault

if TYPE_CHECKING:
    from geodemand.core.geography import Geography, TableShapes

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
Value: TypeAlias = str | int | float | bool | None

WITHHELD = "c"


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules for publishing counts of people. One TOML file each in definitions/policies.

    ``threshold``: counts from 1 up to it are hidden (0: none). ``base``: other counts go to its
    nearest multiple (1: exact). ``share_decimals``: decimals of a percentage, or
    ``large_base_decimals`` where the protected base is at least ``large_base`` persons.
    ``surface_*`` bound how sharply a heat surface may be drawn (metres, clients, classes).
    ``clients_listed``: lists of postcodes with clients may be written.
    """

    name: str
    title: str
    threshold: int
    base: int
    share_decimals: int
    large_base_decimals: int
    large_base: int
    surface_bandwidth_m: float
    surface_neighbours: int
    surface_classes: int
    area_clients: int
    area_addresses: int
    clients_listed: bool
    needs_reason: bool
    marking: str
    explanation: str
    sources: tuple[str, ...] = ()
    reason: str = ""

    def with_reason(self, reason: str) -> Policy:
        """Return the policy with the reason stated; raise DisclosureError where one is needed."""
        if self.needs_reason and not reason.strip():
            raise DisclosureError(
                Fault(
                    "",
                    f"the policy '{self.name}' writes exact figures and needs a reason.",
                    'Add --reason "why exact figures are needed", or leave --policy out.',
                )
            )
        return replace(self, reason=reason.strip())


@dataclass(frozen=True, slots=True)
class People:
    """Exact counts of people (or of postcodes chosen by who lives there), any shape.

    ``exact`` is read in `geodemand.core` only; a test holds the other packages to that.
    """

    exact: IntArray

    def __repr__(self) -> str:
        """Say the shape only: an exact count must not reach a log or a traceback."""
        return f"People(shape={self.exact.shape})"


@dataclass(frozen=True, slots=True)
class Clients:
    """Rows of clients as they stand in a list: personal data, which no table takes.

    Only `listed` lets them out.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...] = field(repr=False)


@dataclass(frozen=True)
class Listed:
    """Rows of clients that may be written to a file of their own. Made by `listed` alone."""

    policy: Policy
    clients: Clients
    _seal: object = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse rows that did not come through `listed`."""
        if self._seal is not _SEAL:
            message = "Listed is made by geodemand.core.disclosure.listed only"
            raise TypeError(message)


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
    """

    list_name: str
    classes: npt.NDArray[np.uint8]
    west: float
    north: float
    cell_m: float
    breaks: tuple[float, ...]
    bandwidth_m: float
    unit: str = "clients per km²"


@dataclass(frozen=True)
class Release:
    """What one run hands out: protected tables and surfaces under one policy.

    ``layers``: what its files of maps hold: boundaries that it proposes, which are about nobody,
    and shapes of the rows of its tables. Made by `release` alone.
    """

    policy: Policy
    tables: Mapping[str, Table]
    surfaces: tuple[Surface, ...] = ()
    sentences: tuple[str, ...] = ()
    layers: tuple[Geography | TableShapes, ...] = ()
    _seal: object = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a release that did not come through `release`."""
        if self._seal is not _SEAL:
            message = "a Release is made by geodemand.core.disclosure.release only"
            raise TypeError(message)


_SEAL = object()


def protect(people: People, policy: Policy) -> Protected:
    """Hide and round exact counts of people.

    Counts 1..threshold are withheld, a true zero stays zero, others go to the nearest multiple of
    the policy's base, halves upward. Shape in = shape out.

    >>> from geodemand.core.disclosure import People, protect
    >>> from geodemand.io.definitions import policy
    >>> figures = protect(People(np.array([0, 3, 8, 12])), policy("public"))
    >>> figures.values.tolist(), figures.withheld.tolist()
    ([0.0, nan, 10.0, 10.0], [False, True, False, False])
    """
    exact = people.exact
    withheld = (exact > 0) & (exact <= policy.threshold)
    rounded = np.floor(exact / policy.base + 0.5) * policy.base
    return Protected(np.where(withheld, np.nan, rounded), withheld)


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


def release(
    policy: Policy,
    tables: Mapping[str, Table],
    surfaces: tuple[Surface, ...] = (),
    sentences: tuple[str, ...] = (),
    layers: tuple[Geography | TableShapes, ...] = (),
) -> Release:
    """Audit what one run is about to hand out and seal it.

    Raises DisclosureError (exit code 15) where the audit finds a figure that the policy hides.
    """
    leaks = [leak for table in tables.values() for leak in audit(table, policy)]
    if leaks:
        raise DisclosureError(*leaks)
    return Release(policy, dict(tables), surfaces, sentences, layers, _SEAL)


def need_listing(policy: Policy) -> None:
    """Raise DisclosureError (exit code 15) where a policy does not let rows of clients out."""
    if not policy.clients_listed:
        what = f"the policy '{policy.name}' does not let rows of clients out."
        mend = 'Add --policy internal --reason "who mends the list".'
        raise DisclosureError(Fault("", what, mend))


def listed(policy: Policy, lists: Mapping[str, Clients]) -> Listed:
    """Return rows of clients, list by list, for a file of their own; raise as `need_listing`."""
    need_listing(policy)
    header = next((clients.columns for clients in lists.values()), ())
    rows = tuple((name, *row) for name, clients in lists.items() for row in clients.rows)
    return Listed(policy, Clients(("list", *header), rows), _SEAL)


def audit(table: Table, policy: Policy) -> list[Fault]:
    """Find figures of a table that give away what its policy hides.

    The first of the attacks: a withheld figure whose value still stands in the data. Attacks by
    arithmetic over several figures belong here too.
    """
    return [
        Fault(
            f"table {table.name}, column {name}",
            "a figure marked as withheld still holds its value.",
            f"Protect the column under the policy '{policy.name}'.",
        )
        for name, column in table.columns.items()
        if isinstance(column, Protected) and np.isfinite(column.values[column.withheld]).any()
    ]


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
