"""Published figures as a system: sums of the smallest pieces, each known to lie in an interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

# Figures of more pieces than this do not make pieces near to each other.
LARGE = 300
# Systems of more pieces than this are solved part by part.
MOST_TOGETHER = 5_000


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
        return split(self.row, self.piece, self.size)

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

    def part(self, inside: BoolArray, known: IntArray) -> tuple[System, IntArray]:
        """Return what is asked of some pieces, all others being at known counts, and which figures.

        The pieces of the part are those ``inside``, in their order; its figures are the whole's
        figures of the numbers returned.
        """
        sums = self.sums
        kept = inside[sums.piece]
        figures, row = np.unique(sums.row[kept], return_inverse=True)
        number = np.cumsum(inside) - 1
        rest = sums.total(known * ~inside)[figures]
        return System(
            int(inside.sum()),
            Sums(len(figures), row, number[sums.piece[kept]]),
            self.low[figures] - rest,
            self.high[figures] - rest,
        ), figures


def split(key: IntArray, value: IntArray, size: int) -> list[IntArray]:
    """Return the values by key 0..size - 1."""
    order = np.argsort(key, kind="stable")
    ends = np.cumsum(np.bincount(key, minlength=size))
    return np.split(value[order], ends[:-1]) if size else []
