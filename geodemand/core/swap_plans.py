"""From geographies and points to blocks that can be swapped, and from a plan to tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from geodemand.core.coterminosity import Pair, Points, Relation, summed
from geodemand.core.disclosure import (
    Column,
    Facts,
    FloatArray,
    IntArray,
    Labels,
    Policy,
    Table,
    protect,
)
from geodemand.core.geography import NOWHERE, Geography, Shapes, locate
from geodemand.core.swaps import Blocks, Plan, plan
from geodemand.core.tally import POSTCODES
from geodemand.core.weights import at_most, matrix, misplaced

# Blocks border each other where they run along each other for so far, at most so far apart, metres.
SHARED_M = 10.0
APART_M = 1.0


@dataclass(frozen=True)
class Swapped:
    """A pair, the blocks between them, and the plan that was found."""

    pair: Pair
    blocks: Geography
    points: Points
    block: IntArray
    parts: Blocks
    plan: Plan

    @property
    def moved(self) -> IntArray:
        """Return the blocks that the plan moves."""
        return np.flatnonzero(self.plan.a != self.parts.a)


def swapped(
    pair: Pair, blocks: Geography, points: Points, block: IntArray, policy: Policy
) -> Swapped:
    """Find the shortest list of blocks to swap so that the relation of a pair holds.

    ``block``: for each point the block that it is in, -1 for none. What clients decide, protected
    counts do.
    """
    inside = shapely.point_on_surface(blocks.shapes)
    x, y = shapely.get_x(inside), shapely.get_y(inside)
    a, b = (
        _most(block, area, points.weights[POSTCODES], len(blocks), len(geography))
        for area, geography in ((points.a, pair.a), (points.b, pair.b))
    )
    a = np.where(a == NOWHERE, locate(pair.a, x, y), a)
    b = np.where(b == NOWHERE, locate(pair.b, x, y), b)
    cost = np.zeros(len(blocks))
    for people in points.people.values():
        cost += at_most(people.by(block, len(blocks)), policy)
    if not points.people:
        cost += summed(points.weights[POSTCODES], block, len(blocks))
    parts = Blocks(a, b, pair.sizes, cost, _beside(blocks.shapes, a, b))
    return Swapped(pair, blocks, points, block, parts, plan(parts, pair.relation))


def _most(block: IntArray, area: IntArray, weight: FloatArray, blocks: int, areas: int) -> IntArray:
    """Return for each block the area that holds most of its postcodes, -1 where it has none."""
    held = matrix(block, area, weight, (blocks, areas))
    cells, weights = held.cells, held.exact
    order = np.lexsort((cells.b, -weights, cells.a))
    order = order[weights[order] > 0]
    known, first = np.unique(cells.a[order], return_index=True)
    best = np.full(blocks + 1, areas)
    best[known] = cells.b[order[first]]
    return np.where(best < areas, best, NOWHERE)[:-1]


def _beside(shapes: Shapes, a: IntArray, b: IntArray) -> tuple[frozenset[int], ...]:
    """Return for each block those that it borders; a corner is no border.

    What is in pieces today, all blocks or those of one area, hangs together by its nearest blocks:
    an island belongs to the shore that is nearest.
    """
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="dwithin", distance=APART_M)
    once = left < right
    left, right = left[once], right[once]
    along = shapely.intersection(
        shapely.boundary(shapes[left]), shapely.buffer(shapes[right], APART_M)
    )
    joined = shapely.length(along) > SHARED_M
    beside: list[set[int]] = [set() for _ in shapes]
    for i, j in zip(left[joined].tolist(), right[joined].tolist(), strict=True):
        beside[i].add(j)
        beside[j].add(i)
    groups = [np.flatnonzero(of == area) for of in (a, b) for area in np.unique(of[of >= 0])]
    for group in (*groups, np.arange(len(shapes))):
        _join(beside, shapes, group)
    return tuple(frozenset(each) for each in beside)


def _join(beside: list[set[int]], shapes: Shapes, group: IntArray) -> None:
    """Join the parts of a group of blocks by the nearest two blocks of each."""
    left = set(group.tolist())
    main: list[int] = []
    while left:
        part, edge = [], [min(left)]
        left.discard(edge[0])
        while edge:
            part.append(edge.pop())
            near = beside[part[-1]] & left
            left -= near
            edge += near
        if main:
            to, apart = shapely.STRtree(shapes[main]).query_nearest(
                shapes[part], all_matches=False, return_distance=True
            )
            nearest = int(apart.argmin())
            i, j = part[int(to[0][nearest])], main[int(to[1][nearest])]
            beside[i].add(j)
            beside[j].add(i)
        main += part


def swap_table(found: Swapped, policy: Policy) -> Table:
    """Return the blocks to swap, those with most clients first.

    Columns: a, b, blocks (their geography), block (code), name, from, to (areas of a), within (the
    area of b), facts, clients by list (protected).
    """
    moved = found.moved
    order = moved[np.lexsort((moved, -found.parts.cost[moved]))]
    names, others = found.pair.a.names, found.pair.b.names
    size = len(found.blocks)
    columns: dict[str, Column] = {
        "a": Labels((found.pair.a.name,) * len(order)),
        "b": Labels((found.pair.b.name,) * len(order)),
        "blocks": Labels((found.blocks.name,) * len(order)),
        "block": Labels(tuple(found.blocks.codes[i] for i in order)),
        "name": Labels(tuple(found.blocks.names[i] for i in order)),
        "from": Labels(tuple(names[i] for i in found.parts.a[order])),
        "to": Labels(tuple(names[i] for i in found.plan.a[order])),
        "within": Labels(tuple(others[i] for i in found.parts.b[order])),
    }
    columns |= found.points.held(found.block, size, policy, order)
    return Table("swaps", columns, "Blocks to swap, those with most clients first")


def plan_table(found: Swapped, policy: Policy) -> Table:
    """Return one row for the plan of a pair: how long the list is, and how sure.

    Columns: a, b, relation, blocks, all_blocks, swapped, gap (by how much at most a shorter list
    could be shorter, as a share), outcome (words), off_before, off_after (postcodes off the
    partner; what is left is in blocks that B itself divides), clients moved by list (protected).
    """
    moved, size = found.moved, len(found.blocks)
    after = np.append(found.plan.a, NOWHERE)[found.block]
    off = [_off(found, found.points.a), _off(found, np.where(after >= 0, after, found.points.a))]
    figures = {
        "all_blocks": float(size),
        "swapped": float("nan") if found.plan.why else float(len(moved)),
    }
    columns: dict[str, Column] = {
        "a": Labels((found.pair.a.name,)),
        "b": Labels((found.pair.b.name,)),
        "relation": Labels((found.pair.relation.value,)),
        "blocks": Labels((found.blocks.name,)),
        **{name: Facts(np.array([value])) for name, value in figures.items()},
        "gap": Facts(np.array([found.plan.gap]), 4),
        "outcome": Labels((_outcome(found),)),
        "off_before": Facts(np.array([off[0]])),
        "off_after": Facts(np.array([float("nan") if found.plan.why else off[1]])),
    }
    for name, people in found.points.people.items():
        columns[name] = protect(people.by(found.block, size).grouped([moved]), policy)
    return Table("swap_plans", columns, "The shortest lists of blocks to swap")


def _off(found: Swapped, a: IntArray) -> float:
    weight = found.points.weights[POSTCODES]
    held = matrix(a, found.points.b, weight, found.pair.sizes)
    both = found.pair.relation is Relation.SAME
    back = misplaced(held.turned).sum() if both else 0.0
    return float(max(misplaced(held).sum(), back))


def _outcome(found: Swapped) -> str:
    if found.plan.why:
        return f"cannot be done by whole blocks: {found.plan.why}"
    gap = found.plan.gap
    said = ["proven shortest" if gap == 0 else f"not proven shortest: gap {gap:.1%}"]
    if not found.plan.connected:
        said.append("but not every area hangs together")
    outside = int(((found.parts.a != NOWHERE) & (found.parts.b == NOWHERE)).sum())
    if outside:
        said.append(f"{outside:,} blocks lie in no area of {found.pair.b.name} and stay")
    bare = np.setdiff1d(np.arange(len(found.pair.a)), found.parts.a)
    if len(bare):
        names = ", ".join(found.pair.a.names[i] for i in bare)
        said.append(f"areas without a block of their own are left out: {names}")
    return "; ".join(said)


def new_boundaries(found: Swapped) -> Geography:
    """Return the areas of A as the plan would make them, of whole blocks."""
    a = found.pair.a
    held = [np.flatnonzero(found.plan.a == area) for area in range(len(a))]
    kept = [area for area, blocks in enumerate(held) if len(blocks)]
    shapes = [shapely.normalize(shapely.union_all(found.blocks.shapes[held[i]])) for i in kept]
    return Geography(
        f"{a.name}-{found.pair.relation}-{found.pair.b.name}",
        tuple(a.codes[i] for i in kept),
        tuple(a.names[i] for i in kept),
        np.array(shapes, dtype=object),
    )
