"""Whatever a run protects is taken down with the places it is over, so that it is attacked."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
import shapely
from click.testing import Result

from geodemand.core import disclosure
from geodemand.core.disclosure import FloatArray, IntArray
from geodemand.core.policy import rounded_to

Run = Callable[..., Result]
Tiny = Any  # the fixture's class lives in conftest
# Counts that no other figure adds up to, or of which only a mean, a percentile or a name is told.
ALONE = {
    "_protected of geodemand.core.ledger",  # rows that --repair would place
    "left_out of geodemand.core.ledger",  # rows of a file that are on no list
    "_figures of geodemand.core.hinterland",  # clients within rings around a hub
    "at_most of geodemand.core.weights",  # by which other hub most of those are who are nearer
}
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
    "changes": [
        *("hubs", "--on", "2025-04-01", "--relation", "localities,delivery,same"),
        *("--show", "changes"),
    ],
    "swaps": [
        *("hubs", "--relation", "teams,localities,same", "--swap", "blocks"),
        *("--areas", "blocks=blocks.geojson"),
    ],
    "moves": ["hubs", "--relation", "localities,teams,same", "--show", "moves"],
    "map": ["map", "--together", "CYP+ACS", "--out", "drawn.html"],
}


def block(west: float) -> shapely.Geometry:
    return shapely.box(600_000 + west, 250_000, 600_500 + west, 251_000)


@pytest.mark.parametrize("name", COMMANDS)
def test_counts_without_places_are_the_named_ones(
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
    if name == "changes":
        tiny.phased()
    tiny.areas("blocks.geojson", {f"B{n}": block(500 * n) for n in range(4)})
    tiny.write("hubs.csv", "code,name,easting,northing\nH1,One,500,500\nH2,Two,1500,500\n")
    result = run(*COMMANDS[name], "--no-release", folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    assert alone <= ALONE
    assert taken_down > 0
