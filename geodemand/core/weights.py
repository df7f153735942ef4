"""What lies in area a of one geography and in area b of another: the matrix W[a, b], cell by cell.

Only cells that hold anything are kept, so that two geographies of a whole country need no more than
their pieces. "(none)" is an area on both sides: what lies in one geography and not in the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from geodemand.core.disclosure import FloatArray, IntArray, People, Policy, Protected, protect
from geodemand.core.geography import NOWHERE

# A table of all cells, held or not, is quicker than sorting up to so many cells a thing counted.
CELLS_A_THING = 4


@dataclass(frozen=True)
class Cells:
    """The pairs of areas that share anything, by area of A, then of B; each once.

    ``a``, ``b``: index of the area; the number of areas stands for "(none)", as the last row or
    column of a full matrix would. ``sizes``: the number of areas of A and of B.
    """

    a: IntArray
    b: IntArray
    sizes: tuple[int, int]

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.a)


@dataclass(frozen=True)
class Weights:
    """What each cell holds: facts (hectares, postcodes), or people, whose counts stay exact."""

    cells: Cells
    held: FloatArray | People

    @property
    def sizes(self) -> tuple[int, int]:
        """Return the number of areas of A and of B."""
        return self.cells.sizes

    @property
    def counted(self) -> bool:
        """Return whether these are people, who must be protected."""
        return isinstance(self.held, People)

    @property
    def exact(self) -> FloatArray:
        """Return what the cells hold as it is; for the core's own arithmetic."""
        return self.held.exact.astype(float) if isinstance(self.held, People) else self.held

    @property
    def turned(self) -> Weights:
        """Return the weights of the pair the other way round."""
        order = np.lexsort((self.cells.a, self.cells.b))
        cells = Cells(self.cells.b[order], self.cells.a[order], self.sizes[::-1])
        if isinstance(self.held, People):
            return Weights(cells, self.held.picked(order))
        return Weights(cells, self.held[order])

    def rows(self) -> FloatArray:
        """Return what each area of A holds, and last what lies in none of A: [size of A + 1]."""
        return np.bincount(self.cells.a, self.exact, self.sizes[0] + 1).astype(float)

    def columns(self) -> FloatArray:
        """Return what each area of B holds, and last what lies in none of B: [size of B + 1]."""
        return np.bincount(self.cells.b, self.exact, self.sizes[1] + 1).astype(float)

    def at(self, a: IntArray, b: IntArray) -> FloatArray:
        """Return what pairs of areas hold, 0 where they share nothing; -1 stands for "(none)"."""
        columns = self.sizes[1] + 1
        own = self.cells.a * columns + self.cells.b
        wanted = (a % (self.sizes[0] + 1)) * columns + b % columns
        place = np.searchsorted(own, wanted)
        known = np.append(own, NOWHERE)[place] == wanted
        found: FloatArray = np.where(known, np.append(self.exact, 0.0)[place], 0.0)
        return found

    def full(self) -> FloatArray:
        """Return all cells [size of A, size of B] without "(none)": for few areas only."""
        whole = np.zeros((self.sizes[0] + 1, self.sizes[1] + 1))
        whole[self.cells.a, self.cells.b] = self.exact
        return whole[:-1, :-1]

    def inner(self) -> Weights:
        """Return the cells in which an area of A and one of B share anything."""
        both = (self.cells.a < self.sizes[0]) & (self.cells.b < self.sizes[1]) & (self.exact > 0)
        cells = Cells(self.cells.a[both], self.cells.b[both], self.sizes)
        return Weights(cells, self.exact[both])


def cells_of(a: IntArray, b: IntArray, sizes: tuple[int, int]) -> tuple[Cells, IntArray]:
    """Return the cells that things lie in, and for each thing which of them.

    ``a``, ``b``: for each thing the index of its area, -1 for none.
    """
    rows, columns = sizes[0] + 1, sizes[1] + 1
    cell = (a % rows) * columns + b % columns
    if rows * columns <= CELLS_A_THING * len(cell):
        used = np.zeros(rows * columns, dtype=bool)
        used[cell] = True
        known, place = np.flatnonzero(used), (np.cumsum(used) - 1)[cell]
    else:
        known, place = np.unique(cell, return_inverse=True)
    return Cells(known // columns, known % columns, sizes), place


def added(cells: Cells, place: IntArray, weight: FloatArray | People) -> Weights:
    """Return what each cell holds of a weight of things, given the cell of each."""
    if isinstance(weight, People):
        return Weights(cells, weight.by(place, len(cells)))
    return Weights(cells, np.bincount(place, weight, len(cells)).astype(float))


def matrix(a: IntArray, b: IntArray, weight: FloatArray, sizes: tuple[int, int]) -> Weights:
    """Return W of things with the index of their area in A and in B (-1 for none) and a weight."""
    cells, place = cells_of(a, b, sizes)
    return added(cells, place, weight)


def of_rows(rows: Sequence[Iterable[float]]) -> Weights:
    """Return a matrix that is written out, the last row and column being "(none)".

    >>> of_rows([[90.0, 8.0, 2.0], [0.0, 0.0, 0.0]]).rows().tolist()
    [100.0, 0.0]
    """
    full = np.array([list(row) for row in rows], dtype=float)
    a, b = (index.ravel() for index in np.indices(full.shape))
    return matrix(a, b, full.ravel(), (full.shape[0] - 1, full.shape[1] - 1))


def partners(weights: Weights) -> IntArray:
    """Return for each area of A the area of B that holds most of it, -1 where none holds any.

    Ties go to the smaller index, which is the smaller code.
    """
    inner = weights.inner()
    found = np.full(weights.sizes[0], NOWHERE)
    order = np.lexsort((inner.cells.b, -inner.exact, inner.cells.a))
    area, first = np.unique(inner.cells.a[order], return_index=True)
    found[area] = inner.cells.b[order[first]]
    return found


def misplaced(weights: Weights) -> FloatArray:
    """Return for each area of A what lies in it and not in its partner: row total less the maximum.

    What lies in no area of B is misplaced too.

    >>> misplaced(of_rows([[90, 8, 2], [0, 50, 0], [1, 0, 0]])).tolist()
    [10.0, 0.0]
    """
    partner = partners(weights)
    kept = np.where(partner == NOWHERE, 0.0, weights.at(np.arange(len(partner)), partner))
    off: FloatArray = weights.rows()[:-1] - kept
    return off


def by_area(weights: Weights) -> People:
    """Return [3, size of A] of people: what each area holds, of that its partner, and the rest.

    The partner is by the exact counts, as for `misplaced`.
    """
    return split(weights, partners(weights))


def split(weights: Weights, partner: IntArray) -> People:
    """Return the same for a partner of each area of A, -1 for none."""
    assert isinstance(weights.held, People)  # noqa: S101 - facts need no protection
    size, a = weights.sizes[0], weights.cells.a
    cell = np.flatnonzero(a < size)
    inside = partner[a[cell]] == weights.cells.b[cell]
    row = np.concatenate([a[cell], a[cell] + np.where(inside, size, 2 * size)])
    return weights.held.summed(row, np.tile(cell, 2), 3 * size).shaped(3, size)


def at_most(held: FloatArray | People, policy: Policy) -> FloatArray:
    """Return what protected figures tell of some counts, a withheld one at its most."""
    if not isinstance(held, People):
        return held
    return most_of(protect(held, policy), policy)


def most_of(figures: Protected, policy: Policy) -> FloatArray:
    """Return protected figures, a withheld one at its most."""
    most: FloatArray = np.where(figures.withheld, float(policy.threshold), figures.values)
    return most


def told(weights: Weights, policy: Policy) -> Weights:
    """Return the weights as protected figures tell them, a withheld count at its most."""
    return replace(weights, held=at_most(weights.held, policy))
