"""The ledger: what became of every row of every list, as a table that adds up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from geodemand.core.disclosure import (
    Exact,
    IntArray,
    Labels,
    People,
    Policy,
    Protected,
    Table,
    protect,
    stack,
)
from geodemand.core.matching import PLACED, Matched, Reason
from geodemand.core.zones import Ground, Zones

_REASONS = tuple(Reason)
# Rows are counted by reason and by whether they are slips: first those that are none.
_SLIPS = len(_REASONS)
_REASON_OF = np.tile(np.arange(_SLIPS), 2)

# New postcodes are about one in a hundred a year; slips are rarer than that.
MOST_UNLISTED, FEWEST_UNLISTED = 0.02, 20
OLDER = "Is the directory older than the list?"


def ledger(matched: Mapping[str, Matched], policy: Policy) -> Table:
    """Return rows by reason for each list, protected. Before rounding the reasons add up to rows.

    Columns as in the JSON field ``ledger``, and ``repairable``: rows that --repair would place.
    """
    if not matched:
        return Table("ledger", {"list": Labels(())})

    found = [_protected(name, each, policy) for name, each in matched.items()]
    return Table(
        "ledger",
        {
            "list": Labels(tuple(matched)),
            "rows": stack([each[[0]] for each in found]),
            **{
                reason.value: stack([each[[row]] for each in found])
                for row, reason in enumerate(Reason, 1)
            },
            "repairable": stack([each[[-1]] for each in found]),
        },
        title="What became of every row",
    )


def _protected(name: str, matched: Matched, policy: Policy) -> Protected:
    """Return all rows, those of each reason, those placed, and those that --repair would place."""
    every = np.arange(2 * _SLIPS)
    placed = np.flatnonzero([_REASONS[row] in PLACED for row in _REASON_OF])
    reasons = [[row, row + _SLIPS] for row in range(_SLIPS)]
    asked = [every, *map(np.array, reasons), placed, every[_SLIPS:]]
    zones = Zones.by(every, len(every)).grouped(asked)
    return protect(People.counted([_ground(name, matched)], zones).of(0), policy)


def _ground(name: str, matched: Matched) -> Ground:
    """Return the rows of a list by reason, and apart from others those that are slips.

    A slip may stand in a row of the same client again, and which is not known: as many as can be
    are taken to be in others.
    """
    counts = _by_reason(matched.ledger)
    slips = _by_reason(matched.slips)
    known = np.minimum(slips, counts)
    known[_REASONS.index(Reason.DUPLICATE)] += (slips - known).sum()
    both = np.concatenate([counts - known, known])
    return Ground(f"{name}: rows by reason", np.arange(2 * _SLIPS), both)


def _by_reason(counts: Mapping[Reason, Exact]) -> IntArray:
    return np.array([int(counts[each].exact) for each in _REASONS], dtype=np.int64)


def unplaced(matched: Mapping[str, Matched]) -> People:
    """Return [lists, 1]: how many clients have no place: all but the placed and duplicates."""
    apart = {*PLACED, Reason.DUPLICATE}
    held = np.flatnonzero([each not in apart for each in _REASONS])
    zones = Zones.by(_REASON_OF, _SLIPS).grouped([held])
    return People.counted([_ground(name, each) for name, each in matched.items()], zones)


def left_out(by_list: Mapping[str, Mapping[str, Exact]], policy: Policy) -> Table:
    """Return the rows that are in a file and not on its list, by list and why, protected.

    They are no part of the ledger. Columns: list, why, rows.
    """
    held = [(name, why) for name, whys in by_list.items() for why in whys]
    rows = [
        People.alone(f"{name}: rows not on it", [int(each.exact) for each in whys.values()])
        for name, whys in by_list.items()
    ]
    return Table(
        "left_out",
        {
            "list": Labels(tuple(name for name, _ in held)),
            "why": Labels(tuple(why for _, why in held)),
            "rows": stack([protect(each, policy) for each in rows]),
        },
        title="In a file and not on its list",
    )


def warnings(sentences: Iterable[str]) -> list[str]:
    """Return those of a release's sentences that warn of an old directory."""
    return [sentence for sentence in sentences if OLDER in sentence]


def old_directory(matched: Mapping[str, Matched]) -> list[str]:
    """Return a sentence for each list with more new postcodes than a directory of its time lacks.

    One slip off a new postcode another may stand, to which --repair would take its clients.
    """
    return [
        f"{name}: more than {100 * MOST_UNLISTED:.0f} % of its rows have a well-formed postcode "
        f"that the directory does not have. {OLDER} Then what --repair takes for a slip may be a "
        "new postcode: take a newer directory first."
        for name, one in matched.items()
        if one.unlisted.exact > max(MOST_UNLISTED * int(one.rows.exact), FEWEST_UNLISTED)
    ]
