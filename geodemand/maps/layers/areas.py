"""The figures of each area, as the release protects them, and the classes that shade them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geodemand.maps.classes import METHODS, QUANTILE, given_limits
from geodemand.maps.layers.cells import cells, plain
from geodemand.maps.layers.subjects import same_series, subjects_of, whole_of
from geodemand.maps.measures import MEASURES, RATE_WORDS, Measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodemand.core.disclosure import Release, Table, Value
    from geodemand.core.geography import Geography
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene

FACTS = ("residents", "postcodes")
# Tables with figures by area: those of lists, and of lists together.
TABLES = ("areas", "areas_together", "areas_meeting")


@dataclass(frozen=True)
class _Rows:
    """A table and where each (geography, code, list) stands in it."""

    table: Table
    place: dict[tuple[Value, ...], int]

    def picked(self, column: str, keys: Sequence[tuple[str, str, str]]) -> list[Value]:
        """Return the values of rows, None for those that the table has not."""
        if column not in self.table.columns:
            return [None] * len(keys)
        values = cells(self.table, column)
        rows = [self.place.get(key) for key in keys]
        return [None if row is None else values[row] for row in rows]


def layer(release: Release, scene: Scene, _: Frame) -> Json:
    """Return measures, subjects and, for each shaded geography, its facts and figures.

    Subjects are the scene's lists, then whatever else the tables have rows for. ``figures`` holds
    for each of them its measures; those without a column or without any figure are left out.
    """
    if not scene.shaded:
        return {"measures": [], "subjects": subjects_of(scene, scene.lists), "shaded": []}
    tables = [_rows(release.tables[name]) for name in TABLES if name in release.tables]
    names = [str(name) for each in tables for name in cells(each.table, "list")]
    subjects = tuple(dict.fromkeys((*scene.lists, *names)))
    told = [m for m in MEASURES if any(m.column in each.table.columns for each in tables)]
    return {
        "measures": [_words(each, scene) for each in told],
        "first": scene.shading.measure,
        "subjects": subjects_of(scene, subjects),
        "shaded": [
            {
                **_geography(tables, geography, subjects, scene),
                "whole": whole_of(release, geography.name, subjects),
            }
            for geography in scene.shaded
        ],
    }


def _rows(table: Table) -> _Rows:
    keys = zip(*(cells(table, each) for each in ("geography", "code", "list")), strict=True)
    return _Rows(table, {key: row for row, key in enumerate(keys)})


def _words(measure: Measure, scene: Scene) -> Json:
    return {
        "key": measure.key,
        "title": measure.title,
        "unit": scene.rate if measure.unit == RATE_WORDS else measure.unit,
        "asks": measure.asks,
        "means": measure.means,
        "style": measure.style,
        "shades": measure.classes is not None,
        "fixed": measure.fixed or given_limits(_method(measure, scene)) is not None,
    }


def _method(measure: Measure, scene: Scene) -> str:
    """Return how the classes of a measure are formed: given limits are of one measure only."""
    method = scene.shading.classes
    own = method in METHODS or measure.key == scene.shading.measure
    return method if own else QUANTILE


def _geography(
    tables: Sequence[_Rows], geography: Geography, subjects: tuple[str, ...], scene: Scene
) -> dict[str, Json]:
    keys = [[(geography.name, code, each) for code in geography.codes] for each in subjects]
    facts: dict[str, Json] = {
        name: _fact(tables[0], name, keys) for name in FACTS if name in tables[0].table.columns
    }
    series = [
        [key for other in places for key in keys[other]] for places in same_series(scene, subjects)
    ]
    figures = [
        _figures(tables, own, together, scene) for own, together in zip(keys, series, strict=True)
    ]
    return {**facts, "figures": figures}


def _figures(
    tables: Sequence[_Rows],
    keys: list[tuple[str, str, str]],
    together: list[tuple[str, str, str]],
    scene: Scene,
) -> Json:
    """Return the measures of one subject. ``together``: the rows that its classes are made for."""
    found: dict[str, Json] = {}
    for measure in MEASURES:
        values = _column(tables, measure.column, keys)
        if all(value is None for value in values):
            continue
        found[measure.key] = {
            "values": plain(values),
            **_classes(measure, _column(tables, measure.column, together), scene),
            **_interval(tables, measure, keys),
        }
    return found


def _column(
    tables: Sequence[_Rows], name: str, keys: Sequence[tuple[str, str, str]]
) -> list[Value]:
    """Return a column's values from the first table that has some of them."""
    for each in tables:
        values = each.picked(name, keys)
        if any(value is not None for value in values):
            return values
    return []


def _interval(
    tables: Sequence[_Rows], measure: Measure, keys: list[tuple[str, str, str]]
) -> dict[str, Json]:
    if not measure.interval:
        return {}
    ends = zip(("low", "high"), measure.interval, strict=True)
    return {end: plain(values) for end, name in ends if (values := _column(tables, name, keys))}


def _fact(rows: _Rows, name: str, keys: list[list[tuple[str, str, str]]]) -> Json:
    """Return a figure that is the same for every list: from the first list that has the area."""
    by_list = [rows.picked(name, own) for own in keys]
    return plain(
        [next((v for v in each if v is not None), None) for each in zip(*by_list, strict=True)]
    )


def _classes(measure: Measure, values: list[Value], scene: Scene) -> dict[str, Json]:
    if measure.classes is None:
        return {}
    known = [float(value) for value in values if isinstance(value, int | float)]
    limits, colours = measure.classes(known, _method(measure, scene), scene.shading.palette)
    return {"breaks": list(limits), "colours": list(colours)}
