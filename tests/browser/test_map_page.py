"""The map page in a real browser, offline: what it shows, and every control by mouse and keys."""

from __future__ import annotations

import base64
import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import Opened
from map_actions import (
    colours,
    column,
    middle,
    open_groups,
    pages_of,
    row_button,
    spot_of,
    tab_to,
)
from map_county import KINDS, LISTS, County, policy
from playwright.sync_api import Browser, Page, expect

from geodemand.core.disclosure import Protected, release
from geodemand.maps.document import render
from geodemand.maps.frame import frame
from geodemand.maps.payload import pack
from geodemand.maps.pictures.figures import apart, span
from geodemand.maps.pictures.shaded import shaded
from geodemand.maps.scene import Shading

SIZE = "each => [each.offsetWidth, each.offsetHeight]"


def label_boxes(page: Page) -> list[dict[str, float]]:
    found: list[dict[str, float]] = page.evaluate(
        """() => [...document.querySelectorAll('.label')].map(label => {
             const boxes = [...label.children].map(line => line.getBoundingClientRect());
             return {left: Math.min(...boxes.map(b => b.left)), top: boxes[0].top,
               right: Math.max(...boxes.map(b => b.right)), bottom: boxes.at(-1).bottom};})"""
    )
    return found


# What it says ----------------------------------------------------------------------------------


def test_opens_with_localities_shaded_by_rate_and_says_what_it_shows(page: Page) -> None:
    assert page.title() == "Need is highest in Locality 3"
    assert page.locator("html").get_attribute("lang") == "en-GB"
    assert len(colours(page)) == 7
    assert all(fill.startswith(("#", "url(#hatch)")) for fill in colours(page))
    expect(page.locator("#credit")).to_contain_text("Children 97%")
    assert page.locator(".marking:visible").all_inner_texts() == ["OFFICIAL-SENSITIVE"] * 2
    expect(page.locator("#about")).to_contain_text("Counts from 1 to 7 are hidden")
    expect(page.locator(".leaflet-control-scale")).to_contain_text("km")


def test_the_key_has_unit_whole_area_date_match_rate_source_and_policy(page: Page) -> None:
    key = page.locator("#key").inner_text()
    for words in (
        "Rate, Children, 31 March 2024",
        "clients per 1,000 residents",
        "Whole area: ",
        "as at 31 March 2024",
        "Rows placed: 97%",
        "Source: A made-up county",
        "Policy: Public: small numbers hidden (public)",
        "Withheld (c)",
        "1 to 7 clients, or hidden to protect others",
    ):
        assert words in key
    page.get_by_label("Adult care", exact=True).check(force=True)
    expect(page.locator("#key")).to_contain_text("Adult care: adults with a care plan")


def test_withheld_zero_and_missing_are_three_things_on_map_key_and_table(opened: Opened) -> None:
    county = County()
    table = county.areas()
    rate = table.columns["rate"]
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
    cells = dict(zip(column(page, "Localities"), column(page, "Rate"), strict=True))
    assert (cells["Locality 1"], cells["Locality 3"]) == ("c", "\u2013")
    assert float(cells["Locality 2"]) == 0
    assert column(page, "Rate")[-2:] == ["c", "\u2013"]
    assert page.locator("#figures-table abbr[title^=withheld]").count()


def test_a_rate_that_is_not_nothing_is_not_written_as_nothing(page: Page) -> None:
    write = "([style, value, digits]) => geodemand.write(style, value, digits)"
    for style, value, digits, said in (
        ("rate", 0.07, 0, "0.07"),
        ("rate", 0.7, 0, "1"),
        ("rate", 0, 0, "0"),
        ("share", 0.0004, 0, "0.04%"),
        ("share", 0.01, 1, "1.0%"),
        # Each area's is rounded by its own size: no decimal is added that was not released.
        ("portion", 0.01, 0, "1%"),
        ("portion", 0.012, 0, "1.2%"),
    ):
        assert page.evaluate(write, [style, value, digits]) == said


@pytest.mark.parametrize(
    ("measure", "limits", "said"),
    [
        ("rate", "37.5,40.25", ["under 37.5", "37.5 to under 40.25", "40.25 and over"]),
        ("share", "12,16.5", ["under 12%", "12% to under 16.5%", "16.5% and over"]),
        ("index", "97.5,101", ["under 97.5", "97.5 to under 101", "101 and over"]),
        ("clients", "450,1000", ["under 450", "450 to under 1,000", "1,000 and over"]),
    ],
)
def test_given_classes_are_named_by_their_limits_in_the_unit_of_the_key(
    opened: Opened, measure: str, limits: str, said: list[str]
) -> None:
    county = County()
    scene = replace(county.scene(), shading=Shading(measure, limits))
    page = opened(render(county.release(), scene))
    lines = page.locator("#key .key-list").first.locator("li").all_inner_texts()[:3]
    areas = county.areas()
    figures = areas.columns[measure].values[: len(county.localities)]
    if measure == "share":
        figures = figures * 100
    own = np.searchsorted([float(each) for each in limits.split(",")], figures, side="right")
    counts = np.bincount(own, minlength=3)
    assert counts.max() < len(figures)
    assert lines == [
        f"{text}: {n} area{'' if n == 1 else 's'}" for text, n in zip(said, counts, strict=True)
    ]
    # The same on paper.
    classes = shaded(county.release(), scene)["Locality", LISTS[0], measure].classes()
    assert classes == [(place, said[place], n) for place, n in enumerate(counts)]


def test_no_class_ends_on_the_figure_on_which_the_next_begins(page: Page) -> None:
    range_of = (
        "([style, ends, digits]) => { const all = ends.map(([low, high]) => ({ low, high }));"
        " const most = geodemand.apart(style, all, digits);"
        " return all.map(({ low, high }) => geodemand.range(style, low, high, most)); }"
    )
    for style, ends, digits, said in (
        ("rate", [[5.6, 18.8], [19, 36.9]], 0, ["5.6 to 18.8", "19.0 to 36.9"]),
        ("rate", [[5.6, 18.8], [19.6, 36.9]], 0, ["6 to 19", "20 to 37"]),
        ("share", [[0.011, 0.014], [0.0142, 0.05]], 0, ["1.10% to 1.40%", "1.42% to 5.00%"]),
        ("count", [[5, 20], [25, 1005]], 0, ["5 to 20", "25 to 1,005"]),
    ):
        assert page.evaluate(range_of, [style, ends, digits]) == said
        decimals = apart(style, ends, digits)
        assert [span(style, low, high, decimals) for low, high in ends] == said


# Choices ---------------------------------------------------------------------------------------


def test_another_measure_changes_map_key_and_table(page: Page) -> None:
    for measure in ("Share of clients", "Index", "Clients", "No shading"):
        before = colours(page)
        page.get_by_label(measure, exact=True).check()
        assert colours(page) != before
        if measure != "No shading":
            expect(page.locator("#key h3").first).to_contain_text(measure)
            expect(page.locator("#figures th[aria-sort=descending]")).to_contain_text(measure)
        expect(page.locator("#subtitle")).to_contain_text(measure)
    page.get_by_label("Wards", exact=True).check(force=True)
    expect(page.locator("#subtitle")).to_have_text("No shading \u00b7 By Wards")
    expect(page.locator("#top")).to_be_hidden()


def test_list_and_geography_follow_the_arrow_keys_and_focus_stays(page: Page) -> None:
    tab_to(page, page.get_by_label("Localities", exact=True))
    page.keyboard.press("ArrowRight")
    wards = len(County().wards)
    assert len(column(page, "Wards")) == wards
    assert page.locator("path.area").count() == wards
    expect(page.get_by_label("Wards", exact=True)).to_be_focused()
    tab_to(page, page.get_by_label(LISTS[0], exact=True))
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Adult care", exact=True)).to_be_focused()
    expect(page.locator("#figures .caption")).to_have_text("Adult care by Wards")
    tab_to(page, page.get_by_label("Rate", exact=True))
    page.keyboard.press("ArrowDown")
    expect(page.locator("#key h3").first).to_contain_text("Share of clients, Adult care")


def test_a_slider_goes_over_the_dates_of_a_list_with_the_same_classes(page: Page) -> None:
    expect(page.get_by_label("Client list").locator("..")).not_to_be_attached()
    assert page.locator("#shade input[name=one-list]").count() == 3
    key = page.locator("#key .swatch.class rect")
    palette = {each.get_attribute("fill") for each in key.all()}
    slider = page.locator("#one-date")
    expect(page.locator("output[for=one-date]")).to_have_text("31 March 2024")
    before = column(page, "Rate")
    tab_to(page, slider)
    page.keyboard.press("ArrowLeft")
    expect(slider).to_be_focused()
    expect(page.locator("output[for=one-date]")).to_have_text("31 March 2023")
    assert slider.get_attribute("aria-valuetext") == "31 March 2023"
    expect(page.locator("#key h3").first).to_contain_text("31 March 2023")
    assert column(page, "Rate") != before
    breaks = page.evaluate(
        "geodemand.data('areas').shaded[0].figures.map(each => each.rate.breaks.join())"
    )
    assert breaks[0] == breaks[3]
    assert palette


def test_keeping_to_areas_with_every_list_follows_in_map_table_key_and_list(
    page: Page,
) -> None:
    page.get_by_label("Wards", exact=True).check(force=True)
    names = column(page, "Wards")
    keep = page.get_by_label("Keep to")
    keep.select_option(label="Only areas that are more than expected, beyond chance")
    kept = column(page, "Wards")
    assert 0 < len(kept) < len(names)
    lows = [int(text.split("\u2013")[0]) for text in column(page, "Index, likely range")]
    assert all(low > 100 for low in lows)
    expect(page.locator("#key")).to_contain_text("Left out")
    assert page.locator("path.area[fill-opacity='0.75']").count() == len(names) - len(kept)
    top = page.locator("#top .ranking button > span:first-child").all_inner_texts()
    assert set(top) <= set(kept)


def test_the_highest_areas_are_listed_and_lead_to_the_map(page: Page) -> None:
    page.get_by_label("Wards", exact=True).check(force=True)
    rows = page.locator("#top ol button")
    assert rows.count() == 5
    expect(page.locator("#top .whole")).to_contain_text("Whole area")
    figures = [float(text) for text in page.locator("#top ol .figure").all_inner_texts()]
    assert figures == sorted(figures, reverse=True)
    assert figures[0] == float(column(page, "Rate")[0])
    page.get_by_label("How many").select_option(label="10")
    assert page.locator("#top ol button").count() == 10
    rows.nth(2).click()
    expect(page.locator("#card h2")).to_have_text(
        page.locator("#top ol button > span:first-child").nth(2).inner_text()
    )
    expect(rows.nth(2)).to_have_attribute("aria-current", "true")


def test_the_heat_surface_is_classes_with_a_unit_and_a_bandwidth(page: Page) -> None:
    open_groups(page)
    page.get_by_label("Adult care", exact=True).first.check()
    heat = page.get_by_label("Heat surface", exact=True)
    shading = page.locator("#map .leaflet-areas-pane")
    heat.check()
    expect(shading).to_have_css("opacity", "0.6")
    heat.uncheck()
    expect(shading).to_have_css("opacity", "1")
    heat.check()
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


def test_neighbourhoods_are_drawn_from_afar_and_when_near(page: Page) -> None:
    open_groups(page)
    page.get_by_label("No shading", exact=True).check()
    page.get_by_label("Kinds of neighbourhood", exact=True).check()
    inked = """() => [...document.querySelectorAll('canvas.leaflet-tile')].reduce((sum, tile) => {
      const d = tile.getContext('2d').getImageData(0, 0, tile.width, tile.height).data;
      for (let i = 3; i < d.length; i += 4) sum += d[i] > 0; return sum; }, 0)"""
    assert page.evaluate(inked) > 2000
    for _ in range(8):
        page.get_by_role("button", name="Zoom in").click()
    page.wait_for_timeout(300)
    assert page.evaluate(inked) > 100


# Tables ----------------------------------------------------------------------------------------


def test_headings_sort_the_table_and_say_so(page: Page) -> None:
    heading = page.get_by_role("button", name="Clients Children, 31 March 2024")
    heading.click()
    numbers = [int(text.replace(",", "")) for text in column(page, "Clients") if text != "c"]
    assert numbers == sorted(numbers, reverse=True)
    tab_to(page, heading)
    page.keyboard.press("Enter")
    numbers = [int(text.replace(",", "")) for text in column(page, "Clients") if text != "c"]
    assert numbers == sorted(numbers)
    expect(page.locator("#figures th[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("#status")).to_contain_text("Sorted by Clients")


def test_the_table_is_one_tab_stop_and_enter_shows_the_area(page: Page) -> None:
    rows = page.locator("#figures-table tbody button")
    tab_to(page, rows.first)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    name = rows.nth(2).inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("#card h2")).to_have_text(name)
    expect(page.locator("tr.chosen th")).to_have_text(name)
    assert page.locator("#figures-table tbody [tabindex='0']").count() == 1
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#card")).to_be_hidden()
    assert page.locator("tr.chosen").count() == 0


def test_the_profile_follows_list_and_level(page: Page) -> None:
    expect(page.locator("#profile-table tbody tr")).to_have_count(len(KINDS))
    first = page.locator("#profile-table tbody").inner_text()
    page.get_by_label("Level").select_option(label="Set")
    second = page.locator("#profile-table tbody").inner_text()
    assert first != second
    page.get_by_label("Adult care", exact=True).check(force=True)
    expect(page.locator("#profile .caption")).to_contain_text("Adult care")
    assert page.locator("#profile-table tbody").inner_text() != second


def test_the_ledger_accounts_for_every_row(page: Page) -> None:
    ledger = page.locator("#ledger-table")
    headings = ledger.locator("thead th button").all_inner_texts()
    assert [text.split(" \u2195")[0].split(" \u2191")[0] for text in headings[1:]] == [*LISTS]
    rows = [text.split("\t") for text in ledger.locator("tbody tr").all_inner_texts()]
    assert rows == [
        ["Rows read", "3,100", "1,040", "170", "2,500"],
        ["Matched to a live postcode", "2,945", "1,030", "165", "2,400"],
        ["Matched to a terminated postcode", "62", "0", "0", "0"],
        ["Outside the study area", "93", "10", "5", "100"],
    ]
    expect(ledger).to_contain_text("No row: repaired and matched; same client again.")
    ledger.locator("thead button").nth(2).click()
    assert ledger.locator("tbody th").first.inner_text() == "Rows read"


# Pins and comparison ---------------------------------------------------------------------------


def test_an_area_is_pinned_by_a_click_and_named_under_the_pointer(page: Page) -> None:
    # A page that is still being laid out on a busy machine may move under the pointer.
    for _ in range(20):
        spot = spot_of(page, 3)
        page.mouse.move(spot[0] - 9, spot[1])
        page.mouse.move(*spot)
        page.wait_for_timeout(50)
        if page.locator(".tip").count():
            break
    expect(page.locator(".tip")).to_contain_text("Rate, Children")
    page.mouse.click(*spot)
    card = page.locator("#card")
    expect(card).to_contain_text("residents")
    expect(card).to_contain_text("index")
    expect(card.locator(".compare tbody tr").last).to_contain_text("Whole area")
    card.locator("summary").click()
    expect(card.locator(".all tbody tr")).to_have_count(3)


def test_an_index_has_its_likely_range_under_the_pointer_and_on_the_card(page: Page) -> None:
    page.get_by_label("Index", exact=True).check()
    spot = spot_of(page, 3)
    page.mouse.move(spot[0] - 9, spot[1])
    page.mouse.move(*spot)
    columns = County().areas().columns
    low, high = (f"{columns[name].values[3]:,.0f}" for name in ("index_low", "index_high"))
    expect(page.locator(".tip")).to_contain_text(f"Likely range (95 in 100): {low}\u2013{high}")
    page.mouse.click(*spot)
    expect(page.locator("#card")).to_contain_text(f", likely range {low}\u2013{high}. ")
    assert f"{low}\u2013{high}" in column(page, "Index, likely range")


def test_what_is_chosen_is_seen_however_far_the_panel_was_moved(page: Page) -> None:
    open_groups(page)
    page.locator("#extras").get_by_label("Wards boundaries").check()
    card = page.locator("#card")
    page.mouse.click(*spot_of(page, 3))
    expect(card.locator("h2")).to_be_in_viewport()
    page.locator("#extras").get_by_label("Wards boundaries").uncheck()
    expect(card.locator("h2")).not_to_be_in_viewport()
    page.mouse.click(*spot_of(page, 4))
    expect(card.locator("h2")).to_be_in_viewport()


def test_until_the_page_is_drawn_it_says_so_and_shows_no_empty_parts(
    browser: Browser, html: str, tmp_path: Path
) -> None:
    page = browser.new_page(offline=True)
    (tmp_path / "half.html").write_text(html[: html.index("<script>")], encoding="utf-8")
    page.goto((tmp_path / "half.html").as_uri())
    expect(page.get_by_text("The map is being drawn.")).to_be_visible()
    assert page.get_by_role("heading").all_inner_texts() == ["Map"]
    page.close()
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    (tmp_path / "whole.html").write_text(html, encoding="utf-8")
    page.goto((tmp_path / "whole.html").as_uri())
    expect(page.get_by_role("heading", name="Map")).to_be_visible()
    expect(page.get_by_text("The map is being drawn.")).to_be_hidden()
    context.close()


def test_areas_are_compared_with_each_other_and_the_whole(page: Page) -> None:
    names = [row_button(page, place).inner_text() for place in (0, 1, 2)]
    row_button(page, 0).click()
    page.get_by_role("button", name="Compare with another area").click()
    for place in (1, 2):
        row_button(page, place).focus()
        page.keyboard.press("Enter")
    rows = page.locator("#card .compare tbody tr")
    expect(rows).to_have_count(4)
    heads = [text.replace("\u00d7", "").strip() for text in rows.locator("th").all_inner_texts()]
    assert heads == [*names, "Whole area"]
    assert page.locator("#card .compare .bar").count() >= 6
    assert page.locator("#map .leaflet-chosen-pane path").count() == 6
    assert page.locator("tr.chosen").count() == 3
    page.get_by_role("button", name=f"Take {names[1]} out").click()
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#card")).to_be_hidden()
    expect(page.locator("#map")).to_be_focused()


def test_shift_and_a_click_on_the_map_adds_an_area_and_takes_it_out(page: Page) -> None:
    spots = [spot_of(page, place) for place in (1, 3)]
    page.mouse.click(*spots[0])
    page.keyboard.down("Shift")
    page.mouse.click(*spots[1])
    expect(page.locator("#card h2")).to_have_text("2 areas compared")
    page.mouse.click(*spots[1])
    page.keyboard.up("Shift")
    expect(page.locator("#card .compare tbody tr")).to_have_count(2)


# Two maps --------------------------------------------------------------------------------------


def centres(page: Page) -> list[list[float]]:
    """Return where the same area lies on each map, from the map's corner."""
    found: list[list[float]] = page.evaluate(
        """() => ['map', 'map-2'].map(id => { const box = document.getElementById(id);
          const at = box.getBoundingClientRect();
          const area = box.querySelectorAll('path.area')[2].getBoundingClientRect();
          return [area.x - at.x, area.y - at.y, area.width]; })"""
    )
    return found


def test_two_maps_side_by_side_share_one_view(page: Page) -> None:
    page.get_by_role("button", name="Two maps").click()
    expect(page.get_by_role("button", name="Two maps")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#key")).to_contain_text("Left map")
    expect(page.locator("#key h2").last).to_have_text("Both maps")
    expect(page.locator("#key h3").nth(1)).to_contain_text("31 March 2023")
    left, right = centres(page)
    assert left == pytest.approx(right, abs=1.5)
    page.locator("#map-2").get_by_role("button", name="Zoom in").click()
    spot = middle(page.locator("#map-2"))
    page.mouse.move(*spot)
    page.mouse.down()
    page.mouse.move(spot[0] - 60, spot[1] + 40, steps=4)
    page.mouse.up()
    page.wait_for_timeout(300)
    moved_left, moved_right = centres(page)
    assert moved_left == pytest.approx(moved_right, abs=1.5)
    assert moved_left[2] > left[2]
    page.locator("#right-list").select_option(label="Adult care")
    page.locator("#right-measure").select_option(label="Index")
    expect(page.locator("#key h3").nth(1)).to_contain_text("Index, Adult care")
    assert colours(page, "map-2") != colours(page)
    expect(page.locator("#left-list")).to_be_visible()
    row_button(page, 0).click()
    assert page.locator(".leaflet-chosen-pane path").count() == 4
    page.get_by_role("button", name="Two maps").click()
    expect(page.locator("#side-2")).to_be_hidden()
    expect(page.locator("#key")).not_to_contain_text("Left map")


def test_two_dates_stand_in_one_table_with_their_difference(page: Page) -> None:
    page.get_by_role("button", name="Two maps").click()
    headings = page.locator("#figures-table thead th").all_inner_texts()
    assert [text.split("\n")[0].rstrip(" \u2195\u2193") for text in headings][-3:] == [
        "Rate",
        "Rate",
        "Difference",
    ]
    cells = page.locator("#figures-table tbody tr").first.locator("td").all_inner_texts()
    one, other, off = (float(text.replace("\u2212", "-")) for text in cells[-3:])
    assert off == pytest.approx(other - one, abs=0.051)


# Finding ---------------------------------------------------------------------------------------


def test_search_finds_areas_places_and_hubs_by_keyboard_and_mouse(page: Page) -> None:
    search = page.get_by_label("Find an area, a place or a postcode")
    search.fill("ward 12")
    expect(page.locator("#found li")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    active = search.get_attribute("aria-activedescendant")
    expect(page.locator(f"#{active}")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#card h2")).to_have_text("Ward 12")
    expect(page.get_by_label("Wards", exact=True)).to_be_checked()
    search.fill("places 7")
    page.locator("#found li").first.click()
    expect(page.locator("#card h2")).to_have_text("Places 7")
    search.fill("nowhere at all")
    expect(page.locator("#status")).to_have_text("No match")
    page.keyboard.press("Escape")
    assert search.input_value() == ""


def test_a_postcode_zooms_and_nothing_more(page: Page) -> None:
    county = County()
    sheet = frame(county.scene())
    place = 777
    text = county.postcodes(np.arange(len(county.x))).texts[place]
    search = page.get_by_label("Find an area, a place or a postcode")
    search.fill(f"{text[:-3].lower()} {text[-3:].lower()}")
    first = page.locator("#found li").first
    expect(first).to_contain_text(f"{text[:-3]} {text[-3:]}")
    expect(first).to_contain_text("Postcode")
    before = page.locator("#map path, .site").count()
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("The map shows")
    expect(page.locator("#card")).to_be_hidden()
    assert page.locator("#map path, .site").count() == before
    where = page.evaluate(
        """([x, y]) => { const { map } = geodemand.sides()[0];
          const at = map.latLngToContainerPoint([y, x]);
          const size = map.getSize(); return [at.x / size.x, at.y / size.y]; }""",
        [county.x[place] - sheet.west, county.y[place] - sheet.south],
    )
    assert all(0 < each < 1 for each in where)
    search.fill("MC1 2")
    expect(page.locator("#found li").first).to_contain_text("Postcode sector")
    search.fill("ZZ99 9ZZ")
    expect(page.locator("#status")).to_have_text("No match")


def test_names_of_sites_and_places_end_within_a_narrow_map(opened: Opened) -> None:
    page = opened(width=320, height=700)
    off = page.evaluate(
        """() => { const box = document.getElementById('map').getBoundingClientRect();
          const named = [...document.querySelectorAll('#map .of-site span, #map .of-place span')];
          return [named.length, ...named.map(each => each.getBoundingClientRect())
            .filter(at => at.right > box.left + 30 && at.left < box.right - 30)
            .map(at => Math.max(box.left - at.left, at.right - box.right))]; }"""
    )
    assert off[0] > 3
    assert max(off[1:]) <= 1


def test_labels_never_cover_each_other_and_the_county_town_has_its_own(page: Page) -> None:
    assert page.locator(".label.prime").count() == 1
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
        page.wait_for_timeout(150)


# Paper and files -------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["start", "two maps, an area, every layer"])
def test_prints_the_whole_county_on_one_sheet(page: Page, state: str) -> None:
    row_button(page, 0).click()
    if state != "start":
        open_groups(page)
        for box in page.locator("#extras input[type=checkbox]").all():
            box.check()
        page.get_by_role("button", name="Two maps").click()
    page.wait_for_timeout(200)
    place = """() => [document.querySelector('.leaflet-control-scale-line').offsetWidth,
      document.querySelector('.leaflet-chosen-pane path').getBoundingClientRect().left]"""
    before = page.evaluate(place), page.locator("#map").evaluate(SIZE)
    assert pages_of(page.pdf(prefer_css_page_size=True)) == 1
    page.wait_for_timeout(200)
    assert page.evaluate(place) == pytest.approx(before[0], abs=2)
    assert page.locator("#map").evaluate(SIZE) == before[1]
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1047})
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    for sheet in page.locator(".map:visible").all():
        whole = sheet.bounding_box()
        assert whole
        for area in sheet.locator("path.area").all():
            box = area.bounding_box()
            assert box
            assert whole["x"] <= box["x"]
            assert box["x"] + box["width"] <= whole["x"] + whole["width"]
            assert whole["y"] <= box["y"]
            assert box["y"] + box["height"] <= whole["y"] + whole["height"]
    for part in ("#key", "#title", "#credit", ".marking >> nth=0"):
        expect(page.locator(part)).to_be_visible()
    expect(page.locator("#shade")).not_to_be_visible()
    expect(page.locator("#tools")).not_to_be_visible()


def test_figures_are_saved_as_the_table_shows_them(page: Page) -> None:
    page.get_by_label("Wards", exact=True).check(force=True)
    with page.expect_download() as kept:
        page.get_by_role("button", name="Save figures").click()
    text = kept.value.path().read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert kept.value.suggested_filename == "children-31-march-2024-by-wards.csv"
    assert [row["Wards"] for row in rows] == column(page, "Wards")
    assert {row["Marking"] for row in rows} == {"OFFICIAL-SENSITIVE"}
    assert {row["Date"] for row in rows} == {"31 March 2024"}
    assert {row["Policy"] for row in rows} == {"Public: small numbers hidden (public)"}
    shown = column(page, "Clients")
    assert [row["Clients, Children, 31 March 2024"] for row in rows] == [
        each.replace(",", "") for each in shown
    ]


def test_the_map_is_saved_as_a_picture_with_key_and_marking(page: Page) -> None:
    with page.expect_download() as kept:
        page.get_by_role("button", name="Save picture").click()
    assert kept.value.suggested_filename == "need-is-highest-in-locality-3.png"
    data = kept.value.path().read_bytes()
    assert data.startswith(b"\x89PNG")
    colour_of = """async ([data, wanted]) => { const image = new Image();
      image.src = 'data:image/png;base64,' + data; await image.decode();
      const c = document.createElement('canvas'); c.width = image.width; c.height = image.height;
      const p = c.getContext('2d'); p.drawImage(image, 0, 0);
      const all = p.getImageData(0, 0, c.width, c.height).data; const found = {};
      for (let i = 0; i < all.length; i += 4) { const k = '#' + [all[i], all[i + 1], all[i + 2]]
        .map(v => v.toString(16).padStart(2, '0')).join(''); found[k] = (found[k] || 0) + 1; }
      return [image.width, image.height, ...wanted.map(k => found[k] || 0)]; }"""
    swatches = page.locator("#key .swatch.class rect").evaluate_all(
        "all => all.map(each => each.getAttribute('fill'))"
    )
    wanted = [*swatches, "#1b2530"]
    width, height, *counts = page.evaluate(
        colour_of, [base64.b64encode(data).decode("ascii"), wanted]
    )
    assert width > 2000
    assert height > 1000
    assert all(count > 500 for count in counts)
    # The marking's bands at the top and at the bottom.
    assert counts[-1] > 2 * 40 * width


def test_cells_that_a_spreadsheet_would_run_are_text(page: Page) -> None:
    text = page.evaluate(
        "geodemand.csv([['Code', 'Name'], ['=1+1', '@a, \"b\"'], ['-2', -2], ['\\t7', '+x']], "
        "{ Source: '=cmd' })"
    )
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows == [
        ["Code", "Name", "Source"],
        ["'=1+1", '\'@a, "b"', "'=cmd"],
        ["'-2", "-2", "'=cmd"],
        ["'\t7", "'+x", "'=cmd"],
    ]


def test_the_page_unpacks_what_was_packed(page: Page) -> None:
    rng = np.random.default_rng(3)
    for values in (
        np.array([], dtype=np.int64),
        np.array([0, -1, 1, 2**31 - 1, -(2**31)]),
        np.zeros(100_000, dtype=np.int64),
        rng.integers(-(2**30), 2**30, 30_000),
        np.repeat(rng.integers(0, 9, 3000), 17),
    ):
        weights = np.arange(1, len(values) + 1) % 1009
        assert page.evaluate(
            "text => [...geodemand.unpack(text)].reduce(([n, sum], value, place) => [n + 1,"
            " sum + value * ((place + 1) % 1009)], [0, 0])",
            pack(values),
        ) == [len(values), int((values * weights).sum())]
