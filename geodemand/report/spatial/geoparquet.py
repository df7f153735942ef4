"""GeoParquet 1.1 as geopandas writes it, in metres of British National Grid."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from geodemand.io import crs
from geodemand.report.spatial.layers import FLAG, REAL, TEXT, WHOLE

if TYPE_CHECKING:
    import geopandas as gpd

    from geodemand.report.spatial.layers import Layer

TYPES: dict[str, Any] = {TEXT: "str", WHOLE: "Int64", REAL: "Float64", FLAG: "bool"}


def geoparquet(layer: Layer) -> bytes:
    """Return a layer as GeoParquet; withheld figures and those that cannot be formed are null."""
    target = io.BytesIO()
    frame(layer).to_parquet(target, index=False, write_covering_bbox=False)
    return target.getvalue()


def frame(layer: Layer) -> gpd.GeoDataFrame:
    """Return a layer as a frame of geopandas, a column a field, shapes in ``geometry``."""
    import geopandas as gpd  # slow to import, needed for this format only
    import pandas as pd

    columns = {
        field.name: pd.Series(list(field.values), dtype=TYPES[field.kind]) for field in layer.fields
    }
    return gpd.GeoDataFrame(columns, geometry=list(layer.shapes), crs=crs.GRID)
