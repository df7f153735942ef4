"""Exact counts of people, which nothing that writes takes.

As lists are read counts are `Exact`: numbers, and not known to be over anything. What may be
protected is `People`: counts that were made from the places that they are over, so that the audit
can lay them over all others. There is no way from the first to the second but through the places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from geodemand.core.zones import Ground, Zones

IntArray: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Exact:
    """Exact counts of people as they were read, any shape; no figure is made of them as they are.

    ``exact`` is read in `geodemand.core` only; a test holds the other packages to that.
    """

    exact: IntArray

    def __repr__(self) -> str:
        """Say the shape only: an exact count must not reach a log or a traceback."""
        return f"Exact(shape={self.exact.shape})"


@dataclass(frozen=True, slots=True)
class People:
    """Exact counts of people (or of postcodes chosen by who lives there), any shape.

    ``exact`` is read in `geodemand.core` only; a test holds the other packages to that. ``zones``:
    the places that each count is over, and ``grounds`` what is counted there, one list after the
    other: the counts of the first ground come first. Made by `counted`, which counts from the two,
    or by `alone`, and by putting such counts together.
    """

    exact: IntArray
    zones: Zones
    grounds: tuple[Ground, ...]

    def __post_init__(self) -> None:
        """Refuse counts that are not one for each ground and zone."""
        if self.exact.size != len(self.grounds) * self.zones.size:
            message = f"{self!r} of {len(self.grounds)} grounds over {self.zones.size} zones"
            raise ValueError(message)

    @classmethod
    def counted(cls, grounds: Sequence[Ground], zones: Zones) -> People:
        """Count each ground by zone: [grounds, zones]."""
        rows = [zones.count(each) for each in grounds]
        exact = np.array(rows, dtype=np.int64).reshape(len(grounds), zones.size)
        return cls(exact, zones, tuple(grounds))

    @classmethod
    def alone(cls, what: str, counts: npt.ArrayLike) -> People:
        """Return counts of something that no other figure takes in: each has a place to itself."""
        exact = np.asarray(counts, dtype=np.int64).ravel()
        places = np.arange(len(exact))
        return cls.counted([Ground(what, places, exact)], Zones.by(places, len(places))).of(0)

    def of(self, row: int) -> People:
        """Return the counts of one ground [zones] of [grounds, zones]."""
        return People(self.exact[row], self.zones, self.grounds[row : row + 1])

    def summed(self, row: IntArray, zone: IntArray, size: int) -> People:
        """Return [..., size] sums: sum ``row[k]`` takes in zone ``zone[k]``."""
        lists = int(np.prod(self.exact.shape[:-1]))
        flat = self.exact.reshape(lists, self.exact.shape[-1])
        sums = [np.bincount(row, weights=each[zone], minlength=size) for each in flat]
        exact = np.array(sums, dtype=np.int64).reshape(*self.exact.shape[:-1], size)
        return People(exact, self.zones.summed(row, zone, size), self.grounds)

    def grouped(self, groups: Sequence[IntArray]) -> People:
        """Add up zones, a new one for each group of indices: [..., groups]."""
        row = np.repeat(np.arange(len(groups)), [len(each) for each in groups])
        zone = np.concatenate([np.empty(0, dtype=np.int64), *groups]).astype(np.int64)
        return self.summed(row, zone, len(groups))

    def by(self, position: IntArray, size: int) -> People:
        """Add up zones by a position for each, 0 to ``size`` - 1, or -1 to leave it out: [size]."""
        held = position >= 0
        exact = np.bincount(position[held], weights=self.exact.ravel()[held], minlength=size)
        zones = self.zones.moved(position, size)
        return People(exact.astype(np.int64), zones, self.grounds)

    def picked(self, index: IntArray) -> People:
        """Return some of the counts of one ground, in another order: [index]."""
        return self.summed(np.arange(len(index)), index, len(index))

    def inside(self, sets: Sequence[IntArray]) -> People:
        """Add up the zones in each of some sets of indices, which may overlap: [sets]."""
        used = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *sets]))
        position = np.full(self.exact.size, -1)
        position[used] = np.arange(len(used))
        return self.by(position, len(used)).grouped([np.searchsorted(used, s) for s in sets])

    def shaped(self, *shape: int) -> People:
        """Return the same counts in another shape."""
        return People(self.exact.reshape(shape), self.zones, self.grounds)

    def __repr__(self) -> str:
        """Say the shape only: an exact count must not reach a log or a traceback."""
        return f"People(shape={self.exact.shape})"


@dataclass(frozen=True, slots=True)
class Clients:
    """Rows of clients as they stand in a list: personal data, which no table takes.

    Only `listed` lets them out.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...] = field(repr=False)
