"""Which pieces of an overlay are off their area's partner, and who lives in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely

from geodemand.core.coterminosity import (
    AREA,
    Limits,
    Pair,
    Points,
    Relation,
    summed,
)
from geodemand.core.disclosure import (
    BoolArray,
    Facts,
    FloatArray,
    IntArray,
    Labels,
    People,
    Policy,
    Table,
    protect,
)
from geodemand.core.geography import HECTARE, NOWHERE, Geography, Shapes, Sites, points_at
from geodemand.core.overlay import Pieces, widths
from geodemand.core.tally import POSTCODES
from geodemand.core.weights import Weights, partners

NONE = "(none)"
GUIDES = (POSTCODES, AREA)


class Kind(StrEnum):
    """What a piece that is off its partner comes to."""

    REAL = "real"
    SLIVER = "sliver"
    SLIVER_WITH_CLIENTS = "sliver with clients"


@dataclass(frozen=True)
class _Off:
    """Pieces off their partner: width in metres, kind, and the row in which each is listed.

    ``width``: NaN where there are no polygons, as hectares are.
    """

    pieces: Pieces
    width: FloatArray
    kinds: tuple[Kind, ...]
    row: IntArray

    @property
    def first(self) -> IntArray:
        """Return the first piece of each row."""
        return np.unique(self.row, return_index=True)[1]

    @property
    def shapes(self) -> Shapes:
        """Return the land of each row, all its pieces in one shape."""
        order = np.argsort(self.row, kind="stable")
        made = shapely.multipolygons(self.pieces.shapes[order], indices=self.row[order])
        return np.asarray(made, dtype=object)

    def total(self, values: FloatArray | IntArray) -> FloatArray:
        """Add up a value over the pieces of each row."""
        return np.bincount(self.row, weights=values).astype(float)


@dataclass(frozen=True)
class Mismatches:
    """The table of mismatches, and for each of its rows the land that it is about.

    ``shapes``: multipolygons in metres (EPSG:27700), None where a geography has no polygons.
    """

    table: Table
    shapes: Shapes


@dataclass(frozen=True)
class Differences:
    """The pieces of a pair that are off their partner; what no policy has a say in.

    ``held``: for each point the piece that it is in, -1 for none. ``width``: metres, NaN without
    polygons. ``real``: which pieces are no slivers.
    """

    pair: Pair
    pieces: Pieces
    points: Points
    held: IntArray
    width: FloatArray
    real: BoolArray

    def total(self, weight: FloatArray) -> FloatArray:
        """Return what each piece holds of a weight of the points."""
        return summed(weight, self.held, len(self.pieces.a))


def differences(
    pair: Pair, pieces: Pieces, points: Points, weighed: Mapping[str, Weights], limits: Limits
) -> Differences:
    """Find the pieces off their partner, and which of them are real.

    The partner is by postcodes, or by area where there are none. A piece whose largest inscribed
    circle is no wider than the width tolerance, or than the accuracy that one of the geographies
    states, is a sliver of drawing. Where a geography has no polygons, a piece is all that lies in a
    pair of areas, and is real where it is a larger share of the postcodes of either area than the
    tolerance.
    """
    guide = guiding(weighed)
    off = _off_partner(pair.relation, guide, pieces)
    chosen = Pieces(pieces.a[off], pieces.b[off], pieces.shapes[off])
    width = _widths(pair, chosen, limits)
    real = width > narrow(pair, limits) if pair.drawn else _large(pair, guide, chosen, limits)
    return Differences(pair, chosen, points, _piece_of(points, chosen), width, real)


def mismatches(differ: Differences, policy: Policy, *, places: Sites | None = None) -> Mismatches:
    """List the pieces off their partner: each real one, slivers added up by pair of areas.

    A sliver that holds a client is a "sliver with clients" and is kept apart. Fields as in the JSON
    ``mismatches``, null for hectares and width without polygons; real pieces first, those with
    most clients on all lists (as the policy shows them, a hidden count as one) on top, then those
    with most land, without polygons most postcodes. ``places``: those whose names say what a piece
    is near.
    """
    points, held = differ.points, differ.held
    people = [differ.total(each.exact.astype(float)) for each in points.people.values()]
    peopled = np.sum([*people, np.zeros(len(differ.pieces.a))], axis=0) > 0
    found = _off(differ.pieces, differ.width, differ.real, peopled)
    facts = {name: found.total(differ.total(n)) for name, n in points.weights.items()}
    row, size = np.append(found.row, NOWHERE)[held], len(found.first)
    counts = {name: each.by(row, size) for name, each in points.people.items()}
    return _table(differ.pair, found, facts, counts, policy, places)


def meet(weighed: Mapping[str, Weights]) -> bool:
    """Return whether any two areas share land or postcodes: others have no partners."""
    return any(_shared(weighed, name) is not None for name in GUIDES)


def guiding(weighed: Mapping[str, Weights]) -> Weights:
    """Return the weights that say which area is whose partner: postcodes, or area without them."""
    return next(found for name in GUIDES if (found := _shared(weighed, name)) is not None)


def _shared(weighed: Mapping[str, Weights], name: str) -> Weights | None:
    weights = weighed.get(name)
    return weights if weights and len(weights.inner().cells) else None


def _off_partner(relation: Relation, guide: Weights, pieces: Pieces) -> BoolArray:
    """Return which pieces are not in the partner of their area (of both, where `same` is asked)."""
    off = _misses(partners(guide), pieces.a, pieces.b)
    if relation is Relation.SAME:
        off |= _misses(partners(guide.turned), pieces.b, pieces.a)
    return off


def _misses(partner: IntArray, own: IntArray, other: IntArray) -> BoolArray:
    wanted = np.append(partner, NOWHERE)[own]
    missed: BoolArray = (own != NOWHERE) & ((wanted != other) | (other == NOWHERE))
    return missed


def _piece_of(points: Points, pieces: Pieces) -> IntArray:
    """Return for each point the piece that it is in, -1 where in none.

    Areas of the point decide first (a border belongs to one area); among the parts of one pair of
    areas the nearest does.
    """
    found = np.full(len(points.x), NOWHERE)
    if not len(pieces.a):
        return found
    columns = max(int(points.b.max(initial=NOWHERE)), int(pieces.b.max())) + 2
    of_piece = (pieces.a + 1) * columns + pieces.b + 1
    of_point = (points.a + 1) * columns + points.b + 1
    order = np.argsort(of_piece, kind="stable")
    first, end = (np.searchsorted(of_piece[order], of_point, side) for side in ("left", "right"))
    alone = end - first == 1
    found[alone] = order[first[alone]]
    near = np.flatnonzero(end - first > 1)
    by_pair = near[np.argsort(of_point[near], kind="stable")]
    starts = np.unique(of_point[by_pair], return_index=True)[1]
    for here in np.split(by_pair, starts[1:]) if len(by_pair) else ():
        parts = order[first[here[0]] : end[here[0]]]
        at = points_at(points.x[here], points.y[here])
        found[here] = parts[shapely.STRtree(pieces.shapes[parts]).nearest(at)]
    return found


def narrow(pair: Pair, limits: Limits) -> float:
    """Return up to which width, metres, a piece is a sliver."""
    return max(limits.width_m, pair.a.accuracy_m, pair.b.accuracy_m)


def _widths(pair: Pair, pieces: Pieces, limits: Limits) -> FloatArray:
    if not pair.drawn:
        return np.full(len(pieces.a), np.nan)
    return widths(pieces.shapes, narrow(pair, limits))


def _large(pair: Pair, guide: Weights, pieces: Pieces, limits: Limits) -> BoolArray:
    """Return which pieces are more than the tolerance of an area off whose partner they are."""
    held = guide.at(pieces.a, pieces.b)
    large = _misses(partners(guide), pieces.a, pieces.b)
    large &= held > limits.tolerance * guide.rows()[pieces.a]
    if pair.relation is Relation.SAME:
        back = _misses(partners(guide.turned), pieces.b, pieces.a)
        large |= back & (held > limits.tolerance * guide.columns()[pieces.b])
    return large


def _off(pieces: Pieces, width: FloatArray, real: BoolArray, peopled: BoolArray) -> _Off:
    """Give each piece its kind and the row of the list that it goes to."""
    kinds = tuple(
        Kind.REAL if large else Kind.SLIVER_WITH_CLIENTS if held else Kind.SLIVER
        for large, held in zip(real, peopled, strict=True)
    )
    rows: dict[tuple[object, ...], int] = {}
    row = []
    for piece, kind in enumerate(kinds):
        key = (int(pieces.a[piece]), int(pieces.b[piece]), kind)
        own = (*key, piece) if kind is Kind.REAL else key
        row.append(rows.setdefault(own, len(rows)))
    return _Off(pieces, width, kinds, np.array(row, dtype=np.int64))


def _table(
    pair: Pair,
    found: _Off,
    facts: Mapping[str, FloatArray],
    people: Mapping[str, People],
    policy: Policy,
    places: Sites | None,
) -> Mismatches:
    first = found.first
    size = found.total(shapely.area(found.pieces.shapes) / HECTARE)
    hectares, pieces = size, found.total(np.ones(len(found.row)))
    if not pair.drawn:
        size = facts[POSTCODES]
        hectares, pieces = (np.full(len(first), np.nan) for _ in range(2))
    widest = np.full(len(first), -np.inf)
    np.fmax.at(widest, found.row, found.width)
    slivers = np.array([found.kinds[i] is not Kind.REAL for i in first], dtype=bool)
    counts = {name: protect(each, policy) for name, each in people.items()}
    clients = sum(
        (np.where(n.withheld, 1.0, n.values) for n in counts.values()), np.zeros(len(first))
    )
    order = np.lexsort((-size, -clients, slivers))

    def units(geography: Geography, index: IntArray) -> Labels:
        names = (*geography.names, NONE)
        return Labels(tuple(names[i] for i in index[first[order]]))

    table = Table(
        "mismatches",
        {
            "a": Labels((pair.a.name,) * len(order)),
            "b": Labels((pair.b.name,) * len(order)),
            "unit_a": units(pair.a, found.pieces.a),
            "unit_b": units(pair.b, found.pieces.b),
            "kind": Labels(tuple(str(found.kinds[i]) for i in first[order])),
            **_near(places, found.pieces.shapes[first[order]]),
            "pieces": Facts(pieces[order]),
            "hectares": Facts(hectares[order], 2),
            "width_m": Facts(widest[order], 1),
            **{name: Facts(values[order]) for name, values in facts.items()},
            **{name: each[order] for name, each in counts.items()},
        },
        f"Where {pair.a.name} and {pair.b.name} differ",
    )
    return Mismatches(table, found.shapes[order] if pair.drawn else np.full(len(order), None))


def _near(places: Sites | None, shapes: Shapes) -> dict[str, Labels]:
    """Return the column "near": the name of the place that is nearest to each piece."""
    if places is None:
        return {}
    names: list[str | None] = [None] * len(shapes)
    solid = np.flatnonzero(~shapely.is_empty(shapes))  # without polygons a piece is nowhere
    tree = shapely.STRtree(points_at(places.x, places.y))
    nearest = tree.nearest(shapely.point_on_surface(shapes[solid]))
    for row, place in zip(solid.tolist(), nearest.tolist(), strict=True):
        names[row] = places.names[place]
    return {"near": Labels(tuple(names))}


def off_partner(pair: Pair, pieces: Pieces, weighed: Mapping[str, Weights]) -> Pieces:
    """Return the pieces that are off their area's partner, as `mismatches` lists them."""
    off = _off_partner(pair.relation, guiding(weighed), pieces)
    return Pieces(pieces.a[off], pieces.b[off], pieces.shapes[off])


def holders(points: Points, pieces: Pieces) -> IntArray:
    """Return for each point the piece that it is in, -1 where in none."""
    return _piece_of(points, pieces)
