"""What the page says about itself: the finding, the source, the rules that protect people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from geodemand.core.disclosure import WITHHELD

if TYPE_CHECKING:
    from geodemand.core.disclosure import Release
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Bookmark, Scene


def british(text: str) -> str:
    """Return a text with per cents as the rest of a map writes them, which no line end can part.

    >>> british("9.5 % of postcodes hold 38 %")
    '9.5% of postcodes hold 38%'
    """
    return re.sub(r"(?<=\d) %", "%", text)


def layer(release: Release, scene: Scene, sheet: Frame) -> Json:
    """Return the words of a page, and the size and the corner of its sheet in metres."""
    policy = release.policy
    # The policy's marking and the project's own: both are shown where they differ.
    markings = list(dict.fromkeys(m for m in (policy.marking, scene.marking) if m))
    return {
        "title": british(scene.title),
        "subtitle": scene.subtitle,
        "note": scene.note,
        "markings": list(markings),
        "source": scene.source,
        "lists": list(scene.lists),
        "rate": scene.rate,
        "policy": {
            "name": policy.name,
            "title": policy.title,
            "explanation": policy.explanation,
            "reason": policy.reason,
            "threshold": policy.threshold,
            "base": policy.base,
        },
        "sentences": [british(each) for each in release.sentences],
        "withheld": WITHHELD,
        "town": _view(scene.reading.town, sheet) if scene.reading.town else None,
        "bookmarks": [_view(each, sheet) for each in scene.reading.bookmarks],
        "width": sheet.width,
        "height": sheet.height,
        "west": sheet.west,
        "south": sheet.south,
    }


def _view(bookmark: Bookmark, sheet: Frame) -> Json:
    west, south, east, north = (round(edge) for edge in bookmark.box)
    corners: list[Json] = [
        [south - sheet.south, west - sheet.west],
        [north - sheet.south, east - sheet.west],
    ]
    return {"name": bookmark.name, "box": corners}
