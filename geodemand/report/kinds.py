"""The kinds of figure that a column may hold: how each is written for people and for programs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from geodemand.core.disclosure import Value

NO_FIGURE = "–"
_TINY, _LEAST_SHARE = 0.001, 0.001
_WHOLE = 1e-9
_PERCENT = 100
_LARGE, _MIDDLE = 100, 10
_MOST_DECIMALS = 6
_SHEET_CHANCE = f'[<{_TINY}]"<{_TINY}";0.000'


@dataclass(frozen=True)
class Kind:
    """A kind of figure.

    ``shown``: the figure as people read it, before its ``unit``. ``sheet``: its number format in a
    workbook, whole numbers (or whole per cents) first, others second. ``least``, ``most``: its
    range.
    """

    shown: Callable[[float], str]
    sheet: tuple[str, str] = ("#,##0", "#,##0.00")
    least: float | None = 0
    most: float | None = None
    per_cent: bool = False
    unit: str = ""

    def sheet_format(self, value: float) -> str:
        """Return the number format of one cell: no more digits than the figure has."""
        scaled = value * _PERCENT if self.per_cent else value
        return self.sheet[0 if _is_whole(scaled) else 1]


def text(value: Value, kind: str) -> str:
    """Return a cell as people read it; "c" where withheld, a dash where there is no figure.

    >>> text(5037, "count"), text(0.38, "share"), text(0.0432, "share"), text(0.00004, "chance")
    ('5,037', '38 %', '4.3 %', '<0.001')
    >>> text("c", "count"), text(None, "index"), text(-0.021, "difference")
    ('c', '–', '−2.1 points')
    """
    if value is None:
        return NO_FIGURE
    if isinstance(value, str) or kind not in KINDS:
        return str(value)
    found = KINDS[kind]
    return bare(value, kind) + found.unit


def bare(value: float, kind: str) -> str:
    """Return a figure as people read it, without its unit.

    >>> bare(-0.021, "difference"), bare(0.2797, "rate"), bare(0.00413, "rate")
    ('−2.1', '0.280', '0.00413')
    """
    return KINDS[kind].shown(value).replace("-", "−")


def _is_whole(value: float) -> bool:
    return math.isclose(value, round(value), abs_tol=_WHOLE)


def _as_needed(value: float) -> str:
    """Return a number with as many decimals as its size lets a reader use."""
    decimals = 0 if _is_whole(value) or abs(value) >= _LARGE else 1 if abs(value) >= _MIDDLE else 2
    return f"{value:,.{decimals}f}"


def _percent(value: float) -> str:
    if 0 < value < _LEAST_SHARE:
        return f"<{_PERCENT * _LEAST_SHARE:g} %"
    decimals = 0 if _is_whole(_PERCENT * value) else 1
    return f"{_PERCENT * value:.{decimals}f} %"


def _points(value: float) -> str:
    decimals = 0 if _is_whole(_PERCENT * value) else 1
    return f"{_PERCENT * value:+.{decimals}f}"


def _rate(value: float) -> str:
    """Return a rate with three figures that say something."""
    if value == 0 or abs(value) >= _LARGE:
        return f"{value:,.0f}"
    decimals = min(_MOST_DECIMALS, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{decimals}f}"


def _chance(value: float) -> str:
    return f"<{_TINY}" if value < _TINY else f"{value:.3f}"


# A kind of figure is one row.
KINDS: dict[str, Kind] = {
    "count": Kind(lambda value: f"{value:,.0f}"),
    "share": Kind(_percent, ("0%", "0.0%"), most=1, per_cent=True),
    "difference": Kind(_points, ("0%", "0.0%"), least=-1, most=1, per_cent=True, unit=" points"),
    "index": Kind(lambda value: f"{value:,.0f}", ("#,##0", "#,##0")),
    "rate": Kind(_rate, ("0", "0.0000")),
    "ratio": Kind(lambda value: f"{value:.2f}", ("0.00", "0.00")),
    "chance": Kind(_chance, (_SHEET_CHANCE, _SHEET_CHANCE), most=1),
    "residual": Kind(lambda value: f"{value:+.1f}", ("0.0", "0.0"), least=None),
    "change": Kind(lambda value: f"{value:+,.0f}", ("+#,##0;-#,##0;0", "0.00"), least=None),
    "measure": Kind(lambda value: f"{value:.3f}", ("0.000", "0.000"), least=None),
    "number": Kind(_as_needed),
}
TEXT = "text"
