"""Where lists meet: postcodes observed, against how many there would be by chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from geodemand.core.disclosure import WITHHELD, Table, Value
from geodemand.maps import palettes
from geodemand.report.charts.sheet import INK, LINE, SMALL_PT, SOFT, TEXT_PT, WIDTH, Chart, Frame
from geodemand.report.kinds import text
from geodemand.report.plain import plain, shortened, slug

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AND = " + "
KEY, HEADING, AXIS, GAP, ROW = 0.32, 0.26, 0.3, 0.16, 0.36
FIGURES, DOT = 2.0, 0.62
LETTERS = 30
ALL = "all"
MEASURES = ("observed", "expected")
ALIKE = "expected_stratified"
# A sheet holds so many rows; further sets come on further sheets.
MOST_ROWS = 22

Record = Mapping[str, Value]


@dataclass(frozen=True)
class Panel:
    """One set of rows under a heading; ``dots``: the lists drawn as a matrix, or none."""

    heading: str
    rows: tuple[Record, ...]
    dots: tuple[str, ...]


def charts(table: Table) -> Iterator[Chart]:
    """Yield the chart of one combination by set, or of every combination within each set."""
    rows = [row for row in table.records() if row["rule"] == ALL and AND in str(row["lists"])]
    combinations = list(dict.fromkeys(str(row["lists"]) for row in rows))
    if not combinations:
        return
    if len(combinations) == 1:
        panels = [Panel("", tuple(rows), ())]
    else:
        lists = tuple(dict.fromkeys(name for each in combinations for name in each.split(AND)))
        panels = [
            Panel(str(name), tuple(row for row in rows if row["set"] == name), lists)
            for name in dict.fromkeys(row["set"] for row in rows)
        ]
    for page in _pages(panels):
        yield _chart(table.name, combinations, page)


def _pages(panels: Sequence[Panel]) -> Iterator[list[Panel]]:
    page: list[Panel] = []
    for panel in panels:
        if page and sum(len(each.rows) for each in (*page, panel)) > MOST_ROWS:
            yield page
            page = []
        page.append(panel)
    yield page


def _chart(table: str, combinations: Sequence[str], page: Sequence[Panel]) -> Chart:
    several = len(combinations) > 1
    who = "lists" if several else combinations[0]
    return Chart(
        name=slug("meet", *(panel.heading for panel in page[:1]) if several else ""),
        table=table,
        title=f"Postcodes where {who} meet, against how many there would be by chance",
        description=" ".join(_described(row, several=several) for p in page for row in p.rows),
        height=KEY + sum(_height(panel) for panel in page) + AXIS,
        draw=partial(_draw, page=page),
    )


def _described(row: Record, *, several: bool) -> str:
    what = f"{row['set']}, {row['lists']}" if several else str(row["set"])
    return f"{what}: {_figures(row)}."


def _figures(row: Record) -> str:
    if row["observed"] == WITHHELD:
        return "withheld (c)"
    expected = "chance withheld" if row["expected"] == WITHHELD else _by_chance(row)
    return f"{text(row['observed'], 'count')}; {expected}"


def _by_chance(row: Record) -> str:
    return f"{text(row['expected'], 'index')} by chance"


def _height(panel: Panel) -> float:
    return (HEADING if panel.heading else 0) + _dots_height(panel) + len(panel.rows) * ROW + GAP


def _dots_height(panel: Panel) -> float:
    return 0.2 if panel.dots else 0


def _draw(figure: Figure, frame: Frame, page: Sequence[Panel]) -> None:
    rows = [row for panel in page for row in panel.rows]
    counts = [row.get(name) for row in rows for name in (*MEASURES, ALIKE)]
    most = max([float(count) for count in counts if isinstance(count, int | float)] + [1.0])
    _key(figure, frame, alike=any(ALIKE in row for row in rows))
    down = KEY
    for panel in page:
        top = down
        if panel.heading:
            frame.words(0.12, down + 0.04, panel.heading, weight="bold", size=TEXT_PT)
            top += HEADING
        top += _dots_height(panel)
        left = 0.3 + DOT * len(panel.dots) if panel.dots else 2.1
        size = len(panel.rows) * ROW
        axes = frame.axes(left, top, WIDTH - left - FIGURES, size)
        _bars(axes, panel, most, last=panel is page[-1])
        if panel.dots:
            _dots(frame.axes(0.12, top, left - 0.2, size), panel)
        down += _height(panel)


def _bars(axes: Axes, panel: Panel, most: float, *, last: bool) -> None:
    axes.set_xlim(0, most * 1.02)
    axes.set_ylim(len(panel.rows) - 0.5, -0.5)
    axes.grid(axis="x", color=LINE, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=SMALL_PT, labelbottom=last)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    names = [shortened(plain(str(row["set"])), LETTERS) for row in panel.rows]
    empty = [""] * len(names)
    axes.set_yticks(range(len(names)), empty if panel.dots else names, fontsize=TEXT_PT)
    for place, row in enumerate(panel.rows):
        for offset, name in zip((-0.17, 0.17), MEASURES, strict=True):
            value = row[name]
            if isinstance(value, int | float):
                axes.barh(place + offset, value, height=0.3, **_style(name))
            elif value == WITHHELD and name == "observed":
                words = "c: withheld, too few to show"
                axes.text(most * 0.01, place + offset, words, va="center", size=SMALL_PT,
                          color=SOFT, style="italic")  # fmt: skip
        alike = row.get(ALIKE)
        if isinstance(alike, int | float):
            axes.plot([alike], [place + 0.17], "D", color=INK, markersize=4)
        beside = axes.get_yaxis_transform()
        axes.text(1.02, place, _figures(row), transform=beside, va="center", size=TEXT_PT)


def _dots(axes: Axes, panel: Panel) -> None:
    """Draw which lists meet in each row: a filled dot for a list that is asked to, joined."""
    axes.set_xlim(-0.5, len(panel.dots) - 0.5)
    axes.set_ylim(len(panel.rows) - 0.5, -0.5)
    axes.axis("off")
    for place, row in enumerate(panel.rows):
        asked = str(row["lists"]).split(AND)
        inside = [number for number, name in enumerate(panel.dots) if name in asked]
        axes.plot([inside[0], inside[-1]], [place, place], color=INK, linewidth=1.2)
        for number in range(len(panel.dots)):
            face = INK if number in inside else "#ffffff"
            edge = INK if number in inside else SOFT
            axes.plot([number], [place], "o", markersize=6, mfc=face, mec=edge, mew=0.8)
    for number, name in enumerate(panel.dots):
        axes.text(number, -0.62, shortened(plain(name), 9), ha="center", va="bottom", size=SMALL_PT)


def _style(name: str) -> dict[str, Any]:
    if name == "observed":
        return {"facecolor": palettes.KINDS[0], "edgecolor": INK, "linewidth": 0.7}
    return {"facecolor": "#ffffff", "edgecolor": SOFT, "linewidth": 0.7, "hatch": "////"}


def _key(figure: Figure, frame: Frame, *, alike: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Patch(**_style("observed"), label="postcodes where all lists have a client"),
        Patch(**_style("expected"), label="by chance"),
    ]
    if alike:
        words = "by chance, among postcodes that are alike"
        handles.append(Line2D([], [], color=INK, marker="D", markersize=4, ls="", label=words))
    top = (frame.bottom + frame.height) / frame.total
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.005, top),
        ncols=len(handles),
        frameon=False,
        fontsize=SMALL_PT,
        borderpad=0.2,
    )
