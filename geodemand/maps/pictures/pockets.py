"""Clusters of need on a picture, where a release has a table of them (`core.clusters`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodemand.core import clusters
from geodemand.core.geography import Geography
from geodemand.maps.layers.cells import cells
from geodemand.maps.pictures.figures import hidden, number

if TYPE_CHECKING:
    from geodemand.core.disclosure import Release, Table


def pockets(release: Release, name: str) -> Geography | None:
    """Return the clusters of a list as areas that are named with their figures; None without."""
    table = release.tables.get(clusters.CLUSTERS)
    if table is None:
        return None
    clusters.check(table)
    rows = [row for row, own in enumerate(cells(table, "list")) if own == name]
    if not rows:
        return None
    drawn = {
        code: shape
        for each in release.layers
        if isinstance(each, Geography) and each.name == clusters.CLUSTERS
        for code, shape in zip(each.codes, each.shapes, strict=True)
    }
    x, y, radius = (np.array(cells(table, each), dtype=float) for each in clusters.PLACE)
    codes = tuple(str(cells(table, "name")[row]) for row in rows)
    shapes = [
        drawn.get(code) or shapely.Point(x[row], y[row]).buffer(radius[row])
        for row, code in zip(rows, codes, strict=True)
    ]
    names = tuple(_said(table, row) for row in rows)
    return Geography(f"Pockets, {name}", codes, names, np.array(shapes, dtype=object))


def _said(table: Table, row: int) -> str:
    observed, expected, chance = (cells(table, name)[row] for name in clusters.FIGURES)

    def figure(value: object, decimals: int) -> str:
        if isinstance(value, int | float):
            return number(float(value), decimals)
        return "c" if hidden(value) else "no figure"  # type: ignore[arg-type]

    least = f"p {figure(chance, 3)}" if figure(chance, 3) != "0.000" else "p under 0.001"
    return f"{figure(observed, 0)} clients, {figure(expected, 1)} expected, {least}"
