"""What the map draws beside areas, in a real browser: each layer, offline, and what it asks for."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from hands import Hand
from map_actions import open_groups
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from scipy.spatial import cKDTree

from geodemand.core import catchments
from geodemand.core.clusters import CLUSTERS
from geodemand.core.disclosure import Facts, Labels, Protected, Release, Surface, Table, release
from geodemand.core.geography import Geography, Sites
from geodemand.io import definitions
from geodemand.io.basemap import Part
from geodemand.maps.document import render
from geodemand.maps.scene import Background, PostcodeDots, Scene, SegmentKey, Shading, Tiles

HALVES = Geography(
    "Half", ("A", "B"), ("West", "East"), shapely.box([600_000, 610_000], 200_000, 620_000, 220_000)
)
LAND = shapely.box(600_000, 200_000, 620_000, 220_000)
HUBS = Sites(
    "hubs", ("1", "2"), ("Ash", "Birch"), np.array([605e3, 616e3]), np.array([210e3, 205e3])
)
ADDRESS = "https://tiles.example.org/{z}/{x}/{y}.png"


def figures() -> dict[str, Table]:
    none = np.zeros(2, dtype=bool)

    def keys(name: str) -> dict[str, Labels]:
        return {
            "geography": Labels(("Half", "Half")),
            "code": Labels(("A", "B")),
            "name": Labels(("West", "East")),
            "list": Labels((name, name)),
        }

    own = [
        {
            **keys(name),
            "clients": Protected(np.array([60.0, 340.0]), none),
            "rate": Protected(np.array([12.0, 60.0]), none),
        }
        for name in ("X", "Y")
    ]
    both = {**keys("X + Y"), "clients": Protected(np.array([120.0, np.nan]), none | [False, True])}
    met = {**keys("X + Y"), "meet_all": Protected(np.array([10.0, 45.0]), none)}
    joined = {
        name: Labels(own[0][name].values + own[1][name].values)  # type: ignore[union-attr,operator]
        if isinstance(own[0][name], Labels)
        else Protected(np.tile(own[0][name].values, 2), np.zeros(4, dtype=bool))  # type: ignore[arg-type]
        for name in own[0]
    }
    return {
        "areas": Table("areas", joined),
        "areas_together": Table("areas_together", both),
        "areas_meeting": Table("areas_meeting", met),
        CLUSTERS: Table(
            CLUSTERS,
            {
                "list": Labels(("X",)),
                "name": Labels(("Triangle Estate",)),
                "x": Facts(np.array([604_000.0])),
                "y": Facts(np.array([214_000.0])),
                "radius_m": Facts(np.array([1_500.0])),
                "observed": Protected(np.array([60.0]), none[:1]),
                "expected": Protected(np.array([21.4]), none[:1], 1),
                "p": Protected(np.array([0.004]), none[:1], 3),
            },
        ),
    }


def sealed() -> Release:
    classes = np.zeros((20, 20), dtype=np.uint8)
    classes[5:9, 5:9] = 2
    rate = Surface(
        "X + Y", classes, 6e5, 2.2e5, 1e3, (9.5, 12.0), 500.0, "clients per 1,000 homes", 10
    )
    return release(definitions.policy("public"), figures(), (rate,))


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), colour).save(out, "WEBP", lossless=True)
    return out.getvalue()


def scene() -> Scene:
    chance = np.random.default_rng(3)
    at = chance.uniform((600_500, 200_500), (619_500, 219_500), (9_000, 2)).round()
    dots = PostcodeDots(
        at[:, 0],
        at[:, 1],
        (at[:, 0] > 610_000).astype(int),
        (SegmentKey("1", "Wealthy"), SegmentKey("2", "Hard Pressed")),
        (("HDF", np.flatnonzero(at[:, 0] > 615_000)),),
    )
    words = dict.fromkeys(("subtitle", "note", "marking", "source"), "")
    return Scene(
        "Layers",
        **words,
        lists=("X", "Y"),
        rate="clients per 1,000 homes",
        shaded=(HALVES,),
        sites=(HUBS,),
        dots=dots,
        shading=Shading("rate", "10,50"),
        catchments=(catchments.nearest(HUBS, LAND),),
        differences=(
            Geography("Where one and two differ", ("1",), ("<b>East, Left",), HALVES.shapes[1:]),
        ),
        background=Background(LAND, (replace(HALVES, name="districts"),)),
    )


def opened(browser: Browser, html: str, folder: Path) -> tuple[Page, list[str], list[str]]:
    """Return an open page, what it asked for beside itself, and what went wrong."""
    file = folder / "map.html"
    file.write_text(html, encoding="utf-8")
    page = browser.new_page(viewport={"width": 1200, "height": 800}, offline=True)
    page.set_default_timeout(20_000)
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda each: asked.append(each.url))
    page.on("console", lambda each: wrong.append(each.text))
    page.on("pageerror", lambda each: wrong.append(str(each)))
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready=true]")
    open_groups(page)
    return page, [each for each in asked if not each.startswith(("file:", "data:"))], wrong


def switch(page: Page, label: str) -> None:
    page.get_by_label(label, exact=True).first.check()


def inked(page: Page) -> int:
    """Return how many pixels of the canvases have a colour."""
    page.wait_for_timeout(400)
    return int(
        page.evaluate(
            """() => [...document.querySelectorAll('canvas.leaflet-tile')].reduce((sum, tile) => {
            const d = tile.getContext('2d').getImageData(0, 0, tile.width, tile.height).data;
            for (let i = 3; i < d.length; i += 4) sum += d[i] > 0; return sum; }, 0)"""
        )
    )


def test_every_layer_is_drawn_keyed_and_asks_nobody(browser: Browser, tmp_path: Path) -> None:
    page, asked, wrong = opened(browser, render(sealed(), scene()), tmp_path)
    key = page.locator("#key")
    for label, words in (
        ("Heat surface", "There is none of X"),
        ("Pockets: X", "60 clients, 21.4 expected"),
        ("Nearest hubs", "straight line"),
        ("Where one and two differ", "1 place"),
        ("HDF postcodes", "share of the postcodes in a hexagon"),
        ("Kinds of neighbourhood", "2 Hard Pressed"),
    ):
        switch(page, label)
        expect(key).to_contain_text(words)
    page.get_by_label("X + Y", exact=True).first.check(force=True)
    expect(key).to_contain_text("Rate: X + Y")
    expect(key).to_contain_text("districts")
    assert inked(page) > 20_000
    # Two catchments, one difference, a ring, two faint lines, and the land beneath.
    assert page.locator("#map .leaflet-pane path").count() >= 2 + 2 + 1 + 1 + 2 + 1
    assert page.locator("b").count() == 0, "a name is text and never markup"
    assert (asked, wrong) == ([], [])


def test_hexagons_become_dots_when_near(browser: Browser, tmp_path: Path) -> None:
    page, _, wrong = opened(browser, render(sealed(), scene()), tmp_path)
    switch(page, "Kinds of neighbourhood")
    far = inked(page)
    for _ in range(7):
        page.locator(".leaflet-control-zoom-in").first.click()
        page.wait_for_timeout(250)
    near = inked(page)
    assert 0 < near < far / 4, "dots leave most of the sheet free"
    assert wrong == []


def test_given_limits_and_measures_of_lists_together(browser: Browser, tmp_path: Path) -> None:
    page, _, wrong = opened(browser, render(sealed(), scene()), tmp_path)
    expect(page.locator("#key")).to_contain_text("10 to under 50")
    expect(page.get_by_text("Postcodes where all meet", exact=True)).to_have_count(0)
    page.get_by_label("X + Y", exact=True).first.check(force=True)
    page.get_by_label("Postcodes where all meet", exact=True).first.check(force=True)
    expect(page.locator("#figures")).to_contain_text("45")
    expect(page.locator("#key")).to_contain_text("postcodes with a client of each list")
    assert wrong == []


def test_a_background_of_pictures_shows_more_when_near(browser: Browser, tmp_path: Path) -> None:
    def part(west: float, east: float, level: int, colour: str) -> Part:
        metres = (east - west) / 40
        return Part(west, 200_000, east, 220_000, level, metres, "webp", picture(colour))

    parts = (
        part(600_000, 620_000, 0, "#336699"),
        part(600_000, 610_000, 1, "#993366"),
        part(610_000, 620_000, 1, "#669933"),
    )
    own = replace(scene(), background=Background(LAND, (), parts, credit="Drawn by <i>us"))
    page, asked, wrong = opened(browser, render(sealed(), own), tmp_path)
    images = page.locator("img.leaflet-image-layer")
    expect(images).not_to_have_count(0)
    assert (
        page.evaluate(
            """() => Promise.all([...document.querySelectorAll('img.leaflet-image-layer')].map(
            (each) => each.decode().then(() => each.naturalWidth)))"""
        )
        == [40] * images.count()
    )
    expect(page.locator("#key")).to_contain_text("Drawn by <i>us")
    page.get_by_label("Background map", exact=True).uncheck()
    expect(images).to_have_count(0)
    assert (asked, wrong) == ([], [])


def test_only_a_named_tile_server_is_asked_and_the_page_says_so(
    browser: Browser, tmp_path: Path
) -> None:
    own = replace(scene(), background=Background(LAND, tiles=Tiles(ADDRESS)))
    html = render(sealed(), own)
    assert "img-src data: blob: https://tiles.example.org;" in html
    assert "tiles.example.org" not in render(sealed(), scene())
    page, _, _ = opened(browser, html, tmp_path)
    expect(page.locator("#key")).to_contain_text("tiles.example.org, which sees what part")
    images = page.locator('#map img[src^="https:"]')
    expect(images).not_to_have_count(0)
    found = [images.nth(i).get_attribute("src") or "" for i in range(images.count())]
    assert all(
        re.fullmatch(r"https://tiles\.example\.org/\d+/\d+/\d+\.png", each) for each in found
    )
    page.get_by_label("Web map", exact=True).uncheck()
    expect(images).to_have_count(0)


def surface_of(name: str, west: int) -> Surface:
    classes = np.zeros((20, 20), dtype=np.uint8)
    classes[5:9, west : west + 4] = 2
    return Surface(
        name, classes, 6e5, 2.2e5, 1e3, (9.5, 12.0), 500.0, "clients per 1,000 homes", 10
    )


def test_each_of_two_maps_has_the_surface_of_its_own_list(browser: Browser, tmp_path: Path) -> None:
    surfaces = (surface_of("X", 2), surface_of("Y", 12))
    html = render(release(definitions.policy("public"), figures(), surfaces), scene())
    page, asked, wrong = opened(browser, html, tmp_path)
    switch(page, "Heat surface")
    page.get_by_role("button", name="Two maps").click()
    images = page.locator("img.leaflet-image-layer")
    expect(images).to_have_count(2)
    left, right = (page.locator(f"{box} img.leaflet-image-layer") for box in ("#map", "#map-2"))
    first = left.get_attribute("src")
    assert first != right.get_attribute("src")
    said = page.locator("#key-body").inner_text()
    assert said.index("Left map") < said.index("Rate: X") < said.index("Right map")
    assert said.index("Right map") < said.index("Rate: Y")
    page.locator("#right-list").select_option(label="X")
    expect(right).to_have_attribute("src", first or "")
    page.locator("#right-list").select_option(label="X + Y")
    expect(right).to_have_count(0)
    expect(page.locator("#key")).to_contain_text("There is none of X + Y")
    assert (asked, wrong) == ([], [])


def test_what_is_withheld_is_hatched_above_a_surface_which_says_no_value(
    browser: Browser, tmp_path: Path
) -> None:
    page, _, wrong = opened(browser, render(sealed(), scene()), tmp_path)
    page.get_by_label("X + Y", exact=True).first.check(force=True)
    page.get_by_label("Clients", exact=True).first.check(force=True)
    hatching = page.locator("#map .leaflet-hatched-pane path")
    expect(hatching).to_have_count(0)
    switch(page, "Heat surface")
    expect(hatching).to_have_count(1)
    order = "name => Number(getComputedStyle(document.querySelector(name)).zIndex)"
    hatched, heat = (
        page.evaluate(order, f"#map .leaflet-{each}-pane")
        for each in ("hatched", "layer-surfaces-0")
    )
    assert hatched > heat
    box = page.locator("#map").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2 - 60, box["y"] + box["height"] / 2 - 60)
    expect(page.locator(".tip")).to_have_text("West" + "Clients, X + Y: 120")
    assert wrong == []


def in_hexagon(dots: PostcodeDots, x: float, y: float) -> tuple[int, int]:
    """Count the dots in the hexagon of 250 m at a spot of the sheet: all, and hard pressed."""
    rows, columns = np.mgrid[-5:110, -65:100]
    middles = np.column_stack(
        ((250 * (columns + rows / 2)).ravel(), (250 * rows * np.sqrt(3) / 2).ravel())
    )
    tree = cKDTree(middles)
    at = np.column_stack((dots.x - 600_000, dots.y - 200_000))
    own = tree.query(at)[1] == tree.query((x, y))[1]
    return int(own.sum()), int(dots.segment[own].sum())


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_a_hexagon_is_told_under_the_pointer_and_pinned(
    browser: Browser, tmp_path: Path, way: str
) -> None:
    page, asked, wrong = opened(browser, render(sealed(), scene()), tmp_path)
    switch(page, "Kinds of neighbourhood")
    dots = scene().dots
    assert dots
    place = int(np.flatnonzero(dots.x > 609_000)[0])
    x, y = dots.x[place] - 600_000, dots.y[place] - 200_000
    page.evaluate(f"(m => m.panTo([{y}, {x}], {{ animate: false }}))(geodemand.sides()[0].map)")
    at = page.evaluate("(m => [m.getCenter().lng, m.getCenter().lat])(geodemand.sides()[0].map)")
    count, pressed = in_hexagon(dots, *at)
    said = f"{count} postcode" + "s" * (count > 1)
    share = round(100 * max(pressed, count - pressed) / count)
    box = page.locator("#map").bounding_box()
    assert box
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    if way == "mouse":
        page.mouse.move(*middle)
        expect(page.locator(".tip")).to_contain_text(said)
        page.mouse.click(*middle)
    else:
        page.locator("#map").focus()
        page.keyboard.press("Enter")
    card = page.locator("#card")
    expect(card.locator("h2")).to_have_text(said)
    expect(card).to_contain_text("In a hexagon 250 m across")
    expect(card).to_contain_text(f"{share}% of them")
    expect(page.locator("#map .leaflet-chosen-pane path")).to_have_count(2)
    expect(page.locator("#status")).to_contain_text(said)
    page.get_by_role("button", name="Close").click()
    expect(card).to_be_hidden()
    expect(page.locator("#map .leaflet-chosen-pane path")).to_have_count(0)
    page.get_by_label("Kinds of neighbourhood", exact=True).uncheck()
    page.locator("#map").focus()
    page.keyboard.press("Enter")
    expect(card.locator("h2")).to_have_text(re.compile("East|West"))
    assert (asked, wrong) == ([], [])


def test_a_dot_is_told_by_its_kind_and_nothing_of_clients(browser: Browser, tmp_path: Path) -> None:
    page, _, wrong = opened(browser, render(sealed(), scene()), tmp_path)
    switch(page, "HDF postcodes")
    dots = scene().dots
    assert dots
    own = int(np.flatnonzero(dots.x > 616_000)[0])
    x, y = dots.x[own] - 600_000, dots.y[own] - 200_000
    page.evaluate(f"geodemand.sides()[0].map.setView([{y}, {x}], 48, {{ animate: false }})")
    page.locator("#map").focus()
    page.keyboard.press("Enter")
    card = page.locator("#card")
    expect(card.locator("h2")).to_have_text("2 Hard Pressed")
    expect(card).to_contain_text("One postcode of the directory")
    expect(card).to_contain_text("In HDF.")
    expect(card).to_contain_text("Whether clients live there is not on this map.")
    assert wrong == []


def with_pictures_beside() -> tuple[str, Background]:
    """Return a page whose finer picture lies in a folder beside it."""
    place = (600_000, 200_000, 620_000, 220_000)
    parts = (
        Part(*place, 0, 500, "webp", picture("#336699")),
        Part(*place, 1, 500, "webp", picture("#669933")),
    )
    background = Background(LAND, (), parts, beside="map#1 files")
    return render(sealed(), replace(scene(), background=background)), background


def test_finer_pictures_of_the_background_lie_beside_the_page(
    browser: Browser, tmp_path: Path
) -> None:
    html, background = with_pictures_beside()
    assert "img-src data: blob: 'self';" in html
    assert "'self'" not in render(sealed(), scene())
    assert background.files == {1: "map#1 files/1-0.webp"}
    page, _, wrong = opened(browser, html, tmp_path)
    gone = page.locator("#key").get_by_text("Its finer pictures were not found.")
    expect(gone).to_be_visible()
    assert ["ERR_FILE_NOT_FOUND" in each for each in wrong] == [True]
    file = tmp_path / background.files[1]
    file.parent.mkdir()
    file.write_bytes(background.pictures[1].data)
    page.close()
    page, asked, wrong = opened(browser, html, tmp_path)
    images = page.locator("img.leaflet-image-layer")
    widths = "all => Promise.all(all.map((each) => each.decode().then(() => each.naturalWidth)))"
    assert images.evaluate_all(widths) == [40, 40]
    assert images.nth(1).get_attribute("src") == "map%231%20files/1-0.webp"
    expect(page.locator("#key").get_by_text("Its finer pictures were not found.")).to_be_hidden()
    # A browser lets nobody save what lies beside a page opened from disk: the coarse one is saved.
    assert page.evaluate(
        "geodemand.picture(geodemand.makeModel(), geodemand.sides()).then((blob) => blob.size)"
    )
    assert (asked, wrong) == ([], [])


def test_firefox_shows_pictures_beside_a_page_from_disk_without_a_network(
    in_firefox: Hand, tmp_path: Path
) -> None:
    html, background = with_pictures_beside()
    alone, page = tmp_path / "alone.html", tmp_path / "both" / "map.html"
    file = page.parent / background.files[1]
    file.parent.mkdir(parents=True)
    file.write_bytes(background.pictures[1].data)
    for each in (alone, page):
        each.write_text(html, encoding="utf-8")
    gone = (
        "[...document.querySelectorAll('#key p')].some((e) => e.checkVisibility()"
        " && e.textContent.startsWith('Its finer pictures were not found.'))"
    )
    in_firefox.open(alone)
    assert in_firefox.becomes(gone, wanted=True)
    in_firefox.open(page)
    images = "[...document.querySelectorAll('img.leaflet-image-layer')]"
    widths = f"Promise.all({images}.map((e) => e.decode().then(() => e.naturalWidth)))"
    assert in_firefox.becomes(widths, wanted=[40, 40])
    assert in_firefox.run(f"{images}.map((e) => e.src)")[1] == file.as_uri()
    assert not in_firefox.run(gone)
    assert in_firefox.faults(tmp_path) == []
