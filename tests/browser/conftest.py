"""One browser and mostly one page for all tests of the map: opening a page is what takes time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import firefox
import pytest
from chromium import find
from hands import Chromium, Hand
from map_county import County
from playwright.sync_api import Browser, Page, sync_playwright

OPEN = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars")
WIDE = {"width": 1400, "height": 900}
Opened = Callable[..., Page]


@pytest.fixture(scope="session")
def html() -> str:
    """The county's page."""
    return County().page()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = find()
    if not found:
        pytest.fail("No Chromium here: set CHROMIUM to its path and run `make test` again.")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=found, args=list(OPEN))
        yield started
        started.close()


class Heard(list[str]):
    """What pages said and asked for; anything but pictures out of the page itself is a fault."""

    def listen(self, page: Page) -> None:
        page.set_default_timeout(20_000)
        page.on("console", lambda message: self.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.append(str(error)))
        page.on("dialog", lambda dialog: self.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: self.append(request.url))

    def faults(self, opened: Path) -> list[str]:
        own = (opened.as_uri(), "data:image/png", "data:image/webp", "blob:")
        return [each for each in self if not each.startswith(own)]


def ready(page: Page) -> Page:
    page.wait_for_selector("html[data-ready=true]")
    return page


@pytest.fixture
def opened(browser: Browser, html: str, tmp_path: Path) -> Iterator[Opened]:
    """Open a page from disk without network; whatever it says or asks for fails the test."""
    heard = Heard()
    path = tmp_path / "map.html"
    contexts = []

    def open_page(text: str = html, width: int = 1400, height: int = 900, **options: str) -> Page:
        path.write_text(text, encoding="utf-8")
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        heard.listen(page)
        page.goto(path.as_uri())
        return ready(page)

    yield open_page
    for context in contexts:
        context.close()
    assert heard.faults(path) == []


@pytest.fixture(scope="session")
def kept(
    browser: Browser, html: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Page, Heard, Path]]:
    path = tmp_path_factory.mktemp("page") / "map.html"
    path.write_text(html, encoding="utf-8")
    context = browser.new_context(viewport=WIDE, offline=True, accept_downloads=True)
    page, heard = context.new_page(), Heard()
    heard.listen(page)
    page.goto(path.as_uri())
    yield ready(page), heard, path
    context.close()


@pytest.fixture
def page(kept: tuple[Page, Heard, Path]) -> Iterator[Page]:
    """The county's page, as it opens: without network, and not one word on the console."""
    shown, heard, path = kept
    heard.clear()
    shown.set_viewport_size(WIDE)
    shown.emulate_media(media="screen", forced_colors="none", reduced_motion="reduce")
    # Else a reloaded page stands where the test before it had scrolled to.
    shown.evaluate("history.scrollRestoration = 'manual'; scrollTo(0, 0)")
    shown.reload()
    yield ready(shown)
    assert heard.faults(path) == []


# Another one for each module: what pages saved or printed may have taken the window's focus,
# and then keys press nothing.
@pytest.fixture(scope="module")
def in_chromium(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    context = browser.new_context(viewport=WIDE, offline=True, reduced_motion="reduce")
    page, heard = context.new_page(), Heard()
    heard.listen(page)
    yield Chromium(page, tmp_path_factory.mktemp("saved"), heard)
    context.close()


@pytest.fixture(scope="module")
def in_firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    found = firefox.find()
    if not found:
        pytest.fail("No Firefox here: set FIREFOX to its path and run `make test` again.")
    with firefox.started(found, tmp_path_factory.mktemp("firefox") / "profile") as shown:
        yield shown
