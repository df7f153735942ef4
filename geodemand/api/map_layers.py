"""What the map's layers need of a study, each as the project asks for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import unescape

import numpy as np
import shapely

from geodemand.api.hubs import parse_relation
from geodemand.api.map_reading import in_sentence, titles_of
from geodemand.api.shared import clipped, study_area
from geodemand.core import catchments, rate_surface, surface, tally, together
from geodemand.core.areas import Rate
from geodemand.core.coterminosity import Pair, Relation
from geodemand.core.disagreement import disagreement
from geodemand.core.disclosure import Policy, Surface
from geodemand.core.geography import NOWHERE, Geography
from geodemand.core.rate_surface import Ground, Smoothed
from geodemand.core.tally import Clients
from geodemand.core.together import Together
from geodemand.errors import Fault, UsageError
from geodemand.io import basemap
from geodemand.io.study import Study
from geodemand.maps.classes import METHODS, given_limits
from geodemand.maps.scene import Background, PostcodeDots, SegmentKey, Shading, Tiles
from geodemand.project import MapEntry, Project
from geodemand.suggest import did_you_mean

RATE, DENSITY, NO_SURFACE = "rate", "density", "none"
SURFACES = (RATE, DENSITY, NO_SURFACE)
# How far a background reaches beyond the study area, as a share of its longer side.
MARGIN = 0.05


@dataclass(frozen=True)
class Asked:
    """What a project asks of its map, checked. ``differences``: pairs of geographies by name."""

    shading: Shading
    combined: tuple[Together, ...]
    surface: str
    differences: tuple[tuple[str, str, Relation], ...]
    catchments: dict[str, float]

    @property
    def areas(self) -> tuple[str, ...]:
        """Return the geographies that the differences are between."""
        return tuple(name for a, b, _ in self.differences for name in (a, b))


def asked(project: Project) -> Asked:
    """Return what [map] of a project asks for; raise UsageError for what there is not."""
    from geodemand.maps.measures import MEASURES  # its colours come from a slow library
    from geodemand.maps.palettes import AMOUNTS

    entry = project.map
    shades = [each.key for each in MEASURES if each.classes is not None]
    _one_of(entry.measure, shades, "measure")
    _one_of(entry.surface, SURFACES, "surface")
    _one_of(entry.palette, tuple(AMOUNTS), "palette")
    if entry.classes not in METHODS and given_limits(entry.classes) is None:
        mend = "Write quantile, natural, or limits that go up: 10,20,50."
        raise UsageError(Fault("classes", f"'{entry.classes}' is no way to form classes.", mend))
    if entry.tiles:
        _check_address(entry.tiles)
    differ = []
    for text in entry.differences:
        found = parse_relation(text)
        if found.relation is Relation.INSIDE:
            mend = "Write A,B,same or A,B,nests (A nests in B)."
            raise UsageError(Fault("differences", f"'{text}' names no two geographies.", mend))
        differ.append((found.a, found.b, found.relation))
    return Asked(
        Shading(entry.measure, entry.classes, entry.palette),
        together.named(entry.together, tuple(project.clients)),
        entry.surface,
        tuple(differ),
        _reaches(entry),
    )


def _one_of(word: str, known: Sequence[str], option: str) -> None:
    if word not in known:
        hint = did_you_mean(word, known) or f"Known: {', '.join(known)}."
        raise UsageError(Fault(option, f"'{word}' is none that the map has.", hint))


def _check_address(address: str) -> None:
    """Raise UsageError for what is no plain address of tiles: it goes into the page's policy."""
    plain = re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d+)?/[A-Za-z0-9._~/?=&%{}@-]*", address)
    lacks = [part for part in ("{z}", "{x}", "{y}") if part not in address]
    if not plain or lacks:
        mend = "Write https://tiles.example.org/{z}/{x}/{y}.png."
        raise UsageError(Fault("tiles", f"'{address[:80]}' is no address of tiles.", mend))


def _reaches(entry: MapEntry) -> dict[str, float]:
    """Return by sites how far they reach, metres; 0: to where another is nearer."""
    found = {}
    for name, said in entry.catchments.items():
        text = str(said).strip()
        try:
            metres = 0.0 if text == catchments.NEAREST else float(text)
        except ValueError:
            metres = np.nan
        if text != catchments.NEAREST and not 0 < metres < np.inf:
            mend = f"Write {name}=nearest, or metres: {name}=2000."
            raise UsageError(Fault("catchments", f"'{text}' is no catchment.", mend))
        found[name] = metres
    return found


@dataclass(frozen=True)
class Layers:
    """Makes the layers of one map out of a study. ``shaded``: the geographies with figures."""

    project: Project
    found: Study
    asked: Asked
    shaded: tuple[Geography, ...]
    _smoothed: dict[Rate, list[Smoothed]] = field(default_factory=dict, init=False)

    @cached_property
    def land(self) -> shapely.Geometry:
        """Return all of the study area: where the project says within, else the shaded areas."""
        return study_area(self.project, self.found) or catchments.land_of(self.shaded[0])

    @cached_property
    def _whose(self) -> list[Clients]:
        """Return the clients of each list and of each combination of lists."""
        clients = list(self.found.clients)
        own = {each.name: each for each in clients}
        added = self.asked.combined
        return [*clients, *(tally.joined(e.name, [own[name] for name in e.lists]) for e in added)]

    def surfaces(self, rate: Rate, policy: Policy) -> tuple[Surface, ...]:
        """Return the surface of each list and each combination of lists."""
        if self.asked.surface == NO_SURFACE:
            return ()
        bounds = shapely.total_bounds(np.concatenate([each.shapes for each in self.shaded]))
        extent = surface.Extent(*(float(edge) for edge in bounds))
        places = self.found.places
        if self.asked.surface == DENSITY:
            return tuple(
                surface.heat_surface(
                    *(each.name, places.x[each.places], places.y[each.places]),
                    *(each.counts, extent, policy),
                )
                for each in self._whose
            )
        ground = Ground(extent, places, rate, self.shaded[0])
        if rate not in self._smoothed:  # a release that is made again has the same ones
            wide = self.project.map.bandwidth_m
            self._smoothed[rate] = [
                rate_surface.smoothed(each, ground, policy, wide) for each in self._whose
            ]
        return tuple(
            rate_surface.classed(each, ground, policy, found)
            for each, found in zip(self._whose, self._smoothed[rate], strict=True)
        )

    def background(self) -> Background:
        """Return what lies beneath the figures, the user's own tiles among it.

        Raises UnreadableFileError or GeographyError where a file of tiles is of no use here.
        """
        entry = self.project.map
        area = study_area(self.project, self.found)
        lines = tuple(clipped(self.found.geographies[name], area) for name in entry.context)
        pictures: tuple[basemap.Part, ...] = ()
        credit = entry.background
        if entry.basemap:
            west, south, east, north = shapely.bounds(self.land).tolist()
            wide = MARGIN * max(east - west, north - south)
            bounds = (west - wide, south - wide, east + wide, north + wide)
            most = entry.basemap_beside_mb or entry.basemap_mb
            found = basemap.read(entry.basemap, bounds, int(most * 1e6))
            pictures, credit = found.parts, credit or plain_text(found.credit)
        tiles = Tiles(entry.tiles) if entry.tiles else None
        return Background(self.land, lines, pictures, tiles, credit)

    def catchments(self) -> tuple[Geography, ...]:
        """Return for each kind of sites asked for what is nearest to each, or within its reach."""
        titles = titles_of(self.project)
        found = []
        for name, metres in self.asked.catchments.items():
            sites = replace(self.found.sites[name], name=in_sentence(titles[name]))
            found.append(
                catchments.within(sites, metres, self.land)
                if metres
                else catchments.nearest(sites, self.land)
            )
        return tuple(found)

    def differences(self) -> tuple[Geography, ...]:
        """Return for each pair of geographies asked for the areas in which they disagree."""
        area = study_area(self.project, self.found)
        known = self.found.geographies
        pairs = [
            Pair(clipped(known[a], area), clipped(known[b], area), relation)
            for a, b, relation in self.asked.differences
        ]
        width = self.project.hubs.width_m
        titles = titles_of(self.project)
        return tuple(disagreement(pair, self.found.places, width, titles) for pair in pairs)


def dots(found: Study) -> PostcodeDots | None:
    """Return the postcodes of the base with their category: reference data, no client."""
    if found.segmentation is None:
        return None
    scheme, finest = found.segmentation.scheme, found.segmentation.finest
    base = np.flatnonzero(found.places.base)
    segment = found.places.segment[base]
    top = np.append(scheme.positions(finest, scheme.levels[0]), NOWHERE)
    members = [
        (chosen.name, np.append(scheme.members(chosen, finest), False)[segment])
        for chosen in found.segmentation.sets
    ]
    codes = scheme.codes(scheme.levels[0])
    return PostcodeDots(
        found.places.x[base],
        found.places.y[base],
        top[segment],
        tuple(SegmentKey(code, scheme.label(scheme.levels[0], code)) for code in codes),
        tuple((name, np.flatnonzero(member)) for name, member in members),
    )


def plain_text(markup: str) -> str:
    """Return the words of a credit line, which archives of tiles write as HTML."""
    return " ".join(unescape(re.sub("<[^>]*>", " ", markup)).split())
