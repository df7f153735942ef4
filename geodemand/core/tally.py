"""Counts of clients by place, segment and area, and where lists meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geodemand.core.disclosure import BoolArray, FloatArray, IntArray, People

POSTCODES = "postcodes"


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
    counts: People


def joined(name: str, parts: Sequence[Clients]) -> Clients:
    """Return lists added up at each place; a client who is on two of them counts on each."""
    at = np.concatenate([each.places for each in parts])
    places, where = np.unique(at, return_inverse=True)
    counts = np.bincount(where, weights=np.concatenate([each.counts.exact for each in parts]))
    return Clients(name, places, People(counts.astype(np.int64)))


def spread(clients: Clients, position: IntArray, size: int) -> People:
    """Lay the counts of one list out over chosen places: [size], zero where it has no client.

    ``position``: for each place, where among the chosen it stands; every place with a client does.
    """
    counts = np.zeros(size, dtype=np.int64)
    counts[position[clients.places]] = clients.counts.exact
    return People(counts)


def by_position(clients: Sequence[Clients], positions: IntArray, size: int) -> People:
    """Count the clients of each list by position (segment or area).

    ``positions``: for each place, 0..size-1 or -1. Returns [lists, size + 1], the last column the
    clients without a position.
    """
    rows = [
        np.bincount(
            positions[each.places] % (size + 1), weights=each.counts.exact, minlength=size + 1
        )
        for each in clients
    ]
    return People(np.array(rows, dtype=np.int64).reshape(len(clients), size + 1))


def base_by_position(weight: FloatArray, positions: IntArray, size: int) -> FloatArray:
    """Sum a base weight by position; returns [size + 1], the last without a position."""
    total = np.bincount(positions % (size + 1), weights=weight, minlength=size + 1)
    return total.astype(float)


def presence(clients: Sequence[Clients], places: Places) -> BoolArray:
    """Return, for each list and place of the base, whether a client of the list lives there.

    Returns [lists, places]; False off the base. Clients at points count at their nearest postcode.
    """
    found = np.zeros((len(clients), len(places)), dtype=bool)
    for row, each in enumerate(clients):
        found[row, places.postcode[each.places[each.counts.exact > 0]]] = True
    return found & places.base


def group_columns(people: People, groups: Sequence[IntArray]) -> People:
    """Add up columns of [lists, columns] counts: one new column for each group of indices."""
    summed = [people.exact[:, group].sum(axis=1) for group in groups]
    return People(np.array(summed, dtype=np.int64).reshape(len(groups), -1).T)
