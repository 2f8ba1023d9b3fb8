"""The gate: what would tell what few have answered is refused, whatever the measures let through."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from opsn_geo.catalogue import register
from opsn_geo.pipeline import run as pipeline
from opsn_geo.publish.gate import COUNTS, DisclosureError, passed
from opsn_geo.study import Study


def estimations(answers: int, **columns: object) -> dict[str, pd.DataFrame]:
    row = {"item": ["rgpd"], "answers": [answers], "estimate": [0.5]} | columns
    return {"estimations": pd.DataFrame(row)}


@pytest.mark.parametrize("answers", [1, 4])
def test_a_small_group_is_refused(answers: int) -> None:
    with pytest.raises(DisclosureError, match=r"estimations: 1 row rests on fewer than 5 answers"):
        passed(estimations(answers))


@pytest.mark.parametrize("answers", [0, 5, 40])
def test_nobody_and_enough_pass(answers: int) -> None:
    tables = estimations(answers)
    assert passed(tables) is tables


def test_the_minimum_is_that_of_the_study() -> None:
    passed(estimations(4), min_answers=4)
    with pytest.raises(DisclosureError, match="fewer than 10"):
        passed(estimations(9), min_answers=10)


def test_a_side_of_a_comparison_is_a_group() -> None:
    sides = pd.DataFrame({"item": ["rgpd"], "members": [40], "others": [3]})
    with pytest.raises(DisclosureError, match=r"influence: .*\(others\)"):
        passed({"influence": sides})


def test_a_hidden_row_shows_no_number() -> None:
    with pytest.raises(DisclosureError, match="hidden rows show answers, estimate"):
        passed(estimations(9, hidden=["complement"]))
    blank = {"answers": [pd.NA], "estimate": [float("nan")], "hidden": ["small"]}
    passed({"estimations": pd.DataFrame({"item": ["rgpd"]} | blank)})


def test_a_table_that_counts_answers_without_saying_so_is_refused() -> None:
    with pytest.raises(DisclosureError, match="my_table: counts answers"):
        passed({"my_table": pd.DataFrame({"answers": [40]})})
    passed({"my_table": pd.DataFrame({"communes": [1]})})


def test_only_communes_that_agreed_answer_by_name() -> None:
    replies = {"reponses": pd.DataFrame({"code_insee": ["02001", "02002"], "answer": ["yes", "no"]})}
    passed(replies, named=["02001", "02002"])
    with pytest.raises(DisclosureError, match="02002 did not agree"):
        passed(replies, named=["02001"])


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(DisclosureError, match=r"estimations: .*; my_table: "):
        passed(estimations(1) | {"my_table": pd.DataFrame({"members": [9]})})


def test_the_gate_knows_every_table_about_answers() -> None:
    about = {name for name, table in register.tables().items() if table.disclosure == "answers"}
    assert set(COUNTS) == about


def test_a_run_that_would_publish_a_small_group_writes_nothing(tmp_path: Path) -> None:
    results = pipeline.measure(pipeline.load(Study.default()))
    table = results.tables["estimations"].copy()
    table.loc[0, "answers"] = 3
    leaking = replace(results, tables={**results.tables, "estimations": table})
    with pytest.raises(DisclosureError, match="estimations"):
        pipeline.write(leaking, tmp_path)
    with pytest.raises(DisclosureError, match="estimations"):
        pipeline.write_report(leaking, tmp_path / "rapport.html")
    assert not list(tmp_path.iterdir())
