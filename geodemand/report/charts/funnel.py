"""Areas by size and rate, between the limits that chance alone would keep them in.

Source: Spiegelhalter (2005), Funnel plots for comparing institutional performance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from geodemand.core.disclosure import WITHHELD, Table, Value
from geodemand.maps import palettes
from geodemand.report.charts.sheet import INK, LETTER, LINE, SMALL_PT, SOFT, WIDTH, Chart, Frame
from geodemand.report.plain import plain, shortened, slug

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT, LEFT, RIGHT = 4.0, 0.75, 1.3
LETTERS = 20
MOST_NAMED = 12
# What the column "set" holds where all segments are counted.
EVERYBODY = "(all)"
# Half the width of a point's mark, points.
MARK = 3.5
LIMITS: tuple[tuple[str, str, Any, str], ...] = (
    ("lower_998", "upper_998", "-", "99.8 % limits"),
    ("lower_95", "upper_95", "--", "95 % limits"),
)
NEEDED = {"base_count", "rate", "index", *LIMITS[0][:2], *LIMITS[1][:2]}

Record = Mapping[str, Value]


@dataclass(frozen=True)
class Point:
    """An area on the chart: size, rate, and on which side of the limits it lies."""

    name: str
    size: float
    rate: float
    side: str


def charts(table: Table) -> Iterator[Chart]:
    """Yield one chart a list, geography and base; areas by named set are in the table only."""
    if not set(table.columns) >= NEEDED:
        return
    records = [row for row in table.records() if str(row.get("set") or EVERYBODY) == EVERYBODY]
    wanted = dict.fromkeys((row["list"], row["geography"], row["base"]) for row in records)
    for name, geography, base in wanted:
        key = (name, geography, base)
        rows = [row for row in records if (row["list"], row["geography"], row["base"]) == key]
        points = [_point(row) for row in rows if isinstance(row["rate"], int | float)]
        hidden = sum(row["rate"] == WITHHELD for row in rows)
        yield Chart(
            name=slug("funnel", *(str(part) for part in key)),
            table=table.name,
            title=f"{name} by {geography}: the rate, against what chance alone would leave "
            f"(base: {base})",
            description=_described(points, hidden),
            height=HEIGHT + 0.65,
            draw=partial(_draw, rows=rows, points=points, base=str(base), hidden=hidden),
            part=str(geography),
        )


def _point(row: Record) -> Point:
    name = row["name"] or row["area"]
    return Point(str(name), _number(row["base_count"]), _number(row["rate"]), _side(row))


def _side(row: Record) -> str:
    """Return above, below or within the outer limits, above or below the inner ones, or ""."""
    rate = _number(row["rate"])
    for low, high, _, words in LIMITS:
        if not isinstance(row[low], int | float) or not isinstance(row[high], int | float):
            return ""
        if rate > _number(row[high]):
            return f"above {words}"
        if rate < _number(row[low]):
            return f"below {words}"
    return "within"


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _described(points: Sequence[Point], hidden: int) -> str:
    parts = []
    for _, _, _, words in LIMITS:
        for side in ("above", "below"):
            names = [point.name for point in points if point.side == f"{side} {words}"]
            if names:
                parts.append(f"{side.capitalize()} the {words}: {', '.join(names)}.")
    rest = sum(point.side == "within" for point in points)
    withheld = f" Withheld: {hidden}." if hidden else ""
    return f"{' '.join(parts)} Within the limits: {rest} of {len(points)} areas.{withheld}".strip()


def _draw(
    figure: Figure,
    frame: Frame,
    rows: Sequence[Record],
    points: Sequence[Point],
    base: str,
    hidden: int,
) -> None:
    axes = frame.axes(LEFT, 0.1, WIDTH - LEFT - RIGHT, HEIGHT)
    axes.grid(color=LINE, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(length=2, labelsize=SMALL_PT)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_xlabel(f"Size of the area, {base}")
    axes.set_ylabel("Rate: clients for one unit of the base")
    _limits(axes, rows)
    for mark, face, sides in (
        ("o", "#ffffff", ("within", "")),
        ("^", palettes.around_the_middle()[4], tuple(f"above {each[3]}" for each in LIMITS)),
        ("v", palettes.around_the_middle()[0], tuple(f"below {each[3]}" for each in LIMITS)),
    ):
        shown = [point for point in points if point.side in sides]
        axes.plot(
            [point.size for point in shown],
            [point.rate for point in shown],
            mark,
            mfc=face,
            mec=INK,
            mew=0.7,
            markersize=5,
        )
    axes.margins(0.06)
    axes.set_xlim(left=max(axes.get_xlim()[0], 0))
    axes.set_ylim(bottom=max(axes.get_ylim()[0], 0))
    _names(axes, points)
    _key(figure, frame, hidden)


def _limits(axes: Axes, rows: Sequence[Record]) -> None:
    """Draw the limits through the sizes of the areas, and the county's rate between them."""
    ordered = sorted(rows, key=lambda row: _number(row["base_count"]))
    for low, high, dash, _ in LIMITS:
        known = [row for row in ordered if _number(row[high]) > 0]
        for name in (low, high):
            sizes = [_number(row["base_count"]) for row in known]
            axes.plot(sizes, [_number(r[name]) for r in known], dash, color=SOFT, linewidth=0.9)
    # An index of 100 is the county's rate; the largest area gives it with the least rounding.
    rated = [row for row in ordered if _number(row["index"]) and _number(row["rate"])]
    largest = rated[-1] if rated else None
    if largest is not None:
        axes.axhline(100 * _number(largest["rate"]) / _number(largest["index"]), color=INK, lw=0.9)


def _names(axes: Axes, points: Sequence[Point]) -> None:
    """Name the areas outside the limits, the outer ones first, where a name has room."""
    outside = [point for point in points if point.side not in {"within", ""}]
    outer = sorted(outside, key=lambda point: (LIMITS[0][3] not in point.side, -point.rate))
    places = [axes.transData.transform((point.size, point.rate)) for point in points]
    taken = [_Box(x - MARK, y - MARK, x + MARK, y + MARK) for x, y in places]
    edge = axes.get_window_extent()
    room = _Box(edge.x0, edge.y0, edge.x1, edge.y1)
    for point in outer[:MOST_NAMED]:
        name = shortened(plain(point.name), LETTERS)
        x, y = axes.transData.transform((point.size, point.rate))
        width = len(name) * LETTER * SMALL_PT
        for side, start in (("left", x + MARK + 1), ("right", x - MARK - 1 - width)):
            box = _Box(start, y - SMALL_PT / 2, start + width, y + SMALL_PT / 2)
            if room.holds(box) and not any(box.meets(other) for other in taken):
                taken.append(box)
                at = start if side == "left" else start + width
                across, up = axes.transData.inverted().transform((at, y))
                axes.text(across, up, name, size=SMALL_PT, va="center", ha=side)
                break


@dataclass(frozen=True)
class _Box:
    """A rectangle on the figure, points from its lower left corner."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: _Box) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.bottom < other.top and other.bottom < self.top

    def holds(self, other: _Box) -> bool:
        across = self.left <= other.left and other.right <= self.right
        return across and self.bottom <= other.bottom and other.top <= self.top


def _key(figure: Figure, frame: Frame, hidden: int) -> None:
    from matplotlib.lines import Line2D

    below, _, _, _, above = palettes.around_the_middle()
    edge: dict[str, Any] = {"markeredgecolor": INK, "linestyle": ""}
    handles = [
        Line2D([], [], marker="^", markerfacecolor=above, label="above limits", **edge),
        Line2D([], [], marker="o", markerfacecolor="#ffffff", label="within", **edge),
        Line2D([], [], marker="v", markerfacecolor=below, label="below limits", **edge),
        Line2D([], [], color=INK, label="the county's rate"),
        *(Line2D([], [], color=SOFT, linestyle=dash, label=words) for _, _, dash, words in LIMITS),
    ]
    if hidden:
        handles.append(Line2D([], [], linestyle="", label=f"c: withheld areas: {hidden}"))
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(
            (WIDTH - RIGHT + 0.02) / WIDTH,
            (frame.bottom + frame.height) / frame.total,
        ),
        frameon=False,
        fontsize=SMALL_PT,
        handlelength=1.8,
    )
