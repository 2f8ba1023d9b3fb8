"""How far the respondents stand from the territory: tests, effect sizes and distances.

Each measure is exact, or corrected, for a population that is finite and wholly known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.special import xlogy

from opsn_geo.measure.distributions import chi2_p, discoveries, hypergeometric
from opsn_geo.measure.survey.response import with_unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

DRAWS: Final = 9_999
"""Random samples drawn for a simulated p: with the observed one, it has four exact decimals."""


def overall(units: Sequence[int], answered: Sequence[int], *, draws: int = DRAWS, seed: int = 0) -> pd.Series:
    """Measure how far the profile of the answering units stands from that of all units.

    With N_h units of which n_h answered in level h of k, n and N in all, P_h = N_h / N, p_h = n_h / n:

    - ``chi2`` = Σ (n_h - n P_h)² / (n P_h) / (1 - n/N): Pearson's chi² of goodness of fit, corrected for a
      sample without replacement; it equals that of the 2 x k table of answering and silent units. ``g`` is
      the likelihood ratio of that table, 2 Σ O ln(O/E). Both have ``df`` = k - 1;
    - ``simulated_p``: share of `draws` random samples of n from the N whose chi² is no smaller, itself
      included; it needs no large counts and is the one to read where ``small_cells`` is not zero;
    - ``cohen_w`` = √Σ (p_h - P_h)² / P_h (Cohen, 1988: 0.1 small, 0.3 medium, 0.5 large), ``cramers_v`` =
      √(chi2 / N), that of the 2 x k table;
    - ``tvd`` = ``½ Σ |p_h - P_h|``: share of respondents that would have to be others; ``tvd_expected`` is
      its exact expectation for a random sample of n, without which it says nothing.

    Parameters
    ----------
    units, answered : sequence of int, shape (k,)
        Units and answering units of each level; levels without units are left out.
    draws, seed : int
        Random samples, and seed of their generator.

    Returns
    -------
    Series
        The measures above, with ``levels``, ``small_cells`` (fewer than 5 expected) and ``empty_cells``.

    Raises
    ------
    ValueError
        Nobody answered: there is nothing to compare.

    Examples
    --------
    >>> found = overall([60, 40], [10, 10])
    >>> found[["chi2", "tvd", "tvd_expected"]].astype(float).round(4).to_dict()
    {'chi2': 1.0417, 'tvd': 0.1, 'tvd_expected': 0.0771}
    """
    held = np.asarray(units, dtype=np.int64)
    answers = np.asarray(answered, dtype=np.int64)[held > 0]
    held = held[held > 0]
    total, sample = int(held.sum()), int(answers.sum())
    if sample == 0:
        message = "nobody answered"
        raise ValueError(message)
    share, sample_share = held / total, answers / sample
    expected = sample * share
    chi2, df = float(_chi2(answers, held)), len(held) - 1
    g = _likelihood_ratio(answers, held)
    drawn = np.random.default_rng(seed).multivariate_hypergeometric(
        held, sample, size=draws, method="marginals"
    )
    reached = int((_chi2(drawn, held) >= chi2 * (1 - 1e-9)).sum())
    return pd.Series(
        {
            "levels": len(held),
            "units": total,
            "answered": sample,
            "chi2": chi2,
            "g": g,
            "df": df,
            "chi2_p": chi2_p(chi2, df),
            "g_p": chi2_p(g, df),
            "simulated_p": (reached + 1) / (draws + 1),
            "cohen_w": float(np.sqrt(((sample_share - share) ** 2 / share).sum())),
            "cramers_v": float(np.sqrt(chi2 / total)),
            "tvd": float(np.abs(sample_share - share).sum() / 2),
            "tvd_expected": _expected_distance(held, sample),
            "small_cells": int((expected < 5).sum()),  # noqa: PLR2004 - the usual rule for chi²
            "empty_cells": int((answers == 0).sum()),
        },
        dtype=object,
    )


def overall_table(tables: pd.DataFrame, *, draws: int = DRAWS, seed: int = 0) -> pd.DataFrame:
    """Give the overall measures of each variable of stacked response tables, on ``variable``.

    ``simulated_q`` is ``simulated_p`` after Benjamini and Hochberg (1995) over the variables: who looks at
    many finds one that leans by chance.

    Examples
    --------
    >>> stacked = pd.DataFrame({"variable": ["dep", "dep"], "units": [60, 40], "answered": [10, 10]})
    >>> overall_table(stacked)["tvd"].round(3).to_dict()
    {'dep': 0.1}
    """
    rows = {
        variable: overall(table["units"].tolist(), table["answered"].tolist(), draws=draws, seed=seed)
        for variable, table in tables.groupby("variable", sort=False)
    }
    table = pd.DataFrame(rows).T.infer_objects().rename_axis("variable")
    return table.assign(simulated_q=discoveries(table["simulated_p"].to_numpy(dtype=float)))


def standardised_differences(
    units: pd.DataFrame, variables: Sequence[str], weights: pd.Series | None = None
) -> pd.DataFrame:
    """Give the standardised difference of each level, before and after weighting (a love plot's data).

    ``difference`` = (share among respondents - share in the territory) / √(P (1 - P)), in standard
    deviations of the territory; for a numeric variable, difference of means over the territory's standard
    deviation. Beyond 0.1 in absolute value it is worth saying (Austin, 2009).

    Parameters
    ----------
    units : DataFrame
        One row per unit, with ``responded`` (bool) and the variables.
    variables : sequence of str
        Numeric ones give one row, others one per level of some unit (missing values: ``unknown``). A unit
        without a number is left out of both sides of that variable.
    weights : Series of float, optional
        Weight of each answering unit, on (part of) the index of `units`.

    Returns
    -------
    DataFrame
        ``variable``, ``level`` (empty for a number), ``territory``, ``respondents``, ``difference`` and,
        with weights, ``weighted`` and ``weighted_difference``. A level that holds all units has 0.

    Examples
    --------
    >>> units = pd.DataFrame({"size": ["s", "s", "s", "l"], "responded": [True, False, False, True]})
    >>> standardised_differences(units, ["size"])[["level", "difference"]].round(3).values.tolist()
    [['l', 0.577], ['s', -0.577]]
    """
    columns = {name: _indicators(units[name]) for name in variables}
    values = pd.concat(columns, axis=1)
    base = units["responded"].astype(float)
    table = pd.DataFrame({"territory": values.mean(), "respondents": _weighted_mean(values, base)})
    spread = values.std(ddof=0)
    table["difference"] = ((table["respondents"] - table["territory"]) / spread).where(spread > 0, 0.0)
    if weights is not None:
        table["weighted"] = _weighted_mean(values, weights.reindex(units.index).fillna(0.0))
        table["weighted_difference"] = ((table["weighted"] - table["territory"]) / spread).where(
            spread > 0, 0.0
        )
    return table.rename_axis(["variable", "level"]).reset_index()


def _chi2(answered: Integers, units: Integers) -> Floats:
    """Give Pearson's chi² of the table of answering and silent units, over the last axis."""
    total, sample = units.sum(), answered.sum(axis=-1, keepdims=True)
    expected = sample * units / total
    statistic: Floats = ((answered - expected) ** 2 / expected).sum(axis=-1)
    rest = total - sample[..., 0]
    corrected: Floats = np.divide(statistic * total, rest, out=np.zeros_like(statistic), where=rest > 0)
    return corrected


def _likelihood_ratio(answered: Integers, units: Integers) -> float:
    """Give G of the table of answering and silent units."""
    table = np.stack([answered, units - answered])
    expected = table.sum(axis=1, keepdims=True) * units / units.sum()
    return float(
        2 * xlogy(table, np.divide(table, expected, out=np.ones(table.shape), where=expected > 0)).sum()
    )


def _expected_distance(units: Integers, sample: int) -> float:
    """Give the exact expectation of the total variation distance of a random sample."""
    total = int(units.sum())
    counts, chances = hypergeometric(total, units, np.full(len(units), sample))
    return float((chances * np.abs(counts / sample - units[:, None] / total)).sum() / 2)


def _indicators(values: pd.Series) -> pd.DataFrame:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return values.astype(float).to_frame("")
    dummies = pd.get_dummies(with_unknown(values), dtype=float).rename(columns=str)
    return dummies.loc[:, dummies.any()]


def _weighted_mean(values: pd.DataFrame, weights: pd.Series) -> pd.Series:
    held = values.notna().mul(weights, axis=0)
    return values.mul(weights, axis=0).sum() / held.sum()
