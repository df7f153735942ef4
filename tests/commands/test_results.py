"""Commands as people run them: what comes out, where it goes, and what is never overwritten."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from geodemand import demo
from geodemand.cli import COMMANDS

Run = Callable[..., Result]
Tiny = Any  # the fixture's class lives in conftest
COUNTY = Path(__file__).parents[2] / "data"

ALONE = [
    *("--postcodes", "postcodes.csv", "--clients", "CYP=cyp.csv"),
    *("--segments", "segments.csv", "--scheme", "acorn-2009"),
]
PROFILE_FILES = ["profile-copresence.csv", "profile-ledger.csv", "profile.csv", "profile.json"]
HUBS_TABLES = ("land", "ledger", "mismatches", "overview", "pairs", "units", "whole_units")
HUBS_FILES = [*(f"hubs-{name}.csv" for name in HUBS_TABLES), "hubs.json"]


# --- help ---


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_says_what_a_command_does_with_an_example(run: Run, command: str, option: str) -> None:
    result = run(command, option)
    assert result.exit_code == 0
    assert f"Example: geodemand {command}" in " ".join(result.stdout.split())
    assert result.stderr == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_has_a_word_of_help(run: Run, command: str) -> None:
    from importlib import import_module

    for parameter in import_module(COMMANDS[command][0]).command.params:
        assert parameter.param_type_name == "argument" or parameter.help, parameter.name
    assert "--help" in run(command, "--help").stdout


def test_the_help_of_the_whole_lists_every_command_with_what_it_does(run: Run) -> None:
    shown = " ".join(run("--help").stdout.split())
    for command, (_, words) in COMMANDS.items():
        assert f"{command} {words}" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["profil"], "Did you mean 'profile'?"),
        (["hub"], "Did you mean 'hubs'?"),
        (["xyz"], "Commands: demo, init"),
        (["profile", "--client", "CYP=cyp.csv"], "--clients"),
        (["profile", "--format", "pdf"], "'csv'"),
        (["hubs", "--tolerance", "2"], "0<=x<=1"),
    ],
)
def test_what_does_not_exist_is_met_with_what_does(
    run: Run, arguments: list[str], said: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


# --- where inputs come from ---


def test_options_alone_need_no_project_file(tiny: Tiny, run: Run) -> None:
    by_file = json.loads(run("profile", "--json", folder=tiny.folder).stdout)
    tiny.path("geodemand.toml").unlink()
    result = run(
        *("profile", *ALONE, "--set", "Hard Pressed=category:5", "--json"), folder=tiny.folder
    )
    assert result.exit_code == 0, result.stderr
    alone = json.loads(result.stdout)
    own = [row for row in by_file["profile"] if row["list"] == "CYP"]
    assert alone["profile"] == own


def test_hubs_by_options_alone_needs_no_clients(tiny: Tiny, run: Run) -> None:
    tiny.path("geodemand.toml").unlink()
    areas = ["--areas", "localities=localities.geojson", "--areas", "teams=teams.geojson"]
    result = run("hubs", "--postcodes", "postcodes.csv", *areas, "--json", folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["ledger"] == []
    assert {row["weight"] for row in found["pairs"]} == {
        *("area", "postcodes", "households", "residents")
    }


def test_an_option_goes_before_the_project_file(tiny: Tiny, run: Run) -> None:
    tiny.clients("other.csv", ["o1,IP2 2BG"] * 3, header="ref,postcode")
    result = run("profile", "--clients", "CYP=other.csv", "--json", folder=tiny.folder)
    rows = {row["list"]: row["rows"] for row in json.loads(result.stdout)["ledger"]}
    assert rows == {"CYP": "c", "ACS": 40}


def test_a_set_by_option_joins_those_of_the_file(tiny: Tiny, run: Run) -> None:
    result = run("profile", "--set", "HDF=44,46,48,49,51", "--json", folder=tiny.folder)
    sets = {r["segment"] for r in json.loads(result.stdout)["profile"] if r["level"] == "set"}
    assert sets == {"Hard Pressed", "HDF"}


def test_a_project_file_elsewhere_is_named_and_its_paths_are_its_own(
    tiny: Tiny, run: Run, tmp_path: Path
) -> None:
    here = run("profile", "--json", folder=tiny.folder).stdout
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    named = run("profile", "--project", tiny.path("geodemand.toml"), "--json", folder=elsewhere)
    assert named.exit_code == 0
    assert named.stdout == here
    assert list(elsewhere.iterdir()) == []


def test_the_project_file_may_be_named_by_the_environment(
    tiny: Tiny, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # run() takes the variable away when the test begins; this sets it again.
    monkeypatch.setenv("GEODEMAND_PROJECT", str(tiny.path("geodemand.toml")))
    assert run("profile", "--json").exit_code == 0


def test_a_relation_by_option_goes_before_those_of_the_file(tiny: Tiny, run: Run) -> None:
    asked = ["--relation", "teams,localities,nests"]
    found = json.loads(run("hubs", *asked, "--json", folder=tiny.folder).stdout)
    assert {row["relation"] for row in found["pairs"]} == {"nests"}
    assert found["pairs"][0]["a"] == "teams"


def test_without_a_relation_every_pair_is_compared(tiny: Tiny, run: Run) -> None:
    tiny.project(('relations = ["localities,teams,same"]', ""))
    extra = ["--areas", "wards=localities.geojson"]
    found = json.loads(run("hubs", *extra, "--json", folder=tiny.folder).stdout)
    assert {(row["a"], row["b"]) for row in found["pairs"]} == {
        (a, b)
        for a in ("localities", "teams", "wards")
        for b in ("localities", "teams", "wards")
        if a != b
    }


@pytest.mark.parametrize(
    ("options", "kind"),
    [(["--width", "99"], "real"), (["--width", "101"], "sliver with clients")],
)
def test_the_width_of_slivers_can_be_said(
    tiny: Tiny, run: Run, options: list[str], kind: str
) -> None:
    found = json.loads(run("hubs", *options, "--json", folder=tiny.folder).stdout)
    assert [row["kind"] for row in found["mismatches"]] == [kind]


@pytest.mark.parametrize(
    ("tolerance", "verdict"), [("0", "neither"), ("0.04", "neither"), ("0.06", "coterminous")]
)
def test_the_tolerance_can_be_said(tiny: Tiny, run: Run, tolerance: str, verdict: str) -> None:
    found = json.loads(run("hubs", "--tolerance", tolerance, "--json", folder=tiny.folder).stdout)
    assert found["pairs"][0]["weight"] == "area"
    assert found["pairs"][0]["verdict"] == verdict


@pytest.mark.parametrize("level", ["category", "group", "type"])
def test_the_level_of_segments_can_be_said(tiny: Tiny, run: Run, level: str) -> None:
    found = json.loads(run("profile", "--level", level, "--json", folder=tiny.folder).stdout)
    assert {row["level"] for row in found["profile"]} == {level, "set", "all"}
    for name in ("CYP", "ACS"):
        rows = [row for row in found["profile"] if (row["list"], row["level"]) == (name, level)]
        assert sum(row["base_count"] for row in rows) == 12
        assert sum(row["clients"] for row in rows) == rows[0]["total"]


@pytest.mark.parametrize(
    ("base", "total"), [("postcodes", 12), ("households", 240), ("residents", 600)]
)
def test_a_share_can_be_of_another_base(tiny: Tiny, run: Run, base: str, total: int) -> None:
    found = json.loads(run("profile", "--base", base, "--json", folder=tiny.folder).stdout)
    rows = [r for r in found["profile"] if (r["list"], r["level"]) == ("CYP", "category")]
    assert {row["base"] for row in rows} == {base}
    assert sum(row["base_count"] for row in rows) == total


def test_lists_asked_to_meet_can_be_chosen(tiny: Tiny, run: Run) -> None:
    found = json.loads(run("profile", "--meet", "ACS", "--json", folder=tiny.folder).stdout)
    assert {row["lists"] for row in found["copresence"]} == {"ACS"}


# --- standard output ---


@pytest.mark.parametrize("command", ["profile", "hubs"])
@pytest.mark.parametrize(
    "options", [["--json"], ["--json", "-v"], ["-o", "-"], ["--json", "-o", "-"], ["-q", "--json"]]
)
def test_json_is_all_that_is_on_standard_output(
    tiny: Tiny, run: Run, command: str, options: list[str]
) -> None:
    result = run(command, *options, folder=tiny.folder)
    assert result.exit_code == 0
    found = json.loads(result.stdout, parse_constant=pytest.fail)
    assert found["policy"]["name"] == "public"
    assert not tiny.path("outputs").exists()


def test_csv_on_standard_output_can_be_read(tiny: Tiny, run: Run) -> None:
    result = run("profile", "-o", "-", "--format", "csv", folder=tiny.folder)
    rows = list(csv.reader(io.StringIO(result.stdout)))
    assert rows[0][:3] == ["list", "rows", "matched"] or rows[0][:3] == ["list", "level", "segment"]
    assert ["CYP", "60", "60"] in [row[:3] for row in rows]


@pytest.mark.parametrize("command", ["profile", "hubs"])
def test_people_read_a_sentence_first_and_the_policy_last(
    tiny: Tiny, run: Run, command: str
) -> None:
    result = run(command, folder=tiny.folder)
    assert result.exit_code == 0
    first = result.stdout.splitlines()[0].removeprefix("• ")
    assert first.startswith(("Hard Pressed: 33.3 % of postcodes", "localities and teams share"))
    assert "Policy public" in result.stdout
    assert "What became of every row" in result.stdout
    assert result.stderr == ""
    assert not tiny.path("outputs").exists(), "nothing is written unless asked for"


def test_tables_on_paper_are_at_most_100_wide(tiny: Tiny, run: Run) -> None:
    for command in ("profile", "hubs"):
        lines = run(command, folder=tiny.folder).stdout.splitlines()
        assert max(map(len, lines)) <= 100


def test_verbose_tells_the_steps_and_quiet_says_nothing(tiny: Tiny, run: Run) -> None:
    steps = run("profile", "-v", "--json", folder=tiny.folder).stderr
    assert "list CYP" in steps
    quiet = run("profile", "-q", "--format", "csv", folder=tiny.folder)
    assert quiet.stderr == ""


# --- files ---


@pytest.mark.parametrize(("command", "files"), [("profile", PROFILE_FILES), ("hubs", HUBS_FILES)])
def test_files_go_into_a_folder_that_need_not_exist(
    tiny: Tiny, run: Run, command: str, files: list[str]
) -> None:
    result = run(command, "--out", "a/b", folder=tiny.folder)
    assert result.exit_code == 0
    folder = tiny.path("a") / "b"
    assert results_in(folder) == files
    first, *others = result.stderr.splitlines()
    assert first == "Released, see ledger: releases"
    assert sorted(others) == sorted(f"Written: {Path('a/b') / name}" for name in files)


def results_in(folder: Path) -> list[str]:
    """Return the files of a folder without the records of the runs that wrote them."""
    names = sorted(path.name for path in folder.iterdir())
    assert any(name.endswith(".record.json") for name in names)
    return [name for name in names if not name.endswith(".record.json")]


@pytest.mark.parametrize(
    ("options", "files"),
    [
        (["--format", "csv"], PROFILE_FILES[:3]),
        (["--format", "json"], PROFILE_FILES[3:]),
        (["--format", "csv", "--format", "json"], PROFILE_FILES),
    ],
)
def test_formats_can_be_chosen_and_go_to_outputs(
    tiny: Tiny, run: Run, options: list[str], files: list[str]
) -> None:
    assert run("profile", *options, folder=tiny.folder).exit_code == 0
    assert results_in(tiny.path("outputs")) == files


def test_the_file_and_standard_output_hold_the_same_json(tiny: Tiny, run: Run) -> None:
    shown = run("profile", "--json", folder=tiny.folder).stdout
    run("profile", "--format", "json", folder=tiny.folder)
    assert tiny.path("outputs").joinpath("profile.json").read_text(encoding="utf-8") == shown


@pytest.mark.parametrize("command", ["profile", "hubs", "map", "init"])
def test_nothing_is_overwritten_unless_told(tiny: Tiny, run: Run, command: str) -> None:
    options = {"init": [], "map": []}.get(command, ["--format", "csv"])
    if command == "init":
        tiny.path("geodemand.toml").write_text("mine")
        written = {tiny.path("geodemand.toml"): b"mine"}
    else:
        assert run(command, *options, folder=tiny.folder).exit_code == 0
        for path in tiny.path("outputs").iterdir():
            path.write_bytes(b"mine")
        written = {path: path.read_bytes() for path in tiny.path("outputs").iterdir()}
    again = run(command, *options, folder=tiny.folder)
    assert again.exit_code == 2
    assert "exists already. Add --overwrite" in again.stderr
    assert {path: path.read_bytes() for path in written} == written
    if command != "init":
        assert run(command, *options, "--overwrite", folder=tiny.folder).exit_code == 0
        assert all(path.read_bytes() != b"mine" for path in written)


def test_one_file_in_the_way_stops_all_of_them(tiny: Tiny, run: Run) -> None:
    outputs = tiny.path("outputs")
    outputs.mkdir()
    (outputs / "profile.json").write_text("mine")
    result = run("profile", "--format", "csv", "--format", "json", folder=tiny.folder)
    assert result.exit_code == 2
    assert [path.name for path in outputs.iterdir()] == ["profile.json"]


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
@pytest.mark.parametrize("command", ["profile", "hubs", "map"])
def test_results_can_be_read_by_their_owner_alone(tiny: Tiny, run: Run, command: str) -> None:
    options = [] if command == "map" else ["--format", "csv", "--format", "json"]
    run(command, *options, folder=tiny.folder)
    files = list(tiny.path("outputs").iterdir())
    assert files
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert not [path for path in files if path.name.startswith(".")], "no temporary file is left"


@pytest.mark.skipif(os.name != "posix", reason="links as POSIX has them")
def test_a_link_is_not_followed(tiny: Tiny, run: Run, tmp_path: Path) -> None:
    tiny.path("outputs").mkdir()
    target = tmp_path / "somebody's file"
    target.write_text("theirs")
    tiny.path("outputs").joinpath("map.html").symlink_to(target)
    result = run("map", "--overwrite", folder=tiny.folder)
    assert result.exit_code == 2
    assert "is a link" in result.stderr
    assert target.read_text() == "theirs"


@pytest.mark.parametrize("files_before_it", [0, 1, 2])
def test_a_full_disk_leaves_no_part_of_the_results(
    tiny: Tiny, run: Run, monkeypatch: pytest.MonkeyPatch, files_before_it: int
) -> None:
    tiny.path("outputs").mkdir()
    left = iter(range(files_before_it))

    def full(_: int) -> None:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    result = run("profile", "--format", "csv", folder=tiny.folder)
    assert result.exit_code == 10
    assert os.strerror(errno.ENOSPC) in result.stderr
    assert list(tiny.path("outputs").iterdir()) == []


def test_a_file_in_place_of_the_folder_is_named(tiny: Tiny, run: Run) -> None:
    tiny.write("outputs", "a file")
    result = run("profile", "--format", "csv", folder=tiny.folder)
    assert result.exit_code in {2, 10}
    assert "outputs" in result.stderr


@pytest.mark.parametrize("name", ["=1+1", "+44", "-x", "@SUM(A1)"])
def test_names_that_a_spreadsheet_would_run_are_text(tiny: Tiny, run: Run, name: str) -> None:
    geojson = tiny.path("localities.geojson").read_text().replace("Area L2", name)
    tiny.write("localities.geojson", geojson)
    run("hubs", "--format", "csv", "--format", "json", folder=tiny.folder)
    text = tiny.path("outputs").joinpath("hubs-mismatches.csv").read_text(encoding="utf-8")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert f"'{name}" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    found = json.loads(tiny.path("outputs").joinpath("hubs.json").read_text(encoding="utf-8"))
    assert found["mismatches"][0]["unit_a"] == name, "JSON runs nothing"


def test_the_same_run_twice_gives_the_same_bytes(tiny: Tiny, run: Run) -> None:
    for command in ("profile", "hubs", "map"):
        first = run(command, "-o", "-", folder=tiny.folder).stdout
        assert run(command, "-o", "-", folder=tiny.folder).stdout == first
        assert first


# --- exact figures ---


def test_exact_figures_carry_their_reason_and_marking_everywhere(tiny: Tiny, run: Run) -> None:
    tiny.clients("acs.csv", ["a1,IP1 1AA", "a2,IP1 1AA", "a3,IP2 2BG"])
    exact = ["--policy", "internal", "--reason", "section 47 review"]
    shown = run("profile", *exact, folder=tiny.folder)
    assert shown.exit_code == 0
    words = " ".join(shown.stdout.split())
    assert "OFFICIAL-SENSITIVE" in words
    assert "Reason: section 47 review." in words
    found = json.loads(run("profile", *exact, "--json", folder=tiny.folder).stdout)
    assert [row["rows"] for row in found["ledger"]] == [60, 3]
    run("profile", *exact, "--format", "csv", folder=tiny.folder)
    for path in tiny.path("outputs").glob("*.csv"):
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        assert header.endswith(",policy")
        assert all("OFFICIAL-SENSITIVE" in row for row in rows)


def test_small_figures_are_withheld_on_screen_too(tiny: Tiny, run: Run) -> None:
    tiny.clients("acs.csv", ["a1,IP1 1AA", "a2,IP1 1AA", "a3,IP2 2BG"])
    words = " ".join(run("profile", folder=tiny.folder).stdout.split())
    assert "ACS clients they hold is withheld" in words
    assert '"c"' in words


# --- the other commands ---


def test_init_writes_a_project_file_that_can_be_read(run: Run, tmp_path: Path) -> None:
    from geodemand import project

    folder = tmp_path / "new"
    result = run("init", folder)
    assert result.exit_code == 0
    assert "Written" in result.stderr
    found = project.read(folder / "geodemand.toml")
    assert found.sets["HDF"] == "44,46,48,49,51"
    assert found.disclosure.policy == "public"


def test_the_map_is_one_file_that_can_be_named(tiny: Tiny, run: Run) -> None:
    result = run("map", "--out", "maps/county.html", folder=tiny.folder)
    assert result.exit_code == 0
    assert f"Written: {Path('maps/county.html')}" in result.stderr
    page = tiny.path("maps").joinpath("county.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert page.rstrip().endswith("</html>")


def test_the_map_goes_into_a_folder_that_exists(tiny: Tiny, run: Run) -> None:
    tiny.path("maps").mkdir()
    assert run("map", "--out", "maps", folder=tiny.folder).exit_code == 0
    assert tiny.path("maps").joinpath("map.html").is_file()


def test_the_map_shades_the_geographies_asked_for(tiny: Tiny, run: Run) -> None:
    page = run("map", "--shade", "teams", "-o", "-", folder=tiny.folder).stdout
    assert "Area T1" in page
    assert "Area L1" not in page


def test_the_map_needs_no_segments(tiny: Tiny, run: Run) -> None:
    tiny.path("geodemand.toml").unlink()
    options = ["--postcodes", "postcodes.csv", "--clients", "CYP=cyp.csv"]
    result = run("map", *options, "--areas", "teams=teams.geojson", folder=tiny.folder)
    assert result.exit_code == 0, result.stderr


@pytest.fixture(scope="module")
def county() -> dict[str, bytes]:
    """Return the county as the repository holds it: another test says that the demo makes it."""
    return {
        path.relative_to(COUNTY).as_posix(): path.read_bytes()
        for path in COUNTY.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def made_once(county: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the county from where it is kept: to make it takes seconds."""
    monkeypatch.setattr(demo, "files", lambda: dict(county))


@pytest.mark.usefixtures("made_once")
def test_the_demo_is_a_project_that_every_command_can_work_on(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "county"
    first = run("demo", folder)
    assert first.exit_code == 0, first.stderr
    assert "made-up county" in first.stderr
    again = run("demo", folder)
    assert again.exit_code == 0
    assert "0 files written" in again.stderr
    for command in ("profile", "hubs"):
        result = run(command, "--json", folder=folder)
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout)["sentences"]


@pytest.mark.usefixtures("made_once")
def test_the_demo_does_not_overwrite_what_was_changed(run: Run, tmp_path: Path) -> None:
    run("demo", tmp_path)
    changed = tmp_path / "geodemand.toml"
    changed.write_text("mine")
    assert run("demo", tmp_path).exit_code == 2
    assert changed.read_text() == "mine"
    assert run("demo", tmp_path, "--overwrite").exit_code == 0
    assert changed.read_text() != "mine"
