"""The least: read both geographies and add up their land: overlay_floor.py LEFT RIGHT."""

from __future__ import annotations

import sys
from pathlib import Path

import shapely

for path in sys.argv[1:]:
    print(shapely.area(shapely.from_wkb(Path(path).read_text().split("\n"))).sum())
