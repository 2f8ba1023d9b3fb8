"""Weights that give the respondents the make-up of the territory: post-stratification and raking.

Weights reproduce their margins to 1e-9, or nothing is returned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from opsn_geo.errors import Fault, InputError
from opsn_geo.measure.products import product
from opsn_geo.measure.survey.design import Design, plain_design
from opsn_geo.measure.survey.response import with_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TOLERANCE: Final = 1e-9
"""Greatest gap to a margin, in units, that weights may leave."""
FEWEST: Final = 5
"""A level with fewer answering units is joined to another before weighting."""

_STEPS: Final = 200
_HALVINGS: Final = 60
_RIDGE: Final = 1e-3
_DESCENT: Final = 1e-4


class Calibrated(NamedTuple):
    """Weights, and the report of how they were found.

    ``margins`` tells each ``variable`` and ``level``: its ``target``, and the weighted sum ``before`` and
    ``after``; ``gap`` is the greatest difference of ``after`` and ``target``.
    """

    weights: pd.Series
    margins: pd.DataFrame
    iterations: int
    gap: float


class Weighting(NamedTuple):
    """A calibrated design, the report of its weights, and which levels had to be joined."""

    design: Design
    report: Calibrated
    collapsed: pd.DataFrame


def weighted_design(
    codes: pd.Series,
    units: pd.DataFrame,
    variables: Sequence[str],
    bounds: tuple[float, float] | None = None,
    least: int = FEWEST,
) -> Weighting:
    """Rake the respondents of communes to the number of communes of each level of each variable.

    Parameters
    ----------
    codes : Series of str
        ``code_insee`` of each respondent, on ``respondent``; those without one are left out.
    units : DataFrame
        All communes on ``code_insee``, with ``responded`` (bool) and the variables.
    variables : sequence of str
        Margins.
    bounds : tuple of float, optional
        Least and greatest ratio of a weight to its base weight.
    least : int
        Levels with fewer answering communes are joined first: see :func:`collapse`.

    Returns
    -------
    Weighting

    Raises
    ------
    InputError
        No weights within the bounds reproduce the margins.

    Examples
    --------
    >>> units = pd.DataFrame({"size": ["s", "s", "s", "l"], "responded": [True, False, False, True]},
    ...                      index=["a", "b", "c", "d"])
    >>> weighting = weighted_design(pd.Series(["a", "a", "d"]), units, ["size"], least=1)
    >>> weighting.design.weights.round(6).tolist()
    [1.5, 1.5, 1.0]
    """
    joined, log = collapse(units, variables, least)
    plain = plain_design(codes, len(units))
    levels = joined.loc[plain.clusters].set_axis(plain.clusters.index)
    targets = {name: joined[name].value_counts().astype(float) for name in variables}
    report = rake(plain.base, levels, targets, bounds)
    matrix = _indicators(levels, targets)[0]
    design = Design(
        weights=report.weights, base=plain.base, clusters=plain.clusters, units=len(units), matrix=matrix
    )
    return Weighting(design, report, log)


def collapse(
    units: pd.DataFrame, variables: Sequence[str], least: int = FEWEST
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join the levels that too few units answered in, and say which.

    The level with the fewest answers is joined, of an ordered category to the neighbour with fewer
    answers, of any other variable to the level with the fewest answers; again until none is too small.

    Parameters
    ----------
    units : DataFrame
        One row per unit, with ``responded`` (bool) and the variables; missing values are ``unknown``.
    variables : sequence of str
        Variables to look at, each for itself.
    least : int
        Fewest answering units a level may keep.

    Returns
    -------
    tuple of DataFrame
        The variables with joined levels (text, such as ``a+b``) on the index of `units`, and a log:
        ``variable``, ``level``, ``joined``, ``units``, ``answered`` for each level that was joined.

    Examples
    --------
    >>> units = pd.DataFrame({"size": list("aabbc"), "responded": [True, True, True, True, False]})
    >>> joined, log = collapse(units, ["size"], least=1)
    >>> joined["size"].tolist(), log["joined"].tolist()
    (['a+c', 'a+c', 'b', 'b', 'a+c'], ['a+c', 'a+c'])
    """
    columns, logs = {}, []
    for name in variables:
        levels = with_unknown(units[name])
        ordered = isinstance(levels.dtype, pd.CategoricalDtype) and bool(levels.cat.ordered)
        counts = units["responded"].groupby(levels, observed=True, sort=True).agg(["size", "sum"])
        joined = {
            level: "+".join(group)
            for group in _groups(
                [str(level) for level in counts.index], counts["sum"].tolist(), least, ordered
            )
            for level in group
        }
        columns[name] = levels.astype("object").astype(str).map(joined)
        log = counts.set_axis(["units", "answered"], axis=1).rename_axis("level").reset_index()
        log = log.assign(variable=name, level=log["level"].astype(str))
        log["joined"] = log["level"].map(joined)
        logs.append(log[log["joined"] != log["level"]])
    fields = ["variable", "level", "joined", "units", "answered"]
    return pd.DataFrame(columns, index=units.index), pd.concat(logs, ignore_index=True)[fields]


def rake(
    base: pd.Series,
    levels: pd.DataFrame,
    targets: Mapping[str, pd.Series],
    bounds: tuple[float, float] | None = None,
) -> Calibrated:
    """Calibrate weights on margins by raking, within bounds if asked.

    The weights are base · clip(exp(x'λ), bounds), with x the indicators of the levels and λ such that the
    weighted sums equal the targets: what iterative proportional fitting converges to (Deming and Stephan,
    1940; Deville, Särndal and Sautory, 1993), found by Newton's method on the convex dual, with step halving.

    Parameters
    ----------
    base : Series of float
        Weights before, above zero.
    levels : DataFrame
        Level of each variable for each respondent, on the index of `base`; none missing.
    targets : mapping of str to Series of float
        By variable, the units of each level; all variables sum to the same.
    bounds : tuple of float, optional
        Least and greatest ratio of a weight to its base weight, around the mean ratio that the targets ask:
        (0.3, 3) lets none weigh under 0.3 or over 3 times the average one.

    Returns
    -------
    Calibrated
        Weights within 1e-9 of every margin.

    Raises
    ------
    InputError
        A level has units but no respondent or the reverse, the variables sum to different totals, or no
        weights within the bounds reproduce the margins.

    Examples
    --------
    >>> base = pd.Series([1.0, 1.0, 1.0])
    >>> levels = pd.DataFrame({"size": ["s", "s", "l"]})
    >>> rake(base, levels, {"size": pd.Series({"s": 6.0, "l": 1.0})}).weights.round(9).tolist()
    [3.0, 3.0, 1.0]
    """
    _check(levels, targets)
    matrix, wanted = _indicators(levels, targets)
    start = base.to_numpy(dtype=float) * float(wanted.sum()) / len(targets) / float(base.sum())
    low, high = bounds or (0.0, np.inf)
    ratio, iterations = _solve(matrix, wanted, start, low, high)
    weights = pd.Series(start * ratio, index=base.index)
    after = product(matrix.T, weights.to_numpy(dtype=float))
    gap = float(np.abs(after - wanted).max())
    if not gap <= TOLERANCE:
        worst = int(np.abs(after - wanted).argmax())
        name, level = _names(targets)[worst]
        raise InputError([
            Fault(
                cause="infeasible_weights", column=name, value=level,
                expected=f"{wanted[worst]:.0f}", nearest=f"{after[worst]:.1f}",
            )
        ])  # fmt: skip
    margins = pd.DataFrame(_names(targets), columns=["variable", "level"])
    before = product(matrix.T, base.to_numpy(dtype=float))
    margins = margins.assign(target=wanted, before=before, after=after)
    return Calibrated(weights, margins, iterations, gap)


def kish(weights: pd.Series) -> tuple[float, float]:
    """Give the design effect of unequal weights, n Σw² / (Σw)², and the effective number n (Kish, 1965).

    >>> effect, effective = kish(pd.Series([1.0, 3.0]))
    >>> effect, effective
    (1.25, 1.6)
    """
    effect = len(weights) * float((weights**2).sum()) / float(weights.sum()) ** 2
    return effect, len(weights) / effect


def _solve(matrix: Floats, wanted: Floats, start: Floats, low: float, high: float) -> tuple[Floats, int]:
    """Find the ratios to the starting weights; the last ones reached where none reproduces the margins.

    The factors λ minimise the convex dual Σ start φ(x'λ) − wanted'λ, with φ' = clip(exp, bounds): its
    gradient is what the weighted sums lack, with the sign changed. The bounds bend it, and at a bend the gap
    may grow while the dual falls: so it is the dual that each step must lower.
    """
    factors = np.zeros(matrix.shape[1])

    def reached(at: Floats) -> tuple[Floats, float, Floats]:
        """Return the ratios, the dual and the gap to the margins."""
        exponent = product(matrix, at)
        ratio = np.clip(np.exp(np.clip(exponent, -50, 50)), low, high)
        dual = float((start * ratio * (1 + exponent - np.log(ratio))).sum() - (wanted * at).sum())
        return ratio, dual, wanted - product(matrix.T, start * ratio)

    ratio, dual, gap = reached(factors)
    for step in range(1, _STEPS + 1):
        if np.abs(gap).max() <= TOLERANCE / 100:
            return ratio, step - 1
        moving = np.where((ratio > low) & (ratio < high), ratio, 0.0)
        hessian = product(matrix.T, (start * moving)[:, None] * matrix)
        # Where all respondents of a level are at a bound, nothing curves the dual: the ridge gives it a step.
        ridge = _RIDGE * float(np.linalg.norm(gap)) * np.eye(len(gap))
        move = np.linalg.lstsq(hessian + ridge, gap, rcond=1e-12)[0]
        slope = float((gap * move).sum())
        for half in range(_HALVINGS):
            size = 0.5**half
            tried = reached(factors + size * move)
            # Near the minimum two values of the dual look equal; where it is still falling, it has fallen.
            if tried[1] < dual - _DESCENT * size * slope or (tried[2] * move).sum() >= 0:
                break
        else:
            return ratio, step
        factors, (ratio, dual, gap) = factors + size * move, tried
    return ratio, _STEPS


def _indicators(levels: pd.DataFrame, targets: Mapping[str, pd.Series]) -> tuple[Floats, Floats]:
    """Give one column per level of each variable, and the units it should sum to."""
    columns = [levels[name].to_numpy(dtype=object)[:, None] == total.index.to_numpy(dtype=object)
               for name, total in targets.items()]  # fmt: skip
    return np.hstack(columns).astype(float), np.concatenate(
        [held.to_numpy(dtype=float) for held in targets.values()]
    )


def _names(targets: Mapping[str, pd.Series]) -> list[tuple[str, str]]:
    return [(name, str(level)) for name, totals in targets.items() for level in totals.index]


def _check(levels: pd.DataFrame, targets: Mapping[str, pd.Series]) -> None:
    faults = list(_faults(levels, targets))
    if faults:
        raise InputError(faults)


def _faults(levels: pd.DataFrame, targets: Mapping[str, pd.Series]) -> Iterator[Fault]:
    for name, totals in targets.items():
        present, held = set(levels[name].astype(str)), set(totals[totals > 0].index.astype(str))
        yield from (Fault(cause="empty_margin", column=name, value=level) for level in sorted(held - present))
        yield from (
            Fault(cause="unknown_margin", column=name, value=level) for level in sorted(present - held)
        )
    sums = {name: float(totals.sum()) for name, totals in targets.items()}
    first = next(iter(sums.values()))
    for name, total in sums.items():
        if abs(total - first) > TOLERANCE * max(1.0, first):
            yield Fault(cause="unequal_margins", column=name, value=f"{total:g}", expected=f"{first:g}")


def _groups(levels: list[str], answered: list[int], least: int, ordered: bool) -> list[list[str]]:  # noqa: FBT001
    """Join levels until each group has enough answers, or there is one group."""
    groups, sizes = [[level] for level in levels], list(answered)
    while len(groups) > 1 and min(sizes) < least:
        place = sizes.index(min(sizes))
        others = [place - 1, place + 1] if ordered else [row for row in range(len(groups)) if row != place]
        partner = min((row for row in others if 0 <= row < len(groups)), key=sizes.__getitem__)
        keep, gone = sorted((place, partner))
        groups[keep] += groups.pop(gone)
        sizes[keep] += sizes.pop(gone)
    return groups
