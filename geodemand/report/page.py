"""A report as one HTML file: findings first, charts with their tables, nothing loaded or run.

Every value from data goes through the template's escaping; a chart's SVG has escaped its own. The
page has no script, and its content security policy allows none and no address.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from geodemand.core.disclosure import Release, Table
from geodemand.report import charts, prose, tabulated, words
from geodemand.report.about import About
from geodemand.report.charts.sheet import Footer
from geodemand.report.kinds import TEXT
from geodemand.report.plain import plain, slug
from geodemand.report.tabulated import Sheet
from geodemand.report.words import Column

# The style is the page's own, and the attributes within its charts.
CONTENT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)


# So many findings stand open; the others are one click away.
MOST_FOUND = 10


@dataclass(frozen=True)
class Picture:
    """A chart within the page, and what it shows in words."""

    part: str
    title: str
    description: str
    svg: Markup


@dataclass(frozen=True)
class Block:
    """One table of a section with the charts that show it."""

    charts: tuple[Picture, ...]
    sheet: Sheet


@dataclass(frozen=True)
class Section:
    """One table of the release: in words, drawn, and row by row."""

    id: str
    title: str
    about: str
    blocks: tuple[Block, ...]


def page(release: Release, about: About) -> str:
    """Return the report of a release as one HTML file that contacts nobody."""
    tables = words.tables(release)
    drawn: dict[str, list[Picture]] = {}
    # Source, date and rules stand once on the page; a chart that is copied keeps its marking.
    footer = Footer(about.markings(release.policy.marking), "")
    for chart in charts.charts(release):
        # What charts.svg returns is markup of ours in which every text is escaped.
        svg = Markup(charts.svg(chart.named(f"chart-{chart.name}"), footer))  # noqa: S704
        picture = Picture(chart.part, chart.title, chart.description, svg)
        drawn.setdefault(chart.table, []).append(picture)
    template = environment().get_template("page.html")
    return template.render(
        about=about,
        content_policy=CONTENT_POLICY,
        style=Markup(own("page.css")),  # noqa: S704 - a file of ours
        markings=about.markings(release.policy.marking),
        sentences=release.sentences[:MOST_FOUND],
        more=release.sentences[MOST_FOUND:],
        sections=[_section(table, drawn.get(table.name, [])) for table in tables],
        statements=prose.statements(release, about),
        glossary=_glossary(tables),
    )


def _section(table: Table, drawn: list[Picture]) -> Section:
    """Return a table's section: each chart before the part of the table that it shows."""
    about = words.of_table(table.name)
    sheets = tabulated.sheets(table)
    parts = [sheet.part for sheet in sheets]
    places = [parts.index(each.part) if each.part in parts else 0 for each in drawn]
    blocks = tuple(
        Block(tuple(each for each, at in zip(drawn, places, strict=True) if at == place), sheet)
        for place, sheet in enumerate(sheets)
    )
    return Section(slug("table", table.name), about.title, about.about, blocks)


def _glossary(tables: list[Table]) -> list[Column]:
    """Return the columns of figures that the page shows, each title once."""
    found: dict[str, Column] = {}
    for table in tables:
        about = words.of_table(table.name)
        for column in words.columns(table):
            shown = column.name in (about.shown or table.columns) and not about.turn
            if shown and (column.kind != TEXT or column.name in {"flag", "base", "rule"}):
                found.setdefault(column.title, column)
    return list(found.values())


def environment(*, escaped: bool = True) -> Environment:
    """Return how templates of this package are filled in."""
    return Environment(
        loader=FunctionLoader(own),
        autoescape=escaped,  # noqa: S701 - off for Markdown alone
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_clean,
    )


def _clean(value: Any) -> Any:  # noqa: ANN401 - what a template holds is of any type
    """Return texts without control characters, which a page cannot hold; "5 %" stays together."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return plain(value).replace(" %", "\u00a0%")


def own(name: str) -> str:
    """Return a file of this package as text."""
    return resources.files("geodemand.report").joinpath("assets", name).read_text("utf-8")
