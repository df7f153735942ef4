"""What one picture shows, before anything is drawn: fills, lines, signs, names and the key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodemand.core.surface import Extent
from geodemand.maps import palettes, shapes
from geodemand.maps.frame import Frame, frame
from geodemand.maps.layers.subjects import british_day
from geodemand.maps.layers.words import british
from geodemand.maps.pictures import figures
from geodemand.maps.pictures.figures import plural
from geodemand.maps.pictures.shaded import (
    CLASS,
    NO_FIGURE,
    WITHHELD,
    ZERO,
    Look,
    Shaded,
    because,
    heat_words,
)

if TYPE_CHECKING:
    from geodemand.core.disclosure import FloatArray, Policy, Surface
    from geodemand.core.geography import Geography, Shapes, Sites
    from geodemand.io.basemap import Part
    from geodemand.maps.scene import PostcodeDots, Scene

LINE, SIGN, DOT = "line", "sign", "dot"
RING = "#8c2d04"
# More areas than these are too many for the name of each.
MOST_NAMED = 60


@dataclass(frozen=True)
class Fill:
    """Shapes that are drawn alike. ``look``: a class with its colour, zero, none or withheld."""

    shapes: Shapes
    look: str
    colour: str = ""


@dataclass(frozen=True)
class Heat:
    """A heat surface and the colours of its classes above the lowest."""

    surface: Surface
    colours: tuple[str, ...]


@dataclass(frozen=True)
class Dots:
    """Points of one colour and form. Reference postcodes, never clients."""

    x: FloatArray
    y: FloatArray
    colour: str
    form: int


@dataclass(frozen=True)
class Name:
    """A name on the map: ``lines``, or where these have no room ``short``.

    ``x``, ``y``: metres. ``kind``: area, site or place. ``radius``: the room around it, metres; 0
    for all that there is.
    """

    lines: tuple[str, ...]
    x: float
    y: float
    kind: str
    short: tuple[str, ...] = ()
    radius: float = 0.0


@dataclass(frozen=True)
class KeyLine:
    """A line of the key: what a colour, a line or a sign stands for."""

    look: str
    text: str
    aside: str = ""
    colour: str = ""
    form: int = 0


@dataclass(frozen=True)
class KeyPart:
    """A part of the key, with its heading, its unit and a note."""

    title: str
    lines: tuple[KeyLine, ...]
    unit: str = ""
    note: str = ""


@dataclass(frozen=True)
class Plate:
    """One picture. ``title``: its finding. ``motto``: what the map as a whole says.

    ``context``: lines drawn faintly. ``outlines``, ``sites``: drawn and explained in the key.
    ``rings``: clusters of need. ``background``: the user's own map beneath. ``description``: all of
    it in words, for those who do not see it. ``name``: for files. ``right``: another map on the
    same sheet, beside this one.
    """

    name: tuple[str, ...]
    title: str
    motto: str
    description: str
    extent: Extent
    fills: tuple[Fill, ...] = ()
    heat: Heat | None = None
    dots: tuple[Dots, ...] = ()
    context: tuple[Geography, ...] = ()
    outlines: tuple[Geography, ...] = ()
    sites: tuple[Sites, ...] = ()
    names: tuple[Name, ...] = ()
    key: tuple[KeyPart, ...] = ()
    rings: Geography | None = None
    background: tuple[Part, ...] = ()
    right: Plate | None = None


def of_areas(scene: Scene, geography: Geography, view: Shaded, policy: Policy) -> Plate:
    """Return areas shaded by a measure, in the classes that the page has."""
    looks = view.looks()
    fills = [
        Fill(geography.shapes[np.array([look == each for look in looks])], *_fill(each, view))
        for each in sorted(set(looks))
    ]
    title = finding(view, geography)
    called = scene.reading.titles.get(geography.name, geography.name)
    told = [f"Map of {called} shaded by {view.title.lower()}.", f"{title}.",
            *_told(view, geography)]  # fmt: skip
    return Plate(
        name=(view.subject, view.measure, geography.name),
        title=title,
        motto=british(scene.title),
        description=" ".join(told),
        extent=_extent(scene),
        fills=tuple(fills),
        names=tuple(_area_names(view, geography, frame(scene))),
        key=(_shade_key(view, policy, _who(scene, view.subject)),),
    )


def of_surface(scene: Scene, surface: Surface, place: int) -> Plate:
    """Return a heat surface, the release's so many-th, over the lines of the first geography."""
    colours = palettes.heat(place, len(surface.breaks))
    classes = heat_words(surface.breaks)
    lines = [KeyLine(CLASS, text, colour=c) for text, c in zip(classes, colours, strict=True)]
    title = (
        f"{surface.list_name}: where there are most {surface.unit}"
        if classes
        else f"{surface.list_name}: too few places with clients for a surface"
    )
    smoothed = (
        f"Smoothed over {figures.number(surface.bandwidth_m)} m or more. "
        "Shows neighbourhoods, not addresses."
        if classes
        else ""
    )
    who = _who(scene, surface.list_name)
    note = " ".join(part for part in (f"{who}." if who else "", smoothed) if part)
    return Plate(
        name=(surface.list_name, "heat"),
        title=title,
        motto=british(scene.title),
        description=f"Map. {title}. Classes of {surface.unit}: {'; '.join(classes) or 'none'}.",
        extent=_extent(scene),
        fills=(Fill(scene.shaded[0].shapes, ZERO),),
        heat=Heat(surface, colours),
        key=(KeyPart(f"Heat surface, {surface.list_name}", tuple(lines), surface.unit, note),),
    )


def of_kinds(scene: Scene, dots: PostcodeDots) -> Plate:
    """Return reference postcodes by kind of neighbourhood, a dot each."""
    forms = len(palettes.KINDS)
    groups = [
        Dots(
            dots.x[dots.segment == place],
            dots.y[dots.segment == place],
            palettes.KINDS[place % forms],
            place,
        )
        for place in range(len(dots.key))
    ]
    lines = tuple(
        KeyLine(DOT, each.name, plural(len(group.x), "postcode"), group.colour, group.form)
        for each, group in zip(dots.key, groups, strict=True)
    )
    title = "Kinds of neighbourhood, a dot for each postcode"
    told = "; ".join(f"{line.text}: {line.aside}" for line in lines)
    return Plate(
        name=("segments",),
        title=title,
        motto=british(scene.title),
        description=f"Map. {title}: {told}.",
        extent=_extent(scene),
        fills=(Fill(scene.shaded[0].shapes, ZERO),),
        dots=tuple(groups),
        key=(KeyPart("Kinds of neighbourhood", lines, "a dot for each postcode"),),
    )


def finding(view: Shaded, geography: Geography) -> str:
    """Return the sentence that a reader takes away: where a figure is highest and lowest."""
    known = [
        (float(value), name)
        for value, name in zip(view.values, geography.names, strict=True)
        if isinstance(value, int | float)
    ]
    hidden = sum(map(figures.hidden, view.values))
    every = plural(len(view.values), "area")
    if not known:
        return f"{view.subject}: no figure may be shown for any of {every}"
    low, high = min(known)[0], max(known)[0]
    per = f" {view.unit or 'clients'}" if view.style in {"rate", "count"} else ""
    what = "index " if view.style == "index" else ""
    least, most = f"{what}{view.written(low)}", f"{what}{view.written(high)}{per}"
    many = len(view.values) > MOST_NAMED
    aside = f"; {f'{hidden} of {every} are' if many else hidden} withheld" if hidden else ""
    if low == high:
        return f"{view.subject}: {most} in {plural(len(known), 'area')}{aside}"
    lowest = "" if many else f"; lowest in {_where(known, low)}, {least}"
    return f"{view.subject}: highest in {_where(known, high)}, {most}{lowest}{aside}"


def names_of(points: Sequence[Sites], kind: str) -> list[Name]:
    """Return the names of services or places, in the order of the file: the first matter most."""
    return [
        Name((name,), float(x), float(y), kind)
        for each in points
        for name, x, y in zip(each.names, each.x, each.y, strict=True)
        if np.isfinite(x) and np.isfinite(y)
    ]


def key_beside(plate: Plate, titles: Mapping[str, str]) -> tuple[KeyPart, ...]:
    """Return the part of the key that explains services and boundaries, if there are any.

    ``titles``: how geographies and sites are called for readers, by name.
    """
    lines = [
        KeyLine(SIGN, titles.get(each.name, each.name), form=form)
        for form, each in enumerate(plate.sites)
    ]
    lines += [
        KeyLine(LINE, _lined(each.name, titles), form=form)
        for form, each in enumerate(plate.outlines)
    ]
    return (KeyPart("Also shown", tuple(lines)),) if lines else ()


def _lined(name: str, titles: Mapping[str, str]) -> str:
    return f"{titles[name]} boundaries" if name in titles else name


def with_pockets(plate: Plate, own: Geography) -> Plate:
    """Return a picture with clusters: rings, their names, and in the key what was found in each."""
    bounds = shapely.bounds(own.shapes)
    names = [
        Name((code,), float((west + east) / 2), float(north), "site")
        for code, (west, _, east, north) in zip(own.codes, bounds, strict=True)
    ]
    lines = [
        KeyLine(LINE, code, said, colour=RING)
        for code, said in zip(own.codes, own.names, strict=True)
    ]
    part = KeyPart(own.name, tuple(lines), "more clients than chance would give")
    told = "; ".join(f"{line.text}: {line.aside}" for line in lines)
    return replace(
        plate,
        rings=own,
        names=(*names, *plate.names),
        key=(*plate.key, part),
        description=f"{plate.description} {own.name}: {told}.",
    )


def beside(left: Plate, right: Plate) -> Plate:
    """Return a picture of two maps side by side, with one view."""
    return replace(
        left,
        name=(*left.name, "and", *right.name),
        title=f"{left.title}. Beside it: {right.title}",
        description=f"Two maps. Left: {left.description} Right: {right.description}",
        right=replace(right, extent=left.extent),
    )


def _extent(scene: Scene) -> Extent:
    sheet = frame(scene)
    return Extent(sheet.west, sheet.south, sheet.west + sheet.width, sheet.south + sheet.height)


def _fill(look: Look, view: Shaded) -> tuple[str, str]:
    kind, place = look
    return kind, view.colours[place] if kind == CLASS else ""


def _where(known: Sequence[tuple[float, str]], value: float) -> str:
    names = sorted(name for each, name in known if each == value)
    return names[0] if len(names) == 1 else f"{len(names)} areas"


def _told(view: Shaded, geography: Geography) -> list[str]:
    """Return the figures of few areas in words; of many, how many there are."""
    if len(geography) > MOST_NAMED:
        return [f"{plural(len(geography), 'area')}; the table has each."]
    pairs = zip(geography.names, map(view.said, view.values), strict=True)
    said = [f"{name} {text or 'no figure'}" for name, text in pairs]
    return [f"{'; '.join(said)}."] if said else []


def _who(scene: Scene, subject: str) -> str:
    """Return who is on a list, and when: "CYP: children and young people, as at 1 May 2026"."""
    label = scene.reading.labels.get(subject)
    dated = scene.reading.dates.get(subject)
    day = british_day(dated.day) if dated else ""
    parts = (f"{subject}: {label}" if label else "", f"as at {day}" if day else "")
    return ", ".join(part for part in parts if part)


def _shade_key(view: Shaded, policy: Policy, who: str) -> KeyPart:
    lines = [
        KeyLine(CLASS, text, plural(count, "area"), view.colours[place])
        for place, text, count in view.classes()
    ]
    looks = [look for look, _ in view.looks()]
    for look, text, why in (
        (ZERO, "Zero", "no client"),
        (NO_FIGURE, "No figure", ""),
        (WITHHELD, "Withheld (c)", because(policy)),
    ):
        count = looks.count(look)
        if count or (look == WITHHELD and policy.threshold):
            aside = ", ".join(part for part in (why, plural(count, "area")) if part)
            lines.append(KeyLine(look, text, aside))
    return KeyPart(f"{view.title}, {view.subject}", tuple(lines), view.unit, who)


def _area_names(view: Shaded, geography: Geography, sheet: Frame) -> list[Name]:
    """Return the name and figure of each area, the one with most room first."""
    if len(geography) > MOST_NAMED:
        return []
    x, y, radius = shapes.anchors(geography.shapes, sheet)
    said = ["c" if figures.hidden(value) else view.said(value) for value in view.values]
    return [
        Name(
            tuple(each for each in (geography.names[row], said[row]) if each),
            float(x[row] + sheet.west),
            float(y[row] + sheet.south),
            "area",
            tuple(each for each in (said[row],) if each),
            float(radius[row]),
        )
        for row in np.lexsort((np.arange(len(radius)), -radius)).tolist()
    ]
