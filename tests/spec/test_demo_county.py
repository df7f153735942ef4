"""The made-up county holds the figures of the case study, by computation, and behaves as one."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geodemand import demo

DATA = Path(__file__).parents[2] / "data"
HARD_PRESSED = set(range(44, 55))
HDF = {44, 46, 48, 49, 51}
SERVICES = ("cyp", "acs", "neet")
Files = dict[str, bytes]
Frames = dict[str, pd.DataFrame]

COVERAGES = (
    "county",
    "localities",
    "hub_areas",
    "social_care",
    "health",
    "school_partnerships",
    "districts",
    "lsoa",
    "oa",
)


@pytest.fixture(scope="module")
def county() -> Files:
    return demo.files()


@pytest.fixture(scope="module")
def directory(county: Files) -> pd.DataFrame:
    frame = table(county, "postcodes/postcodes.csv")
    types = table(county, "segments/acorn.csv")
    frame["type"] = frame["postcode"].map(types.set_index("postcode")["type"]).astype(int)
    frame["key"] = frame["postcode"].map(clean)
    frame["live"] = frame["terminated"] == ""
    frame["placed"] = frame["easting"] != ""
    return frame


@pytest.fixture(scope="module")
def base(directory: pd.DataFrame) -> pd.DataFrame:
    return directory[directory["live"] & directory["placed"]]


@pytest.fixture(scope="module")
def clients(county: Files, directory: pd.DataFrame) -> Frames:
    """Placed clients of each list, once each, with what the directory knows of their postcode."""
    placed = directory[directory["placed"]].set_index("key").drop(columns="postcode")
    found = {}
    for name in (*SERVICES, "families"):
        frame = table(county, f"clients/{name}.csv")
        frame["key"] = frame["postcode"].map(clean)
        once = frame[frame["key"].isin(placed.index)].drop_duplicates(frame.columns[0])
        found[name] = once.join(placed, on="key")
    return found


@pytest.fixture(scope="module")
def layers(county: Files) -> Frames:
    return {
        name.split("/")[1].split(".")[0]: features(content)
        for name, content in county.items()
        if name.endswith(".geojson")
    }


def table(county: Files, name: str) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(county[name]), dtype=str, keep_default_na=False)


def features(content: bytes) -> pd.DataFrame:
    collection = json.loads(content)
    rows = [feature["properties"] for feature in collection["features"]]
    frame = pd.DataFrame(rows)
    frame["shape"] = [shape(feature["geometry"]) for feature in collection["features"]]
    return frame


def clean(written: str) -> str:
    return "".join(letter for letter in written.upper() if letter.isalnum())


def points(frame: pd.DataFrame) -> np.ndarray:
    return shapely.points(frame["easting"].astype(int), frame["northing"].astype(int))


def width(piece: BaseGeometry) -> float:
    return 2 * shapely.maximum_inscribed_circle(piece, tolerance=0.5).length


def mismatches(one: pd.DataFrame, other: pd.DataFrame) -> list[tuple[str, BaseGeometry]]:
    """Pieces of each area that the area of the same name leaves out, with their names."""
    pairs = one.merge(other, on="name", suffixes=("", "_other"), validate="one_to_one")
    assert len(pairs) == len(one)
    return [
        (row.name, piece)
        for row in pairs.itertuples(index=False)
        for piece in shapely.get_parts(row.shape.difference(row.shape_other))
        if piece.area > 0
    ]


# --- the figures ---


def test_the_base_is_that_of_the_case_study(base: pd.DataFrame) -> None:
    assert len(base) == 24_495
    assert base["type"].isin(HARD_PRESSED).sum() == 2_327
    assert base["type"].isin(HDF).sum() == 1_052


@pytest.mark.parametrize(
    ("name", "types", "share", "index"),
    [
        ("cyp", HARD_PRESSED, 38, 400),
        ("acs", HARD_PRESSED, 24, 253),
        ("neet", HARD_PRESSED, 32, 337),
        ("families", HARD_PRESSED, 50, 526),
        ("cyp", HDF, 23, 535),
        ("acs", HDF, 8, 186),
        ("neet", HDF, 20, 465),
        ("families", HDF, 46, 1_071),
        ("acs", HARD_PRESSED - HDF, 16, 308),
        ("families", HARD_PRESSED - HDF, 4, 77),
    ],
)
def test_shares_and_indices_come_out(
    base: pd.DataFrame, clients: Frames, name: str, types: set[int], share: int, index: int
) -> None:
    part = clients[name]["type"].isin(types).mean()
    assert round(100 * part) == share
    assert round(100 * part / base["type"].isin(types).mean()) == index


def test_one_in_two_of_the_families_is_in_hard_pressed_postcodes(clients: Frames) -> None:
    families = clients["families"]
    counts = families["type"].value_counts()
    assert len(families) == 50
    assert families["live"].all()
    assert counts[counts.index.isin(HARD_PRESSED)].sum() == 25
    assert counts[counts.index.isin(HDF)].sum() == 23
    assert counts[counts.index.isin(HDF)].max() >= 7
    assert counts[counts.index.isin(HDF)].min() <= 3
    assert counts[~counts.index.isin(HDF)].max() <= 2


def test_all_three_services_meet_in_as_many_postcodes_as_published(
    base: pd.DataFrame, clients: Frames
) -> None:
    hard = set(base.loc[base["type"].isin(HARD_PRESSED), "key"])
    for name in SERVICES:
        hard &= set(clients[name]["key"])
    assert len(hard) == 102


def test_the_lists_are_of_a_county_s_size(clients: Frames) -> None:
    assert 4_500 < len(clients["cyp"]) < 5_500
    assert 7_500 < len(clients["acs"]) < 8_500
    assert 1_000 < len(clients["neet"]) < 1_400


def test_types_are_those_of_the_scheme_that_the_case_study_names(directory: pd.DataFrame) -> None:
    assert set(directory["type"]) == set(range(1, 55))


def test_need_gathers_in_two_estates_and_one_small_market_town(
    clients: Frames, base: pd.DataFrame, layers: Frames
) -> None:
    """Of the Hard Pressed postcodes, and of the young clients in them, most are in three places."""
    places = layers["places"].set_index("name")["shape"]
    reach = {"Millsedge": 1500, "Kite Estate": 1300, "Pellingham": 1300}
    near = shapely.union_all([places[name].buffer(far) for name, far in reach.items()])
    hard = base[base["type"].isin(HARD_PRESSED)]
    young = clients["cyp"][clients["cyp"]["type"].isin(HDF)]
    assert shapely.intersects(points(hard), near).mean() > 0.4
    assert shapely.intersects(points(young), near).mean() > 0.7


# --- the directory ---


def test_the_directory_is_sorted_and_names_each_postcode_once(directory: pd.DataFrame) -> None:
    assert directory["postcode"].is_monotonic_increasing
    assert directory["key"].is_unique
    assert directory["postcode"].str.fullmatch(r"SF[1-9]\d? \d[ABD-HJLNP-UW-Z]{2}").all()


def test_some_postcodes_have_ended_and_a_few_are_nowhere(directory: pd.DataFrame) -> None:
    assert 1_200 <= (~directory["live"]).sum() <= 1_400
    assert (~directory["placed"]).sum() == 6
    assert directory.loc[~directory["placed"], "live"].all()
    ended = directory[~directory["live"]]
    assert (ended["introduced"] < ended["terminated"]).all()
    assert ended["terminated"].str.fullmatch(r"(19|20)\d\d(0[1-9]|1[0-2])").all()


def test_postcodes_are_of_a_real_county_s_size(base: pd.DataFrame) -> None:
    households, residents = base["households"].astype(int), base["residents"].astype(int)
    assert 12 <= households.mean() <= 14
    assert 27 <= residents.mean() <= 31
    assert households.skew() > 0.5
    assert households.min() >= 1


def test_every_postcode_lies_in_the_one_block_that_it_names(
    directory: pd.DataFrame, layers: Frames
) -> None:
    placed = directory[directory["placed"]]
    blocks = layers["oa"]
    where = points(placed)
    rows, homes = shapely.STRtree(blocks["shape"].to_numpy()).query(where, predicate="intersects")
    assert len(rows) == len(placed)
    assert len(set(rows)) == len(placed)
    order = np.argsort(rows)
    assert (blocks["code"].to_numpy()[homes[order]] == placed["oa"].to_numpy()).all()


def test_blocks_nest_in_lsoas_and_those_in_districts(directory: pd.DataFrame) -> None:
    placed = directory[directory["placed"]]
    assert not placed[["oa", "lsoa"]].drop_duplicates()["oa"].duplicated().any()
    assert not placed[["lsoa", "district"]].drop_duplicates()["lsoa"].duplicated().any()
    assert placed["district"].nunique() == 7


def test_the_county_lies_in_open_sea(layers: Frames) -> None:
    west, south, east, north = layers["county"]["shape"].iloc[0].bounds
    assert west > 660_000
    assert east < 740_000
    assert south > 230_000
    assert north < 300_000


# --- the boundaries ---


@pytest.mark.parametrize("name", COVERAGES)
def test_each_geography_is_free_of_gaps_and_overlaps(layers: Frames, name: str) -> None:
    shapes = layers[name]["shape"].to_numpy()
    assert shapely.is_valid(shapes).all()
    assert {piece.geom_type for piece in shapes} == {"Polygon"}
    assert shapely.coverage_is_valid(shapes)
    assert shapely.union_all(shapes).equals(layers["county"]["shape"].iloc[0])
    assert layers[name]["code"].is_unique
    assert layers[name]["name"].is_unique


def test_there_are_as_many_areas_as_the_services_have(layers: Frames) -> None:
    for name in ("localities", "hub_areas", "hubs", "social_care", "health", "districts"):
        assert len(layers[name]) == 7
    assert 28 <= len(layers["school_partnerships"]) <= 35
    assert 420 <= len(layers["lsoa"]) <= 460
    assert 2_300 <= len(layers["oa"]) <= 2_500


def test_each_hub_stands_in_its_own_locality(layers: Frames) -> None:
    hubs = layers["hubs"].merge(layers["localities"], left_on="locality", right_on="code")
    assert shapely.contains(hubs["shape_y"], hubs["shape_x"]).all()


def test_social_care_differs_from_the_localities_only_by_hairlines(
    layers: Frames, base: pd.DataFrame, clients: Frames
) -> None:
    pieces = [piece for _, piece in mismatches(layers["localities"], layers["social_care"])]
    assert len(pieces) > 50
    assert max(width(piece) for piece in pieces) < 20
    hair = shapely.union_all(pieces)
    shapely.prepare(hair)
    assert 1 <= shapely.intersects(points(base), hair).sum() <= 8
    inside = sum(shapely.intersects(points(clients[name]), hair).sum() for name in SERVICES)
    assert 2 <= inside <= 40


def test_health_really_differs_in_two_places(layers: Frames, clients: Frames) -> None:
    pieces = mismatches(layers["localities"], layers["health"])
    real = {name: piece for name, piece in pieces if width(piece) >= 20}
    assert set(real) == {"Sarrowford East", "Brackenstow"}
    assert sum(width(piece) >= 20 for _, piece in pieces) == 2
    assert 300 < real["Sarrowford East"].area / 10_000 < 1_500
    moved = [
        sum(shapely.intersects(points(clients[name]), piece).sum() for name in SERVICES)
        for piece in (real["Sarrowford East"], real["Brackenstow"])
    ]
    assert moved[0] > 150
    assert moved[1] > 20


def test_school_partnerships_nest_in_localities_but_for_two(layers: Frames) -> None:
    localities = layers["localities"]["shape"].to_numpy()
    touched = [
        sum(piece.intersection(locality).area > 1 for locality in localities)
        for piece in layers["school_partnerships"]["shape"]
    ]
    assert sorted(touched) == [1] * (len(touched) - 2) + [2, 2]


def test_hub_areas_are_made_of_whole_partnerships(layers: Frames) -> None:
    areas = layers["hub_areas"]["shape"].to_numpy()
    for piece in layers["school_partnerships"]["shape"]:
        assert sum(area.contains(piece) for area in areas) == 1


def test_larger_areas_are_made_of_whole_lsoas(layers: Frames) -> None:
    for name in ("localities", "districts", "school_partnerships", "hub_areas"):
        areas = layers[name]["shape"].to_numpy()
        tree = shapely.STRtree(areas)
        held, _ = tree.query(layers["lsoa"]["shape"].to_numpy(), predicate="covered_by")
        assert sorted(held) == list(range(len(layers["lsoa"])))


def test_coordinates_are_whole_metres_of_the_national_grid(county: Files) -> None:
    for name, content in county.items():
        if name.endswith(".geojson"):
            collection = json.loads(content)
            assert collection["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::27700"
            assert content.count(b"\n") == len(collection["features"]) + 2
            shapes = [shape(feature["geometry"]) for feature in collection["features"]]
            corners = shapely.get_coordinates(shapes)
            assert (corners == np.round(corners)).all()


# --- the lists ---


@pytest.mark.parametrize("name", SERVICES)
def test_a_few_per_cent_of_the_rows_are_as_lists_are(
    county: Files, directory: pd.DataFrame, clients: Frames, name: str
) -> None:
    rows = table(county, f"clients/{name}.csv")
    keys = rows["postcode"].map(clean)
    known = keys.isin(directory["key"])
    assert 0.03 < 1 - len(clients[name]) / len(rows) < 0.06
    untidy = known & ~rows["postcode"].isin(directory["postcode"])
    assert 0.02 < untidy.mean() < 0.06
    assert 0.01 < (~clients[name]["live"]).mean() < 0.02
    assert rows["client_id"].duplicated().any()
    assert (rows["postcode"] == "").any()
    assert (rows["postcode"] == "BFPO 57").any()
    assert keys.str.startswith("ZZ99").any()
    assert keys.str.fullmatch(r"SF\d+").any()
    assert keys.str.fullmatch(r"(EF|GC|JA|WB)\d+[A-Z]{2}").any()
    assert (keys.str.fullmatch(r"SF\d{2,3}[A-Z]{2}") & ~known).any()
    assert keys.str.contains(r"^5F|^SF\d*[OIS]", regex=True).any()


@pytest.mark.parametrize(
    ("name", "low", "high"), [("cyp", 0, 17), ("acs", 18, 101), ("neet", 16, 18)]
)
def test_ages_dates_and_teams_are_those_of_the_service(
    county: Files, layers: Frames, name: str, low: int, high: int
) -> None:
    rows = table(county, f"clients/{name}.csv")
    assert rows["age"].astype(int).between(low, high).all()
    assert rows["referral_date"].between("2012-04-01", "2013-03-31").all()
    teams = {f"{locality} Hub Team" for locality in layers["localities"]["name"]}
    assert set(rows["team"]) == teams


def test_the_two_rows_of_one_person_mean_the_same_postcode(county: Files) -> None:
    for name in SERVICES:
        rows = table(county, f"clients/{name}.csv")
        rows["key"] = rows["postcode"].map(clean)
        assert not rows[["client_id", "key"]].drop_duplicates()["client_id"].duplicated().any()


# --- the files ---


def test_the_county_is_the_same_every_time(county: Files) -> None:
    assert demo.files() == county


def test_the_repository_holds_exactly_what_the_demo_writes(county: Files) -> None:
    stored = {
        file.relative_to(DATA).as_posix(): file.read_bytes()
        for name in ("boundaries", "clients", "postcodes", "segments")
        for file in (DATA / name).rglob("*")
        if file.is_file() and file.name not in {".gitkeep", ".gitignore"}
    }
    assert stored == county
    project = Path(demo.__file__).with_name("geodemand.toml")
    assert (DATA.parent / "geodemand.toml").read_text() == project.read_text()


def test_files_are_plain_and_small(county: Files) -> None:
    for content in county.values():
        assert b"\r" not in content
        assert content.endswith(b"\n")
        assert not content.startswith(b"\xef\xbb\xbf")
    assert len(county["boundaries/oa.geojson"]) <= 700_000
    assert sum(len(content) for content in county.values()) <= 4_500_000


def test_no_figure_of_the_case_study_is_written_in_the_program() -> None:
    """They come out of the mix; a figure put in by hand would prove nothing."""
    for file in Path(demo.__file__).parent.iterdir():
        if file.suffix in {".py", ".csv"} and file.name not in {"coast.csv", "places.csv"}:
            text = file.read_text(encoding="utf-8").replace("_", "")
            for figure in ("24495", "2327", "1052", "0.095", "0.38", "0.0429", " 102"):
                assert figure not in text, (file.name, figure)
