"""The statistics behind the figures, each with its formula and source. Arrays in, arrays out."""

from __future__ import annotations

import math

import numpy as np

from geodemand.core.disclosure import FloatArray

CONFIDENCE = 0.95


def wilson(
    events: FloatArray, total: FloatArray, confidence: float = CONFIDENCE
) -> tuple[FloatArray, FloatArray]:
    """Return the Wilson score interval of a proportion ``events / total``, NaN where total is 0.

    (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n). Source: Wilson (1927), Journal of the
    American Statistical Association 22.

    >>> low, high = wilson(np.array([25.0]), np.array([50.0]))
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.3664], [0.6336])
    """
    from statistics import NormalDist  # slow to import, needed only here

    z = NormalDist().inv_cdf((1 + confidence) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = events / total
        centre = share + z**2 / (2 * total)
        half = z * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
        scale = 1 + z**2 / total
        low, high = (centre - half) / scale, (centre + half) / scale
    # The limits are exactly 0 and 1 at the ends; rounding errors would leave -1e-17.
    low = np.where((events == 0) & (total > 0), 0.0, low)
    return low, np.where(events == total, np.where(total > 0, 1.0, np.nan), high)


def upper_tail(events: FloatArray, total: FloatArray, probability: FloatArray) -> FloatArray:
    """Return P(X >= events) for X ~ Binomial(total, probability), NaN where an argument is NaN.

    The exact one-sided test of over-representation, where several clients may live in one unit of
    the base. ``events`` and ``total`` are whole numbers. Summed here, right to seven digits:
    importing scipy for it would double what a user waits for on a small list.

    >>> upper_tail(np.array([8.0]), np.array([10.0]), np.array([0.5])).round(6).tolist()
    [0.054688]
    """
    known = np.isfinite(events) & np.isfinite(total) & np.isfinite(probability) & (total > 0)
    tail = np.full(known.shape, np.nan)
    for i in np.flatnonzero(known):
        tail[i] = _binomial_tail(round(events[i]), round(total[i]), float(probability[i]))
    return tail


def _binomial_tail(events: int, total: int, probability: float) -> float:
    """Return P(X >= events): the terms C(n, i) p^i (1-p)^(n-i), each from the one before."""
    if events <= 0 or probability >= 1:
        return float(events <= total)
    if events > total or probability <= 0:
        return 0.0
    if events <= total * probability:
        # Below the mean the other tail is the smaller sum.
        return 1 - _binomial_tail(total - events + 1, total, 1 - probability)
    ways = math.lgamma(total + 1) - math.lgamma(events + 1) - math.lgamma(total - events + 1)
    chance = events * math.log(probability) + (total - events) * math.log1p(-probability)
    # Terms farther than ten standard deviations out add nothing that a float could hold.
    reach = 60 + int(10 * math.sqrt(total * probability * (1 - probability)))
    i = np.arange(events, min(total, events + reach))
    steps = (total - i) / (i + 1) * (probability / (1 - probability))
    return min(1.0, math.exp(ways + chance) * float(1 + np.cumprod(steps).sum()))


def benjamini_hochberg(p: FloatArray) -> FloatArray:
    """Return p-values adjusted for the false discovery rate, NaN left out and kept.

    q_(i) = min over j >= i of m p_(j) / j. Source: Benjamini and Hochberg (1995), Journal of the
    Royal Statistical Society B 57.
    """
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(np.isfinite(p))
    if len(known):
        order = known[np.argsort(p[known])]
        scaled = p[order] * len(known) / np.arange(1, len(known) + 1)
        adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1)
    return adjusted
