"""What a file of maps holds: layers of fields and shapes, before any format.

A withheld figure is null, with true in the field beside it that ends in ``_withheld``; a figure
that cannot be formed is null with false there. Every layer says its policy in the last field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import shapely

from geodemand.core.disclosure import (
    WITHHELD,
    Facts,
    Labels,
    Protected,
    Release,
    Surface,
    Table,
    Value,
)
from geodemand.core.geography import Geography, Shapes, Sites, TableShapes
from geodemand.maps.layers.areas import TABLES
from geodemand.report.plain import plain

Drawn: TypeAlias = Geography | Sites | TableShapes

# Boundaries are written to a centimetre, metres.
GRID_M = 0.01
TEXT, WHOLE, REAL, FLAG = "text", "whole", "real", "flag"
KEYS = ("code", "name")
# What tells the rows of one area apart in the table of areas.
ROW_KEYS = ("geography", *KEYS, "list")
LIST = "list"
HIDDEN = "_withheld"
# What the formats call their own columns, and what SQLite keeps for itself.
TAKEN = ("fid", "geom", "geometry", "id", "rowid")
MOST_LETTERS = 60


@dataclass(frozen=True)
class Field:
    """One column: ``kind`` is text, whole, real or flag; None where a row has no value.

    ``of``: the list and the column of the table that it has figures of; "" where it has none.
    """

    name: str
    kind: str
    values: tuple[Value, ...]
    of: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Layer:
    """Rows with their shapes. Made by `layers` alone, of what a release handed out.

    ``name``: plain letters, digits, - and _; one of its own in a file. ``title``: in words.
    ``shapes``: multipolygons or points in metres (EPSG:27700), None where a row has none.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    shapes: Shapes

    @property
    def geometry(self) -> str:
        """Return the kind of the layer's shapes: MultiPolygon or Point."""
        points = [shape for shape in self.shapes if isinstance(shape, shapely.Point)]
        return "Point" if points else "MultiPolygon"


def layers(release: Release, drawn: Sequence[Drawn], *, surfaces: bool = False) -> list[Layer]:
    """Return the layers of a file: boundaries, services, and the release's figures about them.

    A geography has the figures of the table "areas" that are about it, one row an area, lists and
    measures side by side (``CYP_rate``); without any, codes and names. `TableShapes` have the rows
    of their table. ``surfaces``: also each heat surface of the release, one shape a class.
    Raises TypeError for anything that is no release.
    """
    _refuse_unprotected(release)
    found = [_layer(release, each) for each in drawn]
    found += [_of_surface(each) for each in release.surfaces if surfaces and each.breaks]
    names = _apart([each.name for each in found])
    stamp = release.policy.marking or release.policy.name
    return [
        replace(each, name=name, fields=_named((*each.fields, _stamp(stamp, len(each.shapes)))))
        for each, name in zip(found, names, strict=True)
    ]


def _refuse_unprotected(release: object) -> None:
    if not isinstance(release, Release):
        message = "layers are made of a Release: see geodemand.core.disclosure.release"
        raise TypeError(message)


def file_name(name: str) -> str:
    """Return a name for a layer or a file, of letters that mean nothing to any system.

    >>> file_name("hub_areas"), file_name("../Clés; DROP"), file_name("診")
    ('hub_areas', 'Cles_DROP', 'layer')
    """
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_-]+", "_", folded)[:MOST_LETTERS].strip("_-") or "layer"


def _layer(release: Release, drawn: Drawn) -> Layer:
    if isinstance(drawn, TableShapes):
        return _of_rows(release, drawn)
    keys = (_text("code", drawn.codes), _text("name", drawn.names))
    if isinstance(drawn, Sites):
        served = (_text("area", drawn.areas),) if drawn.areas else ()
        placed = np.isfinite(drawn.x) & np.isfinite(drawn.y)
        points = np.full(len(placed), None, dtype=object)
        points[placed] = shapely.points(drawn.x[placed], drawn.y[placed])
        return Layer(file_name(drawn.name), drawn.name, (*keys, *served), points)
    tables = [release.tables[name] for name in TABLES if name in release.tables]
    figures = tuple(field for table in tables for field in _across(table, drawn))
    return Layer(file_name(drawn.name), drawn.name, (*keys, *figures), _areas(drawn.shapes))


def _of_rows(release: Release, drawn: TableShapes) -> Layer:
    """Return the rows of a table as they stand, each with its shape."""
    table = release.tables[drawn.table]
    if len(table) != len(drawn.shapes):
        message = f"table '{drawn.table}' has {len(table)} rows, not {len(drawn.shapes)} shapes"
        raise ValueError(message)
    every = list(range(len(table)))
    fields = [field for name in table.columns for field in _fields(table, name, name, every)]
    name = drawn.name or drawn.table
    return Layer(file_name(name), table.title or name, tuple(fields), _areas(drawn.shapes))


def _across(table: Table, geography: Geography) -> Iterator[Field]:
    """Yield what is known of each area: facts once, figures list by list."""
    keys = list(zip(*(table.cells(key) for key in ("geography", "code", LIST)), strict=True))
    row = {key: place for place, key in enumerate(keys)}
    lists = list(dict.fromkeys(each for about, _, each in keys if about == geography.name))
    measures = [name for name in table.columns if name not in ROW_KEYS]
    facts = [name for name in measures if isinstance(table.columns[name], Facts)]
    for place, each in enumerate(lists):
        rows = [row.get((geography.name, code, each)) for code in geography.codes]
        for name in facts if not place and table.name == TABLES[0] else ():
            yield from _fields(table, name, name, rows)
        for name in (name for name in measures if name not in facts):
            for found in _fields(table, name, f"{each}_{name}", rows):
                yield replace(found, of=(each, found.name.removeprefix(f"{each}_")))


def _fields(table: Table, column: str, name: str, rows: Sequence[int | None]) -> Iterator[Field]:
    """Yield a column as fields: its values, and for figures about people which are withheld."""
    cells = table.cells(column)
    values = [None if row is None else cells[row] for row in rows]
    held = table.columns[column]
    if isinstance(held, Labels):
        yield _text(name, [None if value is None else str(value) for value in values])
        return
    shown = [value if isinstance(value, int | float) else None for value in values]
    whole = held.decimals == 0
    yield Field(name, WHOLE if whole else REAL, tuple(shown))
    if isinstance(held, Protected):
        yield Field(f"{name}{HIDDEN}", FLAG, tuple(value == WITHHELD for value in values))


def _of_surface(surface: Surface) -> Layer:
    """Return a heat surface as one shape a class, with its limits in clients per km²."""
    rows, columns = surface.classes.shape
    west = surface.west + np.arange(columns) * surface.cell_m
    north = surface.north - np.arange(rows) * surface.cell_m
    numbers = list(range(1, len(surface.breaks) + 1))
    shapes = np.full(len(numbers), None, dtype=object)
    for place, number in enumerate(numbers):
        down, across = np.nonzero(surface.classes == number)
        left, top = west[across], north[down]
        boxes = shapely.box(left, top - surface.cell_m, left + surface.cell_m, top)
        shapes[place] = shapely.union_all(boxes)
    upper = (*surface.breaks[1:], None)
    fields = (
        Field("class", WHOLE, tuple(numbers)),
        Field("at_least", REAL, surface.breaks),
        Field("below", REAL, upper),
        _text("unit", (surface.unit,) * len(numbers)),
        Field("bandwidth_m", REAL, (surface.bandwidth_m,) * len(numbers)),
    )
    name = file_name(f"heat_{surface.list_name}")
    return Layer(name, f"Heat surface: {surface.list_name}", fields, _areas(shapes))


def _areas(shapes: Shapes) -> Shapes:
    """Return multipolygons to a centimetre, written one way; None for what has no area."""
    exact = shapely.normalize(shapely.set_precision(shapes, GRID_M))
    found = np.full(len(shapes), None, dtype=object)
    for place, shape in enumerate(exact):
        parts = [part for part in _parts(shape) if isinstance(part, shapely.Polygon)]
        if parts:
            found[place] = shapely.MultiPolygon(parts)
    return found


def _parts(shape: shapely.Geometry | None) -> Iterator[shapely.Geometry]:
    """Yield the parts of a shape that hold anything, and of collections within it."""
    for part in shapely.get_parts(shape) if shape is not None else ():
        if part.geom_type == "GeometryCollection" or part.geom_type.startswith("Multi"):
            yield from _parts(part)
        elif not part.is_empty:
            yield part


def _text(name: str, values: Sequence[str | None]) -> Field:
    return Field(name, TEXT, tuple(None if value is None else plain(value) for value in values))


def _stamp(words: str, rows: int) -> Field:
    return _text("policy", (words,) * rows)


def _named(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Return fields whose names differ in more than their case."""
    names = _apart([plain(field.name).strip() or "field" for field in fields], TAKEN)
    return tuple(replace(field, name=name) for field, name in zip(fields, names, strict=True))


def _apart(names: Sequence[str], taken: Sequence[str] = ()) -> list[str]:
    """Return names of which none is another's, or taken, in another case.

    >>> _apart(["CYP", "cyp", "fid"], ["fid"])
    ['CYP', 'cyp_2', 'fid_2']
    """
    used: Mapping[str, None] = dict.fromkeys(taken)
    seen = set(used)
    found = []
    for name in names:
        free, number = name, 2
        while free.casefold() in seen:
            free, number = f"{name}_{number}", number + 1
        seen.add(free.casefold())
        found.append(free)
    return found
