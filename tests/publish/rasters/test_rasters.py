from __future__ import annotations

import datetime as dt
import warnings
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from opsn_geo.boundaries.embedded import embedded
from opsn_geo.boundaries.territory import Territory
from opsn_geo.catalogue.basis import Counted
from opsn_geo.publish.rasters.write import (
    NODATA,
    area_values,
    distance,
    grid_over,
    inside_mask,
    masked,
    overlay,
    write_raster,
    write_rasters,
)
from opsn_geo.study import Metadata

METADATA = Metadata(
    title="Toy",
    territory="toy",
    territory_name="Toy",
    millesime=2021,
    date=dt.date(2021, 2, 1),
    language="en",
    counted=(Counted("memberships", "", "simulated", 1, 1),),
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
        masked(distance(grid, targets), inside_mask(grid, inside)),
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
        assert source.descriptions == ("Distance to the nearest member commune, from any point",)
        assert source.units == ("m",)
        tags = source.tags()
    assert {key: tags[key] for key in ("TERRITORY", "MILLESIME", "DATE", "BASIS")} == {
        "TERRITORY": "Toy", "MILLESIME": "2021", "DATE": "2021-02-01", "BASIS": "simulated",
    }  # fmt: skip


def test_a_large_raster_has_overviews(toy: Territory, tmp_path: Path) -> None:
    grid = grid_over(toy.communes, 2.5)
    write_raster(
        tmp_path / "a.tif", area_values(grid, toy.communes, "population"), grid, METADATA, "access_score"
    )
    with rasterio.open(tmp_path / "a.tif") as source:
        assert source.overviews(1) == [2, 4]
        assert source.block_shapes == [(512, 512)]


def test_the_same_inputs_give_the_same_bytes_and_nothing_else_is_left(near: Path, toy: Territory) -> None:
    first = near.read_bytes()
    grid, targets = grid_over(toy.inside), mairies(toy.communes.loc[["80001", "60012"]])
    block = masked(distance(grid, targets), inside_mask(grid, toy.inside))
    write_raster(near, block, grid, METADATA, "distance_member_m")
    assert near.read_bytes() == first
    assert sorted(file.name for file in near.parent.iterdir()) == ["near.qml", "near.tif"]


def test_each_cell_takes_the_value_of_the_commune_at_its_centre(toy: Territory, tmp_path: Path) -> None:
    areas = toy.communes.assign(score=toy.communes["population"].where(toy.communes.index != "80001") / 8)
    grid = grid_over(areas)
    write_raster(tmp_path / "a.tif", area_values(grid, areas, "score"), grid, METADATA, "access_score")
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
    block = masked(
        distance(grid, mairies(toy.communes.iloc[:1])), inside_mask(grid, toy.communes.loc[["80001"]])
    )
    classes = write_raster(near, block, grid, METADATA, "distance_member_m")
    picture, ((south, west), (north, east)) = overlay(near, classes)
    with warnings.catch_warnings(), rasterio.MemoryFile(picture) as memory:
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with memory.open() as png:
            places, colours = png.read(1), png.colormap(1)
    assert colours[0] == (0, 0, 0, 0)
    shown = [bytes(colours[place + 1]).hex() for place in range(len(classes))]
    assert shown == [f"{entry.colour[1:]}ff" for entry in classes]
    assert 0 < (places > 0).mean() < 0.2
    assert places.max() <= len(classes)
    box = toy.inside.to_crs(4326).total_bounds
    np.testing.assert_allclose([west, south, east, north], box, atol=0.005)


def test_hauts_de_france_at_250_m_agrees_with_geometry(tmp_path: Path) -> None:
    inside = embedded(millesime=2021, region="32").inside
    targets = mairies(inside[inside["mairie_x"].notna()].iloc[::7])
    grid = grid_over(inside)
    block = masked(distance(grid, targets), inside_mask(grid, inside))
    write_raster(tmp_path / "d.tif", block, grid, METADATA, "distance_member_m")
    with rasterio.open(tmp_path / "d.tif") as source:
        values, points = source.read(1), centres(source)
    kept = np.flatnonzero(values.ravel() != NODATA)[::101]
    _, expected = targets.sindex.nearest(points.ravel()[kept], return_all=False, return_distance=True)
    np.testing.assert_allclose(values.ravel()[kept], expected, rtol=1e-6)
    assert (values != NODATA).sum() * 0.0625 == pytest.approx(inside["area_km2"].sum(), rel=1e-3)


def test_a_study_has_a_raster_for_all_that_is_known_and_no_other(toy: Territory, tmp_path: Path) -> None:
    communes = toy.communes.assign(state="offered")
    nowhere = gpd.GeoDataFrame(geometry=[None], crs=2154)
    assert write_rasters(tmp_path / "none", {"communes": communes, "opsn": nowhere}, METADATA) == {}
    assert not (tmp_path / "none").exists()
    known = communes.assign(access_score=communes["population"] / 100)
    known.loc["80001", "state"] = "member"
    known.loc["80002", ["state", "mairie_x"]] = ["used", np.nan]
    seat = gpd.GeoDataFrame(geometry=gpd.points_from_xy([604_000], [6_900_000]), crs=2154)
    made = write_rasters(tmp_path, {"communes": known, "opsn": seat}, METADATA)
    assert list(made) == ["distance_member_m", "distance_opsn_m", "access_score"]
    values = {}
    for name in made:
        with rasterio.open(tmp_path / f"{name}.tif") as source:
            values[name], points = source.read(1), centres(source)
    assert {(it != NODATA).sum() for it in values.values()} == {12 * 16}
    # 80001 at its town hall; 80002, whose town hall is not known, at a point inside: the centre of its square
    hall = shapely.distance(points, shapely.MultiPoint([(600_500, 6_900_500), (601_500, 6_900_500)]))
    office = shapely.distance(points, shapely.Point(604_000, 6_900_000))
    inside = values["access_score"] != NODATA
    np.testing.assert_allclose(values["distance_member_m"][inside], hall[inside], rtol=1e-6)
    np.testing.assert_allclose(values["distance_opsn_m"][inside], office[inside], rtol=1e-6)
    assert set(values["access_score"][inside]) == set(range(1, 13))
