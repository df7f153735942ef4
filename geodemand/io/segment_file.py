"""What a file of segments is: its columns of keys and of codes, and what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from geodemand.core import segmentation
from geodemand.core.keys import Numbers
from geodemand.core.segmentation import Scheme
from geodemand.errors import ContentError, Fault
from geodemand.io import columns, definitions, tables
from geodemand.project import POSTCODE_KEY, SegmentsEntry

Row: TypeAlias = tuple[str | None, ...]


@dataclass(frozen=True)
class Source:
    """A segments file: its table, the column of keys, and the code columns, the finest last.

    ``ranks``: the column's name says that it holds ranks. ``none``: codes for no segment.
    """

    table: tables.Relation
    key: str
    by_postcode: bool
    codes: tuple[str, ...]
    levels: tuple[str, ...]
    ranks: bool = False
    none: tuple[str, ...] = ()

    def texts(self) -> str:
        """Return the code columns as SQL, named t0, t1 and so on; "" for no segment."""
        return ", ".join(f"{self._text(code)} AS t{i}" for i, code in enumerate(self.codes))

    def _text(self, column: str) -> str:
        text = f"coalesce({tables.quoted_name(column)}::VARCHAR, '')"
        if not self.none:
            return text
        listed = ", ".join(tables.quoted_text(code.strip().upper()) for code in self.none)
        return f"CASE WHEN upper(trim({text})) IN ({listed}) THEN '' ELSE {text} END"


@dataclass(frozen=True)
class Found:
    """What the file says: its distinct rows of code texts, and which key of ours has which.

    ``key``, ``row``: indices, pair by pair. ``counts``: rows of the file, by distinct row.
    """

    rows: list[Row]
    counts: list[int]
    key: Numbers
    row: Numbers


def source(entry: SegmentsEntry, table: tables.Relation, scheme: Scheme) -> Source:
    """Find the columns of a segments file."""
    key = _key_column(entry, table)
    by_postcode = (entry.key or POSTCODE_KEY) == POSTCODE_KEY
    found = Source(table, key, by_postcode, (), (), none=entry.none)
    code, level, ranks = _code_column(entry, table, scheme, key)
    if code == key:
        what = f"the column '{key}' cannot be both the key and the code."
        raise ContentError(Fault(table.where, what, 'Name them: key_column and code_column = "…".'))
    rest = [name for name in table.header if name not in {key, code}]
    coarser = [(above, _of_level(rest, scheme, above)) for above in scheme.coarser(level)]
    held = [(above, column) for above, column in coarser if column is not None]
    return replace(
        found,
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
    for name in header:
        _refuse_other_edition(name, scheme, table.where)
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
