"""Work is counted and not timed, and when it is spent nothing that was left open is safe."""

from __future__ import annotations

import pytest

from geodemand.core import effort
from geodemand.core.effort import MOST_STEPS, Effort, UnprovenError
from geodemand.errors import DisclosureError


def test_a_question_counts_by_its_steps_and_its_nodes() -> None:
    spent = Effort()
    spent.spend(7, 0)
    assert spent.spent == 57
    spent.spend(-1, -1)  # HiGHS says -1 where it took none
    assert spent.spent == 107
    spent.spend(3, 4)
    assert spent.spent == 107 + 50 + 3 + 80
    assert not spent.gone


def test_the_last_step_may_be_taken_and_no_more() -> None:
    little = Effort(120)
    little.spend(70, 0)
    assert not little.gone
    with pytest.raises(UnprovenError) as told:
        little.spend(0, 0)
    assert little.gone
    assert isinstance(told.value, DisclosureError)
    (fault,) = told.value.faults
    assert fault.where == ""
    assert fault.what == (
        "it could not be proven that no hidden count can be worked out: the search is long."
    )
    assert fault.mend == (
        "Publish fewer levels, areas or tables together, or take a policy that rounds."
    )


def test_a_list_of_many_pieces_may_take_more() -> None:
    assert Effort().most == Effort.on(0).most == Effort.on(5_000).most == MOST_STEPS == 1_000_000
    assert Effort.on(5_001).most == 200 * 5_001
    assert (Effort.on(10).spent, effort.MOST_NODES) == (0, 500)
