"""Which width tells slivers of drawing from real pieces, and what the data suggest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodemand.core import drawing, mismatches
from geodemand.core.coterminosity import Limits
from geodemand.core.disclosure import Policy
from geodemand.core.geography import Sites


def suggest(*pieces: tuple[float, float], most: float = 10.0) -> tuple[float, str]:
    """Suggest a width from pieces by width (metres) and hectares."""
    width, hectares = (np.array([piece[part] for piece in pieces], dtype=float) for part in (0, 1))
    found = drawing.suggest(width, hectares, most_hectares=most, in_use=20.0)
    return found.width_m, found.reason


@pytest.mark.parametrize(
    ("pieces", "width", "reason"),
    [
        # Hairs up to 6 m, and two blocks.
        ([(1, 1), (6, 1), (300, 40), (800, 90)], 10, "2 are at most 6.0 m wide and 2"),
        # The largest gap lies above real land: the one between the hairs and it is taken.
        ([(2, 1), (30, 5), (100, 200), (9000, 900)], 5, "1 are at most 2.0 m wide and 3"),
        # A layer drawn to hundreds of metres.
        ([(30, 0), (45, 1), (80, 1), (140, 3), (560, 2), (6500, 900)], 1000, "at least 6,500 m"),
        ([(3, 1), (4, 1), (7, 1)], 10, "no piece is wider than 7.0 m, and all have 3.0 ha."),
        ([(300, 90), (310, 80)], 20, "the narrowest piece is 300 m wide: none is hair."),
        ([(15, 9), (20, 9), (30, 9), (45, 9)], 20, "widths run on to 45 m without a clear gap"),
        ([], 20, "no piece is off its partner."),
        # No round number between the two: their middle.
        ([(21, 1), (22, 1), (49, 20)], 1078**0.5, "2 are at most 22 m wide and 1 at least 49 m"),
    ],
)
def test_the_suggested_width_lies_in_the_clearest_gap(
    pieces: list[tuple[float, float]], width: float, reason: str
) -> None:
    found = suggest(*pieces)
    assert found[0] == width
    assert reason in found[1]


@given(st.lists(st.tuples(st.floats(0.01, 1e5), st.floats(0.01, 50)), max_size=12), st.randoms())
def test_the_order_of_the_pieces_does_not_matter(
    pieces: list[tuple[float, float]],
    chance: Any,  # noqa: ANN401
) -> None:
    shuffled = list(pieces)
    chance.shuffle(shuffled)
    found, again = suggest(*sorted(pieces)), suggest(*sorted(shuffled))
    assert found == again
    assert found[0] > 0


@given(
    st.lists(st.floats(0.5, 10), min_size=1, max_size=30),
    st.lists(st.floats(500, 5000), min_size=1, max_size=5),
)
def test_hairs_and_blocks_are_parted_whatever_their_number(
    hairs: list[float], blocks: list[float]
) -> None:
    pieces = [*((width, 0.01) for width in hairs), *((width, 100.0) for width in blocks)]
    assert max(hairs) <= suggest(*pieces)[0] < min(blocks)


def test_pieces_and_clients_are_counted_at_each_width(squares: Any, internal: Policy) -> None:  # noqa: ANN401
    """Borders moved by 3 m and by 200 m, with 4 clients in the first strip and 10 in the other."""
    laid = squares.lay(
        squares.row("a", 0, 10_000, 20_000, 30_000),
        squares.row("b", 0, 10_003, 20_200, 30_000),
        clients=[*[(10_001, 500)] * 4, *[(20_100, 500)] * 10, *[(25_000, 500)] * 90],
    )
    table = drawing.width_table(laid.differ(), Limits(), internal)
    names = ("width_m", "why", "slivers", "real", "hectares", "CYP")
    assert [tuple(row[name] for name in names) for row in table.records()] == [
        (1, "given", 0, 2, 20.3, 14),
        (5, "given", 1, 1, 20, 10),
        (25, "given", 1, 1, 20, 10),
        (20, "in use", 1, 1, 20, 10),
        (5, "suggested", 1, 1, 20, 10),
    ]


def test_few_clients_in_a_strip_are_withheld_at_every_width(squares: Any, public: Policy) -> None:  # noqa: ANN401
    laid = squares.lay(
        squares.row("a", 0, 1000, 2000),
        squares.row("b", 0, 1100, 2000),
        clients=[*[(1050, 500)] * 4, *[(500, 500)] * 50, *[(1500, 500)] * 50],
    )
    table = drawing.width_table(laid.differ(), Limits(), public)
    assert [row["CYP"] for row in table.records()] == ["c"] * 5


def test_a_mismatch_is_told_the_place_that_is_nearest(squares: Any, internal: Policy) -> None:  # noqa: ANN401
    laid = squares.lay(squares.row("a", 0, 1000, 2000), squares.row("b", 0, 1100, 2000))
    places = Sites("p", ("1", "2"), ("Far", "Near"), np.array([0.0, 1200.0]), np.array([0.0, 0.0]))
    listed = mismatches.mismatches(laid.differ(), internal, places=places)
    assert listed.table.cells("near") == ["Near"]


# --- through the command ---


def test_widths_are_told_on_request_with_the_reason(tiny: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    assert "Suggested" not in run("hubs", folder=tiny.folder).stdout
    shown = run("hubs", "--show", "widths", folder=tiny.folder).stdout
    assert "Suggested: --width 20, as the narrowest piece is 100 m wide: none is hair." in shown


def test_places_of_the_project_name_mismatches(tiny: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    tiny.write("places.csv", "name,easting,northing\nHadleigh,601000,250000\nDiss,609000,280000\n")
    tiny.project(
        ("[map]\n", '[map]\nplaces = "places"\n'),
        ("[hubs]\n", '[sites.places]\nfile = "places.csv"\n\n[hubs]\n'),
    )
    shown = run("hubs", folder=tiny.folder).stdout
    line = next(line for line in shown.splitlines() if line.startswith("Area L2     Area T1"))
    assert line.split()[4:6] == ["Hadleigh", "10"]
