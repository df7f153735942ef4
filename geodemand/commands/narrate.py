"""What a run says of itself while it works: on standard error, never a client's row."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Shown

    from geodemand.io.study import Progress

PATIENCE_S = 2.0


@contextmanager
def narration(*, quiet: bool, verbose: bool) -> Iterator[Progress]:
    """Give a function that is told each step.

    On a terminal a running line shows the step and the time once the work has taken two seconds,
    however long a step is; with ``verbose`` every step is a line of its own.
    """
    began = time.monotonic()
    line = _Line()

    def tell(step: str) -> None:
        if verbose and not quiet:
            sys.stderr.write(f"{time.monotonic() - began:6.1f} s  {step}\n")
        line.told(step)

    if sys.stderr.isatty() and not (quiet or verbose):
        line.begin()
    try:
        yield tell
    finally:
        line.end()


class _Line:
    """The running line of a terminal, which begins by itself when patience is over."""

    def __init__(self) -> None:
        self._step = "reading"
        self._timer = Timer(PATIENCE_S, self._show)
        self._timer.daemon = True
        self._shown: Shown | None = None

    def begin(self) -> None:
        self._timer.start()

    def told(self, step: str) -> None:
        self._step = step
        if self._shown:
            self._shown.update(self._shown.task_ids[0], description=step)

    def end(self) -> None:
        self._timer.cancel()
        if self._timer.ident is not None:
            self._timer.join()
        if self._shown:
            self._shown.stop()

    def _show(self) -> None:
        from rich import progress
        from rich.console import Console

        parts = (
            progress.SpinnerColumn(),
            progress.TextColumn("{task.description} …", markup=False),
            progress.TimeElapsedColumn(),
        )
        shown = progress.Progress(*parts, console=Console(stderr=True), transient=True)
        task = shown.add_task(self._step, total=None)
        self._shown = shown
        # A step that was told since the line above is not lost.
        shown.update(task, description=self._step)
        shown.start()
