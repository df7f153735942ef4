"""Where two lists, or two dates of a list, differ by segment."""

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
from geodemand.core.profile import FEW_CLIENTS, SMALL
from geodemand.errors import Fault, UsageError


def differences(first: Sequence[Block], second: Sequence[Block], policy: Policy) -> Table:
    """Return by segment how the share of one list differs from that of another.

    difference = share_a - share_b with Newcombe's interval (method 10); p: two-sided score test
    that the shares are equal; q: Benjamini-Hochberg over the level. The lists count as independent:
    where the same clients are on both, the interval is too wide rather than too narrow. Withheld
    where one of the counts is. Blocks pair by level; each list is taken on its first base, which
    a difference of shares does not use. Raises UsageError where the segments are not the same.
    """
    seconds = {block.level: block for block in reversed(second)}
    own = {block.level: block for block in reversed(first)}
    tables = [
        _differences(block, seconds[level], policy)
        for level, block in reversed(own.items())
        if level in seconds
    ]
    return concatenate("differences", tables, "Differences of shares")


def same_segmentation(first: str, second: str) -> None:
    """Raise UsageError where two lists were profiled by different editions of a segmentation."""
    if first != second:
        mend = "Profile both lists by one edition: the same segments and the same scheme."
        what = f"shares by {first} and by {second} do not compare."
        raise UsageError(Fault("", what, mend))


def _differences(a: Block, b: Block, policy: Policy) -> Table:
    if a.codes != b.codes:
        what = f"the {a.level} segments of {a.list_name} and {b.list_name} are not the same."
        raise UsageError(Fault("", what, "Profile both by the same segments and sets."))
    size = len(a)
    shares = [block.share for block in (a, b)]
    hidden = shares[0].withheld | shares[1].withheld
    totals = [block.total[[0] * size] for block in (a, b)]
    pairs = [
        (block.clients.values, total.values) for block, total in zip((a, b), totals, strict=True)
    ]
    low, high = intervals.newcombe(*pairs)
    p = np.where(hidden, np.nan, intervals.equal_proportions(*pairs))
    fewest = np.fmin(totals[0].values, totals[1].values)
    base = Protected(fewest, hidden)
    shown = [
        rounded_share(Protected(np.where(hidden, np.nan, value), hidden), base, policy)
        for value in (shares[0].values - shares[1].values, low, high)
    ]
    few = np.fmax(pairs[0][0], pairs[1][0]) < FEW_CLIENTS
    flags = [SMALL if flag else None for flag in (few | hidden).tolist()]
    return Table(
        "differences",
        {
            "a": Labels((a.list_name,) * size),
            "b": Labels((b.list_name,) * size),
            "level": Labels((a.level,) * size),
            "segment": Labels(a.codes),
            "name": Labels(a.names),
            "share_a": rounded_share(shares[0], totals[0], policy),
            "share_b": rounded_share(shares[1], totals[1], policy),
            **dict(zip(("difference", "low", "high"), shown, strict=True)),
            "p": Protected(p, hidden, 6),
            "q": Protected(intervals.adjusted(p, hidden), hidden, 6),
            "flag": Labels(tuple(flags)),
        },
    )
