"""geodemand map."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geodemand.commands import narrate, options, outcome

if TYPE_CHECKING:
    from geodemand.project import Project

DEFAULT_FILE = Path("outputs") / "map.html"
WARNING = (
    "Warning: whoever opens this map asks {} for pictures, and that server sees from where, and "
    "what part of the map they look at. Without --tiles the page asks nobody."
)


@click.command(
    "map",
    epilog="Example: geodemand map --clients CYP=cyp.csv --postcodes ONSPD.csv "
    "--areas localities=localities.gpkg --out map.html",
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
    help="Classes of the shading: quantile, natural, or limits: 10,20,50.",
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
    "--tiles",
    metavar="URL",
    help="Tile server that the page asks: https://…/{z}/{x}/{y}.png. It is told who looks where.",
)
@options.REPAIR
@click.option("-o", "--out", type=options.PATH, help="File to write. Default: outputs/map.html.")
@click.option("--open", "open_it", is_flag=True, help="Show the map in the browser.")
@options.OVERWRITE
def command(**given: Any) -> None:  # noqa: ANN401 - what click parsed
    """Draw one HTML map that opens without a network.

    Areas shaded by rate, heat surfaces, segments, hubs and the table of the same figures. The file
    asks nothing of any network and holds no client's location.
    """
    from geodemand.api import maps as api
    from geodemand.io import atomic

    project = _asked(options.project_from(given), given)
    out: Path = given["out"] or DEFAULT_FILE
    if out.is_dir():
        out /= DEFAULT_FILE.name
    chosen = api.MapOptions(options.words(given["shade"]), given["repair"])
    if project.map.tiles:
        click.echo(WARNING.format(project.map.tiles), err=True)
    with narrate.narration(quiet=given["quiet"], verbose=given["verbose"]) as tell:
        page = api.map_page(project, chosen, tell)
    if str(out) == outcome.STANDARD_OUTPUT:
        click.echo(page, nl=False)
        return
    atomic.write_all({out: page.encode()}, overwrite=given["overwrite"])
    outcome.say_written([out], quiet=given["quiet"])
    if given["open_it"]:
        click.launch(str(out.resolve()))


def _asked(project: Project, given: dict[str, Any]) -> Project:
    """Return the project, its [map] changed by the options that were given."""
    entry = project.map
    words = ("measure", "classes", "surface", "basemap", "tiles")
    changed = {name: given[name] for name in words if given[name]}
    together = given["together"] or entry.together
    pairs = dict(options.texts(given["catchments"], "--catchment", "hubs=nearest"))
    reaches = {**entry.catchments, **pairs}
    return replace(project, map=replace(entry, **changed, together=together, catchments=reaches))
