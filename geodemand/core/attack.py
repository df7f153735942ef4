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
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geodemand.core.effort import MOST_NODES, Effort, UnprovenError

if TYPE_CHECKING:
    from highspy import Highs

    from geodemand.core.parts import ByParts

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

ENOUGH = 3
# How many pieces may change beside those asked about before HiGHS is asked instead.
_MOST_CHANGES = 6
_FIRST_PIECES = 6
# Figures of more pieces than this do not make pieces near to each other.
LARGE = 300
# Systems of more pieces than this are solved part by part.
MOST_TOGETHER = 5_000
# Stands for what nothing limits.
_FAR = 1e6
_SOME = 1e-7
_SEED = 3
_MOST_SWEEPS = 12
# Of HiGHS: whole counts that fit, proven to be the farthest or not.
_FEASIBLE = 2


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
    system: System,
    targets: Sums,
    known: IntArray | None = None,
    enough: int = ENOUGH,
    effort: Effort | None = None,
) -> Found:
    """Return for each target whether it keeps at least ``enough`` possible values.

    ``known`` [pieces]: the true counts, or any that fit; without them HiGHS looks for some.
    ``values`` is exact below ``enough``; of many pieces perhaps not, but not too large, nor where a
    value for which no counts were found within the nodes that HiGHS may look at counts as
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
    from geodemand.core.parts import ByParts  # which is made of what is here

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
    near_value = set(range(value - 2, value + 3))
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
    """The system in HiGHS: one column a piece, one row a figure, and one for what is asked about.

    It stands there twice. The linear one is never given whole numbers, so that it starts where it
    stood; its corners are whole most often, and only where they are not is the other one asked.
    """

    def __init__(self, system: System, effort: Effort | None = None) -> None:
        """Hand the system over; what is asked is counted in ``effort``, if it is bounded."""
        import highspy  # a tenth of a second, and most runs never need it

        self._lib = highspy
        self._effort = effort
        self._sums = system.sums
        self._low, self._high = system.low.copy(), system.high.copy()
        self._pieces = system.pieces
        self._linear = self._handed(whole=False)
        self._integer: Highs | None = None
        self._asked: dict[int, IntArray] = {}
        self._costed = np.empty(0, dtype=np.int64)

    def _handed(self, *, whole: bool) -> Highs:
        """Return a solver that holds the system as it is now."""
        inf = self._lib.kHighsInf
        solver = quiet(self._lib.Highs)
        solver.setOptionValue("output_flag", False)  # noqa: FBT003 - an option's value
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("mip_max_nodes", MOST_NODES)
        model = self._lib.HighsLp()
        model.num_col_, model.num_row_ = self._pieces, len(self._sums) + 1
        model.col_cost_ = np.zeros(self._pieces)
        model.col_lower_, model.col_upper_ = np.zeros(self._pieces), np.full(self._pieces, inf)
        model.row_lower_, model.row_upper_ = np.append(self._low, -inf), np.append(self._high, inf)
        members = self._sums.members
        model.a_matrix_.format_ = self._lib.MatrixFormat.kRowwise
        ends = np.cumsum([0, *map(len, members)])
        model.a_matrix_.start_ = np.append(ends, ends[-1])
        model.a_matrix_.index_ = np.concatenate([np.empty(0, dtype=np.int64), *members])
        model.a_matrix_.value_ = np.ones(len(self._sums.row))
        if whole:
            model.integrality_ = [self._lib.HighsVarType.kInteger] * self._pieces
        solver.passModel(model)
        return solver

    def _in_whole_numbers(self) -> Highs:
        """Return the solver that counts people as wholes; most systems never need it."""
        if self._integer is None:
            self._integer = self._handed(whole=True)
        return self._integer

    def fitting(self) -> IntArray:
        """Return whole counts that fit all figures."""
        solver = self._in_whole_numbers()
        if not self._run(solver):
            raise self._nothing(solver)
        return self._counts(solver)

    def _nothing(self, solver: Highs) -> Exception:
        """Return why a solver has found no counts: there are none, or it was stopped."""
        known = self._lib.HighsModelStatus
        if solver.getModelStatus() not in {known.kInfeasible, known.kModelEmpty}:
            return UnprovenError()
        return ValueError("no counts fit the figures")

    def relax(self, figure: int, low: float, high: float) -> None:
        """Give a figure a wider interval."""
        self._low[figure], self._high[figure] = low, high
        for solver in (self._linear, self._integer):
            if solver is not None:
                solver.changeRowBounds(figure, low, high)

    def binding(self, target: IntArray) -> IntArray:
        """Return the figures that keep the smallest or largest value of a target where it is."""
        self._cost(target)
        held = np.zeros(len(self._sums), dtype=bool)
        for sense in (self._lib.ObjSense.kMinimize, self._lib.ObjSense.kMaximize):
            self._linear.changeObjectiveSense(sense)
            if self._run(self._linear):
                dual = np.array(self._linear.getSolution().row_dual)[: len(held)]
                held |= np.abs(dual) > _SOME
        return np.flatnonzero(held)

    def values(self, target: IntArray, known: set[int], enough: int) -> set[int]:
        """Return possible values of a target: all, or at least ``enough``."""
        (low, high), seen = self._linear_ends(target)
        known = known | seen
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
        for value in sorted(candidates - known, key=lambda each: abs(each - min(known))):
            if len(found) >= enough:
                break
            if self._possible(target, value):
                found.add(value)
        return found

    def ends(self, target: IntArray) -> tuple[float, float]:
        """Return the smallest and the largest possible value of a target."""
        (low, high), seen = self._linear_ends(target)
        ends = []
        for end, sense in (
            (low, self._lib.ObjSense.kMinimize),
            (high, self._lib.ObjSense.kMaximize),
        ):
            if not np.isfinite(end) or end in seen:
                ends.append(end)
                continue
            solver = self._in_whole_numbers()
            at, size = target.astype(np.int32), len(target)
            solver.changeColsCost(size, at, np.ones(size))
            solver.changeObjectiveSense(sense)
            if not self._run(solver) and solver.getInfo().primal_solution_status != _FEASIBLE:
                raise self._nothing(solver)
            # Where HiGHS was stopped this is the farthest that it found, not beyond the true end.
            ends.append(float(round(solver.getInfo().objective_function_value)))
            solver.changeColsCost(size, at, np.zeros(size))
        return ends[0], ends[1]

    def _linear_ends(self, target: IntArray) -> tuple[tuple[float, float], set[int]]:
        """Return the linear bounds of a target, rounded inward, and which whole counts reach."""
        self._cost(target)
        found, seen = [], set()
        for sense in (self._lib.ObjSense.kMinimize, self._lib.ObjSense.kMaximize):
            self._linear.changeObjectiveSense(sense)
            bounded = self._run(self._linear)
            if not bounded and sense == self._lib.ObjSense.kMinimize:
                message = "no counts fit the figures"
                raise ValueError(message)
            value = self._linear.getInfo().objective_function_value
            found.append(float(value) if bounded else np.inf)
            if bounded and self._fits(self._counts(self._linear)):
                seen.add(int(self._counts(self._linear)[target].sum()))
        return (float(np.ceil(found[0] - 1e-6)), float(np.floor(found[1] + 1e-6))), seen

    def _possible(self, target: IntArray, value: int) -> bool:
        """Return whether whole counts were found that fit and give a target this value."""
        self._cost(np.empty(0, dtype=np.int64))
        self._ask(self._linear, target, value)
        fits = self._run(self._linear)
        counts = self._counts(self._linear) if fits else None
        self._ask(self._linear, target[:0], None)
        if counts is None:
            return False
        if counts[target].sum() == value and self._fits(counts):
            return True
        solver = self._in_whole_numbers()
        self._ask(solver, target, value)
        fits = self._run(solver)
        self._ask(solver, target[:0], None)
        return fits

    def _ask(self, solver: Highs, target: IntArray, value: int | None) -> None:
        """Hold a target to a value, or to none."""
        last = len(self._sums)
        for piece in self._asked.get(id(solver), target[:0]).tolist():
            solver.changeCoeff(last, piece, 0.0)
        for piece in target.tolist():
            solver.changeCoeff(last, piece, 1.0)
        self._asked[id(solver)] = target
        inf = self._lib.kHighsInf
        low, high = (-inf, inf) if value is None else (value, value)
        solver.changeRowBounds(last, low, high)

    def _counts(self, solver: Highs) -> IntArray:
        """Return the counts that a solver has come to, as whole numbers."""
        return np.rint(solver.getSolution().col_value).astype(np.int64)

    def _fits(self, counts: IntArray) -> bool:
        return System(self._pieces, self._sums, self._low, self._high).fits(counts)

    def _cost(self, target: IntArray) -> None:
        """Make the target what the linear solver minimises or maximises."""
        changed = np.union1d(self._costed, target).astype(np.int32)
        cost = np.isin(changed, target).astype(float)
        self._linear.changeColsCost(len(changed), changed, cost)
        self._costed = target

    def _run(self, solver: Highs) -> bool:
        """Solve; return False where nothing fits, or nothing bounds the target."""
        solver.run()
        if self._effort:
            info = solver.getInfo()
            self._effort.spend(info.simplex_iteration_count, info.mip_node_count)
        status = solver.getModelStatus()
        return bool(status == self._lib.HighsModelStatus.kOptimal)
