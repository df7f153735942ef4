"""Keys of postcodes as numbers, so that millions are looked up without one text being made.

A key (see `core.postcodes`) of up to eight letters and digits is packed into 64 bits, its last
character in the lowest byte; 0 is no key. Texts of a list are packed as they lie in memory, which
is quick and understands how nearly all postcodes are written. What it makes of a text is its key
or something that is no key at all, never another key: so what is found in a directory is what
`core.postcodes.key` would find, and only the rest has to be read by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from geodemand.core import postcodes
from geodemand.core.reasons import NO_PLACE

Keys: TypeAlias = npt.NDArray[np.uint64]
Numbers: TypeAlias = npt.NDArray[np.int32]
Rows: TypeAlias = npt.NDArray[np.int64]

LONGEST = 8
BYTE = np.uint64(8)
LOWEST = np.uint64(0xFF)
SPACE = np.uint64(ord(" "))
INWARD = np.uint64(8 * postcodes.INWARD_LENGTH)
# For each number of characters which bits they fill.
FILLED = np.array([2 ** (8 * size) - 1 for size in range(LONGEST + 1)], dtype=np.uint64)
# Small letters differ from capitals by one bit where this one is set.
LETTER, SMALL_BIT = np.uint64(0x4040404040404040), np.uint64(1)
ASCII = 128
IN_TEXTS = np.array([chr(byte).upper() in postcodes.CHARACTERS for byte in range(ASCII)] * 2)
IN_TEXTS[ASCII:] = False
# What eye and keyboard take for each other, by character.
LOOK_ALIKE = np.arange(256, dtype=np.uint64)
for one, other in zip(postcodes.LETTERS.encode(), postcodes.DIGITS.encode(), strict=True):
    LOOK_ALIKE[[one, other]] = other, one
# An odd number whose bits look random, and another by which the next one is made (Knuth; Steele).
FIRST_FACTOR, NEXT_FACTOR = 0x9E3779B97F4A7C15, 0xD1342543DE82EF95
FEWEST_BITS = 4


@dataclass(frozen=True)
class Texts:
    """Texts as they lie in memory: each is the ``characters`` (UTF-8) between two ``edges``."""

    edges: Numbers
    characters: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Texts:
        """Lay texts out."""
        parts = [text.encode(errors="surrogatepass") for text in texts]
        edges = np.zeros(len(parts) + 1, dtype=np.int32)
        np.cumsum([len(part) for part in parts], out=edges[1:])
        return cls(edges, np.frombuffer(b"".join(parts), dtype=np.uint8))

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.edges) - 1

    def some(self, rows: Rows) -> Texts:
        """Return some of the texts, laid out anew."""
        starts, sizes = self.edges[rows], np.diff(self.edges)[rows]
        edges = np.zeros(len(rows) + 1, dtype=np.int32)
        np.cumsum(sizes, out=edges[1:])
        place = np.arange(edges[-1]) + np.repeat(starts - edges[:-1], sizes)
        return Texts(edges, self.characters[place])

    def at(self, rows: Rows) -> list[str]:
        """Return some of the texts."""
        held = self.characters.data
        edges = zip(self.edges[rows].tolist(), self.edges[rows + 1].tolist(), strict=True)
        return [str(held[start:end], "utf-8", "surrogatepass") for start, end in edges]


def of_texts(texts: Texts) -> Keys:
    """Return the key of each text that is written as most are, else what is no key; 0 for none.

    That is: capital or small letters, spaces before the last three characters or behind them.

    >>> unpacked(of_texts(Texts.of(["IP1 2AB", "ip12ab ", "", "IP1-2AB", "postcode IP1 2AB"])))
    ['IP12AB', 'IP12AB', '', 'IP1-2AB', '']
    """
    first, last = texts.edges[0], texts.edges[-1]
    padded = np.zeros(LONGEST + last - first, dtype=np.uint8)
    padded[LONGEST:] = texts.characters[first:last]
    # The eight characters before each character, as a number.
    before = np.ndarray(len(padded) - LONGEST + 1, dtype=">u8", buffer=padded, strides=(1,))
    ends = texts.edges[1:] - first
    sizes = np.diff(texts.edges)
    words: Keys = before[ends].astype(np.uint64)
    while (behind := ((words & LOWEST) == SPACE) & (sizes > 0)).any():
        ends, sizes = ends - behind, sizes - behind
        words = before[ends].astype(np.uint64)
    words &= FILLED[np.minimum(sizes, LONGEST)]
    words &= ~((words & LETTER) >> SMALL_BIT)
    words[sizes > LONGEST] = 0
    outward = words >> INWARD
    while (spaced := (outward & LOWEST) == SPACE).any():
        outward >>= spaced * BYTE
    words &= FILLED[postcodes.INWARD_LENGTH]
    words |= outward << INWARD
    return words


def of_odd_texts(texts: Texts) -> Keys:
    """Return the key of each text, however it is written.

    0 for what has no key of up to eight characters, and for texts beyond ASCII, whose letters and
    capitals are for `core.postcodes` to tell.

    >>> unpacked(of_odd_texts(Texts.of([" ip1-2ab.", "post code: IP1 2AB", "?", "IP1 2ÄB"])))
    ['IP12AB', '', '', '']
    """
    first, last = texts.edges[0], texts.edges[-1]
    characters = texts.characters[first:last]
    held = IN_TEXTS[characters]
    counts = np.zeros(len(characters) + 1, dtype=np.int32)
    np.cumsum(held, out=counts[1:])
    keys = of_texts(Texts(counts[texts.edges - first], characters[held]))
    beyond = np.zeros(len(characters) + 1, dtype=np.int32)
    np.cumsum(characters >= ASCII, out=beyond[1:])
    keys[np.diff(beyond[texts.edges - first]) > 0] = 0
    return keys


def packed(keys: Sequence[str]) -> Keys:
    """Return normal forms as numbers; 0 for what is longer than eight characters or not ASCII.

    >>> unpacked(packed(["IP12AB", "", "IP12ABCDE", "ЅW1A1AA"]))
    ['IP12AB', '', '', '']
    """
    return np.array(
        [
            int.from_bytes(key.encode(), "big") if len(key) <= LONGEST and key.isascii() else 0
            for key in keys
        ],
        dtype=np.uint64,
    )


def unpacked(keys: Keys) -> list[str]:
    """Return keys as texts."""
    return [key.to_bytes(LONGEST, "big").lstrip(b"\0").decode("latin-1") for key in keys.tolist()]


def slips(keys: Keys) -> Iterator[Keys]:
    """Give for each key those one slip away, one kind of slip after the other.

    A slip exchanges two look-alikes, or changes over two neighbours. Where there is nothing to
    exchange that is the key itself. They are only candidates: a repair is proposed where exactly
    one of them is in the directory.

    >>> sorted({unpacked(slip)[0] for slip in slips(packed(["IP1"]))} - {"IP1"})[:3]
    ['1P1', 'I1P', 'IPI']
    """
    for at in range(postcodes.LONGEST):
        shift = np.uint64(at) * BYTE
        character = (keys >> shift) & LOWEST
        yield keys ^ ((character ^ LOOK_ALIKE[character]) << shift)
        if at + 1 < postcodes.LONGEST:
            next_one = (keys >> (shift + BYTE)) & LOWEST
            changed = np.where(next_one == 0, next_one, character ^ next_one)
            yield keys ^ (changed << shift) ^ (changed << (shift + BYTE))


@dataclass(frozen=True)
class Table:
    """Positions by a number made of the key: the highest bits of the key times a factor."""

    places: Numbers
    factor: np.uint64
    shift: np.uint64

    def number(self, keys: Keys) -> Rows:
        """Return the number of each key, which depends on all of its characters."""
        return ((keys * self.factor) >> self.shift).view(np.int64)


class Lookup:
    """Where each key stands among the keys of a directory.

    Of keys that meet at one number of the first table one stays; the others go to the next, smaller
    table, where their numbers are other ones.
    """

    def __init__(self, keys: Keys) -> None:
        """Take keys, each of which stands once; a 0 is never found."""
        self.keys = keys

    def __len__(self) -> int:
        """Return the number of keys."""
        return len(self.keys)

    def places(self, keys: Keys) -> Numbers:
        """Return the position of each key, or NO_PLACE."""
        if not self._tables:
            return np.full(len(keys), NO_PLACE, dtype=np.int32)
        first, *others = self._tables
        place = self._among(first, keys)
        left = np.flatnonzero(place == NO_PLACE)
        for table in others:
            place[left] = self._among(table, keys[left])
            left = left[place[left] == NO_PLACE]
        return place

    def places_of(self, texts: Texts) -> Numbers:
        """Return the position of the key of each text, however it is written, or NO_PLACE."""
        place = self.places(of_texts(texts))
        odd = np.flatnonzero(place == NO_PLACE)
        keys = of_odd_texts(texts.some(odd))
        place[odd] = self.places(keys)
        beyond = odd[keys == 0]
        place[beyond] = self.places(packed([postcodes.key(text) for text in texts.at(beyond)]))
        return place

    def _among(self, table: Table, keys: Keys) -> Numbers:
        """Return where the keys stand that one table knows."""
        found = table.places[table.number(keys)]
        found[self.keys[found] != keys] = NO_PLACE
        return found

    @cached_property
    def _tables(self) -> list[Table]:
        tables = []
        left = np.flatnonzero(self.keys).astype(np.int32)
        factor = FIRST_FACTOR
        while len(left):
            bits = max((2 * len(left)).bit_length(), FEWEST_BITS)
            slots = np.full(2**bits, NO_PLACE, dtype=np.int32)
            table = Table(slots, np.uint64(factor), np.uint64(64 - bits))
            keys = self.keys[left]
            number = table.number(keys)
            slots[number] = left
            stays = slots[number]
            lost = np.flatnonzero(stays != left)
            lost = lost[self.keys[stays[lost]] != keys[lost]]  # a key that stands twice is there
            tables.append(table)
            left = left[lost]
            factor = (factor * NEXT_FACTOR | 1) % 2**64
        return tables

    @cached_property
    def areas(self) -> frozenset[str]:
        """Return the postcode areas of the keys, the letters in front."""
        outward = self.keys >> INWARD
        # Most neighbours are alike, so little is left to be put in order.
        starts = np.unique(outward[np.append(True, outward[1:] != outward[:-1])[: len(self)]])
        return frozenset(postcodes.area(text) for text in unpacked(starts))

    def texts(self, places: Rows) -> list[str]:
        """Return the keys of some places, in the order asked for."""
        return unpacked(self.keys[places])
