"""What a release lets out about counts, in the form that an attack and a ledger of releases need.

No client's row and no exact count is in it: classes of places that the figures can tell apart, and
the interval that each figure stands for. Postcodes are public, so the places of two releases can
be laid over each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geodemand.core.systems import FloatArray, IntArray, Sums, System

NOWHERE = -1


@dataclass(frozen=True)
class TrueLoss:
    """What protection has cost, from the true counts: for the organisation, not to be published.

    ``people_kept``: of the people in all figures, the share (0-1) in those that are shown.
    ``mean_error``: of the figures shown, in people.
    """

    people_kept: float
    mean_error: float


@dataclass(frozen=True)
class Published:
    """The figures that a release shows of one kind of count.

    ``what``: what is counted, such as the name of a client list. ``place_class`` [places]: the
    class of each place, -1 where no figure counts it; places that no figure tells apart are in one
    class. ``kinds``: how many kinds of count a class holds, 1 for a client list; the pieces are
    class x kinds + kind. ``sums``: which pieces each figure adds up. ``low``, ``high`` [figures]:
    the whole numbers that it may stand for, both included, ``high`` perhaps infinite.
    ``hidden`` [figures]: shown as c. ``classes``: how many. ``true_loss``: None where not known.
    """

    what: str
    place_class: IntArray
    classes: int
    kinds: int
    sums: Sums
    low: FloatArray
    high: FloatArray
    hidden: np.ndarray
    true_loss: TrueLoss | None = None

    @property
    def system(self) -> System:
        """Return the figures as an attacker sees them."""
        return System(self.classes * self.kinds, self.sums, self.low, self.high)

    @property
    def any_number(self) -> bool:
        """Return whether some figures are hidden, and every one of them stands for any number."""
        return bool(self.hidden.any() and np.isinf(self.high[self.hidden]).all())


def together(parts: Sequence[Published]) -> Published:
    """Return what several releases show of one kind of count over the same places.

    Raises ValueError where they are about different kinds of count or other places.
    """
    first, *rest = parts
    for each in rest:
        if each.kinds != first.kinds or each.place_class.shape != first.place_class.shape:
            message = f"'{each.what}' cannot be laid over '{first.what}'"
            raise ValueError(message)
    joint = np.array([each.place_class for each in parts])
    combos, place_class = np.unique(joint, axis=1, return_inverse=True)
    classes = combos.shape[1]
    rows, pieces, start = [], [], 0
    for each, old in zip(parts, combos, strict=True):
        new_of = _grouped(old, each.classes)
        for row, piece in zip(each.sums.row.tolist(), each.sums.piece.tolist(), strict=True):
            held, kind = divmod(piece, each.kinds)
            found = new_of[held] * first.kinds + kind
            rows.append(np.full(len(found), row + start))
            pieces.append(found)
        start += each.sums.size
    empty = [np.empty(0, dtype=np.int64)]
    return Published(
        first.what,
        place_class.ravel(),
        classes,
        first.kinds,
        Sums(start, np.concatenate(empty + rows), np.concatenate(empty + pieces)),
        np.concatenate([each.low for each in parts]),
        np.concatenate([each.high for each in parts]),
        np.concatenate([each.hidden for each in parts]),
    )


def _grouped(old: IntArray, classes: int) -> list[IntArray]:
    """Return for each old class which of the new ones it has become."""
    held = np.flatnonzero(old != NOWHERE)
    order = held[np.argsort(old[held], kind="stable")]
    ends = np.cumsum(np.bincount(old[held], minlength=classes))
    return np.split(order, ends[:-1]) if classes else []
