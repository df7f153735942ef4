"""Two releases beside each other: what is told is what trying all counts shows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from geodemand.core import compared
from geodemand.core.compared import Compared, compare
from geodemand.core.published import NOWHERE, Published
from geodemand.core.systems import IntArray, Sums

MOST = 4
HIDDEN, LARGEST = range(1, MOST + 1), 9
INF = np.inf
EVERY = np.array(list(itertools.product(range(LARGEST + 1), repeat=4)))


def release(
    sets: Sequence[Sequence[int]], ends: Sequence[tuple[float, float]], places: int = 4
) -> Published:
    """Return figures over sets of places; what may be 1 to the threshold is hidden."""
    low, high = np.array(ends, dtype=float).reshape(len(sets), 2).T
    hidden = (low == 1) & (high == MOST)
    return Published("CYP", np.arange(places), places, 1, Sums.of(sets), low, high, hidden)


def of(counts: IntArray, sets: Sequence[Sequence[int]], base: int) -> Published:
    """Return what a rule shows of counts: 1 to 4 hidden, others rounded downward to a base."""
    ends = []
    for each in sets:
        count = int(counts[list(each)].sum())
        if count in HIDDEN:
            ends.append((1, MOST))
        elif count:
            least = count // base * base
            ends.append((max(least, MOST + 1), least + base - 1))
        else:
            ends.append((0, 0))
    return release(sets, ends)


def by_trying(a: Published, b: Published) -> set[tuple[tuple[int, ...], int, int]]:
    """Return the hidden figures and differences that keep too few values: places, limits."""
    fits = np.ones(len(EVERY), dtype=bool)
    for each in (a, b):
        for pieces, low, high in zip(each.sums.members, each.low, each.high, strict=True):
            sums = EVERY[:, pieces].sum(axis=1)
            fits &= (low <= sums) & (sums <= high)
    found = set()
    for places in sought(a, b):
        values = np.unique(EVERY[fits][:, places].sum(axis=1))
        if len(values) < 3 and 0 < values.max() <= MOST:
            found.add((places, int(values.min()), int(values.max())))
    return found


def sought(a: Published, b: Published) -> Iterator[tuple[int, ...]]:
    for each in (a, b):
        yield from (tuple(each.sums.members[n].tolist()) for n in np.flatnonzero(each.hidden))
    for one, other in ((a, b), (b, a)):
        for first in one.sums.members:
            for second in other.sums.members:
                if np.isin(first, second).any() and not np.isin(first, second).all():
                    yield tuple(np.setdiff1d(first, second).tolist())


def told(found: Compared) -> set[tuple[tuple[int, ...], int, int]]:
    return {(tuple(each.places.tolist()), each.low, each.high) for each in found.told}


@pytest.mark.parametrize("base", [1, 3])
def test_what_is_told_is_what_trying_all_counts_shows(base: int) -> None:
    random = np.random.default_rng(4)
    some = 0
    for _ in range(40):
        counts = random.choice([0, 1, 2, 4, 5, 6], 4)
        subsets = [np.flatnonzero(random.random(4) < 1 / 2).tolist() for _ in range(6)]
        a, b = (
            of(counts, [each for each in part if each], base)
            for part in (subsets[:3], [*subsets[3:], [0, 1, 2, 3]])
        )
        if not a.sums.size:
            continue
        found, tried = compare(a, b, MOST), by_trying(a, b)
        assert not found.changed
        assert told(found) == tried
        some += len(tried)
    assert some >= 10


def test_an_area_less_one_of_the_other_release_is_named() -> None:
    a = release([[0, 1, 2], [3]], [(20, 20), (9, 9)])
    b = release([[0, 1]], [(18, 18)])
    (only,) = compare(a, b, MOST).told
    assert (only.places.tolist(), only.low, only.high) == ([2], 2, 2)
    assert (only.what, only.first, only.second) == ("CYP", 0, 2)


def test_a_hidden_figure_that_the_other_release_tells_is_named() -> None:
    found = compare(release([[0]], [(1, MOST)]), release([[0], [1]], [(2, 3), (30, 30)]), MOST)
    assert [(each.low, each.high, each.first, each.second) for each in found.told] == [(2, 3, 0, 0)]
    assert (found.what, found.attacked) == ("CYP", 1)


@pytest.mark.parametrize(("few", "safe"), [(MOST, False), (MOST + 1, True)])
def test_a_difference_of_more_than_the_threshold_is_no_leak(few: int, safe: bool) -> None:  # noqa: FBT001
    a, b = release([[0, 1]], [(20 + few, 20 + few)]), release([[0]], [(20, 20)])
    assert (not compare(a, b, MOST).told) == safe


def test_nobody_in_a_difference_is_no_leak() -> None:
    assert not compare(release([[0, 1]], [(20, 20)]), release([[0]], [(20, 20)]), MOST).told


def test_the_smallest_differences_are_attacked_where_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a = release([[0, 1, 2, 3]], [(30, 30)])
    b = release([[0], [0, 1, 2]], [(28, 28), (29, 29)])
    assert [each.places.tolist() for each in compare(a, b, MOST).told] == [[3], [1, 2, 3]]
    monkeypatch.setattr(compared, "MOST_PAIRS", 1)
    found = compare(a, b, MOST)
    assert [each.places.tolist() for each in found.told] == [[3]]
    assert found.attacked == 1


def test_places_of_neither_release_and_kinds_are_told_apart() -> None:
    """Under-fives of an area in one release, all children in the other; a place in neither."""
    where = np.array([0, NOWHERE, 0, 1])
    all_ages = Published(
        "CYP", where, 2, 2, Sums.of([[0, 1], [2, 3]]), np.array([30.0, 9.0]),
        np.array([30.0, 9.0]), np.array([False, False]),
    )  # fmt: skip
    under_five = replace(
        all_ages, sums=Sums.of([[0]]), low=np.array([27.0]), high=np.array([27.0]),
        hidden=np.array([False]),
    )  # fmt: skip
    (only,) = compare(all_ages, under_five, MOST).told
    assert (only.places.tolist(), only.low, only.high) == ([0, 2], 3, 3)


def test_without_figures_nothing_has_changed() -> None:
    none, some = release([], []), release([[0]], [(20, 20)])
    for a, b in ((none, none), (none, some), (some, none)):
        assert compare(a, b, MOST) == Compared("CYP", 0, (), changed=False)


def test_a_list_that_changed_is_told_with_its_net_changes() -> None:
    a = release([[0], [1], [2], [3]], [(20, 20), (30, 30), (8, 12), (7, 7)])
    b = release([[3], [1], [0], [2]], [(9, 10), (30, 30), (16, 16), (20, 24)])
    found = compare(a, b, MOST)
    assert (found.what, found.attacked, found.changed, found.told) == ("CYP", 0, True, ())
    # That nobody came is none, and of a rounded figure too much is left open.
    assert found.net == ((3, 0, 2, 3), (0, 2, -4, -4))


def test_the_net_change_of_a_hidden_figure_is_not_known() -> None:
    a = release([[0], [1], [2]], [(20, 20), (5, INF), (1, 1)])
    b = release([[0], [1], [2]], [(21, 23), (7, 7), (5, INF)])
    assert compare(a, b, MOST).net == ()
    assert compare(a, release([[0], [1], [2]], [(21, 22), (7, 7), (2, 2)]), MOST).net == (
        (0, 0, 1, 2),
        (2, 2, 1, 1),
    )
