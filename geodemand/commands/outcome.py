"""Where a release goes: tables to the terminal, JSON to standard output, files on request."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from geodemand.core.disclosure import Release
from geodemand.io import writers

DEFAULT_FOLDER = Path("outputs")
STANDARD_OUTPUT = "-"


def write_tables(
    release: Release, name: str, out: Path | None, formats: Sequence[str], *, overwrite: bool
) -> list[Path]:
    """Write a release in the formats asked for and return the files.

    ``out``: a folder (default outputs/), or - for standard output.
    """
    if str(out) == STANDARD_OUTPUT:
        for kind in formats or ("json",):
            for content in _contents(release, name, kind).values():
                click.echo(content, nl=False)
        return []
    if not formats and out is None:
        return []
    folder = out or DEFAULT_FOLDER
    files = {
        folder / file: content.encode()
        for kind in formats or ("csv", "json")
        for file, content in _contents(release, name, kind).items()
    }
    writers.write_all(files, overwrite=overwrite)
    return list(files)


def say_written(files: Sequence[Path], *, quiet: bool) -> None:
    """Name the files that were written, on standard error."""
    if not quiet:
        for file in files:
            click.echo(f"Written: {file}", err=True)


def _contents(release: Release, name: str, kind: str) -> dict[str, str]:
    if kind == "json":
        return {f"{name}.json": writers.json_text(release)}
    return {
        f"{name}.csv" if table == name else f"{name}-{table}.csv": writers.csv_text(release, table)
        for table in release.tables
        if len(release.tables[table])
    }
