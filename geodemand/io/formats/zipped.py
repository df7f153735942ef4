"""A map in a zip file: looked at first, unpacked under names of ours into a private folder."""

from __future__ import annotations

import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from geodemand.errors import RIGHTS, Fault, UnreadableFileError
from geodemand.io import limits as packed_limits
from geodemand.io.formats import gdal, limits

STARTS = (b"PK\x03\x04", b"PK\x05\x06")
CHUNK = 1 << 20
# The end record of a zip, the place in it of the size of the list of files, and its longest note.
END_MARK, END_SIZE, AT_SIZE, LONGEST_NOTE = b"PK\x05\x06", 22, 12, 1 << 16
ENTRY_BYTES = 512
LONGEST_STEM = 60
NOT_UNPACKED = "It is not unpacked."


def unpacked(
    path: Path, layer: str, suffixes: Sequence[str], folder: Path
) -> tuple[Path, str, str]:
    """Unpack the one map of a zip file, or the one that is named like the layer.

    Returns its path in the folder, what messages call it, and the layer to ask it for.
    """
    limits.check_size(path, limits.FILE_BYTES)
    _check_index(path)
    with _damage_said(path), zipfile.ZipFile(path) as archive:
        entries = _entries(archive, path)
        maps = {name for name in entries if PurePosixPath(name).suffix.lower() in suffixes}
        chosen, layer = _chosen(sorted(maps), layer, str(path))
        parts = _parts(chosen, entries)
        _check([entries[name] for name in parts.values()], path)
        stem = PurePosixPath(chosen).stem
        own = re.sub(r"\W", "_", stem)[:LONGEST_STEM] or "_"
        for suffix, name in parts.items():
            _unpack(archive, entries[name], folder / f"{own}{suffix}")
    inside = folder / f"{own}{PurePosixPath(chosen).suffix.lower()}"
    return inside, f"{path}: {chosen}", "" if layer == stem else layer


def _check_index(path: Path) -> None:
    """Raise UnreadableFileError where the list of files alone would fill the memory."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - END_SIZE - LONGEST_NOTE))
        tail = file.read()
    at = tail.rfind(END_MARK)
    if at < 0 or len(tail) < at + END_SIZE:
        raise UnreadableFileError(Fault(str(path), "is damaged or cut off.", "Download it again."))
    (index,) = struct.unpack_from("<L", tail, at + AT_SIZE)
    if index > packed_limits.MEMBERS * ENTRY_BYTES:
        raise UnreadableFileError(Fault(str(path), "holds too many files.", NOT_UNPACKED))


def _entries(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """Return the files by name; raise UnreadableFileError for names that lead outside."""
    files = [entry for entry in archive.infolist() if not entry.is_dir()]
    entries = {entry.filename.replace("\\", "/"): entry for entry in files}
    outside = [name for name in entries if re.match(r"/|[A-Za-z]:|(.*/)?\.\.(/|$)", name)]
    faults = []
    if len(files) > packed_limits.MEMBERS:
        faults.append(f"holds more than {packed_limits.MEMBERS:,} files.")
    if outside:
        faults.append(f"has {len(outside)} files whose paths lead outside it.")
    if len(entries) < len(files):
        faults.append("has several files of one name.")
    if faults:
        raise UnreadableFileError(*(Fault(str(path), what, NOT_UNPACKED) for what in faults))
    hidden = re.compile(r"__MACOSX/|(.*/)?\.")
    return {name: entry for name, entry in entries.items() if not hidden.match(name)}


def _chosen(maps: list[str], layer: str, where: str) -> tuple[str, str]:
    """Return which of the maps is meant, and the layer to ask it for."""
    if not maps:
        raise UnreadableFileError(Fault(where, "holds no map.", gdal.UNREADABLE))
    if len(maps) == 1:
        return maps[0], layer
    named = [name for name in maps if PurePosixPath(name).stem == layer]
    if len(named) == 1:
        return named[0], layer
    stems = [PurePosixPath(name).stem for name in maps]
    raise gdal.no_layer(where, layer, stems) if layer else gdal.several(where, stems)


def _parts(chosen: str, entries: dict[str, zipfile.ZipInfo]) -> dict[str, str]:
    """Return the files to unpack by suffix: of a Shapefile, those that belong to it."""
    own = PurePosixPath(chosen)
    if own.suffix.lower() != ".shp":
        return {own.suffix.lower(): chosen}
    stem = str(own.with_suffix("")).lower()
    return {
        PurePosixPath(name).suffix.lower(): name
        for name in sorted(entries)
        if str(PurePosixPath(name).with_suffix("")).lower() == stem
        and PurePosixPath(name).suffix.lower() in gdal.SHAPEFILE_PARTS
    }


def _check(entries: Sequence[zipfile.ZipInfo], path: Path) -> None:
    """Raise UnreadableFileError for what may not be unpacked, all at once."""
    faults = []
    for entry in entries:
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind and not stat.S_ISREG(kind):
            what = "is not a regular file."
            faults.append(Fault(f"{path}: {entry.filename}", what, "It is not unpacked."))
        if entry.flag_bits & 1:
            what = "is locked with a password."
            faults.append(Fault(f"{path}: {entry.filename}", what, "Unpack it yourself."))
    total = sum(entry.file_size for entry in entries)
    if what := packed_limits.too_much(total, path.stat().st_size):
        faults.append(Fault(str(path), what, NOT_UNPACKED))
    if faults:
        raise UnreadableFileError(*faults)


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """Unpack one file, never more than it declares."""
    left = entry.file_size
    with archive.open(entry) as packed, target.open("xb") as out:
        while chunk := packed.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                message = "more than it declares"
                raise zipfile.BadZipFile(message)
            out.write(chunk)


@contextmanager
def _damage_said(path: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, UnicodeError) as error:
        fault = Fault(str(path), "is damaged or cut off.", "Download it again.")
        raise UnreadableFileError(fault) from error
    except (NotImplementedError, RuntimeError) as error:
        fault = Fault(str(path), "is packed in a way that is not read.", "Unpack it yourself.")
        raise UnreadableFileError(fault) from error
    except OSError as error:
        fault = Fault(str(path), f"cannot be unpacked: {error.strerror}.", RIGHTS)
        raise UnreadableFileError(fault) from error
