"""The shortest list of blocks to swap so that A nests in B, or both coincide.

Blocks are small whole areas, such as LSOAs. Each is counted in the area of A, and in that of B, in
which most of its postcodes lie. Some blocks then go to another area of A: as few as can be, and of
such lists the one with fewest clients, so that every area of A lies in one of B, keeps a block of
its own, and hangs together.

For nesting that is an integer programme: x[i, a] is 1 where block i is in area a, y[a, b] where a
lies in b; each i is in one a, each a in one b, x[i, a] <= y[a, b of i]. That areas hang together is
added where a solution breaks it: if i and j of one area are parted, one of the blocks around i's
part must be in it too. For one-to-one it is an assignment problem. Solved by HiGHS.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from geodemand.core.coterminosity import Relation
from geodemand.core.disclosure import BoolArray, FloatArray, IntArray
from geodemand.core.geography import NOWHERE
from geodemand.core.weights import matrix

SECONDS = 60.0
ROUNDS = 200
# A share that HiGHS leaves open by arithmetic alone.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Blocks:
    """What a plan is made of.

    ``a``, ``b``: for each block its area in either geography, -1 for none. ``sizes``: numbers of
    areas of A and of B. ``cost``: for each block how many it moves, to choose between lists of one
    length. ``beside``: for each block those that it borders.
    """

    a: IntArray
    b: IntArray
    sizes: tuple[int, int]
    cost: FloatArray
    beside: Sequence[frozenset[int]]


@dataclass(frozen=True)
class Plan:
    """Which area of A each block is in afterwards, and how sure it is that no list is shorter.

    ``gap``: by how much at most a shorter list could be shorter, as a share; NaN without a plan.
    ``connected``: whether every area hangs together. ``why``: why there is no plan, else empty.
    """

    a: IntArray
    gap: float = float("nan")
    connected: bool = True
    why: str = ""


def plan(blocks: Blocks, relation: Relation, seconds: float = SECONDS) -> Plan:
    """Return the shortest plan, or why there is none.

    ``seconds``: how long to look; a plan found by then comes with its gap.
    """
    known = (blocks.a != NOWHERE) & (blocks.b != NOWHERE)
    one = np.ones(int(known.sum()))
    held = matrix(blocks.a[known], blocks.b[known], one, blocks.sizes).full()
    if not known.any():
        return Plan(blocks.a, why="no block lies in both.")
    if relation is Relation.SAME:
        # Also those that have blocks only where the other geography has no area.
        areas, others = (len(np.unique(of[of != NOWHERE])) for of in (blocks.a, blocks.b))
        if areas != others:
            why = f"{areas} areas cannot be the same as {others}"
            return Plan(blocks.a, why=f"{why} with every area kept.")
        return _paired(blocks, known, held)
    areas, others = (int((held.sum(axis=axis) > 0).sum()) for axis in (1, 0))
    if areas < others:
        why = f"{areas} areas cannot fill {others} without being divided"
        return Plan(blocks.a, why=f"{why}; a new area would be needed.")
    return _Programme(blocks, known, held).solve(seconds)


def _paired(blocks: Blocks, known: BoolArray, held: FloatArray) -> Plan:
    """Pair areas off one to one so that as many blocks as can be stay where they are."""
    from scipy.optimize import linear_sum_assignment  # scipy is slow to import

    rows, columns = (np.flatnonzero(held.sum(axis=axis) > 0) for axis in (1, 0))
    cost = matrix(blocks.a[known], blocks.b[known], blocks.cost[known], blocks.sizes).full()
    # One block more outweighs all clients; a pair without a block would not keep its area.
    value = held + cost / (1 + cost.sum())
    value = np.where(held > 0, value, -held.sum() - 1)[np.ix_(rows, columns)]
    row, column = linear_sum_assignment(value, maximize=True)
    if len(rows) != len(columns) or (value[row, column] < 0).any():
        return Plan(blocks.a, why="no pairing leaves every area a block of its own.")
    owner = np.full(blocks.sizes[1], NOWHERE)
    owner[columns[column]] = rows[row]
    after = np.where(known, owner[blocks.b], blocks.a)
    return Plan(after, gap=0.0, connected=_hang_together(blocks, after))


def _hang_together(blocks: Blocks, after: IntArray) -> bool:
    return all(len(_parts(blocks, after == area)) == 1 for area in np.unique(after[after >= 0]))


def _parts(blocks: Blocks, chosen: BoolArray) -> list[list[int]]:
    """Return the connected parts of some blocks, that with most of them first."""
    left = set(np.flatnonzero(chosen).tolist())
    found = []
    while left:
        start = min(left)
        left.remove(start)
        part, edge = [start], [start]
        while edge:
            near = blocks.beside[edge.pop()] & left
            left -= near
            part += near
            edge += near
        found.append(sorted(part))
    return sorted(found, key=lambda part: (-len(part), part))


@dataclass
class _Programme:
    """The integer programme of nesting: its variables, and its constraints as they come."""

    blocks: Blocks
    known: BoolArray
    held: FloatArray
    cells: dict[tuple[str, int, int], int] = field(default_factory=dict)
    rows: list[tuple[dict[int, float], float, float]] = field(default_factory=list)

    def solve(self, seconds: float) -> Plan:
        self._variables()
        self._constraints()
        end = time.monotonic() + seconds
        best: Plan | None = None
        for _ in range(ROUNDS):
            found, gap = self._solved(end - time.monotonic())
            if found is None:
                break
            best = Plan(found, gap)
            if not self._cut(found):
                return best
        if best is not None:
            return replace(best, connected=False)
        if time.monotonic() >= end:
            return Plan(self.blocks.a, why=f"no plan was found within {seconds:g} s.")
        why = "no swap between areas that meet does it"
        return Plan(self.blocks.a, why=f"{why}, with every area kept.")

    def _variables(self) -> None:
        """Give numbers to what is to be decided; blocks go where others of their area of B are."""
        for i in np.flatnonzero(self.known).tolist():
            for a in np.flatnonzero(self.held[:, self.blocks.b[i]]).tolist():
                self._number("x", i, a)
        for a, b in zip(*np.nonzero(self.held), strict=True):
            self._number("y", int(a), int(b))

    def _number(self, kind: str, one: int, two: int) -> None:
        self.cells[kind, one, two] = len(self.cells)

    def _constraints(self) -> None:
        one_area: dict[int, dict[int, float]] = {}
        one_other: dict[int, dict[int, float]] = {}
        kept: dict[int, dict[int, float]] = {}
        for (kind, one, two), cell in self.cells.items():
            if kind == "y":
                one_other.setdefault(one, {})[cell] = 1.0
                continue
            one_area.setdefault(one, {})[cell] = 1.0
            lies = self.cells["y", two, int(self.blocks.b[one])]
            self.rows.append(({cell: 1.0, lies: -1.0}, -np.inf, 0.0))
            if self.blocks.a[one] == two:
                kept.setdefault(two, {})[cell] = 1.0
        self.rows += [(row, 1.0, 1.0) for row in (*one_area.values(), *one_other.values())]
        self.rows += [(row, 1.0, np.inf) for row in kept.values()]

    def _solved(self, seconds: float) -> tuple[IntArray | None, float]:
        """Return the area of each block in the best solution, and its gap."""
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array

        if seconds <= 0:
            return None, float("nan")
        at = [
            (r, cell, value)
            for r, (row, _, _) in enumerate(self.rows)
            for cell, value in row.items()
        ]
        row, column, value = (np.array(part) for part in zip(*at, strict=True))
        left = csr_array((value, (row, column)), shape=(len(self.rows), len(self.cells)))
        low, high = (np.array([limits[side] for limits in self.rows]) for side in (1, 2))
        result = milp(
            self._costs(),
            integrality=np.ones(len(self.cells), dtype=np.int64),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(left, low, high),
            options={"time_limit": seconds, "mip_rel_gap": 0.0},
        )
        if result.x is None:
            return None, float("nan")
        after = self.blocks.a.copy()
        for (kind, one, two), cell in self.cells.items():
            if kind == "x" and result.x[cell] > 1 / 2:
                after[one] = two
        gap = float(result.mip_gap or 0.0)
        return after, 0.0 if gap < ROUNDING else gap

    def _costs(self) -> FloatArray:
        """Return what each variable costs: a block that moves one, and its clients a little."""
        share = self.blocks.cost / (1 + self.blocks.cost.sum())
        costs = np.zeros(len(self.cells))
        for (kind, one, two), cell in self.cells.items():
            if kind == "x" and self.blocks.a[one] != two:
                costs[cell] = 1 + share[one]
        return costs

    def _cut(self, after: IntArray) -> bool:
        """Forbid the areas that are in parts in a solution; return whether there are any."""
        cut = False
        for area in np.unique(after[self.known]).tolist():
            main, *others = _parts(self.blocks, (after == area) & self.known)
            for part in others:
                cut = True
                around = frozenset[int]().union(*(self.blocks.beside[i] for i in part)) - set(part)
                around_cells = {self.cells.get(("x", i, area)) for i in around} - {None}
                row = {cell: -1.0 for cell in around_cells if cell is not None}
                anchor = self.cells["x", main[0], area]
                for i in part:
                    own = self.cells["x", i, area]
                    self.rows.append(({**row, own: 1.0, anchor: 1.0}, -np.inf, 1.0))
        return cut
