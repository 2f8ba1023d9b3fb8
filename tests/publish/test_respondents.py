"""Who answered, in every file: nothing of a single commune where it is published in groups only.

A file holds nothing of who answered, or of what, where it stays the same to the byte when somebody else of
the same groups did: whole runs of one département are compared file by file.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pandas.util import hash_pandas_object

from opsn_geo.measure.coverage.ladder import summary
from opsn_geo.measure.survey.profile import membership, profile
from opsn_geo.pipeline import run as pipeline
from opsn_geo.pipeline.analyses import coverage_of
from opsn_geo.pipeline.load import Inputs
from opsn_geo.publish.notices import response_notice
from opsn_geo.publish.themes import themes_for
from opsn_geo.study import Boundaries, Study

pytestmark = pytest.mark.slow

OF_ONE_COMMUNE = {
    "responded",
    "nearest_answer_m",
    "neighbours",
    "neighbour_answers",
    "neighbour_p",
    "neighbour_q",
}
ALIKE = ["siren_epci", "size_band", "density_band", "below_2000", "membership"]


def study(respondents: str) -> Study:
    """Give the founding study for the Pas-de-Calais alone."""
    whole = Study.default()
    head = replace(whole.metadata, territory="pas-de-calais", respondents=respondents)
    return replace(whole, metadata=head, boundaries=Boundaries(departements=("62",)))


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return pipeline.load(study("grouped"))


@pytest.fixture(scope="module")
def units(inputs: Inputs) -> pd.DataFrame:
    """Describe the communes by all that groups are made of, and count their respondents."""
    communes = inputs.territory.inside
    codes = inputs.respondents["code_insee"].where(inputs.answers["structure"].eq("mairie"))
    known = membership(summary(coverage_of(inputs))["state"]).rename("membership").to_frame()
    described = profile(communes, codes.where(codes.isin(communes.index)), known)
    return described.assign(group=list(map(str, described[ALIKE].to_numpy().tolist())))


@pytest.fixture(scope="module")
def grouped(inputs: Inputs) -> pipeline.Results:
    return pipeline.measure(inputs)


@pytest.fixture(scope="module")
def folder(grouped: pipeline.Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("grouped")
    pipeline.write(grouped, made)
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_no_file_says_who_of_a_group_answered_nor_who_of_two_alike_gave_which_answers(
    inputs: Inputs, units: pd.DataFrame, folder: Path, tmp_path: Path
) -> None:
    placed, answers, groups = inputs.respondents["code_insee"], inputs.answers.copy(), units["group"]
    alone = placed[placed.map(units["respondents"]).eq(1) & answers["structure"].eq("mairie")]
    # a commune that did not answer, in the place of one that did
    silent = groups[~units["responded"]].reset_index().groupby("group")["code_insee"].first()
    moved = next(who for who, code in alone.items() if groups[code] in silent)
    codes = placed.where(placed.index != moved, silent[groups[placed[moved]]])
    # and two communes that gave the answers of each other
    alike = alone.drop(moved).map(groups)
    pair = next(list(who)[:2] for who in alike.groupby(alike).groups.values() if len(who) > 1)
    answers.loc[pair] = inputs.answers.loc[pair[::-1]].to_numpy()
    answers = answers.astype(inputs.answers.dtypes)
    assert (hash_pandas_object(answers) != hash_pandas_object(inputs.answers)).sum() == 2
    other = replace(inputs, respondents=inputs.respondents.assign(code_insee=codes), answers=answers)
    pipeline.write(pipeline.measure(other), tmp_path)
    assert contents(tmp_path) == contents(folder)


def test_what_says_it_of_a_commune_is_absent_and_the_rest_says_why(
    grouped: pipeline.Results, folder: Path
) -> None:
    assert OF_ONE_COMMUNE.isdisjoint(grouped.layers["communes"])
    assert "silences" not in grouped.layers
    assert not {it for it in grouped.layers["deserts"] if it.startswith("need")}
    assert not {"responding_pop", "responding_pop_share"} & set(grouped.tables["representativite"])
    base = sqlite3.connect(folder / f"{grouped.inputs.study.metadata.stem}.gpkg")
    names = {name for (name,) in base.execute("SELECT table_name FROM gpkg_contents")}
    columns = {name for (name,) in base.execute("SELECT name FROM pragma_table_info('communes')")}
    project = str(base.execute("SELECT content FROM qgis_projects").fetchone()[0])
    why = response_notice(grouped.inputs.study.metadata)
    described = dict(base.execute("SELECT table_name, description FROM gpkg_contents"))
    base.close()
    assert "silences" not in names
    assert OF_ONE_COMMUNE.isdisjoint(columns)
    assert "silences" not in project
    assert "nearest_answer_m" not in project
    assert why
    assert all(why in described[name] for name in ("communes", "epci", "departements", "deserts"))
    assert why in (folder / "rapport.html").read_text(encoding="utf-8").replace("\xa0", " ")
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert {it["name"] for it in package["resources"] if why in it["description"]} >= {"communes", "epci"}
    keys = {theme.key for theme in themes_for(grouped.layers)}
    assert "epci_response" in keys
    assert not keys & {"nearest_answer", "silence_population"}


def test_places_show_their_response_where_enough_answered_and_enough_did_not(
    grouped: pipeline.Results, units: pd.DataFrame
) -> None:
    epci = grouped.layers["epci"]
    counts = units.groupby("siren_epci")["responded"].agg(["sum", "size"]).reindex(epci.index)
    sides = pd.concat([counts["sum"], counts["size"] - counts["sum"]], axis=1).min(axis=1)
    shown = epci["answered"].notna()
    assert 0 < shown.sum() < len(epci)
    assert (sides[shown] >= 5).all()
    assert (epci.loc[~shown, "response_hidden"] != "").all()
    assert epci.loc[~shown, ["response_share", "residual", "response_p"]].isna().all(axis=None)
    table = grouped.tables["representativite"]
    others = table[table["variable"].ne("siren_epci")]
    assert (others["answered"] >= 5).all()
    assert (others["units"] - others["answered"] >= 5).all()
    assert others.groupby("variable")["answered"].sum().eq(units["responded"].sum()).all()
