"""How near is help: straight-line distances between town halls, in metres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import geopandas as gpd


def places(communes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give the point that stands for each commune: its mairie, else a point inside it.

    Parameters
    ----------
    communes : GeoDataFrame
        On ``code_insee``, in a metric projection; ``mairie_x`` and ``mairie_y`` (m, may be missing, alone or
        as columns).

    Returns
    -------
    DataFrame
        On the index of `communes`: ``x``, ``y`` (m); missing where there is neither mairie nor geometry.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> pair = gpd.GeoDataFrame({"mairie_x": [10.0, None], "mairie_y": [20.0, None]}, index=["a", "b"],
    ...                         geometry=[shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)])
    >>> places(pair).loc["a"].tolist(), places(pair).loc["b"].tolist()
    ([10.0, 20.0], [150.0, 50.0])
    """
    found = pd.DataFrame({"x": np.nan, "y": np.nan}, index=communes.index)
    if {"mairie_x", "mairie_y"} <= set(communes.columns):
        found = communes[["mairie_x", "mairie_y"]].astype(float).set_axis(["x", "y"], axis=1)
    points = communes.geometry.representative_point()
    return found.where(found.notna().all(axis=1), pd.DataFrame({"x": points.x, "y": points.y}))


def nearest(origins: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Find the nearest target of each origin.

    Parameters
    ----------
    origins, targets : DataFrame
        Points ``x``, ``y`` (m). An origin or a target without a point has no distance.

    Returns
    -------
    DataFrame
        On the index of `origins`: ``nearest`` (label of the target, missing where none is known) and
        ``distance_m`` (straight line, in metres; missing likewise, never zero for want of a target). Of
        several equally near, the first of `targets`, as far as floating point tells them apart.

    Examples
    --------
    >>> points = pd.DataFrame({"x": [0.0, 3.0, 10.0], "y": [0.0, 4.0, 0.0]}, index=["a", "b", "c"])
    >>> nearest(points.loc[["a"]], points.loc[["b", "c"]]).to_dict("index")
    {'a': {'nearest': 'b', 'distance_m': 5.0}}
    """
    from scipy.spatial import KDTree  # noqa: PLC0415 - heavy, and needed for distances only

    known, starts = targets.dropna(), origins.dropna()
    labels = pd.Series(None, index=origins.index, dtype="object")
    distance = pd.Series(np.nan, index=origins.index)
    if len(known) and len(starts):
        metres, place = KDTree(known.to_numpy()).query(starts.to_numpy())
        labels.loc[starts.index] = known.index.to_numpy()[place]
        distance.loc[starts.index] = metres
    return pd.DataFrame({"nearest": labels, "distance_m": distance})


def covered_distance(below: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    """Measure how far each commune is from the nearest one known to have each service.

    Parameters
    ----------
    below : DataFrame of boolean
        Communes × services, as from :func:`~opsn_geo.measure.deserts.below`; false: has the service.
    points : DataFrame
        ``x``, ``y`` (m) of the same communes, as from :func:`places`.

    Returns
    -------
    DataFrame of float
        Communes × services, in metres, mairie to mairie: 0 where the commune has the service itself, missing
        where no commune is known to have it. Communes of unknown state are no target, so that this is an
        upper bound.

    Examples
    --------
    >>> points = pd.DataFrame({"x": [0.0, 3.0], "y": [0.0, 4.0]}, index=["a", "b"])
    >>> below = pd.DataFrame({"dpd": [True, False]}, index=["a", "b"], dtype="boolean")
    >>> covered_distance(below, points)["dpd"].tolist()
    [5.0, 0.0]
    """
    has = ~below.fillna(value=True).astype(bool)
    found = {service: nearest(points, points[has[service]])["distance_m"] for service in below}
    return pd.DataFrame(found, index=below.index, columns=below.columns)
