"""The editions of a geography with dates, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from geodemand.core.geography import Geography
from geodemand.io import dated, study
from geodemand.io.formats import kinds
from geodemand.project import AreasEntry


def changes_of(name: str, entry: AreasEntry) -> Iterator[tuple[date, Geography, Geography]]:
    """Give each day on which a geography changes, with the areas before it and from it on.

    Where none hold, a geography without areas.
    """
    layer = None
    if not entry.phases:
        assert entry.file is not None  # noqa: S101 - areas by code have no dates
        layer = kinds.read(entry.file, entry.layer)
    for turn in dated.turns(name, entry, layer):
        days = ((turn.day - dated.ONE_DAY, turn.before), (turn.day, turn.after))
        before, after = (
            study.read_geography(name, entry, day.isoformat()) if held else _none(name)
            for day, held in days
        )
        yield turn.day, before, after


def _none(name: str) -> Geography:
    return Geography(name, (), (), np.empty(0, dtype=object))
