"""Client lists as they are in life: a few per cent of the rows are not what they should be.

What is wrong comes on top of the clients that can be placed, so that a careful count finds
exactly the figures of the mix, and a careless one does not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from geodemand.demo.chance import Ints, between, shuffled, stream

YEAR_START: Final = date(2012, 4, 1)
YEAR_DAYS: Final = 365
PAST_WORK: Final = 0.74
"""Share of the clients of adult care who are past working age."""
UNTIDY: Final = 0.035
"""Share of good rows whose postcode is merely written oddly."""
DIRT: Final[Mapping[str, int]] = {
    "slip": 9,
    "swap": 3,
    "pseudo": 5,
    "forces": 1,
    "partial": 5,
    "junk": 5,
    "blank": 5,
    "outside": 6,
    "unknown": 3,
}
"""Rows of each kind of dirt per thousand good ones."""
REPEATED: Final = 7
"""Rows per thousand that stand on the list twice."""
LOOKALIKE: Final[Mapping[str, str]] = {"0": "O", "1": "I", "5": "S"}
JUNK: Final = (
    "not known",
    "N/K",
    "12 High Street",
    "SF1 TBC",
    "SF1-SF3",
    "unknown",
    "see notes",
    "SF44 44AA",
    "???",
)
PSEUDO: Final = ("ZZ99 3VZ", "ZZ99 3WZ")
OTHER_AREAS: Final = ("EF", "GC", "JA", "WB")
"""Postcode areas that the Royal Mail does not use, for clients who live elsewhere."""


@dataclass(frozen=True)
class Service:
    """One list: its letter for ids and the ages of its clients."""

    letter: str
    ages: Callable[[np.random.Generator, int], Ints]


def _children(rng: np.random.Generator, count: int) -> Ints:
    return np.floor(18 * (0.35 * rng.random(count) + 0.65 * rng.random(count) ** 0.5)).astype(
        np.int64
    )


def _adults(rng: np.random.Generator, count: int) -> Ints:
    """Most clients of adult care are past eighty; about a quarter are of working age."""
    old = 66 + np.floor(36 * (rng.random(count) + rng.random(count) + rng.random(count)) / 3)
    young = 18 + np.floor(48 * rng.random(count))
    return np.where(rng.random(count) < PAST_WORK, old, young).astype(np.int64)


def _teenagers(rng: np.random.Generator, count: int) -> Ints:
    """Few are out of learning at sixteen, more at eighteen."""
    return 18 - np.floor(3 * rng.random(count) ** 1.6).astype(np.int64)


SERVICES: Final[Mapping[str, Service]] = {
    "cyp": Service("C", _children),
    "acs": Service("A", _adults),
    "neet": Service("N", _teenagers),
}


@dataclass(frozen=True)
class Directory:
    """The postcodes by name, which a slip of the pen must not turn into one another."""

    team: Mapping[str, str]
    """The hub team of each placed postcode."""
    chosen: Sequence[str]
    """Where the people live who are behind the rows that cannot be placed."""
    taken: frozenset[str]
    """Every postcode of the directory without its space."""

    def holds(self, written: str) -> bool:
        """Tell whether what is written is a postcode of the directory, spaces aside."""
        return written.replace(" ", "") in self.taken


Row = tuple[str, str, str, str, str]


def client_list(name: str, homes: Sequence[str], directory: Directory) -> list[Row]:
    """Write one service's list: good rows, untidy ones, dirt and repeats, in no order."""
    rng = stream(f"list {name}")
    written = [(code, directory.team[code]) for code in homes]
    for kind, share in DIRT.items():
        for _ in range(len(homes) * share // 1000 or 1):
            true = directory.chosen[_choice(rng, len(directory.chosen))]
            written.append((_dirty(kind, true, directory, rng), directory.team[true]))
    rows = _rows(SERVICES[name], written, len(homes), rng)
    rows += _repeats(rows[: len(homes)], rng)
    return [rows[number] for number in shuffled(rng, len(rows))]


def _rows(
    service: Service, written: list[tuple[str, str]], good: int, rng: np.random.Generator
) -> list[Row]:
    count = len(written)
    numbers = 1001 + shuffled(rng, count * 5 // 4)[:count]
    ages = service.ages(rng, count)
    days = between(rng, 0, YEAR_DAYS - 1, count)
    untidy = rng.random(count) < UNTIDY
    return [
        (
            f"{service.letter}{numbers[row]:06d}",
            _untidy(code, rng) if untidy[row] and row < good else code,
            str(ages[row]),
            team,
            (YEAR_START + timedelta(days=int(days[row]))).isoformat(),
        )
        for row, (code, team) in enumerate(written)
    ]


def _repeats(rows: list[Row], rng: np.random.Generator) -> list[Row]:
    """Enter some people twice, as often as not with the postcode written another way."""
    again = [rows[number] for number in shuffled(rng, len(rows))[: len(rows) * REPEATED // 1000]]
    return [
        row if number % 2 else (row[0], _untidy(_tidy(row[1]), rng), *row[2:])
        for number, row in enumerate(again)
    ]


def _tidy(code: str) -> str:
    packed = "".join(letter for letter in code.upper() if letter.isalnum())
    return f"{packed[:-3]} {packed[-3:]}"


def _untidy(code: str, rng: np.random.Generator) -> str:
    """Write a good postcode in one of the ways that still can be read."""
    ways = (
        code.lower(),
        code.replace(" ", ""),
        code.replace(" ", "  "),
        code.replace(" ", "-"),
        f"{code}.",
        f" {code.title()}",
    )
    return ways[_choice(rng, len(ways))]


def _choice(rng: np.random.Generator, count: int) -> int:
    return int(between(rng, 0, count - 1, 1)[0])


def _dirty(kind: str, code: str, directory: Directory, rng: np.random.Generator) -> str:
    """Spoil a postcode in the way asked for."""
    fixed = {"pseudo": PSEUDO, "forces": ("BFPO 57",), "junk": JUNK, "blank": ("",)}
    if kind in fixed:
        return fixed[kind][_choice(rng, len(fixed[kind]))]
    if kind == "partial":
        return (code.split(" ", maxsplit=1)[0], code[:-2])[_choice(rng, 2)]
    if kind == "outside":
        return OTHER_AREAS[_choice(rng, len(OTHER_AREAS))] + code[2:]
    return _missing(kind, code, directory, rng)


def _missing(kind: str, code: str, directory: Directory, rng: np.random.Generator) -> str:
    """Spoil a postcode by a slip, a swap, or another unit, into one that does not exist."""
    spoil = {"slip": _slips, "swap": _swaps, "unknown": _units}[kind]
    options = [way for way in spoil(code) if not directory.holds(way)]
    if options:
        return options[_choice(rng, len(options))]
    other = directory.chosen[_choice(rng, len(directory.chosen))]
    return _missing(kind, other, directory, rng)


def _slips(code: str) -> list[str]:
    """Write a letter for a digit that looks like it, or a digit for the area's S."""
    wrong = [
        code[:place] + LOOKALIKE[sign] + code[place + 1 :]
        for place, sign in enumerate(code)
        if sign in LOOKALIKE
    ]
    return [*wrong, "5" + code[1:]]


def _swaps(code: str) -> list[str]:
    """Swap two neighbouring signs on the same side of the space."""
    return [
        code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        for place in range(1, len(code) - 1)
        if " " not in code[place : place + 2] and code[place] != code[place + 1]
    ]


def _units(code: str) -> list[str]:
    """Change the last letter for another that the Royal Mail could have used."""
    return [code[:-1] + letter for letter in "ABDEFGHJLNPQRSTUWXYZ" if letter != code[-1]]
