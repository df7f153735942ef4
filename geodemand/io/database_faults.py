"""What a database's error codes come to, in our words: its own may quote a row or a password."""

from __future__ import annotations

import re
from typing import NamedTuple

from geodemand.errors import ContentError, GeodemandError, UnreadableFileError

SQLSTATE_LENGTH = 5
ESCAPES = "In user and password write special characters as %XX: @ is %40, / is %2F, : is %3A."
PLAIN_SELECT = "Write one plain SELECT on this database."
_NETWORK = "Check host and port, and that this machine may connect (network, VPN, firewall)."


class Meaning(NamedTuple):
    """What a fault of a database comes to: which error, what is said, what to do.

    ``codes``: SQLSTATE (PostgreSQL, ODBC) or its first signs, or SQL Server's own numbers.
    ``words``: of a connection that did not come about, for which PostgreSQL has no code.
    """

    kind: type[GeodemandError]
    what: str
    mend: str = ""
    codes: str = ""
    words: tuple[str, ...] = ()


TOO_SLOW = Meaning(
    UnreadableFileError,
    "did not answer in time.",
    _NETWORK,
    "HYT00 HYT01 20003",
    ("timeout expired", "timed out"),
)
REFUSED = Meaning(
    UnreadableFileError,
    "refused the log-in.",
    f"Check user, password and the name of the database. {ESCAPES}",
    "28 18456",
    ("authentication failed", "no password supplied", "login failed", "pg_hba.conf"),
)
ENCRYPTION = Meaning(
    UnreadableFileError,
    "could not agree on encryption.",
    "Ask who runs it which sslmode (PostgreSQL) or encryption (SQL Server) the URL should name.",
    words=("ssl",),
)
UNREACHABLE = Meaning(
    UnreadableFileError,
    "cannot be reached.",
    _NETWORK,
    "08 20002 20009",
    ("connection refused", "resolve host", "unreachable", "unavailable", "no such file"),
)
NO_DATABASE = Meaning(
    UnreadableFileError,
    "has no such database.",
    "Check its name in the URL.",
    "3D000 4060",
    ("database",),
)
BROKEN_OFF = Meaning(
    UnreadableFileError,
    "broke off the connection while the query ran.",
    "Try again.",
    "57P 20006 20017 20047",
)
CANCELLED = Meaning(
    UnreadableFileError,
    "stopped the query: it ran too long or was cancelled.",
    "Ask for fewer rows or columns.",
    "57014",
)
FORBIDDEN = Meaning(
    UnreadableFileError,
    "does not let this log-in read what the query asks for.",
    "Ask who runs it for the right to SELECT.",
    "42501 229 230",
)
SYNTAX = Meaning(
    ContentError, "cannot read the query: it is not valid SQL here.", "", "42601 102 105 156"
)
NO_COLUMN = Meaning(
    ContentError, "knows no such column.", "Check the names in the query.", "42703 42S22 207"
)
NO_TABLE = Meaning(
    ContentError,
    "knows no such table.",
    "Check the names in the query, and the schema before it.",
    "42P01 42S02 208",
)
NO_FUNCTION = Meaning(
    ContentError, "knows no such function.", "Check the names in the query.", "42883 195"
)
WRITES = Meaning(
    ContentError,
    "refused the query: it asks for more than reading.",
    PLAIN_SELECT,
    "0A000 25 42P11",
)
BAD_VALUE = Meaning(
    ContentError,
    "met a value that cannot be converted.",
    "Select the column as it is, or cast it to text.",
    "22 245 8114",
)
OTHER = Meaning(ContentError, "refused the query.", "Try it in the database's own tool.")

# Connections are judged in this order: the words of a later one may stand beside an earlier one's.
_CONNECTING = (TOO_SLOW, REFUSED, ENCRYPTION, UNREACHABLE, NO_DATABASE)
_RUNNING = (
    *(BROKEN_OFF, CANCELLED, FORBIDDEN, SYNTAX, NO_COLUMN, NO_TABLE, NO_FUNCTION),
    *(WRITES, BAD_VALUE),
)
_BY_CODE = {code: each for each in (*_CONNECTING, *_RUNNING) for code in each.codes.split()}


def code_of(error: BaseException | None) -> str:
    """Return the code that a library gives with an error: SQLSTATE, or SQL Server's number."""
    state = getattr(error, "sqlstate", None)
    if state:
        return str(state)
    first = error.args[0] if error is not None and error.args else ""
    if isinstance(first, tuple) and first:
        first = first[0]
    return str(first) if re.fullmatch(r"[0-9]{1,6}|[0-9A-Z]{5}", str(first)) else ""


def of_query(error: BaseException | None) -> Meaning:
    """Return what an error means that came while a query ran."""
    code = code_of(error)
    if not code and type(error).__name__ == "DataError":
        return BAD_VALUE  # the library itself could not read it: a date of infinity, say
    classes = (code[:3], code[:2]) if len(code) == SQLSTATE_LENGTH else ()
    found = next((_BY_CODE[key] for key in (code, *classes) if key in _BY_CODE), OTHER)
    return BROKEN_OFF if found is UNREACHABLE else found


def of_connection(error: BaseException | None) -> Meaning:
    """Return why a connection did not come about: by the code, else by the words."""
    found = _BY_CODE.get(code_of(error), OTHER)
    if found in _CONNECTING and found is not UNREACHABLE:
        return found
    said = str(error).lower()
    # A server that asked for the password and then said no, in a language of its own.
    asked = getattr(getattr(error, "pgconn", None), "used_password", False)
    rest = REFUSED if asked else UNREACHABLE
    return next((each for each in _CONNECTING if any(w in said for w in each.words)), rest)


def place(error: BaseException | None, query: str, before: int) -> str:
    """Return where in the query the fault is, by line, and the name of the query there.

    ``before``: how many characters the library had put before the query.
    """
    position = getattr(getattr(error, "diag", None), "statement_position", None)
    at = int(position) - 1 - before if position else -1
    if not 0 <= at <= len(query):
        return ""
    word = re.match(r"[^\W\d]\w*", query[at:])
    near = f", near '{word[0]}'" if word else ""
    line = query.count("\n", 0, at) + 1
    return f"It is line {line} of the query{near}."
