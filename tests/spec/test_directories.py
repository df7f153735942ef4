"""Directories as published: every edition comes to the same columns, places and dates."""

from __future__ import annotations

import csv
import io
import os
import random
import signal
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyogrio
import pytest
import shapely

from geodemand.errors import (
    ContentError,
    GeodemandError,
    GeographyError,
    UnreadableFileError,
    UsageError,
)
from geodemand.io import archives, directory, directory_build, tables
from geodemand.io.directory_build import Built, Limits

Tiny = Any  # the fixture's class lives in conftest

ONSPD_2018 = (
    "pcd,pcd2,pcds,dointr,doterm,oscty,ced,oslaua,osward,parish,usertype,oseast1m,osnrth1m,osgrdind,"
    "oshlthau,nhser,ctry,rgn,streg,pcon,eer,teclec,ttwa,pct,nuts,statsward,oa01,casward,park,lsoa01,"
    "msoa01,ur01ind,oac01,oa11,lsoa11,msoa11,wz11,ccg,bua11,buasd11,ru11ind,oac11,lat,long,lep1,lep2,"
    "pfa,imd,calncv,stp"
)
ONSPD_2021 = ONSPD_2018.replace(",nuts,", ",itl,")
ONSPD_2022 = f"{ONSPD_2021},oa21,lsoa21,msoa21"
ONSPD_2023 = ONSPD_2022.replace(",ccg,", ",sicbl,").replace(",stp,", ",icb,")
ONSPD_2024 = ONSPD_2023.replace(",park,", ",npark,").replace(",bua11,buasd11,", ",bua24,")
ONSPD_2025 = (
    "pcd7,pcd8,pcds,dointr,doterm,cty25cd,ced25cd,lad25cd,wd25cd,parncp25cd,usrtypind,east1m,north1m,"
    "gridind,hlth19cd,nhser24cd,ctry25cd,rgn25cd,ssr95cd,pcon24cd,eer20cd,educ23cd,ttwa15cd,pco19cd,"
    "itl25cd,wdstl05cd,oa01cd,wdcas03cd,npark16cd,lsoa01cd,msoa01cd,ruc01ind,oac01ind,oa11cd,lsoa11cd,"
    "msoa11cd,wz11cd,sicbl24cd,bua24cd,ruc11ind,oac11ind,lat,long,lep21cd1,lep21cd2,pfa23cd,imd20ind,"
    "cal24cd,icb23cd,oa21cd,lsoa21cd,msoa21cd,ruc21ind"
)
NSPL_2020 = (
    "pcd,pcd2,pcds,dointr,doterm,usertype,oseast1m,osnrth1m,osgrdind,oa11,cty,ced,laua,ward,hlthau,"
    "nhser,ctry,rgn,pcon,eer,teclec,ttwa,pct,nuts,park,lsoa11,msoa11,wz11,ccg,bua11,buasd11,ru11ind,"
    "oac11,lat,long,lep1,lep2,pfa,imd,calncv,stp"
)
NSPL_2025 = (
    "pcd,pcd2,pcds,dointr,doterm,usertype,oseast1m,osnrth1m,osgrdind,oa21,cty,ced,laua,ward,nhser,"
    "ctry,rgn,pcon,ttwa,itl,park,lsoa21,msoa21,wz11,sicbl,bua24,ruc21,oac11,lat,long,lep1,lep2,pfa,"
    "imd,icb"
)
NSPD_2010 = (
    "pcd,pcd2,dointr,doterm,oscty,oslaua,osward,usertype,oseast1m,osnrth1m,osgrdind,oshlthau,hro,ctry,"
    "gor,pcon,pct,statsward,oacode,casward,soa1,soa2,oac"
)
EDITIONS = {
    "ONSPD May 2018": ONSPD_2018,
    "ONSPD 2021": ONSPD_2021,
    "ONSPD Aug 2022": ONSPD_2022,
    "ONSPD Feb 2023": ONSPD_2023,
    "ONSPD Aug 2024": ONSPD_2024,
    "ONSPD Nov 2025": ONSPD_2025,
    "ONSPD of a later year": ONSPD_2025.replace("25cd", "27cd").replace("24cd", "26cd"),
    "mixed, as re-saved": ONSPD_2024.replace("pcd,pcd2", "pcd7,pcd8"),
    "NSPL Aug 2020": NSPL_2020,
    "NSPL May 2025": NSPL_2025,
    "geoportal centroids": f"X,Y,objectid,{NSPL_2025}",
    "NSPD 2010": NSPD_2010,
}
# Three postcodes by hand: live; ended; without a location.
PLACES: list[dict[str, str]] = [
    {
        "postcode": "AL1 1AB",
        "easting": "517328",
        "northing": "0206823",
        "quality": "1",
        "introduced": "200401",
        "lat": "51.747828",
        "long": "-0.301865",
    },
    {
        "postcode": "M1 1AA",
        "easting": "384500",
        "northing": "0398100",
        "quality": "8",
        "introduced": "198001",
        "terminated": "199606",
        "lat": "53.479",
        "long": "-2.235",
    },
    {
        "postcode": "IM1 1AD",
        "quality": "9",
        "introduced": "199405",
        "lat": "99.999999",
        "long": "0.000000",
    },
]
# What stands in columns of codes, by ours; published names by edition.
CODES = {
    "district": ("E07000240", "oslaua", "laua", "lad25cd", "lad27cd"),
    "ward": ("E05013956", "osward", "ward", "wd25cd", "wd27cd"),
    "county": ("E10000015", "oscty", "cty", "cty25cd", "cty27cd"),
    "country": ("E92000001", "ctry", "ctry25cd", "ctry27cd"),
    "constituency": ("E14001507", "pcon", "pcon24cd", "pcon26cd"),
    "sicbl": ("E38000079", "ccg", "sicbl", "sicbl24cd", "sicbl26cd"),
    "icb": ("E54000025", "stp", "icb", "icb23cd"),
    "police": ("E23000027", "pfa", "pfa23cd"),
    "oa01": ("E00120196", "oa01", "oa01cd", "oacode"),
    "lsoa01": ("E01023667", "lsoa01", "lsoa01cd", "soa1"),
    "msoa01": ("E02004936", "msoa01", "msoa01cd", "soa2"),
    "oac01": ("6D1", "oac01", "oac01ind", "oac"),
    "oa11": ("E00120197", "oa11", "oa11cd"),
    "lsoa11": ("E01023668", "lsoa11", "lsoa11cd"),
    "msoa11": ("E02004937", "msoa11", "msoa11cd"),
    "oac11": ("5A2", "oac11", "oac11ind"),
    "ruc11": ("C1", "ru11ind", "ruc11ind"),
    "oa21": ("E00120198", "oa21", "oa21cd"),
    "lsoa21": ("E01023669", "lsoa21", "lsoa21cd"),
    "msoa21": ("E02004938", "msoa21", "msoa21cd"),
    "ruc21": ("UN1", "ruc21", "ruc21ind"),
}
PUBLISHED = {name: role for role, (_, *names) in CODES.items() for name in names}
RANKS = ("imd", "imd20ind")
NO_LIMITS = Limits()


def seven(postcode: str) -> str:
    """Return the fixed spelling of 7 characters: AB101AB, AB1 0AA, M1  1AD."""
    outward, inward = postcode.split()
    return f"{outward:4}{inward}"


def eight(postcode: str) -> str:
    outward, inward = postcode.split()
    return f"{outward:4} {inward}"


def cell(column: str, place: Mapping[str, str]) -> str:
    """Return what an edition prints in a column for one of the places."""
    told = {
        **dict.fromkeys(("pcd", "pcd7"), seven(place["postcode"])),
        **dict.fromkeys(("pcd2", "pcd8"), eight(place["postcode"])),
        "pcds": place["postcode"],
        "dointr": place["introduced"],
        "doterm": place.get("terminated", ""),
        **dict.fromkeys(("oseast1m", "east1m"), place.get("easting", "")),
        **dict.fromkeys(("osnrth1m", "north1m"), place.get("northing", "")),
        **dict.fromkeys(("osgrdind", "gridind"), place["quality"]),
        "lat": place["lat"],
        "long": place["long"],
        **dict.fromkeys(("X", "Y"), "0.5"),
        **dict.fromkeys(RANKS, "30628" if "easting" in place else "0"),
    }
    if column in PUBLISHED:
        return CODES[PUBLISHED[column]][0] if "easting" in place else "M99999999"
    return told.get(column, "other")


def edition(header: str, places: Sequence[Mapping[str, str]] = PLACES) -> str:
    """Return a small directory with a header as published, quoted as the ONS does."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    names = header.split(",")
    out.write(f"{header}\r\n")
    writer.writerows([cell(name, place) for name in names] for place in places)
    return out.getvalue()


@pytest.fixture(autouse=True)
def temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give temporary files a folder of their own, so that a test sees what is left behind."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def keys_of(path: Path) -> list[str]:
    """Return the postcodes of a directory in order of place."""
    book = directory.read(tables.connect(), [path])
    return book.lookup.texts(np.arange(len(book)))


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Return a function that builds a directory and returns its rows."""

    def of(
        *sources: Path, limits: Limits = NO_LIMITS, keep: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        target = tmp_path / "out" / "directory.parquet"
        directory_build.build(sources, target, limits, keep=keep, overwrite=True)
        return rows(target)

    return of


def rows(path: Path) -> list[dict[str, Any]]:
    found = duckdb.connect().execute(f"FROM read_parquet('{path}')")
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    return path


def zipped(folder: Path, files: Mapping[str, str | bytes], name: str = "directory.zip") -> Path:
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in files.items():
            archive.writestr(member, content)
    return folder / name


# Editions --------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", EDITIONS.values(), ids=EDITIONS)
def test_every_edition_comes_to_the_same_places_and_dates(
    header: str, tmp_path: Path, build: Callable[..., Any]
) -> None:
    found = build(written(tmp_path, "a.csv", edition(header)))
    keys = ("postcode", "easting", "northing", "introduced", "terminated", "quality")
    assert [tuple(row[key] for key in keys) for row in found] == [
        ("AL1 1AB", 517328, 206823, "200401", None, 1),
        ("IM1 1AD", None, None, "199405", None, 9),
        ("M1 1AA", 384500, 398100, "198001", "199606", 8),
    ]


@pytest.mark.parametrize("header", EDITIONS.values(), ids=EDITIONS)
def test_every_edition_comes_to_the_same_codes(
    header: str, tmp_path: Path, build: Callable[..., Any]
) -> None:
    names = header.split(",")
    found = build(written(tmp_path, "a.csv", edition(header)))[0]
    expected = {PUBLISHED[name]: CODES[PUBLISHED[name]][0] for name in names if name in PUBLISHED}
    assert len(expected) > 6
    assert {role: found.get(role) for role in CODES if role in found} == expected
    assert found.get("imd_rank") == (30628 if set(names) & set(RANKS) else None)


def test_code_point_open_needs_no_header(tmp_path: Path, build: Callable[..., Any]) -> None:
    body = (
        '"AB101AA",10,394251,806376,"S92000003","","S08000020","","S12000033","S13002483"\n'
        '"AB1 0AB",90,0,0,"S92000003","","","","",""\n'
    )
    header = "PC,PQ,EA,NO,CY,RH,LH,CC,DC,WC\n"
    plain = build(written(tmp_path, "ab.csv", body))
    assert plain == build(written(tmp_path, "with.csv", header + body))
    assert [(r["postcode"], r["easting"], r["district"], r["county"]) for r in plain] == [
        ("AB10 1AA", 394251.0, "S12000033", None),
        ("AB1 0AB", None, None, None),
    ]


@pytest.mark.parametrize("column", ["pcd", "pcd2", "pcds", "Postcode", "post code"])
def test_one_spelling_of_the_postcode_is_enough(
    column: str, tmp_path: Path, build: Callable[..., Any]
) -> None:
    spelling = {"pcd": seven, "pcd2": eight}.get(column, str)
    lines = [f"{spelling(p)},600000,250000" for p in ("M1 1AA", "AL1 1AB", "SW1A 1AA")]
    path = written(tmp_path, "a.csv", "\n".join([f"{column},easting,northing", *lines]))
    assert [row["postcode"] for row in build(path)] == ["AL1 1AB", "M1 1AA", "SW1A 1AA"]


@pytest.mark.parametrize(
    "row",
    [
        ",,,,9",
        ",,99.999999,0.000000,9",
        "600000,250000,52.1,1.1,9",
        "600000,250000,,,90",
        "0,0,,,1",
        ",,,0.00000,1",
        ",,0,0,1",
        "nan,inf,,,1",
        "600000,,,,1",
    ],
)
def test_what_has_no_location_is_kept_and_never_placed(
    row: str, tmp_path: Path, build: Callable[..., Any]
) -> None:
    text = f"pcds,oseast1m,osnrth1m,lat,long,osgrdind\nIP1 1AA,{row}\nIP1 1AB,600000,250000,,,1\n"
    path = written(tmp_path, "a.csv", text)
    found = build(path)
    assert [row["postcode"] for row in found] == ["IP1 1AA", "IP1 1AB"]
    assert (found[0]["easting"], found[0]["northing"]) == (None, None)
    book = directory.read(tables.connect(), [path])
    assert np.isnan([book.x[0], book.y[0]]).all()


def test_codes_that_say_does_not_apply_are_null(tmp_path: Path, build: Callable[..., Any]) -> None:
    text = (
        "pcds,oseast1m,osnrth1m,oslaua,oscty,osward,oac11,imd\n"
        "IP1 1AA,600000,250000,E07000202,E99999999, ,9Z9,1\n"
        "JE1 1AA,600000,250000,L99999999,S99999999,M99999999,5A2,0\n"
    )
    found = build(written(tmp_path, "a.csv", text))
    assert [[r[c] for c in ("district", "county", "ward", "oac11", "imd_rank")] for r in found] == [
        ["E07000202", None, None, None, 1],
        [None, None, None, "5A2", None],
    ]


def test_a_decile_is_not_taken_for_the_rank(tmp_path: Path, build: Callable[..., Any]) -> None:
    path = written(tmp_path, "a.csv", "postcode,lat,long,imd_decile\nIP1 1AA,52.05,1.15,3\n")
    assert "imd_rank" not in build(path)[0]
    assert build(path, keep=["imd_decile"])[0]["imd_decile"] == "3"


@pytest.mark.parametrize("date", ["201912", "2019-12", "2019-12-31", "201912.0"])
def test_dates_come_as_year_and_month(date: str, tmp_path: Path, build: Callable[..., Any]) -> None:
    text = f"postcode,easting,northing,doterm\nIP1 1AA,600000,250000,{date}\n"
    assert build(written(tmp_path, "a.csv", text))[0]["terminated"] == "201912"


# Northern Ireland and the islands ----------------------------------------------------------------

BELFAST = "BT1 1AA,333800,0374500,54.6000,-5.9300,1,N92000002"


def test_irish_grid_references_are_never_taken_for_british_ones(
    tmp_path: Path, build: Callable[..., Any]
) -> None:
    header = "pcds,oseast1m,osnrth1m,lat,long,osgrdind,ctry"
    path = written(tmp_path, "a.csv", f"{header}\n{BELFAST}\n")
    found = build(path)[0]
    # Belfast lies west of Carlisle: on the British grid near 146 km east and 529 km north.
    assert found["easting"] == pytest.approx(146_500, abs=1500)
    assert found["northing"] == pytest.approx(529_500, abs=1500)
    raw = directory.read(tables.connect(), [path])
    assert (raw.x[0], raw.y[0]) == pytest.approx((found["easting"], found["northing"]), abs=0.1)
    built = directory.read(tables.connect(), [tmp_path / "out" / "directory.parquet"])
    assert (built.x[0], built.y[0]) == (found["easting"], found["northing"])


def test_without_latitude_an_irish_postcode_has_no_location(
    tmp_path: Path, build: Callable[..., Any]
) -> None:
    text = "postcode,easting,northing\nBT1 1AA,333800,374500\nIP1 1AA,600000,250000\n"
    found = build(written(tmp_path, "a.csv", text))
    assert [(row["postcode"], row["easting"]) for row in found] == [
        ("BT1 1AA", None),
        ("IP1 1AA", 600000),
    ]


def test_countries_are_told_by_code_else_by_postcode_area(tmp_path: Path) -> None:
    codes = ["E92000001", "W92000004", "S92000003", "", "L93000001", "", ""]
    areas = ["CH", "CH", "TD", "BT", "JE", "IM", "LL"]
    lines = [f"{a}1 1AA,52,-2,{code}" for a, code in zip(areas, codes, strict=True)]
    lines[1] = lines[1].replace("1AA", "1AB")
    path = written(tmp_path, "a.csv", "\n".join(["pcds,lat,long,ctry", *lines]))
    built = directory_build.build([path], tmp_path / "o.parquet")
    assert [(group.name, group.postcodes) for group in built.countries] == [
        (name, 1)
        for name in (
            *("England", "Wales", "Scotland", "Northern Ireland", "Channel Islands"),
            *("Isle of Man", "Great Britain, country not given"),
        )
    ]


# Zips and folders --------------------------------------------------------------------------------

ONE = edition(ONSPD_2024)
LAYOUTS: dict[str, dict[str, str | bytes]] = {
    "whole file": {
        "Data/ONSPD_AUG_2024_UK.csv": ONE,
        "Data/ONSPD_AUG_2024_UK.txt": "fixed width",
        "Data/multi_csv/ONSPD_AUG_2024_UK_AL.csv": "wrong",
        "Documents/LA_UA names and codes.csv": "code,name\nE1,x\n",
        "User Guide/guide.pdf": b"%PDF",
    },
    "within a folder": {"ONSPD_AUG_2024/Data/ONSPD_AUG_2024_UK.csv": ONE},
    "one file an area": {
        "Data/multi_csv/ONSPD_AUG_2024_UK_AL.csv": edition(ONSPD_2024, PLACES[:1]),
        "Data/multi_csv/ONSPD_AUG_2024_UK_M.csv": edition(ONSPD_2024, PLACES[1:2]),
        "Data/multi_csv/ONSPD_AUG_2024_UK_IM.csv": edition(ONSPD_2024, PLACES[2:]),
    },
    "by Windows": {"Data\\NSPL21_AUG_2024_UK.csv": ONE},
    "a single CSV": {"ONSPD_Online_Aug_2024.csv": ONE, "readme.txt": "hello"},
    "from a Mac": {"__MACOSX/._x.csv": b"\0", "x ONSPD Aug 2024.csv": ONE},
}


@pytest.mark.parametrize("files", LAYOUTS.values(), ids=LAYOUTS)
def test_a_zip_and_its_folder_give_the_same_directory(
    files: Mapping[str, str | bytes], tmp_path: Path, build: Callable[..., Any]
) -> None:
    path = zipped(tmp_path, files)
    folder = tmp_path / "folder"
    for name, content in files.items():
        target = folder / name.replace("\\", "/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    expected = build(written(tmp_path, "plain.csv", ONE))
    assert build(path) == expected
    assert build(folder) == expected
    assert keys_of(folder) == ["AL11AB", "IM11AD", "M11AA"]
    found = directory_build.build([path], tmp_path / "o.parquet", overwrite=True)
    assert found.vintages[0].endswith("August 2024")


def test_code_point_open_as_zip_states_its_edition(tmp_path: Path) -> None:
    files = {
        "Data/CSV/al.csv": '"AL1 1AB",10,517328,206823,"E92000001","","","","E07000240","E05"\n',
        "Data/CSV/m.csv": '"M1  1AA",10,384500,398100,"E92000001","","","","E08000003","E05"\n',
        "Doc/Code-Point_Open_Column_Headers.csv": "PC,PQ\nPostcode,Quality\n",
        "Doc/metadata.txt": "PRODUCT: OS CODE-POINT_OPEN\nDATASET VERSION NUMBER: 2025.1.0\n"
        "COPYRIGHT DATE: 20250105\n",
    }
    built = directory_build.build([zipped(tmp_path, files)], tmp_path / "o.parquet")
    assert built.vintages == ("Code-Point Open 2025.1.0 (2025-01-05)",)
    assert [row["postcode"] for row in rows(built.file)] == ["AL1 1AB", "M1 1AA"]


def points(path: Path, crs: str | None, x: Sequence[float], y: Sequence[float]) -> Path:
    """Write a GeoPackage of postcodes as Ordnance Survey lays it out."""
    names = ["postcode", "positional_quality_indicator", "country_code", "admin_district_code"]
    fields = [
        ["IP1 1AA", "IP1 1AB", "IP1 1AD"],
        [10, 90, 10],
        ["E92000001"] * 3,
        ["E1", None, "E2"],
    ]
    arrays = [np.array(values, dtype=object if n != 1 else int) for n, values in enumerate(fields)]
    shapes = shapely.to_wkb(shapely.points(x, y))
    options = {"geometry_type": "Point", "layer": "codepoint", "driver": "GPKG"}
    pyogrio.raw.write(path, shapes, arrays, names, crs=crs, **options)
    return path


def test_a_geopackage_of_points_is_read_in_parts(
    tmp_path: Path, build: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = points(
        tmp_path / "codepo_gb.gpkg", "EPSG:27700", [615845, 0, 616134], [244058, 0, 244262]
    )
    expected = [
        ("IP1 1AA", 615845, 244058, "E1"),
        ("IP1 1AB", None, None, None),
        ("IP1 1AD", 616134, 244262, "E2"),
    ]
    columns = ("postcode", "easting", "northing", "district")
    assert [tuple(row[c] for c in columns) for row in build(path)] == expected
    monkeypatch.setattr("geodemand.io.point_layers.BATCH", 2)
    inside = zipped(tmp_path, {"Data/codepo_gb.gpkg": path.read_bytes()})
    assert [tuple(row[c] for c in columns) for row in build(inside)] == expected


def test_points_in_degrees_come_to_metres(tmp_path: Path, build: Callable[..., Any]) -> None:
    path = points(tmp_path / "p.gpkg", "EPSG:4326", [1.15, 0, 1.16], [52.05, 0, 52.06])
    found = build(path)
    assert found[0]["easting"] == pytest.approx(616_100, abs=300)
    assert found[1]["easting"] is None


# Limits ------------------------------------------------------------------------------------------

GRID = """postcode,easting,northing,oslaua
IP1 1AA,600100,250100,E1
IP1 1AB,600900,250900,E2
NR1 1AA,600100,250200,E2
CO1 1AA,,,E1
"""


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(areas=("ip",)), ["IP1 1AA", "IP1 1AB"]),
        (Limits(areas=("IP", "CO")), ["CO1 1AA", "IP1 1AA", "IP1 1AB"]),
        (Limits(districts=("E2",)), ["IP1 1AB", "NR1 1AA"]),
        (Limits(areas=("IP",), districts=("E2",)), ["IP1 1AB"]),
    ],
)
def test_limits_narrow_a_directory(
    limits: Limits, expected: list[str], tmp_path: Path, build: Callable[..., Any]
) -> None:
    path = written(tmp_path, "a.csv", GRID)
    assert [row["postcode"] for row in build(path, limits=limits)] == expected


def test_polygons_take_what_lies_in_them_or_on_their_edge(
    tmp_path: Path, build: Callable[..., Any], tiny: Tiny
) -> None:
    corner = shapely.box(600_000, 250_000, 600_500, 250_200)
    area = tiny.areas("corner.geojson", {"A": corner})
    found = build(written(tmp_path, "a.csv", GRID), limits=Limits(within=area))
    assert [row["postcode"] for row in found] == ["IP1 1AA", "NR1 1AA"]


FAULTS: dict[str, tuple[str, Limits, type[GeodemandError], str]] = {
    "no postcode column": ("id,easting,northing\n1,2,3\n", Limits(), ContentError, "postcode col"),
    "no position": ("postcode,name\nIP1 1AA,x\n", Limits(), ContentError, "a position"),
    "no rows": ("postcode,lat,long\n", Limits(), ContentError, "holds no postcode"),
    "blank postcodes": ("postcode,lat,long\n,52,1\n", Limits(), ContentError, "no postcode"),
    "nothing placed": ("pcds,lat,long\nIM1 1AA,99.999999,0\n", Limits(), ContentError, "location"),
    "swapped": ("postcode,lat,long\nIP1 1AA,1.15,52.05\n", Limits(), GeographyError, "outside"),
    "degrees as metres": (
        "postcode,easting,northing\nIP1 1AA,1.15,52.05\n",
        Limits(),
        GeographyError,
        "degrees",
    ),
    "metres as degrees": (
        "postcode,lat,long\nIP1 1AA,250000,600000\n",
        Limits(),
        ContentError,
        "location",
    ),
    "an area that is none": (GRID, Limits(areas=("IP1",)), UsageError, "IP1"),
    "an area not in it": (GRID, Limits(areas=("IP", "ZE")), ContentError, "area 'ZE'"),
    "a district not in it": (GRID, Limits(districts=("E9",)), ContentError, "district 'E9'"),
    "no districts": (
        "postcode,lat,long\nIP1 1AA,52,1\n",
        Limits(districts=("E1",)),
        ContentError,
        "within",
    ),
    "nothing left": (GRID, Limits(areas=("NR",), districts=("E1",)), ContentError, "NR"),
}


@pytest.mark.parametrize(("text", "limits", "kind", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_said_and_nothing_is_written(
    text: str,
    limits: Limits,
    kind: type[GeodemandError],
    words: str,
    tmp_path: Path,
    temporary_files: Path,
) -> None:
    target = tmp_path / "out" / "o.parquet"
    with pytest.raises(kind, match=words):
        directory_build.build([written(tmp_path, "a.csv", text)], target, limits)
    assert not target.exists()
    assert not list(temporary_files.iterdir())


def test_polygons_elsewhere_are_named_as_such(tmp_path: Path, tiny: Tiny) -> None:
    area = tiny.areas("far.geojson", {"A": shapely.box(100_000, 100_000, 101_000, 101_000)})
    path = written(tmp_path, "a.csv", GRID)
    with pytest.raises(GeographyError, match="no postcode lies in"):
        directory_build.build([path], tmp_path / "o.parquet", Limits(within=area))


# Hostile and broken zips -------------------------------------------------------------------------


def link(folder: Path) -> Path:
    entry = zipfile.ZipInfo("Data/ONSPD_x.csv")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(folder / "directory.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    return folder / "directory.zip"


def altered(folder: Path, change: Callable[[bytearray], bytes]) -> Path:
    path = zipped(folder, {"Data/ONSPD_x.csv": ONE})
    path.write_bytes(change(bytearray(path.read_bytes())))
    return path


def locked(content: bytearray) -> bytes:
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        content[content.find(mark) + offset] |= 1
    return bytes(content)


def spoilt(content: bytearray) -> bytes:
    middle = content.find(b"ONSPD_x.csv") + 60
    content[middle] ^= 0xFF
    return bytes(content)


ZIPS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "empty": (lambda f: zipped(f, {}), "no postcode directory"),
    "of other things": (
        lambda f: zipped(f, {"a.shp": b"x", "a.dbf": b"y"}),
        "It holds: a.dbf, a.shp",
    ),
    "of two editions": (
        lambda f: zipped(f, {"a/Data/ONSPD_1.csv": ONE, "b/Data/ONSPD_2.csv": ONE}),
        "more than one",
    ),
    "of an absolute path": (lambda f: zipped(f, {"/tmp/ONSPD.csv": ONE}), "lead outside"),  # noqa: S108
    "of a path upwards": (lambda f: zipped(f, {"Data/../../ONSPD.csv": ONE}), "lead outside"),
    "of a drive": (lambda f: zipped(f, {"C:\\ONSPD.csv": ONE}), "lead outside"),
    "with a link": (link, "not a regular file"),
    "of zeros": (lambda f: zipped(f, {"ONSPD.csv": b"0" * (3 << 20)}), "times its size"),
    "locked": (lambda f: altered(f, locked), "password"),
    "spoilt": (lambda f: altered(f, spoilt), "damaged"),
    "cut off": (lambda f: altered(f, lambda c: bytes(c[: len(c) // 2])), "cut off"),
    "no zip at all": (lambda f: written(f, "directory.zip", "hello"), "no zip file"),
}


@pytest.mark.parametrize(("make", "words"), ZIPS.values(), ids=ZIPS)
def test_a_zip_that_is_not_safe_is_not_unpacked(
    make: Callable[[Path], Path], words: str, tmp_path: Path, temporary_files: Path
) -> None:
    folder = tmp_path / "zip"
    folder.mkdir()
    with pytest.raises((UnreadableFileError, ContentError), match=words):
        directory_build.build([make(folder)], tmp_path / "o.parquet")
    assert not list(temporary_files.iterdir())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["temporary", "zip"]


@pytest.mark.parametrize(
    ("limit", "value"), [("MOST_ENTRIES", 2), ("MOST_BYTES", 100), ("LONGEST_INDEX", 50)]
)
def test_size_and_number_of_files_have_limits(
    limit: str, value: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, limit, value)
    path = zipped(tmp_path, {"Data/ONSPD_x.csv": ONE, "b.txt": "b", "c.txt": "c"})
    with pytest.raises(UnreadableFileError, match="more than"):
        directory_build.build([path], tmp_path / "o.parquet")


def test_messages_name_a_file_in_a_zip_as_the_user_knows_it(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"Data/ONSPD_x.csv": "a,b\n1,2\n"})
    with pytest.raises(ContentError, match=r"directory\.zip: Data/ONSPD_x\.csv: a postcode column"):
        directory_build.build([path], tmp_path / "o.parquet")


def test_a_zip_is_no_directory_for_other_commands(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"Data/ONSPD_x.csv": ONE})
    with pytest.raises(UnreadableFileError, match=r"geodemand postcodes directory\.zip"):
        directory.read(tables.connect(), [path])


# Whole or nothing --------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["_place", "_counted", "_write", "_groups"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_a_run_that_ends_early_leaves_nothing_behind(
    step: str,
    error: type[BaseException],
    tmp_path: Path,
    temporary_files: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(*_: object) -> None:
        raise error

    monkeypatch.setattr(directory_build, step, stop)
    source = zipped(tmp_path, {"Data/ONSPD_x.csv": ONE})
    target = written(tmp_path, "out/o.parquet", "the old one")
    with pytest.raises(error):
        directory_build.build([source], target, overwrite=True)
    assert [p.name for p in target.parent.iterdir()] == ["o.parquet"]
    assert target.read_text() == "the old one"
    assert not list(temporary_files.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_a_request_to_end_removes_the_private_folder(temporary_files: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)

    def work() -> None:
        with archives.workspace() as folder:
            assert folder.stat().st_mode & 0o777 == 0o700
            (folder / "part.csv").touch()
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(SystemExit):
        work()
    assert not list(temporary_files.iterdir())
    assert signal.getsignal(signal.SIGTERM) == before


def test_ctrl_c_within_a_query_is_no_bug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        message = "Query interrupted"
        raise RuntimeError(message)

    monkeypatch.setattr(directory_build, "_write", stop)
    with pytest.raises(KeyboardInterrupt):
        directory_build.build([written(tmp_path, "a.csv", GRID)], tmp_path / "o.parquet")


def test_nothing_is_overwritten_unless_told(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", GRID)
    target = written(tmp_path, "o.parquet", "old")
    with pytest.raises(UsageError, match="--overwrite"):
        directory_build.build([path], target)
    alias = tmp_path / "link.parquet"
    alias.symlink_to(target)
    with pytest.raises(UsageError, match="link"):
        directory_build.build([path], alias, overwrite=True)
    with pytest.raises(UsageError, match="Parquet"):
        directory_build.build([path], tmp_path / "o.csv")
    assert target.read_text() == "old"
    directory_build.build([path], target, overwrite=True)
    assert target.stat().st_mode & 0o777 == 0o600 or os.name == "nt"


def test_the_order_of_rows_and_sources_changes_no_byte(tmp_path: Path) -> None:
    header, *lines = GRID.strip().splitlines()
    lines += ["IP1 1AA,600100,250100,E2", "IP1 1AA,600100,250100,E1", "IP1 1AB,,,E2"]
    found = set()
    for seed in range(6):
        random.Random(seed).shuffle(lines)  # noqa: S311 - an order, no secret
        split = seed % len(lines)
        parts = [lines[:split], lines[split:]]
        sources = [
            written(tmp_path, f"{n}.csv", "\n".join([header, *part]) + "\n")
            for n, part in enumerate(parts)
        ]
        built = directory_build.build(sources, tmp_path / "o.parquet", overwrite=True)
        assert built.duplicates == 3
        found.add(built.file.read_bytes())
    assert len(found) == 1


def test_of_rows_of_one_postcode_the_live_and_placed_one_stays(
    tmp_path: Path, build: Callable[..., Any]
) -> None:
    text = (
        "pcd,oseast1m,osnrth1m,doterm\n"
        "IP11AA,600001,250000,201001\nIP1 1AA,600002,250000,\nIP1  1AA,600003,250000,201501\n"
        "IP12AA,600004,250000,201001\nIP1 2AA,600005,250000,201501\n"
        "IP13AA,,,\nIP1 3AA,600006,250000,\n"
    )
    found = build(written(tmp_path, "a.csv", text))
    assert [(row["postcode"], row["easting"]) for row in found] == [
        ("IP1 1AA", 600002),
        ("IP1 2AA", 600005),
        ("IP1 3AA", 600006),
    ]


# Read again --------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", EDITIONS.values(), ids=EDITIONS)
def test_a_built_directory_reads_as_its_source_does(header: str, tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", edition(header))
    built = directory_build.build([path], tmp_path / "o.parquet")
    only = {"district": ["E07000240"]}
    asked = ["ward", "oslaua", "lad25cd"]
    raw, again = (
        directory.read(tables.connect(), [each], asked, only) for each in (path, built.file)
    )
    assert keys_of(path) == keys_of(built.file)
    assert raw.ended.tolist() == again.ended.tolist()
    assert np.array_equal(raw.x, again.x, equal_nan=True)
    assert np.array_equal(raw.y, again.y, equal_nan=True)
    assert raw.inside.tolist() == again.inside.tolist() == [True, False, True]
    codes = {name: list(each) for name, each in again.codes.items()}
    district = ["E07000240", None, "E07000240"]
    assert codes == {
        "ward": ["E05013956", None, "E05013956"],
        "oslaua": district,
        "lad25cd": district,
    }


def test_a_built_directory_can_be_cut_again_and_keeps_its_vintage(tmp_path: Path) -> None:
    path = written(tmp_path, "ONSPD_AUG_2024_UK.csv", ONE)
    first = directory_build.build([path], tmp_path / "all.parquet")
    second = directory_build.build([first.file], tmp_path / "al.parquet", Limits(areas=("AL",)))
    assert second.vintages == first.vintages == ("ONSPD August 2024",)
    assert rows(second.file) == rows(first.file)[:1]


def test_without_a_name_the_newest_postcode_tells_the_vintage(tmp_path: Path) -> None:
    built: Built = directory_build.build([written(tmp_path, "a.csv", ONE)], tmp_path / "o.parquet")
    assert built.vintages == ("newest postcode of January 2004",)
