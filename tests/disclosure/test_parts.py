"""A large system in parts: whatever is answered by a part is what the whole would answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from geodemand.core import attack as attacks
from geodemand.core import audit, book, mend, parts
from geodemand.core.attacker import Attacker
from geodemand.core.book import Case, Entry
from geodemand.core.parts import ByParts, Parts
from geodemand.core.policy import rounded_to, stands_for
from geodemand.core.systems import IntArray, Sums, System
from geodemand.core.zones import Ground, Zones
from geodemand.io import definitions

PUBLIC = definitions.policy("public")
ROWS, ROW, ENOUGH = 8, 3, 3


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LARGE", 2 * ROW)
    monkeypatch.setattr(parts, "_BESIDE", ROW + 1)


def sets() -> list[IntArray]:
    """Return each piece, rows of pieces, and the total of all rows."""
    pieces = np.arange(ROWS * ROW)
    return [*pieces[:, None], *pieces.reshape(ROWS, ROW), pieces]


def published(counts: Sequence[int]) -> Case:
    """Return rows, each with its total, and the total of all as a policy shows them."""
    every = Zones.by(np.arange(len(counts)), len(counts))
    ground = Ground("CYP", np.arange(len(counts)), np.array(counts, dtype=np.int64))
    zones = every.grouped(sets())
    value = zones.count(ground)
    hidden = (value > 0) & (value <= PUBLIC.threshold)
    low, high = stands_for(rounded_to(value, PUBLIC.base, PUBLIC.base), PUBLIC.base, PUBLIC)
    low, high = np.where(hidden, 1.0, low), np.where(hidden, PUBLIC.threshold, high)
    return book.case(ground, [Entry(zones, low, high, hidden)])


def some(seed: int) -> Case:
    random = np.random.default_rng(seed)
    return published(random.choice([0, 1, 3, 6, 7, 8, 12], ROWS * ROW).tolist())


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("room", [0, 1, 40])
def test_a_part_says_of_a_target_what_the_whole_says(seed: int, room: int) -> None:
    case = some(seed)
    high, low = case.system.high.copy(), case.system.low.copy()
    total = int(np.argmax(case.value))
    low[total], high[total] = max(case.value[total] - room, 0), case.value[total] + room
    system = System(case.system.pieces, case.system.sums, low, high)
    whole, by_parts = Attacker(system), ByParts(system, case.known, Attacker)
    for target in audit.targets(case, PUBLIC.threshold).members:
        truth = {int(case.known[target].sum())}
        found, expected = (each.values(target, truth, ENOUGH) for each in (by_parts, whole))
        assert (len(found) < ENOUGH) == (len(expected) < ENOUGH)
        if len(expected) < ENOUGH:
            assert found <= expected


def test_rows_change_each_for_itself_and_share_the_total_only() -> None:
    sums, known = Sums.of(sets()), np.array([1, 8, 8] * ROWS)
    value = sums.total(known).astype(float)
    system = System(ROWS * ROW, sums, value, value + 2)
    found = Parts(system, known)
    part = found.around(system, np.array([1]))
    assert part is not None
    assert part.pieces.tolist() == [0, 1, 2]
    assert part.figures.tolist() == [0, 1, 2, ROWS * ROW, len(value) - 1]
    assert part.large.tolist() == [False] * 4 + [True]
    assert part.system.low.tolist() == [1, 8, 8, 17, 17]
    assert part.system.high.tolist() == [3, 10, 10, 19, 19]
    assert part.alone.high.tolist() == [3, 10, 10, 19]
    wide = found.around(system, np.array([1]), wide=True)
    assert wide is not None
    assert wide.pieces.tolist() == list(range(2 * ROW))
    assert found.around(system, np.arange(0, ROWS * ROW, ROW)) is None


def test_what_is_always_0_ties_nothing_together() -> None:
    """A piece that a figure of none holds at 0 lies in two rows, and in no part."""
    sums = Sums.of([[0, 1], [1, 2], [1], *([n] for n in range(3, 9))])
    ends = np.array([9.0, 9.0, 0.0, *[9.0] * 6])
    system = System(9, sums, ends * 0, ends)
    known = np.array([4, 0, 4, *[1] * 6])
    part = Parts(system, known).around(system, np.array([0, 1]))
    assert part is not None
    assert part.pieces.tolist() == [0]
    assert part.inside(np.array([0, 1])).tolist() == [0]


@pytest.mark.parametrize("counts", [(1, 8, 8), (6, 12, 0), (7, 12, 3)])
def test_a_case_of_many_pieces_is_mended_part_by_part_and_then_is_safe(
    counts: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = published(counts * ROWS)
    found = audit.leaks(case, PUBLIC.threshold)
    monkeypatch.setattr(attacks, "MOST_TOGETHER", 4)
    monkeypatch.setattr(mend, "MOST_TOGETHER", 4)
    assert audit.leaks(case, PUBLIC.threshold).size == found.size
    if found.size:
        assert mend.mend(case, found, PUBLIC)


def drawn() -> tuple[System, IntArray]:
    """Return eight rows of three pieces, the first four rows together, and all; row 5 is empty."""
    pieces = np.arange(ROWS * ROW)
    rows = pieces.reshape(ROWS, ROW)
    figures = [*rows, rows[:4].ravel(), pieces]
    known = np.full(ROWS * ROW, 4)
    known[rows[5]] = 0
    sums = Sums.of(figures)
    value = sums.total(known).astype(float)
    low, high = np.maximum(value - 2, 0), value + 2
    high[5] = 0
    return System(len(pieces), sums, low, high), known


def test_a_part_is_the_row_of_a_target_and_the_figures_it_is_in() -> None:
    system, known = drawn()
    part = Parts(system, known).around(system, np.array([4]))
    assert part is not None
    assert part.pieces.tolist() == [3, 4, 5]
    assert part.figures.tolist() == [1, 8, 9]  # its own, of four rows, and of all
    assert part.large.tolist() == [False, True, True]
    assert part.inside(np.array([4, 5, 20])).tolist() == [1, 2]
    # All else is at its true count: 36 people in the three other rows of four, 72 in all others.
    assert part.system.low.tolist() == [10, 10, 10]
    assert part.system.high.tolist() == [14, 14, 14]
    assert (part.alone.sums.size, part.alone.low.tolist()) == (1, [10])


def test_limits_of_a_part_are_never_below_nobody() -> None:
    system, known = drawn()
    low = system.low.copy()
    low[9] = 0
    part = Parts(system, known).around(
        System(system.pieces, system.sums, low, system.high), np.array([4])
    )
    assert part is not None
    assert part.system.low.tolist() == [10, 10, 0]


def test_a_wide_part_takes_in_rows_of_the_smallest_large_figure() -> None:
    """Four pieces beside are asked for: of the row itself and of the next one, whole."""
    system, known = drawn()
    found = Parts(system, known)
    beside = found.around(system, np.array([10]), wide=True)
    assert beside is not None
    assert beside.pieces.tolist() == [0, 1, 2, 3, 4, 5, 9, 10, 11]
    # Row 6 is in one large figure only, that of all.
    last = found.around(system, np.array([18]), wide=True)
    assert last is not None
    assert last.pieces.tolist() == [0, 1, 2, 3, 4, 5, 18, 19, 20]


def test_pieces_that_a_figure_of_nobody_keeps_at_none_are_in_no_part() -> None:
    system, known = drawn()
    found = Parts(system, known)
    part = found.around(system, np.array([15, 18]))
    assert part is not None
    assert part.pieces.tolist() == [18, 19, 20]
    empty = found.around(system, np.array([15]))
    assert empty is not None
    assert not len(empty.pieces)


def test_a_part_that_is_most_of_all_is_none() -> None:
    system, known = drawn()
    found = Parts(system, known)
    half = np.array([0, 3, 6, 9])
    some = found.around(system, half)
    assert some is not None
    assert len(some.pieces) == 12
    assert found.around(system, np.append(half, 12)) is None


def test_targets_of_one_group_are_mended_together() -> None:
    system, known = drawn()
    found = [
        [target.tolist() for target in each]
        for each in Parts(system, known).together(Sums.of([[0], [9, 10], [2, 1], [15], [11]]))
    ]
    assert sorted(found) == [[[0], [2, 1]], [[9, 10], [11]], [[15]]]


def test_the_whole_is_asked_once_where_no_part_will_do() -> None:
    system, known = drawn()
    asked: list[int] = []

    class Counted(Attacker):
        def __init__(self, given: System) -> None:
            super().__init__(given)
            asked.append(given.pieces)

    found = ByParts(system, known, Counted)
    far = np.array([0, 3, 6, 9, 12])
    for _ in range(2):
        assert len(found.values(far, {20}, ENOUGH)) >= ENOUGH
    assert asked == [ROWS * ROW]
    asked.clear()
    assert len(found.values(np.array([4]), {4}, ENOUGH)) >= ENOUGH
    assert asked == [ROW]
