"""What a run says of itself while it works: on standard error, never a client's row."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.status import Status

    from geodemand.io.study import Progress

PATIENCE_S = 2.0


@contextmanager
def narration(*, quiet: bool, verbose: bool) -> Iterator[Progress]:
    """Give a function that is told each step.

    On a terminal a running line shows the step once the work has taken two seconds; with
    ``verbose`` every step is a line of its own.
    """
    began = time.monotonic()
    shown: list[Status] = []

    def tell(step: str) -> None:
        if quiet:
            return
        if verbose:
            sys.stderr.write(f"{time.monotonic() - began:6.1f} s  {step}\n")
        elif shown:
            shown[0].update(f"{step} …")
        elif sys.stderr.isatty() and time.monotonic() - began > PATIENCE_S:
            from rich.console import Console

            status = Console(stderr=True).status(f"{step} …")
            status.start()
            shown.append(status)

    try:
        yield tell
    finally:
        for status in shown:
            status.stop()
