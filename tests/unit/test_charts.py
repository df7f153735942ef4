"""Charts: what they say in words, that they show protected figures only, and equal bytes."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import reports
from PIL import Image

from geodemand.core.disclosure import Policy, Release, release
from geodemand.errors import UsageError
from geodemand.report import charts, formats
from geodemand.report.about import About
from geodemand.report.charts import Chart
from geodemand.report.plain import slug

SVG = "{http://www.w3.org/2000/svg}"
ABOUT = About("profile", "A county", source="Made up", date="May 2026")
NAMES = {
    "index-category": "profile",
    "meet": "copresence",
    "meet-everywhere": "combinations",
    "concentration-postcodes-category": "concentration",
    "funnel-cyp-localities-postcodes": "by_place",
}
HOSTILE = ("</svg><script>alert(1)</script>", "$x^2$ \\frac {{7*7}} \x00\x07\ud800 ../a/..\\b 数")


@pytest.fixture
def published(public: Policy) -> Release:
    return reports.everything(public)


def drawn(found: Release) -> dict[str, ET.Element]:
    footer = charts.footer_of(found, ABOUT)
    texts = {chart.name: charts.svg(chart, footer) for chart in charts.charts(found)}
    return {name: ET.fromstring(text) for name, text in texts.items()}  # noqa: S314 - our own


def words_of(root: ET.Element) -> str:
    return " ".join("".join(element.itertext()) for element in root.iter(f"{SVG}text"))


def test_each_table_with_a_chart_is_drawn(published: Release) -> None:
    found = {chart.name: chart.table for chart in charts.charts(published)}
    assert found == NAMES


def test_every_chart_says_in_words_what_it_shows(published: Release) -> None:
    for name, root in drawn(published).items():
        title, desc, *_ = root
        assert (title.tag, desc.tag) == (f"{SVG}title", f"{SVG}desc")
        assert root.get("role") == "img"
        assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
        assert title.text
        assert desc.text
        assert len(desc.text) > 30, name


def test_the_words_beside_a_chart_are_its_figures(published: Release) -> None:
    said = {chart.name: chart.description for chart in charts.charts(published)}
    assert "Hard Pressed 461 (384–577)" in said["index-category"]
    assert "Withheld: 1." in said["index-category"]
    assert said["meet"] == "(everywhere): 220; 33 by chance. Hard Pressed: 100; 54 by chance. HDF: withheld (c)."  # fmt: skip  # noqa: E501
    assert "everywhere, CYP + ACS + NEET: 220; 33 by chance." in said["meet-everywhere"]
    assert "40 % of the postcodes hold 80 %" in said["concentration-postcodes-category"]
    assert "Withheld: 1." in said["funnel-cyp-localities-postcodes"]


def test_bars_are_sorted_and_what_is_withheld_stands_last_and_says_so(published: Release) -> None:
    text = words_of(drawn(published)["index-category"])
    first_list = text[: text.index("ACS: ")]
    order = ["Hard Pressed", "Comfortably Off", "Urban Prosperity", "Wealthy", "Moderate Means"]
    places = [first_list.index(name) for name in order]
    assert places == sorted(places)
    assert "c: withheld, too few to show" in first_list
    assert "†" in text


def test_no_chart_holds_a_count_that_was_withheld_or_rounded(published: Release) -> None:
    for root in drawn(published).values():
        found = ET.tostring(root, encoding="unicode")
        for exact in ("222", "707", "1914", "1,914", "4,369", "4369"):
            assert f">{exact}" not in found


def test_source_date_and_rules_stand_on_every_chart(published: Release) -> None:
    for root in drawn(published).values():
        text = words_of(root)
        for words in ("Source: Made up. Date: May 2026.", "Policy public: Counts of 1 to 7"):
            assert words in text


def test_exact_charts_carry_the_marking(internal: Policy) -> None:
    for root in drawn(reports.everything(internal)).values():
        assert internal.marking in words_of(root)


def test_charts_can_stand_in_one_page(published: Release) -> None:
    roots = drawn(published)
    ids = [each.get("id") for root in roots.values() for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    assert not any(list(root.iter(f"{SVG}style")) for root in roots.values())
    for root in roots.values():
        own = {element.get("id") for element in root.iter()}
        uses = [use.get("{http://www.w3.org/1999/xlink}href", "") for use in root.iter(f"{SVG}use")]
        assert all(use[1:] in own for use in uses)


def test_names_from_data_are_drawn_as_they_are(public: Policy) -> None:
    found = reports.everything(public, HOSTILE)
    root = drawn(found)["index-category"]
    assert not list(root.iter(f"{SVG}script"))
    assert "</svg><script>alert(1)</script>" in words_of(root)
    assert "$x^2$" in words_of(root)
    files = formats.files(found, ABOUT, ["svg"])
    assert all("/" not in name and "\\" not in name for name in files)


def test_pictures_are_as_wide_as_a_sheet_of_a4_and_say_what_they_show(
    published: Release, tmp_path: Path
) -> None:
    for name, content in formats.files(published, ABOUT, ["png"]).items():
        path = tmp_path / name
        path.write_bytes(content)
        with Image.open(path) as picture:
            width, height = (side / picture.info["dpi"][0] for side in picture.size)
            assert width == pytest.approx(7.1, abs=0.01)
            assert height < 11
            assert picture.info["Description"]
            assert "Software" not in picture.info


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_same_figures_are_the_same_bytes(
    published: Release, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = formats.files(published, ABOUT, [kind])
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert formats.files(published, ABOUT, [kind]) == first


def test_a_result_without_a_chart_is_said(public: Policy, published: Release) -> None:
    only = release(public, {"ledger": published.tables["ledger"]})
    with pytest.raises(UsageError, match="nothing to draw"):
        formats.files(only, ABOUT, ["svg"])


def test_charts_of_one_name_get_names_that_differ() -> None:
    chart = Chart("a", "profile", "t", "d", 1.0, lambda _, __: None)
    names = {chart.named(name).name for name in ("a", charts._free("a", {"a": chart}))}  # noqa: SLF001
    assert names == {"a", "a-2"}
    assert slug("///") == "chart"
