"""The jobs, their peers and bars, and how their figures are compared."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.data import Data, areas_file, points_file, write_nation
from benchmarks.harness import Bar, Job, python
from geodemand.cli import COMMANDS

PEERS = Path(__file__).parent / "peers"
SCHEME = Path(__file__).parent.parent / "geodemand/definitions/segmentations/acorn-2009.csv"
EXACT = ("--policy", "internal", "--reason", "made-up data", "--json")
LEVELS = ("--level", "category", "--level", "group", "--level", "type")
MANY_AREAS = 1_000
SIZES = (7, 330, 35_000)
# Libraries that --help has no use for.
HEAVY = ("numpy", "pandas", "geopandas", "shapely", "folium", "duckdb", "pyproj")
LISTED_BY = ("a", "b", "unit_a", "unit_b", "kind")
# Half of the last digit that we write, and a little more for arithmetic.
HALF_DIGIT = {
    **dict.fromkeys(("share", "base_share", "misplaced_share", "p", "q"), 5.1e-7),
    **dict.fromkeys(("index", "index_low", "index_high", "total", "misplaced"), 5.1e-3),
    "penetration": 5.1e-5,
    "hectares": 5.1e-3,
}


def jobs(data: Data) -> list[Job]:
    """Return all jobs over the data."""
    county = data.county
    return [
        Job(
            "--help",
            python("-m", "geodemand", "--help"),
            python(PEERS / "bare_click.py", str(len(COMMANDS)), "--help"),
            python("-c", "pass"),
            Bar(1.3, at_most=True),
            _same_help,
        ),
        Job(
            "profile, 50,000 clients",
            python("-m", "geodemand", "profile", "--project", data.profile, *LEVELS, *EXACT),
            python(
                PEERS / "profile_pandas.py",
                *(county["postcodes"], county["segments"], SCHEME, data.clients),
            ),
            python(PEERS / "floor.py", county["postcodes"], county["segments"], data.clients),
            Bar(2),
            _same_profile,
        ),
        _hubs(data, "pairs", _same_pairs),
        _hubs(data, "mismatches", _same_mismatches),
        *(_locate(data, size, "geopandas") for size in SIZES),
        *(
            _locate(data, size, "sedona")
            for size in SIZES
            if find_spec("sedonadb") and find_spec("geoarrow")
        ),
    ]


def _hubs(data: Data, figures: str, check: Callable[[str, str], None]) -> Job:
    """Return the job of `hubs`, which always gives all figures, beside a script that gives some."""
    county = data.county
    areas = [county[name] for name in ("localities", "social_care", "health")]
    lists = {name: county[name] for name in ("CYP", "ACS", "NEET")}
    return Job(
        f"hubs, county, peer: {figures}",
        python(
            *("-m", "geodemand", "hubs", "--project", data.hubs, *EXACT),
            *("--relation", "localities,social_care,same"),
            *("--relation", "localities,health,same"),
        ),
        python(
            *(PEERS / "hubs_geopandas.py", figures, county["postcodes"], *areas),
            *(f"{name}={path}" for name, path in lists.items()),
        ),
        python(PEERS / "floor.py", county["postcodes"], *areas, *lists.values()),
        Bar(3),
        check,
    )


def _locate(data: Data, size: int, peer: str) -> Job:
    """Return the job of placing the points of the country in so many areas.

    SedonaDB, 70 MB, is a peer only where it is installed: `pip install sedonadb geoarrow-pyarrow`.
    """
    files = (points_file(data.nation), areas_file(data.nation, size))
    least = 5 if size > MANY_AREAS else 20
    return Job(
        f"areas of 2.6 m points, {size:,}, peer: {peer}",
        python(PEERS.parent / "locate.py", *files),
        python(PEERS / f"locate_{peer}.py", *files),
        python(PEERS / "locate_floor.py", *files),
        Bar(least if peer == "geopandas" else 1),
        _same_areas,
        step=lambda said: float(said.split()[0]),
        prepare=lambda: write_nation(data.nation),
        megabytes=1_200,
        runs=sys.maxsize if size > MANY_AREAS or peer == "sedona" else 1,
    )


def _same_areas(ours: str, peer: str) -> None:
    """Check that both have the same area for every point."""
    assert ours.split()[1:] == peer.split()[1:]


def _same_help(ours: str, peer: str) -> None:
    """Check that both list as many commands, and that ours loads nothing heavy for it."""
    assert "Commands:" in ours
    assert peer.count("command-") == len(COMMANDS)
    told = subprocess.run(
        python("-X", "importtime", "-m", "geodemand", "--help"),
        check=True,
        capture_output=True,
        text=True,
    ).stderr
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in told.splitlines()}
    assert not loaded & set(HEAVY), f"--help loads {', '.join(sorted(loaded & set(HEAVY)))}"


def _same_profile(ours: str, peer: str) -> None:
    found, wanted = json.loads(ours), json.loads(peer)
    rows = [record for record in found["profile"] if record["level"] != "all"]
    _same_records(rows, wanted["profile"], ("level", "segment"))
    _same_records(found["ledger"], wanted["ledger"], ())


def _same_pairs(ours: str, peer: str) -> None:
    found, wanted = json.loads(ours), json.loads(peer)
    _same_records(found["pairs"], wanted["pairs"], ("a", "b", "weight"))


def _same_mismatches(ours: str, peer: str) -> None:
    """Check the pairs and every mismatch: of one pair of areas, the largest first."""
    _same_pairs(ours, peer)
    found, wanted = (_numbered(json.loads(said)["mismatches"]) for said in (ours, peer))
    _same_records(found, wanted, (*LISTED_BY, "number"))


def _numbered(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Number the pieces of one pair of areas and kind, the largest first."""
    seen: Counter[tuple[str, ...]] = Counter()
    numbered = []
    for record in sorted(records, key=lambda each: -each["hectares"]):
        key = tuple(record[name] for name in LISTED_BY)
        numbered.append({**record, "number": seen[key]})
        seen[key] += 1
    return numbered


def _same_records(
    ours: Iterable[Mapping[str, Any]], peer: Iterable[Mapping[str, Any]], key: tuple[str, ...]
) -> None:
    """Check that both have the same rows, and every figure of the peer's stands in ours."""
    found = {tuple(record[name] for name in key): record for record in ours}
    wanted = {tuple(record[name] for name in key): record for record in peer}
    assert found.keys() == wanted.keys(), f"rows differ: {found.keys() ^ wanted.keys()}"
    for row, record in wanted.items():
        for name in record.keys() - set(key):
            own, other = found[row][name], record[name]
            where = f"{row} {name}: ours {own}, peer {other}"
            if own is None or not math.isfinite(other):  # pandas writes NaN
                assert own is None, where
                assert not math.isfinite(other), where
            else:
                assert abs(own - other) <= _allowed(name, other), where


def _allowed(name: str, figure: float) -> float:
    """Return by how much a figure of ours may differ from the peer's."""
    if name == "width_m":
        # Both search for the largest circle: the peer to half a metre, we to a tenth of the width.
        return 1 + figure / 10
    return HALF_DIGIT.get(name, 0)
