"""Where the classes of a shaded map begin: so many areas each, natural breaks, or given limits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

QUANTILE, NATURAL = "quantile", "natural"
METHODS = (QUANTILE, NATURAL)
SHOWN_CLASSES = 5
MOST_CLASSES = 8
_AREAS_A_CLASS = 2


def given_limits(text: str) -> tuple[float, ...] | None:
    """Return the limits that a text such as "10, 20, 50" gives, None where it gives none.

    >>> given_limits("10, 20,50"), given_limits("20,10"), given_limits("natural")
    ((10.0, 20.0, 50.0), None, None)
    """
    try:
        limits = tuple(float(word) for word in text.split(","))
    except ValueError:
        return None
    rising = all(a < b for a, b in pairwise(limits))
    known = all(math.isfinite(limit) and limit > 0 for limit in limits)
    return limits if rising and known and len(limits) < MOST_CLASSES else None


def breaks(method: str, values: Sequence[float]) -> tuple[float, ...]:
    """Return the lower limits of the classes above the lowest, as a method or given limits say."""
    if method == NATURAL:
        return natural_breaks(values)
    limits = given_limits(method)
    return quantile_breaks(values) if limits is None else limits


def natural_breaks(values: Sequence[float]) -> tuple[float, ...]:
    """Return limits that leave the least variance within classes, each as round as may be.

    Exact, by ckmeans. Source: Fisher (1958), Journal of the American Statistical Association 53;
    Wang and Song (2011), R Journal 3/2. Zeros are in no class; few areas make few classes.

    >>> natural_breaks([1.0, 1.2, 1.4, 7.0, 7.3, 7.5, 30.0, 31.0])
    (4.0, 20.0, 31.0)
    """
    from ckmeans import breaks as limits  # needed only where it is asked for

    shown = [value for value in values if value > 0]
    classes = min(_classes(len(shown)), len(set(shown)))
    if classes <= 1:
        return ()
    return tuple(float(limit) for limit in limits(np.array(shown), classes))


def quantile_breaks(values: Sequence[float]) -> tuple[float, ...]:
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
    classes = _classes(len(shown))
    places = -(-np.arange(1, classes) * len(shown) // classes)
    first, after = (np.searchsorted(shown, shown[places], side) for side in ("left", "right"))
    # A run of equal figures goes whole to the side that leaves the classes nearer in size.
    starts = np.where((first > 0) & (places - first <= after - places), first, after)
    return tuple(np.unique(shown[starts[starts < len(shown)]]).tolist())


def _classes(areas: int) -> int:
    return min(SHOWN_CLASSES, max(1, -(-areas // _AREAS_A_CLASS)))
