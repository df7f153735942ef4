"""The names of fields in JSON and CSV stay the same: scripts and spreadsheets rely on them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
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
