"""What a project names beside the files of a study: is there such a thing, can it be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from geodemand.core.coterminosity import Relation
from geodemand.io import study
from geodemand.project import MapEntry

if TYPE_CHECKING:
    from geodemand.errors import Gathered
    from geodemand.project import Project

# What [map] may choose of a few; what there is to choose of takes a while to import.
CHOSEN = ("measure", "classes", "surface", "palette", "tiles", "together", "catchments")


def check(project: Project, gathered: Gathered) -> None:
    """Look at the names and files of [profile], [hubs] and [map]; gather what is wrong with them.

    Areas, sites and lists that no entry has, relations that are none, and a basemap or a logo that
    is not there or cannot be read.
    """
    for areas in dict.fromkeys(_areas(project, gathered)):
        gathered.attempt(study.named_areas, project, (areas,))
    if project.map.places:
        gathered.attempt(study.named_sites, project, (project.map.places,))
    if project.profile.meet:
        from geodemand.api.profile_options import known_list

        for name in project.profile.meet:
            gathered.attempt(known_list, name, project.clients, "meet")
    usual = MapEntry()
    if any(getattr(project.map, name) != getattr(usual, name) for name in CHOSEN):
        from geodemand.api import map_layers

        gathered.attempt(map_layers.asked, project)
    if project.map.basemap:
        from geodemand.io import tile_archives

        gathered.attempt(tile_archives.opened, project.map.basemap)
    if project.map.logo:
        from geodemand.io import logos

        gathered.attempt(logos.read, project.map.logo)


def _areas(project: Project, gathered: Gathered) -> Iterator[str]:
    """Give the names of geographies, those of relations among them; relations name sites too."""
    yield from (*project.map.areas, *project.map.outlines, *project.map.context)
    texts = dict.fromkeys((*project.hubs.relations, *project.map.differences))
    if not texts:
        return
    from geodemand.api.hubs import parse_relation  # only where boundaries are compared

    for asked in gathered.each(texts, parse_relation).values():
        yield asked.b
        if asked.relation is Relation.INSIDE:
            gathered.attempt(study.named_sites, project, (asked.a,))
        else:
            yield asked.a
