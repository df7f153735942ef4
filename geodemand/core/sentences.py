"""The sentence that a manager would quote, from protected figures, with its doubt."""

from __future__ import annotations

from collections.abc import Mapping

from geodemand.core.coterminosity import AREA
from geodemand.core.disclosure import WITHHELD, Table, Value
from geodemand.core.matching import PLACED, Reason
from geodemand.core.profile import SET
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


def of_profile(table: Table, labels: Mapping[str, str]) -> list[str]:
    """Return one sentence for each list and named set of a profile, with its doubt.

    ``labels``: how the people of a list are called in a sentence, by its name.
    """
    return [_finding(row, labels) + _doubt(row) for row in table.records() if row["level"] == SET]


def finding(table: Table, labels: Mapping[str, str]) -> str:
    """Return the first finding of a profile without its doubt, as a title; "" without a set."""
    first = next((row for row in table.records() if row["level"] == SET), None)
    return _finding(first, labels) if first else ""


def _finding(row: Mapping[str, Value], labels: Mapping[str, str]) -> str:
    name = str(row["list"])
    who = f"{labels[name]} ({name})" if labels.get(name) else f"{name} clients"
    held = f"{row['name']}: {percent(row['base_share'], 1)} of {row['base']}"
    if row["share"] == WITHHELD:
        return f"{held}; how many {who} they hold is withheld, as too few"
    if row["share"] is None:
        return f"{held}; no figure for {who}"
    return f"{held} hold {percent(row['share'])} of {who}"


def _doubt(row: Mapping[str, Value]) -> str:
    if row["share"] in {WITHHELD, None}:
        return "."
    flag = "; small numbers" if row["flag"] else ""
    return (
        f", {row['clients']:,} of {row['total']:,} (index {row['index']:,.0f}, "
        f"95 % interval {row['index_low']:,.0f} to {row['index_high']:,.0f}{flag})."
    )


def of_ledger(table: Table) -> list[str]:
    """Return for each list how many of its rows were placed: the match rate, from the ledger.

    Placed: matched, repaired or terminated. Of: rows read that are no duplicate of another.
    """
    return [_match_rate(row) for row in table.records()]


def _match_rate(row: Mapping[str, Value]) -> str:
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
