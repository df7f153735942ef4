"""The land: a coast with estuaries, a county border, towns, villages, and where people settled.

The county lies in what is open sea off East Anglia, so that nobody can mistake one of its
streets for a real one. All coordinates are whole metres of the British National Grid.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from geodemand.demo import tables
from geodemand.demo.chance import Floats, Ints, apportion, between, hashed, smooth, stream

Point = tuple[int, int]

VILLAGE_BLOCKS: Final = 1055
"""How many census blocks the villages and the open country have between them."""
SHORE_ROUGHNESS: Final = 0.09
BORDER_ROUGHNESS: Final = 0.17
DETAIL: Final = 420
"""Lines are roughened down to pieces of about this length in metres."""


@dataclass(frozen=True)
class Place:
    """A town, an estate of a town, or a village."""

    name: str
    kind: str
    x: int
    y: int
    blocks: int
    reach: int
    need: int = 0
    flavour: str = ""


@dataclass(frozen=True)
class Land:
    """The county before anybody divided it up."""

    outline: Polygon
    shore: LineString
    towns: tuple[Place, ...]
    estates: tuple[Place, ...]
    villages: tuple[Place, ...]

    @cached_property
    def settlements(self) -> tuple[Place, ...]:
        """Towns and villages: every place that people say they live in."""
        return self.towns + self.villages


@dataclass(frozen=True)
class Seeds:
    """One point for each census block, and which settlement it belongs to."""

    xy: Ints
    settlement: Ints
    outlying: Ints
    """1 where the block is hamlets and farms outside its village, else 0."""


def land() -> Land:
    """Draw the county and put its towns and villages on it."""
    outline, shore = _outline()
    listed = [_place(row) for row in tables.rows("places.csv")]
    towns = tuple(place for place in listed if place.kind != "estate")
    estates = tuple(place for place in listed if place.kind == "estate")
    return Land(outline, shore, towns, estates, _villages(outline, towns))


def settle(county: Land) -> Seeds:
    """Put down the seeds of the census blocks: dense in towns, sparse in the country."""
    xy: list[Point] = []
    owner: list[int] = []
    outlying: list[int] = []
    for number, place in enumerate(county.settlements):
        found = _town_seeds(county, place) if place.kind != "village" else _core_seeds(place)
        xy += found
        owner += [number] * len(found)
        outlying += [0] * len(found)
    for number, place in enumerate(county.settlements):
        found = _hamlets(county, place, xy) if place.kind == "village" else []
        xy += found
        owner += [number] * len(found)
        outlying += [1] * len(found)
    return Seeds(np.array(xy), np.array(owner), np.array(outlying))


def estate_of(county: Land, xy: Ints) -> Ints:
    """Return the number of the estate that each point lies in, or -1: the smallest one wins."""
    found = np.full(len(xy), -1)
    for number in sorted(range(len(county.estates)), key=lambda n: -county.estates[n].reach):
        estate = county.estates[number]
        apart = ((xy - (estate.x, estate.y)) ** 2).sum(axis=1)
        lobes = 0.72 + 0.56 * smooth(estate.name, xy[:, 0], xy[:, 1], estate.reach * 3 // 4)
        found[apart < (estate.reach * lobes) ** 2] = number
    return found


def _place(row: dict[str, str]) -> Place:
    x, y, blocks, reach, need = (
        int(row[key]) for key in ("easting", "northing", "blocks", "reach", "need")
    )
    return Place(row["name"], row["kind"], x, y, blocks, reach, need, row["flavour"])


def _outline() -> tuple[Polygon, LineString]:
    """Join border and shore, cut the estuaries out, and keep the mainland."""
    lines: dict[str, list[tuple[int, int, int]]] = {}
    for row in tables.rows("coast.csv"):
        point = (int(row["easting"]), int(row["northing"]), int(row["width"]))
        lines.setdefault(row["line"], []).append(point)
    border = _rough([(x, y) for x, y, _ in lines.pop("border")], BORDER_ROUGHNESS)
    shore = _rough([(x, y) for x, y, _ in lines.pop("shore")], SHORE_ROUGHNESS)
    water = shapely.union_all([_river(bends) for bends in lines.values()])
    dry = shapely.set_precision(Polygon(border[:-1] + shore[:-1]).difference(water), 1)
    mainland = max(shapely.get_parts(dry), key=lambda part: part.area)
    inland = LineString(border).buffer(DETAIL)
    coast = mainland.exterior.difference(inland)
    return Polygon(mainland.exterior), coast


def _rough(line: list[Point], roughness: float) -> list[Point]:
    """Bend each piece of a line sideways at its middle, and again, as coasts and parishes do."""
    while True:
        finer = [line[0]]
        for start, end in pairwise(line):
            finer += [*_middle(start, end, roughness), end]
        if len(finer) == len(line):
            return line
        line = finer


def _middle(start: Point, end: Point, roughness: float) -> list[Point]:
    across, up = end[0] - start[0], end[1] - start[1]
    if across * across + up * up < 4 * DETAIL * DETAIL:
        return []
    bend = float(hashed("bend", *(np.array([key]) for key in (*start, *end)))[0]) * 2 - 1
    x = (start[0] + end[0]) / 2 - up * bend * roughness
    y = (start[1] + end[1]) / 2 + across * bend * roughness
    return [(round(x), round(y))]


def _river(bends: list[tuple[int, int, int]]) -> BaseGeometry:
    """Widen a smooth line through the bends into a tidal river."""
    course = _curve(np.array(bends, dtype=np.float64))
    run = np.diff(course[:, :2], axis=0, append=course[-1:, :2] * 2 - course[-2:-1, :2])
    length = np.sqrt(run[:, 0] ** 2 + run[:, 1] ** 2)
    aside = np.column_stack([-run[:, 1], run[:, 0]]) / length[:, None]
    x, y, width = course.T
    left, right = (
        course[:, :2] + side * aside * (width * (0.4 + 0.3 * rough))[:, None]
        for side, rough in (
            (1, hashed("left", _whole(x), _whole(y))),
            (-1, hashed("right", _whole(x), _whole(y))),
        )
    )
    quads = [
        Polygon([left[i], left[i + 1], right[i + 1], right[i]]).convex_hull
        for i in range(len(course) - 1)
    ]
    return shapely.union_all(quads)


def _whole(values: Floats) -> Ints:
    return np.floor(values).astype(np.int64)


def _curve(bends: Floats) -> Floats:
    """Draw a Catmull-Rom curve through the bends: smooth, and plain arithmetic."""
    padded = np.vstack([bends[0] * 2 - bends[1], bends, bends[-1] * 2 - bends[-2]])
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        across, up = c[0] - b[0], c[1] - b[1]
        steps = max(2, int(np.sqrt(across * across + up * up) / (DETAIL * 0.8)))
        t = (np.arange(steps) / steps)[:, None]
        pieces.append(
            b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
        )
    return np.vstack([*pieces, bends[-1:]])


def _villages(outline: Polygon, towns: tuple[Place, ...]) -> tuple[Place, ...]:
    """Scatter the villages over the land, clear of each other and of the towns."""
    names = tables.text("villages.txt").split("\n")[:-1]
    rng = stream("villages")
    inner = outline.buffer(-500)
    low_x, low_y, high_x, high_y = (int(bound) for bound in outline.bounds)
    spots: list[Point] = []
    gap = 5200
    while len(spots) < len(names):
        tries = between(rng, low_x, high_x, 60), between(rng, low_y, high_y, 60)
        for x, y in zip(*tries, strict=True):
            spot = (int(x), int(y))
            clear = all(_apart(spot, other) > gap for other in spots)
            out = all(_apart(spot, (town.x, town.y)) > town.reach + 1500 for town in towns)
            if clear and out and shapely.contains_xy(inner, *spot) and len(spots) < len(names):
                spots.append(spot)
        gap -= 40
    sizes = apportion((100 + 900 * rng.random(len(names)) ** 3).astype(np.int64), VILLAGE_BLOCKS)
    return tuple(
        Place(name, "village", x, y, max(2, int(size)), 130 + 190 * int(np.sqrt(size)))
        for name, (x, y), size in zip(names, spots, sizes, strict=True)
    )


def _apart(one: Point, other: Point) -> float:
    across, up = one[0] - other[0], one[1] - other[1]
    return float(np.sqrt(across * across + up * up))


def _town_seeds(county: Land, town: Place) -> list[Point]:
    """Fill the town's uneven footprint with blocks, smaller towards its middle."""
    rng = stream(town.name)
    inner = county.outline.buffer(-90)
    middle = np.array([town.x, town.y])
    found = np.empty((0, 2), dtype=np.int64)
    spacing = 1.55 * town.reach / np.sqrt(town.blocks)
    while len(found) < town.blocks:
        tries = between(rng, -town.reach, town.reach, 400).reshape(-1, 2) + middle
        out = np.sqrt(((tries - middle) ** 2).sum(axis=1)) / town.reach
        lobes = smooth("lobes", tries[:, 0], tries[:, 1], town.reach // 3 + 400)
        fits = (out < 0.5 + 0.6 * lobes) & shapely.contains_xy(inner, *tries.T)
        for spot, far in zip(tries[fits], out[fits], strict=True):
            gaps = ((found - spot) ** 2).sum(axis=1)
            free = not len(gaps) or gaps.min() >= (spacing * (0.55 + 0.6 * far)) ** 2
            if free and len(found) < town.blocks:
                found = np.vstack([found, spot])
        spacing *= 0.985
    return [(int(x), int(y)) for x, y in found]


def _core_seeds(village: Place) -> list[Point]:
    """Put the blocks of a village proper around its green."""
    rng = stream(village.name)
    found = [(village.x, village.y)]
    wanted = max(1, village.blocks * 11 // 20)
    gap = 330.0
    while len(found) < wanted:
        across, up = between(rng, -village.reach, village.reach, 2)
        spot = (village.x + int(across), village.y + int(up))
        if all(_apart(spot, other) > gap for other in found):
            found.append(spot)
        gap *= 0.99
    return found


def _hamlets(county: Land, village: Place, taken: list[Point]) -> list[Point]:
    """Scatter the rest of the parish's blocks over the country around it."""
    rng = stream(village.name + " hamlets")
    inner = county.outline.buffer(-200)
    found: list[Point] = []
    others = np.array(taken)
    gap, reach = 1500.0, 1600
    while len(found) < village.blocks - max(1, village.blocks * 11 // 20):
        across, up = between(rng, -reach, reach, 2)
        spot = (village.x + int(across), village.y + int(up))
        nearest = np.sqrt(((others - spot) ** 2).sum(axis=1).min())
        if nearest > gap and shapely.contains_xy(inner, *spot):
            found.append(spot)
            others = np.vstack([others, spot])
        gap *= 0.985
        reach = min(reach + 8, 3000)
    return found
