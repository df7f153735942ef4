"""c, 0 and no figure are three things in every format, and told in words where a picture is."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import pandas as pd
import pytest
from click.testing import Result
from python_calamine import CalamineWorkbook

from tests.conftest import rows_of, square

Run = Callable[..., Result]
# Three clients in the first area, none in the third, and a fourth where no postcode is.
AREAS = {
    "L1": square(0, 1000, 0, 450),
    "L2": square(1000, 2000),
    "L3": square(0, 1000, 450, 1000),
    "L4": square(-500, 0),
}
TABLES = ("csv", "tidy", "json", "xlsx", "html")
LAYERS = ("gpkg", "geojson", "parquet", "svg", "png")


@pytest.fixture
def three(tiny: Any) -> Any:  # noqa: ANN401 - a fixture's class lives in conftest
    tiny.clients("cyp.csv", rows_of({"IP1 1AA": 3, "IP2 2BA": 10, "IP2 2BE": 20}, "c"))
    tiny.areas("localities.geojson", AREAS)
    return tiny


def formats(names: tuple[str, ...]) -> list[str]:
    return [word for name in names for word in ("--format", name)]


def of_csv(folder: Path) -> dict[str, object]:
    rows = csv.DictReader(io.StringIO((folder / "profile-by_place.csv").read_text("utf-8-sig")))
    own = [row for row in rows if row["list"] == "CYP" and not row["set"]]
    return {row["area"]: row["rate"] for row in own}


def of_tidy(folder: Path) -> dict[str, object]:
    rows = csv.DictReader(io.StringIO((folder / "profile-tidy.csv").read_text("utf-8-sig")))
    own = [row for row in rows if row["table"] == "by_place" and row["list"] == "CYP"]
    return {row["area"]: row["value"] for row in own if not row["set"] and row["measure"] == "rate"}


def of_json(folder: Path) -> dict[str, object]:
    rows = json.loads((folder / "profile.json").read_text("utf-8"))["by_place"]
    return {row["area"]: row["rate"] for row in rows if row["list"] == "CYP" and not row["set"]}


def of_xlsx(folder: Path) -> dict[str, object]:
    book = CalamineWorkbook.from_path(str(folder / "profile.xlsx"))
    rows = book.get_sheet_by_name("by_place").to_python()
    heads = next(row for row in rows if "Area" in row)
    at = next(n for n, head in enumerate(heads) if str(head).startswith("Rate"))
    found: dict[str, object] = {}
    for row in rows:
        if row[0] == "CYP" and row[2] in AREAS:
            found.setdefault(str(row[2]), row[at])
    return found


def of_html(folder: Path) -> dict[str, object]:
    """Return what a screen reader says: the name of a picture in its place."""
    text = (folder / "profile.html").read_text("utf-8")
    found: dict[str, object] = {}
    for row in re.findall(r"<tr>(.*?)</tr>", text, flags=re.DOTALL):
        cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, flags=re.DOTALL)
        if cells and cells[0] in AREAS:
            said = re.sub(r'<abbr role="img" aria-label="([^"]*)".*?</abbr>', r"\1", cells[4])
            found.setdefault(cells[0], re.sub(r"<.*?>", "", said).split(" (")[0].strip())
    return found


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (of_csv, ("c", "0", "")),
        (of_tidy, ("c", "0", "")),
        (of_json, ("c", 0, None)),
        (of_xlsx, ("[c]", 0.0, "[z]")),
        (of_html, ("withheld", "0", "no figure")),
    ],
)
def test_tables(
    three: Any,  # noqa: ANN401
    run: Run,
    read: Callable[[Path], dict[str, object]],
    expected: tuple[object, ...],
) -> None:
    name = read.__name__.removeprefix("of_")
    asked = ("profile", "--by", "localities", "--no-release", "--out", three.path("out"))
    result = run(*asked, "--format", name, folder=three.folder)
    assert result.exit_code == 0, result.stderr
    found = read(three.path("out"))
    assert tuple(found[area] for area in ("L1", "L3", "L4")) == expected
    if name == "xlsx":
        book = CalamineWorkbook.from_path(str(three.path("out/profile.xlsx")))
        told = str(book.get_sheet_by_index(0).to_python())
        assert "[c]: confidential" in told
        assert "[z]: not applicable, no figure can be formed. It is not zero." in told


def test_the_terminal(three: Any, run: Run) -> None:  # noqa: ANN401
    text = run("profile", "--by", "localities", "--no-release", folder=three.folder).stdout
    table = text[text.index("By localities") :].splitlines()
    lines = [line.removeprefix("CYP").split() for line in table if "Area L" in line][:4]
    told = {line[1]: line[2:] for line in lines}
    assert told["L1"][:4] == ["c", "c", "c", "withheld"]
    assert told["L3"][:2] == ["0", "0.0"]
    assert told["L4"][:2] == ["0", "–"]
    assert '"c": withheld' in text


def test_layers_and_pictures(three: Any, run: Run) -> None:  # noqa: ANN401
    out = three.path("drawn/map.html")
    result = run("map", "--no-release", *formats(LAYERS), "--out", out, folder=three.folder)
    assert result.exit_code == 0, result.stderr
    folder = three.path("drawn")
    drawn = json.loads((folder / "map-localities.geojson").read_text("utf-8"))["features"]
    layers = [
        geopandas.read_file(folder / "map.gpkg", layer="localities"),
        pd.DataFrame([feature["properties"] for feature in drawn]),
        geopandas.read_parquet(folder / "map-localities.parquet"),
    ]
    for layer in layers:
        held = layer.set_index("code")
        hidden, rate = held["CYP_rate_withheld"], held["CYP_rate"]
        assert [bool(hidden[area]) for area in ("L1", "L3", "L4")] == [True, False, False]
        assert [pd.isna(rate[area]) for area in ("L1", "L3", "L4")] == [True, False, True]
        assert rate["L3"] == 0
    text = (folder / "map-cyp-rate-localities.svg").read_text("utf-8")
    words = re.findall(r"<text[^>]*>([^<]*)", text)
    for key in ("Zero", "No figure", "Withheld (c)"):
        assert words.count(key) == 1
    assert (folder / "map-cyp-rate-localities.png").stat().st_size > 10_000


def test_the_map_page(three: Any, run: Run) -> None:  # noqa: ANN401
    out = three.path("map.html")
    assert run("map", "--no-release", "--out", out, folder=three.folder).exit_code == 0
    page = out.read_text(encoding="utf-8")
    held = re.search(r'<script[^>]*id="data-areas"[^>]*>(.*?)</script>', page, flags=re.DOTALL)
    assert held is not None
    figures = json.loads(held[1])["shaded"][0]["figures"][0]["rate"]["values"]
    assert [figures[at] for at in (0, 2, 3)] == ["c", 0, None]
    for words in ("Zero", "No figure", "Withheld"):
        assert words in page
