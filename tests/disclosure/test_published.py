"""Two releases laid over each other."""

from __future__ import annotations

import numpy as np
import pytest

from geodemand.core.attack import attack
from geodemand.core.published import Published, together
from geodemand.core.systems import Sums


def of_two_areas(areas: list[int], low: list[int]) -> Published:
    """Return exact counts of two areas; -1: a place outside both."""
    ends = np.array(low, dtype=float)
    sums = Sums.of([[0], [1]])
    return Published("CYP", np.array(areas), 2, 1, sums, ends, ends, np.zeros(2, dtype=bool))


def test_two_boundaries_give_away_what_lies_between_them() -> None:
    hubs, localities = of_two_areas([0, 0, 1, 1], [20, 30]), of_two_areas([0, 1, 1, 1], [17, 33])
    both = together([hubs, localities])
    assert both.classes == 3
    known = np.bincount(both.place_class, weights=[17, 3, 20, 10]).astype(np.int64)
    between = Sums.of([[int(both.place_class[1])]])
    found = attack(both.system, between, known)
    assert (found.low[0], found.high[0]) == (3, 3)


def test_what_one_release_leaves_out_is_a_piece_of_its_own() -> None:
    both = together([of_two_areas([0, 0, 1, -1], [5, 6]), of_two_areas([0, 1, 1, 1], [4, 9])])
    members = [each.tolist() for each in both.sums.members]
    first, second, third, outside = both.place_class.tolist()
    assert sorted(members[0]) == sorted({first, second})
    assert members[1] == [third]
    assert sorted(members[3]) == sorted({second, third, outside})


def test_other_places_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be laid over"):
        together([of_two_areas([0, 1], [5, 6]), of_two_areas([0, 1, 1], [4, 9])])
