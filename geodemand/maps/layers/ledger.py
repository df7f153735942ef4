"""The ledger: how many rows of each list found a place, and why the others did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodemand.core.disclosure import WITHHELD
from geodemand.core.matching import PLACED, Reason
from geodemand.core.reasons import WORDS
from geodemand.maps.layers.cells import cells, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geodemand.core.disclosure import Release, Value
    from geodemand.maps.frame import Frame
    from geodemand.maps.payload import Json
    from geodemand.maps.scene import Scene


# The headings of the page, the words of the terminal's ledger.
TITLES = {
    "list": "list",
    "rows": "rows read",
    **WORDS,
    "repairable": "of the rows without a place: one slip off a single postcode",
}


def layer(release: Release, _: Scene, __: Frame) -> Json:
    """Return the ledger as released: headings, words for them, columns, rates; None without one."""
    table = release.tables.get("ledger")
    if table is None or not len(table):
        return None
    return {
        "headings": list(table.columns),
        "titles": [TITLES.get(name, name) for name in table.columns],
        "columns": [plain(cells(table, name)) for name in table.columns],
        "placed": [_rate(record) for record in table.records()],
    }


def _rate(record: Mapping[str, Value]) -> Json:
    """Return which share of a list's rows is placed, from the figures that are shown.

    Rows of a client who is counted at another row are held out. ``least``: the share is that or
    more, for some of the figures are withheld. None where too little is shown to say.
    """
    placed = [record[reason.value] for reason in PLACED]
    rows, again = record["rows"], record[Reason.DUPLICATE.value]
    if not isinstance(rows, int | float) or not _shown(placed):
        return None
    share = min(round(_shown(placed) / max(rows - _shown([again]), 1), 2), 1.0)
    return {"share": share, "least": WITHHELD in (*placed, again) and share < 1}


def _shown(figures: Sequence[Value]) -> float:
    """Add up the figures that are not withheld."""
    return sum(figure for figure in figures if isinstance(figure, int | float))
