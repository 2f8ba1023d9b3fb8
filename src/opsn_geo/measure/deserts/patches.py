"""What each desert is: its people, its ground, whom it touches, how near help is, what it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from opsn_geo.measure.deserts.contiguity import on_border
from opsn_geo.measure.deserts.nearest import labels_at, nearest_places, places

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from scipy import sparse

    Places = NDArray[np.intp]
    Points = NDArray[np.float64]


def deserts(
    members: pd.DataFrame,
    communes: gpd.GeoDataFrame,
    below: pd.DataFrame,
    adjacency: sparse.csr_array,
    *,
    seats: pd.Series | None = None,
    needs: pd.DataFrame | None = None,
    min_answers: int = 5,
    border: pd.Series | None = None,
) -> gpd.GeoDataFrame:
    """Describe each desert.

    Parameters
    ----------
    members : DataFrame
        Communes of each desert, as from :func:`~opsn_geo.measure.deserts.members.members`, of one certainty.
    communes : GeoDataFrame
        On ``code_insee``, a valid coverage in a metric projection: name, code_dep, siren_epci, population,
        area_km2, inside, and mairie_x, mairie_y where they are known. Communes outside the study that the
        user supplies stand here too: what is known of them makes a border known and help near.
    below : DataFrame of boolean
        Communes × services on the index of `communes`, as from
        :func:`~opsn_geo.measure.deserts.members.lacking`.
    adjacency : csr_array of bool
        Contiguity of `communes`.
    seats : Series of str, optional
        ``code_insee`` of the seat of each OPSN, on its slug.
    needs : DataFrame, optional
        ``code_insee``, ``service``, ``yes`` (answers that ask for the service), ``base`` (answers to the
        question).
    min_answers : int
        A need with a smaller base is not told.
    border : Series of bool, optional
        Which communes have a border that no other shares, where it is known already; otherwise found by
        :func:`~opsn_geo.measure.deserts.contiguity.on_border`.

    Returns
    -------
    GeoDataFrame
        On ``desert``, by service, then falling population: service, certainty, name (of the most populous
        commune), communes (count), population, area_km2, epci_touched and departements_touched (codes, ';'
        joined), nearest_covered (code_insee) and nearest_covered_m (shortest distance between a commune of
        the desert and one known to have the service, mairie to mairie), farthest_m (the greatest such
        distance among its communes), nearest_opsn and nearest_opsn_m (to its seat), need_count,
        need_base, need_share, edge, geometry. Distances are missing where nobody is known to have the
        service, or no seat lies in
        `communes`. ``edge``: the desert touches ground of which nothing is known, so help may be nearer than
        told. Need: a sum over answers, missing without `needs` or where the base is under `min_answers`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from opsn_geo.measure.deserts.contiguity import contiguity
    >>> from opsn_geo.measure.deserts.members import members
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

    number, labels = pd.factorize(members["desert"])
    place = communes.index.get_indexer(pd.Index(members["code_insee"]))
    service = below.columns.get_indexer(pd.Index(members["service"]))
    xy = places(communes).to_numpy(dtype=float)
    rows = _Rows(number, place, service, pd.Index(labels, name="desert"))
    parts = [
        _sizes(rows, members, communes),
        _help(rows, communes.index, below, xy),
        _seat(rows, communes.index, xy, pd.Series(dtype="object") if seats is None else seats),
        _edge(rows, communes, below, adjacency, on_border(communes.geometry) if border is None else border),
    ]
    if needs is not None:
        parts.append(_need(members, needs, min_answers))
    found = pd.concat([part.reindex(rows.labels) for part in parts], axis=1)
    layer = gpd.GeoDataFrame(found, geometry=_shapes(rows, communes.geometry.to_numpy()), crs=communes.crs)
    return layer.sort_values(["service", "population", "name"], ascending=[True, False, True], kind="stable")


class _Rows(NamedTuple):
    """The rows of members by number: of their desert, their commune and their service."""

    number: Places
    place: Places
    service: Places
    labels: pd.Index


def _sizes(rows: _Rows, members: pd.DataFrame, communes: pd.DataFrame) -> pd.DataFrame:
    """Sum up each desert: counts, people, ground, and the bodies it touches."""
    heads = members.drop_duplicates("desert").set_index("desert")
    people = communes["population"].fillna(0).to_numpy(dtype=float)[rows.place]
    ground = communes["area_km2"].to_numpy(dtype=float)[rows.place]
    most = len(rows.labels)
    return pd.DataFrame(
        {
            "service": heads["service"].to_numpy(),
            "certainty": heads["certainty"].to_numpy(),
            "name": communes["name"].reindex(heads["code_insee"]).to_numpy(),
            "communes": np.bincount(rows.number, minlength=most),
            "population": np.bincount(rows.number, people, most).round().astype(np.int64),
            "area_km2": np.bincount(rows.number, ground, most),
            "epci_touched": _codes(rows, communes["siren_epci"]),
            "departements_touched": _codes(rows, communes["code_dep"]),
        },
        index=rows.labels,
    )


def _codes(rows: _Rows, codes: pd.Series) -> list[str]:
    """Join the different codes of each desert, sorted."""
    code, names = pd.factorize(codes, sort=True)
    found = np.zeros((len(rows.labels), len(names) + 1), dtype=bool)
    found[rows.number, code[rows.place]] = True
    words = names.to_numpy(dtype=object)
    return [";".join(words[touched]) for touched in found[:, :-1]]


def _edge(
    rows: _Rows, communes: pd.DataFrame, below: pd.DataFrame, adjacency: sparse.csr_array, border: pd.Series
) -> pd.DataFrame:
    """Tell which deserts touch ground of which nothing is known."""
    strange = ~communes["inside"].to_numpy(dtype=bool)[:, None] & below.isna().to_numpy()
    edge = border.to_numpy()[:, None] | (adjacency.astype(np.int32) @ strange.astype(np.int32) > 0)
    touched = np.bincount(rows.number, edge[rows.place, rows.service], len(rows.labels)) > 0
    return pd.DataFrame({"edge": touched}, index=rows.labels)


def _help(rows: _Rows, codes: pd.Index, below: pd.DataFrame, xy: Points) -> pd.DataFrame:
    """Find the covered commune nearest to each desert, and how far its farthest commune is from any."""
    has = ~below.fillna(value=True).to_numpy(dtype=bool)
    nearest, metres = np.full(len(rows.place), -1), np.full(len(rows.place), np.nan)
    for service in np.unique(rows.service):
        here = rows.service == service
        covered = np.where(has[:, [service]], xy, np.nan)
        nearest[here], metres[here] = nearest_places(xy[rows.place[here]], covered)
    found = _closest(rows, nearest, metres, codes, "nearest_covered")
    farthest = np.full(len(rows.labels), -np.inf)
    np.fmax.at(farthest, rows.number, metres)
    return found.assign(farthest_m=np.where(np.isfinite(farthest), farthest, np.nan))


def _seat(rows: _Rows, codes: pd.Index, xy: Points, seats: pd.Series) -> pd.DataFrame:
    """Find the OPSN whose seat is nearest to a commune of each desert."""
    place = codes.get_indexer(pd.Index(seats, dtype="object"))
    there = np.where((place >= 0)[:, None], xy[place], np.nan)
    nearest, metres = nearest_places(xy, there)
    return _closest(rows, nearest[rows.place], metres[rows.place], seats.index, "nearest_opsn")


def _closest(rows: _Rows, nearest: Places, metres: Points, labels: pd.Index, name: str) -> pd.DataFrame:
    """Keep for each desert the target nearest to any of its communes; the first of several in order."""
    order = np.lexsort((metres, rows.number))
    first = order[np.unique(rows.number[order], return_index=True)[1]]
    target = labels_at(labels, nearest[first])
    return pd.DataFrame({name: target, f"{name}_m": metres[first]}, index=rows.labels)


def _need(members: pd.DataFrame, needs: pd.DataFrame, min_answers: int) -> pd.DataFrame:
    """Add up the declared need inside each desert."""
    sums = members.merge(needs, on=["code_insee", "service"]).groupby("desert")[["yes", "base"]].sum()
    told = sums.reindex(members["desert"].unique(), fill_value=0)
    told = (
        told.where(told["base"] >= min_answers).set_axis(["need_count", "need_base"], axis=1).astype("Int64")
    )
    return told.assign(need_share=(told["need_count"] / told["need_base"]).astype("Float64"))


def _shapes(rows: _Rows, geometries: NDArray[np.object_]) -> list[shapely.MultiPolygon]:
    """Dissolve each desert into one multipolygon; services with the same desert share its shape.

    Communes that lie in the same deserts are dissolved first, so that the ground that many deserts have in
    common is dissolved once.
    """
    order = np.argsort(rows.number, kind="stable")
    groups = np.split(rows.place[order], np.flatnonzero(np.diff(rows.number[order])) + 1)
    shapes: dict[bytes, shapely.MultiPolygon] = {}
    atoms, atom = _atoms(rows, len(geometries))
    whole = np.array([shapely.coverage_union_all(geometries[it]) for it in atoms], dtype=object)
    for group in groups if len(order) else []:
        if group.tobytes() not in shapes:
            parts = shapely.get_parts(shapely.coverage_union_all(whole[np.unique(atom[group])]))
            shapes[group.tobytes()] = shapely.multipolygons(parts)
    return [shapes[group.tobytes()] for group in groups] if len(order) else []


def _atoms(rows: _Rows, size: int) -> tuple[list[Places], Places]:
    """Group the communes that lie in the same deserts: the communes of each group, and the group of each."""
    atom = np.zeros(size, dtype=np.intp)
    desert = np.full((size, rows.service.max(initial=0) + 1), -1)
    desert[rows.place, rows.service] = rows.number
    for column in desert.T:
        atom = pd.factorize(atom * (len(rows.labels) + 1) + column + 1)[0]
    order = np.argsort(atom, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(atom[order])) + 1), atom
