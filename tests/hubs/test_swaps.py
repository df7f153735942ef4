"""The shortest list of blocks to swap: against all that could be swapped, on small grids."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodemand.core import swap_plans, swaps
from geodemand.core.coterminosity import Relation
from geodemand.core.disclosure import Policy
from geodemand.core.swaps import Blocks

Labels = Sequence[int]


def blocks(a: Labels, b: Labels, width: int = 0, cost: Sequence[float] = ()) -> Blocks:
    """Return blocks of a grid, row by row; each borders those beside, above and below it."""
    width = width or len(a)
    beside = []
    for i in range(len(a)):
        row, column = divmod(i, width)
        near = [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
        cells = [r * width + c for r, c in near if 0 <= c < width and 0 <= r * width + c < len(a)]
        beside.append(frozenset(cells))
    costs = np.array(cost or [1.0] * len(a))
    return Blocks(np.array(a), np.array(b), (max(a) + 1, max(b) + 1), costs, beside)


def holds(made: Blocks, after: Labels, relation: Relation) -> bool:
    """Say whether areas are as asked, kept, and in one piece each."""
    owners: dict[int, set[int]] = {}
    others: dict[int, set[int]] = {}
    for area, other in zip(after, made.b.tolist(), strict=True):
        owners.setdefault(area, set()).add(other)
        others.setdefault(other, set()).add(area)
    if any(len(each) > 1 for each in owners.values()):
        return False
    if relation is Relation.SAME and any(len(each) > 1 for each in others.values()):
        return False
    kept = {old for old, new in zip(made.a.tolist(), after, strict=True) if old == new}
    if kept != set(made.a.tolist()):
        return False
    return relation is Relation.SAME or all(
        in_one_piece(made, [i for i, own in enumerate(after) if own == area]) for area in owners
    )


def in_one_piece(made: Blocks, members: Labels) -> bool:
    reached, edge = {members[0]}, [members[0]]
    while edge:
        near = (made.beside[edge.pop()] & set(members)) - reached
        reached |= near
        edge += near
    return len(reached) == len(members)


def shortest(made: Blocks, relation: Relation) -> float:
    """Return the length of the shortest list, by trying all; infinite where there is none.

    Blocks go to areas that hold a block of the same area of B, as the plan's do.
    """
    size = len(made.a)
    near = [{int(made.a[j]) for j in range(size) if made.b[j] == made.b[i]} for i in range(size)]
    found = [
        sum(old != new for old, new in zip(made.a.tolist(), after, strict=True))
        for after in product(*near)
        if holds(made, after, relation)
    ]
    return min(found, default=math.inf)


@given(
    st.lists(st.integers(0, 2), min_size=6, max_size=6),
    st.lists(st.integers(0, 1), min_size=6, max_size=6),
    st.sampled_from([2, 3, 6]),
)
def test_no_list_that_nests_is_shorter(a: list[int], b: list[int], width: int) -> None:
    made = blocks(a, b, width)
    plan, best = swaps.plan(made, Relation.NESTS), shortest(made, Relation.NESTS)
    if math.isinf(best):
        assert plan.why or not plan.connected
        return
    assert (plan.why, plan.gap, plan.connected) == ("", 0, True)
    assert holds(made, plan.a.tolist(), Relation.NESTS)
    assert (plan.a != made.a).sum() == best


@given(
    st.lists(st.integers(0, 2), min_size=7, max_size=7),
    st.lists(st.integers(0, 2), min_size=7, max_size=7),
)
def test_no_list_that_makes_them_the_same_is_shorter(a: list[int], b: list[int]) -> None:
    made = blocks(a, b)
    plan, best = swaps.plan(made, Relation.SAME), shortest(made, Relation.SAME)
    if math.isinf(best):
        assert plan.why
        return
    assert holds(made, plan.a.tolist(), Relation.SAME)
    assert (plan.a != made.a).sum() == best


@pytest.mark.parametrize("relation", list(Relation)[:2])
@pytest.mark.parametrize(
    ("cost", "after"), [([1, 9, 9, 1], [1, 0, 1, 0]), ([9, 1, 1, 9], [0, 1, 0, 1])]
)
def test_of_two_lists_of_one_length_that_with_fewer_clients_is_taken(
    relation: Relation, cost: list[float], after: list[int]
) -> None:
    """Columns of a 2 x 2 grid are to be rows: either diagonal can be swapped."""
    made = blocks([0, 0, 1, 1], [0, 1, 0, 1], width=2, cost=cost)
    joined = [frozenset({1, 2}), frozenset({0, 3}), frozenset({0, 3}), frozenset({1, 2})]
    made = Blocks(made.a, made.b, made.sizes, made.cost, joined)
    assert swaps.plan(made, relation).a.tolist() == after


def test_an_area_must_hang_together() -> None:
    """0 lies on both sides of 1: what is beyond cannot stay, though it is in the same area of B."""
    made = blocks([0, 1, 1, 0, 0], [0, 0, 1, 1, 1])
    plan = swaps.plan(made, Relation.NESTS)
    assert plan.a.tolist() == [1, 1, 0, 0, 0] or in_one_piece(
        made, np.flatnonzero(plan.a == 0).tolist()
    )
    assert holds(made, plan.a.tolist(), Relation.NESTS)


@pytest.mark.parametrize(
    ("a", "b", "relation", "why"),
    [
        ([0, 0, 1], [0, 0, 0], Relation.SAME, "2 areas cannot be the same as 1"),
        ([0, 0, 1, 1], [0, 0, -1, -1], Relation.SAME, "2 areas cannot be the same as 1"),
        ([0, 0, 1], [0, 1, -1], Relation.SAME, "leaves every area a block of its own"),
        ([0, 0, 0], [0, 1, 1], Relation.NESTS, "1 areas cannot fill 2 without being divided"),
    ],
)
def test_why_there_is_no_plan_is_said(a: Labels, b: Labels, relation: Relation, why: str) -> None:
    assert why in swaps.plan(blocks(a, b), relation).why


def test_no_time_is_told_from_no_plan() -> None:
    found = swaps.plan(blocks([0, 0, 1, 1], [0, 1, 1, 1]), Relation.NESTS, seconds=0)
    assert found.why == "no plan was found within 0 s."


def test_what_lies_in_neither_geography_stays() -> None:
    made = blocks([0, 0, 0, 1, 1, 0], [0, 0, 1, 1, 1, 0])
    partly = Blocks(
        np.array([*made.a[:5], -1]),
        np.array([*made.b[:5], -1]),
        *(made.sizes, made.cost, made.beside),
    )
    assert swaps.plan(partly, Relation.NESTS).a.tolist() == [0, 0, 1, 1, 1, -1]


def test_blocks_outside_the_other_geography_are_said_to_stay(
    squares: Any,  # noqa: ANN401
    internal: Policy,
) -> None:
    a, b = squares.row("a", 0, 1000, 2000), squares.row("b", 0, 1000, 1600)
    small = squares.row("small", 0, 500, 1000, 1600, 2000)
    postcodes = [(250, 500), (750, 500), (1300, 500), (1800, 500)]
    laid = squares.lay(a, b, "nests", postcodes=postcodes)
    block = squares.lay(small, small, postcodes=postcodes).points.a
    found = swap_plans.swapped(laid.pair, small, laid.points, block, internal)
    (said,) = swap_plans.plan_table(found, internal).cells("outcome")
    assert "1 blocks lie in no area of b and stay" in str(said)


# --- from shapes ---


@pytest.fixture
def found(squares: Any, internal: Policy) -> Callable[..., swap_plans.Swapped]:  # noqa: ANN401
    """Return a plan for two areas whose border is 200 m from the other's, of blocks of 100 m."""

    def swapped(relation: str, policy: Policy = internal) -> swap_plans.Swapped:
        a, b = squares.row("a", 0, 1000, 2000), squares.row("b", 0, 1200, 2000)
        strips = {f"S{n:02}": squares.box(100 * n, 0, 100 * n + 100, 1000) for n in range(20)}
        small = squares.areas("blocks", strips)
        postcodes = [(50 + 100 * n, 500) for n in range(20)]
        clients = [*[(1050, 500)] * 12, *[(1150, 500)] * 20, *[(500, 500)] * 9]
        laid = squares.lay(a, b, relation, postcodes=postcodes, clients=clients)
        block = squares.lay(small, small, postcodes=postcodes, clients=clients).points.a
        return swap_plans.swapped(laid.pair, small, laid.points, block, policy)

    return swapped


@pytest.mark.parametrize("relation", ["same", "nests"])
def test_the_blocks_between_two_borders_are_swapped(
    found: Any,  # noqa: ANN401
    internal: Policy,
    relation: str,
) -> None:
    one = found(relation)
    rows = list(swap_plans.swap_table(one, internal).records())
    assert [(r["block"], r["from"], r["to"], r["CYP"]) for r in rows] == [
        ("S11", "Area B", "Area A", 20),
        ("S10", "Area B", "Area A", 12),
    ]
    (plan,) = swap_plans.plan_table(one, internal).records()
    assert [plan[name] for name in ("swapped", "all_blocks", "gap", "CYP", "outcome")] == [
        *(2, 20, 0, 32),
        "proven shortest",
    ]
    assert (plan["off_before"], plan["off_after"]) == (2, 0)


def test_the_new_boundaries_are_of_whole_blocks(found: Any) -> None:  # noqa: ANN401
    layer = swap_plans.new_boundaries(found("same"))
    assert (layer.name, layer.codes) == ("a-same-b", ("A", "B"))
    assert shapely.equals(layer.shapes[0], shapely.box(0, 0, 1200, 1000))
    assert shapely.equals(layer.shapes[1], shapely.box(1200, 0, 2000, 1000))


def test_withheld_counts_do_not_choose_between_lists(squares: Any, public: Policy) -> None:  # noqa: ANN401
    """Columns are to be rows, and either diagonal can be swapped; 1 to 7 clients decide nothing."""
    box, plans = squares.box, set()
    a = squares.areas("a", {"W": box(0, 0, 100, 200), "E": box(100, 0, 200, 200)})
    b = squares.areas("b", {"S": box(0, 0, 200, 100), "N": box(0, 100, 200, 200)})
    corners = {"SW": (0, 0), "NW": (0, 100), "SE": (100, 0), "NE": (100, 100)}
    small = squares.areas(
        "blocks", {k: box(x, y, x + 100, y + 100) for k, (x, y) in corners.items()}
    )
    for few in (1, 4, 7):
        clients = [*[(50, 50)] * few, *[(50, 150)] * (8 - few)]
        laid = squares.lay(a, b, "nests", clients=clients)
        block = squares.lay(small, small, clients=clients).points.a
        one = swap_plans.swapped(laid.pair, small, laid.points, block, public)
        assert len(one.moved) == 2
        plans.add(tuple(one.plan.a.tolist()))
    assert len(plans) == 1


def test_blocks_elsewhere_are_no_plan(squares: Any, internal: Policy) -> None:  # noqa: ANN401
    laid = squares.lay(squares.row("a", 0, 1000), squares.row("b", 0, 1000), "nests")
    far = squares.row("blocks", 5000, 6000)
    nowhere = np.empty(0, dtype=np.int64)
    found = swap_plans.swapped(laid.pair, far, laid.points, nowhere, internal)
    (row,) = swap_plans.plan_table(found, internal).records()
    assert row["outcome"] == "cannot be done by whole blocks: no block lies in both."
    assert (row["swapped"], row["gap"], row["off_after"]) == (None, None, None)


def test_an_island_hangs_together_with_the_shore_that_is_nearest(squares: Any) -> None:  # noqa: ANN401
    shore = squares.row("g", 0, 100, 200)
    island = squares.box(900, 0, 1000, 100)
    shapes = np.array([*shore.shapes, island], dtype=object)
    own = np.zeros(3, dtype=np.int64)
    beside = swap_plans._beside(shapes, own, own)  # noqa: SLF001
    assert beside == (frozenset({1}), frozenset({0, 2}), frozenset({1}))


# --- through the command ---


def test_swaps_are_told_and_the_boundaries_written(tiny: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    west, south = 600_000, 250_000
    strips = {
        f"S{n:02}": shapely.box(west + 100 * n, south, west + 100 * n + 100, south + 1000)
        for n in range(20)
    }
    tiny.areas("strips.geojson", strips)
    options = ("--areas", "strips=strips.geojson", "--swap", "strips")
    result = run("hubs", *options, "--out", "results", folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    assert "To make localities and teams the same, swap 1 of 20 strips (proven shortest):" in (
        " ".join(result.stdout.split())
    )
    path = tiny.folder / "results" / "hubs-localities-same-teams.geojson"
    layer = json.loads(path.read_text(encoding="utf-8"))
    assert [feature["properties"]["code"] for feature in layer["features"]] == ["L1", "L2"]
    again = ("--areas", f"new={path}", "--relation", "new,teams,same", "--fail-on", "mismatch")
    assert run("hubs", *again, folder=tiny.folder).exit_code == 0


def test_blocks_that_there_are_not_are_named(tiny: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    result = run("hubs", "--swap", "lsoa", folder=tiny.folder)
    assert result.exit_code == 2
    assert "there are no areas named 'lsoa'" in result.stderr
