"""Reference postcodes by kind of neighbourhood. No postcode's text, no counts, no clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodemand.maps import palettes
from geodemand.maps.payload import deltas, pack

if TYPE_CHECKING:
    from geodemand.core.disclosure import BoolArray, IntArray, Release
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene

_BITS = 20


def layer(_: Release, scene: Scene, sheet: Frame) -> Json:
    """Return positions as packed differences along a curve, and the kind and sets of each."""
    if scene.dots is None:
        return None
    dots = scene.dots
    placed = np.flatnonzero(np.isfinite(dots.x) & np.isfinite(dots.y))
    x, y = sheet.x(dots.x[placed]), sheet.y(dots.y[placed])
    segment = dots.segment[placed]
    # Position, then segment and sets: the same bytes whatever the order of the directory.
    sets = [_inside(positions, len(dots.x))[placed] for _, positions in dots.highlights]
    order = np.lexsort((*sets, segment, y, x, _curve(x, y)))
    return {
        "count": len(order),
        "x": pack(deltas(x[order])),
        "y": pack(deltas(y[order])),
        "kinds": pack(segment[order] + 1),
        "key": [
            {"code": each.code, "name": each.name, "colour": _colour(place)}
            for place, each in enumerate(dots.key)
        ],
        "sets": [
            {"name": name, "members": pack(deltas(np.flatnonzero(inside[order])))}
            for (name, _), inside in zip(dots.highlights, sets, strict=True)
        ],
    }


def _colour(place: int) -> str:
    return palettes.KINDS[place % len(palettes.KINDS)]


def _curve(x: IntArray, y: IntArray) -> IntArray:
    """Return each point's place along a Z-shaped curve: near on the map is near in the list."""
    return _spread(x) | (_spread(y) << 1)


def _spread(value: IntArray) -> IntArray:
    """Put a zero between any two bits."""
    low = np.clip(value, 0, (1 << _BITS) - 1)
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        low = (low | (low << shift)) & mask
    return low


def _inside(positions: IntArray, size: int) -> BoolArray:
    inside = np.zeros(size, dtype=bool)
    inside[positions] = True
    return inside
