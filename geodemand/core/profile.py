"""Which kinds of neighbourhood clients come from, and whether that is more than expected."""

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
    stack,
)
from geodemand.core.segmentation import LEVELS, Scheme, SegmentSet
from geodemand.core.tally import Clients, Places
from geodemand.errors import Fault, UsageError

FEW_CLIENTS = 10
FEW_EXPECTED = 5
RATE_DECIMALS = 4
SMALL = "small numbers"
CHOSEN_HERE = "chosen on this list"
SET = "set"
# Rows that are about a list as a whole.
WHOLE = "all"
EVERYWHERE, NO_SEGMENT, UNPLACED = "(all)", "(none)", "(unplaced)"
LIST_BASE = "list:"


@dataclass(frozen=True)
class Group:
    """Rows of a profile that are tested together: the segments of a level, or the named sets.

    ``columns``: for each row, which finest codes belong to it. ``chosen_on``: for each row, the
    list on which it was chosen, "" for none. ``scheme``: the segmentation with its edition.
    """

    level: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    columns: tuple[IntArray, ...]
    chosen_on: tuple[str, ...] = ()
    scheme: str = ""


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
        found.append(Group(level, codes, names, columns, scheme=scheme.identity))
    if sets:
        members = tuple(np.flatnonzero(scheme.members(each, finest)) for each in sets)
        names = tuple(each.name for each in sets)
        chosen_on = tuple(each.chosen_on for each in sets)
        found.append(Group(SET, names, names, members, chosen_on, scheme.identity))
    return found


def profile(
    clients: Sequence[Clients],
    places: Places,
    asked: Sequence[Group],
    policy: Policy,
    bases: Sequence[str] = (tally.POSTCODES,),
    unplaced: People | None = None,
) -> Table:
    """Return the profile of each list over each group of segments, as protected figures.

    Clients c_k of n in segment k, base b_k of N. share = c_k / n; base_share = b_k / N;
    index = 100 share / base_share (100 = as expected); its limits: Wilson's interval of the share
    over base_share; penetration = c_k / b_k, clients for one unit of the base, with the limits of a
    Poisson count; p: upper binomial tail, where the base is a list of people the hypergeometric;
    q: Benjamini-Hochberg over the rows of one list, group and base; residual: adjusted residual.
    n and N leave out clients and places without a segment. All are formed from protected counts.
    A set has no index on the list on which it was chosen: chance alone would give it a high one.

    ``bases``: kinds of base that the places are weighed in, or "list:NAME" for the people of a
    list; the rows are repeated for each. ``unplaced`` [lists, 1]: clients without a place.
    Rows of level "all" end each base: the whole list, clients without a segment, without a place.
    Columns as in the JSON field ``profile``. Raises UsageError for an unknown base.
    """
    segments = 1 + max(
        [int(places.segment.max(initial=-1))]
        + [int(columns.max(initial=-1)) for group in asked for columns in group.columns]
    )
    people = tally.by_position(clients, places.segment, segments)
    nowhere = unplaced or tally.nobody(clients)
    blocks = []
    for name in bases:
        counted = _Counted(people, nowhere, _base(name, clients, places, segments))
        own = [
            (row, each.name) for row, each in enumerate(clients) if name != LIST_BASE + each.name
        ]
        blocks += [
            _block(called, row, group, counted, policy) for group in asked for row, called in own
        ]
        scheme = asked[0].scheme if asked else ""
        blocks += [_whole(called, row, counted, scheme, policy) for row, called in own]
    return concatenate("profile", blocks, f"Profile, base {' and '.join(bases)}")


def base_weight(places: Places, base: str) -> FloatArray:
    """Return what each place weighs in a base; raise UsageError where the directory has no such."""
    if base not in places.weights:
        known = ", ".join(places.weights)
        raise UsageError(
            Fault("", f"the directory has no column for the base '{base}'.", f"It has: {known}.")
        )
    return places.weights[base]


def base_list(base: str, clients: Sequence[Clients]) -> Clients:
    """Return the list that "list:NAME" makes the base; raise UsageError where there is none."""
    name = base.removeprefix(LIST_BASE)
    found = next((each for each in clients if each.name == name), None)
    if found is None:
        known = ", ".join(each.name for each in clients)
        raise UsageError(
            Fault("", f"the base '{base}' names no list of the project.", f"Lists: {known}.")
        )
    return found


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
    met = tally.Meeting.of(clients, places)
    everyone = range(len(clients))
    scopes = [("(everywhere)", places.base)] + [
        (each.name, places.base & member) for each, member in zip(sets, members, strict=True)
    ]
    rows = [(name, scope, rule) for name, scope in scopes for rule in ("all", "any")]
    size = [int(scope.sum()) for _, scope, _ in rows]
    asked = [(scope, met.kinds(everyone, rule)) for _, scope, rule in rows]
    asked += [(scope, met.kinds([i], "all")) for _, scope, _ in rows for i in everyone]
    found = protect(met.counted(asked), policy)
    counts = found[: len(rows)]
    parts = found[len(rows) + np.arange(len(rows) * len(clients)).reshape(len(rows), -1)]
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
class _Base:
    """What shares are of, by finest segment [segments + 1], "none" last: units, or people."""

    name: str
    units: FloatArray | People

    def of(self, columns: Sequence[IntArray], policy: Policy) -> Protected:
        """Return the base of groups of segments: facts as they are, people protected."""
        if isinstance(self.units, People):
            return protect(self.units.grouped(columns), policy)
        units = self.units
        return known_figures(np.array([units[each].sum() for each in columns]))


@dataclass(frozen=True)
class _Counted:
    """Clients [lists, segments + 1] by finest segment, "none" last, those unplaced, and a base."""

    people: People
    unplaced: People
    base: _Base

    @property
    def known(self) -> IntArray:
        """Return the columns of clients with a segment."""
        return np.arange(self.people.exact.shape[1] - 1)


def _base(name: str, clients: Sequence[Clients], places: Places, segments: int) -> _Base:
    if name.startswith(LIST_BASE):
        counts = tally.by_position([base_list(name, clients)], places.segment, segments)
        return _Base(name, counts.of(0))
    weights = base_weight(places, name)
    return _Base(name, tally.base_by_position(weights, places.segment, segments))


def _block(name: str, row: int, group: Group, counted: _Counted, policy: Policy) -> Table:
    """Return the rows of one list over one group of segments and one base."""
    size = len(group.codes)
    columns = [*group.columns, counted.known]
    figures = protect(counted.people.of(row).grouped(columns), policy)
    bases = counted.base.of(columns, policy)
    clients, total = figures[:size], figures[[size] * size]
    base_count, base_total = bases[:size], bases[[size] * size]
    base_share = ratio(base_count, base_total)
    biased = np.array([name in {each} - {""} for each in group.chosen_on or ("",) * size])
    people = isinstance(counted.base.units, People)
    share = ratio(clients, total)
    hidden = share.withheld | base_share.withheld
    low, high = intervals.wilson(clients.values, total.values)
    p = np.where(
        hidden | biased, np.nan, _tail(clients, total, base_count, base_total, people=people)
    )
    residual = intervals.adjusted_residual(clients.values, total.values, base_share.values)
    scored = np.where(biased, np.nan, base_share.values)
    index_base = Protected(scored, base_share.withheld)
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
            "base": Labels((counted.base.name,) * size),
            "base_count": base_count,
            "base_share": _shown_base_share(base_share, base_total, counted.base, policy),
            "index": index_of(share, index_base, digits),
            "index_low": index_of(Protected(low, share.withheld), index_base, digits),
            "index_high": index_of(Protected(high, share.withheld), index_base, digits),
            "penetration": rounded(ratio(clients, base_count), RATE_DECIMALS),
            "p": Protected(p, hidden, 6),
            "q": Protected(intervals.adjusted(p, hidden), hidden, 6),
            "flag": _flags(clients, total, base_share, biased),
            "total": total,
            **_limits_of_rate(clients, base_count),
            "residual": rounded(Protected(np.where(biased, np.nan, residual), hidden), digits or 1),
            "scheme": Labels((group.scheme,) * size),
        },
    )


def _whole(name: str, row: int, counted: _Counted, scheme: str, policy: Policy) -> Table:
    """Return the rows of one list as a whole: in a segment, in none, in no place."""
    columns = [counted.known, np.array([len(counted.known)])]
    placed = protect(counted.people.of(row).grouped(columns), policy)
    clients = stack([placed, protect(counted.unplaced.of(row), policy)])
    bases = counted.base.of(columns, policy)
    base_count = Protected(np.append(bases.values, np.nan), np.append(bases.withheld, False))
    size = len(clients)
    nothing = known_figures(np.full(size, np.nan))
    first = np.arange(size) == 0
    one = Protected(np.where(first & ~clients.withheld, 1.0, np.nan), first & clients.withheld, 6)
    return Table(
        "profile",
        {
            "list": Labels((name,) * size),
            "level": Labels((WHOLE,) * size),
            "segment": Labels((EVERYWHERE, NO_SEGMENT, UNPLACED)),
            "name": Labels(("All segments", "Placed, without a segment", "Not placed")),
            "clients": clients,
            "share": one,
            "base": Labels((counted.base.name,) * size),
            "base_count": base_count,
            "base_share": Protected(np.where(first, 1.0, np.nan), np.zeros(size, dtype=bool), 6),
            **dict.fromkeys(("index", "index_low", "index_high"), nothing),
            "penetration": rounded(ratio(clients, base_count), RATE_DECIMALS),
            **dict.fromkeys(("p", "q"), nothing),
            "flag": Labels((None,) * size),
            "total": clients[[0] * size],
            **_limits_of_rate(clients, base_count),
            "residual": nothing,
            "scheme": Labels((scheme,) * size),
        },
    )


def _tail(
    clients: Protected,
    total: Protected,
    base_count: Protected,
    base_total: Protected,
    *,
    people: bool,
) -> FloatArray:
    """Return the upper tail of each count of clients under the shares of the base."""
    if people:
        return intervals.hypergeometric_tail(
            clients.values, total.values, base_count.values, base_total.values
        )
    return intervals.upper_tail(clients.values, total.values, ratio(base_count, base_total).values)


def _limits_of_rate(clients: Protected, base_count: Protected) -> dict[str, Protected]:
    limits = intervals.poisson_limits(clients.values)
    return {
        name: rounded(ratio(Protected(limit, clients.withheld), base_count), RATE_DECIMALS)
        for name, limit in zip(("penetration_low", "penetration_high"), limits, strict=True)
    }


def _shown_base_share(share: Protected, total: Protected, base: _Base, policy: Policy) -> Protected:
    """Return the share of a base as it may be shown: exact for units, coarse for people."""
    if isinstance(base.units, People):
        return rounded_share(share, total, policy)
    return rounded(share, 6)


def index_digits(policy: Policy) -> int:
    """Return the decimals of an index: none where shares are whole per cents."""
    return 0 if policy.share_decimals >= 0 else 2


def index_of(share: Protected, base_share: FloatArray | Protected, digits: int) -> Protected:
    """Return 100 x share / base share, rounded; NaN where the base share is zero."""
    base = base_share if isinstance(base_share, Protected) else known_figures(base_share)
    parts = ratio(share, base)
    return rounded(Protected(100 * parts.values, parts.withheld), digits)


def _flags(
    clients: Protected, total: Protected, base_share: Protected, biased: BoolArray
) -> Labels:
    few = clients.withheld | (np.nan_to_num(clients.values) < FEW_CLIENTS)
    # Without a base nothing is expected, neither few nor many.
    small = few | base_share.withheld | (total.values * base_share.values < FEW_EXPECTED)
    said = {
        (False, False): None,
        (False, True): SMALL,
        (True, False): CHOSEN_HERE,
        (True, True): f"{CHOSEN_HERE}; {SMALL}",
    }
    both = zip(biased.tolist(), small.tolist(), strict=True)
    return Labels(tuple(said[pair] for pair in both))
