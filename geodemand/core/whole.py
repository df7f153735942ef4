"""The whole that areas are compared with: each list's clients in all areas of a geography."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geodemand.core import tally
from geodemand.core.areas import Rate
from geodemand.core.disclosure import (
    Facts,
    Labels,
    Policy,
    Table,
    known_figures,
    protect,
    ratio,
    rounded,
    stack,
)
from geodemand.core.geography import Geography
from geodemand.core.tally import Clients, Places


def whole_areas(
    clients: Sequence[Clients],
    places: Places,
    geographies: Sequence[Geography],
    rate: Rate,
    policy: Policy,
) -> Table:
    """Return one row for each geography and list: what all its areas hold together, protected.

    clients: the same totals that shares in `geodemand.core.areas.by_area` are of. rate: of them.
    """
    totals, weights = [], []
    for geography in geographies:
        position, size = places.areas[geography.name], len(geography)
        people = tally.by_position(clients, position, size)
        everywhere = people.grouped([np.arange(size)]).shaped(len(clients))
        totals.append(protect(everywhere, policy))
        weight = tally.base_by_position(places.weights[rate.base], position, size)[:-1].sum()
        weights.append(np.full(len(clients), weight))
    counts = stack(totals)
    weight = np.concatenate(weights)
    return Table(
        "whole",
        {
            "geography": Labels(tuple(each.name for each in geographies for _ in clients)),
            "list": Labels(tuple(each.name for _ in geographies for each in clients)),
            "clients": counts,
            "base": Facts(weight),
            "rate": rounded(ratio(counts, known_figures(weight / rate.per)), 1),
        },
        "All areas together",
    )
