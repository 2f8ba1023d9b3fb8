"""Exports of three tools to a drafted codebook to a report, without an edit."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from opsn_geo.boundaries.embedded import places_of
from opsn_geo.pipeline.check import check
from opsn_geo.pipeline.codebook import draft_codebook, summary, write_codebook
from opsn_geo.pipeline.init import init_study
from opsn_geo.pipeline.load import load
from opsn_geo.pipeline.run import measure, write_report
from opsn_geo.study import Study

EPCI = "200071785"
ANSWERS = 18


def towns() -> list[str]:
    communes = places_of(millesime=2021, epci=[EPCI]).communes
    return [str(name) for name in communes["name"].iloc[:ANSWERS]]


def typeform(folder: Path) -> Path:
    file = folder / "typeform.csv"
    header = ["#", "Votre commune", "Parapheur électronique", "Archivage électronique", "Avez-vous un RSSI ?",
              "Submit Date (UTC)"]  # fmt: skip
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        for number, town in enumerate(towns()):
            ticks = [header[2] if number % 2 else "", header[3] if number % 3 else ""]
            writer.writerow([f"r{number}", town, *ticks, number % 2, "2021-01-04 10:00:00"])
    return file


def limesurvey(folder: Path) -> Path:
    file = folder / "limesurvey.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", quoting=csv.QUOTE_ALL)
        writer.writerow(
            ["id", "submitdate", "startlanguage", "G1Q1", "G1Q2", "G1Q3[SQ001]", "G1Q3[SQ002]", "G1Q4"]
        )
        for number, town in enumerate(towns()):
            body = "A1" if number % 3 else "-oth-"
            done = "2021-01-04 10:00:00" if number else ""
            yes = ["Y" if number % 2 else "N", "N" if number % 2 else "Y"]
            writer.writerow([number + 1, done, "fr", town, body, *yes, number * 3])
    return file


def microsoft(folder: Path) -> Path:
    rows = [
        (number + 1, "2021-01-04 10:00", "2021-01-04 10:05", "anonymous", town,
         "Parapheur électronique;" + ("Archivage électronique;" if number % 2 else ""),
         "Oui" if number % 3 else "Non")
        for number, town in enumerate(towns())
    ]  # fmt: skip
    header = ["ID", "Heure de début", "Heure de fin", "Adresse de messagerie", "Nom de votre commune",
              "Quels services vous manquent ?", "Avez-vous été attaqués ?"]  # fmt: skip
    file = folder / "microsoft.xlsx"
    pd.DataFrame(rows, columns=header).to_excel(file, index=False)
    return file


@pytest.mark.parametrize("tool", [typeform, limesurvey, microsoft])
def test_an_export_becomes_a_report_without_an_edit(tmp_path: Path, tool: Callable[[Path], Path]) -> None:
    export = tool(tmp_path)
    draft = draft_codebook(export)
    book = write_codebook(draft, tmp_path / "questionnaire.csv")
    assert f"{ANSWERS} réponses" in summary(draft, export, book)
    made = Study.from_toml(init_study(tmp_path / "study", millesime=2021, epci=[EPCI])[0])
    study = replace(made, tables={**made.tables, "answers": export, "questionnaire": book})
    report = check(study)
    assert report.faults == ()
    assert report.counts.loc["answers", ["read", "linked"]].tolist() == [ANSWERS, ANSWERS]
    assert {notice.key for notice in report.notices if "questionnaire" in notice.file} == set()
    file = tmp_path / "rapport.html"
    results = measure(load(study))
    write_report(results, file)
    assert not results.tables["repondants"].empty
    assert "</html>" in file.read_text(encoding="utf-8")


def test_answers_that_were_not_finished_are_left_out_if_the_study_asks(tmp_path: Path) -> None:
    export = limesurvey(tmp_path)
    book = write_codebook(draft_codebook(export), tmp_path / "questionnaire.csv")
    made = Study.from_toml(init_study(tmp_path / "study", millesime=2021, epci=[EPCI])[0])
    study = replace(made, tables={**made.tables, "answers": export, "questionnaire": book})
    assert len(load(study).answers) == ANSWERS
    assert len(load(replace(study, survey={"unfinished": "leave_out"})).answers) == ANSWERS - 1
