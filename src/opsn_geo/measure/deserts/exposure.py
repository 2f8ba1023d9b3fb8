"""How far people live from help: distances weighted by where they live, not by where the mairie stands.

The people of each cell of a population grid are shared among communes by the part of the cell that lies in
each, exactly (coverage fractions: D. Baston, *exactextract*), block by block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from opsn_geo.measure.deserts.nearest import nearest_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray
    from pyproj import Transformer

    Block = tuple[NDArray[np.float64], tuple[float, float, float, float]]

PEOPLE: Final = "grid_population"


def exposure(
    blocks: Iterable[Block], crs: str, communes: gpd.GeoDataFrame, targets: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Sums over each commune: the people of a grid, and the metres between each of them and the nearest help.

    Parameters
    ----------
    blocks : iterable of (array of float, bounds)
        People of each cell, never missing, and west, south, east and north in `crs`; no cell in two blocks.
    crs : str
        Projection of the blocks.
    communes : GeoDataFrame
        On ``code_insee``, in a metric projection.
    targets : mapping of str to DataFrame
        By the name of the column made, points ``x``, ``y`` (m, in the projection of `communes`).

    Returns
    -------
    DataFrame of float
        On the index of `communes`: ``grid_population`` (Σ c p over the cells, with c the share of the cell in
        the commune and p its people), and for each target Σ c p d, with d the straight line from the cell's
        centre to the nearest point (m); missing where there is no point at all. :func:`means` divides.
    """
    from pyproj import Transformer  # noqa: PLC0415 - heavy, and needed for grids only

    zones = communes[[communes.geometry.name]].to_crs(crs)
    to_metres = Transformer.from_crs(crs, communes.crs, always_xy=True)
    placed = {name: points[["x", "y"]].dropna().to_numpy(dtype=float) for name, points in targets.items()}
    points = {name: xy for name, xy in placed.items() if len(xy)}
    sums = np.zeros((len(communes), 1 + len(points)))
    for people, bounds in blocks:
        near = np.sort(zones.sindex.query(shapely.box(*bounds)))
        row, column = np.nonzero(people)
        centres = _centres(row, column, people.shape, bounds, to_metres)
        values = [people]
        for xy in points.values():
            metres = np.zeros(people.shape)
            metres[row, column] = nearest_places(centres, xy)[1]
            values.append(people * metres)
        sums[near] += _sums(values, bounds, zones.iloc[near])
    return pd.DataFrame(sums, index=communes.index, columns=[PEOPLE, *points]).reindex(
        columns=[PEOPLE, *targets]
    )


def means(sums: pd.DataFrame, by: pd.Series) -> pd.DataFrame:
    """Means of the sums of :func:`exposure` over the people of each group.

    Parameters
    ----------
    sums : DataFrame of float
        ``grid_population``, and sums weighted by it.
    by : Series
        Group of each row, on the same index; rows of a missing group are left out.

    Returns
    -------
    DataFrame of float
        On the groups, sorted: ``grid_population`` (added up) and the mean of the other columns (Σ ÷ people;
        missing where nobody lives).

    Examples
    --------
    >>> sums = pd.DataFrame({"grid_population": [30.0, 10.0], "metres": [3_000.0, 5_000.0]})
    >>> means(sums, pd.Series(["60", "60"])).to_dict("index")
    {'60': {'grid_population': 40.0, 'metres': 200.0}}
    """
    totals = sums.groupby(by).sum(min_count=1)
    people = totals[PEOPLE].where(totals[PEOPLE] > 0)
    return totals.assign(**{name: totals[name] / people for name in totals.columns.drop(PEOPLE)})


def _centres(
    row: NDArray[np.intp],
    column: NDArray[np.intp],
    shape: tuple[int, ...],
    bounds: tuple[float, float, float, float],
    to_metres: Transformer,
) -> NDArray[np.float64]:
    """Centres of cells, in metres."""
    west, south, east, north = bounds
    x = west + (column + 0.5) * (east - west) / shape[1]
    y = north - (row + 0.5) * (north - south) / shape[0]
    return np.column_stack(to_metres.transform(x, y))


def _sums(
    values: list[NDArray[np.float64]], bounds: tuple[float, float, float, float], zones: gpd.GeoDataFrame
) -> NDArray[np.float64]:
    """Sum of each raster over each zone, cells cut exactly: zones × rasters."""
    from exactextract import exact_extract  # noqa: PLC0415 - heavy, and needed for grids only
    from exactextract.raster import NumPyRasterSource  # noqa: PLC0415

    wkt = zones.crs.to_wkt()
    rasters = [NumPyRasterSource(cells, *bounds, name=f"v{n}", srs_wkt=wkt) for n, cells in enumerate(values)]
    table = exact_extract(rasters, zones, ["sum"], output="pandas")
    sums: NDArray[np.float64] = table.fillna(0.0).to_numpy(dtype=float)
    return sums
