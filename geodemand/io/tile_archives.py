"""The user's own map tiles: MBTiles and PMTiles files, read within limits.

Both hold web-Mercator tiles, of pictures or of lines and areas (vector tiles). What a file is, its
content says, not its name.
"""

from __future__ import annotations

import io
import json
import math
import sqlite3
import zlib
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from geodemand.errors import Fault, UnreadableFileError

MBTILES_MAGIC, PMTILES_MAGIC = b"SQLite format 3\x00", b"PMTiles\x03"
PICTURES = ("png", "jpg", "jpeg", "webp")
VECTOR = ("pbf", "mvt")
MOST_ZOOM = 24
MOST_TILE = 4 * 2**20
MOST_DIRECTORY = 16 * 2**20
# SQLite's steps for one question: a view that never ends is stopped.
MOST_STEPS = 20_000_000
STEPS_A_CALL = 100_000
HEADER = 127
DEEPEST = 4
TILE_SIDES = (64, 128, 256, 512, 1024)


@dataclass(frozen=True)
class About:
    """What an archive says of itself. ``bounds``: west, south, east, north in degrees.

    ``vector``: its tiles are lines and areas, no pictures.
    """

    least_zoom: int
    most_zoom: int
    bounds: tuple[float, float, float, float]
    credit: str
    vector: bool = False


class Archive(Protocol):
    """Tiles by zoom, column and row (row 0 in the north)."""

    about: About

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """Return a tile as the archive has it, None where there is none."""


def opened(path: Path) -> Archive:
    """Open an archive of tiles.

    Raises UnreadableFileError where the file is missing, damaged, neither MBTiles nor PMTiles
    version 3, too large in some part, or holds tiles of neither pictures nor vectors.
    """
    if not path.is_file():
        what = "is no file." if path.exists() else "there is no such file."
        raise _bad(path, what, "Name a PMTiles or MBTiles file.")
    with path.open("rb") as file:
        magic = file.read(16)
    if magic.startswith(MBTILES_MAGIC):
        return _MBTiles(path)
    if magic.startswith(PMTILES_MAGIC):
        return _PMTiles(path)
    mend = "Name a PMTiles (version 3) or MBTiles file."
    raise _bad(path, "is neither PMTiles nor MBTiles.", mend)


def _bad(path: Path, what: str, mend: str = "") -> UnreadableFileError:
    return UnreadableFileError(Fault(str(path), what, mend))


def _is_vector(path: Path, kind: str) -> bool:
    """Say whether tiles are vector ones; raise UnreadableFileError for what is no tile of a map."""
    if kind not in (*PICTURES, *VECTOR):
        mend = "Make one of PNG, JPEG, WebP or vector tiles: QGIS, GDAL and tippecanoe do."
        raise _bad(path, f"holds tiles of the kind '{kind[:20]}', which are not drawn.", mend)
    return kind in VECTOR


class _MBTiles:
    """MBTiles 1.3: an SQLite database. It is opened to read only, and its views cannot run on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        said = self._ask("SELECT name, value FROM metadata LIMIT 1000")
        words = {str(name): str(value) for name, value in said}
        kind = words.get("format", "png").lower()
        vector = _is_vector(path, kind)
        found = self._ask("SELECT min(zoom_level), max(zoom_level) FROM tiles")
        least, most = found[0] if found else (None, None)
        if not isinstance(least, int) or not isinstance(most, int):
            raise _bad(path, "holds no tile.")
        bounds = _bounds(words.get("bounds", "").split(","))
        credit = words.get("attribution", "")
        self.about = About(least, min(most, MOST_ZOOM), bounds, credit, vector)

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """Return a tile; the file counts rows from the south."""
        found = self._ask(
            "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? "
            "AND tile_row = ? LIMIT 1",
            (zoom, column, 2**zoom - 1 - row),
        )
        data = found[0][0] if found else None
        return data if isinstance(data, bytes) else None

    def _ask(self, question: str, values: tuple[int, ...] = ()) -> list[tuple[Any, ...]]:
        steps = 0

        def too_long() -> bool:
            nonlocal steps
            steps += STEPS_A_CALL
            return steps > MOST_STEPS

        address = f"{self._path.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(address, uri=True)) as connection:
                connection.execute("PRAGMA trusted_schema = OFF")
                connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_TILE)
                connection.set_progress_handler(too_long, STEPS_A_CALL)
                return connection.execute(question, values).fetchall()
        except sqlite3.Error as error:
            raise _bad(self._path, f"cannot be read as MBTiles: {error}.") from error


class _PMTiles:
    """PMTiles version 3: one file with directories of where each tile lies in it."""

    def __init__(self, path: Path) -> None:
        try:
            from pmtiles import tile as tiles
        except ImportError as error:
            mend = 'Install it: pip install "geodemand[basemap]".'
            raise _bad(path, "is read with pmtiles, which is missing.", mend) from error
        self._path, self._tiles = path, tiles
        self._header: Mapping[str, Any] = self._safely(
            lambda: tiles.deserialize_header(self._bytes(0, HEADER))
        )
        kind = str(getattr(self._header["tile_type"], "name", "unknown")).lower()
        vector = _is_vector(path, kind)
        degrees = [self._header[name] / 1e7 for name in _EDGES]
        most = min(int(self._header["max_zoom"]), MOST_ZOOM)
        credit = str(self._metadata().get("attribution", ""))
        least = int(self._header["min_zoom"])
        self.about = About(least, most, _bounds(degrees), credit, vector)
        self._directory = lru_cache(maxsize=64)(self._read_directory)

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """Return a tile."""
        found: bytes | None = self._safely(
            lambda: self._find(self._tiles.zxy_to_tileid(zoom, column, row))
        )
        return found

    def _find(self, number: int) -> bytes | None:
        at = (self._header["root_offset"], self._header["root_length"])
        for _ in range(DEEPEST):
            found = self._tiles.find_tile(self._directory(*at), number)
            if found is None:
                return None
            if found.run_length:
                start = self._header["tile_data_offset"] + found.offset
                return self._unpacked(self._bytes(start, found.length), "tile_compression")
            at = (self._header["leaf_directory_offset"] + found.offset, found.length)
        return None

    def _metadata(self) -> Mapping[str, Any]:
        at = (self._header["metadata_offset"], self._header["metadata_length"])
        text = self._unpacked(self._bytes(*at), "internal_compression")
        found = self._safely(lambda: json.loads(text or "{}"))
        return found if isinstance(found, dict) else {}

    def _read_directory(self, offset: int, length: int) -> Any:  # noqa: ANN401 - the library's
        data = self._bytes(offset, length)
        self._unpacked(data, "internal_compression")  # the library would unpack without a limit
        return self._tiles.deserialize_directory(data)

    def _bytes(self, offset: int, length: int) -> bytes:
        if not 0 <= length <= MOST_DIRECTORY or offset < 0:
            raise _bad(self._path, "has a part that is larger than any should be.")
        with self._path.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def _unpacked(self, data: bytes, part: str) -> bytes:
        """Return data as its header says that they are packed: plainly or by gzip."""
        how = self._header[part]
        if how == self._tiles.Compression.NONE or not data:
            return data
        if how != self._tiles.Compression.GZIP:
            raise _bad(self._path, "is packed in a way other than gzip.", "Write it anew by gzip.")
        engine = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        found: bytes = self._safely(lambda: engine.decompress(data, MOST_DIRECTORY))
        if engine.unconsumed_tail:
            raise _bad(self._path, "has a part that is larger than any should be.")
        return found

    def _safely(self, read: Callable[[], Any]) -> Any:  # noqa: ANN401 - what was read
        """Read a part; whatever the library stumbles over is a fault of the file."""
        try:
            return read()
        except UnreadableFileError:
            raise
        except Exception as error:
            raise _bad(self._path, "is damaged: it cannot be read as PMTiles.") from error


_EDGES = ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")


def _bounds(said: list[Any]) -> tuple[float, float, float, float]:
    """Return west, south, east and north in degrees; the whole world where they are not said."""
    try:
        west, south, east, north = (float(each) for each in said)
    except ValueError:
        return (-180.0, -90.0, 180.0, 90.0)
    if not all(map(math.isfinite, (west, south, east, north))) or west >= east or south >= north:
        return (-180.0, -90.0, 180.0, 90.0)
    return (west, south, east, north)


def picture_of(data: bytes, path: Path) -> Any:  # noqa: ANN401 - Pillow's image, or its array
    """Return a tile as an array [rows, columns, 4] of red, green, blue and opacity.

    Raises UnreadableFileError where it is no PNG, JPEG or WebP of 64 to 1,024 pixels a side.
    """
    import numpy as np

    try:
        from PIL import Image
    except ImportError as error:
        mend = 'Install it: pip install "geodemand[basemap]".'
        raise _bad(path, "is drawn with Pillow, which is missing.", mend) from error
    if len(data) > MOST_TILE:
        raise _bad(path, "has a tile that is larger than any should be.")
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
            wide, high = picture.size
            known = wide == high and wide in TILE_SIDES
            pixels = np.asarray(picture.convert("RGBA")) if known else None
    except Exception as error:
        raise _bad(path, "has a tile that is no PNG, JPEG or WebP picture.") from error
    if pixels is None:
        raise _bad(path, f"has a tile of {wide} by {high} pixels.")
    return pixels
