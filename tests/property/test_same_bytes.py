"""The same rows and features in any order give the same bytes."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodemand import project
from geodemand.api import hubs, hubs_deeper, maps, profile
from geodemand.core.disclosure import Release
from geodemand.io import writers
from geodemand.report import spatial

KINDS = ["1", "2", "44", "46", "56"]
POSTCODES = [
    f"IP{1 + number // 10} 1A{'ABDEFGHJLN'[number % 10]},{600_050 + 190 * (number % 10)},"
    f"{250_050 + 300 * (number // 10)},{number % 7}"
    for number in range(30)
]
SEGMENTS = [f"{line.split(',')[0]},{KINDS[n % len(KINDS)]}" for n, line in enumerate(POSTCODES)]
CLIENTS = [
    *(f"c{n % 70},{POSTCODES[(n * 7) % 30].split(',')[0]}" for n in range(90)),
    *("c1,", "c2,n/k", "c3,IP1 1BA", ",1P1 1AA", ",NR1 1AA"),
]
AREAS = {
    "a": {f"A{n}": shapely.box(600_000 + 500 * n, 250_000, 600_500 + 500 * n, 251_000)
          for n in range(4)},
    "b": {f"B{n}": shapely.box(600_000, 250_000 + 250 * n, 602_000, 250_250 + 250 * n)
          for n in range(4)},
    "c": {f"C{n:02}": shapely.box(600_000 + 250 * (n % 8), 250_000 + 250 * (n // 8),
                                  600_250 + 250 * (n % 8), 250_250 + 250 * (n // 8))
          for n in range(32)},
}  # fmt: skip
PROJECT = """
on = 2024-06-01
[directory]
postcodes = "postcodes.csv"
[segments]
file = "segments.csv"
scheme = "acorn-2009"
[sets]
"Hard Pressed" = "category:5"
[clients.CYP]
file = "cyp.csv"
[areas.a]
phases = [
    { file = "a.geojson", starts = 2024-04-01 },
    { file = "b.geojson", starts = 2025-04-01 },
]
[areas.b]
file = "b.geojson"
[areas.c]
file = "c.geojson"
[sites.hubs]
file = "hubs.csv"
[hubs]
relations = ["a,b,same", "c,a,nests", "hubs,b,inside"]
"""
SITES = ["West,600250,250500", "East,601750,250400", "North,601000,250900"]


def features(codes: list[str], name: str) -> str:
    return json.dumps(
        {
            "type": "FeatureCollection",
            "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}},
            "features": [
                {
                    "type": "Feature",
                    "properties": {"code": code},
                    "geometry": json.loads(shapely.to_geojson(AREAS[name][code])),
                }
                for code in codes
            ],
        }
    )


def results(
    postcodes: list[str], segments: list[str], clients: list[str], orders: dict[str, list[str]]
) -> tuple[str, str, str]:
    """Write a project and return what its three commands give."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, header, rows in (
            ("postcodes.csv", "postcode,easting,northing,residents", postcodes),
            ("segments.csv", "postcode,type", segments),
            ("cyp.csv", "id,postcode", clients),
        ):
            (folder / file).write_text("\n".join([header, *rows]), encoding="utf-8")
        for geography, codes in orders.items():
            (folder / f"{geography}.geojson").write_text(features(codes, geography))
        (folder / "hubs.csv").write_text("\n".join(["name,easting,northing", *SITES]))
        (folder / "geodemand.toml").write_text(PROJECT)
        found = project.read(folder / "geodemand.toml")
        drawn, _ = maps.map_parts(found, maps.MapOptions())
        surfaces = "".join(str(surface.classes.tolist()) for surface in drawn.surfaces)
        return (
            writers.json_text(profile.profile(found, profile.ProfileOptions(levels=("type",)))),
            _deep(hubs.hubs(found, more=tuple(hubs_deeper.DEEPER), swap="c")),
            writers.json_text(drawn) + surfaces,
        )


def _deep(release: Release) -> str:
    """Return all that `hubs` tells on request, the new boundaries too."""
    layers = spatial.layers(release, release.layers)
    files = [spatial.geopackage(layers, "about"), *map(spatial.geojson, layers)]
    files += map(spatial.geoparquet, layers)
    return "".join([writers.json_text(release), *(file.hex() for file in files)])


@pytest.fixture(scope="module")
def in_order() -> tuple[str, str, str]:
    codes = {name: sorted(shapes) for name, shapes in AREAS.items()}
    return results(POSTCODES, SEGMENTS, CLIENTS, codes)


@settings(max_examples=8)
@given(chance=st.randoms(use_true_random=False))
def test_the_order_of_rows_and_features_decides_nothing(
    in_order: tuple[str, str, str], chance: object
) -> None:
    def shuffled(rows: list[str]) -> list[str]:
        return chance.sample(rows, len(rows))  # type: ignore[attr-defined, no-any-return]

    found = results(
        shuffled(POSTCODES),
        shuffled(SEGMENTS),
        shuffled(CLIENTS),
        {name: shuffled(sorted(shapes)) for name, shapes in AREAS.items()},
    )
    assert found == in_order
