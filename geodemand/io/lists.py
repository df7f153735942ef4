"""Client lists: which column is which, and every row matched by postcode or by coordinates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TypeVar

import duckdb
import numpy as np
import shapely

from geodemand.core import matching, odd_texts, single_rows
from geodemand.core.disclosure import BoolArray, Exact, IntArray
from geodemand.core.geography import NOWHERE, Geography, locate, points_at
from geodemand.core.matching import Asked, Directory, Matched, Reason, Verdict
from geodemand.core.reasons import RANK
from geodemand.core.single_rows import RowAt
from geodemand.errors import ContentError, Fault, UsageError
from geodemand.io import columns, positions, tables
from geodemand.io.filters import Filters, day_of
from geodemand.io.positions import Position
from geodemand.io.tables import Relation
from geodemand.project import ListEntry

# A point farther than this from every postcode of the study area is not in it.
FARTHEST_POINT_M = 5_000.0
Found = TypeVar("Found")
POSITION_ROLES = ("postcode", "easting", "northing", "latitude", "longitude")


class Points:
    """Points of lists by coordinates, numbered on from the directory's postcodes."""

    def __init__(self, book: Directory, within: Geography | None) -> None:
        """Take the postcodes that bound the study area, and its geography where one is named."""
        self.first = len(book)
        self.x: list[float] = []
        self.y: list[float] = []
        self.nearest: list[int] = []
        self._known: dict[tuple[float, float], int] = {}
        self.book = book
        self._within = within

    @cached_property
    def _base(self) -> IntArray:
        return np.flatnonzero(self.book.live)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(points_at(self.book.x[self._base], self.book.y[self._base]))

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
                at = float(x[i]), float(y[i])
                # One place for one point, whichever lists name it.
                place = self._known.setdefault(at, self.first + len(self.x))
                verdicts.append(Verdict(Reason.MATCHED, place))
                if place == self.first + len(self.x):
                    self.x.append(at[0])
                    self.y.append(at[1])
                    self.nearest.append(int(near[i]))
            elif readable[i]:
                verdicts.append(Verdict(Reason.OUTSIDE))
            else:
                blank = not text.replace("|", "").strip()
                verdicts.append(Verdict(Reason.BLANK if blank else Reason.MALFORMED))
        return verdicts


@dataclass(frozen=True)
class Listed:
    """A client list after matching, and what was not counted.

    ``notes``: sentences on how the files were read, without a count of people. ``left_out``: rows
    that are in the files and not on the list, by why.
    """

    matched: Matched
    notes: tuple[str, ...]
    left_out: Mapping[str, Exact]


@dataclass(frozen=True)
class _Part:
    """One file of a list as a query for raw, id, day, and why a row is not on the list."""

    sql: str
    reference: str | None
    with_ids: bool
    notes: tuple[str, ...]


def match(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    entry: ListEntry,
    points: Points,
    asked: Asked,
) -> Listed:
    """Match one list, by its postcode column or by its coordinates.

    ``asked``: whether to repair, and to return the rows that could not be placed. Raises
    ContentError for a list without a usable column or without a row.
    """
    if not entry.paths and not entry.url:
        raise UsageError(Fault("", f"the list {name} names no file.", 'Give it file = "…".'))
    where = _where(name, entry)
    listed = _carefully(
        where,
        lambda careful: _matched(connection, name, entry, points, asked, careful=careful),
    )
    if listed.matched.is_empty:
        mend = f"All its rows are left out: {'; '.join(listed.left_out)}."
        mend = mend if listed.left_out else "Export it again."
        fault = Fault(where, f"the list {name} has no row.", mend)
        raise ContentError(fault)
    return listed


def clients_at(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    entry: ListEntry,
    points: Points,
    wanted: Callable[[IntArray], BoolArray],
) -> list[RowAt]:
    """Return the rows at which clients of some places are counted: personal data.

    ``wanted``: which places are; for points those of ``points``, as they are numbered by then.
    """

    def judge(texts: Sequence[str], reference: str | None) -> tuple[IntArray, IntArray]:
        if reference is None:
            ranks = points.book.ranks()
            found = odd_texts.judge(texts, points.book.lookup, ranks, repair=False)
            return found.rank.astype(np.int64), found.place.astype(np.int64)
        verdicts = points.judge(texts, reference)
        rank = [RANK[each.reason] for each in verdicts]
        return np.array(rank), np.array([each.place for each in verdicts], dtype=np.int64)

    def found(careful: bool) -> list[RowAt]:  # noqa: FBT001 - as `_carefully` calls it
        rows = _read(connection, name, entry, Asked(unplaced=True), careful=careful)
        judged = partial(judge, reference=rows.reference)
        return single_rows.at_places(
            connection, rows.source, judged, wanted, dated=rows.asked.dated
        )

    return _carefully(_where(name, entry), found)


def _where(name: str, entry: ListEntry) -> str:
    return ", ".join(map(str, entry.paths)) or f"list {name}"


def _carefully(where: str, read: Callable[[bool], Found]) -> Found:
    """Return what is read; what DuckDB cannot read once more with Python, which names the lines."""
    with tables.faults_of(where):
        try:
            return read(False)  # noqa: FBT003
        except duckdb.Error:
            return read(True)  # noqa: FBT003


def _matched(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    entry: ListEntry,
    points: Points,
    asked: Asked,
    *,
    careful: bool,
) -> Listed:
    rows = _read(connection, name, entry, asked, careful=careful)
    reference = rows.reference
    if reference is None:
        found = matching.match_postcodes(connection, points.book, rows.source, rows.asked)
    else:
        found = matching.match_points(
            connection, rows.source, lambda texts: points.judge(texts, reference), rows.asked
        )
    return Listed(found, rows.notes, rows.left_out)


@dataclass(frozen=True)
class _Rows:
    """The rows of a list as a relation, and what there is to them; else as `Listed`.

    ``reference``: the system of their coordinates, None where they have postcodes.
    """

    source: str
    reference: str | None
    asked: Asked
    notes: tuple[str, ...]
    left_out: Mapping[str, Exact]


def _read(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    entry: ListEntry,
    asked: Asked,
    *,
    careful: bool,
) -> _Rows:
    filters = Filters.of(name, entry)
    wanted = tables.Wanted(
        sheet=entry.sheet,
        header_row=entry.header_row,
        needed=lambda table: _Columns.of(table, entry).needed,
        fits=positions.fits,
        careful=careful,
        numbered=asked.unplaced,
    )
    parts = [_part(table, entry, filters) for table in _tables(connection, name, entry, wanted)]
    (reference,) = _references(parts, entry)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW rows_held AS {' UNION ALL '.join(p.sql for p in parts)}"
    )
    left_out: dict[str, Exact] = {}
    source = "rows_held"
    if filters.asked:
        source = "rows_read"
        left_out = _left_out(connection)
        connection.execute(
            "CREATE OR REPLACE TEMP VIEW rows_read AS FROM rows_held WHERE left_out IS NULL"
        )
    asked = replace(
        asked,
        with_ids=any(part.with_ids for part in parts),
        dated=bool(entry.date or entry.dates),
        small=not entry.url and tables.are_small(entry.paths),
    )
    notes = [*dict.fromkeys(note for part in parts for note in part.notes)]
    notes += [f"Rows are not on the list: {why}." for why in left_out]
    return _Rows(source, reference, asked, tuple(notes), left_out)


def _tables(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    entry: ListEntry,
    wanted: tables.Wanted,
) -> Iterator[Relation]:
    """Give the files of a list, and what its query returns, as relations."""
    for path in entry.paths:
        table = tables.relation(connection, path, wanted=wanted)
        several = len(entry.paths) > 1
        notes = tuple(f"{path.name}: {note}" if several else note for note in table.notes)
        yield replace(table, notes=notes)
    if entry.url:
        from geodemand.io import database  # seldom needed, and heavy

        found = database.read(connection, entry.url, entry.query, name)
        yield replace(found, sample=tables.sampler(connection, found.sql, found.header))


def _references(parts: Sequence[_Part], entry: ListEntry) -> set[str | None]:
    """Return the one system of coordinates of all parts; raise ContentError where they differ."""
    references = {part.reference for part in parts}
    if len(references) > 1:
        where = ", ".join(map(str, entry.paths))
        mend = "Make two lists of them, or name the columns that all of them have."
        raise ContentError(Fault(where, "some files have postcodes, others coordinates.", mend))
    return references


@dataclass(frozen=True)
class _Columns:
    """Which columns of a table a list needs: "" for those that it has no use for."""

    position: Position
    id: str
    age: str
    date: str
    only: Mapping[str, str | tuple[str, ...]]

    @classmethod
    def of(cls, table: Relation, entry: ListEntry) -> _Columns:
        """Find them by what the project says, else by name. Raises ContentError."""

        def column(role: str, said: str, *, must: bool) -> str:
            if said:
                return columns.named(said, table.header, table.where)
            found = columns.find("clients", role, table.header) if must or role == "id" else None
            if found is None and must:
                fault = columns.missing(f"a column of {role}s", table.header, table.where)
                mend = f'{fault.mend} Name it: {role} = "…".'
                raise ContentError(Fault(fault.where, fault.what, mend))
            return found or ""

        if entry.hub:  # only some questions need it, but a wrong name is told at once
            columns.named(entry.hub, table.header, table.where)
        return cls(
            positions.find(table, {role: getattr(entry, role) for role in POSITION_ROLES}),
            column("id", entry.id, must=False),
            column("age", entry.age, must=bool(entry.ages)),
            column("date", entry.date, must=bool(entry.dates)),
            {columns.named(c, table.header, table.where): v for c, v in entry.only.items()},
        )

    @property
    def needed(self) -> list[str]:
        """Return their names."""
        named = [*self.position.columns, self.id, self.age, self.date, *self.only]
        return [name for name in named if name]


def _part(table: Relation, entry: ListEntry, filters: Filters) -> _Part:
    """Return the query for raw and id of a table, for its day and why a row is left out."""
    found = _Columns.of(table, entry)
    identity = f"nullif(trim({_as_text(found.id)}), '')" if found.id else "NULL"
    day = day_of(_as_text(found.date)) if found.date else "NULL::DATE"
    age = f"TRY_CAST(trim({_as_text(found.age)}) AS DOUBLE)" if found.age else "NULL::DOUBLE"
    wanted = [f"{found.position.sql} AS raw", f"{identity} AS id"]
    wanted.append(f"{tables.quoted_text(table.where)} AS file, {table.row} AS row")
    if found.date:
        wanted.append(f"{day} AS day")
    if filters.asked:
        wanted.append(f"{filters.why_left_out(found.only, age, day)} AS left_out")
    odd = [name for name in found.position.columns if name in table.odd]
    notes = [*table.notes, *found.position.notes]
    if odd and found.position.reference is None:
        notes.append(
            f"In '{odd[0]}' dates or numbers stand where postcodes should: Excel may have "
            "changed them."
        )
    sql = f"SELECT {', '.join(wanted)} FROM {table.sql}"  # noqa: S608 - built from quoted names
    return _Part(sql, found.position.reference, bool(found.id), tuple(notes))


def _as_text(column: str) -> str:
    return f"{tables.quoted_name(column)}::VARCHAR"


def _left_out(connection: duckdb.DuckDBPyConnection) -> dict[str, Exact]:
    found = connection.execute(
        "SELECT left_out, count(*) FROM rows_held WHERE left_out IS NOT NULL "
        "GROUP BY left_out ORDER BY left_out"
    ).fetchall()
    return {why: Exact(np.array(count, dtype=np.int64)) for why, count in found}
