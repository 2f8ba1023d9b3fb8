from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from opsn_geo.boundaries.builder.valid_coverage import ENCLAVES, verify
from opsn_geo.boundaries.coverage import clean, voids
from opsn_geo.errors import InputError, MachineError

RING = [box(x * 1000, y * 1000, (x + 1) * 1000, (y + 1) * 1000) for x in range(3) for y in range(3)]


def _set(shapes: list[shapely.Geometry | None], *, at: tuple[float, float] = (6e5, 66e5)) -> gpd.GeoDataFrame:
    codes = [f"0200{i}" for i in range(len(shapes))]
    ground = gpd.GeoSeries(shapes, codes, crs=2154).translate(*at)
    return gpd.GeoDataFrame({"area_known": ground.area}, geometry=ground)


@given(st.lists(st.floats(-0.4, 0.4), min_size=4, max_size=4))
def test_shifted_neighbours_become_a_valid_coverage(shifts: list[float]) -> None:
    cells = [
        box(i * 100 + shift, shift, (i + 1) * 100 + shift, 100 + shift) for i, shift in enumerate(shifts)
    ]
    tidy = clean(gpd.GeoSeries(cells, crs=2154))
    assert shapely.coverage_is_valid(tidy.to_numpy())
    assert (tidy.area - 10_000).abs().max() < 200


def test_null_and_empty_outlines_stay_out_of_the_coverage() -> None:
    tidy = clean(gpd.GeoSeries([RING[0], None, shapely.Polygon()], list("abc"), crs=2154))
    assert tidy.isna().tolist() == [False, True, True]


def test_a_void_is_found_with_its_area() -> None:
    holes = voids(_set([*RING[:4], *RING[5:]]).geometry)
    assert holes.area.tolist() == [1e6]


def test_a_hole_is_refused_and_placed() -> None:
    with pytest.raises(InputError, match=r"1\.00 km², 1\.\d+ E 46\.\d+ N.*no source explains this hole"):
        verify(_set([*RING[:4], *RING[5:]]), "toy")


def test_an_enclave_of_another_country_is_no_hole() -> None:
    point = gpd.GeoSeries([shapely.Point(*ENCLAVES["Llívia (Spain)"])], crs=4326).to_crs(2154)[0]
    verify(_set([*RING[:4], *RING[5:]], at=(point.x - 1500, point.y - 1500)), "toy")


def test_water_between_communes_is_no_hole() -> None:
    pond = box(400, 400, 600, 600)
    verify(_set([shapely.difference(RING[0], pond), *RING[1:]]), "toy")


def test_a_commune_with_no_ground_or_too_little_is_refused() -> None:
    communes = _set([*RING, None]).assign(area_known=[3e6, *[1e6] * 9])
    with pytest.raises(InputError, match=r"02009.*no source gives(.|\n)*02000.*lacks more than half"):
        verify(communes, "toy")


def test_an_overlap_is_refused() -> None:
    with pytest.raises(InputError, match="overlaps a neighbour"):
        verify(_set([RING[0], RING[0].buffer(10)]), "toy")


def test_an_old_geos_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapely, "geos_version", (3, 13, 1))
    with pytest.raises(MachineError, match=r"cannot clean a coverage.*3\.14"):
        clean(gpd.GeoSeries(RING, crs=2154))
