from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from opsn_geo.catalogue.states import State
from opsn_geo.measure.coverage.evidence import coverage
from opsn_geo.measure.coverage.extension import adhesions, extensions
from opsn_geo.measure.coverage.ladder import summary
from opsn_geo.measure.coverage.needs import operators_offering
from opsn_geo.measure.coverage.panorama import groups
from opsn_geo.measure.coverage.shares import (
    change,
    decomposition,
    redundancy,
    service_shares,
    shares,
)

DAY = date(2021, 2, 1)
Tables = dict[str, pd.DataFrame]


def test_the_whole_territory_by_hand(tables: Tables) -> None:
    found = shares(coverage(**tables, date=DAY), tables["communes"]).loc["all"]
    assert found.to_dict() == {
        "covered_share": 2 / 5,
        "covered_possible_share": 4 / 5,
        "communes": 5,
        "covered_pop_share": 300 / 1500,
        "covered_pop_possible_share": 1200 / 1500,
        "population": 1500,
        "covered_area_share": 3 / 15,
        "covered_area_possible_share": 12 / 15,
        "area_km2": 15,
        "basis": "list",  # a register and lists
    }


def test_a_group_rests_on_the_weakest_of_its_places_and_services(tables: Tables) -> None:
    members = tables["memberships"].assign(basis=["register", "simulated", "fact", "list"])
    offers = tables["offers"].assign(basis=["fact", "fact", "assumed"])
    known = coverage(**(tables | {"memberships": members, "offers": offers}), date=DAY)
    departement = tables["communes"]["code_dep"]
    assert shares(known, tables["communes"], departement)["basis"].to_dict() == {
        "01": "simulated",
        "02": "assumed",
    }
    by_service = service_shares(known, tables["communes"], departement)["basis"]
    assert by_service.loc["01"].to_dict() == {"dpd": "simulated", "acte": "simulated", "sig": "assumed"}
    assert redundancy(known, departement)["basis"].tolist() == ["simulated", "assumed"]


def test_ends_meet_where_lists_are_complete(tables: Tables) -> None:
    known = coverage(**(tables | {"opsn": tables["opsn"].assign(list_complete=True)}), date=DAY)
    found = service_shares(known, tables["communes"], tables["communes"]["code_dep"])
    pd.testing.assert_series_equal(found["covered_share"], found["covered_possible_share"], check_names=False)
    assert found["covered_share"].to_dict() == {
        ("01", "dpd"): 2 / 3, ("01", "acte"): 1 / 3, ("01", "sig"): 0,
        ("02", "dpd"): 0, ("02", "acte"): 0, ("02", "sig"): 0,
    }  # fmt: skip


def test_the_rungs_of_the_ladder_are_nested(tables: Tables) -> None:
    known = coverage(**tables, date=DAY)
    offered, member, used = (
        service_shares(known, tables["communes"], at_least=it)
        for it in (State.OFFERED, State.MEMBER, State.USED)
    )
    assert offered["covered_share"].tolist() == [1, 3 / 5, 0]
    assert (offered["covered_share"] >= member["covered_possible_share"]).all()
    assert (used["covered_share"] == 0).all()
    assert (used["covered_possible_share"] == member["covered_possible_share"]).all()


@pytest.mark.parametrize("column", ["code_dep", "siren_epci", "code_reg"])
def test_what_is_covered_is_conserved_under_aggregation(tables: Tables, column: str) -> None:
    known, communes = coverage(**tables, date=DAY), tables["communes"]
    groups = communes[column].fillna("none")
    total = service_shares(known, communes)
    parts = service_shares(known, communes, groups)
    for name, weight in {
        "covered": "communes",
        "covered_pop": "population",
        "covered_area": "area_km2",
    }.items():
        for end in ("share", "possible_share"):
            summed = (parts[f"{name}_{end}"] * parts[weight]).groupby("service").sum()
            whole = (total[f"{name}_{end}"] * total[weight]).droplevel("group")
            pd.testing.assert_series_equal(summed.sort_index(), whole.sort_index(), check_names=False)


def test_direct_plus_by_epci_minus_both(tables: Tables) -> None:
    found = decomposition(coverage(**tables, date=DAY), tables["communes"]).loc["all"]
    assert found[["direct_count", "epci_count", "overlap_count", "covered_count"]].tolist() == [1, 2, 1, 2]
    assert found[["direct_pop", "epci_pop", "overlap_pop", "covered_pop"]].tolist() == [100, 300, 100, 300]
    acte = decomposition(coverage(**tables, date=DAY), tables["communes"], service="acte").loc["all"]
    assert acte[["direct_count", "epci_count", "covered_count"]].tolist() == [1, 0, 1]


def test_dependence_falls_when_a_second_operator_comes(tables: Tables) -> None:
    found = redundancy(coverage(**tables, date=DAY))
    assert found.loc["01001"].to_dict() == {
        "opsn_count": 1, "sole_share": 1, "main_opsn": "alpha", "dependence_share": 1, "hhi": 1,
        "basis": "list",
    }  # fmt: skip
    assert found.loc["02002"].isna().sum() == 3
    assert found.loc["02002", "main_opsn"] == ""
    offer = pd.DataFrame([{"opsn": "beta", "service": "dpd", "level": "commune", "code": "01001"}])
    member = tables["memberships"].iloc[[0]].assign(opsn="beta")
    more = tables | {
        "offers": pd.concat([tables["offers"], offer]),
        "memberships": pd.concat([tables["memberships"], member]),
    }
    found = redundancy(coverage(**more, date=DAY)).loc["01001"]
    assert found["opsn_count"] == 2
    assert found["dependence_share"] == 1 / 2
    assert found["hhi"] == pytest.approx((2 / 3) ** 2 + (1 / 3) ** 2)


def test_redundancy_of_groups_counts_operators_once(tables: Tables) -> None:
    known = coverage(**tables, date=DAY)
    found = redundancy(known, tables["communes"]["code_dep"])
    assert found["opsn_count"].tolist() == [1, 0]
    assert redundancy(known)["opsn_count"].tolist() == summary(known)["opsn_count"].tolist()


def test_change_lists_what_was_lost(tables: Tables) -> None:
    before, after = coverage(**tables, date=date(2020, 12, 31)), coverage(**tables, date=DAY)
    assert change(before, after).to_dict("records") == [
        {"code_insee": "02001", "service": "dpd", "state_before": "member", "state_after": "unknown"}
    ]
    assert change(after, after).empty


def test_every_measure_takes_a_level_of_ones_own_and_leaves_out_what_has_no_group(tables: Tables) -> None:
    # Two cantons, without the name that a column would give; 01003 has no canton, and 02002 has no row.
    cantons = pd.Series(["north", "north", None, "south"], index=["01001", "01002", "01003", "02001"])
    known, communes = coverage(**tables, date=DAY), tables["communes"]
    assert shares(known, communes, cantons)[["communes", "population"]].to_dict("index") == {
        "north": {"communes": 2, "population": 300.0},
        "south": {"communes": 1, "population": 400.0},
    }
    assert decomposition(known, communes, cantons)["covered_count"].to_dict() == {"north": 2, "south": 0}
    assert redundancy(known, cantons)["opsn_count"].to_dict() == {"north": 1, "south": 0}
    assert groups(known, cantons)["opsn_offering"].to_dict() == {"north": "alpha", "south": "beta"}
    assert operators_offering(known, cantons)[[("north", "dpd"), ("south", "acte")]].tolist() == [1, 0]
    assert adhesions(known, cantons)["group"].tolist() == ["north", "south"]
    assert extensions(known, cantons)[["group", "extended"]].to_numpy().tolist() == [["south", "acte"]]
