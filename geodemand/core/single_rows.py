"""Rows of a list, one by one: those that could not be placed, or those of some places.

Personal data: for whoever mends the list, or loads it into a case system.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from geodemand.core import postcodes
from geodemand.core.disclosure import Clients
from geodemand.core.reasons import NO_PLACE, PLACED, RANK, REASONS, Reason

if TYPE_CHECKING:
    import duckdb

    from geodemand.core.disclosure import BoolArray, IntArray
    from geodemand.core.keys import Lookup
    from geodemand.core.odd_texts import Odd

COLUMNS = ("file", "row", "postcode", "id", "reason", "proposed")
# File, row, postcode as written and id; then the place.
RowAt: TypeAlias = tuple[str, int | None, str | None, str | None, int]
# The day of a row as a number: the later, the smaller; the largest where it has none.
LATEST_DAY, NO_DAY = 2**26, 2**27 - 1
LATE = f"greatest(0, coalesce({LATEST_DAY} - (day - DATE '1970-01-01'), {NO_DAY}))::INTEGER"


def unplaced(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    judge: Callable[[Sequence[str]], Odd],
    lookup: Lookup | None,
    *,
    dated: bool,
) -> Clients:
    """Return the rows of a list that no client is counted at as placed, with the reason.

    ``source``: a relation of file, row, raw and id; where ``dated`` of day. ``judge`` says what
    texts are; ``lookup`` has the postcodes that it proposes, None where it proposes none.
    """
    texts = _texts(connection, source)
    odd = judge(texts)
    judged = {"rank": odd.rank, "place": odd.place, "proposed": odd.proposed}
    reasons = ", ".join(f"'{reason}'" for reason in REASONS)
    listed = _counted(
        connection,
        source,
        {"text": np.array(texts, dtype=object), **judged},
        f"""
        SELECT file, row, raw, id,
            CASE WHEN again THEN '{Reason.DUPLICATE}' ELSE [{reasons}][rank + 1] END, proposed
        FROM counted WHERE again OR rank > {RANK[PLACED[-1]]} ORDER BY ALL
        """,  # noqa: S608 - names of ours
        dated=dated,
    )
    places = sorted({place for *_, place in listed} - {NO_PLACE})
    named = lookup.texts(np.array(places, dtype=np.int64)) if lookup else []
    proposed = dict(zip(places, map(postcodes.spaced, named), strict=True))
    return Clients(
        COLUMNS,
        tuple(
            (file, None if row is None else str(row), *said, proposed.get(place))
            for file, row, *said, place in listed
        ),
    )


def at_places(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    judge: Callable[[Sequence[str]], tuple[IntArray, IntArray]],
    wanted: Callable[[IntArray], BoolArray],
    *,
    dated: bool,
) -> list[RowAt]:
    """Return the rows at which clients of some places are counted, in the order of the list.

    ``source``: as in `unplaced`. ``judge`` gives rank and place of texts; ``wanted`` which places.
    """
    texts = _texts(connection, source)
    rank, place = judge(texts)
    judged = {"rank": rank, "place": place, "wanted": wanted(place)}
    return _counted(
        connection,
        source,
        {"text": np.array(texts, dtype=object), **judged},
        f"""
        SELECT file, row, raw, id, place FROM counted
        WHERE wanted AND NOT again AND rank <= {RANK[PLACED[-1]]} ORDER BY ALL
        """,  # noqa: S608 - names of ours
        dated=dated,
    )


def _texts(connection: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    found = connection.execute(f"SELECT DISTINCT coalesce(raw, '') FROM {source}").fetchall()  # noqa: S608
    return sorted(text for (text,) in found)


def _counted(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    judged: dict[str, Any],
    query: str,
    *,
    dated: bool,
) -> list[Any]:
    """Return what a query finds in the rows of a list, each with what its text was judged to be.

    ``again``: a row that is not the one at which its client is counted.
    """
    connection.register("judged_texts", judged)
    try:
        return connection.execute(
            f"""
            WITH counted AS (
                SELECT * EXCLUDE (text), id IS NOT NULL AND row_number() OVER (PARTITION BY id
                    ORDER BY rank, {LATE if dated else "0"}, place, raw, file, row) > 1 AS again
                FROM {source} JOIN judged_texts ON text = coalesce(raw, '')
            ) {query}
            """  # noqa: S608 - names of ours
        ).fetchall()
    finally:
        connection.unregister("judged_texts")
