"""Published tables as an attacker reads them: which cells are hidden, and what adds up to what.

A table made elsewhere does not say which rows and columns are totals. They are known by name
(Total, All), by words of the user, or because the figures add up, and every one is said aloud.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from geodemand.core.ratios import Ratio, tightened

# How a hidden count is written; case does not matter.
HIDDEN = ("c", "[c]", "*", "**", "..", "x", "[x]", "supp", "suppressed", "withheld", "~", "†")
# How is written that there is no figure: it says nothing of any count.
NOTHING = ("", "-", "–", "—", "n/a", "na", "[z]", "z", "null", "none", ":")
TOTALS = ("total", "totals", "all", "grand total", "overall", "sum", "subtotal", "sub-total")
_NUMBER = re.compile(r"-?\d{1,3}([, \u00a0\u202f]\d{3})+|-?\d+(\.0+)?")
_BELOW = re.compile(r"(<|≤|<=|fewer than|less than|up to)\s*(\d+)", re.IGNORECASE)
_RANGE = re.compile(r"(\d+)\s*(?:-|–|to)\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Rules:
    """How figures were made: 1 to ``threshold`` hidden, others to the nearest ``base``.

    ``larger``: a hidden count may also be larger, hidden so that others cannot be worked out.
    ``wider``: how many times the base some figures are rounded to, unmarked, for the same reason.
    """

    threshold: int
    base: int = 1
    larger: bool = False
    wider: tuple[int, ...] = ()


@dataclass(frozen=True)
class Cell:
    """What one cell says of a count: it lies from ``low`` to ``high``, both included.

    ``told``: a share or an average tells so, whatever a hidden count usually stands for.
    """

    text: str
    low: float
    high: float
    hidden: bool = False
    told: bool = False

    @property
    def unlimited(self) -> bool:
        """Return whether it is hidden without a limit of its own: a large one may look the same."""
        return self.hidden and not self.told and not any(map(str.isdigit, self.text))


@dataclass(frozen=True)
class Tabled:
    """A table of counts. ``cells`` by row and column; one that says nothing is left out.

    ``row_sums``, ``column_sums``: for each total the rows or columns that it adds up. ``said``: how
    each total was found, and what was passed over. ``ratios``: shares and averages of its counts.
    """

    name: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[tuple[int, int], Cell]
    row_sums: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    column_sums: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    ratios: tuple[Ratio, ...] = ()

    def leaves(self, row: int) -> tuple[int, ...]:
        """Return the rows that a row adds up: itself where it is no total."""
        return self.row_sums.get(row, (row,))

    def column_leaves(self, column: int) -> tuple[int, ...]:
        """Return the columns that a column adds up: itself where it is no total."""
        return self.column_sums.get(column, (column,))


def cell(text: str, rules: Rules) -> Cell | None:
    """Return what a text says of a count, None where it says nothing; raise ValueError for words.

    >>> cell("1,235", Rules(7, 5))
    Cell(text='1,235', low=1233.0, high=1237.0, hidden=False, told=False)
    >>> cell("<5", Rules(7)), cell("[z]", Rules(7))
    (Cell(text='<5', low=1, high=4, hidden=True, told=False), None)
    """
    plain = text.strip()
    if plain.casefold() in NOTHING:
        return None
    if plain.casefold() in HIDDEN:
        return Cell(plain, 1, math.inf if rules.larger else max(rules.threshold, 1), hidden=True)
    if below := _BELOW.fullmatch(plain):
        most = int(below[2]) - (below[1].casefold() in {"<", "fewer than", "less than"})
        return Cell(plain, 1, most, hidden=True)
    if span := _RANGE.fullmatch(plain):
        return Cell(plain, int(span[1]), int(span[2]), hidden=True)
    if not _NUMBER.fullmatch(plain):
        message = f"'{plain}' is no count"
        raise ValueError(message)
    value = float(re.sub("[, \u00a0\u202f]", "", plain))
    return Cell(plain, *stands_for(value, rules))


def stands_for(value: float, rules: Rules) -> tuple[float, float]:
    """Return the smallest and largest count that is shown as a figure.

    >>> stands_for(40, Rules(7, 5)), stands_for(40, Rules(7, 5, wider=(2, 4)))
    ((38.0, 42.0), (30.0, 49.0))
    """
    if value == 0 or rules.base <= 1:
        return value, value
    base = max(n * rules.base for n in (1, *rules.wider) if value % (n * rules.base) == 0 or n == 1)
    low = math.ceil(value - base / 2)
    if value == base > rules.base:
        low = 0  # rounded more coarsely, a count is never shown as 0: see `policy.rounded_to`
    return float(max(low, rules.threshold + 1)), float(math.ceil(value + base / 2) - 1)


def with_totals(table: Tabled, named: Sequence[str], *, search: bool) -> Tabled:
    """Return a table with its totals found, and its counts where its ratios say that they lie.

    ``named``: rows and columns that are totals by the user's word. ``search``: also look for them
    by the usual names and by arithmetic.
    """
    said: list[str] = []
    rows = _sums(_Side.of_rows(table), named, said, search=search)
    columns = _sums(_Side.of_columns(table), named, said, search=search)
    held = replace(table, row_sums=rows, column_sums=columns, said=(*table.said, *said))
    return tightened(held)


@dataclass(frozen=True)
class _Side:
    """Rows or columns of a table: their labels, and low and high of each by the other side."""

    kind: str
    labels: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of_rows(cls, table: Tabled) -> _Side:
        low = np.zeros((len(table.rows), len(table.columns)))
        high = np.full_like(low, np.inf)
        for at, each in table.cells.items():
            low[at], high[at] = each.low, math.inf if each.unlimited else each.high
        return cls("row", table.rows, low, high)

    @classmethod
    def of_columns(cls, table: Tabled) -> _Side:
        side = cls.of_rows(table)
        return cls("column", table.columns, side.low.T, side.high.T)

    def fits(self, total: int, parts: Sequence[int]) -> bool:
        """Return whether parts can add up to a total, wherever both are known."""
        low, high = self.low[list(parts)].sum(axis=0), self.high[list(parts)].sum(axis=0)
        return bool(((low <= self.high[total]) & (high >= self.low[total])).all())

    def adds_up(self, total: int, parts: Sequence[int]) -> bool:
        """Return whether figures add up so well that it is no chance: exact ones, several times."""
        known = np.isfinite(self.high[[total, *parts]]).all(axis=0)
        told = known & (self.low[total] > 0)
        enough = 2
        some = (self.low[list(parts)] > 0).sum(axis=0) >= enough
        return int((told & some).sum()) >= enough and self.fits(total, parts)


def is_total(label: str) -> bool:
    """Return whether a label is a usual name of a total."""
    words = re.sub(r"[^a-z -]", "", label.casefold()).strip()
    return words in TOTALS or words.startswith(("total ", "all ")) or words.endswith(" total")


def _bare(label: str) -> bool:
    """Return whether a label says that it is a total and not of what."""
    return label.casefold().strip() in TOTALS


def _sums(
    side: _Side, named: Sequence[str], said: list[str], *, search: bool
) -> dict[int, tuple[int, ...]]:
    """Return the totals of one side, each with its parts."""
    wanted = {each.casefold() for each in named}
    stated = [n for n, label in enumerate(side.labels) if label.casefold() in wanted]
    found = [n for n, label in enumerate(side.labels) if search and is_total(label)]
    totals = sorted({*stated, *found})
    leaves = [n for n in range(len(side.labels)) if n not in totals]
    sums: dict[int, tuple[int, ...]] = {}
    for total in totals:
        parts = _parts(side, total, totals, leaves)
        if parts:
            sums[total] = parts
        what = f"the sum of {_named(side, parts)}" if parts else "no sum of others: not used so"
        said.append(f"{side.kind} '{side.labels[total]}' is {what}")
    if search and not totals:
        sums = _by_arithmetic(side, said)
    return sums


def _parts(
    side: _Side, total: int, totals: Sequence[int], leaves: Sequence[int]
) -> tuple[int, ...]:
    """Return what a total adds up: the block beside it, or all that is no total."""
    before = max((each for each in totals if each < total), default=-1)
    after = min((each for each in totals if each > total), default=len(side.labels))
    # Where a total comes first, each stands above its parts; else below them.
    heads = not leaves or min(totals) < leaves[0]
    block = [n for n in leaves if (total < n < after if heads else before < n < total)]
    grand = len(totals) > 1 and _bare(side.labels[total])
    choices = [list(leaves), block] if grand else [block, list(leaves)]
    several = 2
    for parts in choices:
        if len(parts) >= several and side.fits(total, parts):
            return tuple(parts)
    return next((tuple(p) for p in choices if len(p) == 1 and side.fits(total, p)), ())


def _by_arithmetic(side: _Side, said: list[str]) -> dict[int, tuple[int, ...]]:
    """Return the last or first of a side as a total, where the figures say so."""
    size, least = len(side.labels), 3
    for total in (size - 1, 0) if size >= least else ():
        parts = tuple(n for n in range(size) if n != total)
        if side.adds_up(total, parts):
            label = side.labels[total]
            said.append(f"{side.kind} '{label}' is the sum of the others, as its figures add up")
            return {total: parts}
    return {}


def _named(side: _Side, parts: Sequence[int]) -> str:
    if len(parts) == len(side.labels) - 1:
        return "all others"
    return f"{len(parts)} {side.kind}s, '{side.labels[parts[0]]}' to '{side.labels[parts[-1]]}'"
