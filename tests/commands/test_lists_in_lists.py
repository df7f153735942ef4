"""A list that is a part of another, by age or other conditions: what is left is not given away."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from geodemand.io.nesting import nested
from geodemand.project import ListEntry

Run = Callable[..., Result]
Tiny = Any  # the fixture's class lives in conftest
DFE = ["--policy", "dfe"]
FEW, AREA = 3, "L1"
FILE = Path("cyp.csv")


def of_ages(tiny: Tiny, ages: Mapping[str, tuple[int, int]], held: Mapping[str, int]) -> None:
    """Write children of so many years at each postcode, and a list for each of some ages."""
    rows = []
    for at, count in held.items():
        postcode, age = at.split(",")
        rows += [f"{postcode},{age}"] * count
    numbered = [f"c{number},{row}" for number, row in enumerate(rows)]
    tiny.clients("cyp.csv", numbered, header="id,postcode,age")
    lists = "".join(
        f'\n[clients."{name}"]\nfile = "cyp.csv"\nages = [{low}, {high}]\n'
        for name, (low, high) in ages.items()
    )
    sets = ('"Hard Pressed" = "category:5"\n', "")
    tiny.project(('\n[clients.ACS]\nfile = "acs.csv"\n', lists), sets)


def shown(run: Run, tiny: Tiny, *options: str) -> dict[str, object]:
    """Return the clients of one area by list, nothing where the run is refused."""
    asked = ["profile", "--by", "localities", "--level", "category", "--json", *options]
    result = run(*asked, folder=tiny.folder)
    if result.exit_code == 15:
        return {}
    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout)["by_place"]
    return {row["list"]: row["clients"] for row in reversed(rows) if row["area"] == AREA}


ONE = {"Under five": (0, 4)}
TWO = {"Under five": (0, 4), "5 to 17": (5, 17)}
HELD = {"IP1 1AA,3": 37, "IP1 1AA,9": FEW, "IP2 2BE,3": 30, "IP2 2BE,9": 30}
THREE = {**HELD, "IP1 1AA,9": 20, "IP1 1AA,18": FEW, "IP2 2BE,18": 20}


@pytest.mark.parametrize(("ages", "held", "others"), [(ONE, HELD, 37), (TWO, THREE, 57)])
def test_a_list_less_its_parts_is_attacked(
    tiny: Tiny,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    ages: Mapping[str, tuple[int, int]],
    held: Mapping[str, int],
    others: int,
) -> None:
    """40 children and 37 under five: three are older; so with two parts that share nobody."""
    of_ages(tiny, ages, held)
    found = shown(run, tiny, *DFE)
    assert not told(found, ages)
    # Without the knowledge that one is a part of the other, both would be shown.
    monkeypatch.setattr("geodemand.io.nesting.nested", lambda _: ())
    bare = shown(run, tiny, *DFE)
    assert told(bare, ages)
    assert bare["CYP"] == others + FEW


def told(found: Mapping[str, object], ages: Mapping[str, tuple[int, int]]) -> bool:
    """Return whether all that is needed for the few that are left is shown."""
    return bool(found) and all(isinstance(found[name], int) for name in ("CYP", *ages))


def test_lists_that_tell_nothing_of_each_other_stay_as_they_are(tiny: Tiny, run: Run) -> None:
    of_ages(tiny, ONE, {**HELD, "IP1 1AA,9": 20})
    assert shown(run, tiny, *DFE) == {"CYP": 57, "Under five": 37}


def test_a_part_of_another_date_is_attacked_with_the_release_before(tiny: Tiny, run: Run) -> None:
    """All children are released; later the same project asks for those under five too."""
    of_ages(tiny, {"Under five": (0, 17)}, HELD)
    assert shown(run, tiny, *DFE, "--release")["CYP"] == 40
    of_ages(tiny, ONE, HELD)
    assert shown(run, tiny, *DFE).get("Under five", "c") == "c"


def test_the_parts_are_of_lists_by_coordinates_too(tiny: Tiny, run: Run) -> None:
    of_ages(tiny, ONE, HELD)
    where = {"IP1 1AA": "600200,250200", "IP2 2BE": "601300,250700"}
    text = tiny.path("cyp.csv").read_text().replace("id,postcode,", "id,easting,northing,")
    for postcode, at in where.items():
        text = text.replace(postcode, at)
    tiny.path("cyp.csv").write_text(text)
    assert not told(shown(run, tiny, *DFE), ONE)


# --- which lists are parts of which ---


def parts(**entries: ListEntry) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.whole, each.parts) for each in nested(entries)]


def entry(**asked: Any) -> ListEntry:  # noqa: ANN401 - fields of an entry
    return ListEntry(file=FILE, **asked)


def test_narrower_conditions_on_the_same_files_make_a_part() -> None:
    every = entry()
    assert parts(a=every, b=entry(ages=(0, 4))) == [("a", ("b",))]
    assert parts(a=every, b=entry(only={"Status": "NEET"})) == [("a", ("b",))]
    assert parts(a=entry(ages=(0, 9)), b=entry(ages=(5, 9))) == [("a", ("b",))]
    wide, narrow = entry(only={"Status": ("NEET", "Not known")}), entry(only={"Status": "NEET"})
    assert parts(b=narrow, a=wide) == [("a", ("b",))]
    year, quarter = (
        entry(dates=("2025-04-01", "2026-03-31")),
        entry(dates=("2025-04-01", "30/6/25")),
    )
    assert parts(a=year, b=quarter) == [("a", ("b",))]


def test_parts_that_share_nobody_stand_together() -> None:
    every = entry()
    young, old, middle = entry(ages=(0, 4)), entry(ages=(5, 9)), entry(ages=(3, 6))
    assert parts(a=every, b=young, c=old) == [("a", ("b", "c"))]
    assert parts(a=every, b=young, c=middle, d=old) == [("a", ("b", "d")), ("a", ("c",))]
    neet, known = entry(only={"Status": "NEET"}), entry(only={"Status": ("EET", "Known")})
    assert parts(a=every, b=neet, c=known) == [("a", ("b", "c"))]


def test_other_files_columns_or_wider_conditions_make_none() -> None:
    assert parts(a=entry(), b=ListEntry(file=Path("acs.csv"), ages=(0, 4))) == []
    assert parts(a=entry(), b=entry(sheet="2024", ages=(0, 4))) == []
    assert parts(a=entry(ages=(0, 4)), b=entry(ages=(4, 9))) == []
    assert parts(a=entry(age="Age", ages=(0, 9)), b=entry(age="Age now", ages=(0, 4))) == []
    assert parts(a=entry(only={"Status": "NEET"}), b=entry(only={"Team": "North"})) == []
    assert parts(a=entry(only={"Status": "NEET"}), b=entry(ages=(0, 4))) == []


def test_a_list_that_is_there_twice_is_part_of_itself_once() -> None:
    assert parts(a=entry(), b=entry()) == [("a", ("b",))]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=5))
def test_a_part_holds_no_age_that_the_whole_does_not(ranges: list[tuple[int, int]]) -> None:
    entries = {f"l{n}": entry(ages=(min(each), max(each))) for n, each in enumerate(ranges)}
    ages = {name: set(range(int(e.ages[0]), int(e.ages[1]) + 1)) for name, e in entries.items()}
    for each in nested(entries):
        assert all(ages[part] <= ages[each.whole] for part in each.parts)
        assert sum(len(ages[part]) for part in each.parts) <= len(ages[each.whole])
