"""A large system of figures in parts: what can change together with something, and what cannot.

A figure over very many pieces, as a country's total, ties them all to each other and binds hardly
any of them. Without such figures, and without the pieces that a figure of none keeps at 0, figures
about areas fall apart into small groups. A group with all else at its true count shows what is
possible; a group without the large figures, what is not. Where the two leave a question open some
other groups are let change as well, and last of all everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geodemand.core.systems import LARGE, BoolArray, IntArray, Sums, System

if TYPE_CHECKING:
    from geodemand.core.attacker import Attacker

# So many pieces of a large figure are taken into a wide part.
_BESIDE = 500


@dataclass(frozen=True)
class Part:
    """Some pieces of a system, and the figures that they are in, all else being as it is.

    ``pieces``, ``figures``: which those of the part are in the whole. ``large`` [figures]: those
    that go far beyond the part.
    """

    system: System
    pieces: IntArray
    figures: IntArray
    large: BoolArray

    def inside(self, target: IntArray) -> IntArray:
        """Return the pieces of a target as the part numbers them; others are always 0."""
        return np.flatnonzero(np.isin(self.pieces, target))

    @property
    def alone(self) -> System:
        """Return the part without the large figures: it allows all that the whole does, or more."""
        kept = np.flatnonzero(~self.large)
        sums, number = self.system.sums, np.cumsum(~self.large) - 1
        entry = ~self.large[sums.row]
        return System(
            self.system.pieces,
            Sums(len(kept), number[sums.row[entry]], sums.piece[entry]),
            self.system.low[kept],
            self.system.high[kept],
        )


class Parts:
    """The groups of pieces that a large system falls apart into."""

    def __init__(self, system: System, known: IntArray) -> None:
        """Find them. ``known`` [pieces]: counts that fit."""
        from scipy.sparse import coo_array  # slow to import, for large systems only
        from scipy.sparse.csgraph import connected_components

        self._known, self._sums = known, system.sums
        sums = system.sums
        none = np.zeros(system.pieces, dtype=bool)
        none[sums.piece[(system.high == 0)[sums.row]]] = True
        self._sizes = np.bincount(sums.row, minlength=sums.size)
        self._large = self._sizes > LARGE
        tied = ~none[sums.piece] & ~self._large[sums.row]
        nodes = system.pieces + sums.size
        ends = sums.piece[tied], system.pieces + sums.row[tied]
        table = coo_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(nodes, nodes))
        _, group = connected_components(table, directed=False)
        self._group: IntArray = np.where(none, -1, group[: system.pieces]).astype(np.int64)

    def around(self, system: System, target: IntArray, *, wide: bool = False) -> Part | None:
        """Return the part of a system of the same sums that a target lies in.

        None where that is most of it. A wide part takes in other groups that share the smallest of
        the large figures, so that what changes in one may be made up for in another.
        """
        inside = self._groups_of(target)
        if wide:
            inside |= self._beside(inside)
        pieces = np.flatnonzero(inside)
        if 2 * len(pieces) > system.pieces:
            return None
        part, figures = system.part(inside, self._known)
        part = replace(part, low=np.maximum(part.low, 0))
        return Part(part, pieces, figures, self._large[figures])

    def _groups_of(self, pieces: IntArray) -> BoolArray:
        """Return which pieces are in a group of any of these."""
        groups = np.unique(self._group[pieces])
        found: BoolArray = np.isin(self._group, groups[groups >= 0])
        return found

    def _beside(self, inside: BoolArray) -> BoolArray:
        """Return which pieces are in other groups of the smallest large figure of some pieces."""
        sums = self._sums
        touched = np.unique(sums.row[inside[sums.piece] & self._large[sums.row]])
        if not len(touched):
            return inside
        smallest = touched[np.argmin(self._sizes[touched])]
        held = sums.piece[(sums.row == smallest) & (self._group[sums.piece] >= 0)]
        return self._groups_of(held[:_BESIDE])

    def together(self, targets: Sums) -> Iterator[list[IntArray]]:
        """Yield the targets that have a first group in common."""
        first = np.array([self._group[target].max(initial=-1) for target in targets.members])
        for group in np.unique(first):
            yield [targets.members[number] for number in np.flatnonzero(first == group)]


class ByParts:
    """Answers what `Attacker.values` does, by the part that a target lies in where that will do."""

    def __init__(
        self, system: System, known: IntArray, attacker: Callable[[System], Attacker]
    ) -> None:
        """Take a large system, counts that fit it, and what makes an attacker of a system."""
        self._system, self._attacker = system, attacker
        self._parts = Parts(system, known)
        self._whole: Attacker | None = None

    def values(self, target: IntArray, known: set[int], enough: int) -> set[int]:
        """Return possible values of a target: at least ``enough``, or fewer where it has fewer.

        Of fewer not all may be found.
        """
        for wide in (False, True):
            part = self._parts.around(self._system, target, wide=wide)
            if part is None:
                break
            inside = part.inside(target)
            known = self._attacker(part.system).values(inside, known, enough)
            if len(known) >= enough or not part.large.any():
                return known
            if not wide and len(self._attacker(part.alone).values(inside, known, enough)) < enough:
                return known
        self._whole = self._whole or self._attacker(self._system)
        return self._whole.values(target, known, enough)
