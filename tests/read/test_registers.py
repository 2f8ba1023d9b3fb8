from __future__ import annotations

import pandas as pd
import pytest

from opsn_geo.boundaries.embedded import embedded
from opsn_geo.errors import InputError
from opsn_geo.linkage import link_members
from opsn_geo.linkage.passage import empty_passage
from opsn_geo.read import designations, perimeters
from opsn_geo.read.registers import CNIL_COLUMNS

OPSN = pd.DataFrame({"opsn": ["adico", "rvvn"], "siren": ["200 067 999", None]}, dtype="str")


def test_the_list_of_the_cnil_has_its_26_columns() -> None:
    assert len(CNIL_COLUMNS) == len(set(CNIL_COLUMNS)) == 26


def test_bodies_that_named_an_opsn_as_their_officer_become_memberships() -> None:
    rows = [
        ("210200010", "COMMUNE D'ABBECOURT", "02300", "25/05/2018", "200067999"),
        ("200043495", "CA DU PAYS DE LAON", "02000", "2019-01-01", "200067999.0"),
        ("260200019", "CCAS DE LAON", "02000", None, "20006799900012"),
        ("220200026", "DEPARTEMENT DE L'AISNE", "02000", None, "200067999"),
        ("210200028", "COMMUNE D'ACHERY", "02800", None, "123456789"),
        ("210200036", "COMMUNE D'ACY", "02200", None, None),
    ]
    wanted = [CNIL_COLUMNS[i] for i in (0, 1, 5, 9, 10)]
    frame = pd.DataFrame(rows, columns=wanted, dtype="str").reindex(columns=list(CNIL_COLUMNS))
    read = designations(frame, OPSN, service="dpd")
    assert read["opsn"].tolist() == ["adico"] * 4
    assert read["level"].tolist() == ["commune", "epci", "other", "departement"]
    assert read["since"].dt.year.tolist()[:2] == [2018, 2019]
    assert not any("contact" in column.lower() for column in read.columns)
    linked, rejected = link_members(read, embedded(millesime=2021, region="32"), empty_passage())
    assert rejected.empty
    assert linked["code"].tolist() == ["02001", "200043495", "260200019", "02"]


def test_a_banatic_export_gives_the_members_of_a_syndicat() -> None:
    frame = pd.DataFrame(
        {
            "N° SIREN": ["200067999", "200067999", "999999999"],
            "Nom du groupement": ["SM", "SM", "Autre"],
            "Nature juridique": ["SMO", "SMO", "SIVU"],
            "Siren membre": ["210200010", "200043495", "210200028"],
            "Nom membre": ["Abbécourt", "CA du Pays de Laon", "Achery"],
            "Type": ["Commune", "Groupement", "Commune"],
        },
        dtype="str",
    )
    read = perimeters(frame, OPSN)
    assert read[["level", "code", "services"]].to_numpy().tolist() == [
        ["commune", "210200010", "*"],
        ["epci", "200043495", "*"],
    ]
    without = perimeters(frame.drop(columns="Type"), OPSN)
    assert without["level"].tolist() == ["commune", "epci"]


def test_a_register_without_its_columns_is_told() -> None:
    frame = pd.DataFrame({"SIREN organisme designant": ["1"]}, dtype="str")
    with pytest.raises(InputError, match=r"cnil\.csv") as error:
        designations(frame, OPSN, service="dpd", file="cnil.csv")
    assert len(error.value.faults) == 4
