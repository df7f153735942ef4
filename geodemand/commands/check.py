"""geodemand check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from geodemand.commands import narrate, options, outcome
from geodemand.errors import Fault, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from geodemand.core.disclosure import Release, Value


MOST_SHOWN = 15
EPILOG = (
    "Example: geodemand check, in the folder of a geodemand.toml. For the rows to mend: geodemand "
    'check --unmatched mend.csv --policy internal --reason "to mend the lists"'
)


@click.command("check", epilog=EPILOG)
@options.inputs
@options.segments
@click.option(
    "--edge",
    "edge_m",
    type=click.FloatRange(0),
    default=50.0,
    show_default=True,
    metavar="METRES",
    help="How near to a border a client counts as doubtful.",
)
@options.REPAIR
@click.option("-o", "--out", type=options.PATH, help="Folder for files; - is standard output.")
@click.option(
    "--format", "formats", multiple=True, type=click.Choice(["csv", "json"]), help="Repeatable."
)
@click.option(
    "--unmatched",
    type=options.PATH,
    metavar="FILE",
    help="CSV of the rows that could not be placed: personal data, needs --policy internal.",
)
@options.JSON
@options.OVERWRITE
def command(**given: Any) -> None:  # noqa: ANN401 - what click parsed
    """Can everything be read, placed and covered: the work before the work.

    For every list what became of each row; how many postcodes and clients have no segment or no
    area; clients near a border; what was mended or left out on reading; and a verdict.
    """
    from geodemand import api
    from geodemand.io import writers

    target: Path | None = given["unmatched"]
    if target is not None and target.suffix.lower() != ".csv":
        raise UsageError(Fault(str(target), "is no CSV.", "Name it unmatched.csv, for example."))
    project = options.project_from(given)
    with narrate.narration(quiet=given["quiet"], verbose=given["verbose"]) as tell:
        chosen = api.CheckOptions(given["edge_m"], given["repair"])
        if target is None:
            release, more = api.check(project, chosen, tell), {}
        else:
            release, rows = api.check_rows(project, chosen, tell)
            more = {target: writers.clients_text(rows).encode()}
    outcome.deliver(release, "check", given, show, more)


def show(release: Release) -> None:
    """Print the verdict first, then the ledger, coverage, borders and notes."""
    from geodemand.commands import tables

    out = tables.console()
    for sentence in release.sentences:
        out.print(sentence)
    out.print()
    tables.ledger(out, release)
    _show_coverage(out, release)
    _show_borders(out, release)
    _show_faults(out, release)
    notes = release.tables["notes"].cells("note")
    if notes:
        out.print("Mended, or left out on reading:")
        for note in notes:
            out.print(f"- {note}")
        out.print()
    out.print(tables.policy_line(release))


def _show_coverage(out: Console, release: Release) -> None:
    """Print what lacks a segment or an area: things down, lists across."""
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    rows: dict[str, list[str]] = {}
    records = list(release.tables["coverage"].records())
    for record in records:
        row = rows.setdefault(
            str(record["what"]), [str(record["what"]), tables.number(record["postcodes_without"])]
        )
        row.append(tables.number(record["clients_without"]))
    if rows:
        headings = [Heading("has no", figures=False), Heading("postcodes")]
        headings += [Heading(name) for name in _lists(records)]
        tables.show(out, "Placed, but without a segment or an area", headings, [*rows.values()])


def _show_borders(out: Console, release: Release) -> None:
    """Print the clients near a border: geographies down, lists across."""
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    rows: dict[str, list[str]] = {}
    records = list(release.tables["borders"].records())
    for record in records:
        row = rows.setdefault(str(record["geography"]), [str(record["geography"])])
        share = record["share"]
        near = tables.number(record["near"])
        row.append(near if isinstance(share, str) else f"{near} ({tables.percent(share)})")
    if rows:
        metres = tables.number(records[0]["metres"])
        headings = [Heading("border of", figures=False)]
        headings += [Heading(name) for name in _lists(records)]
        title = f"Clients within {metres} m of a border, who may belong to its other side"
        tables.show(out, title, headings, [*rows.values()])


def _show_faults(out: Console, release: Release) -> None:
    """Print the overlaps and gaps within geographies, the largest of each first."""
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    rows = [
        [
            str(record["geography"]),
            str(record["fault"]),
            str(record["areas"]),
            tables.number(record["hectares"], 1),
            tables.number(record["width_m"]),
        ]
        for record in release.tables["faults"].records()
    ]
    if rows:
        headings = [Heading(word, figures=False) for word in ("geography", "fault", "areas")]
        headings += [Heading("ha"), Heading("width m")]
        tables.show(out, "Overlaps and gaps within a geography", headings, rows[:MOST_SHOWN])
    if len(rows) > MOST_SHOWN:
        out.print(f"{len(rows) - MOST_SHOWN} more: --format csv lists them all.")
        out.print()


def _lists(records: Sequence[Mapping[str, Value]]) -> list[str]:
    return list(dict.fromkeys(str(record["list"]) for record in records))
