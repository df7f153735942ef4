"""Figures as a map writes them, British style: as the page's script does (figures.js)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from geodemand.core.disclosure import WITHHELD, Value

_LARGE, _MIDDLE = 100, 10
_CLOSE = 1e-9
_MOST_DIGITS = 6
# A share that is rounded by the size of its own area.
PORTION = "portion"


def digits(style: str, values: Sequence[Value]) -> int:
    """Return the decimals by which figures of a style are read with ease, one for all of them.

    >>> digits("rate", [5.3, 9.25]), digits("rate", [120.4]), digits("share", [0.12, 0.125])
    (2, 0, 1)
    """
    known = [float(value) for value in values if isinstance(value, int | float)]
    if style in {"count", "index", PORTION}:
        return 0
    if style == "share":
        return _finest([100 * value for value in known], 1)
    highest = max(known, default=0.0)
    return _finest(known, 0 if highest >= _LARGE else 1 if highest >= _MIDDLE else 2)


def written(style: str, value: float, decimals: int) -> str:
    """Return a figure as text.

    >>> written("count", 5037, 0), written("share", 0.38, 0), written("rate", 5.3, 1)
    ('5,037', '38%', '5.3')
    >>> written("portion", 0.01, 0), written("portion", 0.012, 0)
    ('1%', '1.2%')
    """
    if style == PORTION:
        return number(100 * value, 1).removesuffix(".0") + "%"
    scaled = 100 * value if style == "share" else value
    text = number(scaled, decimals)
    return f"{text}%" if style == "share" else text


def number(value: float, decimals: int = 0) -> str:
    """Return a number with thousands marked and a proper minus; halves go up."""
    step = Decimal(1).scaleb(-decimals)
    return f"{Decimal(repr(value)).quantize(step, ROUND_HALF_UP):,f}".replace("-", "−")


def span(style: str, low: float, high: float, decimals: int) -> str:
    """Return from which figure to which a class reaches."""
    first, last = written(style, low, decimals), written(style, high, decimals)
    return first if first == last else f"{first} to {last}"


def apart(style: str, ends: Sequence[tuple[float, float]], decimals: int) -> int:
    """Return decimals by which no class is written to end on the figure where the next begins.

    ``ends``: the lowest and highest figure of each class, rising.

    >>> apart("rate", [(12.0, 18.8), (19.0, 36.8)], 0)
    1
    """
    for some in (decimals, decimals + 1):
        if all(
            written(style, one[1], some) != written(style, other[0], some)
            for one, other in pairwise(ends)
        ):
            return some
    return decimals + 2


def fixed_span(style: str, breaks: Sequence[float], place: int) -> str:
    """Return the limits of a class that is the same on every map.

    >>> [fixed_span("index", (50.0, 80.5), place) for place in range(3)]
    ['under 50', '50 to under 80.5', '80.5 and over']
    >>> fixed_span("share", (0.05, 0.07), 1)
    '5% to under 7%'
    """
    if not place:
        return f"under {_given(style, breaks[0])}"
    low = _given(style, breaks[place - 1])
    return (
        f"{low} and over"
        if place == len(breaks)
        else (f"{low} to under {_given(style, breaks[place])}")
    )


def _given(style: str, value: float) -> str:
    """Return a limit as it was given, without what binary fractions add."""
    share = style in {"share", PORTION}
    scaled = f"{100 * value if share else value:,.{_MOST_DIGITS}f}"
    return scaled.rstrip("0").rstrip(".") + ("%" if share else "")


def limit(value: float) -> str:
    """Return a limit of a heat surface's classes."""
    return (
        number(value, 2 if value < 1 else 1).rstrip("0").rstrip(".") if value % 1 else number(value)
    )


def plural(count: int, word: str) -> str:
    """Return a count with its word: "1 area", "7 areas"."""
    return f"{number(count)} {word}{'' if count == 1 else 's'}"


def hidden(value: Value) -> bool:
    """Return whether a figure is withheld."""
    return value == WITHHELD


def _finest(values: Sequence[float], most: int) -> int:
    """Return as many decimals as some figure has, and no more than ``most``."""
    for decimals in range(most, 0, -1):
        if any(abs(round(value, decimals - 1) - value) > _CLOSE for value in values):
            return decimals
    return 0
