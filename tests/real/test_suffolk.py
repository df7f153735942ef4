"""Suffolk out of real open data, from one project file: known answers must come out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner, Result

from geodemand import project as projects
from geodemand.cli import main
from geodemand.core.geography import Geography, locate
from geodemand.io import directory, spatial, study, tables
from geodemand.io.study import Needs

pytestmark = pytest.mark.realdata

MONTHS = ("2018-10", "2018-11", "2018-12", "2019-01", "2019-02")
LISTS = {
    "violence": "Violence and sexual offences",
    "behaviour": "Anti-social behaviour",
    "damage": "Criminal damage and arson",
    "shoplifting": "Shoplifting",
}
# 2,393 of the 2,456 output areas of 2011 are still output areas of 2021.
PROJECT = """title = "Suffolk"

[directory]
postcodes = [{postcodes}]
only = {{ CC = "E10000029" }}
within = "districts"

[segments]
file = "{data}/segmentation/oac21_by_oa21.csv.gz"
scheme = "oac-2021"
key = "oa11"
key_column = "oa21cd"

[sets]
"Supergroup 6" = "category:6"

{lists}
[areas.districts]
file = "{data}/boundaries/suffolk.gpkg"
layer = "lad11_dissolved"

[areas.ccgs]
file = "{data}/boundaries/suffolk.gpkg"
layer = "ccg21_simplified"
accuracy_m = 1000

[areas.wards]
file = "{data}/boundaries/suffolk.gpkg"
layer = "wards_2013"
code = "WD13CD"
name = "WD13NM"

[areas.lsoas]
file = "{data}/boundaries/suffolk.gpkg"
layer = "lsoa11"
code = "LSOA11CD"
name = "LSOA11NM"

[areas.oa11]
file = "{data}/boundaries/suffolk.gpkg"
layer = "oa11"
code = "OA11CD"

[hubs]
relations = ["districts,ccgs,nests"]

[map]
areas = ["districts"]
source = "Contains OS data © Crown copyright and database right. Office for National Statistics"
"""
IPSWICH_EAST = "NHS Ipswich and East Suffolk CCG"
WEST_SUFFOLK = "NHS West Suffolk CCG"
BABERGH, MID_SUFFOLK, ST_EDMUNDSBURY = "E07000200", "E07000203", "E07000204"


@pytest.fixture(scope="module")
def county(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one project file that names the real data."""
    data = realdata.as_posix()
    files = ", ".join(
        f'"{data}/postcodes/codepoint_open_2014-08/{area}.csv.gz"'
        for area in ("ip", "nr", "co", "cb")
    )
    crimes = ", ".join(f'"{data}/clients_proxy/{month}-suffolk-street.csv.gz"' for month in MONTHS)
    lists = "".join(
        f'[clients.{name}]\nfiles = [{crimes}]\nonly = {{ "Crime type" = "{kind}" }}\n\n'
        for name, kind in LISTS.items()
    )
    folder = tmp_path_factory.mktemp("suffolk")
    text = PROJECT.format(data=data, postcodes=files, lists=lists)
    (folder / "geodemand.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def project(county: Path) -> projects.Project:
    return projects.read(county / "geodemand.toml")


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return tables.connect()


@pytest.fixture(scope="module")
def book(connection: duckdb.DuckDBPyConnection, project: projects.Project) -> Any:  # noqa: ANN401
    return directory.read(
        connection, project.directory.postcodes, ("WC", "DC"), project.directory.only
    )


@pytest.fixture
def run_suffolk(county: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(county)
    monkeypatch.delenv("GEODEMAND_PROJECT", raising=False)
    runner = CliRunner(catch_exceptions=False)
    return lambda *arguments: runner.invoke(main, arguments)


def geography(project: projects.Project, name: str) -> Geography:
    entry = project.areas[name]
    return spatial.read_areas(
        name, entry.file, layer=entry.layer, code=entry.code, label=entry.name
    )


def test_suffolk_had_24282_live_postcodes(
    book: Any,  # noqa: ANN401
) -> None:
    live = book.live
    assert live.sum() == 24_282
    areas = Counter(key[:2] for key in book.lookup.texts(np.flatnonzero(live)))
    assert areas == {"IP": 17_965, "NR": 2_964, "CO": 1_927, "CB": 1_426}
    districts = Counter(code for code, own in zip(book.codes["DC"], live, strict=True) if own)
    assert [districts[f"E0700020{n}"] for n in range(7)] == [
        *(3_291, 1_753, 3_335, 3_825, 3_264, 5_250, 3_564)
    ]


def test_nearly_all_postcodes_are_in_the_ward_that_was_published(
    project: projects.Project,
    book: Any,  # noqa: ANN401
) -> None:
    wards = geography(project, "wards")
    live = np.flatnonzero(book.live)
    found = locate(wards, book.x[live], book.y[live])
    codes = [*wards.codes, None]
    same = [codes[area] == book.codes["WC"][i] for area, i in zip(found, live, strict=True)]
    assert round(100 * float(np.mean(same)), 2) == 99.92
    assert (found == -1).sum() == 4
    assert len(same) - sum(same) == 20


def test_lsoas_fall_into_the_districts_and_groups_of_the_published_lookup(
    project: projects.Project, realdata: Path
) -> None:
    lsoas = geography(project, "lsoas")
    middle = shapely.point_on_surface(lsoas.shapes)
    x, y = shapely.get_x(middle), shapely.get_y(middle)
    districts, ccgs = geography(project, "districts"), geography(project, "ccgs")
    district = [districts.codes[i] for i in locate(districts, x, y)]
    group = [ccgs.names[i] for i in locate(ccgs, x, y)]
    found = Counter(zip(district, group, strict=True))
    assert [found[BABERGH, name] for name in (IPSWICH_EAST, WEST_SUFFOLK)] == [27, 27]
    assert [found[MID_SUFFOLK, name] for name in (IPSWICH_EAST, WEST_SUFFOLK)] == [46, 10]
    lookup = pd.read_csv(realdata / "lookups" / "lsoa11_to_ccg21_stp21_ltla21.csv.gz", dtype=str)
    published = lookup.set_index("lsoa11_code")["ccg21_name"]
    same = [published[code] == name for code, name in zip(lsoas.codes, group, strict=True)]
    assert len(same) == 441
    assert np.mean(same) > 0.985, "the layer of the groups is drawn coarsely"


def test_the_real_differences_of_districts_and_groups_are_found_and_no_sliver_is_one(
    run_suffolk: Callable[..., Result],
) -> None:
    result = run_suffolk("hubs", "--json")
    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout)["mismatches"]
    real = {(row["unit_a"], row["unit_b"]) for row in rows if row["kind"] == "real"}
    assert real == {
        (BABERGH, WEST_SUFFOLK),
        (ST_EDMUNDSBURY, IPSWICH_EAST),
        (MID_SUFFOLK, WEST_SUFFOLK),
    }
    slivers = [row for row in rows if row["kind"] != "real"]
    assert len(slivers) > 5
    assert max(row["width_m"] for row in slivers) <= 1000


def test_the_width_that_is_suggested_parts_the_real_differences_from_coarse_drawing(
    run_suffolk: Callable[..., Result],
) -> None:
    result = run_suffolk("hubs", "--show", "widths", "--json")
    rows = {row["why"]: row for row in json.loads(result.stdout)["widths"]}
    assert (rows["suggested"]["width_m"], rows["suggested"]["real"]) == (1000, 3)
    assert rows["suggested"]["slivers"] > 100


def test_the_blocks_to_swap_are_those_that_the_published_lookup_parts(
    run_suffolk: Callable[..., Result],
) -> None:
    """27 LSOAs of Babergh, 10 of Mid Suffolk and 7 of St Edmundsbury are off their partner."""
    result = run_suffolk("hubs", "--swap", "lsoas", "--json")
    found = json.loads(result.stdout)
    (plan,) = found["swap_plans"]
    assert (plan["swapped"], plan["all_blocks"], plan["gap"]) == (44, 441, 0)
    assert plan["outcome"] == "proven shortest"
    off = Counter(row["from"] for row in found["swaps"])
    assert off == {BABERGH: 27, MID_SUFFOLK: 10, ST_EDMUNDSBURY: 7}


def test_profile_map_and_hubs_run_from_the_one_file(
    run_suffolk: Callable[..., Result], county: Path
) -> None:
    for command in ("profile", "hubs", "map"):
        out = ("--out", "suffolk.html") if command == "map" else ()
        result = run_suffolk(command, *out, "--overwrite")
        assert result.exit_code == 0, result.stderr
        assert "Traceback" not in result.stderr
    assert (county / "suffolk.html").stat().st_size > 100_000


def test_the_profile_has_the_supergroups_in_their_known_shares(
    run_suffolk: Callable[..., Result],
) -> None:
    result = run_suffolk("profile", "--json")
    rows = [r for r in json.loads(result.stdout)["profile"] if r["level"] == "category"]
    shares = {row["segment"]: row["base_share"] for row in rows if row["list"] == "violence"}
    # Of postcodes in an output area that has a code: 95.9 % of them.
    known = {"1": 29.9, "2": 37.8, "3": 2.5, "4": 0.9, "5": 2.4, "6": 12.2, "7": 8.9, "8": 1.4}
    for code, share in known.items():
        assert 100 * shares[code] == pytest.approx(share / 0.96, abs=0.2)


def test_the_ledger_of_every_list_adds_up(
    run_suffolk: Callable[..., Result], realdata: Path
) -> None:
    result = run_suffolk("profile", "--json", "--policy", "internal", "--reason", "a test")
    assert result.exit_code == 0, result.stderr
    ledger = {row["list"]: row for row in json.loads(result.stdout)["ledger"]}
    files = [realdata / "clients_proxy" / f"{month}-suffolk-street.csv.gz" for month in MONTHS]
    crimes = pd.concat([pd.read_csv(file, dtype=str) for file in files])
    for name, kind in LISTS.items():
        own = crimes[crimes["Crime type"] == kind]
        row = ledger[name]
        reasons = [row[field] for field in row if field not in {"list", "rows", "repairable"}]
        assert row["rows"] == len(own) == sum(reasons)
        # No coordinates and no LSOA: blank.
        assert row["blank"] == own["Longitude"].isna().sum()
        assert row["matched"] > 0.95 * len(own)


def test_points_of_clients_are_in_the_districts_that_the_police_say(
    project: projects.Project, realdata: Path
) -> None:
    """The rows carry an LSOA, whose name begins with the district's."""
    found = study.load(project, Needs(areas=("districts",)))
    held = np.zeros(len(found.places), dtype=np.int64)
    for each in found.clients:
        held[each.places] += each.counts.exact
    area = found.places.areas["districts"]
    counted = {
        code: int(held[area == i].sum())
        for i, code in enumerate(found.geographies["districts"].codes)
    }
    files = [realdata / "clients_proxy" / f"{month}-suffolk-street.csv.gz" for month in MONTHS]
    crimes = pd.concat([pd.read_csv(file, dtype=str) for file in files])
    own = crimes[crimes["Crime type"].isin(LISTS.values())]
    named = own["LSOA name"].str.slice(stop=-5).value_counts()
    for code, name in (
        ("E07000202", "Ipswich"),
        (BABERGH, "Babergh"),
        (MID_SUFFOLK, "Mid Suffolk"),
    ):
        assert counted[code] == pytest.approx(named[name], rel=0.03)
