"""The design of a survey as plain data: who weighs what, in which cluster, calibrated on what.

The error of everything estimated from it comes from one function, :func:`standard_errors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from opsn_geo.measure.products import product
from opsn_geo.measure.survey.response import with_unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Weights of respondents, and what the error of their estimates rests on.

    Parameters
    ----------
    weights : Series of float
        Weight of each respondent, on ``respondent``; they sum to `units`.
    base : Series of float
        Weight before calibration: N / n / m for each of the m respondents of one of n communes.
    clusters : Series of str
        ``code_insee`` of each respondent.
    units : int
        N, communes of the population.
    matrix : array of float, shape (respondents, columns), optional
        What the weights are calibrated on; none where they are the base weights.
    """

    weights: pd.Series
    base: pd.Series
    clusters: pd.Series
    units: int
    matrix: Floats | None = None


def plain_design(codes: pd.Series, units: int) -> Design:
    """Return the design of respondents of communes, all communes counting alike.

    Parameters
    ----------
    codes : Series of str
        ``code_insee`` of each respondent; those that speak for no commune are left out.
    units : int
        N, communes of the population.

    Returns
    -------
    Design
        Each commune weighs N / n, shared among its respondents.

    Examples
    --------
    >>> plain_design(pd.Series(["a", "a", "b"]), 10).weights.tolist()
    [2.5, 2.5, 5.0]
    """
    clusters = codes.dropna()
    share = 1 / clusters.map(clusters.value_counts()).astype(float)
    base = share * units / clusters.nunique()
    return Design(weights=base, base=base, clusters=clusters, units=units)


def dummies(frame: pd.DataFrame, variables: Sequence[str]) -> Floats:
    """Return a matrix of full column rank: an intercept, and each level but the first of each variable.

    >>> dummies(pd.DataFrame({"size": ["s", "l"]}), ["size"]).tolist()
    [[1.0, 1.0], [1.0, 0.0]]
    """
    columns = [np.ones((len(frame), 1))]
    for name in variables:
        levels = with_unknown(frame[name])
        codes, names = pd.factorize(levels.to_numpy(dtype=object).astype(str), sort=True)
        columns.append(np.eye(len(names))[codes][:, 1:])
    return np.hstack(columns)


def floats(values: pd.Series | pd.DataFrame) -> Floats:
    """Return booleans or numbers as an array of floats of the same shape, missing ones as not-a-number.

    >>> floats(pd.Series([True, None], dtype="boolean")).tolist()
    [1.0, nan]
    """
    if isinstance(values, pd.DataFrame):
        columns = [floats(column) for _, column in values.items()]
        return np.column_stack(columns) if columns else np.empty(values.shape)
    numbers = values.astype("Float64") if values.dtype == object else values
    return np.asarray(numbers.to_numpy(dtype=np.float64, na_value=np.nan))


def standard_errors(scores: Floats, design: Design, *, finite: bool = True) -> Floats:
    """Return the standard error of each estimate, from the influence of each respondent on it.

    The influence z of a respondent enters an estimate as w z. Where the weights are calibrated, z is first
    replaced by its residual on what they are calibrated on (least squares under the base weights; Deville
    and Särndal, 1992). With u_c the sum of w z over the respondents of commune c, and n communes that
    answered: variance = (1 - n/N) n / (n - 1) Σ (u_c - ū)².

    Parameters
    ----------
    scores : array of float, shape (respondents, estimates)
        Influences z, rows in the order of the design; 0 for a respondent outside the estimate's domain.
    design : Design
        Weights, clusters and calibration.
    finite : bool
        Whether what is estimated is a number of this finite population (1 - n/N), or speaks of what made it.

    Returns
    -------
    array of float, shape (estimates,)
        Missing everywhere where a single commune answered.

    Examples
    --------
    >>> design = plain_design(pd.Series(["a", "b"]), 4)
    >>> standard_errors(np.array([[0.25, 0.5], [-0.25, -0.5]]), design).round(6).tolist()
    [0.707107, 1.414214]
    """
    residuals = scores
    if design.matrix is not None:
        weighted = design.base.to_numpy()[:, None] * design.matrix
        # The columns of all levels of several variables are dependent: their zeros must not be inverted.
        inverse = np.linalg.pinv(product(weighted.T, design.matrix), rcond=1e-12, hermitian=True)
        residuals = scores - product(design.matrix, product(inverse, product(weighted.T, scores)))
    sums = cluster_sums(design.weights.to_numpy()[:, None] * residuals, design)
    count = len(sums)
    if count == 1:
        return np.full(sums.shape[1], np.nan)
    population_left = 1 - count / design.units if finite else 1.0
    scale = population_left * count / (count - 1)
    return np.asarray(np.sqrt(scale * ((sums - sums.mean(axis=0)) ** 2).sum(axis=0)))


def cluster_sums(values: Floats, design: Design) -> Floats:
    """Return the sum of the rows of each commune, in the order in which communes come.

    >>> cluster_sums(np.array([[1.0], [2.0], [4.0]]), plain_design(pd.Series(["a", "b", "a"]), 4)).tolist()
    [[5.0], [2.0]]
    """
    codes, communes = pd.factorize(design.clusters.to_numpy(dtype=object))
    rows = np.arange(len(codes))
    members = sparse.csr_array((np.ones(len(codes)), (codes, rows)), shape=(len(communes), len(codes)))
    return np.asarray(members @ values)
