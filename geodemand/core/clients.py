"""One client, one count: the rows of a list put together by client, whatever their order.

A client is told by 64 bits of a hash of the id: among ten million clients, two are taken for one in
one list of 400,000. So a row with an id takes 12 bytes, 16 in a dated list. Up to `HELD_ROWS` are
held; a longer list is read again, for one part of its clients after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from geodemand.core.disclosure import BoolArray, IntArray
from geodemand.core.keys import Numbers

Hashes: TypeAlias = npt.NDArray[np.uint64]

HELD_ROWS = 12_000_000
# One client with very many rows cannot be parted.
MOST_PARTS = 1_024
# Rows are put together in groups by the first bits of the client, which sort faster.
GROUP_BITS, CLIENT_BITS = 4, 64
# Bits of the client that tell most clients apart: neither the first, by which they are grouped, nor
# the last, by which long lists are parted.
SLOT_BIT, SLOTS_A_ROW, MOST_SLOT_BITS = 20, 2, 23


@dataclass(frozen=True)
class ClientRows:
    """Rows with an id: the ``client``, the number of the ``answer``; ``late`` in a dated list.

    ``late``: the smaller, the later.
    """

    client: Hashes
    answer: Numbers
    late: Numbers | None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.client)

    def __getitem__(self, chosen: BoolArray | IntArray | slice) -> ClientRows:
        """Return some of the rows."""
        late = None if self.late is None else self.late[chosen]
        return ClientRows(self.client[chosen], self.answer[chosen], late)


class Held:
    """The rows of a list that have an id, by client."""

    def __init__(self, read: Callable[[str], Iterator[ClientRows]]) -> None:
        """Take what reads the rows that meet an SQL condition, "" for all; read them once."""
        self._read = read
        self._parts = 1
        self._held: list[ClientRows] = []
        for rows in read(""):
            self._held.append(self._first_part(rows))
            while sum(map(len, self._held)) > HELD_ROWS and self._parts < MOST_PARTS:
                self._parts *= 2
                self._held = [self._first_part(each) for each in self._held]

    def groups(self) -> Iterator[ClientRows]:
        """Give all rows, group by group, each client's in one; read again what is not held."""
        yield from _grouped(self._held)
        self._held = []
        for part in range(1, self._parts):
            yield from _grouped(list(self._read(f"hash(id) % {self._parts} = {part}")))

    def _first_part(self, rows: ClientRows) -> ClientRows:
        if self._parts == 1:
            return rows
        return rows[rows.client % np.uint64(self._parts) == 0]


def best(client: Hashes, worth: IntArray) -> IntArray:
    """Return for each client, in no order, the smallest worth of its rows.

    >>> sorted(best(np.array([7, 3, 7], dtype=np.uint64), np.array([5, 1, 2])).tolist())
    [1, 2]
    """
    if not len(client):
        return worth
    # Most clients have one row: only rows that share some bits with others are put in order.
    bits = min((SLOTS_A_ROW * len(client)).bit_length(), MOST_SLOT_BITS)
    slot = ((client >> np.uint64(SLOT_BIT)) & np.uint64(2**bits - 1)).view(np.int64)
    alone = np.bincount(slot)[slot] == 1
    return np.concatenate([worth[alone], _best(client[~alone], worth[~alone])])


def _best(client: Hashes, worth: IntArray) -> IntArray:
    if not len(client):
        return worth
    order = np.argsort(client)
    client = client[order]
    first = np.flatnonzero(np.append(True, client[1:] != client[:-1]))
    return np.asarray(np.minimum.reduceat(worth[order], first))


def _grouped(held: list[ClientRows]) -> Iterator[ClientRows]:
    shift = np.uint64(CLIENT_BITS - GROUP_BITS)
    for at, rows in enumerate(held):
        held[at] = rows[np.argsort((rows.client >> shift).astype(np.uint8), kind="stable")]
    bounds = np.arange(2**GROUP_BITS + 1)
    edges = [np.searchsorted((rows.client >> shift).astype(np.uint8), bounds) for rows in held]
    for group in range(2**GROUP_BITS):
        yield _joined(
            [rows[edge[group] : edge[group + 1]] for rows, edge in zip(held, edges, strict=True)]
        )


def _joined(parts: list[ClientRows]) -> ClientRows:
    dated = [part.late for part in parts if part.late is not None]
    return ClientRows(
        np.concatenate([part.client for part in parts] or [np.zeros(0, dtype=np.uint64)]),
        np.concatenate([part.answer for part in parts] or [np.zeros(0, dtype=np.int32)]),
        np.concatenate(dated) if dated else None,
    )
