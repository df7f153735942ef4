"""What users get wrong: the exit code, the file, what to do, and nothing written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from click.testing import Result

Run = Callable[..., Result]
Tiny = Any  # the fixture's class lives in conftest
EVERY_COMMAND = ["profile", "hubs", "map"]


def square(west: float, east: float) -> shapely.Polygon:
    return shapely.box(600_000 + west, 250_000, 600_000 + east, 251_000)


def files_below(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@dataclass(frozen=True)
class Wrong:
    """One thing wrong: how it comes about, and what a user is told."""

    make: Callable[[Tiny], object]
    code: int
    said: tuple[str, ...]
    command: tuple[str, ...] = ("profile",)


def text(name: str, content: str) -> Callable[[Tiny], object]:
    return lambda tiny: tiny.write(name, content)


def data(name: str, content: bytes) -> Callable[[Tiny], object]:
    return lambda tiny: tiny.path(name).write_bytes(content)


def project(*changes: tuple[str, str]) -> Callable[[Tiny], object]:
    return lambda tiny: tiny.project(*changes)


def nothing(tiny: Tiny) -> None:
    del tiny


def areas(
    shapes: dict[str, shapely.Geometry], crs: str = "EPSG::27700"
) -> Callable[[Tiny], object]:
    return lambda tiny: tiny.areas("teams.geojson", shapes, crs)


def same_code_twice(tiny: Tiny) -> None:
    found = json.loads(tiny.path("teams.geojson").read_text())
    found["features"][1]["properties"]["code"] = "T1"
    tiny.write("teams.geojson", json.dumps(found))


def no_code(tiny: Tiny) -> None:
    found = json.loads(tiny.path("teams.geojson").read_text())
    found["features"][1]["properties"]["code"] = None
    tiny.write("teams.geojson", json.dumps(found))


def shapefile_without_prj(tiny: Tiny) -> None:
    frame = gpd.GeoDataFrame({"code": ["T1"]}, geometry=[square(0, 1000)], crs="EPSG:27700")
    frame.to_file(tiny.path("teams.shp"), engine="pyogrio")
    tiny.path("teams.prj").unlink()
    tiny.project(("teams.geojson", "teams.shp"))


def two_layers(tiny: Tiny) -> None:
    frame = gpd.GeoDataFrame({"code": ["T1"]}, geometry=[square(0, 1000)], crs="EPSG:27700")
    for layer in ("north", "south"):
        frame.to_file(tiny.path("teams.gpkg"), layer=layer, engine="pyogrio")
    tiny.project(("teams.geojson", "teams.gpkg"))


def renamed(old: str, new: str) -> Callable[[Tiny], object]:
    def make(tiny: Tiny) -> None:
        tiny.path(old).rename(tiny.path(new))
        tiny.project((old, new))

    return make


def away(name: str) -> Callable[[Tiny], object]:
    return lambda tiny: tiny.path(name).unlink()


def folder(name: str) -> Callable[[Tiny], object]:
    def make(tiny: Tiny) -> None:
        tiny.path(name).unlink()
        tiny.path(name).mkdir()

    return make


HUBS, MAP = ("hubs",), ("map",)
WRONG = {
    # client lists
    "no list": Wrong(away("cyp.csv"), 10, ("cyp.csv: there is no such file.",)),
    "an empty list": Wrong(text("cyp.csv", ""), 10, ("cyp.csv: is empty.",)),
    "a list of blank lines": Wrong(text("cyp.csv", "\n\n\n"), 11, ("cyp.csv",)),
    "a header and no row": Wrong(
        text("cyp.csv", "id,postcode\n"), 11, ("cyp.csv: the list CYP has no row.",)
    ),
    "no postcode column": Wrong(
        text("cyp.csv", "who,where\nc1,Ipswich\n"),
        11,
        ("cyp.csv: a postcode column (or coordinates) is not in the file.", "who, where"),
    ),
    "a column that is not there": Wrong(
        project(('file = "cyp.csv"', 'file = "cyp.csv"\npostcode = "postcod"')),
        11,
        ("cyp.csv: the column 'postcod' is not in the file.", "Did you mean 'postcode'?"),
    ),
    "a condition on a column that is not there": Wrong(
        project(('file = "cyp.csv"', 'file = "cyp.csv"\nonly = { Status = "open" }')),
        11,
        ("cyp.csv: the column 'Status' is not in the file.",),
    ),
    "a column of hubs that is not there": Wrong(
        project(('file = "cyp.csv"', 'file = "cyp.csv"\nhub = "Hub used"')),
        11,
        ("cyp.csv: the column 'Hub used' is not in the file. It has: id, postcode.",),
        ("check",),
    ),
    "a condition that no row meets": Wrong(
        project(('file = "cyp.csv"', 'file = "cyp.csv"\nonly = { id = "nobody" }')),
        11,
        ("cyp.csv: the list CYP has no row.",),
    ),
    "not one row that can be placed": Wrong(
        text("cyp.csv", "id,postcode\nc1,n/k\nc2,\nc3,NR1 1AA\n"),
        12,
        ("cyp.csv: not one row of the list CYP could be placed.", "directory"),
    ),
    "too few rows that can be placed": Wrong(
        lambda tiny: [
            tiny.clients("cyp.csv", ["c1,IP1 1AA", "c2,n/k", "c3,n/k", "c4,n/k"]),
            tiny.project(("[map]", "[limits]\nmatch_rate = 0.9\n\n[map]")),
        ],
        12,
        ("cyp.csv: fewer than 90 % of the list CYP could be placed, which the project asks for.",),
    ),
    "rows of unequal length": Wrong(
        text("cyp.csv", "id,postcode\nc1,IP1 1AA\nc2,IP1 1AA,more\n"),
        11,
        ("cyp.csv, line 3: cannot be read as a table.", "as many columns as the header"),
    ),
    "a quote that is not closed": Wrong(
        text("cyp.csv", 'id,postcode\nc1,"IP1 1AA\nc2,IP1 1AA\n'),
        11,
        ("cyp.csv", "cannot be read as a table.", "quotes"),
    ),
    "no text at all": Wrong(data("cyp.csv", bytes(range(256)) * 50), 11, ("cyp.csv",)),
    "a kind of file that is not read": Wrong(
        renamed("cyp.csv", "cyp.docx"), 10, ("cyp.docx: is of a kind that is not read.", "CSV")
    ),
    "a folder in place of a list": Wrong(
        folder("cyp.csv"), 10, ("cyp.csv: is not a regular file.",)
    ),
    "a list that names no file": Wrong(
        project(('file = "acs.csv"\n', "")), 2, ("the list ACS names no file.",)
    ),
    # the directory
    "no directory": Wrong(away("postcodes.csv"), 10, ("postcodes.csv: there is no such file.",)),
    "no directory named": Wrong(
        project(('postcodes = "postcodes.csv"', "")), 2, ("no postcode directory is named.",)
    ),
    "a directory without positions": Wrong(
        text("postcodes.csv", "postcode,ward\nIP1 1AA,W1\n"),
        11,
        ("postcodes.csv: a position (easting and northing, or lat and long)", "postcode, ward"),
    ),
    "a directory without postcodes": Wrong(
        text("postcodes.csv", "name,easting,northing\nx,600000,250000\n"),
        11,
        ("postcodes.csv: a postcode column is not in the file.",),
    ),
    "a directory without a location": Wrong(
        text("postcodes.csv", "postcode,easting,northing\nIP1 1AA,,\n"),
        11,
        ("postcodes.csv: holds no live postcode in the study area.",),
    ),
    "a directory of degrees called metres": Wrong(
        text("postcodes.csv", "postcode,easting,northing\nIP1 1AA,1.15,52.05\n"),
        13,
        ("postcodes.csv: its eastings and northings look like degrees.", "lat and long"),
    ),
    "a study area that is empty": Wrong(
        project(('"postcodes.csv"', '"postcodes.csv"\nonly = { oa = "E999" }')),
        11,
        ("postcodes.csv: holds no live postcode in the study area.",),
    ),
    "a study area by a column that is not there": Wrong(
        project(('"postcodes.csv"', '"postcodes.csv"\nonly = { oslaua = "E07000200" }')),
        11,
        ("postcodes.csv: the column 'oslaua' is not in the file.",),
    ),
    "a study area that is not named": Wrong(
        project(('"postcodes.csv"', '"postcodes.csv"\nwithin = "locality"')),
        2,
        ("there are no areas named 'locality'.", "Did you mean 'localities'?"),
    ),
    # segments
    "no segments": Wrong(away("segments.csv"), 10, ("segments.csv: there is no such file.",)),
    "no segments named": Wrong(
        project(('file = "segments.csv"', "")), 2, ("no segments are named.", "--segments")
    ),
    "segments of another edition": Wrong(
        text("segments.csv", "postcode,type\nIP1 1AA,62\nIP1 1AB,44\n"),
        11,
        ("segments.csv: 1 type codes are not in acorn-2009: '62'.", "another edition", "--scheme"),
    ),
    "segments of elsewhere": Wrong(
        text("segments.csv", "postcode,type\nAB10 1AB,44\n"),
        11,
        ("segments.csv: no postcode of the study area is in it.", "key ="),
    ),
    "segments without codes": Wrong(
        text("segments.csv", "postcode,colour\nIP1 1AA,red\n"),
        11,
        ("segments.csv: a column of segment codes is not in the file.", "code_column"),
    ),
    "segments without keys": Wrong(
        text("segments.csv", "place,type\nIP1 1AA,44\n"),
        11,
        ("segments.csv: a column of postcode keys is not in the file.", "key_column"),
    ),
    "a key that is not known": Wrong(
        project(('"acorn-2009"', '"acorn-2009"\nkey = "oa99"')),
        2,
        ("'oa99' is neither a column of the directory nor a geography.",),
    ),
    "an unknown scheme": Wrong(
        project(("acorn-2009", "acorn-2008")),
        2,
        ("there is no segmentation 'acorn-2008'.", "Did you mean 'acorn-2009'?", "oac-2021"),
    ),
    "a scheme file that is none": Wrong(
        lambda tiny: [
            tiny.write("own.csv", "a,b\n1,2\n"),
            tiny.project(("acorn-2009", str(tiny.path("own.csv")).replace("\\", "/"))),
        ],
        11,
        ("own.csv: is not a segmentation.", "code, name, level, parent_code"),
    ),
    "a set with an unknown type": Wrong(
        nothing,
        2,
        ("set HDF: type 99 is not in acorn-2009.", 'such as "type:1"'),
        ("profile", "--set", "HDF=44,99"),
    ),
    "a set without codes": Wrong(
        nothing, 2, ("--set: 'HDF' is not NAME=VALUE.", "HDF=44"), ("profile", "--set", "HDF")
    ),
    "an unknown base": Wrong(
        nothing,
        2,
        ("no column for the base 'people'", "postcodes, households, residents"),
        ("profile", "--base", "people"),
    ),
    "an unknown level": Wrong(
        nothing, 2, ("'typ' is not one of", "'type'"), ("profile", "--level", "typ")
    ),
    "an unknown list": Wrong(
        nothing,
        2,
        ("there is no list 'CYPP'.", "Did you mean 'CYP'?"),
        ("profile", "--meet", "CYPP"),
    ),
    # boundaries
    "no boundaries": Wrong(
        away("teams.geojson"), 10, ("teams.geojson: there is no such file.",), HUBS
    ),
    "no reference system": Wrong(
        shapefile_without_prj,
        13,
        ("teams.shp: does not say which coordinate system it is in.", 'crs = "EPSG:27700"'),
        HUBS,
    ),
    "metres called degrees": Wrong(
        areas({"T1": square(0, 1000)}, crs=""),
        13,
        ("teams.geojson: says its coordinates are degrees, but they are not.", "EPSG:27700"),
        HUBS,
    ),
    "axes swapped": Wrong(
        areas({"T1": shapely.box(52, 0.5, 52.2, 0.7)}, crs=""),
        13,
        ("teams.geojson: 1 of 1 features lie outside Great Britain.", "axes swapped"),
        HUBS,
    ),
    "degrees called metres": Wrong(
        areas({"T1": shapely.box(1.0, 52.0, 1.2, 52.2)}, crs="EPSG::27700"),
        13,
        ("teams.geojson: says its coordinates are metres, but they are not.", "EPSG:4326"),
        HUBS,
    ),
    "a reference system that does not exist": Wrong(
        areas({"T1": square(0, 1000)}, crs="EPSG::99999999"),
        13,
        ("teams.geojson: 'EPSG:99999999' is no coordinate system.", "EPSG:27700"),
        HUBS,
    ),
    "points in place of areas": Wrong(
        areas({"T1": shapely.Point(600_000, 250_000)}),
        13,
        ("teams.geojson: holds points or lines where areas are needed.",),
        HUBS,
    ),
    "one code twice": Wrong(
        same_code_twice,
        11,
        ("teams.geojson: codes stand more than once in 'code': T1.", "Dissolve"),
        HUBS,
    ),
    "an area without a code": Wrong(
        no_code, 11, ("teams.geojson: 1 feature has no code in 'code'.",), HUBS
    ),
    "areas that do not meet": Wrong(
        areas({"T1": square(50_000, 51_000)}),
        13,
        (
            "localities and teams: do not meet anywhere: localities lies around 52.12° N, 0.93° E;",
            "; teams lies around 52.10° N, ",
            "same part of the country",
        ),
        HUBS,
    ),
    "areas of France": Wrong(
        areas({"T1": shapely.box(2.2, 48.8, 2.5, 49.0)}, crs=""),
        13,
        ("teams lies around 48.90° N, 2.35° E, outside the United Kingdom.",),
        HUBS,
    ),
    "areas of America": Wrong(
        areas({"T1": shapely.box(-74.2, 40.5, -73.8, 40.9)}, crs=""),
        13,
        (
            "1 of 1 features lie outside Great Britain.",
            "They are T1, around 40.70° N, 74.00° W, outside the United Kingdom.",
        ),
        HUBS,
    ),
    "a list without the column of its unit": Wrong(
        project(('file = "cyp.csv"', 'file = "cyp.csv"\nid = "family"')),
        11,
        ("cyp.csv: the column 'family' is not in the file. It has: id, postcode.",),
        HUBS,
    ),
    "a relation that there is not": Wrong(
        text("cyp.csv", "id,postcode\n"),
        2,
        ("'localities,teams,inside of' is no relation", "Write A,B,same or A,B,nests"),
        ("hubs", "--relation", "localities,teams,inside of"),
    ),
    "no area at all": Wrong(
        text("teams.geojson", '{"type": "FeatureCollection", "features": []}'),
        11,
        ("teams.geojson: holds no area.",),
        HUBS,
    ),
    "half a file": Wrong(text("teams.geojson", '{"type": "Fea'), 10, ("is not GeoJSON.",), HUBS),
    "a list in place of GeoJSON": Wrong(
        text("teams.geojson", "[]"), 10, ("is not GeoJSON.",), HUBS
    ),
    "features that are none": Wrong(
        text("teams.geojson", '{"features": ["a", 1, null]}'), 10, ("is not GeoJSON.",), HUBS
    ),
    "a code column that is not there": Wrong(
        project(('"teams.geojson"', '"teams.geojson"\ncode = "TEAM"')),
        11,
        ("teams.geojson: the column 'TEAM' is not in the file.", "code, name"),
        HUBS,
    ),
    "several layers and none named": Wrong(
        two_layers, 11, ("teams.gpkg: holds 2 layers.", "north, south"), HUBS
    ),
    "a layer that is not there": Wrong(
        lambda tiny: [two_layers(tiny), tiny.project(("teams.geojson", "teams.gpkg:east"))],
        10,
        ("teams.gpkg",),
        HUBS,
    ),
    "a text called a GeoPackage": Wrong(
        lambda tiny: [tiny.write("t.gpkg", "hello"), tiny.project(("teams.geojson", "t.gpkg"))],
        10,
        ("t.gpkg: cannot be read as a map layer.", "GeoPackage, Shapefile"),
        HUBS,
    ),
    "one geography only": Wrong(
        project(('[areas.teams]\nfile = "teams.geojson"\n', ""), ("localities,teams,same", "")),
        2,
        ("is no relation between two geographies.",),
        HUBS,
    ),
    "an unknown relation": Wrong(
        nothing,
        2,
        ("'localities,teams,equal' is no relation", "A,B,same or A,B,nests"),
        ("hubs", "--relation", "localities,teams,equal"),
    ),
    "a relation to unknown areas": Wrong(
        nothing,
        2,
        ("there are no areas named 'team'.", "Did you mean 'teams'?"),
        ("hubs", "--relation", "localities,team,same"),
    ),
    "unknown areas to shade": Wrong(
        nothing,
        2,
        ("there are no areas named 'locality'.", "Did you mean 'localities'?"),
        ("map", "--shade", "locality"),
    ),
    # the project file
    "no project file where one is named": Wrong(
        nothing,
        10,
        ("nowhere.toml: there is no such file.", "geodemand init"),
        ("profile", "--project", "nowhere.toml"),
    ),
    "TOML that is none": Wrong(
        text("geodemand.toml", "title = \n"),
        11,
        ("geodemand.toml: is not valid TOML", "line 1"),
    ),
    "a project file that is no text": Wrong(
        data("geodemand.toml", b"\xff\xfe\x00"), 10, ("geodemand.toml: cannot be read",)
    ),
    "several unknown options": Wrong(
        project(
            ("[segments]", "[segmnts]"),
            ("[hubs]", '[hubs]\ntolerence = 0.1\nwidth_m = "20"'),
            ('label = "children and young people"', 'lable = "x"'),
        ),
        11,
        (
            "unknown option 'segmnts'. Did you mean 'segments'?",
            "unknown option 'hubs.tolerence'. Did you mean 'tolerance'?",
            "option 'hubs.width_m': '20' should be a number.",
            "unknown option 'clients.CYP.lable'. Did you mean 'label'?",
        ),
    ),
    "an option that is missing": Wrong(
        project(('file = "teams.geojson"', "")),
        11,
        ("geodemand.toml: [areas.teams] lacks the option 'file' or 'column'.",),
        HUBS,
    ),
    "numbers out of their range": Wrong(
        project(("[hubs]", "[hubs]\ntolerance = -1\nwidth_m = -5")),
        11,
        ("option 'hubs.tolerance': -1 should be a share from 0 to 1.", "option 'hubs.width_m'"),
        HUBS,
    ),
    "a number in place of a file": Wrong(
        project(('file = "cyp.csv"', "file = 3")),
        11,
        ("option 'clients.CYP.file': 3 should be text in quotes.",),
    ),
    # the policy
    "an unknown policy": Wrong(
        nothing,
        2,
        ("there is no policy 'privat'.", "Known: additive, dfe, internal, ons, public"),
        ("profile", "--policy", "privat"),
    ),
    "exact figures without a reason": Wrong(
        nothing,
        15,
        ("the policy 'internal' writes exact figures and needs a reason.", "--reason"),
        ("profile", "--policy", "internal"),
    ),
    "exact pairs without a reason": Wrong(
        nothing, 15, ("--reason",), ("hubs", "--policy", "internal")
    ),
    "an exact map without a reason": Wrong(
        nothing, 15, ("--reason",), ("map", "--policy", "internal", "--reason", " ")
    ),
    # options
    "a list without a file": Wrong(
        nothing, 2, ("'NEET=' is not NAME=VALUE.",), ("profile", "--clients", "NEET=")
    ),
    "a list without a name": Wrong(
        nothing, 2, ("'=neet.csv' is not NAME=VALUE.",), ("profile", "--clients", "=neet.csv")
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_what_to_do_and_nothing_is_written(
    tiny: Tiny, run: Run, wrong: Wrong
) -> None:
    wrong.make(tiny)
    before = files_below(tiny.folder)
    formats = [] if wrong.command[0] == "map" else ["--format", "csv", "--format", "json"]
    result = run(*wrong.command, *formats, folder=tiny.folder)
    assert result.exit_code == wrong.code, result.stderr
    for words in wrong.said:
        assert words in result.stderr
    assert "Error: " in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert files_below(tiny.folder) == before


@pytest.mark.parametrize("command", EVERY_COMMAND)
def test_a_run_on_nothing_says_what_to_give(run: Run, tmp_path: Path, command: str) -> None:
    result = run(command)
    assert result.exit_code == 2
    assert "--" in result.stderr
    assert "geodemand.toml" in result.stderr
    assert not (tmp_path / "empty" / "outputs").exists()


def test_all_faults_of_one_input_are_said_at_once(tiny: Tiny, run: Run) -> None:
    tiny.project(("[map]", "[limits]\nmatch_rate = 0.9\n\n[map]"))
    tiny.clients("cyp.csv", ["c1,IP1 1AA", "c2,n/k"])
    tiny.clients("acs.csv", ["a1,n/k", "a2,n/k"])
    result = run("profile", folder=tiny.folder)
    assert result.exit_code == 12
    assert "cyp.csv" in result.stderr
    assert "acs.csv" in result.stderr


def test_a_name_that_is_nearly_right_is_offered(tiny: Tiny, run: Run) -> None:
    result = run("profile", "--clients", "CYP=cip.csv", folder=tiny.folder)
    assert "Did you mean 'cyp.csv'?" in result.stderr


def test_what_can_be_mended_is_mended_and_said(tiny: Tiny, run: Run) -> None:
    bow_tie = shapely.Polygon(
        [(600_000, 250_000), (601_000, 251_000), (601_000, 250_000), (600_000, 251_000)]
    )
    tiny.areas("teams.geojson", {"T1": bow_tie, "T2": square(1000, 2000), "T3": None})
    result = run("hubs", "--json", folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    units = {row["units"] for row in json.loads(result.stdout)["pairs"] if row["a"] == "teams"}
    assert max(units) == 2, "an area without a shape is left out"
