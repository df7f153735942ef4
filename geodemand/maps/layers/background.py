"""What lies beneath the figures: the land, faint boundaries, and the user's own map."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np

from geodemand.maps import mercator, shapes

if TYPE_CHECKING:
    from geodemand.core.disclosure import Release
    from geodemand.io.basemap import Part
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene, Tiles

# Vertices of the land and of the faint lines: they are looked at from afar.
LAND, LINES = 6_000, 12_000


def layer(_: Release, scene: Scene, sheet: Frame) -> Json:
    """Return the land, faint lines, pictures and the tile server's address; None without any."""
    found = scene.background
    if found.land is None and not (found.lines or found.pictures or found.tiles):
        return None
    land = None
    if found.land is not None:
        land = shapes.plain(np.array([found.land], dtype=object), sheet, LAND)
    return {
        "land": land,
        "lines": [
            {
                "name": scene.reading.titles.get(each.name, each.name),
                **shapes.plain(each.shapes, sheet, LINES),
            }
            for each in found.lines
        ],
        "pictures": [
            _picture(part, found.files.get(place), sheet)
            for place, part in enumerate(found.pictures)
        ],
        "beside": found.beside if found.files else "",
        "tiles": None if found.tiles is None else _tiles(found.tiles, sheet),
        "credit": found.credit,
    }


def _picture(part: Part, file: str | None, sheet: Frame) -> Json:
    """Return a picture; ``file``: where it is beside the page, None within it."""
    data = "" if file else base64.b64encode(part.data).decode("ascii")
    return {
        "west": round(part.west - sheet.west, 1),
        "south": round(part.south - sheet.south, 1),
        "east": round(part.east - sheet.west, 1),
        "north": round(part.north - sheet.south, 1),
        "level": part.level,
        "metres": part.metres,
        "source": quote(file) if file else f"data:image/{part.kind};base64,{data}",
    }


def _tiles(tiles: Tiles, sheet: Frame) -> Json:
    return {
        "address": tiles.address,
        "most": tiles.most_zoom,
        "to_mercator": mercator.to_mercator(sheet),
        "to_grid": mercator.to_grid(sheet),
    }
