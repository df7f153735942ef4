"""Segments: the scheme, and which of its codes each place has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from geodemand.core import segmentation
from geodemand.core.disclosure import IntArray
from geodemand.core.geography import NOWHERE, Geography
from geodemand.core.matching import Directory
from geodemand.core.segmentation import LEVELS, Scheme, SegmentSet
from geodemand.core.tally import Places
from geodemand.errors import ContentError, Fault, UsageError
from geodemand.io import columns, definitions, tables
from geodemand.project import Project, SegmentsEntry

POSTCODE_KEY = "postcode"


@dataclass(frozen=True)
class Segmentation:
    """A scheme, the finest level at which the study's places are known, and named sets."""

    scheme: Scheme
    finest: str
    sets: tuple[SegmentSet, ...]

    def levels(self) -> tuple[str, ...]:
        """Return the levels that can be shown, coarsest first."""
        return LEVELS[: LEVELS.index(self.finest) + 1]


def read(
    connection: duckdb.DuckDBPyConnection,
    project: Project,
    book: Directory,
    places: Places,
    geographies: Mapping[str, Geography],
) -> tuple[Segmentation, IntArray]:
    """Return the segmentation and, for each place, its position among the finest codes."""
    entry = project.segments
    if entry.file is None or not entry.scheme:
        mend = "Give --segments FILE and --scheme NAME, or file and scheme in [segments]."
        raise UsageError(Fault("", "no segments are named.", mend))
    scheme = definitions.scheme(entry.scheme)
    lookup, level = _lookup(connection, entry, scheme)
    keys = _segment_keys(entry, book, places, geographies)
    codes = segmentation.assign(
        [lookup.get(key) if key else None for key in keys], scheme, level, str(entry.file)
    )
    if (codes[places.base] == segmentation.NONE).all():
        mend = 'Say what its keys are with key = "postcode", a directory column or a geography.'
        raise ContentError(Fault(str(entry.file), "no postcode of the study area is in it.", mend))
    sets = tuple(segmentation.parse_set(name, text, scheme) for name, text in project.sets.items())
    return Segmentation(scheme, level, sets), codes


def _segment_keys(
    entry: SegmentsEntry,
    book: Directory,
    places: Places,
    geographies: Mapping[str, Geography],
) -> list[str | None]:
    """Return for each place the key under which the segments file has it."""
    key = entry.key or POSTCODE_KEY
    if key in geographies:
        return [
            geographies[key].codes[area].upper() if area != NOWHERE else None
            for area in places.areas[key]
        ]
    if key == POSTCODE_KEY:
        held: Sequence[str | None] = book.keys
    elif key in book.codes:
        held = [code.strip().upper() if code else None for code in book.codes[key]]
    else:
        known = ", ".join([POSTCODE_KEY, *geographies])
        raise UsageError(
            Fault(
                "[segments] key",
                f"'{key}' is neither a column of the directory nor a geography.",
                f"Known: {known}.",
            )
        )
    return [held[postcode] for postcode in places.postcode]


def _lookup(
    connection: duckdb.DuckDBPyConnection, entry: SegmentsEntry, scheme: Scheme
) -> tuple[dict[str, str | None], str]:
    """Return the segment code by key as the file has them, and the level of the codes."""
    assert entry.file is not None  # noqa: S101 - checked by the caller
    table = tables.relation(connection, entry.file)
    key = _key_column(entry, table)
    code, level = _code_column(entry, table, scheme)
    with tables.faults_of(entry.file):
        rows = connection.execute(
            f"SELECT regexp_replace(upper({tables.quoted_name(key)}::VARCHAR), "  # noqa: S608
            "'[^A-Z0-9]', '', 'g'), "
            f"{tables.quoted_name(code)}::VARCHAR FROM {table.sql}"
        ).fetchall()
    return dict(rows), level


def _key_column(entry: SegmentsEntry, table: tables.Relation) -> str:
    if entry.key_column:
        return columns.named(entry.key_column, table.header, table.where)
    key = entry.key or POSTCODE_KEY
    found = (
        columns.find("segments", POSTCODE_KEY, table.header)
        if key == POSTCODE_KEY
        else columns.find("areas", "code", table.header)
    )
    folded = {name.casefold(): name for name in table.header}
    found = folded.get(key.casefold(), found)
    if found is None:
        fault = columns.missing(f"a column of {key} keys", table.header, table.where)
        raise ContentError(
            Fault(fault.where, fault.what, f'{fault.mend} Name it: key_column = "…".')
        )
    return found


def _code_column(entry: SegmentsEntry, table: tables.Relation, scheme: Scheme) -> tuple[str, str]:
    """Return the column of segment codes, the finest that the file and the scheme have."""
    header = [entry.code_column] if entry.code_column else list(table.header)
    for level in reversed(scheme.levels):
        found = columns.find("segments", level, header)
        if found is not None:
            return columns.named(found, table.header, table.where), level
    if entry.code_column:
        return columns.named(entry.code_column, table.header, table.where), scheme.levels[-1]
    fault = columns.missing("a column of segment codes", table.header, table.where)
    raise ContentError(Fault(fault.where, fault.what, f'{fault.mend} Name it: code_column = "…".'))
