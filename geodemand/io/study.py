"""From a project to a study: everything read, matched and ready to be counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import duckdb
import numpy as np
import numpy.typing as npt

from geodemand.core.disclosure import BoolArray, Exact, FloatArray, IntArray
from geodemand.core.geography import NOWHERE, Geography, Sites, locate
from geodemand.core.matching import Asked, Directory, Matched
from geodemand.core.single_rows import RowAt
from geodemand.core.tally import POSTCODES, Clients, Places
from geodemand.errors import ContentError, Fault, Gathered, MatchRateError, UsageError
from geodemand.io import coded, dated, directory, lists, spatial, tables
from geodemand.io.coded import Coded
from geodemand.io.lists import Points
from geodemand.project import POSTCODE_KEY, AreasEntry, Project, fault_of_areas
from geodemand.suggest import did_you_mean

if TYPE_CHECKING:
    from geodemand.io.segments import Segmentation

Progress = Callable[[str], None]
Entry = TypeVar("Entry")
LONGEST_SHOWN = 30
Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True)
class Study:
    """What one run works on.

    ``connection`` reads files. ``matched``: the outcome of matching by list
    name. ``places``: where clients can be, with segment and areas. ``geographies``, ``sites``: by
    name, as asked for. ``notes``: what was mended or passed over on reading. ``left_out``: rows
    that are not on a list, by list and why.
    """

    connection: duckdb.DuckDBPyConnection
    directory: Directory
    matched: Mapping[str, Matched]
    places: Places
    segmentation: Segmentation | None
    geographies: Mapping[str, Geography]
    sites: Mapping[str, Sites]
    notes: tuple[str, ...] = ()
    left_out: Mapping[str, Mapping[str, Exact]] = field(default_factory=dict)

    def keys(self, places: IntArray) -> list[str]:
        """Return the postcodes of places of the directory, without a space."""
        return self.directory.lookup.texts(places)

    def postcodes(self) -> list[str | None]:
        """Return the postcode of each place; None for points, whose place is a client's own."""
        size = len(self.directory)
        return [*self.keys(np.arange(size)), *[None] * (len(self.places.x) - size)]

    @property
    def clients(self) -> list[Clients]:
        """Return the lists as counted at places."""
        return [Clients(name, m.places, m.clients) for name, m in self.matched.items()]


@dataclass(frozen=True)
class Needs:
    """What a command needs of a project, so that nothing is read in vain.

    ``bases``: columns of the directory that a share may be of.
    """

    areas: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    segments: bool = False
    repair: bool = False
    bases: tuple[str, ...] = ()
    unplaced: bool = False


def load(project: Project, needs: Needs, progress: Progress = lambda _: None) -> Study:
    """Read what a command needs and match every list.

    Raises a GeodemandError with the faults of all files, or MatchRateError under the project's
    limit.
    """
    opened = tables.connecting()  # while boundaries are read
    wanted = _areas_needed(project, needs)
    gathered = Gathered()
    progress("boundaries")
    drawn = gathered.each(
        [name for name, entry in wanted.items() if not entry.column],
        lambda name: read_geography(name, wanted[name], project.on),
    )
    columns = {name: entry for name, entry in wanted.items() if entry.column}
    connection = opened()
    progress("postcode directory")
    coded_by = [entry.column for entry in columns.values()]
    if project.directory.within in wanted.keys() - drawn.keys():
        gathered.settle()
    book = gathered.must(_directory, connection, project, drawn, coded_by, needs.bases)
    files = project.directory.postcodes
    by_code = gathered.each(
        columns, lambda name: coded.read(connection, name, columns[name], book, files)
    )
    # The codes of areas are numbers by now; a national column of them takes 10 MB.
    kept = {name: each for name, each in book.codes.items() if name == project.segments.key}
    book = replace(book, codes=kept)
    geographies = {
        name: by_code[name].geography if name in by_code else drawn[name]
        for name in wanted
        if name in by_code or name in drawn
    }
    points = Points(book, drawn.get(project.directory.within))
    asked = Asked(repair=needs.repair, unplaced=needs.unplaced)

    def list_of(name: str) -> lists.Listed:
        progress(f"list {name}")
        return lists.match(connection, name, project.clients[name], points, asked)

    listed = gathered.each(project.clients, list_of)
    matched = {name: each.matched for name, each in listed.items()}
    gathered.attempt(_check_rates, project, matched)
    progress("places")
    places = _places(book, points, geographies, by_code)
    found = None
    if needs.segments and project.segments.key not in wanted.keys() - geographies.keys():
        from geodemand.io import segments  # `hubs` has no use for them

        read = gathered.attempt(segments.read, connection, project, book, places, geographies)
        if read is not None:
            found, codes = read
            places = replace(places, segment=codes)
    found_sites = gathered.each(needs.sites, lambda name: _sites(connection, project, name, book))
    gathered.settle()
    said = [(name, each.notes) for name, each in listed.items()]
    said += [(each.name, each.notes) for each in geographies.values()]
    if points.x:
        note = "Clients by coordinates count in the area of their nearest live postcode."
        said += [(name, (note,)) for name in by_code]
    notes = tuple(f"{name}: {note}" for name, each in said for note in each)
    left_out = {name: each.left_out for name, each in listed.items()}
    return Study(
        connection, book, matched, places, found, geographies, found_sites, notes, left_out
    )


def users(
    project: Project, found: Study, name: str, hubs: Sequence[str], areas: str
) -> tuple[IntArray, Exact]:
    """Return where the clients of a list live whose column ``hub`` holds one of some values.

    That is, for each place of theirs the area of a geography, -1 for none, and how many of them.
    Nobody where no row holds such a value.
    """
    entry = project.clients[name]
    points = Points(found.directory, found.geographies.get(project.directory.within))
    own = replace(entry, only={**entry.only, entry.hub: tuple(hubs)})
    try:
        listed = lists.match(found.connection, name, own, points, Asked())
    except ContentError as error:
        if not all(fault.what.endswith("has no row.") for fault in error.faults):
            raise  # the list itself was read, but not with this column
        return np.empty(0, dtype=np.int64), Exact(np.empty(0, dtype=np.int64))
    geography, known = found.geographies[areas], found.places.areas[areas]
    more = locate(geography, np.array(points.x), np.array(points.y))
    area = np.concatenate([known[: len(found.directory)], more])
    return area[listed.matched.places], listed.matched.clients


def clients_at(project: Project, found: Study, name: str, wanted: IntArray) -> list[RowAt]:
    """Return the rows at which clients of a list at some places are counted: personal data.

    The list is read again; its points are known by where they are.
    """
    points = Points(found.directory, found.geographies.get(project.directory.within))
    size = len(found.directory)
    xy = zip(found.places.x[size:].tolist(), found.places.y[size:].tolist(), strict=True)
    known = {at: place for place, at in enumerate(xy, size)}

    def ours(place: IntArray) -> IntArray:
        own = [known[at] for at in zip(points.x, points.y, strict=True)]
        return np.append(np.arange(size), own).astype(np.int64)[place]

    def are_wanted(place: IntArray) -> BoolArray:
        found: BoolArray = (place != NOWHERE) & np.isin(ours(place), wanted)
        return found

    entry = project.clients[name]
    rows = lists.clients_at(found.connection, name, entry, points, are_wanted)
    places = ours(np.array([row[-1] for row in rows], dtype=np.int64))
    return [(*row[:-1], place) for row, place in zip(rows, places.tolist(), strict=True)]


def _areas_needed(project: Project, needs: Needs) -> dict[str, AreasEntry]:
    """Return the entries of all geographies that are needed, each checked."""
    within = project.directory.within
    names = [*needs.areas, within]
    if needs.segments and project.segments.key in project.areas:
        names.append(project.segments.key)
    wanted = {
        name: _entry(project.areas, name, "areas", "--areas NAME=FILE") for name in names if name
    }
    faults = [fault for name, each in wanted.items() if (fault := fault_of_areas(name, each))]
    if faults:
        raise ContentError(*faults)
    if within and wanted[within].column:
        what = f"the areas '{within}' have no polygons to be within."
        mend = f'Bound the study area by codes: only = {{ {wanted[within].column} = ["…"] }}.'
        raise UsageError(Fault("[directory]", what, mend))
    return wanted


def read_geography(name: str, entry: AreasEntry, day: str) -> Geography:
    """Read the boundaries of a geography, as they are on a day where it has dates."""
    entry, valid = dated.on_day(name, entry, day)
    assert entry.file is not None  # noqa: S101 - checked before
    return spatial.read_areas(
        name,
        entry.file,
        layer=entry.layer,
        code=entry.code,
        label=entry.name,
        reference=entry.crs,
        accuracy_m=entry.accuracy_m,
        valid=valid,
    )


def _sites(
    connection: duckdb.DuckDBPyConnection, project: Project, name: str, book: Directory
) -> Sites:
    from geodemand.io import sites  # `profile` and `hubs` have no use for them

    entry = _entry(project.sites, name, "sites", "--sites NAME=FILE")
    return sites.read(connection, name, entry, book)


def _entry(entries: Mapping[str, Entry], name: str, kind: str, option: str) -> Entry:
    if name not in entries:
        hint = did_you_mean(name, entries) or (
            f"Known: {', '.join(entries)}." if entries else f"Give it with {option}."
        )
        raise UsageError(Fault("", f"there are no {kind} named '{name}'.", hint))
    return entries[name]


def _directory(
    connection: duckdb.DuckDBPyConnection,
    project: Project,
    geographies: Mapping[str, Geography],
    codes: Sequence[str],
    bases: Sequence[str],
) -> Directory:
    """Read the directory with the columns that areas and segments need, and the study area."""
    entry = project.directory
    if not entry.postcodes:
        mend = "Give it with --postcodes FILE, or as postcodes in [directory] of geodemand.toml."
        raise UsageError(Fault("", "no postcode directory is named.", mend))
    key = project.segments.key
    own = [key] if key and key != POSTCODE_KEY and key not in project.areas else []
    counted = [base for base in bases if base not in {POSTCODES, *directory.WEIGHTS}]
    kept = list({name.casefold(): name for name in (*counted, *codes, *own)}.values())
    book = directory.read(connection, entry.postcodes, kept, entry.only)
    found = {name: _numbers(book, name, entry.postcodes) for name in counted if name in book.codes}
    book = replace(book, weights={**book.weights, **found})
    # Codes say more than coordinates: a postcode on the coast may fall beside a drawn line.
    if entry.within and not entry.only:
        inside = locate(geographies[entry.within], book.x, book.y) != NOWHERE
        book = replace(book, inside=inside)
    if not book.live.any():
        where = ", ".join(str(path) for path in entry.postcodes)
        mend = "Check [directory] only and within, and the coordinates of the boundaries."
        raise ContentError(Fault(where, "holds no live postcode in the study area.", mend))
    return book


def _numbers(book: Directory, column: str, paths: Sequence[Path]) -> FloatArray:
    """Return a column of the directory that counts something; blank is none."""
    found, strange = [], []
    for text in book.codes[column]:
        plain = (text or "").strip()
        try:
            found.append(float(plain or 0))
        except ValueError:
            found.append(math.nan)
        if not 0 <= found[-1] < math.inf:
            strange.append(plain)
    if strange:
        where = ", ".join(str(path) for path in paths)
        what = (
            f"the base '{column}' is no column of counts: it holds '{strange[0][:LONGEST_SHOWN]}'."
        )
        raise ContentError(Fault(where, what, "Name a column of numbers, 0 or more."))
    return np.array(found)


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
            what = f"fewer than {100 * limit:.0f} % of the list {name} could be placed"
            faults.append(Fault(where, f"{what}, which the project asks for.", mend))
    if faults:
        raise MatchRateError(*faults)


def _places(
    book: Directory,
    points: Points,
    geographies: Mapping[str, Geography],
    by_code: Mapping[str, Coded],
) -> Places:
    """Return postcodes and points with their areas, by polygons or by the directory's codes."""
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
        segment=np.broadcast_to(NOWHERE, len(x)),  # a national one would be 20 MB of nothing
        areas={
            name: by_code[name].of_places(points.nearest)
            if name in by_code
            else locate(geography, x, y)
            for name, geography in geographies.items()
        },
        postcode=longer(np.arange(len(book)), points.nearest),
    )


def named_sites(project: Project, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of kinds of sites, each checked against the project; raise UsageError."""
    chosen = tuple(names)
    for name in chosen:
        _entry(project.sites, name, "sites", "--sites NAME=FILE")
    return chosen


def named_areas(project: Project, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of geographies, each checked against the project; raise UsageError."""
    chosen = tuple(names)
    for name in chosen:
        _entry(project.areas, name, "areas", "--areas NAME=FILE")
    return chosen
