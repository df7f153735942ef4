"""A small release with every table that a report draws or prints, made by hand."""

from __future__ import annotations

import numpy as np

from geodemand.core.disclosure import (
    Facts,
    FloatArray,
    Labels,
    People,
    Policy,
    Protected,
    Release,
    Table,
    known_figures,
    protect,
    ratio,
    release,
    rounded,
    rounded_share,
)

LISTS = ("CYP", "ACS")
SEGMENTS = (
    "Wealthy Achievers",
    "Urban Prosperity",
    "Comfortably Off",
    "Moderate Means",
    "Hard Pressed",
)
BASE = np.array([9124.0, 1313.0, 9982.0, 1749.0, 2327.0])
CLIENTS = {"CYP": (707, 181, 1564, 3, 1914), "ACS": (0, 268, 3464, 614, 1926)}
AREAS = 40
SENTENCE = "Hard Pressed: 9.5 % of postcodes hold 38 % of CYP clients."


def index_of(clients: Protected, total: float, base_share: FloatArray, spread: float) -> Protected:
    return rounded(ratio(clients, known_figures(total * base_share * spread / 100)), 0)


def profile(policy: Policy, names: tuple[str, ...] = LISTS) -> Table:
    """Return two lists over five segments; one count is withheld, one is a true zero."""
    size, held = len(SEGMENTS), [CLIENTS[name] for name in LISTS]
    clients = protect(People.alone("people", np.array(held).ravel()), policy)
    base, totals = np.tile(BASE, 2), np.repeat([sum(each) for each in held], size)
    share, total = base / BASE.sum(), protect(People.alone("people", totals), policy)
    ours = rounded_share(ratio(clients, total), total, policy)
    return Table(
        "profile",
        {
            "list": Labels(tuple(name for name in names for _ in SEGMENTS)),
            "level": Labels(("category",) * 2 * size),
            "segment": Labels(tuple(str(n + 1) for n in range(size)) * 2),
            "name": Labels(SEGMENTS * 2),
            "clients": clients,
            "share": ours,
            "base": Labels(("postcodes",) * 2 * size),
            "base_count": Facts(base),
            "base_share": Facts(share, 6),
            "index": index_of(clients, totals, share, 1),
            "index_low": index_of(clients, totals, share, 1.2),
            "index_high": index_of(clients, totals, share, 0.8),
            "penetration": rounded(ratio(clients, known_figures(base)), 4),
            "p": Protected(np.where(clients.withheld, np.nan, 0.01), clients.withheld, 6),
            "q": Protected(np.where(clients.withheld, np.nan, 0.02), clients.withheld, 6),
            "flag": Labels(("small numbers", *(None,) * (2 * size - 1))),
            "total": total,
        },
    )


def meetings(policy: Policy) -> tuple[Table, Table]:
    """Return where all lists meet, and every combination of three lists."""
    held = protect(People.alone("people", np.array([222, 7917, 102, 3])), policy)
    hidden = held.withheld
    expected = Protected(np.where(hidden, np.nan, [33.0, 8799.0, 54.0, 9.0]), hidden)
    together = Table(
        "copresence",
        {
            "set": Labels(("(everywhere)", "(everywhere)", "Hard Pressed", "HDF")),
            "lists": Labels(("CYP + ACS + NEET",) * 4),
            "rule": Labels(("all", "any", "all", "all")),
            "observed": held,
            "expected": expected,
            "p": Protected(np.where(hidden, np.nan, 0.0001), hidden, 6),
        },
    )
    lists = ("CYP + ACS", "CYP + NEET", "ACS + NEET", "CYP + ACS + NEET")
    combined = Table(
        "combinations",
        {
            "set": Labels(("everywhere",) * 4 + ("inside HDF",) * 4),
            "lists": Labels(lists * 2),
            "rule": Labels(("all",) * 8),
            "observed": protect(
                People.alone("people", np.array([900, 400, 450, 222, 300, 150, 160, 85])), policy
            ),
            "expected": Protected(
                np.array([700.0, 300, 420, 33, 120, 60, 90, 34]), np.zeros(8, bool)
            ),
        },
    )
    return together, combined


def concentration() -> Table:
    """Return a curve a list over five segments, from zero to one."""
    steps = [np.array([0, *np.cumsum(share)]) for share in ([0.1, 0.1, 0.2, 0.3, 0.3],) * 2]
    clients = [np.array([0, 0.4, 0.6, 0.8, 0.95, 1]), np.array([0, 0.25, 0.4, 0.6, 0.85, 1])]
    return Table(
        "concentration",
        {
            "list": Labels(tuple(name for name in LISTS for _ in range(6))),
            "base": Labels(("postcodes",) * 12),
            "unit": Labels(("category",) * 12),
            "step": Facts(np.tile(np.arange(6.0), 2)),
            "name": Labels((None, *SEGMENTS) * 2),
            "base_share": Facts(np.concatenate(steps), 6),
            "client_share": Protected(np.concatenate(clients), np.zeros(12, bool), 2),
        },
    )


def by_place(policy: Policy) -> Table:
    """Return forty areas of one geography with funnel limits, from a seed."""
    rng = np.random.default_rng(5)
    base = np.sort(rng.integers(60, 4000, AREAS)).astype(float)
    held = rng.poisson(base * 0.2 * rng.choice([0.6, 1, 1, 1, 1.7], AREAS))
    held[0] = 4
    clients = protect(People.alone("people", held), policy)
    rate = rounded(ratio(clients, known_figures(base)), 4)
    spread = np.sqrt(0.2 / base)
    limits = {"95": 1.96, "998": 3.09}
    sides = {"lower": -1, "upper": 1}
    return Table(
        "by_place",
        {
            "list": Labels(("CYP",) * AREAS),
            "geography": Labels(("localities",) * AREAS),
            "area": Labels(tuple(f"L{n:02d}" for n in range(AREAS))),
            "name": Labels(tuple(f"Locality number {n}" for n in range(AREAS))),
            "base": Labels(("postcodes",) * AREAS),
            "base_count": Facts(base),
            "clients": clients,
            "rate": rate,
            "index": rounded(ratio(rate, known_figures(np.full(AREAS, 0.002))), 0),
            **{
                f"{side}_{name}": Facts(0.2 + sign * z * spread, 4)
                for name, z in limits.items()
                for side, sign in sides.items()
            },
        },
    )


def ledger(policy: Policy) -> Table:
    """Return what became of the rows of two lists."""
    reasons = {"rows": (5282, 8404), "matched": (4964, 7902), "repaired": (0, 0)}
    reasons |= {"terminated": (73, 110), "duplicate": (35, 56), "blank": (3, 336)}
    columns = {
        name: protect(People.alone("people", np.array(n)), policy) for name, n in reasons.items()
    }
    return Table("ledger", {"list": Labels(LISTS), **columns})


def everything(policy: Policy, names: tuple[str, ...] = LISTS) -> Release:
    """Return a release with all of these tables."""
    together, combined = meetings(policy)
    tables = [profile(policy, names), together, combined, concentration(), by_place(policy)]
    tables.append(ledger(policy))
    return release(policy, {table.name: table for table in tables}, (), (SENTENCE,))
