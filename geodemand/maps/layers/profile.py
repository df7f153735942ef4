"""The profile table: which kinds of neighbourhood clients come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodemand.core.profile import SET, WHOLE
from geodemand.core.words import segment_label
from geodemand.maps.layers.cells import cells, plain

if TYPE_CHECKING:
    from geodemand.core.disclosure import Release, Table, Value
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene

_LABELS = ("list", "level", "base", "segment", "name", "flag")
_FIGURES = ("clients", "share", "base_share", "index", "index_low", "index_high", "q")


def layer(release: Release, scene: Scene, _: Frame) -> Json:
    """Return the rows of the scene's lists, column by column; None without a profile."""
    table = release.tables.get("profile")
    if table is None or not len(table):
        return None
    lists = cells(table, "list")
    levels = cells(table, "level") if "level" in table.columns else [None] * len(lists)
    kept = [row for row, name in enumerate(lists) if name in scene.lists and levels[row] != WHOLE]
    found: dict[str, Json] = {}
    for name in (*_LABELS, *_FIGURES):
        if name in table.columns:
            found[name] = plain(_kept(table, name, kept))
    codes, names = (_kept(table, name, kept) for name in ("segment", "name"))
    found["name"] = [
        str(name) if levels[row] == SET else segment_label(str(code), str(name))
        for row, code, name in zip(kept, codes, names, strict=True)
    ]
    found["list"] = [scene.lists.index(str(lists[row])) for row in kept]
    return found


def _kept(table: Table, name: str, rows: list[int]) -> list[Value]:
    values = cells(table, name)
    return [values[row] for row in rows]
