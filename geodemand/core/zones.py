"""Which places counts are over, so that counts can be attacked together.

A `Ground` is what is counted, place by place: the clients of a list, or postcodes by who lives
there. `Zones` say which places each of several counts adds up. Counting is done here, from the two,
so that a count and what it is over cannot part ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

_SEED = 20_110_331
_HALF = np.int64(1) << 31
# Entries that are counted together: few enough to stay near the processor.
_AT_ONCE = 1 << 17


@dataclass(frozen=True)
class Ground:
    """What is counted, place by place: exact, and therefore never shown.

    ``what``: in words, the name of a list. ``place``, ``count``, ``kind`` [entries]: so many of
    which kind at which place; ``kinds``: how many kinds there are, 1 for clients.
    """

    what: str
    place: IntArray = field(repr=False)
    count: IntArray = field(repr=False)
    kind: IntArray | None = field(default=None, repr=False)
    kinds: int = 1

    def by(self, position: IntArray, size: int) -> IntArray:
        """Count by position of the place and kind [size, kinds]; position -1 is counted nowhere."""
        counts = np.zeros((size + 1) * self.kinds)  # position -1 comes first
        step = max(_AT_ONCE, len(counts))
        for start in range(0, len(self.place), step):
            part = slice(start, start + step)
            cell = (position[self.place[part]] + 1) * self.kinds
            if self.kind is not None:
                cell += self.kind[part]
            counts += np.bincount(cell, weights=self.count[part], minlength=len(counts))
        return counts[self.kinds :].astype(np.int64).reshape(size, self.kinds)


@dataclass(frozen=True)
class Zones:
    """The places that each of ``size`` counts is over.

    ``labels`` [places]: the label of each place, 0 to ``labelled`` - 1, or -1. Entries: count
    ``row[k]`` adds up the places with ``label[k]``, and of these the kind ``kind[k]``.
    """

    labels: IntArray = field(repr=False)
    labelled: int
    size: int
    row: IntArray = field(repr=False)
    label: IntArray = field(repr=False)
    kind: IntArray = field(repr=False)

    @classmethod
    def by(cls, labels: IntArray, size: int) -> Zones:
        """Return one zone a label."""
        every = np.arange(size)
        return cls(labels, size, size, every, every, np.zeros(size, dtype=np.int64))

    @classmethod
    def kinds_of(cls, labels: IntArray, size: int, kinds: Sequence[IntArray]) -> Zones:
        """Return zones [labels, kinds]: at each label, each of several sets of kinds."""
        row, label, kind = [], [], []
        for number, each in enumerate(kinds):
            row.append(np.repeat(np.arange(size) * len(kinds) + number, len(each)))
            label.append(np.repeat(np.arange(size), len(each)))
            kind.append(np.tile(each, size))
        flat = [np.concatenate([np.empty(0, dtype=np.int64), *each]) for each in (row, label, kind)]
        return cls(labels, size, size * len(kinds), *flat)

    def summed(self, row: IntArray, zone: IntArray, size: int) -> Zones:
        """Return ``size`` zones that put these together: ``row[k]`` takes in ``zone[k]``."""
        order = np.argsort(self.row, kind="stable")
        count = np.bincount(self.row, minlength=self.size)
        start = np.cumsum(count) - count
        repeat = count[zone]
        within = np.arange(repeat.sum()) - np.repeat(np.cumsum(repeat) - repeat, repeat)
        entry = order[np.repeat(start[zone], repeat) + within]
        rows = np.repeat(row, repeat)
        return Zones(self.labels, self.labelled, size, rows, self.label[entry], self.kind[entry])

    def grouped(self, groups: Sequence[IntArray]) -> Zones:
        """Return a zone for each group of these, by their numbers."""
        row = np.repeat(np.arange(len(groups)), [len(each) for each in groups])
        zone = np.concatenate([np.empty(0, dtype=np.int64), *groups]).astype(np.int64)
        return self.summed(row, zone, len(groups))

    def moved(self, position: IntArray, size: int) -> Zones:
        """Return ``size`` zones, each of the zones at its position; -1 leaves a zone out."""
        if self.size == self.labelled and np.array_equal(self.row, self.label):
            return Zones.by(np.append(position, -1)[self.labels], size)
        row = position[self.row]
        held = row >= 0
        return Zones(self.labels, self.labelled, size, row[held], self.label[held], self.kind[held])

    def count(self, ground: Ground) -> IntArray:
        """Count a ground by zone [size]."""
        by_label = ground.by(self.labels, self.labelled)
        held = by_label[self.label, self.kind]
        return np.bincount(self.row, weights=held, minlength=self.size).astype(np.int64)

    @cached_property
    def names(self) -> IntArray:
        """Return a number for each zone by its places and kinds, the same however it is labelled.

        The sum, without carry, of a random number a place times one a kind: two zones share one by
        a chance of 2^-62 only.
        """
        random = np.random.default_rng(_SEED).integers(_HALF, size=(2, len(self.labels)))
        kinds = int(self.kind.max(initial=0)) + 1
        of_kind = np.random.default_rng(_SEED + 1).integers(_HALF, size=kinds)
        held = self.labels >= 0
        low, high = (self._summed(self.labels[held], each[held], of_kind) for each in random)
        return low * _HALF + high

    def _summed(self, label: IntArray, number: IntArray, of_kind: IntArray) -> IntArray:
        """Return the sum of numbers by zone, modulo 2^31; floats hold it exactly on the way."""
        by_label = np.bincount(label, weights=number, minlength=self.labelled).astype(np.int64)
        parts = ((by_label[self.label] % _HALF) * of_kind[self.kind]) % _HALF
        by_zone = np.bincount(self.row, weights=parts, minlength=self.size) % _HALF
        return by_zone.astype(np.int64)
