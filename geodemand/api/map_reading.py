"""What helps the reader of a map: names in plain words, dates, views to go to, postcodes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodemand.errors import ContentError, Fault
from geodemand.maps.scene import Bookmark, ListDate, PostcodeIndex, Reading
from geodemand.suggest import did_you_mean

if TYPE_CHECKING:
    from geodemand.io.study import Study
    from geodemand.project import AreasEntry, Project, SitesEntry

# Written in capitals, whatever the project file does.
_SHORT = ("lsoa", "msoa", "oa", "dz", "iz", "gp", "ccg", "icb", "pcn", "lad", "mash", "nhs", "imd")
_SHORT_FORM = re.compile(rf"({'|'.join(_SHORT)})(s?[0-9]*)")
# A view of one point shows this much around it, metres; and a box of names, at least this.
_AROUND_M = 4_000.0
_TEXT_FORM = re.compile(r"^[A-Z]{1,2}[0-9][0-9A-Z]?[0-9][A-Z]{2}$")


def reading_of(project: Project, found: Study) -> Reading:
    """Return titles, dates, bookmarks and the search's postcodes of a project's map.

    Raises ContentError where a bookmark names what is not on the map.
    """
    return Reading(
        titles=titles_of(project),
        labels={name: entry.label for name, entry in project.clients.items() if entry.label},
        dates={
            name: ListDate(entry.series or name, entry.as_of)
            for name, entry in project.clients.items()
        },
        town=_town(project, found),
        bookmarks=_bookmarks(project, found),
        postcodes=_postcodes(found),
    )


def titles_of(project: Project) -> dict[str, str]:
    """Return how readers see geographies and sites called, by name."""
    named: dict[str, AreasEntry | SitesEntry] = {**project.areas, **project.sites}
    return {name: entry.title or titled(name) for name, entry in named.items()}


def titled(name: str) -> str:
    """Return a name of the project file in plain words.

    >>> titled("hub_areas"), titled("lsoas"), titled("oa11"), titled("Wards")
    ('Hub areas', 'LSOAs', 'OA11', 'Wards')
    """
    found = [(_SHORT_FORM.fullmatch(word), word) for word in name.replace("_", " ").split()]
    text = " ".join(short[1].upper() + short[2] if short else word for short, word in found)
    return text[:1].upper() + text[1:]


def in_sentence(title: str) -> str:
    """Return a title as it stands within a sentence.

    >>> in_sentence("Children's centres"), in_sentence("GP surgeries")
    ("children's centres", 'GP surgeries')
    """
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _bookmarks(project: Project, found: Study) -> tuple[Bookmark, ...]:
    """Return the project's views."""
    boxes = dict(_boxes(project, found))
    made, faults = [], []
    for name, said in project.map.bookmarks.items():
        wanted = (said,) if isinstance(said, str) else said
        unknown = [each for each in wanted if each not in boxes]
        faults += [_unknown(name, each, list(boxes)) for each in unknown]
        if wanted and not unknown:
            low, high = np.array([boxes[each] for each in wanted]).reshape(-1, 2, 2).swapaxes(0, 1)
            west, south = low.min(axis=0).tolist()
            east, north = high.max(axis=0).tolist()
            made.append(Bookmark(name, (west, south, east, north)))
    if faults:
        raise ContentError(*faults)
    return tuple(made)


def _town(project: Project, found: Study) -> Bookmark | None:
    places = found.sites.get(project.map.places)
    if not places or not places.names:
        return None
    x, y = float(places.x[0]), float(places.y[0])
    return Bookmark(places.names[0], (x - _AROUND_M, y - _AROUND_M, x + _AROUND_M, y + _AROUND_M))


def _unknown(bookmark: str, name: str, known: list[str]) -> Fault:
    mend = did_you_mean(name, known) or "Name a place, an area that is shaded, or a site."
    return Fault(f"map.bookmarks.{bookmark}", f"'{name}' is not on the map.", mend)


def _boxes(project: Project, found: Study) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Yield each name that a bookmark may hold and its box; places last, for they win."""
    for geography in found.geographies.values():
        if geography.drawn:
            bounds = shapely.bounds(geography.shapes).tolist()
            yield from zip(geography.names, map(tuple, bounds), strict=True)
    for sites in sorted(found.sites.values(), key=lambda each: each.name == project.map.places):
        for name, x, y in zip(sites.names, sites.x.tolist(), sites.y.tolist(), strict=True):
            yield name, (x - _AROUND_M, y - _AROUND_M, x + _AROUND_M, y + _AROUND_M)


def _postcodes(found: Study) -> PostcodeIndex:
    """Return the postcodes of the base, all of them: nothing here depends on a client."""
    base = np.flatnonzero(found.places.base)
    texts = found.keys(base)
    unit = np.array([bool(_TEXT_FORM.match(text)) for text in texts], dtype=bool)
    kept = unit & np.isfinite(found.places.x[base]) & np.isfinite(found.places.y[base])
    return PostcodeIndex(
        tuple(text for text, keep in zip(texts, kept.tolist(), strict=True) if keep),
        found.places.x[base][kept],
        found.places.y[base][kept],
    )
