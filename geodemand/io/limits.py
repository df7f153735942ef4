"""How large a table may be, in one place. What is larger is refused before it is read."""

from __future__ import annotations

# A workbook is held in memory while it is read; text and Parquet stream and have no such limit.
SHEET_CELLS = 20_000_000
COLUMNS = 16_384
# Equal values take no room in Parquet: a small file may claim any number of rows.
PARQUET_ROWS = 2_000_000_000
# What a packed file may unpack to, and how many times its own size once that is large.
UNPACKED_BYTES = 2 << 30
RATIO = 200
RATIO_FROM_BYTES = 64 << 20
MEMBERS = 10_000
# One line of text, and one row of it with all the line breaks in its cells.
LINE_CHARACTERS = 1 << 20
# How many line numbers a message names.
NAMED = 5


def too_much(unpacked: int, packed: int) -> str:
    """Return what is wrong with a packed file's size, "" where nothing is.

    >>> too_much(300 << 20, 1 << 20)
    'unpacks to more than 200 times its size.'
    """
    if unpacked > UNPACKED_BYTES:
        return f"unpacks to more than {UNPACKED_BYTES >> 30} GB."
    if unpacked > RATIO_FROM_BYTES and unpacked > RATIO * packed:
        return f"unpacks to more than {RATIO} times its size."
    return ""
