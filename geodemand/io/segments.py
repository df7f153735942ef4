"""Segments: the scheme, and which of its codes each place has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import duckdb
import numpy as np

from geodemand.core import segmentation
from geodemand.core.batches import batches
from geodemand.core.disclosure import IntArray
from geodemand.core.geography import Geography
from geodemand.core.keys import Lookup, Numbers, Texts
from geodemand.core.matching import Directory
from geodemand.core.segmentation import Scheme, SegmentSet, Understood
from geodemand.core.tally import Places
from geodemand.errors import ContentError, Fault, UsageError
from geodemand.io import columns, definitions, schemes, tables
from geodemand.project import POSTCODE_KEY, Project, SegmentsEntry

NO_KEY = -1
SHOWN = 5
KINDS_SHOWN = 50
LONGEST_SHOWN = 30
# Some areas share a rank.
WHOLE = 0.99
# More distinct rows of codes than any segmentation or index has.
MOST_DISTINCT = 100_000

Row: TypeAlias = tuple[str | None, ...]


@dataclass(frozen=True)
class Segmentation:
    """A scheme, the finest level at which the study's places are known, and named sets."""

    scheme: Scheme
    finest: str
    sets: tuple[SegmentSet, ...]

    def levels(self) -> tuple[str, ...]:
        """Return the levels that can be shown, coarsest first."""
        return (*self.scheme.coarser(self.finest), self.finest)


@dataclass(frozen=True)
class _Source:
    """A segments file: its table, the column of keys, and the code columns, the finest last.

    ``ranks``: the column's name says that it holds ranks.
    """

    table: tables.Relation
    key: str
    by_postcode: bool
    codes: tuple[str, ...]
    levels: tuple[str, ...]
    ranks: bool = False

    def texts(self) -> str:
        """Return the code columns as SQL, named t0, t1 and so on."""
        return ", ".join(
            f"coalesce({tables.quoted_name(code)}::VARCHAR, '') AS t{i}"
            for i, code in enumerate(self.codes)
        )


@dataclass(frozen=True)
class _Keys:
    """The distinct keys of the study's places, numbered.

    ``find``: gives the number of the key that each text is, or NO_KEY. ``size``: how many keys.
    ``of_place``: for each place the number of its key, or NO_KEY.
    """

    find: Callable[[Texts], Numbers]
    size: int
    of_place: IntArray


@dataclass(frozen=True)
class _Found:
    """What the file says: its distinct rows of code texts, and which key of ours has which.

    ``key``, ``row``: indices, pair by pair. ``counts``: rows of the file, by distinct row.
    """

    rows: list[Row]
    counts: list[int]
    key: Numbers
    row: Numbers


def read(
    connection: duckdb.DuckDBPyConnection,
    project: Project,
    book: Directory,
    places: Places,
    geographies: Mapping[str, Geography],
) -> tuple[Segmentation, IntArray]:
    """Return the segmentation and, for each place, its position among the finest codes.

    Raises ContentError where the file contradicts itself or the scheme.
    """
    entry = project.segments
    if entry.file is None or not entry.scheme:
        mend = "Give --segments FILE and --scheme NAME, or file and scheme in [segments]."
        raise UsageError(Fault("", "no segments are named.", mend))
    scheme = schemes.scheme(entry.scheme)
    source = _source(entry, tables.relation(connection, entry.file), scheme)
    keys = _keys(entry, book, places, geographies)
    with tables.faults_of(entry.file):
        found = _look_up(connection, source, keys, small=tables.are_small([entry.file]))
    found = _without_ranks(found, source, scheme)
    understood = segmentation.understand(found.rows, source.levels, scheme)
    _check(connection, source, found, understood, scheme)
    by_key = _one_each(found, understood, keys.size, source)
    codes = by_key[keys.of_place].astype(np.int64)
    if (codes[places.base] == segmentation.NONE).all():
        mend = 'Say what its keys are with key = "postcode", a directory column or a geography.'
        raise ContentError(Fault(str(entry.file), "no postcode of the study area is in it.", mend))
    sets = tuple(
        segmentation.parse_set(name, said.codes, scheme, said.chosen_on)
        for name, said in project.named_sets.items()
    )
    return Segmentation(scheme, source.levels[-1], sets), codes


def _keys(
    entry: SegmentsEntry,
    book: Directory,
    places: Places,
    geographies: Mapping[str, Geography],
) -> _Keys:
    """Return the keys under which the segments file has the places."""
    key = entry.key or POSTCODE_KEY
    if key == POSTCODE_KEY and key not in geographies:
        return _Keys(book.lookup.places_of, len(book), places.postcode)
    if key in geographies:
        codes, of_place = geographies[key].codes, places.areas[key]
    elif key in book.codes:
        codes = book.codes[key].values
        of_place = book.codes[key].number[places.postcode].astype(np.int64)
    else:
        known = ", ".join([POSTCODE_KEY, *geographies])
        raise UsageError(
            Fault(
                "[segments] key",
                f"'{key}' is neither a column of the directory nor a geography.",
                f"Known: {known}.",
            )
        )
    index: dict[str, int] = {}
    plain = [code.strip().upper() for code in codes]
    number = [index.setdefault(code, len(index)) if code else NO_KEY for code in plain]

    def find(texts: Texts) -> Numbers:
        held = texts.at(np.arange(len(texts)))
        return np.array([index.get(text.strip().upper(), NO_KEY) for text in held], dtype=np.int32)

    return _Keys(find, len(index), np.append(number, NO_KEY)[of_place])


def _look_up(
    connection: duckdb.DuckDBPyConnection, source: _Source, keys: _Keys, *, small: bool
) -> _Found:
    """Read the file once: its distinct rows of codes, and the keys of ours that stand there.

    Rows of codes are told apart by 63 bits of a hash; 0 is none.
    """
    names = [f"t{i}" for i in range(len(source.codes))]
    query = (
        f"SELECT key, hash({', '.join(names)}) | 1 AS kind, {', '.join(names)} FROM (SELECT "  # noqa: S608
        f"coalesce({tables.quoted_name(source.key)}::VARCHAR, '') AS key, {source.texts()} "
        f"FROM {source.table.sql})"
    )
    kinds = Lookup(np.empty(0, dtype=np.uint64))
    rows: list[Row] = []
    counts = np.zeros(0, dtype=np.int64)
    of_key, of_row = [], []
    for batch in batches(connection, query, small=small):
        kind = batch.numbers("kind")
        new, first = np.unique(kind[fresh := kinds.places(kind) == NO_KEY], return_index=True)
        if len(new):
            at = np.flatnonzero(fresh)[first]
            rows += zip(*(batch.texts(name).at(at) for name in names), strict=True)
            kinds = Lookup(np.append(kinds.keys, new))
        _refuse_many(rows, source)
        row = kinds.places(kind)
        more = np.bincount(row, minlength=len(rows))
        more[: len(counts)] += counts
        counts = more
        number = keys.find(batch.texts("key"))
        ours = number != NO_KEY
        of_key.append(number[ours])
        of_row.append(row[ours])
    order = sorted(range(len(rows)), key=rows.__getitem__)
    none = [np.empty(0, dtype=np.int32)]
    return _Found(
        [rows[row] for row in order],
        counts[order].tolist(),
        np.concatenate(of_key or none),
        np.argsort(order).astype(np.int32)[np.concatenate(of_row or none)],
    )


def _refuse_many(rows: Sequence[Row], source: _Source) -> None:
    """Raise ContentError for more distinct rows than any segmentation has."""
    if len(rows) > MOST_DISTINCT:
        columns_ = " and ".join(f"'{code}'" for code in source.codes)
        what = (
            f"{columns_} holds more than {MOST_DISTINCT:,} different texts: no codes of segments."
        )
        raise ContentError(Fault(source.table.where, what, 'Name the column: code_column = "…".'))


def _without_ranks(found: _Found, source: _Source, scheme: Scheme) -> _Found:
    """Return the rows with the parts of the scale where the file has ranks.

    Raises ContentError where the scheme does not say how many ranks there are, or too few.
    """
    if not scheme.is_scale:
        return found
    numbers = {segmentation.whole_number(row[-1]) or 0 for row in found.rows}
    largest = max(numbers, default=0)
    parts = len(scheme.codes(scheme.levels[0]))
    if not source.ranks and largest <= parts:
        return found
    shipped = {name: schemes.scheme(name).ranks for name in definitions.names("segmentations")}
    # A file of every area ends with the number of areas, which tells its edition.
    complete = len(numbers - {0}) > WHOLE * largest
    of_another = complete and largest != scheme.ranks and largest in shipped.values()
    if scheme.ranks < largest or of_another:
        has = f"{scheme.identity} divides {scheme.ranks:,}" if scheme.ranks else ""
        what = f"'{source.codes[-1]}' is a rank, up to {largest:,}, not a part from 1 to {parts}."
        fitting = [name for name, ranks in shipped.items() if ranks >= largest]
        use = f" Try {' or '.join(fitting)}." if fitting else ""
        mend = f"{has or f'{scheme.identity} does not say how many ranks there are'}.{use}"
        raise ContentError(Fault(source.table.where, what, mend))
    rows = [(*row[:-1], segmentation.code_of_rank(row[-1], scheme)) for row in found.rows]
    return replace(found, rows=rows)


def _check(
    connection: duckdb.DuckDBPyConnection,
    source: _Source,
    found: _Found,
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
    return "Is the file of another edition? Name its scheme with --scheme."


def _row_numbers(
    connection: duckdb.DuckDBPyConnection, source: _Source, rows: Sequence[Row]
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


def _one_each(found: _Found, understood: Understood, size: int, source: _Source) -> Numbers:
    """Return for each key, and then for none, its position among the finest codes.

    Raises ContentError where a key has two.
    """
    by_key = np.full(size + 1, segmentation.NONE, dtype=np.int32)
    position = understood.positions.astype(np.int32)[found.row]
    said = position != segmentation.NONE
    key, position = found.key[said], position[said]
    by_key[key] = position  # the last one where there are several
    repeated = np.unique(key[by_key[key] != position])
    if len(repeated):
        things = "postcodes" if source.by_postcode else "keys"
        what = f"{len(repeated)} {things} of the study stand in it twice, with different codes."
        raise ContentError(Fault(source.table.where, what, "Keep one row for each."))
    return by_key


def _source(entry: SegmentsEntry, table: tables.Relation, scheme: Scheme) -> _Source:
    """Find the columns of a segments file."""
    key = _key_column(entry, table)
    by_postcode = (entry.key or POSTCODE_KEY) == POSTCODE_KEY
    source = _Source(table, key, by_postcode, (), ())
    code, level, ranks = _code_column(entry, table, scheme, key)
    if code == key:
        what = f"the column '{key}' cannot be both the key and the code."
        raise ContentError(Fault(table.where, what, 'Name them: key_column and code_column = "…".'))
    rest = [name for name in table.header if name not in {key, code}]
    coarser = [(above, _of_level(rest, scheme, above)) for above in scheme.coarser(level)]
    held = [(above, column) for above, column in coarser if column is not None]
    return replace(
        source,
        codes=(*(column for _, column in held), code),
        levels=(*(above for above, _ in held), level),
        ranks=ranks,
    )


def _key_column(entry: SegmentsEntry, table: tables.Relation) -> str:
    if entry.key_column:
        return columns.named(entry.key_column, table.header, table.where)
    key = entry.key or POSTCODE_KEY
    found = (
        columns.find("segments", POSTCODE_KEY, table.header)
        if key == POSTCODE_KEY
        else columns.find("segments", "area", table.header)
        or columns.find("areas", "code", table.header)
    )
    folded = {name.casefold(): name for name in table.header}
    found = folded.get(key.casefold(), found)
    if found is None:
        fault = columns.missing(f"a column of {key} keys", table.header, table.where)
        raise ContentError(
            Fault(fault.where, fault.what, f'{fault.mend} Name it: key_column = "…".')
        )
    return found


def _code_column(
    entry: SegmentsEntry, table: tables.Relation, scheme: Scheme, key: str
) -> tuple[str, str, bool]:
    """Return the finest column of codes that the file has, its level, whether it is ranks."""
    finest = scheme.levels[-1]
    header = [name for name in table.header if name != key]
    if entry.code_column:
        header = [columns.named(entry.code_column, table.header, table.where)]
        _refuse_other_edition(header[0], scheme, table.where)
    for level in reversed(scheme.levels):
        found = _of_level(header, scheme, level)
        if found is not None:
            return found, level, False
    ranks = columns.find("segments", "rank", header) if scheme.is_scale else None
    found = ranks or columns.find("segments", "finest", header)
    if found is None and entry.code_column:
        found = header[0]
    if found is not None:
        return found, finest, ranks is not None
    fault = columns.missing("a column of segment codes", table.header, table.where)
    raise ContentError(Fault(fault.where, fault.what, f'{fault.mend} Name it: code_column = "…".'))


def _of_level(header: Sequence[str], scheme: Scheme, level: str) -> str | None:
    """Return the column of one level's codes, by the names of the edition or the usual ones."""
    roles = [f"{scheme.name} {level}", level]
    if scheme.is_scale:
        roles.insert(0, f"scale of {len(scheme.codes(level))}")
    return next((c for role in roles if (c := columns.find("segments", role, header))), None)


def _refuse_other_edition(column: str, scheme: Scheme, where: str) -> None:
    """Raise ContentError where a column's name says another edition than the scheme's."""
    shipped = definitions.names("segmentations")
    if scheme.name not in shipped:
        return
    for other in shipped:
        says = any(
            columns.find("segments", f"{other} {level}", [column]) for level in segmentation.LEVELS
        )
        if says and other != scheme.name:
            what = f"the column '{column}' is of {other}, the scheme is {scheme.identity}."
            raise ContentError(Fault(where, what, f"Use --scheme {other}, or another column."))
