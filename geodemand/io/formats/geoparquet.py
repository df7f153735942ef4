"""GeoParquet by pyarrow: well-known binary in a column that the file's own metadata names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from geodemand.errors import Fault, UnreadableFileError
from geodemand.io import crs
from geodemand.io.formats import gdal, limits
from geodemand.io.formats.layer import Layer, from_wkb, text

BINARY = "WKB"


def read(path: Path, layer: str, where: str) -> Layer:
    """Read a GeoParquet file. Raises UnreadableFileError for Parquet that is no map."""
    import pyarrow as pa  # slow to import
    import pyarrow.parquet as pq

    limits.check_size(path, limits.FILE_BYTES)
    if layer and layer != path.stem:
        raise gdal.no_layer(where, layer, [path.stem])
    try:
        with path.open("rb") as file:
            table = pq.ParquetFile(file)
            told = _told(table)
            _check(table, where)
            return _layer(table, told, where)
    except (pa.ArrowException, OSError, ValueError, LookupError, TypeError) as error:
        what = "is Parquet without a map in it, or damaged."
        raise UnreadableFileError(Fault(where, what, "Export it as GeoParquet.")) from error


def _told(table: Any) -> dict[str, Any]:  # noqa: ANN401 - pyarrow has no types
    """Return what the file says of its column of shapes."""
    geo = json.loads((table.schema_arrow.metadata or {})[b"geo"])
    name = geo["primary_column"]
    column = geo["columns"][name]
    if column.get("encoding") != BINARY:
        message = "not well-known binary"
        raise ValueError(message)
    return {"name": name, "crs": _crs(column)}


def _crs(column: dict[str, Any]) -> str:
    """Return the reference system: WGS 84 where none is named, "" where it is said to be none."""
    if "crs" not in column:
        return crs.WGS84
    named = column["crs"]
    if not named:
        return ""
    code = named.get("id", {})
    return f"{code['authority']}:{code['code']}" if code else json.dumps(named)


def _check(table: Any, where: str) -> None:  # noqa: ANN401 - pyarrow has no types
    told = table.metadata
    limits.check_features(told.num_rows, where)
    limits.check_cells(told.num_rows * told.num_columns, where)
    unpacked = sum(told.row_group(i).total_byte_size for i in range(told.num_row_groups))
    if unpacked > limits.FILE_BYTES:
        what = f"unpacks to more than {limits.FILE_BYTES >> 20:,} MB."
        raise UnreadableFileError(Fault(where, what, "Save the part that is needed."))


def _layer(table: Any, told: dict[str, Any], where: str) -> Layer:  # noqa: ANN401 - pyarrow has no types
    import pyarrow as pa

    flat = [
        field.name
        for field in table.schema_arrow
        if field.name != told["name"] and not pa.types.is_nested(field.type)
    ]
    held = table.read(columns=[*flat, told["name"]])
    shapes, unread = from_wkb(held[told["name"]].to_pylist())
    attributes = {name: [text(value) for value in held[name].to_pylist()] for name in flat}
    return Layer(attributes, shapes, told["crs"], where, unread)
