"""How wide the pieces are in which two geographies differ, and where slivers of drawing end."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely

from geodemand.core.coterminosity import Limits
from geodemand.core.disclosure import (
    Facts,
    FloatArray,
    Labels,
    Policy,
    Table,
    protect,
)
from geodemand.core.geography import HECTARE
from geodemand.core.mismatches import Differences, narrow

WIDTHS_M = (1.0, 5.0, 25.0)
# Narrower pieces are all alike: rounding of coordinates.
NARROWEST_M = 1.0
# From this ratio of one width to the next, nobody would take the two for one kind.
CLEAR_GAP = 2.0
ROUND = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class Suggestion:
    """A width tolerance in metres that the data suggest, and why in a sentence."""

    width_m: float
    reason: str


def width_table(differ: Differences, limits: Limits, policy: Policy) -> Table:
    """Return what would be a sliver and what real at several width tolerances.

    Columns: a, b, width_m, why (given, in use, suggested), slivers (pieces off their partner that
    are no wider), real (wider pieces), hectares, facts and clients in the real ones, reason.
    """
    pair, points, held, width = differ.pair, differ.points, differ.held, differ.width
    in_use, hectares = narrow(pair, limits), shapely.area(differ.pieces.shapes) / HECTARE
    land = float(shapely.area(pair.a.shapes).sum()) / HECTARE
    found = suggest(width, hectares, limits.tolerance * land, in_use)
    asked: list[tuple[float, str, str | None]] = [(metres, "given", None) for metres in WIDTHS_M]
    asked += [(in_use, "in use", None), (found.width_m, "suggested", found.reason)]
    real = np.array([width > metres for metres, _, _ in asked])
    chosen = [np.flatnonzero(each) for each in real]
    counts = {name: n.by(held, real.shape[1]).grouped(chosen) for name, n in points.people.items()}
    return Table(
        "widths",
        {
            "a": Labels((pair.a.name,) * len(asked)),
            "b": Labels((pair.b.name,) * len(asked)),
            "width_m": Facts(np.array([metres for metres, _, _ in asked]), 1),
            "why": Labels(tuple(why for _, why, _ in asked)),
            "slivers": Facts((~real).sum(axis=1).astype(float)),
            "real": Facts(real.sum(axis=1).astype(float)),
            "hectares": Facts(real @ hectares, 1),
            **{name: Facts(real @ differ.total(n)) for name, n in points.weights.items()},
            **{name: protect(n, policy) for name, n in counts.items()},
            "reason": Labels(tuple(reason for _, _, reason in asked)),
        },
        "Slivers and real pieces by the width that tells them apart",
    )


def suggest(
    width: FloatArray, hectares: FloatArray, most_hectares: float, in_use: float
) -> Suggestion:
    """Return the width tolerance that the pieces themselves suggest, else the one in use.

    Slivers are many and narrow, real differences few and wide: between the two the sorted widths
    leap. The largest leap, as a ratio, is taken below which all pieces together are no more than
    ``most_hectares``, for a drawing error cannot be more land than the tolerance allows.

    >>> wide, land = np.array([2.0, 4.0, 6.0, 900.0]), np.array([0.1, 0.1, 0.2, 50.0])
    >>> suggest(wide, land, most_hectares=10.0, in_use=20.0).width_m
    10.0
    """
    if not len(width):
        return Suggestion(in_use, "no piece is off its partner.")
    order = np.argsort(width, kind="stable")
    wide, together = np.maximum(width[order], NARROWEST_M), np.cumsum(hectares[order])
    leaps = np.where(together[:-1] <= most_hectares, wide[1:] / wide[:-1], 0.0)
    best = int(leaps.argmax()) if len(leaps) else 0
    widest = float(wide[-1])
    if len(leaps) and leaps[best] >= CLEAR_GAP:
        narrow, broad = float(wide[best]), float(wide[best + 1])
        count = f"{best + 1:,} are at most {_metres(narrow)} wide and {len(wide) - best - 1:,}"
        reason = f"of the pieces {count} at least {_metres(broad)}, with none between."
        return Suggestion(_between(narrow, broad), reason)
    if wide[0] > in_use:
        return Suggestion(in_use, f"the narrowest piece is {_metres(wide[0])} wide: none is hair.")
    if together[-1] <= most_hectares:
        reason = f"no piece is wider than {_metres(widest)}, and all have {together[-1]:,.1f} ha."
        return Suggestion(_between(widest, math.inf), reason)
    reason = f"widths run on to {_metres(widest)} without a clear gap: look at those about it."
    return Suggestion(in_use, reason)


def _between(narrow: float, broad: float) -> float:
    """Return a round number from one width to the other, or their middle where there is none."""
    ten = 10.0 ** math.floor(math.log10(narrow))
    above = min(step * ten for step in ROUND if step * ten > narrow)
    return above if above < broad else math.sqrt(narrow * broad)


def _metres(width: float) -> str:
    return f"{width:,.0f} m" if width >= ROUND[-1] else f"{width:.1f} m"
