"""Heat surfaces: where clients are dense, drawn so coarsely that nobody can be placed by them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodemand.core.disclosure import Exact, FloatArray, Policy, Surface

CELL_M = 250.0
KM2 = 1_000_000.0
# Limits of classes in clients per km2: round numbers that a reader can hold on to.
NICE_BREAKS = np.array([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000], dtype=float)


@dataclass(frozen=True)
class Extent:
    """The rectangle that a surface covers, metres (EPSG:27700)."""

    west: float
    south: float
    east: float
    north: float


def heat_surface(
    name: str, x: FloatArray, y: FloatArray, clients: Exact, extent: Extent, policy: Policy
) -> Surface:
    """Return the density of clients in at most ``policy.surface_classes`` classes.

    Each cell holds the quartic-kernel density, in clients per km², with the cell's own bandwidth
    h = max(policy.surface_bandwidth_m, distance to the nth nearest place with clients), n =
    policy.surface_neighbours: sum over clients of 3 / (π h²) (1 - d²/h²)². Places and not clients
    are counted, so that many clients at one address leave no peak of their own; with fewer than n
    places the surface stays empty. Source: Silverman (1986), Density Estimation, 4.5 and 5.2
    (kernel and nearest-neighbour estimates).
    """
    columns = max(1, int(np.ceil((extent.east - extent.west) / CELL_M)))
    rows = max(1, int(np.ceil((extent.north - extent.south) / CELL_M)))
    at, weight = merged(x, y, clients)
    if len(at) < policy.surface_neighbours:
        empty = np.zeros((rows, columns), dtype=np.uint8)
        return Surface(
            *(name, empty, extent.west, extent.north, CELL_M, (), np.inf),
            neighbours=policy.surface_neighbours,
        )
    across, down = np.meshgrid(
        extent.west + (np.arange(columns) + 0.5) * CELL_M,
        extent.north - (np.arange(rows) + 0.5) * CELL_M,
    )
    density = _density(np.column_stack([across.ravel(), down.ravel()]), at, weight, policy)
    breaks = _breaks(density, policy.surface_classes - 1)
    classes = np.searchsorted(breaks, density, side="right").astype(np.uint8)
    return Surface(
        name,
        classes.reshape(rows, columns),
        extent.west,
        extent.north,
        CELL_M,
        tuple(breaks.tolist()),
        policy.surface_bandwidth_m,
        neighbours=policy.surface_neighbours,
    )


def merged(x: FloatArray, y: FloatArray, clients: Exact) -> tuple[FloatArray, FloatArray]:
    """Return the distinct places that hold clients [places, 2], and how many each holds."""
    held = clients.exact > 0
    at, where = np.unique(np.column_stack([x[held], y[held]]), axis=0, return_inverse=True)
    weight = np.bincount(where.ravel(), weights=clients.exact[held], minlength=len(at))
    return at, weight.astype(float)


def _density(cells: FloatArray, at: FloatArray, weight: FloatArray, policy: Policy) -> FloatArray:
    from scipy.spatial import cKDTree  # slow to import, needed for maps only

    near, place = cKDTree(at).query(cells, k=policy.surface_neighbours, workers=-1)
    distance = np.asarray(near).reshape(len(cells), -1)
    held = weight[np.asarray(place).reshape(len(cells), -1)]
    close = distance[:, -1] <= policy.surface_bandwidth_m
    density = np.empty(len(cells))
    density[close] = _within(cells[close], at, weight, policy.surface_bandwidth_m)
    # Beyond the smallest bandwidth only the n nearest places are within reach.
    h = distance[~close, -1:]
    density[~close] = (held[~close] * quartic(distance[~close], h)).sum(axis=1)
    return density * KM2


def _within(cells: FloatArray, at: FloatArray, weight: FloatArray, h: float) -> FloatArray:
    """Return the density at cells that have enough places within a fixed bandwidth."""
    from scipy.spatial import cKDTree

    if not len(cells):
        return np.empty(0)
    close = cKDTree(cells).sparse_distance_matrix(cKDTree(at), h, output_type="ndarray")
    kernel = weight[close["j"]] * quartic(close["v"], h)
    return np.bincount(close["i"], weights=kernel, minlength=len(cells)).astype(float)


def quartic(distance: FloatArray, h: FloatArray | float) -> FloatArray:
    """Return the kernel's height at distances up to the bandwidth ``h``, 0 beyond; metres."""
    kernel: FloatArray = 3 / (np.pi * h**2) * np.clip(1 - (distance / h) ** 2, 0, None) ** 2
    return kernel


def _breaks(density: FloatArray, classes: int) -> FloatArray:
    """Return up to ``classes`` round limits, the highest still reached by a few cells."""
    reached = NICE_BREAKS[density.max(initial=0) >= NICE_BREAKS]
    return reached[-classes:] if len(reached) else NICE_BREAKS[:1]
