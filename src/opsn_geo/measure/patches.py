"""What each desert is: its people, its ground, whom it touches, how near help is, what it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from opsn_geo.measure.contiguity import on_border
from opsn_geo.measure.nearest import nearest, places

if TYPE_CHECKING:
    import geopandas as gpd
    from scipy import sparse


def deserts(
    members: pd.DataFrame,
    communes: gpd.GeoDataFrame,
    below: pd.DataFrame,
    adjacency: sparse.csr_array,
    *,
    seats: pd.Series | None = None,
    needs: pd.DataFrame | None = None,
    min_answers: int = 5,
) -> gpd.GeoDataFrame:
    """Describe each desert.

    Parameters
    ----------
    members : DataFrame
        Communes of each desert, as from :func:`~opsn_geo.measure.deserts.members`, of one certainty.
    communes : GeoDataFrame
        On ``code_insee``, a valid coverage in a metric projection: name, code_dep, siren_epci, population,
        area_km2, inside, and mairie_x, mairie_y where they are known. Communes outside the study that the
        user supplies stand here too: what is known of them makes a border known and help near.
    below : DataFrame of boolean
        Communes × services on the index of `communes`, as from :func:`~opsn_geo.measure.deserts.below`.
    adjacency : csr_array of bool
        Contiguity of `communes`.
    seats : Series of str, optional
        ``code_insee`` of the seat of each OPSN, on its slug.
    needs : DataFrame, optional
        ``code_insee``, ``service``, ``yes`` (answers that ask for the service), ``base`` (answers to the
        question).
    min_answers : int
        A need with a smaller base is not told.

    Returns
    -------
    GeoDataFrame
        On ``desert``, by service, then falling population: service, certainty, name (of the most populous
        commune), communes (count), population, area_km2, epci, departements (codes, ';' joined),
        nearest_covered (code_insee) and nearest_covered_m (shortest distance between a commune of the desert
        and one known to have the service, mairie to mairie), farthest_m (the greatest such distance among
        its communes), nearest_opsn and nearest_opsn_m (to its seat), need_count, need_base, need_share, edge,
        geometry. Distances are missing where nobody is known to have the service, or no seat lies in
        `communes`. ``edge``: the desert touches ground of which nothing is known, so help may be nearer than
        told. Need: a sum over answers, missing without `needs` or where the base is under `min_answers`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from opsn_geo.measure.contiguity import contiguity
    >>> from opsn_geo.measure.deserts import members
    >>> codes = pd.Index(["a", "b"], name="code_insee")
    >>> communes = gpd.GeoDataFrame(
    ...     {"name": ["A", "B"], "code_dep": "80", "siren_epci": "2", "population": [9, 8], "area_km2": 1.0,
    ...      "inside": True}, index=codes,
    ...     geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)])
    >>> below = pd.DataFrame({"dpd": [True, False]}, index=codes, dtype="boolean")
    >>> touching = contiguity(communes.geometry)
    >>> found = deserts(members(below, touching, communes), communes, below, touching)
    >>> found[["communes", "nearest_covered", "nearest_covered_m", "edge"]].to_dict("index")
    {'dpd-a': {'communes': 1, 'nearest_covered': 'b', 'nearest_covered_m': 1000.0, 'edge': True}}
    """
    import geopandas as gpd  # noqa: PLC0415 - heavy, and needed to describe patches only

    points = places(communes)
    rows = members.join(communes.drop(columns="geometry"), on="code_insee").join(
        _unknown_border(communes, below, adjacency), on=["service", "code_insee"]
    )
    parts = [_sizes(rows), _help(members, below, points), _seat(members, points, seats)]
    if needs is not None:
        parts.append(_need(members, needs, min_answers))
    found = pd.concat([part.reindex(parts[0].index) for part in parts], axis=1)
    shapes = _shapes(members, communes).reindex(found.index)
    layer = gpd.GeoDataFrame(found, geometry=shapes.to_numpy(), crs=communes.crs)
    return layer.sort_values(["service", "population", "name"], ascending=[True, False, True], kind="stable")


def _sizes(rows: pd.DataFrame) -> pd.DataFrame:
    """Sum up each desert: counts, people, ground, and the bodies it touches."""
    by = rows.sort_values("population", ascending=False, kind="stable").groupby("desert")
    sums = by.agg(
        service=("service", "first"),
        certainty=("certainty", "first"),
        name=("name", "first"),
        communes=("code_insee", "size"),
        population=("population", "sum"),
        area_km2=("area_km2", "sum"),
        edge=("edge", "any"),
    )
    return sums.assign(epci=_codes(rows, "siren_epci"), departements=_codes(rows, "code_dep"))


def _codes(rows: pd.DataFrame, column: str) -> pd.Series:
    """Join the different codes of each desert."""
    pairs = rows[["desert", column]].dropna().drop_duplicates().sort_values(column)
    joined: pd.Series = pairs.groupby("desert")[column].agg(";".join)
    return joined


def _unknown_border(
    communes: gpd.GeoDataFrame, below: pd.DataFrame, adjacency: sparse.csr_array
) -> pd.Series:
    """Tell for each service and commune whether it touches ground of which nothing is known."""
    open_sided = on_border(communes.geometry).to_numpy()[:, None]
    strange = ~communes["inside"].to_numpy(dtype=bool)[:, None] & below.isna().to_numpy()
    edge = open_sided | (adjacency.astype(int) @ strange.astype(int) > 0)
    index = pd.MultiIndex.from_product([below.columns, below.index], names=["service", "code_insee"])
    return pd.Series(edge.T.ravel(), index=index, name="edge")


def _help(members: pd.DataFrame, below: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    """Find the covered commune nearest to each desert, and how far its farthest commune is from any."""
    has = ~below.fillna(value=True).astype(bool)
    frames = [
        rows.join(nearest(points.loc[rows["code_insee"]], points[has[service]]), on="code_insee")
        for service, rows in members.groupby("service", sort=False)
    ]
    columns = {"nearest": "nearest_covered", "distance_m": "nearest_covered_m"}
    if not frames:
        return pd.DataFrame(columns=[*columns.values(), "farthest_m"])
    by = pd.concat(frames).sort_values("distance_m", kind="stable").groupby("desert")
    closest = by[list(columns)].first().rename(columns=columns)
    return closest.assign(farthest_m=by["distance_m"].max())


def _seat(members: pd.DataFrame, points: pd.DataFrame, seats: pd.Series | None) -> pd.DataFrame:
    """Find the OPSN whose seat is nearest to a commune of each desert."""
    columns = {"nearest": "nearest_opsn", "distance_m": "nearest_opsn_m"}
    seats = pd.Series(dtype="object") if seats is None else seats.dropna()
    targets = points.reindex(seats).set_axis(seats.index)
    found = members.join(nearest(points.loc[members["code_insee"].unique()], targets), on="code_insee")
    by = found.sort_values("distance_m", kind="stable").groupby("desert")
    return by[list(columns)].first().rename(columns=columns)


def _need(members: pd.DataFrame, needs: pd.DataFrame, min_answers: int) -> pd.DataFrame:
    """Add up the declared need inside each desert."""
    sums = members.merge(needs, on=["code_insee", "service"]).groupby("desert")[["yes", "base"]].sum()
    told = sums.reindex(members["desert"].unique(), fill_value=0)
    told = (
        told.where(told["base"] >= min_answers).set_axis(["need_count", "need_base"], axis=1).astype("Int64")
    )
    return told.assign(need_share=(told["need_count"] / told["need_base"]).astype("Float64"))


def _shapes(members: pd.DataFrame, communes: gpd.GeoDataFrame) -> pd.Series:
    """Dissolve each desert into one multipolygon."""
    place = communes.index.get_indexer(members["code_insee"])
    geometries = communes.geometry.to_numpy()
    shapes = {
        desert: shapely.coverage_union_all(geometries[place[rows]])
        for desert, rows in members.groupby("desert", sort=False).indices.items()
    }
    multi = [shapely.multipolygons(shapely.get_parts(shape)) for shape in shapes.values()]
    return pd.Series(np.array(multi, dtype=object), index=list(shapes), dtype="object")
