"""The pieces of two geographies by PostGIS on a server of its own: overlay_postgis.py LEFT RIGHT.

Prints the seconds of the query on that server, nan for those of processors, as it works in
processes of its own, the pieces and the land of both together.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.database import postgres

QUERY = """
SELECT count(*), sum(ST_Area(piece)) FROM (
    SELECT ST_Intersection(a.shape, b.shape) AS piece
    FROM a JOIN b ON ST_Intersects(a.shape, b.shape)
) AS pieces WHERE ST_Area(piece) > 0
"""


def main() -> None:
    import psycopg

    with postgres.running() as server, psycopg.connect(server.url()) as connection:
        connection.execute("CREATE EXTENSION postgis")
        for name, path in zip("ab", sys.argv[1:], strict=True):
            connection.execute(f"CREATE TABLE {name} (shape geometry)")
            with connection.cursor().copy(f"COPY {name} FROM STDIN") as out:
                out.write(Path(path).read_text() + "\n")
            connection.execute(f"CREATE INDEX ON {name} USING gist (shape)")
            connection.execute(f"ANALYZE {name}")
        began = time.perf_counter()
        row = connection.execute(QUERY).fetchone()
        print(time.perf_counter() - began, "nan", *(row or ()))


if __name__ == "__main__":
    main()
