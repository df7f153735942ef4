"""Texts of a postcode column that are not written as the directory has it: what each one is.

`core.postcodes` brings each into its normal form, and says what it is where the directory does not
have that. A text may be one slip off a single postcode of the directory: a proposal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodemand.core import postcodes
from geodemand.core.clients import Numbers
from geodemand.core.postcodes import Kind
from geodemand.core.reasons import NO_PLACE, OF_KIND, PLACED, RANK, Ranks, Reason

if TYPE_CHECKING:
    import duckdb

SHORTEST_REPAIRED, LONGEST_REPAIRED = 5, 7
REPAIRABLE = (Kind.UNIT, Kind.MALFORMED, Kind.PARTIAL)


@dataclass(frozen=True)
class Odd:
    """What texts are, index-aligned with them.

    ``rank``: of the reason. ``place``: in the directory, or NO_PLACE. ``proposed``: the place of
    the single postcode that it is one slip off, or NO_PLACE.
    """

    rank: Ranks
    place: Numbers
    proposed: Numbers


def judge(
    connection: duckdb.DuckDBPyConnection, texts: Sequence[str], ranks: Ranks, *, repair: bool
) -> Odd:
    """Return what each of some distinct texts is; ``ranks`` are those of the directory's places.

    ``repair``: place texts one slip off a single postcode there.
    """
    rank = np.zeros(len(texts), dtype=np.int8)
    proposed = np.full(len(texts), NO_PLACE, dtype=np.int32)
    if not len(texts):
        return Odd(rank, proposed, proposed)
    keys = [postcodes.key(text) for text in texts]
    place = _find(connection, keys)
    rest = np.flatnonzero(place == NO_PLACE)
    readings = [postcodes.of_key(keys[number]) for number in rest]
    covered = _areas(connection)
    rank[rest] = [RANK[_unplaced(reading, covered)] for reading in readings]
    proposed[rest] = _slips(connection, readings)
    found = place != NO_PLACE
    rank[found] = ranks[place[found]]
    mended = proposed != NO_PLACE
    if repair and mended.any():
        place[mended] = proposed[mended]
        there = ranks[place[mended]]
        placed = there <= RANK[PLACED[-1]]
        rank[mended] = np.where(placed, RANK[Reason.REPAIRED], there)
    return Odd(rank, place, proposed)


def _find(connection: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> Numbers:
    """Return the place of each key, or NO_PLACE."""
    place = np.full(len(keys), NO_PLACE, dtype=np.int32)
    with _keys(connection, keys):
        found = connection.execute(
            "SELECT number, place FROM asked JOIN directory USING (key)"
        ).fetchnumpy()
    place[np.asarray(found["number"])] = np.asarray(found["place"])
    return place


@contextmanager
def _keys(connection: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> Iterator[None]:
    """Give the connection the relation ``asked`` of keys and their number."""
    arrays = {"number": np.arange(len(keys)), "key": np.array(keys, dtype=object)}
    connection.register("asked", arrays)
    try:
        yield
    finally:
        connection.unregister("asked")


def _unplaced(reading: postcodes.Reading, covered: set[str]) -> Reason:
    if reading.kind is not Kind.UNIT:
        return OF_KIND[reading.kind]
    # The directory covers an area or it does not: without it nothing can be said of its postcodes.
    return Reason.UNKNOWN if postcodes.area(reading.key) in covered else Reason.OUTSIDE


def _areas(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Return the postcode areas of the directory, the letters in front."""
    connection.execute(
        "CREATE TEMP TABLE IF NOT EXISTS directory_areas AS "  # the same for every list
        "SELECT DISTINCT regexp_extract(start, '^[A-Z]+') AS area "
        "FROM (SELECT DISTINCT left(key, 3) AS start FROM directory)"
    )
    found = connection.execute("SELECT area FROM directory_areas").fetchall()
    return {area for (area,) in found}


def _slips(connection: duckdb.DuckDBPyConnection, readings: Sequence[postcodes.Reading]) -> Numbers:
    """Return for each reading the place of the only postcode one slip away, or NO_PLACE."""
    place = np.full(len(readings), NO_PLACE, dtype=np.int32)
    keys = [
        reading.key
        if reading.kind in REPAIRABLE and SHORTEST_REPAIRED <= len(reading.key) <= LONGEST_REPAIRED
        else ""
        for reading in readings
    ]
    with _keys(connection, keys):
        found = connection.execute(
            f"""
            SELECT number, min(place) AS place FROM (
                SELECT number, key AS own, unnest([{", ".join(postcodes.slips("key"))}]) AS key
                FROM asked WHERE key <> ''
            ) JOIN directory USING (key)
            WHERE key <> own GROUP BY number HAVING count(DISTINCT place) = 1
            """  # noqa: S608 - expressions of ours
        ).fetchnumpy()
    place[np.asarray(found["number"])] = np.asarray(found["place"])
    return place
