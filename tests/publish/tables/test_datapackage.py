"""The data package validates, and the CSV tables are read by its schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from frictionless import Package, system

from opsn_geo.catalogue.words import LANGUAGES, Language
from opsn_geo.pipeline.run import Results
from opsn_geo.publish.tables.csv_files import flat
from opsn_geo.publish.tables.csv_files import write as write_tables
from opsn_geo.publish.tables.datapackage import datapackage, write
from opsn_geo.read.fingerprints import fingerprint
from opsn_geo.study import Metadata, Study


def packaged(root: Path, tables: dict[str, pd.DataFrame], about: Metadata) -> dict[str, Any]:
    frames = flat(tables)
    files = {file.stem: file for file in write_tables(root / "tables", frames)}
    content = datapackage(files, frames, about, root)
    write(root / "datapackage.json", content)
    return content


def validated(root: Path, rows: int | None = None) -> list[list[Any]]:
    with system.use_context(trusted=True):
        report = Package(str(root / "datapackage.json")).validate(limit_rows=rows)
    return report.flatten(["title", "rowNumber", "fieldName", "type", "note"])


def test_the_default_study_is_read_by_its_schema(tmp_path: Path, founding_published: Results) -> None:
    results = founding_published
    layers = {name: pd.DataFrame(layer.drop(columns="geometry")) for name, layer in results.layers.items()}
    content = packaged(tmp_path, {**layers, **results.tables}, results.inputs.study.metadata)
    assert validated(tmp_path, rows=1_000) == []
    assert "SIMULÉES" in content["description"]
    for resource in content["resources"]:
        file = tmp_path / resource["path"]
        types = {field["name"]: field["type"] for field in resource["schema"]["fields"]}
        texts = [name for name, kind in types.items() if kind == "string"]
        frame = pd.read_csv(file, dtype=dict.fromkeys(texts, str), low_memory=False)
        assert list(frame.columns) == list(types)
        assert len(frame) == len({**layers, **results.tables}[resource["name"]])
        assert (resource["bytes"], resource["hash"]) == (
            file.stat().st_size,
            f"sha256:{fingerprint(file).sha256}",
        )


def test_keys_are_given_where_they_hold(tmp_path: Path) -> None:
    about = Study.default().metadata
    tables = {
        "communes": pd.DataFrame({"code_insee": ["02001", "02002"], "siren_epci": ["1", "3"]}),
        "epci": pd.DataFrame({"siren_epci": ["1", "2"], "state": ["member", ""]}),
        "couverture": pd.DataFrame({"code_insee": ["02001", "02001"], "service": ["a", "a"]}),
    }
    resources = packaged(tmp_path, tables, about)["resources"]
    schemas = {resource["name"]: resource["schema"] for resource in resources}
    assert schemas["communes"]["primaryKey"] == ["code_insee"]
    assert "foreignKeys" not in schemas["communes"]
    assert "primaryKey" not in schemas["couverture"]
    reference = {"resource": "communes", "fields": ["code_insee"]}
    assert schemas["couverture"]["foreignKeys"] == [{"fields": ["code_insee"], "reference": reference}]
    assert "member" in schemas["epci"]["fields"][1]["constraints"]["enum"]


def test_a_table_that_was_tampered_with_does_not_validate(tmp_path: Path) -> None:
    packaged(tmp_path, {"communes": pd.DataFrame({"code_insee": ["1", "2"], "population": [3, 4]})},
             Study.default().metadata)  # fmt: skip
    (tmp_path / "tables" / "communes.csv").write_text("code_insee,population\n1,3\n1,x\n", encoding="utf-8")
    assert {"type-error", "primary-key", "hash-count"} <= {row[3] for row in validated(tmp_path)}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_hostile_study_validates_in_both_languages(
    tmp_path: Path, published: Callable[..., Any], lang: Language
) -> None:
    toy = published(lang)
    layers = {name: pd.DataFrame(layer.drop(columns="geometry")) for name, layer in toy.layers.items()}
    content = packaged(tmp_path, {**layers, **toy.tables}, toy.metadata)
    assert validated(tmp_path) == []
    assert content["contributors"][0]["title"] == "sig@example.org"
    assert json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8")) == content
    assert packaged(tmp_path, {**layers, **toy.tables}, toy.metadata) == content
