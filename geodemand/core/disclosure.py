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

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from geodemand.core.book import Entry
from geodemand.core.policy import HIDE, Guard, rounded_to, stands_for
from geodemand.core.policy import Policy as Policy  # noqa: PLC0414 - handed on
from geodemand.core.published import Published
from geodemand.core.zones import Ground, Zones
from geodemand.errors import DisclosureError, Fault

if TYPE_CHECKING:
    from geodemand.core.geography import Geography, TableShapes

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
Value: TypeAlias = str | int | float | bool | None

WITHHELD = "c"
# A release is made anew this often before it is refused.
_MOST_TRIES = 6
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class People:
    """Exact counts of people (or of postcodes chosen by who lives there), any shape.

    ``exact`` is read in `geodemand.core` only; a test holds the other packages to that. ``zones``:
    the places that each count is over, and ``grounds`` what is counted there, one list after the
    other: the counts of the first ground come first. Counts without them are no part of a total.
    """

    exact: IntArray
    zones: Zones | None = None
    grounds: tuple[Ground, ...] = ()

    @classmethod
    def counted(cls, grounds: Sequence[Ground], zones: Zones) -> People:
        """Count each ground by zone: [grounds, zones]."""
        rows = [zones.count(each) for each in grounds]
        exact = np.array(rows, dtype=np.int64).reshape(len(grounds), zones.size)
        return cls(exact, zones, tuple(grounds))

    def of(self, row: int) -> People:
        """Return the counts of one ground [zones] of [grounds, zones]."""
        return People(self.exact[row], self.zones, self.grounds[row : row + 1])

    def summed(self, row: IntArray, zone: IntArray, size: int) -> People:
        """Return [..., size] sums: sum ``row[k]`` takes in zone ``zone[k]``."""
        lists = int(np.prod(self.exact.shape[:-1]))
        flat = self.exact.reshape(lists, self.exact.shape[-1])
        sums = [np.bincount(row, weights=each[zone], minlength=size) for each in flat]
        exact = np.array(sums, dtype=np.int64).reshape(*self.exact.shape[:-1], size)
        return People(exact, self.zones and self.zones.summed(row, zone, size), self.grounds)

    def grouped(self, groups: Sequence[IntArray]) -> People:
        """Add up zones, a new one for each group of indices: [..., groups]."""
        row = np.repeat(np.arange(len(groups)), [len(each) for each in groups])
        zone = np.concatenate([np.empty(0, dtype=np.int64), *groups]).astype(np.int64)
        return self.summed(row, zone, len(groups))

    def by(self, position: IntArray, size: int) -> People:
        """Add up zones by a position for each, 0 to ``size`` - 1, or -1 to leave it out: [size]."""
        held = position >= 0
        exact = np.bincount(position[held], weights=self.exact.ravel()[held], minlength=size)
        zones = self.zones and self.zones.moved(position, size)
        return People(exact.astype(np.int64), zones, self.grounds)

    def picked(self, index: IntArray) -> People:
        """Return some of the counts of one ground, in another order: [index]."""
        return self.summed(np.arange(len(index)), index, len(index))

    def inside(self, sets: Sequence[IntArray]) -> People:
        """Add up the zones in each of some sets of indices, which may overlap: [sets]."""
        used = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *sets]))
        position = np.full(self.exact.size, -1)
        position[used] = np.arange(len(used))
        return self.by(position, len(used)).grouped([np.searchsorted(used, s) for s in sets])

    def shaped(self, *shape: int) -> People:
        """Return the same counts in another shape."""
        return People(self.exact.reshape(shape), self.zones, self.grounds)

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
    and shapes of the rows of its tables. ``published``: its counts as a ledger of releases keeps
    them; ``postcodes``: gives those of the places that these are over. Made by `release` alone.
    """

    policy: Policy
    tables: Mapping[str, Table]
    surfaces: tuple[Surface, ...] = ()
    sentences: tuple[str, ...] = ()
    layers: tuple[Geography | TableShapes, ...] = ()
    published: tuple[Published, ...] = field(default=(), repr=False, compare=False)
    postcodes: Callable[[], Sequence[str | None]] = field(default=tuple, repr=False, compare=False)
    _seal: object = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a release that did not come through `release`."""
        if self._seal is not _SEAL:
            message = "a Release is made by geodemand.core.disclosure.release only"
            raise TypeError(message)


_SEAL = object()


def protect(people: People, policy: Policy, also: BoolArray | None = None) -> Protected:
    """Hide and round exact counts of people.

    Counts 1..threshold are withheld, a true zero stays zero, others go to the nearest multiple of
    the policy's base, halves upward. Shape in = shape out. ``also``: more to withhold, zeros apart.
    In a guarded run the figures are taken down for the audit, and what it asked for is done.

    >>> from geodemand.core.disclosure import People, protect
    >>> from geodemand.io.definitions import policy
    >>> figures = protect(People(np.array([0, 3, 8, 12])), policy("public"))
    >>> figures.values.tolist(), figures.withheld.tolist()
    ([0.0, nan, 10.0, 10.0], [False, True, False, False])
    """
    exact = people.exact
    withheld = (exact > 0) & (exact <= policy.threshold)
    if also is not None:
        withheld |= also & (exact > 0)
    if isinstance(policy, Guard) and policy.hides and people.zones is not None:
        return _guarded(people, withheld, policy)
    return Protected(
        np.where(withheld, np.nan, rounded_to(exact, policy.base, policy.base)), withheld
    )


def _guarded(people: People, withheld: BoolArray, guard: Guard) -> Protected:
    """Protect counts whose places are known, as the audit asked for, and take them down for it."""
    assert people.zones is not None  # noqa: S101
    zones, grounds = people.zones, people.grounds
    exact = people.exact.reshape(len(grounds), zones.size)
    hidden = withheld.reshape(exact.shape).copy()
    base = np.full(exact.shape, guard.base)
    values = rounded_to(exact, base, guard.base)
    for row, ground in enumerate(grounds):
        if any(what == ground.what for what, _ in guard.changes):
            for cell, name in enumerate(zones.names.tolist()):
                change = guard.changes.get((ground.what, name), guard.base)
                hidden[row, cell] |= change == HIDE and exact[row, cell] > 0
                base[row, cell] = change or guard.base
            values[row] = rounded_to(exact[row], base[row], guard.base)
        low, high = stands_for(values[row], base[row], guard)
        few = exact[row] <= guard.threshold
        low = np.where(hidden[row], 1, low)
        high = np.where(hidden[row], np.where(few, guard.threshold, np.inf), high)
        guard.book.enter(ground, Entry(zones, low, high, hidden[row]))
    shape = people.exact.shape
    return Protected(np.where(hidden, np.nan, values).reshape(shape), hidden.reshape(shape).copy())


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

    Raises DisclosureError (exit code 15) where the audit finds a figure that the policy hides, and
    `Leaking` with what would mend it where `guarded` can make the release again.
    """
    faults = [fault for table in tables.values() for fault in audit(table, policy)]
    faults += [fault for surface in surfaces for fault in _too_sharp(surface, policy)]
    if faults:
        raise DisclosureError(*faults)
    published: tuple[Published, ...] = ()
    if isinstance(policy, Guard):
        published = _attacked(policy)
        policy = policy.plain
    return Release(policy, dict(tables), surfaces, sentences, layers, published, _seal=_SEAL)


def _too_sharp(surface: Surface, policy: Policy) -> list[Fault]:
    """Find a surface that is drawn more sharply than its policy lets it be."""
    narrow = surface.bandwidth_m < policy.surface_bandwidth_m
    fine = int(surface.classes.max(initial=0)) >= policy.surface_classes
    if not (narrow or fine):
        return []
    what = f"is drawn more sharply than the policy '{policy.name}' lets it be."
    mend = "Draw it with a wider bandwidth, or in fewer classes."
    return [Fault(f"surface {surface.list_name}", what, mend)]


class Leaking(Exception):  # noqa: N818 - it asks for another try
    """A release from which hidden counts can be worked out, and the changes that prevent it."""

    def __init__(self, changes: Mapping[tuple[str, int], int]) -> None:
        """Take the changes: by what is counted and the zone, the base to round to, or HIDE."""
        super().__init__("hidden counts can be worked out")
        self.changes = changes


def guarded(
    policy: Policy, make: Callable[[Policy], Made], earlier: tuple[Published, ...] = ()
) -> Made:
    """Return what ``make`` makes under a policy, made again until its audit finds it safe.

    ``make`` protects, forms its tables and ends with `release`. ``earlier``: what earlier releases
    let out, which is attacked together with it. Raises DisclosureError (exit code 15) where no
    coarser figures keep what is hidden.
    """
    guard = Guard.of(policy, earlier)
    for _ in range(_MOST_TRIES):
        try:
            return make(guard)
        except Leaking as found:
            guard = guard.again(found.changes)
    raise _refused(())


def _attacked(guard: Guard) -> tuple[Published, ...]:
    """Return what a run publishes; raise Leaking, or DisclosureError where nothing mends it."""
    from geodemand.core import audit, mend

    changes: dict[tuple[str, int], int] = {}
    lost: list[str] = []
    cases = guard.book.cases(guard.earlier)
    for case in cases:
        found = audit.leaks(case, guard.threshold)
        if not found.size:
            continue
        try:
            mended = mend.mend(case, found, guard)
        except mend.NotMendedError:
            lost.append(case.what)
            continue
        changes |= {(case.what, name): base for name, base in mended.items()}
    if lost:
        raise _refused(lost)
    if changes:
        raise Leaking(changes)
    return tuple(case.published for case in cases)


def _refused(lost: Sequence[str]) -> DisclosureError:
    mend = "Show fewer levels or geographies together, or leave out the list."
    what = "counts that the policy hides could be worked out from the others, whatever is rounded."
    return DisclosureError(*(Fault(name, what, mend) for name in lost or ("",)))


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
