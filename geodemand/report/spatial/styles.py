"""The styles of a map's layers in QGIS: the classes, colours and signs of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from geodemand.maps import palettes
from geodemand.maps.pictures.shaded import Shaded, because, heat_words, shaded
from geodemand.report.spatial import qml
from geodemand.report.spatial.geopackage import Style
from geodemand.report.spatial.layers import HIDDEN
from geodemand.report.spatial.qml import Rule

if TYPE_CHECKING:
    from geodemand.core.disclosure import Policy, Release, Surface
    from geodemand.maps.scene import Scene
    from geodemand.report.spatial.layers import Layer

SIGNS = ("diamond", "square", "triangle", "circle")
LINES = (("#1b2530", ""), ("#a3195b", "3;2"), ("#0b5fa5", "0.8;1.2"), ("#7a4b00", "4;1.5;1;1.5"))


def styles(release: Release, scene: Scene, layers: Sequence[Layer]) -> list[Style]:
    """Return the styles of layers as `map` writes them: one a list and measure for shaded areas.

    The first of a layer is the one that QGIS starts with.
    """
    views = list(shaded(release, scene).values())
    geographies = iter(scene.shaded)
    heat = iter([(each, i) for i, each in enumerate(release.surfaces) if each.breaks])
    found: list[Style] = []
    signs = lines = 0
    for layer in layers:
        if layer.geometry == "Point":
            shape = SIGNS[signs % len(SIGNS)]
            signs += 1
            found.append(
                _style(layer, layer.title, [Rule("", layer.title, qml.sign(shape))], "name")
            )
        elif "class" in {field.name for field in layer.fields}:
            found.append(_of_heat(layer, *next(heat)))
        elif any(field.of[0] for field in layer.fields):
            name = next(geographies).name
            own = [view for view in views if view.geography == name]
            own.sort(key=lambda view: view.measure != scene.shading.measure)
            found += _of_areas(layer, own, release.policy)
        else:
            colour, dash = LINES[lines % len(LINES)]
            lines += 1
            rule = Rule("", f"{layer.title} boundaries", qml.outlined(colour, dash))
            found.append(_style(layer, layer.title, [rule]))
    return found


def _style(layer: Layer, name: str, rules: Sequence[Rule], named_by: str = "") -> Style:
    return Style(layer.name, name, qml.document(rules, named_by), default=True)


def _of_areas(layer: Layer, views: Sequence[Shaded], policy: Policy) -> Iterator[Style]:
    """Yield a style for each list and measure: the first list's first measure first."""
    fields = {field.of: field.name for field in layer.fields if field.of[0]}
    default = True
    for view in views:
        name = fields.get((view.subject, view.measure))
        if name is None or all(value is None for value in view.values):
            continue
        hidden = fields[view.subject, view.measure + HIDDEN]
        rules = list(_rules(qml.column(name), qml.column(hidden), view, policy))
        title = f"{view.subject}: {view.title.lower()}"
        yield Style(layer.name, title, qml.document(rules), default=default)
        default = False


def _rules(field: str, hidden: str, view: Shaded, policy: Policy) -> Iterator[Rule]:
    upper = (*view.breaks, None)
    for place, words, _ in view.classes():
        where = f"{field} >= {view.breaks[place - 1]!r}" if place else f"{field} > 0"
        where += "" if upper[place] is None else f" AND {field} < {upper[place]!r}"
        yield Rule(where, words, qml.filled(view.colours[place]))
    yield Rule(f"{field} = 0", "Zero: no client", qml.filled(qml.LAND))
    yield Rule(f"{field} IS NULL AND NOT {hidden}", "No figure", qml.empty())
    yield Rule(hidden, f"Withheld (c): {because(policy)}", qml.hatched())


def _of_heat(layer: Layer, surface: Surface, place: int) -> Style:
    colours = palettes.heat(place, len(surface.breaks))
    classes = zip(heat_words(surface.breaks), colours, strict=True)
    rules = [
        Rule(f'"class" = {number}', text, qml.filled(colour))
        for number, (text, colour) in enumerate(classes, start=1)
    ]
    return _style(layer, layer.title, rules)
