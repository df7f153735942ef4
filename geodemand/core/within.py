"""What is odd within one geography, and who lives there: for whom are areas not one and once.

Pieces, holes, hair bridges and duplicates come from the shapes; overlaps and gaps from
`core.coverage`. All are judged by the postcodes and clients in them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely

from geodemand.core import coverage
from geodemand.core.coterminosity import Points
from geodemand.core.disclosure import (
    Column,
    Facts,
    FloatArray,
    IntArray,
    Labels,
    Policy,
    Table,
    protect,
)
from geodemand.core.geography import HECTARE, NOWHERE, Geography, points_at
from geodemand.core.overlay import widest

# Two areas that share so much of both are one area twice.
DUPLICATE_SHARE = 0.99
# What a hair holds on to is a part of the area, no wrinkle of its border, from this size.
LEAST_PART_M2 = 10_000.0


class Oddity(StrEnum):
    """What can be odd."""

    PIECES = "pieces"
    HAIR_BRIDGE = "hair bridge"
    HOLE = "hole"
    DUPLICATE = "duplicate"
    OVERLAP = "overlap"
    GAP = "gap"


@dataclass(frozen=True)
class _Found:
    """One thing that is odd: in which areas, where, and in how many pieces if that is it."""

    oddity: Oddity
    areas: str
    shape: shapely.Geometry
    pieces: float = float("nan")


def within(
    geography: Geography,
    points: Points,
    area: IntArray,
    width_m: float,
    policy: Policy,
    islands: Collection[str] = (),
) -> Table:
    """Return what is odd within a geography: where, how large, and who lives in it.

    ``area``: for each point, the area of the geography that it is in. ``islands``: codes of areas
    that may be in several pieces. ``width_m``: parts of an area that hang together by no more than
    that do so by a hair; open slits between areas are gaps up to it.
    Columns: geography, fault, areas, pieces, hectares, width_m, facts, clients by list (protected).
    ``hectares``, ``width_m`` and the counts are of the lesser part: of the smaller pieces, of
    what hangs by a hair, of the hole, the overlap or the gap. The largest of each fault first.
    """
    found = [
        *_in_pieces(geography, islands),
        *_by_hairs(geography, width_m),
        *_holes(geography),
        *_shared(geography),
        *_gaps(geography, width_m),
    ]
    ranks = list(Oddity)
    found.sort(key=lambda each: (ranks.index(each.oddity), -shapely.area(each.shape), each.areas))
    shapes = np.array([each.shape for each in found], dtype=object)
    return Table(
        "within",
        {
            "geography": Labels((geography.name,) * len(found)),
            "fault": Labels(tuple(str(each.oddity) for each in found)),
            "areas": Labels(tuple(each.areas for each in found)),
            "pieces": Facts(np.array([each.pieces for each in found])),
            "hectares": Facts(shapely.area(shapes) / HECTARE, 2),
            "width_m": Facts(widest(shapes), 1),
            **_who(points, area, found, policy),
        },
        "What is odd within a geography, and who lives there",
    )


def _who(
    points: Points, area: IntArray, found: Sequence[_Found], policy: Policy
) -> dict[str, Column]:
    """Return what each shape holds, by fact and by list. In a gap only what is in no area is."""
    shapes = np.array([each.shape for each in found], dtype=object)
    gap = np.array([each.oddity is Oddity.GAP for each in found], dtype=bool)
    tree = shapely.STRtree(points_at(points.x, points.y))
    shape, point = tree.query(shapes, predicate="intersects")
    counts = ~gap[shape] | (area[point] == NOWHERE)
    shape, point = shape[counts], point[counts]

    def total(weight: FloatArray | IntArray) -> FloatArray:
        summed = np.bincount(shape, weights=weight[point], minlength=len(shapes))
        return summed.astype(float)

    sets = [point[shape == i] for i in range(len(shapes))]
    facts: dict[str, Column] = {name: Facts(total(n)) for name, n in points.weights.items()}
    return facts | {
        name: protect(each.inside(sets), policy) for name, each in points.people.items()
    }


def _in_pieces(geography: Geography, islands: Collection[str]) -> Iterator[_Found]:
    """Give the areas in several pieces: their smaller pieces. A shared corner does not join."""
    for i in np.flatnonzero(shapely.get_num_geometries(geography.shapes) > 1):
        if geography.codes[i] not in islands:
            parts = shapely.get_parts(geography.shapes[i])
            smaller = parts[np.argsort(-shapely.area(parts), kind="stable")[1:]]
            shape = shapely.union_all(smaller)
            yield _Found(Oddity.PIECES, geography.names[i], shape, float(len(parts)))


def _by_hairs(geography: Geography, width_m: float) -> Iterator[_Found]:
    """Give the parts of areas that hang together by a hair only.

    An area is made thinner all around by half the width and then thicker again: what was joined by
    something no wider falls apart.
    """
    if width_m <= 0:
        return
    parts, owner = shapely.get_parts(geography.shapes, return_index=True)
    cores = shapely.buffer(parts, -width_m / 2)
    for part in np.flatnonzero(shapely.get_num_geometries(cores) > 1):
        opened = shapely.buffer(shapely.get_parts(cores[part]), width_m / 2)
        opened = opened[shapely.area(opened) >= LEAST_PART_M2]
        if len(opened) > 1:
            smaller = opened[np.argsort(-shapely.area(opened), kind="stable")[1:]]
            shape = shapely.intersection(shapely.union_all(smaller), parts[part])
            name = geography.names[owner[part]]
            yield _Found(Oddity.HAIR_BRIDGE, name, shape, float(len(opened)))


def _holes(geography: Geography) -> Iterator[_Found]:
    """Give the holes of areas, and which other areas lie in them."""
    parts, owner = shapely.get_parts(geography.shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    inner = np.diff(part, prepend=-1) == 0  # the first ring of a polygon is its outside
    holes, own = np.asarray(shapely.polygons(rings[inner]), dtype=object), owner[part[inner]]
    tree = shapely.STRtree(geography.shapes)
    hole, area = tree.query(holes, predicate="intersects")
    shared = shapely.area(shapely.intersection(holes[hole], geography.shapes[area]))
    filled = shared > coverage.LEAST_M2
    for i, shape in enumerate(holes):
        inside = sorted(geography.names[j] for j in area[filled & (hole == i)] if j != own[i])
        around = ", ".join(inside) or "nothing"
        yield _Found(Oddity.HOLE, f"{geography.names[own[i]]} around {around}", shape)


def _shared(geography: Geography) -> Iterator[_Found]:
    """Give land that lies in two areas; where it is nearly all of both, they are one area twice."""
    whole = shapely.area(geography.shapes)
    for each in coverage.overlaps(geography):
        least = DUPLICATE_SHARE * max(whole[each.a], whole[each.b])
        oddity = Oddity.DUPLICATE if shapely.area(each.shape) >= least else Oddity.OVERLAP
        areas = f"{geography.names[each.a]} and {geography.names[each.b]}"
        yield _Found(oddity, areas, each.shape)


def _gaps(geography: Geography, width_m: float) -> Iterator[_Found]:
    for each in coverage.gaps(geography, open_width_m=width_m):
        areas = ", ".join(geography.names[i] for i in each.beside)
        yield _Found(Oddity.GAP, areas, each.shape)
