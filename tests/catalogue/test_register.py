"""The register is consistent, and it declares what the default run publishes: no less, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest
from branca.utilities import color_brewer

from opsn_geo.catalogue import register
from opsn_geo.catalogue.words import catalogue, definition, label, texts
from opsn_geo.pipeline.run import Results
from opsn_geo.pipeline.run import published as as_written
from opsn_geo.publish.geopackage.content import sql_type
from opsn_geo.publish.tables.csv_files import flat

OPTIONAL = {"scenarios", "accessibilite_ponderee", "reponses"}
"""Tables for which the default study lacks what they need."""
OPTIONAL_COLUMNS = {
    ("communes", "services_used"), ("communes", "access_score"), ("deserts", "urban"),
    *((table, "response_hidden") for table in ("epci", "departements", "representativite")),
}  # fmt: skip
ELSEWHERE = {"fid", "epci_name", "sheet"}
"""Columns of forms and sheets, made when these are written."""
TYPES = {"TEXT": "text", "INTEGER": "whole", "REAL": "number", "BOOLEAN": "flag", "DATE": "day"}


@pytest.fixture(scope="module")
def published(founding_measured: Results) -> Mapping[str, pd.DataFrame]:
    results = as_written(founding_measured)
    layers = {name: pd.DataFrame(it.drop(columns="geometry")) for name, it in results.layers.items()}
    return flat({**layers, **results.tables})


def columns_of(table: str) -> set[str]:
    return {each.name for each in register.columns().values() if table in each.tables}


def test_every_reference_of_a_table_exists() -> None:
    sections = texts("report")
    for table in register.tables().values():
        assert {*table.key, *filter(None, [table.spelt_by])} <= columns_of(table.name), table.name
        assert all(column in columns_of(child) for child, column in table.relations.items()), table.name
        assert not table.relations or len(table.key) == 1, table.name
        assert not table.report or table.report in sections, table.name
        assert not table.level or table.level in texts("level"), table.name
        assert table.disclosure in {"", "respondents", "answers", "named"}, table.name
        assert table.layer or not (table.border or table.labels or table.limit or table.patches), table.name


def test_every_reference_of_a_column_exists() -> None:
    assert {name for name, each in register.columns().items() if not each.tables} == ELSEWHERE
    for column in register.columns().values():
        assert {*column.tables} <= register.tables().keys(), column.name
        assert column.kind in TYPES.values(), column.name
        assert not column.words or texts(column.words), column.name
        assert not column.refers_to or len(register.table(column.refers_to).key) == 1, column.name
        assert column.refers_to or not column.list, column.name


def test_what_differs_in_one_table_is_of_a_column_of_that_table() -> None:
    entries = catalogue()["columns"]
    for qualified in (name for name in entries if "." in name):
        table, column = qualified.split(".")
        assert column in columns_of(table), qualified
        assert not any(entries[column].get(key) == value for key, value in entries[qualified].items())


def test_every_reference_of_a_map_exists() -> None:
    classes, rasters, sections = texts("theme_class"), texts("rasters"), texts("report")
    for each in register.maps().values():
        assert each.group in register.groups(), each.key
        assert {each.column, *(each.only or ())[:1]} <= columns_of(each.layer), each.key
        assert register.table(each.layer).layer, each.key
        assert bool(each.words) == (each.kind == "categories"), each.key
        assert each.kind == "categories" or color_brewer(each.palette, 5), each.key
        assert each.missing in classes, each.key
        assert not each.raster or (each.page and each.raster in rasters), each.key
        assert not each.report or each.report in sections, each.key
    pages = [each.page for each in register.maps().values() if each.page]
    assert len(pages) == len(set(pages))


def test_every_group_opens_with_layers_of_the_project() -> None:
    named = {f"opsn_geo_{key}" for key in register.maps()}
    named |= {f"opsn_geo_data_{name}" for name in register.tables()}
    named |= {f"opsn_geo_patches_{name}" for name, each in register.tables().items() if each.patches}
    assert all({*group.opening} <= named for group in register.groups().values())


def test_no_source_group_or_room_of_codes_is_unused() -> None:
    tables = catalogue()["tables"].values()
    assert {each["source"] for each in tables} == catalogue()["sources"].keys()
    assert {each.group for each in register.maps().values()} | {"data"} == register.groups().keys()
    rooms = {each.words for each in register.columns().values()}
    assert {f"code.{room}" for room in catalogue()["code"]} <= rooms


def test_the_default_run_publishes_what_is_declared(published: Mapping[str, pd.DataFrame]) -> None:
    assert published.keys() | OPTIONAL | {"dictionnaire"} == register.tables().keys()
    for name, frame in published.items():
        optional = {column for table, column in OPTIONAL_COLUMNS if table == name}
        assert {*map(str, frame)} | optional == columns_of(name), name


def test_every_column_holds_the_kind_of_value_declared(published: Mapping[str, pd.DataFrame]) -> None:
    for name, frame in published.items():
        for column in map(str, frame):
            kind, values = register.column(column, name).kind, frame[column].dropna()
            if kind == "whole" and sql_type(frame[column]) == "REAL":  # some are missing
                assert (values == values.round()).all(), (name, column)
            elif kind != "number" or sql_type(frame[column]) != "INTEGER":  # whole by chance
                assert TYPES[sql_type(frame[column])] == kind, (name, column)


def test_every_code_has_its_word(published: Mapping[str, pd.DataFrame]) -> None:
    for name, frame in published.items():
        for column in map(str, frame):
            words = register.column(column, name).words
            if words:
                assert {*frame[column].dropna()} - {""} <= texts(words).keys(), (name, column)


def test_identifiers_are_those_of_the_table_they_refer_to(published: Mapping[str, pd.DataFrame]) -> None:
    for name, frame in published.items():
        for column in map(str, frame):
            declared = register.column(column, name)
            if declared.refers_to and frame[column].notna().any():
                other = register.table(declared.refers_to)
                values = frame[column].dropna().str.split(";")
                assert {*values.explode()} & {*published[other.name][other.key[0]], "*"}, (name, column)
                assert declared.list or values.str.len().max() == 1, (name, column)


def test_a_column_of_the_users_own_has_its_name_alone() -> None:
    assert register.column("my_own") == register.Column(name="my_own")
    assert (label("my_own"), definition("my_own")) == ("my_own", "")
    assert register.table("my_own") == register.Table(name="my_own")
