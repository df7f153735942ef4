"""Client lists from a database: one SELECT over a connection URL. Text stays text, nothing is kept.

Rows stream in batches into a temporary table of texts. Where the database has read-only
transactions the query runs in one; it is always rolled back. No message holds the URL, the
password, a value of a row or the database's own words, which may quote one.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

from geodemand.errors import ContentError, Fault, GeodemandError, UsageError
from geodemand.io import database_faults as faults
from geodemand.io.tables import Relation, quoted_name

if TYPE_CHECKING:
    import duckdb
    from sqlalchemy import URL, Connection, Engine

BATCH_ROWS = 5_000
CONNECT_SECONDS = 10
FROM_ENVIRONMENT = "env:"
EXTRA = 'Install it: pip install "geodemand[database]".'
URL_FORM = "Write postgresql://USER:PASSWORD@HOST/DATABASE or mssql://USER:PASSWORD@HOST/DATABASE."


@dataclass(frozen=True)
class Driver:
    """How one library is asked. ``seconds``: its argument for the time to wait for a connection.

    ``arguments``: what it is told unless the URL says otherwise. ``options``: of the execution.
    ``guarded``: the database itself refuses to write and to run a second statement.
    """

    title: str
    module: str
    seconds: str
    arguments: Mapping[str, object]
    options: Mapping[str, object]
    guarded: bool
    mend: str = EXTRA


DRIVERS = {
    "postgresql+psycopg": Driver(
        "PostgreSQL",
        "psycopg",
        "connect_timeout",
        {"application_name": "geodemand", "client_encoding": "utf8"},
        {"postgresql_readonly": True},
        guarded=True,
    ),
    "mssql+pymssql": Driver(
        "SQL Server",
        "pymssql",
        "login_timeout",
        # Without a version every old one is tried in turn, each for as long as the time-out.
        {"appname": "geodemand", "tds_version": "7.4"},
        {},
        guarded=False,
    ),
    "mssql+pyodbc": Driver(
        "SQL Server",
        "pyodbc",
        "timeout",
        {},
        {},
        guarded=False,
        mend="Install it: pip install pyodbc, and Microsoft's ODBC driver for SQL Server.",
    ),
}
USUAL_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mssql": "mssql+pymssql",
}


@dataclass(frozen=True)
class Source:
    """A database, and how it is called in messages: without user and password."""

    url: URL = field(repr=False)
    driver: Driver
    where: str


# Words that no plain SELECT of SQL Server holds outside quotes: all of them are reserved there.
CHANGING = frozenset(
    (
        *("alter", "backup", "begin", "bulk", "checkpoint", "commit", "create", "dbcc", "delete"),
        *("deny", "drop", "exec", "execute", "grant", "insert", "into", "kill", "merge"),
        *("opendatasource", "openquery", "openrowset", "reconfigure", "restore", "revert"),
        *("revoke", "rollback", "save", "set", "shutdown", "truncate", "update", "updatetext"),
        *("use", "waitfor", "writetext"),
    )
)
READING = frozenset(("select", "with", "values", "table"))
_TOKEN = re.compile(
    r"""'(?:[^']|'')*'            # text
    | "(?:[^"]|"")*"              # a quoted name
    | \[(?:[^\]]|\]\])*\]         # a quoted name of SQL Server
    | --[^\n]*                    # a comment to the end of its line
    | /\* | \*/                   # the ends of a comment, which may hold others
    | (?P<word>[\w@#$]+)
    """,
    re.VERBOSE,
)
_SILENT = "geodemand"
_WITH_PASSWORD = re.compile(r"\s*[\w+]+://([^/@:]*:[^@]+@|.*[?&](password|pwd)=)", re.IGNORECASE)


def read(connection: duckdb.DuckDBPyConnection, url: str, query: str, name: str) -> Relation:
    """Return the rows of a query as a relation: a temporary table with every column as text.

    ``url``: the database, or ``env:NAME`` for the environment variable that holds it. ``name``:
    the list's; a second read under the same name replaces the table. Numbers are written out in
    full, NULL stays NULL, blanks at the end of a text are dropped (char(n) columns add them).

    Raises UsageError for a URL that cannot be used or a library that is missing,
    UnreadableFileError where the database cannot be reached or does not let us in, ContentError
    for a query that it cannot run or that would change something.
    """
    source = _source(url, f"list {name}")
    _check(query, source)
    table = quoted_name(f"rows of {name}")
    with _rows(source, query) as (names, batches):
        header = _header(names, source)
        columns = ", ".join(f"{quoted_name(column)} VARCHAR" for column in header)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({columns})")
        for batch in batches:
            _insert(connection, table, batch)
    return Relation(table, tuple(header), source.where, _notes(url))


def _notes(url: str) -> tuple[str, ...]:
    """Return what should be said of a URL: that a password stands in the project file."""
    if not _WITH_PASSWORD.match(url):
        return ()
    mend = f'Set an environment variable to it and write url = "{FROM_ENVIRONMENT}NAME".'
    return (f"The url in the project file holds a password. {mend}",)


# The URL ----------------------------------------------------------------------------------------


def _source(url: str, where: str) -> Source:
    """Return the database that a URL names; raise UsageError without a word of the URL."""
    try:
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError
    except ImportError:
        fault = Fault(where, "databases are read with SQLAlchemy, which is missing.", EXTRA)
        raise UsageError(fault) from None
    text = _from_environment(url.strip(), where)
    try:
        found = make_url(text)
    except (ArgumentError, ValueError):
        mend = f"{URL_FORM} {faults.ESCAPES}"
        raise UsageError(Fault(where, "its url cannot be read.", mend)) from None
    name = USUAL_DRIVERS.get(found.drivername, found.drivername)
    if name not in DRIVERS or "plugin" in found.query:
        what = "its url is for a database or a library that is not known here."
        raise UsageError(Fault(where, what, f"{URL_FORM} Known: {', '.join(DRIVERS)}."))
    # An unescaped @ or / in a password makes host or database out of a part of it: never shown.
    if re.search(r"[^\w.\\,:-]", found.host or "") or re.search("[@:/]", found.database or ""):
        raise UsageError(Fault(where, "its url cannot be read.", f"{URL_FORM} {faults.ESCAPES}"))
    driver = DRIVERS[name]
    try:
        import_module(driver.module)
    except ImportError:
        what = f"{driver.title} is read with {driver.module}, which is missing."
        raise UsageError(Fault(where, what, driver.mend)) from None
    called = f"{driver.title} on {found.host}" if found.host else driver.title
    called += f", database {found.database}" if found.database else ""
    return Source(found.set(drivername=name), driver, f"{where} ({called})")


def _from_environment(url: str, where: str) -> str:
    if not url.startswith(FROM_ENVIRONMENT):
        return url
    name = url.removeprefix(FROM_ENVIRONMENT).strip()
    value = os.environ.get(name, "").strip()
    if not value:
        what = f"its url is to come from the environment variable '{name}', which is not set."
        raise UsageError(Fault(where, what, f"Set it before the run. {URL_FORM}"))
    return value


# The query --------------------------------------------------------------------------------------


def _check(query: str, source: Source) -> None:
    """Raise ContentError for a query that does not begin as a SELECT does.

    SQL Server has no read-only transaction and runs several statements in a row, so there every
    word outside quotes and comments is looked at too.
    """
    words = list(_words(query))
    if not words:
        mend = 'Give it with query = "SELECT …".'
        raise UsageError(Fault(source.where, "the list has a url and no query.", mend))
    if words[0] not in READING:
        what = f"the query begins with {words[0].upper()}, which is no SELECT."
        raise ContentError(Fault(source.where, what, faults.PLAIN_SELECT))
    changing = [] if source.driver.guarded else [word for word in words if word in CHANGING]
    if changing:
        what = f"the query holds {changing[0].upper()}, which may change something."
        mend = f"{faults.PLAIN_SELECT} A column of that name stands in [brackets]."
        raise ContentError(Fault(source.where, what, mend))


def _words(query: str) -> Iterator[str]:
    """Give the words of a query that stand outside quotes and comments, in small letters."""
    depth = at = 0
    while found := _TOKEN.search(query, at):
        mark, at = found.group(), found.end()
        if mark == "/*":
            depth += 1
        elif mark == "*/":
            depth = max(0, depth - 1)
        elif depth:
            at = found.start() + 1  # quotes mean nothing inside a comment
        elif found["word"]:
            yield mark.lower()


@contextmanager
def _rows(
    source: Source, query: str
) -> Iterator[tuple[Sequence[str], Iterator[Sequence[Sequence[object]]]]]:
    """Run a query; give its columns' names and its rows in batches. Always rolled back."""
    engine = _engine(source)
    cursors: list[Any] = []
    held = _connected(engine, source, cursors)
    try:
        with _told(source, query, cursors):
            result = held.exec_driver_sql(query)
            header = list(result.keys()) if result.returns_rows else []

        def batches() -> Iterator[Sequence[Sequence[object]]]:
            while True:
                with _told(source, query, cursors):
                    batch = result.fetchmany(BATCH_ROWS)
                if not batch:
                    return
                yield batch

        yield header, batches()
    finally:
        # To close is to roll back. The connection may be gone: then so is the transaction.
        for end in (*(cursor.close for cursor in cursors), held.close):
            with suppress(Exception):
                end()
        engine.dispose()


def _engine(source: Source) -> Engine:
    """Return SQLAlchemy's engine: one connection, closed after use, no values in its messages."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    # SQLAlchemy would write rows to a log that someone has set to DEBUG.
    logging.getLogger(f"sqlalchemy.engine.Engine.{_SILENT}").disabled = True
    url, driver = source.url, source.driver
    told = {name: value for name, value in driver.arguments.items() if name not in url.query}
    told[driver.seconds] = _seconds(source)
    return create_engine(
        url.difference_update_query([driver.seconds]),
        connect_args=told,
        poolclass=NullPool,
        hide_parameters=True,
        logging_name=_SILENT,
    )


def _seconds(source: Source) -> int:
    said = source.url.query.get(source.driver.seconds, CONNECT_SECONDS)
    try:
        return int(said) if isinstance(said, str) else CONNECT_SECONDS
    except ValueError:
        what = f"{source.driver.seconds} in its url is not a whole number of seconds."
        mend = f"Write ?{source.driver.seconds}=30, for example."
        raise UsageError(Fault(source.where, what, mend)) from None


def _connected(engine: Engine, source: Source, cursors: list[Any]) -> Connection:
    """Return a connection in a read-only transaction; ``cursors`` is told those in use."""
    from sqlalchemy import event
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    try:
        held = engine.connect()
    except DBAPIError as error:
        raise _refused(error.orig, source) from None
    except (SQLAlchemyError, ArithmeticError, LookupError, TypeError, ValueError):
        raise _strange_option(source) from None

    def opened(_: object, cursor: object, *__: object) -> None:
        cursors.append(cursor)

    event.listen(held, "before_cursor_execute", opened)
    return held.execution_options(
        stream_results=True,
        max_row_buffer=BATCH_ROWS,
        no_parameters=True,  # % and : in the query mean what they mean to the database
        **source.driver.options,
    )


# Errors, in our words ---------------------------------------------------------------------------


@contextmanager
def _told(source: Source, query: str, cursors: list[Any]) -> Iterator[None]:
    """Turn whatever a driver raises into our errors: its own text may quote a row."""
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        meaning = faults.of_query(error.orig)
        if error.connection_invalidated and meaning is faults.OTHER:
            meaning = faults.BROKEN_OFF
        name = getattr(cursors[-1], "name", "") if cursors else ""
        before = len(f'DECLARE "{name}" CURSOR FOR ') if name else 0
        code = faults.code_of(error.orig)
        parts = (
            meaning.what,
            faults.place(error.orig, query, before),
            f"(code {code})" if code else "",
        )
        what = " ".join(part for part in parts if part)
        raise meaning.kind(Fault(source.where, what, meaning.mend)) from None
    except Exception as error:  # noqa: BLE001 - whatever it is, it may quote a value
        what = f"{source.driver.module} could not read a value ({type(error).__name__})."
        raise ContentError(Fault(source.where, what, faults.BAD_VALUE.mend)) from None


def _refused(error: BaseException | None, source: Source) -> GeodemandError:
    """Return the error of a connection that did not come about."""
    if "invalid connection option" in str(error):
        return _strange_option(source)
    meaning = faults.of_connection(error)
    what = meaning.what
    if meaning is faults.TOO_SLOW:
        what = f"did not answer within {_seconds(source)} seconds."
    return meaning.kind(Fault(source.where, what, meaning.mend))


def _strange_option(source: Source) -> UsageError:
    what = f"its url holds an option that {source.driver.module} does not take."
    return UsageError(Fault(source.where, what, "Check what stands after ? in the URL."))


# Rows -------------------------------------------------------------------------------------------


def _header(header: Sequence[str], source: Source) -> list[str]:
    """Return the columns' names; raise ContentError for none, a nameless one, or one twice."""
    names = [str(name).strip() for name in header]
    if not names:
        raise ContentError(Fault(source.where, "the query returns no rows.", faults.PLAIN_SELECT))
    found = [
        Fault(source.where, f"column {number} of the query has no name.", "Name it: AS name.")
        for number, name in enumerate(names, start=1)
        if not name
    ]
    folded = [name.casefold() for name in names]
    found += [
        Fault(
            source.where, f"the query has several columns '{name}'.", "Rename all but one: AS name."
        )
        for name in dict.fromkeys(folded)
        if name and folded.count(name) > 1
    ]
    if found:
        raise ContentError(*found)
    return names


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, batch: Sequence[Sequence[object]]
) -> None:
    """Add a batch of rows to a table of texts."""
    texts = [[_text(value) for value in column] for column in zip(*batch, strict=True)]
    columns = ", ".join(f"unnest(${number + 1}::VARCHAR[])" for number in range(len(texts)))
    connection.execute(f"INSERT INTO {table} SELECT {columns}", texts)


def _text(value: object) -> str | None:
    r"""Return a value as text, whole: no exponent, nothing rounded.

    >>> [_text(value) for value in ("00123 ", 7, 1e16, Decimal("1E+3"), True, b"\x0f", None)]
    ['00123', '7', '10000000000000000', '1000', 'true', '0f', None]
    """
    if value is None:
        return None
    if isinstance(value, str):
        # Half of a pair of surrogates is no text: SQL Server lets it in, nobody needs it.
        return value.rstrip(" ").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, float | Decimal):
        return format(Decimal(repr(value)) if isinstance(value, float) else value, "f")
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value).lower() if isinstance(value, bool) else str(value)
