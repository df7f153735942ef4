"""The report in a real browser: without network, narrow, printed, as an attacker has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import reports
from playwright.sync_api import Browser, Page

from geodemand.core.disclosure import Policy
from geodemand.report.about import About
from geodemand.report.page import page as report_page

ABOUT = About(
    "profile",
    "A county",
    "Which kinds of neighbourhood",
    "Made-up data",
    "May 2026",
    "me@example.org",
)
HOSTILE = (
    "<img src=x onerror=\"document.title='broken'\">",
    "</style><script>document.title='broken'</script>",
    "</svg></title><script>document.title='broken'</script>",
    "{{7*7}}{% raw",
    "\"'><a href=//evil.example onclick=x>",
    "]]><!--",
)
# Text of too little contrast with what it stands on: WCAG 2.2, 1.4.3.
CONTRAST = """() => {
  const linear = v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = c => linear(c / 255);
  const seen = t => { const [r, g, b] = t.match(/[\\d.]+/g).map(Number);
    return .2126 * light(r) + .7152 * light(g) + .0722 * light(b); };
  const ground = e => { for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor; if (!/, 0\\)$/.test(c)) return c; }
    return 'rgb(255, 255, 255)'; };
  const found = [];
  for (const e of document.body.querySelectorAll('*')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const style = getComputedStyle(e);
    const ink = e.namespaceURI.endsWith('svg') ? style.fill : style.color;
    const [a, b] = [seen(ink), seen(ground(e))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) found.push(e.outerHTML.slice(0, 90));
  }
  return found;
}"""

Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def html(public: Policy) -> str:
    return report_page(reports.everything(public), ABOUT)


@pytest.fixture
def opened(browser: Browser, html: str, tmp_path: Path) -> Iterator[Opened]:
    """Open a page from disk without network; whatever it says or asks for fails the test."""
    heard: list[str] = []
    contexts = []

    def open_page(text: str = html, width: int = 1200, height: int = 900) -> Page:
        path = tmp_path / "profile.html"
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: heard.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("dialog", lambda dialog: heard.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: heard.append(request.url))
        page.goto(path.as_uri())
        heard.remove(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert heard == []


def test_findings_come_first_and_then_each_chart_before_its_table(opened: Opened) -> None:
    page = opened()
    assert page.title() == "A county: Which kinds of neighbourhood"
    headings = page.locator("h1, h2").all_inner_texts()
    assert headings[:3] == ["A county", "What was found", "Kinds of neighbourhood"]
    assert headings[-3:] == [
        "What became of every row",
        "About these figures",
        "What the words mean",
    ]
    assert page.locator("#found li").all_inner_texts() == [
        reports.SENTENCE.replace(" %", "\u00a0%")
    ]
    order = page.eval_on_selector_all("svg, table", "all => all.map(e => e.tagName)")
    assert order[:2] == ["svg", "TABLE"]
    assert page.locator("svg").count() == 5


def test_tables_are_marked_up_with_caption_headings_and_row_names(opened: Opened) -> None:
    page = opened()
    for table in page.locator("table").all():
        assert table.locator("caption").inner_text()
        assert table.locator("thead th:not([scope=col])").count() == 0
        rows = table.locator("tbody tr:not(:has([scope=rowgroup]))").count()
        assert table.locator("tbody th[scope=row]").count() == rows
    first = page.locator("table").first
    assert (
        first.locator("caption").inner_text()
        == "Kinds of neighbourhood: by category, base postcodes"
    )
    assert first.locator("[scope=rowgroup]").all_inner_texts() == ["CYP", "ACS"]


def test_figures_are_protected_and_signs_have_a_meaning(opened: Opened, html: str) -> None:
    page = opened()
    row = page.locator("table tr", has_text="Moderate Means").first
    assert row.locator("abbr[title=withheld]").count() == 4
    hard = page.locator("table tr", has_text="Hard Pressed").first.inner_text().split("\t")
    assert hard[2:7] == ["1,915", "43.8\u00a0%", "2,327", "9.5\u00a0%", "461 (384 to 577)"]
    for exact in ("1,914", "707", "4,369", "7,917"):
        assert exact not in re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL)


def test_source_date_match_rate_policy_and_words_are_there(opened: Opened) -> None:
    page = opened()
    about = page.locator("#about").inner_text()
    for words in (
        "Made-up data",
        "May 2026",
        "rows placed (96\u00a0%)",
        "Counts of 1 to 7",
        "me@example",
    ):
        assert words in about
    meaning = page.locator("#words").inner_text()
    assert "100 = as expected" in meaning
    assert "Withheld" in meaning


def test_every_exact_report_and_chart_carries_the_marking(opened: Opened, internal: Policy) -> None:
    page = opened(report_page(reports.everything(internal), ABOUT))
    assert page.locator(".marking").all_inner_texts() == [internal.marking] * 2
    for chart in page.locator("svg").all():
        assert internal.marking in str(chart.text_content())
    assert "a test" in page.locator("#about").inner_text()


@pytest.mark.parametrize("width", [320, 700, 1200])
def test_no_sideways_scrolling_of_the_page_and_links_large_enough(
    opened: Opened, width: int
) -> None:
    page = opened(width=width, height=640)
    page.locator("summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.eval_on_selector_all(
        "a, summary",
        "all => all.filter(e => e.getBoundingClientRect().height < 24).map(e => e.outerHTML)",
    )
    assert small == []
    letters = page.eval_on_selector_all(
        "svg text", "all => Math.min(...all.map(e => e.getBoundingClientRect().height))"
    )
    assert letters > 9


def test_text_stands_out_from_its_ground(opened: Opened) -> None:
    assert opened().evaluate(CONTRAST) == []


def test_what_scrolls_is_reached_by_keyboard_and_has_a_name(opened: Opened) -> None:
    page = opened(width=320)
    boxes = page.locator(".scroll")
    assert boxes.count() == page.locator("table, svg").count()
    for box in boxes.all():
        assert box.get_attribute("tabindex") == "0"
        assert box.get_attribute("role") == "group"
        assert box.get_attribute("aria-label")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"


def test_no_id_is_there_twice_and_every_reference_leads_somewhere(opened: Opened) -> None:
    page = opened()
    ids = page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
    assert len(ids) == len(set(ids))
    named = page.eval_on_selector_all(
        "[aria-labelledby]", "all => all.flatMap(e => e.getAttribute('aria-labelledby').split(' '))"
    )
    links = page.eval_on_selector_all("a", "all => all.map(e => e.getAttribute('href').slice(1))")
    assert set(named) | set(links) <= set(ids)


def test_prints_on_a4_with_long_tables_open(opened: Opened, public: Policy) -> None:
    page = opened()
    pages = re.findall(rb"/MediaBox\s*\[([^\]]*)\]", page.pdf(prefer_css_page_size=True))
    assert len(pages) > 1
    for box in pages:
        width, height = (float(side) for side in box.split()[2:])
        assert (width, height) == (pytest.approx(595, abs=2), pytest.approx(842, abs=2))
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 1010})
    assert page.evaluate("document.documentElement.scrollWidth") <= 680
    assert not page.locator("nav").is_visible()
    assert public.explanation[:20] in page.locator("#about").inner_text()


@pytest.mark.parametrize(
    ("evil", "other"), list(zip(HOSTILE[::2], HOSTILE[1::2], strict=True)), ids=range(3)
)
def test_hostile_text_in_every_field_is_shown_as_it_is(
    opened: Opened, public: Policy, evil: str, other: str
) -> None:
    about = About("profile", evil, other, other, evil, other, evil)
    page = opened(report_page(reports.everything(public, (evil, other)), about))
    assert page.title() == f"{evil}: {other}"
    assert page.locator("h1").inner_text() == evil
    assert page.locator("[scope=rowgroup]").all_inner_texts()[:2] == [evil, other]
    assert page.locator("script, img, main a[href^='//']").count() == 0
    for each in (evil, other):
        assert each in str(page.locator("svg").first.text_content())


def test_names_no_address_and_forbids_all(html: str) -> None:
    assert "default-src 'none'" in html.replace("&#39;", "'")
    found = set(re.findall(r"\b(?:https?:)?//[\w.-]+", html))
    assert found <= {"http://www.w3.org"}
    assert not re.search(r"<(?:script|link|img|iframe|object|form)\b", html)


def test_the_same_figures_are_the_same_bytes(html: str, public: Policy) -> None:
    assert report_page(reports.everything(public), ABOUT) == html
