"""Vector tiles painted as pictures: a quiet background in few colours, without any words.

Layers are known by words in their names, so that the tiles of Ordnance Survey's Zoomstack, of
OpenMapTiles, Protomaps and Shortbread are drawn alike, and one's own as thin lines. Names are left
out: the map has its own, which cover nothing and can be read aloud.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geodemand.errors import Fault, UnreadableFileError

# Pixels of a painted tile, and how many times larger it is drawn, for smooth edges.
SIDE, TIMES = 512, 2
MOST_UNPACKED = 16 * 2**20
GZIP = b"\x1f\x8b"
LAND = "#f5f3ee"
# Properties that say what kind a feature is, in the schemas named above.
KINDS = ("class", "kind", "kind_detail", "type", "subclass", "highway")


@dataclass(frozen=True)
class Style:
    """How a feature is painted. ``rank``: from below to above. ``edge``: around fill or line."""

    rank: int
    fill: str = ""
    line: str = ""
    width: float = 1.0
    edge: str = ""


GREEN, WATER = Style(1, fill="#dfe8d3"), Style(3, fill="#cbdde8", line="#b5cfde", width=1.6)
BUILT, RAIL = Style(2, fill="#ece9e2"), Style(6, line="#a3a8ad", width=1.2)
ROAD = Style(7, line="#ffffff", width=1.6, edge="#d3cdc0")
# By words in a layer's name, the first that fits; None is left out.
LAYERS: tuple[tuple[tuple[str, ...], Style | None], ...] = (
    (("name", "label", "contour", "hill", "poi", "housenumber", "address"), None),
    (("building",), Style(5, fill="#dcd7ce")),
    (("water", "ocean", "sea", "lake", "river", "stream", "tidal"), WATER),
    (("landuse", "urban", "residential", "settlement"), BUILT),
    (("landcover", "wood", "forest", "green", "park", "grass", "vegetation"), GREEN),
    (("rail", "tram"), RAIL),
    (("road", "street", "transport", "highway", "transit"), ROAD),
    (("bound", "admin", "border"), Style(4, line="#a79bb2", width=1.2)),
    (("land", "earth", "country", "foreshore"), Style(0, fill=LAND)),
)
UNKNOWN = Style(4, line="#b3aea4", width=1.0)
# By words in what a feature of green land, built land or roads says of its kind.
NATURE = (
    "park",
    "wood",
    "forest",
    "grass",
    "green",
    "meadow",
    "heath",
    "garden",
    "golf",
    "reserve",
)
MAJOR = ("motorway", "trunk", "primary", "major", "a road", "dual")
MIDDLE = ("secondary", "tertiary", "b road", "medium")
FOOT = ("path", "foot", "track", "cycle", "steps", "pedestrian", "ferry", "aero", "other")
MAJOR_ROAD = Style(9, line="#fae7c3", width=3.4, edge="#c9b48a")
MIDDLE_ROAD = Style(8, line="#ffffff", width=2.6, edge="#bfb9ac")


def painted(data: bytes, path: Path) -> Any:  # noqa: ANN401 - Pillow's pixels
    """Return a vector tile as an array [512, 512, 4] of red, green, blue and opacity.

    Raises UnreadableFileError where it is no tile as Mapbox's specification has it, or a library is
    missing.
    """
    try:
        import mapbox_vector_tile
        import numpy as np
        from PIL import Image, ImageDraw
    except ImportError as error:
        what = f"is drawn with {error.name}, which is missing."
        mend = 'Install it: pip install "geodemand[basemap]".'
        raise UnreadableFileError(Fault(str(path), what, mend)) from error
    try:
        options = {"geojson": True, "y_coord_down": True}
        layers = mapbox_vector_tile.decode(_unpacked(data), default_options=options)
        found = sorted(_features(layers), key=lambda each: each[0].rank)
    except Exception as error:
        what = "has a tile that is neither a picture nor a vector tile."
        raise UnreadableFileError(Fault(str(path), what, "Download or make it again.")) from error
    canvas = Image.new("RGB", (SIDE * TIMES, SIDE * TIMES), LAND)
    brush = ImageDraw.Draw(canvas)
    for style, shapes, scale in found:
        if style.edge:
            _lines(brush, shapes, scale, style.edge, style.width + 1.2)
    for style, shapes, scale in found:
        # A filled area has no line: it would run along the edge of the tile.
        if style.fill and shapes[0]["type"].endswith("Polygon"):
            for shape in shapes:
                _fill(canvas, _polygons(shape), scale, style.fill)
        elif style.line:
            _lines(brush, shapes, scale, style.line, style.width)
    return np.asarray(canvas.reduce(TIMES).convert("RGBA"))


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(GZIP):
        return data
    engine = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    found = engine.decompress(data, MOST_UNPACKED)
    if engine.unconsumed_tail:
        message = "a tile is larger than any should be"
        raise ValueError(message)
    return found


def _features(
    layers: Mapping[str, Any],
) -> Iterator[tuple[Style, Sequence[Mapping[str, Any]], float]]:
    """Yield style, geometries (areas or others) and pixels a unit, of each style of a layer."""
    for name, layer in layers.items():
        by_style: dict[tuple[Style, bool], list[Mapping[str, Any]]] = {}
        for feature in layer["features"]:
            style, shape = styled(name, feature["properties"]), feature["geometry"]
            if style:
                by_style.setdefault((style, shape["type"].endswith("Polygon")), []).append(shape)
        for (style, _), shapes in by_style.items():
            yield style, shapes, SIDE * TIMES / layer["extent"]


def styled(layer: str, properties: Mapping[str, Any]) -> Style | None:
    """Return how a feature of a layer is painted; None where it is left out.

    >>> styled("transportation", {"class": "motorway"}) == MAJOR_ROAD, styled("place_label", {})
    (True, None)
    """
    name = layer.lower()
    style = next((each for words, each in LAYERS if any(w in name for w in words)), UNKNOWN)
    kind = " ".join(str(properties.get(each, "")) for each in KINDS).lower()

    def has(words: tuple[str, ...]) -> bool:
        return any(word in kind for word in words)

    if style in (GREEN, BUILT):
        return GREEN if has(NATURE) or style == GREEN else BUILT
    if style != ROAD:
        return style
    if "rail" in kind:
        return RAIL
    if has(MAJOR):
        return MAJOR_ROAD
    return MIDDLE_ROAD if has(MIDDLE) else None if has(FOOT) else ROAD


def _polygons(shape: Mapping[str, Any]) -> Sequence[Any]:
    found: Sequence[Any] = shape["coordinates"]
    return [found] if shape["type"] == "Polygon" else found


def _fill(canvas: Any, polygons: Sequence[Any], scale: float, colour: str) -> None:  # noqa: ANN401
    """Fill polygons; one with holes by a mask, so that what lies in them stays."""
    from PIL import Image, ImageDraw

    for outer, *holes in polygons:
        if len(outer) < 3:  # noqa: PLR2004 - no area
            continue
        if not holes:
            ImageDraw.Draw(canvas).polygon(_scaled(outer, scale), fill=colour)
            continue
        mask = Image.new("1", canvas.size)
        brush = ImageDraw.Draw(mask)
        brush.polygon(_scaled(outer, scale), fill=1)
        for hole in holes:
            brush.polygon(_scaled(hole, scale), fill=0)
        canvas.paste(colour, (0, 0), mask)


def _lines(
    brush: Any,  # noqa: ANN401 - Pillow's
    shapes: Sequence[Mapping[str, Any]],
    scale: float,
    colour: str,
    width: float,
) -> None:
    """Draw lines, and the edges of polygons."""
    for shape in shapes:
        kind, found = shape["type"], shape["coordinates"]
        if kind == "LineString":
            lines: Sequence[Any] = [found]
        elif kind in ("MultiLineString", "Polygon"):
            lines = found
        else:
            lines = [ring for part in found for ring in part] if kind == "MultiPolygon" else ()
        for line in lines:
            if len(line) > 1:
                brush.line(
                    _scaled(line, scale), fill=colour, width=round(width * TIMES), joint="curve"
                )


def _scaled(points: Sequence[Sequence[float]], scale: float) -> list[tuple[float, float]]:
    return [(x * scale, y * scale) for x, y in points]
