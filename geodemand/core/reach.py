"""Reach: which hub the clients of a list use, and whether it is that of the area they live in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geodemand.core.disclosure import (
    IntArray,
    Labels,
    People,
    Policy,
    Table,
    protect,
    ratio,
    rounded_share,
)
from geodemand.core.geography import NOWHERE
from geodemand.core.hinterland import ALL, Served


@dataclass(frozen=True)
class Living:
    """Clients by where they live: ``area`` (index, -1 for none) of each place, and how many."""

    area: IntArray
    clients: People


def reach(
    served: Served, list_name: str, users: Sequence[Living], everybody: Living, policy: Policy
) -> Table:
    """Return for each site how many of its users live in its area, and how many of these it sees.

    ``users``: for each site, those of the list whose column names it. ``everybody``: all of the
    list. Columns: sites, geography, site, name, area, list, users, users_living (in the area of the
    site), local_share (users_living / users), living (clients of the list in the area), seen_share
    (users_living / living). The last row, "(all)", is of all sites together.
    """
    used = np.array([each.clients.exact.sum() for each in users], dtype=np.int64)
    local = np.array(
        [
            each.clients.exact[(each.area == own) & (own != NOWHERE)].sum()
            for each, own in zip(users, served.own, strict=True)
        ],
        dtype=np.int64,
    )
    inside = everybody.area != NOWHERE
    size = len(served.geography)
    held = np.bincount(
        everybody.area[inside], weights=everybody.clients.exact[inside], minlength=size + 1
    ).astype(np.int64)
    living = held[served.own]
    in_any = held[np.unique(served.own[served.own != NOWHERE])].sum()
    counts = np.array(
        [
            np.append(used, used.sum()),
            np.append(local, local.sum()),
            np.append(living, in_any),
        ]
    )
    figures = protect(People(counts), policy)
    areas = (*served.geography.names, None)
    names = (*served.sites.names, ALL)
    return Table(
        "reach",
        {
            "sites": Labels((served.sites.name,) * len(names)),
            "geography": Labels((served.geography.name,) * len(names)),
            "site": Labels((*served.sites.codes, ALL)),
            "name": Labels(names),
            "area": Labels((*(areas[i] for i in served.own), None)),
            "list": Labels((list_name,) * len(names)),
            "users": figures[0],
            "users_living": figures[1],
            "local_share": rounded_share(ratio(figures[1], figures[0]), figures[0], policy),
            "living": figures[2],
            "seen_share": rounded_share(ratio(figures[1], figures[2]), figures[2], policy),
        },
        "Whom sites see, and whether they live in their areas",
    )
