"""Do two geographies share their boundaries: by area, by postcodes, by clients.

Everything is formed from a matrix of weights W[a, b] with "(none)" as the last row and column:
what lies in area a of one geography and area b of the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely

from geodemand.core.disclosure import (
    BoolArray,
    Column,
    Facts,
    FloatArray,
    IntArray,
    Labels,
    People,
    Policy,
    Protected,
    Table,
    concatenate,
    known_figures,
    protect,
    ratio,
    rounded,
    rounded_share,
)
from geodemand.core.geography import HECTARE, NOWHERE, Geography
from geodemand.core.overlay import Pieces
from geodemand.core.weights import (
    Weights,
    added,
    at_most,
    by_area,
    cells_of,
    matrix,
    misplaced,
    partners,
    told,
)

AREA = "area"
DEFAULT_TOLERANCE = 0.01
DEFAULT_WIDTH_M = 20.0
# Verdicts are also said at these tolerances, so that a reader sees what hangs on the choice.
OTHER_TOLERANCES = (0.0, 0.05)


class Relation(StrEnum):
    """What is asked of a pair: the same boundaries, or that each A lies in one B.

    Of sites and areas: that each site lies inside the area that it serves.
    """

    SAME = "same"
    NESTS = "nests"
    INSIDE = "inside"


@dataclass(frozen=True)
class Pair:
    """Two geographies and the relation asked of them."""

    a: Geography
    b: Geography
    relation: Relation

    @property
    def drawn(self) -> bool:
        """Return whether both have polygons, so that one can be laid over the other."""
        return self.a.drawn and self.b.drawn

    @property
    def sizes(self) -> tuple[int, int]:
        """Return the number of areas of each."""
        return len(self.a), len(self.b)


@dataclass(frozen=True)
class Points:
    """Where postcodes and clients are in both geographies of a pair.

    ``x``, ``y``: metres. ``a``, ``b``: index of the area in each, -1 for none. ``weights``: facts
    by name (postcodes, residents), each an array over the points. ``people``: clients by list name.
    """

    x: FloatArray
    y: FloatArray
    a: IntArray
    b: IntArray
    weights: Mapping[str, FloatArray]
    people: Mapping[str, People]

    def held(
        self, row: IntArray, size: int, policy: Policy, order: IntArray | None = None
    ) -> dict[str, Column]:
        """Return columns of what each of ``size`` rows holds: facts, clients by list (protected).

        ``row``: for each point its row, -1 for none. ``order``: the rows to return; without it all.
        """
        kept = np.arange(size) if order is None else order
        facts = {name: summed(weight, row, size)[kept] for name, weight in self.weights.items()}
        return {
            **{name: Facts(figures) for name, figures in facts.items()},
            **{
                name: protect(people.by(row, size).picked(kept), policy)
                for name, people in self.people.items()
            },
        }


def summed(weight: FloatArray | IntArray, row: IntArray, size: int) -> FloatArray:
    """Return what each of ``size`` rows holds of a weight; row -1 is none."""
    here = row != NOWHERE
    return np.bincount(row[here], weights=weight[here], minlength=size).astype(float)


@dataclass(frozen=True)
class Limits:
    """What counts as a difference.

    ``tolerance``: share of the weight that may be misplaced. ``width_m``: a piece nowhere wider is
    a sliver.
    """

    tolerance: float = DEFAULT_TOLERANCE
    width_m: float = DEFAULT_WIDTH_M


def weigh(pair: Pair, pieces: Pieces, points: Points) -> dict[str, Weights]:
    """Return W by weight: area (hectares), facts of the points, and the clients of each list.

    Areas are not weighed where a geography has no polygons. All that is counted at points shares
    the same cells: the smallest parts of both geographies that any figure of a pair is about.
    """
    found: dict[str, Weights] = {}
    if pair.drawn:
        hectares = shapely.area(pieces.shapes) / HECTARE
        found[AREA] = matrix(pieces.a, pieces.b, hectares, pair.sizes)
    cells, place = cells_of(points.a, points.b, pair.sizes)
    counted: dict[str, FloatArray | People] = {**points.weights, **points.people}
    return found | {name: added(cells, place, weight) for name, weight in counted.items()}


def pairs(pair: Pair, weighed: Mapping[str, Weights], limits: Limits, policy: Policy) -> Table:
    """Return what lies off the partners, for each weight both ways, as protected figures.

    Fields as in the JSON ``pairs``. Verdicts are formed from the protected figures, a withheld
    count taken at its largest, so that they tell no more than the figures do.
    """
    blocks = []
    for name, weights in weighed.items():
        forth = _direction(weights, limits, policy)
        back = _direction(weights.turned, limits, policy)
        verdicts = [
            _verdict(pair, forth, back, tolerance, told(weights, policy))
            for tolerance in (limits.tolerance, *OTHER_TOLERANCES)
        ]
        for a, b, found in ((pair.a, pair.b, forth), (pair.b, pair.a, back)):
            blocks.append(
                Table(
                    "pairs",
                    {
                        "a": Labels((a.name,)),
                        "b": Labels((b.name,)),
                        "relation": Labels((pair.relation.value,)),
                        "weight": Labels((name,)),
                        "total": found.total,
                        "misplaced": found.misplaced,
                        "misplaced_share": found.share,
                        "nested_units": Facts(np.array([found.nested_units], dtype=float)),
                        "units": Facts(np.array([found.units], dtype=float)),
                        "verdict": Labels((verdicts[0],)),
                        "verdict_0": Labels((verdicts[1],)),
                        "verdict_5": Labels((verdicts[2],)),
                    },
                )
            )
    return concatenate("pairs", blocks, "What lies off each area's main partner")


@dataclass(frozen=True)
class _Direction:
    """One weight one way: what lies in the areas, what of it is off the partner, areas that nest.

    ``ceiling``: the largest count that a withheld figure may stand for.
    """

    total: Protected
    misplaced: Protected
    share: Protected
    nested_units: int
    units: int
    ceiling: int

    def within(self, tolerance: float) -> bool:
        """Say whether the misplaced share is within a tolerance, a withheld count at its most."""
        off = np.where(self.misplaced.withheld, self.ceiling, self.misplaced.values)
        whole = np.where(self.total.withheld, self.ceiling, self.total.values)
        return bool(off[0] <= tolerance * whole[0])


def _direction(weights: Weights, limits: Limits, policy: Policy) -> _Direction:
    if weights.counted:
        parts = by_area(weights)
        size = weights.sizes[0]
        both = [np.arange(size), np.arange(2 * size, 3 * size)]
        figures = protect(parts.shaped(3 * size).grouped(both), policy)
        share = rounded_share(ratio(figures[[1]], figures[[0]]), figures[[0]], policy)
    else:
        sums = [weights.rows()[:-1].sum(), misplaced(weights).sum()]
        figures = known_figures(np.array(sums), 2)
        share = rounded(ratio(figures[[1]], figures[[0]]), 6)
    used, whole = whole_areas(weights, limits.tolerance, policy)
    return _Direction(
        total=figures[[0]],
        misplaced=figures[[1]],
        share=share,
        nested_units=int(whole.sum()),
        units=int(used.sum()),
        ceiling=policy.threshold,
    )


def whole_areas(weights: Weights, tolerance: float, policy: Policy) -> tuple[BoolArray, BoolArray]:
    """Return which areas of A hold anything, and which of these lie within their partner.

    Judged by protected figures, a withheld count taken at its largest.
    """
    off, rows = misplaced(weights), weights.rows()[:-1]
    if weights.counted:
        rows, _, off = at_most(by_area(weights), policy)
    used = rows > 0
    return used, used & (off <= tolerance * rows)


def _verdict(
    pair: Pair, forth: _Direction, back: _Direction, tolerance: float, weights: Weights
) -> str:
    """Return what holds: the same boundaries, one in the other, or neither."""
    a_nests, b_nests = forth.within(tolerance), back.within(tolerance)
    if a_nests and b_nests and _one_to_one(weights):
        return "coterminous"
    if a_nests:
        return f"{pair.a.name} nests in {pair.b.name}"
    if b_nests:
        return f"{pair.b.name} nests in {pair.a.name}"
    return "neither"


def _one_to_one(weights: Weights) -> bool:
    """Return whether every area that holds anything is its partner's partner."""
    forth, back = partners(weights), partners(weights.turned)
    used = np.flatnonzero(forth != NOWHERE)
    mutual = bool((back[forth[used]] == used).all())
    return mutual and len(used) == int((back != NOWHERE).sum())
