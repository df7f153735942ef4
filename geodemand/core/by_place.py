"""The profile by place: each area against the county and against its own base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geodemand.core import intervals, tally
from geodemand.core.disclosure import (
    BoolArray,
    FloatArray,
    IntArray,
    Labels,
    People,
    Policy,
    Protected,
    Table,
    concatenate,
    known_figures,
    protect,
    ratio,
    rounded,
    rounded_share,
    withhold,
)
from geodemand.core.geography import Geography
from geodemand.core.profile import (
    FEW_CLIENTS,
    FEW_EXPECTED,
    LIST_BASE,
    SMALL,
    base_list,
    base_weight,
    index_digits,
    index_of,
)
from geodemand.core.tally import Clients, Places

NO_AREA = "(none)"
DECIMALS = 6
# Two-sided funnel limits: the chances below the lower and above the upper one, in per cent of all.
FUNNEL = {"95": 0.05, "998": 0.002}


@dataclass(frozen=True)
class Scope:
    """The places that are looked at: all of them (without a name), or those of a named set."""

    name: str | None
    places: BoolArray


def by_place(
    clients: Sequence[Clients],
    places: Places,
    geographies: Sequence[Geography],
    bases: Sequence[str],
    scopes: Sequence[Scope],
    policy: Policy,
) -> Table:
    """Return one row for each list, area and base, and again within each set.

    Clients c of n, base b of N, the whole county's; "(none)" is what lies in no area. rate = c / b
    with the limits of a Poisson count; index = 100 (c/n) / (b/N), Wilson. Funnel limits: the rates
    within which 95 % and 99.8 % of areas with this base would lie if each client lived anywhere in
    the base alike, quantiles of Binomial(n, b/N) over b, interpolated between whole counts
    (Spiegelhalter 2005, Statistics in Medicine 24, appendix A.1). ``funnel`` says where the rate
    lies. p: two-sided, twice the smaller tail of that binomial; q: Benjamini-Hochberg over the
    areas. Withheld where an area has fewer addresses or clients than the policy asks for.
    """
    blocks = []
    for scope in scopes:
        for geography in geographies:
            areas = _Areas.of(geography, places, scope)
            for base in bases:
                own = [each for each in clients if base != LIST_BASE + each.name]
                weight = _base(base, clients, places, areas, policy)
                blocks += [_block(each, areas, base, weight, policy) for each in own]
    return concatenate("by_place", blocks, "By place")


@dataclass(frozen=True)
class _Areas:
    """The areas of one geography within a scope: who is where, and how many addresses they have.

    ``position``: area of each place, ``size`` for none, -1 off the scope. ``addresses`` [size + 1].
    """

    scope: Scope
    geography: Geography
    position: IntArray
    addresses: FloatArray

    @property
    def size(self) -> int:
        """Return the number of areas and one for what lies in none."""
        return len(self.geography) + 1

    @classmethod
    def of(cls, geography: Geography, places: Places, scope: Scope) -> _Areas:
        """Place everything in an area, in none, or off the scope."""
        area = places.areas[geography.name]
        position = np.where(area < 0, len(geography), area)
        position = np.where(scope.places, position, -1)
        held = places.weights.get("households", places.weights[tally.POSTCODES])
        addresses = tally.base_by_position(held, position, len(geography) + 1)[:-1]
        return cls(scope, geography, position, addresses)

    def people(self, clients: Clients) -> People:
        """Count a list in the areas, in none, and in all."""
        counts = tally.by_position([clients], self.position, self.size).exact[0, :-1]
        return People(np.append(counts, counts.sum()))


def _base(
    name: str, clients: Sequence[Clients], places: Places, areas: _Areas, policy: Policy
) -> Protected:
    """Return the base of the areas, of none and of all: facts as they are, people protected."""
    if name.startswith(LIST_BASE):
        return _protected(areas.people(base_list(name, clients)), areas, policy)
    weights = tally.base_by_position(base_weight(places, name), areas.position, areas.size)[:-1]
    return known_figures(np.append(weights, weights.sum()))


def _protected(people: People, areas: _Areas, policy: Policy) -> Protected:
    """Protect counts by area and in all, also where an area is too small to be shown."""
    few = (areas.addresses < policy.area_addresses) | (people.exact[:-1] < policy.area_clients)
    return withhold(protect(people, policy), np.append(few & (people.exact[:-1] > 0), False))


def _block(each: Clients, areas: _Areas, base: str, weight: Protected, policy: Policy) -> Table:
    figures = _protected(areas.people(each), areas, policy)
    size = areas.size
    # A row for what lies in no area only where something does.
    held = np.arange(size)
    if not weight.values[size - 1] and not figures.withheld[size - 1] and not figures.values[-2]:
        held = held[:-1]
    clients, base_count = figures[held], weight[held]
    total, base_total = figures[[size] * len(held)], weight[[size] * len(held)]
    geography = areas.geography
    names = (
        [(*geography.codes, NO_AREA)[i] for i in held],
        [(*geography.names, NO_AREA)[i] for i in held],
    )
    digits = index_digits(policy)
    share, base_share = ratio(clients, total), ratio(base_count, base_total)
    limits = intervals.wilson(clients.values, total.values)
    index_low, index_high = (
        index_of(Protected(limit, share.withheld), base_share, digits) for limit in limits
    )
    rates = intervals.poisson_limits(clients.values)
    low, high = (_rate(Protected(limit, clients.withheld), base_count) for limit in rates)
    chance = _Chance.of(clients, total, base_share)
    exact_base = not base.startswith(LIST_BASE)
    return Table(
        "by_place",
        {
            "list": _same(each.name, held),
            "geography": _same(geography.name, held),
            "area": Labels(tuple(names[0])),
            "name": Labels(tuple(names[1])),
            "base": _same(base, held),
            "clients": clients,
            "total": total,
            "share": rounded_share(share, total, policy),
            "base_count": base_count,
            "base_share": rounded(base_share, DECIMALS)
            if exact_base
            else rounded_share(base_share, base_total, policy),
            "rate": _rate(clients, base_count),
            "rate_low": low,
            "rate_high": high,
            "index": index_of(share, base_share, digits),
            "index_low": index_low,
            "index_high": index_high,
            **chance.limits(base_count),
            "funnel": chance.words(),
            "p": chance.p,
            "q": Protected(
                intervals.adjusted(chance.p.values, chance.p.withheld), chance.p.withheld, DECIMALS
            ),
            "flag": _flags(clients, chance.expected),
            "set": _same(areas.scope.name, held),
        },
    )


def _same(word: str | None, held: IntArray) -> Labels:
    return Labels((word,) * len(held))


def _rate(clients: Protected, base_count: Protected) -> Protected:
    return rounded(ratio(clients, base_count), DECIMALS)


def _flags(clients: Protected, expected: FloatArray) -> Labels:
    few = clients.withheld | (np.nan_to_num(clients.values) < FEW_CLIENTS)
    few |= np.nan_to_num(expected) < FEW_EXPECTED
    return Labels(tuple(SMALL if flag else None for flag in few.tolist()))


@dataclass(frozen=True)
class _Chance:
    """What chance alone would give an area: counts of clients below its funnel limits."""

    clients: Protected
    total: FloatArray
    share: FloatArray
    p: Protected
    bounds: dict[str, FloatArray]

    @property
    def expected(self) -> FloatArray:
        """Return the clients expected from the base."""
        return self.total * self.share

    @classmethod
    def of(cls, clients: Protected, total: Protected, base_share: Protected) -> _Chance:
        """Form the limits and p from protected counts; NaN where one is missing."""
        from scipy.stats import binom  # slow to import; only --by needs it

        n, share, counts = total.values, base_share.values, clients.values
        hidden = clients.withheld | total.withheld | base_share.withheld
        below, above = binom.cdf(counts, n, share), binom.sf(counts - 1, n, share)
        p = np.where(hidden, np.nan, np.minimum(1, 2 * np.minimum(below, above)))
        p = np.where(share > 0, p, np.nan)
        bounds = {}
        for name, outside in FUNNEL.items():
            for end, chance in (("lower", outside / 2), ("upper", 1 - outside / 2)):
                count = binom.ppf(chance, n, share)
                reached = binom.cdf(count, n, share)
                with np.errstate(divide="ignore", invalid="ignore"):
                    part = (reached - chance) / (reached - binom.cdf(count - 1, n, share))
                bounds[f"{end}_{name}"] = np.maximum(count - part, 0)
        return cls(clients, n, share, Protected(p, hidden, DECIMALS), bounds)

    def limits(self, base_count: Protected) -> dict[str, Protected]:
        """Return the funnel limits as rates of the base."""
        hidden = np.isnan(self.total) | base_count.withheld
        return {
            name: _rate(Protected(np.where(hidden, np.nan, bound), hidden), base_count)
            for name, bound in self.bounds.items()
        }

    def words(self) -> Labels:
        """Return where each rate lies among its limits."""
        counts = self.clients.values
        found = np.select(
            [
                self.p.withheld,
                ~np.isfinite(self.p.values),
                counts > self.bounds["upper_998"],
                counts > self.bounds["upper_95"],
                counts < self.bounds["lower_998"],
                counts < self.bounds["lower_95"],
            ],
            ["withheld", "", "above 99.8 %", "above 95 %", "below 99.8 %", "below 95 %"],
            "within",
        )
        return Labels(tuple(word or None for word in found.tolist()))
