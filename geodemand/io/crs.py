"""Coordinates of any reference system into British National Grid (EPSG:27700), metres."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from geodemand.errors import Fault, GeographyError

if TYPE_CHECKING:
    import pyproj

    from geodemand.core.disclosure import BoolArray, FloatArray

GRID = "EPSG:27700"
WGS84 = "EPSG:4326"
# Great Britain and the seas around it, generously.
WEST, SOUTH, EAST, NORTH = -250_000, -250_000, 950_000, 1_450_000
# Corners around Great Britain, Northern Ireland and the sea where the made-up county lies, metres,
# and how far beyond them is abroad.
CORNERS = (
    *((80_000, 5_000), (560_000, 15_000), (740_000, 240_000), (740_000, 340_000)),
    *((470_000, 1_225_000), (0, 910_000), (-10_000, 500_000)),
)
ABROAD_M = 15_000
LARGEST_DEGREES = (180.0, 90.0)
DEGREES = (WGS84, "EPSG:4258", "EPSG:4277")
# Where numbers lie that are in some system, and how to say so: west, south, east, north.
LOOKS = (
    ((-9.5, 49.5, 2.5, 61.5), f'They look like degrees: say crs = "{WGS84}".'),
    ((49.5, -9.5, 61.5, 2.5), "They look like degrees with their axes swapped, latitude first."),
    ((-1_400_000, 6_100_000, 450_000, 8_900_000), 'They look like metres: say crs = "EPSG:3857".'),
    ((0, 0, 700_000, 1_300_000), f'They look like metres: say crs = "{GRID}".'),
)
# By these a text names files, in PROJ's words, WKT and PROJJSON: none may make PROJ open one.
LOOKED_UP = re.compile(
    r'(grids|init|file)\s*=\s*(?!@null)|PARAMETERFILE|"value"\s*:\s*"', re.IGNORECASE
)
LONGEST_SHOWN = 60
HELMERT = "OSGB36 to WGS 84 (6)"
FINER = "; the OSTN15 grid, right to 0.1 m, is not installed"


def code(name: str) -> str:
    """Return a reference system's code where a name holds one, else the name.

    >>> code("urn:ogc:def:crs:EPSG::27700"), code("urn:ogc:def:crs:OGC:1.3:CRS84")
    ('EPSG:27700', 'EPSG:4326')
    >>> code("http://www.opengis.net/def/crs/EPSG/0/29903"), code("epsg:3857")
    ('EPSG:29903', 'EPSG:3857')
    """
    plain = name.strip()
    if re.fullmatch(r"(.*[:/])?CRS:?84", plain, re.IGNORECASE):
        return WGS84
    found = re.fullmatch(r"(?:.*[:/])?EPSG[:/]+(?:[\d.]*[:/])?(\d+)", plain, re.IGNORECASE)
    return f"EPSG:{found[1]}" if found else plain


def is_grid(name: str) -> bool:
    """Return whether a reference system is British National Grid, without importing more for it."""
    return code(name) == GRID


def is_degrees(name: str, where: str = "") -> bool:
    """Return whether a reference system's coordinates are longitude and latitude."""
    known = code(name)
    return known in DEGREES or (known != GRID and bool(_system(known, where).is_geographic))


def contradicts(name: str, bounds: FloatArray, where: str = "") -> str:
    """Return what a reference system's numbers are, where these bounds show that they are not.

    Numbers like degrees of Great Britain would be a spot in the sea, were they metres.

    >>> contradicts(GRID, np.array([1.1, 52.0, 1.2, 52.1])), contradicts(GRID, np.full(4, 6e5))
    ('metres', '')
    >>> contradicts(WGS84, np.full(4, 6e5)), contradicts(WGS84, np.full(4, 52.0))
    ('degrees', '')
    """
    if is_degrees(name, where):
        return "degrees" if (np.abs(bounds) > np.array([*LARGEST_DEGREES] * 2)).any() else ""
    return "metres" if "degrees" in looks_like(bounds) else ""


def to_metres(
    x: FloatArray, y: FloatArray, crs: str, where: str = ""
) -> tuple[FloatArray, FloatArray]:
    """Return eastings and northings of x and y (longitude and latitude, in that order, if degrees).

    Raises GeographyError for a reference system that is not known, or for which no transformation
    is: one that leaves out the change of datum may be off by 100 m.
    """
    east, north, _ = turned(x, y, crs, where)
    return east, north


def turned(
    x: FloatArray, y: FloatArray, crs: str, where: str = ""
) -> tuple[FloatArray, FloatArray, str]:
    """Return eastings and northings, and the sentence that says by which operation, how right."""
    if is_grid(crs):
        return x, y, ""
    import pyproj  # slow to import, and not needed for files on the grid

    source = _system(code(crs), where)
    if source.to_epsg(min_confidence=70) == int(GRID.partition(":")[2]):
        return x, y, ""
    pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a better grid that is not installed: said below
            way = pyproj.Transformer.from_crs(source, GRID, always_xy=True, allow_ballpark=False)
            east, north = way.transform(x, y)
    except pyproj.exceptions.ProjError as error:
        what = f"no transformation from '{source.name}' to British National Grid is known."
        mend = 'If you know the system, say it: crs = "EPSG:…".'
        raise GeographyError(Fault(where, what, mend)) from error
    return east, north, _said(source.name, way)


def to_degrees(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return longitudes and latitudes (WGS 84) of eastings and northings.

    The way back of `to_metres`: what is written so and read again lies where it lay, to a
    millimetre.
    """
    import pyproj

    pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a better grid that is not installed
        way = pyproj.Transformer.from_crs(WGS84, GRID, always_xy=True, allow_ballpark=False)
        east, north = way.transform(x, y, direction="INVERSE")
    return np.asarray(east), np.asarray(north)


def place(x: float, y: float) -> str:
    """Return where a point in metres lies: "51.50° N, 0.12° W", and whether that is abroad."""
    import shapely

    east, north = (float(value[0]) for value in to_degrees(np.array([x]), np.array([y])))
    if not np.isfinite([east, north]).all():
        return "nowhere on the globe"
    said = f"{abs(north):.2f}° {'N' if north >= 0 else 'S'}, "
    said += f"{abs(east):.2f}° {'E' if east >= 0 else 'W'}"
    home = shapely.MultiPoint(CORNERS).convex_hull
    away = shapely.distance(home, shapely.Point(x, y)) > ABROAD_M
    return f"{said}, outside the United Kingdom" if away else said


def looks_like(bounds: FloatArray) -> str:
    """Return what coordinates seem to be that have these bounds, as a sentence; "" for no idea.

    >>> looks_like(np.array([52.0, 0.5, 52.2, 0.7]))
    'They look like degrees with their axes swapped, latitude first.'
    """
    west, south, east, north = bounds
    for (left, low, right, high), sentence in LOOKS:
        if left <= west and low <= south and east <= right and north <= high:
            return sentence
    return ""


def outside(bounds: FloatArray) -> BoolArray:
    """Return which bounds [n, 4] in metres do not lie in or near Great Britain."""
    low = np.array([WEST, SOUTH, WEST, SOUTH])
    high = np.array([EAST, NORTH, EAST, NORTH])
    within = (bounds >= low) & (bounds <= high)
    return np.asarray(~within.all(axis=1))


def _system(name: str, where: str) -> pyproj.CRS:
    """Return a reference system by code, WKT or PROJJSON; heights are left out."""
    import pyproj

    shown = f"'{name}'" if len(name) < LONGEST_SHOWN else "its system's definition"
    mend = f'Write it as an EPSG code, such as crs = "{GRID}".'
    unknown = GeographyError(Fault(where, f"{shown} is no coordinate system.", mend))
    if LOOKED_UP.search(name):
        raise unknown
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = pyproj.CRS.from_user_input(name)
    except pyproj.exceptions.CRSError as error:
        raise unknown from error
    return pyproj.CRS(found.sub_crs_list[0]) if found.is_compound else found


def _said(name: str, way: Any) -> str:  # noqa: ANN401 - a transformer, or the one it used last
    import pyproj

    try:
        used = way.get_last_used_operation()
    except pyproj.exceptions.ProjError:
        used = way
    by = used.description.removeprefix("axis order change (2D) + ")
    right = f"right to about {used.accuracy:g} m" if used.accuracy >= 0 else "how well is not known"
    return (
        f"Its coordinates were turned from {name} into British National Grid by '{by}', "
        f"{right}{FINER if HELMERT in by else ''}."
    )


def to_web_mercator() -> pyproj.Transformer:
    """Return the way from British National Grid to web Mercator, to about 2 m everywhere.

    Always by the same seven parameters: left to itself, PROJ takes others beside the coast, and
    a map would be torn by 20 m there. Source: Ordnance Survey, A guide to coordinate systems in
    Great Britain, 6.6.
    """
    import pyproj

    grid = (
        "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy "
        "+towgs84=446.448,-125.157,542.06,0.15,0.247,0.842,-20.489 +units=m"
    )
    return pyproj.Transformer.from_crs(grid, "EPSG:3857", always_xy=True)
