"""What changes hands when one geography replaces another: team by team, before and after.

The first geography of a pair is the old one, the second the new. An old area goes on as the new
area that is its partner one to one; what lies in another new area moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely

from geodemand.core.coterminosity import Limits, Pair, Points
from geodemand.core.disclosure import (
    BoolArray,
    Column,
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
)
from geodemand.core.geography import NOWHERE, points_at
from geodemand.core.mismatches import NONE, holders
from geodemand.core.overlay import Pieces, widths
from geodemand.core.single_rows import RowAt
from geodemand.core.weights import Weights

# A postcode's point stands for addresses some tens of metres around it.
DEFAULT_EDGE_M = 50.0


class Change(StrEnum):
    """What becomes of a postcode, or why that is not certain."""

    STAYS = "stays"
    MOVES = "moves"
    SLIVER = "held out: in a sliver of drawing"
    BORDER = "held out: near the line between what stays and what moves"


CHANGES = tuple(Change)
STAYS, MOVES, SLIVER, BORDER = range(len(CHANGES))


@dataclass(frozen=True)
class Reallocation:
    """Two geographies, old and new, and what becomes of every point.

    ``partner``: for each old area its one-to-one partner among the new, -1 for none. ``change``:
    for each point a position in CHANGES, -1 for those in neither geography.
    """

    pair: Pair
    points: Points
    partner: IntArray
    change: IntArray


def one_to_one(weights: Weights) -> IntArray:
    """Return for each area of A its partner in B so that no two share one, -1 for none.

    Of all ways to pair areas off, the one that leaves most in its partner (an assignment problem,
    over the pairs that share anything).

    >>> from geodemand.core.weights import of_rows
    >>> one_to_one(of_rows([[60, 40, 0], [70, 10, 0], [0, 0, 0]])).tolist()
    [1, 0]
    """
    from scipy.sparse import csr_array  # scipy is slow to import
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    inner, (size, others) = weights.inner(), weights.sizes
    if not size:
        return np.full(0, NOWHERE)
    # Each area may also stay alone, in a column of its own; one more for all changes no ranking.
    alone = np.arange(size)
    row, column = np.append(inner.cells.a, alone), np.append(inner.cells.b, others + alone)
    value = np.append(inner.exact + 1.0, np.ones(size))
    table = csr_array((value, (row, column)), shape=(size, others + size))
    _, chosen = min_weight_full_bipartite_matching(table, maximize=True)
    return np.where(chosen < others, chosen, NOWHERE).astype(np.int64)


def reallocation(
    pair: Pair,
    pieces: Pieces,
    points: Points,
    weights: Weights,
    limits: Limits,
    edge_m: float = DEFAULT_EDGE_M,
) -> Reallocation:
    """Return what becomes of every point when A is replaced by B.

    ``weights``: the matrix by which areas are paired off. Held out is what moves only within a
    sliver of drawing, and what is within ``edge_m`` metres of a real piece with another outcome:
    there the point does not say on which side its addresses are.
    """
    partner = one_to_one(weights)
    kept = np.append(partner, NOWHERE)
    moves = _is_moved(kept, points.a, points.b)
    change = np.where(moves, MOVES, STAYS)
    if pair.a.drawn and pair.b.drawn:  # without lines nothing is near one
        narrow = max(limits.width_m, pair.a.accuracy_m, pair.b.accuracy_m)
        off = _is_moved(kept, pieces.a, pieces.b)
        sliver, border = _held_out(points, pieces, (moves, off), narrow, edge_m)
        change[border] = BORDER
        change[sliver] = SLIVER
    change[(points.a == NOWHERE) & (points.b == NOWHERE)] = NOWHERE
    return Reallocation(pair, points, partner, change)


def _held_out(
    points: Points, pieces: Pieces, moved: tuple[BoolArray, BoolArray], narrow: float, edge_m: float
) -> tuple[BoolArray, BoolArray]:
    """Return which points move within a sliver only, and which are near a line that matters.

    ``moved``: which points and which pieces move. ``narrow``: up to which width, metres, a piece is
    a sliver.
    """
    moves, off = moved
    moving = Pieces(pieces.a[off], pieces.b[off], pieces.shapes[off])
    real = widths(moving.shapes, narrow) > narrow
    held = holders(points, moving)
    sliver: BoolArray = moves & (held != NOWHERE) & ~np.append(real, True)[held]
    firm = np.flatnonzero(~off)
    wide = Pieces(
        np.append(pieces.a[firm], moving.a[real]),
        np.append(pieces.b[firm], moving.b[real]),
        np.append(pieces.shapes[firm], moving.shapes[real]),
    )
    stays = np.arange(len(wide.b)) < len(firm)
    return sliver, _near_another(points, moves, wide, stays, edge_m)


def _is_moved(kept: IntArray, a: IntArray, b: IntArray) -> BoolArray:
    """Return what is not in the new area that its old one goes on as, or in none of either."""
    moved: BoolArray = (a == NOWHERE) | (b == NOWHERE) | (kept[a] != b)
    return moved


def _near_another(
    points: Points, moves: BoolArray, wide: Pieces, stays: BoolArray, edge_m: float
) -> BoolArray:
    """Return which points are near a piece where another outcome holds, one of them a move."""
    tree = shapely.STRtree(points_at(points.x, points.y))
    piece, point = tree.query(wide.shapes, predicate="dwithin", distance=edge_m)
    other = (wide.b[piece] != points.b[point]) & (moves[point] | ~stays[piece])
    found = np.zeros(len(points.x), dtype=bool)
    found[point[other]] = True
    return found


def moves(found: Reallocation, policy: Policy) -> Table:
    """Return how much goes from each old area to each new one, and how much is held out.

    Columns: a, b, unit_a, unit_b (names), change, facts, clients by list (protected); by the order
    of areas, what stays first.
    """
    points, known = found.points, found.change != NOWHERE
    size = len(found.pair.b) + 1
    old = np.where(points.a == NOWHERE, len(found.pair.a), points.a)
    new = np.where(points.b == NOWHERE, len(found.pair.b), points.b)
    cell = (old * size + new) * len(CHANGES) + found.change
    row = np.full(len(known), NOWHERE)
    cells, row[known] = np.unique(cell[known], return_inverse=True)
    old_names, new_names = (*found.pair.a.names, NONE), (*found.pair.b.names, NONE)

    pairs = [divmod(int(c) // len(CHANGES), size) for c in cells]
    columns: dict[str, Column] = {
        "a": Labels((found.pair.a.name,) * len(cells)),
        "b": Labels((found.pair.b.name,) * len(cells)),
        "unit_a": Labels(tuple(old_names[i] for i, _ in pairs)),
        "unit_b": Labels(tuple(new_names[j] for _, j in pairs)),
        "change": Labels(tuple(str(CHANGES[c % len(CHANGES)]) for c in cells)),
    }
    columns |= points.held(row, len(cells), policy)
    return Table("moves", columns, "What moves from which area to which")


def totals(found: Reallocation, weighed: Mapping[str, Weights], policy: Policy) -> Table:
    """Return what each team has before and after, by every weight.

    A team is an old area and its partner among the new ones; one of the two may be missing.
    Columns: a, b, unit_a, unit_b (names), weight, before, after, change (after - before, of the
    protected figures), ratio (after / before), kept (what both have in common).
    """
    teams = [(i, int(j)) for i, j in enumerate(found.partner)]
    fresh = np.setdiff1d(np.arange(len(found.pair.b)), found.partner)
    teams += [(NOWHERE, int(j)) for j in fresh]
    old = np.array([i for i, _ in teams], dtype=np.int64)
    new = np.array([j for _, j in teams], dtype=np.int64)
    old_names, new_names = (*found.pair.a.names, None), (*found.pair.b.names, None)
    blocks = []
    for name, weights in weighed.items():
        before = np.append(weights.rows()[:-1], 0.0)[old]
        after = np.append(weights.columns()[:-1], 0.0)[new]
        both = (old != NOWHERE) & (new != NOWHERE)
        if weights.counted:
            figures = protect(_of_teams(weights, old, new), policy)
        else:
            kept = np.where(both, weights.at(old, new), 0.0)
            figures = known_figures(np.array([before, after, kept]), 2)
        gone, come = figures[0], figures[1]
        blocks.append(
            Table(
                "totals",
                {
                    "a": Labels((found.pair.a.name,) * len(teams)),
                    "b": Labels((found.pair.b.name,) * len(teams)),
                    "unit_a": Labels(tuple(old_names[i] for i in old)),
                    "unit_b": Labels(tuple(new_names[j] for j in new)),
                    "weight": Labels((name,) * len(teams)),
                    "before": gone,
                    "after": come,
                    "change": Protected(
                        come.values - gone.values, come.withheld | gone.withheld, gone.decimals
                    ),
                    "ratio": rounded(ratio(come, gone), 2),
                    "kept": figures[2],
                },
            )
        )
    return concatenate("totals", blocks, "What each team has before and after")


def _of_teams(weights: Weights, old: IntArray, new: IntArray) -> People:
    """Return [3, teams]: what each team has before, after, and both times."""
    assert isinstance(weights.held, People)  # noqa: S101 - facts need no protection
    cells, teams = weights.cells, len(old)
    team_a, team_b = (np.full(size + 1, NOWHERE) for size in weights.sizes)
    for team_of, area in ((team_a, old), (team_b, new)):
        known = area != NOWHERE
        team_of[area[known]] = np.flatnonzero(known)
    before, after = team_a[cells.a], team_b[cells.b]
    both = np.where(before == after, before, NOWHERE)
    row = np.concatenate(
        [
            np.where(team < 0, NOWHERE, team + n * teams)
            for n, team in enumerate((before, after, both))
        ]
    )
    cell = np.tile(np.arange(len(cells)), 3)
    return weights.held.summed(row[row >= 0], cell[row >= 0], 3 * teams).shaped(3, teams)


def listed(found: Reallocation, postcodes: Sequence[str | None], policy: Policy) -> Table:
    """Return every postcode that moves or is held out, with its clients, for case systems.

    ``postcodes``: for each point its postcode, None for the point of a client. Raises ValueError
    under a policy that does not allow such lists. Columns: a, b, postcode, unit_a, unit_b (codes),
    name_a, name_b, change, clients by list.
    """
    if not policy.clients_listed:
        message = f"the policy '{policy.name}' does not allow lists of postcodes"
        raise ValueError(message)
    rows = np.flatnonzero(uncertain_or_moved(found))
    named = np.array([postcodes[int(row)] or "" for row in rows], dtype=str)
    order = rows[np.lexsort((named, found.points.b[rows], found.points.a[rows]))]
    a, b = found.points.a[order], found.points.b[order]
    old, new = found.pair.a, found.pair.b
    return Table(
        "moved_postcodes",
        {
            "a": Labels((old.name,) * len(order)),
            "b": Labels((new.name,) * len(order)),
            "postcode": Labels(tuple(postcodes[int(row)] for row in order)),
            "unit_a": Labels(tuple((*old.codes, NONE)[i] for i in a)),
            "name_a": Labels(tuple((*old.names, NONE)[i] for i in a)),
            "unit_b": Labels(tuple((*new.codes, NONE)[i] for i in b)),
            "name_b": Labels(tuple((*new.names, NONE)[i] for i in b)),
            "change": Labels(tuple(str(CHANGES[c]) for c in found.change[order])),
            **{
                name: protect(each.picked(order), policy)
                for name, each in found.points.people.items()
            },
        },
        "Postcodes that move or are held out",
    )


CLIENT_COLUMNS = (
    *("a", "b", "file", "row", "postcode", "id"),
    *("unit_a", "name_a", "unit_b", "name_b", "change"),
)


def uncertain_or_moved(found: Reallocation) -> BoolArray:
    """Return which points move or are held out."""
    chosen: BoolArray = (found.change != NOWHERE) & (found.change != STAYS)
    return chosen


def client_rows(
    found: Reallocation, rows: Sequence[RowAt], position: IntArray
) -> list[tuple[str | None, ...]]:
    """Return rows of clients who move or are held out, as CLIENT_COLUMNS.

    ``position``: for each place its position among the points of ``found``, -1 for none.
    """
    old, new = found.pair.a, found.pair.b
    chosen = np.append(uncertain_or_moved(found), False)
    listed = []
    for file, row, postcode, client, place in rows:
        at = int(position[place])
        if chosen[at]:
            i, j = int(found.points.a[at]), int(found.points.b[at])
            told = (old.name, new.name, file, None if row is None else str(row), postcode, client)
            areas = [
                (*each, NONE)[n] for n, g in ((i, old), (j, new)) for each in (g.codes, g.names)
            ]
            listed.append((*told, *areas, str(CHANGES[found.change[at]])))
    return sorted(listed, key=lambda row: (row[6], row[8], row[10]))
