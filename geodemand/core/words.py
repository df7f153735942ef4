"""Protected figures in words."""

from __future__ import annotations

import re

from geodemand.core.disclosure import Value


def segment_label(code: str, name: str) -> str:
    """Return what a segment is called: its code before its name, where that does not hold it.

    >>> segment_label("5", "Hard Pressed"), segment_label("1", "Decile 1 (most deprived)")
    ('5 Hard Pressed', 'Decile 1 (most deprived)')
    """
    held = re.search(rf"(?<!\w){re.escape(code)}(?!\w)", name)
    return name if held else f"{code} {name}"


def percent(share: Value, decimals: int = 0) -> str:
    """Return a share (0-1) in per cent, with as many decimals as it was given.

    >>> percent(0.384), percent(0.0949990, 1), percent("c"), percent(None)
    ('38 %', '9.5 %', 'a withheld share', 'no share')
    """
    if isinstance(share, str):
        return "a withheld share"
    if share is None:
        return "no share"
    return f"{100 * share:.{decimals}f} %"


def percent_as_given(share: Value) -> str:
    """Return a share in per cent with no more decimals than it has.

    >>> percent_as_given(0.05), percent_as_given(0.025)
    ('5 %', '2.5 %')
    """
    return f"{100 * share:.6g} %" if isinstance(share, int | float) else percent(share)
