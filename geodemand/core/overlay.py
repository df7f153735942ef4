"""The overlay of two geographies: connected pieces, and how wide each is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from geodemand.core.disclosure import FloatArray, IntArray
from geodemand.core.geography import NOWHERE, Geography, Shapes

# The largest relative difference of areas that can be put down to arithmetic.
AREA_RESIDUAL = 1e-9
# Limits of a radius this close to each other tell it to a fortieth.
CLOSE = 1.05
POLYGON = 2


@dataclass(frozen=True)
class Pieces:
    """Connected polygons, each in one area of A and one of B.

    ``a``, ``b``: index of the area, -1 where the piece lies in no area of that geography. Without
    polygons a piece is all that lies in a pair of areas, and its shape is empty.
    """

    a: IntArray
    b: IntArray
    shapes: Shapes


def overlay(a: Geography, b: Geography) -> Pieces:
    """Cut two geographies into connected pieces, what lies in only one of them included.

    Lines and points of contact are left out. The pieces of one area add up to its area, but for
    overlaps inside the other geography.
    """
    tree = shapely.STRtree(b.shapes)
    left, right = tree.query(a.shapes, predicate="intersects")
    common = shapely.intersection(a.shapes[left], b.shapes[right])
    shapes = np.concatenate([common, _rest(a.shapes, common, left), _rest(b.shapes, common, right)])
    index_a = np.concatenate([left, np.arange(len(a)), np.full(len(b), NOWHERE)])
    index_b = np.concatenate([right, np.full(len(a), NOWHERE), np.arange(len(b))])
    parts, origin = shapely.get_parts(shapes, return_index=True)
    # An intersection may be a collection of polygons and lines of contact: flatten it once more.
    parts, inner = shapely.get_parts(parts, return_index=True)
    solid = (shapely.get_dimensions(parts) == POLYGON) & (shapely.area(parts) > 0)
    origin = origin[inner][solid]
    return Pieces(index_a[origin], index_b[origin], parts[solid])


def meetings(a: IntArray, b: IntArray) -> Pieces:
    """Return the pairs of areas that share a point, as pieces without a shape.

    ``a``, ``b``: the area of each point in both geographies; what is in neither makes no piece.
    """
    met = np.unique(np.column_stack([a, b]), axis=0)
    met = met[(met != NOWHERE).any(axis=1)]
    return Pieces(met[:, 0], met[:, 1], np.full(len(met), shapely.Polygon(), dtype=object))


def _rest(shapes: Shapes, common: Shapes, owner: IntArray) -> Shapes:
    """Return what is left of each shape after its share of the common pieces."""
    whole = shapely.area(shapes)
    covered = np.bincount(owner, weights=shapely.area(common), minlength=len(shapes))
    rest = np.full(len(shapes), shapely.Polygon(), dtype=object)
    for i in np.flatnonzero(np.abs(whole - covered) > AREA_RESIDUAL * whole):
        rest[i] = shapely.difference(shapes[i], shapely.union_all(common[owner == i]))
    return rest


def widths(shapes: Shapes, narrow: float = 0.0) -> FloatArray:
    """Return the width of each polygon in metres: the diameter of its largest inscribed circle.

    Right to a tenth. Polygons that hold no circle of diameter ``narrow`` are measured in a quicker
    way, right to a fortieth.
    """
    area, perimeter = shapely.area(shapes), shapely.length(shapes)
    # The radius is at least area / perimeter, and at most that of a circle of the same area.
    low = np.divide(area, perimeter, out=np.zeros(len(shapes)), where=perimeter > 0)
    high = np.minimum(np.sqrt(area / np.pi), narrow / 2)
    thin = shapely.is_empty(shapely.buffer(shapes, -narrow / 2))
    found: FloatArray = np.empty(len(shapes))
    for i in np.flatnonzero(~thin):
        circle = shapely.maximum_inscribed_circle(shapes[i], tolerance=max(0.05, low[i] / 10))
        found[i] = 2 * shapely.length(circle)
    found[thin] = 2 * _inner_radius(shapes[thin], low[thin], high[thin])
    return found


def widest(shapes: Shapes) -> FloatArray:
    """Return the width of each shape of one or more polygons: that of its widest, metres."""
    parts, origin = shapely.get_parts(shapes, return_index=True)
    solid = shapely.area(parts) > 0
    found = np.zeros(len(shapes))
    np.maximum.at(found, origin[solid], widths(parts[solid]))
    return found


def _inner_radius(shapes: Shapes, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the radius of the largest circle in each polygon, known to be from low to high.

    A polygon holds a circle of a radius if something is left of it when that much is taken off all
    around. Asked so for all polygons at once, that is much quicker than a search in each. Of a hair
    the radius is just above ``low``, so that is asked first.
    """
    low, high = low.copy(), high.copy()
    tried = low * CLOSE
    while len(wide := np.flatnonzero(high > low * CLOSE)):
        gone = shapely.is_empty(shapely.buffer(shapes[wide], -tried[wide]))
        high[wide[gone]] = tried[wide[gone]]
        low[wide[~gone]] = tried[wide[~gone]]
        tried = np.sqrt(low * high)
    radius: FloatArray = np.sqrt(low * high)
    return radius
