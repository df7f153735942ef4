"""Can the figures be trusted: coverage of segments and areas, clients near a border, a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from geodemand.core import coverage as land
from geodemand.core import ledger, tally
from geodemand.core.disclosure import (
    BoolArray,
    Facts,
    IntArray,
    Labels,
    People,
    Policy,
    Protected,
    Table,
    concatenate,
    protect,
    ratio,
    rounded_share,
)
from geodemand.core.geography import NOWHERE, Geography, points_at
from geodemand.core.matching import Matched
from geodemand.core.tally import Clients, Places
from geodemand.core.zones import Zones

SEGMENTS = "segments"
DEFAULT_EDGE_M = 50.0
# Below these shares a figure should not be quoted before somebody has looked.
LEAST_PLACED = 0.9
LEAST_COVERED = 0.99
NO_FIGURE = Protected(np.array([np.nan]), np.array([False]))


@dataclass(frozen=True)
class Coverage:
    """What each place has of one thing: its segment, or an area of one geography."""

    name: str
    positions: IntArray


def coverages(places: Places, *, segments: bool) -> list[Coverage]:
    """Return what places are asked to have: a segment where there are segments, and areas."""
    own = [Coverage(SEGMENTS, places.segment)] if segments else []
    return own + [Coverage(name, positions) for name, positions in places.areas.items()]


def coverage(
    clients: Sequence[Clients], places: Places, asked: Sequence[Coverage], policy: Policy
) -> Table:
    """Return, for segments and each geography, how many postcodes and clients have none.

    Columns: what, list, postcodes (of the base), postcodes_without, clients, clients_without
    (protected), share_without. Without a list there is one row for each, with postcodes only.
    """
    blocks = []
    base = int(places.base.sum())
    names = tuple(one.name for one in clients) or (None,)
    for each in asked:
        without = each.positions == NOWHERE
        missing = float((without & places.base).sum())
        total, lost = _split(clients, without, policy) if clients else (NO_FIGURE, NO_FIGURE)
        blocks.append(
            Table(
                "coverage",
                {
                    "what": Labels((each.name,) * len(names)),
                    "list": Labels(names),
                    "postcodes": Facts(np.full(len(names), float(base))),
                    "postcodes_without": Facts(np.full(len(names), missing)),
                    "clients": total,
                    "clients_without": lost,
                    "share_without": rounded_share(ratio(lost, total), total, policy),
                },
            )
        )
    return concatenate("coverage", blocks, "Placed, but without a segment or an area")


def _split(
    clients: Sequence[Clients], chosen: BoolArray, policy: Policy
) -> tuple[Protected, Protected]:
    """Return how many clients each list has, and how many at the chosen places."""
    zones = Zones.by(chosen.astype(np.int64), 2).grouped([np.arange(2), np.array([1])])
    figures = protect(People.counted([each.ground for each in clients], zones), policy)
    total, some = (
        Protected(figures.values[:, i], figures.withheld[:, i]) for i in range(zones.size)
    )
    return total, some


def near_border(
    clients: Sequence[Clients],
    places: Places,
    geographies: Mapping[str, Geography],
    edge_m: float,
    policy: Policy,
) -> Table:
    """Return how many clients live within ``edge_m`` metres of a boundary of each geography.

    A postcode's point stands for addresses some tens of metres around it, so these clients may
    belong to the area on the other side. Columns: geography, list, metres, clients, near, share.
    """
    blocks = []
    used = _used(clients)
    for name, geography in geographies.items():
        near = _near(places, used, geography, edge_m)
        total, close = _split(clients, near, policy)
        blocks.append(
            Table(
                "borders",
                {
                    "geography": Labels((name,) * len(clients)),
                    "list": Labels(tuple(one.name for one in clients)),
                    "metres": Facts(np.full(len(clients), edge_m)),
                    "clients": total,
                    "near": close,
                    "share": rounded_share(ratio(close, total), total, policy),
                },
            )
        )
    return concatenate("borders", blocks, "Clients near a border")


def _near(places: Places, used: IntArray, geography: Geography, edge_m: float) -> BoolArray:
    """Return which places are near a border; only of those used is it asked."""
    lines = shapely.boundary(geography.shapes)
    tree = shapely.STRtree(points_at(places.x[used], places.y[used]))
    _, found = tree.query(lines, predicate="dwithin", distance=edge_m)
    near = np.zeros(len(places), dtype=bool)
    near[used[found]] = True
    return near


def _used(clients: Sequence[Clients]) -> IntArray:
    """Return the places where a client of any list is."""
    return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *(c.places for c in clients)]))


def faults_within(
    geography: Geography, clients: Sequence[Clients], places: Places, policy: Policy
) -> Table:
    """Return land that lies in two areas of one geography, or between its areas in none.

    Columns: geography, fault (overlap or gap), areas (names), hectares, width_m, postcodes there,
    and the clients of each list there, protected; overlaps first, of each kind the largest first.
    """
    names = geography.names
    overlaps, gaps = land.overlaps(geography), land.gaps(geography)
    found: list[land.Overlap | land.Gap] = [*overlaps, *gaps]
    areas = [f"{names[each.a]} and {names[each.b]}" for each in overlaps]
    areas += [", ".join(names[i] for i in each.beside) for each in gaps]
    used = places.base.copy()
    used[_used(clients)] = True
    inside = _inside([each.shape for each in found], places, np.flatnonzero(used))
    bare = places.areas[geography.name] == NOWHERE
    inside[len(overlaps) :] = [held[bare[held]] for held in inside[len(overlaps) :]]
    everywhere = np.arange(len(places))
    people = {one.name: tally.spread(one, everywhere, len(places)) for one in clients}
    return Table(
        "faults",
        {
            "geography": Labels((geography.name,) * len(found)),
            "fault": Labels(("overlap",) * len(overlaps) + ("gap",) * len(gaps)),
            "areas": Labels(tuple(areas)),
            "hectares": Facts(np.array([each.hectares for each in found], dtype=float), 2),
            "width_m": Facts(np.array([each.width_m for each in found], dtype=float), 1),
            "postcodes": Facts(np.array([places.base[at].sum() for at in inside], dtype=float)),
            **{name: protect(counts.inside(inside), policy) for name, counts in people.items()},
        },
    )


def _inside(shapes: Sequence[shapely.Geometry], places: Places, used: IntArray) -> list[IntArray]:
    """Return for each shape the places in it, its edge included, among those used."""
    if not shapes:
        return []
    by_east = used[np.argsort(places.x[used])]
    x, y = places.x[by_east], places.y[by_east]
    found = []
    for shape in shapes:
        west, _, east, _ = shapely.bounds(shape)
        some = slice(np.searchsorted(x, west), np.searchsorted(x, east, side="right"))
        held = shapely.intersects_xy(shape, x[some], y[some])
        found.append(by_east[some][held])
    return found


def verdict(matched: Mapping[str, Matched], places: Places, asked: Sequence[Coverage]) -> list[str]:
    """Return what somebody should look at before a figure is quoted; nothing where all is well.

    The thresholds are broad enough that passing one tells nothing of single people.
    """
    found = [
        f"{name}: fewer than {100 * LEAST_PLACED:.0f} % of its rows could be placed; the ledger "
        "says why."
        for name, one in matched.items()
        if not one.match_rate >= LEAST_PLACED
    ]
    found += ledger.old_directory(matched)
    base = max(int(places.base.sum()), 1)
    for each in asked:
        missing = int(((each.positions == NOWHERE) & places.base).sum())
        if missing > (1 - LEAST_COVERED) * base:
            found.append(
                f"{each.name}: {missing:,} of {base:,} postcodes ({100 * missing / base:.0f} %) "
                "have none; is it of the same part of the country and of the same vintage as the "
                "directory?"
            )
    return found


def ready(*, lists: bool, asked: Sequence[Coverage]) -> str:
    """Return the verdict where nothing is to be looked at: what was found to hold.

    >>> ready(lists=True, asked=[])
    'Ready: every file is read, and at least 90 % of the rows of each list are placed.'
    """
    held = ["every file is read"]
    if lists:
        held.append(f"at least {100 * LEAST_PLACED:.0f} % of the rows of each list are placed")
    if asked:
        names = {each.name for each in asked}
        things = ["a segment"] if SEGMENTS in names else []
        things += ["an area of each geography"] if names - {SEGMENTS} else []
        covered = " and ".join(things)
        held.append(f"at least {100 * LEAST_COVERED:.0f} % of postcodes have {covered}")
    *first, last = held
    return f"Ready: {', '.join(first)}{', and ' if first else ''}{last}."


def in_two_areas(faults: Table) -> list[str]:
    """Return a sentence for each geography of which areas overlap where postcodes are."""
    found: dict[str, int] = {}
    for record in faults.records():
        count = record["postcodes"]
        if record["fault"] == "overlap" and isinstance(count, int) and count:
            name = str(record["geography"])
            found[name] = found.get(name, 0) + count
    return [
        f"{name}: {count:,} {'postcode lies' if count == 1 else 'postcodes lie'} where areas "
        "overlap, and in such places the area with the smaller code counts."
        for name, count in found.items()
    ]
