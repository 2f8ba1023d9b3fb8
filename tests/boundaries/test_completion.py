"""Boundary files as people have them: what they lack, which year they are of, outlines that do not fit."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from opsn_geo.boundaries.completion import check_vintage
from opsn_geo.boundaries.embedded import embedded, official_codes
from opsn_geo.boundaries.territory import Territory
from opsn_geo.boundaries.user_files import user_boundaries
from opsn_geo.errors import InputError
from opsn_geo.pipeline.check import check
from opsn_geo.pipeline.init import init_study
from opsn_geo.pipeline.run import run
from opsn_geo.study import Study

FORMS = {
    "COMMUNE.shp": {"code_insee": "INSEE_COM", "name": "NOM", "population": "POPULATION"},
    "etalab.geojson": {"code_insee": "code", "name": "nom", "code_dep": "departement", "siren_epci": "epci"},
    "api.geojson": {"code_insee": "code", "name": "nom", "code_dep": "codeDepartement"},
    "codes.gpkg": {"code_insee": "insee"},
    "codes.parquet": {"code_insee": "depcom"},
}
"""Files of communes alone, with the columns that each form has."""


@pytest.fixture(scope="module")
def mayotte() -> Territory:
    return embedded(millesime=2023, region="06")


def written(frame: gpd.GeoDataFrame, file: Path) -> Path:
    if file.suffix == ".parquet":
        frame.to_parquet(file)
    else:
        pyogrio.write_dataframe(frame.to_crs(4326), file)
    return file


def in_form(territory: Territory, name: str, folder: Path) -> Path:
    columns = FORMS[name]
    frame = territory.communes.reset_index()[[*columns, "geometry"]].rename(columns=columns)
    return written(frame, folder / name)


@pytest.mark.parametrize("form", FORMS)
def test_a_file_of_communes_alone_is_completed_by_its_codes(
    mayotte: Territory, tmp_path: Path, form: str
) -> None:
    read = user_boundaries(in_form(mayotte, form, tmp_path), millesime=2023, name="mayotte", region="Mayotte")
    assert read.communes.crs.to_epsg() == 4471
    for column in ("name", "code_reg", "siren_epci", "siren", "postal_codes"):
        assert read.communes[column].tolist() == mayotte.communes[column].tolist()
    assert read.communes["mairie_x"].tolist() == pytest.approx(
        mayotte.communes["mairie_x"].tolist(), nan_ok=True
    )
    assert read.communes["population"].notna().all() == ("population" in FORMS[form])
    assert read.epci[["name", "nature"]].equals(mayotte.epci[["name", "nature"]])
    assert read.departements["name"].tolist() == ["Mayotte"]
    assert read.departements["chef_lieu"].tolist() == mayotte.departements["chef_lieu"].tolist()


def test_a_file_of_codes_and_outlines_alone_is_checked_and_run(mayotte: Territory, tmp_path: Path) -> None:
    study = init_study(tmp_path / "study", millesime=2023, region="06")[0]
    text = study.read_text(encoding="utf-8")
    file = in_form(mayotte, "codes.gpkg", tmp_path)
    study.write_text(text.replace('region = "06"', f'region = "06"\nfile = "{file}"'), encoding="utf-8")
    assert check(Study.from_toml(study)).faults == ()
    assert len(run(Study.from_toml(study), tmp_path / "maps").layers["communes"]) == 17


def test_a_vintage_that_is_not_embedded_is_completed_with_nothing(mayotte: Territory, tmp_path: Path) -> None:
    read = user_boundaries(in_form(mayotte, "codes.gpkg", tmp_path), millesime=2018, name="mayotte")
    assert read.communes["name"].tolist() == read.communes.index.tolist()
    assert read.communes["siren"].isna().all()


@pytest.mark.parametrize(
    ("held", "stated", "fitting"),
    [(2021, 2026, "2021"), (2021, 2023, "2021"), (2026, 2021, "2025, 2026"), (2023, 2022, "2023")],
)
def test_a_vintage_that_does_not_fit_the_codes_is_refused(held: int, stated: int, fitting: str) -> None:
    codes = pd.Index(sorted(official_codes(held)))
    check_vintage(codes, held, "communes.gpkg")
    with pytest.raises(InputError, match=f"not those of this vintage. Expected: {fitting}"):
        check_vintage(codes, stated, "communes.gpkg")


def test_codes_that_are_the_same_in_all_years_fit_any() -> None:
    for year in range(2021, 2027):
        check_vintage(pd.Index(["97601", "97602"]), year, "mayotte.gpkg")


def simplified(territory: Territory, folder: Path) -> Path:
    """Write outlines simplified one by one, so that neighbours no longer meet."""
    separate = territory.communes.geometry.simplify(150)
    frame = gpd.GeoDataFrame(
        {"code": territory.communes.index}, geometry=separate.to_numpy(), crs=territory.crs
    )
    frame.to_parquet(folder / "simplified.parquet")
    return folder / "simplified.parquet"


def test_outlines_that_are_no_coverage_are_one_message_and_can_be_mended(
    mayotte: Territory, tmp_path: Path
) -> None:
    file = simplified(mayotte, tmp_path)
    study = init_study(tmp_path / "study", millesime=2023, region="06")[0]
    text = study.read_text(encoding="utf-8").replace('region = "06"', f'region = "06"\nfile = "{file}"')
    study.write_text(text, encoding="utf-8")
    faults = check(Study.from_toml(study)).faults
    assert [fault.cause for fault in faults] == ["invalid_outlines"]
    assert faults[0].value == "97602, 97606, 97610, 97614, 97617"
    for repair in ("clean", "replace"):
        mended = text.replace(f'file = "{file}"', f'file = "{file}"\nrepair = "{repair}"')
        study.write_text(mended, encoding="utf-8")
        assert check(Study.from_toml(study)).faults == ()
        read = user_boundaries(file, millesime=2023, name="m", repair=repair)  # type: ignore[arg-type]
        assert shapely.coverage_is_valid(read.communes.geometry.to_numpy())
        area = pd.Series(read.communes["area_km2"])
        assert area.sum() == pytest.approx(mayotte.communes["area_km2"].sum(), rel=0.02)
        assert read.departements.area.sum() / 1e6 == pytest.approx(area.sum())
        replaced = read.communes.geometry.geom_equals_exact(mayotte.communes.geometry, 0).all()
        assert replaced == (repair == "replace")
