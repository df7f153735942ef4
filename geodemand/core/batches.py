"""Results of a query part by part, so that a long one never lies in memory whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import duckdb
import numpy as np

from geodemand.core.keys import Texts

if TYPE_CHECKING:
    import pyarrow as pa

# As many as DuckDB keeps together: few enough to stay near the processor.
ROWS = 122_880


class Batch(Protocol):
    """Some rows of a result."""

    def numbers(self, column: str) -> Any:  # noqa: ANN401
        """Return a column of numbers without NULL in its own type, not to be written to."""

    def texts(self, column: str) -> Texts:
        """Return a column of texts, none of them NULL."""


def batches(
    connection: duckdb.DuckDBPyConnection, query: str, *, small: bool = False
) -> Iterator[Batch]:
    """Give the result of a query in batches, in no order, while DuckDB works on.

    Until the last one the connection can do nothing else. ``small``: all in one batch, which spares
    what Arrow takes to import. Raises duckdb.Error, as other queries do, where Arrow would raise an
    OSError.
    """
    try:
        if small:
            yield _Whole(connection.execute(query).fetchnumpy())
        else:
            for part in connection.sql(query).to_arrow_reader(ROWS):
                yield _Part(part)
    except OSError as error:
        raise duckdb.Error(str(error)) from None


@dataclass(frozen=True)
class _Whole:
    """A result as NumPy arrays."""

    columns: Mapping[str, Any]

    def numbers(self, column: str) -> Any:  # noqa: ANN401
        return np.asarray(self.columns[column])

    def texts(self, column: str) -> Texts:
        return Texts.of(np.asarray(self.columns[column]).tolist())


@dataclass(frozen=True)
class _Part:
    """A batch of Arrow, whose own way to NumPy imports pandas and takes long."""

    batch: pa.RecordBatch

    def numbers(self, column: str) -> Any:  # noqa: ANN401
        held = self.batch.column(column)
        values = np.frombuffer(held.buffers()[1], dtype=str(held.type))
        return values[held.offset : held.offset + len(held)]

    def texts(self, column: str) -> Texts:
        held = self.batch.column(column)
        _, offsets, data = held.buffers()
        edges = np.frombuffer(offsets, dtype=np.int32)[held.offset : held.offset + len(held) + 1]
        return Texts(edges, np.frombuffer(data or b"", dtype=np.uint8))
