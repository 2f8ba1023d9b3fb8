"""The laws of chance that measures rest on, over arrays, from special functions only: light to import.

All are exact: hypergeometric chances come from the ratio of each to the one before, not from an
approximation, and hold 12 digits for populations of the size of a country.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

_TIE = 1 + 1e-7
"""Two chances this close are the same but for rounding."""


def hypergeometric(total: int, kind: Integers, draws: Integers) -> tuple[Integers, Floats]:
    """Give every outcome of draws without replacement, and its chance.

    Parameters
    ----------
    total : int
        Units in all.
    kind, draws : array of int, shape (k,)
        Units of the kind, and units drawn.

    Returns
    -------
    tuple of arrays, shape (k, widest support)
        Units of the kind that are drawn, from the fewest possible on, and their chances; 0 beyond the most
        possible.

    Examples
    --------
    >>> counts, chances = hypergeometric(4, np.array([2]), np.array([2]))
    >>> counts.tolist(), chances.round(6).tolist()
    ([[0, 1, 2]], [[0.166667, 0.666667, 0.166667]])
    """
    kind, draws = np.asarray(kind)[:, None], np.asarray(draws)[:, None]
    least, most = np.maximum(0, draws + kind - total), np.minimum(draws, kind)
    counts = least + np.arange(int((most - least).max(initial=0)) + 1)
    before = counts[:, :-1]
    ratio = (kind - before) * (draws - before) / ((before + 1.0) * (total - kind - draws + before + 1))
    return counts, _chances(np.where(before < most, ratio, 0.0))


def hypergeometric_p(count: ArrayLike, total: int, kind: ArrayLike, draws: ArrayLike) -> Floats:
    """Give the exact two-sided hypergeometric p of each count: all outcomes no likelier than it.

    Parameters
    ----------
    count, kind, draws : array of int, shape (k,)
        Units of the kind that were drawn, units of the kind, units drawn.
    total : int
        Units in all.

    Examples
    --------
    >>> hypergeometric_p(np.array([3]), 8, np.array([4]), np.array([4])).round(6).tolist()
    [0.485714]
    """
    observed, counts, chances, place = _distinct(count, total, kind, draws)
    own = np.where(counts == observed, chances, 0.0).sum(axis=1, keepdims=True)
    p = np.where(chances <= own * _TIE, chances, 0.0).sum(axis=1)
    return np.asarray(np.minimum(p, 1.0)[place])


def hypergeometric_sf(count: ArrayLike, total: int, kind: ArrayLike, draws: ArrayLike) -> Floats:
    """Give the chance of at least each count: the exact one-sided p, with the same parameters.

    >>> hypergeometric_sf(np.array([3]), 8, np.array([4]), np.array([4])).round(6).tolist()
    [0.242857]
    """
    observed, counts, chances, place = _distinct(count, total, kind, draws)
    tail = np.where(counts >= observed, chances, 0.0).sum(axis=1)
    return np.asarray(np.where(observed[:, 0] <= counts[:, 0], 1.0, np.minimum(tail, 1.0))[place])


def least_kind(count: Integers, sample: int, total: int, tail: float) -> Integers:
    """Give the fewest units of a kind with which a sample holds at least `count` of them by more than `tail`.

    The place of the last needed one, when all units are told in a random order and the first are of the
    kind, has a negative hypergeometric law; what is looked for is its quantile.

    Parameters
    ----------
    count : array of int, shape (k,)
        Units of the kind in the sample.
    sample, total : int
        Units drawn, and in all.
    tail : float
        Between 0 and 1.

    Examples
    --------
    >>> least_kind(np.array([0, 5]), 5, 10, 0.025).tolist()
    [0, 7]
    """
    if not sample:
        return np.zeros_like(count)
    needed, place = np.unique(np.maximum(count, 1), return_inverse=True)
    before = needed[:, None] + np.arange(total - sample)
    ratio = before * (total - before - sample + needed[:, None])
    ratio = ratio / ((before + 1.0 - needed[:, None]) * (total - before))
    reached = np.cumsum(_chances(ratio), axis=1) <= tail
    needed_kind = needed + reached.sum(axis=1)
    return np.asarray(np.where(count > 0, needed_kind[place.ravel()], 0))


def discoveries(p: ArrayLike) -> Floats:
    """Give the q of each p: the least false discovery rate that finds it (Benjamini and Hochberg, 1995).

    >>> discoveries([0.01, 0.04, 0.03, 0.5]).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    chances = np.asarray(p, dtype=float)
    order = np.argsort(chances)[::-1]
    ranks = np.arange(len(chances), 0, -1)
    adjusted = np.empty(len(chances))
    adjusted[order] = np.minimum.accumulate(chances[order] * len(chances) / ranks)
    return np.minimum(adjusted, 1.0)


def student(confidence: float, count: ArrayLike) -> Floats:
    """Give the Student quantile of each number of units, less one degree; missing under two.

    >>> student(0.95, [1, 2]).round(3).tolist()
    [nan, 12.706]
    """
    number = np.asarray(count)
    quantile = -special.stdtrit(np.maximum(number - 1, 1), (1 - confidence) / 2)
    return np.asarray(np.where(number > 1, quantile, np.nan))


def student_p(ratio: ArrayLike, degrees: ArrayLike) -> Floats:
    """Give the two-sided p of an estimate over its standard error.

    >>> student_p([2.0], [10]).round(6).tolist()
    [0.073388]
    """
    return np.asarray(2 * special.stdtr(degrees, -np.abs(ratio)))


def chi2_p(value: float, degrees: int) -> float:
    """Give the chance that a chi² is at least this; 1 without degrees of freedom.

    >>> round(chi2_p(3.841, 1), 4)
    0.05
    """
    return float(special.chdtrc(degrees, value)) if degrees else 1.0


def beta_bounds(confidence: float, yes: ArrayLike, no: ArrayLike) -> tuple[Floats, Floats]:
    """Give Clopper and Pearson's (1934) interval of a share; yes and no need not be whole.

    Parameters
    ----------
    confidence : float
        Level of the interval.
    yes, no : array of float, shape (k,)
        Not both 0.

    Examples
    --------
    >>> low, high = beta_bounds(0.95, [0, 5], [10, 5])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.0, 0.1871], [0.3085, 0.8129])
    """
    tail, successes, failures = (
        (1 - confidence) / 2,
        np.asarray(yes, dtype=float),
        np.asarray(no, dtype=float),
    )
    low = special.betaincinv(np.where(successes > 0, successes, 1.0), failures + 1, tail)
    high = special.betainccinv(successes + 1, np.where(failures > 0, failures, 1.0), tail)
    return np.where(successes > 0, low, 0.0), np.where(failures > 0, high, 1.0)


def _distinct(
    count: ArrayLike, total: int, kind: ArrayLike, draws: ArrayLike
) -> tuple[Integers, Integers, Floats, Integers]:
    """Give each distinct case once: its count, outcomes and chances; and where each case is among them."""
    cases = np.column_stack(np.broadcast_arrays(count, kind, draws))
    cells, place = np.unique(cases, axis=0, return_inverse=True)
    counts, chances = hypergeometric(total, cells[:, 1], cells[:, 2])
    return cells[:, [0]], counts, chances, place.ravel()


def _chances(ratio: Floats) -> Floats:
    """Give chances that sum to one from the ratio of each to the one before, along rows."""
    with np.errstate(divide="ignore"):
        steps = np.log(ratio)
    logs = np.concatenate([np.zeros((len(ratio), 1)), np.cumsum(steps, axis=1)], axis=1)
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
