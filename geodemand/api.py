"""What the commands do, for Python: a project in, a `Release` (or a page) out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodemand.core import (
    areas,
    checks,
    coterminosity,
    disclosure,
    ledger,
    mismatches,
    sentences,
    surface,
    tally,
)
from geodemand.core import profile as profiles
from geodemand.core.areas import Rate
from geodemand.core.coterminosity import Limits, Pair, Points, Relation
from geodemand.core.disclosure import Clients, Listed, Policy, Release, Table
from geodemand.core.geography import NOWHERE, Geography
from geodemand.core.overlay import overlay
from geodemand.errors import Fault, GeographyError, UsageError
from geodemand.io import definitions, study
from geodemand.io.study import Needs, Study
from geodemand.maps.scene import PostcodeDots, Scene, SegmentKey
from geodemand.suggest import did_you_mean

if TYPE_CHECKING:
    from geodemand.project import Project

Progress = Callable[[str], None]
RELATION_PARTS = 3
FEWEST_GEOGRAPHIES = 2


def _silent(_: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class ProfileOptions:
    """What `profile` may be told beside the project.

    ``levels`` of segments to show; ``base`` that a share is of; lists asked to ``meet`` at a
    postcode; ``repair`` of postcodes.
    """

    levels: tuple[str, ...] = ()
    base: str = ""
    meet: tuple[str, ...] = ()
    repair: bool = False


@dataclass(frozen=True)
class MapOptions:
    """What `map_page` may be told beside the project: geographies to shade, repair of postcodes."""

    areas: tuple[str, ...] = ()
    repair: bool = False


def policy_of(project: Project) -> Policy:
    """Return the project's disclosure policy; raise DisclosureError where it lacks a reason."""
    entry = project.disclosure
    return definitions.policy(entry.policy).with_reason(entry.reason)


def profile(
    project: Project, options: ProfileOptions = ProfileOptions(), progress: Progress = _silent
) -> Release:
    """Return which kinds of neighbourhood clients come from: ledger, profile and co-presence.

    Raises a GeodemandError for anything in the files that the user can put right.
    """
    policy = policy_of(project)
    _need_lists(project)
    found = study.load(project, Needs(segments=True, repair=options.repair), progress)
    progress("profile")
    return _profile(project, found, options, policy)


def _profile(project: Project, found: Study, options: ProfileOptions, policy: Policy) -> Release:
    segmentation = found.segmentation
    assert segmentation is not None  # noqa: S101 - loaded with segments
    levels = options.levels or project.profile.levels or segmentation.levels()[:1]
    asked = profiles.groups(segmentation.scheme, segmentation.finest, levels, segmentation.sets)
    base = options.base or project.profile.base
    table = profiles.profile(found.clients, found.places, asked, policy, base)
    tables = {
        "ledger": ledger.ledger(found.matched, policy),
        "profile": table,
        "copresence": _copresence(project, found, options.meet, policy),
    }
    said = tuple(sentences.of_profile(table, _labels(project)))
    return disclosure.release(policy, tables, sentences=said)


def _copresence(project: Project, found: Study, meet: Sequence[str], policy: Policy) -> Table:
    segmentation = found.segmentation
    assert segmentation is not None  # noqa: S101 - loaded with segments
    wanted = tuple(meet) or project.profile.meet or tuple(found.matched)
    unknown = [name for name in wanted if name not in found.matched]
    if unknown:
        hint = did_you_mean(unknown[0], found.matched) or f"Lists: {', '.join(found.matched)}."
        raise UsageError(Fault("meet", f"there is no list '{unknown[0]}'.", hint))
    members = []
    for chosen in segmentation.sets:
        member = np.append(segmentation.scheme.members(chosen, segmentation.finest), [False])
        members.append(member[found.places.segment])
    clients = [each for each in found.clients if each.name in wanted]
    return profiles.copresence(clients, found.places, segmentation.sets, members, policy)


@dataclass(frozen=True)
class CheckOptions:
    """What `check` may be told beside the project: metres that count as near a border, repair."""

    edge_m: float = checks.DEFAULT_EDGE_M
    repair: bool = False


def check_rows(
    project: Project, options: CheckOptions | None = None, progress: Progress = _silent
) -> tuple[Release, Listed]:
    """Return what `check` does, and the rows that could not be placed: personal data.

    Raises DisclosureError, before anything is read, under a policy that lists no clients.
    """
    disclosure.need_listing(policy_of(project))
    release, rows = _check(project, options or CheckOptions(), progress, unplaced=True)
    return release, disclosure.listed(release.policy, rows)


def check(
    project: Project, options: CheckOptions | None = None, progress: Progress = _silent
) -> Release:
    """Return whether everything that a project names can be read and how far it can be trusted.

    Tables: ledger, coverage, borders, faults (overlaps and gaps within a geography), notes (what
    was mended or left out on reading). Sentences: the verdict first, then what somebody should
    look at.
    """
    release, _ = _check(project, options or CheckOptions(), progress, unplaced=False)
    return release


def _check(
    project: Project, options: CheckOptions, progress: Progress, *, unplaced: bool
) -> tuple[Release, dict[str, Clients]]:
    policy = policy_of(project)
    segments = project.segments.file is not None
    needs = Needs(
        areas=tuple(project.areas),
        sites=tuple(project.sites),
        segments=segments,
        repair=options.repair,
        unplaced=unplaced,
    )
    found = study.load(project, needs, progress)
    progress("coverage and borders")
    asked = checks.coverages(found.places, segments=segments)
    doubts = checks.verdict(found.matched, found.places, asked)
    tables = {
        "ledger": ledger.ledger(found.matched, policy),
        "coverage": checks.coverage(found.clients, found.places, asked, policy),
        "borders": checks.near_border(
            found.clients, found.places, found.geographies, options.edge_m, policy
        ),
        "faults": disclosure.concatenate(
            "faults", [checks.faults_within(each) for each in found.geographies.values()]
        ),
        "notes": Table("notes", {"note": disclosure.Labels(found.notes)}, "Mended or left out"),
    }
    points = "one point" if len(doubts) == 1 else f"{len(doubts)} points"
    said = (f"Look at {points} before you quote a figure.", *doubts)
    ready = ("Everything can be read, placed and covered: ready.",)
    rows = {name: each.unplaced for name, each in found.matched.items() if each.unplaced}
    return disclosure.release(policy, tables, sentences=said if doubts else ready), rows


@dataclass(frozen=True)
class Asked:
    """A pair of geographies by name, and the relation asked of it."""

    a: str
    b: str
    relation: Relation


def hubs(
    project: Project,
    relations: Sequence[Asked] = (),
    limits: Limits | None = None,
    progress: Progress = _silent,
) -> Release:
    """Return whether geographies share their boundaries: ledger, pairs and mismatches.

    ``relations``: what is asked; without it the project's, without those every pair, "same".
    Raises UsageError for fewer than two geographies, GeographyError where two do not meet.
    """
    policy = policy_of(project)
    asked = tuple(relations) or tuple(parse_relation(text) for text in project.hubs.relations)
    asked = asked or _every_pair(project)
    wanted = study.named_areas(
        project, dict.fromkeys(name for each in asked for name in (each.a, each.b))
    )
    limits = limits or Limits(project.hubs.tolerance, project.hubs.width_m)
    found = study.load(project, Needs(areas=wanted), progress)
    area = _study_area(project, found)
    cut = {name: _clipped(found.geographies[name], area) for name in wanted}
    tables: dict[str, list[Table]] = {"pairs": [], "mismatches": []}
    for each in asked:
        progress(f"{each.a} and {each.b}")
        pair = Pair(cut[each.a], cut[each.b], each.relation)
        for table in _compare(pair, found, limits, policy):
            tables[table.name].append(table)
    pairs = disclosure.concatenate("pairs", tables["pairs"])
    return disclosure.release(
        policy,
        {
            "ledger": ledger.ledger(found.matched, policy),
            "pairs": pairs,
            "mismatches": disclosure.concatenate("mismatches", tables["mismatches"]),
        },
        sentences=tuple(sentences.of_pairs(pairs, limits.tolerance)),
    )


def parse_relation(text: str) -> Asked:
    """Return the relation that "A,B,same" or "A,B,nests" asks; raise UsageError otherwise."""
    parts = [part.strip() for part in text.split(",")]
    known = [relation.value for relation in Relation]
    if len(parts) != RELATION_PARTS or parts[2] not in known:
        mend = f"Write A,B,{known[0]} or A,B,{known[1]} (A nests in B)."
        raise UsageError(Fault("", f"'{text}' is no relation between two geographies.", mend))
    return Asked(parts[0], parts[1], Relation(parts[2]))


def _every_pair(project: Project) -> tuple[Asked, ...]:
    if len(project.areas) < FEWEST_GEOGRAPHIES:
        mend = "Give at least two with --areas NAME=FILE, or in [areas] of geodemand.toml."
        raise UsageError(Fault("", "two geographies are needed to compare.", mend))
    return tuple(Asked(a, b, Relation.SAME) for a, b in combinations(project.areas, 2))


def _study_area(project: Project, found: Study) -> shapely.Geometry | None:
    if not project.directory.within:
        return None
    return shapely.union_all(found.geographies[project.directory.within].shapes)


def _clipped(geography: Geography, area: shapely.Geometry | None) -> Geography:
    """Return a geography cut to the study area; areas outside it are left out."""
    if area is None:
        return geography
    shapely.prepare(area)
    shapes = geography.shapes.copy()
    partly = ~shapely.contains_properly(area, shapes)
    shapes[partly] = shapely.intersection(shapes[partly], area)
    return Geography(geography.name, geography.codes, geography.names, shapes, geography.accuracy_m)


def _compare(pair: Pair, found: Study, limits: Limits, policy: Policy) -> tuple[Table, Table]:
    pieces = overlay(pair.a, pair.b)
    if not ((pieces.a != NOWHERE) & (pieces.b != NOWHERE)).any():
        mend = "Are both of the same part of the country, and in the right coordinate system?"
        where = f"{pair.a.name} and {pair.b.name}"
        raise GeographyError(Fault(where, "do not meet anywhere.", mend))
    points = _points(pair, found)
    weighed = coterminosity.weigh(pair, pieces, points)
    return (
        coterminosity.pairs(pair, weighed, limits, policy),
        mismatches.mismatches(pair, pieces, points, weighed, limits, policy),
    )


def _points(pair: Pair, found: Study) -> Points:
    """Return postcodes and clients with the area of each geography that they are in."""
    places = found.places
    used = np.flatnonzero(places.base | _held(found))
    position = np.full(len(places), NOWHERE)
    position[used] = np.arange(len(used))
    people = {each.name: tally.spread(each, position, len(used)) for each in found.clients}
    return Points(
        x=places.x[used],
        y=places.y[used],
        a=places.areas[pair.a.name][used],
        b=places.areas[pair.b.name][used],
        weights={name: weight[used] for name, weight in places.weights.items()},
        people=people,
    )


def _held(found: Study) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    held = np.zeros(len(found.places), dtype=bool)
    for each in found.clients:
        held[each.places] = True
    return held


def _need_lists(project: Project) -> None:
    if not project.clients:
        mend = "Give one with --clients NAME=FILE, or in [clients.NAME] of geodemand.toml."
        raise UsageError(Fault("", "no client list is named.", mend))


def map_page(project: Project, options: MapOptions, progress: Progress = _silent) -> str:
    """Return the map as one HTML page that opens without a network.

    Raises a GeodemandError for anything in the files or options that the user can put right.
    """
    from geodemand.maps import document  # folium is slow to import

    release, scene = map_parts(project, options, progress)
    progress("page")
    return document.render(release, scene)


def map_parts(
    project: Project, options: MapOptions, progress: Progress = _silent
) -> tuple[Release, Scene]:
    """Return what the map draws: the protected figures, and shapes, sites and words beside them."""
    policy = policy_of(project)
    _need_lists(project)
    wanted = _map_areas(project, options)
    sites = tuple(name for name in project.sites if name != project.map.places)
    names = (project.map.places,) if project.map.places else ()
    needs = Needs(
        areas=tuple(dict.fromkeys((*wanted, *project.map.outlines))),
        sites=(*sites, *names),
        segments=project.segments.file is not None,
        repair=options.repair,
    )
    found = study.load(project, needs, progress)
    shaded = tuple(found.geographies[name] for name in wanted)
    rate = areas.usual_rate(found.places, project.map.base)
    area = _study_area(project, found)
    progress("areas and surfaces")
    release = _map_release(project, found, shaded, rate, policy)
    scene = Scene(
        title=project.map.title
        or _finding(project, release)
        or project.title
        or "Where clients live",
        subtitle=f"{', '.join(project.clients)}: {rate.words}, by {wanted[0]}",
        note=project.map.note,
        marking=project.map.marking or policy.marking,
        source=project.map.source,
        lists=tuple(project.clients),
        rate=rate.words,
        shaded=shaded,
        outlines=tuple(_clipped(found.geographies[name], area) for name in project.map.outlines),
        sites=tuple(found.sites[name] for name in sites),
        place_names=found.sites[project.map.places] if project.map.places else None,
        dots=_dots(found),
    )
    return release, scene


def _map_areas(project: Project, options: MapOptions) -> tuple[str, ...]:
    chosen = options.areas or project.map.areas or tuple(project.areas)[:1]
    if not chosen:
        mend = "Give one with --areas NAME=FILE, or in [areas.NAME] of geodemand.toml."
        raise UsageError(Fault("", "no geography to shade is named.", mend))
    return study.named_areas(project, chosen)


def _map_release(
    project: Project, found: Study, shaded: tuple[Geography, ...], rate: Rate, policy: Policy
) -> Release:
    tables = {
        "areas": areas.by_area(found.clients, found.places, shaded, rate, policy),
        "ledger": ledger.ledger(found.matched, policy),
    }
    said: tuple[str, ...] = ()
    if found.segmentation is not None:
        figures = _profile(project, found, ProfileOptions(), policy)
        tables["profile"] = figures.tables["profile"]
        said = figures.sentences
    bounds = shapely.total_bounds(np.concatenate([each.shapes for each in shaded]))
    extent = surface.Extent(*(float(edge) for edge in bounds))
    surfaces = tuple(
        surface.heat_surface(
            each.name,
            found.places.x[each.places],
            found.places.y[each.places],
            each.counts,
            extent,
            policy,
        )
        for each in found.clients
    )
    return disclosure.release(policy, tables, surfaces, said)


def _finding(project: Project, release: Release) -> str:
    table = release.tables.get("profile")
    return sentences.finding(table, _labels(project)) if table else ""


def _labels(project: Project) -> dict[str, str]:
    return {name: entry.label for name, entry in project.clients.items()}


def _dots(found: Study) -> PostcodeDots | None:
    """Return the postcodes of the base with their category: reference data, no client."""
    if found.segmentation is None:
        return None
    scheme, finest = found.segmentation.scheme, found.segmentation.finest
    base = np.flatnonzero(found.places.base)
    segment = found.places.segment[base]
    top = np.append(scheme.positions(finest, scheme.levels[0]), NOWHERE)
    members = [
        (chosen.name, np.append(scheme.members(chosen, finest), False)[segment])
        for chosen in found.segmentation.sets
    ]
    codes = scheme.codes(scheme.levels[0])
    return PostcodeDots(
        found.places.x[base],
        found.places.y[base],
        top[segment],
        tuple(SegmentKey(code, scheme.label(scheme.levels[0], code)) for code in codes),
        tuple((name, np.flatnonzero(member)) for name, member in members),
    )
