"""Reference postcodes by kind of neighbourhood. No postcode's text, no counts, no clients.

From afar the page draws hexagons with the commonest kind of their postcodes, and dots only when
near. The dots come in parts, each with its box, and the page unpacks only those that are in view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodemand.core.words import segment_label
from geodemand.maps import palettes
from geodemand.maps.hexagons import Hexagons, gathered
from geodemand.maps.payload import deltas, pack

if TYPE_CHECKING:
    from geodemand.core.disclosure import BoolArray, IntArray, Release
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene

_BITS = 21
# Dots in a part: it is unpacked in a few milliseconds.
PART = 8_192


def layer(_: Release, scene: Scene, sheet: Frame) -> Json:
    """Return key and sets, hexagons, and the dots' positions along a curve, kinds and sets."""
    if scene.dots is None:
        return None
    dots = scene.dots
    placed = np.flatnonzero(np.isfinite(dots.x) & np.isfinite(dots.y))
    x, y = sheet.x(dots.x[placed]), sheet.y(dots.y[placed])
    segment = dots.segment[placed]
    sets = [_inside(positions, len(dots.x))[placed] for _, positions in dots.highlights]
    # Position, then segment and sets: the same bytes whatever the order of the directory.
    order = np.lexsort((*sets, segment, y, x, _curve(x, y)))
    x, y, segment = x[order], y[order], segment[order]
    sets = [inside[order] for inside in sets]
    return {
        "count": len(order),
        "key": [
            {
                "code": each.code,
                "name": segment_label(each.code, each.name),
                "colour": _colour(place),
            }
            for place, each in enumerate(dots.key)
        ],
        "sets": [name for name, _ in dots.highlights],
        "cells": _cells(gathered(x, y), segment, sets),
        "parts": [
            _part(slice(start, start + PART), x, y, segment, sets)
            for start in range(0, len(x), PART)
        ],
    }


def _part(own: slice, x: IntArray, y: IntArray, segment: IntArray, sets: list[BoolArray]) -> Json:
    east, north = x[own], y[own]
    west, south = int(east.min()), int(north.min())
    return {
        "box": [west, south, int(east.max()), int(north.max())],
        "x": pack(deltas(east - west)),
        "y": pack(deltas(north - south)),
        "kinds": pack(segment[own] + 1),
        "sets": [pack(deltas(np.flatnonzero(inside[own]))) for inside in sets],
    }


def _cells(cells: Hexagons, segment: IntArray, sets: list[BoolArray]) -> Json:
    """Return the hexagons: place, postcodes, commonest kind and its share, share of each set."""
    kind, share = cells.dominant(segment)
    postcodes = cells.count()
    return {
        "across": cells.across,
        "q": pack(deltas(cells.q)),
        "r": pack(deltas(cells.r)),
        "postcodes": pack(postcodes),
        "kinds": pack(kind + 1),
        "shares": pack(np.round(100 * share).astype(np.int64)),
        "sets": [
            pack(np.ceil(100 * cells.count(inside) / postcodes).astype(np.int64)) for inside in sets
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
