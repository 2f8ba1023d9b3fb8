"""Nothing of a survey or of a list of members vanishes quietly: check and run show it before all else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from opsn_geo.boundaries.territory import Territory
from opsn_geo.catalogue.words import LANGUAGES
from opsn_geo.errors import InputError
from opsn_geo.pipeline import run as pipeline
from opsn_geo.pipeline.check import check
from opsn_geo.pipeline.load import load
from opsn_geo.study import Study

Written = Callable[..., Study]
TABLES = {
    "opsn": "opsn,name,list_complete\nx,Operator X,true\ny,Operator Y,true\n",
    "services": "service,name\ndpd,Data protection\n",
    "offers": "opsn,service,level,code\nx,dpd,departement,80\nx,dpd,departement,60\ny,dpd,departement,60\n",
    "memberships": "opsn,level,code,name\nx,commune,80001,\ny,commune,60003,\n",
}
"""Tables of a study without a survey: of twelve communes one belongs to X, one to Y."""
BOOK = (
    "column,item,choice,kind,label\nId,respondent,,meta,\nCode,commune_code,,text,\nCommune,commune_name,,text,\n"
    "Organisme,organisation,,text,\nStructure,structure,mairie,single,Mairie\nStructure,structure,epci,single,EPCI\n"
    "Structure,structure,ccas,single,CCAS\nRSSI,ciso,,yes_no,\n"
)
HEADER = "Id;Code;Commune;Organisme;Structure;RSSI\n"
MAIRIES = "".join(
    f"r{i};{code};;;Mairie;oui\n" for i, code in enumerate(["80001", "80002", "60003", "60004"])
)


@pytest.fixture
def written(tmp_path: Path, place: Territory) -> Written:
    """Give a function that writes a study of the toy territory with the tables given, and reads it."""
    for layer in ("communes", "epci", "departements"):
        getattr(place, layer).reset_index().to_file(tmp_path / "toy.gpkg", layer=layer)

    def write(**tables: str) -> Study:
        contents = {**TABLES, **tables}
        for name, content in contents.items():
            (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
        named = "\n".join(f'{name} = "{name}.csv"' for name in contents)
        (tmp_path / "study.toml").write_text(
            '[study]\ntitle = "Toy"\nterritory = "toy"\nterritory_name = "Toy"\nmillesime = 2021\n'
            f'date = 2021-02-01\n[boundaries]\nfile = "toy.gpkg"\n[tables]\n{named}\n',
            encoding="utf-8",
        )
        return Study.from_toml(tmp_path / "study.toml")

    return write


def alerts_of(checked: object) -> list[str]:
    return [notice.key for notice in checked.notices if notice.alert]  # type: ignore[attr-defined]


def test_answers_without_a_questionnaire_are_refused(written: Written) -> None:
    made = written(answers=HEADER + MAIRIES)
    report = check(made)
    assert [fault.cause for fault in report.faults] == ["missing_questionnaire"]
    with pytest.raises(InputError, match="answers have no questionnaire"):
        load(made)


def test_check_lists_the_faults_of_a_questionnaire(written: Written) -> None:
    made = written(questionnaire="column,item,choice,kind\nQ,,,single\n", answers=HEADER + MAIRIES)
    assert [(fault.cause, fault.column) for fault in check(made).faults] == [("empty_cell", "item")]


def test_answers_that_are_all_rejected_are_shown_before_all_else(written: Written, tmp_path: Path) -> None:
    made = written(
        questionnaire=BOOK, answers=HEADER + "r1;;Nowhere;;;oui\nr2;;Xyzzy;;;non\nr3;99999;;;;non\n"
    )
    report = check(made)
    assert alerts_of(report) == ["all_answers_rejected"]
    shown = report.text("en").splitlines()
    assert shown[0] == "Read this first:"
    assert "none of the 3 answers could be linked" in shown[1]
    assert "Most frequent cause (2): name unknown" in shown[1]
    results = pipeline.run(made, tmp_path / "out")
    assert len(results.warnings) == 1
    assert results.warnings[0].startswith("answers.csv : aucune des 3 réponses")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["warnings"] == list(results.warnings)
    for page in ("rapport.html", "atlas.html"):
        assert "aucune des 3 réponses" in (tmp_path / "out" / page).read_text(encoding="utf-8").replace(
            "\xa0", " "
        )


def test_one_answer_in_four_rejected_is_an_alert_and_one_in_five_is_not(written: Written) -> None:
    fifth = "r9;80005;;;Mairie;non\n"
    lost = "r8;;Nowhere;;Mairie;non\n"
    assert alerts_of(check(written(questionnaire=BOOK, answers=HEADER + MAIRIES + lost))) == []
    first_three = "".join(MAIRIES.splitlines(keepends=True)[:3])
    checked = check(written(questionnaire=BOOK, answers=HEADER + first_three + lost))
    assert alerts_of(checked) == ["answers_rejected"]
    assert "1 answers of 4" in checked.text("en")
    assert alerts_of(check(written(questionnaire=BOOK, answers=HEADER + MAIRIES + fifth))) == []


def test_a_codebook_that_places_nobody_names_the_items_that_would(written: Written) -> None:
    checked = check(
        written(questionnaire="column,item,choice,kind,label\nRSSI,ciso,,yes_no,\n", answers=HEADER + MAIRIES)
    )
    assert alerts_of(checked) == ["answers_without_place"]
    assert "commune_name" in checked.text("fr")


def test_a_structure_that_is_not_known_is_named_with_its_number_of_answers(written: Written) -> None:
    made = written(questionnaire=BOOK.replace(",mairie,", ",ville,"), answers=HEADER + MAIRIES)
    checked = check(made)
    assert alerts_of(checked) == ["unknown_structure", "no_commune_answered"]
    for lang in LANGUAGES:
        assert "ville (4)" in checked.text(lang)
    assert [alert.key for alert in load(made).alerts] == alerts_of(checked)


@pytest.mark.parametrize("structure", ["EPCI", ""])
def test_a_survey_of_epci_alone_has_its_own_population_and_results(
    written: Written, tmp_path: Path, structure: str
) -> None:
    # Four people of each EPCI: those of A disagree. Fewer than five on a side would not be published.
    rows = [("CC A", "oui"), ("Communauté de communes B", "oui"), ("CC A", "non"), ("CC B", "oui")] * 2
    rows += [("CC B", "oui")] * 2 + [("CC C", "non")] * 4
    answers = HEADER + "".join(f"r{i};;;{name};{structure};{ciso}\n" for i, (name, ciso) in enumerate(rows))
    made = written(questionnaire=BOOK, answers=answers)
    assert alerts_of(check(made)) == ["no_commune_answered"]
    results = pipeline.run(made, tmp_path / "out")
    bodies = results.tables["repondants"].set_index("body")
    assert bodies.loc["epci", ["answers", "answered", "units"]].tolist() == [14, 3, 3]
    assert bodies.loc["commune", ["answers", "answered", "units"]].tolist() == [0, 0, 12]
    ciso = results.tables["estimations_autres"].set_index("item").loc["ciso"]
    # All three EPCI answered, A by four people who disagree: (1/2 + 1 + 0) / 3.
    assert (ciso["body"], ciso["answers"], ciso["unweighted"]) == ("epci", 14, pytest.approx(0.5))
    assert results.tables["verdict"]["finding"].tolist() == ["answer", "bodies"]
    report = (tmp_path / "out" / "rapport.html").read_text(encoding="utf-8").replace("\xa0", " ")
    assert "Aucune commune n’a répondu : l’enquête décrit d’autres organismes" in report
    assert "Réponses : EPCI" in report
    assert (tmp_path / "out" / "tables" / "representativite_epci.csv").is_file()


def test_a_survey_of_ccas_alone_describes_those_who_answered(written: Written, tmp_path: Path) -> None:
    answers = HEADER + "".join(f"r{i};80001;;;CCAS;{'oui' if i < 6 else 'non'}\n" for i in range(12))
    results = pipeline.run(written(questionnaire=BOOK, answers=answers), tmp_path / "out")
    assert results.tables["repondants"].set_index("body").loc["ccas", ["answers", "scope"]].tolist() == [
        12,
        "answers",
    ]
    assert results.tables["estimations_autres"].set_index("item").loc["ciso", "unweighted"] == 0.5
    assert "responded" not in results.layers["communes"]


def test_check_says_that_who_answered_is_shown_in_groups_and_how_to_show_it(written: Written) -> None:
    made = written(questionnaire=BOOK, answers=HEADER + MAIRIES)
    notices = {notice.key: notice.text("en") for notice in check(made).notices}
    assert 'write respondents = "public"' in notices["response_grouped"]
    public = replace(made, metadata=replace(made.metadata, respondents="public"))
    assert "response_grouped" not in {notice.key for notice in check(public).notices}


def test_rejected_answers_are_published_without_who_answered(written: Written, tmp_path: Path) -> None:
    lost = "secret-respondent;;Secretville;;Mairie;non\n"
    made = written(questionnaire=BOOK, answers=HEADER + MAIRIES + lost)
    checked = check(made)
    # The analyst sees the line of the export, below the header.
    assert checked.rejects[["table", "row", "name"]].to_numpy().tolist() == [["answers", "6", "Secretville"]]
    results = pipeline.run(made, tmp_path / "out")
    assert results.rejects.loc[0, ["table", "row", "cause"]].tolist() == ["answers", "", "unknown_name"]
    for file in (tmp_path / "out").rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert b"secret-respondent" not in content, file.name
        assert b"Secretville" not in content, file.name


def test_a_list_with_unlinked_rows_leaves_the_communes_it_does_not_name_unknown(
    written: Written, tmp_path: Path
) -> None:
    members = "opsn,level,code,name\nx,commune,80001,\ny,commune,60003,\n"
    whole = pipeline.measure(load(written(memberships=members + "x,commune,80001,\n")))
    assert whole.warnings == ()  # a row that repeats another loses no member
    states = whole.tables["couverture"].set_index("code_insee")["state"]
    assert states[["80001", "80002", "60003", "60004"]].tolist() == ["member", "offered", "member", "offered"]
    made = written(memberships=members + "x,commune,,Nowhere\nx,epci,999999999,\n")
    assert alerts_of(check(made)) == ["unlinked_members"]
    results = pipeline.run(made, tmp_path / "out")
    states = results.tables["couverture"].set_index("code_insee")["state"]
    # X has no complete list any more, neither where it alone offers nor where Y does too.
    assert states[["80001", "80002", "60003", "60004"]].tolist() == ["member", "unknown", "member", "unknown"]
    assert results.layers["opsn"]["list_complete"].to_dict() == {"x": False, "y": True}
    (warning,) = results.warnings
    assert warning.startswith(
        "memberships.csv : 2 lignes sur 4 n’ont pas été rattachées à un territoire (x (2))"
    )
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["warnings"] == [warning]
    for page in ("rapport.html", "atlas.html"):
        content = (tmp_path / "out" / page).read_text(encoding="utf-8").replace("\xa0", " ")
        assert warning.replace("’", "’") in content, page


def test_lines_of_totals_are_left_out_and_named(written: Written) -> None:
    members = "Liste 2021;;\nopsn;INSEE;Commune\nx;80001;\nx;80002;\n;;Total : 2\n"
    checked = check(written(memberships=members))
    assert checked.sound
    assert checked.counts.loc["memberships", ["read", "linked"]].tolist() == [2, 2]
    assert [notice.values["lines"] for notice in checked.notices if notice.key == "total_lines"] == ["5"]
