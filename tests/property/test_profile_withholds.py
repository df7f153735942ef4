"""Whatever the counts are: what is formed from a withheld count is withheld, in every table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geodemand.core import (
    blocks,
    by_place,
    concentration,
    derive,
    differences,
    meeting,
    profile,
    quadrants,
)
from geodemand.core.disclosure import Exact, Policy, Protected, Table, audit, release
from geodemand.core.geography import from_codes
from geodemand.core.tally import POSTCODES, Clients, Places
from geodemand.io import definitions, schemes

ACORN = schemes.scheme("acorn-2009")
PUBLIC = definitions.policy("public")
CODES = ACORN.codes("type")
TYPES = [CODES.index(code) for code in ("44", "46", "1", "30")]
PER_TYPE = 12
SIZE = len(TYPES) * PER_TYPE
GEOGRAPHY, AREA = from_codes("areas", [f"A{i % 3}" for i in range(SIZE)])
PLACES = Places(
    x=np.zeros(SIZE),
    y=np.zeros(SIZE),
    base=np.ones(SIZE, dtype=bool),
    weights={POSTCODES: np.ones(SIZE), "households": np.arange(SIZE) % 7 + 1.0},
    segment=np.repeat(TYPES, PER_TYPE),
    areas={"areas": AREA},
    postcode=np.arange(SIZE),
)
POLICIES = st.builds(
    lambda threshold, base: replace(PUBLIC, threshold=threshold, base=base),
    st.integers(1, 12),
    st.integers(1, 10),
)
COUNTS = st.lists(st.integers(0, 30), min_size=SIZE, max_size=SIZE)


def listed(name: str, counts: list[int]) -> Clients:
    held = np.flatnonzero(counts)
    return Clients(name, held, Exact(np.array(counts, dtype=np.int64)[held]))


def every_table(first: Clients, second: Clients, policy: Policy) -> dict[str, Table]:
    lists = [first, second]
    asked = profile.groups(ACORN, "type", ["category", "type"], [])
    table = profile.profile(lists, PLACES, asked, policy, [POSTCODES, "list:B"])
    rows = [each for each in blocks.blocks(table) if each.base == POSTCODES]
    own = [[each for each in rows if each.list_name == name] for name in ("A", "B")]
    scopes = [by_place.Scope(), by_place.Scope("44", np.array(TYPES[:1]))]
    within = meeting.scopes(PLACES, [], [])
    alike = meeting.strata(PLACES, PLACES.segment)
    derived = derive.derive("X", own[0], policy)
    return {
        "profile": table,
        "whole": concentration.whole(rows, policy),
        "points": concentration.points(rows, (0.1,), policy),
        "quadrants": quadrants.quadrants(rows, policy),
        "differences": differences.differences(*own, policy),
        "derived": derived.table,
        "derived_about": derived.about,
        "by_place": by_place.by_place(
            lists, PLACES, [GEOGRAPHY], [POSTCODES, "list:B"], scopes, policy
        ),
        "combinations": meeting.combinations(lists, PLACES, within, alike, policy),
    }


# Columns of people that follow from another column of the row.
FOLLOW = {
    "profile": ("clients", ("share", "index", "index_low", "penetration", "p", "q", "residual")),
    "quadrants": ("share", ("index", "index_low", "index_high", "share_low", "share_high")),
    "differences": ("difference", ("low", "high", "p", "q")),
    "derived": ("clients", ("expected", "index", "p", "q", "lower_5", "rank")),
    "by_place": ("clients", ("share", "rate", "rate_low", "index", "index_high", "p", "q")),
    "combinations": ("observed", ("ratio", "p", "ratio_stratified", "p_stratified")),
}


@settings(max_examples=20)
@given(COUNTS, COUNTS, POLICIES)
def test_what_follows_from_a_withheld_count_is_withheld(
    first: list[int], second: list[int], policy: Policy
) -> None:
    tables = every_table(listed("A", first), listed("B", second), policy)
    for name, (count, followers) in FOLLOW.items():
        columns: dict[str, Any] = dict(tables[name].columns)
        hidden = columns[count].withheld
        rows = np.ones(len(hidden), dtype=bool)
        if name == "profile":
            rows = np.array([level != "all" for level in tables[name].cells("level")])
        for follower in followers:
            assert columns[follower].withheld[hidden & rows].all(), (name, follower)
    sealed = release(policy, tables)
    for table in sealed.tables.values():
        assert audit(table, policy) == []
        for column in table.columns.values():
            if isinstance(column, Protected):
                assert np.isnan(column.values[column.withheld]).all()


@settings(max_examples=20)
@given(COUNTS, POLICIES)
def test_every_count_is_one_that_the_policy_lets_out(counts: list[int], policy: Policy) -> None:
    tables = every_table(listed("A", counts), listed("B", counts[::-1]), policy)
    for name in ("profile", "derived", "by_place", "combinations"):
        for column in {"clients", "total", "observed"} & tables[name].columns.keys():
            for value in tables[name].cells(column):
                assert value == "c" or value % policy.base == 0  # type: ignore[operator]
