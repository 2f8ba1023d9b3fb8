"""Rasters in the legal projection: Cloud-Optimised GeoTIFF, each with its QGIS style beside it.

Values are computed window by window, so that a country fits in memory. Distances are those of
:mod:`opsn_geo.measure.deserts.nearest`, taken at the centre of each cell.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue.states import covered
from opsn_geo.catalogue.words import text
from opsn_geo.measure.deserts.nearest import lattice_distances, places
from opsn_geo.publish.classes import Class, intervals, unit_of
from opsn_geo.publish.qgis.layers import RASTERS_REST_ON
from opsn_geo.publish.qgis.xml import render
from opsn_geo.publish.staging import staged

if TYPE_CHECKING:
    import geopandas as gpd
    from affine import Affine
    from numpy.typing import NDArray
    from rasterio.windows import Window

    from opsn_geo.study import Metadata

    WindowValues = Callable[[Window], NDArray[np.float32]]

NODATA: Final = -9999.0
BLOCK: Final = 512  # cells on the side of a window, and of a tile of the file
_SAMPLE: Final = 100_000  # cells that the classes of a legend are computed on, about


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Position, size and projection of the cells of a raster."""

    transform: Affine
    width: int
    height: int
    crs: Any


def grid_over(areas: gpd.GeoDataFrame, cell_m: float = 250.0) -> Grid:
    """Return a grid that covers areas; its lines are multiples of the cell, so that rasters fit each other.

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


def distance(grid: Grid, targets: gpd.GeoSeries) -> WindowValues:
    """Return the distance from the centre of each cell to the nearest target, as a function of the window.

    Parameters
    ----------
    grid : Grid
        Grid of the raster, in the projection of the targets, which is metric.
    targets : GeoSeries of Point
        Mairies of the communes that have the service, or seats of OPSN; none missing.

    Returns
    -------
    callable
        Values of a window, for :func:`write_raster`; no data everywhere where there is no target.
    """
    points = targets[~targets.is_empty].get_coordinates().to_numpy()

    def values(window: Window) -> NDArray[np.float32]:
        if not len(points):
            return np.full((int(window.height), int(window.width)), NODATA, dtype=np.float32)
        side, left, top = grid.transform.a, grid.transform.c, grid.transform.f
        x = left + side * (window.col_off + np.arange(window.width) + 0.5)
        y = top - side * (window.row_off + np.arange(window.height) + 0.5)
        return lattice_distances(x, y, points).astype(np.float32)

    return values


def area_values(grid: Grid, areas: gpd.GeoDataFrame, column: str) -> WindowValues:
    """Return the value of the area that the centre of each cell lies in, as a function of the window.

    Parameters
    ----------
    grid : Grid
        Grid of the raster, in the projection of `areas`.
    areas : GeoDataFrame
        Areas with the numeric `column`, such as an access score; where it is missing, and outside all areas,
        there is no data.
    column : str
        Column whose values are written.

    Returns
    -------
    callable
        Values of a window, for :func:`write_raster`.
    """
    import shapely  # noqa: PLC0415 - heavy, and needed for rasters only
    from rasterio.features import rasterize  # noqa: PLC0415
    from rasterio.windows import bounds, transform  # noqa: PLC0415

    valued = areas[areas[column].notna()]

    def values(window: Window) -> NDArray[np.float32]:
        drawn = np.full((int(window.height), int(window.width)), NODATA, dtype=np.float32)
        # Only the areas near the window are drawn, in the order of the frame: the last one wins an edge.
        places = valued.sindex.query(shapely.box(*bounds(window, grid.transform)))
        near = valued.iloc[np.sort(places)]
        if not near.empty:
            shapes = zip(near.geometry, near[column].astype(float), strict=True)
            rasterize(shapes, out=drawn, transform=transform(window, grid.transform))
        return drawn

    return values


def inside_mask(grid: Grid, areas: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return whether the centre of each cell lies in the areas, which are a valid coverage."""
    import shapely  # noqa: PLC0415 - heavy, and needed for rasters only
    from rasterio.features import rasterize  # noqa: PLC0415

    # One shape without inner borders is drawn many times faster than every commune.
    whole = shapely.coverage_union_all(areas.geometry.to_numpy())
    shape = (grid.height, grid.width)
    inside: NDArray[np.uint8] = rasterize([(whole, 1)], shape, transform=grid.transform, dtype="uint8")
    return inside.astype(bool)


def masked(values: WindowValues, mask: NDArray[np.bool_]) -> WindowValues:
    """Return the same values where a mask of the whole grid is true, and no data elsewhere."""

    def masked_values(window: Window) -> NDArray[np.float32]:
        mask_here = mask[window.toslices()]
        if not mask_here.any():
            return np.full(mask_here.shape, NODATA, dtype=np.float32)
        return np.where(mask_here, values(window), NODATA).astype(np.float32)

    return masked_values


def write_raster(
    file: Path, values: WindowValues, grid: Grid, metadata: Metadata, measure: str
) -> tuple[Class, ...]:
    """Write a Cloud-Optimised GeoTIFF and, beside it, its QGIS style; return the classes of its legend.

    Parameters
    ----------
    file : Path
        Raster to write, ending in ``.tif``; the style ends in ``.qml``. Both move into place when whole.
    values : callable
        Values of a window, as of :func:`distance` or :func:`area_values`; :data:`NODATA` where there is none.
    grid : Grid
        Where the cells lie.
    metadata : Metadata
        Title, territory, vintage and date for the tags of the file.
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
        # The COG driver only copies: a plain file is written first.
        plain = aside / "plain.tif"
        sample = _write_windows(plain, values, grid, _tags(metadata, title, measure), title)
        options = {
            "compress": "DEFLATE",
            "level": 1,  # the bits of a distance are noise: more effort gains 2 %
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
        # Where nothing is known the raster has no data, and its style no class.
        style = render("raster_style.qml.jinja", classes=[each for each in classes if not each.hatched])
        (aside / file.name).with_suffix(".qml").write_bytes(style.encode())
    return classes


def write_rasters(
    folder: Path, layers: Mapping[str, gpd.GeoDataFrame], metadata: Metadata
) -> dict[str, tuple[Class, ...]]:
    """Write every raster that the layers of a study allow; return the classes of each.

    Parameters
    ----------
    folder : Path
        Folder to write in; made where there is something to write.
    layers : mapping of str to GeoDataFrame
        ``communes`` (state, mairie_x, mairie_y, inside, and access_score where it is known; without a town
        hall a point inside stands for the commune) and ``opsn`` (points), in one metric projection.
    metadata : Metadata
        Title, territory, vintage and date for the tags of the files.

    Returns
    -------
    dict
        Classes of each raster, by the name of its file: ``distance_member_m`` where there is a member
        commune, ``distance_opsn_m`` where there is a seat, ``access_score`` where staff is known.
    """
    communes = layers["communes"]
    inside = communes[communes["inside"]]
    grid = grid_over(inside)
    targets = {
        "distance_member_m": _member_places(communes),
        "distance_opsn_m": layers["opsn"].geometry.dropna(),
    }
    measures = {name: distance(grid, points) for name, points in targets.items() if not points.is_empty.all()}
    if "access_score" in inside and inside["access_score"].notna().any():
        measures["access_score"] = area_values(grid, inside, "access_score")
    mask = inside_mask(grid, inside)
    return {
        name: write_raster(folder / f"{name}.tif", masked(values, mask), grid, metadata, name)
        for name, values in measures.items()
    }


def _member_places(communes: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return a point for each commune that a membership reaches: its town hall, else a point inside it."""
    import geopandas as gpd  # noqa: PLC0415 - heavy, and needed for rasters only

    members = places(communes[communes["state"].isin(covered())]).dropna()
    return gpd.GeoSeries.from_xy(members["x"], members["y"], crs=communes.crs)


def overlay(
    file: Path, classes: tuple[Class, ...], *, max_pixels: int = 1_200
) -> tuple[bytes, list[list[float]]]:
    """Return the picture of a raster for a web map, and its bounds.

    Parameters
    ----------
    file : Path
        Raster of :func:`write_raster`.
    classes : tuple of Class
        Its classes.
    max_pixels : int
        Longest side of the picture, in pixels.

    Returns
    -------
    tuple
        Picture in EPSG:3857, a PNG of one colour per class, transparent without data; and its bounds
        ``[[south, west], [north, east]]`` in degrees, as Folium's ``ImageOverlay`` takes them.
    """
    import rasterio  # noqa: PLC0415 - heavy, and needed for rasters only
    from rasterio.vrt import WarpedVRT  # noqa: PLC0415
    from rasterio.warp import transform_bounds  # noqa: PLC0415

    with rasterio.open(file) as source, WarpedVRT(source, crs="EPSG:3857") as warped:
        scale = max(1.0, max(warped.width, warped.height) / max_pixels)
        values = warped.read(1, out_shape=(round(warped.height / scale), round(warped.width / scale)))
        west, south, east, north = transform_bounds("EPSG:3857", "EPSG:4326", *warped.bounds)
    intervals_only = [entry for entry in classes if not entry.hatched]
    uppers = [float(entry.upper or 0) for entry in intervals_only[:-1]]
    # A pixel is the place of its colour in a list that begins with the transparent one.
    pixels = np.where(values == NODATA, 0, 1 + np.searchsorted(uppers, values, side="left"))
    colours = [(0, 0, 0, 0), *((*bytes.fromhex(entry.colour[1:]), 255) for entry in intervals_only)]
    return _png(pixels.astype(np.uint8), colours), [[south, west], [north, east]]


def _png(pixels: NDArray[np.uint8], colours: list[tuple[int, ...]]) -> bytes:
    """Return a PNG whose pixels are places in a list of colours (RGBA)."""
    import rasterio  # noqa: PLC0415 - heavy, and needed for rasters only

    height, width = pixels.shape
    kind = {"driver": "PNG", "count": 1, "dtype": "uint8", "height": height, "width": width}
    with warnings.catch_warnings(), rasterio.MemoryFile() as memory:
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with memory.open(**kind) as target:
            target.write(pixels, 1)
            target.write_colormap(1, dict(enumerate(colours)))
        return bytes(memory.read())


def _windows(grid: Grid) -> Iterator[Window]:
    """Yield the windows of a grid, row by row; the last of a row or column may be smaller."""
    from rasterio.windows import Window  # noqa: PLC0415 - heavy, and needed for rasters only

    for row in range(0, grid.height, BLOCK):
        for column in range(0, grid.width, BLOCK):
            yield Window(column, row, min(BLOCK, grid.width - column), min(BLOCK, grid.height - row))


def _tags(metadata: Metadata, title: str, measure: str) -> dict[str, str]:
    """Return what the file says of itself; no clock, so that the same inputs give the same bytes."""
    return {
        "TITLE": title,
        "MEASURE": measure,
        "STUDY": metadata.title,
        "TERRITORY": metadata.territory_name,
        "MILLESIME": str(metadata.millesime),
        "DATE": metadata.date.isoformat(),
        "BASIS": metadata.weakest(RASTERS_REST_ON[measure]),
    }


def _write_windows(
    file: Path, values: WindowValues, grid: Grid, tags: dict[str, str], title: str
) -> NDArray[np.float32]:
    """Write window by window; return an even sample of the values for the classes of the legend."""
    import rasterio  # noqa: PLC0415 - heavy, and needed for rasters only

    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": 1,
        "nodata": NODATA,
        "bigtiff": "IF_SAFER",
        "width": grid.width,
        "height": grid.height,
        "transform": grid.transform,
        "crs": grid.crs,
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
    }
    step = max(1, grid.width * grid.height // _SAMPLE)
    samples = []
    with rasterio.open(file, "w", **profile) as target:
        target.update_tags(**tags)
        target.set_band_description(1, title)
        target.set_band_unit(1, unit_of(tags["MEASURE"], "en"))
        for window in _windows(grid):
            window_values = values(window)
            target.write(window_values, 1, window=window)
            samples.append(window_values[window_values != NODATA][::step])
    return np.concatenate(samples)
