"""The deeper tables of geodemand profile: what can be asked for, and the set that is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from geodemand.commands import options
from geodemand.errors import Fault, UsageError

if TYPE_CHECKING:
    from geodemand.api.profile_options import ProfileOptions
    from geodemand.core.disclosure import Release

F = TypeVar("F", bound=Callable[..., Any])
PER_CENT = 100.0

_OPTIONS = (
    click.option(
        "--by",
        multiple=True,
        metavar="NAME",
        help="By place: each area of a geography against the county. Repeatable.",
    ),
    click.option(
        "--within",
        type=click.Choice(["category", "group", "type"]),
        help="With --by: also within each segment of this level, in files and JSON.",
    ),
    click.option(
        "--whole", is_flag=True, help="Chi-square, Cramér's V, Gini, Hoover, concentration."
    ),
    click.option(
        "--at",
        metavar="PERCENTS",
        help="What these first per cents of the base hold. Default with --whole: 5,10,20.",
    ),
    click.option("--quadrants", is_flag=True, help="Core, developmental and niche segments."),
    click.option(
        "--combinations",
        is_flag=True,
        help="Every combination of the lists that meet, inside and outside each set.",
    ),
    click.option(
        "--list-postcodes",
        is_flag=True,
        help="List the postcodes where the lists meet, in files and JSON. Policy internal only.",
    ),
    click.option(
        "--derive", metavar="NAME", help="Derive a set: which segments are over-represented."
    ),
    click.option("--from", "derive_from", metavar="LIST", help="The list that --derive goes by."),
    click.option(
        "--save", is_flag=True, help="Write the derived set into the project file, with its list."
    ),
    click.option("--compare", metavar="LISTS", help="Differences of shares between lists: A,B."),
    click.option(
        "--split", metavar="DAY", help="With --compare A: before this day against from it on."
    ),
    click.option(
        "--earlier",
        type=options.PATH,
        metavar="FILE",
        help="With --compare A: against the same list in this project file.",
    ),
    click.option("--full", is_flag=True, help="--whole --quadrants --combinations, given sets."),
)


def asked(command: F) -> F:
    """Add the options that ask for deeper tables."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def profile_options(given: Mapping[str, Any]) -> ProfileOptions:
    """Return what the options of `geodemand profile` ask for."""
    from geodemand import project as projects
    from geodemand.api.profile_options import ProfileOptions

    earlier = given["earlier"]
    return ProfileOptions(
        levels=given["levels"],
        base=given["bases"],
        meet=options.words(given["meet"]),
        repair=given["repair"],
        by=given["by"],
        within=given["within"] or "",
        whole=given["whole"],
        at=_shares(given["at"]),
        quadrants=given["quadrants"],
        combinations=given["combinations"],
        list_postcodes=given["list_postcodes"],
        derive=given["derive"] or "",
        derive_from=given["derive_from"] or "",
        compare=options.words(given["compare"]),
        split=given["split"] or "",
        earlier=projects.read(earlier) if earlier else None,
        full=given["full"],
    )


def _shares(text: str | None) -> tuple[float, ...]:
    try:
        return tuple(float(word.rstrip(" %")) / PER_CENT for word in options.words(text))
    except ValueError:
        mend = "Write per cents of the base, such as --at 5,10,20."
        raise UsageError(Fault("--at", f"'{text}' are no numbers.", mend)) from None


def check_save(given: Mapping[str, Any]) -> Path | None:
    """Return the project file that a derived set goes to; None where none is to be saved.

    Raises UsageError, before anything is read, where it cannot be saved.
    """
    from geodemand import project as projects

    if not given["save"]:
        return None
    path: Path = given["project_file"] or Path(projects.DEFAULT_FILE)
    if not given["derive"]:
        mend = "Write --derive NAME --from LIST --save."
        raise UsageError(Fault("--save", "saves a derived set.", mend))
    if not path.is_file():
        mend = "Run it where geodemand.toml is, or name it with --project."
        raise UsageError(Fault("--save", f"there is no project file {path} to save to.", mend))
    if given["derive"] in projects.read(path).sets and not given["overwrite"]:
        what = f"has a set '{given['derive']}' already."
        raise UsageError(Fault(str(path), what, "Add --overwrite, or derive another name."))
    return path


def save(release: Release, path: Path, given: Mapping[str, Any]) -> None:
    """Write the derived set into the project file and say so."""
    from geodemand.io import project_file

    (about,) = release.tables["derived_about"].records()
    rows = release.tables["derived"].records()
    codes = [
        str(row["segment"])
        for row in rows
        if row["level"] == about["level"] and row["chosen"] == "yes"
    ]
    if not codes:
        click.echo(f"Not saved: no segment stands, so there is no set {about['set']}.", err=True)
        return
    written = f"{about['level']}:{','.join(codes)}"
    project_file.save_set(path, str(about["set"]), written, str(about["list"]))
    if not given["quiet"]:
        click.echo(f"Saved: the set {about['set']} in {path}", err=True)
