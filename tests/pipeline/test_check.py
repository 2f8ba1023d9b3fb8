from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from opsn_geo.catalogue.words import LANGUAGES, Language
from opsn_geo.errors import InputError
from opsn_geo.pipeline.check import check, refused
from opsn_geo.pipeline.init import init_study
from opsn_geo.pipeline.load import load
from opsn_geo.study import Study

ROOT = Path(__file__).parents[2]
SCENARIO = '[[scenarios]]\nname = "x"\n'


def study(folder: Path, **contents: str) -> Study:
    files = init_study(folder, millesime=2021, departements=["02"])
    for name, content in contents.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    return Study.from_toml(files[0])


def test_faults_of_every_table_rejects_and_guesses_are_reported_together(tmp_path: Path) -> None:
    made = study(
        tmp_path,
        offers="opsn,service,level,code\nmon-opsn,dpo,departement,02\n",
        memberships="OPSN;Commune;Département;Remarque\nmon-opsn;Chateau-Thiery;02;\nmon-opsn;Xyzzy;02;\n",
    )
    report = check(made)
    assert not report.sound
    assert [(it.cause, it.row, it.value, it.nearest) for it in report.faults] == [
        ("unknown_reference", 2, "dpo", "dpd")
    ]
    assert report.headers["memberships"] == {"opsn": "OPSN", "name": "Commune", "code_dep": "Département"}
    assert report.counts.loc["memberships"].to_dict() == {"read": 2, "linked": 1, "rejected": 1, "guessed": 1}
    assert report.rejects[["table", "row", "name", "cause"]].to_numpy().tolist() == [
        ["memberships", "3", "Xyzzy", "unknown_name"]
    ]
    assert report.review[["row", "official_name"]].to_numpy().tolist() == [["2", "Château-Thierry"]]
    assert {it.key for it in report.notices} == {"unlinked_members", "unread_columns"}


def test_levels_of_ones_own_are_columns_of_the_variables(tmp_path: Path) -> None:
    table = "Code INSEE;canton;zone\n02408;Laon-1;ville\n02002;Chauny;campagne\n"
    made = study(tmp_path, variables=table)
    variables = {"variables": tmp_path / "variables.csv"}
    for levels, tables, wrong in (
        (("canton",), variables, []),
        (("canton", "zone"), variables, []),
        (("cantons",), variables, [("boundaries.levels", "cantons", "canton")]),
        (("canton",), {}, [("boundaries.levels", "canton", None)]),
    ):
        asked = replace(
            made,
            tables={**made.tables, **tables},
            boundaries=replace(made.boundaries, levels=levels),
        )
        assert [(it.column, it.value, it.nearest) for it in check(asked).faults] == wrong


def test_variables_are_looked_over_and_margins_held_against_them(tmp_path: Path) -> None:
    table = "Code INSEE;Zone;size_band\n02408;ville;x\n02002;campagne;x\n02002;ville;x\n"
    made = study(tmp_path, variables=table.replace(";size_band", "").replace(";x", ""))
    asked = replace(
        made,
        tables={**made.tables, "variables": tmp_path / "variables.csv"},
        survey={"margins": ["Zone", "zone_2", "code_dep"]},
    )
    report = check(asked)
    assert report.counts.loc["variables"].to_dict() == {"read": 3, "linked": 1, "rejected": 2, "guessed": 0}
    assert [(it.cause, it.column, it.value, it.nearest) for it in report.faults] == [
        ("unknown_variable_key", "survey.margins", "zone_2", "Zone")
    ]
    assert "Zone (1 ; 799)" in report.text("fr")
    (tmp_path / "variables.csv").write_text(table, encoding="utf-8")
    assert [(it.cause, it.column) for it in check(asked).faults] == [("taken_variable", "size_band")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_report_is_said_in_every_language_and_as_json(tmp_path: Path, lang: Language) -> None:
    made = study(tmp_path, memberships="opsn,name,code_dep\nmon-opsn,Xyzzy,02\n", corrections="found,code\n")
    report = check(made)
    assert report.sound
    assert "Xyzzy" in report.text(lang)
    record = json.loads(json.dumps(report.as_record(lang)))
    assert record["sound"] is True
    assert record["rejects"][0]["cause"] == "unknown_name"
    assert {it["key"] for it in record["notices"]} == {"unlinked_members"}


def test_a_faulty_questionnaire_is_listed_with_its_line_and_columns(tmp_path: Path) -> None:
    made = study(tmp_path, questionnaire="column,item,choice,kind\nQ,,,single\n", answers="Q;R\n1;2\n")
    added = {name: tmp_path / f"{name}.csv" for name in ("questionnaire", "answers")}
    report = check(replace(made, tables={**made.tables, **added}))
    assert [(it.cause, it.row, it.column) for it in report.faults] == [("empty_cell", 2, "item")]
    assert "questionnaire.csv, ligne 2, colonne « item »" in report.text("fr")


def test_checking_writes_nothing(tmp_path: Path) -> None:
    made = study(tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*")}
    check(made)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*")} == before


@pytest.mark.parametrize(
    ("more", "cause"),
    [
        (SCENARIO + 'memberships = [{ opsn = "nobody", code = "200071785" }]', "wrong_scenario"),
        (SCENARIO + 'memberships = [{ opsn = "mon-opsn", code = "999" }]', "wrong_scenario"),
        (
            SCENARIO + 'memberships = [{ opsn = "mon-opsn", level = "ville", code = "02408" }]',
            "wrong_scenario",
        ),
        (SCENARIO + 'offers = [{ opsn = "mon-opsn", service = "dpo", code = "02" }]', "wrong_scenario"),
        (SCENARIO + 'offers = [{ opsn = "mon-opsn", code = "02" }]', "wrong_scenario"),
        ('[deserts]\ncompare = "broken.toml"', "broken_toml"),
        ('[deserts]\ncompare = "offers.csv"', "broken_toml"),
        ('[rasters]\npopulation = "offers.csv"', "unreadable_file"),
        ('[survey]\nmargins = ["size"]', "unknown_variable_key"),
        ('[survey]\nnamed = ["02408"]', "named_silent"),
        ('[survey]\nnamed = ["99999"]', "named_unknown"),
    ],
)
def test_what_a_run_refuses_a_check_shows(tmp_path: Path, more: str, cause: str) -> None:
    study(tmp_path)
    (tmp_path / "broken.toml").write_text("[study\n", encoding="utf-8")
    file = tmp_path / "study.toml"
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{more}\n", encoding="utf-8")
    asked = Study.from_toml(file)
    with pytest.raises(InputError) as raised:
        load(asked)
    assert cause in {fault.cause for fault in raised.value.faults}
    assert check(asked).faults == tuple(dict.fromkeys(raised.value.faults))


def test_a_workbook_is_read_by_the_sheet_the_line_and_the_constants_of_the_study(tmp_path: Path) -> None:
    made = study(tmp_path)
    old = pd.DataFrame({"Commune": ["Xyzzy"], "Opérateur": ["mon-opsn"]})
    new = pd.DataFrame([["Commune", "Code"], ["Nom", "Insee"], ["Chauny", "02173"], ["Laon", None]])
    with pd.ExcelWriter(tmp_path / "liste.xlsx", engine="xlsxwriter") as workbook:
        old.to_excel(workbook, sheet_name="2020", index=False)
        new.to_excel(workbook, sheet_name="2021", header=False, index=False)
    asked = replace(
        made,
        tables={**made.tables, "memberships": tmp_path / "liste.xlsx"},
        sheets={"memberships": "2021"},
        header_rows={"memberships": 2},
        constants={"memberships": {"opsn": "mon-opsn", "level": "commune"}},
    )
    report = check(asked)
    assert report.faults == ()
    assert report.counts.loc["memberships", ["read", "linked"]].tolist() == [2, 2]
    typo = replace(asked, constants={"memberships": {"opsm": "mon-opsn"}})
    assert [(fault.column, fault.nearest) for fault in check(typo).faults][:1] == [
        ("constants.memberships.opsm", "opsn")
    ]


def schema_faults(record: object) -> list[str]:
    schema = json.loads((ROOT / "docs" / "reference" / "check.schema.json").read_text(encoding="utf-8"))
    written = json.loads(json.dumps(record))
    return [str(error) for error in jsonschema.Draft202012Validator(schema).iter_errors(written)]


def test_faults_are_grouped_by_value_with_true_counts_and_the_worst_come_first(tmp_path: Path) -> None:
    dates = [*["hier"] * 60, *["31/02/2021"] * 3, *(f"jour {number}" for number in range(80))]
    rows = "\n".join(f"mon-opsn;02{number + 1:03};{day}" for number, day in enumerate(dates))
    made = study(
        tmp_path,
        memberships=f"opsn;code;depuis\n{rows}\n",
        offers="opsn,service,level,code\nmon-opsn,dpo,departement,02\n",
    )
    report = check(made)
    wrong = [fault for fault in report.faults if fault.cause == "wrong_value"]
    assert [(fault.row, fault.value, fault.count) for fault in wrong[:3]] == [
        (2, "hier", 60), (62, "31/02/2021", 3), (65, "jour 0", 1)
    ]  # fmt: skip
    assert (wrong[-1].value, wrong[-1].count) == (None, 32)
    assert sum(fault.count for fault in wrong) == len(dates)
    lines = report.text("fr").splitlines()
    first = lines[lines.index("Fautes :") + 1]
    assert "memberships.csv, ligne 2 et 59 autres, colonne « depuis », valeur « hier »" in first
    assert schema_faults(report.as_record()) == []


def test_rejected_rows_are_grouped_and_the_link_rate_has_a_verdict(tmp_path: Path) -> None:
    rows = "\n".join(f"mon-opsn;{name}" for name in ["Laon", "Xyzzy", "Chauny", "Xyzzy", "Qwerty", "Xyzzy"])
    made = study(tmp_path, memberships=f"opsn;Commune\n{rows}\n")
    report = check(made)
    text = report.text("fr")
    file = tmp_path / "memberships.csv"
    assert f"{file} : 2 lignes rattachées sur 6 (33 %). 4 lignes ne comptent pas : voir plus bas." in text
    assert f"{file}, 4 lignes : nom inconnu du territoire." in text
    assert "« Xyzzy », ligne 3 et 2 autres" in text
    assert "0 rattachées" not in text
    assert f"{tmp_path / 'opsn.csv'} : 1 ligne lue" in text
    assert schema_faults(report.as_record()) == []
    sheets = report.sheets("fr")
    assert sheets["Lignes rejetées"]["row"].tolist() == ["3", "5", "6", "7"]
    assert sheets["Lignes rejetées"]["cause"].unique().tolist() == ["nom inconnu du territoire"]


def test_a_study_file_at_fault_gives_a_whole_report(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    file.write_text("[studi]\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        Study.from_toml(file)
    report = refused(error.value.faults)
    assert not report.sound
    assert schema_faults(report.as_record()) == []
    assert {name: len(frame) for name, frame in report.sheets("en").items()}["Rejected rows"] == 0
