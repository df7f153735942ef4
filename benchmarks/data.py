"""The data of the jobs: the made-up county, and a list of 50,000 clients from a seed.

Only the standard library is used, and only few texts are held: the memory of this process would
count as that of the programs which it starts.
"""

from __future__ import annotations

import csv
import random
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEED = 2013
ROWS = 50_000
HARD_PRESSED_FROM = 44
# Of a thousand rows, how many are not a postcode of the directory; and clients listed twice.
DIRT: Mapping[str, int] = {
    "": 5,
    "not known": 4,
    "ZZ99 3VZ": 4,
    "BFPO 57": 1,
    "outward": 5,
    "elsewhere": 6,
    "slip": 8,
}
REPEATED = 7
# Real open data beside the repository; without them points are made up.
NATIONAL_DIRECTORY = (
    Path(__file__).parents[2] / "shared/realdata/postcodes/nspl_2025-05_latlong_gb_ci_iom.parquet"
)
UNTIDY = 30


@dataclass(frozen=True)
class Data:
    """Where the data are.

    ``county``: its files by name; the two project files of our jobs. ``nation``: a folder for the
    points and areas of a country, which are written when a job asks for them.
    """

    county: Mapping[str, Path]
    clients: Path
    profile: Path
    hubs: Path
    nation: Path


def write(folder: Path) -> Data:
    """Write the county, the list and the project files into a new folder."""
    folder.mkdir()
    subprocess.run(
        [sys.executable, "-m", "geodemand", "demo", str(folder)], check=True, capture_output=True
    )
    settings = tomllib.loads((folder / "geodemand.toml").read_text(encoding="utf-8"))
    county = _files(folder, settings)
    clients = folder / "clients-50k.csv"
    _write_clients(clients, county)
    shared = [_option("directory", postcodes=county["postcodes"])]
    profile = folder / "benchmark-profile.toml"
    profile.write_text(
        "\n".join(
            [
                *shared,
                _option("segments", file=county["segments"], scheme="acorn-2009"),
                _option("sets", HardPressed="category:5", HDF="44,46,48,49,51"),
                _option("clients.C50k", file=clients),
            ]
        )
    )
    hubs = folder / "benchmark-hubs.toml"
    lists = [_option(f"clients.{name}", file=county[name]) for name in ("CYP", "ACS", "NEET")]
    areas = [
        _option(f"areas.{name}", file=county[name])
        for name in ("localities", "social_care", "health")
    ]
    hubs.write_text("\n".join([*shared, *lists, *areas]))
    return Data(county, clients, profile, hubs, folder / "nation")


def points_file(folder: Path) -> Path:
    """Return the file of eastings and northings of a country, [2, points]."""
    return folder / "points.npy"


def areas_file(folder: Path, size: int, *, drawn_again: bool = False) -> Path:
    """Return the file of so many areas: a line each, as well-known binary in hexadecimal.

    ``drawn_again``: the same areas as another hand drew them.
    """
    return folder / f"areas-{size}{'-again' if drawn_again else ''}.txt"


def write_nation(folder: Path) -> None:
    """Write the points of the national directory, where there is one, and areas around them."""
    if not folder.exists():
        folder.mkdir()
        known = [NATIONAL_DIRECTORY] if NATIONAL_DIRECTORY.exists() else []
        subprocess.run(
            [sys.executable, "-m", "benchmarks.national", str(folder), *map(str, known)], check=True
        )


def _files(folder: Path, settings: Mapping[str, Any]) -> dict[str, Path]:
    """Return the files that the county's project names."""
    named = {
        name: entry["file"]
        for section in ("clients", "areas")
        for name, entry in settings[section].items()
    }
    named["postcodes"] = settings["directory"]["postcodes"]
    named["segments"] = settings["segments"]["file"]
    return {name: folder / file for name, file in named.items()}


def _option(section: str, **values: object) -> str:
    lines = [f"{key} = '{value}'" for key, value in values.items()]
    return "\n".join([f"[{section}]", *lines, ""])


def _write_clients(target: Path, county: Mapping[str, Path]) -> None:
    """Write clients of whom more live in some segments than in others, a few per cent dirty."""
    chance = random.Random(SEED)  # noqa: S311 - a benchmark's luck is no secret
    with county["segments"].open(newline="", encoding="utf-8") as lines:
        rows = [(row["postcode"], int(row["type"])) for row in csv.DictReader(lines)]
    weights = [3 if kind >= HARD_PRESSED_FROM else 1 for _, kind in rows]
    homes = chance.choices([postcode for postcode, _ in rows], weights, k=ROWS)
    again = ROWS * REPEATED // 1000
    with target.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["client_id", "postcode", "age"])
        for number, home in enumerate(homes):
            client = number - chance.randrange(1, 9) if number > ROWS - again else number
            writer.writerow([f"K{client:06d}", _as_written(home, chance), chance.randrange(18)])


def _as_written(postcode: str, chance: random.Random) -> str:
    """Return a postcode as a list has it: mostly right, sometimes untidy, sometimes something else.

    A repeated client's rows come out of the same dice, so their postcodes differ.
    """
    throw = chance.randrange(1000)
    for kind, share in DIRT.items():
        if throw < share:
            return _dirty(kind, postcode)
        throw -= share
    if throw < UNTIDY:
        untidy = (postcode.lower(), postcode.replace(" ", ""), f" {postcode.replace(' ', '-')}.")
        return untidy[throw % 3]
    return postcode


def _dirty(kind: str, postcode: str) -> str:
    outward, _, inward = postcode.partition(" ")
    made = {
        "outward": outward,
        "elsewhere": f"EF{outward[2:]} {inward}",
        "slip": f"{outward} {inward.replace('0', 'O').replace('1', 'I')[:2]}",
    }
    return made.get(kind, kind)
