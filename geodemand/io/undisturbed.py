"""Ctrl-C and requests to end, put off while files are on their way."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

# In this order they are put off; Ctrl-C last, as from then on nothing can come between.
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Undisturbed:
    """A context in which Ctrl-C and SIGTERM wait; what was asked meanwhile happens at its end.

    Only the main thread is ever disturbed, so that elsewhere this does nothing.
    """

    def __init__(self) -> None:
        """Put off nothing yet."""
        self._asked: list[int] = []
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Put signals off."""
        self._put_off()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Let signals through again, and do what was asked."""
        self._let_through()
        for number in self._asked:
            if number != signal.SIGINT or kind is not KeyboardInterrupt:
                signal.raise_signal(number)

    def check(self) -> None:
        """Raise KeyboardInterrupt if an end was asked, where all can be cleaned up."""
        if self._asked:
            raise KeyboardInterrupt

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Let signals through while this lasts: work that takes long, after which all is undone."""
        self.check()
        try:
            self._let_through()
            yield
        finally:
            self._put_off()

    def _put_off(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for each in _SIGNALS:
                self._before[each] = signal.signal(each, self._note) or signal.SIG_DFL

    def _let_through(self) -> None:
        for each in _SIGNALS:
            if each in self._before:
                signal.signal(each, self._before[each])

    def _note(self, number: int, _: FrameType | None) -> None:
        self._asked.append(number)
