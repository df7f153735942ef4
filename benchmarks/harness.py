"""Runs programs in turn as whole processes and compares what they took."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

KIB = 1024


@dataclass(frozen=True)
class Bar:
    """What to reach: at least so many times faster than the peer, or at most so many times as long.

    A ratio is the peer's time over ours, or with ``at_most`` ours over the peer's.
    """

    limit: float
    at_most: bool = False

    def ratio(self, ours: float, peer: float) -> float:
        """Return the ratio of two times that this bar is about."""
        return ours / peer if self.at_most else peer / ours

    def met(self, ratio: float) -> bool:
        """Say whether a ratio reaches the bar."""
        return ratio <= self.limit if self.at_most else ratio >= self.limit

    def __str__(self) -> str:
        """Return the bar as it is printed."""
        return f"{'≤' if self.at_most else '≥'} {self.limit:g}"


@dataclass(frozen=True)
class Added(Bar):
    """What ours may take more than the other command, in seconds of all processors."""

    def ratio(self, ours: float, peer: float) -> float:
        """Return the difference of two times."""
        return ours - peer

    def met(self, ratio: float) -> bool:
        """Say whether a difference reaches the bar."""
        return ratio <= self.limit

    def __str__(self) -> str:
        """Return the bar as it is printed."""
        return f"+ ≤ {self.limit:g} s"


def _nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class Job:
    """One job: our command, the peer's, and the least that any program of its kind must do.

    ``check`` takes what both wrote to standard output and raises AssertionError where the figures
    differ. ``prepare``: writes data that only such jobs need. ``step``: reads the seconds of the
    one step that the bar is about from what a program said, ``step_cpu`` those of all processors
    for it, NaN where they are not known; without them the figures are of the whole process.
    ``processor``: it is about the time of all processors, as the job is too long to have its
    machine for itself. ``megabytes``: the peak that ours may reach. ``runs``: at most so many,
    where the peer is slow.
    """

    name: str
    ours: Sequence[str]
    peer: Sequence[str]
    floor: Sequence[str]
    bar: Bar
    check: Callable[[str, str], None]
    prepare: Callable[[], None] = _nothing
    step: Callable[[str], float] | None = None
    step_cpu: Callable[[str], float] | None = None
    processor: bool = False
    megabytes: float = math.inf
    runs: int = sys.maxsize

    def seconds(self, one: Run) -> float:
        """Return the seconds of a run that the bar is about."""
        if (self.processor or isinstance(self.bar, Added)) and one.cpu is not None:
            return one.cpu
        return self.step(one.said) if self.step else one.wall

    def cpu(self, one: Run) -> float | None:
        """Return the processor seconds of a run, or of its step, where they are known."""
        if self.step_cpu is None:
            return one.cpu
        seconds = self.step_cpu(one.said)
        return seconds if math.isfinite(seconds) else None


@dataclass(frozen=True)
class Run:
    """What one process took: wall seconds, processor seconds and peak MB (None: not known here)."""

    wall: float
    cpu: float | None
    peak: float | None
    said: str


@dataclass(frozen=True)
class Outcome:
    """All runs of one job, index-aligned."""

    job: Job
    ours: tuple[Run, ...]
    peer: tuple[Run, ...]
    floor: tuple[Run, ...]


def measure(job: Job, runs: int) -> Outcome:
    """Run ours and the peer's in turn, after one warm-up whose figures are compared."""
    _say(f"{job.name}: figures")
    job.prepare()
    job.check(run(job.ours).said, run(job.peer).said)
    ours, peer, floor = [], [], []
    runs = min(runs, job.runs)
    for number in range(runs):
        _say(f"{job.name}: {number + 1} of {runs}")
        ours.append(run(job.ours))
        peer.append(run(job.peer))
        floor.append(run(job.floor))
    return Outcome(job, tuple(ours), tuple(peer), tuple(floor))


def run(command: Sequence[str]) -> Run:
    """Run one command to its end; raise RuntimeError with what it said where it fails."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=said)
        cpu, peak = _wait(process)
        wall = time.perf_counter() - began
        out.seek(0)
        said.seek(0)
        if process.returncode:
            message = f"{' '.join(command)}\n{said.read().decode(errors='replace')}"
            raise RuntimeError(message)
        return Run(wall, cpu, peak, out.read().decode())


def _wait(process: subprocess.Popen[bytes]) -> tuple[float | None, float | None]:
    """Wait for a process; return its processor seconds and peak MB where the system tells them."""
    if not hasattr(os, "wait4"):
        process.wait()
        return None, None
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = KIB**2 if sys.platform == "darwin" else KIB
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit


def table(outcomes: Sequence[Outcome], runs: int) -> str:
    """Return the aligned table of medians, and what its columns mean."""
    headings = [
        *("job", "ours s", "peer s", "ratio", "bar", "met"),
        *("floor s", "cpu: ours", "peer", "ratio", "MB: ours", "bar", "peer"),
    ]
    rows = [headings, *(row(each) for each in outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(headings))]
    lines = [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    note = [
        f"{runs} runs of ours, the peer's and the floor, in turn, as whole processes; medians,",
        "the ratio that of the pairs. Only ratios hold beyond this machine and hour.",
        "≥: the peer's time over ours; ≤: ours over the peer's; +: processor seconds more than it.",
        "cpu: time of all processors; of lists ours, peer's and ratio are of it too.",
        "areas of points: the step alone, by processor time, and at most 1,200 MB.",
        "pictures: the step alone, by processor time; ours' memory is that of lists and audit too.",
        "overlays: the step alone; ours has the remainders too, as geopandas' union has and its",
        "intersection and PostGIS' query have not; ours works on all processors, geopandas on one.",
    ]
    return "\n".join([*lines, "", *note])


def row(outcome: Outcome) -> list[str]:
    """Return the cells of one job in the table."""
    job, ours, peer = outcome.job, outcome.ours, outcome.peer
    took, other = ([job.seconds(each) for each in runs] for runs in (ours, peer))
    ratio = median(job.bar.ratio(a, b) for a, b in zip(took, other, strict=True))
    own, others = ([job.cpu(each) for each in runs] for runs in (ours, peer))
    cpu = [job.bar.ratio(a, b) for a, b in zip(own, others, strict=True) if a and b]
    peak = max((each.peak or 0.0 for each in ours), default=0.0)
    return [
        job.name,
        _figure(took),
        _figure(other),
        f"{ratio:.2f}",
        str(job.bar),
        "yes" if job.bar.met(ratio) and peak <= job.megabytes else "NO",
        _figure([each.wall for each in outcome.floor]),
        _figure(own),
        _figure(others),
        _figure(cpu),
        _figure([each.peak for each in ours], 0),
        f"≤ {job.megabytes:,.0f}" if math.isfinite(job.megabytes) else "",
        _figure([each.peak for each in peer], 0),
    ]


def _figure(values: Sequence[float | None], decimals: int = 2) -> str:
    known = [value for value in values if value is not None]
    return f"{median(known):.{decimals}f}" if known else "–"


def python(*words: str | Path) -> tuple[str, ...]:
    """Return a command of the Python that runs this."""
    return (sys.executable, *(str(word) for word in words))


def _say(step: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{step}", end="", file=sys.stderr, flush=True)
