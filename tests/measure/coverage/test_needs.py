from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from opsn_geo.measure.coverage.evidence import coverage
from opsn_geo.measure.coverage.needs import needs, operators_offering, ticked, wilson
from opsn_geo.measure.disclosure import shown

Tables = dict[str, pd.DataFrame]


def survey(**columns: tuple[int, int, int]) -> pd.DataFrame:
    """Give respondents of whom so many tick, do not tick, do not answer."""
    cells = {
        name.replace("__", ":"): [True] * yes + [False] * no + [None] * silent
        for name, (yes, no, silent) in columns.items()
    }
    return pd.DataFrame(cells, dtype="boolean")


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_agrees_with_scipy(case: tuple[int, int]) -> None:
    count, base = case
    low, high = wilson(np.array([float(count)]), np.array([float(base)]))
    expected = binomtest(count, base).proportion_ci(method="wilson")
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_an_empty_base_could_be_anything() -> None:
    low, high = wilson(np.array([0.0]), np.array([0.0]))
    assert (low[0], high[0]) == (0, 1)


def test_each_choice_has_its_own_base() -> None:
    found = ticked(survey(need__sig=(6, 4, 90), need__dpd=(20, 60, 20), need__none=(1, 99, 0)), "need")
    assert found["base"].to_dict() == {("all", "sig"): 10, ("all", "dpd"): 80}
    assert found["share"].tolist() == [0.6, 0.25]


def test_a_need_of_few_or_of_all_but_few_is_a_class_and_no_number() -> None:
    answers = survey(
        need__sig=(3, 57, 0), need__dpd=(57, 3, 0), need__acte=(30, 30, 0), service_used__sig=(30, 30, 0)
    )
    offered = pd.Series(dtype=int, index=pd.MultiIndex.from_arrays([[], []]))
    found = needs(answers, offered).loc["all"]
    assert found["need_hidden"].to_dict() == {"sig": "few", "dpd": "most", "acte": ""}
    assert found["need_share"].notna().to_dict() == {"sig": False, "dpd": False, "acte": True}
    assert found["need_base"].tolist() == [60, 60, 60]
    # a flag holds for every number of the class, or is not borne
    assert found["needed"].to_dict() == {"sig": False, "dpd": True, "acte": False}


def test_a_departement_that_the_others_would_give_away_is_hidden() -> None:
    answers = survey(need__sig=(30, 60, 0), service_used__sig=(45, 45, 0))
    dep = pd.Series(
        ["59"] * 24 + ["62"] * 4 + ["80"] * 2 + ["59"] * 26 + ["62"] * 26 + ["80"] * 8, name="code_dep"
    )
    offered = pd.Series(dtype=int, index=pd.MultiIndex.from_arrays([[], []]))
    groups = pd.DataFrame({"": True} | {it: dep.eq(it) for it in ("59", "62", "80")}, index=answers.index)
    found = needs(answers, offered, dep, published=shown(answers, groups))
    assert found["need_hidden"].tolist() == ["", "complement", "complement"]
    assert found["need_base"].notna().tolist() == [True, False, False]


def test_operators_offering_are_counted_somewhere_in_the_group(tables: Tables) -> None:
    known = coverage(**tables, date=date(2021, 2, 1))
    assert operators_offering(known).to_dict() == {
        ("all", "dpd"): 2, ("all", "acte"): 1, ("all", "sig"): 0,
    }  # fmt: skip
    by = operators_offering(known, tables["communes"]["code_dep"])
    assert by["02"].to_dict() == {"dpd": 1, "acte": 0, "sig": 0}


def test_needs_by_hand() -> None:
    answers = survey(
        service_used__dpd=(60, 40, 0), service_used__acte=(10, 90, 0), service_used__sig=(0, 100, 0),
        need__dpd=(2, 98, 0), need__acte=(30, 70, 0), need__sig=(40, 60, 0), need__iot=(1, 99, 0),
    )  # fmt: skip
    rows = pd.MultiIndex.from_product([["all"], ["dpd", "acte", "sig"]], names=["group", "service"])
    found = needs(answers, pd.Series([2, 1, 0], rows)).loc["all"]
    flags = found.select_dtypes(bool)
    assert {name: flags.index[flags[name]].tolist() for name in flags} == {
        "behind_region": [],
        "behind_others": ["acte"],
        "little_used": ["acte"],
        "needed": ["acte", "sig"],
        "needed_not_offered": ["sig"],
        "needed_single": ["acte"],
        "needed_offered": ["acte"],
        "needed_everywhere": ["acte", "sig"],
    }
    assert found.loc["iot", "opsn_count"] == 0


def test_one_departement_behind_the_region() -> None:
    answers = survey(service_used__dpd=(100, 100, 0), need__dpd=(10, 190, 0))
    dep = pd.Series(["59"] * 90 + ["62"] * 20 + ["59"] * 10 + ["62"] * 80, name="code_dep")
    rows = pd.MultiIndex.from_product([["59", "62"], ["dpd"]], names=["code_dep", "service"])
    found = needs(answers, pd.Series(1, rows), dep)
    assert found["behind_region"].tolist() == [False, True]
    nobody_offers = needs(answers, pd.Series(0, rows), dep)
    assert not nobody_offers["little_used"].any()


def test_everywhere_skips_groups_too_small_to_tell_but_needs_one_that_tells() -> None:
    answers = survey(need__a=(50, 53, 0), need__b=(0, 103, 0), service_used__a=(50, 53, 0))
    dep = pd.Series(["59"] * 100 + ["62"] * 3, name="code_dep")
    found = needs(answers, pd.Series(dtype=int, index=pd.MultiIndex.from_arrays([[], []])), dep)
    assert found["needed_everywhere"].to_dict() == {
        ("59", "a"): True, ("59", "b"): False, ("62", "a"): True, ("62", "b"): False,
    }  # fmt: skip
    assert not found.loc["62", "needed"].any()


def test_what_could_be_chance_is_not_flagged() -> None:
    answers = survey(
        service_used__a=(5, 5, 0), service_used__b=(4, 6, 0), need__a=(3, 7, 0), need__b=(1, 9, 0)
    )  # fmt: skip
    rows = pd.MultiIndex.from_product([["all"], ["a", "b"]], names=["group", "service"])
    found = needs(answers, pd.Series(1, rows), min_answers=1)
    assert found["need_share"].max() > found["need_share"].mean()
    assert not found.select_dtypes(bool).to_numpy().any()


def test_flags_of_many_services_carry_a_correction_for_their_number() -> None:
    """16 of 80 against a mean of 10 %: p is 0.005, a need among four services, not among sixty of noise."""
    few = {"need__a": (16, 64, 0), **{f"need__n{it}": (5, 75, 0) for it in range(3)}}
    many = {"need__a": (16, 64, 0), **{f"need__n{it}": (8, 72, 0) for it in range(60)}}
    use = {"service_used__a": (1, 79, 0)}
    alone, among_many = (needs(survey(**it, **use), pd.Series(dtype=int, index=EMPTY)) for it in (few, many))
    assert alone["needed"].sum() == 1
    assert among_many.loc[("all", "a"), "need_low"] > among_many["need_share"].mean()
    assert not among_many["needed"].any()


EMPTY = pd.MultiIndex.from_arrays([[], []], names=["group", "service"])
