"""The files in the repository against what the sources say."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from opsn_geo.boundaries.builder import sources_md
from opsn_geo.boundaries.builder.valid_coverage import voids

DATA = Path(__file__).parents[2] / "data" / "boundaries"
YEARS = (2021, 2026)
MERGED = ["02077", "02311", "02695", "59070", "62461", "62549", "62743", "80830"]


@pytest.fixture(scope="module", params=YEARS)
def layers(request: pytest.FixtureRequest) -> tuple[int, dict[str, gpd.GeoDataFrame]]:
    file = DATA / f"hauts-de-france-{request.param}.gpkg"
    names = ("communes", "epci", "departements")
    return request.param, {name: gpd.read_file(file, layer=name) for name in names}


@pytest.fixture(scope="module")
def passage() -> pd.DataFrame:
    return pd.read_csv(DATA / "passage.csv", dtype={"code_from": str, "code_to": str})


def test_every_layer_is_a_valid_coverage_without_hole(
    layers: tuple[int, dict[str, gpd.GeoDataFrame]],
) -> None:
    _, found = layers
    for layer in found.values():
        assert shapely.coverage_is_valid(layer.geometry.to_numpy())
        assert set(layer.geom_type) == {"MultiPolygon"}
        assert layer.crs.to_epsg() == 2154
    inside = found["communes"][found["communes"]["inside"]]
    assert voids(inside.geometry).area.sum() == 0


def test_the_counts_and_populations_are_those_of_the_code(
    layers: tuple[int, dict[str, gpd.GeoDataFrame]],
) -> None:
    year, found = layers
    communes, epci, departements = (found[name] for name in ("communes", "epci", "departements"))
    inside = communes[communes["inside"]]
    expected = {2021: (3838, 3789, 6_004_947), 2026: (3831, 3782, 5_992_194)}[year]
    assert (len(communes), len(inside), inside["population"].sum()) == expected
    assert len(epci) == 92
    assert departements["code_dep"].tolist() == ["02", "59", "60", "62", "80"]
    assert departements["communes"].sum() == len(inside)
    assert departements["population"].sum() == epci["population_inside"].sum() == inside["population"].sum()
    assert communes["code_insee"].is_monotonic_increasing
    assert communes["code_insee"].is_unique


def test_no_epci_is_cut_at_the_border(layers: tuple[int, dict[str, gpd.GeoDataFrame]]) -> None:
    crossing = layers[1]["epci"].loc[lambda e: e["crosses_border"]]
    counts = crossing.set_index("siren_epci")[["communes", "communes_inside"]]
    assert counts.to_dict("index") == {
        "200069722": {"communes": 44, "communes_inside": 10},
        "247600588": {"communes": 28, "communes_inside": 13},
    }


def test_known_broken_outlines_have_their_ground(layers: tuple[int, dict[str, gpd.GeoDataFrame]]) -> None:
    year, found = layers
    km2 = found["communes"].set_index("code_insee").area / 1e6
    expected = {
        2021: {"62032": 4.689, "62496": 8.378, "80432": 6.076, "60054": 22.878},
        2026: {"62447": 21.428, "80155": 15.491, "59006": 6.62, "02589": 9.73, "60694": 13.234},
    }[year]
    assert {code: km2[code] for code in expected} == pytest.approx(expected, abs=0.01)
    repaired = found["communes"].dropna(subset="repair")
    assert set(repaired["code_insee"]) == {code for code in expected if code not in {"60054", "60694"}}


def test_both_vintages_cover_the_same_ground() -> None:
    a, b = (
        gpd.read_file(DATA / f"hauts-de-france-{year}.gpkg", layer="communes", where="inside")
        for year in YEARS
    )
    assert a.area.sum() / 1e6 == pytest.approx(32_008.1, abs=0.1)
    assert b.area.sum() == pytest.approx(a.area.sum(), rel=1e-4)  # Calais has grown into the sea by 2.4 km²
    mixed = {"62193", "60054", "60694", "02054", "02564", "02589", "59006", "62447", "80155"}
    both = a.set_index("code_insee").area.to_frame("a").join(b.set_index("code_insee").area.rename("b"))
    stable = both.dropna().drop(index=list(mixed), errors="ignore")
    assert (stable["b"] / stable["a"] - 1).abs().max() < 0.05


def test_a_town_hall_stands_in_its_commune(layers: tuple[int, dict[str, gpd.GeoDataFrame]]) -> None:
    communes = layers[1]["communes"].dropna(subset="mairie_x")
    assert len(communes) > 3500
    halls = gpd.GeoSeries.from_xy(communes["mairie_x"], communes["mairie_y"], communes.index, crs=2154)
    assert communes.geometry.distance(halls, align=False).max() <= 200.1


def test_the_eight_mergers_and_the_restoration_of_the_region(passage: pd.DataFrame) -> None:
    whole = passage[(passage["millesime_from"] == 2021) & (passage["millesime_to"] == 2026)]
    old, new = (
        set(gpd.read_file(DATA / f"hauts-de-france-{year}.gpkg", layer="communes")["code_insee"])
        for year in YEARS
    )
    here = whole[whole["code_from"].isin(old)]
    assert here.loc[here["event"] == "merged", "code_from"].tolist() == MERGED
    assert here.loc[here["event"] == "restored", "code_to"].tolist() == ["60694"]
    assert (old - set(MERGED)) | {"60694"} == new


def test_the_yearly_steps_compose_to_the_whole_passage(passage: pd.DataFrame) -> None:
    whole = passage[(passage["millesime_from"] == 2021) & (passage["millesime_to"] == 2026)]
    for start, ends in whole.groupby("code_from")["code_to"].agg(set).items():
        reached = {start}
        for year in range(2021, 2026):
            step = passage[(passage["millesime_from"] == year) & (passage["millesime_to"] == year + 1)]
            onward = step.groupby("code_from")["code_to"].agg(set)
            reached = set().union(*(onward.get(code, {code}) for code in reached))
        assert reached == ends


def test_the_shares_of_each_code_sum_to_one(passage: pd.DataFrame) -> None:
    sums = passage.groupby(["millesime_from", "millesime_to", "code_from"])["population_share"].sum()
    assert sums.to_numpy() == pytest.approx(1, abs=1e-12)
    split = passage[(passage["code_from"] == "60054") & (passage["millesime_to"] == 2026)]
    assert split.set_index("code_to")["population_share"].to_dict() == pytest.approx(
        {"60054": 339 / 881, "60694": 542 / 881}, abs=1e-6
    )


def test_sources_md_tells_of_these_very_files() -> None:
    told = (DATA / "SOURCES.md").read_text(encoding="utf-8")
    assert told == sources_md.render(DATA)
    for file in [*DATA.glob("*.gpkg"), DATA / "passage.csv"]:
        assert re.search(hashlib.sha256(file.read_bytes()).hexdigest(), told)
        assert file.stat().st_size < 3_500_000
