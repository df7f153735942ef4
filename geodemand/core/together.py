"""Several lists by area at once: their clients added up, and the postcodes where they meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from geodemand.core import intervals, tally
from geodemand.core.areas import Rate, figures_of
from geodemand.core.disclosure import (
    Column,
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
    stack,
)
from geodemand.core.geography import NOWHERE, Geography
from geodemand.core.tally import Clients, Places
from geodemand.core.zones import Zones
from geodemand.errors import Fault, UsageError
from geodemand.suggest import did_you_mean

JOIN = " + "
FEWEST = 2
FACTS = ("postcodes", "residents")


@dataclass(frozen=True)
class Together:
    """Lists that are looked at together. ``name``: "CYP + ACS". ``lists``: their names."""

    lists: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return how the combination is called."""
        return JOIN.join(self.lists)


def named(texts: Sequence[str], known: Sequence[str]) -> tuple[Together, ...]:
    """Return the combinations that texts such as "CYP+ACS" name, each once.

    Raises UsageError where a text names no two lists of those known.
    """
    found = []
    for text in texts:
        lists = tuple(dict.fromkeys(word.strip() for word in text.split("+")))
        for each in lists:
            if each not in known:
                hint = did_you_mean(each, known) or f"Known: {', '.join(known)}."
                raise UsageError(Fault("", f"there is no client list named '{each}'.", hint))
        if len(lists) < FEWEST:
            mend = "Write two lists or more: CYP+ACS."
            raise UsageError(Fault("", f"'{text}' is no combination of lists.", mend))
        found.append(Together(lists))
    return tuple(dict.fromkeys(found))


def added_up(
    table: Table,
    clients: Sequence[Clients],
    places: Places,
    asked: Sequence[Together],
    rate: Rate,
    policy: Policy,
) -> Table:
    """Return the table of `areas.by_area` for lists added up, with the same columns.

    A client who is on two of the lists counts on each. The sums are formed from the protected
    counts of ``table`` and withheld where one of them is, so they say no more than its own rows do.
    """
    blocks = []
    known = list(zip(table.cells("geography"), table.cells("list"), strict=True))
    for geography in dict.fromkeys(name for name, _ in known):
        position = places.areas[str(geography)]
        size = known.count((geography, clients[0].name)) if clients else 0
        weight = tally.base_by_position(places.weights[rate.base], position, size)[:-1]
        people = tally.by_position(clients, position, size)
        whole = protect(people.grouped([np.arange(size)]), policy)
        totals = Protected(whole.values[:, 0], whole.withheld[:, 0])
        order = [each.name for each in clients]
        for each in asked:
            rows = [[i for i, key in enumerate(known) if key == (geography, n)] for n in each.lists]
            total = _summed([totals[[order.index(name)] * size] for name in each.lists])
            figures = _figures(table, "clients")
            counted = _summed([figures[own] for own in rows])
            blocks.append(
                Table(
                    "areas_together",
                    {
                        **{name: _picked(table, name, rows[0]) for name in ("geography", "code")},
                        "name": _picked(table, "name", rows[0]),
                        "list": Labels((each.name,) * size),
                        "clients": counted,
                        **{name: _picked(table, name, rows[0]) for name in FACTS},
                        **figures_of(counted, total, weight, rate, policy),
                    },
                )
            )
    return concatenate("areas_together", blocks, "Clients of several lists by area")


def whole_added_up(whole: Table, asked: Sequence[Together], rate: Rate) -> Table:
    """Return the table of `whole.whole_areas` for lists added up, formed from its own counts."""
    known = list(zip(whole.cells("geography"), whole.cells("list"), strict=True))
    geographies = list(dict.fromkeys(name for name, _ in known))
    rows = [
        [known.index((geography, name)) for name in each.lists]
        for geography in geographies
        for each in asked
    ]
    figures = _figures(whole, "clients")
    each_of = [[figures[[row]] for row in own] for own in rows]
    counts = stack([_summed(parts) for parts in each_of])
    base = _picked(whole, "base", [own[0] for own in rows])
    assert isinstance(base, Facts)  # noqa: S101 - it is about nobody
    return Table(
        "whole_together",
        {
            "geography": Labels(tuple(str(name) for name in geographies for _ in asked)),
            "list": Labels(tuple(each.name for _ in geographies for each in asked)),
            "clients": counts,
            "rate": rounded(ratio(counts, known_figures(base.values / rate.per)), 1),
        },
        "Clients of several lists, all areas together",
    )


def _figures(table: Table, name: str) -> Protected:
    found = table.columns[name]
    assert isinstance(found, Protected)  # noqa: S101 - counts of people are
    return found


def _picked(table: Table, name: str, rows: Sequence[int]) -> Column:
    found = table.columns[name]
    if isinstance(found, Labels):
        return Labels(tuple(found.values[row] for row in rows))
    if isinstance(found, Facts):
        return Facts(found.values[list(rows)], found.decimals)
    return found[list(rows)]


def _summed(parts: Sequence[Protected]) -> Protected:
    """Add up protected figures, withheld where one of them is."""
    hidden = np.any([part.withheld for part in parts], axis=0)
    return Protected(np.sum([part.values for part in parts], axis=0), hidden)


def meeting(
    clients: Sequence[Clients],
    places: Places,
    geographies: Sequence[Geography],
    asked: Sequence[Together],
    policy: Policy,
) -> dict[str, Table]:
    """Return for each combination the postcodes where its lists meet, protected, by table name.

    areas_meeting: a row an area. whole_meeting: all areas of a geography together. all: postcodes
    with a client of each of the lists; any: of one of them or more; of: live postcodes in the area;
    all_share, any_share: of these, with Wilson limits. Postcodes chosen by who lives there are
    protected like people, and withheld where there are fewer postcodes than the policy asks
    addresses of.
    """
    met = list(_met(clients, places, geographies, asked))
    by_area = [_areas(geography, each, policy) for geography, each in met]
    whole = [_whole(geography, each, policy) for geography, each in met]
    title = "Postcodes where lists meet"
    return {
        "areas_meeting": concatenate("areas_meeting", by_area, f"{title}, by area"),
        "whole_meeting": concatenate("whole_meeting", whole, f"{title}, all areas together"),
    }


@dataclass(frozen=True)
class _Met:
    """Lists that meet. ``position`` [places]: the area of each live postcode, of ``size``."""

    name: str
    lists: tally.Meeting
    position: IntArray
    size: int

    def postcodes(self) -> FloatArray:
        """Return how many live postcodes each area has."""
        inside = self.position != NOWHERE
        return np.bincount(self.position[inside], minlength=self.size).astype(float)

    def people(self, rule: str) -> People:
        """Return in how many of them all of the lists, or any, have a client: [size]."""
        kinds = self.lists.kinds(range(len(self.lists.present)), rule)
        zones = Zones.kinds_of(self.position, self.size, [kinds])
        return People.counted([self.lists.ground], zones).of(0)


def _met(
    clients: Sequence[Clients],
    places: Places,
    geographies: Sequence[Geography],
    asked: Sequence[Together],
) -> Iterator[tuple[Geography, _Met]]:
    by_name = {each.name: each for each in clients}
    lists = [tally.Meeting.of([by_name[name] for name in each.lists], places) for each in asked]
    for geography in geographies:
        position = np.where(places.base, places.areas[geography.name], NOWHERE)
        for each, found in zip(asked, lists, strict=True):
            yield geography, _Met(each.name, found, position, len(geography))


def _whole(geography: Geography, met: _Met, policy: Policy) -> Table:
    """Return the row of one combination."""
    return Table(
        "whole_meeting",
        {
            "geography": Labels((geography.name,)),
            "list": Labels((met.name,)),
            **_where_they_meet(met, policy, whole=True),
        },
    )


def _areas(geography: Geography, met: _Met, policy: Policy) -> Table:
    """Return the rows of one combination."""
    return Table(
        "areas_meeting",
        {
            "geography": Labels((geography.name,) * met.size),
            "code": Labels(geography.codes),
            "name": Labels(geography.names),
            "list": Labels((met.name,) * met.size),
            "of": Facts(met.postcodes()),
            **_where_they_meet(met, policy),
        },
    )


def _where_they_meet(met: _Met, policy: Policy, *, whole: bool = False) -> dict[str, Column]:
    """Return the figures of each area, or of all together."""
    columns: dict[str, Column] = {}
    postcodes = met.postcodes()
    every = [np.arange(met.size)]
    for rule in ("all", "any"):
        people = met.people(rule).grouped(every) if whole else met.people(rule)
        there = postcodes.sum(keepdims=True) if whole else postcodes
        shown = protect(people, policy, there < policy.area_addresses)
        # Rounding may take a count above the postcodes that there are.
        of = np.fmax(there, shown.values)
        low, high = intervals.wilson(shown.values, of)
        columns[f"meet_{rule}"] = shown
        columns[f"meet_{rule}_share"] = _share(ratio(shown, known_figures(of)), of, policy)
        columns[f"meet_{rule}_low"] = _share(Protected(low, shown.withheld), of, policy)
        columns[f"meet_{rule}_high"] = _share(Protected(high, shown.withheld), of, policy)
    return columns


def _share(share: Protected, of: FloatArray, policy: Policy) -> Protected:
    return rounded_share(share, known_figures(of), policy)
