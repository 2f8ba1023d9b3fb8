"""The package against R's survey and spdep, on made-up communes: tests/reference says how values are made."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from opsn_geo.measure.survey.comparison import influence
from opsn_geo.measure.survey.design import Design, plain_design
from opsn_geo.measure.survey.estimates import estimates, quantiles
from opsn_geo.measure.survey.indicators import propensities, r_indicator
from opsn_geo.measure.survey.nonresponse import clustering
from opsn_geo.measure.survey.populations import body_estimates
from opsn_geo.measure.survey.representativeness import overall
from opsn_geo.measure.survey.response import response_table
from opsn_geo.measure.survey.weights import rake, weighted_design

FOLDER = Path(__file__).parents[1] / "reference"
TEXT = {"code": "str", "dep": "str"}
UNITS = pd.read_csv(FOLDER / "communes.csv", dtype=TEXT).set_index("code")
PEOPLE = pd.read_csv(FOLDER / "people.csv", dtype=TEXT)
WANTED = pd.read_csv(FOLDER / "reference.csv", index_col="name")["value"]
VALUES = PEOPLE[["used", "score"]].assign(used=PEOPLE["used"].astype("boolean"))
EXACT = {"rel": 1e-8, "abs": 1e-10}


def crossed() -> Design:
    plain = plain_design(PEOPLE["code"], len(UNITS))
    cells = PEOPLE["size"]
    weights = plain.base * cells.map(UNITS["size"].value_counts() / plain.base.groupby(cells).sum())
    matrix = pd.get_dummies(PEOPLE["size"], dtype=float).to_numpy()
    return Design(weights=weights, base=plain.base, clusters=plain.clusters, units=plain.units, matrix=matrix)


def raked(bounds: tuple[float, float] | None = None) -> Design:
    return weighted_design(PEOPLE["code"], UNITS, ["dep", "size"], bounds, least=1).design


DESIGNS = {
    "plain": lambda: plain_design(PEOPLE["code"], len(UNITS)),
    "raked": raked,
    "bounded": lambda: raked((0.3, 2.3)),
    "crossed": crossed,
}


def test_response_agrees_with_exact_tests() -> None:
    table = response_table(UNITS, "size")
    for name, prefix in (
        ("p", "fisher"),
        ("q", "q"),
        ("response_low_share", "rate_low"),
        ("response_high_share", "rate_high"),
    ):
        for level in table.index:
            assert table.loc[level, name] == pytest.approx(WANTED[f"{prefix}_{level}"], **EXACT)
    for level in table.index:
        bounds = table.loc[level, ["sample_low_share", "sample_high_share"]] * len(UNITS)
        assert bounds.round(6).tolist() == [WANTED[f"least_{level}"], WANTED[f"most_{level}"]]


def test_overall_measures_agree_with_the_two_by_k_table() -> None:
    table = response_table(UNITS, "size")
    found = overall(table["units"].tolist(), table["answered"].tolist(), draws=9)
    assert found["chi2"] == pytest.approx(WANTED["chi2"], **EXACT)
    assert found["g"] == pytest.approx(WANTED["g"], **EXACT)


def test_propensities_and_r_indicator_agree_with_glm() -> None:
    chance = propensities(UNITS, ["dep", "size"])
    assert chance.iloc[[0, -1]].tolist() == pytest.approx(WANTED[["rho_1", "rho_300"]].tolist(), **EXACT)
    found = r_indicator(UNITS, ["dep", "size"])
    assert found[["r", "r_adjusted"]].tolist() == pytest.approx(WANTED[["r", "r_adjusted"]].tolist(), **EXACT)


@pytest.mark.parametrize("name", DESIGNS)
def test_weights_and_estimates_agree_with_survey(name: str) -> None:
    design = DESIGNS[name]()
    assert design.weights.iloc[0] == pytest.approx(WANTED[f"{name}_w1"], **EXACT)
    assert (design.weights**2).sum() == pytest.approx(WANTED[f"{name}_w2"], **EXACT)
    found = estimates(VALUES, design).set_index("item")
    for item in VALUES:
        assert found.loc[item, "estimate"] == pytest.approx(WANTED[f"{name}_{item}_mean"], **EXACT)
        assert found.loc[item, "se"] == pytest.approx(WANTED[f"{name}_{item}_se"], **EXACT)
        for end in ("low", "high"):
            assert found.loc[item, end] == pytest.approx(WANTED[f"{name}_{item}_{end}"], **EXACT)
    by = estimates(VALUES[["score"]], design, PEOPLE["dep"]).set_index("domain")
    for dep, row in by.iterrows():
        assert row["estimate"] == pytest.approx(WANTED[f"{name}_score_{dep}_mean"], **EXACT)
        assert row["se"] == pytest.approx(WANTED[f"{name}_score_{dep}_se"], **EXACT)
    assert quantiles(VALUES[["score"]], design)["quantile"].item() == WANTED[f"{name}_median"]


@pytest.mark.parametrize(("name", "make"), [("open", DESIGNS["plain"]), ("open_raked", raked)])
def test_gaps_agree_with_svyglm(name: str, make) -> None:  # noqa: ANN001
    found = influence(VALUES, PEOPLE["member"], make(), PEOPLE[["dep", "size"]]).set_index("item")
    for item in VALUES:
        for kind in ("gap", "adjusted"):
            assert found.loc[item, kind] == pytest.approx(WANTED[f"{name}_{item}_{kind}"], **EXACT)
            assert found.loc[item, f"{kind}_se"] == pytest.approx(WANTED[f"{name}_{item}_{kind}_se"], **EXACT)


def test_estimates_of_bodies_known_in_number_agree_with_survey() -> None:
    bodies = pd.DataFrame({"body": "epci", "code": PEOPLE["code"]})
    found = body_estimates(VALUES, bodies, {"epci": len(UNITS)}).set_index("item")
    names = {"unweighted": "mean", "se": "se", "low": "low", "high": "high"}
    for item in VALUES:
        for name, wanted in names.items():
            assert found.loc[item, name] == pytest.approx(WANTED[f"plain_{item}_{wanted}"], **EXACT)


def test_moran_and_join_counts_agree_with_spdep() -> None:
    row, column = np.divmod(np.arange(len(UNITS)), 20)
    apart = np.maximum(abs(row[:, None] - row), abs(column[:, None] - column))
    found = clustering(UNITS["responded"], sparse.csr_array(apart == 1), permutations=9)
    for name in ("moran", "joins_both", "joins_none", "joins_mixed"):
        assert found[name] == pytest.approx(WANTED[name], **EXACT)


def test_raking_ends_where_proportional_fitting_does() -> None:
    plain = plain_design(PEOPLE["code"], len(UNITS))
    targets = {name: UNITS[name].value_counts() for name in ("dep", "size")}
    weights = plain.base.copy()
    for _ in range(2_000):
        for name, totals in targets.items():
            weights = weights * PEOPLE[name].map(totals / weights.groupby(PEOPLE[name]).sum())
    found = rake(plain.base, PEOPLE[["dep", "size"]], targets)
    assert found.weights.tolist() == pytest.approx(weights.tolist(), rel=1e-9)


@pytest.mark.r
def test_checked_in_values_are_those_of_r(tmp_path: Path) -> None:
    asked = ["Rscript", "-e", "library(survey); library(spdep)"]
    found = shutil.which("Rscript") and not subprocess.run(asked, capture_output=True, check=False).returncode
    if not found and not os.environ.get("CI"):
        pytest.skip("needs R with survey and spdep")
    made = tmp_path / "reference.csv"
    subprocess.run(["Rscript", "reference.R", made], cwd=FOLDER, check=True)
    again = pd.read_csv(made, index_col="name")["value"]
    pd.testing.assert_series_equal(again, WANTED, rtol=1e-9)
