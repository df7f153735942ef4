"""Tables that somebody published, as texts row by row: CSV and workbooks, made by anybody."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from geodemand.core.ratios import Ratio, as_written, meant
from geodemand.core.tabled import Cell, Rules, Tabled, cell, with_totals
from geodemand.errors import ContentError, Fault, UsageError
from geodemand.io import own_tables, text
from geodemand.io.formats import limits
from geodemand.io.tables import WORKBOOK_SUFFIXES, regular_file
from geodemand.suggest import did_you_mean

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
MOST_BYTES = 20_000_000
MOST_CELLS = 50_000
Rows = list[list[str]]


@dataclass(frozen=True)
class Asked:
    """How to read tables: ``labels``, ``figures``: columns by name, where they are to be stated.

    ``totals``: rows and columns that are totals; ``search``: whether to look for others too.
    """

    rules: Rules
    labels: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    search: bool = True


def read(path: Path, asked: Asked) -> list[Tabled]:
    """Return the tables of a file with their totals: one of a CSV, one a sheet of a workbook.

    A table that geodemand wrote is several, one for each list. Raises UnreadableFileError or
    ContentError; of a workbook sheets without counts are passed over.
    """
    regular_file(path)
    lower = path.name.lower()
    if lower.endswith(TEXT_SUFFIXES):
        sheets = [(path.name, _lines(path))]
    elif lower.endswith(WORKBOOK_SUFFIXES):
        sheets = [(f"{path.name}, sheet {name}", rows) for name, rows in _sheets(path)]
    else:
        mend = f"Save it as one of: {', '.join((*TEXT_SUFFIXES, *WORKBOOK_SUFFIXES))}."
        raise ContentError(Fault(str(path), "is no CSV and no workbook by its name.", mend))
    tables = list(_own(sheets, asked)) or [
        with_totals(found, asked.totals, search=asked.search)
        for name, rows in sheets
        if (found := _tabled(name, rows, asked)) is not None
    ]
    if not tables:
        what = "holds no table of counts."
        mend = "A table has a row of headings, names in its first column and counts beside them."
        raise ContentError(Fault(str(path), what, mend))
    return tables


def _sheets(path: Path) -> Iterator[tuple[str, Rows]]:
    from python_calamine import CalamineWorkbook

    from geodemand.io import extents, workbooks

    extents.of(path)
    with path.open("rb") as file:
        book = CalamineWorkbook.from_filelike(file)
    for name in book.sheet_names:
        cells = book.get_sheet_by_name(name).to_python()
        yield name, [[workbooks.text(each) for each in row] for row in cells]


def _lines(path: Path) -> Rows:
    """Return all rows of a text table, totals and notes too."""
    limits.check_size(path, MOST_BYTES)
    layout = text.layout(path, careful=True)
    content = path.read_bytes().decode(layout.encoding, "replace").removeprefix("\ufeff")
    return list(csv.reader(io.StringIO(content, newline=""), delimiter=layout.delimiter))


def _own(sheets: Sequence[tuple[str, Rows]], asked: Asked) -> Iterator[Tabled]:
    """Yield the tables that we wrote; none where the user says what columns hold."""
    if asked.labels or asked.figures:
        return
    for name, rows in sheets:
        start = next((at for at, row in enumerate(rows) if len(row) > 1 and all(row)), None)
        if start is None:
            continue
        own = own_tables.recognised(name, rows[start], rows[:start])
        if own is not None:
            body = [row for row in rows[start + 1 :] if any(each.strip() for each in row)]
            yield from own_tables.parts(own, name, body, asked.rules)


def _tabled(name: str, rows: Rows, asked: Asked) -> Tabled | None:
    """Return the table in some rows; None where there is none."""
    start = _heading(rows, asked)
    if start is None:
        return None
    header = [each.strip() for each in rows[start]]
    body = [[*row, *[""] * (len(header) - len(row))] for row in rows[start + 1 :]]
    body = [row[: len(header)] for row in body if any(each.strip() for each in row)]
    labels, figures, left = _roles(name, header, body, asked)
    # A note below the table has nothing in its other cells; a row without figures says so in them.
    body = [
        row for row in body if any(row[c].strip() and _says(row[c], asked.rules) for c in figures)
    ]
    if not figures or not body:
        return None
    if len(body) * len(figures) > MOST_CELLS:
        what = f"holds more than {MOST_CELLS:,} figures."
        raise ContentError(Fault(name, what, "Name the columns of figures with --figures."))
    rules = [_rules_of([row[column] for row in body], asked.rules) for column in figures]
    cells: dict[tuple[int, int], Cell] = {}
    for at, row in enumerate(body):
        for number, column in enumerate(figures):
            found = cell(row[column], rules[number])
            if found is not None:
                cells[at, number] = found
    ratios = _ratios(header, body, figures)
    told = {each.name for each in ratios}
    left = [each for each in left if each not in told]
    said = [f"left out, no counts: {', '.join(left)}"] if left else []
    exact = [header[c] for c, own in zip(figures, rules, strict=True) if own != asked.rules]
    if exact:
        said.append(f"not rounded to {asked.rules.base}, so read as exact: {', '.join(exact)}")
    return Tabled(
        name,
        _distinct([", ".join(row[column].strip() for column in labels) for row in body]),
        _distinct([header[column] or f"column {column + 1}" for column in figures]),
        cells,
        said=tuple(said),
        ratios=tuple(ratios),
    )


def _rules_of(texts: Sequence[str], rules: Rules) -> Rules:
    """Return by which rules a column was made: with a figure that they forbid it is exact."""
    told = [found for each in texts if (found := cell(each, replace(rules, base=1))) is not None]
    plain = [each.low for each in told if not each.hidden and each.low]
    kept = all(each > rules.threshold and each % rules.base == 0 for each in plain)
    return rules if kept or rules.base == 1 else replace(rules, base=1)


def _ratios(header: Sequence[str], body: Rows, figures: Sequence[int]) -> list[Ratio]:
    """Return the columns that are shares or averages of columns of counts."""
    names = [header[column] for column in figures]
    found = []
    for column, heading in enumerate(header):
        before = [header[c] for c in figures if c < column]
        told = None if column in figures else meant(heading, before[-1] if before else "", names)
        if told is not None:
            of, by = told
            texts = {at: row[column] for at, row in enumerate(body) if row[column].strip()}
            base = None if by is None else names.index(by)
            times = as_written(texts.values()) if by is None else 1.0
            found.append(Ratio(heading, texts, names.index(of), base, times))
    return found


def _heading(rows: Rows, asked: Asked) -> int | None:
    """Return the row of headings: the last one before figures begin, of two words at least."""
    several = 2
    for number, row in enumerate(rows[:-1]):
        words = [each for each in row if each.strip()]
        after = rows[number + 1]
        if len(words) >= several and any(_is_figure(each, asked.rules) for each in after[1:]):
            return number
    return None


def _roles(
    name: str, header: Sequence[str], body: Rows, asked: Asked
) -> tuple[list[int], list[int], list[str]]:
    """Return which columns are labels, which are figures, and the names of those left out."""
    if asked.labels or asked.figures:
        known = {each.casefold(): at for at, each in enumerate(header)}
        wrong = [each for each in (*asked.labels, *asked.figures) if each.casefold() not in known]
        if wrong:
            hint = did_you_mean(wrong[0], header) or f"It has: {', '.join(header)}."
            raise UsageError(Fault(name, f"has no column '{wrong[0]}'.", hint))
    counts = [column for column in range(len(header)) if _is_column(body, column, asked.rules)]
    # Shares in whole per cent look like counts.
    names = [header[column] for column in counts]
    counts = [
        c for c in counts if meant(header[c], "any", [n for n in names if n != header[c]]) is None
    ]
    words = [column for column in range(len(header)) if column not in counts]
    labels = [known[each.casefold()] for each in asked.labels] if asked.labels else []
    figures = [known[each.casefold()] for each in asked.figures] if asked.figures else []
    if not labels:
        first = figures[0] if figures else next((c for c in counts if c > 0), len(header))
        labels = [c for c in words if c < first] or [0]
    if not figures:
        figures = [c for c in counts if c > max(labels)]
    rest = [header[c] for c in range(len(header)) if c not in labels and c not in figures]
    return labels, figures, [each for each in rest if each]


def _is_column(body: Rows, column: int, rules: Rules) -> bool:
    """Return whether a column holds counts: nothing else, and at least one."""
    told = [row[column] for row in body if row[column].strip()]
    return any(_is_figure(each, rules) for each in told) and all(_says(e, rules) for e in told)


def _says(told: str, rules: Rules) -> bool:
    try:
        cell(told, rules)
    except ValueError:
        return False
    return True


def _is_figure(told: str, rules: Rules) -> bool:
    try:
        return cell(told, rules) is not None
    except ValueError:
        return False


def _distinct(labels: Sequence[str]) -> tuple[str, ...]:
    """Return labels, those that stand twice with a number."""
    seen: dict[str, int] = {}
    found = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        found.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return tuple(found)
