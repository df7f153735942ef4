"""What is odd within one geography: every case drawn with a few squares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodemand.core import within
from geodemand.core.coterminosity import Points
from geodemand.core.disclosure import Policy, Value
from geodemand.core.geography import Geography
from geodemand.io import definitions

box = shapely.box
SQUARE = box(0, 0, 1000, 1000)
At = tuple[float, float]
Row = tuple[Value, ...]


@pytest.fixture
def odd(squares: Any, internal: Policy) -> Callable[..., list[Row]]:  # noqa: ANN401
    """Return a function that lists what is odd: by name of fault, areas, and more columns."""

    def listed(
        shapes: dict[str, Any],
        *columns: str,
        clients: Sequence[At] = (),
        policy: Policy = internal,
        islands: Sequence[str] = (),
        width: float = 20.0,
    ) -> list[Row]:
        own = squares.areas("a", shapes)
        points = squares.lay(own, own, clients=clients).points
        table = within.within(own, points, points.a, width, policy, islands)
        return [
            tuple(row[name] for name in ("fault", "areas", *columns)) for row in table.records()
        ]

    return listed


def test_squares_side_by_side_are_all_right(odd: Any) -> None:  # noqa: ANN401
    assert odd({"A": SQUARE, "B": box(1000, 0, 2000, 1000)}) == []


def test_the_smaller_pieces_of_an_area_are_told(odd: Any) -> None:  # noqa: ANN401
    pieces = shapely.union_all([SQUARE, box(3000, 0, 3100, 200), box(4000, 0, 4100, 100)])
    found = odd({"A": pieces}, "pieces", "hectares", "width_m", "CYP", clients=[(3050, 50)] * 3)
    assert found == [("pieces", "Area A", 3, 3, 100, 3)]


def test_a_shared_corner_joins_nothing(odd: Any) -> None:  # noqa: ANN401
    pieces = shapely.union_all([SQUARE, box(1000, 1000, 1100, 1100)])
    assert odd({"A": pieces}, "pieces") == [("pieces", "Area A", 2)]


def test_islands_that_are_declared_are_all_right(odd: Any) -> None:  # noqa: ANN401
    pieces = shapely.union_all([SQUARE, box(3000, 0, 3100, 200)])
    assert odd({"A": pieces}, islands=["A"]) == []


@pytest.mark.parametrize(("bridge", "hangs"), [(5, True), (19, True), (21, False), (200, False)])
def test_what_hangs_on_by_a_hair_is_told(odd: Any, bridge: float, hangs: bool) -> None:  # noqa: ANN401, FBT001
    parts = [SQUARE, box(1000, 0, 1500, bridge), box(1500, 0, 2000, 400)]
    found = odd({"A": shapely.union_all(parts)}, "pieces", "CYP", clients=[(1700, 100), (500, 500)])
    assert found == ([("hair bridge", "Area A", 2, 1)] if hangs else [])


def test_a_wrinkle_of_the_border_hangs_on_by_nothing(odd: Any) -> None:  # noqa: ANN401
    """A notch that cuts off 30 x 30 m: less than a hectare is no part of its own."""
    wrinkle = shapely.union_all([SQUARE, box(1000, 0, 1100, 5), box(1100, 0, 1130, 30)])
    assert odd({"A": wrinkle}) == []


def test_a_hole_is_told_with_what_fills_it(odd: Any) -> None:  # noqa: ANN401
    lake, town = box(100, 100, 200, 200), box(500, 500, 700, 700)
    shapes = {"A": shapely.difference(SQUARE, shapely.union_all([lake, town])), "B": town}
    found = odd(shapes, "hectares", "CYP", clients=[(150, 150), (600, 600), (610, 600)])
    assert found == [
        ("hole", "Area A around Area B", 4, 2),
        ("hole", "Area A around nothing", 1, 1),
        ("gap", "Area A", 1, 1),
    ]


def test_one_area_twice_is_no_overlap_but_a_duplicate(odd: Any) -> None:  # noqa: ANN401
    found = odd({"A": SQUARE, "B": box(0, 0, 1000, 1001), "C": box(900, 0, 2000, 1000)})
    assert [row[:2] for row in found] == [
        ("duplicate", "Area A and Area B"),
        ("overlap", "Area A and Area C"),
        ("overlap", "Area B and Area C"),
    ]


@pytest.mark.parametrize(("width", "told"), [(10, True), (19, True), (21, False)])
def test_an_open_gap_is_told_up_to_the_width_and_by_who_lives_in_it(
    odd: Any,  # noqa: ANN401
    width: float,
    told: bool,  # noqa: FBT001
) -> None:
    shapes = {"A": SQUARE, "B": box(1000 + width, 0, 2000, 1000)}
    # The first lives on A's border, and in A.
    found = odd(shapes, "CYP", clients=[(1000, 500), (1005, 500), (1006, 500)])
    assert found == ([("gap", "Area A, Area B", 2)] if told else [])


def test_few_people_are_withheld(odd: Any, public: Policy) -> None:  # noqa: ANN401
    shapes = {"A": SQUARE, "B": box(990, 0, 2000, 1000)}
    assert odd(shapes, "CYP", clients=[(995, 500)] * 3, policy=public) == [
        ("overlap", "Area A and Area B", "c")
    ]


@given(st.permutations("ABCD"), st.integers(1, 30))
def test_the_order_of_the_areas_does_not_matter(order: list[str], width: int) -> None:
    """An overlap, a gap and an island, named by any letters: the same hectares."""
    shapes = [
        box(0, 0, 1000, 1000),
        box(950, 0, 2000, 1000),
        shapely.union_all([box(2000 + width, 0, 3000, 1000), box(5000, 0, 5100, 100)]),
        box(2000, 1000, 3000, 2000),
    ]
    codes = tuple(sorted(order))
    drawn = np.array([shapes[order.index(code)] for code in codes], dtype=object)
    nobody, nowhere = np.empty(0), np.empty(0, dtype=np.int64)
    points = Points(nobody, nobody, nowhere, nowhere, {}, {})
    own = Geography("g", codes, codes, drawn)
    table = within.within(own, points, nowhere, 20.0, definitions.policy("public"))
    found = [(row["fault"], row["hectares"], row["width_m"]) for row in table.records()]
    expected = [("pieces", 1, 100), ("overlap", 5, 50)]
    assert found == [*expected, *([("gap", width / 10, width)] if width <= 20 else [])]


# --- through the command ---


def test_within_names_what_is_odd_and_what_is_not(tiny: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    west = shapely.union_all(
        [box(600_000, 250_000, 601_000, 251_000), box(6e5, 26e4, 601e3, 261e3)]
    )
    tiny.areas("localities.geojson", {"L1": west, "L2": box(601_000, 250_000, 602_000, 251_000)})
    shown = run("hubs", "--show", "within", folder=tiny.folder).stdout
    assert "Within localities: what is odd, and who lives there" in shown
    assert "2 pieces  Area L1  100.0" in shown
    assert "Each area once and in one piece, without holes or gaps: teams." in shown
    tiny.project(('file = "localities.geojson"', 'file = "localities.geojson"\nislands = ["L1"]'))
    shown = run("hubs", "--show", "within", folder=tiny.folder).stdout
    assert "without holes or gaps: localities, teams." in shown


def test_an_island_that_is_no_area_is_refused(tiny: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    tiny.project(('file = "localities.geojson"', 'file = "localities.geojson"\nislands = ["L3"]'))
    result = run("hubs", "--show", "within", folder=tiny.folder)
    assert result.exit_code == 11
    assert "[areas.localities]: there is no area with the code 'L3'" in result.stderr
