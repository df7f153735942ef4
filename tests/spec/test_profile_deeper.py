"""The deeper tables of a profile: what they say, and that chance alone is no finding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from geodemand.core import (
    blocks,
    by_place,
    concentration,
    derive,
    differences,
    meeting,
    over_represented,
    profile,
    quadrants,
    segmentation,
)
from geodemand.core.disclosure import Exact, IntArray, Policy, Table
from geodemand.core.geography import from_codes
from geodemand.core.segmentation import Scheme
from geodemand.core.tally import POSTCODES, Clients, Places
from geodemand.errors import DisclosureError, UsageError
from geodemand.io import schemes


@pytest.fixture(scope="module")
def acorn() -> Scheme:
    return schemes.scheme("acorn-2009")


def county(acorn: Scheme, postcodes: dict[str, int], **weights: Sequence[float]) -> Places:
    """Return so many postcodes of each type, type by type."""
    codes = acorn.codes("type")
    segment = np.repeat([codes.index(code) for code in postcodes], list(postcodes.values()))
    size = len(segment)
    held = {name: np.array(values, dtype=float) for name, values in weights.items()}
    return Places(
        x=np.zeros(size),
        y=np.zeros(size),
        base=np.ones(size, dtype=bool),
        weights={POSTCODES: np.ones(size), **held},
        segment=segment,
        areas={},
        postcode=np.arange(size),
    )


def listed(name: str, places: Places, acorn: Scheme, held: dict[str, int]) -> Clients:
    """Return a list with so many clients of each type, all in the first postcode of the type."""
    codes = acorn.codes("type")
    first = [int(np.flatnonzero(places.segment == codes.index(code))[0]) for code in held]
    return Clients(name, np.array(first), Exact(np.array(list(held.values()), dtype=np.int64)))


def at_places(name: str, counts: dict[int, int]) -> Clients:
    return Clients(
        name, np.array(list(counts)), Exact(np.array(list(counts.values()), dtype=np.int64))
    )


def profiled(
    clients: Sequence[Clients],
    places: Places,
    acorn: Scheme,
    policy: Policy,
    levels: Sequence[str] = ("type",),
    sets: Sequence[segmentation.SegmentSet] = (),
) -> list[blocks.Block]:
    asked = profile.groups(acorn, "type", levels, sets)
    return blocks.blocks(profile.profile(clients, places, asked, policy))


def rows(table: Table, **wanted: object) -> list[dict[str, Any]]:
    return [
        row for row in table.records() if all(row[name] == value for name, value in wanted.items())
    ]


# --- chance alone ---


def test_lists_drawn_from_the_base_are_not_called_concentrated(
    acorn: Scheme, internal: Policy
) -> None:
    """1,000 lists of 2,000 clients who live anywhere at random; types as small as 1 in 1,000."""
    chance = np.random.default_rng(20260102)
    codes = acorn.codes("type")[:54]
    sizes = np.round(10 ** (0.3 + 2.2 * chance.random(len(codes)))).astype(int)
    places = county(acorn, dict(zip(codes, sizes.tolist(), strict=True)))
    drawn = chance.multinomial(2_000, sizes / sizes.sum(), 1_000)
    lists = [
        listed(str(i), places, acorn, dict(zip(codes, counts.tolist(), strict=True)))
        for i, counts in enumerate(drawn)
    ]
    asked = profile.groups(acorn, "type", ["type"], [])
    table = profile.profile(lists, places, asked, internal)
    columns: dict[str, Any] = table.columns
    kept = [i for i, (lv, b) in enumerate(_level_and_base(table)) if lv == "type" and b > 0]
    q, low, high = (columns[name].values[kept] for name in ("q", "index_low", "index_high"))
    by_list = (q <= 0.05).reshape(1_000, -1)
    assert by_list.mean() <= 0.05
    assert by_list.any(axis=1).mean() <= 0.05, "one false alarm in twenty lists at most"
    assert 0.93 <= ((low <= 100) & (high >= 100)).mean() <= 0.97
    rate = 2_000 / sizes.sum()
    lower, upper = (columns[f"penetration_{end}"].values[kept] for end in ("low", "high"))
    enough = np.tile(sizes * rate >= 10, 1_000)
    assert 0.93 <= ((lower <= rate) & (upper >= rate))[enough].mean() <= 0.97


def _level_and_base(table: Table) -> list[tuple[str, float]]:
    return list(zip(table.cells("level"), table.cells("base_count"), strict=True))  # type: ignore[arg-type]


def test_the_best_types_of_noise_are_not_taken_for_a_set(acorn: Scheme, internal: Policy) -> None:
    chance = np.random.default_rng(20260103)
    codes = acorn.codes("type")[:54]
    places = county(acorn, dict.fromkeys(codes, 40))
    found = 0
    for number in range(20):
        counts = chance.multinomial(50, np.full(54, 1 / 54))
        held = listed(str(number), places, acorn, dict(zip(codes, counts.tolist(), strict=True)))
        own = profiled([held], places, acorn, internal)
        found += bool(derive.derive("X", own, internal).codes)
    assert found <= 3


# --- derived sets ---


def families(acorn: Scheme) -> tuple[Places, Clients]:
    """Return a county in which type 44 holds 8 of 50 families in 1 % of the postcodes."""
    places = county(acorn, {"44": 20, "46": 20, "47": 200, "1": 1_760})
    return places, listed("families", places, acorn, {"44": 8, "46": 2, "47": 4, "1": 36})


def test_a_type_stands_by_its_exact_tail_after_correction(acorn: Scheme, internal: Policy) -> None:
    places, held = families(acorn)
    found = derive.derive("HDF", profiled([held], places, acorn, internal), internal)
    assert found.codes == ("44",)
    (own,) = rows(found.table, segment="44")
    tail = scipy.stats.binom.sf(7, 50, 0.01)
    assert own["p"] == pytest.approx(tail, abs=1e-6)
    assert own["q"] == pytest.approx(56 * tail, abs=1e-6)
    assert (own["clients"], own["expected"], own["index"]) == (8, 0.5, 1600)
    assert (own["chosen"], own["why"], own["rank"]) == ("yes", "more than chance gives", 1)
    (few,) = rows(found.table, segment="46")
    assert (few["chosen"], few["why"]) == ("no", "chance alone may give as many")
    (usual,) = rows(found.table, segment="1")
    assert usual["why"] == "no more than expected"


def test_fewer_than_three_clients_never_stand(acorn: Scheme, internal: Policy) -> None:
    places = county(acorn, {"44": 1, "1": 99_999})
    held = listed("families", places, acorn, {"44": 2, "1": 48})
    found = derive.derive("HDF", profiled([held], places, acorn, internal), internal)
    (own,) = rows(found.table, segment="44")
    assert own["q"] < 0.001
    assert (own["chosen"], own["why"]) == ("no", "fewer than 3")
    assert found.codes == ()


def test_a_set_says_what_noise_alone_would_have_given(acorn: Scheme, internal: Policy) -> None:
    places, held = families(acorn)
    found = derive.derive("HDF", profiled([held], places, acorn, internal), internal)
    (about,) = found.about.records()
    assert about["selection_p"] < 0.01
    assert about["index_by_chance"] > 120, "the best of noise is over 100"
    assert (about["tested"], about["chosen"], about["clients"], about["total"]) == (56, 1, 8, 50)
    assert about["power_clients"] == 5, "a type with 1 % of the base needs 5 of 50"


def test_a_set_is_scored_on_its_own_list_by_leaving_each_client_out(
    acorn: Scheme, internal: Policy, public: Policy
) -> None:
    """As deriving the set anew for every client does; 46 stands by one client only."""
    sizes = {"44": 20, "46": 20, "49": 20, "1": 1_940}
    places = county(acorn, sizes)
    of = {"44": 9, "46": 5, "49": 1, "1": 45}
    whole = derive.derive(
        "HDF", profiled([listed("f", places, acorn, of)], places, acorn, internal), internal
    )
    assert whole.codes == ("44", "46")
    held, base = 0, 0.0
    for code, clients in of.items():
        others = {each: count - (each == code) for each, count in of.items()}
        own = profiled([listed("f", places, acorn, others)], places, acorn, internal)
        chosen = derive.derive("HDF", own, internal).codes
        held += clients * (code in chosen)
        base += clients * sum(sizes[each] for each in chosen) / 2_000
    assert held == 9
    (about,) = whole.about.records()
    assert about["left_out_clients"] == held
    assert about["left_out_index"] == round(100 * held / base)
    low, high = proportion_confint(held, 60, method="wilson")
    assert about["left_out_low"] == round(100 * low / (base / 60))
    assert about["left_out_high"] == round(100 * high / (base / 60))
    hidden = profiled([listed("f", places, acorn, of)], places, acorn, public)
    (about,) = derive.derive("HDF", hidden, public).about.records()
    assert {about[name] for name in derive.LEFT_OUT} == {"c"}


def test_the_choice_is_the_same_every_time(acorn: Scheme, internal: Policy) -> None:
    places, held = families(acorn)
    own = profiled([held], places, acorn, internal)
    once, again = (derive.derive("HDF", own, internal) for _ in range(2))
    assert list(once.table.records()) == list(again.table.records())
    assert list(once.about.records()) == list(again.about.records())


def test_nothing_is_chosen_by_counts_that_are_withheld(acorn: Scheme, public: Policy) -> None:
    places = county(acorn, {"44": 20, "46": 20, "1": 1_960})
    held = listed("families", places, acorn, {"44": 7, "46": 12, "1": 41})
    found = derive.derive("HDF", profiled([held], places, acorn, public), public)
    assert found.codes == ("46",)
    (hidden,) = rows(found.table, segment="44")
    figures = ("clients", "expected", "index", "p", "q", "lower_5", "rank")
    assert {hidden[name] for name in figures} == {"c"}
    assert hidden["chosen"] == "withheld"
    (shown,) = rows(found.table, segment="46")
    # The withheld test counts: 56 tests, not 55.
    assert shown["q"] == pytest.approx(56 * scipy.stats.binom.sf(9, 60, 0.01), abs=1e-6)


@pytest.mark.parametrize(("shape", "rate"), [(0.6, 0.5), (3.0, 3.0), (20.0, 15.0)])
def test_the_prior_of_rates_is_found_again(shape: float, rate: float) -> None:
    chance = np.random.default_rng(20260104)
    expected = 10 ** (2 * chance.random(4_000))
    observed = chance.poisson(expected * chance.gamma(shape, 1 / rate, len(expected)))
    a, b = over_represented.gamma_prior(observed.astype(float), expected)
    assert (a, b) == (pytest.approx(shape, rel=0.15), pytest.approx(rate, rel=0.15))


def test_a_high_index_of_few_clients_ranks_below_a_sure_one(
    acorn: Scheme, internal: Policy
) -> None:
    places = county(acorn, {"44": 1, "46": 100, "47": 400, "1": 1_500})
    held = listed("CYP", places, acorn, {"44": 1, "46": 60, "47": 60, "1": 79})
    table = derive.derive("X", profiled([held], places, acorn, internal), internal).table
    by_type = {row["segment"]: row for row in table.records()}
    assert by_type["44"]["index"] > by_type["46"]["index"]
    assert by_type["44"]["rank"] > by_type["46"]["rank"] == 1
    lower = [by_type[code]["lower_5"] for code in ("46", "47", "1")]
    assert lower == sorted(lower, reverse=True)
    assert all(by_type[code]["lower_5"] < by_type[code]["index"] for code in ("44", "46", "47"))


def test_the_rest_of_a_set_is_the_rest_of_its_categories(acorn: Scheme) -> None:
    chosen = segmentation.parse_set("HDF", "44,46,48,49,51", acorn)
    rest = derive.rest_of(chosen, acorn, "type")
    assert rest is not None
    assert rest.name == "(rest of Hard Pressed)"
    assert rest.codes == ("45", "47", "50", "52", "53", "54", "55", "56")
    whole = segmentation.parse_set("Hard Pressed", "category:5", acorn)
    assert derive.rest_of(whole, acorn, "type") is None


def test_a_derived_set_is_scored_on_other_lists_only(acorn: Scheme, internal: Policy) -> None:
    places, held = families(acorn)
    other = listed("ACS", places, acorn, {"44": 5, "1": 95})
    chosen = segmentation.SegmentSet("HDF", "type", ("44",), "families")
    asked = profile.groups(acorn, "type", (), [chosen])
    table = profile.profile([held, other], places, asked, internal)
    (scored,) = derive.scores("HDF", "families", table).records()
    assert (scored["list"], scored["share"], scored["index"]) == ("ACS", 0.05, 500)


def test_every_member_of_a_given_set_is_tested(acorn: Scheme, internal: Policy) -> None:
    places, held = families(acorn)
    chosen = segmentation.parse_set("HDF", "44,46", acorn)
    rest = derive.rest_of(chosen, acorn, "type")
    assert rest is not None
    asked = profile.groups(acorn, "type", (), [chosen, rest])
    together = profile.profile([held], places, asked, internal)
    (own,) = profiled([held], places, acorn, internal)
    table = derive.given(chosen, own, together, internal)
    verdicts = {row["segment"]: row["verdict"] for row in table.records()}
    assert verdicts == {
        "44": "over-represented",
        "46": "not shown",
        "(together)": "over-represented",
        "(rest of Hard Pressed)": "not shown",
    }
    (sums,) = rows(table, segment="(together)")
    assert (sums["clients"], sums["expected"]) == (10, 1)


# --- the whole profile ---


def test_the_whole_profile_is_tested_as_scipy_tests_a_fit(acorn: Scheme, internal: Policy) -> None:
    places = county(acorn, {"44": 100, "46": 300, "1": 600})
    held = listed("CYP", places, acorn, {"44": 40, "46": 70, "1": 90})
    (row,) = concentration.whole(profiled([held], places, acorn, internal), internal).records()
    expected = scipy.stats.chisquare([40, 70, 90], [20, 60, 120])
    assert row["chi_square"] == pytest.approx(expected.statistic, abs=0.005)
    assert row["p"] == pytest.approx(expected.pvalue, abs=1e-6)
    assert (row["df"], row["expected_small"], row["p_by"]) == (2, 0, "chi-square")
    assert row["cramers_v"] == round(math.sqrt(expected.statistic / 400), 3)
    assert row["hoover"] == pytest.approx((0.1 + 0.05 + 0.15) / 2)


def test_few_expected_clients_are_tested_by_simulation(acorn: Scheme, internal: Policy) -> None:
    places = county(acorn, {"44": 1, "1": 9})
    held = listed("few", places, acorn, {"44": 3, "1": 7})
    (row,) = concentration.whole(profiled([held], places, acorn, internal), internal).records()
    assert (row["p_by"], row["expected_small"]) == ("simulation", 1)
    # As far from 1 of 10 or farther: 3 and more, as none is nearer.
    assert row["p"] == pytest.approx(scipy.stats.binom.sf(2, 10, 0.1), abs=0.01)


def test_a_profile_like_the_base_is_even(acorn: Scheme, internal: Policy) -> None:
    places = county(acorn, {"44": 100, "46": 300, "1": 600})
    held = listed("CYP", places, acorn, {"44": 20, "46": 60, "1": 120})
    own = profiled([held], places, acorn, internal)
    (row,) = concentration.whole(own, internal).records()
    assert (row["chi_square"], row["p"], row["cramers_v"]) == (0, 1, 0)
    assert (row["gini"], row["hoover"]) == (0, 0)
    assert 0 < row["gini_by_chance"] < 0.1
    curve = concentration.concentration(own, internal)
    assert [(r["base_share"], r["client_share"]) for r in curve.records()] == [(0, 0), (1, 1)]


@pytest.mark.parametrize("clients", [10, 100, 2_000])
def test_the_gini_of_noise_is_that_of_the_poisson_distribution(clients: int) -> None:
    """exp(-2m) (I0(2m) + I1(2m)) for a mean of m clients a unit."""
    units = 1_000
    mean = clients / units
    expected = scipy.special.ive(0, 2 * mean) + scipy.special.ive(1, 2 * mean)
    found = concentration.gini_by_chance(clients, np.ones(units))
    assert found == pytest.approx(float(expected), abs=0.01)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=1, max_size=12).filter(
        lambda pairs: any(count for count, _ in pairs)
    )
)
def test_gini_is_the_mean_difference_of_rates(pairs: list[tuple[int, int]]) -> None:
    counts, weights = (np.array(each, dtype=float) for each in zip(*pairs, strict=True))
    apart = np.abs(counts[:, None] * weights - counts * weights[:, None]).sum()
    expected = apart / (2 * counts.sum() * weights.sum())
    assert float(concentration.gini(counts, weights)) == pytest.approx(expected, abs=1e-12)


def test_the_curve_climbs_from_the_highest_rate(acorn: Scheme, internal: Policy) -> None:
    places = county(acorn, {"44": 10, "46": 20, "47": 20, "1": 50})
    held = listed("CYP", places, acorn, {"44": 20, "46": 10, "47": 10, "1": 10})
    own = profiled([held], places, acorn, internal)
    steps = list(concentration.concentration(own, internal).records())
    assert [(r["base_share"], r["client_share"]) for r in steps] == [
        *((0, 0), (0.1, 0.4), (0.5, 0.8), (1, 1)),
    ]
    assert steps[2]["name"].count(",") >= 1, "equal rates are one step"
    points = concentration.points(own, (0.05, 0.3, 0.5), internal)
    assert points.cells("client_share") == [0.2, 0.6, 0.8]


def test_postcodes_are_looked_at_one_by_one_only_under_a_policy_of_exact_figures(
    acorn: Scheme, internal: Policy, public: Policy
) -> None:
    places = county(acorn, {"44": 10, "1": 10})
    held = at_places("CYP", {0: 30, 3: 10})
    (own,) = concentration.by_place([held], places, POSTCODES, internal)
    (whole,) = concentration.whole([own], internal).records()
    assert (whole["level"], whole["segments"], whole["clients"]) == ("postcodes", 20, 40)
    assert whole["chi_square"] is None
    steps = concentration.concentration([own], internal)
    assert steps.cells("client_share") == [0, 0.75, 1, 1]
    assert set(steps.cells("name")) == {None}
    assert concentration.by_place([held], places, POSTCODES, public) == []


def test_figures_over_a_withheld_count_are_withheld(acorn: Scheme, public: Policy) -> None:
    places = county(acorn, {"44": 100, "46": 300, "1": 600})
    held = listed("CYP", places, acorn, {"44": 4, "46": 70, "1": 90})
    own = profiled([held], places, acorn, public)
    (row,) = concentration.whole(own, public).records()
    hidden = ("chi_square", "df", "p", "cramers_v", "gini", "gini_by_chance", "hoover")
    assert {row[name] for name in hidden} == {"c"}
    assert set(concentration.points(own, (0.1,), public).cells("client_share")) == {"c"}
    assert len(concentration.concentration(own, public)) == 0


# --- quadrants and differences ---


def test_a_segment_enters_a_quadrant_only_if_its_interval_says_so(
    acorn: Scheme, internal: Policy
) -> None:
    places = county(acorn, {"44": 200, "46": 500, "47": 50, "48": 50, "49": 200})
    counts = {"44": 400, "46": 300, "47": 100, "48": 20, "49": 180}
    held = listed("CYP", places, acorn, counts)
    table = quadrants.quadrants(profiled([held], places, acorn, internal), internal)
    named = {row["segment"]: row["quadrant"] for row in table.records() if row["share"]}
    assert named == {
        "44": "core",
        "46": "developmental",
        "47": "niche",
        "48": "other",
        "49": "not clear",
    }
    few = listed("few", places, acorn, {code: count // 20 for code, count in counts.items()})
    table = quadrants.quadrants(profiled([few], places, acorn, internal), internal)
    assert {row["quadrant"] for row in table.records() if row["segment"] == "47"} == {"not clear"}


def test_a_withheld_segment_is_in_no_quadrant(acorn: Scheme, public: Policy) -> None:
    places = county(acorn, {"44": 100, "1": 900})
    held = listed("CYP", places, acorn, {"44": 7, "1": 90})
    table = quadrants.quadrants(profiled([held], places, acorn, public), public)
    (row,) = rows(table, segment="44")
    assert (row["quadrant"], row["share"], row["index"]) == ("withheld", "c", "c")


def test_differences_are_those_of_newcombe(acorn: Scheme, internal: Policy) -> None:
    places = county(acorn, {"44": 100, "1": 900})
    first = profiled([listed("A", places, acorn, {"44": 56, "1": 14})], places, acorn, internal)
    second = profiled([listed("B", places, acorn, {"44": 48, "1": 32})], places, acorn, internal)
    (row,) = rows(differences.differences(first, second, internal), segment="44")
    assert (row["a"], row["b"], row["share_a"], row["share_b"]) == ("A", "B", 0.8, 0.6)
    assert (row["difference"], round(row["low"], 4), round(row["high"], 4)) == (0.2, 0.0524, 0.3339)


def test_a_difference_of_a_withheld_count_is_withheld(acorn: Scheme, public: Policy) -> None:
    places = county(acorn, {"44": 100, "1": 900})
    first = profiled([listed("A", places, acorn, {"44": 6, "1": 64})], places, acorn, public)
    second = profiled([listed("B", places, acorn, {"44": 48, "1": 32})], places, acorn, public)
    (row,) = rows(differences.differences(first, second, public), segment="44")
    assert {row[n] for n in ("share_a", "difference", "low", "high", "p", "q")} == {"c"}
    assert row["share_b"] == 0.63


def test_editions_of_a_segmentation_do_not_mix(acorn: Scheme, internal: Policy) -> None:
    with pytest.raises(UsageError, match="do not compare"):
        differences.same_segmentation(acorn.identity, schemes.scheme("acorn-2013").identity)
    places = county(acorn, {"44": 1, "1": 9})
    own = profiled([listed("A", places, acorn, {"44": 1})], places, acorn, internal)
    other = [blocks.Block(**{**vars(own[0]), "codes": own[0].codes[::-1]})]
    with pytest.raises(UsageError, match="are not the same"):
        differences.differences(own, other, internal)


# --- by place ---


def by_areas(
    places: Places, held: Clients, policy: Policy, area: Sequence[str]
) -> list[dict[str, Any]]:
    geography, where = from_codes("wards", area)
    here = Places(**{**vars(places), "areas": {"wards": where}})
    scopes = [by_place.Scope(), by_place.Scope("first", here.segment[:1])]
    table = by_place.by_place([held], here, [geography], [POSTCODES], scopes, policy)
    return list(table.records())


def test_an_area_is_held_against_the_county_and_its_own_base(
    acorn: Scheme, internal: Policy
) -> None:
    places = county(acorn, {"44": 100, "1": 300})
    area = ["A"] * 100 + ["B"] * 200 + [""] * 100
    found = by_areas(places, at_places("CYP", {0: 60, 150: 80, 399: 20}), internal, area)
    a, b, none = (row for row in found if not row["set"])
    assert [row["area"] for row in (a, b, none)] == ["A", "B", "(none)"]
    assert (a["clients"], a["total"], a["base_count"], a["rate"]) == (60, 160, 100, 0.6)
    assert (a["share"], a["base_share"], a["index"]) == (0.375, 0.25, 150)
    assert a["p"] == pytest.approx(2 * scipy.stats.binom.sf(59, 160, 0.25), abs=1e-6)
    assert (a["funnel"], b["funnel"]) == ("above 99.8 %", "within")
    assert none["funnel"] == "below 99.8 %"
    # The county's rate is 0.4; its funnel is the wider, the smaller the base.
    for row in (a, b):
        assert row["lower_998"] < row["lower_95"] < 0.4 < row["upper_95"] < row["upper_998"]
    assert a["upper_95"] - a["lower_95"] > b["upper_95"] - b["lower_95"]
    (inner,) = (row for row in found if row["set"] == "first" and row["area"] == "A")
    assert (inner["clients"], inner["base_count"], inner["base_share"]) == (60, 100, 1)


def test_the_funnel_holds_as_many_areas_as_it_says(acorn: Scheme, internal: Policy) -> None:
    chance = np.random.default_rng(20260105)
    places = county(acorn, {"1": 4_000})
    area = [f"W{i:03}" for i in np.sort(chance.integers(0, 200, 4_000))]
    outside = []
    for _ in range(10):
        counts = chance.multinomial(20_000, np.full(4_000, 1 / 4_000))
        held = at_places("CYP", dict(enumerate(counts.tolist())))
        found = [row for row in by_areas(places, held, internal, area) if not row["set"]]
        outside += [row["funnel"] for row in found]
    assert 0.93 <= outside.count("within") / len(outside) <= 0.97
    assert sum("99.8" in word for word in outside) / len(outside) < 0.006


def test_small_areas_are_withheld_with_all_that_is_formed_from_them(
    acorn: Scheme, public: Policy
) -> None:
    places = county(acorn, {"44": 100, "1": 300})
    area = ["A"] * 6 + ["B"] * 394
    found = by_areas(places, at_places("CYP", {0: 60, 150: 80}), public, area)
    a, b = (row for row in found if not row["set"])
    hidden = ("clients", "share", "rate", "rate_low", "index", "index_high", "p", "q")
    assert {a[name] for name in hidden} == {"c"}, "six addresses are too few"
    assert (a["funnel"], a["flag"]) == ("withheld", "small numbers")
    assert b["clients"] == 80


# --- where lists meet ---


def met(
    clients: Sequence[Clients], places: Places, policy: Policy, member: np.ndarray | None = None
) -> Table:
    inside = np.zeros(len(places), dtype=bool) if member is None else member
    sets = [segmentation.SegmentSet("S", "type", ("44",))]
    within = meeting.scopes(places, sets, [inside])
    alike = meeting.strata(places, places.segment)
    return meeting.combinations(clients, places, within, alike, policy)


def test_every_combination_is_counted_inside_and_outside(acorn: Scheme, internal: Policy) -> None:
    places = county(acorn, {"44": 10, "1": 10})
    lists = [
        at_places("A", {0: 1, 1: 2, 10: 1}),
        at_places("B", {0: 1, 10: 4, 11: 1}),
        at_places("C", {0: 3, 12: 1}),
    ]
    table = met(lists, places, internal, places.segment == places.segment[0])
    assert len(table) == 4 * 2 * 3
    counted = {(r["set"], r["lists"], r["rule"]): r["observed"] for r in table.records()}
    assert counted["(everywhere)", "A + B", "all"] == 2
    assert counted["S", "A + B", "all"] == 1
    assert counted["outside S", "A + B", "all"] == 1
    assert counted["(everywhere)", "A + B + C", "all"] == 1
    assert counted["(everywhere)", "A + B + C", "any"] == 5
    assert counted["outside S", "B + C", "any"] == 3
    for (scope, lists_, rule), observed in counted.items():
        if scope == "(everywhere)":
            assert observed == counted["S", lists_, rule] + counted["outside S", lists_, rule]


def test_chance_meetings_of_two_lists_are_hypergeometric(acorn: Scheme, internal: Policy) -> None:
    places = county(acorn, {"1": 200})
    first, second = range(40), range(25, 80)
    lists = [at_places("A", dict.fromkeys(first, 1)), at_places("B", dict.fromkeys(second, 2))]
    both, either = rows(met(lists, places, internal), set="(everywhere)")
    assert both["observed"] == 15
    assert both["expected"] == pytest.approx(40 * 55 / 200)
    law = scipy.stats.hypergeom(200, 40, 55)
    assert both["p"] == pytest.approx(law.sf(14), abs=1e-6)
    assert (either["observed"], either["expected"]) == (80, 84)
    assert either["p"] == pytest.approx(law.cdf(15), abs=1e-6), (
        "any of 80 or more: both of 15 or fewer"
    )
    assert both["ratio"] == round(15 / 11, 2)


def test_chance_meetings_of_three_lists_are_as_a_simulation_finds(
    acorn: Scheme, internal: Policy
) -> None:
    chance = np.random.default_rng(20260106)
    places = county(acorn, {"44": 60, "1": 140}, households=[*[30] * 50, *[5] * 150])
    held = [chance.permutation(200)[:size] for size in (70, 60, 50)]
    lists = [
        at_places(name, dict.fromkeys(own.tolist(), 1))
        for name, own in zip("ABC", held, strict=True)
    ]
    (row,) = rows(met(lists, places, internal), set="(everywhere)", lists="A + B + C", rule="all")
    strata = meeting.strata(places, places.segment)["kind and size"]
    assert row["strata"] == "kind and size"
    flags = np.zeros((3, 200), dtype=bool)
    for flag, own in zip(flags, held, strict=True):
        flag[own] = True
    plain, layered = [], []
    for _ in range(4_000):
        plain.append(np.all([chance.permutation(flag) for flag in flags], axis=0).sum())
        drawn = flags.copy()
        for stratum in np.unique(strata):
            where = np.flatnonzero(strata == stratum)
            drawn[:, where] = [chance.permutation(flag[where]) for flag in flags]
        layered.append(drawn.all(axis=0).sum())
    assert row["expected"] == pytest.approx(np.mean(plain), abs=0.2)
    assert row["expected_stratified"] == pytest.approx(np.mean(layered), abs=0.2)
    assert row["p"] == pytest.approx(np.mean(np.array(plain) >= row["observed"]), abs=0.03)
    reached = np.mean(np.array(layered) >= row["observed"])
    assert row["p_stratified"] == pytest.approx(reached, abs=0.03)


def test_the_chances_of_many_postcodes_add_up_to_one() -> None:
    sizes = np.array([1_000_000, 3_000])
    held = np.array([[400_000, 500_000, 300_000], [1_500, 900, 3_000]])
    first, chances = meeting._spread(sizes, held)  # noqa: SLF001 - no table shows the whole law
    assert chances.sum() == pytest.approx(1, abs=1e-6)
    mean = (first + np.arange(len(chances))) @ chances
    assert mean == pytest.approx(60_000 + 450, rel=1e-4)


def test_meetings_of_few_are_withheld(acorn: Scheme, public: Policy) -> None:
    places = county(acorn, {"1": 200})
    lists = [
        at_places("A", dict.fromkeys(range(40), 1)),
        at_places("B", dict.fromkeys(range(36, 80), 2)),
    ]
    both, _ = rows(met(lists, places, public), set="(everywhere)")
    assert (both["observed"], both["ratio"], both["p"]) == ("c", "c", "c")
    assert both["expected"] == 9


def test_more_lists_than_can_be_combined_are_refused(acorn: Scheme, internal: Policy) -> None:
    places = county(acorn, {"1": 9})
    lists = [at_places(str(i), {i: 1}) for i in range(7)]
    with pytest.raises(UsageError, match="--meet"):
        met(lists, places, internal)


def test_postcodes_with_clients_are_listed_only_where_the_policy_says_so(
    acorn: Scheme, internal: Policy, public: Policy
) -> None:
    places = county(acorn, {"44": 2, "1": 1})
    lists = [at_places("A", {0: 2, 2: 1}), at_places("B", {0: 1, 1: 1, 2: 3})]
    names = ("IP11AA", "IP11AB", "IP22BA")

    def keys(asked: IntArray) -> list[str]:
        return [names[place] for place in asked]

    inside = [("S", places.segment == places.segment[0])]
    table = meeting.postcodes_met(lists, places, keys, inside, internal)
    assert list(table.records()) == [
        {"postcode": "IP1 1AA", "sets": "S", "A": 2, "B": 1},
        {"postcode": "IP2 2BA", "sets": None, "A": 1, "B": 3},
    ]
    with pytest.raises(DisclosureError, match="does not let postcodes"):
        meeting.postcodes_met(lists, places, keys, inside, public)
