"""What areas can be shaded by, and how the page says it: a measure is one row of a table.

A measure is read from columns of the release's table "areas". A new one needs its columns there
and its row here; the page draws key, tables, card and downloads from the row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from geodemand.maps import palettes
from geodemand.maps.classes import breaks, given_limits

# Lower limits of the classes above the lowest, and a colour for each class.
Classes: TypeAlias = "tuple[tuple[float, ...], tuple[str, ...]]"

MIDDLE = 100.0
# An index is a ratio: its classes are the same distance above and below 100 as ratios.
INDEX_BREAKS = (50.0, 80.0, 125.0, 200.0)


def amounts(values: Sequence[float], method: str, palette: str) -> Classes:
    """Return classes of an amount, as a method or given limits say, light to dark."""
    limits = breaks(method, values)
    return limits, palettes.amounts(len(limits) + 1, palette)


def shares(values: Sequence[float], method: str, palette: str) -> Classes:
    """Return classes of shares (0-1). Limits are given per cent, as the key writes them."""
    given = given_limits(method)
    if given is None:
        return amounts(values, method, palette)
    limits = tuple(limit / 100 for limit in given)
    return limits, palettes.amounts(len(limits) + 1, palette)


def around_100(_: Sequence[float], method: str, __: str) -> Classes:
    """Return the classes of an index: fixed or given ones, so that two maps can be compared."""
    limits = given_limits(method) or INDEX_BREAKS
    below = sum(limit <= MIDDLE for limit in limits)
    return limits, palettes.around_the_middle(below, len(limits) - below)


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of an area for each subject (a client list, or what else has rows in the table).

    ``key``: its name in the page. ``column``: of the table "areas". ``title``, ``unit``, ``asks``:
    how it is called, what a figure is of, and the question it answers. ``means``: what it says, in
    plain words, for somebody who sees it for the first time. ``style``: how a number is written:
    "count", "rate", "share", "index", or "portion": a share that is rounded by the size of its own
    area, so each is written with the decimals that it has. ``classes``: makes the classes that
    shade areas, of figures, by a method (`maps.classes`) and in a palette; None where it is only
    told.
    ``interval``: columns with the ends of its likely range. ``fixed``: the classes are the same on
    every map, so the key names their limits and not the figures found.
    """

    key: str
    column: str
    title: str
    unit: str
    asks: str
    means: str
    style: str
    classes: Callable[[Sequence[float], str, str], Classes] | None = None
    interval: tuple[str, str] | None = None
    fixed: bool = False


# Stands for the scene's own words, such as "clients per 1,000 residents".
RATE_WORDS = "{rate}"

MEASURES = (
    Measure(
        "clients",
        "clients",
        "Clients",
        "",
        "How many clients live here?",
        "How many people on the list live in the area.",
        "count",
        amounts,
    ),
    Measure(
        "rate",
        "rate",
        "Rate",
        RATE_WORDS,
        "Where is need high for its people?",
        "Clients in proportion to who or what is there, so that large and small "
        "areas can be compared.",
        "rate",
        amounts,
    ),
    Measure(
        "share",
        "share",
        "Share of clients",
        "per cent of the list\u2019s clients",
        "Where do most clients live?",
        "Of all people on the list, how many in a hundred live in the area.",
        "share",
        shares,
    ),
    Measure(
        "index",
        "index",
        "Index",
        "100 = whole area",
        "Where is it more than expected, or less?",
        "100 is what the whole area would suggest; 200 is twice as many, 50 half as many. Its "
        "likely range says how far chance could have moved it.",
        "index",
        around_100,
        interval=("index_low", "index_high"),
        fixed=True,
    ),
    Measure(
        "meet_all",
        "meet_all",
        "Postcodes where all meet",
        "postcodes with a client of each list",
        "Where do the lists meet?",
        "Lists meet at a postcode where each of them has a client, one or more. They need not be "
        "the same person, nor of one home. This is how many such postcodes the area has.",
        "count",
        amounts,
    ),
    Measure(
        "meet_all_share",
        "meet_all_share",
        "Share where all meet",
        "per cent of postcodes",
        "Where do the lists meet most often?",
        "Of the area\u2019s postcodes that are in use, how many in a hundred have a client of each "
        "of the lists.",
        "portion",
        shares,
        interval=("meet_all_low", "meet_all_high"),
    ),
    Measure(
        "meet_any_share",
        "meet_any_share",
        "Share with any",
        "per cent of postcodes",
        "Where does one of the lists, or more, have a client?",
        "Of the area\u2019s postcodes that are in use, how many in a hundred have a client of at "
        "least one of the lists.",
        "portion",
        shares,
        interval=("meet_any_low", "meet_any_high"),
    ),
)
