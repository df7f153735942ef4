"""Directories built from real open data: counts, places and codes as published."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from geodemand.io import directory, directory_build, tables
from geodemand.io.directory_build import Built, Limits

pytestmark = pytest.mark.realdata
Build = Callable[..., Built]
SUFFOLK = tuple(f"E0700020{number}" for number in range(7))
# Live postcodes by district, August 2014.
BY_DISTRICT = [3291, 1753, 3335, 3825, 3264, 5250, 3564]
NO_LIMITS = Limits()


@pytest.fixture
def build(tmp_path: Path) -> Build:
    def of(source: Path, limits: Limits = NO_LIMITS, name: str = "o") -> Built:
        return directory_build.build([source], tmp_path / f"{name}.parquet", limits)

    return of


def ask(query: str, *files: Built) -> list[tuple[Any, ...]]:
    tables_ = {chr(97 + n): f"read_parquet('{built.file}')" for n, built in enumerate(files)}
    return duckdb.connect().execute(query.format(**tables_)).fetchall()


@pytest.mark.parametrize(
    ("name", "postcodes", "terminated"),
    [
        ("AB_5168rows_in_repo_2019-05.csv.gz", 5168, 3254),
        ("AB_5657rows_in_repo_2021-06.csv.gz", 5656, None),
        ("AB_8049rows_in_repo_2024-09.csv.gz", 8048, 3811),
        ("AB_8049rows_in_repo_2025-09.csv.gz", 8048, 3811),
    ],
)
def test_rows_of_each_edition_are_all_there(
    name: str, postcodes: int, terminated: int | None, realdata: Path, build: Build
) -> None:
    built = build(realdata / "postcodes" / "onspd_samples" / name)
    assert built.total.postcodes == postcodes
    assert built.total.unplaced == 2
    assert terminated is None or built.total.terminated == terminated
    assert built.duplicates == built.blank == built.stray == 0
    bad = "SELECT count(*) FROM {a} WHERE district LIKE '_99999999' OR oac11 = '9Z9'"
    assert ask(bad, built) == [(0,)]


def test_editions_agree_on_where_postcodes_are(realdata: Path, build: Build) -> None:
    samples = sorted((realdata / "postcodes" / "onspd_samples").glob("AB_*.csv.gz"))
    first, second, third, fourth = (build(path, name=path.name) for path in samples)
    moved = (
        "SELECT count(*), count_if(a.easting IS DISTINCT FROM b.easting "
        "OR a.northing IS DISTINCT FROM b.northing), "
        "max(sqrt((a.easting - b.easting) ** 2 + (a.northing - b.northing) ** 2)) "
        "FROM {a} a JOIN {b} b USING (postcode)"
    )
    assert ask(moved, third, fourth) == [(8048, 0, 0.0)]
    for older, newer in ((first, second), (second, third)):
        shared, other, farthest = ask(moved, older, newer)[0]
        assert shared > 5000
        assert other / shared < 0.04
        assert farthest < 2500


def test_degrees_and_metres_of_a_row_are_the_same_place(
    realdata: Path, build: Build, tmp_path: Path
) -> None:
    sample = realdata / "postcodes" / "onspd_samples" / "AB_8049rows_in_repo_2024-09.csv.gz"
    degrees = tmp_path / "degrees.csv"
    duckdb.connect().execute(
        f"COPY (SELECT pcds, lat, long, osgrdind FROM read_csv('{sample}', all_varchar = true)) "  # noqa: S608
        f"TO '{degrees}' (HEADER)"
    )
    distance = (
        "SELECT count(*), "
        "quantile_cont(sqrt((a.easting - b.easting) ** 2 + (a.northing - b.northing) ** 2), 0.99) "
        "FROM {a} a JOIN {b} b USING (postcode) WHERE a.easting IS NOT NULL"
    )
    # Twelve rows of the sample hold degrees of one edition and metres of another.
    count, nearly_all = ask(distance, build(sample, name="m"), build(degrees, name="d"))[0]
    assert count == 8046
    assert nearly_all < 5


@pytest.mark.parametrize("edition", ["may2018", "aug2022", "aug2024", "nov2025"])
def test_headers_of_seven_years_are_read(edition: str, realdata: Path, build: Build) -> None:
    built = build(realdata / "postcodes" / "onspd_samples" / f"onspd_{edition}_4rows.csv")
    islands = built.countries[-1]
    assert (islands.name, islands.unplaced) == ("Isle of Man", islands.postcodes)
    assert built.total.postcodes == 4
    assert {"district", "ward", "oa11", "lsoa11", "icb", "sicbl", "imd_rank"} <= set(built.columns)
    assert ("oa21" in built.columns) == (edition != "may2018")


def test_suffolk_of_code_point_open(realdata: Path, build: Build) -> None:
    built = build(realdata / "postcodes" / "codepoint_open_2014-08", Limits(districts=SUFFOLK))
    assert built.total.postcodes == 24_282
    assert built.vintages == ("Code-Point Open 2014.3.0 (2014-07-29)",)
    counted = ask("SELECT count(*) FROM {a} GROUP BY district ORDER BY district", built)
    assert [count for (count,) in counted] == BY_DISTRICT


def test_polygons_of_suffolk_take_what_its_codes_take(realdata: Path, build: Build) -> None:
    suffolk = realdata / "boundaries" / "suffolk.gpkg"
    limits = Limits(within=suffolk, layer="lad11_dissolved")
    built = build(realdata / "postcodes" / "codepoint_open_2014-08", limits)
    # The drawn coastline leaves out four of 24,282.
    assert built.total.postcodes == pytest.approx(24_282, abs=10)


def test_a_zip_of_code_point_open_is_its_folder(
    realdata: Path, build: Build, tmp_path: Path
) -> None:
    folder = realdata / "postcodes" / "codepoint_open_2014-08"
    path = tmp_path / "codepo_gb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in (folder / "ip.csv.gz", folder / "cb.csv.gz"):
            archive.write(file, f"Data/CSV/{file.name}")
        archive.write(folder / "Doc" / "metadata.txt", "Doc/metadata.txt")
    built = build(path, name="zip")
    assert built.total.postcodes == 20_620 + 10_250
    assert built.vintages == ("Code-Point Open 2014.3.0 (2014-07-29)",)
    again = build(folder, Limits(areas=("IP", "CB")), name="folder")
    assert built.file.read_bytes() == again.file.read_bytes()


def test_great_britain_builds_from_code_point_open(realdata: Path, build: Build) -> None:
    built = build(realdata / "postcodes" / "codepoint_open_2014-08_gb.parquet")
    assert (built.total.postcodes, built.total.unplaced) == (1_668_175, 84)
    assert ask("SELECT count(*) FROM {a} WHERE quality = 90 AND easting IS NULL", built) == [(84,)]
    assert [group.name for group in built.countries] == ["England", "Wales", "Scotland"]


def test_the_national_lookup_builds_and_is_read_again(realdata: Path, build: Build) -> None:
    source = realdata / "postcodes" / "nspl_2025-05_latlong_gb_ci_iom.parquet"
    built = build(source)
    assert (built.total.postcodes, built.total.unplaced) == (2_621_130, 21_245)
    unplaced = {group.name: group.unplaced for group in built.countries}
    assert (unplaced["Isle of Man"], unplaced["Channel Islands"]) == (6096, 3663 + 3384)
    assert built.vintages == ("NSPL May 2025",)
    ipswich = directory_build.build(
        [built.file], built.file.with_name("ip.parquet"), Limits(areas=("IP",))
    )
    assert (ipswich.total.postcodes, ipswich.total.unplaced) == (27_806, 46)
    book = directory.read(tables.connect(), [ipswich.file])
    source = realdata / "postcodes" / "nspl_2025-05_latlong" / "IP.csv.gz"
    published = directory.read(tables.connect(), [source])
    assert np.array_equal(book.lookup.keys, published.lookup.keys)
    assert np.nanmax(np.abs(book.x - published.x)) <= 0.051
    assert np.array_equal(np.isnan(book.x), np.isnan(published.x))
