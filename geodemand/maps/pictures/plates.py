"""What one picture shows, before anything is drawn: fills, lines, signs, names and the key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodemand.core.surface import Extent
from geodemand.maps import palettes, shapes
from geodemand.maps.frame import Frame, frame
from geodemand.maps.layers import areas
from geodemand.maps.pictures import figures
from geodemand.maps.pictures.figures import plural, span, written

if TYPE_CHECKING:
    from geodemand.core.disclosure import FloatArray, Policy, Release, Surface, Value
    from geodemand.core.geography import Geography, Shapes, Sites
    from geodemand.maps.scene import PostcodeDots, Scene

CLASS, ZERO, NO_FIGURE, WITHHELD = "class", "zero", "none", "withheld"
LINE, SIGN, DOT = "line", "sign", "dot"
# More areas than these are too many for the name of each.
MOST_NAMED = 60
UNKNOWN = "#8a939c"


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
    """A name on the map: ``lines``, or where there is no room ``short``. ``radius``: room, metres."""

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
    """One picture. ``title``: its finding. ``context``: what the map as a whole says.

    ``description``: all of it in words, for those who do not see it. ``name``: for files.
    """

    name: tuple[str, ...]
    title: str
    context: str
    description: str
    extent: Extent
    fills: tuple[Fill, ...] = ()
    heat: Heat | None = None
    dots: tuple[Dots, ...] = ()
    outlines: tuple[Geography, ...] = ()
    sites: tuple[Sites, ...] = ()
    names: tuple[Name, ...] = ()
    key: tuple[KeyPart, ...] = field(default=())


def of_areas(
    release: Release, scene: Scene, geography: Geography, subject: str, shows: str
) -> Plate:
    """Return areas shaded by a measure, in the classes that the page has."""
    page: Any = areas.layer(release, scene, frame(scene))
    place = [each.name for each in scene.shaded].index(geography.name)
    names = [each["name"] for each in page["subjects"]]
    measure = next(each for each in page["measures"] if each["key"] == shows)
    view = page["shaded"][place]["figures"][names.index(subject)].get(shows)
    view = view or {"values": [None] * len(geography), "breaks": [], "colours": ["#ffffff"]}
    values: list[Value] = view["values"]
    decimals = figures.digits(measure["style"], values)
    looks = [_look(value, view["breaks"]) for value in values]
    fills = [
        Fill(geography.shapes[np.array([look == each for look in looks])], *_fill(each, view))
        for each in sorted(set(looks))
    ]
    title = _finding(measure, subject, geography, values, decimals)
    key = _shade_key(measure, view, looks, decimals, release.policy, subject)
    return Plate(
        name=(subject, shows, geography.name),
        title=title,
        context=scene.title,
        description=" ".join([f"Map of {geography.name} shaded by {measure['title'].lower()}.",
                              title, *_told(geography, measure, values, decimals)]),
        extent=_extent(scene),
        fills=tuple(fills),
        names=tuple(_area_names(geography, measure, values, decimals, frame(scene))),
        key=(key,),
    )


def of_surface(scene: Scene, surface: Surface) -> Plate:
    """Return a heat surface over the lines of the first geography."""
    unit = getattr(surface, "unit", "clients per km²")
    subjects = list(scene.lists)
    place = subjects.index(surface.list_name) if surface.list_name in subjects else len(subjects)
    colours = palettes.heat(place, len(surface.breaks))
    land = scene.shaded[0].shapes
    limits = [figures.limit(each) for each in surface.breaks]
    spans = [f"{a} to {b}" for a, b in zip(limits, limits[1:], strict=False)]
    spans += [f"{limits[-1]} and over"] if limits else []
    lines = [KeyLine(CLASS, text, colour=c) for text, c in zip(spans, colours, strict=True)]
    how = f"Smoothed over {figures.number(surface.bandwidth_m)} m or more"
    title = (
        f"{surface.list_name}: where clients live close together"
        if surface.breaks
        else f"{surface.list_name}: too few places with clients for a surface"
    )
    return Plate(
        name=(surface.list_name, "heat"),
        title=title,
        context=scene.title,
        description=f"Map. {title}. Classes of {unit}: {'; '.join(spans) or 'none'}.",
        extent=_extent(scene),
        fills=(Fill(land, ZERO),),
        heat=Heat(surface, colours),
        key=(KeyPart(f"Clusters, {surface.list_name}", tuple(lines), unit,
                     f"{how}. Shows clusters, not addresses."),),
    )


def of_kinds(scene: Scene, dots: PostcodeDots) -> Plate:
    """Return reference postcodes by kind of neighbourhood, a dot each."""
    forms = len(palettes.KINDS)
    groups = [
        Dots(dots.x[dots.segment == place], dots.y[dots.segment == place],
             palettes.KINDS[place % forms], place)
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
        context=scene.title,
        description=f"Map. {title}: {told}.",
        extent=_extent(scene),
        fills=(Fill(scene.shaded[0].shapes, ZERO),),
        dots=tuple(groups),
        key=(KeyPart("Kinds of neighbourhood", lines, "a dot for each postcode"),),
    )


def _extent(scene: Scene) -> Extent:
    sheet = frame(scene)
    return Extent(sheet.west, sheet.south, sheet.west + sheet.width, sheet.south + sheet.height)


def _look(value: Value, breaks: Sequence[float]) -> tuple[str, int]:
    """Return how an area is drawn: withheld, none, zero, or its class."""
    if figures.hidden(value):
        return WITHHELD, 0
    if not isinstance(value, int | float):
        return NO_FIGURE, 0
    return (ZERO, 0) if value == 0 else (CLASS, sum(value >= each for each in breaks))


def _fill(look: tuple[str, int], view: Any) -> tuple[str, str]:  # noqa: ANN401 - the page's data
    kind, place = look
    return kind, view["colours"][place] if kind == CLASS else ""


def _finding(
    measure: Any, subject: str, geography: Geography, values: Sequence[Value], decimals: int  # noqa: ANN401
) -> str:
    """Return the sentence that a reader takes away: where it is highest and lowest."""
    known = [(float(v), name) for v, name in zip(values, geography.names, strict=True)
             if isinstance(v, int | float)]
    hidden = sum(map(figures.hidden, values))
    if not known:
        return f"{subject}: no figure may be shown for any of {plural(len(values), 'area')}"
    (low, _), (high, _) = min(known), max(known)
    per = f" {measure['unit']}" if measure["style"] == "rate" else ""
    what = "index " if measure["style"] == "index" else ""
    least, most = (f"{what}{written(measure['style'], v, decimals)}" for v in (low, high))
    where = _where(known, high)
    many = len(values) > MOST_NAMED
    held = f"{hidden} of {plural(len(values), 'area')} are" if many else f"{hidden}"
    aside = f"; {held} withheld" if hidden else ""
    if low == high:
        return f"{subject}: {most}{per} in {plural(len(known), 'area')}{aside}"
    lowest = "" if many else f"; lowest in {_where(known, low)}, {least}"
    return f"{subject}: highest in {where}, {most}{per}{lowest}{aside}"


def _where(known: Sequence[tuple[float, str]], value: float) -> str:
    names = sorted(name for each, name in known if each == value)
    return names[0] if len(names) == 1 else f"{len(names)} areas"


def _told(
    geography: Geography, measure: Any, values: Sequence[Value], decimals: int  # noqa: ANN401
) -> list[str]:
    """Return the figures of few areas in words; of many, how many there are."""
    if len(values) > MOST_NAMED:
        return [f"{plural(len(values), 'area')}; the table has each."]
    said = [
        f"{name} {'withheld' if figures.hidden(v) else written(measure['style'], v, decimals)}"
        for name, v in zip(geography.names, values, strict=True)
        if v is not None and (isinstance(v, int | float) or figures.hidden(v))
    ]
    return [f"{'; '.join(said)}."] if said else []


def _shade_key(
    measure: Any,  # noqa: ANN401 - the page's data
    view: Any,  # noqa: ANN401 - the page's data
    looks: Sequence[tuple[str, int]],
    decimals: int,
    policy: Policy,
    subject: str,
) -> KeyPart:
    lines = []
    for place, colour in enumerate(view["colours"]):
        own = [float(v) for v, look in zip(view["values"], looks, strict=True)
               if look == (CLASS, place)]
        if not own and not measure["fixed"]:
            continue
        text = (
            figures.fixed_span(view["breaks"], place)
            if measure["fixed"]
            else span(measure["style"], min(own), max(own), decimals)
        )
        lines.append(KeyLine(CLASS, text, plural(len(own), "area"), colour))
    for look, text, why in (
        (ZERO, "Zero", "no client"),
        (NO_FIGURE, "No figure", ""),
        (WITHHELD, "Withheld (c)", because(policy)),
    ):
        count = sum(each == look for each, _ in looks)
        if count or (look == WITHHELD and policy.threshold):
            aside = ", ".join(part for part in (why, plural(count, "area")) if part)
            lines.append(KeyLine(look, text, aside))
    return KeyPart(f"{measure['title']}, {subject}", tuple(lines), measure["unit"])


def because(policy: Policy) -> str:
    """Return why a figure is withheld, in a few words."""
    if not policy.threshold:
        return "to protect people"
    return f"1 to {policy.threshold} clients, or too few to say"


def _area_names(
    geography: Geography, measure: Any, values: Sequence[Value], decimals: int, sheet: Frame  # noqa: ANN401
) -> list[Name]:
    """Return the name and figure of each area, the one with most room first."""
    if len(geography) > MOST_NAMED:
        return []
    x, y, radius = shapes.anchors(geography.shapes, sheet)
    said = [
        "c" if figures.hidden(v) else written(measure["style"], v, decimals)
        if isinstance(v, int | float) else ""
        for v in values
    ]
    order = np.lexsort((np.arange(len(radius)), -radius)).tolist()
    return [
        Name(
            tuple(each for each in (geography.names[i], said[i]) if each),
            float(x[i] + sheet.west), float(y[i] + sheet.south), "area",
            tuple(each for each in (said[i],) if each), float(radius[i]),
        )
        for i in order
    ]


def names_of(points: Sequence[Sites], kind: str) -> list[Name]:
    """Return the names of services or places, in the order of the file: the first matter most."""
    return [
        Name((name,), float(x), float(y), kind)
        for each in points
        for name, x, y in zip(each.names, each.x, each.y, strict=True)
        if np.isfinite(x) and np.isfinite(y)
    ]


def key_beside(plate: Plate) -> tuple[KeyPart, ...]:
    """Return the part of the key that explains services and boundaries, if there are any."""
    lines = [KeyLine(SIGN, each.name, form=form) for form, each in enumerate(plate.sites)]
    lines += [
        KeyLine(LINE, f"{each.name} boundaries", form=form)
        for form, each in enumerate(plate.outlines)
    ]
    return (KeyPart("Also shown", tuple(lines)),) if lines else ()
