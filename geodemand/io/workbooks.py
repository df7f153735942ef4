"""Sheets of workbooks (.xlsx, .xls, .ods) as rows of text, as they are typed.

Text stays text: 00123 is 00123. Numbers lose an empty decimal part, dates are written yyyy-mm-dd,
formulas give the result that was stored with them. Hidden rows and sheets are read and said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import python_calamine
from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from geodemand.errors import ContentError, Fault, GeodemandError
from geodemand.io import extents, headings
from geodemand.io.extents import Extent
from geodemand.suggest import did_you_mean

SAMPLE_ROWS = 500
# Numbers from here on are written with an exponent, as Python does.
LARGEST_PLAIN = 1e15

Cell = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta
Fits = Callable[[Sequence[str], Sequence[Sequence[str]]], bool]


@dataclass(frozen=True)
class Sheet:
    """One sheet with its header found.

    ``sample``: its first rows. ``odd``: filled while rows are read, the columns in which dates or
    numbers stand.
    """

    name: str
    header: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    visible: bool
    cells: CalamineSheet
    skip: int
    odd: set[int] = field(default_factory=set)

    def rows(self, columns: Sequence[int]) -> Iterator[tuple[int, list[str]]]:
        """Give the cells of some columns as text, row by row, with the number of each row."""
        body = islice(self.cells.iter_rows(), self.skip, None)
        for number, cells in enumerate(body, start=self.skip + 1):
            if not _is_row(cells):
                continue
            kept = [cells[column] for column in columns]
            self.odd.update(
                column
                for column, cell in zip(columns, kept, strict=True)
                if not isinstance(cell, str)
            )
            yield number, [text(cell) for cell in kept]


def read(path: Path, wanted: str, header_row: int, fits: Fits) -> Sheet:
    """Return the sheet to read.

    ``wanted``: its name, "" for the one that fits. ``fits``: whether a header and some rows have
    what is needed. Raises UnreadableFileError, or ContentError where the sheet is to be named.
    """
    _, found = extents.of(path)
    try:
        # By its content: the library would take the name for proof.
        with path.open("rb") as file:
            book = CalamineWorkbook.from_filelike(file)
        sheets = [
            _sheet(path, book.get_sheet_by_name(each.name), header_row, found.get(each.name), each)
            for each in book.sheets_metadata
            if each.typ is SheetTypeEnum.WorkSheet
            and wanted.casefold() in {"", each.name.casefold()}
        ]
    except GeodemandError:
        raise
    except python_calamine.PasswordError as error:
        raise extents.unsafe(path, "is locked with a password.", extents.NO_PASSWORD) from error
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a panic of the library is no Exception
        raise extents.unsafe(path, "is damaged or cut off.") from error
    if wanted and not sheets:
        names = ", ".join(book.sheet_names)
        near = did_you_mean(wanted, book.sheet_names) or f"It has: {names}."
        raise ContentError(Fault(str(path), f"has no sheet '{wanted}'.", near))
    return _chosen(path, [sheet for sheet in sheets if sheet is not None], fits, wanted)


def text(cell: Cell) -> str:
    """Return a cell as text.

    >>> [text(cell) for cell in (12.0, 0.5, "00123", True, dt.datetime(2026, 3, 1))]
    ['12', '0.5', '00123', 'TRUE', '2026-03-01']
    """
    if isinstance(cell, str):
        return cell.replace("\0", "")
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < LARGEST_PLAIN:
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return str(cell)


def _is_row(cells: Sequence[Cell]) -> bool:
    first = next((cell for cell in cells if cell != ""), "")
    if isinstance(first, str):
        return headings.is_row([text(cell) for cell in cells])
    return True


def _sheet(
    path: Path,
    cells: CalamineSheet,
    header_row: int,
    extent: Extent | None,
    said: python_calamine.SheetMetadata,
) -> Sheet | None:
    """Return a sheet with its header found, None where it is empty."""
    records = [[text(c) for c in row] for row in islice(cells.iter_rows(), SAMPLE_ROWS)]
    if not any(any(map(str.strip, row)) for row in records):
        return None
    found = headings.find(records)
    if header_row:
        found = header_row - 1
        if found >= len(records) or not any(map(str.strip, records[found])):
            where = f"{path}, sheet '{said.name}', row {header_row}"
            mend = "header_row is the number of the row with the names of the columns."
            raise ContentError(Fault(where, "holds no header.", mend))
    body = records[found + 1 :]
    notes = headings.notes(found, records, given=False)
    if extent and extent.hidden_rows:
        notes.append("Hidden rows are read like all others.")
    if extent and extent.no_results:
        notes.append("Some formulas have no stored result: open it and save it again.")
    if any(headings.is_total(row) for row in body) or _ends_in_total(cells, records):
        notes.append(headings.TOTALS_LEFT_OUT)
    return Sheet(
        name=said.name,
        header=headings.names(found, records),
        sample=tuple(tuple(row) for row in body if headings.is_row(row)),
        notes=tuple(notes),
        visible=said.visible is SheetVisibleEnum.Visible,
        cells=cells,
        skip=found + 1,
    )


def _ends_in_total(cells: CalamineSheet, records: Sequence[Sequence[str]]) -> bool:
    after = islice(cells.iter_rows(), max(len(records), cells.total_height - SAMPLE_ROWS), None)
    return any(headings.is_total([text(cell) for cell in row]) for row in after)


def _chosen(path: Path, sheets: Sequence[Sheet], fits: Fits, wanted: str) -> Sheet:
    """Return the one sheet that fits; raise ContentError where none or several do."""
    if not sheets:
        mend = "Is it the right file? Export it again."
        raise ContentError(Fault(str(path), "has no sheet with anything in it.", mend))
    able = [sheet for sheet in sheets if fits(sheet.header, sheet.sample)] if sheets[1:] else sheets
    if len(able) > 1:
        able = [sheet for sheet in able if sheet.visible] or able
    if len(able) != 1:
        shown = ", ".join(f"'{sheet.name}'" for sheet in able or sheets)
        what = "several sheets could be the table." if able else "no sheet has a postcode column."
        mend = f'Name one in geodemand.toml: sheet = "…". It has: {shown}.'
        raise ContentError(Fault(str(path), what, mend))
    (sheet,) = able
    notes = list(sheet.notes)
    if sheets[1:]:
        notes.insert(0, f"Only the sheet '{sheet.name}' of {len(sheets)} is read.")
    if not sheet.visible:
        notes.append(f"The sheet '{sheet.name}' is hidden.")
    del wanted
    return Sheet(**{**sheet.__dict__, "notes": tuple(notes)})
