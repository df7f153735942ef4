"""Which kinds of neighbourhood clients come from, and whether that is more than expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geodemand.core import intervals, tally
from geodemand.core.disclosure import (
    BoolArray,
    Facts,
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
from geodemand.core.segmentation import LEVELS, Scheme, SegmentSet
from geodemand.core.tally import Clients, Places
from geodemand.errors import Fault, UsageError

FEW_CLIENTS = 10
FEW_EXPECTED = 5
SMALL = "small numbers"
SET = "set"


@dataclass(frozen=True)
class Group:
    """Rows of a profile that are tested together: the segments of a level, or the named sets.

    ``columns``: for each row, which finest codes belong to it.
    """

    level: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    columns: tuple[IntArray, ...]


def groups(
    scheme: Scheme, finest: str, levels: Sequence[str], sets: Sequence[SegmentSet]
) -> list[Group]:
    """Return the groups of rows asked for: one a level, and one of all sets."""
    found = []
    for level in levels:
        if level not in scheme.levels or LEVELS.index(level) > LEVELS.index(finest):
            raise UsageError(
                Fault("", f"the segments have no level '{level}'.", f"Finest here is {finest}.")
            )
        place = scheme.positions(finest, level)
        codes = scheme.codes(level)
        names = tuple(scheme.label(level, code) for code in codes)
        columns = tuple(np.flatnonzero(place == i) for i in range(len(codes)))
        found.append(Group(level, codes, names, columns))
    if sets:
        members = tuple(np.flatnonzero(scheme.members(each, finest)) for each in sets)
        names = tuple(each.name for each in sets)
        found.append(Group(SET, names, names, members))
    return found


def profile(
    clients: Sequence[Clients],
    places: Places,
    asked: Sequence[Group],
    policy: Policy,
    base: str = tally.POSTCODES,
) -> Table:
    """Return the profile of each list over each group of segments, as protected figures.

    Clients c_k of n in segment k, base b_k of N. share = c_k / n; base_share = b_k / N;
    index = 100 share / base_share (100 = as expected); its limits: Wilson's interval of the share
    over base_share; penetration = c_k / b_k, clients for one unit of the base; p: upper binomial
    tail; q: Benjamini-Hochberg over the rows of one list and group. n and N leave out clients and
    places without a segment. All are formed from protected counts.

    Columns as in the JSON field ``profile``. Raises UsageError for an unknown base.
    """
    segments = 1 + max(
        [int(places.segment.max(initial=-1))]
        + [int(columns.max(initial=-1)) for group in asked for columns in group.columns]
    )
    weights = base_weight(places, base)
    counted = _Counted(
        base,
        tally.by_position(clients, places.segment, segments),
        tally.base_by_position(weights, places.segment, segments),
    )
    blocks = [
        _block(each.name, row, group, counted, policy)
        for group in asked
        for row, each in enumerate(clients)
    ]
    return concatenate("profile", blocks, f"Profile, base {base}")


def base_weight(places: Places, base: str) -> FloatArray:
    """Return what each place weighs in a base; raise UsageError where the directory has no such."""
    if base not in places.weights:
        known = ", ".join(places.weights)
        raise UsageError(
            Fault("", f"the directory has no column for the base '{base}'.", f"It has: {known}.")
        )
    return places.weights[base]


def copresence(
    clients: Sequence[Clients],
    places: Places,
    sets: Sequence[SegmentSet],
    members: Sequence[BoolArray],
    policy: Policy,
) -> Table:
    """Count the postcodes where a client of all the lists, or of any, lives: everywhere and by set.

    ``members``: for each set, a boolean for each place. expected: if the lists were independent
    within the set, N Π(n_i / N) for all and N (1 - Π(1 - n_i / N)) for any, n_i the postcodes with
    a client of list i. p: upper binomial tail. Counts of postcodes chosen by who lives there are
    protected like counts of people.
    """
    found = tally.presence(clients, places)
    scopes = [("(everywhere)", places.base)] + [
        (each.name, places.base & member) for each, member in zip(sets, members, strict=True)
    ]
    rows = [(name, scope, rule) for name, scope in scopes for rule in ("all", "any")]
    observed, margins, size = [], [], []
    for _, scope, rule in rows:
        here = found[:, scope]
        observed.append(int((here.all(axis=0) if rule == "all" else here.any(axis=0)).sum()))
        margins.append(here.sum(axis=1))
        size.append(int(scope.sum()))
    counts = protect(People(np.array(observed, dtype=np.int64)), policy)
    parts = protect(People(np.array(margins, dtype=np.int64)), policy)
    expected = _expected(parts, np.array(size, dtype=float), [rule for _, _, rule in rows])
    tail = intervals.upper_tail(
        counts.values,
        np.array(size, dtype=float),
        np.clip(expected.values / np.maximum(size, 1), 0, 1),
    )
    hidden = counts.withheld | expected.withheld
    return Table(
        "copresence",
        {
            "set": Labels(tuple(name for name, _, _ in rows)),
            "lists": Labels((" + ".join(each.name for each in clients),) * len(rows)),
            "rule": Labels(tuple(rule for _, _, rule in rows)),
            "observed": counts,
            "expected": rounded(expected, index_digits(policy)),
            "p": Protected(np.where(hidden, np.nan, tail), hidden, 6),
        },
        title="Postcodes where the lists meet",
    )


def _expected(margins: Protected, size: FloatArray, rules: Sequence[str]) -> Protected:
    """Return the postcodes expected under independence, from protected margins [rows, lists]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = margins.values / size[:, None]
    both = size * rates.prod(axis=1)
    either = size * (1 - (1 - rates).prod(axis=1))
    values = np.where(np.array(rules) == "all", both, either)
    hidden = np.atleast_1d(margins.withheld.any(axis=1))
    return Protected(np.where(hidden, np.nan, values), hidden)


@dataclass(frozen=True)
class _Counted:
    """Clients [lists, segments + 1] and base [segments + 1] by finest segment, "none" last."""

    base: str
    people: People
    weights: FloatArray


def _block(name: str, row: int, group: Group, counted: _Counted, policy: Policy) -> Table:
    """Return the rows of one list over one group of segments."""
    size = len(group.codes)
    known = np.arange(len(counted.weights) - 1)
    own = People(counted.people.exact[[row]])
    figures = protect(People(tally.group_columns(own, [*group.columns, known]).exact[0]), policy)
    clients, total = figures[:size], figures[[size] * size]
    base_count = np.array([counted.weights[columns].sum() for columns in group.columns])
    with np.errstate(divide="ignore", invalid="ignore"):
        base_share = base_count / counted.weights[known].sum()
    share = ratio(clients, total)
    low, high = intervals.wilson(clients.values, total.values)
    hidden = share.withheld
    p = np.where(hidden, np.nan, intervals.upper_tail(clients.values, total.values, base_share))
    digits = index_digits(policy)
    return Table(
        "profile",
        {
            "list": Labels((name,) * size),
            "level": Labels((group.level,) * size),
            "segment": Labels(group.codes),
            "name": Labels(group.names),
            "clients": clients,
            "share": rounded_share(share, total, policy),
            "base": Labels((counted.base,) * size),
            "base_count": Facts(base_count),
            "base_share": Facts(base_share, 6),
            "index": index_of(share, base_share, digits),
            "index_low": index_of(Protected(low, hidden), base_share, digits),
            "index_high": index_of(Protected(high, hidden), base_share, digits),
            "penetration": rounded(ratio(clients, known_figures(base_count)), 4),
            "p": Protected(p, hidden, 6),
            "q": Protected(intervals.benjamini_hochberg(p), hidden, 6),
            "flag": _flags(clients, total, base_share),
            "total": total,
        },
    )


def index_digits(policy: Policy) -> int:
    """Return the decimals of an index: none where shares are whole per cents."""
    return 0 if policy.share_decimals >= 0 else 2


def index_of(share: Protected, base_share: FloatArray, digits: int) -> Protected:
    """Return 100 x share / base share, rounded; NaN where the base share is zero."""
    parts = ratio(share, known_figures(base_share))
    return rounded(Protected(100 * parts.values, parts.withheld), digits)


def _flags(clients: Protected, total: Protected, base_share: FloatArray) -> Labels:
    expected = np.nan_to_num(total.values) * np.nan_to_num(base_share)
    few = clients.withheld | (np.nan_to_num(clients.values) < FEW_CLIENTS)
    return Labels(tuple(SMALL if flag else None for flag in few | (expected < FEW_EXPECTED)))
