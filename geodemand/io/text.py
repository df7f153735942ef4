"""Text tables: encoding, delimiter and header, found once and then given to the reader.

`layout` looks at the first part of a file. What it finds is said to DuckDB in full, so that nothing
is guessed twice. What DuckDB cannot read as said (Windows-1252, mixed line ends, faulty rows),
`rows` reads with Python, and names the lines at fault.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from geodemand.errors import ContentError, Fault, UnreadableFileError
from geodemand.io import headings, limits

START_BYTES = 1 << 20
SAMPLE_BYTES = 1 << 15
# Enough of it to tell what separates cells.
DELIMITED = 1 << 12
TAIL_BYTES = 1 << 14
DELIMITERS = (",", ";", "\t", "|")
GZIP_MAGIC = b"\x1f\x8b"
UTF8, UTF16, CP1252 = "utf-8", "utf-16", "cp1252"
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, UTF16),
    (codecs.BOM_UTF16_BE, UTF16),
)
# What DuckDB calls an encoding; others are read with Python.
_OF_DUCKDB = {UTF8: "utf-8", "utf-8-sig": "utf-8", UTF16: "utf-16", CP1252: "latin-1"}
_SAID = {
    UTF16: "Read as UTF-16.",
    "utf-16-le": "Read as UTF-16.",
    "utf-16-be": "Read as UTF-16.",
    CP1252: "Read as Windows-1252, because it is not UTF-8.",
}
_FIELD_SEPARATOR = re.compile(r"sep=([,;\t|])\r?\n")
_LINE_END = re.compile(r"\r\n|\r|\n")
# Bytes that are signs in Windows-1252 and nothing in Latin-1.
_ONLY_CP1252 = re.compile(rb"[\x80-\x9f]")
_MOSTLY = 0.3
# Signs that no text holds, but for one here and there.
_CONTROLS = re.compile(r"[\0-\x08\x0e-\x19\x1b-\x1f]")
_FEW = 0.001


@dataclass(frozen=True)
class Layout:
    """How a text table is laid out.

    ``encoding``: Python's name. ``duckdb``: DuckDB's name for it, "" where only Python can read
    the file. ``skip``: records above the first row. ``breaks``: cells hold line breaks. ``foot``:
    rows of totals or of nothing stand among the rows. ``sample``: the first rows.
    """

    encoding: str
    duckdb: str
    delimiter: str
    skip: int
    header: tuple[str, ...]
    packed: bool = False
    breaks: bool = False
    foot: bool = False
    sample: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Ends:
    """The first and the last part of a file, unpacked, and whether the first is all of it."""

    start: bytes
    tail: bytes
    whole: bool
    packed: bool


def layout(
    path: Path, names: Sequence[str] = (), *, header_row: int = 0, careful: bool = False
) -> Layout:
    """Return how a text table is laid out.

    ``names``: its columns, where it has no header. ``header_row``: the line that holds the header,
    where it is not to be found. ``careful``: judge the encoding by all of the file and read it with
    Python. Raises UnreadableFileError or ContentError.
    """
    ends = _ends(path)
    encoding = _encoding(path, ends, careful=careful)
    text = _decoded(ends.start[:SAMPLE_BYTES], encoding)
    if len(_CONTROLS.findall(text)) > _FEW * len(text):
        raise ContentError(Fault(str(path), "is no text.", "Export it again as CSV UTF-8."))
    complete = ends.whole and len(ends.start) <= SAMPLE_BYTES
    delimiter, records, lines, sound = _records(text, complete=complete)
    found = headings.find(records) if not names else headings.NONE
    if header_row:
        found = _at_line(path, header_row, records, lines)
    header = tuple(names) or headings.names(found, records)
    if len(header) > limits.COLUMNS:
        what = f"has more than {limits.COLUMNS:,} columns."
        raise UnreadableFileError(Fault(str(path), what, "Export the columns that are needed."))
    body = records[found + 1 :]
    sound &= not any(any(row[len(header) :]) for row in body)
    breaks = any("\n" in cell or "\r" in cell for row in records for cell in row)
    # Short rows are filled up by DuckDB, but not where cells hold line breaks.
    sound &= not breaks or all(len(row) >= len(header) for row in body if row)
    mixed = not breaks and len(set(_LINE_END.findall(text))) > 1
    held, others = _told_apart(body)
    others += _told_apart(_last(ends, encoding, delimiter))[1]
    notes = [_SAID[encoding]] if encoding in _SAID else []
    notes += headings.notes(found, records, given=bool(names))
    if any(map(headings.is_total, others)):
        notes.append(headings.TOTALS_LEFT_OUT)
    return Layout(
        encoding=encoding,
        duckdb=_of_duckdb(encoding, ends) if sound and not mixed and not careful else "",
        delimiter=delimiter,
        skip=found + 1,
        header=header,
        packed=ends.packed,
        breaks=breaks,
        foot=bool(others) or len(header) == 1,
        sample=tuple(map(tuple, held)),
        notes=tuple(notes),
    )


def _told_apart(
    records: Sequence[list[str]],
) -> tuple[list[list[str]], list[list[str]]]:
    """Return the rows of the table among some records, and those of totals or of nothing."""
    rows: list[list[str]] = []
    others: list[list[str]] = []
    for record in records:
        (rows if headings.is_row(record) else others).append(record)
    return rows, [record for record in others if record]


def rows(path: Path, found: Layout) -> Iterator[tuple[int, list[str]]]:
    """Read the rows of a text table with Python: the line of each, and cells for the whole header.

    Short rows are filled up; rows of totals and of nothing are left out. Raises ContentError with
    the lines that have more cells than the header, or where quotes do not end.
    """
    width = len(found.header)
    longer: list[int] = []
    line = 1
    with _opened(path, found) as file:
        reader = csv.reader(_lines(path, file), delimiter=found.delimiter, strict=True)
        try:
            for number, record in enumerate(reader):
                here, line = line, reader.line_num + 1
                if number < found.skip or not record or not headings.is_row(record):
                    continue
                if any(map(str.strip, record[width:])):
                    longer.append(here)
                elif not longer:
                    yield here, record[:width] + [""] * (width - len(record))
        except csv.Error:
            quotes = "Check its quotes: one is not closed, or text follows a closing one."
            raise ContentError(*_longer(path, longer), _unread(path, [line], quotes)) from None
    if longer:
        raise ContentError(*_longer(path, longer))


def starts(path: Path) -> bytes:
    """Return the first bytes of a file, unpacked, to tell what it is."""
    with path.open("rb") as plain:
        start = plain.read(SAMPLE_BYTES)
    if not start.startswith(GZIP_MAGIC):
        return start
    with _damage_said(path), gzip.open(path) as packed:
        return packed.read(SAMPLE_BYTES)


def _longer(path: Path, lines: list[int]) -> list[Fault]:
    mend = "Check that every row has as many columns as the header: these have more."
    return [_unread(path, lines, mend)] if lines else []


def _unread(path: Path, lines: list[int], mend: str) -> Fault:
    shown = ", ".join(map(str, lines[: limits.NAMED]))
    more = f" and {len(lines) - limits.NAMED} more" if len(lines) > limits.NAMED else ""
    where = f"{path}, line{'s' if len(lines) > 1 else ''} {shown}{more}"
    return Fault(where, "cannot be read as a table.", mend)


def _ends(path: Path) -> _Ends:
    """Return the first and the last part of a file; read a packed one through, to measure it."""
    with path.open("rb") as plain:
        start = plain.read(START_BYTES)
        if not start.startswith(GZIP_MAGIC):
            size = plain.seek(0, io.SEEK_END)
            plain.seek(max(0, size - TAIL_BYTES - size % 2))
            return _Ends(start, plain.read(), size <= START_BYTES, packed=False)
    size, packed_size, start, tail = 0, path.stat().st_size, b"", b""
    with _damage_said(path), gzip.open(path) as packed:
        while part := packed.read(START_BYTES):
            size += len(part)
            start, tail = start or part, (tail + part)[-TAIL_BYTES - size % 2 :]
            if what := limits.too_much(size, packed_size):
                raise UnreadableFileError(Fault(str(path), what, "It is not unpacked."))
    if not size:
        raise UnreadableFileError(Fault(str(path), "is empty.", "Export it again."))
    return _Ends(start, tail, size <= len(start), packed=True)


@contextmanager
def _damage_said(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        fault = Fault(str(path), "is damaged or cut off.", "Export it again.")
        raise UnreadableFileError(fault) from error


def _encoding(path: Path, ends: _Ends, *, careful: bool) -> str:
    """Return the encoding: by byte-order mark, else UTF-16 by its zeros, UTF-8, Windows-1252."""
    start = ends.start
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), "")
    if marked == "utf-32":
        fault = Fault(str(path), "is UTF-32, which is not read.", "Save it as CSV UTF-8.")
        raise ContentError(fault)
    if marked == UTF16:
        return marked
    if b"\0" in start:
        for name, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
            mostly = zeros.count(0) > _MOSTLY * len(zeros) and 2 * zeros.count(0) > start.count(0)
            if mostly and not _CONTROLS.search(_decoded(start, name)):
                return name
        fault = Fault(str(path), "holds zero bytes, so it is no text.", "Export it again as CSV.")
        raise ContentError(fault)
    utf8 = _is_utf8([start]) and (not careful or ends.whole or _is_utf8(_parts(path, ends)))
    if utf8:
        return marked or UTF8
    return CP1252


def _is_utf8(parts: Sequence[bytes] | Iterator[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder(UTF8)()
    try:
        for part in parts:  # a character may be cut at the end of the last part
            decoder.decode(part)
    except UnicodeDecodeError:
        return False
    return True


def _parts(path: Path, ends: _Ends) -> Iterator[bytes]:
    with gzip.open(path) if ends.packed else path.open("rb") as file:
        while part := file.read(START_BYTES):
            yield part


def _decoded(part: bytes, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)(errors="replace").decode(part)


def _of_duckdb(encoding: str, ends: _Ends) -> str:
    """Return DuckDB's name for an encoding, "" where it would misread the file."""
    big_endian = encoding == UTF16 and ends.start.startswith(codecs.BOM_UTF16_BE)
    signs = encoding == CP1252 and _ONLY_CP1252.search(ends.start)
    return "" if big_endian or signs else _OF_DUCKDB.get(encoding, "")


def _records(text: str, *, complete: bool) -> tuple[str, list[list[str]], list[int], bool]:
    """Return the delimiter, the records that end in a text, their lines, and whether all is sound.

    The delimiter is the one by which most records have the same number of cells.
    """
    said = _FIELD_SEPARATOR.match(text)
    candidates = said[1] if said else DELIMITERS
    begin = text[:DELIMITED]
    best = max(candidates, key=lambda mark: _agreement(_parsed(begin, mark, complete=False)[0]))
    return best, *_parsed(text, best, complete=complete)


def _parsed(
    text: str, delimiter: str, *, complete: bool
) -> tuple[list[list[str]], list[int], bool]:
    records: list[list[str]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line, sound = 1, True
    try:
        for record in reader:
            records.append(record)
            lines.append(line)
            line = reader.line_num + 1
    except csv.Error:
        # Where the text was cut off a quote may be open.
        sound = not complete and reader.line_num >= text.count("\n")
    else:
        if not complete and len(records) > 1:
            records.pop()
    return records, lines, sound


def _agreement(records: list[list[str]]) -> tuple[float, int]:
    """Return the share of records that have the usual number of cells, and that number."""
    widths = Counter(len(record) for record in records if record)
    usual, count = max(
        ((width, n) for width, n in widths.items() if width > 1),
        key=lambda pair: (pair[1], pair[0]),
        default=(0, 0),
    )
    return (count / widths.total() if count else 0.0), usual


def _at_line(path: Path, line: int, records: list[list[str]], lines: list[int]) -> int:
    """Return the record that starts at a line; raise ContentError where there is none."""
    if line in lines and any(map(str.strip, records[lines.index(line)])):
        return lines.index(line)
    mend = "header_row is the number of the line with the names of the columns."
    raise ContentError(Fault(f"{path}, line {line}", "holds no header.", mend))


def _last(ends: _Ends, encoding: str, delimiter: str) -> list[list[str]]:
    """Return the last rows of a file, as far as they can be told from its last part."""
    if ends.whole and len(ends.start) <= SAMPLE_BYTES:
        return []
    plain = encoding if encoding != UTF16 else f"utf-16-{_order(ends.start)}"
    lines = _decoded(ends.tail, plain).splitlines()[1:]
    return [next(csv.reader([line], delimiter=delimiter), []) for line in lines]


def _order(start: bytes) -> str:
    return "be" if start.startswith(codecs.BOM_UTF16_BE) else "le"


@contextmanager
def _opened(path: Path, found: Layout) -> Iterator[IO[str]]:
    errors = "strict" if found.encoding != CP1252 else "replace"
    with _damage_said(path), gzip.open(path) if found.packed else path.open("rb") as binary:
        yield io.TextIOWrapper(
            binary,
            encoding=found.encoding,
            errors=errors,
            newline="",
        )


def _lines(path: Path, file: IO[str]) -> Iterator[str]:
    """Give a file's lines; raise ContentError for what is no text or has no end."""
    number = 0
    try:
        while line := file.readline(limits.LINE_CHARACTERS):
            number += 1
            if "\0" in line:
                what = "holds a zero byte, so it is no text."
                raise ContentError(Fault(f"{path}, line {number}", what, "Export it again as CSV."))
            if len(line) >= limits.LINE_CHARACTERS:
                what = "does not end where a row should."
                mend = "Is it a table? Export it again as CSV UTF-8."
                raise ContentError(Fault(f"{path}, line {number}", what, mend))
            yield line
    except UnicodeDecodeError:
        mend = "Save it as CSV UTF-8."
        fault = Fault(f"{path}, line {number + 1}", "holds characters that cannot be read.", mend)
        raise ContentError(fault) from None
