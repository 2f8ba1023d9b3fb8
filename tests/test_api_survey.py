"""A survey of one's own, from a plain frame to its verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

import opsn_geo
from opsn_geo.errors import Fault, InputError

CODES = [f"02{number:03}" for number in range(1, 41)]


@pytest.fixture
def communes() -> gpd.GeoDataFrame:
    """Forty squares in a column, every other one of 800 inhabitants and the others of 300."""
    squares = [box(0, 1000 * row, 1000, 1000 * row + 1000) for row in range(40)]
    columns = {"code_dep": "02", "siren_epci": "200071892", "population": [300, 800] * 20}
    return gpd.GeoDataFrame(columns, geometry=squares, index=pd.Index(CODES, name="code_insee"), crs=2154)


@pytest.fixture
def answers() -> pd.DataFrame:
    """All twenty of the small communes say yes, ten of the twenty larger ones say no."""
    return pd.DataFrame(
        {
            "code_insee": [*CODES[::2], *CODES[1:20:2]],
            "cloud": [True] * 20 + [False] * 10,
            "posts": [1.0] * 20 + [4.0] * 10,
            "supplier": ["own"] * 20 + ["epci"] * 10,
            "comment": [f"written by {number}" for number in range(30)],
        },
        index=[f"r{number}" for number in range(30)],
    )


def faults(act: Callable[[], object]) -> list[Fault]:
    with pytest.raises(InputError) as caught:
        act()
    assert all(fault.text("fr") != fault.text("en") for fault in caught.value.faults)
    return list(caught.value.faults)


def test_weights_give_each_size_its_place(communes: gpd.GeoDataFrame, answers: pd.DataFrame) -> None:
    found = opsn_geo.survey(answers, communes)
    assert found.weights.round(9).tolist() == [1.0] * 20 + [2.0] * 10
    whole = found.estimates[found.estimates["domain"] == ""].set_index("item")
    assert whole["estimate"].round(9).to_dict() == {
        "cloud": 0.5, "posts": 2.5, "supplier:epci": 0.5, "supplier:own": 0.5,
    }  # fmt: skip
    assert whole.loc["cloud", "unweighted"] == pytest.approx(2 / 3)


def test_the_verdict_is_in_words_of_the_language_asked(
    communes: gpd.GeoDataFrame, answers: pd.DataFrame
) -> None:
    french, english = (opsn_geo.survey(answers, communes, lang=lang).verdict for lang in ("fr", "en"))
    assert french["text"].str.len().min() > 20
    assert not set(french["text"]) & set(english["text"])


def test_a_conclusion_is_judged_where_a_threshold_is_given(
    communes: gpd.GeoDataFrame, answers: pd.DataFrame
) -> None:
    answers["mail"] = [True, True, False] * 10
    verdict = opsn_geo.survey(answers, communes, thresholds={"mail": 0.5}).verdict
    assert verdict.loc[verdict["finding"] == "headline", "subject"].tolist() == ["mail"]


def test_booleans_with_gaps_are_shares_whatever_their_type(
    communes: gpd.GeoDataFrame, answers: pd.DataFrame
) -> None:
    gaps = answers["cloud"].astype(object).where(answers["posts"].index != "r0")
    for column in (gaps, gaps.astype("boolean")):
        table = opsn_geo.survey(answers.assign(cloud=column), communes, items=["cloud"]).estimates
        assert table["measure"].unique().tolist() == ["share"]
        assert table.loc[0, "answers"] == 29


def test_free_text_is_no_item_and_is_nowhere_in_the_results(
    communes: gpd.GeoDataFrame, answers: pd.DataFrame
) -> None:
    found = opsn_geo.survey(answers, communes)
    shown = [repr(found), found._repr_html_(), *(it.to_csv() for it in found.tables.values())]
    assert not any("written by" in it for it in shown)
    assert repr(found).startswith("<SurveyResults: answers 30, communes 30, of 40, ")


def test_weights_may_reproduce_a_variable_of_ones_own(
    communes: gpd.GeoDataFrame, answers: pd.DataFrame
) -> None:
    canton = pd.DataFrame({"canton": ["A"] * 20 + ["B"] * 20}, index=communes.index)
    found = opsn_geo.survey(answers, communes, variables=canton, margins=["canton"])
    placed = found.weights.groupby(answers["code_insee"].map(canton["canton"])).sum()
    assert placed.round(9).to_dict() == {"A": 20.0, "B": 20.0}


@pytest.mark.parametrize(
    ("change", "options", "expected"),
    [
        (lambda it: it.rename(columns={"code_insee": "insee"}), {}, ("frame_column", "code_insee", "insee")),
        (lambda it: it, {"items": ["clod"]}, ("frame_column", "clod", "cloud")),
        (lambda it: it.assign(code_insee=2001), {}, ("wrong_code", "code_insee", "02001")),
        (lambda it: it.assign(code_insee=None), {}, ("empty_column", "code_insee", None)),
        (lambda it: it.set_axis(["r"] * 30), {}, ("repeated_label", None, None)),
        (lambda it: it, {"margins": ["size"]}, ("wrong_argument", None, "size_band")),
        (lambda it: it, {"thresholds": {"clouds": 0.5}}, ("wrong_argument", None, "cloud")),
        (lambda it: it, {"weight_bounds": (2, 3)}, ("wrong_argument", None, None)),
        (lambda it: it, {"lang": "de"}, ("wrong_argument", None, None)),
        (lambda it: it, {"variables": pd.DataFrame({"canton": ["A"]})}, ("frame_index", None, None)),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_survey_is_named(
    communes: gpd.GeoDataFrame,
    answers: pd.DataFrame,
    change: Callable[[pd.DataFrame], pd.DataFrame],
    options: dict[str, Any],
    expected: tuple[str, str | None, str | None],
) -> None:
    found = faults(lambda: opsn_geo.survey(change(answers), communes, **options))
    assert expected in [(fault.cause, fault.column, fault.nearest) for fault in found]


@pytest.mark.parametrize("column", ["code_dep", "siren_epci", "population"])
def test_a_missing_column_of_communes_is_named(
    communes: gpd.GeoDataFrame, answers: pd.DataFrame, column: str
) -> None:
    found = faults(lambda: opsn_geo.survey(answers, communes.drop(columns=column)))
    assert [(fault.file, fault.cause, fault.column) for fault in found] == [
        ("communes", "frame_column", column)
    ]
