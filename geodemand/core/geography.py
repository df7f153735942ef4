"""Areas of one kind and vintage, and which of them a point is in. Metres, EPSG:27700."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import shapely

if TYPE_CHECKING:
    from geodemand.core.disclosure import FloatArray, IntArray

Shapes: TypeAlias = npt.NDArray[np.object_]

NOWHERE = -1


@dataclass(frozen=True)
class Geography:
    """Areas of one kind, ordered by code.

    ``shapes``: polygons or multipolygons in metres (EPSG:27700), index-aligned with ``codes`` and
    ``names``. ``accuracy_m``: how far a drawn line may lie from the true one.
    ``notes``: what was mended on reading, in sentences.
    """

    name: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    shapes: Shapes
    accuracy_m: float = 0.0
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of areas."""
        return len(self.codes)


@dataclass(frozen=True)
class Sites:
    """Named points: hubs, children's centres, services. Metres, EPSG:27700."""

    name: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    x: FloatArray
    y: FloatArray


def points_at(x: FloatArray, y: FloatArray) -> Shapes:
    """Return an array of points."""
    return np.asarray(shapely.points(x, y), dtype=object)


def locate(geography: Geography, x: FloatArray, y: FloatArray) -> IntArray:
    """Return for each point the index of the area that it is in, or NOWHERE.

    A point on a shared border, or in overlapping areas, belongs to the area with the smallest
    code, whatever the order of the features. NaN coordinates are nowhere.

    >>> halves = Geography("h", ("A", "B"), ("a", "b"), shapely.box([0, 1], 0, [1, 2], 1))
    >>> locate(halves, np.array([0.5, 1.0, 1.5, 9.0]), np.full(4, 0.5)).tolist()
    [0, 0, 1, -1]
    """
    found = np.full(len(x), NOWHERE, dtype=np.int64)
    placed = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    tree = shapely.STRtree(points_at(x[placed], y[placed]))
    area, point = tree.query(geography.shapes, predicate="intersects")
    # Later writes win: go from the largest code to the smallest.
    order = np.argsort(np.asarray(geography.codes, dtype=str)[area], kind="stable")[::-1]
    found[placed[point[order]]] = area[order]
    return found
