"""The ledger: how many rows of each list found a place, and why the others did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodemand.maps.layers.cells import cells, plain

if TYPE_CHECKING:
    from geodemand.core.disclosure import Release
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene


def layer(release: Release, _: Scene, __: Frame) -> Json:
    """Return the ledger as it was released: headings and columns; None without one."""
    table = release.tables.get("ledger")
    if table is None or not len(table):
        return None
    return {
        "headings": list(table.columns),
        "columns": [plain(cells(table, name)) for name in table.columns],
    }
