"""Tables of a release as pandas frames."""

from __future__ import annotations

import numpy as np
import pytest

import geodemand
from geodemand.core.disclosure import Labels, People, Policy, Table, known_figures, protect, release
from geodemand.errors import UsageError


def test_withheld_zero_and_missing_stay_three_things(public: Policy) -> None:
    table = Table(
        "profile",
        {
            "name": Labels(("a", "b", "c")),
            "clients": protect(People.alone("people", np.array([0, 3, 42])), public),
            "index": known_figures(np.array([np.nan, 80.0, 120.0])),
        },
    )
    frame = geodemand.frame(release(public, {"profile": table}), "profile")
    assert frame["clients"].tolist() == [0, "c", 40]
    assert frame["index"].isna().tolist() == [True, False, False]
    assert frame["index"].dtype == float
    assert list(frame.columns) == ["name", "clients", "index"]


def test_a_table_that_is_not_there_is_named_with_those_that_are(public: Policy) -> None:
    sealed = release(public, {"profile": Table("profile", {"name": Labels(("a",))})})
    with pytest.raises(UsageError, match="Did you mean 'profile'"):
        geodemand.frame(sealed, "profil")
