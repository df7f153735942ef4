"""What is within the frame of a map: ground, areas, surface, lines, signs, names, scale, arrow.

Names, scale and arrow are placed in points of the frame.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodemand.maps import shapes as drawing
from geodemand.maps.pictures import labels, plates
from geodemand.maps.pictures.figures import number
from geodemand.maps.pictures.labels import Label, Sheet
from geodemand.maps.pictures.paper import (
    DASHES,
    DOTS,
    FAINT,
    FOOT_PT,
    HEIGHT,
    KEY_PT,
    SEA,
    SIGNS,
    WIDTH,
    Box,
    looks,
)
from geodemand.report.charts.sheet import INK, LINE, POINTS_PER_INCH, SOFT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path

    from geodemand.core.geography import Geography, Shapes
    from geodemand.core.surface import Extent
    from geodemand.io.basemap import Part
    from geodemand.maps.pictures.plates import Fill, Heat, Plate

# What a picture of 300 dots an inch can show.
DETAIL_DPI = 300
KM = 1000
# Width of what the arrow to the north stands on, points.
ARROW = 24.0
SCALE_STEPS = (1, 2, 5, 10)
HALO = "halo"


def draw_map(figure: Figure, plate: Plate, box: Box, *, halos: bool) -> None:
    """Draw a map in a box of the sheet, inches."""
    left, bottom, wide, high = box
    place = (left / WIDTH, bottom / HEIGHT, wide / WIDTH, high / HEIGHT)
    sheet = _sheet(plate.extent, wide * POINTS_PER_INCH, high * POINTS_PER_INCH)
    axes = figure.add_axes(place, facecolor=SEA)
    axes.set_xlim(sheet.west, sheet.west + sheet.width / sheet.scale)
    axes.set_ylim(sheet.south, sheet.south + sheet.height / sheet.scale)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(LINE)
    _background(axes, plate.background, sheet)
    for fill in _detailed(plate.fills, sheet):
        _fill(axes, fill, thin=sum(len(each.shapes) for each in plate.fills) > plates.MOST_NAMED)
    if plate.heat is not None:
        _heat(axes, plate.heat)
    for dots in plate.dots:
        size = min(max(4_000 * sheet.scale * 0.02, 0.8), 3.5)
        axes.plot(
            dots.x,
            dots.y,
            DOTS[dots.form % len(DOTS)],
            ms=size,
            mfc=dots.colour,
            mew=0,
            zorder=5,
            rasterized=True,
        )
    for geography in plate.context:
        _outline(axes, geography, sheet, (FAINT, "-", 0.5))
    for form, geography in enumerate(plate.outlines):
        _outline(axes, geography, sheet, (*DASHES[form % len(DASHES)], 1.3))
    if plate.rings is not None:
        _outline(axes, plate.rings, sheet, ("#ffffff", "-", 3.6))
        _outline(axes, plate.rings, sheet, (plates.RING, "-", 2.0))
    for form, sites in enumerate(plate.sites):
        axes.plot(
            sites.x,
            sites.y,
            SIGNS[form % len(SIGNS)],
            ms=7.5,
            mfc=INK,
            mec="#ffffff",
            mew=1.2,
            linestyle="",
            zorder=8,
        )
    over = figure.add_axes(place, facecolor="none")
    over.set_xlim(0, sheet.width)
    over.set_ylim(0, sheet.height)
    over.axis("off")
    reserved = [_scale(over, sheet)]
    _arrow(over, reserved[0][2] - ARROW)
    for label in labels.placed(plate.names, sheet, reserved):
        _label(over, label, halos=halos)


def _background(axes: Axes, parts: Sequence[Part], sheet: Sheet) -> None:
    """Draw the user's own map: the coarsest picture, and above it the level that paper can show."""
    if not parts:
        return
    from PIL import Image

    dot = POINTS_PER_INCH / (DETAIL_DPI * sheet.scale)
    level = max((each.level for each in parts if each.metres >= dot), default=0)
    east, north = sheet.west + sheet.width / sheet.scale, sheet.south + sheet.height / sheet.scale
    for each in parts:
        aside = each.west > east or each.east < sheet.west
        if each.level not in {0, level} or aside or each.south > north or each.north < sheet.south:
            continue
        with Image.open(io.BytesIO(each.data)) as picture:
            pixels = np.asarray(picture.convert("RGBA"))
        edges = (each.west, each.east, each.south, each.north)
        axes.imshow(
            pixels,
            extent=edges,
            interpolation="bilinear",
            zorder=1 + each.level / 100,
            aspect="auto",
        )
    # A picture sets the limits of the axes to its own.
    axes.set_xlim(sheet.west, east)
    axes.set_ylim(sheet.south, north)


def _sheet(extent: Extent, width: float, height: float) -> Sheet:
    """Return the frame that shows all of an extent, in its middle."""
    across, up = extent.east - extent.west, extent.north - extent.south
    scale = 0.97 * min(width / across, height / up)
    west = extent.west - (width / scale - across) / 2
    south = extent.south - (height / scale - up) / 2
    return Sheet(west, south, scale, width, height)


def _detailed(fills: Sequence[Fill], sheet: Sheet) -> Iterator[Fill]:
    """Yield fills with the corners that the sheet can show, those in the frame only.

    Areas of all fills are simplified together, so that neighbours of two colours stay neighbours.
    """
    if not fills:
        return
    every = np.concatenate([fill.shapes for fill in fills])
    tolerance = POINTS_PER_INCH / (DETAIL_DPI * sheet.scale)
    coverage = len(fills) > 1 and bool(shapely.coverage_is_valid(every))
    finer = drawing.simplified(every, tolerance, coverage=coverage)
    start = 0
    for fill in fills:
        own = finer[start : start + len(fill.shapes)]
        start += len(fill.shapes)
        yield replace(fill, shapes=_seen(own, sheet))


def _seen(shapes: Shapes, sheet: Sheet) -> Shapes:
    frame = shapely.box(
        sheet.west,
        sheet.south,
        sheet.west + sheet.width / sheet.scale,
        sheet.south + sheet.height / sheet.scale,
    )
    seen: Shapes = shapes[shapely.intersects(shapes, frame)]
    return seen


def _heat(axes: Axes, heat: Heat) -> None:
    """Draw a surface's classes with smooth limits, as the page does.

    The cells are how it was computed, not where anything ends.
    """
    surface = heat.surface
    if not surface.breaks:
        return
    rows, columns = surface.classes.shape
    x = surface.west + (np.arange(columns) + 0.5) * surface.cell_m
    y = surface.north - (np.arange(rows) + 0.5) * surface.cell_m
    limits = np.arange(len(heat.colours) + 1) + 0.5
    axes.contourf(x, y, surface.classes, limits, colors=heat.colours, zorder=4)


def _fill(axes: Axes, fill: Fill, *, thin: bool) -> None:
    from matplotlib.collections import PathCollection

    paths = [path for path in map(_path, fill.shapes) if path is not None]
    style = {"edgecolor": SOFT, "linewidth": 0.15 if thin else 0.4, **looks(fill.colour)[fill.look]}
    axes.add_collection(PathCollection(paths, zorder=2, **style))


def _outline(axes: Axes, geography: Geography, sheet: Sheet, style: tuple[str, Any, float]) -> None:
    from matplotlib.collections import PathCollection

    tolerance = POINTS_PER_INCH / (DETAIL_DPI * sheet.scale)
    shapes = _seen(geography.shapes, sheet)
    coverage = bool(shapely.coverage_is_valid(shapes))
    colour, dash, width = style
    paths = [_path(each) for each in drawing.simplified(shapes, tolerance, coverage=coverage)]
    axes.add_collection(
        PathCollection(
            [path for path in paths if path is not None],
            facecolor="none",
            edgecolor=colour,
            linewidth=width,
            linestyle=dash,
            zorder=6,
        )
    )


def _path(shape: shapely.Geometry) -> Path | None:
    """Return the rings of a shape as one path; None for an empty one."""
    from matplotlib.path import Path

    if shape is None or shapely.is_empty(shape):
        return None
    rings = [
        shapely.get_coordinates(ring)
        for part in shapely.get_parts(shape)
        if part.geom_type == "Polygon"
        for ring in shapely.get_rings(part)
    ]
    if not rings:
        return None
    codes = [np.full(len(ring), Path.LINETO, dtype=Path.code_type) for ring in rings]
    for each in codes:
        each[0], each[-1] = Path.MOVETO, Path.CLOSEPOLY
    return Path(np.concatenate(rings), np.concatenate(codes))


def _scale(axes: Axes, sheet: Sheet) -> tuple[float, float, float, float]:
    """Draw the scale bar and return the box that it takes, points."""
    metres = _round_length(sheet.width / sheet.scale / 5)
    long = metres * sheet.scale
    left, low = 10.0, 12.0
    edges = (left - 5, low - 6, left + long + 5 + ARROW, low + 32)
    axes.add_artist(_box(edges))
    axes.plot(
        [left, left, left + long, left + long],
        [low + 4, low, low, low + 4],
        color=INK,
        lw=1.2,
        zorder=21,
        solid_joinstyle="miter",
    )
    text = f"{number(metres / KM)} km" if metres >= KM else f"{number(metres)} m"
    axes.text(left + long / 2, low + 5, text, size=FOOT_PT, ha="center", va="bottom", zorder=21)
    return edges


def _arrow(axes: Axes, left: float) -> None:
    """Draw an arrow to the north, which is up."""
    x, y = left + ARROW / 2, 11.0
    axes.annotate(
        "",
        xy=(x, y + 21),
        xytext=(x, y),
        zorder=21,
        arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.2},
    )
    axes.text(x, y + 22, "N", size=KEY_PT, weight="bold", ha="center", va="bottom", zorder=21)


def _box(edges: tuple[float, float, float, float]) -> Any:  # noqa: ANN401 - an artist
    from matplotlib.patches import Rectangle

    left, bottom, right, top = edges
    return Rectangle(
        (left, bottom),
        right - left,
        top - bottom,
        facecolor="#ffffff",
        alpha=0.8,
        linewidth=0,
        zorder=20,
    )


def _round_length(metres: float) -> float:
    ten = 10.0 ** math.floor(math.log10(metres))
    return max(step * ten for step in SCALE_STEPS if step * ten <= metres)


def _label(axes: Axes, label: Label, *, halos: bool) -> None:
    """Write a name. Its white rim is a shape beneath the letters, which stay letters."""
    from matplotlib.patheffects import Stroke

    size, weight, slope = labels.STYLES[label.kind]
    style: dict[str, Any] = {"size": size, "weight": weight, "style": slope, "ha": "center"}
    for place, line in enumerate(label.lines):
        base = label.top - (place + 0.82) * size * labels.LEADING
        if halos:
            rim = [Stroke(linewidth=2.2, foreground="white")]
            axes.text(label.x, base, line, path_effects=rim, zorder=30, **style)
        axes.text(label.x, base, line, zorder=31, color=INK, gid=HALO, **style)
