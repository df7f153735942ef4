"""Hubs as points: in their own areas or not, how far away, and who is nearer to another."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodemand.core import hinterland
from geodemand.core.coterminosity import Points
from geodemand.core.disclosure import People, Policy, Value
from geodemand.core.geography import Geography, Sites, locate
from geodemand.core.tally import POSTCODES
from geodemand.io import definitions

At = tuple[float, float]


def sites(*at: At, areas: Sequence[str] = ()) -> Sites:
    codes = tuple(f"H{i + 1}" for i in range(len(at)))
    x, y = (np.array([point[axis] for point in at], dtype=float) for axis in (0, 1))
    return Sites("hubs", codes, tuple(f"Hub {code}" for code in codes), x, y, tuple(areas))


def points_of(area: Any, clients: Sequence[At]) -> Points:  # noqa: ANN401 - a geography
    x, y = (np.array([point[axis] for point in clients], dtype=float) for axis in (0, 1))
    inside = locate(area, x, y)
    once = np.ones(len(clients))
    return Points(
        x, y, inside, inside, {POSTCODES: once}, {"CYP": People.alone("CYP", once.astype(np.int64))}
    )


@pytest.fixture
def far(squares: Any, internal: Policy) -> Callable[..., dict[Value, Mapping[str, Value]]]:  # noqa: ANN401
    """Return a function that gives the rows of CYP by site, for two squares of 10 km."""
    two = squares.areas("a", {"A": squares.box(0, 0, 1e4, 1e4), "B": squares.box(1e4, 0, 2e4, 1e4)})

    def rows(
        hubs: Sites, clients: Sequence[At], policy: Policy = internal, within: float = 5_000
    ) -> dict[Value, Mapping[str, Value]]:
        at = points_of(two, clients)
        table = hinterland.hinterlands(hinterland.serve(hubs, two), at, at.a, within, policy)
        return {row["site"]: row for row in table.records() if row["weight"] == "CYP"}

    return rows


# --- in their areas ---


def located(squares: Any, hubs: Sites) -> list[tuple[Value, ...]]:  # noqa: ANN401
    two = squares.row("a", 0, 1000, 2000)
    table = hinterland.site_table(hinterland.serve(hubs, two))
    names = ("site", "area", "lies_in", "inside", "outside_m")
    return [tuple(row[name] for name in names) for row in table.records()]


def test_each_hub_is_told_whether_it_lies_in_its_area(squares: Any) -> None:  # noqa: ANN401
    hubs = sites((500, 500), (800, 500), (5000, 500), areas=["A", "Area B", "B"])
    assert located(squares, hubs) == [
        ("H1", "Area A", "Area A", "yes", 0),
        ("H2", "Area B", "Area A", "no", 200),
        ("H3", "Area B", None, "no", 3000),
    ]


def test_a_hub_serves_where_it_lies_unless_it_is_said(squares: Any) -> None:  # noqa: ANN401
    assert located(squares, sites((500, 500), (5000, 500))) == [
        ("H1", "Area A", "Area A", "yes", 0),
        ("H2", None, None, "no", None),
        ("(none)", "Area B", None, "no hub", None),
    ]


def test_a_hub_that_serves_nobody_and_an_area_that_nobody_serves(squares: Any) -> None:  # noqa: ANN401
    assert located(squares, sites((500, 500), areas=[""])) == [
        ("H1", None, "Area A", "no", None),
        ("(none)", "Area A", None, "no hub", None),
        ("(none)", "Area B", None, "no hub", None),
    ]


# --- how far, and who is nearer to another ---


def test_distances_and_who_is_near(far: Any) -> None:  # noqa: ANN401
    """Ten clients 0.45 km, 1.45 km ... 9.45 km east of a hub: the mean is 4.95 km."""
    hubs = sites((0, 5000), (20_000, 5000), areas=["A", "B"])
    found = far(hubs, [(450 + 1000 * n, 5000) for n in range(10)])["H1"]
    assert (found["total"], found["mean_m"], found["far_m"]) == (10, 5_000, 8_500)
    assert (found["within"], found["within_share"], found["nearer"]) == (5, 0.5, 0)


def test_clients_nearer_to_the_hub_of_another_area(far: Any) -> None:  # noqa: ANN401
    hubs = sites((2000, 5000), (11_000, 5000), areas=["A", "B"])
    found = far(hubs, [*[(1000, 5000)] * 6, *[(9000, 5000)] * 4, (19_000, 5000)])
    assert (found["H1"]["total"], found["H1"]["nearer"], found["H1"]["nearer_share"]) == (
        10,
        4,
        0.4,
    )
    assert (found["H1"]["nearer_to"], found["H2"]["nearer"]) == ("Hub H2", 0)
    assert (found["(all)"]["total"], found["(all)"]["nearer"]) == (11, 4)


def test_half_way_a_client_is_with_its_own_hub(far: Any) -> None:  # noqa: ANN401
    hubs = sites((5000, 5000), (15_000, 5000), areas=["A", "B"])
    assert far(hubs, [(10_000, 5000)])["(all)"]["nearer"] == 0


def test_two_hubs_of_an_area_share_its_clients(far: Any) -> None:  # noqa: ANN401
    hubs = sites((1000, 5000), (9000, 5000), (15_000, 5000), areas=["A", "A", "B"])
    found = far(hubs, [*[(2000, 5000)] * 3, *[(8000, 5000)] * 5])
    assert [found[site]["total"] for site in ("H1", "H2", "H3")] == [3, 5, 0]
    assert found["H3"]["mean_m"] is None


def test_those_in_an_area_without_a_hub_are_all_nearer_elsewhere(far: Any) -> None:  # noqa: ANN401
    found = far(sites((1000, 5000), areas=["A"]), [*[(1000, 5000)] * 3, *[(15_000, 5000)] * 2])
    row = found["(none)"]
    assert (row["total"], row["nearer"], row["nearer_to"], row["mean_m"]) == (2, 2, "Hub H1", None)


def test_few_clients_are_withheld_with_all_that_is_told_of_them(far: Any, public: Policy) -> None:  # noqa: ANN401
    row = far(sites((1000, 5000), areas=["A"]), [(2000, 5000)] * 5, public)["H1"]
    fields = ("total", "mean_m", "far_m", "within", "within_share")
    assert [row[name] for name in fields] == ["c"] * 5


@given(
    st.lists(st.tuples(st.floats(0, 9_999), st.floats(0, 10_000)), min_size=1, max_size=40),
    st.sampled_from([1, 20]),
)
def test_the_mean_from_rings_is_the_mean(clients: list[At], times: int) -> None:
    """Exact to a ring; from rounded counts to what rounding can do."""
    area = Geography("a", ("A",), ("A",), np.array([shapely.box(0, 0, 1e4, 1e4)], dtype=object))
    at = points_of(area, clients * times)
    served = hinterland.serve(sites((5000, 5000), areas=["A"]), area)
    exact = np.hypot(at.x - 5000, at.y - 5000).mean()
    for policy, slack in (("internal", 101.0), ("public", 101.0 + 8_000 * 4 / len(at.x))):
        table = hinterland.hinterlands(served, at, at.a, 5000, definitions.policy(policy))
        mean = next(row["mean_m"] for row in table.records() if row["weight"] == "CYP")
        assert mean == "c" or abs(float(mean) - exact) <= slack  # type: ignore[arg-type]


# --- through the command ---


@pytest.fixture
def sited(tiny: Any) -> Any:  # noqa: ANN401
    """Return the tiny project with two hubs, the second beside its area."""
    tiny.write(
        "hubs.csv",
        "name,easting,northing,serves\nWest,600500,250500,L1\nEast,600900,250500,Area L2\n",
    )
    tiny.project(
        ("[hubs]\n", '[sites.hubs]\nfile = "hubs.csv"\narea = "serves"\n\n[hubs]\n'),
        ('["localities,teams,same"]', '["hubs,localities,inside"]'),
    )
    return tiny


def test_hubs_are_told_by_the_command(sited: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    result = run("hubs", folder=sited.folder)
    assert result.exit_code == 0
    shown = result.stdout
    assert "hubs in localities: 1 of 2 lie in the area that they serve." in shown
    assert "East lies in Area L1, 100 m from Area L2." in shown
    assert max(len(line) for line in shown.splitlines()) <= 100
    longer = run("hubs", "--show", "sites", folder=sited.folder).stdout
    assert longer.count("\nEast ") > shown.count("\nEast ")


def test_a_hub_outside_its_area_fails_a_check(sited: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    result = run("hubs", "--fail-on", "relation", "--json", folder=sited.folder)
    assert result.exit_code == 14
    assert "hubs and localities: not all hubs lie in the area" in result.stderr
    found = json.loads(result.stdout)
    assert [row["inside"] for row in found["sites"]] == ["yes", "no"]
    assert found["pairs"] == []


def test_a_hub_of_an_unknown_area_is_refused(sited: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    path = sited.path("hubs.csv")
    path.write_text(path.read_text().replace("Area L2", "L7"))
    result = run("hubs", folder=sited.folder)
    assert result.exit_code == 11
    assert "[sites.hubs]: 'L7' is no area of localities." in result.stderr


def test_sites_that_there_are_not_are_named(tiny: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    result = run("hubs", "--relation", "hubs,localities,inside", folder=tiny.folder)
    assert result.exit_code == 2
    assert "there are no sites named 'hubs'" in result.stderr


def test_sites_may_come_by_option_as_a_layer(tiny: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    tiny.write("hubs.csv", "name,easting,northing\nWest,600500,250500\n")
    options = ("--sites", "hubs=hubs.csv", "--relation", "hubs,localities,inside", "--json")
    found = json.loads(run("hubs", *options, folder=tiny.folder).stdout)
    assert [(row["area"], row["inside"]) for row in found["sites"]] == [
        ("Area L1", "yes"),
        ("Area L2", "no hub"),
    ]


# --- reach: where a list names the hub used ---

USED = [
    *["West,IP1 1AA"] * 12,  # in L1, and at its hub
    *["H2,IP1 1AE"] * 10,  # in L1, at the hub of L2
    *["East,IP2 2BE"] * 20,
    *["elsewhere,IP2 2BE"] * 10,
    ",IP2 2BE",
]


@pytest.fixture
def used(sited: Any) -> Any:  # noqa: ANN401
    """Return the tiny project with a list that names the hub used, by name or by code."""
    sited.write(
        "hubs.csv",
        "code,name,easting,northing,serves\n"
        "H1,West,600500,250500,L1\nH2,East,601500,250500,L2\nH3,Third,600900,250500,L1\n",
    )
    sited.clients("cyp.csv", [f"c{n},{row}" for n, row in enumerate(USED)], "id,hub,postcode")
    text = sited.path("geodemand.toml").read_text(encoding="utf-8")
    text = text.replace('file = "cyp.csv"', 'file = "cyp.csv"\nhub = "hub"')
    sited.write("geodemand.toml", text.replace('area = "serves"', 'area = "serves"\ncode = "code"'))
    return sited


def test_whom_each_hub_sees_is_told(used: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    exact = ("--policy", "internal", "--reason", "a test", "--json")
    found = json.loads(run("hubs", *exact, folder=used.folder).stdout)["reach"]
    fields = ("site", "list", "users", "users_living", "local_share", "living", "seen_share")
    assert [tuple(row[field] for field in fields) for row in found] == [
        ("H1", "CYP", 12, 12, 1, 22, pytest.approx(12 / 22, abs=1e-6)),
        ("H2", "CYP", 30, 20, pytest.approx(2 / 3, abs=1e-6), 31, pytest.approx(20 / 31, abs=1e-6)),
        ("H3", "CYP", 0, 0, None, 22, 0),
        (
            "(all)",
            "CYP",
            42,
            32,
            pytest.approx(32 / 42, abs=1e-6),
            53,
            pytest.approx(32 / 53, abs=1e-6),
        ),
    ]


def test_reach_is_protected_and_printed(used: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    used.clients("cyp.csv", [f"c{n},West,IP1 1AA" for n in range(5)], "id,hub,postcode")
    found = json.loads(run("hubs", "--json", folder=used.folder).stdout)["reach"]
    assert [found[0][name] for name in ("users", "users_living", "local_share", "living")] == [
        "c"
    ] * 4
    shown = run("hubs", "--show", "sites", folder=used.folder).stdout
    assert "Whom hubs see, and who of localities they see" in shown
    assert max(len(line) for line in shown.splitlines()) <= 100


def test_reach_of_a_list_by_coordinates(used: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    rows = ["West,600200,250200", "West,601300,250200", "East,601300,250210"]
    rows = [f"c{n},{row}" for n, row in enumerate(rows)]
    used.clients("cyp.csv", rows, "id,hub,easting,northing")
    exact = ("--policy", "internal", "--reason", "a test", "--json")
    found = json.loads(run("hubs", *exact, folder=used.folder).stdout)["reach"]
    assert [(row["users"], row["users_living"], row["living"]) for row in found] == [
        *((2, 1, 1), (1, 1, 2), (0, 0, 1), (3, 2, 3))
    ]


def test_a_hub_column_that_is_not_there_is_named(used: Any, run: Callable[..., Any]) -> None:  # noqa: ANN401
    used.clients("cyp.csv", ["c1,IP1 1AA"])
    result = run("hubs", folder=used.folder)
    assert result.exit_code == 11
    assert "'hub'" in result.stderr
