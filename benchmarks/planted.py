"""Leaks planted in what an analyst, or a loosened policy, would publish; and releases without.

Ten kinds. Six stand in tables written as CSV and workbooks, which ``geodemand audit`` reads; three
are between releases that commands wrote (`planted_releases`); one is a surface drawn too sharply.
Of each, all counts up to the threshold are tried, or exact figures subtracted: what is left is what
an attacker has, without the engine of the audit.
"""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from click.testing import CliRunner

from benchmarks import audits, planted_releases
from benchmarks.audits import PUBLIC, located, town_and_farms
from geodemand.cli import main as main_command
from geodemand.core import compared, disclosure, tabled, undone
from geodemand.core.attack import ENOUGH
from geodemand.core.disclosure import Exact, IntArray, People, Policy, Protected, Table, protect
from geodemand.core.published import Published
from geodemand.core.surface import Extent, heat_surface
from geodemand.core.zones import Ground, Zones
from geodemand.errors import ContentError, DisclosureError
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


def _in_file(
    folder: Path, seed: int, rows: Rows, row: str, same: Callable[[int], bool], total: str = ""
) -> Leak:
    """Return what ``geodemand audit`` says of a row; ``same``: whether a count is shown alike."""
    path = written(folder, f"table {seed}", rows, workbook=seed % 2 == 1)
    asked = ["audit", str(path), "--threshold", str(MOST), "--base", "1", "--json"]
    asked += ["--total", total] if total else []
    found = CliRunner(catch_exceptions=False).invoke(main_command, asked)
    told = {each["row"] for each in json.loads(found.stdout)["recovered"]}
    left = sum(same(count) for count in range(1, MOST + 1))
    return Leak(left, found.exit_code == DisclosureError.exit_code and row in told)


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


def empty_combination(seed: int, folder: Path) -> Leak:
    """Nobody is on both lists, and who is on either is shown: the short list is the difference."""
    few, other = 1 + seed % MOST, 30 + 7 * seed
    rows = [["On the lists", "Children"], ["CYP only", "c"], ["ACS only", str(other)]]
    rows += [["both", "0"], ["either", str(few + other)]]
    return _in_file(
        folder, seed, rows, "CYP only", lambda n: n + other == few + other, total="either"
    )


def _between_releases(leak: bool, caught: bool) -> Leak:  # noqa: FBT001 - as they are found
    """Return a leak between releases: exact figures leave one value, or there is none."""
    return Leak(1 if leak else MOST, caught)


def difference_of_geographies(seed: int, folder: Path) -> Leak:
    """One postcode with few clients belongs to another team than its locality does."""
    few = 1 + seed % MOST
    return _between_releases(*planted_releases.geographies(folder / f"areas {seed}", seed, few))


def difference_of_dates(seed: int, folder: Path) -> Leak:
    """Two releases: few have come to an area, or the second shows what the first left open."""
    few = 1 + seed % MOST
    return _between_releases(*planted_releases.dates(folder / f"dates {seed}", seed, few))


def filtered(seed: int, folder: Path) -> Leak:
    """All children by area, and those under five: where the others are few, they are known."""
    few = 1 + seed % MOST
    return _between_releases(*planted_releases.filtered(folder / f"ages {seed}", seed, few))


def surface_peak(seed: int, folder: Path) -> Leak:
    """A surface drawn so sharply that who lives alone stands out; seen by its own rule.

    By turns the wall refuses a surface that a looser rule has drawn, by its bandwidth or by how few
    places it spreads over; and a command refuses the looser rule, in a policy of one's own.
    """
    at, alone = town_and_farms(seed)
    loose = {"surface_neighbours": 1, "surface_bandwidth_m": 300.0 if seed % 3 else 500.0}
    sharp = replace(PUBLIC, **loose)
    people = Exact(np.ones(len(at), dtype=np.int64))
    extent = Extent(0, 0, audits.SIDE_M, audits.SIDE_M)
    surface = heat_surface("CYP", at[:, 0], at[:, 1], people, extent, sharp)
    left = 1 if located(surface, at[alone]) else MOST
    if seed % 2:
        code, drawn = planted_releases.sharp_surface(folder / f"surface {seed}", seed)
        return Leak(left, caught=code == ContentError.exit_code and not drawn)
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

    A release is the two dates of a county. One that is refused is none: nothing was written that
    could be taken for a leak. Whether it would have been one is not known.
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
    share = (false + refused) / (releases + refused)
    print(
        f"safe releases: {false} false alarms in {releases:,}; {refused} more were refused, "
        f"{share:.1%} with these counted as alarms too"
    )
