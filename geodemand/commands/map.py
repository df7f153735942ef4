"""geodemand map."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from geodemand.commands import map_files, narrate, options, outcome, written
from geodemand.errors import Fault, UsageError

if TYPE_CHECKING:
    from geodemand.project import Project

WARNING = (
    "Warning: whoever opens this map asks {} for pictures, and that server sees from where, and "
    "what part of the map they look at. Without --tiles the page asks nobody."
)


@click.command(
    "map",
    epilog="Example: geodemand map --clients CYP=cyp.csv --postcodes ONSPD.csv "
    "--areas localities=localities.gpkg --format html --format pdf",
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
@click.option(
    "--measure",
    metavar="NAME",
    help="What areas are shaded by at first: clients, rate, share, index, meet_all.",
)
@click.option(
    "--classes",
    metavar="HOW",
    help="Classes of the shading: quantile, natural, or limits: 10,20,50 (shares: per cent).",
)
@click.option(
    "--together", multiple=True, metavar="A+B", help="Lists shown added up too. Repeatable."
)
@click.option("--surface", metavar="NAME", help="Heat surfaces: rate (default), density or none.")
@click.option(
    "--catchment",
    "catchments",
    multiple=True,
    metavar="SITES=HOW",
    help="What sites serve: hubs=nearest, or within metres: hubs=2000. Repeatable.",
)
@click.option("--basemap", type=options.PATH, help="Your own map tiles: a PMTiles or MBTiles file.")
@click.option(
    "--basemap-beside",
    "basemap_beside_mb",
    type=float,
    metavar="MB",
    help="Put its finer pictures, up to so many megabytes, into a folder beside the page.",
)
@click.option(
    "--tiles",
    metavar="URL",
    help="Tile server that the page asks: https://…/{z}/{x}/{y}.png. It is told who looks where.",
)
@options.REPAIR
@options.RELEASE
@map_files.files
@options.OVERWRITE
def command(**given: Any) -> None:  # noqa: ANN401 - what click parsed
    """Draw one HTML map that opens without a network; pictures and layers of it on request.

    Areas shaded by rate, heat surfaces, segments, hubs and the table of the same figures. The file
    asks nothing of any network and holds no client's location.
    """
    from geodemand.api import map_files as api
    from geodemand.api.maps import MapOptions
    from geodemand.core import ledger

    project = _asked(options.project_from(given), given)
    folder, name, formats = map_files.target(given["out"], given["formats"])
    chosen = MapOptions(options.words(given["shade"]), given["repair"])
    lists, shows, also = (options.words(given[each]) for each in ("lists", "draw", "also"))
    drawing = api.Drawing(lists, shows, given["zoom"], also, given["two"])
    if folder is None and project.map.basemap_beside_mb:
        what = "is one file, and basemap_beside_mb puts pictures beside it."
        raise UsageError(Fault("standard output", what, "Name a file with --out."))
    if project.map.tiles:
        click.echo(WARNING.format(project.map.tiles), err=True)
    with narrate.narration(quiet=given["quiet"], verbose=given["verbose"]) as tell:
        release, made = api.released_files(project, chosen, formats, drawing, tell, name)
    for sentence in ledger.warnings(release.sentences):
        click.echo(sentence, err=True)
    files = {folder / file: content for file, content in made.items()} if folder else {}
    written.write(files, release, project, "map", given)
    if folder is None:
        click.echo(b"".join(made.values()), nl=False)
        return
    told = dict.fromkeys(each if each.parent == folder else each.parent for each in files)
    outcome.say_written(list(told), quiet=given["quiet"])
    if given["open_it"]:
        click.launch(str(map_files.shown_first(list(files)).resolve()))


def _asked(project: Project, given: dict[str, Any]) -> Project:
    """Return the project, its [map] changed by the options that were given."""
    entry = project.map
    words = ("measure", "classes", "surface", "basemap", "basemap_beside_mb", "tiles")
    changed = {name: given[name] for name in words if given[name]}
    together = given["together"] or entry.together
    pairs = dict(options.texts(given["catchments"], "--catchment", "hubs=nearest"))
    reaches = {**entry.catchments, **pairs}
    return replace(project, map=replace(entry, **changed, together=together, catchments=reaches))
