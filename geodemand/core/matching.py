"""Place every row of a client list and account for it in the ledger.

Lists come as relations of a DuckDB connection with two columns: ``raw``, the text of the postcode
(or of the coordinates), and ``id``, the client or NULL; a dated list also has ``day``. Work is done
on distinct texts and counts, never on rows, so a list may be larger than memory. The rules and
their order are those of the ledger: see `Reason`.

A client with several rows counts once: at the row of the most trusted reason, of these at the
latest in a dated list (rows without a date come last), of these at the smallest text. The order of
rows decides nothing. Its other rows are duplicates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from geodemand.core import postcodes
from geodemand.core.disclosure import BoolArray, FloatArray, IntArray, People
from geodemand.core.postcodes import Kind

if TYPE_CHECKING:
    import duckdb

NO_PLACE = -1
# Of the rows of one client: the reason, then the latest day, then the text. Days count from 1970;
# what has no date comes after all that have one.
_BEST_DATED = "arg_min(trust, {rank: rank, late: coalesce(-epoch(day), 1e18), trust: trust})"
SHORTEST_REPAIRED, LONGEST_REPAIRED = 5, 7


class Reason(StrEnum):
    """Why a row is placed or not. The order is the order of trust between rows of one client."""

    MATCHED = "matched"
    REPAIRED = "repaired"
    TERMINATED = "terminated"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"
    PSEUDO = "pseudo"
    NON_GEOGRAPHIC = "nongeographic"
    PARTIAL = "partial"
    MALFORMED = "malformed"
    BLANK = "blank"
    DUPLICATE = "duplicate"


PLACED = (Reason.MATCHED, Reason.REPAIRED, Reason.TERMINATED)
_REASONS = tuple(Reason)
_RANK = {reason: rank for rank, reason in enumerate(_REASONS)}
_OF_KIND = {
    Kind.BLANK: Reason.BLANK,
    Kind.PSEUDO: Reason.PSEUDO,
    Kind.NON_GEOGRAPHIC: Reason.NON_GEOGRAPHIC,
    Kind.PARTIAL: Reason.PARTIAL,
    Kind.MALFORMED: Reason.MALFORMED,
}


@dataclass(frozen=True)
class Directory:
    """Postcodes with position, status and codes; one row a postcode, in order of key.

    ``keys``: normal form without a space. ``x``, ``y``: metres (EPSG:27700), NaN where it has no
    location. ``terminated``: yyyymm, "" while live. ``codes``: other columns of the directory, by
    name. ``weights``: households, residents, by name. ``inside``: lies in the study area.
    """

    keys: tuple[str, ...]
    x: FloatArray
    y: FloatArray
    terminated: tuple[str, ...]
    inside: BoolArray
    codes: dict[str, tuple[str | None, ...]]
    weights: dict[str, FloatArray]

    @property
    def live(self) -> BoolArray:
        """Return which postcodes form the base: live, with a location, in the study area."""
        ended = np.array([bool(date) for date in self.terminated], dtype=bool)
        return ~ended & np.isfinite(self.x) & self.inside

    def ranks(self) -> IntArray:
        """Return what a match to each postcode means for the ledger, as the rank of its reason."""
        ended = np.array([bool(date) for date in self.terminated], dtype=bool)
        return np.select(
            [~np.isfinite(self.x), ~self.inside, ended],
            [_RANK[Reason.UNKNOWN], _RANK[Reason.OUTSIDE], _RANK[Reason.TERMINATED]],
            _RANK[Reason.MATCHED],
        ).astype(np.int64)


@dataclass(frozen=True)
class Verdict:
    """What one distinct text comes to: a reason, a place (directory row or point), a repair."""

    reason: Reason
    place: int = NO_PLACE
    proposed: str = ""


@dataclass(frozen=True)
class Matched:
    """One client list after matching.

    ``places``, ``clients``: places that hold clients, and how many, index-aligned.
    ``ledger``: rows by reason; the reasons add up to ``rows``. ``proposals``: rows whose postcode
    would be repaired with --repair.
    """

    rows: People
    places: IntArray
    clients: People
    ledger: dict[Reason, People]
    proposals: People

    @property
    def is_empty(self) -> bool:
        """Return whether the list has no row."""
        return not self.rows.exact.any()

    @property
    def match_rate(self) -> float:
        """Return placed rows over rows that are no duplicates; NaN for an empty list."""
        asked = int(self.rows.exact) - int(self.ledger[Reason.DUPLICATE].exact)
        placed = sum(int(self.ledger[reason].exact) for reason in PLACED)
        return placed / asked if asked else float("nan")


def register_directory(connection: duckdb.DuckDBPyConnection, directory: Directory) -> None:
    """Make the directory known to a connection as the table ``directory`` (place, key, rank)."""
    keys = np.array(directory.keys, dtype=object)
    frame = {"place": np.arange(len(keys)), "key": keys, "rank": directory.ranks()}
    connection.register("directory_arrays", frame)
    connection.execute("CREATE OR REPLACE TEMP TABLE directory AS FROM directory_arrays")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE directory_areas AS "
        "SELECT DISTINCT regexp_extract(key, '^[A-Z]+') AS area FROM directory"
    )
    connection.unregister("directory_arrays")


def match_postcodes(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    *,
    repair: bool = False,
    dated: bool = False,
) -> Matched:
    """Match a list by postcode against the registered directory.

    ``source``: name of a relation with the columns raw and id, and day where it is ``dated``. A
    text that is a directory key but for case and spaces is answered by a join; all others are read
    one by one.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE outcomes AS
        SELECT text AS raw, rank, place, false AS proposed
        FROM (SELECT DISTINCT coalesce(raw, '') AS text FROM {source})
        LEFT JOIN directory ON key = upper(replace(text, ' ', ''))
        """  # noqa: S608 - the relation's name is ours
    )
    rest = connection.execute("SELECT raw FROM outcomes WHERE rank IS NULL").fetchall()
    texts = [text for (text,) in rest]
    verdicts = _judge(connection, texts, repair=repair)
    connection.execute("DELETE FROM outcomes WHERE rank IS NULL")
    _add_outcomes(connection, texts, verdicts)
    return _count(connection, source, dated=dated)


def match_points(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    judge: Callable[[Sequence[str]], list[Verdict]],
    *,
    dated: bool = False,
) -> Matched:
    """Match a list whose ``raw`` holds coordinates; ``judge`` gives the verdict on each text."""
    found = connection.execute(
        f"SELECT DISTINCT coalesce(raw, '') AS text FROM {source} ORDER BY text"  # noqa: S608
    ).fetchall()
    texts = [text for (text,) in found]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE outcomes "
        "(raw VARCHAR, rank BIGINT, place BIGINT, proposed BOOLEAN)"
    )
    _add_outcomes(connection, texts, judge(texts))
    return _count(connection, source, dated=dated)


def _judge(
    connection: duckdb.DuckDBPyConnection, texts: list[str], *, repair: bool
) -> list[Verdict]:
    """Return the verdict on each text that is not a directory key as it stands."""
    readings = [postcodes.read(text) for text in texts]
    candidates = {
        reading.key: postcodes.repairs(reading.key)
        for reading in readings
        if reading.kind in {Kind.UNIT, Kind.MALFORMED, Kind.PARTIAL}
        and SHORTEST_REPAIRED <= len(reading.key) <= LONGEST_REPAIRED
    }
    asked = {reading.key for reading in readings}.union(*candidates.values())
    known = _look_up(connection, sorted(asked))
    areas = _areas(connection)
    verdicts = []
    for reading in readings:
        if reading.key in known:
            place, reason = known[reading.key]
            verdicts.append(Verdict(reason, place))
            continue
        fits = [key for key in candidates.get(reading.key, []) if key in known]
        if len(fits) == 1 and repair:
            place, reason = known[fits[0]]
            placed = reason in PLACED
            verdicts.append(Verdict(Reason.REPAIRED if placed else reason, place, fits[0]))
        else:
            proposed = fits[0] if len(fits) == 1 else ""
            verdicts.append(Verdict(_unplaced(reading, areas), NO_PLACE, proposed))
    return verdicts


def _unplaced(reading: postcodes.Reading, areas: set[str]) -> Reason:
    if reading.kind is not Kind.UNIT:
        return _OF_KIND[reading.kind]
    # The directory covers an area or it does not: without it nothing can be said of its postcodes.
    return Reason.UNKNOWN if postcodes.area(reading.key) in areas else Reason.OUTSIDE


def _look_up(
    connection: duckdb.DuckDBPyConnection, keys: list[str]
) -> dict[str, tuple[int, Reason]]:
    found = connection.execute(
        "SELECT key, place, rank FROM directory "
        "JOIN (SELECT unnest($1::VARCHAR[]) AS key) USING (key)",
        [keys],
    ).fetchall()
    return {key: (place, _REASONS[rank]) for key, place, rank in found}


def _areas(connection: duckdb.DuckDBPyConnection) -> set[str]:
    found = connection.execute("SELECT area FROM directory_areas").fetchall()
    return {area for (area,) in found}


def _add_outcomes(
    connection: duckdb.DuckDBPyConnection, texts: list[str], verdicts: list[Verdict]
) -> None:
    connection.execute(
        "INSERT INTO outcomes SELECT unnest($1::VARCHAR[]), unnest($2::BIGINT[]), "
        "unnest($3::BIGINT[]), unnest($4::BOOLEAN[])",
        [
            texts,
            [_RANK[verdict.reason] for verdict in verdicts],
            [verdict.place for verdict in verdicts],
            [bool(verdict.proposed) for verdict in verdicts],
        ],
    )


def _count(connection: duckdb.DuckDBPyConnection, source: str, *, dated: bool) -> Matched:
    """Count clients by place and rows by reason; each client with an id at its best row."""
    # One number says how far an outcome is trusted, so a client's best row is a plain minimum.
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE trusted AS "
        "SELECT *, row_number() OVER (ORDER BY rank, raw) AS trust FROM outcomes"
    )
    best = _BEST_DATED if dated else "min(trust)"
    counted = connection.execute(
        f"""
        WITH judged AS (
            SELECT {best} AS trust, CASE WHEN id IS NULL THEN count(*) ELSE 1 END AS clients,
                count(*) AS n, count_if(proposed) AS proposed
            FROM {source} JOIN trusted ON trusted.raw = coalesce({source}.raw, '')
            GROUP BY id, CASE WHEN id IS NULL THEN trust END
        )
        SELECT rank, place, sum(clients)::BIGINT AS clients, sum(n)::BIGINT AS n,
            sum(judged.proposed)::BIGINT AS proposed
        FROM judged JOIN trusted USING (trust) GROUP BY rank, place
        """  # noqa: S608 - the relation's name is ours
    ).fetchnumpy()
    return _matched(counted)


def _matched(counted: dict[str, Any]) -> Matched:
    rank, clients, rows = (np.asarray(counted[c], dtype=np.int64) for c in ("rank", "clients", "n"))
    place = np.ma.filled(counted["place"], NO_PLACE).astype(np.int64)
    by_reason: dict[Reason, int] = {
        reason: int(clients[rank == _RANK[reason]].sum())
        for reason in Reason
        if reason is not Reason.DUPLICATE
    }
    total = int(rows.sum())
    by_reason[Reason.DUPLICATE] = total - sum(by_reason.values())
    placed = np.isin(rank, [_RANK[reason] for reason in PLACED]) & (clients > 0)
    held, where = np.unique(place[placed], return_inverse=True)
    counts = np.bincount(where, weights=clients[placed], minlength=len(held)).astype(np.int64)
    return Matched(
        rows=_people(total),
        places=held,
        clients=People(counts),
        ledger={reason: _people(n) for reason, n in by_reason.items()},
        proposals=_people(int(np.sum(counted["proposed"]))),
    )


def _people(count: int) -> People:
    return People(np.array(count, dtype=np.int64))
