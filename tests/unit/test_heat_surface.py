"""A heat surface shows where clients are dense, and never where one client is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.ndimage

from geodemand.core import surface
from geodemand.core.disclosure import Exact, FloatArray, Policy, Surface
from geodemand.core.surface import CELL_M, Extent, heat_surface

EXTENT = Extent(600_000, 250_000, 610_000, 258_000)


def drawn(at: FloatArray, policy: Policy, counts: list[int] | None = None) -> Surface:
    people = Exact(np.array(counts or [1] * len(at), dtype=np.int64))
    return heat_surface("CYP", at[:, 0], at[:, 1], people, EXTENT, policy)


def centres(found: Surface) -> FloatArray:
    rows, columns = found.classes.shape
    across = found.west + (np.arange(columns) + 0.5) * found.cell_m
    down = found.north - (np.arange(rows) + 0.5) * found.cell_m
    grid = np.meshgrid(across, down)
    return np.column_stack([grid[0].ravel(), grid[1].ravel()])


def by_hand(cells: FloatArray, at: FloatArray, policy: Policy) -> FloatArray:
    """Sum the kernel over every client at every cell, one by one; clients per km²."""
    found = []
    for cell in cells:
        distance = np.sort(np.hypot(*(at - cell).T))
        h = max(policy.surface_bandwidth_m, distance[policy.surface_neighbours - 1])
        near = distance[distance < h]
        found.append(np.sum(3 / (np.pi * h**2) * (1 - (near / h) ** 2) ** 2) * 1e6)
    return np.array(found)


@pytest.fixture
def estate() -> FloatArray:
    """Return 60 clients of a town and 15 of a village, on the grid."""
    chance = np.random.default_rng(7)
    town = np.array([603_000, 254_000]) + chance.normal(0, 400, (60, 2))
    village = np.array([608_000, 256_500]) + chance.normal(0, 150, (15, 2))
    return np.vstack([town, village])


def test_classes_are_those_of_a_kernel_sum_by_hand(estate: FloatArray, public: Policy) -> None:
    found = drawn(estate, public)
    density = by_hand(centres(found), estate, public)
    expected = np.searchsorted(found.breaks, density, side="right")
    assert found.classes.ravel().tolist() == expected.tolist()
    assert found.classes.max() > 2


def test_the_density_adds_up_to_the_clients(public: Policy) -> None:
    """With one bandwidth everywhere the kernel's volume is one client each."""
    at = np.array([605_000.0, 254_000.0]) + np.random.default_rng(3).normal(0, 60, (40, 2))
    cells = centres(drawn(at, public))
    near = np.hypot(*(cells - at.mean(axis=0)).T) < 2_000
    wide = replace(public, surface_bandwidth_m=2_500.0)
    # The surface itself holds classes only.
    total = surface._density(cells, at, np.ones(len(at)), wide)  # noqa: SLF001
    assert total.sum() * (CELL_M / 1000) ** 2 == pytest.approx(40, rel=0.01)
    assert total[near].sum() > total[~near].sum()


def test_a_postcode_of_several_clients_counts_as_many(public: Policy) -> None:
    at = np.array([[603_000.0, 254_000.0], [603_100.0, 254_000.0]])
    many = np.repeat(at, [9, 6], axis=0)
    assert drawn(at, public, [9, 6]).classes.tolist() == drawn(many, public).classes.tolist()


@pytest.mark.parametrize("spread", [30, 300, 3000])
@pytest.mark.parametrize("clients", [10, 100, 3000])
def test_a_surface_has_at_most_six_classes(spread: int, clients: int, public: Policy) -> None:
    chance = np.random.default_rng(clients + spread)
    at = np.array([605_000, 254_000]) + chance.normal(0, spread, (clients, 2))
    found = drawn(at, public)
    assert len(found.breaks) <= 5
    assert set(np.unique(found.classes)) <= set(range(6))
    assert list(found.breaks) == sorted(found.breaks)


@pytest.mark.parametrize("clients", [0, 1, 9])
def test_fewer_than_ten_clients_give_an_empty_surface(clients: int, public: Policy) -> None:
    at = np.tile([603_000.0, 254_000.0], (clients, 1))
    found = drawn(at, public)
    assert not found.classes.any()
    assert found.breaks == ()


@pytest.mark.parametrize("alone", [(608_000, 256_500), (601_000, 257_000), (609_900, 250_100)])
def test_a_client_alone_leaves_no_peak_of_its_own(alone: tuple[int, int], public: Policy) -> None:
    """Around it is the lowest class, or a plateau far wider than a client's home."""
    town = np.array([603_000, 254_000]) + np.random.default_rng(1).normal(0, 300, (80, 2))
    found = drawn(np.vstack([town, [alone]]), public)
    near = np.hypot(*(centres(found) - alone).T).reshape(found.classes.shape) < 500
    highest = found.classes[near].max()
    if highest:
        areas, _ = scipy.ndimage.label(found.classes >= highest)
        (own,) = set(areas[near & (found.classes >= highest)].tolist())
        rows, columns = np.nonzero(areas == own)
        assert max(np.ptp(rows), np.ptp(columns)) * found.cell_m > 1_000


def test_with_and_without_a_lone_client_the_map_is_the_same_near_the_town(public: Policy) -> None:
    town = np.array([603_000, 254_000]) + np.random.default_rng(1).normal(0, 300, (80, 2))
    without, with_one = drawn(town, public), drawn(np.vstack([town, [(609_000, 257_500)]]), public)
    near = np.hypot(*(centres(without) - [603_000, 254_000]).T) < 500
    assert without.classes.ravel()[near].tolist() == with_one.classes.ravel()[near].tolist()


def test_north_is_on_top_and_west_on_the_left(public: Policy) -> None:
    at = np.tile([600_300.0, 257_700.0], (20, 1))
    classes = drawn(at, public).classes
    row, column = np.unravel_index(int(classes.argmax()), classes.shape)
    assert row <= 2
    assert column <= 2
    assert classes.shape == (8_000 / CELL_M, 10_000 / CELL_M)


def test_without_enough_places_the_surface_is_empty(public: Policy) -> None:
    """Nine places, however many clients, are too few; with ten there is something to see."""
    at = np.array([603_000, 254_000]) + 60.0 * np.arange(10)[:, None]
    empty = drawn(at[:9], public, [40] * 9)
    assert empty.classes.shape == (32, 40)
    assert (empty.classes.dtype, int(empty.classes.max())) == (np.uint8, 0)
    assert (empty.list_name, empty.west, empty.north) == ("CYP", 600_000, 258_000)
    assert (empty.cell_m, empty.breaks, empty.bandwidth_m) == (CELL_M, (), np.inf)
    assert empty.neighbours == public.surface_neighbours
    some = drawn(at, public, [40] * 10)
    assert int(some.classes.max()) > 0
    assert (some.list_name, some.bandwidth_m, some.neighbours) == ("CYP", 500, 10)
    assert some.classes.dtype == np.uint8


def test_many_clients_at_a_place_weigh_as_many(estate: FloatArray, public: Policy) -> None:
    twice = drawn(np.repeat(estate, 2, axis=0), public)
    weighed = drawn(estate, public, [2] * len(estate))
    assert (twice.classes == weighed.classes).all()
    assert (drawn(estate, public).breaks, weighed.breaks) == (
        (2, 5, 10, 20, 50),
        (5, 10, 20, 50, 100),
    )
    # A place without clients is none.
    nobody = np.vstack([estate, [[605_000.0, 251_000.0]]])
    assert (drawn(nobody, public, [2] * len(estate) + [0]).classes == weighed.classes).all()


def test_the_highest_classes_are_those_that_are_reached(public: Policy) -> None:
    at = np.array([603_000, 254_000]) + 10.0 * np.arange(12)[:, None]
    found = drawn(at, public, [400] * 12)
    assert len(found.breaks) == public.surface_classes - 1
    assert found.breaks == (200, 500, 1000, 2000, 5000)
    assert int(found.classes.max()) == 5
    thin = drawn(np.array([600_500, 250_500]) + 800.0 * np.arange(10)[:, None], public)
    assert thin.breaks == (1,)


def test_an_extent_smaller_than_a_cell_is_one_cell(public: Policy) -> None:
    at = np.array([600_000, 250_000]) + 5.0 * np.arange(12)[:, None]
    people = Exact(np.full(12, 9))
    small = Extent(600_000, 250_000, 600_060, 250_060)
    assert heat_surface("CYP", at[:, 0], at[:, 1], people, small, public).classes.shape == (1, 1)
