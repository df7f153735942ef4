"""The styles of a map's layers in QGIS: the classes, colours and signs of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from geodemand.maps import palettes
from geodemand.maps.frame import frame
from geodemand.maps.layers import areas
from geodemand.maps.pictures import figures
from geodemand.maps.pictures.plates import because
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
    page: Any = areas.layer(release, scene, frame(scene))
    shaded = iter(page["shaded"])
    heat = iter([each for each in release.surfaces if each.breaks])
    found: list[Style] = []
    signs = lines = 0
    for layer in layers:
        if layer.geometry == "Point":
            shape = SIGNS[signs % len(SIGNS)]
            signs += 1
            found.append(_style(layer, layer.title, [Rule("", layer.title, qml.sign(shape))], "name"))
        elif "class" in {field.name for field in layer.fields}:
            found.append(_of_heat(layer, next(heat), scene))
        elif any(field.of[0] for field in layer.fields):
            found += _of_areas(layer, page, next(shaded), release.policy)
        else:
            colour, dash = LINES[lines % len(LINES)]
            lines += 1
            rule = Rule("", f"{layer.title} boundaries", qml.outlined(colour, dash))
            found.append(_style(layer, layer.title, [rule]))
    return found


def _style(layer: Layer, name: str, rules: Sequence[Rule], named_by: str = "") -> Style:
    return Style(layer.name, name, qml.document(rules, named_by), default=True)


def _of_areas(layer: Layer, page: Any, shaded: Any, policy: Policy) -> Iterator[Style]:  # noqa: ANN401
    """Yield a style for each list and measure that has classes; the rate of the first list first."""
    fields = {field.of: field.name for field in layer.fields if field.of[0]}
    default = True
    for subject, own in zip(page["subjects"], shaded["figures"], strict=True):
        for measure in (each for each in page["measures"] if each["shades"]):
            name = fields.get((subject["name"], measure["key"]))
            view = own.get(measure["key"])
            if name is None or view is None:
                continue
            hidden = fields[(subject["name"], measure["key"] + HIDDEN)]
            rules = _rules(qml.column(name), qml.column(hidden), measure, view, policy)
            title = f"{subject['name']}: {measure['title'].lower()}"
            yield Style(layer.name, title, qml.document(list(rules)), default=default)
            default = False


def _rules(
    field: str, hidden: str, measure: Any, view: Any, policy: Policy  # noqa: ANN401 - the page's data
) -> Iterator[Rule]:
    limits = [0.0, *view["breaks"], None]
    decimals = figures.digits(measure["style"], view["values"])
    for place, colour in enumerate(view["colours"]):
        low, high = limits[place], limits[place + 1]
        own = [v for v in view["values"] if isinstance(v, int | float) and v > 0
               and v >= low and (high is None or v < high)]
        if not own and not measure["fixed"]:
            continue
        label = (
            figures.fixed_span(view["breaks"], place)
            if measure["fixed"]
            else figures.span(measure["style"], min(own), max(own), decimals)
        )
        where = f"{field} >= {low!r}" if place else f"{field} > 0"
        where += "" if high is None else f" AND {field} < {high!r}"
        yield Rule(where, label, qml.filled(colour))
    yield Rule(f"{field} = 0", "Zero: no client", qml.filled(qml.LAND))
    yield Rule(f"{field} IS NULL AND NOT {hidden}", "No figure", qml.empty())
    yield Rule(hidden, f"Withheld (c): {because(policy)}", qml.hatched())


def _of_heat(layer: Layer, surface: Surface, scene: Scene) -> Style:
    names = list(scene.lists)
    own = surface.list_name in names
    place = names.index(surface.list_name) if own else len(names)
    colours = palettes.heat(place, len(surface.breaks))
    limits = [figures.limit(each) for each in surface.breaks]
    spans = [f"{a} to {b}" for a, b in zip(limits, limits[1:], strict=False)]
    rules = [
        Rule(f'"class" = {number}', text, qml.filled(colour))
        for number, (text, colour) in enumerate(
            zip((*spans, f"{limits[-1]} and over"), colours, strict=True), start=1
        )
    ]
    return _style(layer, layer.title, rules)
