"""Writers that are stopped on their way, many times over: run as a program of its own.

It forks one child a moment, which costs a millisecond where a new Python costs a tenth of a second,
and prints as JSON what each left behind.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from geodemand.errors import GeodemandError
from geodemand.io import atomic

OLD = {name: f"old {name}".encode() * 40 for name in ("a.csv", "b.html", "z.json")}
NEW = {name: f"new {name}".encode() * 1200 for name in ("a.csv", "b.html", "z.json")}
NOBODY = 65534


@dataclass(frozen=True)
class Shape:
    """What is written: how many files, over old ones or not, with or without names on the way."""

    files: int
    over: bool
    named: bool

    def old(self) -> dict[str, bytes]:
        return dict(list(OLD.items())[: self.files]) if self.over else {}

    def new(self) -> dict[str, bytes]:
        return dict(list(NEW.items())[: self.files])


def prepared(folder: Path, shape: Shape) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in shape.old().items():
        (folder / name).write_bytes(content)


def write(folder: Path, shape: Shape) -> None:
    if shape.named:
        atomic._unnamed = lambda _: None  # noqa: SLF001 - as on a system without such files
    files = {folder / name: content for name, content in shape.new().items()}
    atomic.write_all(files, overwrite=shape.over)


def at_line(number: int, act: Callable[[], None]) -> Callable[..., Any]:
    """Return a trace that acts at the nth line of Python that runs from now on."""
    left = [number]

    def trace(frame: FrameType, event: str, _: object) -> Callable[..., Any]:
        if event == "line" and frame.f_code is not write.__code__:
            left[0] -= 1
            if left[0] == 0:
                sys.settrace(None)
                act()
        return trace

    return trace


def forked(work: Callable[[], None]) -> int:
    """Run work in a child and return how it ended."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    code = 0
    try:
        work()
    except KeyboardInterrupt:
        code = 130
    except GeodemandError as error:
        code = error.exit_code
    finally:
        sys.settrace(None)
        os._exit(code)


def lines(folder: Path, shape: Shape) -> int:
    """Return how many lines of Python a write takes, once libraries have warmed up."""
    prepared(folder, shape)
    write(folder, shape)
    prepared(folder, shape)
    counted = Path(f"{folder}-lines")

    def work() -> None:
        seen = [0]

        def trace(*_: object) -> Callable[..., Any]:
            seen[0] += _[1] == "line"
            return trace

        sys.settrace(trace)
        write(folder, shape)
        sys.settrace(None)
        counted.write_text(str(seen[0]))

    forked(work)
    return int(counted.read_text())


def state(folder: Path, shape: Shape) -> str:
    """Return what a folder holds: "old", "new", or what else."""
    found = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if len(list(folder.rglob("*"))) != len(found):
        return f"left behind: {sorted(str(p.relative_to(folder)) for p in folder.rglob('*'))}"
    if found == shape.old():
        return "old"
    return "new" if found == shape.new() else f"mixed: {sorted(found)}"


def stopped(folder: Path, shape: Shape, moments: int, number: int) -> Iterator[dict[str, Any]]:
    """Stop a write at many moments by a signal; tell what is there then, and after the next run."""
    total = lines(folder, shape)
    for moment in range(moments):
        prepared(folder, shape)
        line = 1 + moment * total // moments

        def work(line: int = line) -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            sys.settrace(at_line(line, lambda: os.kill(os.getpid(), number)))
            write(folder, shape)

        ended = forked(work)
        at_once = state(folder, shape)
        atomic.tidy(folder)
        after = state(folder, shape)
        yield {"part": line / total, "ended": ended, "at once": at_once, "after": after}


def without_room(folder: Path, shape: Shape, sizes: int) -> Iterator[dict[str, Any]]:
    """Let no file grow beyond so many bytes."""
    largest = max(map(len, shape.new().values()))
    for step in range(sizes):
        prepared(folder, shape)

        def work(most: int = step * (largest + 512) // (sizes - 1)) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            write(folder, shape)

        ended = forked(work)
        yield {"ended": os.waitstatus_to_exitcode(ended), "at once": state(folder, shape)}


def on_a_full_disk(folder: Path, shape: Shape, sizes: int) -> Iterator[dict[str, Any]]:
    """Leave so much room on a small disk, which the folder is on."""
    ballast = folder.parent / "ballast"
    needed = sum(map(len, shape.new().values())) + 64 * 1024
    for step in range(sizes):
        ballast.unlink(missing_ok=True)
        prepared(folder, shape)
        free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
        ballast.write_bytes(bytes(max(0, free - step * needed // (sizes - 1))))
        ended = forked(lambda: write(folder, shape))
        yield {"ended": os.waitstatus_to_exitcode(ended), "at once": state(folder, shape)}


def read_only(folder: Path, shape: Shape) -> Iterator[dict[str, Any]]:
    prepared(folder, shape)
    folder.chmod(0o555)

    def work() -> None:
        if os.getuid() == 0:
            os.setuid(NOBODY)  # root may write anywhere
        write(folder, shape)

    ended = forked(work)
    yield {"ended": os.waitstatus_to_exitcode(ended), "at once": state(folder, shape)}


def command(project: Path, arguments: list[str], moments: int) -> Iterator[dict[str, Any]]:
    """Kill a command of a project at many moments of its time; its outputs were made before."""
    import duckdb  # noqa: F401 - so that the children need not
    import xlsxwriter  # noqa: F401

    from geodemand import cli
    from geodemand.api import profile  # noqa: F401
    from geodemand.core import intervals  # noqa: F401

    os.chdir(project)
    outputs = project / "outputs"

    def work() -> None:
        with Path(os.devnull).open("w") as quiet:
            os.dup2(quiet.fileno(), 1)
            os.dup2(quiet.fileno(), 2)
        cli.main(arguments, standalone_mode=False)

    began = time.monotonic()
    forked(work)
    lasted = time.monotonic() - began
    new = {path.name: path.read_bytes() for path in outputs.iterdir()}
    old = dict.fromkeys(new, b"old")
    for moment in range(moments):
        for path in outputs.iterdir():
            path.unlink()
        for name, content in old.items():
            (outputs / name).write_bytes(content)
        child = os.fork()
        if not child:
            work()
            os._exit(0)
        time.sleep(1.2 * lasted * moment / moments)
        os.kill(child, signal.SIGKILL)
        ended = os.waitpid(child, 0)[1]
        atomic.tidy(outputs)
        found = {path.name: path.read_bytes() for path in outputs.iterdir()}
        kind = "old" if found == old else "new" if found == new else f"mixed: {sorted(found)}"
        yield {"ended": ended, "after": kind}


def main() -> None:
    if sys.argv[1] == "command":
        moments, project, *arguments = sys.argv[2:]
        print(json.dumps(list(command(Path(project), arguments, int(moments)))))  # noqa: T201
        return
    what, folder, files, over, named, *number = sys.argv[1:]
    shape = Shape(int(files), over == "over", named == "named")
    path = Path(folder) / "outputs"
    numbers = [int(each) for each in number]
    kinds: dict[str, Callable[..., Iterator[dict[str, Any]]]] = {
        "stopped": stopped,
        "without-room": without_room,
        "full": on_a_full_disk,
        "read-only": read_only,
    }
    print(json.dumps(list(kinds[what](path, shape, *numbers))))  # noqa: T201


if __name__ == "__main__":
    main()
