"""Coverage of the founding study: real boundaries and offers, simulated members and answers."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pandas as pd
import pytest

from opsn_geo.catalogue.states import State
from opsn_geo.measure.coverage.evidence import Coverage, coverage, epci_coverage
from opsn_geo.measure.coverage.extension import adhesions, best
from opsn_geo.measure.coverage.ladder import states, summary
from opsn_geo.measure.coverage.needs import needs, operators_offering
from opsn_geo.measure.coverage.shares import decomposition, service_shares, shares
from opsn_geo.pipeline.run import Inputs

NAMES = ("services", "opsn", "offers", "memberships")


@pytest.fixture(scope="module")
def inputs(founding: Inputs) -> Inputs:
    return founding


@pytest.fixture(scope="module")
def communes(inputs: Inputs) -> pd.DataFrame:
    return pd.DataFrame(inputs.territory.communes.drop(columns="geometry"))


def covered(inputs: Inputs, communes: pd.DataFrame, **other: pd.DataFrame) -> Coverage:
    tables = {name: inputs.tables[name] for name in NAMES} | other
    return coverage(communes, **tables, date=inputs.study.metadata.date)


def test_perimeters_cover_the_region_but_memberships_and_services_do_not(
    inputs: Inputs, communes: pd.DataFrame
) -> None:
    known = covered(inputs, communes)
    region = communes["code_reg"].where(communes["inside"])
    offered = shares(known, communes, region, at_least=State.OFFERED)
    assert offered["covered_share"].tolist() == [1]
    assert (service_shares(known, communes, region, at_least=State.OFFERED)["covered_share"] < 1).any()
    member = shares(known, communes, region)
    assert member["communes"].tolist() == [3789]
    assert (member["covered_share"] < member["covered_possible_share"]).all()
    assert (member["covered_share"] < 1).all()


@pytest.mark.parametrize("hidden", [0.0, 0.1, 0.25, 0.5])
def test_hiding_members_keeps_every_true_share_in_its_interval(
    inputs: Inputs, communes: pd.DataFrame, hidden: float
) -> None:
    opsn, members = inputs.tables["opsn"], inputs.tables["memberships"]
    truth = covered(inputs, communes, opsn=opsn.assign(list_complete=True))
    seen = members.sample(frac=1 - hidden, random_state=round(100 * hidden))
    touched = members.loc[~members.index.isin(seen.index), "opsn"].unique()
    partial = covered(
        inputs, communes, memberships=seen, opsn=opsn.assign(list_complete=~opsn["opsn"].isin(touched))
    )
    for group in ("code_dep", "siren_epci", "code_insee"):
        by = communes.reset_index().set_index("code_insee", drop=False)[group]
        true, interval = (service_shares(it, communes, by) for it in (truth, partial))
        for name in ("covered", "covered_pop", "covered_area"):
            share = true[f"{name}_share"].to_numpy()
            low, high = (interval[f"{name}_{end}"].to_numpy() for end in ("share", "possible_share"))
            inside = (low <= share + 1e-12) & (share <= high + 1e-12)
            assert (inside | np.isnan(share)).all()


def test_counts_are_conserved_from_communes_to_region(inputs: Inputs, communes: pd.DataFrame) -> None:
    known = covered(inputs, communes)
    whole = decomposition(known, communes).drop(columns="basis").loc["all"]
    for group in ("code_dep", "siren_epci"):
        parts = decomposition(known, communes, communes[group].fillna("none")).drop(columns="basis").sum()
        assert parts.to_dict() == whole.to_dict()
    assert whole["covered_count"] == (summary(known)["opsn_count"] > 0).sum()


def test_an_epci_is_a_member_for_itself_when_its_communes_are_not_reached(
    inputs: Inputs, communes: pd.DataFrame
) -> None:
    members = inputs.tables["memberships"].query("level == 'epci' and not reaches_communes")
    tables = {name: inputs.tables[name] for name in NAMES} | {"memberships": members}
    own = states(epci_coverage(communes, **tables, date=inputs.study.metadata.date))
    assert (own == "member").to_numpy().any()
    assert summary(covered(inputs, communes, memberships=members))["opsn_count"].eq(0).all()


@pytest.mark.parametrize(
    ("flag", "cases"),
    [
        ("behind_region", [("62", "dematerialisation"), ("02", "dpd"), ("80", "dpd")]),
        # in 62 too few chose it for a number to be published, and what its class may stand for is no proof
        ("behind_others", [("60", "open_data"), *((dep, "ssi") for dep in ("02", "59", "80"))]),
        ("needed_offered", [("59", "archivage"), ("62", "archivage"), ("80", "achat_materiel")]),
        ("needed_not_offered", [("02", "formation"), ("59", "achat_materiel"), ("62", "achat_materiel")]),
        ("needed_everywhere", [(dep, "archivage") for dep in ("02", "59", "60", "62", "80")]),
    ],
)
def test_needs_and_uses_that_the_study_points_out_stand_out(
    inputs: Inputs, communes: pd.DataFrame, flag: str, cases: list[tuple[str, str]]
) -> None:
    known = covered(inputs, communes)
    offering = operators_offering(known, communes["code_dep"].where(communes["inside"]))
    assert inputs.answers is not None
    found = needs(inputs.answers, offering, inputs.answers["departement"])
    assert found.loc[cases, flag].all()


def test_the_best_adhesions_of_ninety_two_epci_take_seconds(inputs: Inputs, communes: pd.DataFrame) -> None:
    known = covered(inputs, communes)
    start = perf_counter()
    candidates = adhesions(known, communes["siren_epci"].where(communes["inside"]))
    found = best(candidates, known, communes["population"], 10)
    assert perf_counter() - start < 5
    marginal = found.groupby("k")["marginal_pop"].first()
    assert len(marginal) == 10
    assert found.groupby("k")["gain_pop"].sum().tolist() == marginal.cumsum().tolist()
