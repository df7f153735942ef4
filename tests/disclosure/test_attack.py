"""What an attacker can work out about counts that were not published."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodemand.core.attack import attack, bounds
from geodemand.core.systems import Sums, System

ROW = Sums.of([[0], [1], [2], [0, 1, 2]])


def row_of_three(total: tuple[int, int]) -> System:
    """Return c, 10, 10 and a total."""
    return System(3, ROW, np.array([1.0, 8, 8, total[0]]), np.array([7.0, 12, 12, total[1]]))


def test_a_row_and_its_total_give_the_hidden_cell_away() -> None:
    found = attack(row_of_three((13, 17)), Sums.of([[0]]), np.array([1, 8, 8]))
    assert (found.low[0], found.high[0], found.values[0]) == (1, 1, 1)


def test_a_wider_total_keeps_it() -> None:
    system = row_of_three((15, 24))
    assert attack(system, Sums.of([[0]]), np.array([1, 8, 8])).values[0] >= 3
    exact = bounds(system, Sums.of([[0]]))
    assert (exact.low[0], exact.high[0], exact.values[0]) == (1, 7, 7)


def test_the_truth_need_not_be_known() -> None:
    """Tables made elsewhere are attacked without it."""
    assert attack(row_of_three((13, 17)), Sums.of([[0]])).values[0] == 1


def test_figures_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="no counts fit"):
        attack(row_of_three((40, 44)), Sums.of([[0]]))


def test_whole_numbers_are_asked_for_where_linear_bounds_leave_a_gap() -> None:
    """Three pieces, each pair of which adds up to 7, 7 and 8: each is 3.5 or so, and none whole."""
    pairs = Sums.of([[0, 1], [1, 2], [0, 2]])
    system = System(3, pairs, np.array([6.0, 6, 6]), np.array([7.0, 7, 7]))
    every = [c for c in itertools.product(range(8), repeat=3) if system.fits(np.array(c))]
    found = bounds(system, Sums.of([[0], [0, 1, 2]]))
    assert found.high[1] == max(sum(c) for c in every) == 10  # the linear bound is 10.5
    assert found.low[0] == min(c[0] for c in every)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_small_system_is_judged_as_trying_all_counts_judges_it(data: st.DataObject) -> None:
    pieces = data.draw(st.integers(2, 3))
    some = st.sets(st.integers(0, pieces - 1), min_size=1)
    sets = data.draw(st.lists(some, min_size=1, max_size=6))
    known = np.array(data.draw(st.lists(st.integers(0, 7), min_size=pieces, max_size=pieces)))
    sums = Sums.of([sorted(each) for each in sets])
    slack = st.lists(st.integers(0, 2), min_size=len(sets), max_size=len(sets))
    value = sums.total(known)
    low = np.maximum(value - np.array(data.draw(slack)), 0).astype(float)
    system = System(pieces, sums, low, (value + np.array(data.draw(slack))).astype(float))
    targets = Sums.of([sorted(each) for each in data.draw(st.lists(some, min_size=1, max_size=3))])
    # No piece of a figure is larger than the largest figure, which is 3 x 7 and a slack of 2.
    every = np.indices((24,) * pieces).reshape(pieces, -1).T
    added = np.stack([every[:, each].sum(axis=1) for each in sums.members], axis=1)
    fitting = every[((added >= system.low) & (added <= system.high)).all(axis=1)]
    possible = [set(fitting[:, each].sum(axis=1).tolist()) for each in targets.members]
    found = attack(system, targets, known)
    for values, low_, high_, all_ in zip(
        found.values, found.low, found.high, possible, strict=True
    ):
        assert min(values, 3) == min(len(all_), 3)
        assert {int(low_), int(high_)} - set(range(24, 2_000_000)) <= all_
