"""Whatever a run protects is taken down with the places it is over, so that it is attacked."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from click.testing import Result

from geodemand.core import disclosure
from geodemand.core.disclosure import Exact, FloatArray, IntArray, People, protect
from geodemand.core.policy import rounded_to
from geodemand.core.zones import Ground, Zones
from geodemand.io import definitions
from tests.conftest import SOUTH, WEST

Run = Callable[..., Result]
CORE = sorted(Path(disclosure.__file__).parents[1].glob("[!d]*/**/*.py"))
Tiny = Any  # the fixture's class lives in conftest
COMMANDS = {
    "profile": [
        *("profile", "--combinations", "--by", "localities", "--compare", "CYP,ACS"),
        *("--within", "category", "--whole"),
    ],
    "hubs": [
        "hubs",
        *(f"--show={name}" for name in ("units", "measures", "within", "widths", "sites")),
    ],
    "inside": ["hubs", "--sites", "hubs=hubs.csv", "--relation", "hubs,localities,inside"],
    "swaps": [
        *("hubs", "--relation", "teams,localities,same", "--swap", "blocks"),
        *("--areas", "blocks=blocks.geojson"),
    ],
    "moves": ["hubs", "--relation", "localities,teams,same", "--show", "moves"],
    "changes": ["hubs", "--relation", "localities,delivery,same", "--show", "changes"],
    "check": ["check"],
    "map": ["map", "--together", "CYP+ACS", "--out", "drawn.html"],
}
PHASES = """
[areas.delivery]
phases = [
    { file = "localities.geojson", starts = 2024-04-01 },
    { file = "teams.geojson", starts = 2025-04-01 },
]
"""


def block(west: float) -> shapely.Geometry:
    return shapely.box(WEST + west, SOUTH, WEST + west + 500, SOUTH + 1000)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_count_is_taken_down_with_its_places(
    name: str, tiny: Tiny, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone: set[str] = set()
    taken_down = 0

    def seen(exact: IntArray, base: IntArray | int, usual: int) -> FloatArray:
        """Note who protects, where `protect` itself rounds: it has no places to take down."""
        nonlocal taken_down
        frame = inspect.currentframe()
        assert frame is not None
        by = frame.f_back
        assert by is not None
        if by.f_code.co_name == "protect":
            asked = by.f_back
            assert asked is not None
            alone.add(f"{asked.f_code.co_name} of {asked.f_globals['__name__']}")
        else:
            taken_down += 1
        return rounded_to(exact, base, usual)

    monkeypatch.setattr(disclosure, "rounded_to", seen)
    tiny.areas("blocks.geojson", {f"B{n}": block(500 * n) for n in range(4)})
    here = [f"H{n},Hub {n},{WEST + 500 + 1000 * n},{SOUTH + 500}" for n in range(2)]
    tiny.write("hubs.csv", "\n".join(["code,name,easting,northing", *here]) + "\n")
    only = 'file = "cyp.csv"\nonly = { id = ["c1", "c2", "c3", "c4"] }'
    tiny.project(("[hubs]\n", f"{PHASES}\n[hubs]\n"), ('file = "cyp.csv"', only))
    text = tiny.path("geodemand.toml").read_text(encoding="utf-8")
    tiny.write("geodemand.toml", f"on = 2026-01-01\n{text}")
    result = run(*COMMANDS[name], "--no-release", folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    assert alone == set()
    assert taken_down > 0


def test_no_count_is_made_but_from_its_places() -> None:
    """What a reader hands over is refused, and so are counts beside zones that do not fit them."""
    public = definitions.policy("public")
    with pytest.raises(TypeError, match="over no places"):
        protect(Exact(np.array([3])), public)  # type: ignore[arg-type]
    ground, zones = Ground("CYP", np.arange(2), np.array([3, 9])), Zones.by(np.arange(2), 2)
    with pytest.raises(ValueError, match="over 2 zones"):
        People(np.array([3, 9, 12]), zones, (ground,))
    with pytest.raises(TypeError):
        People(np.array([3, 9]))  # type: ignore[call-arg]
    makers = [path.name for path in CORE if re.search(r"\bPeople\(", path.read_text("utf-8"))]
    assert makers == ["people.py"]
