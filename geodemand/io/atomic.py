"""Files of a run as they appear: all of a folder's or none, private, through no link.

New files have no name until all of them are complete and on the disk, where the system can do that
(Linux); elsewhere they stand in a hidden folder beside their targets. Then they get names in a
hidden folder, a mark says that they are complete, and each is renamed to its place. A process that
is killed before the mark leaves the old files; one that is killed after it, the new ones: whoever
writes into that folder next finishes the renames, or removes what is not complete. Files in several
folders appear folder by folder, in the order given.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from geodemand.errors import Fault, UnreadableFileError, UsageError
from geodemand.io.undisturbed import Undisturbed

if sys.platform != "win32":
    import fcntl

PRIVATE = 0o600
# Of the hidden folder for files that are on their way.
PREFIX = ".geodemand-"
_COMPLETE = "complete"
_NEW = "new"
_OLD = "old"
# Where a folder cannot be locked, what nobody has touched for so long was left behind.
ABANDONED_S = 3600.0
JUST_MADE_S = 10.0
_NO_ROOM = "Make room there, or name another place with --out."
_NO_RIGHT = "Is it open in another program, or the folder not yours? Name another with --out."
_MENDS = {
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
    errno.EFBIG: _NO_ROOM,
    errno.EACCES: _NO_RIGHT,
    errno.EPERM: _NO_RIGHT,
    errno.EROFS: _NO_RIGHT,
}


def write_all(files: Mapping[Path, bytes], *, overwrite: bool, mode: int = PRIVATE) -> None:
    """Write files so that all appear or none does, the last one last.

    Ctrl-C waits until the file at hand is complete, then nothing is written; or until all are.
    Raises UsageError where a target exists and ``overwrite`` is not said, or is no regular file;
    UnreadableFileError where the folder cannot be written to. Then all is as it was before.
    """
    check_targets(files, overwrite=overwrite)
    with (
        Undisturbed() as signals,
        _batches(files, overwrite=overwrite, mode=mode) as batches,
    ):
        for target, content in files.items():
            signals.check()
            batches[target.parent].write(target.name, content)


@contextmanager
def staged(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a private path to write one file to, which takes its place if all goes well.

    Raises as `write_all`.
    """
    check_targets((target,), overwrite=overwrite)
    with (
        Undisturbed() as signals,
        _batches((target,), overwrite=overwrite, mode=PRIVATE) as batches,
    ):
        batch = batches[target.parent]
        with _said(target):
            path = batch.path(target.name)
        with signals.admitted():
            yield path
        with _said(target):
            batch.finish(target.name)


def check_targets(targets: Iterable[Path], *, overwrite: bool) -> None:
    """Raise UsageError where a file may not be written: a link, no regular file, there already."""
    faults = []
    for path in targets:
        if path.is_symlink():
            faults.append(
                Fault(str(path), "is a link, which is not followed.", "Name the file itself.")
            )
        elif path.exists() and not path.is_file():
            what = "is no file, so none is written there."
            faults.append(Fault(str(path), what, "Name another place with --out."))
        elif path.exists() and not overwrite:
            mend = "Add --overwrite, or name another place with --out."
            faults.append(Fault(str(path), "exists already.", mend))
    if faults:
        raise UsageError(*faults)


def tidy(folder: Path) -> None:
    """Finish or remove what a process that was killed left in a folder."""
    with shared(folder):
        pass


class _Batch:
    """The new files of one folder, on their way."""

    def __init__(self, folder: Path, mode: int) -> None:
        self.folder = folder
        self.mode = mode
        self.hidden: Path | None = None
        self.unnamed: dict[str, int] = {}
        self.names: list[str] = []
        self.kept: list[str] = []

    def path(self, name: str) -> Path:
        """Return where to write a file; it is there, empty and private."""
        self.names.append(name)
        descriptor = _unnamed(self.folder)
        if descriptor is not None:
            self.unnamed[name] = descriptor
            return _by_descriptor(descriptor)
        path = self._hide() / _NEW / name
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
        return path

    def write(self, name: str, content: bytes) -> None:
        """Write a file and bring it to the disk."""
        with _said(self.folder / name):
            with self.path(name).open("wb") as out:
                out.write(content)
            self.finish(name)

    def finish(self, name: str) -> None:
        """Bring a file that was written by its path to the disk."""
        if name in self.unnamed:
            os.fchmod(self.unnamed[name], self.mode)
            os.fsync(self.unnamed[name])
            return
        path = self._hide() / _NEW / name
        path.chmod(self.mode)
        with path.open("rb+") as written:
            os.fsync(written.fileno())

    def place(self) -> None:
        """Put the files in their places; if one cannot be, put all back."""
        name = self.names[0]
        if len(self.names) == len(self.unnamed) == 1 and not (self.folder / name).exists():
            _link(self.unnamed[name], self.folder / name)
        else:
            self._rename()
        _to_disk(self.folder)

    def _rename(self) -> None:
        hidden = self._hide()
        for name, descriptor in self.unnamed.items():
            _link(descriptor, hidden / _NEW / name)
        self._keep_old(hidden)
        (hidden / _COMPLETE).touch(PRIVATE)
        done: list[str] = []
        try:
            for name in self.names:
                (hidden / _NEW / name).replace(self.folder / name)
                done.append(name)
        except BaseException:
            self._put_back(hidden, done)
            raise

    def end(self) -> None:
        """Leave nothing behind, however it ended."""
        for descriptor in self.unnamed.values():
            os.close(descriptor)
        if self.hidden is not None:
            _removed(self.hidden)

    def _hide(self) -> Path:
        if self.hidden is None:
            self.hidden = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self.folder))
            (self.hidden / _NEW).mkdir()
        return self.hidden

    def _keep_old(self, hidden: Path) -> None:
        """Keep the old files under a second name until all new ones stand."""
        (hidden / _OLD).mkdir()
        for name in self.names:
            old = self.folder / name
            if old.exists():
                try:
                    os.link(old, hidden / _OLD / name)
                except OSError:  # a file system without hard links
                    shutil.copy2(old, hidden / _OLD / name)
                self.kept.append(name)

    def _put_back(self, hidden: Path, done: list[str]) -> None:
        (hidden / _COMPLETE).unlink()
        for name in done:
            if name in self.kept:
                (hidden / _OLD / name).replace(self.folder / name)
            else:
                (self.folder / name).unlink()


@contextmanager
def _batches(
    targets: Iterable[Path], *, overwrite: bool, mode: int
) -> Iterator[dict[Path, _Batch]]:
    """Give a batch for each folder of some targets, and place them if all went well."""
    wanted = list(targets)
    with ExitStack() as stack:
        batches: dict[Path, _Batch] = {}
        for target in wanted:
            if target.parent not in batches:
                with _said(target):
                    stack.enter_context(_made(target.parent))
                    stack.enter_context(shared(target.parent))
                batches[target.parent] = batch = _Batch(target.parent, mode)
                stack.callback(batch.end)
        yield batches
        check_targets(wanted, overwrite=overwrite)
        for folder, batch in batches.items():
            with _said(folder / batch.names[0]):
                batch.place()


@contextmanager
def _said(target: Path) -> Iterator[None]:
    """Turn the system's refusal to write into a fault."""
    try:
        yield
    except OSError as error:
        mend = _MENDS.get(error.errno or 0, "")
        fault = Fault(str(target), f"cannot be written: {error.strerror}.", mend)
        raise UnreadableFileError(fault) from error


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder where it is missing; without success it goes again."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    made: list[Path] = []
    try:
        for each in reversed(missing):
            each.mkdir(exist_ok=True)
            made.append(each)
        yield
    except BaseException:
        for each in reversed(made):
            with suppress(OSError):  # somebody else's files are in it by now
                each.rmdir()
        raise


@contextmanager
def shared(folder: Path) -> Iterator[None]:
    """Say that somebody is working in a folder, and tidy it where nobody else is."""
    with _opened(folder) as descriptor:
        alone = _locked(descriptor)
        if alone is not False:
            _recover(folder, 0 if alone else ABANDONED_S)
        _locked(descriptor, share=True)
        yield


def remove_abandoned(folder: Path) -> None:
    """Remove a folder of ours whose process is gone; one that somebody works in stays."""
    if folder.is_symlink():
        return
    with suppress(OSError), _opened(folder) as descriptor:
        alone = _locked(descriptor)
        # Between its making and its locking a new one is nobody's, for a moment.
        age_s = JUST_MADE_S if alone else ABANDONED_S
        if alone is not False and time.time() - folder.stat().st_mtime >= age_s:
            shutil.rmtree(folder)


@contextmanager
def _opened(folder: Path) -> Iterator[int | None]:
    """Give a folder's descriptor, where the system has such and lets one look into it."""
    descriptor = None
    if sys.platform != "win32":
        with suppress(PermissionError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _locked(descriptor: int | None, *, share: bool = False) -> bool | None:
    """Lock a folder for oneself, or beside others; True if that was given, None if unknown."""
    if sys.platform == "win32" or descriptor is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH if share else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a network drive without locks
        return None
    return True


def _recover(folder: Path, age_s: float) -> None:
    """Finish what was complete when its process was killed, and remove what was not."""
    for hidden in sorted(folder.glob(f"{PREFIX}*/")):
        with suppress(OSError):  # not ours to change: it stays, and harms nothing
            if not hidden.is_symlink() and time.time() - hidden.stat().st_mtime >= age_s:
                if (hidden / _COMPLETE).exists():
                    for new in sorted((hidden / _NEW).glob("*")):
                        new.replace(folder / new.name)
                _removed(hidden)


def _removed(hidden: Path) -> None:
    """Remove a hidden folder, the mark last: what is complete stays so until all of it stands."""
    for part in (_OLD, _NEW):
        shutil.rmtree(hidden / part, ignore_errors=True)
    shutil.rmtree(hidden, ignore_errors=True)


def _unnamed(folder: Path) -> int | None:
    """Return a new file of a folder that has no name yet; None where the system has no such."""
    if sys.platform != "linux" or not Path("/proc/self/fd").is_dir():
        return None
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR, PRIVATE)
    except OSError as error:
        if error.errno in {errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL}:
            return None
        raise


def _by_descriptor(descriptor: int) -> Path:
    return Path(f"/proc/self/fd/{descriptor}")


def _link(descriptor: int, target: Path) -> None:
    """Give a file that has no name one; raise FileExistsError where it is taken."""
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        # With a folder's descriptor Python follows the link that /proc shows, as is needed here.
        os.link(_by_descriptor(descriptor), target.name, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def _to_disk(folder: Path) -> None:
    """Bring the names of a folder to the disk, where the system lets one."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
