"""Classes, hexagons, catchments, differences, clusters, and where web tiles belong."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from geodemand.core import catchments
from geodemand.core.clusters import CLUSTERS
from geodemand.core.coterminosity import Pair, Relation
from geodemand.core.disagreement import disagreement
from geodemand.core.disclosure import Facts, Labels, Policy, Protected, Release, Table, release
from geodemand.core.geography import Geography, Sites
from geodemand.core.tally import Places
from geodemand.io import crs
from geodemand.maps import hexagons, mercator, palettes
from geodemand.maps.classes import breaks, natural_breaks
from geodemand.maps.frame import Frame
from geodemand.maps.layers import areas, background, clusters, dots, outlined
from geodemand.maps.measures import MEASURES, amounts, shares
from geodemand.maps.pictures.shaded import Shaded
from geodemand.maps.scene import (
    Background,
    PostcodeDots,
    Scene,
    SegmentKey,
    Shading,
    Tiles,
)

SHEET = Frame(600_000, 200_000, 20_000, 20_000)
HALVES = Geography(
    "Half", ("A", "B"), ("West", "East"), shapely.box([600_000, 610_000], 200_000, 620_000, 220_000)
)
COUNTY, COUNTRY = (
    Frame(560_000, 200_000, 100_000, 80_000),
    Frame(0, 0, 660_000, 1_230_000),
)
SQUARE = shapely.box(0, 0, 100, 100)


def scene(**fields: object) -> Scene:
    words = dict.fromkeys(("title", "subtitle", "note", "marking", "source"), "")
    return Scene(**{"lists": ("X",), "rate": "per", "shaded": (HALVES,), **words, **fields})


def variance(values: list[float], limits: tuple[float, ...]) -> float:
    """Return the sum of squares within classes."""
    own = np.searchsorted(limits, values, side="right")
    parts = [np.array(values)[own == each] for each in np.unique(own)]
    return float(sum(((part - part.mean()) ** 2).sum() for part in parts))


@given(st.lists(st.integers(1, 60), min_size=1, max_size=11))
def test_no_other_limits_leave_less_variance_than_natural_breaks(numbers: list[int]) -> None:
    values = [float(number) for number in numbers]
    found = natural_breaks(values)
    cuts = sorted(set(values))[1:]
    best = min(variance(values, chosen) for chosen in combinations(cuts, len(found)))
    assert variance(values, found) == pytest.approx(best, abs=1e-9)


def test_zeros_are_in_no_class() -> None:
    values = [0.0] * 50 + [1.0, 2.0, 30.0, 31.0]
    assert natural_breaks(values) == natural_breaks(values[50:]) == (20.0,)


def test_given_limits_are_taken_as_they_are() -> None:
    assert breaks("10, 20,50", [1.0, 2.0]) == (10.0, 20.0, 50.0)


def test_given_limits_of_a_share_are_per_cent_as_its_key_says() -> None:
    values = [0.04, 0.05, 0.07, 0.2]
    assert shares(values, "5,7", palettes.USUAL)[0] == (0.05, 0.07)
    assert shares(values, "quantile", palettes.USUAL) == amounts(values, "quantile", palettes.USUAL)


@given(st.lists(st.integers(1, 30_000), min_size=2, max_size=60))
def test_classes_of_a_key_never_share_an_end(tenths: list[int]) -> None:
    values = tuple(each / 10 for each in tenths)
    limits = breaks("quantile", values)
    colours = ("#ffffff",) * (len(limits) + 1)
    words = ("Half", "X", "rate", "Rate", "", "rate")
    view = Shaded(*words, fixed=False, values=values, breaks=limits, colours=colours)
    ends = [text.split(" to ") for _, text, _ in view.classes()]
    assert all(one[-1] != other[0] for one, other in pairwise(ends))
    assert sum(n for *_, n in view.classes()) == len(values)


@pytest.mark.parametrize(("below", "above"), [(2, 2), (1, 3), (0, 2), (3, 0), (4, 4)])
def test_an_index_is_purple_below_100_and_orange_above(below: int, above: int) -> None:
    found = palettes.around_the_middle(below, above)
    red_less_blue = [int(each[1:3], 16) - int(each[5:7], 16) for each in found]
    assert len(found) == below + above + 1
    assert all(each < 0 for each in red_less_blue[:below])
    assert all(each > 0 for each in red_less_blue[below + 1 :])


def area_release(policy: Policy) -> Release:
    none = np.zeros(2, dtype=bool)
    keys = {
        "geography": Labels(("Half", "Half")),
        "code": Labels(("A", "B")),
        "list": Labels(("X", "X")),
    }
    figures = {
        "rate": Protected(np.array([12.0, 60.0]), none),
        "index": Protected(np.array([80.0, 130.0]), none),
    }
    met = {**keys, "list": Labels(("X + Y", "X + Y"))}
    met["meet_all"] = Protected(np.array([10.0, np.nan]), np.array([False, True]))  # type: ignore[assignment]
    tables = {"areas": Table("areas", {**keys, **figures}), "areas_meeting": Table("m", met)}
    return release(policy, tables)


def test_given_limits_are_of_the_chosen_measure_only(public: Policy) -> None:
    shading = Shading("rate", "10,20,50")
    found = areas.layer(area_release(public), scene(shading=shading), SHEET)
    assert isinstance(found, dict)
    (half,) = found["shaded"]  # type: ignore[misc]
    own, met = half["figures"]  # type: ignore[index,call-overload]
    assert own["rate"]["breaks"] == [10, 20, 50]
    assert own["index"]["breaks"] == [50, 80, 125, 200]
    assert met["meet_all"]["values"] == [10, "c"]
    assert [each["name"] for each in found["subjects"]] == ["X", "X + Y"]  # type: ignore[index,union-attr,call-overload]
    assert {each["key"]: each["fixed"] for each in found["measures"]}["rate"] is True  # type: ignore[index,union-attr,call-overload]


def test_every_measure_answers_a_question() -> None:
    assert all(each.asks.endswith("?") for each in MEASURES)


@given(st.integers(0, 2**32 - 1), st.sampled_from([300, 5_000]))
def test_every_point_is_in_the_hexagon_whose_middle_is_nearest(seed: int, wide: int) -> None:
    chance = np.random.default_rng(seed)
    x, y = chance.integers(0, wide, (2, 80))
    found = hexagons.gathered(x, y)
    middle_x = found.across * (found.q + found.r / 2)
    middle_y = found.across * found.r * np.sqrt(3) / 2
    apart = np.hypot(x - middle_x[found.cell], y - middle_y[found.cell])
    assert apart.max() <= found.across / np.sqrt(3) + 1e-6
    every = np.hypot(x[:, None] - middle_x, y[:, None] - middle_y)
    assert (apart <= every.min(axis=1) + 1e-6).all()
    assert found.count().sum() == 80


def test_a_hexagon_has_the_commonest_kind_of_those_known() -> None:
    found = hexagons.Hexagons(250, *np.zeros((2, 2), dtype=int), np.array([0, 0, 0, 1, 1]))
    kind, share = found.dominant(np.array([2, 2, 0, -1, -1]))
    assert kind.tolist() == [2, -1]
    assert share.tolist() == [2 / 3, 0]


def test_a_country_has_no_more_hexagons_than_a_page_can_hold() -> None:
    chance = np.random.default_rng(1)
    x, y = chance.integers(0, 600_000, (2, 60_000))
    found = hexagons.gathered(x, y)
    assert 1_000 < len(found) <= hexagons.MOST


def test_dots_come_in_parts_that_hold_what_their_box_says() -> None:
    chance = np.random.default_rng(2)
    size = 3 * dots.PART // 2
    x, y = chance.integers(0, 20_000, (2, size)).astype(float)
    own = PostcodeDots(
        x + 600_000,
        y + 200_000,
        chance.integers(-1, 2, size),
        (SegmentKey("1", "One"), SegmentKey("2", "Two")),
    )
    found = dots.layer(None, scene(dots=own), SHEET)  # type: ignore[arg-type]
    assert isinstance(found, dict)
    boxes = [part["box"] for part in found["parts"]]  # type: ignore[index,union-attr,call-overload]
    assert len(boxes) == 2
    assert all(west <= east and south <= north for west, south, east, north in boxes)


@given(st.integers(0, 2**32 - 1))
def test_what_is_nearest_to_a_site_is_nearer_to_no_other(seed: int) -> None:
    chance = np.random.default_rng(seed)
    x, y = chance.uniform(0, 100, (2, 6))
    x[1], y[1] = x[0], y[0]
    codes = tuple("ABCDEF")
    found = catchments.nearest(Sites("hubs", codes, codes, x, y), SQUARE)
    assert found.codes[[("A+B" in each) for each in found.codes].index(True)] == "A+B"
    assert shapely.area(found.shapes).sum() == pytest.approx(10_000)
    at = chance.uniform(0, 100, (50, 2))
    nearest = np.hypot(at[:, :1] - x, at[:, 1:] - y).argmin(axis=1)
    for (east, north), site in zip(at, nearest, strict=True):
        inside = shapely.distance(found.shapes, shapely.Point(east, north)).argmin()
        assert codes[site] in found.codes[inside]


def test_sites_without_a_place_have_no_catchment() -> None:
    sites = Sites("hubs", ("A", "B"), ("a", "b"), np.array([5.0, np.nan]), np.array([5.0, np.nan]))
    assert catchments.nearest(sites, SQUARE).codes == ("A",)


def test_what_lies_within_metres_of_a_site() -> None:
    sites = Sites("hubs", ("A", "B"), ("a", "b"), np.array([0.0, 1000.0]), np.array([0.0, 0.0]))
    found = catchments.within(sites, 50, SQUARE)
    assert found.names == ("Within 50 m of hubs",)
    assert shapely.area(found.shapes)[0] == pytest.approx(np.pi * 50**2 / 4, rel=0.01)


def test_differences_are_the_places_off_their_partner_and_no_slivers() -> None:
    """The east half of B's border is 30 m off, that of the corner 3 m: one place differs."""
    one = Geography("one", ("W", "E"), ("West", "East"), shapely.box([0, 100], 0, [100, 200], 100))
    cut = shapely.Polygon([(0, 0), (103, 0), (103, 60), (130, 60), (130, 100), (0, 100)])
    two = Geography(
        "two",
        ("w", "e"),
        ("Left", "Right"),
        np.array([cut, shapely.difference(shapely.box(0, 0, 200, 100), cut)], dtype=object),
    )
    x = np.array([20.0, 50.0, 115.0, 150.0, 180.0, 190.0])
    y = np.array([50.0, 50.0, 80.0, 50.0, 50.0, 50.0])
    both = {"one": np.array([0, 0, 1, 1, 1, 1]), "two": np.array([0, 0, 0, 1, 1, 1])}
    base = np.ones(6, dtype=bool)
    places = Places(x, y, base, {"postcodes": np.ones(6)}, np.full(6, -1), both, np.arange(6))
    found = disagreement(Pair(one, two, Relation.SAME), places, 10)
    assert found.names == ("East (one), Left (two)",)
    assert shapely.bounds(found.shapes[0]).tolist() == [100, 0, 130, 100]
    assert (
        len(
            disagreement(
                Pair(one, one, Relation.SAME), replace(places, areas={"one": both["one"]}), 10
            )
        )
        == 0
    )


def cluster_table(**changed: object) -> Table:
    shown = np.zeros(2, dtype=bool)
    columns = {
        "list": Labels(("CYP", "CYP")),
        "name": Labels(("Triangle Estate", "Hadleigh")),
        "x": Facts(np.array([605_000.0, 612_000.0])),
        "y": Facts(np.array([205_000.0, 212_000.0])),
        "radius_m": Facts(np.array([700.0, 1_900.4])),
        "observed": Protected(np.array([60.0, np.nan]), np.array([False, True])),
        "expected": Protected(np.array([21.4, 9.0]), shown, 1),
        "p": Protected(np.array([0.001, 0.03]), shown, 3),
    }
    return Table(CLUSTERS, {**columns, **changed})  # type: ignore[arg-type]


def test_clusters_of_a_table_reach_the_page(public: Policy) -> None:
    outline = Geography(
        CLUSTERS, ("Hadleigh",), ("Hadleigh",), shapely.box([611_000], 211_000, 613_000, 213_000)
    )
    sealed = release(public, {CLUSTERS: cluster_table()}, layers=(outline,))
    found = clusters.layer(sealed, scene(), SHEET)
    assert isinstance(found, dict)
    assert found["x"] == [5_000, 12_000]
    assert found["radius"] == [700, 1_900]
    assert found["observed"] == [60, "c"]
    assert found["shape_of"] == ["Hadleigh"]
    assert clusters.layer(release(public, {}), scene(), SHEET) is None


def test_a_table_of_clusters_in_another_form_is_refused(public: Policy) -> None:
    odd = cluster_table(radius_m=Labels(("a", "b")))
    with pytest.raises(ValueError, match="radius_m"):
        clusters.layer(release(public, {CLUSTERS: odd}), scene(), SHEET)


@pytest.mark.parametrize(
    ("sheet", "change", "most_m"),
    [
        (COUNTY, Transformer.from_crs("EPSG:27700", "EPSG:3857", always_xy=True), 3),
        (COUNTRY, crs.to_web_mercator(), 1),
    ],
)
def test_polynomials_say_where_a_web_tile_belongs(
    sheet: Frame, change: Transformer, most_m: float
) -> None:
    chance = np.random.default_rng(5)
    at = chance.uniform((0, 0), (sheet.width, sheet.height), (300, 2))
    true = np.column_stack(change.transform(at[:, 0] + sheet.west, at[:, 1] + sheet.south))
    for made, source, target in (
        (mercator.to_mercator(sheet), at, true),
        (mercator.to_grid(sheet), true, at),
    ):
        assert isinstance(made, dict)
        scaled = (source - made["middle"]) / made["half"]  # type: ignore[operator]
        degree = int(made["degree"])  # type: ignore[arg-type]
        terms = np.column_stack(
            [
                scaled[:, 0] ** i * scaled[:, 1] ** j
                for i in range(degree + 1)
                for j in range(degree + 1 - i)
            ]
        )
        found = np.column_stack([terms @ made["x"], terms @ made["y"]])
        assert np.hypot(*(found - target).T).max() < most_m


def test_no_page_has_a_background_that_was_not_asked_for() -> None:
    assert background.layer(None, scene(), SHEET) is None  # type: ignore[arg-type]
    assert outlined.catchments(None, scene(), SHEET) is None  # type: ignore[arg-type]


def test_the_host_of_a_tile_server() -> None:
    tiles = Tiles("https://tiles.example.org:8080/a/{z}/{x}/{y}.png")
    assert Background(tiles=tiles).hosts == ("https://tiles.example.org:8080",)
    assert Background().hosts == ()


def test_classes_go_up() -> None:
    values = [float(each) for each in np.random.default_rng(3).gamma(2, 9, 400).round(1)]
    for method in ("quantile", "natural"):
        limits = breaks(method, values)
        assert len(limits) == 4
        assert all(a < b for a, b in pairwise(limits))
