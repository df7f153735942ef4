"""geodemand purge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from geodemand.commands import options
from geodemand.commands.release import PROJECT


@click.command("purge", epilog="Example: geodemand purge; geodemand purge --remove")
@click.argument("folders", type=options.PATH, nargs=-1, metavar="[FOLDERS]...")
@click.option("--remove", is_flag=True, help="Remove them. Without it they are only listed.")
@click.option("--changed", is_flag=True, help="Also files that were changed since.")
@PROJECT
@options.JSON
def command(folders: Sequence[Path], **given: Any) -> None:  # noqa: ANN401 - what click parsed
    """List what a project wrote, and remove it with --remove.

    By the records beside the results, in the project's folder, outputs/ and FOLDERS, and by the
    ledger of releases. What geodemand did not write stays, as do files that were changed since, and
    the ledger itself: later runs are audited against it.
    """
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading
    from geodemand.io import purge

    project = options.base(given["project_file"])
    ledger = project.disclosure.releases
    found = purge.find((ledger.parent, Path("outputs"), *folders), ledger)
    chosen = [each for each in found if each.as_written or given["changed"]]
    if given["remove"]:
        purge.remove(chosen)
    if given["as_json"]:
        told = [{"file": str(e.path), "state": _state(e, chosen, given)} for e in found]
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    out = tables.console()
    if not found:
        out.print("Nothing that geodemand wrote was found.")
        return
    rows = [(str(each.path), f"{each.bytes:,}", _state(each, chosen, given)) for each in found]
    headings = [Heading("file", figures=False), Heading("bytes"), Heading("", figures=False)]
    tables.show(out, "Written by geodemand", headings, rows)
    if not given["remove"]:
        out.print(f"{len(chosen)} of {len(found)} would go: geodemand purge --remove.")


def _state(each: Any, chosen: Sequence[Any], given: dict[str, Any]) -> str:  # noqa: ANN401
    changed = "" if each.as_written else ", changed since"
    if each not in chosen:
        return f"stays{changed}"
    return f"{'removed' if given['remove'] else 'would go'}{changed}"
