"""How near is help: straight-line distances between town halls, in metres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

NEAR_M: Final = 10_000
"""Straight-line distance (m) up to which a seat is near, unless another is asked for."""

_TILE: Final = 8


def places(communes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Point that stands for each commune: its mairie, else a point inside it.

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
    mairies = pd.DataFrame({"x": np.nan, "y": np.nan}, index=communes.index)
    if {"mairie_x", "mairie_y"} <= set(communes.columns):
        mairies = communes[["mairie_x", "mairie_y"]].astype(float).set_axis(["x", "y"], axis=1)
    points = communes.geometry.representative_point()
    return mairies.where(mairies.notna().all(axis=1), pd.DataFrame({"x": points.x, "y": points.y}))


def nearest(origins: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Nearest target of each origin, and its distance.

    Parameters
    ----------
    origins, targets : DataFrame
        Points ``x``, ``y`` (m). An origin or a target without a point has no distance.

    Returns
    -------
    DataFrame
        On the index of `origins`: ``nearest`` (label of the target, missing where none is known) and
        ``distance_m`` (straight line, in metres; missing likewise, never zero for want of a target). Of
        several equally near, the first of `targets`, as far as floating point distinguishes them.

    Examples
    --------
    >>> points = pd.DataFrame({"x": [0.0, 3.0, 10.0], "y": [0.0, 4.0, 0.0]}, index=["a", "b", "c"])
    >>> nearest(points.loc[["a"]], points.loc[["b", "c"]]).to_dict("index")
    {'a': {'nearest': 'b', 'distance_m': 5.0}}
    """
    place, metres = nearest_places(origins.to_numpy(dtype=float), targets.to_numpy(dtype=float))
    return pd.DataFrame(
        {"nearest": labels_at(targets.index, place), "distance_m": metres}, index=origins.index
    )


def nearest_places(
    origins: NDArray[np.float64], targets: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Position of the nearest target of each origin (-1 where there is none), and its distance.

    >>> place, metres = nearest_places(np.array([[0.0, 0.0], [np.nan, 0.0]]), np.array([[3.0, 4.0]]))
    >>> place.tolist(), metres.tolist()
    ([0, -1], [5.0, nan])
    """
    from scipy.spatial import KDTree  # noqa: PLC0415 - heavy, and needed for distances only

    placed, starts = (np.flatnonzero(np.isfinite(points).all(axis=1)) for points in (targets, origins))
    place, metres = np.full(len(origins), -1), np.full(len(origins), np.nan)
    if len(placed) and len(starts):
        metres[starts], nearest_placed = KDTree(targets[placed]).query(origins[starts])
        place[starts] = placed[nearest_placed]
    return place, metres


def seat_distances(communes: gpd.GeoDataFrame, seats: pd.Series) -> pd.DataFrame:
    """Nearest seat of an OPSN to each commune, and its distance.

    Parameters
    ----------
    communes : GeoDataFrame
        As in :func:`places`.
    seats : Series of str
        ``code_insee`` of the seat of each OPSN, on its slug; one beyond `communes` is left out.

    Returns
    -------
    DataFrame
        On the index of `communes`: ``nearest_opsn`` and ``distance_opsn_m``, as in :func:`nearest`.
    """
    points = places(communes)
    table = nearest(points, points.reindex(seats).set_axis(seats.index))
    return table.rename(columns={"nearest": "nearest_opsn", "distance_m": "distance_opsn_m"})


def near_share(distance_m: pd.Series, by: pd.Series, within_m: float = NEAR_M) -> pd.Series:
    """Share of the communes of each group that lie near the seat of an OPSN.

    Parameters
    ----------
    distance_m : Series of float
        Distance of each commune to the nearest seat (m), as ``distance_opsn_m`` of :func:`seat_distances`.
    by : Series
        The group of each commune, on the same index: EPCI, département, or a level of one's own. A commune
        whose group is missing counts nowhere.
    within_m : float
        Greatest distance that is near (m), itself included.

    Returns
    -------
    Series of float
        ``near_seat_share``, indexed by group, sorted; from 0 to 1, without unit.

    Notes
    -----
    Share = communes of the group at most `within_m` from a seat ÷ all communes of the group. The denominator
    is the one of ``covered_share``: the communes of the study, by the groups handed in. The share of a group
    with a commune of unknown distance is missing: that commune is neither near nor far.

    Examples
    --------
    >>> metres = pd.Series({"a": 0.0, "b": 10_000.0, "c": 10_001.0, "d": 3_000.0, "e": None})
    >>> epci = pd.Series({"a": "A", "b": "A", "c": "A", "d": "B", "e": "B"})
    >>> near_share(metres, epci).round(3).to_dict()
    {'A': 0.667, 'B': nan}
    """
    near = distance_m.le(within_m).astype("float64").where(distance_m.notna())
    groups = near.groupby(by)
    return groups.mean().where(groups.count() == groups.size()).rename("near_seat_share")


def seat_points(opsn: pd.DataFrame, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Operators at the point of their seat's commune (:func:`places`); without one where it is not known.

    Parameters
    ----------
    opsn : DataFrame
        ``opsn`` and ``seat`` (``code_insee``), besides any other column.
    communes : GeoDataFrame
        As in :func:`places`; a seat beyond them is not known.
    """
    import geopandas as gpd  # noqa: PLC0415 - heavy, and needed for points only

    seats = places(communes).reindex(opsn["seat"])
    points = gpd.points_from_xy(seats["x"], seats["y"], crs=communes.crs)
    points[seats["x"].isna().to_numpy()] = None
    return gpd.GeoDataFrame(opsn.set_index("opsn"), geometry=points)


def lattice_distances(
    x: NDArray[np.float64], y: NDArray[np.float64], targets: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distance to the nearest target from every crossing of the lines of a lattice.

    Parameters
    ----------
    x, y : array of float
        Where its lines lie, rising or falling (m).
    targets : array of shape (targets, 2)
        Points; at least one, none missing.

    Returns
    -------
    array of shape (y, x)
        Straight-line distances (m).

    Notes
    -----
    The lattice is cut into tiles of 8 × 8 crossings. With h the reach of a tile from its centre and d the
    distance from there to the nearest target, the nearest target of any crossing in it lies at most d + 2h
    from its centre (triangle inequality): only those are looked at, and nothing is approximated.

    Examples
    --------
    >>> lattice_distances(np.array([0.0, 3.0]), np.array([4.0]), np.array([[0.0, 0.0], [9.0, 4.0]])).tolist()
    [[4.0, 5.0]]
    """
    from scipy.spatial import KDTree  # noqa: PLC0415 - heavy, and needed for distances only

    across, down = (_tiled(lines) for lines in (x, y))
    middles = [lines.mean(axis=1) for lines in (across, down)]
    centres = np.stack(np.meshgrid(*middles), axis=-1).reshape(-1, 2)
    half = np.hypot(abs(across - middles[0][:, None]).max(), abs(down - middles[1][:, None]).max())
    tree = KDTree(targets)
    reach = (tree.query(centres)[0] + 2 * half) * (1 + 1e-9)  # for rounding
    squares = np.full((len(centres), _TILE, _TILE), np.inf)
    tile, rank = np.arange(len(centres)), 1
    while len(tile):  # eight more targets at a time, for the tiles that any of these may still be nearest to
        far, place = tree.query(centres[tile], k=np.arange(rank, rank + _TILE))
        for metres, target in zip(far.T, place.T, strict=True):
            near = metres <= reach[tile]
            at, (to_x, to_y) = tile[near], targets[target[near]].T[:, :, None]
            east, north = across[at % len(across)] - to_x, down[at // len(across)] - to_y
            squares[at] = np.minimum(squares[at], east[:, None, :] ** 2 + north[:, :, None] ** 2)
        tile, rank = tile[far[:, -1] <= reach[tile]], rank + _TILE
    rows = squares.reshape(len(down), len(across), _TILE, _TILE).swapaxes(1, 2)
    metres_grid: NDArray[np.float64] = np.sqrt(rows.reshape(down.size, across.size)[: len(y), : len(x)])
    return metres_grid


def _tiled(lines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lines of a lattice by tile, the last tile filled up with the last line."""
    return np.pad(lines, (0, -len(lines) % _TILE), mode="edge").reshape(-1, _TILE)


def labels_at(labels: pd.Index, place: NDArray[np.intp]) -> NDArray[np.object_]:
    """Label at each position, and nothing at -1.

    >>> labels_at(pd.Index(["a", "b"]), np.array([1, -1])).tolist()
    ['b', None]
    """
    return np.append(labels.to_numpy(dtype=object), np.array([None], dtype=object))[place]
