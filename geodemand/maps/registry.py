"""The layers of the page: one row each. See DESIGN.md, "The map page", for the contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geodemand.maps.layers import (
    areas,
    background,
    clusters,
    dots,
    geographies,
    ledger,
    logo,
    outlined,
    postcodes,
    profile,
    sites,
    steps,
    surface,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from geodemand.core.disclosure import Release
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene


@dataclass(frozen=True, slots=True)
class Layer:
    """One data block of the page, and the script that draws it.

    ``block``: the name under which the script reads the data (ours, never from data). ``data``:
    makes it, None where there is nothing to show: then neither block nor script is in the page.
    ``script``: a file of assets that registers what it draws; "" where the page itself reads it.
    """

    block: str
    data: Callable[[Release, Scene, Frame], Json]
    script: str = ""


# In the order of the layer switch.
LAYERS = (
    Layer("words", words.layer),
    Layer("logo", logo.layer, "logo.js"),
    Layer("areas", areas.layer),
    Layer("profile", profile.layer),
    Layer("ledger", ledger.layer),
    Layer("surfaces", surface.layer, "surfaces.js"),
    Layer("clusters", clusters.layer, "clusters.js"),
    Layer("dots", dots.layer, "dots.js"),
    Layer("sites", sites.layer, "sites.js"),
    Layer("postcodes", postcodes.layer, "postcodes.js"),
    Layer("catchments", outlined.catchments, "outlined.js"),
    Layer("steps", steps.layer, "steps.js"),
    Layer("geographies", geographies.layer, "boundaries.js"),
    Layer("differences", outlined.differences, "outlined.js"),
    Layer("background", background.layer, "background.js"),
)
