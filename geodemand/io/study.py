"""From a project to a study: everything read, matched and ready to be counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import duckdb
import numpy as np
import numpy.typing as npt

from geodemand.core import segmentation
from geodemand.core.disclosure import People
from geodemand.core.geography import NOWHERE, Geography, Sites, locate
from geodemand.core.matching import Asked, Directory, Matched
from geodemand.core.tally import POSTCODES, Clients, Places
from geodemand.errors import ContentError, Fault, MatchRateError, UsageError
from geodemand.io import directory, lists, segments, sites, spatial, tables
from geodemand.io.lists import Points
from geodemand.io.segments import POSTCODE_KEY, Segmentation
from geodemand.project import Project
from geodemand.suggest import did_you_mean

Progress = Callable[[str], None]
Entry = TypeVar("Entry")
Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True)
class Study:
    """What one run works on.

    ``matched``: the outcome of matching by list name. ``places``: where clients can be, with
    segment and areas. ``geographies``, ``sites``: by name, as asked for. ``notes``: what was mended
    or passed over on reading. ``left_out``: rows that are not on a list, by list and why.
    """

    directory: Directory
    matched: Mapping[str, Matched]
    places: Places
    segmentation: Segmentation | None
    geographies: Mapping[str, Geography]
    sites: Mapping[str, Sites]
    notes: tuple[str, ...] = ()
    left_out: Mapping[str, Mapping[str, People]] = field(default_factory=dict)

    @property
    def clients(self) -> list[Clients]:
        """Return the lists as counted at places."""
        return [Clients(name, m.places, m.clients) for name, m in self.matched.items()]


@dataclass(frozen=True)
class Needs:
    """What a command needs of a project, so that nothing is read in vain."""

    areas: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    segments: bool = False
    repair: bool = False
    unplaced: bool = False


def load(project: Project, needs: Needs, progress: Progress = lambda _: None) -> Study:
    """Read what a command needs and match every list.

    Raises a GeodemandError that names the file, or MatchRateError under the project's limit.
    """
    connection = tables.connect()
    wanted = _areas_needed(project, needs)
    progress("boundaries")
    geographies = {name: _geography(project, name) for name in wanted}
    progress("postcode directory")
    book = _directory(connection, project, geographies)
    points = Points(book, geographies.get(project.directory.within))
    listed = {}
    asked = Asked(repair=needs.repair, unplaced=needs.unplaced)
    for name, entry in project.clients.items():
        progress(f"list {name}")
        listed[name] = lists.match(connection, name, entry, points, asked)
    matched = {name: each.matched for name, each in listed.items()}
    _check_rates(project, matched)
    progress("places")
    places = _places(book, points, geographies)
    found = None
    if needs.segments:
        found, codes = segments.read(connection, project, book, places, geographies)
        places = replace(places, segment=codes)
    found_sites = {
        name: sites.read(
            connection, name, _entry(project.sites, name, "sites", "--sites NAME=FILE"), book
        )
        for name in needs.sites
    }
    said = [(name, each.notes) for name, each in listed.items()]
    said += [(each.name, each.notes) for each in geographies.values()]
    notes = tuple(f"{name}: {note}" for name, each in said for note in each)
    left_out = {name: each.left_out for name, each in listed.items()}
    return Study(book, matched, places, found, geographies, found_sites, notes, left_out)


def _areas_needed(project: Project, needs: Needs) -> list[str]:
    wanted = [*needs.areas, project.directory.within]
    if needs.segments and project.segments.key in project.areas:
        wanted.append(project.segments.key)
    return list(dict.fromkeys(name for name in wanted if name))


def _geography(project: Project, name: str) -> Geography:
    entry = _entry(project.areas, name, "areas", "--areas NAME=FILE")
    return spatial.read_areas(
        name,
        entry.file,
        layer=entry.layer,
        code=entry.code,
        label=entry.name,
        reference=entry.crs,
        accuracy_m=entry.accuracy_m,
    )


def _entry(entries: Mapping[str, Entry], name: str, kind: str, option: str) -> Entry:
    if name not in entries:
        hint = did_you_mean(name, entries) or (
            f"Known: {', '.join(entries)}." if entries else f"Give it with {option}."
        )
        raise UsageError(Fault("", f"there are no {kind} named '{name}'.", hint))
    return entries[name]


def _directory(
    connection: duckdb.DuckDBPyConnection, project: Project, geographies: Mapping[str, Geography]
) -> Directory:
    entry = project.directory
    if not entry.postcodes:
        mend = "Give it with --postcodes FILE, or as postcodes in [directory] of geodemand.toml."
        raise UsageError(Fault("", "no postcode directory is named.", mend))
    key = project.segments.key
    codes = [key] if key and key != POSTCODE_KEY and key not in project.areas else []
    book = directory.read(connection, entry.postcodes, codes, entry.only)
    # Codes say more than coordinates: a postcode on the coast may fall beside a drawn line.
    if entry.within and not entry.only:
        inside = locate(geographies[entry.within], book.x, book.y) != NOWHERE
        book = replace(book, inside=inside)
    if not book.live.any():
        where = ", ".join(str(path) for path in entry.postcodes)
        mend = "Check [directory] only and within, and the coordinates of the boundaries."
        raise ContentError(Fault(where, "holds no live postcode in the study area.", mend))
    return book


def _check_rates(project: Project, matched: Mapping[str, Matched]) -> None:
    limit = project.limits.match_rate
    mend = "Is the postcode column the right one, and does the directory cover the area?"
    faults = []
    for name, found in matched.items():
        where = ", ".join(map(str, project.clients[name].paths)) or f"list {name}"
        if found.match_rate == 0:
            faults.append(Fault(where, f"not one row of the list {name} could be placed.", mend))
        elif found.match_rate < limit:
            # Not how many: this goes to logs, and of a short list it tells too much.
            what = f"fewer than {limit:.0%} of the list {name} could be placed"
            faults.append(Fault(where, f"{what}, which the project asks for.", mend))
    if faults:
        raise MatchRateError(*faults)


def _places(book: Directory, points: Points, geographies: Mapping[str, Geography]) -> Places:
    extra = len(points.x)

    def longer(column: npt.NDArray[Kind], more: npt.ArrayLike) -> npt.NDArray[Kind]:
        # A national directory is not copied for nothing.
        return np.concatenate([column, np.asarray(more, dtype=column.dtype)]) if extra else column

    x, y = longer(book.x, points.x), longer(book.y, points.y)
    base = longer(book.live, np.zeros(extra))
    weights = {POSTCODES: base.astype(float)}
    for name, weight in book.weights.items():
        weights[name] = longer(weight, np.zeros(extra)) * base
    return Places(
        x=x,
        y=y,
        base=base,
        weights=weights,
        segment=np.full(len(x), segmentation.NONE),
        areas={name: locate(geography, x, y) for name, geography in geographies.items()},
        postcode=longer(np.arange(len(book)), points.nearest),
    )


def named_areas(project: Project, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of geographies, each checked against the project; raise UsageError."""
    chosen = tuple(names)
    for name in chosen:
        _entry(project.areas, name, "areas", "--areas NAME=FILE")
    return chosen
