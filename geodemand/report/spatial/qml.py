"""Styles in the words of QGIS (QML): rules with a filter, a label and a symbol each.

Rules and not its graduated classes, because one of our areas may also be withheld, have no figure,
or be zero. Written for QGIS 3.22 and later.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass

from geodemand.report.plain import plain

VERSION = "3.22.0"
EDGE, LAND, GREY, INK = "#4b5763", "#ffffff", "#8a939c", "#1b2530"
HEAD = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"


@dataclass(frozen=True)
class Rule:
    """Features for which ``where`` holds (all, where it is empty) are drawn with ``symbol``."""

    where: str
    label: str
    symbol: ET.Element


def document(rules: Sequence[Rule], named_by: str = "") -> str:
    """Return a style. ``named_by``: the field whose text stands beside each feature, if any."""
    root = ET.Element("qgis", version=VERSION, styleCategories="Symbology|Labeling")
    if named_by:
        root.set("labelsEnabled", "1")
    drawn = ET.SubElement(
        root,
        "renderer-v2",
        type="RuleRenderer",
        symbollevels="0",
        forceraster="0",
        enableorderby="0",
    )
    listed = ET.SubElement(drawn, "rules", key="{root}")
    symbols = ET.SubElement(drawn, "symbols")
    for place, rule in enumerate(rules):
        told = {"key": f"{{rule-{place}}}", "label": plain(rule.label), "symbol": str(place)}
        ET.SubElement(listed, "rule", {**told, **({"filter": rule.where} if rule.where else {})})
        rule.symbol.set("name", str(place))
        symbols.append(rule.symbol)
    if named_by:
        root.append(_labels(named_by))
    return HEAD + ET.tostring(root, encoding="unicode")


def column(name: str) -> str:
    """Return a field's name as an expression has it.

    >>> print(column('CYP "new"_rate'))
    "CYP ""new""_rate"
    """
    return '"' + name.replace('"', '""') + '"'


def filled(colour: str) -> ET.Element:
    """Return a plain fill with a thin edge."""
    return _symbol("fill", _layer("SimpleFill", {**_EDGE, "color": rgba(colour), "style": "solid"}))


def empty() -> ET.Element:
    """Return a dashed edge without a fill: no figure."""
    return _symbol("fill", _layer("SimpleFill", {**_EDGE, "style": "no", "outline_style": "dash"}))


def hatched() -> ET.Element:
    """Return hatching: withheld, not only grey."""
    lines = _layer(
        "LinePatternFill",
        {
            "angle": "45",
            "distance": "1.6",
            "distance_unit": "MM",
            "color": rgba(GREY),
            "line_width": "0.3",
            "line_width_unit": "MM",
        },
    )
    line = _layer(
        "SimpleLine", {"line_color": rgba(GREY), "line_width": "0.3", "line_width_unit": "MM"}
    )
    lines.append(_symbol("line", line, name="@0@1"))
    under = _layer("SimpleFill", {**_EDGE, "color": rgba(LAND), "style": "solid"})
    return _symbol("fill", under, lines)


def outlined(colour: str, dash: str = "") -> ET.Element:
    """Return a boundary without a fill. ``dash``: lengths in millimetres, such as "3;2"."""
    pattern = {"use_custom_dash": "1", "customdash": dash, "customdash_unit": "MM"} if dash else {}
    look = {"line_color": rgba(colour), "line_width": "0.5", "line_width_unit": "MM", **pattern}
    return _symbol("fill", _layer("SimpleLine", look))


def sign(shape: str) -> ET.Element:
    """Return the sign of a service: diamond, square, triangle or circle."""
    return _symbol(
        "marker",
        _layer(
            "SimpleMarker",
            {
                "name": shape,
                "color": rgba(INK),
                "outline_color": rgba(LAND),
                "outline_width": "0.4",
                "outline_width_unit": "MM",
                "size": "3.4",
                "size_unit": "MM",
            },
        ),
    )


def rgba(colour: str) -> str:
    """Return a colour as QGIS writes it.

    >>> rgba("#0b5fa5")
    '11,95,165,255'
    """
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"


_EDGE = {
    "outline_color": rgba(EDGE),
    "outline_style": "solid",
    "outline_width": "0.1",
    "outline_width_unit": "MM",
}


def _symbol(kind: str, *layers: ET.Element, name: str = "") -> ET.Element:
    found = ET.Element("symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0")
    found.extend(layers)
    return found


def _layer(kind: str, look: dict[str, str]) -> ET.Element:
    """Return a layer of a symbol, its properties as QGIS 3 reads them."""
    found = ET.Element("layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    held = ET.SubElement(found, "Option", type="Map")
    for name, value in look.items():
        ET.SubElement(held, "Option", name=name, type="QString", value=value)
    return found


def _labels(field: str) -> ET.Element:
    found = ET.Element("labeling", type="simple")
    settings = ET.SubElement(found, "settings")
    style = ET.SubElement(
        settings,
        "text-style",
        fieldName=field,
        fontSize="8",
        fontSizeUnit="Point",
        textColor=rgba(INK),
        isExpression="0",
    )
    ET.SubElement(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.8",
        bufferSizeUnits="MM",
        bufferColor=rgba(LAND),
    )
    ET.SubElement(settings, "placement", placement="6", dist="1", distUnits="MM")
    return found
