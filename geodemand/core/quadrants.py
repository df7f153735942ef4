"""Core, developmental and niche segments, by how many clients they hold and by their index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geodemand.core import intervals
from geodemand.core.blocks import Block
from geodemand.core.disclosure import (
    Labels,
    Policy,
    Protected,
    Table,
    concatenate,
    rounded_share,
)
from geodemand.core.profile import index_digits, index_of

NOT_CLEAR, HIDDEN = "not clear", "withheld"
# By (many clients, over-represented).
_NAMES = {
    (True, True): "core",
    (True, False): "developmental",
    (False, True): "niche",
    (False, False): "other",
}


def quadrants(blocks: Sequence[Block], policy: Policy) -> Table:
    """Return the quadrant of each segment, "not clear" unless its interval says so.

    A segment holds many clients where its share is over an equal part of the list, 1 / segments
    with a base; it is over-represented where its index is over 100. core: both; developmental: many
    clients but under-represented, where there may be more to reach; niche: over-represented but
    few; other: neither. Both limits of both Wilson intervals (95 %) must lie on the same side.
    """
    tables = [_quadrants(block, policy) for block in blocks if block.parts]
    return concatenate("quadrants", tables, "Segments by share and index")


def _quadrants(block: Block, policy: Policy) -> Table:
    size = len(block)
    share, base_share = block.share, block.base_share
    limits = intervals.wilson(block.clients.values, block.total[[0] * size].values)
    low, high = (Protected(limit, share.withheld) for limit in limits)
    equal = 1 / max(int((block.base_count.values > 0).sum()), 1)
    digits = index_digits(policy)
    index = [index_of(each, base_share, digits) for each in (share, low, high)]
    many, over = _side(low, high, equal), _side(index[1], index[2], 100)
    names = [
        HIDDEN if hidden else _NAMES.get((m, o), NOT_CLEAR)  # type: ignore[arg-type]
        for hidden, m, o in zip(index[0].withheld.tolist(), many, over, strict=True)
    ]
    total = block.total[[0] * size]
    return Table(
        "quadrants",
        {
            "list": Labels((block.list_name,) * size),
            "level": Labels((block.level,) * size),
            "segment": Labels(block.codes),
            "name": Labels(block.names),
            "share": rounded_share(share, total, policy),
            "index": index[0],
            "index_low": index[1],
            "index_high": index[2],
            "quadrant": Labels(tuple(names)),
            "base": Labels((block.base,) * size),
            "share_low": rounded_share(low, total, policy),
            "share_high": rounded_share(high, total, policy),
        },
    )


def _side(low: Protected, high: Protected, middle: float) -> list[bool | None]:
    """Return True where an interval is above a value, False where below, None where it holds it."""
    above, below = low.values > middle, high.values < middle
    sides = np.select([above, below], [1, -1], 0)
    return [{1: True, -1: False}.get(side) for side in sides.tolist()]
