"""The ledger of releases: what was published, so that later runs are audited against it.

A folder with one file a release, which is added and never changed, so that two runs at once cannot
lose each other's. Each says who released what and when, the inputs by hash, the files by hash, and
every figure with the interval that it stands for over a zone of postcodes; no client's row and no
exact count. Dates come from the clock here and nowhere else: a ledger is a log.
"""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geodemand.core import packed
from geodemand.core.published import Published
from geodemand.errors import NO_TEXT, ContentError, Fault, UnreadableFileError, UsageError
from geodemand.io import atomic
from geodemand.io.record import File, Run
from geodemand.suggest import did_you_mean
from geodemand.version import __version__

if TYPE_CHECKING:
    from geodemand.io.study import Study

SUFFIX = ".release.json"
WITHDRAWN = ".withdrawn.json"
# Where figures hold the postcodes of their zones.
PLACES = "postcodes"


@dataclass(frozen=True)
class Entry:
    """One release. ``figures``: packed, see `packed`. ``withdrawn``: why, "" where it stands."""

    id: str
    date: str
    by: str
    command: str
    title: str
    policy: Mapping[str, Any]
    options: Mapping[str, Any]
    inputs: tuple[File, ...]
    outputs: tuple[File, ...]
    withheld: Mapping[str, Mapping[str, int]]
    figures: tuple[Mapping[str, Any], ...]
    withdrawn: str = ""

    @property
    def stands(self) -> bool:
        """Return whether others may have it."""
        return not self.withdrawn


def entry_text(run: Run, outputs: Sequence[File], figures: Iterable[Mapping[str, Any]]) -> str:
    """Return a release as the ledger holds it, without its name."""
    policy = {
        name: getattr(run.policy, name)
        for name in ("name", "title", "threshold", "base", "explanation", "reason", "sources")
    }
    places: dict[str, int] = {}  # most figures are over the same postcodes
    shared = [{**each, PLACES: places.setdefault(each[PLACES], len(places))} for each in figures]
    content = {
        "geodemand": __version__,
        "date": _now().isoformat(timespec="seconds"),
        "by": _user(),
        "command": run.command,
        "title": run.title,
        "policy": policy,
        "options": run.options,
        "inputs": [asdict(each) for each in run.inputs],
        "outputs": [asdict(each) for each in outputs],
        "withheld": run.withheld,
        "figures": shared,
        "places": list(places),
    }
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def new_name(outputs: Sequence[File], known: Iterable[str]) -> str:
    """Return a name for a release that no other has, and that sorts behind those before it.

    Its second, a number where another has that, and letters of its outputs.
    """
    letters = next((each.sha256 or "" for each in outputs), "")[:4]
    second = f"{_now():%Y%m%d-%H%M%S}"
    same = sum(each.startswith(second) for each in known)
    number = f".{same + 1:02}" if same else ""
    return f"{second}{number}{f'-{letters}' if letters else ''}"


def holds(entries: Sequence[Entry], outputs: Sequence[File]) -> bool:
    """Return whether a release that stands wrote these very files."""
    new = {(each.file, each.sha256) for each in outputs}
    return bool(new) and any(
        entry.stands and {(each.file, each.sha256) for each in entry.outputs} == new
        for entry in entries
    )


def read_all(folder: Path) -> list[Entry]:
    """Return all releases of a ledger, the oldest first; none where there is no ledger yet.

    Raises UnreadableFileError or ContentError for an entry that is not as it was written.
    """
    if not folder.is_dir():
        return []
    # By name, not by file: 120000 comes before 120000.02, as "-" and nothing do before ".".
    return sorted(map(_read, folder.glob(f"*{SUFFIX}")), key=lambda entry: entry.id)


def find(folder: Path, name: str) -> Entry:
    """Return one release by its name or how that begins, or "last"; raise UsageError without."""
    entries = read_all(folder)
    if name == "last" and entries:
        return entries[-1]
    found = [each for each in entries if each.id.startswith(name)]
    exact = [each for each in found if each.id == name]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if found:
        named = ", ".join(each.id for each in found)
        raise UsageError(Fault("", f"several releases begin with '{name}'.", f"They are: {named}."))
    hint = did_you_mean(name, [each.id for each in entries])
    mend = hint or "See 'geodemand release list'."
    raise UsageError(Fault("", f"there is no release '{name}' in {folder}.", mend))


def withdraw(folder: Path, entry: Entry, why: str) -> Path:
    """Add to a ledger that a release is withdrawn; return the file that says so."""
    target = folder / f"{entry.id}{WITHDRAWN}"
    content = {"date": _now().isoformat(timespec="seconds"), "by": _user(), "why": why}
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    atomic.write_all({target: text.encode()}, overwrite=False)
    return target


def earlier(folder: Path, found: Study) -> tuple[Published, ...]:
    """Return the figures of all releases that stand, over the places of a study."""
    standing = [entry for entry in read_all(folder) if entry.stands]
    if not standing:
        return ()
    postcodes = found.keys(np.arange(len(found.directory)))
    return tuple(
        packed.unpacked(held, postcodes, found.places.postcode)
        for entry in standing
        for held in entry.figures
    )


def _read(path: Path) -> Entry:
    try:
        text = path.read_text(encoding="utf-8")
        why = path.with_name(path.name.removesuffix(SUFFIX) + WITHDRAWN)
        withdrawn = why.read_text(encoding="utf-8") if why.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFileError(Fault(str(path), f"cannot be read: {error}.", NO_TEXT)) from error
    try:
        held = json.loads(text)
        datetime.fromisoformat(held["date"])  # raises ValueError where it is none
        return Entry(
            id=path.name.removesuffix(SUFFIX),
            withdrawn=(json.loads(withdrawn)["why"] or "withdrawn") if withdrawn else "",
            inputs=tuple(File(**each) for each in held["inputs"]),
            outputs=tuple(File(**each) for each in held["outputs"]),
            figures=tuple(
                {**each, PLACES: held["places"][each[PLACES]]} for each in held["figures"]
            ),
            **{
                name: held[name]
                for name in ("date", "by", "command", "title", "policy", "options", "withheld")
            },
        )
    except (ValueError, KeyError, IndexError, TypeError) as error:
        mend = "Bring it back from a backup: later runs are audited against it."
        fault = Fault(str(path), "is no entry of a ledger of releases.", mend)
        raise ContentError(fault) from error


def _now() -> datetime:
    return datetime.now(UTC)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a machine without names
        return "unknown"
