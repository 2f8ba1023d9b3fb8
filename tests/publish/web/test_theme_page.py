from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import folium
import pytest
from axe_playwright_python.sync_playwright import Axe

from opsn_geo.catalogue.words import definition
from opsn_geo.publish.themes import themes_for
from opsn_geo.publish.web import folium_maps

from .conftest import DESKTOP, PHONE

if TYPE_CHECKING:
    import geopandas as gpd

    from opsn_geo.pipeline.run import Results

    from .conftest import Opener

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory, layers: dict[str, gpd.GeoDataFrame], results: Results
) -> Path:
    theme = next(it for it in themes_for(layers) if it.key == "opsn_count")
    metadata = results.inputs.study.metadata
    chart = folium_maps.theme_map(layers["communes"], theme, metadata)
    folium.Marker([49.894, 2.2957], tooltip="mairie", popup=folium.Popup("Hôtel de ville")).add_to(chart)
    folium.LayerControl(collapsed=False).add_to(chart)
    file = tmp_path_factory.mktemp("theme") / "couverture.html"
    folium_maps.write(file, chart, theme.title, metadata)
    return file


def test_legend_counts_are_those_of_the_layer(
    open_page: Opener, made: Path, layers: dict[str, gpd.GeoDataFrame]
) -> None:
    page = open_page(made)
    page.wait_for_selector(".theme-legend")
    shown = page.locator(".theme-legend .count").all_inner_texts()
    expected = layers["communes"].query("inside")["opsn_count"].value_counts().sort_index()
    assert [int("".join(c for c in count if c.isdigit())) for count in shown] == expected.tolist()
    assert page.locator(".theme-legend p").inner_text() == definition("opsn_count")


def test_what_a_user_adds_works_without_network(open_page: Opener, made: Path) -> None:
    page = open_page(made)
    page.click(".leaflet-marker-icon")
    assert page.locator(".leaflet-popup-content").inner_text() == "Hôtel de ville"
    assert page.locator(".leaflet-marker-icon").evaluate("img => img.naturalWidth") == 25
    page.locator(".leaflet-control-layers-overlays label").filter(has_text="OPSN").click()
    page.wait_for_selector(".theme-legend", state="detached")


def test_the_table_holds_every_commune(
    open_page: Opener, made: Path, layers: dict[str, gpd.GeoDataFrame]
) -> None:
    page = open_page(made)
    page.click("#values summary")
    page.wait_for_selector("#values tbody tr")
    assert page.locator("#values tbody tr").count() == layers["communes"]["inside"].sum()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious(open_page: Opener, made: Path, size: dict[str, int]) -> None:
    page = open_page(made, viewport=size)
    found = Axe().run(page).response["violations"]
    assert [
        (it["id"], it["nodes"][0]["html"]) for it in found if it["impact"] in {"serious", "critical"}
    ] == []


def test_distances_are_told_in_kilometres(
    open_page: Opener, tmp_path: Path, layers: dict[str, gpd.GeoDataFrame], results: Results
) -> None:
    theme = next(it for it in themes_for(layers) if it.column == "distance_opsn_m")
    metadata = results.inputs.study.metadata
    file = tmp_path / "distance.html"
    folium_maps.write(file, folium_maps.theme_map(layers["communes"], theme, metadata), theme.title, metadata)
    page = open_page(file)
    page.click("#values summary")
    page.wait_for_selector("#values tbody tr")
    told = [row.split("\t")[-1] for row in page.locator("#values tbody tr").all_inner_texts()]
    assert all(it.endswith("\u00a0km") for it in told)
    found = sorted(float(it.removesuffix("\u00a0km").replace(",", ".")) for it in told)
    inside = layers["communes"].query("inside")["distance_opsn_m"] / 1000
    assert found == pytest.approx(sorted(inside), abs=0.051)
    assert all("km" in it for it in page.locator(".theme-legend .label").all_inner_texts())
