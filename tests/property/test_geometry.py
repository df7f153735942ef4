"""What holds for any areas and any points: nothing is lost, nothing is counted twice."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from shapely import affinity

from geodemand.core import weights
from geodemand.core.disclosure import IntArray
from geodemand.core.geography import NOWHERE, Geography, locate
from geodemand.core.overlay import overlay, widths

SIDE = 10_000
# Coordinates of the national grid, where squares of numbers are large.
WEST, SOUTH = 600_000, 250_000

cuts = st.lists(st.integers(1, SIDE - 1), max_size=3, unique=True)
angles = st.one_of(st.just(0.0), st.floats(0, 90))
shifts = st.integers(-SIDE, SIDE)


def grid(name: str, across: list[int], up: list[int], angle: float = 0.0) -> Geography:
    """Return the rectangles between cuts, turned about the middle."""
    columns = list(pairwise([0, *sorted(across), SIDE]))
    lines = list(pairwise([0, *sorted(up), SIDE]))
    shapes = [
        shapely.box(WEST + left, SOUTH + low, WEST + right, SOUTH + high)
        for left, right in columns
        for low, high in lines
    ]
    middle = (WEST + SIDE / 2, SOUTH + SIDE / 2)
    turned = [affinity.rotate(shape, angle, origin=middle) for shape in shapes]
    codes = tuple(f"{number:02}" for number in range(len(turned)))
    return Geography(name, codes, codes, np.array(turned, dtype=object))


grids = st.builds(grid, st.just("a"), cuts, cuts)
turned_grids = st.builds(grid, st.just("b"), cuts, cuts, angles)


@given(turned_grids, turned_grids)
@example(grid("a", [], []), grid("b", [], [], 1e-7))
def test_the_pieces_add_up_to_the_union(a: Geography, b: Geography) -> None:
    pieces = overlay(a, b)
    union = shapely.union_all([*a.shapes, *b.shapes])
    assert shapely.area(pieces.shapes).sum() == pytest.approx(union.area, rel=1e-9)
    for index, geography in ((pieces.a, a), (pieces.b, b)):
        inside = index != NOWHERE
        held = np.bincount(
            index[inside],
            weights=shapely.area(pieces.shapes[inside]),
            minlength=len(geography),
        )
        # A hair that is left out may be as large as the rounding of the coordinates.
        assert held == pytest.approx(shapely.area(geography.shapes), rel=1e-6)


@given(turned_grids, turned_grids)
def test_every_piece_is_one_polygon_in_the_areas_that_it_names(a: Geography, b: Geography) -> None:
    pieces = overlay(a, b)
    assert (shapely.get_type_id(pieces.shapes) == shapely.GeometryType.POLYGON).all()
    # Points a centimetre or more from every border; hairs of rounding have none.
    inner = shapely.buffer(pieces.shapes, -0.02)
    wide = ~shapely.is_empty(inner)
    middle = shapely.point_on_surface(inner[wide])
    x, y = shapely.get_x(middle), shapely.get_y(middle)
    assert locate(a, x, y).tolist() == pieces.a[wide].tolist()
    assert locate(b, x, y).tolist() == pieces.b[wide].tolist()


@given(grids)
def test_a_geography_over_itself_is_in_place(a: Geography) -> None:
    pieces = overlay(a, a)
    assert pieces.a.tolist() == pieces.b.tolist() == list(range(len(a)))


rectangles = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 5), st.integers(1, 5)),
    min_size=1,
    max_size=6,
)
points = st.lists(st.tuples(st.integers(-1, 14), st.integers(-1, 14)), min_size=1, max_size=20)


@given(rectangles, points, st.randoms(use_true_random=False))
def test_a_point_is_in_the_area_with_the_smallest_code_that_holds_it(
    boxes: list[tuple[int, int, int, int]],
    at: list[tuple[int, int]],
    chance: object,
) -> None:
    """Against a check of every point with every area, borders and overlaps included."""
    by_code = {
        f"{number}": shapely.box(west, south, west + width, south + height)
        for number, (west, south, width, height) in enumerate(boxes)
    }
    order = list(by_code)
    chance.shuffle(order)  # type: ignore[attr-defined]
    shapes = np.array([by_code[code] for code in order], dtype=object)
    geography = Geography("g", tuple(order), tuple(order), shapes)
    x, y = np.array(at, dtype=float).T
    found = locate(geography, x, y)
    for east, north, area in zip(x, y, found, strict=True):
        holders = [code for code in by_code if by_code[code].intersects(shapely.Point(east, north))]
        assert (order[area] if area != NOWHERE else None) == min(holders, default=None)


indices = st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 2), st.integers(0, 50)))


@given(indices)
def test_a_matrix_holds_every_weight_once(cells: list[tuple[int, int, int]]) -> None:
    a, b, weight = (np.array([cell[i] for cell in cells], dtype=np.int64) for i in range(3))
    held = weights.matrix(a, b, weight.astype(float), (4, 3))
    assert held.rows().sum() == held.columns().sum() == weight.sum()
    for row in range(-1, 4):
        assert held.rows()[row] == weight[a == row].sum()
        for column in range(-1, 3):
            known = held.at(np.array([row]), np.array([column]))
            assert known == weight[(a == row) & (b == column)].sum()
    turned = held.turned
    assert (turned.full() == held.full().T).all()
    assert turned.rows().tolist() == held.columns().tolist()


@given(indices)
def test_what_is_misplaced_is_between_nothing_and_all(cells: list[tuple[int, int, int]]) -> None:
    a, b, weight = (np.array([cell[i] for cell in cells], dtype=np.int64) for i in range(3))
    held = weights.matrix(a, b, weight.astype(float), (4, 3))
    off = weights.misplaced(held)
    total = held.rows()[:-1]
    assert ((off >= 0) & (off <= total)).all()
    partner: IntArray = weights.partners(held)
    full = held.full()
    kept = [full[row, place] if place != NOWHERE else 0 for row, place in enumerate(partner)]
    assert (total - kept).tolist() == off.tolist()
    assert kept == full.max(axis=1).tolist()


@settings(max_examples=30)
@given(st.floats(0.5, 200), st.sampled_from([(1, 0), (0, 1)]), cuts)
def test_areas_moved_by_some_metres_leave_slivers_as_wide(
    metres: float, way: tuple[int, int], across: list[int]
) -> None:
    assume(all(b - a > 500 for a, b in pairwise([0, *sorted(across), SIDE])))
    still = grid("a", across, [])
    moved = Geography(
        "b",
        still.codes,
        still.names,
        np.array(
            [affinity.translate(s, metres * way[0], metres * way[1]) for s in still.shapes],
            dtype=object,
        ),
    )
    pieces = overlay(still, moved)
    slivers = pieces.shapes[pieces.a != pieces.b]
    assert len(slivers)
    # Measured to a tenth, from below; the hair of a corner is narrower.
    assert widths(slivers).max() == pytest.approx(metres, rel=0.12, abs=0.15)


@given(st.floats(1, 500), st.floats(1, 500), angles)
def test_a_rectangle_is_as_wide_as_its_short_side(long: float, short: float, angle: float) -> None:
    shape = affinity.rotate(shapely.box(WEST, SOUTH, WEST + long, SOUTH + short), angle)
    (width,) = widths(np.array([shape]))
    assert width == pytest.approx(min(long, short), rel=0.12, abs=0.15)


@given(st.floats(0.01, 2000), st.floats(1, 100))
def test_too_small_for_a_circle_is_never_called_wide(area: float, narrow: float) -> None:
    """The quick answer for small pieces never lifts one over the limit."""
    assume(area < math.pi * narrow**2 / 4)
    side = math.sqrt(area)
    (width,) = widths(np.array([shapely.box(WEST, SOUTH, WEST + side, SOUTH + side)]), narrow)
    assert width <= narrow
