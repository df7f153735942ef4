"""Overlaps and gaps within a geography: told with the postcodes and clients in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import shapely
from click.testing import Result

Run = Callable[..., Result]
Tiny = Any  # the fixture's class lives in conftest
EXACT = ("--policy", "internal", "--reason", "a test", "--json")
WEST, SOUTH = 600_000, 250_000
# The only postcode between 1,000 and 1,100 m east, with 10 clients of CYP.
STRIP = "IP2 2BA"


def bars(*edges: tuple[float, float]) -> Mapping[str, shapely.Polygon]:
    return {
        f"T{i}": shapely.box(WEST + low, SOUTH, WEST + high, SOUTH + 1000)
        for i, (low, high) in enumerate(edges)
    }


def faults(tiny: Tiny, run: Run, *options: str) -> dict[str, Any]:
    result = run("check", *(options or EXACT), folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    found["faults"] = [row for row in found["faults"] if row["geography"] == "teams"]
    return found


def test_who_is_in_an_overlap_is_counted(tiny: Tiny, run: Run) -> None:
    tiny.areas("teams.geojson", bars((0, 1100), (1000, 2000)))
    found = faults(tiny, run)
    (row,) = found["faults"]
    assert [row[name] for name in ("fault", "areas", "hectares", "width_m")] == [
        *("overlap", "Area T0 and Area T1", 10, 100)
    ]
    assert [row[name] for name in ("postcodes", "CYP", "ACS")] == [1, 10, 0]
    assert found["sentences"][0] == "Look at one point before you quote a figure."
    assert found["sentences"][1].startswith("teams: 1 postcode lies where areas overlap")


def test_who_is_in_a_gap_is_counted(tiny: Tiny, run: Run) -> None:
    tiny.areas("teams.geojson", bars((0, 1041), (1060, 2000)))
    (row,) = faults(tiny, run)["faults"]
    assert [row[name] for name in ("fault", "areas", "postcodes", "CYP", "ACS")] == [
        *("gap", "Area T0, Area T1", 1, 10, 0)
    ]


@pytest.mark.parametrize("edge", [1050.0, 1049.0])
def test_a_postcode_on_the_edge_of_a_gap_is_in_its_area(tiny: Tiny, run: Run, edge: float) -> None:
    """IP2 2BA lies 1,050 m east."""
    tiny.areas("teams.geojson", bars((0, edge), (1060, 2000)))
    (row,) = faults(tiny, run)["faults"]
    assert row["postcodes"] == (0 if edge == 1050 else 1)


def test_few_clients_in_an_overlap_are_withheld(tiny: Tiny, run: Run) -> None:
    tiny.areas("teams.geojson", bars((0, 1100), (1000, 2000)))
    tiny.clients("cyp.csv", [f"c{i},{STRIP}" for i in range(5)] + ["c9,IP1 1AA"])
    (row,) = faults(tiny, run, "--json")["faults"]
    assert (row["CYP"], row["ACS"]) == ("c", 0)


def test_a_point_where_three_areas_overlap_is_in_each_overlap(tiny: Tiny, run: Run) -> None:
    tiny.areas("teams.geojson", bars((0, 1100), (1000, 2000), (1020, 1080)))
    rows = {row["areas"]: row for row in faults(tiny, run)["faults"]}
    assert [row["CYP"] for row in rows.values()] == [10, 10, 10]


def test_small_faults_without_anybody_are_added_up(tiny: Tiny, run: Run) -> None:
    tiny.areas("teams.geojson", bars((0, 1000), (1002, 2000), (1998, 3000)))
    said = " ".join(run("check", folder=tiny.folder).stdout.split())
    assert (
        "2 more overlaps and gaps, 2 of them less than a hectare and without a postcode: --format "
        "csv lists them all." in said
    )
    assert "Overlaps and gaps within a geography" not in said


def test_large_faults_and_those_with_people_are_shown(tiny: Tiny, run: Run) -> None:
    tiny.areas("teams.geojson", bars((0, 1051), (1049, 2000), (1900, 3000)))
    lines = run("check", folder=tiny.folder).stdout.splitlines()
    at = lines.index("Overlaps and gaps within a geography")
    assert lines[at + 1].split()[-4:] == ["width", "m", "postcodes", "CYP"]
    assert [line.split()[-4:] for line in lines[at + 2 : at + 4]] == [
        ["10.0", "100", "0", "0"],
        ["0.2", "2", "1", "10"],
    ]
    assert "No client of ACS is in one of these." in lines
