"""Shares and averages beside counts: each tells of the count that it was formed from.

2.5 % of 120 is 3, though the count itself is shown as c. A column called "CYP %" or "Share of CYP"
holds shares of the total of CYP, one called "Clients per postcode" averages of two columns.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geodemand.core.tabled import Tabled

_SHARE = re.compile(r"%|\bper ?cent\b|\bpercentage\b|\bshare\b", re.IGNORECASE)
_FILLING = re.compile(r"[()\[\]:,]|\b(of|in)\b", re.IGNORECASE)
_AVERAGE = re.compile(r"(?:(?:mean|average) )?(.+?) per (.+)", re.IGNORECASE)
_VALUE = re.compile(r"(\d+)(?:\.(\d+))? ?%?")
_LITTLE = 1e-9


@dataclass(frozen=True)
class Ratio:
    """A column of ratios. ``texts`` by row; ``count``: the column that is divided.

    ``base``: the column that it is divided by, None for the total of its own; ``times``: what
    stands for one: 100 for per cent.
    """

    name: str
    texts: Mapping[int, str]
    count: int
    base: int | None
    times: float

    @property
    def decimals(self) -> int:
        """Return to how many decimals they are rounded: workbooks show 2.0 as 2."""
        found = map(_VALUE.fullmatch, map(str.strip, self.texts.values()))
        return max((len(each[2] or "") for each in found if each), default=0)


def meant(heading: str, left: str, counts: Sequence[str]) -> tuple[str, str | None] | None:
    """Return what a heading says is divided, and by what (None: by the total).

    ``left``: the column of counts before it; ``counts``: all columns there are.

    >>> meant("CYP %", "ACS", ["CYP", "ACS"]), meant("%", "ACS", ["CYP", "ACS"])
    (('CYP', None), ('ACS', None))
    >>> meant("Clients per postcode", "", ["Postcodes", "Clients"])
    ('Clients', 'Postcodes')
    """
    known = {each.casefold(): each for each in counts}
    if average := _AVERAGE.fullmatch(heading.strip()):
        of, by = (_found(each, known) for each in average.groups())
        if of and by:
            return of, by
    if not _SHARE.search(heading):
        return None
    rest = " ".join(_FILLING.sub(" ", _SHARE.sub(" ", heading)).split())
    of = _found(rest, known) if rest else left
    return (of, None) if of else None


def _found(word: str, known: Mapping[str, str]) -> str | None:
    plain = word.strip().casefold()
    return known.get(plain) or known.get(f"{plain}s")


def as_written(texts: Iterable[str]) -> float:
    """Return what stands for the whole in a column of shares: 1 in workbooks, else 100."""
    values = [float(each.strip().rstrip("% ")) for each in texts if _VALUE.fullmatch(each.strip())]
    return 1.0 if max(values, default=100.0) <= 1 else 100.0


def tightened(table: Tabled) -> Tabled:
    """Return a table whose counts lie where its ratios say too; one that does not fit is said."""
    cells = dict(table.cells)
    said = []
    for ratio in table.ratios:
        fits = True
        for row, text in ratio.texts.items():
            held = cells.get((row, ratio.count))
            span = _span(table, ratio, row, text)
            if held is None or span is None:
                continue
            # A larger count may be hidden too: then its share tells.
            most = span[1] if held.unlimited and span[0] > held.high else held.high
            low, high = max(held.low, span[0]), min(most, span[1])
            fits &= low <= high
            if low <= high:
                cells[row, ratio.count] = replace(held, low=low, high=high, told=True)
        by = "its total" if ratio.base is None else f"'{table.columns[ratio.base]}'"
        what = f"column '{ratio.name}' is '{table.columns[ratio.count]}' divided by {by}"
        said.append(what if fits else f"{what}; where it does not fit the counts it is not used")
    return replace(table, cells=cells, said=(*table.said, *said))


def _span(table: Tabled, ratio: Ratio, row: int, text: str) -> tuple[float, float] | None:
    """Return the smallest and largest count that a ratio lets be; None where it says nothing."""
    value = _VALUE.fullmatch(text.strip())
    at = _whole(table) if ratio.base is None else row
    base = None if at is None else table.cells.get((at, _column(ratio)))
    if value is None or base is None or (row == at and ratio.base is None):
        return None
    half = 0.5 * 10.0**-ratio.decimals
    shown = float(f"{value[1]}.{value[2] or 0}")
    low = math.ceil((shown - half) * base.low / ratio.times - _LITTLE)
    high = math.inf
    if math.isfinite(base.high):
        high = math.floor((shown + half) * base.high / ratio.times + _LITTLE)
    return low, high


def _column(ratio: Ratio) -> int:
    return ratio.count if ratio.base is None else ratio.base


def _whole(table: Tabled) -> int | None:
    """Return the row that adds up all rows, None where there is none."""
    leaves = {row for row in range(len(table.rows)) if row not in table.row_sums}
    return next((row for row, parts in table.row_sums.items() if set(parts) == leaves), None)
