"""Areas of one kind and vintage, and which of them a point is in. Metres, EPSG:27700."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import shapely

if TYPE_CHECKING:
    from geodemand.core.disclosure import BoolArray, FloatArray, IntArray

Shapes: TypeAlias = npt.NDArray[np.object_]
SmallArray: TypeAlias = npt.NDArray[np.uint16]

NOWHERE = -1
# Square metres.
HECTARE = 10_000
# What the statistics offices write where a level does not apply to a place.
NO_AREA = re.compile("[A-Z]99999999")

# A grid of cells pays where so many points come to an area.
POINTS_AN_AREA = 1_000
CELLS_A_POINT = 4
# Rows or columns at most: their numbers have 16 bits, which sort fast.
LARGEST_GRID = 4_096
# Areas, and pairs of a point and an area, that are looked at together: memory stays bounded, and
# what is at work in the processor's own.
AREAS_AT_ONCE = 2_000
PAIRS_AT_ONCE = 20_000


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


@dataclass(frozen=True)
class TableShapes:
    """Shapes for the rows of a table of a release, such as the pieces behind `mismatches`.

    ``shapes``: polygons or multipolygons in metres (EPSG:27700), one a row, None where a row has
    none: areas, never where a client lives. ``name``: of the layer; else the table's.
    """

    table: str
    shapes: Shapes
    name: str = ""


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
    said = {code: (code or "").strip() for code in set(codes)}
    known = tuple(sorted({code for code in said.values() if code and not NO_AREA.fullmatch(code)}))
    place = {code: i for i, code in enumerate(known)}
    index = {code: place.get(plain, NOWHERE) for code, plain in said.items()}
    where = np.fromiter(map(index.__getitem__, codes), dtype=np.int64, count=len(codes))
    labels = tuple((names or {}).get(code) or code for code in known)
    shapes = np.array([shapely.Polygon()] * len(known), dtype=object)
    return Geography(name, known, labels, shapes), where


def told_apart(codes: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Return names of areas such that no two are the same: behind shared ones stands the code.

    >>> told_apart(["E1", "E2", "E3"], ["Castle", "Bridge", "Castle"])
    ('Castle (E1)', 'Bridge', 'Castle (E3)')
    """
    counts = Counter(names)
    return tuple(
        f"{name} ({code})" if counts[name] > 1 else name
        for code, name in zip(codes, names, strict=True)
    )


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
    at_x, at_y = x[near], y[near]
    # Points at one place are asked about once; a cell without a border by one of its points.
    asked = _changes(at_x) | _changes(at_y)
    if len(near) >= POINTS_AN_AREA * len(shapes):
        asked &= _changes(cells) | _bordered(grid, shapes)[cells]
    answers = _smallest(grid, shapes, at_x[asked], at_y[asked], cells[asked])
    answers = answers[np.cumsum(asked) - 1]
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
        return self._steps(y, self.south, shift[0]), self._steps(x, self.west, shift[1])

    def _steps(self, at: FloatArray, start: float, shift: float) -> SmallArray:
        steps = at - start
        steps /= self.side
        steps += shift
        return steps.astype(np.uint16)

    def numbers(self, row: SmallArray | IntArray, column: SmallArray) -> IntArray:
        """Return the numbers of cells."""
        found: IntArray = row.astype(np.int64) * self.columns + column
        return found


def _grid(bounds: tuple[float, float, float, float], points: int) -> _Grid:
    """Return a grid over some bounds and a cell beyond, with some cells for every point."""
    west, south, east, north = bounds
    width, height = east - west, north - south
    side = max((width * height / points / CELLS_A_POINT) ** 0.5, max(width, height) / LARGEST_GRID)
    columns, rows = int(width / side) + 3, int(height / side) + 3
    return _Grid(west - side, south - side, side, columns, rows)


def _changes(values: FloatArray | IntArray) -> BoolArray:
    """Return which values differ from the one before them; the first does."""
    found = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=found[1:])
    return found


def _bordered(grid: _Grid, shapes: Shapes) -> BoolArray:
    """Return whether a border may run through each cell of a grid.

    Borders are taken at steps of less than a side; the cells within half a side of each step hold
    all that lies between two steps.
    """
    # Lines, as polygons are mended on the way, which drops parts of those that cross themselves.
    lines = shapely.segmentize(shapely.boundary(shapes), 0.9 * grid.side)
    x, y = shapely.get_coordinates(lines).T
    found = np.zeros(grid.rows * grid.columns, dtype=bool)
    for shift in ((-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5)):
        found[grid.numbers(*grid.rows_and_columns(x, y, shift))] = True
    return found


def _smallest(
    grid: _Grid, shapes: Shapes, x: FloatArray, y: FloatArray, cells: IntArray
) -> IntArray:
    """Return the first of the shapes that holds each point, or NOWHERE; points sorted by cell."""
    found = np.full(len(x), len(shapes), dtype=np.int64)
    shapely.prepare(shapes)
    for points, areas in _pairs(grid, shapes, cells):
        # Areas come in order: what has an answer by now has the first one.
        asked = found[points] == len(shapes)
        point, area = points[asked], areas[asked]
        holds = shapely.intersects_xy(shapes[area], x[point], y[point])
        np.minimum.at(found, point[holds], area[holds])
    shapely.destroy_prepared(shapes)
    found[found == len(shapes)] = NOWHERE
    return found


def _pairs(grid: _Grid, shapes: Shapes, cells: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Give the points and the areas whose bounding box meets their cell, area after area.

    ``cells``: of the points, sorted. A bounding box spans some columns of some rows of cells; the
    points in these columns of one row stand one after another.
    """
    drawn = np.flatnonzero(shapely.get_num_coordinates(shapes) > 0)
    for areas in np.split(drawn, np.arange(AREAS_AT_ONCE, len(drawn), AREAS_AT_ONCE)):
        west, south, east, north = shapely.bounds(shapes[areas]).T
        lowest, left = grid.rows_and_columns(west, south)
        highest, right = grid.rows_and_columns(east, north)
        rows = highest.astype(np.int64) + 1 - lowest
        row, of_row = _spans(lowest, rows), np.repeat(np.arange(len(areas)), rows)
        first = np.searchsorted(cells, grid.numbers(row, left[of_row]))
        end = np.searchsorted(cells, grid.numbers(row, right[of_row]), side="right")
        size, own = end - first, areas[of_row]
        total = np.cumsum(size)
        parts = np.searchsorted(total, np.arange(PAIRS_AT_ONCE, total[-1], PAIRS_AT_ONCE))
        for some in (slice(*pair) for pair in pairwise((0, *parts.tolist(), len(total)))):
            yield _spans(first[some], size[some]), np.repeat(own[some], size[some])


def _spans(first: IntArray | SmallArray, size: IntArray) -> IntArray:
    """Return the numbers of spans, one span after another: so many from each first."""
    behind = np.cumsum(size) - size
    numbers = np.repeat(first - behind, size)
    numbers += np.arange(len(numbers))
    return numbers
