"""Leaks planted in what an analyst, or a loosened policy, would publish; and releases without.

Ten kinds. Five stand in tables written as CSV and workbooks and read as ``geodemand audit`` does;
four come from protecting real counts by zone under a policy that lets exact figures out; one is a
surface drawn too sharply. Of each, all counts up to the threshold are tried: those that would give
the same figures are what an attacker is left with, without the engine of the audit.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks import audits
from benchmarks.audits import PUBLIC, guarded, located, shown, town_and_farms
from geodemand.core import audit, compared, disclosure, tabled, undone
from geodemand.core.attack import ENOUGH
from geodemand.core.book import Case
from geodemand.core.disclosure import Exact, IntArray, People, Policy, Protected, Table, protect
from geodemand.core.published import Published
from geodemand.core.surface import Extent, heat_surface
from geodemand.core.zones import Ground, Zones
from geodemand.errors import DisclosureError
from geodemand.io import published_tables

MOST = 7
# What an analyst does who hides few and leaves the rest as it is.
EXACT_TOTALS = replace(PUBLIC, name="exact totals", base=1)
RULES = tabled.Rules(MOST, 1)
Rows = list[list[str]]


@dataclass(frozen=True)
class Leak:
    """A planted leak: how many values trying all counts leaves, and whether the audit saw it."""

    left: int
    caught: bool


def written(folder: Path, name: str, rows: Rows, *, workbook: bool = False) -> Path:
    """Write a table as an analyst would: a CSV, or a workbook with numbers as numbers."""
    if not workbook:
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        return path
    import xlsxwriter

    path = folder / f"{name}.xlsx"
    with xlsxwriter.Workbook(path, {"strings_to_numbers": True}) as book:
        sheet = book.add_worksheet("Table 1")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


def file_audit(paths: Sequence[Path], rules: tabled.Rules) -> undone.Undone:
    """Audit files as ``geodemand audit FILES`` does."""
    asked = published_tables.Asked(rules)
    tables = [
        tabled.with_totals(table, (), search=True)
        for path in paths
        for table in published_tables.read(path, asked)
    ]
    return undone.audit(tables, rules)


def _in_file(folder: Path, seed: int, rows: Rows, row: str, same: Callable[[int], bool]) -> Leak:
    """Return what an audit of a table says of a row; ``same``: whether a count is shown alike."""
    path = written(folder, f"table {seed}", rows, workbook=seed % 2 == 1)
    found = file_audit([path], RULES)
    left = sum(same(count) for count in range(1, MOST + 1))
    return Leak(left, any(each.row == row for each in found.recovered))


def share_with_a_decimal(seed: int, folder: Path) -> Leak:
    """The share of a hidden count, with one decimal, of a total below 500."""
    count, base = 1 + seed % MOST, 60 + 43 * seed
    other = (base - count) // 2
    counts = [count, other, base - count - other]
    rows = [["Area", "CYP", "CYP %"]]
    for area, each in zip("NSE", counts, strict=True):
        rows.append([area, "c" if each <= MOST else str(each), f"{100 * each / base:.1f}"])
    rows.append(["Total", str(base), "100.0"])
    rows[2][1] = "c"  # the second is hidden too, so that the total alone tells nothing
    shown_as = rows[1][2]
    return _in_file(folder, seed, rows, "N", lambda n: f"{100 * n / base:.1f}" == shown_as)


def total_kept_exact(seed: int, folder: Path) -> Leak:
    """A hidden count beside its neighbours and their exact total."""
    random = np.random.default_rng(seed)
    others: list[int] = random.integers(8, 90, 4).tolist()
    total = 1 + seed % MOST + sum(others)
    rows = [["Area", "CYP"], ["North", "c"]]
    rows += [[f"Area {n}", str(each)] for n, each in enumerate(others)]
    rows.append(["Total", str(total)])
    return _in_file(folder, seed, rows, "North", lambda n: n + sum(others) == total)


def category_beside_groups(seed: int, folder: Path) -> Leak:
    """The groups of a category, one hidden, below the category's own figure."""
    random = np.random.default_rng(seed)
    first: list[int] = random.integers(8, 60, 2).tolist()
    second: list[int] = random.integers(8, 60, 3).tolist()
    total = 1 + seed % MOST + sum(first)
    rows = [["Segment", "CYP"], ["Total A", str(total)], ["A1", "c"]]
    rows += [[f"A{n}", str(each)] for n, each in enumerate(first, 2)]
    rows.append(["Total B", str(sum(second))])
    rows += [[f"B{n}", str(each)] for n, each in enumerate(second, 1)]
    return _in_file(folder, seed, rows, "A1", lambda n: n + sum(first) == total)


def class_of_a_map(seed: int, folder: Path) -> Leak:
    """The table behind a map whose lowest class is as narrow as the data made it."""
    count = 1 + seed % (MOST - 1)
    low, high = count, count + seed % 2
    random = np.random.default_rng(seed)
    rows = [["Area", "Clients"], ["North", f"{low}-{high}"]]
    rows += [[f"Area {n}", str(each)] for n, each in enumerate(random.integers(8, 90, 4).tolist())]
    return _in_file(folder, seed, rows, "North", lambda n: low <= n <= high)


def average_of_few(seed: int, folder: Path) -> Leak:
    """Clients a postcode, where an area has few postcodes and a hidden count."""
    count, postcodes = 1 + seed % MOST, 3 + seed % 5
    mean = f"{count / postcodes:.1f}"
    rows = [["Area", "Postcodes", "Clients", "Clients per postcode"]]
    rows += [["North", str(postcodes), "c", mean], ["South", "50", "60", "1.2"]]
    return _in_file(folder, seed, rows, "North", lambda n: f"{n / postcodes:.1f}" == mean)


def _among_leaks(tables: Sequence[People], count: int) -> bool:
    """Return whether the audit of exact totals finds a leak of so many people, and acts on it."""
    (case,) = shown(tables, EXACT_TOTALS)
    seen = any(case.known[each].sum() == count for each in audit.leaks(case, MOST).members)
    try:
        _, guard = guarded(tables, EXACT_TOTALS)
    except DisclosureError:
        return seen
    return seen and bool(guard.changes)


def _shown(people: People) -> list[int | None]:
    """Return the figures of a table as they are printed, None for c."""
    cells = Table("n", {"n": protect(people, EXACT_TOTALS)}).cells("n")
    return [None if cell == "c" else int(cell or 0) for cell in cells]


def _less(first: int | None, second: int | None) -> int:
    """Return how many values the difference of two printed figures leaves."""
    return MOST if first is None or second is None else 1


def difference_of_geographies(seed: int, _: Path) -> Leak:
    """One postcode with few clients belongs to another hub than its locality does."""
    random = np.random.default_rng(seed)
    clients = random.poisson(2.0, 60).astype(np.int64)
    clients[29] = 1 + seed % MOST
    localities = np.repeat([0, 1], 30)
    hubs = localities.copy()
    hubs[29] = 1
    ground = Ground("CYP", np.arange(60), clients)
    tables = [People.counted([ground], Zones.by(each, 2)).of(0) for each in (localities, hubs)]
    locality, hub = (_shown(each) for each in tables)
    return Leak(_less(locality[0], hub[0]), _among_leaks(tables, int(clients[29])))


def filtered(seed: int, _: Path) -> Leak:
    """All children by area, and those under five: where the others are few, they are known."""
    random = np.random.default_rng(seed)
    young = random.integers(20, 90, 3)
    older = np.array([1 + seed % MOST, *random.integers(20, 90, 2).tolist()])
    place, kind = np.tile(np.arange(3), 2), np.repeat([0, 1], 3)
    ground = Ground("CYP", place, np.concatenate([young, older]), kind, 2)
    every = Zones.kinds_of(np.arange(3), 3, [np.array([0, 1])])
    under_five = Zones.kinds_of(np.arange(3), 3, [np.array([0])])
    tables = [People.counted([ground], each).of(0) for each in (every, under_five)]
    both = [_shown(each) for each in tables]
    return Leak(_less(both[0][0], both[1][0]), _among_leaks(tables, int(older[0])))


def empty_combination(seed: int, _: Path) -> Leak:
    """Nobody is in both lists, and who is in either is shown: the short list is the difference."""
    first, second = 1 + seed % MOST, 30 + 7 * seed
    place, counts = np.zeros(3, dtype=np.int64), np.array([first, 0, second])
    ground = Ground("either", place, counts, np.arange(3), 3)
    kinds = [np.array([0, 1]), np.array([1]), np.array([1, 2]), np.arange(3)]
    table = People.counted([ground], Zones.kinds_of(np.zeros(1, dtype=np.int64), 1, kinds)).of(0)
    _first, both, other, either = _shown(table)
    left = MOST if both != 0 else _less(either, other)
    return Leak(left, _among_leaks([table], first))


def difference_of_dates(seed: int, _: Path) -> Leak:
    """Two releases: in one area a few have come, or the second shows what the first left open."""
    random = np.random.default_rng(seed)
    few = 1 + seed % MOST
    counts = np.array([few, *random.integers(20, 90, 2).tolist()])
    if seed % 2:
        before, after = _by_area(counts, [[0], [1], [2]]), _by_area(counts, [[0, 1, 2]])
        found = compared.compare(before.published, after.published, MOST)
        return Leak(1, any(each.low == each.high == few for each in found.told))
    grown = counts + np.array([0, few, 0])
    both = [_by_area(each, [[0], [1], [2]]).published for each in (counts, grown)]
    found = compared.compare(both[0], both[1], MOST)
    return Leak(1, found.changed and (1, 1, few, few) in found.net)


def _by_area(counts: IntArray, sets: Sequence[Sequence[int]]) -> Case:
    """Return what a release shows of a list by sets of areas."""
    places = np.arange(len(counts))
    zones = Zones.by(places, len(counts)).grouped([np.array(each) for each in sets])
    return shown([People.counted([Ground("CYP", places, counts)], zones).of(0)], EXACT_TOTALS)[0]


def surface_peak(seed: int, _: Path) -> Leak:
    """A surface drawn so sharply that who lives alone stands out; seen by its own rule."""
    at, alone = town_and_farms(seed)
    sharp = replace(PUBLIC, surface_bandwidth_m=300.0, surface_neighbours=1)
    people = Exact(np.ones(len(at), dtype=np.int64))
    extent = Extent(0, 0, audits.SIDE_M, audits.SIDE_M)
    surface = heat_surface("CYP", at[:, 0], at[:, 1], people, extent, sharp)
    left = 1 if located(surface, at[alone]) else MOST
    try:
        disclosure.release(PUBLIC, {}, (surface,))
    except DisclosureError:
        return Leak(left, caught=True)
    return Leak(left, caught=False)


KINDS: tuple[Callable[[int, Path], Leak], ...] = (
    share_with_a_decimal,
    total_kept_exact,
    difference_of_geographies,
    difference_of_dates,
    filtered,
    category_beside_groups,
    class_of_a_map,
    surface_peak,
    empty_combination,
    average_of_few,
)


# --- releases without a leak ---

AREAS, CATEGORIES, GROUPS = 3, 2, 2


@dataclass(frozen=True)
class _County:
    """Clients of a made-up county at two dates, its segments, and two geographies."""

    before: IntArray
    after: IntArray
    area: IntArray
    hub: IntArray
    group: IntArray

    def tables(self, clients: IntArray) -> list[People]:
        """Return areas by groups with all margins, categories among them, and the hubs."""
        ground = Ground("CYP", np.arange(len(clients)), clients)
        groups = CATEGORIES * GROUPS
        grid = np.arange(AREAS * groups).reshape(AREAS, groups)
        rows = [*grid.reshape(AREAS, 1, groups), grid.ravel()[None]]
        sums = [part for row in rows for part in _columns(row.reshape(-1, groups))]
        cells = Zones.by(self.area * groups + self.group, AREAS * groups).grouped(sums)
        hubs = Zones.by(self.hub, AREAS).grouped([*np.arange(AREAS)[:, None], np.arange(AREAS)])
        return [People.counted([ground], each).of(0) for each in (cells, hubs)]


def _columns(row: IntArray) -> Iterator[IntArray]:
    """Yield the cells [areas, groups] of each column: the groups and total of each category."""
    for first in range(0, row.shape[1], GROUPS):
        for group in range(first, first + GROUPS):
            yield row[:, group]
        yield row[:, first : first + GROUPS].ravel()
    yield row.ravel()


def county(seed: int) -> _County:
    """Return a random county: some postcodes belong to the next hub, a few clients come and go."""
    random = np.random.default_rng([seed, 2])
    area = np.repeat(np.arange(AREAS), 60)
    hub = np.where(random.random(len(area)) < 0.04, (area + 1) % AREAS, area)
    group = random.integers(0, CATEGORIES * GROUPS, len(area))
    before = random.poisson(random.uniform(0.15, 1.2), len(area)).astype(np.int64)
    after = np.maximum(before + random.choice([-1, 0, 0, 0, 1], len(area)), 0)
    return _County(before, after, area, hub, group)


def alarms(seed: int, folder: Path) -> list[str]:
    """Return which attack on a county's two releases under ``public`` sees a leak: none should.

    Its tables as files, in the rules of ``public``; and the two releases beside each other. Raises
    DisclosureError where the policy lets no second release out.
    """
    made = county(seed)
    earlier: tuple[Published, ...] = ()
    found, cases = [], []
    for date, clients in (("before", made.before), ("after", made.after)):
        figures, release = _released(made.tables(clients), earlier)
        earlier = release.published
        cases.append(release.published[0])
        paths = [
            written(folder, f"{date} {n}", rows, workbook=seed % 2 == 1)
            for n, rows in enumerate(printed(figures))
        ]
        try:
            told = file_audit(paths, tabled.Rules(PUBLIC.threshold, PUBLIC.base, larger=True))
        except undone.NotAddingUpError:
            found.append(f"{date}: does not add up")
            continue
        if told.recovered:
            found.append(f"{date}: in files")
    if compared.compare(cases[0], cases[1], PUBLIC.threshold).told:
        found.append("beside each other")
    return found


def _released(
    tables: Sequence[People], earlier: tuple[Published, ...]
) -> tuple[list[Protected], disclosure.Release]:
    def make(guard: Policy) -> tuple[list[Protected], disclosure.Release]:
        figures = [protect(each, guard) for each in tables]
        named = {str(n): Table(str(n), {"n": each}) for n, each in enumerate(figures)}
        return figures, disclosure.release(guard, named)

    return disclosure.guarded(PUBLIC, make, earlier)


def printed(figures: Sequence[Protected]) -> Iterator[Rows]:
    """Yield the tables as they are written: areas by segments, and hubs."""
    cells, hubs = (Table("n", {"n": each}).cells("n") for each in figures)
    heading = ["Area", "A1", "A2", "Total A", "B1", "B2", "Total B", "Total"]
    width = len(heading) - 1
    names = [*(f"Area {n}" for n in range(AREAS)), "Total"]
    rows = [[name, *map(str, cells[n * width : (n + 1) * width])] for n, name in enumerate(names)]
    yield [heading, *rows]
    names = [*(f"Hub {n}" for n in range(AREAS)), "Total"]
    yield [["Hub", "Total"], *([name, str(n)] for name, n in zip(names, hubs, strict=True))]


def false_alarms(releases: int, folder: Path) -> tuple[int, int]:
    """Return how many of some releases are taken for leaks, and how many more were refused.

    A release is the two dates of a county. One that is refused is none.
    """
    false = refused = 0
    for seed in itertools.count():
        try:
            false += bool(alarms(seed, folder))
        except DisclosureError:
            refused += 1
        if seed + 1 - refused == releases:
            break
    return false, refused


def main(folder: Path, each: int = 10, releases: int = 1_000) -> None:
    """Print how many planted leaks of each kind are caught, and how many alarms are false."""
    caught = every = 0
    for kind in KINDS:
        found = [kind(seed, folder) for seed in range(each)]
        true = [leak for leak in found if leak.left < ENOUGH]
        caught, every = caught + sum(leak.caught for leak in true), every + len(true)
        name = kind.__name__.replace("_", " ")
        print(f"planted, {name}: {sum(leak.caught for leak in true)} of {len(true)} caught")
    print(f"planted leaks of {len(KINDS)} kinds: {caught} of {every} caught")
    false, refused = false_alarms(releases, folder)
    print(f"safe releases: {false} false alarms in {releases:,}; {refused} more were refused")
