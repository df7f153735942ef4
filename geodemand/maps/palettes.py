"""Colours that readers with a colour vision deficiency can tell apart.

ColorBrewer's schemes as branca ships them; for kinds, the eight colours of Okabe and Ito (2008).
"""

from __future__ import annotations

import numpy as np
from branca.utilities import color_brewer

KINDS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#d55e00",
    "#56b4e9",
    "#7a6f00",
    "#4d4d4d",
)
_HEAT = ("Oranges", "Purples", "Greens", "Reds", "BuPu", "Greys")
_LEAST_SCHEME = 3


# Schemes for amounts by the name that a project file has: each is darker from class to class, so
# that it can be told apart without seeing colours at all.
USUAL = "blue-green"
AMOUNTS = {
    USUAL: "YlGnBu",
    "blue": "Blues",
    "purple": "Purples",
    "orange": "Oranges",
    "grey": "Greys",
    "viridis": "viridis",
}
_SHADES = 6


def amounts(classes: int, name: str = USUAL) -> tuple[str, ...]:
    """Return light to dark for an amount, without the scheme's lightest: that is near white."""
    scheme = color_brewer(AMOUNTS[name], max(_SHADES, classes + 1))
    scheme = (scheme[::-1] if name == "viridis" else scheme)[1:]
    picked = np.round(np.linspace(0, len(scheme) - 1, max(classes, 2))).astype(int)
    return tuple(scheme[i] for i in picked[-classes:])


def around_the_middle(below: int = 2, above: int = 2) -> tuple[str, ...]:
    """Return so many purples, pale at 100, and so many oranges above; darker farther off."""
    most = max(below, above, 1)
    scheme = tuple(reversed(color_brewer("PuOr", min(max(2 * most + 1, 5), 11))))
    middle = len(scheme) // 2
    purple = [scheme[middle - 1 - min(i, middle - 1)] for i in range(below)][::-1]
    orange = [scheme[middle + 1 + min(i, middle - 1)] for i in range(above)]
    return (*purple, scheme[middle], *orange)


def heat(place: int, classes: int) -> tuple[str, ...]:
    """Return the colours of a list's heat surface above its lowest, transparent class."""
    scheme = color_brewer(_HEAT[place % len(_HEAT)], max(classes + 1, _LEAST_SCHEME))
    return tuple(scheme[-classes:]) if classes else ()
