"""What holds for any text table: DuckDB and Python read the same rows out of it, or none do."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodemand.errors import GeodemandError
from geodemand.io import headings, tables, text
from geodemand.io.tables import Wanted

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
