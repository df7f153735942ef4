"""What a map draws besides the protected figures: shapes, sites, reference postcodes and words.

Nothing here is about a client. Figures about people come with the `Release` that is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import shapely

    from geodemand.core.disclosure import FloatArray, IntArray
    from geodemand.core.geography import Geography, Sites
    from geodemand.io.basemap import Part


@dataclass(frozen=True)
class SegmentKey:
    """One entry of the segment layer's key, such as category 5, "Hard Pressed"."""

    code: str
    name: str


@dataclass(frozen=True)
class PostcodeDots:
    """Reference postcodes and the kind of neighbourhood of each: no counts, no clients.

    ``x``, ``y``: metres, EPSG:27700. ``segment``: index into ``key``, -1 where it has none.
    ``highlights``: named sets, each with the positions (indices into x, y) of its postcodes.
    """

    x: FloatArray
    y: FloatArray
    segment: IntArray
    key: tuple[SegmentKey, ...]
    highlights: tuple[tuple[str, IntArray], ...] = ()


@dataclass(frozen=True)
class ListDate:
    """When a list was taken, and the series that it is one date of (its own name without one)."""

    series: str
    day: date | None = None


@dataclass(frozen=True)
class Bookmark:
    """A view to go to: a name and a box in metres (EPSG:27700): west, south, east, north."""

    name: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class PostcodeIndex:
    """Postcodes that the search knows, all of the directory's base, and where they are: no counts.

    ``texts``: without a space. ``x``, ``y``: metres, EPSG:27700.
    """

    texts: tuple[str, ...]
    x: FloatArray
    y: FloatArray


@dataclass(frozen=True)
class Reading:
    """What helps a reader. All of it may be empty: then names stand as they are.

    ``titles``: of geographies and sites by name, for readers. ``labels``: who is on a list.
    ``dates``: by list. ``town``: the first of the places, such as the county town.
    """

    titles: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, ListDate] = field(default_factory=dict)
    town: Bookmark | None = None
    bookmarks: tuple[Bookmark, ...] = ()
    postcodes: PostcodeIndex | None = None


@dataclass(frozen=True)
class Tiles:
    """A tile server that the page may ask: its address with {z}, {x} and {y} (web Mercator)."""

    address: str
    most_zoom: int = 19

    @property
    def host(self) -> str:
        """Return scheme and host, which the page's content policy lets it ask."""
        scheme, _, rest = self.address.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"


@dataclass(frozen=True)
class Background:
    """What lies beneath the figures. ``land``: all of the study area. ``lines``: faint boundaries.

    ``pictures`` and ``tiles``: the user's own map, and ``credit``: whose it is. ``beside``: the
    folder beside the page in which all pictures but the coarsest are; "" where the page has all.
    """

    land: shapely.Geometry | None = None
    lines: tuple[Geography, ...] = ()
    pictures: tuple[Part, ...] = ()
    tiles: Tiles | None = None
    credit: str = ""
    beside: str = ""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return where the page may ask for pictures: a server that was named, its own folder."""
        server = (self.tiles.host,) if self.tiles else ()
        return (*server, "'self'") if self.files else server

    @property
    def files(self) -> dict[int, str]:
        """Return the file of each picture that is beside the page, by its place in pictures."""
        parts = self.pictures if self.beside else ()
        fine = [(place, each) for place, each in enumerate(parts) if each.level]
        return {
            place: f"{self.beside}/{each.level}-{number}.{each.kind}"
            for number, (place, each) in enumerate(fine)
        }


@dataclass(frozen=True)
class Logo:
    """A picture on top of the map, a PNG, and what it says in words; both may be empty."""

    picture: bytes = b""
    words: str = ""


@dataclass(frozen=True)
class Shading:
    """How areas are shaded: the measure shown at first, and how its classes are formed.

    ``classes``: "quantile", "natural", or the lower limits of the classes above the lowest, as
    "10, 20, 50", which are of this measure only. ``palette``: the colours of an amount.
    """

    measure: str = "rate"
    classes: str = "quantile"
    palette: str = "blue-green"


@dataclass(frozen=True)
class Scene:
    """Everything that a map shows apart from its release.

    ``title``: the finding, one sentence. ``subtitle``: stands under it where nothing is shaded;
    else the page says there what it shows. ``note``, ``marking``, ``source``: as the project file
    gives them, may be empty. ``shaded``: geographies whose areas carry figures (rows of the
    release's table "areas"). ``outlines``: boundaries only. ``lists``: client list names in order.
    ``rate``: what the column "rate" is, for example "clients per 1,000 residents".
    ``catchments``: what each site of a kind has nearest. ``differences``: where two geographies
    disagree.
    """

    title: str
    subtitle: str
    note: str
    marking: str
    source: str
    lists: tuple[str, ...]
    rate: str
    shaded: tuple[Geography, ...]
    outlines: tuple[Geography, ...] = ()
    sites: tuple[Sites, ...] = ()
    place_names: Sites | None = None
    dots: PostcodeDots | None = None
    reading: Reading = field(default_factory=Reading)
    shading: Shading = Shading()
    background: Background = Background()
    catchments: tuple[Geography, ...] = ()
    differences: tuple[Geography, ...] = ()
    logo: Logo = Logo()
