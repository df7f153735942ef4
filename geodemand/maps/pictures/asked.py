"""Which pictures are asked for: of which lists, showing what, of which part of the map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely

from geodemand.core import clusters
from geodemand.core.surface import Extent
from geodemand.errors import Fault, UsageError
from geodemand.maps.pictures import plates as made
from geodemand.maps.pictures.plates import Plate
from geodemand.maps.pictures.pockets import pockets
from geodemand.maps.pictures.shaded import Shaded, shaded
from geodemand.suggest import did_you_mean

if TYPE_CHECKING:
    from geodemand.core.disclosure import Release
    from geodemand.core.geography import Geography, Sites
    from geodemand.maps.scene import Scene

HEAT, KINDS = "heat", "segments"
NOTHING = "none"
CORNERS = 4
Views: TypeAlias = Mapping[tuple[str, str, str], Shaded]
# Around a place or a service, and around an area as a share of it.
NEAR_M, MARGIN = 4_000.0, 0.06
LEAST_M = 500.0


@dataclass(frozen=True)
class Asked:
    """``lists``: whose pictures; () for all. ``shows``: measures, heat, segments; () for the first.

    ``zoom``: an area, place or service by name or code, or corners in metres; "" for all of the
    map. ``also``: sites, boundaries and clusters drawn too, by name; () for all sites. ``two``: two
    maps a picture, side by side.
    """

    lists: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    zoom: str = ""
    also: tuple[str, ...] = ()
    two: bool = False


def chosen(release: Release, scene: Scene, asked: Asked) -> list[Plate]:
    """Return the pictures: one for each geography, list and measure asked for.

    Lists without a figure of the measure, such as of where lists meet, are left out. Raises
    UsageError, with all faults at once, for what the map does not have.
    """
    views = shaded(release, scene)
    shows = tuple(dict.fromkeys(asked.shows)) or (scene.shading.measure,)
    subjects, measures = (tuple(dict.fromkeys(key[part] for key in views)) for part in (1, 2))
    faults = [
        *_unknown("--lists", asked.lists, subjects),
        *_unknown("--draw", shows, (*measures, HEAT, KINDS)),
        *_unknown(
            "--also", [each for each in asked.also if each != NOTHING], _beside(scene, release)
        ),
    ]
    if faults:
        raise UsageError(*faults)
    extent = _zoomed(scene, asked.zoom) if asked.zoom else None
    lists = tuple(dict.fromkeys(asked.lists)) or subjects
    found = [
        _finished(_with_pockets(plate, release, asked), scene, asked, extent)
        for show in shows
        for plate in _drawn(release, scene, show, lists, views)
    ]
    if not found:
        raise _none(", ".join(shows), "these lists have no such figures.")
    return _paired(found) if asked.two else found


def _paired(found: Sequence[Plate]) -> list[Plate]:
    """Return each two pictures as one, with both maps; raise UsageError where one is left over."""
    if len(found) % 2:
        what = (
            "1 map has nothing beside it."
            if len(found) == 1
            else f"{len(found)} maps are no pairs."
        )
        raise UsageError(Fault("--two", what, "Name two lists, or two measures: --lists CYP,NEET."))
    return [made.beside(*found[place : place + 2]) for place in range(0, len(found), 2)]


def _with_pockets(plate: Plate, release: Release, asked: Asked) -> Plate:
    own = pockets(release, plate.name[0]) if clusters.CLUSTERS in asked.also else None
    return plate if own is None else made.with_pockets(plate, own)


def _drawn(
    release: Release, scene: Scene, show: str, lists: Sequence[str], views: Views
) -> Iterator[Plate]:
    if show == KINDS:
        if scene.dots is None:
            raise _none(KINDS, "no segments are given: --segments and --scheme.")
        yield made.of_kinds(scene, scene.dots)
    elif show == HEAT:
        found = {each.list_name: (each, i) for i, each in enumerate(release.surfaces)}
        if not set(lists) & set(found):
            raise _none(HEAT, "the map has no heat surface of these lists.")
        for name in (each for each in lists if each in found):
            yield made.of_surface(scene, *found[name])
    else:
        for geography in scene.shaded:
            for name in lists:
                view = views[geography.name, name, show]
                if any(value is not None for value in view.values):
                    yield made.of_areas(scene, geography, view, release.policy)


def _none(show: str, why: str) -> UsageError:
    return UsageError(Fault(f"--draw {show}", why, "Draw something else."))


def _unknown(option: str, asked: Sequence[str], known: Sequence[str]) -> list[Fault]:
    return [
        Fault(
            option,
            f"'{name}' is not on this map.",
            did_you_mean(name, list(known)) or f"There is: {', '.join(known)}.",
        )
        for name in asked
        if name not in known
    ]


def _beside(scene: Scene, release: Release) -> tuple[str, ...]:
    """Return what can be drawn beside the figures, by name."""
    found = (clusters.CLUSTERS,) if clusters.CLUSTERS in release.tables else ()
    lines = tuple(each.name for each in _lines(scene))
    return (*(each.name for each in scene.sites), *lines, *found)


def _lines(scene: Scene) -> tuple[Geography, ...]:
    every = (*scene.outlines, *scene.shaded, *scene.catchments, *scene.differences)
    return tuple({each.name: each for each in every if len(each)}.values())


def _finished(plate: Plate, scene: Scene, asked: Asked, extent: Extent | None) -> Plate:
    """Return a picture with what is drawn beside the figures, cut to what is asked for."""
    sites = [each for each in scene.sites if not asked.also or each.name in asked.also]
    lines = [each for each in _lines(scene) if each.name in asked.also]
    names = (*plate.names, *made.names_of(sites, "site"))
    if scene.place_names is not None:
        names = (*names, *made.names_of([scene.place_names], "place"))
    outlines = (*plate.outlines, *lines)
    found = replace(plate, sites=tuple(sites), outlines=outlines, names=names)
    context, background = scene.background.lines, scene.background.pictures
    if background and (plate.heat or plate.dots):
        # The white of areas without a shading would hide it.
        found, context = replace(found, fills=()), (*context, scene.shaded[0])
    found = replace(found, context=context, background=background)
    found = replace(found, key=(*found.key, *made.key_beside(found, scene.reading.titles)))
    if extent is None:
        return found
    return replace(found, extent=extent, name=(*plate.name, asked.zoom))


def _zoomed(scene: Scene, text: str) -> Extent:
    """Return the part of the map that a text names; raise UsageError where it names not one."""
    corners = _corners(text)
    if corners is not None:
        return corners
    marked = (*scene.reading.bookmarks, *([scene.reading.town] if scene.reading.town else []))
    for bookmark in marked:
        if bookmark.name.casefold() == text.strip().casefold():
            return Extent(*bookmark.box)
    found = list(_called(scene, text.strip().casefold()))
    if len(found) == 1:
        return found[0]
    if found:
        mend = "Name it by its code, or give corners: west,south,east,north in metres."
        raise UsageError(
            Fault("--zoom", f"{len(found)} areas or places are called '{text}'.", mend)
        )
    known = [name for points in _points(scene) for name in points.names]
    known += [name for each in _lines(scene) for name in each.names]
    known += [bookmark.name for bookmark in marked]
    mend = did_you_mean(text, known) or "Name an area, place or service of the map."
    raise UsageError(Fault("--zoom", f"no area or place is called '{text}'.", mend))


def _called(scene: Scene, word: str) -> Iterator[Extent]:
    """Yield the surroundings of the first geography's areas, or else places, of a name or code."""
    for geography in (*scene.shaded, *scene.outlines):
        rows = [
            row
            for row, both in enumerate(zip(geography.codes, geography.names, strict=True))
            if word in {each.casefold() for each in both}
        ]
        if rows:
            yield from (_padded(geography.shapes[row]) for row in rows)
            return
    for points in _points(scene):
        rows = [row for row, name in enumerate(points.names) if name.casefold() == word]
        if rows:
            for row in rows:
                x, y = float(points.x[row]), float(points.y[row])
                yield Extent(x - NEAR_M, y - NEAR_M, x + NEAR_M, y + NEAR_M)
            return


def _points(scene: Scene) -> tuple[Sites, ...]:
    places = () if scene.place_names is None else (scene.place_names,)
    return (*scene.sites, *places)


def _padded(shape: shapely.Geometry) -> Extent:
    west, south, east, north = shapely.bounds(shape).tolist()
    pad = MARGIN * max(east - west, north - south)
    return Extent(west - pad, south - pad, east + pad, north + pad)


def _corners(text: str) -> Extent | None:
    parts = text.split(",")
    try:
        numbers = np.array([float(part) for part in parts])
    except ValueError:
        return None
    if len(numbers) != CORNERS or not np.isfinite(numbers).all():
        return None
    west, south, east, north = numbers.tolist()
    if east - west < LEAST_M or north - south < LEAST_M:
        mend = f"Write west,south,east,north, at least {LEAST_M:g} m apart."
        raise UsageError(Fault("--zoom", f"'{text}' is no part of a map.", mend))
    return Extent(west, south, east, north)
