"""What a run says of itself on a terminal: nothing of quick work, and the step that takes long."""

from __future__ import annotations

import io
import sys
import time

import pytest

from geodemand.commands import narrate

SOON_S = 20.0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch, patience_s: float = 0.05) -> Terminal:
    """Return what standard error is from now on; pytest sets its own between fixture and test."""
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(narrate, "PATIENCE_S", patience_s)
    return shown


def wait_for(word: str, shown: Terminal) -> bool:
    end = time.monotonic() + SOON_S
    while word not in shown.getvalue() and time.monotonic() < end:
        time.sleep(0.01)
    return word in shown.getvalue()


def test_one_long_step_is_shown_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nothing more is told after it began."""
    shown = terminal(monkeypatch)
    with narrate.narration(quiet=False, verbose=False) as tell:
        tell("lsoa and districts")
        assert wait_for("lsoa and districts …", shown)
        tell("figures")
        assert wait_for("figures …", shown)


def test_quick_work_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal(monkeypatch, patience_s=60)
    with narrate.narration(quiet=False, verbose=False) as tell:
        tell("lsoa and districts")
    assert shown.getvalue() == ""


def test_quiet_work_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal(monkeypatch)
    with narrate.narration(quiet=True, verbose=False) as tell:
        tell("figures")
        time.sleep(0.2)
    assert shown.getvalue() == ""
