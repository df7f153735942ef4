"""Postcodes as points of a GeoPackage (Code-Point Open) into tables that DuckDB reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import shapely

from geodemand.errors import ContentError, Fault, GeographyError, UnreadableFileError
from geodemand.io import columns, crs
from geodemand.io.formats import gdal
from geodemand.io.tables import quoted_name, quoted_text

START = b"SQLite format 3\0"
BATCH = 200_000
# What the positions are called in the tables: the names that are trusted most.
EASTING, NORTHING = "oseast1m", "osnrth1m"


def is_geopackage(path: Path) -> bool:
    """Return whether a file is a GeoPackage, by its name and its first bytes."""
    if not path.name.lower().endswith(".gpkg"):
        return False
    with path.open("rb") as file:
        return file.read(len(START)) == START


def to_tables(connection: duckdb.DuckDBPyConnection, path: Path, folder: Path) -> Iterator[Path]:
    """Write the postcodes of a GeoPackage as Parquet files into a folder, one after another.

    Its attributes as they are, and easting and northing in metres (EPSG:27700). Raises ContentError
    where no layer has points and a postcode, GeographyError without a reference system.
    """
    pyogrio = gdal.loaded()

    with _faults_of(path):
        layer, count = _layer(path)
    for start in range(0, max(count, 1), BATCH):
        with _faults_of(path):
            meta, _, shapes, fields = pyogrio.raw.read(
                path, layer=layer, skip_features=start, max_features=BATCH
            )
        table = {
            str(name): values
            for name, values in zip(meta["fields"], fields, strict=True)
            if str(name).casefold() not in {EASTING, NORTHING}
        }
        table[EASTING], table[NORTHING] = _metres(shapes, meta["crs"], path)
        target = folder / f"points-{start:09}.parquet"
        _write(connection, table, target)
        yield target
        target.unlink()


@contextmanager
def _faults_of(path: Path) -> Iterator[None]:
    pyogrio = gdal.loaded()

    try:
        yield
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        fault = Fault(str(path), "cannot be read as a GeoPackage.", "Download it again.")
        raise UnreadableFileError(fault) from error


def _layer(path: Path) -> tuple[str, int]:
    """Return the one layer of points that has a postcode column, and how many points it has."""
    pyogrio = gdal.loaded()

    found = []
    for name, kind in pyogrio.list_layers(path):
        if kind and "Point" in kind:
            told = pyogrio.read_info(path, name, force_feature_count=True)
            if columns.find("directory", "postcode", list(told["fields"])):
                found.append((str(name), int(told["features"])))
    if len(found) == 1:
        return found[0]
    what = (
        f"has several layers of postcodes: {', '.join(name for name, _ in found)}."
        if found
        else "has no layer of points with a postcode column."
    )
    raise ContentError(Fault(str(path), what, "Save the one layer as a GeoPackage of its own."))


def _metres(shapes: Any, reference: str | None, path: Path) -> tuple[Any, Any]:  # noqa: ANN401
    """Return eastings and northings of shapes (WKB); NaN for what is no point or at 0, 0."""
    if not reference:
        mend = "Save it again with its coordinate system."
        raise GeographyError(
            Fault(str(path), "does not say which coordinate system it is in.", mend)
        )
    points = shapely.from_wkb(shapes)
    points = np.where(shapely.get_type_id(points) == 0, points, None)
    x, y = shapely.get_x(points), shapely.get_y(points)
    nowhere = (x == 0) & (y == 0)
    if not crs.is_grid(reference) and len(x):
        x, y = crs.to_metres(x, y, reference, str(path))
    x[nowhere], y[nowhere] = np.nan, np.nan
    return x, y


def _write(connection: duckdb.DuckDBPyConnection, table: dict[str, Any], target: Path) -> None:
    named = ", ".join(f"c{number} AS {quoted_name(name)}" for number, name in enumerate(table))
    arrays = {f"c{number}": values for number, values in enumerate(table.values())}
    connection.register("points_arrays", arrays)
    connection.execute(
        f"COPY (SELECT {named} FROM points_arrays) TO {quoted_text(str(target))} (FORMAT parquet)"  # noqa: S608
    )
    connection.unregister("points_arrays")
