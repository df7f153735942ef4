"""The land behind each mismatch, as files that a map program opens."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from click.testing import Result

Run = Callable[..., Result]


def read(path: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(path, layer="mismatches")


def test_each_row_of_the_table_has_its_land(tiny: Any, run: Run) -> None:  # noqa: ANN401
    options = ("--format", "gpkg", "--format", "json")
    result = run("hubs", *options, folder=tiny.folder)
    assert result.exit_code == 0, result.output
    file = tiny.folder / "outputs" / "hubs.gpkg"
    assert os.name != "posix" or file.stat().st_mode & 0o777 == 0o600
    rows = json.loads((tiny.folder / "outputs" / "hubs.json").read_text())["mismatches"]
    pieces = read(file)
    assert pieces.crs.to_epsg() == 27700
    assert [*zip(pieces["unit_a"], pieces["unit_b"], pieces["kind"], strict=True)] == [
        (row["unit_a"], row["unit_b"], row["kind"]) for row in rows
    ]
    assert (pieces.area / 10_000).tolist() == pytest.approx([r["hectares"] for r in rows], abs=0.01)
    assert pieces["CYP"].tolist() == [row["CYP"] for row in rows]
    assert set(pieces["policy"]) == {"public"}


def test_the_order_of_features_changes_no_byte(tiny: Any, run: Run) -> None:  # noqa: ANN401
    for name in ("gpkg", "geojson"):
        run("hubs", "--format", name, "--out", "once", folder=tiny.folder)
    for layer in ("localities", "teams"):
        path = tiny.path(f"{layer}.geojson")
        text = json.loads(path.read_text(encoding="utf-8"))
        text["features"].reverse()
        path.write_text(json.dumps(text), encoding="utf-8")
    for name in ("gpkg", "geojson"):
        run("hubs", "--format", name, "--out", "again", folder=tiny.folder)
    once, again = (
        {
            path.name: path.read_bytes()
            for path in sorted((tiny.folder / out).iterdir())
            if not path.name.endswith(".record.json")  # which tells what was read, turned or not
        }
        for out in ("once", "again")
    )
    assert len(once) == 2
    assert once == again


def test_new_boundaries_go_into_the_same_geopackage(tiny: Any, run: Run) -> None:  # noqa: ANN401
    options = ("--areas", "blocks=teams.geojson", "--swap", "blocks", "--format", "gpkg")
    result = run("hubs", "--relation", "localities,teams,same", *options, folder=tiny.folder)
    assert result.exit_code == 0, result.output
    layers = gpd.list_layers(tiny.folder / "outputs" / "hubs.gpkg")["name"].tolist()
    assert layers == ["mismatches", "localities-same-teams"]
