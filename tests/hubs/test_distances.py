"""How far clients are, told from counts by parts: by hand, and never from few clients."""

from __future__ import annotations

import numpy as np
import pytest

from geodemand.core.disclosure import FloatArray, Protected
from geodemand.core.distances import Parts, in_quarters, in_rings


def counts(*values: float | None) -> Protected:
    """Return protected counts, None for a withheld one."""
    found = np.array([np.nan if value is None else value for value in values])
    return Protected(found, np.isnan(found))


def metres(found: Protected) -> list[float | str | None]:
    cells = zip(found.values.tolist(), found.withheld.tolist(), strict=True)
    return ["c" if hidden else None if np.isnan(value) else value for value, hidden in cells]


def places(*sites: int) -> np.ndarray:
    return np.array(sites, dtype=np.int64)


def at(*distances: float) -> FloatArray:
    return np.array(distances, dtype=float)


# --- rings of 100 m, where counts are exact ---


def test_rings_are_of_a_hundred_metres_and_taken_at_their_middle() -> None:
    parts = in_rings(places(0, 0, 1, -1, 0), at(99, 100, 250, 40, 199), sites=2)
    assert parts.of_place.tolist() == [0, 1, 2, -1, 1]
    assert (parts.site.tolist(), parts.part.tolist()) == ([0, 0, 1], [0, 1, 2])
    assert (parts.metres.tolist(), parts.share.tolist()) == ([50, 150, 250], [1, 1, 1])
    assert (parts.size, parts.sites) == (3, 2)


def test_the_mean_and_the_ninetieth_percentile_of_rings() -> None:
    """Nine within 100 m and one at 1,050 m: the mean is 150 m, and nine tenths are within 100 m."""
    parts = in_rings(places(0, 0), at(20, 1_020), sites=1)
    mean, far = parts.distances(counts(9, 1), counts(10, 0, 10))
    assert metres(mean) == [200, None, 200]  # 150, to the nearest hundred, halves upward
    assert metres(far) == [100, None, 100]
    mean, far = parts.distances(counts(8, 2), counts(10, 0, 10))
    assert (metres(mean), metres(far)) == ([300, None, 300], [1_100, None, 1_100])


def test_those_of_all_sites_are_together_and_those_of_none_have_no_site() -> None:
    parts = in_rings(places(0, 1), at(150, 950), sites=2)
    mean, far = parts.distances(counts(30, 10), counts(30, 10, 5, 45))
    assert metres(mean) == [200, 1_000, None, 400]  # (30 x 150 + 10 x 950) / 40 = 350
    assert metres(far) == [200, 1_000, None, 1_000]
    assert (mean.decimals, far.decimals) == (0, 0)


def test_without_places_there_is_no_distance() -> None:
    parts = in_rings(places(-1, -1), at(10, 20), sites=1)
    assert (parts.of_place.tolist(), parts.size) == ([-1, -1], 0)
    mean, far = parts.distances(counts(), counts(0, 2, 2))
    assert (metres(mean), metres(far)) == ([None] * 3, [None] * 3)


# --- quarters of postcodes, where counts are protected ---


def quartered() -> Parts:
    """Return eight postcodes of one site, 100 m apart, a place that is none, and one elsewhere."""
    own = places(*[0] * 9, -1)
    postcode = np.array([True] * 8 + [False, True])
    return in_quarters(own, at(*range(150, 950, 100), 500, 50), postcode, sites=1)


def test_quarters_hold_as_many_postcodes_each() -> None:
    parts = quartered()
    assert parts.of_place.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 1, -1]
    assert (parts.site.tolist(), parts.size, parts.sites) == ([0] * 4, 4, 1)
    assert parts.part.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert parts.metres.tolist() == [*range(150, 950, 100)]
    assert parts.share.tolist() == [1 / 2] * 8


def test_within_a_quarter_clients_live_as_postcodes_do() -> None:
    mean, far = quartered().distances(counts(10, 10, 10, 10), counts(40, 0, 40))
    assert (metres(mean), metres(far)) == ([500, None, 500], [900, None, 900])
    mean, far = quartered().distances(counts(80, 0, 10, 0), counts(90, 0, 90))
    assert (metres(mean), metres(far)) == ([200, None, 200], [600, None, 600])  # 238.9 m; 595 m


def test_two_sites_have_quarters_of_their_own() -> None:
    own, postcode = places(0, 0, 0, 0, 1, 1), np.ones(6, dtype=bool)
    parts = in_quarters(own, at(10, 20, 30, 40, 500, 900), postcode, sites=3)
    assert parts.of_place.tolist() == [0, 1, 2, 3, 4, 7]
    assert parts.site.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert parts.share.tolist() == [1] * 6


def test_withheld_quarters_share_what_is_left_of_their_site() -> None:
    """Of 30 clients 10 are shown in the first quarter: two others share twenty, ten each."""
    parts = quartered()
    mean, _ = parts.distances(counts(10, None, 0, None), counts(30, 0, 30))
    assert metres(mean) == [500, None, 500]  # (10 x 200 + 10 x 400 + 10 x 800) / 30 = 467 m
    exact, _ = parts.distances(counts(10, 10, 0, 10), counts(30, 0, 30))
    assert metres(exact) == [500, None, 500]


def test_of_withheld_quarters_each_holds_one_client_at_least() -> None:
    """20 and 10 rounded to 25 leave nothing for c, which is somebody."""
    parts = quartered()
    mean, _ = parts.distances(counts(20, 10, 0, None), counts(25, 0, 25))
    one, _ = parts.distances(counts(20, 10, 0, 1), counts(25, 0, 25))
    assert metres(mean) == metres(one) == [300, None, 300]


def test_no_distance_is_told_of_a_withheld_site() -> None:
    parts = in_rings(places(0, 1), at(150, 950), sites=2)
    mean, far = parts.distances(counts(None, 10), counts(None, 10, None, 15))
    assert metres(mean)[0] == metres(far)[0] == "c"
    assert np.isnan(mean.values[0])
    assert np.isnan(far.values[0])
    assert (metres(mean)[1:], metres(far)[1:]) == ([1_000, None, 900], [1_000, None, 1_000])


@pytest.mark.parametrize("of_ten", [1, 2, 9])
def test_the_ninetieth_percentile_is_where_nine_of_ten_are_reached(of_ten: int) -> None:
    parts = in_rings(places(*[0] * 10), at(*range(50, 1_050, 100)), sites=1)
    held = np.full(10, 7.0)
    held[-1] = 7.0 * of_ten
    _, far = parts.distances(counts(*held), counts(held.sum(), 0, held.sum()))
    assert metres(far)[0] == (900 if of_ten == 1 else 1_000)
