"""Faults that a user can put right, and the exit code of each kind.

Anything that is not a `GeodemandError` is a bug and shows its traceback.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: where, what, and what to do next.

    ``where`` names the file, and within it the sheet, row, column or feature.
    """

    where: str
    what: str
    mend: str = ""

    def __str__(self) -> str:
        """Return the fault as one line for people."""
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text} {self.mend}".strip()


class GeodemandError(Exception):
    """All the faults of one input, gathered and raised once."""

    exit_code: ClassVar[int] = 1

    def __init__(self, *faults: Fault) -> None:
        """Take the faults in the order in which they should be read."""
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class UsageError(GeodemandError):
    """An option or the project file asks for something that does not exist."""

    exit_code = 2


class UnreadableFileError(GeodemandError):
    """A file is missing, is no regular file, or cannot be read safely."""

    exit_code = 10


class ContentError(GeodemandError):
    """A file can be read but its columns or values are not what is needed."""

    exit_code = 11


class MatchRateError(GeodemandError):
    """Fewer rows were placed than the project's limit asks for."""

    exit_code = 12


class GeographyError(GeodemandError):
    """Boundaries or coordinates that cannot be used as they are."""

    exit_code = 13


class NotCoterminousError(GeodemandError):
    """Boundaries differ and ``--fail-on`` asked to be told by exit code."""

    exit_code = 14


class DisclosureError(GeodemandError):
    """Publishing this would tell about individuals."""

    exit_code = 15
