"""Where two geographies disagree, as areas to be drawn. About boundaries and postcodes only."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from geodemand.core.coterminosity import Pair, Points, weigh
from geodemand.core.geography import NOWHERE, Geography
from geodemand.core.mismatches import NONE, meet, off_partner
from geodemand.core.overlay import overlay, widths
from geodemand.core.tally import POSTCODES, Places


def disagreement(
    pair: Pair, places: Places, width_m: float, titles: Mapping[str, str] | None = None
) -> Geography:
    """Return the pieces off their area's partner that are wider than ``width_m``, metres.

    The partner of an area is the one that most of its postcodes share (`core.mismatches`). A piece
    that no circle of ``width_m``, or of the accuracy that one of the geographies states, fits into
    is a sliver of drawing, and is left out. Each is named by its two areas. ``titles``: how readers
    see geographies called, by name.
    """
    a, b = (places.areas[each.name] for each in (pair.a, pair.b))
    used = np.flatnonzero(places.base)
    at = (places.x[used], places.y[used], a[used], b[used])
    points = Points(*at, weights={POSTCODES: places.weights[POSTCODES][used]}, people={})
    pieces = overlay(pair.a, pair.b)
    weighed = weigh(pair, pieces, points)
    one, two = ((titles or {}).get(each.name, each.name) for each in (pair.a, pair.b))
    name = f"Where {one} and {two} differ"
    if not meet(weighed):
        return Geography(name, (), (), np.empty(0, dtype=object))
    off = off_partner(pair, pieces, weighed)
    narrow = max(width_m, pair.a.accuracy_m, pair.b.accuracy_m)
    real = np.flatnonzero(widths(off.shapes, narrow) > narrow)
    names = [
        f"{_name(pair.a, int(off.a[i]))} ({one}), {_name(pair.b, int(off.b[i]))} ({two})"
        for i in real
    ]
    codes = tuple(str(number + 1) for number in range(len(real)))
    return Geography(name, codes, tuple(names), off.shapes[real])


def _name(geography: Geography, area: int) -> str:
    return NONE if area == NOWHERE else geography.names[area]
