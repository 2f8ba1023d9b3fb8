from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from opsn_geo.publish.web.topology import STEP_M, pack, unpack


def _coverage(columns: int, rows: int, bends: list[tuple[int, int]], scale: float) -> gpd.GeoSeries:
    """Draw a grid of areas whose corners are shaken and whose edges bend, the same on both sides."""
    shaken = np.resize(np.array(bends, dtype=float), ((columns + 1) * (rows + 1), 2)) / 40
    x, y = np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0))
    corners = (np.column_stack([x.ravel(), y.ravel()]) + shaken).reshape(rows + 1, columns + 1, 2) * scale
    cells = [
        shapely.Polygon(
            [corners[r, c], corners[r, c + 1], corners[r + 1, c + 1], corners[r + 1, c]]
        ).segmentize(scale / 3)
        for r in range(rows)
        for c in range(columns)
    ]
    return gpd.GeoSeries(cells, crs=3857)


bends = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=30)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 6), st.integers(1, 6), bends, st.sampled_from([400.0, 5_000.0]))
def test_areas_come_back_in_order_and_within_half_a_cell(
    columns: int, rows: int, shaken: list[tuple[int, int]], scale: float
) -> None:
    areas = _coverage(columns, rows, shaken, scale)
    unpacked = unpack(pack(areas))
    far = shapely.hausdorff_distance(areas.to_numpy(), unpacked.to_numpy())
    assert (far <= STEP_M * np.sqrt(2) / 2 + 1e-6).all()


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 6), st.integers(2, 6), bends)
def test_no_gap_and_no_overlap_opens_between_neighbours(
    columns: int, rows: int, shaken: list[tuple[int, int]]
) -> None:
    unpacked = unpack(pack(_coverage(columns, rows, shaken, 4_000.0)))
    assert shapely.coverage_is_valid(unpacked.to_numpy())
    together = shapely.union_all(unpacked.to_numpy())
    assert shapely.get_num_interior_rings(together) == 0
    assert together.area == pytest.approx(unpacked.area.sum())


def test_shared_borders_are_stored_once() -> None:
    areas = _coverage(6, 6, [(1, 2), (-3, 1), (2, -2)], 30_000.0).segmentize(500)
    nine = pack(areas)
    alone = sum(len(pack(gpd.GeoSeries([cell], crs=3857)).stream) for cell in areas)
    assert len(nine.stream) < 0.7 * alone


def test_holes_islands_and_enclaves_keep_their_shape() -> None:
    enclave = shapely.box(400, 400, 600, 600)
    around = shapely.box(0, 0, 1000, 1000).difference(enclave)
    islands = shapely.MultiPolygon([shapely.box(2000, 0, 2100, 100), shapely.box(2300, 0, 2400, 100)])
    lake = shapely.box(5000, 0, 6000, 1000).difference(shapely.box(5200, 200, 5300, 300))
    areas = gpd.GeoSeries([around, enclave, islands, lake], crs=3857)
    assert unpack(pack(areas)).geom_equals(areas).all()


def test_an_area_smaller_than_a_cell_keeps_its_place() -> None:
    areas = gpd.GeoSeries(
        [shapely.box(0, 0, 1, 1), shapely.box(100, 0, 300, 100)], index=["tiny", "plain"], crs=3857
    )
    unpacked = unpack(pack(areas))
    assert unpacked.is_empty.tolist() == [True, False]
    assert unpacked.iloc[1].equals(areas.iloc[1])


def test_any_projection_is_taken_and_the_same_bytes_come_out_again() -> None:
    areas = gpd.GeoSeries([shapely.box(600_000, 6_900_000, 601_000, 6_901_000)], crs=2154)
    assert pack(areas).stream == pack(areas).stream
    far = shapely.hausdorff_distance(areas.to_crs(3857).iloc[0], unpack(pack(areas)).iloc[0])
    assert far <= STEP_M
