"""The names of fields in JSON and CSV stay the same: scripts and spreadsheets rely on them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import shapely
from click.testing import Result

LEDGER = [
    *("list", "rows", "matched", "repaired", "terminated", "outside", "unknown", "pseudo"),
    *("nongeographic", "partial", "malformed", "blank", "duplicate"),
]
PROFILE = [
    *("list", "level", "segment", "name", "clients", "share", "base", "base_count", "base_share"),
    *("index", "index_low", "index_high", "penetration", "p", "q", "flag", "total"),
    *("penetration_low", "penetration_high", "residual"),
]
COPRESENCE = ["set", "lists", "rule", "observed", "expected", "p"]
PAIRS = [
    *("a", "b", "relation", "weight", "total", "misplaced", "misplaced_share"),
    *("nested_units", "units", "verdict"),
]
MISMATCHES = [
    *("a", "b", "unit_a", "unit_b", "kind", "hectares", "width_m", "postcodes", "CYP", "ACS"),
]
OVERVIEW = [
    *("a", "b", "relation", "holds", "found", "found_0", "found_5"),
    *("weight", "share", "weight_back", "share_back"),
]
UNITS = [
    *("a", "b", "unit", "name", "weight", "partner", "total", "inside", "share", "rest"),
    "elsewhere",
]
WHOLE_UNITS = ["geography", "unit", "name", "systems", "whole_in", "whole", "divided_by"]
# What `hubs` tells on request: the word after --show, the table, its fields.
ON_REQUEST = [
    ("measures", "measures", ["a", "b", "weight", "measure", "metres", "value", "meaning"]),
    (
        *("widths", "widths"),
        ["a", "b", "width_m", "why", "slivers", "real", "hectares", "CYP", "ACS", "reason"],
    ),
    ("within", "within", ["geography", "fault", "areas", "pieces", "hectares", "width_m", "CYP"]),
    ("moves", "moves", ["a", "b", "unit_a", "unit_b", "change", "postcodes", "CYP", "ACS"]),
    (
        *("moves", "totals"),
        ["a", "b", "unit_a", "unit_b", "weight", "before", "after", "change", "ratio", "kept"],
    ),
]
POLICY = ["name", "hidden", "reason"]


@pytest.mark.parametrize(
    ("command", "table", "fields"),
    [
        ("profile", "ledger", LEDGER),
        ("profile", "profile", PROFILE),
        ("profile", "copresence", COPRESENCE),
        ("hubs", "ledger", LEDGER),
        ("hubs", "pairs", PAIRS),
        ("hubs", "mismatches", MISMATCHES),
        ("hubs", "overview", OVERVIEW),
        ("hubs", "units", UNITS),
        ("hubs", "whole_units", WHOLE_UNITS),
    ],
)
def test_every_record_has_the_fields_that_scripts_rely_on(
    tiny: Any,  # noqa: ANN401 - a fixture's class lives in conftest
    run: Callable[..., Result],
    command: str,
    table: str,
    fields: list[str],
) -> None:
    found = json.loads(run(command, "--json", folder=tiny.folder).stdout)
    assert found[table]
    for record in found[table]:
        assert set(fields) <= record.keys()
    assert set(POLICY) <= found["policy"].keys()


@pytest.mark.parametrize(("show", "table", "fields"), ON_REQUEST)
def test_tables_on_request_have_the_fields_that_scripts_rely_on(
    tiny: Any,  # noqa: ANN401
    run: Callable[..., Result],
    show: str,
    table: str,
    fields: list[str],
) -> None:
    west, south, north = 600_000, 250_000, 251_000
    overlapping = {
        "T1": shapely.box(west, south, west + 1120, north),
        "T2": shapely.box(west + 1100, south, west + 2000, north),
    }
    tiny.areas("teams.geojson", overlapping)
    found = json.loads(run("hubs", "--show", show, "--json", folder=tiny.folder).stdout)
    assert found[table]
    for record in found[table]:
        assert set(fields) <= record.keys()


def test_sites_and_swaps_have_the_fields_that_scripts_rely_on(
    tiny: Any,  # noqa: ANN401
    run: Callable[..., Result],
) -> None:
    tiny.write("hubs.csv", "name,easting,northing\nWest,600500,250500\n")
    options = [
        *("--sites", "hubs=hubs.csv", "--areas", "blocks=teams.geojson", "--swap", "blocks"),
        *("--relation", "hubs,teams,inside", "--relation", "localities,teams,same"),
    ]
    found = json.loads(run("hubs", *options, "--json", folder=tiny.folder).stdout)
    fields = {
        "sites": {"sites", "geography", "site", "name", "area", "lies_in", "inside", "outside_m"},
        "hinterlands": {
            *("sites", "geography", "site", "name", "area", "weight", "total", "mean_m", "far_m"),
            *("within_m", "within", "within_share", "nearer", "nearer_share", "nearer_to"),
        },
        "swap_plans": {
            *("a", "b", "relation", "blocks", "all_blocks", "swapped", "gap", "outcome"),
            *("off_before", "off_after", "CYP", "ACS"),
        },
    }
    for table, wanted in fields.items():
        assert found[table]
        assert all(wanted <= record.keys() for record in found[table])


@pytest.mark.parametrize(
    ("command", "file", "fields"),
    [
        ("profile", "profile.csv", PROFILE),
        ("profile", "profile-ledger.csv", LEDGER),
        ("profile", "profile-copresence.csv", COPRESENCE),
        ("hubs", "hubs-pairs.csv", PAIRS),
        ("hubs", "hubs-mismatches.csv", MISMATCHES),
        ("hubs", "hubs-ledger.csv", LEDGER),
    ],
)
def test_csv_files_have_the_same_fields_and_the_policy(
    tiny: Any,  # noqa: ANN401
    run: Callable[..., Result],
    command: str,
    file: str,
    fields: list[str],
) -> None:
    run(command, "--format", "csv", "--out", "results", folder=tiny.folder)
    text = tiny.path("results").joinpath(file).read_text(encoding="utf-8")
    (header, *rows) = csv.reader(io.StringIO(text))
    assert set(fields) <= set(header)
    assert header[-1] == "policy"
    assert {row[-1] for row in rows} == {"public"}


def test_the_values_of_fields_are_of_their_kind(tiny: Any, run: Callable[..., Result]) -> None:  # noqa: ANN401
    tiny.clients("acs.csv", ["a1,IP1 1AA", "a2,IP1 1AE", "a3,n/k"])
    found = json.loads(run("profile", "--json", folder=tiny.folder).stdout)
    for row in found["profile"]:
        assert row["list"] in {"CYP", "ACS"}
        assert row["level"] in {"category", "group", "type", "set", "all"}
        assert row["share"] == "c" or row["share"] is None or 0 <= row["share"] <= 1
        assert row["base_share"] is None or 0 <= row["base_share"] <= 1
        for name in ("index", "index_low", "index_high"):
            assert row[name] == "c" or row[name] is None or row[name] >= 0
    acs = [row for row in found["profile"] if row["list"] == "ACS"]
    held = {row["share"] for row in acs if row["segment"] not in {"(none)", "(unplaced)"}}
    assert held == {"c"}, "two clients: no share can be shown"


def test_verdicts_and_kinds_are_from_a_closed_list(tiny: Any, run: Callable[..., Result]) -> None:  # noqa: ANN401
    found = json.loads(run("hubs", "--json", folder=tiny.folder).stdout)
    assert {row["verdict"] for row in found["pairs"]} <= {
        "coterminous",
        "localities nests in teams",
        "teams nests in localities",
        "neither",
    }
    assert {row["kind"] for row in found["mismatches"]} <= {"real", "sliver", "sliver with clients"}
    weights = [row["weight"] for row in found["pairs"]]
    assert {"area", "postcodes", "households", "residents", "CYP", "ACS"} == set(weights)


def test_every_pair_is_reported_both_ways(tiny: Any, run: Callable[..., Result]) -> None:  # noqa: ANN401
    found = json.loads(run("hubs", "--json", folder=tiny.folder).stdout)
    forth = {(row["a"], row["b"], row["weight"]) for row in found["pairs"]}
    assert forth == {(b, a, weight) for a, b, weight in forth}


def test_no_count_of_a_published_run_is_other_than_zero_c_or_a_multiple_of_5(
    tiny: Any,  # noqa: ANN401
    run: Callable[..., Result],
) -> None:
    tiny.clients("cyp.csv", [f"c{i},IP1 1A{'ABDEFG'[i % 6]}" for i in range(41)])
    counts = list(published_counts(run("profile", "--json", folder=tiny.folder)))
    counts += published_counts(run("hubs", "--json", folder=tiny.folder))
    assert len(counts) > 50
    for count in counts:
        assert count == "c" or (count % 5 == 0 and count != 5), count


def test_no_count_on_request_is_other_than_zero_c_or_a_multiple_of_5(
    tiny: Any,  # noqa: ANN401
    run: Callable[..., Result],
) -> None:
    from geodemand.api.hubs_deeper import DEEPER

    tiny.clients("cyp.csv", [f"c{i},IP{1 + i % 2} {1 + i % 2}{'AB'[i % 2]}A" for i in range(41)])
    tiny.write("hubs.csv", "name,easting,northing\nWest,600500,250500\nEast,601500,250500\n")
    told = [name for name in DEEPER if name != "changes"]  # needs geographies with dates
    shown = [word for name in told for word in ("--show", name)]
    options = ["--sites", "hubs=hubs.csv", "--swap", "teams", "--relation", "localities,teams,same"]
    result = run(
        *("hubs", "--json", *shown, *options, "--relation", "hubs,teams,inside"), folder=tiny.folder
    )
    assert result.exit_code == 0, result.stderr
    counts = list(counts_on_request(json.loads(result.stdout)))
    assert len(counts) > 40
    for count in counts:
        assert count in {"c", None} or (count % 5 == 0 and count != 5), count


def counts_on_request(found: dict[str, Any]) -> Iterator[Any]:
    """Yield every count of people in the tables that `hubs` gives on request."""
    for table in ("widths", "within", "moves", "swaps", "swap_plans"):
        for row in found[table]:
            yield from (row[name] for name in ("CYP", "ACS"))
    fields = {
        "units": ("total", "inside", "rest"),
        "totals": ("before", "after", "kept"),
        "hinterlands": ("total", "within", "nearer"),
    }
    for table, names in fields.items():
        for row in found[table]:
            if row["weight"] in {"CYP", "ACS"}:
                yield from (row[name] for name in names)


def published_counts(result: Result) -> Iterator[Any]:
    """Yield every count of people in a run's JSON."""
    found = json.loads(result.stdout)
    for row in found["ledger"]:
        yield from (row[name] for name in LEDGER[1:])
    for row in found.get("profile", []):
        yield row["clients"]
    for row in found.get("copresence", []):
        yield row["observed"]
    for row in found.get("pairs", []):
        if row["weight"] in {"CYP", "ACS"}:
            yield from (row["total"], row["misplaced"])
    for row in found.get("mismatches", []):
        yield from (row["CYP"], row["ACS"])
