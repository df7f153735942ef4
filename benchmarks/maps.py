"""Jobs of maps: how large a page is, how long it takes to build, to open and to drag."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path

from benchmarks.harness import Bar, Job, python

NAME = "map"
PEER = Path(__file__).parent / "peers" / "maps_folium.py"
MARKER_CLUSTER = "leaflet.markercluster@1.1.0"  # the version that folium's page asks for
MB = 1e6
FIGURES_OF_READING = 2
COUNTY, REGION, COUNTRY = 25_000, 300_000, 1_700_000


@dataclass(frozen=True)
class Most(Bar):
    """What ours may be at most, whatever the peer is."""

    unit: str = ""

    def ratio(self, ours: float, peer: float) -> float:
        """Return ours."""
        del peer
        return ours

    def met(self, ratio: float) -> bool:
        """Say whether it is within the limit."""
        return ratio <= self.limit

    def __str__(self) -> str:
        """Return the bar as it is printed."""
        return f"≤ {self.limit:g} {self.unit}"


def jobs(folder: Path, county: Path) -> list[Job]:
    """Return the jobs over points, made in a folder, and over the project of a made-up county."""
    found = []
    for size, how, most_mb, build, usable in (
        (COUNTY, "markers", 0.8, 20, 4),
        (REGION, "clusters", 3, 3, 8),
    ):
        found += [
            _build(folder, size, how, "build", 0, Bar(build)),
            _build(folder, size, how, "page MB", 1, Most(most_mb, unit="MB")),
            _open(folder, size, how, "usable", 0, Bar(usable)),
        ]
    return [
        *found,
        _country(folder, "build, peer: reading the directory", 0, Bar(3, at_most=True)),
        _country(folder, "page MB", 1, Most(12, unit="MB")),
        _open(folder, COUNTRY, "ours", "usable, of 1.7 m", 0, Most(10, unit="s")),
        _open(folder, COUNTRY, "ours", "a pan, of 1.7 m", 1, Most(0.2, unit="s")),
        _county(county),
    ]


def _build(folder: Path, size: int, how: str, what: str, field: int, bar: Bar) -> Job:
    points = folder / f"{size}.npy"
    return Job(
        f"{NAME} of {size:,} postcodes, {what}, peer: {how}",
        python("-m", "benchmarks.maps_build", points, folder / f"ours-{size}.html"),
        python(PEER, how, points, folder / f"{how}.html"),
        python("-c", "pass"),
        bar,
        _same_points,
        step=_megabytes if field else partial(_figure, 0),
        prepare=partial(_points, folder, size),
        runs=1 if how == "markers" else 3,
    )


def _open(folder: Path, size: int, how: str, what: str, field: int, bar: Bar) -> Job:
    """Return the job of opening our page, and the peer's, which the jobs before have built."""
    libraries, program = folder / "libraries", "benchmarks.maps_open"
    ours = python("-m", program, "ours", folder / f"ours-{size}.html", libraries)
    peer = python("-m", program, how, folder / f"{how}.html", libraries)
    return Job(
        f"{NAME} of {size:,} postcodes, {what}" + ("" if how == "ours" else f", peer: {how}"),
        ours,
        ours if how == "ours" else peer,
        python("-c", "pass"),
        bar,
        _both_drawn,
        step=partial(_figure, field),
        prepare=partial(_pages, folder, size, how),
        # Half a second beside two is little: three pairs do not tell.
        runs={"clusters": 1, "markers": sys.maxsize}.get(how, 3),
    )


def _country(folder: Path, what: str, field: int, bar: Bar) -> Job:
    return Job(
        f"{NAME} of {COUNTRY:,} postcodes, {what}",
        python(
            *("-m", "benchmarks.maps_build", folder / f"{COUNTRY}.npy"),
            folder / f"ours-{COUNTRY}.html",
        ),
        python("-m", "benchmarks.maps_read", folder / "directory.parquet"),
        python("-c", "pass"),
        bar,
        _same_country,
        step=_megabytes if field else partial(_figure, 0),
        prepare=partial(_points, folder, COUNTRY),
        runs=3,
    )


def _county(project: Path) -> Job:
    """Return the job of a whole county's page: over 400 areas, 7 localities, four lists, tables."""
    ours = python("-m", "geodemand", "map", "--project", project, "-o", "-")
    return Job(
        f"{NAME} of a county, page MB",
        ours,
        python("-c", "pass"),
        python("-c", "pass"),
        Most(1, unit="MB"),
        lambda ours, _: _is_page(ours),
        step=lambda said: len(said.encode()) / MB,
        runs=1,
    )


def _points(folder: Path, size: int) -> None:
    if not (folder / f"{size}.npy").exists():
        subprocess.run(python("-m", "benchmarks.maps_data", folder, str(size)), check=True)


def _pages(folder: Path, size: int, how: str) -> None:
    """Build the pages, and fetch the libraries that the peer's page loads from other hosts."""
    _points(folder, size)
    points, libraries = folder / f"{size}.npy", folder / "libraries"
    page, other = folder / f"ours-{size}.html", folder / f"{how}.html"
    wanted = {page: python("-m", "benchmarks.maps_build", points, page)}
    if how != "ours":
        wanted[other] = python(PEER, how, points, other)
    for target, command in wanted.items():
        if not target.exists():
            subprocess.run(command, check=True, capture_output=True)
    libraries.mkdir(exist_ok=True)
    if how == "clusters":
        _fetch_clusters(libraries)
    for name in ("leaflet.js", "leaflet.css"):
        data = resources.files("xstatic.pkg.leaflet").joinpath("data", name).read_bytes()
        (libraries / name).write_bytes(data)


def _fetch_clusters(libraries: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("The peer's page of clusters needs a library that npm fetches: install npm.")
    quiet = ("--silent", "--no-fund", "--no-audit")
    subprocess.run([npm, "install", *quiet, "--prefix", libraries, MARKER_CLUSTER], check=True)


def _figure(field: int, said: str) -> float:
    return float(said.split()[field])


def _megabytes(said: str) -> float:
    """Return a page's size; of what reads a directory, none."""
    words = said.split()
    return float(words[1]) / MB if len(words) > FIGURES_OF_READING else 0.0


def _same_points(ours: str, peer: str) -> None:
    assert ours.split()[2] == peer.split()[2]


def _same_country(ours: str, peer: str) -> None:
    """Check that as many postcodes are drawn as the directory has a place for."""
    assert ours.split()[2] == peer.split()[1]


def _both_drawn(ours: str, peer: str) -> None:
    assert float(ours.split(maxsplit=1)[0]) > 0
    assert float(peer.split(maxsplit=1)[0]) > 0


def _is_page(said: str) -> None:
    assert said.startswith("<!DOCTYPE html>")
