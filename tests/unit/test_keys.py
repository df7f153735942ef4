"""Postcodes as numbers, and the rows of clients put together: each step by small tables."""

# ruff: noqa: SLF001 - tables that nobody sees decide how long a long list takes
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from unittest import mock

import numpy as np
import pytest

from geodemand.core import clients, keys
from geodemand.core.clients import ClientRows, Held
from geodemand.core.keys import Lookup, Texts, of_odd_texts, of_texts, packed, slips, unpacked

WRITTEN = ["IP1 2AB", "", "Straße", "\ud800x", "W1A0AX", "東京"]


def test_texts_are_laid_out_and_come_back() -> None:
    laid = Texts.of(WRITTEN)
    assert len(laid) == 6
    assert laid.at(np.arange(6)) == WRITTEN
    assert laid.at(np.array([4, 0])) == ["W1A0AX", "IP1 2AB"]
    some = laid.some(np.array([5, 1, 2, 0]))
    assert len(some) == 4
    assert some.at(np.arange(4)) == ["東京", "", "Straße", "IP1 2AB"]
    assert some.edges.tolist() == [0, 6, 6, 13, 20]
    assert some.edges.dtype == laid.edges.dtype == np.int32
    assert len(laid.some(np.array([], dtype=np.int64))) == len(Texts.of([])) == 0


# What stands in a column, and what the quick reading makes of it: a key, or what is none.
QUICK = {
    "IP1 2AB": "IP12AB",
    "IP12AB": "IP12AB",
    "ip1 2ab": "IP12AB",
    "W1A 0AX": "W1A0AX",
    "IP1  2AB": "IP12AB",
    "IP1   2AB": "",  # nine characters are read by the other way
    "IP12AB ": "IP12AB",
    "IP1 2AB ": "IP12AB",
    "IP12AB          ": "IP12AB",
    "SW1A 1AA": "SW1A1AA",
    "sw1a 1aa   ": "SW1A1AA",
    "ABCDEFGH": "ABCDEFGH",
    "ABCDEFGHI": "",
    " ABCDEFGH": "",
    "1234567 ": "1234567",
    "": "",
    "   ": "",
    "A": "A",
    "zz": "ZZ",
    "2AB": "2AB",
    " 2AB": "2AB",
    "0123": "0123",
    "IP1-2AB": "IP1-2AB",
}


NEIGHBOURS = [("", ""), ("ZZ99 9ZZ", "AB1 2CD"), (" ", "x")]


@pytest.mark.parametrize(("before", "behind"), NEIGHBOURS)
def test_each_text_is_read_for_itself_whatever_its_neighbours(before: str, behind: str) -> None:
    for text, key in QUICK.items():
        laid = Texts.of([before, text, behind])
        assert unpacked(of_texts(laid))[1] == key, text
        # As a batch has it: edges that begin somewhere in the characters.
        part = Texts(laid.edges[1:3], laid.characters)
        assert unpacked(of_texts(part)) == [key], text
        assert unpacked(of_texts(Texts(laid.edges[1:], laid.characters)))[0] == key, text


ODD = {
    " ip1-2ab.": "IP12AB",
    "'IP1\t2AB'": "IP12AB",
    "I P 1 2 A B": "IP12AB",
    "(zZ[9@9`9{zZ/:": "ZZ999ZZ",  # the neighbours of letters and digits are none
    "post code: IP1 2AB": "",
    "A-BCDEFGH": "ABCDEFGH",
    "A-BCDEFGHI": "",
    "?": "",
    "": "",
    "IP1 2ÄB": "",
    "ＩＰ１２ＡＢ": "",
    "IP1 2AB\x7f": "IP12AB",
}


def test_texts_however_written_are_read_for_themselves() -> None:
    for text, key in ODD.items():
        laid = Texts.of(["É1 1AA", text, "AB1 2CD"])
        assert unpacked(of_odd_texts(laid)) == ["", key, "AB12CD"], text
        behind = Texts(laid.edges[1:], laid.characters)
        assert unpacked(of_odd_texts(behind)) == [key, "AB12CD"], text
        assert unpacked(of_odd_texts(Texts(laid.edges[:2], laid.characters))) == [""]


def test_keys_are_packed_and_unpacked() -> None:
    held = ["IP12AB", "", "ABCDEFGH", "A", "ABCDEFGHI", "ЅW1A1AA"]
    assert unpacked(packed(held)) == ["IP12AB", "", "ABCDEFGH", "A", "", ""]
    assert packed(["A", "AB"]).tolist() == [65, 65 * 256 + 66]
    assert packed([]).dtype == np.uint64


def one_slip_away(key: str) -> set[str]:
    alike = {**dict(zip("OISBZ", "01582", strict=True)), **dict(zip("01582", "OISBZ", strict=True))}
    found = {key[:i] + alike.get(c, c) + key[i + 1 :] for i, c in enumerate(key)}
    return found | {key[:i] + key[i + 1] + key[i] + key[i + 2 :] for i in range(len(key) - 1)}


def test_slips_are_look_alikes_and_neighbours_changed_over() -> None:
    known = ["IP12AB", "SO140AA", "5OISBZ2", "1P1", "ABC", "O0", "Z", "ABCDEFG", "W1A0AX"]
    found = defaultdict(set)
    for one in slips(packed(known)):
        for key, text in zip(known, unpacked(one), strict=True):
            found[key].add(text)
    for key in known:
        assert found[key] - {key} == one_slip_away(key) - {key}
    # Seven places, and six pairs of neighbours: no more questions are asked.
    assert len([*slips(packed(known))]) == 13


def test_keys_that_meet_at_one_number_are_found_in_a_smaller_table() -> None:
    random = np.random.default_rng(2)
    held = np.unique(random.integers(1, 2**62, 3_000).astype(np.uint64))
    asked = np.concatenate([held, held + np.uint64(1), np.zeros(2, dtype=np.uint64)])
    lookup = Lookup(held)
    expected = np.concatenate([np.arange(len(held)), np.full(len(held) + 2, -1)])
    known = set(held.tolist())
    expected[len(held) : -2] = [
        -1 if key not in known else np.searchsorted(held, np.uint64(key))
        for key in asked[len(held) : -2].tolist()
    ]
    found = lookup.places(asked)
    assert found.dtype == np.int32
    assert np.array_equal(found, expected)
    assert lookup.places(asked[:0]).tolist() == []
    tables = lookup._tables
    # Half of the first table is free, and each is much smaller than the one before.
    sizes = [len(table.places) for table in tables]
    assert 2 * len(held) <= sizes[0] <= 4 * len(held)
    assert len(sizes) > 1
    assert all(after <= before / 2 for before, after in pairwise(sizes))
    assert len({int(table.factor) for table in tables}) == len(tables)
    assert all(int(table.factor) % 2 for table in tables)
    stored = sum(int((table.places >= 0).sum()) for table in tables)
    assert stored == len(held)
    for table in tables:
        numbers = table.number(asked)
        assert numbers.dtype == np.int64
        assert 0 <= numbers.min() <= numbers.max() < len(table.places)


def test_a_lookup_of_few_keys_or_none() -> None:
    assert Lookup(packed([])).places(packed(["A", ""])).tolist() == [-1, -1]
    assert Lookup(packed([])).places(packed([])).dtype == np.int32
    # An empty key stands for no postcode: it is never found, though it is there.
    lookup = Lookup(packed(["", "IP12AB", ""]))
    assert len(lookup) == 3
    assert lookup.places(packed(["", "IP12AB", "IP12AD"])).tolist() == [-1, 1, -1]
    assert len(lookup._tables[0].places) == 16
    twice = Lookup(packed(["AB1", "AB1", "CD2"]))
    assert twice.places(packed(["CD2"])).tolist() == [2]
    assert twice.places(packed(["AB1"]))[0] in {0, 1}
    assert len(Lookup(packed(["AB1", "AB1"]))._tables) == 1


def test_texts_are_found_however_they_are_written() -> None:
    known = ["IP12AB", "W1A0AX", "ZZZZZZZZ"]
    lookup = Lookup(packed(known))
    asked = ["w1a-0ax", "IP1 2AB", "ＩＰ１ ２ＡＢ", "IP1 2AD", "", "ÄIP1 2AB", "?", "IP1\u00a02ab"]
    assert lookup.places_of(Texts.of(asked)).tolist() == [1, 0, 0, -1, -1, -1, -1, 0]
    assert lookup.texts(np.array([2, 0])) == ["ZZZZZZZZ", "IP12AB"]


def test_areas_are_the_letters_in_front() -> None:
    held = ["AB101AA", "AB101AB", "B11AA", "IP12AB", "IP12AD", "SW1A1AA", "W1A0AX"]
    assert Lookup(packed(held)).areas == {"AB", "B", "IP", "SW", "W"}
    assert Lookup(packed(["IP12AB"])).areas == {"IP"}
    assert Lookup(packed([])).areas == frozenset()


# --- one client, one count ---


def some_rows(seed: int, size: int, most: int, *, dated: bool) -> ClientRows:
    random = np.random.default_rng(seed)
    client = random.integers(0, 2**64, most, dtype=np.uint64)[random.integers(0, most, size)]
    late = random.integers(0, 50, size).astype(np.int32) if dated else None
    return ClientRows(client, random.integers(0, 30, size).astype(np.int32), late)


def test_some_of_the_rows_keep_client_answer_and_day() -> None:
    rows = some_rows(1, 9, 5, dated=True)
    some = rows[np.array([4, 0])]
    assert len(some) == 2
    assert rows.late is not None
    assert some.late is not None
    for part, whole in ((some.client, rows.client), (some.answer, rows.answer)):
        assert part.tolist() == [whole[4], whole[0]]
    assert some.late.tolist() == [rows.late[4], rows.late[0]]
    assert some_rows(1, 9, 5, dated=False)[:3].late is None
    assert len(rows[rows.client == rows.client[0]]) >= 1


@pytest.mark.parametrize(("size", "most"), [(0, 1), (1, 1), (200, 40), (200, 100_000), (50, 1)])
def test_each_client_has_the_smallest_worth_of_its_rows(size: int, most: int) -> None:
    random = np.random.default_rng(size)
    client = random.integers(0, 2**64, most, dtype=np.uint64)[random.integers(0, most, size)]
    # Clients whose bits are partly the same are told apart too.
    client[: size // 2] &= np.uint64(0xFFFF_0000_0000_0003)
    worth = random.integers(0, 2**62, size)
    expected: dict[int, int] = {}
    for key, value in zip(client.tolist(), worth.tolist(), strict=True):
        expected[key] = min(expected.get(key, value), value)
    found = clients.best(client, worth)
    assert sorted(found.tolist()) == sorted(expected.values())
    assert sorted(clients._best(client, worth).tolist()) == sorted(expected.values())


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize(("held_rows", "parts"), [(10_000, 1), (60, 8), (90, 4), (300, 1), (0, 16)])
def test_rows_come_in_groups_with_all_of_a_client_in_one(
    dated: bool,  # noqa: FBT001
    held_rows: int,
    parts: int,
) -> None:
    """Read again for each part that was not held; the limits are those of rows and of parts."""
    rows = some_rows(3, 300, 120, dated=dated)
    asked: list[str] = []

    def read(condition: str) -> Iterator[ClientRows]:
        asked.append(condition)
        chosen = np.ones(len(rows), dtype=bool)
        if condition:
            divisor, rest = condition.removeprefix("hash(id) % ").split(" = ")
            chosen = rows.client % np.uint64(int(divisor)) == int(rest)
        kept = rows[chosen]
        for start in range(0, len(kept), 70):
            yield kept[start : start + 70]

    with (
        mock.patch.object(clients, "HELD_ROWS", held_rows),
        mock.patch.object(clients, "MOST_PARTS", 16),
    ):
        held = Held(read)
        assert asked == [""]
        groups = [*held.groups()]
    assert asked[1:] == [f"hash(id) % {parts} = {part}" for part in range(1, parts)]
    seen: dict[int, int] = {}
    entries: list[tuple[Any, ...]] = []
    for number, group in enumerate(groups):
        for client in set(group.client.tolist()):
            assert seen.setdefault(client, number) == number
        late = [None] * len(group) if group.late is None else group.late.tolist()
        entries += zip(group.client.tolist(), group.answer.tolist(), late, strict=True)
        assert (group.late is not None) == dated
    wanted = [None] * len(rows) if rows.late is None else rows.late.tolist()
    expected = zip(rows.client.tolist(), rows.answer.tolist(), wanted, strict=True)
    assert sorted(entries, key=str) == sorted(expected, key=str)
    # Groups are small: a sixteenth or less of the clients each.
    assert max(map(len, groups)) < 300 / 4


def test_a_list_without_rows_has_empty_groups() -> None:
    held = Held(lambda _: iter(()))
    assert sum(map(len, held.groups())) == 0


def test_look_alikes_are_exchanged_both_ways() -> None:
    for one, other in zip("OISBZ", "01582", strict=True):
        assert keys.LOOK_ALIKE[ord(one)] == ord(other)
        assert keys.LOOK_ALIKE[ord(other)] == ord(one)
    assert keys.LOOK_ALIKE[ord("A")] == ord("A")
