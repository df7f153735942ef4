"""Wards, districts and LSOAs as the directory's own codes: a geography without polygons."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from geodemand.core import coterminosity
from geodemand.core.coterminosity import Limits, Pair, Points, Relation
from geodemand.core.disclosure import People, Policy, Table, Value
from geodemand.core.geography import Geography, from_codes, locate
from geodemand.core.mismatches import differences, mismatches
from geodemand.core.overlay import meetings, overlay
from geodemand.core.tally import POSTCODES
from geodemand.core.weights import misplaced

Run = Callable[..., Result]
Tiny = Any  # the fixture's class lives in conftest
EXACT = ("--policy", "internal", "--reason", "a test", "--json")
# A ward in each locality of the tiny county; two live postcodes and the terminated one are in none,
# and the one without a location is in a ward of its own.
WARDS = (*["W1"] * 6, *["W2"] * 4, "E99999999", "", "", "W9")


@pytest.fixture
def coded(tiny: Tiny) -> Tiny:
    """Return the tiny project with wards by code, in a directory that also has districts."""
    header, *rows = tiny.path("postcodes.csv").read_text(encoding="utf-8").splitlines()
    lines = [f"{header},WD25CD,lad25cd"]
    lines += [f"{row},{ward},D1" for row, ward in zip(rows, WARDS, strict=True)]
    tiny.write("postcodes.csv", "\n".join([*lines, ""]))
    tiny.project(("[hubs]", '[areas.wards]\ncolumn = "WD25CD"\n\n[hubs]'))
    return tiny


def figures(run: Run, folder: Tiny, command: str, *options: str) -> dict[str, Any]:
    result = run(command, *EXACT, *options, folder=folder.folder)
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def coverage(found: dict[str, Any], what: str) -> dict[str, tuple[int, int]]:
    return {
        row["list"]: (row["postcodes_without"], row["clients_without"])
        for row in found["coverage"]
        if row["what"] == what
    }


# --- check ---


def test_check_says_what_lies_in_no_ward_and_looks_for_no_borders(coded: Tiny, run: Run) -> None:
    found = figures(run, coded, "check")
    assert coverage(found, "wards") == {"CYP": (2, 0), "ACS": (2, 20)}
    assert {row["geography"] for row in found["borders"]} == {"localities", "teams"}
    assert [note for note in found["notes"] if note["note"].startswith("wards")] == [
        {
            "note": "wards: It has no polygons, so it is not looked at for borders, overlaps and "
            "gaps."
        },
        {
            "note": "wards: 2 of 12 postcodes have no code, or one such as E99999999 that says "
            "there is none: they are in no area."
        },
    ]
    assert "wards: 2 of 12 postcodes (17 %) have none" in " ".join(found["sentences"])


@pytest.mark.parametrize("name", ["WD25CD", "wd25cd", "ward", "osward", "WD24CD"])
def test_a_column_is_found_by_its_name_and_by_those_of_other_editions(
    coded: Tiny, run: Run, name: str
) -> None:
    """Of another year than was asked for is said."""
    found = figures(run, coded, "check", "--areas", f"wards=column:{name}")
    assert coverage(found, "wards") == {"CYP": (2, 0), "ACS": (2, 20)}
    called = [note["note"] for note in found["notes"] if "is called" in note["note"]]
    other = f"wards: '{name}' is called 'WD25CD' in the directory: is it of the year that you mean?"
    assert called == ([other] if name == "WD24CD" else [])


def test_one_column_can_be_asked_for_by_two_names(coded: Tiny, run: Run) -> None:
    names = ("--areas", "a=column:wd25cd", "--areas", "b=column:osward")
    found = figures(run, coded, "check", *names)
    assert coverage(found, "a") == coverage(found, "b") == coverage(found, "wards")


@pytest.mark.parametrize("name", ["key", "inside", "latitude", "place", "CODE0"])
def test_a_column_may_be_called_like_one_of_ours(coded: Tiny, run: Run, name: str) -> None:
    text = coded.path("postcodes.csv").read_text(encoding="utf-8")
    coded.write("postcodes.csv", text.replace("WD25CD", name))
    coded.path("geodemand.toml").unlink()
    asked = ("check", "--postcodes", "postcodes.csv", "--areas", f"w=column:{name}")
    (row,) = json.loads(run(*asked, "--json", folder=coded.folder).stdout)["coverage"]
    assert row["postcodes_without"] == 2


def test_areas_are_those_of_the_study_area(coded: Tiny, run: Run) -> None:
    """A ward that only postcodes without a location have is no area; nor are those beyond."""
    found = figures(run, coded, "hubs", "--relation", "wards,localities,same")
    assert {(row["a"], row["units"]) for row in found["pairs"] if row["weight"] == POSTCODES} == {
        ("wards", 2),
        ("localities", 2),
    }
    coded.project(
        ("[segments]", 'only = { WD25CD = "W1" }\n\n[segments]'),
        ("[hubs]", '[areas.wards]\ncolumn = "WD25CD"\n\n[hubs]'),
    )
    found = figures(run, coded, "hubs", "--relation", "wards,localities,nests")
    assert {row["units"] for row in found["pairs"] if row["a"] == "wards"} == {1}


def test_points_count_in_the_ward_of_their_nearest_live_postcode(coded: Tiny, run: Run) -> None:
    """The second is nearest to the terminated postcode, which is in no ward."""
    at = [(200, 200), (310, 300), (1350, 200), (1790, 690)]
    rows = [f"c{i},{600_000 + x},{250_000 + y}" for i, (x, y) in enumerate(at)]
    coded.clients("cyp.csv", rows, "id,easting,northing")
    found = figures(run, coded, "check")
    assert coverage(found, "wards")["CYP"] == (2, 1)
    assert {
        "note": "wards: Clients by coordinates count in the area of their nearest live postcode."
    } in found["notes"]


def test_wards_can_carry_the_segments(coded: Tiny, run: Run) -> None:
    coded.write("segments.csv", "ward,type\nW1,44\nW2,1\n")
    said = 'scheme = "acorn-2009"\nkey = "wards"\nkey_column = "ward"'
    coded.project(
        ('scheme = "acorn-2009"', said), ("[hubs]", '[areas.wards]\ncolumn = "WD25CD"\n\n[hubs]')
    )
    rows = figures(run, coded, "profile")["profile"]
    held = {row["list"]: row["clients"] for row in rows if row["name"] == "Hard Pressed"}
    assert held == {"CYP": 30, "ACS": 20}


def test_without_a_list_postcodes_are_covered_all_the_same(coded: Tiny, run: Run) -> None:
    coded.path("geodemand.toml").unlink()
    asked = ("check", "--postcodes", "postcodes.csv", "--areas", "wards=column:WD25CD")
    (row,) = json.loads(run(*asked, "--json", folder=coded.folder).stdout)["coverage"]
    assert row == {
        "what": "wards",
        "list": None,
        "postcodes": 12,
        "postcodes_without": 2,
        "clients": None,
        "clients_without": None,
        "share_without": None,
    }
    lines = [line.split() for line in run(*asked, folder=coded.folder).stdout.splitlines()]
    assert [line for line in lines if line[:1] in (["has"], ["wards"])] == [
        ["has", "no", "postcodes"],
        ["wards", "2"],
    ]


# --- names ---


def names(run: Run, coded: Tiny, text: str, *said: str) -> Result:
    coded.write("wards.csv", text)
    options = "\n".join(['names = "wards.csv"', *said])
    coded.project(("[hubs]", f'[areas.wards]\ncolumn = "WD25CD"\n{options}\n\n[hubs]'))
    areas = ("--areas", "oas=column:oa", "--relation", "oas,wards,same")
    return run("hubs", *EXACT, *areas, folder=coded.folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("WD25CD,WD25NM\nW1,Alder\nW2,Birch\nW7,Elm\n", ()),
        ("code,name\nW2,Birch\nW1,Alder\n", ()),
        ("WD25CD,WD25NM,LAD25CD,LAD25NM\nW1,Alder,D1,Ashby\nW2,Birch,D1,Ashby\n", ()),
        ("LAD25CD,LAD25NM,WD25CD,WD25NM\nD1,Ashby,W1,Alder\nD1,Ashby,W2,Birch\n", ()),
        ("lsoa,WD25CD,WD25NM\nE1,W1,Alder\nE2,W1,Alder\nE3,W2, Birch \n", ()),
        ("id,called\nW1,Alder\nW2,Birch\n", ('name = "called"',)),
        ("n,what\nW1,Alder\nW2,Birch\n", ('code = "n"', 'name = "what"')),
    ],
)
def test_wards_are_named_by_a_table(
    coded: Tiny, run: Run, text: str, said: tuple[str, ...]
) -> None:
    result = names(run, coded, text, *said)
    assert result.exit_code == 0, result.stderr
    listed = json.loads(result.stdout)["mismatches"]
    assert {row["unit_b"] for row in listed} == {"Alder", "Birch", "(none)"}


def test_a_ward_without_a_name_is_called_by_its_code(coded: Tiny, run: Run) -> None:
    listed = json.loads(names(run, coded, "code,name\nW1,Alder\nW2,\n").stdout)["mismatches"]
    assert {row["unit_b"] for row in listed} == {"Alder", "W2", "(none)"}
    notes = [note["note"] for note in figures(run, coded, "check")["notes"]]
    assert "wards: 1 code without a name in wards.csv: W2." in notes


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("code,name\nW1,Alder\nW1,Elm\nW2,Birch\n", "codes with several names: W1."),
        ("code,name\nE05,Alder\n", "names no code of the column 'WD25CD' of the directory."),
        ("ward,name\nW1,Alder\n", "a column of area codes is not in the file."),
        ("code,what\nW1,Alder\n", "a column of area names is not in the file."),
    ],
)
def test_a_table_that_cannot_name_the_wards_is_refused(
    coded: Tiny, run: Run, text: str, fault: str
) -> None:
    result = names(run, coded, text)
    assert (result.exit_code, result.stdout) == (11, "")
    assert "wards.csv" in result.stderr
    assert fault in result.stderr


# --- hubs ---


def test_hubs_weighs_by_postcodes_and_people_and_leaves_areas_out(coded: Tiny, run: Run) -> None:
    found = figures(run, coded, "hubs", "--relation", "wards,localities,same")
    weights = ["postcodes", "households", "residents", "CYP", "ACS"]
    rows = {(row["a"], row["weight"]): row for row in found["pairs"]}
    assert [weight for name, weight in rows if name == "wards"] == weights
    assert rows["wards", "postcodes"]["misplaced"] == 0
    # The two postcodes that are in no ward are off the partner of their locality.
    assert rows["localities", "postcodes"]["misplaced"] == 2
    assert rows["localities", "ACS"]["misplaced"] == 20
    (row,) = found["mismatches"]
    assert [row[name] for name in ("unit_a", "unit_b", "kind")] == ["(none)", "Area L2", "real"]
    assert [row[name] for name in ("pieces", "hectares", "width_m")] == [None, None, None]
    assert {name: row[name] for name in weights} == {
        "postcodes": 2,
        "households": 40,
        "residents": 100,
        "CYP": 0,
        "ACS": 20,
    }
    assert found["sentences"][-1] == (
        "No polygons of wards: areas are not weighed, and what differs has no hectares and no "
        "width."
    )


def test_what_hubs_prints_of_wards_speaks_of_no_land(coded: Tiny, run: Run) -> None:
    result = run("hubs", "--relation", "wards,teams,same", folder=coded.folder)
    assert result.exit_code == 0, result.stderr
    for word in ("area, ha", "width m", "slivers of drawing"):
        assert word not in result.stdout
    assert "No polygons of wards" in result.stdout
    assert "2 real mismatches; within the tolerance: 0 without clients" in result.stdout


def test_two_columns_are_compared_without_a_file_of_boundaries(coded: Tiny, run: Run) -> None:
    found = figures(
        run, coded, "hubs", "--areas", "d=column:district", "--relation", "wards,d,nests"
    )
    (row,) = (r for r in found["pairs"] if (r["a"], r["weight"]) == ("wards", "postcodes"))
    assert (row["misplaced"], row["verdict"]) == (0, "wards nests in d")
    assert found["mismatches"] == []


def test_few_clients_between_wards_are_withheld(coded: Tiny, run: Run) -> None:
    coded.clients("acs.csv", [f"a{i},IP2 2BG" for i in range(3)] + ["a9,IP1 1AA"] * 20)
    result = run("hubs", "--json", "--relation", "wards,localities,same", folder=coded.folder)
    (row,) = json.loads(result.stdout)["mismatches"]
    assert row["ACS"] == "c"


@st.composite
def counted(draw: st.DrawFn) -> tuple[Geography, Geography, Points]:
    """Draw two geographies of bars, one across and one moved, and postcodes and clients in them."""
    edges = st.lists(st.integers(1, 19), min_size=1, max_size=4, unique=True)
    both = []
    for name in ("a", "b"):
        cuts = np.array([0, *sorted(draw(edges)), 20], dtype=float)
        bars = shapely.box(cuts[:-1], 0, cuts[1:], 10)
        codes = tuple(f"{name}{i}" for i in range(len(bars)))
        both.append(Geography(name, codes, codes, bars))
    at = np.array(draw(st.lists(st.integers(-2, 22), min_size=1, max_size=60)), dtype=float)
    y = np.full(len(at), 5.0)
    number = st.integers(0, 3)
    weight, people = (
        np.array(draw(st.lists(number, min_size=len(at), max_size=len(at)))) for _ in range(2)
    )
    a, b = both
    points = Points(
        *(at, y, locate(a, at, y), locate(b, at, y)),
        weights={POSTCODES: weight.astype(float)},
        people={"CYP": People.alone("CYP", people.astype(np.int64))},
    )
    return a, b, points


def rows_of(table: Table) -> list[dict[str, Value]]:
    return [row for row in table.records() if row["weight"] != "area"]


def bare(geography: Geography, where: np.ndarray[Any, np.dtype[np.int64]]) -> Geography:
    """Return a geography as the codes of its points say it, with areas that hold none left out."""
    codes = [geography.codes[i] if i >= 0 else "" for i in where.tolist()]
    return from_codes(geography.name, codes)[0]


@given(counted(), st.sampled_from(list(Relation)))
def test_codes_say_of_people_what_polygons_say(
    public: Policy, drawn: tuple[Geography, Geography, Points], relation: Relation
) -> None:
    """The figures by postcodes and clients are the same; every mismatch adds up to them."""
    a, b, points = drawn
    coded = [bare(a, points.a), bare(b, points.b)]
    if not all(len(each) for each in coded):
        return
    places = [
        np.array([new.codes.index(old.codes[i]) if i >= 0 else -1 for i in where.tolist()])
        for old, new, where in zip((a, b), coded, (points.a, points.b), strict=True)
    ]
    moved = Points(points.x, points.y, *places, points.weights, points.people)
    own, other = Pair(a, b, relation), Pair(coded[0], coded[1], relation)
    pieces = meetings(*places)
    by_land = coterminosity.weigh(own, overlay(a, b), points)
    by_code = coterminosity.weigh(other, pieces, moved)
    tables = [
        coterminosity.pairs(pair, weighed, Limits(), public)
        for pair, weighed in ((own, by_land), (other, by_code))
    ]
    assert rows_of(tables[0]) == rows_of(tables[1])
    held = by_code[POSTCODES]
    if not held.full().any():
        return
    table = mismatches(differences(other, pieces, moved, by_code, Limits()), public).table
    if relation is Relation.NESTS:
        off = misplaced(held).sum()
        assert sum(row[POSTCODES] for row in table.records()) == off
    assert all(row["hectares"] is None for row in table.records())
    assert not [row for row in table.records() if row["kind"] == "sliver" and row["CYP"] != 0]


# --- where codes cannot serve ---


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (("map", "--shade", "wards"), 13, "wards': is codes of the directory"),
        (("check", "--areas", "w=column:WD25"), 11, "Did you mean 'WD25CD'?"),
        (("hubs", "--areas", "w=column:oa", "--relation", "w,nosuch,same"), 2, "nosuch"),
        (("check", "--areas", "w=column:"), 10, "column:"),
    ],
)
def test_what_codes_cannot_do_is_said(
    coded: Tiny, run: Run, command: tuple[str, ...], code: int, said: str
) -> None:
    result = run(*command, folder=coded.folder)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


def test_a_map_shades_the_first_geography_that_has_polygons(coded: Tiny, run: Run) -> None:
    text = coded.path("geodemand.toml").read_text(encoding="utf-8")
    text = text.replace('[map]\nareas = ["localities"]\n', "")
    wards = '[areas.wards]\ncolumn = "WD25CD"\n'
    coded.write("geodemand.toml", f"{text.replace(wards, '')}")
    first = text.replace(wards, "").replace("[areas.localities]", f"{wards}\n[areas.localities]")
    coded.write("geodemand.toml", first)
    result = run("map", "--out", "-", folder=coded.folder)
    assert result.exit_code == 0, result.stderr
    block = re.search(r'id="data-geographies">(.*?)</script>', result.stdout, re.DOTALL)
    assert block
    assert json.loads(block[1])[0]["name"] == "localities"


def test_nothing_to_shade_but_codes_is_said(coded: Tiny, run: Run) -> None:
    lists = ("--postcodes", "postcodes.csv", "--clients", "CYP=cyp.csv")
    coded.path("geodemand.toml").unlink()
    result = run("map", *lists, "--areas", "w=column:WD25CD", folder=coded.folder)
    assert (result.exit_code, result.stdout) == (13, "")
    assert "Give a file of boundaries with --areas NAME=FILE." in result.stderr


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ('column = "ward"\nfile = "w.geojson"', "is a column of the directory, which has no file."),
        (
            'column = "ward"\ncrs = "EPSG:27700"\naccuracy_m = 5',
            "is a column of the directory, which has no crs or accuracy_m.",
        ),
        ('file = "w.geojson"\nnames = "w.csv"', "is a file of boundaries, which has no names."),
        ('code = "WD25CD"', "lacks the option 'file' or 'column'"),
    ],
)
def test_areas_are_a_file_or_a_column(coded: Tiny, run: Run, options: str, fault: str) -> None:
    coded.project(("[hubs]", f"[areas.wards]\n{options}\n\n[hubs]"))
    result = run("check", folder=coded.folder)
    assert (result.exit_code, result.stdout) == (11, "")
    assert f"geodemand.toml: [areas.wards] {fault}" in result.stderr


def test_a_study_area_cannot_be_within_codes(coded: Tiny, run: Run) -> None:
    coded.project(
        ("[segments]", 'within = "wards"\n\n[segments]'),
        ("[hubs]", '[areas.wards]\ncolumn = "WD25CD"\n\n[hubs]'),
    )
    result = run("check", folder=coded.folder)
    assert (result.exit_code, result.stdout) == (2, "")
    assert 'only = { WD25CD = ["…"] }' in result.stderr


def test_a_file_that_is_called_like_a_column_can_be_read(coded: Tiny, run: Run) -> None:
    name = "column:teams.geojson"
    coded.path("teams.geojson").rename(coded.path(name))
    said = ("--relation", "localities,w,same")
    found = figures(run, coded, "hubs", "--areas", f"w=./{name}", *said)
    assert found["pairs"][0]["weight"] == "area"
    result = run("hubs", "--areas", f"w={name}", *said, folder=coded.folder)
    assert (result.exit_code, "is not in the file" in result.stderr) == (11, True)


def test_no_code_at_all_is_said(coded: Tiny, run: Run) -> None:
    text = coded.path("postcodes.csv").read_text(encoding="utf-8")
    coded.write("postcodes.csv", text.replace(",W1,", ",,").replace(",W2,", ",E99999999,"))
    result = run("check", folder=coded.folder)
    assert (result.exit_code, result.stdout) == (11, "")
    assert "no postcode of the study area has a code in 'WD25CD'" in result.stderr


def test_the_order_of_the_directory_decides_nothing(coded: Tiny, run: Run) -> None:
    before = run("hubs", *EXACT, "--relation", "wards,teams,same", folder=coded.folder).stdout
    header, *rows = csv.reader(coded.path("postcodes.csv").read_text(encoding="utf-8").splitlines())
    lines = [",".join(row) for row in (header, *reversed(rows))]
    coded.write("postcodes.csv", "\n".join([*lines, ""]))
    after = run("hubs", *EXACT, "--relation", "wards,teams,same", folder=coded.folder).stdout
    assert before == after
