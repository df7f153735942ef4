"""Codes that are not the scheme's, or exclude each other: where they stand, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np

from geodemand.core import segmentation
from geodemand.core.segmentation import Scheme, Understood
from geodemand.errors import ContentError, Fault
from geodemand.io import definitions, schemes, tables
from geodemand.io.segment_file import Found, Row, Source

SHOWN = 5
KINDS_SHOWN = 50
LONGEST_SHOWN = 30


def check(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    found: Found,
    understood: Understood,
    scheme: Scheme,
) -> None:
    """Raise ContentError where codes are not the scheme's, or those of a row exclude each other.

    A strange code outside the study is a fault only where the file is wholly of another edition.
    """
    if understood.fits:
        return
    where = source.table.where
    used = set(found.row.tolist())
    strange = [pair for row in used for pair in understood.unknown[row]]
    fitting = _editions(found.rows, source.levels, scheme)
    if not strange and fitting:
        strange = [pair for pairs in understood.unknown for pair in pairs]
    faults = []
    for level in source.levels:
        texts = sorted({text for at, text in strange if at == level})
        if texts:
            shown = ", ".join(f"'{text[:LONGEST_SHOWN]}'" for text in texts[:SHOWN])
            what = f"{len(texts)} {level} codes are not in {scheme.identity}: {shown}."
            faults.append(Fault(where, what, _mend(texts, fitting, scheme)))
    against = np.flatnonzero(understood.contradicts)
    if len(against):
        rows = sum(found.counts[row] for row in against)
        with tables.faults_of(where):
            numbers = _row_numbers(connection, source, [found.rows[row] for row in against])
        example = " with ".join(
            f"{level} {text}"
            for level, text in zip(source.levels, found.rows[against[0]], strict=True)
            if text and text.strip()
        )
        what = (
            f"{rows} rows hold codes that exclude each other in {scheme.identity}, such as "
            f"{example} (row {', '.join(map(str, numbers))}; the header is row 1)."
        )
        faults.append(Fault(where, what, _mend((), fitting, scheme)))
    if faults:
        raise ContentError(*faults)


def _editions(rows: Sequence[Row], levels: Sequence[str], scheme: Scheme) -> list[str]:
    """Return the other schemes of the same family that ship and that all the rows are of."""
    family = scheme.name.partition("-")[0]
    others = [
        schemes.scheme(name)
        for name in definitions.names("segmentations")
        if name != scheme.name and name.partition("-")[0] == family
    ]
    return [
        other.identity
        for other in others
        if set(levels) <= set(other.levels) and segmentation.understand(rows, levels, other).fits
    ]


def _mend(texts: Sequence[str], fitting: Sequence[str], scheme: Scheme) -> str:
    """Return what to do about codes that are not the scheme's."""
    if fitting:
        return f"Is the file of another edition? It fits {', '.join(fitting)}: use --scheme."
    names = {(segment.name or "").casefold() for segment in scheme.segments.values()} - {""}
    if any(" " in text or text.casefold() in names for text in texts):
        return 'Names are not read, for they change: name the column of codes, code_column = "…".'
    for level in scheme.levels:
        if texts and all(segmentation.told(text, level, scheme) for text in texts):
            return f"They are {level} codes: name the column {level}."
    return (
        "Is the file of another edition? Name its scheme with --scheme. A code that stands for no "
        'segment, as of what is unclassified: none = ["…"] in [segments].'
    )


def _row_numbers(
    connection: duckdb.DuckDBPyConnection, source: Source, rows: Sequence[Row]
) -> list[int]:
    """Return where in the file the first rows with such codes stand, the header being row 1."""
    texts = [f"t{i}" for i in range(len(source.codes))]
    same = " AND ".join(f"{text} IS NOT DISTINCT FROM ?" for text in texts)
    wanted = rows[:KINDS_SHOWN]
    connection.execute("SET preserve_insertion_order = true")
    try:
        found = connection.execute(
            f"SELECT row FROM (SELECT row_number() OVER () + 1 AS row, {source.texts()} "  # noqa: S608
            f"FROM {source.table.sql}) WHERE {' OR '.join([f'({same})'] * len(wanted))} "
            f"ORDER BY row LIMIT {SHOWN}",
            [text for row in wanted for text in row],
        ).fetchall()
    finally:
        connection.execute("SET preserve_insertion_order = false")
    return [int(row) for (row,) in found]
