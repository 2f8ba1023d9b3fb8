from __future__ import annotations

import string

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsn_geo.boundaries.embedded import embedded
from opsn_geo.boundaries.territory import Territory
from opsn_geo.catalogue.words import LANGUAGES, texts
from opsn_geo.linkage import Cause, How, link_communes
from opsn_geo.linkage.passage import empty_passage


def rows(*cells: tuple[str | None, str | None]) -> pd.DataFrame:
    return pd.DataFrame(cells, columns=["code", "name"], dtype="str")


@pytest.fixture(scope="module")
def hauts_de_france() -> Territory:
    return embedded(millesime=2021, region="32")


@pytest.mark.parametrize(
    ("code", "name", "commune", "how"),
    [
        ("02001", None, "02001", How.CODE),
        ("2001", None, "02001", How.MENDED_CODE),
        ("59350.0", None, "59350", How.MENDED_CODE),
        ("59350,0", None, "59350", How.MENDED_CODE),
        ("5,9350E+04", None, "59350", How.MENDED_CODE),
        ("'02001", None, "02001", How.MENDED_CODE),
        ('="02001"', None, "02001", How.MENDED_CODE),
        ("02 001", None, "02001", How.MENDED_CODE),
        ("O2001", None, "02001", How.MENDED_CODE),
        ("210 200 010", None, "02001", How.SIREN),
        ("210200010.0", None, "02001", How.SIREN),
        ("21020001000010", None, "02001", How.SIREN),
        (None, "ABBECOURT (02)", "02001", How.NAME),
        ("2,00E+03", "Amiens", "80021", How.NAME),
        ("02001", "Abbecourt", "02001", How.CODE),
        ("02001", "Mairie d'Abbécourt", "02001", How.CODE),
    ],
)
def test_a_row_links_by_its_best_identifier(
    hauts_de_france: Territory, code: str | None, name: str | None, commune: str, how: How
) -> None:
    linked, rejected = link_communes(rows((code, name)), hauts_de_france, empty_passage())
    assert rejected.empty
    assert linked[["code_insee", "how"]].iloc[0].tolist() == [commune, how.value]


@pytest.mark.parametrize(
    ("code", "name", "cause"),
    [
        (None, None, Cause.NO_IDENTIFIER),
        ("2,00E+03", None, Cause.DAMAGED_CODE),
        ("2", None, Cause.UNREADABLE_CODE),
        ("néant", None, Cause.UNREADABLE_CODE),
        ("210200011", None, Cause.INVALID_SIREN),
        ("21020001000013", None, Cause.INVALID_SIREN),
        ("02999", None, Cause.UNKNOWN_CODE),
        ("75056", None, Cause.OUTSIDE_TERRITORY),
        ("2A004", "Ajaccio", Cause.OUTSIDE_TERRITORY),
        (None, "Ajaccio", Cause.UNKNOWN_NAME),
        (None, "Marseille (13)", Cause.OUTSIDE_TERRITORY),
        (None, "Beaurieux", Cause.AMBIGUOUS_NAME),
        ("02001", "Lille", Cause.MISMATCH),
        ("200067999", None, Cause.WRONG_LEVEL),
    ],
)
def test_a_row_that_cannot_link_says_why(
    hauts_de_france: Territory, code: str | None, name: str | None, cause: Cause
) -> None:
    linked, rejected = link_communes(rows((code, name)), hauts_de_france, empty_passage())
    assert linked.empty
    assert rejected["cause"].tolist() == [cause.value]


def test_candidates_are_shown_with_an_ambiguous_or_unknown_name(hauts_de_france: Territory) -> None:
    _, rejected = link_communes(
        rows((None, "Beaurieux"), ("02001", "Lille")), hauts_de_france, empty_passage()
    )
    assert rejected["candidates"].tolist() == ["Beaurieux (02058), Beaurieux (59062)", "Abbécourt (02001)"]


def test_a_postal_code_chooses_among_homonyms_but_never_decides_alone(hauts_de_france: Territory) -> None:
    frame = rows((None, "Beaurieux"), (None, None), (None, "Beaurieux")).assign(
        postal_code=["59740", "59740", "80000"]
    )
    linked, rejected = link_communes(frame, hauts_de_france, empty_passage())
    assert linked["code_insee"].to_dict() == {0: "59062"}
    assert rejected["cause"].to_dict() == {1: Cause.POSTAL_ALONE, 2: Cause.UNKNOWN_NAME}


def test_a_postal_code_of_two_departements_hints_at_neither() -> None:
    communes = pd.DataFrame(
        {"name": ["Achery", "Acy"], "code_dep": ["02", "80"], "postal_codes": "02800"}
        | {"siren_epci": None, "siren": ["210200028", "210200036"], "inside": True},
        index=pd.Index(["02002", "80003"], name="code_insee"),
    )
    departements = pd.DataFrame({"name": ["Aisne", "Somme"]}, index=["02", "80"])
    toy = Territory(
        communes=communes, epci=communes.iloc[:0], departements=departements, millesime=2021, name="toy"
    )
    rows = pd.DataFrame({"name": ["Acy", "ACHERY"], "postal_code": ["02800", None]})
    assert link_communes(rows, toy, empty_passage()).linked["code_insee"].tolist() == ["80003", "02002"]


def test_a_column_of_postal_codes_headed_as_codes_is_seen(hauts_de_france: Territory) -> None:
    frame = rows(("02300", None), ("59740", "Beaurieux"), ("80700", "Roye"))
    linked, rejected = link_communes(frame, hauts_de_france, empty_passage())
    assert linked["code_insee"].to_dict() == {1: "59062", 2: "80685"}
    assert rejected["cause"].to_dict() == {0: Cause.POSTAL_ALONE}


def test_a_departement_that_contradicts_a_bare_code_rejects_it(hauts_de_france: Territory) -> None:
    frame = rows(("02001", None), ("02001", "Abbécourt")).assign(code_dep=["59", "59"])
    linked, rejected = link_communes(frame, hauts_de_france, empty_passage())
    assert linked.index.tolist() == [1]
    assert rejected["cause"].to_dict() == {0: Cause.MISMATCH}


def test_corrections_decide_before_all_else(hauts_de_france: Territory) -> None:
    corrections = pd.DataFrame({"found": ["Lile", "Nowhere", "02999"], "code": ["59350", None, "02001"]})
    frame = rows(("80021", "LILE"), (None, "nowhere"), ("02999", None))
    linked, rejected = link_communes(frame, hauts_de_france, empty_passage(), corrections=corrections)
    assert linked["code_insee"].tolist() == ["59350", "02001"]
    assert set(linked["how"]) == {How.CORRECTION.value}
    assert rejected["cause"].to_dict() == {1: Cause.SET_ASIDE}


def test_columns_of_the_frame_are_kept_even_under_the_same_name(hauts_de_france: Territory) -> None:
    frame = pd.DataFrame({"code_insee": ["2001"], "how": ["by post"]}, index=[7])
    linked, _ = link_communes(frame, hauts_de_france, empty_passage(), code="code_insee", name=None)
    assert linked.loc[7, ["code_insee (read)", "code_insee", "how (read)"]].tolist() == [
        "2001",
        "02001",
        "by post",
    ]


def test_corsica_overseas_and_arrondissements() -> None:
    codes = ["2A004", "2B033", "97411", "75056", "69123", "13055"]
    names = ["Ajaccio", "Bastia", "Saint-Denis", "Paris", "Lyon", "Marseille"]
    communes = pd.DataFrame(
        {"name": names, "code_dep": ["2A", "2B", "974", "75", "69", "13"], "siren": None, "siren_epci": None,
         "postal_codes": None, "population": 1, "inside": True},
        index=pd.Index(codes, name="code_insee"),
    )  # fmt: skip
    departements = pd.DataFrame({"name": communes["code_dep"].to_numpy()}, index=communes["code_dep"])
    france = Territory(
        communes=communes, epci=communes.iloc[:0], departements=departements, millesime=2021, name="france"
    )
    frame = rows(
        ("2a004", None), ("2b033", None), ("97411", None), ("75101", None), ("69389", "Lyon"), ("13201", None)
    )
    linked, rejected = link_communes(frame, france, empty_passage())
    assert rejected.empty
    assert linked["code_insee"].tolist() == codes
    assert linked["event"].tolist() == ["", "", "", "arrondissement", "arrondissement", "arrondissement"]


junk = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.text(string.digits + "AB.,E+ '", max_size=16),
    st.sampled_from(["Toy-80001", "80001", "60003.0", "Toy", "76013", "200000172", "1e400", "²", "0", "-1"]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.tuples(junk, junk, junk, junk), max_size=12), labels=st.data())
def test_linked_and_rejected_are_all_that_was_read(
    toy: Territory, cells: list[tuple[str | None, ...]], labels: st.DataObject
) -> None:
    frame = pd.DataFrame(cells, columns=["code", "name", "code_dep", "postal_code"], dtype="str")
    frame.index = pd.Index(labels.draw(st.permutations(range(len(frame)))), name="row", dtype="int64")
    linked, rejected = link_communes(frame, toy, empty_passage())
    assert sorted([*linked.index, *rejected.index]) == sorted(frame.index)
    assert set(linked["code_insee"]) <= set(toy.communes.index)
    assert rejected["cause"].isin([member.value for member in Cause]).all()
    assert linked["how"].isin([member.value for member in How]).all()


def test_every_cause_and_way_is_said_in_every_language() -> None:
    for lang in LANGUAGES:
        assert list(texts("cause", lang)) == [member.value for member in Cause]
        assert list(texts("cause_remedy", lang)) == [member.value for member in Cause]
        assert list(texts("how", lang)) == [member.value for member in How]
