"""Overlaps and gaps of one geography, on squares that one can draw."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geodemand.core.coverage import gaps, overlaps
from geodemand.core.geography import Geography

WEST, SOUTH = 600_000, 250_000


def geography(*shapes: shapely.Geometry | None) -> Geography:
    codes = tuple("ABCDEFGHIJ"[: len(shapes)])
    moved = [
        None if shape is None else shapely.transform(shape, lambda at: at + np.array([WEST, SOUTH]))
        for shape in shapes
    ]
    return Geography("g", codes, codes, np.array(moved, dtype=object))


def box(west: float, east: float, south: float = 0, north: float = 1000) -> shapely.Polygon:
    return shapely.box(west, south, east, north)


def test_areas_side_by_side_have_neither() -> None:
    four = [box(x, x + 1000, y, y + 1000) for x in (0, 1000) for y in (0, 1000)]
    assert overlaps(geography(*four)) == ()
    assert gaps(geography(*four)) == ()


def test_a_border_with_one_vertex_more_on_one_side_is_harmless() -> None:
    """A T-junction: three areas meet where only two of them have a corner."""
    three = geography(box(0, 1000), box(1000, 2000, 0, 400), box(1000, 2000, 400, 1000))
    assert overlaps(three) == ()
    assert gaps(three) == ()


@pytest.mark.parametrize("hair", [1e-9, 1e-6])
def test_a_hair_of_rounding_is_neither(hair: float) -> None:
    assert overlaps(geography(box(0, 1000 + hair), box(1000, 2000))) == ()
    assert gaps(geography(box(0, 1000 - hair), box(1000, 2000))) == ()


def test_an_overlap_is_told_with_its_size_and_width() -> None:
    (found,) = overlaps(geography(box(0, 1080), box(1000, 2000, 0, 75), box(3000, 4000)))
    assert (found.a, found.b) == (0, 1)
    assert found.hectares == pytest.approx(0.6)
    assert found.width_m == pytest.approx(75, rel=0.1)


def test_one_area_in_another_and_one_area_twice_are_overlaps() -> None:
    found = overlaps(geography(box(0, 1000), box(100, 200, 100, 200), box(0, 1000)))
    assert [(each.a, each.b, round(each.hectares)) for each in found] == [
        (0, 2, 100),
        (0, 1, 1),
        (1, 2, 1),
    ]


def test_an_overlap_in_two_pieces_is_one_pair() -> None:
    comb = shapely.union_all([box(0, 1000), box(1000, 1010, 0, 100), box(1000, 1020, 500, 600)])
    (found,) = overlaps(geography(comb, box(1000, 2000)))
    assert found.hectares == pytest.approx(0.3)
    assert found.width_m == pytest.approx(20, rel=0.1)


def test_an_open_gap_of_a_metre_is_found() -> None:
    (found,) = gaps(geography(box(0, 1000), box(1001, 2000)))
    assert found.beside == (0, 1)
    assert found.hectares == pytest.approx(0.1, rel=1e-3)
    assert found.width_m == pytest.approx(1, rel=0.1)


def test_an_inlet_is_no_gap() -> None:
    assert gaps(geography(box(0, 1000), box(1021, 2000))) == ()
    assert len(gaps(geography(box(0, 1000), box(1021, 2000)), open_width_m=25)) == 1
    coast = shapely.difference(box(0, 1000), box(500, 510, 0, 500))
    assert gaps(geography(coast, box(1000, 2000))) == ()


def test_a_closed_gap_is_found_however_wide() -> None:
    ring = shapely.difference(box(0, 3000, 0, 3000), box(1000, 2000, 1000, 2000))
    left, right = (
        shapely.intersection(ring, half)
        for half in (box(0, 1500, 0, 3000), box(1500, 3000, 0, 3000))
    )
    (found,) = gaps(geography(left, right))
    assert found.hectares == pytest.approx(100)
    assert found.beside == (0, 1)


def test_a_missing_area_in_one_other_is_a_gap() -> None:
    ring = shapely.difference(box(0, 3000, 0, 3000), box(1000, 2000, 1000, 2000))
    (found,) = gaps(geography(ring))
    assert found.beside == (0,)


def test_an_island_in_a_lake_leaves_a_gap_around_it() -> None:
    ring = shapely.difference(box(0, 3000, 0, 3000), box(1000, 2000, 1000, 2000))
    (found,) = gaps(geography(ring, box(1400, 1600, 1400, 1600)))
    assert found.hectares == pytest.approx(96)
    assert found.beside == (0, 1)


def test_areas_far_apart_have_no_gap() -> None:
    assert gaps(geography(box(0, 1000), box(50_000, 51_000))) == ()


def test_areas_without_a_shape_move_nothing() -> None:
    """A null shape among them has led other checks to name the wrong rows."""
    found = geography(None, box(0, 1100), shapely.Polygon(), box(1000, 2000))
    assert [(each.a, each.b) for each in overlaps(found)] == [(1, 3)]
    assert gaps(found) == ()
    assert overlaps(geography(None)) == ()
    assert gaps(geography(None)) == ()


def test_the_largest_comes_first_whatever_the_order() -> None:
    shapes = [box(0, 1010), box(1000, 2030), box(2000, 3000)]
    sizes = [round(each.hectares) for each in overlaps(geography(*shapes))]
    assert sizes == [round(each.hectares) for each in overlaps(geography(*shapes[::-1]))] == [3, 1]
