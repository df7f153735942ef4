"""What the map draws, and the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geodemand.api import map_layers
from geodemand.api.map_layers import Asked, Layers
from geodemand.api.map_reading import reading_of
from geodemand.api.profile import tables_of
from geodemand.api.profile_options import ProfileOptions, base_columns
from geodemand.api.shared import (
    Progress,
    clipped,
    guarded,
    need_lists,
    policy_of,
    silent,
    study_area,
    who,
)
from geodemand.core import areas, disclosure, ledger, sentences, together
from geodemand.core.areas import Rate
from geodemand.core.disclosure import Policy, Release
from geodemand.core.whole import whole_areas
from geodemand.errors import Fault, GeographyError, UsageError
from geodemand.io import logos, study
from geodemand.io.study import Needs
from geodemand.maps.scene import Logo, Scene

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
    asked = map_layers.asked(project)
    wanted = _map_areas(project, options, asked)
    sites = _sites(project, asked)
    names = (project.map.places,) if project.map.places else ()
    drawn = (*wanted, *project.map.outlines, *project.map.context, *asked.areas)
    needs = Needs(
        areas=tuple(dict.fromkeys(drawn)),
        sites=tuple(dict.fromkeys((*sites, *names))),
        segments=project.segments.file is not None,
        repair=options.repair,
        bases=base_columns(project.profile.base),
    )
    found = study.load(project, needs, progress)
    shaded = tuple(found.geographies[name] for name in wanted)
    rate = areas.usual_rate(found.places, project.map.base)
    progress("areas and surfaces")
    layers = map_layers.Layers(project, found, asked, shaded)
    warned = tuple(ledger.old_directory(found.matched)) if options.repair else ()
    release = guarded(
        project, found, policy, lambda guard: _map_release(layers, rate, warned, guard)
    )
    return release, _scene(layers, release, rate, sites)


def _scene(layers: Layers, release: Release, rate: Rate, sites: tuple[str, ...]) -> Scene:
    """Return shapes and words beside the figures of a release."""
    project, found = layers.project, layers.found
    area = study_area(project, found)
    return Scene(
        title=project.map.title
        or _finding(project, release)
        or project.title
        or "Where clients live",
        subtitle="",
        note=project.map.note,
        marking=project.map.marking or release.policy.marking,
        source=project.map.source,
        lists=tuple(project.clients),
        rate=rate.words,
        shaded=layers.shaded,
        outlines=tuple(clipped(found.geographies[name], area) for name in project.map.outlines),
        sites=tuple(found.sites[name] for name in sites),
        place_names=found.sites[project.map.places] if project.map.places else None,
        reading=reading_of(project, found),
        dots=map_layers.dots(found),
        shading=layers.asked.shading,
        background=layers.background(),
        catchments=layers.catchments(),
        differences=layers.differences(),
        logo=_logo(project),
    )


def _logo(project: Project) -> Logo:
    path = project.map.logo
    return Logo() if path is None else Logo(logos.read(path), project.map.logo_words)


def _sites(project: Project, asked: Asked) -> tuple[str, ...]:
    """Return the kinds of sites to draw, those with catchments among them."""
    drawn = dict.fromkeys(name for name in project.sites if name != project.map.places)
    return tuple(drawn | dict.fromkeys(asked.catchments))


def _map_areas(project: Project, options: MapOptions, asked: Asked) -> tuple[str, ...]:
    """Return the geographies to shade, each checked; raise GeographyError without polygons."""
    drawn = tuple(name for name in project.areas if not _has_no_polygons(project, name))
    chosen = study.named_areas(
        project, options.areas or project.map.areas or drawn[:1] or tuple(project.areas)
    )
    if not chosen:
        mend = "Give one with --areas NAME=FILE, or in [areas.NAME] of geodemand.toml."
        raise UsageError(Fault("", "no geography to shade is named.", mend))
    drawn_too = (*project.map.outlines, *project.map.context, *asked.areas)
    bare = [name for name in (*chosen, *drawn_too) if _has_no_polygons(project, name)]
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


def _map_release(layers: Layers, rate: Rate, warned: tuple[str, ...], policy: Policy) -> Release:
    project, found, shaded = layers.project, layers.found, layers.shaded
    clients, places = list(found.clients), found.places
    by_area = areas.by_area(clients, places, shaded, rate, policy)
    whole = whole_areas(clients, places, shaded, rate, policy)
    tables = {
        "areas": by_area,
        "whole": whole,
        "ledger": ledger.ledger(found.matched, policy),
    }
    if combined := layers.asked.combined:
        tables["areas_together"] = together.added_up(
            by_area, clients, places, combined, rate, policy
        )
        tables["whole_together"] = together.whole_added_up(whole, combined, rate)
        tables |= together.meeting(clients, places, shaded, combined, policy)
    said: tuple[str, ...] = ()
    if found.segmentation is not None:
        figures, said = tables_of(project, found, ProfileOptions(), policy)
        tables["profile"] = figures["profile"]
    return disclosure.release(policy, tables, layers.surfaces(rate, policy), (*said, *warned))


def _finding(project: Project, release: Release) -> str:
    table = release.tables.get("profile")
    return sentences.finding(table, who(project)) if table else ""
