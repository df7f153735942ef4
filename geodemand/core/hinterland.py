"""Hubs as points: does each lie in the area it serves, and how far is that area from it.

Distances are straight lines. Where clients are counted everything is formed from protected counts:
the share nearer to another hub, and the mean and 90th percentile of distance, which come from the
protected counts of clients within rings around a hub, withheld ones at the middle of what they may
be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from geodemand.core.coterminosity import Points
from geodemand.core.disclosure import (
    BoolArray,
    Facts,
    FloatArray,
    IntArray,
    Labels,
    People,
    Policy,
    Protected,
    Table,
    concatenate,
    known_figures,
    protect,
    ratio,
    rounded,
    rounded_share,
)
from geodemand.core.geography import NOWHERE, Geography, Sites, locate, points_at
from geodemand.core.weights import at_most

DEFAULT_WITHIN_M = 5_000.0
# Distances are told to this many metres, and clients counted in rings as wide.
RING_M = 100.0
FAR = 0.9
NO_HUB = "(none)"
ALL = "(all)"


@dataclass(frozen=True)
class Served:
    """Sites and the areas that they serve.

    ``own``: for each site, the index of its area, -1 for none. ``lies_in``: of the area that it is
    in. ``declared``: whether the sites file names the areas, else each site serves where it is.
    """

    sites: Sites
    geography: Geography
    own: IntArray
    lies_in: IntArray
    declared: bool


def serve(sites: Sites, geography: Geography) -> Served:
    """Return which area each site serves: by the code or name that the sites name, or where it is.

    Raises KeyError with the first name that is no area.
    """
    lies_in = locate(geography, sites.x, sites.y)
    if not sites.areas:
        return Served(sites, geography, lies_in, lies_in, declared=False)
    position = {name: i for i, name in reversed([*enumerate(geography.names)])}
    position |= {code: i for i, code in enumerate(geography.codes)} | {"": NOWHERE}
    own = np.array([position[name] for name in sites.areas], dtype=np.int64)
    return Served(sites, geography, own, lies_in, declared=True)


def site_table(served: Served) -> Table:
    """Return for each site its area and whether it lies in it; then the areas without a site.

    Columns: sites, geography, site (code), name, area, lies_in, inside (yes, no, or "no hub" for an
    area without), outside_m: distance from the site to its area, metres.
    """
    sites, geography = served.sites, served.geography
    names = (*geography.names, None)
    bare = np.setdiff1d(np.arange(len(geography)), served.own)
    shapes = np.array([*geography.shapes, shapely.Point()], dtype=object)
    apart = shapely.distance(points_at(sites.x, sites.y), shapes[served.own])
    inside = ["yes" if i == j != NOWHERE else "no" for i, j in _both(served)]
    size = len(sites.codes) + len(bare)
    return Table(
        "sites",
        {
            "sites": Labels((sites.name,) * size),
            "geography": Labels((geography.name,) * size),
            "site": Labels((*sites.codes, *(NO_HUB for _ in bare))),
            "name": Labels((*sites.names, *(NO_HUB for _ in bare))),
            "area": Labels((*(names[i] for i in served.own), *(names[i] for i in bare))),
            "lies_in": Labels((*(names[i] for i in served.lies_in), *(None for _ in bare))),
            "inside": Labels((*inside, *("no hub" for _ in bare))),
            "outside_m": Facts(np.append(apart, np.full(len(bare), np.nan))),
        },
        "Sites and the areas that they serve",
    )


def _both(served: Served) -> list[tuple[int, int]]:
    return list(zip(served.own.tolist(), served.lies_in.tolist(), strict=True))


@dataclass(frozen=True)
class _Way:
    """From each point to sites: its own area's nearest (-1 for none), and the nearest of all."""

    own: IntArray
    metres: FloatArray
    nearest: IntArray
    closer: BoolArray


def _ways(served: Served, points: Points, area: IntArray) -> _Way:
    at = points_at(points.x, points.y)
    hubs = points_at(served.sites.x, served.sites.y)
    own, metres = np.full(len(at), NOWHERE), np.full(len(at), np.nan)
    for i in range(len(served.geography)):
        here, serving = np.flatnonzero(area == i), np.flatnonzero(served.own == i)
        if len(here) and len(serving):
            to, apart = shapely.STRtree(hubs[serving]).query_nearest(
                at[here], return_distance=True, all_matches=False
            )
            own[here[to[0]]], metres[here[to[0]]] = serving[to[1]], apart
    (_, nearest), least = shapely.STRtree(hubs).query_nearest(
        at, return_distance=True, all_matches=False
    )
    # Where two are as near as each other, the own one is.
    closer = (own == NOWHERE) | (least < metres)
    return _Way(own, metres, nearest, closer)


def hinterlands(
    served: Served, points: Points, area: IntArray, within_m: float, policy: Policy
) -> Table:
    """Return for each site how far its hinterland is and who is nearer to a site of another area.

    The hinterland of a site is what is in its area, and nearer to it than to others of that area.
    ``area``: for each point, the area of the geography that it is in. ``within_m``: what counts as
    near, metres. Columns: sites, geography, site, name, area, weight, total, mean_m, far_m (the
    90th percentile), within_m, within, within_share, nearer (to another area's site), nearer_share,
    nearer_to (the one most of them are near). The last two rows of a weight are "(none)", the areas
    without a site, and "(all)".
    """
    way = _ways(served, points, area)
    covered = np.flatnonzero(area != NOWHERE)
    blocks = []
    weights: dict[str, FloatArray | People] = {**points.weights, **points.people}
    for name, weight in weights.items():
        blocks.append(_by_site(served, way, covered, name, weight, within_m, policy))
    return concatenate("hinterlands", blocks, "How far sites are from whom they serve")


def _by_site(  # noqa: PLR0913, PLR0917 - one weight of one table
    served: Served,
    way: _Way,
    covered: IntArray,
    name: str,
    weight: FloatArray | People,
    within_m: float,
    policy: Policy,
) -> Table:
    sites = len(served.sites.codes)
    size = sites + 2
    exact = weight.exact.astype(float) if isinstance(weight, People) else weight
    # Everything counts twice: at its site, and in the last row, of all.
    row = np.append(way.own[covered] % (sites + 1), np.full(len(covered), sites + 1))
    value, metres, closer = (
        np.tile(each[covered], 2) for each in (exact, way.metres, way.closer.astype(float))
    )

    def total(chosen: BoolArray) -> Protected:
        if isinstance(weight, People):
            at = np.full(weight.exact.size, NOWHERE)
            at[covered[chosen]] = way.own[covered[chosen]] % (sites + 1)
            rows = [*np.arange(sites + 1)[:, None], np.arange(sites + 1)]
            return protect(weight.by(at, sites + 1).grouped(rows), policy)
        weighed = exact[covered] * chosen
        own = np.bincount(way.own[covered] % (sites + 1), weights=weighed, minlength=sites + 1)
        return known_figures(np.append(own, own.sum()).astype(float))

    everyone = total(np.ones(len(covered), dtype=bool))
    near, away = total(way.metres[covered] <= within_m), total(way.closer[covered])
    mean, far = _distances(row, metres, value, size, weight, policy)
    moved = np.zeros((size, sites))
    np.add.at(moved, (row, np.tile(way.nearest[covered], 2)), value * closer)
    areas = (*served.geography.names, None)
    return Table(
        "hinterlands",
        {
            "sites": Labels((served.sites.name,) * size),
            "geography": Labels((served.geography.name,) * size),
            "site": Labels((*served.sites.codes, NO_HUB, ALL)),
            "name": Labels((*served.sites.names, NO_HUB, ALL)),
            "area": Labels((*(areas[i] for i in served.own), None, None)),
            "weight": Labels((name,) * size),
            "total": everyone,
            "mean_m": mean,
            "far_m": far,
            "within_m": Facts(np.full(size, float(within_m))),
            "within": near,
            "within_share": _share(near, everyone, weight, policy),
            "nearer": away,
            "nearer_share": _share(away, everyone, weight, policy),
            "nearer_to": Labels(_most(moved, weight, policy, served.sites.names)),
        },
    )


def _figures(values: FloatArray, weight: FloatArray | People, policy: Policy) -> Protected:
    if isinstance(weight, People):
        return protect(People(np.rint(values).astype(np.int64)), policy)
    return known_figures(values)


def _share(
    part: Protected, whole: Protected, weight: FloatArray | People, policy: Policy
) -> Protected:
    share = ratio(part, whole)
    if isinstance(weight, People):
        return rounded_share(share, whole, policy)
    return rounded(share, 6)


def _distances(
    row: IntArray,
    metres: FloatArray,
    value: FloatArray,
    size: int,
    weight: FloatArray | People,
    policy: Policy,
) -> tuple[Protected, Protected]:
    """Return the mean and the 90th percentile of distance by row, from counts within rings.

    The mean is what lies under the curve of the share that is farther than a distance.
    """
    known = np.isfinite(metres)
    ring = (metres[known] // RING_M).astype(np.int64)
    counts = np.zeros((size, int(ring.max(initial=0)) + 1))
    np.add.at(counts, (row[known], ring), value[known])
    figures = _figures(counts.cumsum(axis=1), weight, policy)
    # What is withheld is taken at its middle: at its largest it would pull distances down.
    held = np.where(figures.withheld, (policy.threshold + 1) / 2, figures.values)
    hidden = figures.withheld[:, -1]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(held[:, -1:] > 0, held / held[:, -1:], np.nan)
    # Share j is of those within j + 1 rings; in its ring a way is half a ring on average.
    mean = RING_M * ((1 - share).sum(axis=1) + 0.5)
    far = RING_M * ((share < FAR).sum(axis=1) + 1.0)
    return _to_rings(mean, hidden), _to_rings(np.where(np.isnan(mean), np.nan, far), hidden)


def _to_rings(metres: FloatArray, hidden: BoolArray) -> Protected:
    """Return distances to the next 100 m, withheld where too few are counted."""
    near = np.floor(metres / RING_M + 0.5) * RING_M
    return Protected(np.where(hidden, np.nan, near), hidden)


def _most(
    matrix: FloatArray, weight: FloatArray | People, policy: Policy, names: Sequence[str]
) -> tuple[str | None, ...]:
    """Return the site that most of those who are nearer to another are near."""
    if isinstance(weight, People):
        matrix = at_most(People(np.rint(matrix).astype(np.int64)), policy)
    return tuple(names[int(row.argmax())] if row.any() else None for row in matrix)
