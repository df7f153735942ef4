"""The same by geopandas.overlay: overlay_geopandas.py union|intersection LEFT RIGHT.

Prints seconds, those of all processors, pieces, and the land of both, of each only and of both
together.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

import geopandas as gpd
import shapely

warnings.simplefilter("ignore")
how, *paths = sys.argv[1:]
texts = [Path(path).read_text().split("\n") for path in paths]
a, b = (
    gpd.GeoDataFrame({name: range(len(each))}, geometry=shapely.from_wkb(each), crs="EPSG:27700")
    for name, each in zip("ab", texts, strict=True)
)
began, busy = time.perf_counter(), time.process_time()
pieces = gpd.overlay(a, b, how=how)
took, busy = time.perf_counter() - began, time.process_time() - busy
land = pieces.area
in_a, in_b = (
    pieces["a"].notna() if "a" in pieces else True,
    pieces["b"].notna() if "b" in pieces else True,
)
both, only_a, only_b = land[in_a & in_b].sum(), land[~in_b].sum(), land[~in_a].sum()
figures = (a.area.sum(), b.area.sum(), both, only_a, only_b)
print(took, busy, len(pieces), *(f"{area:.1f}" for area in figures))
