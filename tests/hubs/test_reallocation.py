"""Who changes team when one geography replaces another: drawn cases, and what is held out."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodemand.core import mismatches, reallocation
from geodemand.core.coterminosity import Limits
from geodemand.core.disclosure import Policy, Value
from geodemand.core.weights import of_rows

At = tuple[float, float]


@pytest.fixture
def found(squares: Any) -> Callable[..., reallocation.Reallocation]:  # noqa: ANN401
    """Return a function: two areas of 10 km, whose border goes east by so many metres."""

    def moved(
        metres: float, clients: Sequence[At], postcodes: Sequence[At] = ()
    ) -> reallocation.Reallocation:
        laid = squares.lay(
            squares.row("old", 0, 10_000, 20_000),
            squares.row("new", 0, 10_000 + metres, 20_000),
            postcodes=[*postcodes, (5_000, 500), (15_000, 500)],
            clients=clients,
        )
        by = mismatches.guiding(laid.weighed)
        return reallocation.reallocation(laid.pair, laid.pieces, laid.points, by, Limits())

    return moved


def rows(one: reallocation.Reallocation, policy: Policy) -> list[tuple[Value, ...]]:
    names = ("unit_a", "unit_b", "change", "CYP")
    table = reallocation.moves(one, policy)
    return [tuple(row[name] for name in names) for row in table.records() if row["CYP"]]


HELD = "held out: near the line between what stays and what moves"


@pytest.mark.parametrize(
    ("x", "change"),
    [
        (5_000, "stays"),
        (9_940, "stays"),
        (9_960, "stays"),  # what is beyond the old border comes to A: nothing is open
        (10_040, "moves"),  # to A, as its neighbours who stay there
        (10_060, "moves"),
        (10_440, "moves"),
        (10_460, HELD),
        (10_540, HELD),
        (10_560, "stays"),
    ],
)
def test_what_is_near_the_line_is_held_out(
    found: Any,  # noqa: ANN401
    internal: Policy,
    x: float,
    change: str,
) -> None:
    """B loses 500 m to A. Near the new border it is open who moves; at the old one all are A's."""
    one = found(500, [(x, 500)])
    assert [row[2] for row in rows(one, internal)] == [change]


def test_what_moves_within_a_sliver_of_drawing_is_held_out(found: Any, internal: Policy) -> None:  # noqa: ANN401
    one = found(10, [(10_005, 500), (9_990, 500), (10_020, 500)])
    assert rows(one, internal) == [
        ("Area A", "Area A", "stays", 1),
        ("Area B", "Area A", "held out: in a sliver of drawing", 1),
        ("Area B", "Area B", "stays", 1),
    ]


def test_what_the_new_areas_leave_out_moves_to_none(squares: Any, internal: Policy) -> None:  # noqa: ANN401
    laid = squares.lay(
        squares.row("old", 0, 1000, 2000),
        squares.row("new", 0, 1000),
        clients=[(500, 500), (1500, 500), (9999, 500)],
    )
    by = laid.weighed["area"]
    one = reallocation.reallocation(laid.pair, laid.pieces, laid.points, by, Limits())
    assert rows(one, internal) == [
        ("Area A", "Area A", "stays", 1),
        ("Area B", "(none)", "moves", 1),
    ]


def test_each_team_has_its_totals_before_and_after(squares: Any, internal: Policy) -> None:  # noqa: ANN401
    clients = [*[(500, 500)] * 10, *[(1250, 500)] * 4, *[(1750, 500)] * 6]
    laid = squares.lay(
        squares.row("old", 0, 1000, 2000), squares.row("new", 0, 1500, 2000), clients=clients
    )
    by = laid.weighed["area"]
    one = reallocation.reallocation(laid.pair, laid.pieces, laid.points, by, Limits())
    table = reallocation.totals(one, laid.weighed, internal)
    found_rows = [
        tuple(row[name] for name in ("unit_a", "unit_b", "before", "after", "change", "kept"))
        for row in table.records()
        if row["weight"] == "CYP"
    ]
    assert found_rows == [("Area A", "Area A", 10, 14, 4, 10), ("Area B", "Area B", 10, 6, -4, 6)]


def test_a_team_that_ends_and_one_that_begins(squares: Any, internal: Policy) -> None:  # noqa: ANN401
    clients = [(500, 500)] * 9
    two, one_area = squares.row("two", 0, 600, 1000), squares.row("one", 0, 1000)
    for old, new, expected in (
        (two, one_area, [("Area A", "Area A", 9, 9), ("Area B", None, 0, 0)]),
        (one_area, two, [("Area A", "Area A", 9, 9), (None, "Area B", 0, 0)]),
    ):
        laid = squares.lay(old, new, clients=clients)
        one = reallocation.reallocation(
            laid.pair, laid.pieces, laid.points, laid.weighed["area"], Limits()
        )
        table = reallocation.totals(one, laid.weighed, internal)
        assert [
            (row["unit_a"], row["unit_b"], row["before"], row["after"])
            for row in table.records()
            if row["weight"] == "CYP"
        ] == expected


def test_a_difference_of_withheld_figures_is_withheld(squares: Any, public: Policy) -> None:  # noqa: ANN401
    laid = squares.lay(
        squares.row("old", 0, 1000, 2000),
        squares.row("new", 0, 1500, 2000),
        clients=[*[(500, 500)] * 20, *[(1250, 500)] * 3, *[(1750, 500)] * 3],
    )
    one = reallocation.reallocation(
        laid.pair, laid.pieces, laid.points, laid.weighed["area"], Limits()
    )
    table = reallocation.totals(one, laid.weighed, public)
    found = {row["unit_a"]: row for row in table.records() if row["weight"] == "CYP"}
    assert (found["Area A"]["change"], found["Area B"]["change"]) == (5, "c")


def test_lists_of_postcodes_are_refused_under_a_policy_that_forbids_them(
    found: Any,  # noqa: ANN401
    public: Policy,
) -> None:
    one = found(500, [(10_200, 500)])
    with pytest.raises(ValueError, match="does not allow lists of postcodes"):
        reallocation.listed(one, ["X"] * len(one.change), public)


# --- best one-to-one partners ---


@given(st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=1, max_size=4))
def test_partners_leave_as_much_in_place_as_any_pairing_does(matrix: list[list[int]]) -> None:
    held = np.zeros((len(matrix) + 1, 5))
    held[:-1, :-1] = matrix
    partner = reallocation.one_to_one(of_rows(held))
    used = [j for j in partner.tolist() if j >= 0]
    assert len(used) == len(set(used))
    kept = sum(held[i, j] for i, j in enumerate(partner.tolist()) if j >= 0)
    best = max(
        sum(held[i, j] for i, j in enumerate(order))
        for order in permutations(range(4), len(matrix))
    )
    assert kept == best


# --- through the command ---

INTERNAL = ("--policy", "internal", "--reason", "a test")


def test_postcodes_are_listed_under_internal_only(tiny: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    options = ("hubs", "--show", "moves", "--json")
    found = json.loads(run(*options, folder=tiny.folder).stdout)
    assert "moved_postcodes" not in found
    assert "IP2" not in json.dumps(found)
    exact = json.loads(run(*options, *INTERNAL, folder=tiny.folder).stdout)
    (row,) = exact["moved_postcodes"]
    assert (row["postcode"], row["unit_a"], row["unit_b"]) == ("IP2 2BA", "L2", "T1")
    assert row["CYP"] == 10


def test_a_list_for_case_systems_is_written(tiny: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    run("hubs", "--show", "moves", "--format", "csv", *INTERNAL, folder=tiny.folder)
    path = tiny.folder / "outputs" / "hubs-moved_postcodes.csv"
    (row,) = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    assert (row["postcode"], row["name_b"]) == ("IP2 2BA", "Area T1")
    assert "OFFICIAL-SENSITIVE" in row["policy"]


def test_moves_are_printed_with_totals(tiny: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    shown = run("hubs", "--show", "moves", folder=tiny.folder).stdout
    assert "With teams in place of localities: what moves, and ? what is held out" in shown
    assert "What each has, before > after" in shown
    assert "30 > 40" in shown
    assert max(len(line) for line in shown.splitlines()) <= 100
