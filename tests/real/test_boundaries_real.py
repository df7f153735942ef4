"""Published boundaries of Suffolk and other counties, against GDAL, codes and published figures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely

from geodemand.core.balance import balance
from geodemand.core.coterminosity import Pair, Relation
from geodemand.core.coverage import gaps, overlaps
from geodemand.core.disclosure import FloatArray
from geodemand.core.geography import NOWHERE, locate
from geodemand.core.overlay import overlay
from geodemand.core.weights import matrix, partners
from geodemand.io import spatial

pytestmark = pytest.mark.realdata
BY_GDAL = """
import sys, pyogrio
for path in sys.argv[1:]:
    meta, _, shapes, (codes, *_) = pyogrio.raw.read(path, columns=["LSOA11CD"])
    for code, shape in zip(codes, shapes):
        print(code, shape.hex())
"""


@pytest.fixture
def boundaries(realdata: Path) -> Path:
    return realdata / "boundaries"


@pytest.mark.parametrize(
    ("county", "layer", "areas", "mended"),
    [
        ("suffolk", "oa11", 2456, 8),
        ("oxfordshire", "oa11", 2058, 3),
        ("buckinghamshire", "oa11", 1582, 5),
        ("wiltshire", "oa11", 1541, 10),
        ("oxfordshire", "msoa21", 87, 1),
        ("suffolk", "lsoa21", 449, 0),
        ("suffolk", "wards_2013", 175, 0),
    ],
)
def test_known_faults_are_mended_and_said(
    boundaries: Path, county: str, layer: str, areas: int, mended: int
) -> None:
    found = spatial.read_areas(layer, boundaries / f"{county}.gpkg", layer=layer)
    assert len(found) == areas
    assert shapely.is_valid(found.shapes).all()
    said = [note for note in found.notes if "mended" in note]
    assert [int(note.split()[0]) for note in said] == ([mended] if mended else [])
    assert overlaps(found) == ()


def test_codes_and_names_are_those_of_the_layer(boundaries: Path) -> None:
    found = spatial.read_areas("wards", boundaries / "suffolk.gpkg", layer="wards_2025")
    assert set(found.codes) >= {"E05007117", "E05007118"}
    assert found.names[:2] == ("Alexandra", "Bixley")
    ccg = spatial.read_areas("ccg", boundaries / "suffolk.gpkg", layer="ccg21_simplified")
    assert ccg.names[1] == "NHS Ipswich and East Suffolk CCG"


def test_a_zipped_shapefile_on_the_grid_is_read_as_it_is(boundaries: Path) -> None:
    found = spatial.read_areas("counties", boundaries / "county_2023_bgc_epsg27700.zip")
    assert len(found) == 21
    assert dict(zip(found.codes, found.names, strict=True))["E10000029"] == "Suffolk"
    assert not any("turned" in note for note in found.notes)


def test_topojson_is_drawn_as_gdal_draws_it(boundaries: Path) -> None:
    folder = boundaries / "suffolk_geojson_as_published" / "lsoa11_topojson"
    paths = sorted(folder.iterdir())
    done = subprocess.run(
        [sys.executable, "-c", BY_GDAL, *paths],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    drawn = dict(line.split() for line in done.stdout.splitlines())
    found = [spatial.read_areas("lsoa", path, reference="EPSG:4326") for path in paths]
    codes = [code for each in found for code in each.codes]
    assert sorted(codes) == sorted(drawn)
    assert len(codes) == 441
    ours = shapely.area(np.concatenate([each.shapes for each in found]))
    assert ours == pytest.approx(_metres([drawn[code] for code in codes]), rel=1e-9)


def _metres(packed: list[str]) -> FloatArray:
    """Return the square metres of shapes in degrees."""
    from geodemand.io import crs

    shapes = shapely.make_valid(shapely.from_wkb(packed), method="structure")
    turned = shapely.transform(
        shapes, lambda at: np.column_stack(crs.to_metres(at[:, 0], at[:, 1], crs.WGS84))
    )
    return np.asarray(shapely.area(turned))


def test_the_districts_of_the_files_are_the_county(boundaries: Path) -> None:
    """Published per district, together without overlaps: the LSOAs of 2021."""
    folder = boundaries / "suffolk_geojson_as_published" / "lsoa21"
    parts = [spatial.read_areas("lsoa", path) for path in sorted(folder.iterdir())]
    whole = spatial.read_areas("lsoa", boundaries / "suffolk.gpkg", layer="lsoa21")
    assert sorted(code for part in parts for code in part.codes) == list(whole.codes)


def test_every_lsoa_lies_where_its_own_point_is(boundaries: Path) -> None:
    found = spatial.read_areas("lsoa", boundaries / "suffolk.gpkg", layer="lsoa21")
    inside = shapely.point_on_surface(found.shapes)
    where = locate(found, shapely.get_x(inside), shapely.get_y(inside))
    assert where.tolist() == list(range(len(found)))
    assert NOWHERE not in where


def test_gaps_of_published_boundaries_are_small(boundaries: Path) -> None:
    """Mouths of rivers, between two areas."""
    found = gaps(spatial.read_areas("wards", boundaries / "suffolk.gpkg", layer="wards_2013"))
    assert 0 < len(found) < 20
    assert max(gap.hectares for gap in found) < 5
    assert all(gap.width_m < 21 for gap in found)


@pytest.mark.parametrize(
    ("county", "share"),
    [("suffolk", 0.655), ("oxfordshire", 0.657), ("buckinghamshire", 0.799), ("wiltshire", 0.417)],
)
def test_lsoas_lie_in_wards_as_far_as_is_published_and_land_adds_up(
    realdata: Path, county: str, share: float
) -> None:
    """Of what lies in any ward, how many LSOAs have 99 % in one; Suffolk's is published."""
    file = realdata / "boundaries" / f"{county}.gpkg"
    lsoas = spatial.read_areas("lsoas", file, layer="lsoa21", code="LSOA21CD")
    wards = spatial.read_areas("wards", file, layer="wards_2025", code="WD25CD")
    pieces = overlay(lsoas, wards)
    held = matrix(pieces.a, pieces.b, shapely.area(pieces.shapes), (len(lsoas), len(wards))).inner()
    inside = held.at(np.arange(len(lsoas)), partners(held))
    assert (inside / held.rows()[:-1] >= 0.99).mean() == pytest.approx(share, abs=5e-4)
    assert balance(Pair(lsoas, wards, Relation.NESTS), pieces).residual <= 1e-9
