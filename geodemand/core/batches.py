"""Results of a query part by part, so that a long one never lies in memory whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import duckdb
import numpy as np

from geodemand.core.disclosure import IntArray

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 250_000


class Batch(Protocol):
    """Some rows of a result."""

    def numbers(self, column: str) -> Any:  # noqa: ANN401
        """Return a column of numbers without NULL in its own type, not to be written to."""

    def texts(self, column: str, rows: IntArray) -> list[str]:
        """Return the texts of some of the rows, none of them NULL."""


def batches(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    *,
    as_written: bool = False,
    small: bool = False,
) -> Iterator[Batch]:
    """Give the result of a query in batches, in no order, while DuckDB works on.

    Until the last one the connection can do nothing else.

    ``as_written``: joins hold their right side in memory; else the side that DuckDB thinks small,
    though it does not know how long a CSV is. ``small``: all in one batch, which spares what Arrow
    takes to import. Raises duckdb.Error, as other queries do, where Arrow would raise an OSError.
    """
    if as_written:
        connection.execute("SET disabled_optimizers = 'build_side_probe_side'")
    try:
        if small:
            yield _Whole(connection.execute(query).fetchnumpy())
        else:
            for part in connection.sql(query).to_arrow_reader(ROWS):
                yield _Part(part)
    except OSError as error:
        raise duckdb.Error(str(error)) from None
    finally:
        if as_written:
            connection.execute("RESET disabled_optimizers")


@dataclass(frozen=True)
class _Whole:
    """A result as NumPy arrays."""

    columns: Mapping[str, Any]

    def numbers(self, column: str) -> Any:  # noqa: ANN401
        return np.asarray(self.columns[column])

    def texts(self, column: str, rows: IntArray) -> list[str]:
        held: list[str] = np.asarray(self.columns[column])[rows].tolist()
        return held


@dataclass(frozen=True)
class _Part:
    """A batch of Arrow, whose own way to NumPy imports pandas and takes long."""

    batch: pa.RecordBatch

    def numbers(self, column: str) -> Any:  # noqa: ANN401
        held = self.batch.column(column)
        values = np.frombuffer(held.buffers()[1], dtype=str(held.type))
        return values[held.offset : held.offset + len(held)]

    def texts(self, column: str, rows: IntArray) -> list[str]:
        held = self.batch.column(column)
        _, offsets, data = held.buffers()
        edges = np.frombuffer(offsets, dtype=np.int32)[held.offset :]
        characters = memoryview(data)
        return [
            str(characters[start:end], "utf-8")
            for start, end in zip(edges[rows].tolist(), edges[rows + 1].tolist(), strict=True)
        ]
