"""What areas of two geographies have in common, and what is left: covers first, cut the rest.

Most questions are about boundaries that nest or are meant to. To find out that an area lies within
one of the other geography costs far less than to cut it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import shapely

from geodemand.core.disclosure import BoolArray, IntArray
from geodemand.core.geography import Shapes

# The largest relative difference of areas that can be put down to arithmetic.
AREA_RESIDUAL = 1e-9
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
    whole_a = _inside(a, b, left, right)
    whole_b = _inside(b, a, right, left) & ~whole_a
    common = np.full(len(left), shapely.Polygon(), dtype=object)
    common[whole_a], common[whole_b] = a[left[whole_a]], b[right[whole_b]]
    skipped = _settled(a, b, left, right, (whole_a, whole_b))
    asked = np.flatnonzero(~(whole_a | whole_b | skipped))
    common[asked] = _intersections(a[left[asked]], b[right[asked]])
    rest_a, rest_b = _rest(a, common, left), _rest(b, common, right)
    passed = np.flatnonzero(skipped)
    again = passed[_shares(a[left[passed]], rest_b[right[passed]])]
    again = np.union1d(again, passed[_shares(b[right[passed]], rest_a[left[passed]])])
    if len(again):
        common[again] = _intersections(a[left[again]], b[right[again]])
        rest_a, rest_b = _rest(a, common, left), _rest(b, common, right)
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
    whether borders touch or cross.
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
    shapely.destroy_prepared(outer)
    return found


def _shares(shapes: Shapes, others: Shapes) -> BoolArray:
    """Return which pairs of shapes share land."""
    found = ~shapely.is_empty(others)
    found[found] = shapely.area(shapely.intersection(shapes[found], others[found])) > 0
    return found


def _intersections(shapes: Shapes, others: Shapes) -> Shapes:
    """Return the intersection of each pair, on all processors where there are many."""
    found = np.full(len(shapes), shapely.Polygon(), dtype=object)
    corners = (shapely.get_num_coordinates(each).sum() for each in (shapes, others))
    large, small = (shapes, others) if next(corners) >= next(corners) else (others, shapes)
    shapely.prepare(large)
    meet = np.flatnonzero(shapely.intersects(large, small))
    shapely.destroy_prepared(large)
    if len(meet) < MANY_PAIRS:
        found[meet] = shapely.intersection(shapes[meet], others[meet])
        return found
    from concurrent.futures import ThreadPoolExecutor  # most overlays are too small for it

    threads = os.cpu_count() or 1
    parts = np.array_split(meet, threads * SHARES_A_THREAD)
    with ThreadPoolExecutor(threads) as pool:
        done = pool.map(lambda part: shapely.intersection(shapes[part], others[part]), parts)
    found[meet] = np.concatenate(list(done))
    return found


def _rest(shapes: Shapes, common: Shapes, owner: IntArray) -> Shapes:
    """Return what is left of each shape after its share of the common pieces.

    Nothing is where the pieces have the shape's area and its centre of gravity: where pieces
    overlap as much as they leave open, the area alone would agree.
    """
    land = shapely.area(common)
    rest = np.full(len(shapes), shapely.Polygon(), dtype=object)
    solid = np.flatnonzero(land > 0)
    solid = solid[np.argsort(owner[solid], kind="stable")]
    edges = np.searchsorted(owner[solid], np.arange(len(shapes) + 1))
    for i in np.flatnonzero(~_covered(shapes, common[solid], owner[solid])):
        own = common[solid[edges[i] : edges[i + 1]]]
        rest[i] = shapely.difference(shapes[i], shapely.union_all(own))
    return rest


def _covered(shapes: Shapes, pieces: Shapes, owner: IntArray) -> BoolArray:
    """Return which shapes have the area and the centre of gravity of their pieces together."""
    whole, land = shapely.area(shapes), shapely.area(pieces)
    covered = np.bincount(owner, weights=land, minlength=len(shapes))
    found: BoolArray = np.abs(whole - covered) <= AREA_RESIDUAL * whole
    middle, own = shapely.centroid(shapes), shapely.centroid(pieces)
    for axis in (shapely.get_x, shapely.get_y):
        # From the middle of the shape, so that few digits are lost.
        lever = land * (axis(own) - axis(middle)[owner])
        moment = np.bincount(owner, weights=lever, minlength=len(shapes))
        found &= np.abs(moment) <= AREA_RESIDUAL * whole * np.sqrt(whole)
    return found
