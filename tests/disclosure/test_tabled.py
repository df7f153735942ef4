"""How a table made elsewhere is read: what a cell says, and which rows and columns are totals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from geodemand.core.tabled import HIDDEN, NOTHING, Cell, Rules, Tabled, cell, is_total, with_totals

EXACT, FIVES = Rules(7, 1), Rules(7, 5)


@pytest.mark.parametrize("text", [*HIDDEN, " C ", "SUPP"])
def test_a_hidden_count_is_one_to_the_threshold(text: str) -> None:
    assert cell(text, EXACT) == Cell(text.strip(), 1, 7, hidden=True)
    assert cell(text, Rules(7, 1, larger=True)) == Cell(text.strip(), 1, math.inf, hidden=True)
    assert cell(text, Rules(0, 1)) == Cell(text.strip(), 1, 1, hidden=True)


@pytest.mark.parametrize("text", [*NOTHING, " N/A "])
def test_what_says_nothing(text: str) -> None:
    assert cell(text, EXACT) is None


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        *(("<5", 1, 4), ("< 5", 1, 4), ("≤5", 1, 5), ("<=5", 1, 5)),
        *(("Fewer than 5", 1, 4), ("less than 10", 1, 9), ("up to 5", 1, 5)),
        *(("1-4", 1, 4), ("1 to 7", 1, 7), ("2–3", 2, 3)),
    ],
)
def test_what_says_its_limits(text: str, low: int, high: int) -> None:
    found = cell(text, Rules(7, 1, larger=True))
    assert found == Cell(text, low, high, hidden=True)
    assert not found.unlimited


@pytest.mark.parametrize(
    ("text", "exact", "fives"),
    [
        ("0", (0, 0), (0, 0)),
        ("10", (10, 10), (8, 12)),
        ("15", (15, 15), (13, 17)),
        ("1,235", (1235, 1235), (1233, 1237)),
        ("1 235", (1235, 1235), (1233, 1237)),
        ("20.0", (20, 20), (18, 22)),
    ],
)
def test_figures_stand_for_what_is_rounded_to_them(
    text: str, exact: tuple[int, int], fives: tuple[int, int]
) -> None:
    for rules, ends in ((EXACT, exact), (FIVES, fives)):
        found = cell(text, rules)
        assert found == Cell(text, *ends)
        assert not found.unlimited


@pytest.mark.parametrize("text", ["ten", "1.5", "12a", "1,23"])
def test_other_words_are_no_counts(text: str) -> None:
    with pytest.raises(ValueError, match=f"^'{text}' is no count$"):
        cell(text, EXACT)


@pytest.mark.parametrize(
    ("label", "total"),
    [
        *(("Total", True), ("all", True), ("Grand total", True), ("Sub-total", True)),
        *(("Total A", True), ("All areas", True), ("North total", True), (" TOTALS ", True)),
        *(("(all)", True), ("Totally", False), ("Alliance", False), ("North", False)),
        *(("Subtotal", True), ("Totals", True), ("Sum", True), ("Overall", True)),
    ],
)
def test_usual_names_of_totals(label: str, total: bool) -> None:  # noqa: FBT001
    assert is_total(label) == total


def table(rows: Sequence[tuple[str, Sequence[int | str]]], columns: Sequence[str]) -> Tabled:
    cells = {
        (i, j): found
        for i, (_, texts) in enumerate(rows)
        for j, text in enumerate(texts)
        if (found := cell(str(text), EXACT)) is not None
    }
    return Tabled("t", tuple(label for label, _ in rows), tuple(columns), cells)


def test_totals_by_name_are_found_on_both_sides_and_said() -> None:
    grid = table(
        [("N", (9, 20, 29)), ("S", (30, 40, 70)), ("Total", (39, 60, 99))], ["a", "b", "All"]
    )
    found = with_totals(grid, (), search=True)
    assert (found.row_sums, found.column_sums) == ({2: (0, 1)}, {2: (0, 1)})
    assert found.said == (
        "row 'Total' is the sum of all others",
        "column 'All' is the sum of all others",
    )
    assert [found.leaves(row) for row in range(3)] == [(0,), (1,), (0, 1)]
    assert [found.column_leaves(column) for column in range(3)] == [(0,), (1,), (0, 1)]
    bare = with_totals(grid, (), search=False)
    assert (bare.row_sums, bare.column_sums, bare.said) == ({}, {}, ())


def test_a_total_by_the_users_word() -> None:
    grid = table([("County", (39,)), ("N", (9,)), ("S", (30,))], ["a"])
    found = with_totals(grid, ("county",), search=False)
    assert found.row_sums == {0: (1, 2)}


def test_a_name_of_a_total_whose_figures_do_not_add_up_is_said() -> None:
    found = with_totals(
        table([("N", (9,)), ("S", (30,)), ("Total", (50,))], ["a"]), (), search=True
    )
    assert found.row_sums == {}
    assert found.said == ("row 'Total' is no sum of others: not used so",)


def test_blocks_with_totals_of_their_own_below_or_above() -> None:
    below = [("a", (9,)), ("b", (20,)), ("Total A", (29,)), ("c", (30,)), ("d", (40,))]
    below += [("Total B", (70,)), ("Total", (99,))]
    found = with_totals(table(below, ["n"]), (), search=True)
    assert found.row_sums == {2: (0, 1), 5: (3, 4), 6: (0, 1, 3, 4)}
    assert found.said[0] == "row 'Total A' is the sum of 2 rows, 'a' to 'b'"
    above = [("Total", (99,)), ("Total A", (29,)), ("a", (9,)), ("b", (20,))]
    above += [("Total B", (70,)), ("c", (30,)), ("d", (40,))]
    found = with_totals(table(above, ["n"]), (), search=True)
    assert found.row_sums == {0: (2, 3, 5, 6), 1: (2, 3), 4: (5, 6)}


def test_a_block_of_one_is_its_own_total() -> None:
    rows = [("a", (9,)), ("b", (20,)), ("Total A", (29,)), ("c", (30,)), ("Total C", (30,))]
    assert with_totals(table(rows, ["n"]), (), search=True).row_sums == {2: (0, 1), 4: (3,)}


def test_without_names_the_last_or_first_where_the_figures_say_so() -> None:
    last = table([("N", (9, 20)), ("S", (30, 40)), ("County", (39, 60))], ["a", "b"])
    found = with_totals(last, (), search=True)
    assert (found.row_sums, found.column_sums) == ({2: (0, 1)}, {})
    assert found.said == ("row 'County' is the sum of the others, as its figures add up",)
    first = table([("County", (39, 60)), ("N", (9, 20)), ("S", (30, 40))], ["a", "b"])
    assert with_totals(first, (), search=True).row_sums == {0: (1, 2)}
    assert with_totals(last, (), search=False).row_sums == {}


@pytest.mark.parametrize(
    "rows",
    [
        [("N", (9,)), ("S", (30,)), ("County", (39,))],  # one figure may be chance
        [("N", (9, 0)), ("S", (30, 0)), ("County", (39, 0))],  # and so may nothing
        [("N", (9, 0)), ("S", (30, 7)), ("County", (39, 7))],  # and one part alone
        [("N", (9, 20)), ("S", (9, 20))],
        [("N", (9, 20)), ("S", (30, 40)), ("County", (39, 61))],
        [("N", ("c", 20)), ("S", ("c", 40)), ("County", ("c", 60))],
    ],
)
def test_chance_makes_no_total(rows: Sequence[tuple[str, Sequence[int | str]]]) -> None:
    grid = table(rows, ["a", "b"][: len(rows[0][1])])
    assert with_totals(grid, (), search=True).row_sums == {}


def test_hidden_counts_may_stand_for_more_where_totals_are_looked_for() -> None:
    """c and 20 of 45: c is 25, hidden so that another one cannot be worked out."""
    rows = [("N", ("c", 20)), ("S", (20, 40)), ("Total", (45, 60))]
    assert with_totals(table(rows, ["a", "b"]), (), search=True).row_sums == {2: (0, 1)}
    limited = [("N", ("<8", 20)), ("S", (20, 40)), ("Total", (45, 60))]
    assert with_totals(table(limited, ["a", "b"]), (), search=True).row_sums == {}
