"""Who lives where: the type of each postcode, its households, and the clients of each service.

How many postcodes and clients each type has stands in mix.csv and is met exactly; where a type
likes to live stands in where.csv and is followed as far as there is room.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from geodemand.demo import tables
from geodemand.demo.addresses import Addresses
from geodemand.demo.blocks import Blocks
from geodemand.demo.chance import (
    Bools,
    Floats,
    Ints,
    between,
    drawn,
    hashed,
    smooth,
    stream,
)
from geodemand.demo.landscape import Land, Seeds, estate_of

SERVICES: Final = ("cyp", "acs", "neet")
HARD_PRESSED: Final = range(44, 57)
"""The types of the scheme's last category."""
COAST_REACH: Final = 4000
THIN: Final = 0.5
"""Below this share of town the last houses of a town are half country."""
AT_TERMINATED: Final = 0.014
"""Share of clients whose list still has a postcode that has since been terminated."""

Row = Mapping[str, int]


@dataclass(frozen=True)
class People:
    """For each placed postcode its type and size, and where the clients are."""

    kind: Ints
    box_kind: Ints
    households: Ints
    residents: Ints
    need: Ints
    """How hard life is there, 0–100: what draws clients beyond what the type alone says."""
    clients: Mapping[str, Ints]
    """For each service the number of the postcode of each client; likewise the families."""


def mix() -> tuple[Row, ...]:
    """Read how many postcodes and clients each type has."""
    return tuple({key: int(value) for key, value in row.items()} for row in tables.rows("mix.csv"))


def populate(county: Land, seeds: Seeds, blocks: Blocks, addresses: Addresses) -> People:
    """Give every postcode a type and residents, and every service its clients."""
    rows = mix()
    traits = _traits(county, seeds, blocks, addresses)
    kind = _kinds(rows, traits, addresses)
    households, residents = _sizes(kind)
    need = np.floor(traits["need"] * 100).astype(np.int64)
    clients = {name: np.empty(0, dtype=np.int64) for name in (*SERVICES, "families")}
    for row in rows:
        found = _clients_of(row, kind, households * (60 + need), addresses)
        clients = {name: np.concatenate([clients[name], found[name]]) for name in clients}
    boxes = between(stream("boxes"), 13, 30, len(addresses.unplaced))
    return People(kind, boxes, households, residents, need, clients)


def _traits(county: Land, seeds: Seeds, blocks: Blocks, addresses: Addresses) -> dict[str, Floats]:
    """Describe each postcode's surroundings in numbers from 0 to 1."""
    x, y = addresses.xy.T
    home = seeds.settlement[blocks.kept][addresses.block]
    middle = np.array([(place.x, place.y) for place in county.settlements])[home]
    reach = np.array([place.reach for place in county.settlements])[home]
    out = np.sqrt(((addresses.xy - middle) ** 2).sum(axis=1)) / reach
    urban = home < len(county.towns)
    shore = np.asarray(shapely.distance(shapely.points(blocks.seeds), county.shore))
    town = np.clip(2.2 - 1.6 * out, 0, 1) * urban
    traits = {
        "city": town * (home == 0),
        "town": town * (home != 0),
        "village": 1.0 * (~urban & ~addresses.lane),
        "farm": 1.0 * addresses.lane + 0.25 * (urban & (town < THIN)),
        "coast": np.clip(1 - shore[addresses.block] / COAST_REACH, 0, 1),
        "centre": np.clip(1 - 1.9 * out, 0, 1) * urban,
        "grand": 0.75 * smooth("grand", x, y, 5200),
        "new": 0.8 * smooth("new", x, y, 1500) * np.clip(out, 0, 1) * urban,
        "terrace": 0.8 * np.clip(1 - 2 * np.abs(out - 0.45), 0, 1) * urban,
        "old": 0.9 * smooth("old", x, y, 1300),
        "student": np.zeros(len(x)),
        "young": np.zeros(len(x)),
        "need": _pockets(county, home, addresses),
    }
    within = estate_of(county, blocks.seeds)[addresses.block]
    mixed = np.minimum(1, 0.56 + 0.62 * hashed("estate", addresses.block))
    for number, estate in enumerate(county.estates):
        inside = within == number
        if estate.flavour:
            traits[estate.flavour] = np.where(inside, 1.0, traits[estate.flavour])
        traits["need"] = np.maximum(traits["need"], inside * mixed * estate.need / 100)
        traits["grand"] = np.where(inside & (estate.need > 0), 0.0, traits["grand"])
    return traits


def _pockets(county: Land, home: Ints, addresses: Addresses) -> Floats:
    """Find need outside the estates: some in every town, and a row of council houses anywhere."""
    base = np.array([place.need for place in county.settlements])[home] / 100
    x, y = addresses.xy.T
    luck = hashed("pocket", addresses.block)
    urban = home < len(county.towns)
    pocket = np.where(luck > np.where(urban, 0.955, 0.976), 0.55, 0.0)
    return np.maximum(base, np.maximum(pocket, 0.25 * smooth("hard", x, y, 1100) * urban))


def _kinds(rows: Sequence[Row], traits: Mapping[str, Floats], addresses: Addresses) -> Ints:
    """Let the types choose in turn, the choosiest first; the dead take a neighbour's type."""
    wanted = {row["type"]: row["postcodes"] for row in rows}
    live = np.flatnonzero(addresses.live)
    own = hashed("mood", *addresses.xy.T)
    hard = sum(count for kind, count in wanted.items() if kind in HARD_PRESSED)
    order = np.argsort(-(traits["need"] + 0.16 * own)[live], kind="stable")
    pools = {True: np.zeros(len(own), dtype=bool), False: np.zeros(len(own), dtype=bool)}
    pools[True][live[order[:hard]]] = True
    pools[False][live[order[hard:]]] = True
    kind = np.zeros(len(own), dtype=np.int64)
    for row in tables.rows("where.csv"):
        number = int(row["type"])
        pool = pools[number in HARD_PRESSED]
        liking = sum(int(row[name]) * trait for name, trait in traits.items())
        key = np.full_like(addresses.block, number)
        luck = 34 * hashed("block", addresses.block, key)
        luck += 14 * hashed("street", np.arange(len(own)) // 4, key)
        free = np.flatnonzero(pool)
        chosen = free[np.argsort(-(liking + luck)[free], kind="stable")[: wanted[number]]]
        kind[chosen] = number
        pool[chosen] = False
    return _inherited(kind, addresses)


def _inherited(kind: Ints, addresses: Addresses) -> Ints:
    """Give each terminated postcode the type of the living one nearest to it in its block."""
    kind = kind.copy()
    for dead in np.flatnonzero(~addresses.live):
        beside = np.flatnonzero(addresses.live & (addresses.block == addresses.block[dead]))
        gaps = ((addresses.xy[beside] - addresses.xy[dead]) ** 2).sum(axis=1)
        kind[dead] = kind[beside[gaps.argmin()]]
    return kind


def _sizes(kind: Ints) -> tuple[Ints, Ints]:
    """Draw households and residents: many small postcodes, a few large ones."""
    rng = stream("sizes")
    typical = {int(row["type"]): row for row in tables.rows("where.csv")}
    mean = np.array([int(typical[int(number)]["households"]) for number in kind])
    persons = np.array([int(typical[int(number)]["persons"]) for number in kind]) / 10
    luck = rng.random(len(kind))
    households = np.floor(mean * (0.3 + 0.92 * luck + 1.75 * luck**6) + 0.5)
    households = np.maximum(households, 1)
    residents = np.floor(households * persons * (0.82 + 0.36 * rng.random(len(kind))) + 0.5)
    return households.astype(np.int64), np.maximum(residents, 1).astype(np.int64)


def _clients_of(row: Row, kind: Ints, pull: Ints, addresses: Addresses) -> dict[str, Ints]:
    """Place all clients of one type's postcodes.

    In the last category exactly the wanted number of postcodes is home to a client of every
    service; elsewhere chance decides.
    """
    rng = stream(f"clients {row['type']}")
    live = np.flatnonzero((kind == row["type"]) & addresses.live)
    dead = np.flatnonzero((kind == row["type"]) & ~addresses.live)
    # A few doors are known to every service: hardship is not spread evenly along a street.
    uneven = np.floor(4 + 30 * rng.random(len(live)) ** 5).astype(np.int64)
    weights = pull[live] * uneven
    ruled = row["type"] in HARD_PRESSED
    meeting = _some(rng, weights, row["meeting"])
    held = {name: np.zeros(len(live), dtype=np.int64) for name in SERVICES}
    found: dict[str, list[int]] = {name: [] for name in SERVICES}
    for name in SERVICES:
        lost = round(row[name] * AT_TERMINATED) if len(dead) else 0
        found[name] += [int(dead[between(rng, 0, len(dead) - 1, 1)[0]]) for _ in range(lost)]
        held[name][meeting] += 1
    for name in reversed(SERVICES):
        for _ in range(row[name] - len(found[name]) - len(meeting)):
            open_to = _open(held, name, meeting) if ruled else np.ones_like(weights)
            held[name][drawn(rng, weights * open_to)] += 1
        found[name] += np.repeat(live, held[name]).tolist()
    homes = live[_some(rng, weights, row["families"])].tolist()
    return {name: np.array(at, dtype=np.int64) for name, at in {**found, "families": homes}.items()}


def _some(rng: np.random.Generator, weights: Ints, count: int) -> list[int]:
    """Draw so many different positions, heavy ones more often."""
    chosen: list[int] = []
    left = weights.copy()
    for _ in range(count):
        chosen.append(drawn(rng, left))
        left[chosen[-1]] = 0
    return sorted(chosen)


def _open(held: Mapping[str, Ints], name: str, meeting: list[int]) -> Ints:
    """Mark the postcodes where one more client would not make another meeting of all services."""
    others = [held[other] > 0 for other in SERVICES if other != name]
    full: Bools = np.logical_and.reduce(others)
    full[meeting] = False
    opening: Ints = (~full).astype(np.int64)
    return opening
