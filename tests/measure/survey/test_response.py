from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from opsn_geo.measure.survey.response import (
    SIZE_BANDS,
    answers_by_commune,
    banded,
    clopper_pearson,
    hypergeometric_interval,
    response_table,
    response_tables,
)


@pytest.fixture
def units() -> pd.DataFrame:
    """Ten communes by hand: 4 of 6 small answered, 1 of 3 large, none of the one without a size."""
    return pd.DataFrame(
        {
            "size": ["small"] * 6 + ["large"] * 3 + [None],
            "population": [100] * 6 + [1000] * 3 + [50],
            "responded": [True] * 4 + [False] * 2 + [True, False, False, False],
        }
    )


def test_the_toy_is_told_as_by_hand(units: pd.DataFrame) -> None:
    table = response_table(units, "size")
    assert table.index.tolist() == ["large", "small", "unknown"]
    assert table["units"].tolist() == [3, 6, 1]
    assert table["answered"].tolist() == [1, 4, 0]
    assert table["response_share"].tolist() == [1 / 3, 4 / 6, 0.0]
    assert table["sample_share"].tolist() == [0.2, 0.8, 0.0]
    assert table["expected"].tolist() == [1.5, 3.0, 0.5]
    # Variance of the hypergeometric: 5 * .6 * .4 * 5/9 = 2/3
    assert table.loc["small", "residual"] == pytest.approx(1 / np.sqrt(2 / 3))
    # P(4 or 5 small, or as unlikely as 4 of 6): C(6,4)C(4,1)/252 = 60/252; mirrored 2 of 5 has the same
    assert table.loc["small", "p"] == pytest.approx((60 + 60 + 6 + 6) / 252)
    assert table["cell"].tolist() == ["small", "small", "empty"]
    assert table.loc["small", "responding_pop"] == 400
    assert table.loc["large", "responding_pop_share"] == pytest.approx(1 / 3)


def test_levels_keep_the_order_of_their_category() -> None:
    units = pd.DataFrame(
        {"size": banded(pd.Series([60_000, 10, 700]), SIZE_BANDS), "responded": [True, False, True]}
    )
    assert response_table(units, "size").index.tolist() == ["lt_500", "500_1999", "ge_50000"]
    assert response_tables(units, ["size"])["level"].tolist() == ["lt_500", "500_1999", "ge_50000"]


def test_missing_category_is_a_level_of_its_own() -> None:
    units = pd.DataFrame({"size": banded(pd.Series([None, 10]), SIZE_BANDS), "responded": [True, False]})
    assert response_table(units, "size").index.tolist() == ["lt_500", "unknown"]


def test_nobody_and_everybody_answering_are_told() -> None:
    units = pd.DataFrame({"dep": ["02", "59"], "responded": [False, False]})
    table = response_table(units, "dep")
    assert table["response_share"].tolist() == [0, 0]
    assert table["residual"].tolist() == [0, 0]
    assert table["p"].tolist() == [1, 1]
    assert table["sample_share"].isna().all()
    everyone = response_table(units.assign(responded=True), "dep")
    assert everyone["residual"].tolist() == [0, 0]
    assert everyone["p"].tolist() == [1, 1]


def test_a_foreign_code_is_refused() -> None:
    with pytest.raises(ValueError, match="codes of no commune of the study: 99999"):
        answers_by_commune(pd.Series(["99999"]), pd.Index(["02001"]))


def test_several_respondents_make_one_commune() -> None:
    codes = pd.Series(["a", "a", "b", None, "a"])
    assert answers_by_commune(codes, pd.Index(list("abc")))["respondents"].tolist() == [3, 1, 0]


@given(st.integers(1, 60), st.data())
def test_the_hypergeometric_interval_holds_what_tests_do_not_reject(total: int, data: st.DataObject) -> None:
    sample = data.draw(st.integers(1, total))
    count = data.draw(st.integers(0, sample))
    least, most = hypergeometric_interval(np.array([count]), sample, total)
    risk = 0.025 + 1e-12  # a tail of exactly 0.025 rejects, whatever rounding makes of it
    kept = [
        kind
        for kind in range(count, total - (sample - count) + 1)
        if stats.hypergeom.sf(count - 1, total, kind, sample) > risk
        and stats.hypergeom.cdf(count, total, kind, sample) > risk
    ]
    assert (least[0], most[0]) == (min(kept), max(kept))


@given(st.integers(1, 200), st.data())
def test_clopper_pearson_is_scipys_exact_interval(base: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, base))
    low, high = clopper_pearson(np.array([count]), np.array([base]))
    wanted = stats.binomtest(count, base).proportion_ci(method="exact")
    assert (low[0], high[0]) == pytest.approx((wanted.low, wanted.high), abs=1e-9)
