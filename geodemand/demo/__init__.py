"""Sarrowshire: a county that does not exist, to try everything on without anybody's data.

It has a county town, eight market towns, estates, villages, boundaries that nearly agree, and
client lists with the faults of real ones. Nothing in it is drawn from a real place or person;
its postcode area is one that the Royal Mail does not use, and it lies in open sea.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from shapely.geometry import Point

from geodemand.demo import geojson, lists
from geodemand.demo.addresses import Addresses, address
from geodemand.demo.blocks import Blocks, divide
from geodemand.demo.boundaries import Area, Geographies, draw
from geodemand.demo.chance import between, shuffled, stream
from geodemand.demo.landscape import Land, Place, Seeds, estate_of, land, settle
from geodemand.demo.people import SERVICES, People, mix, populate

__all__ = ["files"]

FEWEST_CALLS, MOST_CALLS = 17, 140


def files() -> dict[str, bytes]:
    """Return the whole made-up county: what each file is called and what is in it.

    Names are relative to the folder that it is written to, with forward slashes. The bytes are
    the same every time.
    """
    county = land()
    seeds = settle(county)
    blocks = divide(county.outline, seeds.xy)
    areas = draw(county, seeds, blocks)
    live = sum(row["postcodes"] for row in mix())
    addresses = address(blocks, seeds, live, areas.hairs)
    people = populate(county, seeds, blocks, addresses)
    places = _places(county, seeds, blocks, addresses, people)
    texts = {
        "postcodes/postcodes.csv": _postcodes(areas, addresses, people),
        "segments/acorn.csv": _segments(addresses, people),
        **_client_files(areas, addresses, people),
        **{
            f"boundaries/{name}.geojson": geojson.collection(name, layer)
            for name, layer in {**areas.layers, "places": places}.items()
        },
    }
    return {name: text.encode() for name, text in sorted(texts.items())}


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a CSV table with line feeds, whatever the machine."""
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return page.getvalue()


def _postcodes(areas: Geographies, addresses: Addresses, people: People) -> str:
    """Write the directory; large users without a doorstep have neither position nor area."""
    lsoa = areas.lsoa[addresses.block]
    lsoa_codes = [area.code for area in areas.layers["lsoa"]]
    district_codes = [area.code for area in areas.layers["districts"]]
    rows: list[tuple[object, ...]] = [
        (
            name,
            *addresses.xy[number],
            addresses.introduced[number],
            addresses.terminated[number] or "",
            people.households[number] if addresses.live[number] else 0,
            people.residents[number] if addresses.live[number] else 0,
            areas.oa_codes[addresses.block[number]],
            lsoa_codes[lsoa[number]],
            district_codes[areas.district[lsoa[number]]],
        )
        for number, name in enumerate(addresses.names)
    ]
    rows += [(name, "", "", 198001, "", 0, 0, "", "", "") for name in addresses.unplaced]
    header = "postcode,easting,northing,introduced,terminated,households,residents"
    return _table([*header.split(","), "oa", "lsoa", "district"], sorted(rows, key=_first))


def _first(row: Sequence[object]) -> str:
    return str(row[0])


def _segments(addresses: Addresses, people: People) -> str:
    placed = zip(addresses.names, people.kind, strict=True)
    boxes = zip(addresses.unplaced, people.box_kind, strict=True)
    return _table(("postcode", "type"), sorted([*placed, *boxes], key=_first))


def _client_files(areas: Geographies, addresses: Addresses, people: People) -> dict[str, str]:
    """Write the list of each service, and that of the families."""
    locality = areas.locality[areas.lsoa[addresses.block]]
    names = addresses.names
    directory = lists.Directory(
        {name: areas.teams[number] for name, number in zip(names, locality, strict=True)},
        [names[home] for service in SERVICES for home in people.clients[service]],
        frozenset(name.replace(" ", "") for name in (*names, *addresses.unplaced)),
    )
    header = ("client_id", "postcode", "age", "team", "referral_date")
    texts = {}
    for service in SERVICES:
        homes = [names[home] for home in people.clients[service]]
        texts[f"clients/{service}.csv"] = _table(
            header, lists.client_list(service, homes, directory)
        )
    return {**texts, "clients/families.csv": _families(addresses, people)}


def _families(addresses: Addresses, people: People) -> str:
    """List the families that called the police out most, by number of calls."""
    homes = people.clients["families"]
    rng = stream("families")
    calls = FEWEST_CALLS + np.floor((MOST_CALLS - FEWEST_CALLS) * rng.random(len(homes)) ** 3)
    numbers = between(rng, 100, 999, 1)[0] + 7 * shuffled(rng, len(homes))
    rows = [
        (f"F{number:05d}", addresses.names[home], int(count))
        for number, home, count in zip(numbers, homes, calls, strict=True)
    ]
    rows.sort(key=_most_calls)
    return _table(("family_id", "postcode", "police_demand"), rows)


def _most_calls(row: tuple[str, str, int]) -> tuple[int, str]:
    return -row[2], row[0]


def _places(
    county: Land, seeds: Seeds, blocks: Blocks, addresses: Addresses, people: People
) -> tuple[Area, ...]:
    """Rank the places by how many people live there, so that a map knows which to name first."""
    home = seeds.settlement[blocks.kept]
    estate = estate_of(county, blocks.seeds)
    living: Counter[str] = Counter()
    for block, residents in zip(addresses.block, people.residents * addresses.live, strict=True):
        living[county.settlements[home[block]].name] += int(residents)
        if estate[block] >= 0:
            living[county.estates[estate[block]].name] += int(residents)

    def rank(place: Place) -> tuple[int, str]:
        return -living[place.name], place.name

    ranked = sorted((*county.settlements, *county.estates), key=rank)
    return tuple(
        Area(
            f"P{number:03d}",
            place.name,
            Point(place.x, place.y),
            {"kind": place.kind, "rank": number, "residents": round(living[place.name], -2)},
        )
        for number, place in enumerate(ranked, start=1)
    )
