"""What `geodemand hubs` prints on request, and when it fails a check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from geodemand.core.disclosure import Table
from geodemand.errors import Fault, NotCoterminousError

if TYPE_CHECKING:
    from rich.console import Console

    from geodemand.commands.tables import Heading
    from geodemand.core.disclosure import Release, Value

MOST_SHOWN = 30
EMPTY = Table("", {})
# Up to so many geographies stand side by side in 100 columns.
WIDEST = 8
MANY = 3
OF_EACH = 5
NOT_COUNTED = {
    *("a", "b", "width_m", "why", "slivers", "real", "hectares", "reason"),
    *("geography", "fault", "areas", "pieces", "unit_a", "unit_b", "change"),
    *("blocks", "block", "name", "from", "to", "within", "day", "name_a", "name_b"),
    *("households", "residents"),
}


def fail_on(release: Release, wanted: str | None, tolerance: float) -> None:
    """Raise NotCoterminousError where boundaries differ more than a check allows.

    ``wanted``: "relation" (a relation that was asked does not hold), "mismatch" (or there is a real
    mismatch or a sliver with clients), or None.
    """
    if wanted is None:
        return
    faults = []
    for row in overview(release):
        pair = (row["a"], row["b"])
        asked = "share boundaries" if row["relation"] == "same" else "nest"
        where = f"{pair[0]} and {pair[1]}"
        if row["holds"] == "no":
            faults.append(Fault(where, f"do not {asked} at a tolerance of {100 * tolerance:g} %."))
        found = [
            piece
            for piece in release.tables["mismatches"].records()
            if (piece["a"], piece["b"]) == pair and piece["kind"] != "sliver"
        ]
        if wanted == "mismatch" and found:
            faults.append(Fault(where, "differ: see their mismatches."))
    outside = [row for row in release.tables.get("sites", EMPTY).records() if row["inside"] == "no"]
    for name, areas in dict.fromkeys((row["sites"], row["geography"]) for row in outside):
        where = f"{name} and {areas}"
        faults.append(Fault(where, f"not all {name} lie in the area that they serve."))
    if faults:
        raise NotCoterminousError(*faults)


def show_overview(out: Console, release: Release) -> None:
    """Print, for three geographies or more, how much of each lies off its partners in the others.

    One line a geography, one column each: the share by the list, or postcodes, of which most is.
    """
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    cells: dict[tuple[str, str], str] = {}
    names: dict[str, None] = {}
    for row in overview(release):
        a, b = str(row["a"]), str(row["b"])
        names |= {a: None, b: None}
        cells[a, b] = tables.percent_as_given(row["share"])
        cells[b, a] = tables.percent_as_given(row["share_back"])
    if len(names) < MANY:
        return
    across = list(names)[:WIDEST]
    rows = [[a, *("" if a == b else cells.get((a, b), ".") for b in across)] for a in names]
    title = "Off the main partner, of each line in each column; the worst of lists and postcodes"
    tables.show(out, title, [Heading("", figures=False), *(Heading(b) for b in across)], rows)
    out.print(f"Whole under every system: {_counts_of_whole(release)} (--show units names them).")
    out.print()


def _counts_of_whole(release: Release) -> str:
    """Say of each geography how many areas are whole under every system."""
    whole = Counter[str]()
    areas = Counter[str]()
    for row in release.tables["whole_units"].records():
        areas[str(row["geography"])] += 1
        whole[str(row["geography"])] += row["whole"] == "yes"
    return ", ".join(f"{whole[name]} of {count} {name}" for name, count in areas.items())


def show_units(out: Console, release: Release) -> None:
    """Print each area's partner by postcodes or the lists, and which areas are whole everywhere."""
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading
    from geodemand.core.agreement import decides

    records = list(release.tables["units"].records())
    weights = list(dict.fromkeys(str(row["weight"]) for row in records))
    shown = [row for row in records if decides(str(row["weight"]), weights)]
    for a, b in _directions(release):
        own = [row for row in shown if (row["a"], row["b"]) == (a, b)]
        divided = [row for row in own if row["rest"]]
        headings = [Heading(word, figures=False) for word in (a, "by", f"partner in {b}")]
        headings += [Heading(word) for word in ("in all", "there", "the rest")]
        headings.append(Heading("which is in", figures=False))
        title = f"{a} in {b}: areas that are not whole, and where the rest is"
        if divided:
            tables.show(out, title, headings, [_unit(row) for row in divided[:MOST_SHOWN]])
        more(out, len(divided))
    _show_whole(out, list(release.tables["whole_units"].records()))


def _directions(release: Release) -> list[tuple[str, str]]:
    """Return the pairs as asked, and the other way round where the same boundaries are."""
    found = []
    for row in overview(release):
        pair = (str(row["a"]), str(row["b"]))
        found += [pair, pair[::-1]] if row["relation"] == "same" else [pair]
    return found


def _unit(row: Mapping[str, Value]) -> list[str]:
    from geodemand.commands import tables

    words = [str(row[field] or "–") for field in ("name", "weight", "partner")]
    share = tables.percent_as_given(row["share"])
    rest = tables.number(row["rest"])
    return [*words, tables.number(row["total"]), share, rest, str(row["elsewhere"] or "–")]


def _show_whole(out: Console, records: Sequence[Mapping[str, Value]]) -> None:
    """Print how many areas of each geography are whole under every system, and which are not."""
    for name in dict.fromkeys(str(row["geography"]) for row in records):
        own = [row for row in records if row["geography"] == name]
        divided = [f"{row['name']} ({row['divided_by']})" for row in own if row["whole"] == "no"]
        out.print(
            f"{name}: {len(own) - len(divided)} of {len(own)} are whole under every system that "
            "they were compared with."
            + (f" Divided: {', '.join(divided[:MOST_SHOWN])}." if divided else "")
        )
        more(out, len(divided))
    out.print()


def more(out: Console, count: int) -> None:
    """Say how many rows of so many were not printed, if any."""
    if count > MOST_SHOWN:
        out.print(f"{count - MOST_SHOWN} more: --format csv lists them all.")


def show_measures(out: Console, release: Release) -> None:
    """Print single numbers for each pair, weights side by side, and once what each number says."""
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    records = list(release.tables["measures"].records())
    for a, b in dict.fromkeys((str(row["a"]), str(row["b"])) for row in records):
        own = [row for row in records if (row["a"], row["b"]) == (a, b)]
        counted = [row for row in own if row["metres"] is None]
        headings, lines = _crossed(counted, "weight")
        tables.show(out, f"How alike: A is {a}, B is {b}", headings, lines)
        headings, lines = _crossed([row for row in own if row["metres"] is not None], "metres")
        if lines:
            headings = [headings[0], *(Heading(f"{each.words} m") for each in headings[1:])]
            tables.show(out, "Share of the inner border that runs within", headings, lines)
    for name, words in {str(row["measure"]): str(row["meaning"]) for row in records}.items():
        out.print(f"{name}: {words}.")
    out.print()


def _crossed(
    records: Sequence[Mapping[str, Value]], across: str
) -> tuple[list[Heading], list[list[str]]]:
    """Return headings and lines of a table: measures down, another column's values across."""
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    columns = list(dict.fromkeys(str(row[across]) for row in records))
    cells = {
        (str(row["measure"]), str(row[across])): tables.number(row["value"], 3) for row in records
    }
    names = dict.fromkeys(str(row["measure"]) for row in records)
    lines = [[name, *(cells.get((name, column), "") for column in columns)] for name in names]
    return [Heading("", figures=False), *(Heading(column) for column in columns)], lines


def show_widths(out: Console, release: Release) -> None:
    """Print how many pieces are slivers at several widths, and the width that the data suggest."""
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    records = list(release.tables["widths"].records())
    counted = [name for name in (records[0] if records else {}) if name not in NOT_COUNTED]
    for a, b in dict.fromkeys((str(row["a"]), str(row["b"])) for row in records):
        own = [row for row in records if (row["a"], row["b"]) == (a, b)]
        headings = [Heading("width m"), Heading("", figures=False), Heading("slivers")]
        headings += [Heading("real"), Heading("ha in real")]
        headings += [Heading(name) for name in counted]
        lines = [
            [
                tables.number(row["width_m"]),
                str(row["why"]),
                *(tables.number(row[name]) for name in ("slivers", "real", "hectares", *counted)),
            ]
            for row in own
        ]
        tables.show(out, f"{a} and {b}: what would be a sliver, and what real", headings, lines)
        for row in own:
            if row["reason"]:
                out.print(f"Suggested: --width {tables.number(row['width_m'])}, as {row['reason']}")
        out.print()


def show_within(out: Console, release: Release) -> None:
    """Print what is odd within each geography, the largest of each kind first."""
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    records = list(release.tables["within"].records())
    counted = [name for name in (records[0] if records else {}) if name not in NOT_COUNTED]
    shown = _largest_of_each(records)
    for name in dict.fromkeys(str(row["geography"]) for row in shown):
        rows = [
            [
                _oddity(row),
                str(row["areas"]),
                tables.number(row["hectares"], 1),
                *(tables.number(row[column]) for column in ("width_m", *counted)),
            ]
            for row in shown
            if row["geography"] == name
        ]
        headings = [Heading("", figures=False), Heading("areas", figures=False)]
        headings += [Heading(word) for word in ("ha", "width m", *counted)]
        tables.show(out, f"Within {name}: what is odd, and who lives there", headings, rows)
    clean = dict.fromkeys(str(row[field]) for row in overview(release) for field in ("a", "b"))
    odd = {row["geography"] for row in records}
    if whole := [name for name in clean if name not in odd]:
        out.print(f"Each area once and in one piece, without holes or gaps: {', '.join(whole)}.")
    if len(shown) < len(records):
        out.print(f"{len(records) - len(shown)} more: --format csv lists them all.")
    out.print()


def overview(release: Release) -> list[dict[str, Value]]:
    """Return the rows of all pairs at a glance."""
    return list(release.tables["overview"].records())


def _oddity(row: Mapping[str, Value]) -> str:
    count = row["pieces"]
    return {"pieces": f"{count} pieces", "hair bridge": f"{count} parts by a hair"}.get(
        str(row["fault"]), str(row["fault"])
    )


def _largest_of_each(records: Sequence[Mapping[str, Value]]) -> list[Mapping[str, Value]]:
    """Return the first few rows of each geography and fault."""
    seen: Counter[tuple[Value, Value]] = Counter()
    kept = []
    for row in records:
        seen[row["geography"], row["fault"]] += 1
        if seen[row["geography"], row["fault"]] <= OF_EACH:
            kept.append(row)
    return kept


SHOWN: dict[str, Callable[[Console, Release], None]] = {
    "measures": show_measures,
    "units": show_units,
    "widths": show_widths,
    "within": show_within,
}
