"""What a project wrote, by its records and its ledger, and its removal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from geodemand.errors import RIGHTS, Fault, UnreadableFileError
from geodemand.io import atomic, record, releases


@dataclass(frozen=True)
class Written:
    """A file that geodemand wrote. ``as_written``: nobody has changed it since."""

    path: Path
    bytes: int
    as_written: bool


def find(folders: Iterable[Path], ledger: Path) -> list[Written]:
    """Return what records in some folders, and a ledger, say was written and still is there.

    Records themselves come last. A record that cannot be read is passed over: it proves nothing.
    """
    hashes: dict[Path, set[str]] = {}
    records: dict[Path, None] = {}
    for folder in dict.fromkeys(each.absolute() for each in folders):
        for path in sorted(folder.glob(f"*{record.SUFFIX}")):
            told = list(_told(path))
            if told:
                records[path] = None
            for file, sha256 in told:
                hashes.setdefault(folder / file, set()).add(sha256)
    for entry in releases.read_all(ledger):
        for each in entry.outputs:
            target = ledger.absolute().parent / each.file
            hashes.setdefault(target, set()).add(each.sha256 or "")
    found = [
        Written(path, now.bytes or 0, now.sha256 in known)
        for path, known in sorted(hashes.items())
        if path.is_file() and not path.is_symlink()
        for now in [record.read(path, "")]
    ]
    return found + [
        Written(path, path.stat().st_size, as_written=True)
        for path in records
        if path not in hashes
    ]


def remove(files: Sequence[Written]) -> None:
    """Remove files, and folders' leftovers of killed runs; raise UnreadableFileError if one stays.

    A record goes when none of what it names is left.
    """
    faults = []
    for each in files:
        try:
            if not (each.path.name.endswith(record.SUFFIX) and _names_more(each.path)):
                each.path.unlink(missing_ok=True)
        except OSError as error:
            faults.append(Fault(str(each.path), f"cannot be removed: {error.strerror}.", RIGHTS))
    for folder in dict.fromkeys(each.path.parent for each in files):
        if folder.is_dir():
            atomic.tidy(folder)
    if faults:
        raise UnreadableFileError(*faults)


def _told(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the files that a record names, each with its hash."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        for each in held["outputs"]:
            # A record speaks of the files beside it only.
            if Path(each["file"]).name == each["file"]:
                yield str(each["file"]), str(each["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return


def _names_more(path: Path) -> bool:
    return any((path.parent / file).exists() for file, _ in _told(path))
