"""Reach: which hub the clients of a list use, and whether it is that of the area they live in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geodemand.core.disclosure import (
    Exact,
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
from geodemand.core.zones import Ground, Zones


@dataclass(frozen=True)
class Living:
    """Clients by where they live: ``area`` (index, -1 for none) of each place, and how many."""

    area: IntArray
    clients: Exact


def reach(
    served: Served, list_name: str, users: Sequence[Living], everybody: Living, policy: Policy
) -> Table:
    """Return for each site how many of its users live in its area, and how many of these it sees.

    ``users``: for each site, those of the list whose column names it. ``everybody``: all of the
    list. Columns: sites, geography, site, name, area, list, users, users_living (in the area of the
    site), local_share (users_living / users), living (clients of the list in the area), seen_share
    (users_living / living). The last row, "(all)", is of all sites together.
    """
    figures = protect(_counted(served, list_name, users, everybody), policy)
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


def _counted(served: Served, list_name: str, users: Sequence[Living], everybody: Living) -> People:
    """Return [3, sites + 1]: users, users who live in the site's area, and clients in the area.

    The last column is of all sites. Counted are clients by the site they use, none of them the
    last row, and by the area they live in, none of them the last column.
    """
    columns = len(served.geography) + 1
    by_use = np.array([_by_area(each, columns) for each in users], dtype=np.int64)
    by_use = by_use.reshape(len(users), columns)
    others = np.maximum(_by_area(everybody, columns) - by_use.sum(axis=0), 0)
    counts = np.vstack([by_use, others])
    cells = np.arange(counts.size).reshape(counts.shape)
    nothing = np.empty(0, dtype=np.int64)
    own = served.own.tolist()
    local = [nothing if at == NOWHERE else cells[row, [at]] for row, at in enumerate(own)]
    living = [cells[:, at] for at in own]
    in_any = cells[:, np.unique(served.own[served.own != NOWHERE])].ravel()
    every = cells.ravel()
    ground = Ground(f"{list_name} by {served.sites.name}", every, counts.ravel())
    groups = [*cells[:-1], cells[:-1].ravel()]
    groups += [*local, np.concatenate([nothing, *local]), *living, in_any]
    zones = Zones.by(every, counts.size).grouped(groups)
    return People.counted([ground], zones).of(0).shaped(3, len(own) + 1)


def _by_area(living: Living, columns: int) -> IntArray:
    weights = living.clients.exact
    summed = np.bincount(living.area % columns, weights=weights, minlength=columns)
    return summed.astype(np.int64)
