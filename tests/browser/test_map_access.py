"""For everyone: the accessibility engine, contrast, colour vision, narrow windows, large text."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from axe import violations
from conftest import Opened
from map_actions import every_layer_on, row_button
from playwright.sync_api import Page, expect

from geodemand.maps import palettes
from geodemand.maps.measures import INDEX_BREAKS

# Differences that a reader tells apart at a glance lie above this (CIEDE76 in CIELAB units).
LEAST_APART = 10.0
# Simulation of colour vision deficiency, severity 1.0, linear RGB: G. M. Machado, M. M. Oliveira,
# L. A. F. Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
# IEEE Transactions on Visualization and Computer Graphics 15 (6), 2009, table of matrices.
MACHADO = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
    "full colour vision": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = TO_XYZ.sum(axis=1)


# Colours ---------------------------------------------------------------------------------------


def linear(colour: str) -> np.ndarray:
    part = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    ratio = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    root = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def apart(one: str, other: str, vision: str) -> float:
    matrix = np.array(MACHADO[vision])
    return float(np.linalg.norm(lab(matrix @ linear(one)) - lab(matrix @ linear(other))))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2."""
    light, dark = sorted((float(TO_XYZ[1] @ linear(each)) for each in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


BELOW = sum(limit <= 100 for limit in INDEX_BREAKS)
SCHEMES = {
    "amounts": palettes.amounts(5),
    "index": palettes.around_the_middle(BELOW, len(INDEX_BREAKS) - BELOW),
    **{f"heat {place}": palettes.heat(place, 5) for place in range(6)},
}


@pytest.mark.parametrize("vision", MACHADO)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_neighbouring_classes_can_be_told_apart(scheme: str, vision: str) -> None:
    for one, other in itertools.pairwise(SCHEMES[scheme]):
        assert apart(one, other, vision) >= LEAST_APART, (one, other)


@pytest.mark.parametrize("vision", MACHADO)
def test_both_ends_of_the_index_and_every_two_classes_can_be_told_apart(vision: str) -> None:
    for one, other in itertools.combinations(SCHEMES["index"], 2):
        assert apart(one, other, vision) >= LEAST_APART, (one, other)


@pytest.mark.parametrize("vision", MACHADO)
def test_kinds_of_neighbourhood_can_be_told_apart(vision: str) -> None:
    for one, other in itertools.combinations(palettes.KINDS[:5], 2):
        assert apart(one, other, vision) >= LEAST_APART, (one, other)


def test_amounts_go_from_light_to_dark_so_that_they_survive_a_grey_printer() -> None:
    for scheme in ("amounts", *(f"heat {place}" for place in range(6))):
        light = [lab(linear(colour))[0] for colour in SCHEMES[scheme]]
        assert light == sorted(light, reverse=True)
        assert all(one - other > 4 for one, other in itertools.pairwise(light))


def test_the_measure_of_difference_finds_red_and_green_alike() -> None:
    green, orange = "#a6d96a", "#fdae61"
    assert apart(green, orange, "deuteranopia") < 25 < apart(green, orange, "tritanopia")


def test_text_and_controls_stand_out_by_computation(page: Page) -> None:
    every_layer_on(page)
    page.locator("#two").click()
    row_button(page, 0).click()
    found: list[list[str]] = page.evaluate(
        """() => { const two = v => v.toString(16).padStart(2, '0');
          const hex = text => { const [r, g, b, a] = text.match(/[\\d.]+/g).map(Number);
            return a === 0 ? '' : '#' + [r, g, b].map(two).join(''); };
          const ground = each => { for (let e = each; e; e = e.parentElement) {
            const c = hex(getComputedStyle(e).backgroundColor); if (c) return c; }
            return '#ffffff'; };
          return [...document.querySelectorAll('body *')].filter(each => each.checkVisibility()
            && !each.closest('#map, #map-2, svg') && [...each.childNodes].some(n => n.nodeType === 3
            && n.textContent.trim())).map(each => [hex(getComputedStyle(each).color), ground(each),
              each.tagName + '.' + each.className]); }"""
    )
    assert len(found) > 150
    faint = {(*pair, name) for *pair, name in found if contrast(*pair) < 4.5}
    assert faint == set()


# The engine ------------------------------------------------------------------------------------


def test_the_engine_finds_nothing_in_the_states_that_matter(page: Page) -> None:
    assert violations(page) == [], "start"
    every_layer_on(page)
    row_button(page, 0).click()
    page.locator("#card summary").click()
    assert violations(page) == [], "every layer, an area with all its figures"
    hexagons = page.locator("#more-tables > .widest").last.locator("tbody button")
    hexagons.nth(0).click()
    page.locator("#card-add").click()
    hexagons.nth(1).click()
    assert violations(page) == [], "two hexagons compared"
    row_button(page, 0).click()
    page.locator("#card-add").click()
    row_button(page, 1).click()
    page.locator("#two").click()
    page.get_by_label("Find an area, a place or a postcode").fill("ward")
    page.set_viewport_size({"width": 320, "height": 640})
    page.wait_for_timeout(100)
    assert violations(page) == [], "two maps, areas compared, search open, narrow"
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert violations(page) == [], "paper"


def test_the_engine_finds_what_is_wrong(page: Page) -> None:
    page.evaluate("document.querySelector('#find label').remove()")
    page.evaluate("document.getElementById('search').removeAttribute('placeholder')")
    assert any(each.startswith("label") for each in violations(page))


# Windows, zoom, focus --------------------------------------------------------------------------


def test_no_sideways_scrolling_and_targets_large_enough_at_any_width(page: Page) -> None:
    every_layer_on(page)
    row_button(page, 0).click()
    page.locator("#card-add").click()
    row_button(page, 1).click()
    page.locator("#two").click()
    # 320 x 256 is a window of 1280 x 1024 at 400 %.
    for width, height in ((320, 256), (320, 700), (350, 700), (768, 1000), (1400, 900)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        small = page.eval_on_selector_all(
            "button, select, summary, input[type=text], input[type=range], .leaflet-bar a,"
            " .option > label, .site",
            """all => all.map(each => [each.outerHTML.slice(0, 90), each.getBoundingClientRect()])
                 .filter(([, box]) => box.width && (box.height < 24 || box.width < 24))
                 .map(([text]) => text)""",
        )
        assert small == [], width


def test_everything_works_at_320_pixels(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.get_by_label("Find an area, a place or a postcode").fill("ward 12")
    page.locator("#found li").first.click()
    expect(page.locator("#card h2")).to_have_text("Ward 12")
    page.get_by_role("button", name="Two maps").click()
    expect(page.locator("#map-2")).to_be_visible()
    box, other = page.locator("#map").bounding_box(), page.locator("#map-2").bounding_box()
    assert box
    assert other
    assert other["y"] >= box["y"] + box["height"]


def test_the_skip_link_leads_past_the_map(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#figures")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#figures') !== null")


def test_moves_without_animation_where_the_reader_asked_for_that(page: Page) -> None:
    page.get_by_role("button", name="Zoom in").click()
    assert page.locator(".leaflet-zoom-anim").count() == 0
    assert page.evaluate("geodemand.calm")


def test_forced_colours_keep_the_map_and_show_what_is_chosen(opened: Opened) -> None:
    page = opened(forced_colors="active")
    row_button(page, 0).click()
    page.locator("#two").click()
    fills = page.locator("#map path.area").evaluate_all(
        "all => all.map(each => getComputedStyle(each).fill)"
    )
    assert len(set(fills)) >= 3
    for chosen in ("#two", ".pills input:checked + label >> nth=0", "tr.chosen th"):
        assert page.locator(chosen).evaluate("e => getComputedStyle(e).outlineStyle") != "none"


def test_withheld_is_hatched_and_not_only_grey(page: Page) -> None:
    page.get_by_label("Wards", exact=True).check(force=True)
    page.get_by_label("NEET aged 16-18", exact=True).check(force=True)
    hatched = page.locator("path.area[fill='url(#hatch)']")
    assert hatched.count() > 0
    expect(page.locator("#key .swatch.withheld rect")).to_have_attribute("fill", "url(#hatch)")
    expect(page.locator("#key")).to_contain_text("Withheld (c)")
    assert page.locator("#hatch rect").count() == 2
