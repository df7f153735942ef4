"""The logo on top of the page: pixels of the project's picture, in the page itself."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geodemand.core.disclosure import Release
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene


def layer(_: Release, scene: Scene, __: Frame) -> Json:
    """Return the picture as a data address, and its words; None without one."""
    if not scene.logo.picture:
        return None
    coded = base64.b64encode(scene.logo.picture).decode("ascii")
    return {"picture": f"data:image/png;base64,{coded}", "words": scene.logo.words}
