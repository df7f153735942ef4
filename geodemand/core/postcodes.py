"""What a text in a postcode column is: its normal form and its kind.

Existence is the directory's word, never a pattern's. The patterns here only tell apart the ways
in which a text that no directory holds has gone wrong.
"""

from __future__ import annotations

import re
import string
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

CHARACTERS = string.ascii_uppercase + string.digits
INWARD_LENGTH = 3
LONGEST = 7

# Outward part as it may occur (area, district, perhaps a letter); inward part digit, two letters.
_OUTWARD = r"[A-Z]{1,2}[0-9][A-Z0-9]?"
_UNIT = re.compile(rf"{_OUTWARD}[0-9][A-Z]{{2}}")
_PARTIAL = re.compile(rf"(?:{_OUTWARD}|[A-Z]{{1,2}}[0-9]{{1,2}})[0-9]?")
_PSEUDO = re.compile(r"ZZ99[0-9A-Z]{0,3}")
_OTHERS = re.compile(rf"[^{CHARACTERS}]+")
_NON_GEOGRAPHIC = re.compile(r"(?:BFPO|BF[0-9]|BX[0-9]|GIR0AA|NPT).*")

# What eye and keyboard take for each other, letter by digit.
LETTERS, DIGITS = "OISBZ", "01582"


class Kind(StrEnum):
    """What kind of text stands where a postcode should be."""

    BLANK = "blank"
    PSEUDO = "pseudo"
    NON_GEOGRAPHIC = "nongeographic"
    PARTIAL = "partial"
    MALFORMED = "malformed"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it was understood: its kind and its key (normal form without a space)."""

    kind: Kind
    key: str


def key(text: str) -> str:
    """Return the normal form without its space: NFKC, letters and digits only, upper case.

    Letters of another script stay: dropped, the rest of the text could be another postcode.

    >>> key(" ip1-2ａb "), key("Ѕw1a 1aa").isascii()
    ('IP12AB', False)
    """
    if text.isascii():
        return _OTHERS.sub("", text.upper())
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(c for c in folded if c.isalnum())


def spaced(postcode_key: str) -> str:
    """Return the form for people, with a space before the last three characters.

    >>> spaced("IP12AB")
    'IP1 2AB'
    """
    if len(postcode_key) <= INWARD_LENGTH:
        return postcode_key
    return f"{postcode_key[:-INWARD_LENGTH]} {postcode_key[-INWARD_LENGTH:]}"


def read(text: str | None) -> Reading:
    """Return what kind of text this is and its key, by form alone.

    >>> [read(t).kind.value for t in ("", "zz99 3vz", "BFPO 57", "IP1 2", "N/K", "ip12ab")]
    ['blank', 'pseudo', 'nongeographic', 'partial', 'malformed', 'unit']
    """
    return of_key(key(text or ""))


def of_key(normal: str) -> Reading:
    """Return what kind of text has this normal form."""
    if not normal:  # a mark such as "-" or "?" stands for nothing too
        return Reading(Kind.BLANK, "")
    for kind, pattern in (
        (Kind.PSEUDO, _PSEUDO),
        (Kind.NON_GEOGRAPHIC, _NON_GEOGRAPHIC),
        (Kind.UNIT, _UNIT),
        (Kind.PARTIAL, _PARTIAL),
    ):
        if pattern.fullmatch(normal):
            return Reading(kind, normal)
    return Reading(Kind.MALFORMED, normal)


def area(postcode_key: str) -> str:
    """Return the postcode area, the letters in front: "IP" of "IP12AB"."""
    return re.match(r"[A-Z]*", postcode_key).group()  # type: ignore[union-attr]
