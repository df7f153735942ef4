"""Protected tables with their shapes as files of maps: GeoPackage, GeoJSON, GeoParquet.

A layer is made of a sealed `Release` and of shapes that are about nobody, and of nothing else, so
its figures are those of the release's tables.
"""

from geodemand.report.spatial.geojson import geojson
from geodemand.report.spatial.geopackage import Style, geopackage
from geodemand.report.spatial.geoparquet import geoparquet
from geodemand.report.spatial.layers import Drawn, Field, Layer, layers

__all__ = ["Drawn", "Field", "Layer", "Style", "geojson", "geopackage", "geoparquet", "layers"]
