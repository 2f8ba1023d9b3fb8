"""What is not known stays unknown from files to report: populations, communes beyond the border."""

from __future__ import annotations

import html
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pyogrio
import pytest

from opsn_geo.boundaries.territory import Territory
from opsn_geo.catalogue.words import text
from opsn_geo.measure.coverage.overview import service_states
from opsn_geo.pipeline.check import Report, check
from opsn_geo.pipeline.load import load
from opsn_geo.pipeline.run import Results, measure, run
from opsn_geo.publish.themes import themes_for
from opsn_geo.study import Study

STUDY = """
[study]
title = "Toy"
territory = "toy"
territory_name = "Toy"
millesime = 2021
date = 2021-02-01

[boundaries]
file = "boundaries.gpkg"
region = "32"

[tables]
opsn = "opsn.csv"
services = "services.csv"
offers = "offers.csv"
memberships = "memberships.csv"
questionnaire = "questionnaire.csv"
answers = "answers.csv"

[survey]
respondents = "public"
"""
# a offers dpd everywhere and its list is complete; b offers sig in the Oise and its list is not
TABLES = {
    "opsn": "opsn,name,legal_form,seat,list_complete\n"
    "a,A,association,80001,true\nb,B,association,60003,false\n",
    "services": "service,name,family\ndpd,DPD,data\nsig,SIG,data\n",
    "offers": "opsn,service,level,code\na,dpd,departement,60\na,dpd,departement,80\nb,sig,departement,60\n",
    "memberships": "opsn,level,code,services\na,epci,200000172,*\na,commune,60004,*\n",
    "questionnaire": "column,item,choice,kind,label\n"
    "code,commune_code,,meta,Code\nuses,uses_opsn,,yes_no,Uses\nneed,need,,yes_no,Needs\n",
    "answers": "code,uses,need\n80001,oui,non\n80002,oui,non\n80005,oui,non\n60003,oui,non\n"
    "60004,oui,non\n60007,oui,non\n60011,oui,non\n",
}


def study(folder: Path, toy: Territory, population: pd.Series | None) -> Study:
    """Write the toy territory with these populations as a boundary file, and a study of it with a survey."""
    communes = toy.communes.reset_index()[["code_insee", "name", "code_reg", "siren_epci", "geometry"]]
    if population is not None:
        communes["population"] = population.to_numpy()
    beyond = toy.communes.loc[["76013"], ["geometry"]].assign(code_dep="76", name="Seine-Maritime")
    within = toy.departements.reset_index()[["code_dep", "name", "geometry"]]
    layers = {
        "communes": communes,
        "epci": toy.epci.reset_index()[["siren_epci", "name", "nature", "geometry"]],
        "departements": pd.concat([within, beyond]),
    }
    for layer, frame in layers.items():
        pyogrio.write_dataframe(frame, folder / "boundaries.gpkg", layer=layer)
    for name, content in TABLES.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return Study.from_toml(folder / "study.toml")


def prose(file: Path) -> str:
    """Words of a page, without its styles, drawings and marks."""
    page = re.sub(r"<(style|svg).*?</\1>", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


@pytest.fixture(scope="module")
def uncounted(
    shared_toy: Territory, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Report, Results, str, dict[str, object]]:
    folder = tmp_path_factory.mktemp("uncounted")
    toy = study(folder, shared_toy, None)
    results = run(toy, folder / "maps")
    manifest = json.loads((folder / "maps" / "manifest.json").read_text(encoding="utf-8"))
    return check(toy), results, prose(folder / "maps" / "rapport.html"), manifest


def test_without_populations_nothing_is_counted_in_people(
    uncounted: tuple[Report, Results, str, dict[str, object]],
) -> None:
    report, results, words, manifest = uncounted
    assert report.sound
    assert [it.key for it in report.notices if it.file.endswith("boundaries.gpkg")] == ["no_population"]
    assert manifest["warnings"] == list(results.warnings)
    assert results.warnings[0] in words
    for name, layer in results.layers.items():
        people = layer[[it for it in layer if "population" in str(it) or "pop_" in str(it)]]
        assert people.isna().all(axis=None), name
    assert results.tables["extension"].empty
    assert "Les étapes suivantes, faute" in words
    for doubtful in ("nan", "– habitant", "– des habitants", "None"):
        assert doubtful not in words
    assert "58 à 100 % des communes" in words


def test_without_populations_the_survey_is_neither_weighed_nor_compared_by_size(
    uncounted: tuple[Report, Results, str, dict[str, object]],
) -> None:
    _, results, words, _ = uncounted
    variables = {"code_dep", "membership", "siren_epci"}
    assert set(results.tables["representativite"]["variable"]) == variables
    assert set(results.tables["marges"]["variable"]) == {"code_dep"}
    assert set(results.tables["profils"]["variable"]) == {"code_dep", "membership"}
    assert not re.search(r"Par (taille|densité)|Réponse par (taille|densité)", words)
    assert (
        "7 communes sur 12 ont répondu (58 %) ; la part des habitants qui y vivent n’est pas connue" in words
    )


def test_shares_that_may_be_higher_are_hatched_in_the_report_and_in_qgis(
    uncounted: tuple[Report, Results, str, dict[str, object]],
) -> None:
    """Five communes may have one service more than the one or none that they are known to have."""
    _, results, words, _ = uncounted
    unsure = {it.key: it.unsure_count for it in themes_for(results.layers)}
    assert (unsure["services_member"], unsure["epci_covered"], unsure["dep_covered"]) == (5, 2, 1)
    assert f"{text('atlas.unsure')} (5)" in words
    folder = Path(str(results.inputs.study.boundaries.file)).parent / "maps"
    with closing(sqlite3.connect(folder / f"{results.inputs.study.metadata.stem}.gpkg")) as base:
        styles = base.execute(
            "SELECT f_table_name, styleQML FROM layer_styles WHERE styleName LIKE '%couvert%'"
        )
        drawn = {name: text("atlas.unsure") in style for name, style in styles}
    assert drawn["epci"]
    assert drawn["departements"]


def test_use_is_said_only_of_services_that_a_register_measures(
    uncounted: tuple[Report, Results, str, dict[str, object]],
) -> None:
    _, results, words, _ = uncounted
    assert results.figures["services"]["used"].isna().all()
    assert not [it for layer in results.layers.values() for it in layer if "services_used" in str(it)]
    assert text("state.used") not in words.partition("Service par service")[2].partition("Par EPCI")[0]
    cells = pd.DataFrame(
        [("a", "dpd", "used"), ("b", "dpd", "member"), ("a", "sig", "member"), ("b", "sig", "offered")],
        columns=["code_insee", "service", "state"],
    )
    measured = service_states(cells, pd.DataFrame({"population": [10, 30]}, index=["a", "b"]))
    assert measured["used"].fillna(-1).to_dict() == {"dpd": 0.5, "sig": -1}
    assert measured["covered_share"].to_dict() == {"dpd": 1, "sig": 0.5}


def test_one_missing_population_leaves_unknown_what_it_enters_and_nothing_else(
    shared_toy: Territory, tmp_path: Path
) -> None:
    communes = shared_toy.communes
    people = communes["population"].astype(float).mask(communes.index == "60003")
    toy = study(tmp_path, shared_toy, people)
    notice = next(it for it in check(toy).notices if it.key == "missing_population")
    assert notice.text("en").startswith(f"{toy.boundaries.file}: the population of 1 of 12 communes")
    results = measure(load(toy))
    epci = results.layers["epci"]
    # 60003 lies in EPCI 200000438; A is a member of a; C, in the Oise, may be one of b
    assert epci["population"].fillna(-1).tolist() == [3300, -1, 3600]
    assert epci["covered_pop_share"].fillna(-1).tolist() == [1, -1, 0]
    assert epci["covered_pop_possible_share"].fillna(-1).tolist() == [1, -1, 1]
    assert epci["covered_share"].tolist() == [1, 0.25, 0]
    sizes = results.tables["representativite"].query("variable == 'size_band'").set_index("level")
    assert sizes["units"].to_dict() == {"lt_500": 3, "500_1999": 8, "unknown": 1}
    assert pd.isna(sizes.loc["unknown", "population"])
    # the list of b is incomplete: all that it could bring may be there already
    assert "b" not in set(results.tables["extension"]["opsn"])
    assert results.figures["reach"].loc["all", ["covered", "unknown"]].tolist() == [7, 5]
    assert pd.isna(results.figures["reach"].loc["all", "covered_pop_share"])
    services = results.figures["services"]
    assert services.loc["sig", ["covered_share", "possible_share"]].tolist() == [0, 0.5]


def test_a_commune_beyond_the_border_has_no_state_no_count_and_enters_no_share(
    shared_toy: Territory, tmp_path: Path
) -> None:
    """EPCI C holds 60011 and 60012, in the study, and 76013, beyond it."""
    results = measure(load(study(tmp_path, shared_toy, shared_toy.communes["population"])))
    communes, tables = results.layers["communes"], results.tables
    measured = communes.columns.difference(shared_toy.communes.columns)
    assert communes.loc["76013", measured.drop("basis")].isna().all()
    assert communes.loc["76013", "basis"] == "fact"
    assert (
        communes.loc[communes["inside"], ["state", "opsn_count", "services_missing"]].notna().all(axis=None)
    )
    for name in ("opsn_count", "services_offered", "services_missing"):
        assert communes[name].dtype == "Int64", name
    assert "76013" not in set(tables["couverture"]["code_insee"])
    assert len(tables["couverture"]) == 12 * 2
    parts = tables["couverture_parts"].loc[("epci", "200000545", "sig")]
    assert parts[["communes", "population", "area_km2"]].tolist() == [2, 2300, 2]
    assert parts[["covered_share", "covered_possible_share"]].tolist() == [0, 1]
    epci = results.layers["epci"].loc["200000545"]
    assert epci[["communes", "communes_inside", "population", "population_inside"]].tolist() == [
        3,
        2,
        3600,
        2300,
    ]
    assert epci[["covered_share", "covered_possible_share", "covered_pop_possible_share"]].tolist() == [
        0,
        1,
        1,
    ]
    assert results.figures["uncovered_epci"].loc["200000545", "uncovered_pop"] == 2300
