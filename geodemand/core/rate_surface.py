"""Heat surfaces as rates against a base: where need is high for how many live there.

Counts without a base find towns. Both counts are smoothed with the same kernel and divided, so what
is left is how a neighbourhood differs from the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from geodemand.core.areas import Rate
from geodemand.core.disclosure import (
    BoolArray,
    FloatArray,
    People,
    Policy,
    Surface,
    protect,
)
from geodemand.core.geography import NOWHERE, Geography, locate
from geodemand.core.surface import CELL_M, Extent, merged, quartic
from geodemand.core.tally import Clients, Places
from geodemand.core.zones import Zones

# Beyond so many cells they are made larger: a national sheet is read at another scale.
MOST_CELLS = 400_000
Classes: TypeAlias = npt.NDArray[np.uint8]
# Bandwidths go up a ladder, so that cells with nearly the same one are smoothed at once. Between
# two steps a cell takes of both, or every step would be a ring around each cluster.
STEP = 1.25
# The kernel reaches a little farther than the nth nearest place, which at its edge would not count.
BEYOND = 1.1
# A kernel is at least so many cells wide to either side.
CELLS_A_BANDWIDTH = 2
# Limits of the classes as multiples of the rate of the whole sheet: below the first a difference is
# of no interest, and is drawn transparent.
MULTIPLES = np.array([1.2, 1.5, 2, 3, 5])
DIGITS = 2
LEAST = 1e-9


@dataclass(frozen=True)
class Ground:
    """The cells of a sheet and the base that lives in them.

    ``places``: where clients can be. ``rate``: base and unit. ``land``: cells outside its areas
    are left empty. Row 0 is in the north.
    """

    extent: Extent
    places: Places
    rate: Rate
    land: Geography

    @cached_property
    def cell_m(self) -> float:
        """Return the side of a cell, metres."""
        cell = CELL_M
        while self._across(cell) * self._down(cell) > MOST_CELLS:
            cell *= 2
        return cell

    @property
    def shape(self) -> tuple[int, int]:
        """Return rows and columns."""
        return self._down(self.cell_m), self._across(self.cell_m)

    def _across(self, cell: float) -> int:
        return max(1, int(np.ceil((self.extent.east - self.extent.west) / cell)))

    def _down(self, cell: float) -> int:
        return max(1, int(np.ceil((self.extent.north - self.extent.south) / cell)))

    @cached_property
    def centres(self) -> FloatArray:
        """Return the middle of each cell [cells, 2], metres."""
        rows, columns = self.shape
        x = self.extent.west + (np.arange(columns) + 0.5) * self.cell_m
        y = self.extent.north - (np.arange(rows) + 0.5) * self.cell_m
        across, down = np.meshgrid(x, y)
        return np.column_stack([across.ravel(), down.ravel()])

    @cached_property
    def inside(self) -> BoolArray:
        """Return which cells lie in an area of the land [cells]."""
        found: BoolArray = locate(self.land, *self.centres.T) != NOWHERE
        return found

    @cached_property
    def base(self) -> FloatArray:
        """Return the base in each cell [rows, columns]."""
        weight = self.places.weights[self.rate.base]
        held = np.flatnonzero(weight > 0)
        return self.binned(self.places.x[held], self.places.y[held], weight[held])

    def binned(self, x: FloatArray, y: FloatArray, weight: FloatArray) -> FloatArray:
        """Add up weights by cell [rows, columns]; what lies off the sheet is left out."""
        rows, columns = self.shape
        with np.errstate(invalid="ignore"):
            column = np.floor((x - self.extent.west) / self.cell_m)
            row = np.floor((self.extent.north - y) / self.cell_m)
            kept = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        cell = (row[kept] * columns + column[kept]).astype(np.int64)
        total = np.bincount(cell, weights=weight[kept], minlength=rows * columns)
        return total.astype(float).reshape(rows, columns)


@dataclass(frozen=True)
class Smoothed:
    """The rate of a list in each cell, before it is cut into classes: nothing to be handed out.

    ``rate`` [rows, columns]; None with too few places. ``held`` [rows, columns]: places with
    clients by cell. ``bandwidth``: the smallest, metres.
    """

    rate: FloatArray | None
    held: FloatArray
    bandwidth: float


def smoothed(
    clients: Clients, ground: Ground, policy: Policy, bandwidth_m: float = 0.0
) -> Smoothed:
    """Return clients per unit of the base around each cell.

    rate(cell) = per x sum(clients K) / sum(base K), K the quartic kernel with the cell's bandwidth
    h >= max(policy.surface_bandwidth_m, bandwidth_m, 1.1 x distance to the nth nearest place with
    clients), n = policy.surface_neighbours. Bandwidths stand on a ladder: a cell has a mean of the
    rates at the two steps from its h upward, so that it changes as gradually as h does; both are
    counted by cell first. Source: Kelsall and Diggle (1995), Statistics in Medicine 14 (ratio of
    two kernel estimates, one bandwidth).
    """
    x, y = ground.places.x[clients.places], ground.places.y[clients.places]
    at, weight = merged(x, y, clients.counts)
    held = ground.binned(at[:, 0], at[:, 1], np.ones(len(at)))
    smallest = max(policy.surface_bandwidth_m, bandwidth_m, CELLS_A_BANDWIDTH * ground.cell_m)
    if len(at) < policy.surface_neighbours:
        return Smoothed(None, held, smallest)
    height = _heights(ground, at, smallest, policy.surface_neighbours)
    counts = ground.binned(at[:, 0], at[:, 1], weight)
    rate = np.zeros(ground.shape)
    for part, above, below in _smoothed(ground, counts, height, smallest):
        share = np.divide(above, below, out=np.zeros(ground.shape), where=below > 0)
        rate += part * share * ground.rate.per
    return Smoothed(rate, held, smallest)


def rate_surface(
    clients: Clients, ground: Ground, policy: Policy, bandwidth_m: float = 0.0
) -> Surface:
    """Return the smoothed rate of a list, in classes: see `smoothed` and `classed`."""
    return classed(clients, ground, policy, smoothed(clients, ground, policy, bandwidth_m))


def classed(clients: Clients, ground: Ground, policy: Policy, found: Smoothed) -> Surface:
    """Return a smoothed rate in at most ``policy.surface_classes`` classes.

    ``found``: of the same clients on the same ground (`smoothed`), which no policy that a release
    is made with again can change. Limits of classes: 1.2, 1.5, 2, 3 and 5 times the rate of the
    whole sheet, formed from the protected count and rounded to two digits. With fewer than n places
    the surface stays empty, and a patch of a class that holds fewer is not drawn.
    """
    limits, bandwidth = _limits(clients, ground, policy), found.bandwidth
    if found.rate is None or not len(limits):
        classes, limits, bandwidth = np.zeros(ground.shape, dtype=np.uint8), limits[:0], np.inf
    else:
        limits = limits[limits <= found.rate.max(initial=0)]
        classes = np.searchsorted(limits, found.rate, side="right").astype(np.uint8)
        classes = _without_spots(classes, found.held, policy.surface_neighbours)
        limits = limits[: int(classes.max())]
    return Surface(
        clients.name,
        classes,
        ground.extent.west,
        ground.extent.north,
        ground.cell_m,
        tuple(limits.tolist()),
        bandwidth,
        ground.rate.words,
        policy.surface_neighbours,
    )


def _without_spots(classes: Classes, held: FloatArray, fewest: int) -> Classes:
    """Return the classes with patches lowered that hold fewer than ``fewest`` places with clients.

    Where few live a single client makes a rate high, and the patch around would tell where. A patch
    is what hangs together of a class and those above; ``held`` [rows, columns]: places by cell.
    """
    from scipy import ndimage  # slow to import, needed for maps only

    kept = classes.copy()
    for level in range(int(classes.max(initial=0)), 0, -1):
        patch, count = ndimage.label(kept >= level)
        places = np.bincount(patch.ravel(), weights=held.ravel(), minlength=count + 1)
        few = places < fewest
        few[0] = False
        kept[few[patch]] = level - 1
    return kept


def _limits(clients: Clients, ground: Ground, policy: Policy) -> FloatArray:
    """Return round limits above the rate of the whole sheet; none where that is not to be told."""
    everywhere = Zones.by(np.zeros(len(ground.places), dtype=np.int64), 1)
    total = protect(People.counted([clients.ground], everywhere).of(0), policy)
    base = ground.places.weights[ground.rate.base].sum()
    if total.withheld[0] or not base or not total.values[0]:
        return np.empty(0)
    limits = MULTIPLES[-(policy.surface_classes - 1) :] * total.values[0] / base * ground.rate.per
    return np.unique([float(f"{limit:.{DIGITS}g}") for limit in limits])


def _heights(ground: Ground, at: FloatArray, smallest: float, neighbours: int) -> FloatArray:
    """Return how far up the ladder each cell's bandwidth is, NaN off land [rows, columns]."""
    from scipy.spatial import cKDTree  # slow to import, needed for maps only

    found = np.full(len(ground.centres), np.nan)
    cells = np.flatnonzero(ground.inside)
    distance = np.asarray(cKDTree(at).query(ground.centres[cells], k=[neighbours], workers=-1)[0])
    # A place may be moved by half a diagonal when it is counted by cell, and is to stay in reach.
    wanted = BEYOND * (distance[:, 0] + ground.cell_m / np.sqrt(2))
    found[cells] = np.log(np.maximum(wanted / smallest, 1.0)) / np.log(STEP)
    return found.reshape(ground.shape)


def _smoothed(
    ground: Ground, counts: FloatArray, height: FloatArray, smallest: float
) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
    """Yield each bandwidth's part in each cell (0 to 1), and clients and base smoothed with it.

    A cell takes of the two steps that are no lower than it: all of the one just above its height
    if it is a whole step below that, none of it if it stands on it.
    """
    known = height[np.isfinite(height)]
    lower = np.ceil(np.nan_to_num(height))
    on_lower = np.where(np.isfinite(height), lower - height, 0.0)
    on_upper = np.where(np.isfinite(height), 1.0 - on_lower, 0.0)
    steps = np.unique(np.concatenate([np.ceil(known), np.ceil(known) + 1]))
    for step in steps.tolist():
        part = on_lower * (lower == step) + on_upper * (lower + 1 == step)
        if not part.any():
            continue
        h = smallest * STEP**step
        reach = int(h // ground.cell_m)
        offset = np.arange(-reach, reach + 1) * ground.cell_m
        kernel = quartic(np.hypot(*np.meshgrid(offset, offset)), h)
        above, below = _over((counts, ground.base), kernel)
        # What is left of arithmetic where nobody lives.
        below[below < kernel.max() * LEAST] = 0
        yield part, above, below


def _over(sheets: Sequence[FloatArray], kernel: FloatArray) -> list[FloatArray]:
    """Return the sum of values around each cell, weighed by the kernel: a product of spectra.

    The sheets are padded, so that nothing comes in again from the other side.
    """
    from scipy import fft  # slow to import, needed for maps only

    reach = len(kernel) // 2
    rows, columns = sheets[0].shape
    size = [fft.next_fast_len(n + 2 * reach, real=True) for n in (rows, columns)]
    spectrum = fft.rfft2(kernel, size)
    whole = [fft.irfft2(fft.rfft2(each, size) * spectrum, size) for each in sheets]
    return [np.asarray(each[reach : reach + rows, reach : reach + columns]) for each in whole]
