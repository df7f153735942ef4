"""Where boundaries differ, piece by piece: the rows of the table of mismatches with their land."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodemand.core.disclosure import Facts, Protected
from geodemand.core.geography import TableShapes
from geodemand.maps import shapes
from geodemand.maps.layers.cells import cells, plain

if TYPE_CHECKING:
    from geodemand.core.disclosure import Release
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene

TABLE = "mismatches"
WORDS = ("a", "b", "unit_a", "unit_b", "kind", "near")
MEASURED = ("pieces", "hectares", "width_m")
# What one can step through, and a browser holds with ease.
MOST = 3_000


def layer(release: Release, _: Scene, sheet: Frame) -> Json:
    """Return the mismatches that have land, real ones first within each pair; None without any.

    ``counted``: what lies in each, name by name, as the release protects it. ``all``: how many rows
    there are; no more than the first MOST are on the page.
    """
    found = [s for s in release.layers if isinstance(s, TableShapes) and s.table == TABLE]
    if not found or TABLE not in release.tables:
        return None
    table = release.tables[TABLE]
    land = np.asarray(found[0].shapes, dtype=object)
    solid = np.flatnonzero(~shapely.is_missing(land))
    kept = solid[:MOST].tolist()
    if not kept:
        return None

    def picked(name: str) -> Json:
        values = cells(table, name)
        return plain([values[row] for row in kept])

    counted = [
        name
        for name, column in table.columns.items()
        if isinstance(column, Facts | Protected) and name not in MEASURED
    ]
    boxes = shapely.bounds(land[kept])
    return {
        **{name: picked(name) for name in (*WORDS, *MEASURED) if name in table.columns},
        "counted": [{"name": name, "values": picked(name)} for name in counted],
        "west": sheet.x(boxes[:, 0]).tolist(),
        "south": sheet.y(boxes[:, 1]).tolist(),
        "east": sheet.x(boxes[:, 2]).tolist(),
        "north": sheet.y(boxes[:, 3]).tolist(),
        "all": len(solid),
        **shapes.plain(land[kept], sheet),
    }
