"""The wall between exact counts of people and everything that is written.

Exact counts travel as `People`, with the places that they are over. Only `protect` turns them into
`Protected` figures, by the rules of a `Policy`, and every share, index or interval is formed from
protected figures, so a derived figure cannot say more than the counts do. A `Table` takes labels,
facts (figures that are about no person, such as hectares or postcodes of the directory) and
protected figures, and refuses `People`. Writers and maps take a `Release`, which only `release`
hands out.

Source of the default rules: the small-number rule of the Office for National Statistics and
NHS guidance for publishing health data on few people (1-7 hidden, other counts to nearest 5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from geodemand.core.book import Case, Entry
from geodemand.core.effort import UnprovenError
from geodemand.core.figures import (
    WITHHELD,
    BoolArray,
    Column,
    Facts,
    FloatArray,
    Labels,
    Protected,
    Surface,
    Table,
    Value,
    concatenate,
    known_figures,
    ratio,
    rounded,
    rounded_share,
    stack,
    withhold,
)
from geodemand.core.nested import Joint, Nested, laid_over
from geodemand.core.people import Clients, Exact, IntArray, People
from geodemand.core.policy import (
    HIDE,
    HIDE_MORE,
    Guard,
    Policy,
    Remedy,
    near_rounded,
    rounded_to,
    stands_for,
)
from geodemand.core.published import Published
from geodemand.core.zones import Zones
from geodemand.errors import DisclosureError, Fault

if TYPE_CHECKING:
    from geodemand.core.geography import Geography, TableShapes

# What counts and figures are is asked for here, at the wall between the two.
__all__ = [
    "WITHHELD", "BoolArray", "Clients", "Column", "Exact", "Facts", "FloatArray", "IntArray",
    "Labels", "Leaking", "Listed", "People", "Policy", "Protected", "Release", "Surface", "Table",
    "Value", "audit", "concatenate", "guarded", "known_figures", "listed", "need_listing",
    "protect", "ratio", "release", "rounded", "rounded_share", "stack", "withhold",
]  # fmt: skip

# A release is made anew this often before it is refused.
_MOST_TRIES = 6
Made = TypeVar("Made")
_NOT_ADDING_UP = (
    "{}: the counts could not be rounded so that all tables add up and nothing hidden can be "
    "worked out. Each was rounded for itself."
)
_ALONE = "Show fewer levels or geographies together, or leave out the list."
_AFTER_OTHERS = (
    "Exact figures of two dates tell who came and went between them: take a policy that rounds "
    "(--policy public). Or withdraw releases that nobody has seen: geodemand release list, then "
    f"release withdraw. {_ALONE}"
)


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
    >>> figures = protect(People.alone("clients", [0, 3, 8, 12]), policy("public"))
    >>> figures.values.tolist(), figures.withheld.tolist()
    ([0.0, nan, 10.0, 10.0], [False, True, False, False])
    """
    given: object = people
    if not isinstance(given, People):
        message = f"{type(given).__name__} is over no places: count People by zone"
        raise TypeError(message)
    exact = people.exact
    withheld = (exact > 0) & (exact <= policy.threshold)
    if also is not None:
        withheld |= also & (exact > 0)
    if isinstance(policy, Guard) and policy.hides:
        return _guarded(people, withheld, policy)
    return Protected(
        np.where(withheld, np.nan, rounded_to(exact, policy.base, policy.base)), withheld
    )


def _guarded(people: People, withheld: BoolArray, guard: Guard) -> Protected:
    """Protect counts whose places are known, as the audit asked for, and take them down for it."""
    zones, grounds = people.zones, people.grounds
    exact = people.exact.reshape(len(grounds), zones.size)
    hidden = withheld.reshape(exact.shape).copy()
    values = np.zeros(exact.shape)
    for row, ground in enumerate(grounds):
        rounded_as = _adding_up if guard.adds_up(ground.what) else _one_by_one
        values[row], low, high = rounded_as(ground.what, zones, exact[row], hidden[row], guard)
        few = exact[row] <= guard.threshold
        high = np.where(hidden[row] & few, np.minimum(high, guard.threshold), high)
        entry = Entry(zones, low, high, hidden[row], shown=values[row])
        guard.book.enter(ground, entry)
    shape = people.exact.shape
    return Protected(np.where(hidden, np.nan, values).reshape(shape), hidden.reshape(shape).copy())


def _one_by_one(
    what: str, zones: Zones, exact: IntArray, hidden: BoolArray, guard: Guard
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return each count rounded, and what it may stand for; ``hidden`` grows by what is asked."""
    base = np.full(exact.shape, guard.base)
    if any(changed == what for changed, _ in guard.changes):
        for cell, name in enumerate(zones.names.tolist()):
            change = guard.changes.get((what, name), guard.base)
            hidden[cell] |= change == HIDE and exact[cell] > 0
            base[cell] = change or guard.base
    values = rounded_to(exact, base, guard.base)
    low, high = stands_for(values, base, guard)
    return values, np.where(hidden, 1, low), np.where(hidden, np.inf, high)


def _adding_up(
    what: str, zones: Zones, exact: IntArray, hidden: BoolArray, guard: Guard
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the same where counts are rounded so that tables add up.

    What each is rounded to is known when all have been taken down. Until then, it is any number.
    """
    found = guard.rounded.get(what, {})
    known = np.array([name in found for name in zones.names.tolist()], dtype=bool)
    usual = rounded_to(exact, guard.base, guard.base).tolist()
    values = np.array(list(map(found.get, zones.names.tolist(), usual)), dtype=float)
    low, high = near_rounded(values, guard, hidden)
    least = np.where(hidden, 1, np.where(exact > 0, guard.threshold + 1, 0))
    most = np.where(exact > 0, np.inf, 0)
    return values, np.where(known, low, least), np.where(known, high, most)


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
        sentences += tuple(_NOT_ADDING_UP.format(what) for what in sorted(policy.one_by_one))
        policy = policy.plain
    return Release(policy, dict(tables), surfaces, sentences, layers, published, _seal=_SEAL)


def _too_sharp(surface: Surface, policy: Policy) -> list[Fault]:
    """Find a surface that is drawn more sharply than its policy lets it be."""
    narrow = surface.bandwidth_m < policy.surface_bandwidth_m
    narrow |= surface.neighbours < policy.surface_neighbours
    fine = int(surface.classes.max(initial=0)) >= policy.surface_classes
    if not (narrow or fine):
        return []
    what = f"is drawn more sharply than the policy '{policy.name}' lets it be."
    mend = "Draw it with a wider bandwidth, or in fewer classes."
    return [Fault(f"surface {surface.list_name}", what, mend)]


class Leaking(Exception):  # noqa: N818 - it asks for another try
    """A release from which hidden counts can be worked out, and the changes that prevent it."""

    def __init__(self, remedy: Remedy) -> None:
        """Take what the audit asks for."""
        super().__init__("hidden counts can be worked out")
        self.remedy = remedy


def guarded(
    policy: Policy,
    make: Callable[[Policy], Made],
    earlier: tuple[Published, ...] = (),
    nested: tuple[Nested, ...] = (),
) -> Made:
    """Return what ``make`` makes under a policy, made again until its audit finds it safe.

    ``make`` protects, forms its tables and ends with `release`. ``earlier``: what earlier releases
    let out, which is attacked together with it; ``nested``: so are lists with their parts. Raises
    DisclosureError (exit code 15) where no coarser figures keep what is hidden.
    """
    guard = Guard.of(policy, earlier, nested)
    for _ in range(_MOST_TRIES):
        try:
            return make(guard)
        except Leaking as found:
            guard = guard.again(found.remedy)
    raise _refused((), guard)


def _attacked(guard: Guard) -> tuple[Published, ...]:
    """Return what a run publishes; raise Leaking, or DisclosureError where nothing mends it."""
    cases = guard.book.cases(guard.earlier, guard.unlimited)
    adding_up = {case.what: case for case in cases if guard.adds_up(case.what)}
    rounded, one_by_one = _rounded_together(adding_up, guard)
    changes: dict[tuple[str, int], int] = {}
    lost: set[str] = set()
    alone = [Joint.alone(case) for case in cases if case.what not in adding_up]
    for joint in (*alone, *laid_over(guard.book, guard.nested, guard.earlier, guard.unlimited)):
        mended = _mended(joint.case, guard, only_seen=bool(adding_up.keys() & joint.lists))
        if mended is None:
            lost |= {*joint.lists}
        else:
            changes |= {joint.owners[name]: base for name, base in mended.items()}
    # What was to add up, and leaks with other lists, is rounded for itself before all is lost.
    one_by_one |= lost & adding_up.keys()
    lost -= adding_up.keys()
    # Where larger counts are hidden too, none of the hidden ones is known to be small.
    doubtful = frozenset(lost) - guard.unlimited if guard.repair == HIDE_MORE else frozenset()
    if lost - doubtful:
        raise _refused(sorted(lost), guard)
    if changes or doubtful or rounded or one_by_one:
        raise Leaking(Remedy(changes, doubtful, rounded, one_by_one))
    return tuple(case.published for case in cases)


def _mended(case: Case, guard: Guard, *, only_seen: bool) -> dict[int, int] | None:
    """Return what to change so that a case is safe, None where nothing helps.

    ``only_seen``: whether nothing may be changed.
    """
    from geodemand.core import audit, mend

    effort = guard.effort(case.what, case.system.pieces)
    try:
        found = audit.leaks(case, guard.threshold, effort)
        if not found.size:
            return {}
        return None if only_seen else mend.mend(case, found, guard, effort)
    except (mend.NotMendedError, UnprovenError):
        return None


def _rounded_together(
    cases: Mapping[str, Case], guard: Guard
) -> tuple[dict[str, dict[int, int]], frozenset[str]]:
    """Return what figures are to be rounded to that are not yet, and what cannot be made add up."""
    from geodemand.core import additive, audit

    found: dict[str, dict[int, int]] = {}
    lost = set()
    for what, case in cases.items():
        known = guard.rounded.get(what, {})
        effort = guard.effort(what, case.system.pieces)
        rounded: dict[int, int] | None = None
        try:
            if all(name in known for name in case.own_names.tolist()):
                rounded = {} if not audit.leaks(case, guard.threshold, effort).size else None
            else:
                rounded = additive.rounded(case, guard, known, effort)
        except UnprovenError:
            pass
        if rounded is None:
            lost.add(what)
        elif rounded:
            found[what] = rounded
    return found, frozenset(lost)


def _refused(lost: Sequence[str], guard: Guard) -> DisclosureError:
    """Return why nothing may be written, and what to do about it."""
    before = {each.what for each in guard.earlier}
    faults = []
    for name in lost or ("",):
        told = name in before or (not name and before)
        done = "hidden" if guard.repair == HIDE_MORE else "rounded"
        others = "the others and from what earlier releases said" if told else "the others"
        what = (
            f"counts that the policy hides could be worked out from {others}, whatever is {done}."
        )
        if guard.effort(name).gone:
            what = (
                f"it could not be proven that counts that the policy hides cannot be worked out "
                f"from {others}: so many figures overlap that the search was ended."
            )
        faults.append(Fault(name, what, _AFTER_OTHERS if told else _ALONE))
    return DisclosureError(*faults)


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
