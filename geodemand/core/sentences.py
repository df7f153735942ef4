"""The sentence that a manager would quote, from protected figures, with its doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from geodemand.core.agreement import FACTS, wanted
from geodemand.core.coterminosity import OTHER_TOLERANCES
from geodemand.core.disclosure import WITHHELD, Table, Value
from geodemand.core.hinterland import ALL
from geodemand.core.matching import PLACED, Reason
from geodemand.core.profile import EVERYWHERE, LIST_BASE, SET, WHOLE
from geodemand.core.tally import POSTCODES

# So many areas are named in a sentence.
NAMED = 5


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
    columns = (table.cells(name) for name in ("list", "level", "segment", "clients"))
    for name, level, segment, clients in zip(*columns, strict=True):
        if level == WHOLE:
            parts.setdefault(str(name), {})[segment] = clients
    said = [f"{name} {_in_figures(own)}" for name, own in parts.items()]
    return [f"In these figures: {', '.join(said)}."] if said else []


def _in_figures(own: Mapping[Value, Value]) -> str:
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


def of_pairs(table: Table, overview: Table, tolerance: float) -> list[str]:
    """Return the answer for each pair of geographies, and for whom the relation does not hold.

    "Yes" only if the relation holds for every list and for postcodes; the figure quoted is the
    worst of them, for shared boundaries both ways. What holds in place of what was asked is said.
    """
    asked: dict[tuple[Value, Value], list[Mapping[str, Value]]] = {}
    for record in table.records():
        pair = (record["a"], record["b"])
        key = pair[::-1] if pair[::-1] in asked else pair
        asked.setdefault(key, []).append(record)
    found = {(row["a"], row["b"]): row for row in overview.records()}
    return [_pair_sentence(records, found[pair], tolerance) for pair, records in asked.items()]


def of_codes(names: Sequence[str]) -> list[str]:
    """Return a sentence on geographies without polygons, if there are any.

    >>> of_codes(["wards"])
    ['No polygons of wards: areas are not weighed, and what differs has no hectares and no width.']
    """
    if not names:
        return []
    bare = f"No polygons of {' and '.join(names)}"
    return [f"{bare}: areas are not weighed, and what differs has no hectares and no width."]


def _pair_sentence(
    records: list[Mapping[str, Value]], found: Mapping[str, Value], tolerance: float
) -> str:
    a, b, relation = (str(found[field]) for field in ("a", "b", "relation"))
    people = [record for record in records if record["weight"] not in FACTS - {POSTCODES}]
    same = relation == "same"
    counted = [r for r in people or records if same or r["a"] == a]
    enough = wanted(a, b, relation)
    question = f"{a} and {b} share boundaries" if same else f"{a} nest in {b}"
    worst = max(counted, key=lambda r: (r["verdict"] not in enough, _misplaced_share(r)))
    off, total, weight = worst["misplaced"], worst["total"], worst["weight"]
    who = str(weight) if weight in FACTS else f"{weight} clients"
    count = (
        f"{off:,.0f} of {total:,.0f} {who}"
        if isinstance(off, int | float) and isinstance(total, int | float)
        else f"Too few {who} to show"
    )
    return (
        f"{question}: {_answer(found, enough, tolerance)}. {count} are outside the "
        f"main partner of their area of {worst['a']}; {worst['nested_units']:,.0f} of "
        f"{worst['units']:,.0f} {worst['a']} lie within one of {worst['b']}."
    )


def _answer(found: Mapping[str, Value], enough: set[str], tolerance: float) -> str:
    """Return "no, at a tolerance of 1 % (no at 0 %, yes at 5 %)", and what holds in its place."""

    def said(field: str) -> str:
        return "yes" if found[field] in enough else "no"

    others = [
        f"{said(field)} at {100 * other:g} %"
        for field, other in zip(("found_0", "found_5"), OTHER_TOLERANCES, strict=True)
        if other != tolerance
    ]
    holds = found["found"]
    instead = f"; {holds}" if said("found") == "no" and holds != "neither" else ""
    return (
        f"{said('found')}, at a tolerance of {100 * tolerance:g} % ({', '.join(others)}){instead}"
    )


def of_sites(sites: Table, hinterlands: Table) -> list[str]:
    """Return one sentence for each kind of site: do they lie in their areas, and for whom not near.

    The list quoted is the one of which the largest share is nearer to another area's site.
    """
    found = []
    records, people = list(sites.records()), list(hinterlands.records())
    for name, geography in dict.fromkeys((row["sites"], row["geography"]) for row in records):
        own = [row for row in records if (row["sites"], row["geography"]) == (name, geography)]
        placed = [row for row in own if row["inside"] != "no hub"]
        inside = sum(row["inside"] == "yes" for row in placed)
        bare = [str(row["area"]) for row in own if row["inside"] == "no hub"]
        said = f"{name} in {geography}: {inside} of {len(placed)} lie in the area that they serve"
        said += f"; {len(bare)} areas have none: {', '.join(bare[:NAMED])}" if bare else ""
        said += " and more" if len(bare) > NAMED else ""
        counted = [
            row
            for row in people
            if (row["sites"], row["geography"], row["site"]) == (name, geography, ALL)
            and row["weight"] not in FACTS - {POSTCODES}
        ]
        worst = max(counted, key=lambda row: _as_number(row["nearer_share"]))
        who = str(worst["weight"])
        who = who if who in FACTS else f"{who} clients"
        if isinstance(worst["nearer"], int | float):
            count = f"{worst['nearer']:,.0f} of {worst['total']:,} {who}"
            said += (
                f". {count} ({percent(worst['nearer_share'])}) are nearer to {name} of another area"
            )
        found.append(f"{said}.")
    return found


def of_plans(plans: Table) -> list[str]:
    """Return one sentence for each pair: how many blocks to swap so that it is as was asked."""
    found = []
    for row in plans.records():
        a, b, blocks = (str(row[field]) for field in ("a", "b", "blocks"))
        wish = f"{a} and {b} the same" if row["relation"] == "same" else f"{a} nest in {b}"
        if row["swapped"] is None:
            found.append(f"To make {wish} {row['outcome']}")
            continue
        found.append(
            f"To make {wish}, swap {row['swapped']:,} of {row['all_blocks']:,} {blocks} "
            f"({row['outcome']}): {row['off_before']:,} postcodes off the main partner become "
            f"{row['off_after']:,}."
        )
    return found


def _as_number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _misplaced_share(record: Mapping[str, Value]) -> float:
    return _as_number(record["misplaced_share"])
