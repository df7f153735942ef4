"""Every shared option, defined once, and how the options change the project."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from geodemand import project as projects
from geodemand.errors import Fault, UsageError
from geodemand.project import (
    AreasEntry,
    ListEntry,
    Project,
    SitesEntry,
)

F = TypeVar("F", bound=Callable[..., Any])
PATH = click.Path(path_type=Path)
# Formats of files with shapes: `report.formats.SPATIAL`, which is not imported before it is needed.
SPATIAL = ("gpkg", "geojson", "parquet")
# Before the name of a column of the directory where a file of boundaries could stand.
COLUMN = "column"

_INPUTS = (
    click.option(
        "--project",
        "project_file",
        type=PATH,
        envvar="GEODEMAND_PROJECT",
        help="Project file. Default: geodemand.toml of the working folder, if there is one.",
    ),
    click.option(
        "--postcodes",
        type=PATH,
        multiple=True,
        metavar="FILE",
        help="Postcode directory: ONSPD, NSPL, Code-Point Open, CSV or Parquet. Repeatable.",
    ),
    click.option(
        "--clients",
        multiple=True,
        metavar="NAME=FILE",
        help="A client list, by postcode or coordinates. Repeatable.",
    ),
    click.option(
        "--areas",
        multiple=True,
        metavar="NAME=FILE[:LAYER]",
        help="A geography: polygons with a code; or NAME=column:COLUMN, codes of the directory. "
        "Repeatable.",
    ),
)
_SEGMENTS = (
    click.option(
        "--segments",
        type=PATH,
        metavar="FILE",
        help="Which segment each postcode (or output area, LSOA) has.",
    ),
    click.option(
        "--scheme",
        metavar="NAME|FILE",
        help="Segmentation: acorn-2009, acorn-2013, oac-2011, oac-2021, imd-decile or a file.",
    ),
    click.option(
        "--set",
        "sets",
        multiple=True,
        metavar="NAME=CODES",
        help='A named set: HDF=44,46,48,49,51 or "Hard Pressed=category:5". Repeatable.',
    ),
)
_DISCLOSURE = (
    click.option(
        "--policy",
        metavar="NAME|FILE",
        help="Disclosure policy. Default public; internal needs --reason.",
    ),
    click.option("--reason", metavar="TEXT", help="Why exact figures are needed."),
)
_NARRATION = (
    click.option("-q", "--quiet", is_flag=True, help="Say nothing but the result and errors."),
    click.option("-v", "--verbose", is_flag=True, help="Say what is read and mended."),
)
OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace files that exist.")
REPAIR = click.option(
    "--repair",
    is_flag=True,
    help="Place rows whose postcode is one slip off, where exactly one postcode fits.",
)
RELEASE = click.option(
    "--release/--no-release",
    "as_release",
    default=None,
    help="Enter this run into the ledger of releases, or not: a draft. Default: files that a "
    "policy for publishing wrote are entered.",
)
JSON = click.option(
    "--json", "as_json", is_flag=True, help="JSON on standard output, nothing else."
)


def formats(*names: str) -> Callable[[F], F]:
    """Return the option that names file formats; each is a row of `report.formats.FORMATS`."""

    def check(_: click.Context, __: click.Parameter, value: Sequence[str]) -> Sequence[str]:
        from geodemand.report.formats import check_installed

        check_installed(value)
        return value

    return click.option(
        "--format",
        "formats",
        multiple=True,
        callback=check,
        type=click.Choice(names),
        help="Files to write, into --out (default outputs/). Repeatable.",
    )


def inputs(command: F) -> F:
    """Add the options that every command which reads a project has."""
    return _decorated(command, (*_INPUTS, *_DISCLOSURE, *_NARRATION))


def segments(command: F) -> F:
    """Add the options about segments."""
    return _decorated(command, _SEGMENTS)


def _decorated(command: F, options: Sequence[Callable[[F], F]]) -> F:
    for option in reversed(options):
        command = option(command)
    return command


def project_from(given: Mapping[str, Any]) -> Project:
    """Return the project of a run: its file, changed by the options that were given."""
    found = base(given["project_file"])
    if given["postcodes"]:
        found = replace(found, directory=replace(found.directory, postcodes=given["postcodes"]))
    clients = {name: ListEntry(file=path) for name, path in _pairs(given["clients"], "--clients")}
    areas = {name: _areas(text) for name, text in texts(given["areas"], "--areas", "NAME=FILE")}
    sites = {
        name: SitesEntry(*_layer(path)) for name, path in _pairs(given.get("sites", ()), "--sites")
    }
    segments = found.segments
    if given.get("segments"):
        segments = replace(segments, file=given["segments"])
    if given.get("scheme"):
        segments = replace(segments, scheme=given["scheme"])
    sets = dict(texts(given.get("sets", ()), "--set", "HDF=44,46,48"))
    disclosure = found.disclosure
    if given["policy"]:
        disclosure = replace(disclosure, policy=given["policy"])
    if given["reason"]:
        disclosure = replace(disclosure, reason=given["reason"])
    return replace(
        found,
        clients={**found.clients, **clients},
        areas={**found.areas, **areas},
        sites={**found.sites, **sites},
        segments=segments,
        sets={**found.sets, **sets},
        disclosure=disclosure,
    )


def words(text: str | None) -> tuple[str, ...]:
    """Return the words of a comma-separated option."""
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())


def base(path: Path | None) -> Project:
    """Return the project of a file, of the working folder, or an empty one."""
    if path is not None:
        return projects.read(path)
    default = Path(projects.DEFAULT_FILE)
    return projects.read(default) if default.is_file() else Project()


def texts(given: Sequence[str], option: str, example: str) -> list[tuple[str, str]]:
    """Return the names and values of NAME=VALUE options; raise UsageError for any other text."""
    pairs = []
    for text in given:
        name, sign, value = text.partition("=")
        if not (name.strip() and sign and value.strip()):
            mend = f"Write {option} {example}."
            raise UsageError(Fault(option, f"'{text}' is not NAME=VALUE.", mend))
        pairs.append((name.strip(), value.strip()))
    return pairs


def _pairs(given: Sequence[str], option: str) -> list[tuple[str, Path]]:
    return [(name, Path(value)) for name, value in texts(given, option, "NAME=FILE")]


def _areas(text: str) -> AreasEntry:
    """Return the geography of FILE[:LAYER] or column:COLUMN; ./column:… is a file."""
    kind, _, column = text.partition(":")
    if kind == COLUMN and column.strip():
        return AreasEntry(column=column.strip())
    return AreasEntry(*_layer(Path(text)))


def _layer(path: Path) -> tuple[Path, str]:
    """Return file and layer of FILE[:LAYER]; a drive letter's colon names no layer."""
    text = str(path)
    file, colon, layer = text.rpartition(":")
    if path.exists() or not colon or len(file) <= 1 or "/" in layer or "\\" in layer:
        return path, ""
    return Path(file), layer
