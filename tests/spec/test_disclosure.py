"""Safe to publish: what the policy hides is nowhere in what a run hands out."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from geodemand.core import disclosure
from geodemand.core.disclosure import (
    Facts,
    Labels,
    People,
    Policy,
    Protected,
    Release,
    Table,
    audit,
    protect,
    ratio,
    release,
    rounded_share,
    withhold,
)
from geodemand.errors import ContentError, DisclosureError, UsageError
from geodemand.io import definitions, writers


def people(*counts: int) -> People:
    return People.alone("people", np.array(counts, dtype=np.int64))


def shown(figures: Protected) -> list[object]:
    return Table("t", {"clients": figures}).cells("clients")


# --- counts ---


@pytest.mark.parametrize(
    ("exact", "published"),
    [
        (0, 0),
        (1, "c"),
        (2, "c"),
        (3, "c"),
        (4, "c"),
        (5, "c"),
        (6, "c"),
        (7, "c"),
        (8, 10),
        (9, 10),
        (10, 10),
        (11, 10),
        (12, 10),
        (13, 15),
        (17, 15),
        (18, 20),
        (2327, 2325),
    ],
)
def test_counts_under_the_public_policy(public: Policy, exact: int, published: object) -> None:
    assert shown(protect(people(exact), public)) == [published]


@pytest.mark.parametrize("exact", [0, 1, 7, 8, 12, 2327])
def test_counts_under_the_internal_policy_are_exact(internal: Policy, exact: int) -> None:
    assert shown(protect(people(exact), internal)) == [exact]


def test_a_total_is_protected_on_its_own(public: Policy) -> None:
    parts = [3, 3, 4]
    assert shown(protect(people(*parts), public)) == ["c", "c", "c"]
    assert shown(protect(people(sum(parts)), public)) == [10]


def test_a_county_s_own_policy_is_one_file(public: Policy) -> None:
    tens = replace(public, threshold=9, base=10)
    counts = people(0, 1, 9, 10, 14, 15)
    assert shown(protect(counts, tens)) == [0, "c", "c", 10, 10, 20]


# --- figures formed from counts ---


@pytest.mark.parametrize(
    ("clients", "total", "share"),
    [
        (1250, 3800, 0.33),
        (1250, 3999, 0.313),  # the protected base is 4,000
        (1250, 3997, 0.31),  # the protected base is 3,995
        (1250, 4000, 0.313),
        (1250, 40000, 0.031),
        (8, 20, 0.5),
        (0, 20, 0.0),
        (20, 20, 1.0),
        (3, 4000, "c"),
        (0, 3, "c"),
        (0, 0, None),
    ],
)
def test_shares_are_whole_per_cents_and_tenths_on_a_base_of_4000(
    public: Policy, clients: int, total: int, share: object
) -> None:
    above, below = protect(people(clients), public), protect(people(total), public)
    assert shown(rounded_share(ratio(above, below), below, public)) == [share]


def test_a_figure_is_hidden_where_a_part_of_it_is(public: Policy) -> None:
    above, below = protect(people(20, 3, 20, 0), public), protect(people(40, 40, 3, 0), public)
    assert shown(ratio(above, below)) == [0.5, "c", "c", None]


def test_more_can_be_withheld_and_nothing_comes_back(public: Policy) -> None:
    figures = withhold(protect(people(20, 3), public), np.array([True, False]))
    assert shown(figures) == ["c", "c"]
    assert np.isnan(figures.values).all()


# --- the wall ---


@pytest.mark.parametrize(
    "column", [people(1, 2), np.array([1, 2]), [1, 2], (1, 2), "12"], ids=lambda c: type(c).__name__
)
def test_a_table_refuses_what_was_not_protected(column: object) -> None:
    with pytest.raises(TypeError, match=r"column 'clients' of table 't' is .*protect it first"):
        Table("t", {"clients": column})  # type: ignore[dict-item] - the point of the test


def test_a_table_refuses_columns_of_unequal_length() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        Table("t", {"a": Labels(("x",)), "b": Facts(np.array([1.0, 2.0]))})


def test_the_refusal_tells_no_count() -> None:
    with pytest.raises(TypeError) as caught:
        Table("t", {"clients": people(271828, 314159)})  # type: ignore[dict-item]
    assert "271828" not in str(caught.value)


@pytest.mark.parametrize("write", [repr, str, "{0}".format, "{0!r}".format])
def test_an_exact_count_does_not_show_when_printed(write: object) -> None:
    assert callable(write)
    assert write(people(271828, 314159)) == "People(shape=(2,))"


@pytest.mark.parametrize("seal", [None, object(), True])
def test_a_release_cannot_be_made_by_hand(public: Policy, seal: object) -> None:
    with pytest.raises(TypeError, match="release only"):
        Release(public, {}, (), (), seal)


def test_a_release_cannot_be_given_other_tables(public: Policy) -> None:
    sealed = release(public, {})
    with pytest.raises(AttributeError):
        sealed.tables = {}  # type: ignore[misc]


@pytest.mark.parametrize("column", ["clients", "share"])
def test_the_audit_finds_a_withheld_figure_that_still_holds_its_value(
    public: Policy, column: str
) -> None:
    leak = Protected(np.array([10.0, 3.0]), np.array([False, True]))
    table = Table("profile", {"list": Labels(("a", "b")), column: leak})
    assert len(audit(table, public)) == 1
    with pytest.raises(DisclosureError) as caught:
        release(public, {"profile": table})
    assert caught.value.exit_code == 15
    assert f"table profile, column {column}" in str(caught.value)
    assert "3.0" not in str(caught.value)


def test_the_audit_lets_protected_figures_pass(public: Policy) -> None:
    table = Table("t", {"clients": protect(people(0, 3, 20), public)})
    assert audit(table, public) == []


# --- policies ---


@pytest.mark.parametrize("reason", ["", " ", "\t"])
def test_exact_figures_need_a_reason(reason: str) -> None:
    with pytest.raises(DisclosureError, match="--reason") as caught:
        definitions.policy("internal").with_reason(reason)
    assert caught.value.exit_code == 15


def test_the_reason_is_kept_with_the_figures() -> None:
    policy = definitions.policy("internal").with_reason(" section 47 review ")
    said = json.loads(writers.json_text(release(policy, {})))["policy"]
    assert said["reason"] == "section 47 review"
    assert said["marking"].startswith("OFFICIAL-SENSITIVE")


def test_the_public_policy_needs_no_reason(public: Policy) -> None:
    assert public.with_reason("").reason == ""


def test_an_unknown_policy_is_met_with_the_nearest(public: Policy) -> None:
    del public
    with pytest.raises(UsageError, match="Did you mean 'public'"):
        definitions.policy("pubic")


def test_all_faults_of_a_policy_file_are_said_at_once(tmp_path: object) -> None:
    path = f"{tmp_path}/own.toml"
    with open(path, "w", encoding="utf-8") as out:  # noqa: PTH123 - a path as users write it
        out.write('title = "Own"\nthreshhold = 5\n')
    with pytest.raises(ContentError) as caught:
        definitions.policy(path)
    text = str(caught.value)
    assert "unknown rule 'threshhold'. Did you mean 'threshold'?" in text
    assert "the rule 'threshold' is missing" in text
    assert "the rule 'base' is missing" in text


# --- what is written ---


def written(public: Policy) -> Release:
    figures = protect(people(0, 3, 20), public)
    none = Protected(np.array([math.nan, math.inf, 0.5]), np.zeros(3, dtype=bool), -1)
    columns = {
        "list": Labels(("a", None, "c")),
        "hectares": Facts(np.array([1.25, math.nan, 2.0]), 1),
        "clients": figures,
        "index": none,
    }
    return release(public, {"t": Table("t", columns)})


def test_json_tells_withheld_from_no_figure_from_zero(public: Policy) -> None:
    text = writers.json_text(written(public))
    assert json.loads(text, parse_constant=pytest.fail)["t"] == [
        {"list": "a", "hectares": 1.2, "clients": 0, "index": None},
        {"list": None, "hectares": None, "clients": "c", "index": None},
        {"list": "c", "hectares": 2.0, "clients": 20, "index": 0.5},
    ]


def test_csv_names_its_policy_in_every_row(public: Policy) -> None:
    assert writers.csv_text(written(public), "t").splitlines() == [
        "list,hectares,clients,index,policy",
        "a,1.2,0,,public",
        ",,c,,public",
        "c,2,20,0.5,public",
    ]


def test_csv_of_exact_figures_carries_the_marking(internal: Policy) -> None:
    table = Table("t", {"clients": protect(people(3), internal)})
    assert "OFFICIAL-SENSITIVE" in writers.csv_text(release(internal, {"t": table}), "t")


def test_tables_under_each_other_keep_their_order_and_what_is_hidden(public: Policy) -> None:
    one = Table("t", {"n": protect(people(3), public), "x": Labels(("a",))})
    two = Table("t", {"n": protect(people(20), public), "x": Labels(("b",))})
    both = disclosure.concatenate("t", [one, two])
    assert list(both.records()) == [{"n": "c", "x": "a"}, {"n": 20, "x": "b"}]
    assert len(disclosure.concatenate("t", [])) == 0
