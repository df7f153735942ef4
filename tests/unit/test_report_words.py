"""Tables and columns in words: every column has a title, and kinds of figure are written alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from geodemand.api.hubs_deeper import DEEPER
from geodemand.report import words
from geodemand.report.kinds import KINDS, TEXT, text

COMMANDS = ("profile", "hubs", "check")
LISTS = {"CYP", "ACS"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_column_that_a_command_puts_out_has_a_title_and_a_meaning(
    tiny: Any,  # noqa: ANN401 - a fixture's class lives in conftest
    run: Callable[..., Result],
    command: str,
) -> None:
    found = json.loads(run(command, "--json", folder=tiny.folder).stdout)
    tables = {name: rows for name, rows in found.items() if isinstance(rows, list)}
    del tables["sentences"]
    assert tables
    assert set(tables) <= set(words.known_tables())
    columns = {column for rows in tables.values() for row in rows for column in row}
    assert columns - LISTS <= set(words.known_columns())


def test_every_column_that_hubs_tells_on_request_has_a_title_and_a_meaning(
    tiny: Any,  # noqa: ANN401
    run: Callable[..., Result],
) -> None:
    tiny.write("hubs.csv", "name,easting,northing\nWest,600500,250500\n")
    told = [name for name in DEEPER if name != "changes"]  # needs geographies with dates
    options = [word for name in told for word in ("--show", name)]
    options += ["--sites", "hubs=hubs.csv", "--areas", "blocks=localities.geojson"]
    options += ["--relation", "localities,teams,same", "--relation", "hubs,teams,inside"]
    options += ["--swap", "blocks", "--policy", "internal", "--reason", "a test", "--json"]
    found = json.loads(run("hubs", *options, folder=tiny.folder).stdout)
    tables = {name: rows for name, rows in found.items() if isinstance(rows, list)}
    del tables["sentences"]
    assert (
        {"sites", "swaps", "moved_postcodes", "measures"}
        <= set(tables)
        <= set(words.known_tables())
    )
    for name, rows in tables.items():
        described = {*words.of_table(name).fields, *words.known_columns()}
        assert {column for row in rows for column in row} - LISTS <= described


@pytest.mark.parametrize("name", words.known_tables())
def test_every_table_that_is_described_is_described_whole(name: str) -> None:
    table = words.of_table(name)
    assert table.title
    assert table.about.endswith(".")
    named = {*table.fields, *table.shown, *table.split, *filter(None, (table.group, table.turn))}
    assert named <= set(words.known_columns())
    titles = [words.of_column(name, column).title for column in table.fields]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("name", words.known_columns())
def test_every_column_that_is_described_is_described_whole(name: str) -> None:
    column = words.of_column("", name)
    assert column.title
    assert column.about.endswith((".", ")."))
    assert column.kind in {TEXT, *KINDS}
    assert set(column.interval) <= set(words.known_columns())


def test_a_column_named_by_a_list_holds_its_clients() -> None:
    assert words.of_column("mismatches", "NEET").about == "Clients of the list NEET."


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (0, "count", "0"),
        ("c", "count", "c"),
        (None, "count", "–"),
        (0.379988, "share", "38.0 %"),
        (0.3, "share", "30 %"),
        (0.0004, "share", "<0.1 %"),
        (0, "share", "0 %"),
        (1071.4, "index", "1,071"),
        (-0.5, "residual", "−0.5"),
        (0.02, "difference", "+2 points"),
        (4.0, "rate", "4.00"),
        (0.000009, "rate", "0.000009"),
        (0, "rate", "0"),
        (47.77, "number", "47.8"),
        (370_921.09, "number", "370,921"),
        (0.0042, "rate", "0.00420"),
        ("Hard Pressed", TEXT, "Hard Pressed"),
    ],
)
def test_figures_are_written_for_people(value: Any, kind: str, expected: str) -> None:  # noqa: ANN401
    assert text(value, kind) == expected
