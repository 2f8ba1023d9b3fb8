"""The design of a survey as plain data: who weighs what, in which cluster, calibrated on what.

The error of everything estimated from it comes from one function, :func:`standard_errors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from opsn_geo.measure.products import product
from opsn_geo.measure.survey.response import with_unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


class Calibration(NamedTuple):
    """What weights are calibrated on, as the errors of many domains want it.

    Parameters
    ----------
    matrix : csr_array, shape (respondents, columns)
        What the weights are calibrated on.
    weighted : csc_array, shape (columns, respondents)
        The same under the base weights.
    inverse : array of float, shape (columns, columns)
        Of the products of the two.
    cell : array of int
        Of each commune, the number of its cell: communes of a cell have the same weighted row.
    cells : csr_array, shape (cells, columns)
        The weighted row of a commune of each cell.
    """

    matrix: sparse.csr_array
    weighted: sparse.csc_array
    inverse: Floats
    cell: Integers
    cells: sparse.csr_array


@dataclass(frozen=True, kw_only=True)
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

    @cached_property
    def commune(self) -> Integers:
        """Number of the commune of each respondent, in the order in which communes come."""
        return np.asarray(pd.factorize(self.clusters.to_numpy(dtype=object))[0], dtype=np.int64)

    @cached_property
    def calibration(self) -> Calibration | None:
        """What the weights are calibrated on; None where they are not."""
        if self.matrix is None:
            return None
        matrix = sparse.csr_array(self.matrix)
        weighted = sparse.csc_array((self.base.to_numpy()[:, None] * self.matrix).T)
        # The columns of all levels of several variables are dependent: their zeros must not be inverted.
        inverse = np.linalg.pinv((weighted @ matrix).toarray(), rcond=1e-12, hermitian=True)
        rows = cluster_sums(self.weights.to_numpy()[:, None] * self.matrix, self)
        cells, cell = np.unique(rows, axis=0, return_inverse=True)
        return Calibration(matrix, weighted, inverse, cell.ravel(), sparse.csr_array(cells))


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


def standard_errors(
    scores: Floats, design: Design, rows: Integers | None = None, *, finite: bool = True
) -> Floats:
    """Return the standard error of each estimate, from the influence of each respondent on it.

    The influence z of a respondent enters an estimate as w z. Where the weights are calibrated, z is first
    replaced by its residual on what they are calibrated on (least squares under the base weights; Deville
    and Särndal, 1992). With u_c the sum of w z over the respondents of commune c, and n communes that
    answered: variance = (1 - n/N) n / (n - 1) Σ (u_c - ū)².

    Parameters
    ----------
    scores : array of float, shape (respondents, estimates)
        Influences z, in the order of `rows`.
    design : Design
        Weights, clusters and calibration.
    rows : array of int, optional
        Places of the respondents in the design, in its order: those of the estimates' domain, others having
        no influence; by default all of them.
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
    commune, calibration = design.commune, design.calibration
    rows = np.arange(len(commune)) if rows is None else rows
    count = int(commune.max()) + 1
    if count == 1:
        return np.full(scores.shape[1], np.nan)
    if calibration is None:
        sums = cluster_sums(design.weights.to_numpy()[rows, None] * scores, design, rows)
        others, beside = np.zeros((1, scores.shape[1])), np.array([count - len(sums)])
    else:
        # of each calibration column, what the scores share with it: a domain shares nothing with most
        shared = calibration.weighted[:, rows] @ scores
        some = np.flatnonzero(shared.any(axis=1))
        fit = product(calibration.inverse[:, some], shared[some])
        in_domain = np.zeros(count, dtype=bool)
        in_domain[commune[rows]] = True
        near = np.flatnonzero(in_domain[commune])
        residuals = -(calibration.matrix[near] @ fit)
        residuals[np.searchsorted(near, rows)] += scores
        sums = cluster_sums(design.weights.to_numpy()[near, None] * residuals, design, near)
        # communes outside the domain differ only by their cell
        beside = np.bincount(calibration.cell[~in_domain], minlength=calibration.cells.shape[0])
        others = -(calibration.cells[beside > 0] @ fit)
        beside = beside[beside > 0]
    mean = (sums.sum(axis=0) + product(others.T, beside)) / count
    squares = ((sums - mean) ** 2).sum(axis=0) + product(((others - mean) ** 2).T, beside)
    population_left = 1 - count / design.units if finite else 1.0
    return np.asarray(np.sqrt(population_left * count / (count - 1) * squares))


def cluster_sums(values: Floats, design: Design, rows: Integers | None = None) -> Floats:
    """Return the sum of the rows of each commune, in the order in which communes come.

    With `rows`, the values are those of some respondents of the design, and the communes theirs.

    >>> cluster_sums(np.array([[1.0], [2.0], [4.0]]), plain_design(pd.Series(["a", "b", "a"]), 4)).tolist()
    [[5.0], [2.0]]
    """
    commune = design.commune if rows is None else design.commune[rows]
    numbers, place = np.unique(commune, return_inverse=True)
    shape = len(numbers), len(commune)
    members = sparse.csr_array((np.ones(len(commune)), (place, np.arange(len(commune)))), shape=shape)
    return np.asarray(members @ values)
