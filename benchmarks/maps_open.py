"""A page in Chromium: python -m benchmarks.maps_open ours|markers|clusters PAGE LIBRARIES.

Prints the seconds from the start of loading until the points are drawn, and the longest that a
frame let itself be waited for while the map was dragged. The scripts that folium's page loads from
other hosts come from the folder LIBRARIES, without any wait; what the points do not need comes
empty.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from playwright.sync_api import Page, Route, sync_playwright

from tests.browser.chromium import find

OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
# What is there when the points can be drawn, and what draws them.
READY = {
    "ours": "document.documentElement.dataset.ready === 'true'",
    "markers": "document.querySelectorAll('path.leaflet-interactive').length > 0",
    "clusters": "document.querySelectorAll('.marker-cluster').length > 0",
}
SHOW = """[...document.querySelectorAll('label')].find((each) => (
  each.textContent === 'Kinds of neighbourhood')).click()"""
# The page's own clock, from the start of loading to the second frame after the points are drawn.
USABLE = """(() => { const look = () => { if (!(%s)) { setTimeout(look, 10); return; }
  %s; requestAnimationFrame(() => requestAnimationFrame(() => {
    window.usable = performance.now(); })); }; document.addEventListener('DOMContentLoaded', look);
  })()"""
# The longest time between two frames, from here to the question.
WATCH = """() => { let last = performance.now(); window.longest = 0; const step = (now) => {
  window.longest = Math.max(window.longest, now - last); last = now;
  requestAnimationFrame(step); }; requestAnimationFrame(step); }"""
# Scale bar at which single dots are drawn, metres.
NEAR = 1_000
TOO_LONG_S = 300


def main() -> None:
    """Open the page, draw the points, drag the map."""
    kind, page, libraries = sys.argv[1], Path(sys.argv[2]).resolve(), Path(sys.argv[3])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=list(OPTIONS))
        tab = browser.new_page(viewport={"width": 1400, "height": 900})
        tab.set_default_timeout(1_000 * TOO_LONG_S)
        tab.route("http**", lambda route: _answer(route, libraries))
        tab.add_init_script(USABLE % (READY[kind], SHOW if kind == "ours" else ""))
        tab.goto(page.as_uri(), wait_until="commit")
        usable = _usable(tab)
        if kind == "ours":
            _go_near(tab)
        print(usable, _dragged(tab))
        browser.close()


def _usable(tab: Page) -> float:
    """Return the seconds until the points are drawn; the page forbids waiting inside it."""
    until = time.monotonic() + TOO_LONG_S
    while time.monotonic() < until:
        if found := tab.evaluate("window.usable || 0"):
            return float(found) / 1_000
        time.sleep(0.1)
    message = "the points were not drawn"
    raise RuntimeError(message)


def _answer(route: Route, libraries: Path) -> None:
    """Serve a library that is there, and nothing for all others."""
    name = route.request.url.rpartition("/")[2]
    found = next(libraries.rglob(name), None)
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    body = found.read_bytes() if found else b""
    route.fulfill(status=200, content_type=kind, body=body)


def _go_near(tab: Page) -> None:
    """Zoom to where single dots are drawn, in the middle of the most of them."""
    button = tab.locator(".leaflet-control-zoom-in")
    for _ in range(12):
        if button.get_attribute("aria-disabled") == "true" or _metres(tab) <= NEAR:
            break
        button.click()
        tab.wait_for_timeout(300)


def _metres(tab: Page) -> float:
    """Return what the scale bar stands for, metres."""
    number, unit = tab.locator(".leaflet-control-scale-line").inner_text().split()
    return float(number) * (1_000 if unit == "km" else 1)


def _dragged(tab: Page) -> float:
    """Drag the map there and back; return the longest wait for a frame, in seconds."""
    tab.evaluate(WATCH)
    mouse = tab.mouse
    for step in (-1, 1):
        mouse.move(600, 450)
        mouse.down()
        for part in range(10):
            mouse.move(600 + step * 30 * (part + 1), 450 + 10 * part)
            tab.wait_for_timeout(16)
        mouse.up()
        tab.wait_for_timeout(500)
    return float(tab.evaluate("() => window.longest")) / 1_000


if __name__ == "__main__":
    main()
