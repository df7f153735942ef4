"""In Chromium and in Firefox: every control by mouse and by keys, hostile names, paper."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import hands
import map_controls
import pytest
from hands import Hand
from map_actions import pages_of
from map_county import HOSTILE, County
from pypdf import PdfReader

# A heat surface, kinds of neighbourhood, a set, hubs, places, boundaries of two geographies.
LAYERS = 1 + 1 + 1 + 1 + 1 + 2


@pytest.fixture(scope="module")
def folder(html: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The county's page on disk, and one with hostile names in every field."""
    made = tmp_path_factory.mktemp("both")
    (made / "map.html").write_text(html, encoding="utf-8")
    (made / "hostile.html").write_text(County(each_its_own()).everything(), encoding="utf-8")
    return made


@pytest.fixture(params=["chromium", "firefox"])
def hand(request: pytest.FixtureRequest, folder: Path) -> Iterator[Hand]:
    """A browser with the county's page open; what it says or asks for fails the test."""
    found: Hand = request.getfixturevalue(f"in_{request.param}")
    found.open(folder / "map.html")
    yield found
    assert found.faults(folder) == []


def test_each_control_by_mouse_and_by_keyboard(hand: Hand) -> None:
    known = map_controls.table(LAYERS)
    faults = [fault for each in known for fault in map_controls.faults_of(hand, each, known)]
    assert not faults, "\n".join(faults)
    assert {each.suffix for each in hand.saved()} == {".csv", ".png"}
    small = [each.name for each in hand.saved() if each.stat().st_size < 150]
    assert small == []


def test_a_control_that_is_not_in_the_table_is_reported(
    in_chromium: Hand, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_chromium.open(folder / "map.html")
    known = map_controls.table(LAYERS)
    for made in ("<button>new</button>", "<i tabindex=0>new</i>", "<a href=#x>new</a>"):
        in_chromium.run(f"document.body.insertAdjacentHTML('beforeend', {json.dumps(made)})")
        (found,) = map_controls.unknown(in_chromium, known)
        assert found.startswith(made[:3])
        in_chromium.run("document.body.lastElementChild.remove()")
    monkeypatch.setattr(hands, "PATIENCE_S", 0.2)
    broken = replace(known[1], mouse=lambda _: None)
    assert "views by mouse" in next(map_controls.faults_of(in_chromium, broken, known))


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
  const clear = !at || e.contains(at) || at.contains(e)
    || Boolean(at.closest('label, td, th, .option'));
  return [again, seen && inside && clear ? ''
    : e.outerHTML.slice(0, 90) + [seen, inside, clear]]; })()"""
# Of several that belong together one is a stop: arrow keys go on from there.
TOGETHER = (
    "input[type=radio]:not(:checked), tbody button[tabindex='-1'], [role=option], .site, #figures"
)


def test_every_control_is_a_stop_of_the_tab_key_and_focus_is_seen_there(hand: Hand) -> None:
    hand.run(f"(() => {{ {map_controls.OPEN} {map_controls.COMPARED} {map_controls.TWO} }})()")
    # From the first one on; how that looks has a test of its own.
    hand.run("(() => { scrollTo(0, 0); document.querySelector('.skip').focus(); })()")
    hand.run(FOCUSED)
    hand.press("Tab")
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


def test_opens_draws_and_prints_on_one_tagged_sheet(hand: Hand) -> None:
    fills = hand.run(
        "[...document.querySelectorAll('path.area')].map((e) => e.getAttribute('fill'))"
    )
    assert len(fills) == 7
    assert len(set(fills)) > 2
    assert hand.text("h1") == "Need is highest in Locality 3"
    printed = hand.pdf()
    assert pages_of(printed) == 1
    if hand.name == "chromium":
        text = PdfReader(io.BytesIO(printed))
        assert {"H1", "H2", "Table", "TH", "Figure"} & tags(text) >= {"H1", "H2", "Table", "TH"}
        assert text.trailer["/Root"]["/Lang"] == "en-GB"


# Everything is switched on, chosen, opened and looked at.
EVERYTHING = f"""(() => {{ {map_controls.OPEN}
  document.querySelectorAll('#extras input[type=checkbox]:not(:checked)').forEach((e) => e.click());
  {map_controls.ONE} document.querySelector('#card summary').click(); {map_controls.COMPARED}
  document.getElementById('one-list-1').click();
  {map_controls.TWO} document.querySelectorAll('.views button').forEach((e) => e.click());
  document.querySelectorAll('thead button').forEach((e) => e.click());
  document.getElementById('view-0').click(); }})()"""


def test_hostile_text_in_every_field_is_shown_as_it_is(hand: Hand, folder: Path) -> None:
    word = each_its_own()
    County(word).everything()
    hand.open(folder / "hostile.html")
    assert hand.run("document.title").split() == word("Need is highest in Locality 3").split()
    hand.run(EVERYTHING)
    said = hand.run(SAID)
    hand.click("#search")
    hand.press(*"1")
    hand.click("#found li")
    map_controls.area(hand)
    hand.click(".site|2")
    for table in ("#more-tables", "#top ol", "#figures-table tbody"):
        hand.click(f"{table} button")
    hand.click("#areas-1")
    said += hand.run(SAID)
    for field in FIELDS:
        assert word(field) in said, field
    assert hand.run("document.querySelector('.logo').alt") == word("The county council")
    known = len(hand.saved())
    for button in ("#save-picture", "#save-figures"):
        hand.run("(() => { geodemand.tell(''); })()")
        hand.click(button)
        assert hand.becomes(f"{map_controls.STATUS}.includes('saved')", wanted=True)
    assert len(hand.saved()) >= known
    hand.pdf()
    hand.run(SHOW_EACH)
    assert hand.run("[...document.querySelectorAll('.evil')].map((e) => e.textContent)") == [
        *HOSTILE
    ]
    assert hand.run("document.querySelectorAll('.evil > *').length") == 0
    assert hand.run("String(window.broken)") == "undefined"
    assert hand.run("Object.keys(Object.prototype).length") == 0
    assert hand.run("document.querySelectorAll('img:not(.leaflet-image-layer, .logo)').length") == 0
    assert hand.run("document.querySelectorAll('[onerror], [onfocus], [autofocus]').length") == 0


SAID = "[...document.querySelectorAll('header, main, footer')].map((e) => e.textContent).join()"
# A word of every kind of field.
FIELDS = (
    "Need is highest in Locality 3",
    "Draft",
    "OFFICIAL-SENSITIVE",
    "A made-up county",
    "clients per 1,000 residents",
    "Localities",
    "Locality 1",
    "Ward 3",
    "Team",
    "Children",
    "adults with a care plan",
    "Family hubs",
    "Hubs 1",
    "Places 1",
    "The coast",
    "Wealthy Achievers",
    "HDF",
    "small numbers",
    "Three figures are withheld.",
    "Public: small numbers hidden",
    "Nearest hubs",
    "Where teams differ",
    "Old districts",
    "Pocket 1",
)
SHOW_EACH = f"""(() => {{ for (const name of {json.dumps(HOSTILE)}) {{
  document.body.append(geodemand.el('p', {{ class: 'evil' }}, name)); }} }})()"""


def each_its_own() -> Callable[[str], str]:
    """Return what adds to every text one of the hostile ones: all to all kinds of fields."""
    evil = itertools.cycle(HOSTILE)
    known: dict[str, str] = {}

    def word(text: str) -> str:
        if text not in known:
            known[text] = f"{text} {next(evil)}"
        return known[text]

    return word


def tags(document: PdfReader) -> set[str]:
    """Return the kinds of all elements of a tagged PDF."""
    found: set[str] = set()
    queue = [document.trailer["/Root"]["/StructTreeRoot"]]
    while queue:
        each = queue.pop()
        if isinstance(each, dict):
            found.add(str(each.get("/S", "")).strip("/"))
            inside = each.get("/K", [])
            inside = inside if isinstance(inside, list) else [inside]
            queue += [part.get_object() for part in inside if hasattr(part, "get_object")]
    return found
