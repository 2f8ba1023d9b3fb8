"""CSV tables read back what they were given, and open in a spreadsheet without running anything."""

from __future__ import annotations

import csv
import datetime as dt
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsn_geo.catalogue.words import LANGUAGES, Language, text
from opsn_geo.publish.tables.csv_files import flat, write, write_readable
from opsn_geo.study import Metadata

if TYPE_CHECKING:
    from pathlib import Path


def test_a_formula_becomes_text_and_a_number_stays(tmp_path: Path) -> None:
    hostile = ["=HYPERLINK(1)", "+33", "@x", "-1+1", "\tx", "\rx", "Lille", None]
    (file,) = write(
        tmp_path, flat({"t": pd.DataFrame({"name": hostile, "gap": [-1.5, 2, 3, 4, 5, 6, 7, 8]})})
    )
    read = pd.read_csv(file, lineterminator="\n")
    assert read["name"].tolist()[:-1] == ["'=HYPERLINK(1)", "'+33", "'@x", "'-1+1", "'\tx", "'\rx", "Lille"]
    assert pd.isna(read["name"].iloc[-1])
    assert read["gap"].tolist() == [-1.5, 2, 3, 4, 5, 6, 7, 8]


def test_a_named_index_is_written_first_and_absence_is_empty(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"inside": pd.array([True, None], "boolean"), "share": [0.5, None]},
        index=pd.Index(["02001", "02002"], name="code_insee"),
    )
    (file,) = write(tmp_path, flat({"communes": frame}))
    assert file.read_bytes() == b"code_insee,inside,share\n02001,true,0.5\n02002,,\n"


def test_an_unnamed_index_is_left_out(tmp_path: Path) -> None:
    (file,) = write(tmp_path, flat({"t": pd.DataFrame({"a": [1]}, index=[7])}))
    assert file.read_bytes() == b"a\n1\n"


def test_days_and_truths_are_written_as_such_whatever_holds_them(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "since": pd.to_datetime(["2020-02-15", None]),
            "answered": pd.Series([None, False], dtype=object),
            "level": pd.Categorical(["epci", None]),
            "count": pd.array([None, 3], "Int64"),
        }
    )
    (file,) = write(tmp_path, flat({"t": frame}))
    assert file.read_bytes() == b"since,answered,level,count\n2020-02-15,,epci,\n,false,,3\n"


def test_flat_tables_hold_four_kinds_of_columns() -> None:
    frame = pd.DataFrame({"a": pd.Series([True, None], dtype=object), "b": pd.Series(["x", 1], dtype=object)})
    plain = flat({"t": frame.assign(c=1.5, d=pd.Timestamp("2021-01-01"))})["t"]
    assert [str(kind).split("[")[0] for kind in plain.dtypes] == ["boolean", "str", "float64", "datetime64"]
    assert plain["b"].tolist() == ["x", "1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("csv")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
            st.floats(allow_nan=False, allow_infinity=False),
            st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)),
        ),
        min_size=1,
    )
)
def test_any_row_reads_back(folder: Path, rows: list[tuple[str, float, dt.date]]) -> None:
    texts, numbers, days = zip(*rows, strict=True)
    (file,) = write(folder, {"t": pd.DataFrame({"text": texts, "n": numbers, "d": pd.to_datetime(days)})})
    with file.open(encoding="utf-8", newline="") as stream:
        read = list(csv.DictReader(stream))
    expected = ["'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text for text in texts]
    assert [row["text"] for row in read] == expected
    assert [float(row["n"]) for row in read] == list(numbers)
    assert [row["d"] for row in read] == [day.isoformat() for day in days]


def test_texts_put_together_from_empty_and_cut_frames_come_out_whole(tmp_path: Path) -> None:
    whole = pd.DataFrame({"name": ["Achery", "Acy", "Lille"], "code": ["02002", "02003", "59350"]})
    joined = pd.concat([whole.iloc[:0], whole.iloc[1:], whole.iloc[:0], whole.iloc[:1]])
    (file,) = write(tmp_path, flat({"t": joined}))
    assert file.read_text(encoding="utf-8") == "name,code\nAcy,02003\nLille,59350\nAchery,02002\n"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_table_for_spreadsheets_is_in_the_words_and_signs_of_the_language(
    tmp_path: Path, lang: Language
) -> None:
    tables = flat(
        {
            "communes": pd.DataFrame({"code_insee": ["02001", "59350"], "name": ["Abbécourt", "=Lille"]}),
            "couverture": pd.DataFrame(
                {"code_insee": ["02001", "59350"], "service": "sig", "state": "member", "own": [0.5, None]}
            ),
        }
    )
    about = Metadata(
        title="t", territory="toy", territory_name="Toy", millesime=2021, date=dt.date(2021, 2, 1),
        language=lang,
    )  # fmt: skip
    (file,) = write_readable(tmp_path, ["couverture"], tables, about)
    read = file.read_text(encoding="utf-8").splitlines()
    fr = [
        "\ufeffCommune;Service;État;own",
        '"Abbécourt";"sig";"{member}";"0,5"',
        '"\'=Lille";"sig";"{member}";',
    ]
    en = [
        "\ufeffCommune,Service,State,own",
        '"Abbécourt","sig","{member}",0.5',
        '"\'=Lille","sig","{member}",',
    ]
    expected = {"fr": fr, "en": en}[lang]
    assert read == [line.replace("{member}", text("state.member", lang)) for line in expected]
