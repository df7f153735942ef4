"""Files as councils have them: delimiters, encodings, coordinates, keys, formats."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj
import pytest
import shapely
from click.testing import Result

Run = Callable[..., Result]
Tiny = Any  # the fixture's class lives in conftest
EXACT = ["--policy", "internal", "--reason", "a test", "--json"]
TO_DEGREES = pyproj.Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)


def figures(run: Run, tiny: Tiny, command: str = "profile", *options: str) -> dict[str, Any]:
    result = run(command, *EXACT, *options, folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def ledger(run: Run, tiny: Tiny, name: str = "CYP") -> dict[str, int]:
    """Return the ledger of one list without its zeros."""
    (row,) = (r for r in figures(run, tiny)["ledger"] if r["list"] == name)
    return {reason: n for reason, n in row.items() if n not in {0, name}}


def clients_by_segment(run: Run, tiny: Tiny, *options: str) -> dict[str, int]:
    rows = figures(run, tiny, "profile", "--level", "type", *options)["profile"]
    return {
        row["segment"]: row["clients"]
        for row in rows
        if row["list"] == "CYP" and row["level"] == "type" and row["clients"]
    }


BY_TYPE = {"1": 10, "30": 20, "44": 20, "46": 10}


# --- client lists ---


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_a_list_in_any_usual_dress_is_read(
    tiny: Tiny, run: Run, delimiter: str, end: str, encoding: str
) -> None:
    rows = [
        ["Client ID", "Name", "Postcode"],
        ["1", '"Zoë, of ""The Mill"""', "IP1 1AA"],
        ["2", "O'Brien", "IP1 1AB"],
        ["3", '"Zoë; the 2nd | third"', "IP2 2BG"],
    ]
    content = end.join(delimiter.join(row) for row in rows) + end
    tiny.path("cyp.csv").write_bytes(content.encode(encoding))
    assert ledger(run, tiny) == {"rows": 3, "matched": 3}


@pytest.mark.parametrize(
    "name", ["cyp.csv.gz", "cyp.txt", "CYP.CSV", "cyp [2026] *?.csv", "o'brien.csv", "zoë.csv"]
)
def test_a_list_may_be_called_anything(tiny: Tiny, run: Run, name: str) -> None:
    content = tiny.path("cyp.csv").read_bytes()
    tiny.path("cyp.csv").unlink()
    tiny.path(name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    tiny.project(('"cyp.csv"', f'"{name}"'))
    assert ledger(run, tiny) == {"rows": 60, "matched": 60}


def test_a_list_may_be_parquet(tiny: Tiny, run: Run) -> None:
    pd.read_csv(tiny.path("cyp.csv")).to_parquet(tiny.path("cyp.parquet"))
    tiny.project(("cyp.csv", "cyp.parquet"))
    assert ledger(run, tiny) == {"rows": 60, "matched": 60}


def test_a_list_may_be_several_files_in_which_a_client_counts_once(tiny: Tiny, run: Run) -> None:
    tiny.clients("more.csv", ["c0,IP1 1AA", "c999,IP2 2BG"])
    tiny.project(('file = "cyp.csv"', 'files = ["cyp.csv", "more.csv"]'))
    assert ledger(run, tiny) == {"rows": 62, "matched": 61, "duplicate": 1}


@pytest.mark.parametrize(
    ("condition", "rows"),
    [('"open"', 2), ('["open", "review"]', 3), ('"closed"', 1)],
)
def test_rows_that_do_not_count_can_be_left_out(
    tiny: Tiny, run: Run, condition: str, rows: int
) -> None:
    status = ["open", "open", "review", "closed"]
    lines = [f"{n},IP1 1AA,{word}" for n, word in enumerate(status)]
    tiny.clients("cyp.csv", lines, header="id,postcode,Case Status")
    tiny.project(('"cyp.csv"', f'"cyp.csv"\nonly = {{ "Case Status" = {condition} }}'))
    assert ledger(run, tiny)["rows"] == rows


@pytest.mark.parametrize(
    "header",
    ["id,postcode", "ID,POSTCODE", "client_id,pcds", "Person ID,Post Code", "upn,home_postcode"],
)
def test_columns_are_found_by_their_usual_names(tiny: Tiny, run: Run, header: str) -> None:
    header = header.replace("Person ID", "person_id").replace("Post Code", "post_code")
    tiny.clients("cyp.csv", ["c1,IP1 1AA", "c1,IP1 1AA"], header=header)
    assert ledger(run, tiny) == {"rows": 2, "matched": 1, "duplicate": 1}


def test_columns_can_be_named(tiny: Tiny, run: Run) -> None:
    tiny.clients(
        "cyp.csv", ["c1,IP1 1AA", "c1,IP1 1AA"], header="Who?,Where, if known".replace(", ", " ")
    )
    tiny.project(('"cyp.csv"', '"cyp.csv"\nid = "Who?"\npostcode = "where if known"'))
    assert ledger(run, tiny) == {"rows": 2, "matched": 1, "duplicate": 1}


def test_a_row_cut_short_has_blank_cells(tiny: Tiny, run: Run) -> None:
    tiny.clients("cyp.csv", ["c1,IP1 1AA", "c2", "c3,IP1 1AB"])
    assert ledger(run, tiny) == {"rows": 3, "matched": 2, "blank": 1}


@pytest.mark.parametrize("last", ["c9,IP2 2BG", '"c9","IP2 2BG"'])
def test_every_row_is_read_wherever_a_quote_first_stands(tiny: Tiny, run: Run, last: str) -> None:
    """A long list in which the first quoted cell, or an apostrophe, comes late."""
    rows = [f"c{n}o'clock,IP1 1AA" for n in range(30_000)]
    tiny.clients("cyp.csv", [*rows, last])
    assert ledger(run, tiny) == {"rows": 30_001, "matched": 30_001}


# --- lists by coordinates ---


@pytest.mark.parametrize("columns", ["easting,northing", "Eastings,Northings", "X,Y"])
def test_a_list_may_have_eastings_and_northings(tiny: Tiny, run: Run, columns: str) -> None:
    rows = [
        "c1,600210,250190",  # beside IP1 1AA
        "c2,601790,250710",
        "c3,600200,250700",
        "c3,600200,250700",  # the same client again
        "c4,0,0",  # what systems write for nothing
        "c5,,",
        "c6,east,north",
        "c7,400000,250000",  # far from every postcode
    ]
    tiny.clients("cyp.csv", rows, header=f"id,{columns}")
    expected = {"rows": 8, "matched": 3, "duplicate": 1, "outside": 1, "blank": 1, "malformed": 2}
    assert ledger(run, tiny) == expected


@pytest.mark.parametrize("columns", ["lat,long", "Latitude,Longitude"])
def test_a_list_may_have_latitudes_and_longitudes(tiny: Tiny, run: Run, columns: str) -> None:
    rows = []
    for number, (east, north) in enumerate([(600_210, 250_190), (601_790, 250_710)]):
        longitude, latitude = TO_DEGREES.transform(east, north)
        rows.append(f"c{number},{latitude:.6f},{longitude:.6f}")
    tiny.clients("cyp.csv", [*rows, "c8,51.5,-0.12", "c9,,"], header=f"id,{columns}")
    assert ledger(run, tiny) == {"rows": 4, "matched": 2, "outside": 1, "blank": 1}


def test_a_point_has_the_segment_of_its_nearest_postcode(tiny: Tiny, run: Run) -> None:
    rows = ["c1,600210,250190", "c2,601780,250690", "c3,601060,250210"]
    tiny.clients("cyp.csv", rows, header="id,easting,northing")
    assert clients_by_segment(run, tiny) == {"44": 1, "30": 1, "46": 1}


def test_a_point_is_in_the_area_where_it_is_and_not_its_postcode(tiny: Tiny, run: Run) -> None:
    """IP2 2BA lies 50 m east of the border; a client 40 m west of it is its nearest."""
    tiny.clients("cyp.csv", ["c1,600960,250200"], header="id,easting,northing")
    pairs = figures(run, tiny, "hubs")["pairs"]
    assert {row["misplaced"] for row in pairs if row["weight"] == "CYP"} == {0}


def test_coordinates_that_are_named_go_before_a_postcode_column(tiny: Tiny, run: Run) -> None:
    tiny.clients("cyp.csv", ["c1,,600210,250190"], header="id,postcode,east,north")
    tiny.project(('"cyp.csv"', '"cyp.csv"\neasting = "east"\nnorthing = "north"'))
    assert ledger(run, tiny) == {"rows": 1, "matched": 1}


def test_a_study_area_bounds_points_too(tiny: Tiny, run: Run) -> None:
    tiny.areas("teams.geojson", {"T1": shapely.box(600_000, 250_000, 601_000, 251_000)})
    tiny.project(('"postcodes.csv"', '"postcodes.csv"\nwithin = "teams"'))
    rows = ["c1,600210,250190", "c2,601790,250710"]
    tiny.clients("cyp.csv", rows, header="id,easting,northing")
    assert ledger(run, tiny) == {"rows": 2, "matched": 1, "outside": 1}
    assert ledger(run, tiny, "ACS") == {"rows": 40, "matched": 20, "outside": 20}


# --- segments ---


def test_segments_by_postcode(tiny: Tiny, run: Run) -> None:
    assert clients_by_segment(run, tiny) == BY_TYPE


BY_OA = "oa21cd,type\nE001,44\nE002,1\nE003,2\nE004,46\nE005,30\nE006,30\n"


@pytest.mark.parametrize("key", ["oa", "OA"])
def test_segments_by_output_area_through_a_column_of_the_directory(
    tiny: Tiny, run: Run, key: str
) -> None:
    tiny.write("segments.csv", BY_OA)
    tiny.project(('"acorn-2009"', f'"acorn-2009"\nkey = "{key}"\nkey_column = "oa21cd"'))
    assert clients_by_segment(run, tiny) == BY_TYPE


def test_segments_by_output_area_through_polygons(tiny: Tiny, run: Run) -> None:
    west, east = (
        shapely.box(600_000, 250_000, 600_700, 251_000),
        shapely.box(600_700, 250_000, 602_000, 251_000),
    )
    tiny.areas("oas.geojson", {"E001": west, "E002": east})
    tiny.write("segments.csv", "oa,type\nE001,44\nE002,30\n")
    tiny.project(
        ('"acorn-2009"', '"acorn-2009"\nkey = "oas"\nkey_column = "oa"'),
        ("[areas.teams]", '[areas.oas]\nfile = "oas.geojson"\n\n[areas.teams]'),
    )
    assert clients_by_segment(run, tiny) == {"44": 20, "30": 40}


@pytest.mark.parametrize(
    ("code", "written"), [("44", "44"), ("44", "44.0"), ("1", "01"), ("1", "1.0"), ("30", " 30 ")]
)
def test_segment_codes_may_be_written_as_spreadsheets_write_them(
    tiny: Tiny, run: Run, code: str, written: str
) -> None:
    text = tiny.path("segments.csv").read_text()
    tiny.write("segments.csv", text.replace(f",{code}\n", f",{written}\n"))
    assert clients_by_segment(run, tiny) == BY_TYPE


def test_clients_without_a_segment_are_left_out_of_the_shares(tiny: Tiny, run: Run) -> None:
    text = tiny.path("segments.csv").read_text().replace("IP2 2BE,30\n", "")
    tiny.write("segments.csv", text)
    rows = figures(run, tiny)["profile"]
    own = [row for row in rows if (row["list"], row["level"]) == ("CYP", "category")]
    assert {row["total"] for row in own} == {40}
    assert sum(row["share"] for row in own) == pytest.approx(1)
    assert sum(row["base_count"] for row in own) == 11


# --- directories ---


ONSPD = (
    "pcd,pcd2,pcds,dointr,doterm,oseast1m,osnrth1m,osgrdind,oa21,lat,long\n"
    '"IP1 1AA","IP1  1AA","IP1 1AA","198001","","0600200","0250200","1","E001","52.1","0.9"\n'
    '"IP1 1AB","IP1  1AB","IP1 1AB","198001","","0600400","0250200","1","E001","52.1","0.9"\n'
    '"IP1 1AC","IP1  1AC","IP1 1AC","198001","201001","0600300","0250200","8","E001","52.1","0.9"\n'
    '"IP1 1AD","IP1  1AD","IP1 1AD","198001","","","","9","","99.999999","0.000000"\n'
)
RENAMED = ONSPD.replace("pcd,pcd2,", "pcd7,pcd8,").replace(
    "oseast1m,osnrth1m,osgrdind", "east1m,north1m,gridind"
)
CODE_POINT = (
    '"IP1 1AA",10,600200,250200,"E92000001","E19","E18","E10","E07","E05"\n'
    '"IP1 1AB",10,600400,250200,"E92000001","E19","E18","E10","E07","E05"\n'
    '"IP1 1AD",90,0,0,"E92000001","","","","",""\n'
)
LAT_LONG = (
    "Postcode,lat,long\n"
    + "".join(
        f"{postcode},{latitude:.6f},{longitude:.6f}\n"
        for postcode, (longitude, latitude) in {
            "IP1 1AA": TO_DEGREES.transform(600_200, 250_200),
            "IP1 1AB": TO_DEGREES.transform(600_400, 250_200),
        }.items()
    )
    + "IP1 1AD,,0.00000\n"
)


@pytest.mark.parametrize(
    ("content", "terminated"),
    [(ONSPD, 1), (RENAMED, 1), (CODE_POINT, 0), (LAT_LONG, 0)],
    ids=["ONSPD", "ONSPD of 2025", "Code-Point Open", "latitudes and longitudes"],
)
def test_published_directories_are_read_as_they_come(
    tiny: Tiny, run: Run, content: str, terminated: int
) -> None:
    tiny.write("postcodes.csv", content)
    rows = ["c1,IP1 1AA", "c2,IP1 1AB", "c3,IP1 1AC", "c4,IP1 1AD"]
    tiny.clients("cyp.csv", rows)
    tiny.clients("acs.csv", ["a1,IP1 1AA"])
    expected = {"rows": 4, "matched": 2, "terminated": terminated, "unknown": 2 - terminated}
    assert ledger(run, tiny) == {reason: n for reason, n in expected.items() if n}
    pairs = figures(run, tiny, "hubs")["pairs"]
    assert [r["total"] for r in pairs if r["weight"] == "postcodes"] == [2, 2]


def test_a_directory_may_be_several_files_or_a_folder(tiny: Tiny, run: Run) -> None:
    header, *rows = tiny.path("postcodes.csv").read_text().splitlines()
    folder = tiny.path("parts")
    folder.mkdir()
    for number, part in enumerate((rows[:5], rows[5:])):
        (folder / f"{number}.csv").write_text("\n".join([header, *part]))
    whole = figures(run, tiny)
    for named in ('["parts/0.csv", "parts/1.csv"]', '"parts"'):
        tiny.project(('"postcodes.csv"', named))
        assert figures(run, tiny) == whole


def test_a_postcode_that_stands_twice_does_not_double_its_clients(tiny: Tiny, run: Run) -> None:
    whole = figures(run, tiny)
    text = tiny.path("postcodes.csv").read_text()
    tiny.write(
        "postcodes.csv",
        text + "ip11aa,600900,250900,201001,9,9,E009\nIP1 1AA,600200,250200,,20,50,E001\n",
    )
    assert figures(run, tiny) == whole


def test_a_study_area_by_codes_leaves_the_rest_outside(tiny: Tiny, run: Run) -> None:
    west = 'only = { oa = ["E001", "E002", "E003"] }'
    tiny.project(('"postcodes.csv"', f'"postcodes.csv"\n{west}'))
    assert ledger(run, tiny) == {"rows": 60, "matched": 30, "outside": 30}


# --- boundaries ---


@pytest.mark.parametrize(
    ("name", "driver"),
    [
        ("teams.gpkg", "GPKG"),
        ("teams.shp", "ESRI Shapefile"),
        ("teams.fgb", "FlatGeobuf"),
        ("teams.shp.zip", "ESRI Shapefile"),
    ],
)
@pytest.mark.parametrize("crs", ["EPSG:27700", "EPSG:4326", "EPSG:3857"])
def test_boundaries_in_any_format_and_system_give_the_same_figures(
    tiny: Tiny, run: Run, name: str, driver: str, crs: str
) -> None:
    whole = figures(run, tiny, "hubs")
    frame = gpd.read_file(tiny.path("teams.geojson"), engine="pyogrio")
    # Points every 50 m: a straight line is straight in one system only.
    frame.geometry = frame.geometry.segmentize(50)
    frame.to_crs(crs).to_file(tiny.path(name), driver=driver, engine="pyogrio")
    tiny.project(("teams.geojson", name))
    found = figures(run, tiny, "hubs")
    assert [row["verdict"] for row in found["pairs"]] == [row["verdict"] for row in whole["pairs"]]
    for row, expected in zip(found["pairs"], whole["pairs"], strict=True):
        assert row["total"] == pytest.approx(expected["total"], rel=1e-3)
        assert row["misplaced"] == pytest.approx(expected["misplaced"], rel=0.02)


def test_a_layer_of_a_geopackage_can_be_named(tiny: Tiny, run: Run) -> None:
    frame = gpd.read_file(tiny.path("teams.geojson"), engine="pyogrio")
    for layer in ("teams", "others"):
        frame.to_file(tiny.path("all.gpkg"), layer=layer, engine="pyogrio")
    whole = figures(run, tiny, "hubs")["pairs"]
    tiny.project(('"teams.geojson"', '"all.gpkg"\nlayer = "teams"'))
    assert figures(run, tiny, "hubs")["pairs"] == whole
    tiny.project()
    by_option = figures(run, tiny, "hubs", "--areas", "teams=all.gpkg:teams")["pairs"]
    assert by_option == whole


VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="localities">'
    "<SrcDataSource>localities.geojson</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
)


@pytest.mark.parametrize("name", ["t.vrt", "t.gpkg", "t.shp", "t.geojson", "t.fgb", "t.gml", "t"])
@pytest.mark.parametrize(
    "content",
    [
        VRT,
        '{"type": "gdal_streamed_alg", "command_line": "gdal vector read localities.geojson"}',
        "<kml></kml>",
        "WFS:http://localhost/wfs",
        '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point"',
    ],
    ids=["VRT", "GDALG", "KML", "WFS", "half GeoJSON"],
)
def test_a_file_that_names_other_files_is_not_opened(
    tiny: Tiny, run: Run, name: str, content: str
) -> None:
    tiny.write(name, content)
    tiny.project(("teams.geojson", name))
    result = run("hubs", folder=tiny.folder)
    assert result.exit_code == 10
    assert f"{name}: " in result.stderr


@pytest.mark.parametrize("path", ["/vsicurl/http://localhost/x.geojson", "http://localhost/x.gpkg"])
def test_an_address_is_no_file(tiny: Tiny, run: Run, path: str) -> None:
    result = run("hubs", "--areas", f"teams={path}", folder=tiny.folder)
    assert result.exit_code == 10
    assert "there is no such file" in result.stderr


def test_geojson_in_degrees_needs_no_system(tiny: Tiny, run: Run) -> None:
    frame = gpd.read_file(tiny.path("teams.geojson"), engine="pyogrio")
    frame.to_crs("EPSG:4326").to_file(
        tiny.path("teams.geojson"), driver="GeoJSON", engine="pyogrio"
    )
    found = figures(run, tiny, "hubs")["pairs"]
    assert found[0]["total"] == pytest.approx(200, rel=1e-3)


def test_the_system_can_be_said_where_a_file_does_not(tiny: Tiny, run: Run) -> None:
    whole = figures(run, tiny, "hubs")["pairs"]
    frame = gpd.read_file(tiny.path("teams.geojson"), engine="pyogrio")
    frame.to_file(tiny.path("teams.shp"), engine="pyogrio")
    Path(tiny.path("teams.prj")).unlink()
    tiny.project(('"teams.geojson"', '"teams.shp"\ncrs = "EPSG:27700"'))
    assert figures(run, tiny, "hubs")["pairs"] == whole
