"""What a release lets out is attacked before it is sealed: leaks are caught, and mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import audits
from benchmarks.audits import FEWER_THAN_5, PUBLIC, recovered, released, row, shown
from geodemand.core import audit, losses, rate_surface
from geodemand.core import policy as policy_module
from geodemand.core.attack import attack
from geodemand.core.book import Entry
from geodemand.core.disclosure import (
    FloatArray,
    Labels,
    People,
    Policy,
    Release,
    Table,
    Value,
    guarded,
    protect,
    release,
)
from geodemand.core.effort import Effort
from geodemand.core.policy import Guard, Remedy, stands_for
from geodemand.core.systems import Sums
from geodemand.core.zones import Ground, Zones
from geodemand.errors import DisclosureError
from geodemand.io import definitions

DFE, ONS = definitions.policy("dfe"), definitions.policy("ons")


def published_row(counts: Sequence[int], policy: Policy = PUBLIC) -> list[Value]:
    """Return a row and its total as they are published."""
    (figures,), _ = released([row(counts)], policy)
    return Table("row", {"n": figures}).cells("n")


def ends(exact: float, below: float = 0, above: float = 0) -> tuple[FloatArray, FloatArray]:
    return np.array([exact - below]), np.array([exact + above])


def test_what_protection_has_cost_is_measured_on_the_true_counts() -> None:
    """3, 8, 12, 20 of 43 are shown as c, 10, 10, 20 of 45: 83 of 86 people, 2 + 2 + 0 + 2 off."""
    _, case = released([row([3, 8, 12, 20])], PUBLIC)
    found = losses.loss(case.published, internal=True)
    assert (found.figures, found.hidden) == (5, 1)
    assert found.people_kept == pytest.approx(83 / 86)
    assert found.mean_error == pytest.approx(1.5)
    told = losses.loss(case.published)
    assert told.mean_error != pytest.approx(1.5)  # from what is published, nobody can tell


# --- rows with their total ---


@pytest.mark.parametrize(
    ("counts", "policy", "expected"),
    [
        ([1, 8, 8], PUBLIC, ["c", 10, 10, 20]),  # 15 would leave only 1 for c
        ([7, 12], PUBLIC, ["c", 10, 20]),
        ([3, 100], PUBLIC, ["c", 100, 105]),  # nothing to mend
        ([5, 0, 0], PUBLIC, ["c", 0, 0, "c"]),  # a zero is shown: nobody
        ([3, 20, 50], DFE, ["c", "c", 50, 73]),  # the total stays, one more is hidden
        ([3, 4, 50], DFE, ["c", "c", 50, 57]),
        ([9, 10, 30], ONS, ["c", 10, 30, 50]),
    ],
)
def test_a_row_keeps_its_hidden_count(
    counts: list[int], policy: Policy, expected: list[Value]
) -> None:
    assert published_row(counts, policy) == expected


def values_left(figures: Sequence[object], policy: Policy, total: tuple[float, float]) -> int:
    """Return how many values the first of a row may have, by adding up intervals."""
    held = [
        (1.0, float(policy.threshold))
        if shown_ == "c"
        else tuple(float(end) for end in stands_for(np.array(float(str(shown_))), 5, policy))
        for shown_ in figures
    ]
    low, high = (np.array(each) for each in zip(*held, strict=True))
    return audits.fewest_values(low, high, total)


@pytest.mark.parametrize("neighbours", [2, 3])
def test_every_row_that_leaks_is_caught_and_no_other(neighbours: int) -> None:
    """Rows of 1 to 7 beside neighbours up to 40; the audit agrees with adding up intervals."""
    random = np.random.default_rng(neighbours)
    extreme = [[hidden, *[least] * neighbours] for hidden in (1, 2, 6, 7) for least in (8, 12, 13)]
    drawn = [
        [int(random.integers(1, 8)), *random.integers(8, 41, neighbours).tolist()]
        for _ in range(60)
    ]
    for counts in (*extreme, *drawn):
        (case,) = shown([row(counts)], PUBLIC)
        first = np.flatnonzero(case.hidden)[0]
        held = np.flatnonzero(case.system.sums.row == first)
        found = attack(case.system, Sums.of([case.system.sums.piece[held]]), case.known)
        figures = ["c", *(5 * ((n + 2) // 5) for n in counts[1:])]
        total = 5 * ((sum(counts) + 2) // 5)
        left = values_left(figures, PUBLIC, (total - 2, total + 2))
        assert min(found.values[0], 3) == min(left, 3)
        if left < 3:
            assert audit.leaks(case, 7).size
            _, mended = released([row(counts)], PUBLIC)
            assert not audit.leaks(mended, 7).size


def test_no_row_with_its_total_keeps_fewer_than_three_values() -> None:
    """A tenth of all rows of 2 and 3 counts up to 40; ``--only audit`` goes through them all."""
    rows = list(audits.every_row())
    assert len(rows) == 861 + 12_341
    few = [each for each in rows[3::10] if audits.fewest_left(each, PUBLIC) < 3]
    assert few == []


def test_what_is_left_of_a_row_is_counted_aright() -> None:
    """Without the audit the same count finds what leaks: 15 of 1, 8, 8 would leave c only 1."""
    figures = protect(row([1, 8, 8]), PUBLIC)
    assert audits.left_of(figures, [5] * 4, 7) == 1
    assert audits.fewest_left([1, 8, 8], PUBLIC) >= 3
    for figure, base, expected in [(10, 5, (8, 12)), (15, 5, (13, 17)), (20, 10, (15, 24))]:
        assert audits.shown_as(figure, base, 7) == expected


def test_what_was_let_out_earlier_cannot_be_mended() -> None:
    """An earlier release gave the exact total of a row; this one would give its visible parts."""
    places = np.arange(3)
    ground = Ground("CYP", places, np.array([3, 20, 30]))
    whole = Zones.by(np.zeros(3, dtype=np.int64), 1)
    guard = Guard.of(PUBLIC)
    guard.book.enter(ground, Entry(whole, *ends(53), np.zeros(1, dtype=bool)))
    earlier = (guard.book.cases()[0].published,)
    exact = replace(PUBLIC, base=1, repair="hide")

    def make(policy: Policy) -> tuple[list[Value], Release]:
        table = Table(
            "row", {"n": protect(People.counted([ground], Zones.by(places, 3)).of(0), policy)}
        )
        return table.cells("n"), release(policy, {"row": table})

    assert guarded(exact, make)[0] == ["c", 20, 30]
    assert guarded(exact, make, earlier)[0] in (["c", "c", 30], ["c", 20, "c"])
    fixed = Guard.of(PUBLIC)
    for cell in (1, 2):
        zones = Zones.by(places, 3).grouped([np.array([cell])])
        fixed.book.enter(ground, Entry(zones, *ends([20, 30][cell - 1]), np.zeros(1, dtype=bool)))
    fixed.book.enter(ground, Entry(whole, *ends(53), np.zeros(1, dtype=bool)))
    with pytest.raises(DisclosureError, match="could be worked out") as refused:
        guarded(exact, make, (fixed.book.cases()[0].published,))
    assert refused.value.exit_code == 15


# --- two geographies ---


def test_two_geographies_give_small_differences_away_only_where_totals_are_exact() -> None:
    rule, public = np.zeros(2, dtype=int), np.zeros(2, dtype=int)
    for seed in range(12):
        county = audits.nearly_coterminous(seed)
        rule += recovered(shown(county.people, FEWER_THAN_5)[0])
        public += recovered(released(county.people, PUBLIC)[1])
    assert rule[1] == public[1] > 30
    assert rule[0] / rule[1] > 0.6
    assert public[0] == 0


# --- safe releases ---


def test_safe_releases_are_let_through() -> None:
    """Of 1,000 rows that adding up intervals calls safe, none is changed."""
    random = np.random.default_rng(5)
    alarms, safe = 0, 0
    while safe < 1_000:
        counts = [int(random.integers(1, 8)), *random.integers(20, 900, 4).tolist()]
        total = 5 * ((sum(counts) + 2) // 5)
        figures = ["c", *(5 * ((n + 2) // 5) for n in counts[1:])]
        if values_left(figures, PUBLIC, (total - 2, total + 2)) < 3:
            continue
        safe += 1
        alarms += audit.leaks(shown([row(counts)], PUBLIC)[0], 7).size > 0
    assert alarms <= 50
    assert alarms == 0


# --- how much is left ---


@pytest.mark.parametrize("seed", range(2))
def test_public_keeps_nearly_all_of_a_county_and_near_the_truth(seed: int) -> None:
    made = audits.large(areas=30, segments=8, lists=2, seed=seed)
    found, left = released(made.people, PUBLIC)
    assert not audit.leaks(left, 7).size
    kept, off = audits.kept(made, found)
    assert kept >= 0.95
    assert off <= 1.3


# --- surfaces ---


def test_no_isolated_client_is_located_from_a_surface() -> None:
    """Neither where clients are dense nor where rates are high; ``--only audit`` draws all 20."""
    for seed in range(4):
        drawn, alone = audits.surfaces(seed, PUBLIC)
        assert len(alone) >= 20
        assert [audits.located(each, alone) for each in drawn] == [0, 0]


def test_the_attack_on_surfaces_works_where_they_are_sharp(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sharp = replace(PUBLIC, surface_neighbours=1)
    (density, _), alone = audits.surfaces(1, sharp)
    assert audits.located(density, alone) > len(alone) / 2
    monkeypatch.setattr(rate_surface, "_without_spots", lambda classes, *_: classes)
    (_, rates), alone = audits.surfaces(1, PUBLIC)
    assert audits.located(rates, alone) > 0


def test_labels_need_no_audit() -> None:
    assert release(PUBLIC, {"names": Table("names", {"name": Labels(("a",))})}).published == ()


# --- the same list again ---


def of_row(counts: Sequence[int], earlier: Sequence[Release] = ()) -> tuple[list[Value], Release]:
    """Return a row with its total as DFE publishes it after some releases, and its release."""

    def make(policy: Policy) -> tuple[list[Value], Release]:
        table = Table("row", {"n": protect(row(counts), policy)})
        return table.cells("n"), release(policy, {"row": table})

    return guarded(DFE, make, tuple(each for one in earlier for each in one.published))


def test_exact_figures_of_a_list_that_has_grown_can_still_be_published() -> None:
    """What was hidden before is hidden again; so the difference of dates tells of nobody hidden."""
    first, released_first = of_row([3, 20, 50])
    assert first == ["c", "c", 50, 73]
    again, released_again = of_row([3, 20, 50], [released_first])
    assert again == first
    grown, _ = of_row([4, 21, 50], [released_first, released_again])
    assert grown == ["c", "c", 50, 75]


def test_what_takes_too_much_work_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is counted, so it ends at the same question on a slow machine as on a fast one."""
    made: list[Effort] = []

    def little(_: int) -> Effort:
        made.append(Effort(1))
        return made[-1]

    monkeypatch.setattr(policy_module.Effort, "on", little)
    for _ in range(2):
        with pytest.raises(DisclosureError, match="could not be proven") as refused:
            published_row([1, 8, 8])
    assert refused.value.exit_code == 15
    (fault,) = refused.value.faults
    assert "the search was ended" in fault.what
    assert "Show fewer levels or geographies together" in fault.mend
    first, second = (each.spent for each in made if each.spent)
    assert first == second > 1


def test_work_is_counted_over_all_tries_of_a_run() -> None:
    guard = Guard.of(DFE)
    guard.effort("CYP").spend(70, -1)
    again = guard.again(Remedy(unlimited=frozenset({"ACS"})))
    assert again.effort("CYP").spent == guard.effort("CYP").spent > 70
    assert again.effort("ACS") is not guard.effort("ACS")
