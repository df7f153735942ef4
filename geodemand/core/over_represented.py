"""Which segments of one list hold more clients than the base says: tests, and their doubt."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from geodemand.core import intervals
from geodemand.core.blocks import Block
from geodemand.core.disclosure import BoolArray, FloatArray, Protected
from geodemand.core.profile import LIST_BASE

ALPHA = 0.05
FEWEST = 3
SEED = 20_130_402
DRAWS = 9_999
# For the sentence on power: a segment with this share of the base.
SMALL_SHARE = 0.01
POSTERIOR = 0.05
# Logarithms between which the shape and rate of the prior are sought.
_BOUNDS = (-6.0, 12.0)


@dataclass(frozen=True)
class Tested:
    """What the test makes of the segments of one block. ``lower``: 5 % limit of the posterior."""

    block: Block
    expected: Protected
    p: FloatArray
    q: FloatArray
    lower: FloatArray
    stands: BoolArray
    prior: tuple[float, float] = field(default=(np.nan, np.nan))

    @property
    def hidden(self) -> BoolArray:
        """Return which rows are withheld."""
        return self.expected.withheld | self.block.clients.withheld


def tested_block(block: Block) -> Tested:
    """Return the tests of all segments of a block, as `geodemand.core.derive.derive` says."""
    size = len(block)
    total, base_share = block.total[[0] * size], block.base_share
    hidden = block.clients.withheld | base_share.withheld | total.withheld
    expected = Protected(np.where(hidden, np.nan, total.values * base_share.values), hidden)
    counts = block.clients.values
    p = np.where(hidden, np.nan, _tail(block, counts, float(total.values[0])))
    q = intervals.adjusted(p, hidden)
    stands = _stand(q, counts)
    usable = ~hidden & (np.nan_to_num(expected.values) > 0)
    lower = np.full(size, np.nan)
    prior = (np.nan, np.nan)
    if usable.any():
        from scipy.special import gammaincinv  # slow to import; only --derive needs it

        prior = gamma_prior(counts[usable], expected.values[usable])
        shape, rate = prior[0] + counts[usable], prior[1] + expected.values[usable]
        lower[usable] = gammaincinv(shape, POSTERIOR) / rate
    return Tested(block, expected, p, q, lower, stands, prior)


def _stand(q: FloatArray, counts: FloatArray) -> BoolArray:
    """Return which segments stand as over-represented."""
    found: BoolArray = (np.nan_to_num(q, nan=1) <= ALPHA) & (np.nan_to_num(counts) >= FEWEST)
    return found


def _tail(block: Block, counts: FloatArray, clients: float) -> FloatArray:
    """Return the upper tail of counts of so many clients by the segments of a block."""
    size = len(block)
    total, base_total = np.full(size, clients), block.base_total[[0] * size].values
    if block.base.startswith(LIST_BASE):
        return intervals.hypergeometric_tail(counts, total, block.base_count.values, base_total)
    return intervals.upper_tail(counts, total, block.base_share.values)


def gamma_prior(observed: FloatArray, expected: FloatArray) -> tuple[float, float]:
    """Return shape a and rate b of the Gamma prior of rates, by maximum likelihood.

    The counts are then negative binomial: Σ ln Γ(a+O) - ln Γ(a) + a ln(b/(b+E)) + O ln(E/(b+E)) is
    largest. Source: Clayton and Kaldor (1987), Biometrics 43.
    """
    from scipy.optimize import minimize  # slow to import; only --derive needs it
    from scipy.special import digamma, gammaln

    def unlikely(logs: FloatArray) -> tuple[float, FloatArray]:
        """Return minus the likelihood's logarithm, and its slope along ln a and ln b."""
        a, b = np.exp(logs)
        kept = np.log(b / (b + expected))
        terms = gammaln(a + observed) - gammaln(a) + a * kept - observed * np.log(b + expected)
        along_a = (digamma(a + observed) - digamma(a) + kept).sum() * a
        along_b = (a / b - (a + observed) / (b + expected)).sum() * b
        return -float(terms.sum()), -np.array([along_a, along_b])

    # Several starts: the likelihood is flat where the rates hardly differ.
    starts = [np.array([start, start]) for start in (-1.0, 1.0, 4.0)]
    found = [
        minimize(unlikely, start, jac=True, method="L-BFGS-B", bounds=[_BOUNDS, _BOUNDS])
        for start in starts
    ]
    a, b = np.exp(min(found, key=lambda each: float(each.fun)).x)
    return float(a), float(b)


def each_left_out(tested: Tested) -> FloatArray:
    """Return how the choice does on its own list, each client left out of it in turn.

    The set is derived anew from the n - 1 others; k clients are of a segment that is then chosen.
    Returns k, and the index 100 (k / n) / b with Wilson's limits of k / n, b being the mean share
    of the base in those sets. NaN where they are empty. Source: Stone (1974), Journal of the Royal
    Statistical Society B 36.
    """
    block = tested.block
    counts, total = block.clients.values, float(block.total.values[0])
    base_share = np.nan_to_num(block.base_share.values)
    held, base = 0.0, 0.0
    for one in np.flatnonzero(counts > 0):
        others = counts - (np.arange(len(counts)) == one)
        q = intervals.benjamini_hochberg(_tail(block, others, total - 1))
        stands = _stand(q, others)
        held += counts[one] * stands[one]
        base += counts[one] * base_share[stands].sum()
    if not base:
        return np.array([held, np.nan, np.nan, np.nan])
    limits = intervals.wilson(np.array([held]), np.array([total]))
    shares = np.array([held / total, limits[0][0], limits[1][0]])
    return np.append(held, 100 * shares / (base / total))


def noise_of_choice(tested: Tested, chosen: int) -> tuple[float, float]:
    """Return the chance that so many best segments of noise look as good, and their mean index.

    In each of 9,999 seeded draws of the list from the base, the segments with the smallest tails
    are taken, as many as were chosen; their index together is set against the observed one.
    """
    block = tested.block
    shares = np.nan_to_num(block.base_share.values)
    held = shares > 0
    shares = shares[held] / shares[held].sum()
    total = int(block.total.values[0])
    drawn = np.random.default_rng(SEED).multinomial(total, shares, DRAWS)
    tails = np.empty(drawn.shape)
    for some, law in intervals.Binomial.each(np.full(len(shares), float(total)), shares):
        _, tails[:, some] = law.tails(drawn[:, some].astype(float))
    best = np.argsort(tails, axis=1, kind="stable")[:, :chosen]
    clients = np.take_along_axis(drawn, best, 1).sum(axis=1)
    noise = clients / total / shares[best].sum(axis=1)
    own = tested.stands
    observed = block.clients.values[own].sum() / total / block.base_share.values[own].sum()
    reached = int((noise >= observed * (1 - 1e-12)).sum())
    return (1 + reached) / (1 + DRAWS), 100 * float(noise.mean())


def fewest_to_stand(total: float, segments: int, share: float = SMALL_SHARE) -> float:
    """Return how many clients a segment with a share of the base needs to stand alone.

    The smallest count whose upper tail is at most 5 % over the number of segments: the first step
    of Benjamini and Hochberg's procedure. At least 3.

    >>> fewest_to_stand(50, 56)
    5.0
    """
    counts = np.arange(FEWEST, int(total) + 1, dtype=float)
    for start in range(0, len(counts), 64):
        some = counts[start : start + 64]
        size = np.ones(len(some))
        tails = intervals.upper_tail(some, total * size, share * size)
        enough = some[tails <= ALPHA / segments]
        if len(enough):
            return float(enough[0])
    return float("nan")
