"""The profile by place: each area against the county and against its own base."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

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
    known_figures,
    protect,
    ratio,
    rounded,
    rounded_share,
    stack,
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
# Funnel limits and the chance of a lower rate: 95 % and 99.8 % lie between two of them.
FUNNEL = {"lower_95": 0.025, "upper_95": 0.975, "lower_998": 0.001, "upper_998": 0.999}


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
    rows = []
    for geography in geographies:
        areas = _Areas.of(geography, clients, places, bases, scopes, finest)
        people = {each.name: areas.protected(each.name, policy) for each in clients}
        for number, scope in enumerate(scopes):
            at = np.arange(areas.size) + number * areas.size
            for base in bases:
                listed = base.removeprefix(LIST_BASE)
                counted = people[listed] if listed != base else known_figures(areas.units[base])
                rows += [
                    _Rows.of(name, areas.geography, scope, base, figures[at], counted[at])
                    for name, figures in people.items()
                    if name != listed
                ]
    return _table(rows, policy)


@dataclass(frozen=True)
class _Areas:
    """What the areas of one geography hold within each scope, one scope after the other.

    [scopes x size]: by area, then in none, then in all. ``people``: by list; ``units``: by base of
    the directory; ``addresses``.
    """

    geography: Geography
    people: Mapping[str, People]
    units: Mapping[str, FloatArray]
    addresses: FloatArray

    @property
    def size(self) -> int:
        """Return the number of areas, one for what lies in none and one for all."""
        return len(self.geography) + 2

    @classmethod
    def of(
        cls,
        geography: Geography,
        clients: Sequence[Clients],
        places: Places,
        bases: Sequence[str],
        scopes: Sequence[Scope],
        finest: int,
    ) -> _Areas:
        """Count clients and bases; ``finest``: how many finest segments there are."""
        areas, segments = len(geography) + 1, finest + 1
        # Counted once in every segment of every area: -1, for none, is the last of both.
        cell = (places.segment % segments) * areas + places.areas[geography.name] % areas
        size = segments * areas
        total, part = _sums(scopes, segments, areas)
        totals = len(scopes) * (areas + 1)

        def units(weight: FloatArray) -> FloatArray:
            held = tally.base_by_position(weight, cell, size)
            return np.bincount(total, weights=held[part], minlength=totals).astype(float)

        addresses = places.weights.get("households", places.weights[tally.POSTCODES])
        for base in bases:
            if base.startswith(LIST_BASE):
                base_list(base, clients)
        counted = tally.by_position(clients, cell, size).summed(total, part, totals)
        return cls(
            geography,
            {each.name: counted.of(row) for row, each in enumerate(clients)},
            {
                base: units(base_weight(places, base))
                for base in bases
                if not base.startswith(LIST_BASE)
            },
            units(addresses),
        )

    def protected(self, name: str, policy: Policy) -> Protected:
        """Return the counts of a list, protected also where an area is too small to be shown."""
        people = self.people[name]
        few = (self.addresses < policy.area_addresses) | (people.exact < policy.area_clients)
        every = np.arange(len(few)) % self.size == self.size - 1
        return protect(people, policy, few & ~every)


def _sums(scopes: Sequence[Scope], segments: int, areas: int) -> tuple[IntArray, IntArray]:
    """Return which counts of segments x areas each total of a scope adds up: total, count."""
    total, part = [], []
    for number, scope in enumerate(scopes):
        chosen = np.arange(segments) if scope.segments is None else scope.segments
        held = (chosen[:, None] * areas + np.arange(areas)).ravel()
        first = number * (areas + 1)
        total += [first + held % areas, np.full(len(held), first + areas)]
        part += [held, held]
    return np.concatenate(total), np.concatenate(part)


@dataclass(frozen=True)
class _Rows:
    """The rows of one list, geography, scope and base: the areas that are tested together."""

    list_name: str
    geography: str
    scope: str | None
    base: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    clients: Protected
    total: Protected
    base_count: Protected
    base_total: Protected

    @classmethod
    def of(
        cls,
        list_name: str,
        geography: Geography,
        scope: Scope,
        base: str,
        clients: Protected,
        base_count: Protected,
    ) -> _Rows:
        """Take what areas, none and all hold; no row for none where nothing lies there."""
        size = len(clients) - 1
        empty = not base_count.values[-2] and not clients.withheld[-2] and not clients.values[-2]
        held = np.arange(size - 1 if empty else size)
        codes, names = ((*own, NO_AREA)[: len(held)] for own in (geography.codes, geography.names))
        all_of_them = np.full(len(held), size)
        return cls(
            list_name,
            geography.name,
            scope.name,
            base,
            codes,
            names,
            clients[held],
            clients[all_of_them],
            base_count[held],
            base_count[all_of_them],
        )

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    def shown_base_share(self, policy: Policy) -> Protected:
        """Return the share of the base as it may be shown: exact for units, coarse for people."""
        share = ratio(self.base_count, self.base_total)
        if self.base.startswith(LIST_BASE):
            return rounded_share(share, self.base_total, policy)
        return rounded(share, DECIMALS)


def _table(rows: Sequence[_Rows], policy: Policy) -> Table:
    """Form all figures at once: there may be many rows of few areas."""
    if not rows:
        return Table("by_place", {}, "By place")
    clients, total, base_count, base_total = (
        stack([getattr(each, column) for each in rows])
        for column in ("clients", "total", "base_count", "base_total")
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
    return Table(
        "by_place",
        {
            "list": _labels(rows, lambda each: each.list_name),
            "geography": _labels(rows, lambda each: each.geography),
            "area": Labels(tuple(chain.from_iterable(each.codes for each in rows))),
            "name": Labels(tuple(chain.from_iterable(each.names for each in rows))),
            "base": _labels(rows, lambda each: each.base),
            "clients": clients,
            "total": total,
            "share": rounded_share(share, total, policy),
            "base_count": base_count,
            "base_share": stack([each.shown_base_share(policy) for each in rows]),
            "rate": _rate(clients, base_count),
            "rate_low": low,
            "rate_high": high,
            "index": index_of(share, base_share, digits),
            "index_low": index_low,
            "index_high": index_high,
            **chance.limits(base_count),
            "funnel": chance.words(),
            "p": rounded(chance.p, DECIMALS),
            "q": _adjusted(chance.p, [len(each) for each in rows]),
            "flag": _flags(clients, chance.expected),
            "set": _labels(rows, lambda each: each.scope),
        },
        "By place",
    )


def _labels(rows: Sequence[_Rows], word: Callable[[_Rows], str | None]) -> Labels:
    """Return the word of each part of the rows, once a row."""
    return Labels(tuple(chain.from_iterable(repeat(word(each), len(each)) for each in rows)))


def _adjusted(p: Protected, sizes: Sequence[int]) -> Protected:
    """Return p adjusted part by part: areas are tested together within their list and scope."""
    edges = np.cumsum(sizes)[:-1]
    parts = zip(np.split(p.values, edges), np.split(p.withheld, edges), strict=True)
    found = np.concatenate([intervals.adjusted(*part) for part in parts])
    return rounded(Protected(found, p.withheld), DECIMALS)


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
        n, share = total.values, base_share.values
        hidden = clients.withheld | total.withheld | base_share.withheld
        tail = np.full(len(n), np.nan)
        bounds = {name: np.full(len(n), np.nan) for name in FUNNEL}
        for some, law in intervals.Binomial.each(n, share):
            tail[some] = np.minimum(*law.tails(clients.values[some]))
            for name, below in FUNNEL.items():
                bounds[name][some] = law.quantile(below)
        p = np.where(hidden | ~(share > 0), np.nan, np.minimum(1, 2 * tail))
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
