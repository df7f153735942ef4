"""Whether the areas of one geography cover their land once: overlaps, and gaps between them.

Both come from the shapes themselves, by intersection and union. Ready-made checks of a coverage
differ on what they pass: one lets an open gap of a metre through, another faults a border on which
one of two areas has a vertex more, or an overlap of a billionth of a metre.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from geodemand.core.geography import HECTARE, Geography, Shapes
from geodemand.core.overlay import widest

# What is smaller comes from rounding, or from borders on which one side has more vertices.
LEAST_M2 = 1.0
# A gap that is open to the outside is one up to this width, metres; a wider one is an inlet.
OPEN_WIDTH_M = 20.0
# How near an area is to a gap that it borders: further than rounding moves a border.
BESIDE_M = 0.01
AREAS_MEET = "2********"


@dataclass(frozen=True)
class Overlap:
    """Land that lies in two areas, ``a`` and ``b`` (indices into the geography)."""

    a: int
    b: int
    hectares: float
    width_m: float
    shape: shapely.Geometry


@dataclass(frozen=True)
class Gap:
    """Land between areas that lies in none. ``beside``: the areas that border it (indices)."""

    beside: tuple[int, ...]
    hectares: float
    width_m: float
    shape: shapely.Geometry


def overlaps(geography: Geography, least_m2: float = LEAST_M2) -> tuple[Overlap, ...]:
    """Return the pairs of areas that share land, the largest first.

    ``least_m2``: what is smaller is left out. ``width_m``: the diameter of the largest circle in
    the shared land.

    >>> three = shapely.box([0, 90, 200], 0, [100, 200, 300], 100)
    >>> found = overlaps(Geography("g", tuple("ABC"), tuple("abc"), three))
    >>> [(each.a, each.b, each.hectares) for each in found]
    [(0, 1, 0.1)]
    """
    shapes = geography.shapes
    left, right = shapely.STRtree(shapes).query(shapes)
    once = left < right
    left, right = left[once], right[once]
    meet = shapely.relate_pattern(shapes[left], shapes[right], AREAS_MEET)
    left, right = left[meet], right[meet]
    shared = shapely.intersection(shapes[left], shapes[right])
    large = shapely.area(shared) >= least_m2
    left, right, shared = left[large], right[large], shared[large]
    hectares, width = shapely.area(shared) / HECTARE, widest(shared)
    order = np.lexsort((right, left, -hectares))
    return tuple(
        Overlap(int(left[i]), int(right[i]), float(hectares[i]), float(width[i]), shared[i])
        for i in order
    )


def gaps(
    geography: Geography, least_m2: float = LEAST_M2, open_width_m: float = OPEN_WIDTH_M
) -> tuple[Gap, ...]:
    """Return the land between areas that lies in none, the largest first.

    A gap is a hole in the union of all areas, however wide (a lake, or an area that is missing),
    or a slit that is open to the outside and at most ``open_width_m`` wide, between two areas.
    ``least_m2``: what is smaller is left out.

    >>> two = shapely.box([0, 101], 0, [100, 200], 100)
    >>> found = gaps(Geography("g", ("A", "B"), ("a", "b"), two))
    >>> [(each.beside, round(each.hectares, 4)) for each in found]
    [((0, 1), 0.01)]
    """
    union = shapely.union_all(geography.shapes)
    parts = shapely.get_parts(union)
    parts = parts[shapely.get_num_coordinates(parts) > 0]
    filled = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(parts)))
    holes = _solid(shapely.difference(filled, union), least_m2)
    found = np.concatenate([holes, _solid(_slits(filled, open_width_m), least_m2)])
    beside = _beside(geography, found)
    hectares, width = shapely.area(found) / HECTARE, widest(found)
    corner = shapely.bounds(found).reshape(-1, 4)
    order = np.lexsort((corner[:, 1], corner[:, 0], -hectares))
    return tuple(
        Gap(beside[i], float(hectares[i]), float(width[i]), found[i])
        for i in order
        if i < len(holes) or len(beside[i]) > 1
    )


def _solid(shape: shapely.Geometry, least_m2: float) -> Shapes:
    """Return the polygons of a shape that are large enough."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return np.asarray(parts[shapely.area(parts) >= least_m2], dtype=object)


def _slits(filled: shapely.Geometry, width: float) -> shapely.Geometry:
    """Return the open slits up to a width: what closes when the outside is pushed in and out."""
    pushed = shapely.buffer(filled, width / 2, join_style="mitre")
    return shapely.difference(shapely.buffer(pushed, -width / 2, join_style="mitre"), filled)


def _beside(geography: Geography, found: Shapes) -> list[tuple[int, ...]]:
    # The areas ask for gaps, not the other way round: what asks is prepared, and areas are large.
    tree = shapely.STRtree(found)
    area, gap = tree.query(geography.shapes, predicate="dwithin", distance=BESIDE_M)
    return [tuple(sorted(area[gap == i].tolist())) for i in range(len(found))]
