"""Figures as a map writes them, British style: as the page's script does (figures.js)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from geodemand.core.disclosure import WITHHELD, Value

_LARGE, _MIDDLE = 100, 10
_CLOSE = 1e-9


def digits(style: str, values: Sequence[Value]) -> int:
    """Return the decimals by which figures of a style are read with ease, one for all of them.

    >>> digits("rate", [5.3, 9.25]), digits("rate", [120.4]), digits("share", [0.12, 0.125])
    (2, 0, 1)
    """
    known = [float(value) for value in values if isinstance(value, int | float)]
    if style in {"count", "index"}:
        return 0
    if style == "share":
        return _finest([100 * value for value in known], 1)
    highest = max(known, default=0.0)
    return _finest(known, 0 if highest >= _LARGE else 1 if highest >= _MIDDLE else 2)


def written(style: str, value: float, decimals: int) -> str:
    """Return a figure as text.

    >>> written("count", 5037, 0), written("share", 0.38, 0), written("rate", 5.3, 1)
    ('5,037', '38%', '5.3')
    """
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


def fixed_span(breaks: Sequence[float], place: int) -> str:
    """Return the limits of a class that is the same on every map.

    >>> [fixed_span((50.0, 80.0), place) for place in range(3)]
    ['under 50', '50 to 79', '80 and over']
    """
    if not place:
        return f"under {breaks[0]:g}"
    if place == len(breaks):
        return f"{breaks[-1]:g} and over"
    return f"{breaks[place - 1]:g} to {breaks[place] - 1:g}"


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
