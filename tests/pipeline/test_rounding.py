"""What is published holds no digit that comes from the machine."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point

from opsn_geo.pipeline.rounding import rounded, significant


def test_numbers_that_differ_by_noise_are_published_alike() -> None:
    values = np.random.default_rng(1).lognormal(0, 8, 10_000)
    noisy = values * (1 + 1e-15)
    assert (significant(values) == significant(noisy)).mean() > 0.999
    assert np.abs(significant(values) / values - 1)[values > 1e-9].max() <= 5.1e-10


def test_no_zero_is_negative() -> None:
    zeros = significant(np.array([-0.0, -1e-16, 1e-16]))
    assert not np.signbit(zeros).any()
    assert not zeros.any()


def test_places_texts_counts_and_missing_values_are_left_alone() -> None:
    point = Point(1 / 3, 2 / 3)
    layer = gpd.GeoDataFrame(
        {"mairie_x": [1e6 / 3], "name": ["a"], "count": [10**12 + 1], "share": pd.array([None], "Float64")},
        geometry=[point],
        crs=2154,
    )
    result = rounded(layer)
    assert isinstance(result, gpd.GeoDataFrame)
    assert result["geometry"].iloc[0] == point
    pd.testing.assert_frame_equal(pd.DataFrame(result), pd.DataFrame(layer))
