"""`hubs --moved-clients`: who changes team, by id, for case systems; and nobody else."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]
Tiny = Any  # the fixture's class lives in conftest

EXACT = ["--policy", "internal", "--reason", "to move cases"]
# The teams' border lies 100 m east of the localities': IP2 2BA is in L2 and T1.
LINES = [
    "c1,IP1 1AA",
    "c2,ip22ba",
    "c3,IP2 2BB",
    "c4,IP2 2BA",
    "c1,IP2 2BA",
    "c2,IP2 2BA",
    ",IP2 2BA",
    "c5,not known",
]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_who_moves_is_named_once_by_id_with_the_team_before_and_after(tiny: Tiny, run: Run) -> None:
    """c1 is counted at the first postcode, c2 once; who has no id is told by file and row."""
    tiny.clients("cyp.csv", LINES)
    asked = ["--moved-clients", "moved.csv", "--show", "moves", "--format", "csv", "--out", "out"]
    result = run("hubs", *asked, *EXACT, folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    found = [row for row in rows(tiny.path("moved.csv")) if row["list"] == "CYP"]
    assert sorted((row["id"], row["row"]) for row in found) == [("", "8"), ("c2", "7"), ("c4", "5")]
    assert {(r["unit_a"], r["unit_b"], r["a"], r["b"]) for r in found} == {
        ("L2", "T1", "localities", "teams")
    }
    assert {row["why"] for row in found} == {"to move cases"}
    assert all(row["policy"].startswith("OFFICIAL-SENSITIVE") for row in found)
    # Every client of the table of postcodes is in it, and no other.
    clients = Counter(row["list"] for row in rows(tiny.path("moved.csv")))
    table = rows(tiny.path("out") / "hubs-moved_postcodes.csv")
    for name in ("CYP", "ACS"):
        assert clients[name] == sum(int(row[name]) for row in table)


def test_clients_by_coordinates_move_too(tiny: Tiny, run: Run) -> None:
    lines = ["p1,600200,250200", "p2,601050,250205", "p3,601050,250300", "p4,601500,250205"]
    tiny.clients("cyp.csv", lines, "id,easting,northing")
    result = run("hubs", "--moved-clients", "moved.csv", *EXACT, folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    found = [row for row in rows(tiny.path("moved.csv")) if row["list"] == "CYP"]
    assert sorted(row["id"] for row in found) == ["p2", "p3"]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--moved-clients", "moved.csv"], 15, "does not let rows of clients out"),
        (["--moved-clients", "moved.txt", *EXACT], 2, "is no CSV"),
        (
            ["--moved-clients", "m.csv", "--relation", "localities,teams,nests", *EXACT],
            2,
            "no pair is asked to be the same",
        ),
    ],
)
def test_what_is_refused_writes_nothing(
    tiny: Tiny, run: Run, options: list[str], code: int, said: str
) -> None:
    before = sorted(tiny.folder.rglob("*"))
    result = run("hubs", *options, folder=tiny.folder)
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr
    assert sorted(tiny.folder.rglob("*")) == before


def test_a_list_that_only_a_second_look_can_read_is_read_so(tiny: Tiny, run: Run) -> None:
    """A title above the heading, a name over two lines, a total below."""
    lines = ["Clients", "", "id,name,postcode", 'c1,"Bob', 'of the mill",IP2 2BA', "c2,Cy,IP1 1AA"]
    tiny.write("cyp.csv", "\n".join([*lines, "Total,,2", ""]))
    result = run("hubs", "--moved-clients", "moved.csv", *EXACT, folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    found = [row for row in rows(tiny.path("moved.csv")) if row["list"] == "CYP"]
    assert [row["id"] for row in found] == ["c1"]
