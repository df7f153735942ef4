"""The ledger: what became of every row of every list, as a table that adds up."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from geodemand.core.disclosure import Labels, People, Policy, Table, protect
from geodemand.core.matching import PLACED, Matched, Reason

# New postcodes are about one in a hundred a year; slips are rarer than that.
MOST_UNLISTED, FEWEST_UNLISTED = 0.02, 20


def ledger(matched: Mapping[str, Matched], policy: Policy) -> Table:
    """Return rows by reason for each list, protected. Before rounding the reasons add up to rows.

    Columns as in the JSON field ``ledger``, and ``repairable``: rows that --repair would place.
    """
    if not matched:
        return Table("ledger", {"list": Labels(())})

    def figures(values: list[People]) -> People:
        return People(np.array([int(value.exact) for value in values], dtype=np.int64))

    found = list(matched.values())
    return Table(
        "ledger",
        {
            "list": Labels(tuple(matched)),
            "rows": protect(figures([each.rows for each in found]), policy),
            **{
                reason.value: protect(figures([each.ledger[reason] for each in found]), policy)
                for reason in Reason
            },
            "repairable": protect(figures([each.proposals for each in found]), policy),
        },
        title="What became of every row",
    )


def unplaced(matched: Mapping[str, Matched]) -> People:
    """Return for each list how many clients have no place: all but the placed and duplicates."""
    apart = {*PLACED, Reason.DUPLICATE}
    counts = [
        sum(int(each.ledger[reason].exact) for reason in Reason if reason not in apart)
        for each in matched.values()
    ]
    return People(np.array(counts, dtype=np.int64))


def left_out(by_list: Mapping[str, Mapping[str, People]], policy: Policy) -> Table:
    """Return the rows that are in a file and not on its list, by list and why, protected.

    They are no part of the ledger. Columns: list, why, rows.
    """
    held = [(name, why, rows) for name, whys in by_list.items() for why, rows in whys.items()]
    counts = np.array([int(rows.exact) for _, _, rows in held], dtype=np.int64)
    return Table(
        "left_out",
        {
            "list": Labels(tuple(name for name, _, _ in held)),
            "why": Labels(tuple(why for _, why, _ in held)),
            "rows": protect(People(counts), policy),
        },
        title="In a file and not on its list",
    )


def old_directory(matched: Mapping[str, Matched]) -> list[str]:
    """Return a sentence for each list with more new postcodes than a directory of its time lacks.

    One slip off a new postcode another may stand, to which --repair would take its clients.
    """
    return [
        f"{name}: more than {MOST_UNLISTED:.0%} of its rows have a well-formed postcode that the "
        "directory does not have. Is the directory older than the list? Then what --repair takes "
        "for a slip may be a new postcode: take a newer directory first."
        for name, one in matched.items()
        if one.unlisted.exact > max(MOST_UNLISTED * int(one.rows.exact), FEWEST_UNLISTED)
    ]
