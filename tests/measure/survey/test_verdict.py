from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from opsn_geo.catalogue.words import Language
from opsn_geo.measure.survey.verdict import break_even, headlines, remedies, representativeness_findings
from opsn_geo.publish.sentences import verdict as in_words


def estimated(**changes: float) -> pd.DataFrame:
    row = {"item": "uses", "measure": "share", "answers": 425, "communes": 376, "unweighted": 0.72,
           "estimate": 0.7, "low": 0.65, "high": 0.75, "sd": 0.458, "se": 0.025} | changes  # fmt: skip
    return pd.DataFrame([row])


def judged(known: float, **changes: float) -> str:
    found = headlines(
        estimated(**changes), pd.Series({"uses": 0.5}), units=3789, effect=1.0, correlation=known
    )
    return str(found["verdict"].item())


def test_break_even_is_the_correlation_that_makes_the_error() -> None:
    """A finite population where the correlation is known: the identity gives it back."""
    rng = np.random.default_rng(1)
    values, answered = rng.random(400) < 0.4, rng.random(400) < 0.2
    gap = values[answered].mean() - values.mean()
    found = break_even(gap, values.std(), int(answered.sum()), 400)
    assert found == pytest.approx(np.corrcoef(values, answered)[0, 1])


def test_unequal_weights_make_a_conclusion_easier_to_overturn() -> None:
    assert break_even(0.1, 0.5, 100, 1_000, effect=2.0) < break_even(0.1, 0.5, 100, 1_000)


def test_no_variation_has_no_break_even() -> None:
    assert np.isnan(break_even(0.1, 0.0, 100, 1_000))
    assert np.isnan(break_even(0.1, 0.5, 0, 1_000))


def test_three_verdicts() -> None:
    assert judged(0.1) == "holds"
    assert judged(0.2) == "fragile"
    assert judged(0.1, estimate=0.52, low=0.47, high=0.57) == "open"


def test_a_figure_from_which_nothing_is_concluded_has_no_verdict() -> None:
    found = headlines(estimated(), pd.Series(dtype=float), units=3789, effect=1.0, correlation=0.1)
    assert found["verdict"].tolist() == ["no_claim"]


@pytest.mark.parametrize(
    ("side", "threshold", "verdict"),
    [("above", 0.5, "holds"), ("below", 0.5, "refuted"), ("above", 0.9, "refuted"), ("above", 0.7, "open")],
)
def test_a_conclusion_is_held_against_the_side_that_the_study_claims(
    side: str, threshold: float, verdict: str
) -> None:
    claims = pd.DataFrame({"side": [side]}, index=["uses"])
    found = headlines(
        estimated(), pd.Series({"uses": threshold}), units=3789, effect=1.0, correlation=0.05, claims=claims
    )
    assert found["verdict"].tolist() == [verdict]


@pytest.mark.parametrize(("least", "greatest", "inside"), [(0.755, 0.765, False), (0.745, 0.755, True)])
def test_a_published_value_outside_the_weighted_interval_is_said(
    least: float, greatest: float, *, inside: bool
) -> None:
    claims = pd.DataFrame(
        {"published": [0.76], "published_least": [least], "published_greatest": [greatest]}, index=["uses"]
    )
    found = headlines(
        estimated(), pd.Series(dtype=float), units=3789, effect=1.0, correlation=0.1, claims=claims
    )
    assert found["published_inside"].tolist() == [inside]
    rows = found.rename(columns={"item": "subject"}).assign(
        finding="headline", sentence="headline_no_claim", values=[{}]
    )
    sentence = in_words(rows, {"uses": "U"}, "en")["text"].item()
    assert ("outside this interval" in sentence) == (not inside)


def test_what_some_only_are_asked_takes_more_to_overturn_than_all_communes_would() -> None:
    """The same 270 answers of 2,575 users, or of 3,789 communes."""
    few = estimated(communes=270)
    alone, all_communes = (
        headlines(few, pd.Series({"uses": 0.5}), units=units, effect=1.0, correlation=0.1)[
            "break_even"
        ].item()
        for units in (pd.Series({"uses": 2575.0}), 3789)
    )
    assert alone / all_communes == pytest.approx(np.sqrt((1 - 270 / 3789) * 3789 / ((1 - 270 / 2575) * 2575)))


def test_what_describes_the_respondents_is_no_headline() -> None:
    assert headlines(
        estimated(se=1e-17), pd.Series({"uses": 0.5}), units=3789, effect=1.0, correlation=0.1
    ).empty


def test_what_would_change_the_verdict_is_counted() -> None:
    """Of 100 communes 20 answered, 7 of the 70 small: with 31 small ones of 44, their share is 70 %."""
    response = pd.DataFrame({
        "variable": ["size"] * 2 + ["zone"] * 2, "level": ["s", "l", "a", "b"], "units": [70, 30, 50, 50],
        "answered": [7, 13, 9, 11], "territory_share": [0.7, 0.3, 0.5, 0.5],
        "sample_share": [0.35, 0.65, 0.45, 0.55], "q": [0.01, 0.01, 0.7, 0.7]})  # fmt: skip
    count = int(np.ceil(0.7 * 13 / 0.3 - 7))
    assert (7 + count - 1) / (20 + count - 1) < 0.7 <= (7 + count) / (20 + count)
    profiles = pd.DataFrame({"variable": ["size", "zone", "zone", "network"],
                             "weighted_difference": [0.4, -0.21, 0.05, 0.02]})  # fmt: skip
    findings = remedies(response, profiles, ["size"])
    assert findings["values"].tolist()[0] == {"lacking": [("size=s", count)]}
    sentences = in_words(findings, {"size=s": "small communes", "zone": "zone"}, "en")["text"]
    assert sentences.tolist() == [
        (
            "All else being equal, for each of the groups most lacking to answer in proportion to the "
            f"territory it would take so many more communes: small communes ({count}) "
            "(one commune may count in several groups)."
        ),
        (
            "Weighting does not mend all: the communes that answered still differ from the territory in "
            "zone (0.21) (greatest standardised difference). Adding them to the margins of the weighting "
            "(survey.margins) would reduce this, if enough answers are left."
        ),
    ]


def test_nothing_is_to_be_changed_where_nothing_leans() -> None:
    response = pd.DataFrame({"variable": ["size"], "level": ["s"], "units": [10], "answered": [10],
                             "territory_share": [1.0], "sample_share": [1.0], "q": [1.0]})  # fmt: skip
    profiles = pd.DataFrame({"variable": ["size"], "weighted_difference": [0.0]})
    assert remedies(response, profiles, ["size"]).empty


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("p", [0.001, 0.5])
def test_representative_is_never_said_without_what_would_belie_it(lang: Language, p: float) -> None:
    response = pd.DataFrame({
        "variable": ["size"] * 2, "level": ["s", "l"], "units": [80, 20], "answered": [10, 10],
        "territory_share": [0.8, 0.2], "sample_share": [0.5, 0.5], "q": [p, p],
        "population": [800, 900], "responding_pop": [100, 500]})  # fmt: skip
    overall = pd.DataFrame({"simulated_q": [p], "tvd": [0.3], "tvd_expected": [0.07]}, index=["size"])
    rows = headlines(estimated(), pd.Series({"uses": 0.5}), units=3789, effect=1.0, correlation=0.1)
    indicator = pd.Series({"cv": 0.6, "max_bias_share": 0.3, "effective": 12.0})
    findings = representativeness_findings(response, overall, indicator, rows, ["size"])
    judged_rows = findings.merge(rows, left_on="subject", right_on="item", how="left").drop(columns="item")
    sentences = in_words(judged_rows, {"uses": "U"}, lang)
    assert sentences.loc[0, "finding"] == "answer"
    assert {"fr": ("Non", "Rien"), "en": ("No,", "Nothing")}[lang][p > 0.05] in sentences.loc[0, "text"]
    assert ("level" in set(sentences["finding"])) == (p < 0.05)
    headline = sentences.loc[sentences["finding"] == "headline", "text"].item()
    assert {"fr": "corrélation de 0,14", "en": "correlate by 0.14"}[lang] in headline
    assert not sentences["text"].str.contains("nan|{").any()
