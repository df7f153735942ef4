"""Where the search finds a postcode: reference data, good to 100 m, without a count or a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodemand.maps.payload import deltas, pack

if TYPE_CHECKING:
    import numpy.typing as npt

    from geodemand.core.disclosure import IntArray, Release
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene

# Beyond these the page knows sectors only: it would grow too large for a mail.
MOST_UNITS = 60_000
STEP_M = 100
_LETTERS = 26
_INWARD = 3


def layer(_: Release, scene: Scene, sheet: Frame) -> Json:
    """Return sorted postcodes by their first half: places in steps of 100 m, packed.

    ``sizes``: how many of each district. ``inward``: the second half as a number, 676 times the
    digit and 26 times the first letter and the second, as differences. With very many postcodes
    each sector has one place, at the middle of its own.
    """
    index = scene.reading.postcodes
    if index is None or not index.texts:
        return None
    texts = np.array(index.texts)
    order = np.argsort(texts, kind="stable")
    texts = texts[order]
    outward, inward = _halves(texts)
    x, y = sheet.x(index.x[order]) // STEP_M, sheet.y(index.y[order]) // STEP_M
    units = len(texts) <= MOST_UNITS
    if not units:
        outward, inward, x, y = _sectors(outward, inward, x, y)
    districts, sizes = np.unique(outward, return_counts=True)
    return {
        "districts": districts.tolist(),
        "sizes": pack(sizes.astype(np.int64)),
        "inward": pack(deltas(inward)),
        "x": pack(deltas(x)),
        "y": pack(deltas(y)),
        "step": STEP_M,
        "units": units,
    }


def _halves(texts: npt.NDArray[np.str_]) -> tuple[npt.NDArray[np.str_], IntArray]:
    """Return the first halves, and the second ones as numbers."""
    letters = np.ascontiguousarray(texts).view(np.uint32).reshape(len(texts), -1).copy()
    ends = (letters > 0).sum(axis=1)[:, None] - _INWARD + np.arange(_INWARD)
    digit, first, second = np.take_along_axis(letters, ends, axis=1).astype(np.int64).T
    np.put_along_axis(letters, ends, 0, axis=1)
    number = ((digit - ord("0")) * _LETTERS + first - ord("A")) * _LETTERS + second - ord("A")
    return letters.view(texts.dtype).ravel(), number


def _sectors(
    outward: npt.NDArray[np.str_], inward: IntArray, x: IntArray, y: IntArray
) -> tuple[npt.NDArray[np.str_], IntArray, IntArray, IntArray]:
    """Return one entry a sector, at the mean of its postcodes."""
    digit = inward // _LETTERS**2
    keys = np.array([f"{first}{last}" for first, last in zip(outward, digit, strict=True)])
    _, first, member, size = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    middle = [np.bincount(member, weights=each) / size for each in (x, y)]
    whole = [np.round(each).astype(np.int64) for each in middle]
    order = np.lexsort((digit[first], outward[first]))
    return (
        outward[first][order],
        digit[first][order] * _LETTERS**2,
        whole[0][order],
        whole[1][order],
    )
