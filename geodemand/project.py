"""The project file, geodemand.toml, as frozen dataclasses.

Order of precedence: option, environment (GEODEMAND_PROJECT for the file), file, default.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias, get_type_hints

from geodemand.errors import NO_TEXT, NOT_TOML, ContentError, Fault, UnreadableFileError
from geodemand.sections import CORRECT, Sections

DEFAULT_FILE = "geodemand.toml"
# The type, where a field is called date.
Day: TypeAlias = date
# A page of more megabytes is no longer one that is sent by e-mail.
MOST_MB = 50.0
MOST_BESIDE_MB = 500.0


@dataclass(frozen=True)
class DirectoryEntry:
    """The postcode directory: one file or several, and the study area.

    ``only``: values of the directory's columns that bound the study area. ``within``: a geography
    that does. Without either, all of the directory is the study area.
    """

    postcodes: tuple[Path, ...] = ()
    only: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    within: str = ""


# Segments by postcode, which is what they are unless the project says otherwise.
POSTCODE_KEY = "postcode"


@dataclass(frozen=True)
class SegmentsEntry:
    """Which segment each postcode (or output area, LSOA) has.

    ``key``: "postcode", a column of the directory, or a geography through whose polygons it goes.
    ``none``: codes of the file that stand for no segment, such as one for "unclassified".
    """

    file: Path | None = None
    scheme: str = ""
    key: str = ""
    key_column: str = ""
    code_column: str = ""
    none: tuple[str, ...] = ()


@dataclass(frozen=True)
class ListEntry:
    """A client list: a file, several, or a query over a database connection.

    ``only``: values of columns that a row must have to count. ``ages``: the smallest and largest
    age that count, by the column ``age``. ``dates``: the first and last day that count, by the
    column ``date``. ``sheet``, ``header_row``: of a workbook, or where the header is not found.
    ``hub``: the column with the code or name of the hub that a client uses. ``as_of``: the day of
    the list. ``series``: lists that count the same people at several days share its name.
    """

    file: Path | None = None
    files: tuple[Path, ...] = ()
    url: str = ""
    query: str = ""
    label: str = ""
    sheet: str = ""
    header_row: int = 0
    postcode: str = ""
    id: str = ""
    easting: str = ""
    northing: str = ""
    latitude: str = ""
    longitude: str = ""
    age: str = ""
    ages: tuple[float, ...] = ()
    date: str = ""
    dates: tuple[str, ...] = ()
    only: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    hub: str = ""
    as_of: Day | None = None
    series: str = ""

    @property
    def paths(self) -> tuple[Path, ...]:
        """Return all files of the list."""
        return (*((self.file,) if self.file else ()), *self.files)


@dataclass(frozen=True)
class PhaseEntry:
    """One edition of a geography: it holds from a day until it ends or the next one begins."""

    file: Path
    starts: str
    layer: str = ""
    ends: str = ""


@dataclass(frozen=True)
class AreasEntry:
    """A geography: boundaries in a ``file``, or the codes in a ``column`` of the directory.

    ``accuracy_m``: how far drawn lines may be from the true ones, metres. ``names``: a table that
    names the areas of a column. ``code``, ``name``: which columns of file or names these are.
    ``islands``: codes of the areas that may be in several pieces. ``title``: for readers.
    ``phases``: editions, in place of a file. ``valid_from``, ``valid_to``: columns with the first
    and the last day of each area.
    """

    file: Path | None = None
    layer: str = ""
    code: str = ""
    name: str = ""
    crs: str = ""
    accuracy_m: float = 0.0
    column: str = ""
    names: Path | None = None
    islands: tuple[str, ...] = ()
    title: str = ""
    phases: tuple[PhaseEntry, ...] = ()
    valid_from: str = ""
    valid_to: str = ""


@dataclass(frozen=True)
class SitesEntry:
    """Points: hubs, children's centres, services.

    ``area``: the column with the code or name of the area that each serves. ``title``: for readers.
    """

    file: Path
    layer: str = ""
    code: str = ""
    name: str = ""
    crs: str = ""
    area: str = ""
    title: str = ""


@dataclass(frozen=True)
class SetEntry:
    """A named set of segments: its codes, and the list on which they were chosen, if on one."""

    codes: str
    chosen_on: str = ""


@dataclass(frozen=True)
class ProfileEntry:
    """Defaults of `geodemand profile`. ``meet``: lists asked to meet at a postcode, default all.

    ``base``: what a share is of, one or several: postcodes, households, residents, another column
    of the directory, or "list:NAME".
    """

    levels: tuple[str, ...] = ()
    meet: tuple[str, ...] = ()
    base: tuple[str, ...] = ("postcodes",)


@dataclass(frozen=True)
class HubsEntry:
    """Defaults of `geodemand hubs`. ``relations``: "A,B,same", "A,B,nests" or "SITES,A,inside".

    ``within_m``: how far from a site counts as near, metres.
    """

    relations: tuple[str, ...] = ()
    tolerance: float = 0.01
    width_m: float = 20.0
    within_m: float = 5_000.0


@dataclass(frozen=True)
class MapEntry:
    """Defaults of `geodemand map`. ``areas``: the geographies to shade, in order.

    ``bookmarks``: views to go to, each the names of places, areas or sites that it shows.
    ``measure``: what they are shaded by at first. ``classes``: "quantile", "natural", or limits
    such as "10, 20, 50". ``together``: lists that are also shown added up, "CYP+ACS".
    ``surface``: "rate" against the base, "density" per km², or "none"; ``bandwidth_m``: how far it
    smooths at least. ``context``: geographies whose lines are drawn faintly beneath.
    ``catchments``: by sites, "nearest" or metres. ``differences``: "A,B,same" or "A,B,nests".
    ``basemap``: a file of tiles; ``basemap_mb``: how large it may make the page, or, beside the
    page, ``basemap_beside_mb`` all but the coarsest picture. ``tiles``: address of a tile server;
    ``background``: whose the background is. ``logo``: a picture, and ``logo_words``: what it says,
    for those who do not see it. ``palette``: colours of an amount.
    """

    areas: tuple[str, ...] = ()
    outlines: tuple[str, ...] = ()
    base: str = ""
    places: str = ""
    title: str = ""
    note: str = ""
    marking: str = ""
    source: str = ""
    bookmarks: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    measure: str = "rate"
    classes: str = "quantile"
    together: tuple[str, ...] = ()
    surface: str = "rate"
    bandwidth_m: float = 0.0
    context: tuple[str, ...] = ()
    catchments: Mapping[str, str | float] = field(default_factory=dict)
    differences: tuple[str, ...] = ()
    basemap: Path | None = None
    basemap_mb: float = 3.0
    basemap_beside_mb: float = 0.0
    tiles: str = ""
    background: str = ""
    logo: Path | None = None
    logo_words: str = ""
    palette: str = "blue-green"


@dataclass(frozen=True)
class ReportEntry:
    """Words of reports and workbooks. ``source``, ``marking``: without them the map's."""

    source: str = ""
    date: str = ""
    contact: str = ""
    marking: str = ""


@dataclass(frozen=True)
class DisclosureEntry:
    """The disclosure policy and, for `internal`, the reason.

    ``releases``: the folder of the ledger of releases; several projects may share one.
    """

    policy: str = "public"
    reason: str = ""
    releases: Path = Path("releases")


@dataclass(frozen=True)
class LimitsEntry:
    """``match_rate``: smallest share of rows (0-1) that must be placed, for each list."""

    match_rate: float = 0.0


@dataclass(frozen=True)
class Project:
    """All that one run works on. Paths are absolute or relative to the project file's folder.

    ``on``: the day on which boundaries with dates are asked about.
    """

    title: str = ""
    on: str = ""
    directory: DirectoryEntry = field(default_factory=DirectoryEntry)
    segments: SegmentsEntry = field(default_factory=SegmentsEntry)
    sets: Mapping[str, str | SetEntry] = field(default_factory=dict)
    clients: Mapping[str, ListEntry] = field(default_factory=dict)
    areas: Mapping[str, AreasEntry] = field(default_factory=dict)
    sites: Mapping[str, SitesEntry] = field(default_factory=dict)
    profile: ProfileEntry = field(default_factory=ProfileEntry)
    hubs: HubsEntry = field(default_factory=HubsEntry)
    map: MapEntry = field(default_factory=MapEntry)
    report: ReportEntry = field(default_factory=ReportEntry)
    disclosure: DisclosureEntry = field(default_factory=DisclosureEntry)
    limits: LimitsEntry = field(default_factory=LimitsEntry)

    @property
    def named_sets(self) -> dict[str, SetEntry]:
        """Return the sets, also those that are written as their codes alone."""
        return {
            name: SetEntry(said) if isinstance(said, str) else said
            for name, said in self.sets.items()
        }


def read(file: Path | str) -> Project:
    """Read a project file.

    Raises UnreadableFileError where it is missing, ContentError with all its faults otherwise:
    TOML that does not parse, unknown options (with the nearest known one), values of a wrong kind.
    """
    path = Path(file)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        mend = "Start one with 'geodemand init', or name it with --project."
        raise UnreadableFileError(Fault(str(path), "there is no such file.", mend)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFileError(Fault(str(path), f"cannot be read: {error}.", NO_TEXT)) from error
    except tomllib.TOMLDecodeError as error:
        raise ContentError(Fault(str(path), f"is not valid TOML: {error}.", NOT_TOML)) from error
    sections = Sections(path.parent)
    sections.also(str | SetEntry, lambda value: _set(sections, value))
    found = sections.read(table, Project, str(path))
    _check_values(found, str(path))
    return _beside(found, path.parent, ledger="releases" not in table.get("disclosure", {}))


def _set(sections: Sections, value: object) -> str | SetEntry:
    """Return a set, which is written as its codes alone or as a section of its own."""
    if isinstance(value, dict):
        return sections.made(value, SetEntry)
    return sections.made(value, str)


def _beside(project: Project, folder: Path, *, ledger: bool) -> Project:
    """Return a project whose own policy and scheme, and ledger, are found beside its file."""

    def found(name: str) -> str:
        own = folder / name
        return str(own) if own.suffix in {".toml", ".csv"} and own.is_file() else name

    said = project.disclosure
    return replace(
        project,
        segments=replace(project.segments, scheme=found(project.segments.scheme)),
        disclosure=replace(
            said,
            policy=found(said.policy),
            releases=folder / said.releases if ledger else said.releases,
        ),
    )


def fault_of_areas(name: str, entry: AreasEntry, where: str = "") -> Fault | None:
    """Return what is wrong with a geography that is neither a file nor a column, or both."""
    mend = 'Say file = "…" for boundaries, or column = "…" for codes of the directory.'
    if entry.phases and (entry.file or entry.column):
        both = "Leave out file and column: each phase names its own file."
        return Fault(where, f"[areas.{name}] has phases and a file or column of its own.", both)
    if not entry.file and not entry.column and not entry.phases:
        return Fault(where, f"[areas.{name}] lacks the option 'file' or 'column'.", mend)
    drawn = ("file", "layer", "crs", "accuracy_m", "valid_from", "valid_to")
    others = drawn if entry.column else ("names",)
    odd = [option for option in others if getattr(entry, option)]
    if not odd:
        return None
    kind = "a column of the directory" if entry.column else "a file of boundaries"
    return Fault(where, f"[areas.{name}] is {kind}, which has no {' or '.join(odd)}.", mend)


def _check_values(project: Project, where: str) -> None:
    """Raise ContentError for numbers out of their range, and areas that say no one source."""
    one = 1.0
    ranges = {
        "hubs.tolerance": (project.hubs.tolerance, one, "a share from 0 to 1"),
        "hubs.width_m": (project.hubs.width_m, math.inf, "metres, 0 or more"),
        "hubs.within_m": (project.hubs.within_m, math.inf, "metres, 0 or more"),
        "map.bandwidth_m": (project.map.bandwidth_m, math.inf, "metres, 0 or more"),
        "map.basemap_mb": (project.map.basemap_mb, MOST_MB, f"megabytes, up to {MOST_MB:g}"),
        "map.basemap_beside_mb": (
            *(project.map.basemap_beside_mb, MOST_BESIDE_MB),
            f"megabytes, up to {MOST_BESIDE_MB:g}",
        ),
        "limits.match_rate": (project.limits.match_rate, one, "a share from 0 to 1"),
    } | {
        f"areas.{name}.accuracy_m": (entry.accuracy_m, math.inf, "metres, 0 or more")
        for name, entry in project.areas.items()
    }
    faults = [
        Fault(where, f"option '{option}': {value:g} should be {words}.", CORRECT)
        for option, (value, most, words) in ranges.items()
        if not 0 <= value <= most
    ]
    areas = (fault_of_areas(name, entry, where) for name, entry in project.areas.items())
    faults += [fault for fault in areas if fault]
    if faults:
        raise ContentError(*faults)


def known_options() -> dict[str, list[str]]:
    """Return the options of each section of the project file, for the documentation's test."""
    found = {"": ["title", "on"], "clients": _names(ListEntry)}
    found |= {"areas": _names(AreasEntry), "sites": _names(SitesEntry)}
    hints = get_type_hints(Project)
    return found | {name: _names(hint) for name, hint in hints.items() if is_dataclass(hint)}


def _names(kind: Any) -> list[str]:  # noqa: ANN401 - a dataclass
    return [entry.name for entry in fields(kind)]
