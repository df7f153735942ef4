"""How two or more geographies agree, area by area and pair by pair.

Everything is formed from protected figures; partners and verdicts take a withheld count at its
largest possible value, so they tell no more than the figures do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from geodemand.core.coterminosity import (
    AREA,
    Pair,
    Relation,
    whole_areas,
)
from geodemand.core.disclosure import (
    WITHHELD,
    BoolArray,
    Facts,
    IntArray,
    Labels,
    Policy,
    Protected,
    Table,
    Value,
    concatenate,
    known_figures,
    protect,
    ratio,
    rounded,
    rounded_share,
)
from geodemand.core.geography import NOWHERE, Geography
from geodemand.core.mismatches import NONE
from geodemand.core.tally import POSTCODES
from geodemand.core.weights import Weights, partners, split, told

# What pairs are counted by apart from the lists.
FACTS = {AREA, POSTCODES, "households", "residents"}
# The rest of an area is told in words: so many of the others by name.
NAMED = 3

Weighed = Mapping[str, Weights]


def units(pair: Pair, weighed: Weighed, policy: Policy) -> Table:
    """Return for each area of both geographies, by each weight, its partner and where the rest is.

    Columns: a, b, unit (code, of a), name, weight, partner (name), total, inside (the partner),
    share (inside / total), rest (total - inside), elsewhere (who else holds any, the most first).
    """
    blocks = []
    for own, other, flip in ((pair.a, pair.b, False), (pair.b, pair.a, True)):
        for name, weights in weighed.items():
            blocks.append(_block(own, other, name, weights.turned if flip else weights, policy))
    return concatenate("units", blocks, "Each area's partner, and where the rest is")


def _block(own: Geography, other: Geography, name: str, weights: Weights, policy: Policy) -> Table:
    known = told(weights, policy)
    partner = partners(known)
    if weights.counted:
        figures = protect(split(weights, partner), policy)
        share = rounded_share(ratio(figures[1], figures[0]), figures[0], policy)
    else:
        held = np.where(partner == NOWHERE, 0.0, weights.at(np.arange(len(own)), partner))
        whole = weights.rows()[:-1]
        figures = known_figures(np.round([whole, held, whole - held], 6), 2)
        share = rounded(ratio(figures[1], figures[0]), 6)
    names = (*other.names, NONE)
    return Table(
        "units",
        {
            "a": Labels((own.name,) * len(own)),
            "b": Labels((other.name,) * len(own)),
            "unit": Labels(own.codes),
            "name": Labels(own.names),
            "weight": Labels((name,) * len(own)),
            "partner": Labels(tuple(names[i] for i in partner)),
            "total": figures[0],
            "inside": figures[1],
            "share": share,
            "rest": figures[2],
            "elsewhere": Labels(_others(known, partner, names)),
        },
    )


def _others(known: Weights, partner: IntArray, names: Sequence[str]) -> tuple[str | None, ...]:
    """Return who but the partner holds any of each area: "West, (none) and 2 more"."""
    a, b, held = known.cells.a, known.cells.b, known.exact
    other = (held > 0) & (b != np.append(partner, NOWHERE)[a])
    a, b, held = a[other], b[other], held[other]
    order = np.lexsort((b, -held, a))
    edges = np.searchsorted(a[order], np.arange(len(partner) + 1))
    found: list[str | None] = []
    for first, end in pairwise(edges.tolist()):
        said = ", ".join(names[i] for i in b[order[first : min(end, first + NAMED)]])
        more = f" and {end - first - NAMED} more" if end - first > NAMED else ""
        found.append(said + more or None)
    return tuple(found)


# --- units that are whole under every system ---


@dataclass(frozen=True)
class Judged:
    """Whether each area of one geography lies within one of another, by all that decides."""

    own: Geography
    other: str
    whole: BoolArray


def judged(pair: Pair, weighed: Weighed, tolerance: float, policy: Policy) -> list[Judged]:
    """Judge the areas of A, and those of B too where the same boundaries are asked for."""
    deciding = [weights for name, weights in weighed.items() if decides(name, weighed)]
    found = [Judged(pair.a, pair.b.name, _whole(deciding, tolerance, policy))]
    if pair.relation is Relation.SAME:
        back = [weights.turned for weights in deciding]
        found.append(Judged(pair.b, pair.a.name, _whole(back, tolerance, policy)))
    return found


def decides(name: str, names: Iterable[str]) -> bool:
    """Return whether a weight decides a verdict: postcodes and the lists, else all there is."""
    return name not in FACTS - {POSTCODES} or not any(n not in FACTS - {POSTCODES} for n in names)


def _whole(deciding: Sequence[Weights], tolerance: float, policy: Policy) -> BoolArray:
    """Return which areas lie within their partner by every weight of which they hold any."""
    found = [whole_areas(weights, tolerance, policy) for weights in deciding]
    held: BoolArray = np.logical_and.reduce([~used | whole for used, whole in found])
    return held


def whole_units(found: Sequence[Judged]) -> Table:
    """Return which areas are whole under every system that their geography is compared with.

    Columns: geography, unit (code), name, systems, whole_in (how many of them), whole (yes or no),
    divided_by (the systems that divide it).
    """
    by_name: dict[str, list[Judged]] = {}
    for each in found:
        by_name.setdefault(each.own.name, []).append(each)
    blocks = []
    for name, own in by_name.items():
        geography = own[0].own
        whole = np.array([each.whole for each in own])
        divided = tuple(
            ", ".join(each.other for each in own if not each.whole[i]) or None
            for i in range(len(geography))
        )
        blocks.append(
            Table(
                "whole_units",
                {
                    "geography": Labels((name,) * len(geography)),
                    "unit": Labels(geography.codes),
                    "name": Labels(geography.names),
                    "systems": Facts(np.full(len(geography), float(len(own)))),
                    "whole_in": Facts(whole.sum(axis=0).astype(float)),
                    "whole": Labels(tuple("no" if words else "yes" for words in divided)),
                    "divided_by": Labels(divided),
                },
            )
        )
    return concatenate("whole_units", blocks, "Areas that are whole under every system")


# --- all pairs at a glance ---


def overview(pairs: Table, policy: Policy) -> Table:
    """Return one row for each pair: what was asked, whether it holds, and what was found.

    Columns: a, b, relation, holds (yes or no), found, found_0, found_5 (the closest relation that
    holds for postcodes and every list, at the tolerance and at 0 and 5 %), weight (by which most of
    a lies off its partners in b), share; weight_back, share_back (of b in a).
    """
    records = list(pairs.records())
    if not records:
        return Table("overview", {})
    asked = asked_pairs(records)
    forth = [_worst(records, a, b, policy) for a, b in asked]
    back = [_worst(records, b, a, policy) for a, b in asked]
    shares = pairs.columns["misplaced_share"]
    if not isinstance(shares, Protected):
        message = "the shares of pairs are protected figures"
        raise TypeError(message)
    found = {
        field: tuple(_found(records, pair, field.replace("found", "verdict")) for pair in asked)
        for field in ("found", "found_0", "found_5")
    }
    relations = [str(records[row]["relation"]) for row in forth]
    holds = tuple(
        "yes" if said in wanted(a, b, relation) else "no"
        for (a, b), relation, said in zip(asked, relations, found["found"], strict=True)
    )
    return Table(
        "overview",
        {
            "a": Labels(tuple(a for a, _ in asked)),
            "b": Labels(tuple(b for _, b in asked)),
            "relation": Labels(tuple(relations)),
            "holds": Labels(holds),
            **{field: Labels(words) for field, words in found.items()},
            "weight": Labels(tuple(str(records[row]["weight"]) for row in forth)),
            "share": shares[forth],
            "weight_back": Labels(tuple(str(records[row]["weight"]) for row in back)),
            "share_back": shares[back],
        },
        "All pairs: off the main partner by the list, or postcodes, of which most is",
    )


def asked_pairs(records: Iterable[Mapping[str, Value]]) -> list[tuple[str, str]]:
    """Return the pairs as they were asked for; each stands in the table both ways."""
    found: list[tuple[str, str]] = []
    for row in records:
        pair = (str(row["a"]), str(row["b"]))
        if pair not in found and pair[::-1] not in found:
            found.append(pair)
    return found


def wanted(a: str, b: str, relation: str) -> set[str]:
    """Return the findings that satisfy what is asked of a pair."""
    return {"coterminous"} | ({f"{a} nests in {b}"} if relation == Relation.NESTS else set())


def _found(records: Sequence[Mapping[str, Value]], pair: tuple[str, str], field: str) -> str:
    """Return the closest relation that holds by every weight that decides."""
    a, b = pair
    own = [row for row in records if (row["a"], row["b"]) == pair]
    names = [str(row["weight"]) for row in own]
    said = {str(row[field]) for row in own if decides(str(row["weight"]), names)}
    for closest in ("coterminous", f"{a} nests in {b}", f"{b} nests in {a}"):
        if said <= {"coterminous", closest}:
            return closest
    return "neither"


def _worst(records: Sequence[Mapping[str, Value]], a: str, b: str, policy: Policy) -> int:
    """Return the row of the weight by which most of A may lie off its partners in B."""
    own = [i for i, row in enumerate(records) if (row["a"], row["b"]) == (a, b)]
    names = [str(records[i]["weight"]) for i in own]
    deciding = [i for i in own if decides(str(records[i]["weight"]), names)]
    return max(deciding, key=lambda i: _largest_share(records[i], policy))


def _largest_share(row: Mapping[str, Value], policy: Policy) -> float:
    """Return the largest share that a protected row may stand for, -1 where nothing is counted."""
    off, total = _most(row["misplaced"], policy), _most(row["total"], policy)
    return off / total if total else -1.0


def _most(value: Value, policy: Policy) -> float:
    if value == WITHHELD:
        return float(policy.threshold)
    return float(value) if isinstance(value, int | float) else 0.0
