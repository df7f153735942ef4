"""A small made-up county for the map page: every kind of data that a page can hold.

Seven localities, thirty wards, 2,000 postcodes, three client lists, one of them at two dates.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import shapely

from geodemand.core.clusters import CLUSTERS
from geodemand.core.disclosure import (
    Facts,
    FloatArray,
    IntArray,
    Labels,
    People,
    Policy,
    Protected,
    Release,
    Surface,
    Table,
    protect,
    ratio,
    release,
    rounded,
    rounded_share,
)
from geodemand.core.geography import Geography, Sites, locate
from geodemand.maps.document import render
from geodemand.maps.scene import (
    Background,
    Bookmark,
    ListDate,
    Logo,
    PostcodeDots,
    PostcodeIndex,
    Reading,
    Scene,
    SegmentKey,
)

LISTS = ("Children", "Adult care", "NEET aged 16-18", "Children, a year before")
# Mean clients a postcode.
MEANS = (1.5, 0.5, 0.08, 1.2)
DATES = {
    LISTS[0]: ListDate(LISTS[0], date(2024, 3, 31)),
    LISTS[3]: ListDate(LISTS[0], date(2023, 3, 31)),
}
KINDS = ("Wealthy Achievers", "Urban Prosperity", "Comfortably Off", "Moderate Means")
HOSTILE = (
    "<img src=x onerror=\"window.broken='tag'\">",
    "{{7*7}}",
    "{% raw",
    "${window.broken='literal'}",
    "</script><script>window.broken='block'</script>",
    "`+(window.broken='tick')+`",
    "\"'>'\" onfocus=window.broken='quote' autofocus",
    "__proto__",
    "constructor",
    "<!--<script>",
    "&lt;b&gt;\u2028\u2029",
)
# One white pixel, a PNG.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsRmXNwAAAABJRU5ErkJggg=="
)
# A small made-up county ------------------------------------------------------------------------


def policy() -> Policy:
    return Policy(
        name="public",
        title="Public: small numbers hidden",
        threshold=7,
        base=5,
        share_decimals=0,
        large_base_decimals=1,
        large_base=4000,
        surface_bandwidth_m=500,
        surface_neighbours=10,
        surface_classes=6,
        area_clients=8,
        area_addresses=8,
        clients_listed=False,
        needs_reason=False,
        marking="",
        explanation="Counts from 1 to 7 are hidden and shown as c; others go to the nearest 5.",
    )


class County:
    """Seven localities, thirty wards, 2,000 postcodes, three lists."""

    def __init__(self, words: Callable[[str], str] = str) -> None:
        rng = np.random.default_rng(7)
        self.word = words
        outline = shapely.Point(640_000, 250_000).buffer(30_000).simplify(800)
        self.localities = self._split(outline, rng, 7, "Locality", "L")
        self.wards = self._split(outline, rng, 30, "Ward", "W")
        x, y = rng.normal(640_000, 14_000, 4000), rng.normal(250_000, 14_000, 4000)
        inside = np.flatnonzero(shapely.contains_xy(outline, x, y))[:2000]
        self.x, self.y = np.round(x[inside]), np.round(y[inside])
        self.segment = rng.integers(-1, len(KINDS), len(inside))
        self.homes = rng.integers(20, 60, len(inside))
        self.clients = [rng.poisson(mean, len(inside)) for mean in MEANS]

    def _split(
        self, outline: shapely.Geometry, rng: np.random.Generator, count: int, name: str, mark: str
    ) -> Geography:
        west, south, east, north = outline.bounds
        seeds = shapely.points(rng.uniform(west, east, count), rng.uniform(south, north, count))
        cells = shapely.get_parts(
            shapely.voronoi_polygons(shapely.union_all(seeds), extend_to=outline)
        )
        shapes = shapely.intersection(cells, outline)
        shapes = shapes[~shapely.is_empty(shapes)]
        codes = tuple(f"{mark}{place:02d}" for place in range(len(shapes)))
        names = tuple(self.word(f"{name} {place + 1}") for place in range(len(shapes)))
        return Geography(self.word(name), codes, names, shapes)

    def exact(self, geography: Geography, amounts: FloatArray) -> FloatArray:
        where = locate(geography, self.x, self.y)
        kept = where >= 0
        return np.bincount(where[kept], weights=amounts[kept], minlength=len(geography))

    def areas(self) -> Table:
        labels: dict[str, list[str]] = {each: [] for each in ("geography", "code", "name", "list")}
        facts: dict[str, list[float]] = {"postcodes": [], "residents": []}
        people: dict[str, list[Protected]] = {}
        for geography in (self.localities, self.wards):
            homes = self.exact(geography, self.homes)
            for name, clients in zip(LISTS, self.clients, strict=True):
                labels["geography"] += [geography.name] * len(geography)
                labels["code"] += geography.codes
                labels["name"] += geography.names
                labels["list"] += [self.word(name)] * len(geography)
                facts["postcodes"] += self.exact(geography, np.ones(len(self.x))).tolist()
                facts["residents"] += np.where(homes > 0, homes, np.nan).tolist()
                counts = protect(
                    People.alone("people", self.exact(geography, clients).astype(int)), policy()
                )
                for column, figures in self.figures(counts, homes, clients.sum()).items():
                    people.setdefault(column, []).append(figures)
        return Table(
            "areas",
            {
                **{name: Labels(tuple(values)) for name, values in labels.items()},
                **{name: Facts(np.array(values)) for name, values in facts.items()},
                **{name: joined(parts) for name, parts in people.items()},
            },
        )

    @staticmethod
    def figures(counts: Protected, homes: FloatArray, clients: int) -> dict[str, Protected]:
        total = protect(People.alone("people", np.array([clients])), policy())
        rate = ratio(counts, Protected(homes / 1000, np.zeros(len(homes), dtype=bool)))
        share = ratio(counts, float(total.values[0]))
        index = ratio(share, Protected(homes / homes.sum() / 100, np.zeros(len(homes), dtype=bool)))
        return {
            "clients": counts,
            "rate": rate,
            "share": rounded_share(share, counts, policy()),
            "index": rounded(index, 0),
            "index_low": rounded(Protected(index.values * 0.95, index.withheld), 0),
            "index_high": rounded(Protected(index.values * 1.05, index.withheld), 0),
        }

    def profile(self) -> Table:
        rows = [(each, level) for each in LISTS for level in ("category", "set")]
        kinds = [(each, level, kind) for each, level in rows for kind in range(len(KINDS))]
        size = len(kinds)
        known = np.zeros(size, dtype=bool)
        values = np.arange(size, dtype=float)
        return Table(
            "profile",
            {
                "list": Labels(tuple(self.word(each) for each, _, _ in kinds)),
                "level": Labels(tuple(level for _, level, _ in kinds)),
                "base": Labels(("postcodes",) * size),
                "segment": Labels(tuple(str(kind + 1) for _, _, kind in kinds)),
                "name": Labels(tuple(self.word(KINDS[kind]) for _, _, kind in kinds)),
                "clients": Protected(values * 5, known),
                "share": Protected(values / 100, known, 2),
                "base_share": Facts(values / 90, 2),
                "index": Protected(values + 90, known),
                "index_low": Protected(values + 80, known),
                "index_high": Protected(values + 102, known),
                "flag": Labels(tuple(self.word("small numbers") if i else None for i in values)),
            },
        )

    def ledger(self) -> Table:
        return Table(
            "ledger",
            {
                "list": Labels(tuple(self.word(each) for each in LISTS)),
                "rows": Facts(np.array([3100.0, 1040.0, 170.0, 2500.0])),
                "matched": Facts(np.array([2945.0, 1030.0, 165.0, 2400.0])),
                "repaired": Facts(np.zeros(4)),
                "terminated": Facts(np.array([62.0, 0.0, 0.0, 0.0])),
                "outside": Facts(np.array([93.0, 10.0, 5.0, 100.0])),
                "duplicate": Facts(np.zeros(4)),
            },
        )

    def surfaces(self) -> tuple[Surface, ...]:
        rows, columns = np.mgrid[0:60, 0:60]
        return tuple(
            Surface(
                self.word(name),
                np.clip(6 - np.hypot(rows - 20 - 9 * place, columns - 30) / 4, 0, 5).astype(
                    np.uint8
                ),
                610_000.0,
                280_000.0,
                1000.0,
                (0.5, 1.0, 2.0, 4.0, 8.0),
                500.0,
                neighbours=10,
            )
            for place, name in enumerate(LISTS)
        )

    def whole(self) -> Table:
        pairs = [(g, name) for g in (self.localities, self.wards) for name in LISTS]
        counts = protect(
            People.alone(
                "people", np.array([self.clients[LISTS.index(name)].sum() for _, name in pairs])
            ),
            policy(),
        )
        homes = Protected(
            np.full(len(pairs), self.homes.sum() / 1000), np.zeros(len(pairs), dtype=bool)
        )
        return Table(
            "whole",
            {
                "geography": Labels(tuple(g.name for g, _ in pairs)),
                "list": Labels(tuple(self.word(name) for _, name in pairs)),
                "clients": counts,
                "rate": rounded(ratio(counts, homes), 1),
            },
        )

    def release(self) -> Release:
        tables = {
            "areas": self.areas(),
            "whole": self.whole(),
            "profile": self.profile(),
            "ledger": self.ledger(),
        }
        return release(
            replace(policy(), title=self.word(policy().title)),
            tables,
            self.surfaces(),
            (self.word("Three figures are withheld."),),
        )

    def sites(self, name: str, count: int) -> Sites:
        rng = np.random.default_rng(count)
        return Sites(
            self.word(name),
            tuple(f"{name}{place}" for place in range(count)),
            tuple(self.word(f"{name} {place + 1}") for place in range(count)),
            rng.uniform(622_000, 658_000, count),
            rng.uniform(232_000, 268_000, count),
        )

    def dots(self, order: IntArray) -> PostcodeDots:
        segment = self.segment[order]
        key = tuple(SegmentKey(str(n + 1), self.word(name)) for n, name in enumerate(KINDS))
        in_set = (self.word("HDF"), np.flatnonzero(segment == 3))
        return PostcodeDots(self.x[order], self.y[order], segment, key, (in_set,))

    def postcodes(self, order: IntArray) -> PostcodeIndex:
        """Return a postcode for each position: MC1 1AA, MC1 1AB and so on."""
        letters = "ABCDEFGHIJ"
        texts = [
            f"MC{n // 500 + 1}{n // 100 % 5 + 1}{letters[n // 10 % 10]}{letters[n % 10]}"
            for n in range(len(self.x))
        ]
        return PostcodeIndex(tuple(texts[n] for n in order), self.x[order], self.y[order])

    def reading(self, order: IntArray) -> Reading:
        names = {"Locality": "Localities", "Ward": "Wards", "Hubs": "Family hubs"}
        return Reading(
            titles={self.word(name): self.word(title) for name, title in names.items()},
            labels={self.word(LISTS[1]): self.word("adults with a care plan")},
            dates={
                self.word(name): ListDate(self.word(each.series), each.day)
                for name, each in DATES.items()
            },
            town=Bookmark(self.word("Places 1"), (636_000, 246_000, 644_000, 254_000)),
            bookmarks=(Bookmark(self.word("The coast"), (645_000, 240_000, 665_000, 260_000)),),
            postcodes=self.postcodes(order),
        )

    def scene(self, order: IntArray | None = None) -> Scene:
        order = np.arange(len(self.x)) if order is None else order
        return Scene(
            title=self.word("Need is highest in Locality 3"),
            subtitle=self.word("Clients of three services, 31 March 2024"),
            note=self.word("Draft"),
            marking=self.word("OFFICIAL-SENSITIVE"),
            source=self.word("A made-up county"),
            lists=tuple(self.word(each) for each in LISTS),
            rate=self.word("clients per 1,000 residents"),
            shaded=(self.localities, self.wards),
            sites=(self.sites("Hubs", 5),),
            place_names=self.sites("Places", 40),
            dots=self.dots(order),
            reading=self.reading(order),
        )

    def everything(self) -> str:
        """Return a page with every kind of layer and every field filled."""
        third = self._split(
            shapely.union_all(self.localities.shapes), np.random.default_rng(5), 4, "Team", "T"
        )
        nearest = replace(third, name=self.word("Nearest hubs"))
        differ = replace(third, name=self.word("Where teams differ"))
        lines = replace(third, name=self.word("Old districts"))
        scene = replace(
            self.scene(),
            outlines=(third,),
            catchments=(nearest,),
            differences=(differ,),
            background=Background(
                shapely.union_all(self.localities.shapes), (lines,), credit=self.word("Drawn by us")
            ),
            logo=Logo(PIXEL, self.word("The county council")),
        )
        sealed = self.release()
        tables = {**sealed.tables, CLUSTERS: self.clusters()}
        return render(release(sealed.policy, tables, self.surfaces(), sealed.sentences), scene)

    def clusters(self) -> Table:
        known = np.zeros(2, dtype=bool)
        return Table(
            CLUSTERS,
            {
                "list": Labels((self.word(LISTS[0]),) * 2),
                "name": Labels((self.word("Pocket 1"), self.word("Pocket 2"))),
                "x": Facts(np.array([640_000.0, 650_000.0])),
                "y": Facts(np.array([250_000.0, 255_000.0])),
                "radius_m": Facts(np.array([1500.0, 800.0])),
                "observed": Protected(np.array([60.0, 40.0]), known),
                "expected": Protected(np.array([21.4, 12.0]), known, 1),
                "p": Protected(np.array([0.004, 0.03]), known, 3),
            },
        )

    def page(self) -> str:
        return render(self.release(), self.scene())


def joined(parts: list[Protected]) -> Protected:
    return Protected(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.withheld for part in parts]),
        parts[0].decimals,
    )
