"""What holds for any counts under any policy."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodemand.core.disclosure import (
    IntArray,
    People,
    Policy,
    Table,
    audit,
    protect,
    ratio,
    rounded_share,
)
from geodemand.io import definitions

PUBLIC = definitions.policy("public")
INTERNAL = definitions.policy("internal").with_reason("a test")

counts = arrays.arrays(np.int64, st.integers(1, 20), elements=st.integers(0, 30))
large = arrays.arrays(np.int64, st.integers(1, 20), elements=st.integers(0, 100_000))
policies = st.builds(
    lambda threshold, base: replace(PUBLIC, threshold=threshold, base=base),
    st.integers(0, 20),
    st.integers(1, 20),
)


@given(st.one_of(counts, large))
def test_a_published_count_is_0_c_or_a_multiple_of_5_from_10(exact: IntArray) -> None:
    figures = protect(People.alone("people", exact), PUBLIC)
    for value, withheld, true in zip(figures.values, figures.withheld, exact, strict=True):
        assert withheld == (1 <= true <= 7)
        assert np.isnan(value) if withheld else value == 0 or (value >= 10 and value % 5 == 0)
        assert (value == 0) == (true == 0)


@given(st.one_of(counts, large), policies)
def test_a_published_count_is_near_the_true_one(exact: IntArray, policy: Policy) -> None:
    figures = protect(People.alone("people", exact), policy)
    visible = ~figures.withheld
    off = np.abs(figures.values[visible] - exact[visible])
    assert (off <= policy.base / 2).all()
    assert not np.isfinite(figures.values[figures.withheld]).any()


@given(st.one_of(counts, large))
def test_exact_figures_are_the_counts(exact: IntArray) -> None:
    figures = protect(People.alone("people", exact), INTERNAL)
    assert figures.values.tolist() == exact.tolist()
    assert not figures.withheld.any()


@given(counts)
def test_counts_that_are_published_alike_give_the_same_bytes(exact: IntArray) -> None:
    """Nothing of a count but its published figure is left in what is written."""
    alike = np.select(
        [exact == 0, exact <= 7], [0, 1], default=(np.floor(exact / 5 + 0.5) * 5).astype(np.int64)
    )
    one, other = table(exact), table(alike)
    assert list(one.records()) == list(other.records())


@given(counts)
def test_the_audit_agrees_with_what_was_protected(exact: IntArray) -> None:
    assert audit(table(exact), PUBLIC) == []


@given(counts, counts)
def test_a_share_is_a_multiple_of_one_per_cent_or_hidden(above: IntArray, below: IntArray) -> None:
    size = min(len(above), len(below))
    part, whole = np.minimum(above[:size], below[:size]), below[:size]
    top, bottom = (
        protect(People.alone("people", part), PUBLIC),
        protect(People.alone("people", whole), PUBLIC),
    )
    share = rounded_share(ratio(top, bottom), bottom, PUBLIC)
    for value, withheld, n, of in zip(share.values, share.withheld, part, whole, strict=True):
        assert withheld == (1 <= n <= 7 or 1 <= of <= 7)
        if not withheld:
            assert np.isnan(value) if of == 0 else value == pytest.approx(round(value, 2))


def table(exact: IntArray) -> Table:
    """Return a table of counts and of what is formed from them."""
    figures = protect(People.alone("people", exact), PUBLIC)
    share = ratio(figures, figures[[0] * len(exact)])
    return Table("t", {"clients": figures, "share": rounded_share(share, figures, PUBLIC)})
