"""Client lists: which column is which, and every row matched by postcode or by coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import shapely

from geodemand.core import matching
from geodemand.core.geography import NOWHERE, Geography, locate, points_at
from geodemand.core.matching import Directory, Matched, Reason, Verdict
from geodemand.errors import ContentError, Fault, UsageError
from geodemand.io import columns, positions, tables
from geodemand.project import ListEntry

# A point farther than this from every postcode of the study area is not in it.
FARTHEST_POINT_M = 5_000.0
POSITION_ROLES = ("postcode", "easting", "northing", "latitude", "longitude")


class Points:
    """Points of lists by coordinates, numbered on from the directory's postcodes."""

    def __init__(self, book: Directory, within: Geography | None) -> None:
        """Take the postcodes that bound the study area, and its geography where one is named."""
        self.first = len(book.keys)
        self.x: list[float] = []
        self.y: list[float] = []
        self.nearest: list[int] = []
        self._within = within
        self._base = np.flatnonzero(book.live)
        self._tree = shapely.STRtree(points_at(book.x[self._base], book.y[self._base]))

    def judge(self, texts: Sequence[str], reference: str) -> list[Verdict]:
        """Return the verdict on each "x|y" text, and remember the points inside the study area."""
        x, y, readable = positions.coordinates(texts, reference)
        inside = readable & np.isfinite(x) & np.isfinite(y)
        near = np.full(len(texts), NOWHERE)
        where = np.flatnonzero(inside)
        if len(where) and len(self._base):
            found, distance = self._tree.query_nearest(
                points_at(x[where], y[where]), return_distance=True, all_matches=False
            )
            near[where[found[0]]] = self._base[found[1]]
            inside[where[found[0]]] = distance <= FARTHEST_POINT_M
        if self._within is not None:
            inside &= locate(self._within, np.where(inside, x, np.nan), y) != NOWHERE
        verdicts = []
        for i, text in enumerate(texts):
            if inside[i]:
                verdicts.append(Verdict(Reason.MATCHED, self.first + len(self.x)))
                self.x.append(float(x[i]))
                self.y.append(float(y[i]))
                self.nearest.append(int(near[i]))
            elif readable[i]:
                verdicts.append(Verdict(Reason.OUTSIDE))
            else:
                blank = not text.replace("|", "").strip()
                verdicts.append(Verdict(Reason.BLANK if blank else Reason.MALFORMED))
        return verdicts


def match(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    entry: ListEntry,
    points: Points,
    *,
    repair: bool,
) -> Matched:
    """Match one list, by its postcode column or by its coordinates.

    ``repair``: place rows whose postcode is one slip off a single one. Raises ContentError for a
    list without a usable column or without a row.
    """
    if not entry.paths:
        raise UsageError(Fault("", f"the list {name} names no file.", 'Give it file = "…".'))
    parts, references = [], set()
    for path in entry.paths:
        sql, reference = _list_query(connection, path, entry)
        parts.append(sql)
        references.add(reference)
    if len(references) > 1:
        where = ", ".join(str(path) for path in entry.paths)
        raise ContentError(Fault(where, "some files have postcodes, others coordinates."))
    where = ", ".join(str(path) for path in entry.paths)
    with tables.faults_of(where):
        connection.execute(f"CREATE OR REPLACE TEMP VIEW rows_read AS {' UNION ALL '.join(parts)}")
        (reference,) = references
        if reference is None:
            matched = matching.match_postcodes(connection, "rows_read", repair=repair)
        else:
            matched = matching.match_points(
                connection, "rows_read", lambda texts: points.judge(texts, reference)
            )
    if matched.is_empty:
        raise ContentError(Fault(where, f"the list {name} has no row.", "Export it again."))
    return matched


def _list_query(
    connection: duckdb.DuckDBPyConnection, path: Path, entry: ListEntry
) -> tuple[str, str | None]:
    """Return the query for raw and id of a list, and its coordinates' system (None: postcodes)."""
    table = tables.relation(connection, path)
    said = {role: str(getattr(entry, role)) for role in POSITION_ROLES}
    position = positions.find(table, said)
    identity = (
        columns.named(entry.id, table.header, table.where)
        if entry.id
        else columns.find("clients", "id", table.header)
    )
    chosen = {columns.named(c, table.header, table.where): v for c, v in entry.only.items()}
    own = f"nullif(trim({tables.quoted_name(identity)}::VARCHAR), '')" if identity else "NULL"
    sql = (
        f"SELECT {position.sql} AS raw, {own} AS id "  # noqa: S608 - built from quoted names
        f"FROM {table.sql} WHERE {tables.only(chosen)}"
    )
    return sql, position.reference
