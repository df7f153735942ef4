"""The sentence that a manager would quote, from protected figures, with its doubt."""

from __future__ import annotations

from collections.abc import Mapping

from geodemand.core.disclosure import WITHHELD, Table, Value
from geodemand.core.profile import SET


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


def of_pairs(table: Table, tolerance: float) -> list[str]:
    """Return one sentence for each pair of geographies: the verdict, and for whom it does not hold.

    The headline is by people, the list with the largest misplaced share; without lists by
    postcodes.
    """
    by_pair: dict[tuple[Value, Value], list[Mapping[str, Value]]] = {}
    asked: dict[tuple[Value, Value], Value] = {}
    records = list(table.records())
    for record in records:
        by_pair.setdefault((record["a"], record["b"]), []).append(record)
    for record in records:
        turned = (record["b"], record["a"])
        if turned not in asked:
            asked.setdefault((record["a"], record["b"]), record["relation"])
    return [_pair_sentence(by_pair[pair], relation, tolerance) for pair, relation in asked.items()]


def _pair_sentence(records: list[Mapping[str, Value]], relation: Value, tolerance: float) -> str:
    facts = {"area", "postcodes", "households", "residents"}
    # A list without a client in these areas says nothing of them.
    people = [r for r in records if r["weight"] not in facts and r["total"] != 0]
    by_postcode = [record for record in records if record["weight"] == "postcodes"]
    worst = max(people or by_postcode or records, key=_misplaced_share)
    a, b, verdict = worst["a"], worst["b"], str(worst["verdict"])
    wanted = "coterminous" if relation == "same" else f"{a} nests in {b}"
    holds = verdict == wanted or (relation == "nests" and verdict == "coterminous")
    question = f"{a} and {b} share boundaries" if relation == "same" else f"{a} nest in {b}"
    off, total, weight = worst["misplaced"], worst["total"], worst["weight"]
    who = f"{weight} clients" if people else str(weight)
    count = (
        f"{off:,.0f} of {total:,.0f} {who}"
        if isinstance(off, int | float) and isinstance(total, int | float)
        else f"too few {who} to show"
    )
    return (
        f"{question}: {'yes' if holds else 'no'}, at a tolerance of {100 * tolerance:g} %. "
        f"{count} are outside the main partner of their area; "
        f"{worst['nested_units']:,.0f} of {worst['units']:,.0f} {a} lie within one of {b}."
    )


def _misplaced_share(record: Mapping[str, Value]) -> float:
    share = record["misplaced_share"]
    return float(share) if isinstance(share, int | float) else 0.0
