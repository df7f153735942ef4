"""The map's file, read back by somebody who wants to know more: every figure of people in it.

Exact counts are made here anew, by pandas and shapely, from the client lists as they are on disk.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import map_file
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from geodemand.cli import main
from tests import conftest

# The policy `public`: counts of 1 to 7 are hidden, others go to the nearest 5.
THRESHOLD, BASE = 7, 5
WEST, SOUTH = 600_000, 250_000


@dataclass(frozen=True)
class County:
    """``exact``: clients by list, geography and code."""

    page: map_file.Json
    exact: dict[tuple[str, str, str], int]
    postcodes: int


def exact_counts(folder: Path, lists: dict[str, str], areas: dict[str, str]) -> dict:
    known = pd.read_csv(next(folder.rglob("postcodes.csv")), dtype=str)
    known = known[known["easting"].notna()]
    known.index = known["postcode"].str.replace(" ", "")
    points = shapely.points(known["easting"].astype(float), known["northing"].astype(float))
    tree = shapely.STRtree(points)
    placed = {}
    for name, file in lists.items():
        rows = pd.read_csv(folder / file, dtype=str)
        rows["postcode"] = rows["postcode"].str.upper().str.replace(r"[^A-Z0-9]", "", regex=True)
        own = rows[rows["postcode"].isin(known.index)].drop_duplicates(rows.columns[0])
        placed[name] = own["postcode"].value_counts().reindex(known.index, fill_value=0).to_numpy()
    found = {}
    for geography, boundaries in areas.items():
        features = json.loads((folder / boundaries).read_text("utf-8"))["features"]
        by_code = {each["properties"]["code"]: each["geometry"] for each in features}
        shapes = [shapely.from_geojson(json.dumps(by_code[code])) for code in sorted(by_code)]
        area, point = tree.query(shapes, predicate="intersects")
        # A border belongs to the area with the smaller code.
        where = pd.Series(area).groupby(point).min()
        for name, clients in placed.items():
            counts = np.bincount(where, weights=clients[where.index], minlength=len(shapes))
            for code, count in zip(sorted(by_code), counts.astype(int).tolist(), strict=True):
                found[name, geography, code] = count
    return found


def mapped(folder: Path, project: Path, *options: str) -> map_file.Json:
    """Draw the map of a project by the usual command; return the data of its file."""
    out = str(folder / "map.html")
    asked = ["map", "--project", str(project), "--no-release", "--out", out, *options]
    result = CliRunner(catch_exceptions=False).invoke(main, asked)
    assert result.exit_code == 0, result.output
    return map_file.blocks(Path(out).read_text(encoding="utf-8"))


def made_up(folder: Path) -> County:
    """The whole made-up county, which stands in the repository."""
    root = Path(__file__).parents[2]
    lists = {each: f"clients/{each.lower()}.csv" for each in ("CYP", "ACS", "NEET", "families")}
    areas = {each: f"boundaries/{each}.geojson" for each in ("localities", "lsoa")}
    directory = pd.read_csv(root / "data/postcodes/postcodes.csv", dtype=str)
    live = directory[directory["terminated"].isna() & directory["easting"].notna()]
    page = mapped(folder, root / "geodemand.toml", "--together", "CYP+ACS")
    return County(page, exact_counts(root / "data", lists, areas), len(live))


PROJECT = conftest.PROJECT.replace('areas = ["localities"]', 'areas = ["localities", "teams"]')


def by_chance(folder: Path, seed: int) -> County:
    """A small county by chance: two geographies that cross, many small counts."""
    chance = np.random.default_rng(seed)
    size = 80
    spots = chance.uniform((WEST, SOUTH), (WEST + 4000, SOUTH + 3000), (size, 2)).round()
    names = [f"IP{n // 100 + 1} {n % 10}{'ABDEFGHJLN'[n // 10 % 10]}A" for n in range(size)]
    homes = chance.integers(20, 200, size)
    rows = zip(names, spots[:, 0], spots[:, 1], homes, strict=True)
    (folder / "postcodes.csv").write_text(
        "postcode,easting,northing,residents\n"
        + "".join(f"{name},{x:.0f},{y:.0f},{people}\n" for name, x, y, people in rows)
    )
    (folder / "segments.csv").write_text(
        "postcode,type\n" + "".join(f"{name},44\n" for name in names)
    )
    for file, mean in (("cyp.csv", chance.uniform(0.2, 3)), ("acs.csv", chance.uniform(0.1, 0.6))):
        counts = np.minimum(chance.poisson(mean * chance.pareto(1.5, size)), 40)
        at = np.repeat(names, counts)
        lines = "".join(f"{place},{home}\n" for place, home in enumerate(at))
        (folder / file).write_text("id,postcode\n" + lines)
    squares = {f"L{n:02}": box(n % 4 * 1000, n // 4 * 1000, 1000, 1000) for n in range(12)}
    quarters = {
        f"T{n}": box(n % 2 * 1700, n // 2 * 1300, 1700 + n % 2 * 600, 1300 + n // 2 * 400)
        for n in range(4)
    }
    for name, shapes in (("localities", squares), ("teams", quarters)):
        (folder / f"{name}.geojson").write_text(geojson(shapes))
    (folder / "geodemand.toml").write_text(PROJECT)
    lists = {"CYP": "cyp.csv", "ACS": "acs.csv"}
    areas = {name: f"{name}.geojson" for name in ("localities", "teams")}
    return County(
        mapped(folder, folder / "geodemand.toml"), exact_counts(folder, lists, areas), size
    )


def geojson(shapes: dict[str, shapely.Polygon]) -> str:
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": code},
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for code, shape in shapes.items()
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    return json.dumps({"type": "FeatureCollection", "crs": crs, "features": features})


@pytest.fixture(scope="module", params=["made up", *range(5)])
def county(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> County:
    folder = tmp_path_factory.mktemp("county")
    return made_up(folder) if request.param == "made up" else by_chance(folder, request.param)


def box(west: float, south: float, wide: float, high: float) -> shapely.Polygon:
    return shapely.box(WEST + west, SOUTH + south, WEST + west + wide, SOUTH + south + high)


@dataclass(frozen=True)
class Shown:
    """One list in one geography. ``figures``: by measure. ``whole``: the list's own total."""

    exact: list[int]
    figures: dict[str, dict[str, list[Any]]]
    residents: list[float]
    whole: float


def shown(county: County) -> Iterator[Shown]:
    areas = county.page["areas"]
    names = list(dict.fromkeys(geography for _, geography, _ in county.exact))
    drawn = county.page["geographies"]
    for place, subject in enumerate(areas["subjects"]):
        for geography, known, shaded in zip(names, drawn, areas["shaded"], strict=False):
            keys = [(subject["name"], geography, code) for code in known["codes"]]
            if keys[0] in county.exact:
                yield Shown(
                    [county.exact[key] for key in keys],
                    shaded["figures"][place],
                    shaded["residents"],
                    shaded["whole"][place].get("clients", "c"),
                )


def test_every_count_is_hidden_or_rounded_and_never_the_exact_one(county: County) -> None:
    seen = 0
    for each in shown(county):
        clients = each.figures["clients"]["values"]
        for exact, figure in zip(each.exact, clients, strict=True):
            if 0 < exact <= THRESHOLD:
                assert figure == "c"
            elif figure != "c":
                assert figure % BASE == 0
                assert (figure == 0) == (exact == 0)
            seen += 1
    assert seen > 10


def test_what_is_formed_from_a_count_says_no_more_than_the_count(county: County) -> None:
    for each in shown(county):
        clients = each.figures["clients"]["values"]
        for name, measure in each.figures.items():
            for part in ("values", "low", "high"):
                for figure, count in zip(measure.get(part, clients), clients, strict=True):
                    assert count != "c" or figure == "c" or figure is None, name
        rates = each.figures["rate"]["values"]
        for rate, count, people in zip(rates, clients, each.residents, strict=True):
            if isinstance(rate, int | float) and people:
                # Rates have one decimal: back from them comes the rounded count.
                assert rate * people / 1000 == pytest.approx(count, abs=0.051 * people / 1000)


def test_no_hidden_count_comes_out_of_a_total_and_the_others(county: County) -> None:
    half = BASE / 2
    for each in shown(county):
        clients = each.figures["clients"]["values"]
        hidden = [place for place, figure in enumerate(clients) if figure == "c"]
        if not hidden or each.whole == "c":
            continue
        low = np.array([1 if f == "c" else max(f - half, 0) * (f > 0) for f in clients])
        most = np.array([each.whole + half if f == "c" else f + half * (f > 0) for f in clients])
        for place in hidden:
            least = max(low[place], each.whole - half - (most.sum() - most[place]))
            highest = min(most[place], each.whole + half - (low.sum() - low[place]))
            assert np.floor(highest) - np.ceil(least) >= 2, (least, highest, each.exact[place])


def test_no_other_number_of_people_is_in_the_file(county: County) -> None:
    """Of all numbers that tell of people, none is anything but a multiple of the base."""
    page = county.page
    counts = [
        *map_file.numbers(
            [each.get("clients") for g in page["areas"]["shaded"] for each in g["whole"]]
        ),
        *map_file.numbers(
            [each["clients"]["values"] for g in page["areas"]["shaded"] for each in g["figures"]]
        ),
        *map_file.numbers(page["profile"]["clients"] if "profile" in page else []),
        *map_file.numbers(page["ledger"]["columns"]),
    ]
    said = " ".join(page["words"]["sentences"]) + page["words"]["title"]
    counts += [
        float(number.replace(",", ""))
        for pair in re.findall(r"([\d,]+) of ([\d,]+)|([\d,]+) clients", said)
        for number in pair
        if number
    ]
    assert len(counts) > 10
    assert {count for count in counts if count % BASE} == set()


def test_places_are_those_of_the_directory_whoever_lives_there(county: County) -> None:
    page = county.page
    parts = page["dots"]["parts"]
    assert sum(len(map_file.unpacked(part["x"])) for part in parts) == county.postcodes
    assert all(sorted(part) == ["box", "kinds", "sets", "x", "y"] for part in parts)
    assert sum(map_file.unpacked(page["postcodes"]["sizes"])) == county.postcodes
    assert sum(map_file.unpacked(page["dots"]["cells"]["postcodes"])) == county.postcodes
    for surface in page.get("surfaces", []):
        assert set(map_file.unpacked(surface["classes"])) <= set(range(10))
        assert not {"values", "counts"} & set(surface)


def test_what_is_planted_is_found(county: County) -> None:
    """The tests above fail on a page that gives a count away."""
    planted = copy.deepcopy(county)
    each = next(each for each in shown(planted) if "c" in each.figures["clients"]["values"])
    clients = each.figures["clients"]["values"]
    place = clients.index("c")
    clients[place] = each.exact[place]
    with pytest.raises(AssertionError):
        test_every_count_is_hidden_or_rounded_and_never_the_exact_one(planted)
    with pytest.raises(AssertionError):
        test_no_other_number_of_people_is_in_the_file(planted)
    clients[place] = "c"
    each.figures["rate"]["values"][place] = 1.5
    with pytest.raises(AssertionError):
        test_what_is_formed_from_a_count_says_no_more_than_the_count(planted)
