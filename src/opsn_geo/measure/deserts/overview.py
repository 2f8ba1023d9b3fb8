"""Deserts in figures: how many communes and people, how sure, and how many services they lack."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue.numbers import round_step
from opsn_geo.catalogue.states import covered

VERDICTS_SUREST_FIRST: Final = ("finding", "leaning", "choice", "never")
_BANDS: Final = 5


def stability_counts(communes: pd.DataFrame) -> pd.DataFrame:
    """Number of communes and people by how stable their desert of the bundle is.

    Parameters
    ----------
    communes : DataFrame
        Those inside the study: ``stability_verdict``, ``population``, ``state``.

    Returns
    -------
    DataFrame
        On ``stability_verdict``, the surest first, 0 where there is none: ``communes``, ``population``,
        ``population_share`` (÷ the people of all communes given), ``reached`` (communes of them that a
        membership reaches for some service, whatever else they lack). People are missing where those of a
        commune are.

    Examples
    --------
    >>> communes = pd.DataFrame({"stability_verdict": ["finding", "never"], "population": [10, 30],
    ...                          "state": ["member", "unknown"]})
    >>> stability_counts(communes).loc["finding"].tolist()
    [1.0, 10.0, 1.0, 0.25]
    """
    by = communes.groupby("stability_verdict")
    table = pd.DataFrame({"communes": by.size(), "population": by["population"].sum(skipna=False)})
    table["reached"] = communes["state"].isin(covered()).groupby(communes["stability_verdict"]).sum()
    table = table.reindex(list(VERDICTS_SUREST_FIRST), fill_value=0)
    return table.assign(population_share=table["population"] / communes["population"].sum(skipna=False))


def missing_bands(communes: pd.DataFrame, services: int) -> pd.DataFrame:
    """Number of communes and people by how many services the communes lack, in bands of even width.

    Parameters
    ----------
    communes : DataFrame
        Those inside the study: ``services_missing``, ``population``.
    services : int
        How many services there are; at most six bands, 0 alone in the first.

    Returns
    -------
    DataFrame
        On ``low`` and ``high`` (both included), bands without a commune left out: ``communes``,
        ``communes_share`` (÷ all communes given), ``population`` (missing where that of a commune is).

    Examples
    --------
    >>> communes = pd.DataFrame({"services_missing": [0, 1, 7], "population": [10, 20, 30]})
    >>> missing_bands(communes, 10).to_dict("index")[(1, 2)]
    {'communes': 1, 'communes_share': 0.3333333333333333, 'population': 20}
    """
    step = max(int(round_step(services / _BANDS, "up")), 1)
    edges = [-1, *range(0, services, step), services]
    number = np.searchsorted(edges[1:], communes["services_missing"].astype(float))
    by = communes.groupby(number)["population"]
    table = pd.DataFrame({"communes": by.size(), "population": by.sum(skipna=False)})
    table.insert(1, "communes_share", table["communes"] / len(communes))
    bands = [(edges[band] + 1, edges[band + 1]) for band in table.index]
    return table.set_axis(pd.MultiIndex.from_tuples(bands, names=["low", "high"]))
