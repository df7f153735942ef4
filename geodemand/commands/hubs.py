"""geodemand hubs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geodemand.commands import narrate, options, outcome

if TYPE_CHECKING:
    from rich.console import Console

    from geodemand.core.disclosure import Release, Value

MOST_SHOWN = 15
FIXED = {"a", "b", "unit_a", "unit_b", "kind", "pieces", "hectares", "width_m"}


@click.command(
    "hubs",
    epilog="Example: geodemand hubs --areas hubs=hubs.gpkg --areas health=health.geojson "
    "--relation hubs,health,same --postcodes ONSPD.csv --clients CYP=cyp.csv",
)
@options.inputs
@click.option(
    "--relation",
    "relations",
    multiple=True,
    metavar="A,B,same|nests",
    help="Asked of a pair (A,B,nests: A nests in B). Repeatable. Default: every pair, same.",
)
@click.option(
    "--tolerance", type=click.FloatRange(0, 1), help="Share that may be misplaced. Default 0.01."
)
@click.option(
    "--width",
    "width_m",
    type=click.FloatRange(0),
    metavar="METRES",
    help="A piece nowhere wider than this is a sliver. Default 20.",
)
@click.option("-o", "--out", type=options.PATH, help="Folder for files; - is standard output.")
@click.option(
    "--format", "formats", multiple=True, type=click.Choice(["csv", "json"]), help="Repeatable."
)
@options.JSON
@options.OVERWRITE
def command(**given: Any) -> None:  # noqa: ANN401 - what click parsed
    """Do boundaries agree, and for how many clients do they not.

    For each pair of geographies: how much lies off the partner by area, postcodes and clients, both
    ways; the verdict; and the real mismatches apart from slivers of drawing.
    """
    from geodemand import api
    from geodemand.core.coterminosity import Limits

    project = options.project_from(given)
    limits = Limits(
        project.hubs.tolerance if given["tolerance"] is None else given["tolerance"],
        project.hubs.width_m if given["width_m"] is None else given["width_m"],
    )
    asked = [api.parse_relation(text) for text in given["relations"]]
    with narrate.narration(quiet=given["quiet"], verbose=given["verbose"]) as tell:
        release = api.hubs(project, asked, limits, tell)
    out: Path | None = given["out"]
    if given["as_json"]:
        outcome.write_tables(release, "hubs", Path("-"), ("json",), overwrite=False)
    elif str(out) != outcome.STANDARD_OUTPUT:
        show(release, limits.tolerance)
    files = outcome.write_tables(
        release, "hubs", out, given["formats"], overwrite=given["overwrite"]
    )
    outcome.say_written(files, quiet=given["quiet"])


def show(release: Release, tolerance: float) -> None:
    """Print verdicts first, then the figures of each pair, then the real mismatches."""
    from geodemand.commands import tables

    out = tables.console()
    for sentence in release.sentences:
        out.print(sentence)
    out.print()
    pairs = list(release.tables["pairs"].records())
    _show_pairs(out, pairs, tolerance)
    _show_mismatches(out, list(release.tables["mismatches"].records()))
    tables.ledger(out, release)
    out.print(tables.policy_line(release))


def _show_pairs(out: Console, records: list[dict[str, Value]], tolerance: float) -> None:
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    rows = []
    previous: tuple[Value, Value] | None = None
    for record in records:
        pair = (record["a"], record["b"])
        weight = str(record["weight"])
        rows.append(
            [
                f"{record['a']} in {record['b']}" if pair != previous else "",
                f"{weight} (ha)" if weight == "area" else weight,
                tables.number(record["total"]),
                tables.number(record["misplaced"]),
                tables.percent(record["misplaced_share"], 1),
                f"{tables.number(record['nested_units'])} of {tables.number(record['units'])}",
            ]
        )
        previous = pair
    headings = [
        Heading("Areas", figures=False),
        Heading("counted by", figures=False),
        Heading("in all"),
        Heading("off partner"),
        Heading("share"),
        Heading(f"whole within {100 * tolerance:g} %"),
    ]
    tables.show(out, "What lies off each area's main partner", headings, rows)


def _show_mismatches(out: Console, records: list[dict[str, Value]]) -> None:
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    real = [record for record in records if record["kind"] == "real"]
    counted = [name for name in (records[0] if records else {}) if name not in FIXED]
    rows = [
        [
            f"{record['a']}: {record['unit_a']}",
            f"{record['b']}: {record['unit_b']}",
            tables.number(record["hectares"]),
            tables.number(record["width_m"]),
            *(tables.number(record[name]) for name in counted),
        ]
        for record in real[:MOST_SHOWN]
    ]
    if rows:
        headings = [Heading("Lies in", figures=False), Heading("and in", figures=False)]
        headings += [Heading("ha"), Heading("width m"), *(Heading(name) for name in counted)]
        tables.show(out, "Real mismatches", headings, rows)
    if len(real) > MOST_SHOWN:
        out.print(f"{len(real) - MOST_SHOWN} more real mismatches: --format csv lists them all.")
    slivers = [record for record in records if record["kind"] == "sliver"]
    peopled = [record for record in records if record["kind"] == "sliver with clients"]
    out.print(
        f"{len(real)} real mismatches; slivers of drawing: {_pieces(slivers)} without clients, "
        f"{_pieces(peopled)} with clients."
    )
    out.print()


def _pieces(records: list[dict[str, Value]]) -> str:
    total = sum(pieces for r in records if isinstance(pieces := r["pieces"], int | float))
    return f"{total:,.0f}"
