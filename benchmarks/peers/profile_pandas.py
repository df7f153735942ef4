"""A list profiled over the segments of its postcodes with pandas and scipy, as usually written.

Usage: profile_pandas.py DIRECTORY SEGMENTS SCHEME CLIENTS
"""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd
from scipy import stats

OUTWARD = "[A-Z]{1,2}[0-9][A-Z0-9]?"
# In the order of trust between rows of one client.
REASONS = [
    *("matched", "terminated", "outside", "unknown"),
    *("pseudo", "nongeographic", "partial", "malformed", "blank"),
]
SETS = {
    "HardPressed": ("category", ["5"]),
    "HDF": ("type", ["44", "46", "48", "49", "51"]),
}
Z = stats.norm.ppf(0.975)


def read(path: str) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def clean(postcodes: pd.Series) -> pd.Series:
    return postcodes.str.upper().str.replace("[^A-Z0-9]", "", regex=True)


def by_type(scheme: pd.DataFrame) -> pd.DataFrame:
    """Return the category and group of each type; a type may belong to a category directly."""
    levels = {level: rows.set_index("code") for level, rows in scheme.groupby("level")}
    types = levels["type"]
    group = types["parent_code"].where(types["parent_code"].isin(levels["group"].index))
    category = group.map(levels["group"]["parent_code"]).fillna(types["parent_code"])
    return pd.DataFrame({"group": group, "category": category})


def place(clients: pd.DataFrame, directory: pd.DataFrame) -> pd.DataFrame:
    """Return the clients with their postcode's row of the directory and a reason for each row."""
    clients["key"] = clean(clients["postcode"])
    found = clients.merge(directory, on="key", how="left", suffixes=("", "_known"))
    key = found["key"]
    in_directory = found["placed"].notna()
    areas = directory["key"].str.extract("^([A-Z]+)")[0].unique()
    unit = key.str.fullmatch(f"{OUTWARD}[0-9][A-Z]{{2}}")
    found["reason"] = np.select(
        [
            in_directory & (found["placed"] == False),  # noqa: E712 - may be missing
            in_directory & (found["terminated"] != ""),
            in_directory,
            key == "",
            key.str.fullmatch("ZZ99[0-9A-Z]{0,3}"),
            key.str.fullmatch("(?:BFPO|BF[0-9]|BX[0-9]|GIR0AA|NPT).*"),
            unit & key.str.extract("^([A-Z]+)")[0].isin(areas),
            unit,
            key.str.fullmatch(f"(?:{OUTWARD}|[A-Z]{{1,2}}[0-9]{{1,2}})[0-9]?"),
        ],
        [
            *("unknown", "terminated", "matched", "blank", "pseudo", "nongeographic"),
            *("unknown", "outside", "partial"),
        ],
        default="malformed",
    )
    return found


def with_figures(table: pd.DataFrame, clients: int, base: int, level: str) -> pd.DataFrame:
    """Add shares, index with Wilson interval, p and q to clients and base count by segment."""
    share = table["clients"] / clients
    table["share"] = share
    table["base_share"] = table["base_count"] / base
    centre = share + Z**2 / (2 * clients)
    half = Z * np.sqrt(share * (1 - share) / clients + Z**2 / (4 * clients**2))
    scale = 1 + Z**2 / clients
    table["index"] = 100 * share / table["base_share"]
    table["index_low"] = 100 * (centre - half) / scale / table["base_share"]
    table["index_high"] = 100 * (centre + half) / scale / table["base_share"]
    table["penetration"] = table["clients"] / table["base_count"]
    table["p"] = stats.binom.sf(table["clients"] - 1, clients, table["base_share"])
    table["q"] = stats.false_discovery_control(table["p"])
    table["level"] = level
    return table.rename_axis("segment").reset_index()


def main() -> None:
    directory_file, segments_file, scheme_file, clients_file = sys.argv[1:]
    directory = read(directory_file)
    directory["key"] = clean(directory["postcode"])
    directory["placed"] = directory["easting"] != ""
    segments = read(segments_file)
    segments["key"] = clean(segments["postcode"])
    scheme = read(scheme_file)
    directory = directory.merge(segments[["key", "type"]], on="key", how="left")
    directory = directory.merge(by_type(scheme), left_on="type", right_index=True, how="left")
    base = directory[directory["placed"] & (directory["terminated"] == "")]

    rows = place(read(clients_file), directory[["key", "placed", "terminated", *LEVELS]])
    rows["rank"] = rows["reason"].map(REASONS.index)
    rows = rows.sort_values(["client_id", "rank", "key"])
    once = rows.drop_duplicates("client_id")
    ledger = {"rows": len(rows), "duplicate": len(rows) - len(once)}
    ledger |= {reason: int((once["reason"] == reason).sum()) for reason in REASONS}
    placed = once[once["reason"].isin(["matched", "terminated"])]

    totals = len(placed[placed["type"].notna()]), len(base[base["type"].notna()])
    tables = []
    for level in LEVELS:
        counts = {"clients": placed[level].value_counts(), "base_count": base[level].value_counts()}
        codes = scheme.loc[scheme["level"] == level, "code"]
        tables.append(with_figures(pd.DataFrame(counts, index=codes).fillna(0), *totals, level))
    sets = {
        name: (placed[level].isin(codes).sum(), base[level].isin(codes).sum())
        for name, (level, codes) in SETS.items()
    }
    table = pd.DataFrame.from_dict(sets, orient="index", columns=["clients", "base_count"])
    tables.append(with_figures(table, *totals, "set"))
    records = pd.concat(tables).to_dict("records")
    json.dump({"profile": records, "ledger": [ledger]}, sys.stdout, indent=1)


LEVELS = ["category", "group", "type"]

if __name__ == "__main__":
    main()
