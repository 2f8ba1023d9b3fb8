"""Service deserts: connected patches of communes below a rung of the ladder.

The way is: :func:`below` tells for each commune and service whether it is below the rung (or that nobody
knows), :func:`members` gathers the communes below it into patches, and
:func:`opsn_geo.measure.deserts.patches.deserts` describes each patch.

What is monotone: giving a commune a membership can only take communes out of deserts, never put one in, and
taking a membership away does the reverse. The *number* of patches is not monotone: covering a commune in the
middle of one may split it in two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd

from opsn_geo.catalogue.words import State
from opsn_geo.measure.coverage.ladder import STATES, state_codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy import sparse

    from opsn_geo.measure.coverage.evidence import Coverage

Certainty = Literal["sure", "possible"]

_LADDER: Final = (State.NOT_OFFERED, State.OFFERED, State.MEMBER, State.USED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """How large a patch must be to count as a desert; each bound is included.

    >>> Thresholds(communes=2).population
    0.0
    """

    communes: int = 1
    population: float = 0.0
    area_km2: float = 0.0


ANY: Final = Thresholds()


def below(coverage: pd.DataFrame, communes: pd.Index, rung: str = State.MEMBER) -> pd.DataFrame:
    """Tell which communes are below a rung of the ladder, service by service.

    Parameters
    ----------
    coverage : DataFrame
        One row per commune × service: ``code_insee``, ``service``, ``state``.
    communes : Index of str
        Communes wanted; those without a row are unknown.
    rung : {"offered", "member", "used"}
        First state that is good enough.

    Returns
    -------
    DataFrame of boolean
        `communes` × services: true below the rung, false at it or above, missing where it is unknown. Nobody
        knows whether a member uses a service until a respondent or a register says so: for ``used``, the
        state ``member`` is unknown.

    Raises
    ------
    ValueError
        A commune and service stand in two rows, or a state is none of the ladder's.

    Examples
    --------
    >>> rows = [("a", "offered"), ("b", "member"), ("c", "unknown")]
    >>> coverage = pd.DataFrame(rows, columns=["code_insee", "state"]).assign(service="dpd")
    >>> below(coverage, pd.Index(["a", "b", "c"]))["dpd"].tolist()
    [True, False, <NA>]
    >>> below(coverage, pd.Index(["b"]), "used")["dpd"].tolist()
    [<NA>]
    """
    services, column = _factors(coverage["service"])
    states, kind = _factors(coverage["state"])
    row = communes.get_indexer(pd.Index(coverage["code_insee"]))
    wanted = row >= 0
    place = (row * len(services) + column)[wanted]
    if len(np.unique(place)) < len(place):
        raise ValueError("coverage has duplicate rows for a commune and service")
    found = np.full((len(communes), len(services)), np.nan)
    found.ravel()[place] = _verdicts([State(it) for it in states], rung)[kind[wanted]]
    return pd.DataFrame(found, index=communes, columns=services).astype("boolean")


def lacking(known: Coverage, rung: str = State.MEMBER) -> pd.DataFrame:
    """Give :func:`below` of a whole coverage, without its long table.

    Parameters
    ----------
    known : Coverage
        As from :func:`~opsn_geo.measure.coverage.evidence.coverage`.
    rung : {"offered", "member", "used"}
        First state that is good enough.

    Returns
    -------
    DataFrame of boolean
        Its places × its services, sorted by name; as :func:`below`.

    Examples
    --------
    See :func:`opsn_geo.measure.coverage.evidence.coverage` and :func:`below`.
    """
    found = _verdicts(STATES, rung)[state_codes(known)]
    table = pd.DataFrame(found, index=known.places, columns=known.services.astype("object"))
    return table.sort_index(axis=1).astype("boolean")


def _verdicts(states: Sequence[State], rung: str) -> NDArray[np.float64]:
    """Tell for each state whether it is below the rung: 1, 0, or missing where nobody knows."""
    least = _LADDER.index(State(rung))
    verdict = {state: float(step < least) for step, state in enumerate(_LADDER)} | {State.UNKNOWN: np.nan}
    if rung == State.USED:
        verdict[State.MEMBER] = np.nan
    return np.array([verdict[it] for it in states])


def _factors(values: pd.Series) -> tuple[pd.Index, NDArray[np.intp]]:
    """Give the different values, sorted, and the place of each row's among them."""
    codes, kinds = pd.factorize(values, sort=True)
    return pd.Index(kinds.astype("object"), name=values.name), codes


def bundle(below: pd.DataFrame, weights: pd.Series | None = None, least: float = 0.5) -> pd.Series:
    """Tell which communes lack a bundle of services, each weighted by need.

    Parameters
    ----------
    below : DataFrame of boolean
        Communes × services, as from :func:`below`.
    weights : Series of float, optional
        Weight of each service of the bundle, such as how many answers ask for it; other services are left
        out. Without it every service counts alike.
    least : float
        Weight missing, as a share of the bundle's, from which the bundle is missing. 1: every service is.

    Returns
    -------
    Series of boolean
        On the index of `below`: true where what is known to be missing weighs enough, false where even all
        the unknown would not make it enough, missing between.

    Examples
    --------
    >>> frame = pd.DataFrame({"dpd": [True, True, None], "sig": [True, False, None]}, dtype="boolean")
    >>> bundle(frame, pd.Series({"dpd": 1.0, "sig": 3.0})).tolist()
    [True, False, <NA>]
    """
    weights = pd.Series(1.0, index=below.columns) if weights is None else weights
    wanted = below[weights.index]
    shares = (weights / weights.sum()).to_numpy(dtype=float)
    low = wanted.fillna(value=False).to_numpy(dtype=bool) @ shares
    high = wanted.fillna(value=True).to_numpy(dtype=bool) @ shares
    tolerance = 1e-9  # a sum of shares that should reach `least` may fall short of it by rounding
    verdict = pd.Series(low >= least - tolerance, index=below.index, dtype="boolean", name="bundle")
    return verdict.mask((low < least - tolerance) & (high >= least - tolerance))


def cumulative(below: pd.DataFrame) -> pd.DataFrame:
    """Count the services that each commune lacks.

    Parameters
    ----------
    below : DataFrame of boolean
        Communes × services, as from :func:`below`.

    Returns
    -------
    DataFrame of int
        On the same index: ``services_missing`` (known to be missing) and ``services_missing_possible`` (those
        and the unknown ones): the truth lies between.

    Examples
    --------
    >>> lacking = pd.DataFrame({"dpd": [True], "sig": [None], "ssi": [False]}, dtype="boolean")
    >>> cumulative(lacking).to_dict("list")
    {'services_missing': [1], 'services_missing_possible': [2]}
    """
    return pd.DataFrame(
        {
            "services_missing": below.fillna(value=False).astype(bool).sum(axis=1),
            "services_missing_possible": below.fillna(value=True).astype(bool).sum(axis=1),
        }
    )


def members(
    below: pd.DataFrame,
    adjacency: sparse.csr_array,
    communes: pd.DataFrame,
    *,
    certainty: Certainty = "sure",
    thresholds: Thresholds = ANY,
) -> pd.DataFrame:
    """Gather the communes below the rung into connected patches, all services at once.

    Parameters
    ----------
    below : DataFrame of boolean
        Communes × services, as from :func:`below`, on the index of `communes`.
    adjacency : csr_array of bool
        Contiguity of the same communes in the same order, as from
        :func:`~opsn_geo.measure.deserts.contiguity.contiguity`; that of
        :func:`~opsn_geo.measure.deserts.contiguity.alike` keeps classes of communes apart.
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
        shrinks around it), ``service``, ``certainty``, ``code_insee``. A missing population counts as 0.

    Raises
    ------
    ValueError
        The frames and the matrix do not speak of the same communes.

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
    people = communes["population"].fillna(0).to_numpy(dtype=float)[place]
    codes, services = communes.index.to_numpy(dtype=object), below.columns.to_numpy(dtype=object)
    order = np.lexsort((_ranks(communes.index)[place], -people, numbers[kept]))
    place, service, patch = place[order], service[order], numbers[kept][order]
    head = place[np.unique(patch, return_index=True)[1]][np.unique(patch, return_inverse=True)[1]]
    order = np.lexsort((_ranks(communes.index)[head], _ranks(below.columns)[service]))
    place, service, head = place[order], service[order], head[order]
    return pd.DataFrame(
        {
            "desert": services[service] + "-" + codes[head],
            "service": services[service],
            "certainty": certainty,
            "code_insee": codes[place],
        }
    )


def _ranks(labels: pd.Index) -> NDArray[np.intp]:
    """Give the alphabetical rank of each label."""
    return np.argsort(np.argsort(labels.to_numpy(dtype=object), kind="stable"), kind="stable")


def patch_numbers(
    below: pd.DataFrame,
    adjacency: sparse.csr_array,
    communes: pd.DataFrame,
    *,
    certainty: Certainty = "sure",
) -> NDArray[np.int64]:
    """Give each connected patch of every service a number of its own.

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
    if not below.index.equals(communes.index) or adjacency.shape != (len(communes), len(communes)):
        raise ValueError("below, adjacency and communes must hold the same communes in the same order")
    lacking = below.fillna(value=certainty == "possible").to_numpy(dtype=bool)
    lacking = lacking & communes["inside"].to_numpy(dtype=bool)[:, None]
    origin = np.repeat(np.arange(len(communes)), np.diff(adjacency.indptr))
    numbers, first = np.full(lacking.shape, -1), 0
    for service, here in enumerate(np.ascontiguousarray(lacking.T)):
        kept = here[origin] & here[adjacency.indices]
        labels = _components(adjacency, kept)[here]
        used = np.bincount(labels) > 0
        numbers[here, service] = first + (np.cumsum(used) - 1)[labels]
        first += used.sum()
    return numbers


def _components(adjacency: sparse.csr_array, kept: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Give the connected component of each place, over those links that are kept."""
    from scipy import sparse  # noqa: PLC0415 - heavy, and needed for patches only

    ends = np.concatenate([[0], np.cumsum(kept, dtype=np.int32)], dtype=np.int32)[adjacency.indptr]
    links = np.ones(ends[-1])
    graph = sparse.csr_array((links, adjacency.indices[kept], ends), shape=adjacency.shape)
    components: NDArray[np.int32] = sparse.csgraph.connected_components(graph, directed=False)[1]
    return components


def patch_sizes(numbers: NDArray[np.int64], communes: pd.DataFrame) -> pd.DataFrame:
    """Sum up each patch of :func:`patch_numbers`, by number.

    ``service`` is its position among those of `numbers`; then ``communes``, ``population``, ``area_km2``.

    A missing population or area counts as 0.

    >>> communes = pd.DataFrame({"population": [5, 1], "area_km2": 1.0})
    >>> patch_sizes(np.array([[0, -1], [0, 1]]), communes)["population"].tolist()
    [6.0, 1.0]
    """
    place, at = np.nonzero(numbers >= 0)
    patch = numbers[numbers >= 0]
    summed = {
        name: np.bincount(patch, communes[name].fillna(0).to_numpy(dtype=float)[place])
        for name in ("population", "area_km2")
    }
    service = np.zeros(len(summed["population"]), dtype=np.int64)
    service[patch] = at
    return pd.DataFrame({"service": service, "communes": np.bincount(patch), **summed})


def large_enough(sizes: pd.DataFrame, thresholds: Thresholds) -> NDArray[np.bool_]:
    """Tell which patches, by their sizes as from :func:`patch_sizes`, reach every threshold.

    >>> sizes = pd.DataFrame({"communes": [2, 1], "population": [6.0, 1.0], "area_km2": 1.0})
    >>> large_enough(sizes, Thresholds(population=6)).tolist()
    [True, False]
    """
    reached = sizes["communes"] >= thresholds.communes
    reached &= sizes["population"] >= thresholds.population
    reached &= sizes["area_km2"] >= thresholds.area_km2 * (1 - 1e-9)
    return reached.to_numpy()
