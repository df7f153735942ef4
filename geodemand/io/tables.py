"""Tables of all kinds as relations of a DuckDB connection. Text stays text.

The content of a file says what it is; its name only that it is a table. CSV and Parquet stream
through DuckDB. Workbooks, and text that DuckDB cannot read as it is, are read with Python, and only
the columns that are needed are kept.
"""

from __future__ import annotations

import csv
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path
from threading import Thread

import duckdb

from geodemand.errors import ContentError, Fault, UnreadableFileError
from geodemand.io import columns, headings, limits, text
from geodemand.io.text import Layout

TEXT_SUFFIXES = (".csv", ".csv.gz", ".tsv", ".txt", ".tsv.gz", ".txt.gz")
PARQUET_SUFFIXES = (".parquet", ".pq")
WORKBOOK_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods")
SUFFIXES = (*TEXT_SUFFIXES, *PARQUET_SUFFIXES, *WORKBOOK_SUFFIXES, ".xlsb")
ARCHIVE_SUFFIXES = (".zip", ".7z", ".rar", ".bz2", ".xz", ".zst", ".tar", ".tgz")
PARQUET_MAGIC = b"PAR1"
WORKBOOK_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")
# What is no table, by how it begins.
OTHERS = {
    rb"<(?:!doctype html|html|head|body|table|meta|style|div)": "a web page",
    rb"<\?xml|<\?mso|<workbook": "XML",
    rb"%pdf": "a PDF",
    rb"\{\\rtf": "a text document",
    rb"sqlite format 3": "a database",
    rb"\[\s*[\[{]|\{\s*\"": "JSON",
    rb"mime-version:": "a web page",
}
# What DuckDB's errors about a Parquet file speak of.
OF_PARQUET = re.compile("parquet|thrift|magic bytes", re.IGNORECASE)
SAMPLE_ROWS = 500
LOADED_AT_ONCE = 50_000
# Bytes a thread reads at once: a quarter of what is usual takes hardly longer.
CSV_BUFFER = 8_000_000
# Files that can surely be held, even when they are packed.
SMALL_BYTES = 4_000_000
LONGEST_LINE = 2_000_000
# What a table that came through Python calls the number of a row: no file's column is called so.
ROW = f'"{headings.CELL_MARK}row"'
_numbers = count(1)


@dataclass(frozen=True)
class Relation:
    """A file to select from.

    ``sql``: a table function call or a table's name; ``header``: its columns. ``notes``: what a
    reader should know of how it was read. ``sample``: gives some of its rows, as text. ``odd``:
    columns that hold dates or numbers in a workbook. ``row``: the SQL of where a row stands in the
    file, its line or number from 1 on; NULL where that was not asked for or there is none.
    """

    sql: str
    header: tuple[str, ...]
    where: str
    notes: tuple[str, ...] = ()
    sample: Callable[[], Sequence[Sequence[str]]] = tuple
    odd: frozenset[str] = frozenset()
    row: str = "NULL::BIGINT"


def everything(table: Relation) -> Sequence[str]:
    """Return all columns: what is needed of a table where nothing else is said."""
    return table.header


def has_places(header: Sequence[str], _: Sequence[Sequence[str]]) -> bool:
    """Return whether a sheet could be the one that is meant: it names a postcode or a position."""
    roles = ("postcode", "easting", "latitude")
    return any(columns.find("clients", role, header) for role in roles)


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a table.

    ``names``: its columns, where it has no header. ``sheet``, ``header_row``: as a user says.
    ``needed``: which columns to keep of a table whose ``sql`` is not known yet. ``fits``: whether a
    sheet with this header and these rows can be the one. ``careful``: read text with Python, which
    names the lines at fault. ``numbered``: say where each row stands.
    """

    names: tuple[str, ...] = ()
    sheet: str = ""
    header_row: int = 0
    needed: Callable[[Relation], Sequence[str]] = everything
    fits: Callable[[Sequence[str], Sequence[Sequence[str]]], bool] = has_places
    careful: bool = False
    numbered: bool = False


def connect() -> duckdb.DuckDBPyConnection:
    """Return an in-memory connection that loads nothing from outside and keeps row order free."""
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,
            # Rows of clients are never spilled to disk.
            "temp_directory": "",
            # What a query is done with goes back to the system, not to waste beside the next one's.
            "allocator_bulk_deallocation_flush_threshold": "16MB",
        }
    )
    # It would stand among the results.
    connection.execute("SET enable_progress_bar = false")
    return connection


def connecting() -> Callable[[], duckdb.DuckDBPyConnection]:
    """Connect in the background, which takes a while, and return what gives the connection."""
    opened: list[duckdb.DuckDBPyConnection] = []
    # Python waits for it at its end: a daemon, still within DuckDB then, would abort the process.
    thread = Thread(target=lambda: opened.append(connect()), daemon=False)
    thread.start()

    def connection() -> duckdb.DuckDBPyConnection:
        thread.join()
        return opened[0] if opened else connect()  # once more, for its error to be raised here

    return connection


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
        mend = "Name one file in it." if path.is_dir() else "Copy what it holds to a file."
        raise UnreadableFileError(Fault(str(path), "is not a regular file.", mend))
    if found.st_size == 0:
        raise UnreadableFileError(Fault(str(path), "is empty.", "Export it again."))
    return path


def is_table(path: Path) -> bool:
    """Return whether a file's name says that it is a table, not a map layer."""
    return path.name.lower().endswith(SUFFIXES)


def are_small(paths: Sequence[Path]) -> bool:
    """Return whether what files hold is surely little enough to be held whole."""
    return sum(path.stat().st_size for path in paths) < SMALL_BYTES


def relation(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    names: Sequence[str] = (),
    wanted: Wanted | None = None,
) -> Relation:
    """Return a table of any kind as a relation; every column of text and workbooks as text.

    ``names``: the columns of text that has no header row. Raises UnreadableFileError or
    ContentError; no message holds a row's content.
    """
    regular_file(path)
    wanted = wanted or Wanted(tuple(names))
    lower = path.name.lower()
    if not lower.endswith(SUFFIXES):
        mend = "Save it as CSV (UTF-8), Excel (.xlsx) or Parquet."
        if lower.endswith(ARCHIVE_SUFFIXES):
            mend = "Unpack it, and name the file that was in it."
        raise UnreadableFileError(Fault(str(path), "is of a kind that is not read.", mend))
    start = text.starts(path)
    usual: tuple[str, ...]
    with faults_of(path):
        if start.startswith(PARQUET_MAGIC):
            found, usual, kind = _parquet(connection, path), PARQUET_SUFFIXES, "Parquet"
        elif start.startswith(WORKBOOK_MAGIC):
            found, usual, kind = (
                _workbook(connection, path, wanted),
                WORKBOOK_SUFFIXES,
                "a workbook",
            )
        else:
            _refuse_others(path, start)
            found, usual, kind = _text(connection, path, wanted), TEXT_SUFFIXES, "text"
    if lower.endswith(usual):
        return found
    note = f"It is {kind}, whatever its name says."
    return replace(found, notes=(note, *found.notes))


class faults_of:  # noqa: N801 - used as a context manager, like contextlib.suppress
    """Turn DuckDB's errors about a file into ours, without the line that it quotes."""

    def __init__(self, path: Path | str) -> None:
        """Take the file to name in messages."""
        self.path = str(path)

    def __enter__(self) -> None:
        """Do nothing on the way in."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Raise ContentError in place of a DuckDB error; UnreadableFileError for broken Parquet."""
        if isinstance(error, duckdb.Error | csv.Error):
            line = re.search(r"[Ll]ine:? (\d+)", str(error))
            if _is_parquet(self.path) or (not line and OF_PARQUET.search(str(error))):
                fault = Fault(self.path, "is damaged or cut off.", "Export it again.")
                raise UnreadableFileError(fault) from None
            where = f"{self.path}, line {line[1]}" if line else self.path
            if re.search("not (utf|latin)|unicode|decod", str(error), re.IGNORECASE):
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


def _is_parquet(path: str) -> bool:
    """Return whether what messages name is a file that begins as Parquet does."""
    try:
        with Path(path).open("rb") as file:
            return file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC
    except OSError:  # several files, or none
        return False


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


def _parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> Relation:
    sql = f"read_parquet({_quoted(path)}, hive_partitioning=false)"
    described = connection.execute(f"DESCRIBE FROM {sql}").fetchall()
    header = tuple(str(row[0]) for row in described)
    _check_parquet(connection, path, len(header))
    sample = sampler(connection, sql, header)
    return Relation(sql, header, str(path), (), sample, row="file_row_number + 1")


def _check_parquet(connection: duckdb.DuckDBPyConnection, path: Path, width: int) -> None:
    """Raise UnreadableFileError for more rows or columns, or larger parts, than are read."""
    (rows,) = connection.execute(
        f"SELECT num_rows FROM parquet_file_metadata({_quoted(path)})"  # noqa: S608 - quoted
    ).fetchall()[0]
    (part,) = connection.execute(
        f"SELECT coalesce(max(total_uncompressed_size), 0) FROM parquet_metadata({_quoted(path)})"  # noqa: S608 - quoted
    ).fetchall()[0]
    found = {
        f"has more than {limits.COLUMNS:,} columns.": width > limits.COLUMNS,
        f"holds more than {limits.PARQUET_ROWS:,} rows.": rows > limits.PARQUET_ROWS,
        f"unpacks to more than {limits.UNPACKED_BYTES >> 30} GB in one part.": (
            part > limits.UNPACKED_BYTES
        ),
    }
    mend = "Is it what you expect? Export the rows and columns that are needed."
    if faults := [Fault(str(path), what, mend) for what, so in found.items() if so]:
        raise UnreadableFileError(*faults)


def sampler(
    connection: duckdb.DuckDBPyConnection, sql: str, header: Sequence[str]
) -> Callable[[], list[list[str]]]:
    """Return a function that gives some rows of a relation as text."""

    def sample() -> list[list[str]]:
        as_text = ", ".join(f"{quoted_name(name)}::VARCHAR" for name in header)
        query = f"SELECT {as_text} FROM {sql} LIMIT {SAMPLE_ROWS}"  # noqa: S608 - names are quoted
        return [[cell or "" for cell in row] for row in connection.execute(query).fetchall()]

    return sample


def _workbook(connection: duckdb.DuckDBPyConnection, path: Path, wanted: Wanted) -> Relation:
    from geodemand.io import workbooks  # most lists are text

    sheet = workbooks.read(path, wanted.sheet, wanted.header_row, wanted.fits)
    where = f"{path}, sheet '{sheet.name}'"
    table = Relation("", sheet.header, where, sheet.notes, lambda: sheet.sample)
    kept = list(dict.fromkeys(wanted.needed(table)))
    name = _loaded(connection, kept, sheet.rows([sheet.header.index(each) for each in kept]))
    table = replace(table, sql=name, row=ROW)
    return replace(table, odd=frozenset(sheet.header[column] for column in sheet.odd))


def _text(connection: duckdb.DuckDBPyConnection, path: Path, wanted: Wanted) -> Relation:
    # DuckDB reads in parts, side by side, and does not say where a row stands.
    careful = wanted.careful or wanted.numbered
    found = text.layout(path, wanted.names, header_row=wanted.header_row, careful=careful)
    table = Relation("", found.header, str(path), found.notes, lambda: found.sample)
    if found.duckdb:
        return replace(table, sql=_csv_call(path, found))
    kept = list(dict.fromkeys(wanted.needed(table)))
    places = [found.header.index(name) for name in kept]
    rows = ((line, [row[place] for place in places]) for line, row in text.rows(path, found))
    return replace(table, sql=_loaded(connection, kept, rows), row=ROW)


def _csv_call(path: Path, found: Layout) -> str:
    """Return the table function call that reads a CSV: all is said, nothing is left to a guess."""
    types = ", ".join(f"{quoted_text(name)}: 'VARCHAR'" for name in found.header)
    call = (
        f"read_csv({_quoted(path)}, auto_detect=false, header=false, skip={found.skip}, "
        f"encoding={quoted_text(found.duckdb)}, delim={quoted_text(found.delimiter)}, "
        f"quote='\"', escape='\"', comment='', hive_partitioning=false, "
        f"compression='{'gzip' if found.packed else 'none'}', "
        f"buffer_size={CSV_BUFFER}, max_line_size={LONGEST_LINE}, "
        # Short rows are filled up, which does not go together with line breaks in cells.
        f"null_padding={'false' if found.breaks else 'true'}, columns={{{types}}})"
    )
    if not found.foot:
        return call
    cells = ", ".join(
        f"nullif(trim({quoted_name(name)}, {quoted_text(headings.SPACES)}), '')"
        for name in found.header
    )
    joined = f"concat_ws({quoted_text(headings.CELL_MARK)}, {cells})"
    first = f"coalesce({cells}, '')"
    rule = (
        f"CASE WHEN regexp_matches({first}, {quoted_text(headings.MAYBE_NONE)}) "
        f"THEN NOT regexp_matches({joined}, {quoted_text(headings.NO_ROW)}) ELSE true END"
    )
    return f"(SELECT * FROM {call} WHERE {rule})"  # noqa: S608 - the path and names are quoted


def _loaded(
    connection: duckdb.DuckDBPyConnection,
    names: Sequence[str],
    rows: Iterator[tuple[int, Sequence[str]]],
) -> str:
    """Put rows of text and their numbers into a table of the connection; return its name."""
    import numpy as np  # only where rows come through Python

    table = f"loaded_{next(_numbers)}"
    types = ", ".join([*(f"{quoted_name(name)} VARCHAR" for name in names), f"{ROW} BIGINT"])
    connection.execute(f"CREATE TEMP TABLE {table} ({types})")
    while part := list(islice(rows, LOADED_AT_ONCE)):
        arrays = {
            f"c{column}": np.array([row[column] or None for _, row in part], dtype=object)
            for column in range(len(names))
        }
        arrays["number"] = np.array([number for number, _ in part], dtype=np.int64)
        connection.register("part_of_rows", arrays)
        connection.execute(f"INSERT INTO {table} FROM part_of_rows")
        connection.unregister("part_of_rows")
    return table


def _refuse_others(path: Path, start: bytes) -> None:
    """Raise UnreadableFileError for a file that begins as something that is no table."""
    begin = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for pattern, what in OTHERS.items():
        if re.match(pattern, begin):
            mend = "Open it in the program it came from and save it as CSV UTF-8 or .xlsx."
            raise UnreadableFileError(Fault(str(path), f"is {what}, not a table.", mend))
    if path.name.lower().endswith(PARQUET_SUFFIXES) and b"\0" in start:
        raise UnreadableFileError(Fault(str(path), "is no Parquet.", "Export it again."))


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
