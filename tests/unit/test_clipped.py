"""Boundaries cut to the study area are areas still, whatever else they share with it."""

from __future__ import annotations

import numpy as np
import shapely

from geodemand.api.shared import clipped
from geodemand.core.geography import Geography

# East of x = 1: a square within, one across, one that touches along an edge, and one that crosses
# at the top and touches below.
STEP = shapely.Polygon([(0, 0), (1, 0), (1, 1), (2, 1), (2, 2), (0, 2)])
SHAPES = [shapely.box(2, 0, 3, 1), shapely.box(0.5, 0, 2, 1), shapely.box(0, 0, 1, 1), STEP]


def test_lines_and_points_of_touching_areas_are_left_out() -> None:
    geography = Geography("g", tuple("abcd"), tuple("abcd"), np.array(SHAPES, dtype=object))
    found = clipped(geography, shapely.box(1, -1, 9, 9))
    assert {shape.geom_type for shape in found.shapes} <= {"Polygon", "MultiPolygon"}
    assert shapely.area(found.shapes).tolist() == [1, 1, 0, 1]
    assert shapely.intersection(STEP, shapely.box(1, -1, 9, 9)).geom_type == "GeometryCollection"
