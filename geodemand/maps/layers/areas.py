"""The figures of each area, as the release protects them, and the classes that shade them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodemand.maps import palettes
from geodemand.maps.layers.cells import cells, plain

if TYPE_CHECKING:
    from geodemand.core.disclosure import Release, Table, Value
    from geodemand.core.geography import Geography
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene

_SHOWN_CLASSES = 5
_AREAS_A_CLASS = 2
# An index is a ratio: its classes are the same distance above and below 100 as ratios.
INDEX_BREAKS = (50.0, 80.0, 125.0, 200.0)


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of an area. ``shaded``: whether areas can be shaded by it."""

    name: str
    column: str
    shaded: bool = False


MEASURES = (
    Measure("clients", "clients"),
    Measure("rate", "rate", shaded=True),
    Measure("share", "share", shaded=True),
    Measure("index", "index", shaded=True),
    Measure("low", "index_low"),
    Measure("high", "index_high"),
)
FACTS = ("residents", "postcodes")


def layer(release: Release, scene: Scene, _: Frame) -> Json:
    """Return for each shaded geography its facts and, for each list, its figures and classes."""
    if not scene.shaded:
        return []
    table = release.tables["areas"]
    return [_geography(table, geography, scene.lists) for geography in scene.shaded]


def _geography(table: Table, geography: Geography, lists: tuple[str, ...]) -> Json:
    keys = list(zip(*(cells(table, each) for each in ("geography", "code", "list")), strict=True))
    place = {key: row for row, key in enumerate(keys)}
    rows = [[place.get((geography.name, code, each)) for code in geography.codes] for each in lists]
    facts: dict[str, Json] = {
        name: _fact(table, name, rows) for name in FACTS if name in table.columns
    }
    return {**facts, "lists": [_figures(table, picked) for picked in rows]}


def _figures(table: Table, rows: list[int | None]) -> Json:
    found: dict[str, Json] = {}
    for measure in MEASURES:
        if measure.column not in table.columns:
            continue
        values = _picked(cells(table, measure.column), rows)
        found[measure.name] = {"values": plain(values), **_classes(measure, values)}
    return found


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
    if not measure.shaded:
        return {}
    if measure.name == "index":
        return {"breaks": list(INDEX_BREAKS), "colours": list(palettes.around_the_middle())}
    breaks = quantile_breaks([float(v) for v in values if isinstance(v, int | float)])
    return {"breaks": list(breaks), "colours": list(palettes.amounts(len(breaks) + 1))}


def quantile_breaks(values: list[float]) -> tuple[float, ...]:
    """Return the lower limits of the classes above the lowest, each a figure that occurs.

    Zeros are drawn plain and are in no class. Equal figures are in the same class, and few
    areas make few classes: at least two a class.

    >>> quantile_breaks([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0])
    (3.0, 5.0, 7.0, 9.0)
    >>> quantile_breaks([0.0, 4.0, 4.0, 4.0, 9.0])
    (9.0,)
    """
    shown = np.sort([value for value in values if value > 0])
    if not len(shown):
        return ()
    classes = min(_SHOWN_CLASSES, max(1, -(-len(shown) // _AREAS_A_CLASS)))
    places = -(-np.arange(1, classes) * len(shown) // classes)
    first, after = (np.searchsorted(shown, shown[places], side) for side in ("left", "right"))
    # A run of equal figures goes whole to the side that leaves the classes nearer in size.
    starts = np.where((first > 0) & (places - first <= after - places), first, after)
    return tuple(np.unique(shown[starts[starts < len(shown)]]).tolist())
