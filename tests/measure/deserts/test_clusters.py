from __future__ import annotations

from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from opsn_geo.boundaries.embedded import embedded
from opsn_geo.boundaries.territory import Territory
from opsn_geo.measure.deserts.clusters import local_join_counts
from opsn_geo.measure.deserts.contiguity import contiguity


def lattice(side: int) -> sparse.csr_array:
    x, y = np.divmod(np.arange(side * side), side)
    near = (abs(x[:, None] - x) <= 1) & (abs(y[:, None] - y) <= 1)
    np.fill_diagonal(near, val=False)
    return sparse.csr_array(near)


def test_p_values_are_those_of_counting_by_hand(toy: Territory) -> None:
    touching = contiguity(toy.communes.geometry)
    below = pd.Series(toy.communes.index.isin(["80001", "80002", "80005", "60012"]), index=toy.communes.index)
    found = local_join_counts(below.astype("boolean"), touching)
    # Of 12 others 3 are below; 80001 has 3 neighbours, 2 of them below.
    expected = (comb(3, 2) * comb(9, 1) + comb(3, 3)) / comb(12, 3)
    assert found.loc["80001", ["join_count", "neighbours"]].tolist() == [2, 3]
    assert found.loc["80001", "p_value"] == pytest.approx(expected)
    assert found.loc["60012", ["join_count", "p_value"]].tolist() == [0, 1.0]
    assert found.loc["60003", ["join_count", "cluster"]].tolist() == [0, False]
    assert np.isnan(found.loc["60003", "p_value"])


def test_the_unknown_is_no_neighbour(toy: Territory) -> None:
    below = pd.Series(toy.communes.index.isin(["80001", "80002"]), index=toy.communes.index, dtype="boolean")
    below["80005"] = pd.NA
    found = local_join_counts(below, contiguity(toy.communes.geometry))
    assert found.loc["80001", ["join_count", "neighbours"]].tolist() == [1, 2]
    assert np.isnan(found.loc["80005", "p_value"])


@pytest.mark.parametrize("value", [True, False, None])
def test_a_map_of_one_colour_has_no_cluster(value: bool | None) -> None:  # noqa: FBT001
    below = pd.Series([value] * 9, dtype="boolean")
    assert not local_join_counts(below, lattice(3))["cluster"].any()


@given(values=st.lists(st.sampled_from([True, False, None]), min_size=16, max_size=16))
def test_q_values_are_never_below_p_values(values: list[bool | None]) -> None:
    found = local_join_counts(pd.Series(values, dtype="boolean"), lattice(4))
    assert found["p_value"].notna().equals(found["q_value"].notna())
    known = found.dropna()
    assert (known["q_value"] >= known["p_value"] - 1e-12).all()
    assert known["p_value"].between(0, 1).all()


@pytest.mark.slow
def test_noise_shows_a_cluster_on_at_most_one_map_in_twenty() -> None:
    touching = contiguity(embedded(millesime=2021, region="32").inside.geometry)
    rng = np.random.default_rng(20210201)
    maps, shown = 1_000, 0
    for _ in range(maps):
        noise = pd.Series(rng.random(touching.shape[0]) < rng.choice([0.1, 0.2, 0.4]), dtype="boolean")
        shown += local_join_counts(noise, touching)["cluster"].any()
    assert shown / maps <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize(("order", "background"), [(1, 0.1), (2, 0.2)])
def test_a_planted_cluster_of_25_communes_is_found_four_times_in_five(order: int, background: float) -> None:
    areas = embedded(millesime=2021, region="32").inside.geometry
    touching, tested = contiguity(areas), contiguity(areas, order=order)
    rng = np.random.default_rng(20210201)
    maps, found = 200, 0
    for _ in range(maps):
        planted = _grown(touching, int(rng.integers(touching.shape[0])), 25)
        below = rng.random(touching.shape[0]) < background
        below[planted] = True
        clusters = local_join_counts(pd.Series(below, dtype="boolean"), tested)["cluster"].to_numpy()
        found += clusters[planted].mean() >= 0.5
    assert found / maps >= 0.8


def _grown(touching: sparse.csr_array, start: int, size: int) -> list[int]:
    """Grow a patch around a commune, ring by ring."""
    patch, front = [start], [start]
    while len(patch) < size and front:
        ring = sorted({int(near) for place in front for near in touching[[place]].nonzero()[1]} - set(patch))
        patch, front = patch + ring, ring
    return patch[:size]


def test_a_departement_that_lacks_more_is_no_cluster_by_itself() -> None:
    """A border down the middle of a lattice: seven in ten below the rung in the east, one in the west."""
    touching, rng = lattice(12), np.random.default_rng(20210201)
    east = np.arange(144) % 12 >= 6
    below = pd.Series(rng.random(144) < np.where(east, 0.7, 0.1), dtype="boolean")
    departements = pd.Series(np.where(east, "59", "02"))
    assert local_join_counts(below, touching)["cluster"].any()
    assert not local_join_counts(below, touching, departements)["cluster"].any()
    # a patch within one of them is still one
    below[:] = False
    below[[0, 1, 2, 12, 13, 14, 24, 25, 26]] = True
    assert local_join_counts(below, touching, departements).loc[13, "cluster"]


def test_within_strata_the_chance_is_that_of_counting_every_arrangement() -> None:
    """Two strata of four in a row; one of each is below the rung besides the commune tested."""
    row = sparse.csr_array(np.diag(np.ones(7), 1) + np.diag(np.ones(7), -1)).astype(bool)
    below = pd.Series([False, False, True, True, True, False, False, False], dtype="boolean")
    found = local_join_counts(below, row, pd.Series(["a"] * 4 + ["b"] * 4))
    # 3 is next to 2, of its own stratum (1 of the 3 others is below), and to 4, of the other (1 of 4)
    both = 1 / 3 * 1 / 4
    assert found.loc[3, "p_value"] == pytest.approx(both)
    assert found.loc[2, "p_value"] == pytest.approx(2 / 3)  # its neighbours 1 and 3 are two of three
