"""GeoPackage by GDAL: layers in one file, with styles that QGIS finds there by itself."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geodemand.io import archives, crs
from geodemand.io.formats import gdal
from geodemand.report.spatial.layers import FLAG, REAL, WHOLE, Field, Layer

# A GeoPackage says when each layer changed. Ours does not take that from the clock, so that the
# same inputs give the same bytes.
NO_DATE = "2000-01-01T00:00:00.000Z"
# Read without a word by programs of the last years.
VERSION = "1.2"
DATE = "OGR_CURRENT_DATE"
STYLES = "layer_styles"
TYPES: Mapping[str, Any] = {WHOLE: np.int64, REAL: np.float64, FLAG: np.bool_}


@dataclass(frozen=True)
class Style:
    """How QGIS draws a layer, in its own words. ``default``: what it starts with."""

    layer: str
    name: str
    qml: str
    default: bool = False


def geopackage(layers: Sequence[Layer], about: str, styles: Sequence[Style] = ()) -> bytes:
    """Return layers as one GeoPackage. ``about``: source, date and rules, said with each layer."""
    ogr = gdal.loaded()
    with archives.workspace() as folder, _without_clock(ogr):
        path = folder / "layers.gpkg"
        for layer in layers:
            said = {"IDENTIFIER": f"{layer.name}: {layer.title}", "DESCRIPTION": about}
            packed = np.asarray(shapely.to_wkb(layer.shapes), dtype=object)
            _write(ogr, path, layer.name, layer.fields, (packed, layer.geometry), said)
        if styles:
            _write(ogr, path, STYLES, _style_fields(styles), (None, None), {})
        return path.read_bytes()


def _write(
    ogr: Any,  # noqa: ANN401 - a module without types
    path: Path,
    name: str,
    fields: Sequence[Field],
    shapes: tuple[Any, str | None],
    options: Mapping[str, str],
) -> None:
    packed, geometry = shapes
    columns = [_column(field) for field in fields]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ogr.raw.write(
            path,
            packed,
            [values for values, _ in columns],
            [field.name for field in fields],
            field_mask=[mask for _, mask in columns],
            layer=name,
            driver="GPKG",
            geometry_type=geometry,
            crs=crs.GRID if geometry else None,
            layer_options=dict(options),
            dataset_options={"VERSION": VERSION} if not path.exists() else {},
        )


def _column(field: Field) -> tuple[Any, Any]:
    """Return a field's values as an array, and where it has none."""
    missing = np.array([value is None for value in field.values], dtype=bool)
    if field.kind not in TYPES:
        return np.array(field.values, dtype=object), missing
    filled = [0 if value is None else value for value in field.values]
    return np.array(filled, dtype=TYPES[field.kind]), missing


def _style_fields(styles: Sequence[Style]) -> tuple[Field, ...]:
    """Return the table in which QGIS looks for styles, columns as it makes them itself."""
    texts = {
        "f_table_catalog": [""] * len(styles),
        "f_table_schema": [""] * len(styles),
        "f_table_name": [style.layer for style in styles],
        "f_geometry_column": ["geom"] * len(styles),
        "styleName": [style.name for style in styles],
        "styleQML": [style.qml for style in styles],
        "styleSLD": [""] * len(styles),
    }
    after = {"description": [style.name for style in styles], "owner": [""] * len(styles)}
    return (
        *(Field(name, "text", tuple(values)) for name, values in texts.items()),
        Field("useAsDefault", FLAG, tuple(style.default for style in styles)),
        *(Field(name, "text", tuple(values)) for name, values in after.items()),
        Field("ui", "text", (None,) * len(styles)),
        Field("update_time", "text", (NO_DATE,) * len(styles)),
    )


@contextmanager
def _without_clock(ogr: Any) -> Iterator[None]:  # noqa: ANN401 - a module without types
    """Let GDAL write one date, whatever the day."""
    before = ogr.get_gdal_config_option(DATE)
    ogr.set_gdal_config_options({DATE: NO_DATE})
    try:
        yield
    finally:
        ogr.set_gdal_config_options({DATE: before})
