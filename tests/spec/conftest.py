"""What the tests of awkward lists share: a small directory, and the answer to one list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from geodemand.core.keys import Lookup, packed
from geodemand.core.matching import Asked, Directory
from geodemand.errors import GeodemandError
from geodemand.io import lists, tables
from geodemand.io.lists import Points
from geodemand.project import ListEntry

KEYS = ("IP11AA", "IP11AB", "IP11AD", "IP22BA")
BOOK = Directory(
    lookup=Lookup(packed(KEYS)),
    x=600_200.0 + 200 * np.arange(len(KEYS)),
    y=np.full(len(KEYS), 250_200.0),
    ended=np.zeros(len(KEYS), dtype=bool),
    inside=np.ones(len(KEYS), dtype=bool),
    codes={},
    weights={},
)


@dataclass(frozen=True)
class Answer:
    """What became of a list: an exit code, all that is said, and figures where it was read."""

    code: int
    said: str
    ledger: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[int, ...] = ()


@pytest.fixture(scope="session")
def list_connection() -> duckdb.DuckDBPyConnection:
    """Return a connection for lists."""
    return tables.connect()


@pytest.fixture
def answer(list_connection: duckdb.DuckDBPyConnection) -> Callable[..., Answer]:
    """Return a function that reads files as one list: paths, and what the project says of it."""

    def read(*paths: Path, **said: Any) -> Answer:  # noqa: ANN401
        entry = ListEntry(files=paths, **said)
        try:
            found = lists.match(list_connection, "CYP", entry, Points(BOOK, None), Asked())
        except GeodemandError as error:
            return Answer(error.exit_code, str(error))
        matched = found.matched
        counts = {str(reason): int(count.exact) for reason, count in matched.ledger.items()}
        return Answer(
            0,
            "\n".join(found.notes),
            {"rows": int(matched.rows.exact)} | {k: n for k, n in counts.items() if n},
            {
                KEYS[place] if place < len(KEYS) else "a point": count
                for place, count in zip(matched.places, matched.clients.exact.tolist(), strict=True)
            },
            tuple(sorted(int(count.exact) for count in found.left_out.values())),
        )

    return read
