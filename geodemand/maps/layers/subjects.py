"""Whose figures areas have: client lists with their dates, and what else stands in the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodemand.maps.layers.cells import plain
from geodemand.maps.measures import MEASURES
from geodemand.maps.scene import ListDate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodemand.core.disclosure import Release
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene


# Tables with the figures of all areas together: of lists, and of lists together.
WHOLE = ("whole", "whole_together", "whole_meeting")


def subjects_of(scene: Scene, names: Sequence[str]) -> list[Json]:
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


def same_series(scene: Scene, names: Sequence[str]) -> list[list[int]]:
    """Return for each subject the places of all dates of its series: they share their classes."""
    dates = scene.reading.dates
    called = [dates[name].series if name in dates else name for name in names]
    return [[place for place, other in enumerate(called) if other == own] for own in called]


def whole_of(release: Release, geography: str, names: Sequence[str]) -> list[Json]:
    """Return for each subject the figures of all areas together, so far as the release has them."""
    found: dict[str, dict[str, Json]] = {name: {} for name in names}
    for table in (release.tables[name] for name in WHOLE if name in release.tables):
        columns = [(each.key, each.column) for each in MEASURES if each.column in table.columns]
        for record in table.records():
            if record["geography"] == geography and record["list"] in found:
                figures = {key: plain([record[column]])[0] for key, column in columns}
                found[str(record["list"])].update(figures)
    return [found[name] for name in names]
