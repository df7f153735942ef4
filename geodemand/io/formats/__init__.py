"""Map files into layers: GeoPackage, Shapefile, FlatGeobuf, GeoParquet, GeoJSON, TopoJSON, zipped.

A file is hostile until shown otherwise. Its first bytes say what it is, never its name; nothing is
followed that it names; what is larger than `limits` is refused. A format is one row in `kinds`.
"""
