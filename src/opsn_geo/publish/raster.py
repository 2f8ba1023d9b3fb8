"""Rasters on the legal grid: Cloud-Optimised GeoTIFF, with the QGIS style that stands beside each.

Values are made window by window, so that a country fits in memory. Distances are those of
:mod:`opsn_geo.measure.nearest`, taken at the centre of each cell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from opsn_geo.measure.nearest import nearest
from opsn_geo.publish.raster_style import raster_qml
from opsn_geo.publish.staging import staged
from opsn_geo.publish.theme_classes import Class, intervals
from opsn_geo.vocabulary import text

if TYPE_CHECKING:
    import geopandas as gpd
    from affine import Affine
    from numpy.typing import NDArray
    from rasterio.windows import Window

    from opsn_geo.study import Metadata

    Block = Callable[[Window], NDArray[np.float32]]

NODATA: Final = -9999.0
BLOCK: Final = 512
_SAMPLE: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Where the cells of a raster lie."""

    transform: Affine
    width: int
    height: int
    crs: Any


def grid_over(areas: gpd.GeoDataFrame, cell_m: float = 250.0) -> Grid:
    """Lay a grid over areas, its lines on whole multiples of the cell so that rasters fit each other.

    Parameters
    ----------
    areas : GeoDataFrame
        In a metric projection.
    cell_m : float
        Side of a cell, in metres.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> grid = grid_over(gpd.GeoDataFrame(geometry=[shapely.box(10, 10, 700, 300)], crs=2154))
    >>> grid.width, grid.height, grid.transform.c, grid.transform.f
    (3, 2, 0.0, 500.0)
    """
    from affine import Affine  # noqa: PLC0415 - heavy, and needed for rasters only

    west, south, east, north = areas.total_bounds
    left, top = math.floor(west / cell_m), math.ceil(north / cell_m)
    return Grid(
        transform=Affine(cell_m, 0, left * cell_m, 0, -cell_m, top * cell_m),
        width=math.ceil(east / cell_m) - left,
        height=top - math.floor(south / cell_m),
        crs=areas.crs,
    )


def grid_of(file: Path) -> Grid:
    """Take the grid of a raster, such as a population grid that the user supplies."""
    import rasterio  # noqa: PLC0415 - heavy, and needed for rasters only

    with rasterio.open(file) as source:
        return Grid(
            transform=source.transform, width=source.width, height=source.height, crs=source.crs.to_wkt()
        )


def distance(grid: Grid, targets: gpd.GeoSeries) -> Block:
    """Measure the distance from the centre of each cell to the nearest target.

    Parameters
    ----------
    grid : Grid
        Grid of the raster, in any projection.
    targets : GeoSeries of Point
        Mairies of the communes that have the service, or seats of OPSN, in a metric projection: distances
        are straight lines in it, in metres.

    Returns
    -------
    callable
        Values of a window, for :func:`write_raster`; no data everywhere where there is no target.
    """
    from pyproj import Transformer  # noqa: PLC0415 - heavy, and needed for rasters only

    points = pd.DataFrame({"x": targets.x.to_numpy(), "y": targets.y.to_numpy()})
    to_metres = Transformer.from_crs(grid.crs, targets.crs, always_xy=True)

    def block(window: Window) -> NDArray[np.float32]:
        column, row = np.meshgrid(np.arange(window.width) + 0.5, np.arange(window.height) + 0.5)
        column, row = column.ravel() + window.col_off, row.ravel() + window.row_off
        a, b, c, d, e, f = grid.transform[:6]
        x, y = to_metres.transform(a * column + b * row + c, d * column + e * row + f)
        metres = nearest(pd.DataFrame({"x": x, "y": y}), points)["distance_m"]
        shape = (int(window.height), int(window.width))
        return metres.fillna(NODATA).to_numpy(dtype=np.float32).reshape(shape)

    return block


def burned(grid: Grid, areas: gpd.GeoDataFrame, column: str) -> Block:
    """Give each cell the value of the area that its centre lies in, such as an access score.

    Parameters
    ----------
    grid : Grid
        Grid of the raster, in the projection of `areas`.
    areas : GeoDataFrame
        Areas with the numeric `column`; where it is missing, and outside all areas, there is no data.

    Returns
    -------
    callable
        Values of a window, for :func:`write_raster`.
    """
    from rasterio.features import rasterize  # noqa: PLC0415 - heavy, and needed for rasters only
    from rasterio.windows import bounds, transform  # noqa: PLC0415

    known = areas[areas[column].notna()]

    def block(window: Window) -> NDArray[np.float32]:
        near = known.iloc[np.sort(known.sindex.query(_box(bounds(window, grid.transform))))]
        shapes = zip(near.geometry, near[column].astype(float), strict=True)
        shape = (int(window.height), int(window.width))
        empty = np.full(shape, NODATA, dtype=np.float32)
        place = transform(window, grid.transform)
        return rasterize(shapes, out=empty, transform=place) if len(near) else empty

    return block


def within(block: Block, grid: Grid, areas: gpd.GeoDataFrame) -> Block:
    """Keep the values of the cells whose centre lies in the areas; elsewhere there is no data."""
    inside = burned(grid, areas.assign(here=1.0), "here")

    def kept(window: Window) -> NDArray[np.float32]:
        return np.where(inside(window) > 0, block(window), np.float32(NODATA))

    return kept


def write_raster(file: Path, block: Block, grid: Grid, metadata: Metadata, measure: str) -> tuple[Class, ...]:
    """Write a Cloud-Optimised GeoTIFF and, beside it, its QGIS style.

    Parameters
    ----------
    file : Path
        Raster to write, ending in ``.tif``; the style ends in ``.qml``. Both move into place when whole.
    block : callable
        Values of a window, as :func:`distance` and :func:`burned` make; :data:`NODATA` where there is none.
    grid : Grid
        Where the cells lie.
    metadata : Metadata
        What the file says of itself, in its tags.
    measure : {"distance_member_m", "distance_opsn_m", "access_score"}
        What the values are: an entry ``rasters`` of the catalogue.

    Returns
    -------
    tuple of Class
        Classes of the style, computed on the data, for the legend of a map.

    Raises
    ------
    MachineError
        The file cannot be written.
    """
    import rasterio.shutil  # noqa: PLC0415 - heavy, and needed for rasters only

    title = text(f"rasters.{measure}", metadata.language)
    with staged(file.parent, last=file.name) as aside:
        plain = aside / "plain.tif"
        sample = _write_blocks(plain, block, grid, _tags(metadata, title, measure), title)
        options = {
            "compress": "DEFLATE",
            "predictor": 3,
            "blocksize": BLOCK,
            "overview_resampling": "NEAREST",
        }
        rasterio.shutil.copy(plain, aside / file.name, driver="COG", **options)
        plain.unlink()
        classes = intervals(
            pd.DataFrame({measure: sample}),
            measure,
            scheme="quantiles",
            palette="YlOrBr",
            lang=metadata.language,
        )
        (aside / file.name).with_suffix(".qml").write_text(raster_qml(classes), encoding="utf-8")
    return classes


def weighted_mean(values: Path, population: Path, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Average a raster over the people of each zone.

    Parameters
    ----------
    values : Path
        Raster of the measure, on the grid of `population` (write it on :func:`grid_of` that file).
    population : Path
        People per cell, such as INSEE's 200 m grid or GHSL; a cell without data holds nobody.
    zones : GeoDataFrame
        Areas on an index of codes, in any projection.

    Returns
    -------
    DataFrame
        On the index of `zones`: ``value_mean`` (Σ c p v ÷ Σ c p over the cells that have a value, with c the
        share of the cell in the zone, exactly, p its people, v its value; missing where that is nobody) and
        ``grid_population`` (Σ c p). Cells are streamed by blocks.

    Notes
    -----
    Coverage fractions: D. Baston, *exactextract*.
    """
    import rasterio  # noqa: PLC0415 - heavy, and needed for rasters only
    from exactextract import exact_extract  # noqa: PLC0415

    code = zones.index.name or "index"
    with rasterio.open(values) as measure, rasterio.open(population) as people:
        frame = zones[[zones.geometry.name]].to_crs(people.crs).reset_index()
        shared = {"include_cols": [code], "output": "pandas", "strategy": "raster-sequential"}
        limits = {"max_cells_in_memory": BLOCK * BLOCK * 4}
        means = exact_extract(
            measure, frame, ["value_mean=weighted_mean(default_weight=0)"], weights=people, **shared, **limits
        )
        sums = exact_extract(people, frame, ["grid_population=sum"], **shared, **limits)
    found: pd.DataFrame = means.set_index(code).join(sums.set_index(code)).reindex(zones.index)
    return found.rename_axis(zones.index.name).fillna({"grid_population": 0.0})


def overlay(
    file: Path, classes: tuple[Class, ...], *, most: int = 2_000
) -> tuple[NDArray[np.uint8], list[list[float]]]:
    """Draw a raster for a web map.

    Parameters
    ----------
    file : Path
        Raster of :func:`write_raster`.
    classes : tuple of Class
        Its classes.
    most : int
        Longest side of the picture, in pixels.

    Returns
    -------
    tuple
        Picture in EPSG:3857 (height × width × RGBA, transparent without data), and its bounds
        ``[[south, west], [north, east]]`` in degrees, as Folium's ``ImageOverlay`` takes them.
    """
    import rasterio  # noqa: PLC0415 - heavy, and needed for rasters only
    from rasterio.vrt import WarpedVRT  # noqa: PLC0415
    from rasterio.warp import transform_bounds  # noqa: PLC0415

    with rasterio.open(file) as source, WarpedVRT(source, crs="EPSG:3857") as flat:
        scale = max(1.0, max(flat.width, flat.height) / most)
        shape = (round(flat.height / scale), round(flat.width / scale))
        values = flat.read(1, out_shape=shape)
        west, south, east, north = transform_bounds("EPSG:3857", "EPSG:4326", *flat.bounds)
    plain = [entry for entry in classes if not entry.hatched]
    colours = np.array([[*bytes.fromhex(entry.colour[1:]), 255] for entry in plain], dtype=np.uint8)
    uppers = [float(entry.upper or 0) for entry in plain[:-1]]
    picture = colours[np.searchsorted(uppers, values, side="left")]
    picture[values == NODATA] = 0
    return picture, [[south, west], [north, east]]


def _box(bounds: tuple[float, float, float, float]) -> object:
    import shapely  # noqa: PLC0415 - kept beside its only use

    return shapely.box(*bounds)


def _windows(grid: Grid) -> Iterator[Window]:
    from rasterio.windows import Window  # noqa: PLC0415 - heavy, and needed for rasters only

    for row in range(0, grid.height, BLOCK):
        for column in range(0, grid.width, BLOCK):
            yield Window(column, row, min(BLOCK, grid.width - column), min(BLOCK, grid.height - row))


def _tags(metadata: Metadata, title: str, measure: str) -> dict[str, str]:
    """Say in the file what it holds; no clock, so that the same inputs give the same bytes."""
    return {
        "TITLE": title,
        "MEASURE": measure,
        "STUDY": metadata.title,
        "TERRITORY": metadata.territory_name,
        "MILLESIME": str(metadata.millesime),
        "DATE": metadata.date.isoformat(),
        "SIMULATED": ";".join(metadata.simulated),
    }


def _write_blocks(
    file: Path, block: Block, grid: Grid, tags: dict[str, str], title: str
) -> NDArray[np.float32]:
    """Write window by window; give an even sample of the values for the classes of the legend."""
    import rasterio  # noqa: PLC0415 - heavy, and needed for rasters only

    what = {"driver": "GTiff", "dtype": "float32", "count": 1, "nodata": NODATA, "bigtiff": "IF_SAFER"}
    where = {"width": grid.width, "height": grid.height, "transform": grid.transform, "crs": grid.crs}
    tiles = {"tiled": True, "blockxsize": BLOCK, "blockysize": BLOCK}
    every = max(1, grid.width * grid.height // _SAMPLE)
    sample = []
    with rasterio.open(file, "w", **what, **where, **tiles) as target:
        target.update_tags(**tags)
        target.set_band_description(1, title)
        for window in _windows(grid):
            values = block(window)
            target.write(values, 1, window=window)
            sample.append(values[values != NODATA][::every])
    return np.concatenate(sample)
