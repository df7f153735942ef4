"""What two releases give away together: hidden counts, and areas of one less areas of the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from geodemand.core import published as lets_out
from geodemand.core.attack import ENOUGH, attack, bounds
from geodemand.core.published import NOWHERE, Published
from geodemand.core.systems import IntArray, Sums

# So many differences are attacked at most, those over the fewest places first.
MOST_PAIRS = 400


@dataclass(frozen=True)
class Told:
    """A count of few people that can be worked out: what, over which places, its limits.

    ``first``, ``second``: the numbers of the figures, of which it is the first less the second;
    the same where it is one hidden figure.
    """

    what: str
    places: IntArray
    low: int
    high: int
    first: int
    second: int


@dataclass(frozen=True)
class Compared:
    """What was found about one kind of count. ``changed``: the list has, so nobody can subtract.

    ``net``: by figure of the first and second release the limits of the change, where it is known
    to fewer than three values and not nothing.
    """

    what: str
    attacked: int
    told: tuple[Told, ...]
    changed: bool
    net: tuple[tuple[int, int, int, int], ...] = ()


def compare(a: Published, b: Published, threshold: int) -> Compared:
    """Attack two releases of one kind of count over the same places."""
    if not (a.sums.size and b.sums.size):
        return Compared(a.what, 0, (), changed=False)
    both = _merged(lets_out.together((a, b)))
    targets, pairs = _targets(both, a.sums.size, threshold)
    try:
        found = attack(both.system, targets)
    except ValueError:
        return Compared(a.what, 0, (), changed=True, net=tuple(_net(a, b)))
    few = np.flatnonzero(found.values < ENOUGH)
    limits = (
        bounds(both.system, Sums.of([targets.members[row] for row in few])) if len(few) else None
    )
    told = []
    for at, row in enumerate(few.tolist()):
        assert limits is not None  # noqa: S101 - as there are some
        low, high = int(limits.low[at]), int(limits.high[at])
        if 0 < high <= threshold:
            places = _places(both, targets.members[row])
            told.append(Told(a.what, places, low, high, *pairs[row]))
    return Compared(a.what, targets.size, tuple(told), changed=False)


def _targets(both: Published, first: int, threshold: int) -> tuple[Sums, list[tuple[int, int]]]:
    """Return hidden figures, and figures of either release less those of the other.

    A difference that the two figures alone show to be of more people than the threshold is left.
    """
    inside = np.zeros((both.sums.size, both.classes * both.kinds), dtype=bool)
    inside[both.sums.row, both.sums.piece] = True
    weighed = inside.astype(np.float32)
    apart = weighed.sum(axis=1)[:, None] - weighed @ weighed.T
    own = np.arange(both.sums.size) < first
    across = own[:, None] != own
    few = both.low[:, None] - both.high <= threshold
    meet = apart < weighed.sum(axis=1)[:, None]
    rows, others = np.nonzero(across & few & meet & (apart > 0))
    order = np.argsort(apart[rows, others], kind="stable")[:MOST_PAIRS]
    hidden = np.flatnonzero(both.hidden).tolist()
    pairs = [(figure, figure) for figure in hidden]
    pairs += zip(rows[order].tolist(), others[order].tolist(), strict=True)
    sets: dict[bytes, tuple[IntArray, tuple[int, int]]] = {}
    for one, other in pairs:
        held = inside[one] if one == other else inside[one] & ~inside[other]
        pieces = np.flatnonzero(held)
        sets.setdefault(pieces.tobytes(), (pieces, (one, other)))
    return Sums.of([each for each, _ in sets.values()]), [pair for _, pair in sets.values()]


def _merged(both: Published) -> Published:
    """Return the same with places in one class that no figure of either release tells apart."""
    inside = np.zeros((both.classes, both.kinds * both.sums.size), dtype=bool)
    held, kind = both.sums.piece // both.kinds, both.sums.piece % both.kinds
    inside[held, kind * both.sums.size + both.sums.row] = True
    _, first, number = np.unique(
        np.packbits(inside, axis=1), axis=0, return_index=True, return_inverse=True
    )
    kept = np.isin(held, first)
    pieces = number.ravel()[held[kept]] * both.kinds + kind[kept]
    nowhere = both.place_class == NOWHERE
    return replace(
        both,
        place_class=np.where(nowhere, NOWHERE, number.ravel()[both.place_class]),
        classes=len(first),
        sums=Sums(both.sums.size, both.sums.row[kept], pieces),
    )


def _places(both: Published, pieces: IntArray) -> IntArray:
    """Return the places behind some pieces."""
    classes = np.unique(pieces // both.kinds)
    return np.flatnonzero(np.isin(both.place_class, classes))


def _net(a: Published, b: Published) -> Iterator[tuple[int, int, int, int]]:
    """Yield figures over the same places whose change is known almost exactly, and is small."""
    of_zone = {_zone(a, number): number for number in range(a.sums.size)}
    for second in range(b.sums.size):
        first = of_zone.get(_zone(b, second))
        if first is None or not np.isfinite([a.high[first], b.high[second]]).all():
            continue
        low, high = b.low[second] - a.high[first], b.high[second] - a.low[first]
        if high - low + 1 < ENOUGH and (low > 0 or high < 0):
            yield first, second, int(low), int(high)


def _zone(figures: Published, number: int) -> bytes:
    """Return what places and kinds a figure is over, as a key."""
    pieces = figures.sums.members[number]
    kinds: Sequence[int] = (pieces % figures.kinds).tolist()
    marks = np.zeros((len(figures.place_class), figures.kinds), dtype=bool)
    for place_class, kind in zip((pieces // figures.kinds).tolist(), kinds, strict=True):
        marks[figures.place_class == place_class, kind] = True
    marks[figures.place_class == NOWHERE] = False
    return np.packbits(marks).tobytes()
