"""What `hubs` found in sentences, from protected figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from geodemand.core.agreement import FACTS, wanted
from geodemand.core.coterminosity import OTHER_TOLERANCES
from geodemand.core.disclosure import Table, Value
from geodemand.core.hinterland import ALL
from geodemand.core.tally import POSTCODES
from geodemand.core.words import percent

# So many areas are named in a sentence.
NAMED = 5


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
