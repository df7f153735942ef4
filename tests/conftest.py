"""What all tests share: a tiny project that one can draw, a way to run commands, and guards."""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import hypothesis
import pytest
import shapely
from click.testing import CliRunner, Result

from geodemand.cli import main
from geodemand.core.disclosure import Policy
from geodemand.io import definitions

REAL_DATA = Path(__file__).parents[2] / "shared" / "realdata"

# The same examples in every run: what passes today passes tomorrow. Others are looked for by
# `pytest --hypothesis-profile=thorough`, which may well find a fault that nobody knows of yet.
hypothesis.settings.register_profile("same", deadline=None, max_examples=50, derandomize=True)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=1000)
# Few examples, and none made smaller: that one fails is all that `make mutation` asks.
hypothesis.settings.register_profile(
    "mutation",
    deadline=None,
    max_examples=10,
    derandomize=True,
    database=None,
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
)
hypothesis.settings.load_profile("same")

# The tiny project, metres east and north of (600000, 250000). Two localities of 1 km, side by
# side; the teams' border lies 100 m farther east; + is a postcode.
#
#   1000 +-----------------+--+--------------+
#        |  AF     AG      |  |  BE  BF   BG |
#        |                 |  |              |
#        |  AA  AB AD   AE |BA|  BB  BD      |
#      0 +-----------------+--+--------------+
#        0               1000 1100        2000
WEST, SOUTH = 600_000, 250_000
POSTCODES = """postcode,easting,northing,doterm,households,residents,oa
IP1 1AA,600200,250200,,20,50,E001
IP1 1AB,600400,250200,,20,50,E001
IP1 1AD,600600,250200,,20,50,E002
IP1 1AE,600800,250200,,20,50,E002
IP1 1AF,600200,250700,,20,50,E003
IP1 1AG,600500,250700,,20,50,E003
IP2 2BA,601050,250200,,20,50,E004
IP2 2BB,601300,250200,,20,50,E004
IP2 2BD,601500,250200,,20,50,E005
IP2 2BE,601300,250700,,20,50,E005
IP2 2BF,601500,250700,,20,50,E006
IP2 2BG,601800,250700,,20,50,E006
IP1 9ZZ,600300,250300,201912,0,0,E001
IP1 8XX,,,,10,20,E001
"""
SEGMENTS = """postcode,type
IP1 1AA,44
IP1 1AB,44
IP1 1AD,46
IP1 1AE,1
IP1 1AF,1
IP1 1AG,2
IP2 2BA,46
IP2 2BB,1
IP2 2BD,2
IP2 2BE,30
IP2 2BF,30
IP2 2BG,30
IP1 9ZZ,44
"""
# 60 clients, half of them in Hard Pressed postcodes, 10 of them between the two borders.
CYP = {"IP1 1AA": 20, "IP2 2BA": 10, "IP1 1AE": 10, "IP2 2BE": 20}
# 40 clients, none in a Hard Pressed postcode.
ACS = {"IP1 1AF": 20, "IP2 2BG": 20}
PROJECT = """title = "Tiny"

[directory]
postcodes = "postcodes.csv"

[segments]
file = "segments.csv"
scheme = "acorn-2009"

[sets]
"Hard Pressed" = "category:5"

[clients.CYP]
file = "cyp.csv"
label = "children and young people"

[clients.ACS]
file = "acs.csv"

[areas.localities]
file = "localities.geojson"

[areas.teams]
file = "teams.geojson"

[hubs]
relations = ["localities,teams,same"]

[map]
areas = ["localities"]
"""
PHASES = """
[areas.delivery]
phases = [
    { file = "second.geojson", starts = 2025-04-01 },
    { file = "first.geojson", starts = "2024-04-01" },
]
"""


@dataclass(frozen=True)
class Tiny:
    """The tiny project as files in a folder, and short ways to change them."""

    folder: Path

    def path(self, name: str) -> Path:
        return self.folder / name

    def write(self, name: str, text: str) -> Path:
        path = self.path(name)
        path.write_text(text, encoding="utf-8")
        return path

    def clients(self, name: str, rows: Sequence[str], header: str = "id,postcode") -> Path:
        return self.write(name, "\n".join([header, *rows]) + "\n")

    def project(self, *changes: tuple[str, str]) -> Path:
        """Write the project file with some of its text replaced."""
        text = PROJECT
        for old, new in changes:
            assert old in text, f"{old!r} is not in the project file"
            text = text.replace(old, new)
        return self.write("geodemand.toml", text)

    def phased(self) -> Self:
        """Add areas that change by date: one, and from 2025 its western half and another one."""
        self.areas("first.geojson", {"D1": square(0, 2000)})
        self.areas("second.geojson", {"D1": square(0, 1000), "D2": square(1000, 2000)})
        self.project(("[hubs]\n", f"{PHASES}\n[hubs]\n"))
        return self

    def areas(self, name: str, shapes: Mapping[str, Any], crs: str = "EPSG::27700") -> Path:
        return self.write(name, geojson(shapes, crs))


def geojson(shapes: Mapping[str, Any], crs: str = "EPSG::27700") -> str:
    """Return areas by code as GeoJSON text; without a reference system where it is empty."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": f"Area {code}"},
            "geometry": None if shape is None else json.loads(shapely.to_geojson(shape)),
        }
        for code, shape in shapes.items()
    ]
    collection: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if crs:
        collection["crs"] = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:{crs}"}}
    return json.dumps(collection)


def square(west: float, east: float, south: float = 0, north: float = 1000) -> shapely.Polygon:
    """Return a rectangle by its edges, metres from the tiny county's corner."""
    return shapely.box(WEST + west, SOUTH + south, WEST + east, SOUTH + north)


def rows_of(counts: Mapping[str, int], letter: str) -> list[str]:
    """Return "id,postcode" rows: so many clients at each postcode."""
    held = [postcode for postcode, count in counts.items() for _ in range(count)]
    return [f"{letter}{number},{postcode}" for number, postcode in enumerate(held)]


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """Return the tiny project, written to a folder of its own."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    project = Tiny(folder)
    project.write("postcodes.csv", POSTCODES)
    project.write("segments.csv", SEGMENTS)
    project.clients("cyp.csv", rows_of(CYP, "c"))
    project.clients("acs.csv", rows_of(ACS, "a"))
    project.areas("localities.geojson", {"L1": square(0, 1000), "L2": square(1000, 2000)})
    project.areas("teams.geojson", {"T1": square(0, 1100), "T2": square(1100, 2000)})
    project.project()
    return project


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return a function that runs a command as a user does, in the tiny or another folder.

    What is no GeodemandError is raised, so that a bug cannot pass for a message.
    """
    monkeypatch.delenv("GEODEMAND_PROJECT", raising=False)
    empty = tmp_path / "empty"
    empty.mkdir()
    runner = CliRunner(catch_exceptions=False)

    def invoke(*arguments: object, folder: Path = empty) -> Result:
        monkeypatch.chdir(folder)
        return runner.invoke(main, [str(argument) for argument in arguments])

    return invoke


@pytest.fixture(scope="session")
def public() -> Policy:
    """Return the policy that holds unless another is asked for."""
    return definitions.policy("public")


@pytest.fixture(scope="session")
def internal() -> Policy:
    """Return the policy of exact figures, with a reason."""
    return definitions.policy("internal").with_reason("a test")


@pytest.fixture(scope="session")
def realdata() -> Path:
    """Return the folder of real open data beside the repository; skip where there is none."""
    if not REAL_DATA.is_dir():
        pytest.skip("no real data beside the repository")
    return REAL_DATA


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Stop every test that opens a connection to another machine."""

    def guarded(name: str) -> Callable[..., Any]:
        original = getattr(socket.socket, name)

        def connect(self: socket.socket, *arguments: Any) -> Any:  # noqa: ANN401
            address = arguments[-1]
            if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_loopback(address[0]):
                pytest.fail(f"a test opened a connection to {address[0]}")
            return original(self, *arguments)

        return connect

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, guarded(name))
        yield


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
