"""What areas of two geographies have in common, and what is left: covers first, cut the rest.

Most questions are about boundaries that nest or are meant to. To find out that an area lies within
one of the other geography costs far less than to cut it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import shapely

from geodemand.core.disclosure import BoolArray, FloatArray, IntArray
from geodemand.core.geography import Shapes

# The largest relative difference of areas that can be put down to arithmetic.
AREA_RESIDUAL = 1e-9
# From so many corners on an area is cut to the surroundings of the other before they are laid over
# each other. No corner lies on the edge of what is kept, where the clipping is not clean: an odd
# margin, metres.
LARGE = 500
MARGIN_M = 1.618033988
# From so many pairs on, threads that cut them are worth their start; shares that each works on.
MANY_PAIRS = 2_000
SHARES_A_THREAD = 8
CONTAINS, AREAS_MEET = "T*****FF*", "2********"


@dataclass(frozen=True)
class Cut:
    """Two sets of areas laid over each other.

    ``left``, ``right``: pairs of areas, by index. ``common``: what each pair has in common, which
    may be empty. ``rest_a``, ``rest_b``: for each area what lies in none of the other set.
    """

    left: IntArray
    right: IntArray
    common: Shapes
    rest_a: Shapes
    rest_b: Shapes


def cut(a: Shapes, b: Shapes) -> Cut:
    """Lay two sets of areas over each other."""
    left, right = shapely.STRtree(b).query(a)
    order = np.lexsort((right, left))
    left, right = left[order], right[order]
    whole_b = _inside(b, a, right, left)
    shapely.destroy_prepared(a)
    whole_a = _inside(a, b, left, right)
    whole_b &= ~whole_a
    common = np.full(len(left), shapely.Polygon(), dtype=object)
    common[whole_a], common[whole_b] = a[left[whole_a]], b[right[whole_b]]
    skipped = _settled(a, b, left, right, (whole_a, whole_b))
    asked = np.flatnonzero(~(whole_a | whole_b | skipped))
    # Boxes meet far more often than areas do, and to find that out costs a tenth of a cut.
    asked = asked[shapely.intersects(b[right[asked]], a[left[asked]])]
    shapely.destroy_prepared(b)
    common[asked] = _intersections(a[left[asked]], b[right[asked]])
    rest_a, rest_b = _rests(a, b, common, left, right)
    passed = np.flatnonzero(skipped)
    again = passed[_shares(a[left[passed]], rest_b[right[passed]])]
    again = np.union1d(again, passed[_shares(b[right[passed]], rest_a[left[passed]])])
    if len(again):
        common[again] = _intersections(a[left[again]], b[right[again]])
        rest_a, rest_b = _rests(a, b, common, left, right)
    return Cut(left, right, common, rest_a, rest_b)


def _settled(
    a: Shapes, b: Shapes, left: IntArray, right: IntArray, whole: tuple[BoolArray, BoolArray]
) -> BoolArray:
    """Return the pairs of which one area lies within another area than that of the pair.

    The two then share land only where areas overlap within one geography. If they do so in one of
    the two only, what is missed shows in the rest of an area; so only those that overlap in the
    geography with fewer areas are not settled.
    """
    in_b, in_a = np.zeros(len(a), dtype=bool), np.zeros(len(b), dtype=bool)
    in_b[left[whole[0]]], in_a[right[whole[1]]] = True, True
    found: BoolArray = (in_b[left] | in_a[right]) & ~whole[0] & ~whole[1]
    if found.any():
        fewer, own = (a, left) if len(a) < len(b) else (b, right)
        found &= ~_overlapping(fewer)[own]
    return found


def _overlapping(shapes: Shapes) -> BoolArray:
    """Return which areas share land with another one of the same geography."""
    found = np.zeros(len(shapes), dtype=bool)
    # Where borders do not match there may be an overlap, or only one corner more on one side.
    odd = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(shapes)))
    i, j = shapely.STRtree(shapes).query(shapes[odd])
    i, j = odd[i][odd[i] != j], j[odd[i] != j]
    meet = shapely.relate_pattern(shapes[i], shapes[j], AREAS_MEET)
    found[i[meet]] = found[j[meet]] = True
    return found


def _inside(inner: Shapes, outer: Shapes, i: IntArray, j: IntArray) -> BoolArray:
    """Return which pairs of an inner and an outer area lie one within the other.

    Asked in the order of cost: bounding boxes, a point inside, and only of what is left then
    whether borders touch or cross. Leaves the outer areas prepared for more such questions.
    """
    box, around = shapely.bounds(inner)[i], shapely.bounds(outer)[j]
    boxed = (box[:, :2] >= around[:, :2]).all(axis=1) & (box[:, 2:] <= around[:, 2:]).all(axis=1)
    found, asked = np.zeros(len(i), dtype=bool), np.flatnonzero(boxed)
    points = shapely.point_on_surface(inner[i[asked]])
    shapely.prepare(outer)
    held = shapely.intersects_xy(outer[j[asked]], shapely.get_x(points), shapely.get_y(points))
    asked = asked[held]
    found[asked] = shapely.contains_properly(outer[j[asked]], inner[i[asked]])
    asked = asked[~found[asked]]
    found[asked] = shapely.relate_pattern(outer[j[asked]], inner[i[asked]], CONTAINS)
    return found


def _shares(shapes: Shapes, others: Shapes) -> BoolArray:
    """Return which pairs of shapes share land."""
    found = ~shapely.is_empty(others)
    found[found] = shapely.area(shapely.intersection(shapes[found], others[found])) > 0
    return found


def _intersections(shapes: Shapes, others: Shapes) -> Shapes:
    """Return the intersection of each pair, on all processors where there are many."""
    one, other = _around(shapes, others), _around(others, shapes)
    if len(shapes) < MANY_PAIRS:
        return np.asarray(shapely.intersection(one, other), dtype=object)
    from concurrent.futures import ThreadPoolExecutor  # most overlays are too small for it

    threads = os.cpu_count() or 1
    parts = np.array_split(np.arange(len(shapes)), threads * SHARES_A_THREAD)
    with ThreadPoolExecutor(threads) as pool:
        done = pool.map(lambda part: shapely.intersection(one[part], other[part]), parts)
    return np.concatenate(list(done))


def _around(shapes: Shapes, others: Shapes) -> Shapes:
    """Return large shapes as they are around the other of each pair, the rest left out.

    GEOS clips fast, and not always to a valid shape: where it does not, the shape stays whole.
    """
    found = shapes.copy()
    large = np.flatnonzero(shapely.get_num_coordinates(shapes) >= LARGE)
    boxes = shapely.bounds(others[large]) + MARGIN_M * np.array([-1, -1, 1, 1])
    for i, box in zip(large.tolist(), boxes.tolist(), strict=True):
        with suppress(shapely.GEOSException):
            found[i] = shapely.clip_by_rect(shapes[i], *box)
    broken = large[~shapely.is_valid(found[large])]
    found[broken] = shapes[broken]
    return found


def _rests(a: Shapes, b: Shapes, common: Shapes, left: IntArray, right: IntArray) -> list[Shapes]:
    """Return what is left of each area of A, and of each of B, after the common pieces."""
    solid = np.flatnonzero(shapely.area(common) > 0)
    pieces = _weighed(common[solid])
    return [_rest(a, pieces, left[solid]), _rest(b, pieces, right[solid])]


@dataclass(frozen=True)
class _Weighed:
    """Shapes with their land and its centre of gravity: [2, shapes]."""

    shapes: Shapes
    land: FloatArray
    middle: FloatArray


def _weighed(shapes: Shapes) -> _Weighed:
    middle = shapely.centroid(shapes)
    at = np.array([shapely.get_x(middle), shapely.get_y(middle)])
    return _Weighed(shapes, np.asarray(shapely.area(shapes)), at)


def _rest(shapes: Shapes, pieces: _Weighed, owner: IntArray) -> Shapes:
    """Return what is left of each shape after its pieces.

    Nothing is where the pieces have the shape's area and its centre of gravity: where pieces
    overlap as much as they leave open, the area alone would agree.
    """
    rest = np.full(len(shapes), shapely.Polygon(), dtype=object)
    order = np.argsort(owner, kind="stable")
    edges = np.searchsorted(owner[order], np.arange(len(shapes) + 1))
    for i in np.flatnonzero(~_covered(_weighed(shapes), pieces, owner)):
        own = pieces.shapes[order[edges[i] : edges[i + 1]]]
        rest[i] = shapely.difference(shapes[i], shapely.union_all(own))
    return rest


def _covered(shapes: _Weighed, pieces: _Weighed, owner: IntArray) -> BoolArray:
    """Return which shapes have the area and the centre of gravity of their pieces together."""
    whole = shapes.land
    least = AREA_RESIDUAL / 2  # of either side: all land together then adds up within it
    covered = np.bincount(owner, weights=pieces.land, minlength=len(whole))
    found: BoolArray = np.abs(whole - covered) <= least * whole
    # From the middle of the shape, so that few digits are lost.
    for lever in pieces.land * (pieces.middle - shapes.middle[:, owner]):
        moment = np.bincount(owner, weights=lever, minlength=len(whole))
        found &= np.abs(moment) <= least * whole * np.sqrt(whole)
    return found
