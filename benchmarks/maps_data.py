"""Points for maps: python -m benchmarks.maps_data FOLDER SIZE.

Out of a seed: towns, a few large and many small, in a square as wide as the number of points asks
for; each with one of six kinds of neighbourhood, alike near each other. For the whole country
also a postcode directory, Code-Point Open where it is beside the repository.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 17
KINDS = 6
COUNTRY = 1_700_000
CODE_POINT = (
    Path(__file__).parents[2] / "shared/realdata/postcodes/codepoint_open_2014-08_gb.parquet"
)
# A county of 25,000 postcodes is about 60 km wide.
WIDE_M, WIDE_POINTS = 60_000, 25_000
WEST, SOUTH = 560_000, 200_000
COUNTRY_WEST, COUNTRY_SOUTH = 90_000, 20_000
LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


def main() -> None:
    """Write the points, and for a country its directory."""
    folder, size = Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(exist_ok=True)
    if size < COUNTRY:
        np.save(folder / f"{size}.npy", made(size))
        return
    table = pq.read_table(CODE_POINT, columns=["PC", "EA", "NO"]) if CODE_POINT.exists() else None
    if table is None:
        points = made(size)
        table = pa.table({"PC": _postcodes(size), "EA": points[0], "NO": points[1]})
    pq.write_table(table, folder / "directory.parquet")
    x, y = (table[name].to_numpy().astype(np.float64) for name in ("EA", "NO"))
    known = x > 0
    np.save(folder / f"{size}.npy", np.array([x[known], y[known], _kinds(x[known], y[known])]))


def made(size: int) -> np.ndarray:
    """Return eastings, northings and kinds [3, size]."""
    chance = np.random.default_rng(SEED)
    wide = WIDE_M * (size / WIDE_POINTS) ** 0.5
    west, south = (WEST, SOUTH) if size < COUNTRY else (COUNTRY_WEST, COUNTRY_SOUTH)
    towns = max(30, size // 800)
    middle = chance.uniform((west, south), (west + wide, south + wide), (towns, 2))
    weight = chance.pareto(1.1, towns) + 0.1
    town = chance.choice(towns, size, p=weight / weight.sum())
    spread = 900 * np.sqrt(weight)[town, None].clip(0.5, 8)
    at = middle[town] + chance.normal(size=(size, 2)) * spread
    x, y = np.round(np.clip(at, (west, south), (west + wide, south + wide))).T
    return np.array([x, y, _kinds(x, y)])


def _kinds(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    chance = np.random.default_rng(SEED)
    alike = (x // 1_500 * 7 + y // 1_500 * 13).astype(np.int64) % KINDS
    return np.where(chance.random(len(x)) < 0.7, alike, chance.integers(0, KINDS, len(x)))


def _postcodes(size: int) -> list[str]:
    """Return so many different well-formed postcodes."""
    base = len(LETTERS)
    found = []
    for number in range(size):
        rest, unit = divmod(number, base * base)
        rest, sector = divmod(rest, 10)
        area, district = divmod(rest, 90)
        first, second = divmod(area, base)
        found.append(
            f"{LETTERS[first % base]}{LETTERS[second]}{district + 10} "
            f"{sector}{LETTERS[unit // base]}{LETTERS[unit % base]}"
        )
    return found


if __name__ == "__main__":
    main()
