"""R-indicators: how unequal are the chances to answer, and which variable makes them so.

Schouten, Cobben and Bethlehem (2009) for R; Shlomo, Skinner and Schouten (2012) for its bias and variance;
Schouten, Shlomo and Skinner (2011) for the partial indicators. All units of the population are known, so
nothing is estimated by sampling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.special import expit

from opsn_geo.measure.products import product
from opsn_geo.measure.survey.design import dummies
from opsn_geo.measure.survey.response import with_unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_STEPS: Final = 100
_STILL: Final = 1e-12
_EQUAL: Final = ("response_share", "r", "r_adjusted", "r_se", "cv_raw", "cv", "max_bias_sd", "max_bias_share")


def propensities(units: pd.DataFrame, variables: Sequence[str]) -> pd.Series:
    """Estimate each unit's chance to answer by a logistic regression on categories.

    Parameters
    ----------
    units : DataFrame
        One row per unit, with ``responded`` (bool) and the variables, taken as categories (missing values
        are the level ``unknown``).
    variables : sequence of str
        Main effects of the model; none gives all units the same chance.

    Returns
    -------
    Series of float
        Between 0 and 1, on the index of `units`; its mean is the response rate.

    Raises
    ------
    ValueError
        In some level all or none answered: no finite estimate exists, collapse the level first.

    Examples
    --------
    >>> units = pd.DataFrame({"size": list("ssll"), "responded": [True, False, True, True]})
    >>> propensities(units.iloc[:2], ["size"]).round(6).tolist()
    [0.5, 0.5]
    """
    _refuse_separation(units, variables)
    matrix = dummies(units, variables)
    return pd.Series(_fitted(matrix, units["responded"].to_numpy(dtype=float)), index=units.index)


def r_indicator(units: pd.DataFrame, variables: Sequence[str]) -> pd.Series:
    """Measure how equal the chances to answer are: R, its bias-adjusted value and its error.

    With the estimated chances ρ, S their standard deviation over the N units and ρ̄ their mean:

    - ``r`` = 1 - 2 S. Estimated chances vary more than true ones: S² is too large by about
      (1/(N-1)) Σ (z - z̄)' V (z - z̄), with z the gradient of each ρ and V the covariance of the
      coefficients; ``r_adjusted`` takes that away (not below S² = 0);
    - ``r_se``: delta method, var(S²) ≈ 4 a'Va + 2 tr(BVBV), with a = mean of (ρ - ρ̄) z and B the covariance
      of z; missing where S is 0;
    - ``cv`` = adjusted S / ρ̄ (unadjusted: ``cv_raw``). At a low response rate R cannot be low; the
      coefficient of variation can be high, and it is what bounds the bias: ``max_bias_sd`` = cv, the
      greatest bias of an unweighted mean, in standard deviations of the answer; ``max_bias_share`` = cv / 2,
      the same for a share, where a standard deviation is at most one half.

    Parameters
    ----------
    units, variables
        As for :func:`propensities`.

    Returns
    -------
    Series of float

    Raises
    ------
    ValueError
        As :func:`propensities`.

    Examples
    --------
    >>> units = pd.DataFrame({"size": ["s"] * 80 + ["l"] * 20,
    ...                       "responded": [True] * 4 + [False] * 76 + [True] * 10 + [False] * 10})
    >>> r_indicator(units, ["size"])[["r", "r_adjusted", "cv"]].round(4).to_dict()
    {'r': 0.6382, 'r_adjusted': 0.6501, 'cv': 1.2497}
    """
    _refuse_separation(units, variables)
    matrix = dummies(units, variables)
    if units["responded"].all():
        return pd.Series(dict.fromkeys(_EQUAL, 0.0) | {"response_share": 1.0, "r": 1.0, "r_adjusted": 1.0})
    chance = _fitted(matrix, units["responded"].to_numpy(dtype=float))
    slope = chance * (1 - chance)
    covariance = np.linalg.inv(product(matrix.T, slope[:, None] * matrix))
    gradient = slope[:, None] * matrix
    gradient -= gradient.mean(axis=0)
    count, mean = len(chance), float(chance.mean())
    square = float(chance.var(ddof=1))
    excess = float(np.einsum("ij,jk,ik->", gradient, covariance, gradient)) / (count - 1)
    adjusted = np.sqrt(max(square - excess, 0.0))
    lean = product(gradient.T, chance - mean) / count
    spread = product(gradient.T, gradient) / count @ covariance
    error = np.sqrt(4 * lean @ covariance @ lean + 2 * np.trace(spread @ spread))
    return pd.Series(
        {
            "response_share": mean,
            "r": 1 - 2 * np.sqrt(square),
            "r_adjusted": 1 - 2 * adjusted,
            "r_se": error / np.sqrt(square) if square > _STILL else np.nan,
            "cv_raw": np.sqrt(square) / mean,
            "cv": adjusted / mean,
            "max_bias_sd": adjusted / mean,
            "max_bias_share": adjusted / mean / 2,
        }
    )


def partial_indicators(units: pd.DataFrame, variables: Sequence[str]) -> pd.DataFrame:
    """Tell which variable, and which level, makes the chances to answer unequal.

    For level k of a variable, with N_k units, mean chance ρ̄_k and cells l crossed from the other variables:

    - ``unconditional`` = √(N_k/N) (ρ̄_k - ρ̄): under zero, the level is under-represented; for the whole
      variable (level empty), √Σ N_k/N (ρ̄_k - ρ̄)²: spread of the chances between its levels;
    - ``conditional`` = √(1/N Σ over the level (ρ - ρ̄_l)²): what of it the other variables do not explain;
      for the whole variable, over all units. It is never over the unconditional spread of all chances.

    Parameters
    ----------
    units, variables
        As for :func:`propensities`.

    Returns
    -------
    DataFrame
        ``variable``, ``level``, ``unconditional``, ``conditional``; one row per variable, then its levels.

    Raises
    ------
    ValueError
        As :func:`propensities`.

    Examples
    --------
    >>> units = pd.DataFrame({"size": ["s"] * 8 + ["l"] * 2, "responded": [True] + [False] * 8 + [True]})
    >>> partial_indicators(units, ["size"]).round(3).values.tolist()
    [['size', '', 0.15, 0.15], ['size', 'l', 0.134, 0.134], ['size', 's', -0.067, 0.067]]
    """
    if not variables:
        return pd.DataFrame(columns=["variable", "level", "unconditional", "conditional"])
    chance = propensities(units, variables)
    rows = [
        _partial(units, chance, name, [other for other in variables if other != name]) for name in variables
    ]
    return pd.concat(rows, ignore_index=True)


def _partial(units: pd.DataFrame, chance: pd.Series, name: str, others: list[str]) -> pd.DataFrame:
    levels = with_unknown(units[name])
    gap = chance.groupby(levels, observed=True).transform("mean") - chance.mean()
    cells = [with_unknown(units[name]) for name in others]
    within = chance.groupby(cells, observed=True).transform("mean") if cells else chance.mean()
    left = (chance - within) ** 2
    share = levels.value_counts(sort=False, normalize=True)
    by_level = gap.groupby(levels, observed=True).first()
    rows = pd.DataFrame(
        {
            "unconditional": np.sqrt(share.reindex(by_level.index).astype(float)) * by_level,
            "conditional": np.sqrt(left.groupby(levels, observed=True).sum() / len(units)),
        }
    )
    whole = pd.DataFrame(
        {"unconditional": [np.sqrt((gap**2).mean())], "conditional": [np.sqrt(left.mean())]}, index=[""]
    )
    rows.index = rows.index.astype(str)
    return (
        pd.concat([whole, rows])
        .rename_axis("level")
        .reset_index()
        .assign(variable=name)[["variable", "level", "unconditional", "conditional"]]
    )


def _refuse_separation(units: pd.DataFrame, variables: Sequence[str]) -> None:
    for name in variables:
        rates = units["responded"].groupby(with_unknown(units[name]), observed=True).mean()
        stuck = rates[rates.isin([0.0, 1.0])]
        if len(stuck):
            message = f"{name}: all or none answered in {', '.join(map(str, stuck.index))}; collapse first"
            raise ValueError(message)


def _fitted(matrix: Floats, answer: Floats) -> Floats:
    """Fit a logistic regression by Newton's method and give the fitted chances."""
    coefficients = np.zeros(matrix.shape[1])
    for _ in range(_STEPS):
        chance: Floats = expit(product(matrix, coefficients))
        score = product(matrix.T, answer - chance)
        hessian = product(matrix.T, (chance * (1 - chance))[:, None] * matrix)
        step = np.linalg.solve(hessian, score)
        coefficients += step
        if np.abs(step).max() < _STILL:
            return chance
    message = "the chances to answer have no finite estimate; collapse small levels first"
    raise ValueError(message)
