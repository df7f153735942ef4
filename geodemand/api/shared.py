"""What several commands do with a project before their own work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import shapely

from geodemand.core import disclosure
from geodemand.core.disclosure import Policy, Release
from geodemand.core.geography import Geography
from geodemand.errors import Fault, UsageError
from geodemand.io import definitions, nesting, releases
from geodemand.io.study import Study

if TYPE_CHECKING:
    from geodemand.project import Project

Progress = Callable[[str], None]


def silent(_: str) -> None:
    """Say nothing."""


def policy_of(project: Project) -> Policy:
    """Return the project's disclosure policy; raise DisclosureError where it lacks a reason."""
    entry = project.disclosure
    return definitions.policy(entry.policy).with_reason(entry.reason)


def guarded(
    project: Project, found: Study, policy: Policy, make: Callable[[Policy], Release]
) -> Release:
    """Return what ``make`` makes, audited by itself and against the project's earlier releases."""
    earlier = releases.earlier(project.disclosure.releases, found) if policy.hides else ()
    release = disclosure.guarded(policy, make, earlier, nesting.nested(project.clients))
    return replace(release, postcodes=found.postcodes)


def need_lists(project: Project) -> None:
    """Raise UsageError where a project names no client list."""
    if not project.clients:
        mend = "Give one with --clients NAME=FILE, or in [clients.NAME] of geodemand.toml."
        raise UsageError(Fault("", "no client list is named.", mend))


def study_area(project: Project, found: Study) -> shapely.Geometry | None:
    """Return the shape that the study keeps within, None where the project names none."""
    if not project.directory.within:
        return None
    return shapely.union_all(found.geographies[project.directory.within].shapes)


def clipped(geography: Geography, area: shapely.Geometry | None) -> Geography:
    """Return a geography cut to the study area; areas outside it are left out."""
    if area is None or not geography.drawn:
        return geography
    shapely.prepare(area)
    shapes = geography.shapes.copy()
    partly = ~shapely.contains_properly(area, shapes)
    shapes[partly] = [_areal(shape) for shape in shapely.intersection(shapes[partly], area)]
    return Geography(geography.name, geography.codes, geography.names, shapes, geography.accuracy_m)


def _areal(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the part of a shape that has an area: where two touch they leave lines and points."""
    if isinstance(shape, shapely.Polygon | shapely.MultiPolygon):
        return shape
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.MultiPolygon([part for part in parts if isinstance(part, shapely.Polygon)])


def who(project: Project) -> dict[str, str]:
    """Return how the people of each list are called in a sentence, with their dates if stated."""
    called = {}
    for name, entry in project.clients.items():
        words = f"{entry.label} ({name})" if entry.label else f"{name} clients"
        dated = f", {entry.dates[0]} to {entry.dates[-1]}" if entry.dates else ""
        called[name] = words + dated
    return called
