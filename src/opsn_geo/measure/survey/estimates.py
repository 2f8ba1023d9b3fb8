"""What the answers say of the territory, with the error that is theirs: shares, means, quantiles, domains.

Each answer item has its own base: those that answered it. Unweighted values stand beside weighted ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from opsn_geo.measure.distributions import beta_bounds, student
from opsn_geo.measure.survey.design import Design, cluster_sums, floats, standard_errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Booleans = NDArray[np.bool_]

_COUNTS: Final = ("measure", "answers", "communes")
_FIGURES: Final = ("unweighted", "estimate", "se", "low", "high", "sd", "deff", "effective")
_NO_ERROR: Final = 1e-12
"""An error under this is that of rounding: the weights are calibrated on the item."""


def estimates(
    values: pd.DataFrame, design: Design, by: pd.Series | None = None, confidence: float = 0.95
) -> pd.DataFrame:
    """Estimate the share or the mean of each item among the communes of the territory.

    The estimate is Σ w y / Σ w over the respondents that answered the item; its influence,
    z = (y - estimate) / Σ w, gives the standard error through ``standard_errors`` (clusters,
    calibration, finite population). The interval of a mean is Student's with one degree less than the
    communes that answered; that of a share is Korn and Graubard's (1998): Clopper and Pearson's for the
    effective number p (1 - p) / se², scaled by the squared ratio of the Student quantiles; it does not
    fail at 0 and 1, and has no width where the weights are calibrated on the item.

    Parameters
    ----------
    values : DataFrame
        One row per respondent, one column per item: boolean for a share, number for a mean; missing where
        the item was not answered. Respondents outside the design are left out.
    design : Design
        Weights and clusters.
    by : Series, optional
        Domain of each respondent: each level is estimated for itself.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        ``item``, (``domain`` with `by`), ``measure`` (share, mean), ``answers``, ``communes`` (that
        answered), ``unweighted``, ``estimate``, ``se``, ``low``, ``high``,
        ``sd`` (weighted standard deviation of the item), ``deff`` (variance over that of
        as many communes drawn at random) and ``effective`` (communes / deff), both missing where the
        error is nothing but rounding. Items that nobody answered keep their row, with missing values.

    Examples
    --------
    >>> from opsn_geo.measure.survey.design import plain_design
    >>> design = plain_design(pd.Series(list("abcd")), 40)
    >>> values = pd.DataFrame({"score": [1.0, 2, 3, None], "used": [True, False, True, True]})
    >>> estimates(values, design)[["item", "answers", "estimate", "se"]].round(4).values.tolist()
    [['score', 3, 2.0, 0.5164], ['used', 4, 0.75, 0.2372]]
    """
    numbers = floats(values.reindex(design.weights.index))
    shares = np.array([pd.api.types.is_bool_dtype(kind) for kind in values.dtypes], dtype=bool)
    if by is None:
        return _estimated(numbers, np.arange(len(numbers)), values.columns, shares, design, confidence)
    levels = sorted(by.dropna().unique(), key=str)
    place = pd.Categorical(by.reindex(design.weights.index), levels).codes
    domains = [np.flatnonzero(place == number) for number in range(len(levels))]
    parts = [
        _estimated(numbers[rows], rows, values.columns, shares, design, confidence).assign(domain=level)
        for level, rows in zip(levels, domains, strict=True)
    ]
    stacked = pd.concat(parts, ignore_index=True)
    fields = ["item", "domain"]
    return stacked[[*fields, *stacked.columns.difference(fields, sort=False)]]


def _estimated(
    numbers: Floats, rows: Integers, items: pd.Index, shares: Booleans, design: Design, confidence: float
) -> pd.DataFrame:
    """Estimate every item from its values, those of some rows of the design; items are in columns."""
    answered = ~np.isnan(numbers)
    answers = answered.sum(axis=0)
    communes = (cluster_sums(answered.astype(float), design, rows) > 0).sum(axis=0)
    weights = design.weights.to_numpy()[rows, None] * answered
    total = np.where(answers > 0, weights.sum(axis=0), 1.0)
    filled = np.where(answered, numbers, 0.0)
    means = (weights * filled).sum(axis=0) / total
    error = standard_errors(np.where(answered, filled - means, 0.0) / total, design, rows)
    spread = (weights * (filled - means) ** 2).sum(axis=0) / total
    effect = _design_effect(error, spread, communes, design.units)
    half = student(confidence, communes) * error
    low, high = _korn_graubard(
        means, error, answers=answers, communes=communes, units=design.units, confidence=confidence
    )
    shown = pd.DataFrame(
        {
            "unweighted": filled.sum(axis=0) / np.maximum(answers, 1),
            "estimate": means,
            "se": error,
            "low": np.where(shares, low, means - half),
            "high": np.where(shares, high, means + half),
            "sd": np.sqrt(spread),
            "deff": effect,
            "effective": np.divide(communes, effect, out=np.full(len(effect), np.nan), where=effect != 0),
        }
    )
    shown.loc[answers == 0] = np.nan
    counts = {"measure": np.where(shares, "share", "mean"), "answers": answers, "communes": communes}
    return pd.DataFrame({"item": items, **counts}).join(shown)


def quantiles(
    values: pd.DataFrame,
    design: Design,
    by: pd.Series | None = None,
    share: float = 0.5,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Estimate a quantile of each item and its interval (Woodruff, 1952).

    The quantile is the least value whose weighted share of values up to it reaches `share`; the interval
    is that share plus or minus its Student interval, carried back to values the same way.

    Parameters
    ----------
    values : DataFrame of number
        One row per respondent, one column per item; missing where not answered.
    design : Design
        Weights and clusters.
    by : Series, optional
        Domain of each respondent: each level is estimated for itself.
    share : float
        Between 0 and 1; 0.5 is the median.
    confidence : float
        Level of the interval.

    Returns
    -------
    DataFrame
        ``item``, (``domain`` with `by`), ``quantile``, ``low``, ``high``, in the order of
        :func:`estimates`; missing where nobody answered.

    Examples
    --------
    >>> from opsn_geo.measure.survey.design import plain_design
    >>> design = plain_design(pd.Series(list("abcdefghi")), 900)
    >>> quantiles(pd.DataFrame({"score": range(1, 10)}), design).values.tolist()
    [['score', 5.0, 1.0, 9.0]]
    """
    numbers, weights = floats(values.reindex(design.weights.index)), design.weights.to_numpy()
    domains = pd.Series("", index=design.weights.index) if by is None else by.reindex(design.weights.index)
    levels = sorted(domains.dropna().unique(), key=str)
    place = pd.Categorical(domains, levels).codes
    climbs = [
        _climb(item[place == level], weights[place == level])
        for level in range(len(levels))
        for item in numbers.T
    ]
    reached = np.array([_reach(climb, share) for climb in climbs])
    own = reached.reshape(len(levels), numbers.shape[1])[place]
    unknown = np.isnan(numbers) | (place == -1)[:, None]
    below = np.where(unknown, np.nan, numbers <= own)
    rows = estimates(
        pd.DataFrame(below, design.weights.index, values.columns), design, None if by is None else domains
    )
    half = student(confidence, rows["communes"].to_numpy()) * rows["se"].to_numpy()
    low, high = (
        [_reach(climb, share + gap) for climb, gap in zip(climbs, sign * half, strict=True)]
        for sign in (-1, 1)
    )
    return rows[rows.columns.intersection(["item", "domain"])].assign(quantile=reached, low=low, high=high)


def _climb(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Give the known values in their order, and the weighted share of values up to each."""
    order = np.argsort(values, kind="stable")[: int((~np.isnan(values)).sum())]
    return values[order], np.cumsum(weights[order]) / weights[order].sum()


def _reach(climb: tuple[Floats, Floats], share: float) -> float:
    """Give the least value up to which a share of the values lies; missing where there is none."""
    values, reached = climb
    if not len(values) or np.isnan(share):
        return np.nan
    return float(values[min(int(np.searchsorted(reached, share - 1e-12)), len(values) - 1)])


def item_frame(answers: pd.DataFrame, choices: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Turn typed answers into what can be estimated: booleans and numbers only.

    Parameters
    ----------
    answers : DataFrame
        Typed answers, one column per ``item`` or ``item:choice``.
    choices : mapping of str to sequence of str
        Choices of each single-choice item: each becomes a boolean column ``item:choice``, missing where the
        item was not answered.

    Returns
    -------
    DataFrame
        Boolean and numeric columns of `answers`, and those made; other texts are left out.

    Examples
    --------
    >>> answers = pd.DataFrame({"role": ["it", None], "name": ["x", "y"]})
    >>> item_frame(answers, {"role": ["it"]}).columns.tolist()
    ['role:it']
    """
    kept = answers.select_dtypes(include=["boolean", "bool", "number"])
    made = {
        f"{item}:{choice}": answers[item].eq(choice).astype("boolean").where(answers[item].notna())
        for item, options in choices.items()
        if item in answers
        for choice in options
    }
    return pd.concat([kept, pd.DataFrame(made, index=answers.index)], axis=1)


def _design_effect(error: Floats, spread: Floats, communes: Integers, units: int) -> Floats:
    """Compare the variance with that of as many communes drawn at random without replacement."""
    simple = (1 - communes / units) * spread / np.maximum(communes - 1, 1)
    tells = (communes > 1) & (simple != 0) & (error > _NO_ERROR)
    return np.asarray(np.divide(error**2, simple, out=np.full(len(error), np.nan), where=tells))


def _korn_graubard(
    share: Floats, error: Floats, *, answers: Integers, communes: Integers, units: int, confidence: float
) -> tuple[Floats, Floats]:
    """Give Korn and Graubard's intervals; at 0 and 1 the effective number is that of a random sample."""
    share = np.clip(share.round(12), 0.0, 1.0)
    varies = (share > 0) & (share < 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.where(varies, share * (1 - share) / error**2, communes / (1 - communes / units))
    effective *= (student(confidence, answers) / student(confidence, communes)) ** 2
    fixed = ~np.isfinite(effective) | (varies & (error < _NO_ERROR))
    number = np.where(fixed, 1.0, effective)
    low, high = beta_bounds(confidence, number * share, number * (1 - share))
    alone = communes < 2  # noqa: PLR2004 - one commune has no error
    low, high = (np.where(alone, np.nan, np.where(fixed, share, bound)) for bound in (low, high))
    return low, high
