"""Where lists meet: postcodes with clients of several, and how many chance alone would give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations as choices

import numpy as np

from geodemand.core import postcodes, tally
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
    protect,
    ratio,
    rounded,
)
from geodemand.core.profile import index_digits
from geodemand.core.segmentation import SegmentSet
from geodemand.core.tally import Clients, Places
from geodemand.core.zones import Zones
from geodemand.errors import DisclosureError, Fault, UsageError

EVERYWHERE, INSIDE, OUTSIDE = "everywhere", "inside", "outside"
ALL, ANY = "all", "any"
FEWEST_LISTS, MOST_LISTS = 2, 6
SIZE_CLASSES = 4
# Counts of postcodes this many standard deviations off have no chance that a float would show.
_REACH = 9
_MOST_COUNTS = 512


@dataclass(frozen=True)
class Scope:
    """Postcodes that are looked at together: everywhere, inside a set or outside it."""

    name: str
    where: str
    places: BoolArray


def scopes(places: Places, sets: Sequence[SegmentSet], members: Sequence[BoolArray]) -> list[Scope]:
    """Return everywhere, and the inside and outside of every set; ``members``: by set and place."""
    found = [Scope("(everywhere)", EVERYWHERE, places.base)]
    for each, member in zip(sets, members, strict=True):
        found.append(Scope(each.name, INSIDE, places.base & member))
        found.append(Scope(f"outside {each.name}", OUTSIDE, places.base & ~member))
    return found


def strata(places: Places, category: IntArray) -> dict[str, IntArray]:
    """Return ways to group postcodes that are alike, the finest first, by what they hold equal.

    By category of segment and quarter of size; by size alone, for where the first must be withheld.
    Size: households, or residents where the directory has none of those; where it has neither, by
    category alone. The quarters are those of the base.
    """
    known = [places.weights[name] for name in ("households", "residents") if name in places.weights]
    if not known:
        return {"kind": category}
    inner = np.arange(1, SIZE_CLASSES) / SIZE_CLASSES
    size = known[0]
    quarters = np.quantile(size[places.base], inner) if places.base.any() else inner
    quarter = np.searchsorted(quarters, size, side="left")
    return {"kind and size": category * SIZE_CLASSES + quarter, "size": quarter}


def combinations(
    clients: Sequence[Clients],
    places: Places,
    within: Sequence[Scope],
    alike: Mapping[str, IntArray],
    policy: Policy,
) -> Table:
    """Count the postcodes where clients of every combination of two or more lists live.

    rule all: a client of each; any: of at least one. expected: if the lists were spread over the N
    postcodes independently, N Π(n_i / N), for any N - N Π(1 - n_i / N). expected_stratified: the
    same within each stratum of alike postcodes, summed, because many lists meet where many people
    live; ``strata``: alike in what, the first of ``alike`` that need not be withheld. ratio:
    observed over expected. p: exact chance of as many or more, the postcodes of each list being
    drawn anew (hypergeometric, list by list); *_stratified: within the strata. Counts of postcodes
    chosen by who lives there are protected like counts of people.
    Raises UsageError for more than six lists.
    """
    if len(clients) > MOST_LISTS:
        mend = f"Choose up to {MOST_LISTS} with --meet A,B,C."
        raise UsageError(Fault("", f"{len(clients)} lists have too many combinations.", mend))
    met = tally.Meeting.of(clients, places)
    names = [each.name for each in clients]
    tables = [
        _combinations(names, met, alike, scope, policy)
        for scope in within
        if len(clients) >= FEWEST_LISTS
    ]
    return concatenate("combinations", tables, "Where lists meet")


def _combinations(
    names: Sequence[str],
    met: tally.Meeting,
    alike: Mapping[str, IntArray],
    scope: Scope,
    policy: Policy,
) -> Table:
    """Return the rows of one scope. ``alike`` [places]."""
    parts = _parts(names)
    counts = met.counted([(scope.places, met.kinds(part, rule)) for part, rule in parts])
    observed = protect(counts, policy)
    everywhere = _Strata.of(met, scope, np.zeros(len(scope.places), dtype=np.int64), policy)
    layers = {words: _Strata.of(met, scope, each, policy) for words, each in alike.items()}
    used = [_finest(layers, part) for part, _ in parts]
    plain = [everywhere.meeting(part, rule) for part, rule in parts]
    layered = [
        layers[words].meeting(part, rule) for words, (part, rule) in zip(used, parts, strict=True)
    ]
    columns = _against(observed, plain, "", policy)
    columns |= _against(observed, layered, "_stratified", policy)
    order = ("expected", "expected_stratified", "ratio", "p", "ratio_stratified", "p_stratified")
    size = len(parts)
    return Table(
        "combinations",
        {
            "set": Labels((scope.name,) * size),
            "lists": Labels(tuple(" + ".join(names[i] for i in part) for part, _ in parts)),
            "rule": Labels(tuple(rule for _, rule in parts)),
            "observed": observed,
            **{name: columns[name] for name in order},
            "where": Labels((scope.where,) * size),
            "strata": Labels(tuple(used)),
        },
    )


def _finest(layers: Mapping[str, _Strata], part: Sequence[int]) -> str:
    """Return the finest strata in which no count of these lists is withheld, else the coarsest."""
    names = list(layers)
    shown = [name for name in names if not layers[name].held.withheld[:, list(part)].any()]
    return (shown or names[-1:])[0]


def _against(
    observed: Protected, found: Sequence[_Meeting | None], ending: str, policy: Policy
) -> dict[str, Protected]:
    """Return expectation, ratio and p of observed counts; withheld where None was expected."""
    digits = index_digits(policy)
    hidden = np.array([each is None for each in found])
    expected = np.array([np.nan if each is None else each.expected for each in found])
    reached = [
        np.nan if each is None or not np.isfinite(count) else each.tail(count)
        for each, count in zip(found, observed.values, strict=True)
    ]
    both = hidden | observed.withheld
    parts = ratio(observed, Protected(expected, hidden))
    return {
        f"expected{ending}": rounded(Protected(expected, hidden), digits),
        f"ratio{ending}": rounded(parts, digits or 1),
        f"p{ending}": Protected(np.where(both, np.nan, reached), both, 6),
    }


def _parts(names: Sequence[str]) -> list[tuple[tuple[int, ...], str]]:
    """Return every combination of two or more lists with both rules."""
    found = [
        part
        for size in range(FEWEST_LISTS, len(names) + 1)
        for part in choices(range(len(names)), size)
    ]
    return [(part, rule) for part in found for rule in (ALL, ANY)]


@dataclass(frozen=True)
class _Meeting:
    """How many postcodes would meet by chance: their mean, and the chance of each number.

    ``chances``: of ``first``, ``first`` + 1 and so on.
    """

    expected: float
    first: int
    chances: FloatArray

    def tail(self, count: float) -> float:
        """Return the chance of as many or more."""
        below = max(0, round(count) - self.first)
        return float(min(1.0, self.chances[below:].sum()))


@dataclass(frozen=True)
class _Strata:
    """Postcodes of each stratum [strata], and those with a client of each list [strata, lists].

    The counts of postcodes with clients are protected; None can be formed where one is withheld.
    """

    sizes: IntArray
    held: Protected

    @classmethod
    def of(cls, met: tally.Meeting, scope: Scope, stratum: IntArray, policy: Policy) -> _Strata:
        """Count the postcodes of one scope by stratum."""
        found, where = np.unique(stratum[scope.places], return_inverse=True)
        label = np.full(len(stratum), -1)
        label[scope.places] = where
        lists = len(met.present)
        zones = Zones.kinds_of(label, len(found), [met.kinds([i], ALL) for i in range(lists)])
        counts = People.counted([met.ground], zones).of(0).shaped(len(found), lists)
        return cls(np.bincount(where, minlength=len(found)), protect(counts, policy))

    def meeting(self, part: Sequence[int], rule: str) -> _Meeting | None:
        """Return what chance alone would give one combination, None where that is withheld."""
        if self.held.withheld[:, list(part)].any():
            return None
        sizes = self.sizes
        # Rounding may lift a count over the postcodes that there are.
        held = np.minimum(self.held.values[:, list(part)].astype(np.int64), sizes[:, None])
        if rule == ALL:
            first, chances = _spread(sizes, held)
            return _Meeting(_mean(sizes, held), first, chances)
        # A client of any list lives wherever not all of them are missing.
        first, chances = _spread(sizes, sizes[:, None] - held)
        total = int(sizes.sum())
        last = first + len(chances) - 1
        mean = total - _mean(sizes, sizes[:, None] - held)
        return _Meeting(mean, total - last, chances[::-1])


def _mean(sizes: IntArray, held: IntArray) -> float:
    """Return Σ N Π(n_i / N) over the strata."""
    return float((sizes * (held / np.maximum(sizes, 1)[:, None]).prod(axis=1)).sum())


def _spread(sizes: IntArray, held: IntArray) -> tuple[int, FloatArray]:
    """Return the chances of each number of postcodes in all lists, over all strata together."""
    first, chances = 0, np.ones(1)
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, sizes.max(initial=0) + 1)))])
    for size, margins in zip(sizes.tolist(), held.tolist(), strict=True):
        low, found = _one_stratum(size, margins, logs)
        first += low
        chances = np.convolve(chances, found)
    return first, chances


def _one_stratum(size: int, margins: Sequence[int], logs: FloatArray) -> tuple[int, FloatArray]:
    """Return the first number of postcodes that all lists hold by chance, and the chances.

    The lists are laid over each other one by one: of m postcodes that hold all so far, as many of
    the next list's n are among them as a hypergeometric draw gives. ``logs``: of factorials.
    """
    first, chances = margins[0], np.ones(1)
    for margin in margins[1:]:
        # Far-reaching numbers go in steps of a small part of their standard deviation.
        step = -(-len(chances) // _MOST_COUNTS)
        starts = np.arange(0, len(chances), step)
        reached = np.add.reduceat(chances, starts)
        counts = first + np.minimum(starts + step // 2, len(chances) - 1)
        first, chances = _next_list(size, counts, reached, margin, logs)
    return first, chances


def _next_list(
    size: int, counts: IntArray, reached: FloatArray, margin: int, logs: FloatArray
) -> tuple[int, FloatArray]:
    """Return the chances of how many of some (random) number of postcodes another list holds."""
    mean = counts * margin / max(size, 1)
    spread = np.sqrt(mean * (1 - margin / max(size, 1)) + 1)
    low = max(0, int((mean - _REACH * spread).min()), int(counts.min()) + margin - size)
    high = min(margin, int(counts.max()), int((mean + _REACH * spread).max()) + 1)
    found = np.arange(low, high + 1)
    m, k = counts[:, None], found[None, :]
    possible = (k <= m) & (m - k <= size - margin)
    rest, missed = np.where(possible, m - k, 0), np.where(possible, size - margin - m + k, 0)
    kept = np.where(possible, k, 0)
    chance = (
        logs[margin]
        - logs[kept]
        - logs[margin - kept]
        + logs[size - margin]
        - logs[rest]
        - logs[missed]
        - (logs[size] - logs[m] - logs[size - m])
    )
    return low, reached @ np.exp(np.where(possible, chance, -np.inf))


def postcodes_met(
    clients: Sequence[Clients],
    places: Places,
    keys: Callable[[IntArray], Sequence[str]],
    sets: Sequence[tuple[str, BoolArray]],
    policy: Policy,
) -> Table:
    """Return the postcodes where a client of every list lives, with how many of each.

    ``keys``: gives the postcodes of places, which are in the order of the alphabet. Raises
    DisclosureError unless the policy lets postcodes with clients be listed.
    """
    if not policy.clients_listed:
        mend = 'Use --policy internal --reason "why", or leave --list-postcodes out.'
        what = f"the policy '{policy.name}' does not let postcodes with clients be listed."
        raise DisclosureError(Fault("", what, mend))
    present = tally.presence(clients, places).all(axis=0)
    met = np.flatnonzero(present)
    position = np.full(len(places), -1)
    position[met] = np.arange(len(met))
    counts = tally.by_position(clients, position[places.postcode], len(met))
    every = np.arange(len(met))
    names = {"postcode", "sets"}
    return Table(
        "postcodes_met",
        {
            "postcode": Labels(tuple(map(postcodes.spaced, keys(met)))),
            "sets": Labels(tuple(_inside(sets, met))),
            **{
                f"{each.name} clients" if each.name in names else each.name: protect(
                    counts.of(row).picked(every), policy
                )
                for row, each in enumerate(clients)
            },
        },
        title=f"Postcodes where {' + '.join(each.name for each in clients)} meet",
    )


def _inside(sets: Sequence[tuple[str, BoolArray]], met: IntArray) -> Iterator[str | None]:
    for place in met.tolist():
        yield "; ".join(name for name, member in sets if member[place]) or None
