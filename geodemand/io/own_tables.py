"""Tables that geodemand itself wrote, read for an audit as what they are: records.

A row is one record of one list, level, base or pair; of its figures some count people, others
(indices, metres, postcodes) are formed from these or about nobody. definitions/tables.toml says
which, and what adds up. Each list of a table becomes a table of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from geodemand.core.mend import WIDER
from geodemand.core.policy import WIDEN
from geodemand.core.tabled import Cell, Rules, Tabled, cell
from geodemand.errors import ContentError, Fault
from geodemand.io import definitions

FILE = definitions.FOLDER / "tables.toml"
POLICY, TOTAL = "policy", "(total)"
# What a record is about; where one of these changes, other people or other things are counted.
PARTED = ("a", "b", "geography", "relation", "sites", "level", "base", "set", "list", "weight")
# Named sets may share segments, and "all" stands beside what it is the sum of.
NO_WHOLE = {"set", "all"}
# What boundaries are weighed by and is about nobody; its rows are exact.
FACTS = {"area", "postcodes", "households", "residents"}
# A run's figures one a row, of all its tables: what adds up can no longer be seen.
TIDY = {"table", "measure", "value", POLICY}
_RULES = re.compile('Policy [“"]([^”"]+)[”"]')


@dataclass(frozen=True)
class Own:
    """A table of ours: its name, its headings, and under which policy it says it was made."""

    name: str
    columns: tuple[str, ...]
    policy: str = ""

    @property
    def counts(self) -> list[str]:
        """Return the columns that count people: those that are said to, and those of lists."""
        told = _table(self.name).get("counts", ())
        known = {POLICY, *told}
        lists = [each for each in self.columns if each not in known and not _entry(self.name, each)]
        return [each for each in self.columns if each in told or each in lists]


def recognised(
    where: str, header: Sequence[str], above: Sequence[Sequence[str]] = ()
) -> Own | None:
    """Return which table of ours has a header, by names (CSV) or titles (workbooks), or None.

    ``where``: the file, for an error. ``above``: the rows above the header, where a workbook says
    under which policy it was made. Raises ContentError for a run's figures in one column.
    """
    if set(header) >= TIDY:
        mend = "Audit the CSV (--format csv) or the workbook of the same run."
        raise ContentError(Fault(where, "has one figure a row: what adds up is not told.", mend))
    found = []
    for name, entry in _tables().items():
        titles = {_title(name, each): each for each in (*_words()["columns"], *entry["fields"])}
        columns = header if set(entry["fields"]) <= set(header) else _named(header, titles)
        if set(entry["fields"]) <= set(columns):
            found.append(Own(name, tuple(columns)))
    said = next((hit[1] for row in above for each in row if (hit := _RULES.search(each))), "")
    best = max(found, key=lambda each: len(_table(each.name)["fields"]), default=None)
    return best and replace(best, policy=said)


def parts(own: Own, file: str, body: Sequence[Sequence[str]], rules: Rules) -> Iterator[Tabled]:
    """Yield an empty table that says how some records of ours are read, then those in them.

    One for each list and what else parts them. ``rules``: those that were asked for; the policy
    that the records name goes before them.
    """
    yield Tabled(file, (), (), {}, said=(_read_so(own),))
    held: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in body:
        record = dict(zip(own.columns, row, strict=False))
        key = tuple(_without_empty(own, each, record.get(each, "")) for each in PARTED)
        held.setdefault(key, []).append(record)
    for key, rows in held.items():
        about = {name: value for name, value in zip(PARTED, key, strict=True) if value}
        found = _part(own, file, about, rows, _ruled(own, rows, rules))
        if found is not None and about.get("weight") not in FACTS:
            yield found


def _part(
    own: Own, file: str, about: Mapping[str, str], rows: Sequence[Mapping[str, str]], rules: Rules
) -> Tabled | None:
    """Return the table in the records of one list; None where nothing in them is a count."""
    counts = [name for name in own.counts if _any_count([row[name] for row in rows], rules)]
    claimed = {of: to for of, to in _whole(own, about).items() if {of, to} <= set(counts)}
    whole = {of: total for of, total in claimed.items() if _adds_up(rows, of, total, rules)}
    counts = [name for name in counts if name not in _whole(own, {}).values()]
    if not counts:
        return None
    cells = _cells(rows, counts, rules)
    labels = [_label(own, row) for row in rows]
    sums = {total: added for total, added in _sums(own).items() if {total, *added} <= set(counts)}
    if whole:
        labels.append(TOTAL)
    for of, total in whole.items():
        # Each row says the total; a table says it once, in a row of its own.
        said = cell(rows[0][total], rules)
        cells |= {} if said is None else {(len(rows), counts.index(of)): said}
    return Tabled(
        ", ".join((file, *about.values())),
        tuple(labels),
        tuple(_called(name, about) for name in counts),
        cells,
        row_sums={len(rows): tuple(range(len(rows)))} if whole else {},
        column_sums={
            counts.index(total): tuple(map(counts.index, added)) for total, added in sums.items()
        },
        said=tuple(
            f"'{of}' does not add up to '{total}': some are in none of its rows"
            for of, total in claimed.items()
            if of not in whole
        ),
    )


def _cells(
    rows: Sequence[Mapping[str, str]], counts: Sequence[str], rules: Rules
) -> dict[tuple[int, int], Cell]:
    """Return what each record says of each count."""
    return {
        (at, column): found
        for at, row in enumerate(rows)
        for column, name in enumerate(counts)
        if (found := cell(row[name], rules)) is not None
    }


def _adds_up(rows: Sequence[Mapping[str, str]], of: str, total: str, rules: Rules) -> bool:
    """Return whether the counts of records can add up to the total that each of them says."""
    parts = [found for row in rows if (found := cell(row[of], rules)) is not None]
    whole = cell(rows[0][total], rules)
    least, most = sum(each.low for each in parts), sum(each.high for each in parts)
    return whole is not None and least <= whole.high and whole.low <= most


def _any_count(texts: Sequence[str], rules: Rules) -> bool:
    """Return whether some texts are counts or hidden, and none is anything else."""
    try:
        found = [cell(each, rules) for each in texts]
    except ValueError:
        return False
    return any(each is not None for each in found)


def _called(name: str, about: Mapping[str, str]) -> str:
    """Return a name that is the same for the same people in every table."""
    of = about.get("list") or about.get("weight")
    inside = f" in {about['set']}" if about.get("set") else ""
    return f"{name} of {of}{inside}" if of else name


def _label(own: Own, row: Mapping[str, str]) -> str:
    """Return what a record is called: its words before the first figure."""
    names = []
    for name in own.columns:
        if not _is_words(own.name, name):
            break
        if name not in PARTED and row[name]:
            names.append(row[name])
    return ", ".join(dict.fromkeys(names))


def _ruled(own: Own, rows: Sequence[Mapping[str, str]], asked: Rules) -> Rules:
    """Return the rules of the policy that records name; those asked for where it is not ours."""
    name = own.policy or rows[0].get(POLICY, "")
    if name not in definitions.names("policies"):
        return asked
    policy = definitions.policy(name)
    widens = policy.repair == WIDEN and policy.base > 1
    # Under a policy that shows exact counts others are hidden to protect the small ones.
    return Rules(policy.threshold, policy.base, policy.base == 1, WIDER if widens else ())


def _read_so(own: Own) -> str:
    """Return in words how a table of ours is read."""
    adds = [f"'{of}' adds up to '{total}'" for of, total in _whole(own, {}).items()]
    adds += [f"'{total}' is the sum of {len(added)} others" for total, added in _sums(own).items()]
    summed = f"; in each list {' and '.join(adds)}" if adds else ""
    counts = f"counts: {', '.join(own.counts)}" if own.counts else "counts nobody"
    return f"our own table '{own.name}', {counts}{summed}"


def _whole(own: Own, about: Mapping[str, str]) -> dict[str, str]:
    """Return the columns that add up over the rows, each with the column that says to what."""
    overlap = about.get("level") in NO_WHOLE
    return {} if overlap else dict(_table(own.name).get("whole", {}))


def _sums(own: Own) -> dict[str, list[str]]:
    return dict(_table(own.name).get("sums", {}))


@cache
def _words() -> dict[str, Any]:
    return definitions.toml(FILE)


def _tables() -> dict[str, Any]:
    return {name: each for name, each in _words()["tables"].items() if each.get("fields")}


def _table(name: str) -> dict[str, Any]:
    entry: dict[str, Any] = _words()["tables"][name]
    return entry


def _entry(table: str, column: str) -> dict[str, Any]:
    """Return the words of a column; none of one that is named by a client list."""
    special = _table(table).get("columns", {}).get(column, {})
    return {**_words()["columns"].get(column, {}), **special}


def _is_words(table: str, column: str) -> bool:
    return column == POLICY or _entry(table, column).get("kind") == "text"


def _without_empty(own: Own, column: str, value: str) -> str:
    """Return a value; "" for the word that stands for none in a workbook."""
    return "" if value == _entry(own.name, column).get("empty") else value


def _title(table: str, column: str) -> str:
    return str(_entry(table, column).get("title", column))


def _named(header: Sequence[str], titles: Mapping[str, str]) -> tuple[str, ...]:
    """Return the columns that titles stand for; one that is not known is named by a client list."""
    return tuple(titles.get(each, each) for each in header)
