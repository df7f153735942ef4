"""Index by segment as bars from 100, with whiskers for the 95 % interval.

The axis is logarithmic, each line twice the one before: an index is a ratio, and half as many (50)
is as far from 100 as twice as many (200). On a linear axis what is under-represented would be
squeezed into a tenth of the width and the largest index would set the scale for all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from geodemand.core.disclosure import WITHHELD, Table, Value
from geodemand.core.sentences import base_words
from geodemand.core.words import segment_label
from geodemand.maps import palettes
from geodemand.report.charts.sheet import (
    INK,
    LINE,
    MOST_HEIGHT,
    SMALL_PT,
    SOFT,
    TEXT_PT,
    WIDTH,
    Chart,
    Frame,
)
from geodemand.report.kinds import text
from geodemand.report.plain import plain, shortened, slug

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EXPECTED = 100.0
LEAST, MOST = 12.5, 3200.0
LEFT, FIGURES = 2.35, 1.5
KEY, HEADING, AXIS, GAP = 0.34, 0.24, 0.42, 0.14
ROOMY, DENSE, ROOMY_ROWS = 0.23, 0.165, 26
LETTERS = {ROOMY: 36, DENSE: 42}
SMALL_MARK = "†"
NAMED = 5
# So many rows without a figure are shown one by one.
FEW = 5

Record = Mapping[str, Value]


@dataclass(frozen=True)
class Panel:
    """The bars of one list, the highest index on top."""

    name: str
    total: Value
    rows: tuple[Record, ...]
    hidden: int


def charts(table: Table) -> Iterator[Chart]:
    """Yield one chart a level and base, or several where a sheet of A4 does not hold the rows."""
    records = [row for row in table.records() if not str(row["segment"]).startswith("(")]
    bases = {row["base"] for row in records}
    for level, base in dict.fromkeys((str(row["level"]), str(row["base"])) for row in records):
        chosen = [row for row in records if (row["level"], row["base"]) == (level, base)]
        panels = [_panel(name, chosen) for name in dict.fromkeys(row["list"] for row in chosen)]
        pages = list(_pages(panels))
        for page in pages:
            alone = [page[0].name] if len(pages) > 1 else []
            yield _chart(level, base, page, alone, several=len(bases) > 1)


def _chart(
    level: str, base: str, page: Sequence[Panel], alone: Sequence[str], *, several: bool
) -> Chart:
    rows = sum(len(panel.rows) for panel in page)
    step = ROOMY if rows <= ROOMY_ROWS else DENSE
    height = KEY + sum(_height(panel, step) for panel in page) + AXIS
    words = "named set" if level == "set" else level
    of = base_words({"base": base})
    whose = ", ".join(panel.name for panel in page)
    return Chart(
        name=slug("index", level, *([base] if several else []), *alone),
        table="profile",
        title=f"Index by {words}: {whose}. 100 = as many as the share of {of} would give",
        description=" ".join(_described(panel) for panel in page),
        height=height,
        draw=partial(_draw, page=page, step=step),
        part=level,
    )


def _panel(name: Value, records: Sequence[Record]) -> Panel:
    own = [row for row in records if row["list"] == name]
    hidden = sum(row["index"] == WITHHELD for row in own)
    return Panel(str(name), own[0]["total"], tuple(_gathered(sorted(own, key=_rank))), hidden)


def _gathered(rows: Sequence[Record]) -> Iterator[Record]:
    """Yield rows with a figure, and those without one by one where few, else as one row."""
    for rank in range(3):
        group = [row for row in rows if _rank(row)[0] == rank]
        if rank and len(group) > FEW:
            several = f"{len(group)} segments"
            yield {**group[0], "name": several, "segment": several}
        else:
            yield from group


def _rank(row: Record) -> tuple[int, float]:
    index = row["index"]
    if isinstance(index, int | float):
        return 0, -float(index)
    return (1, 0.0) if index == WITHHELD else (2, 0.0)


def _pages(panels: Sequence[Panel]) -> Iterator[list[Panel]]:
    """Yield panels that one sheet holds together."""
    room = MOST_HEIGHT - KEY - AXIS - 1.4
    page: list[Panel] = []
    for panel in panels:
        if page and sum(_height(each, DENSE) for each in (*page, panel)) > room:
            yield page
            page = []
        page.append(panel)
    if page:
        yield page


def _height(panel: Panel, step: float) -> float:
    return HEADING + len(panel.rows) * step + GAP


def _described(panel: Panel) -> str:
    """Return in words what a panel shows: its highest indices, and how many rows are withheld."""
    known = [row for row in panel.rows if _rank(row)[0] == 0]
    said = "; ".join(f"{row['name']} {_figures(row)}" for row in known[:NAMED])
    more = f"; and {len(known) - NAMED} more, the lowest {known[-1]['name']} {_figures(known[-1])}"
    withheld = f" Withheld: {panel.hidden}." if panel.hidden else ""
    last = more if len(known) > NAMED else ""
    return f"{panel.name}, index with 95 % interval: {said or 'no figure'}{last}.{withheld}"


def _figures(row: Record) -> str:
    if _rank(row)[0]:
        return text(row["index"], "index")
    index, low, high = (text(row[each], "index") for each in ("index", "index_low", "index_high"))
    return f"{index} ({low}–{high})"


def _draw(figure: Figure, frame: Frame, page: Sequence[Panel], step: float) -> None:
    ends = _ends([row for panel in page for row in panel.rows])
    _key(figure, frame)
    down = KEY
    for panel in page:
        size = len(panel.rows) * step
        frame.words(0.12, down + 0.03, _heading(panel), weight="bold", size=TEXT_PT)
        axes = frame.axes(LEFT, down + HEADING, WIDTH - LEFT - FIGURES, size)
        _bars(axes, panel, ends, last=panel is page[-1], step=step)
        down += _height(panel, step)


def _heading(panel: Panel) -> str:
    return f"{panel.name}: {text(panel.total, 'count')} clients"


def _ends(rows: Sequence[Record]) -> tuple[float, float]:
    """Return the ends of the axis, whole doublings of 100 that hold every interval."""
    found = [
        float(value)
        for row in rows
        for value in (row["index_low"], row["index"], row["index_high"])
        if isinstance(value, int | float) and value > 0
    ]
    low = max(min([*found, EXPECTED / 2]), LEAST)
    high = min(max([*found, EXPECTED * 2]), MOST)
    down = math.floor(math.log2(low / EXPECTED) - 0.05)
    up = math.ceil(math.log2(high / EXPECTED) + 0.05)
    return EXPECTED * 2.0**down, EXPECTED * 2.0**up


def _bars(axes: Axes, panel: Panel, ends: tuple[float, float], *, last: bool, step: float) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xlim(*ends)
    axes.set_ylim(len(panel.rows) - 0.5, -0.5)
    steps = range(round(math.log2(ends[0] / 100)), round(math.log2(ends[1] / 100)) + 1)
    ticks = [EXPECTED * 2.0**each for each in steps]
    axes.set_xticks(ticks, [f"{tick:,.4g}" for tick in ticks] if last else [""] * len(ticks))
    axes.set_xticks([], minor=True)
    axes.tick_params(length=0, labelsize=SMALL_PT)
    axes.grid(axis="x", color=LINE, linewidth=0.5)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.axvline(EXPECTED, color=INK, linewidth=1.1)
    size = TEXT_PT if step == ROOMY else SMALL_PT
    labels = [_label(row, LETTERS[step]) for row in panel.rows]
    axes.set_yticks(range(len(panel.rows)), labels, fontsize=size)
    for place, row in enumerate(panel.rows):
        _bar(axes, place, row, ends)
        mark = SMALL_MARK if row["flag"] and _rank(row)[0] == 0 else ""
        beside = axes.get_yaxis_transform()
        axes.text(1.02, place, f"{_figures(row)}{mark}", transform=beside, va="center", size=size)
    if last:
        axes.set_xlabel("Index, each line twice the one before", fontsize=SMALL_PT)


def _label(row: Record, most: int) -> str:
    return shortened(plain(segment_label(str(row["segment"]), str(row["name"]))), most)


def _bar(axes: Axes, place: int, row: Record, ends: tuple[float, float]) -> None:
    index, low, high = row["index"], row["index_low"], row["index_high"]
    if not (
        isinstance(index, int | float)
        and isinstance(low, int | float)
        and isinstance(high, int | float)
    ):
        words = "c: withheld, too few to show" if index == WITHHELD else "no figure"
        at = EXPECTED * 1.06
        axes.text(at, place, words, va="center", size=SMALL_PT, color=SOFT, style="italic")
        return
    tip, start, stop = (min(max(float(each), ends[0]), ends[1]) for each in (index, low, high))
    if index > 0:  # no bar reaches zero on this axis: the arrow alone says it
        style = _style(low, high)
        axes.barh(place, tip - EXPECTED, left=EXPECTED, height=0.62, linewidth=0.7, **style)
    axes.plot([start, stop], [place, place], color=INK, linewidth=1.0, solid_capstyle="butt")
    for end, beyond in ((start, low < ends[0]), (stop, high > ends[1])):
        # A limit beyond the axis has an arrow's head in place of the whisker's end.
        mark = ("<" if end == start else ">") if beyond else "|"
        axes.plot([end], [place], marker=mark, color=INK, markersize=4.0, clip_on=False)


def _style(low: float, high: float) -> dict[str, Any]:
    """Return how a bar is drawn: by colour and by filling, so that colour alone says nothing."""
    below, _, _, _, above = palettes.around_the_middle()
    if low > EXPECTED:
        return {"facecolor": above, "edgecolor": INK}
    if high < EXPECTED:
        return {"facecolor": below, "edgecolor": INK}
    return {"facecolor": "#ffffff", "edgecolor": SOFT, "hatch": "////"}


def _key(figure: Figure, frame: Frame) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Patch(**_style(101, 102), label="more than expected"),
        Patch(**_style(1, 2), label="fewer than expected"),
        Patch(**_style(1, 102), label="not clear: interval holds 100"),
        Line2D([], [], color=INK, marker="|", label="95 % interval"),
        Line2D([], [], linestyle="", label=f"{SMALL_MARK} small numbers"),
    ]
    top = (frame.bottom + frame.height) / frame.total
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.005, top),
        ncols=len(handles),
        frameon=False,
        fontsize=SMALL_PT,
        handlelength=1.6,
        columnspacing=1.2,
        borderpad=0.2,
    )
