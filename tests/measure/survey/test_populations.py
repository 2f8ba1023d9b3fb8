"""EPCI, CCAS and syndicats: populations of their own, with an error only where it can be known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from opsn_geo.catalogue.words import LANGUAGES, Language
from opsn_geo.measure.survey.populations import (
    EPCI_BANDS,
    answers_by_body,
    bodies_of,
    body_estimates,
    epci_profile,
    epci_response,
)
from opsn_geo.measure.survey.verdict import body_findings
from opsn_geo.publish.sentences import verdict


def bodies(**codes: list[str | None]) -> pd.DataFrame:
    rows = [(body, code) for body, found in codes.items() for code in found]
    return pd.DataFrame(rows, columns=["body", "code"])


def test_what_a_respondent_answers_for_comes_before_the_place() -> None:
    placed = pd.DataFrame(
        {
            "level": ["commune", "commune", "commune", "epci", "other", "commune"],
            "code_insee": ["80001", "80001", "80002", None, None, "80005"],
            "siren_epci": ["1", "1", "1", "2", None, "1"],
        },
        index=list("abcdef"),
    )
    structure = pd.Series(["mairie", "ccas", "epci", "epci", "syndicat", None], index=list("abcdef"))
    found = bodies_of(placed, structure)
    assert found["body"].tolist() == ["commune", "ccas", "epci", "epci", "syndicat", "commune"]
    assert found["code"].dropna().to_dict() == {"a": "80001", "d": "2", "f": "80005"}
    alone = bodies_of(placed)
    assert alone["body"].tolist() == ["commune", "commune", "commune", "epci", "other", "commune"]


def test_rates_are_given_where_the_population_is_known_and_only_there() -> None:
    found = answers_by_body(bodies(epci=["1", "2", "2", None], ccas=[None] * 6), {"epci": 8, "commune": 3})
    assert found.index.tolist() == ["ccas", "commune", "epci"]
    columns = ["answers", "unplaced", "answered", "units", "response_share"]
    assert list(found.loc["epci", columns]) == [4, 1, 2, 8, 0.25]
    wanted = stats.binomtest(2, 8).proportion_ci(method="exact")
    bounds = found.loc["epci", ["response_low_share", "response_high_share"]]
    assert list(bounds) == pytest.approx([wanted.low, wanted.high])
    assert list(found.loc["commune", columns]) == [0, 0, 0, 3, 0.0]
    assert all(map(pd.isna, found.loc["ccas", [*columns[2:], "response_low_share", "response_high_share"]]))
    assert found["scope"].to_dict() == {"ccas": "answers", "commune": "territory", "epci": "territory"}


def test_epci_lie_where_most_of_their_inhabitants_do_and_have_bands_of_their_own() -> None:
    epci = pd.DataFrame({"population": [14_999, 15_000, 300_000]}, index=list("abc"))
    communes = pd.DataFrame(
        {
            "siren_epci": ["a", "a", "b", "c", None],
            "code_dep": ["02", "60", "60", "59", "59"],
            "population": [5_000, 9_999, 15_000, 300_000, 7],
        }
    )
    found = epci_profile(epci, communes, pd.Series(["c", "c", None]))
    assert found["code_dep"].tolist() == ["60", "60", "59"]
    assert found["epci_size"].astype(str).tolist() == ["lt_15000", "15000_49999", "ge_250000"]
    assert list(found["epci_size"].cat.categories) == list(EPCI_BANDS)
    assert found["responded"].tolist() == [False, False, True]


def test_the_response_of_epci_is_exact() -> None:
    """3 of 4 EPCI of 02 answered and none of 4 of 59: C(4, 3) C(4, 0) / C(8, 3) = 4 / 56, twice."""
    units = pd.DataFrame(
        {
            "code_dep": ["02"] * 4 + ["59"] * 4,
            "epci_size": "lt_15000",
            "responded": [True] * 3 + [False] * 5,
        }
    )
    found = epci_response(units)
    assert found["level"].tolist() == ["02", "59", "lt_15000"]
    assert found["response_share"].tolist() == [0.75, 0.0, 3 / 8]
    assert found["cell"].tolist() == ["small", "empty", "small"]
    p = found["p"].tolist()
    assert p == pytest.approx([8 / 56, 8 / 56, 1])
    assert p[0] == pytest.approx(stats.fisher_exact([[3, 1], [0, 4]]).pvalue)


def test_estimates_of_epci_have_the_error_of_a_draw_without_replacement() -> None:
    """By hand: shares s² = p (1 - p) n / (n - 1), error √((1 - n / N) s² / n)."""
    values = pd.DataFrame({"used": [True] * 6 + [False] * 4, "score": np.arange(10.0)})
    found = body_estimates(values, bodies(epci=list("abcdefghij")), {"epci": 40}, 1).set_index("item")
    assert found["unweighted"].to_dict() == {"used": 0.6, "score": 4.5}
    assert found["units"].tolist() == [40, 40]
    rest = 1 - 10 / 40
    assert found.loc["used", "se"] == pytest.approx(np.sqrt(rest * 0.6 * 0.4 / 9))
    mean = np.sqrt(rest * values["score"].var() / 10)
    assert found.loc["score", "se"] == pytest.approx(mean)
    bounds = stats.t.interval(0.95, 9, loc=4.5, scale=mean)
    assert list(found.loc["score", ["low", "high"]]) == pytest.approx(list(bounds))


def test_colleagues_of_one_epci_share_its_weight() -> None:
    values = pd.DataFrame({"used": [True, True, True, False, False]})
    found = body_estimates(values, bodies(epci=["a", "a", "a", "b", "c"]), {"epci": 10}, 1)
    assert found.loc[0, "unweighted"] == pytest.approx(1 / 3)


def test_what_nobody_can_count_has_a_value_and_no_error() -> None:
    values = pd.DataFrame({"used": [True] * 4 + [False]})
    found = body_estimates(values, bodies(syndicat=[None] * 5), {"epci": 40}, 1)
    row = found.iloc[0]
    assert list(row[["body", "scope", "answers", "unweighted"]]) == ["syndicat", "answers", 5, 0.8]
    assert all(map(pd.isna, row[["units", "se", "low", "high"]]))


def test_few_or_unanimous_answers_are_hidden() -> None:
    values = pd.DataFrame({"used": [True] * 11 + [True, False] * 10, "asked": [True] * 31})
    of_all = bodies(ccas=[None] * 4, syndicat=[None] * 7, epci=[str(it) for it in range(20)])
    found = body_estimates(values.astype("boolean"), of_all, {"epci": 40}).set_index(["item", "body"])
    assert found["hidden"].to_dict() == {
        ("used", "ccas"): "small", ("used", "syndicat"): "small", ("used", "epci"): "",
        ("asked", "ccas"): "small", ("asked", "syndicat"): "small", ("asked", "epci"): "most",
    }  # fmt: skip
    blank = found[found["hidden"] != ""]
    assert blank[["unweighted", "se"]].isna().all(axis=None)
    assert found.loc[("asked", "epci"), "answers"] == 20


def test_communes_have_no_row_and_no_answer_no_table() -> None:
    values = pd.DataFrame({"used": [True, False]})
    found = body_estimates(values, bodies(commune=["80001", "80002"]), {"commune": 4})
    assert found.empty
    assert {"body", "scope", "item", "unweighted", "hidden"} <= set(found)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_kind_is_said_with_what_it_speaks_for(lang: Language) -> None:
    counted = answers_by_body(bodies(epci=["1", "2"], ccas=[None] * 6, commune=["80001"]), {"epci": 8})
    said = verdict(
        body_findings(counted), {"structure:epci": "EPCI", "structure:ccas": "CCAS"}, lang
    ).set_index("subject")["text"]
    assert said.index.tolist() == ["ccas", "epci"]
    assert {"fr": "2 sur 8 ont répondu (25\u202f% [", "en": "2 of 8 answered (25% ["}[lang] in said["epci"]
    assert {"fr": "ne décrivent que ceux qui ont répondu", "en": "only those who answered"}[lang] in said[
        "ccas"
    ]
    assert not said.str.contains("{|nan|<NA>").any()


@given(st.lists(st.tuples(st.sampled_from(["epci", "ccas", "syndicat"]), st.booleans()), max_size=40))
def test_nothing_published_rests_on_few_answers(rows: list[tuple[str, bool]]) -> None:
    respondents = pd.DataFrame({"body": [body for body, _ in rows], "code": None}, dtype="str")
    values = pd.DataFrame({"used": pd.array([it for _, it in rows], dtype="boolean")})
    table = body_estimates(values, respondents, {}).set_index("body")
    answers = pd.DataFrame(rows, columns=["body", "used"]).groupby("body")["used"].agg(["sum", "size"])
    sides = answers.assign(no=answers["size"] - answers["sum"]).drop(columns="size").min(axis=1)
    assert (sides.reindex(table.index[table["unweighted"].notna()]) >= 5).all()
    assert table.loc[table["hidden"].ne(""), ["unweighted", "low", "high"]].isna().all(axis=None)
