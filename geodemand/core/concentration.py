"""The whole profile in a few figures: does it differ from the base, and how unevenly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geodemand.core.blocks import Block, single
from geodemand.core.disclosure import (
    BoolArray,
    Facts,
    FloatArray,
    Labels,
    Policy,
    Protected,
    Table,
    concatenate,
    known_figures,
    protect,
    rounded_share,
)
from geodemand.core.geography import NOWHERE
from geodemand.core.profile import FEW_EXPECTED
from geodemand.core.tally import Clients, Places, spread

POSTCODES = "postcodes"
SEED = 20_130_401
DRAWS = 1_000
DRAWS_OF_P = 9_999
# Numbers drawn at a time, so that memory stays bounded.
DRAWN_AT_ONCE = 2_000_000
USUAL_POINTS = (0.05, 0.10, 0.20)
MOST_NAMED = 3
_FIGURES = ("chi_square", "df", "p", "cramers_v", "gini", "gini_by_chance", "hoover")
_DECIMALS = (2, 0, 6, 3, 3, 3, 3)


def exact(policy: Policy) -> bool:
    """Return whether a policy shows counts as they are, so that postcodes may be looked at."""
    return policy.threshold == 0 and policy.base == 1


def by_place(clients: Sequence[Clients], places: Places, base: str, policy: Policy) -> list[Block]:
    """Return a block for each list whose rows are the postcodes of the base; none unless exact."""
    if not exact(policy) or base not in places.weights:
        return []
    weights = places.weights[base]
    held = np.flatnonzero(weights > 0)
    every = np.arange(len(held))
    position = np.full(len(places), NOWHERE)
    position[held] = every
    found = []
    for each in clients:
        counts = spread(each, position[places.postcode], len(held))
        own = protect(counts, policy)
        total = protect(counts.grouped([every]), policy)
        names = ("",) * len(held)
        facts = known_figures(weights[held])
        everywhere = known_figures(weights[held].sum(keepdims=True))
        found.append(Block(each.name, POSTCODES, base, names, names, own, facts, total, everywhere))
    return found


def whole(blocks: Sequence[Block], policy: Policy) -> Table:
    """Return for each list, level and base whether the profile differs from the base, and how far.

    chi_square = Σ (c_k - e_k)² / e_k, e_k = n b_k / N, on df = segments with a base - 1. The base
    is a census, so this is a test of fit. p: its tail, or by 9,999 seeded draws from the base
    (``p_by`` says which) where a segment expects fewer than 5 (``expected_small`` of them).
    cramers_v = √(chi_square / (n df)), 0 no difference. gini = 2 AUC - 1 of the concentration
    curve; gini_by_chance: its mean over seeded draws of n clients from the base, what Poisson noise
    alone would give. hoover = ½ Σ |c_k / n - b_k / N|: the share of clients who would have to move.
    Of postcodes only the last three. Withheld where one count of the block is.
    """
    tables = [_whole(block, policy) for block in blocks if block.parts]
    return concatenate("whole", tables, "The whole profile")


def _whole(block: Block, policy: Policy) -> Table:
    hidden = not block.known
    found = _statistics(block) if block.known else _Statistics()
    shown = [
        single(value, withheld=hidden, decimals=decimals)
        for value, decimals in zip(found.figures, _DECIMALS, strict=True)
    ]
    small = single(found.expected_small, withheld=hidden, decimals=0)
    digits = 3 if exact(policy) else 2
    shown[3:] = [
        Protected(np.round(each.values, digits), each.withheld, digits) for each in shown[3:]
    ]
    return Table(
        "whole",
        {
            "list": Labels((block.list_name,)),
            "level": Labels((block.level,)),
            "base": Labels((block.base,)),
            "segments": Facts(np.array([float(len(block))])),
            "clients": block.total,
            **dict(zip(_FIGURES, shown, strict=True)),
            "expected_small": small,
            "p_by": Labels((found.p_by,)),
        },
    )


@dataclass(frozen=True)
class _Statistics:
    """``figures``: as in the columns of `whole`."""

    figures: tuple[float, ...] = (np.nan,) * len(_FIGURES)
    expected_small: float = np.nan
    p_by: str | None = None


def _statistics(block: Block) -> _Statistics:
    counts, weights = block.clients.values, block.base_count.values
    total, base_total = counts.sum(), weights.sum()
    if not total or not base_total:
        return _Statistics()
    gap = 0.5 * np.abs(counts / total - weights / base_total).sum()
    chance = gini_by_chance(int(total), weights)
    uneven = (float(gini(counts, weights)), chance, float(gap))
    if block.level == POSTCODES:
        return _Statistics((np.nan,) * 4 + uneven)
    based = weights > 0
    expected = total * weights[based] / base_total
    small = int((expected < FEW_EXPECTED).sum())
    freedom = int(based.sum()) - 1
    if freedom < 1 or counts[~based].any():
        return _Statistics((np.nan,) * 4 + uneven, small)
    chi_square = float(((counts[based] - expected) ** 2 / expected).sum())
    p, p_by = _p_of_fit(chi_square, int(total), expected, freedom)
    strength = float(np.sqrt(chi_square / (total * freedom)))
    return _Statistics((chi_square, freedom, p, strength, *uneven), small, p_by)


def _p_of_fit(
    chi_square: float, total: int, expected: FloatArray, freedom: int
) -> tuple[float, str]:
    """Return the chance of so large a chi-square, and how it was found."""
    if (expected >= FEW_EXPECTED).all():
        from scipy.special import chdtrc  # slow to import; only the whole profile needs it

        return float(chdtrc(freedom, chi_square)), "chi-square"
    reached = 0
    for drawn in _draws(total, expected / total, DRAWS_OF_P):
        found = ((drawn - expected) ** 2 / expected).sum(axis=1)
        # What is equal but for the last bit counts as equal.
        reached += int((found >= chi_square * (1 - 1e-12)).sum())
    return (1 + reached) / (1 + DRAWS_OF_P), "simulation"


def _draws(total: int, shares: FloatArray, draws: int) -> list[FloatArray]:
    """Return seeded draws of so many clients from the base, in parts [some draws, segments]."""
    chance = np.random.default_rng(SEED)
    at_once = max(1, DRAWN_AT_ONCE // len(shares))
    sizes = [min(at_once, draws - done) for done in range(0, draws, at_once)]
    shares = shares / shares.sum()
    return [chance.multinomial(total, shares, size).astype(float) for size in sizes]


def gini_by_chance(total: int, weights: FloatArray) -> float:
    """Return the mean Gini of so many clients who live anywhere in the base at random.

    Over many units one draw says it: the mean of a curve over many points hardly varies.
    """
    based = weights[weights > 0]
    draws = int(np.clip(DRAWN_AT_ONCE // len(based), 1, DRAWS))
    found = [gini(drawn, based) for drawn in _draws(total, based / based.sum(), draws)]
    return float(np.concatenate(found).mean())


def gini(counts: FloatArray, weights: FloatArray) -> FloatArray:
    """Return 2 AUC - 1 of the concentration curve of counts [..., units] over weights [units].

    Equal to Σ Σ |c_i w_j - c_j w_i| / (2 C W). Source: Lerman and Yitzhaki (1989), Journal of
    Econometrics 42, for weighted units. NaN where there is nobody.

    >>> gini(np.array([0.0, 0.0, 10.0]), np.ones(3)).round(4).tolist()
    0.6667
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        order = np.argsort(-np.nan_to_num(counts / weights, posinf=np.inf), axis=-1, kind="stable")
        clients = np.cumsum(np.take_along_axis(counts, order, -1), -1)
        base = np.cumsum(np.take_along_axis(np.broadcast_to(weights, counts.shape), order, -1), -1)
        clients, base = clients / clients[..., -1:], base / base[..., -1:]
    steps = np.diff(base, prepend=0.0)
    middle = clients - np.diff(clients, prepend=0.0) / 2
    return np.asarray(2 * (steps * middle).sum(axis=-1) - 1)


@dataclass(frozen=True)
class _Curve:
    """Cumulative shares of base and clients from (0, 0) to (1, 1), and what each step adds."""

    base: FloatArray
    clients: FloatArray
    names: tuple[str | None, ...]


def _curve(block: Block) -> _Curve | None:
    """Return the concentration curve, the highest rate first, equal rates one straight step."""
    counts, weights = block.clients.values, block.base_count.values
    if not block.known or not counts.sum() or not weights.sum():
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = counts / weights
    held = np.isfinite(rates) | (counts > 0)
    values, step = np.unique(-rates[held], return_inverse=True)
    clients = np.bincount(step, weights=counts[held], minlength=len(values))
    base = np.bincount(step, weights=weights[held], minlength=len(values))
    names: list[list[str]] = [[] for _ in values]
    if block.level != POSTCODES:
        for name, at in zip(np.array(block.names, dtype=object)[held], step, strict=True):
            names[at].append(name)
    return _Curve(
        np.cumsum(np.append(0, base)) / base.sum(),
        np.cumsum(np.append(0, clients)) / clients.sum(),
        (None, *(_together(each) for each in names)),
    )


def _together(names: Sequence[str]) -> str | None:
    if len(names) > MOST_NAMED:
        return f"{len(names)} segments of equal rate"
    return ", ".join(names) or None


def concentration(blocks: Sequence[Block], policy: Policy) -> Table:
    """Return the curve of cumulative clients against cumulative base, the highest rate first.

    One row a step, the first (0, 0); segments of equal rate are one step. ``unit``: what is sorted,
    the segments of a level or postcodes. No rows where a count of the block is withheld.
    """
    found = [(block, _curve(block)) for block in blocks if block.parts]
    tables = [_steps(block, curve, policy) for block, curve in found if curve is not None]
    return concatenate("concentration", tables, "Concentration of clients")


def _steps(block: Block, curve: _Curve, policy: Policy) -> Table:
    size = len(curve.base)
    everywhere = block.total[[0] * size]
    share = Protected(curve.clients, np.zeros(size, dtype=bool))
    return Table(
        "concentration",
        {
            "list": Labels((block.list_name,) * size),
            "base": Labels((block.base,) * size),
            "unit": Labels((block.level,) * size),
            "step": Facts(np.arange(size, dtype=float)),
            "name": Labels(curve.names),
            "base_share": Facts(curve.base, 6),
            "client_share": rounded_share(share, everywhere, policy),
        },
    )


def points(blocks: Sequence[Block], at: Sequence[float], policy: Policy) -> Table:
    """Return which share of the clients the first shares of the base hold, from the curve.

    ``at``: shares of the base, 0-1, where rates are highest. Between two steps the curve is
    straight. Withheld where a count of the block is.
    """
    tables = [_points(block, np.array(at), policy) for block in blocks if block.parts]
    return concatenate("points", tables, "What the first shares of the base hold")


def _points(block: Block, at: FloatArray, policy: Policy) -> Table:
    size = len(at)
    curve = _curve(block)
    values = np.full(size, np.nan) if curve is None else np.interp(at, curve.base, curve.clients)
    hidden: BoolArray = np.full(size, not block.known)
    share = Protected(values, hidden)
    return Table(
        "points",
        {
            "list": Labels((block.list_name,) * size),
            "base": Labels((block.base,) * size),
            "unit": Labels((block.level,) * size),
            "at_share": Facts(at, 6),
            "client_share": rounded_share(share, block.total[[0] * size], policy),
        },
    )
