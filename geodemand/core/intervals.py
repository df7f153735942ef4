"""The statistics behind the figures, each with its formula and source. Arrays in, arrays out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from geodemand.core.disclosure import BoolArray, FloatArray

CONFIDENCE = 0.95
# From so many events on the Office for Health Improvement and Disparities takes Byar's limits.
BYAR_FROM = 10
# How far laws are followed: so many standard deviations and counts further (small means are skew).
_SPREADS, _FURTHER = 8, 40
# So many laws are formed together: they stay near the processor.
_LAWS = 128
_TINY = 1e-300


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
    z = _normal_quantile((1 + confidence) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = events / total
        centre = share + z**2 / (2 * total)
        half = z * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
        scale = 1 + z**2 / total
        low, high = (centre - half) / scale, (centre + half) / scale
    # The limits are exactly 0 and 1 at the ends; rounding errors would leave -1e-17.
    low = np.where((events == 0) & (total > 0), 0.0, low)
    return low, np.where(events == total, np.where(total > 0, 1.0, np.nan), high)


@lru_cache(maxsize=64)
def _normal_quantile(chance: float) -> float:
    from statistics import NormalDist  # slow to import, needed only here

    return NormalDist().inv_cdf(chance)


def poisson_limits(
    events: FloatArray, confidence: float = CONFIDENCE
) -> tuple[FloatArray, FloatArray]:
    """Return the limits of the number of events behind a Poisson count; NaN where it is NaN.

    Below 10 events the exact limits χ²(α/2; 2k) / 2 and χ²(1-α/2; 2k+2) / 2 (Garwood 1936,
    Biometrika 28); from 10 on Byar's k (1 - 1/9k - z/3√k)³, and the same with k + 1 and + z. So
    does the Office for Health Improvement and Disparities (Fingertips, guide on confidence
    intervals); Byar's formula is in Breslow and Day (1987), Statistical Methods in Cancer Research
    II. Divide both by the base for the limits of a rate.

    >>> low, high = poisson_limits(np.array([0.0, 5.0, 65.0]))
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([0.0, 1.62, 50.16], [3.69, 11.67, 82.85])
    """
    z = _normal_quantile((1 + confidence) / 2)
    many = np.where(np.nan_to_num(events) >= BYAR_FROM, events, np.nan)
    low = many * (1 - 1 / (9 * many) - z / (3 * np.sqrt(many))) ** 3
    above = many + 1
    high = above * (1 - 1 / (9 * above) + z / (3 * np.sqrt(above))) ** 3
    for count in np.unique(events[(events >= 0) & (events < BYAR_FROM)]):
        limits = _exact_limits(int(count), confidence)
        low = np.where(events == count, limits[0], low)
        high = np.where(events == count, limits[1], high)
    return low, high


@lru_cache(maxsize=64)
def _exact_limits(events: int, confidence: float) -> tuple[float, float]:
    """Return the means of the Poisson distributions that have few events as their tail."""
    tail = (1 - confidence) / 2
    low = _mean_with_tail(events - 1, 1 - tail) if events else 0.0
    return low, _mean_with_tail(events, tail)


def _mean_with_tail(most: int, chance: float) -> float:
    """Return the mean at which a Poisson count is at most ``most`` with this chance."""
    low, high = 0.0, 20.0 + 4 * most
    for _ in range(60):
        mean = (low + high) / 2
        term = total = math.exp(-mean)
        for i in range(1, most + 1):
            term *= mean / i
            total += term
        low, high = (mean, high) if total > chance else (low, mean)
    return low


def newcombe(
    first: tuple[FloatArray, FloatArray], second: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Return the limits of the difference of two proportions, each (events, total), first - second.

    d - √((p1-l1)² + (u2-p2)²) and d + √((u1-p1)² + (p2-l2)²), l and u being Wilson's limits. The
    two groups count as independent. Source: Newcombe (1998), Statistics in Medicine 17, method 10.
    """
    low_1, high_1 = wilson(*first)
    low_2, high_2 = wilson(*second)
    with np.errstate(divide="ignore", invalid="ignore"):
        share_1, share_2 = first[0] / first[1], second[0] / second[1]
    difference = share_1 - share_2
    below = np.hypot(share_1 - low_1, high_2 - share_2)
    above = np.hypot(high_1 - share_1, share_2 - low_2)
    return difference - below, difference + above


def equal_proportions(
    first: tuple[FloatArray, FloatArray], second: tuple[FloatArray, FloatArray]
) -> FloatArray:
    """Return the two-sided p of the score test that two proportions, (events, total), are equal.

    z = (p1 - p2) / √(p (1-p) (1/n1 + 1/n2)), p of both together; NaN where nothing can differ.
    """
    events, total = first[0] + second[0], first[1] + second[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = events / total
        spread = np.sqrt(pooled * (1 - pooled) * (1 / first[1] + 1 / second[1]))
        z = np.abs(first[0] / first[1] - second[0] / second[1]) / spread
    return np.array([math.erfc(each / math.sqrt(2)) for each in z])


def adjusted_residual(events: FloatArray, total: FloatArray, probability: FloatArray) -> FloatArray:
    """Return (k - n π) / √(n π (1-π)): how many standard deviations a count is off.

    The base is a census, so π is known. Beyond ±2 is seldom chance. Source: Haberman (1973),
    Biometrics 29. NaN where nothing, or everything, is expected.
    """
    expected = total * probability
    variance = expected * (1 - probability)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (events - expected) / np.sqrt(variance)
    return np.where(variance > 0, found, np.nan)


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


@dataclass(frozen=True)
class Binomial:
    """Laws of Binomial(total, probability), one a row, as far out as there is any chance.

    For many counts, where `upper_tail` is for few. ``at_most``: P(X <= ``first`` + column) [rows,
    columns], the first column of chance 0. NaN where an argument is.
    """

    first: FloatArray
    at_most: FloatArray

    @classmethod
    def each(cls, total: FloatArray, probability: FloatArray) -> Iterator[tuple[slice, Binomial]]:
        """Give the laws of two arrays [rows], some rows at a time."""
        for start in range(0, len(total), _LAWS):
            rows = slice(start, start + _LAWS)
            yield rows, cls._of(total[rows, None], probability[rows, None])

    @classmethod
    def _of(cls, n: FloatArray, p: FloatArray) -> Binomial:
        """Form laws from their likeliest counts outwards, each chance from the one before."""
        spread = np.sqrt(n * p * (1 - p))
        reach = _FURTHER + int(_SPREADS * np.max(spread, where=spread > 0, initial=0))
        likeliest = np.minimum(np.floor((n + 1) * p), n)
        odds = np.clip(p / np.maximum(1 - p, _TINY), _TINY, None)
        up, down = likeliest + np.arange(reach), likeliest - np.arange(reach)
        rise = np.maximum(n - up, 0) / (up + 1) * odds
        fall = np.maximum(down, 0) / (n - down + 1) / odds
        below, above = np.cumprod(fall, axis=1)[:, ::-1], np.cumprod(rise, axis=1)
        chance = np.concatenate([below, np.ones_like(n), above], axis=1)
        chance[:, 0] = 0
        chance /= chance.sum(axis=1, keepdims=True) + 0 * likeliest  # NaN stays
        return cls(likeliest[:, 0] - reach, np.cumsum(chance, axis=1))

    def tails(self, events: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return P(X <= events) and P(X >= events) [..., rows]; NaN where events are."""
        last = self.at_most.shape[1] - 1
        column = np.clip(np.nan_to_num(events - self.first), 0, last).astype(np.int64)
        row = np.arange(len(self.first))
        below = self.at_most[row, column] + 0 * events
        return below, 1 - self.at_most[row, np.maximum(column - 1, 0)] + 0 * events

    def quantile(self, chance: float) -> FloatArray:
        """Return the quantile of each law, interpolated between whole counts [rows].

        With k the smallest count that has P(X <= k) >= chance: k - (P(X <= k) - chance) / P(X = k),
        at least 0. Source: Spiegelhalter (2005), Statistics in Medicine 24, appendix A.1.

        >>> ((_, law),) = Binomial.each(np.array([50.0]), np.array([0.5]))
        >>> law.quantile(0.975).round(2).tolist()
        [31.46]
        """
        row = np.arange(len(self.first))
        column = np.count_nonzero(self.at_most < chance, axis=1)
        reached = self.at_most[row, column]
        term = reached - self.at_most[row, column - 1]
        found: FloatArray = np.maximum(self.first + column - (reached - chance) / term, 0)
        return found


def hypergeometric_tail(
    events: FloatArray, total: FloatArray, marked: FloatArray, size: FloatArray
) -> FloatArray:
    """Return P(X >= events): ``total`` of ``size`` people are drawn, ``marked`` are of a kind.

    The exact one-sided test where each client is one person of the base. NaN where an argument is
    NaN or more are drawn than there are.
    """
    from scipy.stats import hypergeom  # slow to import; only a base of people needs it

    known = np.isfinite(events) & np.isfinite(total) & np.isfinite(marked) & np.isfinite(size)
    known &= (total > 0) & (total <= size) & (marked <= size)
    tail = np.full(known.shape, np.nan)
    tail[known] = hypergeom.sf(events[known] - 1, size[known], marked[known], total[known])
    return tail


def adjusted(p: FloatArray, withheld: BoolArray) -> FloatArray:
    """Return Benjamini-Hochberg q-values where some p are withheld: their tests count too.

    A test that cannot be shown counts as one that found nothing (p = 1), so that hiding counts
    never makes what is left look surer. NaN where withheld, and where there is no p.
    """
    found = benjamini_hochberg(np.where(withheld, 1.0, p))
    return np.where(withheld, np.nan, found)


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
