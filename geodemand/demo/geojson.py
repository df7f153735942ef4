"""GeoJSON that a person can compare line by line and that reads the same on every machine."""

import json
from collections.abc import Iterable

from shapely.geometry import Point, Polygon
from shapely.geometry.polygon import LinearRing

from geodemand.demo.boundaries import Area

CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}

Corner = tuple[int, int]


def collection(name: str, areas: Iterable[Area]) -> str:
    """Write one feature a line; coordinates are whole metres of the British National Grid."""
    head = f'{{"type":"FeatureCollection","name":{json.dumps(name)},"crs":{_compact(CRS)},'
    return head + '"features":[\n' + ",\n".join(_feature(area) for area in areas) + "\n]}\n"


def _feature(area: Area) -> str:
    properties = {"code": area.code, "name": area.name, **area.more}
    kind = "Point" if isinstance(area.shape, Point) else "Polygon"
    geometry = {"type": kind, "coordinates": _coordinates(area.shape)}
    return _compact({"type": "Feature", "properties": properties, "geometry": geometry})


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _coordinates(shape: Point | Polygon) -> Corner | list[list[Corner]]:
    if isinstance(shape, Point):
        return round(shape.x), round(shape.y)
    holes = sorted(_ring(hole, outer=False) for hole in shape.interiors)
    return [_ring(shape.exterior, outer=True), *holes]


def _ring(line: LinearRing, *, outer: bool) -> list[Corner]:
    """Start at the smallest corner and go anticlockwise outside: one spelling for one shape."""
    corners = [(round(x), round(y)) for x, y in line.coords][:-1]
    if line.is_ccw != outer:
        corners.reverse()
    first = corners.index(min(corners))
    turned = corners[first:] + corners[:first]
    return [*turned, turned[0]]
