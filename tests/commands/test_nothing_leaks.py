"""A planted name and postcode turn up nowhere: on no screen, in no file, in no error."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import Result

Run = Callable[..., Result]
Tiny = Any  # the fixture's class lives in conftest

NAME, IDENTITY, POSTCODE = "Canary-Smith", "CANARY7", "IP7 7QQ"
PLANTED = [NAME, IDENTITY, POSTCODE, POSTCODE.replace(" ", ""), POSTCODE.lower()]
EXACT = ["--policy", "internal", "--reason", "a test"]
HEADER = "id,name,postcode"
ROW = f"{IDENTITY},{NAME},{POSTCODE}"
OTHERS = "\n".join(f"c{n},Somebody,IP1 1AA" for n in range(20))


def assert_unseen(result: Result) -> None:
    for word in PLANTED:
        assert word not in result.stdout
        assert word not in result.stderr


def in_the_directory(tiny: Tiny) -> None:
    lines = tiny.path("postcodes.csv").read_text()
    tiny.write("postcodes.csv", f"{lines}{POSTCODE},601000,250500,,20,50,E009\n")


def text_of(path: Path) -> str:
    """Return the text of a file; of a workbook, that of all its parts."""
    if path.suffix != ".xlsx":
        return path.read_bytes().decode("utf-8", errors="replace")
    with zipfile.ZipFile(path) as parts:
        return "".join(parts.read(name).decode() for name in parts.namelist())


@pytest.mark.parametrize("command", ["profile", "hubs", "map"])
@pytest.mark.parametrize("options", [[], ["-v"], EXACT, [*EXACT, "-v"]], ids=" ".join)
@pytest.mark.parametrize("known", [True, False], ids=["in the directory", "unknown"])
def test_no_client_is_on_the_screen_or_in_a_result(
    tiny: Tiny, run: Run, command: str, options: list[str], *, known: bool
) -> None:
    if known:
        in_the_directory(tiny)
    tiny.write("cyp.csv", f"{HEADER}\n{ROW}\n{OTHERS}\n")
    formats = {"profile": "csv json tidy xlsx html svg png", "hubs": "csv json tidy xlsx html"}
    files = [part for name in formats.get(command, "").split() for part in ("--format", name)]
    result = run(command, *options, *files, folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    assert_unseen(result)
    written = list(tiny.path("outputs").iterdir())
    assert written
    for path in written:
        content = text_of(path)
        assert not [word for word in PLANTED if word in content], path.name


@pytest.mark.parametrize("options", [["-v"], ["--format", "csv", "--format", "json"]])
def test_no_client_is_in_what_hubs_tells_on_request(
    tiny: Tiny, run: Run, options: list[str]
) -> None:
    """The policy `internal` alone lists postcodes, and only those that change team."""
    from geodemand.api.hubs_deeper import ALWAYS, DEEPER

    in_the_directory(tiny)
    tiny.phased()
    tiny.write("cyp.csv", f"{HEADER}\n{ROW}\n{OTHERS}\n")
    asked = ("--on", "2025-04-01", "--relation", "localities,teams,same")
    asked += ("--relation", "localities,delivery,same")
    shown = [*asked, *(word for name in (*ALWAYS, *DEEPER) for word in ("--show", name))]
    result = run("hubs", *shown, "--swap", "teams", *options, folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    assert_unseen(result)
    for path in tiny.folder.glob("outputs/*"):
        content = path.read_text(encoding="utf-8")
        assert not [word for word in PLANTED if word in content], path.name


@pytest.mark.parametrize("repair", [[], ["--repair"]], ids=["proposed", "repaired"])
def test_a_repair_names_neither_the_text_nor_the_postcode(
    tiny: Tiny, run: Run, repair: list[str]
) -> None:
    in_the_directory(tiny)
    tiny.write("cyp.csv", f"{HEADER}\n{IDENTITY},{NAME},1P7 7QQ\n{OTHERS}\n")
    for options in (["-v"], ["--json"], EXACT):
        result = run("profile", *repair, *options, folder=tiny.folder)
        assert result.exit_code == 0
        assert_unseen(result)
        assert "1P7" not in result.stdout + result.stderr


BROKEN = {
    "a long row": f"{HEADER}\n{OTHERS}\n{ROW},more,and more\n",
    "a short row": f"{HEADER}\n{OTHERS}\n{IDENTITY}\n",
    "a long row first": f"{HEADER}\n{ROW},more\n{OTHERS}\n",
    "rows of all lengths": f"{HEADER}\nc1\n{ROW}\n{ROW},x\n{ROW},x,y\n",
    "an open quote": f'{HEADER}\n{OTHERS}\n{IDENTITY},"{NAME},{POSTCODE}\n',
    "text after a quote": f'{HEADER}\n{OTHERS}\n{IDENTITY},"Canary"-Smith,{POSTCODE}\n',
    "other delimiters": f"{HEADER.replace(',', ';')}\n{OTHERS}\n{ROW}\n",
    "no header": f"{ROW}\n{OTHERS}\n",
    "no header, postcode alone": f"{POSTCODE}\nIP1 1AA\n",
    "a title above": f"Clients of {NAME}\n\n{HEADER}\n{ROW}\n",
    "two header rows": f"{ROW}\n{HEADER}\n{OTHERS}\n",
    "another encoding": f"{HEADER}\n{OTHERS}\n{IDENTITY},{NAME}é,{POSTCODE}\n",
    "the columns' names are others": f"ref,who,where\n{ROW}\n{OTHERS}\n",
    "a NUL": f"{HEADER}\n{OTHERS}\n{IDENTITY},{NAME}\0,{POSTCODE}\n",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_no_row_is_quoted_when_a_list_cannot_be_read(
    tiny: Tiny, run: Run, content: str, encoding: str
) -> None:
    tiny.path("cyp.csv").write_bytes(content.encode(encoding))
    for command in ("profile", "map"):
        result = run(command, "-v", folder=tiny.folder)
        assert result.exit_code in {0, 11, 12}
        assert result.exit_code == 0 or "cyp.csv" in result.stderr
        assert_unseen(result)


@pytest.mark.parametrize("content", ["text", "=1+1", "1,234", "n/a"])
def test_no_coordinate_is_quoted_that_cannot_be_read(tiny: Tiny, run: Run, content: str) -> None:
    tiny.write("cyp.csv", f"id,easting,northing\n{IDENTITY},{content},CANARY\nc2,600200,250200\n")
    result = run("profile", "-v", folder=tiny.folder)
    assert result.exit_code in {0, 11}
    assert_unseen(result)
    assert "CANARY" not in result.stderr


def test_a_bug_shows_no_counts(tiny: Tiny, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were there a bug, its traceback would hold the values' shapes only."""
    from geodemand.core import profile

    def broken(clients: Any, *_: Any) -> None:  # noqa: ANN401
        raise RuntimeError(repr(clients))

    tiny.write("cyp.csv", f"{HEADER}\n" + f"{ROW}\n" * 3 + f"{OTHERS}\n")
    monkeypatch.setattr(profile, "profile", broken)
    with pytest.raises(RuntimeError) as caught:
        run("profile", folder=tiny.folder)
    assert "Exact(shape=" in str(caught.value)
    assert not [word for word in PLANTED if word in str(caught.value)]


WATCHED = """
import os, sys
seen = []
FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT
def watch(event, arguments):
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & FLAGS:
        seen.append(str(arguments[0]))
sys.addaudithook(watch)
from geodemand.cli import main
main(sys.argv[1:], standalone_mode=False)
print("\\n".join(seen), file=sys.stderr)
"""


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "xlsx"])
def test_no_temporary_file_is_made_of_a_list(tiny: Tiny, tmp_path: Path, kind: str) -> None:
    """What is written to while a list is read and counted is the outputs, and nothing else."""
    rows = f"{HEADER}\n{ROW}\n{OTHERS}\n"
    if kind == "csv":
        tiny.write("cyp.csv", rows)
    elif kind == "csv.gz":
        tiny.path("cyp.csv.gz").write_bytes(gzip.compress(rows.encode()))
    else:
        book = openpyxl.Workbook()
        for line in rows.splitlines():
            book.active.append(line.split(","))
        book.save(tiny.path("cyp.xlsx"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    files = ["--json", "--format", "csv", "--format", "xlsx"]
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, "profile", "--clients", f"CYP=cyp.{kind}", *files],
        cwd=tiny.folder,
        env=os.environ | {"TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not [word for word in PLANTED if word in done.stdout + done.stderr]
    assert not list(temporary.iterdir())
    _, _, seen = done.stderr.partition("profile.xlsx\n")
    places = {path for path in seen.splitlines() if not path.startswith(("/proc/self/fd", "/dev"))}
    # The ledger of releases holds published figures by postcode, and no client.
    assert {path for path in places if "outputs" not in path} == {"releases"}
    kept = b"".join(path.read_bytes() for path in tiny.path("releases").iterdir())
    assert kept
    assert not [word for word in (NAME, IDENTITY) if word.encode() in kept]
