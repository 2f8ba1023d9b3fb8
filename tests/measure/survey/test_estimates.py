from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from opsn_geo.measure.survey.design import Design, plain_design, standard_errors
from opsn_geo.measure.survey.estimates import estimates, item_frame, quantiles
from opsn_geo.measure.survey.weights import weighted_design

SIZES = {"s": 700, "m": 240, "l": 60}
RATES = {"s": 0.08, "m": 0.2, "l": 0.5}


def territory(rng: np.random.Generator) -> pd.DataFrame:
    """Make 1,000 communes whose answers hang on their size, with answers of their own."""
    units = pd.DataFrame({"size": np.repeat(list(SIZES), list(SIZES.values()))})
    units["dep"] = rng.choice(list("abc"), len(units))
    units["uses"] = rng.random(len(units)) < units["size"].map({"s": 0.25, "m": 0.5, "l": 0.8})
    units["score"] = rng.normal(units["size"].map({"s": 5, "m": 6, "l": 7}), 2)
    return units


def survey(rng: np.random.Generator, units: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame, pd.DataFrame]:
    """Let communes answer at random given their size, one to three people each, some items left out."""
    answered = units.assign(responded=rng.random(len(units)) < units["size"].map(RATES))
    codes = answered.index[answered["responded"]].repeat(rng.integers(1, 4, answered["responded"].sum()))
    people = units.loc[codes].reset_index(drop=True)
    values = pd.DataFrame(
        {
            "uses": people["uses"].astype("boolean"),
            "score": people["score"] + rng.normal(0, 1, len(people)),
        }
    )
    silent = rng.random(values.shape) < 0.1
    return pd.Series(codes), answered, values.mask(silent)


@pytest.mark.slow
def test_intervals_cover_what_they_claim() -> None:
    """1,000 surveys with clusters and unequal response: 93 to 97 % of intervals hold the truth."""
    rng = np.random.default_rng(2021)
    units = territory(rng)
    truth = {"uses": units["uses"].mean(), "score": units["score"].mean()}
    hits = {"uses": 0, "score": 0, "unweighted": 0}
    for _ in range(1_000):
        codes, answered, values = survey(rng, units)
        design = weighted_design(codes, answered, ["size", "dep"]).design
        found = estimates(values, design).set_index("item")
        for item, value in truth.items():
            hits[item] += bool(found.loc[item, "low"] <= value <= found.loc[item, "high"])
        plain = estimates(values[["uses"]], plain_design(codes, len(units))).set_index("item")
        hits["unweighted"] += bool(plain.loc["uses", "low"] <= truth["uses"] <= plain.loc["uses", "high"])
    assert 930 <= hits["uses"] <= 970
    assert 930 <= hits["score"] <= 970
    assert hits["unweighted"] < 500  # what weighting is for


@pytest.mark.slow
def test_medians_cover_what_they_claim() -> None:
    rng = np.random.default_rng(7)
    units = territory(rng)
    truth, hits = units["score"].median(), 0
    for _ in range(1_000):
        sample = units.sample(150, random_state=rng)
        codes = pd.Series(sample.index)
        found = quantiles(sample[["score"]].reset_index(drop=True), plain_design(codes, len(units)))
        hits += found["low"].item() <= truth <= found["high"].item()
    assert 930 <= hits <= 970


@pytest.fixture
def design() -> Design:
    return plain_design(pd.Series(["a", "a", "b", "c"], index=list("1234")), 30)


def test_the_toy_is_estimated_as_by_hand(design: Design) -> None:
    """Commune a answers yes and no, b yes, c no: each counts 1, so (0.5 + 1 + 0) / 3."""
    values = pd.DataFrame({"uses": pd.array([True, False, True, False], dtype="boolean")}, index=list("1234"))
    row = estimates(values, design).iloc[0]
    assert row["estimate"] == pytest.approx(0.5)
    assert row["unweighted"] == 0.5
    # u = (0, 5, -5) / 30; V = (1 - 3/30) * 3/2 * 2 * (5/30)²
    assert row["se"] == pytest.approx(np.sqrt(0.9 * 1.5 * 2 / 36))
    assert (row["answers"], row["communes"]) == (4, 3)


def test_each_item_has_its_own_base(design: Design) -> None:
    values = pd.DataFrame({"score": [1.0, None, 4.0, None], "none": [None] * 4}, index=list("1234")).astype(
        "Float64"
    )
    found = estimates(values, design).set_index("item")
    assert found.loc["score", ["answers", "communes"]].tolist() == [2, 2]
    assert found.loc["score", "estimate"] == pytest.approx((0.5 * 1 + 4) / 1.5)
    assert found.loc["none", "answers"] == 0
    assert np.isnan(found.loc["none", "estimate"])


def test_a_single_commune_has_no_error(design: Design) -> None:
    values = pd.DataFrame({"score": [1.0, 2.0, None, None]}, index=list("1234"))
    row = estimates(values, design).iloc[0]
    assert row["estimate"] == 1.5
    assert np.isnan(row[["low", "high"]].astype(float)).all()


def test_nobody_or_everybody_keeps_an_interval() -> None:
    design = plain_design(pd.Series([str(it) for it in range(50)]), 1_000)
    values = pd.DataFrame({"no": [False] * 50, "yes": [True] * 50})
    found = estimates(values, design).set_index("item")
    assert found.loc["no", "low"] == 0 < found.loc["no", "high"] < 0.1
    assert 0.9 < found.loc["yes", "low"] < found.loc["yes", "high"] == 1


def test_a_census_of_communes_has_no_error() -> None:
    design = plain_design(pd.Series(list("abcd")), 4)
    found = estimates(pd.DataFrame({"score": [1.0, 2, 3, 4]}), design).iloc[0]
    assert (found["se"], found["low"], found["high"]) == (0, 2.5, 2.5)


def test_what_weights_are_calibrated_on_has_no_error() -> None:
    units = pd.DataFrame(
        {"size": ["s"] * 60 + ["l"] * 40, "responded": [True] * 10 + [False] * 50 + [True] * 40}
    )
    codes = pd.Series(units.index[units["responded"]])
    design = weighted_design(codes, units, ["size"]).design
    small = pd.DataFrame({"small": units["size"].loc[codes].eq("s").to_numpy()})
    row = estimates(small, design).iloc[0]
    assert row["estimate"] == pytest.approx(0.6)
    assert row[["low", "high"]].tolist() == pytest.approx([row["estimate"]] * 2, abs=1e-12)


def test_domains_are_estimated_each_for_itself(design: Design) -> None:
    values = pd.DataFrame({"score": [1.0, 3.0, 5.0, 9.0]}, index=list("1234"))
    found = estimates(values, design, pd.Series(["x", "x", "x", None], index=list("1234")))
    assert found.loc[0, ["item", "domain", "answers"]].tolist() == ["score", "x", 3]
    assert found["estimate"].tolist() == [pytest.approx((2 + 5) / 2)]


def test_errors_of_a_domain_are_those_of_influences_that_are_zero_elsewhere() -> None:
    rng = np.random.default_rng(1)
    codes = pd.Index([f"c{number:03d}" for number in range(300)])
    units = pd.DataFrame({"size": rng.choice(list("slm"), 300), "dep": rng.choice(list("abcd"), 300)}, codes)
    asked = pd.Series(rng.choice(codes[:120], 200))
    weighting = weighted_design(asked, units.assign(responded=codes.isin(asked)), ["size", "dep"])
    scores, rows = rng.normal(size=(200, 3)), np.flatnonzero(rng.random(200) < 0.3)
    elsewhere = np.zeros_like(scores)
    elsewhere[rows] = scores[rows]
    for design in (weighting.design, plain_design(asked, 300)):
        matrix, weights = design.matrix, design.weights.to_numpy()
        residuals = elsewhere
        if matrix is not None:  # least squares under the base weights, written out over all respondents
            root = np.sqrt(design.base.to_numpy())[:, None]
            fit = np.linalg.lstsq(root * matrix, root * elsewhere)[0]
            residuals = elsewhere - matrix @ fit
        sums = pd.DataFrame(weights[:, None] * residuals).groupby(asked.to_numpy()).sum().to_numpy()
        scale = (1 - len(sums) / 300) * len(sums) / (len(sums) - 1)
        expected = np.sqrt(scale * ((sums - sums.mean(axis=0)) ** 2).sum(axis=0))
        assert standard_errors(scores[rows], design, rows) == pytest.approx(expected)


def test_respondents_outside_the_design_are_left_out(design: Design) -> None:
    values = pd.DataFrame({"score": [1.0, 1, 1, 1, 100]}, index=list("12345"))
    assert estimates(values, design)["estimate"].tolist() == [1]


def test_a_quantile_of_nothing_is_missing(design: Design) -> None:
    values = pd.DataFrame({"score": pd.Series([None] * 4, index=list("1234"), dtype="Float64")})
    assert quantiles(values, design)[["quantile", "low", "high"]].isna().all(axis=None)


def test_the_quantiles_of_a_domain_are_those_of_its_respondents_alone() -> None:
    rng = np.random.default_rng(3)
    design = plain_design(pd.Series([f"c{it}" for it in rng.integers(0, 60, 100)]), 500)
    values = pd.DataFrame(
        {it: pd.Series(rng.integers(0, 10, 100)).mask(rng.random(100) < 0.3) for it in "ab"}
    )
    domains = pd.Series(rng.choice(["x", "y"], 100)).mask(rng.random(100) < 0.1)
    found = quantiles(values, design, domains, 0.25).set_index("domain")
    for domain in ("x", "y"):
        alone = quantiles(values.where(domains == domain), design, None, 0.25)
        pd.testing.assert_frame_equal(found.loc[domain].reset_index(drop=True), alone)


def test_single_choices_become_one_item_each() -> None:
    answers = pd.DataFrame(
        {"role": ["it", "other", None], "score": [1.0, None, 3.0], "name": ["x", "y", "z"]}
    )
    found = item_frame(answers, {"role": ["it", "other"], "absent": ["x"]})
    assert found.columns.tolist() == ["score", "role:it", "role:other"]
    assert found["role:it"].tolist() == [True, False, pd.NA]


def test_an_error_of_rounding_makes_no_design_effect() -> None:
    design = plain_design(pd.Series(list("abcd")), 40)
    exact = dataclasses.replace(design, matrix=np.array([[1.0, 1], [1, 1], [1, 0], [1, 0]]))
    values = pd.DataFrame({"small": [True, True, False, False]})  # what the weights are calibrated on
    row = estimates(values, exact).iloc[0]
    assert row["se"] < 1e-12
    assert row[["deff", "effective"]].isna().all()
