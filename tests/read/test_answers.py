from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsn_geo.errors import InputError
from opsn_geo.read import answers, checked_tables, table
from opsn_geo.study import data_dir

BOOK = pd.DataFrame(
    [
        ("Votre structure", "structure", "mairie", "single", "Une mairie"),
        ("Votre structure", "structure", "epci", "single", "Un EPCI"),
        ("Outils – Agenda", "tool", "calendar", "multiple", "Agenda partagé"),
        ("Outils – Visio", "tool", "video", "multiple", "Visio"),
        ("Note – Prix", "rating", "price", "scale", "Prix"),
        ("Agents", "agents", None, "number", "Agents"),
        ("Attaque ?", "attack", None, "yes_no", "Attaque"),
    ],
    columns=["column", "item", "choice", "kind", "label"],
    dtype="str",
)
CODES = {"Votre structure": "Q1", "Outils – Agenda": "Q2[SQ001]", "Outils – Visio": "Q2[SQ002]",
         "Note – Prix": "Q3[SQ001]", "Agents": "Q4", "Attaque ?": "Q5"}  # fmt: skip
EXPECTED = {
    "structure": ["mairie", "epci", None],
    "tool:calendar": [True, False, None],
    "tool:video": [False, True, None],
    "rating:price": [7.0, None, None],
    "agents": [None, 12.5, None],
    "attack": [True, False, None],
}


def typeform() -> tuple[pd.DataFrame, pd.DataFrame]:
    columns = {
        "#": ["a", "b", "c"], "Votre structure": ["Une mairie", "Un EPCI", None],
        "Outils – Agenda": ["Agenda partagé", None, None], "Outils – Visio": [None, "Visio", None],
        "Note – Prix": ["7", None, None], "Agents": [None, "12,5", None], "Attaque ?": ["1", "0", None],
    }  # fmt: skip
    return pd.DataFrame(columns, dtype="str"), BOOK


def limesurvey() -> tuple[pd.DataFrame, pd.DataFrame]:
    columns = {
        "id": ["a", "b", "c"], "submitdate": ["2021-01-01"] * 3, "Q1": ["mairie", "epci", None],
        "Q2[SQ001]": ["Y", "N", None], "Q2[SQ002]": ["N", "Y", None], "Q3[SQ001]": ["7", None, None],
        "Q4": [None, "12.5", None], "Q5": ["Y", "N", None],
    }  # fmt: skip
    return pd.DataFrame(columns, dtype="str"), BOOK.assign(column=BOOK["column"].map(CODES))


def framaforms() -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = [
        ["", "", "Outils", "", "Note", "", ""],
        ["SID", "Votre structure", "Agenda", "Visio", "Prix", "Agents", "Attaque ?"],
        ["a", "Une mairie", "X", "", "7", "", "Oui"],
        ["b", "Un EPCI", "", "X", "", "12,5", "Non"],
        ["c", "", "", "", "", "", ""],
    ]
    body = [[cell or None for cell in row] for row in rows[1:]]
    header = [name or f"column {i + 1}" for i, name in enumerate(rows[0])]
    return pd.DataFrame(body, columns=header, dtype="str"), BOOK


@pytest.mark.parametrize("export", [typeform, limesurvey, framaforms])
def test_every_tool_gives_the_same_answers(export) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    frame, book = export()
    frame.index = pd.RangeIndex(2, len(frame) + 2, name="row")
    read = answers(frame, book)
    assert read.index.tolist() == ["a", "b", "c"]
    assert list(read.columns) == list(EXPECTED)
    found = read.astype("object").where(read.notna(), None).to_dict("list")
    assert found == EXPECTED
    assert read.dtypes.astype("str").tolist() == [
        "str",
        "boolean",
        "boolean",
        "Float64",
        "Float64",
        "boolean",
    ]


def test_every_fault_of_an_export_is_told() -> None:
    frame, book = typeform()
    frame = frame.drop(columns="Agents").assign(
        **{"Attaque ?": ["peut-être", "0", None], "#": ["a", "a", "c"]}
    )
    frame["Votre structure"] = ["Une mairrie", "Un EPCI", None]
    with pytest.raises(InputError, match=r"answers\.csv") as error:
        answers(frame, book, "answers.csv")
    assert [(fault.cause, fault.row, fault.value) for fault in error.value.faults] == [
        ("missing_question", None, None),
        ("repeated_key", 1, "a"),
        ("wrong_answer", 0, "Une mairrie"),
        ("wrong_answer", 0, "peut-être"),
    ]
    assert error.value.faults[2].nearest == "Une mairie"


def test_a_choice_named_other_takes_what_is_not_listed() -> None:
    frame, book = typeform()
    other = pd.DataFrame([("Votre structure", "structure", "other", "single", "Autre")], columns=book.columns)
    read = answers(frame.assign(**{"Votre structure": ["Un musée", None, "Autre"]}), pd.concat([book, other]))
    assert read["structure"].tolist()[::2] == ["other", "other"]


def test_respondents_without_a_number_are_numbered_by_their_line() -> None:
    frame, book = typeform()
    frame.index = pd.RangeIndex(2, 5, name="row")
    assert answers(frame.drop(columns="#"), book).index.tolist() == ["2", "3", "4"]


def test_the_demonstration_is_read_whole() -> None:
    demo = data_dir() / "demo"
    book = checked_tables({"questionnaire": demo / "questionnaire.csv"})["questionnaire"]
    read = answers(table(demo / "answers.csv"), book)
    assert len(read) == 488
    assert read["uses_opsn"].sum() == 351
    assert read.loc[~read["uses_opsn"].fillna(value=False), "satisfaction:savings"].isna().all()


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_junk_answers_are_read_or_told(data: st.DataObject) -> None:
    rows = data.draw(st.integers(0, 4))
    cells = st.one_of(st.none(), st.text(max_size=5), st.sampled_from(["Y", "N", "1", "Visio"]))
    frame = pd.DataFrame(
        {
            column: data.draw(st.lists(cells, min_size=rows, max_size=rows))
            for column in BOOK["column"].unique()
        },
        dtype="str",
    )
    try:
        outcome = str(len(answers(frame, BOOK)))
    except InputError as fault:
        outcome = fault.text("fr")
    assert outcome
