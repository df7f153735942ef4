"""Points gathered into hexagons, for a view from afar: dots would lie on top of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from geodemand.core.disclosure import BoolArray, FloatArray, IntArray

# Metres from one flat side of a hexagon to the other, and how many hexagons a page should have.
ACROSS = (250, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
MOST = 6_000


@dataclass(frozen=True)
class Hexagons:
    """Hexagons with a corner in the north. ``q``, ``r``: column along the rows, and row.

    The middle of one lies at x = across (q + r / 2), y = across r √3 / 2. ``cell``: for each point
    the index of its hexagon.
    """

    across: int
    q: IntArray
    r: IntArray
    cell: IntArray

    def __len__(self) -> int:
        """Return the number of hexagons."""
        return len(self.q)

    def count(self, chosen: BoolArray | None = None) -> IntArray:
        """Count the points, or some of them, in each hexagon."""
        cell = self.cell if chosen is None else self.cell[chosen]
        return np.bincount(cell, minlength=len(self)).astype(np.int64)

    def dominant(self, kind: IntArray) -> tuple[IntArray, FloatArray]:
        """Return the commonest kind in each hexagon (of several the first), and its share.

        ``kind``: for each point, -1 for none. The share is of all its points.
        """
        kinds = int(kind.max(initial=-1)) + 1
        known = kind >= 0
        if not kinds:
            return np.full(len(self), -1), np.zeros(len(self))
        pair = self.cell[known] * kinds + kind[known]
        counts = np.bincount(pair, minlength=len(self) * kinds).reshape(len(self), kinds)
        most = counts.max(axis=1)
        return np.where(most > 0, counts.argmax(axis=1), -1), most / self.count()


def gathered(x: IntArray, y: IntArray) -> Hexagons:
    """Gather points (metres) into the smallest hexagons of `ACROSS` that are not too many."""
    for across in ACROSS:
        found = _gathered(x, y, across)
        if len(found) <= MOST:
            break
    return found


def _gathered(x: IntArray, y: IntArray, across: int) -> Hexagons:
    r = y / (across * np.sqrt(3) / 2)
    q = x / across - r / 2
    # Rounded so that q + r + s = 0 still holds: the one that was rounded most gives way.
    s = -q - r
    whole = [np.round(each) for each in (q, r, s)]
    off = np.array([np.abs(a - b) for a, b in zip(whole, (q, r, s), strict=True)])
    most = off.argmax(axis=0)
    column = np.where(most == 0, -whole[1] - whole[2], whole[0]).astype(np.int64)
    row = np.where(most == 1, -whole[0] - whole[2], whole[1]).astype(np.int64)
    wide = int(np.ptp(column)) + 1 if len(column) else 1
    low = int(column.min(initial=0))
    named, cell = np.unique(row * wide + (column - low), return_inverse=True)
    return Hexagons(across, named % wide + low, named // wide, cell.ravel())
