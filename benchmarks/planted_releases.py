"""Leaks between releases: a small project on disk, and the commands that an analyst would type.

Each is planted in files that commands have written, and caught by a command: by the audit of a run
against the ledger of what was released before, or by ``geodemand release compare``. That it is a
leak is told from the figures in the files alone.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from click.testing import CliRunner, Result

from geodemand.cli import main
from geodemand.io import definitions

REFUSED = 15
WEST, SOUTH = 600_000, 250_000
# A row of places 100 m apart; localities meet at the tenth, teams at the eleventh.
PLACES, BORDER = 20, 10
POSTCODES = [f"IP1 {1 + n // 10}A{'ABDEFGHJLN'[n % 10]}" for n in range(PLACES)]
BETWEEN, OTHER = POSTCODES[BORDER], POSTCODES[-1]
# What an analyst does who hides few and leaves the rest as it is: no count is rounded.
OWN_POLICY = "exact.toml"
PROJECT = """title = "Planted"

[directory]
postcodes = "postcodes.csv"

[segments]
file = "segments.csv"
scheme = "acorn-2009"

[areas.localities]
file = "localities.geojson"

[areas.teams]
file = "teams.geojson"

[disclosure]
policy = "exact.toml"
"""
LIST = """
[clients.CYP]
file = "cyp.csv"
"""
UNDER_FIVE = """
[clients."Under five"]
file = "cyp.csv"
ages = [0, 4]
"""


@dataclass(frozen=True)
class County:
    """A project in a folder of its own. Commands are run as they are typed."""

    folder: Path

    @classmethod
    def made(cls, folder: Path, lists: str = LIST) -> County:
        """Write two geographies of two areas, the border of one a postcode further on."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        county = cls(folder)
        at = [f"{code},{WEST + 50 + 100 * n},{SOUTH + 50}" for n, code in enumerate(POSTCODES)]
        county.write("postcodes.csv", "\n".join(["postcode,easting,northing", *at]))
        county.write("segments.csv", "\n".join(["postcode,type", *(f"{p},44" for p in POSTCODES)]))
        county.write("localities.geojson", _areas("L", BORDER))
        county.write("teams.geojson", _areas("T", BORDER + 1))
        text = (definitions.FOLDER / "policies" / "public.toml").read_text(encoding="utf-8")
        exact = text.replace("base = 5", "base = 1").replace("rounded to the nearest 5", "exact")
        county.write(OWN_POLICY, exact)
        county.write("geodemand.toml", PROJECT + lists)
        return county

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        (self.folder / name).write_text(text + "\n", encoding="utf-8")

    def clients(self, held: Mapping[str, int], ages: Mapping[str, int] | None = None) -> None:
        """Write the list: so many clients at each postcode, and of them so many of nine years."""
        rows = []
        for postcode, count in held.items():
            older = (ages or {}).get(postcode, 0)
            rows += [f"{postcode},{9 if n < older else 3}" for n in range(count)]
        numbered = [f"c{number},{row}" for number, row in enumerate(rows)]
        self.write("cyp.csv", "\n".join(["id,postcode,age", *numbered]))

    def run(self, *words: str) -> Result:
        """Run a command on the project."""
        asked = [*words, "--project", str(self.folder / "geodemand.toml")]
        return CliRunner(catch_exceptions=False).invoke(main, asked)

    def released(self, geography: str, name: str) -> dict[tuple[str, str], object]:
        """Release clients by area; return what the file shows by list and area, or nothing.

        Nothing is shown where the run is refused.
        """
        target = self.folder / "outputs" / name
        asked = ["--by", geography, "--out", str(target), "--format", "json", "--quiet"]
        found = self.run("profile", *asked)
        if found.exit_code == REFUSED:
            return {}
        if found.exit_code:
            raise RuntimeError(found.stderr)
        text = (target / "profile.json").read_text(encoding="utf-8")
        rows = json.loads(text)["by_place"]
        return {(row["list"], row["area"]): row["clients"] for row in reversed(rows)}

    def compared(self) -> tuple[int, list[Mapping[str, Any]]]:
        """Compare the two releases of the ledger: exit code, and what is told."""
        found = self.run("release", "compare", *self.names, "--json")
        return found.exit_code, json.loads(found.stdout)["told"]

    @property
    def names(self) -> list[str]:
        """Return the names of the releases; two of one second stand in any order."""
        entries = self.ledger.glob("*.release.json")
        return sorted(each.name.removesuffix(".release.json") for each in entries)

    @property
    def ledger(self) -> Path:
        """Return the folder of the ledger of releases."""
        return self.folder / "releases"

    def forget(self) -> None:
        """Put the ledger aside, as who releases from two folders does."""
        self.ledger.rename(self.folder / "aside")

    def remember(self) -> None:
        """Bring it back."""
        for each in (self.folder / "aside").iterdir():
            each.rename(self.ledger / each.name)


def _areas(letter: str, border: int) -> str:
    """Return two areas side by side as GeoJSON."""
    ends = [0, 100 * border, 100 * PLACES]
    features = []
    for number, (west, east) in enumerate(pairwise(ends), 1):
        shape = shapely.box(WEST + west, SOUTH, WEST + east, SOUTH + 100)
        features.append(
            {
                "type": "Feature",
                "properties": {"code": f"{letter}{number}", "name": f"Area {letter}{number}"},
                "geometry": json.loads(shapely.to_geojson(shape)),
            }
        )
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    return json.dumps({"type": "FeatureCollection", "crs": crs, "features": features})


def _held(seed: int, few: int) -> dict[str, int]:
    """Return clients by postcode: few between the borders, many on either side."""
    west, east = np.random.default_rng(seed).integers(20, 90, 2).tolist()
    return {POSTCODES[0]: west, BETWEEN: few, OTHER: east}


def _apart(first: Mapping[Any, object], second: Mapping[Any, object]) -> int | None:
    """Return team 1 less locality 1 as two files show them; None where they do not."""
    one, other = second.get(("CYP", "T1")), first.get(("CYP", "L1"))
    return one - other if isinstance(one, int) and isinstance(other, int) else None


def geographies(folder: Path, seed: int, few: int) -> tuple[bool, bool]:
    """Return whether teams beside localities tell of few, and whether that is caught.

    The two are released from ledgers that know nothing of each other, and then compared; and the
    second one is asked for again with the ledger at hand.
    """
    county = County.made(folder)
    county.clients(_held(seed, few))
    first = county.released("localities", "first")
    county.forget()
    second = county.released("teams", "second")
    (own,) = county.names
    county.remember()
    code, told = county.compared()
    seen = code == REFUSED and any(
        each["places"] == f"postcode {BETWEEN}" and each["is"] == str(few) for each in told
    )
    withdrawn = county.run("release", "withdraw", own, "--why", "planted")
    again = county.released("teams", "third")
    held = withdrawn.exit_code == 0 and _apart(first, again) is None
    return _apart(first, second) == few, seen and held


def dates(folder: Path, seed: int, few: int) -> tuple[bool, bool]:
    """Return whether two dates of a list tell of few, and whether that is caught.

    By turns: few have come to one area between the dates, which the comparison of the two releases
    tells; or the second is by other areas, after the list has grown elsewhere, and is audited
    against the first.
    """
    county = County.made(folder)
    if seed % 2:
        held = _held(seed, few)
        county.clients(held)
        first = county.released("localities", "first")
        county.forget()
        county.clients({**held, OTHER: held[OTHER] + 40})
        second = county.released("teams", "second")
        county.ledger.rename(county.folder / "another")
        (county.folder / "aside").rename(county.ledger)
        again = county.released("teams", "third")
        return _apart(first, second) == few, _apart(first, again) is None
    held = _held(seed, 0)
    county.clients(held)
    first = county.released("localities", "first")
    county.clients({**held, OTHER: held[OTHER] + few})
    second = county.released("localities", "second")
    before, after = (each.get(("CYP", "L2")) for each in (first, second))
    if not (isinstance(before, int) and isinstance(after, int)):
        return False, False
    _, told = county.compared()
    return after - before == few, any(each["is"] in {f"+{few}", f"-{few}"} for each in told)


def filtered(folder: Path, seed: int, few: int) -> tuple[bool, bool]:
    """Return whether all children beside those under five tell of few, and whether that is caught.

    As they are told by two projects that know nothing of each other, and by one.
    """
    held = _held(seed, few + 30)
    older = {BETWEEN: few, POSTCODES[0]: held[POSTCODES[0]] // 2}
    shown: dict[tuple[str, str], object] = {}
    for name, lists in (("all", LIST), ("young", UNDER_FIVE)):
        county = County.made(folder / name, lists)
        county.clients(held, older)
        shown |= county.released("localities", name)
    county = County.made(folder / "both", LIST + UNDER_FIVE)
    county.clients(held, older)
    both = county.released("localities", "both")
    return _rest(shown) == few, _rest(both) != few


def _rest(shown: Mapping[tuple[str, str], object]) -> int | None:
    """Return all less those under five in an area, None where a file does not show both."""
    every, young = (shown.get((name, "L2")) for name in ("CYP", "Under five"))
    return every - young if isinstance(every, int) and isinstance(young, int) else None


def sharp_surface(folder: Path, seed: int) -> tuple[int, bool]:
    """Ask for a map under a policy of one's own that draws surfaces sharply: refused, not drawn."""
    county = County.made(folder)
    county.clients(_held(seed, 5))
    text = (county.folder / OWN_POLICY).read_text(encoding="utf-8")
    sharp = text.replace("surface_neighbours = 10", "surface_neighbours = 1")
    county.write(
        OWN_POLICY, sharp.replace("surface_bandwidth_m = 500", "surface_bandwidth_m = 300")
    )
    target = county.folder / "map.html"
    found = county.run("map", "--out", str(target))
    return found.exit_code, target.exists()
