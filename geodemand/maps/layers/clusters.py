"""Clusters of need, where a release has a table of them (`core.clusters`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodemand.core import clusters
from geodemand.core.disclosure import Facts
from geodemand.core.geography import Geography
from geodemand.maps import shapes
from geodemand.maps.layers.cells import cells, plain

if TYPE_CHECKING:
    from geodemand.core.disclosure import FloatArray, Release, Table
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene


def layer(release: Release, _: Scene, sheet: Frame) -> Json:
    """Return each cluster's place, size and figures; None without a table of clusters.

    A boundary of the release named "clusters" gives those whose names are its codes a shape of
    their own in place of a circle.
    """
    table = release.tables.get(clusters.CLUSTERS)
    if table is None or not len(table):
        return None
    clusters.check(table)
    shaped = [each for each in release.layers if isinstance(each, Geography)]
    drawn = next((each for each in shaped if each.name == clusters.CLUSTERS), None)
    return {
        **{name: plain(cells(table, name)) for name in (*clusters.WORDS, *clusters.FIGURES)},
        "x": sheet.x(_facts(table, "x")).tolist(),
        "y": sheet.y(_facts(table, "y")).tolist(),
        "radius": _facts(table, "radius_m").round().astype(int).tolist(),
        "shape_of": list(drawn.codes) if drawn else [],
        "shapes": shapes.plain(drawn.shapes, sheet) if drawn else None,
    }


def _facts(table: Table, name: str) -> FloatArray:
    found = table.columns[name]
    assert isinstance(found, Facts)  # noqa: S101 - clusters.check has looked
    return found.values
