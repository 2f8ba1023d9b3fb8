"""Lists as people have them: no column of levels, bodies by their usual names, places outside the study."""

from __future__ import annotations

import pandas as pd
import pytest

from opsn_geo.boundaries.embedded import embedded, places_of
from opsn_geo.boundaries.territory import Territory
from opsn_geo.linkage import Cause, link_answers, link_members
from opsn_geo.linkage.members import unlinked_members
from opsn_geo.linkage.passage import empty_passage


@pytest.fixture(scope="module")
def ille_et_vilaine() -> Territory:
    return embedded(millesime=2021, departements=["35"])


def listed(*rows: tuple[str | None, str | None]) -> pd.DataFrame:
    """Rows of a list without levels: code and name."""
    return pd.DataFrame(rows, columns=["code", "name"], dtype="str").assign(opsn="megalis", level=None)


@pytest.mark.parametrize(
    ("code", "name", "level", "official"),
    [
        (None, "CC COUESNON MARCHES DE BRETAGNE", "epci", "200070688"),
        (None, "RENNES METROPOLE", "epci", "243500139"),
        (None, "Fougères Agglo", "epci", "200072452"),
        (None, "Communauté d'Agglomération Vitré Communauté", "epci", "200039022"),
        ("200 072 452", "Le siège", "epci", "200072452"),
        (None, "Cne de Vitré", "commune", "35360"),
        (None, "VITRE", "commune", "35360"),
        ("223500018", "Le conseil", "departement", "35"),
        (None, "Conseil départemental d'Ille-et-Vilaine", "departement", "35"),
    ],
)
def test_the_level_of_a_member_is_read_from_its_code_or_name(
    ille_et_vilaine: Territory, code: str | None, name: str, level: str, official: str
) -> None:
    linked, rejected = link_members(listed((code, name)), ille_et_vilaine, empty_passage())
    assert rejected.empty, rejected.iloc[0].to_dict()
    assert linked[["level", "code"]].iloc[0].tolist() == [level, official]


def test_a_commune_that_is_called_like_another_body_is_a_commune() -> None:
    vosges = places_of(millesime=2021, departements=["88"])
    linked, rejected = link_members(listed((None, "LE SYNDICAT")), vosges, empty_passage())
    assert rejected.empty
    assert linked[["level", "code"]].iloc[0].tolist() == ["commune", "88462"]


def test_an_official_name_with_brackets_is_not_ambiguous() -> None:
    nievre = places_of(millesime=2021, departements=["58"])
    rows = listed(*((None, name) for name in ("Château-Chinon (Campagne)", "CHATEAU CHINON (VILLE)")))
    linked, rejected = link_members(rows, nievre, empty_passage())
    assert rejected.empty
    assert linked["official_name"].tolist() == ["Château-Chinon (Campagne)", "Château-Chinon (Ville)"]
    _, rejected = link_members(listed((None, "Château-Chinon")), nievre, empty_passage())
    assert rejected["cause"].tolist() == [Cause.AMBIGUOUS_NAME]


def test_bodies_of_no_territory_are_kept_and_cover_nothing(ille_et_vilaine: Territory) -> None:
    rows = listed((None, "CCAS de Rennes"), (None, "Syndicat mixte du Couesnon"), (None, "SDIS 35"))
    linked, rejected = link_members(rows, ille_et_vilaine, empty_passage())
    assert rejected.empty
    assert linked[["level", "how"]].to_numpy().tolist() == [["other", "unplaced"]] * 3


def test_places_outside_the_study_are_rejected_as_such_and_leave_no_member_unknown(
    ille_et_vilaine: Territory,
) -> None:
    rows = listed(
        ("29232", None), (None, "Quimper"), ("212902324", None), (None, "CA Lorient Agglomération"),
        ("200042174", None), (None, "Nowhere-les-Bains"), ("35999", None),
    )  # fmt: skip
    linked, rejected = link_members(rows, ille_et_vilaine, empty_passage())
    assert linked.empty
    causes = rejected["cause"].tolist()
    assert causes[:5] == [Cause.OUTSIDE_TERRITORY] * 5
    assert causes[5:] == [Cause.UNKNOWN_NAME, Cause.UNKNOWN_CODE]
    assert rejected["candidates"].iloc[1] == "Quimper (29232)"
    assert unlinked_members(link_members(rows, ille_et_vilaine, empty_passage())).to_dict() == {"megalis": 2}


def test_a_level_that_is_given_is_kept(ille_et_vilaine: Territory) -> None:
    rows = listed(("200072452", "Fougères Agglo")).assign(level="commune")
    _, rejected = link_members(rows, ille_et_vilaine, empty_passage())
    assert rejected["cause"].tolist() == [Cause.WRONG_LEVEL]


def test_an_answer_from_outside_the_study_is_rejected_as_such(ille_et_vilaine: Territory) -> None:
    answers = pd.DataFrame(
        {"commune_name": ["Quimper", "Vitré"]}, index=pd.Index(["p", "q"], name="respondent")
    )
    linked, rejected = link_answers(answers, ille_et_vilaine, empty_passage())
    assert linked["code_insee"].tolist() == ["35360"]
    assert rejected["cause"].to_dict() == {"p": Cause.OUTSIDE_TERRITORY}
