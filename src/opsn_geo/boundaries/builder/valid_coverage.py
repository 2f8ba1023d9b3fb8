"""What a set of communes must be before it is written: a valid coverage that no source contradicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import shapely

from opsn_geo.boundaries.coverage import has_ground, voids
from opsn_geo.errors import Fault, InputError

if TYPE_CHECKING:
    import geopandas as gpd

WATER_KM2: Final = 0.1  # smaller voids between communes are water or foreshore that no commune has
ENCLAVES: Final = {"Llívia (Spain)": (1.981, 42.464)}
"""Ground inside France that is not of France: an inner point of each, longitude and latitude."""


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
    """Return where each hole is and how large: those above the size of water, without known enclaves."""
    large = voids(geometry).loc[lambda v: v.area > WATER_KM2 * 1e6].to_crs(4326)
    enclaves = shapely.points(list(ENCLAVES.values()))
    unknown = large[~shapely.intersects(large.to_numpy()[:, None], enclaves[None, :]).any(axis=1)]
    km2 = unknown.to_crs(geometry.crs).area / 1e6
    places = unknown.representative_point()
    return [f"{a:.2f} km², {p.x:.4f} E {p.y:.4f} N" for a, p in zip(km2, places, strict=True)]
