"""The verdict: may one speak for the territory with these answers, and how much would it take to be wrong.

Weighting corrects what is known (size, département). What is not known is measured by the correlation
between answering and the answer that would overturn a conclusion (Meng, 2018), set beside the correlation
between answering and what is known: if the survey leans by 0.2 on size, it may lean as much on an answer.

A verdict is a table of findings: the code of a sentence, and the numbers that the sentence is made of. The
words are added when results are published, in the language of the study.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

ALPHA: Final = 0.05
"""False discoveries accepted where a level or a variable is called different from the territory."""
NO_ERROR: Final = 1e-9
"""A standard error under this is none: the weights are calibrated on the item, or all answered alike."""
COLUMNS: Final = ("finding", "subject", "sentence", "values")
"""Kind of finding; what it is about; code of its sentence; numbers and codes of the sentence, by name."""
_LEANING: Final = 0.1
_MOST_LACKING: Final = 3


def finding(kind: str, sentence: str, subject: str = "", **values: Any) -> dict[str, object]:  # noqa: ANN401
    """Return one row of a verdict.

    >>> finding("bias", "bias", points=12.5, cv=0.25)
    {'finding': 'bias', 'subject': '', 'sentence': 'bias', 'values': {'points': 12.5, 'cv': 0.25}}
    """
    return {"finding": kind, "subject": subject, "sentence": sentence, "values": values}


def break_even(gap: float, sd: float, answered: int, units: int, effect: float = 1.0) -> float:
    """Return the correlation between answering and the answer that makes an error of `gap`.

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
    units: int | pd.Series,
    effect: float,
    correlation: float,
    claims: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return, for each headline figure, what weighting changes and what would overturn its conclusion.

    Parameters
    ----------
    estimated : DataFrame
        As :func:`opsn_geo.measure.survey.estimates.estimates` gives it, under the weighted design. Items
        without a standard error are left out: what the weights are calibrated on, or all answered alike.
    thresholds : Series of float
        By item, the value that the conclusion stands above or below, such as 0.5 for "most of them"; an item
        without one concludes nothing.
    units : int or Series
        N, communes of the territory; by item where not all were asked (those without a number: the greatest).
    effect : float
        Kish's design effect of the weights.
    correlation : float
        Greatest absolute correlation between answering and something known for all communes.
    claims : DataFrame, optional
        By item, what a study publishes: ``side`` (``above`` or ``below`` the threshold; missing: the side of
        the estimate), ``published`` and the range it stands for, ``published_least`` and
        ``published_greatest``.

    Returns
    -------
    DataFrame
        ``item``, ``measure``, ``answers``, ``communes``, ``unweighted``, ``estimate``, ``low``, ``high``,
        ``bias_removed`` (unweighted - estimate), ``threshold``, ``break_even`` (correlation at which the
        true value would be the threshold), ``margin_correlation`` (at which the bias equals half the
        interval), ``known_correlation``, ``units``, ``side``, ``published``, ``comparison``
        (``gt`` or ``lt`` where the study only bounds it), ``published_inside`` (whether
        the range of the published value meets the interval; missing where nothing is published) and
        ``verdict``:
        ``no_claim`` (no threshold), ``open`` (the interval holds it), ``refuted`` (the interval lies on the
        other side than the claim), ``fragile`` (a correlation no stronger than the known one would overturn
        it) or ``holds``.

    Examples
    --------
    >>> estimated = pd.DataFrame({"item": ["uses"], "measure": ["share"], "answers": [425], "communes": [376],
    ...     "unweighted": [0.72], "estimate": [0.70], "low": [0.65], "high": [0.75], "sd": [0.458],
    ...     "se": [0.025]})
    >>> found = headlines(estimated, pd.Series({"uses": 0.5}), units=3789, effect=1.2, correlation=0.18)
    >>> found[["break_even", "verdict"]].round(3).values.tolist()
    [[0.131, 'fragile']]
    """
    fields = ["item", "measure", "answers", "communes", "unweighted", "estimate", "low", "high"]
    estimated = estimated[estimated["se"] > NO_ERROR].reset_index(drop=True)
    rows = estimated[fields].assign(
        bias_removed=estimated["unweighted"] - estimated["estimate"],
        threshold=estimated["item"].map(thresholds).astype(float),
        units=estimated["item"].map(units).fillna(units.max()) if isinstance(units, pd.Series) else units,
    )
    rows = rows.join(_claimed(rows, claims))
    gaps = {
        "break_even": rows["estimate"] - rows["threshold"],
        "margin_correlation": (rows["high"] - rows["low"]) / 2,
    }
    for name, gap in gaps.items():
        cells = zip(gap, estimated["sd"], rows["communes"], rows["units"], strict=True)
        rows[name] = [break_even(error, sd, n, total, effect) for error, sd, n, total in cells]
    undecided = rows["threshold"].between(rows["low"], rows["high"]) | rows["break_even"].isna()
    other_side = (rows["side"].eq("above") & (rows["break_even"] < 0)) | (
        rows["side"].eq("below") & (rows["break_even"] > 0)
    )
    verdict = np.select(
        [rows["threshold"].isna(), undecided, other_side, rows["break_even"].abs() <= correlation],
        ["no_claim", "open", "refuted", "fragile"],
        default="holds",
    )
    return rows.assign(known_correlation=correlation, verdict=verdict)


def _claimed(rows: pd.DataFrame, claims: pd.DataFrame | None) -> pd.DataFrame:
    """Return what is published of each headline figure, and whether its interval meets it."""
    columns = ["side", "published", "published_least", "published_greatest"]
    stated = pd.DataFrame(columns=columns) if claims is None else claims
    own = stated.reindex(index=rows["item"], columns=columns).reset_index(drop=True)
    numbers = own[columns[1:]].astype(float)
    inside = (numbers["published_least"] <= rows["high"]) & (numbers["published_greatest"] >= rows["low"])
    return pd.DataFrame(
        {
            "side": own["side"].astype(object).where(own["side"].notna(), ""),
            "published": numbers["published"],
            "comparison": np.select(
                [np.isposinf(numbers["published_greatest"]), np.isneginf(numbers["published_least"])],
                ["gt", "lt"],
                default="",
            ),
            "published_inside": inside.astype("boolean").where(numbers["published"].notna()),
        }
    )


def representativeness_findings(
    response: pd.DataFrame,
    overall: pd.DataFrame,
    indicator: pd.Series,
    judged: pd.DataFrame,
    margins: Sequence[str],
    modelled: Sequence[str] = (),
) -> pd.DataFrame:
    """Return the answer to "do these answers represent the territory?", each part with its reason.

    Parameters
    ----------
    response : DataFrame
        Stacked response tables (:func:`opsn_geo.measure.survey.response.response_tables`).
    overall : DataFrame
        Overall measures, on ``variable``.
    indicator : Series
        :func:`opsn_geo.measure.survey.indicators.r_indicator`, and ``effective``: how many communes drawn at
        random the weighted answers are worth.
    judged : DataFrame
        :func:`headlines`.
    margins : sequence of str
        Variables that the weights are calibrated on.
    modelled : sequence of str
        Variables of the model behind `indicator`: the bias is bounded for what they explain, and no more.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`. Kinds of finding: answer (the first row), rate, profile, level, overall (variables in
        which no level by itself departs), bias, weights and headline. The answer is ``no`` or
        ``not_refuted``, never "representative".

    Examples
    --------
    >>> response = pd.DataFrame({"variable": ["size"] * 2, "level": ["small", "large"], "units": [80, 20],
    ...     "answered": [10, 10], "territory_share": [0.8, 0.2], "sample_share": [0.5, 0.5],
    ...     "q": [0.001, 0.001], "population": [800, 900], "responding_pop": [100, 500]})
    >>> overall = pd.DataFrame({"simulated_q": [0.001], "tvd": [0.3], "tvd_expected": [0.07]}, index=["size"])
    >>> indicator = pd.Series({"cv": 0.6, "max_bias_share": 0.3, "effective": 12.0})
    >>> nothing_judged = pd.DataFrame(columns=["verdict"])
    >>> verdict = representativeness_findings(response, overall, indicator, nothing_judged, ["size"])
    >>> verdict.loc[verdict["subject"] == "size=small", ["sentence", "values"]].values.tolist()
    [['level_under', {'sample': 0.5, 'territory': 0.8}]]
    """
    # every variable counts the same units: the totals are those of the first one
    first = response[response["variable"] == response["variable"].iloc[0]]
    totals = first.sum(numeric_only=True, skipna=False)
    different = overall["simulated_q"].astype(float) < ALPHA
    concluded = judged[judged["verdict"].ne("no_claim")]
    undecided = int(concluded["verdict"].ne("holds").sum())
    sentence = "no" if different.any() else "not_refuted"
    answer = finding(
        "answer",
        sentence if len(concluded) else f"{sentence}_alone",
        names=[str(variable) for variable in overall.index[different]],
        weak=undecided,
        headlines=len(concluded),
    )
    people = totals.get("population")
    numbers: dict[str, Any] = {
        "answered": int(totals["answered"]),
        "units": int(totals["units"]),
        "rate": float(totals["answered"] / totals["units"]),
    }
    is_grouped = "responding_pop" not in totals  # their inhabitants could say which communes they are
    if pd.notna(people) and people > 0 and not is_grouped:
        numbers["pop"] = float(totals["responding_pop"] / people)
    sentence = "rate_grouped" if is_grouped else "rate" if "pop" in numbers else "rate_communes"
    rate = finding("rate", sentence, **numbers)
    profiles = [
        finding(
            "profile",
            "profile_apart" if different[str(variable)] else "profile_alike",
            str(variable),
            tvd=row["tvd"],
            expected=row["tvd_expected"],
        )
        for variable, row in overall.iterrows()
    ]
    levels = [
        finding(
            "level",
            "level_under" if row["sample_share"] < row["territory_share"] else "level_over",
            f"{row['variable']}={row['level']}",
            sample=row["sample_share"],
            territory=row["territory_share"],
        )
        for row in response[response["q"] < ALPHA].to_dict("records")
    ]
    departing = {str(row["subject"]).partition("=")[0] for row in levels}
    only_overall = [str(name) for name in overall.index[different] if str(name) not in departing]
    together = [finding("overall", "overall", names=only_overall)] if only_overall else []
    bias = finding(
        "bias",
        "bias",
        points=100 * float(indicator["max_bias_share"]),
        cv=float(indicator["cv"]),
        names=list(modelled),
    )
    weights = finding("weights", "weights", effective=float(indicator["effective"]), names=list(margins))
    conclusions = [
        finding("headline", f"headline_{row['verdict']}", row["item"], comparison=row["comparison"])
        for row in judged.to_dict("records")
    ]
    rows = [answer, rate, *profiles, *levels, *together, bias, weights, *conclusions]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def small_communes(response: pd.DataFrame, limit: int, answers_share: float) -> dict[str, object]:
    """Return how communes below a size are represented: among answers, among communes, in the territory.

    Parameters
    ----------
    response : DataFrame
        Response table of a variable whose level ``below`` holds the communes under the limit.
    limit : int
        Inhabitants.
    answers_share : float
        Share of all answers that come from bodies under the limit: several may speak for one commune, and
        some for none, so that it is not the share of communes.

    Returns
    -------
    dict
        A row of the verdict.

    Examples
    --------
    >>> response = pd.DataFrame({"sample_share": [0.7], "territory_share": [0.86], "q": [0.001]},
    ...                         index=["below"])
    >>> row = small_communes(response, 2000, 0.67)
    >>> row["sentence"], row["values"]
    ('small', {'limit': 2000, 'answers': 0.67, 'sample': 0.7, 'territory': 0.86})
    """
    below = response.to_dict("index")["below"]
    under = below["q"] < ALPHA and below["sample_share"] < below["territory_share"]
    return finding(
        "small",
        "small" if under else "small_alike",
        f"below_{limit}",
        limit=limit,
        answers=answers_share,
        sample=below["sample_share"],
        territory=below["territory_share"],
    )


def weighting_effect(estimated: pd.DataFrame) -> dict[str, object]:
    """Return how far weighting moves the estimated shares: on average, and the one it moves most.

    Shares without error are left out: the weights are made to give them.

    >>> estimated = pd.DataFrame({"item": ["a", "b"], "measure": "share", "unweighted": [0.5, 0.25],
    ...                           "estimate": [0.25, 0.25], "se": 0.02})
    >>> weighting_effect(estimated)["values"]
    {'mean': 12.5, 'count': 2, 'most': 25.0, 'name': 'a'}
    """
    shares = estimated[(estimated["measure"] == "share") & (estimated["se"] > NO_ERROR)]
    moved = (100 * (shares["unweighted"] - shares["estimate"])).abs()
    item = str(shares["item"].iloc[int(moved.to_numpy().argmax())])
    values: dict[str, Any] = {
        "mean": float(moved.mean()),
        "count": len(shares),
        "most": float(moved.max()),
        "name": item,
    }
    return finding("weights", "matters", **values)


def remedies(response: pd.DataFrame, profiles: pd.DataFrame, margins: Sequence[str]) -> pd.DataFrame:
    """Return what would change the verdict: answers from whom, and margins that the weights lack.

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

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, of the kind change: ``change_answers`` with the levels that lack most
        (``lacking``: pairs of ``variable=level`` and count), ``change_margins`` with the variables left
        leaning (``leaning``: pairs of variable and difference); none where there is nothing to change.

    Examples
    --------
    >>> response = pd.DataFrame({"variable": ["size"] * 2, "level": ["small", "large"], "units": [80, 20],
    ...     "answered": [10, 10], "territory_share": [0.8, 0.2], "sample_share": [0.5, 0.5],
    ...     "q": [0.001, 0.001]})
    >>> profiles = pd.DataFrame({"variable": ["size"], "weighted_difference": [0.0]})
    >>> remedies(response, profiles, ["size"])["values"].tolist()
    [{'lacking': [('size=small', 30)]}]
    """
    under = response[(response["q"] < ALPHA) & (response["sample_share"] < response["territory_share"])]
    sample = response.groupby("variable")["answered"].sum()
    others = under["variable"].map(sample).astype(float) - under["answered"]
    # P / (1 - P), with the number of all units that the level and its share imply
    odds = under["units"] / (under["units"] / under["territory_share"] - under["units"])
    lacking = np.ceil(odds * others - under["answered"] - NO_ERROR).astype(int)
    most = pd.Series(lacking.to_numpy(), under["variable"] + "=" + under["level"].astype(str))
    levels = [(str(level), int(count)) for level, count in most.nlargest(_MOST_LACKING).items()]
    gaps = profiles["weighted_difference"].abs().groupby(profiles["variable"], sort=False).max()
    left = gaps[(gaps > _LEANING) & ~gaps.index.isin(list(margins))]
    leaning = [(str(variable), float(gap)) for variable, gap in left.items()]
    rows = [finding("change", "change_answers", lacking=levels)] if levels else []
    rows += [finding("change", "change_margins", leaning=leaning)] if leaning else []
    return pd.DataFrame(rows, columns=list(COLUMNS))


def body_findings(counted: pd.DataFrame) -> pd.DataFrame:
    """Return, for each kind of body but communes, whom its answers speak for.

    Parameters
    ----------
    counted : DataFrame
        :func:`opsn_geo.measure.survey.populations.answers_by_body`.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, of the kind bodies: ``bodies_territory`` or ``bodies_answers``.

    Examples
    --------
    >>> counted = pd.DataFrame({"answers": [9], "scope": ["answers"]}, index=["ccas"])
    >>> body_findings(counted)[["subject", "sentence", "values"]].values.tolist()
    [['ccas', 'bodies_answers', {'answers': 9}]]
    """
    names = {
        "answers": "answers", "answered": "answered", "units": "units", "response_share": "rate",
        "response_low_share": "low_rate", "response_high_share": "high_rate",
    }  # fmt: skip
    rows = []
    for body, row in counted.drop(index="commune", errors="ignore").to_dict("index").items():
        values = {name: row[column] for column, name in names.items() if pd.notna(row.get(column))}
        rows.append(finding("bodies", f"bodies_{row['scope']}", str(body), **values))
    return pd.DataFrame(rows, columns=list(COLUMNS))
