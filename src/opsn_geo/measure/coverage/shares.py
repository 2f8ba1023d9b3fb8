"""Shares covered, by number, population and area, as intervals whose ends meet where lists are complete."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opsn_geo.catalogue.basis import names as basis_names
from opsn_geo.catalogue.states import State, covered, possibly_covered
from opsn_geo.measure.coverage.evidence import PATHS, REACHED, Coverage
from opsn_geo.measure.coverage.ladder import STATES, state_codes, states
from opsn_geo.measure.missing import whole_numbers

_WEIGHTS: Final = {"covered": "communes", "covered_pop": "population", "covered_area": "area_km2"}

Cells = NDArray[np.bool_]


def bounds(coverage: Coverage, at_least: State = State.MEMBER) -> tuple[Cells, Cells]:
    """Cells known to have come to a rung of the ladder, and cells that may have.

    See :func:`opsn_geo.catalogue.states.covered` and :func:`~opsn_geo.catalogue.states.possibly_covered`.

    Returns
    -------
    tuple of two bool arrays of shape (places, services)
        Known yes; not known no. The first implies the second.
    """
    codes = state_codes(coverage)
    certain, possible = (
        np.isin(codes, [STATES.index(state) for state in among])
        for among in (covered(at_least), possibly_covered(at_least))
    )
    return certain, possible


def shares(
    coverage: Coverage,
    places: pd.DataFrame,
    by: pd.Series | None = None,
    *,
    at_least: State = State.MEMBER,
) -> pd.DataFrame:
    """Shares of each group that at least one service covers.

    Parameters
    ----------
    coverage : Coverage
        What is known; its places are the rows of ``places``, in the same order.
    places : DataFrame
        Columns ``population`` (inhabitants) and ``area_km2``.
    by : Series, optional
        The group of each place, on the index of ``places``: département, EPCI, or a level of one's own
        (canton, employment area …). A place whose group is missing, or that has no row, counts nowhere.
        Without it, all places make one group, ``all``.
    at_least : State
        Rung of the ladder from which a service counts as covering: offered, member or used.

    Returns
    -------
    DataFrame
        Indexed by group, sorted: ``covered_share``, ``covered_pop_share``, ``covered_area_share``, the
        shares known to be covered; ``*_possible_share``, those that may be; and their denominators
        ``communes``, ``population``, ``area_km2``: all places of the group. A share of nothing is NaN, and so
        is one of people where the population of a place is not known.
        ``basis`` is the weakest of the group's places and services.

    Notes
    -----
    Known share = Σ weight of places known to be covered / Σ weight; possible share = 1 − Σ weight of
    places known not to be / Σ weight. The truth lies between the two.

    Examples
    --------
    >>> flags = np.array([[[3], [1]], [[0], [0]]], np.uint8)
    >>> coverage = Coverage(places=pd.Index(["a", "b"]), services=pd.Index(["dpd"]), opsn=pd.Index(["x"]),
    ...     evidence=flags, since=np.full((2, 1), np.datetime64("NaT")),
    ...     basis=np.zeros((2, 1), np.int8), incomplete=np.array([True, False]))
    >>> places = pd.DataFrame({"population": [10, 30], "area_km2": [1.0, 1.0]}, index=["a", "b"])
    >>> shares(coverage, places)[["covered_pop_share", "covered_pop_possible_share"]].loc["all"].tolist()
    [0.25, 1.0]
    """
    certain, possible = (np.atleast_2d(cells.any(axis=1)).T for cells in bounds(coverage, at_least))
    basis = coverage.basis.max(axis=1, initial=-1, keepdims=True)
    return _shares(certain, possible, basis, places, by, pd.Index(["any"])).droplevel("service")


def service_shares(
    coverage: Coverage,
    places: pd.DataFrame,
    by: pd.Series | None = None,
    *,
    at_least: State = State.MEMBER,
) -> pd.DataFrame:
    """Shares of each group covered, service by service: on group and ``service``; see :func:`shares`."""
    return _shares(*bounds(coverage, at_least), coverage.basis, places, by, coverage.services)


def _shares(
    certain: Cells,
    possible: Cells,
    basis: NDArray[np.int8],
    places: pd.DataFrame,
    by: pd.Series | None,
    services: pd.Index,
) -> pd.DataFrame:
    """Weights covered over the weights there are, group by group and service by service."""
    codes, groups = group_codes(places.index, by)
    columns = {}
    for name, column in _WEIGHTS.items():
        weight = np.ones(len(places)) if column == "communes" else places[column].to_numpy(float)
        total = np.bincount(codes, weight, len(groups) + 1)[:-1]
        over = np.where(total > 0, total, np.nan)[:, None]
        columns[f"{name}_share"] = group_sums(certain * weight[:, None], codes, len(groups)) / over
        columns[f"{name}_possible_share"] = group_sums(possible * weight[:, None], codes, len(groups)) / over
        columns[column] = np.repeat(total[:, None], len(services), axis=1)
    rows = pd.MultiIndex.from_product([groups, services], names=[groups.name, "service"])
    table = pd.DataFrame({name: values.ravel() for name, values in columns.items()}, index=rows)
    return table.astype({"communes": "int64"}).assign(
        basis=basis_names(group_weakest(basis, codes, len(groups)))
    )


def group_codes(places: pd.Index, by: pd.Series | None) -> tuple[NDArray[np.intp], pd.Index]:
    """Number of the group of each place, and the groups, sorted; without one, the number after the last.

    >>> group_codes(pd.Index(["a", "b", "c"]), pd.Series({"c": "80", "a": "02"}))[0].tolist()
    [0, 2, 1]
    """
    if by is None:
        return np.zeros(len(places), np.intp), pd.Index(["all"], name="group")
    codes, groups = pd.factorize(by.reindex(places), sort=True)
    return np.where(codes < 0, len(groups), codes), pd.Index(
        groups, name="group" if by.name is None else by.name
    )


def group_sums(values: NDArray[np.float64], codes: NDArray[np.intp], groups: int) -> NDArray[np.float64]:
    """Sums of the rows of each group; rows without a group are left out.

    >>> group_sums(np.array([[1.0], [2.0], [4.0]]), np.array([0, 1, 0]), 1).tolist()
    [[5.0]]
    """
    total = np.zeros((groups + 1, values.shape[1]))
    np.add.at(total, codes, values)
    return total[:-1]


def group_weakest(basis: NDArray[np.int8], codes: NDArray[np.intp], groups: int) -> NDArray[np.int8]:
    """Weakest rank of the rows of each group, column by column; -1 where a group has none.

    >>> group_weakest(np.array([[0], [4], [3]], np.int8), np.array([0, 1, 0]), 2).tolist()
    [[3], [4]]
    """
    worst = np.full((groups + 1, basis.shape[1]), -1, np.int8)
    np.maximum.at(worst, codes, basis)
    return worst[:-1]


def decomposition(
    coverage: Coverage, places: pd.DataFrame, by: pd.Series | None = None, *, service: str | None = None
) -> pd.DataFrame:
    """Number of places and people of each group reached by each path: direct + by EPCI − both.

    Parameters
    ----------
    coverage, places, by
        As in :func:`shares`.
    service : str, optional
        For this service alone; by default for any service.

    Returns
    -------
    DataFrame
        Indexed by group; ``direct_count``, ``epci_count``, ``departement_count``, ``region_count``,
        places reached by each path; ``overlap_count``, how often a place was counted again because
        several paths reach it; ``covered_count``, places reached. The same in inhabitants, ``*_pop``,
        missing where a place that counts is of unknown population.
        ``basis`` is the weakest of the group's places and services.

    Notes
    -----
    covered = direct + epci + departement + region − overlap, exactly; with two paths the overlap is
    ``|direct ∩ EPCI|``. Memberships only: a use without a membership has no path.
    """
    chosen = np.ones(len(coverage.services), bool) if service is None else coverage.services == service
    flags = np.bitwise_or.reduce(coverage.evidence[:, :, chosen], axis=(0, 2)) & REACHED
    by_path = {path.value: (flags & flag) > 0 for path, flag in PATHS.items()}
    reached = {**by_path, "overlap": np.maximum(sum(by_path.values()) - 1, 0), "covered": flags > 0}
    counted = np.column_stack([np.asarray(communes, float) for communes in reached.values()])
    codes, groups = group_codes(places.index, by)
    people = places["population"].to_numpy(float)[:, None]
    # of what does not reach a place, no person is counted, known or not
    weighed = {"count": counted, "pop": np.where(counted > 0, counted * people, 0.0)}
    tables = [
        pd.DataFrame(group_sums(values, codes, len(groups)), groups, [f"{state}_{unit}" for state in reached])
        for unit, values in weighed.items()
    ]
    cells = coverage.basis[:, chosen].max(axis=1, initial=-1, keepdims=True)
    basis = basis_names(group_weakest(cells, codes, len(groups)))
    return pd.concat(tables, axis=1).apply(whole_numbers).assign(basis=basis)


def redundancy(coverage: Coverage, by: pd.Series | None = None) -> pd.DataFrame:
    """Number of operators that serve each place or group, and how much depends on a single one.

    Parameters
    ----------
    coverage : Coverage
        What is known; only memberships count, not uses.
    by : Series, optional
        The group of each place (missing: counts nowhere); by default each place is its own.

    Returns
    -------
    DataFrame
        Indexed by place or group: ``opsn_count``, operators that reach it for a service at least;
        ``sole_share``, of the places × services reached, those which one operator alone reaches;
        ``main_opsn``, whose leaving would lose most of them; ``dependence_share``, the part that would be
        lost; ``hhi``, the Herfindahl–Hirschman index of the operators (1: a monopoly; 1/n: n equals),
        with the number of places × services that each reaches as its size. Shares and index are NaN and
        the main operator is empty where nothing is reached. ``basis`` is the weakest of the group's places
        and services.

    Notes
    -----
    HHI = Σ sᵢ², sᵢ the part of operator i: Hirschman, *American Economic Review* 54 (1964).
    """
    own = coverage.places.to_series() if by is None else by
    codes, groups = group_codes(coverage.places, own)
    reached = (coverage.evidence[:-1] & REACHED).astype(bool)
    cells = reached.sum(axis=0, dtype=np.int16)
    alone = cells == 1
    size, sole = (
        group_sums(cells.sum(axis=2).T.astype(float), codes, len(groups))
        for cells in (reached, reached & alone)
    )
    covered = group_sums((cells > 0).sum(axis=1, dtype=float)[:, None], codes, len(groups))[:, 0]
    over = np.where(covered > 0, covered, np.nan)
    parts = size / np.where(covered > 0, size.sum(axis=1), np.nan)[:, None]
    main = np.lexsort((-size, -sole), axis=1)[:, 0] if len(coverage.opsn) else np.zeros(len(groups), int)
    return pd.DataFrame(
        {
            "opsn_count": (size > 0).sum(axis=1),
            "sole_share": sole.sum(axis=1) / over,
            "main_opsn": np.where(covered > 0, coverage.opsn.to_numpy(object)[main], ""),
            "dependence_share": sole.max(axis=1) / over,
            "hhi": (parts**2).sum(axis=1),
            "basis": basis_names(
                group_weakest(coverage.basis.max(axis=1, initial=-1, keepdims=True), codes, len(groups))
            ),
        },
        index=groups,
    )


def change(before: Coverage, after: Coverage) -> pd.DataFrame:
    """Places and services whose state is not the same at two dates.

    Returns
    -------
    DataFrame
        The place's code, ``service``, ``state_before``, ``state_after``; in the order of places. Only
        places and services of both are compared. For the shares at two dates side by side, see
        :func:`opsn_geo.measure.coverage.scenarios.compared`.

    Examples
    --------
    >>> from dataclasses import replace
    >>> since = np.full((1, 1), np.datetime64("NaT"))
    >>> before = Coverage(places=pd.Index(["a"], name="code_insee"), services=pd.Index(["dpd"]),
    ...     opsn=pd.Index(["x"]), evidence=np.array([[[1]], [[0]]], np.uint8), since=since,
    ...     basis=np.zeros((1, 1), np.int8), incomplete=np.array([False, False]))
    >>> after = replace(before, evidence=np.array([[[3]], [[0]]], np.uint8))
    >>> change(before, after).to_dict("records")
    [{'code_insee': 'a', 'service': 'dpd', 'state_before': 'offered', 'state_after': 'member'}]
    """
    old, new = states(before), states(after)
    old, new = old.align(new, join="inner")
    changed = (old != new).to_numpy().nonzero()
    return pd.DataFrame(
        {
            str(before.places.name): old.index[changed[0]],
            "service": old.columns[changed[1]],
            "state_before": old.to_numpy()[changed],
            "state_after": new.to_numpy()[changed],
        }
    )
