"""A profile cut into the rows that are tested together, for tables that are formed from it.

What is computed from a block is computed from protected counts: nothing here sees exact ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from geodemand.core.disclosure import Labels, Protected, Table, ratio
from geodemand.core.profile import EVERYWHERE, SET, WHOLE


@dataclass(frozen=True)
class Block:
    """One list over the segments of one level, or over the sets, on one base.

    ``clients``, ``base_count`` [rows]; ``total``, ``base_total`` [1]: clients and base in any
    segment. ``codes``, ``names``: the rows.
    """

    list_name: str
    level: str
    base: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    clients: Protected
    base_count: Protected
    total: Protected
    base_total: Protected

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    @property
    def share(self) -> Protected:
        """Return the share of the clients in each row, 0-1, not rounded."""
        return ratio(self.clients, self.total)

    @property
    def base_share(self) -> Protected:
        """Return the share of the base in each row, 0-1, not rounded."""
        return ratio(self.base_count, self.base_total)

    @property
    def parts(self) -> bool:
        """Return whether the rows divide a list: segments do, sets may overlap."""
        return self.level != SET

    @property
    def known(self) -> bool:
        """Return whether no count is withheld."""
        figures = (self.clients, self.base_count, self.total, self.base_total)
        return not any(each.withheld.any() for each in figures)


def blocks(table: Table) -> list[Block]:
    """Return the blocks of a profile, in its order; rows about a whole list give the totals."""
    columns = [words(table, name) for name in ("list", "level", "base", "segment", "name")]
    keys = list(zip(columns[0], columns[1], columns[2], strict=True))
    whole = {
        (keys[row][0], keys[row][2]): row
        for row, segment in enumerate(columns[3])
        if keys[row][1] == WHOLE and segment == EVERYWHERE
    }
    rows: dict[tuple[str, str, str], list[int]] = {}
    for row, key in enumerate(keys):
        if key[1] != WHOLE:
            rows.setdefault(key, []).append(row)
    clients, base_count = figures(table, "clients"), figures(table, "base_count")
    found = []
    for key, held in rows.items():
        at = [whole[key[0], key[2]]]
        codes, names = (tuple(column[row] for row in held) for column in columns[3:])
        found.append(
            Block(
                *key,
                codes=codes,
                names=names,
                clients=clients[held],
                base_count=base_count[held],
                total=clients[at],
                base_total=base_count[at],
            )
        )
    return found


def words(table: Table, name: str) -> tuple[str, ...]:
    """Return a column of words, "" where there is none."""
    return tuple(word or "" for word in cast("Labels", table.columns[name]).values)


def figures(table: Table, name: str) -> Protected:
    """Return a column of protected figures."""
    return cast("Protected", table.columns[name])


def single(value: float, *, withheld: bool = False, decimals: int = -1) -> Protected:
    """Return one figure that was formed from protected ones."""
    shown = np.nan if withheld else value
    return Protected(np.array([shown], dtype=float), np.array([withheld]), decimals)
