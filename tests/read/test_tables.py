from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsn_geo.errors import InputError
from opsn_geo.read import SCHEMAS, checked, table
from opsn_geo.read.validation import fitting

FRAME = pd.DataFrame(
    {"Code INSEE": ["02001", "02002"], "Nom": ["Abbécourt", "Achery, l’été"], "Œuvre": ["x", None]}
)


def same(read: pd.DataFrame) -> bool:
    return bool(
        list(read.columns) == list(FRAME.columns)
        and read.index.tolist() == [2, 3]
        and read.fillna("").to_numpy().tolist() == FRAME.fillna("").to_numpy().tolist()
    )


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("line", ["\n", "\r\n", "\r"])
def test_text_of_any_usual_form_reads_the_same(
    tmp_path: Path, separator: str, encoding: str, line: str
) -> None:
    file = tmp_path / "liste.csv"
    file.write_bytes(FRAME.to_csv(index=False, sep=separator, lineterminator=line).encode(encoding))
    assert same(table(file))


def test_text_encoded_twice_is_decoded_twice(tmp_path: Path) -> None:
    file = tmp_path / "liste.csv"
    file.write_bytes(FRAME.to_csv(index=False).encode().decode("cp1252", errors="ignore").encode())
    assert table(file)["Nom"].tolist()[0] == "Abbécourt"


@pytest.mark.parametrize("ending", ["xlsx", "ods"])
def test_workbooks_read_as_their_text(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"liste.{ending}"
    frame = FRAME.assign(**{"Code INSEE": [2001, 2002]})
    with pd.ExcelWriter(file, engine={"xlsx": "xlsxwriter", "ods": "odf"}[ending]) as workbook:
        pd.DataFrame().to_excel(workbook, sheet_name="vide", index=False)
        frame.to_excel(workbook, sheet_name="liste", index=False)
    assert table(file)["Code INSEE"].tolist() == ["2001", "2002"]
    assert table(file, sheet="liste")["Nom"].tolist() == FRAME["Nom"].tolist()
    with pytest.raises(InputError, match="Expected: vide, liste"):
        table(file, sheet="autre")


def test_dates_and_decimals_of_a_workbook_are_said_plainly(tmp_path: Path) -> None:
    file = tmp_path / "dates.xlsx"
    pd.DataFrame({"d": [pd.Timestamp("2021-02-01")], "n": [0.5], "b": [True]}).to_excel(
        file, index=False, engine="xlsxwriter"
    )
    assert table(file).iloc[0].tolist() == ["2021-02-01", "0.5", "true"]


def test_parquet_reads_the_same(tmp_path: Path) -> None:
    FRAME.to_parquet(tmp_path / "liste.parquet")
    assert same(table(tmp_path / "liste.parquet"))


def test_lines_are_numbered_as_a_spreadsheet_does(tmp_path: Path) -> None:
    file = tmp_path / "liste.csv"
    file.write_text(
        'Liste des adhérents 2021\n\nCode;Nom\n02001;"Deux\nlignes"\n\n;\n02002; Achery \n', encoding="utf-8"
    )
    read = table(file)
    assert read.index.tolist() == [4, 7]
    assert read["Nom"].tolist() == ["Deux lignes", "Achery"]


def test_headers_are_named_once(tmp_path: Path) -> None:
    file = tmp_path / "liste.csv"
    file.write_text("a;a;;a;\n1;2;3;4\n", encoding="utf-8")
    assert list(table(file).columns) == ["a", "a (2)", "column 3", "a (3)"]


def test_a_separator_line_is_obeyed_and_errors_of_excel_are_missing(tmp_path: Path) -> None:
    file = tmp_path / "liste.csv"
    file.write_text("sep=;\na;b\n#N/A;x,y\n", encoding="utf-8")
    read = table(file)
    assert read.index.tolist() == [3]
    assert read.isna().to_numpy().tolist() == [[True, False]]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "empty_file"),
        (b"\n;;\n", "empty_file"),
        (b"a,b\n1,2,3\n1,2\n1,2,3,4\n", "too_many_cells"),
        (b"a\x81,b\xff\n", "unknown_encoding"),
    ],
)
def test_what_is_wrong_with_a_text_file_is_told(tmp_path: Path, content: bytes, cause: str) -> None:
    file = tmp_path / "liste.csv"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"liste\.csv") as error:
        table(file)
    assert {fault.cause for fault in error.value.faults} == {cause}
    if cause == "too_many_cells":
        assert [(fault.row, fault.value, fault.count) for fault in error.value.faults] == [(2, "3", 2)]


@pytest.mark.parametrize("ending", ["xlsx", "ods", "xls", "parquet"])
def test_a_file_that_is_not_what_its_ending_says_is_told(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"liste.{ending}"
    file.write_text("not a workbook")
    with pytest.raises(InputError, match="cannot be read"):
        table(file)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        table(tmp_path / "absent.csv")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore"))
    )
)
def test_junk_is_read_or_refused_but_never_a_traceback(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "junk.csv"
    file.write_bytes(content)
    try:
        read = table(file)
    except InputError:
        return
    assert read.columns.is_unique
    assert read.index.is_monotonic_increasing
    assert not read.eq("").to_numpy().any()


def test_the_header_of_a_list_is_found_below_titles_groups_and_on_any_sheet(tmp_path: Path) -> None:
    file = tmp_path / "adherents.xlsx"
    rows = [
        ["Liste des adhérents au 1er janvier", None, None, None],
        [None, None, None, None],
        ["Tiers", None, "Adhésion", None],
        ["Collectivité", "N° SIREN", "Date d'adhésion", "Contact"],
        ["CC du Vimeu", "200070993", 40301, "a"],
        ["Sous-total CC", None, 1, None],
        ["Amiens", "218000198", "06/01/16", None, "vu"],
        ["TOTAL", None, 2, None],
    ]
    cover = pd.DataFrame([["Lisez-moi"], ["Adhésion : voir la feuille suivante"]])
    with pd.ExcelWriter(file, engine="xlsxwriter") as workbook:
        cover.to_excel(workbook, sheet_name="Accueil", header=False, index=False)
        padded = [[*row, *[None] * (5 - len(row))] for row in rows]
        pd.DataFrame(padded).to_excel(workbook, sheet_name="Liste", header=False, index=False)
    read = table(file, fit=fitting(SCHEMAS["memberships"]))
    assert list(read.columns) == ["Collectivité", "N° SIREN", "Date d'adhésion", "Contact", "column 5"]
    assert read["Collectivité"].to_dict() == {5: "CC du Vimeu", 7: "Amiens"}
    assert read.attrs["totals"] == [6, 8]
    typed = checked(read.assign(opsn="x"), SCHEMAS["memberships"], "adherents.xlsx")
    assert typed["since"].dt.date.astype(str).tolist() == ["2010-05-03", "2016-01-06"]
    assert table(file, sheet="Accueil").columns.tolist() == ["Lisez-moi"]


def test_a_line_that_begins_like_a_total_but_is_as_full_as_others_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "liste.csv"
    file.write_text("opsn;nom;code;niveau;depuis\nx;Achery;02002;commune;2020-01-01\nTotal;a;b;c;d\n")
    read = table(file, fit=fitting(SCHEMAS["memberships"]))
    assert read["opsn"].tolist() == ["x", "Total"]


def test_a_header_of_two_lines_is_one(tmp_path: Path) -> None:
    file = tmp_path / "liste.csv"
    file.write_text(
        "Tiers;;SIREN;Entrée;;Sortie;\n;Nom;;Date;Acte;Date;Acte\nCC;Vimeu;200070993;01/02/2020;d1;;\n",
        encoding="utf-8",
    )
    read = table(file, fit=fitting(SCHEMAS["memberships"]))
    headers = ["Tiers", "Nom", "SIREN", "Entrée – Date", "Entrée – Acte", "Sortie – Date", "Sortie – Acte"]
    assert list(read.columns) == headers
    assert read.index.tolist() == [3]
    assert list(table(file, header_row=2).columns) == headers


def test_the_line_of_the_header_may_be_given(tmp_path: Path) -> None:
    file = tmp_path / "liste.csv"
    file.write_text("commune;nom;code\nA;B;C\n02002;Achery;x\n", encoding="utf-8")
    read = table(file, header_row=2, fit=fitting(SCHEMAS["memberships"]))
    assert read.to_dict("records") == [{"A": "02002", "B": "Achery", "C": "x"}]
    for line in (0, 4):
        with pytest.raises(InputError, match=r"Expected: 1 – 3\."):
            table(file, header_row=line)
