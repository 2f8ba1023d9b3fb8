from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from opsn_geo.measure.survey.comparison import against_reference, influence, overlap, rankings
from opsn_geo.measure.survey.design import plain_design


def people(count: int, seed: int = 1) -> tuple[pd.Series, pd.DataFrame]:
    """Make respondents whose membership hangs on their size, and an item that hangs on size alone."""
    rng = np.random.default_rng(seed)
    size = pd.Series(rng.choice(["s", "l"], count))
    member = pd.Series(rng.random(count) < size.map({"s": 0.3, "l": 0.8}))
    used = pd.Series(rng.random(count) < size.map({"s": 0.2, "l": 0.7}))
    return member, pd.DataFrame({"size": size, "used": used})


def test_adjusting_removes_what_size_explains() -> None:
    member, frame = people(4_000)
    design = plain_design(pd.Series([str(it) for it in range(4_000)]), 40_000)
    found = influence(frame[["used"]], member, design, frame[["size"]]).iloc[0]
    assert found["gap_low"] > 0.15
    assert found["adjusted_low"] < 0 < found["adjusted_high"]


def test_comedec_is_barely_a_difference() -> None:
    """The study's +7 points between 351 and 137 is about ±6.4 points, as a two-sample interval says."""
    member = pd.Series([True] * 351 + [False] * 137)
    used = pd.Series([True] * 60 + [False] * 291 + [True] * 14 + [False] * 123)
    design = plain_design(pd.Series([str(it) for it in range(488)]), 3_789)
    found = influence(used.to_frame("comedec"), member, design, pd.DataFrame({"all": ["x"] * 488})).iloc[0]
    half = 100 * (found["gap_high"] - found["gap_low"]) / 2
    assert 100 * found["gap"] == pytest.approx(100 * (60 / 351 - 14 / 137))
    assert half == pytest.approx(6.4, abs=0.15)


def test_discoveries_are_controlled_over_all_items_compared() -> None:
    rng = np.random.default_rng(2)
    member = pd.Series(rng.random(300) < 0.5)
    values = pd.DataFrame({f"item{it}": rng.random(300) < 0.4 for it in range(20)})
    values["members_only"] = pd.Series([True, False] * 150, dtype="boolean").where(member)
    design = plain_design(pd.Series([str(it) for it in range(300)]), 3_000)
    found = influence(values, member, design, pd.DataFrame({"all": ["x"] * 300})).set_index("item")
    assert found["tests"].unique().tolist() == [20]
    assert found.loc["members_only", ["gap", "gap_p", "gap_q"]].isna().all()
    tested = found.drop(index="members_only")
    assert tested["gap_q"].tolist() == pytest.approx(stats.false_discovery_control(tested["gap_p"]).tolist())


def test_without_overlap_there_is_no_adjusted_gap() -> None:
    member = pd.Series([True, True, True, False, False, False])
    values = pd.DataFrame({"used": [True, False, True, False, True, False]})
    design = plain_design(pd.Series(list("abcdef")), 60)
    size = pd.DataFrame({"size": list("lllsss")})
    found = influence(values, member, design, size).iloc[0]
    assert found["gap"] == pytest.approx(1 / 3)
    assert np.isnan(found["adjusted"])
    assert not overlap(member, size)["both"].any()


def test_an_item_that_is_membership_itself_is_no_test() -> None:
    member = pd.Series([True, True, False, False])
    found = influence(member.to_frame("uses"), member, plain_design(pd.Series(list("abcd")), 40),
                      pd.DataFrame({"all": ["x"] * 4})).iloc[0]  # fmt: skip
    assert found["gap"] == pytest.approx(1)
    assert found["tests"] == 0


def test_overlap_counts_each_cell() -> None:
    member = pd.Series([True, False, True, None], dtype="boolean")
    found = overlap(member, pd.DataFrame({"size": list("ssll"), "dep": list("aabb")}))
    assert found[["size", "members", "others", "both"]].to_numpy().tolist() == [
        ["l", 1, 0, False],
        ["s", 1, 1, True],
    ]


def test_reference_of_an_unknown_item_is_ignored() -> None:
    estimated = pd.DataFrame(
        {"item": ["a", "b"], "communes": [50, 50], "estimate": [5.0, 6.0], "se": [0.2, 0.2]}
    )
    reference = pd.DataFrame({"reference": [6.0, 1.0], "reference_margin": 0.0}, index=["b", "z"])
    found = against_reference(estimated, reference)
    assert found[["item", "gap", "p"]].to_numpy().tolist() == [["b", 0.0, 1.0]]


def test_what_rounding_hides_of_a_reference_widens_its_gap() -> None:
    estimated = pd.DataFrame({"item": ["a"], "communes": [50], "estimate": [5.0], "se": [0.05]})
    exact, rounded = (
        against_reference(
            estimated, pd.DataFrame({"reference": [5.15], "reference_margin": [margin]}, index=["a"])
        ).loc[0]
        for margin in (0.0, 0.1)
    )
    assert rounded["gap"] == exact["gap"]
    assert [rounded["gap_low"], rounded["gap_high"]] == pytest.approx(
        [exact["gap_low"] - 0.1, exact["gap_high"] + 0.1]
    )
    assert exact["p"] < 0.05 < rounded["p"]


def test_items_of_the_same_people_are_compared_on_their_difference() -> None:
    """Of 44 people nobody wants one thing and 15 another: joint intervals meet, their difference is clear."""
    noise = {f"n{it:02d}": [it % 44 == row for row in range(44)] for it in range(29)}
    values = pd.DataFrame({"wanted": [True] * 15 + [False] * 29, "unwanted": False, **noise})
    design = plain_design(pd.Series([str(it) for it in range(44)]), 890)
    found = rankings(values, design).set_index("item")
    assert found.loc["wanted", "rank_best"] == 1
    assert found.loc["unwanted", "rank_best"] > 1
    # two answers that are the same for all are a tie, whatever the others say
    twins = rankings(values.assign(twin=values["wanted"]), design).set_index("item")
    assert twins.loc[["wanted", "twin"], "rank_best"].tolist() == [1, 1]


def test_nobody_ranks_noise() -> None:
    rng = np.random.default_rng(3)
    values = pd.DataFrame({f"n{it:02d}": rng.random(70) < 0.15 for it in range(30)})
    design = plain_design(pd.Series([str(it) for it in range(70)]), 800)
    found = rankings(values, design)
    assert found["rank"].is_monotonic_increasing
    assert ((found["rank_best"] == 1) & (found["rank_worst"] == 30)).mean() > 0.9


def test_joint_rank_intervals_hold_the_true_ranks() -> None:
    rng = np.random.default_rng(4)
    truth = pd.Series({"a": 0.6, "b": 0.4, "c": 0.35, "d": 0.1})
    true_rank = truth.rank(ascending=False)
    design = plain_design(pd.Series([str(it) for it in range(120)]), 1_200)
    held = 0
    for _ in range(100):
        values = pd.DataFrame({item: rng.random(120) < share for item, share in truth.items()})
        found = rankings(values, design).set_index("item").loc[truth.index]
        held += bool(((found["rank_best"] <= true_rank) & (true_rank <= found["rank_worst"])).all())
    assert held >= 95


def test_rankings_by_domain_and_family() -> None:
    values = pd.DataFrame({"x:a": [True] * 4, "x:b": [False] * 4, "y": [True] * 4})
    design = plain_design(pd.Series(list("abcd")), 40)
    found = rankings(values, design, pd.Series(["02", "02", "59", "59"]), items=["x:a", "x:b"])
    assert found["domain"].tolist() == ["02", "02", "59", "59"]
    assert found["item"].unique().tolist() == ["x:a", "x:b"]
