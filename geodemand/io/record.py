"""The run record: what a run read, by hash, how it was told to, and what it wrote.

It lies beside the outputs and is written last: where it stands, they are complete. It has no date
and no person, so that the same inputs give the same bytes; these are in the ledger of releases. Of
client lists a record that may be published says neither size nor hash: of a short list either
would tell how many are on it, or who.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from geodemand.core.disclosure import Policy, Protected, Release
from geodemand.io import definitions
from geodemand.project import Project
from geodemand.version import __version__

SUFFIX = ".record.json"
CLIENTS = "clients"
LIBRARIES = ("duckdb", "numpy", "shapely", "pyproj", "geopandas", "folium", "xlsxwriter")
# Options that name inputs or places, or change nothing of what is written.
_NOT_TOLD = {
    *("project_file", "postcodes", "clients", "areas", "segments", "sites", "out", "formats"),
    *("quiet", "verbose", "overwrite", "as_json", "open_it", "unmatched", "save", "as_release"),
    *("moved_clients", "earlier", "scheme", "policy", "reason"),
}
_SHAPEFILE = ".shp"


@dataclass(frozen=True)
class File:
    """A file that was read or written. ``role``: what for; ``sha256`` of its bytes."""

    role: str
    file: str
    bytes: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Run:
    """What a record tells of one run of a command."""

    command: str
    title: str
    policy: Policy
    options: Mapping[str, Any]
    inputs: tuple[File, ...]
    ledger: tuple[Mapping[str, Any], ...]
    withheld: Mapping[str, Mapping[str, int]]

    @classmethod
    def of(cls, release: Release, project: Project, command: str, given: Mapping[str, Any]) -> Run:
        """Return what is to be told of a run; reads all inputs once more for their hashes."""
        ledger = release.tables.get("ledger")
        return cls(
            command,
            project.title,
            release.policy,
            {
                name: _plain(value)
                for name, value in sorted(given.items())
                if name not in _NOT_TOLD and value not in (None, False, (), "")
            },
            tuple(inputs(project)),
            tuple(ledger.records()) if ledger is not None and len(ledger) else (),
            withheld(release),
        )


def record_text(run: Run, outputs: Iterable[File]) -> str:
    """Return the record of a run as JSON."""
    told = [
        File(each.role, "") if each.role.startswith(CLIENTS) and is_public(run.policy) else each
        for each in run.inputs
    ]
    content = {
        "geodemand": __version__,
        "command": run.command,
        "title": run.title,
        "policy": {"name": run.policy.name, "reason": run.policy.reason or None},
        "options": run.options,
        "inputs": [_without_none(each) for each in told],
        "versions": versions(),
        "ledger": run.ledger,
        "withheld": run.withheld,
        "outputs": [_without_none(each) for each in outputs],
    }
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def page_text(command: str, page: File) -> str:
    """Return the record of a page that a command makes of what there is already, as JSON."""
    content = {"geodemand": __version__, "command": command, "outputs": [_without_none(page)]}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def is_public(policy: Policy) -> bool:
    """Return whether what is written under a policy is meant for others: it asks for no reason."""
    return not policy.needs_reason


def withheld(release: Release) -> dict[str, dict[str, int]]:
    """Return for each table with figures about people how many it has, and how many are hidden."""
    found = {}
    for name, table in release.tables.items():
        figures = [each for each in table.columns.values() if isinstance(each, Protected)]
        if figures:
            hidden = sum(int(each.withheld.sum()) for each in figures)
            found[name] = {"figures": sum(map(len, figures)), "withheld": hidden}
    return found


def inputs(project: Project) -> Iterator[File]:
    """Yield every file that a project names, with its hash; a query by the hash of its words."""
    named: list[tuple[str, Path | None]] = [
        *(("directory", path) for path in project.directory.postcodes),
        ("segments", project.segments.file),
        ("scheme", _own(project.segments.scheme)),
        ("policy", _own(project.disclosure.policy)),
    ]
    for name, clients in project.clients.items():
        named += [(f"{CLIENTS} {name}", path) for path in clients.paths]
        if clients.query:
            words = clients.query.encode()
            yield File(f"{CLIENTS} {name}", "a query", len(words), _sha256(words))
    for name, areas in project.areas.items():
        named += [(f"areas {name}", areas.file), (f"areas {name}", areas.names)]
    named += [(f"sites {name}", sites.file) for name, sites in project.sites.items()]
    for role, path in named:
        for file in _files(path):
            yield read(file, role)


def read(path: Path, role: str) -> File:
    """Return a file as it is on the disk now."""
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return File(role, path.name, path.stat().st_size, digest)


def written(path: Path, content: bytes, beside: Path) -> File:
    """Return a file as it is to be written; named from the folder ``beside``."""
    return File("output", name_from(path, beside), len(content), _sha256(content))


def name_from(path: Path, folder: Path) -> str:
    """Return a path as it is called from a folder, in full where it is not in it."""
    full, start = path.absolute(), folder.absolute()
    return full.relative_to(start).as_posix() if full.is_relative_to(start) else str(full)


def versions() -> dict[str, str]:
    """Return which versions of Python and of libraries worked."""
    from importlib import metadata  # slow to import, and only for runs that write files

    found = {"python": sys.version.split()[0]}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _without_none(file: File) -> dict[str, Any]:
    return {name: value for name, value in asdict(file).items() if value not in (None, "")}


def _own(name_or_file: str) -> Path | None:
    """Return a definition that is a file of the user's own."""
    path = Path(name_or_file)
    known = {*definitions.names("policies"), *definitions.names("segmentations"), ""}
    return path if name_or_file not in known and path.is_file() else None


def _files(path: Path | None) -> list[Path]:
    """Return the files behind a name: of a folder all, of a Shapefile those beside it."""
    if path is None or not path.exists():
        return []
    if path.is_dir():
        return sorted(each for each in path.rglob("*") if each.is_file())
    if path.suffix.lower() == _SHAPEFILE:
        return sorted(each for each in path.parent.glob(f"{path.stem}.*") if each.is_file())
    return [path]


def _plain(value: Any) -> Any:  # noqa: ANN401 - an option's value
    if isinstance(value, Path):
        return value.name
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
