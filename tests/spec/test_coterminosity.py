"""Do boundaries agree: every case drawn with a few squares, metres from one corner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pytest
import shapely

from geodemand.core import coterminosity, weights
from geodemand.core.coterminosity import Limits, Pair, Points, Relation
from geodemand.core.disclosure import People, Policy, Table, Value
from geodemand.core.geography import Geography, locate
from geodemand.core.mismatches import differences, mismatches
from geodemand.core.overlay import overlay, widths
from geodemand.core.tally import POSTCODES

Shape = shapely.Geometry
At = tuple[float, float]
USUAL = Limits()


def box(west: float, south: float, east: float, north: float) -> Shape:
    return shapely.box(west, south, east, north)


def geography(name: str, shapes: Mapping[str, Shape], accuracy_m: float = 0.0) -> Geography:
    codes = tuple(sorted(shapes))
    drawn = np.array([shapes[code] for code in codes], dtype=object)
    return Geography(name, codes, codes, drawn, accuracy_m)


@dataclass(frozen=True)
class Compared:
    """Both tables of a comparison, as records."""

    pairs: Table
    mismatches: Table

    def row(self, a: str, weight: str) -> dict[str, Value]:
        (row,) = (row for row in self.pairs.records() if (row["a"], row["weight"]) == (a, weight))
        return row

    def verdict(self, weight: str = "area") -> Value:
        return next(r["verdict"] for r in self.pairs.records() if r["weight"] == weight)

    def listed(self, *names: str) -> list[tuple[Value, ...]]:
        wanted = names or ("unit_a", "unit_b", "kind")
        return [tuple(row[name] for name in wanted) for row in self.mismatches.records()]


def compare(  # noqa: PLR0913 - what a user may say of a pair
    a: Geography,
    b: Geography,
    policy: Policy,
    *,
    relation: str = "same",
    postcodes: Sequence[At] = (),
    clients: Sequence[At] = (),
    limits: Limits = USUAL,
) -> Compared:
    """Compare two geographies with postcodes and clients at points."""
    points = [*postcodes, *clients]
    x, y = (np.array([at[axis] for at in points], dtype=float) for axis in (0, 1))
    is_client = np.arange(len(points)) >= len(postcodes)
    found = Points(
        x,
        y,
        locate(a, x, y),
        locate(b, x, y),
        {POSTCODES: (~is_client).astype(float)},
        {"CYP": People.alone("CYP", is_client.astype(np.int64))},
    )
    pair = Pair(a, b, Relation(relation))
    pieces = overlay(a, b)
    weighed = coterminosity.weigh(pair, pieces, found)
    return Compared(
        coterminosity.pairs(pair, weighed, limits, policy),
        mismatches(differences(pair, pieces, found, weighed, limits), policy).table,
    )


HALVES = {"W": box(0, 0, 1000, 1000), "E": box(1000, 0, 2000, 1000)}
QUARTERS = {
    "SW": box(0, 0, 1000, 500),
    "NW": box(0, 500, 1000, 1000),
    "SE": box(1000, 0, 2000, 500),
    "NE": box(1000, 500, 2000, 1000),
}
BANDS = {"S": box(0, 0, 2000, 500), "N": box(0, 500, 2000, 1000)}


def moved(border: float) -> dict[str, Shape]:
    """Return the halves with their border elsewhere."""
    return {"W": box(0, 0, border, 1000), "E": box(border, 0, 2000, 1000)}


# --- verdicts ---


def test_the_same_squares_are_coterminous(internal: Policy) -> None:
    found = compare(geography("a", HALVES), geography("b", HALVES), internal)
    assert found.verdict() == "coterminous"
    assert found.listed() == []
    assert (found.row("a", "area")["misplaced"], found.row("a", "area")["total"]) == (0, 200)


def test_names_do_not_matter_for_the_same_squares(internal: Policy) -> None:
    renamed = {"1": HALVES["E"], "2": HALVES["W"]}
    found = compare(geography("a", HALVES), geography("b", renamed), internal)
    assert found.verdict() == "coterminous"


def test_quarters_nest_in_halves(internal: Policy) -> None:
    found = compare(geography("quarters", QUARTERS), geography("halves", HALVES), internal)
    assert found.verdict() == "quarters nests in halves"
    forth, back = found.row("quarters", "area"), found.row("halves", "area")
    assert (forth["misplaced"], forth["nested_units"], forth["units"]) == (0, 4, 4)
    assert (back["misplaced"], back["nested_units"], back["units"]) == (100, 0, 2)


def test_halves_that_hold_quarters_are_told_in_their_own_words(internal: Policy) -> None:
    found = compare(geography("halves", HALVES), geography("quarters", QUARTERS), internal)
    assert found.verdict() == "quarters nests in halves"


def test_nothing_is_listed_where_quarters_are_asked_to_nest_in_halves(internal: Policy) -> None:
    quarters, halves = geography("quarters", QUARTERS), geography("halves", HALVES)
    assert compare(quarters, halves, internal, relation="nests").listed() == []
    assert len(compare(quarters, halves, internal, relation="same").listed()) == 2


def test_halves_and_bands_are_neither(internal: Policy) -> None:
    found = compare(geography("halves", HALVES), geography("bands", BANDS), internal)
    assert found.verdict() == "neither"
    assert found.row("halves", "area")["misplaced_share"] == 0.5


@pytest.mark.parametrize(
    ("border", "verdict", "at_0", "at_5"),
    [
        (1000, "coterminous", "coterminous", "coterminous"),
        (1010, "coterminous", "neither", "coterminous"),  # 0.5 % of the area
        (1050, "neither", "neither", "coterminous"),  # 2.5 %
        (1200, "neither", "neither", "neither"),  # 10 %
    ],
)
def test_the_verdict_is_also_said_at_other_tolerances(
    internal: Policy, border: float, verdict: str, at_0: str, at_5: str
) -> None:
    found = compare(geography("a", HALVES), geography("b", moved(border)), internal)
    row = found.row("a", "area")
    assert (row["verdict"], row["verdict_0"], row["verdict_5"]) == (verdict, at_0, at_5)


def test_what_lies_in_none_of_the_others_areas_is_misplaced(internal: Policy) -> None:
    west = {"W": HALVES["W"]}
    found = compare(
        geography("a", HALVES), geography("b", west), internal, clients=[(500, 500), (1500, 500)]
    )
    assert found.row("a", "area")["misplaced"] == 100
    assert found.row("a", "CYP")["misplaced"] == 1
    assert found.row("b", "CYP")["misplaced"] == 0
    assert found.listed() == [("E", "(none)", "real")]
    assert found.verdict() == "b nests in a"


# --- by area, by postcodes, by clients: they disagree, and that is the finding ---


def test_a_strip_counts_by_who_lives_in_it(internal: Policy) -> None:
    """A border moved by 100 m: 5 % of the area, a quarter of the postcodes, all the clients."""
    postcodes = [(500, 500), (700, 500), (1050, 500), (1500, 500)]
    found = compare(
        geography("a", HALVES),
        geography("b", moved(1100)),
        internal,
        postcodes=postcodes,
        clients=[(1050, 400), (1050, 600), (1060, 500)],
    )
    shares = [found.row("a", weight)["misplaced_share"] for weight in ("area", POSTCODES, "CYP")]
    assert shares == [0.05, 0.25, 0.0]  # all of E's clients are together in b's W
    assert found.listed("unit_a", "unit_b", "kind", "hectares", "width_m", POSTCODES, "CYP") == [
        ("E", "W", "real", 10, 100, 1, 3)
    ]


@pytest.mark.parametrize(
    ("clients", "forth", "back"),
    [
        ([], (0, 0), (0, 0)),
        ([(500, 500)] * 8, (8, 0), (8, 0)),
        ([(500, 500)] * 8 + [(1050, 500)] * 2 + [(1500, 500)] * 5, (15, 2), (15, 2)),
        ([(1050, 500)] * 2 + [(1500, 500)] * 5, (7, 2), (7, 0)),
    ],
)
def test_clients_off_their_partner_are_counted_both_ways(
    internal: Policy, clients: list[At], forth: tuple[int, int], back: tuple[int, int]
) -> None:
    found = compare(geography("a", HALVES), geography("b", moved(1100)), internal, clients=clients)
    for name, expected in (("a", forth), ("b", back)):
        row = found.row(name, "CYP")
        assert (row["total"], row["misplaced"]) == expected


def test_a_share_of_no_clients_is_no_figure(internal: Policy) -> None:
    found = compare(geography("a", HALVES), geography("b", HALVES), internal)
    assert found.row("a", "CYP")["misplaced_share"] is None


def test_each_area_has_one_partner_where_most_of_it_lies() -> None:
    held = weights.of_rows([[5, 1, 0, 0], [2, 2, 0, 0], [0, 0, 0, 9], [0, 0, 0, 0]])
    assert weights.partners(held).tolist() == [0, 0, -1]
    assert weights.misplaced(held).tolist() == [1, 2, 9]


# --- real differences and slivers of drawing ---


def with_extra(shape: Shape) -> tuple[Geography, Geography]:
    """Return a square W beside E, and the same with a piece of E given to W."""
    west, east = box(0, 0, 10_000, 10_000), box(10_000, 0, 20_000, 10_000)
    taken = {"W": shapely.union(west, shape), "E": shapely.difference(east, shape)}
    return geography("a", {"W": west, "E": east}), geography("b", taken)


HAIR = box(10_000, 2_000, 10_001, 8_000)  # 1 x 6,000 m
BLOCK = box(10_000, 2_000, 10_080, 2_075)  # 80 x 75 m


def test_a_hair_and_a_block_of_the_same_area_are_told_apart(internal: Policy) -> None:
    assert HAIR.area == BLOCK.area == 6_000
    hair = compare(*with_extra(HAIR), internal)
    block = compare(*with_extra(BLOCK), internal)
    assert hair.listed("unit_a", "unit_b", "kind", "hectares") == [("E", "W", "sliver", 0.6)]
    assert block.listed("unit_a", "unit_b", "kind", "hectares") == [("E", "W", "real", 0.6)]
    assert widths(np.array([HAIR, BLOCK])).round().tolist() == [1, 75]


def test_a_hair_in_which_a_client_lives_is_kept_apart(internal: Policy) -> None:
    at_home = [(5_000, 5_000)] * 3 + [(15_000, 5_000)] * 3
    found = compare(
        *with_extra(HAIR), internal, postcodes=at_home, clients=[*at_home, (10_000.5, 5_000)]
    )
    assert found.listed("kind", "CYP") == [("sliver with clients", 1)]


def test_slivers_of_one_pair_of_areas_are_one_row(internal: Policy) -> None:
    teeth = shapely.union_all(
        [box(10_000, south, 10_005, south + 500) for south in range(0, 10_000, 1_000)]
    )
    found = compare(*with_extra(teeth), internal)
    assert found.listed("kind", "pieces", "hectares") == [("sliver", 10, 2.5)]
    assert found.listed("width_m") == [(pytest.approx(5, rel=0.03),)]


def test_each_real_piece_is_a_row_the_largest_first(internal: Policy) -> None:
    blocks = shapely.union_all([box(10_000, 0, 10_100, 100), box(10_000, 5_000, 10_200, 5_200)])
    found = compare(*with_extra(blocks), internal)
    assert found.listed("kind", "hectares", "width_m") == [("real", 4, 200), ("real", 1, 100)]


@pytest.mark.parametrize(
    ("width", "accuracy", "tolerance", "kind"),
    [
        (19, 0, 20, "sliver"),
        (21, 0, 20, "real"),
        (21, 0, 25, "sliver"),
        (300, 1000, 20, "sliver"),  # a layer drawn to 1 km
        (1100, 1000, 20, "real"),
    ],
)
def test_a_piece_is_a_sliver_up_to_the_width_and_the_accuracy_of_the_drawing(
    internal: Policy, width: float, accuracy: float, tolerance: float, kind: str
) -> None:
    a, b = with_extra(box(10_000, 0, 10_000 + width, 10_000))
    coarse = Geography(b.name, b.codes, b.names, b.shapes, accuracy)
    found = compare(a, coarse, internal, limits=Limits(0.01, tolerance))
    assert found.listed("kind") == [(kind,)]


def test_a_piece_with_a_hole_is_as_wide_as_its_ring(internal: Policy) -> None:
    """A ring of 15 m around a square that stays: 330 m across, but nowhere wider than 15 m."""
    ring = shapely.difference(box(12_000, 2_000, 12_330, 2_330), box(12_015, 2_015, 12_315, 2_315))
    found = compare(*with_extra(ring), internal)
    assert found.listed("unit_a", "unit_b", "kind") == [("E", "W", "sliver")]
    assert widths(np.array([ring])).tolist() == pytest.approx([15], abs=3)


def test_an_area_with_a_hole_and_the_island_in_it(internal: Policy) -> None:
    lake = box(400, 400, 600, 600)
    whole = {"A": box(0, 0, 1000, 1000)}
    holed = {"A": shapely.difference(whole["A"], lake), "B": lake}
    found = compare(geography("a", whole), geography("b", holed), internal, clients=[(500, 500)])
    assert found.listed("unit_a", "unit_b", "kind", "hectares", "CYP") == [("A", "B", "real", 4, 1)]


def test_areas_that_share_a_corner_only_have_nothing_in_common(internal: Policy) -> None:
    corner = {"SW": box(0, 0, 1000, 1000), "NE": box(1000, 1000, 2000, 2000)}
    pieces = overlay(geography("a", corner), geography("b", corner))
    assert sorted(zip(pieces.a.tolist(), pieces.b.tolist(), strict=True)) == [(0, 0), (1, 1)]
    found = compare(geography("a", corner), geography("b", corner), internal)
    assert found.verdict() == "coterminous"


def test_a_piece_that_hangs_together_at_a_corner_only_is_two(internal: Policy) -> None:
    chain = shapely.union(box(11_000, 1_000, 11_100, 1_100), box(11_100, 1_100, 11_200, 1_200))
    assert len(compare(*with_extra(chain), internal).listed()) == 2


def test_the_areas_of_all_pieces_add_up(internal: Policy) -> None:
    del internal
    a, b = geography("a", HALVES), geography("b", {"X": box(500, 250, 2500, 1250)})
    pieces = overlay(a, b)
    union = shapely.union_all([*a.shapes, *b.shapes])
    assert shapely.area(pieces.shapes).sum() == pytest.approx(union.area, rel=1e-9)


# --- a point on a border ---


@pytest.mark.parametrize(
    ("at", "area"),
    [
        ((500, 250), "SW"),
        ((1000, 250), "SE"),  # on a border: the smallest code
        ((500, 500), "NW"),
        ((1000, 500), "NE"),  # where four meet
        ((0, 0), "SW"),  # on the outer corner
        ((2000, 1000), "NE"),
        ((2000.1, 1000), None),
        ((float("nan"), 500), None),
    ],
)
def test_a_point_is_in_one_area_whatever_the_order_of_the_features(
    at: At, area: str | None
) -> None:
    for order in permutations(QUARTERS):
        shapes = np.array([QUARTERS[code] for code in order], dtype=object)
        shuffled = Geography("q", order, order, shapes)
        (found,) = locate(shuffled, np.array([at[0]]), np.array([at[1]]))
        assert (order[found] if found >= 0 else None) == area


def test_a_client_on_the_border_is_in_one_piece_and_counted_once(internal: Policy) -> None:
    found = compare(
        geography("a", HALVES),
        geography("b", moved(1100)),
        internal,
        postcodes=[(500, 500), (1500, 500)],
        clients=[(1000, 500), (1100, 500)],
    )
    rows = [found.row(name, "CYP") for name in ("a", "b")]
    assert [row["total"] for row in rows] == [2, 2]
    # A border point is in the area with the smaller code, E: the first is in the strip.
    assert found.listed("unit_a", "unit_b", "CYP") == [("E", "W", 1)]


# --- published ---


def test_few_clients_in_a_strip_are_withheld_and_the_strip_is_not(public: Policy) -> None:
    clients = [(500, 500)] * 40 + [(1500, 500)] * 40 + [(1050, 500)] * 3
    found = compare(
        geography("a", HALVES),
        geography("b", moved(1100)),
        public,
        postcodes=[(500, 500), (1500, 500)],
        clients=clients,
    )
    assert found.listed("kind", "hectares", "CYP") == [("real", 10, "c")]
    row = found.row("a", "CYP")
    assert (row["total"], row["misplaced"], row["misplaced_share"]) == (85, "c", "c")


@pytest.mark.parametrize("hidden", [1, 4, 7])
def test_a_withheld_count_does_not_show_in_the_verdict(public: Policy, hidden: int) -> None:
    """200 clients and 1 to 7 of them in the strip: 0.5 to 3.4 %, and always the same words."""
    clients = [(500, 500)] * 100 + [(1500, 500)] * (100 - hidden) + [(1050, 500)] * hidden
    found = compare(
        geography("a", HALVES),
        geography("b", moved(1100)),
        public,
        postcodes=[(500, 500), (1500, 500)],
        clients=clients,
    )
    row = found.row("a", "CYP")
    assert (row["verdict"], row["verdict_0"]) == ("neither", "neither")
    assert row["verdict_5"] == "coterminous"
    assert (row["nested_units"], row["units"]) == (1, 2)


@pytest.mark.parametrize("west", [1, 3, 4, 6])
def test_how_a_withheld_count_divides_does_not_show_in_the_verdict(
    public: Policy, west: int
) -> None:
    """7 clients of E, so many of them in the strip that is W's in the other geography."""
    clients = [(500, 500)] * 1000 + [(1050, 500)] * west + [(1500, 500)] * (7 - west)
    found = compare(geography("a", HALVES), geography("b", moved(1100)), public, clients=clients)
    assert found.verdict("CYP") == "coterminous"
    assert [row["misplaced"] for row in found.pairs.records() if row["weight"] == "CYP"] == [
        "c"
    ] * 2
