"""The key of a picture: what each colour, line and sign of its map stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from geodemand.maps.pictures import plates
from geodemand.maps.pictures.paper import (
    DASHES,
    DOTS,
    FOOT_PT,
    HEIGHT,
    KEY_PT,
    KEY_WIDTH,
    LEADING,
    MARGIN,
    SIGNS,
    WIDTH,
    looks,
    wrapped,
    write,
)
from geodemand.report.charts.sheet import BOLD_LETTER, INK, LETTER, POINTS_PER_INCH, SOFT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from geodemand.maps.pictures.plates import KeyLine, KeyPart

SWATCH, SWATCH_HIGH = 0.3, 0.17


def draw_key(figure: Figure, parts: Sequence[KeyPart], down: float, *, short: bool = False) -> None:
    """Draw the key. ``short``: what stands aside follows in the same line."""
    left = WIDTH - MARGIN - KEY_WIDTH
    for part in parts:
        for line in wrapped(part.title, KEY_PT + 1, KEY_WIDTH, BOLD_LETTER):
            write(figure, (left, down), line, size=KEY_PT + 1, weight="bold")
            down += (KEY_PT + 1) * LEADING / POINTS_PER_INCH
        for line in wrapped(part.unit, FOOT_PT + 0.5, KEY_WIDTH, LETTER):
            write(figure, (left, down), line, size=FOOT_PT + 0.5, color=SOFT)
            down += FOOT_PT * LEADING / POINTS_PER_INCH
        down += 0.06
        for own in part.lines:
            down = _key_line(figure, _short(own) if short else own, left, down)
        for line in wrapped(part.note, FOOT_PT, KEY_WIDTH, LETTER):
            write(figure, (left, down), line, size=FOOT_PT, color=SOFT)
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
        for each in wrapped(text, size, room, LETTER):
            write(figure, (at, down), each, size=size, color=colour)
            down += size * LEADING / POINTS_PER_INCH
    return down + 0.06


def _swatch(figure: Figure, line: KeyLine, left: float, down: float) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    inch = figure.dpi_scale_trans
    bottom = HEIGHT - down - SWATCH_HIGH
    middle = (left + SWATCH / 2, bottom + SWATCH_HIGH / 2)
    filled = looks(line.colour)
    if line.look in filled:
        style = {"edgecolor": SOFT, "linewidth": 0.6, **filled[line.look]}
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
