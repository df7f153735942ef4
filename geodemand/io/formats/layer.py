"""What every format is read into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geodemand.core.disclosure import IntArray
from geodemand.core.geography import Shapes


@dataclass(frozen=True)
class Layer:
    """A layer as read.

    ``attributes``: texts by column. ``shapes``: None where a feature has none. ``crs``: the
    reference system that the file names, "" where it names none. ``where``: file and layer.
    ``unread``: rows whose shape cannot be read. ``notes``: what to say of the reading.
    """

    attributes: Mapping[str, Sequence[str | None]]
    shapes: Shapes
    crs: str
    where: str
    unread: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


def from_wkb(values: Sequence[bytes | None]) -> tuple[Shapes, tuple[int, ...]]:
    """Return shapes from well-known binary, and the rows that hold something else."""
    packed = np.empty(len(values), dtype=object)
    packed[:] = values
    shapes = np.asarray(shapely.from_wkb(packed, on_invalid="ignore"), dtype=object)
    return shapes, lost(shapes, np.flatnonzero([value is not None for value in values]))


def lost(shapes: Shapes, given: IntArray) -> tuple[int, ...]:
    """Return the rows that were given a shape and have none."""
    return tuple(int(row) for row in given if shapes[row] is None)


def text(value: Any) -> str | None:  # noqa: ANN401 - whatever a file holds
    """Return an attribute as text; None for nothing. Whole numbers have no decimals.

    >>> text(7.0), text("00123"), text(float("nan")), text(None)
    ('7', '00123', None, None)
    """
    if value is None or value != value:  # noqa: PLR0124 - NaN is no code
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
