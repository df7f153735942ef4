"""Controlled rounding: counts rounded so that tables add up, totals and parts, over all of a run.

Every figure goes to one of the two multiples of the base beside it, so that it moves by less than
the base and a multiple stays what it is; a sum of figures is the sum of the rounded ones, hidden
ones included; zeros stay zero. Of all ways to do so the one that moves figures least is taken.

Rounded is what the smallest pieces would add up to: a whole number of bases for each piece, of
which every figure is a sum, so that areas and segments, and geographies laid over each other, add
up at once. HiGHS finds it; in tables with two sides and in hierarchies the linear programme has
whole corners already. Whoever knows the way knows what a hidden count was rounded to, where others
give it away. So it is attacked as if that were printed, and where a count keeps too few values the
way is ruled out and another one taken.

Source: Cox (1987), A constructive procedure for unbiased controlled rounding, Journal of the
American Statistical Association 82(398); Salazar-González (2006), Controlled rounding and cell
perturbation, Mathematical Programming 105.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geodemand.core.attacker import FEASIBLE, Attacker, silent_solver
from geodemand.core.audit import leaks
from geodemand.core.book import Case
from geodemand.core.effort import Effort
from geodemand.core.policy import Policy, near_rounded
from geodemand.core.systems import BoolArray, FloatArray, IntArray

# Entries of figures up to which tables are made to add up; more are rounded one by one.
MOST_ENTRIES = 150_000
_MOST_ROUNDS = 25
# Ties fall by the places that a figure is over, so that no order of rows or files decides.
_TIE = 1e-3


def rounded(
    case: Case, policy: Policy, known: Mapping[int, int], effort: Effort | None = None
) -> dict[int, int] | None:
    """Return for each figure, by the name of its zone, what it is rounded to; None if none is safe.

    ``known``: figures that are rounded already. The intervals of the case are those that hold
    whatever the others are rounded to. Raises UnprovenError where all ``effort`` is spent.
    """
    if len(case.system.sums.row) > MOST_ENTRIES:
        return None
    programme = _Programme(case, policy, known)
    for _ in range(_MOST_ROUNDS):
        shown = programme.solved()
        if shown is None:
            return None
        told = _told(case, policy, shown)
        found = leaks(told, policy.threshold, effort)
        if not found.size:
            return dict(zip(case.names.tolist(), shown.tolist(), strict=True))
        attacker = Attacker(told.system, effort)
        for target in found.members:
            if not programme.rule_out(attacker.binding(target), shown):
                return None
    return None


def _told(case: Case, policy: Policy, shown: IntArray) -> Case:
    """Return the case as an attacker knows it who is told what every figure was rounded to."""
    low, high = near_rounded(shown.astype(float), policy, case.hidden)
    low = np.maximum(low, case.system.low)
    high = np.minimum(high, case.system.high)
    return replace(case, system=replace(case.system, low=low, high=high))


@dataclass
class _Programme:
    """The choice between the two multiples beside each figure, as an integer programme.

    Columns are bases a piece, then one a figure: 1 for the upper multiple. Rows: each figure is
    the sum of its pieces.
    """

    case: Case
    policy: Policy
    known: Mapping[int, int]

    def __post_init__(self) -> None:
        """Hand the programme to HiGHS."""
        import highspy

        self._lib = highspy
        base = self.policy.base
        value = self.case.value
        self._lower: IntArray = value // base
        self._between: BoolArray = value % base > 0
        at_most = self._between.astype(float)
        least = np.zeros(len(value))
        # What is shown is never 0, which means none.
        least[self._between & ~self.case.hidden & (self._lower == 0)] = 1
        for figure, name in enumerate(self.case.names.tolist()):
            if name in self.known and self._between[figure]:
                upper = float(self.known[name] > self._lower[figure] * base)
                least[figure] = at_most[figure] = upper
        self._free: BoolArray = least < at_most
        self._solver = self._handed(least, at_most)

    def _cost(self) -> FloatArray:
        """Return what the upper multiple costs more than the lower one, figure by figure."""
        base, value = self.policy.base, self.case.value
        lower = self._lower * base
        cost = (lower + base - value) - (value - lower).astype(float)
        # Hidden counts read best as no more than the threshold, others as more.
        most = self.policy.threshold
        cost += base * (self.case.hidden & (value <= most) & (lower + base > most))
        cost -= base * (~self.case.hidden & (lower <= most) & (lower + base > most))
        order = (self.case.names >> 20) & 0xFFFF
        found: FloatArray = cost + _TIE * (order / 0x10000 - 0.5)
        return found

    def _handed(self, least: FloatArray, at_most: FloatArray) -> Any:  # noqa: ANN401 - Highs
        lib, sums = self._lib, self.case.system.sums
        pieces, figures = self.case.system.pieces, sums.size
        handed = silent_solver(mip_rel_gap=0.0)
        model = lib.HighsLp()
        model.num_col_, model.num_row_ = pieces + figures, figures
        model.col_cost_ = np.concatenate([np.zeros(pieces), self._cost()])
        model.col_lower_ = np.concatenate([np.zeros(pieces), least])
        model.col_upper_ = np.concatenate([np.full(pieces, lib.kHighsInf), at_most])
        model.row_lower_ = model.row_upper_ = self._lower.astype(float)
        order = np.argsort(np.concatenate([sums.row, np.arange(figures)]), kind="stable")
        column = np.concatenate([sums.piece, pieces + np.arange(figures)])
        entry = np.concatenate([np.ones(len(sums.row)), -np.ones(figures)])
        length = np.bincount(sums.row, minlength=figures) + 1
        model.a_matrix_.format_ = lib.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.concatenate([[0], np.cumsum(length)])
        model.a_matrix_.index_ = column[order]
        model.a_matrix_.value_ = entry[order]
        model.integrality_ = [lib.HighsVarType.kInteger] * (pieces + figures)
        handed.passModel(model)
        return handed

    def solved(self) -> IntArray | None:
        """Return what each figure is rounded to, None where no way was found."""
        self._solver.run()
        solution = self._solver.getSolution()
        if not solution.value_valid or self._solver.getInfo().primal_solution_status != FEASIBLE:
            return None
        upper = np.rint(np.array(solution.col_value)[self.case.system.pieces :]).astype(np.int64)
        shown: IntArray = (self._lower + upper) * self.policy.base
        return shown

    def rule_out(self, figures: IntArray, shown: IntArray) -> bool:
        """Rule out that all of some figures are rounded as they are; False where they must be."""
        open_to = figures[self._free[figures]]
        if not len(open_to):
            return False
        upper = shown[open_to] > self._lower[open_to] * self.policy.base
        columns = (self.case.system.pieces + open_to).astype(np.int32)
        signs = np.where(upper, -1.0, 1.0)
        inf = self._lib.kHighsInf
        self._solver.addRow(1.0 - upper.sum(), inf, len(columns), columns, signs)
        return True
