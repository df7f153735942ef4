"""TopoJSON: borders that are shared are written once, as arcs, and areas refer to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import shapely

from geodemand.core.disclosure import FloatArray
from geodemand.core.geography import Shapes
from geodemand.io.formats import limits
from geodemand.io.formats.layer import lost

RING = 4


def shapes(
    topology: Mapping[str, Any], features: Sequence[Mapping[str, Any]], where: str
) -> tuple[Shapes, tuple[int, ...]]:
    """Return the areas and points, and the rows that hold something else or cannot be drawn.

    Raises ValueError, LookupError or TypeError where the topology is not well formed.
    """
    arcs = _arcs(topology)
    polygons = [_polygons(feature) for feature in features]
    sizes = [len(arc) for arc in arcs]
    rings = chain.from_iterable(chain.from_iterable(polygons))
    # A small file may refer to one long arc a million times.
    limits.check_vertices(sum(sizes[_place(i)] for ring in rings for i in ring), where)
    found = np.empty(len(features), dtype=object)
    found[:] = [
        _point(feature, topology) if feature.get("type") == "Point" else _areas(held, arcs)
        for feature, held in zip(features, polygons, strict=True)
    ]
    given = [feature.get("type") is not None for feature in features]
    return found, lost(found, np.flatnonzero(given))


def _arcs(topology: Mapping[str, Any]) -> list[FloatArray]:
    """Return the coordinates of every arc; with a transform they are steps on a grid."""
    arcs = [
        np.array([at[:2] for at in arc], dtype=float).reshape(-1, 2) for arc in topology["arcs"]
    ]
    if not topology.get("transform"):
        return arcs
    scale, shift = _grid(topology)
    return [np.cumsum(arc, axis=0) * scale + shift for arc in arcs]


def _grid(topology: Mapping[str, Any]) -> tuple[FloatArray, FloatArray]:
    """Return the size of a step, and where the grid begins."""
    grid = topology.get("transform") or {"scale": (1, 1), "translate": (0, 0)}
    return np.array(grid["scale"], dtype=float), np.array(grid["translate"], dtype=float)


def _point(feature: Mapping[str, Any], topology: Mapping[str, Any]) -> shapely.Point:
    scale, shift = _grid(topology)
    return shapely.Point(np.array(feature["coordinates"][:2], dtype=float) * scale + shift)


def _polygons(feature: Mapping[str, Any]) -> list[list[list[int]]]:
    """Return the arcs of every ring of every polygon of a feature."""
    kind = feature.get("type")
    if kind == "Polygon":
        return [feature["arcs"]]
    return list(feature["arcs"]) if kind == "MultiPolygon" else []


def _place(index: int) -> int:
    """Return the number of an arc; a negative index means that it is run through backwards."""
    return ~index if index < 0 else index


def _areas(polygons: list[list[list[int]]], arcs: list[FloatArray]) -> shapely.Geometry | None:
    drawn = [[_ring(ring, arcs) for ring in polygon] for polygon in polygons]
    if not drawn or any(len(ring) < RING for polygon in drawn for ring in polygon):
        return None
    parts = [shapely.Polygon(outer, holes) for outer, *holes in drawn]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _ring(indices: list[int], arcs: list[FloatArray]) -> FloatArray:
    """Return the coordinates of a ring; each arc begins where the one before it ends."""
    run = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indices]
    return np.concatenate([run[0][:1], *(arc[1:] for arc in run)])
