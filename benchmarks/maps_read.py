"""Read a postcode directory as our commands do: python -m benchmarks.maps_read FILE.

Prints the seconds of all processors, and how many of its postcodes have a place.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from geodemand.io import directory, tables


def main() -> None:
    """Read the directory."""
    began = time.process_time()
    book = directory.read(tables.connect(), (Path(sys.argv[1]),), (), {})
    took = time.process_time() - began
    print(took, int(np.isfinite(book.x).sum()))


if __name__ == "__main__":
    main()
