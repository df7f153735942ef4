"""Place every row of a client list and account for it in the ledger.

Lists come as relations of a DuckDB connection with two columns: ``raw``, the text of the postcode
(or of the coordinates), and ``id``, the client or NULL; a dated list also has ``day``. The rules
and their order are those of the ledger: see `Reason`.

A list is read once, batch by batch. `core.keys` finds the place of each row; rows are counted by
place as they come, and only texts that it does not find are kept, once each, for `core.odd_texts`.
So memory grows with the directory and with what is odd, not with the rows.

A client with several rows counts once: at the row of the most trusted reason, of these at the
latest in a dated list (rows without a date come last), of these at the first place (postcodes in
the order of the alphabet, without spaces). The order of rows decides nothing. Its other rows are
duplicates. For this two or three numbers a row are held; a list too long for it is read again, for
one part of its clients after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, overload

import numpy as np

from geodemand.core import clients, keys, odd_texts, single_rows
from geodemand.core.batches import Batch, batches
from geodemand.core.clients import ClientRows, Held
from geodemand.core.disclosure import BoolArray, Clients, Exact, FloatArray, IntArray
from geodemand.core.keys import Lookup, Numbers
from geodemand.core.odd_texts import Odd
from geodemand.core.reasons import NO_PLACE, PLACED, RANK, Ranks, Reason, Verdict

if TYPE_CHECKING:
    import duckdb

__all__ = [
    "NO_PLACE",
    "PLACED",
    "Asked",
    "Codes",
    "Directory",
    "Matched",
    "Reason",
    "Verdict",
    "match_points",
    "match_postcodes",
]

# Of the type of the counts: NumPy adds another type twenty times slower.
ONE = np.int32(1)
LAST_PLACED = RANK[PLACED[-1]]
# What a row is worth is written in one number, bit by bit: the rank, then the day, then the place.
RANK_BIT, DAY_BIT = 59, 32
RAW = "coalesce(raw, '') AS raw"


@dataclass(frozen=True)
class Codes(Sequence["str | None"]):
    """One code a postcode: the ``number`` of its text among the ``values``, -1 for none."""

    values: tuple[str, ...]
    number: Numbers

    def __len__(self) -> int:
        """Return the number of postcodes."""
        return len(self.number)

    @overload
    def __getitem__(self, at: int) -> str | None: ...

    @overload
    def __getitem__(self, at: slice) -> Codes: ...

    def __getitem__(self, at: int | slice) -> str | Codes | None:
        """Return the code of one postcode, or those of a slice."""
        if isinstance(at, slice):
            return Codes(self.values, self.number[at])
        place = int(self.number[at])
        return None if place < 0 else self.values[place]

    def __iter__(self) -> Iterator[str | None]:
        """Give the code of each postcode."""
        return ((None if place < 0 else self.values[place]) for place in self.number.tolist())


@dataclass(frozen=True)
class Directory:
    """Postcodes with position, status and codes, index-aligned, in order of their key.

    ``lookup``: their keys. ``x``, ``y``: metres (EPSG:27700), NaN without a location. ``ended``: no
    longer in use. ``inside``: lies in the study area. ``codes``: other columns of the directory, by
    name. ``weights``: households, residents, by name.
    """

    lookup: Lookup
    x: FloatArray
    y: FloatArray
    ended: BoolArray
    inside: BoolArray
    codes: Mapping[str, Codes]
    weights: Mapping[str, FloatArray]

    def __len__(self) -> int:
        """Return the number of postcodes."""
        return len(self.x)

    @property
    def live(self) -> BoolArray:
        """Return which postcodes form the base: live, with a location, in the study area."""
        return ~self.ended & np.isfinite(self.x) & self.inside

    def ranks(self) -> Ranks:
        """Return what a match to each postcode means for the ledger, as the rank of its reason."""
        found = np.full(len(self), RANK[Reason.MATCHED], dtype=np.int8)
        found[self.ended] = RANK[Reason.TERMINATED]
        found[~self.inside] = RANK[Reason.OUTSIDE]
        found[~np.isfinite(self.x)] = RANK[Reason.UNKNOWN]
        return found


@dataclass(frozen=True)
class Matched:
    """One client list after matching.

    ``places``, ``clients``: places that hold clients, and how many, index-aligned.
    ``ledger``: rows by reason; the reasons add up to ``rows``. ``slips``: by the reason of their
    postcode, rows that --repair would place; a row may also be the same client again.
    ``unlisted``: rows whose postcode is well-formed and not in the directory, though it covers the
    area. ``unplaced``: rows without a place, where asked for.
    """

    rows: Exact
    places: IntArray
    clients: Exact
    ledger: dict[Reason, Exact]
    slips: dict[Reason, Exact]
    unlisted: Exact
    unplaced: Clients | None = None

    @property
    def proposals(self) -> Exact:
        """Return how many rows have a postcode that --repair would place."""
        return _people(sum(int(each.exact) for each in self.slips.values()))

    @property
    def is_empty(self) -> bool:
        """Return whether the list has no row."""
        return not self.rows.exact.any()

    @property
    def match_rate(self) -> float:
        """Return placed rows over rows that are no duplicates; NaN for an empty list."""
        asked = int(self.rows.exact) - int(self.ledger[Reason.DUPLICATE].exact)
        placed = sum(int(self.ledger[reason].exact) for reason in PLACED)
        return placed / asked if asked else float("nan")


@dataclass(frozen=True)
class Asked:
    """What there is to a list, and what is asked of it.

    ``repair``: place rows whose postcode is one slip off a single one. ``with_ids``: rows may have
    an id. ``dated``: they have a day. ``unplaced``: return the rows that could not be placed too;
    the source then has a column ``file``. ``small``: all of it may lie in memory.
    """

    repair: bool = False
    with_ids: bool = True
    dated: bool = False
    unplaced: bool = False
    small: bool = False


def match_postcodes(
    connection: duckdb.DuckDBPyConnection,
    directory: Directory,
    source: str,
    asked: Asked = Asked(),
) -> Matched:
    """Match a list by postcode against the directory.

    ``source``: name of a relation with the columns raw and id, and others as ``asked`` says.
    """
    ranks = directory.ranks()

    def judge(texts: Sequence[str]) -> Odd:
        return odd_texts.judge(texts, directory.lookup, ranks, repair=asked.repair)

    rows = _Rows(connection, source, directory.lookup, asked)
    odd = judge([*rows.texts])
    rank = np.concatenate([ranks, odd.rank])
    place = np.concatenate([np.arange(len(directory), dtype=np.int32), odd.place])
    matched = rows.matched(rank, place, odd)
    if not asked.unplaced:
        return matched
    found = single_rows.unplaced(connection, source, judge, directory.lookup, dated=asked.dated)
    return replace(matched, unplaced=found)


def match_points(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    judge: Callable[[Sequence[str]], list[Verdict]],
    asked: Asked = Asked(),
) -> Matched:
    """Match a list whose ``raw`` holds coordinates; ``judge`` gives the verdict on each text."""
    rows = _Rows(connection, source, None, asked)
    found = sorted(rows.texts)
    verdicts = dict(zip(found, judge(found), strict=True))

    def judged(texts: Sequence[str]) -> Odd:
        return Odd(
            np.array([RANK[verdicts[text].reason] for text in texts], dtype=np.int8),
            np.array([verdicts[text].place for text in texts], dtype=np.int32),
            np.full(len(texts), NO_PLACE, dtype=np.int32),
            np.zeros(len(texts), dtype=bool),
        )

    odd = judged([*rows.texts])
    matched = rows.matched(odd.rank, odd.place, odd)
    if not asked.unplaced:
        return matched
    left = single_rows.unplaced(connection, source, judged, None, dated=asked.dated)
    return replace(matched, unplaced=left)


class _Rows:
    """The rows of a list, each with the number of its answer.

    That is its place in the directory, or behind these the number of its text. ``texts``: those
    that have no place, or their keys, with their number among themselves. ``by_answer``: how many
    rows have which.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: str,
        lookup: Lookup | None,
        asked: Asked,
    ) -> None:
        """Read a relation of raw, id and day; count its rows.

        ``lookup``: finds the places of postcodes; the first text that it does not find has the
        number behind its last place. None: every text has its own.
        """
        first = len(lookup) if lookup else 0
        self.texts: dict[str, int] = {}
        self.by_answer = np.zeros(first, dtype=np.int32)
        self._without_id = self.by_answer
        self._held: Held | None = None
        self._first = first
        self._lookup = lookup
        if asked.with_ids:
            self._without_id = np.zeros(first, dtype=np.int32)
            self._held = Held(partial(self._clients, connection, source, asked))
        else:
            counted = f"SELECT {RAW} FROM {source}"  # noqa: S608
            for batch in batches(connection, counted, small=asked.small):
                self.by_answer = _counted(self.by_answer, self._answers(batch))
            self._without_id = self.by_answer

    def matched(self, rank: Ranks, place: Numbers, odd: Odd) -> Matched:
        """Return the list as matched; rows that are not a client's best are duplicates.

        ``rank``, ``place``: what each answer comes to, the reason and where. ``odd``: the texts.
        """
        by_reason = np.zeros(len(Reason), dtype=np.int64)
        by_place = np.zeros(int(place.max(initial=NO_PLACE)) + 1, dtype=np.int32)
        alone = np.flatnonzero(self._without_id)
        each = self._without_id[alone]
        by_reason += np.bincount(rank[alone], each, len(Reason)).astype(np.int64)
        placed = rank[alone] <= LAST_PLACED
        np.add.at(by_place, place[alone[placed]], each[placed])
        for rows in self._held.groups() if self._held else ():
            best = clients.best(
                rows.client, _worth(rank[rows.answer], place[rows.answer], rows.late)
            )
            reason = best >> RANK_BIT
            by_reason += np.bincount(reason, minlength=len(by_reason))
            np.add.at(by_place, best[reason <= LAST_PLACED] & (2**DAY_BIT - 1), ONE)
        total = int(self.by_answer.sum())
        of_texts = self.by_answer[self._first : self._first + len(self.texts)]
        ledger = {reason: int(by_reason[RANK[reason]]) for reason in Reason}
        ledger[Reason.DUPLICATE] = total - int(by_reason.sum())
        held = np.flatnonzero(by_place)
        return Matched(
            rows=_people(total),
            places=held,
            clients=Exact(by_place[held].astype(np.int64)),
            ledger={reason: _people(n) for reason, n in ledger.items()},
            slips=_slips(of_texts, odd),
            unlisted=_people(int(of_texts[odd.unlisted].sum())),
        )

    def _clients(
        self, connection: duckdb.DuckDBPyConnection, source: str, asked: Asked, part: str
    ) -> Iterator[ClientRows]:
        """Give the rows that have an id; in the first reading count all rows."""
        late = f", {single_rows.LATE} AS late" if asked.dated else ""
        where = f"WHERE {part}" if part else ""
        wanted = f"{RAW}, coalesce(hash(id), 0) AS client, (id IS NULL)::UTINYINT AS alone{late}"
        listed = f"SELECT {wanted} FROM {source} {where}"  # noqa: S608
        for batch in batches(connection, listed, small=asked.small):
            answers = self._answers(batch)
            rows = ClientRows(
                batch.numbers("client").copy(),  # or all of the batch would stay in memory
                answers,
                batch.numbers("late").copy() if asked.dated else None,
            )
            if not part:
                self.by_answer = _counted(self.by_answer, answers)
            alone = batch.numbers("alone") == 1
            if alone.any():
                if not part:
                    self._without_id = _counted(self._without_id, answers[alone])
                rows = rows[~alone]
            yield rows

    def _answers(self, batch: Batch) -> Numbers:
        texts = batch.texts("raw")
        if self._lookup is None:
            return self._numbered(texts.at(np.arange(len(texts))))
        answers = self._lookup.places(keys.of_texts(texts))
        odd = np.flatnonzero(answers == NO_PLACE)
        held = keys.of_odd_texts(texts.some(odd))
        answers[odd] = self._lookup.places(held)
        unknown = np.flatnonzero((answers[odd] == NO_PLACE) & (held != 0))
        distinct, which = np.unique(held[unknown], return_inverse=True)
        answers[odd[unknown]] = self._numbered(keys.unpacked(distinct))[which]
        rest = odd[held == 0]
        answers[rest] = self._numbered(texts.at(rest))
        return answers

    def _numbered(self, texts: Sequence[str]) -> Numbers:
        """Return the answers of texts without a place, which are counted with them from now on."""
        number = [self.texts.setdefault(text, len(self.texts)) for text in texts]
        return np.array(number, dtype=np.int32) + np.int32(self._first)


def _counted(counts: Numbers, answers: Numbers) -> Numbers:
    """Return counts by answer with some more rows; they grow with the texts."""
    missing = int(answers.max(initial=-1)) + 1 - len(counts)
    if missing > 0:
        counts = np.append(counts, np.zeros(missing + len(counts) // 8, dtype=np.int32))
    np.add.at(counts, answers, ONE)
    return counts


def _worth(rank: Ranks, place: Numbers, late: Numbers | None) -> IntArray:
    """Return how far each row is to be trusted as one number, the smallest the most."""
    worth: IntArray = rank.astype(np.int64) << RANK_BIT
    worth |= place.astype(np.int64) & (2**DAY_BIT - 1)
    if late is not None:
        worth |= late.astype(np.int64) << DAY_BIT
    return worth


def _slips(rows: Numbers, odd: Odd) -> dict[Reason, Exact]:
    """Return the rows of texts that are one slip off a single postcode, by their reason."""
    slip = odd.proposed != NO_PLACE
    count = np.bincount(odd.rank[slip], weights=rows[slip], minlength=len(Reason))
    return {reason: _people(int(count[RANK[reason]])) for reason in Reason}


def _people(count: int) -> Exact:
    return Exact(np.array(count, dtype=np.int64))
