"""A background out of the user's own tiles, drawn anew on the British National Grid.

Tiles are in web Mercator, which turns and stretches against the grid. Each part of the background
is a picture of squares of the grid: for every pixel the place in the tiles is worked out (exactly
every few pixels, in proportion between), and the colour there is taken.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geodemand.errors import Fault, GeographyError
from geodemand.io import crs, tile_archives, vector_tiles
from geodemand.io.tile_archives import Archive, picture_of

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Steps = npt.NDArray[np.floating[Any]]

# Half the side of the world in web Mercator, metres.
HALF_WORLD = math.pi * 6_378_137
# Pixels of the longer side of the coarsest picture, and of the pictures of finer levels.
OVERVIEW, PART = 1_400, 1_024
# Pixels between places that are worked out exactly; the error between is far below a pixel.
MESH = 64
LEVELS = 5
FINEST_M = 1.0
MOST_TILES = 4_000
# Vector tiles are twice as wide, and each takes up to some tenths of a second.
MOST_VECTOR_TILES = 600
QUALITY = 72


@dataclass(frozen=True)
class Part:
    """One picture of the background: an encoded image and the rectangle it covers (EPSG:27700).

    ``level``: 0 for the whole sheet at once; each further level shows twice as much.
    ``metres``: what a pixel covers.
    """

    west: float
    south: float
    east: float
    north: float
    level: int
    metres: float
    kind: str
    data: bytes


@dataclass(frozen=True)
class Basemap:
    """Pictures of a sheet, and what the file says about whose map it is."""

    parts: tuple[Part, ...]
    credit: str

    @property
    def size(self) -> int:
        """Return how many bytes the pictures are."""
        return sum(len(part.data) for part in self.parts)


@dataclass(frozen=True)
class _Square:
    """A rectangle of the grid of so many pixels."""

    west: float
    north: float
    metres: float
    wide: int
    high: int


def read(path: Path, bounds: tuple[float, float, float, float], most_bytes: int) -> Basemap:
    """Return a background of west, south, east, north (metres, EPSG:27700) in so many bytes.

    Levels are added, each twice as fine as the one before, while all of a level fits.
    Raises UnreadableFileError as `tile_archives.opened`; GeographyError where no tile lies there,
    or where even the coarsest picture is too large.
    """
    archive = tile_archives.opened(path)
    west, south, east, north = bounds
    coarsest = max((east - west) / OVERVIEW, (north - south) / OVERVIEW, FINEST_M)
    source = _Source(archive, path)
    found: list[Part] = []
    room = most_bytes
    for level in range(LEVELS):
        metres = coarsest / 2**level
        if metres < FINEST_M or (level and not source.sharper_than(metres * 2)):
            break
        parts = _level(source, bounds, level, metres, room)
        if parts is None:
            break
        found += parts
        room -= sum(len(part.data) for part in parts)
    if not found:
        raise GeographyError(_nothing(path, source, most_bytes))
    return Basemap(tuple(found), archive.about.credit)


def _nothing(path: Path, source: _Source, most_bytes: int) -> Fault:
    if source.used:
        what = f"a picture of the sheet takes more than {most_bytes / 1e6:g} MB."
        return Fault(str(path), what, "Allow more: basemap_mb (or basemap_beside_mb) in [map].")
    what = "has no tile where the map is."
    return Fault(str(path), what, "Is it of this part of the country, and of zooms 6 to 15?")


def _level(
    source: _Source,
    bounds: tuple[float, float, float, float],
    level: int,
    metres: float,
    room: int,
) -> list[Part] | None:
    """Return the pictures of one level, None where they take more room or tiles than there is."""
    found = []
    for square in _squares(bounds, metres, PART if level else OVERVIEW):
        pixels = source.drawn(square)
        if pixels is None:
            return None
        if not pixels[..., 3].any():
            continue
        data = _encoded(pixels)
        room -= len(data)
        if room < 0:
            return None
        east = square.west + square.wide * metres
        south = square.north - square.high * metres
        found.append(Part(square.west, south, east, square.north, level, metres, "webp", data))
    return found or None


def _squares(
    bounds: tuple[float, float, float, float], metres: float, side: int
) -> Iterator[_Square]:
    west, south, east, north = bounds
    across, down = math.ceil((east - west) / metres), math.ceil((north - south) / metres)
    for row in range(0, down, side):
        for column in range(0, across, side):
            yield _Square(
                west + column * metres,
                north - row * metres,
                metres,
                min(side, across - column),
                min(side, down - row),
            )


def _encoded(pixels: Pixels) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()


class _Source:
    """The tiles of an archive as one large picture, read as far as it is asked for."""

    def __init__(self, archive: Archive, path: Path) -> None:
        self._archive, self._path = archive, path
        self._to_mercator = crs.to_web_mercator()
        # Of pictures it is known when the first is read.
        self._side = vector_tiles.SIDE if archive.about.vector else 0
        self._read = 0
        self.used = 0

    def sharper_than(self, metres: float) -> bool:
        """Say whether the finest tiles show more than a pixel of so many metres."""
        side = self._side or 256
        pixel = 2 * HALF_WORLD / (side * 2**self._archive.about.most_zoom)
        # A metre of the grid is about 1.6 of Mercator's in Great Britain.
        return bool(pixel / _STRETCH < metres)

    def drawn(self, square: _Square) -> Pixels | None:
        """Return the pixels of a part of the grid, None where that takes too many tiles."""
        x, y = self._mercator(square)
        zoom = self._zoom(square.metres)
        scale = 2**zoom / (2 * HALF_WORLD)
        column, row = (x + HALF_WORLD) * scale, (HALF_WORLD - y) * scale
        first, last = _ends(column, zoom)
        top, bottom = _ends(row, zoom)
        self._read += (last - first + 1) * (bottom - top + 1)
        most = MOST_VECTOR_TILES if self._archive.about.vector else MOST_TILES
        if self._read > most:
            return None
        tiles = {
            (i, j): self._tile(zoom, i, j)
            for j in range(top, bottom + 1)
            for i in range(first, last + 1)
        }
        side = self._side or 256
        whole = np.zeros(((bottom - top + 1) * side, (last - first + 1) * side, 4), dtype=np.uint8)
        for (i, j), tile in tiles.items():
            if tile is not None:
                at = (j - top) * side, (i - first) * side
                whole[at[0] : at[0] + side, at[1] : at[1] + side] = tile
        return _sampled(whole, (column - first) * side - 0.5, (row - top) * side - 0.5)

    def _tile(self, zoom: int, column: int, row: int) -> Pixels | None:
        data = self._archive.tile(zoom, column, row)
        if not data:
            return None
        read = vector_tiles.painted if self._archive.about.vector else picture_of
        pixels: Pixels = read(data, self._path)
        self._side = self._side or len(pixels)
        self.used += 1
        if len(pixels) != self._side:
            what = f"has tiles of {self._side} and of {len(pixels)} pixels."
            raise GeographyError(Fault(str(self._path), what, "Give tiles of one size."))
        return pixels

    def _zoom(self, metres: float) -> int:
        """Return the coarsest zoom whose pixels are no larger than those wanted."""
        about = self._archive.about
        wanted = math.log2(2 * HALF_WORLD / ((self._side or 256) * metres * _STRETCH))
        return int(min(max(math.ceil(wanted), about.least_zoom), about.most_zoom))

    def _mercator(self, square: _Square) -> tuple[Floats, Floats]:
        """Return x and y of every pixel's middle [rows, columns], metres of web Mercator."""
        across = np.linspace(0, square.wide, square.wide // MESH + 2)
        down = np.linspace(0, square.high, square.high // MESH + 2)
        x, y = np.meshgrid(
            square.west + across * square.metres, square.north - down * square.metres
        )
        found = self._to_mercator.transform(x, y)
        rows = _between(down, np.arange(square.high) + 0.5)
        columns = _between(across, np.arange(square.wide) + 0.5)
        return (rows @ found[0] @ columns.T, rows @ found[1] @ columns.T)


_STRETCH = 1.6


def _between(known: Steps, wanted: Steps) -> Floats:
    """Return weights [wanted, known] that interpolate linearly."""
    found = np.zeros((len(wanted), len(known)))
    left = np.clip(np.searchsorted(known, wanted, side="right") - 1, 0, len(known) - 2)
    share = (wanted - known[left]) / (known[left + 1] - known[left])
    at = np.arange(len(wanted))
    found[at, left] = 1 - share
    found[at, left + 1] = share
    return found


def _ends(tiles: Floats, zoom: int) -> tuple[int, int]:
    most = 2**zoom - 1
    return (
        int(np.clip(np.floor(tiles.min()), 0, most)),
        int(np.clip(np.floor(tiles.max()), 0, most)),
    )


def _sampled(whole: Pixels, x: Floats, y: Floats) -> Pixels:
    """Return colours at places between pixels, from the four around each."""
    high, wide = whole.shape[:2]
    left = np.clip(np.floor(x).astype(np.int64), 0, wide - 2)
    top = np.clip(np.floor(y).astype(np.int64), 0, high - 2)
    along = np.clip(x - left, 0, 1)[..., None].astype(np.float32)
    down = np.clip(y - top, 0, 1)[..., None].astype(np.float32)

    def at(rows: Any, columns: Any) -> Any:  # noqa: ANN401 - arrays of numpy
        return whole[rows, columns].astype(np.float32)

    upper = at(top, left) * (1 - along) + at(top, left + 1) * along
    lower = at(top + 1, left) * (1 - along) + at(top + 1, left + 1) * along
    found: Pixels = np.round(upper * (1 - down) + lower * down).astype(np.uint8)
    return found
