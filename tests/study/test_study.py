"""A study file is checked whole before anything is read."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from opsn_geo.catalogue.basis import BASES, default_basis
from opsn_geo.catalogue.words import LANGUAGES
from opsn_geo.errors import InputError
from opsn_geo.measure.deserts.patches import Thresholds
from opsn_geo.measure.survey.survey import STRATA
from opsn_geo.read.registers import REGISTERS
from opsn_geo.read.schema import SCHEMAS
from opsn_geo.study import Boundaries, Metadata, Study, data_dir
from opsn_geo.study.keys import KEYS, built

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
[study]
title = "Toy"
territory = "toy"
millesime = 2021
date = 2021-02-01
[boundaries]
region = "32"
[tables]
opsn = "t.csv"
services = "t.csv"
offers = "t.csv"
memberships = "t.csv"
"""


def written(folder: Path, toml: str) -> Path:
    (folder / "t.csv").write_text("a\n", encoding="utf-8")
    file = folder / "study.toml"
    file.write_text(toml, encoding="utf-8")
    return file


def causes(error: pytest.ExceptionInfo[InputError]) -> list[tuple[str, str | None]]:
    return [(fault.cause, fault.column) for fault in error.value.faults]


def test_a_small_study_is_read_with_its_defaults(tmp_path: Path) -> None:
    study = Study.from_toml(written(tmp_path, GOOD))
    assert study.metadata.stem == "opsn-toy-2021"
    assert study.metadata.territory_name == "toy"
    assert study.metadata.date == dt.date(2021, 2, 1)
    assert study.tables["opsn"] == tmp_path / "t.csv"
    assert study.min_answers == 5


def test_the_default_study_names_only_files_that_exist() -> None:
    study = Study.default()
    assert study.file == data_dir() / "demo" / "study.toml"
    assert all(path.is_file() for path in study.tables.values())
    assert study.metadata.basis == {"questionnaire": "assumed"}


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    assert Study.from_toml(written(tmp_path, "\ufeff" + GOOD)).metadata.title == "Toy"


def test_a_missing_study_is_one_fault(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="this file does not exist"):
        Study.from_toml(tmp_path / "no.toml")


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 3: this is not a valid TOML"):
        Study.from_toml(written(tmp_path, "[study]\ntitle = 'a'\ndate = = 3\n"))


def test_a_study_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    file.write_bytes(GOOD.replace("Toy", "Étude").encode("cp1252"))
    with pytest.raises(InputError, match="not saved as UTF-8"):
        Study.from_toml(file)


def test_all_faults_come_at_once_with_the_nearest_key(tmp_path: Path) -> None:
    bad = GOOD.replace("millesime = 2021", 'milesime = 2021\nlanguage = "de"').replace(
        '"t.csv"', '"u.csv"', 1
    )
    with pytest.raises(InputError, match=r"“study\.millesime”") as caught:
        Study.from_toml(written(tmp_path, bad))
    assert causes(caught) == [
        ("unknown_key", "study.milesime"),
        ("missing_key", "study.millesime"),
        ("wrong_key", "study.language"),
        ("missing_file", None),
    ]


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("title", "titel", ("unknown_key", "study.titel")),
        ("[boundaries]", "[bondaries]", ("unknown_key", "bondaries")),
        ('region = "32"', 'region = "32"\nepci = ["200000172"]', ("boundaries_key", "boundaries")),
        ('region = "32"', "region = 32", ("wrong_key", "boundaries.region")),
        ("date = 2021-02-01", 'date = "2021-02-01"', ("wrong_key", "study.date")),
        ("date = 2021-02-01", "date = 2021-02-01T00:00:00", ("wrong_key", "study.date")),
        ("millesime = 2021", "millesime = true", ("wrong_key", "study.millesime")),
        ('"toy"', '"../toy"', ("wrong_key", "study.territory")),
        ("[tables]", "[thresholds]\nmin_answers = 0\n[tables]", ("wrong_key", "thresholds.min_answers")),
        ("[tables]", '[columns.member]\ncode = "x"\n[tables]', ("unknown_key", "columns.member")),
        ("[tables]", "[survey]\nmargins = []\n[tables]", ("wrong_key", "survey.margins")),
        ("[tables]", '[survey]\nmargins = ["a", "a"]\n[tables]', ("wrong_key", "survey.margins")),
        ("[tables]", "[survey]\nweight_bounds = [1.5, 3]\n[tables]", ("wrong_key", "survey.weight_bounds")),
        ("[tables]", "[survey]\nweight_bounds = [0.3]\n[tables]", ("wrong_key", "survey.weight_bounds")),
        ("[tables]", '[survey]\nmargin = ["a"]\n[tables]', ("unknown_key", "survey.margin")),
        ("[tables]", "[rasters]\npopulation = 3\n[tables]", ("wrong_key", "rasters.population")),
        ("[tables]", "[deserts]\nmin_communes = 0\n[tables]", ("wrong_key", "deserts.min_communes")),
        ("[tables]", "[deserts]\nurban_density = -1\n[tables]", ("wrong_key", "deserts.urban_density")),
        ("[tables]", "[deserts]\nurban = true\n[tables]", ("unknown_key", "deserts.urban")),
        ("[tables]", "[columns]\nopsn = 3\n[tables]", ("wrong_key", "columns.opsn")),
        ("[tables]", "[deserts]\nmin_population = inf\n[tables]", ("wrong_key", "deserts.min_population")),
        ("[tables]", "[survey]\nweight_bounds = [0, inf]\n[tables]", ("wrong_key", "survey.weight_bounds")),
        ("date = 2021-02-01", "date = 0001-01-01", ("wrong_key", "study.date")),
        ('"toy"', f'"{"a" * 300}"', ("wrong_key", "study.territory")),
        ('"Toy"', '"Toy"\n[basis]\nmemberships = "sure"', ("wrong_key", "basis.memberships")),
        ('region = "32"', "departements = []", ("wrong_key", "boundaries.departements")),
        ("[boundaries]", "boundaries = 2021-01-01\n[map]", ("unknown_key", "study.boundaries")),
        ("[study]", 'scenarios = "x"\n[study]', ("wrong_key", "scenarios")),
        ("[study]", "[scenarios]\nname = 'x'\n[study]", ("wrong_key", "scenarios")),
        ("[study]", "[[scenarios]]\n[study]", ("missing_key", "scenarios.1.name")),
        ("[study]", "[[scenarios]]\nname = 3\n[study]", ("wrong_key", "scenarios.1.name")),
        (
            "[study]",
            "scenarios = [{name='a'},{name='a'}]\n[study]",
            ("repeated_scenario_key", "scenarios.2.name"),
        ),
        (
            "[study]",
            "[[scenarios]]\nname = 'x'\noffers = [{code = 3}]\n[study]",
            ("wrong_key", "scenarios.1.offers"),
        ),
        ("millesime = 2021", f"millesime = 0x{'f' * 6000}", ("wrong_key", "study.millesime")),
        ("millesime = 2021", f"millesime = {'1' * 6000}", ("broken_toml", None)),
        ("millesime = 2021", f"millesime = {'[' * 6000}", ("broken_toml", None)),
        ('"t.csv"', f'"{"t" * 600}.csv"', ("missing_file", None)),
        ("[study]", 'study = "x"\n[other]', ("wrong_key", "study")),
        ("[boundaries]", 'columns = "x"\n[boundaries]', ("unknown_key", "study.columns")),
    ],
)
def test_each_fault_has_its_cause_and_key(
    tmp_path: Path, before: str, after: str, fault: tuple[str, str]
) -> None:
    file = written(tmp_path, GOOD.replace(before, after, 1))
    with pytest.raises(InputError) as caught:
        Study.from_toml(file)
    assert fault in causes(caught)
    assert all(it.file.startswith(str(tmp_path)) for it in caught.value.faults)


def test_a_map_has_no_background_unless_the_study_names_one(tmp_path: Path) -> None:
    assert Study.default().metadata.background == ""
    for name in KEYS["map"]["background"].choices:
        asked = written(tmp_path, f'{GOOD}[map]\nbackground = "{name}"\n')
        assert Study.from_toml(asked).metadata.background == name


def test_an_unknown_background_is_refused_with_those_that_exist(tmp_path: Path) -> None:
    asked = written(tmp_path, f'{GOOD}[map]\nbackground = "google"\n')
    with pytest.raises(InputError, match=r"“map\.background”.*plan-ign.*osm") as caught:
        Study.from_toml(asked)
    assert causes(caught) == [("wrong_key", "map.background")]


def test_rasters_and_studies_compared_with_must_be_there(tmp_path: Path) -> None:
    keys = '[rasters]\npopulation = "p.tif"\n[deserts]\ncompare = "old.toml"\nmin_population = 500\n[tables]'
    file = written(tmp_path, GOOD.replace("[tables]", keys, 1))
    with pytest.raises(InputError, match=r"old\.toml.*\n.*p\.tif"):
        Study.from_toml(file)
    for name in ("p.tif", "old.toml"):
        (tmp_path / name).touch()
    study = Study.from_toml(file)
    assert study.rasters == {"population": tmp_path / "p.tif"}
    assert study.deserts == {"compare": tmp_path / "old.toml", "min_population": 500}


def test_every_key_is_declared_with_an_example_that_it_accepts() -> None:
    for section, keys in KEYS.items():
        for name, key in keys.items():
            value = tomllib.loads(f"value = {key.example}")["value"]
            assert key.accepts(value), key.path
            assert key.default is None or key.accepts(key.default), key.path
            assert (key.section, key.name) == (section, name)
    assert [key.name for key in KEYS["tables"].values() if key.required] == [
        *("opsn", "services", "offers", "memberships")
    ]


def test_the_objects_of_a_study_hold_the_keys_that_are_declared() -> None:
    assert {it.name for it in fields(Metadata)} == {
        *KEYS["study"],
        *KEYS["map"],
        "basis",
        "counted",
        "census",
        "respondents",
    }
    assert {it.name for it in fields(Boundaries)} >= {*KEYS["boundaries"]}
    defaults = {it.name: it.default for it in fields(Metadata)}
    assert defaults["language"] == KEYS["study"]["language"].default
    assert KEYS["survey"]["margins"].default == list(STRATA)
    assert KEYS["deserts"]["min_communes"].default == Thresholds().communes
    assert KEYS["deserts"]["min_population"].default == Thresholds().population


def test_tables_and_languages_that_a_key_may_choose_are_those_there_are() -> None:
    assert set(KEYS["basis"]) == set(KEYS["tables"]) - {"corrections"} | {"boundaries"}
    assert {key.choices for key in KEYS["basis"].values()} == {BASES}
    assert all(key.default == default_basis(name) for name, key in KEYS["basis"].items() if key.default)
    assert KEYS["study"]["language"].choices == LANGUAGES
    assert set(SCHEMAS) | {"answers", *REGISTERS} == set(KEYS["tables"])


def test_files_are_found_from_the_folder_of_the_study(tmp_path: Path) -> None:
    values = built({"rasters": {"population": "a/p.tif"}, "boundaries": {"epci": ["1"]}}, tmp_path)
    assert values["rasters"] == {"population": tmp_path / "a" / "p.tif"}
    assert values["boundaries"] == {"epci": ("1",)}


def test_sheets_header_rows_and_constants_are_given_by_table(tmp_path: Path) -> None:
    more = '[sheets]\nopsn = "A"\n[header_rows]\nopsn = 3\n[constants.memberships]\nopsn = "x"\n'
    study = Study.from_toml(written(tmp_path, GOOD + more))
    assert study.sheets == {"opsn": "A"}
    assert study.header_rows == {"opsn": 3}
    assert study.constants == {"memberships": {"opsn": "x"}}
    wrong = '[sheets]\nopsn = 1\n[header_rows]\nopsn = 0\noffres = 1\n[constants]\nopsn = "x"\n'
    with pytest.raises(InputError) as error:
        Study.from_toml(written(tmp_path, GOOD + wrong))
    assert sorted(causes(error)) == [
        ("unknown_key", "header_rows.offres"),
        ("wrong_key", "constants.opsn"),
        ("wrong_key", "header_rows.opsn"),
        ("wrong_key", "sheets.opsn"),
    ]
