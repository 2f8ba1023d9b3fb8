from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import folium
import folium.plugins
import pytest

from opsn_geo.errors import InputError
from opsn_geo.publish.rasters import write as raster
from opsn_geo.publish.themes import themes_for
from opsn_geo.publish.web import folium_maps
from opsn_geo.publish.web.background import BACKGROUNDS
from opsn_geo.publish.web.offline import asset, offline
from opsn_geo.study import Metadata
from opsn_geo.study.keys import KEYS

if TYPE_CHECKING:
    import geopandas as gpd

    from opsn_geo.boundaries.territory import Territory
    from opsn_geo.publish.themes import Theme

METADATA = Metadata(
    title="Toy", territory="toy", territory_name="Toy", millesime=2021, date=dt.date(2021, 2, 1)
)


@pytest.fixture
def layer(toy: Territory) -> gpd.GeoDataFrame:
    return toy.communes.assign(opsn_count=range(len(toy.communes)))


@pytest.fixture
def theme(layer: gpd.GeoDataFrame) -> Theme:
    return themes_for({"communes": layer})[0]


def test_a_theme_map_is_an_ordinary_folium_map(layer: gpd.GeoDataFrame, theme: Theme, tmp_path: Path) -> None:
    made = folium_maps.theme_map(layer, theme, METADATA)
    assert isinstance(made, folium.Map)
    made.save(tmp_path / "online.html")
    assert "leaflet" in (tmp_path / "online.html").read_text(encoding="utf-8")


def test_the_offline_page_names_no_server(layer: gpd.GeoDataFrame, theme: Theme, tmp_path: Path) -> None:
    folium_maps.write(tmp_path / "m.html", folium_maps.theme_map(layer, theme, METADATA), "Toy", METADATA)
    page = (tmp_path / "m.html").read_text(encoding="utf-8")
    own = page.replace(asset("leaflet/leaflet.js"), "")
    own = re.sub(r"/\*.*?\*/", "", own, flags=re.DOTALL)  # Leaflet's style sheet cites browser bugs
    assert set(re.findall(r"https?://[^\s\"'<>)]+", own)) <= {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in page
    assert "unsafe-inline'; img" in page
    assert "script-src 'sha256-" in page


def test_the_same_inputs_give_the_same_bytes(layer: gpd.GeoDataFrame, theme: Theme, tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        made = folium_maps.theme_map(layer, theme, METADATA)
        folium.CircleMarker([49, 2]).add_to(made)
        folium_maps.write(tmp_path / name, made, "Toy", METADATA)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_map_that_offers_a_raster_has_the_same_bytes_each_time(
    toy: Territory, layer: gpd.GeoDataFrame, theme: Theme, tmp_path: Path
) -> None:
    grid = raster.grid_over(toy.inside)
    block = raster.area_values(grid, toy.inside, "population")
    classes = raster.write_raster(tmp_path / "r.tif", block, grid, METADATA, "access_score")
    for name in ("a.html", "b.html"):
        made = folium_maps.theme_map(layer, theme, METADATA)
        folium_maps.add_raster(made, tmp_path / "r.tif", classes, "Population <b>")
        folium_maps.write(tmp_path / name, made, "Toy", METADATA)
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert page == (tmp_path / "b.html").read_text(encoding="utf-8")
    assert "L.control.layers(" in page
    assert "Population <b>" not in page
    assert re.search(r"L\.imageOverlay\(\s*\"data:image/png;base64,", page)
    assert all(f"background:{entry.colour}" in page for entry in classes)


def test_what_would_need_the_network_is_refused_by_name(
    layer: gpd.GeoDataFrame, theme: Theme, tmp_path: Path
) -> None:
    made = folium_maps.theme_map(layer, theme, METADATA)
    folium.plugins.MarkerCluster([[49, 2]]).add_to(made)
    with pytest.raises(InputError, match=r"markercluster.*asks the network") as refused:
        folium_maps.write(tmp_path / "m.html", made, "Toy", METADATA)
    assert all(fault.cause == "external_resource" for fault in refused.value.faults)
    assert list(tmp_path.iterdir()) == []


def test_tiles_that_the_page_may_not_fetch_are_refused_by_name(
    layer: gpd.GeoDataFrame, theme: Theme, tmp_path: Path
) -> None:
    made = folium_maps.theme_map(layer, theme, METADATA)
    folium.TileLayer("https://tile.example.org/{z}/{x}/{y}.png", attr="x").add_to(made)
    with pytest.raises(InputError, match=r"tile\.example\.org"):
        folium_maps.write(tmp_path / "m.html", made, "Toy", METADATA)
    asked = replace(METADATA, background="osm")
    folium_maps.write(tmp_path / "m.html", folium_maps.theme_map(layer, theme, asked), "Toy", asked)


def test_a_picture_from_elsewhere_is_refused(layer: gpd.GeoDataFrame, theme: Theme) -> None:
    figure = offline(folium_maps.theme_map(layer, theme, METADATA), lang="fr", page={}, t={})
    figure.html.add_child(folium.Element('<img alt="" src="https://example.org/x.png">'))
    with pytest.raises(InputError, match=r"example\.org.*asks the network"):
        figure.render()


def test_every_background_a_study_may_name_is_known_and_comes_safely() -> None:
    assert tuple(BACKGROUNDS) == KEYS["map"]["background"].choices
    assert all(each.origin.startswith("https://") for each in BACKGROUNDS.values())
