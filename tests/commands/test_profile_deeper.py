"""geodemand profile asked for more: derived sets, places, comparisons, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import Result

from geodemand import project as projects
from geodemand.report import schema, words

Run = Callable[..., Result]
Tiny = Any  # the fixture's class lives in conftest
COUNTY = Path(__file__).parents[2] / "geodemand.toml"
EXACT = ["--policy", "internal", "--reason", "a test"]
DERIVE = ["--derive", "top", "--from", "CYP"]
FULL = ["--full", "--by", "localities", "--compare", "CYP,ACS", *DERIVE]
DEEPER = [
    *("by_place", "whole", "concentration", "points", "quadrants", "combinations"),
    *("derived", "derived_about", "derived_scores", "given", "differences"),
]


def concentrated(tiny: Tiny) -> None:
    """Let 40 of 60 clients live in one postcode of type 44: the type stands."""
    rows = [f"c{i},IP1 1A{'A' if i < 40 else 'E'}" for i in range(60)]
    tiny.clients("cyp.csv", rows)


def found(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


# --- the county ---


@pytest.fixture
def county(run: Run) -> dict[str, Any]:
    options = ["--derive", "top", "--from", "families", "--json"]
    return found(run("profile", "--project", COUNTY, *EXACT, *options))


def test_the_types_of_the_families_are_found_by_the_test(county: dict[str, Any]) -> None:
    chosen = [row["segment"] for row in county["derived"] if row["chosen"] == "yes"]
    assert chosen == ["5", "N", "O", "46", "48", "49", "51"]
    (about,) = county["derived_about"]
    assert (about["chosen"], about["clients"], about["total"]) == (4, 21, 50)
    assert about["selection_p"] < 0.01
    assert about["power_clients"] == 5
    assert {row["list"] for row in county["derived_scores"]} == {"CYP", "ACS", "NEET"}


def test_what_the_county_named_by_hand_is_tested_member_by_member(county: dict[str, Any]) -> None:
    given = {(row["list"], row["segment"]): row for row in county["given"] if row["set"] == "HDF"}
    stand = {code: given["families", code]["verdict"] for code in ("44", "46", "48", "49", "51")}
    assert stand == {
        **dict.fromkeys(("46", "48", "49", "51"), "over-represented"),
        "44": "not shown",
    }
    rest = given["families", "(rest of Hard Pressed)"]
    limits = [round(rest[name]) for name in ("index", "index_low", "index_high")]
    assert (rest["clients"], rest["verdict"], limits) == (2, "not shown", [77, 21, 259])
    rest = given["ACS", "(rest of Hard Pressed)"]
    assert (round(rest["index"]), rest["verdict"]) == (308, "over-represented")
    said = " ".join(county["sentences"])
    assert "families: 46, 48, 49 and 51 over-represented, 44 not shown to be" in said
    assert "families index 77 (21 to 259), not shown to be over-represented" in said


def test_the_102_postcodes_are_set_against_what_chance_gives(run: Run) -> None:
    result = run("profile", "--project", COUNTY, *EXACT, "--combinations", "--json")
    rows = {(row["set"], row["lists"], row["rule"]): row for row in found(result)["combinations"]}
    row = rows["Hard Pressed", "CYP + ACS + NEET", "all"]
    assert row["observed"] == 102
    assert row["expected"] < row["expected_stratified"] < row["observed"], (
        "many lists meet where many people live"
    )
    assert len(rows) == 4 * 2 * 5


@pytest.mark.parametrize("policy", [[], EXACT], ids=["public", "internal"])
def test_all_that_is_printed_fits_100_columns(run: Run, policy: list[str]) -> None:
    asked = ["--full", "--by", "localities", "--compare", "CYP,ACS", "--base", "postcodes"]
    asked += ["--base", "residents", "--derive", "top", "--from", "families"]
    result = run("profile", "--project", COUNTY, *policy, *asked)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert len(lines) > 100
    assert max(map(len, lines)) <= 100


# --- every table ---


def test_every_deeper_table_comes_as_json_and_as_csv(tiny: Tiny, run: Run) -> None:
    concentrated(tiny)
    result = run("profile", *EXACT, *FULL, "--json", folder=tiny.folder)
    tables = found(result)
    assert [name for name in tables if name in DEEPER] == DEEPER
    assert all(tables[name] for name in DEEPER)
    run("profile", *EXACT, *FULL, "--format", "csv", "--out", "results", folder=tiny.folder)
    for name in DEEPER:
        text = tiny.path("results").joinpath(f"profile-{name}.csv").read_text(encoding="utf-8")
        header, *rows = csv.reader(io.StringIO(text))
        assert header == [*tables[name][0], "policy"]
        assert len(rows) == len(tables[name])


@pytest.mark.parametrize("policy", [[], EXACT], ids=["public", "internal"])
def test_the_deeper_json_keeps_to_the_published_schema(
    tiny: Tiny, run: Run, policy: list[str]
) -> None:
    concentrated(tiny)
    listed = ["--list-postcodes"] if policy else []
    tables = found(run("profile", *policy, *FULL, *listed, "--json", folder=tiny.folder))
    published = json.loads(schema.FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(published).validate(tables)
    for name in DEEPER:
        described = {*words.known_columns(), *words.of_table(name).fields}
        assert {column for row in tables[name] for column in row} <= described
        assert words.of_table(name).fields == tuple(tables[name][0]), "fields in their order"


def test_every_format_takes_the_deeper_tables(tiny: Tiny, run: Run) -> None:
    concentrated(tiny)
    wanted = [part for name in ("tidy", "xlsx", "svg") for part in ("--format", name)]
    result = run("profile", *EXACT, *FULL, *wanted, "--out", "results", folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    names = {path.name for path in tiny.path("results").iterdir()}
    assert {"profile-tidy.csv", "profile.xlsx"} <= names
    drawn = " ".join(sorted(names))
    for chart in ("index", "concentration", "funnel", "meet"):
        assert f"{chart}-" in drawn


def test_without_a_word_more_the_answer_stays_short(tiny: Tiny, run: Run) -> None:
    tables = found(run("profile", "--json", folder=tiny.folder))
    assert set(tables) & set(DEEPER) == set()


def test_the_order_of_rows_decides_nothing(tiny: Tiny, run: Run) -> None:
    once = run("profile", *EXACT, *FULL, "--json", folder=tiny.folder).stdout
    for name in ("cyp.csv", "postcodes.csv", "segments.csv"):
        header, *rows = tiny.path(name).read_text().splitlines()
        tiny.write(name, "\n".join([header, *rows[::-1]]) + "\n")
    assert run("profile", *EXACT, *FULL, "--json", folder=tiny.folder).stdout == once


def test_the_first_per_cents_of_the_base_can_be_named(tiny: Tiny, run: Run) -> None:
    tables = found(run("profile", *EXACT, "--at", "25, 50 %,25", "--json", folder=tiny.folder))
    assert {row["at_share"] for row in tables["points"]} == {0.25, 0.5}
    # Type 44 and 46: 4 of 12 postcodes with 30 of 60 clients; 3 of 12 the next with 20.
    own = [r for r in tables["points"] if (r["list"], r["unit"]) == ("CYP", "postcodes")]
    assert [row["client_share"] for row in own] == [0.833333, 1]
    assert "The 25 % and 50 % of postcodes with the highest rates" in " ".join(tables["sentences"])


def test_places_are_set_against_the_county(tiny: Tiny, run: Run) -> None:
    tables = found(run("profile", *EXACT, "--by", "localities", "--json", folder=tiny.folder))
    own = [row for row in tables["by_place"] if (row["list"], row["set"]) == ("CYP", None)]
    assert [(row["area"], row["clients"], row["base_count"]) for row in own] == [
        ("L1", 30, 6),
        ("L2", 30, 6),
    ]
    assert {row["funnel"] for row in own} == {"within"}
    within = [
        row for row in tables["by_place"] if (row["list"], row["set"]) == ("CYP", "Hard Pressed")
    ]
    assert [(row["clients"], row["base_count"]) for row in within] == [(20, 3), (10, 1)]


def test_places_can_be_set_against_the_county_type_by_type(tiny: Tiny, run: Run) -> None:
    asked = ["--by", "localities", "--within", "type", "--json"]
    rows = found(run("profile", *EXACT, *asked, folder=tiny.folder))["by_place"]
    own = {
        (row["set"], row["area"]): (row["clients"], row["total"], row["base_count"])
        for row in rows
        if row["list"] == "CYP"
    }
    assert own["type 44", "L1"] == (20, 20, 2)
    assert own["type 44", "L2"] == (0, 20, 0)
    assert own["type 46", "L2"] == (10, 10, 1)
    for area in ("L1", "L2"):
        parts = [count for (scope, at), (count, *_) in own.items() if at == area and scope]
        assert sum(parts) - own["Hard Pressed", area][0] == own[None, area][0]


# --- comparisons ---


def dated(tiny: Tiny) -> None:
    rows = [f"c{i},IP1 1AA,2012-0{1 + i % 9}-01" for i in range(40)]
    rows += [f"d{i},IP1 1AE,2012-1{i % 3}-01" for i in range(20)]
    tiny.clients("cyp.csv", rows, header="id,postcode,date")


def test_a_list_is_compared_with_itself_before_and_after_a_day(tiny: Tiny, run: Run) -> None:
    dated(tiny)
    asked = ["--compare", "CYP", "--split", "2012-06-01"]
    tables = found(run("profile", *EXACT, *asked, "--json", folder=tiny.folder))
    assert {row["list"] for row in tables["profile"]} == {"CYP", "ACS"}
    assert [row["list"] for row in tables["ledger"]] == [
        *("CYP", "ACS", "CYP before 2012-06-01", "CYP from 2012-06-01"),
    ]
    (row,) = (row for row in tables["differences"] if row["level"] == "set")
    assert (row["a"], row["b"]) == ("CYP before 2012-06-01", "CYP from 2012-06-01")
    # Hard Pressed: 24 of 24 in months 1 to 5, 16 of 36 from month 6 on.
    assert (row["share_a"], row["share_b"]) == (1, round(16 / 36, 6))
    assert 0 < row["low"] < row["difference"] < row["high"] <= 1
    before = next(r for r in tables["copresence"] if r["set"] == "(everywhere)")
    assert before["lists"] == "CYP + ACS"


def earlier(tiny: Tiny, scheme: str = "acorn-2009") -> Path:
    tiny.clients("cyp-2012.csv", ["e1,IP1 1AA", *[f"e{i},IP1 1AE" for i in range(2, 40)]])
    text = tiny.path("geodemand.toml").read_text()
    text = text.replace('file = "cyp.csv"', 'file = "cyp-2012.csv"').replace("acorn-2009", scheme)
    path: Path = tiny.write("earlier.toml", text)
    return path


def test_a_list_is_compared_with_an_earlier_project(tiny: Tiny, run: Run) -> None:
    asked = ["--compare", "CYP", "--earlier", earlier(tiny)]
    tables = found(run("profile", *EXACT, *asked, "--json", folder=tiny.folder))
    (row,) = (row for row in tables["differences"] if row["level"] == "set")
    assert (row["a"], row["b"], row["share_a"]) == ("CYP", "CYP, earlier", 0.5)
    assert row["share_b"] == round(1 / 39, 6)
    assert {r["list"] for r in tables["profile"]} == {"CYP", "ACS"}


def test_two_editions_of_a_segmentation_are_not_compared(tiny: Tiny, run: Run) -> None:
    path = earlier(tiny, "acorn-2013")
    segments = tiny.write("segments-2013.csv", "postcode,type\nIP1 1AA,44\nIP1 1AE,1\n")
    text = path.read_text().replace("segments.csv", segments.name)
    path.write_text(text.replace('"Hard Pressed" = "category:5"', ""))
    result = run("profile", "--compare", "CYP", "--earlier", path, folder=tiny.folder)
    assert result.exit_code == 2
    assert "do not compare" in result.stderr
    assert "one edition" in result.stderr
    assert result.stdout == ""


# --- saving a derived set ---


def test_a_derived_set_is_saved_with_its_list_and_the_file_keeps_its_layout(
    tiny: Tiny, run: Run
) -> None:
    concentrated(tiny)
    path = tiny.path("geodemand.toml")
    before = "# Ours, by hand.\n" + path.read_text().replace(
        "[sets]\n", "[sets]\n# The county's own.\n"
    )
    path.write_text(before)
    result = run("profile", *EXACT, *DERIVE, "--save", folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    assert "Saved: the set top in geodemand.toml" in result.stderr
    lines = path.read_text().splitlines()
    (new,) = (line for line in lines if line.startswith("top"))
    assert [line for line in lines if line != new] == before.splitlines()
    assert new == 'top = {codes = "type:44", chosen_on = "CYP"}'
    assert projects.read(path).named_sets["top"].chosen_on == "CYP"
    rows = found(run("profile", *EXACT, "--json", folder=tiny.folder))["profile"]
    own = {row["list"]: row for row in rows if row["segment"] == "top"}
    assert own["CYP"]["index"] is None
    assert own["ACS"]["index"] is not None


def test_a_set_is_not_saved_over_another_unless_told(tiny: Tiny, run: Run) -> None:
    concentrated(tiny)
    asked = ["profile", *EXACT, "--derive", "Hard Pressed", "--from", "CYP", "--save"]
    before = tiny.path("geodemand.toml").read_text()
    result = run(*asked, folder=tiny.folder)
    assert result.exit_code == 2
    assert "has a set 'Hard Pressed' already" in result.stderr
    assert "--overwrite" in result.stderr
    assert tiny.path("geodemand.toml").read_text() == before
    assert run(*asked, "--overwrite", folder=tiny.folder).exit_code == 0
    assert projects.read(tiny.path("geodemand.toml")).named_sets["Hard Pressed"].chosen_on == "CYP"


def test_a_project_without_sets_gets_its_first(tiny: Tiny, run: Run) -> None:
    concentrated(tiny)
    tiny.project(('[sets]\n"Hard Pressed" = "category:5"\n\n', ""))
    path = tiny.path("geodemand.toml")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert run("profile", *EXACT, *DERIVE, "--save", folder=tiny.folder).exit_code == 0
    assert projects.read(path).named_sets["top"].chosen_on == "CYP"
    text = path.read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert b"[sets]" in text


def test_nothing_is_saved_where_no_segment_stands(tiny: Tiny, run: Run) -> None:
    tiny.clients("cyp.csv", ["c1,IP1 1AA", "c2,IP1 1AE"])
    before = tiny.path("geodemand.toml").read_text()
    result = run("profile", *EXACT, *DERIVE, "--save", folder=tiny.folder)
    assert result.exit_code == 0
    assert "Not saved" in result.stderr
    assert tiny.path("geodemand.toml").read_text() == before
    assert "none of the 56 segments by type stands" in " ".join(result.stdout.split())


# --- what is refused ---


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--derive", "top"], "--derive NAME --from LIST"),
        (["--from", "CYP"], "--derive NAME --from LIST"),
        (["--derive", "top", "--from", "CYPP"], "Did you mean 'CYP'?"),
        (["--save"], "saves a derived set"),
        (["--compare", "CYP"], "takes two lists"),
        (["--compare", "CYP,NEET"], "there is no list 'NEET'"),
        (["--compare", "CYP,ACS", "--split", "2012-06-01"], "--compare LIST --split DAY"),
        (["--compare", "CYP", "--split", "June"], "'June' is no day"),
        (["--split", "2012-06-01"], "--compare LIST --split DAY"),
        (["--within", "type"], "--by NAME --within LEVEL"),
        (["--at", "5,ten"], "are no numbers"),
        (["--at", "0"], "over 0 and under 100"),
        (["--by", "localitys"], "Did you mean 'localities'?"),
        (["--derive", "top", "--from", "CYP", "--base", "list:CYP"], "it is the base"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(
    tiny: Tiny, run: Run, asked: list[str], said: str
) -> None:
    result = run("profile", *EXACT, *asked, folder=tiny.folder)
    assert result.exit_code == 2, result.stdout
    assert said in result.stderr
    assert result.stdout == ""


def test_a_split_needs_a_date_on_both_sides(tiny: Tiny, run: Run) -> None:
    dated(tiny)
    asked = ["--compare", "CYP", "--split", "2019-06-01"]
    result = run("profile", *asked, folder=tiny.folder)
    assert result.exit_code == 11
    assert "CYP from 2019-06-01 has no row" in result.stderr


def test_a_list_in_no_segment_has_no_figure(tiny: Tiny, run: Run) -> None:
    tiny.clients("acs.csv", [f"a{i},IP1 1AB" for i in range(20)])
    path = tiny.path("segments.csv")
    path.write_text(path.read_text().replace("IP1 1AB,44\n", ""))
    asked = ["--full", "--by", "localities", "--compare", "CYP,ACS", "--derive", "x"]
    tables = found(run("profile", *EXACT, *asked, "--from", "ACS", "--json", folder=tiny.folder))
    for row in tables["profile"]:
        if row["list"] == "ACS" and row["level"] != "all":
            assert (row["clients"], row["total"], row["share"], row["index"]) == (0, 0, None, None)
            assert row["index_low"] is row["p"] is row["q"] is None
    whole = [row for row in tables["whole"] if row["list"] == "ACS" and row["level"] == "type"]
    assert {row["gini"] for row in whole} == {None}
    assert {row["chosen"] for row in tables["derived"]} == {"no"}
    assert {row["difference"] for row in tables["differences"]} == {None}
    assert run("profile", *EXACT, *asked, "--from", "ACS", folder=tiny.folder).exit_code == 0


def test_a_set_of_unknown_types_is_named(tiny: Tiny, run: Run) -> None:
    result = run("profile", "--full", "--set", "X=44,99", folder=tiny.folder)
    assert result.exit_code == 2
    assert "type 99 is not in" in result.stderr


# --- disclosure ---


def test_postcodes_with_clients_leave_only_under_a_policy_that_says_so(
    tiny: Tiny, run: Run
) -> None:
    tiny.clients("acs.csv", [f"a{i},IP1 1AA" for i in range(9)])
    listed = ["--list-postcodes", "--format", "json", "--out", "results"]
    result = run("profile", *listed, folder=tiny.folder)
    assert result.exit_code == 15
    assert "--policy internal" in result.stderr
    assert not tiny.path("results").exists()
    tables = found(run("profile", *EXACT, "--list-postcodes", "--json", folder=tiny.folder))
    assert tables["postcodes_met"] == [
        {"postcode": "IP1 1AA", "sets": "Hard Pressed", "CYP": 20, "ACS": 9}
    ]
    shown = run("profile", *EXACT, "--list-postcodes", folder=tiny.folder).stdout
    assert "1 postcodes are listed" in shown
    assert "IP1 1AA" not in shown


def test_counts_that_are_published_alike_give_the_same_bytes(tiny: Tiny, run: Run) -> None:
    """Whatever differs under the rounding must differ nowhere in what is published."""
    first = run("profile", *FULL, "--json", folder=tiny.folder).stdout
    moved = {"IP1 1AA": 21, "IP2 2BA": 9, "IP1 1AE": 10, "IP2 2BE": 20}
    tiny.clients("cyp.csv", [f"{p}{i},{p}" for p, n in moved.items() for i in range(n)])
    second = run("profile", *FULL, "--json", folder=tiny.folder).stdout
    assert json.loads(first)["derived"], "there is something to give away"
    assert first == second


def test_no_published_count_is_other_than_the_policy_allows(run: Run) -> None:
    asked = ["--full", "--by", "localities", "--derive", "top", "--from", "families"]
    tables = found(run("profile", "--project", COUNTY, *asked, "--compare", "CYP,ACS", "--json"))
    names = {"clients", "total", "observed"}
    counts = [
        row[name]
        for table in (*DEEPER, "profile", "copresence")
        for row in tables[table]
        for name in names & row.keys()
    ]
    assert len(counts) > 400
    assert all(count == "c" or (count % 5 == 0 and count != 5) for count in counts)
    assert "c" in counts
    for row in tables["derived"]:
        if row["clients"] == "c":
            assert {row[n] for n in ("expected", "index", "p", "q", "lower_5", "rank")} == {"c"}
            assert row["chosen"] == "withheld"
    for row in tables["by_place"]:
        if row["clients"] == "c":
            assert {row[n] for n in ("share", "rate", "rate_high", "index", "p", "q")} == {"c"}
            assert row["funnel"] == "withheld"
    assert {row["unit"] for row in tables["concentration"]} <= {"category", "group", "type"}
