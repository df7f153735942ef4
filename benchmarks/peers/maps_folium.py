"""folium's page of points: python maps_folium.py markers|clusters POINTS PAGE.

Prints seconds of all processors from points in memory to the page's text, bytes, and points.
Longitude and latitude are there from the start: turning coordinates is not counted.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import folium
import numpy as np
from folium.plugins import FastMarkerCluster
from pyproj import Transformer

# Without the pictures of yet another library.
MARKER = "function (row) { return L.marker(new L.LatLng(row[0], row[1])); };"
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9")


def main() -> None:
    """Build and write the page, as the documentation of folium shows it."""
    how, file, target = sys.argv[1:]
    x, y, kind = np.load(file)
    change = Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)
    longitude, latitude = change.transform(x, y)
    began = time.process_time()
    page = folium.Map([latitude.mean(), longitude.mean()], zoom_start=9, tiles=None, maxZoom=18)
    if how == "markers":
        for north, east, own in zip(latitude, longitude, kind.astype(int), strict=True):
            folium.CircleMarker([north, east], radius=2, color=COLOURS[own], weight=1).add_to(page)
    else:
        points = np.column_stack([latitude, longitude]).tolist()
        FastMarkerCluster(points, callback=MARKER).add_to(page)
    text = page.get_root().render()
    took = time.process_time() - began
    data = text.encode()
    Path(target).write_bytes(data)
    print(took, len(data), len(x))


if __name__ == "__main__":
    main()
