"""Leaks that an analyst or a loosened policy would publish are caught; safe releases pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import planted
from benchmarks.planted import KINDS, Leak
from geodemand.core.disclosure import protect


def test_there_are_ten_kinds() -> None:
    assert len(set(KINDS)) == 10


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("seed", [2, 5])
def test_a_planted_leak_is_one_and_is_caught(
    kind: Callable[[int, Path], Leak], seed: int, tmp_path: Path
) -> None:
    """All counts are tried: fewer than three would be shown so. ``--only audit`` plants all 100."""
    leak = kind(seed, tmp_path)
    assert leak.left < 3
    assert leak.caught


def test_safe_releases_pass(tmp_path: Path) -> None:
    """A fiftieth of those that ``--only audit`` makes: 18 of 1,000 there are taken for leaks."""
    assert planted.false_alarms(20, tmp_path) == (0, 0)


def test_what_is_only_hidden_is_not_taken_for_safe(tmp_path: Path) -> None:
    """The same tables with exact totals, as no audit has mended them."""
    few = 0
    for seed in range(8):
        made = planted.county(seed)
        figures = [protect(each, planted.EXACT_TOTALS) for each in made.tables(made.before)]
        tables = enumerate(planted.printed(figures))
        paths = [planted.written(tmp_path, f"{seed} {n}", rows) for n, rows in tables]
        few += bool(planted.file_audit(paths, planted.RULES).recovered)
    assert few >= 3
