"""The nearest known name to a mistyped one, for messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "Did you mean 'x'?", or an empty string where nothing is near.

    >>> did_you_mean("clinets", ["clients", "areas"])
    "Did you mean 'clients'?"
    """
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"Did you mean '{near[0]}'?" if near else ""
