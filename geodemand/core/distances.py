"""How far clients are from a site, told from few protected counts.

A mean of exact distances would tell of few clients what their count may not. So the clients of a
site are counted in parts, by how far they are: in quarters that hold as many postcodes each, which
are protected and audited as any other count; within each they are taken to live as postcodes do.
Where counts are exact anyway the parts are rings of 100 m.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodemand.core.disclosure import BoolArray, FloatArray, IntArray, Protected
from geodemand.core.geography import NOWHERE

# Distances are told to this many metres.
STEP_M = 100.0
QUARTERS = 4
FAR = 0.9


@dataclass(frozen=True)
class Parts:
    """The parts in which clients are counted by distance, each of one site.

    ``of_place`` [places]: the part of each, -1 for none. ``site`` [parts]. ``part``, ``metres``,
    ``share`` [ways]: of each part some distances, and which share of it is as far; ``sites``: how
    many there are.
    """

    of_place: IntArray
    site: IntArray
    part: IntArray
    metres: FloatArray
    share: FloatArray
    sites: int

    @property
    def size(self) -> int:
        """Return the number of parts."""
        return len(self.site)

    def distances(self, held: Protected, everyone: Protected) -> tuple[Protected, Protected]:
        """Return the mean and the 90th percentile of distance by site, for none, and for all.

        ``held`` [parts] and ``everyone`` [sites + 2]: protected counts. Where that of a site is
        withheld its distances are; what is withheld of its parts is taken to be alike.
        """
        people = self._likely(held, everyone)
        found = np.full((2, self.sites + 2), np.nan)
        for row in range(self.sites + 2):
            own = self.site == row if row < self.sites else np.full(self.size, row > self.sites)
            ways = own[self.part]
            weight = people[self.part[ways]] * self.share[ways]
            if weight.sum() > 0:
                found[:, row] = _mean_and_far(self.metres[ways], weight)
        hidden = everyone.withheld & np.isfinite(found[0])
        mean, far = np.where(hidden, np.nan, found)
        return Protected(mean, hidden), Protected(far, hidden)

    def _likely(self, held: Protected, everyone: Protected) -> FloatArray:
        """Return the people of each part; withheld ones share what is left of their site."""
        people = np.nan_to_num(held.values)
        hidden = np.bincount(self.site[held.withheld], minlength=self.sites)
        shown = np.bincount(self.site, weights=people, minlength=self.sites)
        left = np.nan_to_num(everyone.values[: self.sites]) - shown
        each = np.maximum(left / np.maximum(hidden, 1), 1.0)
        return np.where(held.withheld, each[self.site], people)


def _mean_and_far(metres: FloatArray, weight: FloatArray) -> tuple[float, float]:
    order = np.argsort(metres, kind="stable")
    reached = np.cumsum(weight[order])
    mean = float((metres * weight).sum() / weight.sum())
    # What is the 90th percentile but for the last bit is.
    at = int(np.searchsorted(reached, FAR * reached[-1] * (1 - 1e-9)))
    far = float(metres[order[at]])
    return np.floor(mean / STEP_M + 0.5) * STEP_M, np.ceil(far / STEP_M) * STEP_M


def in_rings(own: IntArray, metres: FloatArray, sites: int) -> Parts:
    """Return parts of 100 m of distance, each taken at its middle.

    ``own``, ``metres`` [places]: the site of each, -1 for none, and how far it is.
    """
    held = own != NOWHERE
    ring = (metres[held] // STEP_M).astype(np.int64)
    rings = int(ring.max(initial=0)) + 1
    found, part = np.unique(own[held] * rings + ring, return_inverse=True)
    of_place = np.full(len(own), NOWHERE)
    of_place[held] = part
    site, ring = np.divmod(found, rings)
    every = np.arange(len(found))
    return Parts(of_place, site, every, (ring + 0.5) * STEP_M, np.ones(len(found)), sites)


def in_quarters(own: IntArray, metres: FloatArray, postcode: BoolArray, sites: int) -> Parts:
    """Return four parts a site, by distance, with as many postcodes each as can be.

    ``postcode`` [places]: whether each is a postcode of the base, which may be looked at.
    """
    of_place = np.full(len(own), NOWHERE)
    for number in range(sites):
        here = np.flatnonzero(own == number)
        known = metres[here[postcode[here]]]
        at = np.arange(1, QUARTERS) / QUARTERS
        edges = np.quantile(known, at) if len(known) else np.empty(0)
        of_place[here] = number * QUARTERS + np.searchsorted(edges, metres[here])
    part = of_place[postcode & (of_place != NOWHERE)]
    count = np.bincount(part, minlength=sites * QUARTERS)
    shares = 1 / count[part]
    ways = metres[postcode & (of_place != NOWHERE)]
    return Parts(of_place, np.arange(sites * QUARTERS) // QUARTERS, part, ways, shares, sites)
