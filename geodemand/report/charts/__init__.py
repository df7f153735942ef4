"""Charts of a release: which there are, and their files.

A chart takes a sealed `Release` and nothing else about people, so under a policy that protects it
can show protected figures only. A kind of chart is one row of `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from geodemand.core.disclosure import Release, Table
from geodemand.report import words
from geodemand.report.about import About
from geodemand.report.charts import curve, funnel, index_bars, meeting
from geodemand.report.charts.sheet import Chart, Footer, png, svg

__all__ = ["Chart", "charts", "footer_of", "png", "svg"]

# By the table that a chart is drawn from.
KINDS: dict[str, Callable[[Table], Iterator[Chart]]] = {
    "profile": index_bars.charts,
    "copresence": meeting.charts,
    "combinations": meeting.charts,
    "concentration": curve.charts,
    "by_place": funnel.charts,
}


def charts(release: Release) -> list[Chart]:
    """Return all charts of a release, in the order of its tables; none has the name of another."""
    found: dict[str, Chart] = {}
    for table in words.tables(release):
        for chart in KINDS[table.name](table) if table.name in KINDS else ():
            found.setdefault(_free(chart.name, found), chart)
    return [chart.named(name) for name, chart in found.items()]


def footer_of(release: Release, about: About) -> Footer:
    """Return what stands on every chart: marking, source, date and rules."""
    policy = release.policy
    return Footer(markings=about.markings(policy.marking), words=about.said(policy))


def _free(name: str, taken: dict[str, Chart]) -> str:
    number, free = 2, name
    while free in taken:
        number, free = number + 1, f"{name}-{number}"
    return free
