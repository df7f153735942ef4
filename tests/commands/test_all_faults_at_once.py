"""What is wrong in several files is said at once, and what was read badly is warned of."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from geodemand.io import tables

Run = Callable[..., Result]
Tiny = Any  # the fixture's class lives in conftest
MAP = '[map]\nareas = ["localities"]'


def said(tiny: Tiny, run: Run, *command: str) -> tuple[int, list[str]]:
    before = sorted(tiny.folder.rglob("*"))
    result = run(*command, folder=tiny.folder)
    assert sorted(tiny.folder.rglob("*")) == before, "something was written"
    assert result.stdout == ""
    return result.exit_code, result.stderr.splitlines()


@pytest.mark.parametrize("command", ["check", "profile"])
def test_the_faults_of_all_files_are_said_at_once(tiny: Tiny, run: Run, command: str) -> None:
    tiny.write("cyp.csv", "who,where\nc1,Ipswich\n")
    tiny.path("acs.csv").unlink()
    tiny.write("segments.csv", "postcode,type\nIP1 1AA,99\n")
    code, lines = said(tiny, run, command)
    assert code == 11, "the code of the first"
    assert [line.split(": ")[1] for line in lines] == ["cyp.csv", "acs.csv", "segments.csv"]


def test_boundaries_and_the_directory_are_looked_at_together(tiny: Tiny, run: Run) -> None:
    tiny.write("teams.geojson", "{")
    tiny.write("localities.geojson", "[]")
    tiny.write("postcodes.csv", "postcode\nIP1 1AA\n")
    code, lines = said(tiny, run, "check")
    assert code == 10
    assert {line.split(": ")[1] for line in lines} == {
        *("teams.geojson", "localities.geojson", "postcodes.csv")
    }


def test_what_bounds_the_study_is_needed_for_all_else(tiny: Tiny, run: Run) -> None:
    tiny.project(('"postcodes.csv"', '"postcodes.csv"\nwithin = "teams"'))
    tiny.write("teams.geojson", "{")
    tiny.path("cyp.csv").unlink()
    code, lines = said(tiny, run, "check")
    assert code == 10
    assert [line.split(": ")[1] for line in lines] == ["teams.geojson"]


def test_segments_whose_geography_cannot_be_read_are_not_blamed(tiny: Tiny, run: Run) -> None:
    tiny.project(('"acorn-2009"', '"acorn-2009"\nkey = "teams"'))
    tiny.write("teams.geojson", "{")
    code, lines = said(tiny, run, "check")
    assert (code, len(lines)) == (10, 1)


def test_check_looks_at_all_that_a_project_names(tiny: Tiny, run: Run) -> None:
    asked = (
        'basemap = "none.pmtiles"\nlogo = "none.png"\ncontext = ["localitys"]\nplaces = "town"\n'
        'palette = "pink"'
    )
    tiny.project(
        (MAP, f'{MAP}\n{asked}\n\n[profile]\nmeet = ["CYPP"]'),
        ('["localities,teams,same"]', '["localities,team,same", "hub,teams,inside", "a,b,c"]'),
    )
    code, lines = said(tiny, run, "check")
    assert code == 2
    for words in (
        "'a,b,c' is no relation between two geographies.",
        "no areas named 'localitys'. Did you mean 'localities'?",
        "no areas named 'team'. Did you mean 'teams'?",
        "no sites named 'town'.",
        "no sites named 'hub'.",
        "palette: 'pink' is none that the map has.",
        "no list 'CYPP'. Did you mean 'CYP'?",
        "none.pmtiles: there is no such file.",
        "none.png: there is no such file.",
    ):
        assert sum(words in line for line in lines) == 1, words
    assert len(lines) == 9


def test_a_site_that_names_a_shared_area_is_to_say_which(tiny: Tiny, run: Run) -> None:
    areas = json.loads(tiny.path("teams.geojson").read_text())
    for feature in areas["features"]:
        feature["properties"]["name"] = "West"
    tiny.write("teams.geojson", json.dumps(areas))
    tiny.project(('["localities,teams,same"]', '["hubs,teams,inside"]'))
    with tiny.path("geodemand.toml").open("a", encoding="utf-8") as file:
        file.write('\n[sites.hubs]\nfile = "hubs.csv"\narea = "serves"\n')
    tiny.write("hubs.csv", "name,postcode,serves\nLibrary,IP1 1AA,West\n")
    code, lines = said(tiny, run, "hubs")
    assert (code, len(lines)) == (11, 1)
    assert (
        "'West' is no area of teams. Say which by its code, or as West (T1) or West (T2)."
        in (lines[0])
    )
    tiny.write("hubs.csv", "name,postcode,serves\nLibrary,IP1 1AA,T1\n")
    assert run("hubs", folder=tiny.folder).exit_code == 0


def test_the_verdict_says_what_was_found_to_hold(tiny: Tiny, run: Run) -> None:
    found = json.loads(run("check", "--json", folder=tiny.folder).stdout)
    (sentence,) = found["sentences"]
    assert sentence == (
        "Ready: every file is read, at least 90 % of the rows of each list are placed, and at "
        "least 99 % of postcodes have a segment and an area of each geography."
    )


OLD = "more than 2 % of its rows have a well-formed postcode that the directory does not have"


@pytest.fixture
def old(tiny: Tiny) -> Tiny:
    """Return a project whose list has 21 new postcodes, more than an old directory explains."""
    new = [f"n{number},IP1 8{letter}Z" for number, letter in enumerate("ABDEFGHJLNPQRSTUWXYZA")]
    tiny.clients("cyp.csv", [*(f"c{number},IP1 1AA" for number in range(100)), *new])
    return tiny


@pytest.mark.parametrize("command", ["check", "profile", "map"])
def test_who_repairs_by_an_old_directory_is_warned(old: Tiny, run: Run, command: str) -> None:
    result = run(command, "--repair", *out(command), folder=old.folder)
    assert result.exit_code == 0, result.stderr
    words = " ".join((result.stdout + result.stderr).split())
    assert words.count(OLD) == 1
    assert "CYP: more than" in words
    assert "take a newer directory first." in words


@pytest.mark.parametrize("command", ["profile", "map"])
def test_who_does_not_repair_is_not_warned(old: Tiny, run: Run, command: str) -> None:
    result = run(command, *out(command), folder=old.folder)
    assert result.exit_code == 0, result.stderr
    assert OLD not in " ".join((result.stdout + result.stderr).split())


@pytest.mark.parametrize("command", ["check", "profile", "map"])
@pytest.mark.parametrize("kept", [20, 0])
def test_few_new_postcodes_are_no_old_directory(
    old: Tiny, run: Run, command: str, kept: int
) -> None:
    """Twenty rows at most, or two in a hundred, may be slips."""
    rows = old.path("cyp.csv").read_text().splitlines()[1:]
    rows = rows[: 100 + kept] if kept else [*rows, *(f"m{i},IP1 1AB" for i in range(21 * 50 - 121))]
    old.clients("cyp.csv", rows)
    result = run(command, "--repair", *out(command), folder=old.folder)
    assert result.exit_code in {0, 12}, result.stderr
    assert OLD not in " ".join((result.stdout + result.stderr).split())


def out(command: str) -> tuple[str, ...]:
    return ("--out", "map.html", "--overwrite") if command == "map" else ()


def test_python_waits_at_its_end_for_the_engine_to_start() -> None:
    """A thread that Python does not wait for is ended within DuckDB, which aborts the process."""
    before = {*threading.enumerate()}
    connection = tables.connecting()
    assert not any(thread.daemon for thread in {*threading.enumerate()} - before)
    assert connection().execute("SELECT 1").fetchall() == [(1,)]
