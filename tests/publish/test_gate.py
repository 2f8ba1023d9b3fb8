"""The gate: what would give away what few have answered is refused, whatever the measures let through."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from opsn_geo.catalogue import register
from opsn_geo.pipeline import run as pipeline
from opsn_geo.pipeline.load import load
from opsn_geo.publish.gate import READINGS, DisclosureError, passed
from opsn_geo.study import Study


def estimations(answers: int, unweighted: float = 0.5, **columns: object) -> dict[str, pd.DataFrame]:
    row = {"item": ["rgpd"], "measure": ["share"], "answers": [answers], "unweighted": [unweighted]} | columns
    return {"estimations": pd.DataFrame(row)}


@pytest.mark.parametrize(
    ("answers", "unweighted"), [(1, 1.0), (8, 0.5), (40, 0.0), (40, 1.0), (40, 0.1), (40, 0.9), (400, 0.01)]
)
def test_under_five_answers_on_either_side_are_refused(answers: int, unweighted: float) -> None:
    if unweighted == 0.01:  # a share that is rounded may stand for five or six
        passed(estimations(answers, unweighted))
        unweighted = 0.0
    with pytest.raises(DisclosureError, match=r"estimations: 1 row shows under 5 answers on a side"):
        passed(estimations(answers, unweighted))


@pytest.mark.parametrize(("answers", "unweighted"), [(0, float("nan")), (10, 0.5), (400, 0.98)])
def test_nobody_and_enough_on_both_sides_pass(answers: int, unweighted: float) -> None:
    tables = estimations(answers, unweighted)
    assert passed(tables) is tables


def test_the_minimum_is_that_of_the_study() -> None:
    passed(estimations(8), min_answers=4)
    with pytest.raises(DisclosureError, match="under 10"):
        passed(estimations(18), min_answers=10)


def test_a_count_is_looked_at_from_both_sides() -> None:
    for count in (0, 4, 36, 40):
        with pytest.raises(DisclosureError, match=r"besoins: .*\(need_count\)"):
            passed({"besoins": pd.DataFrame({"need_base": [40], "need_count": [count], "need_hidden": [""]})})
    passed({"besoins": pd.DataFrame({"need_base": [40], "need_count": [5], "need_hidden": [""]})})


def test_a_side_of_a_comparison_is_a_group() -> None:
    sides = pd.DataFrame({"members": [40], "others": [3], "both": [True], "hidden": [""]})
    with pytest.raises(DisclosureError, match=r"recouvrement: .*\(others\)"):
        passed({"recouvrement": sides})


def test_a_hidden_row_shows_no_number_and_a_class_no_more_than_its_base() -> None:
    with pytest.raises(DisclosureError, match="hidden rows show answers, unweighted"):
        passed(estimations(40, hidden=["complement"]))
    with pytest.raises(DisclosureError, match="hidden rows show unweighted"):
        passed(estimations(40, hidden=["few"]))
    passed(estimations(40, float("nan"), hidden=["few"]))


def test_a_precise_number_that_rests_on_weights_is_refused() -> None:
    with pytest.raises(DisclosureError, match="rest on weights are not rounded"):
        passed(estimations(40, estimate=[0.51234]))
    passed(estimations(40, estimate=[0.51]))


def test_a_table_that_counts_answers_without_saying_so_is_refused() -> None:
    with pytest.raises(DisclosureError, match="my_table: counts answers"):
        passed({"my_table": pd.DataFrame({"answers": [40]})})
    passed({"my_table": pd.DataFrame({"communes": [1]})})


def test_only_communes_that_agreed_answer_by_name() -> None:
    replies = {"reponses": pd.DataFrame({"code_insee": ["02001", "02002"], "answer": ["yes", "no"]})}
    passed(replies, named=["02001", "02002"])
    with pytest.raises(DisclosureError, match="02002 did not agree"):
        passed(replies, named=["02001"])


def test_all_faults_are_listed_at_once() -> None:
    with pytest.raises(DisclosureError, match=r"estimations: .*; my_table: "):
        passed(estimations(1) | {"my_table": pd.DataFrame({"members": [9]})})


def test_the_gate_knows_every_table_about_answers() -> None:
    about = {name for name, table in register.tables().items() if table.disclosure == "answers"}
    assert set(READINGS) == about


def test_a_run_that_would_publish_a_small_group_writes_nothing(
    tmp_path: Path, founding_measured: pipeline.Results
) -> None:
    results = founding_measured
    table = results.tables["estimations"].copy()
    table.loc[0, "answers"] = 3
    leaking = replace(results, tables={**results.tables, "estimations": table})
    with pytest.raises(DisclosureError, match="estimations"):
        pipeline.write(leaking, tmp_path)
    with pytest.raises(DisclosureError, match="estimations"):
        pipeline.write_report(leaking, tmp_path / "rapport.html")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("count", [6, 11, 60])
def test_a_study_of_few_answers_can_be_published(tmp_path: Path, count: int) -> None:
    study = Study.default()
    answers = pd.read_csv(study.tables["answers"], dtype="str").sample(count, random_state=count)
    answers.to_csv(tmp_path / "answers.csv", index=False)
    few = replace(study, tables={**study.tables, "answers": tmp_path / "answers.csv"})
    figures = pipeline.published(pipeline.measure(load(few))).tables["figures"].set_index("figure")
    # who answered is public, however few; what they answered is not
    assert figures.loc["answers", ["recomputed_from", "recomputed"]].tolist() == ["respondents", count]
    shown = figures[figures["recomputed_from"].eq("answers") & figures["recomputed"].notna()]
    assert (shown["recomputed_base"] >= study.min_answers).all()
