"""The overlay of two geographies: connected pieces, and how wide each is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from geodemand.core.cutting import cut
from geodemand.core.disclosure import FloatArray, IntArray
from geodemand.core.geography import NOWHERE, Geography, Shapes

# Limits of a radius this close to each other tell it to a fortieth.
CLOSE = 1.05


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
    laid = cut(a.shapes, b.shapes)
    shapes = np.concatenate([laid.common, laid.rest_a, laid.rest_b])
    index_a = np.concatenate([laid.left, np.arange(len(a)), np.full(len(b), NOWHERE)])
    index_b = np.concatenate([laid.right, np.full(len(a), NOWHERE), np.arange(len(b))])
    parts, origin = _polygons(shapes)
    return Pieces(index_a[origin], index_b[origin], parts)


def _polygons(shapes: Shapes) -> tuple[Shapes, IntArray]:
    """Return all polygons that shapes consist of, in order, and which shape each comes from."""
    solid = np.flatnonzero(shapely.area(shapes) > 0)
    several = shapely.get_type_id(shapes[solid]) != shapely.GeometryType.POLYGON
    alone, joined = solid[~several], solid[several]
    parts, origin = shapely.get_parts(shapes[joined], return_index=True)
    # An intersection may be a collection of polygons and lines of contact: flatten it once more.
    parts, inner = shapely.get_parts(parts, return_index=True)
    kept = shapely.area(parts) > 0
    origin = np.append(alone, joined[origin[inner[kept]]])
    order = np.argsort(origin, kind="stable")
    return np.append(shapes[alone], parts[kept])[order], origin[order]


def meetings(a: IntArray, b: IntArray) -> Pieces:
    """Return the pairs of areas that share a point, as pieces without a shape.

    ``a``, ``b``: the area of each point in both geographies; what is in neither makes no piece.
    """
    met = np.unique(np.column_stack([a, b]), axis=0)
    met = met[(met != NOWHERE).any(axis=1)]
    return Pieces(met[:, 0], met[:, 1], np.full(len(met), shapely.Polygon(), dtype=object))


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
