"""For a region, `init` and `run` give maps of it from an invented list, with no network.

All 18 regions take long: a few run with the suite, all of them where OPSN_GEO_ALL_REGIONS is set.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from opsn_geo.boundaries.embedded import places, places_of
from opsn_geo.pipeline.init import init_study
from opsn_geo.pipeline.run import run
from opsn_geo.study import Study

REGIONS = places(2021).regions.index.tolist() if os.environ.get("OPSN_GEO_ALL_REGIONS") else ["02", "06"]


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_: object) -> None:
        message = "the network was asked for"
        raise AssertionError(message)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return iter([None])


@pytest.mark.parametrize("region", REGIONS)
def test_a_region_is_studied_offline_from_an_invented_list(tmp_path: Path, region: str) -> None:
    files = init_study(tmp_path / "study", millesime=2021, region=region)
    place = places_of(millesime=2021, region=region)
    communes = place.communes[place.communes["inside"]]
    named = communes[~communes["name"].duplicated(keep=False)].iloc[::3]
    listed = pd.DataFrame({"opsn": "mon-opsn", "Commune": named["name"], "Département": named["code_dep"]})
    listed.to_csv(tmp_path / "study" / "memberships.csv", index=False)
    study = Study.from_toml(files[0])
    results = run(study, tmp_path / "maps")
    assert len(results.rejects) == 0
    territory = study.metadata.territory
    assert (tmp_path / "maps" / f"opsn-{territory}-2021.gpkg").stat().st_size > 0
    assert (tmp_path / "maps" / "atlas.html").stat().st_size > 0
    written = pd.read_csv(tmp_path / "maps" / "tables" / "communes.csv", dtype="str")
    assert set(communes.index) <= set(written["code_insee"])
