"""Boundaries: of the areas that carry figures, and of others to compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodemand.maps import shapes

if TYPE_CHECKING:
    from geodemand.core.disclosure import Release
    from geodemand.core.geography import Geography
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene


def layer(_: Release, scene: Scene, sheet: Frame) -> Json:
    """Return each geography once, shaded ones first, with packed shapes and label places."""
    names = {each.name for each in scene.shaded}
    others = [each for each in scene.outlines if each.name not in names]
    titles = scene.reading.titles
    return [
        _geography(each, titles.get(each.name, each.name), sheet)
        for each in (*scene.shaded, *others)
    ]


def _geography(geography: Geography, title: str, sheet: Frame) -> Json:
    drawn = shapes.draw(geography.shapes, sheet)
    x, y, radius = shapes.anchors(geography.shapes, sheet)
    return {
        "name": geography.name,
        "title": title,
        "codes": list(geography.codes),
        "names": list(geography.names),
        "shapes": drawn.packed,
        "step": drawn.step_m,
        "tolerance": drawn.tolerance_m,
        "x": x.tolist(),
        "y": y.tolist(),
        "radius": radius.tolist(),
    }
