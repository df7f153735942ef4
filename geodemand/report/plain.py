"""Texts from data as files can hold them: plain, short enough, or made into a name."""

from __future__ import annotations

import re
import unicodedata

# Halves of a pair (a JSON file may name areas by one), and the two that XML knows as no character.
_NO_CHARACTER = re.compile("[\ud800-\udfff\ufffe\uffff]")
MOST_LETTERS = 80


def slug(*parts: str) -> str:
    """Return a name for a file or an id from words of any kind.

    >>> slug("index", "Hard Pressed", "../é")
    'index-hard-pressed-e'
    """
    folded = unicodedata.normalize("NFKD", " ".join(parts)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", folded.casefold())[:MOST_LETTERS].strip("-") or "chart"


def whole(text: str) -> str:
    r"""Return a text without halves of characters and what is no character, which no file holds.

    >>> whole("a\ud800b\uffff")
    'a?b?'
    """
    return _NO_CHARACTER.sub("?", text)


def plain(text: str) -> str:
    """Return a text without what no picture or page can hold: control characters too."""
    return "".join(" " if unicodedata.category(each) == "Cc" else each for each in whole(text))


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many letters; the table beside the chart has all of it."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
