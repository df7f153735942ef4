"""geodemand check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from geodemand.commands import narrate, options, outcome

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from geodemand.core.disclosure import Release, Value


MOST_SHOWN = 15
HECTARE = 1
# Columns of the overlaps and gaps before those that count postcodes and clients.
FIXED = {"geography", "fault", "areas", "hectares", "width_m"}
EPILOG = (
    "Example: geodemand check, in the folder of a geodemand.toml; geodemand check --unmatched "
    'mend.csv --policy internal --reason "to mend the lists"'
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
@options.RELEASE
@click.option("-o", "--out", type=options.PATH, help="Folder for files; - is standard output.")
@options.formats("csv", "tidy", "json", "xlsx", "html")
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
    from geodemand.api import check as api
    from geodemand.api.shared import policy_of
    from geodemand.io import writers

    target: Path | None = given["unmatched"]
    project = options.project_from(given)
    outcome.check_rows_file(target, "unmatched.csv", policy_of(project))
    with narrate.narration(quiet=given["quiet"], verbose=given["verbose"]) as tell:
        chosen = api.CheckOptions(given["edge_m"], given["repair"])
        if target is None:
            release, more = api.check(project, chosen, tell), {}
        else:
            release, rows = api.check_rows(project, chosen, tell)
            more = {target: writers.clients_text(rows).encode()}
    outcome.deliver(release, project, "check", given, show, more)


def show(release: Release) -> None:
    """Print the verdict first, then the ledger, coverage, borders and notes."""
    from geodemand.commands import tables

    out = tables.console()
    tables.say(out, release.sentences)
    out.print()
    tables.ledger(out, release, at_length=True)
    _show_coverage(out, release)
    _show_borders(out, release)
    _show_faults(out, release)
    _show_notes(out, release)
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
        if record["list"] is not None:
            row.append(tables.number(record["clients_without"]))
    lacking = [row for row in rows.values() if set(row[1:]) != {"0"}]
    if lacking:
        headings = [Heading("has no", figures=False), Heading("postcodes")]
        headings += [Heading(name) for name in _lists(records)]
        tables.show(out, "Placed, but without a segment or an area", headings, lacking)
    full = [what for what, row in rows.items() if row not in lacking]
    if full:
        out.print(f"Every postcode and client that is placed has: {', '.join(full)}.")
        out.print()


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
        some = share == 0 and record["near"] != 0  # rounded to whole per cents
        percent = "<1 %" if some else tables.percent(share)
        row.append(near if isinstance(share, str) else f"{near} ({percent})")
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

    records = list(release.tables["faults"].records())
    counted = [name for name in (records[0] if records else {}) if name not in FIXED]
    large = [record for record in records if _matters(record, counted)]
    # A column of zeros for each list would leave no room for the names of areas.
    empty = [name for name in counted[1:] if all(record[name] == 0 for record in large)]
    counted = [name for name in counted if name not in empty]
    rows = [
        [
            *(str(record[name]) for name in ("geography", "fault", "areas")),
            tables.number(record["hectares"], 1),
            *(tables.number(record[name]) for name in ("width_m", *counted)),
        ]
        for record in large[:MOST_SHOWN]
    ]
    if rows:
        headings = [Heading(word, figures=False) for word in ("geography", "fault", "areas")]
        headings += [Heading(word) for word in ("ha", "width m", *counted)]
        tables.show(out, "Overlaps and gaps within a geography", headings, rows)
    if rows and empty:
        out.print(f"No client of {', '.join(empty)} is in one of these.")
        out.print()
    more, small = len(records) - len(rows), len(records) - len(large)
    if more:
        less = f", {small} of them less than a hectare and without a postcode" if small else ""
        out.print(f"{more} more overlaps and gaps{less}: --format csv lists them all.")
        out.print()


def _matters(record: Mapping[str, Value], counted: Sequence[str]) -> bool:
    """Return whether an overlap or gap is large, or has postcodes or clients in it."""
    hectares = record["hectares"]
    large = isinstance(hectares, int | float) and hectares >= HECTARE
    return large or any(record[name] != 0 for name in counted)


def _show_notes(out: Console, release: Release) -> None:
    """Print what was mended or passed over; what holds for several files once, with all names."""
    from geodemand.commands import tables

    names: dict[str, list[str]] = {}
    for line in release.tables["notes"].cells("note"):
        name, _, note = str(line).partition(": ")
        names.setdefault(note, []).append(name)
    if names:
        out.print("Mended, or left out on reading:")
        tables.say(out, (f"{', '.join(own)}: {note}" for note, own in names.items()))
        out.print()


def _lists(records: Sequence[Mapping[str, Value]]) -> list[str]:
    return list(dict.fromkeys(str(r["list"]) for r in records if r["list"] is not None))
