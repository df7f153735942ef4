"""Land that is laid over each other adds up, whichever way areas nest, overlap or leave gaps."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodemand.core import balance, cutting
from geodemand.core.coterminosity import Pair, Relation
from geodemand.core.geography import Geography
from geodemand.core.overlay import Pieces, overlay
from geodemand.core.weights import matrix, misplaced, partners

CORNERS = st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 6), st.integers(1, 6))
BOXES = st.lists(CORNERS, min_size=1, max_size=6)


# What arithmetic leaves, square metres.
LEAST = 1e-6
# Edges with no sums in common, so that areas agree only where they are the same.
EDGES = [float(np.sqrt(n)) * 100 for n in (0, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43)]


def areas(name: str, boxes: list[tuple[int, int, int, int]]) -> Geography:
    """Return areas that may overlap, lie within each other, or be the same twice."""
    codes = tuple(f"{number}" for number in range(len(boxes)))
    shapes = [
        shapely.box(*(EDGES[i] for i in (x, y, x + width, y + height)))
        for x, y, width, height in boxes
    ]
    return Geography(name, codes, codes, np.array(shapes, dtype=object))


def by_pair(pieces: Pieces) -> dict[tuple[int, int], float]:
    found: dict[tuple[int, int], float] = {}
    for a, b, shape in zip(pieces.a.tolist(), pieces.b.tolist(), pieces.shapes, strict=True):
        found[a, b] = found.get((a, b), 0.0) + shape.area
    return {pair: land for pair, land in found.items() if land > LEAST}


@settings(max_examples=40)
@given(BOXES, BOXES)
def test_pieces_are_those_of_every_pair_on_its_own(
    one: list[tuple[int, int, int, int]], other: list[tuple[int, int, int, int]]
) -> None:
    """What is settled without cutting, as an area lies within another, hides no overlap."""
    a, b = areas("a", one), areas("b", other)
    wanted = {
        (i, j): x.intersection(y).area
        for i, x in enumerate(a.shapes)
        for j, y in enumerate(b.shapes)
    }
    for own, others, key in (
        (a, b, lambda i: (i, -1)),
        (b, a, lambda i: (-1, i)),
    ):
        union = shapely.union_all(others.shapes)
        wanted |= {key(i): x.difference(union).area for i, x in enumerate(own.shapes)}
    found = by_pair(overlay(a, b))
    known = {pair: land for pair, land in wanted.items() if land > LEAST}
    assert found == pytest.approx(known, abs=LEAST)


STARS = st.lists(
    st.tuples(st.floats(0, 9_000), st.floats(0, 9_000), st.floats(300, 5_000), st.integers(3, 40)),
    min_size=1,
    max_size=3,
)


def stars(found: list[tuple[float, float, float, int]]) -> Geography:
    """Return areas of many corners whose borders go in and out; every second has a hole."""
    drawn = []
    for number, (x, y, radius, points) in enumerate(found):
        turn = np.linspace(0, 2 * np.pi, 400, endpoint=False)
        far = radius * (1 + 0.7 * np.cos(points * turn))
        ring = np.column_stack([x + far * np.cos(turn), y + far * np.sin(turn)])
        hole = shapely.Point(x, y).buffer(radius / 10, quad_segs=64)
        shape = shapely.Polygon(ring)
        drawn.append(shape.difference(hole) if number % 2 else shape)
    codes = tuple(f"{number}" for number in range(len(drawn)))
    return Geography("stars", codes, codes, np.array(drawn, dtype=object))


@settings(max_examples=40)
@given(STARS, STARS, BOXES)
def test_what_is_left_out_of_large_areas_before_they_are_cut_changes_nothing(
    one: list[tuple[float, float, float, int]],
    other: list[tuple[float, float, float, int]],
    boxes: list[tuple[int, int, int, int]],
) -> None:
    a = stars(one)
    for b in (stars(other), areas("b", boxes)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cutting, "LARGE", 10**9)
            whole = by_pair(overlay(a, b))
            patch.setattr(cutting, "LARGE", 5)
            assert by_pair(overlay(a, b)) == pytest.approx(whole, abs=LEAST)


@settings(max_examples=40)
@given(BOXES, BOXES)
def test_land_adds_up_or_lies_in_several_areas(
    one: list[tuple[int, int, int, int]], other: list[tuple[int, int, int, int]]
) -> None:
    pair = Pair(areas("a", one), areas("b", other), Relation.SAME)
    found = balance.balance(pair, overlay(pair.a, pair.b))
    assert found.residual <= 1e-9
    assert found.holds
    apart = all(
        shapely.area(shapely.union_all(g.shapes)) == pytest.approx(shapely.area(g.shapes).sum())
        for g in (pair.a, pair.b)
    )
    if apart:
        union = shapely.union_all(np.concatenate([pair.a.shapes, pair.b.shapes])).area / 10_000
        assert found.several == 0
        assert found.both + found.only_a + found.only_b == pytest.approx(union, rel=1e-9)


def test_land_that_overlaps_does_not_make_up_for_land_that_is_open(squares: Any) -> None:  # noqa: ANN401
    """Twice one half of A is as much land as A, and is not A."""
    half = squares.box(0, 0, 500, 1000)
    twice = squares.areas("b", {"B": half, "C": half})
    found = by_pair(overlay(squares.row("a", 0, 1000), twice))
    assert found == {(0, 0): 500_000, (0, 1): 500_000, (0, -1): 500_000}


def test_land_that_is_lost_is_a_fault(squares: Any) -> None:  # noqa: ANN401
    pair = Pair(squares.row("a", 0, 1000, 2000), squares.row("b", 0, 1500, 2000), Relation.SAME)
    whole = overlay(pair.a, pair.b)
    less = Pieces(whole.a[1:], whole.b[1:], whole.shapes[1:])
    assert balance.balance(pair, whole).holds
    assert not balance.balance(pair, less).holds


def test_many_pairs_are_cut_as_geopandas_cuts_them() -> None:
    """So many that several threads share the work."""
    west, south = (index.ravel() * 100.0 for index in np.indices((40, 40)))
    fine = shapely.box(west, south, west + 100, south + 100)
    moved = shapely.transform(fine, lambda at: at + 30)
    names = tuple(f"{number:04}" for number in range(len(fine)))
    a, b = Geography("a", names, names, fine), Geography("b", names, names, moved)
    found = by_pair(overlay(a, b))
    cut = gpd.overlay(
        gpd.GeoDataFrame({"a": range(1600)}, geometry=fine, crs=27700),
        gpd.GeoDataFrame({"b": range(1600)}, geometry=moved, crs=27700),
        how="union",
    )
    cut[["a", "b"]] = cut[["a", "b"]].fillna(-1).astype(int)
    assert len(found) == len(cut)
    for row in cut.itertuples():
        assert found[row.a, row.b] == pytest.approx(row.geometry.area)


def test_who_is_whose_partner_needs_no_table_of_a_country() -> None:
    """60,000 areas by as many: 3.6 thousand million cells would not fit any memory."""
    size = 60_000
    area = np.repeat(np.arange(size), 3)
    other = (area + np.tile([0, 0, 1], size)) % size
    held = matrix(area, other, np.ones(len(area)), (size, size))
    assert len(held.cells) == 2 * size
    assert partners(held).tolist() == list(range(size))
    assert misplaced(held).sum() == size
