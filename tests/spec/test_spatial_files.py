"""Files of maps: what other programs read back from them is what the release shows, and no more."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodemand.core import disclosure
from geodemand.core.disclosure import Facts, Labels, People, Release, Table, protect
from geodemand.core.geography import Geography, Sites, TableShapes
from geodemand.io import definitions
from geodemand.report import spatial

POLICY = definitions.policy("public")
SHAPES = shapely.box(
    600_000 + 1000 * np.arange(3), 250_000, 601_000 + 1000 * np.arange(3), 251_000.0
)
EXACT = np.array([[0, 3, 41], [7, 8, 1_234]])
HOSTILE = ("=1+1", "<script>alert(1)</script>{{7*7}}", 'D"; DROP TABLE areas; --\x00\x07')


def areas(names: tuple[str, ...] = ("Alder", "Beech", "Cedar"), first: str = "CYP") -> Release:
    """Return a release about three areas and two lists, and their shapes."""
    lists = (first, "cyp")
    table = Table(
        "areas",
        {
            "geography": Labels(("teams",) * 6),
            "code": Labels(("A", "B", "C") * 2),
            "name": Labels(names * 2),
            "list": Labels((lists[0],) * 3 + (lists[1],) * 3),
            "clients": protect(People.alone("people", EXACT.ravel()), POLICY),
            "postcodes": Facts(np.array([1.0, 2.0, 3.0] * 2)),
        },
    )
    return disclosure.release(POLICY, {"areas": table})


def teams(names: tuple[str, ...] = ("Alder", "Beech", "Cedar"), name: str = "teams") -> Geography:
    return Geography(name, ("A", "B", "C"), names, SHAPES)


def geopackage(content: bytes, layer: str, tmp_path: Path) -> gpd.GeoDataFrame:
    path = tmp_path / "read.gpkg"
    path.write_bytes(content)
    return gpd.read_file(path, layer=layer)


def parquet(content: bytes, _: str, __: Path) -> gpd.GeoDataFrame:
    return gpd.read_parquet(io.BytesIO(content))


def geojson(content: bytes, _: str, __: Path) -> gpd.GeoDataFrame:
    held = json.loads(content)
    assert "crs" not in held  # RFC 7946 knows one system only
    return gpd.GeoDataFrame.from_features(held, crs="EPSG:4326")


Reader = Callable[[bytes, str, Path], gpd.GeoDataFrame]
FORMATS: dict[str, tuple[Callable[[spatial.Layer], bytes], Reader]] = {
    "gpkg": (lambda layer: spatial.geopackage([layer], "about"), geopackage),
    "geojson": (spatial.geojson, geojson),
    "parquet": (spatial.geoparquet, parquet),
}


def read_back(name: str, layer: spatial.Layer, tmp_path: Path) -> gpd.GeoDataFrame:
    write, read = FORMATS[name]
    return read(write(layer), layer.name, tmp_path)


@pytest.mark.parametrize("name", FORMATS)
def test_areas_have_one_row_each_with_the_figures_that_the_release_shows(
    name: str, tmp_path: Path
) -> None:
    (layer,) = spatial.layers(areas(), [teams()])
    held = read_back(name, layer, tmp_path)
    assert list(held.columns.drop("geometry")) == [
        *("code", "name", "postcodes"),
        *("CYP_clients", "CYP_clients_withheld", "cyp_clients_2", "cyp_clients_withheld_2"),
        "policy",
    ]
    assert held["CYP_clients"].isna().tolist() == [False, True, False]
    assert held["CYP_clients"].dropna().tolist() == [0, 40]
    assert held["CYP_clients_withheld"].tolist() == [False, True, False]
    assert held["cyp_clients_2"].dropna().tolist() == [10, 1235]
    assert set(held["policy"]) == {"public"}
    there = held.to_crs("EPSG:27700")
    apart = shapely.hausdorff_distance(there.geometry.to_numpy(), layer.shapes)
    assert apart.max() < 0.01
    assert there.area.sum() == pytest.approx(3e6, rel=1e-4)


@pytest.mark.parametrize("name", FORMATS)
def test_no_file_holds_an_exact_count_that_the_policy_hides(name: str, tmp_path: Path) -> None:
    (layer,) = spatial.layers(areas(), [teams()])
    content = FORMATS[name][0](layer)
    held = read_back(name, layer, tmp_path)
    figures = held.select_dtypes("number").drop(columns="postcodes").stack().unique()
    hidden = set(EXACT.ravel().tolist()) - {0}
    assert not hidden & set(figures.tolist())
    assert b"1234" not in content


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_names_are_only_text(name: str, tmp_path: Path) -> None:
    release = areas(HOSTILE, first='=HYPERLINK("x")')
    layers = spatial.layers(release, [teams(HOSTILE, 'teams"; DROP'), teams(HOSTILE)])
    assert [layer.name for layer in layers] == ["teams_DROP", "teams"]
    held = read_back(name, layers[1], tmp_path)
    # Control characters are no text; all else is as it came.
    assert held["name"].tolist() == [*HOSTILE[:2], 'D"; DROP TABLE areas; --  ']
    assert '=HYPERLINK("x")_clients' in held.columns


def test_layers_of_one_name_in_another_case_stay_two(tmp_path: Path) -> None:
    layers = spatial.layers(areas(), [teams(name="Teams"), teams(), teams(name="../teams")])
    assert [layer.name for layer in layers] == ["Teams", "teams_2", "teams_3"]
    content = spatial.geopackage(layers, "Source: us.")
    assert len(geopackage(content, "teams_3", tmp_path)) == 3


def test_a_row_without_a_shape_keeps_its_figures(tmp_path: Path) -> None:
    table = Table("pieces", {"kind": Labels(("real", "sliver"))})
    release = disclosure.release(POLICY, {"pieces": table})
    shapes = np.array([SHAPES[0], None], dtype=object)
    (layer,) = spatial.layers(release, [TableShapes("pieces", shapes)])
    for name in FORMATS:
        held = read_back(name, layer, tmp_path)
        assert held["kind"].tolist() == ["real", "sliver"]
        assert held.geometry.isna().tolist() == [False, True]
    with pytest.raises(ValueError, match="2 rows, not 1 shapes"):
        spatial.layers(release, [TableShapes("pieces", shapes[:1])])


def test_services_are_points(tmp_path: Path) -> None:
    sites = Sites("hubs", ("H1",), ("Café",), np.array([600_500.0]), np.array([250_500.0]), ("A",))
    (layer,) = spatial.layers(areas(), [sites])
    for name in FORMATS:
        held = read_back(name, layer, tmp_path).to_crs("EPSG:27700")
        assert held.loc[0, ["name", "area"]].tolist() == ["Café", "A"]
        assert held.geometry[0].distance(shapely.Point(600_500, 250_500)) < 0.01


def test_geojson_is_as_the_standard_has_it() -> None:
    (layer,) = spatial.layers(areas(), [teams()])
    held = json.loads(spatial.geojson(layer))
    for feature in held["features"]:
        for polygon in feature["geometry"]["coordinates"]:
            assert shapely.is_ccw(shapely.LinearRing(polygon[0]))
            assert all(0 < lon < 2 and 51 < lat < 53 for lon, lat in polygon[0])


def test_heat_surfaces_are_classes_with_their_limits() -> None:
    classes = np.array([[0, 1], [1, 2]], dtype=np.uint8)
    surface = disclosure.Surface(
        "CYP", classes, 600_000, 251_000, 250.0, (1.0, 2.0), 500.0, neighbours=10
    )
    release = disclosure.release(POLICY, {}, (surface,))
    (layer,) = spatial.layers(release, [], surfaces=True)
    held = {field.name: field.values for field in layer.fields}
    assert (held["at_least"], held["below"]) == ((1.0, 2.0), (2.0, None))
    assert shapely.area(layer.shapes).tolist() == [2 * 250.0**2, 250.0**2]
    assert layer.shapes[1].bounds == (600_250, 250_500, 600_500, 250_750)


def test_styles_are_where_qgis_looks_for_them(tmp_path: Path) -> None:
    (layer,) = spatial.layers(areas(), [teams()])
    style = spatial.Style("teams", "CYP: rate", "<qgis/>", default=True)
    path = tmp_path / "styled.gpkg"
    path.write_bytes(spatial.geopackage([layer], "Source: us.", [style]))
    with sqlite3.connect(path) as database:
        found = database.execute(
            "SELECT f_table_name, f_geometry_column, styleName, styleQML, useAsDefault "
            "FROM layer_styles"
        ).fetchall()
        about = database.execute("SELECT description FROM gpkg_contents").fetchone()
    assert found == [("teams", "geom", "CYP: rate", "<qgis/>", 1)]
    assert about == ("Source: us.",)


def test_layers_are_made_of_a_release_alone() -> None:
    with pytest.raises(TypeError, match="made of a Release"):
        spatial.layers({"areas": None}, [teams()])  # type: ignore[arg-type]
