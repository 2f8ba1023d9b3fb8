from __future__ import annotations

import pandas as pd
import pytest

from opsn_geo.boundaries.embedded import embedded, places_of
from opsn_geo.boundaries.territory import Territory
from opsn_geo.linkage import How, link_communes
from opsn_geo.linkage.passage import empty_passage, read_passage, towards
from opsn_geo.study import data_dir


@pytest.fixture(scope="module")
def passage() -> pd.DataFrame:
    return read_passage(data_dir() / "boundaries")


@pytest.fixture(scope="module")
def vintages() -> dict[int, Territory]:
    return {year: embedded(millesime=year, region="32") for year in (2021, 2026)}


@pytest.mark.parametrize(("source", "aim"), [(2021, 2026), (2026, 2021)])
def test_the_whole_population_passes_from_one_vintage_to_the_other(
    vintages: dict[int, Territory], passage: pd.DataFrame, source: int, aim: int
) -> None:
    before = vintages[source].communes.reset_index()[["code_insee", "population"]]
    linked, rejected = link_communes(
        before, vintages[aim], passage, code="code_insee", name=None, vintage=source
    )
    assert rejected.empty
    assert (linked["population"] * linked["share"]).sum() == pytest.approx(
        before["population"].sum(), rel=1e-9
    )
    assert linked.groupby(level=0)["share"].sum().to_numpy() == pytest.approx(1.0)
    assert set(linked["code_insee"]) == set(vintages[aim].communes.index)


def test_the_eight_mergers_and_the_restoration_are_found(
    vintages: dict[int, Territory], passage: pd.DataFrame
) -> None:
    gone = ["02077", "02311", "02695", "59070", "62461", "62549", "62743", "80830"]
    frame = pd.DataFrame({"code": gone})
    linked, _ = link_communes(frame, vintages[2026], passage)
    assert linked["code_insee"].tolist() == [
        "02564",
        "02589",
        "02054",
        "59006",
        "62447",
        "62447",
        "62447",
        "80155",
    ]
    assert set(linked["how"]) == {How.PASSAGE.value}
    back, _ = link_communes(pd.DataFrame({"code": ["60694"]}), vintages[2021], passage)
    assert back[["code_insee", "event"]].iloc[0].tolist() == ["60054", "restored"]


def test_a_commune_split_since_is_shared_out_by_population_when_its_vintage_is_told(
    vintages: dict[int, Territory], passage: pd.DataFrame
) -> None:
    frame = pd.DataFrame({"code": ["60054"]})
    linked, _ = link_communes(frame, vintages[2026], passage, vintage=2021)
    people = vintages[2026].communes.loc[["60054", "60694"], "population"]
    assert linked["code_insee"].tolist() == ["60054", "60694"]
    assert linked["share"].to_numpy() == pytest.approx((people / people.sum()).to_numpy(), abs=0.01)
    untold, _ = link_communes(frame, vintages[2026], passage)
    assert untold["code_insee"].tolist() == ["60054"]


def test_former_and_later_names_link(vintages: dict[int, Territory], passage: pd.DataFrame) -> None:
    frame = pd.DataFrame({"code": None, "name": ["Montreuil", "Marconne"], "code_dep": "62"})
    linked, _ = link_communes(frame, vintages[2026], passage)
    assert linked["code_insee"].tolist() == ["62588", "62447"]
    later = pd.DataFrame({"code": ["62588"], "name": ["Montreuil-sur-Mer"]})
    linked, _ = link_communes(later, vintages[2021], passage)
    assert linked["code_insee"].tolist() == ["62588"]


def test_delegated_and_associated_communes_link_by_code_and_by_name(
    vintages: dict[int, Territory], passage: pd.DataFrame
) -> None:
    frame = pd.DataFrame(
        {"code": ["59355", None, "60694"], "name": [None, "Lomme", None], "code_dep": [None, "59", None]}
    )
    linked, rejected = link_communes(frame, vintages[2021], passage)
    assert rejected.empty
    assert linked["code_insee"].tolist() == ["59350", "59350", "60054"]
    later, _ = link_communes(frame, vintages[2026], passage)
    assert later["code_insee"].tolist() == ["59350", "59350", "60694"]


@pytest.mark.parametrize("millesime", [2021, 2026])
def test_names_of_former_seats_and_of_absorbed_communes_link(passage: pd.DataFrame, millesime: int) -> None:
    names = {
        "Ploubalay": "22209", "Étables-sur-Mer": "22055", "Saint-Pierre-de-Plesguen": "35308",
        "Le Roc-Saint-André": "56197", "Binic": "22055", "Amareins": "01165",
    }  # fmt: skip
    frame = pd.DataFrame({"name": list(names)})
    linked, rejected = link_communes(frame, places_of(millesime=millesime), passage)
    assert rejected.empty
    assert linked["code_insee"].tolist() == list(names.values())
    assert set(linked["how"]) == {"name"}


def test_steps_between_vintages_compose() -> None:
    communes = pd.DataFrame({"population": [10, 30, 60]}, index=["80001", "80002", "80003"])
    steps = [
        (2021, "80004", "D", 2022, "80003", "C", "merged", 1.0),
        (2022, "80003", "C", 2023, "80002", "B", "split", 0.4),
        (2022, "80003", "C", 2023, "80003", "C", "split", 0.6),
    ]
    passage = pd.DataFrame(steps, columns=empty_passage().columns)
    aim = Territory(communes=communes, epci=communes, departements=communes, millesime=2023, name="toy")
    found = towards(passage, aim).set_index(["millesime_from", "code", "code_insee"])["share"]
    assert found.loc[(2021, "80004")].to_dict() == {"80002": 0.4, "80003": 0.6}
    assert found.loc[(2022, "80003")].to_dict() == {"80002": 0.4, "80003": 0.6}


def test_no_passage_changes_nothing(toy: Territory) -> None:
    assert towards(empty_passage(), toy).empty
