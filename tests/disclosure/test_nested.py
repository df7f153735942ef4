"""Lists within lists: what is on the whole and on no part keeps three values, by trying all."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from geodemand.core import audit
from geodemand.core.book import Book, Entry
from geodemand.core.disclosure import IntArray, People, Policy, Protected, guarded, protect, release
from geodemand.core.nested import Joint, Nested, laid_over
from geodemand.core.policy import Guard
from geodemand.core.zones import Ground, Zones
from geodemand.errors import DisclosureError
from geodemand.io import definitions

DFE, PUBLIC = definitions.policy("dfe"), definitions.policy("public")
PLACES = np.arange(2)
WHOLE, PART, OTHER = "CYP", "Under five", "5 to 9"


def people(what: str, counts: IntArray) -> People:
    """Return the clients of a list in each of two areas, and in both."""
    zones = Zones.by(PLACES, len(PLACES)).grouped([*PLACES[:, None], PLACES])
    return People.counted([Ground(what, PLACES, counts)], zones).of(0)


def published(
    lists: dict[str, IntArray], policy: Policy, nested: tuple[Nested, ...]
) -> dict[str, Protected]:
    """Return what a run shows of some lists, nothing where it is refused."""

    def make(guard: Policy) -> dict[str, Protected]:
        found = {what: protect(people(what, counts), guard) for what, counts in lists.items()}
        release(guard, {})
        return found

    try:
        return guarded(policy, make, nested=nested)
    except DisclosureError:
        return {}


def told(area: int, shown: dict[str, Protected], *parts: str) -> bool:
    """Return whether exact figures of the whole and of its parts are shown of an area."""
    return bool(shown) and not any(shown[what].withheld[area] for what in (WHOLE, *parts))


@pytest.mark.parametrize("policy", [DFE, PUBLIC], ids=lambda policy: policy.name)
def test_the_rest_of_the_whole_is_not_told(policy: Policy) -> None:
    few = {WHOLE: np.array([40, 50]), PART: np.array([37, 20])}
    bare = published(few, policy, ())
    assert not bare[WHOLE].withheld.any()
    kept = published(few, policy, (Nested(WHOLE, (PART,)),))
    if policy is DFE:
        assert told(0, bare, PART)
        assert not told(0, kept, PART)
    else:  # rounding leaves enough by itself
        assert (kept[WHOLE].values == bare[WHOLE].values).all()


def test_parts_that_share_nobody_are_subtracted_together() -> None:
    lists = {WHOLE: np.array([63, 70]), PART: np.array([30, 20]), OTHER: np.array([30, 30])}
    each = (Nested(WHOLE, (PART,)), Nested(WHOLE, (OTHER,)))
    assert told(0, published(lists, DFE, each), PART, OTHER)
    kept = published(lists, DFE, (Nested(WHOLE, (PART, OTHER)),))
    assert not told(0, kept, PART, OTHER)


def test_what_is_left_keeps_three_values_by_trying_all_counts() -> None:
    """Of rounded figures: all counts of the two parts of the whole in two areas are tried."""
    random = np.random.default_rng(3)
    tight = replace(PUBLIC, name="threes", threshold=4, base=2)
    every = np.array(list(itertools.product(range(13), repeat=4)))
    for _ in range(12):
        part, rest = random.integers(0, 7, 2), random.choice([0, 1, 2, 6], 2)
        lists = {WHOLE: part + rest, PART: part}
        guards: list[Guard] = []

        def make(guard: Policy, lists: dict[str, IntArray] = lists) -> None:
            assert isinstance(guard, Guard)
            guards.append(guard)  # noqa: B023 - of this round
            for what, counts in lists.items():
                protect(people(what, counts), guard)
            release(guard, {})

        try:
            guarded(tight, make, nested=(Nested(WHOLE, (PART,)),))
        except DisclosureError:
            continue
        fits = np.ones(len(every), dtype=bool)
        for what, columns in ((PART, [[0], [1]]), (WHOLE, [[0, 2], [1, 3]])):
            (entry,) = guards[-1].book.entries[what]
            sums = [*columns, [*columns[0], *columns[1]]]
            for cells, low, high in zip(sums, entry.low, entry.high, strict=True):
                total = every[:, cells].sum(axis=1)
                fits &= (low <= total) & (total <= high)
        for area in PLACES:
            if 0 < rest[area] <= tight.threshold:
                assert len(np.unique(every[fits][:, 2 + area])) >= 3


def laid(lists: dict[str, IntArray], nested: Nested) -> list[Joint]:
    guard = Guard.of(DFE)
    for what, counts in lists.items():
        protect(people(what, counts), guard)
    return [*laid_over(guard.book, (nested,))]


def test_the_case_of_a_whole_and_its_part() -> None:
    lists = {WHOLE: np.array([40, 50]), PART: np.array([37, 20])}
    (joint,) = laid(lists, Nested(WHOLE, (PART,)))
    assert joint.lists == (PART, WHOLE)
    assert joint.case.what == "CYP and Under five"
    assert sorted(joint.case.known.tolist()) == [3, 20, 30, 37]
    assert sorted(joint.case.value.tolist()) == [20, 37, 40, 50, 57, 90]
    owners = {
        int(value): joint.owners[name]
        for value, name in zip(joint.case.value, joint.case.names.tolist(), strict=True)
    }
    assert {owners[n][0] for n in (37, 20, 57)} == {PART}
    assert {owners[n][0] for n in (40, 50, 90)} == {WHOLE}
    names = people(WHOLE, lists[WHOLE]).zones.names.tolist()
    assert [owners[n][1] for n in (40, 50, 90)] == names
    assert audit.leaks(joint.case, DFE.threshold).size


def test_a_part_that_is_none_or_is_not_counted_is_left_alone() -> None:
    assert not laid({WHOLE: np.array([40, 50]), PART: np.array([41, 20])}, Nested(WHOLE, (PART,)))
    assert not laid({WHOLE: np.array([40, 50])}, Nested(WHOLE, (PART,)))
    assert not [*laid_over(Book(), (Nested(WHOLE, (PART,)),))]


def test_earlier_figures_of_either_list_count_too() -> None:
    """The whole was shown before, and now its part is: what stands there is not hidden by this."""
    guard = Guard.of(DFE)
    whole = np.array([40, 50])
    protect(people(WHOLE, whole), guard)
    before = tuple(case.published for case in guard.book.cases())
    later = Guard.of(DFE, before)
    for what, counts in ((WHOLE, whole), (PART, np.array([37, 20]))):
        zones = Zones.by(PLACES, 2)
        protect(People.counted([Ground(what, PLACES, counts)], zones).of(0), later)
    (joint,) = laid_over(later.book, (Nested(WHOLE, (PART,)),), before)
    assert joint.case.fixed.sum() == 3  # each area and both together, as they were shown
    (unlimited,) = laid_over(_with_hidden(later.book), (Nested(WHOLE, (PART,)),), unlimited={PART})
    assert np.isinf(unlimited.case.system.high).sum() == 1


def _with_hidden(book: Book) -> Book:
    """Return the book with the first figure of the part hidden, as one of 1 to 40."""
    (entry,) = book.entries[PART]
    low, high = entry.low.copy(), entry.high.copy()
    low[0], high[0] = 1, 40
    hidden = Entry(entry.zones, low, high, np.array([True, False]))
    return Book(book.grounds, {**book.entries, PART: [hidden]})
