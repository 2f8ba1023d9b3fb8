from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest

from opsn_geo.boundaries.embedded import embedded
from opsn_geo.boundaries.export import export
from opsn_geo.boundaries.user_files import user_boundaries
from opsn_geo.errors import InputError


def test_a_geopackage_is_a_boundary_file_that_a_study_can_name(tmp_path: Path) -> None:
    files = [
        export(tmp_path / f"{name}.gpkg", millesime=2023, departements=["2a"]) for name in ("one", "two")
    ]
    assert files[0].read_bytes() == files[1].read_bytes()
    read = user_boundaries(files[0], millesime=2023, name="corse-du-sud")
    place = embedded(millesime=2023, departements=["2A"])
    for layer in ("communes", "epci", "departements"):
        a, b = getattr(read, layer), getattr(place, layer)
        assert a.drop(columns=["geometry", "area_km2"]).equals(
            b[a.columns].drop(columns=["geometry", "area_km2"])
        )
        assert a.geometry.geom_equals_exact(b.geometry, 0).all()


def test_one_layer_is_written_in_degrees_or_in_the_legal_projection(tmp_path: Path) -> None:
    text = gpd.read_file(export(tmp_path / "e.geojson", millesime=2021, layer="epci", region="01"))
    binary = gpd.read_parquet(export(tmp_path / "e.parquet", millesime=2021, layer="epci", region="01"))
    assert (text.crs.to_epsg(), binary.crs.to_epsg()) == (4326, 5490)
    assert sorted(text["siren_epci"]) == sorted(binary["siren_epci"])
    assert text.to_crs(5490).area.sum() == pytest.approx(binary.area.sum(), rel=1e-4)


@pytest.mark.slow
def test_all_of_france_is_one_file(tmp_path: Path) -> None:
    file = export(tmp_path / "france.parquet", millesime=2024, layer="departements")
    france = gpd.read_parquet(file)
    assert france.crs.to_epsg() == 4326
    assert len(france) == 101
    layers = pyogrio.list_layers(export(tmp_path / "france.gpkg", millesime=2024))[:, 0]
    assert {"communes_metropole", "epci_mayotte", "departements_guyane"} <= set(layers)
    assert len(layers) == 18


def test_an_unknown_format_or_layer_is_refused(tmp_path: Path) -> None:
    for name, layer in (("a.shp", "communes"), ("a.gpkg", "cantons")):
        with pytest.raises(InputError, match="no such format or layer"):
            export(tmp_path / name, millesime=2021, layer=layer, region="94")
    assert not list(tmp_path.iterdir())
