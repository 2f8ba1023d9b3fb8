"""Where to go next: which few adhesions or extensions bring a service to the most people without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from opsn_geo.catalogue.states import State
from opsn_geo.measure.coverage.evidence import OFFERED, Coverage
from opsn_geo.measure.coverage.ladder import STATES, state_codes
from opsn_geo.measure.coverage.shares import bounds, group_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array


def adhesions(coverage: Coverage, by: pd.Series) -> pd.DataFrame:
    """List what each adhesion not yet made would bring: a body joining an operator, for its communes.

    Parameters
    ----------
    coverage : Coverage
        What is known of the communes.
    by : Series
        The body that would join for each commune, on their index: ``siren_epci``, or the commune's own
        code. Missing: none could.

    Returns
    -------
    DataFrame
        One row for each operator, body and commune × service that it would bring: ``opsn``, the body
        under the name of ``by``, ``place`` and ``service`` (positions in the coverage). Only what the
        operator already offers there, and what is not known to reach the commune already.
    """
    gain = (coverage.evidence[:-1] & OFFERED).astype(bool) & ~bounds(coverage)[0]
    o, place, service = gain.nonzero()
    codes, groups = group_codes(coverage.places, by)
    grouped = codes[place] < len(groups)
    o, place, service = o[grouped], place[grouped], service[grouped]
    return pd.DataFrame(
        {"opsn": coverage.opsn[o], str(groups.name): groups[codes[place]], "place": place, "service": service}
    )


def extensions(coverage: Coverage, by: pd.Series) -> pd.DataFrame:
    """List what each service not yet offered in a département would bring, were it extended there.

    Only a service that is offered somewhere can be extended; one that nobody offers is a creation, to be
    tried with :func:`opsn_geo.measure.coverage.scenarios.with_rows`.

    Parameters
    ----------
    coverage : Coverage
        What is known of the communes.
    by : Series
        The département (or other perimeter) of each commune, on their index; missing: out of reach.

    Returns
    -------
    DataFrame
        One row for each département, service and commune of it to which nobody offers the service: ``opsn``
        (empty: any operator may do it), the département under the name of ``by``, ``extended`` (the
        service's slug), ``place`` and ``service`` (positions in the coverage).
    """
    codes, groups = group_codes(coverage.places, by)
    offered = bounds(coverage, State.OFFERED)[0]
    gain = ~offered & offered.any(axis=0) & (codes < len(groups))[:, None]
    place, service = gain.nonzero()
    return pd.DataFrame(
        {
            "opsn": "",
            str(groups.name): groups[codes[place]],
            "extended": coverage.services[service],
            "place": place,
            "service": service,
        }
    )


def best(
    candidates: pd.DataFrame,
    coverage: Coverage,
    population: pd.Series,
    most: int,
    *,
    services: list[str] | None = None,
) -> pd.DataFrame:
    """Choose, for each k up to ``most``, the k candidates that together bring the most: exactly.

    Parameters
    ----------
    candidates : DataFrame
        From :func:`adhesions` or :func:`extensions`.
    coverage : Coverage
        What they were listed from.
    population : Series
        Inhabitants of each place, on their index; missing where they are not known.
    most : int
        Largest k.
    services : list of str, optional
        Count these services alone; with several, a person counts once for each (person-services).

    Returns
    -------
    DataFrame
        One row for each k and candidate chosen: ``k``; ``rank`` (1 brings most by itself, 2 most after
        it, …); what identifies the candidate; ``gain_pop``, inhabitants × services that it adds to those
        of better rank; ``unknown_pop``, the part of it where the state is unknown today (some may be
        members already); ``total_pop``, what the k bring together; ``marginal_pop``, what the k-th
        candidate allowed adds to the best k − 1; ``unknown_population_count``, places × services that it adds
        and whose inhabitants are not known: they count for nothing in the choice and in these sums, which
        are then least values. The best k need not hold the best k − 1; of candidates
        of equal worth the first in order stands, unless a programme had to be solved. It stops before
        ``most`` where nothing is left to gain.

    Notes
    -----
    Maximum coverage (Church and ReVelle, *Papers in Regional Science* 32, 1974): max Σ wᵢ yᵢ with
    yᵢ ≤ Σ xⱼ over candidates j that cover i, Σ xⱼ ≤ k, x binary; by taking what adds most each time where
    that is proven to be best, else by SciPy's HiGHS with a gap of 0.

    Examples
    --------
    >>> flags = np.array([[[1], [1], [3]], [[0], [0], [0]]], np.uint8)
    >>> coverage = Coverage(places=pd.Index(["a", "b", "c"]), services=pd.Index(["dpd"]),
    ...     opsn=pd.Index(["x"]), evidence=flags, since=np.full((3, 1), np.datetime64("NaT")),
    ...     basis=np.zeros((3, 1), np.int8), incomplete=np.array([False, False]))
    >>> epci = pd.Series(["1", "2", "2"], index=["a", "b", "c"], name="siren_epci")
    >>> population = pd.Series([10, 30, 50], index=["a", "b", "c"])
    >>> steps = best(adhesions(coverage, epci), coverage, population, 2)
    >>> steps[["k", "siren_epci", "gain_pop"]].to_numpy().tolist()
    [[1, '2', 30], [2, '2', 30], [2, '1', 10]]
    """
    if services is not None:
        candidates = candidates[coverage.services[candidates["service"]].isin(services)]
    names = [it for it in candidates if it not in {"place", "service"}]
    which = candidates.groupby(names, sort=True).ngroup().to_numpy()
    listed = candidates[names].assign(which=which).drop_duplicates().set_index("which").sort_index()
    cell = candidates["place"].to_numpy() * len(coverage.services) + candidates["service"].to_numpy()
    cells, column = np.unique(cell, return_inverse=True)
    people = population.reindex(coverage.places).to_numpy(dtype=float)[cells // len(coverage.services)]
    uncounted, weight = np.isnan(people), np.nan_to_num(people)
    unknown = (state_codes(coverage).ravel()[cells] == STATES.index(State.UNKNOWN)) * weight
    covers = _matrix(which, column, (len(listed), len(cells)))
    merged, worth = _merged(covers, weight)

    chosen, before = [], 0
    for k in range(1, min(most, len(listed)) + 1):
        picked = maximum_coverage(merged, worth, k)
        table = _ranked(covers, picked, weight, unknown, uncounted)
        total = int(table["gain_pop"].sum())
        if total == before:
            break
        chosen.append(
            listed.join(table, how="right").assign(k=k, total_pop=total, marginal_pop=total - before)
        )
        before = total
    columns = ["k", "rank", *names, "gain_pop", "unknown_pop", "total_pop", "marginal_pop"]
    columns += ["unknown_population_count"]
    return pd.concat(chosen, ignore_index=True)[columns] if chosen else pd.DataFrame(columns=columns)


def _matrix(row: NDArray[np.integer], column: NDArray[np.integer], shape: tuple[int, int]) -> csr_array:
    """Sparse matrix of candidates (rows) by cells (columns) that they cover."""
    from scipy.sparse import csr_array  # noqa: PLC0415 - slow to import

    return csr_array((np.ones(len(row), np.int8), (row, column)), shape=shape)


def maximum_coverage(covers: csr_array, weight: NDArray[np.number], k: int) -> NDArray[np.intp]:
    """Choose k rows that cover the columns of greatest total weight, exactly.

    Parameters
    ----------
    covers : csr_array of shape (candidates, cells)
        1 where a candidate covers a cell.
    weight : array of shape (cells,)
        What each cell is worth, not negative.
    k : int
        How many candidates at most.

    Returns
    -------
    array of int
        The rows chosen, ascending; see :func:`best` for the programme that is solved.

    Raises
    ------
    RuntimeError
        No optimum could be proven.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> covers = csr_array(np.array([[1, 1, 1, 1, 0, 0], [1, 1, 0, 0, 1, 0], [0, 0, 1, 1, 0, 1]]))
    >>> maximum_coverage(covers, np.array([2, 2, 2, 2, 1, 1]), 2).tolist()  # not the largest, row 0
    [1, 2]
    """
    picked, proven = _greedy(covers, weight, k)
    return picked if proven else _solved(covers, weight, k)


def _greedy(covers: csr_array, weight: NDArray[np.number], k: int) -> tuple[NDArray[np.intp], bool]:
    """Rows that add most, taken k times, and whether no other choice of k can be worth more.

    No choice is worth more than what the first j rows taken are worth, and the k greatest gains after them
    (Nemhauser, Wolsey and Fisher, *Mathematical Programming* 14, 1978): proven where that bound is met.
    """
    left, picked, total, bound = weight.astype(float), [], 0.0, np.inf
    for _ in range(k):
        gains = covers @ left
        bound = min(bound, total + np.sort(gains)[-k:].sum())
        best = int(gains.argmax())
        if gains[best] <= 0:
            break
        picked.append(best)
        total += gains[best]
        left[covers.indices[covers.indptr[best] : covers.indptr[best + 1]]] = 0
    return np.sort(np.array(picked, np.intp)), bool(bound <= total * (1 + 1e-12))


def _solved(covers: csr_array, weight: NDArray[np.number], k: int) -> NDArray[np.intp]:
    """Optimum of the programme of :func:`best`, from a solver."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - slow to import
    from scipy.sparse import csr_array, eye_array, hstack, vstack  # noqa: PLC0415

    candidates, cells = covers.shape
    reach = hstack([-covers.T.astype(float), eye_array(cells)])
    few = csr_array(np.concatenate([np.ones(candidates), np.zeros(cells)])[None])
    solution = milp(
        np.concatenate([np.zeros(candidates), -weight]),
        integrality=np.repeat([1, 0], [candidates, cells]),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(vstack([reach, few]), ub=np.append(np.zeros(cells), k)),
        options={"mip_rel_gap": 0},
    )
    if not solution.success:
        raise RuntimeError(solution.message)
    return np.flatnonzero(solution.x[:candidates] > 0.5)  # noqa: PLR2004 - a binary, up to rounding


def _merged(covers: csr_array, weight: NDArray[np.number]) -> tuple[csr_array, NDArray[np.float64]]:
    """Matrix with one cell for all those that the same candidates cover: same optimum, smaller programme."""
    marks = np.random.default_rng(0).integers(2**63, size=(covers.shape[0], 2))
    # A set of candidates is known by the sum of their random marks: two sums of 63 bits, so that no two sets
    # have the same (the chance is below 10⁻²⁵ for a million cells), without comparing columns.
    sums = pd.DataFrame(covers.T.astype(np.int64) @ marks)
    codes = sums.groupby([0, 1], sort=False).ngroup().to_numpy()
    first = np.flatnonzero(~sums.duplicated())
    merged = covers.tocsc()[:, first].astype(float).tocsr()
    return merged, np.bincount(codes, np.asarray(weight, float)).astype(float)


def _ranked(
    covers: csr_array,
    picked: NDArray[np.intp],
    weight: NDArray[np.number],
    unknown: NDArray[np.number],
    uncounted: NDArray[np.bool_],
) -> pd.DataFrame:
    """Chosen candidates by what each adds to those before it, the largest first."""
    left = covers[picked].toarray().astype(bool)
    rows = []
    for rank in range(1, len(picked) + 1):
        gains = left @ weight
        take = int(gains.argmax())
        added = int(gains[take]), int(left[take] @ unknown), int((left[take] & uncounted).sum())
        rows.append((int(picked[take]), rank, *added))
        left &= ~left[take]
    columns = ["which", "rank", "gain_pop", "unknown_pop", "unknown_population_count"]
    return pd.DataFrame(rows, columns=columns).set_index("which")


def ranked_steps(extension: pd.DataFrame) -> pd.DataFrame:
    """Steps of the longest choice of each kind, in order, with what they bring together.

    Parameters
    ----------
    extension : DataFrame
        Tables of :func:`best` one below the other, with their kind in ``step``.

    Returns
    -------
    DataFrame
        By ``step``, then ``rank``, the rows of the largest k; ``total_pop``, what the best `rank` steps bring
        together, and ``total_share``, that over what all of them bring (missing where it is nothing).

    Examples
    --------
    >>> table = pd.DataFrame({"step": "adhesion", "k": [1, 2, 2], "rank": [1, 1, 2], "opsn": ["a", "a", "b"],
    ...                       "gain_pop": [9, 9, 5], "total_pop": [9, 14, 14], "unknown_pop": 0})
    >>> ranked_steps(table)[["opsn", "gain_pop", "total_pop"]].to_numpy().tolist()
    [['a', 9, 9], ['b', 5, 14]]
    """
    longest = extension["k"] == extension.groupby("step")["k"].transform("max")
    steps = extension[longest].sort_values(["step", "rank"], kind="stable", ignore_index=True)
    totals = extension.drop_duplicates(["step", "k"]).set_index(["step", "k"])["total_pop"]
    steps["total_pop"] = totals.reindex(pd.MultiIndex.from_frame(steps[["step", "rank"]])).to_numpy()
    most = steps.groupby("step")["total_pop"].transform("max").astype(float)
    return steps.assign(total_share=steps["total_pop"] / most.where(most > 0))
