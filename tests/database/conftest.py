"""A throw-away PostgreSQL for the tests of this folder, one a worker, started when first asked."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Test folders are no packages: the starter, which also runs alone, is loaded from its file.
_found = importlib.util.spec_from_file_location(
    "geodemand_tests_postgres", Path(__file__).with_name("postgres.py")
)
assert _found is not None
assert _found.loader is not None
postgres: Any = importlib.util.module_from_spec(_found)
sys.modules[_found.name] = postgres
_found.loader.exec_module(postgres)


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    """Return a running PostgreSQL: ``port`` and ``url(user, password, database)``."""
    if postgres.find() is None:
        pytest.fail(postgres.how_to_get())
    with postgres.running() as started:
        yield started
