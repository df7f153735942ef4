"""How a leak is mended: with the least loss where that can be proven, and always safely."""

# ruff: noqa: SLF001 - each step is held to its rule, beside what they come to together
from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from geodemand.core import audit, book, mend
from geodemand.core.attack import bounds
from geodemand.core.book import Case, Entry
from geodemand.core.effort import Effort, UnprovenError
from geodemand.core.mend import Option
from geodemand.core.policy import HIDE, Policy, rounded_to, stands_for
from geodemand.core.systems import Sums
from geodemand.core.zones import Ground, Zones
from geodemand.io import definitions

PUBLIC, DFE = definitions.policy("public"), definitions.policy("dfe")


def case_of(counts: Sequence[int], sets: Sequence[Sequence[int]], policy: Policy) -> Case:
    """Return figures over sets of places as a policy shows them before its audit."""
    ground = Ground("CYP", np.arange(len(counts)), np.array(counts, dtype=np.int64))
    every = Zones.by(np.arange(len(counts)), len(counts))
    zones = every.grouped([np.array(each, dtype=np.int64) for each in sets])
    value = zones.count(ground)
    hidden = (value > 0) & (value <= policy.threshold)
    low, high = stands_for(rounded_to(value, policy.base, policy.base), policy.base, policy)
    low, high = np.where(hidden, 1.0, low), np.where(hidden, policy.threshold, high)
    return book.case(ground, [Entry(zones, low, high, hidden)])


def row(*counts: int, policy: Policy = PUBLIC) -> Case:
    every = range(len(counts))
    return case_of(counts, [*([n] for n in every), every], policy)


def changes(case: Case, policy: Policy) -> dict[int, int]:
    """Return the changes by the count that they are made to."""
    asked = mend.mend(case, audit.leaks(case, policy.threshold), policy)
    value = dict(zip(case.names.tolist(), case.value.tolist(), strict=True))
    return {value[name]: base for name, base in asked.items()}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((1, 8, 8), {17: 10}),  # the total loses least: it is largest
        ((7, 12), {19: 10}),
        ((6, 12), {18: 10}),
    ],
)
def test_a_row_of_rounded_counts_loses_least(
    counts: tuple[int, ...], expected: dict[int, int]
) -> None:
    assert changes(row(*counts), PUBLIC) == expected


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((3, 20, 50), {20: HIDE}),  # the smaller one
        ((3, 50, 20), {20: HIDE}),
        ((2, 9, 9), {9: HIDE}),
    ],
)
def test_where_totals_are_exact_the_smallest_is_hidden(
    counts: tuple[int, ...], expected: dict[int, int]
) -> None:
    assert changes(row(*counts, policy=DFE), DFE) == expected


def test_what_may_be_done_to_each_figure_and_what_it_loses() -> None:
    case = row(3, 0, 20, 12)
    figure = {value: n for n, value in enumerate(case.value.tolist())}
    found = mend._options(case, PUBLIC)
    told = [(each.figure, each.base, each.low, each.high) for each in found]
    assert sorted(told) == sorted(
        [
            (figure[20], 10, 15, 24),
            (figure[20], 20, 8, 29),
            (figure[20], HIDE, 1, np.inf),
            (figure[12], 10, 8, 14),  # 8 and more are shown
            (figure[12], 20, 8, 29),
            (figure[12], HIDE, 1, np.inf),
            (figure[35], 10, 35, 44),
            (figure[35], 20, 30, 49),
            (figure[35], HIDE, 1, np.inf),
        ]
    )
    loss = {(each.figure, each.base): each.loss for each in found}
    assert loss[figure[20], 10] == 10 / 80
    assert loss[figure[35], 20] == 20 / 140
    assert loss[figure[12], HIDE] == 1 + 12 / 35
    assert loss[figure[35], HIDE] == 2
    # To hide is worse than to round, whatever the counts.
    assert min(n for (_, base), n in loss.items() if base == HIDE) > 1
    order = [each.figure for each in found]
    assert order == sorted(order)


def test_what_was_let_out_or_is_hidden_is_not_changed() -> None:
    case = row(3, 20, 12)
    fixed = replace(case, fixed=case.value == 20)
    values = {int(case.value[each.figure]) for each in mend._options(fixed, PUBLIC)}
    assert values == {12, 35}
    hide = replace(PUBLIC, repair="hide")
    assert {each.base for each in mend._options(case, hide)} == {HIDE}
    assert {each.base for each in mend._options(row(3, 20, policy=DFE), DFE)} == {HIDE}
    widen = replace(DFE, repair="widen")
    assert {each.base for each in mend._options(row(3, 20, policy=DFE), widen)} == {HIDE}


def test_a_case_is_shown_otherwise_and_the_first_one_stays() -> None:
    case = row(3, 20, 12)
    figure = {value: n for n, value in enumerate(case.value.tolist())}
    before = case.system.low.tolist(), case.hidden.tolist()
    found = mend._with(
        case,
        [Option(figure[20], 20, 10, 29, 0.1), Option(figure[12], HIDE, 1, np.inf, 1.1)],
    )
    assert (found.system.low[figure[20]], found.system.high[figure[20]]) == (10, 29)
    assert (found.system.low[figure[12]], found.system.high[figure[12]]) == (1, np.inf)
    assert found.hidden.tolist() == [n in {figure[12], figure[3]} for n in range(4)]
    assert (case.system.low.tolist(), case.hidden.tolist()) == before


def least(case: Case, found: Sums, options: Sequence[Option]) -> float:
    """Return the least loss by which every leak may differ by two, by trying all ways."""
    by_figure = [
        [None, *(each for each in options if each.figure == figure)]
        for figure in sorted({each.figure for each in options})
    ]
    best = np.inf
    for ways in itertools.product(*by_figure):
        chosen = [each for each in ways if each]
        loss = sum(each.loss for each in chosen)
        if loss < best:
            ends = bounds(mend._with(case, chosen).system, found)
            if (ends.high - ends.low >= 2).all():
                best = loss
    return best


# Rows, crossed tables and areas within areas that leak as they are shown.
CASES = [
    row(1, 8, 8),
    row(7, 12),
    row(6, 12),
    row(3, 20, 50, policy=DFE),
    case_of([3, 40, 60], [[0, 1], [1], [2], [0, 1, 2]], DFE),
    case_of([2, 30, 41, 17], [[0, 1], [2, 3], [0, 2], [1, 3], [1], [3]], DFE),
    case_of([7, 12, 7, 13], [[0], [1], [0, 1], [2], [3], [2, 3], [0, 1, 2, 3]], PUBLIC),
]


def policy_of(case: Case) -> Policy:
    return DFE if (case.system.low == case.system.high).any() else PUBLIC


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case.value)))
def test_small_cases_are_mended_with_the_least_loss(case: Case) -> None:
    policy = policy_of(case)
    found = audit.leaks(case, policy.threshold)
    assert found.size
    options = mend._options(case, policy)
    chosen = mend._least(case.system, found, options)
    assert chosen is not None
    assert len({each.figure for each in chosen}) == len(chosen)
    assert sum(each.loss for each in chosen) == pytest.approx(least(case, found, options))
    assert mend._chosen(case, found, policy) == chosen


@pytest.mark.parametrize("proven", [True, False])
@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case.value)))
def test_what_is_mended_leaks_no_more(
    case: Case,
    proven: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not proven:
        monkeypatch.setattr(mend, "_SMALL", 0)
        monkeypatch.setattr(mend, "_least", None)
    policy = policy_of(case)
    found = audit.leaks(case, policy.threshold)
    asked = mend.mend(case, found, policy)
    figures = {name: n for n, name in enumerate(case.names.tolist())}
    options = {(each.figure, each.base): each for each in mend._options(case, policy)}
    mended = mend._with(case, [options[figures[name], base] for name, base in asked.items()])
    assert mended.system.fits(mended.known)
    assert not audit.leaks(mended, policy.threshold).size
    # Nothing is changed that need not be: with any one change left out it leaks.
    if len(asked) == 1:
        assert audit.leaks(case, policy.threshold).size


def test_one_by_one_the_cheapest_that_mends_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mend, "_SMALL", 0)
    assert changes(row(1, 8, 8), PUBLIC) == {17: 10}
    assert changes(row(7, 12), PUBLIC) == {19: 10}
    assert changes(row(3, 20, 50, policy=DFE), DFE) == {20: HIDE}


def test_where_nothing_may_be_changed_that_is_said() -> None:
    case = row(3, 20, policy=DFE)
    fixed = replace(case, fixed=np.ones(len(case.value), dtype=bool))
    for small in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(mend, "_SMALL", 20_000 if small else 0)
            with pytest.raises(mend.NotMendedError):
                mend.mend(fixed, audit.leaks(fixed, 5), DFE)


def test_a_coarser_choice_replaces_a_finer_one_of_the_same_figure_only_by_a_larger_loss() -> None:
    fine, coarse = Option(0, 10, 15, 24, 0.1), Option(0, 20, 10, 29, 0.2)
    assert mend._coarser(fine, None)
    assert mend._coarser(coarse, fine)
    assert not mend._coarser(fine, coarse)
    assert not mend._coarser(fine, fine)
    assert mend._loss(coarse) == 0.2


def test_the_work_of_mending_is_counted_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mend, "_SMALL", 0)
    case = row(1, 8, 8)
    found = audit.leaks(case, PUBLIC.threshold)
    spent = Effort()
    assert mend.mend(case, found, PUBLIC, spent)
    assert spent.spent > 0
    with pytest.raises(UnprovenError):
        mend.mend(case, found, PUBLIC, Effort(1))
    # Without a bound of the caller's there is the usual one.
    monkeypatch.setattr(mend, "Effort", lambda: Effort(1))
    with pytest.raises(UnprovenError):
        mend.mend(case, found, PUBLIC)


def test_small_cases_are_proven_and_not_tried_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mend, "_one_by_one", None)
    assert mend.mend(row(1, 8, 8), audit.leaks(row(1, 8, 8), 7), PUBLIC)


def test_the_first_option_that_mends_by_itself_is_taken() -> None:
    """The others are put back as they were, or as they were chosen before."""

    class Attacked:
        def __init__(self) -> None:
            self.seen: list[tuple[int, float, float]] = []

        def relax(self, figure: int, low: float, high: float) -> None:
            self.seen.append((figure, low, high))

        def values(self, *_: object) -> set[int]:
            return {1, 2, 3} if self.seen[-1][0] == 2 else {1}

    case = row(1, 8, 8)
    options = [Option(n, 10, 5.0 + n, 20.0 + n, 0.1 * n) for n in (1, 3, 2)]
    before = {3: Option(3, 10, 6.0, 18.0, 0.05)}
    attacked = Attacked()
    target = np.array([0])
    best = mend._best(attacked, case.system, target, 1, options, before)  # type: ignore[arg-type]
    assert best is options[2]
    own = case.system.low[1], case.system.high[1]
    assert attacked.seen == [(1, 6, 21), (1, *own), (3, 8, 23), (3, 6, 18), (2, 7, 22)]
    none = mend._best(attacked, case.system, target, 1, options[:2], before)  # type: ignore[arg-type]
    assert none is options[0]
