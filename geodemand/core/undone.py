"""What published tables give away together: hidden cells that can be worked out, and the way back.

All cells are sums of the smallest pieces: the cells that are no totals. Tables that break down the
same column, each with its total, are laid over each other, so that the pieces are their rows
crossed; the attack is that on our own releases.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from geodemand.core.attack import ENOUGH, attack, bounds
from geodemand.core.attacker import Attacker
from geodemand.core.systems import IntArray, Sums, System
from geodemand.core.tabled import Cell, Rules, Tabled, stands_for

# Rows crossed with rows beyond this make an attack take hours: such tables are not laid together.
MOST_PIECES = 20_000
_MOST_ROUNDS = 30
_MOST_NAMED = 6


@dataclass(frozen=True)
class Recovered:
    """A hidden cell that keeps too few values. ``how``: from which cells; ``low``, ``high``."""

    table: str
    row: str
    column: str
    shown: str
    low: int
    high: int
    how: str


@dataclass(frozen=True)
class Undone:
    """What an audit of tables found.

    ``hidden``: hidden cells in all; ``recovered``: those that can be worked out; ``hide``: cells to
    hide as well, so that none can; ``round_to``: or what to round everything to, 0 if none helps.
    ``said``: how the tables were read.
    """

    cells: int
    hidden: int
    recovered: tuple[Recovered, ...]
    hide: tuple[tuple[str, str, str, str], ...]
    round_to: int
    said: tuple[str, ...]


class NotAddingUpError(Exception):
    """No counts fit all that the tables say."""


@dataclass
class _Joint:
    """Cells of several tables over common pieces."""

    tables: Sequence[Tabled]
    keys: list[tuple[int, int, int]]
    members: list[IntArray]
    pieces: int

    @property
    def cells(self) -> list[Cell]:
        return [self.tables[t].cells[row, column] for t, row, column in self.keys]

    def system(self, cells: Sequence[Cell]) -> System:
        low = np.array([each.low for each in cells], dtype=float)
        high = np.array([each.high for each in cells], dtype=float)
        return System(self.pieces, Sums.of(self.members), low, high)

    def words(self, number: int) -> str:
        t, row, column = self.keys[number]
        table = self.tables[t]
        where = f"{table.rows[row]} / {table.columns[column]} {table.cells[row, column].text}"
        return f"{table.name}: {where}" if len(self.tables) > 1 else where


def audit(tables: Sequence[Tabled], rules: Rules, bases: Sequence[int] = (5, 10)) -> Undone:
    """Return which hidden cells of some tables can be worked out, how, and what would mend it.

    ``bases``: to which it may be proposed to round. Raises NotAddingUpError.
    """
    joint, notes = _laid_together(tables)
    cells = joint.cells
    try:
        found = _leaking(joint, cells)
    except ValueError:
        cells = [_larger(each) for each in cells]
        notes.append(
            "Hidden counts up to the threshold do not fit the totals: some are taken to be larger."
        )
        try:
            found = _leaking(joint, cells)
        except ValueError as error:
            raise NotAddingUpError from error
    recovered = tuple(_recovered(joint, cells, found))
    return Undone(
        len(cells),
        sum(each.hidden for each in cells),
        recovered,
        tuple(_to_hide(joint, cells, found)),
        _to_round(joint, cells, rules, bases) if found else 0,
        tuple(notes),
    )


def _larger(each: Cell) -> Cell:
    """Return a hidden cell as one that may stand for more, unless it says its limit."""
    return replace(each, high=math.inf) if each.unlimited else each


@dataclass
class _Ground:
    """The pieces of each column: its rows, or those of several tables crossed.

    ``broken``: by column, what tables break it down to; ``start``: its first piece.
    """

    broken: dict[str, list[tuple[str, ...]]]
    start: dict[str, int]
    size: int

    def pieces(self, key: str, labels: tuple[str, ...], inside: Sequence[int]) -> IntArray:
        """Return the pieces of some rows of a table in one column."""
        sides = self.broken[key]
        shape = tuple(map(len, sides))
        index = np.arange(math.prod(shape)).reshape(shape)
        return self.start[key] + np.take(index, inside, axis=sides.index(labels)).ravel()


def _laid_together(tables: Sequence[Tabled]) -> tuple[_Joint, list[str]]:
    """Return the cells of all tables over common pieces, and what was laid together."""
    ground, apart, notes = _ground(tables)
    keys, members = [], []
    for number, table in enumerate(tables):
        labels = _labels(table)
        places = {leaf: at for at, leaf in enumerate(_leaf_rows(table))}
        for at in table.cells:
            inside = [places[leaf] for leaf in table.leaves(at[0])]
            columns = [_key(table, number, each, apart) for each in table.column_leaves(at[1])]
            keys.append((number, *at))
            members.append(np.concatenate([ground.pieces(c, labels, inside) for c in columns]))
    return _Joint(tables, keys, members, ground.size), notes


@dataclass(frozen=True)
class _Apart:
    """Columns by which tables are not laid together: not at all, or where their totals differ."""

    alone: frozenset[str] = frozenset()
    differ: frozenset[str] = frozenset()


def _ground(tables: Sequence[Tabled]) -> tuple[_Ground, _Apart, list[str]]:
    """Return the pieces of all columns, the columns that tables are not laid together by, notes."""
    differ = _differ(tables)
    notes = [
        f"'{key}' has different totals, so not the same people in all tables: only those with one "
        "total are laid over each other."
        for key in sorted(differ)
    ]
    broken = _broken_down(tables, _Apart(differ=differ))
    large = {key for key, parts in broken.items() if math.prod(map(len, parts)) > MOST_PIECES}
    notes += [
        f"'{key}': too many rows to lay tables over each other: each alone."
        for key in sorted(large)
    ]
    apart = _Apart(frozenset(large), differ)
    broken = _broken_down(tables, apart)
    notes += [
        f"'{key}' is taken for the same people in {len(parts)} tables, each with its total."
        for key, parts in broken.items()
        if len(parts) > 1
    ]
    start, size = {}, 0
    for key, parts in broken.items():
        start[key] = size
        size += math.prod(map(len, parts))
    return _Ground(broken, start, size), apart, notes


def _differ(tables: Sequence[Tabled]) -> frozenset[str]:
    """Return the columns of which two tables have totals that cannot be the same count."""
    held: dict[str, list[Cell]] = {}
    for table in tables:
        for column in range(len(table.columns)):
            total = _total(table, column)
            if total is not None:
                held.setdefault(_name(table, column), []).append(total)
    return frozenset(
        key
        for key, totals in held.items()
        if max(each.low for each in totals) > min(each.high for each in totals)
    )


def _broken_down(tables: Sequence[Tabled], apart: _Apart) -> dict[str, list[tuple[str, ...]]]:
    """Return by column what each table breaks it down to, the same rows once."""
    broken: dict[str, list[tuple[str, ...]]] = {}
    for number, table in enumerate(tables):
        for column in range(len(table.columns)):
            if column not in table.column_sums:
                held = broken.setdefault(_key(table, number, column, apart), [])
                if _labels(table) not in held:
                    held.append(_labels(table))
    return broken


def _key(table: Tabled, number: int, column: int, apart: _Apart) -> str:
    """Return what people a column counts: those of its name, where a total says that all are there.

    Without one nobody knows that the rows are all people of the column.
    """
    key = name = _name(table, column)
    if name in apart.differ and (total := _total(table, column)):
        key = f"{name}, {total.text} in all"
    whole = _whole_row(table) is not None
    return key if whole and key not in apart.alone else f"{name} of table {number + 1}"


def _name(table: Tabled, column: int) -> str:
    return table.columns[column].casefold().strip()


def _whole_row(table: Tabled) -> int | None:
    """Return the row that is the total of all others, None without one."""
    leaves = set(_leaf_rows(table))
    return next((row for row, parts in table.row_sums.items() if set(parts) == leaves), None)


def _total(table: Tabled, column: int) -> Cell | None:
    """Return the total of a column, None where it is not said."""
    row = _whole_row(table)
    return None if row is None else table.cells.get((row, column))


def _labels(table: Tabled) -> tuple[str, ...]:
    return tuple(table.rows[row].casefold().strip() for row in _leaf_rows(table))


def _leaf_rows(table: Tabled) -> list[int]:
    return [row for row in range(len(table.rows)) if row not in table.row_sums]


def _leaking(joint: _Joint, cells: Sequence[Cell]) -> list[int]:
    """Return the hidden cells that keep too few values; raise ValueError where nothing fits."""
    hidden = [number for number, each in enumerate(cells) if each.hidden]
    targets = Sums.of([joint.members[number] for number in hidden])
    if not hidden:
        return []
    found = attack(joint.system(cells), targets)
    return [hidden[row] for row in np.flatnonzero(found.values < ENOUGH).tolist()]


def _recovered(joint: _Joint, cells: Sequence[Cell], leaking: Sequence[int]) -> Iterator[Recovered]:
    if not leaking:
        return
    system = joint.system(cells)
    found = bounds(system, Sums.of([joint.members[number] for number in leaking]))
    attacker = Attacker(system)
    for at, number in enumerate(leaking):
        t, row, column = joint.keys[number]
        table = joint.tables[t]
        binding = attacker.binding(joint.members[number]).tolist()
        yield Recovered(
            table.name,
            table.rows[row],
            table.columns[column],
            cells[number].text,
            int(found.low[at]),
            int(found.high[at]),
            _how(joint, number, [each for each in binding if each != number]),
        )


def _how(joint: _Joint, number: int, binding: Sequence[int]) -> str:
    """Return in words from which cells a hidden one follows."""
    if not binding:
        return "its limits, or its share or average, beside it"
    target = set(joint.members[number].tolist())
    for whole in sorted(binding, key=lambda each: len(joint.members[each])):
        rest = set(joint.members[whole].tolist()) - target
        if len(rest) != len(joint.members[whole]) - len(target):
            continue
        parts = _exactly(joint, rest, [each for each in binding if each != whole])
        if parts is not None:
            less = _listed([joint.words(each) for each in parts])
            return f"{joint.words(whole)} less {less}" if parts else f"equals {joint.words(whole)}"
    return f"together: {_listed([joint.words(each) for each in binding])}"


def _exactly(joint: _Joint, rest: set[int], candidates: Sequence[int]) -> list[int] | None:
    """Return cells that make up some pieces without a remainder, the largest first."""
    left, chosen = set(rest), []
    for each in sorted(candidates, key=lambda n: -len(joint.members[n])):
        held = set(joint.members[each].tolist())
        if held <= left:
            left -= held
            chosen.append(each)
    return None if left else chosen


def _listed(words: Sequence[str]) -> str:
    more = len(words) - _MOST_NAMED
    shown = ", ".join(words[:_MOST_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown


def _to_hide(
    joint: _Joint, cells: Sequence[Cell], leaking: Sequence[int]
) -> Iterator[tuple[str, str, str, str]]:
    """Yield the cells to hide as well: of those that bind a hidden one the smallest, in turns."""
    held, found = list(cells), list(leaking)
    for _ in range(_MOST_ROUNDS):
        if not found:
            return
        attacker = Attacker(joint.system(held))
        chosen: set[int] = set()
        for number in found:
            binding = attacker.binding(joint.members[number]).tolist()
            open_to = [n for n in binding if not held[n].hidden and held[n].low > 0]
            if open_to and not chosen.intersection(open_to):
                # A total is worth more than a part, whatever its size.
                chosen.add(min(open_to, key=lambda n: (len(joint.members[n]), held[n].low)))
        if not chosen:
            return
        for number in sorted(chosen):
            held[number] = replace(held[number], hidden=True, low=1.0, high=math.inf)
            t, row, column = joint.keys[number]
            table = joint.tables[t]
            yield table.name, table.rows[row], table.columns[column], cells[number].text
        found = _leaking(joint, held)


def _to_round(joint: _Joint, cells: Sequence[Cell], rules: Rules, bases: Sequence[int]) -> int:
    """Return the least base that keeps all hidden cells if everything is rounded to it; or 0."""
    for base in (each for each in bases if each > rules.base):
        coarse = [_rounded(each, Rules(rules.threshold, base)) for each in cells]
        if not _leaking(joint, coarse):
            return base
    return 0


def _rounded(each: Cell, rules: Rules) -> Cell:
    if each.hidden or each.low == 0:
        return each
    middle = (each.low + each.high) / 2
    low, high = stands_for(math.floor(middle / rules.base + 0.5) * rules.base, rules)
    return replace(each, low=min(low, each.low), high=max(high, each.high))
