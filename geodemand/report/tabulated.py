"""Tables as a page shows them: fewer columns than a workbook, intervals beside their figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from geodemand.core.disclosure import WITHHELD, Table, Value
from geodemand.report import words
from geodemand.report.kinds import NO_FIGURE, TEXT, bare, text
from geodemand.report.words import Column, TableWords

# A longer table is folded up on a page; its rows are one click away.
MOST_ROWS = 80
HEADS = "name"
MEANINGS = {WITHHELD: "withheld", NO_FIGURE: "no figure"}

Record = Mapping[str, Value]


@dataclass(frozen=True)
class Heading:
    """A column of a page's table."""

    title: str
    figures: bool = True


@dataclass(frozen=True)
class Cell:
    """A cell: its text, smaller ``detail`` beside it, and the ``meaning`` of a sign such as c."""

    text: str
    detail: str = ""
    meaning: str = ""
    figures: bool = False
    heads: bool = False


@dataclass(frozen=True)
class Group:
    """Rows that belong together, under a title or none."""

    title: str
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Sheet:
    """A table of a page. ``part``: the first value that it was split off by, or ""."""

    part: str
    caption: str
    headings: tuple[Heading, ...]
    groups: tuple[Group, ...]

    @property
    def size(self) -> int:
        """Return the number of rows."""
        return sum(len(group.rows) for group in self.groups)

    @property
    def folded(self) -> bool:
        """Return whether the table is too long to stand open."""
        return self.size > MOST_ROWS


def sheets(table: Table) -> list[Sheet]:
    """Return a table as one on a page or, where its words say so, one for each part."""
    about = words.of_table(table.name)
    records = list(table.records())
    split = [name for name in about.split if name in table.columns]
    chosen = [
        column
        for column in words.columns(table)
        if column.name in (about.shown or table.columns)
        and column.name not in {*split, about.group}
    ]
    parts: dict[tuple[Value, ...], list[Record]] = {}
    for row in records:
        parts.setdefault(tuple(row[name] for name in split), []).append(row)
    made = _turned if about.turn in table.columns else _sheet
    return [
        made(about, dict(zip(split, values, strict=True)), chosen, own)
        for values, own in parts.items()
    ]


def _sheet(
    about: TableWords, part: Record, columns: Sequence[Column], records: Sequence[Record]
) -> Sheet:
    fixed, shown = _sorted_out(columns, records)
    limits = {limit for column in shown for limit in column.interval}
    shown = [column for column in shown if column.name not in limits]
    texts = [column.name for column in shown if column.kind == TEXT]
    head = HEADS if HEADS in texts else next(iter(texts), shown[0].name)
    rows = [(row, tuple(_cells(shown, row, head))) for row in records]
    titles = dict.fromkeys(row.get(about.group) for row in records)
    return Sheet(
        part=_first(part),
        caption=_caption(about, part, fixed),
        headings=tuple(Heading(column.title, column.kind != TEXT) for column in shown),
        groups=tuple(
            Group(
                "" if title is None else str(title),
                tuple(cells for row, cells in rows if row.get(about.group) == title),
            )
            for title in titles
        ),
    )


def _first(part: Record) -> str:
    return str(next(iter(part.values()), ""))


def _caption(about: TableWords, part: Record, fixed: Mapping[str, str]) -> str:
    """Return a caption: the table, the part of it, and what holds for all its rows."""
    called = ", ".join(_called(about.name, name, value) for name, value in part.items())
    said = [f"{about.title}: {called}" if called else about.title]
    return ". ".join([*said, *(f"{title}: {value}" for title, value in fixed.items())])


def _called(table: str, name: str, value: Value) -> str:
    """Return what one value that a table is split by is called in its caption."""
    column = words.of_column(table, name)
    return column.values.get(str(value), f"{column.title.casefold()} {value}")


def _sorted_out(
    columns: Sequence[Column], records: Sequence[Record]
) -> tuple[dict[str, str], list[Column]]:
    """Return what the caption says once for all rows, and the columns that are left.

    Left out: words that no row has, and words that another column has already.
    """
    fixed: dict[str, str] = {}
    kept: list[Column] = []
    seen = {column.name: [row[column.name] for row in records] for column in columns}
    for column in columns:
        cells = seen[column.name]
        if column.kind != TEXT:
            kept.append(column)
        elif column.name != HEADS and cells == seen.get(HEADS):
            continue
        elif column.name != HEADS and len(records) > 1 and len({*cells}) == 1 and cells[0]:
            fixed[column.title] = str(cells[0])
        elif any(cell is not None for cell in cells):
            kept.append(column)
    return fixed, kept


def _cells(columns: Sequence[Column], row: Record, head: str) -> Iterator[Cell]:
    for column in columns:
        value = row[column.name]
        if column.kind == TEXT:
            said = NO_FIGURE if value is None else str(value)
            yield Cell("" if value is None else said, heads=column.name == head)
        else:
            yield replace(_figure(column, row), heads=column.name == head)


def _figure(column: Column, row: Record) -> Cell:
    """Return a figure with its interval, as far as the row has one."""
    value = row[column.name]
    shown = text(value, column.kind)
    limits = [row.get(limit) for limit in column.interval]
    known = [bare(limit, column.kind) for limit in limits if isinstance(limit, int | float)]
    detail = f"({' to '.join(known)})" if len(known) > 1 and shown not in MEANINGS else ""
    return Cell(shown, detail, MEANINGS.get(shown, ""), figures=True)


def _turned(
    about: TableWords, part: Record, columns: Sequence[Column], records: Sequence[Record]
) -> Sheet:
    """Return a table with its measures down and its records across; measures all zero left out."""
    fixed, shown = _sorted_out([column for column in columns if column.name != about.turn], records)
    rows = tuple(
        (Cell(column.title, column.about, heads=True), *_across(column, records))
        for column in shown
        if any(row[column.name] != 0 for row in records)
    )
    headings = (Heading("", figures=False), *(Heading(str(row[about.turn])) for row in records))
    return Sheet(_first(part), _caption(about, part, fixed), headings, (Group("", rows),))


def _across(column: Column, records: Sequence[Record]) -> Iterator[Cell]:
    for row in records:
        said = row[column.name]
        if column.kind == TEXT:
            yield Cell(str(said or ""), figures=True)
        else:
            yield _figure(column, row)
