"""geopandas' picture of a county: python pictures_geopandas.py AREAS SITES COLUMN FORMAT FILE.

Prints seconds of all processors from frames in memory to the picture, its bytes, and how many areas
it shades. Classes are quantiles, what is withheld is hatched; a key, a title, the names of sites
and a line of source are on it. Names of areas, their places, a scale and the rules are not.
"""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

import geopandas
import matplotlib as mpl
import pandas as pd

mpl.use("Agg")
import matplotlib.pyplot as plt

CLASSES = 5
A4 = (11.69, 8.27)


def main() -> None:
    """Draw and write the picture, as the documentation of geopandas shows it."""
    areas, sites, column, how, target = sys.argv[1:]
    frame = geopandas.read_file(areas).to_crs("EPSG:27700")
    hubs = geopandas.read_file(sites).to_crs("EPSG:27700")
    began = time.process_time()
    known = frame[frame[column].notna()].copy()
    known["class"] = pd.qcut(known[column], CLASSES, duplicates="drop").astype(str)
    figure, axes = plt.subplots(figsize=A4)
    frame.plot(ax=axes, color="white", edgecolor="grey", hatch="///", linewidth=0.3)
    known.plot(
        "class", ax=axes, categorical=True, cmap="viridis_r", legend=True, edgecolor="grey", lw=0.3
    )
    hubs.plot(ax=axes, color="black", marker="D", markersize=20)
    for point, name in zip(hubs.geometry, hubs["name"], strict=True):
        axes.annotate(name, (point.x, point.y), xytext=(3, 3), textcoords="offset points")
    axes.set_axis_off()
    axes.set_title(column)
    figure.text(0.05, 0.05, "Source: made-up data")
    out = io.BytesIO()
    figure.savefig(out, format=how, dpi=200)
    took = time.process_time() - began
    Path(target).write_bytes(out.getvalue())
    print(took, len(out.getvalue()), len(frame))


if __name__ == "__main__":
    main()
