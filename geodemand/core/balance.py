"""Whether the land of two geographies adds up: in both, in one only, in several areas at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from geodemand.core import coverage
from geodemand.core.coterminosity import Pair
from geodemand.core.cutting import AREA_RESIDUAL
from geodemand.core.disclosure import Facts, Labels, Table
from geodemand.core.geography import HECTARE, NOWHERE
from geodemand.core.overlay import Pieces

# What is lost or won beyond this share of the land is no arithmetic: shapes are at fault.
LARGEST_RESIDUAL = 1e-6


@dataclass(frozen=True)
class Balance:
    """Land of a pair, hectares.

    ``land_a``, ``land_b``: all areas of each. ``both``: in both, counted once for each pair of
    areas. ``only_a``, ``only_b``: in one of them only. ``several``: counted more than once, as it
    lies in several areas of one geography. ``residual``: what is lost or won for all that, as a
    share of the land.
    """

    pair: Pair
    land_a: float
    land_b: float
    both: float
    only_a: float
    only_b: float
    several: float
    residual: float

    @property
    def holds(self) -> bool:
        """Return whether the pieces add up to the land."""
        return self.residual <= LARGEST_RESIDUAL


def balance(pair: Pair, pieces: Pieces) -> Balance:
    """Add up the pieces of a pair and compare them with the areas that they were cut from."""
    land = shapely.area(pieces.shapes) / HECTARE
    in_a, in_b = pieces.a != NOWHERE, pieces.b != NOWHERE
    land_a, land_b = (float(shapely.area(g.shapes).sum() / HECTARE) for g in (pair.a, pair.b))
    sides = ((land[in_a].sum(), land_a, pair.b), (land[in_b].sum(), land_b, pair.a))
    several, lost = 0.0, 0.0
    for found, whole, other in sides:
        excess = float(found - whole)
        if excess > AREA_RESIDUAL * whole and coverage.overlaps(other, least_m2=0.0):
            several += excess
        else:
            lost = max(lost, abs(excess) / whole)
    return Balance(
        pair,
        land_a,
        land_b,
        both=float(land[in_a & in_b].sum()),
        only_a=float(land[~in_b].sum()),
        only_b=float(land[~in_a].sum()),
        several=several,
        residual=lost,
    )


def balance_table(found: list[Balance]) -> Table:
    """Return the land of every pair that has polygons.

    Columns: a, b, land_a, land_b, both, only_a, only_b, several (hectares), residual (a share).
    """
    names = ("land_a", "land_b", "both", "only_a", "only_b", "several")
    return Table(
        "land",
        {
            "a": Labels(tuple(each.pair.a.name for each in found)),
            "b": Labels(tuple(each.pair.b.name for each in found)),
            **{
                name: Facts(np.array([getattr(each, name) for each in found], dtype=float), 2)
                for name in names
            },
            "residual": Facts(np.array([each.residual for each in found], dtype=float), 12),
        },
        "Land of both geographies, and what it adds up to",
    )
