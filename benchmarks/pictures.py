"""Jobs of pictures for papers: a county's small areas by rate, as PNG, SVG and PDF."""

from __future__ import annotations

import subprocess
from functools import partial
from pathlib import Path

from benchmarks.harness import Bar, Job, python

NAME = "picture"
PEER = Path(__file__).parent / "peers" / "pictures_geopandas.py"
GEOGRAPHY, LIST = "lsoa", "CYP"
LAYERS = ("map-lsoa.geojson", "map-hubs.geojson")


def jobs(folder: Path, project: Path) -> list[Job]:
    """Return a job for each format, over the project of a made-up county.

    Both draw the same protected figures of the same areas, from memory; ours has names of areas, a
    key with all that is explained there, a scale and the rules beside.
    """
    return [_job(folder, project, how) for how in ("png", "svg", "pdf")]


def _job(folder: Path, project: Path, how: str) -> Job:
    ours, peer = (folder / f"{whose}.{how}" for whose in ("ours", "peer"))
    layers = [folder / each for each in LAYERS]
    return Job(
        f"{NAME} of a county, {how.upper()}, peer: geopandas",
        python("-m", "benchmarks.pictures_draw", project, GEOGRAPHY, LIST, how, ours),
        python(PEER, *layers, f"{LIST}_rate", how, peer),
        python("-c", "import matplotlib.figure"),
        Bar(1),
        _same_areas,
        prepare=partial(_layers, folder, project),
        step=_seconds,
    )


def _layers(folder: Path, project: Path) -> None:
    """Write the layers that the peer draws: the figures that ours draws."""
    if (folder / LAYERS[0]).exists():
        return
    folder.mkdir(exist_ok=True)
    made = ("geodemand", "map", "--project", project, "--shade", GEOGRAPHY, "--no-release")
    subprocess.run(python("-m", *made, "-q", "--format", "geojson", "--out", folder), check=True)


def _seconds(said: str) -> float:
    return float(said.split(maxsplit=1)[0])


def _same_areas(ours: str, peer: str) -> None:
    assert ours.split()[2] == peer.split()[2]
