"""The workbooks read back what was put in, in both formats, by readers that we did not write."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from opsn_geo.catalogue.register import table
from opsn_geo.catalogue.words import LANGUAGES, Language, text
from opsn_geo.publish.tables import ods as opendocument
from opsn_geo.publish.tables import xlsx as workbook
from opsn_geo.publish.tables.csv_files import flat
from opsn_geo.publish.tables.dashboard import services_by_departement
from opsn_geo.publish.tables.sheets import Sheet, clean, sheet_titles
from opsn_geo.publish.tables.workbook import sheets
from opsn_geo.study import Metadata

WRITERS = {"xlsx": workbook.write, "ods": opendocument.write}
HOSTILE = [
    "=1+1",
    "+33",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "https://x.example/",
    "mailto:a@b.example",
    "02001",
    "1e5",
]
HOSTILE += ["true", "2021-02-01", "_x0041_", "<b>&amp;", "'a", "  two  spaces ", "two\nlines\n", "\n", "é😀"]
HOSTILE += ["<r><t>a</t></r>", "<r></sst></r>", "<r> a\n </r>", "<r>  "]
ABOUT = Metadata(
    title="A & <B>", territory="toy", territory_name="Toy", millesime=2021, date=dt.date(2021, 2, 1)
)


@pytest.fixture(params=WRITERS)
def ending(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def written(folder: Path, ending: str, made: list[Sheet], about: Metadata = ABOUT) -> Path:
    return WRITERS[ending](folder / f"tableaux.{ending}", made, about)


def readable(texts: list[str], ending: str) -> list[str]:
    """Give what calamine can read of texts: it passes over the tab element of OpenDocument."""
    return [text.replace("\t", "") for text in texts] if ending == "ods" else texts


def read(file: Path, sheet: str) -> list[list[Any]]:
    return CalamineWorkbook.from_path(file).get_sheet_by_name(sheet).to_python(skip_empty_area=False)


def only(frame: pd.DataFrame, *kinds: Any, title: str = "S") -> list[Sheet]:  # noqa: ANN401 - the kinds of a sheet
    return [Sheet(title=title, frame=frame, kinds=kinds, widths=(12,) * len(kinds))]


def toy_sheets(published: Callable[..., Any], lang: Language) -> tuple[list[Sheet], Metadata]:
    toy = published(lang)
    layers = {name: pd.DataFrame(layer.drop(columns="geometry")) for name, layer in toy.layers.items()}
    return sheets(flat({**layers, **toy.tables, "specifications": pd.DataFrame({"k": [1]})}), toy.metadata), (
        toy.metadata
    )


def test_cells_keep_their_type(tmp_path: Path, ending: str) -> None:
    frame = pd.DataFrame(
        {
            "code": ["02001", None],
            "day": pd.to_datetime(["2020-02-29", None]),
            "whole": pd.array([1234567, None], "Int64"),
            "share": [0.125, None],
            "decimal": [float("inf"), -0.1],
        }
    )
    rows = read(written(tmp_path, ending, only(frame, "text", "day", "whole", "share", "decimal")), "S")
    assert rows[0] == list(frame.columns)
    assert rows[1] == ["02001", dt.date(2020, 2, 29), 1234567, 0.125, ""]
    assert type(rows[1][0]) is str
    assert rows[2] == ["", "", "", "", -0.1]


def test_another_reader_of_ods_finds_codes_as_text_and_shares_as_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame({"code": ["02001", "02002"], "share": [0.125, 1.0]})
    file = written(tmp_path, "ods", only(frame, "text", "share"))
    rows = pd.read_excel(file, engine="odf", dtype={"code": str})
    assert rows.to_dict("list") == {"code": ["02001", "02002"], "share": [0.125, 1.0]}


def test_a_column_shows_shares_and_means_row_by_row(tmp_path: Path, ending: str) -> None:
    frame = pd.DataFrame({"estimate": [0.72, 6.8]})
    file = written(tmp_path, ending, only(frame, ("share", "decimal")))
    assert [row[0] for row in read(file, "S")] == ["estimate", 0.72, 6.8]
    with zipfile.ZipFile(file) as archive:
        if ending == "xlsx":
            styles = re.findall(
                r'<c r="\w+" s="(\d+)"><v>', archive.read("xl/worksheets/sheet1.xml").decode()
            )
        else:
            styles = re.findall(
                r'style-name="(\w+)" office:value-type="(?:percentage|float)"',
                archive.read("content.xml").decode(),
            )
    assert len(set(styles)) == 2


def test_no_text_is_run_or_linked(tmp_path: Path, ending: str) -> None:
    file = written(tmp_path, ending, only(pd.DataFrame({"=1+1": HOSTILE}), "text"))
    assert [row[0] for row in read(file, "S")] == ["=1+1", *readable(HOSTILE, ending)]
    with zipfile.ZipFile(file) as archive:
        content = "".join(
            archive.read(name).decode() for name in archive.namelist() if name.endswith((".xml", ".rels"))
        )
    assert not re.search(r"<f[ >]|<hyperlink|<text:a|table:formula", content)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workbooks")


@pytest.mark.parametrize("ending", WRITERS)
@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=8))
@example(["\r\nx\r", "\x01=1", "\x00", "\ufffe", "\t", " ", "a  b", "x" * 40_000, "\x85\u2028"])
def test_any_text_is_read_back_as_text(folder: Path, ending: str, texts: list[str]) -> None:
    cleaned = clean(pd.Series(texts, dtype="str"))
    file = written(
        folder, ending, only(pd.DataFrame({"text": cleaned, "row": range(len(texts))}), "text", "whole")
    )
    texts_read = [row[0] for row in read(file, "S")[1:]]
    assert texts_read == readable(cleaned.tolist(), ending)
    assert all(isinstance(text, str) for text in texts_read)


def test_a_tab_is_an_element_of_its_own_in_ods(tmp_path: Path) -> None:
    with zipfile.ZipFile(written(tmp_path, "ods", only(pd.DataFrame({"a": ["\t=1"]}), "text"))) as archive:
        assert "<text:p><text:tab/>=1</text:p>" in archive.read("content.xml").decode()


def test_what_a_cell_cannot_hold_is_replaced_or_cut() -> None:
    cleaned = clean(pd.Series(["a\r\nb\rc", "\x01\x1f\ufffe", "x" * 40_000, None], dtype="str"))
    assert cleaned.tolist()[:2] == ["a\nb\nc", "\ufffd\ufffd\ufffd"]
    assert cleaned.iloc[2] == "x" * 32_766 + "…"
    assert pd.isna(cleaned.iloc[3])


@given(st.lists(st.text(max_size=50), max_size=12))
def test_titles_are_valid_and_different(titles: list[str]) -> None:
    names = sheet_titles(titles)
    assert len(names) == len(titles) == len({name.casefold() for name in names})
    for name in names:
        assert 0 < len(name) <= 31
        assert not re.search(r"[\[\]:*?/\\]", name)
        assert not name.startswith("'")
        assert not name.endswith("'")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sheet_is_there_in_the_language(
    tmp_path: Path, ending: str, lang: Language, published: Callable[..., Any]
) -> None:
    made, about = toy_sheets(published, lang)
    file = written(tmp_path, ending, made, about)
    assert CalamineWorkbook.from_path(file).sheet_names == {
        "fr": ["Sommaire", "Communes", "EPCI", "Départements", "Opérateurs", "Réponses des communes nommées",
               "Définitions"],
        "en": ["Contents", "Communes", "EPCI", "Départements", "Operators", "Answers of the communes named",
               "Definitions"],
    }[lang]  # fmt: skip
    communes = read(file, "Communes")
    assert communes[0][0] == {"fr": "Sommaire", "en": "Contents"}[lang]
    assert communes[1][:2] == {"fr": ["Nom", "Code INSEE"], "en": ["Name", "INSEE code"]}[lang]
    assert communes[2][:2] == ["name", "code_insee"]
    states = {row[1]: row[communes[2].index("state")] for row in communes[3:]}
    assert (states["60003"], states["60007"]) == (text("state.used", lang), "")
    assert len(states) == 12
    assert "76013" not in states


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_guide_says_what_is_simulated_and_where_the_long_tables_lie(
    published: Callable[..., Any], lang: Language
) -> None:
    made, _ = toy_sheets(published, lang)
    guide = dict(made[0].frame.itertuples(index=False, name=None))
    assert {"tableur/couverture.csv", "tableur/specifications.csv"} <= set(guide)
    assert {"fr": "SIMULÉES : les adhésions", "en": "SIMULATED DATA: memberships"}[lang] in " ".join(
        guide.values()
    )
    assert {"fr": "Aucune ligne : pas de feuille.", "en": "No row: no sheet."}[lang] in guide.values()
    assert {sheet.title for sheet in made[1:]} <= set(guide)


def test_identifiers_are_replaced_by_names(published: Callable[..., Any]) -> None:
    toy = published("en")
    tables = {
        **toy.tables,
        "opsn": pd.DataFrame(toy.layers["opsn"].drop(columns="geometry")),
        "communes": pd.DataFrame(
            {
                "code_insee": list("1234"),
                "name": list("uvwx"),
                "opsn": ["b;c", "b", "b", None],
                "siren_epci": ["1", "2", "2", None],
            }
        ),
        "epci": pd.DataFrame({"siren_epci": ["1"], "name": ["One"]}),
    }
    frame = next(sheet.frame for sheet in sheets(flat(tables), toy.metadata) if sheet.title == "Communes")
    assert frame["OPSN"].fillna("").tolist() == ["B, C", "B", "B", ""]
    assert frame["EPCI"].fillna("").tolist() == ["One", "2", "2", ""]


def test_headers_stay_in_view_and_have_filters(tmp_path: Path, published: Callable[..., Any]) -> None:
    made, about = toy_sheets(published, "fr")
    with zipfile.ZipFile(written(tmp_path, "xlsx", made, about)) as archive:
        communes, guide = (archive.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (2, 1))
        names = archive.read("xl/workbook.xml").decode()
    assert '<pane xSplit="1" ySplit="3" topLeftCell="B4"' in communes
    assert re.search(r'<autoFilter ref="A3:\w+15"/>', communes)
    assert "Communes!$A:$A,Communes!$2:$3</definedName>" in names
    assert "<autoFilter" not in guide
    with zipfile.ZipFile(written(tmp_path, "ods", made, about)) as archive:
        content, settings_ = archive.read("content.xml").decode(), archive.read("settings.xml").decode()
    ranges = re.findall(r"display-filter-buttons=\"true\" table:target-range-address=\"'(.+?)'\.A\d", content)
    assert ranges == [sheet.title for sheet in made[1:]]
    assert settings_.count("VerticalSplitPosition") == len(made)


def test_the_same_sheets_give_the_same_bytes(
    tmp_path: Path, ending: str, published: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = written(tmp_path, ending, *toy_sheets(published, "fr")).read_bytes()
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    assert written(tmp_path, ending, *toy_sheets(published, "fr")).read_bytes() == first
    with zipfile.ZipFile(tmp_path / f"tableaux.{ending}") as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        dated = archive.read({"xlsx": "docProps/core.xml", "ods": "meta.xml"}[ending]).decode()
    assert set(re.findall(r"\d{4}-\d\d-\d\d", dated)) == {"2021-02-01"}


def test_a_region_and_a_departement_of_the_same_code_have_columns_of_their_own() -> None:
    shares = pd.DataFrame(
        [("region", "24"), ("region", "75"), ("departement", "24")], columns=["level", "code"]
    ).assign(service="dpd", covered_share=0.1, covered_possible_share=0.2)
    tables = {
        "departements": pd.DataFrame({"code_dep": ["24"], "name": ["Dordogne"]}),
        "couverture_parts": shares,
        "services": pd.DataFrame({"service": ["dpd"], "name": ["DPD"], "family": ["x"]}),
    }
    sheet = services_by_departement(tables, ABOUT)
    assert len(set(sheet.keys)) == len(sheet.kinds) == len(sheet.frame.columns) == 2 + 3 * 2


def test_the_longest_tables_stay_out() -> None:
    long = ("couverture", "stabilite", "specifications", "couverture_parts", "adhesions")
    assert not any(table(name).sheet for name in long)


def test_links_lead_to_sheets_and_files_and_back(
    tmp_path: Path, ending: str, published: Callable[..., Any]
) -> None:
    made, about = toy_sheets(published, "fr")
    with zipfile.ZipFile(written(tmp_path, ending, made, about)) as archive:
        if ending == "xlsx":
            summary, communes = (archive.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (1, 2))
            files = archive.read("xl/worksheets/_rels/sheet1.xml.rels").decode()
        else:
            content = archive.read("content.xml").decode()
            summary, communes = content.split("<table:table ")[1:3]
            files = summary
    assert "'EPCI'" in summary
    assert "tableur/couverture.csv" in files
    assert "'Sommaire'" in communes
