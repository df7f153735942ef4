"""A workbook by the Analysis Function's guidance for accessible spreadsheets.

Cover, contents and notes, then one marked-up table a sheet, without merged or hidden cells, blank
rows, filters, frozen panes, footers or meaning by colour; texts wrapped; shorthand in brackets,
explained where it is used. Only the marking of what may not be published is a page header too.
Source: Government Analysis Function, "Releasing statistics in spreadsheets" and "Making
spreadsheets accessible: a brief checklist of the basics".
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from geodemand.core.disclosure import WITHHELD, Release, Table, Value
from geodemand.io.writers import FORMULA_STARTS
from geodemand.report import prose, words
from geodemand.report.about import About
from geodemand.report.kinds import KINDS, TEXT
from geodemand.report.plain import plain, shortened, whole
from geodemand.report.words import Column

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

CONFIDENTIAL, NOT_APPLICABLE = "[c]", "[z]"
SHORTHAND = (
    f"{CONFIDENTIAL}: confidential, withheld so that nobody can be recognised. It is not zero.",
    f"{NOT_APPLICABLE}: not applicable, no figure can be formed. It is not zero.",
)
COVER, CONTENTS, NOTES = "Cover", "Contents", "Notes"
# The clock is no input: a workbook of the same figures is the same file.
CREATED = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
COVER_WIDTH, LEAST_WIDTH, MOST_WIDTH = 95, 9, 46
# Letters of our type that a unit of width holds, and the height of a line of it, points.
LETTERS_A_UNIT, LINE = 0.85, 15.75
# No row can be higher than 409 points.
MOST_LINES = 25
LANGUAGE = "en-GB"
A4 = 9
# What Excel takes in a page's header (signs may double), a column's heading and a cell.
MOST_STAMP, MOST_HEADING, MOST_TEXT = 100, 250, 32_767


def workbook(release: Release, about: About) -> bytes:
    """Return the bytes of an XLSX file with every table of a release that has rows."""
    from xlsxwriter import Workbook  # of the extra "report"

    target = io.BytesIO()
    # Texts are written as they are: none becomes a formula, a link or a number.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(target, options) as book:
        _Writer(book, release, about).write()
    return target.getvalue()


@dataclass
class _Writer:
    """One workbook while it is written; sheets in the order in which they are read."""

    book: Workbook
    release: Release
    about: About

    def write(self) -> None:
        self.styles: dict[tuple[tuple[str, Any], ...], Format] = {}
        self.markings = self.about.markings(self.release.policy.marking)
        self.tables = words.tables(self.release)
        self.book.set_properties(
            {
                "title": whole(self.about.title),
                "author": whole(self.about.contact) or "geodemand",
                "subject": self.about.question,
                "comments": prose.policy_words(self.release.policy),
                "keywords": ", ".join(("geodemand", *self.markings)),
                "created": CREATED,
            }
        )
        self.book.set_custom_property("Language", LANGUAGE)
        self._cover()
        self._contents()
        self._notes()
        for table in self.tables:
            self._table(table)

    def _cover(self) -> None:
        sheet = self._sheet(COVER)
        lines: list[tuple[str, Format]] = [(self.about.title, self._style(title=True))]
        wrapped, heading = self._style(text_wrap=True), self._style(heading=True)
        lines += [(marking, self._style(bold=True, text_wrap=True)) for marking in self.markings]
        lines.append((f"{self.about.question}.", wrapped))
        if self.release.sentences:
            lines.append(("What was found", heading))
            lines += [(sentence, wrapped) for sentence in self.release.sentences]
        for statement in prose.statements(self.release, self.about):
            lines += [(statement.term, heading), (statement.words, wrapped)]
        lines.append(("Shorthand", heading))
        lines += [(line, wrapped) for line in SHORTHAND]
        for row, (line, style) in enumerate(lines):
            self._text(sheet, (row, 0), line, style)
            if row:  # the title is of larger type
                _heighten(sheet, row, [line], [COVER_WIDTH])
        sheet.set_column(0, 0, COVER_WIDTH)
        sheet.activate()

    def _contents(self) -> None:
        sheet = self._sheet(CONTENTS)
        titles = [words.of_table(table.name) for table in self.tables]
        rows: list[tuple[str, str, str, int | None]] = [
            (NOTES, "Notes", "What the columns of the tables mean.", None)
        ]
        rows += [
            (each.name, each.title, each.about, len(table))
            for each, table in zip(titles, self.tables, strict=True)
        ]
        start = self._head(sheet, "Contents", ["Each sheet after the notes holds one table."])
        headings = ("Sheet", "Title", "What a row is", "Rows")
        self._mark(sheet, start, "contents", headings, len(rows))
        widths = (16, 36, 70, 9)
        link = self._style(font_color="#0b5394", underline=1, valign="top")
        for row, (name, title, what, count) in enumerate(rows, start + 1):
            sheet.write_url(row, 0, f"internal:'{name}'!A1", link, name, f"Go to {name}")
            sheet.write_string(row, 1, title, self._style(text_wrap=True, valign="top"))
            sheet.write_string(row, 2, what, self._style(text_wrap=True, valign="top"))
            self._cell(sheet, (row, 3), Column("rows", "Rows", kind="count"), count)
            _heighten(sheet, row, (name, title, what), widths[:3])
        _widen(sheet, widths)

    def _notes(self) -> None:
        sheet = self._sheet(NOTES)
        meanings: dict[tuple[str, str], list[str]] = {}
        for table in self.tables:
            for column in words.columns(table):
                meanings.setdefault((column.title, column.about), []).append(table.name)
        start = self._head(sheet, "Notes", [*SHORTHAND, "What each column means:"])
        self._mark(sheet, start, "notes", ("Column", "Meaning", "Sheets"), len(meanings))
        widths = (30, 90, 40)
        for row, ((title, about), names) in enumerate(meanings.items(), start + 1):
            cells = (title, about, ", ".join(names))
            for place, cell in enumerate(cells):
                self._text(sheet, (row, place), cell, self._style(text_wrap=True, valign="top"))
            _heighten(sheet, row, cells, widths)
        _widen(sheet, widths)

    def _table(self, table: Table) -> None:
        sheet = self._sheet(table.name)
        about = words.of_table(table.name)
        columns = words.columns(table)
        titles = _unique([column.title for column in columns])
        lines = [
            about.about or about.title,
            f"One table of {len(table):,} rows; the sheet {NOTES} says what its columns mean.",
            prose.policy_words(self.release.policy),
            " ".join(SHORTHAND),
        ]
        start = self._head(sheet, f"{about.title}: {self.about.title}", lines)
        self._mark(sheet, start, table.name, titles, len(table), about.about)
        cells = [table.cells(column.name) for column in columns]
        widths = [_width(title, own) for title, own in zip(titles, cells, strict=True)]
        for place, column in enumerate(columns):
            for row, value in enumerate(cells[place], start + 1):
                self._cell(sheet, (row, place), column, value)
        _heighten(sheet, start, titles, widths)
        worded = [place for place, column in enumerate(columns) if column.kind == TEXT]
        for row in range(len(table)):
            said = [str(cells[place][row] or "") for place in worded]
            _heighten(sheet, start + 1 + row, said, [widths[place] for place in worded])
        _widen(sheet, widths)
        sheet.repeat_rows(start)

    def _sheet(self, name: str) -> Worksheet:
        sheet: Worksheet = self.book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        if self.markings:
            # Screen readers pass over headers: the cells say it too. Paper needs it on each page.
            stamp = shortened(" ".join(self.markings), MOST_STAMP).replace("&", "&&")
            sheet.set_header(f"&C&B{stamp}")
        return sheet

    def _head(self, sheet: Worksheet, title: str, lines: Sequence[str]) -> int:
        """Write title, markings and lines from A1 down; return the next row."""
        self._text(sheet, (0, 0), title, self._style(title=True))
        for row, marking in enumerate(self.markings, 1):
            self._text(sheet, (row, 0), marking, self._style(bold=True))
        first = 1 + len(self.markings)
        for row, line in enumerate(lines, first):
            self._text(sheet, (row, 0), line, self._style())
        return first + len(lines)

    def _mark(
        self,
        sheet: Worksheet,
        row: int,
        name: str,
        titles: Sequence[str],
        rows: int,
        description: str = "",
    ) -> None:
        """Mark cells as a table, which tells screen readers where its headings are."""
        heading = self._style(bold=True, text_wrap=True, valign="top", bottom=1)
        options = {
            "name": f"table_{name}",
            "columns": [{"header": title, "header_format": heading} for title in titles],
            "autofilter": False,
            "banded_rows": False,
            "style": "Table Style Light 1",
            "title": name,
            "description": description,
        }
        sheet.add_table(row, 0, row + max(rows, 1), len(titles) - 1, options)

    def _cell(self, sheet: Worksheet, at: tuple[int, int], column: Column, value: Value) -> None:
        words_only = column.kind == TEXT
        if isinstance(value, bool | str) and (words_only or value != WITHHELD):
            # What looks like a formula stays text even when somebody edits the cell.
            quoted = str(value).startswith(FORMULA_STARTS)
            style = self._style(quote_prefix=quoted, text_wrap=True, valign="top")
            self._text(sheet, at, str(value), style)
        elif isinstance(value, int | float):
            number_format = KINDS[column.kind].sheet_format(value) if not words_only else "General"
            sheet.write_number(*at, value, self._style(num_format=number_format, valign="top"))
        elif words_only:
            sheet.write_string(*at, column.empty or NOT_APPLICABLE, self._style(valign="top"))
        else:
            short = CONFIDENTIAL if value == WITHHELD else NOT_APPLICABLE
            sheet.write_string(*at, short, self._style(align="right", valign="top"))

    @staticmethod
    def _text(sheet: Worksheet, at: tuple[int, int], text: str, style: Format) -> None:
        """Write a text as far as a cell can hold it."""
        sheet.write_string(*at, shortened(whole(text), MOST_TEXT), style)

    def _style(self, *, title: bool = False, heading: bool = False, **properties: Any) -> Format:  # noqa: ANN401 - XlsxWriter's properties
        """Return a cell format, each made once."""
        size = 16 if title else 12
        wanted: dict[str, Any] = {"font_name": "Arial", "font_size": size, **properties}
        if title or heading:
            wanted["bold"] = True
        key = tuple(sorted(wanted.items()))
        if key not in self.styles:
            self.styles[key] = self.book.add_format(wanted)
        return self.styles[key]


def _unique(titles: Sequence[str]) -> list[str]:
    """Return titles that differ, as a table needs: a list may be called as a column is."""
    found: list[str] = []
    for given in titles:
        title = shortened(plain(given).strip(), MOST_HEADING) or "(no name)"
        name, number = title, 2
        while name.casefold() in {each.casefold() for each in found}:
            name, number = f"{title} ({number})", number + 1
        found.append(name)
    return found


def _width(title: str, cells: Sequence[Value]) -> int:
    """Return a width in characters that shows the cells and the longest word of the heading."""
    longest = max(len(f"{cell:,}" if isinstance(cell, int) else str(cell)) for cell in cells)
    heading = max(len(word) for word in title.split() or [""])
    return min(max(longest, heading, len(title) // 2, LEAST_WIDTH) + 3, MOST_WIDTH)


def _widen(sheet: Worksheet, widths: Sequence[int]) -> None:
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)


def _heighten(sheet: Worksheet, row: int, texts: Sequence[str], widths: Sequence[int]) -> None:
    """Make a row as high as its wrapped texts need: not every program does so by itself."""
    lines = max(
        len(wrap(text, max(int(width * LETTERS_A_UNIT), 1)))
        for text, width in zip(texts, widths, strict=True)
    )
    if lines > 1:
        sheet.set_row(row, LINE * min(lines, MOST_LINES))
