"""The jobs of laying one geography over another, of a country: overlay and weights."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.data import Data, areas_file, points_file, write_nation
from benchmarks.harness import Bar, Job, python

HERE = Path(__file__).parent
# The land of both, by two programs, may differ by so much, as a share.
SAME_LAND = 1e-6
# Where in what they say the land of both stands.
BOTH = 5
# PostGIS takes minutes for these.
ONCE = 1
EXTENSIONS = Path("/usr/share/postgresql")
GET_POSTGIS = "sudo apt-get install postgresql-postgis"


def jobs(data: Data) -> list[Job]:
    """Return the overlays beside geopandas, with and without what lies in one only, and PostGIS."""
    folder = data.nation
    fine, again = areas_file(folder, 35_000), areas_file(folder, 35_000, drawn_again=True)
    middle, coarse = areas_file(folder, 330), areas_file(folder, 7)
    cases = (
        ("nested, 35,000 in 330", (fine, middle), 4.0),
        ("perturbed, 35,000 by 35,000", (fine, again), 1.2),
        ("7 by 330", (coarse, middle), 1.5),
    )
    found, postgis = [], any(EXTENSIONS.glob("*/extension/postgis.control"))
    for name, files, least in cases:
        for how in ("union", "intersection"):
            peer = python(HERE / "peers/overlay_geopandas.py", how, *files)
            found.append(_job(f"overlay {name}, {how}", data, files, peer, Bar(least)))
        if postgis:
            peer = python(HERE / "peers/overlay_postgis.py", *files)
            found.append(_job(f"overlay {name}, PostGIS", data, files, peer, Bar(1)))
    return [*found, _weights(data, (fine, middle)), _weights(data, (coarse, middle))]


def _job(name: str, data: Data, files: Sequence[Path], peer: Sequence[str], bar: Bar) -> Job:
    return Job(
        name,
        python(HERE / "overlay.py", *files),
        peer,
        python(HERE / "peers/overlay_floor.py", *files),
        bar,
        _same_land,
        step=_seconds,
        step_cpu=lambda said: float(said.split(maxsplit=2)[1]),
        prepare=_prepare(data),
        runs=ONCE if "perturbed" in name else 3,
    )


def _weights(data: Data, files: Sequence[Path]) -> Job:
    """Return the job of all weights of a pair beside looking its points up in both geographies.

    That is what weights need in any case; all that is added up from them is what the bar is about.
    """
    command = python(HERE / "overlay.py", *files, points_file(data.nation))
    once = python(HERE / "locate.py", points_file(data.nation), *files)
    counts = " by ".join(file.stem.removeprefix("areas-") for file in files)
    return Job(
        f"overlay weights of 2.6 m points, {counts}",
        command,
        once,
        python(HERE / "peers/locate_floor.py", points_file(data.nation), files[0]),
        Bar(2, at_most=True),
        lambda ours, _: None if int(ours.split()[2]) else _fail(ours),
        step=_seconds,
        prepare=_prepare(data),
        runs=3,
    )


def _prepare(data: Data) -> Callable[[], None]:
    """Return what writes the areas, and says where there is no PostGIS to compare with."""

    def prepare() -> None:
        write_nation(data.nation)
        if not any(EXTENSIONS.glob("*/extension/postgis.control")):
            sys.stderr.write(f"No PostGIS here. On Debian or Ubuntu: {GET_POSTGIS}\n")

    return prepare


def _seconds(said: str) -> float:
    """Return what a program says that its step took."""
    return float(said.split(maxsplit=1)[0])


def _same_land(ours: str, peer: str) -> None:
    """Check that ours accounts for all land, and that both have as much of it in both."""
    own, other = ours.split(), peer.split()
    assert float(own[-1]) <= SAME_LAND, ours
    both, theirs = float(own[BOTH]), float(other[BOTH] if len(other) > BOTH else other[-1])
    assert abs(both - theirs) <= SAME_LAND * both, f"{ours}\n{peer}"


def _fail(said: str) -> None:
    message = f"nothing was weighed: {said}"
    raise AssertionError(message)
