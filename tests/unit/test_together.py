"""Lists together: sums of published counts, and the postcodes where lists meet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from geodemand.core import areas, together
from geodemand.core.areas import Rate
from geodemand.core.disclosure import Exact, Policy, Table, release
from geodemand.core.geography import Geography
from geodemand.core.tally import Clients, Places
from geodemand.core.together import Together
from geodemand.core.whole import whole_areas
from geodemand.errors import UsageError
from geodemand.maps.layers.subjects import whole_of

BOTH = Together(("X", "Y"))
RATE = Rate("postcodes", 100)
# Postcodes 0-9 are in A, 10-19 in B, 20-24 (too few for a figure) in C.
AREA = np.repeat([0, 1, 2], [10, 10, 5])
GEOGRAPHY = Geography(
    "g", ("A", "B", "C"), ("Ash", "Birch", "Cedar"), shapely.box([0, 1, 2], 0, [1, 2, 3], 1)
)


def places() -> Places:
    size = len(AREA)
    return Places(
        x=np.arange(size, dtype=float),
        y=np.zeros(size),
        base=np.ones(size, dtype=bool),
        weights={"postcodes": np.ones(size)},
        segment=np.full(size, -1),
        areas={"g": AREA},
        postcode=np.arange(size),
    )


def clients(name: str, counts: list[int]) -> Clients:
    held = np.flatnonzero(counts)
    return Clients(name, held, Exact(np.array(counts)[held]))


LISTS = [
    clients("X", [2] * 10 + [1] * 3 + [0] * 7 + [4] * 5),
    clients("Y", [1] * 9 + [0] + [5] * 10 + [4] * 5),
]


def rows(table: Table) -> dict[str, dict[str, object]]:
    return {str(record["code"]): record for record in table.records()}


def combined(policy: Policy) -> dict[str, dict[str, object]]:
    own = areas.by_area(LISTS, places(), [GEOGRAPHY], RATE, policy)
    return rows(together.added_up(own, LISTS, places(), [BOTH], RATE, policy))


def test_sums_are_of_the_published_counts(public: Policy) -> None:
    found = combined(public)
    # 20 and 9 clients are published as 20 and 10; of 43 and 79 clients in all, 45 and 80.
    assert found["A"]["clients"] == 30
    assert found["A"]["share"] == round(30 / 125, 2)
    assert found["A"]["rate"] == 300
    assert found["A"]["list"] == "X + Y"


def test_a_sum_is_withheld_where_one_of_its_parts_is(public: Policy) -> None:
    found = combined(public)
    withheld = {found["B"][name] for name in ("clients", "rate", "share", "index", "index_low")}
    assert withheld == {"c"}
    assert found["C"]["clients"] == "c", "five addresses are too few for a figure"


def test_exact_sums_inside_the_organisation(internal: Policy) -> None:
    found = combined(internal)
    assert [found[code]["clients"] for code in "ABC"] == [29, 53, 40]


def test_postcodes_where_lists_meet(internal: Policy, public: Policy) -> None:
    table = together.meeting(LISTS, places(), [GEOGRAPHY], [BOTH], internal)["areas_meeting"]
    exact = rows(table)
    assert [exact[code]["meet_all"] for code in "ABC"] == [9, 3, 5]
    assert [exact[code]["meet_any"] for code in "ABC"] == [10, 10, 5]
    assert exact["A"]["meet_all_share"] == 0.9
    low, high = exact["A"]["meet_all_low"], exact["A"]["meet_all_high"]
    assert isinstance(low, float)
    assert isinstance(high, float)
    assert low < 0.9 < high
    met = together.meeting(LISTS, places(), [GEOGRAPHY], [BOTH], public)
    shown = rows(met["areas_meeting"])
    assert [shown[code]["meet_all"] for code in "ABC"] == [10, "c", "c"]
    assert [shown[code]["meet_all_share"] for code in "ABC"] == [1, "c", "c"]
    assert shown["C"]["meet_any"] == "c"


def test_the_whole_that_lists_together_are_compared_with(public: Policy) -> None:
    whole = whole_areas(LISTS, places(), [GEOGRAPHY], RATE, public)
    met = together.meeting(LISTS, places(), [GEOGRAPHY], [BOTH], public)["whole_meeting"]
    tables = {
        "whole": whole,
        "whole_together": together.whole_added_up(whole, [BOTH], RATE),
        "whole_meeting": met,
    }
    own, added = whole_of(release(public, tables), "g", ["X", "X + Y"])
    # 43 and 79 clients are published as 45 and 80, at 25 postcodes; they meet at 17 of these.
    assert own == {"clients": 45, "rate": 180}
    assert added == {
        "clients": 125,
        "rate": 500,
        "meet_all": 15,
        "meet_all_share": 0.6,
        "meet_any_share": 1,
    }


def test_a_whole_of_few_is_withheld(public: Policy) -> None:
    few = [clients("X", [1] * 4 + [0] * 21), LISTS[1]]
    whole = whole_areas(few, places(), [GEOGRAPHY], RATE, public)
    (added,) = together.whole_added_up(whole, [BOTH], RATE).records()
    met = together.meeting(few, places(), [GEOGRAPHY], [BOTH], public)
    (held,) = met["whole_meeting"].records()
    assert (added["clients"], added["rate"]) == ("c", "c")
    assert (held["meet_all"], held["meet_all_share"], held["meet_any"]) == ("c", "c", 25)


def test_an_area_has_a_value_only_with_enough_clients_and_addresses(public: Policy) -> None:
    policy = replace(public, threshold=0, base=1)
    for least_clients, least_addresses, expected in (
        (8, 8, [20, "c", "c"]),
        (1, 8, [20, 3, "c"]),
        (8, 1, [20, "c", 20]),
        (1, 1, [20, 3, 20]),
    ):
        own = replace(policy, area_clients=least_clients, area_addresses=least_addresses)
        found = rows(areas.by_area(LISTS[:1], places(), [GEOGRAPHY], RATE, own))
        assert [found[code]["clients"] for code in "ABC"] == expected


def test_combinations_are_named_by_their_lists() -> None:
    found = together.named(["X+Y", "Y + X", " X + Y "], ["X", "Y"])
    assert [each.name for each in found] == ["X + Y", "Y + X"]


@pytest.mark.parametrize("text", ["X", "X+X", "X+Z", ""])
def test_what_is_no_combination_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        together.named([text], ["X", "Y"])
