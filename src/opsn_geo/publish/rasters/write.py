"""Rasters on the legal grid: Cloud-Optimised GeoTIFF, with the QGIS style that stands beside each.

Values are made window by window, so that a country fits in memory. Distances are those of
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

from opsn_geo.catalogue.words import State, text
from opsn_geo.measure.deserts.nearest import lattice_distances
from opsn_geo.publish.classes import Class, intervals, unit_of
from opsn_geo.publish.qgis.xml import render
from opsn_geo.publish.staging import staged

if TYPE_CHECKING:
    import geopandas as gpd
    from affine import Affine
    from numpy.typing import NDArray
    from rasterio.windows import Window

    from opsn_geo.study import Metadata

    Block = Callable[[Window], NDArray[np.float32]]

NODATA: Final = -9999.0
BLOCK: Final = 512
_SAMPLE: Final = 100_000
"""Cells that the classes of a legend are computed on, about."""


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


def distance(grid: Grid, targets: gpd.GeoSeries) -> Block:
    """Measure the distance from the centre of each cell to the nearest target.

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

    def block(window: Window) -> NDArray[np.float32]:
        if not len(points):
            return np.full((int(window.height), int(window.width)), NODATA, dtype=np.float32)
        side, left, top = grid.transform.a, grid.transform.c, grid.transform.f
        x = left + side * (window.col_off + np.arange(window.width) + 0.5)
        y = top - side * (window.row_off + np.arange(window.height) + 0.5)
        return lattice_distances(x, y, points).astype(np.float32)

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


def footprint(grid: Grid, areas: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Tell for each cell of a grid whether its centre lies in the areas, which are a valid coverage."""
    import shapely  # noqa: PLC0415 - kept beside its only use
    from rasterio.features import rasterize  # noqa: PLC0415 - heavy, and needed for rasters only

    whole = shapely.coverage_union_all(areas.geometry.to_numpy())
    shape = (grid.height, grid.width)
    inside: NDArray[np.uint8] = rasterize([(whole, 1)], shape, transform=grid.transform, dtype="uint8")
    return inside.astype(bool)


def within(block: Block, kept: NDArray[np.bool_]) -> Block:
    """Keep the values of some cells of a grid, as of a :func:`footprint`; elsewhere there is no data."""

    def values(window: Window) -> NDArray[np.float32]:
        here = kept[window.toslices()]
        return np.where(here, block(window) if here.any() else NODATA, NODATA).astype(np.float32)

    return values


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
        # Where nothing is known the raster has no data: its style has no class for it.
        known = [entry for entry in classes if not entry.hatched]
        style = render("raster_style.qml.jinja", classes=known)
        (aside / file.name).with_suffix(".qml").write_bytes(style.encode())
    return classes


def write_rasters(
    folder: Path, layers: Mapping[str, gpd.GeoDataFrame], metadata: Metadata
) -> dict[str, tuple[Class, ...]]:
    """Write every raster that the layers of a study allow.

    Parameters
    ----------
    folder : Path
        Folder to write in; made where there is something to write.
    layers : mapping of str to GeoDataFrame
        ``communes`` (state, mairie_x, mairie_y, inside, and access_score where it is known) and ``opsn``
        (points), in one metric projection.
    metadata : Metadata
        What the files say of themselves.

    Returns
    -------
    dict
        Classes of each raster, by the name of its file: ``distance_member_m`` where there is a member
        commune, ``distance_opsn_m`` where there is a seat, ``access_score`` where staff is known.
    """
    communes = layers["communes"]
    inside = communes[communes["inside"]]
    grid = grid_over(inside)
    blocks = {
        f"distance_{name}_m": distance(grid, points)
        for name, points in {
            "member": _member_halls(communes),
            "opsn": layers["opsn"].geometry.dropna(),
        }.items()
        if not points.is_empty.all()
    }
    if "access_score" in inside:
        blocks["access_score"] = burned(grid, inside, "access_score")
    kept = footprint(grid, inside)
    return {
        name: write_raster(folder / f"{name}.tif", within(block, kept), grid, metadata, name)
        for name, block in blocks.items()
    }


def _member_halls(communes: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Give the mairies of the communes that a membership reaches, where they are known."""
    import geopandas as gpd  # noqa: PLC0415 - heavy, and needed for rasters only

    members = communes[communes["state"].isin([State.MEMBER, State.USED])]
    halls = members[["mairie_x", "mairie_y"]].dropna().astype(float)
    points = gpd.points_from_xy(halls["mairie_x"], halls["mairie_y"], crs=communes.crs)
    return gpd.GeoSeries(points, index=halls.index)


def overlay(file: Path, classes: tuple[Class, ...], *, most: int = 1_200) -> tuple[bytes, list[list[float]]]:
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
        Picture in EPSG:3857, a PNG of one colour per class, transparent without data; and its bounds
        ``[[south, west], [north, east]]`` in degrees, as Folium's ``ImageOverlay`` takes them.
    """
    import rasterio  # noqa: PLC0415 - heavy, and needed for rasters only
    from rasterio.vrt import WarpedVRT  # noqa: PLC0415
    from rasterio.warp import transform_bounds  # noqa: PLC0415

    with rasterio.open(file) as source, WarpedVRT(source, crs="EPSG:3857") as flat:
        scale = max(1.0, max(flat.width, flat.height) / most)
        values = flat.read(1, out_shape=(round(flat.height / scale), round(flat.width / scale)))
        west, south, east, north = transform_bounds("EPSG:3857", "EPSG:4326", *flat.bounds)
    plain = [entry for entry in classes if not entry.hatched]
    uppers = [float(entry.upper or 0) for entry in plain[:-1]]
    places = np.where(values == NODATA, 0, 1 + np.searchsorted(uppers, values, side="left"))
    colours = [(0, 0, 0, 0), *((*bytes.fromhex(entry.colour[1:]), 255) for entry in plain)]
    return _png(places.astype(np.uint8), colours), [[south, west], [north, east]]


def _png(places: NDArray[np.uint8], colours: list[tuple[int, ...]]) -> bytes:
    """Write a picture whose pixels are positions in a list of colours (RGBA)."""
    import rasterio  # noqa: PLC0415 - heavy, and needed for rasters only

    height, width = places.shape
    kind = {"driver": "PNG", "count": 1, "dtype": "uint8", "height": height, "width": width}
    with warnings.catch_warnings(), rasterio.MemoryFile() as memory:
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with memory.open(**kind) as target:
            target.write(places, 1)
            target.write_colormap(1, dict(enumerate(colours)))
        return bytes(memory.read())


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
        target.set_band_unit(1, unit_of(tags["MEASURE"], "en"))
        for window in _windows(grid):
            values = block(window)
            target.write(values, 1, window=window)
            sample.append(values[values != NODATA][::every])
    return np.concatenate(sample)
