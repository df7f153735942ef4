"""What `hubs` works out on request: each kind of table by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodemand.api.shared import Progress
from geodemand.core import disclosure, mismatches, tally
from geodemand.core.balance import Balance
from geodemand.core.coterminosity import Limits, Pair, Points, Relation
from geodemand.core.disclosure import Clients, IntArray, Listed, Policy, Table
from geodemand.core.geography import NOWHERE, Geography
from geodemand.core.mismatches import Differences
from geodemand.core.overlay import Pieces
from geodemand.core.postcodes import spaced
from geodemand.core.weights import Weights
from geodemand.errors import ContentError, Fault, UsageError
from geodemand.io import study
from geodemand.io.study import Study
from geodemand.suggest import did_you_mean

if TYPE_CHECKING:
    from geodemand.core.hinterland import Served
    from geodemand.core.reallocation import Reallocation
    from geodemand.project import Project


@dataclass(frozen=True)
class Compared:
    """A pair laid over each other: pieces, points in both, and weights by what is counted.

    ``differ``: the pieces off their partner. ``land``: what the pieces add up to; None where a
    geography has no polygons.
    """

    pair: Pair
    pieces: Pieces
    points: Points
    weighed: Mapping[str, Weights]
    differ: Differences
    land: Balance | None

    @property
    def sides(self) -> tuple[tuple[Geography, IntArray], tuple[Geography, IntArray]]:
        """Return both geographies, each with the area that every point is in."""
        return (self.pair.a, self.points.a), (self.pair.b, self.points.b)


@dataclass(frozen=True)
class Inquiry:
    """All that one run of `hubs` has found, from which deeper tables are worked out."""

    project: Project
    found: Study
    compared: Sequence[Compared]
    limits: Limits
    policy: Policy


def tables(names: Sequence[str], inquiry: Inquiry) -> dict[str, Table]:
    """Return the tables that were asked for by name, in the order of DEEPER."""
    wanted = [make for name, make in DEEPER.items() if name in names]
    return {table.name: table for make in wanted for table in make(inquiry)}


def check_names(names: Sequence[str]) -> None:
    """Raise UsageError for a name that is none of ours."""
    known = [*ALWAYS, *DEEPER]
    unknown = [name for name in names if name not in known]
    if unknown:
        mend = did_you_mean(unknown[0], known) or f"Known: {', '.join(known)}."
        raise UsageError(Fault("", f"there is no table '{unknown[0]}' of hubs.", mend))


def _used(found: Study) -> IntArray:
    """Return the places that are counted: those of the base, and those of clients."""
    held = found.places.base.copy()
    for each in found.clients:
        held[each.places] = True
    return np.flatnonzero(held)


def points(found: Study, a: str, b: str) -> Points:
    """Return postcodes and clients with the area of each of two geographies that they are in."""
    places = found.places
    used = _used(found)
    position = np.full(len(places), NOWHERE)
    position[used] = np.arange(len(used))
    return Points(
        x=places.x[used],
        y=places.y[used],
        a=places.areas[a][used],
        b=places.areas[b][used],
        weights={name: weight[used] for name, weight in places.weights.items()},
        people={each.name: tally.spread(each, position, len(used)) for each in found.clients},
    )


def siting(asked: Sequence[tuple[str, str]], inquiry: Inquiry) -> dict[str, Table]:
    """Return for sites and the geography that they serve where each lies and how far whom it has.

    Raises ContentError where a site names an area that there is not.
    """
    from geodemand.core import hinterland  # only where sites are asked about

    found, within_m = inquiry.found, inquiry.project.hubs.within_m
    placed, far, seen = [], [], []
    for sites, areas in asked:
        geography, these = found.geographies[areas], found.sites[sites]
        known = {"", *geography.codes, *geography.names}
        if strange := next((name for name in these.areas if name not in known), None):
            mend = did_you_mean(strange, known) or f"Name areas of {areas} by code or name."
            if shared := [name for name in geography.names if name.startswith(f"{strange} (")]:
                mend = f"Say which by its code, or as {' or '.join(shared)}."
            fault = Fault(f"[sites.{sites}]", f"'{strange}' is no area of {areas}.", mend)
            raise ContentError(fault)
        served = hinterland.serve(these, geography)
        at = points(found, areas, areas)
        placed.append(hinterland.site_table(served))
        far.append(hinterland.hinterlands(served, at, at.a, within_m, inquiry.policy))
        seen += _reach(served, inquiry)
    made = {
        "sites": disclosure.concatenate("sites", placed),
        "hinterlands": disclosure.concatenate("hinterlands", far),
    }
    return made | ({"reach": disclosure.concatenate("reach", seen)} if seen else {})


def _reach(served: Served, inquiry: Inquiry) -> list[Table]:
    """Return for each list that says which hub a client uses whom each hub sees."""
    from geodemand.core.reach import Living, reach

    found, project, areas = inquiry.found, inquiry.project, served.geography.name
    sites = list(zip(served.sites.codes, served.sites.names, strict=True))
    made = []
    for each in found.clients:
        if not project.clients[each.name].hub:
            continue
        used = [Living(*study.users(project, found, each.name, s, areas)) for s in sites]
        everybody = Living(found.places.areas[areas][each.places], each.counts)
        made.append(reach(served, each.name, used, everybody, inquiry.policy))
    return made


def swaps(
    blocks: str, inquiry: Inquiry, progress: Progress
) -> tuple[dict[str, Table], tuple[Geography, ...]]:
    """Return the blocks to swap so that each pair is as was asked, and the new boundaries.

    Raises UsageError where the blocks have no polygons, or there is no pair to mend.
    """
    from geodemand.core import swap_plans  # only where asked for: scipy is slow to import

    geography = inquiry.found.geographies[blocks]
    if not geography.drawn:
        mend = "Swap blocks that have polygons: which ones border each other must be known."
        raise UsageError(Fault(f"[areas.{blocks}]", "has no polygons.", mend))
    plans = []
    for c in inquiry.compared:
        progress(f"swaps of {blocks}: {c.pair.a.name} and {c.pair.b.name}")
        block = points(inquiry.found, blocks, blocks).a
        plans.append(swap_plans.swapped(c.pair, geography, c.points, block, inquiry.policy))
    found = {
        "swap_plans": [swap_plans.plan_table(each, inquiry.policy) for each in plans],
        "swaps": [swap_plans.swap_table(each, inquiry.policy) for each in plans],
    }
    layers = tuple(swap_plans.new_boundaries(each) for each in plans if not each.plan.why)
    return {name: disclosure.concatenate(name, each) for name, each in found.items()}, layers


def _measures(inquiry: Inquiry) -> list[Table]:
    from geodemand.core import measures  # only where asked for: lines cost seconds

    found = [measures.measures(c.pair, c.weighed, inquiry.policy) for c in inquiry.compared]
    return [disclosure.concatenate("measures", found)]


def _widths(inquiry: Inquiry) -> list[Table]:
    from geodemand.core import drawing

    limits, policy = inquiry.limits, inquiry.policy
    found = [
        drawing.width_table(c.differ, limits, policy)
        for c in inquiry.compared
        if c.pair.a.drawn and c.pair.b.drawn
    ]
    return [disclosure.concatenate("widths", found)]


def _within(inquiry: Inquiry) -> list[Table]:
    from geodemand.core import within

    found, entries = inquiry.found, inquiry.project.areas
    names = dict.fromkeys(g.name for c in inquiry.compared for g in (c.pair.a, c.pair.b))
    # Whole, not cut to the study area: a cut makes pieces of its own.
    geographies = [found.geographies[name] for name in names]
    _check_islands(inquiry, geographies)
    areas = {g.name: area for c in inquiry.compared for g, area in c.sides}
    points, width_m = inquiry.compared[0].points, inquiry.limits.width_m
    tables = [
        within.within(
            each, points, areas[each.name], width_m, inquiry.policy, entries[each.name].islands
        )
        for each in geographies
        if each.drawn
    ]
    return [disclosure.concatenate("within", tables)]


def _moves(inquiry: Inquiry) -> list[Table]:
    from geodemand.core import reallocation

    policy = inquiry.policy
    made: dict[str, list[Table]] = {"moves": [], "totals": [], "moved_postcodes": []}
    names = _names(inquiry.found) if policy.clients_listed else []
    for c, found in _reallocations(inquiry):
        made["moves"].append(reallocation.moves(found, policy))
        made["totals"].append(reallocation.totals(found, c.weighed, policy))
        if policy.clients_listed:
            made["moved_postcodes"].append(reallocation.listed(found, names, policy))
    return [disclosure.concatenate(name, each) for name, each in made.items() if each]


def _reallocations(inquiry: Inquiry) -> Iterator[tuple[Compared, Reallocation]]:
    """Yield each pair that is asked to be the same, and what changes if its second is the new."""
    from geodemand.core import reallocation

    for c in inquiry.compared:
        if c.pair.relation is Relation.SAME:  # what nests in larger areas replaces nothing
            by = mismatches.guiding(c.weighed)
            yield c, reallocation.reallocation(c.pair, c.pieces, c.points, by, inquiry.limits)


def moved_clients(inquiry: Inquiry) -> Listed:
    """Return the clients who change team or are held out, list by list, for case systems.

    Raises DisclosureError under a policy that lists no clients, UsageError without a pair that is
    asked to be the same.
    """
    from geodemand.core import reallocation

    found, used = inquiry.found, _used(inquiry.found)
    changed = [each for _, each in _reallocations(inquiry)]
    if not changed:
        mend = "Ask --relation OLD,NEW,same: the second replaces the first."
        raise UsageError(Fault("--moved-clients", "no pair is asked to be the same.", mend))
    position = np.full(len(found.places), NOWHERE)
    position[used] = np.arange(len(used))
    wanted = np.unique(
        np.concatenate([used[reallocation.uncertain_or_moved(each)] for each in changed])
    )
    lists: dict[str, Clients] = {}
    for name in found.matched:
        rows = study.clients_at(inquiry.project, found, name, wanted)
        listed = [row for each in changed for row in reallocation.client_rows(each, rows, position)]
        lists[name] = Clients(reallocation.CLIENT_COLUMNS, tuple(listed))
    return disclosure.listed(inquiry.policy, lists)


def _changes(inquiry: Inquiry) -> list[Table]:
    from geodemand.core.changes import changes
    from geodemand.io import dated, editions

    entries = inquiry.project.areas
    names = dict.fromkeys(g.name for c in inquiry.compared for g in (c.pair.a, c.pair.b))
    with_dates = [name for name in names if dated.is_dated(entries[name])]
    if not with_dates:
        mend = "Give phases, or valid_from and valid_to, in [areas.NAME] of geodemand.toml."
        raise UsageError(Fault("--show changes", "none of the geographies has dates.", mend))
    at = inquiry.compared[0].points
    tables = [
        changes(before, after, day.isoformat(), at, inquiry.policy)
        for name in with_dates
        for day, before, after in editions.changes_of(name, entries[name])
    ]
    return [disclosure.concatenate("changes", tables, "What changes when")]


def _names(found: Study) -> list[str | None]:
    """Return the postcodes of the points that are compared; points of coordinates have none."""
    used = _used(found)
    known = [spaced(key) for key in found.keys(used[used < len(found.directory)])]
    return [*known, *[None] * (len(used) - len(known))]


def _check_islands(inquiry: Inquiry, geographies: Sequence[Geography]) -> None:
    """Raise ContentError where an island is declared that is no area."""
    faults = [
        Fault(
            f"[areas.{each.name}]",
            f"there is no area with the code '{code}', which is declared an island.",
            did_you_mean(code, each.codes) or "Leave it out of islands.",
        )
        for each in geographies
        for code in inquiry.project.areas[each.name].islands
        if code not in each.codes
    ]
    if faults:
        raise ContentError(*faults)


# Worked out in any case, and only printed on request.
ALWAYS = ("sites", "units")
DEEPER: Mapping[str, Callable[[Inquiry], Sequence[Table]]] = {
    "changes": _changes,
    "measures": _measures,
    "moves": _moves,
    "widths": _widths,
    "within": _within,
}
