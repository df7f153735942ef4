"""The sentence that a manager would quote, from protected figures, with its doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from geodemand.core.coterminosity import AREA
from geodemand.core.disclosure import WITHHELD, Table, Value
from geodemand.core.profile import EVERYWHERE, LIST_BASE, SET, WHOLE
from geodemand.core.tally import POSTCODES

# What pairs are counted by apart from the lists.
FACTS = {AREA, POSTCODES, "households", "residents"}


def percent(share: Value, decimals: int = 0) -> str:
    """Return a share (0-1) in per cent, with as many decimals as it was given.

    >>> percent(0.384), percent(0.0949990, 1), percent("c"), percent(None)
    ('38 %', '9.5 %', 'a withheld share', 'no share')
    """
    if isinstance(share, str):
        return "a withheld share"
    if share is None:
        return "no share"
    return f"{100 * share:.{decimals}f} %"


def percent_as_given(share: Value) -> str:
    """Return a share in per cent with no more decimals than it has.

    >>> percent_as_given(0.05), percent_as_given(0.025)
    ('5 %', '2.5 %')
    """
    return f"{100 * share:.6g} %" if isinstance(share, int | float) else percent(share)


def of_profile(table: Table, who: Mapping[str, str]) -> list[str]:
    """Return one sentence for each list and named set of a profile, with its doubt.

    ``who``: how the people of a list are called in a sentence, by its name. The first base is the
    one of the sentence; indices on others stand beside it.
    """
    found: dict[tuple[Value, Value], list[Mapping[str, Value]]] = {}
    for row in table.records():
        if row["level"] == SET:
            found.setdefault((row["list"], row["name"]), []).append(row)
    return [_finding(rows[0], who) + _doubt(rows) for rows in found.values()]


def finding(table: Table, who: Mapping[str, str]) -> str:
    """Return the first finding of a profile without its doubt, as a title; "" without a set."""
    first = next((row for row in table.records() if row["level"] == SET), None)
    return _finding(first, who) if first else ""


def of_placing(table: Table) -> list[str]:
    """Return how much of each list is in the figures of a profile; nothing without a list."""
    parts: dict[str, dict[Value, Value]] = {}
    for row in table.records():
        if row["level"] == WHOLE:
            parts.setdefault(str(row["list"]), {})[row["segment"]] = row["clients"]
    said = [f"{name} {_placed(own)}" for name, own in parts.items()]
    return [f"In these figures: {', '.join(said)}."] if said else []


def _placed(own: Mapping[Value, Value]) -> str:
    counts = list(own.values())
    held = own[EVERYWHERE]
    known = sum(count for count in counts if isinstance(count, int | float))
    if isinstance(held, str) or not held:
        return "a withheld number of clients" if held == WITHHELD else "nobody"
    # What is withheld is too few to change the whole per cent of a large list.
    about = "about " if WITHHELD in counts else ""
    return f"{held:,} clients, {about}{percent(float(held) / known)} of the list"


def _finding(row: Mapping[str, Value], who: Mapping[str, str]) -> str:
    people = who.get(str(row["list"])) or f"{row['list']} clients"
    held = f"{row['name']}: {percent(row['base_share'], 1)} of {base_words(row)}"
    if row["share"] == WITHHELD:
        return f"{held}; how many {people} they hold is withheld, as too few"
    if row["share"] is None:
        return f"{held}; no figure for {people}"
    return f"{held} hold {percent(row['share'])} of {people}"


def base_words(row: Mapping[str, Value]) -> str:
    """Return how the base of a row is called in a sentence."""
    base = str(row["base"])
    name = base.removeprefix(LIST_BASE)
    return f"the list {name}" if name != base else base


def _doubt(rows: Sequence[Mapping[str, Value]]) -> str:
    row = rows[0]
    if row["share"] in {WITHHELD, None}:
        return "."
    count = f", {row['clients']:,} of {row['total']:,}"
    if row["index"] is None:
        flag = f" ({row['flag']}: no index)" if row["flag"] else ""
        return f"{count}{flag}."
    flag = f"; {row['flag']}" if row["flag"] else ""
    others = "".join(
        f"; of {base_words(each)} {percent(each['base_share'], 1)}, index {_with_limits(each)}"
        for each in rows[1:]
    )
    return f"{count} (index {_with_limits(row, '95 % interval ')}{others}{flag})."


def _with_limits(row: Mapping[str, Value], words: str = "") -> str:
    low, index, high = (row[name] for name in ("index_low", "index", "index_high"))
    if not isinstance(index, int | float):
        return "withheld" if index == WITHHELD else "not formed"
    return f"{index:,.0f}, {words}{low:,.0f} to {high:,.0f}"


def of_pairs(table: Table, tolerance: float) -> list[str]:
    """Return one sentence for each pair of geographies: the verdict, and for whom it does not hold.

    "Yes" only if the relation holds for every list and for postcodes; the figure quoted is the
    worst of them, for shared boundaries both ways.
    """
    asked: dict[tuple[Value, Value], list[Mapping[str, Value]]] = {}
    for record in table.records():
        pair = (record["a"], record["b"])
        key = pair[::-1] if pair[::-1] in asked else pair
        asked.setdefault(key, []).append(record)
    return [_pair_sentence(records, tolerance) for records in asked.values()]


def _pair_sentence(records: list[Mapping[str, Value]], tolerance: float) -> str:
    a, b, relation = (records[0][field] for field in ("a", "b", "relation"))
    people = [record for record in records if record["weight"] not in FACTS - {POSTCODES}]
    same = relation == "same"
    counted = [r for r in people or records if same or r["a"] == a]
    wanted = "coterminous" if same else f"{a} nests in {b}"
    question = f"{a} and {b} share boundaries" if same else f"{a} nest in {b}"

    def fails(record: Mapping[str, Value]) -> bool:
        return record["verdict"] not in {wanted, "coterminous"}

    worst = max(counted, key=lambda record: (fails(record), _misplaced_share(record)))
    off, total, weight = worst["misplaced"], worst["total"], worst["weight"]
    who = str(weight) if weight in FACTS else f"{weight} clients"
    count = (
        f"{off:,.0f} of {total:,.0f} {who}"
        if isinstance(off, int | float) and isinstance(total, int | float)
        else f"Too few {who} to show"
    )
    answer = "no" if fails(worst) else "yes"
    return (
        f"{question}: {answer}, at a tolerance of {100 * tolerance:g} %. {count} are outside the "
        f"main partner of their area of {worst['a']}; {worst['nested_units']:,.0f} of "
        f"{worst['units']:,.0f} {worst['a']} lie within one of {worst['b']}."
    )


def _misplaced_share(record: Mapping[str, Value]) -> float:
    share = record["misplaced_share"]
    return float(share) if isinstance(share, int | float) else 0.0
