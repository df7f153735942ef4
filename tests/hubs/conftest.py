"""What the tests of `hubs` share: geographies of a few squares, with postcodes and clients."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import shapely

from geodemand.core import coterminosity
from geodemand.core.coterminosity import Limits, Pair, Points, Relation
from geodemand.core.disclosure import People
from geodemand.core.geography import Geography, locate
from geodemand.core.mismatches import Differences, differences
from geodemand.core.overlay import Pieces, overlay
from geodemand.core.tally import POSTCODES

At = tuple[float, float]


@dataclass(frozen=True)
class Laid:
    """Two geographies laid over each other, with what lies in both."""

    pair: Pair
    pieces: Pieces
    points: Points
    weighed: Mapping[str, Any]

    def differ(self) -> Differences:
        """Return the pieces off their partner, at the usual limits."""
        return differences(self.pair, self.pieces, self.points, self.weighed, Limits())


@dataclass(frozen=True)
class Squares:
    """Short ways to draw geographies, metres from one corner."""

    @staticmethod
    def box(west: float, south: float, east: float, north: float) -> shapely.Geometry:
        return shapely.box(west, south, east, north)

    def row(self, name: str, *edges: float, letters: str = "ABCDEFGHIJ") -> Geography:
        """Return areas side by side, 1,000 m high: A from the first edge to the second, and on."""
        pairs = itertools.pairwise(edges)
        drawn = [self.box(west, 0, east, 1000) for west, east in pairs]
        return self.areas(name, dict(zip(letters, drawn, strict=False)))

    @staticmethod
    def areas(name: str, shapes: Mapping[str, shapely.Geometry]) -> Geography:
        codes = tuple(sorted(shapes))
        names = tuple(f"Area {code}" for code in codes)
        return Geography(name, codes, names, np.array([shapes[c] for c in codes], dtype=object))

    @staticmethod
    def lay(
        a: Geography,
        b: Geography,
        relation: str = "same",
        *,
        postcodes: Sequence[At] = (),
        clients: Sequence[At] = (),
    ) -> Laid:
        at = [*postcodes, *clients]
        x, y = (np.array([point[axis] for point in at], dtype=float) for axis in (0, 1))
        client = np.arange(len(at)) >= len(postcodes)
        points = Points(
            x,
            y,
            locate(a, x, y),
            locate(b, x, y),
            {POSTCODES: (~client).astype(float)},
            {"CYP": People.alone("CYP", client.astype(np.int64))},
        )
        pair = Pair(a, b, Relation(relation))
        pieces = overlay(a, b)
        return Laid(pair, pieces, points, coterminosity.weigh(pair, pieces, points))


@pytest.fixture(scope="session")
def squares() -> Squares:
    return Squares()
