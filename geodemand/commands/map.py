"""geodemand map."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from geodemand.commands import narrate, options, outcome
from geodemand.errors import Fault, UsageError

NAME = "map"
PAGE = "html"
FORMATS = (PAGE, "png", "svg", "pdf", *options.SPATIAL)


@click.command(
    "map",
    epilog="Example: geodemand map --clients CYP=cyp.csv --postcodes ONSPD.csv "
    "--areas localities=localities.gpkg --format html --format pdf --draw rate,index",
)
@options.inputs
@options.segments
@click.option(
    "--shade",
    metavar="NAMES",
    help="Geographies to shade: localities,lsoa. Default: those of the project file.",
)
@click.option(
    "--sites", multiple=True, metavar="NAME=FILE", help="Points: hubs, services. Repeatable."
)
@options.REPAIR
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(FORMATS),
    help="html (default): the map as a page. png, svg, pdf: pictures for papers, A4. gpkg: layers "
    "with their styles for QGIS. geojson, parquet: layers for other programs. Repeatable.",
)
@click.option(
    "--draw",
    metavar="WORDS",
    help="What pictures show: rate, share, index, heat, segments. Default: rate.",
)
@click.option("--lists", metavar="NAMES", help="Whose pictures: CYP,ACS. Default: of every list.")
@click.option(
    "--zoom",
    metavar="PLACE",
    default="",
    help="The part that pictures show: an area, place or service by name or code, or "
    "west,south,east,north in metres. Default: all.",
)
@click.option(
    "--also",
    metavar="NAMES",
    help="Sites and boundaries drawn on pictures too: hubs,districts; none for none. Default: "
    "all sites.",
)
@click.option(
    "-o", "--out", type=options.PATH, help="File to write, or folder. Default: outputs/map.html."
)
@click.option("--open", "open_it", is_flag=True, help="Show what was written: the page, if one.")
@options.OVERWRITE
def command(**given: Any) -> None:  # noqa: ANN401 - what click parsed
    """Draw one HTML map that opens without a network, and pictures and layers of it.

    Areas shaded by rate, heat surfaces, segments, hubs and the table of the same figures. The file
    asks nothing of any network and holds no client's location.
    """
    from geodemand.api import map_files as api
    from geodemand.api.maps import MapOptions
    from geodemand.io import writers

    project = options.project_from(given)
    folder, name, formats = _target(given["out"], given["formats"])
    chosen = MapOptions(options.words(given["shade"]), given["repair"])
    lists, shows, also = (options.words(given[each]) for each in ("lists", "draw", "also"))
    drawing = api.Drawing(lists, shows, given["zoom"], also)
    with narrate.narration(quiet=given["quiet"], verbose=given["verbose"]) as tell:
        made = api.map_files(project, chosen, formats, drawing, tell, name)
    if folder is None:
        click.echo(b"".join(made.values()), nl=False)
        return
    files = {folder / file: content for file, content in made.items()}
    writers.write_all(files, overwrite=given["overwrite"])
    outcome.say_written(list(files), quiet=given["quiet"])
    if given["open_it"]:
        click.launch(str(_first(list(files)).resolve()))


def _target(out: Path | None, formats: Sequence[str]) -> tuple[Path | None, str, Sequence[str]]:
    """Return the folder (None: standard output), what files' names begin with, and the formats.

    A file that is named by its suffix says the format, where none is said.
    """
    wanted = tuple(dict.fromkeys(formats))
    if out is not None and str(out) == outcome.STANDARD_OUTPUT:
        if any(each != PAGE for each in wanted):
            what = f"'{', '.join(wanted)}' cannot go to standard output."
            raise UsageError(Fault("--out -", what, "Name a file or a folder with --out."))
        return None, NAME, (PAGE,)
    if out is None:
        return outcome.DEFAULT_FOLDER, NAME, wanted or (PAGE,)
    suffix = out.suffix.lower().removeprefix(".")
    if out.is_dir() or (len(wanted) > 1 and suffix not in FORMATS):
        return out, NAME, wanted or (PAGE,)
    if suffix in FORMATS:
        return out.parent, out.stem, wanted or (suffix,)
    if wanted and wanted != (PAGE,):
        return out, NAME, wanted
    mend = f"Name it with its ending, .html, or a folder that exists: {NAME}.html goes into it."
    raise UsageError(Fault("--out", f"'{out}' does not say what kind of file it is.", mend))


def _first(files: Sequence[Path]) -> Path:
    """Return the file to show: the page, else the first."""
    return next((file for file in files if file.suffix == f".{PAGE}"), files[0])
