"""Who touches whom: contiguity of communes, read off the vertices that a valid coverage shares.

Two areas of a valid coverage that touch have a vertex in common, and two that share a border have an edge
in common. Equal vertices are found by sorting, so that all of France takes about a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from opsn_geo.errors import Fault, InputError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

Rule = Literal["queen", "rook"]


class Contacts(NamedTuple):
    """Who touches whom, by each rule, and who has a border that no other area shares."""

    queen: sparse.csr_array
    rook: sparse.csr_array
    on_border: pd.Series


def contacts(areas: gpd.GeoSeries) -> Contacts:
    """Both contiguity matrices of a coverage and its border, from one check and one walk of its rings.

    Parameters and errors are those of :func:`contiguity`; see also :func:`on_border`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> both = contacts(gpd.GeoSeries([shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2)]))
    >>> both.queen.nnz, both.rook.nnz, both.on_border.tolist()
    (2, 0, [True, True])
    """
    check_coverage(areas)
    owner, ends = _edges(areas)
    edges = _edge_ids(ends)
    return Contacts(
        queen=_touching(owner, ends[:, 0], len(areas)),
        rook=_touching(owner, edges, len(areas)),
        on_border=_bordering(owner, edges, areas.index),
    )


def contiguity(areas: gpd.GeoSeries, *, rule: Rule = "queen", order: int = 1) -> sparse.csr_array:
    """Contiguity matrix of the areas of a coverage.

    Parameters
    ----------
    areas : GeoSeries of Polygon or MultiPolygon
        A valid coverage (no overlap, every shared border with the same vertices on both sides), on an index
        of unique codes. An area in two parts is one area; a missing or empty one touches nothing.
    rule : {"queen", "rook"}
        ``queen``: areas that share a vertex touch. ``rook``: they must share an edge.
    order : int
        Areas at most this many steps from each other count as touching: 2 lets one area stand in between.

    Returns
    -------
    scipy.sparse.csr_array of bool
        Symmetric, with an empty diagonal; rows and columns in the order of ``areas``.

    Raises
    ------
    InputError
        The areas are not a valid coverage; every area at fault is named.

    Notes
    -----
    With ``B`` the incidence of areas and vertices (or edges), the matrix is ``B Bᵀ > 0`` off its diagonal,
    and the matrix of order k is ``(I + A)ᵏ > 0``. Queen and rook contiguity: Cliff and Ord, *Spatial
    Autocorrelation* (1973).

    Examples
    --------
    Four squares: queen joins the corners that rook does not.

    >>> import geopandas as gpd
    >>> squares = gpd.GeoSeries([shapely.box(x, y, x + 1, y + 1) for x in (0, 1) for y in (0, 1)])
    >>> contiguity(squares).sum(axis=1).tolist(), contiguity(squares, rule="rook").sum(axis=1).tolist()
    ([3, 3, 3, 3], [2, 2, 2, 2])
    """
    check_coverage(areas)
    owner, ends = _edges(areas)
    touching = _touching(owner, ends[:, 0] if rule == "queen" else _edge_ids(ends), len(areas))
    return within_steps(touching, order)


def within_steps(touching: sparse.csr_array, order: int) -> sparse.csr_array:
    """Contiguity matrix of areas at most `order` steps from each other, from that of neighbours.

    >>> row = sparse.csr_array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=bool)
    >>> within_steps(row, 2).toarray().astype(int).tolist()
    [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    """
    reached = touching
    for _ in range(order - 1):
        reached = _off_diagonal(reached @ touching + reached)
    return reached


def alike(touching: sparse.csr_array, classes: pd.Series) -> sparse.csr_array:
    """Contiguity matrix of areas of one class, such as towns, without contacts between classes.

    Parameters
    ----------
    touching : csr_array of bool
        Contiguity of areas.
    classes : Series
        Class of each, in the same order; a missing one is a class of its own.

    Examples
    --------
    >>> row = sparse.csr_array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=bool)
    >>> alike(row, pd.Series(["town", "town", "land"])).toarray().astype(int).tolist()
    [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    """
    kinds, pairs = pd.factorize(classes)[0], touching.tocoo()
    kept = kinds[pairs.row] == kinds[pairs.col]
    return sparse.csr_array((pairs.data[kept], (pairs.row[kept], pairs.col[kept])), shape=touching.shape)


def on_border(areas: gpd.GeoSeries) -> pd.Series:
    """Whether each area has a border that no other area shares: beyond it, nothing is known.

    Parameters
    ----------
    areas : GeoSeries of Polygon or MultiPolygon
        A valid coverage. A coast is a border too: the geometry cannot tell the sea from a neighbour left out.

    Returns
    -------
    pandas.Series of bool
        On the index of ``areas``; false for a missing or empty one.

    Examples
    --------
    >>> import geopandas as gpd
    >>> squares = [shapely.box(x, y, x + 1, y + 1) for x in range(3) for y in range(3)]
    >>> [number for number, outer in on_border(gpd.GeoSeries(squares)).items() if not outer]
    [4]
    """
    owner, ends = _edges(areas)
    return _bordering(owner, _edge_ids(ends), areas.index)


def _bordering(owner: NDArray[np.int64], edges: NDArray[np.int64], index: pd.Index) -> pd.Series:
    """Whether each area has an edge that no other has."""
    alone = np.bincount(edges)[edges] == 1
    bordering = np.bincount(owner[alone], minlength=len(index)) > 0
    return pd.Series(bordering, index=index, name="on_border")


def check_coverage(areas: gpd.GeoSeries) -> None:
    """Raise where areas are no valid coverage: they overlap, or shared borders have different vertices.

    Raises
    ------
    InputError
        Every area at fault is named.
    """
    geometries = areas.to_numpy()
    if shapely.coverage_is_valid(geometries):
        return
    wrong = ~shapely.is_empty(shapely.coverage_invalid_edges(geometries))
    raise InputError(Fault(cause="invalid_coverage", value=str(code)) for code in areas.index[wrong])


def _edges(areas: gpd.GeoSeries) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Edges of all rings: the area each belongs to, and the numbers of the vertices at its two ends."""
    parts, part_owner = shapely.get_parts(areas.to_numpy(), return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    vertex = _vertex_ids(xy)
    follows = ring[1:] == ring[:-1]  # two vertices in a row make an edge, unless a ring ends between them
    ends = np.column_stack([vertex[:-1], vertex[1:]])[follows]
    return part_owner[ring_part][ring[:-1][follows]], ends


def _vertex_ids(xy: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number of each distinct vertex, to a billionth of the extent (a millimetre for France)."""
    if not len(xy):
        return np.empty(0, dtype=np.int64)
    low = xy.min(axis=0)
    step = (xy.max(axis=0) - low).max() / 2**30
    grid = np.rint((xy - low) / step).astype(np.int64)
    return _ids((grid[:, 0] << 32) | grid[:, 1])  # both coordinates in one integer, which sorts fast


def _edge_ids(ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of each distinct edge, in whichever direction it is walked."""
    low, high = np.sort(ends, axis=1).T
    return _ids(low << 32 | high)


def _ids(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of each distinct key, in the order of the keys."""
    numbers: NDArray[np.int64] = np.unique(keys, return_inverse=True)[1].astype(np.int64)
    return numbers


def _touching(owner: NDArray[np.int64], ids: NDArray[np.int64], areas: int) -> sparse.csr_array:
    """Contiguity matrix of areas that have the same vertices or edges."""
    shared = np.bincount(ids)[ids] > 1  # most vertices are on one ring only, and make no contact
    owner, ids = owner[shared], ids[shared]
    ones = np.ones(len(ids), dtype=bool)
    joint = sparse.csr_array((ones, (owner, ids)), shape=(areas, ids.max(initial=0) + 1))
    return _off_diagonal(joint @ joint.T)


def _off_diagonal(matrix: sparse.csr_array) -> sparse.csr_array:
    coo = matrix.astype(bool).tocoo()
    off = coo.row != coo.col
    kept = sparse.csr_array((coo.data[off], (coo.row[off], coo.col[off])), shape=matrix.shape)
    kept.sort_indices()
    return kept
