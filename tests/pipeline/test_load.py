"""A study read and linked: lists, registers and scenarios come together."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from opsn_geo.errors import InputError
from opsn_geo.measure.coverage.ladder import states
from opsn_geo.pipeline.analyses import coverage, coverage_of, shared_measures
from opsn_geo.pipeline.load import load
from opsn_geo.read.registers import BANATIC_COLUMNS, CNIL_COLUMNS
from opsn_geo.study import Study, data_dir

SIREN = "200000172"


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """Copy the default study, where Adica has a SIREN and an unlisted membership."""
    folder = Path(shutil.copytree(data_dir() / "demo", tmp_path / "demo"))
    table = pd.read_csv(folder / "opsn.csv", dtype="str")
    table.loc[table["opsn"] == "adica", "siren"] = SIREN
    table.to_csv(folder / "opsn.csv", index=False)
    return folder


def add(folder: Path, line: str) -> Study:
    file = folder / "study.toml"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("[tables]", f"[tables]\n{line}"), encoding="utf-8")
    return Study.from_toml(file)


def test_the_cnil_list_is_evidence_of_use(demo: Path) -> None:
    row = dict.fromkeys(CNIL_COLUMNS, "") | {
        CNIL_COLUMNS[0]: "210200010",
        CNIL_COLUMNS[1]: "COMMUNE D ABBECOURT",
        CNIL_COLUMNS[9]: "25/05/2018",
        CNIL_COLUMNS[10]: SIREN,
    }
    pd.DataFrame([row]).to_csv(demo / "cnil.csv", sep=";", index=False)
    inputs = load(add(demo, 'cnil = "cnil.csv"'))
    assert inputs.tables["uses"].to_dict("records") == [
        {"code_insee": "02001", "opsn": "adica", "service": "dpd", "basis": "register"}
    ]
    assert inputs.counts["cnil_linked"] == 1
    assert states(coverage_of(inputs)).loc["02001", "dpd"] == "used"


def test_a_banatic_export_adds_members_that_do_not_reach_their_communes(demo: Path) -> None:
    row = dict(
        zip(BANATIC_COLUMNS, [SIREN, "Adica", "SMF", "200071785", "CA Chauny Tergnier La Fère"], strict=True)
    )
    pd.DataFrame([row]).to_csv(demo / "banatic.csv", index=False)
    before = len(load(Study.default()).tables["memberships"])
    inputs = load(add(demo, 'banatic = "banatic.csv"'))
    added = inputs.tables["memberships"].iloc[before:]
    assert added[["opsn", "level", "code", "reaches_communes"]].to_numpy().tolist() == [
        ["adica", "epci", "200071785", False]
    ]


def test_variables_are_linked_and_what_cannot_be_is_rejected(demo: Path) -> None:
    rows = ["2001;;rural", ";Saint-Quentin (02);ville", "02002;;rural", "02002;;ville", ";Xyzzy;ville"]
    table = "\n".join(["Code INSEE;Commune;Zone", *rows])
    (demo / "variables.csv").write_text(table, encoding="utf-8")
    inputs = load(add(demo, 'variables = "variables.csv"'))
    assert inputs.tables["variables"]["Zone"].dropna().to_dict() == {"02001": "rural", "02691": "ville"}
    lost = inputs.rejects.query("table == 'variables'")
    assert lost[["row", "cause"]].to_numpy().tolist() == [
        ["4", "conflict"], ["5", "conflict"], ["6", "unknown_name"],
    ]  # fmt: skip
    counts = inputs.counts
    assert [counts[f"variables_{it}"] for it in ("read", "linked", "rejected")] == [5, 2, 3]


def test_a_margin_that_is_no_variable_is_refused_with_the_nearest(demo: Path) -> None:
    file = demo / "study.toml"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("[survey]\n", '[survey]\nmargins = ["size_bands"]\n'), encoding="utf-8")
    with pytest.raises(InputError, match=r"study\.toml, key “survey\.margins”.*Nearest: “size_band”"):
        load(Study.from_toml(file))


def test_a_scenario_changes_only_its_own_world(demo: Path) -> None:
    file = demo / "study.toml"
    more = """
[[scenarios]]
name = "join"
memberships = [{ opsn = "adico", code = "200067999" }]
"""
    file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    inputs = load(Study.from_toml(file))
    assert inputs.scenarios["join"]["memberships"]["code"].tolist() == ["200067999"]
    assert "200067999" not in set(
        inputs.tables["memberships"].query("opsn == 'adico' and level == 'epci'")["code"]
    )


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ('{ opsn = "adico", code = "999999999" }', "999999999"),
        ('{ opsn = "nobody", code = "200067999" }', "nobody"),
    ],
)
def test_a_scenario_must_be_right_in_every_row(demo: Path, row: str, value: str) -> None:
    file = demo / "study.toml"
    more = f"""
[[scenarios]]
name = "join"
memberships = [{row}]
"""
    file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    with pytest.raises(InputError, match=value):
        load(Study.from_toml(file))


def test_english_labels_take_the_place_of_french_ones_once_answers_are_read() -> None:
    study = Study.default()
    french, english = (
        load(replace(study, metadata=replace(study.metadata, language=lang))) for lang in ("fr", "en")
    )
    pd.testing.assert_frame_equal(french.answers, english.answers)
    for name in ("questionnaire", "published_figures"):
        assert "label_en" not in english.tables[name]
        same = french.tables[name]["label"].eq(english.tables[name]["label"])
        assert same.mean() < 0.15, name  # only names are the same
        words = english.tables[name].loc[~same, "label"]
        assert not words.str.contains(r"\b(?:les|des|une|votre|avec|pour|Besoins|proposant)\b").any()


def test_shares_are_computed_for_a_level_of_ones_own_as_for_epci(demo: Path) -> None:
    communes = load(Study.default()).territory.inside
    cantons = (
        communes["code_dep"] + "-" + communes["siren_epci"].str[-3:]
    )  # more groups than a variable may have
    cantons.rename("canton").rename_axis("code").to_csv(demo / "cantons.csv")
    study = add(demo, 'variables = "cantons.csv"')
    inputs = load(replace(study, boundaries=replace(study.boundaries, levels=("canton",))))
    assert "variables" not in inputs.tables
    tables = coverage.analysis(inputs, shared_measures(inputs)).tables
    for name in ("couverture_parts", "couverture_voies", "redondance"):
        own = tables[name].xs("canton", level="level")
        assert set(own.index.get_level_values("code")) == set(cantons.dropna())
    parts = tables["couverture_parts"]
    sums = parts["communes"].groupby(["level", "service"]).sum().xs("dpd", level="service")
    assert sums["canton"] == sums["departement"] - communes["siren_epci"].isna().sum()
