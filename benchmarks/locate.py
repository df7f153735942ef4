"""Which area each point is in, as every command asks it: locate.py POINTS AREAS [AREAS...].

Prints the processor seconds from coordinates to answers, of all geographies together; of the last
one how many points are in an area, and a digest of all answers.
"""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path

import numpy as np
import shapely

from geodemand.core.geography import Geography, locate

x, y = np.load(sys.argv[1])
took = 0.0
for path in sys.argv[2:]:
    shapes = shapely.from_wkb(Path(path).read_text().split("\n"))
    codes = tuple(f"{number:05}" for number in range(len(shapes)))
    began = time.process_time()
    found = locate(Geography("areas", codes, codes, shapes), x, y)
    took += time.process_time() - began
print(took, (found >= 0).sum(), hashlib.sha256(found.astype(np.int32)).hexdigest())
