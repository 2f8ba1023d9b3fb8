"""The codebook of an export is drafted from its headers and cells, and reads the same export back."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest

from opsn_geo.errors import InputError
from opsn_geo.read import answers, checked
from opsn_geo.read.codebook import Official, drafted
from opsn_geo.read.schema import SCHEMAS

SERVICES = {
    "parapheur": "Parapheur électronique",
    "archivage": "Archivage électronique",
    "dpd": "DPD mutualisé",
}
TOWNS = ["Lens", "Arras", "Laon", "Lens", "Amiens", "Saint-Quentin"]
OFFICIAL = Official(
    names={"lens", "arras", "laon", "amiens", "saint quentin"},
    codes={"62498", "62041", "02408", "80021", "02691"},
    postal_codes={"62300", "62000", "02000", "80000", "02100"},
    epci={"ca du saint quentinois"},
)
Export = Mapping[str, list[str | None]]

TYPEFORM: Export = {
    "#": ["a1", "b2", "c3", "d4", "e5", "f6"],
    "Dans quel type de structure travaillez-vous ?": ["Mairie", "Mairie", "EPCI", "Mairie", "EPCI", "Mairie"],
    "*Votre commune*": [*TOWNS],
    "Parapheur électronique": ["Parapheur électronique", None, None, "Parapheur électronique", None, None],
    "Archivage électronique": [None, "Archivage électronique", None, None, None, None],
    "Autre": [None, None, "Signature", None, None, None],
    "Parapheur électronique (2)": [None, "Parapheur électronique", None, None, None, None],
    "DPD mutualisé": ["DPD mutualisé", None, None, None, "DPD mutualisé", None],
    "Utilisez-vous un opérateur public de services numériques ?": ["1", "0", "1", "0", None, "1"],
    "Votre e-mail": ["x@y.fr", None, None, None, None, None],
    "Start Date (UTC)": ["2021-01-04 10:00:00"] * 6,
    "Submit Date (UTC)": ["2021-01-04 10:02:00"] * 6,
    "Network ID": ["ff"] * 6,
}
LIMESURVEY_CODES: Export = {
    "id": ["1", "2", "3", "4", "5", "6"],
    "submitdate": ["2021-01-04 10:02:11", None, "2021-01-04", "2021-01-04", "2021-01-04", None],
    "lastpage": ["3"] * 6,
    "startlanguage": ["fr"] * 6,
    "seed": ["12345"] * 6,
    "G01Q01": ["A1", "A2", "A1", "-oth-", "A1", "A2"],
    "G01Q01[other]": [None, None, None, "Un musée", None, None],
    "G01Q02": [*TOWNS],
    "G01Q03[SQ001]": ["Y", "N", "Y", None, "N", "Y"],
    "G01Q03[SQ002]": ["N", "N", "Y", None, "Y", "N"],
    "G01Q03[other]": [None, "Visio", None, None, None, None],
    "G02Q04[SQ001]": ["7", "8", None, "2", "5", "1"],
    "G02Q04[SQ002]": ["6", "8", None, "2", "4", "1"],
    "G02Q05": ["12", "300", "7", "1200", None, "15"],
}
LIMESURVEY_TEXTS: Export = {
    "ID de la réponse": ["1", "2", "3", "4", "5", "6"],
    "Date de soumission": ["2021-01-04", None, "2021-01-04", "2021-01-04", "2021-01-04", "2021-01-04"],
    "Langue de départ": ["fr"] * 6,
    "<p><strong>Votre&nbsp;commune</strong></p>": [*TOWNS],
    "<p>Quels services utilisez-vous ?</p> [Parapheur électronique]": [
        "Oui",
        "Non",
        "Oui",
        None,
        "Non",
        "Oui",
    ],
    "<p>Quels services utilisez-vous ?</p> [Archivage électronique]": [
        "Non",
        "Non",
        "Oui",
        None,
        "Oui",
        "Non",
    ],
}
LIMESURVEY_BOTH: Export = {
    "id. ID de la réponse": ["1", "2", "3", "4", "5", "6"],
    "submitdate. Date de soumission": ["2021-01-04", None, "2021-01-04", "2021-01-04", "2021-01-04", "2021"],
    "startlanguage. Langue de départ": ["fr"] * 6,
    "G01Q02. Votre commune": [*TOWNS],
    "G01Q03[SQ001]. Services utilisés ? [Parapheur électronique]": ["Oui", "Non", "Oui", None, "Non", "Oui"],
    "G01Q03[SQ002]. Services utilisés ? [Archivage électronique]": ["Non", "Non", "Oui", None, "Oui", "Non"],
}
FRAMAFORMS: Export = {
    "column 1": ["SID", "1", "2", "3", "4", "5", "6"],
    "column 2": ["Adresse IP", *["1.2.3.4"] * 6],
    "column 3": ["Votre commune", *TOWNS],
    "Services utilisés": ["Parapheur électronique", "X", None, "X", None, None, None],
    "column 5": ["Archivage électronique", None, "X", "X", None, None, None],
    "column 6": ["Nombre d'agents", "12", "300", "7", "1200", None, "15"],
}
GOOGLE: Export = {
    "Horodateur": ["04/01/2021 10:00:00"] * 6,
    "Votre commune": [*TOWNS],
    "Quels services vous manquent ?": [
        "Parapheur électronique, DPD mutualisé", "DPD mutualisé", "Parapheur électronique", None,
        "DPD mutualisé", "Parapheur électronique",
    ],
    "Avez-vous un RSSI ?": ["Oui", "Non", "Non", "Oui", "Non", "Ne sait pas"],
}  # fmt: skip
MICROSOFT: Export = {
    "ID": ["1", "2", "3", "4", "5", "6"],
    "Heure de début": ["2021-01-04 10:00:00"] * 6,
    "Heure de fin": ["2021-01-04 10:03:00"] * 6,
    "Adresse de messagerie": ["anonymous"] * 6,
    "Nom": [None] * 6,
    "Code INSEE de la commune": ["62498", "62041", "2408", "62498", "80021", "2691"],
    "Services utilisés": ["Parapheur électronique;DPD mutualisé;", "DPD mutualisé;", None, None, None, None],
}
EXPORTS = {
    "typeform": TYPEFORM, "limesurvey": LIMESURVEY_CODES, "limesurvey, texts": LIMESURVEY_TEXTS,
    "limesurvey, codes and texts": LIMESURVEY_BOTH, "framaforms": FRAMAFORMS, "google": GOOGLE,
    "microsoft": MICROSOFT,
}  # fmt: skip


TICKED = {
    "typeform": ("service_used:parapheur", 2), "limesurvey": ("g01q03:sq001", 3),
    "limesurvey, texts": ("service_used:parapheur", 3), "framaforms": ("service_used:parapheur", 2),
    "limesurvey, codes and texts": ("service_used:parapheur", 3), "google": ("need:dpd", 3),
    "microsoft": ("service_used:dpd", 2),
}  # fmt: skip
"""A choice of each export, and how many ticked it."""


def framed(export: Export) -> pd.DataFrame:
    rows = max(len(cells) for cells in export.values())
    return pd.DataFrame(dict(export), dtype="str", index=pd.RangeIndex(2, rows + 2, name="row"))


def book(export: Export) -> pd.DataFrame:
    return drafted(framed(export), SERVICES, OFFICIAL).book.fillna("")


def items(export: Export) -> list[list[str]]:
    return book(export)[["item", "choice", "kind"]].to_numpy().tolist()


@pytest.mark.parametrize("tool", EXPORTS)
def test_the_tool_is_recognised_and_its_export_is_read_by_the_draft(tool: str) -> None:
    export = framed(EXPORTS[tool])
    draft = drafted(export, SERVICES, OFFICIAL)
    assert draft.tool == tool.split(",", maxsplit=1)[0]
    questionnaire = checked(draft.book, SCHEMAS["questionnaire"], "questionnaire.csv")
    read = answers(export, questionnaire, "answers.csv")
    assert len(read) == 6
    place = "commune_code" if tool == "microsoft" else "commune_name"
    assert read[place].notna().all()
    column, ticks = TICKED[tool]
    assert read[column].sum() == ticks


def test_choices_headed_alike_in_two_questions_are_kept_apart() -> None:
    rows = book(TYPEFORM)
    ticks = rows[rows["kind"] == "multiple"]
    assert ticks[["column", "item", "choice", "code"]].to_numpy().tolist() == [
        ["Parapheur électronique", "service_used", "parapheur", "Parapheur électronique"],
        ["Archivage électronique", "service_used", "archivage", "Archivage électronique"],
        ["Parapheur électronique (2)", "parapheur_electronique_2_dpd_mutualise", "parapheur_electronique",
         "Parapheur électronique"],
        ["DPD mutualisé", "parapheur_electronique_2_dpd_mutualise", "dpd_mutualise", "DPD mutualisé"],
    ]  # fmt: skip
    read = answers(framed(TYPEFORM), drafted(framed(TYPEFORM), SERVICES, OFFICIAL).book)
    second = read["parapheur_electronique_2_dpd_mutualise:parapheur_electronique"]
    assert second.fillna(value=False).tolist() == [False, True, False, False, False, False]


def test_items_with_a_meaning_are_recognised_and_marked_for_a_look() -> None:
    rows = book(TYPEFORM).drop_duplicates("item").set_index("item")
    assert rows.loc[["structure", "commune_name", "uses_opsn"], "kind"].tolist() == [
        "single",
        "text",
        "yes_no",
    ]
    assert rows.loc[["structure", "commune_name", "uses_opsn"], "comment"].tolist() == ["meaning"] * 3
    assert rows.loc["service_used", "comment"] == "services"
    assert rows.loc[["respondent", "submitted"], "kind"].tolist() == ["meta", "meta"]
    assert rows.loc[rows["column"] == "Votre e-mail", "kind"].tolist() == ["meta"]
    structure = book(TYPEFORM).query("item == 'structure'")
    assert structure["choice"].tolist() == ["mairie", "epci"]


def test_a_departement_stays_as_it_was_written() -> None:
    export = {"#": list("abcdef"), "Votre département ?": ["59 - Nord", "02 - Aisne"] * 3}
    assert items(export)[1] == ["departement", "", "text"]


def test_codes_of_answers_may_be_worded_without_being_lost() -> None:
    rows = book(LIMESURVEY_CODES).query("column == 'G01Q01'")
    assert rows[["choice", "code", "comment"]].to_numpy().tolist() == [
        ["a1", "A1", "wording"],
        ["a2", "A2", "wording"],
        ["other", "-oth-", "few"],
    ]
    draft = drafted(framed(LIMESURVEY_CODES), SERVICES, OFFICIAL).book
    worded = draft.assign(
        item=draft["item"].replace("g01q01", "structure"),
        choice=draft["choice"].replace({"a1": "mairie", "a2": "epci"}),
        label=draft["label"].replace({"A1": "Une mairie", "A2": "Un EPCI"}),
    )
    read = answers(framed(LIMESURVEY_CODES), worded)
    assert read["structure"].tolist() == ["mairie", "epci", "mairie", "other", "mairie", "epci"]


def test_groups_of_choices_of_grades_and_their_free_texts_are_distinguished_by_their_cells() -> None:
    assert items(LIMESURVEY_CODES)[5:] == [
        ["g01q01", "a1", "single"],
        ["g01q01", "a2", "single"],
        ["g01q01", "other", "single"],
        ["g01q01_2", "", "text"],
        ["commune_name", "", "text"],
        ["g01q03", "sq001", "multiple"],
        ["g01q03", "sq002", "multiple"],
        ["g01q03_other", "", "text"],
        ["g02q04", "sq001", "scale"],
        ["g02q04", "sq002", "scale"],
        ["g02q05", "", "number"],
    ]


def test_cells_that_list_choices_are_taken_apart_also_where_a_choice_has_a_comma() -> None:
    cells = ["Agenda, Mail (libre, gratuit)", "Mail (libre, gratuit)", "Agenda", "Agenda, Autre chose", None]
    questionnaire = pd.DataFrame(
        [("Outils", "tool", "agenda", "multiple", "Agenda"),
         ("Outils", "tool", "mail", "multiple", "Mail (libre, gratuit)")],
        columns=["column", "item", "choice", "kind", "label"], dtype="str",
    )  # fmt: skip
    export = pd.DataFrame({"Outils": cells}, dtype="str")
    with pytest.raises(InputError, match="Autre chose"):
        answers(export, questionnaire)
    read = answers(export.drop(index=3), questionnaire)
    assert read["tool:agenda"].tolist()[:3] == [True, False, True]
    assert read["tool:mail"].tolist()[:3] == [True, True, False]
    assert read.iloc[3].isna().all()
