"""Whatever lists and segments are called, reports are well formed and show it."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
import zipfile
from html.parser import HTMLParser

import numpy as np
import openpyxl
import pytest
import reports
from hypothesis import given, settings
from hypothesis import strategies as st

from geodemand.core.disclosure import (
    Facts,
    Labels,
    Policy,
    Protected,
    Release,
    Table,
    release,
)
from geodemand.io import writers
from geodemand.report import charts, formats
from geodemand.report.about import About
from geodemand.report.plain import plain, slug

AWKWARD = ["=1+1", "</td>", "a\x00b", "\ud800", "\uffff", "$x$", "&amp;", "[c]", "x" * 400, "_x0041_", "'"]  # fmt: skip  # noqa: E501
NAMES = st.one_of(st.sampled_from(AWKWARD), st.text(st.characters(), min_size=1, max_size=30))


class Words(HTMLParser):
    """Collects the texts of a page, and the elements that it is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self.elements.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def named(policy: Policy, name: str) -> Release:
    """Return the made-up release with a list, a segment and a set called by a name."""
    table = reports.profile(policy, (name, f"{name}2"))
    columns = dict(table.columns)
    columns["name"] = Labels((name,) * len(table))
    return release(policy, {"profile": Table("profile", columns)}, (), (name,))


@settings(max_examples=6)
@given(name=NAMES)
def test_any_name_gives_a_well_formed_page_and_charts(public: Policy, name: str) -> None:
    found = named(public, name)
    about = About("profile", name, name, name, name, name, name)
    plain_page = set(Words(formats.files(found, About("profile", "T"), ["html"])["profile.html"].decode()).elements)  # fmt: skip  # noqa: E501
    page = Words(formats.files(found, about, ["html"])["profile.html"].decode())
    assert page.elements - {"p"} == plain_page - {"p"}
    assert any(plain(name).strip() in text.replace("\u00a0%", " %") for text in page.texts)
    footer = charts.footer_of(found, about)
    for chart in charts.charts(found):
        ET.fromstring(charts.svg(chart, footer))  # noqa: S314 - our own


@settings(max_examples=30)
@given(name=NAMES)
def test_any_name_gives_a_workbook_that_opens_and_holds_no_formula(
    public: Policy, name: str
) -> None:
    content = formats.files(named(public, name), About("profile", name), ["xlsx"])["profile.xlsx"]
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for part in parts.namelist():
            root = ET.fromstring(parts.read(part))  # noqa: S314 - our own
            assert not [each for each in root.iter() if each.tag.endswith("}f")]
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book["profile"].max_row == 6 + 2 * len(reports.SEGMENTS)


@given(name=st.text())
def test_any_name_gives_a_name_for_a_file(name: str) -> None:
    assert slug(name).replace("-", "").isalnum()
    assert len(slug(name, name)) <= 80


@settings(max_examples=30)
@given(data=st.data())
def test_tables_are_written_as_the_standard_library_writes_their_records(
    public: Policy, data: st.DataObject
) -> None:
    """The writers go by columns, which is faster: JSON and tidy CSV say the same, cell by cell."""
    rows = data.draw(st.integers(0, 4))
    words = st.lists(st.one_of(st.none(), NAMES), min_size=rows, max_size=rows)
    figures = st.lists(st.floats(width=32), min_size=rows, max_size=rows)
    hidden = np.array(data.draw(st.lists(st.booleans(), min_size=rows, max_size=rows)), dtype=bool)
    values = np.where(hidden, np.nan, np.array(data.draw(figures)))
    decimals = data.draw(st.sampled_from([-1, 0, 2, 6]))
    table = Table(
        "t",
        {
            "name": Labels(tuple(data.draw(words))),
            "100 %s": Protected(values, hidden, decimals),
            "size": Facts(np.array(data.draw(figures)), decimals),
        },
    )
    found = release(public, {"t": table, "none": Table("none", {"size": Facts(np.empty(0))})})
    text = writers.json_text(found)
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n"
    assert json.loads(text)["t"] == list(table.records())
    assert [shown == "c" for shown in table.cells("100 %s")] == hidden.tolist()
    for record, exact in zip(table.records(), table.columns["size"].values, strict=True):
        size = record["size"]
        if np.isfinite(exact):
            assert size == (exact if decimals < 0 else round(float(exact), decimals))
            assert isinstance(size, int) == float(size).is_integer()
        else:
            assert size is None
    tidy = list(csv.DictReader(io.StringIO(writers.tidy_text(found))))
    assert [(row["measure"], row["value"]) for row in tidy] == [
        (name, "" if record[name] is None else str(record[name]))
        for record in table.records()
        for name in ("100 %s", "size")
    ]


@pytest.mark.parametrize("kind", ["csv", "tidy", "json"])
def test_half_a_character_does_not_stop_a_file(public: Policy, kind: str) -> None:
    for content in formats.files(named(public, "a\ud800"), About("profile", "T"), [kind]).values():
        assert "a?" in content.decode("utf-8")


@pytest.mark.parametrize("name", ["\r", "a\rb", "a\r\nb", "=\r1"])
def test_a_return_in_a_name_ends_no_row(public: Policy, name: str) -> None:
    for kind in ("csv", "tidy"):
        for content in formats.files(named(public, name), About("profile", "T"), [kind]).values():
            rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
            assert len({len(row) for row in rows}) == 1
            assert any("\n" in cell for row in rows for cell in row)
