"""Where a place of the sheet lies in web Mercator, as polynomials that a page can work out.

The page has no projection of its own. Over a sheet the two systems differ smoothly, so that a
polynomial of low degree says where a tile of a web map belongs, to within a few metres even over
the whole of Great Britain, and to centimetres over a county.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodemand.io import crs

if TYPE_CHECKING:
    from geodemand.core.disclosure import FloatArray
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json

DEGREE = 9
# Places a side by which the polynomials are fitted, and how far beyond the sheet.
SIDE = 24
BEYOND = 0.3


def to_mercator(sheet: Frame) -> Json:
    """Return the polynomial from metres of the sheet to metres of web Mercator."""
    grid, mercator = _known(sheet)
    return fitted(grid, mercator)


def to_grid(sheet: Frame) -> Json:
    """Return the polynomial from metres of web Mercator to metres of the sheet."""
    grid, mercator = _known(sheet)
    return fitted(mercator, grid)


def fitted(source: FloatArray, target: FloatArray) -> Json:
    """Return middle and half width of the source, and coefficients for x and y of the target.

    With u and v the source less its middle over its half width, a target is the sum of
    c[k] u^i v^j over i + j <= degree, in the order of `_powers`.
    """
    low, high = source.min(axis=0), source.max(axis=0)
    middle, half = (low + high) / 2, (high - low) / 2
    terms = _terms((source - middle) / half)
    found, *_ = np.linalg.lstsq(terms, target, rcond=None)
    return {
        "middle": middle.tolist(),
        "half": half.tolist(),
        "degree": DEGREE,
        "x": [float(f"{value:.12g}") for value in found[:, 0]],
        "y": [float(f"{value:.12g}") for value in found[:, 1]],
    }


def _powers() -> list[tuple[int, int]]:
    return [(i, j) for i in range(DEGREE + 1) for j in range(DEGREE + 1 - i)]


def _terms(at: FloatArray) -> FloatArray:
    return np.column_stack([at[:, 0] ** i * at[:, 1] ** j for i, j in _powers()])


def _known(sheet: Frame) -> tuple[FloatArray, FloatArray]:
    """Return places of the sheet (metres from its corner) and where they are in web Mercator."""
    wide = BEYOND * max(sheet.width, sheet.height)
    x, y = np.meshgrid(
        np.linspace(-wide, sheet.width + wide, SIDE), np.linspace(-wide, sheet.height + wide, SIDE)
    )
    found = crs.to_web_mercator().transform(x.ravel() + sheet.west, y.ravel() + sheet.south)
    return np.column_stack([x.ravel(), y.ravel()]), np.column_stack(found)
