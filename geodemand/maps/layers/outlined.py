"""Areas that carry no figures: catchments of sites, and where two geographies differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodemand.core.geography import HECTARE
from geodemand.maps import shapes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodemand.core.disclosure import Release
    from geodemand.core.geography import Geography
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene

VERTICES = 12_000


def catchments(_: Release, scene: Scene, sheet: Frame) -> Json:
    """Return what each site of a kind has nearest, or what lies near one; None without any."""
    return _outlined(scene.catchments, sheet)


def differences(_: Release, scene: Scene, sheet: Frame) -> Json:
    """Return for each pair of geographies the areas in which they differ; None without any."""
    return _outlined(scene.differences, sheet)


def _outlined(geographies: Sequence[Geography], sheet: Frame) -> Json:
    return [_geography(each, sheet) for each in geographies] or None


def _geography(geography: Geography, sheet: Frame) -> Json:
    if not len(geography):
        nothing: dict[str, Json] = {each: [] for each in ("names", "x", "y", "radius", "hectares")}
        return {"name": geography.name, **nothing, "shapes": ""}
    x, y, radius = shapes.anchors(np.asarray(geography.shapes), sheet)
    return {
        "name": geography.name,
        "names": list(geography.names),
        "x": x.tolist(),
        "y": y.tolist(),
        "radius": radius.tolist(),
        "hectares": np.round(shapely.area(geography.shapes) / HECTARE, 2).tolist(),
        **shapes.plain(geography.shapes, sheet, VERTICES),
    }
