"""What the map draws, and the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodemand.api.map_reading import reading_of
from geodemand.api.profile import profile_of
from geodemand.api.profile_options import ProfileOptions, base_columns
from geodemand.api.shared import (
    Progress,
    clipped,
    need_lists,
    policy_of,
    silent,
    study_area,
    who,
)
from geodemand.core import areas, disclosure, ledger, sentences, surface
from geodemand.core.areas import Rate
from geodemand.core.disclosure import Policy, Release
from geodemand.core.geography import NOWHERE, Geography
from geodemand.core.whole import whole_areas
from geodemand.errors import Fault, GeographyError, UsageError
from geodemand.io import study
from geodemand.io.study import Needs, Study
from geodemand.maps.scene import PostcodeDots, Scene, SegmentKey

if TYPE_CHECKING:
    from geodemand.project import Project


@dataclass(frozen=True)
class MapOptions:
    """What `map_page` may be told beside the project: geographies to shade, repair of postcodes."""

    areas: tuple[str, ...] = ()
    repair: bool = False


def map_page(project: Project, options: MapOptions, progress: Progress = silent) -> str:
    """Return the map as one HTML page that opens without a network.

    Raises a GeodemandError for anything in the files or options that the user can put right.
    """
    from geodemand.maps import document  # folium is slow to import

    release, scene = map_parts(project, options, progress)
    progress("page")
    return document.render(release, scene)


def map_parts(
    project: Project, options: MapOptions, progress: Progress = silent
) -> tuple[Release, Scene]:
    """Return what the map draws: the protected figures, and shapes, sites and words beside them."""
    policy = policy_of(project)
    need_lists(project)
    wanted = _map_areas(project, options)
    sites = tuple(name for name in project.sites if name != project.map.places)
    names = (project.map.places,) if project.map.places else ()
    needs = Needs(
        areas=tuple(dict.fromkeys((*wanted, *project.map.outlines))),
        sites=(*sites, *names),
        segments=project.segments.file is not None,
        repair=options.repair,
        bases=base_columns(project.profile.base),
    )
    found = study.load(project, needs, progress)
    shaded = tuple(found.geographies[name] for name in wanted)
    rate = areas.usual_rate(found.places, project.map.base)
    area = study_area(project, found)
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
        outlines=tuple(clipped(found.geographies[name], area) for name in project.map.outlines),
        sites=tuple(found.sites[name] for name in sites),
        place_names=found.sites[project.map.places] if project.map.places else None,
        dots=_dots(found),
        reading=reading_of(project, found),
    )
    return release, scene


def _map_areas(project: Project, options: MapOptions) -> tuple[str, ...]:
    """Return the geographies to shade, each checked; raise GeographyError without polygons."""
    drawn = tuple(name for name in project.areas if not _has_no_polygons(project, name))
    chosen = study.named_areas(
        project, options.areas or project.map.areas or drawn[:1] or tuple(project.areas)
    )
    if not chosen:
        mend = "Give one with --areas NAME=FILE, or in [areas.NAME] of geodemand.toml."
        raise UsageError(Fault("", "no geography to shade is named.", mend))
    bare = [name for name in (*chosen, *project.map.outlines) if _has_no_polygons(project, name)]
    if bare:
        what = "is codes of the directory: an area without a polygon cannot be drawn."
        mend = (
            f"Give a file of boundaries, or leave it to hubs and check. Drawn: {', '.join(drawn)}."
            if drawn
            else "Give a file of boundaries with --areas NAME=FILE."
        )
        raise GeographyError(*(Fault(f"areas '{name}'", what, mend) for name in bare))
    return chosen


def _has_no_polygons(project: Project, name: str) -> bool:
    return name in project.areas and bool(project.areas[name].column)


def _map_release(
    project: Project, found: Study, shaded: tuple[Geography, ...], rate: Rate, policy: Policy
) -> Release:
    tables = {
        "areas": areas.by_area(found.clients, found.places, shaded, rate, policy),
        "whole": whole_areas(found.clients, found.places, shaded, rate, policy),
        "ledger": ledger.ledger(found.matched, policy),
    }
    said: tuple[str, ...] = ()
    if found.segmentation is not None:
        figures = profile_of(project, found, ProfileOptions(), policy)
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
    return sentences.finding(table, who(project)) if table else ""


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
