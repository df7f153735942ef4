"""Boundaries as councils have them: every format, any coordinate system, faults mended and said."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely

from geodemand.core.geography import Geography
from geodemand.errors import ContentError, GeographyError, UnreadableFileError
from geodemand.io import spatial
from geodemand.io.formats import limits

WEST, SOUTH = 600_000, 250_000
# Two LSOAs of 1 km side by side in Suffolk.
CODES, NAMES = ["E01000002", "E01000001"], ["Babergh 001B", "Babergh 001A"]
EAST_ONE, WEST_ONE = (
    shapely.box(WEST + x, SOUTH, WEST + x + 1000, SOUTH + 1000) for x in (1000, 0)
)
BOW_TIE = shapely.Polygon(
    [(WEST, SOUTH), (WEST + 1000, SOUTH + 1000), (WEST + 1000, SOUTH), (WEST, SOUTH + 1000)]
)


def frame(
    crs: str = "EPSG:27700", shapes: list[Any] | None = None, **more: list[Any]
) -> gpd.GeoDataFrame:
    columns = more or {"LSOA21CD": CODES, "LSOA21NM": NAMES}
    drawn = gpd.GeoDataFrame(columns, geometry=shapes or [EAST_ONE, WEST_ONE], crs="EPSG:27700")
    if not shapes:
        drawn.geometry = drawn.geometry.segmentize(50)
    return drawn.to_crs(crs)


def written(folder: Path, name: str, drawn: gpd.GeoDataFrame) -> Path:
    path = folder / name
    if path.suffix == ".parquet":
        drawn.to_parquet(path)
    elif path.suffix == ".topojson":
        path.write_text(topology(drawn))
    elif path.suffix == ".zip":
        drawn.to_file(folder / "lsoa.shp", engine="pyogrio")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for part in sorted(folder.glob("lsoa.*")):
                packed.write(part, f"LSOA 2021/{part.name}")
    else:
        drawn.to_file(path, engine="pyogrio")
    return path


def topology(drawn: gpd.GeoDataFrame) -> str:
    """Return TopoJSON with one arc an area; without shared arcs, which the real files have."""
    features = [
        {
            "type": "Polygon",
            "arcs": [[row]],
            "id": code,
            "properties": {"LSOA21CD": code, "LSOA21NM": name},
        }
        for row, (code, name) in enumerate(zip(CODES, NAMES, strict=True))
    ]
    arcs = [[list(at) for at in shape.exterior.coords] for shape in drawn.geometry]
    held = {"type": "GeometryCollection", "geometries": features}
    return json.dumps({"type": "Topology", "objects": {"lsoa": held}, "arcs": arcs})


FORMATS = ("a.gpkg", "a.shp", "a.zip", "a.geojson", "a.fgb", "a.parquet", "a.topojson")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_read_with_its_codes_and_names(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name, frame("EPSG:4326"))
    found = spatial.read_areas("lsoa", path)
    assert found.codes == ("E01000001", "E01000002")
    assert found.names == ("Babergh 001A", "Babergh 001B")
    # Two Helmert transformations, there and back.
    assert shapely.hausdorff_distance(found.shapes, [WEST_ONE, EAST_ONE]).max() < 0.01


@pytest.mark.parametrize("name", FORMATS[:5])
def test_files_on_the_grid_are_taken_as_they_are(tmp_path: Path, name: str) -> None:
    found = spatial.read_areas("lsoa", written(tmp_path, name, frame()))
    assert shapely.equals(found.shapes, [WEST_ONE, EAST_ONE]).all()
    assert found.notes == ()


@pytest.mark.parametrize(
    ("crs", "by"),
    [
        ("EPSG:4326", "OSGB36 to WGS 84 (6)"),
        ("EPSG:3857", "OSGB36 to WGS 84 (6)"),
        ("EPSG:4258", "ETRS89 to WGS 84 (1)"),
        ("EPSG:29902", "TM65 to WGS 84 (2)"),
        ("EPSG:29903", "TM75 to WGS 84 (2)"),
        ("EPSG:2157", "IRENET95 to WGS 84 (1)"),
        ("EPSG:32630", "OSGB36 to WGS 84 (6)"),
    ],
)
def test_any_system_comes_into_metres_and_the_operation_is_said(
    tmp_path: Path, crs: str, by: str
) -> None:
    """Also where PROJ would rather leave out the change of datum, which is 50 to 100 m off."""
    way = pyproj.Transformer.from_crs("EPSG:27700", crs, always_xy=True, allow_ballpark=False)
    drawn = frame()
    drawn.geometry = shapely.transform(
        drawn.geometry.to_numpy(), lambda at: np.column_stack(way.transform(at[:, 0], at[:, 1]))
    )
    drawn = drawn.set_crs(crs, allow_override=True)
    found = spatial.read_areas("lsoa", written(tmp_path, "a.gpkg", drawn))
    assert shapely.hausdorff_distance(found.shapes, [WEST_ONE, EAST_ONE]).max() < 0.01
    (note,) = found.notes
    assert by in note
    assert "right to about" in note
    assert note.count("OSTN15 grid") == 1


def test_the_accuracy_of_degrees_is_two_metres(tmp_path: Path) -> None:
    found = spatial.read_areas("lsoa", written(tmp_path, "a.geojson", frame("EPSG:4326")))
    assert "from WGS 84 into British National Grid" in found.notes[0]
    assert (
        "right to about 2 m; the OSTN15 grid, right to 0.1 m, is not installed." in found.notes[0]
    )


def test_a_system_said_by_the_user_goes_before_the_files(tmp_path: Path) -> None:
    drawn = frame().set_crs("EPSG:3857", allow_override=True)
    path = written(tmp_path, "a.gpkg", drawn)
    found = spatial.read_areas("lsoa", path, reference="EPSG:27700")
    assert shapely.equals(found.shapes, [WEST_ONE, EAST_ONE]).all()


@pytest.mark.parametrize(
    ("held", "called", "said"),
    [
        ("EPSG:27700", "EPSG:4326", 'They look like metres: say crs = "EPSG:27700".'),
        ("EPSG:3857", "EPSG:4326", 'They look like metres: say crs = "EPSG:3857".'),
        ("EPSG:4326", "EPSG:27700", 'They look like degrees: say crs = "EPSG:4326".'),
        ("EPSG:4326", "EPSG:3857", 'They look like degrees: say crs = "EPSG:4326".'),
        ("EPSG:3857", "EPSG:27700", 'They look like metres: say crs = "EPSG:3857".'),
        ("EPSG:27700", "EPSG:3857", 'They look like metres: say crs = "EPSG:27700".'),
    ],
)
def test_numbers_of_another_system_are_told(
    tmp_path: Path, held: str, called: str, said: str
) -> None:
    drawn = frame(held).set_crs(called, allow_override=True)
    with pytest.raises(GeographyError) as caught:
        spatial.read_areas("lsoa", written(tmp_path, "a.gpkg", drawn))
    assert said in str(caught.value)


@pytest.mark.parametrize("called", ["EPSG:4326", "EPSG:27700"])
def test_swapped_axes_are_told(tmp_path: Path, called: str) -> None:
    drawn = frame("EPSG:4326")
    drawn.geometry = shapely.transform(drawn.geometry.to_numpy(), lambda at: at[:, ::-1])
    drawn = drawn.set_crs(called, allow_override=True)
    with pytest.raises(GeographyError, match="axes swapped, latitude first"):
        spatial.read_areas("lsoa", written(tmp_path, "a.gpkg", drawn))


def test_a_file_without_a_system_is_refused_unless_it_is_given(tmp_path: Path) -> None:
    path = written(tmp_path, "a.shp", frame())
    path.with_suffix(".prj").unlink()
    with pytest.raises(GeographyError, match="does not say which coordinate system it is in"):
        spatial.read_areas("lsoa", path)
    found = spatial.read_areas("lsoa", path, reference="epsg:27700")
    assert found.codes == ("E01000001", "E01000002")


def test_a_system_without_a_known_way_to_the_grid_is_refused(tmp_path: Path) -> None:
    """It could be 100 m off, and nothing would show it."""
    path = written(tmp_path, "a.shp", frame())
    local = pyproj.CRS("+proj=tmerc +lat_0=49 +lon_0=-2 +ellps=intl +units=m").to_wkt("WKT1_ESRI")
    path.with_suffix(".prj").write_text(local)
    with pytest.raises(GeographyError, match="no transformation from"):
        spatial.read_areas("lsoa", path)


@pytest.mark.parametrize(
    ("columns", "code", "name"),
    [
        ({"LAD25CD": ["E07", "E07"], "LSOA21CD": CODES, "LSOA21NM": NAMES}, CODES, NAMES),
        ({"LSOA21CD": CODES, "LAD25NM": ["x", "y"], "LSOA21NM": NAMES}, CODES, NAMES),
        ({"WD25CD": CODES, "WD25NM": NAMES, "GlobalID": ["1", "2"]}, CODES, NAMES),
        ({"ccg21_name": NAMES, "ccg21_code": CODES}, CODES, NAMES),
        ({"Team code": CODES, "Team name": NAMES}, CODES, NAMES),
        ({"FID": [7, 8], "code": ["007", "1E5"], "name": ["NA", "null"]}, ["007", "1E5"], None),
        ({"id": [2.0, 1.0]}, ["2", "1"], ["2", "1"]),
        ({"OA11CD": CODES, "LAD11CD": ["a", "a"]}, CODES, CODES),
    ],
)
def test_code_and_name_columns_are_found(
    tmp_path: Path, columns: dict[str, list[Any]], code: list[str], name: list[str] | None
) -> None:
    """Text stays text: 007, 1E5 and NA are codes and names as any."""
    path = written(tmp_path, "a.gpkg", frame(**columns))
    found = spatial.read_areas("lsoa", path)
    expected = sorted(zip(code, name or columns["name"], strict=True))
    assert list(zip(found.codes, found.names, strict=True)) == expected


def test_a_table_of_styles_is_no_layer(tmp_path: Path) -> None:
    path = written(tmp_path, "a.gpkg", frame())
    styles = pd.DataFrame({"styleName": ["lsoa"]})
    pyogrio.write_dataframe(styles, path, layer="layer_styles", append=True)
    assert spatial.read_areas("lsoa", path).codes == ("E01000001", "E01000002")


def test_a_ring_that_crosses_itself_is_mended_and_said(tmp_path: Path) -> None:
    path = written(tmp_path, "a.gpkg", frame(shapes=[EAST_ONE, BOW_TIE]))
    found = spatial.read_areas("lsoa", path)
    assert shapely.is_valid(found.shapes).all()
    assert shapely.area(found.shapes[0]) == pytest.approx(500_000)
    (note,) = found.notes
    assert "1 area has rings that cross or touch themselves (E01000001)" in note
    assert "which changed an area by 50.00 ha at most" in note


def test_features_without_a_shape_are_listed(tmp_path: Path) -> None:
    shapes = [EAST_ONE, WEST_ONE, None, shapely.Polygon()]
    drawn = gpd.GeoDataFrame({"code": list("ABCD")}, geometry=shapes, crs="EPSG:27700")
    drawn.to_file(tmp_path / "a.gpkg", engine="pyogrio")
    found = spatial.read_areas("lsoa", tmp_path / "a.gpkg")
    assert found.codes == ("A", "B")
    assert found.notes == ("2 features without a shape left out: C, D.",)


def test_areas_with_one_name_are_told_apart_by_their_codes_and_it_is_said(tmp_path: Path) -> None:
    drawn = frame(WD25CD=["B", "A"], WD25NM=["Westgate", "Westgate"])
    found = spatial.read_areas("wards", written(tmp_path, "a.gpkg", drawn))
    assert found.names == ("Westgate (A)", "Westgate (B)")
    said = "A name that several areas have: 'Westgate'. The code is written behind."
    assert found.notes[0] == said


def test_areas_with_one_name_and_nothing_to_tell_them_apart_are_refused(tmp_path: Path) -> None:
    drawn = frame(name=["Westgate", "Westgate"])
    with pytest.raises(ContentError, match="codes stand more than once in 'name': Westgate"):
        spatial.read_areas("wards", written(tmp_path, "a.gpkg", drawn), code="name")


def test_all_faults_of_a_file_are_said_at_once(tmp_path: Path) -> None:
    shapes = [EAST_ONE, shapely.Point(WEST, SOUTH), shapely.box(0, 5e6, 1, 5e6 + 1), WEST_ONE]
    drawn = gpd.GeoDataFrame(
        {"code": ["A", "A", "B", None], "name": list("abcd")}, geometry=shapes, crs="EPSG:27700"
    )
    drawn.to_file(tmp_path / "a.gpkg", engine="pyogrio")
    with pytest.raises(ContentError) as caught:
        spatial.read_areas("lsoa", tmp_path / "a.gpkg")
    said = str(caught.value).splitlines()
    assert len(said) == len(caught.value.faults) == 4
    assert all(line.startswith(f"{tmp_path / 'a.gpkg'}: ") for line in said)
    for words in (
        "1 feature has no code in 'code'. They are feature 4.",
        "codes stand more than once in 'code': A.",
        "holds points or lines where areas are needed. They are A.",
        "1 of 4 features lie outside Great Britain. They are B, around ",
    ):
        assert words in str(caught.value)


def test_a_missing_column_and_a_missing_system_are_said_together(tmp_path: Path) -> None:
    path = written(tmp_path, "a.shp", frame())
    path.with_suffix(".prj").unlink()
    with pytest.raises(ContentError) as caught:
        spatial.read_areas("lsoa", path, code="TEAM")
    assert "'TEAM' is not in the file" in str(caught.value)
    assert "does not say which coordinate system" in str(caught.value)


def test_a_ring_that_does_not_close_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "a.geojson", frame("EPSG:4326"))
    held = json.loads(path.read_text())
    held["features"][1]["geometry"]["coordinates"][0].pop()
    path.write_text(json.dumps(held))
    with pytest.raises(GeographyError, match=r"a shape that cannot be read: E01000001\..*closed"):
        spatial.read_areas("lsoa", path)


@pytest.mark.parametrize(
    ("text", "encoding"), [("Café", "utf-8"), ("Ŵy", "utf-8"), ("Café", "cp1252")]
)
def test_a_shapefile_that_does_not_say_its_encoding(
    tmp_path: Path, text: str, encoding: str
) -> None:
    drawn = frame(code=["A", "B"], name=[text, "plain"])
    path = tmp_path / "a.shp"
    drawn.to_file(path, engine="pyogrio", encoding=encoding)
    path.with_suffix(".cpg").unlink()
    found = spatial.read_areas("lsoa", path)
    assert found.names[0] == text
    assert any("Windows-1252" in note for note in found.notes) == (encoding == "cp1252")


def two_maps(folder: Path) -> Path:
    for name in ("north", "south"):
        frame().to_file(folder / f"{name}.shp", engine="pyogrio")
    path = folder / "two.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for part in sorted(folder.glob("*.*")):
            if part != path:
                packed.write(part, part.name)
    return path


def test_of_two_maps_in_a_zip_one_must_be_named(tmp_path: Path) -> None:
    path = two_maps(tmp_path)
    with pytest.raises(ContentError, match=r"holds 2 layers.*north, south"):
        spatial.read_areas("lsoa", path)
    assert len(spatial.read_areas("lsoa", path, layer="north")) == 2
    with pytest.raises(ContentError, match=r"there is no such layer\. It has: north, south"):
        spatial.read_areas("lsoa", path, layer="east")


@pytest.mark.parametrize(
    "name", ["a.gpkg", "a.shp", "a.fgb", "a.geojson", "a.parquet", "a.topojson"]
)
def test_a_layer_that_is_not_there_is_said(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name, frame("EPSG:4326"))
    with pytest.raises(ContentError, match=r"a\..*:other: there is no such layer"):
        spatial.read_areas("lsoa", path, layer="other")


def test_arcs_are_shared_reversed_and_on_a_grid(tmp_path: Path) -> None:
    """Two squares with the border between them written once, as steps on a grid of 0.01 degrees."""
    held = {
        "type": "Topology",
        "transform": {"scale": [0.01, 0.01], "translate": [1, 52]},
        "arcs": [
            [[1, 0], [0, 1]],
            [[1, 1], [-1, 0], [0, -1], [1, 0]],
            [[1, 0], [1, 0], [0, 1], [-1, 0]],
        ],
        "objects": {
            "two": {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "Polygon", "arcs": [[0, 1]], "id": "W"},
                    {"type": "MultiPolygon", "arcs": [[[2, -1]]], "id": "E"},
                    {"type": None, "id": "N"},
                ],
            }
        },
    }
    path = tmp_path / "a.json"
    path.write_text(json.dumps(held))
    found = spatial.read_areas("two", path)
    assert found.codes == ("E", "W")
    assert shapely.length(shapely.intersection(*found.shapes)) == pytest.approx(1112, abs=2)
    assert shapely.area(shapely.intersection(*found.shapes)) == 0
    assert "1 feature without a shape left out: N." in found.notes


@pytest.mark.parametrize("name", ["s.gpkg", "s.geojson", "s.topojson"])
def test_sites_are_points_with_names(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    points = gpd.GeoDataFrame(
        {"code": ["A"], "name": ["Hub"]}, geometry=[shapely.Point(WEST, SOUTH)], crs="EPSG:27700"
    )
    points = points.to_crs("EPSG:4326")
    if name.endswith("topojson"):
        point = {
            "type": "Point",
            "coordinates": [points.geometry[0].x, points.geometry[0].y],
            "properties": {"code": "A", "name": "Hub"},
        }
        held = {"type": "GeometryCollection", "geometries": [point]}
        path.write_text(json.dumps({"type": "Topology", "arcs": [], "objects": {"s": held}}))
    else:
        points.to_file(path, engine="pyogrio")
    found = spatial.read_sites("hubs", path)
    assert (found.codes, found.names) == (("A",), ("Hub",))
    assert (found.x[0], found.y[0]) == pytest.approx((WEST, SOUTH), abs=0.01)


def test_areas_are_no_sites(tmp_path: Path) -> None:
    with pytest.raises(GeographyError, match=r"not points\. They are E01000002, E01000001\."):
        spatial.read_sites("hubs", written(tmp_path, "a.gpkg", frame()))


@pytest.mark.parametrize("name", FORMATS[:-1])
def test_the_order_of_the_features_changes_nothing(tmp_path: Path, name: str) -> None:
    def read(turn: Callable[[Any], Any], folder: str) -> Geography:
        (tmp_path / folder).mkdir()
        return spatial.read_areas("a", written(tmp_path / folder, name, turn(frame("EPSG:4326"))))

    one, other = read(lambda drawn: drawn, "1"), read(lambda drawn: drawn.iloc[::-1], "2")
    assert (one.codes, one.names, one.notes) == (other.codes, other.names, other.notes)
    assert shapely.equals_exact(one.shapes, other.shapes).all()


def test_nothing_is_left_beside_a_file_or_in_temporary_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, temporary = tmp_path / "own", tmp_path / "temporary"
    own.mkdir()
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    for name in FORMATS:
        path = written(own, name, frame("EPSG:4326"))
        before = sorted(own.iterdir())
        spatial.read_areas("lsoa", path)
        with pytest.raises((ContentError, UnreadableFileError)):
            spatial.read_areas("lsoa", path, layer="none of them")
        assert sorted(own.iterdir()) == before
        assert not list(temporary.iterdir())


def test_the_limits_are_those_of_the_document() -> None:
    text = (Path(__file__).parents[2] / "docs" / "boundaries.md").read_text(encoding="utf-8")
    for shown in (
        f"| {limits.FILE_BYTES >> 30} GB; GeoJSON and TopoJSON {limits.TEXT_BYTES >> 20} MB |",
        f"| {limits.FEATURES:,} |",
        f"| {limits.VERTICES // 10**6} million |",
        f"| {limits.CELLS // 10**6} million |",
    ):
        assert shown in text
