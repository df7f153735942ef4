"""HiGHS as the attacker: which values of a sum of pieces fit a system of published figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodemand.core.effort import MOST_NODES, Effort, UnprovenError
from geodemand.core.systems import IntArray, System

if TYPE_CHECKING:
    from highspy import Highs

_SOME = 1e-7
# Of HiGHS: a solution that keeps all limits, proven to be the best or not.
FEASIBLE = 2


def silent_solver(**options: float) -> Highs:
    """Return a silent solver of one thread, which is stopped by a count of nodes and not by time.

    It prints nothing at all: switching callbacks on writes to standard output. ``options``: more of
    HiGHS. Raises ValueError where HiGHS does not take one.
    """
    import highspy  # a tenth of a second, and most runs never need it

    class Quiet(highspy.Highs):
        def enableCallbacks(self) -> None:  # noqa: N802 - highspy's name
            """Leave callbacks off; none is used here."""

    made: Highs = Quiet()  # type: ignore[no-untyped-call]
    usual = {"output_flag": False, "threads": 1, "mip_max_nodes": MOST_NODES}
    for name, value in {**usual, **options}.items():
        if made.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            message = f"HiGHS does not take {name} = {value}"
            raise ValueError(message)
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
        handed = silent_solver()
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
        handed.passModel(model)
        return handed

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
            if not self._run(solver) and solver.getInfo().primal_solution_status != FEASIBLE:
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
