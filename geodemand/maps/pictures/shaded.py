"""What the page shades areas by, read from the page's own data: same figures, classes, colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from geodemand.maps.frame import frame
from geodemand.maps.layers import areas
from geodemand.maps.pictures import figures

if TYPE_CHECKING:
    from geodemand.core.disclosure import Policy, Release, Value
    from geodemand.maps.scene import Scene

CLASS, ZERO, NO_FIGURE, WITHHELD = "class", "zero", "none", "withheld"
# How an area is drawn, and its class where it is in one.
Look: TypeAlias = tuple[str, int]


@dataclass(frozen=True)
class Shaded:
    """One list's figures of one measure in one geography, and the classes that shade them.

    ``title``, ``unit``: of the measure. ``style``: how a figure is written. ``fixed``: the classes
    are the same on every map. ``breaks``: lower limits of the classes above the lowest.
    """

    geography: str
    subject: str
    measure: str
    title: str
    unit: str
    style: str
    fixed: bool
    values: tuple[Value, ...]
    breaks: tuple[float, ...] = ()
    colours: tuple[str, ...] = ("#ffffff",)

    @property
    def decimals(self) -> int:
        """Return how many decimals its figures are written with."""
        return figures.digits(self.style, self.values)

    def written(self, value: float) -> str:
        """Return one of its figures as text."""
        return figures.written(self.style, value, self.decimals)

    def said(self, value: Value) -> str:
        """Return a figure as text, "withheld", or "" where there is none."""
        if isinstance(value, int | float):
            return self.written(float(value))
        return "withheld" if value is not None else ""

    def looks(self) -> list[Look]:
        """Return how each area is drawn."""
        return [self._look(value) for value in self.values]

    def _look(self, value: Value) -> Look:
        if isinstance(value, int | float):
            over = sum(float(value) >= limit for limit in self.breaks)
            return (ZERO, 0) if value == 0 else (CLASS, over)
        return (NO_FIGURE if value is None else WITHHELD), 0

    def classes(self) -> list[tuple[int, str, int]]:
        """Return the classes of the key: number, words, and how many areas are in it.

        A class without areas is left out, unless it is the same on every map.
        """
        within = [self._within(place) for place in range(len(self.colours))]
        if self.fixed:
            spans = [
                figures.fixed_span(self.style, self.breaks, place) for place in range(len(within))
            ]
            return [(place, spans[place], len(own)) for place, own in enumerate(within)]
        ends = [(min(own), max(own)) for own in within if own]
        decimals = figures.apart(self.style, ends, self.decimals)
        return [
            (place, figures.span(self.style, min(own), max(own), decimals), len(own))
            for place, own in enumerate(within)
            if own
        ]

    def _within(self, place: int) -> list[float]:
        """Return the figures in a class."""
        return [
            float(value)
            for value, look in zip(self.values, self.looks(), strict=True)
            if isinstance(value, int | float) and look == (CLASS, place)
        ]


def shaded(release: Release, scene: Scene) -> dict[tuple[str, str, str], Shaded]:
    """Return all that areas can be shaded by: by geography, list and measure."""
    page: Any = areas.layer(release, scene, frame(scene))
    found = {}
    for geography, own in zip(scene.shaded, page["shaded"], strict=True):
        for subject, held in zip(page["subjects"], own["figures"], strict=True):
            for measure in (each for each in page["measures"] if each["shades"]):
                view = held.get(measure["key"])
                key = (geography.name, subject["name"], measure["key"])
                found[key] = Shaded(
                    *key,
                    *(measure[name] for name in ("title", "unit", "style", "fixed")),
                    *((None,) * len(geography),) if view is None else (),
                    *(tuple(view[name]) for name in ("values", "breaks", "colours") if view),
                )
    return found


def heat_words(breaks: Sequence[float]) -> list[str]:
    """Return the classes of a heat surface in words.

    >>> heat_words((0.5, 1.0, 20.0))
    ['0.5 to 1', '1 to 20', '20 and over']
    """
    limits = [figures.limit(each) for each in breaks]
    return [f"{low} to {high}" for low, high in pairwise(limits)] + [
        f"{last} and over" for last in limits[-1:]
    ]


def because(policy: Policy) -> str:
    """Return why a figure is withheld, in a few words."""
    if not policy.threshold:
        return "to protect people"
    return f"1 to {policy.threshold} clients, or hidden to protect others"
