"""Options of `geodemand map` about what it draws, from the command line to the page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

HUBS = "name,easting,northing\nAsh,200,500\nBirch,1700,500\n"
TILES = "https://tiles.example.org/{z}/{x}/{y}.png"


@pytest.fixture
def sited(tiny: Any) -> Path:  # noqa: ANN401 - a fixture's class lives in conftest
    tiny.write("hubs.csv", HUBS)
    folder: Path = tiny.folder
    return folder


def block(page: str, name: str) -> Any:  # noqa: ANN401 - JSON
    found = re.search(f'<script type="application/json" id="data-{name}">(.*?)</script>', page)
    return json.loads(found[1]) if found else None


def test_every_option_reaches_the_page(sited: Path, run: Callable[..., Result]) -> None:
    found = run(
        *("map", "-o", "-", "--shade", "localities", "--measure", "index", "--classes", "natural"),
        *("--together", "CYP+ACS", "--sites", "hubs=hubs.csv", "--catchment", "hubs=nearest"),
        folder=sited,
    )
    assert found.exit_code == 0
    areas = block(found.stdout, "areas")
    assert areas["subjects"][-1]["name"] == "CYP + ACS"
    assert [each["name"] for each in block(found.stdout, "catchments")] == ["Nearest hubs"]
    (localities,) = areas["shaded"]
    cyp, acs, both = (each["clients"]["values"] for each in localities["figures"])
    for area in range(2):
        parts = [cyp[area], acs[area]]
        assert both[area] == ("c" if "c" in parts else sum(parts))
    assert "meet_all" in localities["figures"][-1]
    names = [each["name"] for each in block(found.stdout, "surfaces")]
    assert names == ["CYP", "ACS", "CYP + ACS"]


def test_surfaces_can_be_left_out_or_be_densities(sited: Path, run: Callable[..., Result]) -> None:
    none = run("map", "-o", "-", "--surface", "none", folder=sited)
    assert block(none.stdout, "surfaces") is None
    density = run("map", "-o", "-", "--surface", "density", folder=sited)
    assert {each["unit"] for each in block(density.stdout, "surfaces")} == {"clients per km²"}


def test_a_tile_server_is_warned_of_and_without_it_none_is_named(
    sited: Path, run: Callable[..., Result]
) -> None:
    warned = run("map", "-o", "-", "--tiles", TILES, folder=sited)
    assert "Warning: whoever opens this map asks https://tiles.example.org" in warned.stderr
    assert "img-src data: blob: https://tiles.example.org;" in warned.stdout
    plain = run("map", "-o", "-", folder=sited)
    assert "Warning" not in plain.stderr
    assert "img-src data: blob:;" in plain.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--measure", "rates"), "Did you mean 'rate'?"),
        (("--classes", "20,10"), "no way to form classes"),
        (("--surface", "heat"), "Known: rate, density, none"),
        (("--together", "CYP"), "no combination of lists"),
        (("--together", "CYP+ACC"), "Did you mean 'ACS'?"),
        (("--catchment", "hubs=far"), "no catchment"),
        (("--catchment", "pods=nearest"), "there are no sites named 'pods'"),
        (("--tiles", "https://tiles.example.org/a.png"), "no address of tiles"),
        (("--tiles", "https://a.org/{z}/{x}/{y}.png; script-src *"), "no address of tiles"),
        (("--tiles", "file:///etc/{z}/{x}/{y}"), "no address of tiles"),
    ],
)
def test_what_the_map_does_not_have_is_said(
    options: tuple[str, str], said: str, sited: Path, run: Callable[..., Result]
) -> None:
    found = run("map", "-o", "-", "--sites", "hubs=hubs.csv", *options, folder=sited)
    assert found.exit_code == 2
    assert said in found.stderr
    assert found.stdout == ""


def test_a_basemap_that_is_none_stops_the_run(sited: Path, run: Callable[..., Result]) -> None:
    (sited / "map.pmtiles").write_text("not tiles")
    found = run("map", "-o", "-", "--basemap", "map.pmtiles", folder=sited)
    assert found.exit_code == 10
    assert "neither PMTiles nor MBTiles" in found.stderr
