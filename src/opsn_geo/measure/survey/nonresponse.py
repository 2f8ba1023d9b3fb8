"""Response in space: whether answers cluster beyond what composition explains, and where silence is.

Contiguity comes as the matrix of :func:`opsn_geo.measure.deserts.contiguity.contiguity`. All permutations are
within strata (département and size): a map of small communes is not taken for a map of silence.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from opsn_geo.measure.distributions import discoveries, hypergeometric_p

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Booleans = NDArray[np.bool_]
    Integers = NDArray[np.int64]

PERMUTATIONS: Final = 999
RINGS: Final = 2

_CELLS: Final = 100_000
"""Communes times permutations drawn at once: as many as fit in a processor's cache."""


def clustering(
    responded: pd.Series,
    contiguity: sparse.csr_array,
    strata: pd.Series | None = None,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> pd.Series:
    """Measure whether communes that answered lie together: Moran's I and join counts.

    With w_ij = 1 for communes that touch, y the response (1 or 0), z = y - ȳ and n communes:

    - ``moran`` = n / Σw · Σ w_ij z_i z_j / Σ z² (Moran, 1950), ``moran_expected`` = -1 / (n - 1);
    - join counts, pairs of neighbours (Cliff and Ord, 1973): ``joins_both`` answered, ``joins_none`` did,
      ``joins_mixed``;
    - the same from `permutations` of the answers *within each stratum*: ``moran_permuted`` and
      ``moran_permuted_sd``, ``joins_both_permuted``, and one-sided ``moran_p`` and ``joins_both_p``, the
      share of permutations, the observed one included, that reach as much.

    Parameters
    ----------
    responded : Series of bool
        Whether each commune answered.
    contiguity : scipy.sparse.csr_array
        Symmetric, in the order of `responded`.
    strata : Series of str, optional
        Stratum of each commune; none permutes over all of them.
    permutations, seed : int
        Permutations, and seed of their generator.

    Returns
    -------
    Series of float

    Examples
    --------
    >>> row = sparse.csr_array(np.diag(np.ones(5), 1) + np.diag(np.ones(5), -1))
    >>> found = clustering(pd.Series([True, True, True, False, False, False]), row, permutations=99)
    >>> found[["moran", "joins_both", "joins_mixed"]].tolist()
    [0.6, 2.0, 1.0]
    """
    answers = responded.to_numpy(dtype=float)
    links = contiguity.astype(float)
    batches = chain([answers[:, None]], _permuted(answers, strata, permutations, seed))
    counts = [_joins(drawn, links, answers.mean()) for drawn in batches]
    both, deviations = (np.concatenate(parts) for parts in zip(*counts, strict=True))
    square = float(((answers - answers.mean()) ** 2).sum())
    scale = len(answers) / float(links.sum()) / square if square and links.nnz else np.nan
    moran = deviations * scale
    none = float((1 - answers) @ (links @ (1 - answers))) / 2
    return pd.Series(
        {
            "moran": moran[0],
            "moran_expected": -1 / (len(answers) - 1) if len(answers) > 1 else np.nan,
            "moran_permuted": moran[1:].mean(),
            "moran_permuted_sd": moran[1:].std(ddof=1),
            "moran_p": _reached(moran),
            "joins_both": both[0],
            "joins_none": none,
            "joins_mixed": float(links.sum()) / 2 - both[0] - none,
            "joins_both_permuted": both[1:].mean(),
            "joins_both_p": _reached(both),
        }
    )


def neighbour_response(responded: pd.Series, contiguity: sparse.csr_array) -> pd.DataFrame:
    """Count the answers among the neighbours of each commune, with their exact chance.

    Under a random response of the other n - 1 communes, the answers among the k neighbours of a commune are
    hypergeometric; ``p`` is two-sided and exact, ``q`` the same after Benjamini and Hochberg over all
    communes (999 permutations could not tell a p under 0.001, too coarse for thousands of communes).

    Parameters
    ----------
    responded : Series of bool
        Whether each commune answered.
    contiguity : scipy.sparse.csr_array
        In the order of `responded`.

    Returns
    -------
    DataFrame
        On the index of `responded`: ``neighbours``, ``neighbour_answers``, ``neighbour_p``, ``neighbour_q``.

    Examples
    --------
    >>> row = sparse.csr_array(np.diag(np.ones(3), 1) + np.diag(np.ones(3), -1))
    >>> neighbour_response(pd.Series([True, True, False, False]), row)["neighbour_answers"].tolist()
    [1, 1, 1, 0]
    """
    answers = responded.to_numpy(dtype=np.int64)
    links = contiguity.astype(np.int64)
    neighbours, answering = links.sum(axis=1), links @ answers
    others = len(answers) - 1
    p = hypergeometric_p(answering, others, neighbours, answers.sum() - answers)
    return pd.DataFrame(
        {
            "neighbours": neighbours,
            "neighbour_answers": answering,
            "neighbour_p": p,
            "neighbour_q": discoveries(p),
        },
        index=responded.index,
    )


def silences(
    communes: gpd.GeoDataFrame,
    responded: pd.Series,
    contiguity: sparse.csr_array,
    strata: pd.Series | None = None,
    *,
    rings: int = RINGS,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> gpd.GeoDataFrame:
    """Find the places of silence: connected patches of communes far from any answer.

    A commune is in silence when neither it nor any commune within `rings` steps of contiguity answered.
    (With one answer in ten, the communes that did not answer are nearly all connected: a patch of them says
    nothing, one of communes in silence does.) Whether a patch is larger than chance makes them: ``p`` is
    the share of permutations of the answers within strata, the observed one included, whose largest patch
    has at least as many communes; being about the largest, it already allows for all patches.

    Parameters
    ----------
    communes : GeoDataFrame
        On ``code_insee``, with ``name`` and ``population``, in a metric projection; a valid coverage.
    responded : Series of bool
        In the order of `communes`.
    contiguity : scipy.sparse.csr_array
        In the same order.
    strata : Series of str, optional
        Stratum of each commune.
    rings, permutations, seed : int
        Rings of neighbours that must be silent too; permutations, and seed of their generator.

    Returns
    -------
    GeoDataFrame
        On ``silence`` (1 is the most populous): ``name`` (of the most populous commune), ``communes``
        (count), ``population`` (inhabitants), ``area_km2``, ``p``, ``codes`` (``;`` joined), geometry
        (dissolved). Empty, with these columns, where no commune is in silence.

    Examples
    --------
    >>> from shapely import box
    >>> squares = [box(1000 * x, 0, 1000 * x + 1000, 1000) for x in range(6)]
    >>> communes = gpd.GeoDataFrame({"name": list("abcdef"), "population": range(6)}, index=list("abcdef"),
    ...                             geometry=squares, crs=2154)
    >>> row = sparse.csr_array(np.diag(np.ones(5), 1) + np.diag(np.ones(5), -1))
    >>> found = silences(communes, pd.Series([True] + [False] * 5, communes.index), row, permutations=9)
    >>> found[["name", "communes", "area_km2", "codes"]].values.tolist()
    [['f', 3, 3.0, 'd;e;f']]
    """
    answers = responded.to_numpy(dtype=bool)
    links = contiguity.astype(np.float64)
    places, patch = _patches(_silent(answers.astype(np.float64), links, rings), links)
    drawn = _permuted(answers.astype(np.float64), strata, permutations, seed)
    many = sparse.kron(sparse.eye_array(min(_most(answers), permutations)), links, format="csr")
    largest = np.concatenate([_largest(draw, links, many, rings) for draw in drawn])
    grouped = communes.iloc[places].assign(patch=patch)
    shapes = grouped[["patch", grouped.geometry.name]].dissolve("patch", method="coverage")
    by = grouped.groupby("patch")
    rows = pd.DataFrame({"communes": by.size(), "population": by["population"].sum(skipna=False)})
    biggest = (
        grouped.sort_values("population", ascending=False, kind="stable").groupby("patch")["name"].first()
    )
    rows["name"], rows["area_km2"] = biggest, shapes.area / 1e6
    rows["p"] = [(1 + int((largest >= size).sum())) / (permutations + 1) for size in rows["communes"]]
    rows["codes"] = pd.Series({key: ";".join(map(str, part.index)) for key, part in by}, dtype=object).astype(
        str
    )
    made = gpd.GeoDataFrame(rows, geometry=shapes.geometry, crs=communes.crs)
    made = made.sort_values(["population", "communes"], ascending=False, kind="stable")
    made.index = pd.RangeIndex(1, len(made) + 1, name="silence")
    return made[["name", "communes", "population", "area_km2", "p", "codes", "geometry"]]


def nearest_answer_m(points: gpd.GeoSeries, responded: pd.Series) -> pd.Series:
    """Give the distance from each commune to the nearest one that answered.

    Parameters
    ----------
    points : GeoSeries of Point
        Where each commune is (its mairie, or a point on its surface), in a metric projection.
    responded : Series of bool
        On the same index.

    Returns
    -------
    Series of float
        Straight distance in metres, 0 for those that answered; missing where a commune has no point, or
        nobody answered.

    Examples
    --------
    >>> points = gpd.GeoSeries.from_xy([0, 3000], [0, 4000], crs=2154)
    >>> nearest_answer_m(points, pd.Series([True, False])).tolist()
    [0.0, 5000.0]
    """
    placed = ~(points.is_empty | points.isna())
    with_answer = responded.astype(bool) & placed
    distances = pd.Series(np.nan, index=points.index, name="nearest_answer_m")
    if with_answer.any():
        answering, places = points[with_answer], points[placed]
        tree = KDTree(np.column_stack([answering.x, answering.y]))
        distances[placed] = tree.query(np.column_stack([places.x, places.y]))[0]
    return distances


def _most(answers: NDArray[np.generic]) -> int:
    """Choose how many permutations are drawn at once."""
    return max(1, _CELLS // len(answers))


def _permuted(answers: Floats, strata: pd.Series | None, permutations: int, seed: int) -> Iterator[Floats]:
    """Permute the answers within each stratum, again and again; a batch has a permutation in each column."""
    codes = np.zeros(len(answers), dtype=np.int64) if strata is None else pd.factorize(strata)[0]
    packed = _drawn(answers.astype(np.int64).tobytes(), codes.astype(np.int64).tobytes(), permutations, seed)
    for start in range(0, permutations, _most(answers)):
        drawn = np.unpackbits(packed[start : start + _most(answers)], axis=1, count=len(answers))
        yield np.ascontiguousarray(drawn.T, dtype=np.float64)


@lru_cache(maxsize=1)
def _drawn(answers: bytes, codes: bytes, permutations: int, seed: int) -> NDArray[np.uint8]:
    """Return permutations of the answers within each code, eight to a byte: two measures want the same."""
    rng = np.random.default_rng(seed)
    yes, strata = np.frombuffer(answers, np.int64), np.frombuffer(codes, np.int64)
    order, most = np.argsort(strata, kind="stable"), _most(yes)
    packed = np.empty((permutations, -(-len(yes) // 8)), dtype=np.uint8)
    for start in range(0, permutations, most):
        count = min(most, permutations - start)
        # The order of positive floats is that of their bits: the last one carries the answer along, so that
        # values are sorted, which is faster than finding their order.
        keys = (strata + rng.random((count, len(yes)))).view(np.int64) & ~1 | yes
        drawn = np.empty((count, len(yes)), dtype=np.uint8)
        drawn[:, order] = np.sort(keys, axis=1) & 1
        packed[start : start + count] = np.packbits(drawn, axis=1)
    return packed


def _joins(drawn: Floats, links: sparse.csr_array, mean: float) -> tuple[Floats, Floats]:
    """Count the joins of answers in each column, and add up the products of neighbours' deviations."""
    near, pairs = links @ drawn, links.sum(axis=1)
    both = (drawn * near).sum(axis=0)
    return both / 2, both - 2 * mean * (pairs @ drawn) + mean**2 * pairs.sum()


def _silent(drawn: Floats, links: sparse.csr_array, rings: int) -> Booleans:
    """Tell which communes have no answer within some rings, in each column; a column lies in one piece."""
    heard = drawn
    for _ in range(rings):
        heard = np.minimum(links @ heard + heard, 1.0)
    return np.asfortranarray(heard == 0)


def _patches(silent: Booleans, links: sparse.csr_array) -> tuple[Integers, Integers]:
    """Give the communes in silence, and the number of the connected patch of each."""
    places = np.flatnonzero(silent)
    return places, connected_components(links[places][:, places], directed=False)[1]


def _largest(drawn: Floats, links: sparse.csr_array, many: sparse.csr_array, rings: int) -> Integers:
    """Count the communes of the largest patch of silence in each column; `many` are the links, repeated."""
    silent = _silent(drawn, links, rings).T
    places, patch = _patches(silent.ravel(), many)
    sizes = np.zeros(len(silent), dtype=np.int64)
    np.maximum.at(sizes, places // silent.shape[1], np.bincount(patch)[patch])
    return sizes


def _reached(values: Floats) -> float:
    """Give the share of values, the first one included, that are at least the first."""
    return float((values >= values[0] - 1e-12).mean())
