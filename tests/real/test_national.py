"""geodemand check on the national directory: 2.6 million postcodes, a list, codes and counties."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from geodemand.cli import main

pytestmark = pytest.mark.realdata

ROWS = 10_000
EXACT = ("--policy", "internal", "--reason", "a test", "--json")
PROJECT = """
[directory]
postcodes = "{directory}"

[clients.CYP]
file = "clients.csv"

[areas.deciles]
column = "imd2015_decile"

[areas.counties]
file = "{counties}"
"""
# Of a hundred rows one each that is blank, pseudo, partial.
DIRT = {0: "", 1: "ZZ99 3VZ", 2: "SW1A"}


@pytest.fixture(scope="module")
def directory(realdata: Path) -> str:
    return (realdata / "postcodes" / "nspl_2025-05_latlong_gb_ci_iom.parquet").as_posix()


@pytest.fixture(scope="module")
def drawn(directory: str) -> list[tuple[str, bool, bool]]:
    """Return postcodes out of a seed: the text, whether it has a place, and whether a decile."""
    rows = duckdb.execute(
        "SELECT Postcode, lat IS NOT NULL, imd2015_decile IS NOT NULL FROM read_parquet($1) "
        "ORDER BY md5(Postcode) LIMIT $2",
        [directory, ROWS],
    ).fetchall()
    chance = random.Random(ROWS)  # noqa: S311 - a test's luck is no secret
    return [
        (DIRT[i % 100], False, False)
        if i % 100 in DIRT
        else (chance.choice([text, text.lower(), text.replace(" ", "")]), placed, decile)
        for i, (text, placed, decile) in enumerate(rows)
    ]


@pytest.fixture(scope="module")
def found(
    realdata: Path,
    directory: str,
    drawn: list[tuple[str, bool, bool]],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("national")
    counties = (realdata / "boundaries" / "county_2023_bgc_epsg27700.zip").as_posix()
    project = folder / "geodemand.toml"
    project.write_text(PROJECT.format(directory=directory, counties=counties), encoding="utf-8")
    with (folder / "clients.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["id", "postcode"], *enumerate(text for text, _, _ in drawn)])
    run: Callable[..., Result] = CliRunner(catch_exceptions=False).invoke
    result = run(main, ["check", "--project", str(project), *EXACT])
    assert result.exit_code == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_every_row_is_accounted_for(
    found: dict[str, Any], drawn: list[tuple[str, bool, bool]]
) -> None:
    (row,) = found["ledger"]
    reasons = {name: count for name, count in row.items() if count and name != "list"}
    placed = sum(has_place for _, has_place, _ in drawn)
    assert reasons == {
        "rows": ROWS,
        "matched": placed,
        "unknown": ROWS - 3 * ROWS // 100 - placed,
        **dict.fromkeys(("blank", "pseudo", "partial"), ROWS // 100),
    }


def test_codes_of_the_directory_cover_what_they_cover(
    found: dict[str, Any], directory: str, drawn: list[tuple[str, bool, bool]]
) -> None:
    (row,) = (r for r in found["coverage"] if r["what"] == "deciles")
    (without,) = duckdb.execute(
        "SELECT count(*) FROM read_parquet($1) WHERE lat IS NOT NULL AND imd2015_decile IS NULL",
        [directory],
    ).fetchone() or (0,)
    assert (row["postcodes"], row["postcodes_without"]) == (2_599_885, without)
    assert row["clients_without"] == sum(place and not decile for _, place, decile in drawn)


def test_counties_have_gaps_where_unitary_authorities_are(found: dict[str, Any]) -> None:
    """England's 21 counties: about 30 % of postcodes, with Stoke, Derby and others missing."""
    (row,) = (r for r in found["coverage"] if r["what"] == "counties")
    assert row["postcodes_without"] == pytest.approx(0.7 * row["postcodes"], rel=0.02)
    peopled = {r["areas"] for r in found["faults"] if r["postcodes"] > 1_000}
    assert {"Staffordshire", "Nottinghamshire", "Leicestershire"} <= peopled
    assert not [r for r in found["faults"] if r["fault"] == "overlap"]
    near = [r["near"] for r in found["borders"]]
    assert len(near) == 1
    assert 0 < near[0] < 0.02 * ROWS
