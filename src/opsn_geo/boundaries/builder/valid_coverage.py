"""A valid coverage: no overlap, no gap, shared edges that are the same, on a fixed grid."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from opsn_geo.errors import Fault, InputError, MachineError

GRID_M: Final = 0.1  # coordinates are multiples of this; the source is generalised to about 200 m
GAP_M: Final = 1.0  # narrower gaps between communes are drawing noise
WATER_KM2: Final = 0.1  # smaller voids between communes are water or foreshore that no commune has
ENCLAVES: Final = {"Llívia (Spain)": (1.981, 42.464)}
"""Ground inside France that is not of France: an inner point of each, longitude and latitude."""
_NEEDED_GEOS: Final = (3, 14)


def clean(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Clean polygons into a valid coverage on the grid; null geometries stay null.

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
    known = geometry[has_ground(geometry)]
    gridded = shapely.set_precision(known.to_numpy(), GRID_M)
    tidy = shapely.set_precision(shapely.coverage_clean(gridded, gap_width=GAP_M), GRID_M)
    return gpd.GeoSeries(tidy, known.index, geometry.crs).reindex(geometry.index)


def has_ground(geometry: gpd.GeoSeries) -> np.ndarray:
    """Tell which geometries are neither null nor empty."""
    shapes = geometry.to_numpy()
    ground: np.ndarray = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return ground


def voids(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Give the ground that communes enclose and none of them has, as polygons, largest first."""
    whole = shapely.coverage_union_all(geometry[has_ground(geometry)].to_numpy())
    rings = [ring for part in shapely.get_parts(whole) for ring in part.interiors]
    found = gpd.GeoSeries(shapely.polygons(rings) if rings else [], crs=geometry.crs)
    return found.loc[np.argsort(-found.area.to_numpy(), kind="stable")].reset_index(drop=True)


def verify(communes: gpd.GeoDataFrame, name: str) -> None:
    """Refuse a set with a commune without ground, an overlap, or a hole that no source explains.

    Parameters
    ----------
    communes : GeoDataFrame
        Index ``code_insee``; ``geometry`` in a metric projection, ``area_known`` in m² (may be null).
    name : str
        What the set is called in the faults.

    Raises
    ------
    InputError
        Every commune without polygon or with less than half of the area that a source gives it, every hole
        above 0.1 km² that is no known enclave, and whether the coverage is invalid.
    """
    geometry = communes.geometry
    bare = geometry.index[~has_ground(geometry)]
    faults = [Fault(cause="no_polygon", file=name, value=str(code)) for code in bare]
    reduced = has_ground(geometry) & (geometry.area < communes["area_known"] / 2)
    faults += [Fault(cause="lost_ground", file=name, value=str(code)) for code in geometry.index[reduced]]
    if not shapely.coverage_is_valid(geometry[has_ground(geometry)].to_numpy()):
        faults.append(Fault(cause="invalid_coverage", file=name))
    else:
        faults += [Fault(cause="unexplained_hole", file=name, value=hole) for hole in _holes(geometry)]
    if faults:
        raise InputError(faults)


def _holes(geometry: gpd.GeoSeries) -> list[str]:
    """Say where each hole is and how large: those above the size of water, known enclaves apart."""
    large = voids(geometry).loc[lambda v: v.area > WATER_KM2 * 1e6].to_crs(4326)
    enclaves = shapely.points(list(ENCLAVES.values()))
    unknown = large[~shapely.intersects(large.to_numpy()[:, None], enclaves[None, :]).any(axis=1)]
    km2 = unknown.to_crs(geometry.crs).area / 1e6
    places = unknown.representative_point()
    return [f"{a:.2f} km², {p.x:.4f} E {p.y:.4f} N" for a, p in zip(km2, places, strict=True)]


def dissolve(communes: gpd.GeoDataFrame, by: str) -> gpd.GeoSeries:
    """Unite a valid coverage by a column (null values apart): a valid coverage of the groups, sorted.

    >>> row = [shapely.box(i, 0, i + 1, 1) for i in range(3)]
    >>> frame = gpd.GeoDataFrame({"g": ["a", "a", None]}, geometry=row)
    >>> dissolve(frame, "g").area.to_dict()
    {'a': 2.0}
    """
    groups = communes.geometry.groupby(communes[by])
    united = {key: shapely.coverage_union_all(group.to_numpy()) for key, group in groups}
    return gpd.GeoSeries(pd.Series(united, dtype=object), crs=communes.crs).rename_axis(by)
