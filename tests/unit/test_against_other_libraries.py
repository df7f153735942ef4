"""The same figures out of independent libraries."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import scipy.optimize
import scipy.stats
import shapely
import sklearn.metrics
from shapely import affinity
from statsmodels.stats.contingency_tables import Table
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    proportions_ztest,
)

from geodemand.core import intervals, weights
from geodemand.core.geography import NOWHERE, Geography, locate
from geodemand.core.overlay import overlay

GRID = "EPSG:27700"


@pytest.fixture
def chance() -> np.random.Generator:
    return np.random.default_rng(20260101)


def tiles(name: str, count: int, angle: float = 0.0) -> Geography:
    """Return count x count squares over 10 km, turned."""
    side = 10_000 / count
    edges = [(600_000 + i * side, 250_000 + j * side) for i in range(count) for j in range(count)]
    shapes = [shapely.box(west, south, west + side, south + side) for west, south in edges]
    turned = [affinity.rotate(shape, angle, origin=(605_000, 255_000)) for shape in shapes]
    codes = tuple(f"{name}{n:03}" for n in range(count * count))
    return Geography(name, codes, codes, np.array(turned, dtype=object))


def frame(geography: Geography) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {geography.name: range(len(geography))}, geometry=list(geography.shapes), crs=GRID
    )


def test_wilson_intervals_are_those_of_statsmodels() -> None:
    total = np.array([1, 2, 8, 50, 50, 500, 24_495, 10])
    events = np.array([0, 1, 8, 25, 2, 499, 2_327, 0])
    low, high = proportion_confint(events, total, alpha=0.05, method="wilson")
    found = intervals.wilson(events.astype(float), total.astype(float))
    assert found[0] == pytest.approx(low, abs=1e-12)
    assert found[1] == pytest.approx(high, abs=1e-12)


def test_a_wilson_interval_of_nobody_is_no_figure() -> None:
    low, high = intervals.wilson(np.array([0.0]), np.array([0.0]))
    assert np.isnan([low, high]).all()


def test_exact_limits_of_few_events_are_those_of_the_chi_square() -> None:
    events = np.arange(10.0)
    low, high = intervals.poisson_limits(events)
    assert low[1:] == pytest.approx(scipy.stats.chi2.ppf(0.025, 2 * events[1:]) / 2, rel=1e-9)
    assert low[0] == 0
    assert high == pytest.approx(scipy.stats.chi2.ppf(0.975, 2 * events + 2) / 2, rel=1e-9)


@pytest.mark.parametrize(
    ("events", "low", "high"),
    [
        # Exact limits as tables of Poisson confidence limits print them.
        *((0, 0, 3.69), (1, 0.03, 5.57), (2, 0.24, 7.22), (5, 1.62, 11.67), (9, 4.12, 17.08)),
        (65, 50.16, 82.85),  # the example of the Office for Health Improvement and Disparities
    ],
)
def test_limits_of_a_count_are_the_published_ones(events: int, low: float, high: float) -> None:
    found = intervals.poisson_limits(np.array([float(events)]))
    assert [round(float(limit[0]), 2) for limit in found] == [low, high]


def test_byar_limits_lie_beside_the_exact_ones() -> None:
    events = np.arange(10.0, 3_000)
    low, high = intervals.poisson_limits(events)
    assert low == pytest.approx(scipy.stats.chi2.ppf(0.025, 2 * events) / 2, rel=2e-3)
    assert high == pytest.approx(scipy.stats.chi2.ppf(0.975, 2 * events + 2) / 2, rel=2e-3)


def test_the_limits_of_an_unknown_count_are_no_figure() -> None:
    low, high = intervals.poisson_limits(np.array([np.nan, 12.0]))
    assert np.isnan([low[0], high[0]]).all()
    assert np.isfinite([low[1], high[1]]).all()


def test_differences_have_the_limits_and_p_of_statsmodels(chance: np.random.Generator) -> None:
    for _ in range(40):
        total = chance.integers(5, 400, 2)
        events = np.floor(chance.random(2) * (total + 1))
        pairs = [(np.array([e]), np.array([float(n)])) for e, n in zip(events, total, strict=True)]
        low, high = intervals.newcombe(*pairs)
        expected = confint_proportions_2indep(
            events[0], total[0], events[1], total[1], method="newcomb", compare="diff"
        )
        assert [low[0], high[0]] == pytest.approx(expected, abs=1e-9)
        if 0 < events.sum() < total.sum():
            _, p = proportions_ztest(events, total)
            assert intervals.equal_proportions(*pairs)[0] == pytest.approx(p)


def test_newcombe_has_the_limits_of_his_paper() -> None:
    """Newcombe 1998, table II, method 10: 56/70 against 48/80, and 9/10 against 3/10."""
    first = (np.array([56.0, 9.0]), np.array([70.0, 10.0]))
    second = (np.array([48.0, 3.0]), np.array([80.0, 10.0]))
    low, high = intervals.newcombe(first, second)
    assert low.round(4).tolist() == [0.0524, 0.1705]
    assert high.round(4).tolist() == [0.3339, 0.8090]


def test_draws_from_a_base_of_people_have_the_tail_of_scipy(chance: np.random.Generator) -> None:
    size = chance.integers(20, 5_000, 100).astype(float)
    marked, total = (np.floor(chance.random(100) * size) for _ in range(2))
    events = np.floor(chance.random(100) * (np.minimum(marked, total) + 1))
    expected = scipy.stats.hypergeom.sf(events - 1, size, marked, total)
    found = intervals.hypergeometric_tail(events, total, marked, size)
    assert found[total > 0] == pytest.approx(expected[total > 0])
    nothing = intervals.hypergeometric_tail(*(np.array([n]) for n in (5.0, 60.0, 10.0, 50.0)))
    assert np.isnan(nothing).all(), "more clients than people"


def test_residuals_against_a_census_are_those_of_a_table_with_an_endless_base() -> None:
    clients, shares = np.array([25.0, 10.0, 15.0]), np.array([0.095, 0.4, 0.505])
    table = Table(np.vstack([clients, shares * 1e12]))
    found = intervals.adjusted_residual(clients, np.full(3, 50.0), shares)
    assert found == pytest.approx(table.standardized_resids[0], rel=1e-5)


def test_a_residual_where_nothing_is_expected_is_no_figure() -> None:
    found = intervals.adjusted_residual(np.array([0.0]), np.array([50.0]), np.array([0.0]))
    assert np.isnan(found).all()


def test_adjusted_p_values_are_those_of_scipy(chance: np.random.Generator) -> None:
    for size in (1, 2, 5, 56):
        p = chance.random(size) ** 3
        expected = scipy.stats.false_discovery_control(p, method="bh")
        assert intervals.benjamini_hochberg(p) == pytest.approx(expected)


def test_a_missing_p_value_is_no_test() -> None:
    p = np.array([0.01, np.nan, 0.04, np.nan, 0.03])
    found = intervals.benjamini_hochberg(p)
    known = np.isfinite(p)
    assert np.isfinite(found).tolist() == known.tolist()
    expected = scipy.stats.false_discovery_control(p[known], method="bh")
    assert found[known] == pytest.approx(expected)


def test_the_chance_of_as_many_or_more_is_that_of_the_binomial(
    chance: np.random.Generator,
) -> None:
    total = chance.integers(1, 500, 200).astype(float)
    events = np.floor(chance.random(200) * (total + 1))
    share = np.concatenate([chance.random(196), [0.0, 1.0, 0.0, 1.0]])
    expected = scipy.stats.binom.sf(events - 1, total, share)
    assert intervals.upper_tail(events, total, share) == pytest.approx(expected, abs=1e-12)


def test_the_chance_is_right_far_out_and_on_large_lists(chance: np.random.Generator) -> None:
    """Out to nine standard deviations above and below what is expected, of up to a million."""
    total = np.floor(10 ** (2 + 4 * chance.random(100)))
    share = 10 ** (-3 * chance.random(100))
    spread = np.sqrt(total * share * (1 - share))
    events = np.clip(np.round(total * share + (18 * chance.random(100) - 9) * spread), 0, total)
    expected = scipy.stats.binom.sf(events - 1, total, share)
    found = intervals.upper_tail(events, total, share)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_both_tails_of_many_counts_are_those_of_the_binomial(chance: np.random.Generator) -> None:
    total = np.concatenate([np.floor(10 ** (6 * chance.random(400))), [0.0, np.nan, 5.0, 5.0]])
    share = np.concatenate([10 ** (-8 * chance.random(400)), [0.2, 0.2, 0.0, 1.0]])
    events = np.concatenate([chance.binomial(total[:400].astype(int), share[:400]), [0, 1, 0, 5]])
    below, above = np.empty((2, len(total)))
    for some, found in intervals.Binomial.each(total, share):
        below[some], above[some] = found.tails(events[some].astype(float))
    law = scipy.stats.binom(total, share)
    assert below == pytest.approx(law.cdf(events), rel=1e-9, nan_ok=True)
    assert above == pytest.approx(law.sf(events - 1), rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("at", [0.001, 0.025, 0.5, 0.975, 0.999])
def test_funnel_limits_lie_between_the_binomial_s_whole_counts(
    chance: np.random.Generator, at: float
) -> None:
    total = np.concatenate([np.floor(10 ** (6 * chance.random(400))), [0.0, np.nan, 5.0, 5.0]])
    share = np.concatenate([10 ** (-8 * chance.random(400)), [0.2, 0.2, 0.0, 1.0]])
    law = scipy.stats.binom(total, share)
    count = law.ppf(at)
    part = (law.cdf(count) - at) / (law.cdf(count) - law.cdf(count - 1))
    expected = np.maximum(count - part, 0)
    laws = intervals.Binomial.each(total, share)
    found = np.concatenate([each.quantile(at) for _, each in laws])
    assert found == pytest.approx(expected, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize(
    ("events", "total", "share"),
    [(np.nan, 50, 0.1), (5, np.nan, 0.1), (5, 50, np.nan), (0, 0, 0.1)],
)
def test_the_chance_of_an_unknown_is_no_figure(events: float, total: float, share: float) -> None:
    found = intervals.upper_tail(np.array([events]), np.array([total]), np.array([share]))
    assert np.isnan(found).all()


def test_points_are_in_the_areas_where_geopandas_joins_them(chance: np.random.Generator) -> None:
    geography = tiles("a", 7, 13.0)
    x = 599_000 + chance.random(3_000) * 12_000
    y = 249_000 + chance.random(3_000) * 12_000
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=GRID)
    joined = points.sjoin(frame(geography), how="left", predicate="within")["a"]
    expected = joined.fillna(NOWHERE).astype(int).tolist()
    found = locate(geography, x, y)
    assert found.tolist() == expected
    assert 0 < (found == NOWHERE).sum() < len(x)


@pytest.mark.parametrize("angle", [0.0, 17.0, 45.0])
def test_pieces_have_the_areas_that_geopandas_overlays(angle: float) -> None:
    a, b = tiles("a", 4), tiles("b", 3, angle)
    pieces = overlay(a, b)
    found = pd.DataFrame({"a": pieces.a, "b": pieces.b, "area": shapely.area(pieces.shapes)})
    found = found[found["area"] > 1e-3].groupby(["a", "b"])["area"].sum()
    cut = gpd.overlay(frame(a), frame(b), how="union", keep_geom_type=True)
    cut[["a", "b"]] = cut[["a", "b"]].fillna(NOWHERE).astype(int)
    cut["area"] = cut.area
    expected = cut[cut["area"] > 1e-3].groupby(["a", "b"])["area"].sum()
    assert found.index.tolist() == expected.index.tolist()
    assert found.to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-6)


def test_the_matrix_and_the_misplaced_are_those_of_pandas(chance: np.random.Generator) -> None:
    rows = pd.DataFrame(
        {
            "a": chance.integers(-1, 6, 400),
            "b": chance.integers(-1, 4, 400),
            "clients": chance.integers(0, 9, 400),
        }
    )
    found = weights.matrix(
        rows["a"].to_numpy(), rows["b"].to_numpy(), rows["clients"].to_numpy(dtype=float), (6, 4)
    )
    table = rows.pivot_table(index="a", columns="b", values="clients", aggfunc="sum", fill_value=0)
    known = found.full().tolist()
    assert known == table.loc[range(6), range(4)].to_numpy().tolist()
    assert found.rows().tolist() == table.sum(axis=1)[[*range(6), -1]].tolist()
    assert found.columns().tolist() == table.sum(axis=0)[[*range(4), -1]].tolist()
    inside = rows[rows["a"] >= 0]
    held = inside[inside["b"] >= 0].groupby(["a", "b"])["clients"].sum().groupby("a").max()
    expected = inside.groupby("a")["clients"].sum() - held
    assert weights.misplaced(found).tolist() == expected.tolist()


def test_areas_that_nest_are_homogeneous_as_scikit_learn_says(chance: np.random.Generator) -> None:
    """Nothing misplaced is homogeneity 1: each area of A lies in one area of B."""
    a = chance.integers(0, 12, 500)
    for b, nests in ((a // 3, True), (np.where(np.arange(500) == 3, (a + 3) % 12, a) // 3, False)):
        held = weights.matrix(a, b, np.ones(500), (12, 4))
        # Homogeneity of a clustering A: each cluster holds members of one class of B only.
        homogeneity = sklearn.metrics.homogeneity_score(b, a)
        assert (weights.misplaced(held).sum() == 0) == nests
        assert (homogeneity == pytest.approx(1)) == nests


def test_mutual_partners_are_the_best_assignment(chance: np.random.Generator) -> None:
    """Where each area's partner has it for its own partner, no other pairing holds more."""
    order = chance.permutation(8)
    held = np.zeros((9, 9))
    held[:8, :8] = chance.integers(0, 40, (8, 8))
    held[np.arange(8), order] += 100
    rows, columns = scipy.optimize.linear_sum_assignment(held[:8, :8], maximize=True)
    assert weights.partners(weights.of_rows(held))[rows].tolist() == columns.tolist()
