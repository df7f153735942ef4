"""What layers show stands in tables beside the map too: sorted, sharing what is chosen, saved."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from conftest import Opened
from map_actions import open_groups, row_button
from map_county import KINDS, LISTS, County
from playwright.sync_api import Locator, Page, expect
from scipy import ndimage

from geodemand.maps.document import render
from geodemand.maps.frame import frame
from geodemand.maps.hexagons import gathered

HIGHEST = "Density: Children, where it is highest"
HEXAGONS = "Kinds of neighbourhood, hexagons 250 m across"


@pytest.fixture(scope="module")
def county() -> County:
    return County()


def show(page: Page, label: str) -> None:
    open_groups(page)
    page.locator("#extras").get_by_label(label, exact=True).check()


def named(page: Page, caption: str) -> Locator:
    return page.locator("#more-tables > div").filter(
        has=page.get_by_role("heading", name=caption, exact=True)
    )


def table(page: Page, caption: str) -> Locator:
    """Return the table of this name, once it is there: the map is drawn first."""
    found = named(page, caption)
    found.wait_for()
    return found


def cells(found: Locator, column: int) -> list[str]:
    return found.locator(f"tbody tr > :nth-child({column})").all_inner_texts()


def test_services_have_a_table_that_follows_what_is_chosen(page: Page, county: County) -> None:
    hubs = table(page, "Family hubs")
    assert hubs.locator("tbody button").count() == 5
    page.get_by_role("button", name="Whole map").click()
    page.locator(".site").nth(3).click()
    expect(page.locator("#card h2")).to_have_text("Hubs 4")
    expect(hubs.locator("tr.chosen th")).to_have_text("Hubs 4")
    expect(page.locator("#more-tables tr[aria-current=true]")).to_have_count(1)
    row_button(page, 0).click()
    expect(page.locator("#more-tables tr.chosen")).to_have_count(0)
    # What lies in the area that is chosen is marked, and the area stands at each.
    sites = county.sites("Hubs", 5)
    name = page.locator("#card h2").inner_text()
    own = county.localities.shapes[county.localities.names.index(name)]
    within = {n for n, *at in zip(sites.names, sites.x, sites.y, strict=True) if _in(own, *at)}
    assert set(hubs.locator("tr.within th").all_inner_texts()) == within
    assert cells(hubs, 2).count(name) == len(within)
    # A layer that is off has no table.
    page.locator("#extras").get_by_label("Family hubs", exact=True).uncheck()
    expect(hubs).to_have_count(0)


def _in(shape: shapely.Geometry, x: float, y: float) -> bool:
    return bool(shapely.contains_xy(shape, x, y))


def patches(classes: np.ndarray, level: int) -> list[int]:
    """Return the cells of each patch of a class that touches no higher one."""
    every = np.ones((3, 3))
    patch, count = ndimage.label(classes == level, every)
    low = [patch == one for one in range(1, count + 1)]
    near = [ndimage.binary_dilation(one, every) for one in low]
    return [int(own.sum()) for own, at in zip(low, near, strict=True) if classes[at].max() <= level]


def test_a_surface_has_a_table_of_its_peaks_and_of_its_land(page: Page, county: County) -> None:
    surface = county.surfaces()[0]
    show(page, "Heat surface")
    highest, land = table(page, HIGHEST), table(page, "Density: Children, land of each class")
    found = [(level, each) for level in range(1, 6) for each in patches(surface.classes, level)]
    assert found == [(5, 49)]  # a cone: one peak, cells of 1 km2
    assert cells(highest, 3) == ["8 and over"]
    assert cells(highest, 4) == ["49"]
    counts = np.bincount(surface.classes.ravel(), minlength=6)
    assert cells(land, 1) == ["8 and over", "4 to 8", "2 to 4", "1 to 2", "0.5 to 1"]
    assert cells(land, 2) == [str(each) for each in counts[:0:-1]]
    expect(page.locator("#key")).to_contain_text(f"8 and over: {counts[5]} km²")
    # Where it is: the nearest place, and how far.
    row, column = np.argwhere(surface.classes == 5).mean(axis=0)
    x, y = surface.west + (column + 0.5) * 1000, surface.north - (row + 0.5) * 1000
    places = county.sites("Places", 40)
    off = np.hypot(places.x - x, places.y - y)
    said = cells(highest, 1)[0]
    assert said.endswith(f" of {places.names[off.argmin()]}")
    assert float(said.split(" km ")[0]) == round(off.min() / 1000, 1)
    highest.locator("tbody button").click()
    expect(page.locator("#card h2")).to_have_text(said)
    expect(page.locator("#card")).to_contain_text("8 and over clients per km², on 49 km².")
    expect(page.locator("#map .leaflet-chosen-pane path")).to_have_count(2)
    expect(highest.locator("tr[aria-current=true]")).to_have_count(1)
    middle = page.evaluate(
        "(m => [m.getCenter().lng, m.getCenter().lat])(geodemand.sides()[0].map)"
    )
    sheet = frame(county.scene())
    assert np.hypot(middle[0] + sheet.west - x, middle[1] + sheet.south - y) < 1500


def test_a_surface_of_another_list_than_the_shaded_one(page: Page) -> None:
    show(page, "Heat surface")
    expect(table(page, HIGHEST)).to_have_count(1)
    image = page.locator("#map img.leaflet-image-layer")
    first = image.get_attribute("src")
    page.get_by_label("Of which list").select_option(label=LISTS[1])
    expect(page.locator("#key")).to_contain_text(f"Density: {LISTS[1]}")
    expect(page.locator("#key h3").first).to_contain_text("Children")  # what is shaded stays
    assert image.get_attribute("src") != first
    expect(named(page, HIGHEST)).to_have_count(0)
    expect(table(page, f"Density: {LISTS[1]}, where it is highest")).to_have_count(1)
    page.get_by_label("NEET aged 16-18", exact=True).first.check(force=True)
    expect(page.locator("#key")).to_contain_text(f"Density: {LISTS[1]}")
    page.get_by_role("button", name="Two maps").click()
    expect(page.locator("#key h3", has_text=f"Density: {LISTS[1]}")).to_have_count(1)
    page.get_by_label("Of which list").select_option(label="The shaded one")
    expect(page.locator("#key")).to_contain_text(f"Density: {LISTS[2]}")
    expect(page.locator("#more-tables h3", has_text="where it is highest")).to_have_count(2)


def test_hexagons_have_a_row_each_and_two_can_be_compared(page: Page, county: County) -> None:
    show(page, "Kinds of neighbourhood")
    show(page, "HDF postcodes")
    rows = table(page, HEXAGONS)
    expect(rows).to_have_count(1)  # one for all layers of hexagons
    sheet = frame(county.scene())
    known = gathered(sheet.x(county.x), sheet.y(county.y))
    counts = np.sort(known.count())[::-1]
    assert len(counts) > 500
    assert [int(each) for each in cells(rows, 3)] == counts[:500].tolist()
    rows.get_by_role("button", name=f"Show all {len(counts):,} rows").click()
    assert len(cells(rows, 3)) == len(counts)
    share = rows.get_by_role("button", name=re.compile("HDF"))
    share.click()
    hdf = [int(each.rstrip("%")) for each in cells(rows, 6)]
    assert hdf == sorted(hdf, reverse=True)
    inside = county.segment == 3
    assert hdf == sorted(np.ceil(100 * known.count(inside) / known.count()), reverse=True)
    buttons = rows.locator("tbody button")
    buttons.nth(0).click()
    expect(page.locator("#card")).to_contain_text("In a hexagon 250 m across: ")
    page.get_by_role("button", name="Compare with another hexagon").click()
    buttons.nth(1).press("Enter")
    compared = page.locator("#card .compare")
    expect(page.locator("#card h2")).to_have_text("2 hexagons compared")
    named = [
        each.removesuffix("×").strip() for each in compared.locator("thead th").all_inner_texts()
    ]
    assert named == cells(rows, 1)[:2]
    assert compared.locator("tbody tr").first.locator("td").all_inner_texts() == cells(rows, 3)[:2]
    expect(page.locator("#map .leaflet-chosen-pane path")).to_have_count(4)
    expect(rows.locator("tr[aria-current=true]")).to_have_count(2)
    compared.get_by_role("button", name=f"Take {named[0]} out").click()
    expect(rows.locator("tr[aria-current=true] th")).to_have_text(named[1])


def test_a_hexagon_chosen_on_the_map_is_in_the_table_however_far_down(
    page: Page, county: County
) -> None:
    show(page, "Kinds of neighbourhood")
    rows = table(page, HEXAGONS)
    sheet = frame(county.scene())
    x, y = sheet.x(county.x), sheet.y(county.y)
    known = gathered(x, y)
    lone = int(np.flatnonzero(known.count()[known.cell] == 1)[0])
    page.evaluate(
        f"geodemand.sides()[0].map.setView([{y[lone]}, {x[lone]}], 26, {{ animate: false }})"
    )
    page.locator("#map").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#card h2")).to_have_text("1 postcode")
    chosen = rows.locator("tr[aria-current=true]")
    expect(chosen.locator("td").nth(1)).to_have_text("1")
    expect(rows.locator("tbody tr")).to_have_count(501)
    expect(page.locator("#card .kind")).to_contain_text(chosen.locator("th").inner_text())


def test_postcodes_of_a_chosen_hexagon_have_a_row_each_and_lead_to_their_dots(
    page: Page, county: County
) -> None:
    show(page, "Kinds of neighbourhood")
    rows = table(page, HEXAGONS)
    singles = page.locator("#more-tables > div").filter(
        has=page.get_by_role("heading", name=re.compile("^Postcodes one by one, hexagon at"))
    )
    expect(singles).to_have_count(0)
    rows.locator("tbody button").first.click()
    expect(singles).to_have_count(1)
    sheet = frame(county.scene())
    known = gathered(sheet.x(county.x), sheet.y(county.y))
    own = known.cell == known.count().argmax()
    kinds = [f"{n + 1} {KINDS[n]}" if n >= 0 else "Kind not known" for n in county.segment[own]]
    assert sorted(cells(singles, 3)) == sorted(kinds)
    assert cells(singles, 3) == sorted(cells(singles, 3))
    assert cells(singles, 4).count("Yes") == (county.segment[own] == 3).sum()
    x, y = county.x[own], county.y[own]
    places = [
        f"TM {east:05.0f} {north:05.0f}"
        for east, north in zip(x - 600_000, y - 200_000, strict=True)
    ]
    assert sorted(cells(singles, 1)) == sorted(f"{each[:6]} {each[9:12]}" for each in places)
    # A row leads to the dot, and the dot to its row.
    kind = cells(singles, 3)[1]
    singles.locator("tbody button").nth(1).click()
    expect(page.locator("#card h2")).to_have_text(kind)
    expect(page.locator("#map .leaflet-chosen-pane path")).to_have_count(2)
    expect(singles.locator("tr[aria-current=true] td").nth(1)).to_have_text(kind)
    assert page.evaluate("geodemand.sides()[0].map.getZoom()") == 48
    page.get_by_role("button", name="Close").click()
    expect(singles).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator("#card h2")).to_have_text(kind)
    expect(singles.locator("tr[aria-current=true]")).to_have_count(1)


def test_a_table_of_a_layer_is_saved_as_a_file(page: Page, tmp_path: Path) -> None:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save this table: Family hubs").click()
    waiting.value.save_as(tmp_path / "hubs.csv")
    assert waiting.value.suggested_filename == "family-hubs.csv"
    first, *others = csv.reader((tmp_path / "hubs.csv").read_text("utf-8-sig").splitlines())
    assert first == ["Name", "Localities", "Showing", "Source", "Policy", "Marking"]
    assert [each[0] for each in others] == [f"Hubs {place}" for place in range(1, 6)]
    assert {each[2] for each in others} == {"Family hubs"}


def test_without_names_of_places_a_spot_is_told_by_area_and_grid_reference(
    opened: Opened, county: County
) -> None:
    page = opened(render(county.release(), replace(county.scene(), place_names=None)))
    show(page, "Heat surface")
    surface = county.surfaces()[0]
    row, column = np.argwhere(surface.classes == 5).mean(axis=0)
    x, y = surface.west + (column + 0.5) * 1000, surface.north - (row + 0.5) * 1000
    own = next(
        name
        for name, shape in zip(county.localities.names, county.localities.shapes, strict=True)
        if _in(shape, x, y)
    )
    # Squares of 100 km of the Ordnance Survey: TM begins at 600 km east and 200 km north.
    east, north = f"{x - 600_000:05.0f}", f"{y - 200_000:05.0f}"
    expected = f"{own}, TM {east[:3]} {north[:3]}"
    assert cells(table(page, HIGHEST), 1) == [expected]
