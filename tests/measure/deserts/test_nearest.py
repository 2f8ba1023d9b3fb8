from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import KDTree

from opsn_geo.boundaries.territory import Territory
from opsn_geo.measure.deserts.nearest import lattice_distances, near_share, seat_distances
from opsn_geo.pipeline.analyses.coverage import groups

METRES = st.integers(-4_000, 4_000).map(float)


@given(
    targets=st.lists(st.tuples(METRES, METRES), min_size=1, max_size=40),
    across=st.integers(1, 40), down=st.integers(1, 40), cell=st.sampled_from([10.0, 250.0]),
)  # fmt: skip
def test_distances_on_a_lattice_are_those_of_each_of_its_points(
    targets: list[tuple[float, float]], across: int, down: int, cell: float
) -> None:
    x, y = cell * np.arange(across) - 1_000, 1_000 - cell * np.arange(down)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    expected = KDTree(np.array(targets)).query(points)[0].reshape(down, across)
    np.testing.assert_allclose(lattice_distances(x, y, np.array(targets)), expected, rtol=1e-12)


@pytest.mark.parametrize("crowd", [30, 300])
def test_a_crowd_of_targets_far_away_is_looked_through(crowd: int) -> None:
    angle = np.linspace(0, 2 * np.pi, crowd)
    ring = 1e6 + 5e4 * np.column_stack([np.cos(angle), np.sin(angle)])
    x = y = 250.0 * np.arange(20)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    expected = KDTree(ring).query(points)[0].reshape(20, 20)
    np.testing.assert_allclose(lattice_distances(x, y, ring), expected, rtol=1e-12)


def test_the_share_near_a_seat_counts_the_communes_of_the_study(
    toy: Territory,
) -> None:
    communes, by = toy.communes, groups(toy.communes)
    metres = seat_distances(communes, pd.Series({"x": "60004"}))["distance_opsn_m"]
    # Within 2 km of 60004: 80002, 60003, 60007, 60008, 60012, and itself.
    epci = near_share(metres, by["epci"], 2_000)
    assert epci.to_list() == pytest.approx(
        [1 / 6, 1, 1 / 2]
    )  # the third EPCI has one commune more, beyond the border
    assert near_share(metres, by["departement"], 2_000).to_dict() == pytest.approx({"60": 5 / 6, "80": 1 / 6})
    unknown = near_share(metres.where(metres.index != "80010"), by["epci"], 2_000)
    assert unknown.isna().to_list() == [True, False, False]
    assert near_share(metres * np.nan, by["epci"]).isna().all()
