"""The founding study, whole: what the package must say of it by itself. Answers are simulated."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsn_geo.errors import InputError
from opsn_geo.measure.coverage.ladder import summary
from opsn_geo.measure.survey.figures import headline_claims, headline_items
from opsn_geo.measure.survey.profile import levels, membership, profile
from opsn_geo.measure.survey.survey import Items, Sample, survey
from opsn_geo.pipeline.analyses import Analysis, coverage_of, shared_measures
from opsn_geo.pipeline.analyses.survey import analysis
from opsn_geo.pipeline.labels import labels
from opsn_geo.pipeline.load import Inputs
from opsn_geo.publish.sentences import verdict


@pytest.fixture(scope="module")
def inputs(founding: Inputs) -> Inputs:
    return founding


@pytest.fixture(scope="module")
def found(inputs: Inputs) -> Analysis:
    return analysis(inputs, shared_measures(inputs))


def in_words(found: Analysis, inputs: Inputs) -> pd.DataFrame:
    return verdict(found.tables["verdict"], labels(inputs))


def test_small_communes_are_said_to_be_under_represented(found: Analysis, inputs: Inputs) -> None:
    findings = in_words(found, inputs)
    assert findings.loc[0, "text"].startswith("Non, ces réponses ne représentent pas le territoire")
    small = findings.loc[findings["subject"] == "below_2000", "text"].item().replace("\u202f", " ")
    assert "moins de 2 000 habitants sont sous-représentées" in small
    assert "67 % des réponses" in small
    assert "contre 86 % des communes du territoire" in small
    assert findings.loc[2, "text"].startswith("Ce que la pondération corrige")
    assert not findings["text"].str.contains(r"\bnan\b|{").any()


def test_what_would_change_the_verdict_is_said(found: Analysis, inputs: Inputs) -> None:
    findings = in_words(found, inputs)
    remedies = findings[findings["finding"] == "change"]["text"].tolist()
    assert "Communes de moins de 500 habitants (175)" in remedies[0]
    assert "adhésion connue à un OPSN (0,33)" in remedies[1]
    assert findings["finding"].iloc[-1] == "headline"


def test_the_rate_alone_proves_nothing(found: Analysis) -> None:
    table = found.tables["representativite"].set_index(["variable", "level"])
    assert table.loc["code_dep", "answered"].sum() == 376
    assert table.loc["code_dep", "units"].sum() == 3789
    below = table.loc[("below_2000", "below")]
    assert below["territory_share"] == pytest.approx(0.8575, abs=1e-4)
    assert below["sample_high_share"] < below["territory_share"]
    assert below["q"] < 0.001


def test_empty_epci_are_told(found: Analysis) -> None:
    overall = found.tables["representativite_globale"].set_index("variable")
    assert overall.loc["siren_epci", "small_cells"] > 50
    assert overall.loc["siren_epci", "empty_cells"] > 0
    assert overall.loc["siren_epci", "tvd_expected"] > 0.1


def test_weights_keep_the_margins_and_say_what_was_joined(found: Analysis) -> None:
    margins = found.tables["marges"]
    assert (margins["after"] - margins["target"]).abs().max() <= 1e-9
    assert margins.groupby("variable")["target"].sum().tolist() == [3789, 3789]
    assert set(found.tables["regroupements"]["joined"]) == {"10000_49999+ge_50000"}


def test_each_item_has_its_own_base(found: Analysis) -> None:
    estimated = found.tables["estimations"]
    whole = estimated[estimated["domain"] == ""].set_index("item")
    assert whole.loc["uses_opsn", "answers"] == 425
    assert whole.loc["cyberattack", "answers"] < 425


def test_medians_stand_beside_means_of_numbers(found: Analysis, inputs: Inputs) -> None:
    assert inputs.answers is not None
    estimated = found.tables["estimations"].set_index(["domain", "item"])
    whole, nord = estimated.loc[("", "agents")], estimated.loc[("59", "agents")]
    assert whole["median"] == 3 < whole["estimate"]
    assert nord["median_low"] <= nord["median"] <= nord["median_high"]
    assert nord["median"] in set(inputs.answers["agents"])
    assert pd.isna(estimated.loc[("", "uses_opsn"), "median"])


def test_comedec_does_not_survive_so_many_comparisons(found: Analysis) -> None:
    gaps = found.tables["influence"].set_index("item")
    assert gaps.loc["demat_tool:comedec", "gap_q"] > 0.05
    assert gaps.loc["data_practice:rgpd", "gap_q"] < 0.05
    assert gaps.loc["uses_opsn", "gap_p"] is pd.NA or np.isnan(gaps.loc["uses_opsn", "gap_p"])


def test_nothing_published_rests_on_few_answers(found: Analysis) -> None:
    sides = ["members", "others"]
    counts = {
        "estimations": ["answers"],
        "influence": sides,
        "recouvrement": sides,
        "classements": ["answers"],
    }
    for name, columns in counts.items():
        table = found.tables[name]
        for column in columns:
            assert not table[column].between(1, 4).any(), (name, column)


def test_no_answer_reaches_a_layer(found: Analysis, inputs: Inputs) -> None:
    assert inputs.answers is not None
    asked = {name.split(":")[0] for name in inputs.answers}
    for frame in [*found.columns.values(), *found.layers.values()]:
        assert not {str(name).split(":")[0] for name in frame} & asked


def test_layers_have_what_the_themes_show(found: Analysis) -> None:
    communes, silences = found.columns["communes"], found.layers["silences"]
    assert communes["responded"].sum() == 376
    assert communes["nearest_answer_m"].notna().all()
    assert (communes.loc[communes["responded"], "nearest_answer_m"] == 0).all()
    assert found.columns["epci"][["response_share", "residual"]].notna().all().all()
    assert len(found.columns["departements"]) == 5
    assert isinstance(silences, gpd.GeoDataFrame)
    assert silences.is_valid.all()
    assert (silences["communes"] == silences["codes"].str.split(";").str.len()).all()


def test_national_values_are_set_beside(found: Analysis) -> None:
    row = found.tables["comparaisons"].set_index("item").loc["demat_maturity"]
    assert row["reference"] == pytest.approx(6.3)
    assert row["gap_high"] < 0


def test_members_are_told_from_those_nobody_knows(found: Analysis, inputs: Inputs) -> None:
    """Lists of Adica, Cap'Oise, RVVN and SPL-Xdemat are not complete: nobody is known not to belong."""
    table = found.tables["representativite"].set_index(["variable", "level"]).loc["membership"]
    assert table["units"].to_dict() == {"member": 3047, "unknown": 742}
    state = summary(coverage_of(inputs))["state"]
    inside = inputs.territory.communes["inside"]
    assert state[inside].eq("member").sum() == 3047
    overall = found.tables["representativite_globale"].set_index("variable")
    assert overall.loc["membership", "simulated_p"] < 0.001
    assert set(found.tables["profils"].query("variable == 'membership'")["level"]) == {"member", "unknown"}
    findings = in_words(found, inputs)
    assert "adhésion connue à un OPSN" in findings.loc[0, "text"]
    assert findings.set_index("subject")["text"]["membership=member"].startswith(
        "Communes qu’une adhésion atteint : surreprésentées"
    )
    assert "membership" not in set(found.tables["marges"]["variable"])


def test_where_lists_are_complete_members_stand_against_others(inputs: Inputs) -> None:
    complete = inputs.tables["opsn"].assign(list_complete=True)
    known = dataclasses.replace(inputs, tables={**inputs.tables, "opsn": complete})
    table = analysis(known, shared_measures(known)).tables["representativite"]
    assert table.query("variable == 'membership'")["level"].tolist() == ["member", "other"]


def test_places_are_named_in_the_verdict(inputs: Inputs) -> None:
    """Only communes of the Somme keep their answers."""
    assert inputs.respondents is not None
    elsewhere = inputs.respondents["code_insee"].str[:2].ne("80").fillna(value=False)
    fewer = dataclasses.replace(inputs, respondents=inputs.respondents[~elsewhere])
    sentences = in_words(analysis(fewer, shared_measures(fewer)), fewer).set_index("subject")["text"]
    assert sentences["code_dep=80"].startswith("Somme : surreprésentées")


def test_other_bodies_are_populations_of_their_own(found: Analysis, inputs: Inputs) -> None:
    counted = found.tables["repondants"].set_index("body")
    assert counted["answers"].to_dict() == {"ccas": 10, "commune": 425, "epci": 29, "syndicat": 24}
    assert counted["units"].dropna().to_dict() == {"commune": 3789, "epci": 92}
    epci = found.tables["representativite_epci"]
    assert epci.groupby("variable")["units"].sum().to_dict() == {"code_dep": 92, "epci_size": 92}
    others = found.tables["estimations_autres"]
    assert others[others["scope"] == "answers"][["se", "low", "high", "units"]].isna().all(axis=None)
    published = others[
        (others["body"] == "epci") & (others["hidden"] == "") & others["unweighted"].between(0.01, 0.99)
    ]
    assert published["se"].gt(0).all()
    assert (published["low"] < published["unweighted"]).all()
    of_bodies = in_words(found, inputs).query("finding == 'bodies'").set_index("subject")["text"]
    assert "29 sur 92 ont répondu (32" in of_bodies["epci"]
    assert "ne décrivent que ceux qui ont répondu" in of_bodies["ccas"]


def with_zones(inputs: Inputs, **survey: list[float] | list[str]) -> Inputs:
    """Add a zone (three levels, the last unknown), an amount and one level per commune pair of digits."""
    communes = inputs.territory.communes[inputs.territory.communes["inside"]]
    number = np.arange(len(communes))
    added = pd.DataFrame(
        {
            "zone": pd.Series(np.where(number % 3 == 0, "rural", "town"), dtype="str").mask(number % 3 == 2),
            "income": pd.array(number / 2, dtype="Float64"),
            "basin": pd.Series([f"b{it % 30:02d}" for it in number], dtype="str"),
        }
    ).set_index(communes.index)
    study = dataclasses.replace(inputs.study, survey=survey)
    return dataclasses.replace(inputs, study=study, tables={**inputs.tables, "variables": added})


def test_variables_of_the_user_part_answers_and_may_be_margins(inputs: Inputs) -> None:
    asked = with_zones(inputs, margins=["code_dep", "zone"], weight_bounds=[0.5, 2])
    made = analysis(asked, shared_measures(asked))
    tables = made.tables
    response = tables["representativite"].set_index(["variable", "level"])["units"]
    assert response["zone"].to_dict() == {"rural": 1263, "town": 1263, "unknown": 1263}
    assert list(response["income"].index) == [
        "0 – 378.5", "379 – 757.5", "758 – 1136", "1136.5 – 1515", "1515.5 – 1894",
    ]  # fmt: skip
    assert len(response["basin"]) == 30
    drawn = set(tables["profils"]["variable"])
    assert {"zone", "income"} <= drawn
    assert "basin" not in drawn
    margins = tables["marges"]
    assert set(margins["variable"]) == {"code_dep", "zone"}
    assert (margins["after"] - margins["target"]).abs().max() <= 1e-9
    indicators = tables["indicateurs"].set_index("indicator")["value"]
    assert indicators["least_ratio"] >= 0.5 - 1e-12
    assert indicators["greatest_ratio"] <= 2 + 1e-12
    assert indicators["gap"] <= 1e-9
    weights = in_words(made, asked).query("finding == 'weights'")["text"].iloc[-1]
    assert "(département et zone)" in weights


def test_bounds_that_no_weights_keep_stop_the_run_and_say_so(inputs: Inputs) -> None:
    asked = with_zones(inputs, margins=["size_band"], weight_bounds=[0.99, 1.01])
    with pytest.raises(InputError, match=r"study\.toml.*size_band.*survey\.weight_bounds") as caught:
        analysis(asked, shared_measures(asked))
    assert {it.cause for it in caught.value.faults} == {"infeasible_weights"}


def test_epci_as_a_margin_are_joined_until_each_has_answers(inputs: Inputs) -> None:
    asked = with_zones(inputs, margins=["siren_epci"])
    tables = analysis(asked, shared_measures(asked)).tables
    assert (tables["marges"]["after"] - tables["marges"]["target"]).abs().max() <= 1e-9
    joined = tables["regroupements"]
    assert set(joined["variable"]) == {"siren_epci"}
    assert joined.groupby("joined")["answered"].sum().min() >= 5


def test_a_study_without_answers_has_no_such_chapter(inputs: Inputs) -> None:
    without = dataclasses.replace(inputs, answers=None)
    assert analysis(without, shared_measures(without)) == Analysis()


def test_profile_of_the_toy() -> None:
    communes = pd.DataFrame({"code_dep": ["80"] * 2, "siren_epci": ["1", None], "population": [100, 2_000],
                             "area_km2": [1.0, 1.0]}, index=["80001", "80020"])  # fmt: skip
    units = profile(communes, pd.Series(["80020", None, "80020"]))
    assert units["respondents"].tolist() == [0, 2]
    assert units["below_2000"].tolist() == ["below", "above"]
    assert units["density_band"].astype(str).tolist() == ["100_299", "ge_1500"]


def test_membership_needs_a_complete_list_to_say_no() -> None:
    states = pd.Series(["used", "member", "offered", "not_offered", "unknown"])
    assert membership(states).tolist() == ["member", "member", "other", "other", np.nan]


@given(st.lists(st.one_of(st.none(), st.integers(-20, 20), st.floats(-1e6, 1e6)), min_size=1, max_size=60))
def test_amounts_fall_into_bands_in_their_order(amounts: list[float | None]) -> None:
    values = pd.Series(amounts, dtype="Float64")
    bands = levels(values.to_frame("it"))["it"]
    assert bands.isna().tolist() == values.isna().tolist()
    rows = pd.DataFrame({"value": values.astype(float), "band": bands.cat.codes})[values.notna()]
    rows = rows.sort_values("value", kind="stable")
    assert rows["band"].is_monotonic_increasing
    assert rows.groupby("value")["band"].nunique().le(1).all()
    assert bands.nunique() <= 5


def test_a_figure_on_several_choices_or_on_no_is_one_item() -> None:
    answers = pd.DataFrame(
        {"lab": pd.array([True, False, None], dtype="boolean"), "support": ["epci", "no", "own"]}
    )
    figures = pd.DataFrame(
        [("lab_no", "No lab", "answers", "share", "lab", "no", None),
         ("support", "Support", "answers", "share", "support", "epci|own", None),
         ("by_dep", "Group", "answers", "share", "lab", "yes", "departement=02"),
         ("lost", "Not asked", "answers", "mean", "absent", None, None)],
        columns=["figure", "label", "table", "measure", "item", "choice", "group"],
    )  # fmt: skip
    items = headline_items(answers, figures, {"support": ["epci", "own", "no"]})
    assert items.columns.tolist() == ["lab_no", "support"]
    assert items["lab_no"].tolist() == [False, True, pd.NA]
    assert items["support"].tolist() == [True, False, True]


def test_a_claim_is_read_from_what_the_study_writes() -> None:
    figures = pd.DataFrame(
        [("most", 58, "share", 1, "eq", "above=50", "role"), ("rh", 28, "share", 1, "eq", None, "used"),
         ("chat", 25, "share", 1, "gt", "above=25", "tool"), ("demat", 5.9, "mean", 0.1, "eq", None, "demat"),
         ("demat_national_gap", -0.4, "points", 0.1, "eq", None, None)],
        columns=["figure", "value", "unit", "precision", "comparison", "claim", "item"],
    )  # fmt: skip
    claims = headline_claims(figures).round(6)
    assert claims.loc[["most", "chat"], "threshold"].tolist() == [0.5, 0.25]
    assert claims.loc["rh", ["side", "threshold"]].isna().all()
    assert claims.loc["chat", ["published_least", "published_greatest"]].tolist() == [0.25, np.inf]
    # the nation is at 6.3, give or take 0.1: "below the nation" is below 6.2
    assert claims.loc["demat", ["side", "threshold"]].tolist() == ["below", 6.2]


def test_a_census_has_equal_chances_and_nothing_to_mend(inputs: Inputs) -> None:
    """Every commune answered: no indicator may fail, and none may find fault."""
    communes = inputs.territory.communes[inputs.territory.communes["inside"]].iloc[:60]
    codes = pd.Series(communes.index)
    values = pd.DataFrame({"score": np.arange(60.0), "used": [True, False] * 30})
    sample = Sample(communes=communes, codes=codes, answers=values)
    found = survey(sample, Items(member=values["used"]))
    assert found.tables["verdict"].loc[0, "sentence"] == "not_refuted_alone"
    assert found.silences.empty
    row = found.tables["estimations"].set_index(["item", "domain"]).loc[("score", "")]
    assert row["se"] == pytest.approx(0, abs=1e-12)


def test_the_strongest_correlation_is_that_of_an_indicator(inputs: Inputs, found: Analysis) -> None:
    inside = inputs.territory.communes[lambda it: it["inside"]]
    units = profile(inside, inputs.respondents["code_insee"][lambda it: it.isin(inside.index)])
    overall = found.tables["representativite_globale"].set_index("variable")["defect_correlation"]
    for variable in ("code_dep", "size_band"):
        levels = pd.get_dummies(units[variable].astype("object"))
        each = [abs(np.corrcoef(units["responded"], levels[level])[0, 1]) for level in levels]
        assert overall[variable] == pytest.approx(max(each))
