"""The workbook: accessible by the government's guidance, marked, and the same bytes every time."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from geodemand.core.disclosure import (
    Facts,
    Labels,
    People,
    Policy,
    Protected,
    Release,
    Table,
    protect,
    release,
)
from geodemand.report.about import About
from geodemand.report.workbook import workbook

FORMULAS = ("=1+1", "+44", "-2", "@SUM(A1)", "\tx", '=HYPERLINK("x")')
ABOUT = About("profile", "A county", "Which kinds", "Made up", "May 2026", "someone@example.org")


def figures(policy: Policy, names: tuple[str, ...] = ("Hard Pressed", "Other", "None")) -> Release:
    """Return a release of one list over three segments: withheld, a count, no figure."""
    clients = protect(People.alone("people", np.array([3, 5037, 0])), policy)
    share = Protected(np.array([np.nan, 0.38, np.nan]), np.array([True, False, False]), 3)
    columns = {
        "list": Labels(("CYP",) * 3),
        "segment": Labels(("1", "2", "3")),
        "name": Labels(names),
        "clients": clients,
        "share": share,
        "base_share": Facts(np.array([0.25, 0.0953, 0.0]), 6),
        "flag": Labels(("small numbers", None, None)),
    }
    empty = Table("copresence", {"set": Labels(())})
    return release(policy, {"copresence": empty, "profile": Table("profile", columns)}, (), ("S",))


def opened(content: bytes) -> Any:  # noqa: ANN401 - openpyxl has no types
    return openpyxl.load_workbook(io.BytesIO(content))


def rows(sheet: Worksheet) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


@pytest.fixture
def book(public: Policy) -> Any:  # noqa: ANN401
    return opened(workbook(figures(public), ABOUT))


def test_cover_contents_and_notes_come_first_and_then_a_sheet_a_table(book: Any) -> None:  # noqa: ANN401
    assert book.sheetnames == ["Cover", "Contents", "Notes", "profile"]
    cover = [row[0] for row in rows(book["Cover"])]
    assert cover[0] == "A county"
    for line in ("S", "Made up", "May 2026", "someone@example.org"):
        assert line in cover
    linked = {row[0].hyperlink.location for row in book["Contents"].iter_rows(min_row=4)}
    assert linked == {"'Notes'!A1", "'profile'!A1"}


def test_every_sheet_has_one_marked_up_table_without_merged_cells_or_gaps(book: Any) -> None:  # noqa: ANN401
    for sheet in book:
        found = rows(sheet)
        assert not sheet.merged_cells.ranges
        assert found[0][0]
        assert all(row[0] is not None for row in found)
        assert not any(dimension.hidden for dimension in sheet.column_dimensions.values())
        if sheet.title != "Cover":
            (table,) = sheet.tables.values()
            start = next(n for n, row in enumerate(found) if row[1] is not None)
            assert table.ref.startswith(f"A{start + 1}:")
            assert table.ref.endswith(str(len(found)))
            assert all(cell is not None for row in found[start:] for cell in row)


def test_nothing_is_there_that_the_checklist_of_basics_warns_of(book: Any) -> None:  # noqa: ANN401
    """Making spreadsheets accessible: what a screen reader stumbles over or passes by."""
    for sheet in book:
        assert sheet.freeze_panes is None
        assert not sheet.auto_filter.ref
        assert all(not table.autoFilter for table in sheet.tables.values())
        assert all(table.headerRowCount == 1 for table in sheet.tables.values())
        assert not sheet.conditional_formatting
        assert sheet.oddHeader.center.text is None
        assert sheet.oddFooter.right.text is None
        assert sheet.sheet_state == "visible"
        assert not any(row.hidden for row in sheet.row_dimensions.values())
        fonts = {(c.font.name, c.font.sz >= 12) for row in sheet for c in row if c.value}
        assert fonts == {("Arial", True)}
        assert {c.fill.fill_type for row in sheet for c in row} == {None}
        assert sheet.sheet_view.selection[0].activeCell in {None, "A1"}
    assert book.active.title == "Cover"
    properties = book.properties
    assert (properties.title, properties.creator) == ("A county", "someone@example.org")
    assert book.custom_doc_props["Language"].value == "en-GB"


def test_words_wrap_in_columns_and_rows_that_hold_them(public: Policy) -> None:
    long = "Struggling families " * 12
    sheet = opened(workbook(figures(public, (long, "Short", "None")), ABOUT))["profile"]
    first = next(row for row in sheet.iter_rows() if row[2].value == long)
    assert first[2].alignment.wrap_text
    width = sheet.column_dimensions["C"].width
    assert width * sheet.row_dimensions[first[2].row].height / 15 > len(long)
    assert sheet.row_dimensions[first[2].row + 1].height is None


def test_headings_are_words_and_every_one_is_in_the_notes(book: Any) -> None:  # noqa: ANN401
    headings = [column.name for column in book["profile"].tables["table_profile"].tableColumns]
    assert headings[3:5] == ["Clients", "Share of clients"]
    assert set(headings) <= {row[0] for row in rows(book["Notes"])}


def test_figures_stay_numbers_and_shorthand_is_in_brackets_and_explained(book: Any) -> None:  # noqa: ANN401
    found = rows(book["profile"])
    body = found[-3:]
    assert [row[3] for row in body] == ["[c]", 5035, 0]
    assert [row[4] for row in body] == ["[c]", 0.38, "[z]"]
    assert [row[6] for row in body] == ["small numbers", "none", "none"]
    text = " ".join(str(row[0]) for row in found[:-3])
    assert "[c]: confidential" in text
    assert "[z]: not applicable" in text
    assert book["profile"].cell(len(found) - 1, 5).number_format == "0%"
    assert book["profile"].cell(len(found) - 1, 6).number_format == "0.0%"


def test_texts_that_look_like_formulas_are_texts(public: Policy) -> None:
    for chosen in (FORMULAS[:3], FORMULAS[3:]):
        sheet = opened(workbook(figures(public, chosen), ABOUT))["profile"]
        cells = [row[2] for row in list(sheet.iter_rows())[-3:]]
        assert [cell.value for cell in cells] == list(chosen)
        assert {cell.data_type for cell in cells} == {"s"}
        assert all(cell.quotePrefix for cell in cells)


def test_every_sheet_of_exact_figures_carries_the_marking(internal: Policy) -> None:
    book = opened(workbook(figures(internal), About("profile", "A county", marking="LOCAL & OWN")))
    for sheet in book:
        first = [str(row[0]) for row in rows(sheet)[:4]]
        assert internal.marking in first
        assert "LOCAL & OWN" in first
        assert internal.marking in sheet.oddHeader.center.text
    assert "a test" in [row[0] for row in rows(book["Cover"])]


def test_a_published_workbook_holds_no_withheld_count(public: Policy) -> None:
    content = workbook(figures(public), ABOUT)
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheet = parts.read("xl/worksheets/sheet4.xml").decode()
    assert '<v>3</v></c><c r="D' not in sheet
    assert "5037" not in sheet
    assert "5035" in sheet


def test_the_same_figures_are_the_same_bytes(
    public: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = workbook(figures(public), ABOUT)
    later = time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    assert workbook(figures(public), ABOUT) == first
    dates = {info.date_time for info in parts_of(first)}
    assert dates == {(1980, 1, 1, 0, 0, 0)}


def parts_of(content: bytes) -> Iterator[zipfile.ZipInfo]:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        yield from parts.infolist()


def test_two_columns_of_one_title_get_titles_that_differ(public: Policy) -> None:
    names = {"list": Labels(("CYP",)), "List": Facts(np.array([1.0])), "LIST": Facts(np.ones(1))}
    made = release(public, {"mismatches": Table("mismatches", names)})
    table = opened(workbook(made, ABOUT))["mismatches"].tables["table_mismatches"]
    assert [column.name for column in table.tableColumns] == ["List", "List (2)", "LIST (3)"]
