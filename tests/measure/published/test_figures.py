"""Published figures recomputed: by hand on a few rows, and against plain pandas on the founding study."""

from __future__ import annotations

from dataclasses import replace
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from opsn_geo.measure.published.figures import compared, publishable, recomputed, respondent_design
from opsn_geo.measure.published.recipes import chosen
from opsn_geo.pipeline.analyses import published as figures
from opsn_geo.pipeline.analyses import shared_measures
from opsn_geo.pipeline.labels import labels
from opsn_geo.pipeline.load import Inputs
from opsn_geo.publish.sentences import notes, worded

if TYPE_CHECKING:
    from types import ModuleType

DEMO = Path(__file__).parents[3] / "data" / "demo"
FEW_LEFT = ["need_archivage_62", "need_achat_materiel_62", "need_achat_materiel_80", "datacenter_green"]
"""Few bodies besides the communes ticked it, or few did not: estimates say how many of the communes did."""
RECIPE = ["figure", "table", "measure", "item", "choice", "group", "by"]
NO_INCOHERENCE = pd.DataFrame(columns=["subject", "severity", "evidence"])


@pytest.fixture(scope="module")
def inputs(founding: Inputs) -> Inputs:
    return founding


@pytest.fixture(scope="module")
def published(inputs: Inputs) -> pd.DataFrame:
    measured = figures.analysis(inputs, shared_measures(inputs)).tables
    return worded(measured, "fr", labels=labels(inputs))["figures"].set_index("figure")


@pytest.fixture(scope="module")
def plain() -> ModuleType:
    """Load the recomputation by plain pandas, which knows nothing of the package."""
    spec = util.spec_from_file_location("plain", Path(__file__).parents[2] / "demo" / "test_demo.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_figure_is_that_of_plain_pandas(published: pd.DataFrame, plain: ModuleType) -> None:
    names = ("opsn", "services", "offers", "partnerships", "statements")
    tables = {name: plain.table(DEMO, name) for name in names} | {"answers": plain.typed_answers(DEMO)}
    rows = plain.table(DEMO, "published_figures").set_index("figure", drop=False)
    rows = rows.drop(index=[*plain.NOT_COMPUTABLE, *FEW_LEFT])
    expected = pd.Series({name: plain.recompute(tables, row) for name, row in rows.iterrows()})
    assert len(expected) == 100
    pd.testing.assert_series_equal(
        published.loc[expected.index, "recomputed"], expected, check_names=False, rtol=1e-12
    )
    lost = published["recomputed"].isna()
    assert set(published.index[lost]) == {*plain.NOT_COMPUTABLE, *FEW_LEFT}
    assert set(published.loc[lost, "status"]) == {"not_computable"}
    assert (published.loc[lost, "note"] != "").all()


def test_what_agrees_in_value_agrees_unless_a_check_refutes_it(published: pd.DataFrame) -> None:
    assert published["status"].value_counts().to_dict() == {
        "agrees": 34, "by_construction": 66, "not_computable": 11,
    }  # fmt: skip
    doubted = published.loc[["services_offered", "cyberattack_share", "communes", "comedec_gap"]]
    assert doubted["note"].str.contains("30|433|376|6,4").all()


def test_agreement_with_what_was_drawn_to_agree_is_called_so(published: pd.DataFrame, inputs: Inputs) -> None:
    on_answers = inputs.tables["published_figures"].set_index("figure")["table"].eq("answers")
    constructed = published["status"].eq("by_construction")
    assert on_answers[constructed].all()
    assert not on_answers[published["status"].eq("agrees")].any()
    real = replace(inputs, study=replace(inputs.study, metadata=replace(inputs.study.metadata, counted=())))
    statuses = figures.analysis(real, shared_measures(real)).tables["figures"]["status"]
    assert "by_construction" not in set(statuses)


def test_each_item_has_its_own_base(published: pd.DataFrame) -> None:
    base = published["recomputed_base"]
    assert base[["users_share", "used_dpd", "comedec_others", "cyberattacks"]].tolist() == [
        488,
        351,
        137,
        444,
    ]
    assert base[["satisfaction", "satisfaction_savings"]].tolist() == [332, 332]
    assert "484" in published.loc["role_secretary_director", "note"]


def test_intervals_hold_the_value_and_only_samples_have_one(published: pd.DataFrame, inputs: Inputs) -> None:
    recipes = inputs.tables["published_figures"].set_index("figure")
    sampled = recipes["measure"].isin(["share", "mean", "median", "gap", "mean_choices"])
    sampled &= recipes["table"].eq("answers") & ~recipes.index.isin(FEW_LEFT)
    known = published["low"].notna()
    pd.testing.assert_series_equal(known, sampled, check_names=False)
    inside = published[known]
    assert inside["recomputed"].between(inside["low"], inside["high"]).all()
    assert (inside["low"] < inside["high"]).all()


def test_a_plain_share_has_the_interval_of_a_finite_sample() -> None:
    design = respondent_design(pd.Series([str(it) for it in range(100)]), 400)
    figure = pd.DataFrame([("f", "answers", "share", "a", "yes", None, None)], columns=RECIPE)
    answers = pd.DataFrame({"a": [True] * 30 + [False] * 70})
    found = recomputed(figure, {"answers": answers}, units=400, design=design).loc["f"]
    half = (found["high"] - found["low"]) / 2
    assert half == pytest.approx(196 * np.sqrt(0.3 * 0.7 / 100 * 0.75), rel=0.06)


SMALL = pd.DataFrame(
    {
        "dep": ["02", "02", "59", "59", None],
        "uses": pd.array([True, False, True, False, True], dtype="boolean"),
        "tool:a": pd.array([True, True, False, None, True], dtype="boolean"),
        "tool:b": pd.array([True, False, True, None, True], dtype="boolean"),
        "agents": [3.0, 9.0, None, 4.0, 12.0],
        "score:x": [1.0, 2.0, None, 4.0, 5.0],
        "score:y": [5.0, 4.0, None, 2.0, 1.0],
        "name": ["u", "u", "v", "w", None],
    }
)


@pytest.mark.parametrize(
    ("recipe", "value", "base"),
    [
        (("distinct", "name", "", "", ""), 3, np.nan),
        (("distinct", "name+dep", "", "", ""), 3, np.nan),
        (("rate", "name", "", "dep=02", ""), 10, 10),
        (("count", "tool", "a|b", "", ""), 4, 4),
        (("share", "tool", "a", "", ""), 75, 4),
        (("share", "agents", "<5", "", ""), 50, 4),
        (("share", "agents", ">5", "", ""), 50, 4),
        (("share", "uses", "no", "dep=02|59", ""), 50, 4),
        (("gap", "tool", "b", "", "uses"), 100, 4),
        (("mean", "agents", "", "uses=yes", ""), 7.5, 2),
        (("median", "agents", "", "", ""), 6.5, 4),
        (("mean", "score", "", "", ""), 3, 4),
        (("mean", "score", "x", "", ""), 3, 4),
        (("mean_choices", "tool", "", "", ""), 1.5, 4),
        (("max", "name", "", "", "dep"), 2, 2),
        (("sum", "agents", "", "", ""), 28, 4),
    ],
)
def test_measures_by_hand(recipe: tuple[str, ...], value: float, base: float) -> None:
    figure = pd.DataFrame([("f", "answers", *recipe)], columns=RECIPE)
    design = respondent_design(pd.Series(list("abcde")), 20)
    found = recomputed(figure, {"answers": SMALL}, units=10, design=design).loc["f"]
    assert found["recomputed"] == pytest.approx(value)
    assert found["recomputed_base"] == pytest.approx(base, nan_ok=True)


@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        (("answers", "", "", "", "", ""), "outside"),
        (("answers", "mode", "dep", "", "", ""), "no_measure"),
        (("other", "distinct", "dep", "", "", ""), "no_table"),
        (("answers", "share", "tool", "c", "", ""), "no_item"),
        (("answers", "share", "tool", "a", "region=32", ""), "no_item"),
        (("answers", "gap", "tool", "a", "", "member"), "no_item"),
        (("answers", "mean", "agents", "", "dep=80", ""), "no_answer"),
    ],
)
def test_what_cannot_be_computed_says_why_and_gives_nothing(recipe: tuple[str, ...], reason: str) -> None:
    figure = pd.DataFrame([("f", *recipe)], columns=RECIPE)
    found = recomputed(figure, {"answers": SMALL}, units=10)
    assert found["reason"].item() == reason
    assert found["recomputed"].isna().item()
    table = compared(figure.assign(value=1.0, unit="count"), found)
    assert table["status"].item() == "not_computable"
    assert table["note"].item() == reason
    assert notes(table, NO_INCOHERENCE, "en")["note"].item()


@pytest.mark.parametrize(
    ("code", "reason"), [("few", "few_answers"), ("small", "few_answers"), ("complement", "few_left")]
)
def test_a_figure_that_must_not_be_published_says_why_and_gives_nothing(code: str, reason: str) -> None:
    figure = pd.DataFrame([("f", "answers", "share", "tool", "a", "", "")], columns=RECIPE)
    found = recomputed(figure, {"answers": SMALL}, units=10, published=pd.Series({"f": code})).loc["f"]
    assert found["reason"] == reason
    assert found[["recomputed", "recomputed_base"]].isna().all()


@pytest.mark.parametrize(
    ("communes", "others", "code"),
    [
        ((12, 12), (0, 0), ""),
        ((12, 12), (5, 5), ""),
        ((12, 12), (4, 20), "complement"),
        ((12, 12), (0, 1), "complement"),
        ((4, 30), (1, 40), "complement"),
        ((4, 30), (0, 40), "few"),
    ],
)
def test_communes_subtracted_from_a_figure_leave_nobody_or_enough_on_both_sides(
    communes: tuple[int, int], others: tuple[int, int], code: str
) -> None:
    figure = pd.DataFrame([("f", "answers", "share", "tool", "yes", "", "")], columns=RECIPE)
    sizes = [*communes, *others]
    answers = pd.DataFrame({"tool": np.repeat([True, False, True, False], sizes)})
    groups = pd.DataFrame({"": np.repeat([True, True, False, False], sizes), "all": True})
    assert publishable(figure, answers, groups)["f"] == code


def test_a_gap_is_published_where_both_its_sides_are() -> None:
    figure = pd.DataFrame([("f", "answers", "gap", "tool", "yes", "", "uses")], columns=RECIPE)
    uses = pd.Series([True] * 20 + [False] * 20)
    for n_others, code in ((10, ""), (4, "small")):
        answers = pd.DataFrame(
            {"uses": uses, "tool": [*[True, False] * 10, *[True] * n_others, *[False] * (20 - n_others)]}
        )
        assert publishable(figure, answers)["f"] == code


def test_the_least_and_the_greatest_answer_are_somebodys() -> None:
    figure = pd.DataFrame([("f", "answers", "max", "agents", "", "", "")], columns=RECIPE)
    assert publishable(figure, pd.DataFrame({"agents": range(100)}))["f"] == "complement"


@pytest.mark.parametrize(
    ("value", "precision", "comparison", "status"),
    [
        (18, 1, "eq", "agrees"),
        (18.5, 1, None, "agrees"),
        (19, 1, "eq", "differs"),
        (18, 0.1, "eq", "agrees"),
        (18.2, 0.1, "eq", "differs"),
        (17, 1, "gt", "agrees"),
        (18, 1, "gt", "differs"),
        (19, 1, "lt", "agrees"),
    ],
)
def test_agreement_is_at_the_published_precision(
    value: float, precision: float, comparison: str | None, status: str
) -> None:
    published = pd.DataFrame(
        [("f", value, precision, comparison)], columns=["figure", "value", "precision", "comparison"]
    )
    found = pd.DataFrame(
        {"recomputed": 18.0, "recomputed_base": 9.0, "low": 1.0, "high": 30.0, "reason": ""}, index=["f"]
    )
    assert compared(published, found)["status"].item() == status


def test_a_refuted_figure_is_inconsistent_even_where_it_agrees() -> None:
    published = pd.DataFrame({"figure": ["f", "g"], "value": 18.0})
    found = pd.DataFrame(
        {"recomputed": 18.0, "recomputed_base": 9.0, "low": 1.0, "high": 30.0, "reason": ""}, index=["f", "g"]
    )
    table = compared(published, found, {"f"}, {"g"})
    assert table["status"].tolist() == ["inconsistent", "agrees"]
    quoted = pd.DataFrame(
        {"subject": ["f", "h;g"], "severity": ["contradiction", "warning"], "evidence": ["no.", "perhaps."]}
    )
    assert notes(table, quoted, "en")["note"].tolist() == ["Inconsistent: no.", "perhaps."]


def test_a_choice_not_answered_is_no_refusal() -> None:
    assert chosen(SMALL, "tool", "a").tolist() == [True, True, False, pd.NA, True]


def test_the_chapter_adds_nothing_where_nothing_is_published(inputs: Inputs) -> None:
    silent = {
        it: table for it, table in inputs.tables.items() if it not in {"published_figures", "statements"}
    }
    assert figures.analysis(replace(inputs, tables=silent), shared_measures(inputs)).tables == {}
    listed = {it: table for it, table in inputs.tables.items() if it != "published_figures"}
    alone = figures.analysis(
        replace(inputs, tables=listed, answers=None, respondents=None), shared_measures(inputs)
    )
    assert alone.tables["figures"].empty
    assert alone.tables["incoherences"]["check"].tolist() == ["lists", "territory"]


def test_a_figure_that_differs_from_assumed_data_is_not_judged() -> None:
    published = pd.DataFrame({"figure": ["a"], "value": [3.0], "unit": "count", "table": "offers"})
    found = pd.DataFrame(
        {"recomputed": [5.0], "recomputed_base": [9.0], "low": 0.0, "high": 9.0, "reason": ""}, index=["a"]
    )
    assert compared(published, found, weak={"offers"})["status"].tolist() == ["not_judged"]
    assert compared(published, found)["status"].tolist() == ["differs"]
