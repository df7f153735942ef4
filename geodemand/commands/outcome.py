"""Where a release goes: tables to the terminal, JSON to standard output, files on request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from geodemand.commands import written
from geodemand.core.disclosure import Policy, Release, need_listing
from geodemand.core.geography import Geography
from geodemand.errors import Fault, UsageError
from geodemand.io import writers
from geodemand.project import Project
from geodemand.report import formats
from geodemand.report.about import About

DEFAULT_FOLDER = Path("outputs")
STANDARD_OUTPUT = "-"


def deliver(
    release: Release,
    project: Project,
    name: str,
    given: Mapping[str, Any],
    show: Callable[[Release], None],
    more: Mapping[Path, bytes] | None = None,
) -> None:
    """Write the files that were asked for and ``more``, and print JSON or the tables.

    ``name``: of the command. A run that is published is entered into the ledger of releases.
    Files come first: where they cannot be made or written nothing is printed either.
    """
    about = About.of(project, name)
    to_output = str(given["out"]) == STANDARD_OUTPUT
    contents = dict(more or {})
    stream = b""
    if to_output:
        stream = _stream(release, about, given["formats"])
    elif given["formats"] or given["out"] is not None:
        folder = given["out"] or DEFAULT_FOLDER
        made = formats.files(release, about, _formats(release, given["formats"]))
        contents |= {folder / name: content for name, content in made.items()}
    written.write(contents, release, project, name, given)
    if given["as_json"]:
        click.echo(writers.json_text(release), nl=False)
    elif to_output:
        click.echo(stream, nl=False)
    else:
        show(release)
    say_written(list(contents), quiet=given["quiet"])


def check_rows_file(target: Path | None, example: str, policy: Policy) -> None:
    """Raise UsageError where a file for rows of clients is no CSV by its name.

    Raises DisclosureError under a policy that lists no clients. ``target``: None where none is
    asked for.
    """
    if target is None:
        return
    if target.suffix.lower() != ".csv":
        raise UsageError(Fault(str(target), "is no CSV.", f"Name it {example}, for example."))
    need_listing(policy)


def _formats(release: Release, asked: Sequence[str]) -> Sequence[str]:
    """Return the formats to write: those asked for, and new boundaries as GeoJSON in any case."""
    bounds = any(isinstance(each, Geography) for each in release.layers)
    more = ("geojson",) if bounds and not {*asked} & {*formats.SPATIAL} else ()
    return (*(asked or ("csv", "json")), *more)


def _stream(release: Release, about: About, wanted: Sequence[str]) -> bytes:
    """Return what goes to standard output, one file after the other."""
    names = wanted or ("json",)
    faults = [
        Fault(f"--format {name}", "cannot go to standard output.", "Name a folder with --out.")
        for name in dict.fromkeys(names)
        if not formats.FORMATS[name].streams
    ]
    if faults:
        raise UsageError(*faults)
    return b"".join(formats.files(release, about, names).values())


def say_written(files: Sequence[Path], *, quiet: bool) -> None:
    """Name the files that were written, on standard error."""
    if not quiet:
        for file in files:
            click.echo(f"Written: {file}", err=True)
