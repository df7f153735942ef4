"""Released tables as text: figures right-aligned, "c" where withheld, 100 columns wide."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from geodemand.core.disclosure import Release, Value
from geodemand.core.reasons import WORDS
from geodemand.report import kinds
from geodemand.report.kinds import NO_FIGURE

WIDTH = 100
# Spaces between columns where there is room; a longer word is broken where there is none.
GAP, LONGEST_WORD = 2, 28


@dataclass(frozen=True)
class Heading:
    """A column of a printed table: its heading, and whether it holds figures."""

    words: str
    figures: bool = True


def console() -> Console:
    """Return the console for results: colour only on a terminal, 100 columns elsewhere."""
    width = shutil.get_terminal_size((WIDTH, 24)).columns if sys.stdout.isatty() else WIDTH
    return Console(
        width=max(width, 60),
        highlight=False,
        markup=False,
        emoji=False,
        no_color=bool(os.environ.get("NO_COLOR")) or None,
    )


def say(out: Console, sentences: Iterable[str]) -> None:
    """Print sentences, each marked where it begins."""
    grid = RichTable.grid(padding=(0, 1))
    for sentence in sentences:
        grid.add_row("•", Text(sentence))
    out.print(grid)


def show(
    out: Console, title: str, headings: Sequence[Heading], rows: Sequence[Sequence[str]]
) -> None:
    """Print one table with its title above it."""
    out.print(Text(title, style="bold"))
    columns = [
        _Column(heading, [row[place] for row in rows]) for place, heading in enumerate(headings)
    ]
    close = sum(each.least for each in columns) + GAP * (len(columns) - 1) > out.width
    table = RichTable(box=None, pad_edge=False, collapse_padding=close)
    gaps = (1 if close else GAP) * (len(columns) - 1)
    widths = _widths(columns, out.width - gaps)
    for heading, width in zip(headings, widths, strict=True):
        table.add_column(
            Text(heading.words),
            justify="right" if heading.figures else "left",
            header_style="bold",
            overflow="fold",
            width=width,
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    out.print(table)
    out.print()


class _Column:
    """How wide a column would be: all in one line, or at least, no word or figure broken."""

    def __init__(self, heading: Heading, cells: Sequence[str]) -> None:
        longest = max(map(cell_len, cells), default=0)
        words = [word for text in (heading.words, *cells) for word in text.split()]
        self.natural = max(longest, cell_len(heading.words), 1)
        if heading.figures:
            words = [*heading.words.split(), *cells]
        self.least = min(max(map(cell_len, words), default=1), LONGEST_WORD)
        self.word = max(map(cell_len, " ".join(words).split()), default=1)


def _widths(columns: Sequence[_Column], room: int) -> list[int]:
    """Return widths that fit the room: the widest columns give way first, down to their least.

    Where that is not enough, figures of several words ("12 > 15") are broken between these.
    """
    widths = [each.natural for each in columns]
    for least in ([each.least for each in columns], [each.word for each in columns]):
        while sum(widths) > room:
            able = [i for i, width in enumerate(widths) if width > least[i]]
            if not able:
                break
            widths[max(able, key=widths.__getitem__)] -= 1
    return widths


def number(value: Value, decimals: int = 0) -> str:
    """Return a figure with thousands separated; "c" stays, and no figure is a dash.

    >>> number(24495.0), number(3.14159, 2), number("c"), number(None)
    ('24,495', '3.14', 'c', '–')
    """
    if isinstance(value, int | float):
        return f"{value:,.{decimals}f}"
    return NO_FIGURE if value is None else str(value)


def percent(value: Value, decimals: int = 0) -> str:
    """Return a share (0-1) in per cent.

    >>> percent(0.38), percent("c"), percent(0.0943, 1), percent(0.004), percent(0)
    ('38 %', 'c', '9.4 %', '<1 %', '0 %')
    """
    if not isinstance(value, int | float):
        return kinds.text(value, "share")
    least = 10.0**-decimals
    few = value > 0 and round(100 * value, decimals) == 0
    return f"<{least:.{decimals}f} %" if few else f"{100 * value:.{decimals}f} %"


def percent_as_given(value: Value) -> str:
    """Return a share in per cent, with a decimal only where it has one.

    >>> percent_as_given(0.02), percent_as_given(0.023), percent_as_given("c")
    ('2 %', '2.3 %', 'c')
    """
    return kinds.text(value, "share")


def chance(value: Value) -> str:
    """Return a p- or q-value; below a thousandth only that.

    >>> chance(0.0004), chance(0.0312)
    ('<0.001', '0.031')
    """
    return kinds.text(value, "chance")


def with_interval(value: Value, low: Value, high: Value) -> str:
    """Return a figure with its interval in brackets.

    >>> with_interval(526, 386, 667), with_interval("c", "c", "c")
    ('526 (386–667)', 'c')
    """
    if isinstance(value, str) or value is None:
        return number(value)
    return f"{number(value)} ({number(low)}–{number(high)})"


def policy_line(release: Release) -> str:
    """Return under which rules the figures are shown."""
    policy = release.policy
    reason = f" Reason: {policy.reason}." if policy.reason else ""
    hidden = ' "c": withheld.' if policy.threshold else ""
    stamp = f"{policy.marking}. " if policy.marking else ""
    return f"{stamp}Policy {policy.name}: {policy.explanation}{hidden}{reason}"


def ledger(out: Console, release: Release, *, at_length: bool = False) -> None:
    """Print the ledger: reasons down, lists across; reasons that never occur are left out.

    ``at_length``: rows that are not on a list as a table, not in a line.
    """
    records = list(release.tables["ledger"].records())
    if not records:
        return
    reasons = [name for name in records[0] if name not in {"list", "rows", "repairable"}]
    rows = [["rows read", *(number(record["rows"]) for record in records)]]
    rows += [
        [WORDS.get(reason, reason), *(number(record[reason]) for record in records)]
        for reason in reasons
        if any(record[reason] != 0 for record in records)
    ]
    headings = [Heading("", figures=False), *(Heading(str(r["list"])) for r in records)]
    show(out, "What became of every row", headings, rows)
    repairable = [f"{r['list']} {number(r['repairable'])}" for r in records if r["repairable"] != 0]
    if repairable:
        out.print(f"One slip off a single postcode, placed with --repair: {', '.join(repairable)}.")
        out.print()
    _left_out(out, release, at_length=at_length)


def _left_out(out: Console, release: Release, *, at_length: bool) -> None:
    """Print which rows of the files are not on the lists, and why."""
    rows = [
        (str(record["list"]), str(record["why"]), number(record["rows"]))
        for record in release.tables["left_out"].records()
    ]
    if rows and at_length:
        headings = [Heading("list", figures=False), Heading("why", figures=False), Heading("rows")]
        show(out, "In the files and not on the lists, so not in the ledger", headings, rows)
    elif rows:
        said = "; ".join(f"{name} {count} ({why})" for name, why, count in rows)
        out.print(f"In the files and not on the lists: {said}.")
        out.print()
