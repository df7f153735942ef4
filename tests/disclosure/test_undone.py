"""What can be worked out of published tables, said by hand for tables that one can add up."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence

import numpy as np
import pytest

from geodemand.core import tabled, undone
from geodemand.core.tabled import Rules, Tabled
from geodemand.core.undone import NotAddingUpError, Undone

EXACT = Rules(4)


def table(
    text: str, rules: Rules = EXACT, *, name: str = "t", search: bool = True, named: str = ""
) -> Tabled:
    """Return a table written as lines of cells with commas."""
    header, *lines = [[cell.strip() for cell in line.split(",")] for line in text.split(";")]
    cells = {
        (r, c): found
        for r, line in enumerate(lines)
        for c, each in enumerate(line[1:])
        if (found := tabled.cell(each, rules))
    }
    made = Tabled(name, tuple(line[0] for line in lines), tuple(header[1:]), cells)
    return tabled.with_totals(made, [named] if named else [], search=search)


def told(found: Undone) -> dict[tuple[str, str], tuple[int, int, str]]:
    return {(e.row, e.column): (e.low, e.high, e.how) for e in found.recovered}


def audit(*texts: str, rules: Rules = EXACT) -> Undone:
    names = ["a", "b", "c"]
    tables = [table(each, rules, name=name) for each, name in zip(texts, names, strict=False)]
    return undone.audit(tables, rules)


def test_a_cell_is_its_total_less_the_others() -> None:
    found = audit("Area,CYP; N,120; S,c; E,33; Total,156")
    assert told(found) == {("S", "CYP"): (3, 3, "Total / CYP 156 less N / CYP 120, E / CYP 33")}
    (one,) = found.recovered
    assert (one.table, one.shown) == ("a", "c")
    assert (found.cells, found.hidden) == (4, 1)
    assert found.hide == (("a", "E", "CYP", "33"),)
    assert found.round_to == 5
    assert found.said == ()


def test_rounding_is_proposed_to_the_least_base_that_helps() -> None:
    tables = [table("Area,CYP; N,10; S,c; E,10; Total,15", Rules(7, 5))]
    found = undone.audit(tables, Rules(7, 5))
    assert [(each.low, each.high) for each in found.recovered] == [(1, 1)]
    assert found.round_to == 10
    assert undone.audit(tables, Rules(7, 5), (5,)).round_to == 0
    assert undone.audit(tables, Rules(7, 5), (20,)).round_to == 20
    # 1 of 17 beside 8 and 8: rounded to 5 that is 15 beside 10 and 10, which only 1 fits.
    assert audit("Area,CYP; N,8; S,c; E,8; Total,17", rules=Rules(7)).round_to == 10
    # A cell that its own words give away is mended by no rounding.
    assert audit("Area,CYP; N,120; S,1-2; E,33").round_to == 0
    # What is safe already needs none.
    safe = audit("Area,CYP; N,120; S,c; E,33")
    assert (safe.round_to, safe.hide, safe.recovered, safe.hidden) == (0, (), (), 1)


def test_nothing_hidden_is_nothing_to_recover() -> None:
    found = audit("Area,CYP; N,120; S,3; Total,123")
    assert (found.cells, found.hidden, found.recovered, found.round_to) == (3, 0, (), 0)
    assert undone.audit([], EXACT) == Undone(0, 0, (), (), 0, ())


def test_rows_and_columns_together() -> None:
    found = audit("L,CYP,ACS,Total; N,120,c,124; S,c,80,c; E,33,41,74; Total,156,c,c")
    assert told(found)["N", "ACS"] == (4, 4, "N / Total 124 less N / CYP 120")
    assert told(found)["S", "CYP"][:2] == (3, 3)
    assert told(found)["S", "CYP"][2] == "Total / CYP 156 less N / CYP 120, E / CYP 33"
    assert told(found)["S", "Total"][:2] == (83, 83)
    assert found.hidden == 5
    assert len(found.recovered) == 5


def test_a_cell_that_equals_another() -> None:
    found = audit("Area,CYP; N,0; S,c; Total,3")
    assert told(found) == {("S", "CYP"): (3, 3, "Total / CYP 3 less N / CYP 0")}
    same = audit("Area,CYP; N,c; S,c; Total,3; North and South,3")
    assert {each[:2] for each in told(same).values()} <= {(1, 2), (3, 3)}
    alone = Tabled(
        "t", ("N", "All"), ("CYP",),
        {(0, 0): tabled.Cell("c", 1, 4, hidden=True), (1, 0): tabled.Cell("3", 3, 3)},
        {1: (0,)},
    )  # fmt: skip
    assert told(undone.audit([alone], EXACT)) == {("N", "CYP"): (3, 3, "equals All / CYP 3")}


def test_a_cell_that_follows_from_several_together() -> None:
    found = audit("Type,CYP; Total A,30; a1,10; a2,c; a3,17; Total B,40; b1,c; b2,c; b3,33")
    assert told(found)["a2", "CYP"] == (3, 3, "Total A / CYP 30 less a1 / CYP 10, a3 / CYP 17")
    assert told(found)["b1", "CYP"][:2] == (3, 4)
    assert told(found)["b1", "CYP"][2] == ("Total B / CYP 40 less b2 / CYP c, b3 / CYP 33")


def test_two_tables_of_the_same_people() -> None:
    areas = "Area,CYP; N,120; S,c; E,33; Total,[z]"
    types = "Type, cyp ; A,100; B,56; Total,156"
    assert audit(areas).recovered == ()
    found = audit(areas, types)
    assert told(found) == {
        ("S", "CYP"): (3, 3, "b: Total / cyp 156 less a: N / CYP 120, a: E / CYP 33")
    }
    assert found.said == ("'cyp' is taken for the same people in 2 tables, each with its total.",)
    assert found.cells == 6
    assert found.hide[0][0] in {"a", "b"}
    # Without totals, nobody knows that the rows are all people of the column.
    assert audit(areas, "Type,CYP; A,100; B,56").recovered == ()
    other = audit(areas, "Type,ACS; A,100; B,56; Total,156")
    assert (other.recovered, other.said) == ((), ())
    # The same rows once more break nothing down further.
    again = audit("Area,CYP; N,120; S,c; E,33; Total,[z]", "Area,CYP; n,120; s,c; e,33; Total,156")
    assert again.said == ()
    assert len(again.recovered) == 2


def test_two_tables_cut_the_other_way_cross() -> None:
    """A cell of one and a cell of the other share what lies in both, and no more."""
    by_area = "Area,CYP; N,10; S,c; Total,13"
    by_type = "Type,CYP; A,c; B,10; Total,13"
    found = audit(by_area, by_type)
    assert {(each.table, each.row): (each.low, each.high) for each in found.recovered} == {
        ("a", "S"): (3, 3),
        ("b", "A"): (3, 3),
    }


def test_tables_with_too_many_rows_are_read_each_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    areas = "Area,CYP; N,120; S,c; E,33; Total,[z]"
    types = "Type,CYP; A,100; B,56; Total,156"
    monkeypatch.setattr(undone, "MOST_PIECES", 6)
    assert len(audit(areas, types).recovered) == 1
    monkeypatch.setattr(undone, "MOST_PIECES", 5)
    found = audit(areas, types)
    assert found.recovered == ()
    assert found.said == ("'cyp': too many rows to lay tables over each other: each alone.",)


def test_hidden_counts_that_do_not_fit_may_be_larger() -> None:
    found = audit("Area,CYP; N,100; S,c; E,c; Total,123")
    assert found.recovered == ()
    assert found.said == (
        "Hidden counts up to the threshold do not fit the totals: some are taken to be larger.",
    )
    one = audit("Area,CYP; N,100; S,c; Total,123")
    assert [(each.low, each.high) for each in one.recovered] == [(23, 23)]
    # One that says its own limit cannot be.
    limited = {0: "100", 1: "<5", 2: "123"}
    cells = {(row, 0): tabled.cell(text, EXACT) for row, text in limited.items()}
    made = Tabled("t", ("N", "S", "Total"), ("CYP",), cells, {2: (0, 1)})  # type: ignore[arg-type]
    with pytest.raises(NotAddingUpError):
        undone.audit([made], EXACT)


def test_of_what_binds_a_cell_the_smallest_part_is_hidden_too() -> None:
    found = audit("Area,CYP; N,120; S,c; E,33; W,50; Total,206")
    assert found.hide == (("a", "E", "CYP", "33"),)
    zero = audit("Area,CYP; N,0; S,c; E,33; W,50; Total,86")
    assert zero.hide == (("a", "E", "CYP", "33"),)
    # 2 beside a hidden 2 leaves both 1 to 3: a third has to go.
    small = audit("Area,CYP; N,1; S,c; E,30; W,50; Total,83")
    assert [each[1] for each in small.hide] == ["N", "E"]


def possible(counts: Sequence[Sequence[str]], rules: Rules) -> dict[tuple[int, int], set[int]]:
    """Return the values that each hidden cell of a small table with totals may have, by trying."""
    rows, columns = len(counts) - 1, len(counts[0]) - 1
    cells = [[tabled.cell(each, rules) for each in line] for line in counts]
    ranges = []
    for r, c in itertools.product(range(rows), range(columns)):
        each = cells[r][c]
        assert each is not None
        ranges.append(np.arange(int(each.low), int(min(each.high, 40)) + 1))
    body = np.stack(np.meshgrid(*ranges), axis=-1).reshape(-1, rows, columns)
    across = np.concatenate([body, body.sum(axis=2, keepdims=True)], axis=2)
    whole = np.concatenate([across, across.sum(axis=1, keepdims=True)], axis=1)
    held = {
        (r, c): each
        for r, line in enumerate(cells)
        for c, each in enumerate(line)
        if each is not None
    }
    for (r, c), each in held.items():
        whole = whole[(each.low <= whole[:, r, c]) & (whole[:, r, c] <= each.high)]
    return {at: {*whole[:, *at].tolist()} for at, each in held.items() if each.hidden}


def test_every_small_table_is_judged_as_trying_all_counts_judges_it() -> None:
    random = np.random.default_rng(8)
    for _ in range(8):
        body = random.choice([0, 1, 2, 3, 4, 5, 9, 14], (2, 2))
        whole = np.block([[body, body.sum(axis=1)[:, None]],
                          [body.sum(axis=0)[None], np.array([[body.sum()]])]])  # fmt: skip
        texts = [["c" if 1 <= n <= 4 else str(n) for n in line] for line in whole.tolist()]
        lines = ["Area,x,y,Total", *(
            ",".join([name, *line]) for name, line in zip(["N", "S", "Total"], texts, strict=True)
        )]  # fmt: skip
        found = audit(";".join(lines))
        rows, columns = ("N", "S", "Total"), ("x", "y", "Total")
        expected = {
            (rows[r], columns[c]): (min(values), max(values))
            for (r, c), values in possible(texts, EXACT).items()
            if len(values) < 3
        }
        assert {at: each[:2] for at, each in told(found).items()} == expected
        if not found.hide:
            continue
        hidden = {(row, column) for _, row, column, _ in found.hide}
        for r, c in itertools.product(range(3), range(3)):
            assert texts[r][c] not in {"c", "0"} or (rows[r], columns[c]) not in hidden
        # With these hidden as well, whatever their size, nothing is left to work out.
        cells = {
            (r, c): tabled.Cell("c", 1, math.inf, hidden=True)
            if (rows[r], columns[c]) in hidden
            else each
            for r, line in enumerate(texts)
            for c, text in enumerate(line)
            if (each := tabled.cell(text, EXACT))
        }
        made = tabled.with_totals(Tabled("t", rows, columns, cells), (), search=True)
        # What is left then follows from hidden cells and zeros, which cannot be hidden.
        for each in undone.audit([made], EXACT).recovered:
            assert not re.search(r" [1-9][0-9]*(,|$| less)", each.how)


def test_a_long_list_of_cells_is_cut() -> None:
    rows = "; ".join(f"r{n},{20 + n}" for n in range(9))
    found = audit(f"Area,CYP; S,c; {rows}; Total,{sum(range(20, 29)) + 3}")
    (how,) = (each[2] for each in told(found).values())
    assert how.startswith("Total / CYP 219 less r0 / CYP 20, r1 / CYP 21, ")
    assert how.endswith("r5 / CYP 25 and 3 more")
