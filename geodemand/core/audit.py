"""The audit: plays the attacker on all that a run publishes.

Attacked are every hidden figure, every smallest piece of 1 to threshold people that nobody chose to
publish, and every difference of two figures of as many: areas of one geography less areas of
another, a total less a part. Each must keep at least three possible values.
"""

from __future__ import annotations

import numpy as np

from geodemand.core.attack import ENOUGH, attack
from geodemand.core.book import Case
from geodemand.core.effort import Effort
from geodemand.core.systems import IntArray, Sums

# Figures x pieces up to which pairs of figures are compared as one dense matrix.
_DENSE = 3_000_000
# Up to this, single precision holds counts exactly.
_EXACT = 1 << 22
# What a piece without people counts, so that sharing it shows.
_TRIFLE = 1e-6


def targets(case: Case, threshold: int) -> Sums:
    """Return what an attacker of a case would want to know, as sums of pieces."""
    sums = case.system.sums
    hidden = np.flatnonzero(case.hidden & (case.value > 0))
    small = np.flatnonzero((case.known > 0) & (case.known <= threshold))
    inside = np.isin(sums.row, hidden)
    renumber = np.zeros(sums.size, dtype=np.int64)
    renumber[hidden] = np.arange(len(hidden))
    rows = [renumber[sums.row[inside]], len(hidden) + np.arange(len(small))]
    pieces = [sums.piece[inside], small]
    apart = _differences(case, threshold)
    rows.append(len(hidden) + len(small) + apart.row)
    pieces.append(apart.piece)
    size = len(hidden) + len(small) + apart.size
    return _distinct(Sums(size, np.concatenate(rows), np.concatenate(pieces)), case.system.pieces)


def _differences(case: Case, threshold: int) -> Sums:
    """Return what lies in one figure and not in another that meets it: 1 to threshold people."""
    held = case.system.sums.members
    inside = np.zeros(case.system.pieces, dtype=bool)
    found = []
    for a, b in _meeting(case, threshold).tolist():
        inside[held[b]] = True
        found.append(held[a][~inside[held[a]]])
        inside[held[b]] = False
    return Sums.of(found)


def _meeting(case: Case, threshold: int) -> IntArray:
    """Return [pairs, 2] figures that share a piece, the first holding few people more."""
    sums = case.system.sums
    if sums.size * case.system.pieces <= _DENSE and case.known.sum() < _EXACT:
        inside = np.zeros((sums.size, case.system.pieces), dtype=np.float32)
        inside[sums.row, sums.piece] = 1.0
        weight = np.maximum(case.known, _TRIFLE).astype(np.float32)
        shared = (inside * weight) @ inside.T
        apart = case.value[:, None] - np.where(shared > 0, np.rint(shared), np.inf)
        return np.argwhere((apart > 0) & (apart <= threshold))
    from scipy.sparse import coo_array, csr_array  # slow to import, for large cases only

    weight = np.maximum(case.known, _TRIFLE)
    shape = (sums.size, case.system.pieces)
    plain = csr_array((np.ones(len(sums.row)), (sums.row, sums.piece)), shape=shape)
    weighed = csr_array((weight[sums.piece], (sums.row, sums.piece)), shape=shape)
    found = coo_array(weighed @ plain.T)
    apart = case.value[found.row] - np.rint(found.data)
    few = (apart > 0) & (apart <= threshold)
    return np.stack([found.row[few], found.col[few]], axis=1)


def _distinct(sums: Sums, pieces: int) -> Sums:
    """Return the sums, those of the same pieces once."""
    random = np.random.default_rng(11).integers(1 << 40, size=pieces)
    name = np.bincount(sums.row, weights=random[sums.piece], minlength=sums.size)
    _, first = np.unique(name, return_index=True)
    held = [sums.members[row] for row in np.sort(first)]
    return Sums.of([each for each in held if len(each)])


def leaks(case: Case, threshold: int, effort: Effort | None = None) -> Sums:
    """Return what keeps too few possible values; empty where the case is safe.

    Raises UnprovenError where all ``effort`` is spent.
    """
    sought = targets(case, threshold)
    found = attack(case.system, sought, case.known, effort=effort)
    return Sums.of([sought.members[row] for row in np.flatnonzero(found.values < ENOUGH)])
