"""Writes a national directory, its segments and long client lists: a program of its own.

Usage: national_lists.py FOLDER ROWS

The directory is the real one of 2.6 million postcodes where the real data lie beside the
repository, else as many made-up ones. All else comes from a seed: DuckDB's hash of a number.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb

REAL = "shared/realdata/postcodes/nspl_2025-05_latlong_gb_ci_iom.parquet"
TYPES = 62
DISTRICTS = 330
# Parts of a thousand rows, by what is written instead of the postcode.
DIRT = """
    CASE WHEN dice < 5 THEN '' WHEN dice < 9 THEN 'not known' WHEN dice < 13 THEN 'ZZ99 3VZ'
    WHEN dice < 14 THEN 'BFPO 57' WHEN dice < 19 THEN outward
    WHEN dice < 25 THEN 'EF' || (h % 90 + 1) || ' ' || inward
    WHEN dice < 33 THEN outward || ' ' || translate(left(inward, 2), '01', 'OI') || right(inward, 1)
    WHEN dice < 43 THEN lower(postcode) WHEN dice < 53 THEN replace(postcode, ' ', '')
    WHEN dice < 63 THEN ' ' || replace(postcode, ' ', '-') || '.' ELSE postcode END
"""
AGAIN = 7
TEAM = "'Community Team ' || hash(number // 8000) % 20 || ', Central Area'"


def main() -> None:
    """Write what is asked for."""
    folder = Path(sys.argv[1])
    connection = duckdb.connect()
    directory = folder / "directory.parquet"
    if not directory.exists():
        _write_directory(connection, folder, directory)
    connection.execute(
        "CREATE TABLE homes AS SELECT *, "
        "(row_number() OVER (ORDER BY postcode) - 1)::UBIGINT AS number, "
        "split_part(postcode, ' ', 1) AS outward, split_part(postcode, ' ', 2) AS inward "
        f"FROM (SELECT postcode FROM '{directory}')"
    )
    segments = folder / "segments.csv"
    if not segments.exists():
        connection.execute(
            f"COPY (SELECT postcode, 1 + hash(postcode) % {TYPES} AS type FROM homes "
            f"ORDER BY number) TO '{segments}'"
        )
    _list(connection, folder, int(sys.argv[2]))


def _write_directory(connection: duckdb.DuckDBPyConnection, folder: Path, target: Path) -> None:
    """Build the directory with our own command, its postcodes put into districts."""
    source = Path(__file__).parents[2] / REAL
    if not source.is_file():
        source = folder / "made-up.csv"
        _made_up(connection, source)
    grouped = folder / "with-districts.parquet"
    connection.execute(
        f"COPY (SELECT *, 'E0' || (7000000 + hash(split_part(postcode, ' ', 1)) % {DISTRICTS}) "
        f"AS laua FROM '{source}') TO '{grouped}'"
    )
    build = ["postcodes", str(grouped), "-o", str(target), "--quiet"]
    subprocess.run([sys.executable, "-m", "geodemand", *build], check=True, capture_output=True)


def _list(connection: duckdb.DuckDBPyConnection, folder: Path, rows: int) -> None:
    """Write one list with ids and one without, as CSV and as Parquet, and one as it is exported.

    The last has the columns of the demo's lists, the others only a few.
    """
    (homes,) = connection.execute("SELECT count(*) FROM homes").fetchall()[0]
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE listed AS
        SELECT 'K' || lpad((CASE WHEN hash(i, 3) % 1000 < {AGAIN} THEN hash(i, 4) % {rows} ELSE i
            END)::VARCHAR, 8, '0') AS client_id, {DIRT} AS postcode, h % 18 AS age,
            {TEAM} AS team, DATE '2025-04-01' + (hash(i, 6) % 365)::INTEGER AS referral_date
        FROM (SELECT i, hash(i, 1) AS h, hash(i, 2) % 1000 AS dice, hash(i, 5) % {homes} AS number
            FROM range({rows}) AS r(i)) JOIN homes USING (number) ORDER BY i
        """
    )
    for kind in ("csv", "parquet"):
        few = "SELECT client_id, postcode, age FROM listed"
        connection.execute(f"COPY ({few}) TO '{folder / f'clients-{rows}.{kind}'}'")
        named = folder / f"rows-{rows}.{kind}"
        connection.execute(f"COPY (SELECT postcode, age FROM listed) TO '{named}'")
    connection.execute(f"COPY listed TO '{folder / f'exported-{rows}.csv'}'")


def _made_up(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Write 2.6 million postcodes that look like real ones, on a lattice of points."""
    connection.execute(
        f"""
        COPY (
            SELECT chr(65 + (i // 135200 % 20)::INTEGER) || chr(65 + (i // 135200 // 20)::INTEGER)
                || (1 + i // 6760 % 20) || ' ' || i // 676 % 10
                || chr(65 + (i // 26 % 26)::INTEGER) || chr(65 + (i % 26)::INTEGER) AS postcode,
                100000 + i % 1500 * 350 AS easting, 50000 + i // 1500 * 350 AS northing
            FROM range(2620000) AS r(i)
        ) TO '{target}'
        """
    )


if __name__ == "__main__":
    main()
