"""What to show more coarsely, or to hide, so that no hidden count can be worked out.

Mending widens the rounding of a figure or hides one more, the choice with the least loss: proven by
HiGHS where the case is small, else figure by figure among those that bind the attacker's bounds.
A figure rounded more coarsely looks like any other: a mark would tell of a small count beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from geodemand.core.attack import ENOUGH
from geodemand.core.attacker import Attacker, silent_solver
from geodemand.core.audit import leaks
from geodemand.core.book import Case
from geodemand.core.effort import Effort
from geodemand.core.parts import Part, Parts
from geodemand.core.policy import HIDE, WIDEN, Policy, rounded_to, stands_for
from geodemand.core.systems import MOST_TOGETHER, FloatArray, IntArray, Sums, System

# A figure may be rounded to this many times the policy's base before it is hidden instead.
WIDER = (2, 4)
_MOST_ROUNDS = 12
_MOST_TRIED = 12
# Leaks x pieces x figures up to which the least loss is proven.
_SMALL = 20_000


class NotMendedError(Exception):
    """No way was found to keep what is hidden."""


@dataclass(frozen=True)
class Option:
    """A figure shown otherwise: rounded to another ``base``, or HIDE; ``loss``: of it, a share."""

    figure: int
    base: int
    low: float
    high: float
    loss: float


def mend(case: Case, found: Sums, policy: Policy, effort: Effort | None = None) -> dict[int, int]:
    """Return for the figures to change, by the name of their zone, the base to round to, or HIDE.

    ``found``: what leaks. Raises NotMendedError where nothing helps, and UnprovenError where all
    ``effort`` is spent.
    """
    changed: dict[int, int] = {}
    effort = effort or Effort()
    for _ in range(_MOST_ROUNDS):
        chosen = _chosen(case, found, policy, effort)
        changed |= {int(case.names[each.figure]): each.base for each in chosen}
        case = _with(case, chosen)
        found = leaks(case, policy.threshold, effort)
        if not found.size:
            return changed
    raise NotMendedError


def _chosen(case: Case, found: Sums, policy: Policy, effort: Effort | None = None) -> list[Option]:
    if case.system.pieces > MOST_TOGETHER:
        return _part_by_part(case, found, policy, effort)
    options = _options(case, policy)
    if found.size * 2 * case.system.pieces * max(len(options), 1) <= _SMALL:
        proven = _least(case.system, found, options)
        if proven is not None:
            return proven
    return _one_by_one(case, found, options, effort)


def _part_by_part(case: Case, found: Sums, policy: Policy, effort: Effort | None) -> list[Option]:
    """Mend each part of a large case for itself, and what no part can mend in the whole."""
    parts = Parts(case.system, case.known)
    chosen: dict[int, Option] = {}
    left: list[IntArray] = []
    for targets in parts.together(found):
        part = parts.around(case.system, np.concatenate(targets), wide=True)
        if part is None:
            left += targets
            continue
        try:
            inside = Sums.of([part.inside(target) for target in targets])
            within = _within(case, part)
            mended = _one_by_one(within, inside, _options(within, policy), effort)
        except NotMendedError:
            left += targets
            continue
        mended = [replace(each, figure=int(part.figures[each.figure])) for each in mended]
        chosen |= {each.figure: each for each in mended}
        case = _with(case, mended)
    if left:
        more = _one_by_one(case, Sums.of(left), _options(case, policy), effort)
        chosen |= {each.figure: each for each in more}
    return list(chosen.values())


def _within(case: Case, part: Part) -> Case:
    """Return a part as a case; figures that go far beyond it stay as they are."""
    known = case.known[part.pieces]
    return replace(
        case,
        system=part.system,
        known=known,
        value=part.system.sums.total(known),
        hidden=case.hidden[part.figures],
        fixed=case.fixed[part.figures] | part.large,
        names=case.names[part.figures],
    )


def _options(case: Case, policy: Policy) -> list[Option]:
    """Return all that may be done to figures, figure by figure from the finest to the coarsest."""
    free = np.flatnonzero(~case.hidden & ~case.fixed & (case.value > 0))
    most = max(int(case.value.max(initial=1)), 1)
    found = []
    for figure in free.tolist():
        value = int(case.value[figure])
        for times in WIDER if policy.repair == WIDEN and policy.base > 1 else ():
            base = times * policy.base
            shown = rounded_to(np.array([value]), base, policy.base)
            low, high = (float(end[0]) for end in stands_for(shown, base, policy))
            wider = high - low > case.system.high[figure] - case.system.low[figure]
            if low <= value <= high and wider:
                found.append(Option(figure, base, low, high, base / (4 * value)))
        found.append(Option(figure, HIDE, 1.0, np.inf, 1 + value / most))
    return found


def _with(case: Case, chosen: list[Option]) -> Case:
    """Return the case as it is when some figures are shown otherwise."""
    low, high, hidden = case.system.low.copy(), case.system.high.copy(), case.hidden.copy()
    for each in chosen:
        low[each.figure], high[each.figure] = each.low, each.high
        hidden[each.figure] |= each.base == HIDE
    return replace(case, system=replace(case.system, low=low, high=high), hidden=hidden)


def _one_by_one(
    case: Case, found: Sums, options: list[Option], effort: Effort | None = None
) -> list[Option]:
    """Mend leak by leak, each with the least loss of what binds the attacker there."""
    attacker = Attacker(case.system, effort)
    chosen: dict[int, Option] = {}
    for target in found.members:
        truth = int(case.known[target].sum())
        while len(attacker.values(target, {truth}, ENOUGH)) < ENOUGH:
            binding = set(attacker.binding(target).tolist())
            open_to = [
                each
                for each in options
                if each.figure in binding and _coarser(each, chosen.get(each.figure))
            ]
            if not open_to:
                raise NotMendedError
            best = _best(attacker, case.system, target, truth, sorted(open_to, key=_loss), chosen)
            chosen[best.figure] = best
            attacker.relax(best.figure, best.low, best.high)
    return list(chosen.values())


def _loss(option: Option) -> float:
    return option.loss


def _coarser(option: Option, than: Option | None) -> bool:
    return than is None or option.loss > than.loss


def _best(
    attacker: Attacker,
    system: System,
    target: IntArray,
    truth: int,
    options: list[Option],
    chosen: Mapping[int, Option],
) -> Option:
    """Return the first option that mends the leak by itself, else the one with the least loss."""
    for each in options[:_MOST_TRIED]:
        attacker.relax(each.figure, each.low, each.high)
        mended = len(attacker.values(target, {truth}, ENOUGH)) >= ENOUGH
        if mended:
            return each
        now = chosen.get(each.figure)
        low, high = system.low[each.figure], system.high[each.figure]
        attacker.relax(each.figure, now.low if now else low, now.high if now else high)
    return options[0]


def _least(system: System, found: Sums, options: list[Option]) -> list[Option] | None:
    """Return the changes with the least loss by which every leak keeps two values that are apart.

    For each leak two sets of counts are looked for that fit the changed figures, in which it
    differs by two people or more. None where HiGHS does not prove one within its nodes.
    """
    programme = _Programme(system, options)
    for target in found.members:
        programme.keep(target)
    return programme.solved()


@dataclass
class _Programme:
    """The choice of changes as a mixed-integer programme: columns grow leak by leak."""

    system: System
    options: list[Option]
    rows: list[tuple[float, float, dict[int, float]]] = field(default_factory=list)
    columns: int = 0

    def __post_init__(self) -> None:
        """Begin with one column an option, of which each figure takes one at most."""
        self.columns = len(self.options)
        by_figure: dict[int, dict[int, float]] = {}
        for column, option in enumerate(self.options):
            by_figure.setdefault(option.figure, {})[column] = 1.0
        self.rows += [(0.0, 1.0, each) for each in by_figure.values()]
        self._of_figure = by_figure

    def keep(self, target: IntArray) -> None:
        """Let a target keep two values that are two apart."""
        first, second = (self._world() for _ in range(2))
        apart = {first + p: 1.0 for p in target.tolist()}
        apart |= {second + p: -1.0 for p in target.tolist()}
        self.rows.append((ENOUGH - 1.0, np.inf, apart))

    def _world(self) -> int:
        """Add counts of the pieces that fit the figures as they are changed; return its column."""
        start = self.columns
        self.columns += self.system.pieces
        far = self._far()
        for figure, pieces in enumerate(self.system.sums.members):
            sum_ = {start + p: 1.0 for p in pieces.tolist()}
            low, high = self.system.low[figure], self.system.high[figure]
            chosen = self._of_figure.get(figure, {})
            lower = {c: low - self.options[c].low for c in chosen}
            self.rows.append((low, np.inf, sum_ | lower))
            if np.isfinite(high):
                upper = {c: high - min(self.options[c].high, far) for c in chosen}
                self.rows.append((-np.inf, high, sum_ | upper))
        return start

    def _far(self) -> float:
        """Return more than any figure holds, for those that nothing limits."""
        finite = self.system.high[np.isfinite(self.system.high)]
        return 2 * float(finite.max(initial=0)) + 100

    def solved(self) -> list[Option] | None:
        """Return the options chosen, None where none was proven."""
        import highspy

        handed = silent_solver()
        model = highspy.HighsLp()
        choices, counts = len(self.options), self.columns - len(self.options)
        model.num_col_, model.num_row_ = self.columns, len(self.rows)
        loss = [each.loss for each in self.options]
        model.col_cost_ = np.array([*loss, *[0.0] * counts])
        model.col_lower_ = np.zeros(self.columns)
        model.col_upper_ = np.array([1.0] * choices + [highspy.kHighsInf] * counts)
        model.row_lower_ = np.array([low for low, _, _ in self.rows])
        model.row_upper_ = np.array([high for _, high, _ in self.rows])
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.cumsum([0, *(len(each) for _, _, each in self.rows)])
        model.a_matrix_.index_ = np.array([c for _, _, each in self.rows for c in each])
        model.a_matrix_.value_ = np.array([v for _, _, each in self.rows for v in each.values()])
        model.integrality_ = [highspy.HighsVarType.kInteger] * self.columns
        handed.passModel(model)
        handed.run()
        if handed.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        value: FloatArray = np.array(handed.getSolution().col_value)[:choices]
        return [self.options[i] for i in np.flatnonzero(value > 1 / 2)]
