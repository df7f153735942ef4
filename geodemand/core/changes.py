"""What changes on a day when a geography passes from one edition to the next."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from geodemand.core.coterminosity import Points
from geodemand.core.disclosure import Column, IntArray, Labels, Policy, Table
from geodemand.core.geography import NOWHERE, Geography, locate
from geodemand.core.mismatches import NONE


def changes(before: Geography, after: Geography, day: str, points: Points, policy: Policy) -> Table:
    """Return what goes from which area to which on a day, areas told apart by their codes.

    Columns: geography, day, unit_a, name_a (before), unit_b, name_b (from that day on), change in
    words, facts, clients by list (protected). Areas that begin or end without a postcode stand with
    nothing counted.
    """
    codes = sorted({*before.codes, *after.codes})
    number = {code: place for place, code in enumerate(codes)}
    size = len(codes) + 1
    old, new = (_numbered(each, points, number) % size for each in (before, after))
    moved = np.flatnonzero(old != new)
    row = np.full(len(old), NOWHERE)
    cells, row[moved] = np.unique(old[moved] * size + new[moved], return_inverse=True)
    pairs = [divmod(int(cell), size) for cell in cells]
    pairs += _unseen(before, after, pairs, number)

    units = (*codes, NONE)
    names = [dict(zip(each.codes, each.names, strict=True)) for each in (before, after)]
    columns: dict[str, Column] = {
        "geography": Labels((after.name,) * len(pairs)),
        "day": Labels((day,) * len(pairs)),
        "unit_a": Labels(tuple(units[a] for a, _ in pairs)),
        "name_a": Labels(tuple(names[0].get(units[a], NONE) for a, _ in pairs)),
        "unit_b": Labels(tuple(units[b] for _, b in pairs)),
        "name_b": Labels(tuple(names[1].get(units[b], NONE) for _, b in pairs)),
        "change": Labels(tuple(_words(units[a], units[b], before, after) for a, b in pairs)),
    }
    columns |= points.held(row, len(pairs), policy)
    return Table("changes", columns, "What changes when")


def _numbered(geography: Geography, points: Points, number: Mapping[str, int]) -> IntArray:
    """Return for each point the number of its area's code, -1 where it is in none."""
    place = np.array([*(number[code] for code in geography.codes), NOWHERE])
    return place[locate(geography, points.x, points.y)]


def _unseen(
    before: Geography,
    after: Geography,
    pairs: list[tuple[int, int]],
    number: Mapping[str, int],
) -> list[tuple[int, int]]:
    """Return the areas that begin or end with nothing in them."""
    seen, none = {place for pair in pairs for place in pair}, len(number)
    unseen = [code for code in {*before.codes} ^ {*after.codes} if number[code] not in seen]
    return [
        (number[code], none) if code in before.codes else (none, number[code])
        for code in sorted(unseen)
    ]


def _words(a: str, b: str, before: Geography, after: Geography) -> str:
    """Say what becomes of the two areas: which ends, which begins, or that a border moves."""
    said = []
    if a != NONE and a not in after.codes:
        said.append("the old area ends")
    if b != NONE and b not in before.codes:
        said.append("the new area begins")
    return ", ".join(said) or "a border moves"
