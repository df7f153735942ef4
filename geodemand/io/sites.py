"""Sites: named points, from a map layer or from a table with postcodes or coordinates."""

from __future__ import annotations

import duckdb
import numpy as np

from geodemand.core.disclosure import FloatArray
from geodemand.core.geography import Sites
from geodemand.core.keys import Texts
from geodemand.core.matching import NO_PLACE, Directory
from geodemand.errors import ContentError, Fault
from geodemand.io import columns, positions, spatial, tables
from geodemand.project import SitesEntry


def read(
    connection: duckdb.DuckDBPyConnection, name: str, entry: SitesEntry, book: Directory
) -> Sites:
    """Read the sites of one kind.

    A table's sites lie at their coordinates or at their postcode's place in the directory. Raises
    ContentError where a table has neither, or where a site's postcode has no place, naming its row.
    """
    if not tables.is_table(entry.file):
        return spatial.read_sites(
            name,
            entry.file,
            layer=entry.layer,
            code=entry.code,
            label=entry.name,
            reference=entry.crs,
            area=entry.area,
        )
    table = tables.relation(connection, entry.file)
    label = entry.name or columns.find("areas", "name", table.header)
    if label is None:
        raise ContentError(columns.missing("a column of site names", table.header, table.where))
    label = columns.named(label, table.header, table.where)
    code = columns.named(entry.code, table.header, table.where) if entry.code else label
    area = columns.named(entry.area, table.header, table.where) if entry.area else label
    position = positions.find(table, {})
    with tables.faults_of(entry.file):
        rows = connection.execute(
            f"SELECT {tables.quoted_name(code)}, {tables.quoted_name(label)}, {position.sql}, "  # noqa: S608
            f"{tables.quoted_name(area)} FROM {table.sql}"
        ).fetchall()
    texts = [str(row[2] or "") for row in rows]
    if position.reference is None:
        x, y = _at_postcodes(texts, book)
    else:
        x, y, _ = positions.coordinates(texts, position.reference)
    lost = [row for row, place in enumerate(x, start=2) if not np.isfinite(place)]
    if lost:
        shown = ", ".join(str(row) for row in lost[:5])
        mend = "Give them coordinates, or a postcode that the directory has a place for."
        raise ContentError(Fault(table.where, f"sites without a place, in rows {shown}.", mend))
    codes, names = (tuple(str(row[part] or "") for row in rows) for part in (0, 1))
    areas = tuple(str(row[3] or "").strip() for row in rows) if entry.area else ()
    return Sites(name, codes, names, x, y, areas)


def _at_postcodes(texts: list[str], book: Directory) -> tuple[FloatArray, FloatArray]:
    found = book.lookup.places_of(Texts.of(texts))
    lost = found == NO_PLACE
    return np.where(lost, np.nan, book.x[found]), np.where(lost, np.nan, book.y[found])
