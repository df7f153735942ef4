"""What is nearest to each site, and what lies within a straight line of so many metres of one."""

from __future__ import annotations

import numpy as np
import shapely

from geodemand.core.geography import Geography, Sites, points_at

NEAREST = "nearest"
# Corners of a quarter of a circle: within 0.5 % of its radius.
QUARTER = 8


def land_of(geography: Geography) -> shapely.Geometry:
    """Return all that lies in some area of a geography, as one shape."""
    if shapely.coverage_is_valid(geography.shapes):
        return shapely.coverage_union_all(geography.shapes)
    return shapely.union_all(geography.shapes)


def nearest(sites: Sites, land: shapely.Geometry) -> Geography:
    """Return the part of the land that is nearer to each site than to any other, straight line.

    One area a place with a site: sites at one place share it. Sites without a place have none.

    >>> hubs = Sites("hubs", ("A", "B"), ("Ash", "Birch"), np.array([0.0, 4.0]), np.zeros(2))
    >>> shapely.area(nearest(hubs, shapely.box(0, 0, 4, 1)).shapes).tolist()
    [2.0, 2.0]
    """
    placed = np.flatnonzero(np.isfinite(sites.x) & np.isfinite(sites.y))
    at = np.column_stack([sites.x[placed], sites.y[placed]])
    spots, own = np.unique(at, axis=0, return_inverse=True)
    if len(spots) == 1:
        cells = np.array([land], dtype=object)
    else:
        around = shapely.multipoints(spots)
        drawn = shapely.voronoi_polygons(around, extend_to=land, ordered=True)
        cells = np.asarray(shapely.intersection(shapely.get_parts(drawn), land), dtype=object)
    members = [placed[own.ravel() == spot] for spot in range(len(spots))]
    names = tuple(" and ".join(sites.names[i] for i in each) for each in members)
    codes = tuple("+".join(sites.codes[i] for i in each) for each in members)
    kept = [i for i in range(len(spots)) if not cells[i].is_empty]
    return Geography(
        f"Nearest {sites.name}",
        tuple(codes[i] for i in kept),
        tuple(names[i] for i in kept),
        cells[kept] if kept else np.empty(0, dtype=object),
    )


def within(sites: Sites, metres: float, land: shapely.Geometry) -> Geography:
    """Return the land within so many metres of some site, straight line, as one area."""
    placed = np.isfinite(sites.x) & np.isfinite(sites.y)
    circles = shapely.buffer(points_at(sites.x[placed], sites.y[placed]), metres, quad_segs=QUARTER)
    near = shapely.intersection(shapely.union_all(circles), land)
    name = f"Within {metres:,.0f} m of {sites.name}"
    return Geography(name, (sites.name,), (name,), np.array([near], dtype=object))
