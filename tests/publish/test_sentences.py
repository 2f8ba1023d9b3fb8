"""Each sentence of a verdict or a check, made on data where it is true, and gone where it is false."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd
import pytest

from opsn_geo.catalogue.words import texts
from opsn_geo.measure.published import consistency
from opsn_geo.measure.survey import verdict as measured
from opsn_geo.publish.sentences import incoherences, verdict

Sentences = Callable[[], list[str]]


def sentences(findings: pd.DataFrame) -> list[str]:
    """Return the codes of the sentences of a verdict; wording them must not fail."""
    words = verdict(findings, {}, "fr")["text"].tolist() + verdict(findings, {}, "en")["text"].tolist()
    assert not any("nan" in it or "{" in it for it in words)
    return findings["sentence"].tolist()


def answered(
    small: int, large: int, q: float, *, threshold: float | None = None, simulated_q: float | None = None
) -> list[str]:
    """Return what is said of 100 communes, 80 of them small, of which some answered."""
    n = small + large
    response = pd.DataFrame({
        "variable": "size", "level": ["s", "l"], "units": [80, 20], "answered": [small, large],
        "territory_share": [0.8, 0.2], "sample_share": [small / n, large / n], "q": q,
        "population": [800, 900], "responding_pop": [100, 500]})  # fmt: skip
    overall = pd.DataFrame(
        {"simulated_q": [q if simulated_q is None else simulated_q], "tvd": [0.3], "tvd_expected": [0.07]},
        index=["size"],
    )
    indicator = pd.Series({"cv": 0.6, "max_bias_share": 0.3, "effective": 12.0})
    thresholds = pd.Series({"uses": threshold}, dtype=float)
    judged = measured.headlines(estimate(), thresholds, units=3789, effect=1.0, correlation=0.1)
    findings = measured.representativeness_findings(response, overall, indicator, judged, ["size"], ["size"])
    return sentences(findings[findings["finding"] != "headline"])


def estimate(**changes: object) -> pd.DataFrame:
    row = {"item": "uses", "measure": "share", "answers": 425, "communes": 376, "unweighted": 0.72,
           "estimate": 0.7, "low": 0.65, "high": 0.75, "sd": 0.458, "se": 0.025} | changes  # fmt: skip
    return pd.DataFrame([row])


def headline(
    threshold: float | None = None,
    side: str | None = None,
    known: float = 0.1,
    published: float | None = None,
    greatest: float | None = None,
) -> list[str]:
    """Return the code of the sentence on 70 % [65; 75], and of the sentence on what was published."""
    claims = pd.DataFrame({"side": [side], "published": [published], "published_least": [published],
                           "published_greatest": [greatest or published]}, index=["uses"])  # fmt: skip
    rows = measured.headlines(
        estimate(),
        pd.Series({"uses": threshold}, dtype=float),
        units=3789,
        effect=1.0,
        correlation=known,
        claims=claims,
    )
    rows = rows.rename(columns={"item": "subject"})
    findings = rows.assign(finding="headline", sentence="headline_" + rows["verdict"],
        values=[{"comparison": rows["comparison"].item()}])  # fmt: skip
    words = verdict(findings, {}, "en")["text"].item()
    ends = {"outside this": "headline_outside", "within this": "headline_inside",
            "> 72%, which this interval does not rule out": "headline_bound_inside"}  # fmt: skip
    return sentences(findings) + [code for part, code in ends.items() if part in words]


def small(share: float, q: float) -> list[str]:
    response = pd.DataFrame({"sample_share": [share], "territory_share": [0.86], "q": [q]}, index=["below"])
    return sentences(pd.DataFrame([measured.small_communes(response, 2000, 0.67)]))


def moved(unweighted: float) -> list[str]:
    """Return the sentence on what weighting moves, if it says so many points."""
    found = pd.DataFrame([measured.weighting_effect(estimate(unweighted=unweighted))])
    return sentences(found) if "5.0 points on average" in verdict(found, {}, "en")["text"].item() else []


def remedied(q: float, gap: float) -> list[str]:
    response = pd.DataFrame({"variable": ["size"] * 2, "level": ["s", "l"], "units": [80, 20],
                             "answered": [10, 10], "territory_share": [0.8, 0.2], "sample_share": 0.5,
                             "q": q})  # fmt: skip
    profiles = pd.DataFrame({"variable": ["zone"], "weighted_difference": [gap]})
    return sentences(measured.remedies(response, profiles, ["size"]))


def bodies(scope: str) -> list[str]:
    counted = pd.DataFrame({"answers": [9], "answered": [7], "units": [9], "response_share": [7 / 9],
                            "response_low_share": [0.5], "response_high_share": [0.9], "scope": [scope]},
                           index=["epci"])  # fmt: skip
    return sentences(measured.body_findings(counted))


VERDICT: Final[dict[str, tuple[Sentences, Sentences]]] = {
    "no": (lambda: answered(10, 10, 0.001, threshold=0.5), lambda: answered(16, 4, 0.9, threshold=0.5)),
    "not_refuted": (
        lambda: answered(16, 4, 0.9, threshold=0.5),
        lambda: answered(10, 10, 0.001, threshold=0.5),
    ),
    "no_alone": (lambda: answered(10, 10, 0.001), lambda: answered(10, 10, 0.001, threshold=0.5)),
    "not_refuted_alone": (lambda: answered(16, 4, 0.9), lambda: answered(10, 10, 0.001)),
    "profile_apart": (lambda: answered(10, 10, 0.001), lambda: answered(16, 4, 0.9)),
    "profile_alike": (lambda: answered(16, 4, 0.9), lambda: answered(10, 10, 0.001)),
    "level_under": (lambda: answered(10, 10, 0.001), lambda: answered(16, 4, 0.9)),
    "level_over": (lambda: answered(10, 10, 0.001), lambda: answered(16, 4, 0.9)),
    "overall": (lambda: answered(10, 10, 0.3, simulated_q=0.001), lambda: answered(10, 10, 0.001)),
    "small": (lambda: small(0.7, 0.001), lambda: small(0.7, 0.3)),
    "small_alike": (lambda: small(0.85, 0.3), lambda: small(0.7, 0.001)),
    "matters": (lambda: moved(0.75), lambda: moved(0.71)),
    "change_answers": (lambda: remedied(0.001, 0.0), lambda: remedied(0.9, 0.0)),
    "change_margins": (lambda: remedied(0.9, 0.3), lambda: remedied(0.9, 0.05)),
    "bodies_territory": (lambda: bodies("territory"), lambda: bodies("answers")),
    "bodies_answers": (lambda: bodies("answers"), lambda: bodies("territory")),
    "headline_holds": (lambda: headline(0.5), lambda: headline(0.5, known=0.2)),
    "headline_fragile": (lambda: headline(0.5, known=0.2), lambda: headline(0.5)),
    "headline_open": (lambda: headline(0.7), lambda: headline(0.5)),
    "headline_refuted": (lambda: headline(0.9, "above"), lambda: headline(0.5, "above")),
    "headline_no_claim": (headline, lambda: headline(0.5)),
    "headline_inside": (lambda: headline(published=0.72), lambda: headline(published=0.8)),
    "headline_bound_inside": (
        lambda: headline(published=0.72, greatest=np.inf),
        lambda: headline(published=0.8, greatest=np.inf),
    ),
    "headline_outside": (lambda: headline(published=0.8), lambda: headline(published=0.72)),
}
"""Template of the verdict: data where it is said, and data where it would be false."""
ALWAYS: Final = {"rate", "rate_communes", "rate_grouped", "bias", "weights", "change_level", "no_commune"}
"""Templates whose numbers alone change; that no commune answered is tried with surveys of other bodies."""


def checked(rows: list[dict[str, object]], check: Callable[[pd.DataFrame], pd.DataFrame]) -> str:
    """Return the sentence of a check on published figures; empty where it finds nothing."""
    words = incoherences(check(pd.DataFrame(rows)), lang="en")["evidence"].tolist()
    return " ".join(words)


def parts(named: int) -> str:
    rows: list[dict[str, object]] = [
        {"figure": "all", "value": 31, "unit": "count"},
        {"figure": "offered", "value": 26, "unit": "count", "part_of": "all"},
        {"figure": "missing", "value": named, "unit": "count", "part_of": "all"},
    ]
    return checked(rows, consistency.parts_and_wholes)


PEOPLE: Final[dict[str, object]] = {
    "figure": "n", "value": 488, "unit": "count", "measure": "distinct", "table": "answers",
    "item": "respondent",
}  # fmt: skip


def base(count: int) -> str:
    hit: dict[str, object] = {"table": "answers", "item": "hit", "choice": "yes"}
    rows = [
        PEOPLE,
        {"figure": "c", "value": count, "unit": "count", "measure": "count", **hit},
        {"figure": "s", "value": 18, "unit": "share", "measure": "share", **hit},
    ]
    return checked(rows, consistency.implied_bases)


def units(number: int) -> str:
    rows = [PEOPLE, {**PEOPLE, "figure": "u", "value": number, "item": "name"}]
    return checked(rows, consistency.respondents_and_units)


def gap(value: float) -> str:
    rows: list[dict[str, object]] = [
        {
            "figure": name,
            "label": name,
            "value": it,
            "where": "",
            "margin": 6.4,
            "members": 351,
            "others": 137,
        }
        for name, it in (("g", value), ("h", 40), ("i", 40))
    ]
    return checked(rows, consistency.narrow_gaps)


def lists(other: str) -> str:
    rows: list[dict[str, object]] = [
        {"list": "rare", "kind": "service", "item": "sig", "says": "offered=yes"},
        {"list": "missing", "kind": "service", "item": "sig", "says": other},
    ]
    return checked(rows, consistency.contradictory_lists)


def sizes(percent: float, small: int = 0, large: int = 0, *, simulated: bool = False) -> str:
    """Return what is said of 376 communes that answered, of 860 small ones and 140 large ones."""
    rows = [
        PEOPLE,
        {"figure": "m", "value": 87, "unit": "share", "measure": "share", "table": "answers",
         "item": "structure", "choice": "mairie"},
        {**PEOPLE, "figure": "u", "value": 376, "item": "name", "group": "structure=mairie"},
        {"figure": "s", "value": percent, "unit": "share", "measure": "share", "table": "answers",
         "item": "population_band", "choice": "lt_500|500_1999"},
    ]  # fmt: skip
    answering = pd.Series(np.r_[np.arange(860) < small, np.arange(140) < large])
    claim = pd.DataFrame({"list": ["survey_representative"]})
    population = pd.Series([900] * 860 + [5000] * 140)
    return checked(
        rows,
        lambda figures: consistency.size_bands(figures, claim, population, answering, simulated=simulated),
    )


CHECKS: Final[dict[str, tuple[str, Callable[[], str], Callable[[], str]]]] = {
    "parts_missing": ("1 is missing", lambda: parts(4), lambda: parts(5)),
    "parts_over": ("1 too many", lambda: parts(6), lambda: parts(5)),
    "base": ("433 to 457", lambda: base(80), lambda: base(88)),
    "units": ("several people", lambda: units(400), lambda: units(488)),
    "gap": ("chance is enough", lambda: gap(6), lambda: gap(7)),
    "gap_joint": ("barely a difference", lambda: gap(7), lambda: gap(9)),
    "lists": ("exclude each other", lambda: lists("offered=no"), lambda: lists("offered=yes")),
    "sizes_refuted": ("Even the reading most in favour", lambda: sizes(40), lambda: sizes(67)),
    "sizes_open": ("neither refute", lambda: sizes(67), lambda: sizes(67, 322, 54)),
    "sizes_answers": ("The answers do", lambda: sizes(67, 250, 126), lambda: sizes(67, 322, 54)),
    "sizes_simulated": (
        "proves nothing about the study",
        lambda: sizes(67, 250, 126, simulated=True),
        lambda: sizes(67, 250, 126),
    ),
}  # fmt: skip
"""Template of the checks: words of its own, data where it is said, and data where it would be false."""
WORDED_ELSEWHERE: Final = {"between", "quoted", "percent", "reach", "everybody", "nowhere", "not_judged"}
"""Parts of sentences. Whether a whole territory is covered is tried in the tests of the checks themselves."""


@pytest.mark.parametrize("key", VERDICT)
def test_a_sentence_of_the_verdict_is_said_where_it_is_true_alone(key: str) -> None:
    true, false = VERDICT[key]
    assert key in true()
    assert key not in false()


@pytest.mark.parametrize("key", CHECKS)
def test_a_sentence_of_a_check_is_said_where_it_is_true_alone(key: str) -> None:
    words, true, false = CHECKS[key]
    assert words in true()
    assert words not in false()


def test_every_sentence_has_its_case() -> None:
    assert set(texts("survey_verdict")) - set(VERDICT) == ALWAYS
    of_territory = {it for it in texts("consistency") if it.startswith("territory")}
    assert set(texts("consistency")) - set(CHECKS) - of_territory == WORDED_ELSEWHERE
