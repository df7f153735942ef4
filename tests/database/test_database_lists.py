"""Client lists from a database: the same figures as from a file, nothing changed, nothing told."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import json
import logging
import os
import socket
import subprocess
import sys
import traceback
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any, ClassVar
from urllib.parse import quote

import duckdb
import psycopg
import pytest

from geodemand.errors import ContentError, GeodemandError, UnreadableFileError, UsageError
from geodemand.io import database

Run = Callable[..., Any]

ROWS = 1_000
MANY_ROWS = 200_000
# What 200,000 rows of 250 letters may take beside what 1,000 take: less than their own 50 MB of
# text twice, which is what a driver holds that reads all of them at once.
MANY_ROWS_MEGABYTES = 100
READER = "reader"
PASSWORD = "Kanarie/p@ss:wörd?1%"  # noqa: S105 - made up, for a database that lives for one run
CANARY = "Zeldzame Kanarievogel"
AWKWARD = (
    'O\'Brien "Bob"',
    "Ng, Ling; tab\tnewline\nend",
    "Zoë Łukasz 李小龙 🦜",
    "=HYPERLINK(1)",
    "%s %(name)s :name ::text",
    "\\N",
    "NULL",
    "",
    None,
    CANARY,
)
POSTCODES = (
    *("IP1 1AA", "IP1 1AB", "IP1 1AE", "IP2 2BA", "IP2 2BE", "IP2 2BG"),
    *("ip11aa", "IP1  1AD", "IP1 9ZZ", "IP1 8XX", "IP3 3AA", "LE1 1AA", "IP1", "1PI IAA", ""),
    *("ZZ99 3VZ", None),
)
COLUMNS = {
    "client_id": "text",
    "postcode": "char(8)",
    "name": "text",
    "team": "char(10)",
    "born": "date",
    "seen": "timestamp",
    "cost": "numeric(20,4)",
    "score": "double precision",
    "reference": "bigint",
    "active": "boolean",
    "photo": "bytea",
}
CLIENTS = """[clients.CYP]
file = "cyp.csv"
"""
QUERY = "SELECT client_id, postcode, name, team, born, seen, cost FROM clients"


def rows() -> list[tuple[object, ...]]:
    """Return a list as a case system holds it, the same at every run."""
    chance = Random(7)  # noqa: S311 - no secret
    start = dt.date(2003, 2, 28)
    return [
        (
            f"{chance.randrange(900):06d}",
            chance.choice(POSTCODES),
            chance.choice(AWKWARD),
            chance.choice(("North", "South", None)),
            start + dt.timedelta(days=chance.randrange(6_000)),
            dt.datetime(2014, 4, 16, 12, 30) if number % 2 else None,  # noqa: DTZ001 - as stored
            Decimal(number) / 8 if number % 3 else None,
            number / 3 if number % 5 else float(number),
            2**53 + number,
            None if number % 7 == 0 else bool(number % 2),
            bytes([number % 256]),
        )
        for number in range(ROWS)
    ]


@pytest.fixture(scope="session")
def filled(server: Any) -> Any:  # noqa: ANN401 - the starter is loaded from a file
    """Return the server with a table of clients and a log-in that may do too much."""
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    with psycopg.connect(server.url(), autocommit=True) as owner:
        owner.execute(f"CREATE TABLE clients ({columns})")  # type: ignore[arg-type]
        with owner.cursor().copy("COPY clients FROM STDIN") as copy:
            for row in rows():
                copy.write_row(row)
        owner.execute("CREATE TABLE kept (a int)")
        owner.execute("CREATE SEQUENCE numbers")
        owner.execute(
            "CREATE TABLE many AS SELECT lpad(n::text, 8, '0') AS id, 'IP1 1AA' AS postcode, "
            "repeat(md5(n::text), 7) AS note FROM generate_series(1, 200000) AS n"
        )
        owner.execute("CREATE TABLE closed AS SELECT 'IP1 1AA' AS postcode")
        owner.execute(
            psycopg.sql.SQL("CREATE ROLE reader LOGIN PASSWORD {}").format(
                psycopg.sql.Literal(PASSWORD)
            )
        )
        owner.execute("GRANT ALL ON clients, kept, many TO reader")
        owner.execute("GRANT ALL ON SEQUENCE numbers TO reader")
        owner.execute("GRANT ALL ON SCHEMA public TO reader")
    return server


@pytest.fixture
def url(filled: Any) -> str:  # noqa: ANN401
    return str(filled.url(READER, PASSWORD))


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture(autouse=True)
def nothing_is_told(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> Iterator[None]:
    """Hold every test here to it: no password and no row in a log, however deep, or output."""
    for name in ("", "sqlalchemy", "psycopg"):
        caplog.set_level(logging.DEBUG, name)
    yield
    said = capfd.readouterr()
    logged = [record for phase in ("setup", "call") for record in caplog.get_records(phase)]
    check_silence("".join((said.out, said.err, *(record.getMessage() for record in logged))))
    assert not [record for record in logged if record.levelno >= logging.WARNING]


def check_silence(text: str) -> None:
    for secret in (PASSWORD, quote(PASSWORD, safe=""), "Kanarie", "p@ss", "wörd", CANARY):
        assert secret not in text


def read(connection: duckdb.DuckDBPyConnection, url: str, query: str) -> list[tuple[Any, ...]]:
    found = database.read(connection, url, query, "CYP")
    return connection.execute(f"FROM {found.sql}").fetchall()


def refused(url: str, query: str = "SELECT 1 AS postcode") -> GeodemandError:
    """Return the error of a read, which holds neither password nor row, nor hides them in it."""
    with duckdb.connect() as opened, pytest.raises(GeodemandError) as caught:
        database.read(opened, url, query, "CYP")
    error = caught.value
    check_silence("".join(traceback.format_exception(error)))
    return error


# The same as from a file ------------------------------------------------------------------------


def test_a_query_gives_the_same_figures_as_the_csv_of_its_rows(
    tiny: Any,  # noqa: ANN401
    run: Run,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = StringIO()
    csv.writer(held).writerows([list(COLUMNS), *rows()])
    tiny.write("cyp.csv", held.getvalue())
    asked = ("profile", "--json", "--policy", "internal", "--reason", "a test")
    from_file = run(*asked, folder=tiny.folder)
    assert from_file.exit_code == 0, from_file.output

    monkeypatch.setenv("CYP_URL", url)
    (tiny.folder / "cyp.csv").unlink()
    tiny.project((CLIENTS, f'[clients.CYP]\nurl = "env:CYP_URL"\nquery = "{QUERY}"\n'))
    from_database = run(*asked, folder=tiny.folder)

    check_silence(from_database.output)
    assert from_database.exit_code == 0, from_database.output
    ledger = json.loads(from_database.stdout)["ledger"]
    assert ledger[0]["rows"] == ROWS
    assert all(ledger[0][reason] for reason in ("matched", "terminated", "pseudo", "duplicate"))
    assert json.loads(from_database.stdout) == json.loads(from_file.stdout)


def test_columns_named_in_the_project_and_conditions_hold(
    tiny: Any,  # noqa: ANN401
    run: Run,
    url: str,
) -> None:
    query = "SELECT client_id AS who, postcode AS home, team FROM clients"
    options = 'postcode = "home"\nid = "who"\nonly = { team = "North" }\n'
    tiny.project((CLIENTS, f'[clients.CYP]\nurl = "{url}"\nquery = "{query}"\n{options}'))
    found = run("profile", "--json", "--policy", "internal", "--reason", "test", folder=tiny.folder)
    assert found.exit_code == 0, found.output
    expected = sum(row[3] == "North" for row in rows())
    assert json.loads(found.stdout)["ledger"][0]["rows"] == expected


def test_every_value_is_text_and_whole(connection: duckdb.DuckDBPyConnection, url: str) -> None:
    found = read(connection, url, "SELECT * FROM clients ORDER BY reference")
    assert len(found) == ROWS
    for said, held in zip(found, rows(), strict=True):
        assert all(value is None or isinstance(value, str) for value in said)
        assert [value is None for value in said] == [value is None for value in held]
        assert said[0] == held[0]
        assert (said[1] or "") == str(held[1] or "").rstrip()
        assert said[2] == held[2]
        assert said[4] == str(held[4])
        assert said[6] is None or Decimal(said[6]) == held[6]
        assert float(said[7]) == held[7]
        assert "e" not in said[7]
        assert int(said[8]) == held[8]
        assert said[9] in {None, "true", "false"}
        assert bytes.fromhex(said[10]) == held[10]


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("'00123'", "00123"),
        ("'1E5'", "1E5"),
        ("1e20::float8", "100000000000000000000"),
        ("0.1::float8", "0.1"),
        ("1e-7::float8", "0.0000001"),
        ("12345678901234567890.10::numeric", "12345678901234567890.10"),
        ("'NaN'::float8", "NaN"),
        ("'2014-04-16'::date", "2014-04-16"),
        ("'2014-04-16 12:30'::timestamp", "2014-04-16 12:30:00"),
        ("'IP1'::char(8)", "IP1"),
        ("'a % b :c ::d'", "a % b :c ::d"),
        ("E'it''s\\n2'", "it's\n2"),
        ("'c0ffee00-0000-4000-8000-000000000001'::uuid", "c0ffee00-0000-4000-8000-000000000001"),
        ("''", ""),
        ("NULL", None),
        ("NULL::int", None),
    ],
)
def test_a_value_as_text(
    connection: duckdb.DuckDBPyConnection, url: str, expression: str, text: str | None
) -> None:
    assert read(connection, url, f"SELECT {expression} AS a") == [(text,)]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1 AS a;",
        "  -- a remark\n/* and /* another */ here */ select 1 AS a",
        "(SELECT 1 AS a)",
        "WITH x AS (SELECT 1 AS a) SELECT * FROM x",
        "SELECT column1 AS a FROM (VALUES (1)) AS v",
        "SELECT 1 AS a WHERE 'update' <> 'delete' AND 5 % 2 = 1 -- \"",
    ],
)
def test_a_select_however_it_is_written(
    connection: duckdb.DuckDBPyConnection, url: str, query: str
) -> None:
    assert read(connection, url, query) == [("1",)]


def test_no_row_is_an_empty_relation(connection: duckdb.DuckDBPyConnection, url: str) -> None:
    found = database.read(connection, url, "SELECT * FROM clients WHERE false", "CYP")
    assert found.header == tuple(COLUMNS)
    assert connection.execute(f"FROM {found.sql}").fetchall() == []


def test_lists_do_not_disturb_each_other(connection: duckdb.DuckDBPyConnection, url: str) -> None:
    first = database.read(connection, url, "SELECT 1 AS a", "CYP")
    database.read(connection, url, "SELECT 2 AS a", "ACS")
    assert connection.execute(f"FROM {first.sql}").fetchall() == [("1",)]


def test_a_library_form_of_the_url_is_taken(
    connection: duckdb.DuckDBPyConnection, url: str
) -> None:
    for form in ("postgres://", "postgresql+psycopg://"):
        other = url.replace("postgresql://", form)
        assert read(connection, other, "SELECT 1 AS a") == [("1",)]


# Nothing is changed -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "WITH gone AS (DELETE FROM clients RETURNING *) SELECT * FROM gone",
        "WITH more AS (INSERT INTO kept VALUES (1) RETURNING *) SELECT * FROM more",
        "SELECT * INTO stolen FROM clients",
        "DELETE FROM clients RETURNING *",
        "UPDATE clients SET postcode = NULL",
        "CREATE TABLE stolen AS SELECT * FROM clients",
        "TRUNCATE clients",
        "SELECT 1 AS a; DELETE FROM clients",
        "SELECT 1 AS a; COMMIT; DELETE FROM clients",
        "COMMIT",
        "SELECT * FROM clients FOR UPDATE",
        "SELECT nextval('numbers')",
        "SELECT setval('numbers', 9)",
        "SELECT set_config('transaction_read_only', 'off', true)",
        "COPY clients TO STDOUT",
        "COPY clients TO PROGRAM 'true'",
        "DO $$ BEGIN DELETE FROM clients; END $$",
        "EXPLAIN ANALYZE DELETE FROM clients",
        "SET ROLE postgres",
        "CALL anything()",
        "",
        "  -- nothing but a remark",
    ],
)
def test_a_query_that_would_change_something_is_refused(
    filled: Any,  # noqa: ANN401
    url: str,
    query: str,
) -> None:
    error = refused(url, query)
    assert error.exit_code in {ContentError.exit_code, UsageError.exit_code}
    with psycopg.connect(filled.url()) as owner:
        assert owner.execute("SELECT count(*) FROM clients").fetchone() == (ROWS,)
        assert owner.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        assert owner.execute("SELECT is_called FROM numbers").fetchone() == (False,)
        assert owner.execute("SELECT to_regclass('stolen')").fetchone() == (None,)


def test_what_a_read_only_transaction_lets_through_is_rolled_back(
    filled: Any,  # noqa: ANN401
    connection: duckdb.DuckDBPyConnection,
    url: str,
) -> None:
    # Up to PostgreSQL 15 large objects can be made in a read-only transaction.
    with contextlib.suppress(ContentError):
        read(connection, url, "SELECT lo_create(424242) AS a")
    with psycopg.connect(filled.url()) as owner:
        assert owner.execute("SELECT count(*) FROM pg_largeobject_metadata").fetchone() == (0,)


def test_no_connection_is_left_open(filled: Any, url: str) -> None:  # noqa: ANN401
    refused(url, "SELECT postcde FROM clients")
    with duckdb.connect() as opened:
        read(opened, url, "SELECT 1 AS a")
    with psycopg.connect(filled.url()) as owner:
        left = owner.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader' AND state <> ''"
        ).fetchone()
    assert left == (0,)


# What goes wrong is said ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "kind", "said"),
    [
        ("SELECT id,\n postcde FROM many", ContentError, "line 2 of the query, near 'postcde'"),
        ("SELECT * FROM nowhere", ContentError, "no such table. It is line 1"),
        ("SELECT nothing(1)", ContentError, "no such function"),
        ("SELECT id frm many x", ContentError, "not valid SQL here. It is line 1"),
        ("SELECT * FROM closed", UnreadableFileError, "does not let this log-in read"),
        ("SELECT name::int FROM clients", ContentError, "a value that cannot be converted"),
        ("SELECT 'infinity'::date AS a", ContentError, "a value that cannot be converted"),
        ("SELECT 1 / (n - 30000) AS a FROM generate_series(1, 50000) n", ContentError, "22012"),
        ("SELECT 1, 2", ContentError, "several columns '?column?'"),
        ('SELECT 1 AS id, 2 AS "ID"', ContentError, "several columns 'id'"),
        ("SELECT", ContentError, "returns no rows"),
        (
            "SELECT pg_terminate_backend(pg_backend_pid()) FROM clients",
            UnreadableFileError,
            "broke off the connection",
        ),
        ("SELECT 'a\0b' AS a", ContentError, ""),
    ],
)
def test_a_fault_of_the_query(url: str, query: str, kind: type[GeodemandError], said: str) -> None:
    error = refused(url, query)
    assert type(error) is kind
    assert "list CYP (PostgreSQL on 127.0.0.1, database postgres): " in str(error)
    assert said in str(error)


def test_a_query_that_takes_too_long_for_the_database(filled: Any) -> None:  # noqa: ANN401
    with psycopg.connect(filled.url(), autocommit=True) as owner:
        owner.execute("CREATE ROLE hurried LOGIN PASSWORD 'x'")
        owner.execute("ALTER ROLE hurried SET statement_timeout = 100")
    error = refused(filled.url("hurried", "x"), "SELECT pg_sleep(30)")
    assert type(error) is UnreadableFileError
    assert "ran too long" in str(error)


def test_a_wrong_password_is_not_shown(filled: Any) -> None:  # noqa: ANN401
    error = refused(filled.url(READER, PASSWORD + "x"))
    assert type(error) is UnreadableFileError
    assert "refused the log-in" in str(error)
    assert READER not in str(error)


def test_a_database_that_is_not_there(filled: Any) -> None:  # noqa: ANN401
    error = refused(filled.url(READER, PASSWORD, "nowhere"))
    assert type(error) is UnreadableFileError
    assert "has no such database" in str(error)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("nonsense", "cannot be read"),
        ("postgresql://reader:Kanarie@p@ss@127.0.0.1/x", "cannot be read"),
        ("postgresql://reader:Kanarie@127.0.0.1/p@ss", "cannot be read"),
        ("postgresql://reader:Kanarie@127.0.0.1:p@ss/x", "cannot be read"),
        ("mysql://reader:Kanarie@127.0.0.1/x", "not known here"),
        ("sqlite:///Kanarie.db", "not known here"),
        ("postgresql+psycopg2://reader:Kanarie@127.0.0.1/x", "not known here"),
        ("postgresql://reader:Kanarie@127.0.0.1/x?plugin=y", "not known here"),
        ("postgresql://reader:Kanarie@127.0.0.1/x?colour=blue", "does not take"),
        ("mssql://reader:Kanarie@127.0.0.1/x?colour=blue", "does not take"),
        ("postgresql://reader:Kanarie@127.0.0.1/x?connect_timeout=soon", "whole number"),
        ("env:NO_SUCH_VARIABLE", "'NO_SUCH_VARIABLE', which is not set"),
    ],
)
def test_a_url_that_cannot_be_used(bad: str, said: str) -> None:
    error = refused(bad)
    assert type(error) is UsageError
    assert said in str(error)


@pytest.mark.parametrize("dialect", ["postgresql", "mssql"])
def test_a_host_where_nothing_answers(dialect: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = refused(f"{dialect}://reader:Kanarie@127.0.0.1:{port}/x")
    assert type(error) is UnreadableFileError
    assert "cannot be reached" in str(error)


@pytest.mark.parametrize(
    ("dialect", "option"), [("postgresql", "connect_timeout"), ("mssql", "login_timeout")]
)
def test_a_host_that_never_answers(dialect: str, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        error = refused(f"{dialect}://reader:Kanarie@127.0.0.1:{port}/x?{option}=2")
    assert type(error) is UnreadableFileError
    assert "did not answer within 2 seconds" in str(error)


def test_a_name_that_no_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = refused("postgresql://reader:Kanarie@db.invalid/x")
    assert type(error) is UnreadableFileError
    assert "cannot be reached" in str(error)


@pytest.mark.parametrize(
    ("missing", "scheme"),
    [("sqlalchemy", "postgresql"), ("psycopg", "postgresql"), ("pymssql", "mssql")],
)
def test_a_library_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, missing: str, scheme: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    error = refused(f"{scheme}://reader:Kanarie@127.0.0.1/x")
    assert type(error) is UsageError
    assert 'pip install "geodemand[database]"' in str(error)


def test_the_other_library_for_sql_server_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyodbc", None)
    error = refused("mssql+pyodbc://127.0.0.1/x?trusted_connection=yes")
    assert type(error) is UsageError
    assert "pip install pyodbc" in str(error)


def test_a_password_in_the_project_file_is_said_and_not_shown(
    tiny: Any,  # noqa: ANN401
    run: Run,
    url: str,
) -> None:
    tiny.project((CLIENTS, f'[clients.CYP]\nurl = "{url}"\nquery = "{QUERY}"\n'))
    found = run("check", folder=tiny.folder)
    assert found.exit_code == 0, found.output
    check_silence(found.output)
    assert "CYP: The url in the project file holds a password." in " ".join(found.output.split())


def test_a_url_without_a_password_is_fine(
    connection: duckdb.DuckDBPyConnection,
    filled: Any,  # noqa: ANN401
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CYP_URL", url)
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    bare = f"postgresql://reader@127.0.0.1:{filled.port}/postgres"
    for quiet in ("env:CYP_URL", bare):
        assert database.read(connection, quiet, "SELECT 1 AS a", "CYP").notes == ()
    for told in (url, f"{bare}?password={quote(PASSWORD)}"):
        (note,) = database.read(connection, told, "SELECT 1 AS a", "CYP").notes
        check_silence(note)


@pytest.mark.parametrize(
    ("asked", "query", "code", "said"),
    [
        ("env:CYP_URL", "SELECT name FROM clients", 11, "a postcode column"),
        ("env:CYP_URL", "SELECT postcde FROM clients", 11, "near 'postcde'"),
        ("env:CYP_URL", "SELECT postcode FROM clients WHERE false", 11, "has no row"),
        ("env:CYP_URL", "", 2, "no query"),
        ("env:NO_SUCH_VARIABLE", "SELECT 1", 2, "is not set"),
        ("oracle://reader:Kanarie@127.0.0.1/x", "SELECT 1", 2, "not known here"),
        ("postgresql://reader:Kanarie@127.0.0.1:1/x", "SELECT 1", 10, "cannot be reached"),
    ],
)
def test_a_fault_ends_the_command_with_its_code(  # noqa: PLR0913 - a table
    tiny: Any,  # noqa: ANN401
    run: Run,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    asked: str,
    query: str,
    code: int,
    said: str,
) -> None:
    monkeypatch.setenv("CYP_URL", url)
    tiny.project((CLIENTS, f'[clients.CYP]\nurl = "{asked}"\nquery = "{query}"\n'))
    found = run("profile", "--json", folder=tiny.folder)
    check_silence(found.output)
    assert found.exit_code == code, found.output
    assert said in found.stderr
    assert found.stdout == ""


# Size -------------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak as Linux has it")
def test_many_rows_stream(url: str) -> None:
    script = (
        "import os, re, pathlib\n"
        "from geodemand.io import database, tables\n"
        "connection = tables.connect()\n"
        "query = f'SELECT * FROM many LIMIT {os.environ[\"ROWS\"]}'\n"
        "found = database.read(connection, 'env:CYP_URL', query, 'CYP')\n"
        "print(connection.execute(f'SELECT count(*) FROM {found.sql}').fetchall()[0][0])\n"
        "held = pathlib.Path('/proc/self/status').read_text()\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', held)[1])\n"
    )

    def peak(count: int) -> float:
        environment = {**os.environ, "CYP_URL": url, "ROWS": str(count)}
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        read_rows, kilobytes = map(int, done.stdout.split())
        assert read_rows == count
        return kilobytes / 1024

    assert peak(MANY_ROWS) - peak(ROWS) < MANY_ROWS_MEGABYTES


# SQL Server, as far as it goes without one: what its library is asked, and what it answers --------


class FakeCursor:
    """What pymssql's cursor does, for the statements that a run sends."""

    def __init__(self, server: FakeServer) -> None:
        self.server = server
        self.description: Sequence[tuple[object, ...]] | None = None
        self.rowcount = -1
        self._left: list[tuple[object, ...]] = []

    def execute(self, query: str, parameters: object = ()) -> None:
        assert not parameters
        self.server.heard.append(query)
        names, found = self.server.answer(query)
        self.description = [(name, 1, None, None, None, None, None) for name in names] or None
        self._left = list(found)

    def fetchone(self) -> tuple[object, ...] | None:
        return self._left.pop(0) if self._left else None

    def fetchmany(self, size: int) -> list[tuple[object, ...]]:
        self.server.heard.append(f"fetch {size}")
        found, self._left = self._left[:size], self._left[size:]
        return found

    def fetchall(self) -> list[tuple[object, ...]]:
        return self.fetchmany(len(self._left))

    def close(self) -> None:
        self._left = []


class FakeError(Exception):
    """What pymssql raises."""


class FakeServer(types.ModuleType):
    """A module in the place of pymssql, and the server behind it."""

    __version__ = "2.4.6"
    paramstyle = "pyformat"
    apilevel, threadsafety = "2.0", 1
    Error = DatabaseError = OperationalError = ProgrammingError = FakeError
    Binary: ClassVar = bytes
    version = "Microsoft SQL Server 2022 (RTM) - 16.0.1000.6 (X64)"

    def __init__(self) -> None:
        super().__init__("pymssql")
        self.heard: list[str] = []
        self.told: Mapping[str, object] = {}
        self.fault: Exception | None = None

    def connect(self, **told: object) -> FakeServer:
        self.told = told
        if self.fault is not None and "20009" in str(self.fault):
            raise self.fault
        return self

    def answer(self, query: str) -> tuple[list[str], list[tuple[object, ...]]]:
        if "FROM clients" not in query:
            return [""], [(self.version if "version" in query else "dbo",)]
        if self.fault is not None:
            raise self.fault
        return ["client_id", "postcode"], [("00123", "IP1 1AA ")] * (ROWS * 11)

    def cursor(self) -> FakeCursor:
        return FakeCursor(self)

    def commit(self) -> None:
        self.heard.append("commit")

    def rollback(self) -> None:
        self.heard.append("rollback")

    def close(self) -> None:
        self.heard.append("close")


@pytest.fixture
def sql_server(monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    fake = FakeServer()
    monkeypatch.setitem(sys.modules, "pymssql", fake)
    return fake


MSSQL = f"mssql://reader:{quote(PASSWORD, safe='')}@db.example.org:1433/children"


def test_sql_server_is_asked_for_rows_in_batches_and_rolled_back(
    connection: duckdb.DuckDBPyConnection, sql_server: FakeServer
) -> None:
    query = "SELECT client_id, postcode FROM clients WHERE name LIKE '%a%' -- :b"
    found = read(connection, MSSQL, query)
    assert found == [("00123", "IP1 1AA")] * (ROWS * 11)
    assert sql_server.told["host"] == "db.example.org:1433"
    assert sql_server.told["password"] == PASSWORD
    assert sql_server.told["login_timeout"] == database.CONNECT_SECONDS
    at = sql_server.heard.index(query)
    assert sql_server.heard[at + 1] == f"fetch {database.BATCH_ROWS}"
    assert sql_server.heard[-2:] == ["rollback", "close"]
    assert "commit" not in sql_server.heard


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1 DELETE FROM clients",
        "SELECT 1 AS a; COMMIT; DROP TABLE clients",
        "SELECT * INTO stolen FROM clients",
        "WITH x AS (SELECT 1 AS a) UPDATE clients SET postcode = NULL",
        "SELECT 1 /* /* */ ' */ EXEC sp_who --'",
        "SELECT '''' DELETE FROM clients --'",
        "SELECT 1 AS [a]]] DELETE FROM clients",
        "SELECT * FROM OPENROWSET(BULK 'C:\\file', SINGLE_CLOB) AS x",
        "SELECT 1 eXeCuTe('x')",
        "SELECT 1 -- '\nTRUNCATE TABLE clients",
        "EXEC sp_who",
        "sp_who",
    ],
)
def test_sql_server_is_not_even_asked_to_change_something(
    sql_server: FakeServer, query: str
) -> None:
    assert type(refused(MSSQL, query)) is ContentError
    assert sql_server.heard == []


def test_words_in_quotes_and_comments_change_nothing(
    connection: duckdb.DuckDBPyConnection, sql_server: FakeServer
) -> None:
    query = "SELECT [update], \"delete\", 'drop' AS a /* exec /* into */ set */ FROM clients -- use"
    assert len(read(connection, MSSQL, query)) == ROWS * 11
    assert query in sql_server.heard


@pytest.mark.parametrize(
    ("number", "text", "kind", "said"),
    [
        (207, "Invalid column name 'x'.", ContentError, "no such column. (code 207)"),
        (208, "Invalid object name 'x'.", ContentError, "no such table"),
        (102, "Incorrect syntax near 'x'.", ContentError, "not valid SQL here"),
        (229, "The SELECT permission was denied.", UnreadableFileError, "does not let this log-in"),
        (245, f"Conversion failed: '{CANARY}'.", ContentError, "cannot be converted"),
        (20047, "DBPROCESS is dead", UnreadableFileError, "broke off the connection"),
        (50_000, f"{CANARY}", ContentError, "refused the query"),
    ],
)
def test_sql_server_errors_are_said_without_their_text(
    sql_server: FakeServer, number: int, text: str, *, kind: type[GeodemandError], said: str
) -> None:
    sql_server.fault = FakeError(number, text.encode())
    error = refused(MSSQL, "SELECT x FROM clients")
    assert type(error) is kind
    assert said in str(error)
    assert "SQL Server on db.example.org, database children" in str(error)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"18456 Login failed for user 'reader'. DB-Lib error message 20018", "refused the log-in"),
        (b"DB-Lib error message 20003: connection timed out", "did not answer within 10 seconds"),
        (b"Unable to connect: TDS server is unavailable", "cannot be reached"),
    ],
)
def test_sql_server_that_lets_nobody_in(sql_server: FakeServer, text: bytes, said: str) -> None:
    number = 18456 if text.startswith(b"18456") else 20009
    sql_server.fault = FakeError((number, b"20009 " + text))
    error = refused(MSSQL)
    assert type(error) is UnreadableFileError
    assert said in str(error)
