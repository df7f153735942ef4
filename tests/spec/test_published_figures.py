"""Figures that counties published: whoever knows them must find them again."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from geodemand.core import intervals, profile, segmentation
from geodemand.core.disclosure import Exact, Policy, Table, known_figures
from geodemand.core.segmentation import Scheme
from geodemand.core.tally import POSTCODES, Clients, Places
from geodemand.io import schemes


@pytest.fixture(scope="module")
def acorn() -> Scheme:
    return schemes.scheme("acorn-2009")


def profiled(
    acorn: Scheme, postcodes: dict[str, int], held: dict[str, int], policy: Policy
) -> Table:
    """Profile one list: so many postcodes of each type, so many clients in the first of each."""
    types = acorn.codes("type")
    segment = np.repeat([types.index(code) for code in postcodes], list(postcodes.values()))
    starts = np.cumsum([0, *postcodes.values()])
    first = {code: start for code, (start, _) in zip(postcodes, pairwise(starts), strict=True)}
    size = len(segment)
    places = Places(
        x=np.zeros(size),
        y=np.zeros(size),
        base=np.ones(size, dtype=bool),
        weights={POSTCODES: np.ones(size)},
        segment=segment,
        areas={},
        postcode=np.arange(size),
    )
    counts = Exact(np.array(list(held.values()), dtype=np.int64))
    families = Clients("families", np.array([first[code] for code in held]), counts)
    sets = [
        segmentation.parse_set("Hard Pressed", "category:5", acorn),
        segmentation.parse_set("HDF", "44,46,48,49,51", acorn),
        segmentation.parse_set("other six", "45,47,50,52,53,54", acorn),
    ]
    asked = profile.groups(acorn, "type", ["category", "type"], sets)
    return profile.profile([families], places, asked, policy)


@pytest.mark.parametrize(
    ("families", "base_share", "index", "low", "high"),
    [
        (25, 0.095, 526, 386, 667),  # Hard Pressed
        (23, 0.043, 1070, 767, 1386),  # the five HDF types
        (2, 0.052, 77, 21, 259),  # the other six Hard Pressed types
    ],
)
def test_the_50_families_have_the_published_index_and_interval(
    families: int, base_share: float, index: int, low: int, high: int
) -> None:
    lower, upper = intervals.wilson(np.array([families]), np.array([50]))
    share = known_figures(np.array([families / 50]))
    assert profile.index_of(share, np.array([base_share]), 0).values.tolist() == [index]
    assert np.round(100 * lower / base_share).tolist() == [low]
    assert np.round(100 * upper / base_share).tolist() == [high]


@pytest.mark.parametrize(
    ("share", "base_share", "index"),
    [
        (0.38, 0.095, 400),  # CYP, Hard Pressed
        (0.24, 0.095, 253),  # ACS
        (0.32, 0.095, 337),  # NEET
        (0.23, 0.043, 535),  # CYP, HDF
        (0.08, 0.043, 186),  # ACS
        (0.20, 0.043, 465),  # NEET
        (0.16, 0.052, 308),  # ACS, the other six types
        (0.095, 0.095, 100),  # as expected
        (0.0, 0.095, 0),
    ],
)
def test_published_shares_have_the_published_index(
    share: float, base_share: float, index: int
) -> None:
    found = profile.index_of(known_figures(np.array([share])), np.array([base_share]), 0)
    assert found.values.tolist() == [index]


def test_an_index_over_no_base_is_no_figure() -> None:
    found = profile.index_of(known_figures(np.array([0.1])), np.array([0.0]), 0)
    assert np.isnan(found.values).tolist() == [True]


@pytest.mark.parametrize(
    ("chosen", "postcodes", "clients", "share", "index", "low", "high"),
    [
        ("Hard Pressed", 95, 25, 0.5, 526, 386, 667),
        ("HDF", 43, 23, 0.46, 1070, 767, 1386),
        ("other six", 52, 2, 0.04, 77, 21, 259),
    ],
)
def test_a_profile_of_sets_gives_the_published_table(  # noqa: PLR0913, PLR0917 - a table's columns
    acorn: Scheme,
    internal: Policy,
    chosen: str,
    postcodes: int,
    clients: int,
    share: float,
    index: int,
    low: int,
    high: int,
) -> None:
    table = profiled(acorn, {"44": 43, "45": 52, "1": 905}, {"44": 23, "45": 2, "1": 25}, internal)
    (row,) = (row for row in table.records() if row["segment"] == chosen)
    assert row["base_count"] == postcodes
    assert row["clients"] == clients
    assert row["total"] == 50
    assert row["share"] == share
    figures = [row[name] for name in ("index", "index_low", "index_high")]
    assert [round(float(str(figure))) for figure in figures] == [index, low, high]
    assert row["penetration"] == round(clients / postcodes, 4)


def test_a_category_alone_hides_what_its_types_show(acorn: Scheme, internal: Policy) -> None:
    table = profiled(acorn, {"44": 43, "45": 52, "1": 905}, {"44": 23, "45": 2, "1": 25}, internal)
    rows = {(row["level"], row["segment"]): row for row in table.records()}
    assert rows["category", "5"]["index"] == 526.32
    assert rows["type", "44"]["q"] < 0.001
    assert rows["type", "45"]["q"] > 0.5


def test_under_the_public_policy_no_figure_is_formed_from_two_families(
    acorn: Scheme, public: Policy
) -> None:
    table = profiled(acorn, {"44": 43, "45": 52, "1": 905}, {"44": 23, "45": 2, "1": 25}, public)
    (row,) = (row for row in table.records() if row["segment"] == "other six")
    hidden = ("clients", "share", "index", "index_low", "index_high", "penetration", "p", "q")
    assert [row[name] for name in hidden] == ["c"] * len(hidden)
    assert row["flag"] == "small numbers"
    assert (row["base_count"], row["base_share"]) == (52, 0.052)


@pytest.mark.parametrize(
    ("clients", "expected_share", "flag"),
    [
        (9, 0.5, "small numbers"),  # fewer than 10 clients
        (10, 0.5, None),
        (10, 0.04, "small numbers"),  # fewer than 5 of 100 expected
        (10, 0.05, None),
    ],
)
def test_small_numbers_are_flagged(
    acorn: Scheme, internal: Policy, clients: int, expected_share: float, flag: str | None
) -> None:
    own = round(1000 * expected_share)
    table = profiled(
        acorn, {"44": own, "1": 1000 - own}, {"44": clients, "1": 100 - clients}, internal
    )
    (row,) = (row for row in table.records() if row["segment"] == "44")
    assert row["flag"] == flag
