"""Which area a point is in: the same as by asking every area, however the areas are drawn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import affinity

from geodemand.core import geography as module
from geodemand.core.disclosure import FloatArray
from geodemand.core.geography import NOWHERE, Geography, from_codes, locate

WEST, SOUTH = 600_000, 250_000

boxes = st.builds(
    lambda west, south, width, height: shapely.box(west, south, west + width, south + height),
    *(st.integers(0, 12), st.integers(0, 12), st.integers(1, 8), st.integers(1, 8)),
)


@st.composite
def areas(draw: st.DrawFn) -> shapely.Geometry:
    """Draw an area of one part or two, perhaps with holes, perhaps turned, perhaps of nothing."""
    shape = shapely.union(draw(boxes), draw(boxes))
    shape = shapely.difference(shape, draw(boxes))
    turned = affinity.rotate(shape, draw(st.sampled_from([0.0, 0.0, 30.0, 45.0])), origin=(8, 8))
    return affinity.translate(turned, WEST, SOUTH)


def points_of(shapes: list[shapely.Geometry]) -> FloatArray:
    """Return a lattice over the shapes, their corners and the middles of their edges, and more."""
    east, north = np.meshgrid(np.arange(-1.0, 23.0), np.arange(-1.0, 23.0))
    lattice = np.column_stack([WEST + east.ravel(), SOUTH + north.ravel()])
    corners = shapely.get_coordinates(shapes)
    middles = shapely.get_coordinates(shapely.segmentize(shapes, 0.5))
    wild = [[np.nan, SOUTH], [np.inf, SOUTH], [WEST, -np.inf], [1e12, 1e12]]
    return np.concatenate([lattice, corners, middles, np.array(wild)])


def asked_one_by_one(codes: list[str], shapes: list[shapely.Geometry], at: FloatArray) -> list[str]:
    found = []
    for east, north in at:
        finite = np.isfinite([east, north]).all()
        holders = [
            code
            for code, shape in zip(codes, shapes, strict=True)
            if finite and shapely.intersects(shape, shapely.Point(east, north))
        ]
        found.append(min(holders, default=""))
    return found


@pytest.fixture(params=["few points", "many points"], scope="module")
def as_for_many(request: pytest.FixtureRequest) -> Iterator[None]:
    """Take the way for few points, or as if the points were many: with cells without a border."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "many points":
            patch.setattr(module, "POINTS_AN_AREA", 1)
        patch.setattr(module, "PAIRS_AT_ONCE", 100)
        yield


@pytest.mark.usefixtures("as_for_many")
@given(st.lists(areas(), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_points_are_where_every_area_says_one_by_one(
    drawn: list[shapely.Geometry], chance: object
) -> None:
    """Borders, holes, several parts, overlaps, empty areas; any order of the features."""
    codes = [f"{number:02}" for number in range(len(drawn))]
    at = points_of(drawn)
    order = list(range(len(drawn)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    mixed = tuple(codes[i] for i in order)
    geography = Geography("g", mixed, mixed, np.array([drawn[i] for i in order], dtype=object))
    found = locate(geography, at[:, 0], at[:, 1])
    said = [mixed[area] if area != NOWHERE else "" for area in found]
    assert said == asked_one_by_one(codes, drawn, at)


@pytest.mark.usefixtures("as_for_many")
@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 89))
def test_a_point_on_a_shared_border_is_counted_once(across: int, up: int, angle: int) -> None:
    squares = [
        affinity.rotate(shapely.box(x, y, x + 1, y + 1), angle, origin=(0, 0))
        for x in range(across)
        for y in range(up)
    ]
    codes = tuple(f"{number:02}" for number in range(len(squares)))
    geography = Geography("g", codes, codes, np.array(squares, dtype=object))
    corners = shapely.get_coordinates(squares)
    found = locate(geography, corners[:, 0], corners[:, 1])
    assert (found != NOWHERE).all()
    assert len(found) == 5 * len(squares)


@pytest.mark.parametrize("shapes", [[], [None], [shapely.Polygon()], [None, shapely.Polygon()]])
def test_areas_without_a_shape_hold_nothing(shapes: list[shapely.Geometry]) -> None:
    codes = tuple("AB"[: len(shapes)])
    geography = Geography("g", codes, codes, np.array(shapes, dtype=object))
    assert locate(geography, np.array([1.0, np.nan]), np.array([1.0, 1.0])).tolist() == [-1, -1]
    assert not geography.drawn


def test_a_null_shape_does_not_move_the_others() -> None:
    shapes = np.array([None, shapely.box(0, 0, 1, 1), shapely.Polygon()], dtype=object)
    geography = Geography("g", ("A", "B", "C"), ("a", "b", "c"), shapes)
    assert locate(geography, np.array([0.5]), np.array([0.5])).tolist() == [1]


def test_no_points_are_nowhere() -> None:
    geography = Geography("g", ("A",), ("a",), shapely.box([0], [0], [1], [1]))
    assert locate(geography, np.empty(0), np.empty(0)).tolist() == []


def test_a_far_point_or_a_flat_area_costs_no_memory() -> None:
    """One point at the end of the world, an area as thin as a hair: the grid stays small."""
    shapes = shapely.box([0, 0], [0, 1], [1e6, 1e6], [1e-6, 1 + 1e-6])
    geography = Geography("g", ("A", "B"), ("a", "b"), shapes)
    x = np.append(np.full(5_000, 5.0), 1e15)
    assert locate(geography, x, np.zeros(5_001)).tolist() == [0] * 5_000 + [-1]


codes = st.lists(st.sampled_from(["A", "B", " A ", "", None, "E99999999", "L99999999"]))


@given(codes)
def test_codes_of_places_are_a_geography_of_their_own(said: list[str | None]) -> None:
    found, where = from_codes("wards", said)
    assert not found.drawn
    assert list(found.codes) == sorted(found.codes)
    for code, area in zip(said, where, strict=True):
        none = not code or code.endswith("99999999")
        assert (found.codes[area] if area != NOWHERE else None) == (
            None if none else str(code).strip()
        )
