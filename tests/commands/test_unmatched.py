"""`check --unmatched`: the rows that could not be placed, for whoever mends them, and no other."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import Result

Run = Callable[..., Result]
Tiny = Any  # the fixture's class lives in conftest

EXACT = ["--policy", "internal", "--reason", "to mend the lists"]
PLACED = ("matched", "repaired", "terminated")
HEADER = "id,name,postcode"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def write(tiny: Tiny, run: Run, lines: list[str], *options: str) -> list[dict[str, str]]:
    tiny.write("cyp.csv", "\n".join([HEADER, *lines, ""]))
    result = run("check", "--unmatched", "mend.csv", *EXACT, *options, folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    return [row for row in rows(tiny.path("mend.csv")) if row["list"] == "CYP"]


def test_every_row_of_the_ledger_that_is_not_placed_is_written(tmp_path: Path, run: Run) -> None:
    assert run("demo", str(tmp_path)).exit_code == 0
    result = run("check", "--unmatched", "mend.csv", *EXACT, "--json", folder=tmp_path)
    assert result.exit_code == 0, result.stderr
    written = Counter((row["list"], row["reason"]) for row in rows(tmp_path / "mend.csv"))
    ledger = json.loads(result.stdout)["ledger"]
    expected = {
        (record["list"], reason): count
        for record in ledger
        for reason, count in record.items()
        if reason not in {"list", "rows", "repairable", *PLACED} and count
    }
    assert written == expected
    for record in ledger:
        placed = sum(record[reason] for reason in PLACED)
        own = sum(n for (name, _), n in written.items() if name == record["list"])
        assert own == record["rows"] - placed
    proposed = Counter(row["list"] for row in rows(tmp_path / "mend.csv") if row["proposed"])
    assert proposed == {r["list"]: r["repairable"] for r in ledger if r["repairable"]}


def test_a_row_says_what_stood_there_why_and_what_it_could_be(tiny: Tiny, run: Run) -> None:
    found = write(
        tiny,
        run,
        ["c1,Ann,IP1 1AA", "c2,Bob,1P1 1AB", "c3,Cy,not known", "c1,Ann,IP1 1AB", "c4,Di,"],
    )
    assert [(row["postcode"], row["id"], row["reason"], row["proposed"]) for row in found] == [
        ("1P1 1AB", "c2", "malformed", "IP1 1AB"),
        ("not known", "c3", "malformed", ""),
        ("IP1 1AB", "c1", "duplicate", ""),
        ("", "c4", "blank", ""),
    ]
    assert [row["row"] for row in found] == ["3", "4", "5", "6"]
    assert {row["file"] for row in found} == {"cyp.csv"}
    assert {row["why"] for row in found} == {"to mend the lists"}
    assert all(row["policy"].startswith("OFFICIAL-SENSITIVE") for row in found)
    assert "Ann" not in tiny.path("mend.csv").read_text()  # only the columns that are needed


TEXT = """Clients of the county
as at 1 March

id,name,postcode
c1,Ann,N/K

c2,"Bob
of the mill",?
c3,Cy,IP1 1AA
c4,Di,IP1
Total,,4
"""


def test_each_row_is_named_by_its_line_in_a_text(tiny: Tiny, run: Run) -> None:
    tiny.write("cyp.csv", TEXT)
    assert numbered(tiny, run) == {"c1": "5", "c2": "7", "c4": "10"}


def test_each_row_is_named_by_its_number_in_a_sheet(tiny: Tiny, run: Run) -> None:
    book = openpyxl.Workbook()
    for row, cells in ((3, ["id", "postcode"]), (4, ["c1", "N/K"]), (7, ["c4", "IP1"])):
        for column, cell in enumerate(cells, start=1):
            book.active.cell(row, column, cell)
    book.active.cell(5, 1, "c3")
    book.active.cell(5, 2, "IP1 1AA")
    book.active.title = "Children"
    book.save(tiny.path("cyp.xlsx"))
    tiny.project(('"cyp.csv"', '"cyp.xlsx"'))
    assert numbered(tiny, run) == {"c1": "4", "c4": "7"}
    (file,) = {row["file"] for row in rows(tiny.path("mend.csv")) if row["list"] == "CYP"}
    assert file == "cyp.xlsx, sheet 'Children'"


def test_each_row_is_named_by_its_number_in_a_parquet(tiny: Tiny, run: Run) -> None:
    several = 130_000  # more than one part of the file
    texts = ["IP1 1AA"] * several
    texts[0], texts[-1] = "N/K", "IP1"
    listed = pa.table({"id": [f"c{row}" for row in range(1, several + 1)], "postcode": texts})
    pq.write_table(listed, tiny.path("cyp.parquet"), row_group_size=50_000)
    tiny.project(('"cyp.csv"', '"cyp.parquet"'))
    assert numbered(tiny, run) == {"c1": "1", f"c{several}": str(several)}


def numbered(tiny: Tiny, run: Run) -> dict[str, str]:
    """Return the number of each row of the list that could not be placed, by id."""
    result = run("check", "--unmatched", "mend.csv", *EXACT, folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    listed = [row for row in rows(tiny.path("mend.csv")) if row["list"] == "CYP"]
    return {row["id"]: row["row"] for row in listed}


def test_with_repair_a_row_that_is_placed_is_not_written(tiny: Tiny, run: Run) -> None:
    found = write(tiny, run, ["c1,Ann,IP1 1AA", "c2,Bob,1P1 1AB", "c3,Cy,N/K"], "--repair")
    assert [row["id"] for row in found] == ["c3"]


def test_of_one_client_one_row_is_the_reason_and_the_others_are_duplicates(
    tiny: Tiny, run: Run
) -> None:
    found = write(tiny, run, ["c1,Ann,IP1", "c1,Ann,N/K", "c1,Ann,IP1", "c2,Bob,IP1 1AA"])
    assert Counter(row["reason"] for row in found) == {"partial": 1, "duplicate": 2}


def test_lists_by_coordinates_are_listed_too(tiny: Tiny, run: Run) -> None:
    tiny.write("cyp.csv", "id,easting,northing\nc1,600200,250200\nc2,100000,900000\nc3,,\n")
    result = run("check", "--unmatched", "mend.csv", *EXACT, folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    found = [row for row in rows(tiny.path("mend.csv")) if row["list"] == "CYP"]
    assert [(row["postcode"], row["reason"]) for row in found] == [
        ("100000|900000", "outside"),
        ("|", "blank"),
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_cell_is_a_formula(tiny: Tiny, run: Run, start: str) -> None:
    found = write(tiny, run, [f'{start}1,Ann,"{start}HYPERLINK(1)"', "c2,Bob,IP1 1AA"])
    (row,) = found
    assert row["postcode"].startswith("'")
    assert row["id"].startswith("'")


def test_the_file_is_private_and_never_replaces_another_unasked(tiny: Tiny, run: Run) -> None:
    write(tiny, run, ["c1,Ann,IP1 1AA", "c2,Bob,N/K"])
    path = tiny.path("mend.csv")
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    options = ["check", "--unmatched", "mend.csv", *EXACT]
    refused = run(*options, "--out", "out", folder=tiny.folder)
    assert refused.exit_code == 2
    assert "--overwrite" in refused.stderr
    assert path.read_bytes() == before
    assert not tiny.path("out").exists()  # nothing is written on an error
    assert run(*options, "--overwrite", folder=tiny.folder).exit_code == 0


@pytest.mark.parametrize("policy", [[], ["--policy", "public"]], ids=["default", "public"])
def test_a_policy_without_listed_clients_refuses_before_anything_is_read(
    tiny: Tiny, run: Run, policy: list[str]
) -> None:
    tiny.write("cyp.csv", "no table")
    result = run("check", "--unmatched", "mend.csv", *policy, folder=tiny.folder)
    assert result.exit_code == 15
    assert "--policy internal --reason" in result.stderr
    assert not tiny.path("mend.csv").exists()


def test_without_a_reason_it_is_refused(tiny: Tiny, run: Run) -> None:
    result = run("check", "--unmatched", "mend.csv", "--policy", "internal", folder=tiny.folder)
    assert result.exit_code == 15
    assert not tiny.path("mend.csv").exists()


def test_only_csv_is_written(tiny: Tiny, run: Run) -> None:
    result = run("check", "--unmatched", "mend.xlsx", *EXACT, folder=tiny.folder)
    assert result.exit_code == 2
    assert "mend.xlsx" in result.stderr


@pytest.mark.parametrize("options", [[], ["-v"], ["--json"], ["--out", "out"], ["--out", "-"]])
def test_a_row_stands_in_that_file_and_nowhere_else(
    tiny: Tiny, run: Run, options: list[str]
) -> None:
    tiny.write("cyp.csv", f"{HEADER}\nCANARY7,Canary-Smith,1P1 1AA\nc2,Bob,IP1 1AB\n")
    result = run("check", "--unmatched", "mend.csv", *EXACT, *options, folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    assert "CANARY7" in tiny.path("mend.csv").read_text()
    others = [result.stdout, result.stderr]
    if tiny.path("out").exists():
        others += [path.read_text() for path in tiny.path("out").iterdir()]
    for text in others:
        assert not [word for word in ("CANARY7", "Canary-Smith", "1P1 1AA") if word in text]
