"""What a share is of: columns of the directory, lists of people, several bases side by side."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from typing import Any

import pytest
import scipy.stats
from click.testing import Result

Run = Callable[..., Result]
Tiny = Any  # the fixture's class lives in conftest
EXACT = ["--policy", "internal", "--reason", "a test"]
# 16 to 18 year olds: 30 in Hard Pressed postcodes of 100 in all.
YOUNG = {"IP1 1AA": 30, "IP1 1AE": 40, "IP2 2BE": 30}


def found(result: Result, **wanted: str) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout)["profile"]
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


@pytest.fixture
def young(tiny: Tiny) -> Tiny:
    rows = [f"y{i}{p},{p}" for p, count in YOUNG.items() for i in range(count)]
    tiny.clients("young.csv", rows)
    tiny.project(("[clients.ACS]", '[clients.young]\nfile = "young.csv"\n\n[clients.ACS]'))
    return tiny


def test_the_rows_are_repeated_for_each_base(tiny: Tiny, run: Run) -> None:
    bases = ["--base", "postcodes", "--base", "residents"]
    result = run("profile", *bases, *EXACT, "--json", folder=tiny.folder)
    sets = found(result, level="set", list="CYP")
    assert [(row["base"], row["base_count"]) for row in sets] == [
        ("postcodes", 4),
        ("residents", 200),
    ]
    assert len({row["clients"] for row in sets}) == 1


def test_several_bases_stand_side_by_side(tiny: Tiny, run: Run) -> None:
    bases = ["--base", "postcodes", "--base", "residents"]
    shown = run("profile", *bases, *EXACT, folder=tiny.folder).stdout
    assert "index by postcodes  index by residents" in shown
    assert "of residents 33.3 %, index 150" in " ".join(shown.split())


def test_a_project_may_name_several_bases(tiny: Tiny, run: Run) -> None:
    path = tiny.path("geodemand.toml")
    path.write_text(path.read_text() + '\n[profile]\nbase = ["residents", "households"]\n')
    result = run("profile", "--json", folder=tiny.folder)
    assert {row["base"] for row in found(result)} == {"residents", "households"}


def with_column(tiny: Tiny, name: str, values: list[str]) -> None:
    with tiny.path("postcodes.csv").open(newline="") as lines:
        rows = list(csv.reader(lines))
    added = [[*row, value] for row, value in zip(rows, [name, *values], strict=True)]
    tiny.write("postcodes.csv", "\n".join(",".join(row) for row in added) + "\n")


def test_any_column_of_counts_can_be_the_base(tiny: Tiny, run: Run) -> None:
    with_column(tiny, "children", ["10", "", "5", *["1"] * 11])
    result = run("profile", "--base", "children", *EXACT, "--json", folder=tiny.folder)
    (chosen,) = found(result, list="CYP", level="set")
    # 10 + 0 + 5 + 1 in types 44 and 46; 24 in all live postcodes with a segment.
    assert (chosen["base_count"], chosen["base_share"]) == (16, 0.666667)
    assert chosen["penetration"] == round(30 / 16, 4)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["many"] * 14, "'children' is no column of counts: it holds 'many'"),
        (["-1"] * 14, "it holds '-1'"),
    ],
)
def test_a_base_that_counts_nothing_is_refused(
    tiny: Tiny, run: Run, values: list[str], said: str
) -> None:
    with_column(tiny, "children", values)
    result = run("profile", "--base", "children", folder=tiny.folder)
    assert result.exit_code == 11
    assert said in result.stderr
    assert result.stdout == ""


def test_a_base_that_is_nowhere_is_named_with_those_that_are(tiny: Tiny, run: Run) -> None:
    result = run("profile", "--base", "children", folder=tiny.folder)
    assert result.exit_code == 2
    assert "It has: postcodes, households, residents." in result.stderr
    result = run("profile", "--base", "list:pop", folder=tiny.folder)
    assert result.exit_code == 2
    assert "Lists: CYP, ACS." in result.stderr


def test_over_a_base_of_zero_there_is_no_figure(tiny: Tiny, run: Run) -> None:
    with_column(tiny, "children", ["0"] * 14)
    result = run("profile", "--base", "children", "--json", folder=tiny.folder)
    for row in found(result):
        if row["level"] != "all":
            assert row["base_share"] is row["index"] is row["index_high"] is row["p"] is None
        assert row["penetration"] is None
    assert run("profile", "--base", "children", folder=tiny.folder).exit_code == 0


def test_people_of_a_list_can_be_the_base(young: Tiny, run: Run) -> None:
    result = run("profile", "--base", "list:young", *EXACT, "--json", folder=young.folder)
    assert {row["list"] for row in found(result)} == {"CYP", "ACS"}, (
        "the base is no list of its own"
    )
    (chosen,) = found(result, list="CYP", level="set")
    assert (chosen["base_count"], chosen["base_share"]) == (30, 0.3)
    assert chosen["index"] == round(100 * 0.5 / 0.3, 2)
    # 60 of the 100 are on the list, 30 of them where 30 of the 100 live.
    assert chosen["p"] == pytest.approx(scipy.stats.hypergeom.sf(29, 100, 30, 60), abs=1e-6)


def test_a_base_of_people_is_protected(young: Tiny, run: Run) -> None:
    young.clients("young.csv", ["y1,IP1 1AA", *[f"y{i},IP1 1AE" for i in range(2, 40)]])
    result = run("profile", "--base", "list:young", "--json", folder=young.folder)
    (chosen,) = found(result, list="CYP", level="set")
    hidden = ("base_count", "base_share", "index", "index_low", "index_high", "penetration", "p")
    assert {chosen[name] for name in hidden} == {"c"}
    assert chosen["clients"] == 30


def test_the_whole_of_a_list_adds_up_to_the_ledger(tiny: Tiny, run: Run) -> None:
    rows = [f"c{i},IP1 1A{letter}" for i, letter in enumerate("ABDEFG" * 5)]
    tiny.clients("cyp.csv", [*rows, "x1,IP1 8XX", "x2,n/k", "x3,", "c0,IP1 1AA"])
    segments = tiny.path("segments.csv")
    segments.write_text(segments.read_text().replace("IP1 1AD,46\n", ""))
    result = run("profile", *EXACT, "--json", folder=tiny.folder)
    whole = {row["segment"]: row["clients"] for row in found(result, list="CYP", level="all")}
    assert whole == {"(all)": 25, "(none)": 5, "(unplaced)": 3}
    (ledger, *_) = json.loads(result.stdout)["ledger"]
    assert sum(whole.values()) + ledger["duplicate"] == ledger["rows"]
    said = " ".join(json.loads(result.stdout)["sentences"])
    assert "CYP 25 clients, 76 % of the list" in said


def test_a_rate_has_the_limits_of_its_count(tiny: Tiny, run: Run) -> None:
    result = run("profile", *EXACT, "--base", "residents", "--json", folder=tiny.folder)
    (chosen,) = found(result, list="CYP", level="set")
    # 30 clients of 200 residents; Byar's limits of 30 are 20.24 and 42.83.
    figures = [chosen[f"penetration{end}"] for end in ("_low", "", "_high")]
    assert figures == [0.1012, 0.15, 0.2141]


def test_a_set_has_no_index_on_the_list_it_was_chosen_on(tiny: Tiny, run: Run) -> None:
    chosen = '"Hard Pressed" = { codes = "category:5", chosen_on = "CYP" }'
    tiny.project(('"Hard Pressed" = "category:5"', chosen))
    result = run("profile", *EXACT, "--json", folder=tiny.folder)
    (own,) = found(result, list="CYP", level="set")
    (other,) = found(result, list="ACS", level="set")
    assert own["share"] == 0.5
    assert own["flag"].startswith("chosen on this list")
    for name in ("index", "index_low", "index_high", "p", "q", "residual"):
        assert own[name] is None
        assert other[name] is not None
    shown = " ".join(run("profile", *EXACT, folder=tiny.folder).stdout.split())
    assert "30 of 60 (chosen on this list: no index)" in shown


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('{ code = "44" }', "unknown option 'sets.Hard Pressed.code'. Did you mean 'codes'?"),
        ('{ chosen_on = "CYP" }', "[sets.Hard Pressed] lacks the option 'codes'"),
        ('{ codes = "44", chosen_on = 3 }', "option 'sets.Hard Pressed.chosen_on': 3 should be"),
        ("44", "option 'sets.Hard Pressed': 44 should be text in quotes"),
    ],
)
def test_a_set_that_is_written_wrongly_is_named(
    tiny: Tiny, run: Run, written: str, said: str
) -> None:
    tiny.project(('"Hard Pressed" = "category:5"', f'"Hard Pressed" = {written}'))
    result = run("profile", folder=tiny.folder)
    assert result.exit_code == 11
    assert said in result.stderr
    assert result.stdout == ""


def test_without_a_named_set_the_segment_that_stands_out_most_is_quoted(
    tiny: Tiny, run: Run
) -> None:
    tiny.project(('[sets]\n"Hard Pressed" = "category:5"\n', ""))
    shown = " ".join(run("profile", *EXACT, folder=tiny.folder).stdout.split())
    assert (
        "Hard Pressed: 33.3 % of postcodes hold 50 % of children and young people (CYP), 30 of 60 "
        "(index 150, 95 % interval 113 to 187). The highest of 5 by category." in shown
    )
    assert "Comfortably Off: 25.0 % of postcodes hold 50 % of ACS clients" in shown
