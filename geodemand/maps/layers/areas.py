"""The figures of each area, as the release protects them, and the classes that shade them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodemand.maps.layers.cells import cells, plain
from geodemand.maps.measures import MEASURES, RATE_WORDS, Measure
from geodemand.maps.scene import ListDate

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
        return {"measures": [], "subjects": _subjects(scene, scene.lists), "shaded": []}
    table = release.tables["areas"]
    subjects = tuple(dict.fromkeys((*scene.lists, *map(str, cells(table, "list")))))
    series = _series(scene, subjects)
    return {
        "measures": [_words(each, scene.rate) for each in MEASURES if each.column in table.columns],
        "subjects": _subjects(scene, subjects),
        "shaded": [_geography(release, geography, subjects, series) for geography in scene.shaded],
    }


def _subjects(scene: Scene, names: tuple[str, ...]) -> list[Json]:
    """Return name, words and date of each subject; dates are written as a British reader does."""
    dates, labels = scene.reading.dates, scene.reading.labels
    found: list[Json] = []
    for name in names:
        dated = dates.get(name, ListDate(name))
        day = dated.day
        found.append(
            {
                "name": name,
                "label": labels.get(name, ""),
                "series": dated.series,
                "date": day.isoformat() if day else "",
                "day": f"{day.day} {day:%B %Y}" if day else "",
            }
        )
    return found


def _series(scene: Scene, names: tuple[str, ...]) -> list[list[int]]:
    """Return for each subject the places of all of its series, which share their classes."""
    dates = scene.reading.dates
    called = [dates[name].series if name in dates else name for name in names]
    return [[place for place, other in enumerate(called) if other == own] for own in called]


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


def _geography(
    release: Release, geography: Geography, subjects: tuple[str, ...], series: list[list[int]]
) -> Json:
    table = release.tables["areas"]
    keys = list(zip(*(cells(table, each) for each in ("geography", "code", "list")), strict=True))
    place = {key: row for row, key in enumerate(keys)}
    rows = [
        [place.get((geography.name, code, each)) for code in geography.codes] for each in subjects
    ]
    facts: dict[str, Json] = {
        name: _fact(table, name, rows) for name in FACTS if name in table.columns
    }
    figures = [
        _figures(table, picked, [row for other in together for row in rows[other]])
        for picked, together in zip(rows, series, strict=True)
    ]
    return {**facts, "figures": figures, "whole": _whole(release, geography.name, subjects)}


def _whole(release: Release, geography: str, subjects: tuple[str, ...]) -> Json:
    """Return, for each subject, the figures of all areas together that the release has."""
    table = release.tables.get("whole")
    if table is None:
        return [{} for _ in subjects]
    rows = {
        str(record["list"]): record
        for record in table.records()
        if record["geography"] == geography
    }
    columns = [(each.key, each.column) for each in MEASURES if each.column in table.columns]
    return [
        {key: plain([rows[name][column]])[0] for key, column in columns} if name in rows else {}
        for name in subjects
    ]


def _figures(table: Table, rows: list[int | None], together: list[int | None]) -> Json:
    """Return the measures of one subject. ``together``: rows that its classes are made for."""
    found: dict[str, Json] = {}
    for measure in MEASURES:
        values = _column(table, measure.column, rows)
        if all(value is None for value in values):
            continue
        found[measure.key] = {
            "values": plain(values),
            **_classes(measure, _column(table, measure.column, together)),
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
