from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from opsn_geo.measure.coverage.evidence import Coverage, coverage
from opsn_geo.measure.coverage.extension import adhesions, best
from opsn_geo.measure.coverage.ladder import states
from opsn_geo.measure.coverage.scenarios import compared, merged, with_rows
from opsn_geo.measure.coverage.shares import shares

DAY = date(2021, 2, 1)
Tables = dict[str, pd.DataFrame]


@pytest.fixture
def known(tables: Tables) -> Coverage:
    return coverage(**tables, date=DAY)


def test_what_is_promised_is_what_the_scenario_brings(tables: Tables, known: Coverage) -> None:
    communes = tables["communes"]
    first = best(adhesions(known, communes["siren_epci"]), known, communes["population"], 2)
    chosen = first[first["k"] == 2].rename(columns={"siren_epci": "code"})[["opsn", "code"]]
    scenario = with_rows(tables, {"memberships": chosen})
    assert len(scenario["memberships"]) == len(tables["memberships"]) + 2
    after = coverage(**scenario, date=DAY)
    found = compared(known, {"two adhesions": after}, communes, each_service=True)
    assert found.loc[("two adhesions", "all"), "covered_gain_pop"].sum() == first["total_pop"].max() == 800
    assert found.loc["today", "covered_gain_pop"].eq(0).all()


def test_scenarios_stand_side_by_side_with_today(tables: Tables, known: Coverage) -> None:
    offers = pd.DataFrame({"opsn": ["beta"], "service": ["sig"], "code": ["02"]})
    after = coverage(**with_rows(tables, {"offers": offers}), date=DAY)
    found = compared(known, {"sig in 02": after}, tables["communes"], tables["communes"]["code_dep"])
    assert found.index.tolist() == [
        ("today", "01"),
        ("today", "02"),
        ("sig in 02", "01"),
        ("sig in 02", "02"),
    ]
    now = shares(known, tables["communes"], tables["communes"]["code_dep"])
    pd.testing.assert_frame_equal(found.loc["today", now.columns], now)


def test_a_merger_carries_the_services_of_each_to_the_members_of_both(
    tables: Tables, known: Coverage
) -> None:
    sig = pd.DataFrame([{"opsn": "beta", "service": "sig", "level": "departement", "code": "01"}])
    tables["offers"] = pd.concat([tables["offers"], sig])
    before = coverage(**tables, date=DAY)
    after = coverage(**merged(tables, ["beta"], "alpha"), date=DAY)
    assert after.opsn.tolist() == ["alpha"]
    now, then = (states(it)["sig"].tolist() for it in (before, after))
    assert now == ["unknown", "unknown", "unknown", "not_offered", "not_offered"]
    assert then == ["member", "unknown", "unknown", "not_offered", "not_offered"]
    assert states(after)["dpd"].tolist() == states(known)["dpd"].replace("offered", "unknown").tolist()
