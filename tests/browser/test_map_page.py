"""The map page in a real browser: offline, by mouse, by keyboard, and as an attacker reads it."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from geodemand.core.disclosure import (
    Facts,
    FloatArray,
    IntArray,
    Labels,
    People,
    Policy,
    Protected,
    Release,
    Surface,
    Table,
    protect,
    ratio,
    release,
    rounded,
    rounded_share,
)
from geodemand.core.geography import Geography, Sites, locate
from geodemand.maps.document import render
from geodemand.maps.payload import pack
from geodemand.maps.scene import PostcodeDots, Scene, SegmentKey

LISTS = ("Children and young people", "Adult care", "NEET aged 16-18")
KINDS = ("Wealthy Achievers", "Urban Prosperity", "Comfortably Off", "Moderate Means")
HOSTILE = (
    "<img src=x onerror=\"window.broken='tag'\">",
    "{{7*7}}",
    "{% raw",
    "${window.broken='literal'}",
    "</script><script>window.broken='block'</script>",
    "`+(window.broken='tick')+`",
    "\"'>'\" onfocus=window.broken='quote' autofocus",
    "__proto__",
    "constructor",
    "<!--<script>",
    "&lt;b&gt;\u2028\u2029",
)
OPEN = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")

SIZE = "each => [each.offsetWidth, each.offsetHeight]"

Opened = Callable[..., Page]


# A small made-up county ------------------------------------------------------------------------


def policy() -> Policy:
    return Policy(
        name="public",
        title="Public: small numbers hidden",
        threshold=7,
        base=5,
        share_decimals=0,
        large_base_decimals=1,
        large_base=4000,
        surface_bandwidth_m=500,
        surface_neighbours=10,
        surface_classes=6,
        area_clients=8,
        area_addresses=8,
        clients_listed=False,
        needs_reason=False,
        marking="",
        explanation="Counts from 1 to 7 are hidden and shown as c; others go to the nearest 5.",
    )


class County:
    """Seven localities, thirty wards, 2,000 postcodes, three lists."""

    def __init__(self, words: Callable[[str], str] = str) -> None:
        rng = np.random.default_rng(7)
        self.word = words
        outline = shapely.Point(640_000, 250_000).buffer(30_000).simplify(800)
        self.localities = self._split(outline, rng, 7, "Locality", "L")
        self.wards = self._split(outline, rng, 30, "Ward", "W")
        x, y = rng.normal(640_000, 14_000, 4000), rng.normal(250_000, 14_000, 4000)
        inside = np.flatnonzero(shapely.contains_xy(outline, x, y))[:2000]
        self.x, self.y = np.round(x[inside]), np.round(y[inside])
        self.segment = rng.integers(-1, len(KINDS), len(inside))
        self.homes = rng.integers(20, 60, len(inside))
        self.clients = [rng.poisson(mean, len(inside)) for mean in (1.5, 0.5, 0.08)]

    def _split(
        self, outline: shapely.Geometry, rng: np.random.Generator, count: int, name: str, mark: str
    ) -> Geography:
        west, south, east, north = outline.bounds
        seeds = shapely.points(rng.uniform(west, east, count), rng.uniform(south, north, count))
        cells = shapely.get_parts(
            shapely.voronoi_polygons(shapely.union_all(seeds), extend_to=outline)
        )
        shapes = shapely.intersection(cells, outline)
        shapes = shapes[~shapely.is_empty(shapes)]
        codes = tuple(f"{mark}{place:02d}" for place in range(len(shapes)))
        names = tuple(self.word(f"{name} {place + 1}") for place in range(len(shapes)))
        return Geography(self.word(name), codes, names, shapes)

    def exact(self, geography: Geography, amounts: FloatArray) -> FloatArray:
        where = locate(geography, self.x, self.y)
        kept = where >= 0
        return np.bincount(where[kept], weights=amounts[kept], minlength=len(geography))

    def areas(self) -> Table:
        labels: dict[str, list[str]] = {each: [] for each in ("geography", "code", "name", "list")}
        facts: dict[str, list[float]] = {"postcodes": [], "residents": []}
        people: dict[str, list[Protected]] = {}
        for geography in (self.localities, self.wards):
            homes = self.exact(geography, self.homes)
            for name, clients in zip(LISTS, self.clients, strict=True):
                labels["geography"] += [geography.name] * len(geography)
                labels["code"] += geography.codes
                labels["name"] += geography.names
                labels["list"] += [self.word(name)] * len(geography)
                facts["postcodes"] += self.exact(geography, np.ones(len(self.x))).tolist()
                facts["residents"] += np.where(homes > 0, homes, np.nan).tolist()
                counts = protect(People(self.exact(geography, clients).astype(int)), policy())
                for column, figures in self.figures(counts, homes, clients.sum()).items():
                    people.setdefault(column, []).append(figures)
        return Table(
            "areas",
            {
                **{name: Labels(tuple(values)) for name, values in labels.items()},
                **{name: Facts(np.array(values)) for name, values in facts.items()},
                **{name: joined(parts) for name, parts in people.items()},
            },
        )

    @staticmethod
    def figures(counts: Protected, homes: FloatArray, clients: int) -> dict[str, Protected]:
        total = protect(People(np.array([clients])), policy())
        rate = ratio(counts, Protected(homes / 1000, np.zeros(len(homes), dtype=bool)))
        share = ratio(counts, float(total.values[0]))
        index = ratio(share, Protected(homes / homes.sum() / 100, np.zeros(len(homes), dtype=bool)))
        return {
            "clients": counts,
            "rate": rate,
            "share": rounded_share(share, counts, policy()),
            "index": rounded(index, 0),
            "index_low": rounded(Protected(index.values * 0.8, index.withheld), 0),
            "index_high": rounded(Protected(index.values * 1.25, index.withheld), 0),
        }

    def profile(self) -> Table:
        rows = [(each, level) for each in LISTS for level in ("category", "set")]
        kinds = [(each, level, kind) for each, level in rows for kind in range(len(KINDS))]
        size = len(kinds)
        known = np.zeros(size, dtype=bool)
        values = np.arange(size, dtype=float)
        return Table(
            "profile",
            {
                "list": Labels(tuple(self.word(each) for each, _, _ in kinds)),
                "level": Labels(tuple(level for _, level, _ in kinds)),
                "base": Labels(("postcodes",) * size),
                "segment": Labels(tuple(str(kind + 1) for _, _, kind in kinds)),
                "name": Labels(tuple(self.word(KINDS[kind]) for _, _, kind in kinds)),
                "clients": Protected(values * 5, known),
                "share": Protected(values / 100, known, 2),
                "base_share": Facts(values / 90, 2),
                "index": Protected(values + 90, known),
                "index_low": Protected(values + 80, known),
                "index_high": Protected(values + 102, known),
                "flag": Labels(tuple(self.word("small numbers") if i else None for i in values)),
            },
        )

    def ledger(self) -> Table:
        return Table(
            "ledger",
            {
                "list": Labels(tuple(self.word(each) for each in LISTS)),
                "rows": Facts(np.array([3100.0, 1040.0, 170.0])),
                "matched": Facts(np.array([2945.0, 1030.0, 165.0])),
                "repaired": Facts(np.zeros(3)),
                "terminated": Facts(np.array([62.0, 0.0, 0.0])),
                "outside": Facts(np.array([93.0, 10.0, 5.0])),
                "duplicate": Facts(np.zeros(3)),
            },
        )

    def surfaces(self) -> tuple[Surface, ...]:
        rows, columns = np.mgrid[0:60, 0:60]
        return tuple(
            Surface(
                self.word(name),
                np.clip(6 - np.hypot(rows - 20 - 9 * place, columns - 30) / 4, 0, 5).astype(
                    np.uint8
                ),
                610_000.0,
                280_000.0,
                1000.0,
                (0.5, 1.0, 2.0, 4.0, 8.0),
                500.0,
            )
            for place, name in enumerate(LISTS)
        )

    def release(self) -> Release:
        tables = {"areas": self.areas(), "profile": self.profile(), "ledger": self.ledger()}
        return release(
            replace(policy(), title=self.word(policy().title)),
            tables,
            self.surfaces(),
            (self.word("Three figures are withheld."),),
        )

    def sites(self, name: str, count: int) -> Sites:
        rng = np.random.default_rng(count)
        return Sites(
            self.word(name),
            tuple(f"{name}{place}" for place in range(count)),
            tuple(self.word(f"{name} {place + 1}") for place in range(count)),
            rng.uniform(622_000, 658_000, count),
            rng.uniform(232_000, 268_000, count),
        )

    def dots(self, order: IntArray) -> PostcodeDots:
        segment = self.segment[order]
        key = tuple(SegmentKey(str(n + 1), self.word(name)) for n, name in enumerate(KINDS))
        in_set = (self.word("HDF"), np.flatnonzero(segment == 3))
        return PostcodeDots(self.x[order], self.y[order], segment, key, (in_set,))

    def scene(self, order: IntArray | None = None) -> Scene:
        return Scene(
            title=self.word("Need is highest in Locality 3"),
            subtitle=self.word("Clients of three services, 31 March 2024"),
            note=self.word("Draft"),
            marking=self.word("OFFICIAL-SENSITIVE"),
            source=self.word("A made-up county"),
            lists=tuple(self.word(each) for each in LISTS),
            rate=self.word("clients per 1,000 residents"),
            shaded=(self.localities, self.wards),
            sites=(self.sites("Hubs", 5),),
            place_names=self.sites("Places", 40),
            dots=self.dots(np.arange(len(self.x)) if order is None else order),
        )

    def page(self) -> str:
        return render(self.release(), self.scene())


def joined(parts: list[Protected]) -> Protected:
    return Protected(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.withheld for part in parts]),
        parts[0].decimals,
    )


# The browser -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def html() -> str:
    return County().page()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.fail("No Chromium here: set CHROMIUM to its path and run `make test` again.")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=found, args=list(OPEN))
        yield started
        started.close()


@pytest.fixture
def opened(browser: Browser, html: str, tmp_path: Path) -> Iterator[Opened]:
    """Open a page from disk without network; whatever it says or asks for fails the test."""
    heard: list[str] = []
    contexts = []

    def open_page(text: str = html, width: int = 1400, height: int = 900, **options: str) -> Page:
        path = tmp_path / "map.html"
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": height}, offline=True, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("console", lambda message: heard.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("dialog", lambda dialog: heard.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: heard.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready=true]")
        heard.remove(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [each for each in heard if not each.startswith("data:image/png")] == []


def colours(page: Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all(
        "path.area", "all => all.map(each => each.getAttribute('fill'))"
    )
    return found


def column(page: Page, place: int) -> list[str]:
    return [
        text.strip()
        for text in page.locator(
            f"#figures-table tbody tr > :nth-child({place + 1})"
        ).all_inner_texts()
    ]


def tab_to(page: Page, target: Locator, most: int = 80) -> None:
    page.evaluate("document.activeElement.blur()")
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("each => each === document.activeElement"):
            return
    pytest.fail("the Tab key does not get there")


def label_boxes(page: Page) -> list[dict[str, float]]:
    found: list[dict[str, float]] = page.evaluate(
        """() => [...document.querySelectorAll('.label')].map(label => {
             const boxes = [...label.children].map(line => line.getBoundingClientRect());
             return {left: Math.min(...boxes.map(b => b.left)), top: boxes[0].top,
               right: Math.max(...boxes.map(b => b.right)), bottom: boxes.at(-1).bottom};})"""
    )
    return found


# What a reader does ----------------------------------------------------------------------------


def test_opens_with_localities_shaded_by_rate_and_says_what_it_shows(opened: Opened) -> None:
    page = opened()
    assert page.title() == "Need is highest in Locality 3"
    assert page.locator("html").get_attribute("lang") == "en-GB"
    assert len(colours(page)) == 7
    assert all(fill.startswith(("#", "url(#hatch)")) for fill in colours(page))
    expect(page.locator("#key")).to_contain_text("clients per 1,000 residents")
    expect(page.locator("#credit")).to_contain_text("Children and young people 97%")
    assert page.locator(".marking:visible").all_inner_texts() == ["OFFICIAL-SENSITIVE"] * 2
    expect(page.locator("#about")).to_contain_text("Counts from 1 to 7 are hidden")
    expect(page.locator(".leaflet-control-scale")).to_contain_text("km")


def test_withheld_zero_and_missing_are_three_things_on_map_key_and_table(opened: Opened) -> None:
    county = County()
    table = county.areas()
    clients = table.columns["clients"]
    rate = table.columns["rate"]
    assert isinstance(clients, Protected)
    assert isinstance(rate, Protected)
    rate.withheld[0], rate.values[0] = True, np.nan
    rate.withheld[1], rate.values[1] = False, 0.0
    rate.withheld[2], rate.values[2] = False, np.nan
    page = opened(render(release(policy(), {"areas": table}), county.scene()))
    fills = colours(page)
    assert fills[0] == "url(#hatch)"
    assert fills[1] == "#ffffff"
    assert page.locator("path.area").nth(2).get_attribute("fill-opacity") == "0"
    assert page.locator("path.area").nth(1).get_attribute("fill-opacity") == "1"
    for text in ("Zero", "No figure", "Withheld (c)"):
        expect(page.locator("#key")).to_contain_text(text)
    cells = dict(zip(column(page, 0), column(page, 4), strict=True))
    assert (cells["Locality 1"], cells["Locality 3"]) == ("c", "\u2013")
    assert float(cells["Locality 2"]) == 0
    assert column(page, 4)[-2:] == ["c", "\u2013"]


@pytest.mark.parametrize("measure", ["Share of clients", "Index", "No shading"])
def test_another_measure_changes_map_key_and_table(opened: Opened, measure: str) -> None:
    page = opened()
    before = colours(page)
    page.get_by_label(measure, exact=True).check()
    assert colours(page) != before
    if measure != "No shading":
        expect(page.locator("#key h3").first).to_contain_text(measure)
        expect(page.locator("#figures th[aria-sort=descending]")).to_contain_text(measure)


def test_list_and_geography_follow_the_arrow_keys(opened: Opened) -> None:
    page = opened()
    tab_to(page, page.get_by_label("Locality", exact=True))
    page.keyboard.press("ArrowRight")
    wards = len(County().wards)
    assert len(column(page, 0)) == wards
    assert page.locator("path.area").count() == wards
    tab_to(page, page.get_by_label(LISTS[0], exact=True))
    page.keyboard.press("ArrowDown")
    expect(page.locator("#figures .caption")).to_have_text("Adult care by Ward")
    tab_to(page, page.get_by_label("Rate", exact=True))
    page.keyboard.press("ArrowDown")
    expect(page.locator("#key h3").first).to_contain_text("Share of clients, Adult care")


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_each_layer_can_be_shown_and_hidden(opened: Opened, way: str) -> None:
    page = opened()
    boxes = page.locator("#extras input[type=checkbox]")
    assert boxes.count() == 3 + 1 + 1 + 1 + 1 + 2
    parts = "'#map img, #map canvas, #map path, #map .label, .site'"
    drawn = f"document.querySelectorAll({parts}).length"
    for place in range(boxes.count()):
        box = boxes.nth(place)
        before = page.evaluate(drawn)
        was = box.is_checked()
        if way == "mouse":
            page.locator("#extras label").nth(place).click()
        else:
            box.focus()
            page.keyboard.press("Space")
        assert box.is_checked() != was
        changed = page.evaluate(drawn) - before
        assert (changed < 0) if was else (changed > 0)
        assert page.locator("#status").inner_text()
        box.set_checked(was)


def test_the_heat_surface_is_classes_with_a_unit_and_a_bandwidth(opened: Opened) -> None:
    page = opened()
    page.get_by_label("Density: Adult care", exact=True).check()
    key = page.locator("#key")
    expect(key).to_contain_text("clients per km\u00b2")
    expect(key).to_contain_text("Smoothed over 500 m")
    found = page.evaluate(
        """async () => { const img = document.querySelector('.leaflet-image-layer');
          await img.decode(); const c = document.createElement('canvas');
          c.width = img.naturalWidth; c.height = img.naturalHeight;
          const p = c.getContext('2d'); p.drawImage(img, 0, 0);
          const all = p.getImageData(0, 0, c.width, c.height).data; const kinds = new Set();
          for (let i = 0; i < all.length; i += 4) kinds.add(all[i + 3] ? all[i] * 65536
            + all[i + 1] * 256 + all[i + 2] : -1); return [...kinds]; }"""
    )
    assert len(found) <= 6
    assert -1 in found


def test_dots_are_drawn_where_the_postcodes_are_and_grow_with_the_zoom(opened: Opened) -> None:
    page = opened()
    page.get_by_label("No shading", exact=True).check()
    page.get_by_label("Kinds of neighbourhood", exact=True).check()
    inked = """() => [...document.querySelectorAll('canvas.leaflet-tile')].reduce((sum, tile) => {
      const d = tile.getContext('2d').getImageData(0, 0, tile.width, tile.height).data;
      for (let i = 3; i < d.length; i += 4) sum += d[i] > 0; return sum; }, 0)"""
    far = page.evaluate(inked)
    assert far > 2000
    for _ in range(2):
        page.get_by_role("button", name="Zoom in").click()
        page.wait_for_timeout(400)
    assert page.evaluate(inked) > far


def test_headings_sort_the_table_and_say_so(opened: Opened) -> None:
    page = opened()
    heading = page.get_by_role("button", name="Clients Children and young people")
    heading.click()
    numbers = [int(text.replace(",", "")) for text in column(page, 3) if text != "c"]
    assert numbers == sorted(numbers, reverse=True)
    tab_to(page, heading)
    page.keyboard.press("Enter")
    numbers = [int(text.replace(",", "")) for text in column(page, 3) if text != "c"]
    assert numbers == sorted(numbers)
    expect(page.locator("#figures th[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("#status")).to_contain_text("Sorted by Clients")


def test_the_table_is_one_tab_stop_and_enter_shows_the_area(opened: Opened) -> None:
    page = opened()
    rows = page.locator("#figures-table tbody button")
    tab_to(page, rows.first)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    name = rows.nth(2).inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("#card h2")).to_have_text(name)
    expect(page.locator("#card tbody tr")).to_have_count(len(LISTS))
    expect(page.locator("tr.chosen th")).to_have_text(name)
    assert page.locator("#figures-table tbody [tabindex='0']").count() == 1
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#card")).to_be_hidden()
    assert page.locator("tr.chosen").count() == 0


def test_an_area_is_pinned_by_a_click_and_named_under_the_pointer(opened: Opened) -> None:
    page = opened()
    box = page.locator("path.area").nth(3).bounding_box()
    assert box
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    expect(page.locator(".tip")).to_contain_text("Rate: ")
    page.mouse.click(*middle)
    expect(page.locator("#card")).to_contain_text("residents")
    expect(page.locator("#card")).to_contain_text("Index")


def test_areas_stay_out_of_the_tab_order_and_hubs_are_in_it(opened: Opened) -> None:
    page = opened()
    stops = []
    for _ in range(90):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate(
                "(e => e === document.body ? '' : e.tagName + ':' +"
                " (e.getAttribute('aria-label') || e.textContent || e.id))(document.activeElement)"
            )
        )
        if stops[-1] in ("", stops[0]) and len(stops) > 1:
            break
    assert not any(stop.startswith(("path", "svg")) for stop in stops)
    assert sum("Hubs" in stop for stop in stops) >= 5
    assert len(stops) < 70


def test_a_hub_opens_by_keyboard(opened: Opened) -> None:
    page = opened()
    hub = page.locator(".site").first
    tab_to(page, hub)
    page.keyboard.press("Enter")
    expect(page.locator("#card h2")).to_have_text("Hubs 1")


def test_search_finds_areas_places_and_hubs_by_keyboard_and_mouse(opened: Opened) -> None:
    page = opened()
    search = page.get_by_label("Find an area or a place")
    search.fill("ward 12")
    expect(page.locator("#found li")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    active = search.get_attribute("aria-activedescendant")
    expect(page.locator(f"#{active}")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#card h2")).to_have_text("Ward 12")
    expect(page.get_by_label("Ward", exact=True)).to_be_checked()
    search.fill("places 7")
    page.locator("#found li").first.click()
    expect(page.locator("#card h2")).to_have_text("Places 7")
    search.fill("nowhere at all")
    expect(page.locator("#status")).to_have_text("No match")
    page.keyboard.press("Escape")
    assert search.input_value() == ""


def test_labels_never_cover_each_other(opened: Opened) -> None:
    page = opened()
    for _ in range(3):
        boxes = label_boxes(page)
        assert len(boxes) > 5
        for place, one in enumerate(boxes):
            for other in boxes[:place]:
                apart = (
                    one["right"] <= other["left"] + 1
                    or other["right"] <= one["left"] + 1
                    or one["bottom"] <= other["top"] + 1
                    or other["bottom"] <= one["top"] + 1
                )
                assert apart
        page.get_by_role("button", name="Zoom in").click()
        page.wait_for_timeout(400)


def test_the_profile_follows_list_and_level(opened: Opened) -> None:
    page = opened()
    expect(page.locator("#profile-table tbody tr")).to_have_count(len(KINDS))
    first = page.locator("#profile-table tbody").inner_text()
    page.get_by_label("Level").select_option(label="Set")
    second = page.locator("#profile-table tbody").inner_text()
    assert first != second
    page.get_by_label("Adult care", exact=True).check()
    expect(page.locator("#profile .caption")).to_contain_text("Adult care")
    assert page.locator("#profile-table tbody").inner_text() != second


# Any width, paper ------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [320, 350, 700, 1400])
def test_no_sideways_scrolling_and_targets_large_enough(opened: Opened, width: int) -> None:
    page = opened(width=width, height=700)
    page.locator("#figures-table tbody button").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.eval_on_selector_all(
        "button, select, input[type=text], .leaflet-bar a, .option, .site",
        """all => all.map(each => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
             .filter(([, box]) => box.width && (box.height < 24 || box.width < 24))
             .map(([text]) => text)""",
    )
    assert small == []


def test_prints_the_whole_county_on_one_sheet(opened: Opened) -> None:
    page = opened()
    page.locator("#figures-table tbody button").first.click()
    page.wait_for_timeout(500)
    place = """() => document.querySelector('.leaflet-control-scale').textContent + Math.round(
      document.querySelector('.leaflet-chosen-pane path').getBoundingClientRect().left)"""
    before = page.evaluate(place), page.locator("#map").evaluate(SIZE)
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 1
    page.wait_for_timeout(200)
    assert (page.evaluate(place), page.locator("#map").evaluate(SIZE)) == before
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1047})
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    sheet = page.locator("#map").bounding_box()
    assert sheet
    for area in page.locator("path.area").all():
        box = area.bounding_box()
        assert box
        assert box["x"] >= sheet["x"]
        assert box["x"] + box["width"] <= sheet["x"] + sheet["width"]
        assert box["y"] >= sheet["y"]
        assert box["y"] + box["height"] <= sheet["y"] + sheet["height"]
    assert page.locator("#key").is_visible()
    assert not page.locator("#shade").is_visible()


def test_moves_without_animation_where_the_reader_asked_for_that(opened: Opened) -> None:
    page = opened(reduced_motion="reduce")
    page.get_by_role("button", name="Zoom in").click()
    assert page.locator(".leaflet-zoom-anim").count() == 0


# Hostile names, and an attacker's view ---------------------------------------------------------


@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_text_in_every_field_is_shown_as_it_is(opened: Opened, evil: str) -> None:
    county = County(lambda text: f"{text} {evil}")
    text = county.page()
    data = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    assert len(data) == 8
    assert not any(mark in block for block in data for mark in ("<", ">", "&", "`", "$", "'"))
    assert "49" not in re.findall(r"Locality 1 (\d+)", text)
    page = opened(text)
    for box in page.locator("#extras input[type=checkbox]").all():
        box.check()
    page.get_by_label("Find an area or a place").fill("Locality 1")
    expect(page.locator("#found li").first).to_be_visible()
    page.keyboard.press("Enter")
    page.mouse.move(400, 500)
    shown = " ".join(page.locator("#card h2").inner_text().split())
    assert shown == " ".join(f"Locality 1 {evil}".split())
    title = f"Need is highest in Locality 3 {evil}"
    assert page.title().split() == title.split()
    assert page.evaluate("window.broken") is None
    assert page.locator("img:not(.leaflet-image-layer)").count() == 0
    assert page.evaluate("({}).name === undefined && Object.keys(Object.prototype).length === 0")


def unpacked(text: str) -> list[int]:
    values, value, shift = [], 0, 0
    for byte in zlib.decompress(base64.b64decode(text), -zlib.MAX_WBITS):
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            values.append((value >> 1) ^ -(value & 1))
            value = shift = 0
    return values


def numbers(value: object) -> Iterator[float]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from numbers(each)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def blocks(text: str) -> dict[str, dict]:
    pattern = r'<script type="application/json" id="data-(\w+)">(.*?)</script>'
    return {name: json.loads(data) for name, data in re.findall(pattern, text, re.DOTALL)}


def test_the_file_holds_no_exact_count_and_nothing_of_what_is_withheld(html: str) -> None:
    county = County()
    data = blocks(html)
    held = set(numbers(data["areas"]))
    for place, geography in enumerate((county.localities, county.wards)):
        for each, clients in enumerate(county.clients):
            exact = county.exact(geography, clients).astype(int)
            shown = data["areas"]["shaded"][place]["figures"][each]
            for area, count in enumerate(exact.tolist()):
                hidden = 0 < count <= 7
                figures = [
                    measure[part][area]
                    for measure in shown.values()
                    for part in ("values", "low", "high")
                    if part in measure
                ]
                assert all((figure == "c") == hidden for figure in figures)
                assert hidden or figures[0] % 5 == 0
    totals = {int(clients.sum()) for clients in county.clients}
    assert not {total for total in totals if total % 5} & held


def test_the_dots_are_the_directory_and_say_nothing_of_clients(html: str) -> None:
    county = County()
    dots = blocks(html)["dots"]
    assert sorted(dots) == ["cells", "count", "key", "parts", "sets"]
    (part,) = dots["parts"]
    assert sorted(part) == ["box", "kinds", "sets", "x", "y"]
    corner = np.floor(shapely.total_bounds(county.localities.shapes))[:2]
    west, south = corner + part["box"][:2]
    x = np.cumsum(unpacked(part["x"])) + west
    y = np.cumsum(unpacked(part["y"])) + south
    assert sorted(zip(x, y, strict=True)) == sorted(zip(county.x, county.y, strict=True))
    assert len(unpacked(part["kinds"])) == len(county.x)
    assert len(unpacked(part["sets"][0])) == (county.segment == 3).sum()
    assert sum(unpacked(dots["cells"]["postcodes"])) == len(county.x)


def test_the_page_unpacks_what_was_packed(opened: Opened) -> None:
    page = opened()
    rng = np.random.default_rng(3)
    for values in (
        np.array([], dtype=np.int64),
        np.array([0, -1, 1, 2**31 - 1, -(2**31)]),
        np.zeros(100_000, dtype=np.int64),
        rng.integers(-(2**30), 2**30, 30_000),
        np.repeat(rng.integers(0, 9, 3000), 17),
    ):
        assert page.evaluate("text => [...geodemand.unpack(text)]", pack(values)) == values.tolist()


def test_names_no_address_and_forbids_all(html: str) -> None:
    head = html[: html.index("<style>")]
    assert head.index("Content-Security-Policy") < head.index("viewport")
    for part in (
        "default-src 'none'",
        "connect-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ):
        assert part in head
    assert "Leaflet 1.9.3" in html
    markup = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
    assert not re.search(r"<[^>]+\b(src|href|action|srcset)\s*=\s*[\"']?[^#\"' >]", markup)
    styles = html[: html.index("</head>")]
    assert not re.search(r"url\(|@import", styles)


def test_same_inputs_in_any_order_make_the_same_bytes(html: str) -> None:
    county = County()
    assert county.page() == html
    shuffled = np.random.default_rng(1).permutation(len(county.x))
    assert render(county.release(), county.scene(shuffled)) == html
