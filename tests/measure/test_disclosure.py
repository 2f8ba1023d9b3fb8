"""What may be published: attacked by trying every set of answers that would have given the same numbers."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsn_geo.measure.disclosure import (
    coarse,
    codes_of,
    open_to_weights,
    shown,
    unresolved,
    weakest,
    withheld,
)


def every_answer(size: int, choices: int = 2) -> np.ndarray:
    """Give every set of answers of so many people, one in a row."""
    return np.array(list(product(range(choices), repeat=size)))


def consistent(
    possible: np.ndarray, true: np.ndarray, group: np.ndarray, code: str, least: int
) -> np.ndarray:
    """Give which possible answers agree with what is published of one group: its number, or its class."""
    counts, size = possible[:, group].sum(axis=1), int(group.sum())
    if code == "":
        return counts == true[group].sum()
    if code == "few":
        return counts < least
    return counts > size - least if code == "most" else np.ones(len(possible), dtype=bool)


groups_of = st.lists(st.lists(st.booleans(), min_size=11, max_size=11), min_size=1, max_size=5)


@settings(max_examples=150)
@given(st.lists(st.booleans(), min_size=11, max_size=11), groups_of)
def test_whatever_the_groups_everybody_may_have_answered_either_way(
    answers: list[bool], groups: list[list[bool]]
) -> None:
    true, possible = np.array(answers), every_answer(11)
    frame = pd.DataFrame({str(number): it for number, it in enumerate(groups)})
    codes = shown(pd.DataFrame({"uses": answers}), frame, min_answers=2).loc["uses"]
    for name, code in codes.items():
        possible = possible[consistent(possible, true, frame[name].to_numpy(), code, 2)]
    asked = frame.any(axis=1).to_numpy()
    assert possible[:, asked].min(axis=0, initial=1).max(initial=0) == 0
    assert possible[:, asked].max(axis=0, initial=0).min(initial=1) == 1


@settings(max_examples=60)
@given(st.lists(st.integers(0, 2), min_size=8, max_size=8), st.lists(st.booleans(), min_size=8, max_size=8))
def test_the_choices_of_a_question_that_sum_to_its_base_give_nobody_away(
    answers: list[int], north: list[bool]
) -> None:
    true, possible = np.array(answers), every_answer(8, 3)
    frame = pd.DataFrame({"all": True, "north": north, "south": ~np.array(north)})
    choices = pd.DataFrame({f"role:{it}": true == it for it in range(3)})
    codes = shown(choices, frame, min_answers=2)
    for choice, (_, row) in enumerate(codes.iterrows()):
        for name, code in row.items():
            possible = possible[
                consistent(possible == choice, true == choice, frame[name].to_numpy(), code, 2)
            ]
    for choice in range(3):
        said = (possible == choice).mean(axis=0)
        assert ((said > 0) & (said < 1)).all()


def halves() -> pd.DataFrame:
    north = np.arange(40) < 20
    return pd.DataFrame({"all": True, "north": north, "south": ~north})


@pytest.mark.parametrize(
    ("north", "south", "codes"),
    [
        (10, 10, ["", "", ""]),
        (10, 5, ["", "", ""]),
        (10, 4, ["", "complement", "few"]),
        (10, 0, ["", "complement", "few"]),
        (10, 20, ["", "complement", "most"]),
        (4, 1, ["", "complement", "complement"]),
        (2, 2, ["few", "few", "few"]),
        (20, 20, ["most", "most", "most"]),
    ],
)
def test_nought_to_four_is_one_class_and_nothing_beside_it_gives_it_away(
    north: int, south: int, codes: list[str]
) -> None:
    uses = [True] * north + [False] * (20 - north) + [True] * south + [False] * (20 - south)
    assert shown(pd.DataFrame({"uses": uses}), halves()).loc["uses"].tolist() == codes


def test_the_threshold_is_an_option() -> None:
    values = pd.DataFrame({"uses": [True] * 3 + [False] * 7})
    everybody = pd.DataFrame({"all": [True] * 10})
    assert shown(values, everybody, 3).loc["uses", "all"] == ""
    assert shown(values, everybody, 4).loc["uses", "all"] == "few"
    assert shown(values, everybody, 6).loc["uses", "all"] == "small"


def test_of_a_group_in_which_nobody_answered_nothing_is_published() -> None:
    values = pd.DataFrame({"uses": pd.array([True] * 10 + [False] * 10 + [None] * 20, dtype="boolean")})
    assert shown(values, halves()).loc["uses", "south"] == "small"


def test_a_mean_at_the_end_of_its_scale_is_hidden() -> None:
    scores = pd.DataFrame({"mixed": [0.0, 5.0, 10.0, 8.0] * 10, "end": [10.0] * 36 + [5.0] * 4})
    found = shown(scores, halves()[["all"]])
    assert found["all"].to_dict() == {"mixed": "", "end": "small"}


def test_the_base_of_a_question_asked_of_users_alone_is_an_answer_too() -> None:
    users = pd.Series([True] * 20 + [True] * 9 + [False] * 11)
    used = pd.Series([True, False] * 20, dtype="boolean").where(users)
    found = shown(pd.DataFrame({"uses": users, "used": used}), halves())
    assert found.loc["uses", "north"] == "most"
    assert found.loc["used", "north"] != ""


def test_what_was_not_weighed_is_not_published() -> None:
    assert codes_of(pd.DataFrame({"02": [""]}, index=["dpd"]), ["dpd", "sig"], ["02", "02"]) == [
        "",
        "complement",
    ]


def test_a_comparison_is_published_where_both_sides_are() -> None:
    assert weakest([["", "", "few"], ["", "most", ""]]) == ["", "small", "small"]


def test_a_hidden_row_keeps_its_words_and_a_class_its_base() -> None:
    table = pd.DataFrame({"item": ["a", "b", "c"], "answers": [40, 30, 9], "share": [0.1, 0.5, 0.2]})
    found = withheld(table, ["few", "complement", ""], ["answers"])
    assert found["item"].tolist() == ["a", "b", "c"]
    assert found["answers"].fillna(-1).tolist() == [40, -1, 9]
    assert found["share"].notna().tolist() == [False, False, True]


def test_numbers_that_rest_on_weights_are_rounded() -> None:
    found = coarse(pd.DataFrame({"estimate": [0.123456], "se": [0.0012345], "gap_q": [3.4567e-9]}))
    assert found.iloc[0].tolist() == [0.12, 0.0012, 3.5e-9]


@settings(max_examples=80)
@given(
    answers=st.lists(st.booleans(), min_size=9, max_size=9),
    rows=st.lists(st.integers(0, 2), min_size=9, max_size=9),
    columns=st.lists(st.integers(0, 1), min_size=9, max_size=9),
    some=st.booleans(),
)
def test_two_families_are_open_together_where_everybody_may_have_answered_either_way(
    answers: list[bool], rows: list[int], columns: list[int], *, some: bool
) -> None:
    true, possible = np.array(answers), every_answer(9)
    ones, twos = (pd.get_dummies(pd.Series(it), dtype=bool) for it in (rows, columns))
    if some:  # a family need not hold everybody
        twos = twos.drop(columns=[0], errors="ignore")
    for family in (ones, twos):
        for name in family:
            possible = possible[consistent(possible, true, family[name].to_numpy(), "", 2)]
    either_way = bool((possible.min(axis=0) == 0).all() and (possible.max(axis=0) == 1).all())
    assert unresolved(pd.Series(answers), ones, twos) == either_way


def test_numbers_of_one_weight_that_are_all_the_least_are_not_open() -> None:
    weights = pd.Series([1.0] * 6 + [30.0] * 14)
    scores = pd.DataFrame({"low": [0.0] * 6 + [3.0] * 7 + [5.0] * 7, "mixed": [0.0, 1.0] * 10, "same": 4.0})
    assert open_to_weights(scores, weights).to_dict() == {"low": False, "mixed": True, "same": False}
