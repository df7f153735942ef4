"""Our picture of a county: python -m benchmarks.pictures_draw PROJECT GEOGRAPHY LIST FORMAT FILE.

Prints seconds of all processors from protected figures and shapes in memory to the picture, its
bytes, and how many areas it shades. Imports and reading are not counted.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import matplotlib.figure  # noqa: F401 - so that its import is not counted

import geodemand
from geodemand.api.map_files import words
from geodemand.api.maps import MapOptions, map_parts
from geodemand.maps import pictures
from geodemand.report.about import About


def main() -> None:
    """Draw and write the picture."""
    file, geography, name, how, target = sys.argv[1:]
    project = geodemand.read_project(Path(file))
    release, scene = map_parts(project, MapOptions(areas=(geography,)))
    about = About.of(project, "map")
    began = time.process_time()
    plates = pictures.chosen(release, scene, pictures.Asked((name,), ("rate",)))
    said = words(release, scene, about)
    data = (
        pictures.pdf(plates, said, scene.title)
        if how == "pdf"
        else {"png": pictures.png, "svg": pictures.svg}[how](plates[0], said)
    )
    took = time.process_time() - began
    Path(target).write_bytes(data)
    print(took, len(data), len(scene.shaded[0]))


if __name__ == "__main__":
    main()
