"""geodemand profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from geodemand.commands import deeper, deeper_tables, narrate, options, outcome
from geodemand.report.kinds import NO_FIGURE

if TYPE_CHECKING:
    from rich.console import Console

    from geodemand.commands.tables import Heading
    from geodemand.core.disclosure import Release, Value


EXPECTED = 100
# The level of rows about a list as a whole.
WHOLE = "all"


@click.command(
    "profile",
    epilog="Example: geodemand profile --clients CYP=cyp.csv --postcodes ONSPD.csv --segments "
    'acorn.csv --scheme acorn-2009 --set "Hard Pressed=category:5"',
)
@options.inputs
@options.segments
@click.option(
    "--level",
    "levels",
    multiple=True,
    type=click.Choice(["category", "group", "type"]),
    help="Level of segments to show. Repeatable. Default: category.",
)
@click.option(
    "--base",
    "bases",
    multiple=True,
    metavar="NAME",
    help="What a share is of: postcodes, households, residents, a column of counts of the "
    "directory, or list:NAME for the people of a list. Repeatable: side by side.",
)
@click.option("--meet", metavar="LISTS", help="Lists asked to meet at a postcode: CYP,ACS,NEET.")
@deeper.asked
@options.REPAIR
@options.RELEASE
@click.option("-o", "--out", type=options.PATH, help="Folder for files; - is standard output.")
@options.formats("csv", "tidy", "json", "xlsx", "html", "svg", "png")
@options.JSON
@options.OVERWRITE
def command(**given: Any) -> None:  # noqa: ANN401 - what click parsed
    """Which kinds of neighbourhood clients come from, and is that more than expected.

    For each list and segment: clients, share, share of the base, index (100 = as expected) with
    its 95 % interval, and what became of every row.
    """
    from geodemand.api import profile as api

    project = options.project_from(given)
    chosen = deeper.profile_options(given)
    kept = deeper.check_save(given)
    with narrate.narration(quiet=given["quiet"], verbose=given["verbose"]) as tell:
        release = api.profile(project, chosen, tell)
    outcome.deliver(release, project, "profile", given, show)
    if kept:
        deeper.save(release, kept, given)


def show(release: Release) -> None:
    """Print the answer: sentences, the headline table, each level, where lists meet, the ledger."""
    from geodemand.commands import tables

    out = tables.console()
    tables.say(out, release.sentences)
    out.print()
    records = [r for r in release.tables["profile"].records() if r["level"] != WHOLE]
    headline(out, {release.policy.name: release})
    for level in dict.fromkeys(record["level"] for record in records):
        _show_level(out, str(level), [r for r in records if r["level"] == level])
    _show_copresence(out, list(release.tables["copresence"].records()))
    deeper_tables.show(out, release)
    tables.ledger(out, release)
    out.print(tables.policy_line(release))


def headline(out: Console, releases: Mapping[str, Release]) -> None:
    """Print the table of a county's report: named sets down, lists across.

    ``releases``: by what they are called where there are several, to be shown beside each other.
    """
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    rows: dict[str, list[list[str]]] = {}
    lists: list[str] = []
    for called, release in releases.items():
        records = list(release.tables["profile"].records())
        sets = [r for r in records if r["level"] == "set" and r["base"] == records[0]["base"]]
        lists = list(dict.fromkeys(str(record["list"]) for record in sets))
        met = {
            record["set"]: record["observed"]
            for record in release.tables["copresence"].records()
            if record["rule"] == "all"
        }
        for name in dict.fromkeys(str(record["name"]) for record in sets):
            own = {str(record["list"]): record for record in sets if record["name"] == name}
            cells = _headline_cells(own, lists)
            rows.setdefault(name, []).append([called, *cells, tables.number(met.get(name))])
    if not rows:
        return
    several = len(releases) > 1
    exact = next(iter(releases.values()))
    shown = [["All", *([""] if several else []), *_totals(exact, lists)]] + [
        [name if first else "", *(row if several else row[1:])]
        for name, group in rows.items()
        for first, row in zip((True, *(False,) * len(group)), group, strict=False)
    ]
    headings = [Heading("Set", figures=False)]
    headings += [Heading("figures", figures=False)] if several else []
    headings += [Heading("base"), Heading("share"), *(Heading(each) for each in lists)]
    tables.show(
        out,
        "Shares of clients, and how many there are in all",
        [*headings, Heading("postcodes where all meet")],
        shown,
    )


def _totals(release: Release, lists: Sequence[str]) -> list[str]:
    """Return what the shares are of: the size of the base, and the clients of each list."""
    from geodemand.commands import tables

    records = list(release.tables["profile"].records())
    totals = {str(record["list"]): record["total"] for record in records}
    whole = next(record for record in records if record["level"] == WHOLE)
    cells = [tables.number(whole["base_count"]), tables.percent(1.0)]
    met = release.tables["copresence"].cells("observed")
    return [*cells, *(tables.number(totals[each]) for each in lists), tables.number(met[0])]


def _headline_cells(own: Mapping[str, Mapping[str, Value]], lists: Sequence[str]) -> list[str]:
    from geodemand.commands import tables

    first = own[lists[0]]
    cells = [tables.number(first["base_count"]), tables.percent(first["base_share"], 1)]
    return cells + [tables.percent(own[each]["share"]) for each in lists]


def _show_level(out: Console, level: str, records: list[dict[str, Value]]) -> None:
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    by_base: dict[str, list[dict[str, Value]]] = {}
    for record in records:
        by_base.setdefault(str(record["base"]), []).append(record)
    bases = list(by_base)
    first = by_base.pop(bases[0])
    others = [{_key(record): record for record in each} for each in by_base.values()]
    rows = []
    previous = None
    for record in first:
        beside = [other.get(_key(record)) for other in others]
        rows.append(
            [
                str(record["list"]) if record["list"] != previous else "",
                deeper_tables.called(record),
                tables.number(record["clients"]),
                tables.percent(record["share"]),
                *_indices(record, beside),
                str(record["flag"] or ""),
            ]
        )
        previous = record["list"]
    headings = [
        Heading("List", figures=False),
        Heading(level.capitalize(), figures=False),
        Heading("clients"),
        Heading("share"),
        *_index_headings(bases),
        Heading("note", figures=False),
    ]
    title = "By named set" if level == "set" else f"By {level}"
    tables.show(
        out, f"{title}: index (95 % interval), 100 = as expected from the base", headings, rows
    )


def _key(record: Mapping[str, Value]) -> tuple[Value, Value]:
    return record["list"], record["segment"]


def _index_headings(bases: Sequence[str]) -> list[Heading]:
    from geodemand.commands.tables import Heading

    if len(bases) == 1:
        return [Heading(f"of {bases[0]}"), Heading("index (95 %)"), Heading("q if over")]
    return [Heading(f"index by {base}") for base in bases]


def _indices(
    record: Mapping[str, Value], beside: Sequence[Mapping[str, Value] | None]
) -> list[str]:
    """Return the index of a row: on one base with what it rests on, on several side by side."""
    from geodemand.commands import tables

    if not beside:
        share = tables.percent(record["base_share"], 1)
        return [share, _with_interval(record), _over(record)]
    return [_with_interval(each) if each else NO_FIGURE for each in (record, *beside)]


def _with_interval(record: Mapping[str, Value]) -> str:
    from geodemand.commands import tables

    return tables.with_interval(record["index"], record["index_low"], record["index_high"])


def _over(record: Mapping[str, Value]) -> str:
    """Return q where the index is over 100: it asks whether clients are more than expected."""
    from geodemand.commands import tables

    index = record["index"]
    over = not isinstance(index, int | float) or index > EXPECTED
    return tables.chance(record["q"]) if over else NO_FIGURE


def _show_copresence(out: Console, records: list[dict[str, Value]]) -> None:
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    if not records or " + " not in str(records[0]["lists"]):
        return
    rows = [
        [
            str(record["set"]) if record["rule"] == "all" else "",
            "all lists" if record["rule"] == "all" else "any list",
            tables.number(record["observed"]),
            tables.number(record["expected"]),
            tables.chance(record["p"]),
        ]
        for record in records
    ]
    headings = [
        Heading("Set", figures=False),
        Heading("has a client of", figures=False),
        Heading("postcodes"),
        Heading("if independent"),
        Heading("p"),
    ]
    tables.show(out, f"Where {records[0]['lists']} meet", headings, rows)
