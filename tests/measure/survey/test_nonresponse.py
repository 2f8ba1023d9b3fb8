from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

from opsn_geo.measure.deserts.contiguity import contiguity
from opsn_geo.measure.survey.nonresponse import clustering, nearest_answer_m, neighbour_response, silences


@pytest.fixture
def grid() -> gpd.GeoDataFrame:
    """Nine by nine squares of a kilometre, named by row and column."""
    names = [f"{row}{column}" for row in range(9) for column in range(9)]
    squares = [box(1000 * int(it[1]), 1000 * int(it[0]), 1000 * int(it[1]) + 1000, 1000 * int(it[0]) + 1000)
               for it in names]  # fmt: skip
    people = {"name": names, "population": range(100, 181)}
    return gpd.GeoDataFrame(people, index=pd.Index(names, name="code_insee"), geometry=squares, crs=2154)


def answering(grid: gpd.GeoDataFrame, *codes: str) -> pd.Series:
    return pd.Series(grid.index.isin(codes), index=grid.index)


def test_a_silence_is_what_no_answer_comes_near(grid: gpd.GeoDataFrame) -> None:
    """Answers in the middle and at the right: within two rings of them all but the left edge is heard."""
    responded = answering(grid, "04", "44", "84", "24", "64", "08", "48", "88", "28", "68")
    found = silences(grid, responded, contiguity(grid.geometry), permutations=19)
    assert found[["name", "communes", "area_km2"]].to_numpy().tolist() == [["81", 18, 18.0]]
    assert found["population"].tolist() == [
        sum(100 + 9 * row + column for row in range(9) for column in (0, 1))
    ]
    assert found["codes"].str.split(";").tolist() == [
        [f"{row}{column}" for row in range(9) for column in (0, 1)]
    ]
    assert found.geometry.iloc[0].equals(box(0, 0, 2000, 9000))
    assert found["p"].between(1 / 20, 1).all()


def test_answers_everywhere_leave_no_silence(grid: gpd.GeoDataFrame) -> None:
    found = silences(grid, answering(grid, *grid.index), contiguity(grid.geometry), permutations=3)
    assert found.empty
    assert found.columns.tolist() == ["name", "communes", "population", "area_km2", "p", "codes", "geometry"]
    assert found.crs == grid.crs


def test_no_answer_at_all_is_one_silence(grid: gpd.GeoDataFrame) -> None:
    found = silences(grid, answering(grid), contiguity(grid.geometry), permutations=3)
    assert found["communes"].tolist() == [81]
    assert found["p"].tolist() == [1]


def test_a_clustered_response_is_seen(grid: gpd.GeoDataFrame) -> None:
    block = [f"{row}{column}" for row in range(3) for column in range(9)]
    found = clustering(answering(grid, *block), contiguity(grid.geometry), permutations=199)
    assert found["moran"] > 0.7
    assert found["moran_p"] == found["joins_both_p"] == 1 / 200


def test_composition_is_not_taken_for_geography(grid: gpd.GeoDataFrame) -> None:
    """All answers come from one stratum, a block: at equal composition, nothing is left to explain."""
    block = [f"{row}{column}" for row in range(3) for column in range(9)]
    responded = answering(grid, *block)
    strata = responded.map({True: "large", False: "small"})
    found = clustering(responded, contiguity(grid.geometry), strata, permutations=99)
    assert found["moran_p"] == 1
    assert found["moran_permuted"] == pytest.approx(found["moran"])


def test_permutations_are_seeded(grid: gpd.GeoDataFrame) -> None:
    responded, links = answering(grid, "00", "44", "45", "88"), contiguity(grid.geometry)
    first, again, other = (clustering(responded, links, permutations=49, seed=it) for it in (1, 1, 2))
    pd.testing.assert_series_equal(first, again)
    assert first["moran_permuted"] != other["moran_permuted"]


def test_neighbours_are_counted_exactly(grid: gpd.GeoDataFrame) -> None:
    found = neighbour_response(answering(grid, "44", "45", "54"), contiguity(grid.geometry))
    assert found.loc["44", ["neighbours", "neighbour_answers"]].tolist() == [8, 2]
    assert found.loc["55", "neighbour_answers"] == 3
    assert found.loc["00", ["neighbours", "neighbour_answers"]].tolist() == [3, 0]
    # 3 of 3 answers elsewhere among 8 neighbours of 80 communes: C(8,3) / C(80,3)
    assert found.loc["55", "neighbour_p"] == pytest.approx(56 / 82_160)


def test_distance_is_to_the_nearest_that_answered() -> None:
    points = gpd.GeoSeries([Point(0, 0), Point(3, 4), Point(6, 8), None], crs=2154)
    found = nearest_answer_m(points, pd.Series([True, False, True, False]))
    assert found[:3].tolist() == [0, 5, 0]
    assert np.isnan(found[3])
    assert nearest_answer_m(points, pd.Series([False] * 4)).isna().all()
