"""Single numbers for how alike boundaries are: those of scikit-learn, and drawn cases."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import esda.map_comparison
import hypothesis.strategies as st
import numpy as np
import pytest
import shapely
import sklearn.metrics
from hypothesis import assume, given, settings

from geodemand.core import measures, weights
from geodemand.core.disclosure import Policy
from geodemand.core.geography import Geography
from geodemand.core.overlay import overlay

LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=60)
BITS = np.log(2)
CUTS = st.lists(st.integers(1, 99), min_size=1, max_size=3, unique=True)


def of_labels(a: list[int], b: list[int]) -> dict[str, float]:
    held = weights.matrix(np.array(a), np.array(b), np.ones(len(a)), (5, 4))
    return measures.of_matrix(held, counted=True)


@given(LABELS)
def test_measures_are_those_of_scikit_learn(labels: list[tuple[int, int]]) -> None:
    a, b = ([pair[side] for pair in labels] for side in (0, 1))
    found = of_labels(a, b)
    expected = {
        "homogeneity": sklearn.metrics.homogeneity_score(a, b),
        "completeness": sklearn.metrics.completeness_score(a, b),
        "V-measure": sklearn.metrics.v_measure_score(a, b),
        "adjusted Rand index": sklearn.metrics.adjusted_rand_score(a, b),
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-9), name
    mutual = sklearn.metrics.mutual_info_score(a, b) / BITS
    of_a, of_b = np.log2(found["effective areas of A"]), np.log2(found["effective areas of B"])
    assert of_a - found["H(A|B)"] == pytest.approx(mutual, abs=1e-9)
    assert of_b - found["H(B|A)"] == pytest.approx(mutual, abs=1e-9)


def rectangles(name: str, across: list[int], up: list[int]) -> Geography:
    """Return a square of 100 km cut across and up, kilometres."""
    columns, lines = ([*pairwise([0, *sorted(cuts), 100])] for cuts in (across, up))
    drawn = [shapely.box(w, s, e, n) for w, e in columns for s, n in lines]
    codes = tuple(f"{number:02}" for number in range(len(drawn)))
    return Geography(name, codes, codes, shapely.transform(drawn, lambda at: at * 1000))


@settings(max_examples=30)
@given(CUTS, CUTS, CUTS, CUTS)
def test_measures_of_land_are_those_of_esda(
    across: list[int], up: list[int], others: list[int], more: list[int]
) -> None:
    """Of maps over the same land esda has Nowosad and Stepinski's (2018) measures by area."""
    a, b = rectangles("a", across, up), rectangles("b", others, more)
    pieces = overlay(a, b)
    held = weights.matrix(pieces.a, pieces.b, shapely.area(pieces.shapes), (len(a), len(b)))
    found = measures.of_matrix(held, counted=False)
    expected = {
        "homogeneity": esda.map_comparison.homogeneity(a.shapes, b.shapes),
        "completeness": esda.map_comparison.completeness(a.shapes, b.shapes),
        "V-measure": esda.map_comparison.external_entropy(a.shapes, b.shapes),
        "effective areas of A": 2 ** esda.map_comparison.areal_entropy(a.shapes, base=2),
        "effective areas of B": 2 ** esda.map_comparison.areal_entropy(b.shapes, base=2),
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-9), name


@given(LABELS)
def test_what_lies_in_neither_geography_changes_nothing(labels: list[tuple[int, int]]) -> None:
    a, b = ([pair[side] for pair in labels] for side in (0, 1))
    assert of_labels([*a, -1, -1], [*b, -1, -1]) == pytest.approx(of_labels(a, b))


@given(LABELS)
def test_what_lies_in_one_of_them_only_is_in_an_area_of_its_own(
    labels: list[tuple[int, int]],
) -> None:
    a, b = ([pair[side] for pair in labels] for side in (0, 1))
    assume(0 in b)
    found = of_labels(a, [-1 if area == 0 else area for area in b])
    assert found["V-measure"] == pytest.approx(sklearn.metrics.v_measure_score(a, b), abs=1e-9)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        # Two areas of 8, the same in both.
        ([[8, 0, 0], [0, 8, 0]], {"effective areas of A": 2, "variation of information": 0}),
        # Quarters in halves: B is known from A, A is one of two within each of B.
        (
            [[4, 0, 0], [4, 0, 0], [0, 4, 0], [0, 4, 0]],
            {"H(B|A)": 0, "H(A|B)": 1, "homogeneity": 0.5, "completeness": 1, "Jaccard": 0.5},
        ),
        # Independent halves: one bit each way, nothing in common.
        ([[4, 4, 0], [4, 4, 0]], {"variation of information": 2, "V-measure": 0, "H(B|A)": 1}),
        # 8 of 10 of each area in its partner: 0.8 x 0.8, and 8 of 12.
        ([[8, 2, 0], [2, 8, 0]], {"quality indicator": 0.64, "Jaccard": 8 / 12}),
    ],
)
def test_worked_examples(matrix: list[list[float]], expected: dict[str, float]) -> None:
    found = measures.of_matrix(weights.of_rows([*matrix, [0, 0, 0]]), counted=True)
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_nothing_counted_is_no_figure() -> None:
    found = measures.of_matrix(weights.of_rows(np.zeros((3, 3))), counted=True)
    assert np.isnan(list(found.values())).all()


def test_hectares_have_no_pairs_to_count() -> None:
    assert "adjusted Rand index" not in measures.of_matrix(
        weights.of_rows(np.eye(3)), counted=False
    )


# --- lines ---


@pytest.mark.parametrize("moved", [0, 0.5, 3, 20, 80, 300])
def test_a_border_that_is_moved_coincides_from_that_distance_on(
    squares: Any,  # noqa: ANN401
    internal: Policy,
    moved: float,
) -> None:
    laid = squares.lay(squares.row("a", 0, 1000, 2000), squares.row("b", 0, 1000 + moved, 2000))
    rows = measures.measures(laid.pair, laid.weighed, internal).records()
    found = {(row["measure"], row["metres"]): row["value"] for row in rows if row["metres"]}
    assert found == {
        (name, metres): 1.0 if moved < metres else 0.0
        for name in ("A along B", "B along A")
        for metres in (1, 5, 25, 100)
    }


def test_one_area_has_no_inner_border(squares: Any, internal: Policy) -> None:  # noqa: ANN401
    laid = squares.lay(squares.row("a", 0, 2000), squares.row("b", 0, 1000, 2000))
    rows = measures.measures(laid.pair, laid.weighed, internal).records()
    found = {row["measure"]: row["value"] for row in rows if row["metres"] == 100}
    assert found == {"A along B": None, "B along A": 0}


@pytest.mark.parametrize("corners", [(2, 128), (129, 130), (256, 257), (3, 400)])
@pytest.mark.parametrize("distance", [1.0, 30.0])
def test_lines_cut_into_chunks_measure_as_one(corners: tuple[int, int], distance: float) -> None:
    chance = np.random.default_rng(corners[1])
    a, b = (
        shapely.MultiLineString(
            [np.cumsum(chance.uniform(-5, 15, (size, 2)), axis=0) for size in corners]
        )
        for _ in range(2)
    )
    near = shapely.intersection(a, shapely.buffer(b, distance)).length
    assert measures.coincidence(a, b, distance) == pytest.approx(near / a.length, rel=1e-4)


# --- through the command ---


def test_measures_are_worked_out_on_request_only(tiny: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    assert '"measures"' not in run("hubs", "--json", folder=tiny.folder).stdout
    shown = run("hubs", "--show", "measures", folder=tiny.folder).stdout
    assert "How alike: A is localities, B is teams" in shown
    assert "V-measure: harmonic mean of the two; 1: the same boundaries." in shown
    assert max(len(line) for line in shown.splitlines()) <= 100


def test_measures_tell_nothing_of_withheld_counts(squares: Any, public: Policy) -> None:  # noqa: ANN401
    """40 clients in each half, and 1 to 7 between the borders: always the same figures."""
    found = []
    for few in (1, 3, 6, 7):
        laid = squares.lay(
            squares.row("a", 0, 1000, 2000),
            squares.row("b", 0, 500, 2000),
            clients=[*[(200, 500)] * 40, *[(700, 500)] * few, *[(1500, 500)] * 40],
        )
        rows = measures.measures(laid.pair, laid.weighed, public).records()
        found.append([row["value"] for row in rows if row["weight"] == "CYP"])
    assert found == [found[0]] * 4
    assert len(found[0]) > 5
