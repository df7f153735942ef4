"""A long list counted by hand-written SQL: what became of its rows, and clients by segment.

Usage: lists_duckdb.py floor|plain|ledger|clients DIRECTORY SEGMENTS LIST

floor: parse the list's columns. plain: rows by segment. ledger: rows by reason too. clients: the
same, one client once, at the most trusted reason and of these at the first postcode.
"""

from __future__ import annotations

import json
import sys

import duckdb

OUTWARD = "[A-Z]{1,2}[0-9][A-Z0-9]?"
REASONS = ("matched", "outside", "unknown", "pseudo", "nongeographic", "partial", "malformed")
KEY = "upper(replace(postcode, ' ', ''))"


def main() -> None:
    what, directory, segments, listed = sys.argv[1:]
    connection = duckdb.connect(config={"preserve_insertion_order": False})
    connection.execute("SET enable_progress_bar = false")
    rows = f"read_csv('{listed}', all_varchar=true)" if listed.endswith("csv") else f"'{listed}'"
    if what == "floor":
        found = connection.execute(f"SELECT count(COLUMNS(*)) FROM {rows}").fetchall()
        json.dump(found, sys.stdout)
        return
    connection.execute(
        f"""
        CREATE TABLE known AS SELECT key, type, easting IS NOT NULL AS placed
        FROM (SELECT {KEY} AS key, easting FROM '{directory}')
        LEFT JOIN (SELECT {KEY} AS key, type FROM read_csv('{segments}')) USING (key)
        """
    )
    base = connection.execute("SELECT type, count(*) FROM known WHERE placed GROUP BY type")
    said = {"base": dict(base.fetchall())}
    if what == "plain":
        found = connection.execute(
            f"SELECT type, count(*) FROM (SELECT {KEY} AS key FROM {rows}) JOIN known USING (key) "
            "WHERE placed GROUP BY type"
        )
        json.dump(said | {"plain": dict(found.fetchall())}, sys.stdout)
        return
    (_clients if what == "clients" else _rows)(connection, rows)
    reasons = connection.execute("SELECT reason, sum(n)::BIGINT FROM counted GROUP BY reason")
    ledger = dict(reasons.fetchall())
    types = connection.execute(
        "SELECT type, sum(n)::BIGINT FROM counted WHERE reason = 'matched' GROUP BY type"
    )
    json.dump(said | {"ledger": ledger, "clients": dict(types.fetchall())}, sys.stdout)


def _rows(connection: duckdb.DuckDBPyConnection, rows: str) -> None:
    """Read the list once; only texts that a plain clean-up does not find are kept."""
    connection.execute(
        f"""
        CREATE TABLE first AS
        SELECT type, placed, CASE WHEN placed IS NULL THEN postcode END AS postcode, count(*) AS n
        FROM (SELECT *, {KEY} AS key FROM {rows}) LEFT JOIN known USING (key)
        GROUP BY type, placed, 3
        """
    )
    connection.execute(f"CREATE TABLE odd AS {_odd('FROM first WHERE placed IS NULL')}")
    connection.execute(
        "CREATE TABLE counted AS SELECT type, CASE WHEN placed THEN 'matched' ELSE 'unknown' END "
        "AS reason, n FROM first WHERE placed IS NOT NULL UNION ALL SELECT type, reason, n FROM odd"
    )


def _clients(connection: duckdb.DuckDBPyConnection, rows: str) -> None:
    connection.execute(
        f"""
        CREATE TABLE first AS
        SELECT client_id, known.key AS key, type, placed,
            CASE WHEN placed IS NULL THEN coalesce(postcode, '') END AS postcode
        FROM {rows} AS listed LEFT JOIN known ON known.key = {KEY}
        """
    )
    distinct = "FROM (SELECT DISTINCT postcode, 1 AS n FROM first WHERE placed IS NULL)"
    connection.execute(f"CREATE TABLE odd AS {_odd(distinct)}")
    order = ", ".join(f"'{reason}'" for reason in (*REASONS, "blank"))
    connection.execute(
        f"""
        CREATE TABLE counted AS
        WITH judged AS (
            SELECT client_id, coalesce(odd.type, first.type) AS type,
                coalesce(odd.key, first.key) AS key,
                coalesce(reason, CASE WHEN placed THEN 'matched' ELSE 'unknown' END) AS reason
            FROM first LEFT JOIN odd ON odd.postcode = first.postcode
        ),
        once AS (
            SELECT min({{trust: list_position([{order}], reason), key: key, type: type}}) AS best,
                count(*) AS n
            FROM judged GROUP BY client_id
        )
        SELECT best.type AS type, [{order}][best.trust] AS reason, count(*) AS n
        FROM once GROUP BY ALL
        UNION ALL SELECT NULL, 'duplicate', sum(n - 1) FROM once
        """
    )


def _odd(source: str) -> str:
    """Return the query that says what texts are which a plain clean-up does not find."""
    return f"""
        SELECT postcode, key, type, n, CASE
            WHEN placed THEN 'matched' WHEN NOT placed THEN 'unknown' WHEN key = '' THEN 'blank'
            WHEN regexp_full_match(key, 'ZZ99[0-9A-Z]{{0,3}}') THEN 'pseudo'
            WHEN regexp_full_match(key, '(?:BFPO|BF[0-9]|BX[0-9]|GIR0AA|NPT).*')
                THEN 'nongeographic'
            WHEN regexp_full_match(key, '{OUTWARD}[0-9][A-Z]{{2}}') THEN
                CASE WHEN regexp_extract(key, '^[A-Z]+') IN
                    (SELECT DISTINCT regexp_extract(left(key, 3), '^[A-Z]+') FROM known)
                THEN 'unknown' ELSE 'outside' END
            WHEN regexp_full_match(key, '(?:{OUTWARD}|[A-Z]{{1,2}}[0-9]{{1,2}})[0-9]?')
                THEN 'partial'
            ELSE 'malformed' END AS reason
        FROM (SELECT postcode, n,
            regexp_replace(upper(coalesce(postcode, '')), '[^A-Z0-9]', '', 'g') AS key {source})
        LEFT JOIN known USING (key)
    """


if __name__ == "__main__":
    main()
