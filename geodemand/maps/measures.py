"""What areas can be shaded by, and how the page says it: a measure is one row of a table.

A measure is read from columns of the release's table "areas". A new one needs its columns there
and its row here; the page draws key, tables, card and downloads from the row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from geodemand.maps import palettes

# Lower limits of the classes above the lowest, and a colour for each class.
Classes: TypeAlias = "tuple[tuple[float, ...], tuple[str, ...]]"

_SHOWN_CLASSES = 5
_AREAS_A_CLASS = 2
# An index is a ratio: its classes are the same distance above and below 100 as ratios.
INDEX_BREAKS = (50.0, 80.0, 125.0, 200.0)


def by_quantile(values: Sequence[float]) -> Classes:
    """Return up to five classes with about as many areas each."""
    breaks = quantile_breaks(values)
    return breaks, palettes.amounts(len(breaks) + 1)


def around_100(_: Sequence[float]) -> Classes:
    """Return the fixed classes of an index, so that two maps can be compared."""
    return INDEX_BREAKS, palettes.around_the_middle()


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of an area for each subject (a client list, or what else has rows in the table).

    ``key``: its name in the page. ``column``: of the table "areas". ``title``, ``unit``, ``asks``:
    how it is called, what a figure is of, and the question it answers. ``style``: how a number is
    written: "count", "rate", "share" or "index". ``classes``: makes the classes that shade areas;
    None where it is only told. ``interval``: columns with the ends of its likely range.
    ``fixed``: the classes are the same on every map, so the key names their limits and not the
    figures found.
    """

    key: str
    column: str
    title: str
    unit: str
    asks: str
    style: str
    classes: Callable[[Sequence[float]], Classes] | None = None
    interval: tuple[str, str] | None = None
    fixed: bool = False


# Stands for the scene's own words, such as "clients per 1,000 residents".
RATE_WORDS = "{rate}"

MEASURES = (
    Measure("clients", "clients", "Clients", "", "", "count"),
    Measure(
        "rate",
        "rate",
        "Rate",
        RATE_WORDS,
        "Where is need high for its people?",
        "rate",
        by_quantile,
    ),
    Measure(
        "share",
        "share",
        "Share of clients",
        "per cent of the list\u2019s clients",
        "Where do most clients live?",
        "share",
        by_quantile,
    ),
    Measure(
        "index",
        "index",
        "Index",
        "100 = whole area",
        "Where is it more than expected, or less?",
        "index",
        around_100,
        interval=("index_low", "index_high"),
        fixed=True,
    ),
)


def quantile_breaks(values: Sequence[float]) -> tuple[float, ...]:
    """Return the lower limits of the classes above the lowest, each a figure that occurs.

    Zeros are drawn plain and are in no class. Equal figures are in the same class, and few
    areas make few classes: at least two a class.

    >>> quantile_breaks([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0])
    (3.0, 5.0, 7.0, 9.0)
    >>> quantile_breaks([0.0, 4.0, 4.0, 4.0, 9.0])
    (9.0,)
    """
    shown = np.sort([value for value in values if value > 0])
    if not len(shown):
        return ()
    classes = min(_SHOWN_CLASSES, max(1, -(-len(shown) // _AREAS_A_CLASS)))
    places = -(-np.arange(1, classes) * len(shown) // classes)
    first, after = (np.searchsorted(shown, shown[places], side) for side in ("left", "right"))
    # A run of equal figures goes whole to the side that leaves the classes nearer in size.
    starts = np.where((first > 0) & (places - first <= after - places), first, after)
    return tuple(np.unique(shown[starts[starts < len(shown)]]).tolist())
