"""geodemand postcodes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geodemand.commands import narrate, options, outcome

if TYPE_CHECKING:
    from geodemand.io.directory_build import Built, Group

DEFAULT_FILE = Path("outputs") / "directory.parquet"
IRISH, ISLANDS = "Northern Ireland", ("Channel Islands", "Isle of Man")


@click.command(
    "postcodes",
    epilog="Example: geodemand postcodes ONSPD_MAY_2025_UK.zip --area IP -o ipswich.parquet",
)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=options.PATH)
@click.option(
    "-o",
    "--out",
    type=options.PATH,
    default=DEFAULT_FILE,
    help="Parquet file to write. Default: outputs/directory.parquet.",
)
@click.option("--area", "areas", multiple=True, metavar="IP", help="Postcode area. Repeatable.")
@click.option(
    "--district",
    "districts",
    multiple=True,
    metavar="CODE",
    help="District, by its code in the directory: E07000202. Repeatable.",
)
@click.option("--within", metavar="FILE[:LAYER]", help="Polygons that bound the postcodes.")
@click.option(
    "--keep", multiple=True, metavar="COLUMN", help="Another column of the source. Repeatable."
)
@options.OVERWRITE
@options.JSON
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but the result and errors.")
@click.option("-v", "--verbose", is_flag=True, help="Say what is read and what is not kept.")
def command(**given: Any) -> None:  # noqa: ANN401 - what click parsed
    """Build a postcode directory from ONSPD, NSPL, Code-Point Open or any table.

    SOURCE is a zip as downloaded, its folder, or a file: CSV, Parquet, GeoPackage. The result has
    the same columns whatever the edition, and is read by --postcodes FILE. Terminated postcodes are
    kept with their date; those without a location are kept and never placed. Areas, districts and
    polygons each narrow it further.
    """
    from geodemand.io import directory_build

    limits = directory_build.Limits(
        given["areas"], given["districts"], *_file_and_layer(given["within"])
    )
    with narrate.narration(quiet=given["quiet"], verbose=given["verbose"]) as tell:
        built = directory_build.build(
            given["sources"],
            given["out"],
            limits,
            keep=given["keep"],
            overwrite=given["overwrite"],
            progress=tell,
        )
    if given["as_json"]:
        click.echo(json.dumps(asdict(built) | {"file": str(built.file)}, indent=1))
    else:
        show(built, within=limits.within is not None)
    if given["verbose"] and built.unused:
        click.echo(f"Not kept: {', '.join(built.unused)}", err=True)
    outcome.say_written([built.file], quiet=given["quiet"])


def show(built: Built, *, within: bool) -> None:
    """Print what a directory holds, by country, and what to know of it."""
    from geodemand.commands import tables

    out = tables.console()
    headings = [tables.Heading("Country", figures=False)]
    headings += [
        tables.Heading(words) for words in ("postcodes", "live", "terminated", "without a location")
    ]
    several = len(built.countries) > 1
    shown = [*built.countries, *([built.total] if several else [])]
    rows = [
        [
            group.name,
            *(
                f"{count:,}"
                for count in (group.postcodes, group.live, group.terminated, group.unplaced)
            ),
        ]
        for group in shown
    ]
    vintage = "; ".join(built.vintages) or "vintage not stated"
    tables.show(out, f"Postcode directory: {vintage}", headings, rows)
    for sentence in sentences(built, within=within):
        out.print(sentence)


def sentences(built: Built, *, within: bool) -> Iterator[str]:
    """Yield what to know of a built directory."""
    if built.total.unplaced:
        yield "Postcodes without a location are kept and never placed."
    yield from _of_countries(built.countries)
    if within:
        yield "A postcode without a location lies in no polygon: none was taken."
    if "terminated" not in built.columns:
        yield "The sources have no termination dates: every postcode counts as live."
    if len(built.vintages) > 1:
        yield "Several editions: a postcode that is live in one of them counts as live."
    if built.duplicates:
        yield (
            f"{built.duplicates:,} rows of postcodes that stand twice were dropped: "
            "a live row stays, then the one that ended last."
        )
    if built.blank:
        yield f"{built.blank:,} rows without a postcode were left out."
    if built.stray:
        yield f"{built.stray:,} positions off the map were taken for none."
    if "imd_rank" in built.columns:
        yield "imd_rank is a rank within its country (1 is most deprived), not a decile."
    yield f"Columns: {', '.join(built.columns)}."


def _of_countries(countries: tuple[Group, ...]) -> Iterator[str]:
    for group in countries:
        placed = group.postcodes - group.unplaced
        if group.name == IRISH:
            yield (
                f"{IRISH}: {placed:,} placed by latitude and longitude, {group.unplaced:,} without "
                "a location; grid references on the Irish grid are not used."
            )
        if group.name in ISLANDS and not placed:
            yield f"{group.name}: the sources give no location."


def _file_and_layer(text: str | None) -> tuple[Path | None, str]:
    """Return file and layer of FILE[:LAYER]; a colon within a path names no layer."""
    if not text:
        return None, ""
    file, _, layer = text.rpartition(":")
    if not Path(text).exists() and Path(file).is_file():
        return Path(file), layer
    return Path(text), ""
