"""geodemand demo."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geodemand.commands import options
from geodemand.project import DEFAULT_FILE, DisclosureEntry

if TYPE_CHECKING:
    from geodemand.project import Project

REASON = "made-up data"


@click.command("demo", epilog="Example: geodemand demo county --run")
@click.argument("folder", type=options.PATH, default=Path())
@click.option("--run", "run_it", is_flag=True, help="Do the main job on it: profile, hubs, map.")
@options.OVERWRITE
def command(folder: Path, run_it: bool, overwrite: bool) -> None:  # noqa: FBT001 - from click
    """Write a made-up county into FOLDER (default: this one), the same bytes every time.

    Postcodes, boundaries, segments, client lists and a geodemand.toml that names them. Nothing in
    it is real.
    """
    _write(folder, overwrite=overwrite)
    if run_it:
        from geodemand import project

        _main_job(project.read(folder / DEFAULT_FILE), folder)


def _write(folder: Path, *, overwrite: bool) -> None:
    from geodemand import demo
    from geodemand.io import atomic

    settings = resources.files("geodemand.demo").joinpath(DEFAULT_FILE).read_bytes()
    files = {folder / "data" / name: content for name, content in demo.files().items()}
    files[folder / DEFAULT_FILE] = settings
    fresh = {path: content for path, content in files.items() if not _holds(path, content)}
    atomic.write_all(fresh, overwrite=overwrite)
    there = len(files) - len(fresh)
    click.echo(f"The made-up county: {len(fresh)} files written, {there} there already.", err=True)


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _main_job(project: Project, folder: Path) -> None:
    """Answer the county's questions: exact, since nobody is real, and beside it as public."""
    from geodemand.api import hubs, maps
    from geodemand.api.profile import profile
    from geodemand.commands import tables
    from geodemand.commands.profile import headline
    from geodemand.io import atomic

    internal = replace(project, disclosure=DisclosureEntry("internal", REASON))
    releases = {"exact": profile(internal), "as public": profile(project)}
    agreement = hubs.hubs(internal)
    page = folder / "outputs" / "map.html"
    atomic.write_all({page: maps.map_page(project, maps.MapOptions()).encode()}, overwrite=True)
    out = tables.console()
    tables.say(out, (*releases["exact"].sentences, *agreement.sentences))
    out.print()
    headline(out, releases)
    out.print(tables.policy_line(releases["exact"]))
    out.print(tables.policy_line(releases["as public"]))
    out.print(f"The map: {page.resolve()}", soft_wrap=True)
