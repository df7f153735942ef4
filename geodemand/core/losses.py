"""What protection has cost a release, and what it has left of each hidden count.

For the organisation it is measured on the true counts, which a ledger keeps as two shares a list.
For others all is worked out from what was published, so that it tells no more than that: a hidden
count is taken at the middle of what it may be, a rounded one may be off by any of its interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodemand.core.attack import bounds
from geodemand.core.published import Published
from geodemand.core.systems import IntArray, Sums

# A hidden count without an upper limit is taken at this many people for what is lost.
_UNLIMITED = 8.0
MOST_ATTACKED = 300


@dataclass(frozen=True)
class Loss:
    """Of one kind of count: figures, those hidden, shares kept (0-1), mean error in people."""

    what: str
    figures: int
    hidden: int
    figures_kept: float
    people_kept: float
    mean_error: float


@dataclass(frozen=True)
class Kept:
    """A hidden figure and the values that it keeps; ``classes``: of the places that it is over."""

    what: str
    figure: int
    low: float
    high: float


def loss(published: Published, *, internal: bool = False) -> Loss:
    """Return what was lost of one kind of count; without figures nothing was.

    The mean error is that of the figures shown. ``internal``: from the true counts, if these were
    measured.
    """
    hidden = published.hidden
    high = np.where(np.isfinite(published.high), published.high, _UNLIMITED)
    people = (published.low + np.maximum(high, published.low)) / 2
    width = np.maximum(high - published.low, 0)[~hidden]
    # Of whole numbers 0 to w, each as likely, the mean distance from the middle.
    steps = width + 1
    error = np.where(width % 2 == 0, width * (width + 2) / (4 * steps), steps / 4)
    figures, total = len(hidden), float(people.sum())
    kept_share = float(people[~hidden].sum()) / total if total else 1.0
    mean_error = float(error.mean()) if len(error) else 0.0
    if internal and published.true_loss is not None:
        kept_share, mean_error = published.true_loss.people_kept, published.true_loss.mean_error
    kept_figures = 1 - float(hidden.mean()) if figures else 1.0
    return Loss(published.what, figures, int(hidden.sum()), kept_figures, kept_share, mean_error)


def kept(published: Published) -> list[Kept]:
    """Return the smallest and largest value of each hidden figure, at most `MOST_ATTACKED`."""
    hidden: IntArray = np.flatnonzero(published.hidden)[:MOST_ATTACKED]
    if not len(hidden):
        return []
    members = published.sums.members
    found = bounds(published.system, Sums.of([members[figure] for figure in hidden]))
    ends = zip(hidden.tolist(), found.low.tolist(), found.high.tolist(), strict=True)
    return [Kept(published.what, figure, low, high) for figure, low, high in ends]
