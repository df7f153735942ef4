"""The file as an attacker reads it, and no address anywhere."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import shapely
from map_county import HOSTILE, LISTS, County
from map_file import blocks, numbers, unpacked
from playwright.sync_api import Browser

from geodemand.maps.document import render

# What the file holds ---------------------------------------------------------------------------


def test_the_file_holds_no_exact_count_and_nothing_of_what_is_withheld(html: str) -> None:
    county = County()
    data = blocks(html)
    held = set(numbers(data["areas"]))
    for place, geography in enumerate((county.localities, county.wards)):
        for each, clients in enumerate(county.clients):
            exact = county.exact(geography, clients).astype(int)
            shown = data["areas"]["shaded"][place]["figures"][each]
            for area, count in enumerate(exact.tolist()):
                hidden = 0 < count <= 7
                figures = [
                    measure[part][area]
                    for measure in shown.values()
                    for part in ("values", "low", "high")
                    if part in measure
                ]
                assert all((figure == "c") == hidden for figure in figures)
                assert hidden or figures[0] % 5 == 0
        totals = data["areas"]["shaded"][place]["whole"]
        assert all(whole["clients"] % 5 == 0 for whole in totals)
    totals = {int(clients.sum()) for clients in county.clients}
    assert not {total for total in totals if total % 5} & held


def test_the_dots_are_the_directory_and_say_nothing_of_clients(html: str) -> None:
    county = County()
    dots = blocks(html)["dots"]
    assert sorted(dots) == ["cells", "count", "key", "parts", "sets"]
    (part,) = dots["parts"]
    assert sorted(part) == ["box", "kinds", "sets", "x", "y"]
    west, south, *_ = np.floor(shapely.total_bounds(county.localities.shapes))
    x = np.cumsum(unpacked(part["x"])) + west + part["box"][0]
    y = np.cumsum(unpacked(part["y"])) + south + part["box"][1]
    assert sorted(zip(x, y, strict=True)) == sorted(zip(county.x, county.y, strict=True))
    assert len(unpacked(part["kinds"])) == len(county.x)
    assert len(unpacked(part["sets"][0])) == (county.segment == 3).sum()
    assert sum(unpacked(dots["cells"]["postcodes"])) == len(county.x)


def test_the_postcodes_are_the_directory_whole_and_good_to_100_metres(html: str) -> None:
    """Where clients live decides nothing: all postcodes are there, each once, without a count."""
    county = County()
    index = blocks(html)["postcodes"]
    assert sorted(index) == ["districts", "inward", "sizes", "step", "units", "x", "y"]
    sizes = unpacked(index["sizes"])
    assert sum(sizes) == len(county.x)
    outward = np.repeat(index["districts"], sizes)
    inward = np.cumsum(unpacked(index["inward"]))
    texts = [
        f"{first}{n // 676}{chr(65 + n // 26 % 26)}{chr(65 + n % 26)}"
        for first, n in zip(outward, inward.tolist(), strict=True)
    ]
    known = county.postcodes(np.arange(len(county.x)))
    assert sorted(texts) == sorted(known.texts)
    west, south, *_ = np.floor(shapely.total_bounds(county.localities.shapes))
    places = dict(zip(known.texts, zip(known.x - west, known.y - south, strict=True), strict=True))
    x = np.cumsum(unpacked(index["x"])) * index["step"]
    y = np.cumsum(unpacked(index["y"])) * index["step"]
    found = np.column_stack([x, y])
    wanted = np.array([places[text] for text in texts])
    assert index["step"] == 100
    assert ((wanted - found >= -1) & (wanted - found <= 101)).all()


def test_no_block_has_other_fields_than_these(html: str) -> None:
    """A field that is new has to be thought about: does it say anything of a client?"""
    data = blocks(html)
    assert set(data) <= {
        "words",
        "areas",
        "profile",
        "ledger",
        "surfaces",
        "dots",
        "sites",
        "postcodes",
        "geographies",
        "background",
        "clusters",
        "catchments",
        "differences",
    }
    assert sorted(data["areas"]) == ["first", "measures", "shaded", "subjects"]
    for shaded in data["areas"]["shaded"]:
        assert sorted(shaded) == ["figures", "postcodes", "residents", "whole"]
        assert all(set(each) == {"clients", "rate"} for each in shaded["whole"])
    for subject in data["areas"]["subjects"]:
        assert sorted(subject) == ["date", "day", "label", "name", "series"]
    assert [each["name"] for each in data["areas"]["subjects"]] == list(LISTS)
    for surface in data["surfaces"]:
        assert "values" not in surface
        assert set(unpacked(surface["classes"])) <= set(range(6))


def test_names_no_address_and_forbids_all(html: str) -> None:
    head = html[: html.index("<style>")]
    assert head.index("Content-Security-Policy") < head.index("viewport")
    for part in (
        "default-src 'none'",
        "connect-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ):
        assert part in head
    assert "Leaflet 1.9.3" in html
    markup = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
    assert not re.search(r"<[^>]+\b(src|href|action|srcset)\s*=\s*[\"']?[^#\"' >]", markup)
    styles = html[: html.index("</head>")]
    assert not re.search(r"url\(|@import", styles)


def test_the_policy_stops_scripts_and_requests_that_get_in_nevertheless(
    browser: Browser, html: str, tmp_path: Path
) -> None:
    path = tmp_path / "altered.html"
    bad = "<script>window.broken = 1</script><b onclick='window.broken = 2' id='bad'>x</b>"
    path.write_text(html.replace("<main>", f"<main>{bad}"), encoding="utf-8")
    said: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready=true]")
        page.evaluate("document.getElementById('bad').click()")
        stopped = page.evaluate(
            """async () => { const results = [];
              for (const act of [() => fetch('https://example.invalid/'), () => new Promise(
                (done, fail) => { const image = new Image(); image.onload = done;
                  image.onerror = fail; image.src = 'https://example.invalid/x.png'; })]) {
                try { await act(); results.push('through'); } catch { results.push('stopped'); } }
              return results; }"""
        )
        assert page.evaluate("window.broken") is None
    assert stopped == ["stopped", "stopped"]
    for directive in ("script-src", "connect-src 'none'", "img-src data: blob:"):
        assert any(directive in each for each in said), directive


def test_same_inputs_in_any_order_make_the_same_bytes(html: str) -> None:
    """With several dates, views, two maps' worth of lists, and every kind of layer."""
    county = County()
    assert county.page() == html
    shuffled = np.random.default_rng(1).permutation(len(county.x))
    assert render(county.release(), county.scene(shuffled)) == html
    assert county.everything() == County().everything()


def test_data_holds_no_character_that_could_leave_its_block(html: str) -> None:
    hostile = County(lambda text: f"{text} {HOSTILE[len(text) % len(HOSTILE)]}").everything()
    for text in (html, hostile):
        data = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
        assert len(data) == len(blocks(text)) >= 9
        assert not any(mark in block for block in data for mark in ("<", ">", "&", "`", "$", "'"))
    assert "49" not in re.findall(r"Locality 1 (\d+)", hostile)


def test_a_county_s_page_is_no_larger_than_a_megabyte(html: str) -> None:
    assert len(html.encode()) < 1_000_000
