"""Service deserts: connected patches of communes below a rung of the ladder, and what each of them is.

:func:`members` gathers the communes below the rung (from :mod:`opsn_geo.measure.deserts.lacking`) into
patches; :func:`deserts` describes each patch.

What is monotone: giving a commune a membership can only take communes out of deserts, never put one in, and
taking a membership away does the reverse. The *number* of patches is not monotone: covering a commune in the
middle of one may split it in two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np
import pandas as pd
import shapely

from opsn_geo.measure.deserts.contiguity import on_border
from opsn_geo.measure.deserts.nearest import labels_at, nearest_places, places
from opsn_geo.measure.disclosure import DEFAULT_MIN_ANSWERS, FEW, MOST, SHOWN, SMALL, shown
from opsn_geo.measure.missing import whole_numbers

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from scipy import sparse

    Places = NDArray[np.intp]
    Points = NDArray[np.float64]

Certainty = Literal["sure", "possible"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """How large a patch must be to count as a desert; each bound is included.

    >>> Thresholds(communes=2).population
    0.0
    """

    communes: int = 1
    population: float = 0.0
    area_km2: float = 0.0


ANY_SIZE: Final = Thresholds()


def members(
    below: pd.DataFrame,
    adjacency: sparse.csr_array,
    communes: pd.DataFrame,
    *,
    certainty: Certainty = "sure",
    thresholds: Thresholds = ANY_SIZE,
) -> pd.DataFrame:
    """Communes of each desert: those below the rung, in connected patches, all services at once.

    Parameters
    ----------
    below : DataFrame of boolean
        Communes × services, as from :func:`~opsn_geo.measure.deserts.lacking.lacking`, on the index of
        `communes`.
    adjacency : csr_array of bool
        Contiguity of the same communes in the same order, as from
        :func:`~opsn_geo.measure.deserts.contiguity.contiguity`; that of
        :func:`~opsn_geo.measure.deserts.contiguity.alike` keeps classes of communes separate.
    communes : DataFrame
        On ``code_insee``: ``population``, ``area_km2`` and ``inside``. Only communes inside the study make
        deserts.
    certainty : {"sure", "possible"}
        ``sure``: the communes known to be below the rung. ``possible``: those and the unknown ones.
    thresholds : Thresholds
        Patches below any of its bounds are left out.

    Returns
    -------
    DataFrame
        One row per commune in a desert, by service, then desert, then falling population: ``desert`` (the
        service and the code of the patch's most populous commune, so that it keeps its name when it grows or
        shrinks around it), ``service``, ``certainty``, ``code_insee``. A commune of unknown population comes
        last, and a desert that holds one is below no threshold of people.

    Raises
    ------
    ValueError
        The frames and the matrix do not hold the same communes.

    Examples
    --------
    Three communes in a row; the middle one is covered, so two patches are left.

    >>> from scipy import sparse
    >>> codes = pd.Index(["a", "b", "c"], name="code_insee")
    >>> communes = pd.DataFrame({"population": 9, "area_km2": 1.0, "inside": True}, index=codes)
    >>> row = sparse.csr_array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=bool)
    >>> lacking = pd.DataFrame({"dpd": [True, False, True]}, index=codes, dtype="boolean")
    >>> members(lacking, row, communes)["desert"].tolist()
    ['dpd-a', 'dpd-c']
    """
    numbers = patch_numbers(below, adjacency, communes, certainty=certainty)
    kept = numbers >= 0
    kept[kept] = large_enough(patch_sizes(numbers, communes), thresholds)[numbers[kept]]
    place, service = np.nonzero(kept)
    population = communes["population"].fillna(-1).to_numpy(dtype=float)[place]
    commune_rank, service_rank = _alphabetical_ranks(communes.index), _alphabetical_ranks(below.columns)
    # By patch, then falling population, then code (lexsort takes the last key first): the first row of each
    # patch is its most populous commune, whose code names the patch.
    order = np.lexsort((commune_rank[place], -population, numbers[kept]))
    place, service, patch = place[order], service[order], numbers[kept][order]
    _, first_rows, patch_of_row = np.unique(patch, return_index=True, return_inverse=True)
    namesake = place[first_rows][patch_of_row]
    # Then by service and name; the sort is stable, so that the order within a patch stays.
    order = np.lexsort((commune_rank[namesake], service_rank[service]))
    codes, services = communes.index.to_numpy(dtype=object), below.columns.to_numpy(dtype=object)
    return pd.DataFrame(
        {
            "desert": (services[service] + "-" + codes[namesake])[order],
            "service": services[service][order],
            "certainty": certainty,
            "code_insee": codes[place][order],
        }
    )


def members_by_density(
    below: pd.DataFrame,
    adjacency: sparse.csr_array,
    communes: pd.DataFrame,
    urban: pd.Series,
    *,
    rural: Thresholds = ANY_SIZE,
    dense: Thresholds = ANY_SIZE,
) -> pd.DataFrame:
    """Communes of each desert, urban and rural deserts separate, each with its own thresholds.

    Parameters
    ----------
    below, adjacency, communes
        As in :func:`members`.
    urban : Series of bool
        On the index of `communes`, as from :func:`urban_communes`.
    rural, dense : Thresholds
        Of the deserts of rural and of urban communes.

    Returns
    -------
    DataFrame
        As :func:`members`: the rural deserts, then the urban ones.
    """
    parts = [
        members(below.mask(left_out, other=False, axis=0), adjacency, communes, thresholds=thresholds)
        for left_out, thresholds in ((urban, rural), (~urban, dense))
    ]
    return pd.concat(parts, ignore_index=True)


def urban_communes(communes: pd.DataFrame, min_density: float) -> pd.Series:
    """Whether each commune has at least a density, in inhabitants per km²; not where it is unknown.

    >>> urban_communes(pd.DataFrame({"population": [300, 299], "area_km2": 1.0}), 300).tolist()
    [True, False]
    """
    return communes["population"] / communes["area_km2"] >= min_density


def _alphabetical_ranks(labels: pd.Index) -> NDArray[np.intp]:
    """Rank of each label in alphabetical order: the inverse of the permutation that sorts them."""
    return np.argsort(np.argsort(labels.to_numpy(dtype=object), kind="stable"), kind="stable")


def patch_numbers(
    below: pd.DataFrame,
    adjacency: sparse.csr_array,
    communes: pd.DataFrame,
    *,
    certainty: Certainty = "sure",
) -> NDArray[np.int64]:
    """Number of the connected patch that each commune lies in, service by service.

    Parameters and errors are those of :func:`members`.

    Returns
    -------
    ndarray of int
        Communes × services, in the order of `below`: numbers from 0 on, service after service; -1 where the
        commune is in no patch.

    Examples
    --------
    >>> from scipy import sparse
    >>> codes = pd.Index(["a", "b"])
    >>> frame = pd.DataFrame({"dpd": [True, True], "sig": [None, True]}, index=codes, dtype="boolean")
    >>> pair = sparse.csr_array([[0, 1], [1, 0]], dtype=bool)
    >>> patch_numbers(frame, pair, pd.DataFrame({"inside": True}, index=codes)).tolist()
    [[0, -1], [0, 1]]
    """
    from scipy import sparse  # noqa: PLC0415 - heavy, and needed for patches only

    if not below.index.equals(communes.index) or adjacency.shape != (len(communes), len(communes)):
        raise ValueError("below, adjacency and communes must hold the same communes in the same order")
    lacking = below.fillna(value=certainty == "possible").to_numpy(dtype=bool)
    lacking = lacking & communes["inside"].to_numpy(dtype=bool)[:, None]
    # Entry k of the sparse matrix says that commune rows[k] touches commune adjacency.indices[k].
    rows = np.repeat(np.arange(len(communes)), np.diff(adjacency.indptr))
    numbers, first = np.full(lacking.shape, -1), 0
    patches: dict[bytes, NDArray[np.int64]] = {}  # services that the same communes lack have the same
    for service, lacks in enumerate(np.ascontiguousarray(lacking.T)):
        key = lacks.tobytes()
        if key in patches:
            numbers[lacks, service] = first + patches[key]
            first += patches[key].max(initial=-1) + 1
            continue
        # The graph of the communes that lack the service: only contacts between two of them are kept, and
        # the row pointers are those entries counted anew.
        kept = lacks[rows] & lacks[adjacency.indices]
        counted = np.concatenate([[0], np.cumsum(kept, dtype=np.int32)], dtype=np.int32)
        graph = sparse.csr_array(
            (np.ones(counted[-1]), adjacency.indices[kept], counted[adjacency.indptr]), shape=adjacency.shape
        )
        labels = sparse.csgraph.connected_components(graph, directed=False)[1][lacks]
        # Communes that do not lack it are components too: number anew those that are left.
        used = np.bincount(labels) > 0
        patches[key] = (np.cumsum(used) - 1)[labels]
        numbers[lacks, service] = first + patches[key]
        first += used.sum()
    return numbers


def patch_sizes(numbers: NDArray[np.int64], communes: pd.DataFrame) -> pd.DataFrame:
    """Size of each patch of :func:`patch_numbers`, by number.

    ``service`` is its position among those of `numbers`; then ``communes``, ``population``, ``area_km2``.
    The people or the area of a patch are missing where those of one of its communes are.

    >>> communes = pd.DataFrame({"population": [5, 1, None], "area_km2": 1.0})
    >>> patch_sizes(np.array([[0, -1], [0, 1], [-1, 1]]), communes)["population"].tolist()
    [6.0, nan]
    """
    place, service_of_row = np.nonzero(numbers >= 0)
    patch = numbers[numbers >= 0]
    sums = {
        name: np.bincount(patch, communes[name].to_numpy(dtype=float)[place])
        for name in ("population", "area_km2")
    }
    service = np.zeros(len(sums["population"]), dtype=np.int64)
    service[patch] = service_of_row
    return pd.DataFrame({"service": service, "communes": np.bincount(patch), **sums})


def large_enough(sizes: pd.DataFrame, thresholds: Thresholds) -> NDArray[np.bool_]:
    """Whether no threshold is above the sizes of each patch, as from :func:`patch_sizes`.

    A size that is not known is below no threshold.

    >>> sizes = pd.DataFrame({"communes": [2, 1, 1], "population": [6.0, 1.0, None], "area_km2": 1.0})
    >>> large_enough(sizes, Thresholds(population=6)).tolist()
    [True, False, True]
    """
    short = sizes["communes"].to_numpy() < thresholds.communes
    short |= sizes["population"].to_numpy() < thresholds.population
    # a sum may fall short by rounding
    short |= sizes["area_km2"].to_numpy() < thresholds.area_km2 * (1 - 1e-9)
    return np.asarray(~short)


def deserts(
    members: pd.DataFrame,
    communes: gpd.GeoDataFrame,
    below: pd.DataFrame,
    adjacency: sparse.csr_array,
    *,
    seats: pd.Series | None = None,
    needs: pd.DataFrame | None = None,
    min_answers: int = DEFAULT_MIN_ANSWERS,
    published: pd.Series | None = None,
    border: pd.Series | None = None,
    urban: pd.Series | None = None,
) -> gpd.GeoDataFrame:
    """Description of each desert, with its outline.

    Parameters
    ----------
    members : DataFrame
        Communes of each desert, as from :func:`members`, of one certainty.
    communes : GeoDataFrame
        On ``code_insee``, a valid coverage in a metric projection: name, code_dep, siren_epci, population,
        area_km2, inside, and mairie_x, mairie_y where they are known. Communes outside the study that the
        user supplies stand here too: what is known of them makes a border known and help near.
    below : DataFrame of boolean
        Communes × services on the index of `communes`, as from
        :func:`~opsn_geo.measure.deserts.lacking.lacking`.
    adjacency : csr_array of bool
        Contiguity of `communes`.
    seats : Series of str, optional
        ``code_insee`` of the seat of each OPSN, on its slug.
    needs : DataFrame, optional
        ``code_insee``, ``service``, ``yes`` (answers that ask for the service), ``base`` (answers to the
        question).
    min_answers : int
        Fewest answers on either side of a need that is published.
    published : Series of str, optional
        On ``desert``: whether its need may be published (:func:`opsn_geo.measure.disclosure.shown`); found
        here where nothing else is published.
    border : Series of bool, optional
        Which communes have a border that no other shares; by default from
        :func:`~opsn_geo.measure.deserts.contiguity.on_border`.
    urban : Series of bool, optional
        Class of each commune, where deserts were formed by :func:`members_by_density`.

    Returns
    -------
    GeoDataFrame
        On ``desert``, by service, then falling population: service, certainty, name (of the most populous
        commune), communes (count), population, area_km2, with `urban` the class of its communes,
        epci_touched and departements_touched (codes, ';' joined), nearest_covered (code_insee) and
        nearest_covered_m (shortest distance between a commune of the desert and one known to have the
        service, mairie to mairie), farthest_m (the greatest such distance among its communes), nearest_opsn
        and nearest_opsn_m (to its seat), edge, need_count, need_base, need_share, geometry. Distances are
        missing where no commune is known to have the service, or no seat lies in `communes`. ``edge``: the
        desert touches ground of which nothing is known, so help may be nearer. Need: a sum over answers,
        missing without `needs` or where the base is under `min_answers`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from opsn_geo.measure.deserts.contiguity import contiguity
    >>> codes = pd.Index(["a", "b"], name="code_insee")
    >>> communes = gpd.GeoDataFrame(
    ...     {"name": ["A", "B"], "code_dep": "80", "siren_epci": "2", "population": [9, 8], "area_km2": 1.0,
    ...      "inside": True}, index=codes,
    ...     geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)])
    >>> below = pd.DataFrame({"dpd": [True, False]}, index=codes, dtype="boolean")
    >>> touching = contiguity(communes.geometry)
    >>> layer = deserts(members(below, touching, communes), communes, below, touching)
    >>> layer[["communes", "nearest_covered", "nearest_covered_m", "edge"]].to_dict("index")
    {'dpd-a': {'communes': 1, 'nearest_covered': 'b', 'nearest_covered_m': 1000.0, 'edge': True}}
    """
    import geopandas as gpd  # noqa: PLC0415 - heavy, and needed to describe patches only

    number, labels = pd.factorize(members["desert"])
    place = communes.index.get_indexer(pd.Index(members["code_insee"]))
    service = below.columns.get_indexer(pd.Index(members["service"]))
    xy = places(communes).to_numpy(dtype=float)
    rows = _Rows(number, place, service, pd.Index(labels, name="desert"))
    border = on_border(communes.geometry) if border is None else border
    seats = pd.Series(dtype="object") if seats is None else seats
    parts = [
        _sizes(rows, members, communes, urban),
        _nearest_covered(rows, communes.index, below, xy),
        _nearest_seat(rows, communes.index, xy, seats),
        _touching_unknown(rows, communes, below, adjacency, border),
    ]
    if needs is not None:
        parts.append(_needs(members, needs, min_answers, published))
    table = pd.concat([part.reindex(rows.labels) for part in parts], axis=1)
    layer = gpd.GeoDataFrame(table, geometry=_shapes(rows, communes.geometry.to_numpy()), crs=communes.crs)
    return layer.sort_values(["service", "population", "name"], ascending=[True, False, True], kind="stable")


class _Rows(NamedTuple):
    """The rows of :func:`members` by position: of their desert, their commune and their service."""

    desert: Places
    place: Places
    service: Places
    labels: pd.Index


def _sizes(
    rows: _Rows, members: pd.DataFrame, communes: pd.DataFrame, urban: pd.Series | None
) -> pd.DataFrame:
    """Name, counts, people and area of each desert, and the groupings it touches."""
    first = members.drop_duplicates("desert").set_index("desert")  # the most populous commune
    population = communes["population"].to_numpy(dtype=float)[rows.place]
    area = communes["area_km2"].to_numpy(dtype=float)[rows.place]
    n_deserts = len(rows.labels)
    columns: dict[str, object] = {
        "service": first["service"].to_numpy(),
        "certainty": first["certainty"].to_numpy(),
        "name": communes["name"].reindex(first["code_insee"]).to_numpy(),
        "communes": np.bincount(rows.desert, minlength=n_deserts),
        "population": whole_numbers(
            pd.Series(np.bincount(rows.desert, population, n_deserts), index=rows.labels)
        ),
        "area_km2": np.bincount(rows.desert, area, n_deserts),
    }
    if urban is not None:  # the communes of a desert are all of one class
        columns["urban"] = urban.loc[first["code_insee"]].to_numpy()
    columns["epci_touched"] = _codes_touched(rows, communes["siren_epci"])
    columns["departements_touched"] = _codes_touched(rows, communes["code_dep"])
    return pd.DataFrame(columns, index=rows.labels)


def _codes_touched(rows: _Rows, codes: pd.Series) -> list[str]:
    """Different codes of the communes of each desert, sorted and joined by ';'; missing ones left out."""
    numbers, names = pd.factorize(codes, sort=True)
    touched = np.zeros((len(rows.labels), len(names) + 1), dtype=bool)
    touched[rows.desert, numbers[rows.place]] = True  # a missing code is -1: the last column
    labels = names.to_numpy(dtype=object)
    return [";".join(labels[chosen]) for chosen in touched[:, :-1]]


def _touching_unknown(
    rows: _Rows, communes: pd.DataFrame, below: pd.DataFrame, adjacency: sparse.csr_array, border: pd.Series
) -> pd.DataFrame:
    """Whether each desert touches the border, or a commune beyond the study of which nothing is known."""
    unknown = ~communes["inside"].to_numpy(dtype=bool)[:, None] & below.isna().to_numpy()
    edge = border.to_numpy()[:, None] | (adjacency.astype(np.int32) @ unknown.astype(np.int32) > 0)
    touched = np.bincount(rows.desert, edge[rows.place, rows.service], len(rows.labels)) > 0
    return pd.DataFrame({"edge": touched}, index=rows.labels)


def _nearest_covered(rows: _Rows, codes: pd.Index, below: pd.DataFrame, xy: Points) -> pd.DataFrame:
    """Covered commune nearest to each desert, and how far its farthest commune is from any."""
    covered = ~below.fillna(value=True).to_numpy(dtype=bool)
    nearest, metres = np.full(len(rows.place), -1), np.full(len(rows.place), np.nan)
    for service in np.unique(rows.service):
        in_service = rows.service == service
        targets = np.where(covered[:, [service]], xy, np.nan)
        nearest[in_service], metres[in_service] = nearest_places(xy[rows.place[in_service]], targets)
    farthest = np.full(len(rows.labels), -np.inf)
    np.fmax.at(farthest, rows.desert, metres)
    return _closest(rows, nearest, metres, codes, "nearest_covered").assign(
        farthest_m=np.where(np.isfinite(farthest), farthest, np.nan)
    )


def _nearest_seat(rows: _Rows, codes: pd.Index, xy: Points, seats: pd.Series) -> pd.DataFrame:
    """OPSN whose seat is nearest to a commune of each desert."""
    place = codes.get_indexer(pd.Index(seats, dtype="object"))
    targets = np.where((place >= 0)[:, None], xy[place], np.nan)
    nearest, metres = nearest_places(xy, targets)
    return _closest(rows, nearest[rows.place], metres[rows.place], seats.index, "nearest_opsn")


def _closest(rows: _Rows, nearest: Places, metres: Points, labels: pd.Index, name: str) -> pd.DataFrame:
    """Target nearest to any commune of each desert; the first of several in order."""
    order = np.lexsort((metres, rows.desert))
    first_rows = order[np.unique(rows.desert[order], return_index=True)[1]]
    targets = labels_at(labels, nearest[first_rows])
    return pd.DataFrame({name: targets, f"{name}_m": metres[first_rows]}, index=rows.labels)


def _needs(
    members: pd.DataFrame, needs: pd.DataFrame, min_answers: int, published: pd.Series | None
) -> pd.DataFrame:
    """Declared need inside each desert: sums over the answers, missing where they must not be published."""
    sums = members.merge(needs, on=["code_insee", "service"]).groupby("desert")[["yes", "base"]].sum()
    sums = sums.reindex(members["desert"].unique(), fill_value=0)
    why = _publishable(members, needs, min_answers) if published is None else published
    why = why.astype("str").reindex(sums.index).fillna(SMALL)
    count = sums["yes"].astype("Int64").where(why.eq(SHOWN) & sums["base"].gt(0))
    base = sums["base"].astype("Int64").where(why.isin([SHOWN, FEW, MOST]) & sums["base"].gt(0))
    return pd.DataFrame(
        {
            "need_count": count,
            "need_base": base,
            "need_share": (count / base).astype("Float64"),
            "need_hidden": why,
        }
    )


def _publishable(members: pd.DataFrame, needs: pd.DataFrame, min_answers: int) -> pd.Series:
    """Return the code of the need of each desert, where no other table is about these answers."""
    codes = [pd.Series(dtype="str")]
    for service, rows in needs.groupby("service"):
        # one row per answer, those that ask for the service first: of a commune only sums matter
        answers = rows.loc[rows.index.repeat(rows["base"])].reset_index(names="row")
        asks = answers.groupby("row").cumcount() < answers["yes"]
        own = members[members["service"].eq(service)]
        codes.append(need_codes(answers["code_insee"], asks.astype("boolean"), own, None, min_answers))
    stacked: pd.Series = pd.concat(codes)
    return stacked


def need_codes(
    places: pd.Series,
    need: pd.Series,
    members: pd.DataFrame,
    groups: pd.DataFrame | None = None,
    min_answers: int = DEFAULT_MIN_ANSWERS,
) -> pd.Series:
    """Return whether the need of each desert of one service may be published.

    Parameters
    ----------
    places : Series of str
        On ``respondent``: the commune each answers for.
    need : Series of bool
        On the same index: whether they ask for the service; missing where not answered.
    members : DataFrame
        ``desert`` and ``code_insee`` of the deserts of the service.
    groups : DataFrame of bool, optional
        On the same index: the groups that more is published about, which come first.
    min_answers : int
        Fewest answers on either side.

    Returns
    -------
    Series of str
        On ``desert``, as :func:`opsn_geo.measure.disclosure.shown`.

    Examples
    --------
    >>> members = pd.DataFrame({"desert": "dpd-a", "code_insee": ["a"]})
    >>> places, need = pd.Series(["a"] * 12), pd.Series([True] * 5 + [False] * 7)
    >>> need_codes(places, need, members).to_dict()
    {'dpd-a': ''}
    """
    number, names = pd.factorize(members["desert"].to_numpy(dtype=object))
    place = pd.Index(members["code_insee"].to_numpy(dtype=object)).get_indexer(places.to_numpy(dtype=object))
    # a respondent of no desert stands at place -1, the end, where no desert is
    desert = np.where(need.notna().to_numpy(), np.append(number, -1)[place], -1)
    found, first, size = np.unique(desert, return_index=True, return_counts=True)
    # too few answers are never shown, and leave everything else as it is
    is_large = (found >= 0) & (size >= 2 * min_answers)
    large = found[is_large][np.lexsort((first[is_large], -size[is_large]))]
    before = np.zeros((len(need), 0), dtype=bool) if groups is None else groups.to_numpy(dtype=bool)
    family = pd.DataFrame(np.hstack([before, desert[:, None] == large]), index=need.index)
    codes = np.full(len(names), SMALL, dtype=object)
    codes[large] = shown(need.to_frame(), family, min_answers).iloc[0, before.shape[1] :]
    return pd.Series(codes, index=names, dtype="str")


def _shapes(rows: _Rows, geometries: NDArray[np.object_]) -> list[shapely.MultiPolygon]:
    """Outline of each desert, as one multipolygon; services with the same desert share its shape.

    Communes that lie in the same deserts are dissolved first, so that the ground that many deserts have in
    common is dissolved once.
    """
    order = np.argsort(rows.desert, kind="stable")
    # Communes of each desert: rows sorted by desert, cut where the desert changes.
    communes = np.split(rows.place[order], np.flatnonzero(np.diff(rows.desert[order])) + 1)
    shapes: dict[bytes, shapely.MultiPolygon] = {}
    block_communes, block_of = _blocks(rows, len(geometries))
    dissolved = np.array(
        [shapely.coverage_union_all(geometries[members]) for members in block_communes], dtype=object
    )
    for places_inside in communes if len(order) else []:
        if places_inside.tobytes() not in shapes:
            blocks = dissolved[np.unique(block_of[places_inside])]
            parts = shapely.get_parts(shapely.coverage_union_all(blocks))
            shapes[places_inside.tobytes()] = shapely.multipolygons(parts)
    return [shapes[places_inside.tobytes()] for places_inside in communes] if len(order) else []


def _blocks(rows: _Rows, size: int) -> tuple[list[Places], Places]:
    """Blocks of communes that lie in exactly the same deserts: the communes of each, the block of each."""
    block = np.zeros(size, dtype=np.intp)
    desert = np.full((size, rows.service.max(initial=0) + 1), -1)
    desert[rows.place, rows.service] = rows.desert
    for of_service in desert.T:  # each service cuts the blocks further: a pair (block, desert) is a new block
        block = pd.factorize(block * (len(rows.labels) + 1) + of_service + 1)[0]
    order = np.argsort(block, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(block[order])) + 1), block
