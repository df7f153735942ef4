"""The same page in Firefox: from disk, without a network, by mouse and by keys."""

from __future__ import annotations

import time
from collections.abc import Iterator

import firefox
import pytest
from firefox import Tab
from map_actions import pages_of
from map_county import LISTS


@pytest.fixture(scope="module")
def tab(html: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    found = firefox.find()
    if not found:
        pytest.fail("No Firefox here: set FIREFOX to its path and run `make test` again.")
    folder = tmp_path_factory.mktemp("firefox")
    path = folder / "map.html"
    path.write_text(html, encoding="utf-8")
    with firefox.started(found, folder / "profile") as shown:
        shown.open(path.as_uri())
        yield shown
        assert [each for each in shown.heard if not each.startswith("info")] == []
        own = (path.as_uri(), "data:", "blob:", "about:")
        assert [each for each in shown.asked if not each.startswith(own)] == []


def text(tab: Tab, selector: str) -> str:
    return str(tab.run(f"document.querySelector('{selector}').innerText"))


def becomes(tab: Tab, selector: str, wanted: str) -> bool:
    """Return whether an element comes to say something within five seconds."""
    until = time.monotonic() + 5
    while (found := text(tab, selector)) != wanted and time.monotonic() < until:
        time.sleep(0.05)
    return found == wanted


def test_opens_and_draws(tab: Tab) -> None:
    assert tab.run("document.documentElement.dataset.ready") == "true"
    fills = tab.run(
        "[...document.querySelectorAll('path.area')].map(each => each.getAttribute('fill'))"
    )
    assert len(fills) == 7
    assert len(set(fills)) > 2
    assert len(tab.screenshot()) > 20_000


def test_every_layer_is_drawn(tab: Tab) -> None:
    drawn = "document.querySelectorAll('#map img, #map canvas, #map path, #map .label').length"
    tab.run("document.querySelectorAll('#extras details').forEach(each => { each.open = true; })")
    for place in range(tab.run("document.querySelectorAll('#extras .option').length")):
        before, on = tab.run(
            f"[{drawn}, document.querySelectorAll('#extras .option input[type=checkbox]')[{place}]"
            ".checked]"
        )
        if not on:
            tab.run(
                "document.querySelectorAll('#extras .option input[type=checkbox]')"
                f"[{place}].click()"
            )
            assert tab.run(drawn) > before


def test_mouse_and_keys_choose_search_and_compare(tab: Tab) -> None:
    tab.click("#one-list-1 + label")
    assert becomes(tab, "#figures .caption", f"{LISTS[1]} by Localities")
    tab.press("ArrowLeft")
    assert becomes(tab, "#figures .caption", f"{LISTS[0]}, 31 March 2024 by Localities")
    tab.click("#search")
    tab.press(*"ward 12", "ArrowDown", "Enter")
    assert becomes(tab, "#card h2", "Ward 12")
    tab.click("#figures-table tbody button")
    first = text(tab, "#figures-table tbody button")
    assert becomes(tab, "#card h2", first)
    tab.click("#card-add")
    tab.run("document.querySelectorAll('#figures-table tbody button')[1].focus()")
    tab.press("Enter")
    assert becomes(tab, "#card h2", "2 areas compared")
    tab.run("document.getElementById('one-date').focus()")
    tab.press("ArrowLeft")
    assert becomes(tab, "output[for=one-date]", "31 March 2023")
    tab.click("#two")
    assert tab.run("document.querySelectorAll('#map-2 path.area').length") > 5


def test_prints_on_one_sheet(tab: Tab) -> None:
    assert pages_of(tab.pdf()) == 1


def test_the_picture_is_made(tab: Tab) -> None:
    size = tab.run(
        "geodemand.picture(geodemand.makeModel(), geodemand.sides())"
        ".then(blob => [blob.size, blob.type])"
    )
    assert size[0] > 50_000
    assert size[1] == "image/png"
