"""Figures put together as one system: nothing is lost, nothing is joined that is not alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from geodemand.core import book
from geodemand.core.book import Book, Case, Entry
from geodemand.core.policy import Guard
from geodemand.core.published import Published
from geodemand.core.systems import Sums
from geodemand.core.zones import Ground, Zones
from geodemand.io import definitions

# Six places: two areas of three, and two types that cross them; the last place has no client.
AREAS = np.array([0, 0, 0, 1, 1, -1])
TYPES = np.array([0, 0, 1, 1, 1, 0])
GROUND = Ground("CYP", np.arange(5), np.array([4, 6, 9, 20, 1]))


def entry(zones: Zones, *figures: tuple[float, float], hidden: Sequence[int] = ()) -> Entry:
    low, high = (np.array(each, dtype=float) for each in zip(*figures, strict=True))
    marked = np.zeros(zones.size, dtype=bool)
    marked[list(hidden)] = True
    return Entry(zones, low, high, marked)


def crossed() -> Case:
    areas = entry(Zones.by(AREAS, 2), (18, 22), (18, 22))
    types = entry(Zones.by(TYPES, 2), (8, 12), (28, 32))
    cells = Zones.by(np.where(AREAS < 0, -1, AREAS * 2 + TYPES), 4)
    each = entry(cells, (8, 12), (8, 12), (0, 0), (18, 22))
    return book.case(GROUND, [areas, types, each])


def places_of(case: Case) -> list[list[int]]:
    """Return for each figure as it is let out the places that it is over."""
    held = [set(each.tolist()) for each in case.published.sums.members]
    classes = case.published.place_class.tolist()
    return [[place for place, each in enumerate(classes) if each in pieces] for pieces in held]


def test_figures_are_let_out_as_they_came_in() -> None:
    case = crossed()
    assert places_of(case) == [
        *([0, 1, 2], [3, 4]),
        *([0, 1, 5], [2, 3, 4]),
        *([0, 1], [2], [], [3, 4]),
    ]
    assert case.published.low.tolist() == [18, 18, 8, 28, 8, 8, 0, 18]
    assert case.published.high.tolist() == [22, 22, 12, 32, 12, 12, 0, 22]
    assert case.published.hidden.tolist() == [False] * 8
    assert (case.published.what, case.what, case.published.kinds) == ("CYP", "CYP", 1)
    assert case.published.classes == 4
    # Places that no figure tells apart are of one class.
    classes = case.published.place_class.tolist()
    assert classes[0] == classes[1]
    assert classes[3] == classes[4]
    assert len(set(classes)) == 4


def test_figures_over_the_same_places_are_one_with_what_both_leave_open() -> None:
    case = crossed()
    # South is all of one type: the area and its cell are one figure, and seven are left.
    assert case.system.sums.size == len(case.system.low) == 7
    assert case.system.pieces == 4
    assert sorted(case.known.tolist()) == [0, 9, 10, 21]
    assert sorted(case.value.tolist()) == [0, 9, 10, 10, 19, 21, 30]
    assert case.value.tolist() == case.system.sums.total(case.known).tolist()
    assert case.system.fits(case.known)
    zones = Zones.by(AREAS, 2)
    wide = entry(zones, (15, 24), (1, 40), hidden=[1])
    slim = entry(Zones.by(AREAS.copy(), 2), (18, 30), (21, 22), hidden=[0, 1])
    both = book.case(GROUND, [wide, slim])
    order = np.argsort(both.value)
    assert both.value[order].tolist() == [19, 21]
    assert both.system.low[order].tolist() == [18, 21]
    assert both.system.high[order].tolist() == [24, 22]
    # Shown once, a figure is shown: only what is hidden wherever it stands is.
    assert both.hidden[order].tolist() == [False, True]
    assert both.published.hidden.tolist() == [False, True, True, True]
    assert not both.fixed.any()


def test_each_figure_keeps_the_name_of_its_zone() -> None:
    case = crossed()
    areas, types = Zones.by(AREAS, 2), Zones.by(TYPES, 2)
    by_value = dict(zip(case.value.tolist(), case.names.tolist(), strict=True))
    assert by_value[19] == areas.names[0]
    assert by_value[21] == areas.names[1]
    assert by_value[30] == types.names[1]
    assert by_value[0] == 0


def test_a_count_outside_the_interval_of_its_figure_is_a_bug() -> None:
    for low, high in ((20, 25), (10, 18)):
        with pytest.raises(ValueError, match="a count of 'CYP' lies outside"):
            book.case(GROUND, [entry(Zones.by(AREAS, 2), (low, high), (21, 21))])
    book.case(GROUND, [entry(Zones.by(AREAS, 2), (19, 19), (21, 21))])


def test_kinds_are_pieces_of_their_own() -> None:
    ground = Ground("places", np.array([0, 0, 1]), np.array([5, 2, 8]), np.array([0, 1, 1]), 2)
    zones = Zones.kinds_of(np.array([0, 1]), 2, [np.array([1]), np.array([0, 1])])
    case = book.case(ground, [entry(zones, (2, 2), (7, 7), (8, 8), (8, 8))])
    assert case.published.sums.members[1].tolist() == [0, 1]
    assert sorted(case.value.tolist()) == [2, 7, 8, 8]
    assert sorted(case.known.tolist()) == [0, 2, 5, 8]
    assert case.published.kinds == 2


@pytest.mark.parametrize("tabled", [0, 4_000_000])
def test_random_figures_come_out_as_they_are_counted_place_by_place(
    tabled: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "_TABLED", tabled)
    random = np.random.default_rng(4)
    for _ in range(8):
        counts = random.integers(0, 30, 12)
        ground = Ground("CYP", np.arange(12), counts)
        labels = [random.integers(-1, 3, 12) for _ in range(3)]
        zones = [Zones.by(each, 3) for each in labels]
        zones.append(zones[0].grouped([np.array([0, 2]), np.array([1])]))
        entries = []
        for each in zones:
            value = each.count(ground).astype(float)
            entries.append(Entry(each, value - 1, value + 2, np.zeros(each.size, dtype=bool)))
        case = book.case(ground, entries)
        over = [[(each == n).tolist() for n in range(3)] for each in labels]
        alone = [mask for part in over for mask in part]
        joint = [np.array(over[0][0]) | np.array(over[0][2]), np.array(over[0][1])]
        masks = [*alone, *(each.tolist() for each in joint)]
        expected = [[n for n, held in enumerate(mask) if held] for mask in masks]
        assert places_of(case) == expected
        # As many classes as there are ways in which a place is labelled, places of none included.
        ways = {tuple(each[n] for each in labels) for n in range(12)}
        assert case.published.classes == len(ways)
        distinct = {tuple(each) for each in expected}
        assert case.system.sums.size == len(distinct)
        exact = sorted(int(counts[list(each)].sum()) for each in distinct)
        assert sorted(case.value.tolist()) == exact
        told = {tuple(bool(mask[n]) for mask in masks) for n in range(12)}
        assert case.system.pieces in {len(told), len(told - {(False,) * len(masks)})}
        assert case.known.sum() <= counts.sum()


def test_a_book_has_a_case_for_everything_that_is_counted() -> None:
    held = Book()
    other = Ground("ACS", np.array([0]), np.array([50]))
    held.enter(GROUND, entry(Zones.by(AREAS, 2), (18, 22), (18, 22)))
    held.enter(other, entry(Zones.by(np.zeros(1, dtype=int), 1), (48, 52)))
    held.enter(GROUND, entry(Zones.by(TYPES, 2), (8, 12), (28, 32)))
    first, second = held.cases()
    assert (first.what, first.published.sums.size) == ("CYP", 4)
    assert (second.what, second.published.sums.size) == ("ACS", 1)
    assert held.grounds["CYP"] is GROUND


def test_where_larger_counts_are_hidden_too_a_hidden_one_may_be_any() -> None:
    held = Book()
    zones = Zones.by(np.array([0, 1]), 2)
    for what in ("CYP", "ACS"):
        ground = Ground(what, np.array([0, 1]), np.array([3, 40]))
        held.enter(ground, entry(zones, (1, 7), (38, 42), hidden=[0]))
    first, second = held.cases(unlimited={"ACS"})
    assert sorted(first.system.high.tolist()) == [7, 42]
    assert sorted(second.system.high.tolist()) == [42, np.inf]
    assert sorted(second.system.low.tolist()) == [1, 38]
    assert first.own_names.tolist() == sorted(zones.names.tolist())


def let_out(*ends: tuple[float, float], what: str = "CYP", kinds: int = 1) -> Published:
    """Return figures that were let out before: of North, South, and both."""
    low, high = (np.array(each, dtype=float) for each in zip(*ends, strict=True))
    sums = Sums.of([[0], [1], [0, 1]])
    hidden = np.array([True, False, False])
    return Published(what, AREAS, 2, kinds, sums, low, high, hidden)


def test_figures_let_out_before_are_attacked_with_the_new_ones_as_far_as_they_hold() -> None:
    held = Book()
    held.enter(GROUND, entry(Zones.by(TYPES, 2), (8, 12), (28, 32)))
    # North has 19 still, South has 21 and not 30 any more, and all are 40.
    (case,) = held.cases([let_out((19, 20), (30, 34), (40, 41))])
    order = np.argsort(case.value)
    assert case.value[order].tolist() == [10, 19, 30, 40]
    assert case.fixed[order].tolist() == [False, True, False, True]
    assert case.hidden[order].tolist() == [False, True, False, False]
    assert case.system.low[order].tolist() == [8, 19, 28, 40]
    assert case.system.high[order].tolist() == [12, 20, 32, 41]
    # What is let out now is the new figures alone.
    assert case.published.sums.size == 2
    assert case.published.low.tolist() == [8, 28]
    assert case.published.high.tolist() == [12, 32]
    assert case.published.hidden.tolist() == [False, False]
    assert set(case.published.sums.row.tolist()) == {0, 1}
    assert case.own_names.tolist() == sorted(Zones.by(TYPES, 2).names.tolist())


@pytest.mark.parametrize(
    "earlier",
    [
        let_out((19, 19), (21, 21), (40, 40), what="ACS"),
        let_out((18, 18), (22, 22), (41, 41)),
        Published(
            "CYP", AREAS[:5], 2, 1, Sums.of([[0]]), np.array([19.0]), np.array([19.0]),
            np.array([False]),
        ),
    ],
    ids=["another list", "all figures have changed", "other places"],
)  # fmt: skip
def test_what_is_about_something_else_is_no_part_of_the_attack(earlier: Published) -> None:
    held = Book()
    held.enter(GROUND, entry(Zones.by(TYPES, 2), (8, 12), (28, 32)))
    (case,) = held.cases([earlier])
    assert sorted(case.value.tolist()) == [10, 30]
    (case,) = held.cases([earlier, let_out((19, 19), (21, 21), (40, 40))])
    assert sorted(case.value.tolist()) == [10, 19, 21, 30, 40]


def test_a_figure_let_out_before_and_again_cannot_be_changed() -> None:
    held = Book()
    held.enter(GROUND, entry(Zones.by(AREAS, 2), (18, 22), (18, 22)))
    (case,) = held.cases([let_out((19, 20), (30, 34), (40, 41))])
    order = np.argsort(case.value)
    assert case.value[order].tolist() == [19, 21, 40]
    # The 19 was hidden then, so it may be hidden again; the 40 stands as it was shown.
    assert case.fixed[order].tolist() == [False, False, True]
    assert case.system.low[order].tolist() == [19, 18, 40]
    shown = Book()
    shown.enter(GROUND, entry(Zones.by(AREAS, 2), (18, 22), (20, 21)))
    (case,) = shown.cases([let_out((18, 20), (18, 22), (40, 41))])
    assert case.fixed[np.argsort(case.value)].tolist() == [False, False, True]


def test_kinds_of_an_earlier_release_are_those_of_this_one() -> None:
    ground = Ground("places", np.array([0, 0, 1]), np.array([5, 2, 8]), np.array([0, 1, 1]), 2)
    zones = Zones.kinds_of(np.array([0, 1]), 2, [np.array([0, 1])])
    held = Book()
    held.enter(ground, entry(zones, (7, 7), (8, 8)))
    sums = Sums.of([[1], [0, 1, 3]])
    earlier = Published(
        "places", np.array([0, 1]), 2, 2, sums, np.array([2.0, 15]), np.array([2.0, 15]),
        np.zeros(2, dtype=bool),
    )  # fmt: skip
    (case,) = held.cases([earlier])
    assert sorted(case.value.tolist()) == [2, 7, 8, 15]
    assert case.published.sums.size == 2
    other = Ground("places", ground.place, ground.count)
    plain = Book()
    plain.enter(other, entry(Zones.by(np.array([0, 1]), 2), (7, 7), (8, 8)))
    assert len(plain.cases([earlier])[0].value) == 2


def test_what_stood_for_any_number_before_is_told() -> None:
    """Of CYP each hidden figure of an earlier release does; of ACS one is 1 to 5 by the rule."""
    places, sums = np.arange(3), Sums.of([[0], [1], [2]])
    low, hidden = np.array([1.0, 1.0, 9.0]), np.array([True, True, False])

    def before(what: str, *high: float) -> Published:
        return Published(what, places, 3, 1, sums, low, np.array([*high, 9.0]), hidden)

    shown = Published("NEET", places, 3, 1, sums, low, np.full(3, np.inf), np.zeros(3, dtype=bool))
    earlier = (before("CYP", np.inf, np.inf), before("ACS", np.inf, 5.0), shown)
    assert book.any_number_before(earlier) == {"CYP"}
    assert Guard.of(definitions.policy("dfe"), earlier).unlimited == {"CYP"}
    assert Guard.of(definitions.policy("public"), earlier).unlimited == set()
