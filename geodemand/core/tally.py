"""Counts of clients by place, segment and area, and where lists meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geodemand.core.disclosure import BoolArray, Exact, FloatArray, IntArray, People
from geodemand.core.zones import Ground, Zones

POSTCODES = "postcodes"
_FEW_BITS = 16


@dataclass(frozen=True)
class Places:
    """Everywhere a client can be: the directory's postcodes, then points of lists by coordinates.

    ``x``, ``y``: metres (EPSG:27700), NaN without a location. ``base``: counts in the base (live
    postcodes in the study area). ``weights``: what a base can be counted in, by name (postcodes,
    households, residents); zero off the base. ``segment``: position among the scheme's finest
    codes, -1 for none. ``areas``: by geography, index of the area, -1 for none. ``postcode``: the
    place itself, or for a point its nearest postcode of the base.
    """

    x: FloatArray
    y: FloatArray
    base: BoolArray
    weights: Mapping[str, FloatArray]
    segment: IntArray
    areas: Mapping[str, IntArray]
    postcode: IntArray

    def __len__(self) -> int:
        """Return the number of places."""
        return len(self.x)


@dataclass(frozen=True)
class Clients:
    """One client list as counted: how many clients (``counts``) at which ``places`` (indices)."""

    name: str
    places: IntArray
    counts: Exact

    @property
    def ground(self) -> Ground:
        """Return the list as what is counted, place by place."""
        return Ground(self.name, self.places, self.counts.exact)


def joined(name: str, parts: Sequence[Clients]) -> Clients:
    """Return lists added up at each place; a client who is on two of them counts on each."""
    at = np.concatenate([each.places for each in parts])
    places, where = np.unique(at, return_inverse=True)
    counts = np.bincount(where, weights=np.concatenate([each.counts.exact for each in parts]))
    return Clients(name, places, Exact(counts.astype(np.int64)))


def spread(clients: Clients, position: IntArray, size: int) -> People:
    """Lay the counts of one list out over chosen places: [size], zero where it has no client.

    ``position``: for each place, where among the chosen it stands; every place with a client does.
    """
    return People.counted([clients.ground], Zones.by(position, size)).of(0)


def by_position(clients: Sequence[Clients], positions: IntArray, size: int) -> People:
    """Count the clients of each list by position (segment or area).

    ``positions``: for each place, 0..size-1 or -1. Returns [lists, size + 1], the last column the
    clients without a position.
    """
    zones = Zones.by(positions % (size + 1), size + 1)
    return People.counted([each.ground for each in clients], zones)


def nobody(clients: Sequence[Clients]) -> People:
    """Return [lists, 1]: no client without a place on any list."""
    none = np.empty(0, dtype=np.int64)
    grounds = [Ground(f"{each.name} without a place", none, none) for each in clients]
    return People.counted(grounds, Zones.by(np.zeros(1, dtype=np.int64), 1))


def base_by_position(weight: FloatArray, positions: IntArray, size: int) -> FloatArray:
    """Sum a base weight by position; returns [size + 1], the last without a position."""
    total = np.bincount(positions + 1, weights=weight, minlength=size + 1)
    return np.roll(total, -1).astype(float)


def presence(clients: Sequence[Clients], places: Places) -> BoolArray:
    """Return, for each list and place of the base, whether a client of the list lives there.

    Returns [lists, places]; False off the base. Clients at points count at their nearest postcode.
    """
    found = np.zeros((len(clients), len(places)), dtype=bool)
    for row, each in enumerate(clients):
        found[row, places.postcode[each.places[each.counts.exact > 0]]] = True
    return found & places.base


@dataclass(frozen=True)
class Meeting:
    """Postcodes of the base by which lists have a client there, as what is counted.

    Postcodes are of 2^lists kinds: kind k has a client of list i where bit i of k is set.
    """

    present: BoolArray
    ground: Ground

    @classmethod
    def of(cls, clients: Sequence[Clients], places: Places) -> Meeting:
        """Look at some lists; their names say what is counted."""
        found = presence(clients, places)
        base = np.flatnonzero(places.base)
        kind = _bits(found[:, base], len(base))
        what = f"postcodes with {' + '.join(each.name for each in clients)}"
        once = np.broadcast_to(np.int64(1), len(base))
        return cls(found, Ground(what, base, once, kind, 1 << len(clients)))

    def kinds(self, part: Sequence[int], rule: str) -> IntArray:
        """Return the kinds where "all", or any, of some lists have a client."""
        bits = (np.arange(self.ground.kinds)[:, None] >> np.array(part)) & 1
        return np.flatnonzero(bits.all(axis=1) if rule == "all" else bits.any(axis=1))

    def counted(self, asked: Sequence[tuple[BoolArray, IntArray]]) -> People:
        """Count postcodes: within some places, those of some kinds [asked]."""
        keys = [places.tobytes() for places, _ in asked]
        scopes = dict(zip(keys, (places for places, _ in asked), strict=True))
        bit = {key: number for number, key in enumerate(scopes)}
        codes, labels = _numbered(_bits([*scopes.values()], len(self.present.T)), len(scopes))
        row, label, kind = [], [], []
        for number, (key, (_, kinds)) in enumerate(zip(keys, asked, strict=True)):
            held = np.flatnonzero((codes >> bit[key]) & 1)
            row.append(np.full(len(held) * len(kinds), number))
            label.append(np.repeat(held, len(kinds)))
            kind.append(np.tile(kinds, len(held)))
        flat = [np.concatenate([np.empty(0, dtype=np.int64), *each]) for each in (row, label, kind)]
        zones = Zones(labels, len(codes), len(asked), *flat)
        return People.counted([self.ground], zones).of(0)


def _bits(rows: Sequence[BoolArray] | BoolArray, size: int) -> IntArray:
    """Return for each column of the rows the number whose bit i is that of row i [size]."""
    found = np.zeros(size, dtype=np.min_scalar_type((1 << len(rows)) - 1))
    for bit, row in enumerate(rows):
        found |= row.astype(found.dtype) << found.dtype.type(bit)
    return found


def _numbered(code: IntArray, bits: int) -> tuple[IntArray, IntArray]:
    """Return the codes that occur, ascending, and for each place the number of its code."""
    if bits > _FEW_BITS:
        return np.unique(code, return_inverse=True)
    # Millions of places have few codes: counting them is much faster than sorting the places.
    seen = np.bincount(code, minlength=1 << bits) > 0
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[code]


def group_columns(people: People, groups: Sequence[IntArray]) -> People:
    """Add up columns of [lists, columns] counts: one new column for each group of indices."""
    return people.grouped(groups)
