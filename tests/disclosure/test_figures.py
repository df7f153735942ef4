"""Counts, and the figures that are formed of them: what they are, and what is kept hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geodemand.core import disclosure
from geodemand.core.disclosure import (
    Clients,
    Exact,
    Facts,
    Labels,
    People,
    Policy,
    Protected,
    Release,
    Surface,
    Table,
    concatenate,
    known_figures,
    protect,
    ratio,
    rounded,
    rounded_share,
    stack,
    withhold,
)
from geodemand.core.policy import HIDE, Guard
from geodemand.core.published import Published
from geodemand.core.systems import Sums
from geodemand.core.zones import Ground, Zones
from geodemand.errors import DisclosureError
from geodemand.io import definitions

NAN = np.nan
PLACES = np.arange(6)
CYP = Ground("CYP", PLACES, np.array([3, 20, 0, 9, 41, 7]))
ACS = Ground("ACS", PLACES, np.array([1, 2, 3, 4, 50, 60]))


def people(*lists: Ground) -> People:
    return People.counted(lists or (CYP, ACS), Zones.by(PLACES, 6))


def figures(*values: float, hidden: tuple[int, ...] = (), decimals: int = 0) -> Protected:
    withheld = np.isin(np.arange(len(values)), hidden)
    return Protected(np.where(withheld, NAN, np.array(values, dtype=float)), withheld, decimals)


def cells(column: Protected | Facts | Labels) -> list[object]:
    return [*Table("t", {"n": column}).cells("n")]


# --- counts and the places that they are over ---


def again(counts: People) -> list[int]:
    """Count once more, from the places that counts are said to be over."""
    assert counts.zones is not None
    return [n for ground in counts.grounds for n in counts.zones.count(ground).tolist()]


def check(counts: People, expected: object) -> None:
    """Hold counts to what is expected, and to what their own places say."""
    assert counts.exact.tolist() == expected
    assert counts.exact.dtype == np.int64
    assert again(counts) == counts.exact.ravel().tolist()


def test_counts_and_their_places_are_put_together_alike() -> None:
    both = people()
    check(both, [CYP.count.tolist(), ACS.count.tolist()])
    check(both.of(1), ACS.count.tolist())
    assert [each.what for each in both.of(1).grounds] == ["ACS"]
    row, zone = np.array([1, 0, 1, 1]), np.array([0, 4, 1, 4])
    check(both.summed(row, zone, 3), [[41, 64, 0], [50, 53, 0]])
    check(both.of(0).summed(row, zone, 2), [41, 64])
    groups = [np.array([0, 1]), np.array([], dtype=int), np.array([5, 3, 4])]
    check(both.grouped(groups), [[23, 0, 57], [3, 0, 114]])
    check(both.grouped([]), [[], []])
    position = np.array([1, -1, 0, 1, 0, -1])
    check(both.of(0).by(position, 3), [41, 12, 0])
    check(both.of(0).by(np.array([0, 1, 2, 3, 4, -1]), 5), [3, 20, 0, 9, 41])
    check(both.of(0).picked(np.array([4, 1, 4])), [41, 20, 41])
    sets = [np.array([0, 4]), np.array([4, 5]), np.array([], dtype=int)]
    check(both.of(0).inside(sets), [44, 48, 0])
    check(both.of(0).inside([]), [])
    check(both.of(0).shaped(2, 3), [[3, 20, 0], [9, 41, 7]])
    assert repr(both) == "People(shape=(2, 6))"


def test_counts_of_something_else_have_places_of_their_own() -> None:
    found = People.alone("rings", np.array([[3, 0], [20, 5]]))
    check(found, [3, 0, 20, 5])
    (ground,) = found.grounds
    assert ground.what == "rings"
    assert found.zones.size == len(found.zones.labels) == 4
    check(People.alone("none", []), [])


def test_counts_without_their_places_are_refused() -> None:
    both = people()
    for exact in (both.exact[0], both.exact[:, :5], np.zeros(0, dtype=np.int64)):
        with pytest.raises(ValueError, match=r"People\(shape=.*of 2 grounds over 6 zones"):
            People(exact, both.zones, both.grounds)
    with pytest.raises(TypeError, match="Exact is over no places: count People by zone"):
        protect(Exact(np.array([3])), definitions.policy("public"))  # type: ignore[arg-type]
    assert repr(Exact(np.array([271828]))) == "Exact(shape=(1,))"


def test_rows_of_clients_are_printed_nowhere() -> None:
    assert "IP1" not in repr(Clients(("postcode",), (("IP1 1AA",),)))


# --- protection ---


def test_counts_are_hidden_rounded_or_shown(public: Policy) -> None:
    found = protect(people().of(0), public)
    assert cells(found) == ["c", 20, 0, 10, 40, "c"]
    assert found.decimals == 0
    assert np.isnan(found.values[found.withheld]).all()
    also = np.array([False, True, True, False, False, False])
    assert cells(protect(people().of(0), public, also)) == ["c", "c", 0, 10, 40, "c"]
    assert protect(people(), public).values.shape == (2, 6)


def test_a_policy_at_work_takes_down_what_it_protects(public: Policy) -> None:
    guard = Guard.of(public)
    found = protect(people(), guard)
    plain = protect(people(), public)
    assert np.array_equal(found.values, plain.values, equal_nan=True)
    assert np.array_equal(found.withheld, plain.withheld)
    assert [*guard.book.entries] == ["CYP", "ACS"]
    (entry,) = guard.book.entries["CYP"]
    assert entry.low.tolist() == [1, 18, 0, 8, 38, 1]
    assert entry.high.tolist() == [7, 22, 0, 12, 42, 7]
    assert entry.hidden.tolist() == [True, False, False, False, False, True]
    (other,) = guard.book.entries["ACS"]
    assert other.hidden.tolist() == [True] * 4 + [False] * 2
    # More that is hidden may be any count of one or more; nobody is still known to be nobody.
    also = np.array([False, True, True, False, False, False])
    more = Guard.of(public)
    protect(people(CYP).of(0), more, also)
    (entry,) = more.book.entries["CYP"]
    assert entry.low.tolist()[:3] == [1, 1, 0]
    assert entry.high.tolist()[:3] == [7, np.inf, 0]
    assert found.values.flags.writeable


def test_what_is_protected_keeps_its_shape_and_is_taken_down_once(public: Policy) -> None:
    guard = Guard.of(public)
    square = protect(people(CYP).of(0).shaped(2, 3), guard)
    assert square.values.shape == square.withheld.shape == (2, 3)
    assert len(guard.book.entries["CYP"]) == 1
    # The figures that are handed out and those in the book do not share their memory.
    square.withheld[:] = False
    assert guard.book.entries["CYP"][0].hidden.sum() == 2


def test_a_policy_of_exact_figures_takes_nothing_down(internal: Policy) -> None:
    guard = Guard.of(internal)
    assert cells(protect(people(CYP).of(0), guard)) == CYP.count.tolist()
    assert guard.book.entries == {}


# --- figures formed of figures ---


def test_more_is_withheld_and_decimals_stay() -> None:
    found = withhold(figures(1.25, 2, 3, hidden=(2,), decimals=2), np.array([False, True, False]))
    assert cells(found) == [1.25, "c", "c"]
    assert found.decimals == 2
    assert np.isnan(found.values[1:]).all()


def test_facts_stand_beside_figures() -> None:
    found = known_figures(np.array([1.25, NAN]), 1)
    assert (cells(found), found.decimals, found.withheld.tolist()) == ([1.2, None], 1, [False] * 2)
    assert known_figures(np.array([3.0])).decimals == 0


def test_a_ratio_is_hidden_where_a_part_is_and_none_where_nothing_is_below() -> None:
    above = figures(10, 20, 30, 0, 5, hidden=(1,))
    below = figures(40, 40, 30, 0, 0, hidden=(2,))
    found = ratio(above, below)
    assert cells(found) == [0.25, "c", "c", None, None]
    assert found.decimals == -1
    assert np.isnan(found.values[1:]).all()
    assert cells(ratio(above, 20.0)) == [0.5, "c", 1.5, 0, 0.25]
    assert cells(ratio(above, 0.0)) == [None, "c", None, None, None]


def test_figures_are_rounded_to_the_decimals_that_are_shown() -> None:
    found = rounded(figures(1.2345, 7, hidden=(1,), decimals=-1), 2)
    assert (found.decimals, cells(found)) == (2, [1.23, "c"])
    assert found.values[0] == 1.23


def test_shares_are_rounded_half_up_and_finer_on_a_large_base(public: Policy) -> None:
    share = figures(0.125, 0.125, 0.1245, 0.005, 0.29, 0.5, hidden=(5,), decimals=-1)
    base = figures(400, 4000, 3999, 8000, 100, 50)
    found = rounded_share(share, base, public)
    assert cells(found) == [0.13, 0.125, 0.12, 0.005, 0.29, "c"]
    assert found.decimals == 3
    hidden = figures(400, 4000, 9, 9, 9, 9, hidden=(1,))
    assert cells(rounded_share(share, hidden, public))[:2] == [0.13, 0.13]
    exact = replace(public, share_decimals=-1)
    assert cells(rounded_share(figures(0.12345678, decimals=-1), base[[0]], exact)) == [0.123457]
    assert rounded_share(share, base, exact).decimals == 6
    assert rounded_share(share, base, replace(public, share_decimals=2)).decimals == 4
    # 0.145 is 0.14499999999999999 to a computer.
    assert cells(rounded_share(figures(0.145, decimals=-1), figures(100), public)) == [0.15]


def test_figures_under_each_other_show_the_most_decimals() -> None:
    found = stack([figures(1, 2, hidden=(0,)), figures(3.25, decimals=2), figures(4, decimals=1)])
    assert (found.decimals, cells(found)) == (2, ["c", 2, 3.25, 4])
    assert stack([figures(1, decimals=-1), figures(2, decimals=3)]).decimals == -1
    assert len(stack([])) == 0


def test_tables_under_each_other() -> None:
    few, many = Facts(np.array([1.25, 2]), 2), Facts(np.array([3.0]))
    first = {"x": Labels(("p", None)), "n": figures(1, 2, hidden=(1,)), "f": few}
    one = Table("a", first)
    two = Table("b", {"x": Labels(("q",)), "n": figures(9.5, decimals=1), "f": many})
    both = concatenate("c", [one, two], "Both")
    assert (both.name, both.title, len(both)) == ("c", "Both", 3)
    assert [*both.records()] == [
        {"x": "p", "n": 1, "f": 1.25},
        {"x": None, "n": "c", "f": 2},
        {"x": "q", "n": 9.5, "f": 3},
    ]
    none = concatenate("c", [], "Both")
    assert (none.name, none.title, len(none), none.columns) == ("c", "Both", 0, {})


def test_cells_are_plain_values() -> None:
    found = cells(Facts(np.array([1.005, 2.5, 3.0, NAN, np.inf, 0.125, -2.0]), 2))
    assert found == [1.0, 2.5, 3, None, None, 0.12, -2]
    assert [type(each) for each in found[1:3]] == [float, int]
    assert cells(Facts(np.array([0.123456, 5.0]), -1)) == [0.123456, 5]
    assert cells(Facts(np.array([2.675, 1.45]), 1)) == [round(2.675, 1), round(1.45, 1)]
    assert cells(figures(1.26, 4, hidden=(1,), decimals=1)) == [1.3, "c"]
    assert cells(Labels(("a", None))) == ["a", None]


def test_some_of_the_figures() -> None:
    every = figures(1, 2, 3, hidden=(1,), decimals=1)
    assert len(every) == 3
    assert cells(every[[2, 1]]) == [3, "c"]
    assert cells(every[np.array([True, False, False])]) == [1]
    assert cells(every[1:]) == ["c", 3]
    assert every[1:].decimals == every[[0]].decimals == 1
    assert cells(every[2]) == [3]


# --- what is handed out ---


def test_a_release_is_sealed_with_what_it_was_given(public: Policy) -> None:
    table = Table("t", {"n": figures(10)})
    surface = Surface(
        "CYP", np.full((2, 2), 5, dtype=np.uint8), 0, 0, 250, (1.0,), 500, neighbours=10
    )
    found = disclosure.release(public, {"t": table}, (surface,), ("One.",))
    assert isinstance(found, Release)
    assert (found.policy, found.sentences, found.layers) == (public, ("One.",), ())
    assert found.tables == {"t": table}
    assert found.surfaces == (surface,)
    assert (found.published, [*found.postcodes()]) == ((), [])
    guard = Guard.of(public)
    protect(people(CYP).grouped([np.array([1, 3])]), guard)
    made = disclosure.release(guard, {"t": table})
    assert type(made.policy) is Policy
    assert made.policy == public
    assert [each.what for each in made.published] == ["CYP"]


@pytest.mark.parametrize(
    ("bandwidth", "neighbours", "classes", "fine"),
    [
        (500, 10, 5, True),
        (499.9, 10, 5, False),
        (500, 9, 5, False),
        (500, 10, 6, False),
        (900, 11, 0, True),
        (400, 1, 6, False),
    ],
)
def test_a_surface_is_no_sharper_than_its_policy_lets_it_be(
    public: Policy,
    bandwidth: float,
    neighbours: int,
    classes: int,
    fine: bool,  # noqa: FBT001
) -> None:
    drawn = np.full((2, 2), classes, dtype=np.uint8)
    surface = Surface("CYP", drawn, 0, 0, 250, (1.0,), bandwidth, neighbours=neighbours)
    if fine:
        assert disclosure.release(public, {}, (surface,)).surfaces == (surface,)
        return
    with pytest.raises(DisclosureError) as refused:
        disclosure.release(public, {}, (surface,))
    (fault,) = refused.value.faults
    assert fault.where == "surface CYP"
    assert "more sharply than the policy 'public' lets it be" in str(fault)
    assert "wider bandwidth" in str(fault)


def test_all_that_still_holds_its_value_is_told_at_once(public: Policy) -> None:
    leak = Protected(np.array([10.0, 3.0]), np.array([False, True]))
    safe = figures(10, 3, hidden=(1,))
    tables = {"t": Table("t", {"a": leak, "b": safe, "x": Labels(("p", "q"))}),
              "u": Table("u", {"c": leak})}  # fmt: skip
    with pytest.raises(DisclosureError) as refused:
        disclosure.release(public, tables)
    assert [each.where for each in refused.value.faults] == [
        "table t, column a", "table u, column c",
    ]  # fmt: skip
    assert "still holds its value" in str(refused.value)
    assert "Protect the column under the policy 'public'" in str(refused.value)


def row_of(*counts: int) -> tuple[Ground, Zones]:
    places = np.arange(len(counts))
    ground = Ground("CYP", places, np.array(counts))
    zones = Zones.by(places, len(counts)).grouped([*places[:, None], places])
    return ground, zones


def made(counts: tuple[int, ...], tries: list[Policy]) -> object:
    ground, zones = row_of(*counts)

    def make(policy: Policy) -> tuple[list[object], Release]:
        tries.append(policy)
        found = protect(People.counted([ground], zones).of(0), policy)
        return cells(found), disclosure.release(policy, {"t": Table("t", {"n": found})})

    return make


def test_a_release_is_made_again_until_it_is_safe(public: Policy) -> None:
    tries: list[Policy] = []
    shown, release = disclosure.guarded(public, made((1, 8, 8), tries))  # type: ignore[arg-type]
    assert shown == ["c", 10, 10, 20]
    assert len(tries) == 2
    assert all(isinstance(each, Guard) for each in tries)
    assert release.policy == public
    # What is let out is what stands in the last try.
    (published,) = release.published
    assert published.low.tolist() == [1, 8, 8, 15]
    assert published.high.tolist() == [7, 12, 12, 24]
    assert published.hidden.tolist() == [True, False, False, False]
    safe: list[Policy] = []
    shown, _ = disclosure.guarded(public, made((3, 100), safe))  # type: ignore[arg-type]
    assert (shown, len(safe)) == (["c", 100, 105], 1)


def test_a_release_that_no_change_makes_safe_is_refused(
    public: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disclosure, "_MOST_TRIES", 1)
    with pytest.raises(DisclosureError, match="could be worked out from the others") as refused:
        disclosure.guarded(public, made((1, 8, 8), []))  # type: ignore[arg-type]
    assert refused.value.exit_code == 15
    monkeypatch.setattr(disclosure, "_MOST_TRIES", 2)
    assert disclosure.guarded(public, made((1, 8, 8), []))  # type: ignore[arg-type]


def test_a_change_is_made_where_it_was_asked_for_and_nowhere_else(public: Policy) -> None:
    zones = Zones.by(PLACES, 6)
    names = zones.names.tolist()
    changes = {("CYP", names[1]): 20, ("CYP", names[4]): HIDE, ("CYP", names[2]): HIDE,
               ("ACS", names[3]): HIDE}  # fmt: skip
    guard = replace(Guard.of(public), changes=changes)
    found = protect(people(), guard)
    shown = [cells(Protected(v, w)) for v, w in zip(found.values, found.withheld, strict=True)]
    # 20 to the nearest 20, 41 hidden, nobody shown as nobody; ACS only where it is hidden anyway.
    assert shown == [["c", 20, 0, 10, "c", "c"], ["c", "c", "c", "c", 50, 60]]
    (entry,) = guard.book.entries["CYP"]
    assert entry.low.tolist() == [1, 8, 0, 8, 1, 1]
    assert entry.high.tolist() == [7, 29, 0, 12, np.inf, 7]
    assert entry.hidden.tolist() == [True, False, False, False, True, True]
    (entry,) = guard.book.entries["ACS"]
    assert entry.high.tolist() == [7, 7, 7, 7, 52, 62]


def test_rows_of_clients_leave_only_where_a_policy_lets_them(
    public: Policy, internal: Policy
) -> None:
    rows: dict[str, Clients] = {
        "CYP": Clients(("row", "postcode"), (("1", "n/k"), ("2", None))),
        "ACS": Clients(("row", "postcode"), (("7", "IP1"),)),
    }
    found = disclosure.listed(internal, rows)
    assert found.policy == internal
    assert found.clients.columns == ("list", "row", "postcode")
    assert found.clients.rows == (("CYP", "1", "n/k"), ("CYP", "2", None), ("ACS", "7", "IP1"))
    assert disclosure.listed(internal, {}).clients.columns == ("list",)
    disclosure.need_listing(internal)
    with pytest.raises(DisclosureError) as refused:
        disclosure.listed(public, rows)
    assert "the policy 'public' does not let rows of clients out" in str(refused.value)
    assert "--policy internal --reason" in str(refused.value)
    with pytest.raises(TypeError, match="listed only"):
        disclosure.Listed(internal, rows["CYP"])


def test_what_earlier_releases_have_given_away_no_change_mends(public: Policy) -> None:
    """They showed the whole and all but one; now the list is to be shown by place."""
    ground = Ground("CYP", np.arange(3), np.array([3, 20, 30]))
    zones = Zones.by(np.arange(3), 3)
    exact = np.array([20.0, 30.0, 53.0])
    sums = Sums.of([[1], [2], [0, 1, 2]])
    told = Published("CYP", np.arange(3), 3, 1, sums, exact, exact, np.zeros(3, dtype=bool))

    def make(policy: Policy) -> Release:
        found = protect(People.counted([ground], zones).of(0), policy)
        return disclosure.release(policy, {"t": Table("t", {"n": found})})

    assert disclosure.guarded(public, make).published
    with pytest.raises(DisclosureError) as refused:
        disclosure.guarded(public, make, (told,))
    (fault,) = refused.value.faults
    assert fault.where == "CYP"
    assert "counts that the policy hides could be worked out" in str(fault)
    assert "leave out the list" in str(fault)


def test_one_client_is_withheld_too_where_that_is_asked(internal: Policy) -> None:
    ground = Ground("CYP", np.arange(3), np.array([1, 0, 5]))
    counts = People.counted([ground], Zones.by(np.arange(3), 3)).of(0)
    assert cells(protect(counts, internal, np.array([True, True, False]))) == ["c", 0, 5]


def test_a_large_base_lets_a_share_have_one_decimal_more(public: Policy) -> None:
    share = figures(0.123456789, decimals=-1)
    assert rounded_share(share, figures(4000), public).values.tolist() == [0.123]
    exact = replace(public, share_decimals=-1)
    assert rounded_share(share, figures(4000), exact).values.tolist() == [0.123457]


def test_what_is_no_table_and_no_release_says_why(public: Policy) -> None:
    labels, two = Labels(("x",)), Facts(np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="the columns of table 't' differ in length"):
        Table("t", {"a": labels, "b": two})
    with pytest.raises(TypeError, match=r"column 'n' of table 't' is ndarray: protect it first"):
        Table("t", {"n": np.array([1])})  # type: ignore[dict-item] - the point of the test
    with pytest.raises(TypeError, match=r"a Release is made by .*disclosure.release only"):
        Release(public, {})
    assert len(Table("t", {})) == 0
    assert (len(labels), len(two), Surface.unit) == (1, 2, "clients per km²")
