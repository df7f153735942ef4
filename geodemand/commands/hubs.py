"""geodemand hubs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from geodemand.commands import hubs_changes as changes
from geodemand.commands import hubs_deeper as deeper
from geodemand.commands import narrate, options, outcome

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from geodemand.core.disclosure import Release, Value

MOST_SHOWN = 15
AREA = "area"
# Of what is not nothing and would be rounded to it.
LEAST_SHARE = "<0.1 %"
SHOWN = {**deeper.SHOWN, **changes.SHOWN}
FIXED = {"a", "b", "unit_a", "unit_b", "kind", "near", "pieces", "hectares", "width_m"}
# Of what mismatches are counted by, in files only: a line has no room for all.
UNPRINTED = {"households", "residents"}


@click.command(
    "hubs",
    epilog="Example: geodemand hubs --areas hubs=hubs.gpkg --areas health=health.geojson "
    "--relation hubs,health,same --postcodes ONSPD.csv --clients CYP=cyp.csv",
)
@options.inputs
@click.option(
    "--sites", multiple=True, metavar="NAME=FILE", help="Points: hubs, services. Repeatable."
)
@click.option(
    "--relation",
    "relations",
    multiple=True,
    metavar="A,B,same|nests|inside",
    help="Asked of a pair (A,B,nests: A nests in B; A,B,inside: sites A lie in the areas of B that "
    "they serve). Repeatable. Default: every pair, same.",
)
@click.option(
    "--on",
    "day",
    metavar="DAY",
    help="The day on which boundaries with dates are asked about: 2026-04-01.",
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
@click.option(
    "--show",
    "shown",
    multiple=True,
    type=click.Choice(sorted(SHOWN)),
    help="Tell more: units (each area's partner and where the rest is), measures (single numbers "
    "for how alike boundaries are), widths (which width tells slivers from real pieces), "
    "within (what is odd in each geography: pieces, holes, overlaps, gaps), "
    "sites (each site by each list), changes (what changes when, where boundaries have dates), "
    "moves (who changes team if the second of a pair replaces the first). Repeatable.",
)
@click.option(
    "--moved-clients",
    type=options.PATH,
    metavar="FILE",
    help="CSV of the clients who change team if the second of a pair replaces the first, by id, "
    "for case systems: personal data, needs --policy internal.",
)
@click.option(
    "--swap",
    metavar="BLOCKS",
    default="",
    help="A geography of small areas, such as LSOAs: the shortest list of them to swap so that a "
    "pair is as asked, and with --out the new boundaries as GeoJSON.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["relation", "mismatch"]),
    help="Leave with exit code 14, results written, if a relation does not hold, or even a "
    "mismatch (a real one, or a sliver with clients) is found.",
)
@click.option(
    "--map",
    "map_file",
    type=options.PATH,
    metavar="FILE",
    help="Also draw one HTML map on which each mismatch can be stepped through.",
)
@options.RELEASE
@click.option("-o", "--out", type=options.PATH, help="Folder for files; - is standard output.")
@options.formats("csv", "tidy", "json", "xlsx", "html", *options.SPATIAL)
@options.JSON
@options.OVERWRITE
def command(**given: Any) -> None:  # noqa: ANN401 - what click parsed
    """Do boundaries agree, and for how many clients do they not.

    For each pair of geographies: how much lies off the partner by area, postcodes and clients, both
    ways; the verdict; and the real mismatches apart from slivers of drawing.
    """
    from geodemand.api import hubs as api
    from geodemand.api.shared import policy_of
    from geodemand.core.coterminosity import Limits
    from geodemand.io import writers

    project = options.project_from(given)
    if given["day"]:
        project = replace(project, on=given["day"])
    limits = Limits(
        project.hubs.tolerance if given["tolerance"] is None else given["tolerance"],
        project.hubs.width_m if given["width_m"] is None else given["width_m"],
    )
    asked = [api.parse_relation(text) for text in given["relations"]]
    moved: Path | None = given["moved_clients"]
    outcome.check_rows_file(moved, "moved.csv", policy_of(project))
    with narrate.narration(quiet=given["quiet"], verbose=given["verbose"]) as tell:
        question = api.Question(tuple(asked), limits, tuple(given["shown"]), given["swap"])
        release, inquiry = api.answered(project, question, tell)
        pages = {}
        if moved is not None:
            tell("clients who move")
            pages[moved] = writers.clients_text(api.moved_clients(inquiry)).encode()
        if given["map_file"]:
            from geodemand.api.hubs_map import page  # folium is slow to import

            tell("map")
            pages[given["map_file"]] = page(release, inquiry).encode()
    outcome.deliver(
        release,
        project,
        "hubs",
        given,
        lambda found: show(found, limits.tolerance, given["shown"]),
        pages,
    )
    deeper.fail_on(release, given["fail_on"], limits.tolerance)


def show(release: Release, tolerance: float, more: Sequence[str] = ()) -> None:
    """Print verdicts first, then the figures of each pair, then the real mismatches."""
    from geodemand.commands import tables
    from geodemand.core.agreement import asked_pairs

    out = tables.console()
    tables.say(out, release.sentences)
    out.print()
    deeper.show_overview(out, release)
    rows = list(release.tables["pairs"].records())
    pieces = list(release.tables["mismatches"].records())
    for a, b in asked_pairs(rows):
        pair = [row for row in rows if {row["a"], row["b"]} == {a, b}]
        _show_pair(out, a, b, pair, tolerance)
        _show_land(out, a, b, release)
        drawn = any(row["weight"] == AREA for row in pair)
        own = [piece for piece in pieces if (piece["a"], piece["b"]) == (a, b)]
        _show_mismatches(out, a, b, own, drawn=drawn)
    changes.show_swaps(out, release)
    if "sites" not in more:
        changes.show_sites(out, release, short=True)
    for name in dict.fromkeys(more):
        SHOWN[name](out, release)
    tables.ledger(out, release)
    out.print(tables.policy_line(release))


def _show_pair(
    out: Console, a: str, b: str, rows: Sequence[Mapping[str, Value]], tolerance: float
) -> None:
    """Print one pair: for each weight what lies off the partner, both ways side by side."""
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    forth = {str(row["weight"]): row for row in rows if row["a"] == a}
    back = {str(row["weight"]): row for row in rows if row["a"] == b}
    lines = [
        [
            f"{weight}, ha" if weight == AREA else weight,
            tables.number(forth[weight]["total"]),
            *_off(forth[weight]),
            *_off(back[weight]),
        ]
        for weight in forth
    ]
    headings = [Heading("Counted by", figures=False), Heading("in all")]
    for name in (a, b):
        headings += [Heading(f"{name}: off"), Heading("share"), Heading("whole")]
    title = f"{a} and {b}: off the main partner; whole = at most {100 * tolerance:g} % off"
    tables.show(out, title, headings, lines)


def _show_land(out: Console, a: str, b: str, release: Release) -> None:
    """Say how much land there is in both, in one only, and whether the pieces add up."""
    from geodemand.commands import tables

    for row in release.tables["land"].records():
        if (row["a"], row["b"]) == (a, b):
            land, both, one, other = (
                tables.number(row[name]) for name in ("land_a", "both", "only_a", "only_b")
            )
            lost = f"{row['residual']:.0e} of it" if row["residual"] else "none"
            several = f", {tables.number(row['several'])} in several" if row["several"] else ""
            out.print(
                f"Land, ha: {land} in {a}, {tables.number(row['land_b'])} in {b}; {both} in both, "
                f"{one} in {a} only, {other} in {b} only{several}; lost: "
                f"{lost}."
            )


def _off(row: Mapping[str, Value]) -> list[str]:
    from geodemand.commands import tables

    few = row["misplaced_share"] == 0 and row["misplaced"] != 0
    return [
        tables.number(row["misplaced"]),
        LEAST_SHARE if few else tables.percent_as_given(row["misplaced_share"]),
        f"{tables.number(row['nested_units'])} of {tables.number(row['units'])}",
    ]


def _show_mismatches(
    out: Console, a: str, b: str, records: Sequence[Mapping[str, Value]], *, drawn: bool
) -> None:
    """Print the real mismatches of one pair, most clients first, and how many slivers there are.

    Without polygons there are neither hectares nor widths, and nothing is a sliver of drawing.
    """
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    measured = {"hectares": "ha", "width_m": "width m"} if drawn else {}
    real = [record for record in records if record["kind"] == "real"]
    counted = [name for name in (records[0] if records else {}) if name not in FIXED | UNPRINTED]
    rows = [
        [
            str(record["unit_a"]),
            str(record["unit_b"]),
            *([str(record["near"])] if "near" in record else []),
            *(tables.number(record[name]) for name in (*measured, *counted)),
        ]
        for record in real[:MOST_SHOWN]
    ]
    if rows:
        named = [a, b, *(["near"] if "near" in real[0] else [])]
        headings = [Heading(word, figures=False) for word in named]
        headings += [Heading(word) for word in (*measured.values(), *counted)]
        tables.show(out, f"Real mismatches of {a} and {b}", headings, rows)
    if len(real) > MOST_SHOWN:
        out.print(f"{len(real) - MOST_SHOWN} more: --format csv lists them all.")
    slivers = [record for record in records if record["kind"] == "sliver"]
    peopled = [record for record in records if record["kind"] == "sliver with clients"]
    small = "slivers of drawing" if drawn else "within the tolerance"
    out.print(
        f"{len(real)} real mismatches; {small}: {_pieces(slivers)} without clients, "
        f"{_pieces(peopled)} with clients."
    )
    out.print()


def _pieces(records: Sequence[Mapping[str, Value]]) -> str:
    """Return how many pieces some rows stand for; without polygons a row is one."""
    total = sum(p if isinstance(p := r["pieces"], int | float) else 1 for r in records)
    return f"{total:,.0f}"
