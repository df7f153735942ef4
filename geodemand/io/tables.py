"""Tables in CSV and Parquet as relations of a DuckDB connection. Text stays text."""

from __future__ import annotations

import codecs
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from geodemand.errors import ContentError, Fault, UnreadableFileError

SNIFFED_BYTES = 1 << 20
TEXT_SUFFIXES = (".csv", ".csv.gz", ".tsv", ".txt", ".tsv.gz", ".txt.gz")
PARQUET_SUFFIXES = (".parquet", ".pq")
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Relation:
    """A file to select from. ``sql``: a table function call; ``header``: its columns."""

    sql: str
    header: tuple[str, ...]
    where: str


def connect() -> duckdb.DuckDBPyConnection:
    """Return an in-memory connection that loads nothing from outside and keeps row order free."""
    return duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,
        }
    )


def regular_file(path: Path) -> Path:
    """Return the path of a regular file that is not empty, or raise UnreadableFileError."""
    try:
        found = path.stat()
    except OSError as error:
        near = _near(path)
        raise UnreadableFileError(
            Fault(str(path), "there is no such file.", near or "Check the path.")
        ) from error
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableFileError(Fault(str(path), "is not a regular file."))
    if found.st_size == 0:
        raise UnreadableFileError(Fault(str(path), "is empty.", "Export it again."))
    return path


def is_table(path: Path) -> bool:
    """Return whether a file's name says that it is a table, not a map layer."""
    return path.name.lower().endswith((*PARQUET_SUFFIXES, *TEXT_SUFFIXES))


def relation(
    connection: duckdb.DuckDBPyConnection, path: Path, names: Sequence[str] = ()
) -> Relation:
    """Return a CSV (or .csv.gz) or Parquet file as a relation; every column of a CSV as text.

    ``names``: the columns of a CSV that has no header row. Raises UnreadableFileError or
    ContentError; no message holds a row's content.
    """
    regular_file(path)
    lower = path.name.lower()
    if lower.endswith(PARQUET_SUFFIXES):
        sql = f"read_parquet({_quoted(path)})"
    elif lower.endswith(TEXT_SUFFIXES):
        sql = _csv(path, names)
    else:
        raise UnreadableFileError(
            Fault(
                str(path),
                "is of a kind that is not read.",
                "Save it as CSV (UTF-8) or Parquet.",
            )
        )
    with faults_of(path):
        described = connection.execute(f"DESCRIBE FROM {sql}").fetchall()
    return Relation(sql, tuple(str(row[0]) for row in described), str(path))


class faults_of:  # noqa: N801 - used as a context manager, like contextlib.suppress
    """Turn DuckDB's errors about a file into ours, without the line that it quotes."""

    def __init__(self, path: Path | str) -> None:
        """Take the file to name in messages."""
        self.path = str(path)

    def __enter__(self) -> None:
        """Do nothing on the way in."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Raise ContentError in place of a DuckDB error."""
        if isinstance(error, duckdb.Error):
            line = re.search(r"[Ll]ine:? (\d+)", str(error))
            where = f"{self.path}, line {line[1]}" if line else self.path
            if re.search("utf|unicode|encod", str(error), re.IGNORECASE):
                fault = Fault(
                    where, "holds characters that are not UTF-8.", "Save it as CSV UTF-8."
                )
            else:
                fault = Fault(
                    where,
                    "cannot be read as a table.",
                    "Check that every row has as many columns as the header, and its quotes.",
                )
            raise ContentError(fault) from None


def quoted_name(column: str) -> str:
    """Return a column's name as SQL takes it."""
    return '"' + column.replace('"', '""') + '"'


def quoted_text(text: str) -> str:
    """Return a text as SQL takes it."""
    return "'" + text.replace("'", "''") + "'"


def only(conditions: Mapping[str, Sequence[str] | str]) -> str:
    """Return the SQL condition that columns hold one of the values asked for."""
    parts = []
    for column, wanted in conditions.items():
        values = [wanted] if isinstance(wanted, str) else wanted
        listed = ", ".join(quoted_text(value) for value in values)
        parts.append(f"{quoted_name(column)} IN ({listed})")
    return " AND ".join(parts) or "true"


def _csv(path: Path, names: Sequence[str]) -> str:
    options = ["all_varchar=true", f"encoding={quoted_text(_encoding(path))}"]
    if names:
        columns = ", ".join(f"{quoted_text(name)}: 'VARCHAR'" for name in names)
        options += ["header=false", f"columns={{{columns}}}", "auto_detect=true"]
    else:
        options += ["header=true"]
    return f"read_csv({_quoted(path)}, {', '.join(options)})"


def _encoding(path: Path) -> str:
    """Return the encoding that the first part of a file allows: byte-order mark, UTF-8, Latin-1."""
    import gzip  # only here: most files are plain

    with path.open("rb") as plain:
        start = plain.read(SNIFFED_BYTES)
    if start.startswith(GZIP_MAGIC):
        with gzip.open(path) as packed:
            start = packed.read(SNIFFED_BYTES)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        # A character may be cut at the end of the part that was read.
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _quoted(path: Path) -> str:
    """Return a path as SQL text that names this one file: no character of it is a pattern."""
    plain = re.sub(r"([*?\[])", r"[\1]", str(path.absolute()))
    return quoted_text(plain)


def _near(path: Path) -> str:
    from geodemand.suggest import did_you_mean

    try:
        siblings = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f"There is no folder {path.parent}."
    return did_you_mean(path.name, siblings)
