"""What holds for any text table: DuckDB and Python read the same rows out of it, or none do."""

from __future__ import annotations

import csv
import io
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodemand.core.keys import Lookup, packed
from geodemand.core.matching import PLACED, Asked, Directory
from geodemand.errors import GeodemandError
from geodemand.io import headings, lists, tables, text
from geodemand.io.tables import Wanted
from geodemand.project import ListEntry

cells = st.text(
    st.sampled_from('ab1 ,;"\n\r\té€\u00a0\N{SNOWMAN}-0Total'), max_size=8
) | st.sampled_from(["IP1 1AA", "Total", "12", "", "County", "2026-01-01"])
rows = st.lists(st.lists(cells, min_size=1, max_size=4), max_size=8)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lists") / "list.csv"


def read(path: Path, *, careful: bool) -> list[tuple[str, ...]] | str:
    connection = tables.connect()
    try:
        table = tables.relation(connection, path, wanted=Wanted(careful=careful))
        with tables.faults_of(path):
            named = ", ".join(map(tables.quoted_name, table.header))
            found = connection.execute(f"SELECT {named} FROM {table.sql}").fetchall()  # noqa: S608
    except GeodemandError as error:
        return str(error)
    return sorted(tuple(cell or "" for cell in row) for row in found)


@given(rows, st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["\n", "\r\n"]))
def test_both_readers_read_the_same(
    path: Path, given_rows: list[list[str]], delimiter: str, end: str
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerows([["who", "postcode", "age"], *given_rows])
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    one, other = read(path, careful=False), read(path, careful=True)
    assert one == other or (isinstance(one, str) and isinstance(other, str))


@given(rows)
def test_rows_that_are_written_are_read(path: Path, given_rows: list[list[str]]) -> None:
    fit = [row[:3] + [""] * (3 - len(row)) for row in given_rows]
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["who", "postcode", "age"], *fit])
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    assert read(path, careful=False) == sorted(tuple(row) for row in fit if headings.is_row(row))


HEADER = ("id", "postcode", "age", "status", "date")
BOOK = Directory(
    lookup=Lookup(packed(["IP11AA", "IP11AB"])),
    x=np.array([600_000.0, 600_100.0]),
    y=np.array([250_000.0, 250_000.0]),
    ended=np.zeros(2, dtype=bool),
    inside=np.ones(2, dtype=bool),
    codes={},
    weights={},
)
usual = st.sampled_from(["IP1 1AA", "ip11ab", "17", "16.5", "open", "24/12/25", "2025-04-01", "c1"])
five = st.lists(st.tuples(*[usual | cells] * len(HEADER)), min_size=1, max_size=8)
asked = st.fixed_dictionaries(
    {},
    optional={
        "ages": st.just((16.0, 18.0)),
        "dates": st.just(("2025-04-01", "2026-03-31")),
        "only": st.just({"status": ("open",)}),
    },
)


@cache
def connected() -> duckdb.DuckDBPyConnection:
    return tables.connect()


def outcome(path: Path, said: dict[str, Any], *, repair: bool) -> tuple[Any, ...] | str:
    """Return rows left out by why, the ledger, and how many clients are where; or what is wrong."""
    entry = ListEntry(files=(path,), **said)
    try:
        found = lists.match(
            connected(), "CYP", entry, lists.Points(BOOK, None), Asked(repair=repair)
        )
    except GeodemandError as error:
        assert "has no row" in str(error)  # noqa: PT017 - all of them are left out
        return str(error)
    ledger = {reason: int(count.exact) for reason, count in found.matched.ledger.items()}
    out = {why: int(count.exact) for why, count in found.left_out.items()}
    where = dict(
        zip(found.matched.places.tolist(), found.matched.clients.exact.tolist(), strict=True)
    )
    assert sum(ledger.values()) == int(found.matched.rows.exact)
    assert sum(where.values()) == sum(ledger[reason] for reason in PLACED)
    return out, ledger, where


@given(five, asked, st.booleans(), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_every_row_of_a_file_is_in_the_ledger_or_left_out_in_any_order(
    path: Path,
    given_rows: list[tuple[str, ...]],
    said: dict[str, Any],
    repair: bool,  # noqa: FBT001
    chance: Any,  # noqa: ANN401
) -> None:
    """Whatever text stands in whatever column."""
    shuffled = list(given_rows)
    chance.shuffle(shuffled)
    answers = []
    for order in (given_rows, shuffled):
        out = io.StringIO()
        csv.writer(out, quoting=csv.QUOTE_ALL).writerows([HEADER, *order])
        path.write_text(out.getvalue(), encoding="utf-8", newline="")
        answers.append(outcome(path, said, repair=repair))
    assert answers[0] == answers[1]
    if not isinstance(answers[0], str):
        left_out, ledger, _ = answers[0]
        rows_read = sum(headings.is_row(row) for row in given_rows)
        assert sum(left_out.values()) + sum(ledger.values()) == rows_read


@given(st.binary(min_size=1, max_size=200))
def test_any_bytes_are_a_table_or_an_error(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    one, other = read(path, careful=False), read(path, careful=True)
    assert isinstance(one, str) or isinstance(other, str) or one == other


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
def test_any_text_is_laid_out_or_refused_without_being_shown(path: Path, content: str) -> None:
    path.write_text("\ufeffsecret4711 " + content, encoding="utf-8", newline="")
    try:
        found = text.layout(path)
    except GeodemandError as error:
        assert "secret4711" not in str(error)  # noqa: PT017 - either is right
    else:
        assert len({name.casefold() for name in found.header}) == len(found.header)
        assert not any("secret4711" in note for note in found.notes)
