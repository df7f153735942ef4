"""Outputs are the old ones or the new ones, whole, however a run ends; nothing else is left."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from geodemand.errors import UnreadableFileError, UsageError
from geodemand.io import archives, atomic

Tiny = Any  # the fixture's class lives in conftest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="children and signals as POSIX has them")

PROGRAM = Path(__file__).parents[1] / "helpers" / "dying.py"
MOMENTS = 200
FEWER = 60
COMMAND_MOMENTS = 16
SIZES = 50
OUT_OF_ROOM = 10
SHAPES = {
    "three new files": ("3", "new", "unnamed"),
    "three over old ones": ("3", "over", "unnamed"),
    "one over an old one": ("1", "over", "unnamed"),
    "three over old ones, with names on the way": ("3", "over", "named"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return a folder in memory, where there is one: a disk takes its time for every file."""
    memory = Path("/dev/shm")  # noqa: S108
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory, prefix="writing-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def outcome(*arguments: object, before: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    command = [*before, sys.executable, str(PROGRAM), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_kill_at_any_moment_leaves_old_or_new_files_whole(
    folder: Path, shape: tuple[str, str, str]
) -> None:
    moments = MOMENTS if shape == SHAPES["three over old ones"] else FEWER
    ends = outcome("stopped", folder, *shape, moments, int(signal.SIGKILL))
    assert len(ends) == moments
    assert Counter(os.WTERMSIG(end["ended"]) for end in ends)[signal.SIGKILL] > 0.95 * moments
    # The next run finishes or removes what a kill between the renames left.
    assert {end["after"] for end in ends} == {"old", "new"}
    if shape[2] == "unnamed" and sys.platform == "linux":
        # Until all is complete and on the disk there is no name that could be left behind.
        early = [end["at once"] for end in ends if end["part"] < 1 / 3]
        assert set(early) == {"old"}


def test_a_command_that_is_killed_leaves_old_or_new_results_whole(tiny: Tiny) -> None:
    formats = [part for name in ("csv", "json", "xlsx") for part in ("--format", name)]
    arguments = ["profile", *formats, "--overwrite"]
    ends = outcome("command", COMMAND_MOMENTS, tiny.folder, *arguments)
    assert {end["after"] for end in ends} <= {"old", "new"}
    assert ends[0]["after"] == "old"


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_control_c_at_any_moment_leaves_old_or_new_files_whole_at_once(
    folder: Path, shape: tuple[str, str, str]
) -> None:
    moments = MOMENTS if shape == SHAPES["three over old ones"] else FEWER
    ends = outcome("stopped", folder, *shape, moments, int(signal.SIGINT))
    assert len(ends) == moments
    assert {end["at once"] for end in ends} == {"old", "new"}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_files_that_may_not_grow_leave_the_old_ones(
    folder: Path, shape: tuple[str, str, str]
) -> None:
    ends = outcome("without-room", folder, *shape, SIZES)
    assert [end["ended"] for end in ends].count(OUT_OF_ROOM) >= SIZES - 5
    for end in ends:
        assert end["at once"] == ("new" if end["ended"] == 0 else "old")


def test_a_full_disk_leaves_the_old_files(tmp_path: Path) -> None:
    """On a disk of its own, where the system lets one be made without rights."""
    if sys.platform != "linux" or not shutil.which("unshare"):
        pytest.skip("a disk of its own takes Linux")
    disk = tmp_path / "disk"
    disk.mkdir()
    program = f'mount -t tmpfs -o size=400k none "{disk}" && exec "$@"'
    own = ("unshare", "--map-root-user", "--mount", "sh", "-c", program, "sh")
    if subprocess.run([*own, "true"], capture_output=True, check=False).returncode:
        pytest.skip("a disk of its own is not allowed here")
    ends = outcome("full", disk, "3", "over", "unnamed", SIZES, before=own)
    codes = Counter(end["ended"] for end in ends)
    assert set(codes) == {0, OUT_OF_ROOM}
    assert codes[OUT_OF_ROOM] > SIZES / 4
    for end in ends:
        assert end["at once"] == ("new" if end["ended"] == 0 else "old")


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_folder_that_cannot_be_written_to_stays_as_it_is(
    folder: Path, shape: tuple[str, str, str]
) -> None:
    (end,) = outcome("read-only", folder, *shape)
    assert end == {"ended": OUT_OF_ROOM, "at once": "old"}


def test_a_workspace_goes_with_the_next_one_when_its_process_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    program = (
        "import os, signal\nfrom geodemand.io import archives\n"
        "with archives.workspace() as folder:\n"
        "    (folder / 'unpacked').write_text('a directory')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | {"TMPDIR": str(tmp_path)}, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    os.utime(left, (0, 0))
    with archives.workspace() as mine:
        os.utime(mine, (0, 0))
        with archives.workspace() as other:
            assert sorted(tmp_path.iterdir()) == sorted([mine, other])
    assert list(tmp_path.iterdir()) == []


def test_a_workspace_removes_no_folder_of_anybody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    others = tmp_path / "geodemand-of-somebody"
    others.mkdir()
    os.utime(others, (0, 0))
    with archives.workspace():
        assert others.exists()


def test_where_no_folder_can_be_locked_only_what_is_old_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic, "_locked", lambda *_, **__: None)
    abandoned, busy = tmp_path / ".geodemand-a", tmp_path / ".geodemand-b"
    for folder in (abandoned, busy):
        (folder / "new").mkdir(parents=True)
        (folder / "new" / "profile.csv").write_text("half")
    os.utime(abandoned, (0, 0))
    atomic.write_all({tmp_path / "map.html": b"a map"}, overwrite=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".geodemand-b", "map.html"]


def test_a_file_that_cannot_take_its_place_puts_all_back(tmp_path: Path) -> None:
    """As on Windows, where a workbook is open in another program."""
    (tmp_path / "a.csv").write_text("old")
    original = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if target.name == "b.xlsx" and self.parent.name == "new":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return original(self, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        files = {tmp_path / name: b"new" for name in ("a.csv", "z.json", "b.xlsx")}
        with pytest.raises(UnreadableFileError, match="open in another program"):
            atomic.write_all(files, overwrite=True)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.csv": "old"}


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_only_a_file_is_replaced(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "map.html"
    if kind == "folder":
        target.mkdir()
    else:
        os.mkfifo(target)
    with pytest.raises(UsageError, match="is no file"):
        atomic.write_all({target: b"a map"}, overwrite=True)


def test_folders_that_were_made_for_it_go_when_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnreadableFileError, match="Make room there"):
        atomic.write_all({tmp_path / "a" / "b" / "map.html": b"a map"}, overwrite=False)
    assert list(tmp_path.iterdir()) == []
