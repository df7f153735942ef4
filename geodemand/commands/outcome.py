"""Where a release goes: tables to the terminal, JSON to standard output, files on request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from geodemand.core.disclosure import Release
from geodemand.io import writers

DEFAULT_FOLDER = Path("outputs")
STANDARD_OUTPUT = "-"


def deliver(
    release: Release,
    name: str,
    given: Mapping[str, Any],
    show: Callable[[Release], None],
    more: Mapping[Path, bytes] | None = None,
) -> None:
    """Write the files that were asked for and ``more``, and print JSON or the tables.

    Files come first: where they cannot be written nothing is printed either.
    """
    to_output = str(given["out"]) == STANDARD_OUTPUT
    contents = dict(more or {})
    if not to_output:
        contents |= table_files(release, name, given["out"], given["formats"])
    writers.write_all(contents, overwrite=given["overwrite"])
    if given["as_json"]:
        click.echo(writers.json_text(release), nl=False)
    elif to_output:
        for kind in given["formats"] or ("json",):
            for content in _contents(release, name, kind).values():
                click.echo(content, nl=False)
    else:
        show(release)
    say_written(list(contents), quiet=given["quiet"])


def table_files(
    release: Release, name: str, out: Path | None, formats: Sequence[str]
) -> dict[Path, bytes]:
    """Return the files of a release in the formats asked for. ``out``: a folder, or outputs/."""
    if not formats and out is None:
        return {}
    folder = out or DEFAULT_FOLDER
    return {
        folder / file: content.encode()
        for kind in formats or ("csv", "json")
        for file, content in _contents(release, name, kind).items()
    }


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
