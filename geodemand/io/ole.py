"""The container of old Office files (.xls, and locked .xlsx): its streams, and where cells stand.

Only what tells the extent of sheets is read here; values are read by the workbook library. The
formats are those of Microsoft's open specifications MS-CFB and MS-XLS.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER, _ENTRY = 512, 128
_MOST_SECTORS = 0xFFFFFFF0
_STREAM, _ROOT = 2, 5
# Record kinds of BIFF: one cell, and several cells of a row in one record.
_CELLS = {0x0006, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E}
_MANY_CELLS = {0x00BD}
_BOUND_SHEET, _BEGIN, _LOCK, _ROW = 0x0085, 0x0809, 0x002F, 0x0208
_HIDDEN = 0x20


class Streams:
    """The streams of a compound file by name. Raises LookupError or struct.error for damage."""

    def __init__(self, data: bytes) -> None:
        """Take the file as bytes."""
        self._data = data
        self._size = 1 << struct.unpack_from("<H", data, 30)[0]
        first_entry, self._cutoff = struct.unpack_from("<I4xI", data, 48)
        first_small = struct.unpack_from("<I", data, 60)[0]
        self._table = self._sector_table()
        entries = self._entries(self._chain(first_entry))
        self._small_table = _numbers(self._chain(first_small))
        self._small = self._chain(entries[""][0])
        self.names = {name: place for name, place in entries.items() if name}

    def read(self, name: str) -> bytes:
        """Return a stream as bytes."""
        start, size = self.names[name]
        if size >= self._cutoff:
            return self._chain(start)[:size]
        parts: list[bytes] = []
        sector = start
        while sector < _MOST_SECTORS:
            if len(parts) > len(self._small_table):
                raise LookupError
            parts.append(self._small[sector * 64 : sector * 64 + 64])
            sector = self._small_table[sector]
        return b"".join(parts)[:size]

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        return self._data[start : start + self._size]

    def _sector_table(self) -> tuple[int, ...]:
        """Return for each sector which one follows."""
        places = list(struct.unpack_from("<109I", self._data, 76))
        following, left = struct.unpack_from("<II", self._data, 68)
        while following < _MOST_SECTORS and left:
            more = _numbers(self._sector(following))
            places += more[:-1]
            following, left = more[-1], left - 1
        tables = [self._sector(place) for place in places if place < _MOST_SECTORS]
        if len(tables) > len(self._data) // self._size + 1:
            raise LookupError
        return _numbers(b"".join(tables))

    def _chain(self, start: int) -> bytes:
        parts: list[bytes] = []
        sector = start
        while sector < _MOST_SECTORS:
            if len(parts) > len(self._data) // self._size + 1:
                raise LookupError  # a ring
            parts.append(self._sector(sector))
            sector = self._table[sector]
        return b"".join(parts)

    @staticmethod
    def _entries(directory: bytes) -> dict[str, tuple[int, int]]:
        """Return first sector and size of each stream; of the root under the name ""."""
        found = {"": (_MOST_SECTORS, 0)}
        for at in range(0, len(directory) - _ENTRY + 1, _ENTRY):
            length, kind = struct.unpack_from("<HB", directory, at + 64)
            start, size = struct.unpack_from("<II", directory, at + 116)
            name = directory[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
            if kind in {_STREAM, _ROOT}:
                found["" if kind == _ROOT else name] = (start, size)
        return found


@dataclass
class SheetExtent:
    """How far a sheet reaches, and whether it has hidden rows."""

    rows: int = 0
    columns: int = 0
    hidden_rows: bool = False


def sheets(stream: bytes) -> dict[str, SheetExtent] | None:
    """Return the extents of the sheets of a workbook stream by name; None where it is locked.

    Raises LookupError or struct.error for damage.
    """
    names: dict[int, str] = {}
    found: dict[str, SheetExtent] = {}
    sheet = SheetExtent()
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        body = at + 4
        if kind == _LOCK:
            return None
        if kind == _BOUND_SHEET:
            names[struct.unpack_from("<I", stream, body)[0]] = _name(stream[body + 6 : body + size])
        elif kind == _BEGIN:
            sheet = found.setdefault(names.get(at, ""), SheetExtent())
        elif kind in _CELLS or kind in _MANY_CELLS:
            row, column = struct.unpack_from("<HH", stream, body)
            if kind in _MANY_CELLS:
                (column,) = struct.unpack_from("<H", stream, body + size - 2)
            sheet.rows, sheet.columns = max(sheet.rows, row + 1), max(sheet.columns, column + 1)
        elif kind == _ROW and stream[body + 12] & _HIDDEN:
            sheet.hidden_rows = True
        at = body + size
    found.pop("", None)
    if len(found) < len(names):  # a sheet begins where no record does
        raise LookupError
    return found


def _name(text: bytes) -> str:
    """Return the name of a sheet: its length, how wide its characters are, and these."""
    wide = len(text) > 1 and text[1] & 1
    if wide:
        return text[2 : 2 + 2 * text[0]].decode("utf-16-le", "replace")
    return text[2 : 2 + text[0]].decode("latin-1")


def _numbers(part: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(part) // 4}I", part[: len(part) // 4 * 4])
