"""Heat surfaces: where clients cluster, whatever the boundaries. Classes only, as released."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodemand.maps import palettes
from geodemand.maps.payload import pack

if TYPE_CHECKING:
    from geodemand.core.disclosure import Release, Surface
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene


def layer(release: Release, _: Scene, sheet: Frame) -> Json:
    """Return each list's surface: packed classes (row 0 in the north), place, limits, colours."""
    return [_surface(each, i, sheet) for i, each in enumerate(release.surfaces)] or None


def _surface(surface: Surface, place: int, sheet: Frame) -> Json:
    rows, columns = surface.classes.shape
    return {
        "name": surface.list_name,
        "unit": surface.unit,
        "rows": rows,
        "columns": columns,
        "classes": pack(surface.classes.ravel().astype(np.int64)),
        "west": surface.west - sheet.west,
        "north": surface.north - sheet.south,
        "cell": surface.cell_m,
        "breaks": list(surface.breaks),
        "bandwidth": surface.bandwidth_m,
        "colours": list(palettes.heat(place, len(surface.breaks))),
    }
