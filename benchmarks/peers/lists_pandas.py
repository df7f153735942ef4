"""A long list counted with pandas: what became of its rows, and clients by segment.

Usage: lists_pandas.py usual|arrow DIRECTORY SEGMENTS LIST

usual: as scripts are written. arrow: columns of Arrow, distinct texts cleaned once.
"""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd

OUTWARD = "[A-Z]{1,2}[0-9][A-Z0-9]?"


def read(path: str, columns: list[str] | None, *, arrow: bool) -> pd.DataFrame:
    if path.endswith("parquet"):
        backend = {"dtype_backend": "pyarrow"} if arrow else {}
        return pd.read_parquet(path, columns=columns, **backend)
    if arrow:
        return pd.read_csv(path, usecols=columns, engine="pyarrow", dtype_backend="pyarrow")
    return pd.read_csv(path, usecols=columns, dtype=str, keep_default_na=False)


def clean(postcodes: pd.Series) -> pd.Series:
    return postcodes.str.upper().str.replace("[^A-Z0-9]", "", regex=True)


def reasons(found: pd.DataFrame, areas: set[str]) -> np.ndarray:
    key = found["key"]
    placed = found["placed"]
    unit = key.str.fullmatch(f"{OUTWARD}[0-9][A-Z]{{2}}")
    tests = {
        "matched": placed.eq(True).fillna(False),  # noqa: FBT003
        "unknown": placed.eq(False).fillna(False),  # noqa: FBT003
        "blank": key == "",
        "pseudo": key.str.fullmatch("ZZ99[0-9A-Z]{0,3}"),
        "nongeographic": key.str.fullmatch("(?:BFPO|BF[0-9]|BX[0-9]|GIR0AA|NPT).*"),
        "unknown ": unit & key.str.extract("^([A-Z]+)")[0].isin(areas),
        "outside": unit,
        "partial": key.str.fullmatch(f"(?:{OUTWARD}|[A-Z]{{1,2}}[0-9]{{1,2}})[0-9]?"),
    }
    chosen = np.select([test.to_numpy(dtype=bool) for test in tests.values()], list(tests), "")
    return np.char.strip(np.where(chosen == "", "malformed", chosen))


def main() -> None:
    kind, directory_file, segments_file, list_file = sys.argv[1:]
    arrow = kind == "arrow"
    known = read(directory_file, ["postcode", "easting"], arrow=arrow)
    segments = read(segments_file, None, arrow=arrow)
    known["key"] = clean(known["postcode"])
    segments["key"] = clean(segments["postcode"])
    known["placed"] = known["easting"].notna()
    known = known.merge(segments[["key", "type"]], on="key", how="left")
    areas = set(known["key"].str.extract("^([A-Z]+)")[0].unique())
    rows = read(list_file, ["postcode"], arrow=arrow)
    rows["postcode"] = rows["postcode"].fillna("")
    if arrow:
        rows = rows.groupby("postcode", as_index=False, sort=False).agg(n=("postcode", "size"))
    else:
        rows["n"] = 1
    rows["key"] = clean(rows["postcode"])
    found = rows.merge(known[["key", "placed", "type"]], on="key", how="left")
    found["reason"] = reasons(found, areas)
    ledger = found.groupby("reason")["n"].sum()
    types = found[found["reason"] == "matched"].groupby("type")["n"].sum()
    base = known[known["placed"]].groupby("type").size()
    said = {"ledger": ledger, "clients": types, "base": base}
    json.dump(
        {
            name: {str(label): int(count) for label, count in counts.items()}
            for name, counts in said.items()
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
