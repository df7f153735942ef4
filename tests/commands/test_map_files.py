"""The map as pictures and layers: through the command, and read back as others would read it."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from geodemand import project
from geodemand.api import map_files, maps
from geodemand.core.clusters import CLUSTERS
from geodemand.core.disclosure import Facts, Labels, Protected, Release, Table, release
from geodemand.errors import UsageError
from geodemand.io.basemap import Part
from geodemand.maps import pictures
from geodemand.maps.frame import frame
from geodemand.maps.layers import areas
from geodemand.maps.pictures import figures, labels, plates
from geodemand.maps.scene import ListDate, Scene

Tiny = Any
Run = Callable[..., Any]
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert(1)</script>"; {{7*7}} =1+1 & ${x} \x07'


@pytest.fixture
def parts(tiny: Tiny) -> tuple[Release, Scene]:
    found = project.read(tiny.folder / "geodemand.toml")
    return maps.map_parts(found, maps.MapOptions(("localities", "teams")))


def texts(content: bytes) -> list[str]:
    """Return the texts of a picture in SVG."""
    return [element.text or "" for element in ET.fromstring(content).iter(f"{SVG}text")]  # noqa: S314


def pdf_words(content: bytes) -> str:
    """Return the texts of a PDF, line by line, as other programs read them."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def written(tiny: Tiny, folder: str) -> list[Path]:
    """Return the files of a run without the record of how they were made."""
    return [path for path in tiny.path(folder).iterdir() if "record" not in path.name]


# --- files and their names ---


def test_every_format_is_written_and_named_by_what_it_shows(tiny: Tiny, run: Run) -> None:
    options = [each for name in map_files.FORMATS for each in ("--format", name)]
    result = run("map", *options, "--draw", "rate", folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    assert {path.name for path in written(tiny, "outputs")} == {
        *("map.html", "map.pdf", "map.gpkg"),
        *(
            f"map-{name}-rate-localities.{suffix}"
            for name in ("cyp", "acs")
            for suffix in ("png", "svg")
        ),
        *(f"map-localities.{suffix}" for suffix in ("geojson", "parquet")),
    }


def test_the_ending_of_a_file_says_the_format(tiny: Tiny, run: Run) -> None:
    result = run("map", "--out", "papers/need.pdf", "--lists", "CYP", folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    assert [path.name for path in written(tiny, "papers")] == ["need.pdf"]
    result = run("map", "--out", "fig1.svg", "--lists", "CYP", folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    assert tiny.path("fig1.svg").read_bytes().startswith(b"<svg")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--out", "need"), "need: does not say what kind of file it is"),
        (("--out", "-", "--format", "pdf"), "cannot go to standard output"),
        (("--format", "png", "--lists", "CPY"), "'CPY' is not on this map. Did you mean 'CYP'"),
        (("--format", "png", "--draw", "rates"), "'rates' is not on this map. Did you mean 'rate'"),
        (("--format", "png", "--also", "hubs"), "'hubs' is not on this map"),
        (("--format", "png", "--zoom", "Atlantis"), "no area or place is called 'Atlantis'"),
        (("--format", "png", "--zoom", "1,2,3,4"), "'1,2,3,4' is no part of a map"),
        (("--format", "png", "--draw", "heat", "--surface", "none"), "has no heat surface"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_said(
    tiny: Tiny, run: Run, options: tuple[str, ...], words: str
) -> None:
    result = run("map", *options, folder=tiny.folder)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())
    assert not tiny.path("outputs").exists()


# --- pictures ---


def test_a_picture_says_all_that_the_page_says(tiny: Tiny, run: Run) -> None:
    said = 'marking = "OFFICIAL"\nsource = "Lists of May"\nnote = "Draft"\n'
    tiny.project(("[map]\n", f"[map]\n{said}"))
    options = ("--format", "svg", "--format", "pdf", "--format", "png", "--lists", "CYP")
    assert run("map", *options, folder=tiny.folder).exit_code == 0
    outputs = tiny.path("outputs")
    drawn = outputs.joinpath("map.svg").read_bytes()
    shown = " ".join(texts(drawn))
    for words in (
        "OFFICIAL", "CYP: 100 clients per 1,000 residents in 2 areas",
        "Hard Pressed: ", "Rate, CYP", "Withheld (c)",
        "1 to 7 clients, or hidden to protect others",
        "Source: Lists of May.", "Rows placed: CYP 100%, ACS 100%.", "Policy: ", "Draft",
        "Area L2", "200 m", "N",
    ):  # fmt: skip
        assert words in shown
    root = ET.fromstring(drawn)  # noqa: S314 - our own
    assert root[0].tag == f"{SVG}title"
    assert root[1].tag == f"{SVG}desc"
    assert "Area L1 " in (root[1].text or "")
    document = outputs.joinpath("map.pdf").read_bytes()
    words_of_pdf = pdf_words(document).replace("\n", " ")
    assert "Area L2" in words_of_pdf
    assert "Source: Lists of May." in words_of_pdf
    assert [round(float(side)) for side in PdfReader(io.BytesIO(document)).pages[0].mediabox] == [
        *(0, 0, 842, 595)
    ]
    with Image.open(outputs / "map.png") as picture:
        assert picture.size == (2338, 1654)
        assert "100 clients per 1,000" in picture.text["Title"]  # type: ignore[attr-defined]


def test_pictures_have_the_classes_and_colours_of_the_page(parts: tuple[Release, Scene]) -> None:
    release, scene = parts
    page: Any = areas.layer(release, scene, frame(scene))
    drawn = pictures.chosen(release, scene, pictures.Asked(shows=("rate", "index", "share")))
    assert len(drawn) == 2 * 2 * 3
    for plate in drawn:
        subject, measure, geography = plate.name
        place = [each.name for each in scene.shaded].index(geography)
        view = page["shaded"][place]["figures"][scene.lists.index(subject)][measure]
        for fill in plate.fills:
            if fill.look == "class":
                assert fill.colour in view["colours"]
        shown = [line.colour for line in plate.key[0].lines if line.look == "class"]
        assert shown == [colour for colour in view["colours"] if colour in shown]
        assert sum(len(fill.shapes) for fill in plate.fills) == len(scene.shaded[place])


def test_a_picture_can_show_a_part(parts: tuple[Release, Scene]) -> None:
    release, scene = parts
    (whole,) = pictures.chosen(release, scene, pictures.Asked(("CYP",), ("heat",)))
    near = pictures.Asked(("CYP",), ("heat",), zoom="area l2", also=("teams",))
    (part,) = pictures.chosen(release, scene, near)
    assert part.extent.west > whole.extent.west + 800
    assert part.name[-1] == "area l2"
    assert [each.name for each in part.outlines] == ["teams"]
    corners = pictures.Asked(("CYP",), zoom="600000,250000,600900,250900")
    assert pictures.chosen(release, scene, corners)[0].extent.east == 600_900


def test_nothing_hostile_gets_out_of_its_text(tiny: Tiny, run: Run) -> None:
    text = tiny.path("localities.geojson").read_text(encoding="utf-8")
    hostile = HOSTILE.replace("\\", "").replace('"', '\\"').replace("\x07", "\\u0007")
    tiny.write("localities.geojson", text.replace("Area L1", hostile))
    options = ("--format", "svg", "--format", "pdf", "--format", "png", "--format", "gpkg")
    result = run("map", *options, "--draw", "rate", folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    for path in tiny.path("outputs").glob("*.svg"):
        tags = {element.tag for element in ET.fromstring(path.read_bytes()).iter()}  # noqa: S314
        assert not {tag for tag in tags if not tag.startswith(SVG)}
        assert f"{SVG}script" not in tags
        assert b"foreignObject" not in path.read_bytes()
    held = gpd.read_file(tiny.path("outputs") / "map.gpkg", layer="localities")
    assert HOSTILE.replace("\x07", " ") in held["name"].tolist()


def test_no_picture_or_layer_tells_what_the_policy_hides(tiny: Tiny, run: Run) -> None:
    tiny.clients("acs.csv", [f"{n},IP1 1AF" for n in range(23)] + ["x,IP2 2BG", "y,IP2 2BG"])
    names = ("svg", "pdf", "gpkg", "geojson", "parquet")
    options = [each for name in names for each in ("--format", name)]
    result = run("map", *options, "--draw", "clients,share,index", folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    outputs = tiny.path("outputs")
    # Two clients of ACS live in L2: withheld; 23 in L1: shown as 25.
    drawn = texts(outputs.joinpath("map-acs-clients-localities.svg").read_bytes())
    assert {"25", "c"} <= set(drawn)
    assert not {"23", "2"} & set(drawn)
    printed = set(pdf_words(outputs.joinpath("map.pdf").read_bytes()).split("\n"))
    assert {"25", "c"} <= printed
    assert not {"23", "2"} & printed
    for held in (
        gpd.read_file(outputs / "map.gpkg", layer="localities"),
        gpd.GeoDataFrame.from_features(
            json.loads(outputs.joinpath("map-localities.geojson").read_bytes())
        ),
        gpd.read_parquet(outputs / "map-localities.parquet"),
    ):
        own = held.set_index("name")
        assert own["ACS_clients"].fillna(-1).tolist() == [25, -1]
        assert own["ACS_clients_withheld"].tolist() == [False, True]
        for column in ("rate", "share", "index", "index_low", "index_high"):
            assert own[f"ACS_{column}"].isna().tolist() == [False, True]


def test_two_runs_give_the_same_bytes(tiny: Tiny) -> None:
    found = project.read(tiny.folder / "geodemand.toml")
    names = [name for name in map_files.FORMATS if name != "html"]
    drawing = map_files.Drawing(lists=("CYP",), shows=("rate", "segments"))
    first, second = (
        map_files.map_files(found, maps.MapOptions(), names, drawing) for _ in range(2)
    )
    assert first == second


# --- styles for QGIS ---


def test_styles_for_qgis_are_rules_that_sort_every_area_once(tiny: Tiny, run: Run) -> None:
    tiny.clients("acs.csv", [f"{n},IP1 1AF" for n in range(23)] + ["x,IP2 2BG"])
    assert run("map", "--format", "gpkg", folder=tiny.folder).exit_code == 0
    path = tiny.path("outputs") / "map.gpkg"
    with sqlite3.connect(path) as database:
        found = database.execute(
            "SELECT f_table_name, styleName, styleQML, useAsDefault FROM layer_styles"
        ).fetchall()
        assert [(table, name, default) for table, name, _, default in found][:2] == [
            ("localities", "CYP: rate", 1),
            ("localities", "ACS: rate", 0),
        ]
        for table, name, style, _ in found:
            root = ET.fromstring(style)  # noqa: S314 - our own
            rules = root.findall("renderer-v2/rules/rule")
            symbols = {each.get("name") for each in root.findall("renderer-v2/symbols/symbol")}
            assert {rule.get("symbol") for rule in rules} == symbols
            # The filters are SQL too, so that SQLite can count what QGIS would draw.
            counts = [
                database.execute(f"SELECT count(*) FROM {table} WHERE {rule.get('filter')}")  # noqa: S608
                .fetchone()[0]
                for rule in rules
            ]  # fmt: skip
            assert sum(counts) == 2, name
            if name.startswith("ACS"):
                assert rules[-1].get("label", "").startswith("Withheld (c)")
                assert counts[-1] == 1
                hatched = root.findall("renderer-v2/symbols/symbol")[-1]
                assert "LinePatternFill" in {each.get("class") for each in hatched}


# --- words and places ---


@pytest.mark.parametrize(
    ("style", "values", "expected"),
    [
        ("count", [5037.0], "5,037"),
        ("share", [0.38, 0.125], "38.0%"),
        ("rate", [5.25, 9.2], "5.25"),
        ("rate", [12.5, 3.0], "12.5"),
        ("index", [-2.5], "−3"),
    ],
)
def test_figures_are_written_as_the_page_writes_them(
    style: str, values: list[float], expected: str
) -> None:
    assert figures.written(style, values[0], figures.digits(style, values)) == expected


@given(
    st.lists(
        st.tuples(
            st.floats(0, 40_000), st.floats(0, 30_000), st.sampled_from(["area", "site", "place"]),
            st.integers(1, 20), st.floats(0, 9_000),
        ),
        max_size=60,
    )
)  # fmt: skip
def test_no_name_covers_another(spots: list[tuple[float, float, str, int, float]]) -> None:
    names = [
        plates.Name(("n" * letters,), x, y, kind, radius=radius if kind == "area" else 0)
        for x, y, kind, letters, radius in spots
    ]
    sheet = labels.Sheet(0, 0, 0.02, 800, 600)
    reserved = (0.0, 0.0, 90.0, 30.0)
    boxes = [reserved]
    for label in labels.placed(names, sheet, [reserved]):
        wide = max(labels.width(line, label.kind) for line in label.lines)
        low = label.top - len(label.lines) * label.size
        box = (label.x - wide / 2, low, label.x + wide / 2, label.top)
        assert 0 <= box[0] <= box[2] <= 800
        assert 0 <= box[1] <= box[3] <= 600
        for other in boxes:
            apart = box[0] >= other[2] or box[2] <= other[0]
            assert apart or box[1] >= other[3] or box[3] <= other[1]
        boxes.append(box)


def test_a_document_has_a_page_for_each_picture_and_can_be_read_aloud(
    parts: tuple[Release, Scene],
) -> None:
    drawn = pictures.chosen(*parts, pictures.Asked(("CYP",), shows=("rate",)))
    words = pictures.Words(foot=("Source: us.",))
    document = PdfReader(io.BytesIO(pictures.pdf(drawn, words, "Where need is")))
    assert len(document.pages) == 2
    assert document.metadata is not None
    assert document.metadata.title == "Where need is"
    assert document.metadata.creation_date is None
    root: Any = document.root_object
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert [str(each["/Title"]) for each in document.outline] == [each.title for each in drawn]  # type: ignore[call-overload]
    found = [each.get_object() for each in root["/StructTreeRoot"]["/K"][0].get_object()["/K"]]
    pairs = zip(found[::2], found[1::2], strict=True)
    for plate, (heading, figure), page in zip(drawn, pairs, document.pages, strict=True):
        assert (heading["/S"], figure["/S"]) == ("/H1", "/Figure")
        assert figure["/Alt"] == f"{plate.description} Source: us."
        assert heading["/Pg"] == figure["/Pg"] == page
        marked = re.findall(
            rb"/(\w+) <</MCID (\d)>> BDC\n(.*?)\nEMC", page.get_contents().get_data(), re.DOTALL
        )
        assert [each[:2] for each in marked] == [
            *((b"Figure", b"0"), (b"H1", b"1"), (b"Figure", b"2"))
        ]
        letters = b"".join(re.findall(rb"\((.*?)\)", marked[1][2], re.DOTALL))
        assert re.sub(rb"[\x00 ]", b"", letters).decode() == plate.title.replace(" ", "")


def test_pictures_say_it_where_their_library_is_missing(
    tiny: Tiny, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geodemand.report.formats.find_spec", lambda _: None)
    result = run("map", "--format", "png", folder=tiny.folder)
    assert result.exit_code == 2
    assert 'pip install "geodemand[report]"' in result.stderr
    assert run("map", "--format", "gpkg", folder=tiny.folder).exit_code == 0


def test_a_picture_opens_as_one(parts: tuple[Release, Scene]) -> None:
    (plate,) = pictures.chosen(*parts, pictures.Asked(("CYP",), ("segments",)))
    with Image.open(io.BytesIO(pictures.png(plate, pictures.Words()))) as picture:
        colours = picture.convert("RGB").getcolors(maxcolors=1 << 20) or []
    assert len(colours) > 10


def test_files_are_private(tiny: Tiny, run: Run) -> None:
    assert run("map", "--format", "gpkg", "--format", "svg", folder=tiny.folder).exit_code == 0
    for path in Path(tiny.path("outputs")).iterdir():
        assert path.stat().st_mode & 0o777 == 0o600


# --- clusters, a background, two maps ---


def with_clusters(found: Release) -> Release:
    none = np.zeros(1, dtype=bool)
    table = Table(
        CLUSTERS,
        {
            "list": Labels(("CYP",)),
            "name": Labels(("Triangle Estate",)),
            "x": Facts(np.array([600_800.0])),
            "y": Facts(np.array([250_600.0])),
            "radius_m": Facts(np.array([300.0])),
            "observed": Protected(np.array([np.nan]), ~none),
            "expected": Protected(np.array([21.4]), none, 1),
            "p": Protected(np.array([0.0001]), none, 3),
        },
    )
    return release(found.policy, {**found.tables, CLUSTERS: table}, found.surfaces)


def test_a_picture_says_of_which_day_its_list_is(parts: tuple[Release, Scene]) -> None:
    found, scene = parts
    dates = {"CYP": ListDate("CYP", date(2026, 5, 1))}
    dated = replace(scene, reading=replace(scene.reading, dates=dates))
    plates = pictures.chosen(found, dated, pictures.Asked(("CYP",), ("rate", "heat")))
    assert len(plates) == 3  # two geographies, and the surface of the list
    for plate in plates:
        assert "as at 1 May 2026" in " ".join(texts(pictures.svg(plate, pictures.Words())))


def test_clusters_are_rings_and_a_part_of_the_key(parts: tuple[Release, Scene]) -> None:
    found, scene = with_clusters(parts[0]), parts[1]
    asked = pictures.Asked(("CYP",), ("rate",), also=("clusters",))
    plate = pictures.chosen(found, scene, asked)[0]
    assert plate.rings is not None
    assert shapely.bounds(plate.rings.shapes[0]).round().tolist() == [
        600_500,
        250_300,
        601_100,
        250_900,
    ]
    said = "c clients, 21.4 expected, p under 0.001"
    assert said in plate.description
    drawn = " ".join(texts(pictures.svg(plate, pictures.Words())))
    for words in ("Pockets, CYP", "Triangle Estate", said):
        assert words in drawn
    other = pictures.chosen(found, scene, pictures.Asked(("ACS",), ("rate",), also=("clusters",)))
    assert other[0].rings is None
    plain = pictures.chosen(found, scene, pictures.Asked(("CYP",), ("rate",)))
    assert plain[0].rings is None
    with pytest.raises(UsageError, match="clusters"):
        pictures.chosen(parts[0], scene, asked)


def test_the_user_s_background_lies_beneath(parts: tuple[Release, Scene]) -> None:
    found, scene = parts
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "#ff00ff").save(out, "WEBP", lossless=True)
    part = Part(599_000, 249_000, 603_000, 253_000, 0, 100, "webp", out.getvalue())
    under = replace(scene, background=replace(scene.background, pictures=(part,)))

    def pink(scene: Scene, show: str) -> int:
        (plate,) = pictures.chosen(found, scene, pictures.Asked(("CYP",), (show,)))[:1]
        pixels = np.asarray(
            Image.open(io.BytesIO(pictures.png(plate, pictures.Words()))).convert("RGB")
        )
        return int((np.abs(pixels.astype(int) - (255, 0, 255)).max(axis=2) < 30).sum())

    assert pink(scene, "rate") == 0
    around, heat = pink(under, "rate"), pink(under, "heat")
    assert around > 10_000
    assert heat > around, "under a surface the areas are lines only"


def test_two_maps_stand_on_one_sheet_with_one_view(tiny: Tiny, run: Run) -> None:
    options = ("--format", "svg", "--draw", "rate", "--shade", "teams")
    result = run("map", *options, "--lists", "CYP,ACS", "--two", folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    (path,) = (each for each in written(tiny, "outputs") if each.suffix == ".svg")
    said = texts(path.read_bytes())
    for title in ("Rate, CYP", "Left: Rate, CYP", "Rate, ACS", "Right: Rate, ACS"):
        assert title in said
    assert said.count("Area T1") == 2
    odd = run("map", *options, "--lists", "CYP", "--two", "--overwrite", folder=tiny.folder)
    assert odd.exit_code == 2
    assert "1 map has nothing beside it" in odd.stderr
