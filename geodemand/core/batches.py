"""Results of a query part by part, so that a long one never lies in memory whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

from geodemand.core.disclosure import IntArray

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 250_000


def batches(
    connection: duckdb.DuckDBPyConnection, query: str, *, as_written: bool = False
) -> Iterator[pa.RecordBatch]:
    """Give the result of a query in Arrow batches, in no order, while DuckDB works on.

    Until the last one the connection can do nothing else.

    ``as_written``: joins hold their right side in memory; else the side that DuckDB thinks small,
    though it does not know how long a CSV is. Raises duckdb.Error, as other queries do, where Arrow
    would raise an OSError.
    """
    if as_written:
        connection.execute("SET disabled_optimizers = 'build_side_probe_side'")
    try:
        yield from connection.sql(query).to_arrow_reader(ROWS)
    except OSError as error:
        raise duckdb.Error(str(error)) from None
    finally:
        if as_written:
            connection.execute("RESET disabled_optimizers")


def numbers(column: pa.Array) -> Any:  # noqa: ANN401
    """Return a column of numbers without NULL as an array of its own type, not to be written to.

    Arrow's own way to NumPy imports pandas, and its functions take long to import.
    """
    values = np.frombuffer(column.buffers()[1], dtype=str(column.type))
    return values[column.offset : column.offset + len(column)]


def texts(column: pa.Array, rows: IntArray) -> list[str]:
    """Return the texts of some rows of a column."""
    _, offsets, data = column.buffers()
    edges = np.frombuffer(offsets, dtype=np.int32)[column.offset :]
    held = memoryview(data)
    return [
        str(held[start:end], "utf-8")
        for start, end in zip(edges[rows].tolist(), edges[rows + 1].tolist(), strict=True)
    ]
