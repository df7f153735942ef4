"""The page's own coordinates: whole metres from the south-west corner of what is drawn.

The page draws the British National Grid as it is: no projection, so a metre is the same length in
every direction and everywhere on the sheet, and the scale bar is true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geodemand.core.disclosure import FloatArray, IntArray
    from geodemand.core.geography import Shapes
    from geodemand.maps.scene import Scene

# A sheet of 1 km where a scene has neither shapes nor points.
_LEAST_M = 1000.0


@dataclass(frozen=True, slots=True)
class Frame:
    """``west``, ``south``: metres (EPSG:27700) of the corner. ``width``, ``height``: metres."""

    west: int
    south: int
    width: int
    height: int

    def x(self, easting: FloatArray) -> IntArray:
        """Return whole metres east of the corner."""
        return np.round(easting - self.west).astype(np.int64)

    def y(self, northing: FloatArray) -> IntArray:
        """Return whole metres north of the corner."""
        return np.round(northing - self.south).astype(np.int64)


def frame(scene: Scene) -> Frame:
    """Return the sheet that holds the scene's areas (or, without areas, its points)."""
    boxes = [_box(each.shapes) for each in (*scene.shaded, *scene.outlines) if len(each)]
    corners = boxes or list(_point_boxes(scene)) or [np.zeros(4)]
    west, south = np.floor(np.min([box[:2] for box in corners], axis=0)).astype(int).tolist()
    east, north = np.ceil(np.max([box[2:] for box in corners], axis=0)).astype(int).tolist()
    least = int(_LEAST_M)
    return Frame(west, south, max(east - west, least), max(north - south, least))


def _box(shapes: Shapes) -> FloatArray:
    bounds: FloatArray = shapely.total_bounds(shapes)
    return np.nan_to_num(bounds)


def _point_boxes(scene: Scene) -> Iterator[FloatArray]:
    for points in (*scene.sites, scene.place_names, scene.dots):
        if points is not None and np.isfinite(points.x).any():
            low = [np.nanmin(points.x), np.nanmin(points.y)]
            yield np.array([*low, np.nanmax(points.x), np.nanmax(points.y)])
