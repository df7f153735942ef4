"""What `geodemand release compare` does and prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from geodemand.core import compared, packed
from geodemand.errors import DisclosureError, Fault
from geodemand.io import releases

if TYPE_CHECKING:
    from geodemand.core.compared import Compared
    from geodemand.io.releases import Entry

Rows = list[tuple[str, str, str, str]]


def run(folder: Path, names: tuple[str, str], *, as_json: bool) -> None:
    """Compare two releases, print what they give away, and leave with exit code 15 if they do."""
    entries = [releases.find(folder, name) for name in names]
    threshold = max(int(each.policy["threshold"]) for each in entries)
    found, rows = _compared(entries, threshold)
    if as_json:
        words = ("of", "places", "is", "because")
        told = [dict(zip(words, row, strict=True)) for row in rows]
        changed = [each.what for each in found if each.changed]
        click.echo(json.dumps({"told": told, "changed": changed}, ensure_ascii=False, indent=1))
    else:
        _show(entries, found, rows)
    if any(each.told for each in found):
        what = "counts of few people can be worked out from these two releases together."
        mend = "Withdraw one, if nobody has it; else say so to who looks after your data."
        raise DisclosureError(Fault(" and ".join(each.id for each in entries), what, mend))


def _compared(entries: list[Entry], threshold: int) -> tuple[list[Compared], Rows]:
    """Return what was found, and in words: what is counted, over which places, values, how."""
    first, second = ({str(held["what"]): held for held in entry.figures} for entry in entries)
    found, rows = [], []
    for what in [each for each in first if each in second]:
        keys = sorted({*packed.postcodes_of(first[what]), *packed.postcodes_of(second[what])})
        here = np.arange(len(keys))
        a, b = (packed.unpacked(held[what], keys, here) for held in (first, second))
        if a.kinds != b.kinds:
            continue
        each = compared.compare(a, b, threshold)
        found.append(each)
        zones = [*first[what]["zones"], *second[what]["zones"]]
        owner = [*["A"] * a.sums.size, *["B"] * b.sums.size]
        for told in each.told:
            values = str(told.low) if told.low == told.high else f"{told.low} or {told.high}"
            one, other = (f"{zones[n][:6]} of {owner[n]}" for n in (told.first, told.second))
            how = (
                "hidden: all figures together" if one == other else f"zone {one} less zone {other}"
            )
            rows.append((what, packed.words([keys[n] for n in told.places]), values, how))
        for one_, other_, low, high in each.net:
            values = f"{low:+}" if low == high else f"{low:+} or {high:+}"
            zone = f"zone {zones[one_][:6]}, from A to B"
            del other_
            rows.append((what, zone, values, "net change, as both are nearly exact"))
    return found, rows


def _show(entries: list[Entry], found: list[Compared], rows: Rows) -> None:
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    out = tables.console()
    attacked = sum(each.attacked for each in found)
    told = sum(len(each.told) for each in found)
    a, b = (f"{each.id} ({each.command})" for each in entries)
    said = [f"A is {a}, B is {b}."]
    if not found:
        said.append("They count nothing in common.")
    elif told:
        said.append(f"{told} of {attacked:,} counts that were attacked can be worked out.")
    else:
        said.append(
            f"None of {attacked:,} hidden counts and differences that were attacked can be worked "
            "out to fewer than three values."
        )
    said += [
        f"{each.what}: changed between the two, so that their figures cannot be subtracted as of "
        "the same people."
        for each in found
        if each.changed
    ]
    tables.say(out, said)
    out.print()
    if rows:
        headings = [
            Heading(word, figures=word == "is") for word in ("of", "where", "is", "because")
        ]
        tables.show(out, "What they give away together", headings, rows)
