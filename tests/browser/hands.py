"""One way to use a page in either browser: look, click, press, scroll. Nothing here knows maps."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import Heard
    from playwright.sync_api import Page

PATIENCE_S = 5.0
# Bring an element into view and say where a share of its width is, and what lies on top there.
_SPOT = """(([selector, place, share]) => {
  const all = document.querySelectorAll(selector);
  const e = all[place];
  if (!e) return null;
  // Leaflet takes back what is scrolled within a map: the map as a whole comes into view.
  (e.closest('.map') || e).scrollIntoView({ block: 'center', inline: 'nearest',
    behavior: 'instant' });
  const b = e.getBoundingClientRect();
  const [x, y] = [Math.round(b.x + b.width * share), Math.round(b.y + b.height / 2)];
  const at = document.elementFromPoint(x, y);
  const own = at && (e.contains(at) || at.contains(e)
    || (e.labels && [...e.labels].some((label) => label.contains(at))));
  return [x, y, Boolean(own), at ? at.outerHTML.slice(0, 80) : 'nothing'];
})"""


class Hand(ABC):
    """A reader's hand on an open page. ``selector``: CSS, or "CSS|3" for the fourth of them."""

    name = ""

    @abstractmethod
    def open(self, path: Path) -> None:
        """Open a page from disk and wait until it is ready. What was heard before is forgotten."""

    @abstractmethod
    def faults(self, path: Path) -> list[str]:
        """Return what pages said so far, and what they asked for beside themselves."""

    @abstractmethod
    def pdf(self) -> bytes:
        """Return the page as it is printed on A4."""

    @abstractmethod
    def run(self, script: str) -> Any:  # noqa: ANN401
        """Return what an expression of the page comes to."""

    @abstractmethod
    def press(self, *keys: str) -> None:
        """Press keys, one after the other, where the focus is."""

    @abstractmethod
    def drag(self, *spots: tuple[int, int]) -> None:
        """Press the mouse at the first spot, lead it over the others, let go: one is a click."""

    @abstractmethod
    def wheel(self, spot: tuple[int, int], right: int, down: int) -> None:
        """Turn the wheel over a spot."""

    @abstractmethod
    def choose(self, selector: str) -> None:
        """Open a list by the mouse and take its next option.

        The list is the browser's own and lies outside the page: no driver can click into it.
        """

    @abstractmethod
    def saved(self) -> list[Path]:
        """Return the files that the page has saved."""

    def spot(self, selector: str, share: float = 0.5) -> tuple[int, int]:
        """Return where an element is; fails where something else lies on it."""
        css, place = split(selector)
        found = self.run(f"{_SPOT}({json.dumps([css, place, share])})")
        assert found, f"{selector} is not on the page"
        x, y, own, above = found
        assert own, f"{above} lies on {selector}"
        return x, y

    def click(self, selector: str, share: float = 0.5) -> None:
        self.drag(self.spot(selector, share))

    def focus(self, selector: str) -> None:
        css, place = split(selector)
        at = f"document.querySelectorAll({json.dumps(css)})[{place}]"
        self.run(f"(e => {{ e.focus(); return e === document.activeElement; }})({at})")

    def text(self, selector: str) -> str:
        return str(self.run(f"document.querySelector({json.dumps(selector)}).innerText"))

    def changes(self, script: str, before: Any) -> bool:  # noqa: ANN401
        """Return whether an expression comes to be another before long."""
        until = time.monotonic() + PATIENCE_S
        while self.run(script) == before:
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True

    def becomes(self, script: str, wanted: Any) -> bool:  # noqa: ANN401
        """Return whether an expression comes to be something before long."""
        until = time.monotonic() + PATIENCE_S
        while self.run(script) != wanted:
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True


def split(selector: str) -> tuple[str, int]:
    css, _, place = selector.partition("|")
    return css, int(place or 0)


class Chromium(Hand):
    """By Playwright. Files go to a folder as they come."""

    name = "chromium"

    def __init__(self, page: Page, folder: Path, heard: Heard) -> None:
        self.page = page
        self._folder = folder
        self._heard = heard
        page.on("download", lambda file: file.save_as(folder / file.suggested_filename))

    def open(self, path: Path) -> None:
        self._heard.clear()
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-ready=true]")

    def faults(self, path: Path) -> list[str]:
        return self._heard.faults(path)

    def pdf(self) -> bytes:
        return self.page.pdf(prefer_css_page_size=True, tagged=True, outline=True)

    def run(self, script: str) -> Any:  # noqa: ANN401
        return self.page.evaluate(f"() => ({script})")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def drag(self, *spots: tuple[int, int]) -> None:
        mouse = self.page.mouse
        mouse.move(*spots[0])
        mouse.down()
        for spot in spots[1:]:
            mouse.move(*spot)
        mouse.up()

    def wheel(self, spot: tuple[int, int], right: int, down: int) -> None:
        self.page.mouse.move(*spot)
        self.page.mouse.wheel(right, down)

    def choose(self, selector: str) -> None:
        self.click(selector)
        self.press("ArrowDown", "Enter")

    def saved(self) -> list[Path]:
        return sorted(self._folder.iterdir())
