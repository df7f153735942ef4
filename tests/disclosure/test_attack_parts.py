"""Each step of the attack against trying all counts, and each alone: none may say too much."""
# ruff: noqa: SLF001 - a step that finds too little is made up for by the next, and would not show

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from geodemand.core import attack as attacks
from geodemand.core import attacker
from geodemand.core.attack import Found, _change, _Moves, _nearby, attack, bounds
from geodemand.core.attacker import Attacker, silent_solver
from geodemand.core.effort import UnprovenError
from geodemand.core.systems import IntArray, Sums, System

FAR = 12
# How many of the targets with three values each step finds three for, by itself.
ONE, MANY, PURPOSE = 20, 40, 64


@dataclass(frozen=True)
class Known:
    """A small system, what is true, and all counts that fit it."""

    system: System
    known: IntArray
    targets: Sums
    fitting: IntArray

    def possible(self, target: IntArray) -> set[int]:
        return {*self.fitting[:, target].sum(axis=1).tolist()}


def system(
    sets: Sequence[Sequence[int]], ends: Sequence[tuple[float, float]], pieces: int
) -> System:
    low, high = (np.array(each, dtype=float) for each in zip(*ends, strict=True))
    return System(pieces, Sums.of(sets), low, high)


def every(made: System) -> IntArray:
    """Return all counts that fit a system whose pieces are all below FAR."""
    counts = np.indices((FAR,) * made.pieces).reshape(made.pieces, -1).T
    added = np.stack([counts[:, each].sum(axis=1) for each in made.sums.members], axis=1)
    return counts[((added >= made.low) & (added <= made.high)).all(axis=1)]


def small(seed: int) -> Known:
    random = np.random.default_rng(seed)
    pieces = int(random.integers(2, 4))
    known = random.integers(0, 6, pieces)
    # Each piece is in a figure of its own or with others, so that none is without a limit.
    sets = [np.arange(pieces)]
    for _ in range(int(random.integers(1, 5))):
        held = np.flatnonzero(random.random(pieces) < 1 / 2)
        sets.append(held if len(held) else np.array([0]))
    value = np.array([known[each].sum() for each in sets])
    most = FAR - 1
    low = np.maximum(value - random.integers(0, 3, len(sets)), 0)
    high = np.minimum(value + random.integers(0, 3, len(sets)), most)
    keep = np.concatenate([np.flatnonzero(value[:1] <= most), np.arange(1, len(sets))])
    if 0 not in keep:
        known[:] = random.integers(0, 3, pieces)
        return small(seed + 1_000)
    made = System(pieces, Sums.of(sets), low.astype(float), high.astype(float))
    targets = [np.array([n]) for n in range(pieces)]
    targets += [np.array([0, 1]), np.arange(pieces)]
    fitting = every(made)
    return Known(made, known, Sums.of(targets), fitting)


SMALL = [small(seed) for seed in range(24)]


def nothing(*_: Any) -> None:  # noqa: ANN401
    """Find nothing out."""


def only_the_truth(moves: _Moves, target: IntArray, enough: int) -> set[int]:
    del enough
    return {int(moves.known[target].sum())}


STEPS: dict[str, dict[str, Callable[..., Any]]] = {
    "all": {},
    "no wandering": {"wander": nothing},
    "no moves": {"wander": nothing, "values": only_the_truth},
}


@pytest.mark.parametrize("name", STEPS)
def test_whatever_finds_it_out_the_judgement_is_that_of_trying_all_counts(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step, without in STEPS[name].items():
        monkeypatch.setattr(_Moves, step, without)
    if name == "no moves":
        monkeypatch.setattr(attacks, "_nearby", lambda *_: set())
    for each in SMALL:
        found = attack(each.system, each.targets, each.known)
        for row, target in enumerate(each.targets.members):
            possible = each.possible(target)
            assert min(found.values[row], 3) == min(len(possible), 3)
            assert {int(found.low[row]), int(found.high[row])} <= possible
            if len(possible) < 3:
                assert (found.low[row], found.high[row]) == (min(possible), max(possible))


def test_without_the_truth_the_judgement_is_the_same() -> None:
    for each in SMALL[:12]:
        found = attack(each.system, each.targets)
        for row, target in enumerate(each.targets.members):
            assert min(found.values[row], 3) == min(len(each.possible(target)), 3)


def test_counts_that_do_not_fit_are_refused() -> None:
    made = system([[0], [0, 1]], [(1, 3), (5, 5)], 2)
    for wrong in ([2, 2], [4, 1], [0, 5], [6, -1]):
        with pytest.raises(ValueError, match="the known counts do not fit the figures"):
            attack(made, Sums.of([[0]]), np.array(wrong))
    assert attack(made, Sums.of([[0]]), np.array([3, 2])).values[0] == 3
    assert attack(made, Sums.of([[0]]), np.array([3, 2]), enough=2).values[0] >= 2


def test_a_solver_that_is_stopped_claims_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a single node HiGHS may miss values that are possible, but makes none up."""
    monkeypatch.setattr(attacker, "MOST_NODES", 0)
    for each in SMALL:
        for target in each.targets.members:
            possible = each.possible(target)
            value = int(each.known[target].sum())
            assert Attacker(each.system).values(target, {value}, 3) <= possible
            try:
                low, high = Attacker(each.system).ends(target)
            except UnprovenError:
                continue
            assert low >= min(possible)
            assert high <= max(possible) or not np.isfinite(high)


@pytest.mark.parametrize("step", ["one alone", "many at once", "on purpose", "near by"])
def test_no_step_says_that_a_value_is_possible_which_is_not(step: str) -> None:
    """And each finds most of what there is, so that HiGHS is left with little."""
    asked = found = 0
    for each in SMALL:
        moves = _Moves(each.system, each.known)
        for row, target in enumerate(each.targets.members):
            possible = each.possible(target)
            if step == "on purpose":
                values = moves.values(target, 3)
            elif step == "near by":
                values = {int(each.known[target].sum())}
                values |= _nearby(each.system, target, each.known, 3)
            else:
                said = moves.at_once(each.targets)
                if step == "many at once":
                    moves.wander(each.targets, said, 3)
                values = {int(said.low[row]), int(said.high[row])}
                assert said.values[row] <= len(possible)
                if step == "one alone":
                    values = {*range(int(said.low[row]), int(said.high[row]) + 1)}
                    assert said.values[row] == len(values)
            assert values <= possible
            asked += len(possible) > 2
            found += len(possible) > 2 and (
                len(values) > 2 if step in {"on purpose", "near by"} else said.values[row] > 2
            )
    least = {"one alone": ONE, "many at once": MANY, "on purpose": PURPOSE, "near by": 0}
    assert found >= least[step], (step, found, asked)


def test_one_piece_alone_moves_as_far_as_its_figures_and_zero_let_it() -> None:
    made = system([[0], [0, 1], [1, 2], [3]], [(2, 9), (5, 10), (7, np.inf), (0, np.inf)], 4)
    known = np.array([4, 3, 8, 1])
    found = _Moves(made, known).at_once(Sums.of([[0], [1], [2], [3], [1, 2], [0, 2], []]))
    # Piece 0: up 3 by the sum with 1, down 2; 1: up 3, down 2; 2: up without end, down 4; 3: to 0.
    assert found.low.tolist() == [2, 1, 4, 0, 7, 8, 0]
    assert found.high[:2].tolist() == [7, 6]
    assert (found.high[2:6] > 1e5).all()
    assert found.high[6] == 0
    assert found.values.tolist()[:2] == [6, 6]
    assert found.values[6] == 1


def test_a_piece_moves_by_one_or_two_or_the_other_way() -> None:
    def moved(count: int, sign: int, *room: tuple[float, float]) -> tuple[int, list[float]]:
        counts, up, down = [count], [u for u, _ in room], [d for _, d in room]
        _change(range(len(room)), 0, sign, counts, up, down)
        for (u, d), now, below in zip(room, up, down, strict=True):
            assert now - u == d - below == count - counts[0]
        return counts[0], up

    assert moved(5, 1, (9, 9))[0] == 7
    assert moved(5, 1, (1, 9))[0] == 6
    assert moved(5, 1, (9, 9), (1, 9))[0] == 6
    assert moved(5, 1, (0, 9))[0] == 3
    assert moved(5, 1, (0, 1))[0] == 4
    assert moved(5, 1, (0, 0))[0] == 5
    assert moved(5, -1, (9, 9))[0] == 3
    assert moved(1, -1, (9, 9))[0] == 0
    assert moved(0, -1, (9, 9))[0] == 2
    assert moved(0, -1, (0, 9))[0] == 0
    assert moved(5, -1, (9, 0))[0] == 7
    assert moved(5, 1)[0] == 7
    assert moved(5, -1)[0] == 3


def crossed(size: int, seed: int) -> Known:
    """Return a table of size x size with its margins, rounded to 5 and 1 to 7 hidden."""
    random = np.random.default_rng(seed)
    known = random.integers(0, 40, size * size)
    index = np.arange(size * size).reshape(size, size)
    sets = [*index, *index.T, *index.reshape(-1, 1)]
    value = np.array([known[each].sum() for each in sets])
    shown = 5 * ((value + 2) // 5)
    hidden = (value > 0) & (value < 8)
    low = np.where(hidden, 1, np.where(value == 0, 0, shown - 2)).astype(float)
    high = np.where(hidden, 7, np.where(value == 0, 0, shown + 2)).astype(float)
    targets = np.flatnonzero((known > 0) & (known < 8))[:, None]
    made = System(size * size, Sums.of(sets), low, high)
    return Known(made, known, Sums.of(list(targets)), known[None])


def test_a_usual_table_is_judged_without_a_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading one takes a tenth of a second, and asking it much longer."""

    def refused(*_: object) -> None:
        pytest.fail("HiGHS was asked")

    monkeypatch.setattr(attacks, "Attacker", refused)
    for seed in range(6):
        each = crossed(8, seed)
        found = attack(each.system, each.targets, each.known)
        assert (found.values >= 3).all()


def test_many_that_move_at_once_leave_what_they_have_seen() -> None:
    each = crossed(6, 3)
    moves = _Moves(each.system, each.known)
    before = moves.up.tolist(), moves.down.tolist(), moves.known.tolist()
    value = each.targets.total(each.known).astype(float)
    found = Found(value.copy(), value.copy(), np.ones(len(value), dtype=np.int64))
    moves.wander(each.targets, found, 3)
    assert (found.values >= 3).sum() >= 8
    assert ((found.low <= value) & (value <= found.high)).all()
    assert (found.high - found.low + 1 >= found.values).all()
    assert ((found.low >= 1) & (found.high <= 7)).all()
    assert (moves.up.tolist(), moves.down.tolist(), moves.known.tolist()) == before
    # What is known already is not taken back.
    told = Found(value - 1, value + 9, np.full(len(value), 99))
    moves.wander(each.targets, told, 3)
    assert told.values.tolist() == [99] * len(value)
    assert (told.high - told.low == 10).all()


def test_a_step_moves_a_target_by_one_and_what_makes_up_for_it() -> None:
    # Two pieces with an exact sum: what one gives the other takes.
    made = system([[0, 1], [0]], [(20, 20), (8, 12)], 2)
    moves = _Moves(made, np.array([10, 10]))
    assert moves.values(np.array([0]), 3) >= {10}
    assert len(moves.values(np.array([0]), 3)) == 3
    assert moves.values(np.array([0]), 5) == {8, 9, 10, 11, 12}
    assert moves.values(np.array([0, 1]), 3) == {20}
    # A chain: piece 0 up, 1 down, 2 up.
    chain = system([[0, 1], [1, 2]], [(10, 10)] * 2, 3)
    assert _Moves(chain, np.array([5, 5, 5])).values(np.array([0]), 4) == {5, 6, 7, 8}
    # At its end nothing is left to give.
    assert _Moves(chain, np.array([0, 10, 0])).values(np.array([0]), 4) == {0, 1, 2, 3}
    assert _Moves(chain, np.array([9, 1, 9])).values(np.array([0]), 4) == {7, 8, 9, 10}
    # Too long a chain is left to HiGHS; it is not called impossible.
    long = system([[n, n + 1] for n in range(9)], [(10, 10)] * 9, 10)
    assert _Moves(long, np.full(10, 5)).values(np.array([0]), 3) == {5}
    assert attack(long, Sums.of([[0]]), np.full(10, 5)).values[0] == 3


def test_what_is_near_is_what_shares_a_figure_that_is_not_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sets = [[0, 1], [2, 3], [0, 1, 2, 3]]
    made = system(sets, [(10, 10), (8, 8), (18, 18)], 4)
    known = np.array([4, 6, 3, 5])
    # All are near by the total: there is no smaller system.
    assert _nearby(made, np.array([0]), known, 3) == set()
    monkeypatch.setattr(attacks, "LARGE", 3)
    found = _nearby(made, np.array([0]), known, 3)
    assert len(found) == 3
    assert 4 in found
    assert found <= {2, 3, 4, 5, 6}
    monkeypatch.setattr(attacks, "LARGE", 2)
    assert len(_nearby(made, np.array([0]), known, 3)) == 3
    # The total stands as it is for those near by, whatever the others could do.
    tight = system([[0], [1, 2], [0, 1]], [(1, 7), (30, 30), (9, 10)], 3)
    monkeypatch.setattr(attacks, "LARGE", 1)
    assert _nearby(tight, np.array([0]), np.array([4, 6, 24]), 3) == {3, 4}


# --- HiGHS ---


def test_the_ends_of_a_target_are_those_of_trying_all_counts() -> None:
    for each in SMALL:
        solver = Attacker(each.system)
        ends = [solver.ends(target) for target in each.targets.members]
        for target, (low, high) in zip(each.targets.members, ends, strict=True):
            possible = each.possible(target)
            assert (low, high) == (min(possible), max(possible))
        found = bounds(each.system, each.targets)
        assert [*zip(found.low, found.high, strict=True)] == ends
        assert found.values.tolist() == [high - low + 1 for low, high in ends]


def test_what_nothing_limits_has_no_largest_value() -> None:
    made = system([[0], [0, 1]], [(1, 7), (8, np.inf)], 2)
    found = bounds(made, Sums.of([[0], [1], [0, 1]]))
    assert found.low.tolist() == [1, 1, 8]
    assert found.high.tolist() == [7, np.inf, np.inf]
    assert found.values.tolist() == [7, np.iinfo(np.int32).max, np.iinfo(np.int32).max]
    solver = Attacker(made)
    assert len(solver.values(np.array([1]), set(), 3)) >= 3
    assert len(solver.values(np.array([1]), {40}, 3)) >= 3


def test_values_are_all_there_are_or_enough_of_them() -> None:
    for each in SMALL[:14]:
        solver = Attacker(each.system)
        for target in each.targets.members:
            possible = each.possible(target)
            for enough in (2, 5):
                found = solver.values(target, {int(each.known[target].sum())}, enough)
                assert found <= possible
                assert len(found) >= min(enough, len(possible))
            assert solver.values(target, set(), 3) <= possible


def test_of_candidates_the_nearest_are_tried_until_there_are_enough() -> None:
    made = system([[0], [0, 1]], [(0, 20), (20, 20)], 2)
    solver = Attacker(made)
    target = np.array([0])
    assert solver.some(target, {9}, {3, 8, 11, 19}, 3) == {9, 8, 11}
    assert solver.some(target, {9}, {21, 25, 30}, 3) == {9}
    assert solver.some(target, {9, 4}, {5}, 2) == {9, 4}
    assert solver.some(target, {9, 4}, {5}, 3) == {9, 4, 5}


def test_a_figure_that_is_given_more_room_binds_no_more() -> None:
    made = system([[0], [1], [0, 1]], [(2, 7), (8, 12), (13, 13)], 2)
    solver = Attacker(made)
    target = np.array([0])
    assert solver.ends(target) == (2, 5)
    assert solver.binding(target).tolist() == [0, 1, 2]
    solver.fitting()
    solver.relax(2, 10, 30)
    assert solver.ends(target) == (2, 7)
    assert solver.binding(target).tolist() == [0]
    assert Attacker(made).ends(target) == (2, 5)
    assert made.low.tolist() == [2, 8, 13]
    solver.relax(2, 13, 13)
    assert solver.ends(target) == (2, 5)
    assert solver.values(target, {5}, 9) == {2, 3, 4, 5}


def test_what_is_asked_about_one_target_is_forgotten_with_the_next() -> None:
    made = system([[0], [1], [0, 1]], [(0, 9), (0, 9), (9, 9)], 2)
    solver = Attacker(made)
    for _ in range(2):
        assert solver._possible(np.array([0]), 9)
        assert not solver._possible(np.array([0]), 10)
        assert solver._possible(np.array([1]), 0)
        assert not solver._possible(np.array([0, 1]), 8)
        assert solver._possible(np.array([0, 1]), 9)
        assert solver.ends(np.array([0])) == solver.ends(np.array([1])) == (0, 9)
        assert solver.ends(np.array([0, 1])) == (9, 9)


HALVES = system([[0, 1], [1, 2], [0, 2]], [(5, 5)] * 3, 3)


def test_what_fits_in_halves_only_does_not_fit() -> None:
    """Each pair adds up to 5, so each is 2.5: no people."""
    with pytest.raises(ValueError, match="no counts fit the figures"):
        Attacker(HALVES).fitting()
    solver = Attacker(HALVES)
    assert not solver._possible(np.array([0]), 2)
    assert solver.values(np.array([0]), set(), 3) == set()
    # With room for one the whole is 7 or 8, never 7.5.
    loose = system([[0, 1], [1, 2], [0, 2]], [(5, 5), (5, 5), (4, 6)], 3)
    assert Attacker(loose).ends(np.arange(3)) == (7, 8)
    assert Attacker(loose).values(np.arange(3), set(), 3) == {7, 8}
    counts = Attacker(loose).fitting()
    assert loose.fits(counts)
    assert counts.dtype == np.int64


def test_figures_that_contradict_each_other_have_no_bounds() -> None:
    wrong = system([[0], [0, 1]], [(9, 9), (5, 5)], 2)
    with pytest.raises(ValueError, match="no counts fit the figures"):
        bounds(wrong, Sums.of([[0]]))
    with pytest.raises(ValueError, match="no counts fit the figures"):
        Attacker(wrong).fitting()
    assert Attacker(wrong).binding(np.array([0])).size == 0


# --- sums ---


def test_sums_know_their_pieces() -> None:
    sums = Sums.of([[2, 0], np.array([1]), [], {3}])
    assert len(sums) == sums.size == 4
    assert [each.tolist() for each in sums.members] == [[2, 0], [1], [], [3]]
    total = sums.total(np.array([1, 10, 100, 1000]))
    assert total.tolist() == [101, 10, 0, 1000]
    assert total.dtype == np.int64
    assert Sums.of([]).members == []
    assert Sums.of([]).total(np.array([1])).tolist() == []
    shuffled = Sums(3, np.array([2, 0, 2]), np.array([5, 6, 7]))
    assert [each.tolist() for each in shuffled.members] == [[6], [], [5, 7]]


def test_counts_fit_where_each_sum_lies_in_its_interval() -> None:
    made = system([[0, 1], [1]], [(5, 6), (2, np.inf)], 2)
    fits = {(3, 2), (4, 2), (2, 3), (2, 4), (0, 6), (0, 5)}
    for counts in [*fits, (2, 2), (5, 2), (4, 1), (5, 1), (-1, 6)]:
        assert made.fits(np.array(counts)) == (counts in fits)


def test_the_solver_is_stopped_by_a_count_and_not_by_time_and_keeps_to_one_thread() -> None:
    made = silent_solver(mip_rel_gap=0.25)
    wanted = {"output_flag": False, "threads": 1, "mip_max_nodes": 500, "mip_rel_gap": 0.25}
    found = {name: made.getOptionValue(name)[1] for name in wanted}
    assert found == wanted
    assert made.getOptionValue("time_limit")[1] == np.inf


def test_an_option_that_the_solver_does_not_take_is_no_silent_matter() -> None:
    with pytest.raises(ValueError, match="HiGHS does not take threds"):
        silent_solver(threds=1)
