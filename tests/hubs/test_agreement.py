"""Which area is whose partner, where the rest is, and which areas are whole everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from geodemand.core import agreement, coterminosity
from geodemand.core.coterminosity import Limits
from geodemand.core.disclosure import Policy, Value

USUAL = Limits()


def at(x: float, count: int) -> list[tuple[float, float]]:
    return [(x, 500.0)] * count


def units(laid: Any, policy: Policy, weight: str = "CYP") -> dict[Value, Mapping[str, Value]]:  # noqa: ANN401
    rows = agreement.units(laid.pair, laid.weighed, policy).records()
    return {row["unit"]: row for row in rows if (row["a"], row["weight"]) == ("a", weight)}


def overview(laid: Any, policy: Policy) -> Mapping[str, Value]:  # noqa: ANN401
    pairs = coterminosity.pairs(laid.pair, laid.weighed, USUAL, policy)
    (row,) = agreement.overview(pairs, policy).records()
    return row


@pytest.fixture
def thirds(squares: Any) -> Any:  # noqa: ANN401
    """Two areas against three: 80 clients of A are in A, 15 in B, 5 in none; B's 10 in C."""
    a = squares.row("a", 0, 1000, 2000)
    b = squares.row("b", 0, 700, 900, letters="AB")
    c = squares.box(1000, 0, 2000, 1000)
    both = squares.areas("b", {"A": b.shapes[0], "B": b.shapes[1], "C": c})
    return squares.lay(a, both, clients=[*at(300, 80), *at(800, 15), *at(950, 5), *at(1500, 10)])


def test_each_area_is_told_its_partner_and_where_the_rest_is(thirds: Any, internal: Policy) -> None:  # noqa: ANN401
    found = units(thirds, internal)
    assert found["A"] | {"a": "a", "b": "b"} == {
        "a": "a",
        "b": "b",
        "unit": "A",
        "name": "Area A",
        "weight": "CYP",
        "partner": "Area A",
        "total": 100,
        "inside": 80,
        "share": 0.8,
        "rest": 20,
        "elsewhere": "Area B, (none)",
    }
    assert (found["B"]["partner"], found["B"]["rest"], found["B"]["elsewhere"]) == (
        *("Area C", 0),
        None,
    )


def test_what_each_area_holds_adds_up_by_every_weight(thirds: Any, internal: Policy) -> None:  # noqa: ANN401
    for row in agreement.units(thirds.pair, thirds.weighed, internal).records():
        assert row["inside"] + row["rest"] == pytest.approx(row["total"])  # type: ignore[operator]


def test_an_area_outside_the_other_geography_has_no_partner(squares: Any, internal: Policy) -> None:  # noqa: ANN401
    laid = squares.lay(
        squares.row("a", 0, 1000, 2000), squares.row("b", 0, 1000), clients=at(1500, 9)
    )
    row = units(laid, internal)["B"]
    assert (row["partner"], row["inside"], row["rest"], row["elsewhere"]) == (
        *("(none)", 0, 9),
        "(none)",
    )


@pytest.mark.parametrize("first", [1, 3, 4, 6])
def test_a_partner_tells_nothing_of_withheld_counts(
    squares: Any,  # noqa: ANN401
    public: Policy,
    first: int,
) -> None:
    """7 clients of one area in two of the other's: who has more of them must not show."""
    laid = squares.lay(
        squares.row("a", 0, 1000),
        squares.row("b", 0, 500, 1000),
        clients=[*at(200, first), *at(700, 7 - first)],
    )
    row = units(laid, public)["A"]
    assert [row[name] for name in ("partner", "total", "inside", "share", "rest")] == [
        *("Area A", "c", "c", "c", "c")
    ]
    assert row["elsewhere"] == "Area B"


def test_areas_are_whole_only_if_no_system_divides_them(squares: Any, internal: Policy) -> None:  # noqa: ANN401
    """A's border with B moves in c only, where 10 of B's 100 clients live."""
    clients = [*at(500, 100), *at(1050, 10), *at(1500, 90), *at(2500, 100)]
    a = squares.row("a", 0, 1000, 2000, 3000)
    same, other = squares.row("b", 0, 1000, 2000, 3000), squares.row("c", 0, 1100, 2000, 3000)
    judged = []
    for b in (same, other):
        laid = squares.lay(a, b, clients=clients)
        judged += agreement.judged(laid.pair, laid.weighed, 0.01, internal)
    found = agreement.whole_units(judged)
    rows = [row for row in found.records() if row["geography"] == "a"]
    assert [
        (r["unit"], r["systems"], r["whole_in"], r["whole"], r["divided_by"]) for r in rows
    ] == [
        ("A", 2, 2, "yes", None),
        ("B", 2, 1, "no", "c"),
        ("C", 2, 2, "yes", None),
    ]


def test_only_the_first_of_a_pair_is_asked_to_nest(squares: Any, internal: Policy) -> None:  # noqa: ANN401
    parts, whole = squares.row("parts", 0, 500, 1000), squares.row("whole", 0, 1000)
    clients = [*at(200, 10), *at(700, 10)]
    nests = squares.lay(parts, whole, "nests", clients=clients)
    same = squares.lay(parts, whole, "same", clients=clients)
    for laid, names in ((nests, {"parts"}), (same, {"parts", "whole"})):
        found = agreement.judged(laid.pair, laid.weighed, 0.01, internal)
        assert {each.own.name for each in found} == names


@pytest.mark.parametrize(
    ("moved", "found", "holds"),
    [
        (0, ("coterminous", "coterminous", "coterminous"), "yes"),
        (1, ("coterminous", "neither", "coterminous"), "yes"),
        (9, ("neither", "neither", "coterminous"), "no"),
        (50, ("neither", "neither", "neither"), "no"),
    ],
)
def test_the_overview_says_what_holds_at_each_tolerance(
    squares: Any,  # noqa: ANN401
    internal: Policy,
    moved: int,
    found: tuple[str, ...],
    holds: str,
) -> None:
    laid = squares.lay(
        squares.row("a", 0, 1000, 2000),
        squares.row("b", 0, 1100, 2000),
        clients=[*at(500, 200), *at(1050, moved), *at(1500, 200 - moved)],
    )
    row = overview(laid, internal)
    assert (row["found"], row["found_0"], row["found_5"]) == found
    assert (row["holds"], row["weight"], row["share"]) == (holds, "CYP", moved / 400)


def test_one_list_for_which_it_fails_is_enough(squares: Any, internal: Policy) -> None:  # noqa: ANN401
    """By postcodes B nests in A; by clients A nests in B: neither holds for both."""
    laid = squares.lay(
        squares.row("a", 0, 1000, 2000),
        squares.row("b", 0, 1000),
        postcodes=[*at(500, 5), *at(1500, 5)],
        clients=at(500, 10),
    )
    row = overview(laid, internal)
    assert row["found"] == "b nests in a"
    assert (row["holds"], row["weight"], row["share"]) == ("no", "postcodes", 0.5)
