"""Faults that a user can put right, and the exit code of each kind.

Anything that is not a `GeodemandError` is a bug and shows its traceback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, ParamSpec, TypeVar

P = ParamSpec("P")
Result = TypeVar("Result")


# What to do where the system says no: its own reason stands before it.
RIGHTS = "Do you have the right to do so, and is the drive there?"
NO_TEXT = "Is it text in UTF-8, and do you have the right to read it?"
NOT_TOML = "Look at that line: texts stand in quotes, lists in brackets."


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
        # Names of columns and layers come from files: no sign of theirs steers a terminal.
        whole = f"{text} {self.mend}".strip()
        plain = (" " if c.isspace() else c for c in whole)
        return "".join(c if c.isprintable() else "?" for c in plain)


class GeodemandError(Exception):
    """All the faults of one input, gathered and raised once."""

    exit_code: ClassVar[int] = 1

    def __init__(self, *faults: Fault) -> None:
        """Take the faults in the order in which they should be read."""
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class Gathered:
    """Faults of several inputs, to be said at once.

    >>> gathered = Gathered()
    >>> gathered.attempt(int, "7"), gathered.failed
    (7, False)
    """

    def __init__(self) -> None:
        """Begin without a fault."""
        self._errors: list[GeodemandError] = []

    @property
    def failed(self) -> bool:
        """Return whether there is a fault."""
        return bool(self._errors)

    def attempt(
        self, step: Callable[P, Result], *given: P.args, **named: P.kwargs
    ) -> Result | None:
        """Take a step and return what it gives; None where it fails, whose error is kept."""
        try:
            return step(*given, **named)
        except GeodemandError as error:
            self._errors.append(error)
            return None

    def each(self, names: Iterable[str], step: Callable[[str], Result | None]) -> dict[str, Result]:
        """Return what a step gives for each name, without those at which it fails."""
        tried = {name: self.attempt(step, name) for name in names}
        return {name: given for name, given in tried.items() if given is not None}

    def must(self, step: Callable[P, Result], *given: P.args, **named: P.kwargs) -> Result:
        """Take a step without which there is no next one: where it fails, raise all faults."""
        try:
            return step(*given, **named)
        except GeodemandError as error:
            self._errors.append(error)
            raise self._joined() from error

    def settle(self) -> None:
        """Raise all faults at once, where there are any."""
        if self._errors:
            raise self._joined()

    def _joined(self) -> GeodemandError:
        """Return an error of the kind of the first, with each fault once."""
        faults = dict.fromkeys(fault for each in self._errors for fault in each.faults)
        return type(self._errors[0])(*faults)


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
