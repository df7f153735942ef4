"""Which area each point is in with geopandas.sjoin; on a border the first: ... POINTS AREAS.

Prints what locate.py prints.
"""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

x, y = np.load(sys.argv[1])
shapes = shapely.from_wkb(Path(sys.argv[2]).read_text().split("\n"))
areas = gpd.GeoDataFrame(geometry=shapes, crs="EPSG:27700")
began = time.process_time()
places = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y, crs="EPSG:27700"))
joined = gpd.sjoin(places, areas, how="left", predicate="intersects")
first = joined["index_right"].groupby(level=0).min()
found = first.fillna(-1).to_numpy(dtype=np.int32)
took = time.process_time() - began
print(took, (found >= 0).sum(), hashlib.sha256(found).hexdigest())
