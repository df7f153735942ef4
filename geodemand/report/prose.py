"""Sentences that every report holds: where figures come from, and how they are protected."""

from __future__ import annotations

from dataclasses import dataclass

from geodemand.core import sentences
from geodemand.core.disclosure import Policy, Release
from geodemand.report.about import About
from geodemand.version import __version__


@dataclass(frozen=True)
class Statement:
    """One line of what a report says of itself: a term, and the words behind it."""

    term: str
    words: str


def statements(release: Release, about: About) -> list[Statement]:
    """Return source, date, policy and match rate of a report, in the order of reading."""
    policy = release.policy
    found = [
        Statement("Source", about.source or "Not stated in the project file."),
        Statement("Date", about.date or "Not stated in the project file."),
        Statement("Rows placed", " ".join(match_rates(release)) or "No list was read."),
        Statement("Rules for small numbers", policy_words(policy)),
    ]
    if policy.reason:
        found.append(Statement("Reason for exact figures", policy.reason))
    if about.contact:
        found.append(Statement("Contact", about.contact))
    return [*found, Statement("Made with", f"geodemand {__version__}")]


def match_rates(release: Release) -> list[str]:
    """Return how many rows of each list were placed; nothing where no ledger was released."""
    ledger = release.tables.get("ledger")
    return sentences.of_ledger(ledger) if ledger is not None and len(ledger) else []


def policy_words(policy: Policy) -> str:
    """Return under which rules figures are shown."""
    return f"Policy “{policy.name}” ({policy.title}). {policy.explanation}"
