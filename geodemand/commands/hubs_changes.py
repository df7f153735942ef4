"""What `geodemand hubs` prints of sites, of what would move, and of what would mend it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from geodemand.commands.hubs_deeper import EMPTY, MOST_SHOWN, NOT_COUNTED, more, overview

if TYPE_CHECKING:
    from rich.console import Console

    from geodemand.core.disclosure import Release, Value


def show_sites(out: Console, release: Release, *, short: bool = False) -> None:
    """Print how far sites are from whom they serve, and who is nearer to another area's.

    ``short``: each site by postcodes only, and all of them together by every list.
    """
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading
    from geodemand.core.agreement import decides
    from geodemand.core.hinterland import ALL

    records = list(release.tables.get("hinterlands", EMPTY).records())
    weights = list(dict.fromkeys(str(row["weight"]) for row in records))
    shown = [
        row
        for row in records
        if decides(str(row["weight"]), weights)
        and row["total"] != 0
        and (not short or row["weight"] == weights[0] or row["site"] == ALL)
    ]
    for name, areas in dict.fromkeys((row["sites"], row["geography"]) for row in shown):
        own = [row for row in shown if (row["sites"], row["geography"]) == (name, areas)]
        near = tables.number(_km(own[0]["within_m"]))
        headings = [Heading(str(name), figures=False), Heading("by", figures=False)]
        headings += [Heading(word) for word in ("in all", "mean km", "90 % in")]
        headings += [Heading(f"in {near} km"), Heading("nearer another"), Heading("share")]
        title = f"{name} and whom they serve in {areas}; straight lines, kilometres"
        tables.show(out, title, headings, [_hinterland(row) for row in own])
    _show_outside(out, release)
    _show_reach(out, release, short=short)


def _hinterland(row: Mapping[str, Value]) -> list[str]:
    from geodemand.commands import tables

    return [
        *(str(row[field]) for field in ("name", "weight")),
        tables.number(row["total"]),
        *(tables.number(_km(row[field]), 1) for field in ("mean_m", "far_m")),
        tables.percent(row["within_share"]),
        tables.number(row["nearer"]),
        tables.percent(row["nearer_share"]),
    ]


def _show_reach(out: Console, release: Release, *, short: bool) -> None:
    """Print whom sites see, where a list says which site its clients use."""
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading
    from geodemand.core.hinterland import ALL

    records = [
        row
        for row in release.tables.get("reach", EMPTY).records()
        if not short or row["site"] == ALL
    ]
    words = ("clients", "live in its area", "share", "live there", "it sees")
    for name, areas in dict.fromkeys((row["sites"], row["geography"]) for row in records):
        headings = [Heading(str(name), figures=False), Heading("list", figures=False)]
        headings += [Heading(word) for word in words]
        lines = [
            [
                *(str(row[field]) for field in ("name", "list")),
                *(tables.number(row[field]) for field in ("users", "users_living")),
                tables.percent(row["local_share"]),
                tables.number(row["living"]),
                tables.percent(row["seen_share"]),
            ]
            for row in records
            if (row["sites"], row["geography"]) == (name, areas)
        ]
        tables.show(out, f"Whom {name} see, and who of {areas} they see", headings, lines)


def _show_outside(out: Console, release: Release) -> None:
    """Name the sites that lie outside their areas."""
    from geodemand.commands import tables

    outside = [r for r in release.tables.get("sites", EMPTY).records() if r["inside"] == "no"]
    for row in outside[:MOST_SHOWN]:
        where = f"in {row['lies_in']}" if row["lies_in"] else "in no area"
        far = f", {tables.number(row['outside_m'])} m from" if row["area"] else ", and serves none"
        out.print(f"{row['name']} lies {where}{far} {row['area'] or ''}".rstrip() + ".")
    more(out, len(outside))
    if outside:
        out.print()


def _km(metres: Value) -> Value:
    return metres / 1000 if isinstance(metres, int | float) else metres


def show_swaps(out: Console, release: Release) -> None:
    """Print the blocks to swap for each pair, those with most clients first."""
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    records = list(release.tables.get("swaps", EMPTY).records())
    counted = [name for name in (records[0] if records else {}) if name not in NOT_COUNTED]
    for a, b in dict.fromkeys((str(row["a"]), str(row["b"])) for row in records):
        own = [row for row in records if (row["a"], row["b"]) == (a, b)]
        headings = [Heading(str(own[0]["blocks"]), figures=False)]
        headings += [Heading(f"{word} {a}", figures=False) for word in ("from", "to")]
        headings += [Heading(name) for name in counted]
        lines = [
            [
                *(str(row[field]) for field in ("name", "from", "to")),
                *(tables.number(row[name]) for name in counted),
            ]
            for row in own[:MOST_SHOWN]
        ]
        tables.show(out, f"To swap, for {a} and {b}", headings, lines)
        more(out, len(own))


def show_changes(out: Console, release: Release) -> None:
    """Print what changes on which day: from which area to which, and for how many."""
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    records = list(release.tables["changes"].records())
    counted = [name for name in (records[0] if records else {}) if name not in NOT_COUNTED]
    for name, day in dict.fromkeys((row["geography"], row["day"]) for row in records):
        own = [row for row in records if (row["geography"], row["day"]) == (name, day)]
        own.sort(key=lambda row: -_amount(row[counted[0]]))
        headings = [Heading(word, figures=False) for word in ("before", "from then on", "")]
        headings += [Heading(word) for word in counted]
        lines = [
            [
                *(str(row[field]) for field in ("name_a", "name_b", "change")),
                *(tables.number(row[word]) for word in counted),
            ]
            for row in own[:MOST_SHOWN]
        ]
        tables.show(out, f"What changes in {name} on {day}", headings, lines)
        more(out, len(own))
    if not records:
        out.print("Nothing changes on any day.")
    out.print()


def show_moves(out: Console, release: Release) -> None:
    """Print who changes team if B replaces A, what is held out, and what each team has then."""
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    moving = [row for row in release.tables["moves"].records() if row["change"] != "stays"]
    counted = [name for name in (moving[0] if moving else {}) if name not in NOT_COUNTED]
    for row in overview(release):
        if row["relation"] != "same":
            continue
        a, b = row["a"], row["b"]
        own = [move for move in moving if (move["a"], move["b"]) == (a, b)]
        own.sort(key=lambda move: (str(move["change"]) != "moves", -_amount(move[counted[0]])))
        headings = [Heading(f"from {a}", figures=False), Heading(f"to {b}", figures=False)]
        headings += [Heading("", figures=False), *(Heading(name) for name in counted)]
        lines = [
            [
                *(str(move[field]) for field in ("unit_a", "unit_b")),
                str(move["change"]).replace("held out: ", "? ").partition(" between")[0],
                *(tables.number(move[name]) for name in counted),
            ]
            for move in own[:MOST_SHOWN]
        ]
        if lines:
            title = f"With {b} in place of {a}: what moves, and ? what is held out"
            tables.show(out, title, headings, lines)
        else:
            out.print(f"If {b} replace {a}, nothing moves.")
        more(out, len(own))
        _show_totals(out, release, str(a), str(b))
    if "moved_postcodes" in release.tables:
        out.print("Lists of postcodes for case systems: --format csv, table moved_postcodes.")
        out.print()


def _amount(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _show_totals(out: Console, release: Release, a: str, b: str) -> None:
    """Print for each team, by postcodes and lists, what it has before and after."""
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading
    from geodemand.core.agreement import decides

    records = [r for r in release.tables["totals"].records() if (r["a"], r["b"]) == (a, b)]
    weights = list(dict.fromkeys(str(row["weight"]) for row in records))
    weights = [weight for weight in weights if decides(weight, weights)]
    teams: dict[tuple[Value, Value], list[str]] = {}
    for row in records:
        if row["weight"] in weights:
            team = (row["unit_a"], row["unit_b"])
            line = teams.setdefault(team, [str(name or "–") for name in team])
            line.append(f"{tables.number(row['before'])} > {tables.number(row['after'])}")
    headings = [Heading(a, figures=False), Heading(f"goes on as, of {b}", figures=False)]
    headings += [Heading(weight) for weight in weights]
    tables.show(out, "What each has, before > after", headings, [*teams.values()][:MOST_SHOWN])
    more(out, len(teams))


SHOWN: dict[str, Callable[[Console, Release], None]] = {
    "changes": show_changes,
    "moves": show_moves,
    "sites": show_sites,
}
