"""Attacks on made-up releases: what a rule lets out, and what the audit makes of it.

Everything is drawn from a seed. The tests use the experiments; ``python -m benchmarks.audits`` runs
the two large ones and prints what came out.
"""

from __future__ import annotations

import functools
import itertools
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely

from geodemand.core import attack, audit, disclosure, rate_surface, systems
from geodemand.core.areas import Rate
from geodemand.core.book import Case
from geodemand.core.disclosure import Exact, FloatArray, IntArray, People, Policy, Table, protect
from geodemand.core.geography import Geography
from geodemand.core.policy import Guard
from geodemand.core.surface import Extent, heat_surface
from geodemand.core.tally import Clients, Places
from geodemand.core.zones import Ground, Zones
from geodemand.io import definitions

PUBLIC = definitions.policy("public")
FEWER_THAN_5 = replace(definitions.policy("dfe"), name="fewer than 5", threshold=4)
HUBS = 7
MOST_IN_ROW, EVERY_COUNT = 40, 400
FARMS, SURFACES = 60, 20
SIDE_M, ALONE_M, NEAR_M, SPOT_M2 = 40_000.0, 2_000.0, 1_000.0, 4_000_000.0


def shown(people: Sequence[People], policy: Policy) -> list[Case]:
    """Return what a policy would publish without an audit, as the attacker sees it."""
    guard = Guard.of(policy)
    for each in people:
        protect(each, guard)
    return guard.book.cases()


def guarded(people: Sequence[People], policy: Policy) -> tuple[list[disclosure.Protected], Guard]:
    """Return what a policy publishes after the audit, and the policy as it was at work."""
    last: list[Guard] = []

    def make(guard: Policy) -> tuple[list[disclosure.Protected], disclosure.Release]:
        assert isinstance(guard, Guard)
        last[:] = [guard]
        found = [protect(each, guard) for each in people]
        columns = {str(i): each for i, each in enumerate(found)}
        tables = {name: Table(name, {"n": each}) for name, each in columns.items()}
        return found, disclosure.release(guard, tables)

    found, _ = disclosure.guarded(policy, make)
    return found, last[0]


def released(people: Sequence[People], policy: Policy) -> tuple[list[disclosure.Protected], Case]:
    """Return what a policy publishes after the audit, and what is left for an attacker."""
    found, guard = guarded(people, policy)
    return found, guard.book.cases()[0]


@dataclass(frozen=True)
class County:
    """Clients by postcode, and two geographies that nearly share their boundaries."""

    clients: IntArray
    localities: IntArray
    hubs: IntArray

    @property
    def people(self) -> list[People]:
        """Return the clients of each locality, of each hub area, and of the county."""
        ground = Ground("CYP", np.arange(len(self.clients)), self.clients)
        every = Zones.by(np.zeros(len(self.clients), dtype=np.int64), 1)
        zones = [Zones.by(self.localities, HUBS), Zones.by(self.hubs, HUBS), every]
        return [People.counted([ground], each).of(0) for each in zones]


def nearly_coterminous(seed: int) -> County:
    """Return a county of seven localities; at some borders a few postcodes go to the next hub."""
    random = np.random.default_rng(seed)
    localities = np.repeat(np.arange(HUBS), 50)
    clients = random.poisson(2.0, len(localities)).astype(np.int64)
    hubs = localities.copy()
    for own in range(HUBS):
        for other in range(own + 1, HUBS):
            if random.random() < 3.4 / 21:
                giver, taker = (own, other) if random.random() < 1 / 2 else (other, own)
                at = np.flatnonzero((localities == giver) & (hubs == giver))
                moved = at[: random.integers(1, 4)]
                hubs[moved] = taker
                clients[moved] = random.integers(0, 2, len(moved))
                clients[moved[0]] = 1
    return County(clients, localities, hubs)


def small_differences(case: Case, most: int) -> systems.Sums:
    """Return the smallest pieces of 1 to ``most`` people that nobody chose to publish."""
    small = np.flatnonzero((case.known > 0) & (case.known <= most))
    return systems.Sums.of([[piece] for piece in small.tolist()])


def recovered(case: Case, most: int = 4) -> tuple[int, int]:
    """Return how many small differences an attacker knows exactly, and how many there are."""
    sought = small_differences(case, most)
    if not sought.size:
        return 0, 0
    found = attack.bounds(case.system, sought)
    return int((found.low == found.high).sum()), sought.size


def two_geographies(counties: int = 60) -> dict[str, tuple[int, int]]:
    """Return how many small differences each rule gives away, and of how many."""
    rows: dict[str, list[tuple[int, int]]] = {"fewer than 5": [], "public": []}
    for seed in range(counties):
        county = nearly_coterminous(seed)
        rows["fewer than 5"].append(recovered(shown(county.people, FEWER_THAN_5)[0]))
        rows["public"].append(recovered(released(county.people, PUBLIC)[1]))
    return {
        rule: (sum(known for known, _ in found), sum(every for _, every in found))
        for rule, found in rows.items()
    }


def row(counts: Sequence[int]) -> People:
    """Return the counts of a row and their total."""
    places = np.arange(len(counts))
    ground = Ground("CYP", places, np.array(counts, dtype=np.int64))
    zones = Zones.by(places, len(counts)).grouped([*places[:, None], places])
    return People.counted([ground], zones).of(0)


def fewest_values(low: FloatArray, high: FloatArray, total: tuple[float, float]) -> int:
    """Return how many values the first cell of a row may have, by adding up intervals."""
    least = max(low[0], total[0] - high[1:].sum())
    most = min(high[0], total[1] - low[1:].sum())
    return int(most - least) + 1


def every_row() -> Iterator[tuple[int, ...]]:
    """Yield all rows of two and of three counts of 0 to 40, up to their order."""
    for size in (2, 3):
        yield from itertools.combinations_with_replacement(range(MOST_IN_ROW + 1), size)


def fewest_left(counts: Sequence[int], policy: Policy) -> int:
    """Return how many values the withheld figure of a row and its total with the fewest keeps.

    The row goes the way of any release. What is left is counted without the engine of the audit:
    for each figure the counts that would be shown so are tried one by one, and the intervals of
    the parts and of their total are added up, which for one sum is exact.
    """
    (figures,), guard = guarded([row(counts)], policy)
    return left_of(figures, _bases(row(counts), guard), policy.threshold)


def _bases(people: People, guard: Guard) -> list[int]:
    """Return what each figure was rounded to."""
    assert people.zones is not None
    names = people.zones.names.tolist()
    return [guard.changes.get(("CYP", name), guard.base) for name in names]


def left_of(figures: disclosure.Protected, bases: Sequence[int], threshold: int) -> int:
    """Return the same for figures, each rounded to its base; the last is the total of the rest."""
    parts = len(figures) - 1
    ends = [
        shown_as(None if hidden else int(value), base, threshold)
        for value, hidden, base in zip(
            np.nan_to_num(figures.values), figures.withheld.tolist(), bases, strict=True
        )
    ]
    low, high = np.array(ends, dtype=int).T
    left = []
    for part in np.flatnonzero(figures.withheld[:parts]).tolist():
        others = [n for n in range(parts) if n != part]
        least = max(low[part], low[parts] - high[others].sum())
        most = min(high[part], high[parts] - low[others].sum())
        left.append(int(most - least) + 1)
    if figures.withheld[parts]:
        least, most = max(low[parts], low[:parts].sum()), min(high[parts], high[:parts].sum())
        left.append(int(most - least) + 1)
    return min(left, default=EVERY_COUNT)


@functools.cache
def shown_as(figure: int | None, base: int, threshold: int) -> tuple[int, int]:
    """Return the smallest and largest count shown as a figure, None for c, tried one by one.

    Whoever reads c takes it for a count up to the threshold, the sharper guess.
    """
    if figure is None:
        return 1, threshold
    if figure == 0:
        return 0, 0
    fit = [
        count
        for count in range(threshold + 1, EVERY_COUNT)
        if max((count + base // 2) // base, 1) * base == figure
    ]
    return min(fit), max(fit)


@dataclass(frozen=True)
class Large:
    """A county of areas x segments x lists in two geographies, for time and memory."""

    people: list[People]
    cells: list[tuple[IntArray, int]]


def large(areas: int = 150, segments: int = 18, lists: int = 4, seed: int = 1) -> Large:
    """Return tables by area and segment with all margins, in areas and in ones nearly the same."""
    random = np.random.default_rng(seed)
    per_area = 80
    area = np.repeat(np.arange(areas), per_area)
    segment = random.integers(segments, size=len(area))
    other = area.copy()
    stray = random.random(len(area)) < 0.03
    other[stray] = (area[stray] + 1) % areas
    people: list[People] = []
    cells: list[tuple[IntArray, int]] = []
    for number in range(lists):
        mean = random.gamma(1.2, 1.2, len(area)) * (2.0 / (number + 1))
        ground = Ground(f"list {number}", np.arange(len(area)), random.poisson(mean))
        for geography in (area, other):
            zones = Zones.by(geography * segments + segment, areas * segments)
            grid = np.arange(areas * segments).reshape(areas, segments)
            table = People.counted([ground], zones).of(0)
            cells.append((table.exact, len(people)))
            people.append(table.grouped([*grid.reshape(-1, 1), *grid, *grid.T, grid.ravel()]))
    return Large(people, cells)


def attacked(found: Sequence[People], policy: Policy) -> list[int]:
    """Return how many leaks the audit finds in each list before it mends anything."""
    return [audit.leaks(case, policy.threshold).size for case in shown(found, policy)]


def kept(made: Large, found: Sequence[disclosure.Protected]) -> tuple[float, float]:
    """Return the share of cells of 8 clients or more that are shown, and their mean error."""
    visible, every, off = 0, 0, []
    for exact, number in made.cells:
        figures = found[number]
        large_enough = exact >= PUBLIC.threshold + 1
        seen = ~figures.withheld[: len(exact)] & large_enough
        visible, every = visible + int(seen.sum()), every + int(large_enough.sum())
        off.append(np.abs(figures.values[: len(exact)][seen] - exact[seen]))
    return visible / every, float(np.concatenate(off).mean())


def town_and_farms(seed: int) -> tuple[FloatArray, IntArray]:
    """Return clients [n, 2] of towns and of farms far from anybody, and which live alone."""
    random = np.random.default_rng(seed)
    towns = random.uniform(5_000, SIDE_M - 5_000, (6, 2))
    at = np.concatenate([random.normal(town, 900, (60, 2)) for town in towns])
    farms = random.uniform(500, SIDE_M - 500, (FARMS, 2))
    at = np.concatenate([at, farms])
    apart = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    return at, np.flatnonzero(apart.min(axis=1) > ALONE_M)


def surfaces(seed: int, policy: Policy) -> tuple[list[disclosure.Surface], FloatArray]:
    """Return the surface of clients per km² and that of rates of a county, and who lives alone.

    Beside each client's postcode there are two without clients, in the town or in the fields.
    """
    at, alone = town_and_farms(seed)
    random = np.random.default_rng([seed, 1])
    extent = Extent(0, 0, SIDE_M, SIDE_M)
    town = np.arange(len(at)) < len(at) - FARMS
    near = np.tile(at, (2, 1)) + random.normal(0, 600, (2 * len(at), 2))
    fields = random.uniform(500, SIDE_M - 500, near.shape)
    every = np.vstack([at, np.where(np.tile(town, 2)[:, None], near, fields)])
    size = len(every)
    places = Places(
        x=every[:, 0],
        y=every[:, 1],
        base=np.ones(size, dtype=bool),
        weights={"households": np.where(np.tile(town, 3), 20.0, 4.0)},
        segment=np.full(size, -1),
        areas={},
        postcode=np.arange(size),
    )
    land = Geography("land", ("L",), ("Land",), shapely.box([0.0], [0.0], [SIDE_M], [SIDE_M]))
    people = Exact(np.ones(len(at), dtype=np.int64))
    sheet = rate_surface.Ground(extent, places, Rate("households", 1_000), land)
    clients = Clients("CYP", np.arange(len(at)), people)
    return [
        heat_surface("CYP", at[:, 0], at[:, 1], people, extent, policy),
        rate_surface.rate_surface(clients, sheet, policy),
    ], at[alone]


def located(surface: disclosure.Surface, clients: FloatArray) -> int:
    """Return how many clients a peak of the surface tells of: within 1 km of its middle.

    A peak is a patch of cells of one class, no cell beside it being of a higher one, that is small
    enough to name a spot.
    """
    from scipy import ndimage

    classes = surface.classes
    spots = []
    for level in range(1, int(classes.max(initial=0)) + 1):
        patches, count = ndimage.label(classes >= level)
        for patch in range(1, count + 1):
            inside = patches == patch
            if classes[inside].max() > level or inside.sum() * surface.cell_m**2 > SPOT_M2:
                continue
            rows, columns = np.nonzero(inside)
            spots.append(
                (
                    surface.west + (columns.mean() + 0.5) * surface.cell_m,
                    surface.north - (rows.mean() + 0.5) * surface.cell_m,
                )
            )
    if not spots:
        return 0
    apart = np.hypot(*(clients[:, None] - np.array(spots)[None]).transpose(2, 0, 1))
    return int((apart.min(axis=1) <= NEAR_M).sum())


def main() -> None:
    """Print what the two geographies give away, and what the audit of a large county takes."""
    from benchmarks import planted  # which takes experiments from here

    for rule, (known, every) in two_geographies().items():
        print(f"two geographies, {rule}: {known} of {every} small differences recovered")
    rows = list(every_row())
    few = sum(fewest_left(each, PUBLIC) < attack.ENOUGH for each in rows)
    print(
        f"every row of 2 and 3 counts of 0 to {MOST_IN_ROW}: "
        f"{few:,} of {len(rows):,} passes with fewer than {attack.ENOUGH}"
    )
    drawn = [surfaces(seed, PUBLIC) for seed in range(SURFACES)]
    alone = sum(len(at) for _, at in drawn)
    for kind, name in enumerate(("clients per km²", "rates")):
        told = sum(located(both[kind], at) for both, at in drawn)
        print(f"surfaces of {name}, {SURFACES} counties: {told} of {alone} who live alone located")
    with tempfile.TemporaryDirectory(prefix="geodemand-planted-") as folder:
        planted.main(Path(folder))
    made = large()
    start = time.process_time()
    found, _ = released(made.people, PUBLIC)
    took = time.process_time() - start
    shown_share, off = kept(made, found)
    print(f"150 areas x 18 segments x 4 lists, two geographies: {took:.0f} s of processor time")
    print(f"cells of 8 or more that are shown: {shown_share:.1%}, mean error {off:.2f}")
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak: {peak:.0f} MB")


if __name__ == "__main__":
    main()
