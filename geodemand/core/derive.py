"""Which segments are over-represented on a list, and what that may be worth."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from geodemand.core import intervals
from geodemand.core.blocks import Block, figures, single, words
from geodemand.core.disclosure import (
    Facts,
    IntArray,
    Labels,
    Policy,
    Protected,
    Table,
    concatenate,
    known_figures,
    rounded,
    stack,
)
from geodemand.core.over_represented import (
    ALPHA,
    FEWEST,
    SMALL_SHARE,
    Tested,
    each_left_out,
    fewest_to_stand,
    noise_of_choice,
    tested_block,
)
from geodemand.core.profile import SET, index_digits, index_of
from geodemand.core.segmentation import Scheme, SegmentSet

TOGETHER = "(together)"
REST = "(rest of {})"
STANDS, NOT_SHOWN, HIDDEN, CHOSEN = (
    "over-represented",
    "not shown",
    "withheld",
    "chosen on this list",
)
LEFT_OUT = ("left_out_clients", "left_out_index", "left_out_low", "left_out_high")


@dataclass(frozen=True)
class Derived:
    """The over-represented segments of a list.

    ``table``: every segment of every level tested. ``about``: one row on the choice: what noise
    alone would have given, and what so short a list can show. ``codes``: of the ``level``.
    """

    name: str
    list_name: str
    level: str
    codes: tuple[str, ...]
    table: Table
    about: Table


def derive(name: str, blocks: Sequence[Block], policy: Policy) -> Derived:
    """Return the segments that are over-represented on one list, level by level.

    ``blocks``: of one list and base, a level each, the finest last. p: exact upper tail of the
    clients of a segment, as in the profile; q: Benjamini-Hochberg over the level. A segment of the
    finest level is chosen with q of at most 5 % and at least 3 clients. Ranked by ``lower_5``,
    100 x the 5 % limit of its posterior rate: O ~ Poisson(θ E), θ ~ Gamma(a, b), a and b by maximum
    likelihood over the level, so that a high index of few clients counts for little (DuMouchel
    1999, American Statistician 53). Withheld where a count is.
    """
    tested = [tested_block(block) for block in blocks]
    finest = tested[-1]
    codes = [code for code, stands in zip(finest.block.codes, finest.stands, strict=True) if stands]
    tables = [_rows(each, policy) for each in tested]
    return Derived(
        name,
        finest.block.list_name,
        finest.block.level,
        tuple(codes),
        concatenate("derived", tables, f"Over-represented on the list {finest.block.list_name}"),
        _about(name, finest),
    )


def _rows(tested: Tested, policy: Policy) -> Table:
    block = tested.block
    size = len(block)
    hidden = tested.hidden
    order = np.lexsort((np.arange(size), -np.nan_to_num(tested.lower, nan=-1)))
    ranks = np.empty(size)
    ranks[order] = np.arange(1, size + 1)
    ranks = np.where(np.isfinite(tested.lower), ranks, np.nan)
    digits = index_digits(policy)
    lower = Protected(np.where(hidden, np.nan, 100 * tested.lower), hidden)
    return Table(
        "derived",
        {
            "level": Labels((block.level,) * size),
            "segment": Labels(block.codes),
            "name": Labels(block.names),
            "clients": block.clients,
            "expected": rounded(tested.expected, 2 if digits else 1),
            "index": index_of(block.share, block.base_share, digits),
            "p": Protected(tested.p, hidden, 6),
            "q": Protected(tested.q, hidden, 6),
            "lower_5": rounded(lower, digits),
            "rank": Protected(ranks, hidden),
            "chosen": Labels(tuple(_chosen(tested))),
            "why": Labels(tuple(_why(tested))),
            "list": Labels((block.list_name,) * size),
            "base": Labels((block.base,) * size),
        },
    )


def _chosen(tested: Tested) -> list[str | None]:
    return [
        HIDDEN if hidden else "yes" if stands else "no"
        for hidden, stands in zip(tested.hidden.tolist(), tested.stands.tolist(), strict=True)
    ]


def _why(tested: Tested) -> list[str]:
    said = []
    counts, expected = tested.block.clients.values, tested.expected.values
    columns = (tested.hidden, counts, expected, tested.q)
    for hidden, count, usual, q in zip(*(each.tolist() for each in columns), strict=True):
        if hidden:
            said.append("too few to be shown")
        elif not np.isfinite(q):
            said.append("no figure")
        elif count <= usual:
            said.append("no more than expected")
        elif q > ALPHA:
            said.append("chance alone may give as many")
        else:
            said.append("more than chance gives" if count >= FEWEST else f"fewer than {FEWEST}")
    return said


def _about(name: str, tested: Tested) -> Table:
    """Return one row on the choice: what noise alone gives, and what the list can show."""
    block = tested.block
    hidden = bool(block.total.withheld[0]) or bool(tested.hidden.any())
    chosen = int(tested.stands.sum())
    # Where a chosen count is shown the choice is known; what noise gives needs all counts.
    p, noise = np.nan, np.nan
    if chosen and not block.total.withheld[0]:
        p, noise = noise_of_choice(tested, chosen)
    total = block.total.values[0]
    needed = fewest_to_stand(total, len(block)) if np.isfinite(total) else np.nan
    held = block.clients.values[tested.stands]
    left_out = np.full(4, np.nan) if hidden else each_left_out(tested)
    one_by_one = {
        name: single(value, withheld=hidden, decimals=0)
        for name, value in zip(LEFT_OUT, left_out, strict=True)
    }
    return Table(
        "derived_about",
        {
            "set": Labels((name,)),
            "list": Labels((block.list_name,)),
            "level": Labels((block.level,)),
            "base": Labels((block.base,)),
            "tested": Facts(np.array([float(len(block))])),
            "withheld": Facts(np.array([float(tested.hidden.sum())])),
            "chosen": single(chosen, decimals=0),
            "clients": single(float(held.sum()), decimals=0),
            "total": block.total,
            "selection_p": single(p, decimals=4),
            "index_by_chance": single(np.round(noise, 0), decimals=0),
            "prior_shape": single(tested.prior[0], withheld=hidden, decimals=3),
            "prior_rate": single(tested.prior[1], withheld=hidden, decimals=3),
            "power_base_share": Facts(np.array([SMALL_SHARE]), 4),
            "power_clients": single(needed, decimals=0),
            **one_by_one,
        },
    )


def rest_of(chosen: SegmentSet, scheme: Scheme, finest: str) -> SegmentSet | None:
    """Return the other segments of the categories that a set's members are of, if there are any."""
    top = scheme.levels[0]
    if chosen.level == top or chosen.level not in (*scheme.coarser(finest), finest):
        return None
    above = {scheme.ancestor(chosen.level, code, top) for code in chosen.codes} - {None}
    others = [
        code
        for code in scheme.codes(chosen.level)
        if code not in chosen.codes and scheme.ancestor(chosen.level, code, top) in above
    ]
    names = " and ".join(scheme.label(top, code) for code in scheme.codes(top) if code in above)
    return SegmentSet(REST.format(names), chosen.level, tuple(others)) if others else None


def scores(name: str, list_name: str, table: Table) -> Table:
    """Return how a derived set, and the rest of its categories, do on the other lists.

    ``table``: a profile of those sets. The list on which the set was chosen is left out.
    """
    kept = _sets_of(table, [own for own in words(table, "list") if own != list_name])
    called = words(table, "name")
    shown = ("clients", "share", "base_share", "index", "index_low", "index_high")
    return Table(
        "derived_scores",
        {
            "list": Labels(tuple(words(table, "list")[row] for row in kept)),
            **{column: figures(table, column)[kept] for column in shown},
            "set": Labels(tuple(called[row] for row in kept)),
            "base": Labels(tuple(words(table, "base")[row] for row in kept)),
            "p": figures(table, "p")[kept],
            "flag": Labels(tuple(words(table, "flag")[row] or None for row in kept)),
        },
        title=f"{name}, chosen on {list_name}, on the other lists",
    )


def given(chosen: SegmentSet, block: Block, together: Table, policy: Policy) -> Table:
    """Return what the test makes of each member of a set that was given, on one list.

    ``block``: the list over all segments of the set's level, over which q is formed.
    ``together``: the profile of the set and of the rest of its categories, for the last rows.
    """
    tested = tested_block(block)
    rows = np.flatnonzero([code in chosen.codes for code in block.codes])
    digits = index_digits(policy)
    size = len(block)
    limits = intervals.wilson(block.clients.values, block.total[[0] * size].values)
    share, base_share = block.share, block.base_share
    parts = [share, *(Protected(limit, share.withheld) for limit in limits)]
    index, low, high = (index_of(each, base_share, digits)[rows] for each in parts)
    sums = _sets_of(together, [block.list_name])
    called = words(together, "name")
    if len(rows) == 1:
        sums = sums[[called[row] != chosen.name for row in sums]]
    names = [TOGETHER if called[row] == chosen.name else called[row] for row in sums]
    p = stack([Protected(tested.p, tested.hidden, 6)[rows], figures(together, "p")[sums]])
    verdicts = [_verdict(tested, row) for row in rows] + [
        _verdict_together(
            together, row, biased=called[row] == chosen.name and chosen.chosen_on == block.list_name
        )
        for row in sums
    ]
    count = len(rows) + len(sums)
    nothing = known_figures(np.full(len(sums), np.nan), 6)
    expected = _expected(figures(together, "total")[sums], together, sums)
    return Table(
        "given",
        {
            "set": Labels((chosen.name,) * count),
            "list": Labels((block.list_name,) * count),
            "segment": Labels((*(block.codes[row] for row in rows), *names)),
            "name": Labels((*(block.names[row] for row in rows), *names)),
            "clients": stack([block.clients[rows], figures(together, "clients")[sums]]),
            "expected": rounded(stack([tested.expected[rows], expected]), 2 if digits else 1),
            "index": stack([index, figures(together, "index")[sums]]),
            "p": p,
            "q": stack([Protected(tested.q, tested.hidden, 6)[rows], nothing]),
            "verdict": Labels(tuple(verdicts)),
            "index_low": stack([low, figures(together, "index_low")[sums]]),
            "index_high": stack([high, figures(together, "index_high")[sums]]),
            "base": Labels((block.base,) * count),
        },
    )


def _sets_of(table: Table, lists: Collection[str]) -> IntArray:
    """Return the rows of a profile that are sets of these lists."""
    columns = zip(words(table, "level"), words(table, "list"), strict=True)
    return np.flatnonzero([level == SET and own in lists for level, own in columns])


def _expected(total: Protected, together: Table, rows: IntArray) -> Protected:
    """Return the clients expected of whole sets: n b / N."""
    shares = figures(together, "base_share")[rows]
    return Protected(
        np.where(total.withheld | shares.withheld, np.nan, total.values * shares.values),
        total.withheld | shares.withheld,
    )


def _verdict(tested: Tested, row: np.int64) -> str:
    if tested.hidden[row]:
        return HIDDEN
    return STANDS if tested.stands[row] else NOT_SHOWN


def _verdict_together(together: Table, row: np.int64, *, biased: bool) -> str:
    """Return the verdict on a set as a whole: one test, so its p is not adjusted."""
    if biased:
        return CHOSEN
    p = figures(together, "p")
    if p.withheld[row]:
        return HIDDEN
    return STANDS if np.nan_to_num(p.values[row], nan=1) <= ALPHA else NOT_SHOWN
