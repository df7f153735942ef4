"""What holds for any text in any column of any list."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import duckdb
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geodemand.core import matching, postcodes
from geodemand.core.disclosure import IntArray
from geodemand.core.matching import PLACED, Directory, Matched, Reason
from geodemand.core.postcodes import Kind
from geodemand.io import tables

# A directory in which a slip easily leads from one postcode to another.
KEYS = ("B11BB", "IP11AB", "IP11BA", "IP12AB", "IP15SB", "PI11AB", "SO14OAA", "SO140AA", "W1A0AX")
TERMINATED = {"IP11BA", "SO14OAA"}
BOOK = Directory(
    keys=KEYS,
    x=np.arange(len(KEYS), dtype=float) + 1,
    y=np.ones(len(KEYS)),
    terminated=tuple("201912" if key in TERMINATED else "" for key in KEYS),
    inside=np.array([key != "W1A0AX" for key in KEYS]),
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


@cache
def connected() -> duckdb.DuckDBPyConnection:
    connection = tables.connect()
    matching.register_directory(connection, BOOK)
    return connection


def match(given_rows: Sequence[tuple[str | None, str | None]], *, repair: bool = False) -> Matched:
    connection = connected()
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE given_rows AS "
        "SELECT unnest($1::VARCHAR[]) AS raw, unnest($2::VARCHAR[]) AS id",
        [[raw for raw, _ in given_rows], [identity for _, identity in given_rows]],
    )
    return matching.match_postcodes(connection, "given_rows", repair=repair)


def exact(matched: Matched) -> dict[Reason, int]:
    return {reason: int(count.exact) for reason, count in matched.ledger.items()}


def placed(matched: Matched) -> dict[int, int]:
    return dict(zip(matched.places.tolist(), matched.clients.exact.tolist(), strict=True))


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
    if key != "W1A0AX":
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


@given(near_postcodes)
def test_repairs_are_other_texts_of_the_same_length(text: str) -> None:
    key = postcodes.key(text)
    candidates = postcodes.repairs(key)
    assert key not in candidates
    assert len(candidates) == len(set(candidates))
    for candidate in candidates:
        assert len(candidate) == len(key)
        differs = [i for i in range(len(key)) if candidate[i] != key[i]]
        assert len(differs) <= 2
        assert differs == list(range(differs[0], differs[-1] + 1)), "neighbours only"
        assert key in postcodes.repairs(candidate), "a slip works both ways"


@given(anything)
def test_a_text_without_letter_or_digit_is_blank_and_no_other(text: str) -> None:
    blank = postcodes.read(text).kind is Kind.BLANK
    assert blank == (not postcodes.key(text))
