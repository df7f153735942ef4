"""Which format a map file is of: by its first bytes, which its name must not contradict."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from geodemand.errors import Fault, UnreadableFileError
from geodemand.io import archives
from geodemand.io.formats import documents, gdal, geoparquet, zipped
from geodemand.io.formats.layer import Layer
from geodemand.io.tables import regular_file

START_BYTES = 64
ZIP = ".zip"


@dataclass(frozen=True)
class Kind:
    """A format. ``read``: takes path, layer ("" for the only one) and what messages call it."""

    name: str
    suffixes: tuple[str, ...]
    start: bytes
    read: Callable[[Path, str, str], Layer]


JSON = Kind("JSON", (".geojson", ".json", ".topojson"), b"{", documents.read)
KINDS = (
    Kind("a GeoPackage", (".gpkg",), b"SQLite format 3\0", gdal.read),
    Kind("a Shapefile", (".shp",), b"\0\0\x27\x0a", gdal.read_shapefile),
    Kind("FlatGeobuf", (".fgb",), b"fgb\x03fgb", gdal.read),
    Kind("Parquet", (".parquet", ".geoparquet", ".pq"), b"PAR1", geoparquet.read),
    JSON,
)


def read(path: Path, layer: str = "") -> Layer:
    """Read a layer of a map file. ``layer``: its name, needed where the file has several.

    Raises UnreadableFileError for what is no file, no map, or not safe to read, and ContentError
    where the layer is not there or must be named.
    """
    if str(path).startswith("/vsi") or "\0" in str(path):
        mend = "It is no path of a file. Download it, and name the file."
        raise UnreadableFileError(Fault(str(path), "there is no such file.", mend))
    regular_file(path)
    start = _start(path)
    if not start.startswith(zipped.STARTS):
        return _read(path, start, layer, str(path))
    if path.suffix.lower() != ZIP:
        raise _contradicts(path.suffix, "a zip file", str(path))
    suffixes = [suffix for kind in KINDS for suffix in kind.suffixes]
    with archives.workspace() as folder:
        inside, where, layer = zipped.unpacked(path, layer, suffixes, folder)
        return _read(inside, _start(inside), layer, where)


def _read(path: Path, start: bytes, layer: str, where: str) -> Layer:
    kind = next((each for each in KINDS if start.startswith(each.start)), None)
    suffix = path.suffix.lower()
    if kind is None and suffix in JSON.suffixes:
        mend = "It should be a FeatureCollection in UTF-8; export it again."
        raise UnreadableFileError(Fault(where, "is not GeoJSON.", mend))
    if kind is None:
        raise UnreadableFileError(Fault(where, "cannot be read as a map layer.", gdal.UNREADABLE))
    if suffix not in kind.suffixes:
        raise _contradicts(suffix, kind.name, where)
    return kind.read(path, layer, where)


def _start(path: Path) -> bytes:
    """Return the first bytes of a file; of a text, without mark and blanks in front."""
    with path.open("rb") as file:
        start = file.read(START_BYTES)
    text = start.removeprefix(codecs.BOM_UTF8).lstrip()
    return text if text.startswith(JSON.start) else start


def _contradicts(suffix: str, held: str, where: str) -> UnreadableFileError:
    what = f"is named '{suffix}' but holds {held}."
    mend = "Ask where it comes from; if it is what you expect, rename it."
    return UnreadableFileError(Fault(where, what, mend))
