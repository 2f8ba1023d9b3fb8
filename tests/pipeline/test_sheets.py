"""Sheets of the toy study: every number is counted by hand on the drawing of the territory.

Alpha offers the officer (dpd) in the Somme and its list is complete: EPCI A, with six communes, is a member.
Beta offers maps (sig) in EPCI B alone, with four communes, and its list is not complete.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from opsn_geo.errors import InputError
from opsn_geo.pipeline import run as pipeline
from opsn_geo.publish.paper import places, sheets

if TYPE_CHECKING:
    from pathlib import Path

    from opsn_geo.publish.report.model import Material
    from opsn_geo.study import Study

A, B, C = "200000172", "200000438", "200000545"
HOSTILE = '#image("/etc/passwd") <b> & "x"'


@pytest.fixture(scope="module")
def results(shared_study: Study) -> pipeline.Results:
    return pipeline.published(pipeline.measure(pipeline.load(shared_study)))


@pytest.fixture(scope="module")
def material(results: pipeline.Results) -> Material:
    return pipeline._material(results)


def facts(sheet: dict[str, Any]) -> list[str]:
    return [fact["value"] for fact in sheet["pages"][0]["blocks"][0]["items"]]


def table(sheet: dict[str, Any], page: int, caption: str) -> list[list[str]]:
    blocks = sheet["pages"][page]["blocks"]
    rows = next(block["rows"] for block in blocks if block["kind"] == "table" and caption in block["caption"])
    return [list(row) for row in rows]


def sentences(sheet: dict[str, Any]) -> str:
    blocks = [block for page in sheet["pages"] for block in page["blocks"] if block["kind"] == "prose"]
    return " ".join(sentence for block in blocks for sentence in [*block["paragraphs"], *block["items"]])


def test_an_epci_that_is_a_member_is_reached_whole_by_its_operator(material: Material) -> None:
    sheet = places.epci(places.Atlas(material), A)
    assert facts(sheet) == ["100% of communes", "1 operator", "1 of 2 services", "Not published"]
    assert table(sheet, 0, "Operators") == [["Alpha", "6", "1", "yes"]]
    assert table(sheet, 1, "Service by service") == [
        ["Délégué", "100%", "100%", "50%", "Alpha", ""],
        ["Cartes", "0%", "0%", "0 to 33%", "", ""],
    ]
    assert "Nobody offers here: Cartes." in sentences(sheet)


def test_how_many_answered_is_shown_where_it_is_published_of_the_place(material: Material) -> None:
    epci = material.layers["epci"].assign(answered=pd.array([5, None, None], dtype="Int64"))
    shown = replace(material, layers={**material.layers, "epci": epci})
    atlas = places.Atlas(shown)
    assert [facts(places.epci(atlas, code))[3] for code in (A, B)] == ["5 of 6 communes", "Not published"]


def test_what_an_incomplete_list_leaves_open_is_a_range_and_a_thing_to_do(material: Material) -> None:
    sheet = places.epci(places.Atlas(material), B)
    assert facts(sheet)[:3] == ["0 to 100% of communes", "0 operators", "0 of 2 services"]
    assert "the situation of 4 communes is unknown" in sentences(sheet)
    assert "Nobody offers here: Délégué." in sentences(sheet)


def test_the_communes_of_an_epci_beyond_the_border_do_not_count_and_it_says_so(material: Material) -> None:
    sheet = places.epci(places.Atlas(material), C)
    assert "1 of its 3 communes lie outside the territory studied" in sentences(sheet)
    assert facts(sheet)[0] == "0% of communes"
    assert (
        table(sheet, 0, "Neighbouring") == [["Toy-B", "4", "0 to 100%", "0"]]
        or len(table(sheet, 0, "Neighbouring")) == 2
    )


def test_a_departement_lists_its_epci_the_least_covered_first(material: Material) -> None:
    sheet = places.departement(places.Atlas(material), "60")
    assert [row[2] for row in table(sheet, 0, "EPCI of the département")] == ["0%", "0 to 100%"]


def test_an_operator_with_a_complete_list_has_no_unknown_commune(material: Material) -> None:
    alpha, beta = (places.operator(places.Atlas(material), code) for code in ("alpha", "beta"))
    assert facts(alpha) == ["6 communes", "1 of 2 services", "1 département", "Yes"]
    assert table(alpha, 1, "Its services") == [["Délégué", "6", "0", "0", ""]]
    assert facts(beta)[0] == "0 communes"
    assert table(beta, 1, "Its services") == [["Cartes", "0", "4", "0", ""]]


def test_no_sheet_shows_what_too_few_answered(material: Material) -> None:
    sheet = places.departement(places.Atlas(material), "80")
    assert "needs" not in sentences(sheet)
    needs = pd.DataFrame(
        {"code_dep": "80", "service": ["dpd", "sig"], "need_share": [None, 0.4], "need_low": [None, 0.2],
         "need_high": [None, 0.6], "need_base": [30, 30], "need_hidden": ["few", ""]}
    )  # fmt: skip
    with_needs = replace(material, tables={**material.tables, "besoins": needs})
    shown = sentences(places.departement(places.Atlas(with_needs), "80"))
    assert "base: 30 answers" in shown
    assert "Cartes: 40% [20;\xa060]" in shown
    assert "Délégué:" not in shown


def test_every_sheet_has_two_tagged_pages_and_the_index_leads_to_it(
    tmp_path: Path, material: Material
) -> None:
    assert sheets.write(tmp_path, material) == 7
    linked = re.findall(r'href="([^"]+)"', (tmp_path / "index.html").read_text(encoding="utf-8"))
    assert sorted(linked) == sorted(file.name for file in tmp_path.glob("*.pdf"))
    first = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    sheets.write(tmp_path, material)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == first
    assert all(content.count(b"/Type /Page\n") <= 2 for content in first.values())


def test_names_of_files_are_shown_as_they_are(material: Material) -> None:
    layers = {**material.layers, "epci": material.layers["epci"].assign(name=HOSTILE)}
    name, content = sheets.one(replace(material, layers=layers), A)
    assert name == f"epci-{A}.pdf"
    assert content.startswith(b"%PDF-1.7")


@pytest.mark.parametrize("wanted", ["alpha", "Alpha", "ALPHA"])
def test_a_sheet_is_asked_for_by_code_or_name(material: Material, wanted: str) -> None:
    assert sheets.one(material, wanted)[0] == "opsn-alpha.pdf"


def test_an_unknown_code_is_refused_and_the_nearest_named(material: Material) -> None:
    with pytest.raises(InputError) as refused:
        sheets.one(material, "alpah")
    (fault,) = refused.value.faults
    assert (fault.value, fault.nearest) == ("alpah", "alpha")
    assert "SIREN" in fault.text("en")


def test_sheets_are_written_with_the_rest_where_they_are_asked_for(
    tmp_path: Path, results: pipeline.Results
) -> None:
    pipeline.write(results, tmp_path / "with", fiches=True)
    assert len(list((tmp_path / "with" / "fiches").glob("*.pdf"))) == 7
    drawn = {file.stem: file for file in (tmp_path / "with" / "charts").glob("*.svg")}
    assert {file.stem for file in (tmp_path / "with" / "charts").glob("*.png")} == set(drawn)
    assert any(name.endswith("-ladder") for name in drawn)
    for file in drawn.values():
        ET.parse(file)  # noqa: S314 - the file is our own
    alone = pipeline.write_fiche(results, "80", tmp_path / "somme.pdf")
    assert alone.read_bytes() == (tmp_path / "with" / "fiches" / "departement-80.pdf").read_bytes()
