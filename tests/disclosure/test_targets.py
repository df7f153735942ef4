"""What the audit attacks: all that is hidden, all that is small, and every small difference."""

# ruff: noqa: SLF001 - each step is held to its rule, beside what they come to together
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from geodemand.core import attack, audit, book
from geodemand.core.book import Case, Entry
from geodemand.core.systems import Sums
from geodemand.core.zones import Ground, Zones


def case_of(counts: Sequence[int], figures: Sequence[tuple[Sequence[int], float, float]]) -> Case:
    """Return figures over sets of places; 1 to 7 is what stands for c."""
    ground = Ground("CYP", np.arange(len(counts)), np.array(counts, dtype=np.int64))
    every = Zones.by(np.arange(len(counts)), len(counts))
    low, high = (np.array([each[end] for each in figures], dtype=float) for end in (1, 2))
    zones = every.grouped([np.array(each[0], dtype=np.int64) for each in figures])
    return book.case(ground, [Entry(zones, low, high, (low == 1) & (high == 7))])


def expected(case: Case, threshold: int) -> set[frozenset[int]]:
    """Return what an attacker wants to know, by the rule word for word."""
    held = [frozenset(each.tolist()) for each in case.system.sums.members]
    known = case.known.tolist()

    def people(pieces: frozenset[int]) -> int:
        return sum(known[piece] for piece in pieces)

    found = {each for each, hidden in zip(held, case.hidden, strict=True) if hidden}
    found |= {frozenset([piece]) for piece in range(len(known))}
    found |= {one - other for one in held for other in held if one & other}
    few = {each for each in found if 0 < people(each) <= threshold}
    hidden = {each for each, c in zip(held, case.hidden, strict=True) if c and people(each)}
    return few | hidden


def sought(case: Case, threshold: int = 7) -> set[frozenset[int]]:
    members = [frozenset(each.tolist()) for each in audit.targets(case, threshold).members]
    assert len(members) == len(set(members)), "nothing is attacked twice"
    return set(members)


@pytest.fixture(params=["dense", "sparse", "many people"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare figures as one matrix, as a sparse one, and as one that holds too many people."""
    if request.param == "sparse":
        monkeypatch.setattr(audit, "_DENSE", 0)
    if request.param == "many people":
        monkeypatch.setattr(audit, "_EXACT", 1)


@pytest.mark.usefixtures("way")
def test_every_hidden_figure_small_piece_and_small_difference_is_attacked() -> None:
    random = np.random.default_rng(1)
    for _ in range(25):
        counts = random.choice([0, 1, 3, 7, 8, 20, 60], 6)
        sets = [np.flatnonzero(random.random(6) < 1 / 2) for _ in range(7)]
        figures = [
            (each, *((1, 7) if 0 < counts[each].sum() <= 7 else (counts[each].sum(),) * 2))
            for each in sets
        ]
        case = case_of(counts.tolist(), figures)
        assert sought(case) == expected(case, 7)


@pytest.mark.usefixtures("way")
def test_limits_of_what_is_small_and_of_what_meets() -> None:
    # 7 is small and 8 is not; areas that share no place are not compared, whatever their counts.
    case = case_of([7, 8, 30, 33], [([0], 1, 7), ([1], 8, 12), ([2], 28, 32), ([3], 33, 37)])
    assert len(sought(case)) == 1
    assert len(sought(case, 6)) == 1  # hidden, though it is above this threshold
    # Areas that meet in a place without people still are compared, each way round.
    zero = case_of([3, 0, 5], [([0, 1], 1, 7), ([1, 2], 1, 7), ([0, 1, 2], 8, 12)])
    assert sought(zero) == expected(zero, 7)
    assert {len(each) for each in sought(zero)} == {1, 2}
    # A total less its part.
    part = case_of([40, 7, 8], [([0], 38, 42), ([0, 1], 45, 49), ([0, 1, 2], 53, 57)])
    assert sought(part) == expected(part, 7)
    assert len(sought(part)) == 1
    # An area without people is known to be so, and nothing about it is sought.
    assert sought(case_of([0, 20], [([0], 0, 0), ([1], 18, 22)])) == set()


def test_a_hidden_figure_of_many_people_is_attacked_too() -> None:
    case = case_of([50, 9], [([0, 1], 57, 61), ([0], 48, 52)])
    hidden = replace(case, hidden=case.value == 59)
    assert [sorted(case.known[list(each)]) for each in sought(hidden)] == [[9, 50]]
    # That nobody is there hides nothing, whatever is printed.
    nobody = case_of([0, 20], [([0], 0, 0), ([1], 18, 22)])
    every = replace(nobody, hidden=np.ones(2, dtype=bool))
    assert [sorted(nobody.known[list(each)]) for each in sought(every)] == [[20]]


def test_leaks_are_what_keeps_fewer_than_three_values() -> None:
    # c of 1 to 7 beside 8 to 12 twice, and totals that leave it one, two, three values.
    for total, values in (((13, 17), 1), ((14, 18), 2), ((15, 19), 3)):
        counts = [1, 8, total[1] - 9 if total[1] - 9 <= 12 else 8]
        case = case_of(counts, [([0], 1, 7), ([1], 8, 12), ([2], 8, 12), ([0, 1, 2], *total)])
        found = audit.leaks(case, 7)
        hidden = int(np.flatnonzero(case.known == 1)[0])
        leaking = {frozenset(each.tolist()) for each in found.members}
        left = sum(
            any(total[0] <= c + a + b <= total[1] for a in range(8, 13) for b in range(8, 13))
            for c in range(1, 8)
        )
        del values
        assert (frozenset([hidden]) in leaking) == (left < 3)


def test_what_its_owner_knows_to_be_safe_is_found_safe_without_a_solver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object) -> None:
        pytest.fail("HiGHS was asked")

    monkeypatch.setattr(attack, "Attacker", refused)
    case = case_of([3, 40, 60], [([0], 1, 7), ([1], 38, 42), ([2], 58, 62), ([0, 1, 2], 103, 107)])
    assert not audit.leaks(case, 7).size


def test_sums_of_the_same_pieces_are_one_and_empty_ones_none() -> None:
    sums = Sums.of([[0, 2], [1], [2, 0], [], [1], [0, 1, 2], [2]])
    found = audit._distinct(sums, 3)
    assert [sorted(each.tolist()) for each in found.members] == [[0, 2], [1], [0, 1, 2], [2]]
