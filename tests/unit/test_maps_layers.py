"""What a page holds: classes of figures, boundaries, order of dots."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodemand.core.disclosure import Facts, Labels, Policy, Protected, Release, Table, release
from geodemand.core.geography import Geography, Sites
from geodemand.maps import palettes, shapes
from geodemand.maps.classes import quantile_breaks
from geodemand.maps.document import render
from geodemand.maps.frame import Frame, frame
from geodemand.maps.layers import areas, dots, ledger, profile, sites
from geodemand.maps.scene import PostcodeDots, Scene, SegmentKey

POLICY = Policy(
    *("p", "P", 7, 5, 0, 1, 4000, 500, 10, 6, 8, 8),
    clients_listed=False,
    needs_reason=False,
    marking="",
    explanation="Small numbers are hidden.",
)
SHEET = Frame(0, 0, 10_000, 10_000)
SQUARES = shapely.box([0, 1000], 0, [1000, 2000], 1000)
HALVES = Geography("Half", ("A", "B"), ("West", "East"), SQUARES)


def scene(**fields: object) -> Scene:
    words = {"title": "T", "subtitle": "", "note": "", "marking": "", "source": "", "rate": "r"}
    return Scene(**{"lists": ("X",), "shaded": (HALVES,), **words, **fields})


def sealed(**tables: Table) -> Release:
    return release(POLICY, tables)


def area_table(clients: list[float], hidden: list[bool], codes: tuple[str, ...]) -> Table:
    size = len(clients)
    figures = Protected(np.array(clients), np.array(hidden))
    return Table(
        "areas",
        {
            "geography": Labels(("Half",) * size),
            "code": Labels(codes),
            "list": Labels(("X",) * size),
            "clients": figures,
            "share": Protected(figures.values / 100, figures.withheld, 2),
            "residents": Facts(np.array([100.0, np.nan])[:size]),
        },
    )


@given(st.lists(st.floats(0, 1e6, allow_subnormal=False), max_size=60))
def test_classes_are_of_figures_that_occur_and_never_empty(values: list[float]) -> None:
    breaks = quantile_breaks(values)
    shown = [value for value in values if value > 0]
    assert len(breaks) < 5
    assert set(breaks) <= set(shown)
    counts = np.bincount(
        np.searchsorted(breaks, shown, "right").astype(int), minlength=len(breaks) + 1
    )
    assert not shown or (counts > 0).all()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], ()),
        ([0.0, 0.0], ()),
        ([3.0], ()),
        ([2.0, 2.0, 2.0], ()),
        ([1.0, 2.0, 3.0, 4.0], (3.0,)),
        ([5.0, 5.0, 5.0, 1.0], (5.0,)),
    ],
)
def test_ties_and_few_areas_make_fewer_classes(
    values: list[float], expected: tuple[float, ...]
) -> None:
    assert quantile_breaks(values) == expected


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2: what is left of a colour without its hue."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", palettes.AMOUNTS)
@pytest.mark.parametrize("classes", [1, 2, 3, 4, 5, 6, 7, 8])
def test_amounts_are_told_apart_by_lightness_alone(classes: int, palette: str) -> None:
    found = palettes.amounts(classes, palette)
    light = [luminance(colour) + 0.05 for colour in found]
    assert len(found) == classes
    assert all(one / next_ > 1.12 for one, next_ in itertools.pairwise(light))


def test_areas_keep_c_zero_and_no_figure_apart_in_the_order_of_the_shapes() -> None:
    table = area_table([0.0, np.nan], [False, True], ("B", "A"))
    found = areas.layer(sealed(areas=table), scene(), SHEET)
    assert found["shaded"][0]["figures"][0]["clients"]["values"] == ["c", 0]
    assert found["shaded"][0]["residents"] == [None, 100]
    assert "rate" not in found["shaded"][0]["figures"][0]


def test_an_area_without_a_row_has_no_figure() -> None:
    found = areas.layer(sealed(areas=area_table([50.0], [False], ("A",))), scene(), SHEET)
    assert found["shaded"][0]["figures"][0]["clients"]["values"] == [50, None]


def test_no_page_without_a_release() -> None:
    with pytest.raises(TypeError, match="Release"):
        render({"areas": area_table([1.0], [False], ("A",))}, scene())


@pytest.mark.parametrize(
    "fields",
    [
        {"shaded": ()},
        {"shaded": (), "outlines": (HALVES,)},
        {"shaded": (), "sites": (Sites("S", ("1",), ("one",), np.array([5.0]), np.array([5.0])),)},
        {"shaded": (Geography("None", (), (), np.array([], dtype=object)),)},
    ],
)
def test_a_scene_may_lack_anything(fields: dict[str, object]) -> None:
    tables = {"areas": area_table([50.0], [False], ("A",))}
    assert "</html>" in render(sealed(**tables), scene(**fields))


def test_the_frame_holds_the_shapes_in_whole_metres() -> None:
    odd = Geography("Odd", ("A",), ("a",), shapely.box([10.5], [20.5], [3000.2], [4000.7]))
    assert frame(scene(shaded=(odd,))) == Frame(10, 20, 2991, 3981)


def test_large_boundaries_are_simplified_until_they_fit() -> None:
    turns = np.linspace(0, 2 * np.pi, 20_000)
    wave = 4000 + 30 * np.sin(turns * 700)
    shore = shapely.Polygon(
        np.column_stack([5000 + wave * np.cos(turns), 5000 + wave * np.sin(turns)])
    )
    fine = shapes.draw(np.array([shore]), SHEET)
    coarse = shapes.draw(np.array([shore]), SHEET, vertices=500)
    assert coarse.tolerance_m > fine.tolerance_m
    assert len(coarse.packed) < len(fine.packed) / 4


def test_many_slivers_do_not_coarsen_the_shape_beside_them() -> None:
    at = np.arange(2_000)
    slivers = shapely.box(at, 0, at + 0.5, 50)
    turns = np.linspace(0, 2 * np.pi, 2_000)
    shore = shapely.Polygon(np.column_stack([np.cos(turns), np.sin(turns)]) * 4000 + 5000)
    drawn = shapes.draw(np.append(slivers, shore), SHEET, vertices=4_000)
    assert drawn.tolerance_m < 10


def test_a_label_goes_inside_the_largest_part() -> None:
    parts = shapely.MultiPolygon([shapely.box(0, 0, 10, 10), shapely.box(2000, 0, 3000, 1000)])
    x, y, radius = shapes.anchors(np.array([parts]), SHEET)
    assert (2000 < x[0] < 3000, 0 < y[0] < 1000, 400 < radius[0] <= 500) == (True, True, True)


def test_dots_are_the_same_in_any_order_and_leave_out_what_has_no_place() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.uniform(0, 9000, 60), rng.uniform(0, 9000, 60)
    x[3] = np.nan
    kind = rng.integers(-1, 2, 60)
    key = (SegmentKey("1", "One"), SegmentKey("2", "Two"))

    def drawn(order: np.ndarray) -> object:
        inside = np.flatnonzero(kind[order] == 1)
        some = PostcodeDots(x[order], y[order], kind[order], key, (("S", inside),))
        return dots.layer(sealed(), scene(dots=some), SHEET)

    assert drawn(np.arange(60)) == drawn(rng.permutation(60))
    assert drawn(np.arange(60))["count"] == 59


def test_places_without_a_position_are_left_out() -> None:
    some = Sites("S", ("1", "2"), ("one", "two"), np.array([5.0, np.nan]), np.array([5.0, 5.0]))
    found = sites.layer(sealed(), scene(sites=(some,)), SHEET)
    assert found["sites"][0]["names"] == ["one"]


def test_profile_and_ledger_may_be_absent() -> None:
    assert profile.layer(sealed(), scene(), SHEET) is None
    assert ledger.layer(sealed(), scene(), SHEET) is None


HIDDEN = np.nan


@pytest.mark.parametrize(
    ("rows", "matched", "repaired", "terminated", "duplicate", "rate"),
    [
        (100, 80, 5, 10, 0, {"share": 0.95, "least": False}),
        (100, 80, 5, 0, 15, {"share": 1.0, "least": False}),
        (100, 80, HIDDEN, 10, 0, {"share": 0.9, "least": True}),
        (100, 80, 0, 10, HIDDEN, {"share": 0.9, "least": True}),
        (10, 15, 0, HIDDEN, 0, {"share": 1.0, "least": False}),
        (10, 10, 0, 0, 10, {"share": 1.0, "least": False}),
        (100, 0, 0, 50, 0, {"share": 0.5, "least": False}),
        (100, HIDDEN, 0, HIDDEN, 0, None),
        (HIDDEN, HIDDEN, 0, 0, 0, None),
    ],
)
def test_rows_are_placed_as_the_ledger_counts_them(
    rows: float,
    matched: float,
    repaired: float,
    terminated: float,
    duplicate: float,
    rate: dict[str, object] | None,
) -> None:
    """Terminated and repaired rows are placed; a client's other rows are held out."""

    def figures(count: float) -> Protected:
        return Protected(np.array([count], dtype=float), np.isnan([count]))

    counts = {"rows": rows, "matched": matched, "repaired": repaired}
    counts |= {"terminated": terminated, "duplicate": duplicate}
    columns = {name: figures(count) for name, count in counts.items()}
    table = Table("ledger", {"list": Labels(("X",)), **columns})
    assert ledger.layer(sealed(ledger=table), scene(), SHEET)["placed"] == [rate]


def test_the_profile_holds_the_lists_of_the_scene_only() -> None:
    table = Table(
        "profile",
        {
            "list": Labels(("X", "Other")),
            "segment": Labels(("1", "1")),
            "name": Labels(("One", "One")),
            "clients": Protected(np.array([10.0, 20.0]), np.array([False, False])),
        },
    )
    found = profile.layer(sealed(profile=table), scene(), SHEET)
    assert (found["list"], found["clients"]) == ([0], [10])
