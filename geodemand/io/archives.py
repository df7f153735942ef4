"""Directories as downloaded: zips and folders, and which of their files are the directory.

A zip is hostile until shown otherwise: only regular files that belong to the directory are
unpacked, under names of ours, into a private folder that is removed whatever happens.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import struct
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from geodemand.errors import RIGHTS, ContentError, Fault, UnreadableFileError
from geodemand.io import atomic, definitions
from geodemand.io.tables import WORKBOOK_SUFFIXES, regular_file

# Of the private folders for what is unpacked; none that anybody else makes begins like it.
PREFIX = "geodemand-unpacked-"
ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
# Published directories have a few hundred files, unpack to 1.5 GB and to ten times their size.
MOST_ENTRIES = 10_000
MOST_BYTES = 6 << 30
MOST_RATIO = 200
RATIO_FROM = 1 << 20
LONGEST_INDEX = MOST_ENTRIES << 9
CHUNK = 1 << 20
LONGEST_NOTE = 1 << 16
MOST_NAMED = 5

END_MARK, END_SIZE = b"PK\x05\x06", 22
END64_MARK = b"PK\x06\x06"
ABSENT_SIZE = 0xFFFFFFFF

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_SHORT_MONTHS = [month[:3] for month in MONTHS]
_ANY_MONTH = "|".join(_SHORT_MONTHS)
_PRODUCTS = "ONSPD|NSPL|NSPD|ONS.Postcode.Directory|National.Statistics.Postcode.Lookup"
_BY_MONTH = re.compile(rf"({_PRODUCTS}).*?({_ANY_MONTH})[a-z]*[ _-]*((?:19|20)\d\d)", re.IGNORECASE)
_BY_NUMBER = re.compile(
    rf"({_PRODUCTS}|code.?point.?open)[ _-]+((?:19|20)\d\d)-(\d\d)", re.IGNORECASE
)
_SHORT = {"ons": "ONSPD", "nat": "NSPL", "cod": "Code-Point Open"}


@dataclass(frozen=True)
class Part:
    """One file of a directory. ``label``: what messages call it, such as "x.zip: Data/y.csv"."""

    path: Path
    label: str


@dataclass(frozen=True)
class Opened:
    """The files that are the directory, and its vintage where names or notes tell it, else ""."""

    parts: tuple[Part, ...]
    vintage: str


@contextmanager
def workspace() -> Iterator[Path]:
    """Give a private folder for temporary files and remove it at the end, however that comes.

    What a process that was killed left behind goes with the next one.
    """
    with (
        _ended_in_order(),
        tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as folder,
        atomic.shared(Path(folder)),
    ):
        for left in Path(folder).parent.glob(f"{PREFIX}*/"):
            atomic.remove_abandoned(left)
        yield Path(folder)


def opened(source: Path, folder: Path) -> Opened:
    """Return the files of a source: a file, a folder as downloaded, or a zip, unpacked to a folder.

    Raises UnreadableFileError where nothing in it is a table, or a zip is not safe or damaged.
    """
    if source.is_dir():
        return _opened_folder(source)
    regular_file(source)
    with source.open("rb") as file:
        start = file.read(4)
    if start in ZIP_STARTS and not source.name.lower().endswith(WORKBOOK_SUFFIXES):
        return _opened_zip(source, folder)
    if source.suffix.lower() == ".zip":
        raise UnreadableFileError(Fault(str(source), "is no zip file.", "Download it again."))
    return Opened((Part(source, str(source)),), vintage([source.name]))


def folder_files(folder: Path) -> list[Path]:
    """Return the files of a folder that are the directory, in order of name."""
    chosen = select(_names(folder), str(folder))
    return [folder / name for name in chosen]


def select(names: Sequence[str], where: str) -> list[str]:
    """Return which files of a zip or folder are the directory, by their paths in it.

    >>> select(["Data/ONSPD_MAY_2025_UK.csv", "Data/multi_csv/ONSPD_MAY_2025_UK_AB.csv",
    ...         "Documents/names.csv"], "x.zip")
    ['Data/ONSPD_MAY_2025_UK.csv']
    """
    patterns = definitions.columns("directory")["archive"]
    told = [name for name in names if not _fits(name, patterns["documentation"])]
    for kind in ("whole", "areas", "layer", "table"):
        fitting = sorted(name for name in told if _fits(name, patterns[kind]))
        if kind == "table":
            depth = min((name.count("/") for name in fitting), default=0)
            fitting = [name for name in fitting if name.count("/") == depth]
        if len(fitting) > 1 and kind in {"whole", "layer"}:
            mend = f"Name one of them: {_listed(fitting)}."
            raise ContentError(Fault(where, "holds more than one directory.", mend))
        if fitting:
            return fitting
    mend = f"It holds: {_listed(sorted(told or names))}." if names else "It is empty: get it again."
    what = "holds no postcode directory (CSV, Parquet or GeoPackage)."
    raise UnreadableFileError(Fault(where, what, mend))


def vintage(names: Iterable[str]) -> str:
    """Return product and month as the first of some file names tells them, or "".

    >>> vintage(["ONSPD_MAY_2025_UK.zip"]), vintage(["codepoint_open_2014-08.parquet"])
    ('ONSPD May 2025', 'Code-Point Open August 2014')
    """
    for name in names:
        found = _BY_MONTH.search(name)
        if found:
            month = MONTHS[_SHORT_MONTHS.index(found[2].capitalize())]
            return f"{_product(found[1])} {month} {found[3]}"
        found = _BY_NUMBER.search(name)
        if found and 1 <= int(found[3]) <= len(MONTHS):
            return f"{_product(found[1])} {MONTHS[int(found[3]) - 1]} {found[2]}"
    return ""


def _product(text: str) -> str:
    return text.upper() if text.isalpha() and len(text) <= 5 else _SHORT[text[:3].lower()]  # noqa: PLR2004


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return any(re.fullmatch(pattern, name, re.IGNORECASE) for pattern in patterns)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    return f"{shown} and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else shown


def _opened_folder(source: Path) -> Opened:
    files = folder_files(source)
    names = [source.resolve().name, *(file.name for file in files)]
    note = next((source / name for name in _names(source) if _is_note(name)), None)
    said = ""
    if note is not None:
        with note.open("rb") as file:
            said = _noted(file)
    return Opened(tuple(Part(file, str(file)) for file in files), said or vintage(names))


def _names(folder: Path) -> list[str]:
    """Return the regular files in a folder and its folders, as paths with slashes."""
    found: list[str] = []
    for at, _, files in os.walk(folder):
        for name in files:
            path = Path(at, name)
            if path.is_file():
                found.append(path.relative_to(folder).as_posix())
        if len(found) > MOST_ENTRIES:
            mend = "Name the folder of the directory itself."
            raise UnreadableFileError(
                Fault(str(folder), f"holds more than {MOST_ENTRIES:,} files.", mend)
            )
    return found


def _noted(file: IO[bytes]) -> str:
    """Return the edition that Code-Point Open's metadata.txt states, or ""."""
    text = file.read(LONGEST_NOTE).decode("latin-1")
    product = re.search(r"CODE.?POINT.?OPEN", text, re.IGNORECASE)
    version = re.search(r"DATASET VERSION NUMBER:\s*([\d.]+)", text, re.IGNORECASE)
    day = re.search(r"COPYRIGHT DATE:\s*(20\d\d)(\d\d)(\d\d)", text, re.IGNORECASE)
    if not product:
        return ""
    words = ["Code-Point Open", version[1] if version else ""]
    if day:
        words.append(f"({day[1]}-{day[2]}-{day[3]})")
    return " ".join(word for word in words if word)


def _opened_zip(source: Path, folder: Path) -> Opened:
    _check_index(source)
    with _damage_said(source), zipfile.ZipFile(source) as archive:
        entries = _entries(archive, source)
        chosen = select(list(entries), str(source))
        _check_entries([entries[name] for name in chosen], source, folder)
        parts = tuple(
            Part(_unpacked(archive, entries[name], folder), f"{source}: {name}") for name in chosen
        )
        note = next((e for name, e in entries.items() if _is_note(name)), None)
        said = ""
        if note is not None and note.file_size <= LONGEST_NOTE:
            with archive.open(note) as file:
                said = _noted(file)
    return Opened(parts, said or vintage([*map(_last, chosen), source.name]))


def _is_note(name: str) -> bool:
    return name.lower().endswith("doc/metadata.txt")


def _last(name: str) -> str:
    return PurePosixPath(name).name


def _check_index(source: Path) -> None:
    """Raise UnreadableFileError where a zip's list of files alone would fill the memory."""
    with source.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(-min(file.tell(), LONGEST_NOTE + END_SIZE), os.SEEK_END)
        tail = file.read()
    at = tail.rfind(END_MARK)
    if at < 0 or len(tail) < at + END_SIZE:
        raise UnreadableFileError(Fault(str(source), "is cut off.", "Download it again."))
    (size,) = struct.unpack_from("<L", tail, at + 12)
    at64 = tail.rfind(END64_MARK, 0, at)
    if size == ABSENT_SIZE and at64 >= 0:
        (size,) = struct.unpack_from("<Q", tail, at64 + 40)
    if size > LONGEST_INDEX:
        raise _too_many(source)


def _too_many(source: Path) -> UnreadableFileError:
    return UnreadableFileError(
        Fault(str(source), f"holds more than {MOST_ENTRIES:,} files.", "It is not unpacked.")
    )


def _entries(archive: zipfile.ZipFile, source: Path) -> dict[str, zipfile.ZipInfo]:
    """Return the files of a zip by path; raise UnreadableFileError for paths that lead outside."""
    files = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(files) > MOST_ENTRIES:
        raise _too_many(source)
    entries = {entry.filename.replace("\\", "/"): entry for entry in files}
    outside = [name for name in entries if _leads_outside(name)]
    if outside or len(entries) < len(files):
        what = (
            f"has {len(outside)} files whose paths lead outside it."
            if outside
            else "has several files of one name."
        )
        raise UnreadableFileError(Fault(str(source), what, "It is not unpacked."))
    return entries


def _leads_outside(name: str) -> bool:
    return bool(re.match(r"/|[A-Za-z]:", name)) or ".." in name.split("/")


def _check_entries(entries: Sequence[zipfile.ZipInfo], source: Path, folder: Path) -> None:
    """Raise UnreadableFileError for what may not be unpacked, all at once."""
    faults = [
        Fault(f"{source}: {entry.filename}", what, "It is not unpacked.")
        for entry in entries
        for what in _unsafe(entry)
    ]
    total = sum(entry.file_size for entry in entries)
    if total > MOST_BYTES:
        what = f"unpacks to {total:,} bytes, more than {MOST_BYTES:,}."
        faults.append(Fault(str(source), what, "It is not unpacked."))
    elif total > shutil.disk_usage(folder).free:
        what = f"unpacks to {total:,} bytes, more than is free for temporary files."
        faults.append(Fault(str(source), what, "Set TMPDIR to a folder with more room."))
    if faults:
        raise UnreadableFileError(*faults)


def _unsafe(entry: zipfile.ZipInfo) -> Iterator[str]:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind and not stat.S_ISREG(kind):
        yield "is not a regular file."
    if entry.flag_bits & 1:
        yield "is locked with a password."
    if entry.file_size > RATIO_FROM and entry.file_size > MOST_RATIO * entry.compress_size:
        yield f"unpacks to more than {MOST_RATIO} times its size."


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> Path:
    """Unpack one file under a name of ours and return its path; never more than it declares."""
    suffix = re.search(r"\.[a-z]+(\.gz)?$", entry.filename.lower())
    descriptor, path = tempfile.mkstemp(suffix[0] if suffix else "", dir=folder)
    left = entry.file_size
    with archive.open(entry) as packed, os.fdopen(descriptor, "wb") as out:
        while chunk := packed.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                message = "more than it declares"
                raise zipfile.BadZipFile(message)
            out.write(chunk)
    return Path(path)


@contextmanager
def _damage_said(source: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, UnicodeError) as error:
        fault = Fault(str(source), "is damaged or cut off.", "Download it again.")
        raise UnreadableFileError(fault) from error
    except (NotImplementedError, RuntimeError) as error:
        mend = "Unpack it yourself and name the folder."
        fault = Fault(str(source), "is packed in a way that is not read.", mend)
        raise UnreadableFileError(fault) from error
    except OSError as error:
        fault = Fault(str(source), f"cannot be unpacked: {error.strerror}.", RIGHTS)
        raise UnreadableFileError(fault) from error


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Turn a request to end (SIGTERM) into an exit that cleans up, while this lasts."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    asked: list[int] = []

    def leave(number: int, _: object) -> None:
        asked.append(number)
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    except RuntimeError as error:
        if "Query interrupted" not in str(error):
            raise
        # DuckDB says of both a request to end and Ctrl-C that a query was interrupted.
        ended = SystemExit(128 + asked[0]) if asked else KeyboardInterrupt()
        raise ended from error
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)
