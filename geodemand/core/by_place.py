"""The profile by place: each area against the county and against its own base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geodemand.core import intervals, tally
from geodemand.core.disclosure import (
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
    """The places that are looked at: all of them, or those of some finest segments.

    ``name``: of the set or segment, None for all; ``segments``: their positions, None for all.
    """

    name: str | None = None
    segments: IntArray | None = None


def by_place(
    clients: Sequence[Clients],
    places: Places,
    geographies: Sequence[Geography],
    bases: Sequence[str],
    scopes: Sequence[Scope],
    policy: Policy,
) -> Table:
    """Return one row for each list, area and base, and again within each set or segment.

    Clients c of n, base b of N, the whole county's; "(none)" is what lies in no area. rate = c / b
    with the limits of a Poisson count; index = 100 (c/n) / (b/N), Wilson. Funnel limits: the rates
    within which 95 % and 99.8 % of areas with this base would lie if each client lived anywhere in
    the base alike, quantiles of Binomial(n, b/N) over b, interpolated between whole counts
    (Spiegelhalter 2005, Statistics in Medicine 24, appendix A.1). ``funnel`` says where the rate
    lies. p: two-sided, twice the smaller tail of that binomial; q: Benjamini-Hochberg over the
    areas. Withheld where an area has fewer addresses or clients than the policy asks for.
    """
    finest = 1 + max(
        [int(places.segment.max(initial=-1))]
        + [int(each.segments.max(initial=-1)) for each in scopes if each.segments is not None]
    )
    blocks = []
    for geography in geographies:
        counted = _Counted.of(geography, clients, places, bases, finest)
        for scope in scopes:
            areas = counted.within(scope)
            for base in bases:
                own = [each.name for each in clients if base != LIST_BASE + each.name]
                weight = _base(base, areas, policy)
                blocks += [_block(name, areas, base, weight, policy) for name in own]
    return concatenate("by_place", blocks, "By place")


@dataclass(frozen=True)
class _Areas:
    """What the areas of one geography hold within a scope [areas + 2]: then in none, and in all.

    ``people``: by list; ``units``: by base of the directory; ``addresses`` [areas + 1].
    """

    scope: Scope
    geography: Geography
    people: Mapping[str, People]
    units: Mapping[str, FloatArray]
    addresses: FloatArray

    @property
    def size(self) -> int:
        """Return the number of areas and one for what lies in none."""
        return len(self.geography) + 1


@dataclass(frozen=True)
class _Counted:
    """The same by finest segment [segments + 1, areas + 1], "none" last: counted once for all."""

    geography: Geography
    people: Mapping[str, People]
    units: Mapping[str, FloatArray]
    addresses: FloatArray

    @classmethod
    def of(
        cls,
        geography: Geography,
        clients: Sequence[Clients],
        places: Places,
        bases: Sequence[str],
        finest: int,
    ) -> _Counted:
        """Count clients and bases in every segment of every area; ``finest``: how many segments."""
        areas, segments = len(geography) + 1, finest + 1
        area = places.areas[geography.name]
        # -1, for none, is the last row and the last column.
        cell = (places.segment % segments) * areas + area % areas
        size = segments * areas
        shape = (segments, areas)

        def units(weight: FloatArray) -> FloatArray:
            return tally.base_by_position(weight, cell, size)[:-1].reshape(shape)

        addresses = places.weights.get("households", places.weights[tally.POSTCODES])
        for base in bases:
            if base.startswith(LIST_BASE):
                base_list(base, clients)
        return cls(
            geography,
            {each.name: tally.by_position([each], cell, size).of(0) for each in clients},
            {
                base: units(base_weight(places, base))
                for base in bases
                if not base.startswith(LIST_BASE)
            },
            units(addresses),
        )

    def within(self, scope: Scope) -> _Areas:
        """Return what the areas hold within a scope."""
        rows = slice(None) if scope.segments is None else scope.segments
        segments, areas = self.addresses.shape
        chosen = np.arange(segments * areas).reshape(segments, areas)[rows]
        columns = [*chosen.T, chosen.ravel()]
        units = {name: each[rows].sum(axis=0) for name, each in self.units.items()}
        return _Areas(
            scope,
            self.geography,
            {name: each.grouped(columns) for name, each in self.people.items()},
            {name: np.append(counts, counts.sum()) for name, counts in units.items()},
            self.addresses[rows].sum(axis=0),
        )


def _base(name: str, areas: _Areas, policy: Policy) -> Protected:
    """Return the base of the areas, of none and of all: facts as they are, people protected."""
    if name.startswith(LIST_BASE):
        return _protected(areas.people[name.removeprefix(LIST_BASE)], areas, policy)
    return known_figures(areas.units[name])


def _protected(people: People, areas: _Areas, policy: Policy) -> Protected:
    """Protect counts by area and in all, also where an area is too small to be shown."""
    few = (areas.addresses < policy.area_addresses) | (people.exact[:-1] < policy.area_clients)
    return protect(people, policy, np.append(few, False))


def _block(name: str, areas: _Areas, base: str, weight: Protected, policy: Policy) -> Table:
    figures = _protected(areas.people[name], areas, policy)
    size = areas.size
    # A row for what lies in no area only where something does.
    held = np.arange(size)
    if not weight.values[size - 1] and not figures.withheld[size - 1] and not figures.values[-2]:
        held = held[:-1]
    clients, base_count = figures[held], weight[held]
    total, base_total = figures[[size] * len(held)], weight[[size] * len(held)]
    geography = areas.geography
    codes, names = ((*own, NO_AREA)[: len(held)] for own in (geography.codes, geography.names))
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
            "list": _same(name, held),
            "geography": _same(geography.name, held),
            "area": Labels(codes),
            "name": Labels(names),
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
        n, share, counts = total.values, base_share.values, clients.values
        hidden = clients.withheld | total.withheld | base_share.withheld
        below, above = intervals.binomial_tails(counts, n, share)
        p = np.where(hidden, np.nan, np.minimum(1, 2 * np.minimum(below, above)))
        p = np.where(share > 0, p, np.nan)
        bounds = {}
        for name, outside in FUNNEL.items():
            for end, chance in (("lower", outside / 2), ("upper", 1 - outside / 2)):
                bounds[f"{end}_{name}"] = intervals.binomial_quantile(chance, n, share)
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
