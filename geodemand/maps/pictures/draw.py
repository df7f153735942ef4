"""Draws a picture of a map on a sheet of A4, landscape: the map left, its key right.

Sizes on the sheet are inches; within the map's frame names, scale and arrow are placed in points.
"""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely

from geodemand.maps import shapes as drawing
from geodemand.maps.pictures import labels, plates, shaded
from geodemand.maps.pictures.figures import number
from geodemand.maps.pictures.labels import Label, Sheet
from geodemand.report.charts.sheet import BOLD_LETTER, INK, LETTER, LINE, POINTS_PER_INCH, SOFT
from geodemand.report.plain import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path

    from geodemand.core.geography import Geography, Shapes
    from geodemand.core.surface import Extent
    from geodemand.io.basemap import Part
    from geodemand.maps.pictures.plates import Fill, Heat, KeyLine, KeyPart, Plate

WIDTH, HEIGHT = 11.69, 8.27
MARGIN, KEY_WIDTH, GAP = 0.4, 2.55, 0.2
LEADING = 1.35
TITLE_PT, CONTEXT_PT, MARKING_PT, KEY_PT, FOOT_PT = 14.0, 9.5, 10.0, 8.5, 7.0
LOGO_WIDTH, LOGO_HEIGHT = 1.7, 0.6
SEA, LAND, GREY, FAINT = "#edf1f4", "#ffffff", "#8a939c", "#6b7681"
SWATCH, SWATCH_HIGH = 0.3, 0.17
# What a picture of 300 dots an inch can show.
DETAIL_DPI = 300
SIGNS = ("D", "s", "^", "o")
DOTS = ("o", "s", "^", "D", "v", "P", "X", "*")
DASHES: tuple[tuple[str, Any], ...] = (
    ("#1b2530", "-"),
    ("#a3195b", (0, (5, 3))),
    ("#0b5fa5", (0, (1.5, 2.5))),
    ("#7a4b00", (0, (8, 2.5, 1.5, 2.5))),
)
KM = 1000
# Width of what the arrow to the north stands on, points.
ARROW = 24.0
SCALE_STEPS = (1, 2, 5, 10)
HALO = "halo"
# Left, bottom, width and height of a frame, inches.
Box: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True)
class Words:
    """What stands on every picture: ``markings``, ``foot`` (source, date, match rate, rules), logo.

    ``logo``: a PNG, as `geodemand.io.logos` hands it out; empty for none.
    """

    markings: tuple[str, ...] = ()
    foot: tuple[str, ...] = ()
    logo: bytes = b""


def draw(plate: Plate, words: Words, *, halos: bool) -> Figure:
    """Return the figure of a picture. ``halos``: letters on the map have a white rim, drawn."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), facecolor="white")
    top = _head(figure, plate, words)
    bottom = _foot(figure, words)
    box = (MARGIN, bottom, WIDTH - 2 * MARGIN - KEY_WIDTH - GAP, HEIGHT - top - bottom)
    if plate.right is None:
        _map(figure, plate, box, halos=halos)
        _key(figure, plate.key, top)
    else:
        _two(figure, (plate, plate.right), box, halos=halos)
        _key(figure, _joined(plate.key, plate.right.key), top, short=True)
    return figure


def _two(figure: Figure, maps: Sequence[Plate], box: Box, *, halos: bool) -> None:
    """Draw two maps side by side, each under what it shows."""
    left, bottom, wide, high = box
    half, head = (wide - GAP) / 2, CONTEXT_PT * LEADING * 1.3 / POINTS_PER_INCH
    for place, each in enumerate(maps):
        start = left + place * (half + GAP)
        at = (start, HEIGHT - bottom - high)
        _text(figure, at, plain(each.key[0].title), size=CONTEXT_PT, weight="bold", color=INK)
        _map(figure, each, (start, bottom, half, high - head), halos=halos)


def _joined(left: Sequence[KeyPart], right: Sequence[KeyPart]) -> list[KeyPart]:
    """Return the key of two maps: what is explained in both, once."""
    both = [part for part in left if part in right]
    own = [
        replace(part, title=f"{side}: {part.title}")
        for side, parts in (("Left", left), ("Right", right))
        for part in parts
        if part not in both
    ]
    return [*own, *both]


def _head(figure: Figure, plate: Plate, words: Words) -> float:
    """Write marking, finding and context; return how far down they reach."""
    down = MARGIN * 0.75
    room = WIDTH - 2 * MARGIN - (LOGO_WIDTH + GAP if words.logo else 0)
    if words.logo:
        _logo(figure, words.logo, down)
    for text, size, bold, colour in (
        *((each, MARKING_PT, True, INK) for each in words.markings),
        (plate.title, TITLE_PT, True, INK),
        (plate.motto, CONTEXT_PT, False, SOFT),
    ):
        for line in _wrapped(text, size, room, BOLD_LETTER if bold else LETTER):
            weight = "bold" if bold else "normal"
            _text(figure, (MARGIN, down), line, size=size, weight=weight, color=colour)
            down += size * LEADING / POINTS_PER_INCH
    return max(down, MARGIN * 0.75 + LOGO_HEIGHT if words.logo else 0) + 0.08


def _foot(figure: Figure, words: Words) -> float:
    """Write source, date and rules; return how high they reach."""
    room = WIDTH - 2 * MARGIN
    lines = [line for each in words.foot for line in _wrapped(each, FOOT_PT, room, LETTER)]
    step = FOOT_PT * LEADING / POINTS_PER_INCH
    for place, line in enumerate(lines):
        down = HEIGHT - MARGIN * 0.75 - (len(lines) - place) * step
        _text(figure, (MARGIN, down), line, size=FOOT_PT, color=SOFT)
    for mark in words.markings[:1]:
        at = (WIDTH - MARGIN, HEIGHT - MARGIN * 0.75 - step)
        _text(figure, at, plain(mark), size=FOOT_PT + 1, weight="bold", ha="right")
    return MARGIN * 0.75 + len(lines) * step + 0.08


def _logo(figure: Figure, content: bytes, down: float) -> None:
    from matplotlib.image import imread

    pixels = imread(io.BytesIO(content), format="png")
    high, wide = pixels.shape[:2]
    scale = min(LOGO_WIDTH / wide, LOGO_HEIGHT / high)
    size = (wide * scale, high * scale)
    left, bottom = WIDTH - MARGIN - size[0], HEIGHT - down - size[1]
    box = (left / WIDTH, bottom / HEIGHT, size[0] / WIDTH, size[1] / HEIGHT)
    axes = figure.add_axes(box)
    axes.imshow(pixels, aspect="auto", interpolation="antialiased")
    axes.axis("off")


def _map(figure: Figure, plate: Plate, box: Box, *, halos: bool) -> None:
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

    looks: dict[str, dict[str, Any]] = {
        shaded.CLASS: {"facecolor": fill.colour},
        shaded.ZERO: {"facecolor": LAND},
        shaded.NO_FIGURE: {"facecolor": "none", "linestyle": "--"},
        shaded.WITHHELD: {"facecolor": LAND, "hatch": "//////", "hatchcolor": GREY},
    }
    paths = [path for path in map(_path, fill.shapes) if path is not None]
    style = {"edgecolor": SOFT, "linewidth": 0.15 if thin else 0.4, **looks[fill.look]}
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


def _key(figure: Figure, parts: Sequence[KeyPart], down: float, *, short: bool = False) -> None:
    """Draw the key. ``short``: what stands aside follows in the same line."""
    left = WIDTH - MARGIN - KEY_WIDTH
    for part in parts:
        for line in _wrapped(part.title, KEY_PT + 1, KEY_WIDTH, BOLD_LETTER):
            _text(figure, (left, down), line, size=KEY_PT + 1, weight="bold")
            down += (KEY_PT + 1) * LEADING / POINTS_PER_INCH
        for line in _wrapped(part.unit, FOOT_PT + 0.5, KEY_WIDTH, LETTER):
            _text(figure, (left, down), line, size=FOOT_PT + 0.5, color=SOFT)
            down += FOOT_PT * LEADING / POINTS_PER_INCH
        down += 0.06
        for own in part.lines:
            down = _key_line(figure, _short(own) if short else own, left, down)
        for line in _wrapped(part.note, FOOT_PT, KEY_WIDTH, LETTER):
            _text(figure, (left, down), line, size=FOOT_PT, color=SOFT)
            down += FOOT_PT * LEADING / POINTS_PER_INCH
        down += 0.16


def _short(line: KeyLine) -> KeyLine:
    said = ", ".join(part for part in (line.text, line.aside) if part)
    return replace(line, text=said, aside="")


def _key_line(figure: Figure, line: KeyLine, left: float, down: float) -> float:
    _swatch(figure, line, left, down)
    at = left + SWATCH + 0.1
    room = WIDTH - MARGIN - at
    for size, text, colour in ((KEY_PT, line.text, INK), (FOOT_PT, line.aside, SOFT)):
        for each in _wrapped(text, size, room, LETTER):
            _text(figure, (at, down), each, size=size, color=colour)
            down += size * LEADING / POINTS_PER_INCH
    return down + 0.06


def _swatch(figure: Figure, line: KeyLine, left: float, down: float) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    inch = figure.dpi_scale_trans
    bottom = HEIGHT - down - SWATCH_HIGH
    middle = (left + SWATCH / 2, bottom + SWATCH_HIGH / 2)
    looks: dict[str, dict[str, Any]] = {
        shaded.CLASS: {"facecolor": line.colour},
        shaded.ZERO: {"facecolor": LAND},
        shaded.NO_FIGURE: {"facecolor": "none", "linestyle": "--"},
        shaded.WITHHELD: {"facecolor": LAND, "hatch": "//////", "hatchcolor": GREY},
    }
    if line.look in looks:
        style = {"edgecolor": SOFT, "linewidth": 0.6, **looks[line.look]}
        figure.add_artist(Rectangle((left, bottom), SWATCH, SWATCH_HIGH, transform=inch, **style))
    elif line.look == plates.LINE:
        solid: tuple[str, Any] = (line.colour, "-")
        colour, dash = solid if line.colour else DASHES[line.form % len(DASHES)]
        figure.add_artist(
            Line2D(
                [left, left + SWATCH],
                [middle[1]] * 2,
                color=colour,
                lw=1.6,
                linestyle=dash,
                transform=inch,
            )
        )
    else:
        sign = line.look == plates.SIGN
        forms = SIGNS if sign else DOTS
        colour = INK if sign else line.colour
        figure.add_artist(
            Line2D(
                [middle[0]],
                [middle[1]],
                marker=forms[line.form % len(forms)],
                ms=6.5,
                mfc=colour,
                mec=colour,
                lw=0,
                transform=inch,
            )
        )


def _text(figure: Figure, at: tuple[float, float], text: str, **style: Any) -> None:  # noqa: ANN401
    """Write a line, its top at inches from the left and from the top."""
    left, down = at
    figure.text(left / WIDTH, 1 - down / HEIGHT, text, va="top", **{"color": INK, **style})


def _wrapped(text: str, size: float, room: float, letter: float) -> list[str]:
    letters = int(room * POINTS_PER_INCH / (letter * size))
    return textwrap.wrap(plain(text), letters) if text else []
