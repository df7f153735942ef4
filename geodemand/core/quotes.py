"""Sentences on the deeper tables of a profile, from protected figures, each with its doubt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from geodemand.core.derive import HIDDEN, NOT_SHOWN, REST, STANDS, TOGETHER
from geodemand.core.disclosure import WITHHELD, Table, Value
from geodemand.core.over_represented import ALPHA
from geodemand.core.profile import SET
from geodemand.core.sentences import AS_EXPECTED, Row, base_words, the_base
from geodemand.core.words import percent, percent_as_given

REST_START = REST.partition("{")[0]
SURE_P = 0.001
ALL_LISTS = "all"
MOST_NAMED = 6
WHOLE_TO = 1e-9


def number(value: Value, decimals: int = 0) -> str:
    """Return a figure in words: a withheld one, and one that cannot be formed, are said.

    >>> number(1234.5), number("c"), number(None), number(0.216, 2)
    ('1,234', 'withheld', 'no figure', '0.22')
    """
    if isinstance(value, str):
        return "withheld"
    return "no figure" if value is None else f"{value:,.{decimals}f}"


def chance(value: Value) -> str:
    """Return a p-value as it is quoted.

    >>> chance(0.00001), chance(0.0314), chance("c")
    ('p < 0.001', 'p 0.031', 'p withheld')
    """
    if isinstance(value, int | float) and value < SURE_P:
        return "p < 0.001"
    return f"p {number(value, 3)}"


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence.

    >>> listed(["46", "48", "49"]), listed(["46"])
    ('46, 48 and 49', '46')
    """
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def interval(row: Row) -> str:
    """Return an index with its interval, in words."""
    low, index, high = (number(row[name]) for name in ("index_low", "index", "index_high"))
    return (
        f"index {index} ({low} to {high})" if isinstance(row["index"], int | float) else "no index"
    )


def of_whole(table: Table, levels: Sequence[str], who: Mapping[str, str]) -> list[str]:
    """Return for each list how unlike the base it is, at the finest level that can be told."""
    said = []
    for rows in _first_base(table, "list"):
        known = [row for row in rows if isinstance(row["chi_square"], int | float)]
        finest = max(known, key=lambda row: levels.index(str(row["level"])), default=None)
        people = _people(rows[0], who)
        if finest is None:
            said.append(f"How {people} differ from the base as a whole cannot be told.")
            continue
        sure = isinstance(finest["p"], int | float) and finest["p"] <= ALPHA
        unlike = "unlike" if sure else "not shown to be unlike"
        said.append(
            f"{_capital(people)} by {finest['level']}: {unlike} "
            f"{the_base(finest)} (chi-square {number(finest['chi_square'])} on "
            f"{number(finest['df'])}, {chance(finest['p'])}, Cramér's V "
            f"{number(finest['cramers_v'], 2)}); Gini {number(finest['gini'], 2)}, where chance "
            f"alone gives {number(finest['gini_by_chance'], 2)}."
        )
    return said


def of_points(table: Table, levels: Sequence[str], who: Mapping[str, str]) -> list[str]:
    """Return for each list what the first shares of the base hold, by its finest known level."""
    said = []
    for rows in _first_base(table, "list"):
        known = [row for row in rows if isinstance(row["client_share"], int | float)]
        units = [str(row["unit"]) for row in known if row["unit"] in levels]
        if not units:
            continue
        finest = max(units, key=levels.index)
        own = [row for row in known if row["unit"] == finest]
        at = listed([percent_as_given(row["at_share"]) for row in own])
        held = listed([percent(row["client_share"]) for row in own])
        said.append(
            f"The {at} of {base_words(own[0])} with the highest rates, by {finest}, hold {held} of "
            f"{_people(own[0], who)}."
        )
    return said


def of_places(table: Table, who: Mapping[str, str]) -> list[str]:
    """Return for each list and geography which areas are unlike the county, after correction."""
    said = []
    named = ("list", "geography", "name", "base", "clients", "index", "q")
    every = zip(table.cells("set"), *(table.cells(column) for column in named), strict=True)
    everybody = [dict(zip(named, row, strict=True)) for within, *row in every if not within]
    for rows in _groups(everybody, ("geography", "list")):
        own = [row for row in rows if row["base"] == rows[0]["base"]]
        sides = [
            f"{side} in {_first([str(row['name']) for row in found])}"
            for side in ("more", "fewer")
            if (found := [row for row in own if unlike(row) and _side(row) == side])
        ]
        tested = any(isinstance(row["q"], int | float) for row in own)
        nothing = "as many as chance may give in every area" if tested else "no figure in any area"
        outside = "; ".join(sides) or nothing
        outside += " (beyond chance, q at most 5 %)" if sides else ""
        hidden = sum(row["clients"] == WITHHELD for row in own)
        apart = f" Withheld: {hidden} of {len(own)} areas." if hidden else ""
        said.append(
            f"{_capital(_people(own[0], who))} by {own[0]['geography']}, for "
            f"{the_base(own[0])} there: {outside}.{apart}"
        )
    return said


def unlike(row: Row) -> bool:
    """Return whether an area's rate is not the county's, all areas being looked at."""
    q = row["q"]
    return isinstance(q, int | float) and q <= ALPHA


def _side(row: Row) -> str:
    index = row["index"]
    over = isinstance(index, int | float) and index > AS_EXPECTED
    return "more" if over else "fewer"


def of_derived(table: Table, about: Row, who: Mapping[str, str]) -> list[str]:
    """Return which segments stand, what noise alone would give, and what the list can show."""
    people, level = _people(about, who), about["level"]
    rows = [row for row in table.records() if row["level"] == level]
    chosen = [str(row["segment"]) for row in rows if row["chosen"] == "yes"]
    tested = number(about["tested"])
    if chosen:
        finding = (
            f"{about['set']}: of the {tested} segments by {level}, {listed(chosen)} "
            f"{'stand' if len(chosen) > 1 else 'stands'} as over-represented among {people} (q at "
            f"most 5 %, at least 3 clients), with {number(about['clients'])} of "
            f"{number(about['total'])} clients. Chosen on this list, so scored on the others only: "
            f"the best {len(chosen) if len(chosen) > 1 else 'one'} of pure noise would have an "
            f"index of {number(about['index_by_chance'])} on average, and would look as good with "
            f"{chance(about['selection_p'])}."
        )
        if isinstance(about["left_out_index"], int | float):
            low, high = number(about["left_out_low"]), number(about["left_out_high"])
            finding += (
                f" With each client left out of the choice in turn, "
                f"{number(about['left_out_clients'])} are in a set that the others choose "
                f"(index {number(about['left_out_index'])}, "
                f"95 % interval {low} to {high})."
            )
    else:
        finding = (
            f"{about['set']}: none of the {tested} segments by {level} stands as over-represented "
            f"among {people}."
        )
    said = [finding]
    hidden = about["withheld"]
    if hidden:
        said.append(
            f"{number(hidden)} of the {tested} counts are withheld under this policy: those "
            "segments could not be chosen."
        )
    if isinstance(about["power_clients"], int | float):
        said.append(
            f"With {number(about['total'])} clients a segment with "
            f"{percent(about['power_base_share'])} of the base needs "
            f"{number(about['power_clients'])} of them to stand after correction; one with fewer "
            "may be over-represented all the same."
        )
    return said


def of_given(table: Table) -> list[str]:
    """Return for each given set of several members which stand on which lists, and the rest."""
    said = []
    for rows in _groups(table.records(), ("set",)):
        lists = _groups(rows, ("list",))
        outcomes: dict[str, list[str]] = {}
        for own in lists:
            members = [row for row in own if not _is_sum(row)]
            outcomes.setdefault(_members(members), []).append(str(own[0]["list"]))
        rest = [row for row in rows if str(row["segment"]).startswith(REST_START)]
        if len({row["segment"] for row in rows if not _is_sum(row)}) == 1 and not rest:
            continue
        parts = [f"{listed(names)}: {outcome}" for outcome, names in outcomes.items()]
        said.append(f"{rows[0]['set']} as given, member by member: {'; '.join(parts)}.")
        if rest:
            each = [f"{row['list']} {interval(row)}, {_verdict(row)}" for row in rest]
            name = str(rest[0]["segment"]).strip("()")
            said.append(f"The {name}, together: {'; '.join(each)}.")
    return said


def _members(rows: Sequence[Row]) -> str:
    words = {STANDS: "over-represented", NOT_SHOWN: "not shown to be", HIDDEN: "withheld"}
    named = {
        verdict: [str(row["segment"]) for row in rows if row["verdict"] == verdict]
        for verdict in words
    }
    return ", ".join(f"{listed(named[each])} {words[each]}" for each in words if named[each])


def of_combinations(table: Table) -> list[str]:
    """Return the meeting of all lists everywhere, against both expectations."""
    rows = [
        row for row in table.records() if row["where"] == "everywhere" and row["rule"] == ALL_LISTS
    ]
    if not rows:
        return []
    row = max(rows, key=lambda each: str(each["lists"]).count(" + "))
    said = (
        f"{row['lists']} meet in {number(row['observed'])} postcodes; "
        f"{number(row['expected'])} would be expected if the lists were independent"
    )
    if isinstance(row["expected_stratified"], int | float):
        said += (
            f", {number(row['expected_stratified'])} among postcodes alike in {row['strata']} "
            f"(ratio {number(row['ratio_stratified'], 1)}, {chance(row['p_stratified'])})"
        )
    elif isinstance(row["p"], int | float):
        said += f" ({chance(row['p'])})"
    return [f"{said}."]


def of_differences(table: Table) -> list[str]:
    """Return how the shares of the sets, or without sets of the first level, differ."""
    rows = list(table.records())
    wanted = [row for row in rows if row["level"] == SET] or [
        row for row in rows if row["level"] == rows[0]["level"]
    ]
    return [_difference(row) for row in wanted]


def signed(points: float) -> str:
    """Return a difference in percentage points, with a decimal only where it has one.

    >>> signed(-12.0), signed(1.25), signed(-0.01)
    ('-12', '+1.2', '+0.0')
    """
    whole = abs(points - round(points)) < WHOLE_TO
    return f"{round(points, 0 if whole else 1) + 0.0:+.{0 if whole else 1}f}"


def _difference(row: Row) -> str:
    shares = f"{percent(row['share_a'])} of {row['a']}, {percent(row['share_b'])} of {row['b']}"
    points = [
        100 * value
        for name in ("difference", "low", "high")
        if isinstance(value := row[name], int | float)
    ]
    if len(points) < 3:  # noqa: PLR2004 - the difference and its two limits
        return f"{row['name']}: {shares}; no difference can be told."
    gap, low, high = (signed(each) for each in points)
    doubt = "" if points[1] > 0 or points[2] < 0 else "; chance alone may give that"
    return f"{row['name']}: {shares}; {gap} points (95 % interval {low} to {high}{doubt})."


def _verdict(row: Row) -> str:
    verdict = str(row["verdict"])
    return "not shown to be over-represented" if verdict == NOT_SHOWN else verdict


def _is_sum(row: Row) -> bool:
    return row["segment"] == TOGETHER or str(row["segment"]).startswith(REST_START)


def _first(names: Sequence[str]) -> str:
    """Return names as a list, of many only the first and how many more there are."""
    if len(names) <= MOST_NAMED:
        return listed(names)
    return f"{', '.join(names[:MOST_NAMED])} and {len(names) - MOST_NAMED} more"


def _people(row: Row, who: Mapping[str, str]) -> str:
    return who.get(str(row["list"])) or f"{row['list']} clients"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _groups(rows: Iterable[Row], by: Sequence[str]) -> list[list[Row]]:
    found: dict[tuple[Value, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in by), []).append(row)
    return list(found.values())


def _first_base(table: Table, by: str) -> list[list[Row]]:
    """Return the rows of each list on the first of its bases."""
    return [
        [row for row in rows if row["base"] == rows[0]["base"]]
        for rows in _groups(table.records(), (by,))
    ]
