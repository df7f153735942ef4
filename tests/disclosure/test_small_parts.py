"""Small parts that everything else rests on, held by tables of what they give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geodemand.core import policy as policies
from geodemand.core import postcodes, published
from geodemand.core.book import Entry
from geodemand.core.disclosure import Policy
from geodemand.core.policy import HIDE, Guard, Remedy
from geodemand.core.published import Published
from geodemand.core.systems import Sums
from geodemand.core.zones import Ground, Zones
from geodemand.errors import DisclosureError
from geodemand.io import definitions


@pytest.mark.parametrize(("key", "spaced"), [("IP11AA", "IP1 1AA"), ("SW1A2AA", "SW1A 2AA")])
def test_a_postcode_is_written_with_its_space(key: str, spaced: str) -> None:
    assert postcodes.spaced(key) == spaced


def test_counts_are_rounded_half_up_and_a_wider_base_shows_none_as_zero() -> None:
    exact = np.array([0, 1, 2, 3, 7, 8, 12, 13, 15])
    assert policies.rounded_to(exact, 5, 5).tolist() == [0, 0, 0, 5, 5, 10, 10, 15, 15]
    assert policies.rounded_to(exact, 10, 5).tolist() == [0, 10, 10, 10, 10, 10, 10, 10, 20]
    assert policies.rounded_to(exact, 1, 1).tolist() == exact.tolist()


def test_what_a_figure_stands_for_is_all_that_is_rounded_to_it() -> None:
    public, ons = definitions.policy("public"), definitions.policy("ons")
    dfe, internal = definitions.policy("dfe"), definitions.policy("internal")
    exact = np.arange(200)
    none, coarse = replace(public, threshold=0), replace(public, threshold=3, base=10)
    rules = [(public, 5), (public, 10), (public, 20), (ons, 5), (ons, 10), (dfe, 1)]
    for policy, base in [*rules, (internal, 1), (none, 10), (coarse, 10)]:
        shown = policies.rounded_to(exact, base, policy.base)
        low, high = policies.stands_for(shown, base, policy)
        for figure in set(shown.tolist()):
            # Of what is 1 to threshold nothing but c is shown.
            visible = (exact == 0) | (exact > policy.threshold)
            held = exact[(shown == figure) & visible]
            if len(held) and held.max() < 180:
                at = np.flatnonzero(shown == figure)[0]
                assert (low[at], high[at]) == (held.min(), held.max()), (policy.name, base, figure)


@pytest.mark.parametrize(("threshold", "base"), [(7, 5), (4, 5), (0, 5), (9, 10), (5, 3)])
def test_what_controlled_rounding_moves_to_a_figure_is_less_than_a_base_away(
    threshold: int, base: int
) -> None:
    rules = replace(definitions.policy("public"), threshold=threshold, base=base)
    shown = base * np.arange(6)
    exact = np.arange(200)
    for hides in (False, True):
        low, high = policies.near_rounded(shown.astype(float), rules, np.full(len(shown), hides))
        for figure, least, most in zip(shown, low, high, strict=True):
            near = exact[np.abs(exact - figure) < base]
            near = near[near > (0 if hides else threshold)]
            if figure == 0 and not hides:
                near = exact[:1]  # what is shown as 0 is none
            if len(near):
                assert (least, most) == (near.min(), near.max())


def test_counts_add_up_where_the_policy_rounds_so_and_it_was_possible() -> None:
    additive, public = definitions.policy("additive"), definitions.policy("public")
    guard = Guard.of(additive)
    assert guard.adds_up("CYP")
    assert not Guard.of(public).adds_up("CYP")
    assert not Guard.of(replace(additive, base=1)).adds_up("CYP")
    assert Guard.of(replace(additive, base=2)).adds_up("CYP")
    again = guard.again(Remedy(one_by_one=frozenset({"CYP"})))
    assert not again.adds_up("CYP")
    assert again.adds_up("ACS")
    assert [each.exact for each in (public, definitions.policy("internal"))] == [False, True]
    assert not replace(public, threshold=0).exact
    assert not replace(public, base=1).exact


def test_what_the_audit_asks_for_is_added_to_what_it_asked_before() -> None:
    one = Remedy({("CYP", 1): 10, ("CYP", 2): 10}, frozenset("a"), {"CYP": {1: 5}}, frozenset("x"))
    two = Remedy({("CYP", 2): 0}, frozenset("b"), {"ACS": {7: 10}}, frozenset("y"))
    before = (figures("CYP", [0, 0, 1, -1], [True, False]),)
    guard = Guard.of(definitions.policy("public"), before).again(one).again(two)
    assert {("CYP", 1): 10, ("CYP", 2): 0}.items() <= guard.changes.items()
    assert guard.unlimited == {"a", "b"}
    assert guard.rounded == {"CYP": {1: 5}, "ACS": {7: 10}}
    assert guard.one_by_one == {"x", "y"}
    assert (guard.plain, guard.earlier) == (definitions.policy("public"), before)
    assert guard.book.entries == {}


def test_a_policy_hides_or_does_not() -> None:
    hides = [definitions.policy(name).hides for name in ("public", "dfe", "ons", "internal")]
    assert hides == [True, True, True, False]
    assert replace(definitions.policy("public"), threshold=1).hides


def test_a_policy_at_work_knows_its_rules_and_what_was_asked() -> None:
    public = definitions.policy("public")
    before = (figures("CYP", [0, 0, 1, -1], [True, False]),)
    guard = Guard.of(public, before)
    assert guard.plain == public
    assert type(guard.plain) is Policy
    assert guard.earlier == before
    # What was hidden before, and shown nowhere, is hidden again.
    assert list(guard.changes.values()) == [HIDE]
    assert {what for what, _ in guard.changes} == {"CYP"}
    assert guard.book.entries == {}
    assert Guard.of(public).earlier == ()
    zones = Zones.by(np.array([0]), 1)
    guard.book.enter(
        Ground("CYP", np.array([0]), np.array([9])),
        Entry(zones, np.array([8.0]), np.array([12.0]), np.array([False])),
    )
    # What a run knows is printed nowhere.
    assert "CYP" not in repr(guard)


def test_a_reason_is_asked_for_in_words(internal: Policy) -> None:
    assert internal.with_reason("  caseload planning ").reason == "caseload planning"
    with pytest.raises(DisclosureError) as caught:
        internal.with_reason(" ")
    (fault,) = caught.value.faults
    assert str(fault) == (
        "the policy 'internal' writes exact figures and needs a reason. Add --reason "
        '"why exact figures are needed", or leave --policy out.'
    )


def figures(what: str, places: list[int], hidden: list[bool]) -> Published:
    """Return two figures of two kinds: kind 1 of the first class, and both of the second."""
    low = np.array([1.0, 8.0])
    classes = np.array(places)
    sums = Sums.of([[1], [2, 3]])
    return Published(what, classes, 2, 2, sums, low, low + 4, np.array(hidden))


def test_releases_laid_together_keep_places_kinds_and_what_is_hidden() -> None:
    both = published.together(
        [
            figures("CYP", [0, 0, 1, -1], [True, False]),
            figures("of old", [0, 1, 1, 1], [False, True]),
        ]
    )
    assert both.what == "CYP"
    assert both.hidden.tolist() == [True, False, False, True]
    assert (both.low.tolist(), both.high.tolist()) == ([1, 8, 1, 8], [5, 12, 5, 12])
    # Places by figure and kind: the first two are class 0 of the first, and so on.
    found = []
    for members in both.sums.members:
        kinds = {int(each) % 2 for each in members}
        classes = {int(each) // 2 for each in members}
        places = [n for n, each in enumerate(both.place_class.tolist()) if each in classes]
        found.append((places, kinds))
    assert found == [([0, 1], {1}), ([2], {0, 1}), ([0], {1}), ([1, 2, 3], {0, 1})]
    with pytest.raises(ValueError, match="cannot be laid over 'CYP'"):
        published.together([figures("CYP", [0, 1], [True, True]), figures("ACS", [0], [True] * 2)])
