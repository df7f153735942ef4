"""A surface of rates shows where more live than the neighbourhood suggests, and nobody's place."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geodemand.core import rate_surface, tally
from geodemand.core.areas import Rate
from geodemand.core.disclosure import Exact, FloatArray, Policy, Surface
from geodemand.core.geography import Geography
from geodemand.core.rate_surface import BEYOND, STEP, Ground
from geodemand.core.surface import Extent, quartic
from geodemand.core.tally import Clients, Places

EXTENT = Extent(0, 0, 8_000, 6_000)
LAND = Geography("land", ("L",), ("Land",), shapely.box([0], 0, [7_000], 6_000))


@pytest.fixture
def town() -> Places:
    """Return 900 postcodes of 20 households: a town in the west, and scattered ones."""
    chance = np.random.default_rng(4)
    at = np.vstack(
        [chance.normal((2_500, 3_000), 500, (600, 2)), chance.uniform(0, 6_000, (300, 2))]
    )
    size = len(at)
    return Places(
        x=at[:, 0],
        y=at[:, 1],
        base=np.ones(size, dtype=bool),
        weights={"postcodes": np.ones(size), "households": np.full(size, 20.0)},
        segment=np.full(size, -1),
        areas={},
        postcode=np.arange(size),
    )


def ground(places: Places) -> Ground:
    return Ground(EXTENT, places, Rate("households", 1_000), LAND)


def listed(counts: FloatArray) -> Clients:
    held = np.flatnonzero(counts > 0)
    return Clients("CYP", held, Exact(counts[held].astype(np.int64)))


def pocket(places: Places) -> FloatArray:
    """Return one client in every third postcode, and two in each near a corner of the town."""
    near = np.hypot(places.x - 3_200, places.y - 3_600) < 450
    return np.where(near, 2, np.arange(len(places)) % 3 == 0).astype(float)


def centres(found: Surface) -> tuple[FloatArray, FloatArray]:
    rows, columns = found.classes.shape
    across = found.west + (np.arange(columns) + 0.5) * found.cell_m
    down = found.north - (np.arange(rows) + 0.5) * found.cell_m
    x, y = np.meshgrid(across, down)
    return x, y


def test_a_pocket_is_found_and_the_town_is_not(town: Places, public: Policy) -> None:
    found = rate_surface.rate_surface(listed(pocket(town)), ground(town), public)
    x, y = centres(found)
    dark = found.classes == found.classes.max()
    assert found.classes.max() >= 3
    assert np.hypot(x[dark] - 3_200, y[dark] - 3_600).max() < 900
    middle = np.hypot(x - 2_000, y - 2_600) < 300
    assert found.classes[middle].max() <= 1
    assert found.unit == "clients per 1,000 households"


def test_clients_spread_like_the_base_colour_nothing(town: Places, public: Policy) -> None:
    found = rate_surface.rate_surface(listed(np.ones(len(town))), ground(town), public)
    assert found.classes.max() == 0
    assert found.breaks == ()


def test_classes_are_those_of_a_kernel_sum_by_hand(town: Places, public: Policy) -> None:
    """Every cell's sums, one by one, over what was counted by cell."""
    counts = pocket(town)
    sheet = ground(town)
    found = rate_surface.rate_surface(listed(counts), sheet, public)
    x, y = centres(found)
    held = counts > 0
    clients = sheet.binned(town.x[held], town.y[held], counts[held]).ravel()
    base = sheet.base.ravel()
    distinct = np.unique(np.column_stack([town.x[held], town.y[held]]), axis=0)
    for row, column in [(4, 5), (9, 12), (12, 10), (20, 20), (0, 27), (23, 0)]:
        at = np.array([x[row, column], y[row, column]])
        tenth = np.sort(np.hypot(*(distinct - at).T))[public.surface_neighbours - 1]
        wanted = max(500.0, BEYOND * (tenth + found.cell_m / np.sqrt(2)))
        height = np.log(wanted / 500) / np.log(STEP)
        rate, steps = 0.0, (np.ceil(height), np.ceil(height) + 1)
        for step, part in zip(steps, (steps[0] - height, 1 - steps[0] + height), strict=True):
            h = 500 * STEP**step
            assert h >= max(public.surface_bandwidth_m, tenth) - 1e-9
            weight = quartic(np.hypot(x - at[0], y - at[1]).ravel(), h)
            rate += part * 1_000 * (weight @ clients) / (weight @ base)
        expected = np.searchsorted(found.breaks, rate, side="right")
        assert found.classes[row, column] == expected


def test_there_are_no_rings_around_a_cluster(public: Policy) -> None:
    """Away from the only cluster the rate falls, however the bandwidth grows."""
    x, y = (each.ravel() for each in np.meshgrid(*[np.arange(125, 20_000, 250.0)] * 2))
    one, everywhere = np.ones(len(x)), np.ones(len(x), dtype=bool)
    weights = {"postcodes": one, "households": 20 * one}
    places = Places(x, y, everywhere, weights, np.full(len(x), -1), {}, np.arange(len(x)))
    land = Geography("land", ("L",), ("Land",), shapely.box([0], 0, [20_000], 20_000))
    sheet = Ground(Extent(0, 0, 20_000, 20_000), places, Rate("households", 1_000), land)
    counts = np.where(np.hypot(x - 10_000, y - 10_000) < 600, 10.0, 0.0)
    found = rate_surface.rate_surface(listed(counts), sheet, public)
    for ray in (found.classes[40, 40:], found.classes[:40, 40][::-1], np.diag(found.classes)[40:]):
        assert ray[0] == 5
        assert ray[-1] == 0
        assert (np.diff(ray.astype(int)) <= 0).all()


def test_limits_go_up_from_the_rate_of_the_whole(town: Places, public: Policy) -> None:
    found = rate_surface.rate_surface(listed(pocket(town)), ground(town), public)
    rounded = 5 * np.floor(pocket(town).sum() / 5 + 0.5)
    whole = 1_000 * rounded / (20 * len(town))
    expected = [float(f"{times * whole:.2g}") for times in (1.2, 1.5, 2, 3, 5)]
    assert list(found.breaks) == expected[: len(found.breaks)]
    assert len(found.breaks) < public.surface_classes


def test_beyond_the_land_nothing_is_coloured(town: Places, public: Policy) -> None:
    found = rate_surface.rate_surface(listed(pocket(town)), ground(town), public)
    x, _ = centres(found)
    assert found.classes[x > 7_000].max() == 0


@pytest.mark.parametrize("places_with_clients", [0, 1, 9])
def test_too_few_places_leave_it_empty(
    town: Places, public: Policy, places_with_clients: int
) -> None:
    counts = np.zeros(len(town))
    counts[:places_with_clients] = 50
    found = rate_surface.rate_surface(listed(counts), ground(town), public)
    assert found.classes.max(initial=0) == 0
    assert found.breaks == ()


def test_many_clients_at_one_address_do_not_show_it(town: Places, public: Policy) -> None:
    """A place with most of the clients, far from others: no small mark is left where it is."""
    counts = np.zeros(len(town))
    counts[:12] = 1
    far = int(np.argmax(np.hypot(town.x - 2_500, town.y - 3_000)))
    counts[far] = 60
    found = rate_surface.rate_surface(listed(counts), ground(town), public)
    assert found.classes.max() == 0
    assert found.breaks == ()


def test_a_wider_bandwidth_can_be_asked_for(town: Places, public: Policy) -> None:
    clients = listed(pocket(town))
    found = rate_surface.rate_surface(clients, ground(town), public, 2_000)
    usual = rate_surface.rate_surface(clients, ground(town), public)
    assert (usual.bandwidth_m, found.bandwidth_m) == (500, 2_000)
    assert found.classes.max() < usual.classes.max()


def test_lists_joined_count_a_client_on_each(town: Places) -> None:
    one, two = listed(np.ones(len(town))), listed(pocket(town))
    found = tally.joined("both", [one, two])
    counts = np.zeros(len(town), dtype=np.int64)
    counts[found.places] = found.counts.exact
    assert counts.tolist() == (1 + pocket(town)).astype(int).tolist()


def test_a_country_is_drawn_in_larger_cells(town: Places) -> None:
    sheet = Ground(Extent(0, 0, 650_000, 1_200_000), town, Rate("households", 1_000), LAND)
    assert sheet.cell_m == 2_000
    assert sheet.shape == (600, 325)
