"""The deeper tables of geodemand profile as they are printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from geodemand.core.words import segment_label
from geodemand.report.kinds import NO_FIGURE, text

if TYPE_CHECKING:
    from rich.console import Console

    from geodemand.core.disclosure import Release, Value

    Row = Mapping[str, Value]

PER_CENT = 100.0
# For how many units of the base rates are told: the rarest list has a figure before the point.
LEAST_PER, MOST_PER = 100, 1_000_000
LARGE_RATE = 100
MOST_RANKED = 6
# Quadrants whose segments are named; of the others it is said how many they are.
NAMED = ("core", "developmental", "niche")
MOST_AREAS = 25


def show(out: Console, release: Release) -> None:
    """Print the deeper tables that a release has."""
    printed = {
        "by_place": _places,
        "whole": _whole,
        "points": _points,
        "quadrants": _quadrants,
        "combinations": _combinations,
        "postcodes_met": _postcodes,
        "derived": _derived,
        "derived_scores": _scores,
        "given": _given,
        "differences": _differences,
    }
    for name, print_table in printed.items():
        if name in release.tables and len(release.tables[name]):
            print_table(out, list(release.tables[name].records()))


def _table(
    out: Console, title: str, headings: Mapping[str, bool], rows: Sequence[Sequence[str]]
) -> None:
    """Print rows under headings, of which True are figures."""
    from geodemand.commands import tables

    tables.show(out, title, [tables.Heading(*each) for each in headings.items()], rows)


def _blank_repeats(rows: list[list[str]]) -> list[list[str]]:
    """Return the rows, the first cell only where it changes."""
    firsts = ["", *(row[0] for row in rows)]
    return [
        ["" if row[0] == before else row[0], *row[1:]]
        for row, before in zip(rows, firsts, strict=False)
    ]


def _by_list(records: Sequence[Row]) -> list[Row]:
    """Return the rows list by list, the lists in their order."""
    lists = list(dict.fromkeys(row["list"] for row in records))
    return sorted(records, key=lambda row: lists.index(row["list"]))


def _with_limits(row: Row) -> str:
    from geodemand.commands import tables

    return tables.with_interval(row["index"], row["index_low"], row["index_high"])


def _places(out: Console, records: list[Row]) -> None:
    from geodemand.commands import tables
    from geodemand.core.quotes import unlike
    from geodemand.core.sentences import the_base

    everybody = [row for row in records if not row["set"]]
    for geography, base in dict.fromkeys((row["geography"], row["base"]) for row in everybody):
        own = [row for row in everybody if (row["geography"], row["base"]) == (geography, base)]
        per = _per(own)
        outside = [row for row in own if unlike(row)]
        many = len({row["area"] for row in own}) > MOST_AREAS
        rows = [
            [
                str(row["list"]),
                str(row["name"]),
                tables.number(row["clients"]),
                _rate(row, per),
                _with_limits(row),
                str(row["funnel"] or NO_FIGURE),
                str(row["flag"] or ""),
            ]
            for row in (outside if many else own)
        ]
        rate = f"per {per:,} {base} (95 %)"
        headings = {"List": False, "Area": False, "clients": True, rate: True}
        headings |= {"index (95 %)": True, "in the funnel": False, "note": False}
        which = "areas with q of at most 5 %" if many else "each area"
        title = f"By {geography}, for {the_base(own[0])} there: {which} against the county"
        _table(out, title, headings, _blank_repeats(rows))


def _per(rows: Sequence[Row]) -> int:
    """Return for how many units of the base the rates of these areas are told."""
    sums: dict[Value, list[float]] = {}
    for row in rows:
        if isinstance(row["total"], int | float) and isinstance(row["base_count"], int | float):
            sums.setdefault(row["list"], [row["total"], 0.0])[1] += row["base_count"]
    rates = [clients / base for clients, base in sums.values() if clients and base]
    per = LEAST_PER
    while rates and per < MOST_PER and min(rates) * per < 1:
        per *= 10
    return per


def _rate(row: Row, per: int) -> str:
    from geodemand.commands import tables

    values = [row[name] for name in ("rate", "rate_low", "rate_high")]
    rates = [value * per for value in values if isinstance(value, int | float)]
    if len(rates) < len(values):
        return tables.number(values[0])
    decimals = 0 if rates[0] >= LARGE_RATE else 1
    rate, low, high = (tables.number(each, decimals) for each in rates)
    return f"{rate} ({low}–{high})"


def _whole(out: Console, records: list[Row]) -> None:
    from geodemand.commands import tables

    rows = [
        [
            str(row["list"]),
            str(row["level"]),
            str(row["base"]),
            tables.number(row["chi_square"]),
            tables.number(row["df"]),
            tables.chance(row["p"]),
            *(
                tables.number(row[name], 2)
                for name in ("cramers_v", "gini", "gini_by_chance", "hoover")
            ),
        ]
        for row in _by_list(records)
    ]
    headings = {"List": False, "by": False, "base": False, "chi-square": True, "df": True}
    headings |= dict.fromkeys(("p", "Cramér's V", "Gini", "by chance", "Hoover"), True)
    _table(out, "The whole profile against the base", headings, _blank_repeats(rows))


def _points(out: Console, records: list[Row]) -> None:
    from geodemand.commands import tables
    from geodemand.core.words import percent_as_given

    held: dict[tuple[str, str, str], list[str]] = {}
    for row in _by_list(records):
        key = (str(row["list"]), str(row["unit"]), str(row["base"]))
        held.setdefault(key, []).append(tables.percent(row["client_share"]))
    at = dict.fromkeys(percent_as_given(row["at_share"]) for row in records)
    rows = [[*key, *cells] for key, cells in held.items()]
    headings = {"List": False, "by": False, "base": False, **dict.fromkeys(at, True)}
    title = "What the first per cents of the base hold, the highest rates first"
    _table(out, title, headings, _blank_repeats(rows))


def _quadrants(out: Console, records: list[Row]) -> None:
    held: dict[tuple[str, ...], list[str]] = {}
    for row in records:
        key = tuple(str(row[name]) for name in ("list", "level", "base", "quadrant"))
        held.setdefault(key, []).append(called(row))
    rows = []
    for name, level, base in dict.fromkeys(key[:3] for key in held):
        own = {key[3]: found for key, found in held.items() if key[:3] == (name, level, base)}
        rows += [[name, level, base, each, ", ".join(own[each])] for each in NAMED if each in own]
        others = [f"{each} {len(found)}" for each, found in own.items() if each not in NAMED]
        if others:
            rows.append([name, level, base, "no quadrant", f"how many: {', '.join(others)}"])
    headings = dict.fromkeys(("List", "by", "base", "quadrant", "segments"), False)
    lists = list(dict.fromkeys(row[0] for row in rows))
    rows.sort(key=lambda row: lists.index(row[0]))
    _table(out, "Segments by share and index", headings, _blank_repeats(rows))


def called(row: Row) -> str:
    """Return what a segment, or a set, is called."""
    name = str(row["name"])
    return name if row.get("level") == "set" else segment_label(str(row["segment"]), name)


def _combinations(out: Console, records: list[Row]) -> None:
    from geodemand.commands import tables

    rows = [
        [
            str(row["set"]),
            str(row["lists"]),
            tables.number(row["observed"]),
            tables.number(row["expected"]),
            tables.number(row["expected_stratified"]),
            tables.number(row["ratio_stratified"], 1),
            tables.chance(row["p_stratified"]),
        ]
        for row in records
        if row["rule"] == "all"
    ]
    headings = {"Set": False, "has clients of all of": False, "postcodes": True}
    headings |= dict.fromkeys(("if independent", "among alike", "ratio", "p"), True)
    title = "Where lists meet; ratio and p against what alike postcodes would give"
    _table(out, title, headings, _blank_repeats(rows))


def _postcodes(out: Console, records: list[Row]) -> None:
    out.print(f"{len(records):,} postcodes are listed in the files and the JSON, not here.")
    out.print()


def _derived(out: Console, records: list[Row]) -> None:
    from geodemand.commands import tables

    rows = []
    for row in records:
        rank = row["rank"]
        first = isinstance(rank, int | float) and rank <= MOST_RANKED and row["clients"] != 0
        if row["chosen"] == "yes" or first:
            rows.append(
                [
                    str(row["level"]),
                    called(row),
                    tables.number(row["clients"]),
                    text(row["expected"], "number"),
                    tables.number(row["index"]),
                    tables.number(row["lower_5"]),
                    tables.chance(row["q"]),
                    str(row["why"]),
                ]
            )
    headings = {"Level": False, "Segment": False, "clients": True, "expected": True}
    headings |= {"index": True, "lower 5 %": True, "q": True, "why": False}
    title = (
        f"Over-represented on the list {records[0]['list']}: what was chosen, and by level the "
        f"{MOST_RANKED} with the highest lower 5 % limit of the index"
    )
    _table(out, title, headings, _blank_repeats(rows))


def _scores(out: Console, records: list[Row]) -> None:
    from geodemand.commands import tables

    rows = [
        [
            str(row["set"]),
            str(row["list"]),
            tables.number(row["clients"]),
            tables.percent(row["share"]),
            tables.percent(row["base_share"], 1),
            _with_limits(row),
        ]
        for row in sorted(records, key=lambda row: str(row["set"]).startswith("("))
    ]
    headings = {"Set": False, "List": False, "clients": True, "share": True}
    headings |= {f"of {records[0]['base']}": True, "index (95 %)": True}
    _table(out, "The derived set on the other lists", headings, _blank_repeats(rows))


def _given(out: Console, records: list[Row]) -> None:
    from geodemand.commands import tables

    for name in dict.fromkeys(row["set"] for row in records):
        rows = [
            [
                str(row["list"]),
                str(row["segment"]),
                tables.number(row["clients"]),
                text(row["expected"], "number"),
                _with_limits(row),
                tables.chance(row["q"] if row["q"] is not None else row["p"]),
                str(row["verdict"]),
            ]
            for row in records
            if row["set"] == name
        ]
        headings = {"List": False, "Segment": False, "clients": True, "expected": True}
        headings |= {"index (95 %)": True, "q": True, "verdict": False}
        _table(out, f"{name} as given: what the test makes of it", headings, _blank_repeats(rows))


def _differences(out: Console, records: list[Row]) -> None:
    from geodemand.commands import tables

    a, b = str(records[0]["a"]), str(records[0]["b"])
    rows = [
        [
            str(row["level"]),
            str(row["name"]),
            tables.percent(row["share_a"]),
            tables.percent(row["share_b"]),
            _points_apart(row),
            tables.chance(row["q"]),
            str(row["flag"] or ""),
        ]
        for row in records
    ]
    headings = {"Level": False, "Segment": False, a: True, b: True}
    headings |= {"points apart (95 %)": True, "q": True, "note": False}
    _table(out, f"Shares of {a} and of {b}", headings, _blank_repeats(rows))


def _points_apart(row: Row) -> str:
    from geodemand.commands import tables
    from geodemand.core.quotes import signed

    values = [row[name] for name in ("difference", "low", "high")]
    shown = [signed(PER_CENT * v) for v in values if isinstance(v, int | float)]
    if len(shown) < len(values):
        return tables.number(values[0])
    return f"{shown[0]} ({shown[1]} to {shown[2]})"
