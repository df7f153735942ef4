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
import numpy as np
import pandas as pd
import pypdf
import pytest
from click.testing import Result
from PIL import Image
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
LAYERS = ("gpkg", "geojson", "parquet", "svg", "png", "pdf")
SPOKEN = "Area L1 withheld; Area L2 100; Area L3 0; Area L4 no figure."


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
    assert SPOKEN in text
    document = pypdf.PdfReader(folder / "map.pdf")
    page = document.pages[0].extract_text().split("\n")
    for key in ("Zero", "No figure", "Withheld (c)"):
        assert key in page
    at = {area: page[page.index(f"Area {area}") + 1] for area in ("L2", "L3")}
    assert at == {"L2": "100", "L3": "0"}
    assert page[page.index("Area L4 Area L1") + 1] == "c"
    assert SPOKEN in str(document.metadata)
    looks_in_the_picture(folder / "map-cyp-rate-localities.png", text)


def looks_in_the_picture(path: Path, svg: str) -> None:
    """Look at the pixels of each area: hatched, white, as the ground is, and in a class's colour.

    Where the areas lie is read from the same sheet as SVG.
    """
    with Image.open(path) as opened:
        assert SPOKEN in opened.info["Description"]
        pixels = np.asarray(opened.convert("RGB")).astype(int)
    width = float(re.search(r'viewBox="0 0 ([0-9.]+)', svg)[1])  # type: ignore[index]
    scale = pixels.shape[1] / width

    def inside(west: float, east: float, north: float, south: float) -> Any:  # noqa: ANN401
        """Return the colours of the lower part of an area, where no name stands, by frequency."""
        top, bottom = north + 0.8 * (south - north), south - 4
        rows = slice(int(top * scale), int(bottom * scale))
        columns = slice(int((west + 4) * scale), int((east - 4) * scale))
        part = pixels[rows, columns].reshape(-1, 3)
        colours, count = np.unique(part, axis=0, return_counts=True)
        order = np.argsort(-count)
        return colours[order], count[order] / count.sum()

    looks = {area: inside(*box) for area, box in boxes_of(svg).items()}
    for area in ("L2", "L3", "L4"):
        colours, share = looks[area]
        assert len(share) == 1, area
    plain = {area: tuple(looks[area][0][0]) for area in ("L2", "L3", "L4")}
    assert plain["L3"] == (255, 255, 255)
    assert len(set(plain.values())) == 3
    assert sum(plain["L2"]) < 400
    assert min(plain["L4"]) > 230
    colours, share = looks["L1"]
    dark = colours.sum(axis=1) < 3 * 220
    assert 0.05 < share[dark].sum() < 0.5
    assert tuple(colours[0]) == (255, 255, 255)


def boxes_of(svg: str) -> dict[str, tuple[float, float, float, float]]:
    """Return the rectangle of each area on the sheet: west, east, north, south, in points."""
    height = float(re.search(r'viewBox="0 0 [0-9.]+ ([0-9.]+)', svg)[1])  # type: ignore[index]
    fills = {
        "L4": r'<path d="([^"]*)"[^>]*style="fill: none; stroke-dasharray',
        "L1": r'<path d="([^"]*)"[^>]*style="fill: url\(',
    }
    found = {}
    for area, pattern in fills.items():
        found[area] = _box(re.search(pattern, svg)[1])  # type: ignore[index]
    shared = [
        _box(each, height) for each in re.findall(r'<path id="[^"]*-m[0-9a-f]+" d="([^"]*)"', svg)
    ]
    (found["L2"],) = (each for each in shared if each[0] >= found["L1"][1] - 1)
    (found["L3"],) = (
        each
        for each in shared
        if abs(each[0] - found["L1"][0]) < 1 and each[3] <= found["L1"][2] + 1
    )
    return found


def _box(path: str, height: float = 0) -> tuple[float, float, float, float]:
    numbers = np.array(re.findall(r"-?[0-9.]+", path), dtype=float).reshape(-1, 2)
    x, y = numbers[:, 0], numbers[:, 1] + height
    return x.min(), x.max(), y.min(), y.max()


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
