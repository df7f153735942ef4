"""Texts of a postcode column that are not written as the directory has it: what each one is.

`core.postcodes` brings each into its normal form, and says what it is where the directory does not
have that. A text may be one slip off a single postcode of the directory: a proposal.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from geodemand.core import keys, postcodes
from geodemand.core.disclosure import BoolArray
from geodemand.core.keys import Lookup, Numbers
from geodemand.core.postcodes import Kind
from geodemand.core.reasons import NO_PLACE, OF_KIND, PLACED, RANK, Ranks, Reason

SHORTEST_REPAIRED, LONGEST_REPAIRED = 5, 7
REPAIRABLE = (Kind.UNIT, Kind.MALFORMED, Kind.PARTIAL)


@dataclass(frozen=True)
class Odd:
    """What texts are, index-aligned with them.

    ``rank``: of the reason. ``place``: in the directory, or NO_PLACE. ``proposed``: the place of
    the single postcode that it is one slip off, or NO_PLACE. ``unlisted``: it is a well-formed
    postcode that the directory, though it covers the area, does not have.
    """

    rank: Ranks
    place: Numbers
    proposed: Numbers
    unlisted: BoolArray


def judge(texts: Sequence[str], lookup: Lookup, ranks: Ranks, *, repair: bool) -> Odd:
    """Return what each of some distinct texts is; ``ranks`` are those of the directory's places.

    ``repair``: place texts one slip off a single postcode there.
    """
    rank = np.zeros(len(texts), dtype=np.int8)
    proposed = np.full(len(texts), NO_PLACE, dtype=np.int32)
    normal = [postcodes.key(text) for text in texts]
    place = lookup.places(keys.packed(normal))
    rest = np.flatnonzero(place == NO_PLACE)
    readings = [postcodes.of_key(normal[number]) for number in rest]
    rank[rest] = [RANK[_unplaced(reading, lookup.areas)] for reading in readings]
    proposed[rest] = _slips(readings, lookup)
    unlisted = place == NO_PLACE
    unlisted &= rank == RANK[Reason.UNKNOWN]
    found = place != NO_PLACE
    rank[found] = ranks[place[found]]
    mended = proposed != NO_PLACE
    if repair and mended.any():
        place[mended] = proposed[mended]
        there = ranks[place[mended]]
        placed = there <= RANK[PLACED[-1]]
        rank[mended] = np.where(placed, RANK[Reason.REPAIRED], there)
    return Odd(rank, place, proposed, unlisted)


def _unplaced(reading: postcodes.Reading, covered: Collection[str]) -> Reason:
    if reading.kind is not Kind.UNIT:
        return OF_KIND[reading.kind]
    # The directory covers an area or it does not: without it nothing can be said of its postcodes.
    return Reason.UNKNOWN if postcodes.area(reading.key) in covered else Reason.OUTSIDE


def _slips(readings: Sequence[postcodes.Reading], lookup: Lookup) -> Numbers:
    """Return for each reading the place of the only postcode one slip away, or NO_PLACE."""
    able = np.array(
        [
            reading.kind in REPAIRABLE and SHORTEST_REPAIRED <= len(reading.key) <= LONGEST_REPAIRED
            for reading in readings
        ],
        dtype=bool,
    )
    own = keys.packed([each.key for each, can in zip(readings, able, strict=True) if can])
    place = np.full(len(readings), NO_PLACE, dtype=np.int32)
    only = np.full(len(own), NO_PLACE, dtype=np.int32)
    several = np.zeros(len(own), dtype=bool)
    for slip in keys.slips(own):
        near = lookup.places(slip)
        there = near != NO_PLACE
        several |= there & (only != NO_PLACE) & (only != near)
        only[there] = near[there]
    place[able] = np.where(several, NO_PLACE, only)
    return place
