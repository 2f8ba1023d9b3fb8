"""Who answered, among whom: response by any variable, exact in a population that is finite and known.

The unit is the commune. Several respondents of one commune are one answering commune; EPCI, CCAS and
syndicats are populations of their own and never counted among communes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from opsn_geo.measure.distributions import beta_bounds, discoveries, hypergeometric_p, least_kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

UNKNOWN: Final = "unknown"
"""Level of the units whose value is missing: they stay in the table, in a row of their own."""

SIZE_BANDS: Final = {
    "lt_500": 0,
    "500_1999": 500,
    "2000_9999": 2_000,
    "10000_49999": 10_000,
    "ge_50000": 50_000,
}
"""Bands of inhabitants, by their lower bound: those of the founding study."""
DENSITY_BANDS: Final = {"lt_30": 0, "30_99": 30, "100_299": 100, "300_1499": 300, "ge_1500": 1_500}
"""Bands of inhabitants per km², by their lower bound."""

_FEW_EXPECTED: Final = 5


def banded(values: pd.Series, bands: dict[str, int]) -> pd.Series:
    """Put numbers into bands, each from its lower bound (included) to the next one (excluded).

    Parameters
    ----------
    values : Series of number
        For instance inhabitants (:data:`SIZE_BANDS`) or inhabitants per km² (:data:`DENSITY_BANDS`, whose
        300 and 1,500 are the bounds of Eurostat's degree of urbanisation).
    bands : dict of str to int
        Lower bound of each band, rising.

    Returns
    -------
    Series of ordered category
        On the same index; missing stays missing.

    Examples
    --------
    >>> banded(pd.Series([499, 2_000]), SIZE_BANDS).tolist()
    ['lt_500', '2000_9999']
    """
    return pd.cut(values.astype(float), [*bands.values(), np.inf], right=False, labels=list(bands))


def answers_by_commune(codes: pd.Series, communes: pd.Index) -> pd.DataFrame:
    """Count the respondents of each commune.

    Parameters
    ----------
    codes : Series of str
        ``code_insee`` of each respondent; missing for those that speak for no commune.
    communes : Index of str
        Communes of the study, each once.

    Returns
    -------
    DataFrame
        On `communes`: ``respondents`` (int) and ``responded`` (bool: at least one).

    Raises
    ------
    ValueError
        A code is not among the communes: link it, or set it missing, first.

    Examples
    --------
    >>> answers_by_commune(pd.Series(["a", "a", None]), pd.Index(["a", "b"])).to_dict("list")
    {'respondents': [2, 0], 'responded': [True, False]}
    """
    counts = codes.dropna().value_counts()
    foreign = counts.index.difference(communes)
    if len(foreign):
        message = f"codes of no commune of the study: {', '.join(map(str, foreign[:5]))}"
        raise ValueError(message)
    respondents = counts.reindex(communes, fill_value=0).astype("int64")
    return pd.DataFrame({"respondents": respondents, "responded": respondents > 0}, index=communes)


def response_table(units: pd.DataFrame, by: str, confidence: float = 0.95) -> pd.DataFrame:
    """Tell, for each level of a variable, who answered among whom and whether chance explains it.

    With N units of which n answered, and N_h units in level h of which n_h answered:

    - ``response_share`` = n_h / N_h, with its exact (Clopper-Pearson, 1934) interval as a propensity to
      answer: the units are all known, what is uncertain is only whether they would answer again;
    - ``sample_share`` = n_h / n beside ``territory_share`` = N_h / N, with the exact interval of the share
      of the territory that such a sample would make one believe: the shares K / N that the hypergeometric
      law of n draws without replacement does not reject on either side;
    - ``expected`` = n N_h / N, ``residual`` = (n_h - expected) / its hypergeometric standard deviation;
    - ``p``: exact two-sided hypergeometric (Fisher's, 1935: all counts no likelier than n_h), and ``q``,
      the same after Benjamini and Hochberg (1995) over the levels of this variable.

    Parameters
    ----------
    units : DataFrame
        One row per unit of the population, with ``responded`` (bool), the variable, and ``population``
        (inhabitants) where it is known.
    by : str
        The variable. Units without a value make the level ``unknown``.
    confidence : float
        Level of both intervals.

    Returns
    -------
    DataFrame
        On ``level``, in the order of the categories or of the labels: ``units``, ``answered``, the columns
        above, ``population`` (inhabitants), ``responding_pop`` and ``responding_pop_share`` (inhabitants of
        the answering units, and their share of the level's; each missing where an inhabitant of one of these
        units is not counted) and ``cell``: ``empty`` (nobody answered), ``small`` (fewer than 5 expected: no
        approximation holds, the exact p does) or ``""``.

    Examples
    --------
    >>> units = pd.DataFrame({"dep": ["02"] * 6 + ["59"] * 4, "responded": [True] * 5 + [False] * 5})
    >>> table = response_table(units, "dep")
    >>> table[["units", "answered", "response_share", "expected"]].to_dict("index")["02"]
    {'units': 6, 'answered': 5, 'response_share': 0.8333333333333334, 'expected': 3.0}
    >>> table["p"].round(4).tolist()
    [0.0476, 0.0476]
    """
    levels = with_unknown(units[by])
    groups = units.groupby(levels, observed=True, sort=True)
    table = pd.DataFrame({"units": groups.size(), "answered": groups["responded"].sum().astype("int64")})
    held, answers = table["units"].to_numpy(), table["answered"].to_numpy()
    total, sample = int(held.sum()), int(answers.sum())
    low, high = clopper_pearson(answers, held, confidence)
    least, most = hypergeometric_interval(answers, sample, total, confidence)
    expected = sample * held / total
    spread = np.sqrt(expected * (1 - held / total) * (total - sample) / max(total - 1, 1))
    p = hypergeometric_p(answers, total, held, sample)
    table = table.assign(
        response_share=answers / held,
        response_low_share=low,
        response_high_share=high,
        territory_share=held / total,
        sample_share=answers / sample if sample else np.nan,
        sample_low_share=least / total,
        sample_high_share=most / total,
        expected=expected,
        residual=np.divide(answers - expected, spread, out=np.zeros(len(answers)), where=spread > 0),
        p=p,
        q=discoveries(p),
        cell=np.select([answers == 0, expected < _FEW_EXPECTED], ["empty", "small"], default=""),
    )
    if "population" in units:
        living = groups["population"].sum(skipna=False)
        of_answers = units["population"].where(units["responded"], 0)
        answering = of_answers.groupby(levels, observed=True).sum(skipna=False)
        table = table.assign(
            population=living, responding_pop=answering, responding_pop_share=answering / living
        )
    return table.rename_axis("level")


def response_tables(units: pd.DataFrame, variables: Sequence[str], confidence: float = 0.95) -> pd.DataFrame:
    """Stack the response tables of several variables, with ``variable`` and ``level`` as first columns.

    >>> units = pd.DataFrame({"dep": ["02", "59"], "size": ["s", "l"], "responded": [True, False]})
    >>> response_tables(units, ["dep", "size"])[["variable", "level", "answered"]].values.tolist()
    [['dep', '02', 1], ['dep', '59', 0], ['size', 'l', 0], ['size', 's', 1]]
    """
    tables = {by: response_table(units, by, confidence) for by in variables}
    stacked = pd.concat({by: table.set_axis(table.index.astype(str)) for by, table in tables.items()})
    return stacked.rename_axis(["variable", "level"]).reset_index()


def with_unknown(values: pd.Series) -> pd.Series:
    """Put missing values into the level ``unknown``, the last one of a category.

    >>> with_unknown(pd.Series(["a", None])).tolist()
    ['a', 'unknown']
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        missing = values.isna().any() and UNKNOWN not in values.cat.categories
        return (values.cat.add_categories(UNKNOWN) if missing else values).fillna(UNKNOWN)
    return values.astype("object").where(values.notna(), UNKNOWN).astype(str)


def clopper_pearson(count: Integers, base: Integers, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Give the exact binomial interval of each share ``count / base`` (Clopper and Pearson, 1934).

    >>> low, high = clopper_pearson(np.array([0]), np.array([10]))
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.0], [0.3085])
    """
    return beta_bounds(confidence, count, base - count)


def hypergeometric_interval(
    count: Integers, sample: int, total: int, confidence: float = 0.95
) -> tuple[Integers, Integers]:
    """Give the exact interval of how many of `total` units are of a kind, `count` of the `sample` being so.

    The bounds are the least and the greatest number that neither one-sided hypergeometric test rejects at
    half the risk (Katz, 1953; Buonaccorsi, 1987).

    Parameters
    ----------
    count : array of int, shape (k,)
        Units of the kind in the sample.
    sample, total : int
        Size of the sample, drawn without replacement, and of the population.

    Returns
    -------
    tuple of arrays of int, shape (k,)
        Least and greatest number in the population.

    Examples
    --------
    >>> least, most = hypergeometric_interval(np.array([0, 5]), 5, 10)
    >>> least.tolist(), most.tolist()
    ([0, 7], [3, 10])
    """
    tail = (1 - confidence) / 2
    fewest = least_kind(count, sample, total, tail)
    return fewest, total - least_kind(sample - count, sample, total, tail)
