"""GeoPackage, Shapefile and FlatGeobuf by GDAL, which is given nothing else to open.

GDAL also knows formats that name further files or addresses (VRT, GDALG, WFS). They are kept out
three times: it loads no such driver, it opens only private copies of files whose first bytes are
those of these three formats, and the driver that opened a file is looked at.
"""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from geodemand.errors import RIGHTS, ContentError, Fault, UnreadableFileError
from geodemand.io import archives
from geodemand.io.formats import limits
from geodemand.io.formats.layer import Layer, from_wkb, text

DRIVERS = ("GPKG", "ESRI Shapefile", "FlatGeobuf")
# Every other driver of the library. A test fails where a new edition brings one more.
SKIPPED = (
    *("MEM", "PCIDSK", "PDS4", "VICAR", "PDF", "MBTiles", "EEDA", "OGCAPI", "GDALG"),
    *("MapInfo File", "LVBAG", "S57", "DGN", "OGR_VRT", "CSV", "GML", "GPX", "LIBKML", "KML"),
    *("GeoJSON", "GeoJSONSeq", "ESRIJSON", "TopoJSON", "OGR_GMT", "SQLite", "WAsP", "OpenFileGDB"),
    *("DXF", "GeoRSS", "VFK", "PGDUMP", "OSM", "GPSBabel", "OGR_PDS", "WFS", "OAPIF", "EDIGEO"),
    *("Idrisi", "ODS", "XLSX", "Elasticsearch", "Carto", "AmigoCloud", "SXF", "Selafin", "JML"),
    *("PLSCENES", "CSW", "VDV", "MVT", "NGW", "MapML", "GTFS", "PMTiles", "JSONFG"),
    *("MiraMonVector", "ADBC", "AVCBin", "AVCE00", "AIVector", "HTTP"),
)
SKIP = "OGR_SKIP"
SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
NEEDED_PARTS = (".shx", ".dbf")
UNREADABLE = (
    "Boundaries are read from GeoPackage, Shapefile (also zipped), FlatGeobuf, GeoParquet, GeoJSON "
    "and TopoJSON."
)


def loaded() -> Any:  # noqa: ANN401 - a module without types
    """Return pyogrio, which loads only our drivers, unless the caller has loaded it before."""
    if "pyogrio" not in sys.modules:
        before = os.environ.get(SKIP)
        os.environ[SKIP] = ",".join([*SKIPPED, *([before] if before else [])])
        try:
            import pyogrio
        finally:
            del os.environ[SKIP]
            if before is not None:
                os.environ[SKIP] = before
    import pyogrio  # slow to import

    return pyogrio


def read(path: Path, layer: str, where: str) -> Layer:
    """Read a GeoPackage or FlatGeobuf; the layer must be named where there are several."""
    limits.check_size(path, limits.FILE_BYTES)
    journal = path.with_name(f"{path.name}-wal")
    if journal.is_file() and journal.stat().st_size:
        mend = "Save and close it there, so that all of it is in the file."
        raise UnreadableFileError(Fault(where, "is open in another program.", mend))
    with archives.workspace() as folder:
        return _opened(_copied(path, folder / f"layer{path.suffix.lower()}", where), layer, where)


def read_shapefile(path: Path, layer: str, where: str) -> Layer:
    """Read a Shapefile with the files beside it that belong to it."""
    if layer and layer != path.stem:
        raise no_layer(where, layer, [path.stem])
    parts = _beside(path)
    missing = [suffix for suffix in NEEDED_PARTS if suffix not in parts]
    if missing:
        what = f"has no {' and no '.join(missing)} file beside it."
        mend = "A Shapefile is several files of one name: keep them together."
        raise UnreadableFileError(Fault(where, what, mend))
    with archives.workspace() as folder:
        for suffix, part in parts.items():
            limits.check_size(part, limits.FILE_BYTES)
            _copied(part, folder / f"layer{suffix}", where)
        encoding = "" if ".cpg" in parts else _encoding(folder / "layer.dbf")
        return _opened(folder / "layer.shp", "", where, encoding)


def no_layer(where: str, layer: str, layers: list[str]) -> ContentError:
    """Return the error of a layer that a file does not have."""
    known = ", ".join(layers)
    return ContentError(Fault(f"{where}:{layer}", "there is no such layer.", f"It has: {known}."))


def several(where: str, layers: list[str]) -> ContentError:
    """Return the error of a file of several layers of which none is named."""
    known = ", ".join(layers)
    mend = f'Name one: layer = "…" in geodemand.toml, or FILE:LAYER in an option. It has: {known}.'
    return ContentError(Fault(where, f"holds {len(layers)} layers.", mend))


def _beside(path: Path) -> dict[str, Path]:
    """Return the files of a Shapefile by suffix, in whatever case they are written."""
    return {
        part.suffix.lower(): part
        for part in sorted(path.parent.iterdir())
        if part.stem.lower() == path.stem.lower()
        and part.suffix.lower() in SHAPEFILE_PARTS
        and part.is_file()
    } | {".shp": path}


def _copied(path: Path, target: Path, where: str) -> Path:
    try:
        return Path(shutil.copyfile(path, target))
    except OSError as error:
        raise UnreadableFileError(
            Fault(where, f"cannot be read: {error.strerror}.", RIGHTS)
        ) from error


def _encoding(table: Path) -> str:
    """Return the encoding of a table that does not state it: UTF-8 if it is that."""
    content = table.read_bytes()
    start = int.from_bytes(content[8:10], "little")
    try:
        content[start:].decode("utf-8")
    except UnicodeDecodeError:
        return "CP1252"
    return "UTF-8"


@contextmanager
def _faults_of(where: str) -> Iterator[None]:
    """Turn GDAL's errors into ours, and keep its warnings to ourselves."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (RuntimeError, ValueError) as error:
        fault = Fault(where, "cannot be read as a map layer.", UNREADABLE)
        raise UnreadableFileError(fault) from error


def _opened(path: Path, layer: str, where: str, encoding: str = "") -> Layer:
    ogr = loaded()
    with _faults_of(where):
        layers = [str(name) for name, kind in ogr.list_layers(path) if kind]
    if layer and layer not in layers:
        raise no_layer(where, layer, layers)
    if not layer and len(layers) > 1:
        raise several(where, layers)
    if not layers:
        raise ContentError(Fault(where, "holds no map layer.", UNREADABLE))
    chosen = layer or layers[0]
    where = f"{where}:{layer}" if layer else where
    with _faults_of(where):
        told = ogr.read_info(path, layer=chosen, force_feature_count=True)
    if told["driver"] not in DRIVERS:
        raise UnreadableFileError(Fault(where, "cannot be read as a map layer.", UNREADABLE))
    limits.check_features(told["features"], where)
    limits.check_cells(told["features"] * len(told["fields"]), where)
    with _faults_of(where):
        meta, _, packed, fields = ogr.raw.read(
            path, layer=chosen, encoding=encoding or None, max_features=limits.FEATURES + 1
        )
    limits.check_features(len(packed), where)
    shapes, unread = from_wkb(packed)
    attributes = {
        str(name): [text(value) for value in values]
        for name, values in zip(meta["fields"], fields, strict=True)
    }
    notes = _said(attributes) if encoding == "CP1252" else ()
    return Layer(attributes, shapes, meta["crs"] or "", where, unread, notes)


def _said(attributes: dict[str, list[str | None]]) -> tuple[str, ...]:
    held = np.concatenate([np.array(values, dtype=object) for values in attributes.values()])
    if any(value and not value.isascii() for value in held):
        return ("Its texts do not say their encoding; they were read as Windows-1252.",)
    return ()
