from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsn_geo.errors import InputError
from opsn_geo.read import SCHEMAS, checked, checked_tables, guessed
from opsn_geo.read.validation import MOST_PER_COLUMN, related
from opsn_geo.study import data_dir


def text(**columns: list[str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(columns, dtype="str")
    frame.index = pd.RangeIndex(2, len(frame) + 2, name="row")
    return frame


def test_every_fault_of_a_table_is_told_at_once_with_its_place() -> None:
    frame = text(
        opsn=["adico", None, "adico"],
        level=["commune", "comune", "EPCI"],
        since=["2021-02-30", "01/02/2021", "02-2021"],
    ).rename(columns={"since": "Date d'adhésion"})
    with pytest.raises(InputError, match=r"members\.csv") as error:
        checked(frame, SCHEMAS["memberships"], "members.csv", {"code": "Insee", "nam": "x"})
    found = [
        (fault.cause, fault.row, fault.column, fault.value, fault.nearest) for fault in error.value.faults
    ]
    assert found == [
        ("missing_header", None, "Insee", None, None),
        ("unknown_column", None, "nam", None, "name"),
        ("empty_cell", 3, "opsn", None, None),
        ("wrong_value", 3, "level", "comune", "commune"),
        ("wrong_value", 2, "Date d'adhésion", "2021-02-30", None),
        ("wrong_value", 4, "Date d'adhésion", "02-2021", None),
    ]


def test_a_missing_column_shows_the_nearest_header() -> None:
    with pytest.raises(InputError, match="Nearest: “Operateurs”"):
        checked(text(Operateurs=["adico"], opns=["x"]).drop(columns="opns"), SCHEMAS["memberships"], "m.csv")


def test_a_repeated_key_is_told_on_its_second_row() -> None:
    frame = text(opsn=["adico", "adica", "adico"], name=["a", "b", "c"])
    with pytest.raises(InputError, match="line 4") as error:
        checked(frame, SCHEMAS["opsn"], "opsn.csv")
    assert [fault.cause for fault in error.value.faults] == ["repeated_key"]


def test_a_wrong_column_does_not_fill_the_screen() -> None:
    frame = text(opsn=["adico"] * 200, since=[f"x{number}" for number in range(200)])
    with pytest.raises(InputError, match=r"m\.csv") as error:
        checked(frame, SCHEMAS["memberships"], "m.csv")
    assert len(error.value.faults) == MOST_PER_COLUMN + 1
    assert sum(fault.count for fault in error.value.faults) == 200


def test_defaults_stand_for_absent_columns_and_empty_cells() -> None:
    typed = checked(
        text(opsn=["adico", "adico"], services=[None, "dpd; parapheur"]), SCHEMAS["memberships"], "m.csv"
    )
    assert typed["level"].tolist() == ["commune", "commune"]
    assert typed["services"].tolist() == ["*", "dpd;parapheur"]
    assert typed["reaches_communes"].tolist() == [True, True]
    assert typed["since"].isna().all()
    assert typed["since"].dtype == "datetime64[s]"


def test_columns_that_no_schema_knows_are_kept_behind() -> None:
    typed = checked(text(remarque=["ici"], opsn=["adico"]), SCHEMAS["memberships"], "m.csv")
    assert typed.columns[-1] == "remarque"
    assert typed["remarque"].tolist() == ["ici"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["OPSN", "Code Insee", "Commune"], {"opsn": "OPSN", "code": "Code Insee", "name": "Commune"}),
        (["opérateur", "N° SIREN", "Nom de la collectivité"],
         {"opsn": "opérateur", "code": "N° SIREN", "name": "Nom de la collectivité"}),
        (["operator", "codgeo", "member", "zip"],
         {"opsn": "operator", "code": "codgeo", "name": "member", "postal_code": "zip"}),
        (["OPSN", "Type", "Dép.", "CP"],
         {"opsn": "OPSN", "level": "Type", "code_dep": "Dép.", "postal_code": "CP"}),
    ],
)  # fmt: skip
def test_usual_headers_are_guessed(headers: list[str], expected: dict[str, str]) -> None:
    assert guessed(headers, SCHEMAS["memberships"]) == expected


def test_the_users_mapping_goes_before_any_guess() -> None:
    found = guessed(["OPSN", "code", "Insee"], SCHEMAS["memberships"], {"code": "Insee"})
    assert found == {"opsn": "OPSN", "code": "Insee"}


def test_references_are_respelt_or_told_with_the_nearest() -> None:
    opsn = pd.DataFrame({"opsn": ["somme-numerique"], "name": ["Somme Numérique"]})
    services = pd.DataFrame({"service": ["dpd"], "name": ["DPD mutualisé"]})
    good = pd.DataFrame({"opsn": ["somme-numerique"], "services": ["dpd-mutualise;dpd"]}, index=[2])
    tables = {"opsn": opsn, "services": services, "memberships": good}
    assert related(tables, {})["memberships"]["services"].tolist() == ["dpd;dpd"]
    bad = good.assign(opsn="some-numerique", services="sig")
    with pytest.raises(InputError, match=r"line 2.*somme-numerique") as error:
        related({**tables, "memberships": bad}, {"memberships": "m.csv"})
    assert [(fault.file, fault.row, fault.value, fault.nearest) for fault in error.value.faults] == [
        ("m.csv", 2, "some-numerique", "somme-numerique"),
        ("m.csv", 2, "sig", None),
    ]


def test_faults_of_all_files_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "opsn.csv").write_text("opsn\nadico\n", encoding="utf-8")
    (tmp_path / "offers.csv").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"offers\.csv") as error:
        checked_tables({"opsn": tmp_path / "opsn.csv", "offers": tmp_path / "offers.csv"})
    assert {fault.cause for fault in error.value.faults} == {"missing_column", "empty_file"}


def test_the_demonstration_has_no_fault() -> None:
    users = {"corrections", "variables"}  # tables that the study has none of
    files = {name: data_dir() / "demo" / f"{name}.csv" for name in SCHEMAS if name not in users}
    tables = checked_tables(files)
    assert {name: len(frame) for name, frame in tables.items() if name in {"opsn", "services"}} == {
        "opsn": 9,
        "services": 31,
    }


cells = st.one_of(
    st.none(), st.text(max_size=12), st.sampled_from(["oui", "1e999", "31/02/2021", "12,5", "∞", "*"])
)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(SCHEMAS)), data=st.data())
def test_junk_is_typed_or_told_but_never_a_traceback(name: str, data: st.DataObject) -> None:
    schema = SCHEMAS[name]
    headers = data.draw(
        st.lists(
            st.one_of(st.sampled_from([column.name for column in schema.columns]), st.text(max_size=6)),
            unique=True,
            max_size=9,
        )
    )
    rows = data.draw(st.integers(0, 5))
    frame = pd.DataFrame(
        {header: data.draw(st.lists(cells, min_size=rows, max_size=rows)) for header in headers}, dtype="str"
    )
    frame = frame.mask(frame.eq(""))
    try:
        assert len(checked(frame, schema, "junk.csv")) == len(frame)
    except InputError as fault:
        outcome = fault.text("fr")
        del fault
    else:
        outcome = "nothing is wrong"
    assert outcome


def test_words_for_nothing_are_missing_where_no_other_value_reads_like_them() -> None:
    frame = pd.DataFrame(
        {"opsn": ["a", "b", "c"], "name": ["N/A", "NC", "C"], "staff": ["12", "N/A", "environ 10"]},
        dtype="str",
    )
    with pytest.raises(InputError) as error:
        checked(frame, SCHEMAS["opsn"], "opsn.csv")
    assert [(fault.column, fault.value) for fault in error.value.faults] == [("staff", "environ 10")]
    typed = checked(frame.head(2), SCHEMAS["opsn"], "opsn.csv")
    assert typed["staff"].isna().tolist() == [False, True]
    assert typed["name"].tolist() == ["N/A", "NC"]
    with pytest.raises(InputError, match="cannot be read"):  # a required cell is no place for such words
        checked(frame.head(1).assign(opsn="-"), SCHEMAS["opsn"], "opsn.csv")
