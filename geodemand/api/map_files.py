"""The map as files: the page, pictures for papers, and layers for QGIS and other programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from geodemand.api.maps import MapOptions, map_parts
from geodemand.api.shared import Progress, silent
from geodemand.report import formats
from geodemand.report.about import About

if TYPE_CHECKING:
    from geodemand.core.disclosure import Release
    from geodemand.maps.pictures import Plate, Words
    from geodemand.maps.scene import Scene
    from geodemand.project import Project
    from geodemand.report.spatial import Drawn, Layer

Files = Mapping[str, bytes]
# Windows moves, copies and deletes a folder so named together with the page.
BESIDE = "_files"


@dataclass(frozen=True)
class Drawing:
    """What pictures show: ``lists``, ``shows`` (measures, heat, segments), ``zoom``, ``also``.

    ``two``: two maps a picture. Each may be empty: see `geodemand.maps.pictures.Asked`.
    """

    lists: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    zoom: str = ""
    also: tuple[str, ...] = ()
    two: bool = False


@dataclass(frozen=True)
class _Made:
    """What every format is made of, each part once. ``name``: what the files' names begin with."""

    project: Project
    release: Release
    scene: Scene
    drawing: Drawing
    name: str
    plates: list[Plate] = field(default_factory=list)

    @property
    def about(self) -> About:
        return About.of(self.project, "map")

    def pictures(self) -> tuple[list[Plate], Words]:
        """Return the pictures asked for, and the words on each."""
        from geodemand.maps import pictures

        if not self.plates:
            drawing = self.drawing
            chosen = (drawing.lists, drawing.shows, drawing.zoom, drawing.also, drawing.two)
            asked = pictures.Asked(*chosen)
            self.plates.extend(pictures.chosen(self.release, self.scene, asked))
        return self.plates, words(self.release, self.scene, self.about)

    def layers(self, *, lines: bool) -> list[Layer]:
        """Return the protected layers; ``lines``: also boundaries without figures."""
        from geodemand.report import spatial

        scene = self.scene
        shaded = {each.name for each in scene.shaded}
        beside = (*scene.outlines, *scene.catchments, *scene.differences)
        more = [each for each in beside if lines and each.name not in shaded and len(each)]
        drawn: tuple[Drawn, ...] = (*scene.shaded, *more, *scene.sites)
        return spatial.layers(self.release, drawn, surfaces=True)


def map_files(
    project: Project,
    options: MapOptions | None = None,
    names: Sequence[str] = ("html",),
    drawing: Drawing | None = None,
    progress: Progress = silent,
    name: str = "map",
) -> dict[str, bytes]:
    """Return the files of a map by name: `html`, `png`, `svg`, `pdf`, `gpkg`, `geojson`, `parquet`.

    Pictures: one for each geography, list and measure asked for; in `pdf` a page each. Raises a
    GeodemandError for anything in files or options that the user can put right.
    """
    _, found = released_files(project, options, names, drawing, progress, name)
    return found


def released_files(
    project: Project,
    options: MapOptions | None,
    names: Sequence[str],
    drawing: Drawing | None,
    progress: Progress = silent,
    name: str = "map",
) -> tuple[Release, dict[str, bytes]]:
    """Return the release behind the files of a map, and the files; see `map_files`."""
    check_installed(names)
    release, scene = map_parts(project, options or MapOptions(), progress)
    made = _Made(project, release, scene, drawing or Drawing(), name)
    found: dict[str, bytes] = {}
    for each in dict.fromkeys(names):
        progress("page" if each == "html" else each)
        found |= FORMATS[each](made)
    return release, found


def check_installed(names: Sequence[str]) -> None:
    """Raise UsageError, before any work is done, for formats whose library is missing."""
    formats.check_installed(names, NEEDS)


def words(release: Release, scene: Scene, about: About) -> Words:
    """Return what stands on every picture: marking, source, date, match rate, rules."""
    from geodemand.maps.frame import frame
    from geodemand.maps.layers import ledger
    from geodemand.maps.pictures import Words
    from geodemand.maps.pictures.figures import written

    policy = release.policy
    stated = (
        ("Source", scene.source or about.source),
        ("Background", scene.background.credit if scene.background.pictures else ""),
        ("Date", about.date),
    )
    said = " ".join(f"{term}: {text.rstrip('.')}." for term, text in stated if text)
    held: Any = ledger.layer(release, scene, frame(scene))
    rates = [
        f"{name} {'at least ' if rate['least'] else ''}{written('share', rate['share'], 0)}"
        for name, rate in zip(scene.lists, held["placed"] if held else (), strict=False)
        if rate is not None
    ]
    placed = f"Rows placed: {', '.join(rates)}." if rates else ""
    reason = f" Reason: {policy.reason.rstrip('.')}." if policy.reason else ""
    rules = f"Policy: {policy.title} ({policy.name}). {policy.explanation}{reason}"
    drawn = "British National Grid; boundaries are simplified to what the sheet can show."
    first = " ".join(part for part in (said, placed, drawn) if part)
    return Words(
        markings=tuple(dict.fromkeys(each for each in (policy.marking, scene.marking) if each)),
        foot=tuple(part for part in (scene.note, first, rules) if part),
        logo=scene.logo.picture,
    )


def _html(made: _Made) -> Files:
    from geodemand.maps import document  # folium is slow to import

    scene, folder = made.scene, f"{made.name}{BESIDE}"
    if made.project.map.basemap_beside_mb:
        scene = replace(scene, background=replace(scene.background, beside=folder))
    pictures, files = scene.background.pictures, scene.background.files
    page = {f"{made.name}.html": document.render(made.release, scene).encode()}
    return page | {file: pictures[place].data for place, file in files.items()}


def _png(made: _Made) -> Files:
    from geodemand.maps import pictures

    return _each(made, "png", pictures.png)


def _svg(made: _Made) -> Files:
    from geodemand.maps import pictures

    return _each(made, "svg", pictures.svg)


def _each(made: _Made, suffix: str, draw: Callable[[Plate, Words], bytes]) -> Files:
    """Return a file a picture; one alone is named as the map is."""
    from geodemand.report.plain import slug

    plates, said = made.pictures()
    if len(plates) == 1:
        return {f"{made.name}.{suffix}": draw(plates[0], said)}
    found: dict[str, bytes] = {}
    for plate in plates:
        name, number = slug(*plate.name), 2
        while f"{made.name}-{name}.{suffix}" in found:
            name, number = f"{slug(*plate.name)}-{number}", number + 1
        found[f"{made.name}-{name}.{suffix}"] = draw(plate, said)
    return found


def _pdf(made: _Made) -> Files:
    from geodemand.maps import pictures

    plates, said = made.pictures()
    return {f"{made.name}.pdf": pictures.pdf(plates, said, made.scene.title)}


def _gpkg(made: _Made) -> Files:
    from geodemand.report import spatial
    from geodemand.report.spatial import styles

    found = made.layers(lines=True)
    scene = made.scene
    said = words(made.release, scene, made.about)
    about = " ".join((*(f"{each}." for each in said.markings), f"{scene.title}.", *said.foot))
    content = spatial.geopackage(found, about, styles.styles(made.release, scene, found))
    return {f"{made.name}.gpkg": content}


def _geojson(made: _Made) -> Files:
    from geodemand.report import spatial

    found = made.layers(lines=False)
    return {f"{made.name}-{each.name}.geojson": spatial.geojson(each) for each in found}


def _parquet(made: _Made) -> Files:
    from geodemand.report import spatial

    found = made.layers(lines=False)
    return {f"{made.name}-{each.name}.parquet": spatial.geoparquet(each) for each in found}


FORMATS: dict[str, Callable[[_Made], Files]] = {
    "html": _html,
    "png": _png,
    "svg": _svg,
    "pdf": _pdf,
    "gpkg": _gpkg,
    "geojson": _geojson,
    "parquet": _parquet,
}
# The library of the extra "report" that a format is made with.
NEEDS = {"png": "matplotlib", "svg": "matplotlib", "pdf": "pypdf"}
