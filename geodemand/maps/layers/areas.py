"""The figures of each area, as the release protects them, and the classes that shade them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodemand.maps.layers.cells import cells, plain
from geodemand.maps.measures import MEASURES, RATE_WORDS, Measure

if TYPE_CHECKING:
    from geodemand.core.disclosure import Release, Table, Value
    from geodemand.core.geography import Geography
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene

FACTS = ("residents", "postcodes")


def layer(release: Release, scene: Scene, _: Frame) -> Json:
    """Return measures, subjects and, for each shaded geography, its facts and figures.

    Subjects are the scene's lists, then whatever else the table has rows for. ``figures`` holds
    for each of them its measures; those without a column or without any figure are left out.
    """
    if not scene.shaded:
        return {"measures": [], "subjects": [{"name": each} for each in scene.lists], "shaded": []}
    table = release.tables["areas"]
    subjects = tuple(dict.fromkeys((*scene.lists, *map(str, cells(table, "list")))))
    return {
        "measures": [_words(each, scene.rate) for each in MEASURES if each.column in table.columns],
        "subjects": [{"name": each} for each in subjects],
        "shaded": [_geography(table, geography, subjects) for geography in scene.shaded],
    }


def _words(measure: Measure, rate: str) -> Json:
    return {
        "key": measure.key,
        "title": measure.title,
        "unit": rate if measure.unit == RATE_WORDS else measure.unit,
        "asks": measure.asks,
        "style": measure.style,
        "shades": measure.classes is not None,
        "fixed": measure.fixed,
    }


def _geography(table: Table, geography: Geography, subjects: tuple[str, ...]) -> Json:
    keys = list(zip(*(cells(table, each) for each in ("geography", "code", "list")), strict=True))
    place = {key: row for row, key in enumerate(keys)}
    rows = [
        [place.get((geography.name, code, each)) for code in geography.codes] for each in subjects
    ]
    facts: dict[str, Json] = {
        name: _fact(table, name, rows) for name in FACTS if name in table.columns
    }
    return {**facts, "figures": [_figures(table, picked) for picked in rows]}


def _figures(table: Table, rows: list[int | None]) -> Json:
    found: dict[str, Json] = {}
    for measure in MEASURES:
        values = _column(table, measure.column, rows)
        if all(value is None for value in values):
            continue
        found[measure.key] = {
            "values": plain(values),
            **_classes(measure, values),
            **_interval(table, measure, rows),
        }
    return found


def _column(table: Table, name: str, rows: list[int | None]) -> list[Value]:
    return _picked(cells(table, name), rows) if name in table.columns else []


def _interval(table: Table, measure: Measure, rows: list[int | None]) -> dict[str, Json]:
    if not measure.interval:
        return {}
    ends = zip(("low", "high"), measure.interval, strict=True)
    return {end: plain(values) for end, name in ends if (values := _column(table, name, rows))}


def _fact(table: Table, name: str, rows: list[list[int | None]]) -> Json:
    """Return a figure that is the same for every list: from the first list that has the area."""
    values = cells(table, name)
    by_list = [_picked(values, picked) for picked in rows]
    return plain(
        [next((v for v in each if v is not None), None) for each in zip(*by_list, strict=True)]
    )


def _picked(values: list[Value], rows: list[int | None]) -> list[Value]:
    return [None if row is None else values[row] for row in rows]


def _classes(measure: Measure, values: list[Value]) -> dict[str, Json]:
    if measure.classes is None:
        return {}
    breaks, colours = measure.classes([float(v) for v in values if isinstance(v, int | float)])
    return {"breaks": list(breaks), "colours": list(colours)}
