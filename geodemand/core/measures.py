"""Single numbers for how alike two geographies are: for ranking and tracking, never for a verdict.

All but the coincidence of lines come from the matrix of weights W[a, b], with "(none)" as an area
on both sides; what lies in neither geography is left out. Counts of people are taken as protected
figures tell them, a withheld one at its largest. Logarithms are to base 2: bits.

With p[a, b] = W[a, b] / T, and p[a], p[b] its sums over rows and columns:

- H(A) = -sum p[a] log2 p[a]; H(A, B) the same over all cells; H(B|A) = H(A, B) - H(A)
- effective areas of A: 2^H(A)
- variation of information: H(A|B) + H(B|A)
- homogeneity: 1 - H(A|B) / H(A); completeness: 1 - H(B|A) / H(B); each 1 where it divides by 0
- V-measure: 2 h c / (h + c)
- adjusted Rand index: (n - e) / (m - e), where n counts pairs that are together in both, m is the
  mean of those together in A and in B, and e = (those in A) (those in B) / (all pairs)
- with b the partner of a, R[a] and C[b] the sums of W: quality indicator, the mean over a of
  (W[a, b] / R[a]) (W[a, b] / C[b]); Jaccard, that of W[a, b] / (R[a] + C[b] - W[a, b])

Sources: Shannon (1948) for entropy; Jost (2006) for effective numbers; Rosenberg and Hirschberg
(2007) for homogeneity, completeness and V-measure; Meila (2007) for the variation of information;
Hubert and Arabie (1985) for the adjusted Rand index; Jaccard (1901). The quality indicator and the
coincidence of lines are products and shares of their own, as said above and at `coincidence`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodemand.core.coterminosity import AREA, Pair
from geodemand.core.disclosure import (
    Facts,
    FloatArray,
    Labels,
    Policy,
    Table,
    known_figures,
)
from geodemand.core.geography import Geography, Shapes
from geodemand.core.weights import Cells, Weights, partners, told

if TYPE_CHECKING:
    from collections.abc import Iterator

BOUNDARY = "boundary"
DISTANCES_M = (1.0, 5.0, 25.0, 100.0)
# Corners of a line that are compared with their neighbours together.
CHUNK = 128
# How near a line is to the outer edge to be a part of it: further than rounding moves it.
EDGE_M = 0.01
DECIMALS = 4

MEANINGS = {
    "effective areas of A": "how many equal areas would be as hard to tell apart",
    "effective areas of B": "the same of B",
    "H(B|A)": "bits still open about B once A is known; 0: A nests in B",
    "H(A|B)": "bits still open about A once B is known; 0: B nests in A",
    "variation of information": "the two together, bits; 0: the same boundaries",
    "homogeneity": "how far each area of B lies in one of A; 1: all do",
    "completeness": "how far each area of A lies in one of B; 1: all do",
    "V-measure": "harmonic mean of the two; 1: the same boundaries",
    "adjusted Rand index": "pairs together in both or in neither, beyond chance; 1: the same",
    "quality indicator": "share of an area in its partner x of the partner in it; mean over A",
    "Jaccard": "what an area and its partner share / what either holds; mean over A",
    "A along B": "share of A's inner border that runs within so many metres of B's",
    "B along A": "share of B's inner border that runs within so many metres of A's",
}
COINCIDENCE = ("A along B", "B along A")
OF_COUNTS = "adjusted Rand index"


@dataclass(frozen=True)
class _Row:
    """One number: of what, by what, and for lines within how many metres."""

    weight: str
    measure: str
    value: float
    metres: float = float("nan")


def measures(pair: Pair, weighed: Mapping[str, Weights], policy: Policy) -> Table:
    """Return every measure of a pair by every weight, and how far the drawn lines coincide.

    Columns: a, b, weight ("boundary" for lines), measure, metres (of lines), value (null where
    nothing is counted), meaning in one line, where A is the first and B the second of the pair.
    """
    rows = [
        _Row(name, measure, value)
        for name, weights in weighed.items()
        for measure, value in of_matrix(told(weights, policy), counted=name != AREA).items()
    ]
    if pair.a.drawn and pair.b.drawn:
        rows += _coincidences(pair)
    return Table(
        "measures",
        {
            "a": Labels((pair.a.name,) * len(rows)),
            "b": Labels((pair.b.name,) * len(rows)),
            "weight": Labels(tuple(row.weight for row in rows)),
            "measure": Labels(tuple(row.measure for row in rows)),
            "metres": Facts(np.array([row.metres for row in rows])),
            "value": known_figures(np.array([row.value for row in rows]), DECIMALS),
            "meaning": Labels(tuple(MEANINGS[row.measure] for row in rows)),
        },
        "How alike the boundaries are, in single numbers",
    )


def of_matrix(weights: Weights, *, counted: bool) -> dict[str, float]:
    """Return the measures of one matrix W[a, b] by name, NaN where it holds nothing.

    ``weights``: [areas of A + 1, areas of B + 1], "(none)" last. ``counted``: whether it holds
    things that can be paired, as postcodes can and hectares cannot; without, no adjusted Rand
    index. In bits: H(B|A), H(A|B), variation of information. Effective areas are from 1 to as many
    as there are; all others are from 0 to 1, but for the adjusted Rand index, which may be
    negative. Formulas and sources are those of the module.

    >>> from geodemand.core.weights import of_rows
    >>> of_matrix(of_rows([[50, 0, 0], [0, 50, 0], [0, 0, 0]]), counted=True)["V-measure"]
    1.0
    """
    known = _in_either(weights)
    held, rows, columns = known.exact, known.rows(), known.columns()
    total = held.sum()
    left_out = {*COINCIDENCE, *(() if counted else (OF_COUNTS,))}
    names = [name for name in MEANINGS if name not in left_out]
    if total == 0:
        return dict.fromkeys(names, float("nan"))
    both, of_a, of_b = (_entropy(part / total) for part in (held, rows, columns))
    b_open, a_open = max(both - of_a, 0.0), max(both - of_b, 0.0)
    homogeneity = 1 - a_open / of_a if of_a else 1.0
    completeness = 1 - b_open / of_b if of_b else 1.0
    alike = homogeneity + completeness
    quality, jaccard = _with_partners(known, rows, columns)
    found = {
        "effective areas of A": 2**of_a,
        "effective areas of B": 2**of_b,
        "H(B|A)": b_open,
        "H(A|B)": a_open,
        "variation of information": a_open + b_open,
        "homogeneity": homogeneity,
        "completeness": completeness,
        "V-measure": 2 * homogeneity * completeness / alike if alike else 0.0,
        OF_COUNTS: _adjusted_rand(held, rows, columns) if counted else float("nan"),
        "quality indicator": quality,
        "Jaccard": jaccard,
    }
    return {name: float(found[name]) for name in names}


def _in_either(weights: Weights) -> Weights:
    """Return the cells but that of what lies in neither geography."""
    a, b, sizes = weights.cells.a, weights.cells.b, weights.sizes
    kept = (a < sizes[0]) | (b < sizes[1])
    return Weights(Cells(a[kept], b[kept], sizes), weights.exact[kept])


def _entropy(shares: FloatArray) -> float:
    """Return the entropy of a distribution, in bits."""
    own = shares[shares > 0]
    return max(float(-(own * np.log2(own)).sum()), 0.0)


def _adjusted_rand(held: FloatArray, rows: FloatArray, columns: FloatArray) -> float:
    def pairs(n: FloatArray) -> float:
        return float((n * (n - 1) / 2).sum())

    together, in_a, in_b = pairs(held), pairs(rows), pairs(columns)
    everyone = pairs(rows.sum(keepdims=True))
    chance = in_a * in_b / everyone if everyone else 0.0
    most = (in_a + in_b) / 2
    return (together - chance) / (most - chance) if most != chance else 1.0


def _with_partners(weights: Weights, rows: FloatArray, columns: FloatArray) -> tuple[float, float]:
    """Return the quality indicator and the Jaccard index, means over the areas that hold any."""
    used = np.flatnonzero(rows[:-1] > 0)
    if not len(used):
        return float("nan"), float("nan")
    partner = partners(weights)[used]
    common = np.where(partner < 0, 0.0, weights.at(used, partner))
    own, other = rows[used], columns[partner]
    shared = np.divide(common, other, out=np.zeros(len(used)), where=other > 0)
    quality = common / own * shared
    return float(quality.mean()), float((common / (own + other - common)).mean())


# --- do the drawn lines run together ---


def _coincidences(pair: Pair) -> Iterator[_Row]:
    a, b = inner_boundary(pair.a), inner_boundary(pair.b)
    for name, own, other in zip(COINCIDENCE, (a, b), (b, a), strict=True):
        for metres in DISTANCES_M:
            yield _Row(BOUNDARY, name, coincidence(own, other, metres), metres)


def inner_boundary(geography: Geography) -> shapely.Geometry:
    """Return the borders between areas, each once, without the outer edge, which always agrees."""
    union = shapely.get_parts(shapely.union_all(geography.shapes))
    outer = shapely.union_all(shapely.get_exterior_ring(union))
    lines = shapely.union_all(shapely.boundary(geography.shapes))
    return shapely.difference(lines, shapely.buffer(outer, EDGE_M))


def coincidence(lines: shapely.Geometry, others: shapely.Geometry, distance: float) -> float:
    """Return which share (0 to 1) of the length of some lines lies within a distance of others.

    ``distance``: metres, as the lines' coordinates are. The length of the intersection of the
    lines with a buffer of the others, over the length of the lines. NaN where there are no lines.

    >>> line, beside = shapely.LineString([(0, 0), (0, 9)]), shapely.LineString([(4, 0), (4, 9)])
    >>> coincidence(line, beside, 3.0), coincidence(line, beside, 5.0)
    (0.0, 1.0)
    """
    own, other = _chunks(lines), _chunks(others)
    length = shapely.length(own).sum()
    if length == 0:
        return float("nan")
    near, by = shapely.STRtree(other).query(own, predicate="dwithin", distance=distance)
    chosen, first = np.unique(near, return_inverse=True)
    around = shapely.buffer(shapely.multilinestrings(other[by], indices=first), distance)
    return float(shapely.length(shapely.intersection(own[chosen], around)).sum() / length)


def _chunks(lines: shapely.Geometry) -> Shapes:
    """Cut lines into short ones, which are compared with their neighbours only."""
    parts = shapely.get_parts(lines)
    corners, line = shapely.get_coordinates(parts, return_index=True)
    place = np.arange(len(line)) - np.searchsorted(line, line)
    # Where a line is cut, the corner ends one chunk and begins the next.
    cut = (place % CHUNK == 0) & (place > 0)
    owner = np.concatenate([line, line[cut]])
    number = np.concatenate([place // CHUNK, place[cut] // CHUNK - 1])
    corner = np.concatenate([np.arange(len(line)), np.flatnonzero(cut)])
    order = np.lexsort((corner, number, owner))
    _, chunk, size = np.unique(
        np.stack([owner[order], number[order]]), axis=1, return_inverse=True, return_counts=True
    )
    real = size[chunk] > 1
    _, chunk = np.unique(chunk[real], return_inverse=True)
    cut_up = shapely.linestrings(corners[corner[order][real]], indices=chunk)
    return np.asarray(cut_up, dtype=object)
