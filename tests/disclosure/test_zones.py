"""Zones against sets: what each count is over, and that it is counted from nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from geodemand.core.zones import Ground, IntArray, Zones

Members = list[Counter[tuple[int, int]]]

# Five places with labels 0, 1, 1, -1 and 2; and what is counted there, of two kinds.
LABELS = np.array([0, 1, 1, -1, 2])
GROUND = Ground(
    "CYP", np.array([0, 1, 2, 3, 4, 0, 2]), np.array([3, 5, 7, 11, 13, 17, 19]),
    np.array([0, 0, 1, 1, 0, 1, 0]), 2,
)  # fmt: skip
PLAIN = Ground("ACS", np.array([4, 0, 2, 3, 4]), np.array([1, 2, 4, 8, 16]))


def members(zones: Zones) -> Members:
    """Return for each zone how often each place and kind is in it."""
    found: Members = [Counter() for _ in range(zones.size)]
    for row, label, kind in zip(
        zones.row.tolist(), zones.label.tolist(), zones.kind.tolist(), strict=True
    ):
        for place in np.flatnonzero(zones.labels == label).tolist():
            found[row][place, kind] += 1
    return found


def counted(found: Members, ground: Ground) -> list[int]:
    """Count zones entry by entry."""
    kinds = [0] * len(ground.place) if ground.kind is None else ground.kind.tolist()
    entries = list(zip(ground.place.tolist(), kinds, ground.count.tolist(), strict=True))
    return [sum(each[place, kind] * n for place, kind, n in entries) for each in found]


def sets(*held: list[int], kinds: tuple[int, ...] = (0,)) -> Members:
    return [Counter((place, kind) for place in each for kind in kinds) for each in held]


def zones_and_members() -> dict[str, tuple[Zones, Members]]:
    """Return zones made in all ways, and by hand what they are over."""
    by = Zones.by(LABELS, 3)
    kinds = Zones.kinds_of(LABELS, 3, [np.array([0]), np.array([0, 1])])
    return {
        "one a label": (by, sets([0], [1, 2], [4])),
        "labels that no place has": (Zones.by(LABELS, 4), sets([0], [1, 2], [4], [])),
        "kinds": (
            kinds,
            [
                *(Counter({(0, 0): 1}), Counter({(0, 0): 1, (0, 1): 1})),
                *(Counter({(1, 0): 1, (2, 0): 1}), *sets([1, 2], kinds=(0, 1))),
                *(Counter({(4, 0): 1}), *sets([4], kinds=(0, 1))),
            ],
        ),
        "no kinds": (Zones.kinds_of(LABELS, 3, []), []),
        "groups": (by.grouped([np.array([0, 2]), np.array([], dtype=int), np.array([1])]),
                   sets([0, 4], [], [1, 2])),
        "groups of groups": (
            by.grouped([np.array([2, 0]), np.array([1])]).grouped(
                [np.array([0, 1]), np.array([1])]
            ),
            sets([0, 1, 2, 4], [1, 2]),
        ),
        "no groups": (by.grouped([]), []),
        "sums in any order": (
            by.grouped([np.array([1]), np.array([0, 2])]).summed(
                np.array([1, 0, 1]), np.array([0, 1, 1]), 3
            ),
            sets([0, 4], [0, 1, 2, 4], []),
        ),
        "sums of kinds": (
            kinds.grouped([np.array([3, 4])]),
            [sets([1, 2], kinds=(0, 1))[0] + Counter({(4, 0): 1})],
        ),
        "moved": (by.moved(np.array([1, 1, 0]), 2), sets([4], [0, 1, 2])),
        "moved, one left out": (by.moved(np.array([1, -1, 0]), 2), sets([4], [0])),
        "kinds moved": (
            kinds.moved(np.array([-1, 1, -1, 0, -1, 1]), 2),
            [
                sets([1, 2], kinds=(0, 1))[0],
                sets([0], kinds=(0, 1))[0] + sets([4], kinds=(0, 1))[0],
            ],
        ),
        "groups moved": (
            by.grouped([np.array([1]), np.array([0]), np.array([2])]).moved(np.array([0, 2, 0]), 3),
            sets([1, 2, 4], [], [0]),
        ),
    }  # fmt: skip


def test_zones_are_over_their_places_and_are_counted_from_these() -> None:
    for name, (zones, expected) in zones_and_members().items():
        assert members(zones) == expected, name
        assert zones.size == len(expected) == len(zones.names), name
        for ground in (GROUND,) if "kinds" in name else (GROUND, PLAIN):
            count = zones.count(ground)
            assert count.dtype == np.int64
            assert count.tolist() == counted(expected, ground), name


def test_a_ground_is_counted_by_position_and_kind() -> None:
    assert GROUND.by(np.array([1, 0, 0, -1, 2]), 4).tolist() == [[24, 7], [3, 17], [13, 0], [0, 0]]
    assert PLAIN.by(np.array([1, 0, 0, -1, 2]), 3).tolist() == [[4], [2], [17]]
    assert PLAIN.by(np.array([-1] * 5), 2).tolist() == [[0], [0]]
    assert GROUND.by(LABELS, 3).dtype == np.int64
    assert Ground("CYP", np.array([0]), np.array([1])).kinds == 1


def test_what_is_counted_does_not_show_when_printed() -> None:
    shown = repr(Ground("CYP", np.array([271828]), np.array([314159])))
    assert "CYP" in shown
    assert "271828" not in shown
    assert "314159" not in shown


# The same places in the same zones, written down in several ways; and zones that are others.
SAME: list[Callable[[IntArray], Zones]] = [
    lambda labels: Zones.by(labels, 3),
    lambda labels: Zones.by(np.where(labels < 0, -1, 2 - labels), 3).grouped(
        [np.array([2]), np.array([1]), np.array([0])]
    ),
    lambda labels: Zones.by(labels, 3).moved(np.array([2, 1, 0]), 3).moved(np.array([2, 1, 0]), 3),
    lambda labels: Zones.kinds_of(labels, 3, [np.array([0])]),
]


def test_a_zone_has_one_name_however_its_places_are_labelled() -> None:
    names = [make(LABELS).names.tolist() for make in SAME]
    assert all(each == names[0] for each in names)
    whole = Zones.by(LABELS, 3).grouped([np.arange(3)]).names[0]
    assert whole == Zones.by(np.where(LABELS < 0, -1, 0), 1).names[0]


def test_other_zones_have_other_names() -> None:
    cells = [Zones.by(np.arange(12), 12), Zones.by(np.arange(12)[::-1].copy(), 12)]
    assert sorted(cells[0].names) == sorted(cells[1].names)
    every = Zones.kinds_of(np.arange(12), 12, [np.array(k) for k in ([0], [1], [0, 1], [2])])
    pairs = [np.array([a, b]) for a in range(48) for b in range(a)]
    found = [*every.names.tolist(), *every.grouped(pairs).names.tolist()]
    apart = {
        tuple(sorted(each.items())) for each in [*members(every), *members(every.grouped(pairs))]
    }
    assert len(set(found)) == len(apart)
    assert min(found) >= 0
    assert max(found) > 2**60
    assert Zones.by(np.array([-1, -1]), 1).names.tolist() == [0]


def test_sets_of_kinds_at_one_place_have_names_of_their_own() -> None:
    """A sum of kinds would not do: 0 and 3 together are 1 and 2 together."""
    held = [np.array([k for k in range(8) if number >> k & 1]) for number in range(1, 256)]
    names = Zones.kinds_of(np.array([0]), 1, held).names
    assert len(set(names.tolist())) == 255
    alone = Zones.kinds_of(np.array([0]), 1, [np.array([0])])
    assert alone.names[0] == names[0] == Zones.by(np.array([0]), 1).names[0]
