"""Localities against social care and health areas with geopandas, as usually written.

Usage: hubs_geopandas.py pairs|mismatches DIRECTORY LOCALITIES SOCIAL_CARE HEALTH NAME=CLIENTS...

With "mismatches" it also lists the pieces off their area's partner, real ones apart from slivers.
"""

from __future__ import annotations

import json
import sys

import geopandas as gpd
import pandas as pd

NONE = "(none)"
TOLERANCE = 0.01
WIDTH_M = 20
# What arithmetic leaves where two lines are the same.
SCRAP_M2 = 0.01


def clean(postcodes: pd.Series) -> pd.Series:
    return postcodes.str.upper().str.replace("[^A-Z0-9]", "", regex=True)


def clients_by_postcode(path: str, directory: pd.DataFrame) -> pd.Series:
    """Count clients by postcode: those at a live one first, each client once."""
    clients = pd.read_csv(path, dtype=str, keep_default_na=False)
    clients["key"] = clean(clients["postcode"])
    found = clients.merge(directory["terminated"], left_on="key", right_index=True)
    found["ended"] = found["terminated"].notna()
    found = found.sort_values(["client_id", "ended", "postcode"]).drop_duplicates("client_id")
    return found.groupby("key").size()


def area_of(points: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """Return the code of the area of each point; on a border the smallest code."""
    joined = gpd.sjoin(points, areas[["code", "geometry"]], how="left", predicate="intersects")
    joined = joined.sort_values("code")
    return joined[~joined.index.duplicated()]["code"].fillna(NONE)


def direction(table: pd.DataFrame) -> dict[str, float]:
    """Return what lies off each row's main partner, from a table of weights with (none)."""
    rows = table.drop(index=NONE, errors="ignore")
    total = rows.sum(axis=1)
    off = total - rows.drop(columns=NONE, errors="ignore").max(axis=1)
    return {
        "total": float(total.sum()),
        "misplaced": float(off.sum()),
        "misplaced_share": float(off.sum() / total.sum()),
        "nested_units": int(((off <= TOLERANCE * total) & (total > 0)).sum()),
        "units": int((total > 0).sum()),
    }


def cut(a: str, b: str, layers: dict[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return the pieces of two geographies laid over each other, their codes and hectares."""
    left = layers[a][["code", "geometry"]].rename(columns={"code": a})
    right = layers[b][["code", "geometry"]].rename(columns={"code": b})
    pieces = gpd.overlay(left, right, how="union")
    pieces["area"] = pieces.area / 10_000
    pieces[[a, b]] = pieces[[a, b]].fillna(NONE)
    return pieces


def compare(
    a: str, b: str, pieces: gpd.GeoDataFrame, points: gpd.GeoDataFrame
) -> list[dict[str, object]]:
    """Return the figures of one pair of geographies, both ways, for every weight."""
    records = []
    for weight in ("area", *WEIGHTS, *NAMES):
        source = pieces if weight == "area" else points
        table = source.pivot_table(weight, a, b, aggfunc="sum", fill_value=0)
        for first, second, turned in ((a, b, table), (b, a, table.T)):
            records.append({"a": first, "b": second, "weight": weight, **direction(turned)})
    return records


def mismatches(a: str, b: str, pieces: gpd.GeoDataFrame, points: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the pieces off their partner by postcodes: each real one, slivers added up."""
    table = points.pivot_table("postcodes", a, b, aggfunc="sum", fill_value=0)
    table = table.drop(index=NONE, columns=NONE, errors="ignore")
    off_a = (pieces[a] != NONE) & (pieces[b] != pieces[a].map(table.idxmax(axis=1)))
    off_b = (pieces[b] != NONE) & (pieces[a] != pieces[b].map(table.idxmax(axis=0)))
    parts = pieces[off_a | off_b].explode()
    parts = parts[parts.area > SCRAP_M2].reset_index(drop=True)
    parts["hectares"] = parts.area / 10_000
    parts["width_m"] = 2 * parts.maximum_inscribed_circle(tolerance=0.5).length
    inside = gpd.sjoin(points[["geometry", *WEIGHTS, *NAMES]], parts[["geometry"]])
    counts = inside.groupby("index_right")[[*WEIGHTS, *NAMES]].sum()
    parts = parts.drop(columns="geometry").join(counts).fillna(0)
    peopled = parts[NAMES].sum(axis=1) > 0
    parts["kind"] = peopled.map({True: "sliver with clients", False: "sliver"})
    real = parts["width_m"] > WIDTH_M
    parts.loc[real, "kind"] = "real"
    sums = dict.fromkeys(("pieces", "hectares", *WEIGHTS, *NAMES), "sum") | {"width_m": "max"}
    parts["pieces"] = 1
    slivers = parts[~real].groupby([a, b, "kind"], as_index=False).agg(sums)
    rows = pd.concat([parts[real], slivers]).rename(columns={a: "unit_a", b: "unit_b"})
    return rows.drop(columns="area").assign(a=a, b=b)


def main() -> None:
    wanted, directory_file, *layer_files = sys.argv[1:6]
    directory = pd.read_csv(directory_file, dtype={"terminated": str})
    directory["key"] = clean(directory["postcode"])
    directory = directory[directory["easting"].notna()].set_index("key")
    live = directory["terminated"].isna()
    directory["postcodes"] = live.astype(int)
    directory[["households", "residents"]] = directory[["households", "residents"]].where(live, 0)
    for text in LISTS:
        name, _, path = text.partition("=")
        directory[name] = clients_by_postcode(path, directory)
    directory[NAMES] = directory[NAMES].fillna(0)
    points = gpd.GeoDataFrame(
        directory,
        geometry=gpd.points_from_xy(directory["easting"], directory["northing"]),
        crs="EPSG:27700",
    )
    layers = {name: gpd.read_file(path) for name, path in zip(LAYERS, layer_files, strict=True)}
    for name, layer in layers.items():
        points[name] = area_of(points, layer)
    said: dict[str, list[dict[str, object]]] = {"pairs": [], "mismatches": []}
    for other in LAYERS[1:]:
        pieces = cut(LAYERS[0], other, layers)
        said["pairs"] += compare(LAYERS[0], other, pieces, points)
        if wanted == "mismatches":
            listed = mismatches(LAYERS[0], other, pieces, points)
            for side, layer in (("unit_a", LAYERS[0]), ("unit_b", other)):
                names = layers[layer].set_index("code")["name"]
                listed[side] = listed[side].map(names).fillna(NONE)
            said["mismatches"] += listed.to_dict("records")
    json.dump(said, sys.stdout, indent=1)


LAYERS = ("localities", "social_care", "health")
WEIGHTS = ("postcodes", "households", "residents")
LISTS = sys.argv[6:]
NAMES = [text.partition("=")[0] for text in LISTS]

if __name__ == "__main__":
    main()
