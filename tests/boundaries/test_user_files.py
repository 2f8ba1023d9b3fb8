from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

from opsn_geo.boundaries.territory import Territory
from opsn_geo.boundaries.user_files import user_boundaries
from opsn_geo.errors import InputError

EDITIONS = {
    "2017": {"code_insee": "INSEE_COM", "name": "NOM_COM", "code_dep": "INSEE_DEP", "code_reg": "INSEE_REG",
             "siren_epci": "CODE_EPCI", "population": "POPULATION"},
    "2021": {"code_insee": "INSEE_COM", "name": "NOM", "code_dep": "INSEE_DEP", "code_reg": "INSEE_REG",
             "siren_epci": "SIREN_EPCI", "population": "POPULATION"},
    "2025": {"code_insee": "code_insee", "name": "nom_officiel", "code_dep": "code_insee_du_departement",
             "code_reg": "code_insee_de_la_region", "siren_epci": "codes_siren_des_epci",
             "population": "population"},
    "etalab": {"code_insee": "code", "name": "nom", "code_dep": "departement", "code_reg": "region",
               "siren_epci": "epci"},
    "api": {"code_insee": "code", "name": "nom", "code_dep": "codeDepartement", "code_reg": "codeRegion",
            "siren_epci": "codeEpci", "population": "population", "postal_codes": "codesPostaux"},
}  # fmt: skip
FORMATS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".shp": "ESRI Shapefile", ".fgb": "FlatGeobuf"}


def communes_as(toy: Territory, edition: str) -> gpd.GeoDataFrame:
    names = EDITIONS[edition]
    communes = toy.communes.reset_index()
    return communes[[*names, "geometry"]].rename(columns=names)


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_edition_gives_the_same_territory(toy: Territory, tmp_path: Path, edition: str) -> None:
    file = tmp_path / "ade.gpkg"
    layer = "commune" if edition == "2025" else "COMMUNE"
    pyogrio.write_dataframe(communes_as(toy, edition), file, layer=layer)
    read = user_boundaries(file, millesime=2021, name="toy", departements=["60", "80"])
    assert read.communes["name"].to_dict() == toy.communes["name"].to_dict()
    assert read.communes["inside"].to_dict() == toy.communes["inside"].to_dict()
    assert read.epci["communes"].to_dict() == toy.epci["communes"].to_dict()
    assert read.epci.loc["200000545", "crosses_border"]
    assert read.departements.index.tolist() == ["60", "80"]
    pd.testing.assert_series_equal(read.communes["area_km2"], toy.communes["area_km2"])


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_in_degrees_is_projected(toy: Territory, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"communes{ending}"
    frame = communes_as(toy, "2021").to_crs(4326)
    pyogrio.write_dataframe(frame, file, driver=FORMATS[ending])
    read = user_boundaries(file, millesime=2021, name="toy")
    assert read.communes.crs.to_epsg() == 2154
    assert read.communes["area_km2"].to_numpy() == pytest.approx(1.0, rel=1e-6)
    assert read.communes["population"].sum() == toy.communes["population"].sum()


def test_geoparquet_and_the_two_siren_of_a_metropole(toy: Territory, tmp_path: Path) -> None:
    frame = communes_as(toy, "2021")
    frame["SIREN_EPCI"] = "200054781/" + frame["SIREN_EPCI"]
    frame.to_parquet(tmp_path / "communes.parquet")
    read = user_boundaries(tmp_path / "communes.parquet", millesime=2021, name="toy")
    assert read.communes["siren_epci"].tolist() == toy.communes["siren_epci"].tolist()


def test_layers_of_epci_and_departements_are_used_where_they_hold_every_code(
    toy: Territory, tmp_path: Path
) -> None:
    file = tmp_path / "ade.gpkg"
    pyogrio.write_dataframe(communes_as(toy, "2021"), file, layer="COMMUNE")
    epci = toy.epci.reset_index()[["siren_epci", "name", "nature", "geometry"]]
    pyogrio.write_dataframe(
        epci.rename(columns={"siren_epci": "CODE_SIREN", "name": "NOM", "nature": "NATURE"}),
        file,
        layer="EPCI",
    )
    departements = toy.departements.reset_index()[["code_dep", "name", "code_reg", "geometry"]]
    pyogrio.write_dataframe(
        departements.rename(columns={"code_dep": "INSEE_DEP", "name": "NOM", "code_reg": "INSEE_REG"}), file,
        layer="DEPARTEMENT",
    )  # fmt: skip
    read = user_boundaries(file, millesime=2021, name="toy", departements=["60", "80"])
    assert read.epci["name"].tolist() == ["CC A", "CC B", "CC C"]
    assert read.epci["nature"].tolist() == ["CC", "CC", "CC"]


def test_a_region_restricts_and_keeps_the_commune_beyond_the_border(toy: Territory, tmp_path: Path) -> None:
    file = tmp_path / "communes.gpkg"
    pyogrio.write_dataframe(communes_as(toy, "2021"), file, layer="COMMUNE")
    read = user_boundaries(file, millesime=2021, name="toy", region="32")
    assert read.communes.loc["76013", "inside"] == False  # noqa: E712 - a numpy boolean
    assert read.communes["inside"].sum() == 12


def test_what_is_wrong_with_a_boundary_file_is_refused(toy: Territory, tmp_path: Path) -> None:
    frame = communes_as(toy, "2021")
    cases = {
        "repeated_key": pd.concat([frame, frame.iloc[[0]]]),
        "missing_column": frame.drop(columns="INSEE_COM"),
        "several_projections": frame.assign(INSEE_COM=["97105", *frame["INSEE_COM"][1:]]),
    }
    for cause, made in cases.items():
        file = tmp_path / f"{cause}.gpkg"
        pyogrio.write_dataframe(gpd.GeoDataFrame(made, crs=2154), file, layer="COMMUNE")
        with pytest.raises(InputError, match=file.name) as error:
            user_boundaries(file, millesime=2021, name="toy")
        assert [fault.cause for fault in error.value.faults] == [cause]
    bare = tmp_path / "bare.gpkg"
    with pytest.warns(UserWarning, match="crs"):
        pyogrio.write_dataframe(frame.set_crs(None, allow_override=True), bare, layer="COMMUNE")
    with pytest.raises(InputError, match="projection"):
        user_boundaries(bare, millesime=2021, name="toy")
    text = tmp_path / "text.gpkg"
    text.write_text("not a GeoPackage")
    with pytest.raises(InputError, match="not of the format"):
        user_boundaries(text, millesime=2021, name="toy")


def test_unknown_populations_are_missing_and_so_are_their_sums(toy: Territory, tmp_path: Path) -> None:
    frame, file = communes_as(toy, "2021"), tmp_path / "communes.gpkg"
    frame["POPULATION"] = frame["POPULATION"].astype(float).mask(frame["INSEE_COM"] == "60003")
    pyogrio.write_dataframe(frame, file, layer="COMMUNE")
    read = user_boundaries(file, millesime=2021, name="toy", region="32")
    assert read.communes.index[read.communes["population"].isna()].tolist() == ["60003"]
    assert read.epci["population"].fillna(-1).tolist() == [3300, -1, 3600]
    assert read.epci["population_inside"].fillna(-1).tolist() == [3300, -1, 2300]
    assert read.departements["population"].fillna(-1).to_dict() == {"60": -1, "80": 3300}
    bare = tmp_path / "bare.gpkg"
    pyogrio.write_dataframe(frame.drop(columns="POPULATION"), bare, layer="COMMUNE")
    read = user_boundaries(bare, millesime=2021, name="toy")
    assert read.communes["population"].isna().all()
    assert read.epci["population"].isna().all()


def test_populations_that_are_no_numbers_or_below_zero_are_faults(toy: Territory, tmp_path: Path) -> None:
    frame, file = communes_as(toy, "2021"), tmp_path / "communes.gpkg"
    frame["POPULATION"] = ["mille deux cents", "-5", *frame["POPULATION"].astype(str)[2:]]
    pyogrio.write_dataframe(frame, file, layer="COMMUNE")
    with pytest.raises(InputError) as error:
        user_boundaries(file, millesime=2021, name="toy")
    assert [(fault.cause, fault.column, fault.value) for fault in error.value.faults] == [
        ("wrong_value", "population", "60003 – mille deux cents"),
        ("wrong_value", "population", "60004 – -5"),
    ]


def test_an_unknown_departement_is_refused(toy: Territory, tmp_path: Path) -> None:
    file = tmp_path / "communes.gpkg"
    pyogrio.write_dataframe(communes_as(toy, "2021"), file, layer="COMMUNE")
    with pytest.raises(InputError, match="33"):
        user_boundaries(file, millesime=2021, name="toy", departements=["33"])
