"""Where the header of a table is, and which rows are none: titles above, totals below.

The same rules hold for text and for workbooks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import count
from statistics import median

from geodemand.core import postcodes
from geodemand.core.postcodes import Kind

# Headers are looked for in so many rows.
FIRST_ROWS = 100
SEVERAL_ROWS = 300
NONE = -1
TOTALS_LEFT_OUT = "Rows of totals are left out."
SPACES = " \t\r\n\u00a0"
CELL_MARK = "\x1f"
# A row of totals: its first cell says so and the others are numbers. Or "60 rows" as some
# programs write it. Or nothing at all. The same expression is used in SQL, so it is kept plain.
NO_ROW = (
    r"(?i)^$|^(?:(?:grand|sub)[ -]?)?totals?\b[^\x1f]*(?:\x1f[-+£$€0-9.,%() ]+)*$"
    r"|^count\b[^\x1f]*(?:\x1f[-+£$€0-9.,%() ]+)*$"
    r"|^\(?[0-9][0-9,]* (?:rows?|records?)\b[^\x1f]*$"
)
# How the first cell of such a row begins: a quick look, also in SQL.
MAYBE_NONE = r"(?i)^(?:$|grand|sub|tot|count|\(?[0-9][0-9,]* r)"
_NO_ROW, _MAYBE_NONE = re.compile(NO_ROW), re.compile(MAYBE_NONE)
_PLACE = re.compile(
    r"(?:\w+[ _-])*post[ _-]?codes?(?: of \w+)?|pcd[s78]?|eastings?|oseast1m|lat(?:itude)?",
    re.IGNORECASE,
)
_VALUE = re.compile(r"[-+£$€]?\d[\d,]*(?:\.\d+)?%?|\S+@\S+")
_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T]\d.*)?|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}"
)
_GIVEN = re.compile(r"column \d+")


def is_row(cells: Sequence[str]) -> bool:
    """Return whether cells are a row of the table, and not a total or nothing.

    >>> is_row(["c1", ""]), is_row(["", ""]), is_row(["Total", "", "60"]), is_row(["Total", "NFA"])
    (True, False, False, True)
    """
    first = next((text for cell in cells if (text := cell.strip(SPACES))), "")
    if not _MAYBE_NONE.match(first):
        return True
    return bool(first) and not _NO_ROW.match(_joined(cells))


def is_total(cells: Sequence[str]) -> bool:
    """Return whether cells are a row of totals."""
    joined = _joined(cells)
    return bool(joined) and bool(_NO_ROW.match(joined))


def find(records: Sequence[Sequence[str]]) -> int:
    """Return which record is the header, NONE where the table has none.

    It stands above the first postcode, fills more than half of the columns that rows usually fill,
    and is words. Of several such rows, the one that names a postcode or a position is the header,
    else the fullest one; it must look other than the rows below it.

    >>> find([["Clients of the county"], [], ["id", "postcode"], ["c1", "IP1 1AA"]])
    2
    """
    counts = [filled for row in records[:SEVERAL_ROWS] if (filled := _filled(row))]
    usual = median(counts or [0])
    above = list(records[: min(FIRST_ROWS, _first_data(records, usual))])
    able = [at for at, row in enumerate(above) if _filled(row) > usual / 2 and _is_words(row)]
    named = [at for at in able if any(_PLACE.fullmatch(_clean(cell)) for cell in above[at])]
    if named:
        return named[0]
    if not able:
        return NONE
    if usual <= 1:  # a single column: titles look like its header, which stands right above
        best = able[-1] if len(above) < len(records) else able[0]
    else:
        best = max(able, key=lambda at: (_filled(above[at]), -at))
    return best if _stands_out(above[best], records[best + 1 :]) else NONE


def names(found: int, records: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the names of the columns: all different, and given where the header leaves one out.

    >>> names(0, [["Name", "", "name"]])
    ('Name', 'column 2', 'name (2)')
    """
    width = max(map(len, records), default=0)
    written = map(_clean, records[found]) if found != NONE else [""] * width
    taken: set[str] = set()
    kept = []
    for number, name in enumerate(written, start=1):
        plain = name or f"column {number}"
        tried = (f"{plain} ({n})" if n > 1 else plain for n in count(1))
        kept.append(next(each for each in tried if each.casefold() not in taken))
        taken.add(kept[-1].casefold())
    return tuple(kept)


def notes(found: int, records: Sequence[Sequence[str]], *, given: bool) -> list[str]:
    """Return what to say about the rows above the header, or of a header that is missing."""
    if given:
        return []
    if found == NONE:
        return ["It has no header row: its columns are called column 1, column 2 and so on."]
    above = sum(bool(_filled(row)) for row in records[:found])
    many = [f"{above} rows above the header are left out."]
    return ["One row above the header is left out."] if above == 1 else many[: min(above, 1)]


def are_given(header: Sequence[str]) -> bool:
    """Return whether the names of columns are ours, because the table has no header."""
    return all(_GIVEN.fullmatch(name) for name in header)


def _joined(cells: Sequence[str]) -> str:
    return CELL_MARK.join(filter(None, (cell.strip(SPACES) for cell in cells)))


def _clean(cell: str) -> str:
    return " ".join("".join(c for c in cell if c.isprintable() or c.isspace()).split())


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _first_data(records: Sequence[Sequence[str]], usual: float) -> int:
    """Return which record is the first that can only be data: it holds a postcode, or values."""
    for at, row in enumerate(records[:FIRST_ROWS]):
        cells = [cell.strip() for cell in row if cell.strip()]
        values = sum(_is_value(cell) for cell in cells)
        if any(map(is_postcode, cells)) or (len(cells) > usual / 2 and 2 * values > len(cells)):
            return at
    return len(records)


def _is_words(row: Sequence[str]) -> bool:
    cells = [cell.strip() for cell in row if cell.strip()]
    words = sum(any(map(str.isalpha, cell)) and not _is_value(cell) for cell in cells)
    return 2 * words >= len(cells) and not any(_DATE.fullmatch(cell) for cell in cells)


def _is_value(cell: str) -> bool:
    return bool(_VALUE.fullmatch(cell) or _DATE.fullmatch(cell))


def is_postcode(cell: str) -> bool:
    """Return whether a cell is a postcode, and no name of a column that has the form of one.

    >>> is_postcode("IP1 1AA"), is_postcode("WD25CD")
    (True, False)
    """
    # Names such as OA11CD and WD25CD end in letters that no postcode ends in.
    read = postcodes.read(cell)
    return read.kind is Kind.UNIT and not set(read.key[-2:]) & set("CIKMOV")


def _stands_out(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Return whether a row differs in kind from those below, in columns whose cells hold digits."""
    like, unlike = 0, 0
    for column, cell in enumerate(row):
        held = [r[column] for r in below[:FIRST_ROWS] if column < len(r) and r[column].strip()]
        digits = [text for text in held if any(map(str.isdigit, text))]
        if not cell.strip() or 2 * len(digits) <= len(held):
            continue
        ((usual, _),) = Counter(map(_shape, digits)).most_common(1)
        same = _shape(cell) == usual
        like, unlike = like + same, unlike + (not same)
    return unlike > 0 or like == 0


def _shape(text: str) -> str:
    """Return the kind of a text: runs of letters as A, of digits as 9.

    >>> _shape("IP12 3AB"), _shape("postcode")
    ('A9 9A', 'A')
    """
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "A", text.strip()))
