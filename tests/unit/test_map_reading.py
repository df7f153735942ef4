"""What helps a map's reader: days, views by name, and the search's postcodes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from geodemand import project
from geodemand.errors import ContentError
from geodemand.maps.frame import Frame
from geodemand.maps.layers import postcodes
from geodemand.maps.scene import PostcodeIndex, Reading, Scene

SHEET = Frame(600_000, 200_000, 50_000, 50_000)


def listed(folder: Path, day: str) -> project.Project:
    path = folder / "geodemand.toml"
    path.write_text(f'[clients.CYP]\nfile = "cyp.csv"\nseries = "CYP"\nas_of = {day}\n')
    return project.read(path)


@pytest.mark.parametrize("day", ["2024-03-31", '"2024-03-31"', '"31/03/2024"', '"31 March 2024"'])
def test_a_day_is_read_as_it_is_written_in_britain(tmp_path: Path, day: str) -> None:
    assert listed(tmp_path, day).clients["CYP"].as_of == date(2024, 3, 31)


@pytest.mark.parametrize("day", ['"03/31/2024"', '"last March"', "7"])
def test_what_is_no_day_is_a_fault_with_an_example(tmp_path: Path, day: str) -> None:
    with pytest.raises(ContentError, match="31/03/2024"):
        listed(tmp_path, day)


def test_very_many_postcodes_become_their_sectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postcodes, "MOST_UNITS", 3)
    texts = ("AB12AA", "AB12ZZ", "AB11AA", "AB101AA")
    x = np.array([600_100.0, 600_300.0, 601_000.0, 610_000.0])
    index = PostcodeIndex(texts, x, x - 400_000)
    words = dict.fromkeys(("title", "subtitle", "note", "marking", "source", "rate"), "")
    scene = Scene(**words, lists=(), shaded=(), reading=Reading(postcodes=index))
    found = postcodes.layer(None, scene, SHEET)  # type: ignore[arg-type]
    assert isinstance(found, dict)
    assert found["districts"] == ["AB1", "AB10"]
    assert found["units"] is False
    assert found["sizes"] == postcodes.pack(np.array([2, 1]))
    assert found["x"] == postcodes.pack(postcodes.deltas(np.array([10, 2, 100])))
