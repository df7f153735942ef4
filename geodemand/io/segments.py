"""Segments: the scheme, and which of its codes each place has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

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
from geodemand.io import definitions, schemes, segment_faults, segment_file, tables
from geodemand.io.segment_file import Found, Row, Source
from geodemand.project import POSTCODE_KEY, Project, SegmentsEntry

NO_KEY = -1
# Some areas share a rank.
WHOLE = 0.99
# More distinct rows of codes than any segmentation or index has.
MOST_DISTINCT = 100_000


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
class _Keys:
    """The distinct keys of the study's places, numbered.

    ``find``: gives the number of the key that each text is, or NO_KEY. ``size``: how many keys.
    ``of_place``: for each place the number of its key, or NO_KEY.
    """

    find: Callable[[Texts], Numbers]
    size: int
    of_place: IntArray


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
    source = segment_file.source(entry, tables.relation(connection, entry.file), scheme)
    keys = _keys(entry, book, places, geographies)
    with tables.faults_of(entry.file):
        found = _look_up(connection, source, keys, small=tables.are_small([entry.file]))
    found = _without_ranks(found, source, scheme)
    understood = segmentation.understand(found.rows, source.levels, scheme)
    segment_faults.check(connection, source, found, understood, scheme)
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
    connection: duckdb.DuckDBPyConnection, source: Source, keys: _Keys, *, small: bool
) -> Found:
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
    return Found(
        [rows[row] for row in order],
        counts[order].tolist(),
        np.concatenate(of_key or none),
        np.argsort(order).astype(np.int32)[np.concatenate(of_row or none)],
    )


def _refuse_many(rows: Sequence[Row], source: Source) -> None:
    """Raise ContentError for more distinct rows than any segmentation has."""
    if len(rows) > MOST_DISTINCT:
        columns_ = " and ".join(f"'{code}'" for code in source.codes)
        what = (
            f"{columns_} holds more than {MOST_DISTINCT:,} different texts: no codes of segments."
        )
        raise ContentError(Fault(source.table.where, what, 'Name the column: code_column = "…".'))


def _without_ranks(found: Found, source: Source, scheme: Scheme) -> Found:
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
    all_shipped = {name: schemes.scheme(name) for name in definitions.names("segmentations")}
    shipped = {
        name: each.ranks
        for name, each in all_shipped.items()
        if each.is_scale and len(each.codes(each.levels[0])) == parts
    }
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


def _one_each(found: Found, understood: Understood, size: int, source: Source) -> Numbers:
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
