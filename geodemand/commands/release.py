"""geodemand release: the ledger of what was published."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geodemand.commands import options, outcome
from geodemand.errors import Fault, UsageError

if TYPE_CHECKING:
    from geodemand.io.releases import Entry

LEDGER = click.option(
    "--ledger",
    type=options.PATH,
    metavar="FOLDER",
    help="Folder of the ledger. Default: of the project file, or releases/ in this folder.",
)
PROJECT = click.option(
    "--project",
    "project_file",
    type=options.PATH,
    envvar="GEODEMAND_PROJECT",
    help="Project file. Default: geodemand.toml of the working folder, if there is one.",
)
EPILOG = "Example: geodemand release list; geodemand release show last"
SHORT = 12


@click.group("release", epilog=EPILOG)
def command() -> None:
    """Tell what was published, from the ledger of releases.

    Files that a policy for publishing wrote are entered there, and later runs are audited against
    them.
    """


@command.command("list", epilog="Example: geodemand release list")
@PROJECT
@LEDGER
@options.JSON
def list_releases(**given: Any) -> None:  # noqa: ANN401 - what click parsed
    """List all releases, the oldest first."""
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading
    from geodemand.io import releases

    folder = ledger_of(given)
    entries = releases.read_all(folder)
    if given["as_json"]:
        click.echo(json.dumps([_short(each) for each in entries], ensure_ascii=False, indent=1))
        return
    out = tables.console()
    if not entries:
        out.print(f"Nothing was released yet: there is no entry in {folder}.")
        return
    rows = [
        (
            *(each.id, each.date, each.by, each.command, str(each.policy["name"])),
            str(len(each.outputs)),
            f"withdrawn: {each.withdrawn}" if each.withdrawn else "stands",
        )
        for each in entries
    ]
    words = ("release", "date (UTC)", "by", "command", "policy", "files", "")
    headings = [Heading(word, figures=word == "files") for word in words]
    tables.show(out, f"Releases in {folder}", headings, rows)


@command.command("show", epilog="Example: geodemand release show last")
@click.argument("name", metavar="RELEASE")
@PROJECT
@LEDGER
@options.JSON
def show(name: str, **given: Any) -> None:  # noqa: ANN401 - what click parsed
    """Show one release: who, when, from which files, what it wrote and what was withheld.

    RELEASE is its name, how that begins, or last.
    """
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading
    from geodemand.io import releases

    folder = ledger_of(given)
    entry = releases.find(folder, name)
    if given["as_json"]:
        click.echo(json.dumps(_short(entry), ensure_ascii=False, indent=1))
        return
    out = tables.console()
    state = f"withdrawn: {entry.withdrawn}" if entry.withdrawn else "it stands"
    tables.say(
        out,
        [
            f"{entry.id}: geodemand {entry.command}, {entry.date}, by {entry.by}; {state}.",
            f"Policy {entry.policy['name']}: {entry.policy['explanation']}",
            *(f"{name}: {value}" for name, value in entry.options.items()),
        ],
    )
    out.print()
    for title, files in (("Read", entry.inputs), ("Wrote", entry.outputs)):
        rows = [
            (each.role, each.file, f"{each.bytes or 0:,}", (each.sha256 or "")[:SHORT], state_)
            for each in files
            for state_ in [_state(folder, each.file, each.sha256) if title == "Wrote" else ""]
        ]
        headings = [Heading(word, figures=word == "bytes") for word in ("", "file", "bytes")]
        headings += [Heading("sha-256", figures=False), Heading("", figures=False)]
        tables.show(out, title, headings, rows)
    rows_ = [
        (table, f"{held['figures']:,}", f"{held['withheld']:,}")
        for table, held in entry.withheld.items()
    ]
    headings = [Heading(word, figures=word != "table") for word in ("table", "figures", "withheld")]
    tables.show(out, "Figures about people", headings, rows_)
    zones = [(held["what"], f"{len(set(held['zones'])):,}", f"{held['figures']:,}") for held in
             entry.figures]  # fmt: skip
    headings = [Heading(word, figures=word != "of") for word in ("of", "zones", "counts")]
    tables.show(out, "What later runs are audited against", headings, zones)


@command.command("withdraw", epilog='Example: geodemand release withdraw last --why "not sent"')
@click.argument("name", metavar="RELEASE")
@click.option("--why", required=True, metavar="TEXT", help="Why nobody has it.")
@PROJECT
@LEDGER
def withdraw(name: str, why: str, **given: Any) -> None:  # noqa: ANN401 - what click parsed
    """Say that nobody outside has a release: later runs are no longer audited against it.

    The ledger keeps it. What somebody may have seen is not withdrawn by taking it off a page.
    """
    from geodemand.io import releases

    folder = ledger_of(given)
    entry = releases.find(folder, name)
    if not why.strip():
        raise UsageError(Fault("--why", "says nothing.", 'Write --why "never sent".'))
    if entry.withdrawn:
        raise UsageError(
            Fault(entry.id, f"is withdrawn already: {entry.withdrawn}.", "It counts no more.")
        )
    outcome.say_written([releases.withdraw(folder, entry, why.strip())], quiet=False)


@command.command("compare", epilog="Example: geodemand release compare 20260401 last")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@PROJECT
@LEDGER
@options.JSON
def compare(first: str, second: str, **given: Any) -> None:  # noqa: ANN401 - what click parsed
    """Tell what two releases give away together that neither does alone.

    Areas of one less areas of the other, totals less parts, and hidden counts. Leaves with exit
    code 15 where a count of few people can be worked out.
    """
    from geodemand.commands import release_compare

    folder = ledger_of(given)
    release_compare.run(folder, (first, second), as_json=given["as_json"])


@command.command(
    "statement", epilog="Example: geodemand release statement last --out outputs/statement.html"
)
@click.argument("name", metavar="RELEASE", default="last")
@click.option(
    "-o",
    "--out",
    type=options.PATH,
    help="File to write: .html or .md. Default: statement.html in the folder of the results.",
)
@click.option(
    "--internal",
    is_flag=True,
    help="With what stays inside: hashes of client lists, and the values each hidden count keeps.",
)
@options.OVERWRITE
@PROJECT
@LEDGER
def statement(name: str, **given: Any) -> None:  # noqa: ANN401 - what click parsed
    """Write the statement of a release on one page: rules, what was lost, who made it of what."""
    from geodemand.io import atomic, record, releases
    from geodemand.report.statement import FORMATS

    folder = ledger_of(given)
    entry = releases.find(folder, name)
    target: Path = given["out"] or outcome.DEFAULT_FOLDER / "statement.html"
    if target.suffix.lower() not in FORMATS:
        known = " or ".join(FORMATS)
        raise UsageError(Fault(str(target), f"is no {known} by its name.", "Name it so."))
    content = FORMATS[target.suffix.lower()](entry, internal=given["internal"]).encode()
    atomic.check_targets([target], overwrite=given["overwrite"])
    told = record.page_text("release statement", record.written(target, content, target.parent))
    beside = target.with_name(f"{target.name}{record.SUFFIX}")
    atomic.write_all({target: content, beside: told.encode()}, overwrite=True)
    outcome.say_written([target], quiet=False)


def ledger_of(given: dict[str, Any]) -> Path:
    """Return the folder of the ledger that options and project file name."""
    if given["ledger"] is not None:
        folder: Path = given["ledger"]
        return folder
    return options.base(given["project_file"]).disclosure.releases


def _short(entry: Entry) -> dict[str, Any]:
    """Return a release without its figures, of which only the zones' hashes are told."""
    zones = {str(held["what"]): sorted(set(held["zones"])) for held in entry.figures}
    return asdict(replace(entry, figures=())) | {"figures": zones, "stands": entry.stands}


def _state(folder: Path, file: str, sha256: str | None) -> str:
    """Return whether a file that was written is still there, as it was written."""
    from geodemand.io import record

    path = folder.absolute().parent / file
    if not path.is_file():
        return "gone"
    return "as written" if record.read(path, "").sha256 == sha256 else "changed since"
