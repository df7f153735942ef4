"""Points and areas of a whole country: python -m benchmarks.national FOLDER [DIRECTORY].

The points are the places of a postcode directory (Parquet with lat and long), or towns out of a
seed. The areas are out of a seed and as uneven as the points: 35,000 cells around as many of them,
with winding borders that neighbours share; 330 and 7 areas are made of these cells, so they nest.
Some areas have holes and several parts.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import Voronoi, cKDTree

from benchmarks.data import areas_file, points_file

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]

SEED = 2021
POINTS = 2_600_000
TOWNS = 3_000
CELLS = 35_000
SIZES = (330, 7)
# How far a border is moved to make another drawing of it, metres, and over which lengths it sways.
MOVED, SWAYS = (6.0, 3.0), (85.0, 34.0)
# Great Britain, metres (EPSG:27700).
WEST, SOUTH, EAST, NORTH = 80_000, 5_000, 655_000, 1_220_000
FAR, MARGIN = 2_000_000, 10_000
# Corners between two ends of a border of a cell, and how far towards a cell they may lie.
CORNERS = 12
WINDING = 0.25
# Of a thousand cells, how many lie apart from their area, or have a hole that belongs to another.
APART, HOLED = 5, 10


def main() -> None:
    """Write the files into a folder."""
    folder = Path(sys.argv[1])
    chance = np.random.default_rng(SEED)
    points = _published(Path(sys.argv[2])) if len(sys.argv) > 2 else _towns(chance)
    np.save(points_file(folder), np.ascontiguousarray(points.T))
    seeds = np.unique(points[chance.choice(len(points), 2 * CELLS, replace=False)], axis=0)
    seeds = seeds[np.sort(chance.choice(len(seeds), CELLS, replace=False))]
    cells = _cells(seeds, chance)
    holed = _holed(cells, seeds, chance)
    _write(areas_file(folder, CELLS), holed)
    _write(areas_file(folder, CELLS, drawn_again=True), _drawn_again(holed))
    for size in SIZES:
        _write(areas_file(folder, size), _merged(cells, seeds, size, chance))


def _published(directory: Path) -> Floats:
    """Return the places of a directory, in its order."""
    import duckdb
    import pyproj

    found = duckdb.execute(
        "SELECT lat, long FROM read_parquet($1) WHERE lat IS NOT NULL", [str(directory)]
    ).fetchnumpy()
    to_grid = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)
    return np.column_stack(to_grid.transform(found["long"], found["lat"]))


def _towns(chance: np.random.Generator) -> Floats:
    """Return points in towns, a few large and many small."""
    middle = chance.uniform((WEST, SOUTH), (EAST, NORTH), (TOWNS, 2))
    size = chance.pareto(1.1, TOWNS) + 0.1
    town = chance.choice(TOWNS, POINTS, p=size / size.sum())
    spread = 1_500 * np.sqrt(size)[town, None]
    return np.clip(
        middle[town] + chance.normal(size=(POINTS, 2)) * spread, (WEST, SOUTH), (EAST, NORTH)
    )


def _cells(seeds: Floats, chance: np.random.Generator) -> Shapes:
    """Return the cell around each seed, nearer to it than to any other but for winding borders.

    A corner of a border is moved towards one of the two seeds beside it, so it stays between them.
    Where borders cross for all that, those of the cells concerned are left straight.
    """
    turn = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    middle = np.array([(WEST + EAST) / 2, (SOUTH + NORTH) / 2])
    far = middle + FAR * np.column_stack([np.cos(turn), np.sin(turn)])
    drawn = Voronoi(np.concatenate([seeds, far]))
    ends = np.array(drawn.ridge_vertices)
    beside = np.array(drawn.ridge_points)
    inner = (beside < len(seeds)).any(axis=1)
    ends, beside = ends[inner], beside[inner]
    share = np.sort(chance.uniform(0.02, 0.98, (len(ends), CORNERS)), axis=1)[..., None]
    straight = (
        drawn.vertices[ends[:, 0], None] * (1 - share) + drawn.vertices[ends[:, 1], None] * share
    )
    side = chance.integers(0, 2, (len(ends), CORNERS))
    towards = drawn.points[np.take_along_axis(beside, side, axis=1)]
    pull = chance.uniform(0, WINDING, (len(ends), CORNERS, 1))
    while True:
        corners = straight + pull * (towards - straight)
        cells = _closed(drawn.vertices, ends, beside, corners, len(seeds))
        broken = np.flatnonzero(~shapely.is_valid(cells))
        if not len(broken):
            return cells
        pull[np.isin(beside, broken).any(axis=1)] = 0


def _closed(vertices: Floats, ends: Ints, beside: Ints, corners: Floats, count: int) -> Shapes:
    """Return the polygons that borders enclose, one for each seed."""
    lines = np.concatenate([vertices[ends[:, :1]], corners, vertices[ends[:, 1:]]], axis=1)
    owner = beside.T.ravel()
    both = np.concatenate([lines, lines])
    own = owner < count
    order = np.argsort(owner[own], kind="stable")
    pieces = shapely.linestrings(both[own][order])
    border = shapely.line_merge(shapely.multilinestrings(pieces, indices=owner[own][order]))
    at, cell = shapely.get_coordinates(border, return_index=True)
    return np.asarray(shapely.polygons(shapely.linearrings(at, indices=cell)), dtype=object)


def _holed(cells: Shapes, seeds: Floats, chance: np.random.Generator) -> Shapes:
    """Return the cells, of which some have lost a part around their seed to one nearby."""
    found = cells.copy()
    chosen = chance.choice(len(cells), len(cells) * HOLED // 1000, replace=False)
    for loser, winner in zip(chosen, cKDTree(seeds).query(seeds[chosen], 2)[1][:, 1], strict=True):
        room = shapely.distance(shapely.Point(seeds[loser]), shapely.boundary(cells[loser]))
        part = shapely.Point(seeds[loser]).buffer(room / 2, quad_segs=4)
        found[loser] = shapely.difference(found[loser], part)
        found[winner] = shapely.union(found[winner], part)
    return found


def _merged(cells: Shapes, seeds: Floats, size: int, chance: np.random.Generator) -> Shapes:
    """Return so many areas made of the cells around a centre, and of some that lie apart."""
    centres = seeds[chance.choice(len(seeds), size, replace=False)]
    nearest = cKDTree(centres).query(seeds, 2)[1]
    apart = chance.random(len(cells)) < APART / 1000
    owner = np.where(apart, nearest[:, 1], nearest[:, 0])
    return np.array(
        [shapely.coverage_union_all(cells[owner == area]) for area in range(size)], dtype=object
    )


def _drawn_again(shapes: Shapes) -> Shapes:
    """Return the same areas as another hand would draw them: borders some metres off.

    Neighbours still share their borders, as a corner moves by where it is.
    """

    def moved(at: Floats) -> Floats:
        x, y = at.T
        for far, sway in zip(MOVED, SWAYS, strict=True):
            x = x + far * np.sin((at[:, 1] + at[:, 0] / 3) / sway)
            y = y + far * np.sin((at[:, 0] - at[:, 1] / 3) / sway)
        return np.column_stack([x, y])

    return np.asarray(shapely.make_valid(shapely.transform(shapes, moved)), dtype=object)


def _write(target: Path, shapes: Shapes) -> None:
    land = shapely.intersection(shapes, shapely.box(WEST, SOUTH, EAST, NORTH).buffer(MARGIN))
    target.write_text("\n".join(shapely.to_wkb(land, hex=True)))


if __name__ == "__main__":
    main()
