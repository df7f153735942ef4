"""Rows that are in a file and not on its list: said, counted and protected."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]
Tiny = Any  # the fixture's class lives in conftest
EXACT = ("--policy", "internal", "--reason", "a test", "--json")


@pytest.fixture
def filtered(tiny: Tiny) -> Tiny:
    """Return the tiny project with a list of 20 rows: 9 are too old, 2 have no age."""
    ages = ["17"] * 9 + ["30"] * 9 + ["", "young"]
    rows = [f"c{i},IP1 1AA,{age}" for i, age in enumerate(ages)]
    tiny.clients("cyp.csv", rows, "id,postcode,age")
    tiny.project(('file = "cyp.csv"', 'file = "cyp.csv"\nages = [16, 18]'))
    return tiny


@pytest.mark.parametrize("command", ["check", "profile", "hubs"])
def test_why_rows_are_not_on_a_list_is_counted(filtered: Tiny, run: Run, command: str) -> None:
    found = json.loads(run(command, *EXACT, folder=filtered.folder).stdout)
    assert found["left_out"] == [
        {"list": "CYP", "why": "an age outside 16 to 18", "rows": 9},
        {"list": "CYP", "why": "an age that is no number", "rows": 2},
    ]
    assert {row["list"]: row["rows"] for row in found["ledger"]} == {"CYP": 9, "ACS": 40}


def test_few_rows_are_withheld_and_others_rounded(filtered: Tiny, run: Run) -> None:
    found = json.loads(run("check", "--json", folder=filtered.folder).stdout)
    assert [row["rows"] for row in found["left_out"]] == [10, "c"]


def test_check_shows_them_as_a_table(filtered: Tiny, run: Run) -> None:
    lines = run("check", folder=filtered.folder).stdout.splitlines()
    at = lines.index("In the files and not on the lists, so not in the ledger")
    assert [" ".join(line.split()) for line in lines[at + 1 : at + 4]] == [
        "list why rows",
        "CYP an age outside 16 to 18 10",
        "CYP an age that is no number c",
    ]


@pytest.mark.parametrize("command", ["profile", "hubs"])
def test_others_say_them_in_a_line_below_the_ledger(filtered: Tiny, run: Run, command: str) -> None:
    said = " ".join(run(command, folder=filtered.folder).stdout.split())
    assert (
        "In the files and not on the lists: CYP 10 (an age outside 16 to 18); CYP c (an age that "
        "is no number)." in said
    )


def test_csv_has_them(filtered: Tiny, run: Run) -> None:
    run("check", "--format", "csv", "--out", "results", folder=filtered.folder)
    text = filtered.path("results/check-left_out.csv").read_text(encoding="utf-8")
    assert list(csv.reader(io.StringIO(text))) == [
        ["list", "why", "rows", "policy"],
        ["CYP", "an age outside 16 to 18", "10", "public"],
        ["CYP", "an age that is no number", "c", "public"],
    ]


def test_nothing_is_said_where_every_row_counts(tiny: Tiny, run: Run) -> None:
    assert json.loads(run("check", *EXACT, folder=tiny.folder).stdout)["left_out"] == []
    assert "not on the lists" not in run("profile", folder=tiny.folder).stdout
