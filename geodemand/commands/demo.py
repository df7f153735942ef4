"""geodemand demo."""

from __future__ import annotations

from pathlib import Path

import click

from geodemand.commands import options, outcome


@click.command("demo", epilog="Example: geodemand demo county, then in that folder: geodemand map")
@click.argument("folder", type=options.PATH, default=Path())
@options.OVERWRITE
def command(folder: Path, overwrite: bool) -> None:  # noqa: FBT001 - as click hands it over
    """Write a made-up county into FOLDER (default: this one), the same bytes every time.

    Postcodes, boundaries, segments, client lists and a geodemand.toml that names them. Nothing in
    it is real.
    """
    from geodemand import demo
    from geodemand.io import writers

    files = {folder / name: content for name, content in demo.files().items()}
    fresh = {
        path: content
        for path, content in files.items()
        if overwrite or not path.is_file() or path.read_bytes() != content
    }
    writers.write_all(fresh, overwrite=overwrite)
    unchanged = len(files) - len(fresh)
    click.echo(
        f"The made-up county: {len(fresh)} files written, {unchanged} there already.", err=True
    )
    outcome.say_written(list(fresh), quiet=False)
