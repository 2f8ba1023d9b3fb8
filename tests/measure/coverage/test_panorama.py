"""The panorama of the founding study, each count against what the study published."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from opsn_geo.measure.coverage.evidence import coverage
from opsn_geo.measure.coverage.panorama import (
    groups,
    legal_forms,
    measured_lists,
    operators,
    partners,
    services_offered,
    totals,
    verdicts,
)

DEMO = Path(__file__).parents[3] / "data" / "demo"
Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def study() -> Tables:
    names = ["opsn", "services", "offers", "partnerships", "statements", "published_figures"]
    return {it: pd.read_csv(DEMO / f"{it}.csv", dtype="str") for it in names}


@pytest.fixture(scope="module")
def published(study: Tables) -> pd.Series:
    return study["published_figures"].set_index("figure")["value"].astype(float)


@pytest.mark.parametrize(
    ("figure", "name"),
    [
        ("opsn_count", "opsn_count"),
        ("services_national", "services_national"),
        ("services_offered", "services_offered"),
        ("services_per_opsn_min", "services_per_opsn_min"),
        ("services_per_opsn_max", "services_per_opsn_max"),
        ("services_per_opsn_mean", "services_per_opsn_mean"),
    ],
)
def test_headline_counts(study: Tables, published: pd.Series, figure: str, name: str) -> None:
    assert totals(study["opsn"], study["services"], study["offers"])[name].round() == published[figure]


def test_staff_of_no_operator_is_known_so_no_total_is_made_up(study: Tables) -> None:
    found = totals(study["opsn"], study["services"], study["offers"])
    assert found["staff_known"] == 0
    assert found[["staff_total", "staff_mean", "staff_min", "staff_max"]].isna().all()


def test_staff_is_summed_over_those_who_tell(study: Tables) -> None:
    told = study["opsn"].assign(staff=["2", "60", *[None] * 7])
    found = totals(told, study["services"], study["offers"])
    assert found[["staff_known", "staff_total", "staff_mean"]].tolist() == [2, 62, 31]
    forms = legal_forms(told)
    assert forms.loc["association", ["staff_count", "staff_known_count"]].tolist() == [60, 1]
    assert pd.isna(forms.loc["spl", "staff_count"])


def test_operators_of_each_legal_form(study: Tables, published: pd.Series) -> None:
    forms = legal_forms(study["opsn"])["opsn_count"]
    assert {it: published[f"opsn_{it}"] for it in forms.index} == forms.to_dict()
    assert forms.sum() == 9


def test_operators_that_offer_each_service(study: Tables, published: pd.Series) -> None:
    counts = services_offered(study["services"], study["offers"])["opsn_count"]
    told = published[published.index.str.startswith("opsn_offering_")]
    assert len(told) >= 18
    for figure, value in told.items():
        assert counts[str(figure).removeprefix("opsn_offering_")] == value, figure


def test_the_rule_gives_back_each_class_and_tells_who_was_left_out(
    study: Tables, published: pd.Series
) -> None:
    found = operators(study["opsn"], study["offers"])
    assert found["class_agrees"].dropna().all()
    stated = found["class_stated"].value_counts()
    assert stated["polyvalent"] == published["opsn_polyvalent"]
    assert stated["specialise"] == published["opsn_specialised"]
    left_out = found.index[found["class_agrees"].isna()]
    assert left_out.tolist() == ["capoise", "spl-xdemat"]
    assert found.loc[left_out, "class_rule"].tolist() == ["specialise"] * 2


def test_a_rule_that_disagrees_says_so(study: Tables) -> None:
    wrong = study["opsn"].replace({"class": {"polyvalent": "specialise"}})
    agrees = operators(wrong, study["offers"])["class_agrees"]
    assert agrees.index[(~agrees).fillna(value=False)].tolist() == [
        "adico",
        "somme-numerique",
        "cdg59",
    ]


def test_work_outside_the_home_departement(study: Tables, published: pd.Series) -> None:
    outside = operators(study["opsn"], study["offers"])["outside_home"]
    named = study["partnerships"].query("kind == 'outside_home'").set_index("opsn")["code_dep"]
    assert len(named) == published["opsn_outside"]
    assert outside[named.index].to_dict() == named.to_dict()


def test_partners_of_each_service(study: Tables, published: pd.Series) -> None:
    pairs = partners(study["partnerships"])
    for service, figure in {"marches_publics": "partners_procurement", "dpd": "partners_dpo"}.items():
        of = pairs[pairs["service"] == service]
        assert len({*of["opsn"], *of["opsn_partner"]}) == published[figure]
    assert len(pairs) == 3 + 1 + 1


def test_what_the_study_left_out_and_what_it_said_twice(study: Tables) -> None:
    measured = measured_lists(study["opsn"], study["services"], study["offers"])
    found = verdicts(study["statements"], measured).query("verdict != 'agrees'")
    assert found.to_records(index=False).tolist() == [
        ("rarely_offered", "sig", "refuted"),
    ]


def test_groups_tell_offers_from_memberships(tables: Tables) -> None:
    known = coverage(**tables, date=date(2021, 2, 1))
    found = groups(known, tables["communes"]["code_dep"])
    assert found.to_dict("index") == {
        "01": {
            "opsn_offering_count": 1, "opsn_offering": "alpha", "services_offered": 2,
            "opsn_reaching_count": 1, "opsn_reaching": "alpha", "services_reached": 2,
            "basis": "list",
        },
        "02": {
            "opsn_offering_count": 1, "opsn_offering": "beta", "services_offered": 1,
            "opsn_reaching_count": 0, "opsn_reaching": "", "services_reached": 0,
            "basis": "list",
        },
    }  # fmt: skip


def test_an_operator_rests_on_its_row_its_columns_and_its_offers() -> None:
    opsn = pd.DataFrame(
        {"opsn": ["a", "b", "c"], "name": "n", "legal_form": "epa", "staff": None, "home_departement": "02",
         "departements": "02", "basis": "study", "seat_basis": ["assumed", None, None]}
    )  # fmt: skip
    offers = pd.DataFrame({"opsn": ["a", "b"], "service": ["x", "y"], "basis": ["fact", "simulated"]})
    assert operators(opsn, offers)["basis"].tolist() == ["assumed", "simulated", "study"]
    services = pd.DataFrame({"service": ["x", "y", "z"], "name": "n", "basis": "study"})
    assert services_offered(services, offers)["basis"].tolist() == ["study", "simulated", "simulated"]


def test_a_service_as_frequent_as_the_average_is_not_rare() -> None:
    services = pd.DataFrame({"service": ["a", "b"], "name": ["A", "B"], "widespread_nationally": "true"})
    offers = pd.DataFrame({"opsn": ["x", "y"], "service": ["a", "b"]})
    assert not services_offered(services, offers)["rare_here"].any()
    more = pd.DataFrame({"opsn": ["x", "y", "z"], "service": ["a", "a", "b"]})
    assert services_offered(services, more)["rare_here"].tolist() == [False, True]


def test_what_is_assumed_refutes_no_list_of_a_study() -> None:
    stated = pd.DataFrame({"list": "missing", "item": ["sig", "dpd"], "exhaustive": True})
    found = verdicts(stated, {"missing": {"sig", "gru"}}, judged=False)
    assert found.to_numpy().tolist() == [["missing", "sig", "agrees"], ["missing", "dpd", "not_judged"]]
