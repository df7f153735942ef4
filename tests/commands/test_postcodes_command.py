"""geodemand postcodes: what it prints and writes, and that other commands read it."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]
Tiny = Any  # the fixture's class lives in conftest

ONSPD = """pcds,dointr,doterm,oslaua,oseast1m,osnrth1m,osgrdind,ctry,oa11,imd,lat,long
IP1 1AA,198001,,E07000202,600200,0250200,1,E92000001,E00000001,100,52.1,1.1
IP2 2BA,198001,,E07000203,601050,0250200,1,E92000001,E00000002,200,52.1,1.1
IP1 9ZZ,198001,201912,E07000202,600300,0250300,1,E92000001,E00000001,100,52.1,1.1
BT1 1AA,198001,,N09000003,333800,0374500,1,N92000002,N00000001,300,54.6,-5.93
JE1 1AA,198001,,L99999999,,,9,L93000001,L99999999,0,99.999999,0.000000
"""


@pytest.fixture
def zip_file(tmp_path: Path) -> Path:
    path = tmp_path / "ONSPD_MAY_2025.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Data/ONSPD_MAY_2025_UK.csv", ONSPD)
    return path


def test_it_prints_what_it_built_by_country(run: Run, zip_file: Path, tmp_path: Path) -> None:
    result = run("postcodes", zip_file, "-o", tmp_path / "o.parquet")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:7] == [
        "Postcode directory: ONSPD May 2025",
        "Country           postcodes  live  terminated  without a location",
        "England                   3     2           1                   0",
        "Northern Ireland          1     1           0                   0",
        "Channel Islands           1     1           0                   1",
        "all                       5     4           1                   1",
        "",
    ]
    said = " ".join(result.stdout.split())
    assert "Northern Ireland: 1 placed by latitude and longitude, 0 without a location" in said
    assert "Channel Islands: the sources give no location." in said
    assert "imd_rank is a rank" in said
    assert "Written:" in result.stderr


def test_json_holds_the_same_figures(run: Run, zip_file: Path, tmp_path: Path) -> None:
    result = run("postcodes", zip_file, "-o", tmp_path / "o.parquet", "--json", "-q")
    found = json.loads(result.stdout)
    assert found["total"] == {
        "name": "all",
        "postcodes": 5,
        "live": 4,
        "terminated": 1,
        "unplaced": 1,
    }
    assert found["vintages"] == ["ONSPD May 2025"]
    assert not result.stderr


def test_without_out_it_writes_to_outputs_and_only_once(run: Run, zip_file: Path) -> None:
    first, again = run("postcodes", zip_file), run("postcodes", zip_file)
    assert (first.exit_code, again.exit_code) == (0, 2)
    assert "--overwrite" in again.stderr
    assert [path.name for path in Path("outputs").iterdir()] == ["directory.parquet"]
    assert run("postcodes", zip_file, "--overwrite").exit_code == 0
    if os.name != "nt":
        assert Path("outputs/directory.parquet").stat().st_mode & 0o777 == 0o600


def test_a_file_that_names_no_date_is_said_to_name_none(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("postcode,lat,long\nIP1 1AA,52.05,1.15\nIP1 1AA,52.05,1.15\n,52.05,1.15\n")
    said = " ".join(run("postcodes", path).stdout.split())
    assert "vintage not stated" in said
    assert "no termination dates: every postcode counts as live" in said
    assert "1 rows of postcodes that stand twice were dropped" in said
    assert "1 rows without a postcode were left out" in said
    assert "Columns: postcode, easting, northing." in said


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["no.zip"], 10, "there is no such file"),
        ([], 2, "Missing argument"),
        (["{zip}", "--area", "IP1"], 2, "no postcode area"),
        (["{zip}", "--area", "ZE"], 11, "no postcode of the area 'ZE'"),
        (["{zip}", "--district", "E9"], 11, "no postcode of the district 'E9'"),
        (["{zip}", "--keep", "oscty"], 11, "the column 'oscty' is not in the file"),
        (["{zip}", "-o", "o.csv"], 2, "is a Parquet file"),
        (["{zip}", "--within", "no.gpkg:layer"], 10, "there is no such file"),
    ],
)
def test_what_is_wrong_has_its_exit_code_and_nothing_is_written(
    arguments: list[str], code: int, words: str, run: Run, zip_file: Path, tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*"))
    result = run("postcodes", *(each.format(zip=zip_file) for each in arguments))
    assert result.exit_code == code
    assert words in " ".join(result.stderr.split())
    assert sorted(tmp_path.rglob("*")) == before


def test_a_layer_of_a_file_bounds_it(run: Run, tiny: Tiny, zip_file: Path, tmp_path: Path) -> None:
    area = tiny.path("localities.geojson")
    result = run("postcodes", zip_file, "--within", area, "-o", tmp_path / "o.parquet", "--json")
    assert json.loads(result.stdout)["total"]["postcodes"] == 3


def test_a_built_directory_serves_a_project_as_its_source_does(
    run: Run, tiny: Tiny, zip_file: Path
) -> None:
    """Segments by output area and a study area by district, in words of either edition."""
    run("postcodes", zip_file, "-o", tiny.path("built.parquet"), folder=tiny.folder)
    tiny.write("raw.csv", ONSPD)
    tiny.write("segments.csv", "oa,type\nE00000001,44\nE00000002,1\n")
    tiny.clients(
        "cyp.csv", ["a,IP1 1AA"] * 1 + [f"c{n},IP1 1AA" for n in range(40)] + ["b,IP1 9ZZ"]
    )
    tiny.clients("acs.csv", [f"d{n},IP1 1AA" for n in range(20)] + ["e,JE1 1AA", "f,BT1 1AA"])
    found = []
    for file, district, key in (
        ("raw.csv", "oslaua", "oa11"),
        ("built.parquet", "district", "oa11"),
        ("built.parquet", "lad25cd", "oa11cd"),
    ):
        tiny.project(
            (
                'postcodes = "postcodes.csv"',
                f'postcodes = "{file}"\nonly = {{ {district} = ["E07000202"] }}',
            ),
            ('scheme = "acorn-2009"', f'scheme = "acorn-2009"\nkey = "{key}"\nkey_column = "oa"'),
        )
        result = run("profile", "--json", folder=tiny.folder)
        assert result.exit_code == 0, result.stderr
        found.append(json.loads(result.stdout))
    assert found[0]["ledger"] == found[1]["ledger"] == found[2]["ledger"]
    assert found[0]["profile"] == found[1]["profile"] == found[2]["profile"]
    assert [row["terminated"] for row in found[0]["ledger"]] == ["c", 0]
    assert [row["unknown"] for row in found[0]["ledger"]] == [0, "c"]
