"""The population raster that a user brings (INSEE's 200 m grid, GHSL…): checked, then read by blocks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from opsn_geo.errors import Fault, InputError
from opsn_geo.read.limits import check_size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray
    from rasterio.io import DatasetReader
    from rasterio.windows import Window

    Block = tuple[NDArray[np.float64], tuple[float, float, float, float]]

_SIDE: Final = 512
_DRIVER: Final = "GTiff"
_ALONE: Final = {"GDAL_PAM_ENABLED": "NO", "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}
"""Options of GDAL: a raster is read from its own file, not from others beside it."""


class PopulationGrid:
    """People per cell over some areas: a raster that is checked at once and read block by block later.

    A raster of a whole country is too large to be held; whoever iterates gets its blocks one by one, as
    often as need be, and need not know that they come from a file.

    Parameters
    ----------
    file : Path
        Raster of people per cell; see :func:`check_population`.
    areas : GeoDataFrame
        The territory's communes.

    Raises
    ------
    InputError
        The file is missing or no raster, has no projection or is turned, or lies elsewhere.
    """

    def __init__(self, file: Path, areas: gpd.GeoDataFrame) -> None:
        self.crs = check_population(file, areas)
        self._file, self._areas = file, areas

    def __iter__(self) -> Iterator[Block]:
        """Yield the blocks of :func:`population_blocks`."""
        return population_blocks(self._file, self._areas)


def check_population(file: Path, areas: gpd.GeoDataFrame) -> str:
    """Return the projection of a raster of people, once it is checked that it lies over the areas.

    Parameters
    ----------
    file : Path
        Raster of people per cell, north up, in any projection, as GeoTIFF. No other driver is tried:
        a virtual raster may send GDAL to the network or to other files.
    areas : GeoDataFrame
        The territory's communes.

    Returns
    -------
    str
        Projection of the raster, as WKT.

    Raises
    ------
    InputError
        The file is missing or no raster, has no projection or is turned, lies elsewhere, has too many cells,
        or is broken in any of its blocks.
    """
    import rasterio  # noqa: PLC0415 - heavy, and needed only where there is such a raster

    if not file.is_file():
        raise InputError([Fault(cause="missing_file", file=str(file))])
    try:
        with rasterio.Env(**_ALONE), rasterio.open(file, driver=_DRIVER) as source:
            return _checked(source, str(file), areas)
    except InputError:
        raise
    except Exception as error:  # GDAL, PROJ and arithmetic each raise their own kinds
        raise InputError([Fault(cause="unreadable_file", file=str(file), value=str(error))]) from error


def _checked(source: DatasetReader, file: str, areas: gpd.GeoDataFrame) -> str:
    """Return the projection of an open raster, every cell of which over the areas can be read."""
    if source.crs is None or source.transform.b or source.transform.d or source.transform.e >= 0:
        raise InputError([Fault(cause="raster_without_place", file=file)])
    window = _window(source, areas)
    if window is None:
        raise InputError([Fault(cause="raster_elsewhere", file=file)])
    # a reader holds whole blocks of the file, and what is measured passes over every cell
    check_size(file, raster_cells=max(window.width * window.height, *map(math.prod, source.block_shapes)))
    for people, _bounds in _blocks(source, window):
        if np.isinf(people).any():
            raise InputError([Fault(cause="wrong_value", file=file, value="inf", expected="expected.amount")])
    return str(source.crs.to_wkt())


def population_blocks(file: Path, areas: gpd.GeoDataFrame) -> Iterator[Block]:
    """Yield the part of a population raster that lies over areas, block by block.

    Yields
    ------
    people : array of float
        People of each cell, at most 512 × 512; 0 where there is no data or a negative number.
    bounds : tuple of float
        West, south, east and north of the block, in the projection of the raster.
    """
    import rasterio  # noqa: PLC0415 - heavy, and needed only where there is such a raster

    with rasterio.Env(**_ALONE), rasterio.open(file, driver=_DRIVER) as source:
        window = _window(source, areas)
        if window is not None:
            yield from _blocks(source, window)


def _blocks(source: DatasetReader, whole: Window) -> Iterator[Block]:
    """Yield the blocks of a window in which anybody lives."""
    from rasterio.windows import Window  # noqa: PLC0415 - heavy, and needed only where there is such a raster

    for row in range(0, whole.height, _SIDE):
        for column in range(0, whole.width, _SIDE):
            size = (min(_SIDE, whole.width - column), min(_SIDE, whole.height - row))
            window = Window(whole.col_off + column, whole.row_off + row, *size)
            people = source.read(1, window=window, masked=True).astype(float).filled(0.0)
            if (people > 0).any():
                yield np.where(people > 0, people, 0.0), source.window_bounds(window)


def _window(source: DatasetReader, areas: gpd.GeoDataFrame) -> Window | None:
    """Return the whole cells of a raster that lie over areas, or none."""
    from pyproj import Transformer  # noqa: PLC0415 - heavy, and needed only where there is such a raster
    from rasterio.windows import Window, from_bounds  # noqa: PLC0415

    there = Transformer.from_crs(areas.crs, source.crs, always_xy=True)
    over = from_bounds(*there.transform_bounds(*areas.total_bounds), transform=source.transform)
    left, top = max(0, int(np.floor(over.col_off))), max(0, int(np.floor(over.row_off)))
    right = min(source.width, int(np.ceil(over.col_off + over.width)))
    bottom = min(source.height, int(np.ceil(over.row_off + over.height)))
    return Window(left, top, right - left, bottom - top) if right > left and bottom > top else None
