"""How large a map file may be, in one place. What is larger is refused before or while it is read.

Every output area of the United Kingdom (about 240,000, 40 million vertices in full detail) fits.
"""

from __future__ import annotations

from pathlib import Path

from geodemand.errors import Fault, UnreadableFileError

FILE_BYTES = 2 << 30
# Text takes ten times its size in memory while it is read.
TEXT_BYTES = 512 << 20
FEATURES = 500_000
VERTICES = 60_000_000
# Values of attributes: features times columns.
CELLS = 50_000_000


def check_size(path: Path, most: int) -> None:
    """Raise UnreadableFileError for a file of more bytes than may be read."""
    if path.stat().st_size > most:
        what = f"is larger than {most >> 20:,} MB."
        raise UnreadableFileError(Fault(str(path), what, "Save the part that is needed."))


def check_features(count: int, where: str) -> None:
    """Raise UnreadableFileError for more features than may be read."""
    if count > FEATURES:
        what = f"holds more than {FEATURES:,} features."
        raise UnreadableFileError(Fault(where, what, "Save the part that is needed."))


def check_vertices(count: int, where: str) -> None:
    """Raise UnreadableFileError for more vertices than may be read."""
    if count > VERTICES:
        what = f"has more than {VERTICES:,} vertices."
        raise UnreadableFileError(Fault(where, what, "Use a generalised edition of it."))


def check_cells(count: int, where: str) -> None:
    """Raise UnreadableFileError for more attributes than may be read."""
    if count > CELLS:
        what = f"has more than {CELLS:,} values in its columns."
        raise UnreadableFileError(Fault(where, what, "Save only the columns of code and name."))
