"""How far the sheets of a workbook reach, found by streaming, before anything is held in memory.

A reader makes room for every cell between the first and the last: one cell in the last row of the
last column of a sheet would ask for 400 GB. What is seen here also tells about hidden rows, and
formulas without a stored result. Parts are searched as bytes: no XML entity is ever expanded.
"""

from __future__ import annotations

import html
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO

from geodemand.errors import Fault, UnreadableFileError
from geodemand.io import limits, ole

CHUNK = 1 << 20
LONGEST_TAG = 1 << 16
ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
SAVE_AGAIN = "Open it and save it again as .xlsx, or as CSV UTF-8."
NO_PASSWORD = "Save a copy without a password."  # noqa: S105 - advice

_NAME = rb"(?:[\w.-]+:)?"
_ATTRIBUTES = rb"""((?:[^<>"']|"[^"]*"|'[^']*')*)"""
# How programs write a cell. Where one cell of a part is written otherwise, all its tags are read.
_USUAL_CELL = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"')
_OTHER_CELL = re.compile(rb"<c[\t\r\n/>]|:c[\s/>]")
_EMPTY_CELL = re.compile(rb'<c(?: [a-z]+="[^"<>]*")* ?/>')
_TAG = re.compile(rb"<" + _NAME + rb"(row|c)(?=[\s/>])" + _ATTRIBUTES + rb">")
_PLACE = re.compile(rb"""(?:^|\s)r\s*=\s*["']\s*([A-Za-z]{0,8})([0-9]{1,12})""")
_HIDDEN_ROW = re.compile(rb"<" + _NAME + rb"""row\s[^>]*\bhidden\s*=\s*["'](?:1|true)""")
_NO_RESULT = re.compile(rb"</" + _NAME + rb"f>\s*(?:<v\s*/>|<v>\s*</v>)?\s*</" + _NAME + rb"c>")
_SHEET = re.compile(rb"<" + _NAME + rb"sheet\s" + _ATTRIBUTES + rb">")
_TARGET = re.compile(rb"<" + _NAME + rb"Relationship\s" + _ATTRIBUTES + rb">")
_ODS_TAG = re.compile(
    rb"<(/?)" + _NAME + rb"(table|table-row|table-cell|covered-table-cell)(?=[\s/>])"
    + _ATTRIBUTES + rb">"
)  # fmt: skip


class Kind(StrEnum):
    """The kinds of workbook that are read."""

    XLSX = "xlsx"
    ODS = "ods"
    XLS = "xls"


@dataclass(frozen=True)
class Extent:
    """How far a sheet reaches, and what is to be said about it."""

    rows: int = 0
    columns: int = 0
    hidden_rows: bool = False
    no_results: bool = False


def of(path: Path) -> tuple[Kind, Mapping[str, Extent]]:
    """Return the kind of a workbook and the extent of its sheets by name.

    Raises UnreadableFileError for what is no workbook, is locked, damaged, or too large.
    """
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(ole.MAGIC):
        return Kind.XLS, _checked(path, _xls(path))
    with _damage_said(path), zipfile.ZipFile(path) as archive:
        kind = _kind(archive, path)
        _check_size(archive, path)
        found = _ods(archive, path) if kind is Kind.ODS else _xlsx(archive, path)
    return kind, _checked(path, found)


def unsafe(path: Path, what: str, mend: str = SAVE_AGAIN) -> UnreadableFileError:
    """Return the error of a workbook that is not read."""
    return UnreadableFileError(Fault(str(path), what, mend))


def _checked(path: Path, found: Mapping[str, Extent]) -> Mapping[str, Extent]:
    """Return extents; raise UnreadableFileError for every sheet that reaches too far."""
    mend = "Delete what stands far below or to the right of the list, and save it again."
    faults = [
        Fault(
            f"{path}, sheet '{name}'" if name else str(path),
            f"has a cell in row {each.rows:,} and one in column {each.columns:,}: "
            f"too many to read ({limits.SHEET_CELLS:,} at most).",
            mend,
        )
        for name, each in found.items()
        if each.rows * each.columns > limits.SHEET_CELLS
    ]
    if faults:
        raise UnreadableFileError(*faults)
    return found


def _kind(archive: zipfile.ZipFile, path: Path) -> Kind:
    members = set(archive.namelist())
    if "mimetype" in members and archive.read("mimetype")[:100].strip() == ODS_TYPE:
        manifest = "META-INF/manifest.xml"
        if manifest in members and b"encryption-data" in _small(archive, manifest):
            raise unsafe(path, "is locked with a password.", NO_PASSWORD)
        return Kind.ODS
    if "xl/workbook.bin" in members:
        raise unsafe(path, "is a binary workbook (.xlsb), which is not read.")
    if "[Content_Types].xml" in members and any(name.startswith("xl/") for name in members):
        return Kind.XLSX
    mend = "Unpack it and name the file inside." if members else SAVE_AGAIN
    raise unsafe(path, "is a zip without a workbook in it.", mend)


def _check_size(archive: zipfile.ZipFile, path: Path) -> None:
    entries = archive.infolist()
    if len({entry.filename for entry in entries}) < len(entries):
        raise unsafe(path, "has several parts of one name.")
    if len(entries) > limits.MEMBERS:
        raise unsafe(path, f"has more than {limits.MEMBERS:,} parts.")
    unpacked = sum(entry.file_size for entry in entries)
    if what := limits.too_much(unpacked, path.stat().st_size):
        raise unsafe(path, what)
    if any(entry.flag_bits & 1 for entry in entries):
        raise unsafe(path, "is locked with a password.", NO_PASSWORD)


def _small(archive: zipfile.ZipFile, member: str) -> bytes:
    """Return the first part of a member: enough of those that are small by nature."""
    with archive.open(member) as file:
        return file.read(CHUNK)


def _chunks(file: IO[bytes], path: Path) -> Iterator[bytes]:
    """Give a part's bytes in chunks that never cut a tag in two."""
    rest = b""
    while chunk := file.read(CHUNK):
        if not rest and chunk.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise unsafe(path, "holds parts that are not UTF-8.")
        whole = rest + chunk
        cut = whole.rfind(b"<")
        rest = whole[cut:] if cut >= 0 else b""
        if len(rest) > LONGEST_TAG and b">" not in rest:
            raise unsafe(path, "holds a tag without an end.")
        yield whole[:cut] if cut >= 0 else whole
    yield rest


def _xlsx(archive: zipfile.ZipFile, path: Path) -> dict[str, Extent]:
    """Return the extents of all parts of an .xlsx, under the name of their sheet where known.

    Every part is looked at, because any of them could be named as a sheet.
    """
    sheets = _sheet_names(archive)
    found: dict[str, Extent] = {}
    for entry in archive.infolist():
        extent = _part(archive, entry, path, skip_empty=False)
        if extent.rows * extent.columns > limits.SHEET_CELLS:
            # Cells that have a format and nothing in it take no room.
            extent = _part(archive, entry, path, skip_empty=True)
        name = sheets.get(entry.filename.casefold())
        if name is not None or extent.rows * extent.columns > limits.SHEET_CELLS:
            found[name or ""] = extent
    return found


def _part(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, *, skip_empty: bool
) -> Extent:
    columns: set[bytes] = set()
    rows: set[bytes] = set()
    hidden = no_results = False
    with archive.open(entry) as file:
        for chunk in _chunks(file, path):
            searched = _EMPTY_CELL.sub(b"", chunk) if skip_empty else chunk
            cells = _USUAL_CELL.findall(searched)
            if len(cells) < searched.count(b"<c ") or _OTHER_CELL.search(searched):
                return _by_tags(archive, entry, path)
            columns.update(letters for letters, _ in cells)
            rows.update(digits for _, digits in cells)
            hidden = hidden or (b"hidden" in chunk and bool(_HIDDEN_ROW.search(chunk)))
            no_results = no_results or (b"f>" in chunk and bool(_NO_RESULT.search(chunk)))
    last_row = max(map(int, rows), default=0)
    return Extent(last_row, max(map(_column, columns), default=0), hidden, no_results)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _by_tags(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> Extent:
    """Return the extent of a part, tag by tag.

    A cell that does not say where it is follows the last; one that is closed at once holds nothing
    and takes no room.
    """
    row = column = rows = columns = 0
    hidden = no_results = False
    with archive.open(entry) as file:
        for chunk in _chunks(file, path):
            hidden = hidden or bool(_HIDDEN_ROW.search(chunk))
            no_results = no_results or bool(_NO_RESULT.search(chunk))
            for tag in _TAG.finditer(chunk):
                said = _PLACE.search(tag[2])
                if tag[1] == b"row":
                    row, column = int(said[2]) if said else row + 1, 0
                    continue
                letters = said[1] if said else b""
                column = _column(letters) if letters else column + 1
                if not tag[2].endswith(b"/"):
                    rows = max(rows, int(said[2]) if said and letters else row)
                    columns = max(columns, column)
    return Extent(rows, columns, hidden, no_results)


def _sheet_names(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the name of the sheet that each part holds, as far as the workbook says so."""
    members = {name.casefold(): name for name in archive.namelist()}
    book, relations = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
    if book not in members or relations not in members:
        return {}
    targets = {}
    for tag in _TARGET.finditer(_small(archive, members[relations])):
        target = _attribute(tag[1], rb"Target")
        targets[_attribute(tag[1], rb"Id")] = (
            target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        )
    found = {}
    for tag in _SHEET.finditer(_small(archive, members[book])):
        part = targets.get(_attribute(tag[1], rb"(?:[\w.-]+:)?id"), "")
        found[part.casefold()] = _attribute(tag[1], rb"name")
    return found


def _attribute(attributes: bytes, name: bytes) -> str:
    found = re.search(rb"(?:^|\s)" + name + rb"""\s*=\s*(?:"([^"]*)"|'([^']*)')""", attributes)
    value = (found[1] or found[2] or b"") if found else b""
    return html.unescape(value.decode("utf-8", errors="replace"))


class _OdsSheet:
    """Counts the rows and columns of one sheet of an .ods as its tags come."""

    def __init__(self) -> None:
        self.row = self.rows = self.column = self.columns = 0
        self.repeat = 1
        self.filled = self.hidden = False

    def start_row(self, attributes: bytes) -> None:
        self.repeat = _repeated(attributes, b"rows")
        self.column, self.filled = 0, False
        self.hidden = self.hidden or b'visibility="collapse"' in attributes
        self.hidden = self.hidden or b'visibility="filter"' in attributes

    def add_cell(self, attributes: bytes) -> None:
        self.column += _repeated(attributes, b"columns")
        if not attributes.rstrip().endswith(b"/") or b"value" in attributes:
            self.filled = True
            self.columns = max(self.columns, self.column)

    def end_row(self) -> None:
        self.row += self.repeat
        if self.filled:
            self.rows = self.row


def _ods(archive: zipfile.ZipFile, path: Path) -> dict[str, Extent]:
    sheets: dict[str, _OdsSheet] = {}
    sheet = _OdsSheet()
    with archive.open("content.xml") as file:
        for chunk in _chunks(file, path):
            for tag in _ODS_TAG.finditer(chunk):
                closing, name, attributes = tag.groups()
                if name == b"table" and not closing:
                    sheet = sheets.setdefault(_attribute(attributes, _NAME + rb"name"), _OdsSheet())
                elif name == b"table-row":
                    if not closing:
                        sheet.start_row(attributes)
                    if closing or attributes.endswith(b"/"):
                        sheet.end_row()
                elif name != b"table" and not closing:
                    sheet.add_cell(attributes)
    return {name: Extent(each.rows, each.columns, each.hidden) for name, each in sheets.items()}


def _repeated(attributes: bytes, of_what: bytes) -> int:
    found = re.search(rb"number-" + of_what + rb"""-repeated\s*=\s*["']\s*(\d{1,12})""", attributes)
    return int(found[1]) if found else 1


def _xls(path: Path) -> dict[str, Extent]:
    """Return the extents of the sheets of an .xls by reading where its cell records stand."""
    if what := limits.too_much(path.stat().st_size, path.stat().st_size):
        raise unsafe(path, what)
    with _damage_said(path):
        streams = ole.Streams(path.read_bytes())
        if "EncryptedPackage" in streams.names:
            raise unsafe(path, "is locked with a password.", NO_PASSWORD)
        held = [name for name in ("Workbook", "Book") if name in streams.names]
        if not held:
            raise unsafe(path, "is no workbook, whatever its name says.")
        found = ole.sheets(streams.read(held[0]))
        if found is None:
            raise unsafe(path, "is locked with a password.", NO_PASSWORD)
    return {name: Extent(each.rows, each.columns, each.hidden_rows) for name, each in found.items()}


@contextmanager
def _damage_said(path: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, LookupError) as error:
        raise unsafe(path, "is damaged or cut off.") from error
    except (NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise unsafe(path, "is packed in a way that is not read.") from error
