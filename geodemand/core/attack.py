"""The attack on published figures: what can be worked out about counts that were not published.

Every published figure is an interval over the sum of some of the smallest pieces, whose counts are
unknown whole numbers of at least 0. A sum that somebody may want to know is safe where it keeps
enough possible values. That it does is proven by showing other counts of the pieces that fit all
figures as well: the owner of the data knows one such, and a few people moved between pieces often
give another. Only where no such move is found does HiGHS look for the values that are left, whole
numbers only, so that what a linear bound leaves open hides no leak.

Source: Fischetti and Salazar-González (2001), Solving the cell suppression problem on tabular data
with linear constraints, Management Science 47(7): the attacker's problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from geodemand.core.attacker import Attacker
from geodemand.core.effort import Effort
from geodemand.core.parts import ByParts
from geodemand.core.systems import (
    LARGE,
    MOST_TOGETHER,
    BoolArray,
    FloatArray,
    IntArray,
    Sums,
    System,
    split,
)

ENOUGH = 3
# How many pieces may change beside those asked about before HiGHS is asked instead.
_MOST_CHANGES = 6
_FIRST_PIECES = 6
# Stands for what nothing limits.
_FAR = 1e6
_SEED = 3
_MOST_SWEEPS = 12


@dataclass(frozen=True)
class Found:
    """What an attack found out [targets].

    ``low``, ``high``: the smallest and largest value that was shown to be possible, or the true
    bounds where `bounds` was asked. ``values``: how many possible values are known, counted up to
    what was enough.
    """

    low: FloatArray
    high: FloatArray
    values: IntArray


def attack(
    system: System,
    targets: Sums,
    known: IntArray | None = None,
    enough: int = ENOUGH,
    effort: Effort | None = None,
) -> Found:
    """Return for each target whether it keeps at least ``enough`` possible values.

    ``known`` [pieces]: the true counts, or any that fit; without them HiGHS looks for some.
    ``values`` is never too large. Below ``enough`` it is exact, but for systems that are solved
    part by part, and where HiGHS was stopped: a value for which it found no counts counts as
    impossible. Raises ValueError where no counts fit the figures, and UnprovenError where all
    ``effort`` is spent.
    """
    effort = effort or Effort()
    if known is None:
        known = Attacker(system, effort).fitting()
    if not system.fits(known):
        message = "the known counts do not fit the figures"
        raise ValueError(message)
    moves = _Moves(system, known)
    found = moves.at_once(targets)
    if (found.values < enough).any():
        moves.wander(targets, found, enough)
    solver: Attacker | ByParts | None = None
    for row in np.flatnonzero(found.values < enough).tolist():
        pieces = targets.members[row]
        values = moves.values(pieces, enough)
        if len(values) < enough:
            values |= _nearby(system, pieces, known, enough, effort)
        if len(values) < enough:
            solver = solver or _solver(system, known, effort)
            values = solver.values(pieces, values, enough)
        found.low[row], found.high[row] = min(values), max(values)
        found.values[row] = len(values)
    return found


def _solver(system: System, known: IntArray, effort: Effort) -> Attacker | ByParts:
    """Return what finds the values of targets: of a large system part by part."""
    if system.pieces <= MOST_TOGETHER:
        return Attacker(system, effort)
    return ByParts(system, known, partial(Attacker, effort=effort))


def _nearby(
    system: System,
    target: IntArray,
    known: IntArray,
    enough: int,
    effort: Effort | None = None,
) -> set[int]:
    """Return possible values of a target if only pieces change that share a figure with it.

    Large figures are left out, so that this is a small system, and quick.
    """
    sums = system.sums
    inside = np.zeros(system.pieces, dtype=bool)
    inside[target] = True
    touched = np.bincount(sums.row, weights=inside[sums.piece], minlength=sums.size) > 0
    touched &= np.bincount(sums.row, minlength=sums.size) <= LARGE
    inside[sums.piece[touched[sums.row]]] = True
    if inside.all():
        return set()
    part, _ = system.part(inside, known)
    value = int(known[target].sum())
    near_value = set(range(value - 2, value + 3))
    number = np.cumsum(inside) - 1
    return Attacker(part, effort).some(number[target], {value}, near_value, enough)


def bounds(system: System, targets: Sums) -> Found:
    """Return the smallest and the largest value of each target, infinite where there is none.

    ``values`` counts the whole numbers between them. Raises ValueError where no counts fit, and
    UnprovenError where HiGHS does not come to an end.
    """
    solver = Attacker(system)
    ends = [solver.ends(pieces) for pieces in targets.members]
    low, high = (np.array(each, dtype=float) for each in zip(*ends, strict=True))
    width = np.where(np.isfinite(high), high - low + 1, np.iinfo(np.int32).max)
    return Found(low, high, width.astype(np.int64))


class _Moves:
    """Moves of single people between pieces that leave every figure as it was published."""

    def __init__(self, system: System, known: IntArray) -> None:
        """Take counts that fit. The last figure, without a limit, stands for none."""
        self.known = known
        sums = system.sums
        value = sums.total(known).astype(float)
        self.up = np.append(system.high - value, np.inf)
        self.down = np.append(value - system.low, np.inf)
        self.of_figure = sums.members
        of_piece = split(sums.piece, sums.row, system.pieces)
        most = max((len(each) for each in of_piece), default=0)
        self.figures = np.full((system.pieces, max(most, 1)), sums.size)
        for piece, held in enumerate(of_piece):
            self.figures[piece, : len(held)] = held
        self.sizes = np.append(np.bincount(sums.row, minlength=sums.size), np.iinfo(np.int64).max)

    def at_once(self, targets: Sums) -> Found:
        """Return what each target may be if one of its pieces alone changes."""
        up = self.up[self.figures].min(axis=1)
        down = np.minimum(self.down[self.figures].min(axis=1), self.known)
        reach = up + down
        value = targets.total(self.known).astype(float)
        low, high = value.copy(), value.copy()
        order = np.lexsort((reach[targets.piece], targets.row))
        best = np.zeros(targets.size, dtype=np.int64)
        best[targets.row[order]] = targets.piece[order]  # the last, with most reach, stays
        some = np.bincount(targets.row, minlength=targets.size) > 0
        low[some] -= down[best[some]]
        high[some] += np.minimum(up[best[some]], _FAR)
        return Found(low, high, (high - low + 1).astype(np.int64))

    def wander(self, targets: Sums, found: Found, enough: int) -> None:
        """Change many pieces together, again and again, and write down what targets become."""
        random = np.random.default_rng(_SEED)
        up, down = (each.tolist() for each in (self.up, self.down))
        counts = self.known.tolist()
        of_piece = [sorted({*each, len(up) - 1})[:-1] for each in self.figures.tolist()]
        seen = [targets.total(self.known)]
        for _ in range(_MOST_SWEEPS):
            order = random.permutation(len(counts)).tolist()
            signs = random.choice((-1, 1), len(counts)).tolist()
            for piece in order:
                _change(of_piece[piece], piece, signs[piece], counts, up, down)
            seen.append(targets.total(np.array(counts)))
            values = np.sort(np.array(seen), axis=0)
            different = 1 + (np.diff(values, axis=0) > 0).sum(axis=0)
            done = int((np.maximum(different, found.values) < enough).sum())
            if not done:
                break
        more = different > found.values
        found.low[more], found.high[more] = values[0, more], values[-1, more]
        found.values[more] = different[more]

    def values(self, target: IntArray, enough: int) -> set[int]:
        """Return the true value of a target and some others that are possible too."""
        start = int(self.known[target].sum())
        found = {start}
        inside = np.zeros(len(self.known), dtype=bool)
        inside[target] = True
        for sign in (1, -1):
            net, change = np.zeros(len(self.up)), np.zeros_like(self.known)
            value = start
            while len(found) < enough and self._step(target, inside, sign, net, change):
                value += sign
                found.add(value)
        return found

    def _step(
        self, target: IntArray, inside: BoolArray, sign: int, net: FloatArray,
        change: IntArray,
    ) -> bool:  # fmt: skip
        """Move a target by one, changing ``net`` and ``change``; False where no way was found."""
        open_to = target[(self.known + change)[target] + sign >= 0]
        if not len(open_to):
            return False
        order = np.argsort(self._cost_of(open_to, sign, net), kind="stable")
        for first in open_to[order[:_FIRST_PIECES]].tolist():
            trial, moved = net.copy(), change.copy()
            _apply(trial, moved, self.figures[first], first, sign)
            for _ in range(_MOST_CHANGES):
                if not self._mend(inside, trial, moved):
                    break
                if not self._strained(trial).any():
                    break
            if not self._strained(trial).any():
                net[:], change[:] = trial, moved
                return True
        return False

    def _strained(self, net: FloatArray) -> BoolArray:
        return (net > self.up) | (-net > self.down)

    def _mend(self, inside: BoolArray, net: FloatArray, change: IntArray) -> bool:
        """Change the one piece outside the target that eases the figures most; False for none."""
        strained = np.flatnonzero(self._strained(net))
        if not len(strained):
            return False
        figure = strained[np.argmin(self.sizes[strained])]
        sign = -1 if net[figure] > self.up[figure] else 1
        pieces = self.of_figure[figure]
        pieces = pieces[~inside[pieces] & ((self.known + change)[pieces] + sign >= 0)]
        if not len(pieces):
            return False
        cost = self._cost_of(pieces, sign, net)
        best = int(np.argmin(cost))
        _apply(net, change, self.figures[pieces[best]], int(pieces[best]), sign)
        return True

    def _cost_of(self, pieces: IntArray, sign: int, net: FloatArray) -> FloatArray:
        """Return by how much more the figures would be strained if each piece changed by one."""
        held = self.figures[pieces]
        now, up, down = net[held], self.up[held], self.down[held]
        cost: FloatArray = (_over(now + sign, up, down) - _over(now, up, down)).sum(axis=1)
        return cost


def _change(
    figures: Sequence[int],
    piece: int,
    sign: int,
    counts: list[int],
    up: list[float],
    down: list[float],
) -> None:
    """Change a piece by one or two if its figures allow it; else the other way."""
    for way in (sign, -sign):
        room = up if way > 0 else down
        least = min([room[f] for f in figures], default=2)
        if way < 0:
            least = min(least, counts[piece])
        if least >= 1:
            by = way * int(min(2, least))
            counts[piece] += by
            for f in figures:
                up[f] -= by
                down[f] += by
            return


def _apply(net: FloatArray, change: IntArray, figures: IntArray, piece: int, sign: int) -> None:
    net[figures] += sign
    net[-1] = 0
    change[piece] += sign


def _over(net: FloatArray, up: FloatArray, down: FloatArray) -> FloatArray:
    return np.maximum(net - up, 0) + np.maximum(-net - down, 0)
