from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsn_geo.measure.deserts.access import PER, access

# Reference: PySAL `access` 1.1.10 on these made-up numbers, two_stage_fca(max_cost=60) and
# enhanced_two_stage_fca(max_cost=60, weight_fn=step_fn({20: 1, 40: 0.68, 60: 0.22})).
PEOPLE = pd.Series([3386, 4044, 211, 4058, 2397, 2625, 3188, 1500], index=[f"c{place}" for place in range(8)])
STAFF = pd.Series([12.0, 2.0, 30.0, 7.0], index=["o0", "o1", "o2", "o3"])
COST = np.array([[88, 4, 25, 34], [51, 36, 11, 4], [0, 4, 13, 89], [17, 58, 67, 21], [25, 39, 23, 87],
                 [15, 80, 71, 75], [10, 35, 56, 44], [80, 80, 80, 80]])  # fmt: skip
TWO_STEP = [0.0028609426454057935, 0.0035872030097464096, 0.0031102338083291298, 0.0013189435208608815,
            0.0031102338083291298, 0.0007262603643406161, 0.0035872030097464096]  # fmt: skip
ENHANCED = [0.0029615774687910485, 0.004421502319284472, 0.004508491539493302, 0.001477474916936116,
            0.003065774246855446, 0.00095225700781803, 0.001975007173303774]  # fmt: skip


def eligible(weights: np.ndarray) -> pd.DataFrame:
    commune, opsn = np.nonzero(weights)
    return pd.DataFrame(
        {"code_insee": PEOPLE.index[commune], "opsn": STAFF.index[opsn], "weight": weights[commune, opsn]}
    )


def test_two_steps_agree_with_pysal_and_a_commune_without_supply_scores_0() -> None:
    score = access(eligible((COST <= 60).astype(float)), STAFF, PEOPLE, balanced=False)["access_score"]
    np.testing.assert_allclose(score / PER, [*TWO_STEP, 0.0], rtol=1e-10, atol=0)


def test_enhanced_two_steps_agree_with_pysal() -> None:
    steps = np.select([COST <= 20, COST <= 40, COST <= 60], [1, 0.68, 0.22], 0.0)
    score = access(eligible(steps), STAFF, PEOPLE, balanced=False)["access_score"]
    np.testing.assert_allclose(score / PER, [*ENHANCED, 0.0], rtol=1e-10, atol=0)


def test_the_balanced_score_follows_its_matrix_formula() -> None:
    weights = np.clip(1 - COST / 60, 0, 1)
    reached = weights.sum(axis=1, keepdims=True)
    by_commune = np.divide(weights, reached, out=np.zeros_like(weights), where=reached > 0)
    level = STAFF.to_numpy() / (PEOPLE.to_numpy() @ by_commune)
    expected = (weights / weights.sum(axis=0)) @ level * PER
    np.testing.assert_allclose(access(eligible(weights), STAFF, PEOPLE)["access_score"], expected, rtol=1e-12)


@given(weights=st.lists(st.sampled_from([0.0, 0.22, 0.68, 1.0]), min_size=32, max_size=32))
def test_the_balanced_score_inflates_neither_demand_nor_service(weights: list[float]) -> None:
    matrix = np.array(weights).reshape(8, 4)
    score = access(eligible(matrix), STAFF, PEOPLE)["access_score"]
    shared = np.divide(
        matrix,
        matrix.sum(axis=1, keepdims=True),
        out=np.zeros((8, 4)),
        where=matrix.sum(axis=1, keepdims=True) > 0,
    )
    asked = PEOPLE.to_numpy() @ shared
    assert asked.sum() == pytest.approx(PEOPLE[matrix.any(axis=1)].sum())
    assert score.sum() == pytest.approx(PER * (STAFF.to_numpy()[asked > 0] / asked[asked > 0]).sum())
    assert (score[~matrix.any(axis=1)] == 0).all()
    assert score.notna().all()


def test_what_is_not_known_or_not_there_never_makes_a_score_missing() -> None:
    pairs = pd.DataFrame(
        {"code_insee": ["a", "b", "ghost"], "opsn": ["x", "y", "z"], "weight": [1.0, None, 1.0]}
    )
    staff = pd.Series({"x": np.nan, "y": 3.0, "z": 5.0})
    people = pd.Series({"a": 10.0, "b": np.nan, "ghost": 0.0, "alone": 4.0})
    for balanced in (True, False):
        found = access(pairs, staff, people, balanced=balanced)
        assert found["access_score"].tolist() == [0.0, 0.0, 0.0, 0.0]
        assert found["access_unknown_count"].tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("balanced", [True, False])
def test_people_who_are_not_counted_make_the_scores_of_their_operator_unknown(*, balanced: bool) -> None:
    """y serves b, of unknown population, and c: nobody knows among how many its agents are shared."""
    pairs = pd.DataFrame({"code_insee": ["a", "b", "c"], "opsn": ["x", "y", "y"]})
    people = pd.Series({"a": 10_000.0, "b": np.nan, "c": 10_000.0, "alone": 5.0})
    found = access(pairs, pd.Series({"x": 2.0, "y": 3.0}), people, balanced=balanced)
    assert found["access_score"].fillna(-1).tolist() == [2, -1, -1, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"code_insee": ["a", "a"]}, "two rows of eligibility"),
        ({"code_insee": ["a", "q"]}, "code_insee in eligibility only: q"),
        ({"opsn": ["x", "w"]}, "opsn in eligibility only: w"),
    ],
)
def test_pairs_that_do_not_fit_are_refused(change: dict[str, list[str]], message: str) -> None:
    pairs = pd.DataFrame({"code_insee": ["a", "b"], "opsn": ["x", "x"]} | change)
    with pytest.raises(ValueError, match=message):
        access(pairs, pd.Series({"x": 1.0}), pd.Series({"a": 1, "b": 1}))
