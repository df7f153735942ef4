"""Clients by area: count, rate against a base, share and index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geodemand.core import intervals, tally
from geodemand.core.disclosure import (
    Facts,
    FloatArray,
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
from geodemand.core.profile import base_weight, index_digits, index_of
from geodemand.core.tally import Clients, Places

PER_THOUSAND = 1000.0
PER_HUNDRED = 100.0


@dataclass(frozen=True)
class Rate:
    """What a rate is per: so many units of a base. ``words``: how it is called on a map."""

    base: str
    per: float

    @property
    def words(self) -> str:
        """Return the rate in words, such as "clients per 1,000 residents"."""
        return f"clients per {self.per:,.0f} {self.base}"


def usual_rate(places: Places, base: str = "") -> Rate:
    """Return the rate by a base, or by the best the directory has: residents, then households.

    Raises UsageError where the directory does not count the base that is asked for.
    """
    if base:
        base_weight(places, base)
        return Rate(base, PER_HUNDRED if base == tally.POSTCODES else PER_THOUSAND)
    for name in ("residents", "households"):
        if name in places.weights:
            return Rate(name, PER_THOUSAND)
    return Rate(tally.POSTCODES, PER_HUNDRED)


def by_area(
    clients: Sequence[Clients],
    places: Places,
    geographies: Sequence[Geography],
    rate: Rate,
    policy: Policy,
) -> Table:
    """Return one row for each geography, area and list, protected.

    clients; postcodes and residents (facts of the directory); rate = clients / base x per; share
    of the list's clients who live in any area of the geography; index = 100 share / base share,
    with Wilson limits. Withheld where an area has fewer addresses (households, or postcodes where
    the directory has none) than the policy asks for before an area may be drawn.
    """
    blocks = []
    for geography in geographies:
        position, size = places.areas[geography.name], len(geography)
        people = tally.by_position(clients, position, size)
        facts = {
            name: tally.base_by_position(weight, position, size)[:-1]
            for name, weight in places.weights.items()
        }
        for row, each in enumerate(clients):
            own = people.of(row).grouped([np.array([i]) for i in range(size)])
            blocks.append(_block(each.name, geography, own, facts, rate, policy))
    return concatenate("areas", blocks, "Clients by area")


def _block(
    name: str,
    geography: Geography,
    people: People,
    facts: Mapping[str, FloatArray],
    rate: Rate,
    policy: Policy,
) -> Table:
    """Return the rows of one list in one geography."""
    size = len(geography)
    addresses = facts.get("households", facts[tally.POSTCODES])
    few = (addresses < policy.area_addresses) | (people.exact < policy.area_clients)
    whole = people.grouped([*np.arange(size)[:, None], np.arange(size)])
    figures = protect(whole, policy, np.append(few, False))
    clients = figures[:size]
    total = figures[[size] * size]
    return Table(
        "areas",
        {
            "geography": Labels((geography.name,) * size),
            "code": Labels(geography.codes),
            "name": Labels(geography.names),
            "list": Labels((name,) * size),
            "clients": clients,
            "postcodes": Facts(facts[tally.POSTCODES]),
            "residents": Facts(facts.get("residents", np.full(size, np.nan))),
            **figures_of(clients, total, facts[rate.base], rate, policy),
        },
    )


def figures_of(
    clients: Protected, total: Protected, weight: FloatArray, rate: Rate, policy: Policy
) -> dict[str, Protected]:
    """Return what is formed from the clients of areas, of ``total``, and the base ``weight``."""
    with np.errstate(divide="ignore", invalid="ignore"):
        base_share = weight / weight.sum()
    share = ratio(clients, total)
    low, high = intervals.wilson(clients.values, total.values)
    digits = index_digits(policy)
    return {
        "rate": rounded(ratio(clients, known_figures(weight / rate.per)), 1),
        "share": rounded_share(share, total, policy),
        "index": index_of(share, base_share, digits),
        "index_low": index_of(Protected(low, share.withheld), base_share, digits),
        "index_high": index_of(Protected(high, share.withheld), base_share, digits),
    }
