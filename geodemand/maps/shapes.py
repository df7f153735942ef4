"""Boundaries small enough for a page: simplified together, in whole steps, packed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodemand.maps.payload import deltas, pack

if TYPE_CHECKING:
    from geodemand.core.disclosure import FloatArray, IntArray
    from geodemand.core.geography import Shapes
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json

# How many vertices one geography may have in the page: about 100 KB.
VERTICES = 24_000
LEAST_OF_A_RING = 4
_LEAST_TOLERANCE_M = 5.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """Shapes ready for the page.

    ``packed``: see `_stream`. ``step_m``: the unit of the packed coordinates. ``tolerance_m``: how
    far a drawn line may lie from the boundary that was read.
    """

    packed: str
    step_m: int
    tolerance_m: float


def draw(shapes: Shapes, sheet: Frame, vertices: int = VERTICES) -> Drawn:
    """Simplify until the vertices fit, neighbours alike where their borders agree.

    Very many small shapes need not fit: no ring has fewer than four, and large shapes among them
    would lose their form for nothing.
    """
    rings = shapely.get_rings(shapely.get_parts(shapes))
    vertices = max(vertices, 2 * LEAST_OF_A_RING * len(rings))
    coverage = bool(shapely.coverage_is_valid(shapes))
    tolerance = _LEAST_TOLERANCE_M
    drawn = simplified(shapes, tolerance, coverage=coverage)
    while shapely.get_num_coordinates(drawn).sum() > vertices and tolerance < _coarsest(sheet):
        tolerance *= 2
        drawn = simplified(shapes, tolerance, coverage=coverage)
    step = max(1, round(tolerance / 4))
    return Drawn(pack(_stream(drawn, sheet, step)), step, tolerance)


def plain(shapes: Shapes, sheet: Frame, vertices: int = VERTICES) -> dict[str, Json]:
    """Return shapes as the page unpacks them: ``shapes`` and the ``step`` of their coordinates."""
    drawn = draw(shapes, sheet, vertices)
    return {"shapes": drawn.packed, "step": drawn.step_m}


def anchors(shapes: Shapes, sheet: Frame) -> tuple[IntArray, IntArray, IntArray]:
    """Return where each area's label goes, and the radius of the circle free for it (metres)."""
    lines = [_widest(shape) for shape in shapes]
    centre = shapely.get_coordinates(shapely.get_point(lines, 0))
    radius = shapely.length(lines)
    return sheet.x(centre[:, 0]), sheet.y(centre[:, 1]), np.round(radius).astype(np.int64)


def _widest(shape: shapely.Geometry) -> shapely.Geometry:
    """Return a radius of the widest circle inside the largest part of a shape."""
    parts = shapely.get_parts(shape)
    if not len(parts):
        return shapely.LineString([(0, 0), (0, 0)])
    largest = parts[int(np.argmax(shapely.area(parts)))]
    side = float(np.sqrt(shapely.area(largest)))
    rough = shapely.simplify(largest, side / 50)
    line: shapely.Geometry = shapely.maximum_inscribed_circle(rough, tolerance=max(1.0, side / 20))
    return line


def _coarsest(sheet: Frame) -> float:
    return max(sheet.width, sheet.height) / 100


def simplified(shapes: Shapes, tolerance: float, *, coverage: bool) -> Shapes:
    """Return shapes with fewer corners, off by about ``tolerance`` metres at most.

    ``coverage``: the shapes are one without overlaps: neighbours stay neighbours.
    """
    if coverage:
        # Its tolerance is the square root of the area that a removed corner takes up.
        return np.asarray(shapely.coverage_simplify(shapes, tolerance))
    return np.asarray(shapely.simplify(shapes, tolerance, preserve_topology=True))


def _stream(shapes: Shapes, sheet: Frame, step: int) -> IntArray:
    """Return [areas, then a shape: polygons, then a polygon: rings, then a ring: points, x, y ...].

    Coordinates are differences from the point before, over the whole stream, in steps. The closing
    point of a ring is left out. All counts come first, then all x, then all y: likes pack well.
    """
    counts: list[int] = [len(shapes)]
    rings: list[FloatArray] = []
    for shape in shapes:
        polygons = [each for each in shapely.get_parts(shape) if not each.is_empty]
        counts.append(len(polygons))
        for polygon in polygons:
            lines = [polygon.exterior, *polygon.interiors]
            counts.append(len(lines))
            for line in lines:
                points = _ring(shapely.get_coordinates(line), sheet, step)
                counts.append(len(points))
                rings.append(points)
    points = np.concatenate(rings) if rings else np.empty((0, 2))
    whole = points.astype(np.int64)
    return np.concatenate([counts, deltas(whole[:, 0]), deltas(whole[:, 1])])


def _ring(points: FloatArray, sheet: Frame, step: int) -> FloatArray:
    """Return a ring's points in steps from the corner, without repeats."""
    steps = np.round((points[:-1] - [sheet.west, sheet.south]) / step)
    fresh = np.ones(len(steps), dtype=bool)
    fresh[1:] = (np.diff(steps, axis=0) != 0).any(axis=1)
    return steps[fresh]
