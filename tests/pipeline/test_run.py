"""The default study from end to end, from Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from opsn_geo.catalogue.register import column as declared
from opsn_geo.catalogue.words import LANGUAGES, Language
from opsn_geo.pipeline.run import Results, write
from opsn_geo.publish.geopackage.content import describe, dictionary, flatten
from opsn_geo.read.fingerprints import fingerprint


@pytest.fixture(scope="module")
def ran(
    tmp_path_factory: pytest.TempPathFactory, founding_measured: Results, founding_published: Results
) -> tuple[Results, Path]:
    out = tmp_path_factory.mktemp("maps")
    write(founding_measured, out)
    return founding_published, out


def test_the_run_writes_what_the_contract_names(ran: tuple[Results, Path]) -> None:
    _, out = ran
    names = {file.relative_to(out).as_posix() for file in out.rglob("*") if file.is_file()}
    assert {
        "atlas.html",
        "couverture.html",
        "deserts.html",
        "representativite.html",
        "opsn-hauts-de-france-2021.gpkg",
        "opsn-hauts-de-france-2021.xml",
        "rasters/distance_member_m.tif",
        "rasters/distance_member_m.qml",
        "tables/couverture.csv",
        "tables/verdict.csv",
        "tables/figures.csv",
        "tables/incoherences.csv",
        "rapport.html",
        "synthese.pdf",
        "charts/01-operators_by_departement.svg",
        "tableaux.xlsx",
        "tableaux.ods",
        "tableur/couverture.csv",
        "datapackage.json",
        "manifest.json",
    } <= names
    assert not [name for name in names if name.startswith(".")]


def test_codes_have_words_and_items_labels(ran: tuple[Results, Path]) -> None:
    """Scripts read the codes; whoever opens the workbook or the GeoPackage reads words."""
    results, _ = ran
    wordless = {
        (name, column.name)
        for name, frame in results.tables.items()
        for column in describe(name, flatten(frame), results.inputs.study.metadata).columns
        if declared(column.name, name).words
        and not column.choices
        and flatten(frame)[column.name].notna().any()
    }
    assert not wordless
    for name in ("estimations", "influence", "classements", "estimations_autres"):
        assert results.tables[name]["label"].notna().all(), name


def test_the_manifest_holds_inputs_outputs_counts_and_what_they_rest_on(ran: tuple[Results, Path]) -> None:
    results, out = ran
    content = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert content["basis"]["memberships"] == {"simulated": 2699}
    assert content["basis"]["answers"] == {"simulated": 488}
    assert content["basis"]["offers"] == {"study": 12, "assumed": 70}
    assert content["basis"]["opsn.seat"] == {"assumed": 9}
    assert content["counts"]["answers_read"] == 488
    assert (
        content["inputs"]["memberships"]["sha256"]
        == fingerprint(results.inputs.study.tables["memberships"]).sha256
    )
    assert content["inputs"]["answers"] == {"file": "answers.csv"}  # by a checksum, guesses could be verified
    for name, digest in content["outputs"].items():
        assert fingerprint(out / name).sha256 == digest, name
    for name in ("offers", "memberships", "answers"):
        counts = content["counts"]
        assert counts[f"{name}_linked"] + counts[f"{name}_rejected"] == counts[f"{name}_read"]


def test_the_end_of_a_run_says_what_is_simulated_and_what_is_not_known(ran: tuple[Results, Path]) -> None:
    results, out = ran
    written = results.summary(out)
    assert "Tirées au sort pour la démonstration : les adhésions et les réponses à l’enquête." in written
    states = results.layers["communes"].query("inside")["state"].value_counts()
    assert f"{states['member']} communes atteintes par au moins un OPSN à coup sûr" in written
    assert f", {states['unknown']} dont on ne le sait pas" in written


def test_the_layers_hold_the_territory(ran: tuple[Results, Path]) -> None:
    results, out = ran
    file = out / "opsn-hauts-de-france-2021.gpkg"
    communes = gpd.read_file(file, layer="communes")
    assert communes.crs.to_epsg() == 2154
    assert communes["inside"].sum() == 3789
    assert len(gpd.read_file(file, layer="epci")) == 92
    assert len(gpd.read_file(file, layer="departements")) == 5
    pd.testing.assert_series_equal(
        communes.set_index("code_insee")["opsn_count"],
        results.layers["communes"]["opsn_count"],
        check_dtype=False,
    )


def test_every_commune_and_service_has_one_state(ran: tuple[Results, Path]) -> None:
    table = ran[0].tables["couverture"]
    assert not table.duplicated(["code_insee", "service"]).any()
    assert len(table) == 3789 * len(ran[0].tables["services"])
    assert set(table["state"]) <= {"not_offered", "offered", "member", "used", "unknown"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_column_published_has_an_alias_a_definition_and_a_source(
    ran: tuple[Results, Path], lang: Language
) -> None:
    results, _ = ran
    metadata = replace(results.inputs.study.metadata, language=lang)
    published = {**results.layers, **results.tables}
    entries = dictionary([describe(name, flatten(it), metadata) for name, it in published.items()], lang)
    lacking = entries[
        entries["alias"].eq(entries["column"]) | entries["definition"].eq("") | entries["source"].eq("")
    ]
    assert lacking[["layer", "column"]].to_numpy().tolist() == []


def test_no_individual_answer_is_published(ran: tuple[Results, Path]) -> None:
    results, out = ran
    assert results.inputs.answers is not None
    respondents = set(results.inputs.answers.index)
    for file in out.rglob("*"):
        if file.suffix in {".csv", ".json", ".html"}:
            written = file.read_text(encoding="utf-8")
            assert not [it for it in respondents if it in written], file.name
    assert "used" not in set(results.tables["couverture"]["state"])


def test_the_same_inputs_give_the_same_bytes_in_another_process(
    ran: tuple[Results, Path], tmp_path: Path
) -> None:
    """Neither the threads of linear algebra nor the order of sets show in what is published."""
    command = [sys.executable, "-m", "opsn_geo", "run", "--quiet", "--out", str(tmp_path)]
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "7"}
    subprocess.run(command, check=True, env=env)
    for file in ran[1].rglob("*"):
        if file.is_file():
            assert fingerprint(file).sha256 == fingerprint(tmp_path / file.relative_to(ran[1])).sha256, (
                file.name
            )


def test_importing_the_package_is_light() -> None:
    heavy = "{'pandas', 'geopandas', 'folium', 'rasterio', 'scipy', 'numpy'} & set(sys.modules)"
    code = f"import sys, opsn_geo; print({heavy} or 'light')"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "light"
