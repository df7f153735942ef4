"""Which files `geodemand map` writes, and what its pictures show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from geodemand.commands import options, outcome
from geodemand.errors import Fault, UsageError

F = TypeVar("F", bound=Callable[..., Any])
NAME = "map"
PAGE = "html"
FORMATS = (PAGE, "png", "svg", "pdf", *options.SPATIAL)

_OPTIONS = (
    click.option(
        "--format",
        "formats",
        multiple=True,
        type=click.Choice(FORMATS),
        help="html (default): the map as a page. png, svg, pdf: pictures for papers, A4. gpkg: "
        "layers with their styles for QGIS. geojson, parquet: layers for other programs. "
        "Repeatable.",
    ),
    click.option(
        "--draw",
        metavar="WORDS",
        help="What pictures show: measures as in --measure, heat, segments. Default: --measure.",
    ),
    click.option(
        "--lists", metavar="NAMES", help="Whose pictures: CYP,ACS. Default: of every list."
    ),
    click.option(
        "--zoom",
        metavar="PLACE",
        default="",
        help="The part that pictures show: an area, place, service or bookmark by name or code, "
        "or west,south,east,north in metres. Default: all.",
    ),
    click.option(
        "--also",
        metavar="NAMES",
        help="Sites, boundaries and clusters on pictures: hubs,districts; none for none. "
        "Default: all sites.",
    ),
    click.option(
        "--two",
        is_flag=True,
        help="Pictures of two maps side by side: of two lists, or two measures.",
    ),
    click.option(
        "-o",
        "--out",
        type=options.PATH,
        help="File to write, its ending says the format; or a folder. Default: outputs/map.html.",
    ),
    click.option("--open", "open_it", is_flag=True, help="Show the map, or the first picture."),
)


def files(command: F) -> F:
    """Add the options about the files of a map."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def target(out: Path | None, formats: Sequence[str]) -> tuple[Path | None, str, Sequence[str]]:
    """Return the folder (None: standard output), what files' names begin with, and the formats.

    A file that is named by its ending says the format, where none is said. Raises UsageError where
    neither does.
    """
    wanted = tuple(dict.fromkeys(formats))
    if out is None:
        return outcome.DEFAULT_FOLDER, NAME, wanted or (PAGE,)
    if str(out) == outcome.STANDARD_OUTPUT:
        if set(wanted) - {PAGE}:
            fault = Fault("--format", "cannot go to standard output.", "Name a folder with --out.")
            raise UsageError(fault)
        return None, NAME, (PAGE,)
    suffix = out.suffix.lower().removeprefix(".")
    if suffix in FORMATS and not out.is_dir():
        return out.parent, out.stem, wanted or (suffix,)
    if out.is_dir() or wanted:
        return out, NAME, wanted or (PAGE,)
    mend = f"Name it with its ending, such as {out.name}.html, or say --format."
    raise UsageError(Fault(str(out), "does not say what kind of file it is.", mend))


def shown_first(files: Sequence[Path]) -> Path:
    """Return the file that --open shows: the page, else the first."""
    return next((file for file in files if file.suffix == f".{PAGE}"), files[0])
