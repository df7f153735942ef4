"""The geographies that services work to, all made of the same census blocks.

Because every area is a union of blocks, boundaries that should agree agree to the metre. The
differences that a real county has are then put in on purpose: social care was drawn from
another map and is a few metres off along its inner lines; health really cuts two pieces off
differently; two school partnerships reach over a locality's edge.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import shapely
from shapely.geometry import Point, Polygon

from geodemand.demo import tables
from geodemand.demo.blocks import Blocks, bundle, merged, metres, sides, spread, touching
from geodemand.demo.chance import Bools, Ints, hashed, smooth
from geodemand.demo.landscape import Land, Seeds, estate_of

LSOA_BLOCKS: Final = 5
LSOA_MOST: Final = 8
HAIR: Final = 5
"""Metres that a redrawn corner may be off, each way."""


@dataclass(frozen=True)
class Area:
    """One feature of a geography."""

    code: str
    name: str
    shape: Polygon | Point
    more: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Geographies:
    """All the areas, and which census area belongs to which of them."""

    lsoa: Ints
    """For each block its LSOA; the four below say for each LSOA its area of that kind."""
    district: Ints
    locality: Ints
    partnership: Ints
    health: Ints
    oa_codes: tuple[str, ...]
    layers: Mapping[str, tuple[Area, ...]]

    @property
    def hairs(self) -> list[Polygon]:
        """The slivers between the localities and social care's drawing of them."""
        pairs = zip(self.layers["localities"], self.layers["social_care"], strict=True)
        pieces = [shapely.get_parts(one.shape.difference(other.shape)) for one, other in pairs]
        return [piece for group in pieces for piece in group if isinstance(piece, Polygon)]

    @property
    def teams(self) -> tuple[str, ...]:
        """The hub team of each locality."""
        return tuple(f"{area.name} Hub Team" for area in self.layers["localities"])


@dataclass(frozen=True)
class _Units:
    """LSOAs as the pieces that larger areas are made of."""

    polygons: list[Polygon]
    xy: Ints
    kin: Ints
    neighbours: tuple[tuple[int, ...], ...]


def draw(county: Land, seeds: Seeds, blocks: Blocks) -> Geographies:
    """Make every geography of the county."""
    home = seeds.settlement[blocks.kept]
    towns = len(county.towns)
    offices = tables.rows("offices.csv")
    block_district = _districts(blocks, home, [row for row in offices if row["kind"] == "district"])
    lsoa = bundle(blocks, block_district, LSOA_BLOCKS, LSOA_MOST)
    firsts = np.unique(lsoa, return_index=True)[1]
    units = _units(blocks, lsoa, home, towns)
    hubs = [row for row in offices if row["kind"] == "locality"]
    locality = spread(units.neighbours, units.xy, units.kin, _nearest(units.xy, hubs))
    nested = _partnerships(units, locality, [int(row["partnerships"]) for row in hubs])
    names = [row["name"] for row in hubs]
    partnership = _excepted("partnerships", units, locality, nested, names)
    health = _excepted("health", units, locality, locality, names)
    hub = locality[np.unique(nested, return_index=True)[1]][partnership]
    district = block_district[firsts]
    codes = _oa_codes(blocks, lsoa)
    labels = _partnership_names(county, blocks, home, partnership[lsoa])
    layers = {
        "county": _layer("SF", ["Sarrowshire"], merged(units.polygons, np.zeros_like(locality))),
        "localities": _layer("L", names, merged(units.polygons, locality)),
        "hub_areas": _layer("HA", names, merged(units.polygons, hub)),
        "hubs": _hub_points(hubs),
        "social_care": _layer("SC", names, _redrawn(merged(units.polygons, locality), "care", 0.3)),
        "health": _layer("HL", names, _redrawn(merged(units.polygons, health), "health", 0.62)),
        "school_partnerships": _layer("SP", labels, merged(units.polygons, partnership)),
        "districts": _layer("D", _names(offices, "district"), merged(units.polygons, district)),
        "lsoa": _layer("LS", _lsoa_names(district, offices), units.polygons),
        "oa": _blocks_layer(blocks, codes),
    }
    return Geographies(lsoa, district, locality, partnership, health, codes, layers)


def _names(offices: list[dict[str, str]], kind: str) -> list[str]:
    return [row["name"] for row in offices if row["kind"] == kind]


def _nearest(xy: Ints, rows: Sequence[Mapping[str, str]]) -> list[int]:
    """Return the unit nearest to each office."""
    spots = [(int(row["easting"]), int(row["northing"])) for row in rows]
    return [int(((xy - spot) ** 2).sum(axis=1).argmin()) for spot in spots]


def _districts(blocks: Blocks, home: Ints, offices: list[dict[str, str]]) -> Ints:
    """Make the county town a borough of its own and share the rest out among the other councils."""
    country = [
        [] if home[block] == 0 else [other for other in beside if home[other] != 0]
        for block, beside in enumerate(blocks.neighbours)
    ]
    return spread(country, blocks.seeds, home, _nearest(blocks.seeds, offices[1:])) + 1


def _units(blocks: Blocks, lsoa: Ints, home: Ints, towns: int) -> _Units:
    """Describe the LSOAs; only those of towns are kin, since villages may well be parted."""
    polygons = merged(blocks.polygons, lsoa)
    members = [np.flatnonzero(lsoa == number) for number in range(len(polygons))]
    xy = np.array([blocks.seeds[group].sum(axis=0) // len(group) for group in members])
    kin = np.array([Counter(home[group].tolist()).most_common(1)[0][0] for group in members])
    apart = -1 - np.arange(len(kin))
    return _Units(polygons, xy, np.where(kin < towns, kin, apart), touching(polygons))


def _partnerships(units: _Units, locality: Ints, counts: list[int]) -> Ints:
    """Split each locality into the catchments of schools that lie well apart."""
    starts: list[int] = []
    for number, count in enumerate(counts):
        inside = np.flatnonzero(locality == number)
        chosen = [int(inside[0])]
        while len(chosen) < count + 1:
            gaps = _hops(units, locality == number, chosen)
            chosen.append(int(inside[gaps[inside].argmax()]))
        starts += chosen[1:]
    fenced = [
        [other for other in beside if locality[other] == locality[unit]]
        for unit, beside in enumerate(units.neighbours)
    ]
    return spread(fenced, units.xy, units.kin, starts)


def _hops(units: _Units, inside: Bools, starts: list[int]) -> Ints:
    """Count the steps from the nearest start; a step into a dense town counts like a long one."""
    steps = np.full(len(inside), -1)
    edge = list(starts)
    steps[edge] = 0
    while edge:
        unit = edge.pop(0)
        for other in units.neighbours[unit]:
            if inside[other] and steps[other] < 0:
                steps[other] = steps[unit] + 1
                edge.append(other)
    return steps


def _excepted(layer: str, units: _Units, locality: Ints, owner: Ints, names: list[str]) -> Ints:
    """Move the listed groups of LSOAs over to an area on the other side of a locality's edge."""
    owner = owner.copy()
    for row in tables.rows("exceptions.csv"):
        if row["geography"] == layer:
            spot = np.array([int(row["easting"]), int(row["northing"])])
            source = locality == names.index(row["from"])
            target = locality == names.index(row["to"])
            _shift(units, owner, source, target, spot, int(row["lsoas"]))
    return owner


def _shift(
    units: _Units, owner: Ints, source: Bools, target: Bools, spot: Ints, count: int
) -> None:
    """Grow a piece of the source out from its edge with the target, and hand it over."""

    def far(unit: int) -> tuple[int, int]:
        return metres(units.xy[unit], spot), unit

    edge = [
        u for u in np.flatnonzero(source).tolist() if any(target[o] for o in units.neighbours[u])
    ]
    piece = [min(edge, key=far)]
    heir = owner[min((o for o in units.neighbours[piece[0]] if target[o]), key=far)]
    while len(piece) < count:
        reach = {other for unit in piece for other in units.neighbours[unit] if source[other]}
        piece.append(min(reach - set(piece), key=far))
    owner[piece] = heir


def _redrawn(polygons: list[Polygon], salt: str, share: float) -> list[Polygon]:
    """Move the corners of inner lines by a few metres, the same for both neighbours.

    Here and there the two maps agree; the county's own outline is never touched.
    """
    pieces = sides(polygons)
    outer = {corner for piece, owners in pieces.items() if len(owners) == 1 for corner in piece}
    corners = sorted({corner for piece in pieces for corner in piece} - outer)
    x, y = np.array(corners, dtype=np.int64).T
    off = [np.floor(hashed(salt + way, x, y) * (2 * HAIR + 1)) - HAIR for way in ("east", "north")]
    moved = smooth(salt, x, y, 3000) >= share
    shifts = {
        corner: (corner[0] + east, corner[1] + north)
        for corner, east, north, go in zip(corners, *off, moved, strict=True)
        if go
    }

    def ring(line: shapely.LinearRing) -> list[tuple[float, float]]:
        return [shifts.get((cx, cy), (cx, cy)) for cx, cy in line.coords]

    return [Polygon(ring(p.exterior), [ring(hole) for hole in p.interiors]) for p in polygons]


def _layer(prefix: str, names: Sequence[str], shapes: Sequence[Polygon]) -> tuple[Area, ...]:
    """Give areas numbers of as many digits as the last one needs."""
    digits = len(str(len(shapes)))
    return tuple(
        Area(prefix if len(shapes) == 1 else f"{prefix}{number:0{digits}d}", name, shape)
        for number, (name, shape) in enumerate(zip(names, shapes, strict=True), start=1)
    )


def _lsoa_names(district: Ints, offices: list[dict[str, str]]) -> list[str]:
    counted: Counter[str] = Counter()
    names = []
    for number in district:
        name = _names(offices, "district")[number]
        counted[name] += 1
        names.append(f"{name} {counted[name]:03d}")
    return names


def _oa_codes(blocks: Blocks, lsoa: Ints) -> tuple[str, ...]:
    """Give the blocks numbers, LSOA by LSOA, from north to south."""
    order = np.lexsort((blocks.seeds[:, 0], -blocks.seeds[:, 1], lsoa))
    numbers = np.empty(len(lsoa), dtype=np.int64)
    numbers[order] = np.arange(1, len(lsoa) + 1)
    return tuple(f"OA{number:04d}" for number in numbers)


def _blocks_layer(blocks: Blocks, codes: tuple[str, ...]) -> tuple[Area, ...]:
    areas = [Area(code, code, shape) for code, shape in zip(codes, blocks.polygons, strict=True)]
    return tuple(sorted(areas, key=lambda area: area.code))


def _partnership_names(county: Land, blocks: Blocks, home: Ints, partnership: Ints) -> list[str]:
    """Name each after the settlement, in the county town the estate, of most of its blocks."""
    estate = estate_of(county, blocks.seeds)
    names: list[str] = []
    for number in range(int(partnership.max()) + 1):
        counted: Counter[str] = Counter()
        for block in np.flatnonzero(partnership == number):
            counted[county.settlements[home[block]].name] += 2
            if estate[block] >= 0:
                counted[county.estates[estate[block]].name] += 1 if home[block] else 3
        names.append(next(name for name, _ in counted.most_common() if name not in names))
    return names


def _hub_points(hubs: list[dict[str, str]]) -> tuple[Area, ...]:
    return tuple(
        Area(
            f"H{number}",
            f"{row['name']} Hub",
            Point(int(row["easting"]), int(row["northing"])),
            {"locality": f"L{number}"},
        )
        for number, row in enumerate(hubs, start=1)
    )
