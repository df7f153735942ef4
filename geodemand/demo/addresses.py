"""Postcodes: where they lie, what they are called, when they came and went.

Each block has about ten. In towns they line up along streets; in the country they gather around
the green and string out along lanes that lead to the neighbouring hamlets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from shapely.geometry import Polygon

from geodemand.demo import tables
from geodemand.demo.blocks import Blocks, bundle, spread
from geodemand.demo.chance import (
    Bools,
    Floats,
    Ints,
    apportion,
    between,
    hashed,
    shuffled,
    smooth,
    stream,
)
from geodemand.demo.landscape import Seeds

AREA: Final = "SF"
"""A postcode area that the Royal Mail does not use."""
LETTERS: Final = "ABDEFGHJLNPQRSTUWXYZ"
"""The letters that may stand in the inward half: no C, I, K, M, O or V."""
TERMINATED: Final = 1304
NEWER: Final = 0.28
"""Share of postcodes introduced since the directory began."""
ON_THE_LINE: Final = 6
UNPLACED: Final = 6
"""Large users with a box and no doorstep: live, but nowhere on the map."""
SECTOR_BLOCKS: Final = 20
SECTOR_MOST: Final = 28
STREETS: Final = 15
"""How many streets, and doors along them, a block's lattice reaches out each way."""
MARGIN: Final = 2
"""No postcode lies within so many metres of the edge of its block, to be in no doubt."""


@dataclass(frozen=True)
class Addresses:
    """Every placed postcode in order of its name, live and terminated."""

    names: tuple[str, ...]
    xy: Ints
    block: Ints
    lane: Bools
    """Whether it lies out along a lane rather than in a street."""
    introduced: Ints
    terminated: Ints
    """Year and month as yyyymm; 0 while the postcode lives."""
    unplaced: tuple[str, ...]

    @property
    def live(self) -> Bools:
        """Tell the living from the dead."""
        living: Bools = self.terminated == 0
        return living


def address(blocks: Blocks, seeds: Seeds, live: int, hairs: Sequence[Polygon]) -> Addresses:
    """Place as many living postcodes as asked for, and some dead ones, and name them all."""
    total = live + TERMINATED
    rural = _rural(seeds, blocks)
    weights = np.floor(60 + 80 * stream("block sizes").random(len(rural)) - 20 * rural)
    counts = apportion(weights.astype(np.int64), total)
    found = [_points(blocks, number, int(counts[number]), rural) for number in range(len(counts))]
    xy = np.vstack([points for points, _ in found])
    block = np.repeat(np.arange(len(counts)), counts)
    xy = _on_the_line(blocks, xy, block, hairs)
    lane = np.concatenate([lanes for _, lanes in found])
    names = _named(blocks, seeds, block)
    order = np.array(sorted(range(total), key=lambda number: names[number]))
    introduced, terminated = _dates(total, TERMINATED)
    ordered = tuple(names[number] for number in order)
    return Addresses(
        ordered, xy[order], block[order], lane[order], introduced, terminated, _boxes()
    )


def _rural(seeds: Seeds, blocks: Blocks) -> Ints:
    """Return 0 for a town's block, 1 for a village's, 2 for hamlets and farms."""
    sizes = np.bincount(seeds.settlement)
    village = sizes[seeds.settlement] < TOWN_BLOCKS
    return (village + seeds.outlying)[blocks.kept].astype(np.int64)


TOWN_BLOCKS: Final = 40


def _points(blocks: Blocks, number: int, count: int, rural: Ints) -> tuple[Ints, Bools]:
    """Place the postcodes of one block: streets first, then lanes."""
    rng = stream(f"block {number}")
    inner = blocks.polygons[number].buffer(-MARGIN - 1)
    shapely.prepare(inner)
    along = (0, count * 3 // 10, count * 11 // 20)[rural[number]]
    lanes = _lane_points(blocks, number, along, inner, rng)
    streets = _street_points(blocks.seeds[number], count - len(lanes), inner, int(rural[number]))
    return np.vstack([streets, lanes]), np.arange(count) >= len(streets)


def _on_the_line(blocks: Blocks, xy: Ints, block: Ints, hairs: Sequence[Polygon]) -> Ints:
    """Put a few houses right where two maps of the same boundary are a few metres apart."""
    xy = xy.copy()
    put = 0
    for hair in sorted(hairs, key=lambda piece: (-piece.area, piece.bounds)):
        middle = shapely.maximum_inscribed_circle(hair, tolerance=0.1).coords[0]
        spot = np.floor(np.array(middle) + 0.5).astype(np.int64)
        gaps = ((xy - spot) ** 2).sum(axis=1)
        near = int(gaps.argmin())
        safe = blocks.polygons[block[near]].buffer(-1).contains(shapely.Point(*spot))
        if safe and hair.buffer(-1).contains(shapely.Point(*spot)) and gaps[near] < 70 * 70:
            xy[near] = spot
            put += 1
        if put == ON_THE_LINE:
            break
    return xy


def _street_points(seed: Ints, count: int, inner: Polygon, rural: int) -> Ints:
    """Take the places nearest to the middle from a lattice of streets, and tread them uneven."""
    pitch = np.sqrt(inner.area / (count * 1.25))
    pitch = min(max(pitch, 24.0), (88.0, 74.0, 105.0)[rural])
    while True:
        spots = _lattice(seed, pitch, inner)
        if len(spots) >= count:
            break
        pitch *= 0.93
    far = np.sqrt(((spots - seed) ** 2).sum(axis=1))
    luck = hashed("pick", spots[:, 0], spots[:, 1])
    keep = np.argsort(far * (0.55 + 0.9 * luck), kind="stable")[:count]
    return spots[np.sort(keep)]


def _lattice(seed: Ints, pitch: float, inner: Polygon) -> Ints:
    """Lay streets across the block in the direction that the neighbourhood runs."""
    reach = max(inner.bounds[2] - inner.bounds[0], inner.bounds[3] - inner.bounds[1])
    steps = min(int(reach / pitch / 0.6) + 2, STREETS)
    row, place = (axis.ravel() for axis in np.mgrid[-steps : steps + 1, -steps : steps + 1])
    salt = np.full_like(row, int(seed[0])), np.full_like(row, int(seed[1]))
    lengthwise = (place + 0.75 * hashed("along", row, place, *salt)) * pitch * 0.6
    across = (row + 0.16 * hashed("across", row, place, *salt)) * pitch * 1.65
    east, north = _direction(seed)
    x = seed[0] + np.floor(lengthwise * east - across * north + across**2 * east / 4000)
    y = seed[1] + np.floor(lengthwise * north + across * east + lengthwise**2 * north / 4000)
    spots = np.unique(np.column_stack([x, y]).astype(np.int64), axis=0)
    spots = spots[shapely.contains_xy(inner, spots[:, 0], spots[:, 1])]
    return spots[np.lexsort((_dot(spots, east, north), _dot(spots, -north, east) // pitch))]


def _dot(spots: Ints, east: float, north: float) -> Floats:
    return np.floor(spots[:, 0] * east + spots[:, 1] * north)


def _direction(seed: Ints) -> tuple[float, float]:
    """Return the way that streets run here: much the same for a few hundred metres around."""
    x, y = seed[:1], seed[1:]
    east = float(smooth("street east", x, y, 900)[0]) - 0.5
    north = float(smooth("street north", x, y, 900)[0]) - 0.5 + 1e-3
    length = float(np.sqrt(east * east + north * north))
    return east / length, north / length


def _lane_points(
    blocks: Blocks, number: int, count: int, inner: Polygon, rng: np.random.Generator
) -> Ints:
    """Lay farms and cottages along the lanes to the three nearest neighbours."""
    seed = blocks.seeds[number]
    beside = np.array(blocks.neighbours[number])
    gaps = ((blocks.seeds[beside] - seed) ** 2).sum(axis=1)
    ways = beside[np.argsort(gaps, kind="stable")[:3]]
    found: list[Ints] = []
    for _ in range(12):
        tries = between(rng, 0, len(ways) - 1, count * 2)
        far = 0.06 + 0.46 * rng.random(len(tries))
        spots = _on_lane(seed, blocks.seeds[ways[tries]], far)
        spots += between(rng, -28, 28, spots.size).reshape(-1, 2)
        found += [spot for spot in spots if shapely.contains_xy(inner, *spot)]
        if len(found) >= count:
            break
    return np.array(found[:count], dtype=np.int64).reshape(-1, 2)


def _on_lane(seed: Ints, ends: Ints, far: Floats) -> Ints:
    """Follow a bent lane part of the way; both ends bend it alike, so the halves meet."""
    low, high = np.minimum(seed, ends), np.maximum(seed, ends)
    keys = (low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    bend = (hashed("lane", *keys) - 0.5) * np.where((ends > seed)[:, 0], 0.5, -0.5)
    run = ends - seed
    aside = np.column_stack([-run[:, 1], run[:, 0]]) * bend[:, None]
    part = far[:, None]
    return np.floor(seed + run * part + aside * 2 * part * (1 - part)).astype(np.int64)


def _named(blocks: Blocks, seeds: Seeds, block: Ints) -> list[str]:
    """Give out postcodes: a district a post town, sectors within, and units street by street."""
    offices = [(int(row["easting"]), int(row["northing"])) for row in tables.rows("postal.csv")]
    starts = [int(((blocks.seeds - spot) ** 2).sum(axis=1).argmin()) for spot in offices]
    home = seeds.settlement[blocks.kept]
    district = spread(blocks.neighbours, blocks.seeds, home, starts)
    sector = bundle(blocks, district, SECTOR_BLOCKS, SECTOR_MOST)
    names = [""] * len(block)
    seen = np.zeros(len(offices), dtype=np.int64)
    for number in range(int(sector.max()) + 1):
        members = np.flatnonzero(sector[block] == number)
        town = int(district[block[members[0]]])
        seen[town] += 1
        outward = f"{AREA}{town + 1} {seen[town]}"
        for place, slot in zip(members, _slots(number, len(members)), strict=True):
            names[place] = f"{outward}{LETTERS[slot // 20]}{LETTERS[slot % 20]}"
    return names


def _slots(number: int, count: int) -> Ints:
    """Choose which of a sector's 400 units are in use: runs of neighbours, with gaps."""
    rng = stream(f"sector {number}")
    used = min(400, count + count // 5 + 3)
    return np.sort(shuffled(rng, used)[:count])


def _dates(total: int, dead: int) -> tuple[Ints, Ints]:
    """Draw when postcodes were introduced and, for the dead ones, when they were terminated."""
    rng = stream("dates")
    later = rng.random(total) < NEWER
    introduced = np.where(later, _month(between(rng, 1, 360, total)), 198001)
    gone = shuffled(rng, total)[:dead]
    terminated = np.zeros(total, dtype=np.int64)
    months = between(rng, 200, 395, dead)
    terminated[gone] = _month(months)
    introduced[gone] = np.where(later[gone], _month(months * 3 // 5), 198001)
    return introduced, terminated


def _month(months: Ints) -> Ints:
    """Count months from January 1980 as yyyymm."""
    return (1980 + months // 12) * 100 + months % 12 + 1


def _boxes() -> tuple[str, ...]:
    """Name the large users: sector 0 of the county town is kept for post boxes."""
    return tuple(f"{AREA}1 0{LETTERS[slot * 3]}{LETTERS[slot]}" for slot in range(UNPLACED))
