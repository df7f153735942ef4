"""Controlled rounding: tables add up, counts move by less than the base, and nothing leaks."""
# ruff: noqa: SLF001 - the programme is asked for its next ways, one by one

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from geodemand.core import additive, audit
from geodemand.core.book import Case
from geodemand.core.disclosure import IntArray, People, Policy, Protected, guarded, protect, release
from geodemand.core.policy import Guard
from geodemand.core.systems import Sums
from geodemand.core.zones import Ground, Zones
from geodemand.errors import ContentError
from geodemand.io import definitions

Run = Callable[..., Result]
ADDITIVE = definitions.policy("additive")
COUNTS = st.integers(0, 40) | st.sampled_from([0, 0, 1, 2, 7, 8, 9, 120])
TABLES = stn.arrays(np.int64, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=COUNTS)


def with_margins(counts: IntArray) -> IntArray:
    wider = np.concatenate([counts, counts.sum(axis=1, keepdims=True)], axis=1)
    return np.concatenate([wider, wider.sum(axis=0, keepdims=True)])


def people_of(counts: IntArray) -> People:
    """Return a table of counts with its margins, each cell a place."""
    places = np.arange(counts.size).reshape(counts.shape)
    rows, columns = [*places, places.ravel()], [*places.T, places.ravel()]
    zones = [np.intersect1d(row, column) for row in rows for column in columns]
    every = Zones.by(places.ravel(), counts.size).grouped(zones)
    ground = Ground("CYP", places.ravel(), counts.ravel())
    return People.counted([ground], every).of(0).shaped(len(rows), len(columns))


def published(people: People) -> tuple[Protected, Guard, tuple[str, ...]]:
    """Return the figures of a release, the policy at its work, and what the release says."""

    def make(guard: Policy) -> tuple[Protected, Policy, tuple[str, ...]]:
        figures = protect(people, guard)
        return figures, guard, release(guard, {}).sentences

    figures, guard, said = guarded(ADDITIVE, make)
    assert isinstance(guard, Guard)
    return figures, guard, said


def rounded_of(people: People, guard: Guard) -> IntArray:
    """Return what every count was rounded to, hidden ones too."""
    found = guard.rounded["CYP"]
    names = people.zones.names.tolist()
    return np.array([found[name] for name in names]).reshape(people.exact.shape)


@settings(max_examples=40)
@given(TABLES)
def test_a_table_adds_up_and_every_count_moves_by_less_than_the_base(counts: IntArray) -> None:
    # Six people in six cells: a hidden whole leaves each too few values, and the run is refused.
    assume(not 0 < counts.sum() <= ADDITIVE.threshold)
    people = people_of(counts)
    figures, guard, said = published(people)
    if guard.one_by_one:  # said, and as safe as under any policy
        assert len(said) == 1
        assert "Each was rounded for itself" in said[0]
        return
    exact, shown = with_margins(counts), rounded_of(people, guard)
    assert (np.abs(shown - exact) < 5).all()
    assert (shown % 5 == 0).all()
    assert (shown[:, :-1].sum(axis=1) == shown[:, -1]).all()
    assert (shown[:-1].sum(axis=0) == shown[-1]).all()
    assert (figures.withheld == ((exact > 0) & (exact <= 7))).all()
    seen = ~figures.withheld
    assert (figures.values[seen] == shown[seen]).all()
    assert ((figures.values[seen] == 0) == (exact[seen] == 0)).all()
    (case,) = guard.book.cases()
    assert not audit.leaks(case, 7).size


def test_nearly_all_tables_can_be_made_to_add_up() -> None:
    random = np.random.default_rng(5)
    tables = [random.poisson(random.uniform(3, 40), (6, 5)) for _ in range(30)]
    lost = sum(bool(published(people_of(each))[1].one_by_one) for each in tables)
    assert lost <= 1


def test_the_figures_stand_as_near_as_can_be() -> None:
    """24 is 25 or 20: with 25 one part is 5, with 20 two are; 5 stands for 8 or 9."""
    figures, _, _ = published(people_of(np.array([[8, 8, 8]])))
    row = figures.values[0].tolist()
    assert sorted(row) == [5, 10, 10, 25]


@pytest.mark.parametrize("counts", [[[7, 13], [7, 7]], [[0, 1, 20], [0, 31, 20], [31, 7, 1]]])
def test_a_way_to_round_that_gives_a_hidden_count_away_is_not_taken(
    counts: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way that moves figures least would; another one adds up as well."""
    people = people_of(np.array(counts))
    figures, guard, _ = published(people)
    shown = rounded_of(people, guard)
    assert not guard.one_by_one
    assert (shown[:, :-1].sum(axis=1) == shown[:, -1]).all()
    assert (shown[:-1].sum(axis=0) == shown[-1]).all()
    (case,) = guard.book.cases()
    assert not audit.leaks(case, 7).size
    # Nearer figures there are: they are taken where nobody asks whether they leak.
    monkeypatch.setattr(additive, "leaks", lambda *_: Sums.of([]))
    bare = additive.rounded(case, ADDITIVE, {})
    assert bare is not None
    nearest = np.array([bare[name] for name in people.zones.names.tolist()]).reshape(shown.shape)
    exact = with_margins(np.array(counts))
    assert np.abs(nearest - exact).sum() <= np.abs(shown - exact).sum()
    assert (nearest != shown).any()
    assert figures.values.shape == shown.shape


def loss(exact: IntArray, shown: IntArray) -> int:
    """Return how far counts move, and by how much they read as what they are not."""
    hidden = (exact > 0) & (exact <= 7)
    wrong = (hidden & (shown > 7)) | (~hidden & (exact > 0) & (shown <= 7))
    return int(np.abs(shown - exact).sum() + 5 * wrong.sum())


def ways(counts: IntArray) -> list[IntArray]:
    """Return all ways to round a small table so that it adds up, by trying."""
    exact = with_margins(counts)
    sides = [{5 * (n // 5), -(-n // 5) * 5} for n in counts.ravel().tolist()]
    found = []
    for each in itertools.product(*sides):
        shown = with_margins(np.array(each).reshape(counts.shape))
        seen = exact > 7
        if (np.abs(shown - exact) < 5).all() and (shown[seen] > 0).all():
            found.append(shown)
    return found


def test_of_all_ways_the_one_that_moves_counts_least_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And what is rounded already stays, wherever the others can go with it."""
    monkeypatch.setattr(additive, "leaks", lambda *_: Sums.of([]))
    random = np.random.default_rng(2)
    for _ in range(12):
        counts = random.choice([0, 1, 3, 5, 6, 7, 8, 9, 11, 13, 24, 37], (2, 2))
        exact, people, guard = with_margins(counts), people_of(counts), Guard.of(ADDITIVE)
        protect(people, guard)
        (case,) = guard.book.cases()
        names = np.array(people.zones.names).reshape(exact.shape)

        def rounded(
            known: dict[int, int], case: Case = case, names: IntArray = names
        ) -> IntArray | None:
            found = additive.rounded(case, ADDITIVE, known)
            return None if found is None else np.array([[found[n] for n in row] for row in names])

        every = ways(counts)
        best = rounded({})
        assert (best is not None) == bool(every)
        if best is None:
            continue
        assert loss(exact, best) == min(loss(exact, each) for each in every)
        for fixed in every:
            again = rounded({int(names[0, 0]): int(fixed[0, 0])})
            assert again is not None
            left = [each for each in every if each[0, 0] == fixed[0, 0]]
            assert again[0, 0] == fixed[0, 0]
            assert loss(exact, again) == min(loss(exact, each) for each in left)


def programme_of(counts: IntArray, policy: Policy = ADDITIVE) -> additive._Programme:
    guard = Guard.of(policy)
    protect(people_of(counts), guard)
    (case,) = guard.book.cases()
    return additive._Programme(case, policy, {})


def test_ways_that_are_ruled_out_never_come_again() -> None:
    """One by one all ways to round that add up come, each once, the nearest first."""
    random = np.random.default_rng(6)
    for _ in range(6):
        counts = random.choice([1, 3, 5, 8, 11, 13, 24, 37], (2, 2))
        programme = programme_of(counts)
        names = programme.case.names
        guard = Guard.of(ADDITIVE)
        table = people_of(counts)
        protect(table, guard)
        at = [names.tolist().index(name) for name in table.zones.names.tolist()]
        every = {each.tobytes(): loss(with_margins(counts), each) for each in ways(counts)}
        found = []
        while (shown := programme.solved()) is not None:
            found.append(np.ascontiguousarray(shown[at].reshape(3, 3)).tobytes())
            if not programme.rule_out(np.arange(len(names)), shown):
                break
        assert sorted(found) == sorted(every)
        assert [every[each] for each in found] == sorted(every.values())


def test_what_must_be_rounded_so_is_not_ruled_out() -> None:
    programme = programme_of(np.array([[5, 10], [20, 40]]))
    shown = programme.solved()
    assert shown is not None
    assert not programme.rule_out(np.arange(len(shown)), shown)
    assert not programme.rule_out(np.array([], dtype=np.int64), shown)


def test_half_way_counts_go_up_as_often_as_down_and_by_their_places() -> None:
    """15 to the tens: which way is told by the places that it is over, not by its neighbours."""
    tens = replace(ADDITIVE, name="tens", base=10)
    places, wanted = np.arange(120), 15
    ground = Ground("CYP", places, np.full(len(places), wanted))
    zones = Zones.by(places, len(places))

    def rounded(kept: IntArray) -> dict[int, int]:
        guard = Guard.of(tens)
        protect(People.counted([ground], zones.grouped(list(kept[:, None]))).of(0), guard)
        (case,) = guard.book.cases()
        found = additive.rounded(case, tens, {})
        assert found is not None
        return found

    every = rounded(places)
    up = sum(shown > wanted for shown in every.values())
    assert len(every) == len(places)
    assert set(every.values()) == {10, 20}
    assert 40 <= up <= 80
    assert rounded(places[::-3]) == {name: every[name] for name in rounded(places[::-3])}


def test_small_counts_read_as_small_where_that_adds_up() -> None:
    """7 of 1 to 7 is rounded to 5 and not to 10; 8, which is shown, to 10."""
    alone = people_of(np.array([[7, 8, 90]]))
    _, guard, _ = published(alone)
    assert rounded_of(alone, guard)[0].tolist() == [5, 10, 90, 105]
    # With a base of 7, 7 is itself, and 8 goes up to 14, for 7 would read as hidden.
    sevens = replace(ADDITIVE, name="sevens", base=7)
    for count, to in ((7, 7), (8, 14), (10, 14), (6, 7), (3, 0), (14, 14), (15, 14), (18, 21)):
        shown = programme_of(np.array([[count]]), sevens).solved()
        assert shown is not None
        assert shown.tolist() == [to]


def test_areas_of_two_geographies_and_segments_add_up_together() -> None:
    """Seven areas, seven nearly the same, three segments in each, and the totals of all."""
    random = np.random.default_rng(8)
    size = 400
    a = np.repeat(np.arange(7), size // 7 + 1)[:size]
    b = np.where(random.random(size) < 0.04, (a + 1) % 7, a)
    segment = random.integers(0, 3, size)
    ground = Ground("CYP", np.arange(size), random.poisson(1.2, size))
    zones = [Zones.by(np.zeros(size, dtype=np.int64), 1), Zones.by(segment, 3)]
    zones += [Zones.by(side, 7) for side in (a, b)]
    zones += [Zones.by(side * 3 + segment, 21) for side in (a, b)]
    parts = [People.counted([ground], each).of(0) for each in zones]

    def make(policy: Policy) -> tuple[list[Protected], Policy]:
        return [protect(each, policy) for each in parts], (policy, release(policy, {}))[0]

    figures, guard = guarded(ADDITIVE, make)
    assert isinstance(guard, Guard)
    assert not guard.one_by_one
    found = guard.rounded["CYP"]
    whole, by_segment, *others = (
        np.array([found[name] for name in each.names.tolist()]) for each in zones
    )
    for side, crossed in zip(others[:2], others[2:], strict=True):
        assert (crossed.reshape(7, 3).sum(axis=1) == side).all()
        assert (crossed.reshape(7, 3).sum(axis=0) == by_segment).all()
        assert side.sum() == whole[0]
    for people, shown in zip(parts, figures, strict=True):
        assert (np.abs(shown.values - people.exact)[~shown.withheld] < 5).all()


def test_too_many_figures_are_rounded_one_by_one_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(additive, "MOST_ENTRIES", 10)
    figures, guard, said = published(people_of(np.array([[8, 8, 8], [20, 31, 1]])))
    assert guard.one_by_one == {"CYP"}
    assert figures.values[0].tolist() == [10, 10, 10, 25]
    assert len(said) == 1
    assert said[0].startswith("CYP: the counts could not be rounded so that all tables add up")


def test_the_policy_is_explained_and_its_tables_add_up(tiny: Any, run: Run) -> None:  # noqa: ANN401
    shown = " ".join(run("policy", "show", "additive").stdout.split())
    assert "moved by less than 5 to a multiple of it, so that tables add up" in shown
    assert "The audit attacks as one who knows this" in shown
    result = run("profile", "--policy", "additive", "--json", "--no-release", folder=tiny.folder)
    rows = json.loads(result.stdout)["profile"]
    own = [row for row in rows if row["list"] == "CYP"]
    clients = {(row["level"], row["segment"]): row["clients"] for row in own}
    parts = [count for (level, _), count in clients.items() if level == "category"]
    assert clients["all", "(all)"] == sum(parts) + clients["all", "(none)"]


def test_exact_counts_need_no_rounding_that_adds_up(tmp_path: Any) -> None:  # noqa: ANN401
    text = (definitions.FOLDER / "policies" / "additive.toml").read_text(encoding="utf-8")
    path = tmp_path / "ours.toml"
    path.write_text(text.replace("base = 5\n", "base = 1\n", 1), encoding="utf-8")
    with pytest.raises(ContentError, match="exact counts do"):
        definitions.policy(str(path))
