"""Sections of a TOML file as frozen dataclasses: strictly, and with all faults at once.

A field's type says what may be written: text in quotes, a number, a day, a path (from the folder of
the file), or one of them or a list where it is a tuple.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import date, datetime
from functools import partial
from operator import eq
from pathlib import Path
from typing import Any, TypeVar

import cattrs
from cattrs.errors import (
    AttributeValidationNote,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
    IterableValidationNote,
)

from geodemand.errors import ContentError, Fault
from geodemand.suggest import did_you_mean

CORRECT = "Correct it in the project file."
Entry = TypeVar("Entry")


class Sections:
    """What makes dataclasses of the tables of one file."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of the file, from where its paths count."""
        self._folder = folder
        self._converter = cattrs.Converter(forbid_extra_keys=True)
        # Types that are put together can only be told by being the same.
        for kind, made in (
            (Path | None, self._path),
            (date | None, _day),
            (str | float, _metres),
            (tuple[Path, ...], lambda value: tuple(map(self._path, _listed(value)))),
            (tuple[str, ...], _words),
            (str | tuple[str, ...], _words),
        ):
            self.also(kind, made)
        for plain, made in (
            (Path, self._path),
            (str, lambda value: _exactly(str, _as_text(value))),
            (int, partial(_exactly, int)),
            (float, _number),
        ):
            self._converter.register_structure_hook(plain, _of_value(made))

    def also(self, kind: object, made: Callable[[Any], object]) -> None:
        """Say how a value of another type is made of what is written."""
        self._converter.register_structure_hook_func(partial(eq, kind), _of_value(made))

    def made(self, value: object, kind: type[Entry]) -> Entry:
        """Return what is written, as its type; raises what `read` tells of."""
        return self._converter.structure(value, kind)

    def read(self, table: object, kind: type[Entry], where: str) -> Entry:
        """Return a table as a dataclass.

        Raises ContentError with all faults: unknown options (with the nearest known one), options
        that are missing, values of a wrong kind. ``where``: the file, for these.
        """
        try:
            return self.made(table, kind)
        except ClassValidationError as error:
            raise ContentError(*_faults(error, where, "")) from error

    def _path(self, value: object) -> Path:
        return self._folder / str(_exactly(str, value))


def _of_value(made: Callable[[Any], object]) -> Callable[[Any, Any], Any]:
    """Return a hook as cattrs calls it, with the type, which is known here."""
    return lambda value, _: made(value)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _words(value: object) -> tuple[str, ...]:
    return tuple(_exactly(str, _as_text(item)) for item in _listed(value))


def _metres(value: object) -> str | float:
    return value if isinstance(value, str) else _number(value)


def _number(value: object) -> float:
    return float(_exactly(int | float, value))


def _day(value: object) -> date:
    """Return a day that is written as TOML's own, as "2024-03-31" or as "31/03/2024"."""
    if type(value) is date:
        return value
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d %B %Y"):
        try:
            return datetime.strptime(str(value), form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    message = f'{value!r} should be a day, as 2024-03-31 or "31/03/2024"'
    raise TypeError(message)


def _as_text(value: object) -> object:
    """Return a day of TOML as text; anything else as it is."""
    return value.isoformat() if type(value) is date else value


def _exactly(kind: Any, value: Any) -> Any:  # noqa: ANN401
    if not isinstance(value, kind) or isinstance(value, bool):
        expected = "text in quotes" if kind is str else "a number"
        message = f"{value!r} should be {expected}"
        raise TypeError(message)
    return value


def _faults(error: BaseException, where: str, at: str) -> list[Fault]:
    """Turn cattrs' nested errors into one fault each, with the option's dotted name."""
    if isinstance(error, ForbiddenExtraKeysError):
        known = [entry.name for entry in fields(error.cl)]
        return [
            Fault(
                where,
                f"unknown option '{at}{name}'.",
                did_you_mean(name, known) or f"Known here: {', '.join(known)}.",
            )
            for name in sorted(error.extra_fields)
        ]
    if isinstance(error, ClassValidationError | IterableValidationError):
        faults = []
        for inner in error.exceptions:
            notes = getattr(inner, "__notes__", ())
            names = [note.name for note in notes if isinstance(note, AttributeValidationNote)]
            keys = [note.index for note in notes if isinstance(note, IterableValidationNote)]
            step = "".join(f"{part}." for part in (*names, *keys))
            faults += _faults(inner, where, at if isinstance(inner, KeyError) else at + step)
        return faults
    name = at.rstrip(".")
    if isinstance(error, KeyError):
        return [
            Fault(where, f"[{name}] lacks the option {error}.", "Write it beneath the heading.")
        ]
    return [Fault(where, f"option '{name}': {error}.", CORRECT)]
