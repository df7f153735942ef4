"""The statement of a release on one page: rules, what was hidden and lost, who made it of what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np
from markupsafe import Markup

from geodemand.core import losses, packed
from geodemand.core.losses import Loss
from geodemand.core.published import Published
from geodemand.core.quotes import listed
from geodemand.report import page
from geodemand.report.plain import plain
from geodemand.version import __version__

CLIENTS = "clients"
MARKING = "OFFICIAL-SENSITIVE: for the organisation, not for publication"


class Entry(Protocol):
    """A release as the ledger holds it; see `geodemand.io.releases.Entry`."""

    id: str
    date: str
    by: str
    command: str
    title: str
    policy: Mapping[str, Any]
    options: Mapping[str, Any]
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    withheld: Mapping[str, Mapping[str, int]]
    figures: tuple[Mapping[str, Any], ...]
    withdrawn: str


@dataclass(frozen=True)
class Hidden:
    """A hidden count, over which places, and what it keeps."""

    what: str
    where: str
    values: str


def html(entry: Entry, *, internal: bool) -> str:
    """Return the statement as one HTML file that contacts nobody."""
    style = Markup(page.own("page.css"))  # noqa: S704 - a file of ours
    template = page.environment().get_template("statement.html")
    return template.render(
        **_told(entry, internal), style=style, content_policy=page.CONTENT_POLICY
    )


def markdown(entry: Entry, *, internal: bool) -> str:
    """Return the statement as Markdown; texts from data stand in it as they are, on one line."""
    template = page.environment(escaped=False).get_template("statement.md")
    told = _told(entry, internal)
    return template.render(**told, cell=_cell).rstrip("\n") + "\n"


def _told(entry: Entry, internal: bool) -> dict[str, Any]:  # noqa: FBT001 - of this module
    published = [(held, _unpacked(held)) for held in entry.figures]
    lost = [losses.loss(each, internal=internal) for _, each in published]
    return {
        "entry": entry,
        "internal": internal,
        "marking": MARKING if internal else "",
        "lost_by": _lost_by(published, internal),
        "finding": _finding(entry, lost),
        "any_number": _any_number(entry, [each for _, each in published]),
        "lost": [each for each in lost if each.figures],
        "inputs": [each for each in entry.inputs if internal or not _is_list(each)],
        "lists": [each for each in entry.inputs if _is_list(each)],
        "hidden": [_hidden(held, each, kept) for held, each in published
                   for kept in losses.kept(each)] if internal else [],
        "version": __version__,
        "when": _when(entry.date),
    }  # fmt: skip


def _when(date: str) -> str:
    """Return an entry's second in words.

    >>> _when("2026-04-01T09:05:00+00:00")
    '1 April 2026, 09:05 UTC'
    """
    found = datetime.fromisoformat(date)
    return f"{found.day} {found:%B %Y, %H:%M} UTC"


def _lost_by(published: list[tuple[Mapping[str, Any], Published]], internal: bool) -> str:  # noqa: FBT001 - of this module
    """Return what the losses were measured on."""
    if internal and all(each.true_loss is not None for _, each in published):
        return "Measured on the true counts, each figure once."
    return (
        "Worked out from what is published, so it tells no more: a hidden count is taken at the "
        "middle of what it may be, a rounded one as off by any of its interval alike."
    )


def _finding(entry: Entry, lost: list[Loss]) -> str:
    """Return in a sentence what a reader should know first."""
    figures, hidden = sum(each.figures for each in lost), sum(each.hidden for each in lost)
    if not figures:
        return "No count of people was published."
    threshold = entry.policy["threshold"]
    audited = (
        "An audit found each of them, and each small difference of areas, to keep at least three "
        "possible values."
    )
    return (
        f"Of {figures:,} counts, {hidden:,} of 1 to {threshold} people, or that others would have "
        f"given away, are hidden; {figures - hidden:,} are shown. {audited}"
    )


def _any_number(entry: Entry, published: Sequence[Published]) -> str:
    """Return of which lists a c was taken for any number, for who reads what was proven."""
    named = [each.what for each in published if each.any_number]
    if not named:
        return ""
    threshold = entry.policy["threshold"]
    return (
        f"Of {listed(named)} larger counts are hidden as well, and look the same: nobody can tell "
        f"which c is 1 to {threshold}, and the audit took each for any number of people from 1. "
        "Who knows which of them are small may know more."
    )


def _is_list(file: Any) -> bool:  # noqa: ANN401 - a File of io
    return str(file.role).startswith(CLIENTS)


def _unpacked(held: Mapping[str, Any]) -> Published:
    keys = packed.postcodes_of(held)
    return packed.unpacked(held, keys, np.arange(len(keys)))


def _hidden(held: Mapping[str, Any], published: Published, kept: losses.Kept) -> Hidden:
    keys = packed.postcodes_of(held)
    classes = published.sums.members[kept.figure] // published.kinds
    places = np.flatnonzero(np.isin(published.place_class, classes))
    most = f"{kept.high:,.0f}" if np.isfinite(kept.high) else "any number"
    return Hidden(
        kept.what, packed.words([keys[at] for at in places]), f"{kept.low:,.0f} to {most}"
    )


def _cell(value: object) -> str:
    """Return a text that stands in one cell of a table."""
    return plain(str(value)).replace("|", "\\|").replace("\n", " ")


FORMATS: Mapping[str, Callable[..., str]] = {".html": html, ".md": markdown}
