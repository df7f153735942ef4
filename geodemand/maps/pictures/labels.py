"""Names on a picture, each only where it covers no other name and no sign.

The same rules as on the page: an area's name and figure within the area, or its figure alone, or
nothing; a service's beside its sign; a place's at its place. First come, first served.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from geodemand.report.plain import plain, shortened

if TYPE_CHECKING:
    from geodemand.core.disclosure import FloatArray
    from geodemand.maps.pictures.plates import Name

# Size in points, weight and slope of each kind of name.
STYLES: dict[str, tuple[float, str, Literal["normal", "italic"]]] = {
    "area": (8.0, "bold", "normal"),
    "site": (7.5, "bold", "normal"),
    "place": (7.0, "normal", "italic"),
}
LEADING, PADDING, SIGN_PT = 1.25, 1.5, 5.5
LETTERS = 34
# One place name to so many square points of map.
ROOM_A_PLACE = 12_000.0
# Of the widest circle within an area, how far from its middle a name may move.
WITHIN = 0.75
SHIFTS = (0.0, 1.1, -1.1, 2.0, -2.0)


@dataclass(frozen=True)
class Label:
    """A name that has its place: lines, and the middle of its top, points from the lower left."""

    lines: tuple[str, ...]
    x: float
    top: float
    kind: str

    @property
    def size(self) -> float:
        """Return the size of its letters, points."""
        return STYLES[self.kind][0]


@dataclass(frozen=True)
class Sheet:
    """The map's frame: ``west``, ``south`` in metres; ``scale``: points a metre; size in points."""

    west: float
    south: float
    scale: float
    width: float
    height: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return points from the lower left of what is so many metres east and north."""
        return (x - self.west) * self.scale, (y - self.south) * self.scale


class _Taken:
    """Boxes that are taken: left, bottom, right, top."""

    def __init__(self, boxes: Sequence[tuple[float, float, float, float]]) -> None:
        self.boxes: FloatArray = np.array(boxes, dtype=float).reshape(-1, 4)

    def free(self, box: tuple[float, float, float, float]) -> bool:
        left, bottom, right, top = box
        other = self.boxes
        meets = (left < other[:, 2]) & (right > other[:, 0])
        meets &= (bottom < other[:, 3]) & (top > other[:, 1])
        return not bool(meets.any())

    def add(self, box: tuple[float, float, float, float]) -> None:
        self.boxes = np.vstack([self.boxes, box])


def placed(names: Sequence[Name], sheet: Sheet, reserved: Sequence[Any] = ()) -> list[Label]:
    """Return the names that find room. ``reserved``: boxes that are taken, points."""
    signs = [sheet.at(each.x, each.y) for each in names if each.kind == "site"]
    taken = _Taken(
        [*reserved, *((x - SIGN_PT, y - SIGN_PT, x + SIGN_PT, y + SIGN_PT) for x, y in signs)]
    )
    room = round(sheet.width * sheet.height / ROOM_A_PLACE)
    found = []
    for name in names:
        label = _placed(name, sheet, taken) if name.kind != "place" or room > 0 else None
        if label is not None:
            found.append(label)
            room -= name.kind == "place"
    return found


def _placed(name: Name, sheet: Sheet, taken: _Taken) -> Label | None:
    lines = _fitting(name, sheet)
    if not lines:
        return None
    size = STYLES[name.kind][0]
    wide = max(width(line, name.kind) for line in lines) + 2 * PADDING
    high = len(lines) * size * LEADING
    x, y = sheet.at(name.x, name.y)
    for shift in _shifts(name, high, sheet):
        top = y + shift + high / 2
        box = (x - wide / 2, top - high, x + wide / 2, top)
        inside = box[0] >= 0 and box[1] >= 0 and box[2] <= sheet.width and box[3] <= sheet.height
        if inside and taken.free(box):
            taken.add(box)
            return Label(lines, x, top, name.kind)
    return None


def _fitting(name: Name, sheet: Sheet) -> tuple[str, ...]:
    """Return all lines where the area has room for them, else its figure, else none."""
    lines = tuple(shortened(plain(each), LETTERS) for each in name.lines)
    if not name.radius:
        return lines
    room = 2 * name.radius * sheet.scale + 6
    size = STYLES[name.kind][0]
    for some in (lines, name.short):
        fits = all(width(line, name.kind) <= room for line in some)
        if some and fits and len(some) * size * LEADING <= room:
            return some
    return ()


def _shifts(name: Name, high: float, sheet: Sheet) -> Iterator[float]:
    """Yield where a name may go, best first: beside a sign; up or down within its area."""
    if name.kind == "site":
        yield from (-SIGN_PT - 1 - high / 2, SIGN_PT + 1 + high / 2)
        return
    room = name.radius * sheet.scale * WITHIN
    yield from (times * high for times in SHIFTS if abs(times * high) <= room)


@cache
def width(line: str, kind: str) -> float:
    """Return how wide a line is, points, in the font that matplotlib brings."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    size, weight, slope = STYLES[kind]
    font = FontProperties(family="DejaVu Sans", size=size, weight=weight, style=slope)
    found: float = text_to_path.get_text_width_height_descent(line, font, ismath=False)[0]
    return found
