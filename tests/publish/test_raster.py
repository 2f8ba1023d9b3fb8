from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from opsn_geo.publish.raster import (
    NODATA,
    Grid,
    burned,
    distance,
    grid_of,
    grid_over,
    overlay,
    weighted_mean,
    within,
    write_raster,
)
from opsn_geo.read.boundaries import Territory, embedded
from opsn_geo.study import Metadata

METADATA = Metadata(
    title="Toy",
    territory="toy",
    territory_name="Toy",
    millesime=2021,
    date=dt.date(2021, 2, 1),
    language="en",
    simulated=("memberships",),
)


def mairies(communes: gpd.GeoDataFrame) -> gpd.GeoSeries:
    return gpd.GeoSeries(
        gpd.points_from_xy(communes["mairie_x"], communes["mairie_y"]), index=communes.index, crs=communes.crs
    )


def centres(source: rasterio.DatasetReader) -> np.ndarray:
    column, row = np.meshgrid(np.arange(source.width) + 0.5, np.arange(source.height) + 0.5)
    west, north = source.transform.c, source.transform.f
    return shapely.points(west + column * source.transform.a, north + row * source.transform.e)


@pytest.fixture
def near(toy: Territory, tmp_path: Path) -> Path:
    inside, targets = toy.inside, mairies(toy.communes.loc[["80001", "60012"]])
    grid = grid_over(inside)
    write_raster(
        tmp_path / "near.tif",
        within(distance(grid, targets), grid, inside),
        grid,
        METADATA,
        "distance_member_m",
    )
    return tmp_path / "near.tif"


def test_values_are_the_distances_of_geometry_at_cell_centres(toy: Territory, near: Path) -> None:
    targets = shapely.MultiPoint([(600_500, 6_900_500), (603_500, 6_902_500)])
    with rasterio.open(near) as source:
        values, points = source.read(1), centres(source)
    expected = shapely.distance(points, targets)
    inside = shapely.contains_xy(
        shapely.union_all(toy.inside.geometry), shapely.get_x(points), shapely.get_y(points)
    )
    np.testing.assert_allclose(values[inside], expected[inside], rtol=1e-6)
    assert (values[~inside] == NODATA).all()
    assert inside.sum() == 12 * 16


def test_the_file_is_a_cloud_optimised_geotiff_that_says_what_it_is(near: Path) -> None:
    with rasterio.open(near) as source:
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert source.crs.to_epsg() == 2154
        assert source.nodata == NODATA
        assert source.res == (250, 250)
        assert source.transform.c % 250 == source.transform.f % 250 == 0
        assert source.descriptions == ("Distance to the mairie of the nearest member commune (m)",)
        tags = source.tags()
    assert {key: tags[key] for key in ("TERRITORY", "MILLESIME", "DATE", "SIMULATED")} == {
        "TERRITORY": "Toy", "MILLESIME": "2021", "DATE": "2021-02-01", "SIMULATED": "memberships",
    }  # fmt: skip


def test_a_large_raster_has_overviews(toy: Territory, tmp_path: Path) -> None:
    grid = grid_over(toy.communes, 2.5)
    write_raster(tmp_path / "a.tif", burned(grid, toy.communes, "population"), grid, METADATA, "access_score")
    with rasterio.open(tmp_path / "a.tif") as source:
        assert source.overviews(1) == [2, 4]
        assert source.block_shapes == [(512, 512)]


def test_the_same_inputs_give_the_same_bytes_and_nothing_else_is_left(near: Path, toy: Territory) -> None:
    first = near.read_bytes()
    grid, targets = grid_over(toy.inside), mairies(toy.communes.loc[["80001", "60012"]])
    write_raster(near, within(distance(grid, targets), grid, toy.inside), grid, METADATA, "distance_member_m")
    assert near.read_bytes() == first
    assert sorted(file.name for file in near.parent.iterdir()) == ["near.qml", "near.tif"]


def test_each_cell_takes_the_value_of_the_commune_at_its_centre(toy: Territory, tmp_path: Path) -> None:
    areas = toy.communes.assign(score=toy.communes["population"].where(toy.communes.index != "80001") / 8)
    grid = grid_over(areas)
    write_raster(tmp_path / "a.tif", burned(grid, areas, "score"), grid, METADATA, "access_score")
    with rasterio.open(tmp_path / "a.tif") as source:
        values = source.read(1)
        points = gpd.GeoDataFrame(geometry=centres(source).ravel(), crs=2154)
    expected = points.sjoin(areas[["score", "geometry"]], how="left", predicate="within")["score"].fillna(
        NODATA
    )
    np.testing.assert_allclose(values.ravel(), expected)


def test_without_a_target_there_is_no_data(toy: Territory, tmp_path: Path) -> None:
    grid = grid_over(toy.communes)
    nowhere = gpd.GeoSeries([], crs=2154)
    classes = write_raster(tmp_path / "a.tif", distance(grid, nowhere), grid, METADATA, "distance_opsn_m")
    assert classes == ()
    with rasterio.open(tmp_path / "a.tif") as source:
        assert (source.read(1) == NODATA).all()


def test_the_style_holds_one_open_ended_rising_class_per_colour(near: Path) -> None:
    style = ET.parse(near.with_suffix(".qml"))  # noqa: S314 - a file of our own
    items = style.findall("pipe/rasterrenderer/rastershader/colorrampshader/item")
    bounds = [float(item.get("value", "nan")) for item in items]
    assert bounds == sorted(bounds)
    assert bounds[-1] == np.inf
    assert len({item.get("color") for item in items}) == len(items) >= 3


def test_the_overlay_is_transparent_where_there_is_no_data(toy: Territory, near: Path) -> None:
    grid = grid_over(toy.inside)
    block = within(distance(grid, mairies(toy.communes.iloc[:1])), grid, toy.communes.loc[["80001"]])
    classes = write_raster(near, block, grid, METADATA, "distance_member_m")
    picture, ((south, west), (north, east)) = overlay(near, classes)
    assert picture.dtype == np.uint8
    assert 0 < (picture[..., 3] > 0).mean() < 0.2
    box = toy.inside.to_crs(4326).total_bounds
    np.testing.assert_allclose([west, south, east, north], box, atol=0.005)


def test_means_weigh_people_exactly_and_zones_cut_cells(tmp_path: Path) -> None:
    zones = gpd.GeoDataFrame(
        geometry=[
            shapely.box(0, 0, 300, 400),
            shapely.box(300, 0, 400, 400),
            shapely.box(900, 900, 950, 950),
        ],
        index=pd.Index(["a", "b", "void"], name="code_insee"),
        crs=2154,
    )
    people = np.array([[10, 30], [0, NODATA]], dtype=np.float32)
    place = {"width": 2, "height": 2, "crs": 2154, "transform": from_origin(0, 400, 200, 200)}
    kind = {"driver": "GTiff", "count": 1, "dtype": "float32", "nodata": NODATA}
    with rasterio.open(tmp_path / "people.tif", "w", **kind, **place) as target:
        target.write(people, 1)
    grid = grid_of(tmp_path / "people.tif")
    target = gpd.GeoSeries([shapely.Point(100, 300)], crs=2154)
    write_raster(tmp_path / "d.tif", distance(grid, target), grid, METADATA, "distance_opsn_m")
    found = weighted_mean(tmp_path / "d.tif", tmp_path / "people.tif", zones)
    # The 30 people 200 m away live in a cell that the two zones share by halves.
    assert found.loc["a"].tolist() == pytest.approx([15 * 200 / 25, 25.0])
    assert found.loc["b"].tolist() == pytest.approx([200.0, 15.0])
    assert np.isnan(found.loc["void", "value_mean"])
    assert found.loc["void", "grid_population"] == 0


def test_a_grid_in_another_projection_still_measures_in_metres(tmp_path: Path) -> None:
    target = gpd.GeoSeries([shapely.Point(600_000, 6_900_000)], crs=2154)
    at = target.to_crs(3035).iloc[0]
    grid = Grid(
        transform=from_origin(at.x - 100, at.y + 300, 200, 200),
        width=1,
        height=2,
        crs="EPSG:3035",
    )
    write_raster(tmp_path / "d.tif", distance(grid, target), grid, METADATA, "distance_opsn_m")
    with rasterio.open(tmp_path / "d.tif") as source:
        assert source.read(1)[:, 0].tolist() == pytest.approx([200, 0], abs=0.5)


def test_hauts_de_france_at_250_m_agrees_with_geometry(tmp_path: Path) -> None:
    inside = embedded(millesime=2021, region="32").inside
    targets = mairies(inside[inside["mairie_x"].notna()].iloc[::7])
    grid = grid_over(inside)
    write_raster(
        tmp_path / "d.tif", within(distance(grid, targets), grid, inside), grid, METADATA, "distance_member_m"
    )
    with rasterio.open(tmp_path / "d.tif") as source:
        values, points = source.read(1), centres(source)
    kept = np.flatnonzero(values.ravel() != NODATA)[::101]
    _, expected = targets.sindex.nearest(points.ravel()[kept], return_all=False, return_distance=True)
    np.testing.assert_allclose(values.ravel()[kept], expected, rtol=1e-6)
    assert (values != NODATA).sum() * 0.0625 == pytest.approx(inside["area_km2"].sum(), rel=1e-3)


FRANCE = """
import datetime as dt, resource, sys
from pathlib import Path
import geopandas as gpd, numpy as np, rasterio, shapely
from rasterio.transform import from_origin
from opsn_geo.publish.raster import distance, grid_of, weighted_mean, write_raster
from opsn_geo.study import Metadata

folder, rng = Path(sys.argv[1]), np.random.default_rng(0)
left, bottom, top, side = 100_000, 6_050_000, 7_150_000, 5_500
place = {"width": side, "height": side, "crs": 2154, "transform": from_origin(left, top, 200, 200)}
kind = {"driver": "GTiff", "count": 1, "dtype": "float32"}
kind |= {"tiled": True, "blockxsize": 512, "blockysize": 512}
with rasterio.open(folder / "people.tif", "w", **kind, **place) as target:
    for _, window in target.block_windows(1):
        people = rng.poisson(3, (window.height, window.width))
        target.write(people.astype("float32"), 1, window=window)

grid = grid_of(folder / "people.tif")
mairies = rng.uniform([left, bottom], [left + 1_100_000, top], (35_000, 2))
targets = gpd.GeoSeries(gpd.points_from_xy(*mairies.T), crs=2154)
day = dt.date(2021, 2, 1)
metadata = Metadata(title="t", territory="t", territory_name="t", millesime=2021, date=day)
write_raster(folder / "d.tif", distance(grid, targets), grid, metadata, "distance_opsn_m")

corners = [(left + 6_000 * x, bottom + 6_000 * y) for x in range(183) for y in range(183)]
zones = gpd.GeoDataFrame(geometry=[shapely.box(x, y, x + 6_000, y + 6_000) for x, y in corners], crs=2154)
found = weighted_mean(folder / "d.tif", folder / "people.tif", zones)
assert found["value_mean"].notna().all()
sys.stdout.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
"""


@pytest.mark.slow
def test_france_at_200_m_fits_in_a_gigabyte(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FRANCE, tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 1_000_000  # kilobytes
