"""geodemand audit."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geodemand.commands import narrate, options
from geodemand.errors import ContentError, DisclosureError, Fault

if TYPE_CHECKING:
    from geodemand.core.undone import Recovered, Undone

MOST_SHOWN = 40


@click.command(
    "audit",
    epilog="Example: geodemand audit by-locality.csv by-type.xlsx --threshold 4",
)
@click.argument("files", type=options.PATH, nargs=-1, required=True, metavar="FILES...")
@click.option(
    "--policy",
    default="public",
    show_default=True,
    metavar="NAME|FILE",
    help="Which counts are hidden, and how others are rounded.",
)
@click.option(
    "--threshold", type=click.IntRange(1), help="Counts of 1 up to it are hidden, if not by policy."
)
@click.option("--base", type=click.IntRange(1), help="Others are rounded to it; 1: exact.")
@click.option(
    "--secondary", is_flag=True, help="Larger counts are hidden too, to protect the small ones."
)
@click.option("--labels", metavar="COLUMNS", help="Columns that name the rows, if not found.")
@click.option("--figures", metavar="COLUMNS", help="Columns of counts, if not found.")
@click.option(
    "--total", "totals", multiple=True, metavar="LABEL", help="A row or column that is a total."
)
@click.option("--no-search", is_flag=True, help="Take for totals only what --total names.")
@options.JSON
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but the result and errors.")
def command(**given: Any) -> None:  # noqa: ANN401 - what click parsed
    """Tell what published tables give away of the counts that they hide.

    FILES are CSV or workbooks, made by anybody, with hidden counts as c, [c], *, .., <5 or 1-4.
    Tables that break down the same column are audited together. Leaves with exit code 15 where a
    hidden count can be worked out.
    """
    from geodemand.core import tabled, undone
    from geodemand.io import definitions, published_tables

    policy = definitions.policy(given["policy"])
    rules = tabled.Rules(
        given["threshold"] or policy.threshold,
        given["base"] or policy.base,
        larger=given["secondary"],
    )
    asked = published_tables.Asked(
        rules,
        options.words(given["labels"]),
        options.words(given["figures"]),
        given["totals"],
        not given["no_search"],
    )
    with narrate.narration(quiet=given["quiet"], verbose=False) as tell:
        tables = [table for path in given["files"] for table in published_tables.read(path, asked)]
        tell("attacking")
        try:
            found = undone.audit(tables, rules)
        except undone.NotAddingUpError as error:
            raise _not_adding_up(given["files"]) from error
    if given["as_json"]:
        read = [{"table": t.name, "said": list(t.said)} for t in tables]
        click.echo(json.dumps(asdict(found) | {"tables": read}, ensure_ascii=False, indent=1))
    else:
        show(found, [(table.name, table.said) for table in tables])
    if found.recovered:
        raise DisclosureError(_refusal(found))


def show(found: Undone, read: list[tuple[str, tuple[str, ...]]]) -> None:
    """Print the answer, each cell that can be worked out, what to do, and how it was read."""
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    out = tables.console()
    tables.say(out, [headline(found)])
    out.print()
    if found.recovered:
        rows = [
            (each.table, each.row, each.column, each.shown, values(each), each.how)
            for each in found.recovered[:MOST_SHOWN]
        ]
        words = ("table", "row", "column", "shown", "is", "because")
        headings = [Heading(word, figures=word == "is") for word in words]
        tables.show(out, "Hidden counts that can be worked out", headings, rows)
        if len(found.recovered) > MOST_SHOWN:
            out.print(f"{len(found.recovered) - MOST_SHOWN} more: --json lists them all.")
            out.print()
        out.print("What to do")
        tables.say(out, advice(found))
        out.print()
    out.print("How the tables were read")
    said = [f"{name}: {words}." for name, each in read for words in each]
    tables.say(out, [*said, *found.said] or ["No totals were found: --total names one."])


def headline(found: Undone) -> str:
    """Return the answer in a sentence."""
    if not found.hidden:
        return f"No count is hidden among {found.cells:,} figures, so there is nothing to work out."
    if not found.recovered:
        return (
            f"None of {found.hidden:,} hidden counts can be worked out: each keeps at least three "
            "possible values."
        )
    exactly = sum(each.low == each.high for each in found.recovered)
    return (
        f"{len(found.recovered):,} of {found.hidden:,} hidden counts can be worked out, "
        f"{exactly:,} of them exactly."
    )


def values(each: Recovered) -> str:
    """Return what a hidden count can be."""
    return str(each.low) if each.low == each.high else f"{each.low} or {each.high}"


def advice(found: Undone) -> list[str]:
    """Return what would keep the hidden counts hidden."""
    several = len({each[0] for each in found.hide}) > 1
    named = [
        f"{f'{table}: ' if several else ''}{row} / {column} ({shown})"
        for table, row, column, shown in found.hide
    ]
    said = [f"Hide as well: {'; '.join(named)}."] if named else []
    if found.round_to:
        base = found.round_to
        said.append(f"Or hide the same and round all others, totals too, to the nearest {base}.")
    return said or [
        "Leave out the totals, shares and averages, or publish fewer of these tables together."
    ]


def _not_adding_up(files: list[Path]) -> ContentError:
    where = ", ".join(map(str, files))
    mend = (
        "Are they of the same people and date? State the rules with --threshold and --base, and "
        "the totals with --no-search and --total; or audit the files one by one."
    )
    return ContentError(Fault(where, "no counts fit all that the tables say.", mend))


def _refusal(found: Undone) -> Fault:
    what = f"{len(found.recovered)} hidden counts can be worked out from what is published."
    return Fault("", what, "See what to hide or round.")
