"""Where the search finds a postcode: reference data, good to 100 m, without a count or a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodemand.maps.payload import deltas, pack

if TYPE_CHECKING:
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
    outward = np.array([text[:-_INWARD] for text in texts])
    inward = np.array([_number(text[-_INWARD:]) for text in texts], dtype=np.int64)
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


def _number(inward: str) -> int:
    first, second = (ord(letter) - ord("A") for letter in inward[1:])
    return (int(inward[0]) * _LETTERS + first) * _LETTERS + second


def _sectors(
    outward: IntArray, inward: IntArray, x: IntArray, y: IntArray
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
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
