from __future__ import annotations

import pandas as pd
import pytest
from scipy import sparse

from opsn_geo.boundaries.territory import Territory
from opsn_geo.measure.deserts.contiguity import contiguity
from opsn_geo.measure.deserts.patches import Thresholds
from opsn_geo.measure.deserts.stability import (
    CERTAINTIES,
    THRESHOLDS,
    bundle_stability,
    carried,
    stability,
    verdict,
)


def frame(communes: pd.DataFrame, *codes: str) -> pd.DataFrame:
    return pd.DataFrame({"dpd": communes.index.isin(codes)}, index=communes.index, dtype="boolean")


def test_stability_is_the_share_of_specifications(toy: Territory) -> None:
    communes = toy.communes
    rules = {rule: contiguity(communes.geometry, rule=rule) for rule in ("queen", "rook")}
    evidence = {
        "member": frame(communes, "80001", "80006", "60012"),
        "used": frame(communes, "80001", "80006"),
    }
    bounds = [Thresholds(), Thresholds(communes=2)]
    found = stability(evidence, rules, communes, certainties=["sure"], thresholds=bounds)
    shares = found.communes.set_index("code_insee")["stability_share"]
    # Two pieces of evidence × two contiguities × two thresholds: the pair at a corner is one patch of two
    # for a queen (2 × 2) and two patches of one for a rook (2 × 1); the third is alone in one evidence.
    assert shares[["80001", "80006", "60012", "80002"]].tolist() == [6 / 8, 6 / 8, 2 / 8, 0]
    assert len(shares) == 12
    assert len(found.specifications) == 8
    queens = found.specifications.query("contiguity == 'queen' and reading == 'member'")
    assert queens[["min_communes", "communes", "population"]].to_numpy().tolist() == [
        [1, 3, 1900],
        [2, 2, 700],
    ]


def test_the_default_grid_runs_whole(toy: Territory) -> None:
    communes = toy.communes
    evidence = {"member": frame(communes, *communes.index)}
    found = stability(evidence, {"queen": contiguity(communes.geometry)}, communes)
    assert len(found.specifications) == len(CERTAINTIES) * len(THRESHOLDS)
    # Twelve communes, 7,800 people and 12 km² pass every threshold but that of 25 and of 100 km².
    assert set(found.communes["stability_share"]) == {9 / 11}
    assert set(found.communes["stability_verdict"]) == {"leaning"}


def test_the_unknown_is_a_matter_of_choice(toy: Territory) -> None:
    communes = toy.communes
    unknown = pd.DataFrame({"dpd": pd.NA}, index=communes.index, dtype="boolean")
    found = stability(
        {"member": unknown}, {"queen": contiguity(communes.geometry)}, communes, thresholds=[Thresholds()]
    )
    assert set(found.communes["stability_share"]) == {0.5}


def test_a_grid_without_specification_is_refused(toy: Territory) -> None:
    with pytest.raises(ValueError, match="no specification"):
        stability({}, {}, toy.communes)


def test_evidence_on_other_services_is_refused(toy: Territory) -> None:
    one = frame(toy.communes)
    with pytest.raises(ValueError, match="the same services"):
        stability({"a": one, "b": one.rename(columns={"dpd": "sig"})}, {}, toy.communes)


def test_verdicts_change_at_their_bounds() -> None:
    shares = pd.Series([0.0, 0.001, 0.4999, 0.5, 0.9499, 0.95, 1.0])
    assert verdict(shares).tolist() == [
        "never",
        "choice",
        "choice",
        "leaning",
        "leaning",
        "finding",
        "finding",
    ]


def test_another_vintage_is_carried_where_its_communes_agree() -> None:
    old = pd.DataFrame(
        {"dpd": [True, True, True, False, True, None, False]}, index=list("abcdefg"), dtype="boolean"
    )
    passage = pd.DataFrame(
        {
            "code_from": ["a", "b", "c", "d", "e", "f", "g", "g"],
            "code_to": ["ab", "ab", "cd", "cd", "ef", "ef", "g1", "g2"],
        }
    )
    found = carried(old, passage, pd.Index(["ab", "cd", "ef", "g1", "g2", "new"]))["dpd"]
    assert found.tolist() == [True, pd.NA, pd.NA, False, False, pd.NA]


def test_what_it_takes_to_lack_the_bundle_is_varied_too(toy: Territory) -> None:
    """80001 lacks all, 80002 half, 80005 nothing of a bundle of two."""
    services = pd.DataFrame({"dpd": False, "sig": False}, index=toy.communes.index, dtype="boolean")
    services.loc[["80001", "80002"], "dpd"] = True
    services.loc["80001", "sig"] = True
    alone = {"none": sparse.csr_array((len(toy.communes), len(toy.communes)), dtype=bool)}
    table, grid = bundle_stability(
        {"member": services}, pd.Series({"dpd": 1.0, "sig": 1.0}), alone, toy.communes
    )
    shares = table.set_index("code_insee")["stability_share"]
    # 1 km² and 100 or 200 people each: only the one threshold of 1 commune and 0 people of 11 lets it pass
    assert shares[["80001", "80002", "80005"]].tolist() == pytest.approx([1 / 11, 2 / 3 / 11, 0])
    assert grid.groupby("bundle_least").size().to_dict() == {0.25: 22, 0.5: 22, 0.75: 22}
