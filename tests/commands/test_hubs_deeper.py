"""`geodemand hubs`: checks that fail, and deeper tables on request."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import shapely
from click.testing import Result

import geodemand
from geodemand.api.hubs_deeper import DEEPER
from geodemand.errors import UsageError
from geodemand.io import writers

Run = Callable[..., Result]


def at(west: float, east: float, south: float, north: float) -> shapely.Polygon:
    """Return a rectangle of the tiny county, metres from its corner."""
    return shapely.box(600_000 + west, 250_000 + south, 600_000 + east, 250_000 + north)


def tables(result: Result) -> dict[str, Any]:
    assert result.exit_code in {0, 14}, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("policy", ["public", "internal"])
def test_mismatches_are_in_the_order_of_the_people_in_them_not_of_land(
    tiny: Any,  # noqa: ANN401
    run: Run,
    policy: str,
) -> None:
    """20 ha where nobody lives, 5 ha with clients, and 2 ha with more of them."""
    teams = {
        "T1": shapely.union_all([at(0, 1000, 0, 800), at(1000, 1100, 0, 500)]),
        "T2": shapely.union_all([at(0, 1000, 800, 1000), at(1100, 2000, 0, 500)]),
    }
    teams["T2"] = teams["T2"].union(at(1000, 2000, 500, 1000)).difference(at(1750, 1850, 600, 800))
    teams["T3"] = at(1750, 1850, 600, 800)
    tiny.areas("teams.geojson", teams)
    homes = [*["IP2 2BA"] * 9, *["IP2 2BG"] * 30, *["IP1 1AA"] * 60, *["IP2 2BB"] * 60]
    tiny.clients("cyp.csv", [f"c{n},{home}" for n, home in enumerate(homes)])
    exact = ["--policy", policy, "--reason", "a test"]
    found = tables(run("hubs", "--json", *exact, folder=tiny.folder))["mismatches"]
    assert [round(each["hectares"]) for each in found] == [2, 5, 20]
    assert [each["CYP"] for each in found] == [30, 10 if policy == "public" else 9, 0]


# --- --fail-on ---


@pytest.mark.parametrize("wanted", ["relation", "mismatch"])
def test_a_check_fails_with_14_and_its_results_are_written(
    tiny: Any,  # noqa: ANN401
    run: Run,
    wanted: str,
) -> None:
    result = run("hubs", "--fail-on", wanted, "--format", "json", folder=tiny.folder)
    assert result.exit_code == 14
    assert "localities and teams: do not share boundaries at a tolerance of 1 %" in result.stderr
    assert tables(run("hubs", "--json", folder=tiny.folder)) == json.loads(
        (tiny.folder / "outputs" / "hubs.json").read_text(encoding="utf-8")
    )


def test_a_check_that_passes_leaves_with_0(tiny: Any, run: Run) -> None:  # noqa: ANN401
    tiny.path("teams.geojson").write_bytes(tiny.path("localities.geojson").read_bytes())
    for wanted in ("relation", "mismatch"):
        assert run("hubs", "--fail-on", wanted, folder=tiny.folder).exit_code == 0


@pytest.mark.parametrize(("wanted", "code"), [("relation", 0), ("mismatch", 14)])
def test_a_mismatch_within_the_tolerance_fails_only_where_it_is_asked(
    tiny: Any,  # noqa: ANN401
    run: Run,
    wanted: str,
    code: int,
) -> None:
    options = ("--tolerance", "0.5", "--fail-on", wanted, "--json")
    result = run("hubs", *options, folder=tiny.folder)
    assert result.exit_code == code
    assert tables(result)["overview"][0]["holds"] == "yes"


def test_no_figure_is_in_the_message_of_a_failed_check(tiny: Any, run: Run) -> None:  # noqa: ANN401
    said = run("hubs", "--fail-on", "mismatch", folder=tiny.folder).stderr
    assert not any(figure in said for figure in ("10", "60", "16"))


# --- what is told ---


def test_the_answer_says_what_holds_at_other_tolerances(tiny: Any, run: Run) -> None:  # noqa: ANN401
    found = tables(run("hubs", "--tolerance", "0.2", "--json", folder=tiny.folder))
    assert found["sentences"][0].startswith(
        "localities and teams share boundaries: yes, at a tolerance of 20 % (no at 0 %, no at 5 %)."
    )


def test_what_holds_in_place_of_what_was_asked_is_said(tiny: Any, run: Run) -> None:  # noqa: ANN401
    tiny.clients("acs.csv", ["a1,IP1 1AA"] * 40)
    tiny.path("teams.geojson").write_bytes(tiny.path("localities.geojson").read_bytes())
    text = json.loads(tiny.path("localities.geojson").read_text(encoding="utf-8"))
    west = {**text, "features": text["features"][:1]}
    tiny.write("west.geojson", json.dumps(west))
    options = ("--areas", "west=west.geojson", "--relation", "localities,west,same")
    found = tables(run("hubs", *options, "--json", folder=tiny.folder))
    assert found["overview"][0]["found"] == "west nests in localities"
    assert "; west nests in localities. " in found["sentences"][0]


def test_every_pair_of_areas_is_in_the_table_of_units(tiny: Any, run: Run) -> None:  # noqa: ANN401
    found = tables(run("hubs", "--json", folder=tiny.folder))
    clients = [row for row in found["units"] if row["weight"] == "CYP"]
    assert [(r["a"], r["unit"], r["total"], r["inside"], r["rest"]) for r in clients] == [
        *(("localities", "L1", 30, 30, 0), ("localities", "L2", 30, 20, 10)),
        *(("teams", "T1", 40, 30, 10), ("teams", "T2", 20, 20, 0)),
    ]
    whole = {row["unit"]: row["whole"] for row in found["whole_units"]}
    assert whole == {"L1": "yes", "L2": "no", "T1": "no", "T2": "yes"}


def test_units_are_printed_on_request_only(tiny: Any, run: Run) -> None:  # noqa: ANN401
    short = run("hubs", folder=tiny.folder).stdout
    long = run("hubs", "--show", "units", folder=tiny.folder).stdout
    assert "the rest" not in short
    assert "localities in teams: areas that are not whole, and where the rest is" in long
    line = next(line for line in long.splitlines() if line.startswith("Area L2     CYP"))
    assert line.split() == ["Area", "L2", "CYP", "Area", "T2", "30", "67", "%", "10", "Area", "T1"]
    assert max(len(line) for line in long.splitlines()) <= 100


def test_three_geographies_are_shown_side_by_side(tiny: Any, run: Run) -> None:  # noqa: ANN401
    tiny.project(('relations = ["localities,teams,same"]', ""))
    shown = run("hubs", "--areas", "wards=localities.geojson", folder=tiny.folder).stdout
    assert "Off the main partner, of each line in each column" in shown


# --- areas without polygons ---


def test_all_is_told_of_areas_by_code_too(tiny: Any, run: Run) -> None:  # noqa: ANN401
    """Without lines there are no widths and nothing is held out; the rest is counted as ever."""
    tiny.write("places.csv", "name,easting,northing\nHadleigh,601000,250000\n")
    tiny.project(
        ("[map]\n", '[map]\nplaces = "places"\n'),
        ("[hubs]\n", '[sites.places]\nfile = "places.csv"\n\n[hubs]\n'),
    )
    shown = [word for name in DEEPER if name != "changes" for word in ("--show", name)]
    options = ["--areas", "coded=column:oa", "--relation", "coded,teams,nests"]
    options += ["--relation", "localities,coded,same", "--swap", "localities"]
    found = tables(run("hubs", *options, *shown, "--json", folder=tiny.folder))
    assert {row["geography"] for row in found["within"]} <= {"teams", "localities"}
    assert {row["metres"] for row in found["measures"]} == {None}
    assert {row["change"] for row in found["moves"]} == {"moves", "stays"}
    assert {row["near"] for row in found["mismatches"]} == {None}
    assert found["widths"] == []
    text = run("hubs", *options, *shown, folder=tiny.folder)
    assert text.exit_code == 0, text.stderr


def test_blocks_without_polygons_are_refused(tiny: Any, run: Run) -> None:  # noqa: ANN401
    options = ("--areas", "coded=column:oa", "--swap", "coded")
    result = run("hubs", *options, folder=tiny.folder)
    assert result.exit_code == 2
    assert "[areas.coded]: has no polygons. Swap blocks that have polygons" in result.stderr


# --- from Python ---


def test_python_gives_what_the_command_gives(tiny: Any, run: Run) -> None:  # noqa: ANN401
    project = geodemand.read_project(tiny.path("geodemand.toml"))
    release = geodemand.hubs(project, more=("measures", "moves"))
    options = ("--show", "measures", "--show", "moves", "--json")
    assert tables(run("hubs", *options, folder=tiny.folder)) == json.loads(
        writers.json_text(release)
    )


def test_a_table_that_there_is_not_is_named_with_the_nearest(tiny: Any) -> None:  # noqa: ANN401
    project = geodemand.read_project(tiny.path("geodemand.toml"))
    with pytest.raises(UsageError, match="Did you mean 'widths'"):
        geodemand.hubs(project, more=("width",))


# --- what cannot be compared ---


@pytest.mark.parametrize(
    ("options", "said", "code"),
    [
        (("--relation", "teams,teams,same"), "compares a geography with itself", 2),
        (("--relation", "localities,teams,like"), "is no relation between two geographies", 2),
        (("--relation", "localities,team,same"), "Did you mean 'teams'?", 2),
        (("--areas", "far=far.geojson", "--relation", "localities,far,same"), "do not meet", 13),
        (("--areas", "at=at.geojson", "--relation", "localities,at,same"), "points or lines", 13),
    ],
)
def test_what_cannot_be_compared_is_said(
    tiny: Any,  # noqa: ANN401
    run: Run,
    options: tuple[str, ...],
    said: str,
    code: int,
) -> None:
    text = json.loads(tiny.path("localities.geojson").read_text(encoding="utf-8"))
    ring = [[400_000, 100_000], [409_000, 100_000], [409_000, 109_000], [400_000, 100_000]]
    shapes: dict[str, Any] = {
        "far": {"type": "Polygon", "coordinates": [ring]},
        "at": {"type": "Point", "coordinates": ring[0]},
    }
    for name, shape in shapes.items():
        feature = {"type": "Feature", "properties": {"code": "X"}, "geometry": shape}
        tiny.write(f"{name}.geojson", json.dumps({**text, "features": [feature]}))
    result = run("hubs", *options, folder=tiny.folder)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert not result.stdout
