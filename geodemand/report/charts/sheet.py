"""The sheet of paper under every chart: title above, marking, source and rules below, SVG and PNG.

Sizes are inches for A4; the font is the one that matplotlib brings, so that every machine measures
alike; nothing is taken from the clock or from the user's settings.
"""

from __future__ import annotations

import io
import re
import textwrap
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from geodemand.report.plain import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, LINE = "#1b2530", "#4b5763", "#c9d0d6"
WIDTH = 7.1
MOST_HEIGHT = 10.2
DOTS_PER_INCH = 200
MARGIN = 0.12
TITLE_PT, TEXT_PT, SMALL_PT = 11.0, 8.5, 7.0
POINTS_PER_INCH = 72
# Mean width of a letter over the size of the font (bold letters are wider), distance of lines.
LETTER, BOLD_LETTER, LEADING = 0.57, 0.67, 1.35
STYLE: Any = {
    "font.family": "sans-serif",
    # Measured in the first; a browser takes the first that it has.
    "font.sans-serif": ["DejaVu Sans", "Segoe UI", "Arial", "Helvetica"],
    "font.size": TEXT_PT,
    "svg.fonttype": "none",
    "svg.hashsalt": "geodemand",
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.linewidth": 0.5,
    "figure.dpi": 72,
}
SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


@dataclass(frozen=True)
class Footer:
    """``markings`` stand on top of a chart, ``words`` (source, date, rules) below it."""

    markings: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class Chart:
    """A chart that can be drawn.

    ``name``: for files and ids, plain letters and hyphens. ``table``: what it shows. ``title``,
    ``description``: in words, for those who do not see it. ``height``: inches of the drawing,
    without title and footer. ``draw``: draws on a figure within a frame. ``part``: of the table, as
    a page splits it, or "" for all of it.
    """

    name: str
    table: str
    title: str
    description: str
    height: float
    draw: Callable[[Figure, Frame], None]
    part: str = ""

    def named(self, name: str) -> Chart:
        """Return the chart under another name."""
        return replace(self, name=name)


@dataclass(frozen=True)
class Frame:
    """Where a drawing has its place on a figure, inches: from ``bottom``, ``height`` upward."""

    figure: Figure
    total: float
    bottom: float
    height: float

    def axes(self, left: float, below_top: float, width: float, height: float) -> Axes:
        """Return axes at inches from the left edge and from the top of the frame."""
        bottom = self.bottom + self.height - below_top - height
        box = (left / WIDTH, bottom / self.total, width / WIDTH, height / self.total)
        return self.figure.add_axes(box)

    def words(self, left: float, below_top: float, text: str, **style: Any) -> None:  # noqa: ANN401 - matplotlib's
        """Write a text at inches from the left edge and from the top of the frame."""
        top = (self.bottom + self.height - below_top) / self.total
        style = {"va": "top", **style}
        self.figure.text(left / WIDTH, top, plain(text), **style)


def wrapped(text: str, size_pt: float, letter: float = LETTER) -> list[str]:
    """Return the lines of a text that fit the sheet; ``letter``: mean width over size."""
    letters = int((WIDTH - 2 * MARGIN) * POINTS_PER_INCH / (letter * size_pt))
    return textwrap.wrap(plain(text), letters)


def svg(chart: Chart, footer: Footer) -> str:
    """Return a chart as an SVG element with title and description, for a file or within a page."""
    with _drawn(chart, footer) as figure:
        target = io.BytesIO()
        figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    return described(target.getvalue(), chart.name, chart.title, chart.description)


def png(chart: Chart, footer: Footer) -> bytes:
    """Return a chart as a picture for documents, its description among its properties."""
    with _drawn(chart, footer) as figure:
        target = io.BytesIO()
        about = {"Title": plain(chart.title), "Description": plain(chart.description)}
        figure.savefig(
            target, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None, **about}
        )
    return target.getvalue()


@contextmanager
def own_settings() -> Iterator[None]:
    """Draw under our settings alone, whatever the user's are."""
    import matplotlib as mpl  # slow, and of the extra "report"

    with mpl.rc_context(), warnings.catch_warnings():
        # A letter that the font lacks is measured as a box; a browser has its own fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


@contextmanager
def _drawn(chart: Chart, footer: Footer) -> Iterator[Figure]:
    """Give the figure of a chart, drawn under our settings alone."""
    from matplotlib.figure import Figure  # slow, and of the extra "report"

    with own_settings():
        title = wrapped(chart.title, TITLE_PT, BOLD_LETTER)
        below = wrapped(footer.words, SMALL_PT) if footer.words else []
        marks = [line for each in footer.markings for line in wrapped(each, TEXT_PT, BOLD_LETTER)]
        above = _lines(title, TITLE_PT) + _lines(marks, TEXT_PT) + 2 * MARGIN
        under = _lines(below, SMALL_PT) + (2 * MARGIN if below else 0)
        total = above + chart.height + under
        figure = Figure(figsize=(WIDTH, total), facecolor="white")
        _write(figure, total, MARGIN, marks, TEXT_PT, weight="bold")
        start = MARGIN + _lines(marks, TEXT_PT)
        _write(figure, total, start, title, TITLE_PT, weight="bold")
        _write(figure, total, above + chart.height + MARGIN, below, SMALL_PT, color=SOFT)
        chart.draw(figure, Frame(figure, total, under, chart.height))
        yield figure


def _lines(lines: Sequence[str], size_pt: float) -> float:
    """Return the height of lines, inches."""
    return len(lines) * size_pt * LEADING / POINTS_PER_INCH


def _write(
    figure: Figure, total: float, top: float, lines: Sequence[str], size_pt: float, **style: str
) -> None:
    for number, line in enumerate(lines):
        down = top + _lines(lines[:number], size_pt)
        at = (MARGIN / WIDTH, 1 - down / total)
        figure.text(*at, line, None, size=size_pt, va="top", **style)  # type: ignore[arg-type]


def described(drawn: bytes, name: str, title: str, description: str) -> str:
    """Return matplotlib's SVG as one that can stand in a page beside others.

    Ids are made the chart's own, its style sheet (which would hold for the whole page) becomes
    attributes, and title and description come first, where screen readers look for them.
    """
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    root = ET.fromstring(drawn)  # noqa: S314 - what matplotlib has just written
    for parent in root.iter():
        for child in list(parent):
            if child.tag in {f"{{{SVG}}}metadata", f"{{{SVG}}}style"}:
                parent.remove(child)
    for element in root.iter():
        for key, value in element.attrib.items():
            element.set(key, _own(key, value, name))
    root.set("id", name)
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    root.set("stroke-linejoin", "round")
    root.set("stroke-linecap", "butt")
    for place, (tag, words) in enumerate((("title", title), ("desc", description))):
        element = ET.Element(f"{{{SVG}}}{tag}", {"id": f"{name}-{tag}"})
        element.text = plain(words)
        root.insert(place, element)
    text: str = ET.tostring(root, encoding="unicode")
    return text


def _own(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == f"{{{XLINK}}}href" and value.startswith("#"):
        return f"#{name}-{value[1:]}"
    return _REFERENCE.sub(rf"url(#{name}-\1)", value)
