"""Hubs as points: does each lie in the area it serves, and how far is that area from it.

Distances are straight lines. Where clients are counted everything is formed from protected counts:
the share nearer to another hub, which hub that is, and how far they are (`core.distances`).
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
from geodemand.core.distances import Parts, in_quarters, in_rings
from geodemand.core.geography import NOWHERE, Geography, Sites, locate, points_at
from geodemand.core.tally import POSTCODES
from geodemand.core.weights import most_of

DEFAULT_WITHIN_M = 5_000.0
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
    own, metres = way.own[covered], way.metres[covered]
    sites = len(served.sites.codes)
    fine = in_rings(own, metres, sites)
    coarse = fine
    if not policy.exact:
        coarse = in_quarters(own, metres, points.weights[POSTCODES][covered] > 0, sites)
    blocks = []
    weights: dict[str, FloatArray | People] = {**points.weights, **points.people}
    for name, weight in weights.items():
        parts = coarse if isinstance(weight, People) else fine
        blocks.append(_by_site(served, way, covered, name, weight, parts, within_m, policy))
    return concatenate("hinterlands", blocks, "How far sites are from whom they serve")


def _by_site(  # noqa: PLR0913, PLR0917 - one weight of one table
    served: Served,
    way: _Way,
    covered: IntArray,
    name: str,
    weight: FloatArray | People,
    parts: Parts,
    within_m: float,
    policy: Policy,
) -> Table:
    sites = len(served.sites.codes)
    size = sites + 2
    own = way.own[covered] % (sites + 1)

    def total(chosen: BoolArray) -> Protected:
        rows = [*np.arange(sites + 1)[:, None], np.arange(sites + 1)]
        return _counted(weight, covered[chosen], own[chosen], rows, policy)

    everyone = total(np.ones(len(covered), dtype=bool))
    near, away = total(way.metres[covered] <= within_m), total(way.closer[covered])
    held = _counted(weight, covered, parts.of_place, list(np.arange(parts.size)[:, None]), policy)
    mean, far = parts.distances(held, everyone)
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
            "nearer_to": Labels(_nearer_to(way, covered, weight, served.sites.names, policy)),
        },
    )


def _counted(
    weight: FloatArray | People,
    places: IntArray,
    cell: IntArray,
    rows: Sequence[IntArray],
    policy: Policy,
) -> Protected:
    """Add up a weight at some places by cell (-1 for none), and cells by row [rows]."""
    cells = 1 + max((int(each.max(initial=-1)) for each in rows), default=-1)
    if isinstance(weight, People):
        at = np.full(weight.exact.size, NOWHERE)
        at[places] = cell
        return protect(weight.by(at, cells).grouped(rows), policy)
    held = cell != NOWHERE
    own = np.bincount(cell[held], weights=weight[places[held]], minlength=cells).astype(float)
    return known_figures(np.array([own[each].sum() for each in rows]))


def _share(
    part: Protected, whole: Protected, weight: FloatArray | People, policy: Policy
) -> Protected:
    share = ratio(part, whole)
    if isinstance(weight, People):
        return rounded_share(share, whole, policy)
    return rounded(share, 6)


def _nearer_to(
    way: _Way,
    covered: IntArray,
    weight: FloatArray | People,
    names: Sequence[str],
    policy: Policy,
) -> tuple[str | None, ...]:
    """Return the site that most of those of each row are near who are nearer to another."""
    sites = len(names)
    away = covered[way.closer[covered]]
    cells, cell = np.unique(
        (way.own[away] % (sites + 1)) * sites + way.nearest[away], return_inverse=True
    )
    row, nearest = np.divmod(cells, max(sites, 1))
    found = np.unique(nearest)
    groups = [*np.arange(len(cells))[:, None], *(np.flatnonzero(nearest == j) for j in found)]
    most = most_of(_counted(weight, away, cell, groups, policy), policy)
    matrix = np.zeros((sites + 2, sites))
    matrix[row, nearest] = most[: len(cells)]
    matrix[-1, found] = most[len(cells) :]
    return tuple(names[int(each.argmax())] if each.any() else None for each in matrix)
