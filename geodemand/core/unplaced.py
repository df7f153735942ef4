"""The rows of a list that could not be placed, for whoever mends them: personal data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from geodemand.core import postcodes
from geodemand.core.disclosure import Clients
from geodemand.core.reasons import NO_PLACE, PLACED, RANK, REASONS, Ranks, Reason

if TYPE_CHECKING:
    import duckdb

    from geodemand.core.clients import Numbers

COLUMNS = ("file", "postcode", "id", "reason", "proposed")


def rows(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    texts: Sequence[str],
    answers: tuple[Ranks, Numbers],
    proposed: Numbers,
    *,
    late: str,
) -> Clients:
    """Return the rows of a list that no client is counted at as placed, with the reason.

    ``query``: gives place, text (where there is no place), file, raw and id. ``answers``: rank and
    place of the directory's postcodes, and behind them of ``texts``; ``proposed``: the place that
    each of these would be repaired to. ``late``: the SQL that orders the rows of one client.
    """
    rank, place = answers
    first = len(rank) - len(texts)
    known = {"place": np.arange(first, dtype=np.int32), "rank": rank[:first]}
    others = {
        "text": np.array(texts, dtype=object),
        "rank": rank[first:],
        "place": place[first:],
        "proposed": proposed,
    }
    reasons = ", ".join(f"'{reason}'" for reason in REASONS)
    connection.register("known_ranks", known)
    connection.register("other_texts", others)
    try:
        found = connection.execute(
            f"""
            WITH judged AS (
                SELECT file, raw, id, {late} AS late, proposed,
                    coalesce(other_texts.rank, known_ranks.rank) AS rank,
                    coalesce(other_texts.place, listed.place) AS place
                FROM ({query}) AS listed
                LEFT JOIN known_ranks ON known_ranks.place = listed.place
                LEFT JOIN other_texts
                    ON other_texts.text = listed.text AND listed.place = {NO_PLACE}
            ),
            counted AS (
                SELECT *, id IS NOT NULL AND row_number() OVER (
                    PARTITION BY id ORDER BY rank, late, place, raw, file) > 1 AS again
                FROM judged
            )
            SELECT file, raw, id,
                CASE WHEN again THEN '{Reason.DUPLICATE}' ELSE [{reasons}][rank + 1] END AS reason,
                key
            FROM counted LEFT JOIN directory ON directory.place = proposed
            WHERE again OR rank > {RANK[PLACED[-1]]} ORDER BY ALL
            """  # noqa: S608 - names of ours
        ).fetchall()
    finally:
        connection.unregister("known_ranks")
        connection.unregister("other_texts")
    return Clients(
        COLUMNS,
        tuple((*row, postcodes.spaced(key) if key else None) for *row, key in found),
    )
