"""Coordinates of any reference system into British National Grid (EPSG:27700), metres."""

from __future__ import annotations

import numpy as np

from geodemand.core.disclosure import FloatArray
from geodemand.errors import Fault, GeographyError

GRID = "EPSG:27700"
WGS84 = "EPSG:4326"
# Great Britain and the seas around it, generously.
WEST, SOUTH, EAST, NORTH = -250_000, -250_000, 950_000, 1_450_000


def is_grid(name: str) -> bool:
    """Return whether a reference system is British National Grid, without importing more for it."""
    return name.upper().replace("::", ":").removeprefix("URN:OGC:DEF:CRS:") == GRID


def to_metres(x: FloatArray, y: FloatArray, crs: str) -> tuple[FloatArray, FloatArray]:
    """Return eastings and northings of x and y (longitude and latitude, in that order, if degrees).

    Raises GeographyError for a reference system that is not known.
    """
    import pyproj  # slow to import, and not needed for files on the grid

    try:
        transformer = pyproj.Transformer.from_crs(crs, GRID, always_xy=True)
    except pyproj.exceptions.ProjError as error:
        mend = 'Write it as an EPSG code, such as crs = "EPSG:27700".'
        raise GeographyError(Fault("", f"'{crs}' is no coordinate system.", mend)) from error
    return transformer.transform(x, y)


def check_extent(bounds: FloatArray, where: str) -> None:
    """Raise GeographyError where bounds [n, 4] in metres do not lie in or near Great Britain."""
    low = np.array([WEST, SOUTH, WEST, SOUTH])
    high = np.array([EAST, NORTH, EAST, NORTH])
    outside = ~((bounds >= low) & (bounds <= high)).all(axis=1)
    if outside.any():
        raise GeographyError(
            Fault(
                where,
                f"{outside.sum()} of {len(bounds)} features lie outside Great Britain.",
                "Its coordinates may be in another system than the file names, or their axes "
                'swapped. Say which they are in with crs = "EPSG:…".',
            )
        )
