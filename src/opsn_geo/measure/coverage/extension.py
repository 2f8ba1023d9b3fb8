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

_TIE = 1e-9
"""Two gains that differ by less than this part of them are the same but for rounding."""


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
    need: pd.Series | None = None,
) -> pd.DataFrame:
    """Choose, for each k up to ``most``, the k candidates that together bring the most for certain: exactly.

    What counts is what is known to be missing today, inhabitants times the need of each service: a candidate
    whose whole gain may be there already is worth nothing, and is never chosen.

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
    need : Series of float, optional
        Weight of each service, such as the share of answers that ask for it; a service without one weighs
        nothing. Without it every service weighs 1.

    Returns
    -------
    DataFrame
        One row for each k and candidate chosen: ``k``; ``rank`` (1 brings most by itself, 2 most after
        it, …); what identifies the candidate; ``gain_pop``, inhabitants × services that it adds to those
        of better rank, at most; ``unknown_pop``, the part of it where the state is unknown today (some may be
        members already), so that the gain lies between their difference and ``gain_pop``; ``gain_need``,
        what is certain of it, each service times its need, by which candidates are chosen and ranked;
        ``tied_count``, the other candidates that would add as much at this rank; ``total_pop``, what the k
        bring together at most; ``marginal_pop``, what the k-th candidate allowed adds to that of the best
        k − 1; ``total_need``, the sum of ``gain_need``; ``unknown_population_count``, places ×
        services that it adds and whose inhabitants are not known: they count for nothing in the choice and
        in these sums, which are then least values. The best k need not hold the best k − 1; of candidates
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
    >>> steps[["k", "siren_epci", "gain_pop", "tied_count"]].to_numpy().tolist()
    [[1, '2', 30, 0], [2, '2', 30, 0], [2, '1', 10, 0]]
    """
    if services is not None:
        candidates = candidates[coverage.services[candidates["service"]].isin(services)]
    names = [name for name in candidates if name not in {"place", "service"}]
    which = candidates.groupby(names, sort=True).ngroup().to_numpy()
    listed = candidates[names].assign(which=which).drop_duplicates().set_index("which").sort_index()
    cell = candidates["place"].to_numpy() * len(coverage.services) + candidates["service"].to_numpy()
    cells, column = np.unique(cell, return_inverse=True)
    people = population.reindex(coverage.places).to_numpy(dtype=float)[cells // len(coverage.services)]
    uncounted, weight = np.isnan(people), np.nan_to_num(people)
    is_unknown = state_codes(coverage).ravel()[cells] == STATES.index(State.UNKNOWN)
    wanted = pd.Series(1.0, coverage.services) if need is None else need.reindex(coverage.services).fillna(0)
    value = weight * ~is_unknown * wanted.to_numpy(dtype=float)[cells % len(coverage.services)]
    covers = _matrix(which, column, (len(listed), len(cells)))
    merged, worth = _merged(covers, value)
    counted = pd.DataFrame(
        {
            "gain_pop": weight,
            "unknown_pop": is_unknown * weight,
            "unknown_population_count": uncounted,
            "gain_need": value,
        }
    )

    chosen, before, before_need = [], 0, 0.0
    for k in range(1, min(most, len(listed)) + 1):
        picked = maximum_coverage(merged, worth, k)
        table = _ranked(covers, picked, counted)
        total, total_need = int(table["gain_pop"].sum()), float(table["gain_need"].sum())
        if total_need <= before_need * (1 + _TIE):
            break
        sums = {"total_pop": total, "marginal_pop": total - before, "total_need": total_need}
        chosen.append(listed.join(table, how="right").assign(k=k, **sums))
        before, before_need = total, total_need
    columns = ["k", "rank", *names, "gain_pop", "unknown_pop", "gain_need", "tied_count"]
    columns += ["total_pop", "marginal_pop", "total_need", "unknown_population_count"]
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


def _ranked(covers: csr_array, picked: NDArray[np.intp], counted: pd.DataFrame) -> pd.DataFrame:
    """Chosen candidates by what each adds to those before it, the largest first; how many others add as much.

    `counted` holds what each cell is worth: in people, of whom unknown, not counted, and in need.
    """
    sums = ["gain_pop", "unknown_pop", "unknown_population_count"]
    worth, need = counted[sums].to_numpy(dtype=float), counted["gain_need"].to_numpy(dtype=float)
    left, waiting = np.ones(covers.shape[1], dtype=bool), [int(row) for row in picked]
    rows: list[tuple[float, ...]] = []
    while waiting:
        gains = covers @ np.where(left, need, 0.0)
        take = max(waiting, key=lambda row: float(gains[row]))
        taken = [int(row) for row, *_ in rows]
        equal = np.isclose(gains, gains[take], rtol=_TIE, atol=0)
        added = np.zeros(len(left), dtype=bool)
        added[covers.indices[covers.indptr[take] : covers.indptr[take + 1]]] = True
        added &= left
        totals = [int(total) for total in np.nansum(worth[added], axis=0)]
        tied = int(equal.sum() - equal[[take, *taken]].sum())
        rows.append((take, len(rows) + 1, *totals, float(gains[take]), tied))
        left &= ~added
        waiting.remove(take)
    columns = ["which", "rank", *sums, "gain_need", "tied_count"]
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
        By ``step``, then ``rank``, the rows of the largest k; ``total_need``, what the best `rank` steps
        bring together, ``total_share``, that over what all of them bring (missing where it is nothing), and
        ``rank_last``: the last rank that a step may have as well, since others are worth the same.

    Examples
    --------
    >>> table = pd.DataFrame({"step": "adhesion", "k": [1, 2, 2], "rank": [1, 1, 2], "opsn": ["a", "a", "b"],
    ...                       "gain_need": [9, 9, 5], "total_need": [9, 14, 14], "tied_count": [0, 0, 2]})
    >>> ranked_steps(table)[["opsn", "gain_need", "total_need", "rank_last"]].to_numpy().tolist()
    [['a', 9, 9, 1], ['b', 5, 14, 4]]
    """
    longest = extension["k"] == extension.groupby("step")["k"].transform("max")
    steps = extension[longest].sort_values(["step", "rank"], kind="stable", ignore_index=True)
    totals = extension.drop_duplicates(["step", "k"]).set_index(["step", "k"])["total_need"]
    steps["total_need"] = totals.reindex(pd.MultiIndex.from_frame(steps[["step", "rank"]])).to_numpy()
    most = steps.groupby("step")["total_need"].transform("max").astype(float)
    # steps that follow each other with the same gain share the last rank that any of them may have
    gains = steps["gain_need"].astype("float64")
    run = (~np.isclose(gains, gains.groupby(steps["step"]).shift())).cumsum()
    last = (steps["rank"] + steps["tied_count"]).groupby(run).transform("max")
    first = steps["rank"].groupby(run).transform("min")
    return steps.assign(rank=first, rank_last=last, total_share=steps["total_need"] / most.where(most > 0))
