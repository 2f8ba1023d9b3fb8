from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from opsn_geo.measure.survey.indicators import partial_indicators, propensities, r_indicator
from opsn_geo.measure.survey.representativeness import (
    overall,
    overall_table,
    standardised_differences,
)


def samples(held: list[int], size: int) -> list[list[int]]:
    """Give the counts by level of every sample there is."""
    levels = np.repeat(np.arange(len(held)), held)
    return [
        np.bincount(levels[list(it)], minlength=len(held)).tolist()
        for it in combinations(range(len(levels)), size)
    ]


def test_many_variables_are_allowed_for() -> None:
    """Benjamini and Hochberg by hand: p ranked r of 3 times 3 / r, never above that of a larger p."""
    stacked = pd.DataFrame(
        {"variable": np.repeat(list("abc"), 2), "units": [60, 40] * 3, "answered": [18, 2, 10, 10, 13, 7]}
    ).sample(frac=1, random_state=3)
    found = overall_table(stacked, draws=999)
    p = found["simulated_p"].astype(float).sort_values()
    wanted = (p * 3 / np.arange(1, 4))[::-1].cummin()
    assert found["simulated_q"].to_dict() == pytest.approx(wanted.to_dict())
    assert (found["simulated_q"] >= found["simulated_p"]).all()


def test_expectations_and_p_are_those_of_all_samples() -> None:
    held, got = [5, 3, 2], [1, 1, 2]
    every = [overall(held, it, draws=1) for it in samples(held, 4)]
    found = overall(held, got, draws=20_000, seed=3)
    assert found["tvd_expected"] == pytest.approx(np.mean([it["tvd"] for it in every]))
    reached = np.mean([it["chi2"] >= found["chi2"] - 1e-9 for it in every])
    assert found["simulated_p"] == pytest.approx(reached, abs=0.01)
    # The corrected chi² has expectation (k - 1) N / (N - 1) over all samples.
    assert np.mean([it["chi2"] for it in every]) == pytest.approx(2 * 10 / 9)


def test_a_faithful_sample_has_no_distance() -> None:
    found = overall([60, 40], [6, 4])
    assert found[["chi2", "g", "cohen_w", "tvd"]].astype(float).tolist() == pytest.approx([0, 0, 0, 0])
    assert found["simulated_p"] == 1


def test_small_and_empty_cells_are_counted() -> None:
    found = overall([90, 9, 1, 0], [10, 0, 0, 0])
    assert (found["levels"], found["small_cells"], found["empty_cells"]) == (3, 2, 2)


def test_everybody_answering_is_no_deviation() -> None:
    assert overall([6, 4], [6, 4])["chi2"] == 0


def test_nobody_answering_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody answered"):
        overall([6, 4], [0, 0])


def test_differences_of_numbers_and_weights() -> None:
    units = pd.DataFrame({"pop": [1.0, 2, 3, None], "responded": [True, False, True, True]})
    found = standardised_differences(units, ["pop"], pd.Series({0: 1.0, 2: 3.0}))
    assert found.loc[0, ["territory", "respondents", "weighted"]].tolist() == [2, 2, 2.5]
    assert found.loc[0, "weighted_difference"] == pytest.approx(0.5 / np.sqrt(2 / 3))


def random_units(rng: np.random.Generator, chance: dict[str, float]) -> pd.DataFrame:
    size = rng.choice(list(chance), 2_000)
    answered = rng.random(2_000) < pd.Series(size).map(chance)
    return pd.DataFrame({"size": size, "dep": rng.choice(list("abcdefgh"), 2_000), "responded": answered})


def test_bias_adjustment_finds_equal_chances_equal() -> None:
    """Ten parameters of pure noise: unadjusted, S² is far from 0; adjusted, it is centred on it."""
    rng = np.random.default_rng(5)
    found = [r_indicator(random_units(rng, {"s": 0.1, "l": 0.1}), ["size", "dep"]) for _ in range(60)]
    raw = np.mean([((1 - it["r"]) / 2) ** 2 for it in found])
    adjusted = np.mean([((1 - it["r_adjusted"]) / 2) ** 2 for it in found])
    assert adjusted < raw / 2


def test_r_and_its_error_are_those_of_repeated_surveys() -> None:
    rng = np.random.default_rng(6)
    found = pd.DataFrame(
        [r_indicator(random_units(rng, {"s": 0.08, "l": 0.4}), ["size"]) for _ in range(200)]
    )
    assert found["r_adjusted"].mean() == pytest.approx(1 - 2 * 0.16, abs=0.01)
    assert found["r_se"].mean() == pytest.approx(found["r"].std(), rel=0.15)


def test_partial_indicators_point_to_the_guilty_variable() -> None:
    units = random_units(np.random.default_rng(7), {"s": 0.1, "l": 0.5})
    found = partial_indicators(units, ["size", "dep"]).set_index(["variable", "level"])
    assert found.loc[("size", ""), "unconditional"] > 5 * found.loc[("dep", ""), "unconditional"]
    assert found.loc[("size", "s"), "unconditional"] < 0 < found.loc[("size", "l"), "unconditional"]
    levels = found.loc["size"].drop(index="")
    assert (levels["unconditional"] ** 2).sum() == pytest.approx(
        found.loc[("size", ""), "unconditional"] ** 2
    )
    assert (levels["conditional"] ** 2).sum() == pytest.approx(found.loc[("size", ""), "conditional"] ** 2)


def test_mean_chance_is_the_response_rate() -> None:
    units = random_units(np.random.default_rng(8), {"s": 0.1, "l": 0.5})
    assert propensities(units, ["size", "dep"]).mean() == pytest.approx(units["responded"].mean())


def test_a_level_without_answers_is_to_be_collapsed() -> None:
    units = pd.DataFrame({"size": ["s", "s", "l"], "responded": [True, False, False]})
    with pytest.raises(ValueError, match="size: all or none answered in l; collapse first"):
        r_indicator(units, ["size"])
