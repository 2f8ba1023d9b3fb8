"""What makes communes that a user brings unfit for any measure: outlines, their place, populations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from opsn_geo.errors import Fault
from opsn_geo.read.validation import MOST_PER_COLUMN

if TYPE_CHECKING:
    import geopandas as gpd

_AREAS: Final = ("Polygon", "MultiPolygon")
_TYPES: Final = (
    *("Point", "LineString", "LinearRing", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"),
    "GeometryCollection",
)
"""Names of the kinds of geometry, by shapely's numbers."""
_MARGIN: Final = 1.0
"""Degrees by which communes may lie beyond the area that their projection is made for."""


def outline_faults(communes: gpd.GeoDataFrame, source: str) -> Iterator[Fault]:
    """Yield the communes whose outline is missing or empty, is no area, is not finite or crosses itself.

    Parameters
    ----------
    communes : GeoDataFrame
        On ``code_insee``, in any projection.
    source : str
        Name of the file or layer, for the faults.

    Examples
    --------
    >>> import geopandas as gpd
    >>> drawn = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1), shapely.Point(0, 0), None],
    ...                          index=["02001", "02002", "02003"])
    >>> [fault.value for fault in outline_faults(drawn, "communes.gpkg")]
    ['02002 (Point)', '02003 (None)']
    """
    shapes = communes.geometry.to_numpy()
    missing, empty = shapely.is_missing(shapes), shapely.is_empty(shapes)
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    kinds = pd.Series(shapely.get_type_id(shapes)).map(dict(enumerate(_TYPES))).fillna("None").to_numpy()
    sound = ~missing & ~empty & finite & np.isin(kinds, _AREAS) & shapely.is_valid(shapes)
    for place in np.flatnonzero(~sound)[:MOST_PER_COLUMN]:
        reason = str(kinds[place])
        if reason in _AREAS:
            reason = f"{reason} EMPTY" if empty[place] else shapely.is_valid_reason(shapes[place])
        value = f"{communes.index[place]} ({reason})"
        yield Fault(cause="wrong_geometry", file=source, column="geometry", value=value)


def place_faults(communes: gpd.GeoDataFrame, source: str) -> Iterator[Fault]:
    """Yield the fault of communes that lie outside the area that their projection is made for.

    Degrees taken for metres, metres for degrees, or latitude in the place of longitude. Communes without
    an outline are left out.

    Examples
    --------
    >>> import geopandas as gpd
    >>> degrees = gpd.GeoDataFrame(geometry=[shapely.box(2, 49, 3, 50)], index=["02001"], crs=2154)
    >>> [fault.value for fault in place_faults(degrees, "communes")]
    ['02001 (EPSG:2154)']
    """
    shapes = communes.geometry.to_numpy()
    communes = communes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    left, bottom, right, top = shapely.bounds(communes.geometry.to_numpy()).T
    x, y = (left + right) / 2, (bottom + top) / 2
    crs = communes.crs
    if crs.is_geographic:
        longitude, latitude = x, y
        west, south, east, north = -180.0, -90.0, 180.0, 90.0
    else:
        longitude, latitude = Transformer.from_crs(crs, 4326, always_xy=True).transform(x, y)
        west, south, east, north = crs.area_of_use.bounds if crs.area_of_use else (-180, -90, 180, 90)
    there = (
        (longitude >= west - _MARGIN)
        & (longitude <= east + _MARGIN)
        & (latitude >= south - _MARGIN)
        & (latitude <= north + _MARGIN)
    )
    if not there.all():
        value = f"{communes.index[np.flatnonzero(~there)[0]]} ({crs.to_string()})"
        yield Fault(cause="misplaced", file=source, column="geometry", value=value)


def population_faults(population: pd.Series, source: str) -> Iterator[Fault]:
    """Yield the populations that are no number, negative or endless; a missing one is none of these.

    >>> people = pd.Series([120, -1, None, "many"], index=["02001", "02002", "02003", "02004"], dtype=object)
    >>> [fault.value for fault in population_faults(people, "communes")]
    ['02002 – -1', '02004 – many']
    """
    given = population.astype("str").str.strip()
    given = given.mask(given.isin(["", "nan", "None", "<NA>"]))
    numbers = pd.to_numeric(given, errors="coerce")
    wrong = given.notna() & ~(numbers.ge(0) & numbers.lt(np.inf))
    for code, value in given[wrong].head(MOST_PER_COLUMN).items():
        yield Fault(
            cause="wrong_value", file=source, column="population",
            value=f"{code} – {value}", expected="expected.amount",
        )  # fmt: skip
