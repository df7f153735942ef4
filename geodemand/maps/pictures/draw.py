"""Draws a picture of a map on a sheet of A4, landscape: the map left, its key right."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geodemand.maps.pictures.keys import draw_key
from geodemand.maps.pictures.map_frame import draw_map
from geodemand.maps.pictures.paper import (
    CONTEXT_PT,
    FOOT_PT,
    GAP,
    HEIGHT,
    KEY_WIDTH,
    LEADING,
    MARGIN,
    MARKING_PT,
    TITLE_PT,
    WIDTH,
    Box,
    wrapped,
    write,
)
from geodemand.report.charts.sheet import BOLD_LETTER, INK, LETTER, POINTS_PER_INCH, SOFT
from geodemand.report.plain import plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from geodemand.maps.pictures.plates import KeyPart, Plate

LOGO_WIDTH, LOGO_HEIGHT = 1.7, 0.6


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
        draw_map(figure, plate, box, halos=halos)
        draw_key(figure, plate.key, top)
    else:
        _two(figure, (plate, plate.right), box, halos=halos)
        draw_key(figure, _joined(plate.key, plate.right.key), top, short=True)
    return figure


def _two(figure: Figure, maps: Sequence[Plate], box: Box, *, halos: bool) -> None:
    """Draw two maps side by side, each under what it shows."""
    left, bottom, wide, high = box
    half, head = (wide - GAP) / 2, CONTEXT_PT * LEADING * 1.3 / POINTS_PER_INCH
    for place, each in enumerate(maps):
        start = left + place * (half + GAP)
        at = (start, HEIGHT - bottom - high)
        write(figure, at, plain(each.key[0].title), size=CONTEXT_PT, weight="bold", color=INK)
        draw_map(figure, each, (start, bottom, half, high - head), halos=halos)


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
        for line in wrapped(text, size, room, BOLD_LETTER if bold else LETTER):
            weight = "bold" if bold else "normal"
            write(figure, (MARGIN, down), line, size=size, weight=weight, color=colour)
            down += size * LEADING / POINTS_PER_INCH
    return max(down, MARGIN * 0.75 + LOGO_HEIGHT if words.logo else 0) + 0.08


def _foot(figure: Figure, words: Words) -> float:
    """Write source, date and rules; return how high they reach."""
    room = WIDTH - 2 * MARGIN
    lines = [line for each in words.foot for line in wrapped(each, FOOT_PT, room, LETTER)]
    step = FOOT_PT * LEADING / POINTS_PER_INCH
    for place, line in enumerate(lines):
        down = HEIGHT - MARGIN * 0.75 - (len(lines) - place) * step
        write(figure, (MARGIN, down), line, size=FOOT_PT, color=SOFT)
    for mark in words.markings[:1]:
        at = (WIDTH - MARGIN, HEIGHT - MARGIN * 0.75 - step)
        write(figure, at, plain(mark), size=FOOT_PT + 1, weight="bold", ha="right")
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
