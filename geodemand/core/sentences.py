"""The sentence that a manager would quote, from protected figures, with its doubt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from geodemand.core.disclosure import WITHHELD, Table, Value
from geodemand.core.profile import EVERYWHERE, LIST_BASE, SET, WHOLE
from geodemand.core.reasons import PLACED, Reason
from geodemand.core.words import percent

Row = Mapping[str, Value]
AS_EXPECTED = 100


def of_profile(table: Table, who: Mapping[str, str]) -> list[str]:
    """Return one sentence for each list and named set of a profile, with its doubt.

    Without a named set, for each list the segment of the first level that stands out most.
    ``who``: how the people of a list are called in a sentence, by its name. The first base is the
    one of the sentence; indices on others stand beside it.
    """
    said = []
    for rows, among in _quoted(table):
        highest = f" The highest of {among} by {rows[0]['level']}." if among else ""
        said.append(_finding(rows[0], who) + _doubt(rows) + highest)
    return said


def finding(table: Table, who: Mapping[str, str]) -> str:
    """Return the first finding of a profile without its doubt, as a title; "" without one."""
    return next((_finding(rows[0], who) for rows, _ in _quoted(table)), "")


def _quoted(table: Table) -> list[tuple[list[Row], int]]:
    """Return what is quoted: rows of one list and segment, and among how many it was chosen."""
    records = [row for row in table.records() if row["level"] != WHOLE]
    sets = [row for row in records if row["level"] == SET]
    if sets:
        return [(rows, 0) for rows in _segments(sets)]
    first = [row for row in records if row["level"] == records[0]["level"]]
    lists: dict[Value, list[list[Row]]] = {}
    for rows in _segments(first):
        lists.setdefault(rows[0]["list"], []).append(rows)
    best = [(max(own, key=_lower), len(own)) for own in lists.values()]
    return [(rows, among) for rows, among in best if _lower(rows) > AS_EXPECTED]


def _segments(rows: Iterable[Row]) -> list[list[Row]]:
    """Return the rows of each list and segment, one for each base."""
    found: dict[tuple[Value, ...], list[Row]] = {}
    for row in rows:
        found.setdefault((row["list"], row["segment"], row["name"]), []).append(row)
    return list(found.values())


def _lower(rows: Sequence[Row]) -> float:
    """Return the lower limit of the index on the first base, 0 where there is none."""
    low = rows[0]["index_low"]
    return low if isinstance(low, int | float) else 0


def of_placing(table: Table, date: str = "") -> list[str]:
    """Return how much of each list is in the figures of a profile; nothing without a list.

    ``date``: of the figures, as the project states it.
    """
    parts: dict[str, dict[Value, Value]] = {}
    columns = (table.cells(name) for name in ("list", "level", "segment", "clients"))
    for name, level, segment, clients in zip(*columns, strict=True):
        if level == WHOLE:
            parts.setdefault(str(name), {})[segment] = clients
    said = [f"{name} {_in_figures(own)}" for name, own in parts.items()]
    dated = f" ({date})" if date else ""
    return [f"In these figures{dated}: {', '.join(said)}."] if said else []


def _in_figures(own: Mapping[Value, Value]) -> str:
    counts = list(own.values())
    held = own[EVERYWHERE]
    known = sum(count for count in counts if isinstance(count, int | float))
    if isinstance(held, str) or not held:
        return "a withheld number of clients" if held == WITHHELD else "nobody"
    # What is withheld is too few to change the whole per cent of a large list.
    about = "about " if WITHHELD in counts else ""
    return f"{held:,} clients, {about}{percent(float(held) / known)} of the list"


def _finding(row: Row, who: Mapping[str, str]) -> str:
    people = who.get(str(row["list"])) or f"{row['list']} clients"
    held = f"{row['name']}: {percent(row['base_share'], 1)} of {base_words(row)}"
    if row["base_share"] is None and row["share"] not in {WITHHELD, None}:
        return f"{row['name']}: {percent(row['share'])} of {people}"
    if row["share"] == WITHHELD:
        return f"{held}; how many {people} they hold is withheld, as too few"
    if row["share"] is None:
        return f"{held}; no figure for {people}"
    return f"{held} hold {percent(row['share'])} of {people}"


def base_words(row: Row) -> str:
    """Return how the base of a row is called in a sentence."""
    base = str(row["base"])
    name = base.removeprefix(LIST_BASE)
    return f"the list {name}" if name != base else base


def the_base(row: Row) -> str:
    """Return how the base of a row is called where it is that of one place.

    >>> the_base({"base": "postcodes"}), the_base({"base": "list:CYP"})
    ('the postcodes', 'the list CYP')
    """
    return f"the {base_words(row).removeprefix('the ')}"


def _doubt(rows: Sequence[Row]) -> str:
    row = rows[0]
    if row["share"] in {WITHHELD, None}:
        return "."
    count = f", {row['clients']:,} of {row['total']:,}"
    if row["base_share"] is None:
        return f"{count}; no index, for there are no {base_words(row)} to set it against."
    if row["index"] is None:
        flag = f" ({row['flag']}: no index)" if row["flag"] else ""
        return f"{count}{flag}."
    flag = f"; {row['flag']}" if row["flag"] else ""
    others = "".join(
        f"; of {base_words(each)} {percent(each['base_share'], 1)}, index {_with_limits(each)}"
        for each in rows[1:]
    )
    return f"{count} (index {_with_limits(row, '95 % interval ')}{others}{flag})."


def _with_limits(row: Row, words: str = "") -> str:
    low, index, high = (row[name] for name in ("index_low", "index", "index_high"))
    if not isinstance(index, int | float):
        return "withheld" if index == WITHHELD else "not formed"
    return f"{index:,.0f}, {words}{low:,.0f} to {high:,.0f}"


def of_ledger(table: Table) -> list[str]:
    """Return for each list how many of its rows were placed: the match rate, from the ledger.

    Placed: matched, repaired or terminated. Of: rows read that are no duplicate of another.
    """
    return [_match_rate(row) for row in table.records()]


def _match_rate(row: Row) -> str:
    counts = [row[reason.value] for reason in PLACED]
    rows, again = row["rows"], row[Reason.DUPLICATE.value]
    known = [count for count in (*counts, rows, again) if isinstance(count, int | float)]
    asked = rows - again if isinstance(rows, int) and isinstance(again, int) else 0
    if len(known) < len(counts) + 2 or asked <= 0:
        return f"{row['list']}: how many of its rows were placed is withheld, or it has none."
    placed = sum(known[: len(counts)])
    # Rounded parts may add up to a little more than the whole.
    share = min(placed / asked, 1.0)
    return f"{row['list']}: {placed:,.0f} of {asked:,.0f} rows placed ({percent(share)})."
