"""Sources of a directory, one file after another, into private tables in our columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from geodemand.errors import ContentError, Fault, GeodemandError, UnreadableFileError
from geodemand.io import archives, columns, definitions, directory, point_layers, tables
from geodemand.io.archives import Part
from geodemand.io.directory import WEIGHTS, Published
from geodemand.io.tables import quoted_name, quoted_text

MOST_FAULTS = 5
RANK = "imd_rank"
DATES = ("introduced", "terminated")
POSITION = ("easting", "northing")


@dataclass
class Stage:
    """The sources as read so far: files in our columns, and what was met on the way.

    ``kept``, ``unused``: columns of the sources; ``vintages``: what is told of the sources.
    """

    folder: Path
    keep: tuple[str, ...] = ()
    files: list[Path] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    unused: dict[str, None] = field(default_factory=dict)
    vintages: dict[str, None] = field(default_factory=dict)

    def columns(self) -> tuple[str, ...]:
        """Return the columns of the directory after the postcode, in their order."""
        codes = definitions.columns("directory")["built"]["codes"]
        order = (*POSITION, *DATES, "quality", *codes, RANK, *WEIGHTS, *self.keep)
        return tuple(name for name in order if name in self.kept or name in POSITION)


def read(
    connection: duckdb.DuckDBPyConnection,
    stage: Stage,
    source: Path,
    areas: Sequence[str] = (),
    districts: Sequence[str] = (),
) -> None:
    """Read one source into the stage, limited to postcode areas and districts.

    Raises a GeodemandError with the faults of all its files at once.
    """
    found = archives.opened(source, stage.folder)
    if found.vintage:
        stage.vintages[found.vintage] = None
    errors: list[GeodemandError] = []
    for part in found.parts:
        try:
            _read_part(connection, stage, part, (areas, districts))
        except GeodemandError as error:
            errors.append(error)
        if part.path.is_relative_to(stage.folder):
            part.path.unlink()
    if errors:
        faults = [fault for error in errors for fault in error.faults]
        raise type(errors[0])(*faults[:MOST_FAULTS])


def _read_part(
    connection: duckdb.DuckDBPyConnection,
    stage: Stage,
    part: Part,
    limits: tuple[Sequence[str], Sequence[str]],
) -> None:
    with _labelled(part, part.path):
        if not point_layers.is_geopackage(part.path):
            _read_table(connection, stage, part.path, limits)
            return
        for path in point_layers.to_tables(connection, part.path, stage.folder):
            with _labelled(part, path):
                _read_table(connection, stage, path, limits, on_grid=True)


def _read_table(
    connection: duckdb.DuckDBPyConnection,
    stage: Stage,
    path: Path,
    limits: tuple[Sequence[str], Sequence[str]],
    *,
    on_grid: bool = False,
) -> None:
    published = directory.recognised(connection, path, on_grid=on_grid)
    items = _items(published, stage.keep)
    file = stage.folder / f"stage-{len(stage.files):05}.parquet"
    chosen = ", ".join(f"{sql} AS {quoted_name(name)}" for name, sql in items.items())
    query = (
        f"SELECT * FROM (SELECT {chosen}, {', '.join(directory.placed(published))} "  # noqa: S608
        f"FROM {published.table.sql}) WHERE {_condition(published, *limits)}"
    )
    with tables.faults_of(path), room():
        connection.execute(f"COPY ({query}) TO {quoted_text(str(file))} (FORMAT parquet)")
    stage.files.append(file)
    stage.kept |= items.keys()
    used = {*published.roles.values(), *items}
    stage.unused |= dict.fromkeys(name for name in published.table.header if name not in used)
    if published.vintage:
        stage.vintages[published.vintage] = None


@contextmanager
def _labelled(part: Part, path: Path) -> Iterator[None]:
    """Name a file in messages as the user knows it, not by where it was unpacked."""
    try:
        yield
    except GeodemandError as error:
        faults = (
            replace(fault, where=fault.where.replace(str(path), part.label))
            for fault in error.faults
        )
        raise type(error)(*faults) from error


@contextmanager
def room() -> Iterator[None]:
    """Turn DuckDB's word on a full disk into ours; it would pass for a fault of the file."""
    try:
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        if not re.search("no space|not enough space|failed to (offload|write)", str(error).lower()):
            raise
        mend = "Make room there, or set TMPDIR to a folder with more room for temporary files."
        raise UnreadableFileError(Fault("", "the disk is full.", mend)) from error


def _items(published: Published, keep: Sequence[str]) -> dict[str, str]:
    """Return the SQL of each column of ours that a file can fill, positions apart."""
    codes = definitions.columns("directory")["built"]["codes"]
    held = published.roles
    items = {"key": published.key()}
    items |= {role: _date(published.text(role)) for role in DATES if role in held}
    if "quality" in held:
        items["quality"] = f"TRY_CAST({published.number('quality')} AS SMALLINT)"
    items |= {role: _code(published.text(role)) for role in codes if role in held}
    if RANK in held:  # 0 stands for none
        items[RANK] = f"nullif(TRY_CAST({published.number(RANK)} AS INTEGER), 0)"
    items |= {role: published.number(role) for role in WEIGHTS if role in held}
    table = published.table
    other = {name: columns.named(name, table.header, table.where) for name in keep}
    return items | {name: f"{quoted_name(column)}::VARCHAR" for name, column in other.items()}


def _date(text: str) -> str:
    """Return the SQL of a date as yyyymm; NULL where there is none."""
    return (
        f"CASE WHEN length({text}) = 6 THEN {text} "
        f"WHEN regexp_matches({text}, '^[0-9]{{4}}-[0-9]{{2}}') "
        f"THEN replace(left({text}, 7), '-', '') "
        f"ELSE nullif(regexp_replace(trim({text}), '[.]0$', ''), '') END"
    )


def _code(text: str) -> str:
    """Return the SQL of a code; NULL where it says that its level does not apply."""
    pseudo = definitions.columns("directory")["pseudo"]
    none = [f"{text} LIKE '_{ending}'" for ending in pseudo["endings"]]
    none.append(f"{text} IN ('', {', '.join(map(quoted_text, pseudo['codes']))})")
    return (
        f"CASE WHEN {' OR '.join(none)} THEN NULL "
        f"WHEN contains({text}, ' ') THEN nullif(trim({text}), '') ELSE {text} END"
    )


def _condition(published: Published, areas: Sequence[str], districts: Sequence[str]) -> str:
    """Return the SQL of what to take; rows without a postcode stay, to be counted."""
    parts = ["true"]
    if areas:
        listed = ", ".join(map(quoted_text, areas))
        parts.append(f"regexp_extract(key, '^[A-Z]+') IN ({listed})")
    if districts:
        table = published.table
        if "district" not in published.roles:
            fault = columns.missing("a column of districts", table.header, table.where)
            mend = f"{fault.mend} Limit it with --within instead."
            raise ContentError(Fault(fault.where, fault.what, mend))
        parts.append(f"upper(district) IN ({', '.join(map(quoted_text, districts))})")
    return f"key = '' OR ({' AND '.join(parts)})"
