"""What is known of every commune and may part those that answered from those that did not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue.states import LADDER, covered
from opsn_geo.measure.survey.response import DENSITY_BANDS, SIZE_BANDS, answers_by_commune, banded

if TYPE_CHECKING:
    import geopandas as gpd

LIMIT: Final = 2_000
BANDS: Final = 5
"""Bands that an amount is cut into."""
MEMBERSHIP: Final = {state.value: "member" if state in covered() else "other" for state in LADDER}


def profile(communes: gpd.GeoDataFrame, codes: pd.Series, added: pd.DataFrame | None = None) -> pd.DataFrame:
    """Describe each commune by what its chance to answer may hang on, and tell whether it answered.

    Parameters
    ----------
    communes : GeoDataFrame
        Communes of the study on ``code_insee``: ``code_dep``, ``siren_epci``, ``population``, ``area_km2``.
    codes : Series of str
        ``code_insee`` of each respondent, missing for those that speak for no commune.
    added : DataFrame, optional
        On ``code_insee``: further variables, such as :func:`membership` and those of the user.

    Returns
    -------
    DataFrame
        On ``code_insee``: those columns, ``size_band``, ``density_band`` (inhabitants per km²),
        ``below_2000`` (below, above), each missing where the population is, ``respondents`` and
        ``responded``.

    Examples
    --------
    >>> communes = pd.DataFrame({"code_dep": ["02"], "siren_epci": ["1"], "population": [600],
    ...                          "area_km2": [10.0]}, index=["02001"])
    >>> profile(communes, pd.Series(["02001"]))[["size_band", "density_band", "below_2000"]].values.tolist()
    [['500_1999', '30_99', 'below']]
    """
    units = pd.DataFrame(communes[["code_dep", "siren_epci", "population", "area_km2"]])
    below = (units["population"] < LIMIT).map({True: "below", False: "above"})
    below = below.where(units["population"].notna())
    described = units.assign(
        size_band=banded(units["population"], SIZE_BANDS),
        density_band=banded(units["population"] / units["area_km2"], DENSITY_BANDS),
        below_2000=below,
    )
    if added is not None:
        described = described.join(added)
    return described.join(answers_by_commune(codes, units.index))


def membership(states: pd.Series) -> pd.Series:
    """Tell members of an OPSN from others.

    ``member``: a membership reaches the commune for a service at least, by whatever path, or a register says
    that it uses one. ``other``: none does, and the lists of all who might reach it are complete. Missing
    where a list that may be incomplete could hold it: absence from it is no evidence.

    Parameters
    ----------
    states : Series of str
        The best state of each commune over all services (:func:`opsn_geo.measure.coverage.ladder.summary`).

    Returns
    -------
    Series of ordered category
        On the same index.

    Examples
    --------
    >>> membership(pd.Series(["member", "offered", "unknown"])).tolist()
    ['member', 'other', nan]
    """
    kind = pd.CategoricalDtype(["member", "other"], ordered=True)
    return states.map(MEMBERSHIP).astype(kind)


def levels(values: pd.DataFrame) -> pd.DataFrame:
    """Give each variable as levels: amounts are cut into bands, each text is one.

    An amount is cut at its quintiles, as near as equal values allow; each band is named by the least and
    the greatest value found in it, such as ``12.5 – 30``. Missing stays missing.

    Parameters
    ----------
    values : DataFrame
        Numbers for amounts, texts for levels (:func:`opsn_geo.linkage.variables.commune_variables`).

    Returns
    -------
    DataFrame
        On the same index: categories, ordered for amounts.

    Examples
    --------
    >>> levels(pd.DataFrame({"income": [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10.5]}))["income"].unique().tolist()
    ['1 – 2', '3 – 4', '5 – 6', '7 – 8', '9 – 10.5']
    """
    columns = {
        name: _bands(column) if pd.api.types.is_numeric_dtype(column) else column.astype("category")
        for name, column in values.items()
    }
    return pd.DataFrame(columns, index=values.index)


def _bands(amounts: pd.Series) -> pd.Series:
    """Cut amounts at their quintiles; equal values fall into the same band."""
    present = amounts.dropna().astype(float)
    cuts = np.unique(np.quantile(present, np.arange(1, BANDS) / BANDS)) if len(present) else np.empty(0)
    codes = pd.Series(np.searchsorted(cuts, present), index=present.index)
    ends = present.groupby(codes).agg(["min", "max"])
    names = {code: f"{_plain(low)} – {_plain(high)}" for code, low, high in ends.itertuples()}
    kind = pd.CategoricalDtype([*names.values()], ordered=True)
    return codes.map(names).reindex(amounts.index).astype(kind)


def _plain(amount: float) -> str:
    """Write a number with the fewest digits that tell it from any other."""
    return np.format_float_positional(amount + 0.0, trim="-")
