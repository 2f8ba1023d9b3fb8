"""A valid coverage: no overlap, no narrow gap, neighbours with the same vertices on the edge they share."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from opsn_geo.errors import Fault, MachineError

GRID_M: Final = 0.1  # precision that outlines are cleaned with; the source is generalised to about 200 m
GAP_M: Final = 1.0  # narrower gaps between communes are drawing noise
_NEEDED_GEOS: Final = (3, 14)


def clean(geometry: gpd.GeoSeries, *, gap: float = GAP_M) -> gpd.GeoSeries:
    """Return polygons cleaned into a valid coverage; null and empty geometries become null.

    Parameters
    ----------
    geometry : GeoSeries
        Polygons in a metric projection.
    gap : float
        Width in metres of the gaps that are closed.

    Raises
    ------
    MachineError
        The installed GEOS is older than 3.14.

    Examples
    --------
    >>> two = gpd.GeoSeries([shapely.box(0, 0, 10, 10), shapely.box(9.5, 0, 20, 10)], crs=2154)
    >>> clean(two).area.tolist()
    [100.0, 100.0]
    """
    if shapely.geos_version < _NEEDED_GEOS or not hasattr(shapely, "coverage_clean"):
        raise MachineError([Fault(cause="old_geos", value=shapely.geos_version_string, expected="3.14")])
    drawn = geometry[has_ground(geometry)]
    gridded = shapely.set_precision(drawn.to_numpy(), GRID_M)
    tidy = shapely.set_precision(shapely.coverage_clean(gridded, gap_width=gap), GRID_M)
    return gpd.GeoSeries(tidy, drawn.index, geometry.crs).reindex(geometry.index)


def has_ground(geometry: gpd.GeoSeries) -> np.ndarray:
    """Return whether each geometry is neither null nor empty."""
    shapes = geometry.to_numpy()
    ground: np.ndarray = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return ground


def voids(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return the ground that communes enclose and none of them has, as polygons, largest first."""
    whole = shapely.coverage_union_all(geometry[has_ground(geometry)].to_numpy())
    rings = [ring for part in shapely.get_parts(whole) for ring in part.interiors]
    holes = gpd.GeoSeries(shapely.polygons(rings) if rings else [], crs=geometry.crs)
    return holes.loc[np.argsort(-holes.area.to_numpy(), kind="stable")].reset_index(drop=True)


def dissolve(communes: gpd.GeoDataFrame, by: str) -> gpd.GeoSeries:
    """Return a valid coverage united by a column, sorted by it; rows with a null value are left out.

    The outlines are multipolygons in normal form: one type per layer, the same bytes each time.

    >>> row = [shapely.box(i, 0, i + 1, 1) for i in range(3)]
    >>> frame = gpd.GeoDataFrame({"g": ["a", "a", None]}, geometry=row)
    >>> dissolve(frame, "g").area.to_dict()
    {'a': 2.0}
    """
    groups = communes.geometry.groupby(communes[by])
    united = pd.Series(
        {key: shapely.coverage_union_all(group.to_numpy()) for key, group in groups}, dtype=object
    )
    return multipolygons(gpd.GeoSeries(united, crs=communes.crs).rename_axis(by))


def multipolygons(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return every polygon as a multipolygon in normal form."""
    multi = [shapely.multipolygons(shapely.get_parts(shape)) for shape in geometry]
    return gpd.GeoSeries(shapely.normalize(np.array(multi, dtype=object)), geometry.index, geometry.crs)
