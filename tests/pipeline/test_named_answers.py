"""What single communes answered: nothing unless a study names them, and then in words, by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

from opsn_geo.errors import InputError
from opsn_geo.pipeline import run as pipeline
from opsn_geo.pipeline.analyses import shared_measures
from opsn_geo.pipeline.analyses.named_answers import analysis, answers_of
from opsn_geo.pipeline.check import check
from opsn_geo.pipeline.load import Inputs, load
from opsn_geo.publish import sentences
from opsn_geo.study import Study

BOOK = pd.DataFrame(
    [
        ("Your e-mail", "contact", None, "meta", None),
        ("Anything to add?", "remark", None, "text", None),
        ("Who are you?", "name", None, "single", None),
        ("Your role", "role", "it", "single", "Computing"),
        ("Your role", "role", "other", "single", "Something else"),
        ("Do you have a server?", "server", None, "yes_no", None),
        ("You need – maps", "need", "sig", "multiple", "Maps"),
        ("You need – mail", "need", "mail", "multiple", None),
        ("How many of you?", "agents", None, "number", None),
        ("Out of 10 – speed", "score", "speed", "scale", "Speed"),
        ("Out of 10 – price", "score", "price", "scale", "Price"),
        ("Out of 10", "overall", None, "scale", None),
    ],
    columns=["column", "item", "choice", "kind", "label"],
).astype("str")
ANSWERS = pd.DataFrame(
    {
        "contact": ["a@b.fr"] * 4,
        "remark": ["call me"] * 4,
        "name": ["Ann"] * 4,
        "role": ["it", None, "other", "it"],
        "server": pd.array([True, False, None, True], dtype="boolean"),
        "need:sig": pd.array([True, False, None, True], dtype="boolean"),
        "need:mail": pd.array([True, False, None, False], dtype="boolean"),
        "agents": pd.array([12, 3.5, None, 1], dtype="Float64"),
        "score:speed": pd.array([9, None, None, 1], dtype="Float64"),
        "score:price": pd.array([7, None, None, 1], dtype="Float64"),
        "overall": pd.array([None, 8, None, 1], dtype="Float64"),
    },
    index=pd.Index(["p", "q", "r", "s"], name="respondent"),
)
CODES = pd.Series({"q": "02001", "p": "02001", "r": "02000"}).rename_axis("respondent")


@pytest.fixture(scope="module")
def inputs(founding: Inputs) -> Inputs:
    return founding


def test_answers_are_written_out_question_by_question() -> None:
    shown = sentences.replies(answers_of(ANSWERS, BOOK, CODES), BOOK, "fr")
    assert shown.drop(columns="item").to_numpy().tolist() == [
        ["02000", 1, "Your role", "Something else"],
        ["02001", 1, "Your role", "Computing"],
        ["02001", 1, "Do you have a server?", "oui"],
        ["02001", 1, "You need", "Maps, mail"],
        ["02001", 1, "How many of you?", "12"],
        ["02001", 1, "Out of 10 – speed", "9"],
        ["02001", 1, "Out of 10 – price", "7"],
        ["02001", 2, "Do you have a server?", "non"],
        ["02001", 2, "You need", "rien de cela"],
        ["02001", 2, "How many of you?", "3,5"],
        ["02001", 2, "Out of 10", "8"],
    ]
    assert shown["item"].unique().tolist() == [
        "role", "server", "need", "agents", "score:speed", "score:price", "overall",
    ]  # fmt: skip


def test_neither_free_text_nor_identity_is_written_out() -> None:
    shown = sentences.replies(answers_of(ANSWERS, BOOK, CODES), BOOK, "en").to_csv()
    assert not [it for it in ("a@b.fr", "call me", "Ann") if it in shown]


def test_nobody_gives_an_empty_table() -> None:
    shown = sentences.replies(answers_of(ANSWERS, BOOK, CODES.iloc[:0]), BOOK)
    assert shown.empty
    assert list(shown) == ["code_insee", "respondent", "item", "label", "answer"]


def test_only_the_communes_named_are_shown(inputs: Inputs) -> None:
    shared = shared_measures(inputs)
    assert analysis(inputs, shared).tables == {}
    asked = replace(inputs, study=replace(inputs.study, survey={"named": ["80685"]}))
    shown = analysis(asked, shared).tables["reponses"]
    assert set(shown["code_insee"]) == {"80685"}
    placed = inputs.respondents
    assert placed is not None
    mine = placed["level"].eq("commune") & placed["code_insee"].eq("80685")
    assert shown["respondent"].nunique() == mine.sum() > 1


def test_a_run_publishes_them_where_they_are_asked_for(tmp_path: Path) -> None:
    pipeline.run(replace(Study.default(), survey={"named": ["80685"]}), tmp_path)
    file = tmp_path / "opsn-hauts-de-france-2021.gpkg"
    listed = gpd.read_file(file, layer="reponses")
    assert set(listed["code_insee"]) == {"80685"}
    assert (tmp_path / "tables" / "reponses.csv").exists()
    outputs = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["outputs"]
    assert "tables/reponses.csv" in outputs
    assert "reponses" in pyogrio.list_layers(file)[:, 0]


def test_codes_that_are_wrong_or_silent_are_all_listed(inputs: Inputs) -> None:
    placed = inputs.respondents
    assert placed is not None
    silent = next(it for it in inputs.territory.communes.index if it not in set(placed["code_insee"]))
    study = replace(inputs.study, survey={"named": ["80685", "8O685", silent]})
    with pytest.raises(InputError, match=r"survey\.named") as caught:
        load(study)
    shown = [(it.cause, it.value, it.nearest) for it in caught.value.faults]
    assert shown == [("named_unknown", "8O685", "80685"), ("named_silent", silent, None)]
    assert [it for it in check(study).faults if it.column == "survey.named"] == [*caught.value.faults]
