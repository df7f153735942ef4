"""geodemand init."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import click

from geodemand.commands import options, outcome
from geodemand.project import DEFAULT_FILE


@click.command(
    "init", epilog="Example: geodemand init, then fill in the file names in geodemand.toml"
)
@click.argument("folder", type=options.PATH, default=Path())
@options.OVERWRITE
def command(folder: Path, overwrite: bool) -> None:  # noqa: FBT001 - as click hands it over
    """Start a project: write a commented geodemand.toml into FOLDER (default: this one)."""
    from geodemand.io import atomic

    template = resources.files("geodemand.definitions").joinpath("project.toml").read_bytes()
    target = folder / DEFAULT_FILE
    atomic.write_all({target: template}, overwrite=overwrite)
    outcome.say_written([target], quiet=False)
