"""What protection has cost, as the statement says it: worked out by hand on small tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from geodemand.core import losses
from geodemand.core.losses import Kept, Loss, kept, loss
from geodemand.core.published import Published, TrueLoss
from geodemand.core.systems import Sums

INF = np.inf


def shown(ends: Sequence[tuple[float, float]], hidden: Sequence[int] = ()) -> Published:
    """Return figures, each over one place; the last over all, if there are several."""
    size = len(ends)
    sets = [[n] for n in range(size - 1)] + [list(range(max(size - 1, 1)))] if size else []
    low, high = np.array(ends, dtype=float).reshape(size, 2).T
    marks = np.isin(np.arange(size), hidden)
    places = np.arange(max(size - 1, 1))
    return Published("CYP", places, len(places), 1, Sums.of(sets), low, high, marks)


def test_hidden_counts_are_taken_at_the_middle_of_what_they_may_be() -> None:
    """c is 1 to 7, so 4 people; 10 is 8 to 12, so 10; 15 is 13 to 17: 25 of 29 people are kept."""
    found = loss(shown([(1, 7), (8, 12), (13, 17)], hidden=[0]))
    assert found == Loss("CYP", 3, 1, pytest.approx(2 / 3), pytest.approx(25 / 29), 1.2)


def test_a_hidden_count_without_a_limit_is_taken_for_eight_at_most() -> None:
    """1 to 8, so 4.5 people; of at least 20, 20."""
    found = loss(shown([(1, INF), (20, INF), (10, 10)], hidden=[0, 1]))
    assert found.people_kept == pytest.approx(10 / 34.5)
    assert (found.figures_kept, found.mean_error) == (pytest.approx(1 / 3), 0)


@pytest.mark.parametrize(
    ("ends", "error"),
    [
        ((9, 9), 0),
        ((8, 9), 1 / 2),  # read as 8.5
        ((8, 10), 2 / 3),  # read as 9: off by 1, 0, 1
        ((8, 11), 1),  # read as 9.5: off by 1.5, 0.5, 0.5, 1.5
        ((8, 12), 6 / 5),
    ],
)
def test_the_mean_error_is_that_of_whole_numbers(ends: tuple[int, int], error: float) -> None:
    values = np.arange(ends[0], ends[1] + 1)
    assert np.abs(values - values.mean()).mean() == pytest.approx(error)
    assert loss(shown([ends])).mean_error == pytest.approx(error)


def test_without_figures_nothing_is_lost() -> None:
    assert loss(shown([])) == Loss("CYP", 0, 0, 1.0, 1.0, 0.0)
    assert loss(shown([(0, 0)])) == Loss("CYP", 1, 0, 1.0, 1.0, 0.0)
    assert loss(shown([(1, 7)], hidden=[0])) == Loss("CYP", 1, 1, 0.0, 0.0, 0.0)


def test_the_true_loss_is_for_the_organisation() -> None:
    held = shown([(1, 7), (8, 12), (13, 17)], hidden=[0])
    true = Published(**{**vars(held), "true_loss": TrueLoss(0.9, 0.4)})
    assert (loss(true).people_kept, loss(true).mean_error) == (pytest.approx(25 / 29), 1.2)
    assert (loss(true, internal=True).people_kept, loss(true, internal=True).mean_error) == (
        0.9,
        0.4,
    )
    assert loss(held, internal=True) == loss(held)


def test_each_hidden_figure_is_told_with_the_values_it_keeps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """c and 20 (18 to 22) of 25 (23 to 27): c may be anything from 1; c and 8 of 11 is 3."""
    assert kept(shown([(1, 7), (18, 22), (23, 27)], hidden=[0])) == [Kept("CYP", 0, 1, 7)]
    assert kept(shown([(1, 7), (8, 8), (11, 11)], hidden=[0])) == [Kept("CYP", 0, 3, 3)]
    assert kept(shown([(8, 12)])) == []
    several = shown([(1, 7), (1, INF), (4, 5)], hidden=[0, 1])
    assert kept(several) == [Kept("CYP", 0, 1, 4), Kept("CYP", 1, 1, 4)]
    monkeypatch.setattr(losses, "MOST_ATTACKED", 1)
    assert kept(several) == [Kept("CYP", 0, 1, 4)]
