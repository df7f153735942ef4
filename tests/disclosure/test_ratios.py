"""Shares and averages beside counts: which count each is of, and what it says of that count."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pytest

from geodemand.core.ratios import Ratio, as_written, meant, tightened
from geodemand.core.tabled import Cell, Rules, Tabled, cell, with_totals

COUNTS = ["CYP", "ACS", "Clients", "Postcode"]


@pytest.mark.parametrize(
    ("heading", "left", "found"),
    [
        ("CYP %", "ACS", ("CYP", None)),
        ("% of CYP", "ACS", ("CYP", None)),
        ("Share of cyp", "", ("CYP", None)),
        ("CYP (per cent)", "", ("CYP", None)),
        ("CYP, percent in", "", ("CYP", None)),
        ("Percentage: ACS", "", ("ACS", None)),
        ("%", "ACS", ("ACS", None)),
        ("Share", "", None),
        ("Share of Teams", "ACS", None),  # of a column that there is not: of none, not of ACS
        ("CYP", "ACS", None),
        ("Shared", "ACS", None),
        ("Clients per postcode", "", ("Clients", "Postcode")),
        ("Mean CYP per ACS", "", ("CYP", "ACS")),
        ("average client per Postcode", "", ("Clients", "Postcode")),
        ("Clients per team", "", None),
        ("Teams per postcode", "", None),
    ],
)
def test_what_a_heading_divides(heading: str, left: str, found: object) -> None:
    assert meant(heading, left, COUNTS) == found


@pytest.mark.parametrize(
    ("texts", "whole"),
    [
        (["0.25", "1"], 1),
        (["0.25", " 0.5 "], 1),
        (["25 %", "0.5%"], 100),
        (["2", "0.5"], 100),
        (["1.1"], 100),
        (["c", "x"], 100),
        ([], 100),
    ],
)
def test_shares_are_of_one_or_of_a_hundred(texts: Sequence[str], whole: float) -> None:
    assert as_written(texts) == whole


def test_workbooks_show_whole_numbers_without_decimals() -> None:
    assert Ratio("%", {0: "2", 1: "2.5", 2: "c", 3: " 3.75 % "}, 0, None, 100).decimals == 2
    assert Ratio("%", {0: "2", 1: "c"}, 0, None, 100).decimals == 0
    assert Ratio("%", {}, 0, None, 100).decimals == 0


def of(
    rows: Mapping[str, str], shares: Mapping[str, str], times: float = 100, **rules: bool
) -> Tabled:
    """Return a table of one column of counts and its shares of the total, attacked."""
    labels = (*rows,)
    said = {
        (number, 0): found
        for number, text in enumerate(rows.values())
        if (found := cell(text, Rules(7, 1, **rules))) is not None
    }
    texts = {labels.index(label): text for label, text in shares.items()}
    table = Tabled("t", labels, ("CYP",), said, ratios=(Ratio("CYP %", texts, 0, None, times),))
    return with_totals(table, (), search=True)


def ends(table: Tabled, row: int) -> tuple[float, float]:
    held = table.cells[row, 0]
    return held.low, held.high


HALVES = {"N": "c", "S": "100", "E": "100", "Total": "203"}


@pytest.mark.parametrize(
    ("share", "low", "high"),
    [
        ("1.5", 3, 3),  # 1.45 to 1.55 % of 203 is 2.94 to 3.15
        ("1", 2, 3),  # 0.5 to 1.5 % is 1.02 to 3.05: from 2
        ("2.0", 4, 4),
        ("2 %", 4, 5),
        ("0", 1, 1),
    ],
)
def test_a_share_narrows_a_hidden_count(share: str, low: int, high: int) -> None:
    found = of(HALVES, {"N": share})
    assert ends(found, 0) == (low, high)
    assert found.cells[0, 0].told is True
    assert not found.cells[0, 0].unlimited
    assert found.cells[1, 0].told is False
    assert found.said[-1] == "column 'CYP %' is 'CYP' divided by its total"


def test_ends_that_lie_on_a_half_are_taken_in() -> None:
    """Of 200, 2 % stands for 1.5 to 2.5 %, which is 3 to 5 whatever the last bit says."""
    assert ends(of({**HALVES, "Total": "200", "E": "96"}, {"N": "2"}), 0) == (3, 5)
    assert ends(of({**HALVES, "Total": "1000", "E": "897"}, {"N": "0.3"}), 0) == (3, 3)


def test_shares_of_one_as_workbooks_hold_them() -> None:
    assert ends(of(HALVES, {"N": "0.015"}, times=1), 0) == (3, 3)


def test_what_does_not_fit_is_said_and_not_used() -> None:
    """9 % of 203 is 18: none of 1 to 7, unless larger counts are hidden too."""
    found = of(HALVES, {"N": "9.0"})
    assert ends(found, 0) == (1, 7)
    assert found.said[-1] == (
        "column 'CYP %' is 'CYP' divided by its total; where it does not fit the counts it is not "
        "used"
    )


def test_a_larger_count_may_be_hidden_and_its_share_tells() -> None:
    assert ends(of({**HALVES, "Total": "218"}, {"N": "8.3"}), 0) == (18, 18)
    found = of({**HALVES, "N": "<8", "Total": "218"}, {"N": "8.3"})
    assert ends(found, 0) == (1, 7)  # it says its limit


def test_a_share_of_a_hidden_total_or_of_none_says_little() -> None:
    assert ends(of({"N": "c", "S": "5"}, {"N": "50"}), 0) == (1, 7)
    table = of({**HALVES, "Total": "c"}, {"N": "50"}, larger=True)
    assert table.cells[0, 0].low <= 101


def test_texts_that_are_no_share_and_the_total_itself_say_nothing() -> None:
    found = of(HALVES, {"N": "c", "Total": "100"})
    assert ends(found, 0) == (1, 7)
    assert ends(found, 3) == (203, 203)
    assert found.cells[3, 0].told is False


def test_an_average_is_of_its_own_row() -> None:
    cells = {
        (0, 0): Cell("c", 1, 7, hidden=True), (0, 1): Cell("4", 4, 4),
        (1, 0): Cell("40", 40, 40), (1, 1): Cell("20", 20, 20), (2, 1): Cell("9", 9, 9),
    }  # fmt: skip
    ratio = Ratio("Clients per postcode", {0: "1.3", 1: "2.0", 2: "5.0"}, 0, 1, 1)
    found = tightened(
        Tabled("t", ("N", "S", "E"), ("Clients", "Postcodes"), cells, ratios=(ratio,))
    )
    assert ends(found, 0) == (5, 5)
    assert found.said == ("column 'Clients per postcode' is 'Clients' divided by 'Postcodes'",)


def test_an_average_of_what_nothing_limits() -> None:
    cells = {(0, 0): Cell("c", 1, 7, hidden=True), (0, 1): Cell("c", 4, math.inf, hidden=True)}
    ratio = Ratio("a per b", {0: "1.0"}, 0, 1, 1)
    assert ends(tightened(Tabled("t", ("N",), ("a", "b"), cells, ratios=(ratio,))), 0) == (4, 7)
