"""The sheet that pictures are drawn on: sizes, colours, signs, and how words are written on it.

Sizes are inches, of letters points.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, TypeAlias

from geodemand.maps.pictures import shaded
from geodemand.report.charts.sheet import INK, POINTS_PER_INCH
from geodemand.report.plain import plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 11.69, 8.27
MARGIN, KEY_WIDTH, GAP = 0.4, 2.55, 0.2
LEADING = 1.35
TITLE_PT, CONTEXT_PT, MARKING_PT, KEY_PT, FOOT_PT = 14.0, 9.5, 10.0, 8.5, 7.0
SEA, LAND, GREY, FAINT = "#edf1f4", "#ffffff", "#8a939c", "#6b7681"
SIGNS = ("D", "s", "^", "o")
DOTS = ("o", "s", "^", "D", "v", "P", "X", "*")
DASHES: tuple[tuple[str, Any], ...] = (
    ("#1b2530", "-"),
    ("#a3195b", (0, (5, 3))),
    ("#0b5fa5", (0, (1.5, 2.5))),
    ("#7a4b00", (0, (8, 2.5, 1.5, 2.5))),
)
# Left, bottom, width and height of a frame, inches.
Box: TypeAlias = tuple[float, float, float, float]


def looks(colour: str) -> dict[str, dict[str, Any]]:
    """Return how an area is filled, by what is known of it; ``colour``: of its class."""
    return {
        shaded.CLASS: {"facecolor": colour},
        shaded.ZERO: {"facecolor": LAND},
        shaded.NO_FIGURE: {"facecolor": "none", "linestyle": "--"},
        shaded.WITHHELD: {"facecolor": LAND, "hatch": "//////", "hatchcolor": GREY},
    }


def write(figure: Figure, at: tuple[float, float], text: str, **style: Any) -> None:  # noqa: ANN401
    """Write a line, its top at inches from the left and from the top."""
    left, down = at
    figure.text(left / WIDTH, 1 - down / HEIGHT, text, va="top", **{"color": INK, **style})


def wrapped(text: str, size: float, room: float, letter: float) -> list[str]:
    """Return lines that fit a room of inches; ``letter``: how wide one is, of its size."""
    letters = int(room * POINTS_PER_INCH / (letter * size))
    return textwrap.wrap(plain(text), letters) if text else []
