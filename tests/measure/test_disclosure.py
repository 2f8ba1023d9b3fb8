from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsn_geo.measure.disclosure import hidden, suppressed


@given(st.lists(st.integers(0, 30), min_size=1, max_size=25), st.data())
def test_no_small_count_is_shown_nor_deduced(counts: list[int], data: st.DataObject) -> None:
    """Whatever the totals, the hidden rows of each hold together too much, and are too many, to tell one."""
    size = len(counts)
    names = st.lists(st.sampled_from("abc"), min_size=size, max_size=size)
    totals = pd.DataFrame({"dep": data.draw(names), "size": data.draw(names)})
    series = pd.Series(counts)
    why = hidden(series, totals)
    assert not (series.between(1, 4) & (why == "")).any()
    assert not ((series == 0) & (why != "")).any()
    for family in totals:
        for _, group in series.groupby(totals[family]):
            gone, left = group[why[group.index] != ""], group[(why[group.index] == "") & (group > 0)]
            assert gone.empty or left.empty or (len(gone) > 1 and gone.sum() >= 5)


def test_without_totals_only_small_counts_are_hidden() -> None:
    assert hidden(pd.Series([4, 5, 0, 60])).tolist() == ["small", "", "", ""]


def test_the_threshold_is_an_option() -> None:
    assert hidden(pd.Series([4, 9, 30]), min_answers=10).tolist() == ["small", "small", ""]
    assert hidden(pd.Series([1, 2]), min_answers=1).tolist() == ["", ""]


def test_a_row_is_hidden_where_either_group_is_small() -> None:
    table = pd.DataFrame({"item": ["a", "b"], "members": [40, 40], "others": [3, 30], "gap": [0.1, 0.2]})
    found = suppressed(table, ["members", "others"])
    assert found["hidden"].tolist() == ["small", ""]
    assert found.loc[0, ["members", "others", "gap"]].isna().all()
    assert found.loc[0, "item"] == "a"
    assert found.loc[1, "gap"] == 0.2


def test_a_total_does_not_reveal_the_hidden_one() -> None:
    table = pd.DataFrame(
        {"dep": ["02", "59", "60"], "all": "t", "answers": [3, 50, 12], "small": [True, False, False]}
    )
    found = suppressed(table, "answers", ["all"])
    assert found["hidden"].tolist() == ["small", "", "complement"]
    assert found["small"].isna().tolist() == [True, False, True]


def test_a_table_keeps_its_rows_and_index() -> None:
    table = pd.DataFrame({"answers": [1, 10]}, index=["x", "y"])
    assert suppressed(table, "answers").index.tolist() == ["x", "y"]
    with pytest.raises(KeyError, match="absent"):
        suppressed(table, "absent")
