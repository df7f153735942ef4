"""Hubs and other services, and the names of places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from geodemand.core.disclosure import Release
    from geodemand.core.geography import Sites
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene


def layer(_: Release, scene: Scene, sheet: Frame) -> Json:
    """Return named points: services by kind, and places (labels only)."""
    titles = scene.reading.titles

    def points(sites: Sites) -> Json:
        return _points(sites, titles.get(sites.name, sites.name), sheet)

    places = None if scene.place_names is None else points(scene.place_names)
    return {"sites": [points(each) for each in scene.sites], "places": places}


def _points(sites: Sites, title: str, sheet: Frame) -> Json:
    placed = np.flatnonzero(np.isfinite(sites.x) & np.isfinite(sites.y))
    return {
        "name": title,
        "names": [sites.names[place] for place in placed.tolist()],
        "x": sheet.x(sites.x[placed]).tolist(),
        "y": sheet.y(sites.y[placed]).tolist(),
    }
