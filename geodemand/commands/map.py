"""geodemand map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from geodemand.commands import narrate, options, outcome, written

DEFAULT_FILE = Path("outputs") / "map.html"


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
@options.REPAIR
@options.RELEASE
@click.option("-o", "--out", type=options.PATH, help="File to write. Default: outputs/map.html.")
@click.option("--open", "open_it", is_flag=True, help="Show the map in the browser.")
@options.OVERWRITE
def command(**given: Any) -> None:  # noqa: ANN401 - what click parsed
    """Draw one HTML map that opens without a network.

    Areas shaded by rate, heat surfaces, segments, hubs and the table of the same figures. The file
    asks nothing of any network and holds no client's location.
    """
    from geodemand.api import maps as api
    from geodemand.maps import document

    project = options.project_from(given)
    out: Path = given["out"] or DEFAULT_FILE
    if out.is_dir():
        out /= DEFAULT_FILE.name
    chosen = api.MapOptions(options.words(given["shade"]), given["repair"])
    with narrate.narration(quiet=given["quiet"], verbose=given["verbose"]) as tell:
        release, scene = api.map_parts(project, chosen, tell)
        page = document.render(release, scene)
    if str(out) == outcome.STANDARD_OUTPUT:
        click.echo(page, nl=False)
        return
    written.write({out: page.encode()}, release, project, "map", given)
    outcome.say_written([out], quiet=given["quiet"])
    if given["open_it"]:
        click.launch(str(out.resolve()))
