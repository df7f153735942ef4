"""The concentration curve: which share of the base holds which share of the clients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from geodemand.core.disclosure import Table, Value
from geodemand.maps import palettes
from geodemand.report.charts.sheet import INK, LINE, SMALL_PT, SOFT, WIDTH, Chart, Frame
from geodemand.report.kinds import text
from geodemand.report.plain import plain, shortened, slug

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDE = 4.6
LEFT = 0.6
DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
LETTERS = 24

Record = Mapping[str, Value]
Line = tuple[str, list[tuple[float, float]]]


def charts(table: Table) -> Iterator[Chart]:
    """Yield one chart a base and unit, with a line a list."""
    records = list(table.records())
    for base, unit in dict.fromkeys((str(row["base"]), str(row["unit"])) for row in records):
        chosen = [row for row in records if (row["base"], row["unit"]) == (base, unit)]
        lines = [_line(name, chosen) for name in dict.fromkeys(row["list"] for row in chosen)]
        yield Chart(
            name=slug("concentration", base, unit),
            table=table.name,
            title=f"Concentration: how much of the {base} holds how many of the clients, by {unit}",
            description=" ".join(_described(line, base) for line in lines),
            height=SIDE + 0.65,
            draw=partial(_draw, lines=lines, base=base),
            part=unit,
        )


def _line(name: Value, records: Sequence[Record]) -> Line:
    """Return the points of a list; a withheld step is left out, the curve goes straight over it."""
    points = [
        (float(x), float(y))
        for row in records
        if row["list"] == name
        and isinstance(x := row["base_share"], int | float)
        and isinstance(y := row["client_share"], int | float)
    ]
    return str(name), points


def _described(line: Line, base: str) -> str:
    name, points = line
    if not points:
        return f"{name}: withheld."
    x, y = max(points, key=lambda point: point[1] - point[0])
    return (
        f"{name}: the curve is farthest from an even spread where {text(x, 'share')} of the {base} "
        f"hold {text(y, 'share')} of clients."
    )


def _draw(figure: Figure, frame: Frame, lines: Sequence[Line], base: str) -> None:
    axes = frame.axes(LEFT, 0.1, SIDE, SIDE)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.grid(color=LINE, linewidth=0.5)
    axes.set_axisbelow(True)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes.tick_params(length=2, labelsize=SMALL_PT)
    axes.set_xlabel(f"Share of the {base}, cumulative")
    axes.set_ylabel("Share of clients, cumulative")
    axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8, label="even spread")
    for number, (name, points) in enumerate(lines):
        few = len(points) < 80  # noqa: PLR2004 - more marks than that are a thick line
        axes.plot(
            [x for x, _ in points],
            [y for _, y in points],
            color=palettes.KINDS[number % len(palettes.KINDS)],
            linestyle=DASHES[number % len(DASHES)],
            marker=MARKS[number % len(MARKS)] if few else None,
            markersize=3.2,
            markeredgecolor=INK,
            markeredgewidth=0.3,
            linewidth=1.5,
            label=shortened(plain(name), LETTERS) + ("" if points else " (withheld)"),
        )
    figure.legend(
        handles=axes.get_legend_handles_labels()[0],
        loc="upper left",
        bbox_to_anchor=((LEFT + SIDE + 0.1) / WIDTH, (frame.bottom + frame.height) / frame.total),
        frameon=False,
        handlelength=3.2,
    )
