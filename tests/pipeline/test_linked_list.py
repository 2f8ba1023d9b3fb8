"""A list of one's own comes back with official codes, and corrections are given and read back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from opsn_geo.boundaries.embedded import places_of
from opsn_geo.boundaries.territory import Territory
from opsn_geo.errors import InputError
from opsn_geo.linkage.corrections import TO_FILL
from opsn_geo.pipeline.linked_list import LinkedList, link_list, write_corrections, write_list
from opsn_geo.read.tables import table

ROWS = [
    ["Liste des adhérents", None, None],
    ["Collectivité", "N° SIREN", "Remarque"],
    ["RENNES METROPOLE", None, "=1+1"],
    ["Cne de Vitré", None, "@SUM(A1)"],
    ["Xyzzy-sur-Rien", None, None],
    [None, "213502388", "-2"],
    ["Chateaugironn (35)", None, None],
    ["Conseil régional de Bretagne", None, None],
    ["Quimper", None, None],
    ["Cne de Vitré", None, "encore"],
    ["Total", 8, None],
]


@pytest.fixture(scope="module")
def ille_et_vilaine() -> Territory:
    return places_of(millesime=2021, departements=["35"])


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    file = tmp_path / "liste.xlsx"
    options = {"options": {"strings_to_formulas": False}}
    with pd.ExcelWriter(file, engine="xlsxwriter", engine_kwargs=options) as workbook:
        pd.DataFrame(ROWS).to_excel(workbook, header=False, index=False)
    return file


def linked(file: Path, territory: Territory) -> LinkedList:
    return link_list(file, territory, corrections=file.with_name("corrections.csv"))


def test_a_list_comes_back_with_codes_levels_causes_and_candidates_in_its_order(
    listed: Path, ille_et_vilaine: Territory, tmp_path: Path
) -> None:
    result = linked(listed, ille_et_vilaine)
    assert result.headers == {"code": "N° SIREN", "name": "Collectivité"}
    rows = result.rows[["level", "official_code", "how", "cause"]].astype("object")
    assert rows.where(rows.notna(), None).reset_index().to_numpy().tolist() == [
        [3, "epci", "243500139", "name", None],
        [4, "commune", "35360", "name", None],
        [5, "commune", None, None, "unknown_name"],
        [6, "commune", "35238", "siren", None],
        [7, "commune", "35069", "fuzzy", None],
        [8, "region", "53", "name", None],
        [9, "commune", None, None, "outside_territory"],
        [10, "commune", "35360", "name", None],
    ]
    back = table(write_list(result, tmp_path / "rendu.xlsx"))
    assert list(back.columns)[:4] == ["Ligne", "Collectivité", "N° SIREN", "Remarque"]
    assert back["Code officiel"].tolist()[:2] == ["243500139", "35360"]
    assert back["Remarque"].tolist()[:2] == ["=1+1", "@SUM(A1)"]
    assert back["Non rattaché : cause"].tolist()[2] == "nom inconnu du territoire"


def test_nothing_that_is_written_can_be_run_as_a_formula(
    listed: Path, ille_et_vilaine: Territory, tmp_path: Path
) -> None:
    import zipfile  # noqa: PLC0415 - only here

    result = linked(listed, ille_et_vilaine)
    with zipfile.ZipFile(write_list(result, tmp_path / "rendu.xlsx")) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/" in name]
    assert sheets
    assert not any("<f>" in sheet or "<f " in sheet for sheet in sheets)
    text = write_list(result, tmp_path / "rendu.csv").read_text(encoding="utf-8-sig")
    assert ";'=1+1;" in text
    assert ";'@SUM(A1);" in text


def test_corrections_are_filled_in_and_read_back(listed: Path, ille_et_vilaine: Territory) -> None:
    result = linked(listed, ille_et_vilaine)
    assert result.corrections[["found", "code"]].to_numpy().tolist() == [
        ["Xyzzy-sur-Rien", TO_FILL],
        ["Chateaugironn (35)", TO_FILL],
    ]
    file = write_corrections(result, listed.with_name("corrections.csv"))
    again = linked(listed, ille_et_vilaine)
    assert again.corrections.equals(result.corrections)
    assert again.links.rejected.index.tolist() == result.links.rejected.index.tolist()
    content = file.read_text(encoding="utf-8-sig").replace("Xyzzy-sur-Rien;?", "Xyzzy-sur-Rien;35001")
    file.write_text(content, encoding="utf-8-sig")
    mended = linked(listed, ille_et_vilaine)
    assert mended.rows.loc[5, ["official_code", "how"]].tolist() == ["35001", "correction"]
    assert mended.corrections["code"].tolist() == ["35001", TO_FILL]


def test_a_list_without_names_or_codes_or_in_another_format_is_refused(
    tmp_path: Path, listed: Path, ille_et_vilaine: Territory
) -> None:
    file = tmp_path / "vide.csv"
    file.write_text("a;b\n1;2\n")
    with pytest.raises(InputError, match=r"code \| name"):
        link_list(file, ille_et_vilaine)
    with pytest.raises(InputError, match="Nearest: “Collectivité”"):
        link_list(listed, ille_et_vilaine, columns={"name": "Collectivitee"})
    with pytest.raises(InputError, match=r"\.xlsx | \.csv"):
        write_list(linked(listed, ille_et_vilaine), tmp_path / "rendu.pdf")


def test_all_of_france_is_looked_over_where_no_territory_is_chosen(tmp_path: Path) -> None:
    file = tmp_path / "liste.csv"
    file.write_text("Commune;CP\nSaint-Denis;97400\nSaint-Denis;93200\nSaint-Denis;\nSarzeau;\n")
    rows = link_list(file, places_of(millesime=2021)).rows
    assert rows["official_code"].tolist()[:2] == ["97411", "93066"]
    assert rows["cause"].tolist()[2] == "ambiguous_name"
    assert rows["official_code"].tolist()[3] == "56240"
