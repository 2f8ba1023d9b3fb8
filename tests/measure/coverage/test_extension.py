from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import csr_array

from opsn_geo.measure.coverage.evidence import Coverage, coverage
from opsn_geo.measure.coverage.extension import (
    adhesions,
    best,
    extensions,
    maximum_coverage,
    ranked_steps,
)

DAY = date(2021, 2, 1)
Tables = dict[str, pd.DataFrame]


@pytest.fixture
def known(tables: Tables) -> Coverage:
    return coverage(**tables, date=DAY)


@settings(max_examples=150, deadline=None)
@given(
    st.tuples(st.integers(1, 7), st.integers(1, 9)).flatmap(
        lambda shape: st.tuples(
            hnp.arrays(bool, shape), hnp.arrays(np.int64, shape[1], elements=st.integers(0, 1000))
        )
    ),
    st.integers(1, 4),
)
def test_the_optimum_is_that_of_trying_every_choice(case: tuple[np.ndarray, np.ndarray], k: int) -> None:
    covers, weight = case
    choices = combinations(range(len(covers)), min(k, len(covers)))
    most = max(covers[list(rows)].any(axis=0) @ weight for rows in choices)
    picked = maximum_coverage(csr_array(covers.astype(int)), weight, k)
    assert len(picked) <= k
    assert covers[picked].any(axis=0) @ weight == most


def test_a_solver_that_fails_says_so() -> None:
    with pytest.raises(RuntimeError, match="infeasible"):
        maximum_coverage(csr_array(np.eye(2)), np.ones(2), -1)


def test_adhesions_bring_only_what_is_offered_and_not_yet_there(tables: Tables, known: Coverage) -> None:
    found = adhesions(known, tables["communes"]["siren_epci"])
    found["place"], found["service"] = known.places[found["place"]], known.services[found["service"]]
    assert found.to_records(index=False).tolist() == [
        ("alpha", "E1", "01002", "acte"),
        ("alpha", "E2", "01003", "dpd"),
        ("alpha", "E2", "01003", "acte"),
        ("beta", "E2", "02001", "dpd"),
    ]


def test_the_best_adhesions_by_hand(tables: Tables, known: Coverage) -> None:
    communes = tables["communes"]
    found = best(adhesions(known, communes["siren_epci"]), known, communes["population"], 5)
    assert found[["k", "rank", "opsn", "siren_epci", "gain_pop", "total_pop"]].to_numpy().tolist() == [
        [1, 1, "alpha", "E2", 600, 600],
        [2, 1, "alpha", "E2", 600, 800],
        [2, 2, "alpha", "E1", 200, 800],
    ]
    assert found.groupby("k")["marginal_pop"].first().tolist() == [600, 200]


def test_an_adhesion_that_may_be_there_already_is_never_chosen(tables: Tables, known: Coverage) -> None:
    """The list of beta is incomplete: the 400 people of 02001 may be its members' already."""
    communes = tables["communes"]
    candidates = adhesions(known, communes["siren_epci"])
    beta = candidates[candidates["opsn"] == "beta"]
    assert len(beta) == 1
    assert best(beta, known, communes["population"], 1).empty
    complete = replace(known, incomplete=np.zeros(len(known.opsn) + 1, dtype=bool))
    sure = best(adhesions(complete, communes["siren_epci"]).query("opsn == 'beta'"), complete,
                communes["population"], 1)  # fmt: skip
    assert sure[["gain_pop", "unknown_pop"]].to_numpy().tolist() == [[400, 0]]


def offered_nowhere_else(places: int) -> Coverage:
    """Make two services of one operator, offered to every place; nobody is a member."""
    evidence = np.zeros((2, places, 2), np.uint8)
    evidence[0] = 1
    return Coverage(
        places=pd.Index([str(it) for it in range(places)]), services=pd.Index(["dpd", "sig"]),
        opsn=pd.Index(["x"]), evidence=evidence, since=np.full((places, 2), np.datetime64("NaT")),
        basis=np.zeros((places, 2), np.int8), incomplete=np.array([False, False]),
    )  # fmt: skip


def test_need_decides_where_people_alone_would_tie() -> None:
    """Two communes of 10 people; only the first lacks what is wanted."""
    known = offered_nowhere_else(2)
    own = pd.Series(["a", "b"], index=known.places, name="body")
    candidates = adhesions(known, own)
    halves = candidates[(candidates["body"] == "a") == (candidates["service"] == 1)]
    people = pd.Series(10, index=known.places)
    alike = best(halves, known, people, 2)
    assert alike["tied_count"].tolist() == [1, 1, 0]
    assert (
        ranked_steps(alike.assign(step="adhesion"))[["rank", "rank_last"]].to_numpy().tolist() == [[1, 2]] * 2
    )
    wanted = best(halves, known, people, 2, need=pd.Series({"sig": 0.3, "dpd": 0.1}))
    assert wanted[["k", "body", "gain_need"]].round(9).to_numpy().tolist() == [
        [1, "a", 3.0], [2, "a", 3.0], [2, "b", 1.0],
    ]  # fmt: skip
    assert wanted["tied_count"].tolist() == [0, 0, 0]
    assert ranked_steps(wanted.assign(step="adhesion"))["rank_last"].tolist() == [1, 2]


def test_communes_may_join_by_themselves(tables: Tables, known: Coverage) -> None:
    communes = tables["communes"]
    own = communes.index.to_series()
    found = best(adhesions(known, own), known, communes["population"], 1)
    assert found[["opsn", "code_insee", "gain_pop"]].to_numpy().tolist() == [["alpha", "01003", 600]]


def test_an_extension_of_the_offer_brings_the_whole_departement(tables: Tables, known: Coverage) -> None:
    communes = tables["communes"]
    found = best(extensions(known, communes["code_dep"]), known, communes["population"], 2)
    assert found[["k", "code_dep", "extended", "gain_pop"]].to_numpy().tolist() == [[1, "02", "acte", 900]]


def test_nothing_left_to_gain_is_an_empty_table(tables: Tables, known: Coverage) -> None:
    nobody = pd.Series(None, tables["communes"].index, name="siren_epci", dtype="str")
    found = best(adhesions(known, nobody), known, tables["communes"]["population"], 3)
    assert found.empty
    assert found.columns[:2].tolist() == ["k", "rank"]


def test_people_who_are_not_counted_count_for_nothing_and_their_places_are_told() -> None:
    """EPCI 1 holds a, of 10 people; EPCI 2 holds b, of 30, and c, of an unknown number; none is a member."""
    offered = Coverage(
        places=pd.Index(["a", "b", "c"]),
        services=pd.Index(["dpd"]),
        opsn=pd.Index(["x"]),
        evidence=np.array([[[1], [1], [1]], [[0], [0], [0]]], np.uint8),
        since=np.full((3, 1), np.datetime64("NaT")),
        basis=np.zeros((3, 1), np.int8),
        incomplete=np.array([False, False]),
    )
    candidates = adhesions(offered, pd.Series(["1", "2", "2"], index=["a", "b", "c"], name="siren_epci"))
    steps = best(candidates, offered, pd.Series({"a": 10, "b": 30, "c": None}), 2)
    columns = ["k", "siren_epci", "gain_pop", "total_pop", "unknown_population_count"]
    assert steps[columns].to_numpy().tolist() == [
        [1, "2", 30, 30, 1],
        [2, "2", 30, 40, 1],
        [2, "1", 10, 40, 0],
    ]
    assert best(candidates, offered, pd.Series(np.nan, index=["a", "b", "c"]), 2).empty
