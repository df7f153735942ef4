"""Our page of points: python -m benchmarks.maps_build POINTS PAGE.

Prints seconds of all processors from points in memory to the page's text, bytes, and points.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from geodemand.core import disclosure
from geodemand.io import definitions
from geodemand.maps import document
from geodemand.maps.scene import PostcodeDots, Scene, SegmentKey

KEY = tuple(SegmentKey(str(kind + 1), f"Kind {kind + 1}") for kind in range(6))


def main() -> None:
    """Build and write the page."""
    x, y, kind = np.load(sys.argv[1])
    release = disclosure.release(definitions.policy("public"), {})
    began = time.process_time()
    dots = PostcodeDots(x, y, kind.astype(np.int64), KEY)
    scene = Scene("Kinds of neighbourhood", "", "", "", "Made up", (), "", (), dots=dots)
    page = document.render(release, scene)
    took = time.process_time() - began
    data = page.encode()
    Path(sys.argv[2]).write_bytes(data)
    print(took, len(data), len(x))


if __name__ == "__main__":
    main()
