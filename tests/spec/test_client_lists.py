"""A list as a ledger: every row has one reason, and a client counts once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from geodemand import project
from geodemand.api import profile
from geodemand.core.disclosure import Policy
from geodemand.core.ledger import ledger
from geodemand.core.matching import Reason
from geodemand.io import study
from geodemand.io.study import Needs, Study

# Places are the postcodes of the tiny directory in order of key.
KEYS = (
    *("IP11AA", "IP11AB", "IP11AD", "IP11AE", "IP11AF", "IP11AG", "IP18XX", "IP19ZZ"),
    *("IP22BA", "IP22BB", "IP22BD", "IP22BE", "IP22BF", "IP22BG"),
)
REASONS = [reason.value for reason in Reason]

# Fifteen rows by hand: what each is for stands beside it.
ROWS = [
    "c1,IP1 1AA",  # matched
    "c2,ip11aa",  # matched
    "c2,IP1 1AA",  # duplicate: the same client again
    "c3,IP2 2BG",  # matched
    ",IP1 1AB",  # matched: a row without an id counts
    ",IP1 1AB",  # matched: and so does the next
    "c4,IP1 9ZZ",  # terminated: still placed
    "c5,1P1 1AA",  # malformed, one slip off IP1 1AA
    "c6,IP1 8XX",  # unknown: the directory has no location
    "c7,NR1 1AA",  # outside: an area that the directory does not cover
    "c8,ZZ99 3VZ",  # pseudo
    "c9,BFPO 57",  # nongeographic
    "c10,IP1",  # partial
    "c11,n/k",  # malformed
    "c12,",  # blank
]


def exact(found: Study, name: str = "CYP") -> dict[str, int]:
    matched = found.matched[name]
    counts = {reason.value: int(count.exact) for reason, count in matched.ledger.items()}
    return {"rows": int(matched.rows.exact), **{k: n for k, n in counts.items() if n}}


@pytest.fixture
def load(tiny: Any) -> Callable[..., Study]:  # noqa: ANN401 - a fixture's class lives in conftest
    """Return a function that matches a list of rows against the tiny directory."""

    def read(rows: list[str], *, header: str = "id,postcode", repair: bool = False) -> Study:
        tiny.clients("cyp.csv", rows, header)
        found = project.read(tiny.path("geodemand.toml"))
        return study.load(found, Needs(segments=True, repair=repair))

    return read


def test_a_small_list_has_the_ledger_that_one_counts_by_hand(load: Callable[..., Study]) -> None:
    assert exact(load(ROWS)) == {
        "rows": 15,
        "matched": 5,
        "terminated": 1,
        "outside": 1,
        "unknown": 1,
        "pseudo": 1,
        "nongeographic": 1,
        "partial": 1,
        "malformed": 2,
        "blank": 1,
        "duplicate": 1,
    }


def test_a_repair_moves_one_row_and_no_other(load: Callable[..., Study]) -> None:
    before, after = exact(load(ROWS)), exact(load(ROWS, repair=True))
    assert after.pop("repaired") == 1
    assert after == before | {"malformed": 1}


def test_the_reasons_add_up_to_the_rows(load: Callable[..., Study], internal: Policy) -> None:
    (row,) = (r for r in ledger(load(ROWS).matched, internal).records() if r["list"] == "CYP")
    assert sum(int(str(row[reason])) for reason in REASONS) == row["rows"] == len(ROWS)


def test_only_placed_rows_have_a_place(load: Callable[..., Study]) -> None:
    found = load(ROWS)
    keys = [KEYS[place] for place in found.matched["CYP"].places]
    counts = found.matched["CYP"].clients.exact.tolist()
    assert dict(zip(keys, counts, strict=True)) == {
        "IP11AA": 2,
        "IP11AB": 2,
        "IP19ZZ": 1,
        "IP22BG": 1,
    }


def test_the_match_rate_leaves_duplicates_out(load: Callable[..., Study]) -> None:
    assert load(ROWS).matched["CYP"].match_rate == 6 / 14


# One client on two or three rows: the reason that is left, and where the client is.
TWICE = [
    (["IP1 1AA", "IP1 1AA"], "matched", "IP11AA"),
    (["IP1 1AA", "ip1 1aa"], "matched", "IP11AA"),
    (["IP1 1AA", ""], "matched", "IP11AA"),
    (["IP1 1AA", "IP1 9ZZ"], "matched", "IP11AA"),
    (["ZZ99 3VZ", "IP1 9ZZ"], "terminated", "IP19ZZ"),
    (["IP2 2BG", "IP1 1AA"], "matched", "IP11AA"),  # equal trust: the first in the directory
    (["IP2 2BG", "ip1-1aa"], "matched", "IP11AA"),  # however it is written
    (["n/k", "ZZ99 3VZ"], "pseudo", None),
    (["NR1 1AA", "IP1 1ZY"], "outside", None),
    (["IP1", "BFPO 5", ""], "nongeographic", None),
]


@pytest.mark.parametrize(("texts", "reason", "place"), TWICE)
def test_a_client_on_several_rows_counts_once_at_the_most_trusted_in_any_order(
    load: Callable[..., Study], texts: list[str], reason: str, place: str | None
) -> None:
    for order in permutations(texts):
        found = load([*(f"c1,{text}" for text in order), "c2,IP2 2BD"])
        expected = Counter({"rows": len(texts) + 1, "duplicate": len(texts) - 1, "matched": 1})
        assert exact(found) == expected + Counter([reason])
        keys = [KEYS[at] for at in found.matched["CYP"].places]
        assert keys == [*([place] if place else []), "IP22BD"]


@pytest.mark.parametrize("one", ["c1", " c1", "c1 "])
def test_spaces_around_an_id_do_not_make_a_second_client(
    load: Callable[..., Study], one: str
) -> None:
    assert exact(load(["c1,IP1 1AA", f"{one},IP1 1AA"]))["duplicate"] == 1


@pytest.mark.parametrize(("one", "other"), [("1", "01"), ("1E5", "100000"), ("1.0", "1")])
def test_ids_are_texts_and_not_numbers(load: Callable[..., Study], one: str, other: str) -> None:
    assert exact(load([f"{one},IP1 1AA", f"{other},IP1 1AA"])) == {"rows": 2, "matched": 2}


def test_the_text_na_is_an_id_like_any_other(load: Callable[..., Study]) -> None:
    assert exact(load(["NA,IP1 1AA", "NA,IP1 1AA"])) == {"rows": 2, "matched": 1, "duplicate": 1}


def test_without_an_id_column_every_row_counts(load: Callable[..., Study]) -> None:
    assert exact(load(["IP1 1AA"] * 3, header="postcode")) == {"rows": 3, "matched": 3}


def test_a_terminated_postcode_is_no_part_of_the_base(load: Callable[..., Study]) -> None:
    places = load(ROWS).places
    assert int(places.weights["postcodes"].sum()) == 12


def test_a_list_on_another_list_is_counted_on_both(load: Callable[..., Study]) -> None:
    found = load(["a0,IP1 1AF"])
    assert exact(found)["matched"] == 1
    assert exact(found, "ACS")["matched"] == 40


def test_the_ledger_of_a_published_run_hides_small_reasons(
    load: Callable[..., Study], public: Policy
) -> None:
    (row,) = (r for r in ledger(load(ROWS).matched, public).records() if r["list"] == "CYP")
    assert row["rows"] == 15
    assert {row[reason] for reason in REASONS} == {"c", 0}


def test_postcodes_where_lists_meet_are_counted_everywhere_and_by_set(tiny: Any) -> None:  # noqa: ANN401
    # IP1 9ZZ is terminated: a client of each list there, but it is no postcode of the base.
    for letter, held in (
        ("c", ["IP1 1AA", "IP1 1AE", "IP2 2BG", "IP1 9ZZ"]),
        ("a", ["IP1 1AA", "IP1 1AA", "IP2 2BG", "IP1 9ZZ"]),
    ):
        rows = [f"{letter}{number},{postcode}" for number, postcode in enumerate(held)]
        tiny.clients({"c": "cyp.csv", "a": "acs.csv"}[letter], rows)
    found = project.read(
        tiny.project(('label = "children and young people"', ""), ("[hubs]", _INTERNAL + "[hubs]"))
    )
    rows = list(profile.profile(found).tables["copresence"].records())
    assert [(row["set"], row["rule"], row["observed"]) for row in rows] == [
        ("(everywhere)", "all", 2),
        ("(everywhere)", "any", 3),
        ("Hard Pressed", "all", 1),
        ("Hard Pressed", "any", 1),
    ]
    # 12 postcodes, 3 with CYP and 2 with ACS: 12 x 3/12 x 2/12, and 12 x (1 - 9/12 x 10/12).
    assert [row["expected"] for row in rows[:2]] == [0.5, 4.5]


_INTERNAL = '[disclosure]\npolicy = "internal"\nreason = "a test"\n\n'
