"""Boundaries that change: the answer on a day, and what changes when."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import shapely
from click.testing import Result

Run = Callable[..., Result]
WEST, SOUTH, NORTH = 600_000, 250_000, 251_000


def box(west: float, east: float) -> shapely.Geometry:
    return shapely.box(WEST + west, SOUTH, WEST + east, NORTH)


@pytest.fixture
def phased(tiny: Any) -> Any:  # noqa: ANN401
    return tiny.phased()


def dated(tiny: Any, *rows: tuple[str, float, float, str, str | None]) -> None:  # noqa: ANN401
    """Write one layer whose areas have a first and a last day each."""
    tiny.areas("delivery.geojson", {f"{i}": box(row[1], row[2]) for i, row in enumerate(rows)})
    text = json.loads(tiny.path("delivery.geojson").read_text(encoding="utf-8"))
    for feature, row in zip(text["features"], rows, strict=True):
        feature["properties"] = {"code": row[0], "name": f"Area {row[0]}"}
        feature["properties"] |= {"start": row[3], "stop": row[4]}
    tiny.path("delivery.geojson").write_text(json.dumps(text), encoding="utf-8")
    entry = 'file = "delivery.geojson"\nvalid_from = "start"\nvalid_to = "stop"\n'
    tiny.project(("[hubs]\n", f"[areas.delivery]\n{entry}\n[hubs]\n"))


ASKED = ("hubs", "--relation", "localities,delivery,same", "--json")


def units(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)["units"]
    return [r["unit"] for r in rows if r["a"] == "delivery" and r["weight"] == "postcodes"]


@pytest.mark.parametrize(
    ("day", "codes"),
    [
        ("2024-04-01", ["D1"]),
        ("2025-03-31", ["D1"]),
        ("2025-04-01", ["D1", "D2"]),
        ("01/06/2031", ["D1", "D2"]),
    ],
)
def test_the_answer_is_that_of_the_day(phased: Any, run: Run, day: str, codes: list[str]) -> None:  # noqa: ANN401
    assert units(run(*ASKED, "--on", day, folder=phased.folder)) == codes


def test_the_project_may_say_the_day_for_every_command(phased: Any, run: Run) -> None:  # noqa: ANN401
    text = phased.path("geodemand.toml").read_text(encoding="utf-8")
    phased.write("geodemand.toml", f"on = 2025-04-01\n{text}")
    assert units(run(*ASKED, folder=phased.folder)) == ["D1", "D2"]
    shown = run("check", "--json", folder=phased.folder)
    assert shown.exit_code == 0, shown.output


def test_what_changes_is_listed_with_postcodes_and_clients(phased: Any, run: Run) -> None:  # noqa: ANN401
    options = ("--on", "2025-04-01", "--show", "changes")
    result = run(*ASKED, *options, folder=phased.folder)
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)["changes"]
    told = ("geography", "day", "unit_a", "unit_b", "change", "CYP", "ACS")
    assert [row[name] for name in told] == [
        *("delivery", "2025-04-01", "D1", "D2", "the new area begins", 30, 20),
    ]
    assert row["postcodes"] > 0
    shown = run(*ASKED[:-1], *options, folder=phased.folder).stdout
    assert "What changes in delivery on 2025-04-01" in shown
    assert max(len(line) for line in shown.splitlines()) <= 100


def test_areas_of_one_layer_hold_from_their_first_to_their_last_day(tiny: Any, run: Run) -> None:  # noqa: ANN401
    dated(
        tiny,
        ("D1", 0, 2000, "2024-04-01", "2025-03-31"),
        ("D1", 0, 1000, "2025-04-01", None),
        ("D2", 1000, 2000, "01/04/2025", ""),
    )
    for day, codes in (("2025-03-31", ["D1"]), ("2025-04-01", ["D1", "D2"])):
        assert units(run(*ASKED, "--on", day, folder=tiny.folder)) == codes
    found = run(*ASKED, "--on", "2026-01-01", "--show", "changes", folder=tiny.folder)
    rows = json.loads(found.stdout)["changes"]
    assert [(row["day"], row["unit_a"], row["unit_b"]) for row in rows] == [
        ("2025-04-01", "D1", "D2")
    ]


def test_a_geography_that_ends_leaves_its_clients_in_none(tiny: Any, run: Run) -> None:  # noqa: ANN401
    dated(tiny, ("D1", 0, 1000, "", "2025-03-31"), ("D2", 1000, 2000, "2025-01-01", "2025-03-31"))
    found = run(*ASKED, "--on", "2025-02-01", "--show", "changes", folder=tiny.folder)
    rows = json.loads(found.stdout)["changes"]
    assert [(r["day"], r["unit_a"], r["unit_b"], r["change"]) for r in rows] == [
        ("2025-01-01", "(none)", "D2", "the new area begins"),
        ("2025-04-01", "D1", "(none)", "the old area ends"),
        ("2025-04-01", "D2", "(none)", "the old area ends"),
    ]


# --- what cannot be answered ---


@pytest.mark.parametrize(
    ("day", "said", "code"),
    [
        ((), "has dates, and no day is asked about", 2),
        (("--on", "tomorrow"), "'tomorrow' is no day", 2),
        (("--on", "2026-02-30"), "'2026-02-30' is no day", 2),
        (("--on", "2020-01-01"), "has no phase on 2020-01-01", 11),
    ],
)
def test_days_without_an_answer(
    phased: Any,  # noqa: ANN401
    run: Run,
    day: tuple[str, ...],
    said: str,
    code: int,
) -> None:
    result = run(*ASKED, *day, folder=phased.folder)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert not result.stdout


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (
            '"2024-04-01", ends = "2025-04-01"',
            '"2025-04-01"',
            "does not end before the next begins",
        ),
        ('"2024-04-01"', '"2024-04-01"', "does not end before the next begins"),
        ('"2024-04-01", ends = "2023-01-01"', '"2025-04-01"', "ends before it begins"),
    ],
)
def test_phases_that_overlap_are_refused(
    phased: Any,  # noqa: ANN401
    run: Run,
    first: str,
    second: str,
    said: str,
) -> None:
    text = phased.path("geodemand.toml").read_text(encoding="utf-8")
    text = text.replace(
        '"first.geojson", starts = "2024-04-01"', f'"first.geojson", starts = {first}'
    )
    text = text.replace("starts = 2025-04-01", f"starts = {second}")
    phased.write("geodemand.toml", text)
    result = run(*ASKED, "--on", "2025-06-01", folder=phased.folder)
    assert result.exit_code == 11, result.output
    assert said in result.stderr


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [("D1", 0, 1000, "2024-01-01", "2025-12-31"), ("D1", 0, 2000, "2025-01-01", None)],
            "Their dates overlap",
        ),
        ([("D1", 0, 1000, "spring", None)], "holds dates that are no days: 'spring' (feature 1)"),
        (
            [("D1", 0, 1000, "2025-05-01", "2025-04-01")],
            "holds features that end before they begin",
        ),
        ([("D1", 0, 1000, "2026-01-01", None)], "holds no area that is valid on 2025-06-01"),
    ],
)
def test_dates_of_areas_that_cannot_be_right_are_refused(
    tiny: Any,  # noqa: ANN401
    run: Run,
    rows: list[tuple[str, float, float, str, str | None]],
    said: str,
) -> None:
    dated(tiny, *rows)
    result = run(*ASKED, "--on", "2025-06-01", folder=tiny.folder)
    assert result.exit_code == 11, result.output
    assert said in result.stderr.replace("\n", " ")


def test_changes_of_boundaries_without_dates_are_refused(tiny: Any, run: Run) -> None:  # noqa: ANN401
    result = run("hubs", "--show", "changes", folder=tiny.folder)
    assert result.exit_code == 2
    assert "none of the geographies has dates" in result.stderr
