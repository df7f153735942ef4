"""Lists of which one is a part of another, such as children under five among all children.

Whoever has both subtracts. So the clients of the whole are taken as kinds of one ground, those of
each part and the rest, and what is said of the whole and of its parts is attacked as one system.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from geodemand.core.book import Book, Case, Entry, case, let_out_before
from geodemand.core.published import Published
from geodemand.core.systems import IntArray
from geodemand.core.zones import Ground, Zones


@dataclass(frozen=True)
class Nested:
    """A list by name, and others that are parts of it, of which no two share a client."""

    whole: str
    parts: tuple[str, ...]

    @property
    def lists(self) -> tuple[str, ...]:
        """Return the parts and the whole."""
        return (*self.parts, self.whole)


@dataclass(frozen=True)
class Joint:
    """The figures of some lists as one case. ``owners``: by name there, the list and its zone's."""

    case: Case
    lists: tuple[str, ...]
    owners: Mapping[int, tuple[str, int]]

    @classmethod
    def alone(cls, case: Case) -> Joint:
        """Return the case of one list."""
        names = case.names.tolist()
        return cls(case, (case.what,), {name: (case.what, name) for name in names})


def laid_over(
    book: Book,
    every: Sequence[Nested],
    earlier: Sequence[Published] = (),
    unlimited: Collection[str] = (),
) -> Iterator[Joint]:
    """Yield the lists with their parts as cases; see `Book.cases`.

    Left out are those that a run counts no figures of, and lists where a part holds more clients
    at a place than the whole, as where a client of several rows counts at another one.
    """
    for each in every:
        if not all(what in book.entries for what in each.lists):
            continue
        places = len(book.entries[each.whole][0].zones.labels)
        ground = _ground(each, book, places)
        if ground is None:
            continue
        entries, owners = [], {}
        for number, what in enumerate(each.lists):
            kinds = np.arange(ground.kinds) if what == each.whole else np.array([number])
            own = book.entries[what]
            before = let_out_before(earlier, book.grounds[what], places)
            for entry in [*own, *before]:
                high = np.where(entry.hidden, np.inf, entry.high)
                held = replace(entry, high=high) if what in unlimited else entry
                lifted = _of_kinds(held, kinds)
                entries.append(lifted)
                names = zip(lifted.zones.names.tolist(), entry.zones.names.tolist(), strict=True)
                owners.update({name: (what, old) for name, old in names})
        # A case takes what its own run shows first.
        entries.sort(key=lambda entry: entry.fixed)
        yield Joint(case(ground, entries), each.lists, owners)


def _ground(each: Nested, book: Book, places: int) -> Ground | None:
    """Return the clients of each part and the rest of the whole; None where that is negative."""
    every = np.arange(places)
    counts = np.array([book.grounds[what].by(every, places)[:, 0] for what in each.lists])
    counts[-1] -= counts[:-1].sum(axis=0)
    if (counts[-1] < 0).any():
        return None
    kind, place = np.nonzero(counts)
    what = f"{each.whole} and {', '.join(each.parts)}"
    return Ground(what, place, counts[kind, place], kind, len(counts))


def _of_kinds(entry: Entry, kinds: IntArray) -> Entry:
    """Return figures of a list as figures of some kinds of the whole."""
    zones = entry.zones
    return replace(
        entry,
        zones=Zones(
            zones.labels,
            zones.labelled,
            zones.size,
            np.repeat(zones.row, len(kinds)),
            np.repeat(zones.label, len(kinds)),
            np.tile(kinds, len(zones.row)),
        ),
    )
