"""Census blocks: every patch of the county belongs to exactly one; larger areas are made of them.

Blocks are Voronoi cells of the seeds with bent edges, noded on whole metres, so that neighbours
share each vertex exactly and any union of blocks is again free of gaps and overlaps.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPoint, Polygon

from geodemand.demo.chance import Ints, hashed

Neighbours = Sequence[Sequence[int]]

BENT: Final = 900
"""Edges longer than this many metres are bent, as roads and streams bend boundaries."""
BEND: Final = 0.3


@dataclass(frozen=True)
class Blocks:
    """The blocks in the order of their seeds, and who touches whom along a line."""

    polygons: tuple[Polygon, ...]
    seeds: Ints
    kept: Ints
    """Which of the given seeds got a block: all but those squeezed out by a neighbour."""
    neighbours: tuple[tuple[int, ...], ...]


def divide(outline: Polygon, seeds: Ints) -> Blocks:
    """Cut the county into one connected block for each seed."""
    faces = _faces(outline, seeds)
    owners = _owners(faces, seeds)
    kept = sorted({owner for owner in owners if owner >= 0})
    place = {seed: number for number, seed in enumerate(kept)}
    parts: list[list[Polygon]] = [[] for _ in kept]
    for face, owner in zip(faces, owners, strict=True):
        parts[place[owner]].append(face)
    polygons = tuple(_united(group) for group in parts)
    return Blocks(polygons, seeds[kept], np.array(kept), touching(polygons))


def touching(polygons: Sequence[Polygon]) -> tuple[tuple[int, ...], ...]:
    """Say for each polygon of a coverage which others share a piece of line with it."""
    found: list[set[int]] = [set() for _ in polygons]
    for owners in sides(polygons).values():
        for one, other in pairwise(owners):
            found[one].add(other)
            found[other].add(one)
    return tuple(tuple(sorted(group)) for group in found)


Piece = tuple[tuple[float, float], tuple[float, float]]


def sides(polygons: Sequence[Polygon]) -> dict[Piece, list[int]]:
    """List each straight piece of boundary with the one or two polygons it bounds."""
    found: dict[Piece, list[int]] = defaultdict(list)
    for number, polygon in enumerate(polygons):
        for ring in (polygon.exterior, *polygon.interiors):
            corners = [(x, y) for x, y in ring.coords]
            for start, end in pairwise(corners):
                found[min(start, end), max(start, end)].append(number)
    return found


def spread(neighbours: Neighbours, xy: Ints, kin: Ints, starts: Sequence[int]) -> Ints:
    """Give each block to the start from which it is reached soonest, so that areas hang together.

    Steps cost their length in metres; a step within one settlement costs a quarter, because
    nobody likes to draw a boundary through a town.
    """
    owner = np.full(len(neighbours), -1)
    queue = [(0, number, start) for number, start in enumerate(starts)]
    while queue:
        cost, number, block = heapq.heappop(queue)
        if owner[block] >= 0:
            continue
        owner[block] = number
        for other in neighbours[block]:
            if owner[other] < 0:
                step = metres(xy[block], xy[other])
                near = step // 4 if kin[block] == kin[other] else step
                heapq.heappush(queue, (cost + near, number, other))
    return owner


def metres(one: Ints, other: Ints) -> int:
    """Return the distance between two points in whole metres."""
    return int(np.sqrt(((one - other) ** 2).sum()))


def bundle(blocks: Blocks, within: Ints, size: int, most: int) -> Ints:
    """Tie neighbouring blocks of one area into bundles of `size` or one more, at most `most`.

    Each bundle starts where fewest free neighbours are left, which leaves few orphans behind;
    orphans join the smallest bundle that they touch.
    """
    owner = np.full(len(within), -1)
    count = 0
    for area in range(int(within.max()) + 1):
        free = {int(block) for block in np.flatnonzero(within == area)}
        while free:
            group = _grow(blocks, free, size + count % 2)
            free -= set(group)
            owner[group] = count
            count += 1
    return _tidied(blocks, within, owner, size, most)


def _grow(blocks: Blocks, free: set[int], size: int) -> list[int]:
    def loneliness(block: int) -> tuple[int, int]:
        return sum(other in free for other in blocks.neighbours[block]), block

    group = [min(free, key=loneliness)]
    while len(group) < size:
        reach = {other for block in group for other in blocks.neighbours[block]}
        reach = (reach & free) - set(group)
        if not reach:
            break
        middle = blocks.seeds[group].sum(axis=0) // len(group)
        group.append(min(reach, key=lambda block: (metres(blocks.seeds[block], middle), block)))
    return group


def _tidied(blocks: Blocks, within: Ints, owner: Ints, size: int, most: int) -> Ints:
    """Merge bundles that stayed too small, and number what is left without gaps."""
    sizes = Counter(int(number) for number in owner)
    for number in sorted(sizes, key=lambda number: (sizes[number], number)):
        if sizes[number] * 5 >= size * 3:
            continue
        members = np.flatnonzero(owner == number)
        beside = {
            int(owner[other])
            for block in members
            for other in blocks.neighbours[block]
            if within[other] == within[block] and owner[other] != number
        }
        fits = [other for other in beside if sizes[other] + sizes[number] <= most]
        if fits:
            home = min(fits, key=lambda other: (sizes[other], other))
            owner[members] = home
            sizes[home] += sizes.pop(number)
    return np.unique(owner, return_inverse=True)[1].astype(np.int64)


def merged(polygons: Sequence[Polygon], owner: Iterable[int]) -> list[Polygon]:
    """Unite the polygons of a coverage by owner; vertices stay where they are."""
    groups: dict[int, list[Polygon]] = defaultdict(list)
    for polygon, number in zip(polygons, owner, strict=True):
        groups[int(number)].append(polygon)
    return [_united(groups[number]) for number in sorted(groups)]


def _united(polygons: list[Polygon]) -> Polygon:
    """Unite touching polygons into the one that they are known to make."""
    whole = shapely.coverage_union_all(polygons)
    if not isinstance(whole, Polygon):
        message = "an area of the demo county is in several pieces"
        raise TypeError(message)
    return whole


def _faces(outline: Polygon, seeds: Ints) -> list[Polygon]:
    """Bend the Voronoi edges of the seeds and cut the county along them, on whole metres."""
    edges = shapely.voronoi_polygons(MultiPoint(seeds), extend_to=outline, only_edges=True)
    whole = {
        tuple(sorted((round(x), round(y)) for x, y in part.coords))
        for edge in shapely.get_parts(edges)
        for part in _pieces(edge)
    }
    lines = [LineString(_bent(list(ends))) for ends in sorted(whole) if ends[0] != ends[1]]
    inside = shapely.intersection(lines, outline)
    noded = shapely.union_all([*inside, outline.exterior], grid_size=1)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    within = shapely.contains_xy(outline, *_middles(faces))
    return sorted(faces[within], key=lambda face: face.bounds)


def _pieces(line: LineString) -> list[LineString]:
    corners = list(line.coords)
    return [LineString(pair) for pair in pairwise(corners)]


def _middles(faces: Iterable[Polygon]) -> tuple[list[float], list[float]]:
    points = [face.representative_point() for face in faces]
    return [point.x for point in points], [point.y for point in points]


def _bent(line: list[tuple[int, int]]) -> list[tuple[int, int]]:
    (x0, y0), (x1, y1) = line
    across, up = x1 - x0, y1 - y0
    if across * across + up * up < BENT * BENT or across * across + up * up > (40 * BENT) ** 2:
        return line
    bend = (hashed("edge", *(np.array([key]) for key in (x0, y0, x1, y1)))[0] - 0.5) * BEND
    middle = (round((x0 + x1) / 2 - up * bend), round((y0 + y1) / 2 + across * bend))
    return [*_bent([line[0], middle])[:-1], *_bent([middle, line[1]])]


def _owners(faces: list[Polygon], seeds: Ints) -> list[int]:
    """Find the seed in each face; splinters without one go where they share most boundary."""
    tree = shapely.STRtree(faces)
    points, homes = tree.query(shapely.points(seeds), predicate="intersects")
    owners = [-1] * len(faces)
    for point, home in sorted(zip(points.tolist(), homes.tolist(), strict=True), reverse=True):
        owners[home] = point
    beside: dict[int, Counter[int]] = defaultdict(Counter)
    for (start, end), pair in sides(faces).items():
        for one, other in pairwise(pair):
            length = metres(np.array(start), np.array(end))
            beside[one][other] += length
            beside[other][one] += length
    while -1 in owners:
        for face in [number for number, owner in enumerate(owners) if owner < 0]:
            held = [(share, -other) for other, share in beside[face].items() if owners[other] >= 0]
            if held:
                owners[face] = owners[-max(held)[1]]
    return owners
