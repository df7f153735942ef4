"""Large cases are mended part by part, and in the whole where no part will do."""

# ruff: noqa: SLF001 - what the parts hand on is held to its rule
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from geodemand.core import audit, book, mend, parts
from geodemand.core.book import Case, Entry
from geodemand.core.effort import Effort, UnprovenError
from geodemand.core.mend import Option
from geodemand.core.parts import Parts
from geodemand.core.policy import rounded_to, stands_for
from geodemand.core.systems import IntArray, Sums
from geodemand.core.zones import Ground, Zones
from geodemand.io import definitions

PUBLIC = definitions.policy("public")
ROWS, ROW = 8, 3
PIECES = np.arange(ROWS * ROW)


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LARGE", 2 * ROW)
    monkeypatch.setattr(parts, "_BESIDE", ROW + 1)


def published(counts: Sequence[int]) -> Case:
    """Return rows of pieces, each with its total, and the total of all, under ``public``."""
    sets: list[IntArray] = [*PIECES[:, None], *PIECES.reshape(ROWS, ROW), PIECES]
    ground = Ground("CYP", PIECES, np.array(counts, dtype=np.int64))
    zones = Zones.by(PIECES, len(PIECES)).grouped(sets)
    value = zones.count(ground)
    hidden = (value > 0) & (value <= PUBLIC.threshold)
    low, high = stands_for(rounded_to(value, PUBLIC.base, PUBLIC.base), PUBLIC.base, PUBLIC)
    low, high = np.where(hidden, 1.0, low), np.where(hidden, PUBLIC.threshold, high)
    return book.case(ground, [Entry(zones, low, high, hidden)])


@pytest.fixture
def leaking() -> tuple[Case, Sums]:
    """Return rows of 1, 8 and 8, each of which gives its 1 away."""
    case = published([1, 8, 8] * ROWS)
    found = audit.leaks(case, PUBLIC.threshold)
    assert found.size >= ROWS
    return case, found


def told(options: Sequence[Option]) -> list[tuple[int, int]]:
    return sorted((each.figure, each.base) for each in options)


def test_each_row_is_mended_by_what_it_holds_itself(leaking: tuple[Case, Sums]) -> None:
    case, found = leaking
    chosen = mend._part_by_part(case, found, PUBLIC, None)
    assert max(int(case.value[each.figure]) for each in chosen) <= 17
    assert not audit.leaks(mend._with(case, chosen), PUBLIC.threshold).size


@pytest.mark.parametrize("why", ["part is most of all", "part cannot mend"])
def test_what_no_part_mends_is_mended_in_the_whole(
    leaking: tuple[Case, Sums], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, found = leaking
    in_turn = [target for each in Parts(case.system, case.known).together(found) for target in each]
    one_by_one, asked = mend._one_by_one, []

    def only_the_whole(case: Case, *rest: object) -> list[Option]:
        asked.append(case.system.pieces)
        if case.system.pieces < len(PIECES):
            raise mend.NotMendedError
        return one_by_one(case, *rest)  # type: ignore[arg-type]

    whole = one_by_one(case, Sums.of(in_turn), mend._options(case, PUBLIC))
    if why == "part is most of all":
        monkeypatch.setattr(parts, "_BESIDE", len(PIECES))
    monkeypatch.setattr(mend, "_one_by_one", only_the_whole)
    assert told(mend._part_by_part(case, found, PUBLIC, None)) == told(whole)
    assert asked[-1] == len(PIECES)
    assert len(asked) == (1 if why == "part is most of all" else ROWS + 1)


def test_some_rows_are_mended_in_parts_and_others_in_the_whole(
    leaking: tuple[Case, Sums], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither forgets what the other changed, and the whole knows what the parts did."""
    case, found = leaking
    around, one_by_one = Parts.around, mend._one_by_one
    seen: list[bool] = []
    given: list[tuple[Case, int]] = []

    def every_second(self: Parts, *asked: object, **how: bool) -> parts.Part | None:
        seen.append(len(seen) % 2 == 0)
        return around(self, *asked, **how) if seen[-1] else None  # type: ignore[arg-type]

    def spied(asked: Case, *rest: object) -> list[Option]:
        found = one_by_one(asked, *rest)  # type: ignore[arg-type]
        given.append((asked, len(found)))
        return found

    monkeypatch.setattr(Parts, "around", every_second)
    monkeypatch.setattr(mend, "_one_by_one", spied)
    chosen = mend._part_by_part(case, found, PUBLIC, None)
    monkeypatch.undo()
    assert len(seen) == ROWS
    *in_parts, (last, _) = given
    assert len(in_parts) == ROWS / 2
    assert all(each.system.pieces < len(PIECES) for each, _ in in_parts)
    assert last.system.pieces == len(PIECES)
    changed = (last.system.high != case.system.high) | (last.system.low != case.system.low)
    assert changed.sum() == sum(count for _, count in in_parts) >= ROWS / 2
    assert set(np.flatnonzero(changed)) <= {each.figure for each in chosen}
    assert not audit.leaks(mend._with(case, chosen), PUBLIC.threshold).size


def test_a_part_is_a_case_of_its_own(leaking: tuple[Case, Sums]) -> None:
    case, _ = leaking
    let_out = int(np.flatnonzero(case.value == 17)[0])
    case = replace(case, fixed=np.arange(len(case.value)) == let_out)
    target = case.system.sums.members[let_out][:1]
    part = Parts(case.system, case.known).around(case.system, target, wide=True)
    assert part is not None
    assert len(part.pieces) > ROW
    within = mend._within(case, part)
    assert within.names.tolist() == case.names[part.figures].tolist()
    assert within.value.tolist() == [
        int(case.known[members][np.isin(members, part.pieces)].sum())
        for members in (case.system.sums.members[n] for n in part.figures.tolist())
    ]
    assert within.known.tolist() == case.known[part.pieces].tolist()
    assert within.hidden.tolist() == case.hidden[part.figures].tolist()
    held = part.figures[within.fixed].tolist()
    assert sorted(held) == sorted([let_out, int(np.argmax(case.value))])


@pytest.mark.parametrize("beside", [ROW + 1, len(PIECES)])
def test_the_work_of_parts_and_of_the_whole_is_counted_and_bounded(
    leaking: tuple[Case, Sums], beside: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_BESIDE", beside)
    case, found = leaking
    spent = Effort()
    assert mend._part_by_part(case, found, PUBLIC, spent)
    assert spent.spent > 0
    with pytest.raises(UnprovenError):
        mend._part_by_part(case, found, PUBLIC, Effort(1))
    monkeypatch.setattr(mend, "MOST_TOGETHER", 4)
    with pytest.raises(UnprovenError):
        mend._chosen(case, found, PUBLIC, Effort(1))
