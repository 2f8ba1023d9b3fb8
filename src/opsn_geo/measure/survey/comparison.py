"""What goes with using an OPSN: adherents against others, item by item, raw and adjusted; and rankings.

A difference is an association among the communes that answered. It is adjusted for what is known of them
(size, département), never proof of a cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from opsn_geo.measure.distributions import discoveries, student, student_p
from opsn_geo.measure.products import product
from opsn_geo.measure.survey.design import Design, cluster_sums, dummies, floats, standard_errors
from opsn_geo.measure.survey.estimates import estimates
from opsn_geo.measure.survey.response import with_unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Booleans = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

_NO_ERROR: Final = 1e-12
"""An error under this is that of rounding: the item is the same for all of a group, nothing is tested."""


def influence(
    values: pd.DataFrame,
    member: pd.Series,
    design: Design,
    covariates: pd.DataFrame,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare adherents with others on every item, raw and at equal size and département.

    The gap is the coefficient of membership in a weighted linear regression of the item; raw without other
    terms (the difference of the two weighted means), adjusted with the covariates as categories (which
    weighs each cell by how far membership varies in it, so that cells without both groups do not count).
    Its error is the sandwich of Binder (1983) over communes, without finite population correction: a gap
    speaks of what membership goes with, not of a count in this region. Intervals are Student's with one
    degree less than the communes.

    Parameters
    ----------
    values : DataFrame
        One row per respondent: boolean items (gap in shares: times 100 for points) and numbers.
    member : Series of bool
        Who uses an OPSN, on the same index; respondents that did not say are left out.
    design : Design
        Weights and clusters.
    covariates : DataFrame
        Categories to hold equal, on the same index.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        ``item``, ``measure``, ``members`` and ``others`` (answers), ``member_mean``, ``other_mean``, then
        ``gap``, ``gap_se``, ``gap_low``, ``gap_high``, ``gap_p``, ``gap_q`` and the same as ``adjusted_*``;
        q after Benjamini and Hochberg over all items compared, whose number is ``tests``. An item that one
        group did not answer has missing values and is not counted as a test; so has an adjusted gap where
        no cell of the covariates has both groups.

    Examples
    --------
    >>> from opsn_geo.measure.survey.design import plain_design
    >>> codes = pd.Series(list("abcdefgh"))
    >>> values = pd.DataFrame({"rgpd": [True, True, True, False, True, False, False, False]})
    >>> member, size = pd.Series([True] * 4 + [False] * 4), pd.DataFrame({"size": list("slslslsl")})
    >>> gaps = influence(values, member, plain_design(codes, 80), size)
    >>> gaps.loc[0, ["member_mean", "other_mean", "gap", "gap_se"]].astype(float).round(6).tolist()
    [0.75, 0.25, 0.5, 0.327327]
    """
    index = design.weights.index
    numbers, side = floats(values.reindex(index)), floats(member.reindex(index))
    held = covariates.reindex(index)
    answered = ~np.isnan(numbers) & ~np.isnan(side)[:, None]
    members, others = answered & (side == 1)[:, None], answered & (side == 0)[:, None]
    shares = [pd.api.types.is_bool_dtype(kind) for kind in values.dtypes]
    gaps = pd.DataFrame(
        {
            "item": values.columns,
            "measure": np.where(shares, "share", "mean"),
            "members": members.sum(axis=0),
            "others": others.sum(axis=0),
            "member_mean": _means(numbers, members, design),
            "other_mean": _means(numbers, others, design),
        }
    )
    plain = np.column_stack([side, np.ones(len(side))])
    full = np.column_stack([side, dummies(held, held.columns.tolist())])
    made = {"gap": plain, "adjusted": full}
    parts = [_gaps(numbers, answered, matrix, design, confidence, kind) for kind, matrix in made.items()]
    gaps = pd.concat([gaps, *parts], axis=1)
    gaps = gaps.assign(gap_q=_discoveries(gaps["gap_p"]), adjusted_q=_discoveries(gaps["adjusted_p"]))
    return gaps.assign(tests=int(gaps["gap_p"].notna().sum()))


def overlap(member: pd.Series, covariates: pd.DataFrame) -> pd.DataFrame:
    """Count adherents and others in each cell of the covariates: only cells with both can be compared.

    Parameters
    ----------
    member : Series of bool
        Missing values are left out.
    covariates : DataFrame
        Categories, on the same index.

    Returns
    -------
    DataFrame
        The covariates, ``members``, ``others`` and ``both`` (bool), one row per cell that has someone.

    Examples
    --------
    >>> found = overlap(pd.Series([True, False, True]), pd.DataFrame({"size": ["s", "s", "l"]}))
    >>> found[["size", "both"]].values.tolist()
    [['l', False], ['s', True]]
    """
    is_member = member.dropna().astype(bool)
    levels = pd.DataFrame({name: with_unknown(covariates[name].loc[is_member.index]) for name in covariates})
    cells = is_member.groupby([levels[name] for name in levels], observed=True).agg(["size", "sum"])
    members = cells["sum"].astype("int64")
    counts = pd.DataFrame({"members": members, "others": cells["size"] - members})
    return counts.assign(both=(counts["members"] > 0) & (counts["others"] > 0)).reset_index()


def against_reference(
    estimated: pd.DataFrame, reference: pd.DataFrame, confidence: float = 0.95
) -> pd.DataFrame:
    """Set estimates beside values from outside, such as national means, known to some rounding.

    Parameters
    ----------
    estimated : DataFrame
        As :func:`opsn_geo.measure.survey.estimates.estimates` gives it, without domains.
    reference : DataFrame
        By item: ``reference``, and ``reference_margin``, by how much rounding may have moved it.
    confidence : float
        Level of the interval.

    Returns
    -------
    DataFrame
        ``item``, ``communes``, ``estimate``, ``reference``, ``reference_margin``, ``gap`` (estimate -
        reference), ``gap_low``, ``gap_high`` (Student's, wider by the margin either side) and ``p`` (of the
        gap less the margin); only the items that have a reference.

    Examples
    --------
    >>> estimated = pd.DataFrame({"item": ["score"], "communes": [101], "estimate": [5.9], "se": [0.1]})
    >>> national = pd.DataFrame({"reference": [6.3], "reference_margin": [0.1]}, index=["score"])
    >>> against_reference(estimated, national).round(3).loc[0, ["gap", "gap_high"]].tolist()
    [-0.4, -0.102]
    """
    rows = estimated[estimated["item"].isin(reference.index)].reset_index(drop=True)
    outside = reference.astype(float).reindex(rows["item"]).reset_index(drop=True)
    value, margin = outside["reference"], outside["reference_margin"]
    gap = rows["estimate"] - value
    half = student(confidence, rows["communes"]) * rows["se"] + margin
    p = student_p((gap.abs() - margin).clip(lower=0) / rows["se"], (rows["communes"] - 1).clip(lower=1))
    return rows[["item", "communes", "estimate"]].assign(
        reference=value, reference_margin=margin, gap=gap, gap_low=gap - half, gap_high=gap + half, p=p
    )


def rankings(
    values: pd.DataFrame,
    design: Design,
    by: pd.Series | None = None,
    confidence: float = 0.95,
    items: Sequence[str] = (),
) -> pd.DataFrame:
    """Rank items by their estimate, with the ranks that the answers cannot tell apart.

    The same people answered all of them, so that each two items are compared on their difference, with its
    own error (that of two intervals which overlap says less). Of all pairs of a domain together, those that
    differ at 1 - `confidence` by Holm's step-down test (1979) are surely apart; the rank of an item is then
    surely between 1 + the number of surely better ones and K - the number of surely worse ones (Klein, Wright
    and Wieczorek, 2020). Items whose rank intervals are the same are tied for all one can tell.

    Parameters
    ----------
    values : DataFrame
        Boolean items or numbers on one scale, one row per respondent.
    design : Design
        Weights and clusters.
    by : Series, optional
        Domain of each respondent, such as the département.
    confidence : float
        Level of each interval, and at which all ranks of a domain hold together.
    items : sequence of str
        Items to rank; none means all.

    Returns
    -------
    DataFrame
        ``domain`` (with `by`), ``item``, ``answers``, ``estimate``, ``low``, ``high``, ``rank`` (equal
        estimates share the best one), ``rank_best`` and ``rank_worst``, in the order of domain and rank.

    Examples
    --------
    >>> from opsn_geo.measure.survey.design import plain_design
    >>> values = pd.DataFrame({"a": [True] * 40, "b": [True, False] * 20, "c": [False, True] * 20})
    >>> design = plain_design(pd.Series([str(it) for it in range(40)]), 400)
    >>> rankings(values, design)[["item", "rank", "rank_best", "rank_worst"]].values.tolist()
    [['a', 1, 1, 1], ['b', 2, 2, 3], ['c', 2, 2, 3]]
    """
    chosen = values[list(items)] if items else values
    estimated = estimates(chosen, design, by, confidence)
    domains = ["domain"] if by is not None else []
    groups = estimated.groupby("domain", sort=False) if domains else [("", estimated)]
    numbers = floats(chosen.reindex(design.weights.index))
    inside = None if by is None else by.reindex(design.weights.index).to_numpy(dtype=object)
    parts = []
    for domain, group in groups:
        rows = np.arange(len(numbers)) if inside is None else np.flatnonzero(inside == domain)
        parts.append(_ranked(group, _surely_greater(numbers[rows], rows, design, confidence)))
    ranked = pd.concat(parts, ignore_index=True)
    fields = [*domains, "item", "answers", "estimate", "low", "high", "rank", "rank_best", "rank_worst"]
    return ranked.sort_values([*domains, "rank", "item"], ignore_index=True)[fields]


def _means(numbers: Floats, chosen: Booleans, design: Design) -> Floats:
    """Give the weighted mean of each item over the respondents chosen for it."""
    weights = design.weights.to_numpy()[:, None] * chosen
    total, sums = weights.sum(axis=0), (weights * np.where(chosen, numbers, 0.0)).sum(axis=0)
    return np.asarray(np.divide(sums, total, out=np.full(len(total), np.nan), where=total > 0))


def _gaps(
    numbers: Floats, answered: Booleans, matrix: Floats, design: Design, confidence: float, kind: str
) -> pd.DataFrame:
    """Give the first coefficient of the regression of each item, with its error, interval and p."""
    gap, scores = _coefficients(numbers, answered, matrix, design)
    degrees = (cluster_sums(answered.astype(float), design) > 0).sum(axis=0) - 1
    error = standard_errors(scores, design, finite=False)
    error[np.isnan(gap) | (error < _NO_ERROR) | (degrees < 1)] = np.nan
    half = student(confidence, degrees + 1) * error
    p = student_p(gap / error, np.maximum(degrees, 1))
    parts = {"": gap, "_se": error, "_low": gap - half, "_high": gap + half, "_p": p}
    return pd.DataFrame({f"{kind}{name}": part for name, part in parts.items()})


def _discoveries(p: pd.Series) -> pd.Series:
    """Give the q of each p that is known, after Benjamini and Hochberg."""
    tested = p.dropna()
    return pd.Series(discoveries(tested), index=tested.index, dtype=float).reindex(p.index)


def _coefficients(
    numbers: Floats, answered: Booleans, matrix: Floats, design: Design
) -> tuple[Floats, Floats]:
    """Regress all items that the same respondents answered at once; missing where nobody can be compared."""
    gap, scores = np.full(numbers.shape[1], np.nan), np.zeros(numbers.shape)
    patterns, which = np.unique(answered, axis=1, return_inverse=True)
    for number, rows in enumerate(patterns.T):
        columns, items = matrix[rows], np.flatnonzero(which.ravel() == number)
        if not rows.any() or np.linalg.matrix_rank(columns) == np.linalg.matrix_rank(columns[:, 1:]):
            continue  # the other columns tell who is a member: nobody to compare with
        answers, weighed = numbers[np.ix_(rows, items)], design.weights.to_numpy()[rows, None] * columns
        inverse = np.linalg.pinv(product(columns.T, weighed))
        fit = product(inverse, product(weighed.T, answers))
        gap[items] = fit[0]
        scores[np.ix_(rows, items)] = product(columns, inverse[:, [0]]) * (answers - product(columns, fit))
    return gap, scores


def _surely_greater(numbers: Floats, rows: Integers, design: Design, confidence: float) -> Booleans:
    """Return which item is surely greater than which, among some rows of the design: items by items."""
    answered, n_items = ~np.isnan(numbers), numbers.shape[1]
    weights = design.weights.to_numpy()[rows, None] * answered
    total, filled = np.maximum(weights.sum(axis=0), _NO_ERROR), np.where(answered, numbers, 0.0)
    means = (weights * filled).sum(axis=0) / total
    scores = np.where(answered, filled - means, 0.0) / total
    communes = (cluster_sums(answered.astype(float), design, rows) > 0).sum(axis=0)
    first, second = np.triu_indices(n_items, 1)
    gap, degrees = means[first] - means[second], np.minimum(communes[first], communes[second]) - 1
    error = standard_errors(scores[:, first] - scores[:, second], design, rows)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = student_p(gap / error, np.maximum(degrees, 1))
    # all alike on both: the chance that so many communes would all answer the same way
    constant = (np.nan_to_num(error) < _NO_ERROR) & (np.abs(gap) > _NO_ERROR)
    p = np.nan_to_num(np.where(constant, 0.5 ** np.maximum(degrees, 0), p), nan=1.0)
    p[degrees < 1] = 1.0
    order = np.argsort(p, kind="stable")
    holds = np.logical_and.accumulate(p[order] <= (1 - confidence) / np.arange(len(p), 0, -1))
    differs = np.zeros(len(p), dtype=bool)
    differs[order] = holds
    greater = np.zeros((n_items, n_items), dtype=bool)
    greater[first, second], greater[second, first] = differs & (gap > 0), differs & (gap < 0)
    return greater


def _ranked(group: pd.DataFrame, greater: Booleans) -> pd.DataFrame:
    rank = group["estimate"].round(12).rank(method="min", ascending=False).astype("Int64")
    better, worse = greater.sum(axis=0), greater.sum(axis=1)
    return group.assign(rank=rank, rank_best=1 + better, rank_worst=len(group) - worse)
