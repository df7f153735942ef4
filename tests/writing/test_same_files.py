"""The same inputs in any order give the same bytes in every format, in any process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

Tiny = Any  # the fixture's class lives in conftest

# The charts of the HTML page are SVG.
FORMATS = ("csv", "tidy", "json", "xlsx", "html", "png")
EVERY = [part for name in FORMATS for part in ("--format", name)]
COMMANDS = [
    ["profile", *EVERY],
    ["hubs", "--show", "moves", "--show", "within", "--format", "csv", "--format", "json"],
    ["check", "--format", "tidy"],
    ["map"],
]
PROGRAM = """
import sys
from geodemand.cli import main
for arguments in {commands}:
    main(arguments, standalone_mode=False)
"""


def written(folder: Path) -> dict[str, bytes]:
    """Return the results; a record tells of the very files that were read, whose bytes differ."""
    return {
        path.name: path.read_bytes()
        for path in (folder / "outputs").iterdir()
        if not path.name.endswith(".record.json")
    }


def in_another_process(folder: Path) -> dict[str, bytes]:
    """Return what the commands write in a process whose sets and hashes run their own way."""
    subprocess.run(
        [sys.executable, "-c", PROGRAM.format(commands=COMMANDS)],
        cwd=folder,
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        check=True,
        timeout=300,
    )
    return written(folder)


def turned_round(folder: Path) -> None:
    """Put the rows and features of all inputs in the other order."""
    for path in folder.glob("*.csv"):
        header, *rows = path.read_text().splitlines()
        path.write_text("\n".join([header, *reversed(rows)]) + "\n")
    for path in folder.glob("*.geojson"):
        collection = json.loads(path.read_text())
        collection["features"].reverse()
        path.write_text(json.dumps(collection))


def test_every_format_has_the_same_bytes(tiny: Tiny, run: Callable[..., Result]) -> None:
    for arguments in COMMANDS:
        result = run(*arguments, folder=tiny.folder)
        assert result.exit_code == 0, result.stderr
    first = written(tiny.folder)
    assert {name.rpartition(".")[2] for name in first} == set(FORMATS) - {"tidy"}
    shutil.rmtree(tiny.folder / "outputs")
    turned_round(tiny.folder)
    second = in_another_process(tiny.folder)
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []
