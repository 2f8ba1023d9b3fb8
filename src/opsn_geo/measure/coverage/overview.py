"""The territory in figures: its size, who is covered, by state, by path and by operator.

These are computed from the columns and tables that are published, and only gathered for the report.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from opsn_geo.catalogue.states import BEST_FIRST, State, covered, possibly_covered

SMALL: Final = 2_000
"""Inhabitants below which a commune counts as small."""


def departement_sizes(communes: pd.DataFrame) -> pd.DataFrame:
    """Size of each département, over the communes given.

    Parameters
    ----------
    communes : DataFrame
        Those inside the study: ``code_dep``, ``siren_epci``, ``population``, ``area_km2``.

    Returns
    -------
    DataFrame
        On ``code_dep``: ``communes`` (count), ``epci`` (different ones; none is not counted), ``population``
        and ``area_km2`` (sums), ``small_share`` (communes under :data:`SMALL` ÷ communes). What rests on the
        population is missing where that of a commune is.

    Examples
    --------
    >>> communes = pd.DataFrame({"code_dep": "80", "siren_epci": ["1", None], "population": [1999, 2000],
    ...                          "area_km2": 1.5})
    >>> departement_sizes(communes).loc["80"].tolist()
    [2.0, 1.0, 3999.0, 3.0, 0.5]
    """
    small = (communes["population"] < SMALL).astype(float).where(communes["population"].notna())
    by = communes.assign(small=small).groupby("code_dep")
    return pd.DataFrame(
        {
            "communes": by.size(),
            "epci": by["siren_epci"].nunique(),
            "population": by["population"].sum(skipna=False),
            "area_km2": by["area_km2"].sum(),
            "small_share": by["small"].sum(skipna=False) / by.size(),
        }
    )


def reach(communes: pd.DataFrame) -> pd.DataFrame:
    """Number and share of communes and people that at least one service covers.

    Parameters
    ----------
    communes : DataFrame
        Those inside the study: ``state`` (the best of their services; missing is unknown), ``population``.

    Returns
    -------
    DataFrame
        One row, ``all``: ``communes``; ``covered`` (member or used) and ``unknown``, counts;
        ``covered_share`` = covered ÷ communes and ``possible_share`` = (covered + unknown) ÷ communes;
        ``covered_pop_share``, ``possible_pop_share``, the same over people; ``uncovered`` and
        ``uncovered_pop``, communes and people known not to be covered. What counts people is missing where
        the population of a commune is.

    Examples
    --------
    >>> communes = pd.DataFrame({"state": ["member", "unknown", "offered"], "population": [50, 30, 20]})
    >>> reach(communes)[["covered_pop_share", "possible_pop_share", "uncovered_pop"]].loc["all"].tolist()
    [0.5, 0.8, 20.0]
    """
    certain = communes["state"].isin(covered())
    possible = communes["state"].isna() | communes["state"].isin(possibly_covered())
    people = communes["population"] / communes["population"].sum(skipna=False)
    return pd.DataFrame(
        {
            "communes": len(communes),
            "covered": int(certain.sum()),
            "unknown": int((possible & ~certain).sum()),
            "covered_share": certain.mean(),
            "possible_share": possible.mean(),
            "covered_pop_share": people[certain].sum(skipna=False),
            "possible_pop_share": people[possible].sum(skipna=False),
            "uncovered": int((~possible).sum()),
            "uncovered_pop": communes.loc[~possible, "population"].sum(skipna=False),
        },
        index=pd.Index(["all"], name="group"),
    )


def path_counts(communes: pd.DataFrame) -> pd.DataFrame:
    """Number of communes by the path that reaches them, the commonest first; missing paths left out.

    >>> path_counts(pd.DataFrame({"path": ["epci", "direct", "epci", None]}))["communes"].to_dict()
    {'epci': 2, 'direct': 1}
    """
    return communes["path"].value_counts().rename("communes").to_frame()


def communes_by_operator(communes: pd.DataFrame) -> pd.DataFrame:
    """Number of communes that each operator reaches, from the ``;``-joined lists of column ``opsn``.

    Operators that reach the same communes stand in alphabetical order of these lists.

    >>> communes_by_operator(pd.DataFrame({"opsn": ["a;b", "a", "", None]}))["communes"].to_dict()
    {'a': 2, 'b': 1}
    """
    lists = communes["opsn"].dropna().astype(str).sort_values(kind="stable")
    operators = lists.str.split(";").explode()
    counts = operators[operators != ""].value_counts(sort=False)
    return counts.rename_axis("opsn").rename("communes").to_frame()


def service_states(couverture: pd.DataFrame, communes: pd.DataFrame) -> pd.DataFrame:
    """Share of communes in each state, service by service, and shares covered of communes and people.

    Parameters
    ----------
    couverture : DataFrame
        ``code_insee``, ``service``, ``state``, as from :func:`opsn_geo.measure.coverage.ladder.couverture`.
    communes : DataFrame
        On ``code_insee``, those inside the study: ``population``.

    Returns
    -------
    DataFrame
        On ``service``: one column for each state, best first (communes in it ÷ all communes; ``used`` is
        missing where nothing measures the use of the service, that is where no commune is known to use it);
        ``covered_share`` (used or member), ``possible_share`` (those and unknown), and
        ``covered_pop_share``, ``possible_pop_share``, the same over people, missing where the population of
        a commune is. Rows of other communes are left out.

    Examples
    --------
    >>> communes = pd.DataFrame({"population": [10, 30]}, index=["a", "b"])
    >>> cells = pd.DataFrame({"code_insee": ["a", "b"], "service": "dpd", "state": ["member", "unknown"]})
    >>> columns = ["member", "unknown", "covered_pop_share", "possible_pop_share"]
    >>> service_states(cells, communes).loc["dpd", columns].tolist()
    [0.5, 0.5, 0.25, 1.0]
    """
    cells = couverture[couverture["code_insee"].isin(communes.index)]
    living = cells["code_insee"].map(communes["population"])
    counts = pd.crosstab(cells["service"], cells["state"])
    people = pd.crosstab(
        cells["service"],
        cells["state"],
        living,
        aggfunc=lambda values: values.sum(skipna=False),
        dropna=False,
    )
    people = people.where(counts > 0, 0)
    counts, people = (table.reindex(columns=list(BEST_FIRST), fill_value=0) for table in (counts, people))
    certain, possible = [*covered()], [*possibly_covered()]
    n_communes, population = len(communes), communes["population"].sum(skipna=False)
    shares = (counts / n_communes).set_axis([state.value for state in BEST_FIRST], axis=1)
    return shares.assign(
        used=shares["used"].where(counts[State.USED] > 0),
        covered_share=counts[certain].sum(axis=1) / n_communes,
        possible_share=counts[possible].sum(axis=1) / n_communes,
        covered_pop_share=people[certain].sum(axis=1, skipna=False) / population,
        possible_pop_share=people[possible].sum(axis=1, skipna=False) / population,
    )


def uncovered_population(groups: pd.DataFrame) -> pd.DataFrame:
    """People of each group not known to be covered: ``population`` × (1 − ``covered_pop_share``).

    Missing where the share is. Sorted by falling number, then by ``name``.

    >>> groups = pd.DataFrame({"name": ["A", "B"], "population": [10, 40], "covered_pop_share": [0.5, 0.5]})
    >>> uncovered_population(groups)["uncovered_pop"].to_dict()
    {1: 20.0, 0: 5.0}
    """
    uncovered = groups["population"] * (1 - groups["covered_pop_share"].astype(float))
    table = groups[["name"]].assign(uncovered_pop=uncovered)
    return table.sort_values(["uncovered_pop", "name"], ascending=[False, True])[["uncovered_pop"]]
