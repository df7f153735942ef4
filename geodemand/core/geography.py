"""Areas of one kind and vintage, and which of them a point is in. Metres, EPSG:27700."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import shapely

if TYPE_CHECKING:
    from geodemand.core.disclosure import BoolArray, FloatArray, IntArray

Shapes: TypeAlias = npt.NDArray[np.object_]
SmallArray: TypeAlias = npt.NDArray[np.uint16]

NOWHERE = -1
# What the statistics offices write where a level does not apply to a place.
NO_AREA = re.compile("[A-Z]99999999")

# A grid of cells pays where so many points come to an area.
POINTS_AN_AREA = 1_000
CELLS_A_POINT = 4
# Rows or columns at most: their numbers have 16 bits, which sort fast.
LARGEST_GRID = 4_096
# Pairs of a point and an area that are looked at together, so that memory stays bounded.
PAIRS_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Geography:
    """Areas of one kind, ordered by code.

    ``shapes``: polygons or multipolygons in metres (EPSG:27700), index-aligned with ``codes`` and
    ``names``. ``accuracy_m``: how far a drawn line may lie from the true one.
    ``notes``: what was mended on reading, in sentences.
    """

    name: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    shapes: Shapes
    accuracy_m: float = 0.0
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of areas."""
        return len(self.codes)

    @property
    def drawn(self) -> bool:
        """Return whether the areas have shapes, not only codes."""
        return bool((shapely.get_num_coordinates(self.shapes) > 0).any())


@dataclass(frozen=True)
class Sites:
    """Named points: hubs, children's centres, services. Metres, EPSG:27700.

    ``areas``: code or name of the area that each serves, empty where the file does not say.
    """

    name: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    x: FloatArray
    y: FloatArray
    areas: tuple[str, ...] = ()


def points_at(x: FloatArray, y: FloatArray) -> Shapes:
    """Return an array of points."""
    return np.asarray(shapely.points(x, y), dtype=object)


def from_codes(
    name: str, codes: Sequence[str | None], names: Mapping[str, str] | None = None
) -> tuple[Geography, IntArray]:
    """Return the areas that places name by their codes, and the index of each place's area.

    ``codes``: the code of the area that each place is in; blank, or a pseudo code such as
    E99999999, is NOWHERE. ``names``: by code; an area without one is called by its code.
    The areas have no shapes: they can be counted in and compared by places, not drawn.

    >>> wards, where = from_codes("wards", ["B", "", "A", "B"], {"A": "Alder"})
    >>> wards.codes, wards.names, where.tolist()
    (('A', 'B'), ('Alder', 'B'), [1, -1, 0, 1])
    """
    said = [(code or "").strip() for code in codes]
    known = tuple(sorted({code for code in said if code and not NO_AREA.fullmatch(code)}))
    place = {code: i for i, code in enumerate(known)}
    where = np.array([place.get(code, NOWHERE) for code in said], dtype=np.int64)
    labels = tuple((names or {}).get(code) or code for code in known)
    shapes = np.array([shapely.Polygon()] * len(known), dtype=object)
    return Geography(name, known, labels, shapes), where


def locate(geography: Geography, x: FloatArray, y: FloatArray) -> IntArray:
    """Return for each point the index of the area that it is in, or NOWHERE.

    A point on a shared border, or in overlapping areas, belongs to the area with the smallest
    code, whatever the order of the features. NaN coordinates are nowhere.

    >>> halves = Geography("h", ("A", "B"), ("a", "b"), shapely.box([0, 1], 0, [1, 2], 1))
    >>> locate(halves, np.array([0.5, 1.0, 1.5, 9.0]), np.full(4, 0.5)).tolist()
    [0, 0, 1, -1]
    """
    found = np.full(len(x), NOWHERE, dtype=np.int64)
    if not geography.drawn:
        return found
    order = np.argsort(np.asarray(geography.codes, dtype=str), kind="stable")
    shapes = geography.shapes[order]
    west, south, east, north = shapely.total_bounds(shapes)
    near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
    if not len(near):
        return found
    grid = _grid((west, south, east, north), len(near))
    row, column = grid.rows_and_columns(x[near], y[near])
    by_cell = np.lexsort((column, row))  # points that lie together are answered in half the time
    near, cells = near[by_cell], grid.numbers(row, column)[by_cell]
    first = np.diff(cells, prepend=-1) != 0
    # A cell that no border runs through is answered by one of its points.
    asked = first | _bordered(grid, shapes, len(near))[cells]
    answers = np.full(len(near), NOWHERE, dtype=np.int64)
    answers[asked] = _smallest(shapes, x[near[asked]], y[near[asked]], cells[asked])
    answers[~asked] = answers[first][np.cumsum(first) - 1][~asked]
    found[near] = np.append(order, NOWHERE)[answers]
    return found


@dataclass(frozen=True)
class _Grid:
    """Square cells, numbered row by row."""

    west: float
    south: float
    side: float
    columns: int
    rows: int

    def rows_and_columns(
        self, x: FloatArray, y: FloatArray, shift: tuple[float, float] = (0, 0)
    ) -> tuple[SmallArray, SmallArray]:
        """Return row and column of the cell that each point is in, moved by parts of a side."""
        row = (y - self.south) / self.side + shift[0]
        column = (x - self.west) / self.side + shift[1]
        return row.astype(np.uint16), column.astype(np.uint16)

    def numbers(self, row: SmallArray, column: SmallArray) -> IntArray:
        """Return the numbers of cells."""
        return row.astype(np.int64) * self.columns + column


def _grid(bounds: tuple[float, float, float, float], points: int) -> _Grid:
    """Return a grid over some bounds and a cell beyond, with some cells for every point."""
    west, south, east, north = bounds
    width, height = east - west, north - south
    side = max((width * height / points / CELLS_A_POINT) ** 0.5, max(width, height) / LARGEST_GRID)
    columns, rows = int(width / side) + 3, int(height / side) + 3
    return _Grid(west - side, south - side, side, columns, rows)


def _bordered(grid: _Grid, shapes: Shapes, points: int) -> BoolArray:
    """Return whether a border may run through each cell of a grid.

    Borders are taken at steps of less than a side; the cells within half a side of each step hold
    all that lies between two steps. All cells count as bordered where finding out does not pay.
    """
    if points < POINTS_AN_AREA * len(shapes):
        return np.ones(grid.rows * grid.columns, dtype=bool)
    # Lines, as polygons are mended on the way, which drops parts of those that cross themselves.
    lines = shapely.segmentize(shapely.boundary(shapes), 0.9 * grid.side)
    x, y = shapely.get_coordinates(lines).T
    found = np.zeros(grid.rows * grid.columns, dtype=bool)
    for shift in ((-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5)):
        found[grid.numbers(*grid.rows_and_columns(x, y, shift))] = True
    return found


def _smallest(shapes: Shapes, x: FloatArray, y: FloatArray, cells: IntArray) -> IntArray:
    """Return the first of the shapes that holds each point, or NOWHERE; points sorted by cell."""
    found = np.full(len(x), len(shapes), dtype=np.int64)
    shapely.prepare(shapes)
    for point, area in _pairs(shapes, x, y, cells):
        holds = shapely.intersects_xy(shapes[area], x[point], y[point])
        np.minimum.at(found, point[holds], area[holds])
    shapely.destroy_prepared(shapes)
    found[found == len(shapes)] = NOWHERE
    return found


def _pairs(
    shapes: Shapes, x: FloatArray, y: FloatArray, cells: IntArray
) -> Iterator[tuple[IntArray, IntArray]]:
    """Give the points and the areas whose bounding box meets the box of a cell's points."""
    start = np.flatnonzero(np.diff(cells, prepend=-1))
    size = np.diff(start, append=len(cells))
    low_x, high_x = np.minimum.reduceat(x, start), np.maximum.reduceat(x, start)
    low_y, high_y = np.minimum.reduceat(y, start), np.maximum.reduceat(y, start)
    tree = shapely.STRtree(shapes)
    cell, area = tree.query(shapely.box(low_x, low_y, high_x, high_y))
    total = np.cumsum(size[cell])
    parts = np.searchsorted(total, np.arange(PAIRS_AT_ONCE, total[-1:].sum(), PAIRS_AT_ONCE))
    for some, areas in zip(np.split(cell, parts), np.split(area, parts), strict=True):
        many = size[some]
        behind = np.repeat(np.cumsum(many) - many, many)
        point = np.repeat(start[some], many) + np.arange(len(behind)) - behind
        yield point, np.repeat(areas, many)
