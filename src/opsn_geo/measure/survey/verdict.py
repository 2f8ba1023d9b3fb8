"""The verdict: may one speak for the territory with these answers, and how much would it take to be wrong.

Weighting mends what is known (size, département). What is not known is measured by the correlation between
answering and the answer that would overturn a conclusion (Meng, 2018), set beside the correlation between
answering and what is known: if the survey leans by 0.2 on size, it may lean as much on an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue.numbers import decimal as _number
from opsn_geo.catalogue.numbers import percent as _percent
from opsn_geo.catalogue.words import Language, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ALPHA: Final = 0.05
_LEANING: Final = 0.1
_MOST_LACKING: Final = 3
KNOWN: Final = 1e-9
"""A standard error under this is none: the weights are calibrated on the item, or all answered alike."""


def break_even(gap: float, sd: float, answered: int, units: int, effect: float = 1.0) -> float:
    """Give the correlation between answering and the answer that makes an error of `gap`.

    Meng's identity (2018, eq. 2.3 and 4.1): error = ρ σ √((1 - f + CV²) / f), with f = n / N and CV² the
    squared coefficient of variation of the weights (0 when they are equal).

    Parameters
    ----------
    gap : float
        Error looked for: estimate minus the value at which the conclusion flips.
    sd : float
        Standard deviation of the answer in the territory.
    answered, units : int
        n and N.
    effect : float
        Kish's design effect, 1 + CV².

    Returns
    -------
    float
        Signed as `gap`; missing where the answer does not vary; beyond 1 in absolute value, no correlation
        can make such an error.

    Examples
    --------
    >>> round(break_even(0.22, 0.45, 376, 3789), 3)
    0.162
    """
    share = answered / units if units else np.nan
    scale = sd * np.sqrt((effect - share) / share) if share else 0.0
    return float(gap / scale) if scale else np.nan


def headlines(
    estimated: pd.DataFrame,
    thresholds: pd.Series,
    *,
    units: int,
    effect: float,
    known: float,
) -> pd.DataFrame:
    """Judge each headline figure: what weighting changes, and what would overturn its conclusion.

    Parameters
    ----------
    estimated : DataFrame
        As :func:`opsn_geo.measure.survey.estimates.estimates` gives it, under the weighted design. Items
        without a standard error are left out: what the weights are calibrated on, or all answered alike.
    thresholds : Series of float
        By item, the value that the conclusion stands above or below, such as 0.5 for "most of them".
    units : int
        N, communes of the territory.
    effect : float
        Kish's design effect of the weights.
    known : float
        Greatest absolute correlation between answering and something known for all communes.

    Returns
    -------
    DataFrame
        ``item``, ``measure``, ``answers``, ``communes``, ``unweighted``, ``estimate``, ``low``, ``high``,
        ``bias_removed`` (unweighted - estimate), ``threshold``, ``break_even`` (correlation at which the
        true value would be the threshold), ``margin_correlation`` (at which the bias equals half the
        interval), ``known_correlation`` and ``verdict``: ``open`` (the interval holds the threshold, or
        there is none), ``fragile`` (a correlation no stronger than the known one would overturn it) or
        ``holds``.

    Examples
    --------
    >>> estimated = pd.DataFrame({"item": ["uses"], "measure": ["share"], "answers": [425], "communes": [376],
    ...     "unweighted": [0.72], "estimate": [0.70], "low": [0.65], "high": [0.75], "sd": [0.458],
    ...     "se": [0.025]})
    >>> found = headlines(estimated, pd.Series({"uses": 0.5}), units=3789, effect=1.2, known=0.18)
    >>> found[["break_even", "verdict"]].round(3).values.tolist()
    [[0.131, 'fragile']]
    """
    fields = ["item", "measure", "answers", "communes", "unweighted", "estimate", "low", "high"]
    estimated = estimated[estimated["se"] > KNOWN].reset_index(drop=True)
    rows = estimated[fields].assign(
        bias_removed=estimated["unweighted"] - estimated["estimate"],
        threshold=estimated["item"].map(thresholds).astype(float),
    )
    gaps = {
        "break_even": rows["estimate"] - rows["threshold"],
        "margin_correlation": (rows["high"] - rows["low"]) / 2,
    }
    for name, gap in gaps.items():
        triples = zip(gap, estimated["sd"], rows["communes"], strict=True)
        rows[name] = [break_even(it, sd, count, units, effect) for it, sd, count in triples]
    undecided = rows["threshold"].between(rows["low"], rows["high"]) | rows["break_even"].isna()
    verdict = np.select([undecided, rows["break_even"].abs() <= known], ["open", "fragile"], default="holds")
    return rows.assign(known_correlation=known, verdict=verdict)


def verdict(
    response: pd.DataFrame,
    overall: pd.DataFrame,
    indicator: pd.Series,
    judged: pd.DataFrame,
    *,
    effective: float,
    margins: Sequence[str],
    labels: Mapping[str, str],
    lang: Language = "fr",
) -> pd.DataFrame:
    """Say the verdict in words, each with its reason.

    Parameters
    ----------
    response : DataFrame
        Stacked response tables (:func:`opsn_geo.measure.survey.response.response_tables`).
    overall : DataFrame
        Overall measures, on ``variable``.
    indicator : Series
        :func:`opsn_geo.measure.survey.indicators.r_indicator`.
    judged : DataFrame
        :func:`headlines`.
    effective : float
        Effective number of answering communes after weighting.
    margins : sequence of str
        Variables that the weights are calibrated on.
    labels : mapping of str to str
        Names of variables, ``variable=level`` pairs and items in this language; others show as they are.
    lang : {"fr", "en"}
        Language.

    Returns
    -------
    DataFrame
        ``finding`` (answer, rate, profile, level, bias, weights, headline), ``subject`` and ``text``; the
        answer comes first. It never says "representative" without the correlation that would belie it.

    Examples
    --------
    >>> response = pd.DataFrame({"variable": ["size"] * 2, "level": ["small", "large"], "units": [80, 20],
    ...     "answered": [10, 10], "territory_share": [0.8, 0.2], "sample_share": [0.5, 0.5],
    ...     "sample_low_share": [0.3, 0.3], "sample_high_share": [0.7, 0.7], "q": [0.001, 0.001],
    ...     "population": [800, 900], "responding_pop": [100, 500]})
    >>> overall = pd.DataFrame({"simulated_q": [0.001], "tvd": [0.3], "tvd_expected": [0.07]}, index=["size"])
    >>> indicator = pd.Series({"cv": 0.6, "max_bias_share": 0.3})
    >>> said = verdict(response, overall, indicator, pd.DataFrame(columns=["item"]), effective=12.0,
    ...                margins=["size"], labels={}, lang="en")
    >>> print(said.loc[said["subject"] == "size=small", "text"].item())
    small: under-represented, 50% of the communes that answered against 80% of the territory.
    """
    first = response[response["variable"] == response["variable"].iloc[0]]
    share = float(first["answered"].sum() / first["units"].sum())
    living = float(first["responding_pop"].sum() / first["population"].sum())
    skewed = overall.index[overall["simulated_q"].astype(float) < ALPHA]
    weak = int((judged["verdict"] != "holds").sum()) if len(judged) else 0
    told = [
        _said("answer", "no" if len(skewed) else "not_refuted", lang,
              names=", ".join(labels.get(it, it) for it in skewed), weak=weak, headlines=len(judged)),
        _said("rate", "rate", lang, answered=_number(first["answered"].sum(), lang, 0),
              units=_number(first["units"].sum(), lang, 0),
              rate=_percent(share, lang), pop=_percent(living, lang)),
        *_profiles(overall, labels, lang),
        *_levels(response, labels, lang),
        _said("bias", "bias", lang, points=_number(100 * float(indicator["max_bias_share"]), lang),
              cv=_number(float(indicator["cv"]), lang, 2)),
        _said("weights", "weights", lang, effective=_number(effective, lang, 0),
              names=", ".join(labels.get(it, it) for it in margins)),
        *_headlines(judged, labels, lang),
    ]  # fmt: skip
    return pd.DataFrame(told, columns=["finding", "subject", "text"])


def small_communes(
    response: pd.DataFrame, limit: int, answers_share: float, lang: Language = "fr"
) -> dict[str, str]:
    """Say how communes below a size are represented: among answers, among communes, in the territory.

    Parameters
    ----------
    response : DataFrame
        Response table of a variable whose level ``below`` holds the communes under the limit.
    limit : int
        Inhabitants.
    answers_share : float
        Share of all answers that come from bodies under the limit: several may speak for one commune, and
        some for none, so that it is not the share of communes.
    lang : {"fr", "en"}
        Language.

    Examples
    --------
    >>> response = pd.DataFrame({"sample_share": [0.7], "territory_share": [0.86], "q": [0.001]},
    ...                         index=["below"])
    >>> print(small_communes(response, 2000, 327 / 488, "en")["text"][:59])
    Communes below 2,000 inhabitants are under-represented: 67%
    """
    row = response.to_dict("index")["below"]
    under = row["q"] < ALPHA and row["sample_share"] < row["territory_share"]
    return _said(
        "small", "small" if under else "small_alike", lang, subject=f"below_{limit}",
        limit=_number(limit, lang, 0), answers=_percent(answers_share, lang),
        sample=_percent(row["sample_share"], lang),
        territory=_percent(row["territory_share"], lang),
    )  # fmt: skip


def matters(estimated: pd.DataFrame, labels: Mapping[str, str], lang: Language = "fr") -> dict[str, str]:
    """Say how far weighting moves the estimated shares: on average, and the one it moves most.

    Shares without error are left out: the weights are made to give them.

    >>> estimated = pd.DataFrame({"item": ["a", "b"], "measure": "share", "unweighted": [0.5, 0.4],
    ...                           "estimate": [0.45, 0.39], "se": 0.02})
    >>> print(matters(estimated, {}, "en")["text"])
    What weighting corrects: 3.0 points on average over the 2 shares estimated, 5.0 points at most (a).
    """
    shares = estimated[(estimated["measure"] == "share") & (estimated["se"] > KNOWN)]
    moved = (100 * (shares["unweighted"] - shares["estimate"])).abs()
    item = str(shares["item"].iloc[int(moved.to_numpy().argmax())])
    return _said(
        "weights", "matters", lang, mean=_number(moved.mean(), lang), count=len(shares),
        most=_number(moved.max(), lang), name=labels.get(item, item),
    )  # fmt: skip


def change(
    response: pd.DataFrame,
    profiles: pd.DataFrame,
    margins: Sequence[str],
    labels: Mapping[str, str],
    lang: Language = "fr",
) -> pd.DataFrame:
    """Say what would change the verdict: answers from whom, and margins that the weights lack.

    A level that answered less than chance explains lacks P (n - n_h) / (1 - P) - n_h answering units, all
    others as they are: with these its share of those that answered would be P, its share of the territory.
    A variable leans after weighting where a standardised difference is beyond 0.1 (Austin, 2009).

    Parameters
    ----------
    response : DataFrame
        Stacked response tables.
    profiles : DataFrame
        :func:`opsn_geo.measure.survey.representativeness.standardised_differences`, weighted.
    margins : sequence of str
        Variables that the weights are calibrated on.
    labels : mapping of str to str
        Names of variables and of ``variable=level`` pairs; others show as they are.
    lang : {"fr", "en"}
        Language.

    Returns
    -------
    DataFrame
        Rows of the verdict: ``finding`` (change), ``subject`` and ``text``: the levels that lack most, and
        the variables left leaning, none where there is nothing to change.

    Examples
    --------
    >>> response = pd.DataFrame({"variable": ["size"] * 2, "level": ["small", "large"], "units": [80, 20],
    ...     "answered": [10, 10], "territory_share": [0.8, 0.2], "sample_share": [0.5, 0.5],
    ...     "q": [0.001, 0.001]})
    >>> profiles = pd.DataFrame({"variable": ["size"], "weighted_difference": [0.0]})
    >>> print(change(response, profiles, ["size"], {}, "en")["text"].item())
    What would change this: more answers where they lack, 30 from small, all else being equal.
    """
    under = response[(response["q"] < ALPHA) & (response["sample_share"] < response["territory_share"])]
    sample = response.groupby("variable")["answered"].sum()
    others = under["variable"].map(sample).astype(float) - under["answered"]
    odds = under["units"] / (under["units"] / under["territory_share"] - under["units"])
    lacking = np.ceil(odds * others - under["answered"] - KNOWN).astype(int)
    pairs = zip(under["variable"], under["level"], strict=True)
    names = [labels.get(f"{variable}={level}", str(level)) for variable, level in pairs]
    most = pd.DataFrame({"count": lacking, "name": names}).nlargest(_MOST_LACKING, "count")
    levels = [
        text("survey_verdict.change_level", lang, count=_number(count, lang, 0), name=name)
        for count, name in zip(most["count"], most["name"], strict=True)
    ]
    gaps = profiles["weighted_difference"].abs().groupby(profiles["variable"], sort=False).max()
    left = gaps[(gaps > _LEANING) & ~gaps.index.isin(list(margins))]
    leaning = [f"{labels.get(str(it), str(it))} ({_number(gap, lang, 2)})" for it, gap in left.items()]
    told = {"change_answers": levels, "change_margins": leaning}
    said = [_said("change", key, lang, names=", ".join(it)) for key, it in told.items() if it]
    return pd.DataFrame(said, columns=["finding", "subject", "text"])


def bodies_said(counted: pd.DataFrame, labels: Mapping[str, str], lang: Language = "fr") -> pd.DataFrame:
    """Say for each kind of body but communes whom its answers speak for.

    Parameters
    ----------
    counted : DataFrame
        :func:`opsn_geo.measure.survey.populations.answers_by_body`.
    labels : mapping of str to str
        Names of the kinds; others show as they are.
    lang : {"fr", "en"}
        Language.

    Returns
    -------
    DataFrame
        Rows of the verdict: ``finding`` (bodies), ``subject`` and ``text``.

    Examples
    --------
    >>> counted = pd.DataFrame({"answers": [9], "scope": ["answers"]}, index=["ccas"])
    >>> print(bodies_said(counted, {"ccas": "CCAS"}, "en")["text"].item())
    CCAS: 9 answers. Their number in the territory is not known: they describe only those who answered.
    """
    said = []
    for body, row in counted.drop(index="commune", errors="ignore").to_dict("index").items():
        rates = {it: row.get(f"response_{it}share") for it in ("", "low_", "high_")}
        counts = {it: row.get(it) for it in ("answers", "answered", "units")}
        values = {f"{it}rate": _percent(rate, lang) for it, rate in rates.items() if pd.notna(rate)}
        values |= {it: _number(count, lang, 0) for it, count in counts.items() if pd.notna(count)}
        name = labels.get(str(body), str(body))
        said.append(_said("bodies", f"bodies_{row['scope']}", lang, subject=str(body), name=name, **values))
    return pd.DataFrame(said, columns=["finding", "subject", "text"])


def _profiles(overall: pd.DataFrame, labels: Mapping[str, str], lang: Language) -> Iterator[dict[str, str]]:
    for name, row in overall.iterrows():
        key = "profile_apart" if float(row["simulated_q"]) < ALPHA else "profile_alike"
        yield _said(
            "profile", key, lang, subject=str(name), name=labels.get(str(name), str(name)),
            tvd=_percent(row["tvd"], lang), expected=_percent(row["tvd_expected"], lang),
        )  # fmt: skip


def _levels(response: pd.DataFrame, labels: Mapping[str, str], lang: Language) -> Iterator[dict[str, str]]:
    for row in response[response["q"] < ALPHA].to_dict("records"):
        subject = f"{row['variable']}={row['level']}"
        key = "level_under" if row["sample_share"] < row["territory_share"] else "level_over"
        yield _said(
            "level", key, lang, subject=subject, name=labels.get(subject, str(row["level"])),
            sample=_percent(row["sample_share"], lang), territory=_percent(row["territory_share"], lang),
        )  # fmt: skip


def _headlines(judged: pd.DataFrame, labels: Mapping[str, str], lang: Language) -> Iterator[dict[str, str]]:
    for row in judged.to_dict("records"):
        share = row["measure"] == "share"

        def shown(value: float, *, share: bool = share) -> str:
            return _percent(value, lang) if share else _number(value, lang)

        bias = row["bias_removed"] * (100 if share else 1)
        yield _said(
            "headline", f"headline_{row['verdict']}", lang, subject=row["item"],
            name=labels.get(row["item"], row["item"]), estimate=shown(row["estimate"]), low=shown(row["low"]),
            high=shown(row["high"]), unweighted=shown(row["unweighted"]),
            bias=_number(abs(bias), lang), threshold=shown(row["threshold"]),
            correlation=_number(abs(row["break_even"]), lang, 2),
            margin=_number(row["margin_correlation"], lang, 3),
            known=_number(row["known_correlation"], lang, 2),
        )  # fmt: skip


def _said(finding: str, key: str, lang: Language, subject: str = "", **values: Any) -> dict[str, str]:  # noqa: ANN401
    return {"finding": finding, "subject": subject, "text": text(f"survey_verdict.{key}", lang, **values)}
