"""The difference map: each mismatch of `hubs`, to be stepped through on one HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodemand.errors import Fault, GeographyError
from geodemand.maps import document
from geodemand.maps.scene import Scene

if TYPE_CHECKING:
    from geodemand.api.hubs_deeper import Inquiry
    from geodemand.core.disclosure import Release


def page(release: Release, inquiry: Inquiry) -> str:
    """Return the mismatches of a release on one page that opens without a network.

    Raises GeographyError where no pair has polygons: there is nothing to draw.
    """
    return document.render(release, scene(release, inquiry))


def scene(release: Release, inquiry: Inquiry) -> Scene:
    """Return the boundaries, places and words that the page shows beside the mismatches."""
    project, sites = inquiry.project, inquiry.found.sites
    drawn = [each.pair for each in inquiry.compared if each.pair.drawn]
    if not drawn:
        mend = "Give files of boundaries, or leave --map out."
        raise GeographyError(Fault("--map", "none of the pairs has polygons on both sides.", mend))
    geographies = {each.name: each for pair in drawn for each in (pair.a, pair.b)}
    pairs = [f"{pair.a.name} and {pair.b.name}" for pair in drawn]
    real = sum(kind == "real" for kind in release.tables["mismatches"].cells("kind"))
    return Scene(
        title=f"Where boundaries differ: {', '.join(pairs)}",
        subtitle=f"{real:,} real mismatches, and slivers of drawing apart from them",
        note=project.map.note,
        marking=project.map.marking or release.policy.marking,
        source=project.map.source,
        lists=(),  # nothing is shaded by a list: each mismatch says all of them
        rate="",
        shaded=(),
        outlines=tuple(geographies.values()),
        sites=tuple(each for name, each in sites.items() if name != project.map.places),
        place_names=sites.get(project.map.places),
    )
