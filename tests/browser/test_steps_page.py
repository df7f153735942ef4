"""The difference map in a real browser without a network: stepping by mouse and by keyboard."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import difference_controls
import map_controls
import pytest
import shapely
from axe import violations
from conftest import Heard, ready
from hands import Hand
from playwright.sync_api import Browser, Page, expect


@pytest.fixture
def html(tiny: Any, run: Callable[..., Any]) -> str:  # noqa: ANN401
    """Return the map of two localities and two teams, with a name that would run if it could."""
    return drawn(tiny, run)


@pytest.fixture
def several(tiny: Any, run: Callable[..., Any]) -> str:  # noqa: ANN401
    """Return the map of two pairs of geographies, one with several mismatches."""
    tiny.areas("localities.geojson", strips("L", 1000, 1500, 2000))
    tiny.areas("teams.geojson", strips("T", 1100, 1600, 2000))
    tiny.areas("health.geojson", strips("H", 1200, 2000))
    return drawn(
        tiny,
        run,
        ("[hubs]\n", '[areas.health]\nfile = "health.geojson"\n\n[hubs]\n'),
        ('"localities,teams,same"', '"localities,teams,same", "teams,health,nests"'),
    )


def strips(name: str, *ends: int) -> dict[str, Any]:
    """Return areas side by side, each to an end, metres."""
    return {
        f"{name}{place}": shapely.box(600_000 + start, 250_000, 600_000 + end, 251_000)
        for place, (start, end) in enumerate(itertools.pairwise((0, *ends)), 1)
    }


def drawn(tiny: Any, run: Callable[..., Any], *changes: tuple[str, str]) -> str:  # noqa: ANN401
    tiny.write("places.csv", "name,easting,northing\n<img src=x onerror=alert(1)>,601000,250000\n")
    tiny.project(
        ("[map]\n", '[map]\nplaces = "places"\n'),
        ("[hubs]\n", '[sites.places]\nfile = "places.csv"\n\n[hubs]\n'),
        *changes,
    )
    result = run("hubs", "--map", "differences.html", folder=tiny.folder)
    assert result.exit_code == 0, result.output
    written = tiny.path("differences.html")
    assert os.name != "posix" or written.stat().st_mode & 0o777 == 0o600
    text: str = written.read_text(encoding="utf-8")
    return text


@pytest.fixture
def opened(browser: Browser, html: str, tmp_path: Path) -> Iterator[Page]:
    heard = Heard()
    path = tmp_path / "page.html"
    path.write_text(html, encoding="utf-8")
    context = browser.new_context(
        viewport={"width": 1300, "height": 900}, offline=True, reduced_motion="reduce"
    )
    page = context.new_page()
    heard.listen(page)
    page.goto(path.as_uri())
    yield ready(page)
    context.close()
    assert heard.faults(path) == []


def test_each_mismatch_is_stepped_to_by_mouse_and_keyboard(opened: Page) -> None:
    card, place = opened.locator("#card"), opened.locator("#step-place")
    expect(place).to_contain_text("to step through")
    opened.get_by_role("button", name="Next mismatch").click()
    expect(card.locator("h2")).to_have_text("Area L2 and Area T1")
    expect(card).to_contain_text("Real mismatch")
    expect(card).to_contain_text("hectares, at most 100 m wide")
    expect(card).to_contain_text("Nearest place: <img src=x onerror=alert(1)>.")
    expect(card.locator("tbody tr", has_text="CYP").locator("td")).to_have_text("10")
    sheet, ring = (
        opened.locator(each).first.bounding_box()
        for each in (".leaflet-container", ".leaflet-chosen-pane path")
    )
    assert sheet
    assert ring
    assert sheet["y"] <= ring["y"]
    assert ring["y"] + ring["height"] <= sheet["y"] + sheet["height"]
    assert ring["height"] > sheet["height"] / 4  # it is zoomed to, and whole
    rows = opened.locator("#steps-table tbody tr")
    assert place.inner_text() == f"1 of {rows.count()}: Area L2 and Area T1."
    expect(opened.locator("#steps-table tr[aria-current=true]")).to_have_count(1)
    opened.keyboard.press("End")
    expect(place).to_contain_text(f"{rows.count()} of {rows.count()}")
    opened.keyboard.press("ArrowRight")
    expect(place).to_contain_text("1 of ")
    opened.keyboard.press("ArrowLeft")
    expect(place).to_contain_text(f"{rows.count()} of {rows.count()}")
    expect(opened.locator("#status")).to_contain_text("hectares")


def test_the_list_leads_to_each_and_kinds_differ_in_more_than_colour(opened: Page) -> None:
    opened.locator("#steps-table tbody tr button").first.press("Enter")
    expect(opened.locator("#card")).to_be_visible()
    opened.locator("#card .close").click()
    expect(opened.locator("#card")).to_be_hidden()
    expect(opened.get_by_role("button", name="Next mismatch")).to_be_focused()
    expect(opened.locator("#steps-table tr[aria-current=true]")).to_have_count(0)
    kinds = opened.get_by_label("Kind of mismatch")
    assert kinds.locator("option").all_inner_texts() == ["All kinds", "Real mismatch"]
    kinds.select_option(label="Real mismatch")
    expect(opened.locator("#step-place")).to_contain_text("1 mismatch to step through.")
    marks = opened.locator("#key-body li").filter(has_text="Real mismatch").locator("rect")
    assert marks.get_attribute("stroke-dasharray") == "none"
    assert float(marks.get_attribute("fill-opacity") or 0) > 0
    opened.set_viewport_size({"width": 320, "height": 700})
    opened.get_by_role("button", name="Next mismatch").click()
    assert opened.evaluate("document.documentElement.scrollWidth") <= 320


def test_on_a_narrow_screen_the_buttons_are_in_view_with_the_map(opened: Page) -> None:
    opened.set_viewport_size({"width": 320, "height": 640})
    opened.evaluate("scrollTo(0, 0)")
    following = opened.get_by_role("button", name="Next mismatch")
    expect(following).to_be_in_viewport(ratio=1)
    expect(opened.locator("#step-place")).to_be_in_viewport(ratio=1)
    following.click()
    expect(opened.locator("#step-place")).to_contain_text("1 of ")
    expect(opened.locator(".leaflet-chosen-pane path").first).to_be_in_viewport()
    button, foot = following.bounding_box(), opened.locator("footer").last
    foot.scroll_into_view_if_needed()
    opened.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    low = foot.bounding_box()
    assert button
    assert low
    assert low["y"] + low["height"] <= button["y"]  # the buttons cover nothing at the end


def test_the_engine_finds_nothing_at_the_start_at_a_piece_and_on_a_narrow_screen(
    opened: Page,
) -> None:
    assert violations(opened) == [], "start"
    opened.get_by_role("button", name="Next mismatch").click()
    opened.eval_on_selector_all("#extras details", "all => all.forEach(e => { e.open = true; })")
    for box in opened.locator("#extras input[type=checkbox]").all():
        box.check()
    assert violations(opened) == [], "a piece, every layer"
    opened.set_viewport_size({"width": 320, "height": 640})
    opened.wait_for_timeout(100)
    assert opened.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(opened) == [], "narrow"


@pytest.mark.parametrize("browser_name", ["chromium", "firefox"])
def test_each_control_by_mouse_and_by_keyboard(
    request: pytest.FixtureRequest, several: str, tmp_path: Path, browser_name: str
) -> None:
    hand: Hand = request.getfixturevalue(f"in_{browser_name}")
    path = tmp_path / "differences-both.html"
    path.write_text(several, encoding="utf-8")
    hand.open(path)
    layers = hand.run("document.querySelectorAll('#extras input[type=checkbox]').length")
    known = difference_controls.table(layers)
    faults = [fault for each in known for fault in map_controls.faults_of(hand, each, known)]
    assert not faults, "\n".join(faults)
    assert hand.faults(path) == []
