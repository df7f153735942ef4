"""What a reader does on a map page, as tests say it."""

from __future__ import annotations

import re
import zlib

import pytest
from playwright.sync_api import Locator, Page


def colours(page: Page, map_id: str = "map") -> list[str]:
    found: list[str] = page.eval_on_selector_all(
        f"#{map_id} path.area", "all => all.map(each => each.getAttribute('fill'))"
    )
    return found


def column(page: Page, heading: str) -> list[str]:
    """Return a column of the table of areas, as it stands."""
    headings = page.locator("#figures-table thead th button span:first-child").all_inner_texts()
    place = headings.index(heading)
    cells = page.locator(f"#figures-table tbody tr > :nth-child({place + 1})")
    return [text.strip() for text in cells.all_inner_texts()]


def tab_to(page: Page, target: Locator, most: int = 90) -> None:
    page.evaluate("document.activeElement.blur()")
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("each => each === document.activeElement"):
            return
    pytest.fail("the Tab key does not get there")


def act(page: Page, target: Locator, way: str, key: str = "Enter") -> None:
    """Use a control by mouse, or by Tab and a key."""
    if way == "mouse":
        target.click()
    else:
        tab_to(page, target)
        page.keyboard.press(key)


def open_groups(page: Page) -> None:
    page.eval_on_selector_all(
        "#extras details", "all => all.forEach(each => { each.open = true; })"
    )


def every_layer_on(page: Page) -> None:
    open_groups(page)
    for box in page.locator("#extras input[type=checkbox]").all():
        box.check()


def pages_of(pdf: bytes) -> int:
    """Count the pages of a PDF, whether it packs its objects or not."""
    packed = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    texts = [pdf]
    for each in packed:
        engine = zlib.decompressobj()
        try:
            texts.append(engine.decompress(each))
        except zlib.error:
            continue
    return sum(len(re.findall(rb"/Type\s*/Page\b", text)) for text in texts)


def row_button(page: Page, place: int) -> Locator:
    return page.locator("#figures-table tbody button").nth(place)


def spot_of(page: Page, area: int) -> tuple[float, float]:
    """Return a point of the window that is well inside an area of the first geography."""
    x, y = page.evaluate(
        """area => { const { map } = geodemand.sides()[0];
          const g = geodemand.data('geographies')[0];
          const at = map.latLngToContainerPoint([g.y[area], g.x[area]]);
          const box = map.getContainer().getBoundingClientRect();
          return [at.x + box.x, at.y + box.y]; }""",
        area,
    )
    return float(x), float(y)


def slide_to_start(page: Page, slider: Locator) -> None:
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    page.mouse.click(box["x"] + 4, box["y"] + box["height"] / 2)


def middle(locator: Locator) -> tuple[float, float]:
    box = locator.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
