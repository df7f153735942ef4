"""What a run writes beside its results: the record of the run, and its entry among releases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from geodemand.core import packed
from geodemand.core.disclosure import Release
from geodemand.io import atomic, record, releases
from geodemand.io.record import Run
from geodemand.project import Project


def write(
    contents: Mapping[Path, bytes],
    release: Release,
    project: Project,
    command: str,
    given: Mapping[str, Any],
) -> None:
    """Write the files of a run, whole or not at all, with its record as the last of them.

    A run that is published is entered into the ledger first, so that nothing can be out that the
    ledger does not know.
    """
    entered = given["as_release"]
    if entered is None:
        entered = bool(contents) and record.is_public(release.policy)
    if not contents and not entered:
        return
    atomic.check_targets(contents, overwrite=given["overwrite"])
    run = Run.of(release, project, command, given)
    files = _entry(contents, run, release, project) if entered else {}
    known = bool(entered and not files)
    files |= contents
    folders = dict.fromkeys(path.parent for path in contents)
    # What lies in a folder beside a result belongs to the result.
    homes = [each for each in folders if not any(other in each.parents for other in folders)]
    for folder in homes:
        own = {path: each for path, each in contents.items() if path.is_relative_to(folder)}
        told = [record.written(path, content, folder) for path, content in own.items()]
        name = f"{next(iter(own)).name}{record.SUFFIX}"
        files[folder / name] = record.record_text(run, told).encode()
    # Only results are somebody's own: a record of theirs is replaced with them.
    atomic.write_all(files, overwrite=True)
    if entered and not given["quiet"]:
        said = "The ledger of releases has these files already" if known else "Released, see ledger"
        click.echo(f"{said}: {project.disclosure.releases}", err=True)


def _entry(
    contents: Mapping[Path, bytes], run: Run, release: Release, project: Project
) -> dict[Path, bytes]:
    """Return the ledger's new file; none where a release that stands wrote the same."""
    ledger = project.disclosure.releases
    told = [record.written(path, each, ledger.parent) for path, each in contents.items()]
    known = releases.read_all(ledger)
    if releases.holds(known, told):
        return {}
    name = releases.new_name(told, (each.id for each in known))
    figures = [packed.packed(each, release.postcodes()) for each in release.published]
    text = releases.entry_text(run, told, figures)
    return {ledger / f"{name}{releases.SUFFIX}": text.encode()}
