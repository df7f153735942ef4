"""What holds for any text in any column of any list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import cache
from random import Random
from unittest import mock

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodemand.core import clients as core_clients
from geodemand.core import matching, postcodes
from geodemand.core.disclosure import IntArray
from geodemand.core.keys import Lookup, Texts, of_odd_texts, of_texts, packed, slips, unpacked
from geodemand.core.matching import PLACED, Asked, Directory, Matched, Reason
from geodemand.core.postcodes import Kind
from geodemand.io import tables

# A directory in which a slip easily leads from one postcode to another.
KEYS = ("B11BB", "IP11AB", "IP11BA", "IP12AB", "IP15SB", "PI11AB", "SO14OAA", "SO140AA", "W1A0AX")
TERMINATED = {"IP11BA", "SO14OAA"}
OUTSIDE, NOWHERE = "W1A0AX", "B11BB"
BOOK = Directory(
    lookup=Lookup(packed(KEYS)),
    x=np.array([np.nan if key == NOWHERE else 1.0 for key in KEYS]),
    y=np.ones(len(KEYS)),
    ended=np.array([key in TERMINATED for key in KEYS]),
    inside=np.array([key != OUTSIDE for key in KEYS]),
    codes={},
    weights={},
)

letters = st.sampled_from("ABIOPSWZ01258 -.\u200b\u00a0abip")
near_postcodes = st.one_of(
    st.sampled_from(KEYS),
    st.sampled_from(KEYS).map(postcodes.spaced),
    st.sampled_from(["ZZ99 3VZ", "BFPO 5", "GIR 0AA", "IP1", "NR1 1AA", "NA", "1E5", ""]),
    st.text(letters, max_size=9),
)
# A NUL cannot be stored in a text column; lone surrogates are no text at all.
anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
texts = st.one_of(st.none(), near_postcodes, anything)
ids = st.one_of(st.none(), st.sampled_from(["1", "2", "NA", "c3"]))
rows = st.lists(st.tuples(texts, ids), min_size=1, max_size=25)
days = st.one_of(st.none(), st.dates(date(2024, 1, 30), date(2024, 2, 2)), st.dates())
dated_rows = st.lists(st.tuples(texts, ids, days), min_size=1, max_size=25)


@cache
def connected() -> duckdb.DuckDBPyConnection:
    return tables.connect()


def match(given_rows: Sequence[tuple[str | None, str | None]], *, repair: bool = False) -> Matched:
    connection = connected()
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE given_rows AS "
        "SELECT unnest($1::VARCHAR[]) AS raw, unnest($2::VARCHAR[]) AS id",
        [[raw for raw, _ in given_rows], [identity for _, identity in given_rows]],
    )
    return matching.match_postcodes(connection, BOOK, "given_rows", Asked(repair=repair))


def exact(matched: Matched) -> dict[Reason, int]:
    return {reason: int(count.exact) for reason, count in matched.ledger.items()}


def placed(matched: Matched) -> dict[int, int]:
    return dict(zip(matched.places.tolist(), matched.clients.exact.tolist(), strict=True))


def plain(text: str | None, *, repair: bool) -> tuple[Reason, int, bool]:
    """Return the reason, the place and whether a repair is proposed, by the rules one by one."""
    reading = postcodes.read(text)
    if reading.key in KEYS:
        return of_place(KEYS.index(reading.key)), KEYS.index(reading.key), False
    near = [key for key in one_slip_away(reading.key) if key in KEYS]
    able = reading.kind in {Kind.UNIT, Kind.MALFORMED, Kind.PARTIAL} and 5 <= len(reading.key) <= 7
    proposed = able and len(near) == 1
    if proposed and repair:
        reason = of_place(KEYS.index(near[0]))
        return (Reason.REPAIRED if reason in PLACED else reason), KEYS.index(near[0]), True
    if reading.kind is Kind.UNIT:
        areas = {postcodes.area(key) for key in KEYS}
        known = postcodes.area(reading.key) in areas
        return (Reason.UNKNOWN if known else Reason.OUTSIDE), -1, proposed
    return Reason(reading.kind.value), -1, proposed


def of_place(place: int) -> Reason:
    if KEYS[place] == NOWHERE:
        return Reason.UNKNOWN
    if KEYS[place] == OUTSIDE:
        return Reason.OUTSIDE
    return Reason.TERMINATED if KEYS[place] in TERMINATED else Reason.MATCHED


def one_slip_away(key: str) -> set[str]:
    swaps = {**dict(zip("OISBZ", "01582", strict=True)), **dict(zip("01582", "OISBZ", strict=True))}
    found = {key[:i] + swaps.get(c, c) + key[i + 1 :] for i, c in enumerate(key)}
    found |= {key[:i] + key[i + 1] + key[i] + key[i + 2 :] for i in range(len(key) - 1)}
    return found - {key}


@given(dated_rows, st.booleans(), st.booleans(), st.sampled_from([1, 3, 1000]))
def test_a_list_comes_out_as_its_rows_read_one_by_one(
    given_rows: list[tuple[str | None, str | None, date | None]],
    repair: bool,  # noqa: FBT001
    dated: bool,  # noqa: FBT001
    held: int,
) -> None:
    read_one_by_one(given_rows, Asked(repair=repair, dated=dated), held)


@pytest.mark.parametrize("small", [True, False])
def test_a_long_list_comes_out_as_its_rows_read_one_by_one(small: bool) -> None:  # noqa: FBT001
    """Some hundred rows: clients on many of them, and more of these than may be held at once."""
    random = Random(5)  # noqa: S311 - a test's rows
    held = [*KEYS, "ZZ99 3VZ", "BFPO 5", "NR1 1AA", "IP1", "n/k", "", None, "IP1 5S8", "PI1 2AB"]
    number = [None, *(f"c{n}" for n in range(150))]
    day = [None, date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 1), date(1901, 1, 1)]
    given_rows = [
        (random.choice(held), random.choice(number), random.choice(day)) for _ in range(400)
    ]
    for repair, dated, most in [(False, False, 10_000), (True, True, 10_000), (False, True, 120)]:
        asked = Asked(repair=repair, dated=dated, small=small)
        read_one_by_one(given_rows, asked, most)


def read_one_by_one(
    given_rows: Sequence[tuple[str | None, str | None, date | None]], asked: Asked, held: int
) -> None:
    order = list(Reason)
    clients: dict[object, tuple[int, int, int]] = {}
    proposals = 0
    for number, (text, identity, day) in enumerate(given_rows):
        reason, place, proposed = plain(text, repair=asked.repair)
        late = (-day.toordinal() if day else 1) if asked.dated else 0
        worth = (order.index(reason), late, place)
        client = number if identity is None else identity
        clients[client] = min(clients.get(client, worth), worth)
        proposals += proposed
    expected = Counter(order[rank] for rank, _, _ in clients.values())
    expected[Reason.DUPLICATE] = len(given_rows) - len(clients)
    where = Counter(place for rank, _, place in clients.values() if order[rank] in PLACED)

    connection = connected()
    texts_, ids_, days_ = ([row[i] for row in given_rows] for i in range(3))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE dated_rows AS SELECT unnest($1::VARCHAR[]) AS raw, "
        "unnest($2::VARCHAR[]) AS id, unnest($3::DATE[]) AS day",
        [texts_, ids_, days_],
    )
    with mock.patch.object(core_clients, "HELD_ROWS", held):
        found = matching.match_postcodes(connection, BOOK, "dated_rows", asked)
    assert exact(found) == {reason: expected[reason] for reason in Reason}
    assert placed(found) == where
    assert int(found.proposals.exact) == proposals


@given(rows)
def test_a_list_without_ids_comes_out_the_same_in_one_reading(
    given_rows: list[tuple[str | None, str | None]],
) -> None:
    without = [(raw, None) for raw, _ in given_rows]
    by_id = match(without)
    once = matching.match_postcodes(connected(), BOOK, "given_rows", Asked(with_ids=False))
    assert exact(once) == exact(by_id)
    assert placed(once) == placed(by_id)


@given(rows, st.booleans())
def test_the_ledger_adds_up(given_rows: list[tuple[str | None, str | None]], repair: bool) -> None:  # noqa: FBT001
    found = match(given_rows, repair=repair)
    counts = exact(found)
    assert sum(counts.values()) == int(found.rows.exact) == len(given_rows)
    assert min(counts.values()) >= 0
    assert sum(placed(found).values()) == sum(counts[reason] for reason in PLACED)


@given(rows)
def test_every_client_with_an_id_counts_once(
    given_rows: list[tuple[str | None, str | None]],
) -> None:
    counts = exact(match(given_rows))
    clients = len({identity for _, identity in given_rows if identity is not None})
    without = sum(identity is None for _, identity in given_rows)
    assert len(given_rows) - counts[Reason.DUPLICATE] == clients + without


@given(rows, st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_rows_decides_nothing(
    given_rows: list[tuple[str | None, str | None]],
    chance: object,
    repair: bool,  # noqa: FBT001
) -> None:
    shuffled = list(given_rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = match(given_rows, repair=repair), match(shuffled, repair=repair)
    assert exact(one) == exact(other)
    assert placed(one) == placed(other)
    assert int(one.proposals.exact) == int(other.proposals.exact)


@given(rows)
def test_a_repair_only_adds_clients_to_places(
    given_rows: list[tuple[str | None, str | None]],
) -> None:
    without_ids = [(raw, None) for raw, _ in given_rows]
    before, after = match(without_ids), match(without_ids, repair=True)
    for place, count in placed(before).items():
        assert placed(after)[place] >= count
    unchanged = (Reason.MATCHED, Reason.TERMINATED, Reason.BLANK, Reason.PSEUDO)
    for reason in unchanged:
        assert exact(before)[reason] == exact(after)[reason]
    assert exact(before)[Reason.REPAIRED] == 0
    assert exact(after)[Reason.REPAIRED] <= int(before.proposals.exact)


@given(st.sampled_from(KEYS), st.sampled_from(["{}", " {} ", "{}.", "\u200b{}"]))
def test_a_postcode_that_exists_is_never_changed(key: str, dress: str) -> None:
    text = dress.format(postcodes.spaced(key).lower())
    plain, repaired = match([(text, None)]), match([(text, None)], repair=True)
    assert exact(plain) == exact(repaired)
    assert exact(repaired)[Reason.REPAIRED] == 0
    places: IntArray = repaired.places
    if key not in {OUTSIDE, NOWHERE}:
        assert [KEYS[place] for place in places] == [key]


@given(texts)
def test_the_normal_form_of_a_normal_form_is_itself(text: str | None) -> None:
    normal = postcodes.key(text or "")
    assert postcodes.key(normal) == normal
    assert postcodes.key(postcodes.spaced(normal)) == normal
    assert postcodes.read(normal) == postcodes.read(text)


@given(near_postcodes, st.sampled_from(" \u00a0\u200b-.'\t"), st.integers(0, 12))
def test_spaces_and_punctuation_anywhere_change_nothing(text: str, mark: str, at: int) -> None:
    assert postcodes.read(text[:at] + mark + text[at:]) == postcodes.read(text)


@given(near_postcodes.map(postcodes.key))
def test_slips_are_the_texts_one_look_alike_or_one_pair_of_neighbours_away(key: str) -> None:
    found = {text for slip in slips(packed([key])) for text in unpacked(slip)}
    if len(key) <= 7:
        assert found - {key} == one_slip_away(key)


@given(anything)
def test_a_text_without_letter_or_digit_is_blank_and_no_other(text: str) -> None:
    blank = postcodes.read(text).kind is Kind.BLANK
    assert blank == (not postcodes.key(text))


@given(st.lists(st.one_of(near_postcodes, anything), max_size=20))
def test_texts_are_packed_into_their_key_or_into_none(written: list[str]) -> None:
    keys = [postcodes.key(text) for text in written]
    wanted = [key if len(key) <= 8 and key.isascii() else "" for key in keys]
    plain = [key if text.isascii() else "" for key, text in zip(wanted, written, strict=True)]
    laid = Texts.of(written)
    assert unpacked(of_odd_texts(laid)) == plain
    for quick, key in zip(unpacked(of_texts(laid)), keys, strict=True):
        assert quick == key or not (quick.isascii() and quick.isalnum())


@given(st.lists(st.text("AB01", min_size=1, max_size=8), min_size=1), st.lists(anything))
def test_each_key_is_found_where_it_stands_and_nothing_else_is(
    known: list[str], others: list[str]
) -> None:
    known = sorted(set(known))
    lookup = Lookup(packed(known))
    assert lookup.places(packed(known)).tolist() == [*range(len(known))]
    assert lookup.texts(np.arange(len(known))) == known
    asked = [*others, *known, *(key.lower() for key in known)]
    found = [known.index(key) if (key := postcodes.key(text)) in known else -1 for text in asked]
    assert lookup.places_of(Texts.of(asked)).tolist() == found


def test_two_million_keys_are_found_and_their_neighbours_are_not() -> None:
    keys = np.arange(1, 2**21, dtype=np.uint64) * np.uint64(2)
    lookup = Lookup(keys)
    assert np.array_equal(lookup.places(keys), np.arange(len(keys)))
    assert (lookup.places(keys + np.uint64(1)) == -1).all()
