"""GeoJSON as RFC 7946 has it: longitude and latitude (WGS 84), outer rings anticlockwise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodemand.io import crs

if TYPE_CHECKING:
    from geodemand.core.geography import Shapes
    from geodemand.report.spatial.layers import Layer

# Digits after the point of a degree: about a millimetre.
DIGITS = 8


def geojson(layer: Layer) -> bytes:
    """Return a layer as GeoJSON, one feature a line so that two files compare line by line."""
    rows = zip(*(field.values for field in layer.fields), strict=True)
    names = [field.name for field in layer.fields]
    features = [
        '{"type": "Feature", "properties": '
        + json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, allow_nan=False)
        + f', "geometry": {shape or "null"}}}'
        for row, shape in zip(rows, shapely.to_geojson(degrees(layer.shapes)), strict=True)
    ]
    head = {"type": "FeatureCollection", "name": layer.name, "title": layer.title}
    start = json.dumps(head, ensure_ascii=False)[:-1]
    return (start + ', "features": [\n' + ",\n".join(features) + "\n]}\n").encode()


def degrees(shapes: Shapes) -> Shapes:
    """Return shapes in longitude and latitude, outer rings anticlockwise, holes clockwise."""
    placed = shapely.orient_polygons(shapes)
    at = shapely.get_coordinates(placed)
    lon_lat = np.column_stack(crs.to_degrees(at[:, 0], at[:, 1]))
    return shapely.set_coordinates(placed, np.round(lon_lat, DIGITS))
