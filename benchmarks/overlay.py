"""Two geographies laid over each other, and what each piece holds: overlay.py LEFT RIGHT [POINTS].

Prints the seconds of the overlay, those of all processors, its pieces, the land of both, of each
only and of both together and what is not accounted for (square metres; the last a share). With
POINTS instead the seconds of all weights of the pair and of one look-up in LEFT.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import shapely

from geodemand.core.balance import balance
from geodemand.core.coterminosity import Pair, Points, Relation, weigh
from geodemand.core.geography import Geography, locate
from geodemand.core.overlay import meetings, overlay


def read(name: str, path: str) -> Geography:
    shapes = shapely.from_wkb(Path(path).read_text().split("\n"))
    codes = tuple(f"{number:05}" for number in range(len(shapes)))
    return Geography(name, codes, codes, np.asarray(shapes, dtype=object))


def main() -> None:
    left, right, *points = sys.argv[1:]
    pair = Pair(read("a", left), read("b", right), Relation.SAME)
    if points:
        _weights(pair, points[0])
        return
    began, busy = time.perf_counter(), time.process_time()
    pieces = overlay(pair.a, pair.b)
    took, busy = time.perf_counter() - began, time.process_time() - busy
    land = balance(pair, pieces)
    if not land.holds:
        message = f"land is lost: {land.residual:.1e}"
        raise SystemExit(message)
    figures = (land.land_a, land.land_b, land.both, land.only_a, land.only_b)
    metres = (f"{hectares * 10_000:.1f}" for hectares in figures)
    print(took, busy, len(pieces.a), *metres, land.residual)


def _weights(pair: Pair, path: str) -> None:
    """Print what one look-up takes, and both with all weights of postcodes and a list."""
    from geodemand.core.disclosure import People

    x, y = np.load(path)
    began = time.process_time()
    a = locate(pair.a, x, y)
    once = time.process_time() - began
    b = locate(pair.b, x, y)
    people = People.alone("list", np.arange(len(x)) % 3)
    at = Points(x, y, a, b, {"postcodes": np.ones(len(x))}, {"list": people})
    bare = np.full(1, shapely.Polygon(), dtype=object)
    coded = Pair(
        Geography("a", pair.a.codes, pair.a.names, bare),
        Geography("b", pair.b.codes, pair.b.names, bare),
        pair.relation,
    )
    weighed = weigh(coded, meetings(a[:1], b[:1]), at)
    took = time.process_time() - began
    print(took, once, int(weighed["postcodes"].exact.sum()), int(weighed["list"].exact.sum()))


if __name__ == "__main__":
    main()
