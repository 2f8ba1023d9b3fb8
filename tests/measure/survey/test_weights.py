from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from opsn_geo.errors import InputError
from opsn_geo.measure.survey.design import dummies, plain_design
from opsn_geo.measure.survey.weights import collapse, kish, rake, weighted_design

BASE = pd.Series([1.0] * 4)
LEVELS = pd.DataFrame({"size": list("ssll"), "dep": list("abab")})


def test_the_toy_is_weighed_as_by_hand() -> None:
    """Margins 6 + 2 by size and 4 + 4 by département, crossed evenly: 3 for small, 1 for large."""
    targets = {"size": pd.Series({"s": 6.0, "l": 2.0}), "dep": pd.Series({"a": 4.0, "b": 4.0})}
    found = rake(BASE, LEVELS, targets)
    assert found.weights.tolist() == pytest.approx([3, 3, 1, 1])
    assert found.margins["target"].tolist() == [6, 2, 4, 4]
    assert found.margins["before"].tolist() == [2, 2, 2, 2]
    assert found.gap <= 1e-9


@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.integers(1, 4))
def test_margins_are_kept_to_a_billionth(seed: int, sizes: int, deps: int) -> None:
    rng = np.random.default_rng(seed)
    units = pd.DataFrame(
        {"size": rng.integers(0, sizes, 400).astype(str), "dep": rng.integers(0, deps, 400).astype(str)}
    )
    # Every pair of levels has a respondent, so that weights above zero exist.
    units["responded"] = ~units.duplicated() | (rng.random(400) < 0.1)
    codes = pd.Series(units.index[units["responded"]])
    found = weighted_design(codes, units, ["size", "dep"], least=1)
    for name in ("size", "dep"):
        sums = found.design.weights.groupby(units[name].loc[codes].to_numpy()).sum()
        assert sums.to_dict() == pytest.approx(units[name].value_counts().to_dict(), abs=1e-9)
    assert (found.design.weights > 0).all()
    assert found.report.gap <= 1e-9


def test_bounds_hold_and_keep_the_margins() -> None:
    levels = pd.DataFrame({"size": ["s"] * 10 + ["l"] * 10, "dep": ["a"] * 8 + ["b"] * 4 + ["a"] * 8})
    targets = {"size": pd.Series({"s": 28.0, "l": 12.0}), "dep": pd.Series({"a": 30.0, "b": 10.0})}
    base = pd.Series([2.0] * 20)
    free, bound = rake(base, levels, targets), rake(base, levels, targets, (0.5, 1.6))
    assert free.weights.max() > 2 * 1.6
    assert bound.weights.between(2 * 0.5 - 1e-12, 2 * 1.6 + 1e-12).all()
    assert bound.gap <= 1e-9


def test_impossible_bounds_fail_loudly() -> None:
    targets = {"size": pd.Series({"s": 7.0, "l": 1.0})}
    with pytest.raises(InputError, match="no weights within these bounds reproduce this margin"):
        rake(BASE, LEVELS, targets, (0.9, 1.1))


def near_the_bounds(seed: int) -> tuple[pd.Series, pd.DataFrame, dict[str, pd.Series], tuple[float, float]]:
    """Margins that some weights give, which lie within the bounds, at them, or wherever chance puts them."""
    rng = np.random.default_rng(seed)
    n, low, high = (
        int(rng.integers(4, 60)),
        rng.choice([0.1, 0.3, 0.5, 0.8]),
        rng.choice([1.2, 1.6, 2.0, 3.0]),
    )
    levels = pd.DataFrame({name: rng.integers(0, rng.integers(2, 6), n).astype(str) for name in "abc"})
    base, total = pd.Series(rng.uniform(0.5, 2, n)), rng.uniform(2, 20) * n
    ratios = [rng.uniform(low, high, n), rng.choice([low, high], n), rng.lognormal(0, 0.6, n)][seed % 3]
    weights = base * ratios * total / (base * ratios).sum()
    return base, levels, {name: weights.groupby(levels[name]).sum() for name in levels}, (low, high)


def room_within(
    base: pd.Series, levels: pd.DataFrame, targets: dict[str, pd.Series], bounds: tuple[float, float]
) -> float:
    """Largest distance of all ratios from both bounds, by linear programming; negative outside."""
    n, total = len(base), float(targets["a"].sum())
    indicators = pd.get_dummies(levels, columns=list(levels), dtype=float).to_numpy()
    sums = indicators.T * (base * total / base.sum()).to_numpy()
    one = np.ones((n, 1))
    solution = linprog(
        np.append(np.zeros(n), -1),
        A_ub=np.block([[-np.eye(n), one], [np.eye(n), one]]),
        b_ub=np.repeat([-bounds[0], bounds[1]], n),
        A_eq=np.column_stack([sums, np.zeros(len(sums))]),
        b_eq=pd.concat(targets.values()),
        bounds=(None, None),
    )
    return float(solution.x[-1])


def test_bounded_weights_are_found_whenever_linear_programming_finds_some() -> None:
    verdicts = []
    for seed in range(770, 970):
        problem = near_the_bounds(seed)
        room = room_within(*problem)
        if abs(room) < 1e-6:
            continue  # the linear programme itself is no surer than this
        try:
            found = rake(*problem)
        except InputError:
            assert room < 0, f"weights exist for seed {seed}, {room:.2g} from their bounds"
        else:
            assert room > 0
            assert found.gap <= 1e-9
        verdicts.append(room > 0)
    assert verdicts.count(True) > 80
    assert verdicts.count(False) > 40


def test_contradictory_margins_fail_loudly() -> None:
    levels = pd.DataFrame({"size": list("sl"), "dep": list("ab")})
    targets = {"size": pd.Series({"s": 6.0, "l": 2.0}), "dep": pd.Series({"a": 4.0, "b": 4.0})}
    with pytest.raises(InputError, match="no weights within these bounds reproduce this margin"):
        rake(pd.Series([1.0, 1.0]), levels, targets)


def test_all_faults_of_margins_are_told_at_once() -> None:
    targets = {"size": pd.Series({"s": 6.0, "xl": 2.0}), "dep": pd.Series({"a": 4.0, "b": 5.0})}
    with pytest.raises(InputError, match="no respondent has this level") as refusal:
        rake(BASE, LEVELS, targets)
    assert [it.cause for it in refusal.value.faults] == ["empty_margin", "unknown_margin", "unequal_margins"]


def test_a_missing_level_is_told() -> None:
    levels = LEVELS.assign(size=["s", "s", "l", None])
    with pytest.raises(InputError, match="the territory has none"):
        rake(BASE, levels, {"size": pd.Series({"s": 6.0, "l": 2.0})})


def test_raking_one_variable_is_post_stratification() -> None:
    totals = pd.Series({"s": 6.0, "l": 2.0})
    raked = rake(BASE, LEVELS, {"size": totals}).weights
    cells = LEVELS["size"]
    assert raked.tolist() == pytest.approx((BASE * cells.map(totals / BASE.groupby(cells).sum())).tolist())


def test_ordered_levels_join_their_neighbour_others_the_smallest() -> None:
    levels = ["a", "b", "c", "d"]
    answered = {"a": 9, "b": 20, "c": 1, "d": 7}
    rows = [(level, it < answered[level]) for level in levels for it in range(20)]
    units = pd.DataFrame(rows, columns=["size", "responded"])
    units["dep"] = units["size"]
    units["size"] = pd.Categorical(units["size"], levels, ordered=True)
    joined, log = collapse(units, ["size", "dep"], least=5)
    assert set(joined["size"]) == {"a", "b", "c+d"}
    assert set(joined["dep"]) == {"a", "b", "c+d"}
    assert log["joined"].tolist() == ["c+d"] * 4
    assert log["answered"].tolist() == [1, 7, 1, 7]
    few, _ = collapse(units, ["size", "dep"], least=10)
    assert set(few["size"]) == {"a+b", "c+d"} or set(few["size"]) == {"a+b+c+d"}
    assert set(few["dep"]) == {"a+c+d", "b"}


def test_enough_answers_join_nothing() -> None:
    units = pd.DataFrame({"size": list("ab"), "responded": [True, True]})
    joined, log = collapse(units, ["size"], least=1)
    assert joined["size"].tolist() == ["a", "b"]
    assert log.empty


def test_a_commune_weighs_the_same_however_many_answer_for_it() -> None:
    design = plain_design(pd.Series(["a", "b", "b", "b", None]), 10)
    assert design.weights.groupby(design.clusters).sum().to_dict() == pytest.approx({"a": 5, "b": 5})


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=30))
def test_kish_effect_is_one_plus_squared_variation(weights: list[float]) -> None:
    effect, effective = kish(pd.Series(weights))
    variation = np.std(weights) / np.mean(weights)
    assert effect == pytest.approx(1 + variation**2)
    assert effective == pytest.approx(len(weights) / effect)


def test_dummies_have_full_rank() -> None:
    matrix = dummies(LEVELS, ["size", "dep"])
    assert np.linalg.matrix_rank(matrix) == matrix.shape[1] == 3
