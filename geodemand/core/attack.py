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

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from highspy import Highs

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

ENOUGH = 3
# How many pieces may change beside those asked about before HiGHS is asked instead.
_MOST_CHANGES = 6
_FIRST_PIECES = 6
# Figures of more pieces than this do not make pieces near to each other.
_NEAR = 300
# Stands for what nothing limits.
_FAR = 1e6
_SOME = 1e-7
_SEED = 3
_MOST_SWEEPS = 12


@dataclass(frozen=True)
class Sums:
    """Sums of pieces, as entries: sum ``row[k]`` adds up piece ``piece[k]``; ``size`` sums."""

    size: int
    row: IntArray
    piece: IntArray

    @classmethod
    def of(cls, sets: Sequence[Iterable[int]]) -> Sums:
        """Return the sums of some sets of pieces."""
        held = [
            each if isinstance(each, np.ndarray) else np.fromiter(each, dtype=np.int64)
            for each in sets
        ]
        row = np.repeat(np.arange(len(held)), [len(each) for each in held])
        return cls(len(held), row, np.concatenate([np.empty(0, dtype=np.int64), *held]))

    def __len__(self) -> int:
        """Return the number of sums."""
        return self.size

    @cached_property
    def members(self) -> list[IntArray]:
        """Return for each sum its pieces."""
        return _split(self.row, self.piece, self.size)

    def total(self, counts: IntArray) -> IntArray:
        """Add up the counts of the pieces [sums]."""
        return np.bincount(self.row, weights=counts[self.piece], minlength=self.size).astype(
            np.int64
        )


@dataclass(frozen=True)
class System:
    """Published figures: sums of ``pieces`` pieces, each known to lie from ``low`` to ``high``.

    ``low``, ``high`` [figures]: whole numbers, both included; ``high`` may be infinite.
    """

    pieces: int
    sums: Sums
    low: FloatArray
    high: FloatArray

    def fits(self, counts: IntArray) -> bool:
        """Return whether counts of the pieces agree with every figure."""
        sums = self.sums.total(counts)
        return bool((counts >= 0).all() and ((sums >= self.low) & (sums <= self.high)).all())


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
    system: System, targets: Sums, known: IntArray | None = None, enough: int = ENOUGH
) -> Found:
    """Return for each target whether it keeps at least ``enough`` possible values.

    ``known`` [pieces]: the true counts, or any that fit; without them HiGHS looks for some.
    ``values`` is exact below ``enough``. Raises ValueError where no counts fit the figures.
    """
    if known is None:
        known = Attacker(system).fitting()
    if not system.fits(known):
        message = "the known counts do not fit the figures"
        raise ValueError(message)
    moves = _Moves(system, known)
    found = moves.at_once(targets)
    if (found.values < enough).any():
        moves.wander(targets, found, enough)
    solver: Attacker | None = None
    for row in np.flatnonzero(found.values < enough).tolist():
        pieces = targets.members[row]
        values = moves.values(pieces, enough)
        if len(values) < enough:
            values |= _nearby(system, pieces, known, enough)
        if len(values) < enough:
            solver = solver or Attacker(system)
            values = solver.values(pieces, values, enough)
        found.low[row], found.high[row] = min(values), max(values)
        found.values[row] = len(values)
    return found


def _nearby(system: System, target: IntArray, known: IntArray, enough: int) -> set[int]:
    """Return possible values of a target if only pieces change that share a figure with it.

    Large figures are left out, so that this is a small system, and quick.
    """
    sums = system.sums
    inside = np.zeros(system.pieces, dtype=bool)
    inside[target] = True
    touched = np.bincount(sums.row, weights=inside[sums.piece], minlength=sums.size) > 0
    touched &= np.bincount(sums.row, minlength=sums.size) <= _NEAR
    inside[sums.piece[touched[sums.row]]] = True
    near = np.flatnonzero(inside)
    if len(near) == system.pieces:
        return set()
    kept = inside[sums.piece]
    rest = sums.total(known * ~inside)
    figures, row = np.unique(sums.row[kept], return_inverse=True)
    number = np.cumsum(inside) - 1
    part = System(
        len(near),
        Sums(len(figures), row, number[sums.piece[kept]]),
        system.low[figures] - rest[figures],
        system.high[figures] - rest[figures],
    )
    value = int(known[target].sum())
    return Attacker(part).some(number[target], {value}, set(range(value - 2, value + 3)), enough)


def bounds(system: System, targets: Sums) -> Found:
    """Return the smallest and the largest value of each target, infinite where there is none.

    ``values`` counts the whole numbers between them. Raises ValueError where no counts fit.
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
        of_piece = _split(sums.piece, sums.row, system.pieces)
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
        self, target: IntArray, inside: npt.NDArray[np.bool_], sign: int, net: FloatArray,
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

    def _strained(self, net: FloatArray) -> npt.NDArray[np.bool_]:
        return (net > self.up) | (-net > self.down)

    def _mend(self, inside: npt.NDArray[np.bool_], net: FloatArray, change: IntArray) -> bool:
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
            by = way * min(2, int(least))
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


def _split(key: IntArray, value: IntArray, size: int) -> list[IntArray]:
    """Return the values by key 0..size - 1."""
    order = np.argsort(key, kind="stable")
    ends = np.cumsum(np.bincount(key, minlength=size))
    return np.split(value[order], ends[:-1]) if size else []


def quiet(solver: type[Highs]) -> Highs:
    """Return a solver that prints nothing: switching callbacks on writes to standard output."""

    class Quiet(solver):  # type: ignore[misc, valid-type]
        def enableCallbacks(self) -> None:  # noqa: N802 - highspy's name
            """Leave callbacks off; none is used here."""

    made: Highs = Quiet()
    return made


class Attacker:
    """The system in HiGHS: one column a piece, one row a figure."""

    def __init__(self, system: System) -> None:
        """Hand the system over."""
        import highspy  # a tenth of a second, and most runs never need it

        self._lib = highspy
        self._pieces = system.pieces
        self._solver = quiet(highspy.Highs)
        self._solver.setOptionValue("output_flag", False)  # noqa: FBT003 - an option's value
        self._solver.setOptionValue("threads", 1)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = system.pieces, len(system.sums)
        model.col_cost_ = np.zeros(system.pieces)
        model.col_lower_ = np.zeros(system.pieces)
        model.col_upper_ = np.full(system.pieces, highspy.kHighsInf)
        model.row_lower_, model.row_upper_ = system.low, system.high
        members = system.sums.members
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.cumsum([0, *map(len, members)])
        model.a_matrix_.index_ = np.concatenate([np.empty(0, dtype=np.int64), *members])
        model.a_matrix_.value_ = np.ones(len(system.sums.row))
        self._solver.passModel(model)
        self._costed = np.empty(0, dtype=np.int64)

    def fitting(self) -> IntArray:
        """Return whole counts that fit all figures."""
        self._whole(whole=True)
        if not self._run():
            message = "no counts fit the figures"
            raise ValueError(message)
        return np.rint(self._solver.getSolution().col_value).astype(np.int64)

    def relax(self, figure: int, low: float, high: float) -> None:
        """Give a figure a wider interval."""
        self._solver.changeRowBounds(figure, low, high)

    def binding(self, target: IntArray) -> IntArray:
        """Return the figures that keep the smallest or largest value of a target where it is."""
        self._whole(whole=False)
        self._cost(target)
        held = np.zeros(self._solver.getNumRow(), dtype=bool)
        for sense in (self._lib.ObjSense.kMinimize, self._lib.ObjSense.kMaximize):
            self._solver.changeObjectiveSense(sense)
            if self._run():
                held |= np.abs(np.array(self._solver.getSolution().row_dual)) > _SOME
        return np.flatnonzero(held)

    def values(self, target: IntArray, known: set[int], enough: int) -> set[int]:
        """Return possible values of a target: all, or at least ``enough``."""
        low, high = self._linear(target)
        if high - low + 1 < enough:
            # Linear bounds are no narrower than what is possible, so this is all there can be.
            candidates = set(range(round(low), round(high) + 1))
        else:
            reach = 2 * enough
            start = min(known)
            first, last = max(low, start - reach), min(high, max(known) + reach)
            candidates = set(range(round(first), round(last) + 1))
        return self.some(target, known, candidates, enough)

    def some(
        self, target: IntArray, known: set[int], candidates: set[int], enough: int
    ) -> set[int]:
        """Return the known values of a target and those of the candidates that are possible."""
        found = set(known)
        self._whole(whole=True)
        for value in sorted(candidates - known, key=lambda each: abs(each - min(known))):
            if len(found) >= enough:
                break
            if self._possible(target, value):
                found.add(value)
        return found

    def ends(self, target: IntArray) -> tuple[float, float]:
        """Return the smallest and the largest possible value of a target."""
        low, high = self._linear(target)
        self._whole(whole=True)
        self._cost(target)
        ends = []
        for end, sense in (
            (low, self._lib.ObjSense.kMinimize),
            (high, self._lib.ObjSense.kMaximize),
        ):
            if not np.isfinite(end):
                ends.append(end)
                continue
            self._solver.changeObjectiveSense(sense)
            self._run()
            ends.append(float(round(self._solver.getInfo().objective_function_value)))
        return ends[0], ends[1]

    def _linear(self, target: IntArray) -> tuple[float, float]:
        """Return the linear bounds of a target, rounded inward."""
        self._whole(whole=False)
        self._cost(target)
        found = []
        for sense in (self._lib.ObjSense.kMinimize, self._lib.ObjSense.kMaximize):
            self._solver.changeObjectiveSense(sense)
            bounded = self._run()
            if not bounded and sense == self._lib.ObjSense.kMinimize:
                message = "no counts fit the figures"
                raise ValueError(message)
            value = self._solver.getInfo().objective_function_value
            found.append(float(value) if bounded else np.inf)
        return float(np.ceil(found[0] - 1e-6)), float(np.floor(found[1] + 1e-6))

    def _possible(self, target: IntArray, value: int) -> bool:
        """Return whether whole counts fit that give a target this value."""
        self._cost(np.empty(0, dtype=np.int64))
        self._solver.addRow(value, value, len(target), target, np.ones(len(target)))
        fits = self._run()
        self._solver.deleteRows(1, np.array([self._solver.getNumRow() - 1], dtype=np.int32))
        return fits

    def _cost(self, target: IntArray) -> None:
        """Make the target what is minimised or maximised."""
        changed = np.union1d(self._costed, target).astype(np.int32)
        cost = np.isin(changed, target).astype(float)
        self._solver.changeColsCost(len(changed), changed, cost)
        self._costed = target

    def _whole(self, *, whole: bool) -> None:
        """Ask for whole counts, or let pieces take any value of 0 or more."""
        kind = self._lib.HighsVarType.kInteger if whole else self._lib.HighsVarType.kContinuous
        every = np.arange(self._pieces, dtype=np.int32)
        self._solver.changeColsIntegrality(self._pieces, every, np.full(self._pieces, kind))

    def _run(self) -> bool:
        """Solve; return False where nothing fits, or nothing bounds the target."""
        self._solver.run()
        status = self._solver.getModelStatus()
        return bool(status == self._lib.HighsModelStatus.kOptimal)
