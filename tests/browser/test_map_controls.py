"""Every control of the page by mouse and by keyboard, in Chromium and in Firefox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import firefox
import map_controls
import pytest
from conftest import WIDE, Heard, ready
from hands import Chromium, Hand
from map_county import LISTS
from playwright.sync_api import Browser

# Surfaces, kinds of neighbourhood, a set, hubs, places, boundaries of two geographies.
LAYERS = len(LISTS) + 1 + 1 + 1 + 1 + 2


@pytest.fixture(scope="module")
def path(html: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The county's page on disk."""
    path = tmp_path_factory.mktemp("both") / "map.html"
    path.write_text(html, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def in_chromium(
    browser: Browser, path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hand]:
    context = browser.new_context(viewport=WIDE, offline=True, reduced_motion="reduce")
    page, heard = context.new_page(), Heard()
    heard.listen(page)
    page.goto(path.as_uri())
    yield Chromium(ready(page), tmp_path_factory.mktemp("saved"))
    context.close()
    assert heard.faults(path) == []


@pytest.fixture(scope="module")
def in_firefox(path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    found = firefox.find()
    if not found:
        pytest.fail("No Firefox here: set FIREFOX to its path and run `make test` again.")
    with firefox.started(found, tmp_path_factory.mktemp("firefox") / "profile") as shown:
        shown.open(path.as_uri())
        yield shown
        assert shown.faults(path) == []


@pytest.fixture(params=["chromium", "firefox"])
def hand(request: pytest.FixtureRequest) -> Hand:
    found: Hand = request.getfixturevalue(f"in_{request.param}")
    return found


def test_each_control_by_mouse_and_by_keyboard(hand: Hand) -> None:
    known = map_controls.table(LAYERS)
    faults = [fault for each in known for fault in map_controls.faults_of(hand, each, known)]
    assert not faults, "\n".join(faults)
    assert {each.suffix for each in hand.saved()} == {".csv", ".png"}
    assert all(each.stat().st_size > 1_000 for each in hand.saved())


@pytest.mark.parametrize(
    "made",
    ["document.createElement('button')", "Object.assign(document.createElement('i'), {tabIndex: 0})"],
)
def test_a_control_that_is_not_in_the_table_is_reported(in_chromium: Hand, made: str) -> None:
    known = map_controls.table(LAYERS)
    in_chromium.run(
        f"(e => {{ e.id = 'new'; e.textContent = 'new'; document.body.append(e); }})({made})"
    )
    assert map_controls.unknown(in_chromium, known) == [
        in_chromium.run("document.getElementById('new').outerHTML")
    ]
    in_chromium.run("document.getElementById('new').remove()")
    broken = replace(known[1], mouse=lambda _: None)
    assert list(map_controls.faults_of(in_chromium, broken, known)) != []


# What is focused after a Tab: its look, where it is, and whether something lies on it.
FOCUSED = """(() => { const e = document.activeElement; if (e === document.body) return null;
  const again = e.hasAttribute('data-stop'); e.setAttribute('data-stop', '');
  const look = getComputedStyle(e), box = e.getBoundingClientRect();
  const label = e.matches('.pills input') ? getComputedStyle(e.nextElementSibling) : null;
  const seen = [look, label].some((each) => each && each.outlineStyle !== 'none'
    && parseFloat(each.outlineWidth) >= 2);
  const inside = box.bottom > 0 && box.top < innerHeight;
  const at = document.elementFromPoint(Math.min(Math.max(box.x + box.width / 2, 1), innerWidth - 1),
    Math.min(Math.max(box.y + box.height / 2, 1), innerHeight - 1));
  const clear = !at || e.contains(at) || at.contains(e) || Boolean(at.closest('label, td, th, .option'));
  return [again, seen && inside && clear ? '' : e.outerHTML.slice(0, 90) + [seen, inside, clear]]; })()"""
# Of several that belong together one is a stop: arrow keys go on from there.
TOGETHER = (
    "input[type=radio]:not(:checked), tbody button[tabindex='-1'], [role=option], .site, #figures"
)


def test_every_control_is_a_stop_of_the_tab_key_and_focus_is_seen_there(hand: Hand) -> None:
    hand.run(f"(() => {{ {map_controls.OPEN} {map_controls.COMPARED} {map_controls.TWO} }})()")
    hand.run("(() => { scrollTo(0, 0); document.querySelector('.skip').focus(); })()")
    faults, stops = [], 0
    for _ in range(150):
        found = hand.run(FOCUSED)
        if not found or found[0]:
            break
        stops += 1
        faults += [found[1]] if found[1] else []
        hand.press("Tab")
    assert faults == []
    missed = hand.run(
        f"[...document.querySelectorAll({json.dumps(map_controls.ANY)})].filter((e) =>"
        f" e.checkVisibility() && !e.disabled && !e.matches({json.dumps(TOGETHER)})"
        " && !e.hasAttribute('data-stop')).map((e) => e.outerHTML.slice(0, 90))"
    )
    assert missed == []
    # 37 areas, 5 services and 100 rows of tables are behind few stops.
    assert 40 < stops < 110
    assert hand.run("document.querySelectorAll('path[data-stop], svg[data-stop]').length") == 0
