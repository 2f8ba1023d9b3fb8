from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from opsn_geo.boundaries.embedded import embedded
from opsn_geo.boundaries.territory import Territory
from opsn_geo.linkage import Cause, How, link_answers, link_members, link_offers
from opsn_geo.linkage.passage import empty_passage
from opsn_geo.read import checked_tables
from opsn_geo.study import data_dir


@pytest.fixture(scope="module")
def hauts_de_france() -> Territory:
    return embedded(millesime=2021, region="32")


def members(*cells: tuple[str, str | None, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(cells, columns=["level", "code", "name"], dtype="str")
    dates = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[s]")
    return frame.assign(opsn="adico", services="*", since=dates, until=dates)


@pytest.mark.parametrize(
    ("level", "code", "name", "expected"),
    [
        ("epci", "200067999", None, ["200067999", How.SIREN]),
        ("epci", "200 067 999", None, ["200067999", How.SIREN]),
        ("epci", None, "CA du Beauvaisis", ["200067999", How.NAME]),
        ("epci", None, "Communauté d'agglomération du Beauvaisis", ["200067999", How.NAME]),
        ("epci", None, "Beauvaisis", ["200067999", How.NAME]),
        ("epci", None, "MEL", ["200093201", How.NAME]),
        ("epci", None, "Métropole européenne de Lille", ["200093201", How.NAME]),
        ("epci", None, "CAPSO", ["200069037", How.NAME]),
        ("epci", None, "CCCO", ["245901152", How.NAME]),
        ("epci", None, "CC du Pays Noyonais", ["246000756", How.FUZZY]),
        ("departement", "2", None, ["02", How.CODE]),
        ("departement", "02 - Aisne", None, ["02", How.CODE]),
        ("departement", "225900018", None, ["59", How.CODE]),
        ("departement", None, "Conseil départemental de l'Oise", ["60", How.NAME]),
        ("departement", None, "Département (62)", ["62", How.CODE]),
        ("region", "32", None, ["32", How.CODE]),
        ("region", None, "Région Hauts-de-France", ["32", How.NAME]),
        ("commune", "2001", None, ["02001", How.MENDED_CODE]),
    ],
)
def test_a_member_of_any_level_links(
    hauts_de_france: Territory, level: str, code: str | None, name: str | None, expected: list[str]
) -> None:
    linked, rejected = link_members(members((level, code, name)), hauts_de_france, empty_passage())
    assert rejected.empty
    assert linked[["code", "how"]].iloc[0].tolist() == expected


@pytest.mark.parametrize(
    ("level", "code", "name", "cause"),
    [
        ("epci", None, "CC du Pays de Nay", Cause.OUTSIDE_TERRITORY),
        ("epci", "200067998", None, Cause.INVALID_SIREN),
        ("epci", "02001", None, Cause.WRONG_LEVEL),
        ("epci", "210200010", None, Cause.UNKNOWN_CODE),
        ("epci", None, None, Cause.NO_IDENTIFIER),
        ("epci", "200067999", "CC du Vimeu", Cause.MISMATCH),
        ("departement", "33", None, Cause.OUTSIDE_TERRITORY),
        ("departement", "x", None, Cause.UNREADABLE_CODE),
        ("region", "75", None, Cause.OUTSIDE_TERRITORY),
    ],
)
def test_a_member_that_cannot_link_says_why(
    hauts_de_france: Territory, level: str, code: str | None, name: str | None, cause: Cause
) -> None:
    linked, rejected = link_members(members((level, code, name)), hauts_de_france, empty_passage())
    assert linked.empty
    assert rejected["cause"].tolist() == [cause.value]


def test_other_bodies_are_kept_without_a_place(toy: Territory) -> None:
    linked, rejected = link_members(members(("other", None, "CCAS de Toy")), toy, empty_passage())
    assert rejected.empty
    assert linked["how"].tolist() == [How.UNPLACED.value]
    assert linked["code"].isna().all()


def test_repeats_and_impossible_dates_are_rejected(toy: Territory) -> None:
    communes = [("commune", code, None) for code in ("80001", "80001.0", "80002")]
    frame = members(*communes[:2], ("other", None, "A"), ("other", None, "B"), communes[2])
    frame.loc[4, ["since", "until"]] = [pd.Timestamp("2021-01-01"), pd.Timestamp("2020-01-01")]
    linked, rejected = link_members(frame, toy, empty_passage())
    assert linked.index.tolist() == [0, 2, 3]
    assert rejected["cause"].to_dict() == {1: Cause.DUPLICATE, 4: Cause.WRONG_DATES}


def test_a_correction_gives_an_epci_its_code(toy: Territory) -> None:
    corrections = pd.DataFrame({"found": ["Les voisins"], "code": ["200000172"]})
    linked, _ = link_members(
        members(("epci", None, "Les voisins")), toy, empty_passage(), corrections=corrections
    )
    assert linked[["code", "how"]].iloc[0].tolist() == ["200000172", How.CORRECTION.value]


def test_all_the_demonstration_links_and_none_wrongly_by_name(hauts_de_france: Territory) -> None:
    names = ("opsn", "services", "offers", "memberships")
    tables = checked_tables({name: data_dir() / "demo" / f"{name}.csv" for name in names})
    memberships = tables["memberships"]
    linked, rejected = link_members(memberships, hauts_de_france, empty_passage())
    assert rejected.empty
    assert link_offers(tables["offers"], hauts_de_france, empty_passage()).rejected.empty
    by_name, lost = link_members(memberships.assign(code=None), hauts_de_france, empty_passage())
    placed = by_name[by_name["code"].notna()]
    assert (placed["code"] == memberships.loc[placed.index, "code"]).all()
    assert set(lost["cause"]) <= {Cause.AMBIGUOUS_NAME.value}
    assert len(by_name) + len(lost) == len(memberships) == len(linked)


def test_respondents_are_placed_in_their_commune_or_epci(toy: Territory) -> None:
    answers = pd.DataFrame(
        {
            "structure": ["mairie", "epci", "syndicat", "mairie", "epci"],
            "commune_code": ["80001", None, None, None, "60003"],
            "commune_name": [None, None, None, "Nowhere", None],
            "organisation": [None, "CC B", "SIVOM", None, "Unknown"],
        },
        index=pd.Index(list("abcde"), name="respondent"),
    )
    linked, rejected = link_answers(answers, toy, empty_passage())
    assert linked["code_insee"].dropna().to_dict() == {"a": "80001", "e": "60003"}
    assert linked["siren_epci"].dropna().to_dict() == {"a": "200000172", "b": "200000438", "e": "200000438"}
    assert linked["level"].to_dict() == {"a": "commune", "b": "epci", "c": "other", "e": "commune"}
    assert rejected["cause"].to_dict() == {"d": Cause.UNKNOWN_NAME}


def test_the_organisation_places_a_respondent_who_names_no_commune(hauts_de_france: Territory) -> None:
    answers = pd.DataFrame(
        {
            "commune_code": [None, None, None, None, "02691"],
            "organisation": ["Mairie d'Amiens", "Lille", "CA du Beauvaisis", "CCAS de Lens", "Amiens"],
            "structure": ["mairie", None, None, "ccas", "mairie"],
        },
        index=pd.Index(["p", "q", "r", "s", "t"], name="respondent"),
    )
    linked, rejected = link_answers(answers, hauts_de_france, empty_passage())
    assert rejected.empty
    assert linked["level"].to_dict() == {
        "p": "commune", "q": "commune", "r": "epci", "s": "other", "t": "commune",
    }  # fmt: skip
    # A code comes before the organisation, which may be seated elsewhere.
    assert linked.loc[["p", "q", "t"], "code_insee"].tolist() == ["80021", "59350", "02691"]
    assert linked.loc["r", "siren_epci"] == "200067999"


def test_bodies_and_communes_without_names_are_linked_by_their_codes(toy: Territory) -> None:
    nameless = replace(
        toy,
        communes=toy.communes.assign(name=float("nan"), postal_codes=None),
        epci=toy.epci.assign(name=["CC A", None, None]),
        departements=toy.departements.assign(name=float("nan")),
    )
    rows = pd.DataFrame(
        [
            ("x", "commune", "80001", None, None), ("x", "commune", None, "Toy", "Somme"),
            ("x", "epci", "200000438", None, None), ("x", "epci", None, "CC A", None),
            ("x", "epci", None, "CC B", None), ("x", "departement", "80", None, None),
            ("x", "departement", None, "Somme", None), ("x", "region", "32", None, None),
        ],
        columns=["opsn", "level", "code", "name", "code_dep"],
    )  # fmt: skip
    linked, rejected = link_members(rows, nameless, empty_passage())
    assert linked["code"].tolist() == ["80001", "200000438", "200000172", "80", "32"]
    assert linked["official_name"].tolist()[:4] == ["80001", "200000438", "CC A", "80"]
    assert rejected["cause"].tolist() == [Cause.UNKNOWN_NAME] * 3
    assert link_offers(rows.assign(service="dpd").loc[[2, 5]], nameless, empty_passage()).rejected.empty
