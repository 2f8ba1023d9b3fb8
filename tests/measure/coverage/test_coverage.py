from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from opsn_geo.errors import InputError
from opsn_geo.measure.coverage.evidence import coverage, epci_coverage
from opsn_geo.measure.coverage.ladder import couverture, states, summary

DAY = date(2021, 2, 1)
Tables = dict[str, pd.DataFrame]


def extended(tables: Tables, **row: object) -> Tables:
    base = {"level": "commune", "reaches_communes": True, "services": "", "basis": "list"}
    more = pd.concat([tables["memberships"], pd.DataFrame([base | row])], ignore_index=True)
    return tables | {"memberships": more}


def test_states_are_those_counted_by_hand(tables: Tables) -> None:
    found = states(coverage(**tables, date=DAY))
    assert found["dpd"].tolist() == ["member", "member", "offered", "unknown", "unknown"]
    assert found["acte"].tolist() == ["member", "offered", "offered", "not_offered", "not_offered"]
    assert set(found["sig"]) == {"not_offered"}


def test_the_long_table_holds_path_operator_date_and_basis(tables: Tables) -> None:
    table = couverture(coverage(**tables, date=DAY)).set_index(["code_insee", "service"])
    assert table.loc[("01001", "dpd")].to_dict() == {
        "state": "member",
        "path": "several",
        "opsn": "alpha",
        "opsn_count": 1,
        "since": pd.Timestamp("2019-05-01"),
        "basis": "list",
    }
    assert table.loc[("01001", "acte"), "path"] == "direct"
    by_epci = table.loc[("01002", "dpd")]
    assert (by_epci["path"], by_epci["basis"]) == ("epci", "list")
    assert by_epci["since"] == pd.Timestamp("2020-01-01")
    offered = table.loc[("01003", "dpd")]
    assert (offered["opsn"], offered["opsn_count"], offered["path"]) == ("alpha", 1, "")
    assert pd.isna(offered["since"])
    assert len(table) == 15


def test_the_summary_counts_services_and_operators(tables: Tables) -> None:
    found = summary(coverage(**tables, date=DAY))
    assert found["state"].tolist() == ["member", "member", "offered", "unknown", "unknown"]
    assert found["opsn_count"].tolist() == [1, 1, 0, 0, 0]
    assert found["opsn"].tolist() == ["alpha", "alpha", "", "", ""]
    assert found["path"].tolist() == ["several", "epci", "", "", ""]
    assert found["services_offered"].tolist() == [2, 2, 2, 1, 1]
    assert found["services_member"].tolist() == [2, 1, 0, 0, 0]
    assert found["services_unknown"].tolist() == [0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2017, 12, 31), "unknown"),
        (date(2018, 1, 1), "member"),
        (date(2020, 12, 31), "member"),
        (date(2021, 1, 1), "unknown"),
    ],
)
def test_a_membership_counts_from_its_first_to_its_last_day(tables: Tables, day: date, state: str) -> None:
    assert states(coverage(**tables, date=day)).loc["02001", "dpd"] == state


def test_a_membership_that_does_not_reach_communes_makes_only_the_epci_a_member(tables: Tables) -> None:
    assert states(coverage(**tables, date=DAY)).loc["01003", "dpd"] == "offered"
    found = states(epci_coverage(**tables, date=DAY))
    assert found.index.tolist() == ["E1", "E2"]
    assert found.loc["E2"].tolist() == ["member", "member", "not_offered"]
    assert found.loc["E1"].tolist() == ["member", "offered", "not_offered"]


def test_a_commune_that_belongs_does_not_make_its_epci_a_member(tables: Tables) -> None:
    only = tables | {"memberships": tables["memberships"].iloc[[0]]}
    assert states(epci_coverage(**only, date=DAY)).loc["E1", "dpd"] == "offered"


def test_nobody_is_a_member_for_what_is_not_offered_there(tables: Tables) -> None:
    elsewhere = extended(tables, opsn="alpha", code="02002", services="dpd;sig")
    found = states(coverage(**elsewhere, date=DAY)).loc["02002"]
    assert found.tolist() == ["unknown", "not_offered", "not_offered"]


def test_departement_and_region_memberships_reach_their_communes(tables: Tables) -> None:
    members = extended(tables, opsn="beta", level="departement", code="02", since="2020-06-01")
    table = couverture(coverage(**members, date=DAY)).set_index(["code_insee", "service"])
    assert table.loc[(["02001", "02002"], "dpd"), "path"].tolist() == ["departement"] * 2
    region = extended(tables, opsn="beta", level="region", code="32")
    table = couverture(coverage(**region, date=DAY)).set_index(["code_insee", "service"])
    assert table.loc[("02002", "dpd"), "path"] == "region"
    assert pd.isna(table.loc[("02002", "dpd"), "since"])
    assert table.loc[("01003", "dpd"), "state"] == "offered"


def test_a_use_tops_the_ladder(tables: Tables) -> None:
    uses = pd.DataFrame(
        {"code_insee": ["01001", "02001", "99999"], "opsn": ["alpha", None, "alpha"], "service": "dpd"}
    )
    known = coverage(**tables, uses=uses, date=DAY)
    table = couverture(known).set_index(["code_insee", "service"])
    assert table.loc[("01001", "dpd"), ["state", "path", "opsn", "basis"]].tolist() == [
        "used", "several", "alpha", "list",
    ]  # fmt: skip
    assert table.loc[("02001", "dpd"), ["state", "opsn", "opsn_count"]].tolist() == ["used", "", 0]
    assert summary(known)["services_used"].tolist() == [1, 0, 0, 1, 0]


def test_each_state_rests_on_the_weakest_of_what_makes_it(tables: Tables) -> None:
    offers = tables["offers"].assign(basis=["fact", "study", "assumed"])
    members = tables["memberships"].assign(basis=["register", "simulated", "fact", "list"])
    uses = pd.DataFrame({"code_insee": ["02002"], "opsn": "beta", "service": "dpd", "basis": "register"})
    given = tables | {"offers": offers, "memberships": members}
    table = couverture(coverage(**given, uses=uses, date=DAY)).set_index(["code_insee", "service"])
    wanted = {
        ("01001", "dpd"): "simulated",  # a register and a simulated row reach it, by an offer that is a fact
        ("01001", "acte"): "register",  # the register alone, by an offer that the study states
        ("01003", "dpd"): "simulated",  # nothing reaches it: so says alpha's list, simulated in part
        ("02001", "dpd"): "assumed",  # not known: beta's offer is assumed, its list is a list
        ("02002", "dpd"): "register",  # used, by a register
        ("01001", "sig"): "assumed",  # offered nowhere: so say all offers
    }
    assert {place: table.loc[place, "basis"] for place in wanted} == wanted


def test_unknown_operators_and_services_are_all_told(tables: Tables) -> None:
    wrong = extended(tables, opsn="gamma", code="01001", services="dpd;nothing")
    wrong["offers"] = wrong["offers"].replace("acte", "parapheur")
    with pytest.raises(InputError, match="gamma") as raised:
        coverage(**wrong, date=DAY)
    assert [fault.value for fault in raised.value.faults] == ["parapheur", "gamma", "nothing"]


def test_nothing_known_is_nothing_offered(tables: Tables) -> None:
    bare = tables | {it: tables[it].iloc[:0] for it in ("offers", "memberships")}
    known = coverage(**bare, date=DAY)
    assert set(states(known).to_numpy().ravel()) == {"not_offered"}
    assert summary(known)["services_offered"].sum() == 0


def test_where_no_commune_has_an_epci_there_is_none_to_measure_and_communes_are_measured(
    tables: Tables,
) -> None:
    alone = tables | {"communes": tables["communes"].assign(siren_epci=None)}
    bodies = epci_coverage(**alone, date=DAY)
    assert (len(bodies.places), len(summary(bodies))) == (0, 0)
    assert couverture(bodies).empty
    found = states(coverage(**alone, date=DAY))["dpd"]
    # 01001 is a member by itself; 01002 was one through its EPCI only
    assert found[["01001", "01002"]].tolist() == ["member", "offered"]


def test_row_order_is_irrelevant(tables: Tables) -> None:
    draw = np.random.default_rng(7)
    known = couverture(coverage(**tables, date=DAY))
    for _ in range(20):
        mixed = {it: tables[it].sample(frac=1, random_state=draw) for it in ("offers", "memberships")}
        pd.testing.assert_frame_equal(couverture(coverage(**(tables | mixed), date=DAY)), known)
